/* portion: a pot shared out by weights, to whole smallest amounts that sum to it (language.md N5). All parts come together, once
 * for each pot, and are remembered at their keys. */
#include <stdlib.h>

#include "eval.h"

struct part {
    uint64_t cell;   /* of the memo */
    uint32_t place;  /* in the order of D2 */
    mpq_ptr weight;  /* at first; then the part, in smallest amounts, without sign */
    mpq_ptr remains; /* what was cut from it */
};

struct parts {
    struct part *items;
    size_t count, cap;
};

MUST_CHECK static bool parts_add(struct eval *ev, struct parts *parts, uint64_t cell, mpq_srcptr weight)
{
    if (parts->count == parts->cap) {
        size_t cap = grow_list(parts->cap, 16);
        struct part *grown = EVAL_SCRATCH(ev, cap, struct part);
        if (grown == NULL)
            return false;
        if (parts->count > 0)
            memcpy(grown, parts->items, parts->count * sizeof *grown);
        parts->items = grown;
        parts->cap = cap;
    }
    struct part part = {cell, (uint32_t) parts->count, eval_keep(ev), eval_keep(ev)};
    if (part.weight == NULL || part.remains == NULL)
        return false;
    mpq_set(part.weight, weight);
    parts->items[parts->count++] = part;
    return true;
}

/* The weight of one combination of members; *sum grows by it. */
static enum known take_weight(struct eval *ev, const struct node *n, const uint32_t *fixed, struct parts *parts,
                              mpq_ptr sum)
{
    struct value v;
    bool is_found = false;
    size_t mark = ev->sp;
    enum known known = eval_is_member(ev, n, fixed, &is_found);
    if (known != KNOWN || !is_found)
        return known;
    if (n->c != NULL) {
        known = eval_node(ev, n->c, &v);
        if (known != KNOWN || v.word == 0)
            return known;
    }
    known = eval_node(ev, n->a, &v);
    if (known == KNOWN && mpq_sgn(v.number) < 0)
        known = eval_fault(ev, n, "a weight below zero: %.*s", SLICE_ARG(eval_number_text(ev, v.number)));
    if (known == KNOWN) {
        mpq_add(sum, sum, v.number);
        if (!number_fits(sum))
            known = eval_fault(ev, n, "a number of more than %d bits", ENGINE_BITS_MAX);
    }
    if (known == KNOWN && !parts_add(ev, parts, shape_cell(ev->dimensions, &n->u.aggregate.shape, ev->bound), v.number))
        known = BROKEN;
    ev->sp = mark;
    return known;
}

static void bind_at(struct eval *ev, uint32_t dimension, uint32_t place)
{
    ev->bound[dimension] = ev->dimensions[dimension].shown.member_count == 0 ? 0 : eval_member_at(ev, dimension, place);
}

/* Goes on to the next combination, the last dimension fastest; false: there is none, and all are at their first member again. */
static bool next_members(struct eval *ev, const struct node *n, uint32_t *places)
{
    for (uint32_t i = n->u.aggregate.over_count; i-- > 0;) {
        uint32_t dim = n->u.aggregate.over[i].dimension;
        bool is_last = ++places[i] >= ev->dimensions[dim].shown.member_count;
        if (is_last)
            places[i] = 0;
        bind_at(ev, dim, places[i]);
        if (!is_last)
            return true;
    }
    return false;
}

static void bind_first(struct eval *ev, const struct node *n, uint32_t *places)
{
    for (uint32_t i = 0; i < n->u.aggregate.over_count; i++) {
        places[i] = 0;
        bind_at(ev, n->u.aggregate.over[i].dimension, 0);
    }
}

static enum known take_weights(struct eval *ev, const struct node *n, struct parts *parts, mpq_ptr sum)
{
    uint32_t fixed[DIMENSIONS_MAX], places[DIMENSIONS_MAX];
    enum known known = eval_indexes(ev, n, n->u.aggregate.of_indexes, fixed);
    if (known == KNOWN)
        known = eval_set_closed(ev, n, fixed);
    if (known != KNOWN)
        return known;
    bind_first(ev, n, places);
    do
        known = take_weight(ev, n, fixed, parts, sum);
    while (known == KNOWN && next_members(ev, n, places));
    if (known == KNOWN && mpq_sgn(sum) == 0)
        return eval_fault(ev, n, "the weights sum to zero");
    return known;
}

/* Nobody else need look for what cannot be known. */
static enum known fail_all(struct eval *ev, const struct node *n, uint64_t cell, enum known known)
{
    struct value none = {0};
    uint32_t places[DIMENSIONS_MAX];
    if (known == BROKEN)
        return known;
    bind_first(ev, n, places);
    do {
        uint64_t other = shape_cell(ev->dimensions, &n->u.aggregate.shape, ev->bound);
        if (other != cell && eval_finish(ev, n->u.aggregate.memo, other, TYPE_NUMBER, &none, known) == BROKEN)
            return BROKEN;
    } while (next_members(ev, n, places));
    return known;
}

static int order_of_remains(const void *a, const void *b)
{
    const struct part *x = a, *y = b;
    int order = mpq_cmp(y->remains, x->remains);
    return order != 0 ? order : (x->place > y->place) - (x->place < y->place);
}

/* pot: a whole number of smallest amounts, without sign. Afterwards weight is the part. */
static void share_out(struct parts *parts, mpq_srcptr pot, mpq_srcptr sum)
{
    mpz_t whole, left;
    mpz_init(whole);
    mpz_init_set(left, mpq_numref(pot));
    for (size_t i = 0; i < parts->count; i++) {
        struct part *part = &parts->items[i];
        mpq_mul(part->weight, part->weight, pot);
        mpq_div(part->weight, part->weight, sum);
        mpz_fdiv_q(whole, mpq_numref(part->weight), mpq_denref(part->weight));
        mpq_set(part->remains, part->weight);
        mpq_set_z(part->weight, whole);
        mpq_sub(part->remains, part->remains, part->weight);
        mpz_sub(left, left, whole);
    }
    qsort(parts->items, parts->count, sizeof *parts->items, order_of_remains);
    for (size_t i = 0; i < parts->count && mpz_sgn(left) > 0; i++, mpz_sub_ui(left, left, 1))
        mpz_add(mpq_numref(parts->items[i].weight), mpq_numref(parts->items[i].weight), mpq_denref(parts->items[i].weight));
    ENSURE(mpz_sgn(left) == 0); /* less than one was cut from each */
    mpz_clears(whole, left, NULL);
}

/* The parts of the pot at the bound members, each to its key. What is not found among the weights has no part. */
static enum known portion_value(struct eval *ev, const struct node *n, uint64_t cell, mpq_ptr dest, struct value *out)
{
    const struct currency *currency = &ev->t->currencies[n->u.aggregate.currency];
    struct value pot;
    struct parts parts = {0};
    mpq_ptr sum = eval_push(ev), smallest = eval_push(ev);
    if (sum == NULL || smallest == NULL)
        return BROKEN;
    mpq_set_ui(sum, 0, 1);
    enum known known = eval_node(ev, n->b, &pot);
    if (known == KNOWN)
        known = take_weights(ev, n, &parts, sum);
    if (known == KNOWN)
        known = trace_keep_count(ev, n, parts.count) ? KNOWN : BROKEN;
    for (size_t i = 0; known != KNOWN && i < parts.count; i++) {
        eval_unkeep(ev, parts.items[i].weight);
        eval_unkeep(ev, parts.items[i].remains);
    }
    if (known != KNOWN)
        return fail_all(ev, n, cell, known);
    number_round(smallest, pot.number, currency->unit, currency->mode);
    mpq_div(smallest, smallest, currency->unit);
    int sign = mpq_sgn(smallest);
    mpq_abs(smallest, smallest);
    share_out(&parts, smallest, sum);
    mpq_set_ui(dest, 0, 1);
    for (size_t i = 0; i < parts.count; i++) {
        const struct part *part = &parts.items[i];
        struct value v = {.number = part->weight};
        mpq_mul(part->weight, part->weight, currency->unit);
        if (sign < 0)
            mpq_neg(part->weight, part->weight);
        if (part->cell == cell)
            mpq_set(dest, part->weight);
        else if (eval_finish(ev, n->u.aggregate.memo, part->cell, TYPE_NUMBER, &v, KNOWN) != KNOWN)
            return BROKEN;
        eval_unkeep(ev, part->weight);
        eval_unkeep(ev, part->remains);
    }
    return eval_checked(ev, n, dest, out);
}

/* The pot, and the weights where they are listed. */
static enum known tell_weights(struct eval *ev, const struct node *n)
{
    uint32_t before[DIMENSIONS_MAX];
    struct value pot;
    struct parts parts = {0};
    size_t mark = ev->sp;
    mpq_ptr sum = eval_push(ev);
    if (sum == NULL)
        return BROKEN; /* not covered: a place that was taken before is there */
    mpq_set_ui(sum, 0, 1);
    memcpy(before, ev->bound, sizeof before);
    enum known known = eval_node(ev, n->b, &pot);
    if (known == KNOWN && trace_lists(ev, n))
        known = take_weights(ev, n, &parts, sum);
    for (size_t i = 0; i < parts.count; i++) {
        eval_unkeep(ev, parts.items[i].weight);
        eval_unkeep(ev, parts.items[i].remains);
    }
    memcpy(ev->bound, before, sizeof before);
    ev->sp = mark;
    return known;
}

static enum known portion_aloud(struct eval *ev, const struct node *n, uint64_t cell, mpq_ptr dest, struct value *out)
{
    if (trace_enters(ev, n->u.aggregate.memo, cell) && tell_weights(ev, n) == BROKEN)
        return BROKEN;
    struct trace *trace = trace_pause(ev);
    enum known known = eval_portion(ev, n, dest, out);
    trace_resume(ev, trace);
    return known;
}

enum known eval_portion(struct eval *ev, const struct node *n, mpq_ptr dest, struct value *out)
{
    uint64_t cell = shape_cell(ev->dimensions, &n->u.aggregate.shape, ev->bound);
    uint32_t before[DIMENSIONS_MAX];
    enum known known = KNOWN;
    if (ev->trace != NULL)
        return portion_aloud(ev, n, cell, dest, out);
    if (eval_recall(ev, n->u.aggregate.memo, cell, TYPE_NUMBER, out, &known))
        return known;
    known = eval_begin(ev, n->u.aggregate.memo, cell, n);
    if (known != KNOWN)
        return known;
    for (uint32_t i = 0; i < n->u.aggregate.over_count; i++) {
        before[i] = ev->bound[n->u.aggregate.over[i].dimension];
        track_members(ev, n->u.aggregate.over[i].dimension);
    }
    known = portion_value(ev, n, cell, dest, out);
    for (uint32_t i = 0; i < n->u.aggregate.over_count; i++)
        ev->bound[n->u.aggregate.over[i].dimension] = before[i];
    return eval_finish(ev, n->u.aggregate.memo, cell, TYPE_NUMBER, out, known);
}
