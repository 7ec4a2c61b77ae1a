#include "jti_runs.h"

#include <stdlib.h>
#include <string.h>

#include "tally/mem.h"

#define OUT_CELLS 1024 /* of them, what is to be written, or is told */
#define INPUTS_MAX (JTI_FANIN * JTI_LEVELS)

void jti_runs_release(struct jti_runs *runs)
{
    for (int i = 0; runs->level != NULL && i < JTI_LEVELS; i++)
        spill_release(&runs->level[i].file);
    mem_free(runs->level);
    *runs = (struct jti_runs){.dir = runs->dir};
}

static enum tally_code begin(struct jti_runs *runs, struct err *err)
{
    if (runs->level == NULL)
        runs->level = mem_zero_array(JTI_LEVELS, sizeof *runs->level);
    ENSURE(runs->memory != NULL && runs->memory_cells >= JTI_MEMORY_MIN);
    if (runs->level == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory to compare the ids of statements");
    for (int i = 0; i < JTI_LEVELS; i++)
        runs->level[i].file.dir = runs->dir;
    return TALLY_OK;
}

/* ---- merging: a heap of runs by their first cell ---- */

struct input {
    const struct spill *file;
    uint64_t at, left; /* in the file, not read yet */
    struct jti_cell *cells;
    size_t next, have;
};

struct place {
    uint64_t a; /* of the input's first cell: nearly always enough to compare */
    struct input *input;
};

struct merge {
    struct input inputs[INPUTS_MAX];
    struct place heap[INPUTS_MAX];
    size_t count, cells_each;
};

static enum tally_code fill(struct input *input, size_t room, struct err *err)
{
    size_t count = input->left < room ? (size_t) input->left : room;
    enum tally_code rc =
        spill_read(input->file, input->at * sizeof *input->cells, input->cells, count * sizeof *input->cells, err);
    input->at += count;
    input->left -= count;
    input->next = 0;
    input->have = count;
    return rc;
}

static bool is_before(const struct place *x, const struct place *y)
{
    if (x->a != y->a)
        return x->a < y->a;
    const struct jti_cell *a = &x->input->cells[x->input->next], *b = &y->input->cells[y->input->next];
    return a->b != b->b ? a->b < b->b : a->seq_and_one < b->seq_and_one;
}

static void sink(struct merge *merge, size_t at)
{
    struct place place = merge->heap[at];
    place.a = place.input->cells[place.input->next].a;
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= merge->count)
            break;
        if (child + 1 < merge->count && is_before(&merge->heap[child + 1], &merge->heap[child]))
            child++;
        if (!is_before(&merge->heap[child], &place))
            break;
        merge->heap[at] = merge->heap[child];
        at = child;
    }
    merge->heap[at] = place;
}

/* All runs of the levels from first to end - 1; memory is behind what is put out. */
static enum tally_code merge_begin(struct merge *merge, const struct jti_runs *runs, int first, int end, struct err *err)
{
    size_t count = 0;
    merge->count = 0;
    for (int i = first; i < end; i++)
        count += runs->level[i].count;
    merge->cells_each = (runs->memory_cells - OUT_CELLS) / (count == 0 ? 1 : count);
    for (int i = first; i < end; i++) {
        const struct jti_level *level = &runs->level[i];
        for (size_t k = 0; k < level->count; k++) {
            struct input *input = &merge->inputs[merge->count];
            *input = (struct input){.file = &level->file, .at = level->runs[k].at, .left = level->runs[k].count};
            input->cells = runs->memory + OUT_CELLS + merge->count * merge->cells_each;
            enum tally_code rc = fill(input, merge->cells_each, err);
            if (rc != TALLY_OK)
                return rc;
            merge->heap[merge->count++] = (struct place){input->cells[0].a, input};
        }
    }
    for (size_t at = merge->count / 2; at > 0; at--)
        sink(merge, at - 1);
    return TALLY_OK;
}

/* While merge->count > 0. */
static enum tally_code merge_next(struct merge *merge, struct jti_cell *out, struct err *err)
{
    struct input *input = merge->heap[0].input;
    *out = input->cells[input->next++];
    if (input->next == input->have) {
        enum tally_code rc = fill(input, merge->cells_each, err);
        if (rc != TALLY_OK)
            return rc;
        if (input->have == 0)
            merge->heap[0] = merge->heap[--merge->count];
    }
    if (merge->count > 0)
        sink(merge, 0);
    return TALLY_OK;
}

/* ---- runs ---- */

/* The runs of a level become one of the next; what is in two of them stays, to be told of at the end. */
static enum tally_code lift(struct jti_runs *runs, int from, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct jti_level *level = &runs->level[from], *next = &runs->level[from + 1];
    struct jti_run run = {.at = next->end};
    size_t out = 0;
    struct merge *merge = mem_zero(sizeof *merge);
    if (merge == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory to compare the ids of statements");
    ENSURE(from + 1 < JTI_LEVELS && next->count < JTI_FANIN);
    TRY(merge_begin(merge, runs, from, from + 1, err));
    while (merge->count > 0) {
        TRY(merge_next(merge, &runs->memory[out++], err));
        if (out < OUT_CELLS && merge->count > 0)
            continue;
        TRY(spill_write(&next->file, (run.at + run.count) * sizeof *runs->memory, runs->memory, out * sizeof *runs->memory,
                        err));
        run.count += out;
        out = 0;
    }
    TRY(spill_empty(&level->file, err));
    level->count = 0;
    level->end = 0;
    next->runs[next->count++] = run;
    next->end += run.count;
done:
    mem_free(merge);
    return rc;
}

enum tally_code jti_runs_add(struct jti_runs *runs, const struct jti_cell *cells, size_t count, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    TRY(begin(runs, err));
    struct jti_level *level = &runs->level[0];
    TRY(spill_write(&level->file, level->end * sizeof *cells, cells, count * sizeof *cells, err));
    level->runs[level->count++] = (struct jti_run){level->end, count};
    level->end += count;
    for (int i = 0; runs->level[i].count == JTI_FANIN; i++)
        TRY(lift(runs, i, err));
done:
    return rc;
}

/* ---- the end ---- */

static int compare_numbers(const void *x, const void *y)
{
    const struct jti_cell *a = x, *b = y;
    return a->a < b->a ? -1 : a->a > b->a;
}

static void tell(struct jti_cell *found, size_t count, jti_twice_fn twice, void *ctx)
{
    qsort(found, count, sizeof *found, compare_numbers);
    for (size_t i = 0; i < count; i++)
        twice(ctx, found[i].a, found[i].b);
}

enum tally_code jti_runs_end(struct jti_runs *runs, jti_twice_fn twice, void *ctx, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct jti_cell first = {0}, cell;
    size_t count = 0;
    if (runs->level == NULL)
        return TALLY_OK;
    struct jti_cell *found = runs->memory; /* OUT_CELLS: the later number, the earlier one */
    struct merge *merge = mem_zero(sizeof *merge);
    if (merge == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory to compare the ids of statements");
    TRY(merge_begin(merge, runs, 0, JTI_LEVELS, err));
    while (merge->count > 0) {
        TRY(merge_next(merge, &cell, err));
        if (first.seq_and_one == 0 || jti_cell_compare(&first, &cell) != 0) {
            first = cell;
            continue;
        }
        found[count++] = (struct jti_cell){cell.seq_and_one - 1, first.seq_and_one - 1, 0};
        if (count == OUT_CELLS) {
            tell(found, count, twice, ctx);
            count = 0;
        }
    }
    tell(found, count, twice, ctx);
done:
    mem_free(merge);
    return rc;
}
