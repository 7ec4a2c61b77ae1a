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
    static const struct read_list list = {.statement = &sql_outcomes_list_actors, .letter = 'a', .form = CURSOR_TEXT};
    struct read read = {0};
    TRY(read_list_begin(&read, pg, &list, page, false, err));
    TRY(read_page(&read, out, NULL, err));
done:
    read_end(&read);
    return rc;
}

enum tally_code store_list_keys(struct pg *pg, struct slice actor, const struct store_page *page, struct buf *out,
                                bool *found, struct err *err)
{
    static const struct read_list list = {
        .statement = &sql_outcomes_list_keys, .has = &sql_outcomes_has_actor, .letter = 'k', .form = CURSOR_NUMBER_TEXT};
    return read_list_of_name(pg, &list, actor, page, out, found, err);
}

enum tally_code store_list_indicators(struct pg *pg, const struct store_page *page, struct buf *out, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    static const struct read_list list = {
        .statement = &sql_outcomes_list_indicators, .letter = 'i', .form = CURSOR_TEXT_ITEM};
    struct read read = {0};
    TRY(read_list_begin(&read, pg, &list, page, false, err));
    TRY(read_page(&read, out, NULL, err));
done:
    read_end(&read);
    return rc;
}

enum tally_code store_read_indicator(struct pg *pg, struct slice id, struct buf *out, bool *found, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct read read = {0};
    TRY(read_begin(&read, pg, err));
    read_add_name(&read, id);
    TRY(read_one(&read, &sql_outcomes_read_indicator, out, found, err));
done:
    read_end(&read);
    return rc;
}
