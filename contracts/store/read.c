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

static void add_name(struct pg_params *params, struct slice value)
{
    /* the server would refuse bytes that are no text; "-" names nothing */
    pg_add_text(params, text_is_utf8(value, NULL) ? value : SLICE("-"));
}

void read_add_name(struct read *read, struct slice value)
{
    add_name(&read->params, value);
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

static void add_seq(struct pg_params *params, uint64_t seq)
{
    pg_add_int8(params, seq > INT64_MAX ? INT64_MAX : (int64_t) seq);
}

void read_add_seq(struct read *read, uint64_t seq)
{
    add_seq(&read->params, seq);
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
    case CURSOR_PLACE:
        return number_read(key, INT32_MAX, &out->number);
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

MUST_CHECK static enum tally_code read_cursor(struct read *read, struct cursor *cursor, struct err *err)
{
    struct slice text = read->page->cursor;
    size_t len = 0;
    if (text.len == 0)
        return TALLY_OK;
    char *key = text.len > READ_BYTES_MAX / 4 ? NULL : arena_alloc(read->arena, text.len);
    if (key == NULL || text_unbase64url(text, key, text.len, &len) != TALLY_OK || len < 2 || key[0] != read->list->letter ||
        !key_read(slice_of(key + 1, len - 1), read->list->form, cursor))
        return err_set(err, TALLY_E_MALFORMED, "this is not the cursor of a page of this list: take it from \"next\"");
    return TALLY_OK;
}

static void add_cursor(struct read *read, const struct cursor *cursor)
{
    enum cursor_form form = read->list->form;
    if (form == CURSOR_TEXT || form == CURSOR_TEXT_ITEM)
        pg_add_text(&read->params, cursor->text);
    else if (form == CURSOR_PLACE)
        pg_add_int4(&read->params, (int32_t) cursor->number);
    else
        pg_add_int8(&read->params, cursor->number);
    if (form == CURSOR_NUMBER_ITEM || form == CURSOR_TEXT_ITEM)
        pg_add_int4(&read->params, cursor->item);
    if (form == CURSOR_NUMBER_TEXT)
        pg_add_text(&read->params, cursor->text);
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

enum tally_code read_list_begin(struct read *read, struct pg *pg, const struct read_list *list,
                                const struct store_page *page, bool is_filtered, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct cursor cursor = {.text = SLICE(""), .number = -1};
    ENSURE(page->limit >= 1 && page->limit <= STORE_LIMIT_MAX);
    TRY(read_begin(read, pg, err));
    read->list = list;
    read->page = page;
    TRY(read_cursor(read, &cursor, err));
    add_cursor(read, &cursor);
    int32_t wanted = (int32_t) page->limit + 1; /* one more says whether there is a next page */
    pg_add_int4(&read->params, wanted);
    read->looked_at = is_filtered && wanted < READ_LOOKED_AT_MAX ? READ_LOOKED_AT_MAX : wanted;
    if (list->has_gaps)
        pg_add_int4(&read->params, read->looked_at);
done:
    return rc;
}

enum tally_code read_list_rows(struct read *read, struct pg_rows **rows, struct err *err)
{
    if (read->list->is_for_reader)
        read_add_reader(&read->params, read->page->reader);
    return read_rows(read, read->list->statement, rows, err);
}

void read_list_write(const struct read *read, const struct pg_rows *rows, struct buf *out)
{
    int count = pg_rows_count(rows), last = -1;
    uint32_t shown = 0;
    buf_add_str(out, "\"items\":[");
    for (int i = 0; i < count && shown < read->page->limit; i++) {
        last = i;
        if (pg_is_null(rows, i, 0))
            continue;
        if (shown++ != 0)
            buf_add_char(out, ',');
        buf_add_slice(out, pg_get_bytes(rows, i, 0));
    }
    buf_add_str(out, "],\"next\":");
    if (last + 1 < count || (count > 0 && count == read->looked_at))
        write_cursor(out, read->list->letter, pg_get_bytes(rows, last, 1));
    else
        buf_add_str(out, "null");
}

enum tally_code read_page(struct read *read, struct buf *out, bool *found, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    const struct pg_statement *has = read->list->has;
    struct pg_rows *rows = NULL;
    struct read asked = {.pg = read->pg, .arena = read->arena, .params = read->subject};
    TRY(read_list_rows(read, &rows, err));
    bool is_there = has == NULL || pg_rows_count(rows) > 0;
    if (!is_there) {
        if (read->list->is_for_reader)
            read_add_reader(&asked.params, read->page->reader);
        TRY(read_has(&asked, has, &is_there, err));
    }
    if (is_there) {
        buf_add_char(out, '{');
        read_list_write(read, rows, out);
        buf_add_char(out, '}');
        TRY(buf_check(out, err));
    }
    if (found != NULL)
        *found = is_there;
done:
    pg_rows_free(rows);
    return rc;
}

enum tally_code read_list_of_name(struct pg *pg, const struct read_list *list, struct slice name,
                                  const struct store_page *page, struct buf *out, bool *found, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct read read = {0};
    TRY(read_list_begin(&read, pg, list, page, false, err));
    read_add_name(&read, name);
    pg_params_init(&read.subject, read.arena);
    add_name(&read.subject, name);
    TRY(read_page(&read, out, found, err));
done:
    read_end(&read);
    return rc;
}

enum tally_code read_list_of_seq(struct pg *pg, const struct read_list *list, uint64_t seq, const struct store_page *page,
                                 struct buf *out, bool *found, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct read read = {0};
    TRY(read_list_begin(&read, pg, list, page, false, err));
    read_add_seq(&read, seq);
    pg_params_init(&read.subject, read.arena);
    add_seq(&read.subject, seq);
    TRY(read_page(&read, out, found, err));
done:
    read_end(&read);
    return rc;
}

/* ---- single answers ---- */

enum tally_code read_rows(struct read *read, const struct pg_statement *statement, struct pg_rows **rows, struct err *err)
{
    return pg_exec(read->pg, statement, &read->params, rows, err);
}

enum tally_code read_has(struct read *read, const struct pg_statement *statement, bool *found, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct pg_rows *rows = NULL;
    TRY(read_rows(read, statement, &rows, err));
    *found = pg_rows_count(rows) > 0;
done:
    pg_rows_free(rows);
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
