/* Warnings that need to know what figures may come to: amounts without a bound, cliffs, divisors that may be zero, rows that cannot
 * be reached (language.md section 8). */
#include "check.h"
#include "expose.h"

#define WARN_STEPS_MAX 50000u /* a few milliseconds; a text that needs more is looked at with all members together */
#define CLIFF_PARTS 5         /* what moves more than a fifth of the most is a cliff */

/* ---- what an expression reaches ---- */

struct reach {
    bool *defines;              /* looked through */
    bool has_result;            /* some result counts */
    bool has_threshold;         /* a figure or day of a result is compared */
    const struct metric *loose; /* the first number that is reported without a range */
};

static void reach_one(struct checker *c, const struct node *n, void *with)
{
    struct reach *r = with;
    if (n->op == NODE_METRIC) {
        const struct metric *m = &c->t->metrics[n->u.ref.target];
        r->has_result = true;
        if (r->loose == NULL && m->type.kind == TYPE_NUMBER && !m->has_between)
            r->loose = m;
    }
    if (n->op == NODE_RULE || n->op == NODE_SUBMITTED || (n->op == NODE_AGGREGATE && n->u.aggregate.has_of))
        r->has_result = true;
    if (n->op == NODE_DEFINE && !r->defines[n->u.ref.target]) {
        r->defines[n->u.ref.target] = true;
        check_visit(c, c->t->defines[n->u.ref.target].value, reach_one, r);
    }
}

static struct reach reach_of(struct checker *c, const struct node *n)
{
    struct reach r = {.defines = CHECK_NEW(c, c->t->define_count, bool)};
    if (r.defines != NULL)
        check_visit(c, n, reach_one, &r);
    return r;
}

static void find_threshold(struct checker *c, const struct node *n, void *with)
{
    struct reach *r = with;
    bool orders = n->op == NODE_COMPARE && n->u.compare != AST_OP_EQUAL && n->u.compare != AST_OP_DIFFERS;
    if (orders && (n->a->type.kind == TYPE_NUMBER || n->a->type.kind == TYPE_DATE) && !r->has_threshold)
        r->has_threshold = reach_of(c, n).has_result;
    if (n->op == NODE_DEFINE && n->type.kind == TYPE_TRUTH && !r->defines[n->u.ref.target]) {
        r->defines[n->u.ref.target] = true;
        check_visit(c, c->t->defines[n->u.ref.target].value, find_threshold, r);
    }
}

/* Does a figure of a result decide the condition? A result that is itself true or false is no threshold. */
static bool is_threshold(struct checker *c, const struct node *n)
{
    struct reach r = {.defines = CHECK_NEW(c, c->t->define_count, bool)};
    if (r.defines != NULL)
        check_visit(c, n, find_threshold, &r);
    return r.has_threshold;
}

/* ---- no bound ---- */

static const char *loose_hint(struct checker *c, const struct rule *r)
{
    struct reach found = reach_of(c, r->amount);
    if (found.loose == NULL)
        return "put a `cap` on it, or say `min(..., ...)`";
    return check_text(c, "say `between ... and ...` for `%.*s`, or put a `cap` on it", SLICE_ARG(found.loose->shown.name));
}

/* is_coarse: there were too many members to look at each, and what bounds them one by one was not seen. */
static void warn_unbounded(struct checker *c, const struct expose_totals *totals, bool is_coarse)
{
    const struct terms *t = c->t;
    for (uint32_t i = 0; i < t->rule_count; i++) {
        const struct rule *r = &t->rules[i];
        const struct range *ever = &totals->rules[i].ever;
        const uint32_t payers[] = {r->shown.payer, r->shown.payee}; /* below zero the payee pays */
        const bool is_loose[] = {ever->high.infinite != 0, ever->low.infinite != 0};
        for (uint32_t side = 0; side < 2; side++)
            if (is_loose[side])
                WARNING(c, "warning.exposure", r->amount->span, loose_hint(c, r), "%s what `%.*s` may owe by `%.*s`%s",
                        is_coarse ? "a short look finds no bound of" : "nothing bounds",
                        SLICE_ARG(t->parties[payers[side]].name), SLICE_ARG(r->shown.name),
                        is_coarse ? "; the exposure tells whether there is one" : "");
    }
}

/* ---- cliffs ---- */

struct cliffs {
    struct checker *c;
    struct arena *scratch; /* of one look */
    uint64_t steps;        /* that are left for looks */
    const struct rule *rule;
    const struct range *most; /* of an instance */
    const struct range *all;  /* of all of them: of this a fifth */
    bool *defines;            /* looked through */
};

/* What lies between two ranges; false: they touch. */
MUST_CHECK static bool gap_between(const struct range *a, const struct range *b, struct range *gap)
{
    const struct range *below = end_compare(&a->high, &b->low) < 0 ? a : b, *above = below == a ? b : a;
    if (a->is_none || b->is_none || end_compare(&below->high, &above->low) >= 0)
        return false;
    range_subtract(gap, above, below);
    return gap->low.infinite == 0;
}

/* Is the least that the value moves more than a fifth of `most`? */
static bool is_large(const struct range *gap, const struct range *most)
{
    mpq_t parts;
    bool large = false;
    mpq_init(parts);
    mpq_set_ui(parts, CLIFF_PARTS, 1);
    mpq_mul(parts, parts, gap->low.at);
    large = most->high.infinite == 0 && mpq_sgn(most->high.at) > 0 && mpq_cmp(parts, most->high.at) > 0;
    mpq_clear(parts);
    return large;
}

static void warn_cliff(struct cliffs *w, struct span at)
{
    WARNING(w->c, "warning.cliff", at, "let it rise gradually (`linear`, more rows), or be sure how the figure is rounded",
            "a cliff: one unit more or less of a result moves more than a fifth of the most that `%.*s` pays",
            SLICE_ARG(w->rule->shown.name));
}

/* The amount, if n has the value of one of its own parts. false: that is not looked at. */
MUST_CHECK static bool amount_with(struct cliffs *w, const struct node *n, const struct node *part, struct range *out)
{
    struct exposing ex;
    struct range value;
    arena_clear(w->scratch);
    if (!expose_begin(&ex, w->c->t, w->scratch, true, w->steps))
        return false;
    range_init(&value);
    if (part != NULL) {
        expose_node(&ex, part, &value);
        expose_end(&ex);
        arena_clear(w->scratch);
        if (!expose_begin(&ex, w->c->t, w->scratch, true, w->steps)) {
            range_clear(&value);
            return false;
        }
        ex.fixed = n;
        ex.fixed_value = &value;
    }
    expose_node(&ex, w->rule->amount, out);
    if (w->most->high.infinite == 0) { /* caps may leave less */
        range_set_number(&value, w->most->high.at);
        range_min(out, &value);
    }
    bool ok = !ex.is_spent && !ex.failed;
    w->steps -= ex.steps < w->steps ? ex.steps : w->steps;
    expose_end(&ex);
    range_clear(&value);
    return ok;
}

/* What the amount comes to with one and with the other of two neighbouring values of n. */
static void compare_values(struct cliffs *w, const struct node *n, const struct node *a, const struct node *b,
                           struct span at)
{
    struct range x, y, gap;
    range_init(&x);
    range_init(&y);
    range_init(&gap);
    if (amount_with(w, n, a, &x) && amount_with(w, n, b, &y) && gap_between(&x, &y, &gap) && is_large(&gap, w->all))
        warn_cliff(w, at);
    range_clear(&x);
    range_clear(&y);
    range_clear(&gap);
}

static void find_cliffs(struct cliffs *w, const struct node *n);

/* May x lie on either side of the row's bound? */
MUST_CHECK static bool is_crossed(struct cliffs *w, const struct node *n, const struct node_row *row)
{
    struct exposing ex;
    struct range x, at;
    arena_clear(w->scratch);
    if (!expose_begin(&ex, w->c->t, w->scratch, true, w->steps))
        return false;
    range_init(&x);
    range_init(&at);
    expose_node(&ex, n->a, &x);
    expose_node(&ex, row->at, &at);
    unsigned orders = n->a->type.kind == TYPE_DATE ? range_day_orders(&x, &at) : range_orders(&x, &at);
    bool is_none = x.is_none || at.is_none;
    w->steps -= ex.steps < w->steps ? ex.steps : w->steps;
    expose_end(&ex);
    range_clear(&x);
    range_clear(&at);
    return !is_none && (orders & expose_holding(row->bound)) != 0 && (orders & ~expose_holding(row->bound)) != 0;
}

/* Rows stand in the order in which their bounds rise; what holds beyond them is `otherwise`. */
static void step_cliffs(struct cliffs *w, const struct node *n)
{
    uint32_t count = n->u.rows.count;
    bool counts = reach_of(w->c, n->a).has_result;
    for (uint32_t i = 0; counts && i < count; i++) {
        const struct node_row *row = &n->u.rows.rows[i];
        bool has_next = n->u.rows.is_upper ? i + 1 < count : i > 0;
        const struct node *other = !has_next ? n->c : n->u.rows.rows[n->u.rows.is_upper ? i + 1 : i - 1].value;
        if (is_crossed(w, n, row))
            compare_values(w, n, row->value, other, row->span);
    }
    for (uint32_t i = 0; i < count; i++)
        find_cliffs(w, n->u.rows.rows[i].value);
}

/* Through everything but aggregates: one result moves one member of them, and the others stay. */
static void find_cliffs(struct cliffs *w, const struct node *n)
{
    if (n == NULL || n->op == NODE_AGGREGATE || n->op == NODE_PORTION || n->op == NODE_PRIOR || n->op == NODE_RULE ||
        n->type.kind != TYPE_NUMBER || w->steps == 0)
        return;
    if (n->op == NODE_STEP)
        step_cliffs(w, n);
    if (n->op == NODE_IF && is_threshold(w->c, n->a))
        compare_values(w, n, n->b, n->c, n->span);
    if (n->op == NODE_DEFINE && !w->defines[n->u.ref.target]) {
        w->defines[n->u.ref.target] = true;
        find_cliffs(w, w->c->t->defines[n->u.ref.target].value);
    }
    for (uint32_t i = 0; (n->op == NODE_MIN || n->op == NODE_MAX) && i < n->u.list.count; i++)
        find_cliffs(w, n->u.list.args[i]);
    find_cliffs(w, n->a);
    find_cliffs(w, n->b);
    find_cliffs(w, n->c);
}

/* A condition that a figure decides takes away at least the least of the amount. */
static void when_cliff(struct cliffs *w)
{
    const struct rule *r = w->rule;
    struct range amount, nothing, gap;
    if (r->when == NULL || !is_threshold(w->c, r->when))
        return;
    range_init(&amount);
    range_init(&nothing);
    range_init(&gap);
    if (amount_with(w, NULL, NULL, &amount) && end_compare(&amount.low, &nothing.low) > 0 &&
        gap_between(&amount, &nothing, &gap) && is_large(&gap, w->all))
        warn_cliff(w, r->when->span);
    range_clear(&amount);
    range_clear(&nothing);
    range_clear(&gap);
}

static void warn_cliffs(struct checker *c, struct arena *scratch, const struct expose_totals *totals)
{
    const struct terms *t = c->t;
    bool *defines = CHECK_NEW(c, t->define_count, bool); /* a define is told of once, for the first rule that uses it */
    struct cliffs w = {.c = c, .scratch = scratch, .steps = WARN_STEPS_MAX, .defines = defines};
    for (uint32_t i = 0; defines != NULL && i < t->rule_count && !c->failed; i++) {
        w.rule = &t->rules[i];
        w.most = &totals->rules[i].one;
        w.all = &totals->rules[i].ever;
        if (w.most->is_none)
            continue;
        when_cliff(&w);
        find_cliffs(&w, w.rule->amount);
    }
}

/* ---- divisors and rows ---- */

struct looking {
    struct exposing *ex;
    const struct node *guards[NESTING_MAX]; /* conditions of the ifs around the place */
    uint32_t guard_count;
};

static struct slice text_of(const struct checker *c, const struct node *n)
{
    return slice_of(c->t->ast->source.ptr + n->span.offset, n->span.length);
}

struct sought {
    struct slice text;
    bool found;
};

static void find_compared(struct checker *c, const struct node *n, void *with)
{
    struct sought *s = with;
    if (n->op == NODE_COMPARE)
        s->found = s->found || slice_equal(text_of(c, n->a), s->text) || slice_equal(text_of(c, n->b), s->text);
}

/* Has a condition around it looked at the divisor, in the same words? */
static bool is_guarded(struct checker *c, const struct looking *l, const struct node *divisor)
{
    struct sought s = {.text = text_of(c, divisor)};
    for (uint32_t i = 0; i < l->guard_count; i++)
        check_visit(c, l->guards[i], find_compared, &s);
    return s.found;
}

static void warn_divisor(struct checker *c, const struct looking *l, const struct node *divisor)
{
    struct range r, zero;
    range_init(&r);
    range_init(&zero);
    expose_node(l->ex, divisor, &r);
    bool may_be_zero = !r.is_none && (range_orders(&r, &zero) & RANGE_EQUAL) != 0;
    range_clear(&r);
    range_clear(&zero);
    if (!may_be_zero || is_guarded(c, l, divisor))
        return;
    struct slice text = text_of(c, divisor);
    if (divisor->op == NODE_METRIC)
        text = c->t->metrics[divisor->u.ref.target].shown.name;
    WARNING(c, "warning.divisor", divisor->span, "say `between 1 and ...`, or look at it first: `if x = 0 then ...`",
            "`%.*s` may be zero, and is divided by", (int) (text.len > 60 ? 60 : text.len), text.ptr);
}

/* May it be one over a power? */
static bool is_negative_power(const struct looking *l, const struct node *n)
{
    struct range r, zero;
    if (n->op != NODE_POWER)
        return false;
    range_init(&r);
    range_init(&zero);
    expose_node(l->ex, n->b, &r);
    bool is_negative = !r.is_none && (range_orders(&r, &zero) & RANGE_BELOW) != 0;
    range_clear(&r);
    range_clear(&zero);
    return is_negative;
}

/* How x may lie to the row's bound; 0: nothing is known of that. */
static unsigned row_orders(const struct looking *l, const struct node *n, const struct range *x, uint32_t i)
{
    struct range at;
    range_init(&at);
    expose_node(l->ex, n->u.rows.rows[i].at, &at);
    unsigned orders = at.is_none ? 0 : n->a->type.kind == TYPE_DATE ? range_day_orders(x, &at) : range_orders(x, &at);
    range_clear(&at);
    return orders;
}

/* Does x ever meet the bound, and no row that goes before it always? Of lower bounds that is the next one, of upper ones the one before. */
static bool is_reached(const struct looking *l, const struct node *n, const struct range *x, uint32_t i)
{
    bool is_step = n->op == NODE_STEP;
    unsigned orders = row_orders(l, n, x, i);
    unsigned holding = is_step ? expose_holding(n->u.rows.rows[i].bound) : (unsigned) RANGE_ABOVE;
    bool has_first = is_step && (n->u.rows.is_upper ? i > 0 : i + 1 < n->u.rows.count);
    if (orders != 0 && (orders & holding) == 0)
        return false;
    if (!has_first)
        return true;
    uint32_t first = n->u.rows.is_upper ? i - 1 : i + 1;
    orders = row_orders(l, n, x, first);
    return orders == 0 || (orders & ~expose_holding(n->u.rows.rows[first].bound)) != 0;
}

static void warn_rows(struct checker *c, const struct looking *l, const struct node *n)
{
    struct range x;
    range_init(&x);
    expose_node(l->ex, n->a, &x);
    const struct metric *m = n->a->op == NODE_METRIC ? &c->t->metrics[n->a->u.ref.target] : NULL;
    for (uint32_t i = 0; !x.is_none && i < n->u.rows.count; i++) {
        const struct node_row *row = &n->u.rows.rows[i];
        if (is_reached(l, n, &x, i))
            continue;
        if (m != NULL && m->has_between)
            WARNING(c, "warning.row", row->span, NULL, "this row is never reached: `%.*s` lies between %.*s",
                    SLICE_ARG(m->shown.name), SLICE_ARG(m->between));
        else
            WARNING(c, "warning.row", row->span, NULL, "this row is never reached by what the figures may come to");
    }
    range_clear(&x);
}

static void look_at(struct checker *c, struct looking *l, const struct node *n)
{
    if (n == NULL)
        return;
    if (n->op == NODE_DIVIDE || is_negative_power(l, n))
        warn_divisor(c, l, n->op == NODE_DIVIDE ? n->b : n->a);
    if (n->op == NODE_STEP || n->op == NODE_BANDS)
        warn_rows(c, l, n);
    look_at(c, l, n->a);
    bool is_guard = n->op == NODE_IF && l->guard_count < NESTING_MAX;
    if (is_guard)
        l->guards[l->guard_count++] = n->a;
    look_at(c, l, n->b);
    look_at(c, l, n->c);
    if (is_guard)
        l->guard_count--;
    for (uint32_t i = 0; (n->op == NODE_MIN || n->op == NODE_MAX) && i < n->u.list.count; i++)
        look_at(c, l, n->u.list.args[i]);
    for (uint32_t i = 0; node_has_rows(n) && i < n->u.rows.count; i++) {
        look_at(c, l, n->u.rows.rows[i].at);
        look_at(c, l, n->u.rows.rows[i].value);
    }
    for (const struct node_index *i = node_is_ref(n) ? n->u.ref.indexes : NULL; i != NULL; i = i->next)
        look_at(c, l, i->expr);
}

static void warn_formulas(struct checker *c, struct exposing *ex)
{
    const struct terms *t = c->t;
    struct looking *l = CHECK_NEW(c, 1, struct looking);
    if (l == NULL)
        return;
    l->ex = ex;
    for (uint32_t i = 0; i < t->metric_count; i++)
        look_at(c, l, t->metrics[i].missing);
    for (uint32_t i = 0; i < t->define_count; i++)
        look_at(c, l, t->defines[i].value);
    for (uint32_t i = 0; i < t->rule_count; i++) {
        l->guards[0] = t->rules[i].when;
        look_at(c, l, t->rules[i].when);
        l->guard_count = t->rules[i].when == NULL ? 0 : 1;
        look_at(c, l, t->rules[i].amount);
        l->guard_count = 0;
    }
}

/* ---- the pass ---- */

static bool is_loose(const struct checker *c, const struct expose_totals *totals)
{
    bool loose = false;
    for (uint32_t i = 0; i < c->t->rule_count; i++)
        loose = loose || totals->rules[i].ever.high.infinite != 0 || totals->rules[i].ever.low.infinite != 0;
    return loose;
}

/* With all members together, which is quick; one by one where that finds no bound: a balance has one at each member. */
MUST_CHECK static bool find_totals(struct checker *c, struct expose_totals *totals, bool *is_coarse)
{
    bool is_done = false, has_prior = false;
    for (const struct memo_node *m = c->memos; m != NULL; m = m->next)
        has_prior = has_prior || m->node->op == NODE_PRIOR;
    if (!has_prior && expose_totals_once(c->t, true, WARN_STEPS_MAX, totals, &is_done, NULL) != TALLY_OK)
        return false;
    return (is_done && !is_loose(c, totals)) ||
           expose_totals_find(c->t, WARN_STEPS_MAX, totals, is_coarse, NULL) == TALLY_OK;
}

MUST_CHECK static bool warn_all(struct checker *c, struct arena *scratch, struct expose_totals *totals)
{
    struct exposing ex;
    bool is_coarse = false;
    if (!find_totals(c, totals, &is_coarse))
        return false;
    warn_unbounded(c, totals, is_coarse);
    warn_cliffs(c, scratch, totals);
    arena_clear(scratch);
    if (!expose_begin(&ex, c->t, scratch, true, WARN_STEPS_MAX))
        return false;
    warn_formulas(c, &ex);
    bool ok = !ex.failed;
    expose_end(&ex);
    return ok;
}

void check_warn_exposure(struct checker *c)
{
    struct expose_totals totals;
    struct arena *arena = arena_new(EXPOSE_ARENA_MAX), *scratch = arena_new(EXPOSE_ARENA_MAX);
    bool is_made = arena != NULL && scratch != NULL && expose_totals_make(c->t, arena, &totals);
    if (!is_made || !warn_all(c, scratch, &totals))
        c->failed = true;
    if (is_made)
        expose_totals_clear(c->t, &totals);
    arena_free(arena);
    arena_free(scratch);
}
