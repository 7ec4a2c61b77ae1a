#include "pool.h"

#include <pthread.h>

#include "tally/mem.h"

/* Of one block: a statement's protected header, a key, some findings for each of its lines. */
#define BLOCK_ARENA_MAX ((size_t) 16 << 20)

struct pool {
    struct pool_options options;
    pthread_mutex_t lock;
    pthread_cond_t has_work, has_done;
    struct block *blocks;
    size_t block_count;
    uint64_t back, checked,
        put;           /* counted up: blocks that came back, were checked, were handed over; the caller's thread alone */
    size_t long_bytes; /* under way in blocks that are longer than usual; the caller's thread alone */
    bool is_stopping;
    pthread_t threads[POOL_THREADS_MAX];
    int thread_count; /* 0: all is done on the caller's thread */
};

static struct block *block_at(struct pool *pool, uint64_t n)
{
    return &pool->blocks[n % pool->block_count];
}

static void lock(struct pool *pool)
{
    ENSURE(pthread_mutex_lock(&pool->lock) == 0);
}

static void unlock(struct pool *pool)
{
    ENSURE(pthread_mutex_unlock(&pool->lock) == 0);
}

/* ---- what any thread does ---- */

static void read_block(const struct pool *pool, struct block *block)
{
    size_t at = 0;
    for (size_t i = 0; i < block->job_count; i++) {
        job_read(&block->jobs[i], &pool->options.common, block->arena, slice_of(block->text + at, block->ends[i] - at),
                 block->unescaped + at);
        at = (size_t) block->ends[i] + 1;
    }
}

static void run_block(struct block *block)
{
    for (size_t i = 0; i < block->job_count; i++)
        if (job_has_signatures(&block->jobs[i]))
            job_run(&block->jobs[i]);
}

/* Takes the oldest block that has something to do, and does it; the lock is held before and after, and not meanwhile. */
static bool work_on_one(struct pool *pool)
{
    struct block *block = NULL;
    for (uint64_t n = pool->back; n != pool->put && block == NULL; n++) {
        struct block *candidate = block_at(pool, n);
        if (candidate->stage == BLOCK_TO_READ || candidate->stage == BLOCK_TO_RUN)
            block = candidate;
    }
    if (block == NULL)
        return false;
    bool is_unread = block->stage == BLOCK_TO_READ;
    block->stage = BLOCK_AT_WORK;
    unlock(pool);
    if (is_unread)
        read_block(pool, block);
    else
        run_block(block);
    lock(pool);
    block->stage = is_unread ? BLOCK_TO_CHECK : BLOCK_DONE;
    ENSURE(pthread_cond_signal(&pool->has_done) == 0);
    return true;
}

static void *work(void *ctx)
{
    struct pool *pool = ctx;
    lock(pool);
    while (!pool->is_stopping) {
        if (!work_on_one(pool))
            ENSURE(pthread_cond_wait(&pool->has_work, &pool->lock) == 0);
    }
    unlock(pool);
    return NULL;
}

/* ---- what the caller's thread does, in order ---- */

static bool has_signatures(const struct block *block)
{
    for (size_t i = 0; i < block->job_count; i++)
        if (job_has_signatures(&block->jobs[i]))
            return true;
    return false;
}

static enum tally_code check_one(struct pool *pool, struct block *block, struct err *err)
{
    unlock(pool);
    enum tally_code rc = pool->options.check(pool->options.ctx, block, err);
    bool is_more = has_signatures(block);
    lock(pool);
    block->stage = is_more ? BLOCK_TO_RUN : BLOCK_DONE;
    pool->checked++;
    if (is_more)
        ENSURE(pthread_cond_signal(&pool->has_work) == 0);
    return rc;
}

static enum tally_code finish_one(struct pool *pool, struct block *block, struct err *err)
{
    unlock(pool);
    enum tally_code rc = pool->options.finish(pool->options.ctx, block, err);
    if (block->cap > BLOCK_BYTES) { /* a long line's memory is not kept until the ring comes round */
        pool->long_bytes -= block->cap;
        mem_free(block->text);
        mem_free(block->unescaped);
        block->text = block->unescaped = NULL;
        block->cap = 0;
    }
    arena_clear(block->arena);
    lock(pool);
    block->stage = BLOCK_IDLE;
    block->len = block->job_count = 0;
    pool->back++;
    return rc;
}

/* Until no more than so many blocks are under way. The lock is held. */
static enum tally_code go_on(struct pool *pool, uint64_t under_way_max, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    for (;;) {
        struct block *next = block_at(pool, pool->checked), *oldest = block_at(pool, pool->back);
        if (pool->checked != pool->put && next->stage == BLOCK_TO_CHECK)
            TRY(check_one(pool, next, err));
        else if (pool->back != pool->checked && oldest->stage == BLOCK_DONE)
            TRY(finish_one(pool, oldest, err));
        else if (pool->put - pool->back <= under_way_max)
            break;
        else if (!work_on_one(pool)) /* rather than wait */
            ENSURE(pthread_cond_wait(&pool->has_done, &pool->lock) == 0);
    }
done:
    return rc;
}

static enum tally_code go_on_until(struct pool *pool, uint64_t under_way_max, struct err *err)
{
    lock(pool);
    enum tally_code rc = go_on(pool, under_way_max, err);
    unlock(pool);
    return rc;
}

struct block *pool_block(struct pool *pool)
{
    return block_at(pool, pool->put);
}

static enum tally_code prepare(struct block *block, struct err *err)
{
    if (block->arena == NULL)
        block->arena = arena_new(BLOCK_ARENA_MAX);
    if (block->jobs == NULL)
        block->jobs = mem_resize(NULL, BLOCK_LINES * sizeof *block->jobs); /* each is filled when it is read */
    if (block->arena == NULL || block->jobs == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory for lines under way");
    return TALLY_OK;
}

static enum tally_code make_room(struct pool *pool, struct block *block, size_t bytes, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    size_t cap = block->cap < BLOCK_BYTES ? BLOCK_BYTES : block->cap;
    TRY(prepare(block, err));
    if (bytes <= block->cap - block->len)
        goto done;
    while (cap - block->len < bytes)
        cap *= 2;
    if (cap > BLOCK_BYTES)
        while (pool->put != pool->back && pool->long_bytes + cap > POOL_LONG_MAX)
            TRY(go_on_until(pool, pool->put - pool->back - 1, err));
    char *text = mem_resize(block->text, cap);
    if (text != NULL)
        block->text = text;
    char *unescaped = text == NULL ? NULL : mem_resize(block->unescaped, cap + ARCHIVE_TEXT_SLACK);
    if (unescaped == NULL)
        TRY(err_set(err, TALLY_E_NO_MEMORY, "no memory for a line of %zu bytes", cap));
    block->unescaped = unescaped;
    pool->long_bytes += (cap > BLOCK_BYTES ? cap : 0) - (block->cap > BLOCK_BYTES ? block->cap : 0);
    block->cap = cap;
done:
    return rc;
}

enum tally_code pool_make_room(struct pool *pool, size_t bytes, struct err *err)
{
    return make_room(pool, pool_block(pool), bytes, err);
}

enum tally_code pool_put(struct pool *pool, size_t rest, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct block *block = pool_block(pool), *next = block_at(pool, pool->put + 1);
    size_t carried = block->len - rest;
    ENSURE(block->job_count > 0 && block->job_count <= BLOCK_LINES);
    /* the next one is free, and takes what is carried over before a worker changes this one */
    TRY(go_on_until(pool, pool->block_count - 2, err));
    TRY(make_room(pool, next, carried, err));
    if (carried > 0)
        memcpy(next->text, block->text + rest, carried);
    next->len = carried;
    block->len = rest;
    lock(pool);
    block->stage = BLOCK_TO_READ;
    pool->put++;
    ENSURE(pthread_cond_signal(&pool->has_work) == 0);
    /* what can be done without waiting; without workers, all of it */
    rc = go_on(pool, pool->thread_count == 0 ? 0 : pool->block_count - 1, err);
    unlock(pool);
done:
    return rc;
}

enum tally_code pool_drain(struct pool *pool, struct err *err)
{
    return go_on_until(pool, 0, err);
}

/* ---- making and unmaking ---- */

enum tally_code pool_new(const struct pool_options *options, struct pool **out, struct err *err)
{
    struct pool *pool = mem_zero(sizeof *pool);
    if (pool == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory for a pool of threads");
    ENSURE(pthread_mutex_init(&pool->lock, NULL) == 0);
    ENSURE(pthread_cond_init(&pool->has_work, NULL) == 0 && pthread_cond_init(&pool->has_done, NULL) == 0);
    pool->options = *options;
    int threads = options->threads > POOL_THREADS_MAX ? POOL_THREADS_MAX : options->threads;
    /* one is filled, one takes what is carried over */
    pool->block_count = threads > 1 ? (size_t) threads * POOL_BLOCKS_EACH + 2 : 2;
    pool->blocks = mem_zero_array(pool->block_count, sizeof *pool->blocks);
    if (pool->blocks == NULL) {
        pool_free(pool);
        return err_set(err, TALLY_E_NO_MEMORY, "no memory for lines under way");
    }
    /* fewer threads than wanted, or none, is slower but right */
    while (pool->thread_count < threads - 1 && pthread_create(&pool->threads[pool->thread_count], NULL, work, pool) == 0)
        pool->thread_count++;
    *out = pool;
    return TALLY_OK;
}

void pool_free(struct pool *pool)
{
    if (pool == NULL)
        return;
    lock(pool);
    pool->is_stopping = true;
    ENSURE(pthread_cond_broadcast(&pool->has_work) == 0);
    unlock(pool);
    for (int i = 0; i < pool->thread_count; i++)
        ENSURE(pthread_join(pool->threads[i], NULL) == 0);
    for (size_t i = 0; pool->blocks != NULL && i < pool->block_count; i++) {
        mem_free(pool->blocks[i].text);
        mem_free(pool->blocks[i].unescaped);
        mem_free(pool->blocks[i].jobs);
        arena_free(pool->blocks[i].arena);
    }
    mem_free(pool->blocks);
    (void) pthread_mutex_destroy(&pool->lock);
    (void) pthread_cond_destroy(&pool->has_work);
    (void) pthread_cond_destroy(&pool->has_done);
    mem_free(pool);
}
