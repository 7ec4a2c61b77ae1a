/* step, linear and bands: rows by rising bounds (language.md section 5). */
#include "check.h"

MUST_CHECK static struct node_row *new_rows(struct checker *c, const struct ast_expr *e, struct node **x,
                                            const struct scope *scope)
{
    *x = check_expr(c, scope, e->a, NO_WORD);
    if (*x == NULL)
        return NULL;
    if ((*x)->type.kind != TYPE_NUMBER && (*x)->type.kind != TYPE_DATE) {
        PROBLEM(c, "types.wanted", e->a->span, NULL, "a number or a date is wanted here, this is %s",
                check_type_text(c, &(*x)->type));
        return NULL;
    }
    return CHECK_NEW(c, e->u.rows.row_count, struct node_row);
}

/* Where both are constants, a bound lies above the one before; at the same place only if the rows then differ: `at least 5`
 * before `above 5`, `below 5` before `at most 5`. */
MUST_CHECK static bool bounds_rise(struct checker *c, const struct node_row *before, const struct node_row *row,
                                   bool is_step)
{
    mpq_t low, high;
    bool ok = true;
    mpq_inits(low, high, NULL);
    if (check_fold(before->at, low) && check_fold(row->at, high)) {
        int order = mpq_cmp(low, high);
        bool may_equal = is_step && ((before->bound == AST_BOUND_AT_LEAST && row->bound == AST_BOUND_ABOVE) ||
                                     (before->bound == AST_BOUND_BELOW && row->bound == AST_BOUND_AT_MOST));
        ok = order < 0 || (order == 0 && may_equal);
    } else if (before->at->op == NODE_DAY && row->at->op == NODE_DAY) {
        ok = before->at->u.day < row->at->u.day;
    }
    mpq_clears(low, high, NULL);
    if (!ok)
        PROBLEM(c, "step.bounds", row->span, "put the rows in rising order of their bounds",
                "this bound does not lie above the one of the row before");
    return ok;
}

static bool is_upper(enum ast_bound bound)
{
    return bound == AST_BOUND_AT_MOST || bound == AST_BOUND_BELOW;
}

MUST_CHECK static bool check_row(struct checker *c, const struct scope *scope, const struct ast_row *r,
                                 const struct node *x, uint32_t word, struct node_row *out)
{
    struct type type;
    out->bound = r->bound;
    out->span = r->span;
    out->at = check_expr(c, scope, r->at, NO_WORD);
    if (out->at == NULL || !check_join(c, out->at->span, "is the bound of", &out->at->type, &x->type, &type))
        return false;
    out->value = check_expr(c, scope, r->value, word);
    return out->value != NULL;
}

struct node *check_step(struct checker *c, const struct scope *scope, const struct ast_expr *e, uint32_t word)
{
    struct node *x = NULL;
    struct node_row *rows = new_rows(c, e, &x, scope);
    uint32_t count = 0, depth = 0;
    if (rows == NULL)
        return NULL;
    for (const struct ast_row *r = e->u.rows.rows; r != NULL; r = r->next, count++) {
        struct node_row *row = &rows[count];
        if (!check_row(c, scope, r, x, word, row))
            return NULL;
        if (count > 0 && is_upper(row->bound) != is_upper(rows[0].bound)) {
            PROBLEM(c, "step.mixed", r->span, "either all rows say `at least` or `above`, or all say `below` or `at most`",
                    "lower and upper bounds are mixed in one step");
            return NULL;
        }
        if (count > 0 && !bounds_rise(c, row - 1, row, true))
            return NULL;
        depth = row->value->depth > depth ? row->value->depth : depth;
        depth = row->at->depth > depth ? row->at->depth : depth;
    }
    struct node *otherwise = check_expr(c, scope, e->c, word);
    if (otherwise == NULL)
        return NULL;
    struct type type = otherwise->type;
    for (uint32_t i = count; i-- > 0;)
        if (!check_join(c, rows[i].value->span, "stands in a row beside", &rows[i].value->type, &type, &type))
            return NULL;
    struct node *n = check_node(c, NODE_STEP, e, &type);
    if (n == NULL)
        return NULL;
    depth = x->depth > depth ? x->depth : depth;
    n->depth = (otherwise->depth > depth ? otherwise->depth : depth) + 1;
    n->a = x;
    n->c = otherwise;
    n->u.rows.rows = rows;
    n->u.rows.count = count;
    n->u.rows.is_upper = count > 0 && is_upper(rows[0].bound);
    return n;
}

struct node *check_linear(struct checker *c, const struct scope *scope, const struct ast_expr *e)
{
    struct node *x = NULL;
    struct node_row *rows = new_rows(c, e, &x, scope);
    uint32_t count = 0, depth = 0;
    struct type type = {0};
    if (rows == NULL)
        return NULL;
    for (const struct ast_row *r = e->u.rows.rows; r != NULL; r = r->next, count++) {
        struct node_row *row = &rows[count];
        if (!check_row(c, scope, r, x, NO_WORD, row) || (count > 0 && !bounds_rise(c, row - 1, row, false)))
            return NULL;
        if (count == 0)
            type = row->value->type;
        else if (!check_join(c, row->value->span, "stands in a row beside", &row->value->type, &type, &type))
            return NULL;
        depth = row->value->depth > depth ? row->value->depth : depth;
        depth = row->at->depth > depth ? row->at->depth : depth;
    }
    if (x->type.kind != TYPE_NUMBER || type.kind != TYPE_NUMBER || count < 2) {
        PROBLEM(c, "types.wanted", e->span, NULL, "`linear` takes numbers, in at least two rows");
        return NULL;
    }
    struct node *n = check_node(c, NODE_LINEAR, e, &type);
    if (n == NULL)
        return NULL;
    n->a = x;
    n->depth = (x->depth > depth ? x->depth : depth) + 1;
    n->u.rows.rows = rows;
    n->u.rows.count = count;
    n->u.rows.is_extended = e->u.rows.is_extended;
    return n;
}

/* Each rate on the part of x from its bound to the next. */
struct node *check_bands(struct checker *c, const struct scope *scope, const struct ast_expr *e)
{
    struct node *x = NULL;
    struct node_row *rows = new_rows(c, e, &x, scope);
    uint32_t count = 0, depth = 0;
    struct type type = {0}, bound;
    if (rows == NULL || !check_is_kind(c, x, TYPE_NUMBER, "a number"))
        return NULL;
    for (const struct ast_row *r = e->u.rows.rows; r != NULL; r = r->next, count++) {
        struct node_row *row = &rows[count];
        row->span = r->span;
        row->at = check_expr(c, scope, r->at, NO_WORD);
        if (row->at == NULL || !check_join(c, row->at->span, "is the bound of", &row->at->type, &x->type, &bound) ||
            (count > 0 && !bounds_rise(c, row - 1, row, false)))
            return NULL;
        row->value = check_rate_of(c, r->value, x);
        if (row->value == NULL ||
            (count > 0 && !check_join(c, r->span, "stands in a row beside", &row->value->type, &type, &type)))
            return NULL;
        type = row->value->type;
        depth = row->at->depth > depth ? row->at->depth : depth;
    }
    struct node *n = check_node(c, NODE_BANDS, e, &type);
    if (n == NULL)
        return NULL;
    n->a = x;
    n->depth = (x->depth > depth ? x->depth : depth) + 1;
    n->u.rows.rows = rows;
    n->u.rows.count = count;
    return n;
}
