/* The members of open dimensions in an evaluation: those that final results name, and those for whom something stands (I1), at
 * most as many as the text allows (S7), numbered in the order of their bytes (D2). */
#include <stdlib.h>

#include "eval.h"

#define NO_RESULT UINT64_MAX
struct named {
    struct slice name;
    uint64_t by_result; /* of S7: the entry in which its first result became final; NO_RESULT: only what stands names it */
    uint64_t order;     /* by which it comes: 0 while something stands for it (I1), otherwise by_result */
    unsigned char seat; /* SEAT_...; 0: it has a place, and keeps it */
};

/* In memory of its own, which is given back as soon as the members are known: each result names somebody, and most the same few. */
struct named_list {
    struct arena *arena;
    struct named *items;
    size_t count, cap;
};

MUST_CHECK static bool named_add(struct eval *ev, struct named_list *list, struct slice name, uint64_t order)
{
    const struct named added = {name, order == 0 ? NO_RESULT : order, order, 0};
    struct named *last = list->count == 0 ? NULL : &list->items[list->count - 1];
    if (last != NULL && slice_equal(last->name, name)) { /* results of one come together: as unite would have it */
        last->by_result = added.by_result < last->by_result ? added.by_result : last->by_result;
        last->order = added.order < last->order ? added.order : last->order;
        return true;
    }
    if (list->count == list->cap) {
        size_t cap = grow_list(list->cap, 64);
        struct named *grown = ARENA_ARRAY(list->arena, cap, struct named);
        if (grown == NULL) {
            ev->rc = err_set(ev->err, TALLY_E_LIMIT, "the evaluation needs more memory than it is granted");
            return false;
        }
        if (list->items != NULL)
            memcpy(grown, list->items, list->count * sizeof *grown);
        list->items = grown;
        list->cap = cap;
    }
    ENSURE(list->items != NULL);
    list->items[list->count++] = added;
    return true;
}

static uint32_t dimension_named(const struct terms *t, struct slice name)
{
    for (uint32_t i = 0; i < t->dimension_count; i++)
        if (slice_equal(t->dimensions[i].shown.name, name))
            return i;
    return TERMS_NONE;
}

/* The open dimension that has the name of this one of `of`; TERMS_NONE: there is none. */
static uint32_t same_open(const struct terms *t, const struct terms *of, uint32_t dimension)
{
    uint32_t same = t == of ? dimension : dimension_named(t, of->dimensions[dimension].shown.name);
    return same != TERMS_NONE && dimension_is_open(&t->dimensions[same]) ? same : TERMS_NONE;
}

/* The open parts of a key by one of the texts, each to the list of its dimension. A key of another form is reported where it is read. */
MUST_CHECK static bool take_key(struct eval *ev, const struct terms *of, const struct shape *shape, struct slice key,
                                uint64_t order, struct named_list *lists)
{
    struct slice parts[DIMENSIONS_MAX];
    if (!key_parts(key, shape->count, parts))
        return true;
    for (uint32_t i = 0; i < shape->count; i++) {
        uint32_t dimension = same_open(ev->t, of, shape->dims[i]);
        if (dimension != TERMS_NONE && !named_add(ev, &lists[dimension], parts[i], order))
            return false;
    }
    return true;
}

static int order_of_names(const void *a, const void *b)
{
    const struct named *x = a, *y = b;
    int order = slice_compare(x->name, y->name);
    return order != 0 ? order : (x->order > y->order) - (x->order < y->order);
}

static int order_of_coming(const void *a, const void *b)
{
    const struct named *x = a, *y = b;
    return x->order != y->order ? (x->order > y->order) - (x->order < y->order) : slice_compare(x->name, y->name);
}

/* The name in a list that is ordered by names, each once; NULL: it is not there. */
static struct named *find_named(const struct named_list *list, struct slice name)
{
    size_t low = 0, high = list->count;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        int order = slice_compare(list->items[mid].name, name);
        if (order == 0)
            return &list->items[mid];
        if (order < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return NULL; /* not covered: who has given up a place was named by the same input in the round before */
}

/* Each name once, by their bytes. Who has given up its place comes by its results alone. */
static void unite(const struct eval *ev, uint32_t dimension, struct named_list *list)
{
    size_t kept = 0;
    if (list->count > 1)
        qsort(list->items, list->count, sizeof *list->items, order_of_names);
    for (size_t i = 0; i < list->count; i++) {
        struct named *item = &list->items[i], *last = kept == 0 ? NULL : &list->items[kept - 1];
        if (last == NULL || !slice_equal(item->name, last->name))
            list->items[kept++] = *item;
        else if (item->by_result < last->by_result)
            last->by_result = item->by_result;
    }
    list->count = kept;
    for (const struct vacated *v = ev->vacated; v != NULL; v = v->next) {
        bool is_of_this = slice_equal(v->dimension, ev->t->dimensions[dimension].shown.name);
        struct named *gone = is_of_this ? find_named(list, v->name) : NULL;
        if (gone != NULL) {
            gone->order = gone->by_result;
            gone->seat = SEAT_GIVEN_UP;
        }
    }
}

/* The first `most` to come, all for whom something stands (more, where an amendment lets fewer count), and beside them those that have
 * given up their places, for whom something is to be taken back; by their bytes. What stands alone holds a place that somebody else
 * would have: once it stands no more, the place is given up. */
static void choose(uint32_t most, struct named_list *list)
{
    size_t kept = 0;
    qsort(list->items, list->count, sizeof *list->items, order_of_coming);
    while (kept < list->count && (kept < most || list->items[kept].order == 0) && list->items[kept].order != NO_RESULT)
        kept++;
    struct named next = kept == list->count ? (struct named){.order = NO_RESULT} : list->items[kept];
    for (size_t i = 0; i < kept; i++) {
        struct named without = list->items[i];
        without.order = without.by_result;
        bool is_wanted = kept > most || (next.order != NO_RESULT && order_of_coming(&without, &next) > 0);
        list->items[i].seat = list->items[i].order == 0 && is_wanted ? SEAT_STANDS : 0;
    }
    for (size_t i = kept; i < list->count; i++)
        if (list->items[i].seat == SEAT_GIVEN_UP)
            list->items[kept++] = list->items[i];
    list->count = kept;
    qsort(list->items, kept, sizeof *list->items, order_of_names);
}

/* How many count: the newest text that has the dimension says so for all of them, as it does of caps (V4). */
static uint32_t at_most_of(const struct eval *ev, uint32_t dimension)
{
    for (size_t k = ev->texts == NULL ? 0 : ev->texts->count; k-- > 0;) {
        const struct terms *t = ev->texts->items[k].input.terms;
        uint32_t same = same_open(t, ev->t, dimension);
        if (same != TERMS_NONE)
            return t->dimensions[same].shown.at_most;
    }
    return ev->t->dimensions[dimension].shown.at_most;
}

MUST_CHECK static bool set_members(struct eval *ev, uint32_t dimension, struct dimension *d, struct named_list *list)
{
    unite(ev, dimension, list);
    uint32_t most = at_most_of(ev, dimension);
    bool is_crowded = list->count > most || ev->vacated != NULL;
    if (is_crowded && list->count > 0)
        choose(most, list);
    struct slice *names = EVAL_NEW(ev, list->count, struct slice);
    uint32_t *by_bytes = EVAL_NEW(ev, list->count, uint32_t);
    unsigned char *seats = is_crowded ? EVAL_NEW(ev, list->count, unsigned char) : NULL;
    if (names == NULL || by_bytes == NULL || (is_crowded && seats == NULL))
        return false;
    for (size_t i = 0; i < list->count; i++) {
        names[i] = list->items[i].name;
        by_bytes[i] = (uint32_t) i;
        if (seats != NULL)
            seats[i] = list->items[i].seat;
    }
    ev->seats[dimension] = (struct seats){seats, is_crowded ? (uint32_t) list->count : 0};
    ev->is_full = ev->is_full || list->count >= most;
    d->shown.members = d->spellings = names;
    d->shown.member_count = (uint32_t) list->count;
    d->shown.at_most =
        most < list->count ? (uint32_t) list->count : most; /* with those that take no place: cells are counted by it */
    d->by_bytes = by_bytes;
    return true;
}

MUST_CHECK static bool take_keys(struct eval *ev, const struct engine_input *in, struct named_list *lists)
{
    const struct terms *t = in->terms;
    for (size_t i = 0; i < in->fact_count; i++) {
        const struct engine_fact *fact = &in->facts[i];
        bool is_found = fact->standing != ENGINE_PENDING && (fact->standing != ENGINE_UNKNOWN || fact->is_blocked);
        if (is_found && fact->metric < t->metric_count &&
            !take_key(ev, t, &t->metrics[fact->metric].shape, fact->key, fact_order(fact), lists))
            return false;
    }
    for (size_t i = 0; i < in->record_count; i++) {
        const struct engine_record *record = &in->records[i];
        if (record->rule < t->rule_count && money_sign(record->stands) != 0 &&
            !take_key(ev, t, &t->rules[record->rule].shape, record->key, 0, lists))
            return false;
    }
    return true;
}

/* A member by one text of a contract is a member by all of them, whichever of them has its results and its instances. */
MUST_CHECK static bool take_all_keys(struct eval *ev, struct named_list *lists)
{
    for (size_t k = 0; ev->texts != NULL && k < ev->texts->count; k++)
        if (k != ev->text && !take_keys(ev, &ev->texts->items[k].input, lists))
            return false;
    return take_keys(ev, ev->in, lists);
}

/* All open dimensions have members: ev->dimensions is set. */
MUST_CHECK static bool find_members(struct eval *ev, struct arena *arena)
{
    uint32_t count = ev->t->dimension_count;
    struct dimension *dims = EVAL_NEW(ev, count, struct dimension);
    struct named_list *lists = EVAL_SCRATCH(ev, count, struct named_list);
    ev->seats = EVAL_NEW(ev, count, struct seats);
    if (dims == NULL || lists == NULL || ev->seats == NULL)
        return false;
    for (uint32_t i = 0; i < count; i++)
        lists[i].arena = arena;
    if (!take_all_keys(ev, lists))
        return false;
    memcpy(dims, ev->t->dimensions, count * sizeof *dims);
    for (uint32_t i = 0; i < count; i++)
        if (dimension_is_open(&dims[i]) && !set_members(ev, i, &dims[i], &lists[i]))
            return false;
    ev->dimensions = dims;
    return true;
}

bool members_find(struct eval *ev)
{
    bool has_open = false;
    ev->dimensions = ev->t->dimensions;
    for (uint32_t i = 0; i < ev->t->dimension_count; i++)
        has_open = has_open || dimension_is_open(&ev->t->dimensions[i]);
    if (!has_open)
        return true;
    struct arena *arena = arena_new(EVALUATION_BYTES_MAX);
    if (arena == NULL) {
        ev->rc = err_set(ev->err, TALLY_E_NO_MEMORY, "no memory for an evaluation");
        return false;
    }
    bool is_found = find_members(ev, arena);
    arena_free(arena);
    return is_found;
}

/* ---- who gives up a place ---- */

static size_t text_count(const struct eval *ev)
{
    return ev->texts == NULL ? 1 : ev->texts->count;
}

static struct eval *text_at(struct eval *ev, size_t k)
{
    return ev->texts == NULL ? ev : ev->texts->items[k].ev;
}

/* The member of `of` keeps its seat, by this text too. */
static void keep_seat(struct eval *ev, const struct eval *of, uint32_t dimension, uint32_t member)
{
    uint32_t same = same_open(ev->t, of->t, dimension);
    if (same == TERMS_NONE || ev->seats[same].count == 0)
        return;
    if (ev != of)
        member = dimension_find(&ev->dimensions[same], of->dimensions[dimension].shown.members[member]);
    if (member < ev->seats[same].count)
        ev->seats[same].items[member] = 0;
}

/* Whoever has something afterwards is not left with nothing. */
static void keep_who_has_something(struct eval *ev, const struct eval *of)
{
    uint32_t members[DIMENSIONS_MAX];
    for (uint32_t r = 0; r < of->t->rule_count; r++) {
        const struct shape *shape = &of->t->rules[r].shape;
        for (size_t i = 0; (of->texts == NULL || texts_owns(of, r)) && i < of->rules[r].count; i++) {
            if (of->rules[r].items[i].target == 0)
                continue;
            shape_bind(of->dimensions, shape, of->rules[r].items[i].cell, members);
            for (uint32_t k = 0; k < shape->count; k++)
                if (dimension_is_open(&of->t->dimensions[shape->dims[k]]))
                    keep_seat(ev, of, shape->dims[k], members[shape->dims[k]]);
        }
    }
}

static bool has_seats(const struct eval *ev)
{
    bool has_any = false;
    for (uint32_t d = 0; ev->seats != NULL && d < ev->t->dimension_count; d++)
        has_any = has_any || ev->seats[d].count > 0;
    return has_any;
}

/* By several texts it may be there several times, which does no harm. */
MUST_CHECK static bool vacate(struct eval *ev, struct slice dimension, struct slice name, struct arena *arena,
                              const struct vacated **vacated)
{
    struct vacated *v = ARENA_NEW(arena, struct vacated);
    if (v == NULL) {
        ev->rc = err_set(ev->err, TALLY_E_LIMIT, "no memory left for an evaluation");
        return false;
    }
    *v = (struct vacated){dimension, name, (struct vacated *) (uintptr_t) *vacated};
    *vacated = v;
    return true;
}

bool members_vacate(struct eval *master, struct arena *arena, const struct vacated **vacated, bool *is_again)
{
    *is_again = false;
    for (size_t k = 0; k < text_count(master); k++) {
        struct eval *ev = text_at(master, k);
        if (!has_seats(ev))
            continue;
        for (size_t i = 0; i < text_count(master); i++)
            keep_who_has_something(ev, text_at(master, i));
        for (uint32_t d = 0; d < ev->t->dimension_count; d++)
            for (uint32_t m = 0; m < ev->seats[d].count; m++) {
                if (ev->seats[d].items[m] != SEAT_STANDS)
                    continue;
                if (!vacate(master, ev->t->dimensions[d].shown.name, ev->dimensions[d].shown.members[m], arena, vacated))
                    return false;
                *is_again = true;
            }
    }
    return true;
}

bool members_have_gone(const struct eval *ev, const struct shape *shape, const uint32_t *members)
{
    bool is_gone = false;
    for (uint32_t i = 0; ev->vacated != NULL && i < shape->count; i++) {
        const struct seats *seats = &ev->seats[shape->dims[i]];
        uint32_t member = members[shape->dims[i]];
        is_gone = is_gone || (member < seats->count && seats->items[member] == SEAT_GIVEN_UP);
    }
    return is_gone;
}

bool members_of_cell_have_gone(const struct eval *ev, const struct shape *shape, uint64_t cell)
{
    uint32_t members[DIMENSIONS_MAX];
    if (ev->vacated == NULL)
        return false;
    shape_bind(ev->dimensions, shape, cell, members);
    return members_have_gone(ev, shape, members);
}

bool members_are_strangers(const struct eval *ev, const struct shape *shape, struct slice key)
{
    struct slice parts[DIMENSIONS_MAX];
    bool has_open = false;
    if (!key_parts(key, shape->count, parts))
        return false;
    for (uint32_t i = 0; i < shape->count; i++) {
        const struct dimension *d = &ev->dimensions[shape->dims[i]];
        if (!dimension_is_open(d) && dimension_find(d, parts[i]) == TERMS_NONE)
            return false;
        has_open = has_open || dimension_is_open(d);
    }
    return has_open;
}
