/* What expressions may come to: one function for each kind of node, on ranges in place of values. */
#include "expose.h"
#include "tally/instant.h"

bool expose_begin(struct exposing *ex, const struct terms *t, struct arena *arena, bool is_coarse, uint64_t steps_max)
{
    *ex = (struct exposing){.t = t, .arena = arena, .is_coarse = is_coarse, .steps_max = steps_max};
    for (uint32_t i = 0; i < t->dimension_count; i++)
        expose_bind_all(ex, i);
    return expose_memo_begin(ex);
}

void expose_end(struct exposing *ex)
{
    for (struct exposed *e = ex->all; e != NULL; e = e->next)
        range_clear(&e->range);
    ex->all = NULL;
}

void expose_bind_all(struct exposing *ex, uint32_t dimension)
{
    ex->low[dimension] = 0;
    ex->high[dimension] = dimension_size(&ex->t->dimensions[dimension]) - 1;
}

void expose_any(const struct exposing *ex, const struct type *type, struct range *out)
{
    switch (type->kind) {
    case TYPE_NUMBER:
        range_set_line(out);
        break;
    case TYPE_DATE:
        range_set_days(out, DAY_MIN, DAY_MAX, true);
        break;
    case TYPE_TRUTH:
        range_set_words(out, 0, 1);
        break;
    case TYPE_WORD:
        range_set_words(out, 0, dimension_size(&ex->t->dimensions[type->dimension]) - 1);
        break;
    }
}

void expose_truth(struct range *out, bool may_be_true, bool may_be_false)
{
    range_set_words(out, may_be_false ? 0 : 1, may_be_true ? 1 : 0);
    out->is_none = !may_be_true && !may_be_false;
}

struct range *expose_ranges(struct exposing *ex, size_t count)
{
    struct range *ranges = ARENA_ARRAY(ex->arena, count, struct range);
    if (ranges == NULL) {
        ex->failed = true; /* not covered: only without memory */
        return NULL;       /* not covered: the same */
    }
    for (size_t i = 0; i < count; i++)
        range_init(&ranges[i]);
    return ranges;
}

void expose_ranges_clear(struct range *ranges, size_t count)
{
    for (size_t i = 0; ranges != NULL && i < count; i++)
        range_clear(&ranges[i]);
}

/* ---- numbers ---- */

static void two_numbers(struct exposing *ex, const struct node *n, struct range *out)
{
    struct range b;
    range_init(&b);
    expose_node(ex, n->a, out);
    expose_node(ex, n->b, &b);
    switch (n->op) {
    case NODE_ADD:
        range_add(out, out, &b);
        break;
    case NODE_SUBTRACT:
        range_subtract(out, out, &b);
        break;
    case NODE_MULTIPLY:
        range_multiply(out, out, &b);
        break;
    case NODE_DIVIDE:
        range_divide(out, out, &b);
        break;
    case NODE_POWER:
        range_power(out, out, &b);
        break;
    default:
        range_round(out, out, &b, n->u.round);
        break;
    }
    range_clear(&b);
}

static void one_number(struct exposing *ex, const struct node *n, struct range *out)
{
    struct range factor;
    expose_node(ex, n->a, out);
    if (n->op == NODE_NEGATE) {
        range_negate(out, out);
    } else if (n->op == NODE_ABS) {
        range_abs(out, out);
    } else {
        range_init(&factor);
        range_set_number(&factor, n->u.rate.factor);
        range_multiply(out, out, &factor);
        range_clear(&factor);
    }
}

/* min(max(x, low), high): it rises with each of the three. */
static void clamp(struct exposing *ex, const struct node *n, struct range *out)
{
    struct range bound;
    range_init(&bound);
    expose_node(ex, n->a, out);
    expose_node(ex, n->b, &bound);
    range_max(out, &bound);
    expose_node(ex, n->c, &bound);
    range_min(out, &bound);
    range_clear(&bound);
}

/* The earlier, or the later, of two days; never is after every other. */
static void extreme_day(bool is_min, struct range *out, const struct range *b)
{
    bool a_has = out->first <= out->last, b_has = b->first <= b->last;
    if (out->is_none || b->is_none) {
        range_set_none(out);
    } else if (!is_min) {
        bool is_real = a_has && b_has;
        int32_t first = b->first > out->first ? b->first : out->first, last = b->last > out->last ? b->last : out->last;
        range_set_days(out, is_real ? first : 1, is_real ? last : 0, out->may_be_never || b->may_be_never);
    } else if (!a_has || !b_has) {
        const struct range *real = a_has ? out : b;
        range_set_days(out, real->first, real->last, out->may_be_never && b->may_be_never);
    } else {
        int32_t smaller = b->last < out->last ? b->last : out->last, larger = b->last < out->last ? out->last : b->last;
        int32_t last = out->may_be_never && b->may_be_never ? larger
                       : out->may_be_never                  ? b->last
                       : b->may_be_never                    ? out->last
                                                            : smaller;
        range_set_days(out, b->first < out->first ? b->first : out->first, last, out->may_be_never && b->may_be_never);
    }
}

static void extreme(struct exposing *ex, const struct node *n, struct range *out)
{
    struct range b;
    range_init(&b);
    for (uint32_t i = 0; i < n->u.list.count; i++) {
        if (i == 0) {
            expose_node(ex, n->u.list.args[i], out);
            continue;
        }
        expose_node(ex, n->u.list.args[i], &b);
        if (n->type.kind == TYPE_DATE)
            extreme_day(n->op == NODE_MIN, out, &b);
        else if (n->op == NODE_MIN)
            range_min(out, &b);
        else
            range_max(out, &b);
    }
    range_clear(&b);
}

/* ---- conditions ---- */

static bool may_hold(enum ast_op op, unsigned orders)
{
    static const unsigned holds[] = {[AST_OP_EQUAL] = RANGE_EQUAL, [AST_OP_DIFFERS] = RANGE_BELOW | RANGE_ABOVE,
                                     [AST_OP_LESS] = RANGE_BELOW,  [AST_OP_AT_MOST] = RANGE_BELOW | RANGE_EQUAL,
                                     [AST_OP_ABOVE] = RANGE_ABOVE, [AST_OP_AT_LEAST] = RANGE_ABOVE | RANGE_EQUAL};
    return (holds[op] & orders) != 0;
}

static void compare(struct exposing *ex, const struct node *n, struct range *out)
{
    static const enum ast_op opposite[] = {
        [AST_OP_EQUAL] = AST_OP_DIFFERS, [AST_OP_DIFFERS] = AST_OP_EQUAL, [AST_OP_LESS] = AST_OP_AT_LEAST,
        [AST_OP_AT_LEAST] = AST_OP_LESS, [AST_OP_ABOVE] = AST_OP_AT_MOST, [AST_OP_AT_MOST] = AST_OP_ABOVE};
    struct range b;
    range_init(&b);
    expose_node(ex, n->a, out);
    expose_node(ex, n->b, &b);
    bool is_none = out->is_none || b.is_none;
    enum type_kind kind = n->a->type.kind;
    unsigned orders = kind == TYPE_NUMBER ? range_orders(out, &b)
                      : kind == TYPE_DATE ? range_day_orders(out, &b)
                                          : range_word_orders(out, &b);
    expose_truth(out, !is_none && may_hold(n->u.compare, orders), !is_none && may_hold(opposite[n->u.compare], orders));
    range_clear(&b);
}

/* The right side counts where the left one does not decide (M3). */
static void logic(struct exposing *ex, const struct node *n, struct range *out)
{
    struct range b;
    expose_node(ex, n->a, out);
    if (out->is_none)
        return;
    bool may_be_true = out->most == 1, may_be_false = out->least == 0;
    if (n->op == NODE_NOT) {
        expose_truth(out, may_be_false, may_be_true);
        return;
    }
    bool is_decided = n->op == NODE_OR ? !may_be_false : !may_be_true;
    if (is_decided)
        return;
    range_init(&b);
    expose_node(ex, n->b, &b);
    bool b_true = !b.is_none && b.most == 1, b_false = !b.is_none && b.least == 0;
    if (n->op == NODE_OR)
        expose_truth(out, may_be_true || b_true, b_false);
    else
        expose_truth(out, b_true, may_be_false || b_false);
    range_clear(&b);
}

static void among(struct exposing *ex, const struct node *n, struct range *out)
{
    expose_node(ex, n->a, out);
    if (out->is_none)
        return;
    uint32_t inside = node_among_from(n, out->most + 1) - node_among_from(n, out->least);
    expose_truth(out, inside > 0, inside < out->most - out->least + 1);
}

static void choice(struct exposing *ex, const struct node *n, struct range *out)
{
    struct range other;
    expose_node(ex, n->a, out);
    if (out->is_none)
        return;
    bool may_be_true = out->most == 1, may_be_false = out->least == 0;
    range_init(&other);
    if (may_be_false)
        expose_node(ex, n->c, &other);
    else
        range_set_none(&other);
    if (may_be_true)
        expose_node(ex, n->b, out);
    else
        range_set_none(out);
    range_join(out, &other);
    range_clear(&other);
}

/* ---- the bound members ---- */

static void member(struct exposing *ex, const struct node *n, struct range *out)
{
    const struct dimension *d = &ex->t->dimensions[n->u.dimension];
    uint32_t low = ex->low[n->u.dimension], high = ex->high[n->u.dimension];
    out->is_none = false;
    if (n->op == NODE_START) {
        range_set_days(out, d->spans[low].first, d->spans[high].first, false);
    } else if (n->op == NODE_END) {
        range_set_days(out, d->spans[low].last, d->spans[high].last, false);
    } else if (n->op == NODE_ORDINAL) {
        range_set_whole(out, (uint64_t) low + 1, (uint64_t) high + 1);
    } else if (n->type.kind == TYPE_WORD) {
        range_set_words(out, low, high);
    } else {
        range_set_whole(out, 0, 0);
        mpq_set_si(out->low.at, (long) d->from + (long) low, 1);
        mpq_set_si(out->high.at, (long) d->from + (long) high, 1);
    }
}

static void expose_op(struct exposing *ex, const struct node *n, struct range *out)
{
    switch (n->op) {
    case NODE_NUMBER:
        range_set_number(out, n->u.number);
        return;
    case NODE_DAY:
        range_set_days(out, n->u.day == DAY_NEVER ? 1 : n->u.day, n->u.day == DAY_NEVER ? 0 : n->u.day,
                       n->u.day == DAY_NEVER);
        return;
    case NODE_WORD:
        range_set_words(out, n->u.word, n->u.word);
        return;
    case NODE_DIMENSION:
    case NODE_ORDINAL:
    case NODE_START:
    case NODE_END:
        member(ex, n, out);
        return;
    case NODE_SUBMITTED:
    case NODE_METRIC:
    case NODE_TABLE:
    case NODE_DEFINE:
    case NODE_RULE:
        expose_ref(ex, n, out);
        return;
    case NODE_NOT:
    case NODE_AND:
    case NODE_OR:
        logic(ex, n, out);
        return;
    case NODE_ADD:
    case NODE_SUBTRACT:
    case NODE_MULTIPLY:
    case NODE_DIVIDE:
    case NODE_POWER:
    case NODE_ROUND:
        two_numbers(ex, n, out);
        return;
    case NODE_COMPARE:
        compare(ex, n, out);
        return;
    case NODE_AMONG:
        among(ex, n, out);
        return;
    case NODE_IF:
        choice(ex, n, out);
        return;
    case NODE_MOVE:
        expose_move(ex, n, out);
        return;
    case NODE_DAYS_BETWEEN:
    case NODE_YEARS:
    case NODE_FRACTION:
    case NODE_CALENDAR_DAYS:
        expose_between_days(ex, n, out);
        return;
    case NODE_MIN:
    case NODE_MAX:
        extreme(ex, n, out);
        return;
    case NODE_CLAMP:
        clamp(ex, n, out);
        return;
    case NODE_NEGATE:
    case NODE_ABS:
    case NODE_RATE:
        one_number(ex, n, out);
        return;
    case NODE_STEP:
        expose_step(ex, n, out);
        return;
    case NODE_LINEAR:
        expose_linear(ex, n, out);
        return;
    case NODE_BANDS:
        expose_bands(ex, n, out);
        return;
    case NODE_AGGREGATE:
        expose_aggregate(ex, n, out);
        return;
    case NODE_PORTION:
        expose_portion(ex, n, out);
        return;
    case NODE_PRIOR:
        expose_prior(ex, n, out);
        return;
    }
    expose_any(ex, &n->type, out); /* not covered: every kind of node is above */
}

void expose_node(struct exposing *ex, const struct node *n, struct range *out)
{
    ex->steps++;
    if (ex->steps > ex->steps_max)
        ex->is_spent = true;
    if (ex->is_spent || ex->failed || ex->depth >= EXPOSE_DEPTH_MAX) {
        expose_any(ex, &n->type, out);
        return;
    }
    if (n == ex->fixed) {
        range_set(out, ex->fixed_value);
        return;
    }
    ex->depth++;
    expose_op(ex, n, out);
    ex->depth--;
}
