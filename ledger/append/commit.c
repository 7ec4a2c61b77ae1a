#include "append_internal.h"
#include "queries.h"
#include "tally/log.h"

/* ---- the statements that write ---- */

MUST_CHECK static enum tally_code queue_bodies(struct pg *pg, struct batch *batch, struct err *err)
{
    size_t n = batch->entry_count;
    int64_t *seqs = ARENA_ARRAY(batch->arena, n, int64_t);
    struct slice *nonces = ARENA_ARRAY(batch->arena, n, struct slice);
    struct slice *jws = ARENA_ARRAY(batch->arena, n, struct slice);
    struct slice *bodies = ARENA_ARRAY(batch->arena, n, struct slice);
    if (seqs == NULL || nonces == NULL || jws == NULL || bodies == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory for the %zu bodies of a batch", n);
    for (size_t i = 0; i < n; i++) {
        const struct batch_entry *entry = &batch->entries[i];
        seqs[i] = (int64_t) entry->seq;
        nonces[i] = slice_of(entry->nonce, sizeof entry->nonce);
        jws[i] = entry->jws.len == 0 ? SLICE("") : entry->jws; /* a slice without ptr would be a NULL */
        bodies[i] = entry->body.len == 0 ? SLICE("") : entry->body;
    }
    struct pg_params params;
    pg_params_init(&params, batch->arena);
    pg_add_int8_array(&params, seqs, n);
    pg_add_bytea_array(&params, nonces, n);
    pg_add_text_array(&params, jws, n);
    pg_add_text_array(&params, bodies, n);
    return pg_pipeline_add(pg, &sql_ledger_insert_body, &params, NULL, err);
}

/* Bodies that statements of the batch erase: behind the entries, which the database looks at first. */
MUST_CHECK static enum tally_code queue_erasures(struct pg *pg, struct batch *batch, struct err *err)
{
    int64_t *seqs = NULL, *by = NULL;
    size_t n = 0;
    struct pg_params params;
    for (size_t i = 0; i < batch->entry_count; i++) {
        if (batch->entries[i].type != ENTRY_BODY_ERASED)
            continue;
        if (seqs == NULL) {
            seqs = ARENA_ARRAY(batch->arena, batch->entry_count, int64_t);
            by = ARENA_ARRAY(batch->arena, batch->entry_count, int64_t);
            if (seqs == NULL || by == NULL)
                return err_set(err, TALLY_E_NO_MEMORY, "no memory for the erasures of a batch");
        }
        seqs[n] = (int64_t) batch->entries[i].erases;
        by[n++] = (int64_t) batch->entries[i].seq;
    }
    if (n == 0)
        return TALLY_OK;
    pg_params_init(&params, batch->arena);
    pg_add_int8_array(&params, seqs, n);
    pg_add_int8_array(&params, by, n);
    return pg_pipeline_add(pg, &sql_ledger_erase, &params, NULL, err);
}

struct entry_columns {
    int64_t *seqs;
    bool *open;
    struct slice *text[3];  /* actor, type, jti */
    struct slice *bytes[3]; /* prev, commitment, hash */
};

MUST_CHECK static enum tally_code columns_make(struct batch *batch, struct entry_columns *columns, struct err *err)
{
    size_t n = batch->entry_count;
    bool is_made = (columns->seqs = ARENA_ARRAY(batch->arena, n, int64_t)) != NULL &&
                   (columns->open = ARENA_ARRAY(batch->arena, n, bool)) != NULL;
    for (int i = 0; i < 3; i++)
        is_made = is_made && (columns->text[i] = ARENA_ARRAY(batch->arena, n, struct slice)) != NULL &&
                  (columns->bytes[i] = ARENA_ARRAY(batch->arena, n, struct slice)) != NULL;
    if (!is_made)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory for the %zu entries of a batch", n);
    for (size_t i = 0; i < n; i++) {
        const struct batch_entry *entry = &batch->entries[i];
        columns->seqs[i] = (int64_t) entry->seq;
        columns->open[i] = entry->open;
        columns->text[0][i] = entry->actor;
        columns->text[1][i] = slice_str(entry_type_text(entry->type));
        columns->text[2][i] = entry->jti.len == 0 ? SLICE("") : entry->jti;
        columns->bytes[0][i] = slice_of(entry->prev.bytes, DIGEST_LEN);
        columns->bytes[1][i] = slice_of(entry->commitment.bytes, DIGEST_LEN);
        columns->bytes[2][i] = slice_of(entry->hash.bytes, DIGEST_LEN);
    }
    return TALLY_OK;
}

enum tally_code commit_queue(struct pg *pg, struct batch *batch, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct entry_columns columns = {0};
    size_t n = batch->entry_count;
    TRY(queue_bodies(pg, batch, err));
    TRY(columns_make(batch, &columns, err));
    struct pg_params params;
    pg_params_init(&params, batch->arena);
    pg_add_int8_array(&params, columns.seqs, n);
    pg_add_timestamptz(&params, batch->time);
    for (int i = 0; i < 3; i++)
        pg_add_text_array(&params, columns.text[i], n);
    pg_add_bool_array(&params, columns.open, n);
    for (int i = 0; i < 3; i++)
        pg_add_bytea_array(&params, columns.bytes[i], n);
    TRY(pg_pipeline_add(pg, &sql_ledger_insert_entry, &params, NULL, err));
    TRY(queue_erasures(pg, batch, err));
done:
    return rc;
}

/* ---- answers ---- */

/* The statements' makers may free them in done: nothing of a statement is touched afterwards. */
void batch_answer(struct sequencer *s)
{
    struct batch *batch = &s->batch;
    uint64_t recorded = 0, replayed = 0, refused = 0;
    for (size_t i = 0; i < batch->count; i++) {
        enum append_kind kind = batch->outcomes[i].answer.kind;
        recorded += kind == APPEND_RECORDED;
        replayed += kind == APPEND_REPLAYED;
        refused += kind == APPEND_REFUSED;
    }
    /* counted first: who has an answer finds it counted */
    pthread_mutex_lock(&s->status_lock);
    s->status.statements += recorded;
    s->status.replayed += replayed;
    s->status.refused += refused;
    pthread_mutex_unlock(&s->status_lock);
    s->answered = batch->count;
    for (size_t i = 0; i < batch->count; i++)
        batch->statements[i]->done(batch->statements[i], &batch->outcomes[i].answer);
    batch->count = 0;
}

void batch_refuse_all(struct sequencer *s, enum refusal_code code, const char *detail)
{
    struct refusal refusal = {.code = code, .detail = slice_str(detail)};
    for (size_t i = 0; i < s->batch.count; i++)
        if (!s->batch.outcomes[i].is_final)
            s->batch.outcomes[i].answer = (struct append_answer){.kind = APPEND_REFUSED, .refusal = &refusal};
    batch_answer(s);
}

void batch_settled(struct sequencer *s, bool is_committed)
{
    const struct append_domain *domain = s->options.domain;
    if (is_committed && s->batch.entry_count > 0) {
        chain_keep(s, &s->batch);
        sequencer_publish(s);
        pthread_mutex_lock(&s->status_lock);
        s->status.batches++;
        s->status.entries += s->batch.entry_count;
        pthread_mutex_unlock(&s->status_lock);
    }
    domain->settle(domain->self, is_committed);
    tree_settle(s, is_committed);
    if (is_committed) {
        batch_answer(s);
        tree_published(s);
    }
}

/* ---- the transaction ---- */

/* *was_run: it is PostgreSQL that answered. */
MUST_CHECK static enum tally_code write_batch(struct sequencer *s, bool *was_run, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    const struct append_domain *domain = s->options.domain;
    TRY(pg_pipeline_begin(s->pg, true, err));
    if (pg_generation(s->pg) != s->lead_generation)
        TRY(err_set(err, TALLY_E_UNAVAILABLE, "the connection to the database was lost and made again"));
    TRY(commit_queue(s->pg, &s->batch, err));
    TRY(tree_queue(s, err));
    TRY(domain->project(domain->self, s->pg, s->batch.arena, err));
    s->unknown_pid = pg_server_pid(s->pg);
    *was_run = true;
    TRY(pg_pipeline_run(s->pg, err));
done:
    if (rc != TALLY_OK && !*was_run)
        pg_rollback(s->pg);
    return rc;
}

/* Something of a batch on trust was there already. Nothing of it is recorded, and it is decided again, this time looked up. */
MUST_CHECK static enum tally_code batch_again(struct sequencer *s, const struct err *why, struct err *err)
{
    struct batch *batch = &s->batch;
    LOG_INFO("sequencer.looks_up", LOG_STR("why", why->detail));
    pthread_mutex_lock(&s->status_lock);
    s->status.batches_again++;
    pthread_mutex_unlock(&s->status_lock);
    s->trust_after_us = instant_monotonic_us() + TRUST_LOST_MS * INT64_C(1000);
    batch_settled(s, false);
    queue_unget(&s->queue, batch->statements, batch->count);
    batch->count = 0;
    known_release(batch);
    return lead_is_unmoved(s, err); /* or it was another sequencer that has these numbers */
}

enum tally_code batch_commit(struct sequencer *s, struct err *err)
{
    bool was_run = false;
    int64_t begun_us = instant_monotonic_us();
    if (s->batch.entry_count > 0 && !sequencer_has_room(s)) { /* a database whose log cannot grow has to stop */
        enum tally_code rc = err_set(err, TALLY_E_LIMIT, "the disk of the database is almost full");
        batch_fail(s, BATCH_NO_ROOM, rc, err);
        return rc;
    }
    if (s->batch.entry_count > 0) {
        enum tally_code rc = write_batch(s, &was_run, err);
        if (rc == TALLY_E_OUTCOME_UNKNOWN) {
            s->is_unknown = true;
            s->unknown_since_us = instant_monotonic_us();
            return rc;
        }
        if (rc == TALLY_E_CONFLICT && s->batch.is_on_trust) {
            const struct err why = *err;
            return batch_again(s, &why, err);
        }
        if (rc != TALLY_OK) {
            batch_fail(s, was_run && rc == TALLY_E_LIMIT ? BATCH_NO_ROOM : BATCH_WRITING, rc, err);
            return rc;
        }
        pthread_mutex_lock(&s->status_lock);
        s->status.last_batch_us = (uint64_t) (instant_monotonic_us() - begun_us);
        pthread_mutex_unlock(&s->status_lock);
    }
    if (s->singly > 0)
        s->singly--;
    batch_settled(s, true);
    return TALLY_OK;
}

/* Whose fault it is decides what is said: the database's, a full disk's, or a bug that one statement brought out. That
 * one is found by trying each alone, so that the others are not refused with it. */
void batch_fail(struct sequencer *s, enum batch_stage stage, enum tally_code rc, const struct err *err)
{
    struct batch *batch = &s->batch;
    bool is_away = rc == TALLY_E_UNAVAILABLE || rc == TALLY_E_TIMEOUT || rc == TALLY_E_CONFLICT;
    log_err(is_away ? LOG_LEVEL_WARN : LOG_LEVEL_ERROR, "sequencer.batch_failed", err);
    pthread_mutex_lock(&s->status_lock);
    s->status.failed_batches++;
    pthread_mutex_unlock(&s->status_lock);
    batch_settled(s, false);
    if (stage == BATCH_NO_ROOM || (is_away && !sequencer_has_room(s))) {
        batch_refuse_all(s, REFUSE_STORAGE_FULL, "the database has no room left; nothing of this statement was recorded");
    } else if (is_away) {
        batch_refuse_all(
            s, REFUSE_DATABASE_AWAY,
            "the database could not be reached; nothing of this statement was recorded, send it again in a moment");
    } else if (batch->count > 1) {
        s->singly = batch->count;
        queue_unget(&s->queue, batch->statements, batch->count);
        batch->count = 0;
    } else {
        if (s->singly > 0)
            s->singly--;
        batch_refuse_all(s, REFUSE_INTERNAL, "the service failed on this statement; nothing of it was recorded");
    }
    known_release(batch);
}
