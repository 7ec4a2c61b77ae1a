/* Warnings about single rules, caps and formulas (language.md section 8). */
#include "check.h"

/* ---- caps and rules ---- */

/* Whom a rule pays is each member of a dimension, and the budget is not that of one of them. */
static bool pays_several(const struct cap *cap, const struct rule *r)
{
    bool is_per = false;
    for (uint32_t i = 0; i < cap->per.count; i++)
        is_per = is_per || cap->per.dims[i] == r->shown.payee_dimension;
    return r->shown.payee_dimension != TERMS_NONE && !is_per;
}

static void warn_caps(struct checker *c)
{
    const struct terms *t = c->t;
    for (uint32_t i = 0; i < t->cap_count; i++)
        for (uint32_t j = 0; j < t->caps[i].rule_count; j++) {
            const struct rule *a = &t->rules[t->caps[i].rules[0]], *b = &t->rules[t->caps[i].rules[j]];
            if (pays_several(&t->caps[i], b)) {
                WARNING(c, "warning.cap", t->caps[i].span, "`portion` shares out instead",
                        "all whom `%.*s` pays share this cap: who is verified first is paid first",
                        SLICE_ARG(b->shown.name));
                break;
            }
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

#define BALANCE_STEPS_MAX                                                                                                  \
    1000000u /* looks at a node, for a whole text: some milliseconds; what is beyond goes without a warning */

struct balance {
    uint32_t define;
    bool *grown, *held; /* defines that have been looked through, for growth and in a product */
    uint64_t steps;     /* that are left */
};

static bool holds_itself(struct checker *c, const struct node *n, struct balance *b);
static bool grows(struct checker *c, const struct node *n, struct balance *b);

/* Does it hold for any part of n? */
static bool any_part(struct checker *c, const struct node *n, struct balance *b,
                     bool (*holds)(struct checker *, const struct node *, struct balance *))
{
    bool any = holds(c, n->a, b) || holds(c, n->b, b) || holds(c, n->c, b);
    for (uint32_t i = 0; (n->op == NODE_MIN || n->op == NODE_MAX) && i < n->u.list.count; i++)
        any = any || holds(c, n->u.list.args[i], b);
    for (uint32_t i = 0; node_has_rows(n) && i < n->u.rows.count; i++)
        any = any || holds(c, n->u.rows.rows[i].value, b);
    return any;
}

/* Through another define, once. */
static bool in_define(struct checker *c, const struct node *n, struct balance *b, bool *seen,
                      bool (*holds)(struct checker *, const struct node *, struct balance *))
{
    if (seen[n->u.ref.target])
        return false;
    seen[n->u.ref.target] = true;
    return holds(c, c->t->defines[n->u.ref.target].value, b);
}

MUST_CHECK static bool take_step(struct balance *b, uint64_t steps)
{
    bool is_left = b->steps >= steps;
    b->steps -= is_left ? steps : b->steps;
    return is_left;
}

/* Does the define's own value, not rounded, go into n? */
static bool holds_itself(struct checker *c, const struct node *n, struct balance *b)
{
    if (n == NULL || n->op == NODE_ROUND || !take_step(b, 1))
        return false;
    if (n->op == NODE_DEFINE)
        return n->u.ref.target == b->define || in_define(c, n, b, b->held, holds_itself);
    return any_part(c, n, b, holds_itself);
}

/* Is what `prior` gives of the define itself multiplied, and not rounded around that? Its digits then grow with each period. */
static bool grows(struct checker *c, const struct node *n, struct balance *b)
{
    if (n == NULL || n->op == NODE_ROUND || n->op == NODE_AGGREGATE || !take_step(b, 1))
        return false;
    if (n->op == NODE_MULTIPLY || n->op == NODE_DIVIDE) {
        memset(b->held, 0, c->t->define_count * sizeof(bool));
        return take_step(b, c->t->define_count / 64) && any_part(c, n, b, holds_itself);
    }
    if (n->op == NODE_DEFINE)
        return n->u.ref.target != b->define && in_define(c, n, b, b->grown, grows);
    return any_part(c, n, b, grows);
}

static void warn_balances(struct checker *c)
{
    const struct terms *t = c->t;
    struct balance b = {0, CHECK_NEW(c, t->define_count, bool), CHECK_NEW(c, t->define_count, bool), BALANCE_STEPS_MAX};
    for (b.define = 0; !c->failed && b.define < t->define_count; b.define++) {
        const struct define *d = &t->defines[b.define];
        memset(b.grown, 0, t->define_count * sizeof(bool));
        if (take_step(&b, t->define_count / 64) && grows(c, d->value, &b))
            WARNING(c, "warning.balance", d->decl->name.span, "round what is multiplied: `round(..., 0.01, half even)`",
                    "`%.*s` is multiplied in each period and not rounded: its digits grow without end", SLICE_ARG(d->name));
    }
}

void check_warn_rules(struct checker *c)
{
    warn_caps(c);
    warn_same(c);
    warn_balances(c);
}
