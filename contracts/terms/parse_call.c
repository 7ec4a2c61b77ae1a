#include "parse.h"

#define ARGS_MAX 64 /* of one min or max: as many as an expression may be deep */

static bool is_aggregate(struct parse *p, enum ast_aggregate *what)
{
    static const struct {
        const char *word;
        enum ast_aggregate what;
    } words[] = {{"sum", AST_AGG_SUM},   {"mean", AST_AGG_MEAN},      {"first", AST_AGG_FIRST},
                 {"last", AST_AGG_LAST}, {"share", AST_AGG_SHARE},    {"count", AST_AGG_COUNT},
                 {"best", AST_AGG_BEST}, {"portion", AST_AGG_PORTION}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (parse_is_word(p, words[i].word)) {
            *what = words[i].what;
            return true;
        }
    return false;
}

static const struct {
    const char *word;
    enum ast_function function;
    uint32_t args; /* 0: two or more */
} functions[] = {
    {"min", AST_FN_MIN, 0},     {"max", AST_FN_MAX, 0},           {"abs", AST_FN_ABS, 1},
    {"clamp", AST_FN_CLAMP, 3}, {"round", AST_FN_ROUND, 2},       {"years", AST_FN_YEARS, 2},
    {"days", AST_FN_DAYS, 2},   {"fraction", AST_FN_FRACTION, 2}, {"submitted", AST_FN_SUBMITTED, 0},
};

bool parse_begins_call(struct parse *p)
{
    enum ast_aggregate what = AST_AGG_SUM;
    ENSURE(parse_is(p, TOKEN_NAME));
    if (parse_look(p, 1)->kind == TOKEN_OPEN)
        return true;
    /* a function without its bracket: the message then says that it is missing */
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++)
        if (functions[i].function != AST_FN_YEARS && functions[i].function != AST_FN_DAYS &&
            parse_is_word(p, functions[i].word))
            return true;
    return is_aggregate(p, &what) || parse_is_word(p, "prior");
}

/* Noting that the bracket belongs to the word before it. */
static uint32_t open_bracket(struct parse *p)
{
    uint32_t open = p->at;
    parse_mark(p, LAYOUT_TIGHT);
    parse_expect(p, TOKEN_OPEN, "`(`");
    return open;
}

static void daycount(struct parse *p, struct ast_expr *e)
{
    static const char *const words[] = {"actual_365", "actual_360", "thirty_e_360", "actual_actual"};
    parse_expect(p, TOKEN_COMMA, "`,` and a day count");
    for (size_t i = 0; i < 4; i++)
        if (parse_accept_word(p, words[i])) {
            e->u.call.daycount = (enum ast_daycount) i;
            return;
        }
    parse_expected(p, "`actual_365`, `actual_360`, `thirty_e_360` or `actual_actual`");
}

/* The arguments behind the first, which may be there already. count 0: two or more. */
static void arguments(struct parse *p, struct ast_expr *e, struct ast_expr *first, uint32_t count)
{
    struct ast_expr *args[ARGS_MAX];
    uint32_t n = 0;
    args[n++] = first != NULL ? first : parse_expr(p);
    while (!p->panic && (count == 0 ? parse_accept(p, TOKEN_COMMA) || n < 2 : n < count)) {
        if (count != 0 || (n < 2 && p->tokens[p->at - 1].kind != TOKEN_COMMA))
            parse_expect(p, TOKEN_COMMA, "`,` and another value");
        if (n == ARGS_MAX) {
            parse_error(p, parse_look(p, 0), "expression.arguments", "give a part of it a name with `define`",
                        "`min` and `max` take at most %d values", ARGS_MAX);
            return;
        }
        args[n++] = parse_expr(p);
    }
    e->u.call.args = parse_alloc(p, n, sizeof(void *));
    if (e->u.call.args == NULL)
        return;
    e->u.call.arg_count = n;
    for (uint32_t i = 0; i < n; i++)
        e->u.call.args[i] = args[i];
}

static void function_tail(struct parse *p, struct ast_expr *e)
{
    switch (e->u.call.function) {
    case AST_FN_ROUND:
        parse_expect(p, TOKEN_COMMA, "`,` and how to round");
        e->u.call.mode = parse_mode(p);
        break;
    case AST_FN_DAYS:
        parse_expect(p, TOKEN_COMMA, "`,` and a calendar");
        e->u.call.calendar = parse_name(p, "a calendar");
        break;
    case AST_FN_FRACTION:
        daycount(p, e);
        break;
    default:
        break;
    }
}

static struct ast_expr *function(struct parse *p, size_t at)
{
    uint32_t first = p->at;
    parse_next(p);
    uint32_t open = open_bracket(p);
    struct ast_expr *e = NULL;
    struct ast_expr *value = NULL;
    if (functions[at].function == AST_FN_MIN || functions[at].function == AST_FN_MAX) {
        value = parse_expr(p);
        if (parse_is_word(p, "over")) {
            e = parse_aggregate(p, functions[at].function == AST_FN_MIN ? AST_AGG_MIN : AST_AGG_MAX);
            if (e != NULL)
                e->a = value;
            e = parse_over(p, e);
            parse_close(p, TOKEN_CLOSE, open);
            return parse_done(p, e, first);
        }
    }
    e = parse_new(p, AST_CALL);
    if (e == NULL)
        return NULL;
    e->u.call.function = functions[at].function;
    if (e->u.call.function == AST_FN_SUBMITTED)
        e->u.call.ref = parse_ref(p, "a metric");
    else
        arguments(p, e, value, functions[at].args);
    function_tail(p, e);
    parse_close(p, TOKEN_CLOSE, open);
    return parse_done(p, e, first);
}

static struct ast_expr *aggregate(struct parse *p, enum ast_aggregate what)
{
    uint32_t first = p->at;
    parse_next(p);
    uint32_t open = open_bracket(p);
    struct ast_expr *e = parse_aggregate(p, what);
    if (e != NULL && what == AST_AGG_BEST) {
        e->u.aggregate.k = parse_whole(p, "how many of the best");
        parse_expect(p, TOKEN_COMMA, "`,` and a value");
    }
    if (e != NULL && what != AST_AGG_COUNT)
        e->a = parse_expr(p);
    if (e != NULL && what == AST_AGG_PORTION) {
        parse_expect(p, TOKEN_COMMA, "`,` and the weight");
        e->b = parse_expr(p);
    }
    e = parse_over(p, e);
    parse_close(p, TOKEN_CLOSE, open);
    return parse_done(p, e, first);
}

static struct ast_expr *unknown_function(struct parse *p)
{
    /* names them all, for the guess */
    enum ast_aggregate what = AST_AGG_SUM;
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++)
        (void) parse_is_word(p, functions[i].word);
    (void) is_aggregate(p, &what);
    (void) parse_is_word(p, "prior");
    parse_expected(p, "a function");
    return NULL;
}

struct ast_expr *parse_call(struct parse *p)
{
    enum ast_aggregate what = AST_AGG_SUM;
    bool is_in_rows = p->is_in_rows;
    struct ast_expr *e = NULL;
    p->is_in_rows = false;
    size_t at = 0;
    while (at < sizeof functions / sizeof functions[0] && !parse_is_word(p, functions[at].word))
        at++;
    if (at < sizeof functions / sizeof functions[0])
        e = function(p, at);
    else if (is_aggregate(p, &what))
        e = aggregate(p, what);
    else if (parse_is_word(p, "prior"))
        e = parse_prior(p);
    else
        e = unknown_function(p);
    p->is_in_rows = is_in_rows;
    return e;
}

struct ast_expr *parse_prior(struct parse *p)
{
    uint32_t first = p->at;
    struct ast_expr *e = parse_new(p, AST_PRIOR);
    if (e == NULL)
        return NULL;
    parse_next(p);
    uint32_t open = open_bracket(p);
    e->u.prior = parse_name(p, "a dimension");
    parse_expect(p, TOKEN_COMMA, "`,` and the value at the member before");
    e->a = parse_expr(p);
    parse_expect(p, TOKEN_COMMA, "`,` and the value at the first member");
    e->b = parse_expr(p);
    parse_close(p, TOKEN_CLOSE, open);
    return parse_done(p, e, first);
}
