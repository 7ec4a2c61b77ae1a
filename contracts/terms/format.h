/* The formatter's own parts. Private to contracts/terms. */
#ifndef TALLY_TERMS_FORMAT_H
#define TALLY_TERMS_FORMAT_H

#include "lexer.h"
#include "tally/ast.h"

/* The columns into which the rows of a step are set. */
struct format_columns {
    bool is_set;        /* every row is words, a number, `:`, a number */
    uint32_t bound_end; /* where the whole part of each bound ends, counted from the row's first character */
    uint32_t value_end; /* where the whole part of each value ends */
};

/* A row's tokens and widths, of a step in columns. */
struct format_row {
    uint32_t bound, value;         /* the tokens before which space may be added; bound is 0 for `otherwise` */
    uint32_t bound_pad, value_pad; /* spaces added */
};

/* A group of rows that is open while its tokens are set. */
struct format_level {
    uint32_t end;    /* the token behind its last row */
    uint32_t indent; /* of its rows */
    uint32_t outer;  /* the indent to return to */
    bool is_broken;  /* one row a line */
    struct format_columns columns;
    struct format_row row;
};

struct format {
    struct slice source;
    const struct ast_layout *layout;
    struct buf *out;
    const struct layout_rows *rows; /* the next group that begins */
    uint32_t indent;                /* of the line or row to which what follows belongs */
    uint32_t level_count;
    struct format_level levels[AST_DEPTH_MAX + 1];
};

/* format_rows.c: the columns of the group of tokens begin .. end - 1, and what one row in them needs. */
struct format_columns format_columns(const struct format *f, uint32_t begin, uint32_t end);
struct format_row format_row(const struct format *f, const struct format_columns *columns, uint32_t begin, uint32_t end);
/* A token as it is printed: numbers in groups of three. */
void format_token(struct slice source, const struct token *token, struct buf *out);
/* The number of bytes that it takes. */
uint32_t format_token_width(struct slice source, const struct token *token);

#endif
