/* Characters and tokens of the terms language (language.md section 2). Private to contracts/terms. */
#ifndef TALLY_TERMS_LEXER_H
#define TALLY_TERMS_LEXER_H

#include <stdbool.h>
#include <stdint.h>

#include "tally/arena.h"
#include "tally/diag.h"
#include "tally/err.h"
#include "tally/slice.h"

enum token_kind {
    TOKEN_END,
    TOKEN_NAME, /* also every word of the grammar */
    TOKEN_CODE, /* USD */
    TOKEN_NUMBER,
    TOKEN_PERCENT, /* 8.5% with its sign: nothing may stand between them */
    TOKEN_DATE,
    TOKEN_STRING, /* with its quotes */
    TOKEN_OFFSET, /* UTC-05:00; UTC alone is a TOKEN_CODE */
    TOKEN_SLUG,   /* made of others where the grammar wants one: lex_merge */
    TOKEN_HASH,   /* likewise */
    TOKEN_OPEN,
    TOKEN_CLOSE,
    TOKEN_OPEN_INDEX,
    TOKEN_CLOSE_INDEX,
    TOKEN_COMMA,
    TOKEN_COLON,
    TOKEN_PLUS,
    TOKEN_MINUS,
    TOKEN_TIMES,
    TOKEN_SLASH,
    TOKEN_POWER,
    TOKEN_EQUAL,
    TOKEN_DIFFERS,
    TOKEN_LESS,
    TOKEN_AT_MOST,
    TOKEN_ABOVE,
    TOKEN_AT_LEAST,
    TOKEN_STRAY, /* no token of the language */
    TOKEN_MERGED /* became part of the slug or hash before it */
};

/* What is wrong with a token. It keeps the kind that it was meant to be, so that reading goes on. */
enum token_problem {
    PROBLEM_NONE,
    PROBLEM_GROUPS,
    PROBLEM_LEADING_ZERO,
    PROBLEM_EXPONENT,
    PROBLEM_GLUED,
    PROBLEM_POINT,
    PROBLEM_LONG,
    PROBLEM_DATE_FORM,
    PROBLEM_NO_SUCH_DAY,
    PROBLEM_NAME,
    PROBLEM_STRING,
    PROBLEM_OPERATOR,
    PROBLEM_PERCENT,
    PROBLEM_CHARACTER
};

/* How the formatter sets a token; marked by the parser. */
enum token_layout {
    LAYOUT_LINE = 1,  /* begins a line, `indent` spaces from the margin */
    LAYOUT_TIGHT = 2, /* no space before it */
    LAYOUT_BREAK = 4, /* a line break before it is kept */
    LAYOUT_ROW = 8,   /* begins a row of step, linear or bands */
    LAYOUT_TOP = 16,  /* begins a declaration: a blank line before it is kept */
    LAYOUT_FIRST = 32 /* the first declaration: has a blank line before it */
};

struct token {
    uint32_t offset, length; /* bytes */
    uint32_t line, column;   /* as struct span */
    uint8_t kind, problem, layout, indent;
};

/* The rows of one step, linear or bands: tokens begin .. end - 1. Ordered by begin; groups lie within one another or apart. */
struct layout_rows {
    uint32_t begin, end;
    struct layout_rows *next;
};

struct ast_layout {
    const struct token *tokens; /* the last one is TOKEN_END */
    uint32_t count;
    const struct layout_rows *rows;
};

/* The bytes of a token. */
struct slice token_text(struct slice source, const struct token *token);
struct span token_span(const struct token *token);

/* Reports bytes that are no UTF-8 (returns false: nothing more can be read), and every character that a text may not
 * have: BOM, tab, CR, control characters, those that are invisible or turn the direction of writing. */
bool lex_check_characters(struct slice source, struct diags *diags);
/* Whether a character is one of those (space and LF are not). */
bool lex_is_forbidden(uint32_t character);
/* The length in bytes of the character at source.ptr[at], at < source.len; *character may be NULL. 1 for a malformed one. */
size_t lex_character(struct slice source, size_t at, uint32_t *character);

/* All tokens, TOKEN_END last. The source passed lex_check_characters. */
MUST_CHECK enum tally_code lex_tokens(struct slice source, struct arena *arena, struct token **out, uint32_t *count,
                                      struct err *err);

/* Makes tokens[at] and those that touch it one slug, or one hash of 64 digits. False where the characters are none; then
 * nothing is changed. */
bool lex_merge_slug(struct slice source, struct token *tokens, uint32_t at);
bool lex_merge_hash(struct slice source, struct token *tokens, uint32_t at);

/* Reports token->problem, which is not PROBLEM_NONE. */
void lex_report(struct slice source, const struct token *token, struct diags *diags);

#endif
