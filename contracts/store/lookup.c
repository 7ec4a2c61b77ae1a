/* Single rows for the edge, as structs. */
#include "queries.h"
#include "read.h"
#include "rows_get.h"
#include "tally/text.h"

/* Each string into the arena, in place. */
MUST_CHECK static enum tally_code keep(struct arena *arena, struct slice *const *strings, size_t count, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    for (size_t i = 0; i < count; i++)
        TRY(arena_copy(arena, strings[i]->ptr, strings[i]->len, strings[i], err));
done:
    return rc;
}
#define KEEP(arena, err, ...)                                                                                              \
    keep((arena), (struct slice *const[]){__VA_ARGS__},                                                                    \
         sizeof((struct slice *const[]){__VA_ARGS__}) / sizeof(struct slice *), (err))

enum tally_code store_lookup_key(struct pg *pg, struct slice kid, struct arena *arena, struct row_key *key,
                                 struct row_actor *actor, bool *found, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct read read = {0};
    struct pg_rows *rows = NULL;
    TRY(read_begin(&read, pg, err));
    kid = kid.len != 0 && text_is_utf8(kid, NULL) ? kid : SLICE("-"); /* which is no kid */
    pg_add_text_array(&read.params, &kid, 1);
    TRY(read_rows(&read, &sql_outcomes_load_keys, &rows, err));
    bool is_there = pg_rows_count(rows) > 0;
    if (is_there) {
        struct row_key k;
        struct row_actor a;
        rows_get_key(rows, 0, &k);
        rows_get_actor(rows, 0, ROWS_KEY_ACTOR, &a);
        TRY(KEEP(arena, err, &k.kid, &k.actor, &k.x, &a.id, &a.kind, &a.name, &a.registered_by));
        *key = k;
        *actor = a;
    }
    *found = is_there;
done:
    pg_rows_free(rows);
    read_end(&read);
    return rc;
}

enum tally_code store_lookup_payment(struct pg *pg, uint64_t seq, struct arena *arena, struct row_payment *payment,
                                     bool *found, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct read read = {0};
    struct pg_rows *rows = NULL;
    int64_t number = seq > INT64_MAX ? INT64_MAX : (int64_t) seq;
    TRY(read_begin(&read, pg, err));
    pg_add_int8_array(&read.params, &number, 1);
    TRY(read_rows(&read, &sql_outcomes_load_payments, &rows, err));
    bool is_there = pg_rows_count(rows) > 0;
    if (is_there) {
        struct row_payment p;
        rows_get_payment(rows, 0, &p);
        TRY(KEEP(arena, err, &p.contract, &p.rule, &p.from_party, &p.to_party, &p.from_actor, &p.to_actor, &p.currency,
                 &p.amount, &p.settled));
        *payment = p;
    }
    *found = is_there;
done:
    pg_rows_free(rows);
    read_end(&read);
    return rc;
}

enum tally_code store_newest_key_change(struct pg *pg, uint64_t *seq, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct read read = {0};
    struct pg_rows *rows = NULL;
    TRY(read_begin(&read, pg, err));
    TRY(read_rows(&read, &sql_outcomes_newest_key_change, &rows, err));
    *seq = (uint64_t) pg_get_int8(rows, 0, 0);
done:
    pg_rows_free(rows);
    read_end(&read);
    return rc;
}
