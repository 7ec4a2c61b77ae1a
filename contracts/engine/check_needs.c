/* D1: which dimensions every expression needs bound, and whether they are. The needs of defines depend on one another, also in
 * circles, so they are computed until nothing changes; they only grow, so that ends. */
#include "check.h"

static dimension_set needs_of(const struct terms *t, struct node *n);

static dimension_set needs_of_indexes(const struct terms *t, const struct node_index *list)
{
    dimension_set set = 0;
    for (const struct node_index *i = list; i != NULL; i = i->next)
        if (i->expr != NULL)
            set |= needs_of(t, i->expr);
    return set;
}

static dimension_set needs_of_ref(const struct terms *t, const struct node *n)
{
    dimension_set dims = n->op == NODE_METRIC || n->op == NODE_SUBMITTED ? t->metrics[n->u.ref.target].dims
                         : n->op == NODE_TABLE                           ? t->tables[n->u.ref.target].dims
                         : n->op == NODE_RULE                            ? t->rules[n->u.ref.target].dims
                                                                         : t->defines[n->u.ref.target].dims;
    return (dims & ~n->u.ref.rebound) | needs_of_indexes(t, n->u.ref.indexes);
}

static dimension_set needs_of_aggregate(const struct terms *t, const struct node *n)
{
    dimension_set set = 0;
    if (n->a != NULL)
        set |= needs_of(t, n->a);
    if (n->c != NULL)
        set |= needs_of(t, n->c);
    if (n->u.aggregate.has_of) {
        set |= t->metrics[n->u.aggregate.of].dims;
        for (const struct node_index *i = n->u.aggregate.of_indexes; i != NULL; i = i->next)
            set &= ~dimension_bit(i->dimension);
    }
    set &= ~n->u.aggregate.rebound;
    set |= needs_of_indexes(t, n->u.aggregate.of_indexes); /* which are found before anything is bound */
    for (uint32_t i = 0; i < n->u.aggregate.over_count; i++)
        if (n->u.aggregate.over[i].is_up_to_bound)
            set |= dimension_bit(n->u.aggregate.over[i].dimension);
    return set;
}

/* The pot does not vary by what it is shared out among; the members are bound around it. */
static dimension_set needs_of_portion(const struct terms *t, const struct node *n)
{
    return needs_of_aggregate(t, n) | needs_of(t, n->b) | n->u.aggregate.rebound;
}

static dimension_set needs_of_rows(const struct terms *t, const struct node *n)
{
    dimension_set set = 0;
    for (uint32_t i = 0; i < n->u.rows.count; i++)
        set |= needs_of(t, n->u.rows.rows[i].at) | needs_of(t, n->u.rows.rows[i].value);
    return set;
}

static dimension_set needs_of(const struct terms *t, struct node *n)
{
    dimension_set set = 0;
    switch (n->op) {
    case NODE_DIMENSION:
    case NODE_ORDINAL:
    case NODE_START:
    case NODE_END:
        set = dimension_bit(n->u.dimension);
        break;
    case NODE_SUBMITTED:
    case NODE_METRIC:
    case NODE_TABLE:
    case NODE_DEFINE:
    case NODE_RULE:
        set = needs_of_ref(t, n);
        break;
    case NODE_AGGREGATE:
        n->needs = needs_of_aggregate(t, n);
        return n->needs;
    case NODE_PORTION:
        n->needs = needs_of_portion(t, n);
        return n->needs;
    case NODE_PRIOR:
        set = dimension_bit(n->u.prior.dimension);
        break;
    case NODE_MIN:
    case NODE_MAX:
        for (uint32_t i = 0; i < n->u.list.count; i++)
            set |= needs_of(t, n->u.list.args[i]);
        break;
    case NODE_STEP:
    case NODE_LINEAR:
    case NODE_BANDS:
        set = needs_of_rows(t, n);
        break;
    default:
        break;
    }
    struct node *parts[] = {n->a, n->b, n->c};
    for (size_t i = 0; i < 3; i++)
        if (parts[i] != NULL)
            set |= needs_of(t, parts[i]);
    n->needs = set;
    return set;
}

static void settle_defines(struct checker *c)
{
    bool changed = true;
    while (changed) {
        changed = false;
        for (uint32_t i = 0; i < c->define_order_count; i++) {
            struct define *d = &c->t->defines[c->define_order[i]];
            dimension_set dims = needs_of(c->t, d->value);
            changed = changed || dims != d->dims;
            d->dims = dims;
        }
    }
}

static void expect_bound(struct checker *c, struct node *n, dimension_set bound, const struct slice *name)
{
    if (n == NULL)
        return;
    dimension_set missing = needs_of(c->t, n) & ~bound;
    if (missing == 0)
        return;
    uint32_t dim = (uint32_t) __builtin_ctzll(missing);
    PROBLEM(
        c, "dimension.unbound", n->span,
        check_text(c, "bind it by `for each`, by an index, or by `over %.*s`", SLICE_ARG(c->t->dimensions[dim].shown.name)),
        "this varies by `%.*s`, which is not bound in `%.*s`", SLICE_ARG(c->t->dimensions[dim].shown.name),
        SLICE_ARG(*name));
}

/* An index of a define by a dimension that it does not have; an aggregate or prior of what does not vary by its dimension. */
static void expect_varies(struct checker *c, const struct node *n);

static void expect_parts_vary(struct checker *c, const struct node *n)
{
    const struct node *parts[] = {n->a, n->b, n->c};
    for (size_t i = 0; i < 3; i++)
        if (parts[i] != NULL)
            expect_varies(c, parts[i]);
    if (n->op == NODE_MIN || n->op == NODE_MAX)
        for (uint32_t i = 0; i < n->u.list.count; i++)
            expect_varies(c, n->u.list.args[i]);
    if (node_has_rows(n))
        for (uint32_t i = 0; i < n->u.rows.count; i++) {
            expect_varies(c, n->u.rows.rows[i].at);
            expect_varies(c, n->u.rows.rows[i].value);
        }
}

static void expect_varies(struct checker *c, const struct node *n)
{
    dimension_set has = ~(dimension_set) 0, wants = 0;
    const struct node *of = n;
    if (n->op == NODE_DEFINE) {
        has = c->t->defines[n->u.ref.target].dims;
        wants = n->u.ref.rebound;
    } else if (n->op == NODE_PORTION && (n->b->needs & n->u.aggregate.rebound) != 0) {
        PROBLEM(c, "portion.pot", n->b->span, "sum it up first, and give each a share of the sum",
                "the pot varies by `%.*s`, among whose members it is shared out",
                SLICE_ARG(c->t->dimensions[__builtin_ctzll(n->b->needs & n->u.aggregate.rebound)].shown.name));
    } else if ((n->op == NODE_AGGREGATE || n->op == NODE_PORTION) && n->a != NULL) {
        has = n->a->needs | (n->c == NULL ? 0 : n->c->needs) | (n->u.aggregate.has_of ? ~(dimension_set) 0 : 0);
        wants = n->u.aggregate.rebound;
        of = n->a;
    } else if (n->op == NODE_PRIOR) {
        has = n->a->needs;
        wants = dimension_bit(n->u.prior.dimension);
        of = n->a;
    }
    if ((wants & ~has) != 0) {
        uint32_t dim = (uint32_t) __builtin_ctzll(wants & ~has);
        PROBLEM(c, "dimension.absent", of->span, NULL, "this does not vary by `%.*s`",
                SLICE_ARG(c->t->dimensions[dim].shown.name));
    }
    if (node_is_ref(n))
        for (const struct node_index *i = n->u.ref.indexes; i != NULL; i = i->next)
            if (i->expr != NULL)
                expect_varies(c, i->expr);
    expect_parts_vary(c, n);
}

static void expect_all_vary(struct checker *c)
{
    const struct terms *t = c->t;
    for (uint32_t i = 0; i < t->metric_count; i++)
        if (t->metrics[i].missing != NULL)
            expect_varies(c, t->metrics[i].missing);
    for (uint32_t i = 0; i < t->define_count; i++)
        expect_varies(c, t->defines[i].value);
    for (uint32_t i = 0; i < t->rule_count; i++) {
        const struct node *clauses[] = {t->rules[i].dated, t->rules[i].when, t->rules[i].amount, t->rules[i].not_before};
        for (size_t j = 0; j < 4; j++)
            if (clauses[j] != NULL)
                expect_varies(c, clauses[j]);
    }
}

/* D3: by which of its metric's dimensions an open set waits for what is not decided. */
MUST_CHECK static bool number_open_set(struct checker *c, struct node *n)
{
    struct metric *m = &c->t->metrics[n->u.aggregate.of];
    struct node_list *entry = CHECK_NEW(c, 1, struct node_list);
    dimension_set set = m->dims & ~n->u.aggregate.rebound;
    for (const struct node_index *i = n->u.aggregate.of_indexes; i != NULL; i = i->next)
        set &= ~dimension_bit(i->dimension);
    if (entry == NULL)
        return false;
    entry->node = n;
    entry->next = m->sets;
    m->sets = entry;
    n->u.aggregate.open_memo = c->t->memo_count++;
    return check_shape_of_set(c, set, &n->u.aggregate.open_shape);
}

static bool is_walk_of(const struct key_walk *walk, const struct node *n)
{
    bool is_same = walk->shape.count - walk->outer == n->u.aggregate.over_count;
    for (uint32_t i = 0; is_same && i < n->u.aggregate.over_count; i++)
        is_same = walk->shape.dims[walk->outer + i] == n->u.aggregate.over[i].dimension;
    return is_same;
}

/* K2: the way in which it goes through the keys of its metric; one that another aggregate has, or a new one. */
MUST_CHECK static bool number_walk(struct checker *c, struct node *n)
{
    struct metric *m = &c->t->metrics[n->u.aggregate.of];
    struct key_walk *walk = m->walks;
    while (walk != NULL && !is_walk_of(walk, n))
        walk = walk->next;
    n->u.aggregate.walk = walk;
    if (walk != NULL)
        return true;
    uint32_t *dims = CHECK_NEW(c, m->shape.count, uint32_t), count = 0;
    walk = CHECK_NEW(c, 1, struct key_walk);
    if (dims == NULL || walk == NULL)
        return false;
    for (uint32_t i = 0; i < m->shape.count; i++)
        if ((n->u.aggregate.rebound & dimension_bit(m->shape.dims[i])) == 0)
            dims[count++] = m->shape.dims[i];
    walk->outer = count;
    for (uint32_t i = 0; i < n->u.aggregate.over_count; i++)
        dims[count++] = n->u.aggregate.over[i].dimension;
    walk->number = c->t->walk_count++;
    walk->metric = n->u.aggregate.of;
    walk->shape = (struct shape){.count = count, .dims = dims, .cells = m->shape.cells};
    walk->next = m->walks;
    n->u.aggregate.walk = m->walks = walk;
    return true;
}

static void number_memos(struct checker *c)
{
    struct terms *t = c->t;
    t->memo_count = t->metric_count + t->define_count;
    for (struct memo_node *m = c->memos; m != NULL; m = m->next) {
        struct node *n = m->node;
        bool ok = false;
        if (n->op == NODE_AGGREGATE || n->op == NODE_PORTION) {
            n->u.aggregate.memo = t->memo_count++;
            ok = check_shape_of_set(c, n->needs, &n->u.aggregate.shape);
            if (ok && n->u.aggregate.is_open)
                ok = number_open_set(c, n) && number_walk(c, n);
        } else {
            n->u.prior.memo = t->memo_count++;
            ok = check_shape_of_set(c, n->a->needs | dimension_bit(n->u.prior.dimension), &n->u.prior.shape);
        }
        if (!ok)
            return;
    }
    for (uint32_t i = 0; i < t->define_count; i++)
        if (!check_shape_of_set(c, t->defines[i].dims, &t->defines[i].shape))
            return;
}

void check_needs(struct checker *c)
{
    struct terms *t = c->t;
    settle_defines(c);
    for (uint32_t i = 0; i < t->metric_count; i++) {
        expect_bound(c, t->metrics[i].missing, t->metrics[i].dims, &t->metrics[i].shown.name);
        expect_bound(c, t->metrics[i].until, t->metrics[i].dims, &t->metrics[i].shown.name);
    }
    for (uint32_t i = 0; i < t->rule_count; i++) {
        struct rule *r = &t->rules[i];
        expect_bound(c, r->dated, r->dims, &r->shown.name);
        expect_bound(c, r->when, r->dims, &r->shown.name);
        expect_bound(c, r->amount, r->dims, &r->shown.name);
        expect_bound(c, r->not_before, r->dims, &r->shown.name);
    }
    expect_all_vary(c);
    if (c->diags->errors == 0)
        number_memos(c);
}
