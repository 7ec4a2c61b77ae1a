/* Expressions: one function for each kind of node, values exact (language.md M3, M4, N). A node that is a number takes one place
 * of the stack, its operands the places above, which are free again when it is done. */
#include "eval.h"

#include <stdarg.h>
#include <stdio.h>

enum known eval_unknown(struct eval *ev, struct slice cause)
{
    if (cause.ptr == NULL) {
        ev->rc = err_set(ev->err, TALLY_E_LIMIT, "the evaluation needs more memory than it is granted");
        return BROKEN;
    }
    ev->cause = ev->session == NULL ? cause : session_text(ev, cause);
    ev->is_blocked = false;
    return ev->cause.ptr == NULL ? BROKEN : UNKNOWN;
}

enum known eval_blocked(struct eval *ev, struct slice cause)
{
    enum known known = eval_unknown(ev, cause);
    ev->is_blocked = true;
    return known;
}

enum known eval_fault(struct eval *ev, const struct node *n, const char *fmt, ...)
{
    char what[512]; /* figures of at most 4,096 bits are cut to be read */
    va_list args;
    va_start(args, fmt);
    (void) vsnprintf(what, sizeof what, fmt, args); /* what is longer is cut */
    va_end(args);
    struct slice text = trace_text(ev, n->span);
    if (text.len > 120)
        text.len = 120;
    struct slice cause =
        arena_printf(ev->arena, "line %u, column %u: %s in `%.*s`", n->span.line, n->span.column, what, SLICE_ARG(text));
    return eval_blocked(ev, cause) == BROKEN ? BROKEN : FAULTY;
}

struct slice eval_number_text(struct eval *ev, mpq_srcptr q)
{
    struct slice text = SLICE("?");
    if (number_decimal(q, ev->arena, &text, NULL) != TALLY_OK)
        return SLICE("?");
    if (text.len > 60)
        text.len = 60;
    return text;
}

enum known eval_checked(struct eval *ev, const struct node *n, mpq_srcptr q, struct value *out)
{
    if (!number_fits(q))
        return eval_fault(ev, n, "a number of more than %d bits", ENGINE_BITS_MAX);
    out->number = q;
    return KNOWN;
}

#define NEED(call)                                                                                                         \
    do {                                                                                                                   \
        enum known need_known = (call);                                                                                    \
        if (need_known != KNOWN)                                                                                           \
            return need_known;                                                                                             \
    } while (0)

static enum known eval_arithmetic(struct eval *ev, const struct node *n, mpq_ptr dest, struct value *out)
{
    struct value a = {0}, b = {0};
    NEED(eval_node(ev, n->a, &a));
    NEED(eval_node(ev, n->b, &b));
    ENSURE(a.number != NULL && b.number != NULL); /* the checker has seen to it */
    switch (n->op) {
    case NODE_ADD:
        mpq_add(dest, a.number, b.number);
        break;
    case NODE_SUBTRACT:
        mpq_sub(dest, a.number, b.number);
        break;
    case NODE_MULTIPLY:
        mpq_mul(dest, a.number, b.number);
        break;
    default:
        if (mpq_sgn(b.number) == 0)
            return eval_fault(ev, n, "division by zero: %.*s / 0", SLICE_ARG(eval_number_text(ev, a.number)));
        mpq_div(dest, a.number, b.number);
        break;
    }
    return eval_checked(ev, n, dest, out);
}

static enum known eval_power(struct eval *ev, const struct node *n, mpq_ptr dest, struct value *out)
{
    struct value a = {0}, b = {0};
    NEED(eval_node(ev, n->a, &a));
    NEED(eval_node(ev, n->b, &b));
    ENSURE(a.number != NULL && b.number != NULL);
    if (!number_is_whole(b.number) || !mpz_fits_slong_p(mpq_numref(b.number)))
        return eval_fault(ev, n, "an exponent that is not a small whole number: %.*s",
                          SLICE_ARG(eval_number_text(ev, b.number)));
    long exponent = mpz_get_si(mpq_numref(b.number));
    if (mpq_sgn(a.number) == 0 && exponent < 0)
        return eval_fault(ev, n, "zero to a power below zero: 0 ^ %ld", exponent);
    if (!number_power(dest, a.number, exponent))
        return eval_fault(ev, n, "a number of more than %d bits: %.*s ^ %ld", ENGINE_BITS_MAX,
                          SLICE_ARG(eval_number_text(ev, a.number)), exponent);
    out->number = dest;
    return KNOWN;
}

static int value_order(enum type_kind kind, const struct value *a, const struct value *b)
{
    if (kind == TYPE_NUMBER)
        return mpq_cmp(a->number, b->number);
    if (kind == TYPE_DATE)
        return (a->day > b->day) - (a->day < b->day);
    return (a->word > b->word) - (a->word < b->word);
}

static enum known eval_compare(struct eval *ev, const struct node *n, struct value *out)
{
    struct value a = {0}, b = {0};
    NEED(eval_node(ev, n->a, &a));
    NEED(eval_node(ev, n->b, &b));
    int order = value_order(n->a->type.kind, &a, &b);
    bool holds = false;
    switch (n->u.compare) {
    case AST_OP_EQUAL:
        holds = order == 0;
        break;
    case AST_OP_DIFFERS:
        holds = order != 0;
        break;
    case AST_OP_LESS:
        holds = order < 0;
        break;
    case AST_OP_AT_MOST:
        holds = order <= 0;
        break;
    case AST_OP_ABOVE:
        holds = order > 0;
        break;
    case AST_OP_AT_LEAST:
        holds = order >= 0;
        break;
    default:           /* not covered: the checker makes no other comparison */
        ENSURE(false); /* not covered: as above */
    }
    out->word = holds ? 1 : 0;
    return KNOWN;
}

static enum known eval_logic(struct eval *ev, const struct node *n, struct value *out)
{
    NEED(eval_node(ev, n->a, out));
    if (n->op == NODE_NOT) {
        out->word = 1 - out->word;
        return KNOWN;
    }
    if (out->word == (n->op == NODE_OR ? 1u : 0u)) /* the left side decides: the right one is not needed (M3) */
        return KNOWN;
    return eval_node(ev, n->b, out);
}

static enum known eval_among(struct eval *ev, const struct node *n, struct value *out)
{
    struct value a = {0};
    NEED(eval_node(ev, n->a, &a));
    uint32_t at = node_among_from(n, a.word);
    out->word = at < n->u.among.count && n->u.among.words[at] == a.word ? 1 : 0;
    return KNOWN;
}

static enum known eval_extreme(struct eval *ev, const struct node *n, mpq_ptr dest, struct value *out)
{
    enum type_kind kind = n->type.kind;
    struct value best = {0};
    for (uint32_t i = 0; i < n->u.list.count; i++) {
        struct value v = {0};
        size_t mark = ev->sp;
        NEED(eval_node(ev, n->u.list.args[i], &v));
        bool is_better =
            i == 0 || (n->op == NODE_MIN ? value_order(kind, &v, &best) < 0 : value_order(kind, &v, &best) > 0);
        if (is_better && kind == TYPE_NUMBER) {
            mpq_set(dest, v.number);
            best.number = dest;
        } else if (is_better) {
            best = v;
        }
        ev->sp = mark;
    }
    *out = best;
    return KNOWN;
}

static enum known eval_clamp(struct eval *ev, const struct node *n, struct value *out)
{
    struct value x = {0}, low = {0}, high = {0};
    NEED(eval_node(ev, n->a, &x));
    NEED(eval_node(ev, n->b, &low));
    NEED(eval_node(ev, n->c, &high));
    if (mpq_cmp(low.number, high.number) > 0)
        return eval_fault(ev, n, "nothing lies between %.*s and %.*s", SLICE_ARG(eval_number_text(ev, low.number)),
                          SLICE_ARG(eval_number_text(ev, high.number)));
    *out = mpq_cmp(x.number, low.number) < 0 ? low : mpq_cmp(x.number, high.number) > 0 ? high : x;
    return KNOWN;
}

static enum known eval_one_number(struct eval *ev, const struct node *n, mpq_ptr dest, struct value *out)
{
    struct value a = {0}, step = {0};
    ENSURE(dest != NULL); /* these give numbers */
    NEED(eval_node(ev, n->a, &a));
    switch (n->op) {
    case NODE_NEGATE:
        mpq_neg(dest, a.number);
        break;
    case NODE_ABS:
        mpq_abs(dest, a.number);
        break;
    case NODE_RATE:
        mpq_mul(dest, a.number, n->u.rate.factor);
        break;
    default:
        NEED(eval_node(ev, n->b, &step));
        if (mpq_sgn(step.number) == 0)
            return eval_fault(ev, n, "rounding to multiples of zero");
        number_round(dest, a.number, step.number, n->u.round);
        break;
    }
    return eval_checked(ev, n, dest, out);
}

static enum known eval_if(struct eval *ev, const struct node *n, struct value *out)
{
    struct value condition = {0};
    NEED(eval_node(ev, n->a, &condition));
    return eval_node(ev, condition.word == 1 ? n->b : n->c, out);
}

/* The bound member as a value. */
static enum known eval_member(struct eval *ev, const struct node *n, mpq_ptr dest, struct value *out)
{
    const struct dimension *d = &ev->dimensions[n->u.dimension];
    uint32_t member = ev->bound[n->u.dimension];
    switch (n->op) {
    case NODE_START:
        out->day = d->spans[member].first;
        return KNOWN;
    case NODE_END:
        out->day = d->spans[member].last;
        return KNOWN;
    case NODE_ORDINAL:
        mpq_set_si(dest, (long) member + 1, 1);
        break;
    default:
        out->word = member;
        if (n->type.kind == TYPE_WORD)
            return KNOWN;
        mpq_set_si(dest, (long) d->from + (long) member, 1);
        break;
    }
    out->number = dest;
    return KNOWN;
}

static enum known eval_op(struct eval *ev, const struct node *n, mpq_ptr dest, struct value *out)
{
    switch (n->op) {
    case NODE_NUMBER:
        out->number = n->u.number;
        return KNOWN;
    case NODE_DAY:
        out->day = n->u.day;
        return KNOWN;
    case NODE_WORD:
        out->word = n->u.word;
        return KNOWN;
    case NODE_DIMENSION:
    case NODE_ORDINAL:
    case NODE_START:
    case NODE_END:
        return eval_member(ev, n, dest, out);
    case NODE_SUBMITTED:
    case NODE_METRIC:
    case NODE_TABLE:
    case NODE_DEFINE:
    case NODE_RULE:
        return eval_ref(ev, n, out);
    case NODE_NOT:
    case NODE_AND:
    case NODE_OR:
        return eval_logic(ev, n, out);
    case NODE_ADD:
    case NODE_SUBTRACT:
    case NODE_MULTIPLY:
    case NODE_DIVIDE:
        return eval_arithmetic(ev, n, dest, out);
    case NODE_POWER:
        return eval_power(ev, n, dest, out);
    case NODE_COMPARE:
        return eval_compare(ev, n, out);
    case NODE_AMONG:
        return eval_among(ev, n, out);
    case NODE_IF:
        return eval_if(ev, n, out);
    case NODE_MOVE:
        return eval_move(ev, n, out);
    case NODE_DAYS_BETWEEN:
    case NODE_YEARS:
    case NODE_FRACTION:
    case NODE_CALENDAR_DAYS:
        return eval_between_days(ev, n, dest, out);
    case NODE_MIN:
    case NODE_MAX:
        return eval_extreme(ev, n, dest, out);
    case NODE_CLAMP:
        return eval_clamp(ev, n, out);
    case NODE_NEGATE:
    case NODE_ABS:
    case NODE_RATE:
    case NODE_ROUND:
        return eval_one_number(ev, n, dest, out);
    case NODE_STEP:
        return eval_step(ev, n, out);
    case NODE_LINEAR:
        return eval_linear(ev, n, dest, out);
    case NODE_BANDS:
        return eval_bands(ev, n, dest, out);
    case NODE_AGGREGATE:
        return eval_aggregate(ev, n, out);
    case NODE_PORTION:
        return eval_portion(ev, n, dest, out);
    case NODE_PRIOR:
        return eval_prior(ev, n, out);
    }
    ENSURE(false); /* not covered: every kind of node is above */
    return BROKEN;
}

enum known eval_node(struct eval *ev, const struct node *n, struct value *out)
{
    size_t mark = ev->sp;
    mpq_ptr dest = NULL;
    struct value value = {0};
    if (ev->depth >= 2 * NESTING_MAX) /* what `prior` and rules joined by caps may add to what the checker has counted */
        return eval_fault(ev, n, "more than %d expressions inside one another", 2 * NESTING_MAX);
    if (n->type.kind == TYPE_NUMBER) {
        dest = eval_push(ev);
        if (dest == NULL)
            return BROKEN;
    }
    ev->steps++;
    ev->depth++;
    enum known known = eval_op(ev, n, dest, &value);
    ev->depth--;
    if (known != KNOWN) {
        ev->sp = mark;
        return known;
    }
    /* an operand that is the result must not lie above the place that stays */
    if (dest != NULL && value.number != dest && ev->sp > mark + 1) {
        mpq_set(dest, value.number);
        value.number = dest;
    }
    ev->sp = mark + (dest == NULL ? 0 : 1);
    *out = value;
    if (ev->trace != NULL)
        trace_node(ev, n, out);
    return KNOWN;
}
