#include "parse.h"

/* Opens a group of rows at the present token, for the layout. */
static struct layout_rows *open_group(struct parse *p)
{
    struct layout_rows *group = PARSE_NEW(p, struct layout_rows);
    if (group == NULL)
        return NULL;
    group->begin = p->at;
    if (p->last_rows == NULL)
        p->first_rows = group;
    else
        p->last_rows->next = group;
    p->last_rows = group;
    return group;
}

/* at least | above | at most | below; false where none stands here */
static bool accept_bound(struct parse *p, enum ast_bound *bound)
{
    parse_mark(p, LAYOUT_ROW);
    if (parse_accept_word(p, "above")) {
        *bound = AST_BOUND_ABOVE;
        return true;
    }
    if (parse_accept_word(p, "below")) {
        *bound = AST_BOUND_BELOW;
        return true;
    }
    if (!parse_accept_word(p, "at"))
        return false;
    *bound = AST_BOUND_AT_LEAST;
    if (parse_accept_word(p, "least"))
        return true;
    *bound = AST_BOUND_AT_MOST;
    if (!parse_accept_word(p, "most"))
        parse_expected(p, "`at least` or `at most`");
    return true;
}

/* bound: value. value reads what stands behind the colon. */
static struct ast_row *row(struct parse *p, uint32_t first, enum ast_bound bound,
                           struct ast_expr *(*value)(struct parse *) )
{
    struct ast_row *r = PARSE_NEW(p, struct ast_row);
    if (r == NULL)
        return NULL;
    r->bound = bound;
    r->at = parse_sum(p);
    parse_expect(p, TOKEN_COLON, "`:` and a value");
    r->value = value(p);
    r->span = parse_span(p, first);
    return p->panic ? NULL : r;
}

static void add_row(struct ast_expr *e, struct ast_row ***tail, struct ast_row *r)
{
    if (r == NULL)
        return;
    **tail = r;
    *tail = &r->next;
    e->u.rows.row_count++;
}

static void step_rows(struct parse *p, struct ast_expr *e)
{
    struct ast_row **tail = &e->u.rows.rows;
    enum ast_bound bound = AST_BOUND_AT_LEAST;
    for (uint32_t first = p->at; accept_bound(p, &bound); first = p->at)
        add_row(e, &tail, row(p, first, bound, parse_expr));
    if (!parse_accept_word(p, "otherwise"))
        parse_expected(p, e->u.rows.row_count == 0 ? "`at least`, `above`, `at most`, `below` or `otherwise`"
                                                   : "another row, or `otherwise`");
    parse_expect(p, TOKEN_COLON, "`:` and a value");
    e->c = parse_expr(p);
}

static void linear_rows(struct parse *p, struct ast_expr *e)
{
    struct ast_row **tail = &e->u.rows.rows;
    for (uint32_t first = p->at; parse_is_word(p, "at"); first = p->at) {
        parse_mark(p, LAYOUT_ROW);
        parse_next(p);
        if ((parse_is_word_at(p, 0, "least") || parse_is_word_at(p, 0, "most")) && parse_look(p, 1)->kind != TOKEN_COLON)
            parse_error(p, parse_look(p, 0), "rows.linear", "write `at 5%: 8%`",
                        "the rows of `linear of` are points and have no `least` or `most`");
        add_row(e, &tail, row(p, first, AST_BOUND_AT_LEAST, parse_sum));
    }
    if (e->u.rows.row_count < 2)
        parse_expected(p, "at least two rows such as `at 5%: 8%`");
    parse_mark(p, LAYOUT_ROW);
    if (!parse_accept_word(p, "outside"))
        parse_expected(p, "another row, or `outside: flat` or `outside: extended`");
    parse_expect(p, TOKEN_COLON, "`:`");
    e->u.rows.is_extended = parse_accept_word(p, "extended");
    if (!e->u.rows.is_extended && !parse_accept_word(p, "flat"))
        parse_expected(p, "`flat` or `extended`");
}

static void bands_rows(struct parse *p, struct ast_expr *e)
{
    struct ast_row **tail = &e->u.rows.rows;
    for (uint32_t first = p->at; parse_is_word(p, "from"); first = p->at) {
        parse_mark(p, LAYOUT_ROW);
        parse_next(p);
        add_row(e, &tail, row(p, first, AST_BOUND_AT_LEAST, parse_rate));
    }
    if (e->u.rows.row_count == 0)
        parse_expected(p, "a row such as `from 0: 15.12 per day`");
}

/* A table inside a row would take the rows that follow: it stands in brackets. */
struct ast_expr *parse_rows(struct parse *p)
{
    uint32_t first = p->at;
    bool is_in_rows = p->is_in_rows;
    enum ast_kind kind = parse_is_word(p, "step") ? AST_STEP : parse_is_word(p, "linear") ? AST_LINEAR : AST_BANDS;
    if (is_in_rows)
        parse_error(p, parse_look(p, 0), "rows.nested", "write `(step of ...: ...)`",
                    "a table inside a row of another stands in brackets");
    struct ast_expr *e = parse_new(p, kind);
    if (e == NULL)
        return NULL;
    parse_next(p);
    parse_expect_word(p, "of");
    parse_enter(p);
    e->a = parse_primary(p);
    parse_leave(p);
    parse_expect(p, TOKEN_COLON, "`:` and the rows");
    struct layout_rows *group = open_group(p);
    p->is_in_rows = true;
    if (kind == AST_STEP)
        step_rows(p, e);
    else if (kind == AST_LINEAR)
        linear_rows(p, e);
    else
        bands_rows(p, e);
    p->is_in_rows = is_in_rows;
    if (group != NULL)
        group->end = p->at;
    return parse_done(p, e, first);
}
