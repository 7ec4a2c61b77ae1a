#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "append_internal.h"
#include "tally/mem.h"

#define QUEUE_FULL_TEXT "the queue is full; send the same statement again in a second"
static const struct refusal queue_full = {.code = REFUSE_QUEUE_FULL,
                                          .detail = {QUEUE_FULL_TEXT, sizeof QUEUE_FULL_TEXT - 1}};

enum tally_code queue_init(struct queue *queue, size_t per_actor, struct err *err)
{
    *queue = (struct queue){.per_actor = per_actor, .wanted = SIZE_MAX, .closed_code = REFUSE_DATABASE_AWAY};
    (void) snprintf(queue->closed_detail, sizeof queue->closed_detail, "the service is starting; try again in a moment");
    queue->shares = mem_zero_array(QUEUE_SHARE_SLOTS, sizeof *queue->shares);
    if (queue->shares == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory for the queue");
    pthread_condattr_t attr;
    ENSURE(pthread_condattr_init(&attr) == 0 && pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0);
    ENSURE(pthread_mutex_init(&queue->lock, NULL) == 0 && pthread_cond_init(&queue->filled, &attr) == 0);
    pthread_condattr_destroy(&attr);
    return TALLY_OK;
}

void queue_release(struct queue *queue)
{
    ENSURE(queue->first == NULL);
    pthread_cond_destroy(&queue->filled);
    pthread_mutex_destroy(&queue->lock);
    mem_free(queue->shares);
}

/* ---- the share of each actor: an open-addressing table of those who have waited lately ---- */

static struct queue_share *share_find(struct queue *queue, struct slice actor)
{
    uint32_t hash = 2166136261u; /* FNV-1a; actors are registered, nobody chooses thousands that collide */
    for (size_t i = 0; i < actor.len; i++)
        hash = (hash ^ (uint8_t) actor.ptr[i]) * 16777619u;
    for (size_t at = hash % QUEUE_SHARE_SLOTS;; at = (at + 1) % QUEUE_SHARE_SLOTS) {
        struct queue_share *share = &queue->shares[at];
        if (share->len == 0 || slice_equal(slice_of(share->actor, share->len), actor))
            return share;
    }
}

static struct queue_share *share_of(struct queue *queue, struct slice actor);

/* Slots of actors with nothing waiting are given free all at once: at most APPEND_QUEUE_MAX are needed. */
static void shares_rebuild(struct queue *queue)
{
    memset(queue->shares, 0, QUEUE_SHARE_SLOTS * sizeof *queue->shares);
    queue->share_used = 0;
    for (const struct submission *s = queue->first; s != NULL; s = s->next)
        share_of(queue, s->actor)->waiting++;
}

static struct queue_share *share_of(struct queue *queue, struct slice actor)
{
    ENSURE(actor.len > 0 && actor.len <= QUEUE_ACTOR_MAX);
    struct queue_share *share = share_find(queue, actor);
    if (share->len != 0)
        return share;
    if (queue->share_used >= QUEUE_SHARE_SLOTS * 3 / 4) {
        shares_rebuild(queue);
        share = share_find(queue, actor);
    }
    share->len = (uint8_t) actor.len;
    memcpy(share->actor, actor.ptr, actor.len);
    queue->share_used++;
    return share;
}

/* ---- putting and taking ---- */

static const struct refusal *refuse(const struct refusal *made)
{
    return made == NULL ? &queue_full : made; /* without memory it is full, too */
}

static const struct refusal *put_locked(struct queue *queue, struct submission *submission, struct arena *arena)
{
    if (!queue->is_open)
        return refuse(refusal_new(arena, queue->closed_code, "%s", queue->closed_detail));
    if (queue->count >= APPEND_QUEUE_MAX)
        return &queue_full;
    struct queue_share *share = share_of(queue, submission->actor);
    if (share->waiting >= queue->per_actor)
        return refuse(refusal_new(arena, REFUSE_QUEUE_SHARE,
                                  "%.*s has %zu statements waiting, as many as one actor may; wait for an answer first",
                                  SLICE_ARG(submission->actor), queue->per_actor));
    share->waiting++;
    submission->next = NULL;
    if (queue->last == NULL)
        queue->first = submission;
    else
        queue->last->next = submission;
    queue->last = submission;
    queue->count++;
    if (queue->count >= queue->wanted)
        pthread_cond_signal(&queue->filled);
    return NULL;
}

const struct refusal *queue_put(struct queue *queue, struct submission *submission, struct arena *arena)
{
    pthread_mutex_lock(&queue->lock);
    const struct refusal *refusal = put_locked(queue, submission, arena);
    pthread_mutex_unlock(&queue->lock);
    return refusal;
}

size_t queue_take(struct queue *queue, struct submission **out, size_t max)
{
    size_t count = 0, bytes = 0;
    pthread_mutex_lock(&queue->lock);
    while (queue->first != NULL && count < max) {
        struct submission *submission = queue->first;
        size_t size = submission->body.len + submission->jws.len;
        if (count > 0 && bytes + size > APPEND_BATCH_BYTES_MAX)
            break;
        bytes += size;
        share_of(queue, submission->actor)->waiting--;
        queue->first = submission->next;
        if (queue->first == NULL)
            queue->last = NULL;
        queue->count--;
        submission->next = NULL;
        out[count++] = submission;
    }
    pthread_mutex_unlock(&queue->lock);
    return count;
}

void queue_unget(struct queue *queue, struct submission *const *list, size_t count)
{
    pthread_mutex_lock(&queue->lock);
    for (size_t i = count; i > 0; i--) {
        struct submission *submission = list[i - 1];
        share_of(queue, submission->actor)->waiting++;
        submission->next = queue->first;
        queue->first = submission;
        if (queue->last == NULL)
            queue->last = submission;
        queue->count++;
    }
    pthread_mutex_unlock(&queue->lock);
}

/* ---- waiting ---- */

void queue_wait(struct queue *queue, size_t wanted, int64_t max_us)
{
    struct timespec until;
    ENSURE(clock_gettime(CLOCK_MONOTONIC, &until) == 0);
    int64_t ns = until.tv_nsec + (max_us > 0 ? max_us : 0) * 1000;
    until.tv_sec += (time_t) (ns / 1000000000);
    until.tv_nsec = (long) (ns % 1000000000);
    pthread_mutex_lock(&queue->lock);
    queue->wanted = wanted;
    while (queue->count < wanted && !queue->is_woken)
        if (pthread_cond_timedwait(&queue->filled, &queue->lock, &until) == ETIMEDOUT)
            break;
    queue->wanted = SIZE_MAX;
    queue->is_woken = false;
    pthread_mutex_unlock(&queue->lock);
}

void queue_wake(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    queue->is_woken = true;
    pthread_cond_signal(&queue->filled);
    pthread_mutex_unlock(&queue->lock);
}

void queue_open(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    queue->is_open = true;
    pthread_mutex_unlock(&queue->lock);
}

void queue_close(struct queue *queue, enum refusal_code code, const char *detail)
{
    pthread_mutex_lock(&queue->lock);
    queue->is_open = false;
    queue->closed_code = code;
    (void) snprintf(queue->closed_detail, sizeof queue->closed_detail, "%s", detail);
    pthread_mutex_unlock(&queue->lock);
}

size_t queue_count(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    size_t count = queue->count;
    pthread_mutex_unlock(&queue->lock);
    return count;
}
