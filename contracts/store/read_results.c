/* Results and verifications as JSON. */
#include "queries.h"
#include "read.h"
#include "tally/canon.h"

enum tally_code store_list_results(struct pg *pg, const struct store_result_filter *filter, const struct store_page *page,
                                   struct buf *out, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    static const struct read_list list = {.statement = &sql_outcomes_list_results,
                                          .letter = 'r',
                                          .form = CURSOR_NUMBER_ITEM,
                                          .has_gaps = true,
                                          .is_for_reader = true};
    struct read read = {0};
    bool is_filtered =
        filter->indicator.len > 0 || filter->version != 0 || filter->contract.len > 0 || filter->author.len > 0;
    TRY(read_list_begin(&read, pg, &list, page, is_filtered, err));
    read_add_filter(&read, filter->indicator);
    if (filter->version == 0)
        pg_add_null(&read.params);
    else
        pg_add_int4(&read.params, filter->version > INT32_MAX ? INT32_MAX : (int32_t) filter->version);
    read_add_filter(&read, filter->contract);
    read_add_filter(&read, filter->author);
    TRY(read_page(&read, out, NULL, err));
done:
    read_end(&read);
    return rc;
}

/* ---- one statement, a page of its results ---- */

/* Writes the whole answer from what the statement's rows have in common, and from a page of them. */
typedef void write_fn(struct buf *out, uint64_t seq, const struct pg_rows *head, const struct read *read,
                      const struct pg_rows *rows);

MUST_CHECK static enum tally_code read_statement(struct pg *pg, const struct pg_statement *head_statement,
                                                 const struct read_list *list, write_fn *write, uint64_t seq,
                                                 const struct store_page *page, struct buf *out, bool *found,
                                                 struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct read read = {0};
    struct pg_rows *head = NULL, *rows = NULL;
    TRY(read_list_begin(&read, pg, list, page, false, err));
    struct read asked = {.pg = pg, .arena = read.arena};
    pg_params_init(&asked.params, read.arena);
    read_add_seq(&asked, seq);
    read_add_reader(&asked.params, page->reader);
    TRY(read_rows(&asked, head_statement, &head, err));
    bool is_there = pg_rows_count(head) > 0;
    if (is_there) {
        read_add_seq(&read, seq);
        TRY(read_list_rows(&read, &rows, err));
        write(out, seq, head, &read, rows);
        TRY(buf_check(out, err));
    }
    *found = is_there;
done:
    pg_rows_free(head);
    pg_rows_free(rows);
    read_end(&read);
    return rc;
}

/* {"author","count","items","next","seq","set","time"} */
static void write_statement(struct buf *out, uint64_t seq, const struct pg_rows *head, const struct read *read,
                            const struct pg_rows *rows)
{
    buf_add_str(out, "{\"author\":");
    canon_quote(out, pg_get_bytes(head, 0, 0));
    buf_add_str(out, ",\"count\":");
    buf_add_i64(out, pg_get_int8(head, 0, 1));
    buf_add_char(out, ',');
    read_list_write(read, rows, out);
    buf_add_str(out, ",\"seq\":");
    buf_add_u64(out, seq);
    buf_add_str(out, pg_get_bool(head, 0, 2) ? ",\"set\":true,\"time\":" : ",\"set\":false,\"time\":");
    canon_quote(out, pg_get_bytes(head, 0, 3));
    buf_add_char(out, '}');
}

enum tally_code store_read_result(struct pg *pg, uint64_t seq, const struct store_page *page, struct buf *out, bool *found,
                                  struct err *err)
{
    static const struct read_list list = {
        .statement = &sql_outcomes_list_result_items, .letter = 'n', .form = CURSOR_PLACE, .is_for_reader = true};
    return read_statement(pg, &sql_outcomes_read_result, &list, write_statement, seq, page, out, found, err);
}

enum tally_code store_list_verifications(struct pg *pg, uint64_t result_seq, const struct store_page *page, struct buf *out,
                                         bool *found, struct err *err)
{
    static const struct read_list list = {.statement = &sql_outcomes_list_verifications,
                                          .has = &sql_outcomes_has_result,
                                          .letter = 'v',
                                          .form = CURSOR_NUMBER,
                                          .is_for_reader = true};
    return read_list_of_seq(pg, &list, result_seq, page, out, found, err);
}

/* ---- disputes ---- */
/* Of a contract, or of the results of the statement result_seq; has says whether that exists. */
MUST_CHECK static enum tally_code list_disputes(struct pg *pg, const struct read_list *list, struct slice contract,
                                                uint64_t result_seq, const struct store_page *page, struct buf *out,
                                                bool *found, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct read read = {0};
    TRY(read_list_begin(&read, pg, list, page, false, err));
    struct read subject = {.arena = read.arena};
    pg_params_init(&subject.params, read.arena);
    if (contract.len > 0) {
        read_add_name(&subject, contract);
        read_add_name(&read, contract);
        pg_add_null(&read.params);
    } else {
        read_add_seq(&subject, result_seq);
        pg_add_null(&read.params);
        read_add_seq(&read, result_seq);
    }
    read.subject = subject.params;
    TRY(read_page(&read, out, found, err));
done:
    read_end(&read);
    return rc;
}

enum tally_code store_list_contract_disputes(struct pg *pg, struct slice contract, const struct store_page *page,
                                             struct buf *out, bool *found, struct err *err)
{
    static const struct read_list list = {.statement = &sql_outcomes_list_disputes,
                                          .has = &sql_outcomes_has_contract,
                                          .letter = 'd',
                                          .form = CURSOR_NUMBER,
                                          .is_for_reader = true};
    return list_disputes(pg, &list, contract, 0, page, out, found, err);
}

enum tally_code store_list_result_disputes(struct pg *pg, uint64_t result_seq, const struct store_page *page,
                                           struct buf *out, bool *found, struct err *err)
{
    static const struct read_list list = {.statement = &sql_outcomes_list_disputes,
                                          .has = &sql_outcomes_has_result,
                                          .letter = 'd',
                                          .form = CURSOR_NUMBER,
                                          .is_for_reader = true};
    return list_disputes(pg, &list, SLICE(""), result_seq, page, out, found, err);
}

/* {"actor","contract","items","lapses","next","reason","result_seq","results","seq","time"} */
static void write_dispute(struct buf *out, uint64_t seq, const struct pg_rows *head, const struct read *read,
                          const struct pg_rows *rows)
{
    buf_add_str(out, "{\"actor\":");
    canon_quote(out, pg_get_bytes(head, 0, 0));
    buf_add_str(out, ",\"contract\":");
    canon_quote(out, pg_get_bytes(head, 0, 2));
    buf_add_char(out, ',');
    read_list_write(read, rows, out);
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
}

enum tally_code store_read_dispute(struct pg *pg, uint64_t seq, const struct store_page *page, struct buf *out, bool *found,
                                   struct err *err)
{
    static const struct read_list list = {
        .statement = &sql_outcomes_list_dispute_items, .letter = 'q', .form = CURSOR_PLACE};
    return read_statement(pg, &sql_outcomes_read_dispute, &list, write_dispute, seq, page, out, found, err);
}
