#include "append_internal.h"
#include "queries.h"
#include "tally/log.h"

static const char ask_again[] =
    "it is not known whether this statement was recorded, since the database was lost during the commit; send "
    "exactly the same statement again: it is recorded once, and you get its answer";

MUST_CHECK static enum tally_code is_backend_alive(struct sequencer *s, bool *is_alive, struct err *err)
{
    struct pg_params params;
    struct pg_rows *rows = NULL;
    pg_params_init(&params, s->batch.arena);
    pg_add_int4(&params, s->unknown_pid);
    enum tally_code rc = pg_exec(s->pg, &sql_ledger_backend, &params, &rows, err);
    if (rc == TALLY_OK)
        *is_alive = pg_get_bool(rows, 0, 0);
    pg_rows_free(rows);
    return rc;
}

/* The commit's own server process may still be at it after its connection broke. It held the lock: who has the lock
 * now, or sees that the process is gone, sees how it ended. The batch was one transaction, and its last hash covers
 * everything before it: one look tells for all its statements, and for moments, which have no statement's id. */
enum tally_code recovery_try(struct sequencer *s, bool has_lock, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct batch *batch = &s->batch;
    bool is_alive = false, is_committed = false;
    struct digest hash;
    if (!has_lock)
        TRY(is_backend_alive(s, &is_alive, err));
    if (is_alive)
        goto done;
    rc = lead_hash(s, batch->arena, batch->next_seq - 1, &hash, err);
    if (rc != TALLY_OK && rc != TALLY_E_NOT_FOUND)
        goto done;
    is_committed = rc == TALLY_OK && digest_equal(&hash, &batch->head);
    rc = TALLY_OK;
    LOG_WARN("sequencer.settled", LOG_STR("outcome", is_committed ? "committed" : "not committed"),
             LOG_I64("first_seq", batch->entries[0].seq), LOG_I64("entries", batch->entry_count));
    s->is_unknown = false;
    batch_settled(s, is_committed);
    if (!is_committed)
        batch_refuse_all(s, REFUSE_DATABASE_AWAY,
                         "the database was lost before the commit; nothing of this statement was recorded, send it again");
done:
    return rc;
}

void recovery_give_up(struct sequencer *s, bool is_now)
{
    if (!s->is_unknown)
        return;
    if (!is_now && instant_monotonic_us() - s->unknown_since_us < UNKNOWN_HOLD_MS * INT64_C(1000))
        return;
    s->is_unknown = false;
    batch_settled(s, false);
    batch_refuse_all(s, REFUSE_DATABASE_AWAY, ask_again);
}
