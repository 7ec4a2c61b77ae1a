/* How long the names of a proposed text may be: the language sets no bound, but they become identifiers. */
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

void names_check_length(const struct ast_text *text, struct diags *diags)
{
    check(diags, text->slug, text->slug_span);
    for (const struct ast_decl *decl = text->declarations; decl != NULL; decl = decl->next) {
        check(diags, decl->name.text, decl->name.span);
        check_parts(diags, decl);
    }
}
