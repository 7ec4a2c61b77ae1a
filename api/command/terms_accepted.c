/* What the language allows and a proposal may not say: names without bound, which become identifiers; and what one evaluation could not
 * be granted. */
#include <inttypes.h>

#include "decode.h"

/* K4: what the sequencer grants one evaluation, which is what the engine and the model take at most (EVALUATION_BYTES_MAX,
 * SCRATCH_BYTES_MAX). A text that may outgrow it is refused when it is proposed, and no result later is. */
#define EVALUATION_GRANT_BYTES (512u << 20)

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

void terms_check_memory(const struct terms *terms, struct diags *diags)
{
    uint64_t bytes = terms_evaluation_bytes(terms);
    if (bytes > EVALUATION_GRANT_BYTES)
        diags_add(diags, DIAG_ERROR, "limit.memory", terms_ast(terms)->slug_span,
                  "give its dimensions fewer members, or make contracts of its parts",
                  "one evaluation may come to take %" PRIu64 " MiB, and the service grants %u MiB", bytes >> 20,
                  EVALUATION_GRANT_BYTES >> 20);
}

void terms_check_accepted(const struct ast_text *text, struct diags *diags)
{
    check(diags, text->slug, text->slug_span);
    for (const struct ast_decl *decl = text->declarations; decl != NULL; decl = decl->next) {
        check(diags, decl->name.text, decl->name.span);
        check_parts(diags, decl);
    }
}
