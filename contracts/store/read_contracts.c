/* Contracts, their texts and signatures. */
#include "queries.h"
#include "read.h"

enum tally_code store_list_contracts(struct pg *pg, struct slice actor, const struct store_page *page, struct buf *out,
                                     struct err *err)
{
    enum tally_code rc = TALLY_OK;
    static const struct read_list list = {.statement = &sql_outcomes_list_contracts,
                                          .letter = 'c',
                                          .form = CURSOR_TEXT,
                                          .has_gaps = true,
                                          .is_for_reader = true};
    struct read read = {0};
    TRY(read_list_begin(&read, pg, &list, page, actor.len > 0, err));
    read_add_filter(&read, actor);
    TRY(read_page(&read, out, NULL, err));
done:
    read_end(&read);
    return rc;
}

enum tally_code store_read_contract(struct pg *pg, struct slice id, uint64_t as_of, struct slice reader, struct buf *out,
                                    bool *found, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct read read = {0};
    TRY(read_begin(&read, pg, err));
    read_add_name(&read, id);
    read_add_seq(&read, as_of);
    read_add_reader(&read.params, reader);
    TRY(read_one(&read, &sql_outcomes_read_contract, out, found, err));
done:
    read_end(&read);
    return rc;
}

enum tally_code store_has_contract(struct pg *pg, struct slice id, struct slice reader, bool *found, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct read read = {0};
    TRY(read_begin(&read, pg, err));
    read_add_name(&read, id);
    read_add_reader(&read.params, reader);
    TRY(read_has(&read, &sql_outcomes_has_contract, found, err));
done:
    read_end(&read);
    return rc;
}

enum tally_code store_read_terms(struct pg *pg, struct slice id, struct slice version, struct slice reader, struct buf *out,
                                 bool *found, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct read read = {0};
    TRY(read_begin(&read, pg, err));
    read_add_name(&read, id);
    read_add_filter(&read, version);
    read_add_reader(&read.params, reader);
    TRY(read_one(&read, &sql_outcomes_read_terms, out, found, err));
done:
    read_end(&read);
    return rc;
}

enum tally_code store_list_amendments(struct pg *pg, struct slice contract, const struct store_page *page, struct buf *out,
                                      bool *found, struct err *err)
{
    static const struct read_list list = {.statement = &sql_outcomes_list_amendments,
                                          .has = &sql_outcomes_has_contract,
                                          .letter = 'm',
                                          .form = CURSOR_NUMBER,
                                          .is_for_reader = true};
    return read_list_of_name(pg, &list, contract, page, out, found, err);
}

enum tally_code store_list_accessions(struct pg *pg, struct slice contract, const struct store_page *page, struct buf *out,
                                      bool *found, struct err *err)
{
    static const struct read_list list = {.statement = &sql_outcomes_list_accessions,
                                          .has = &sql_outcomes_has_contract,
                                          .letter = 'j',
                                          .form = CURSOR_NUMBER,
                                          .is_for_reader = true};
    return read_list_of_name(pg, &list, contract, page, out, found, err);
}

enum tally_code store_list_signatures(struct pg *pg, struct slice contract, const struct store_page *page, struct buf *out,
                                      bool *found, struct err *err)
{
    static const struct read_list list = {.statement = &sql_outcomes_list_signatures,
                                          .has = &sql_outcomes_has_contract,
                                          .letter = 's',
                                          .form = CURSOR_PLACE,
                                          .is_for_reader = true};
    return read_list_of_name(pg, &list, contract, page, out, found, err);
}
