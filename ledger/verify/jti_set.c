#include "jti_set.h"

#include "tally/digest.h"
#include "tally/mem.h"

#define CAP_FIRST 1024 /* cells: 16 KiB */

struct jti_cell {
    uint64_t a, b; /* both 0: empty */
};

void jti_set_release(struct jti_set *set)
{
    mem_free(set->cells);
    *set = (struct jti_set){0};
}

static struct jti_cell cell_of(struct slice actor, struct slice jti)
{
    /* neither an actor nor a jti has a line feed */
    const struct slice parts[] = {actor, SLICE("\n"), jti};
    struct digest digest;
    struct jti_cell cell;
    digest_parts(parts, 3, &digest);
    memcpy(&cell, digest.bytes, sizeof cell);
    if (cell.a == 0 && cell.b == 0)
        cell.b = 1;
    return cell;
}

/* Where the cell is, or where it belongs. */
static struct jti_cell *find(struct jti_cell *cells, size_t cap, struct jti_cell cell)
{
    size_t i = (size_t) cell.a & (cap - 1);
    while ((cells[i].a != 0 || cells[i].b != 0) && (cells[i].a != cell.a || cells[i].b != cell.b))
        i = (i + 1) & (cap - 1);
    return &cells[i];
}

static enum tally_code grow(struct jti_set *set, struct err *err)
{
    size_t cap = set->cap == 0 ? CAP_FIRST : 2 * set->cap;
    struct jti_cell *cells = mem_zero_array(cap, sizeof *cells);
    if (cells == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory for the ids of %zu statements", set->count + 1);
    for (size_t i = 0; i < set->cap; i++) {
        if (set->cells[i].a != 0 || set->cells[i].b != 0)
            *find(cells, cap, set->cells[i]) = set->cells[i];
    }
    mem_free(set->cells);
    set->cells = cells;
    set->cap = cap;
    return TALLY_OK;
}

enum tally_code jti_set_add(struct jti_set *set, struct slice actor, struct slice jti, bool *was_there, struct err *err)
{
    if (set->count >= set->cap / 4 * 3) {
        enum tally_code rc = grow(set, err);
        if (rc != TALLY_OK)
            return rc;
    }
    struct jti_cell cell = cell_of(actor, jti);
    struct jti_cell *place = find(set->cells, set->cap, cell);
    *was_there = place->a != 0 || place->b != 0;
    if (!*was_there) {
        *place = cell;
        set->count++;
    }
    return TALLY_OK;
}
