/* An expression, printed from its tree with as few brackets as the grammar needs. */
#include "tally/instant.h"
#include "terms_show.h"

/* How tightly the forms of an expression hold together, loosest first (language.md section 6). */
enum level {
    LEVEL_EXPR,
    LEVEL_OR,
    LEVEL_AND,
    LEVEL_NOT,
    LEVEL_TEST,
    LEVEL_MOVED,
    LEVEL_SUM,
    LEVEL_TERM,
    LEVEL_FACTOR,
    LEVEL_PRIMARY
};

static void expr_at(struct buf *out, const struct ast_expr *e, enum level level);

void show_number(struct buf *out, const struct ast_number *number)
{
    struct slice digits = number->digits;
    const char *point = memchr(digits.ptr, '.', digits.len);
    size_t whole = point == NULL ? digits.len : (size_t) (point - digits.ptr);
    for (size_t i = 0; i < digits.len; i++) {
        if (i > 0 && i < whole && (whole - i) % 3 == 0)
            buf_add_char(out, '_');
        buf_add_char(out, digits.ptr[i]);
    }
}

void show_day(struct buf *out, int32_t day)
{
    char text[DAY_TEXT_LEN + 1];
    day_format(day, text);
    buf_add_str(out, text);
}

void show_key(struct buf *out, const struct ast_key *key)
{
    switch (key->kind) {
    case AST_KEY_NAME:
        buf_add_slice(out, key->name);
        return;
    case AST_KEY_NUMBER:
        buf_add_i64(out, key->number);
        return;
    case AST_KEY_DATE:
        show_day(out, key->day);
        return;
    case AST_KEY_EXPR:
        break;
    }
    buf_add_char(out, '(');
    show_expr(out, key->expr);
    buf_add_char(out, ')');
}

void show_ref(struct buf *out, const struct ast_ref *ref)
{
    buf_add_slice(out, ref->name.text);
    for (const struct ast_index *i = ref->indexes; i != NULL; i = i->next) {
        buf_printf(out, "%s%.*s: ", i == ref->indexes ? "[" : ", ", SLICE_ARG(i->dimension.text));
        show_key(out, &i->key);
    }
    if (ref->indexes != NULL)
        buf_add_char(out, ']');
}

const char *show_bound(enum ast_bound bound)
{
    static const char *const words[] = {"at least", "above", "at most", "below"};
    return words[bound];
}

const char *show_mode(enum ast_round_mode mode)
{
    static const char *const words[] = {"half even", "half up", "up", "down"};
    return words[mode];
}

static void amount(struct buf *out, const struct ast_expr *e)
{
    if (e->u.amount.code.text.len > 0)
        buf_printf(out, "%.*s ", SLICE_ARG(e->u.amount.code.text));
    show_number(out, &e->u.amount.number);
    if (e->u.amount.form == AST_AMOUNT_PERCENT)
        buf_add_char(out, '%');
    if (e->u.amount.form == AST_AMOUNT_UNIT || e->u.amount.form == AST_AMOUNT_CALENDAR)
        buf_printf(out, " %.*s", SLICE_ARG(e->u.amount.name.text));
    if (e->u.amount.form == AST_AMOUNT_CALENDAR)
        buf_add_str(out, " days");
}

static void rate(struct buf *out, const struct ast_expr *e)
{
    if (e->u.rate.code.text.len > 0)
        buf_printf(out, "%.*s ", SLICE_ARG(e->u.rate.code.text));
    show_number(out, &e->u.rate.number);
    buf_printf(out, " per %.*s", SLICE_ARG(e->u.rate.unit.text));
    if (e->a != NULL) { /* a row of bands has none */
        buf_add_str(out, " of ");
        expr_at(out, e->a, LEVEL_PRIMARY);
    }
}

static void call(struct buf *out, const struct ast_expr *e)
{
    static const char *const names[] = {"min", "max", "abs", "clamp", "round", "years", "days", "fraction", "submitted"};
    static const char *const counts[] = {"actual_365", "actual_360", "thirty_e_360", "actual_actual"};
    buf_printf(out, "%s(", names[e->u.call.function]);
    for (uint32_t i = 0; i < e->u.call.arg_count; i++) {
        buf_add_str(out, i > 0 ? ", " : "");
        show_expr(out, e->u.call.args[i]);
    }
    if (e->u.call.function == AST_FN_ROUND)
        buf_printf(out, ", %s", show_mode(e->u.call.mode));
    if (e->u.call.function == AST_FN_FRACTION)
        buf_printf(out, ", %s", counts[e->u.call.daycount]);
    if (e->u.call.function == AST_FN_DAYS)
        buf_printf(out, ", %.*s", SLICE_ARG(e->u.call.calendar.text));
    if (e->u.call.function == AST_FN_SUBMITTED)
        show_ref(out, &e->u.call.ref);
    buf_add_char(out, ')');
}

static void over(struct buf *out, const struct ast_expr *e)
{
    for (const struct ast_over *o = e->u.aggregate.over; o != NULL; o = o->next) {
        buf_add_str(out, o == e->u.aggregate.over ? "over " : ", ");
        if (o->last > 0)
            buf_printf(out, "last %u of ", o->last);
        buf_add_slice(out, o->dimension.text);
        buf_add_str(out, o->so_far ? " so far" : "");
    }
    if (e->u.aggregate.has_of) {
        buf_add_str(out, " of ");
        show_ref(out, &e->u.aggregate.of);
    }
    if (e->c != NULL) {
        buf_add_str(out, " where ");
        show_expr(out, e->c);
    }
}

static void aggregate(struct buf *out, const struct ast_expr *e)
{
    static const char *const names[] = {"sum", "mean", "min", "max", "first", "last", "share", "count", "best", "portion"};
    buf_printf(out, "%s(", names[e->u.aggregate.what]);
    if (e->u.aggregate.what == AST_AGG_BEST)
        buf_printf(out, "%u, ", e->u.aggregate.k);
    if (e->a != NULL)
        show_expr(out, e->a);
    if (e->b != NULL) {
        buf_add_str(out, ", ");
        show_expr(out, e->b);
    }
    buf_add_str(out, e->a != NULL ? " " : "");
    over(out, e);
    buf_add_char(out, ')');
}

static void rows(struct buf *out, const struct ast_expr *e)
{
    buf_add_str(out, e->kind == AST_STEP ? "step of " : e->kind == AST_LINEAR ? "linear of " : "bands of ");
    expr_at(out, e->a, LEVEL_PRIMARY);
    buf_add_char(out, ':');
    for (const struct ast_row *row = e->u.rows.rows; row != NULL; row = row->next) {
        buf_printf(out, " %s ", e->kind == AST_STEP ? show_bound(row->bound) : e->kind == AST_LINEAR ? "at" : "from");
        expr_at(out, row->at, LEVEL_SUM);
        buf_add_str(out, ": ");
        expr_at(out, row->value, LEVEL_OR);
        buf_add_str(out, row->next != NULL ? ";" : "");
    }
    if (e->kind == AST_STEP) {
        buf_add_str(out, "; otherwise: ");
        expr_at(out, e->c, LEVEL_OR);
    }
    if (e->kind == AST_LINEAR)
        buf_add_str(out, e->u.rows.is_extended ? "; outside: extended" : "; outside: flat");
}

static void binary(struct buf *out, const struct ast_expr *e)
{
    static const struct {
        const char *text;
        enum level left, right;
    } ops[] = {[AST_OP_ADD] = {" + ", LEVEL_SUM, LEVEL_TERM},
               [AST_OP_SUBTRACT] = {" - ", LEVEL_SUM, LEVEL_TERM},
               [AST_OP_MULTIPLY] = {" * ", LEVEL_TERM, LEVEL_FACTOR},
               [AST_OP_DIVIDE] = {" / ", LEVEL_TERM, LEVEL_FACTOR},
               [AST_OP_POWER] = {" ^ ", LEVEL_PRIMARY, LEVEL_FACTOR},
               [AST_OP_EQUAL] = {" = ", LEVEL_MOVED, LEVEL_MOVED},
               [AST_OP_DIFFERS] = {" <> ", LEVEL_MOVED, LEVEL_MOVED},
               [AST_OP_LESS] = {" < ", LEVEL_MOVED, LEVEL_MOVED},
               [AST_OP_AT_MOST] = {" <= ", LEVEL_MOVED, LEVEL_MOVED},
               [AST_OP_ABOVE] = {" > ", LEVEL_MOVED, LEVEL_MOVED},
               [AST_OP_AT_LEAST] = {" >= ", LEVEL_MOVED, LEVEL_MOVED},
               [AST_OP_AND] = {" and ", LEVEL_AND, LEVEL_NOT},
               [AST_OP_OR] = {" or ", LEVEL_OR, LEVEL_AND}};
    expr_at(out, e->a, ops[e->op].left);
    buf_add_str(out, ops[e->op].text);
    expr_at(out, e->b, ops[e->op].right);
}

static enum level level_of(const struct ast_expr *e)
{
    switch (e->kind) {
    case AST_IF:
    case AST_STEP:
    case AST_LINEAR:
    case AST_BANDS:
        return LEVEL_EXPR;
    case AST_UNARY:
        return e->op == AST_OP_NOT ? LEVEL_NOT : LEVEL_FACTOR;
    case AST_IN:
        return LEVEL_TEST;
    case AST_MOVE:
        return LEVEL_MOVED;
    case AST_RATE:
        return LEVEL_FACTOR; /* what follows `of` reads as its own: it stands alone or in brackets */
    case AST_BINARY:
        break;
    default:
        return LEVEL_PRIMARY;
    }
    switch (e->op) {
    case AST_OP_ADD:
    case AST_OP_SUBTRACT:
        return LEVEL_SUM;
    case AST_OP_MULTIPLY:
    case AST_OP_DIVIDE:
        return LEVEL_TERM;
    case AST_OP_POWER:
        return LEVEL_FACTOR;
    case AST_OP_AND:
        return LEVEL_AND;
    case AST_OP_OR:
        return LEVEL_OR;
    default:
        return LEVEL_TEST;
    }
}

static void worded(struct buf *out, const struct ast_expr *e)
{
    static const char *const parts[] = {"start of ", "end of ", "number of "};
    switch (e->kind) {
    case AST_DATEOF:
        buf_add_str(out, parts[e->u.dateof.what]);
        buf_add_slice(out, e->u.dateof.name.text.len > 0 ? e->u.dateof.name.text : SLICE("contract"));
        return;
    case AST_IN:
        expr_at(out, e->a, LEVEL_MOVED);
        for (uint32_t i = 0; i < e->u.in.count; i++)
            buf_printf(out, "%s%.*s", i == 0 ? " in (" : ", ", SLICE_ARG(e->u.in.items[i].text));
        buf_add_char(out, ')');
        return;
    case AST_MOVE:
        expr_at(out, e->a, LEVEL_SUM);
        buf_add_str(out, e->u.is_before ? " before " : " after ");
        expr_at(out, e->b, LEVEL_MOVED);
        return;
    case AST_IF:
        buf_add_str(out, "if ");
        show_expr(out, e->a);
        buf_add_str(out, " then ");
        show_expr(out, e->b);
        buf_add_str(out, " else ");
        show_expr(out, e->c);
        return;
    default:
        buf_printf(out, "prior(%.*s, ", SLICE_ARG(e->u.prior.text));
        show_expr(out, e->a);
        buf_add_str(out, ", ");
        show_expr(out, e->b);
        buf_add_char(out, ')');
    }
}

void show_expr(struct buf *out, const struct ast_expr *e)
{
    switch (e->kind) {
    case AST_NUMBER:
        amount(out, e);
        return;
    case AST_DATE:
        show_day(out, e->u.day);
        return;
    case AST_BOOL:
        buf_add_str(out, e->u.truth ? "true" : "false");
        return;
    case AST_RATE:
        rate(out, e);
        return;
    case AST_REF:
        show_ref(out, &e->u.ref);
        return;
    case AST_UNARY:
        buf_add_str(out, e->op == AST_OP_NOT ? "not " : "-");
        expr_at(out, e->a, e->op == AST_OP_NOT ? LEVEL_NOT : LEVEL_FACTOR);
        return;
    case AST_BINARY:
        binary(out, e);
        return;
    case AST_CALL:
        call(out, e);
        return;
    case AST_STEP:
    case AST_LINEAR:
    case AST_BANDS:
        rows(out, e);
        return;
    case AST_AGGREGATE:
        aggregate(out, e);
        return;
    case AST_DATEOF:
    case AST_IN:
    case AST_MOVE:
    case AST_IF:
    case AST_PRIOR:
        worded(out, e);
        return;
    }
}

static void expr_at(struct buf *out, const struct ast_expr *e, enum level level)
{
    bool has_brackets = level_of(e) < level;
    buf_add_str(out, has_brackets ? "(" : "");
    show_expr(out, e);
    buf_add_str(out, has_brackets ? ")" : "");
}
