/* What the files of the read side share: a statement's parameters, cursors, lists of JSON. */
#ifndef STORE_READ_H
#define STORE_READ_H

#include "tally/store.h"

#define READ_BYTES_MAX ((size_t) 64 << 10) /* parameters of one read: ids, a cursor, filters */

/* One read: an arena for its parameters. */
struct read {
    struct pg *pg;
    struct arena *arena;
    struct pg_params params;
};

MUST_CHECK enum tally_code read_begin(struct read *read, struct pg *pg, struct err *err);
void read_end(struct read *read);
void read_add_name(struct read *read, struct slice value);           /* an id as somebody asked for it */
void read_add_filter(struct read *read, struct slice value);         /* NULL when it is empty */
void read_add_reader(struct pg_params *params, struct slice reader); /* NULL for nobody in particular */
void read_add_seq(struct read *read, uint64_t seq);                  /* beyond every entry: the largest number there is */

/* What a cursor says: the last row that was seen, by a text and a number. Without a cursor they stay as they are. Each list
 * has a letter of its own, so that the cursor of another is refused. */
enum cursor_form {
    CURSOR_TEXT,        /* text */
    CURSOR_NUMBER,      /* number */
    CURSOR_NUMBER_ITEM, /* number.item */
    CURSOR_NUMBER_TEXT, /* number.text */
    CURSOR_TEXT_ITEM    /* text.item */
};
struct cursor {
    struct slice text;
    int64_t number;
    int32_t item;
};
MUST_CHECK enum tally_code read_cursor(struct read *read, const struct store_page *page, char letter, enum cursor_form form,
                                       struct cursor *cursor, struct err *err);
/* A place in a list, as a number of 32 bits: -1 before the first. */
int32_t cursor_place(const struct cursor *cursor);
/* One row more than the page holds: it says whether there is a next page. */
void read_add_limit(struct read *read, const struct store_page *page);

/* Runs the statement, whose rows are (json, cursor), and keeps its rows. */
MUST_CHECK enum tally_code read_rows(struct read *read, const struct pg_statement *statement, struct pg_rows **rows,
                                     struct err *err);
/* "items":[...],"next":... of these rows; page NULL: all of them. */
void read_write_items(struct buf *out, const struct pg_rows *rows, const struct store_page *page, char letter);
/* The whole of a list of which nothing has to exist. */
MUST_CHECK enum tally_code read_page(struct read *read, const struct pg_statement *statement, const struct store_page *page,
                                     char letter, struct buf *out, struct err *err);
/* The same for what belongs to something: has says whether that exists, asked only when the list is empty. */
MUST_CHECK enum tally_code read_page_of(struct read *read, const struct pg_statement *statement,
                                        const struct store_page *page, char letter, const struct pg_statement *has,
                                        const struct pg_params *has_params, struct buf *out, bool *found, struct err *err);
/* The first column of the only row, as it is. */
MUST_CHECK enum tally_code read_one(struct read *read, const struct pg_statement *statement, struct buf *out, bool *found,
                                    struct err *err);

#endif
