/* The order of groups in a session: a group is computed as a whole before anything that needs a target of it is looked at, so those
 * on which others depend come first. C2 sees to it that there is such an order. */
#include "session.h"

struct walk {
    const struct terms *t;
    bool *metrics, *defines, *rules, *groups; /* seen */
    uint32_t *order;
    uint32_t count;
};

static void walk_node(struct walk *w, const struct node *n);

static void walk_indexes(struct walk *w, const struct node_index *list)
{
    for (const struct node_index *i = list; i != NULL; i = i->next)
        walk_node(w, i->expr);
}

static void walk_group(struct walk *w, uint32_t group);

static void walk_rule(struct walk *w, uint32_t rule)
{
    const struct rule *r = &w->t->rules[rule];
    if (r->group != TERMS_NONE && !w->groups[r->group]) {
        walk_group(w, r->group);
        return;
    }
    if (w->rules[rule])
        return;
    w->rules[rule] = true;
    walk_node(w, r->dated);
    walk_node(w, r->when);
    walk_node(w, r->amount);
    walk_node(w, r->not_before);
}

static void walk_group(struct walk *w, uint32_t group)
{
    w->groups[group] = true;
    for (uint32_t i = 0; i < w->t->rule_count; i++)
        if (w->t->rules[i].group == group)
            walk_rule(w, i);
    w->order[w->count++] = group;
}

static void walk_ref(struct walk *w, const struct node *n)
{
    uint32_t target = n->u.ref.target;
    walk_indexes(w, n->u.ref.indexes);
    if (n->op == NODE_METRIC && !w->metrics[target]) {
        w->metrics[target] = true;
        walk_node(w, w->t->metrics[target].missing);
    } else if (n->op == NODE_DEFINE && !w->defines[target]) {
        w->defines[target] = true;
        walk_node(w, w->t->defines[target].value);
    } else if (n->op == NODE_RULE) {
        walk_rule(w, target);
    }
}

static void walk_node(struct walk *w, const struct node *n)
{
    if (n == NULL)
        return;
    walk_node(w, n->a);
    walk_node(w, n->b);
    walk_node(w, n->c);
    if (node_is_ref(n))
        walk_ref(w, n);
    if (n->op == NODE_MIN || n->op == NODE_MAX)
        for (uint32_t i = 0; i < n->u.list.count; i++)
            walk_node(w, n->u.list.args[i]);
    if (node_has_rows(n))
        for (uint32_t i = 0; i < n->u.rows.count; i++) {
            walk_node(w, n->u.rows.rows[i].at);
            walk_node(w, n->u.rows.rows[i].value);
        }
    if (n->op == NODE_AGGREGATE || n->op == NODE_PORTION)
        walk_indexes(w, n->u.aggregate.of_indexes);
}

const uint32_t *session_group_order(struct eval *ev, uint32_t *count)
{
    const struct terms *t = ev->t;
    struct walk w = {
        .t = t,
        .metrics = EVAL_SCRATCH(ev, t->metric_count, bool),
        .defines = EVAL_SCRATCH(ev, t->define_count, bool),
        .rules = EVAL_SCRATCH(ev, t->rule_count, bool),
        .groups = EVAL_SCRATCH(ev, t->rule_count, bool),
        .order = EVAL_NEW(ev, t->rule_count, uint32_t),
    };
    if (w.metrics == NULL || w.defines == NULL || w.rules == NULL || w.groups == NULL || w.order == NULL)
        return NULL;
    for (uint32_t i = 0; i < t->rule_count; i++)
        if (t->rules[i].group != TERMS_NONE && !w.groups[t->rules[i].group])
            walk_group(&w, t->rules[i].group);
    *count = w.count;
    return w.order;
}
