/* `until`: a day of the text alone, computed for every key here; and what follows where nothing else can arrive (language.md
 * sections 4, 8, M1). */
#include "check.h"

#include "eval.h"
#include "tally/instant.h"
#include "tally/mem.h"

#define UNTIL_STEPS_MAX 2000000u /* of all days together: a tenth of a second */

struct search {
    bool *seen;             /* defines */
    const struct node *bad; /* the first that is no figure of the text alone */
};

/* Aggregates and priors could be of the text alone too, but would make compiling as dear as evaluating. */
static void find_figures(struct checker *c, const struct node *n, void *with)
{
    struct search *search = with;
    bool is_figure = n->op == NODE_METRIC || n->op == NODE_SUBMITTED || n->op == NODE_RULE || n->op == NODE_AGGREGATE ||
                     n->op == NODE_PORTION || n->op == NODE_PRIOR;
    if (is_figure && search->bad == NULL)
        search->bad = n;
    if (n->op != NODE_DEFINE || search->seen[n->u.ref.target])
        return;
    search->seen[n->u.ref.target] = true;
    check_visit(c, c->t->defines[n->u.ref.target].value, find_figures, with);
}

MUST_CHECK static bool is_of_text(struct checker *c, const struct metric *m)
{
    struct search search = {.seen = CHECK_NEW(c, c->t->define_count, bool)};
    if (search.seen == NULL)
        return false;
    check_visit(c, m->until, find_figures, &search);
    if (search.bad == NULL)
        return true;
    PROBLEM(c, "metric.until", m->until->span, "use dates, periods and tables: `until 60 days after end of quarter`",
            "when `%.*s` ends may not depend on results or sums (line %u): everybody knows it when the text is signed",
            SLICE_ARG(m->shown.name), search.bad->span.line);
    return false;
}

MUST_CHECK static bool compute_days(struct checker *c, struct eval *ev, const struct metric *m, int32_t *days)
{
    for (uint64_t cell = 0; cell < m->until_shape.cells; cell++) {
        struct value v = {0};
        shape_bind(c->t->dimensions, &m->until_shape, cell, ev->bound);
        enum known known = eval_node(ev, m->until, &v);
        ev->sp = 0;
        if (known == BROKEN) {
            c->failed = true;
            return false;
        }
        if (known != KNOWN) {
            PROBLEM(c, "metric.until", m->until->span, NULL, "this is no day: %.*s", SLICE_ARG(ev->cause));
            return false;
        }
        if (ev->steps > UNTIL_STEPS_MAX) {
            PROBLEM(c, "limit.until", m->until->span, NULL, "it takes more than %u steps to find when results end",
                    UNTIL_STEPS_MAX);
            return false;
        }
        days[cell] = v.day;
    }
    return true;
}

MUST_CHECK static bool take_days(struct checker *c, struct eval *ev, struct metric *m)
{
    if (!check_shape_of_set(c, m->until->needs, &m->until_shape))
        return false;
    c->table_cells = saturating_add(c->table_cells, m->until_shape.cells);
    if (m->until_shape.cells > TABLE_CELLS_MAX || c->table_cells > TABLE_CELLS_ALL_MAX) {
        PROBLEM(c, "limit.cells", m->until->span, NULL, "results end on more than %d days", TABLE_CELLS_MAX);
        return false;
    }
    int32_t *days = CHECK_NEW(c, m->until_shape.cells, int32_t);
    if (days == NULL || !compute_days(c, ev, m, days))
        return false;
    m->until_days = days;
    return true;
}

/* Is there a set of what this metric's results name? Then nobody need wait for those that never come. */
static void find_sets(struct checker *c, const struct node *n, void *with)
{
    bool *has_set = with;
    (void) c;
    if ((n->op == NODE_AGGREGATE || n->op == NODE_PORTION) && n->u.aggregate.has_of)
        has_set[n->u.aggregate.of] = true;
}

static void find_all_sets(struct checker *c, bool *has_set)
{
    const struct terms *t = c->t;
    for (uint32_t i = 0; i < t->metric_count; i++)
        check_visit(c, t->metrics[i].missing, find_sets, has_set);
    for (uint32_t i = 0; i < t->define_count; i++)
        check_visit(c, t->defines[i].value, find_sets, has_set);
    for (uint32_t i = 0; i < t->rule_count; i++) {
        const struct rule *r = &t->rules[i];
        const struct node *clauses[] = {r->dated, r->when, r->amount, r->not_before};
        if (r->has_of)
            has_set[r->of] = true;
        for (size_t j = 0; j < 4; j++)
            check_visit(c, clauses[j], find_sets, has_set);
    }
}

static void expect_default(struct checker *c, const struct metric *m, bool has_set)
{
    if (m->until == NULL && m->is_late)
        PROBLEM(c, "metric.late", m->missing->span,
                "say until when it may be submitted: `until 60 days after end of quarter`",
                "`%.*s` is never late, for it has no `until`", SLICE_ARG(m->shown.name));
    else if (m->until != NULL && m->missing == NULL && !has_set && m->is_used)
        PROBLEM(c, "metric.until", m->until->span, "say what holds then: `if late use ...`",
                "after this day nothing arrives any more, and what needs `%.*s` would wait for ever",
                SLICE_ARG(m->shown.name));
}

static void take_all_days(struct checker *c)
{
    struct engine_input none = {.terms = c->t};
    struct eval *ev = mem_zero(sizeof *ev);
    if (ev == NULL) {
        c->failed = true;
        return;
    }
    *ev = (struct eval){.in = &none, .t = c->t, .dimensions = c->t->dimensions, .wakes = DAY_NEVER, .moment = DAY_NEVER};
    ev->arena = ev->store = arena_new(EVALUATION_BYTES_MAX);
    c->failed = ev->arena == NULL;
    for (uint32_t i = 0; i < c->t->metric_count && !c->failed; i++) {
        struct metric *m = &c->t->metrics[i];
        bool ok = m->until == NULL || (is_of_text(c, m) && take_days(c, ev, m));
        (void) ok; /* what is wrong has been reported */
    }
    if (ev->arena != NULL) {
        eval_release(ev);
        arena_free(ev->arena);
    }
    mem_free(ev);
}

void check_untils(struct checker *c)
{
    bool has_any = false, *has_set = CHECK_NEW(c, c->t->metric_count, bool);
    if (has_set == NULL)
        return;
    find_all_sets(c, has_set);
    for (uint32_t i = 0; i < c->t->metric_count; i++) {
        expect_default(c, &c->t->metrics[i], has_set[i]);
        has_any = has_any || c->t->metrics[i].until != NULL;
    }
    if (has_any)
        take_all_days(c);
}
