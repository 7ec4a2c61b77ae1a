#include "read.h"

#include <string.h>

#include "tally/text.h"

enum tally_code read_begin(struct read *read, struct pg *pg, struct err *err)
{
    struct arena *arena = arena_new(READ_BYTES_MAX);
    if (arena == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory for a read");
    *read = (struct read){.pg = pg, .arena = arena};
    pg_params_init(&read->params, arena);
    return TALLY_OK;
}

void read_end(struct read *read)
{
    arena_free(read->arena);
    read->arena = NULL;
}

void read_add_name(struct read *read, struct slice value)
{
    /* the server would refuse bytes that are no text; "-" names nothing */
    pg_add_text(&read->params, text_is_utf8(value, NULL) ? value : SLICE("-"));
}

void read_add_filter(struct read *read, struct slice value)
{
    if (value.len == 0)
        pg_add_null(&read->params);
    else
        read_add_name(read, value);
}

void read_add_reader(struct pg_params *params, struct slice reader)
{
    if (reader.len == 0)
        pg_add_null(params);
    else
        pg_add_text(params, reader);
}

void read_add_seq(struct read *read, uint64_t seq)
{
    pg_add_int8(&read->params, seq > INT64_MAX ? INT64_MAX : (int64_t) seq);
}

/* ---- cursors: base64url of a letter and the key ---- */

static bool number_read(struct slice s, uint64_t max, int64_t *out)
{
    uint64_t number = 0;
    if (text_u64(s, max, &number) != TALLY_OK)
        return false;
    *out = (int64_t) number;
    return true;
}

/* Parts before and after the first dot, or the last one. */
static bool split(struct slice s, bool is_last, struct slice *before, struct slice *after)
{
    const char *dot = s.len == 0 ? NULL : is_last ? memrchr(s.ptr, '.', s.len) : memchr(s.ptr, '.', s.len);
    if (dot == NULL)
        return false;
    *before = slice_of(s.ptr, (size_t) (dot - s.ptr));
    *after = slice_of(dot + 1, s.len - before->len - 1);
    return true;
}

static bool key_read(struct slice key, enum cursor_form form, struct cursor *out)
{
    struct slice number, rest;
    int64_t item = 0;
    switch (form) {
    case CURSOR_TEXT:
        out->text = key;
        return key.len != 0 && text_is_utf8(key, NULL);
    case CURSOR_NUMBER:
        return number_read(key, INT64_MAX, &out->number);
    case CURSOR_NUMBER_ITEM:
        if (!split(key, false, &number, &rest) || !number_read(number, INT64_MAX, &out->number) ||
            !number_read(rest, INT32_MAX, &item))
            return false;
        out->item = (int32_t) item;
        return true;
    case CURSOR_NUMBER_TEXT:
        return split(key, false, &number, &out->text) && number_read(number, INT64_MAX, &out->number) &&
               text_is_utf8(out->text, NULL);
    case CURSOR_TEXT_ITEM:
        if (!split(key, true, &out->text, &rest) || !text_is_utf8(out->text, NULL) || !number_read(rest, INT32_MAX, &item))
            return false;
        out->item = (int32_t) item;
        return true;
    }
    return false;
}

enum tally_code read_cursor(struct read *read, const struct store_page *page, char letter, enum cursor_form form,
                            struct cursor *cursor, struct err *err)
{
    ENSURE(page->limit >= 1 && page->limit <= STORE_LIMIT_MAX);
    if (page->cursor.len == 0)
        return TALLY_OK;
    size_t len = 0;
    struct cursor read_in = *cursor;
    char *key = page->cursor.len > READ_BYTES_MAX / 4 ? NULL : arena_alloc(read->arena, page->cursor.len);
    if (key == NULL || text_unbase64url(page->cursor, key, page->cursor.len, &len) != TALLY_OK || len < 2 ||
        key[0] != letter || !key_read(slice_of(key + 1, len - 1), form, &read_in))
        return err_set(err, TALLY_E_MALFORMED, "this is not the cursor of a page of this list: take it from \"next\"");
    *cursor = read_in;
    return TALLY_OK;
}

int32_t cursor_place(const struct cursor *cursor)
{
    return cursor->number > INT32_MAX ? INT32_MAX : (int32_t) cursor->number;
}

void read_add_limit(struct read *read, const struct store_page *page)
{
    pg_add_int4(&read->params, (int32_t) page->limit + 1);
}

static void write_cursor(struct buf *out, char letter, struct slice key)
{
    struct buf text;
    buf_init(&text, key.len + 2);
    buf_add_char(&text, letter);
    buf_add_slice(&text, key);
    buf_add_char(out, '"');
    text_base64url(text.ptr, text.len, out);
    buf_add_char(out, '"');
    if (text.failed != TALLY_OK && out->failed == TALLY_OK)
        out->failed = text.failed;
    buf_release(&text);
}

/* ---- lists ---- */

enum tally_code read_rows(struct read *read, const struct pg_statement *statement, struct pg_rows **rows, struct err *err)
{
    return pg_exec(read->pg, statement, &read->params, rows, err);
}

void read_write_items(struct buf *out, const struct pg_rows *rows, const struct store_page *page, char letter)
{
    int count = pg_rows_count(rows);
    bool has_next = page != NULL && count > (int) page->limit;
    int shown = has_next ? (int) page->limit : count;
    buf_add_str(out, "\"items\":[");
    for (int i = 0; i < shown; i++) {
        if (i != 0)
            buf_add_char(out, ',');
        buf_add_slice(out, pg_get_bytes(rows, i, 0));
    }
    buf_add_str(out, "],\"next\":");
    if (has_next)
        write_cursor(out, letter, pg_get_bytes(rows, shown - 1, 1));
    else
        buf_add_str(out, "null");
}

MUST_CHECK static enum tally_code write_list(struct buf *out, const struct pg_rows *rows, const struct store_page *page,
                                             char letter, struct err *err)
{
    buf_add_char(out, '{');
    read_write_items(out, rows, page, letter);
    buf_add_char(out, '}');
    return buf_check(out, err);
}

enum tally_code read_page(struct read *read, const struct pg_statement *statement, const struct store_page *page,
                          char letter, struct buf *out, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct pg_rows *rows = NULL;
    TRY(read_rows(read, statement, &rows, err));
    TRY(write_list(out, rows, page, letter, err));
done:
    pg_rows_free(rows);
    return rc;
}

enum tally_code read_page_of(struct read *read, const struct pg_statement *statement, const struct store_page *page,
                             char letter, const struct pg_statement *has, const struct pg_params *has_params,
                             struct buf *out, bool *found, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct pg_rows *rows = NULL, *there = NULL;
    TRY(read_rows(read, statement, &rows, err));
    bool is_there = pg_rows_count(rows) > 0;
    if (!is_there) {
        TRY(pg_exec(read->pg, has, has_params, &there, err));
        is_there = pg_rows_count(there) > 0;
    }
    if (is_there)
        TRY(write_list(out, rows, page, letter, err));
    *found = is_there;
done:
    pg_rows_free(rows);
    pg_rows_free(there);
    return rc;
}

enum tally_code read_one(struct read *read, const struct pg_statement *statement, struct buf *out, bool *found,
                         struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct pg_rows *rows = NULL;
    TRY(read_rows(read, statement, &rows, err));
    bool is_there = pg_rows_count(rows) > 0;
    if (is_there) {
        buf_add_slice(out, pg_get_bytes(rows, 0, 0));
        TRY(buf_check(out, err));
    }
    *found = is_there;
done:
    pg_rows_free(rows);
    return rc;
}
