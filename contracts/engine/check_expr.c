/* Expressions: names to places, types of all nodes (language.md section 5). */
#include "check.h"

#include <stdlib.h>

#include "tally/engine.h"
#include "tally/instant.h"

struct node *check_node(struct checker *c, enum node_op op, const struct ast_expr *e, const struct type *type)
{
    struct node *n = CHECK_NEW(c, 1, struct node);
    if (n == NULL)
        return NULL;
    n->op = op;
    n->span = e->span;
    n->type = *type;
    n->depth = 1;
    return n;
}

void check_deepen(struct node *n, uint32_t depth)
{
    if (n->depth < depth + 1)
        n->depth = depth + 1;
}

struct node *check_parts(struct node *n, struct node *a, struct node *b, struct node *d)
{
    if (n == NULL)
        return NULL;
    n->a = a;
    n->b = b;
    n->c = d;
    struct node *parts[] = {a, b, d};
    for (size_t i = 0; i < 3; i++)
        if (parts[i] != NULL)
            check_deepen(n, parts[i]->depth);
    return n;
}

bool check_is_kind(struct checker *c, const struct node *n, enum type_kind kind, const char *what)
{
    if (n->type.kind == kind)
        return true;
    PROBLEM(c, "types.wanted", n->span, NULL, "%s is wanted here, this is %s", what, check_type_text(c, &n->type));
    return false;
}

/* ---- operators ---- */

MUST_CHECK static struct node *check_power(struct checker *c, const struct ast_expr *e, struct node *a, struct node *b)
{
    struct type type = type_number();
    if (!check_is_kind(c, a, TYPE_NUMBER, "a number") || !check_is_kind(c, b, TYPE_NUMBER, "a number"))
        return NULL;
    if (b->type.unit.count > 0 || b->type.flavour != FLAVOUR_PLAIN) {
        PROBLEM(c, "units.differ", b->span, NULL, "an exponent is a plain whole number, this is %s",
                check_type_text(c, &b->type));
        return NULL;
    }
    if (a->type.unit.count > 0) {
        mpq_t exponent;
        mpq_init(exponent);
        bool ok = check_fold(b, exponent) && number_is_whole(exponent) && mpz_fits_slong_p(mpq_numref(exponent)) &&
                  unit_power(&a->type.unit, mpz_get_si(mpq_numref(exponent)), &type.unit);
        mpq_clear(exponent);
        if (!ok) {
            PROBLEM(c, "units.power", e->span, NULL, "%s can only be raised to a small whole number as written",
                    check_type_text(c, &a->type));
            return NULL;
        }
    }
    return check_parts(check_node(c, NODE_POWER, e, &type), a, b, NULL);
}

/* An undeclared bare name takes its meaning from the word on the other side. */
static bool is_open_name(const struct checker *c, const struct ast_expr *e)
{
    return e->kind == AST_REF && e->u.ref.indexes == NULL && symbols_find(&c->t->symbols, e->u.ref.name.text) == NULL;
}

MUST_CHECK static struct node *check_compare(struct checker *c, const struct scope *scope, const struct ast_expr *e)
{
    struct type both;
    bool is_equality = e->op == AST_OP_EQUAL || e->op == AST_OP_DIFFERS;
    bool right_first = is_open_name(c, e->a);
    struct node *first = check_expr(c, scope, right_first ? e->b : e->a, NO_WORD);
    if (first == NULL)
        return NULL;
    uint32_t word = first->type.kind == TYPE_WORD ? first->type.dimension : NO_WORD;
    struct node *second = check_expr(c, scope, right_first ? e->a : e->b, word);
    if (second == NULL)
        return NULL;
    struct node *a = right_first ? second : first, *b = right_first ? first : second;
    if (!check_join(c, e->span, "is compared with", &a->type, &b->type, &both))
        return NULL;
    if (both.kind == TYPE_TRUTH || (both.kind == TYPE_WORD && !is_equality)) {
        PROBLEM(c, "types.compare", e->span,
                both.kind == TYPE_TRUTH ? "use it as it is, or with `not`"
                                        : "words have no order: `=`, `<>` and `in (a, b)`",
                "%s cannot be compared like this", check_type_text(c, &both));
        return NULL;
    }
    struct node *n = check_parts(check_node(c, NODE_COMPARE, e, &(struct type){.kind = TYPE_TRUTH}), a, b, NULL);
    if (n != NULL)
        n->u.compare = e->op;
    return n;
}

static int word_order(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *) a, y = *(const uint32_t *) b;
    return (x > y) - (x < y);
}

MUST_CHECK static struct node *check_among(struct checker *c, const struct scope *scope, const struct ast_expr *e)
{
    struct node *a = check_expr(c, scope, e->a, NO_WORD);
    if (a == NULL || !check_is_kind(c, a, TYPE_WORD, "a word"))
        return NULL;
    uint32_t *words = CHECK_NEW(c, e->u.in.count, uint32_t);
    if (words == NULL)
        return NULL;
    for (uint32_t i = 0; i < e->u.in.count; i++) {
        struct ast_key key = {.kind = AST_KEY_NAME, .name = e->u.in.items[i].text, .span = e->u.in.items[i].span};
        if (!check_member(c, a->type.dimension, &key, &words[i]))
            return NULL;
    }
    uint32_t count = 0;
    qsort(words, e->u.in.count, sizeof *words, word_order);
    for (uint32_t i = 0; i < e->u.in.count; i++)
        if (i == 0 || words[i] != words[count - 1])
            words[count++] = words[i];
    struct node *n = check_parts(check_node(c, NODE_AMONG, e, &(struct type){.kind = TYPE_TRUTH}), a, NULL, NULL);
    if (n != NULL) {
        n->u.among.words = words;
        n->u.among.count = count;
    }
    return n;
}

MUST_CHECK static struct node *check_binary(struct checker *c, const struct scope *scope, const struct ast_expr *e)
{
    if (e->op >= AST_OP_EQUAL && e->op <= AST_OP_AT_LEAST)
        return check_compare(c, scope, e);
    struct node *a = check_expr(c, scope, e->a, NO_WORD);
    struct node *b = check_expr(c, scope, e->b, NO_WORD);
    if (a == NULL || b == NULL)
        return NULL;
    if (e->op == AST_OP_AND || e->op == AST_OP_OR) {
        if (!check_is_kind(c, a, TYPE_TRUTH, "true or false") || !check_is_kind(c, b, TYPE_TRUTH, "true or false"))
            return NULL;
        return check_parts(check_node(c, e->op == AST_OP_AND ? NODE_AND : NODE_OR, e, &a->type), a, b, NULL);
    }
    if (e->op == AST_OP_POWER)
        return check_power(c, e, a, b);
    struct type type;
    if (!check_arithmetic(c, e, &a->type, &b->type, &type))
        return NULL;
    enum node_op op = e->op == AST_OP_ADD         ? NODE_ADD
                      : e->op == AST_OP_MULTIPLY  ? NODE_MULTIPLY
                      : e->op == AST_OP_DIVIDE    ? NODE_DIVIDE
                      : a->type.kind == TYPE_DATE ? NODE_DAYS_BETWEEN
                                                  : NODE_SUBTRACT;
    return check_parts(check_node(c, op, e, &type), a, b, NULL);
}

MUST_CHECK static struct node *check_unary(struct checker *c, const struct scope *scope, const struct ast_expr *e)
{
    bool is_not = e->op == AST_OP_NOT;
    struct node *a = check_expr(c, scope, e->a, NO_WORD);
    if (a == NULL || !check_is_kind(c, a, is_not ? TYPE_TRUTH : TYPE_NUMBER, is_not ? "true or false" : "a number"))
        return NULL;
    return check_parts(check_node(c, is_not ? NODE_NOT : NODE_NEGATE, e, &a->type), a, NULL, NULL);
}

MUST_CHECK static struct node *check_if(struct checker *c, const struct scope *scope, const struct ast_expr *e,
                                        uint32_t word)
{
    struct type type;
    struct node *a = check_expr(c, scope, e->a, NO_WORD);
    struct node *b = check_expr(c, scope, e->b, word);
    struct node *d = check_expr(c, scope, e->c, word);
    if (a == NULL || b == NULL || d == NULL || !check_is_kind(c, a, TYPE_TRUTH, "true or false") ||
        !check_join(c, e->span, "stands as the alternative to", &b->type, &d->type, &type))
        return NULL;
    return check_parts(check_node(c, NODE_IF, e, &type), a, b, d);
}

/* ---- all of them ---- */

MUST_CHECK static struct node *check_kind_of(struct checker *c, const struct scope *scope, const struct ast_expr *e,
                                             uint32_t word)
{
    struct node *n = NULL;
    switch (e->kind) {
    case AST_NUMBER:
        return check_number(c, e);
    case AST_DATE:
        return check_day(c, e, e->u.day);
    case AST_BOOL:
        n = check_node(c, NODE_WORD, e, &(struct type){.kind = TYPE_TRUTH});
        if (n != NULL)
            n->u.word = e->u.truth ? 1 : 0;
        return n;
    case AST_RATE:
        return check_rate(c, scope, e);
    case AST_DATEOF:
        return check_dateof(c, e);
    case AST_REF:
        return check_ref(c, scope, e, word);
    case AST_UNARY:
        return check_unary(c, scope, e);
    case AST_BINARY:
        return check_binary(c, scope, e);
    case AST_IN:
        return check_among(c, scope, e);
    case AST_MOVE:
        return check_move(c, scope, e);
    case AST_IF:
        return check_if(c, scope, e, word);
    case AST_CALL:
        return check_call(c, scope, e);
    case AST_STEP:
        return check_step(c, scope, e, word);
    case AST_LINEAR:
        return check_linear(c, scope, e);
    case AST_BANDS:
        return check_bands(c, scope, e);
    case AST_AGGREGATE:
        return check_aggregate(c, scope, e);
    case AST_PRIOR:
        return check_prior(c, scope, e, word);
    }
    return NULL; /* not covered: every kind is above */
}

struct node *check_expr(struct checker *c, const struct scope *scope, const struct ast_expr *e, uint32_t word)
{
    struct node *n = NULL;
    if (c->nesting >= NESTING_MAX) {
        PROBLEM(c, "limit.nesting", e->span, "give the inner figures in a table or a metric",
                "expressions lie more than %d inside one another, through the defines that they use", NESTING_MAX);
        return NULL;
    }
    c->nesting++;
    n = check_kind_of(c, scope, e, word);
    c->nesting--;
    if (n != NULL && n->depth > NESTING_MAX) {
        PROBLEM(c, "limit.nesting", e->span, "give the inner figures in a table or a metric",
                "expressions lie more than %d inside one another, through the defines that they use", NESTING_MAX);
        return NULL;
    }
    return n;
}

bool check_fold(const struct node *n, mpq_ptr out)
{
    if (n->op == NODE_NUMBER) {
        mpq_set(out, n->u.number);
        return true;
    }
    if (n->op == NODE_NEGATE) {
        bool ok = check_fold(n->a, out);
        mpq_neg(out, out);
        return ok;
    }
    if (n->op < NODE_ADD || n->op > NODE_DIVIDE)
        return false;
    mpq_t right;
    mpq_init(right);
    bool ok = check_fold(n->a, out) && check_fold(n->b, right) && (n->op != NODE_DIVIDE || mpq_sgn(right) != 0);
    if (ok) {
        void (*const ops[])(mpq_ptr, mpq_srcptr, mpq_srcptr) = {mpq_add, mpq_sub, mpq_mul, mpq_div};
        ops[n->op - NODE_ADD](out, out, right);
        ok = number_fits(out);
    }
    mpq_clear(right);
    return ok;
}
