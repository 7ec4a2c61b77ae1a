/* min, max, abs, clamp, round, years, days, fraction (language.md section 5). */
#include "check.h"

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
    check_deepen(n, depth);
    return n;
}

MUST_CHECK static struct node *check_round(struct checker *c, const struct ast_expr *e, struct node *x, struct node *step)
{
    struct type type;
    ENSURE(step != NULL);
    if (!check_is_kind(c, x, TYPE_NUMBER, "a number") || !check_is_kind(c, step, TYPE_NUMBER, "a number"))
        return NULL;
    /* a plain number may be rounded to a tenth of a percent, percent and points to steps of either */
    bool both_levels = x->type.unit.count == 0 && step->type.unit.count == 0;
    if (!both_levels && !check_join(c, e->span, "is rounded to", &x->type, &step->type, &type))
        return NULL;
    struct node *n = check_parts(check_node(c, NODE_ROUND, e, both_levels ? &x->type : &type), x, step, NULL);
    if (n != NULL)
        n->u.round = e->u.call.mode;
    return n;
}

MUST_CHECK static struct node *check_clamp(struct checker *c, const struct ast_expr *e, struct node **args)
{
    struct type type = args[0]->type;
    ENSURE(args[1] != NULL && args[2] != NULL);
    if (!check_is_kind(c, args[0], TYPE_NUMBER, "a number") ||
        !check_join(c, e->span, "stands beside", &type, &args[1]->type, &type) ||
        !check_join(c, e->span, "stands beside", &type, &args[2]->type, &type))
        return NULL;
    return check_parts(check_node(c, NODE_CLAMP, e, &type), args[0], args[1], args[2]);
}

MUST_CHECK static struct node *check_between_days(struct checker *c, const struct ast_expr *e, struct node **args)
{
    bool is_years = e->u.call.function == AST_FN_YEARS;
    struct type type = type_number();
    if (!check_is_kind(c, args[0], TYPE_DATE, "a date") || !check_is_kind(c, args[1], TYPE_DATE, "a date"))
        return NULL;
    if (is_years)
        type.unit = unit_of(UNIT_YEAR);
    struct node *n = check_parts(check_node(c, is_years ? NODE_YEARS : NODE_FRACTION, e, &type), args[0], args[1], NULL);
    if (n != NULL)
        n->u.daycount = e->u.call.daycount;
    return n;
}

MUST_CHECK static struct node *check_calendar_days(struct checker *c, const struct ast_expr *e, struct node **args)
{
    const struct symbol *s = check_symbol(c, &e->u.call.calendar, SYMBOL_CALENDAR, "a calendar");
    struct type type = type_number();
    if (s == NULL || !check_is_kind(c, args[0], TYPE_DATE, "a date") || !check_is_kind(c, args[1], TYPE_DATE, "a date"))
        return NULL;
    type.unit = unit_of(UNIT_DAY);
    struct node *n = check_parts(check_node(c, NODE_CALENDAR_DAYS, e, &type), args[0], args[1], NULL);
    if (n != NULL)
        n->u.calendar = s->at;
    return n;
}

struct node *check_call(struct checker *c, const struct scope *scope, const struct ast_expr *e)
{
    struct node *args[3] = {NULL, NULL, NULL};
    enum ast_function f = e->u.call.function;
    if (f == AST_FN_MIN || f == AST_FN_MAX)
        return check_extreme(c, scope, e);
    if (f == AST_FN_SUBMITTED)
        return check_submitted(c, scope, e);
    ENSURE(e->u.call.arg_count <= 3);
    for (uint32_t i = 0; i < e->u.call.arg_count; i++) {
        args[i] = check_expr(c, scope, e->u.call.args[i], NO_WORD);
        if (args[i] == NULL)
            return NULL;
    }
    ENSURE(args[0] != NULL);
    if (f == AST_FN_CLAMP)
        return check_clamp(c, e, args);
    if (f == AST_FN_ROUND)
        return check_round(c, e, args[0], args[1]);
    if (f == AST_FN_DAYS)
        return check_calendar_days(c, e, args);
    if (f == AST_FN_YEARS || f == AST_FN_FRACTION)
        return check_between_days(c, e, args);
    if (!check_is_kind(c, args[0], TYPE_NUMBER, "a number"))
        return NULL;
    return check_parts(check_node(c, NODE_ABS, e, &args[0]->type), args[0], NULL, NULL);
}
