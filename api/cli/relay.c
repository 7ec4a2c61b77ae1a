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
    uint64_t asked;    /* size of the target that it was asked for last */
    uint64_t done;     /* of the last one of which it wants to hear no more, because it has cosigned it or more */
    uint64_t cosigned; /* of the last one that it has cosigned, and the ledger taken */
    unsigned failures; /* in a row */
    int64_t not_before_us, fresh_us;
    bool is_busy;
    bool waits_for_ledger; /* the last failure was the ledger's */
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
    if (r->target.size == 0 || (r->options.is_once && w->asked == r->target.size))
        return INT64_MAX;
    int64_t at = w->done < r->target.size ? 0 : w->fresh_us;
    return at < w->not_before_us ? w->not_before_us : at;
}

/* A little early, by chance, so that relays that were started together part. */
static int64_t fresh_after_us(const struct relay *r, uint32_t random)
{
    int64_t us = (int64_t) r->options.fresh_s * 1000000;
    return us - (int64_t) (random % (uint32_t) (us / 8));
}

static void settle(struct relay *r, struct worker *w, enum relay_outcome outcome, uint64_t size)
{
    static _Thread_local uint32_t seed;
    int64_t now_us = instant_monotonic_us();
    seed = seed * 1664525u + 1013904223u + (uint32_t) now_us;
    w->is_busy = false;
    w->asked = size;
    w->waits_for_ledger = outcome == RELAY_LEDGER;
    if (outcome == RELAY_COSIGNED || outcome == RELAY_BEHIND) {
        bool is_cosigned = outcome == RELAY_COSIGNED;
        w->done = size;
        w->cosigned = is_cosigned ? size : w->cosigned;
        w->failures = 0;
        w->not_before_us = 0;
        w->fresh_us = now_us + (is_cosigned ? fresh_after_us(r, seed) : INT64_C(1000) * RELAY_BACKOFF_MIN_MS);
    } else {
        w->failures++;
        w->not_before_us = now_us + 1000 * relay_backoff_ms(w->failures, seed >> 8);
    }
    target_move(r);
    pthread_cond_broadcast(&r->changed);
}

/* Whom only the ledger kept from going on does not wait any longer. */
static void ledger_is_back(struct relay *r)
{
    pthread_mutex_lock(&r->lock);
    for (size_t i = 0; i < r->count; i++)
        if (r->workers[i].waits_for_ledger)
            r->workers[i].not_before_us = 0;
    pthread_cond_broadcast(&r->changed);
    pthread_mutex_unlock(&r->lock);
}

/* ---- a worker ---- */

static void tell(const struct worker *w, enum relay_outcome outcome, uint64_t size, const struct err *err)
{
    static const char *const events[] = {[RELAY_COSIGNED] = "relay.cosigned",
                                         [RELAY_BEHIND] = "relay.other_relay",
                                         [RELAY_AWAY] = "relay.witness_away",
                                         [RELAY_LEDGER] = "relay.not_brought",
                                         [RELAY_FORKED] = "relay.forked"};
    char name[POLICY_NAME_MAX + 1];
    (void) snprintf(name, sizeof name, "%.*s", SLICE_ARG(w->witness.witness->name));
    if (outcome == RELAY_COSIGNED || outcome == RELAY_BEHIND)
        LOG_INFO(events[outcome], LOG_STR("witness", name), LOG_I64("size", size));
    else
        LOG_EVENT(outcome == RELAY_FORKED ? LOG_LEVEL_ERROR : LOG_LEVEL_WARN, events[outcome], LOG_STR("witness", name),
                  LOG_I64("size", size), LOG_STR("why", err->detail));
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

/* It has to continue what was published before, as far as that can be seen without a proof, which each witness asks for. */
MUST_CHECK static enum tally_code newest_move(struct relay *r, const struct relay_target *target, size_t text_len,
                                              struct err *err)
{
    enum tally_code rc = TALLY_OK;
    pthread_mutex_lock(&r->lock);
    const uint64_t before = r->newest.size;
    if (target->size < before)
        rc = err_set(err, TALLY_E_MISMATCH,
                     "it covers %" PRIu64 " entries, and was of %" PRIu64 " before: entries were lost", target->size,
                     before);
    else if (target->size == before && strncmp(target->note, r->newest.note, text_len) != 0)
        rc = err_set(err, TALLY_E_MISMATCH,
                     "it is of %" PRIu64 " entries as before, with another root: two histories are shown", before);
    if (rc == TALLY_OK) {
        r->newest = *target;
        target_move(r);
    }
    pthread_mutex_unlock(&r->lock);
    return rc;
}

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
    if (log == NULL) {
        rc = err_set(err, TALLY_E_MISMATCH, "it is of %.*s, which the policy does not name as a log",
                     SLICE_ARG(checkpoint.origin));
        goto done;
    }
    TRY(checkpoint_open(bytes, &log->key, &checkpoint, &note, err));
    target.size = checkpoint.size;
    if (snprintf(target.note, sizeof target.note, "%.*s\n%.*s", SLICE_ARG(note.text),
                 SLICE_ARG(note_line(&note, &log->key))) >= (int) sizeof target.note)
        TRY(err_set(err, TALLY_E_MALFORMED, "it is longer than a checkpoint is"));
    TRY(newest_move(r, &target, note.text.len, err));
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
        TRY(relay_refused(&reply, TALLY_E_UNAVAILABLE, "the ledger shows no checkpoint", err));
    rc = newest_take(r, buf_slice(&reply.body), err);
    if (rc != TALLY_OK)
        TRY(err_context(err, "the checkpoint at %s", url));
    memcpy(r->etag, reply.etag, sizeof r->etag);
done:
    buf_release(&reply.body);
    return rc;
}

/* ---- birth and death ---- */

/* Of `once`: whether each witness has been asked for the target, and whether some of them know of a newer one already. */
static bool was_each_asked(struct relay *r, bool *is_behind)
{
    pthread_mutex_lock(&r->lock);
    bool was = r->target.size > 0;
    *is_behind = false;
    for (size_t i = 0; i < r->count; i++) {
        const struct worker *w = &r->workers[i];
        was = was && w->asked == r->target.size && !w->is_busy;
        *is_behind |= w->failures == 0 && w->done > w->cosigned;
    }
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
#define ONCE_LOOKS 250  /* five seconds, for the checkpoint that another relay has brought to a witness already */

static void ledger_failed(const struct err *err)
{
    bool is_away = err_code_side(err->code) == ERR_SOFT;
    log_err(is_away ? LOG_LEVEL_WARN : LOG_LEVEL_ERROR, is_away ? "relay.ledger_away" : "relay.ledger_wrong", err);
}

/* Until each witness has been asked for one checkpoint. */
static void follow_once(struct relay *r, const sigset_t *signals)
{
    struct err err = {0};
    bool is_behind = false;
    if (look(r, &err) != TALLY_OK) {
        ledger_failed(&err);
        return;
    }
    for (int looks = 0; looks < ONCE_LOOKS && !is_signalled(signals, ONCE_LOOK_MS);) {
        if (!was_each_asked(r, &is_behind))
            continue;
        if (!is_behind)
            return;
        looks++;
        if (look(r, &err) != TALLY_OK) {
            ledger_failed(&err);
            return;
        }
    }
}

static void follow(struct relay *r, const sigset_t *signals)
{
    unsigned failures = 0;
    int64_t wait_ms = 0;
    enum tally_code said = TALLY_OK;
    do {
        struct err err = {0};
        enum tally_code rc = look(r, &err);
        if (rc != TALLY_OK && rc != said) /* once, not each second; but that it came back with less is something else */
            ledger_failed(&err);
        if (rc == TALLY_OK && failures > 0) {
            LOG_INFO("relay.ledger_back", LOG_I64("after", failures));
            ledger_is_back(r);
        }
        said = rc;
        failures = rc == TALLY_OK ? 0 : failures + 1;
        wait_ms = (int64_t) r->options.poll_ms;
        for (unsigned i = 1; i < failures && wait_ms < RELAY_POLL_MAX_MS; i++)
            wait_ms *= 2;
        wait_ms = wait_ms < RELAY_POLL_MAX_MS ? wait_ms : RELAY_POLL_MAX_MS;
    } while (!is_signalled(signals, wait_ms));
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
    w->witness.to_witness = relay_fetcher_new(r->options.cacert);
    w->witness.to_ledger = relay_fetcher_new(r->options.cacert);
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
MUST_CHECK static enum tally_code quorum_check(struct relay *r, struct err *err)
{
    const struct policy *policy = r->options.policy;
    uint64_t cosigned = 0;
    pthread_mutex_lock(&r->lock);
    const uint64_t size = r->target.size;
    for (size_t i = 0; i < r->count; i++)
        if (size > 0 && r->workers[i].cosigned == size)
            cosigned |= UINT64_C(1) << (r->workers[i].witness.witness - policy->witnesses);
    pthread_mutex_unlock(&r->lock);
    if (size == 0)
        return err_set(err, TALLY_E_UNAVAILABLE, "no checkpoint could be read at %s; the log says why", r->options.server);
    if (!policy_is_met(policy, cosigned))
        return err_set(err, TALLY_E_DENIED, "%d of %zu witnesses have cosigned %" PRIu64 " entries: the quorum is not met",
                       __builtin_popcountll(cosigned), policy->witness_count, size);
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
    (void) signal(SIGPIPE, SIG_IGN); /* who hangs up on TLS, or on the log, ends an exchange and not the relay */
    r->ledger = relay_fetcher_new(r->options.cacert);
    if (r->ledger == NULL)
        TRY(err_set(err, TALLY_E_NO_MEMORY, "no memory for a relay"));
    for (size_t i = 0; i < options->policy->witness_count; i++)
        if (options->policy->witnesses[i].url.len > 0)
            TRY(worker_init(r, i, err));
    LOG_INFO("relay.running", LOG_STR("ledger", options->server), LOG_I64("witnesses", r->count));
    if (options->is_once) {
        follow_once(r, &signals);
        TRY(quorum_check(r, err));
    } else {
        follow(r, &signals);
    }
done:
    release(r);
    return rc;
}
