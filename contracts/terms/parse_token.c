#include "parse.h"

#include <stdarg.h>
#include <stdio.h>

#define MESSAGE_MAX 256 /* of one message, before diags_add */
#define FOUND_MAX 40    /* bytes of a token that a message quotes */

const struct token *parse_look(const struct parse *p, uint32_t n)
{
    uint32_t last = p->count - 1;
    return &p->tokens[p->panic || n > last - p->at ? last : p->at + n];
}

bool parse_is(const struct parse *p, enum token_kind kind)
{
    return !p->panic && p->tokens[p->at].kind == kind;
}

static void note_tried(struct parse *p, const char *word)
{
    if (p->tried_at != p->at) {
        p->tried_at = p->at;
        p->tried_count = 0;
    }
    if (p->tried_count < PARSE_TRIED_MAX)
        p->tried[p->tried_count++] = slice_str(word);
}

bool parse_is_word_at(const struct parse *p, uint32_t n, const char *word)
{
    const struct token *t = parse_look(p, n);
    return !p->panic && t->kind == TOKEN_NAME && slice_is(token_text(p->source, t), word);
}

bool parse_is_word(struct parse *p, const char *word)
{
    if (p->panic)
        return false;
    note_tried(p, word);
    return parse_is_word_at(p, 0, word);
}

bool parse_is_words(struct parse *p, const char *word, const char *then)
{
    return parse_is_word(p, word) && parse_is_word_at(p, 1, then);
}

void parse_skip(struct parse *p)
{
    struct token *t = &p->tokens[p->at];
    /* what stands behind an error on its line may be wrong because of it, and in text that is not understood a stray
     * character is one of many */
    if (!p->panic && (t->line == p->error_line || t->problem == PROBLEM_CHARACTER))
        t->problem = PROBLEM_NONE;
    parse_next(p);
}

void parse_next(struct parse *p)
{
    if (p->panic || p->tokens[p->at].kind == TOKEN_END)
        return;
    if (p->tokens[p->at].problem != PROBLEM_NONE)
        lex_report(p->source, &p->tokens[p->at], p->diags);
    do
        p->at++;
    while (p->tokens[p->at].kind == TOKEN_MERGED);
}

bool parse_accept(struct parse *p, enum token_kind kind)
{
    if (!parse_is(p, kind))
        return false;
    parse_next(p);
    return true;
}

bool parse_accept_word(struct parse *p, const char *word)
{
    if (!parse_is_word(p, word))
        return false;
    parse_next(p);
    return true;
}

void parse_expect(struct parse *p, enum token_kind kind, const char *what)
{
    if (!parse_accept(p, kind))
        parse_expected(p, what);
}

void parse_expect_word(struct parse *p, const char *word)
{
    char what[FOUND_MAX + 2];
    if (parse_accept_word(p, word))
        return;
    (void) snprintf(what, sizeof what, "`%s`", word);
    parse_expected(p, what);
}

/* Where something is missing at the end of a declaration, the place is behind its last word and not at what follows. */
static bool is_at_end(struct parse *p)
{
    const struct token *t = &p->tokens[p->at];
    return p->at > 0 && (t->kind == TOKEN_END || (p->tokens[p->at - 1].line != t->line && parse_begins_declaration(p)));
}

static void expected_behind(struct parse *p, const char *code, const char *what, const char *hint)
{
    uint32_t last = p->at - 1;
    while (p->tokens[last].kind == TOKEN_MERGED)
        last--;
    struct slice text = token_text(p->source, &p->tokens[last]);
    struct token place = p->tokens[last];
    place.offset += place.length;
    for (size_t i = 0; i < text.len; i += lex_character(text, i, NULL))
        place.column++;
    place.length = 1;
    place.problem = PROBLEM_NONE;
    if (text.len > FOUND_MAX)
        parse_error(p, &place, code, hint, "expected %s here", what);
    else
        parse_error(p, &place, code, hint, "expected %s after `%.*s`", what, SLICE_ARG(text));
}

static void expected(struct parse *p, const char *code, const char *what, const char *hint)
{
    const struct token *t = parse_look(p, 0);
    struct slice text = token_text(p->source, t);
    if (is_at_end(p))
        expected_behind(p, code, what, hint);
    else if (t->kind == TOKEN_STRING)
        parse_error(p, t, code, hint, "expected %s, found a text in quotes", what);
    else if (text.len > FOUND_MAX)
        parse_error(p, t, code, hint, "expected %s", what);
    else
        parse_error(p, t, code, hint, "expected %s, found `%.*s`", what, SLICE_ARG(text));
}

void parse_close(struct parse *p, enum token_kind kind, uint32_t open)
{
    char hint[MESSAGE_MAX];
    const struct token *t = &p->tokens[open];
    if (parse_accept(p, kind) || p->panic)
        return;
    (void) snprintf(hint, sizeof hint, "`%.*s` was opened at line %u, column %u", SLICE_ARG(token_text(p->source, t)),
                    t->line, t->column);
    expected(p, "syntax.unclosed", kind == TOKEN_CLOSE ? "`)`" : "`]`", hint);
}

void parse_error(struct parse *p, const struct token *at, const char *code, const char *hint, const char *fmt, ...)
{
    char message[MESSAGE_MAX];
    va_list args;
    if (p->panic)
        return;
    p->panic = true;
    p->error_line = at->line;
    /* what is wrong with the token itself says more than what was expected instead of it */
    if (at->problem != PROBLEM_NONE) {
        lex_report(p->source, at, p->diags);
        return;
    }
    va_start(args, fmt);
    (void) vsnprintf(message, sizeof message, fmt, args);
    va_end(args);
    diags_add(p->diags, DIAG_ERROR, code, token_span(at), hint, "%s", message);
}

/* A misspelt word of the grammar, or a currency in small letters. */
static const char *guess(struct parse *p, const struct token *t, char *hint, size_t cap)
{
    struct slice text = token_text(p->source, t);
    if (t->kind != TOKEN_NAME || p->tried_at != p->at)
        return NULL;
    struct slice near = ast_nearest(text, p->tried, p->tried_count);
    if (near.len == 0)
        return NULL;
    (void) snprintf(hint, cap, "did you mean `%.*s`?", SLICE_ARG(near));
    return hint;
}

void parse_expected(struct parse *p, const char *what)
{
    char hint[MESSAGE_MAX];
    const char *guessed = NULL;
    if (p->panic)
        return;
    if (!is_at_end(p))
        guessed = guess(p, parse_look(p, 0), hint, sizeof hint);
    expected(p, "syntax.expected", what, guessed);
}

void parse_no_memory(struct parse *p)
{
    p->rc = TALLY_E_NO_MEMORY;
    p->panic = true;
}

void *parse_alloc(struct parse *p, size_t count, size_t size)
{
    if (p->panic)
        return NULL;
    void *block = arena_alloc_array(p->arena, count, size);
    if (block == NULL)
        parse_no_memory(p);
    return block;
}

struct span parse_span(const struct parse *p, uint32_t first)
{
    struct span span = token_span(&p->tokens[first]);
    uint32_t last = p->at;
    while (last > first + 1 && p->tokens[last - 1].kind == TOKEN_MERGED)
        last--;
    if (last > first)
        span.length = p->tokens[last - 1].offset + p->tokens[last - 1].length - span.offset;
    return span;
}

void parse_mark(struct parse *p, enum token_layout layout)
{
    if (!p->panic)
        p->tokens[p->at].layout |= (uint8_t) layout;
}

void parse_line(struct parse *p, unsigned indent)
{
    parse_mark(p, LAYOUT_LINE);
    if (!p->panic)
        p->tokens[p->at].indent = (uint8_t) indent;
}

bool parse_clause(struct parse *p, const char *word)
{
    if (!parse_is_word(p, word))
        return false;
    parse_line(p, PARSE_CLAUSE_INDENT);
    parse_next(p);
    return true;
}
