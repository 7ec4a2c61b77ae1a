/* The text of a tree in its layout, without its comments: where lines are broken, brackets that are not needed and the like are the
 * author's, and no other member of the tree has them. */
#include "tally/terms.h"
#include "terms_show.h"

/* A text in quotes ends on its line, so a quote is all that hides a #. */
static void add_without_comments(struct slice text, struct buf *out)
{
    bool is_quoted = false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '"')
            is_quoted = !is_quoted;
        while (c == '#' && !is_quoted && i + 1 < text.len && text.ptr[i + 1] != '\n')
            i++;
        if (c != '#' || is_quoted)
            buf_add_char(out, c);
    }
}

json_t *show_tree_layout(const struct ast_text *text)
{
    json_t *json = NULL;
    struct diags diags;
    struct buf plain, laid;
    struct arena *arena = arena_new(AST_ARENA_MAX);
    buf_init(&plain, AST_TEXT_MAX);
    buf_init(&laid, (size_t) 2 * AST_TEXT_MAX);
    if (arena == NULL)
        goto done;
    diags_init(&diags, arena);
    add_without_comments(text->source, &plain);
    if (buf_check(&plain, NULL) == TALLY_OK && terms_format(buf_slice(&plain), &diags, &laid, NULL) == TALLY_OK)
        json = json_stringn(laid.ptr, laid.len);
done:
    buf_release(&plain);
    buf_release(&laid);
    arena_free(arena);
    return json;
}
