#include "pgpool.h"

#include <errno.h>
#include <pthread.h>
#include <time.h>

#include "tally/mem.h"

struct pgpool {
    pthread_mutex_t mutex;
    pthread_cond_t has_free;
    int size, free_count;
    struct pg *all[PGPOOL_MAX];
    struct pg *free[PGPOOL_MAX]; /* the one used last on top: its caches are warm */
};

enum tally_code pgpool_new(const struct pg_options *options, int size, struct pgpool **out, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    ENSURE(size >= 1 && size <= PGPOOL_MAX);
    struct pgpool *pool = mem_zero(sizeof *pool);
    if (pool == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory for the read connections");
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&pool->has_free, &attr);
    pthread_condattr_destroy(&attr);
    pthread_mutex_init(&pool->mutex, NULL);
    while (pool->size < size) {
        TRY(pg_new(options, &pool->all[pool->size], err));
        pool->free[pool->free_count++] = pool->all[pool->size++];
    }
    *out = pool;
    pool = NULL;
done:
    pgpool_free(pool);
    return rc;
}

void pgpool_free(struct pgpool *pool)
{
    if (pool == NULL)
        return;
    ENSURE(pool->free_count == pool->size);
    for (int i = 0; i < pool->size; i++)
        pg_free(pool->all[i]);
    pthread_cond_destroy(&pool->has_free);
    pthread_mutex_destroy(&pool->mutex);
    mem_free(pool);
}

static struct pg *wait_for_one(struct pgpool *pool)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += PGPOOL_WAIT_MS / 1000;
    struct pg *pg = NULL;
    pthread_mutex_lock(&pool->mutex);
    while (pool->free_count == 0 && pthread_cond_timedwait(&pool->has_free, &pool->mutex, &until) != ETIMEDOUT)
        continue;
    if (pool->free_count > 0)
        pg = pool->free[--pool->free_count];
    pthread_mutex_unlock(&pool->mutex);
    return pg;
}

enum tally_code pgpool_take(struct pgpool *pool, struct pg **out, struct err *err)
{
    struct pg *pg = wait_for_one(pool);
    if (pg == NULL)
        return err_set(err, TALLY_E_TIMEOUT, "no read connection came free in %d ms", PGPOOL_WAIT_MS);
    enum tally_code rc = pg_connect(pg, err);
    if (rc != TALLY_OK) {
        pgpool_give(pool, pg);
        return rc;
    }
    *out = pg;
    return TALLY_OK;
}

void pgpool_give(struct pgpool *pool, struct pg *pg)
{
    pthread_mutex_lock(&pool->mutex);
    ENSURE(pool->free_count < pool->size);
    pool->free[pool->free_count++] = pg;
    pthread_cond_signal(&pool->has_free);
    pthread_mutex_unlock(&pool->mutex);
}
