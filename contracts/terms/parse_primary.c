#include <stdio.h>

#include "names.h"
#include "parse.h"
#include "tally/instant.h"

#define HINT_MAX 160

/* [code] number "per" unit, to the unit. */
static void rate(struct parse *p, struct ast_expr *e, struct ast_name code, struct ast_number number)
{
    e->kind = AST_RATE;
    e->u.rate.code = code;
    e->u.rate.number = number;
    parse_expect_word(p, "per");
    e->u.rate.unit = parse_unitname(p);
}

struct ast_expr *parse_rate(struct parse *p)
{
    uint32_t first = p->at;
    struct ast_name code = {{NULL, 0}, {0, 0, 0, 0}};
    struct ast_expr *e = parse_new(p, AST_RATE);
    if (e == NULL)
        return NULL;
    if (parse_is(p, TOKEN_CODE))
        code = parse_code(p);
    if (!parse_is(p, TOKEN_NUMBER))
        parse_expected(p, "a rate such as `15.12 per day`");
    struct ast_number number = parse_number(p, "a rate such as `15.12 per day`");
    rate(p, e, code, number);
    return parse_done(p, e, first);
}

/* What follows a number: nothing, a unit, a calendar and `days`, or `per` and all of a rate. */
static void behind_number(struct parse *p, struct ast_expr *e, struct ast_name code, struct ast_number number)
{
    const struct token *t = parse_look(p, 0);
    if (parse_is_word(p, "per")) {
        rate(p, e, code, number);
        parse_expect_word(p, "of");
        parse_enter(p);
        e->a = parse_primary(p);
        parse_leave(p);
        return;
    }
    e->u.amount.code = code;
    e->u.amount.number = number;
    e->u.amount.form = AST_AMOUNT_PLAIN;
    if (code.text.len != 0 || !parse_is(p, TOKEN_NAME) || names_is_reserved(token_text(p->source, t)))
        return;
    e->u.amount.form = AST_AMOUNT_UNIT;
    e->u.amount.name = parse_name(p, "a unit");
    if (parse_accept_word(p, "days") || parse_accept_word(p, "day"))
        e->u.amount.form = AST_AMOUNT_CALENDAR;
}

static struct ast_expr *amount(struct parse *p)
{
    uint32_t first = p->at;
    struct ast_name code = {{NULL, 0}, {0, 0, 0, 0}};
    struct ast_expr *e = parse_new(p, AST_NUMBER);
    if (e == NULL)
        return NULL;
    if (parse_is(p, TOKEN_CODE)) {
        code = parse_code(p);
        if (!parse_is(p, TOKEN_NUMBER))
            parse_expected(p, "an amount of money");
    }
    bool is_percent = parse_is(p, TOKEN_PERCENT);
    struct ast_number number = parse_number(p, "a number");
    if (is_percent) {
        e->u.amount.number = number;
        e->u.amount.form = AST_AMOUNT_PERCENT;
        if (parse_is_word(p, "per"))
            parse_error(p, parse_look(p, 0), "expression.rate", "a rate is a number or an amount of money per unit",
                        "a percentage cannot be a rate");
    } else {
        behind_number(p, e, code, number);
    }
    return parse_done(p, e, first);
}

static struct ast_index *indexes(struct parse *p)
{
    struct ast_index *list = NULL;
    struct ast_index **tail = &list;
    uint32_t open = p->at;
    parse_mark(p, LAYOUT_TIGHT);
    parse_next(p);
    do {
        struct ast_index *i = PARSE_NEW(p, struct ast_index);
        if (i == NULL)
            return NULL;
        i->dimension = parse_name(p, "a dimension");
        parse_expect(p, TOKEN_COLON, "`:` and a member, as in `x[arm: programme]`");
        uint32_t first = p->at;
        if (parse_accept(p, TOKEN_OPEN)) {
            bool is_in_rows = p->is_in_rows;
            p->is_in_rows = false;
            i->key.kind = AST_KEY_EXPR;
            i->key.expr = parse_expr(p);
            parse_close(p, TOKEN_CLOSE, first);
            p->is_in_rows = is_in_rows;
            i->key.span = parse_span(p, first);
        } else {
            i->key = parse_key(p, "a member, or an expression in `( )`");
        }
        *tail = i;
        tail = &i->next;
    } while (parse_accept(p, TOKEN_COMMA));
    parse_close(p, TOKEN_CLOSE_INDEX, open);
    return list;
}

struct ast_ref parse_ref(struct parse *p, const char *what)
{
    struct ast_ref ref = {.name = parse_name(p, what)};
    if (parse_is(p, TOKEN_OPEN_INDEX))
        ref.indexes = indexes(p);
    return ref;
}

static struct ast_expr *reference(struct parse *p)
{
    uint32_t first = p->at;
    struct ast_expr *e = parse_new(p, AST_REF);
    if (e == NULL)
        return NULL;
    e->u.ref = parse_ref(p, "a name");
    return parse_done(p, e, first);
}

static struct ast_expr *date_of(struct parse *p, enum ast_dateof what)
{
    uint32_t first = p->at;
    struct ast_expr *e = parse_new(p, AST_DATEOF);
    if (e == NULL)
        return NULL;
    parse_next(p);
    e->u.dateof.what = what;
    parse_expect_word(p, "of");
    if (!parse_accept_word(p, "contract"))
        e->u.dateof.name = parse_name(p, "a period, or `contract`");
    return parse_done(p, e, first);
}

static struct ast_expr *brackets(struct parse *p)
{
    uint32_t open = p->at;
    bool is_in_rows = p->is_in_rows;
    p->is_in_rows = false;
    parse_next(p);
    struct ast_expr *e = parse_expr(p);
    parse_close(p, TOKEN_CLOSE, open);
    p->is_in_rows = is_in_rows;
    return p->panic ? NULL : e;
}

static struct ast_expr *constant(struct parse *p)
{
    static const char *const words[] = {"true", "false", "never"};
    uint32_t first = p->at;
    struct ast_expr *e = parse_new(p, parse_is(p, TOKEN_DATE) || parse_is_word(p, "never") ? AST_DATE : AST_BOOL);
    if (e == NULL)
        return NULL;
    if (parse_is(p, TOKEN_DATE)) {
        e->u.day = parse_date(p, "a date");
        return parse_done(p, e, first);
    }
    if (parse_is_word(p, words[2]))
        e->u.day = DAY_NEVER;
    else
        e->u.truth = parse_is_word(p, words[0]);
    parse_next(p);
    return parse_done(p, e, first);
}

/* Words with which no expression begins, and what is often meant by them. */
static struct ast_expr *refuse(struct parse *p)
{
    char hint[HINT_MAX];
    const struct token *t = parse_look(p, 0);
    struct slice text = token_text(p->source, t);
    if (parse_is_word(p, "if"))
        parse_error(p, t, "expression.if", "write `(if ... then ... else ...)`",
                    "an `if` inside an expression stands in brackets");
    else if (parse_is_word(p, "not"))
        parse_error(p, t, "expression.not", "write `(not ...)`", "`not` inside a comparison or a sum stands in brackets");
    else if (t->kind == TOKEN_PLUS)
        parse_error(p, t, "syntax.expected", "a number above zero has no sign", "expected a value, found `+`");
    else if (t->kind == TOKEN_NAME && names_is_reserved(text)) {
        (void) snprintf(hint, sizeof hint, "`%.*s` is a word of the language", SLICE_ARG(text));
        parse_error(p, t, "syntax.expected", hint, "expected a value, found `%.*s`", SLICE_ARG(text));
    } else {
        parse_expected(p, "a value");
    }
    return NULL;
}

struct ast_expr *parse_primary(struct parse *p)
{
    if (p->panic)
        return NULL;
    switch ((enum token_kind) parse_look(p, 0)->kind) {
    case TOKEN_NUMBER:
    case TOKEN_PERCENT:
    case TOKEN_CODE:
        return amount(p);
    case TOKEN_DATE:
        return constant(p);
    case TOKEN_OPEN:
        return brackets(p);
    case TOKEN_NAME:
        break;
    default:
        return refuse(p);
    }
    if (parse_is_word(p, "true") || parse_is_word(p, "false") || parse_is_word(p, "never"))
        return constant(p);
    if (parse_is_word(p, "start"))
        return date_of(p, AST_START_OF);
    if (parse_is_word(p, "end"))
        return date_of(p, AST_END_OF);
    if (parse_is_word(p, "number"))
        return date_of(p, AST_NUMBER_OF);
    if (parse_is_word(p, "step") || parse_is_word(p, "linear") || parse_is_word(p, "bands"))
        return parse_rows(p);
    if (parse_begins_call(p))
        return parse_call(p);
    if (names_is_reserved(token_text(p->source, parse_look(p, 0))))
        return refuse(p);
    return reference(p);
}
