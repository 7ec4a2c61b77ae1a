/* Aggregates and prior: what binds a dimension inside an expression (language.md section 5). */
#include "check.h"

MUST_CHECK static bool remember(struct checker *c, struct node *n)
{
    struct memo_node *m = CHECK_NEW(c, 1, struct memo_node);
    if (m == NULL)
        return false;
    m->node = n;
    m->next = c->memos;
    c->memos = m;
    return true;
}

/* D2, D3: all members of an open dimension are those that results name, and only `until` says when they are all there. */
MUST_CHECK static bool check_open_over(struct checker *c, const struct ast_expr *e, const struct ast_over *o)
{
    const struct symbol *of = e->u.aggregate.has_of ? symbols_find(&c->t->symbols, e->u.aggregate.of.name.text) : NULL;
    bool is_metric = of != NULL && of->kind == SYMBOL_METRIC;
    if (e->u.aggregate.has_of && (!is_metric || c->t->metrics[of->at].decl->u.metric.until != NULL))
        return true; /* what `of` names wrongly is reported where it is read */
    if (is_metric)
        PROBLEM(c, "aggregate.open", o->dimension.span,
                check_text(c, "say in `%.*s` until when its results come: `until 60 days after ...`", SLICE_ARG(of->name)),
                "`%.*s` is open, and nothing says when the results of `%.*s` are all there: this set never closes",
                SLICE_ARG(o->dimension.text), SLICE_ARG(of->name));
    else
        PROBLEM(c, "aggregate.open", o->dimension.span, "say whose results name its members: `over ... of METRIC`",
                "`%.*s` is open: this set never closes", SLICE_ARG(o->dimension.text));
    return false;
}

MUST_CHECK static bool check_over(struct checker *c, const struct scope *scope, const struct ast_expr *e,
                                  const struct ast_over *o, dimension_set *rebound, struct node_over *out)
{
    const struct symbol *s = check_dimension_name(c, &o->dimension);
    if (s == NULL)
        return false;
    dimension_set bit = dimension_bit(s->at);
    bool is_open = dimension_is_open(&c->t->dimensions[s->at]);
    if (is_open && !check_open_over(c, e, o))
        return false;
    if (is_open && (o->so_far || o->last > 0)) {
        PROBLEM(c, "dimension.open", o->dimension.span, NULL, "`%.*s` is open: its members have no order",
                SLICE_ARG(s->name));
        return false;
    }
    out->dimension = s->at;
    out->last = o->last;
    out->is_up_to_bound = o->so_far || o->last > 0;
    /* what runs up to the bound member stays at or before it; everything else may not be bound already, for cost (K2) */
    if ((*rebound & bit) != 0 || (!out->is_up_to_bound && (scope->bound & bit) != 0)) {
        PROBLEM(c, "dimension.twice", o->dimension.span,
                check_text(c, "put it in a `define`, or say `over %.*s so far`", SLICE_ARG(s->name)),
                "`%.*s` is bound already where this runs over it", SLICE_ARG(s->name));
        return false;
    }
    *rebound |= bit;
    return true;
}

MUST_CHECK static bool check_of(struct checker *c, const struct scope *scope, const struct ast_expr *e, struct node *n)
{
    const struct ast_ref *of = &e->u.aggregate.of;
    const struct symbol *s = check_symbol(c, &of->name, SYMBOL_METRIC, "a metric");
    dimension_set fixed = 0;
    if (s == NULL)
        return false;
    struct metric *m = &c->t->metrics[s->at];
    if (!check_indexes(c, scope, of->indexes, m->dims, true, s->name, &n->u.aggregate.of_indexes, &fixed))
        return false;
    if ((n->u.aggregate.rebound & ~(m->dims & ~fixed)) != 0) {
        PROBLEM(c, "dimension.absent", of->name.span, NULL, "`%.*s` does not have every dimension that this runs over",
                SLICE_ARG(s->name));
        return false;
    }
    m->is_used = true;
    n->u.aggregate.has_of = true;
    for (uint32_t i = 0; i < n->u.aggregate.over_count; i++)
        n->u.aggregate.is_open =
            n->u.aggregate.is_open || dimension_is_open(&c->t->dimensions[n->u.aggregate.over[i].dimension]);
    n->u.aggregate.of = s->at;
    return true;
}

/* The type of the whole from that of what is aggregated. */
MUST_CHECK static bool result_type(struct checker *c, const struct ast_expr *e, const struct node *a, struct type *type)
{
    enum ast_aggregate what = e->u.aggregate.what;
    enum type_kind wanted = what == AST_AGG_SHARE ? TYPE_TRUTH : TYPE_NUMBER;
    bool is_order = what == AST_AGG_MIN || what == AST_AGG_MAX || what == AST_AGG_FIRST || what == AST_AGG_LAST;
    *type = type_number();
    if (what == AST_AGG_COUNT)
        return true;
    ENSURE(e->a != NULL); /* only a count has nothing to aggregate */
    bool fits = a->type.kind == wanted || (is_order && a->type.kind == TYPE_DATE) ||
                ((what == AST_AGG_FIRST || what == AST_AGG_LAST));
    if (!fits) {
        PROBLEM(c, "types.wanted", e->a->span, NULL, "%s is wanted here, this is %s",
                wanted == TYPE_TRUTH ? "true or false" : "a number", check_type_text(c, &a->type));
        return false;
    }
    if (what != AST_AGG_SHARE) {
        *type = a->type;
        type->is_bare = type->is_zero = false;
    }
    return true;
}

MUST_CHECK static bool check_overs(struct checker *c, const struct scope *scope, const struct ast_expr *e, struct node *n)
{
    uint32_t count = 0;
    for (const struct ast_over *o = e->u.aggregate.over; o != NULL; o = o->next)
        count++;
    struct node_over *over = CHECK_NEW(c, count, struct node_over);
    if (over == NULL)
        return false;
    count = 0;
    for (const struct ast_over *o = e->u.aggregate.over; o != NULL; o = o->next)
        if (!check_over(c, scope, e, o, &n->u.aggregate.rebound, &over[count++]))
            return false;
    n->u.aggregate.over = over;
    n->u.aggregate.over_count = count;
    return true;
}

/* N5: the part of the bound member, so what it runs over is bound around it, and again for the weights. */
MUST_CHECK static struct node *check_portion(struct checker *c, const struct scope *scope, const struct ast_expr *e)
{
    struct scope outer = *scope;
    struct node *n = check_node(c, NODE_PORTION, e, &(struct type){0});
    for (const struct ast_over *o = e->u.aggregate.over; o != NULL; o = o->next) {
        const struct symbol *s = check_dimension_name(c, &o->dimension);
        if (s == NULL)
            return NULL;
        outer.bound &= ~dimension_bit(s->at);
        if (o->so_far || o->last > 0) {
            PROBLEM(c, "portion.over", o->dimension.span, NULL, "a pot is shared out among all members");
            return NULL;
        }
    }
    if (n == NULL || !check_overs(c, &outer, e, n) || (e->u.aggregate.has_of && !check_of(c, scope, e, n)))
        return NULL;
    n->u.aggregate.what = AST_AGG_PORTION;
    struct node *pot = check_expr(c, scope, e->a, NO_WORD), *weight = check_expr(c, scope, e->b, NO_WORD);
    struct node *where = e->c == NULL ? NULL : check_expr(c, scope, e->c, NO_WORD);
    if (pot == NULL || weight == NULL || (e->c != NULL && where == NULL) ||
        !check_is_kind(c, weight, TYPE_NUMBER, "a number") ||
        (where != NULL && !check_is_kind(c, where, TYPE_TRUTH, "true or false")))
        return NULL;
    if (!pot->type.is_bare && !type_is_money(c->t, &pot->type, &n->u.aggregate.currency)) {
        PROBLEM(c, "amount.money", pot->span, NULL, "a pot is money, this is %s", check_type_text(c, &pot->type));
        return NULL;
    }
    n->type = type_money(c->t, n->u.aggregate.currency);
    n = check_parts(n, weight, pot, where);
    return n != NULL && remember(c, n) ? n : NULL;
}

struct node *check_aggregate(struct checker *c, const struct scope *scope, const struct ast_expr *e)
{
    enum ast_aggregate what = e->u.aggregate.what;
    if (what == AST_AGG_PORTION)
        return check_portion(c, scope, e);
    if (what == AST_AGG_BEST && (e->u.aggregate.k == 0 || e->u.aggregate.k > BEST_MAX)) {
        PROBLEM(c, "aggregate.best", e->span, NULL, "`best` takes the 1 to %d largest", BEST_MAX);
        return NULL;
    }
    struct node *n = check_node(c, NODE_AGGREGATE, e, &(struct type){0});
    if (n == NULL || !check_overs(c, scope, e, n))
        return NULL;
    n->u.aggregate.what = what;
    n->u.aggregate.k = e->u.aggregate.k;
    if (e->u.aggregate.has_of && !check_of(c, scope, e, n))
        return NULL;
    struct scope inner = *scope;
    inner.bound |= n->u.aggregate.rebound;
    if (e->a != NULL) {
        n->a = check_expr(c, &inner, e->a, NO_WORD);
        if (n->a == NULL)
            return NULL;
        n->depth = n->a->depth + 1;
    }
    if (e->c != NULL) {
        n->c = check_expr(c, &inner, e->c, NO_WORD);
        if (n->c == NULL)
            return NULL;
        if (n->c->type.kind != TYPE_TRUTH) {
            PROBLEM(c, "types.wanted", e->c->span, NULL, "`where` wants true or false, this is %s",
                    check_type_text(c, &n->c->type));
            return NULL;
        }
        n->depth = n->c->depth >= n->depth ? n->c->depth + 1 : n->depth;
    }
    return result_type(c, e, n->a, &n->type) && remember(c, n) ? n : NULL;
}

struct node *check_prior(struct checker *c, const struct scope *scope, const struct ast_expr *e, uint32_t word)
{
    const struct symbol *s = check_dimension_name(c, &e->u.prior);
    struct type type;
    if (s == NULL)
        return NULL;
    if (dimension_is_open(&c->t->dimensions[s->at])) {
        PROBLEM(c, "dimension.open", e->u.prior.span, NULL, "`%.*s` is open: its members have no order",
                SLICE_ARG(s->name));
        return NULL;
    }
    struct node *a = check_expr(c, scope, e->a, word);
    struct node *b = check_expr(c, scope, e->b, word);
    if (a == NULL || b == NULL || !check_join(c, e->span, "is begun with", &a->type, &b->type, &type))
        return NULL;
    struct node *n = check_node(c, NODE_PRIOR, e, &type);
    if (n == NULL)
        return NULL;
    n->a = a;
    n->b = b;
    n->depth = (a->depth > b->depth ? a->depth : b->depth) + 1;
    n->u.prior.dimension = s->at;
    return remember(c, n) ? n : NULL;
}
