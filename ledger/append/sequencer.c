#include <signal.h>
#include <stdio.h>

#include "append_internal.h"
#include "tally/log.h"
#include "tally/mem.h"

/* ---- what others see ---- */

static const char *const role_names[] = {[SEQUENCER_STARTING] = "starting",
                                         [SEQUENCER_LEADING] = "leading",
                                         [SEQUENCER_STANDBY] = "standby",
                                         [SEQUENCER_AWAY] = "away",
                                         [SEQUENCER_STOPPED] = "stopped"};

void sequencer_role(struct sequencer *s, enum sequencer_role role, const char *trouble, const char *why)
{
    pthread_mutex_lock(&s->status_lock);
    bool is_news = s->status.role != role || strcmp(s->why, why) != 0;
    s->status.role = role;
    s->status.is_forked = role == SEQUENCER_AWAY && s->is_forked;
    s->status.is_stuck = s->status.is_stuck && role == SEQUENCER_LEADING; /* who leads sees for itself */
    (void) snprintf(s->status.trouble, sizeof s->status.trouble, "%s", trouble);
    pthread_mutex_unlock(&s->status_lock);
    (void) snprintf(s->why, sizeof s->why, "%s", why);
    if (is_news)
        LOG_INFO("sequencer.role", LOG_STR("role", role_names[role]), LOG_STR("trouble", why));
}

void sequencer_stuck(struct sequencer *s, const char *why)
{
    pthread_mutex_lock(&s->status_lock);
    bool is_news = s->status.is_stuck != (why != NULL);
    s->status.is_stuck = why != NULL;
    pthread_mutex_unlock(&s->status_lock);
    if (is_news && why != NULL)
        LOG_ERROR("sequencer.stuck", LOG_STR("why", why));
    else if (is_news)
        LOG_INFO("sequencer.goes_on");
}

void sequencer_publish(struct sequencer *s)
{
    pthread_mutex_lock(&s->status_lock);
    s->status.has_head = s->has_head;
    s->status.head_seq = s->head_seq;
    s->status.head_hash = s->head_hash;
    pthread_mutex_unlock(&s->status_lock);
}

void sequencer_status(struct sequencer *s, struct sequencer_status *out)
{
    size_t queued = queue_count(&s->queue);
    pthread_mutex_lock(&s->status_lock);
    *out = s->status;
    pthread_mutex_unlock(&s->status_lock);
    out->queued = queued;
}

static bool is_stopping(struct sequencer *s, bool *is_draining)
{
    pthread_mutex_lock(&s->status_lock);
    bool stopping = s->is_stopping;
    *is_draining = s->is_draining;
    pthread_mutex_unlock(&s->status_lock);
    return stopping;
}

struct instant sequencer_now(const struct sequencer *s)
{
    struct instant now = s->options.clock == NULL ? instant_now() : s->options.clock();
    return s->has_head && now.us < s->head_time.us ? s->head_time : now;
}

bool sequencer_has_room(const struct sequencer *s)
{
    return s->options.has_room == NULL || s->options.has_room(s->options.has_room_ctx);
}

const struct refusal *sequencer_submit(struct sequencer *s, struct submission *submission, struct arena *arena)
{
    return queue_put(&s->queue, submission, arena);
}

/* ---- the thread ---- */

/* Nobody may wait for a lead that is not there: the clients come again, perhaps to another service. */
static void refuse_waiting(struct sequencer *s, enum refusal_code code, const char *detail)
{
    struct submission *list[APPEND_BATCH_MAX];
    const struct refusal refusal = {.code = code, .detail = slice_str(detail)};
    const struct append_answer answer = {.kind = APPEND_REFUSED, .refusal = &refusal};
    for (size_t count; (count = queue_take(&s->queue, list, APPEND_BATCH_MAX)) > 0;)
        for (size_t i = 0; i < count; i++)
            list[i]->done(list[i], &answer);
}

/* Anybody may ask for it, and gets it with each refusal. What we found out ourselves says what to do; what the database, libpq and the
 * system say names hosts, roles, files and rows, and is for the log. */
static const char *trouble_for_all(enum tally_code rc, const struct err *err)
{
    switch (rc) {
    case TALLY_E_MISMATCH:
    case TALLY_E_DENIED:
    case TALLY_E_NOT_FOUND:
        return err->detail;
    default:
        return "the database cannot be reached, or cannot be used now; the service's log says why";
    }
}

/* why: for the log; NULL: the same. */
static void lose_lead(struct sequencer *s, enum sequencer_role role, const char *trouble, const char *why)
{
    char detail[APPEND_TROUBLE_MAX + 128];
    bool is_draining = false;
    bool stopping = is_stopping(s, &is_draining);
    bool is_full = role == SEQUENCER_AWAY && !sequencer_has_room(s); /* why a database stops that was well */
    if (is_full)
        why = trouble = "the disk of the database is full; when there is room again, the service goes on by itself";
    enum refusal_code code = stopping                                 ? REFUSE_SERVICE_STOPPING
                             : is_full                                ? REFUSE_STORAGE_FULL
                             : role == SEQUENCER_AWAY && s->is_forked ? REFUSE_LEDGER_FORKED
                                                                      : REFUSE_DATABASE_AWAY;
    const char *again = code == REFUSE_LEDGER_FORKED ? "" : ", send it again in a moment"; /* no moment makes that good */
    (void) snprintf(detail, sizeof detail, "this service cannot append now: %s; nothing of this statement was recorded%s",
                    trouble, again);
    sequencer_role(s, role, trouble, why == NULL ? trouble : why);
    queue_close(&s->queue, code, detail);
    refuse_waiting(s, code, detail);
    s->singly = 0;
}

/* Tries to lead; if it does not, how long to wait before the next time. */
static int64_t seek_lead(struct sequencer *s, int64_t *retry_ms)
{
    struct err err = {0};
    enum sequencer_role role = SEQUENCER_AWAY;
    bool is_draining = false;
    enum tally_code rc = lead_try(s, &role, &err);
    if (rc != TALLY_OK) {
        lose_lead(s, SEQUENCER_AWAY, trouble_for_all(rc, &err), err.detail);
        recovery_give_up(s, false);
        *retry_ms = *retry_ms * 2 > RETRY_MAX_MS ? RETRY_MAX_MS : *retry_ms * 2;
        return *retry_ms;
    }
    *retry_ms = RETRY_MIN_MS;
    if (role == SEQUENCER_STANDBY) {
        lose_lead(s, SEQUENCER_STANDBY, "another tallyd appends to this database", NULL);
        recovery_give_up(s, false);
        return s->is_unknown ? RETRY_MIN_MS : STANDBY_POLL_MS;
    }
    sequencer_role(s, SEQUENCER_LEADING, "", "");
    if (!is_stopping(s, &is_draining))
        queue_open(&s->queue);
    return 0;
}

/* Until statements wait, a moment falls due, or it is time to look whether the connection still stands. */
static void wait_for_work(struct sequencer *s)
{
    const struct append_domain *domain = s->options.domain;
    int64_t max_us = IDLE_POLL_MS * INT64_C(1000);
    struct instant next = domain->next_moment(domain->self);
    struct instant now = sequencer_now(s);
    struct instant until = next.us > s->idle_until.us ? next : s->idle_until;
    if (until.us <= now.us)
        max_us = 0;
    else if (until.us - now.us < max_us)
        max_us = until.us - now.us;
    int64_t publish_us = tree_publish_in_us(s);
    if (publish_us < max_us)
        max_us = publish_us;
    if (max_us > 0)
        queue_wait(&s->queue, 1, max_us);
}

static bool is_moment_due(const struct sequencer *s)
{
    const struct append_domain *domain = s->options.domain;
    struct instant now = sequencer_now(s);
    return now.us >= s->idle_until.us && domain->next_moment(domain->self).us <= now.us;
}

/* One batch. An error: the lead is lost, or has to be taken anew. */
MUST_CHECK static enum tally_code step(struct sequencer *s, struct err *err)
{
    enum tally_code rc = lead_check(s, err);
    if (rc != TALLY_OK)
        return rc;
    bool was_due = is_moment_due(s);
    if (!was_due && queue_count(&s->queue) == 0)
        return tree_publish_in_us(s) == 0 ? tree_publish(s, err) : TALLY_OK;
    rc = batch_decide(s, err);
    if (rc != TALLY_OK)
        batch_fail(s, BATCH_DECIDING, rc, err);
    else
        rc = batch_commit(s, err);
    bool was_idle = rc != TALLY_OK || s->batch.entry_count == 0;
    if (was_due && was_idle) /* the next moment is not what it was thought to be, or cannot be decided: no busy loop */
        s->idle_until.us = sequencer_now(s).us + IDLE_POLL_MS * INT64_C(1000);
    if (rc == TALLY_E_UNAVAILABLE || rc == TALLY_E_TIMEOUT || rc == TALLY_E_CONFLICT || rc == TALLY_E_OUTCOME_UNKNOWN)
        return rc;
    if (rc != TALLY_OK)
        return lead_is_unmoved(s, err);
    linger(s);
    return TALLY_OK;
}

static void *run(void *argument)
{
    struct sequencer *s = argument;
    int64_t retry_ms = RETRY_MIN_MS;
    bool is_leading = false, is_draining = false;
    for (;;) {
        bool stopping = is_stopping(s, &is_draining);
        if (stopping && (!is_draining || !is_leading || queue_count(&s->queue) == 0))
            break;
        if (!is_leading) {
            int64_t wait_ms = seek_lead(s, &retry_ms);
            is_leading = wait_ms == 0;
            if (!is_leading)
                queue_wait(&s->queue, SIZE_MAX, wait_ms * 1000);
            continue;
        }
        struct err err = {0};
        enum tally_code rc = step(s, &err);
        if (rc != TALLY_OK) {
            is_leading = false;
            pg_disconnect(s->pg);
            lose_lead(s, SEQUENCER_AWAY, trouble_for_all(rc, &err), err.detail);
        } else if (!stopping) {
            wait_for_work(s);
        }
    }
    if (is_leading && tree_publish_in_us(s) != INT64_MAX) { /* what was acknowledged last is remembered, too */
        struct err err = {0};
        if (tree_publish(s, &err) != TALLY_OK)
            log_err(LOG_LEVEL_WARN, "checkpoint.not_published", &err);
    }
    recovery_give_up(s, true);
    pg_disconnect(s->pg); /* the lock is free */
    lose_lead(s, SEQUENCER_STOPPED, "the service is stopping", NULL);
    batch_reset(&s->batch);
    return NULL;
}

/* ---- starting and stopping ---- */

enum tally_code sequencer_start(const struct sequencer_options *options, struct sequencer **out, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct sequencer *s = mem_zero(sizeof *s);
    if (s == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory for the sequencer");
    s->options = *options;
    s->options.database.is_writer = true;
    s->options.database.is_by_key = true;
    if (s->options.queue_per_actor == 0)
        s->options.queue_per_actor = APPEND_QUEUE_PER_ACTOR;
    ENSURE(pthread_mutex_init(&s->status_lock, NULL) == 0);
    buf_init(&s->batch.header, ENTRY_HEADER_MAX);
    TRY(queue_init(&s->queue, s->options.queue_per_actor, err));
    s->ring = mem_zero_array(HEAD_RING, sizeof *s->ring);
    s->batch.arena = arena_new(BATCH_ARENA_MAX);
    if (s->ring == NULL || s->batch.arena == NULL)
        TRY(err_set(err, TALLY_E_NO_MEMORY, "no memory for the sequencer"));
    TRY(pg_new(&s->options.database, &s->pg, err));
    if (s->options.keeper != NULL)
        TRY(note_key_read(s->options.vkey, &s->ledger_key, err));
    /* signals are the main thread's */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&s->thread, NULL, run, s);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed != 0)
        TRY(err_set(err, TALLY_E_UNAVAILABLE, "no thread for the sequencer (error %d)", failed));
    s->is_started = true;
    *out = s;
    s = NULL;
done:
    sequencer_free(s);
    return rc;
}

void sequencer_stop(struct sequencer *s, bool is_drained)
{
    if (s == NULL || !s->is_started)
        return;
    queue_close(&s->queue, REFUSE_SERVICE_STOPPING, "the service is stopping; send the statement again when it is back");
    pthread_mutex_lock(&s->status_lock);
    s->is_draining = is_drained;
    s->is_stopping = true;
    pthread_mutex_unlock(&s->status_lock);
    queue_wake(&s->queue);
    pthread_join(s->thread, NULL);
    s->is_started = false;
}

void sequencer_free(struct sequencer *s)
{
    if (s == NULL)
        return;
    sequencer_stop(s, false);
    pg_free(s->pg);
    note_key_release(&s->ledger_key);
    arena_free(s->batch.arena);
    buf_release(&s->batch.header);
    if (s->queue.shares != NULL)
        queue_release(&s->queue);
    mem_free(s->ring);
    pthread_mutex_destroy(&s->status_lock);
    mem_free(s);
}
