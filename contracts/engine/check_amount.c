/* Numbers, rates and dates as written. */
#include "check.h"

/* ---- numbers ---- */

MUST_CHECK static mpq_ptr read_number(struct checker *c, const struct ast_number *number, unsigned long over)
{
    mpq_ptr q = check_constant(c);
    if (q == NULL)
        return NULL;
    bool is_read = number_parse(number->digits, q) && number_fits(q); /* the lexer takes no more digits than these take */
    ENSURE(is_read);
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
        PROBLEM(c, "types.wanted", e->span, "write `15 working days after d`, or count them: `days(d, e, working)`",
                "days of a calendar move a date and are nothing else");
        return false;
    }
    return false; /* not covered: every kind is above */
}

struct node *check_number(struct checker *c, const struct ast_expr *e)
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

/* RATE per UNIT, of x: the money that it gives, and how much for one of x as it is held. NULL: reported. */
MUST_CHECK static mpq_ptr rate_factor(struct checker *c, const struct ast_expr *e, const struct node *x, struct type *type)
{
    uint32_t currency = 0;
    uint16_t base = 0;
    struct slice per = e->u.rate.unit.text;
    bool is_point = slice_is(per, "point") || slice_is(per, "points");
    if (e->u.rate.code.text.len > 0 && !check_currency(c, &e->u.rate.code, &currency))
        return NULL;
    *type = type_money(c->t, currency);
    if (slice_is(per, "percent")) {
        PROBLEM(c, "units.points", e->u.rate.unit.span, "write `per point of x`", "a rate is per point, not per percent");
        return NULL;
    }
    if (is_point ? x->type.unit.count > 0 : !check_unit(c, &e->u.rate.unit, &base)) {
        if (is_point)
            PROBLEM(c, "units.differ", x->span, NULL, "`per point of` needs points, percent or a plain number, this is %s",
                    check_type_text(c, &x->type));
        return NULL;
    }
    if (!is_point && !x->type.is_zero && !type_is_single(&x->type, base)) {
        PROBLEM(c, "units.differ", x->span, x->type.is_bare ? "write the unit behind the number" : NULL,
                "`per %.*s of` needs %.*s, this is %s", SLICE_ARG(per), SLICE_ARG(c->t->units[base].many),
                check_type_text(c, &x->type));
        return NULL;
    }
    mpq_ptr q = read_number(c, &e->u.rate.number, 1);
    if (q != NULL && is_point) {
        mpz_mul_ui(mpq_numref(q), mpq_numref(q), 100);
        mpq_canonicalize(q);
    }
    return q;
}

struct node *check_rate_of(struct checker *c, const struct ast_expr *e, const struct node *x)
{
    struct type type;
    mpq_ptr q = rate_factor(c, e, x, &type);
    struct node *n = q == NULL ? NULL : check_node(c, NODE_RATE, e, &type);
    if (n != NULL)
        n->u.rate.factor = q;
    return n;
}

/* RATE per UNIT of x */
struct node *check_rate(struct checker *c, const struct scope *scope, const struct ast_expr *e)
{
    struct node *a = check_expr(c, scope, e->a, NO_WORD);
    if (a == NULL || !check_is_kind(c, a, TYPE_NUMBER, "a number"))
        return NULL;
    return check_parts(check_rate_of(c, e, a), a, NULL, NULL);
}

/* ---- dates ---- */

struct node *check_day(struct checker *c, const struct ast_expr *e, int32_t day)
{
    struct node *n = check_node(c, NODE_DAY, e, &(struct type){.kind = TYPE_DATE});
    if (n != NULL)
        n->u.day = day;
    return n;
}

struct node *check_dateof(struct checker *c, const struct ast_expr *e)
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

/* N CAL days after d */
MUST_CHECK static struct node *check_calendar_move(struct checker *c, const struct ast_expr *e, struct node *b)
{
    const struct ast_expr *by = e->a;
    const struct symbol *s = check_symbol(c, &by->u.amount.name, SYMBOL_CALENDAR, "a calendar");
    mpq_ptr q = s == NULL ? NULL : read_number(c, &by->u.amount.number, 1);
    if (q == NULL)
        return NULL;
    if (!number_is_whole(q)) {
        PROBLEM(c, "types.wanted", by->span, NULL, "a date is moved by whole days");
        return NULL;
    }
    struct type type = type_number();
    struct node *count = check_node(c, NODE_NUMBER, by, &type);
    struct node *n = count == NULL ? NULL : check_parts(check_node(c, NODE_MOVE, e, &b->type), count, b, NULL);
    if (n == NULL)
        return NULL;
    count->u.number = q;
    n->u.move.unit = MOVE_CALENDAR;
    n->u.move.is_before = e->u.is_before;
    n->u.move.calendar = s->at;
    return n;
}

struct node *check_move(struct checker *c, const struct scope *scope, const struct ast_expr *e)
{
    static const uint16_t units[] = {UNIT_DAY, UNIT_WEEK, UNIT_MONTH, UNIT_YEAR};
    bool is_calendar = e->a->kind == AST_NUMBER && e->a->u.amount.form == AST_AMOUNT_CALENDAR;
    struct node *a = is_calendar ? NULL : check_expr(c, scope, e->a, NO_WORD);
    struct node *b = check_expr(c, scope, e->b, NO_WORD);
    if ((a == NULL && !is_calendar) || b == NULL || !check_is_kind(c, b, TYPE_DATE, "a date"))
        return NULL;
    if (is_calendar)
        return check_calendar_move(c, e, b);
    for (size_t i = 0; i < 4; i++) {
        if (!type_is_single(&a->type, units[i]))
            continue;
        struct node *n = check_parts(check_node(c, NODE_MOVE, e, &b->type), a, b, NULL);
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
