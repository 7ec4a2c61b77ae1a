/* D6 and C2: who depends on whom. Nodes are metrics, then defines, then rules, then the results of each metric: what only asks which
 * there are (`of`, `submitted`) depends on these alone, and goes round no circle. */
#include "check.h"
#include "grow.h"

#define UNVISITED UINT32_MAX

struct walk { /* what lies around an expression, within its declaration */
    uint32_t from;
    dimension_set prior, rebound, up_to;
};

static uint32_t node_count(const struct terms *t)
{
    return 2 * t->metric_count + t->define_count + t->rule_count;
}

static uint32_t results_node(const struct terms *t, uint32_t metric)
{
    return t->metric_count + t->define_count + t->rule_count + metric;
}

static void add_edge(struct checker *c, const struct walk *w, uint32_t to, dimension_set rebound, struct span span)
{
    if (c->edge_count == c->edge_cap) {
        uint32_t cap = (uint32_t) grow_list(c->edge_cap, 64);
        struct edge *grown = CHECK_NEW(c, cap, struct edge);
        if (grown == NULL)
            return;
        if (c->edge_count > 0)
            memcpy(grown, c->edges, c->edge_count * sizeof *grown);
        c->edges = grown;
        c->edge_cap = cap;
    }
    c->edges[c->edge_count++] = (struct edge){w->from, to, w->prior, w->rebound | rebound, w->up_to, span};
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
    const struct terms *t = c->t;
    walk_indexes(c, w, n->u.aggregate.of_indexes);
    if (n->u.aggregate.has_of)
        add_edge(c, &w, results_node(t, n->u.aggregate.of), n->u.aggregate.rebound, n->span);
    /* what runs up to the bound member does not bind it anew: it stays at or before it */
    for (uint32_t i = 0; i < n->u.aggregate.over_count; i++)
        if (n->u.aggregate.over[i].is_up_to_bound)
            w.up_to |= dimension_bit(n->u.aggregate.over[i].dimension);
        else
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
    if (node_has_rows(n))
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
    if (n->op == NODE_SUBMITTED)
        add_edge(c, &w, results_node(t, n->u.ref.target), n->u.ref.rebound, n->span);
    if (n->op == NODE_DEFINE)
        add_edge(c, &w, t->metric_count + n->u.ref.target, n->u.ref.rebound, n->span);
    if (n->op == NODE_RULE)
        add_edge(c, &w, t->metric_count + t->define_count + n->u.ref.target, n->u.ref.rebound, n->span);
    if (node_is_ref(n))
        walk_indexes(c, w, n->u.ref.indexes);
    if (n->op == NODE_PORTION) {
        c->has_portion[w.from] = true;
        walk_node(c, w, n->b);
    }
    if (n->op == NODE_AGGREGATE || n->op == NODE_PORTION) {
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

/* The references, grouped by where they begin (or, turned round, by where they lead), and room to walk along them. Every walk is
 * in the size of the graph: a text of 256 KiB may not keep a server busy. */
struct graph {
    uint32_t count;
    const struct edge *edges, *back;    /* by from, by to */
    const uint32_t *start, *back_start; /* count + 1 places */
    uint32_t *stack, *next;             /* of a walk */
    uint32_t *mates;                    /* by rule: the next one of its group */
    uint8_t *colour;
    bool *reached, *ahead, *on;
};

MUST_CHECK static bool sort_edges(struct checker *c, uint32_t count, bool by_to, const struct edge **out,
                                  const uint32_t **out_start)
{
    struct edge *sorted = CHECK_NEW(c, c->edge_count, struct edge);
    uint32_t *start = CHECK_NEW(c, (size_t) count + 2, uint32_t), *next = CHECK_NEW(c, (size_t) count + 2, uint32_t);
    if (sorted == NULL || start == NULL || next == NULL)
        return false;
    for (uint32_t i = 0; i < c->edge_count; i++)
        start[(by_to ? c->edges[i].to : c->edges[i].from) + 1]++;
    for (uint32_t i = 0; i < count; i++) {
        start[i + 1] += start[i];
        next[i + 1] = start[i + 1];
    }
    for (uint32_t i = 0; i < c->edge_count; i++) /* counting sort: edges keep their order */
        sorted[next[by_to ? c->edges[i].to : c->edges[i].from]++] = c->edges[i];
    *out = sorted;
    *out_start = start;
    return true;
}

/* The next rule of the same group, for each rule; TERMS_NONE: it is the last. */
static void list_mates(const struct terms *t, uint32_t *mates)
{
    for (uint32_t r = 0; r < t->rule_count; r++) {
        uint32_t first = t->rules[r].group; /* a group is named by its first rule */
        mates[r] = TERMS_NONE;
        if (first == TERMS_NONE || first == r)
            continue;
        mates[r] = mates[first];
        mates[first] = r;
    }
}

MUST_CHECK static bool make_graph(struct checker *c, struct graph *g)
{
    g->count = node_count(c->t);
    g->stack = CHECK_NEW(c, g->count, uint32_t);
    g->next = CHECK_NEW(c, g->count, uint32_t);
    g->colour = CHECK_NEW(c, g->count, uint8_t);
    g->reached = CHECK_NEW(c, g->count, bool);
    g->ahead = CHECK_NEW(c, g->count, bool);
    g->on = CHECK_NEW(c, g->count, bool);
    g->mates = CHECK_NEW(c, c->t->rule_count, uint32_t);
    if (c->failed || !sort_edges(c, g->count, false, &g->edges, &g->start) ||
        !sort_edges(c, g->count, true, &g->back, &g->back_start))
        return false;
    c->edges_from = g->edges;
    c->edges_start = g->start;
    list_mates(c->t, g->mates);
    return true;
}

/* ---- D6 ---- */

enum { WHITE, GREY, BLACK }; /* not seen; on the way; done */

/* Goes on along the way that ends at stack[depth - 1]. true: it has come back to itself. */
static bool walk_on(struct graph *g, const bool *within, uint32_t without, uint32_t *depth)
{
    uint32_t at = g->stack[*depth - 1];
    if (g->next[at] == g->start[at + 1]) {
        g->colour[at] = BLACK;
        (*depth)--;
        return false;
    }
    const struct edge *e = &g->edges[g->next[at]++];
    bool is_left_out = without != UNVISITED && (e->prior & dimension_bit(without)) != 0;
    if (is_left_out || (within != NULL && !within[e->to]) || g->colour[e->to] == BLACK)
        return false;
    if (g->colour[e->to] == GREY)
        return true;
    g->colour[e->to] = GREY;
    g->next[e->to] = g->start[e->to];
    g->stack[(*depth)++] = e->to;
    return false;
}

/* Is there a circle among these nodes (NULL: all), without the edges that go through a prior of `without` (UNVISITED: with all)? */
static bool has_circle(struct graph *g, const bool *within, uint32_t without)
{
    memset(g->colour, WHITE, g->count);
    for (uint32_t i = 0; i < g->count; i++) {
        uint32_t depth = 0;
        if (g->colour[i] != WHITE || (within != NULL && !within[i]))
            continue;
        g->colour[i] = GREY;
        g->next[i] = g->start[i];
        g->stack[depth++] = i;
        while (depth > 0)
            if (walk_on(g, within, without, &depth))
                return true;
    }
    return false;
}

/* Marks all that is reached from a node, in one direction, within a set (NULL: all). */
static void spread(struct graph *g, const struct edge *edges, const uint32_t *start, bool is_back, uint32_t from,
                   const bool *within, bool *marks)
{
    uint32_t depth = 0;
    memset(marks, 0, g->count * sizeof *marks);
    marks[from] = true;
    g->stack[depth++] = from;
    while (depth > 0) {
        uint32_t at = g->stack[--depth];
        for (uint32_t e = start[at]; e < start[at + 1]; e++) {
            uint32_t to = is_back ? edges[e].from : edges[e].to;
            if (marks[to] || (within != NULL && !within[to]))
                continue;
            marks[to] = true;
            g->stack[depth++] = to;
        }
    }
}

/* The nodes that lie on a circle with `from`, and it: g->on. */
static void circle_of(struct graph *g, uint32_t from)
{
    spread(g, g->edges, g->start, false, from, NULL, g->ahead);
    spread(g, g->back, g->back_start, true, from, g->ahead, g->on);
}

static struct slice node_name(const struct terms *t, uint32_t i)
{
    if (i < t->metric_count)
        return t->metrics[i].shown.name;
    i -= t->metric_count;
    return i < t->define_count ? t->defines[i].name : t->rules[i - t->define_count].shown.name;
}

/* Is there a dimension by which every way round the circle goes back, and which nothing on it binds anew? */
static bool goes_back(const struct checker *c, struct graph *g)
{
    dimension_set rebound = 0, prior = 0;
    for (uint32_t i = 0; i < c->edge_count; i++)
        if (g->on[g->edges[i].from] && g->on[g->edges[i].to]) {
            rebound |= g->edges[i].rebound;
            prior |= g->edges[i].prior;
        }
    for (uint32_t dim = 0; dim < c->t->dimension_count; dim++)
        if ((prior & ~rebound & dimension_bit(dim)) != 0 && !has_circle(g, g->on, dim))
            return true;
    return false;
}

/* The edge by which `from` goes round its circle, or NULL. */
static const struct edge *way_round(const struct graph *g, uint32_t from)
{
    for (uint32_t e = g->start[from]; e < g->start[from + 1]; e++)
        if (g->on[g->edges[e].to])
            return &g->edges[e];
    return NULL;
}

MUST_CHECK static bool find_circles(struct checker *c, struct graph *g)
{
    bool *judged = CHECK_NEW(c, g->count, bool);
    if (judged == NULL)
        return false;
    if (!has_circle(g, NULL, UNVISITED))
        return true;
    for (uint32_t i = 0; i < g->count; i++) {
        if (judged[i])
            continue;
        circle_of(g, i);
        for (uint32_t j = 0; j < g->count; j++)
            judged[j] = judged[j] || g->on[j]; /* a circle is judged once */
        const struct edge *e = way_round(g, i);
        if (e == NULL || goes_back(c, g))
            continue;
        PROBLEM(c, "circle", e->span, "every way round goes through `prior` of one dimension that nothing binds anew",
                "`%.*s` depends on itself through `%.*s`", SLICE_ARG(node_name(c->t, i)),
                SLICE_ARG(node_name(c->t, e->to)));
    }
    return true;
}

/* ---- C2 ---- */

static void reach_node(struct graph *g, uint32_t to, uint32_t *depth)
{
    if (g->reached[to])
        return;
    g->reached[to] = true;
    g->stack[(*depth)++] = to;
}

static void reach_from(struct graph *g, uint32_t node, uint32_t *depth)
{
    for (uint32_t e = g->start[node]; e < g->start[node + 1]; e++)
        reach_node(g, g->edges[e].to, depth);
}

/* What the rules of a group reach; a rule under other caps brings its whole group, for their targets come together. */
static void reach(const struct checker *c, struct graph *g, uint32_t group)
{
    const struct terms *t = c->t;
    uint32_t rules = t->metric_count + t->define_count, depth = 0;
    memset(g->reached, 0, g->count * sizeof *g->reached);
    memset(g->ahead, 0, g->count * sizeof *g->ahead); /* by first rule: groups that have been brought */
    for (uint32_t i = group; i != TERMS_NONE; i = g->mates[i])
        reach_from(g, rules + i, &depth);
    while (depth > 0) {
        uint32_t at = g->stack[--depth];
        uint32_t other = at >= rules && at - rules < t->rule_count ? t->rules[at - rules].group : TERMS_NONE;
        reach_from(g, at, &depth);
        if (other == TERMS_NONE || other == group || g->ahead[other])
            continue;
        g->ahead[other] = true;
        for (uint32_t i = other; i != TERMS_NONE; i = g->mates[i])
            reach_node(g, rules + i, &depth);
    }
}

static void find_cap_circles(struct checker *c, struct graph *g)
{
    const struct terms *t = c->t;
    uint32_t rules = t->metric_count + t->define_count;
    for (uint32_t group = 0; group < t->rule_count && c->diags->errors == 0; group++) {
        if (t->rules[group].group != group)
            continue;
        reach(c, g, group);
        for (uint32_t i = group; i != TERMS_NONE; i = g->mates[i])
            if (g->reached[rules + i])
                PROBLEM(c, "caps.circle", t->rules[i].decl->name.span,
                        "put the bound into its amount: `min(..., 8_000_000 - sum(early over cohort))`",
                        "`%.*s` shares a cap with rules that depend on it, or depends on itself",
                        SLICE_ARG(t->rules[i].shown.name));
    }
}

/* N5: a restated weight moves money between members, so a rule that never goes back cannot share out a pot. */
static void find_kept_portions(struct checker *c, struct graph *g)
{
    const struct terms *t = c->t;
    uint32_t rules = t->metric_count + t->define_count;
    memset(g->on, 0, g->count * sizeof *g->on);
    for (uint32_t i = 0; i < rules; i++)
        g->on[i] = true; /* through defaults and defines; what comes from another rule is that rule's affair */
    for (uint32_t r = 0; r < t->rule_count; r++) {
        bool shares = false;
        if (!t->rules[r].is_never_back)
            continue;
        spread(g, g->edges, g->start, false, rules + r, g->on, g->ahead);
        for (uint32_t i = 0; i < g->count; i++)
            shares = shares || (g->ahead[i] && c->has_portion[i]);
        if (shares)
            PROBLEM(c, "portion.back", t->rules[r].decl->name.span, "leave out `never back`",
                    "`%.*s` shares out a pot, and its parts move when a weight is restated",
                    SLICE_ARG(t->rules[r].shown.name));
    }
}

void check_circles(struct checker *c)
{
    struct graph g = {0};
    c->has_portion = CHECK_NEW(c, node_count(c->t), bool);
    if (c->failed)
        return;
    walk_all(c);
    if (c->failed || !make_graph(c, &g) || !find_circles(c, &g))
        return;
    find_cap_circles(c, &g);
    find_kept_portions(c, &g);
}
