/* Warnings about single rules, caps and formulas (language.md section 8). */
#include "check.h"

/* ---- caps and rules ---- */

static void warn_caps(struct checker *c)
{
    const struct terms *t = c->t;
    for (uint32_t i = 0; i < t->cap_count; i++)
        for (uint32_t j = 1; j < t->caps[i].rule_count; j++) {
            const struct rule *a = &t->rules[t->caps[i].rules[0]], *b = &t->rules[t->caps[i].rules[j]];
            if (a->shown.payee == b->shown.payee)
                continue;
            WARNING(c, "warning.cap", t->caps[i].span, "`portion` shares out instead",
                    "`%.*s` and `%.*s` share this cap: who is verified first is paid first",
                    SLICE_ARG(t->parties[a->shown.payee].name), SLICE_ARG(t->parties[b->shown.payee].name));
            break;
        }
}

/* Instances that come from results differ by what was found; others should differ by what they say. */
static void warn_same(struct checker *c)
{
    const struct terms *t = c->t;
    for (uint32_t i = 0; i < t->rule_count; i++) {
        const struct rule *r = &t->rules[i];
        const struct node *clauses[] = {r->amount, r->when, r->dated, r->not_before};
        dimension_set varies = 0;
        for (size_t j = 0; j < 4; j++)
            varies |= clauses[j] == NULL ? 0 : clauses[j]->needs;
        if (r->has_of || (r->dims & ~varies) == 0)
            continue;
        WARNING(c, "warning.same", r->decl->name.span, "make its instances from results: `for each ... of METRIC`",
                "`%.*s` pays the same for each `%.*s`", SLICE_ARG(r->shown.name),
                SLICE_ARG(t->dimensions[__builtin_ctzll(r->dims & ~varies)].shown.name));
    }
}

/* ---- formulas ---- */

/* A divisor that is a metric, or such a sum of it with constants that its range is at hand. */
static void zero_divisor(struct checker *c, const struct node *n, void *with)
{
    (void) with;
    if (n->op != NODE_DIVIDE || n->b->op != NODE_METRIC)
        return;
    const struct metric *m = &c->t->metrics[n->b->u.ref.target];
    if (m->has_between && (mpq_sgn(m->low) > 0 || mpq_sgn(m->high) < 0))
        return;
    WARNING(c, "warning.divisor", n->b->span, "say `between 1 and ...`, or look at it first: `if x = 0 then ...`",
            "`%.*s` may be zero, and is divided by", SLICE_ARG(m->shown.name));
}

/* Does x, which lies between low and high, ever meet the bound? */
static bool is_met(enum ast_bound bound, mpq_srcptr at, const struct metric *m)
{
    switch (bound) {
    case AST_BOUND_AT_LEAST:
        return mpq_cmp(m->high, at) >= 0;
    case AST_BOUND_ABOVE:
        return mpq_cmp(m->high, at) > 0;
    case AST_BOUND_AT_MOST:
        return mpq_cmp(m->low, at) <= 0;
    case AST_BOUND_BELOW:
        return mpq_cmp(m->low, at) < 0;
    }
    return true;
}

static void unreached_row(struct checker *c, const struct node *n, void *with)
{
    (void) with;
    if (n->op != NODE_STEP || n->a->op != NODE_METRIC || n->a->type.kind != TYPE_NUMBER)
        return;
    const struct metric *m = &c->t->metrics[n->a->u.ref.target];
    mpq_t at;
    mpq_init(at);
    for (uint32_t i = 0; m->has_between && i < n->u.rows.count; i++)
        if (check_fold(n->u.rows.rows[i].at, at) && !is_met(n->u.rows.rows[i].bound, at, m))
            WARNING(c, "warning.row", n->u.rows.rows[i].span, NULL, "this row is never reached: `%.*s` lies between %.*s",
                    SLICE_ARG(m->shown.name), SLICE_ARG(m->between));
    mpq_clear(at);
}

struct balance {
    uint32_t define;
    bool found;
};

static void finds_itself(struct checker *c, const struct node *n, void *with)
{
    struct balance *b = with;
    (void) c;
    b->found = b->found || (n->op == NODE_DEFINE && n->u.ref.target == b->define);
}

/* Is what `prior` gives of the define itself multiplied, and not rounded around that? Its digits then grow with each period. */
static bool grows(struct checker *c, const struct node *n, uint32_t define)
{
    struct balance b = {.define = define};
    if (n == NULL || n->op == NODE_ROUND || n->op == NODE_PRIOR || n->op == NODE_AGGREGATE)
        return false;
    if (n->op == NODE_MULTIPLY || n->op == NODE_DIVIDE) {
        check_visit(c, n->a, finds_itself, &b);
        check_visit(c, n->b, finds_itself, &b);
        return b.found;
    }
    bool any = grows(c, n->a, define) || grows(c, n->b, define) || grows(c, n->c, define);
    for (uint32_t i = 0; (n->op == NODE_MIN || n->op == NODE_MAX) && i < n->u.list.count; i++)
        any = any || grows(c, n->u.list.args[i], define);
    return any;
}

static void warn_balances(struct checker *c)
{
    const struct terms *t = c->t;
    for (uint32_t i = 0; i < t->define_count; i++)
        if (grows(c, t->defines[i].value, i))
            WARNING(c, "warning.balance", t->defines[i].decl->name.span,
                    "round what is multiplied: `round(..., 0.01, half even)`",
                    "`%.*s` is multiplied in each period and not rounded: its digits grow without end",
                    SLICE_ARG(t->defines[i].name));
}

void check_warn_rules(struct checker *c)
{
    const struct terms *t = c->t;
    node_visit *const visits[] = {zero_divisor, unreached_row};
    warn_caps(c);
    warn_same(c);
    warn_balances(c);
    for (size_t v = 0; v < sizeof visits / sizeof visits[0]; v++) {
        for (uint32_t i = 0; i < t->define_count; i++)
            check_visit(c, t->defines[i].value, visits[v], NULL);
        for (uint32_t i = 0; i < t->rule_count; i++) {
            check_visit(c, t->rules[i].amount, visits[v], NULL);
            check_visit(c, t->rules[i].when, visits[v], NULL);
        }
    }
}
