/* What the files of the read side share: a statement's parameters, cursors, lists of JSON. */
#ifndef STORE_READ_H
#define STORE_READ_H

#include "tally/store.h"

#define READ_BYTES_MAX ((size_t) 64 << 10) /* parameters of one read: ids, a cursor, filters */

struct read_list;

/* One read: an arena for its parameters, and of a list which page. */
struct read {
    struct pg *pg;
    struct arena *arena;
    struct pg_params params;
    const struct read_list *list;
    const struct store_page *page;
    struct pg_params subject; /* what it is a list of: the parameter after the cursor, the limit and the rows looked at */
    int32_t looked_at;
};

MUST_CHECK enum tally_code read_begin(struct read *read, struct pg *pg, struct err *err);
void read_end(struct read *read);
void read_add_name(struct read *read, struct slice value);           /* an id as somebody asked for it */
void read_add_filter(struct read *read, struct slice value);         /* NULL when it is empty */
void read_add_reader(struct pg_params *params, struct slice reader); /* NULL for nobody in particular */
void read_add_seq(struct read *read, uint64_t seq);                  /* beyond every entry: the largest number there is */

/* ---- lists ----
 *
 * A list is a statement whose rows are (json, cursor), in the cursor's order. Its parameters are the cursor's parts, how many rows at most, with
 * `has_gaps` how many it looks at, what it is a list of and its filters, and with `is_for_reader` who reads. */

/* What a cursor says: the last row that was seen, by a text and a number. Each list has a letter of its own, so that the cursor of another is
 * refused. */
enum cursor_form {
    CURSOR_TEXT,        /* text */
    CURSOR_NUMBER,      /* number */
    CURSOR_PLACE,       /* number, of 32 bits */
    CURSOR_NUMBER_ITEM, /* number.item */
    CURSOR_NUMBER_TEXT, /* number.text */
    CURSOR_TEXT_ITEM    /* text.item */
};
struct cursor {
    struct slice text;
    int64_t number;
    int32_t item;
};

/* A page of a list with filters looks at so many rows, or at its limit if that is more, and is short when few of them fit: what it costs
 * does not grow with what does not fit. */
#define READ_LOOKED_AT_MAX 1000

struct read_list {
    const struct pg_statement *statement;
    const struct pg_statement *
        has; /* does what it is a list of exist? Its parameters: that, and with is_for_reader who reads. NULL: there is no such thing */
    enum cursor_form form;
    char letter;
    bool has_gaps; /* rows that do not fit the filters come too, without JSON */
    bool is_for_reader;
};

/* Opens a read of this page: cursor, limit, rows looked at. is_filtered: filters will be added. Then comes what it is a list of (read_add_name or
 * read_add_seq), the filters, and read_page, or read_list_rows and read_list_write. */
MUST_CHECK enum tally_code read_list_begin(struct read *read, struct pg *pg, const struct read_list *list,
                                           const struct store_page *page, bool is_filtered, struct err *err);
/* The whole answer: {"items":[...],"next":...}. *found (may be NULL): there is an item, or list->has says that what it is a list of exists;
 * otherwise nothing is written. */
MUST_CHECK enum tally_code read_page(struct read *read, struct buf *out, bool *found, struct err *err);
/* The same in two steps, for an answer that says more; rows are the caller's. read_list_write writes "items":[...],"next":... */
MUST_CHECK enum tally_code read_list_rows(struct read *read, struct pg_rows **rows, struct err *err);
void read_list_write(const struct read *read, const struct pg_rows *rows, struct buf *out);
/* A list of something with an id, or with a number, without filters. */
MUST_CHECK enum tally_code read_list_of_name(struct pg *pg, const struct read_list *list, struct slice name,
                                             const struct store_page *page, struct buf *out, bool *found, struct err *err);
MUST_CHECK enum tally_code read_list_of_seq(struct pg *pg, const struct read_list *list, uint64_t seq,
                                            const struct store_page *page, struct buf *out, bool *found, struct err *err);

/* ---- single answers ---- */

/* Runs the statement and keeps its rows. */
MUST_CHECK enum tally_code read_rows(struct read *read, const struct pg_statement *statement, struct pg_rows **rows,
                                     struct err *err);
/* Has the statement a row? */
MUST_CHECK enum tally_code read_has(struct read *read, const struct pg_statement *statement, bool *found, struct err *err);
/* The first column of the only row, as it is. */
MUST_CHECK enum tally_code read_one(struct read *read, const struct pg_statement *statement, struct buf *out, bool *found,
                                    struct err *err);

#endif
