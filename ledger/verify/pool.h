/* The blocks under way, in a ring. A block is a run of whole lines; the caller's thread fills it, a worker reads its lines, the caller checks
 * them against all lines before, a worker verifies their signatures, and the caller hears what was found: the second and the last step in
 * the order of the archive. Private to ledger/verify. */
#ifndef TALLY_VERIFY_POOL_H
#define TALLY_VERIFY_POOL_H

#include "job.h"

#define BLOCK_BYTES                                                                                                        \
    131072 /* of lines, unless one alone is longer: half a dozen writes of a disk, two milliseconds of a core */
#define BLOCK_LINES 320           /* at most: of the shortest that there are as many fit */
#define POOL_LONG_MAX (64u << 20) /* bytes under way in blocks of long lines, unless one alone is longer */
#define POOL_THREADS_MAX 64
#define POOL_BLOCKS_EACH 4 /* blocks for each thread, so that none waits for another's */

struct block {
    char *text;
    size_t cap, len;
    char *unescaped;     /* cap + ARCHIVE_TEXT_SLACK bytes: what its strings say, where that is not what stands in text */
    struct arena *arena; /* everything that its lines need */
    struct job *jobs;    /* BLOCK_LINES */
    size_t job_count;    /* so many lines are in text */
    uint32_t ends[BLOCK_LINES]; /* where each of them ends: its line feed, or the end of the text */
    enum { BLOCK_IDLE, BLOCK_TO_READ, BLOCK_TO_CHECK, BLOCK_TO_RUN, BLOCK_DONE, BLOCK_AT_WORK } stage; /* under the lock */
};

struct pool;
/* Both on the caller's thread, in order, inside pool_put and pool_drain. check says for each job what is left to do. */
typedef enum tally_code (*pool_fn)(void *ctx, struct block *block, struct err *err);
struct pool_options {
    int threads; /* the caller's, and so many less one beside it */
    struct job_common common;
    pool_fn check, finish;
    void *ctx;
};

MUST_CHECK enum tally_code pool_new(const struct pool_options *options, struct pool **out, struct err *err);
void pool_free(struct pool *pool);
/* The block that is filled now, empty at first. */
struct block *pool_block(struct pool *pool);
/* Room for so many bytes behind what it has. */
MUST_CHECK enum tally_code pool_make_room(struct pool *pool, size_t bytes, struct err *err);
/* Hands the block over, without its bytes from `rest` on: with these the next one begins. Waits for that one. */
MUST_CHECK enum tally_code pool_put(struct pool *pool, size_t rest, struct err *err);
/* Waits for all that was handed over. */
MUST_CHECK enum tally_code pool_drain(struct pool *pool, struct err *err);

#endif
