/* Sorted runs of ids in temporary files, and the merge that finds what is in two of them. Runs of one level lie in one file; JTI_FANIN of
 * them are merged into one of the next level, so that 10^10 ids need four levels. Memory: what is lent, and a list of runs. Private to
 * ledger/verify. */
#ifndef TALLY_VERIFY_JTI_RUNS_H
#define TALLY_VERIFY_JTI_RUNS_H

#include <stdint.h>

#include "spill.h"

#define JTI_FANIN 64 /* runs of one level */
#define JTI_LEVELS 6 /* 64^6 runs: more than there are entries */

#define JTI_MEMORY_MIN 8192 /* cells: 1024 to be written, and some for each run */

struct jti_cell {
    uint64_t a, b;
    uint64_t seq_and_one; /* 0: an empty cell */
};

/* By value; the number does not count. */
static inline int jti_cell_compare(const struct jti_cell *x, const struct jti_cell *y)
{
    if (x->a != y->a)
        return x->a < y->a ? -1 : 1;
    return x->b < y->b ? -1 : x->b > y->b;
}

struct jti_run {
    uint64_t at, count; /* cells of the level's file */
};

struct jti_level {
    struct spill file;
    struct jti_run runs[JTI_FANIN];
    size_t count;
    uint64_t end; /* cells in the file */
};

struct jti_runs {
    struct jti_level *level; /* JTI_LEVELS; NULL while there is no run */
    struct jti_cell *memory; /* borrowed, for the merge: written over by each call */
    size_t memory_cells;     /* at least JTI_MEMORY_MIN */
    const char *dir;         /* for the files; NULL: SPILL_DIR */
};

/* seq has the id that before, an earlier one, has. */
typedef void (*jti_twice_fn)(void *ctx, uint64_t seq, uint64_t before);

void jti_runs_release(struct jti_runs *runs); /* a zeroed one has no run */
/* cells are sorted by value, no two alike; they may lie in the memory. */
MUST_CHECK enum tally_code jti_runs_add(struct jti_runs *runs, const struct jti_cell *cells, size_t count, struct err *err);
/* Tells of each cell whose value another one with a smaller number has, in order of the numbers (of each few thousand). */
MUST_CHECK enum tally_code jti_runs_end(struct jti_runs *runs, jti_twice_fn twice, void *ctx, struct err *err);

#endif
