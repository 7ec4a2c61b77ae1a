/* Expressions: names to places, types of all nodes (language.md section 5). */
#include "check.h"

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

static void deepen(struct node *n, uint32_t depth)
{
    if (n->depth < depth + 1)
        n->depth = depth + 1;
}

static struct node *with_parts(struct node *n, struct node *a, struct node *b, struct node *d)
{
    if (n == NULL)
        return NULL;
    n->a = a;
    n->b = b;
    n->c = d;
    struct node *parts[] = {a, b, d};
    for (size_t i = 0; i < 3; i++)
        if (parts[i] != NULL)
            deepen(n, parts[i]->depth);
    return n;
}

MUST_CHECK static bool is_kind(struct checker *c, const struct node *n, enum type_kind kind, const char *what)
{
    if (n->type.kind == kind)
        return true;
    PROBLEM(c, "types.wanted", n->span, NULL, "%s is wanted here, this is %s", what, check_type_text(c, &n->type));
    return false;
}

/* ---- numbers ---- */

MUST_CHECK static mpq_ptr read_number(struct checker *c, const struct ast_number *number, unsigned long over)
{
    mpq_ptr q = check_constant(c);
    if (q == NULL)
        return NULL;
    if (!number_parse(number->digits, q) || !number_fits(q)) {
        PROBLEM(c, "number.long", number->span, NULL, "a number may have %d digits at most", NUMBER_DIGITS_MAX);
        return NULL;
    }
    mpz_mul_ui(mpq_denref(q), mpq_denref(q), over);
    mpq_canonicalize(q);
    return q;
}

MUST_CHECK static bool amount_type(struct checker *c, const struct ast_expr *e, struct type *type, unsigned long *over)
{
    uint16_t base = 0;
    uint32_t currency = 0;
    *type = type_number();
    *over = 1;
    switch (e->u.amount.form) {
    case AST_AMOUNT_PLAIN:
        if (e->u.amount.code.text.len == 0) {
            type->is_bare = true;
            return true;
        }
        if (!check_currency(c, &e->u.amount.code, &currency))
            return false;
        *type = type_money(c->t, currency);
        return true;
    case AST_AMOUNT_PERCENT:
        type->flavour = FLAVOUR_PERCENT;
        *over = 100;
        return true;
    case AST_AMOUNT_UNIT:
        if (slice_is(e->u.amount.name.text, "points") || slice_is(e->u.amount.name.text, "point")) {
            type->flavour = FLAVOUR_POINTS;
            *over = 100;
            return true;
        }
        if (!check_unit(c, &e->u.amount.name, &base))
            return false;
        type->unit = unit_of(base);
        return true;
    case AST_AMOUNT_CALENDAR:
        check_unsupported(c, e->span, "days of a calendar");
        return false;
    }
    return false;
}

MUST_CHECK static struct node *check_number(struct checker *c, const struct ast_expr *e)
{
    struct type type;
    unsigned long over = 1;
    if (!amount_type(c, e, &type, &over))
        return NULL;
    mpq_ptr q = read_number(c, &e->u.amount.number, over);
    if (q == NULL)
        return NULL;
    type.is_zero = type.is_bare && mpq_sgn(q) == 0;
    struct node *n = check_node(c, NODE_NUMBER, e, &type);
    if (n != NULL)
        n->u.number = q;
    return n;
}

/* RATE per UNIT of x */
MUST_CHECK static struct node *check_rate(struct checker *c, const struct scope *scope, const struct ast_expr *e)
{
    uint32_t currency = 0;
    uint16_t base = 0;
    struct slice per = e->u.rate.unit.text;
    bool is_point = slice_is(per, "point") || slice_is(per, "points");
    struct node *a = check_expr(c, scope, e->a, NO_WORD);
    if (a == NULL || !is_kind(c, a, TYPE_NUMBER, "a number"))
        return NULL;
    if (e->u.rate.code.text.len > 0 && !check_currency(c, &e->u.rate.code, &currency))
        return NULL;
    struct type type = type_money(c->t, currency);
    if (slice_is(per, "percent")) {
        PROBLEM(c, "units.points", e->u.rate.unit.span, "write `per point of x`", "a rate is per point, not per percent");
        return NULL;
    }
    if (is_point ? a->type.unit.count > 0 : !check_unit(c, &e->u.rate.unit, &base)) {
        if (is_point)
            PROBLEM(c, "units.differ", a->span, NULL, "`per point of` needs points, percent or a plain number, this is %s",
                    check_type_text(c, &a->type));
        return NULL;
    }
    if (!is_point && !a->type.is_zero && !type_is_single(&a->type, base)) {
        PROBLEM(c, "units.differ", a->span, a->type.is_bare ? "write the unit behind the number" : NULL,
                "`per %.*s of` needs %.*s, this is %s", SLICE_ARG(per), SLICE_ARG(c->t->units[base].many),
                check_type_text(c, &a->type));
        return NULL;
    }
    mpq_ptr q = read_number(c, &e->u.rate.number, 1);
    struct node *n = q == NULL ? NULL : with_parts(check_node(c, NODE_RATE, e, &type), a, NULL, NULL);
    if (n == NULL)
        return NULL;
    if (is_point) {
        mpz_mul_ui(mpq_numref(q), mpq_numref(q), 100);
        mpq_canonicalize(q);
    }
    n->u.rate.factor = q;
    return n;
}

/* ---- dates ---- */

MUST_CHECK static struct node *check_day(struct checker *c, const struct ast_expr *e, int32_t day)
{
    struct node *n = check_node(c, NODE_DAY, e, &(struct type){.kind = TYPE_DATE});
    if (n != NULL)
        n->u.day = day;
    return n;
}

MUST_CHECK static struct node *check_dateof(struct checker *c, const struct ast_expr *e)
{
    bool is_number = e->u.dateof.what == AST_NUMBER_OF;
    if (e->u.dateof.name.text.len == 0) {
        if (!is_number)
            return check_day(c, e, e->u.dateof.what == AST_START_OF ? c->t->ast->runs_from : c->t->ast->runs_to);
        PROBLEM(c, "types.wanted", e->span, NULL, "a contract has no number; a period has");
        return NULL;
    }
    const struct symbol *s = check_dimension_name(c, &e->u.dateof.name);
    if (s == NULL)
        return NULL;
    if (c->t->dimensions[s->at].shown.kind != TERMS_PERIOD) {
        PROBLEM(c, "types.wanted", e->u.dateof.name.span, NULL, "`%.*s` is not a period", SLICE_ARG(s->name));
        return NULL;
    }
    struct type type = {.kind = is_number ? TYPE_NUMBER : TYPE_DATE};
    enum node_op op = is_number ? NODE_ORDINAL : e->u.dateof.what == AST_START_OF ? NODE_START : NODE_END;
    struct node *n = check_node(c, op, e, &type);
    if (n != NULL)
        n->u.dimension = s->at;
    return n;
}

MUST_CHECK static struct node *check_move(struct checker *c, const struct scope *scope, const struct ast_expr *e)
{
    static const uint16_t units[] = {UNIT_DAY, UNIT_WEEK, UNIT_MONTH, UNIT_YEAR};
    struct node *a = check_expr(c, scope, e->a, NO_WORD);
    struct node *b = check_expr(c, scope, e->b, NO_WORD);
    if (a == NULL || b == NULL || !is_kind(c, b, TYPE_DATE, "a date"))
        return NULL;
    for (size_t i = 0; i < 4; i++) {
        if (!type_is_single(&a->type, units[i]))
            continue;
        struct node *n = with_parts(check_node(c, NODE_MOVE, e, &b->type), a, b, NULL);
        if (n != NULL) {
            n->u.move.unit = (enum move_unit) i;
            n->u.move.is_before = e->u.is_before;
        }
        return n;
    }
    PROBLEM(c, "units.differ", a->span, "write `30 days after d`",
            "a date is moved by days, weeks, months or years, this is %s", check_type_text(c, &a->type));
    return NULL;
}

/* ---- operators ---- */

MUST_CHECK static struct node *check_power(struct checker *c, const struct ast_expr *e, struct node *a, struct node *b)
{
    struct type type = type_number();
    if (!is_kind(c, a, TYPE_NUMBER, "a number") || !is_kind(c, b, TYPE_NUMBER, "a number"))
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
    return with_parts(check_node(c, NODE_POWER, e, &type), a, b, NULL);
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
    struct node *n = with_parts(check_node(c, NODE_COMPARE, e, &(struct type){.kind = TYPE_TRUTH}), a, b, NULL);
    if (n != NULL)
        n->u.compare = e->op;
    return n;
}

MUST_CHECK static struct node *check_among(struct checker *c, const struct scope *scope, const struct ast_expr *e)
{
    struct node *a = check_expr(c, scope, e->a, NO_WORD);
    if (a == NULL || !is_kind(c, a, TYPE_WORD, "a word"))
        return NULL;
    uint32_t *words = CHECK_NEW(c, e->u.in.count, uint32_t);
    if (words == NULL)
        return NULL;
    for (uint32_t i = 0; i < e->u.in.count; i++) {
        struct ast_key key = {.kind = AST_KEY_NAME, .name = e->u.in.items[i].text, .span = e->u.in.items[i].span};
        if (!check_member(c, a->type.dimension, &key, &words[i]))
            return NULL;
    }
    struct node *n = with_parts(check_node(c, NODE_AMONG, e, &(struct type){.kind = TYPE_TRUTH}), a, NULL, NULL);
    if (n != NULL) {
        n->u.among.words = words;
        n->u.among.count = e->u.in.count;
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
        if (!is_kind(c, a, TYPE_TRUTH, "true or false") || !is_kind(c, b, TYPE_TRUTH, "true or false"))
            return NULL;
        return with_parts(check_node(c, e->op == AST_OP_AND ? NODE_AND : NODE_OR, e, &a->type), a, b, NULL);
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
    return with_parts(check_node(c, op, e, &type), a, b, NULL);
}

MUST_CHECK static struct node *check_unary(struct checker *c, const struct scope *scope, const struct ast_expr *e)
{
    bool is_not = e->op == AST_OP_NOT;
    struct node *a = check_expr(c, scope, e->a, NO_WORD);
    if (a == NULL || !is_kind(c, a, is_not ? TYPE_TRUTH : TYPE_NUMBER, is_not ? "true or false" : "a number"))
        return NULL;
    return with_parts(check_node(c, is_not ? NODE_NOT : NODE_NEGATE, e, &a->type), a, NULL, NULL);
}

MUST_CHECK static struct node *check_if(struct checker *c, const struct scope *scope, const struct ast_expr *e,
                                        uint32_t word)
{
    struct type type;
    struct node *a = check_expr(c, scope, e->a, NO_WORD);
    struct node *b = check_expr(c, scope, e->b, word);
    struct node *d = check_expr(c, scope, e->c, word);
    if (a == NULL || b == NULL || d == NULL || !is_kind(c, a, TYPE_TRUTH, "true or false") ||
        !check_join(c, e->span, "stands as the alternative to", &b->type, &d->type, &type))
        return NULL;
    return with_parts(check_node(c, NODE_IF, e, &type), a, b, d);
}

/* ---- names ---- */

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
                                         enum node_op op, uint32_t target, const struct type *type,
                                         const dimension_set *dims, uint32_t depth)
{
    struct node *n = check_node(c, op, e, type);
    if (n == NULL)
        return NULL;
    n->u.ref.target = target;
    deepen(n, depth);
    if (!check_indexes(c, scope, e->u.ref.indexes, dims == NULL ? 0 : *dims, dims != NULL, e->u.ref.name.text,
                       &n->u.ref.indexes, &n->u.ref.rebound))
        return NULL;
    for (const struct node_index *i = n->u.ref.indexes; i != NULL; i = i->next)
        if (i->expr != NULL)
            deepen(n, i->expr->depth);
    return n;
}

MUST_CHECK static struct node *check_dimension_value(struct checker *c, const struct ast_expr *e, uint32_t dimension)
{
    const struct dimension *d = &c->t->dimensions[dimension];
    struct type type = type_number();
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
    return reference(c, scope, e, NODE_RULE, rule, &type, &r->dims, r->depth);
}

MUST_CHECK static struct node *check_define_ref(struct checker *c, const struct scope *scope, const struct ast_expr *e,
                                                uint32_t define)
{
    struct define *d = &c->t->defines[define];
    if (!check_define(c, define, &e->u.ref.name))
        return NULL;
    d->is_used = true;
    return reference(c, scope, e, NODE_DEFINE, define, &d->type, NULL, d->depth);
}

MUST_CHECK static struct node *check_ref(struct checker *c, const struct scope *scope, const struct ast_expr *e,
                                         uint32_t word)
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
        return reference(c, scope, e, NODE_METRIC, s->at, &t->metrics[s->at].type, &t->metrics[s->at].dims,
                         t->metrics[s->at].depth);
    case SYMBOL_TABLE:
        t->tables[s->at].is_used = true;
        return reference(c, scope, e, NODE_TABLE, s->at, &t->tables[s->at].type, &t->tables[s->at].dims, 0);
    case SYMBOL_DEFINE:
        return check_define_ref(c, scope, e, s->at);
    case SYMBOL_RULE:
        return check_rule_ref(c, scope, e, s->at);
    case SYMBOL_NONE:
    case SYMBOL_PARTY:
    case SYMBOL_OTHER:
        break;
    }
    PROBLEM(c, "name.kind", name->span, NULL, "`%.*s` has no value", SLICE_ARG(name->text));
    return NULL;
}

/* ---- calls ---- */

MUST_CHECK static struct node *check_extreme(struct checker *c, const struct scope *scope, const struct ast_expr *e)
{
    bool is_min = e->u.call.function == AST_FN_MIN;
    struct node **args = CHECK_NEW(c, e->u.call.arg_count, struct node *);
    struct type type = {0};
    uint32_t depth = 0;
    if (args == NULL)
        return NULL;
    for (uint32_t i = 0; i < e->u.call.arg_count; i++) {
        args[i] = check_expr(c, scope, e->u.call.args[i], NO_WORD);
        if (args[i] == NULL)
            return NULL;
        if (i == 0)
            type = args[i]->type;
        else if (!check_join(c, e->span, "stands beside", &type, &args[i]->type, &type))
            return NULL;
        depth = args[i]->depth > depth ? args[i]->depth : depth;
    }
    if (type.kind != TYPE_NUMBER && type.kind != TYPE_DATE) {
        PROBLEM(c, "types.wanted", e->span, NULL, "`%s` takes numbers or dates", is_min ? "min" : "max");
        return NULL;
    }
    struct node *n = check_node(c, is_min ? NODE_MIN : NODE_MAX, e, &type);
    if (n == NULL)
        return NULL;
    n->u.list.args = args;
    n->u.list.count = e->u.call.arg_count;
    deepen(n, depth);
    return n;
}

MUST_CHECK static struct node *check_round(struct checker *c, const struct ast_expr *e, struct node *x, struct node *step)
{
    struct type type;
    if (!is_kind(c, x, TYPE_NUMBER, "a number") || !is_kind(c, step, TYPE_NUMBER, "a number"))
        return NULL;
    /* a plain number may be rounded to a tenth of a percent, percent and points to steps of either */
    bool both_levels = x->type.unit.count == 0 && step->type.unit.count == 0;
    if (!both_levels && !check_join(c, e->span, "is rounded to", &x->type, &step->type, &type))
        return NULL;
    struct node *n = with_parts(check_node(c, NODE_ROUND, e, both_levels ? &x->type : &type), x, step, NULL);
    if (n != NULL)
        n->u.round = e->u.call.mode;
    return n;
}

MUST_CHECK static struct node *check_clamp(struct checker *c, const struct ast_expr *e, struct node **args)
{
    struct type type = args[0]->type;
    if (!is_kind(c, args[0], TYPE_NUMBER, "a number") ||
        !check_join(c, e->span, "stands beside", &type, &args[1]->type, &type) ||
        !check_join(c, e->span, "stands beside", &type, &args[2]->type, &type))
        return NULL;
    return with_parts(check_node(c, NODE_CLAMP, e, &type), args[0], args[1], args[2]);
}

MUST_CHECK static struct node *check_between_days(struct checker *c, const struct ast_expr *e, struct node **args)
{
    bool is_years = e->u.call.function == AST_FN_YEARS;
    struct type type = type_number();
    if (!is_kind(c, args[0], TYPE_DATE, "a date") || !is_kind(c, args[1], TYPE_DATE, "a date"))
        return NULL;
    if (is_years)
        type.unit = unit_of(UNIT_YEAR);
    struct node *n = with_parts(check_node(c, is_years ? NODE_YEARS : NODE_FRACTION, e, &type), args[0], args[1], NULL);
    if (n != NULL)
        n->u.daycount = e->u.call.daycount;
    return n;
}

MUST_CHECK static struct node *check_call(struct checker *c, const struct scope *scope, const struct ast_expr *e)
{
    struct node *args[3] = {NULL, NULL, NULL};
    enum ast_function f = e->u.call.function;
    if (f == AST_FN_MIN || f == AST_FN_MAX)
        return check_extreme(c, scope, e);
    if (f == AST_FN_SUBMITTED || f == AST_FN_DAYS) {
        check_unsupported(c, e->span, f == AST_FN_DAYS ? "days of a calendar" : "`submitted`");
        return NULL;
    }
    ENSURE(e->u.call.arg_count <= 3);
    for (uint32_t i = 0; i < e->u.call.arg_count; i++) {
        args[i] = check_expr(c, scope, e->u.call.args[i], NO_WORD);
        if (args[i] == NULL)
            return NULL;
    }
    if (f == AST_FN_CLAMP)
        return check_clamp(c, e, args);
    if (f == AST_FN_ROUND)
        return check_round(c, e, args[0], args[1]);
    if (f == AST_FN_YEARS || f == AST_FN_FRACTION)
        return check_between_days(c, e, args);
    if (!is_kind(c, args[0], TYPE_NUMBER, "a number"))
        return NULL;
    return with_parts(check_node(c, NODE_ABS, e, &args[0]->type), args[0], NULL, NULL);
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
        check_unsupported(c, e->span, "`bands`");
        return NULL;
    case AST_AGGREGATE:
        return check_aggregate(c, scope, e);
    case AST_PRIOR:
        return check_prior(c, scope, e, word);
    }
    return NULL;
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
