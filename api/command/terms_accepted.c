/* What the language allows and a proposal may not say: names without bound, which become identifiers; and what the service does not
 * do yet, though `tally terms eval` evaluates it. Dimensions whose members only the results name: those of persons need bodies that
 * can be withheld and erased, and of any the first `at most` count (S7 of language.md), an order that the ledger does not record yet.
 * Figures of other contracts, amendments, and classes of parties. */
#include "decode.h"

static void check(struct diags *diags, struct slice name, struct span span)
{
    if (name.len > MODEL_ID_MAX)
        diags_add(diags, DIAG_ERROR, "name.long", span, "choose a shorter one: its label may say the rest",
                  "a name has %d characters at most, and this one has %zu", MODEL_ID_MAX, name.len);
}

/* What a declaration names besides itself. */
static void check_parts(struct diags *diags, const struct ast_decl *decl)
{
    if (decl->kind == AST_UNIT)
        check(diags, decl->u.unit_plural.text, decl->u.unit_plural.span);
    const struct ast_member *member = decl->kind == AST_DIMENSION ? decl->u.dimension.members : NULL;
    for (; member != NULL; member = member->next)
        check(diags, member->name.text, member->name.span);
}

static void check_members(struct diags *diags, const struct ast_decl *decl)
{
    enum ast_dimension_kind kind = decl->u.dimension.kind;
    if (kind == AST_DIM_PERSONS || kind == AST_DIM_OPEN)
        diags_add(diags, DIAG_ERROR, "dimension.open", decl->span, "list its members, or report sums of them",
                  "the service does not take %s dimensions yet", kind == AST_DIM_PERSONS ? "persons" : "open");
}

static void refuse(struct diags *diags, struct span span, const char *what)
{
    diags_add(diags, DIAG_ERROR, "service.unsupported", span, "`tally terms eval` evaluates it without a service",
              "the service does not take %s yet", what);
}

static void check_construct(struct diags *diags, const struct ast_decl *decl)
{
    if (decl->kind == AST_USES)
        refuse(diags, decl->span, "figures of other contracts");
    else if (decl->kind == AST_PARTIES)
        refuse(diags, decl->span, "classes of parties");
}

void terms_check_accepted(const struct ast_text *text, struct diags *diags)
{
    check(diags, text->slug, text->slug_span);
    if (text->is_amendment)
        refuse(diags, text->slug_span, "amendments");
    for (const struct ast_decl *decl = text->declarations; decl != NULL; decl = decl->next) {
        check(diags, decl->name.text, decl->name.span);
        check_parts(diags, decl);
        check_construct(diags, decl);
        if (decl->kind == AST_DIMENSION)
            check_members(diags, decl);
    }
}
