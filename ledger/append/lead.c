#include <stdio.h>

#include "append_internal.h"
#include "queries.h"
#include "tally/log.h"

enum tally_code lead_barrier(struct sequencer *s, struct err *err)
{
    enum tally_code rc = pg_pipeline_begin(s->pg, true, err);
    if (rc == TALLY_OK)
        rc = pg_pipeline_add(s->pg, &sql_ledger_barrier, NULL, NULL, err);
    if (rc == TALLY_OK)
        rc = pg_pipeline_run(s->pg, err);
    if (rc != TALLY_OK)
        return err_context(err, "the barrier, a first write, was not committed");
    return TALLY_OK;
}

enum tally_code ledger_lock(struct pg *pg, bool *has_lock, struct err *err)
{
    struct pg_rows *rows = NULL;
    enum tally_code rc = pg_exec(pg, &sql_ledger_lock, NULL, &rows, err);
    if (rc == TALLY_OK)
        *has_lock = pg_get_bool(rows, 0, 0);
    pg_rows_free(rows);
    return rc;
}

enum tally_code ledger_unlock(struct pg *pg, struct err *err)
{
    return pg_exec(pg, &sql_ledger_unlock, NULL, NULL, err);
}

MUST_CHECK static enum tally_code check_replicas(struct sequencer *s, struct err *err)
{
    struct pg_rows *rows = NULL;
    enum tally_code rc = TALLY_OK;
    if (s->options.replicas_may_lose)
        return TALLY_OK;
    TRY(pg_exec(s->pg, &sql_ledger_replicas, NULL, &rows, err));
    int64_t replicas = pg_get_int8(rows, 0, 0);
    if (replicas > 0 && !pg_get_bool(rows, 0, 1))
        rc = err_set(err, TALLY_E_DENIED,
                     "%lld replicas are attached and synchronous_standby_names is empty: a failover would lose what was "
                     "acknowledged. Set it (Patroni: synchronous_mode and synchronous_mode_strict), or start with "
                     "--replicas-may-lose",
                     (long long) replicas);
    s->replicas_checked_us = instant_monotonic_us();
done:
    pg_rows_free(rows);
    return rc;
}

/* TALLY_E_NOT_FOUND when the ledger is empty. */
MUST_CHECK static enum tally_code lead_head(struct sequencer *s, struct lead_place *out, struct err *err)
{
    struct pg_rows *rows = NULL;
    enum tally_code rc = TALLY_OK;
    TRY(pg_exec(s->pg, &sql_ledger_head, NULL, &rows, err));
    if (pg_rows_count(rows) == 0)
        TRY(err_set(err, TALLY_E_NOT_FOUND, "the ledger has no entry"));
    struct slice hash = pg_get_bytes(rows, 0, 1);
    if (hash.len != DIGEST_LEN)
        TRY(err_set(err, TALLY_E_INTEGRITY, "the newest entry's hash has %zu bytes", hash.len));
    out->seq = (uint64_t) pg_get_int8(rows, 0, 0);
    memcpy(out->hash.bytes, hash.ptr, DIGEST_LEN);
    out->time = pg_get_timestamptz(rows, 0, 2);
done:
    pg_rows_free(rows);
    return rc;
}

enum tally_code lead_hash(struct sequencer *s, struct arena *arena, uint64_t seq, struct digest *hash, struct err *err)
{
    struct pg_params params;
    struct pg_rows *rows = NULL;
    enum tally_code rc = TALLY_OK;
    pg_params_init(&params, arena);
    pg_add_int8(&params, (int64_t) seq);
    TRY(pg_exec(s->pg, &sql_ledger_hash, &params, &rows, err));
    if (pg_rows_count(rows) == 0)
        TRY(err_set(err, TALLY_E_NOT_FOUND, "there is no entry %llu", (unsigned long long) seq));
    struct slice bytes = pg_get_bytes(rows, 0, 0);
    if (bytes.len != DIGEST_LEN)
        TRY(err_set(err, TALLY_E_INTEGRITY, "the hash of entry %llu has %zu bytes", (unsigned long long) seq, bytes.len));
    memcpy(hash->bytes, bytes.ptr, DIGEST_LEN);
done:
    pg_rows_free(rows);
    return rc;
}

/* The ledger in this database is the one that this service was told to continue, or there is none and entry 0 is made. */
MUST_CHECK static enum tally_code check_identity(struct sequencer *s, struct err *err)
{
    struct slice origin, vkey;
    enum tally_code rc = ledger_identity(s->pg, s->batch.arena, &origin, &vkey, err);
    if (rc == TALLY_E_NOT_FOUND && s->options.genesis.len > 0) {
        rc = genesis_write(s, err);
        if (rc == TALLY_OK)
            rc = ledger_identity(s->pg, s->batch.arena, &origin, &vkey, err);
    }
    if (rc == TALLY_E_NOT_FOUND)
        return err_set(err, rc, "the database holds no ledger yet, and none is to be begun in it: run `tallyd init` first");
    if (rc != TALLY_OK)
        return rc;
    if (!slice_equal(origin, s->options.origin))
        return err_set(err, TALLY_E_MISMATCH, "the database holds the ledger %.*s, and this service was started for %.*s",
                       SLICE_ARG(origin), SLICE_ARG(s->options.origin));
    if (!slice_equal(vkey, s->options.vkey))
        return err_set(err, TALLY_E_MISMATCH, "entry 0 names the verifier key %.*s, and this service's ledger key is %.*s",
                       SLICE_ARG(vkey), SLICE_ARG(s->options.vkey));
    return TALLY_OK;
}

MUST_CHECK static enum tally_code load_head(struct sequencer *s, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct lead_place head;
    TRY(lead_head(s, &head, err));
    TRY(lead_hash(s, s->batch.arena, 0, &s->entry0_hash, err));
    s->has_head = true;
    s->head_seq = head.seq;
    s->head_hash = head.hash;
    s->head_time = head.time;
    memset(s->ring, 0, HEAD_RING * sizeof *s->ring); /* another sequencer, or another server, may have gone on meanwhile */
    s->ring[head.seq % HEAD_RING] = (struct ring_slot){.seq = head.seq, .is_set = true, .hash = head.hash};
    sequencer_publish(s);
done:
    return rc;
}

/* With the lock in hand, in the order of README.md. */
MUST_CHECK static enum tally_code take_lead(struct sequencer *s, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    const struct append_domain *domain = s->options.domain;
    s->lead_generation = pg_generation(s->pg);
    TRY(lead_barrier(s, err));
    TRY(check_replicas(s, err));
    if (s->is_unknown)
        TRY(recovery_try(s, true, err));
    batch_reset(&s->batch);
    domain->settle(domain->self, false); /* what it knows may be from before another sequencer's entries */
    TRY(check_identity(s, err));
    TRY(load_head(s, err));
    TRY(tree_load(s, err));
    TRY(linger_measure(s, err));
    if (pg_generation(s->pg) != s->lead_generation || !pg_is_connected(s->pg))
        TRY(err_set(err, TALLY_E_UNAVAILABLE, "the connection to the database broke while the lead was being taken"));
    s->idle_until = (struct instant){INT64_MIN};
done:
    return rc;
}

enum tally_code lead_try(struct sequencer *s, enum sequencer_role *role, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    bool has_lock = false;
    *role = SEQUENCER_AWAY;
    s->is_forked = false;
    TRY(pg_connect(s->pg, err));
    TRY(ledger_lock(s->pg, &has_lock, err));
    if (has_lock) {
        TRY(take_lead(s, err));
        *role = SEQUENCER_LEADING;
    } else {
        *role = SEQUENCER_STANDBY;
        if (s->is_unknown) {
            TRY(lead_barrier(s, err));
            TRY(recovery_try(s, false, err));
        }
        if (!s->is_unknown)
            batch_reset(&s->batch); /* what follows takes from its arena, once a second for as long as it stands by */
        TRY(tree_follow(s, err));
    }
done:
    if (rc != TALLY_OK) {
        *role = SEQUENCER_AWAY;
        pg_disconnect(s->pg); /* gives the lock to who can do better */
    }
    return rc;
}

enum tally_code lead_check(struct sequencer *s, struct err *err)
{
    enum tally_code rc = pg_connect(s->pg, err);
    if (rc != TALLY_OK)
        return rc;
    if (pg_generation(s->pg) != s->lead_generation)
        return err_set(err, TALLY_E_UNAVAILABLE, "the connection to the database was lost and made again");
    if (instant_monotonic_us() - s->replicas_checked_us < REPLICAS_CHECK_MS * INT64_C(1000))
        return TALLY_OK;
    return check_replicas(s, err);
}

enum tally_code lead_is_unmoved(struct sequencer *s, struct err *err)
{
    struct lead_place head;
    enum tally_code rc = lead_head(s, &head, err);
    if (rc != TALLY_OK)
        return rc;
    if (head.seq != s->head_seq || !digest_equal(&head.hash, &s->head_hash))
        return err_set(err, TALLY_E_CONFLICT, "the ledger's head is entry %llu, and this sequencer is at entry %llu",
                       (unsigned long long) head.seq, (unsigned long long) s->head_seq);
    return TALLY_OK;
}
