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
    warn_caps(c);
    warn_same(c);
    warn_balances(c);
}
