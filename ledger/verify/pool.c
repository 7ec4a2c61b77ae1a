#include "pool.h"

#include <pthread.h>

#include "tally/mem.h"

/* A worker is woken when so many jobs wait: waking one for each costs more than a job of the chain level does. */
#define WAKE_BACKLOG 16

struct pool {
    pthread_mutex_t lock;
    pthread_cond_t has_work, has_done;
    struct job jobs[POOL_JOBS_MAX];
    uint64_t put, taken, back; /* counted up: handed over, taken by a worker, given back to the caller */
    size_t bytes;              /* under way; the caller's thread alone */
    bool is_stopping;
    pool_done_fn done;
    void *ctx;
    pthread_t threads[POOL_THREADS_MAX];
    int thread_count; /* 0: jobs run on the caller's thread */
};

static struct job *job_at(struct pool *pool, uint64_t n)
{
    return &pool->jobs[n % POOL_JOBS_MAX];
}

/* Takes the next job and runs it; the lock is held before and after, and not meanwhile. */
static void run_one(struct pool *pool)
{
    struct job *job = job_at(pool, pool->taken++);
    ENSURE(pthread_mutex_unlock(&pool->lock) == 0);
    job_run(job);
    ENSURE(pthread_mutex_lock(&pool->lock) == 0);
    job->is_done = true;
    if (job == job_at(pool, pool->back))
        ENSURE(pthread_cond_signal(&pool->has_done) == 0);
}

static void *work(void *ctx)
{
    struct pool *pool = ctx;
    ENSURE(pthread_mutex_lock(&pool->lock) == 0);
    while (!pool->is_stopping) {
        if (pool->taken < pool->put)
            run_one(pool);
        else
            ENSURE(pthread_cond_wait(&pool->has_work, &pool->lock) == 0);
    }
    ENSURE(pthread_mutex_unlock(&pool->lock) == 0);
    return NULL;
}

/* A line needs its texts once more than itself at most, and a little for what is decoded. */
#define JOB_ARENA_MAX ((size_t) ARCHIVE_LINE_MAX + (256u << 10))

static enum tally_code make_arenas(struct pool *pool, struct err *err)
{
    for (size_t i = 0; i < POOL_JOBS_MAX; i++) {
        pool->jobs[i].arena = arena_new(JOB_ARENA_MAX);
        /* the first block is kept when an arena is cleared: make it a small one, whatever comes */
        if (pool->jobs[i].arena == NULL || arena_alloc(pool->jobs[i].arena, 1) == NULL)
            return err_set(err, TALLY_E_NO_MEMORY, "no memory for %d lines under way", POOL_JOBS_MAX);
    }
    return TALLY_OK;
}

enum tally_code pool_new(int threads, pool_done_fn done, void *ctx, struct pool **out, struct err *err)
{
    struct pool *pool = mem_zero(sizeof *pool);
    if (pool == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory for a pool of threads");
    ENSURE(pthread_mutex_init(&pool->lock, NULL) == 0);
    ENSURE(pthread_cond_init(&pool->has_work, NULL) == 0 && pthread_cond_init(&pool->has_done, NULL) == 0);
    pool->done = done;
    pool->ctx = ctx;
    enum tally_code rc = make_arenas(pool, err);
    if (rc != TALLY_OK) {
        pool_free(pool);
        return rc;
    }
    if (threads > POOL_THREADS_MAX)
        threads = POOL_THREADS_MAX;
    /* fewer threads than wanted, or none, is slower but right */
    while (threads > 1 && pool->thread_count < threads &&
           pthread_create(&pool->threads[pool->thread_count], NULL, work, pool) == 0)
        pool->thread_count++;
    *out = pool;
    return TALLY_OK;
}

void pool_free(struct pool *pool)
{
    if (pool == NULL)
        return;
    ENSURE(pthread_mutex_lock(&pool->lock) == 0);
    pool->is_stopping = true;
    ENSURE(pthread_cond_broadcast(&pool->has_work) == 0);
    ENSURE(pthread_mutex_unlock(&pool->lock) == 0);
    for (int i = 0; i < pool->thread_count; i++)
        ENSURE(pthread_join(pool->threads[i], NULL) == 0);
    for (size_t i = 0; i < POOL_JOBS_MAX; i++)
        arena_free(pool->jobs[i].arena);
    (void) pthread_mutex_destroy(&pool->lock);
    (void) pthread_cond_destroy(&pool->has_work);
    (void) pthread_cond_destroy(&pool->has_done);
    mem_free(pool);
}

/* The oldest job, waited for. */
static enum tally_code give_back(struct pool *pool, struct err *err)
{
    struct job *job = job_at(pool, pool->back);
    ENSURE(pthread_mutex_lock(&pool->lock) == 0);
    while (!job->is_done) {
        if (pool->taken < pool->put)
            run_one(pool); /* rather than wait: the workers may be asleep, see WAKE_BACKLOG */
        else
            ENSURE(pthread_cond_wait(&pool->has_done, &pool->lock) == 0);
    }
    ENSURE(pthread_mutex_unlock(&pool->lock) == 0);
    enum tally_code rc = pool->done(pool->ctx, job, err);
    pool->bytes -= job->bytes;
    size_t bytes = job->bytes;
    if (bytes > POOL_BYTES_MAX / POOL_JOBS_MAX)
        arena_clear(job->arena); /* a large line's memory is not kept until the ring comes round */
    ENSURE(pthread_mutex_lock(&pool->lock) == 0);
    pool->back++;
    ENSURE(pthread_mutex_unlock(&pool->lock) == 0);
    return rc;
}

enum tally_code pool_next(struct pool *pool, uint64_t seq, size_t bytes, struct job **out, struct err *err)
{
    while (pool->put - pool->back == POOL_JOBS_MAX || (pool->put > pool->back && pool->bytes + bytes > POOL_BYTES_MAX)) {
        enum tally_code rc = give_back(pool, err);
        if (rc != TALLY_OK)
            return rc;
    }
    struct job *job = job_at(pool, pool->put);
    job_begin(job, seq);
    job->bytes = bytes;
    *out = job;
    return TALLY_OK;
}

enum tally_code pool_put(struct pool *pool, struct err *err)
{
    struct job *job = job_at(pool, pool->put);
    pool->bytes += job->bytes;
    if (pool->thread_count == 0) {
        job_run(job);
        job->is_done = true;
        pool->put++;
        return give_back(pool, err);
    }
    ENSURE(pthread_mutex_lock(&pool->lock) == 0);
    pool->put++;
    if (pool->put - pool->taken >= WAKE_BACKLOG)
        ENSURE(pthread_cond_signal(&pool->has_work) == 0);
    ENSURE(pthread_mutex_unlock(&pool->lock) == 0);
    return TALLY_OK;
}

enum tally_code pool_drain(struct pool *pool, struct err *err)
{
    while (pool->back < pool->put) {
        enum tally_code rc = give_back(pool, err);
        if (rc != TALLY_OK)
            return rc;
    }
    return TALLY_OK;
}
