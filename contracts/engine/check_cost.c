/* K4: what an evaluation may cost, found from the text alone. By K2 every define and aggregate is evaluated once for each binding
 * of the dimensions that it needs, so the cost is the sum of nodes times bindings. */
#include "check.h"

static uint64_t cost_of(const struct terms *t, const struct node *n);

static uint64_t cost_of_over(const struct terms *t, const struct node *n)
{
    uint64_t members = 1;
    for (uint32_t i = 0; i < n->u.aggregate.over_count; i++)
        members = saturating_multiply(members, dimension_size(&t->dimensions[n->u.aggregate.over[i].dimension]));
    uint64_t each = saturating_add(n->a == NULL ? 1 : cost_of(t, n->a), n->c == NULL ? 0 : cost_of(t, n->c));
    return saturating_multiply(saturating_multiply(members, each), n->u.aggregate.shape.cells);
}

/* Nodes of the expression itself; what aggregates and priors cost is counted apart, by their own bindings. */
static uint64_t cost_of(const struct terms *t, const struct node *n)
{
    uint64_t cost = 1;
    if (n->op == NODE_AGGREGATE || n->op == NODE_PORTION || n->op == NODE_PRIOR)
        return n->op == NODE_PRIOR ? saturating_add(1, cost_of(t, n->b)) : 1;
    const struct node *parts[] = {n->a, n->b, n->c};
    for (size_t i = 0; i < 3; i++)
        if (parts[i] != NULL)
            cost = saturating_add(cost, cost_of(t, parts[i]));
    if (n->op == NODE_MIN || n->op == NODE_MAX)
        for (uint32_t i = 0; i < n->u.list.count; i++)
            cost = saturating_add(cost, cost_of(t, n->u.list.args[i]));
    if (node_has_rows(n))
        for (uint32_t i = 0; i < n->u.rows.count; i++)
            cost =
                saturating_add(cost, saturating_add(cost_of(t, n->u.rows.rows[i].at), cost_of(t, n->u.rows.rows[i].value)));
    if (node_is_ref(n))
        for (const struct node_index *i = n->u.ref.indexes; i != NULL; i = i->next)
            cost = saturating_add(cost, i->expr == NULL ? 0 : cost_of(t, i->expr));
    return cost;
}

/* Of an aggregate, portion or prior, at all its keys. A pot's weights are found once for all its members. */
static uint64_t cost_of_memo(const struct terms *t, const struct node *n)
{
    if (n->op == NODE_AGGREGATE)
        return cost_of_over(t, n);
    uint64_t each = cost_of(t, n->a);
    if (n->op == NODE_PRIOR)
        return saturating_multiply(each, n->u.prior.shape.cells);
    each = saturating_add(each, saturating_add(cost_of(t, n->b), n->c == NULL ? 0 : cost_of(t, n->c)));
    return saturating_multiply(each, n->u.aggregate.shape.cells);
}

static void count_rule(struct terms *t, const struct rule *r)
{
    const struct node *clauses[] = {r->dated, r->when, r->amount, r->not_before};
    uint64_t cost = 1 + (uint64_t) r->cap_count; /* each budget of an instance is a look at it */
    for (size_t i = 0; i < 4; i++)
        if (clauses[i] != NULL)
            cost = saturating_add(cost, cost_of(t, clauses[i]));
    t->instances = saturating_add(t->instances, r->shape.cells);
    if (!r->has_of && !rule_is_open(t, r)) /* otherwise they come from results */
        t->instances_at_once = saturating_add(t->instances_at_once, r->shape.cells);
    t->steps = saturating_add(t->steps, saturating_multiply(cost, r->shape.cells));
}

static void count_steps(struct checker *c)
{
    struct terms *t = c->t;
    for (uint32_t i = 0; i < t->rule_count; i++)
        count_rule(t, &t->rules[i]);
    for (uint32_t i = 0; i < t->define_count; i++)
        t->steps =
            saturating_add(t->steps, saturating_multiply(cost_of(t, t->defines[i].value), t->defines[i].shape.cells));
    for (uint32_t i = 0; i < t->metric_count; i++)
        if (t->metrics[i].missing != NULL)
            t->steps =
                saturating_add(t->steps, saturating_multiply(cost_of(t, t->metrics[i].missing), t->metrics[i].shape.cells));
    for (const struct memo_node *m = c->memos; m != NULL; m = m->next)
        t->steps = saturating_add(t->steps, cost_of_memo(t, m->node));
}

/* What an evaluation remembers at most: every result, define, aggregate, prior and budget. */
static void count_keys(struct checker *c)
{
    struct terms *t = c->t;
    for (uint32_t i = 0; i < t->metric_count; i++)
        t->keys = saturating_add(t->keys, t->metrics[i].shape.cells);
    for (uint32_t i = 0; i < t->define_count; i++)
        t->keys = saturating_add(t->keys, t->defines[i].shape.cells);
    for (uint32_t i = 0; i < t->cap_count; i++)
        t->keys = saturating_add(t->keys, t->caps[i].per.cells);
    for (const struct memo_node *m = c->memos; m != NULL; m = m->next)
        t->keys = saturating_add(t->keys, m->node->op == NODE_PRIOR ? m->node->u.prior.shape.cells
                                                                    : m->node->u.aggregate.shape.cells);
}

/* Instances of rule r that one result of metric m can move: the members of m's key are given, but for dimensions that are moved
 * or bound anew on the way from the rule to the metric; all others of the rule are free. */
static uint64_t fan_out_of(const struct terms *t, const struct rule *r, const struct metric *m, dimension_set moved)
{
    uint64_t count = 1;
    for (uint32_t i = 0; i < r->shape.count; i++) {
        dimension_set bit = dimension_bit(r->shape.dims[i]);
        if ((m->dims & ~moved & bit) == 0)
            count = saturating_multiply(count, dimension_size(&t->dimensions[r->shape.dims[i]]));
    }
    return count;
}

struct way { /* of a walk along the references */
    bool *reached, *waits;
    dimension_set *moved;
    uint32_t *queue; /* a ring: a node waits in it once at most */
};

/* Which dimensions are moved on some way from the rule to each declaration. They only grow, so this ends. */
static void follow(const struct checker *c, uint32_t from, uint32_t nodes, const struct way *way)
{
    uint32_t head = 0, waiting = 1;
    memset(way->reached, 0, nodes * sizeof *way->reached);
    memset(way->moved, 0, nodes * sizeof *way->moved);
    way->reached[from] = way->waits[from] = true;
    way->queue[0] = from;
    while (waiting > 0) {
        uint32_t at = way->queue[head];
        head = (head + 1) % nodes;
        waiting--;
        way->waits[at] = false;
        for (uint32_t i = c->edges_start[at]; i < c->edges_start[at + 1]; i++) {
            const struct edge *e = &c->edges_from[i];
            dimension_set set = way->moved[at] | e->rebound | e->prior | e->up_to;
            if (way->reached[e->to] && (set & ~way->moved[e->to]) == 0)
                continue;
            way->reached[e->to] = true;
            way->moved[e->to] |= set;
            if (way->waits[e->to])
                continue;
            way->waits[e->to] = true;
            way->queue[(head + waiting++) % nodes] = e->to;
        }
    }
}

/* The largest fan-out of a metric; what caps then pass on is counted with the evaluation, not here. */
static uint64_t largest_fan_out(struct checker *c)
{
    const struct terms *t = c->t;
    uint32_t rules = t->metric_count + t->define_count, results = rules + t->rule_count, n = results + t->metric_count;
    uint64_t *sums = CHECK_NEW(c, t->metric_count, uint64_t), largest = 0;
    struct way way = {CHECK_NEW(c, n, bool), CHECK_NEW(c, n, bool), CHECK_NEW(c, n, dimension_set),
                      CHECK_NEW(c, n, uint32_t)};
    if (c->failed)
        return 0;
    for (uint32_t r = 0; r < t->rule_count; r++) {
        follow(c, rules + r, n, &way);
        for (uint32_t m = 0; m < t->metric_count; m++) {
            if (way.reached[m] || way.reached[results + m])
                sums[m] = saturating_add(
                    sums[m], fan_out_of(t, &t->rules[r], &t->metrics[m], way.moved[m] | way.moved[results + m]));
            largest = sums[m] > largest ? sums[m] : largest;
        }
    }
    return largest;
}

void check_cost(struct checker *c)
{
    struct terms *t = c->t;
    struct span at = t->ast->slug_span;
    count_steps(c);
    count_keys(c);
    t->fan_out = largest_fan_out(c);
    for (uint32_t i = 0; i < t->metric_count; i++)
        if (t->metrics[i].shape.cells > UINT64_MAX / 2)
            PROBLEM(c, "limit.keys", t->metrics[i].decl->name.span, NULL, "`%.*s` has more keys than can be counted",
                    SLICE_ARG(t->metrics[i].shown.name));
    for (uint32_t i = 0; i < t->cap_count; i++)
        if (t->caps[i].per.cells > INSTANCES_MAX)
            PROBLEM(c, "limit.instances", t->caps[i].span, NULL, "a cap may have %u budgets at most", INSTANCES_MAX);
    if (t->instances > INSTANCES_MAX)
        PROBLEM(c, "limit.instances", at, NULL, "the rules have more than %u instances together", INSTANCES_MAX);
    else if (t->instances_at_once > FAN_OUT_MAX)
        PROBLEM(c, "limit.instances", at, "make instances from results: `for each ... of METRIC`",
                "the rules have more than %u instances from the beginning", FAN_OUT_MAX);
    else if (t->steps > STEPS_MAX)
        PROBLEM(c, "limit.steps", at, NULL, "an evaluation from nothing takes more than %u steps", STEPS_MAX);
    else if (t->fan_out > FAN_OUT_MAX)
        PROBLEM(c, "limit.fan-out", at, NULL, "one result can move more than %u instances", FAN_OUT_MAX);
}
