/* Names with their indexes: what they stand for. */
#include "check.h"

MUST_CHECK static bool check_index(struct checker *c, const struct scope *scope, const struct ast_index *i,
                                   uint32_t dimension, struct node_index *out)
{
    const struct dimension *d = &c->t->dimensions[dimension];
    bool is_list = d->shown.kind == TERMS_LIST;
    out->dimension = dimension;
    if (i->key.kind != AST_KEY_EXPR)
        return check_member(c, dimension, &i->key, &out->member);
    out->expr = check_expr(c, scope, i->key.expr, is_list ? dimension : NO_WORD);
    if (out->expr == NULL)
        return false;
    const struct type *type = &out->expr->type;
    if (dimension_is_open(d)) {
        PROBLEM(c, "dimension.open", i->key.span, "`for each` binds it", "`%.*s` is open: the text names no member of it",
                SLICE_ARG(d->shown.name));
        return false;
    }
    bool fits = is_list                         ? type->kind == TYPE_WORD && type->dimension == dimension
                : d->shown.kind == TERMS_PERIOD ? type->kind == TYPE_DATE
                                                : type->kind == TYPE_NUMBER && type->unit.count == 0;
    if (!fits)
        PROBLEM(c, "types.wanted", i->key.span, NULL, "the index of `%.*s` is %s, this is %s", SLICE_ARG(d->shown.name),
                is_list                         ? "one of its words"
                : d->shown.kind == TERMS_PERIOD ? "a date"
                                                : "a whole number",
                check_type_text(c, type));
    return fits;
}

bool check_indexes(struct checker *c, const struct scope *scope, const struct ast_index *list, dimension_set dims,
                   bool dims_known, struct slice of, struct node_index **out, dimension_set *rebound)
{
    struct node_index **tail = out;
    for (const struct ast_index *i = list; i != NULL; i = i->next) {
        const struct symbol *s = check_dimension_name(c, &i->dimension);
        if (s == NULL)
            return false;
        dimension_set bit = dimension_bit(s->at);
        if ((*rebound & bit) != 0 || (dims_known && (dims & bit) == 0)) {
            PROBLEM(c, (*rebound & bit) != 0 ? "dimension.twice" : "dimension.absent", i->dimension.span, NULL,
                    (*rebound & bit) != 0 ? "`%.*s` of `%.*s` is bound twice" : "`%.*s` is no dimension of `%.*s`",
                    SLICE_ARG(s->name), SLICE_ARG(of));
            return false;
        }
        struct node_index *index = CHECK_NEW(c, 1, struct node_index);
        if (index == NULL || !check_index(c, scope, i, s->at, index))
            return false;
        *rebound |= bit;
        *tail = index;
        tail = &index->next;
    }
    return true;
}

MUST_CHECK static struct node *reference(struct checker *c, const struct scope *scope, const struct ast_expr *e,
                                         const struct ast_ref *ref, enum node_op op, uint32_t target,
                                         const struct type *type, const dimension_set *dims, uint32_t depth)
{
    struct node *n = check_node(c, op, e, type);
    if (n == NULL)
        return NULL;
    n->u.ref.target = target;
    check_deepen(n, depth);
    if (!check_indexes(c, scope, ref->indexes, dims == NULL ? 0 : *dims, dims != NULL, ref->name.text, &n->u.ref.indexes,
                       &n->u.ref.rebound))
        return NULL;
    for (const struct node_index *i = n->u.ref.indexes; i != NULL; i = i->next)
        if (i->expr != NULL)
            check_deepen(n, i->expr->depth);
    return n;
}

MUST_CHECK static struct node *check_dimension_value(struct checker *c, const struct ast_expr *e, uint32_t dimension)
{
    const struct dimension *d = &c->t->dimensions[dimension];
    struct type type = type_number();
    if (dimension_is_open(d)) {
        PROBLEM(c, "dimension.open", e->span, NULL, "`%.*s` is open: its members are names without a value",
                SLICE_ARG(d->shown.name));
        return NULL;
    }
    if (e->u.ref.indexes != NULL || d->shown.kind == TERMS_PERIOD) {
        PROBLEM(c, "types.wanted", e->span, "`start of`, `end of` and `number of` give its days and its number",
                "the period `%.*s` has no value of its own", SLICE_ARG(d->shown.name));
        return NULL;
    }
    if (d->shown.kind == TERMS_LIST)
        type = (struct type){.kind = TYPE_WORD, .dimension = dimension};
    struct node *n = check_node(c, NODE_DIMENSION, e, &type);
    if (n != NULL)
        n->u.dimension = dimension;
    return n;
}

MUST_CHECK static struct node *check_word(struct checker *c, const struct ast_expr *e, uint32_t dimension)
{
    struct ast_key key = {.kind = AST_KEY_NAME, .name = e->u.ref.name.text, .span = e->u.ref.name.span};
    uint32_t member = TERMS_NONE;
    if (!check_member(c, dimension, &key, &member))
        return NULL;
    struct node *n = check_node(c, NODE_WORD, e, &(struct type){.kind = TYPE_WORD, .dimension = dimension});
    if (n != NULL)
        n->u.word = member;
    return n;
}

MUST_CHECK static struct node *check_rule_ref(struct checker *c, const struct scope *scope, const struct ast_expr *e,
                                              uint32_t rule)
{
    struct rule *r = &c->t->rules[rule];
    if (r->state == DEFINE_OPEN)
        r->is_assumed = true;
    else if (!check_rule(c, rule))
        return NULL;
    struct type type = type_money(c->t, r->currency);
    return reference(c, scope, e, &e->u.ref, NODE_RULE, rule, &type, &r->dims, r->depth + RULE_NESTING);
}

MUST_CHECK static struct node *check_define_ref(struct checker *c, const struct scope *scope, const struct ast_expr *e,
                                                uint32_t define)
{
    struct define *d = &c->t->defines[define];
    if (!check_define(c, define, &e->u.ref.name))
        return NULL;
    d->is_used = true;
    return reference(c, scope, e, &e->u.ref, NODE_DEFINE, define, &d->type, NULL, d->depth);
}

struct node *check_submitted(struct checker *c, const struct scope *scope, const struct ast_expr *e)
{
    const struct ast_ref *ref = &e->u.call.ref;
    const struct symbol *s = check_symbol(c, &ref->name, SYMBOL_METRIC, "a metric");
    struct type type = {.kind = TYPE_DATE};
    if (s == NULL)
        return NULL;
    c->t->metrics[s->at].is_used = true;
    if (c->t->metrics[s->at].shown.source >= AST_SOURCE_USED) {
        PROBLEM(c, "metric.used", ref->name.span, NULL, "`%.*s` comes from %s: nobody submits it here", SLICE_ARG(s->name),
                c->t->metrics[s->at].shown.source == AST_SOURCE_USED ? "another contract" : "the bank");
        return NULL;
    }
    return reference(c, scope, e, ref, NODE_SUBMITTED, s->at, &type, &c->t->metrics[s->at].dims, 0);
}

struct node *check_ref(struct checker *c, const struct scope *scope, const struct ast_expr *e, uint32_t word)
{
    struct terms *t = c->t;
    const struct ast_name *name = &e->u.ref.name;
    const struct symbol *s = symbols_find(&t->symbols, name->text);
    struct ast_key as_member = {.kind = AST_KEY_NAME, .name = name->text, .span = name->span};
    if (s == NULL && word != NO_WORD && e->u.ref.indexes == NULL)
        return check_word(c, e, word);
    if (s == NULL) {
        (void) !check_symbol(c, name, SYMBOL_NONE, "a figure");
        return NULL;
    }
    if (word != NO_WORD && e->u.ref.indexes == NULL && dimension_find_key(&t->dimensions[word], &as_member) != TERMS_NONE) {
        PROBLEM(c, "name.ambiguous", name->span, "rename the declaration or the member",
                "`%.*s` is a member of `%.*s` and is declared in line %u", SLICE_ARG(name->text),
                SLICE_ARG(t->dimensions[word].shown.name), s->span.line);
        return NULL;
    }
    switch (s->kind) {
    case SYMBOL_DIMENSION:
        return check_dimension_value(c, e, s->at);
    case SYMBOL_METRIC:
        t->metrics[s->at].is_used = true;
        return reference(c, scope, e, &e->u.ref, NODE_METRIC, s->at, &t->metrics[s->at].type, &t->metrics[s->at].dims,
                         t->metrics[s->at].depth);
    case SYMBOL_TABLE:
        t->tables[s->at].is_used = true;
        return reference(c, scope, e, &e->u.ref, NODE_TABLE, s->at, &t->tables[s->at].type, &t->tables[s->at].dims, 0);
    case SYMBOL_DEFINE:
        return check_define_ref(c, scope, e, s->at);
    case SYMBOL_RULE:
        return check_rule_ref(c, scope, e, s->at);
    case SYMBOL_NONE:
    case SYMBOL_PARTY:
    case SYMBOL_CALENDAR:
    case SYMBOL_USE:
    case SYMBOL_OTHER:
        break;
    }
    PROBLEM(c, "name.kind", name->span, NULL, "`%.*s` has no value", SLICE_ARG(name->text));
    return NULL;
}
