/* In which order equations are solved, and which of them stand in circles: strongly connected components after Tarjan, which come out
 * with those that others need first. The walk keeps its own stack: a chain of all equations is as deep as they are many. */
#include "solve_set.h"
#include "tally/buf.h"

#define CIRCLE_TEXT_MAX (2 * SOLVE_TEXT_MAX) /* each name once, with ", which needs" */

struct walk {
    struct solve *set;
    uint32_t *number;    /* in the order of visits, from 1; 0: not visited */
    uint32_t *low;       /* the lowest number that it reaches */
    uint32_t *next;      /* the operation that is looked at next */
    uint32_t *path;      /* from the root to where the walk is */
    uint32_t *open;      /* visited, component not yet known */
    uint32_t *component; /* 0: open or not visited */
    uint32_t path_count, open_count, visited, components, ordered;
};

static void enter(struct walk *w, uint32_t row)
{
    w->number[row] = w->low[row] = ++w->visited;
    w->path[w->path_count++] = row;
    w->open[w->open_count++] = row;
}

/* The next equation that row names; SOLVE_NONE: no more. */
static uint32_t next_of(struct walk *w, uint32_t row)
{
    const struct solve_row *r = &w->set->rows[row];
    while (w->next[row] < r->op_count) {
        const struct solve_op *op = &w->set->ops[r->op_first + w->next[row]++];
        if (op->code == SOLVE_OP_REF)
            return op->arg;
    }
    return SOLVE_NONE;
}

/* The first operation of row that names one of the same component. NULL: none. */
static const struct solve_op *inner_op(const struct walk *w, uint32_t row)
{
    const struct solve_row *r = &w->set->rows[row];
    for (uint32_t i = 0; i < r->op_count; i++) {
        const struct solve_op *op = &w->set->ops[r->op_first + i];
        if (op->code == SOLVE_OP_REF && w->component[op->arg] == w->component[row])
            return op;
    }
    return NULL;
}

/* One circle of a component, whole: from any of its rows, references within it lead into one. next marks who was passed. */
MUST_CHECK static enum tally_code tell_circle(struct walk *w, uint32_t row, struct err *err)
{
    struct solve *set = w->set;
    struct slice text = SLICE("");
    struct buf names;
    for (; w->next[row] != SOLVE_NONE; row = inner_op(w, row)->arg)
        w->next[row] = SOLVE_NONE;
    uint32_t first = row; /* the circle's first in the order of the equations tells it */
    for (uint32_t at = inner_op(w, row)->arg; at != row; at = inner_op(w, at)->arg)
        first = at < first ? at : first;
    buf_init(&names, CIRCLE_TEXT_MAX);
    uint32_t at = first;
    do {
        at = inner_op(w, at)->arg;
        buf_printf(&names, "%s`%.*s`", names.len > 0 ? ", which needs " : "", SLICE_ARG(set->rows[at].name));
    } while (at != first);
    enum tally_code rc = buf_check(&names, err);
    if (rc == TALLY_OK)
        rc = arena_copy(set->arena, names.ptr, names.len, &text, err);
    buf_release(&names);
    if (rc != TALLY_OK)
        return rc;
    const struct solve_op *op = inner_op(w, first);
    text = arena_printf(set->arena, "a circle: `%.*s` needs %.*s", SLICE_ARG(set->rows[first].name), SLICE_ARG(text));
    (void) solve_problem(set, first, op->at, set->rows[op->arg].name.len, SLICE("one of them has to be given another way"),
                         text);
    return TALLY_OK;
}

/* The walk leaves a row that reaches nothing lower: what is open from it on is one component. */
MUST_CHECK static enum tally_code close_component(struct walk *w, uint32_t row, uint32_t *out, struct err *err)
{
    uint32_t first = w->ordered;
    uint32_t member;
    w->components++;
    do {
        member = w->open[--w->open_count];
        w->component[member] = w->components;
        out[w->ordered++] = member;
    } while (member != row);
    if (inner_op(w, row) == NULL)
        return TALLY_OK;
    for (uint32_t i = first; i < w->ordered; i++)
        w->set->rows[out[i]].is_bad = true;
    return tell_circle(w, row, err);
}

MUST_CHECK static enum tally_code walk_from(struct walk *w, uint32_t root, uint32_t *out, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    enter(w, root);
    while (w->path_count > 0 && rc == TALLY_OK) {
        uint32_t row = w->path[w->path_count - 1];
        uint32_t needed = next_of(w, row);
        if (needed != SOLVE_NONE && w->number[needed] == 0) {
            enter(w, needed);
        } else if (needed != SOLVE_NONE) {
            if (w->component[needed] == 0 && w->number[needed] < w->low[row])
                w->low[row] = w->number[needed];
        } else {
            w->path_count--;
            uint32_t above = w->path_count == 0 ? SOLVE_NONE : w->path[w->path_count - 1];
            if (w->low[row] == w->number[row])
                rc = close_component(w, row, out, err);
            else if (w->low[row] < w->low[above])
                w->low[above] = w->low[row];
        }
    }
    return rc;
}

enum tally_code solve_order(struct solve *set, uint32_t *out, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct walk w = {.set = set};
    uint32_t **const all[] = {&w.number, &w.low, &w.next, &w.path, &w.open, &w.component};
    for (size_t i = 0; i < sizeof all / sizeof(all[0]); i++) {
        *all[i] = ARENA_ARRAY(set->arena, set->count, uint32_t);
        if (*all[i] == NULL)
            return err_set(err, TALLY_E_LIMIT, "no memory left to order %u equations", set->count);
    }
    for (uint32_t row = 0; row < set->count && rc == TALLY_OK; row++)
        if (w.number[row] == 0)
            rc = walk_from(&w, row, out, err);
    ENSURE(rc != TALLY_OK || w.ordered == set->count);
    return rc;
}
