/* Diagnostics of a text, as a good compiler gives them: several in one run, line, column, caret, what was expected, a hint. */
#ifndef TALLY_DIAG_H
#define TALLY_DIAG_H

#include <stdbool.h>
#include <stdint.h>

#include "tally/arena.h"
#include "tally/buf.h"
#include "tally/slice.h"

/* A stretch of the text; line and column count from 1, columns in characters. */
struct span {
    uint32_t offset, length; /* bytes */
    uint32_t line, column;
};

enum diag_level { DIAG_ERROR, DIAG_WARNING };

struct diag {
    enum diag_level level;
    struct slice code; /* stable, of our own: "units.differ" */
    struct span span;
    struct slice message;
    struct slice hint; /* may be empty: "did you mean `cohort`?" */
    struct diag *next;
};

#define DIAGS_MAX 20 /* more would be read by nobody; the rest is counted */

struct diags {
    struct arena *arena;
    struct diag *first, *last; /* errors and warnings in the order found */
    int errors, warnings, dropped;
};

void diags_init(struct diags *diags, struct arena *arena);
/* One error more is counted and not kept: nobody needs to look for its hint, which may take longer than finding the error. */
static inline bool diags_is_full(const struct diags *diags)
{
    return diags->errors >= DIAGS_MAX;
}
/* Adds one; a second error at the same place is dropped (no cascades). Without memory it is only counted. hint may be NULL. */
void diags_add(struct diags *diags, enum diag_level level, const char *code, struct span span, const char *hint,
               const char *fmt, ...) PRINTF_LIKE(6, 7);
/* Puts them in order of their place. */
void diags_sort(struct diags *diags);
/* "file:line:col: error: message", the line, a caret under the span, the hint. */
void diags_print(const struct diags *diags, struct slice file, struct slice text, struct buf *out);

#endif
