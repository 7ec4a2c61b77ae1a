/* Actors, keys and indicators as JSON. */
#include "queries.h"
#include "read.h"

enum tally_code store_read_actor(struct pg *pg, struct slice id, struct buf *out, bool *found, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct read read = {0};
    TRY(read_begin(&read, pg, err));
    read_add_name(&read, id);
    TRY(read_one(&read, &sql_outcomes_read_actor, out, found, err));
done:
    read_end(&read);
    return rc;
}

enum tally_code store_list_actors(struct pg *pg, const struct store_page *page, struct buf *out, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct read read = {0};
    struct cursor cursor = {.text = SLICE("")};
    TRY(read_begin(&read, pg, err));
    TRY(read_cursor(&read, page, 'a', CURSOR_TEXT, &cursor, err));
    pg_add_text(&read.params, cursor.text);
    read_add_limit(&read, page);
    TRY(read_page(&read, &sql_outcomes_list_actors, page, 'a', out, err));
done:
    read_end(&read);
    return rc;
}

enum tally_code store_list_keys(struct pg *pg, struct slice actor, const struct store_page *page, struct buf *out,
                                bool *found, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct read read = {0};
    struct pg_params has;
    struct cursor cursor = {.number = -1, .text = SLICE("")};
    TRY(read_begin(&read, pg, err));
    TRY(read_cursor(&read, page, 'k', CURSOR_NUMBER_TEXT, &cursor, err));
    read_add_name(&read, actor);
    has = read.params;
    pg_add_int8(&read.params, cursor.number);
    pg_add_text(&read.params, cursor.text);
    read_add_limit(&read, page);
    TRY(read_page_of(&read, &sql_outcomes_list_keys, page, 'k', &sql_outcomes_has_actor, &has, out, found, err));
done:
    read_end(&read);
    return rc;
}

enum tally_code store_list_indicators(struct pg *pg, const struct store_page *page, struct buf *out, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct read read = {0};
    struct cursor cursor = {.text = SLICE(""), .item = 0};
    TRY(read_begin(&read, pg, err));
    TRY(read_cursor(&read, page, 'i', CURSOR_TEXT_ITEM, &cursor, err));
    pg_add_text(&read.params, cursor.text);
    pg_add_int4(&read.params, cursor.item);
    read_add_limit(&read, page);
    TRY(read_page(&read, &sql_outcomes_list_indicators, page, 'i', out, err));
done:
    read_end(&read);
    return rc;
}

enum tally_code store_read_indicator(struct pg *pg, struct slice id, struct buf *out, bool *found, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct read read = {0};
    struct pg_rows *rows = NULL;
    TRY(read_begin(&read, pg, err));
    read_add_name(&read, id);
    TRY(read_rows(&read, &sql_outcomes_read_indicator, &rows, err));
    bool is_there = pg_rows_count(rows) > 0;
    if (is_there) {
        buf_add_char(out, '{');
        read_write_items(out, rows, NULL, 'i');
        buf_add_char(out, '}');
        TRY(buf_check(out, err));
    }
    *found = is_there;
done:
    pg_rows_free(rows);
    read_end(&read);
    return rc;
}
