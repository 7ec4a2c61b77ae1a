/* The keys of a metric in the order in which an aggregate over open dimensions goes through them (language.md D2, K2): so that it costs
 * what was reported, not all combinations of those whom somebody has named. The list of a walk is made from the results when it is first
 * needed. In a session what changes afterwards is kept by group (what is not run over), whose readers are those that went through it. */
#include "eval.h"

#include <stdlib.h>

#include "session.h"

#define KEYS_MEMO UINT32_C(0x20000000) /* above all that a text numbers, below what traces count */

struct key_group {
    uint64_t *cells; /* cap 0: borrowed from the list */
    size_t count, cap;
};

/* How many cells a group has. */
static uint64_t inner_cells(const struct eval *ev, const struct key_walk *walk)
{
    uint64_t cells = 1;
    for (uint32_t i = walk->outer; i < walk->shape.count; i++)
        cells *= dimension_size(&ev->dimensions[walk->shape.dims[i]]);
    return cells;
}

/* ---- the list of a walk ---- */

static bool is_key_of(const struct slot *slot, uint32_t metric)
{
    return slot->memo == metric && (slot->fact != NULL || slot->has_pending);
}

static int cell_order(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *) a, y = *(const uint64_t *) b;
    return (x > y) - (x < y);
}

/* The place of each member among the bytes of all: in a session names that came later have later numbers. NULL: ev->rc is set. */
MUST_CHECK static uint32_t *places_of(struct eval *ev, const struct dimension *d)
{
    uint32_t *places = EVAL_SCRATCH(ev, d->shown.member_count, uint32_t);
    for (uint32_t i = 0; places != NULL && i < d->shown.member_count; i++)
        places[d->by_bytes[i]] = i;
    return places;
}

/* Sorts by the places of members in place of their numbers. */
MUST_CHECK static bool sort_by_places(struct eval *ev, const struct key_walk *walk, struct key_list *list)
{
    uint32_t *places[DIMENSIONS_MAX] = {NULL}, members[DIMENSIONS_MAX];
    for (uint32_t i = walk->outer; i < walk->shape.count; i++) {
        const struct dimension *d = &ev->dimensions[walk->shape.dims[i]];
        if (dimension_is_open(d) && (places[i] = places_of(ev, d)) == NULL)
            return false;
    }
    for (size_t k = 0; k < list->count; k++) {
        shape_bind(ev->dimensions, &walk->shape, list->cells[k], members);
        for (uint32_t i = walk->outer; i < walk->shape.count; i++)
            if (places[i] != NULL)
                members[walk->shape.dims[i]] = places[i][members[walk->shape.dims[i]]];
        list->cells[k] = shape_cell(ev->dimensions, &walk->shape, members);
    }
    qsort(list->cells, list->count, sizeof *list->cells, cell_order);
    for (size_t k = 0; k < list->count; k++) {
        shape_bind(ev->dimensions, &walk->shape, list->cells[k], members);
        for (uint32_t i = walk->outer; i < walk->shape.count; i++)
            if (places[i] != NULL)
                members[walk->shape.dims[i]] = ev->dimensions[walk->shape.dims[i]].by_bytes[members[walk->shape.dims[i]]];
        list->cells[k] = shape_cell(ev->dimensions, &walk->shape, members);
    }
    return true;
}

MUST_CHECK static bool list_make(struct eval *ev, const struct key_walk *walk, struct key_list *list)
{
    const struct shape *shape = &ev->t->metrics[walk->metric].shape;
    uint32_t members[DIMENSIONS_MAX];
    size_t count = 0;
    for (uint32_t i = 0; i < ev->slot_used; i++)
        count += is_key_of(eval_slot_at(ev, i), walk->metric);
    *list = (struct key_list){.cells = EVAL_NEW(ev, count, uint64_t), .is_made = true};
    if (list->cells == NULL)
        return false;
    for (uint32_t i = 0; i < ev->slot_used; i++) {
        const struct slot *slot = eval_slot_at(ev, i);
        if (!is_key_of(slot, walk->metric))
            continue;
        shape_bind(ev->dimensions, shape, slot->cell, members);
        list->cells[list->count++] = shape_cell(ev->dimensions, &walk->shape, members);
    }
    return list->count < 2 || sort_by_places(ev, walk, list);
}

/* Made if it is not. NULL: ev->rc is set. */
MUST_CHECK static const struct key_list *list_of(struct eval *ev, const struct key_walk *walk)
{
    if (ev->key_lists == NULL)
        ev->key_lists = EVAL_NEW(ev, ev->t->walk_count, struct key_list);
    if (ev->key_lists == NULL)
        return NULL;
    struct key_list *list = &ev->key_lists[walk->number];
    return list->is_made || list_make(ev, walk, list) ? list : NULL;
}

/* The first key of the list, from `from` on, that lies in that group or a later one. */
static size_t group_from(const struct key_list *list, uint64_t inner, uint64_t group, size_t from)
{
    size_t low = from, high = list->count;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (list->cells[mid] / inner < group)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static struct key_group group_in(const struct key_list *list, uint64_t inner, uint64_t group)
{
    size_t first = group_from(list, inner, group, 0);
    return (struct key_group){list->cells + first, group_from(list, inner, group + 1, first) - first, 0};
}

/* ---- groups, in a session ---- */

/* NULL: ev->rc is set. */
MUST_CHECK static struct slot *group_slot(struct eval *ev, const struct key_walk *walk, uint64_t inner, uint64_t group)
{
    const struct key_list *list = list_of(ev, walk);
    struct slot *slot = list == NULL ? NULL : eval_slot(ev, KEYS_MEMO + walk->number, group);
    if (slot == NULL || slot->u.keys != NULL)
        return slot;
    slot->u.keys = EVAL_NEW(ev, 1, struct key_group);
    if (slot->u.keys == NULL)
        return NULL;
    *slot->u.keys = group_in(list, inner, group);
    return slot;
}

/* D2, of two keys of one group. */
static int order_of_keys(const struct eval *ev, const struct key_walk *walk, uint64_t a, uint64_t b)
{
    uint32_t of_a[DIMENSIONS_MAX], of_b[DIMENSIONS_MAX];
    shape_bind(ev->dimensions, &walk->shape, a, of_a);
    shape_bind(ev->dimensions, &walk->shape, b, of_b);
    for (uint32_t i = walk->outer; i < walk->shape.count; i++) {
        uint32_t dim = walk->shape.dims[i];
        const struct dimension *d = &ev->dimensions[dim];
        if (of_a[dim] == of_b[dim])
            continue;
        if (dimension_is_open(d))
            return slice_compare(d->shown.members[of_a[dim]], d->shown.members[of_b[dim]]);
        return of_a[dim] < of_b[dim] ? -1 : 1;
    }
    return 0;
}

/* The place of that key in the group, or where it would be. */
static size_t place_in_group(const struct eval *ev, const struct key_walk *walk, const struct key_group *group,
                             uint64_t cell)
{
    size_t low = 0, high = group->count;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (order_of_keys(ev, walk, group->cells[mid], cell) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

/* Room for so many more, in cells of its own. */
MUST_CHECK static bool group_room(struct eval *ev, struct key_group *group, size_t more)
{
    if (group->cap > 0 && group->count + more <= group->cap)
        return true;
    size_t cap = grow_list(group->count, 4);
    uint64_t *cells = EVAL_NEW(ev, cap, uint64_t);
    if (cells == NULL)
        return false;
    if (group->count > 0)
        memcpy(cells, group->cells, group->count * sizeof *cells);
    group->cells = cells;
    group->cap = cap;
    return true;
}

MUST_CHECK static bool group_change(struct eval *ev, const struct key_walk *walk, struct key_group *group, uint64_t cell,
                                    bool is_there)
{
    if (!group_room(ev, group, is_there ? 1 : 0))
        return false;
    size_t at = place_in_group(ev, walk, group, cell);
    uint64_t *place = group->cells + at;
    if (is_there) {
        memmove(place + 1, place, (group->count++ - at) * sizeof *place);
        *place = cell;
    } else {
        ENSURE(at < group->count && *place == cell);
        memmove(place, place + 1, (--group->count - at) * sizeof *place);
    }
    return true;
}

bool keys_change(struct eval *ev, uint32_t metric, uint64_t cell, bool is_there)
{
    const struct metric *m = &ev->t->metrics[metric];
    uint32_t members[DIMENSIONS_MAX];
    for (const struct key_walk *walk = m->walks; walk != NULL; walk = walk->next) {
        if (ev->key_lists == NULL || !ev->key_lists[walk->number].is_made)
            continue; /* nobody has gone through it */
        shape_bind(ev->dimensions, &m->shape, cell, members);
        uint64_t at = shape_cell(ev->dimensions, &walk->shape, members), inner = inner_cells(ev, walk);
        struct slot *slot = group_slot(ev, walk, inner, at / inner);
        if (slot == NULL || !group_change(ev, walk, slot->u.keys, at, is_there))
            return false;
        track_changed(ev, &slot->readers);
    }
    return true;
}

/* ---- going through them ---- */

bool keys_begin(struct eval *ev, const struct node *n, const uint32_t *fixed, struct keys *keys)
{
    const struct key_walk *walk = n->u.aggregate.walk;
    struct shape outer = {.count = walk->outer, .dims = walk->shape.dims};
    uint64_t inner = inner_cells(ev, walk);
    uint32_t members[DIMENSIONS_MAX];
    struct key_group group = {0};
    memcpy(members, ev->bound, sizeof members);
    for (const struct node_index *i = n->u.aggregate.of_indexes; i != NULL; i = i->next)
        members[i->dimension] = fixed[i->dimension];
    uint64_t at = shape_cell(ev->dimensions, &outer, members);
    if (ev->session == NULL) {
        const struct key_list *list = list_of(ev, walk);
        if (list == NULL)
            return false;
        group = group_in(list, inner, at);
    } else {
        struct slot *slot = group_slot(ev, walk, inner, at);
        if (slot == NULL)
            return false;
        track_read(ev, &slot->readers);
        group = *slot->u.keys;
    }
    keys->n = n;
    keys->cells = group.cells;
    keys->count = group.count;
    keys->at = 0;
    for (uint32_t i = 0; i < n->u.aggregate.over_count; i++)
        keys->before[i] = ev->bound[n->u.aggregate.over[i].dimension];
    return true;
}

void keys_end(struct eval *ev, const struct keys *keys)
{
    for (uint32_t i = 0; i < keys->n->u.aggregate.over_count; i++)
        ev->bound[keys->n->u.aggregate.over[i].dimension] = keys->before[i];
}

/* The place behind the key at keys->at and behind those next to it that lie in the parts of `each` cells from `first` to before
 * `first + count`. */
static size_t behind(const struct keys *keys, uint64_t each, uint64_t first, uint64_t count)
{
    size_t low = keys->at + 1, high = keys->count;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        uint64_t part = keys->cells[mid] / each;
        if (part >= first && part - first < count)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

/* Is the member not wanted? `so far` and `last N of` end with the one that was bound. *skipped: with it, so many members from the first on need
 * not be looked at. */
static bool is_left_out(const struct node_over *over, uint32_t bound, uint32_t member, uint32_t size, uint32_t *skipped)
{
    uint32_t low = over->last > 0 && bound + 1 > over->last ? bound + 1 - over->last : 0;
    if (!over->is_up_to_bound || (member >= low && member <= bound))
        return false;
    *skipped = member < low ? low : size;
    return true;
}

bool keys_next(struct eval *ev, struct keys *keys)
{
    const struct node *n = keys->n;
    while (keys->at < keys->count) {
        uint64_t cell = keys->cells[keys->at], each = 1;
        size_t next = keys->at + 1;
        bool is_wanted = true;
        for (uint32_t i = n->u.aggregate.over_count; i-- > 0;) {
            const struct node_over *over = &n->u.aggregate.over[i];
            uint32_t size = dimension_size(&ev->dimensions[over->dimension]), skipped = 0;
            uint32_t member = (uint32_t) (cell / each % size);
            ev->bound[over->dimension] = member;
            if (is_left_out(over, keys->before[i], member, size, &skipped)) {
                next = behind(keys, each, cell / each - member, skipped);
                is_wanted = false;
            }
            each *= size;
        }
        keys->at = next;
        if (is_wanted)
            return true;
    }
    return false;
}
