#include "parse.h"

/* Leaves the panic at the next token that begins both a line and a declaration; reports what is wrong with the tokens in
 * between, since a second run would. */
static void skip_to_declaration(struct parse *p)
{
    p->panic = false;
    while (!parse_is(p, TOKEN_END)) {
        bool is_first = p->at == 0 || p->tokens[p->at - 1].line != p->tokens[p->at].line;
        if (is_first && parse_begins_declaration(p))
            return;
        parse_skip(p);
    }
}

/* What stands where a declaration should begin. */
static void refuse_rest(struct parse *p)
{
    const struct token *t = parse_look(p, 0);
    if (t->kind != TOKEN_NAME) {
        parse_expected(p, "a declaration, such as `metric`, `define` or `pay`");
        return;
    }
    parse_is_word(p, "currency"); /* for the guess: words of the header are misplaced, not misspelt */
    parse_begins_declaration(p);
    parse_expected(p, "a declaration, such as `metric`, `define` or `pay`, or a clause of the one before");
}

static void declarations(struct parse *p)
{
    struct ast_decl **tail = &p->text->declarations;
    if (p->panic)
        skip_to_declaration(p);
    if (parse_begins_declaration(p))
        parse_mark(p, LAYOUT_FIRST);
    while (!parse_is(p, TOKEN_END) && p->rc == TALLY_OK) {
        if (!parse_begins_declaration(p)) {
            refuse_rest(p);
        } else if (p->text->declaration_count == AST_DECLARATIONS_MAX) {
            parse_error(p, parse_look(p, 0), "text.declarations", "split the contract: one may use another",
                        "a text has at most %d declarations", AST_DECLARATIONS_MAX);
            return;
        } else {
            struct ast_decl *d = parse_declaration(p);
            if (d != NULL) {
                *tail = d;
                tail = &d->next;
                p->text->declaration_count++;
            }
        }
        if (p->panic && p->rc == TALLY_OK)
            skip_to_declaration(p);
    }
}

/* A text that is too long is not read, and one whose bytes are no characters cannot be. */
static bool is_readable(struct slice source, struct diags *diags)
{
    if (source.len <= AST_TEXT_MAX)
        return lex_check_characters(source, diags);
    diags_add(diags, DIAG_ERROR, "text.long", (struct span){0, 0, 1, 1}, "split the contract: one may use another",
              "a text has at most %u bytes, this one has %zu", AST_TEXT_MAX, source.len);
    return false;
}

enum tally_code ast_parse(struct slice source, struct arena *arena, struct diags *diags, struct ast_text **out,
                          struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct parse p = {.source = source, .arena = arena, .diags = diags, .tried_at = UINT32_MAX};
    *out = NULL;
    if (source.ptr == NULL)
        p.source = SLICE("");
    if (!is_readable(p.source, diags))
        goto done;
    TRY(lex_tokens(p.source, arena, &p.tokens, &p.count, err));
    p.text = ARENA_NEW(arena, struct ast_text);
    struct ast_layout *layout = ARENA_NEW(arena, struct ast_layout);
    if (p.text == NULL || layout == NULL) {
        rc = err_set(err, TALLY_E_NO_MEMORY, "no memory for the tree of a text");
        goto done;
    }
    p.text->source = p.source;
    p.text->version = 1;
    p.text->layout = layout;
    parse_header(&p);
    declarations(&p);
    if (p.rc != TALLY_OK) {
        rc = err_set(err, p.rc, "no memory for the tree of a text of %zu bytes", source.len);
        goto done;
    }
    *layout = (struct ast_layout){p.tokens, p.count, p.first_rows};
    *out = p.text;
done:
    diags_sort(diags);
    return rc;
}
