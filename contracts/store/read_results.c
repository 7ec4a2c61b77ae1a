/* Results and verifications as JSON. */
#include "queries.h"
#include "read.h"
#include "tally/canon.h"

enum tally_code store_list_results(struct pg *pg, const struct store_result_filter *filter, const struct store_page *page,
                                   struct buf *out, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct read read = {0};
    struct cursor cursor = {.number = -1};
    TRY(read_begin(&read, pg, err));
    TRY(read_cursor(&read, page, 'r', CURSOR_NUMBER_ITEM, &cursor, err));
    pg_add_int8(&read.params, cursor.number);
    pg_add_int4(&read.params, cursor.item);
    read_add_limit(&read, page);
    read_add_filter(&read, filter->indicator);
    if (filter->version == 0)
        pg_add_null(&read.params);
    else
        pg_add_int4(&read.params, filter->version > INT32_MAX ? INT32_MAX : (int32_t) filter->version);
    read_add_filter(&read, filter->contract);
    read_add_filter(&read, filter->author);
    read_add_reader(&read.params, page->reader);
    TRY(read_page(&read, &sql_outcomes_list_results, page, 'r', out, err));
done:
    read_end(&read);
    return rc;
}

/* {"author","count","items","next","seq","set","time"} */
MUST_CHECK static enum tally_code write_statement(struct buf *out, uint64_t seq, const struct pg_rows *head,
                                                  const struct pg_rows *rows, const struct store_page *page,
                                                  struct err *err)
{
    buf_add_str(out, "{\"author\":");
    canon_quote(out, pg_get_bytes(head, 0, 0));
    buf_add_str(out, ",\"count\":");
    buf_add_i64(out, pg_get_int8(head, 0, 1));
    buf_add_char(out, ',');
    read_write_items(out, rows, page, 'n');
    buf_add_str(out, ",\"seq\":");
    buf_add_u64(out, seq);
    buf_add_str(out, pg_get_bool(head, 0, 2) ? ",\"set\":true,\"time\":" : ",\"set\":false,\"time\":");
    canon_quote(out, pg_get_bytes(head, 0, 3));
    buf_add_char(out, '}');
    return buf_check(out, err);
}

enum tally_code store_read_result(struct pg *pg, uint64_t seq, const struct store_page *page, struct buf *out, bool *found,
                                  struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct read read = {0};
    struct pg_params head_params;
    struct pg_rows *head = NULL, *rows = NULL;
    struct cursor cursor = {.number = -1};
    TRY(read_begin(&read, pg, err));
    TRY(read_cursor(&read, page, 'n', CURSOR_NUMBER, &cursor, err));
    pg_params_init(&head_params, read.arena);
    pg_add_int8(&head_params, seq > INT64_MAX ? INT64_MAX : (int64_t) seq);
    read_add_reader(&head_params, page->reader);
    TRY(pg_exec(pg, &sql_outcomes_read_result, &head_params, &head, err));
    bool is_there = pg_rows_count(head) > 0;
    if (is_there) {
        read_add_seq(&read, seq);
        pg_add_int4(&read.params, cursor_place(&cursor));
        read_add_limit(&read, page);
        read_add_reader(&read.params, page->reader);
        TRY(read_rows(&read, &sql_outcomes_list_result_items, &rows, err));
        TRY(write_statement(out, seq, head, rows, page, err));
    }
    *found = is_there;
done:
    pg_rows_free(head);
    pg_rows_free(rows);
    read_end(&read);
    return rc;
}

enum tally_code store_list_verifications(struct pg *pg, uint64_t result_seq, const struct store_page *page, struct buf *out,
                                         bool *found, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct read read = {0};
    struct pg_params has;
    struct cursor cursor = {.number = -1};
    TRY(read_begin(&read, pg, err));
    TRY(read_cursor(&read, page, 'v', CURSOR_NUMBER, &cursor, err));
    read_add_seq(&read, result_seq);
    has = read.params;
    read_add_reader(&has, page->reader);
    pg_add_int8(&read.params, cursor.number);
    read_add_limit(&read, page);
    read_add_reader(&read.params, page->reader);
    TRY(read_page_of(&read, &sql_outcomes_list_verifications, page, 'v', &sql_outcomes_has_result, &has, out, found, err));
done:
    read_end(&read);
    return rc;
}

/* ---- disputes ---- */
/* Of a contract, or of the results of the statement result_seq; has says whether that exists. */
MUST_CHECK static enum tally_code list_disputes(struct pg *pg, struct slice contract, uint64_t result_seq,
                                                const struct pg_statement *has, const struct store_page *page,
                                                struct buf *out, bool *found, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct read read = {0};
    struct cursor cursor = {.number = -1};
    TRY(read_begin(&read, pg, err));
    TRY(read_cursor(&read, page, 'd', CURSOR_NUMBER, &cursor, err));
    struct read asked = {.pg = pg, .arena = read.arena};
    pg_params_init(&asked.params, read.arena);
    pg_add_int8(&read.params, cursor.number);
    read_add_limit(&read, page);
    read_add_filter(&read, contract);
    if (contract.len > 0) {
        pg_add_null(&read.params);
        read_add_name(&asked, contract);
    } else {
        read_add_seq(&read, result_seq);
        read_add_seq(&asked, result_seq);
    }
    read_add_reader(&read.params, page->reader);
    read_add_reader(&asked.params, page->reader);
    TRY(read_page_of(&read, &sql_outcomes_list_disputes, page, 'd', has, &asked.params, out, found, err));
done:
    read_end(&read);
    return rc;
}

enum tally_code store_list_contract_disputes(struct pg *pg, struct slice contract, const struct store_page *page,
                                             struct buf *out, bool *found, struct err *err)
{
    return list_disputes(pg, contract, 0, &sql_outcomes_has_contract, page, out, found, err);
}

enum tally_code store_list_result_disputes(struct pg *pg, uint64_t result_seq, const struct store_page *page,
                                           struct buf *out, bool *found, struct err *err)
{
    return list_disputes(pg, SLICE(""), result_seq, &sql_outcomes_has_result, page, out, found, err);
}

/* {"actor","contract","items","lapses","next","reason","result_seq","results","seq","time"} */
MUST_CHECK static enum tally_code write_dispute(struct buf *out, uint64_t seq, const struct pg_rows *head,
                                                const struct pg_rows *rows, const struct store_page *page, struct err *err)
{
    buf_add_str(out, "{\"actor\":");
    canon_quote(out, pg_get_bytes(head, 0, 0));
    buf_add_str(out, ",\"contract\":");
    canon_quote(out, pg_get_bytes(head, 0, 2));
    buf_add_char(out, ',');
    read_write_items(out, rows, page, 'q');
    buf_add_str(out, ",\"lapses\":");
    if (pg_is_null(head, 0, 6))
        buf_add_str(out, "null");
    else
        canon_quote(out, pg_get_bytes(head, 0, 6));
    buf_add_str(out, ",\"reason\":");
    canon_quote(out, pg_get_bytes(head, 0, 3));
    buf_add_str(out, ",\"result_seq\":");
    buf_add_i64(out, pg_get_int8(head, 0, 4));
    buf_add_str(out, ",\"results\":");
    buf_add_i64(out, pg_get_int8(head, 0, 1));
    buf_add_str(out, ",\"seq\":");
    buf_add_u64(out, seq);
    buf_add_str(out, ",\"time\":");
    canon_quote(out, pg_get_bytes(head, 0, 5));
    buf_add_char(out, '}');
    return buf_check(out, err);
}

enum tally_code store_read_dispute(struct pg *pg, uint64_t seq, const struct store_page *page, struct buf *out, bool *found,
                                   struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct read read = {0};
    struct pg_params head_params;
    struct pg_rows *head = NULL, *rows = NULL;
    struct cursor cursor = {.number = -1};
    TRY(read_begin(&read, pg, err));
    TRY(read_cursor(&read, page, 'q', CURSOR_NUMBER, &cursor, err));
    pg_params_init(&head_params, read.arena);
    pg_add_int8(&head_params, seq > INT64_MAX ? INT64_MAX : (int64_t) seq);
    read_add_reader(&head_params, page->reader);
    TRY(pg_exec(pg, &sql_outcomes_read_dispute, &head_params, &head, err));
    bool is_there = pg_rows_count(head) > 0;
    if (is_there) {
        read_add_seq(&read, seq);
        pg_add_int4(&read.params, cursor_place(&cursor));
        read_add_limit(&read, page);
        TRY(read_rows(&read, &sql_outcomes_list_dispute_items, &rows, err));
        TRY(write_dispute(out, seq, head, rows, page, err));
    }
    *found = is_there;
done:
    pg_rows_free(head);
    pg_rows_free(rows);
    read_end(&read);
    return rc;
}
