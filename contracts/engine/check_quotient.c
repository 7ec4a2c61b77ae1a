/* K5: a quotient inside an aggregate over an open dimension must be inside `round`. A hundred thousand different denominators make a
 * number that nobody can store. */
#include "check.h"

struct quotient {
    dimension_set open;  /* what the aggregate runs over */
    dimension_set *seen; /* by define: of which open dimensions it has been looked through */
    const struct node *found;
};

static void find_quotient(struct checker *c, const struct node *n, struct quotient *q);

static void find_in_parts(struct checker *c, const struct node *n, struct quotient *q)
{
    const struct node *parts[] = {n->a, n->b, n->c};
    for (size_t i = 0; i < 3; i++)
        find_quotient(c, parts[i], q);
    if (n->op == NODE_MIN || n->op == NODE_MAX)
        for (uint32_t i = 0; i < n->u.list.count; i++)
            find_quotient(c, n->u.list.args[i], q);
    if (node_has_rows(n))
        for (uint32_t i = 0; i < n->u.rows.count; i++) /* what lies at a bound decides, and is no part of the number */
            find_quotient(c, n->u.rows.rows[i].value, q);
}

/* Does it divide by what varies with the members? */
static bool divides(const struct node *n, dimension_set open)
{
    if (n->op == NODE_DIVIDE)
        return (n->b->needs & open) != 0;
    if (n->op == NODE_POWER)
        return (n->a->needs & open) != 0 && (n->b->op != NODE_NUMBER || mpq_sgn(n->b->u.number) < 0);
    if (n->op == NODE_AGGREGATE) /* over so many members as there happen to be */
        return (n->u.aggregate.what == AST_AGG_MEAN || n->u.aggregate.what == AST_AGG_SHARE) && n->u.aggregate.is_open;
    if (n->op != NODE_LINEAR)
        return false;
    bool varies = false;
    for (uint32_t i = 0; i < n->u.rows.count; i++)
        varies = varies || (n->u.rows.rows[i].at->needs & open) != 0;
    return varies;
}

static void find_quotient(struct checker *c, const struct node *n, struct quotient *q)
{
    if (n == NULL || q->found != NULL || (n->needs & q->open) == 0 || n->op == NODE_ROUND || n->op == NODE_COMPARE ||
        n->op == NODE_PORTION) /* these give round numbers, or none */
        return;
    if (divides(n, q->open)) {
        q->found = n;
        return;
    }
    if (n->op == NODE_DEFINE) {
        dimension_set *seen = &q->seen[n->u.ref.target], fresh = q->open & ~*seen;
        *seen |= q->open;
        if (fresh != 0)
            find_quotient(c, c->t->defines[n->u.ref.target].value, q);
        return;
    }
    find_in_parts(c, n, q);
}

static void look_at(struct checker *c, const struct node *n, void *with)
{
    bool is_sum = n->op == NODE_PORTION ||
                  (n->op == NODE_AGGREGATE && (n->u.aggregate.what == AST_AGG_SUM || n->u.aggregate.what == AST_AGG_MEAN));
    struct quotient q = {0};
    (void) with;
    for (uint32_t i = 0; is_sum && i < n->u.aggregate.over_count; i++)
        if (dimension_is_open(&c->t->dimensions[n->u.aggregate.over[i].dimension]))
            q.open |= dimension_bit(n->u.aggregate.over[i].dimension);
    if (q.open == 0 || n->a == NULL)
        return;
    q.seen = CHECK_NEW(c, c->t->define_count, dimension_set);
    if (q.seen == NULL)
        return;
    find_quotient(c, n->a, &q);
    if (q.found != NULL)
        PROBLEM(c, "aggregate.quotient", n->a->span,
                "round each before they are summed: `round(a / b, 0.000001, half even)`",
                "each member divides by a number of its own (line %u), and no sum of many such quotients can be stored",
                q.found->span.line);
}

void check_quotients(struct checker *c)
{
    const struct terms *t = c->t;
    for (uint32_t i = 0; i < t->metric_count; i++)
        check_visit(c, t->metrics[i].missing, look_at, NULL);
    for (uint32_t i = 0; i < t->define_count; i++)
        check_visit(c, t->defines[i].value, look_at, NULL);
    for (uint32_t i = 0; i < t->rule_count; i++) {
        const struct rule *r = &t->rules[i];
        const struct node *clauses[] = {r->dated, r->when, r->amount, r->not_before};
        for (size_t j = 0; j < 4; j++)
            check_visit(c, clauses[j], look_at, NULL);
    }
}
