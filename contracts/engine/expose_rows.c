/* step, linear and bands on a range of x. Where bounds and values are constants, linear and bands are exact: their extremes lie at
 * the ends of x and at the bounds between. */
#include "expose.h"

/* ---- step ---- */

unsigned expose_holding(enum ast_bound bound)
{
    switch (bound) {
    case AST_BOUND_AT_LEAST:
        return RANGE_ABOVE | RANGE_EQUAL;
    case AST_BOUND_ABOVE:
        return RANGE_ABOVE;
    case AST_BOUND_AT_MOST:
        return RANGE_BELOW | RANGE_EQUAL;
    case AST_BOUND_BELOW:
        return RANGE_BELOW;
    }
    return 0; /* not covered: there is no other bound */
}

/* Which rows may decide: one that may hold, unless one that comes before it in deciding surely does. Upper bounds are looked at
 * from the first on, lower ones from the last. */
static void join_row(struct exposing *ex, const struct node *n, const struct range *x, uint32_t row, bool *is_decided,
                     struct range *out)
{
    const struct node_row *r = &n->u.rows.rows[row];
    struct range v;
    range_init(&v);
    expose_node(ex, r->at, &v);
    unsigned orders = n->a->type.kind == TYPE_NUMBER ? range_orders(x, &v) : range_day_orders(x, &v);
    bool may_hold = !v.is_none && (orders & expose_holding(r->bound)) != 0;
    *is_decided = v.is_none || (orders & ~expose_holding(r->bound)) == 0;
    if (may_hold) {
        expose_node(ex, r->value, &v);
        range_join(out, &v);
    }
    range_clear(&v);
}

void expose_step(struct exposing *ex, const struct node *n, struct range *out)
{
    struct range x, otherwise;
    bool is_decided = false;
    uint32_t count = n->u.rows.count;
    range_init(&x);
    range_init(&otherwise);
    expose_node(ex, n->a, &x);
    range_set_none(out);
    for (uint32_t i = 0; !x.is_none && !is_decided && i < count; i++)
        join_row(ex, n, &x, n->u.rows.is_upper ? i : count - 1 - i, &is_decided, out);
    if (!x.is_none && !is_decided) {
        expose_node(ex, n->c, &otherwise);
        range_join(out, &otherwise);
    }
    range_clear(&x);
    range_clear(&otherwise);
}

/* ---- a line of pieces ---- */

struct
    pieces { /* constant bounds that rise, and the value at each; beyond the first and the last it goes on by these slopes */
    uint32_t count;
    struct range *at, *value; /* points */
    struct range before, after;
};

/* The value at x, which lies between two bounds or beyond them all. */
static void piece_value(const struct pieces *p, const struct range *x, struct range *out)
{
    uint32_t i = 0;
    struct range slope;
    range_init(&slope);
    while (i + 1 < p->count && end_compare(&p->at[i + 1].low, &x->low) <= 0)
        i++;
    bool is_before = end_compare(&x->low, &p->at[0].low) < 0;
    if (is_before) {
        range_set(&slope, &p->before);
    } else if (i + 1 == p->count) {
        range_set(&slope, &p->after);
    } else {
        struct range width;
        range_init(&width);
        range_subtract(&width, &p->at[i + 1], &p->at[i]);
        range_subtract(&slope, &p->value[i + 1], &p->value[i]);
        range_divide(&slope, &slope, &width);
        range_clear(&width);
    }
    range_subtract(out, x, &p->at[i]);
    range_multiply(out, out, &slope);
    range_add(out, out, &p->value[i]);
    range_clear(&slope);
}

static void join_value(const struct pieces *p, const struct end *x, struct range *out)
{
    struct range point, value;
    range_init(&point);
    range_init(&value);
    mpq_set(point.low.at, x->at);
    mpq_set(point.high.at, x->at);
    point.low.infinite = point.high.infinite = x->infinite;
    piece_value(p, &point, &value);
    range_join(out, &value);
    range_clear(&point);
    range_clear(&value);
}

static void pieces_range(const struct pieces *p, const struct range *x, struct range *out)
{
    range_set_none(out);
    join_value(p, &x->low, out);
    join_value(p, &x->high, out);
    for (uint32_t i = 0; i < p->count; i++)
        if (end_compare(&p->at[i].low, &x->low) > 0 && end_compare(&p->at[i].low, &x->high) < 0)
            range_join(out, &p->value[i]);
}

/* Do they rise, and is each a single number? */
static bool are_rising_points(const struct range *ranges, uint32_t count, bool rise)
{
    bool ok = true;
    for (uint32_t i = 0; i < count; i++) {
        ok = ok && !ranges[i].is_none && range_is_point(&ranges[i]);
        ok = ok && (!rise || i == 0 || mpq_cmp(ranges[i - 1].low.at, ranges[i].low.at) < 0);
    }
    return ok;
}

/* at[], then for linear value[]. NULL: no memory. */
static struct range *row_ranges(struct exposing *ex, const struct node *n)
{
    uint32_t count = n->u.rows.count;
    struct range *ranges = expose_ranges(ex, (size_t) count * 2);
    for (uint32_t i = 0; ranges != NULL && i < count; i++) {
        expose_node(ex, n->u.rows.rows[i].at, &ranges[i]);
        if (n->op == NODE_LINEAR)
            expose_node(ex, n->u.rows.rows[i].value, &ranges[count + i]);
    }
    return ranges;
}

/* ---- linear ---- */

static void slope_of(struct range *out, const struct pieces *p, uint32_t i)
{
    struct range width;
    range_init(&width);
    range_subtract(&width, &p->at[i + 1], &p->at[i]);
    range_subtract(out, &p->value[i + 1], &p->value[i]);
    range_divide(out, out, &width);
    range_clear(&width);
}

/* Between two rows it lies between their values; beyond them, unless it is flat, anywhere. */
static void loose_linear(const struct node *n, const struct range *ranges, struct range *out)
{
    if (n->u.rows.is_extended) {
        range_set_line(out);
        return;
    }
    range_set_none(out);
    for (uint32_t i = 0; i < n->u.rows.count; i++)
        range_join(out, &ranges[n->u.rows.count + i]);
}

void expose_linear(struct exposing *ex, const struct node *n, struct range *out)
{
    uint32_t count = n->u.rows.count;
    struct range x, *ranges = row_ranges(ex, n);
    range_init(&x);
    expose_node(ex, n->a, &x);
    if (ranges == NULL) {
        range_set_line(out); /* not covered: only without memory */
    } else if (x.is_none) {
        range_set_none(out);
    } else if (!are_rising_points(ranges, count, true) || !are_rising_points(ranges + count, count, false)) {
        loose_linear(n, ranges, out);
    } else {
        struct pieces p = {.count = count, .at = ranges, .value = ranges + count};
        range_init(&p.before);
        range_init(&p.after);
        if (n->u.rows.is_extended) {
            slope_of(&p.before, &p, 0);
            slope_of(&p.after, &p, count - 2);
        }
        pieces_range(&p, &x, out);
        range_clear(&p.before);
        range_clear(&p.after);
    }
    expose_ranges_clear(ranges, (size_t) count * 2);
    range_clear(&x);
}

/* ---- bands ---- */

/* The rate of row i on `width`, added to out. */
static void add_band(const struct node *n, uint32_t i, const struct range *width, struct range *out)
{
    struct range part;
    range_init(&part);
    range_set_number(&part, n->u.rows.rows[i].value->u.rate.factor);
    range_multiply(&part, &part, width);
    range_add(out, out, &part);
    range_clear(&part);
}

/* Each rate on somewhere between nothing and all of x from its bound on. */
static void loose_bands(const struct node *n, const struct range *x, const struct range *at, struct range *out)
{
    struct range width, zero;
    range_init(&width);
    range_init(&zero);
    range_set_whole(out, 0, 0);
    for (uint32_t i = 0; i < n->u.rows.count; i++) {
        range_subtract(&width, x, &at[i]);
        range_max(&width, &zero);
        range_join(&width, &zero);
        add_band(n, i, &width, out);
    }
    range_clear(&width);
    range_clear(&zero);
}

void expose_bands(struct exposing *ex, const struct node *n, struct range *out)
{
    uint32_t count = n->u.rows.count;
    struct range x, *ranges = row_ranges(ex, n);
    range_init(&x);
    expose_node(ex, n->a, &x);
    if (ranges == NULL) {
        range_set_line(out); /* not covered: only without memory */
    } else if (x.is_none) {
        range_set_none(out);
    } else if (!are_rising_points(ranges, count, true)) {
        loose_bands(n, &x, ranges, out);
    } else {
        struct pieces p = {.count = count, .at = ranges, .value = ranges + count};
        struct range width;
        range_init(&width);
        range_init(&p.before); /* nothing below the first */
        range_init(&p.after);
        range_set_number(&p.after, n->u.rows.rows[count - 1].value->u.rate.factor);
        for (uint32_t i = 1; i < count; i++) {
            range_subtract(&width, &p.at[i], &p.at[i - 1]);
            range_set(&p.value[i], &p.value[i - 1]);
            add_band(n, i - 1, &width, &p.value[i]);
        }
        pieces_range(&p, &x, out);
        range_clear(&width);
        range_clear(&p.before);
        range_clear(&p.after);
    }
    expose_ranges_clear(ranges, (size_t) count * 2);
    range_clear(&x);
}
