/* step, linear and bands: x, then all bounds, then only the rows that are used (M3). */
#include "eval.h"

static bool row_holds(enum ast_bound bound, int order)
{
    switch (bound) {
    case AST_BOUND_AT_LEAST:
        return order >= 0;
    case AST_BOUND_ABOVE:
        return order > 0;
    case AST_BOUND_AT_MOST:
        return order <= 0;
    case AST_BOUND_BELOW:
        return order < 0;
    }
    return false; /* not covered: every kind is above */
}

/* The row that decides: the last lower bound that holds, the first upper one; count: none. */
static enum known find_row(struct eval *ev, const struct node *n, uint32_t *row)
{
    struct value x;
    enum known known = eval_node(ev, n->a, &x);
    *row = n->u.rows.count;
    for (uint32_t i = 0; known == KNOWN && i < n->u.rows.count; i++) {
        struct value at;
        size_t mark = ev->sp;
        known = eval_node(ev, n->u.rows.rows[i].at, &at);
        if (known != KNOWN)
            return known;
        int order = n->a->type.kind == TYPE_NUMBER ? mpq_cmp(x.number, at.number) : (x.day > at.day) - (x.day < at.day);
        ev->sp = mark;
        if (row_holds(n->u.rows.rows[i].bound, order) && (!n->u.rows.is_upper || *row == n->u.rows.count))
            *row = i;
    }
    return known;
}

enum known eval_step(struct eval *ev, const struct node *n, struct value *out)
{
    uint32_t row = 0;
    enum known known = find_row(ev, n, &row);
    if (known != KNOWN)
        return known;
    bool is_otherwise = row == n->u.rows.count;
    const struct node *value = is_otherwise ? n->c : n->u.rows.rows[row].value;
    known = eval_node(ev, value, out);
    if (known == KNOWN && ev->trace != NULL) {
        struct span span = is_otherwise ? value->span : n->u.rows.rows[row].span;
        struct slice text = trace_text(ev, span);
        if (is_otherwise)
            text = arena_printf(ev->arena, "otherwise: %.*s", SLICE_ARG(text));
        trace_value(ev, span, text, &n->type, out);
    }
    return known;
}

/* The line through two rows, at x: v1 + (v2 - v1) (x - a1) / (a2 - a1). */
static enum known interpolate(struct eval *ev, const struct node *n, mpq_srcptr x, const mpq_srcptr *at,
                              const mpq_srcptr *value, mpq_ptr dest, struct value *out)
{
    mpq_ptr width = eval_push(ev);
    if (width == NULL)
        return BROKEN;
    mpq_sub(width, at[1], at[0]);
    mpq_sub(dest, x, at[0]);
    mpq_div(width, dest, width);
    mpq_sub(dest, value[1], value[0]);
    mpq_mul(dest, dest, width);
    mpq_add(dest, dest, value[0]);
    return eval_checked(ev, n, dest, out);
}

/* The two neighbouring bounds between which x lies, or the two that are nearest; *left: the row of the first. All bounds are
 * needed, and they rise, also where they are figures. */
static enum known find_interval(struct eval *ev, const struct node *n, mpq_srcptr x, mpq_srcptr *at, uint32_t *left)
{
    mpq_srcptr before = NULL;
    *left = 0;
    for (uint32_t i = 0; i < n->u.rows.count; i++) {
        struct value v;
        enum known known = eval_node(ev, n->u.rows.rows[i].at, &v);
        if (known != KNOWN)
            return known;
        if (before != NULL && mpq_cmp(before, v.number) >= 0)
            return eval_fault(ev, n, "bounds that do not rise: %.*s and %.*s", SLICE_ARG(eval_number_text(ev, before)),
                              SLICE_ARG(eval_number_text(ev, v.number)));
        before = v.number;
        if (i < 2) {
            at[i] = v.number;
        } else if (mpq_cmp(at[1], x) <= 0) {
            at[0] = at[1];
            at[1] = v.number;
            *left = i - 1;
        }
    }
    return KNOWN;
}

enum known eval_linear(struct eval *ev, const struct node *n, mpq_ptr dest, struct value *out)
{
    struct value x, v;
    mpq_srcptr at[2] = {NULL, NULL}, values[2];
    uint32_t left = 0;
    enum known known = eval_node(ev, n->a, &x);
    if (known == KNOWN)
        known = find_interval(ev, n, x.number, at, &left);
    if (known != KNOWN)
        return known;
    int low = mpq_cmp(x.number, at[0]), high = mpq_cmp(x.number, at[1]);
    if (low == 0 || (low < 0 && !n->u.rows.is_extended)) /* one row is enough (M3) */
        return eval_node(ev, n->u.rows.rows[left].value, out);
    if (high == 0 || (high > 0 && !n->u.rows.is_extended))
        return eval_node(ev, n->u.rows.rows[left + 1].value, out);
    for (uint32_t i = 0; i < 2; i++) {
        known = eval_node(ev, n->u.rows.rows[left + i].value, &v);
        if (known != KNOWN)
            return known;
        values[i] = v.number;
    }
    return interpolate(ev, n, x.number, at, values, dest, out);
}

enum known eval_bands(struct eval *ev, const struct node *n, mpq_ptr dest, struct value *out)
{
    struct value x, at;
    mpq_srcptr before = NULL;
    enum known known = eval_node(ev, n->a, &x);
    mpq_ptr part = eval_push(ev);
    mpq_set_ui(dest, 0, 1);
    for (uint32_t i = 0; part != NULL && known == KNOWN && i < n->u.rows.count; i++) {
        const struct node_row *row = &n->u.rows.rows[i];
        known = eval_node(ev, row->at, &at);
        if (known != KNOWN)
            return known;
        if (before != NULL && mpq_cmp(before, at.number) >= 0)
            return eval_fault(ev, n, "bounds that do not rise: %.*s and %.*s", SLICE_ARG(eval_number_text(ev, before)),
                              SLICE_ARG(eval_number_text(ev, at.number)));
        before = at.number;
        if (mpq_cmp(x.number, at.number) <= 0)
            continue;
        /* all of x from here on at this rate, in place of the rate of the row before */
        mpq_sub(part, x.number, at.number);
        mpq_mul(part, part, row->value->u.rate.factor);
        mpq_add(dest, dest, part);
        if (i == 0)
            continue;
        mpq_sub(part, x.number, at.number);
        mpq_mul(part, part, n->u.rows.rows[i - 1].value->u.rate.factor);
        mpq_sub(dest, dest, part);
    }
    if (known != KNOWN)
        return known;
    return part == NULL ? BROKEN : eval_checked(ev, n, dest, out);
}
