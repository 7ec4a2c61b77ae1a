#include "relay.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>

#include "tally/instant.h"
#include "tally/log.h"
#include "tally/mem.h"

struct relay;

/* A witness and the thread that works for it; what is below the line is under the relay's lock. */
struct worker {
    struct relay *relay;
    struct relay_witness witness;
    pthread_t thread;
    bool is_started;
    /* ---- */
    uint64_t done;     /* size of the target that it was asked for last, with success */
    unsigned tried;    /* how often it was asked */
    unsigned failures; /* in a row */
    int64_t not_before_us, fresh_us;
    bool is_busy;
};

struct relay {
    struct relay_options options;
    struct relay_fetcher *ledger;
    char etag[80];
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct relay_target newest, target; /* what is published; what everybody is asked for */
    atomic_int is_stopping;
    struct worker workers[POLICY_WITNESSES_MAX];
    size_t count;
};

/* ---- under the lock ---- */

/* Who answered last time has been asked for the target, or has been found to be away meanwhile. */
static bool is_round_over(const struct relay *r)
{
    for (size_t i = 0; i < r->count; i++) {
        const struct worker *w = &r->workers[i];
        if (w->failures == 0 && (w->is_busy || w->done < r->target.size))
            return false;
    }
    return true;
}

static void target_move(struct relay *r)
{
    if (r->newest.size <= r->target.size || !is_round_over(r))
        return;
    r->target = r->newest;
    pthread_cond_broadcast(&r->changed);
}

/* When it has something to do; INT64_MAX: when there is a new target. */
static int64_t next_us(const struct relay *r, const struct worker *w)
{
    if (r->target.size == 0 || (r->options.is_once && w->tried > 0))
        return INT64_MAX;
    int64_t at = w->done < r->target.size ? 0 : w->fresh_us;
    return at < w->not_before_us ? w->not_before_us : at;
}

static void settle(struct relay *r, struct worker *w, enum relay_outcome outcome, uint64_t size)
{
    static _Thread_local unsigned seed;
    int64_t now_us = instant_monotonic_us();
    w->is_busy = false;
    w->tried++;
    if (outcome == RELAY_COSIGNED) {
        w->done = size;
        w->failures = 0;
        w->not_before_us = 0;
        w->fresh_us = now_us + (int64_t) r->options.fresh_s * 1000000;
    } else {
        seed = seed * 1664525u + 1013904223u + (unsigned) now_us;
        w->failures++;
        w->not_before_us =
            now_us + 1000 * (outcome == RELAY_FORKED ? RELAY_BACKOFF_MAX_MS : relay_backoff_ms(w->failures, seed >> 8));
    }
    target_move(r);
    pthread_cond_broadcast(&r->changed);
}

/* ---- a worker ---- */

static void tell(const struct worker *w, enum relay_outcome outcome, uint64_t size, const struct err *err)
{
    static const char *const events[] = {[RELAY_COSIGNED] = "relay.cosigned",
                                         [RELAY_AWAY] = "relay.witness_away",
                                         [RELAY_LEDGER] = "relay.not_brought",
                                         [RELAY_FORKED] = "relay.forked"};
    char name[POLICY_NAME_MAX + 1];
    (void) snprintf(name, sizeof name, "%.*s", SLICE_ARG(w->witness.witness->name));
    LOG_EVENT(outcome == RELAY_COSIGNED ? LOG_LEVEL_INFO
              : outcome == RELAY_FORKED ? LOG_LEVEL_ERROR
                                        : LOG_LEVEL_WARN,
              events[outcome], LOG_STR("witness", name), LOG_I64("size", size), LOG_STR("why", err->detail));
}

static void wait_until(struct relay *r, int64_t at_us)
{
    struct timespec until = {.tv_sec = at_us / 1000000, .tv_nsec = at_us % 1000000 * 1000};
    if (at_us == INT64_MAX)
        pthread_cond_wait(&r->changed, &r->lock);
    else
        pthread_cond_timedwait(&r->changed, &r->lock, &until);
}

static void *work(void *arg)
{
    struct worker *w = arg;
    struct relay *r = w->relay;
    struct relay_target target;
    pthread_mutex_lock(&r->lock);
    while (atomic_load(&r->is_stopping) == 0) {
        int64_t at_us = next_us(r, w);
        if (at_us > instant_monotonic_us()) {
            wait_until(r, at_us);
            continue;
        }
        w->is_busy = true;
        target = r->target;
        pthread_mutex_unlock(&r->lock);
        struct err err = {0};
        enum relay_outcome outcome = relay_witness_submit(&w->witness, &target, &err);
        pthread_mutex_lock(&r->lock);
        if (atomic_load(&r->is_stopping) == 0)
            tell(w, outcome, target.size, &err);
        settle(r, w, outcome, target.size);
    }
    pthread_mutex_unlock(&r->lock);
    return NULL;
}

/* ---- the ledger ---- */

/* A note as it was published: only the ledger's own signature goes on to witnesses. */
MUST_CHECK static enum tally_code newest_take(struct relay *r, struct slice bytes, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct note note;
    struct checkpoint checkpoint;
    struct relay_target target = {0};
    TRY(note_read(bytes, &note, err));
    TRY(checkpoint_read(note.text, &checkpoint, err));
    const struct policy_log *log = policy_log_find(r->options.policy, checkpoint.origin);
    if (log == NULL)
        TRY(err_set(err, TALLY_E_MISMATCH, "it is of %.*s, which the policy does not name as a log",
                    SLICE_ARG(checkpoint.origin)));
    TRY(checkpoint_open(bytes, &log->key, &checkpoint, &note, err));
    target.size = checkpoint.size;
    if (snprintf(target.note, sizeof target.note, "%.*s\n%.*s", SLICE_ARG(note.text),
                 SLICE_ARG(note_line(&note, &log->key))) >= (int) sizeof target.note)
        TRY(err_set(err, TALLY_E_MALFORMED, "it is longer than a checkpoint is"));
    pthread_mutex_lock(&r->lock);
    bool has_gone_back = target.size < r->newest.size;
    if (!has_gone_back) {
        r->newest = target;
        target_move(r);
    }
    pthread_mutex_unlock(&r->lock);
    if (has_gone_back)
        TRY(err_set(err, TALLY_E_MISMATCH,
                    "it covers %" PRIu64 " entries, and was of %" PRIu64 " before: entries were lost", target.size,
                    r->newest.size));
done:
    return rc;
}

MUST_CHECK static enum tally_code look(struct relay *r, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    char url[RELAY_URL_MAX];
    struct relay_reply reply;
    buf_init(&reply.body, RELAY_BYTES_MAX);
    (void) snprintf(url, sizeof url, "%s/checkpoint", r->options.server);
    const struct relay_request request = {.url = url,
                                          .if_none_match = r->etag,
                                          .is_anywhere = true,
                                          .deadline_ms = r->options.deadline_ms,
                                          .is_stopping = &r->is_stopping};
    TRY(relay_fetch(r->ledger, &request, &reply, err));
    if (reply.status == 304)
        goto done;
    if (reply.status != 200)
        TRY(err_set(err, TALLY_E_UNAVAILABLE, "GET /checkpoint is answered %ld: %.*s", reply.status,
                    SLICE_ARG(buf_slice(&reply.body))));
    rc = newest_take(r, buf_slice(&reply.body), err);
    if (rc != TALLY_OK)
        TRY(err_context(err, "the checkpoint at %s", url));
    memcpy(r->etag, reply.etag, sizeof r->etag);
done:
    buf_release(&reply.body);
    return rc;
}

/* ---- birth and death ---- */

static bool was_each_tried(struct relay *r)
{
    pthread_mutex_lock(&r->lock);
    bool was = r->target.size > 0;
    for (size_t i = 0; i < r->count; i++)
        was = was && r->workers[i].tried > 0;
    pthread_mutex_unlock(&r->lock);
    return was;
}

/* Waits for a signal, for so long. */
static bool is_signalled(const sigset_t *signals, int64_t ms)
{
    const struct timespec wait = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    int number = sigtimedwait(signals, NULL, &wait);
    return number == SIGTERM || number == SIGINT;
}

#define ONCE_LOOK_MS 20 /* whether all have answered */

static void follow(struct relay *r, const sigset_t *signals)
{
    unsigned failures = 0;
    for (bool is_over = false; !is_over;) {
        struct err err = {0};
        bool is_needed = !r->options.is_once || r->newest.size == 0; /* which only this thread writes */
        enum tally_code rc = is_needed ? look(r, &err) : TALLY_OK;
        if (rc != TALLY_OK && failures++ == 0) /* once, not each second */
            log_err(err_code_side(rc) == ERR_SOFT ? LOG_LEVEL_WARN : LOG_LEVEL_ERROR, "relay.ledger_away", &err);
        if (rc == TALLY_OK && failures > 0)
            LOG_INFO("relay.ledger_back", LOG_I64("after", failures));
        failures = rc == TALLY_OK ? 0 : failures;
        int64_t wait_ms = (int64_t) r->options.poll_ms;
        for (unsigned i = 1; i < failures && wait_ms < RELAY_POLL_MAX_MS; i++)
            wait_ms *= 2;
        if (r->options.is_once)
            wait_ms = ONCE_LOOK_MS;
        is_over = r->options.is_once && (rc != TALLY_OK || was_each_tried(r));
        is_over = is_over || is_signalled(signals, wait_ms < RELAY_POLL_MAX_MS ? wait_ms : RELAY_POLL_MAX_MS);
    }
}

/* <url>/add-checkpoint */
MUST_CHECK static enum tally_code worker_init(struct relay *r, size_t at, struct err *err)
{
    const struct policy_witness *witness = &r->options.policy->witnesses[at];
    struct worker *w = &r->workers[r->count];
    struct slice url = witness->url;
    while (url.len > 0 && url.ptr[url.len - 1] == '/')
        url.len--;
    *w = (struct worker){.relay = r,
                         .witness = {.witness = witness,
                                     .server = r->options.server,
                                     .is_anywhere = (r->options.anywhere >> at & 1) != 0,
                                     .deadline_ms = r->options.deadline_ms,
                                     .is_stopping = &r->is_stopping}};
    (void) snprintf(w->witness.url, sizeof w->witness.url, "%.*s/add-checkpoint", SLICE_ARG(url));
    r->count++; /* from here on it is released with the others */
    w->witness.to_witness = relay_fetcher_new();
    w->witness.to_ledger = relay_fetcher_new();
    if (w->witness.to_witness == NULL || w->witness.to_ledger == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory for a witness");
    if (pthread_create(&w->thread, NULL, work, w) != 0)
        return err_set(err, TALLY_E_IO, "no thread for a witness: %m");
    w->is_started = true;
    return TALLY_OK;
}

static void release(struct relay *r)
{
    pthread_mutex_lock(&r->lock);
    atomic_store(&r->is_stopping, 1);
    pthread_cond_broadcast(&r->changed);
    pthread_mutex_unlock(&r->lock);
    for (size_t i = 0; i < r->count; i++) {
        if (r->workers[i].is_started)
            pthread_join(r->workers[i].thread, NULL);
        relay_fetcher_free(r->workers[i].witness.to_witness);
        relay_fetcher_free(r->workers[i].witness.to_ledger);
    }
    relay_fetcher_free(r->ledger);
    pthread_cond_destroy(&r->changed);
    pthread_mutex_destroy(&r->lock);
    mem_free(r);
}

/* After `once`: as many as are asked for? */
MUST_CHECK static enum tally_code quorum_check(const struct relay *r, struct err *err)
{
    uint64_t cosigned = 0;
    for (size_t i = 0; i < r->count; i++)
        if (r->target.size > 0 && r->workers[i].done == r->target.size)
            cosigned |= UINT64_C(1) << (r->workers[i].witness.witness - r->options.policy->witnesses);
    if (r->target.size == 0)
        return err_set(err, TALLY_E_UNAVAILABLE, "no checkpoint could be read at %s; the log says why", r->options.server);
    if (!policy_is_met(r->options.policy, cosigned))
        return err_set(err, TALLY_E_DENIED, "%d of %zu witnesses have cosigned %" PRIu64 " entries: the quorum is not met",
                       __builtin_popcountll(cosigned), r->options.policy->witness_count, r->target.size);
    return TALLY_OK;
}

static void init_lock(struct relay *r)
{
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    ENSURE(pthread_mutex_init(&r->lock, NULL) == 0 && pthread_cond_init(&r->changed, &attr) == 0);
    pthread_condattr_destroy(&attr);
}

enum tally_code relay_run(const struct relay_options *options, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    sigset_t signals;
    struct relay *r = mem_zero(sizeof *r);
    if (r == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory for a relay");
    r->options = *options;
    init_lock(r);
    sigemptyset(&signals); /* in every thread: the first one waits for them */
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    r->ledger = relay_fetcher_new();
    if (r->ledger == NULL)
        TRY(err_set(err, TALLY_E_NO_MEMORY, "no memory for a relay"));
    for (size_t i = 0; i < options->policy->witness_count; i++)
        if (options->policy->witnesses[i].url.len > 0)
            TRY(worker_init(r, i, err));
    LOG_INFO("relay.running", LOG_STR("ledger", options->server), LOG_I64("witnesses", r->count));
    follow(r, &signals);
    if (options->is_once)
        TRY(quorum_check(r, err));
done:
    release(r);
    return rc;
}
