/* portion: a pot shared out by weights, to whole smallest amounts that sum to it (language.md N5). All parts come together, once
 * for each pot, and are remembered at their keys; that it was shared out, or why it cannot be, is remembered once for all of them. */
#include <stdlib.h>

#include "eval.h"

#define POT_MEMO UINT32_C(0x10000000) /* above all that a text numbers, below the keys of aggregates */

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
    ev->steps += !is_found;
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

/* Goes on to the next combination, the last dimension fastest; false: there is none. */
static bool next_members(struct eval *ev, const struct node *n)
{
    for (uint32_t i = n->u.aggregate.over_count; i-- > 0;) {
        uint32_t dim = n->u.aggregate.over[i].dimension;
        if (++ev->bound[dim] < ev->dimensions[dim].shown.member_count)
            return true;
        ev->bound[dim] = 0;
    }
    return false;
}

static void bind_first(struct eval *ev, const struct node *n)
{
    for (uint32_t i = 0; i < n->u.aggregate.over_count; i++)
        ev->bound[n->u.aggregate.over[i].dimension] = 0;
}

static enum known take_weights(struct eval *ev, const struct node *n, struct parts *parts, mpq_ptr sum)
{
    uint32_t fixed[DIMENSIONS_MAX];
    struct keys keys;
    enum known known = eval_indexes(ev, n, n->u.aggregate.of_indexes, fixed);
    if (known == KNOWN)
        known = eval_set_closed(ev, n, fixed);
    if (known != KNOWN)
        return known;
    if (n->u.aggregate.is_open) { /* K2 */
        if (!keys_begin(ev, n, fixed, &keys))
            return BROKEN;
        while (known == KNOWN && keys_next(ev, &keys))
            known = take_weight(ev, n, fixed, parts, sum);
        keys_end(ev, &keys);
    } else {
        bind_first(ev, n);
        do
            known = take_weight(ev, n, fixed, parts, sum);
        while (known == KNOWN && next_members(ev, n));
    }
    if (known == KNOWN && mpq_sgn(sum) == 0)
        return eval_fault(ev, n, "the weights sum to zero");
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

/* Each part to its key, and that of `cell` into dest: 0 if it is not among them. */
static enum known keep_parts(struct eval *ev, const struct node *n, const struct parts *parts, bool is_negative,
                             uint64_t cell, mpq_ptr dest)
{
    const struct currency *currency = &ev->t->currencies[n->u.aggregate.currency];
    mpq_set_ui(dest, 0, 1);
    for (size_t i = 0; i < parts->count; i++) {
        const struct part *part = &parts->items[i];
        const struct slot *kept = part->cell == cell ? NULL : eval_find(ev, n->u.aggregate.memo, part->cell);
        struct value v = {.number = part->weight};
        mpq_mul(part->weight, part->weight, currency->unit);
        if (is_negative)
            mpq_neg(part->weight, part->weight);
        if (part->cell == cell)
            mpq_set(dest, part->weight);
        else if ((kept == NULL || kept->state != SLOT_DONE) &&
                 eval_finish(ev, n->u.aggregate.memo, part->cell, TYPE_NUMBER, &v, KNOWN) != KNOWN)
            return BROKEN;
        eval_unkeep(ev, part->weight);
        eval_unkeep(ev, part->remains);
    }
    return KNOWN;
}

/* The parts of the pot at the bound members, each to its key. What is not found among the weights has no part. */
static enum known share_pot(struct eval *ev, const struct node *n, uint64_t cell, mpq_ptr dest)
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
        return known;
    number_round(smallest, pot.number, currency->unit, currency->mode);
    mpq_div(smallest, smallest, currency->unit);
    bool is_negative = mpq_sgn(smallest) < 0;
    mpq_abs(smallest, smallest);
    share_out(&parts, smallest, sum);
    return keep_parts(ev, n, &parts, is_negative, cell, dest);
}

/* Whatever member is bound, of those among whom it is shared out. */
static uint64_t pot_cell(const struct eval *ev, const struct node *n)
{
    uint32_t members[DIMENSIONS_MAX];
    memcpy(members, ev->bound, sizeof members);
    for (uint32_t i = 0; i < n->u.aggregate.over_count; i++)
        members[n->u.aggregate.over[i].dimension] = 0;
    return shape_cell(ev->dimensions, &n->u.aggregate.shape, members);
}

/* The pot was shared out, and the bound member has no part that is kept. A session forgets what nobody needs (track.c): it asks again. */
static enum known is_without_part(struct eval *ev, const struct node *n, bool *is_without)
{
    uint32_t fixed[DIMENSIONS_MAX];
    struct value v;
    bool is_found = true;
    *is_without = true;
    if (ev->session == NULL)
        return KNOWN;
    enum known known = eval_indexes(ev, n, n->u.aggregate.of_indexes, fixed);
    if (known == KNOWN)
        known = eval_is_member(ev, n, fixed, &is_found);
    if (known == KNOWN && is_found && n->c != NULL) {
        known = eval_node(ev, n->c, &v);
        is_found = known == KNOWN && v.word == 1;
    }
    *is_without = !is_found;
    return known;
}

static enum known portion_value(struct eval *ev, const struct node *n, uint64_t cell, mpq_ptr dest, struct value *out)
{
    uint32_t memo = POT_MEMO + n->u.aggregate.memo;
    uint64_t pot = pot_cell(ev, n);
    struct value shared = {.word = 1};
    bool is_without = false;
    enum known known = KNOWN;
    mpq_set_ui(dest, 0, 1);
    if (!eval_recall(ev, memo, pot, TYPE_TRUTH, &shared, &known)) {
        known = eval_begin(ev, memo, pot, n);
        if (known == KNOWN)
            known = eval_finish(ev, memo, pot, TYPE_TRUTH, &shared, share_pot(ev, n, cell, dest));
    } else if (known == KNOWN) {
        known = is_without_part(ev, n, &is_without);
        if (known == KNOWN && !is_without)
            known = share_pot(ev, n, cell, dest); /* not covered: what waits for a day is unknown, and has no parts */
    }
    return known == KNOWN ? eval_checked(ev, n, dest, out) : known;
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
    for (uint32_t i = 0; i < n->u.aggregate.over_count; i++)
        before[i] = ev->bound[n->u.aggregate.over[i].dimension];
    known = portion_value(ev, n, cell, dest, out);
    for (uint32_t i = 0; i < n->u.aggregate.over_count; i++)
        ev->bound[n->u.aggregate.over[i].dimension] = before[i];
    return eval_finish(ev, n->u.aggregate.memo, cell, TYPE_NUMBER, out, known);
}
