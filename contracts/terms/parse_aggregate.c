#include "parse.h"

struct ast_expr *parse_aggregate(struct parse *p, enum ast_aggregate what)
{
    struct ast_expr *e = parse_new(p, AST_AGGREGATE);
    if (e != NULL)
        e->u.aggregate.what = what;
    return e;
}

/* D | D so far | last N of D */
static struct ast_over *item(struct parse *p)
{
    struct ast_over *over = PARSE_NEW(p, struct ast_over);
    if (over == NULL)
        return NULL;
    if (parse_accept_word(p, "last")) {
        const struct token *t = parse_look(p, 0);
        over->last = parse_whole(p, "how many");
        if (over->last == 0 && !p->panic && t->problem == PROBLEM_NONE)
            parse_error(p, t, "number.zero_last", NULL, "`last` takes at least one");
        parse_expect_word(p, "of");
        over->dimension = parse_name(p, "a dimension");
        return over;
    }
    over->dimension = parse_name(p, "a dimension");
    if (parse_accept_word(p, "so")) {
        parse_expect_word(p, "far");
        over->so_far = true;
    }
    return over;
}

struct ast_expr *parse_over(struct parse *p, struct ast_expr *aggregate)
{
    parse_mark(p, LAYOUT_BREAK);
    if (!parse_accept_word(p, "over"))
        parse_expected(p, "`over` and a dimension");
    if (aggregate == NULL || p->panic)
        return NULL;
    struct ast_over **tail = &aggregate->u.aggregate.over;
    do {
        struct ast_over *over = item(p);
        if (over == NULL)
            return NULL;
        *tail = over;
        tail = &over->next;
    } while (parse_accept(p, TOKEN_COMMA));
    if (parse_accept_word(p, "of")) {
        aggregate->u.aggregate.has_of = true;
        aggregate->u.aggregate.of = parse_ref(p, "a metric");
    }
    if (parse_is_word(p, "where")) {
        parse_mark(p, LAYOUT_BREAK);
        parse_next(p);
        aggregate->c = parse_expr(p);
    }
    return p->panic ? NULL : aggregate;
}
