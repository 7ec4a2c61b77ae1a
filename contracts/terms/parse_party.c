#include "parse.h"
#include "tally/instant.h"

static enum ast_role role(struct parse *p)
{
    static const struct {
        const char *word;
        enum ast_role role;
    } roles[] = {{"investor", AST_INVESTOR}, {"guarantor", AST_GUARANTOR}, {"intermediary", AST_INTERMEDIARY},
                 {"backbone", AST_BACKBONE}, {"provider", AST_PROVIDER},   {"evaluator", AST_EVALUATOR},
                 {"auditor", AST_AUDITOR}};
    if (parse_accept_word(p, "outcome")) {
        parse_expect_word(p, "payer");
        return AST_OUTCOME_PAYER;
    }
    for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++)
        if (parse_accept_word(p, roles[i].word))
            return roles[i].role;
    parse_expected(p, "a role (outcome payer, investor, guarantor, intermediary, backbone, provider, evaluator, auditor)");
    return AST_OUTCOME_PAYER;
}

void parse_party(struct parse *p, struct ast_decl *d)
{
    d->u.party.role = role(p);
    d->u.party.label = parse_string(p, "the full name in quotes");
    d->u.party.join_until = DAY_NEVER;
}

static uint32_t at_most(struct parse *p)
{
    parse_expect(p, TOKEN_COMMA, "`, at most` and a number");
    parse_expect_word(p, "at");
    parse_expect_word(p, "most");
    return parse_whole(p, "how many at most");
}

void parse_parties(struct parse *p, struct ast_decl *d)
{
    parse_party(p, d);
    d->u.party.at_most = at_most(p);
    if (parse_accept_word(p, "join")) {
        parse_expect_word(p, "until");
        d->u.party.join_until = parse_date(p, "the last day to join");
    }
}

/* name | K of (names) | P/Q of name */
static struct ast_signer *signer(struct parse *p)
{
    struct ast_signer *s = PARSE_NEW(p, struct ast_signer);
    if (s == NULL)
        return NULL;
    if (!parse_is(p, TOKEN_NUMBER)) {
        s->kind = AST_SIGNER_ONE;
        s->names.items = PARSE_NEW(p, struct ast_name);
        if (s->names.items == NULL)
            return NULL;
        s->names.count = 1;
        s->names.items[0] = parse_name(p, "a party");
        return s;
    }
    s->of = parse_whole(p, "how many");
    if (parse_is(p, TOKEN_SLASH)) {
        s->kind = AST_SIGNER_SHARE;
        parse_mark(p, LAYOUT_TIGHT);
        parse_next(p);
        parse_mark(p, LAYOUT_TIGHT);
        s->in = parse_whole(p, "the lower part of the share, such as `2/3`");
        parse_expect_word(p, "of");
        s->names.items = PARSE_NEW(p, struct ast_name);
        if (s->names.items == NULL)
            return NULL;
        s->names.count = 1;
        s->names.items[0] = parse_name(p, "a class of parties");
        return s;
    }
    s->kind = AST_SIGNER_COUNT;
    parse_expect_word(p, "of");
    uint32_t open = p->at;
    parse_expect(p, TOKEN_OPEN, "`(` and the parties (of a class a share is said: `1/2 of NAME`)");
    s->names = parse_names(p, "a party");
    parse_close(p, TOKEN_CLOSE, open);
    return s;
}

/* Also of `amended when`, whose `when` is passed already. */
void parse_force(struct parse *p, struct ast_decl *d)
{
    struct ast_signer **tail = &d->u.signers;
    if (d->kind == AST_IN_FORCE)
        parse_expect_word(p, "when");
    do {
        struct ast_signer *s = signer(p);
        if (s == NULL)
            return;
        *tail = s;
        tail = &s->next;
    } while (parse_accept(p, TOKEN_COMMA) || parse_accept_word(p, "and"));
    parse_expect_word(p, "have");
    parse_expect_word(p, "signed");
}

void parse_disputes(struct parse *p, struct ast_decl *d)
{
    parse_expect_word(p, "by");
    d->u.disputes.by = parse_name(p, "the party that decides");
    parse_expect_word(p, "within");
    d->u.disputes.within_days = parse_whole(p, "a number of days");
    parse_expect_word(p, "days");
    parse_expect(p, TOKEN_COMMA, "`, otherwise stands` or `, otherwise falls`");
    parse_expect_word(p, "otherwise");
    d->u.disputes.otherwise_falls = parse_accept_word(p, "falls");
    if (!d->u.disputes.otherwise_falls && !parse_accept_word(p, "stands"))
        parse_expected(p, "`stands` or `falls`");
}

void parse_uses(struct parse *p, struct ast_decl *d)
{
    parse_expect_word(p, "is");
    parse_expect_word(p, "contract");
    d->u.uses.hash = parse_hash(p);
    /* `as` and not `amended`, which may begin the next declaration */
    if (parse_accept_word(p, "as")) {
        parse_expect_word(p, "amended");
        d->u.uses.as_amended = true;
    }
}
