/* Payments, what they consist of, and settlements as JSON. */
#include "queries.h"
#include "read.h"

enum tally_code store_list_payments(struct pg *pg, const struct store_payment_filter *filter, const struct store_page *page,
                                    struct buf *out, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct read read = {0};
    struct cursor cursor = {.number = -1};
    TRY(read_begin(&read, pg, err));
    TRY(read_cursor(&read, page, 'p', CURSOR_NUMBER, &cursor, err));
    pg_add_int8(&read.params, cursor.number);
    read_add_limit(&read, page);
    read_add_seq(&read, filter->as_of);
    read_add_filter(&read, filter->contract);
    read_add_filter(&read, filter->party);
    read_add_reader(&read.params, page->reader);
    TRY(read_page(&read, &sql_outcomes_list_payments, page, 'p', out, err));
done:
    read_end(&read);
    return rc;
}

enum tally_code store_read_payment(struct pg *pg, uint64_t seq, uint64_t as_of, struct slice reader, struct buf *out,
                                   bool *found, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct read read = {0};
    TRY(read_begin(&read, pg, err));
    read_add_seq(&read, seq);
    read_add_seq(&read, as_of);
    read_add_reader(&read.params, reader);
    TRY(read_one(&read, &sql_outcomes_read_payment, out, found, err));
done:
    read_end(&read);
    return rc;
}

enum tally_code store_read_explanation(struct pg *pg, uint64_t seq, struct buf *out, bool *found, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct read read = {0};
    TRY(read_begin(&read, pg, err));
    read_add_seq(&read, seq);
    TRY(read_one(&read, &sql_outcomes_read_explanation, out, found, err));
done:
    read_end(&read);
    return rc;
}

enum tally_code store_list_payment_items(struct pg *pg, uint64_t payment_seq, const struct store_page *page,
                                         struct buf *out, bool *found, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct read read = {0};
    struct pg_params has;
    struct cursor cursor = {.number = -1};
    TRY(read_begin(&read, pg, err));
    TRY(read_cursor(&read, page, 't', CURSOR_NUMBER, &cursor, err));
    read_add_seq(&read, payment_seq);
    has = read.params;
    read_add_reader(&has, page->reader);
    pg_add_int4(&read.params, cursor_place(&cursor));
    read_add_limit(&read, page);
    read_add_reader(&read.params, page->reader);
    TRY(read_page_of(&read, &sql_outcomes_list_payment_items, page, 't', &sql_outcomes_has_payment_items, &has, out, found,
                     err));
done:
    read_end(&read);
    return rc;
}

enum tally_code store_list_settlements(struct pg *pg, uint64_t payment_seq, const struct store_page *page, struct buf *out,
                                       bool *found, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct read read = {0};
    struct pg_params has;
    struct cursor cursor = {.number = -1};
    TRY(read_begin(&read, pg, err));
    TRY(read_cursor(&read, page, 'e', CURSOR_NUMBER, &cursor, err));
    read_add_seq(&read, payment_seq);
    has = read.params;
    read_add_reader(&has, page->reader);
    pg_add_int8(&read.params, cursor.number);
    read_add_limit(&read, page);
    read_add_reader(&read.params, page->reader);
    TRY(read_page_of(&read, &sql_outcomes_list_settlements, page, 'e', &sql_outcomes_has_payment, &has, out, found, err));
done:
    read_end(&read);
    return rc;
}

enum tally_code store_has_explanation(struct pg *pg, uint64_t seq, struct slice reader, bool *found, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct read read = {0};
    struct pg_rows *rows = NULL;
    TRY(read_begin(&read, pg, err));
    read_add_seq(&read, seq);
    read_add_reader(&read.params, reader);
    TRY(read_rows(&read, &sql_outcomes_has_explanation, &rows, err));
    *found = pg_rows_count(rows) > 0;
done:
    pg_rows_free(rows);
    read_end(&read);
    return rc;
}
