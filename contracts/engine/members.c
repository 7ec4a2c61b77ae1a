/* The members of open dimensions in an evaluation: those that final results name, and those for whom something stands (I1), at
 * most as many as the text allows (S7), numbered in the order of their bytes (D2). */
#include <stdlib.h>

#include "eval.h"

struct named {
    struct slice name;
    uint64_t order; /* of S7: the entry in which its first result became final; 0: something stands for it */
};

struct named_list {
    struct named *items;
    size_t count, cap;
};

MUST_CHECK static bool named_add(struct eval *ev, struct named_list *list, struct slice name, uint64_t order)
{
    if (list->count == list->cap) {
        size_t cap = grow_list(list->cap, 64);
        struct named *grown = EVAL_SCRATCH(ev, cap, struct named);
        if (grown == NULL)
            return false;
        if (list->count > 0)
            memcpy(grown, list->items, list->count * sizeof *grown);
        list->items = grown;
        list->cap = cap;
    }
    list->items[list->count++] = (struct named){name, order};
    return true;
}

/* The open parts of a key, each to the list of its dimension. A key of another form is reported where it is read. */
MUST_CHECK static bool take_key(struct eval *ev, const struct shape *shape, struct slice key, uint64_t order,
                                struct named_list *lists)
{
    struct slice parts[DIMENSIONS_MAX];
    if (!key_parts(key, shape->count, parts))
        return true;
    for (uint32_t i = 0; i < shape->count; i++)
        if (dimension_is_open(&ev->t->dimensions[shape->dims[i]]) &&
            !named_add(ev, &lists[shape->dims[i]], parts[i], order))
            return false;
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

/* Each name once, with the first order that it has; the first `at_most` to come; by their bytes. */
static void choose(struct named_list *list, uint32_t at_most)
{
    size_t kept = 0;
    if (list->count == 0)
        return;
    qsort(list->items, list->count, sizeof *list->items, order_of_names);
    for (size_t i = 0; i < list->count; i++)
        if (i == 0 || !slice_equal(list->items[i].name, list->items[kept - 1].name))
            list->items[kept++] = list->items[i];
    list->count = kept;
    if (kept <= at_most)
        return;
    qsort(list->items, kept, sizeof *list->items, order_of_coming);
    list->count = at_most;
    qsort(list->items, at_most, sizeof *list->items, order_of_names);
}

MUST_CHECK static bool set_members(struct eval *ev, struct dimension *d, const struct named_list *list)
{
    struct slice *names = EVAL_NEW(ev, list->count, struct slice);
    uint32_t *by_bytes = EVAL_NEW(ev, list->count, uint32_t);
    if (names == NULL || by_bytes == NULL)
        return false;
    for (size_t i = 0; i < list->count; i++) {
        names[i] = list->items[i].name;
        by_bytes[i] = (uint32_t) i;
    }
    d->shown.members = d->spellings = names;
    d->shown.member_count = (uint32_t) list->count;
    d->by_bytes = by_bytes;
    return true;
}

static uint32_t dimension_named(const struct terms *t, struct slice name)
{
    for (uint32_t i = 0; i < t->dimension_count; i++)
        if (slice_equal(t->dimensions[i].shown.name, name))
            return i;
    return TERMS_NONE;
}

/* The open parts of a key by another text, each to the list of the dimension of its name. */
MUST_CHECK static bool take_other_key(struct eval *ev, const struct terms *other, const struct engine_fact *fact,
                                      uint64_t order, struct named_list *lists)
{
    const struct shape *shape = &other->metrics[fact->metric].shape;
    struct slice parts[DIMENSIONS_MAX];
    if (!key_parts(fact->key, shape->count, parts))
        return true;
    for (uint32_t i = 0; i < shape->count; i++) {
        uint32_t dim = dimension_named(ev->t, other->dimensions[shape->dims[i]].shown.name);
        if (dim != TERMS_NONE && dimension_is_open(&ev->t->dimensions[dim]) && !named_add(ev, &lists[dim], parts[i], order))
            return false;
    }
    return true;
}

/* A member that one text of a contract knows is a member by all of them. */
MUST_CHECK static bool take_other_texts(struct eval *ev, struct named_list *lists)
{
    for (size_t k = 0; k < ev->texts->count; k++) {
        const struct engine_input *in = &ev->texts->items[k].input;
        for (size_t i = 0; k != ev->text && i < in->fact_count; i++) {
            const struct engine_fact *fact = &in->facts[i];
            uint64_t order = fact_order(fact);
            bool is_found = fact->standing == ENGINE_FINAL || fact->standing == ENGINE_DISPUTED;
            if (is_found && fact->metric < in->terms->metric_count && !take_other_key(ev, in->terms, fact, order, lists))
                return false;
        }
    }
    return true;
}

MUST_CHECK static bool take_all_keys(struct eval *ev, struct named_list *lists)
{
    for (size_t i = 0; i < ev->in->fact_count; i++) {
        const struct engine_fact *fact = &ev->in->facts[i];
        uint64_t order = fact_order(fact);
        bool is_found = fact->standing != ENGINE_PENDING && (fact->standing != ENGINE_UNKNOWN || fact->is_blocked);
        if (is_found && fact->metric < ev->t->metric_count &&
            !take_key(ev, &ev->t->metrics[fact->metric].shape, fact->key, order, lists))
            return false;
    }
    for (size_t i = 0; i < ev->in->record_count; i++) {
        const struct engine_record *record = &ev->in->records[i];
        if (record->rule < ev->t->rule_count && money_sign(record->stands) != 0 &&
            !take_key(ev, &ev->t->rules[record->rule].shape, record->key, 0, lists))
            return false;
    }
    return ev->texts == NULL || take_other_texts(ev, lists);
}

bool members_find(struct eval *ev)
{
    uint32_t count = ev->t->dimension_count;
    bool has_open = false;
    ev->dimensions = ev->t->dimensions;
    for (uint32_t i = 0; i < count; i++)
        has_open = has_open || dimension_is_open(&ev->t->dimensions[i]);
    if (!has_open)
        return true;
    struct dimension *dims = EVAL_NEW(ev, count, struct dimension);
    struct named_list *lists = EVAL_NEW(ev, count, struct named_list);
    if (dims == NULL || lists == NULL || !take_all_keys(ev, lists))
        return false;
    memcpy(dims, ev->t->dimensions, count * sizeof *dims);
    for (uint32_t i = 0; i < count; i++) {
        if (!dimension_is_open(&dims[i]))
            continue;
        choose(&lists[i], dims[i].shown.at_most);
        ev->is_full = ev->is_full || lists[i].count >= dims[i].shown.at_most;
        if (!set_members(ev, &dims[i], &lists[i]))
            return false;
    }
    ev->dimensions = dims;
    return true;
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
