#include "parse.h"

#include <stdio.h>

#define HINT_MAX 160 /* one line on a screen with some room */

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

/* `nevr back` and `usd 5`: the word before the present one was taken as a unit or a name, and was a slip. */
static bool refuse_slip(struct parse *p)
{
    static const struct slice words[] = {{"amount", 6}, {"by", 2},       {"dated", 5}, {"disputes", 8}, {"due", 3},
                                         {"either", 6}, {"for", 3},      {"never", 5}, {"not", 3},      {"reported", 8},
                                         {"until", 5},  {"verified", 8}, {"when", 4}};
    char hint[HINT_MAX];
    const struct token *before = &p->tokens[p->at - 1];
    struct slice text = token_text(p->source, before);
    if (p->at < 2 || before->kind != TOKEN_NAME)
        return false;
    bool is_first = p->tokens[p->at - 2].line != before->line;
    struct slice near = is_first ? ast_nearest(text, words, sizeof words / sizeof words[0]) : SLICE("");
    if (near.len != 0) {
        (void) snprintf(hint, sizeof hint, "did you mean `%.*s`?", SLICE_ARG(near));
        parse_error(p, before, "syntax.expected", hint, "`%.*s` begins no clause", SLICE_ARG(text));
        return true;
    }
    if (parse_is(p, TOKEN_NUMBER) && text.len == 3) {
        parse_error(p, parse_look(p, 0), "currency.case", "a currency has three capital letters, such as `USD`",
                    "a number cannot follow the name `%.*s`", SLICE_ARG(text));
        return true;
    }
    return false;
}

/* What stands where a declaration should begin. */
static void refuse_rest(struct parse *p)
{
    if (refuse_slip(p))
        return;
    if (parse_is(p, TOKEN_NAME))
        parse_expected(p, "a declaration, such as `metric`, `define` or `pay`, or a clause of the one before");
    else
        parse_expected(p, "a declaration, such as `metric`, `define` or `pay`");
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
