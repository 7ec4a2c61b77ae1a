/* D6 and C2: who depends on whom. Nodes are metrics, then defines, then rules. */
#include "check.h"

#define UNVISITED UINT32_MAX

struct walk { /* what lies around an expression, within its declaration */
    uint32_t from;
    dimension_set prior, rebound;
};

static uint32_t node_count(const struct terms *t)
{
    return t->metric_count + t->define_count + t->rule_count;
}

static void add_edge(struct checker *c, const struct walk *w, uint32_t to, dimension_set rebound, struct span span)
{
    if (c->edge_count == c->edge_cap) {
        uint32_t cap = c->edge_cap == 0 ? 64 : c->edge_cap * 2;
        struct edge *grown = CHECK_NEW(c, cap, struct edge);
        if (grown == NULL)
            return;
        if (c->edge_count > 0)
            memcpy(grown, c->edges, c->edge_count * sizeof *grown);
        c->edges = grown;
        c->edge_cap = cap;
    }
    c->edges[c->edge_count++] = (struct edge){w->from, to, w->prior, w->rebound | rebound, span};
}

static void walk_node(struct checker *c, struct walk w, const struct node *n);

static void walk_indexes(struct checker *c, struct walk w, const struct node_index *list)
{
    for (const struct node_index *i = list; i != NULL; i = i->next)
        if (i->expr != NULL)
            walk_node(c, w, i->expr);
}

static void walk_aggregate(struct checker *c, struct walk w, const struct node *n)
{
    walk_indexes(c, w, n->u.aggregate.of_indexes);
    /* what runs up to the bound member does not bind it anew: it stays at or before it */
    for (uint32_t i = 0; i < n->u.aggregate.over_count; i++)
        if (!n->u.aggregate.over[i].is_up_to_bound)
            w.rebound |= dimension_bit(n->u.aggregate.over[i].dimension);
    if (n->a != NULL)
        walk_node(c, w, n->a);
    if (n->c != NULL)
        walk_node(c, w, n->c);
}

static void walk_list(struct checker *c, struct walk w, const struct node *n)
{
    if (n->op == NODE_MIN || n->op == NODE_MAX)
        for (uint32_t i = 0; i < n->u.list.count; i++)
            walk_node(c, w, n->u.list.args[i]);
    if (n->op == NODE_STEP || n->op == NODE_LINEAR)
        for (uint32_t i = 0; i < n->u.rows.count; i++) {
            walk_node(c, w, n->u.rows.rows[i].at);
            walk_node(c, w, n->u.rows.rows[i].value);
        }
}

static void walk_node(struct checker *c, struct walk w, const struct node *n)
{
    const struct terms *t = c->t;
    if (n->op == NODE_METRIC)
        add_edge(c, &w, n->u.ref.target, n->u.ref.rebound, n->span);
    if (n->op == NODE_DEFINE)
        add_edge(c, &w, t->metric_count + n->u.ref.target, n->u.ref.rebound, n->span);
    if (n->op == NODE_RULE)
        add_edge(c, &w, t->metric_count + t->define_count + n->u.ref.target, n->u.ref.rebound, n->span);
    if (n->op >= NODE_METRIC && n->op <= NODE_RULE)
        walk_indexes(c, w, n->u.ref.indexes);
    if (n->op == NODE_AGGREGATE) {
        walk_aggregate(c, w, n);
        return;
    }
    walk_list(c, w, n);
    if (n->op == NODE_PRIOR) {
        walk_node(c, w, n->b);
        w.prior |= dimension_bit(n->u.prior.dimension);
        walk_node(c, w, n->a);
        return;
    }
    const struct node *parts[] = {n->a, n->b, n->c};
    for (size_t i = 0; i < 3; i++)
        if (parts[i] != NULL)
            walk_node(c, w, parts[i]);
}

static void walk_all(struct checker *c)
{
    const struct terms *t = c->t;
    for (uint32_t i = 0; i < t->metric_count; i++)
        if (t->metrics[i].missing != NULL)
            walk_node(c, (struct walk){.from = i}, t->metrics[i].missing);
    for (uint32_t i = 0; i < t->define_count; i++)
        walk_node(c, (struct walk){.from = t->metric_count + i}, t->defines[i].value);
    for (uint32_t i = 0; i < t->rule_count; i++) {
        const struct rule *r = &t->rules[i];
        const struct node *clauses[] = {r->dated, r->when, r->amount, r->not_before};
        for (size_t j = 0; j < 4; j++)
            if (clauses[j] != NULL)
                walk_node(c, (struct walk){.from = t->metric_count + t->define_count + i}, clauses[j]);
    }
}

/* Groups the edges by where they begin; out has node_count + 1 places. Counting sort: edges keep their order. */
MUST_CHECK static bool sort_edges(struct checker *c, uint32_t *start)
{
    uint32_t n = node_count(c->t);
    struct edge *sorted = CHECK_NEW(c, c->edge_count, struct edge);
    uint32_t *next = CHECK_NEW(c, (size_t) n + 1, uint32_t);
    if (sorted == NULL || next == NULL)
        return false;
    for (uint32_t i = 0; i < c->edge_count; i++)
        start[c->edges[i].from + 1]++;
    for (uint32_t i = 0; i < n; i++) {
        start[i + 1] += start[i];
        next[i + 1] = start[i + 1];
    }
    for (uint32_t i = 0; i < c->edge_count; i++)
        sorted[next[c->edges[i].from]++] = c->edges[i];
    c->edges = sorted;
    return true;
}

/* ---- D6 ---- */

/* Leaves out the edges that go through a prior of `without` (UNVISITED: none), and then takes away, again and again, every node
 * that nothing remaining leads out of. What remains cannot be put in an order: it contains circles. live[] is in and out. */
MUST_CHECK static bool strip(struct checker *c, const uint32_t *start, uint32_t without, bool *live)
{
    uint32_t n = node_count(c->t);
    bool changed = true, any = false;
    while (changed) {
        changed = any = false;
        for (uint32_t i = 0; i < n; i++) {
            bool has_out = false;
            if (!live[i])
                continue;
            for (uint32_t e = start[i]; e < start[i + 1] && !has_out; e++)
                has_out =
                    live[c->edges[e].to] && (without == UNVISITED || (c->edges[e].prior & dimension_bit(without)) == 0);
            live[i] = has_out;
            changed = changed || !has_out;
            any = any || has_out;
        }
    }
    return any;
}

/* The nodes that lie on a circle with `from`. Memory for two marks is the caller's. */
static void circle_of(const struct checker *c, const uint32_t *start, uint32_t from, bool *ahead, bool *on)
{
    uint32_t n = node_count(c->t);
    bool changed = true;
    memset(ahead, 0, n * sizeof *ahead);
    memset(on, 0, n * sizeof *on);
    ahead[from] = on[from] = true;
    while (changed) {
        changed = false;
        for (uint32_t i = 0; i < n; i++)
            for (uint32_t e = start[i]; ahead[i] && e < start[i + 1]; e++)
                if (!ahead[c->edges[e].to])
                    ahead[c->edges[e].to] = changed = true;
    }
    changed = true;
    while (changed) {
        changed = false;
        for (uint32_t i = 0; i < n; i++)
            for (uint32_t e = start[i]; !on[i] && e < start[i + 1]; e++)
                if (on[c->edges[e].to] && ahead[i])
                    on[i] = changed = true;
    }
}

static struct slice node_name(const struct terms *t, uint32_t i)
{
    if (i < t->metric_count)
        return t->metrics[i].shown.name;
    i -= t->metric_count;
    return i < t->define_count ? t->defines[i].name : t->rules[i - t->define_count].shown.name;
}

/* Is there a dimension by which every way round the circle goes back, and which nothing on it binds anew? */
MUST_CHECK static bool goes_back(struct checker *c, const uint32_t *start, const bool *on, bool *live)
{
    uint32_t n = node_count(c->t);
    dimension_set rebound = 0, prior = 0;
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t e = start[i]; on[i] && e < start[i + 1]; e++)
            if (on[c->edges[e].to]) {
                rebound |= c->edges[e].rebound;
                prior |= c->edges[e].prior;
            }
    for (uint32_t dim = 0; dim < c->t->dimension_count; dim++) {
        if ((prior & ~rebound & dimension_bit(dim)) == 0)
            continue;
        memcpy(live, on, n * sizeof *live);
        if (!strip(c, start, dim, live))
            return true;
    }
    return false;
}

static void report_circle(struct checker *c, const uint32_t *start, const bool *on, uint32_t from)
{
    for (uint32_t e = start[from]; e < start[from + 1]; e++)
        if (on[c->edges[e].to]) {
            PROBLEM(c, "circle", c->edges[e].span,
                    "every way round goes through `prior` of one dimension that nothing binds anew",
                    "`%.*s` depends on itself through `%.*s`", SLICE_ARG(node_name(c->t, from)),
                    SLICE_ARG(node_name(c->t, c->edges[e].to)));
            return;
        }
}

MUST_CHECK static bool find_circles(struct checker *c, const uint32_t *start)
{
    uint32_t n = node_count(c->t);
    bool *candidates = CHECK_NEW(c, n, bool), *ahead = CHECK_NEW(c, n, bool), *on = CHECK_NEW(c, n, bool),
         *live = CHECK_NEW(c, n, bool);
    if (candidates == NULL || ahead == NULL || on == NULL || live == NULL)
        return false;
    memset(candidates, 1, n * sizeof *candidates);
    if (!strip(c, start, UNVISITED, candidates))
        return true;
    for (uint32_t i = 0; i < n && c->diags->errors == 0; i++) {
        if (!candidates[i])
            continue;
        circle_of(c, start, i, ahead, on);
        bool is_circle = false;
        for (uint32_t e = start[i]; e < start[i + 1]; e++)
            is_circle = is_circle || on[c->edges[e].to];
        if (is_circle && !goes_back(c, start, on, live))
            report_circle(c, start, on, i);
        for (uint32_t j = 0; j < n; j++)
            candidates[j] = candidates[j] && !on[j]; /* judged together */
    }
    return true;
}

/* ---- C2 ---- */

/* What rules of a group reach; a rule under another cap brings its whole group, for their targets come together. */
static void reach(const struct checker *c, const uint32_t *start, uint32_t group, bool *reached)
{
    const struct terms *t = c->t;
    uint32_t n = node_count(t), rules = t->metric_count + t->define_count;
    bool changed = true;
    memset(reached, 0, n * sizeof *reached);
    while (changed) {
        changed = false;
        for (uint32_t i = 0; i < n; i++) {
            bool is_own = i >= rules && t->rules[i - rules].group == group;
            if (!is_own && !reached[i])
                continue;
            for (uint32_t e = start[i]; e < start[i + 1]; e++)
                if (!reached[c->edges[e].to])
                    reached[c->edges[e].to] = changed = true;
            uint32_t other = i >= rules ? t->rules[i - rules].group : TERMS_NONE;
            for (uint32_t j = rules; other != TERMS_NONE && other != group && j < n; j++)
                if (t->rules[j - rules].group == other && !reached[j])
                    reached[j] = changed = true;
        }
    }
}

MUST_CHECK static bool find_cap_circles(struct checker *c, const uint32_t *start)
{
    struct terms *t = c->t;
    uint32_t rules = t->metric_count + t->define_count;
    bool *reached = CHECK_NEW(c, node_count(t), bool);
    if (reached == NULL)
        return false;
    for (uint32_t g = 0; g < t->rule_count && c->diags->errors == 0; g++) {
        if (t->rules[g].group != g)
            continue; /* a group is named by its first rule */
        reach(c, start, g, reached);
        for (uint32_t i = 0; i < t->rule_count; i++)
            if (t->rules[i].group == g && reached[rules + i])
                PROBLEM(c, "caps.circle", t->rules[i].decl->name.span,
                        "put the bound into its amount: `min(..., 8_000_000 - sum(early over cohort))`",
                        "`%.*s` shares a cap with rules that depend on it, or depends on itself",
                        SLICE_ARG(t->rules[i].shown.name));
    }
    return true;
}

void check_circles(struct checker *c)
{
    uint32_t *start = CHECK_NEW(c, (size_t) node_count(c->t) + 2, uint32_t);
    if (start == NULL)
        return;
    walk_all(c);
    if (c->failed || !sort_edges(c, start) || !find_circles(c, start))
        return;
    if (!find_cap_circles(c, start))
        return;
}
