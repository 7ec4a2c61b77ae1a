/* step and linear: x, then all bounds, then only the rows that are used (M3). */
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
    return false;
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
    if (mpq_sgn(width) <= 0)
        return eval_fault(ev, n, "bounds that do not rise: %.*s and %.*s", SLICE_ARG(eval_number_text(ev, at[0])),
                          SLICE_ARG(eval_number_text(ev, at[1])));
    mpq_sub(dest, x, at[0]);
    mpq_div(width, dest, width);
    mpq_sub(dest, value[1], value[0]);
    mpq_mul(dest, dest, width);
    mpq_add(dest, dest, value[0]);
    return eval_checked(ev, n, dest, out);
}

enum known eval_linear(struct eval *ev, const struct node *n, mpq_ptr dest, struct value *out)
{
    struct value x, v;
    uint32_t count = n->u.rows.count, below = 0; /* how many bounds lie at or below x */
    enum known known = eval_node(ev, n->a, &x);
    mpq_srcptr *bounds = EVAL_NEW(ev, count, mpq_srcptr);
    if (bounds == NULL)
        return BROKEN;
    for (uint32_t i = 0; known == KNOWN && i < count; i++) {
        known = eval_node(ev, n->u.rows.rows[i].at, &v);
        if (known != KNOWN)
            return known;
        bounds[i] = v.number;
        if (mpq_cmp(v.number, x.number) <= 0)
            below = i + 1;
    }
    if (known != KNOWN)
        return known;
    bool is_outside = below == 0 || below == count;
    bool is_at = below > 0 && mpq_equal(bounds[below - 1], x.number);
    if (is_at || (is_outside && !n->u.rows.is_extended))
        return eval_node(ev, n->u.rows.rows[below == 0 ? 0 : below - 1].value, out);
    uint32_t left = below == 0 ? 0 : below == count ? count - 2 : below - 1;
    mpq_srcptr at[2] = {bounds[left], bounds[left + 1]}, values[2];
    for (uint32_t i = 0; i < 2; i++) {
        known = eval_node(ev, n->u.rows.rows[left + i].value, &v);
        if (known != KNOWN)
            return known;
        values[i] = v.number;
    }
    return interpolate(ev, n, x.number, at, values, dest, out);
}
