/* Contracts, their texts and signatures. */
#include "queries.h"
#include "read.h"

enum tally_code store_list_contracts(struct pg *pg, struct slice actor, const struct store_page *page, struct buf *out,
                                     struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct read read = {0};
    struct cursor cursor = {.text = SLICE("")};
    TRY(read_begin(&read, pg, err));
    TRY(read_cursor(&read, page, 'c', CURSOR_TEXT, &cursor, err));
    pg_add_text(&read.params, cursor.text);
    read_add_limit(&read, page);
    read_add_filter(&read, actor);
    read_add_reader(&read.params, page->reader);
    TRY(read_page(&read, &sql_outcomes_list_contracts, page, 'c', out, err));
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
    struct pg_rows *rows = NULL;
    TRY(read_begin(&read, pg, err));
    read_add_name(&read, id);
    read_add_reader(&read.params, reader);
    TRY(read_rows(&read, &sql_outcomes_has_contract, &rows, err));
    *found = pg_rows_count(rows) > 0;
done:
    pg_rows_free(rows);
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
    enum tally_code rc = TALLY_OK;
    struct read read = {0};
    struct pg_params has;
    struct cursor cursor = {.number = -1};
    TRY(read_begin(&read, pg, err));
    TRY(read_cursor(&read, page, 'm', CURSOR_NUMBER, &cursor, err));
    read_add_name(&read, contract);
    has = read.params;
    read_add_reader(&has, page->reader);
    pg_add_int8(&read.params, cursor.number);
    read_add_limit(&read, page);
    read_add_reader(&read.params, page->reader);
    TRY(read_page_of(&read, &sql_outcomes_list_amendments, page, 'm', &sql_outcomes_has_contract, &has, out, found, err));
done:
    read_end(&read);
    return rc;
}

enum tally_code store_list_accessions(struct pg *pg, struct slice contract, const struct store_page *page, struct buf *out,
                                      bool *found, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct read read = {0};
    struct pg_params has;
    struct cursor cursor = {.number = -1};
    TRY(read_begin(&read, pg, err));
    TRY(read_cursor(&read, page, 'j', CURSOR_NUMBER, &cursor, err));
    read_add_name(&read, contract);
    has = read.params;
    read_add_reader(&has, page->reader);
    pg_add_int8(&read.params, cursor.number);
    read_add_limit(&read, page);
    read_add_reader(&read.params, page->reader);
    TRY(read_page_of(&read, &sql_outcomes_list_accessions, page, 'j', &sql_outcomes_has_contract, &has, out, found, err));
done:
    read_end(&read);
    return rc;
}

enum tally_code store_list_signatures(struct pg *pg, struct slice contract, const struct store_page *page, struct buf *out,
                                      bool *found, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct read read = {0};
    struct pg_params has;
    struct cursor cursor = {.number = -1};
    TRY(read_begin(&read, pg, err));
    TRY(read_cursor(&read, page, 's', CURSOR_NUMBER, &cursor, err));
    read_add_name(&read, contract);
    has = read.params;
    read_add_reader(&has, page->reader);
    pg_add_int4(&read.params, cursor_place(&cursor));
    read_add_limit(&read, page);
    read_add_reader(&read.params, page->reader);
    TRY(read_page_of(&read, &sql_outcomes_list_signatures, page, 's', &sql_outcomes_has_contract, &has, out, found, err));
done:
    read_end(&read);
    return rc;
}
