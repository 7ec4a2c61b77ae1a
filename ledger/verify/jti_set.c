#include "jti_set.h"

#include <string.h>

#include "tally/entry.h"
#include "tally/mem.h"

/* Cells lie in the order of their values, each at or behind the place that its value gives; the last ones have no way round to the
 * beginning, so there are some more: a run of full cells beyond them is as likely as a collision. */
#define TAIL 256

void jti_id_make(const struct digest_key *key, struct slice actor, struct slice jti, struct jti_id *out)
{
    char text[2 * 64 + 1]; /* neither an actor nor a jti is longer, or has a line feed */
    uint8_t hash[DIGEST_SHORT_LEN];
    ENSURE(actor.len + jti.len < sizeof text);
    memcpy(text, actor.ptr, actor.len);
    text[actor.len] = '\n';
    memcpy(text + actor.len + 1, jti.ptr, jti.len);
    digest_short(key, slice_of(text, actor.len + 1 + jti.len), hash);
    memcpy(&out->a, hash, sizeof out->a);
    memcpy(&out->b, hash + sizeof out->a, sizeof out->b);
}

void jti_set_release(struct jti_set *set)
{
    mem_free(set->cells);
    jti_runs_release(&set->runs);
    *set = (struct jti_set){0};
}

static bool is_empty(const struct jti_cell *cell)
{
    return cell->seq_and_one == 0;
}

/* By the upper bits: in order. */
static size_t home(uint64_t a)
{
    return (size_t) (a >> 32) * JTI_TABLE_MAX >> 32;
}

void jti_set_expect(const struct jti_set *set, struct jti_id id)
{
    if (set->cells != NULL)
        __builtin_prefetch(&set->cells[home(id.a)], 1);
}

/* The first cell that is empty or not smaller. */
static size_t find(const struct jti_set *set, const struct jti_cell *cell)
{
    size_t i = home(cell->a);
    while (!is_empty(&set->cells[i]) && jti_cell_compare(&set->cells[i], cell) < 0)
        i++;
    return i;
}

static void put(struct jti_set *set, size_t at, const struct jti_cell *cell)
{
    size_t end = at;
    while (!is_empty(&set->cells[end]))
        end++;
    ENSURE(end < JTI_TABLE_MAX + TAIL - 1);
    memmove(&set->cells[at + 1], &set->cells[at], (end - at) * sizeof *cell);
    set->cells[at] = *cell;
    set->count++;
}

/* The table, without its gaps, becomes a run. */
static enum tally_code spill(struct jti_set *set, struct err *err)
{
    size_t count = 0;
    for (size_t i = 0; i < JTI_TABLE_MAX + TAIL; i++)
        if (!is_empty(&set->cells[i]))
            set->cells[count++] = set->cells[i];
    ENSURE(count == set->count);
    /* the memory that runs are merged in: they are written, and nothing else is under way */
    enum tally_code rc = jti_runs_add(&set->runs, set->cells, count, err);
    memset(set->cells, 0, (JTI_TABLE_MAX + TAIL) * sizeof *set->cells);
    set->count = 0;
    return rc;
}

enum tally_code jti_set_add(struct jti_set *set, struct jti_id id, uint64_t seq, bool *was_there, uint64_t *before,
                            struct err *err)
{
    enum tally_code rc = TALLY_OK;
    if (set->cells == NULL) {
        set->cells = mem_zero_array(JTI_TABLE_MAX + TAIL, sizeof *set->cells);
        if (set->cells == NULL)
            return err_set(err, TALLY_E_NO_MEMORY, "no memory for the ids of statements");
        set->runs.memory = set->cells;
        set->runs.memory_cells = JTI_TABLE_MAX;
    }
    if (set->count == JTI_TABLE_MAX / 4 * 3)
        rc = spill(set, err);
    if (rc != TALLY_OK)
        return rc;
    const struct jti_cell cell = {id.a, id.b, seq + 1};
    size_t at = find(set, &cell);
    *was_there = !is_empty(&set->cells[at]) && jti_cell_compare(&set->cells[at], &cell) == 0;
    if (*was_there)
        *before = set->cells[at].seq_and_one - 1;
    else
        put(set, at, &cell);
    return TALLY_OK;
}

enum tally_code jti_set_end(struct jti_set *set, jti_twice_fn twice, void *ctx, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    if (set->runs.level == NULL)
        return TALLY_OK; /* everything was found at once */
    if (set->count > 0)
        rc = spill(set, err);
    return rc == TALLY_OK ? jti_runs_end(&set->runs, twice, ctx, err) : rc;
}
