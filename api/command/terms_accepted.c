/* What the language allows and a proposal may not say: names without bound, which become identifiers; and dimensions whose members
 * only the results name. Those of persons need bodies that can be withheld and erased, and of any the first `at most` count (S7 of
 * language.md), an order that the ledger does not record yet. `tally terms eval` evaluates them. */
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

void terms_check_accepted(const struct ast_text *text, struct diags *diags)
{
    check(diags, text->slug, text->slug_span);
    for (const struct ast_decl *decl = text->declarations; decl != NULL; decl = decl->next) {
        check(diags, decl->name.text, decl->name.span);
        check_parts(diags, decl);
        if (decl->kind == AST_DIMENSION)
            check_members(diags, decl);
    }
}
