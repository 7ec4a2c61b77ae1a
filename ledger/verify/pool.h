/* The jobs under way, in a ring: workers take them as they come, the caller's thread gets them back in order.
 * Private to ledger/verify. */
#ifndef TALLY_VERIFY_POOL_H
#define TALLY_VERIFY_POOL_H

#include "job.h"

#define POOL_JOBS_MAX 256          /* lines under way: 16 for each of 16 cores */
#define POOL_BYTES_MAX (64u << 20) /* of lines under way, unless one alone is longer */
#define POOL_THREADS_MAX 64

struct pool;
/* Takes a job back when it is done; called on the thread of pool_next and pool_drain, in order. */
typedef enum tally_code (*pool_done_fn)(void *ctx, struct job *job, struct err *err);

/* threads 1: everything on the caller's thread. */
MUST_CHECK enum tally_code pool_new(int threads, pool_done_fn done, void *ctx, struct pool **out, struct err *err);
void pool_free(struct pool *pool);
/* The next free job, after job_begin; waits for room for that many bytes. Nothing is under way with it before
 * pool_put. */
MUST_CHECK enum tally_code pool_next(struct pool *pool, uint64_t seq, size_t bytes, struct job **out, struct err *err);
/* Hands over the job of the last pool_next. */
MUST_CHECK enum tally_code pool_put(struct pool *pool, struct err *err);
/* Waits for all. */
MUST_CHECK enum tally_code pool_drain(struct pool *pool, struct err *err);

#endif
