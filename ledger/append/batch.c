#include <inttypes.h>

#include "append_internal.h"

#define LOAD_ROUNDS_MAX 16 /* each round loads what the one before made known to be needed; contracts name few levels */

void batch_reset(struct batch *batch)
{
    known_release(batch);
    arena_clear(batch->arena);
    batch->count = 0;
    batch->entries = NULL;
    batch->entry_count = 0;
    batch->entry_cap = 0;
}

/* ---- loading ---- */

/* One read pipeline. The lock is the connection's: on another one nothing may be decided. */
MUST_CHECK static enum tally_code load_round(struct sequencer *s, bool is_first, bool *any, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct batch *batch = &s->batch;
    const struct append_domain *domain = s->options.domain;
    *any = false;
    TRY(pg_pipeline_begin(s->pg, false, err));
    if (pg_generation(s->pg) != s->lead_generation)
        TRY(err_set(err, TALLY_E_UNAVAILABLE, "the connection to the database was lost and made again"));
    if (is_first && batch->count > 0)
        TRY(known_queue(s, batch, err));
    TRY(domain->queue_load(domain->self, s->pg, batch->arena, batch->statements, batch->count, batch->time,
                           batch->is_on_trust, any, err));
    TRY(pg_pipeline_run(s->pg, err));
    if (is_first && batch->count > 0)
        TRY(known_take(s, batch, err));
    if (*any)
        TRY(domain->take_load(domain->self, err));
done:
    if (rc != TALLY_OK)
        pg_rollback(s->pg); /* a pipeline that was begun and not run */
    return rc;
}

MUST_CHECK static enum tally_code load(struct sequencer *s, struct err *err)
{
    bool any = true;
    for (int round = 0; any; round++) {
        if (round == LOAD_ROUNDS_MAX)
            return err_set(err, TALLY_E_BUG, "loading for a batch did not end in %d rounds", LOAD_ROUNDS_MAX);
        enum tally_code rc = load_round(s, round == 0, &any, err);
        if (rc != TALLY_OK)
            return rc;
    }
    return TALLY_OK;
}

/* ---- deciding ---- */

static struct append_place place_of(const struct sequencer *s)
{
    return (struct append_place){.seq = s->batch.next_seq, .time = s->batch.time, .origin = s->options.origin};
}

MUST_CHECK static enum tally_code append_plan(struct sequencer *s, const struct submission *statement,
                                              const struct append_plan *plan, struct append_recorded **recorded,
                                              struct err *err)
{
    struct batch *batch = &s->batch;
    const struct append_domain *domain = s->options.domain;
    size_t count = plan->event_count + (statement != NULL);
    enum tally_code rc =
        chain_append(batch, s->options.origin, statement, plan->open, plan->events, plan->event_count, recorded, err);
    return rc == TALLY_OK ? domain->record(domain->self, statement, plan, *recorded, count, err) : rc;
}

/* Something was decided in it, recorded or refused, and further moments and statements wait for the next one. place: of the next statement. */
static bool is_full(const struct batch *batch, size_t place)
{
    bool is_begun = batch->entry_count > 0 || place > 0;
    return batch->entry_count >= BATCH_ENTRIES_MAX || (is_begun && arena_used(batch->arena) > BATCH_ARENA_FULL);
}

/* What a statement leaves over is a moment that is due, and so comes before the statements behind it: in the next batch. That has a later time:
 * what is due by the first that it may have waits for it as well. */
MUST_CHECK static enum tally_code is_due(struct sequencer *s, bool *yes, struct err *err)
{
    const struct append_domain *domain = s->options.domain;
    struct instant moment, by = {s->batch.time.us + 1};
    return domain->next_due(domain->self, by, &moment, yes, err);
}

/* *has_more: the batch is full, and moments are still due. One that finds too little memory behind others has all of it in the next batch; were
 * it to fail with them, it would again each time. */
MUST_CHECK static enum tally_code decide_moments(struct sequencer *s, bool *has_more, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    const struct append_domain *domain = s->options.domain;
    *has_more = false;
    for (;;) {
        struct instant moment;
        bool has = false;
        TRY(domain->next_due(domain->self, s->batch.time, &moment, &has, err));
        if (!has)
            break;
        *has_more = is_full(&s->batch, 0);
        if (*has_more)
            break;
        struct append_plan plan = {0};
        struct append_recorded *recorded = NULL;
        const struct append_place place = place_of(s);
        rc = domain->decide_moment(domain->self, &place, s->batch.arena, &plan, err);
        *has_more = (rc == TALLY_E_LIMIT || rc == TALLY_E_NO_MEMORY) && s->batch.entry_count > 0;
        if (*has_more)
            return TALLY_OK;
        TRY(rc);
        if (plan.refusal != NULL || plan.event_count == 0)
            TRY(err_set(err, TALLY_E_BUG, "a moment that is due was not decided"));
        TRY(append_plan(s, NULL, &plan, &recorded, err));
    }
done:
    return rc;
}

/* What comes before the domain's own rules, in the order of formats.md: iat, then head. */
MUST_CHECK static enum tally_code check_statement(struct sequencer *s, const struct submission *submission,
                                                  const struct refusal **refusal, struct err *err)
{
    const struct statement *statement = &submission->statement;
    struct batch *batch = &s->batch;
    const int64_t us_max = INT64_MAX / 2;
    bool is_near = statement->iat <= us_max / 1000000 && statement->iat >= -us_max / 1000000;
    int64_t away_us = is_near ? statement->iat * 1000000 - batch->time.us : 0;
    char now[INSTANT_TEXT_LEN + 1];
    *refusal = NULL;
    if (!is_near || away_us > STATEMENT_SKEW_S * INT64_C(1000000) || away_us < -STATEMENT_SKEW_S * INT64_C(1000000)) {
        instant_format(batch->time, now);
        *refusal = refusal_new(batch->arena, REFUSE_STATEMENT_STALE,
                               "iat is %" PRId64 ", more than %d s from the ledger's time %s; set the clock and sign again",
                               statement->iat, STATEMENT_SKEW_S, now);
    } else if (!known_is_head(s, batch, statement->head_seq, &statement->head_hash)) {
        *refusal =
            refusal_new(batch->arena, REFUSE_LEDGER_OTHER,
                        "entry %" PRIu64 " of this ledger does not have the hash that head names: the signer has seen "
                        "another ledger or another history; compare receipts before going on",
                        statement->head_seq);
    } else {
        return TALLY_OK;
    }
    return *refusal == NULL ? err_set(err, TALLY_E_NO_MEMORY, "no memory for a refusal") : TALLY_OK;
}

static void set_refused(struct outcome *outcome, const struct refusal *refusal)
{
    outcome->answer = (struct append_answer){.kind = APPEND_REFUSED, .refusal = refusal};
}

MUST_CHECK static enum tally_code set_recorded(struct batch *batch, size_t place, const struct append_recorded *recorded,
                                               const struct append_plan *plan, struct err *err)
{
    struct append_event *events = ARENA_ARRAY(batch->arena, plan->event_count, struct append_event);
    if (events == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory for an answer");
    for (size_t i = 0; i < plan->event_count; i++)
        events[i] =
            (struct append_event){recorded[i + 1].seq, plan->events[i].type, plan->events[i].open, plan->events[i].body};
    batch->outcomes[place].answer = (struct append_answer){.kind = APPEND_RECORDED,
                                                           .seq = recorded->seq,
                                                           .hash = recorded->hash,
                                                           .time = recorded->time,
                                                           .type = recorded->type,
                                                           .events = events,
                                                           .event_count = plan->event_count};
    known_remember(batch, place);
    return TALLY_OK;
}

/* *waits: it is over the limit behind others, and is decided in the next batch, as the first. */
MUST_CHECK static enum tally_code decide_statement(struct sequencer *s, size_t place, bool *waits, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct batch *batch = &s->batch;
    const struct append_domain *domain = s->options.domain;
    const struct submission *submission = batch->statements[place];
    const struct refusal *refusal = NULL;
    bool is_known = false;
    TRY(known_check(batch, place, &is_known, err));
    if (is_known)
        goto done;
    TRY(check_statement(s, submission, &refusal, err));
    struct append_plan plan = {.refusal = refusal};
    if (refusal == NULL) {
        const struct append_place at = place_of(s);
        TRY(domain->decide(domain->self, submission, &at, batch->arena, &plan, err));
    }
    *waits = plan.refusal != NULL && plan.refusal->code == REFUSE_EVALUATION_LIMIT && (place > 0 || batch->entry_count > 0);
    if (*waits)
        goto done;
    if (plan.refusal != NULL) {
        set_refused(&batch->outcomes[place], plan.refusal);
        goto done;
    }
    struct append_recorded *recorded = NULL;
    TRY(append_plan(s, submission, &plan, &recorded, err));
    TRY(set_recorded(batch, place, recorded, &plan, err));
done:
    return rc;
}

enum tally_code batch_decide(struct sequencer *s, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct batch *batch = &s->batch;
    bool has_more = false;
    batch_reset(batch);
    batch->count = queue_take(&s->queue, batch->statements, s->singly > 0 ? 1 : APPEND_BATCH_MAX);
    memset(batch->outcomes, 0, batch->count * sizeof batch->outcomes[0]);
    batch->is_on_trust = batch->count >= TRUST_BATCH_MIN && instant_monotonic_us() >= s->trust_after_us;
    batch->time = sequencer_now(s);
    if (s->has_head &&
        batch->time.us <= s->head_time.us) /* no two batches have one time: it tells them apart (read_batch_end) */
        batch->time.us = s->head_time.us + 1;
    batch->next_seq = s->head_seq + 1;
    batch->head = s->head_hash;
    TRY(load(s, err));
    rc = decide_moments(s, &has_more, err);
    sequencer_stuck(s, rc == TALLY_OK ? NULL : err->detail);
    if (rc != TALLY_OK)
        goto done;
    size_t place = 0;
    for (; place < batch->count && !has_more && !is_full(batch, place); place++) {
        TRY(decide_statement(s, place, &has_more, err));
        if (has_more)
            break;
        TRY(is_due(s, &has_more, err));
    }
    /* a moment that is due comes before every statement of that time; and a transaction has a bound */
    queue_unget(&s->queue, batch->statements + place, batch->count - place);
    batch->count = place;
    if (batch->known != NULL)
        known_keep_heads(s, batch);
    if (batch->is_on_trust)
        TRY(known_refused(s, batch, err));
done:
    return rc;
}
