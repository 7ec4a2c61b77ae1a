#include "parse.h"

/* A slug and a version, a text in quotes, NAME of CONTRACT, or settlements of RULE. */
static void source(struct parse *p, struct ast_decl *d)
{
    if (parse_is(p, TOKEN_STRING)) {
        d->u.metric.source = AST_SOURCE_TEXT;
        d->u.metric.text = parse_string(p, "a text");
    } else if (parse_is_words(p, "settlements", "of")) {
        d->u.metric.source = AST_SOURCE_SETTLEMENTS;
        parse_next(p);
        parse_next(p);
        d->u.metric.of = parse_name(p, "a rule");
    } else if (parse_is(p, TOKEN_NAME) && parse_is_word_at(p, 1, "of")) {
        d->u.metric.source = AST_SOURCE_USED;
        d->u.metric.of = parse_name(p, "a metric, define or rule of the used contract");
        parse_expect_word(p, "of");
        d->u.metric.used = parse_name(p, "a used contract");
    } else {
        d->u.metric.source = AST_SOURCE_INDICATOR;
        d->u.metric.slug = parse_slug(p, "an indicator, a text in quotes, or `NAME of CONTRACT`", NULL);
        if (!p->panic && !parse_is_word(p, "version"))
            parse_expected(p, "`version` and the version of the indicator");
        parse_expect_word(p, "version");
        d->u.metric.version = parse_whole(p, "the version of the indicator");
    }
}

static void where(struct parse *p, struct ast_decl *d)
{
    struct ast_where **tail = &d->u.metric.where;
    if (!parse_accept_word(p, "where"))
        return;
    do {
        struct ast_where *w = PARSE_NEW(p, struct ast_where);
        if (w == NULL)
            return;
        w->dimension = parse_name(p, "a dimension");
        parse_expect(p, TOKEN_EQUAL, "`=` and a member");
        w->key = parse_key(p, "a member");
        *tail = w;
        tail = &w->next;
    } while (parse_accept(p, TOKEN_COMMA));
}

static void reported(struct parse *p, struct ast_decl *d)
{
    bool is_reported = parse_clause(p, "reported");
    if (is_reported) {
        parse_expect_word(p, "by");
        d->u.metric.reported_by = parse_name(p, "the party that reports");
        if (parse_accept_word(p, "or"))
            d->u.metric.or_by = parse_name(p, "another party that reports");
        if (parse_is_word(p, "or"))
            parse_error(p, parse_look(p, 0), "metric.reporters", NULL, "at most two parties may report a metric");
    }
    /* behind `reported by` on its line, and on a line of its own without it */
    if (is_reported ? parse_accept_word(p, "until") : parse_clause(p, "until"))
        d->u.metric.until = parse_expr(p);
}

/* a and b and c */
static struct ast_names joined(struct parse *p)
{
    struct ast_names names = {NULL, 0};
    uint32_t count = 1;
    while (parse_is_word_at(p, 2 * count - 1, "and"))
        count++;
    names.items = parse_alloc(p, count, sizeof(struct ast_name));
    if (names.items == NULL)
        return names;
    names.count = count;
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0)
            parse_expect_word(p, "and");
        names.items[i] = parse_name(p, "a party that verifies");
    }
    return names;
}

static void verified(struct parse *p, struct ast_decl *d)
{
    if (!parse_clause(p, "verified"))
        return;
    parse_expect_word(p, "by");
    if (parse_is(p, TOKEN_NUMBER)) {
        d->u.metric.quorum = parse_whole(p, "how many");
        parse_expect_word(p, "of");
        uint32_t open = p->at;
        parse_expect(p, TOKEN_OPEN, "`(` and the parties");
        d->u.metric.verifiers = parse_names(p, "a party that verifies");
        parse_close(p, TOKEN_CLOSE, open);
    } else {
        d->u.metric.verifiers = joined(p);
    }
    if (parse_accept_word(p, "or")) {
        d->u.metric.has_silence = true;
        d->u.metric.silence_days = parse_whole(p, "a number of days of silence");
        parse_expect_word(p, "days");
        parse_expect_word(p, "of");
        parse_expect_word(p, "silence");
    }
    if (parse_accept_word(p, "final")) {
        d->u.metric.final_days = parse_whole(p, "a number of days");
        parse_expect_word(p, "days");
        parse_expect_word(p, "later");
    }
}

static void missing(struct parse *p, struct ast_decl *d)
{
    if (!parse_clause(p, "if"))
        return;
    bool is_late = parse_accept_word(p, "late");
    if (!is_late && !parse_accept_word(p, "missing"))
        parse_expected(p, "`missing` or `late`");
    parse_expect_word(p, "use");
    struct ast_expr *value = parse_expr(p);
    if (is_late)
        d->u.metric.late = value;
    else
        d->u.metric.missing = value;
}

void parse_metric(struct parse *p, struct ast_decl *d)
{
    static const char *const clauses[] = {"where",    "between",  "by", "reported", "until",
                                          "verified", "disputes", "if", NULL};
    parse_expect_word(p, "is");
    source(p, d);
    where(p, d);
    parse_expect_word(p, "in");
    d->u.metric.in = parse_kind(p);
    if (parse_accept_word(p, "between")) {
        d->u.metric.between_low = parse_sum(p);
        parse_expect_word(p, "and");
        d->u.metric.between_high = parse_sum(p);
    }
    if (parse_clause(p, "by"))
        d->u.metric.by = parse_names(p, "a dimension");
    reported(p, d);
    verified(p, d);
    /* `disputes decided` is a declaration */
    if (parse_is_words(p, "disputes", "within")) {
        parse_line(p, PARSE_CLAUSE_INDENT);
        parse_next(p);
        parse_next(p);
        d->u.metric.has_dispute_days = true;
        d->u.metric.dispute_days = parse_whole(p, "a number of days");
        parse_expect_word(p, "days");
    }
    missing(p, d);
    parse_refuse_order(p, clauses,
                       "a metric's clauses, each at most once: in, between, by, reported by, until, verified by, disputes "
                       "within, if missing or if late");
}
