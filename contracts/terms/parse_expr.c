#include "parse.h"

struct ast_expr *parse_new(struct parse *p, enum ast_kind kind)
{
    if (p->panic)
        return NULL;
    if (p->text->expr_count == AST_EXPRS_MAX) {
        parse_error(p, parse_look(p, 0), "text.expressions", "split the contract: one may use another",
                    "the expressions of a text have at most %d parts", AST_EXPRS_MAX);
        return NULL;
    }
    struct ast_expr *e = PARSE_NEW(p, struct ast_expr);
    if (e == NULL)
        return NULL;
    e->kind = kind;
    e->id = p->text->expr_count++;
    e->height = 1;
    return e;
}

static void raise_to(struct ast_expr *e, const struct ast_expr *part)
{
    if (part != NULL && part->height >= e->height)
        e->height = part->height + 1;
}

static void raise_to_indexes(struct ast_expr *e, const struct ast_ref *ref)
{
    for (const struct ast_index *i = ref->indexes; i != NULL; i = i->next)
        raise_to(e, i->key.expr);
}

struct ast_expr *parse_done(struct parse *p, struct ast_expr *e, uint32_t first)
{
    if (e == NULL || p->panic)
        return NULL;
    raise_to(e, e->a);
    raise_to(e, e->b);
    raise_to(e, e->c);
    if (e->kind == AST_REF)
        raise_to_indexes(e, &e->u.ref);
    if (e->kind == AST_AGGREGATE)
        raise_to_indexes(e, &e->u.aggregate.of);
    if (e->kind == AST_CALL) {
        raise_to_indexes(e, &e->u.call.ref);
        for (uint32_t i = 0; i < e->u.call.arg_count; i++)
            raise_to(e, e->u.call.args[i]);
    }
    if (e->kind == AST_STEP || e->kind == AST_LINEAR || e->kind == AST_BANDS)
        for (const struct ast_row *r = e->u.rows.rows; r != NULL; r = r->next) {
            raise_to(e, r->at);
            raise_to(e, r->value);
        }
    e->span = parse_span(p, first);
    if (e->height > AST_DEPTH_MAX) {
        parse_error(p, &p->tokens[first], "expression.depth", "give a part of it a name with `define`",
                    "an expression has more than %d levels", AST_DEPTH_MAX);
        return NULL;
    }
    return e;
}

void parse_enter(struct parse *p)
{
    p->depth++;
    if (p->depth > AST_DEPTH_MAX)
        parse_error(p, parse_look(p, 0), "expression.depth", "give a part of it a name with `define`",
                    "an expression has more than %d levels", AST_DEPTH_MAX);
}

void parse_leave(struct parse *p)
{
    p->depth--;
}

static struct ast_expr *binary(struct parse *p, enum ast_op op, struct ast_expr *a, struct ast_expr *b, uint32_t first)
{
    struct ast_expr *e = parse_new(p, AST_BINARY);
    if (e == NULL)
        return NULL;
    e->op = op;
    e->a = a;
    e->b = b;
    return parse_done(p, e, first);
}

static struct ast_expr *unary(struct parse *p, enum ast_op op, struct ast_expr *a, uint32_t first)
{
    struct ast_expr *e = parse_new(p, AST_UNARY);
    if (e == NULL)
        return NULL;
    e->op = op;
    e->a = a;
    return parse_done(p, e, first);
}

struct operator
{
    enum token_kind token;
    enum ast_op op;
};

/* Passes the operator if it is one of them; a line may be broken before it. */
static bool accept_operator(struct parse *p, const struct operator* operators, size_t count, enum ast_op *op)
{
    for (size_t i = 0; i < count; i++)
        if (parse_is(p, operators[i].token)) {
            *op = operators[i].op;
            parse_mark(p, LAYOUT_BREAK);
            parse_next(p);
            return true;
        }
    return false;
}

/* What an operator takes behind itself: one level deeper. */
static struct ast_expr *deeper(struct parse *p, struct ast_expr *(*read)(struct parse *) )
{
    parse_enter(p);
    struct ast_expr *e = read(p);
    parse_leave(p);
    return e;
}

struct ast_expr *parse_factor(struct parse *p)
{
    uint32_t first = p->at;
    if (parse_accept(p, TOKEN_MINUS)) {
        parse_mark(p, LAYOUT_TIGHT);
        return unary(p, AST_OP_NEGATE, deeper(p, parse_factor), first);
    }
    struct ast_expr *e = parse_primary(p);
    if (!parse_is(p, TOKEN_POWER))
        return e;
    parse_mark(p, LAYOUT_BREAK);
    parse_next(p);
    struct ast_expr *power = deeper(p, parse_factor);
    return binary(p, AST_OP_POWER, e, power, first);
}

static struct ast_expr *term(struct parse *p)
{
    static const struct operator operators[] = {{TOKEN_TIMES, AST_OP_MULTIPLY}, {TOKEN_SLASH, AST_OP_DIVIDE}};
    uint32_t first = p->at;
    enum ast_op op = AST_OP_MULTIPLY;
    struct ast_expr *e = parse_factor(p);
    while (accept_operator(p, operators, 2, &op)) {
        struct ast_expr *b = parse_factor(p);
        e = binary(p, op, e, b, first);
    }
    return e;
}

struct ast_expr *parse_sum(struct parse *p)
{
    static const struct operator operators[] = {{TOKEN_PLUS, AST_OP_ADD}, {TOKEN_MINUS, AST_OP_SUBTRACT}};
    uint32_t first = p->at;
    enum ast_op op = AST_OP_ADD;
    struct ast_expr *e = term(p);
    while (accept_operator(p, operators, 2, &op)) {
        struct ast_expr *b = term(p);
        e = binary(p, op, e, b, first);
    }
    return e;
}

/* sum [ after|before moved ]: right to left */
static struct ast_expr *moved(struct parse *p)
{
    uint32_t first = p->at;
    struct ast_expr *e = parse_sum(p);
    if (!parse_is_word(p, "after") && !parse_is_word(p, "before"))
        return e;
    bool is_before = parse_is_word(p, "before");
    parse_mark(p, LAYOUT_BREAK);
    parse_next(p);
    struct ast_expr *b = deeper(p, moved);
    struct ast_expr *move = parse_new(p, AST_MOVE);
    if (move == NULL)
        return NULL;
    move->a = e;
    move->b = b;
    move->u.is_before = is_before;
    return parse_done(p, move, first);
}

static struct ast_expr *in_names(struct parse *p, struct ast_expr *a, uint32_t first)
{
    struct ast_expr *e = parse_new(p, AST_IN);
    parse_mark(p, LAYOUT_BREAK);
    parse_next(p);
    uint32_t open = p->at;
    parse_next(p);
    if (e == NULL)
        return NULL;
    e->a = a;
    e->u.in = parse_names(p, "a member");
    parse_close(p, TOKEN_CLOSE, open);
    return parse_done(p, e, first);
}

static struct ast_expr *test(struct parse *p)
{
    static const struct operator operators[] = {{TOKEN_EQUAL, AST_OP_EQUAL}, {TOKEN_DIFFERS, AST_OP_DIFFERS},
                                                {TOKEN_LESS, AST_OP_LESS},   {TOKEN_AT_MOST, AST_OP_AT_MOST},
                                                {TOKEN_ABOVE, AST_OP_ABOVE}, {TOKEN_AT_LEAST, AST_OP_AT_LEAST}};
    const size_t count = sizeof operators / sizeof operators[0];
    uint32_t first = p->at;
    enum ast_op op = AST_OP_EQUAL;
    struct ast_expr *e = moved(p);
    /* `in (`, because `in force` begins a declaration */
    if (parse_is_word(p, "in") && parse_look(p, 1)->kind == TOKEN_OPEN)
        return in_names(p, e, first);
    if (!accept_operator(p, operators, count, &op))
        return e;
    struct ast_expr *b = moved(p);
    e = binary(p, op, e, b, first);
    for (size_t i = 0; i < count; i++)
        if (parse_is(p, operators[i].token))
            parse_error(p, parse_look(p, 0), "expression.chain", "write `a < b and b < c`", "comparisons do not chain");
    return e;
}

static struct ast_expr *no(struct parse *p)
{
    uint32_t first = p->at;
    if (!parse_accept_word(p, "not"))
        return test(p);
    return unary(p, AST_OP_NOT, deeper(p, no), first);
}

static struct ast_expr *all(struct parse *p)
{
    uint32_t first = p->at;
    struct ast_expr *e = no(p);
    while (parse_is_word(p, "and")) {
        parse_mark(p, LAYOUT_BREAK);
        parse_next(p);
        struct ast_expr *b = no(p);
        e = binary(p, AST_OP_AND, e, b, first);
    }
    return e;
}

static struct ast_expr *any(struct parse *p)
{
    uint32_t first = p->at;
    struct ast_expr *e = all(p);
    while (parse_is_word(p, "or")) {
        parse_mark(p, LAYOUT_BREAK);
        parse_next(p);
        struct ast_expr *b = all(p);
        e = binary(p, AST_OP_OR, e, b, first);
    }
    return e;
}

static struct ast_expr *conditional(struct parse *p)
{
    uint32_t first = p->at;
    struct ast_expr *e = parse_new(p, AST_IF);
    parse_next(p);
    if (e == NULL)
        return NULL;
    e->a = parse_expr(p);
    parse_mark(p, LAYOUT_BREAK);
    parse_expect_word(p, "then");
    e->b = parse_expr(p);
    parse_mark(p, LAYOUT_BREAK);
    if (!parse_accept_word(p, "else"))
        parse_expected(p, "`else` (an `if` needs both its values)");
    e->c = parse_expr(p);
    return parse_done(p, e, first);
}

static struct ast_expr *expr(struct parse *p)
{
    return parse_is_word(p, "if") ? conditional(p) : any(p);
}

struct ast_expr *parse_expr(struct parse *p)
{
    return deeper(p, expr);
}
