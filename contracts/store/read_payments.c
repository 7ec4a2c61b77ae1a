/* Payments, what they consist of, and settlements as JSON. */
#include "queries.h"
#include "read.h"

enum tally_code store_list_payments(struct pg *pg, const struct store_payment_filter *filter, const struct store_page *page,
                                    struct buf *out, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    static const struct read_list list = {.statement = &sql_outcomes_list_payments,
                                          .letter = 'p',
                                          .form = CURSOR_NUMBER,
                                          .has_gaps = true,
                                          .is_for_reader = true};
    struct read read = {0};
    TRY(read_list_begin(&read, pg, &list, page, filter->party.len > 0, err));
    read_add_seq(&read, filter->as_of);
    read_add_filter(&read, filter->contract);
    read_add_filter(&read, filter->party);
    TRY(read_page(&read, out, NULL, err));
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
    static const struct read_list list = {.statement = &sql_outcomes_list_payment_items,
                                          .has = &sql_outcomes_has_payment_items,
                                          .letter = 't',
                                          .form = CURSOR_PLACE,
                                          .is_for_reader = true};
    return read_list_of_seq(pg, &list, payment_seq, page, out, found, err);
}

enum tally_code store_list_settlements(struct pg *pg, uint64_t payment_seq, const struct store_page *page, struct buf *out,
                                       bool *found, struct err *err)
{
    static const struct read_list list = {.statement = &sql_outcomes_list_settlements,
                                          .has = &sql_outcomes_has_payment,
                                          .letter = 'e',
                                          .form = CURSOR_NUMBER,
                                          .is_for_reader = true};
    return read_list_of_seq(pg, &list, payment_seq, page, out, found, err);
}

enum tally_code store_has_explanation(struct pg *pg, uint64_t seq, struct slice reader, bool *found, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct read read = {0};
    TRY(read_begin(&read, pg, err));
    read_add_seq(&read, seq);
    read_add_reader(&read.params, reader);
    TRY(read_has(&read, &sql_outcomes_has_explanation, found, err));
done:
    read_end(&read);
    return rc;
}
