/* What a name with its indexes stands for at the bound members: M1 for metrics, D5 for defines, A4 for rules. */
#include "eval.h"
#include "tally/instant.h"

struct slice eval_name(struct eval *ev, struct slice name, const struct shape *shape, uint64_t cell)
{
    if (shape->count == 0)
        return name;
    struct slice key = shape_show(ev->dimensions, shape, cell, ev->arena);
    return arena_printf(ev->arena, "%.*s(%.*s)", SLICE_ARG(name), SLICE_ARG(key));
}

enum known eval_disputed(struct eval *ev, const struct metric *m, uint64_t cell, const struct engine_fact *fact)
{
    if (fact->standing == ENGINE_UNKNOWN && fact->reason.len > 0)
        return eval_blocked(ev, fact->reason);
    return eval_blocked(
        ev, arena_printf(ev->arena, "%.*s is disputed", SLICE_ARG(eval_name(ev, m->shown.name, &m->shape, cell))));
}

static enum known index_member(struct eval *ev, const struct node *n, const struct node_index *i, uint32_t *member)
{
    const struct dimension *d = &ev->dimensions[i->dimension];
    struct value v;
    size_t mark = ev->sp;
    enum known known = eval_node(ev, i->expr, &v);
    if (known != KNOWN)
        return known;
    if (d->shown.kind == TERMS_LIST) {
        *member = v.word;
        return KNOWN;
    }
    if (d->shown.kind == TERMS_PERIOD) {
        char day[DAY_TEXT_LEN + 1];
        *member = dimension_of_day(d, v.day);
        if (*member != TERMS_NONE)
            return KNOWN;
        day_format(v.day, day);
        return eval_fault(ev, n, "%s lies in no member of `%.*s`", day, SLICE_ARG(d->shown.name));
    }
    struct ast_key key = {.kind = AST_KEY_NUMBER, .number = d->from - 1};
    if (number_is_whole(v.number) && mpz_fits_slong_p(mpq_numref(v.number)))
        key.number = mpz_get_si(mpq_numref(v.number));
    *member = dimension_find_key(d, &key);
    if (*member == TERMS_NONE)
        known = eval_fault(ev, n, "%.*s is not a member of `%.*s`", SLICE_ARG(eval_number_text(ev, v.number)),
                           SLICE_ARG(d->shown.name));
    ev->sp = mark;
    return known;
}

enum known eval_indexes(struct eval *ev, const struct node *n, const struct node_index *list, uint32_t *members)
{
    for (const struct node_index *i = list; i != NULL; i = i->next) {
        members[i->dimension] = i->member;
        enum known known = i->expr == NULL ? KNOWN : index_member(ev, n, i, &members[i->dimension]);
        if (known != KNOWN)
            return known;
    }
    return KNOWN;
}

/* The current value of a result. */
static enum known fact_value(struct eval *ev, const struct node *n, uint64_t cell, const struct engine_fact *fact,
                             struct value *out)
{
    const struct metric *m = &ev->t->metrics[n->u.ref.target];
    mpq_ptr number = eval_push(ev);
    if (number == NULL)
        return BROKEN;
    enum value_problem problem = value_read_fact(ev->t, m, fact->value, number, out);
    if (problem == VALUE_OUTSIDE && m->shown.source >= AST_SOURCE_USED) /* it does not fit; no default makes up for it */
        return eval_blocked(ev, arena_printf(ev->arena, "%.*s is %.*s there, which does not lie between %.*s",
                                             SLICE_ARG(eval_name(ev, m->shown.name, &m->shape, cell)),
                                             SLICE_ARG(fact->value), SLICE_ARG(m->between)));
    if (problem != VALUE_FITS) {
        ev->rc = err_set(ev->err, TALLY_E_INTEGRITY, "the result %.*s of %.*s does not fit its metric",
                         SLICE_ARG(fact->value), SLICE_ARG(eval_name(ev, m->shown.name, &m->shape, cell)));
        return BROKEN;
    }
    if (ev->trace != NULL)
        trace_result(ev, n, eval_name(ev, m->shown.name, &m->shape, cell), fact);
    return KNOWN;
}

/* M1.4: `if late use` holds once nothing more can come: `until` has passed and nothing that came in time is undecided. What is
 * pending was submitted in time, for otherwise it does not fit (S1). */
static bool waits_for_until(struct eval *ev, const struct metric *m, bool is_pending)
{
    if (!m->is_late)
        return false;
    int32_t until = metric_until(ev->dimensions, m, ev->bound);
    if (until < DAY_MAX)
        eval_wakes(ev, until + 1);
    return is_pending || ev->in->today <= until;
}

static enum known default_value(struct eval *ev, const struct node *n, uint64_t cell, struct value *out)
{
    const struct metric *m = &ev->t->metrics[n->u.ref.target];
    enum known known = eval_node(ev, m->missing, out);
    if (known == KNOWN && ev->trace != NULL)
        trace_value(ev, n->span,
                    arena_printf(ev->arena, "%.*s is missing", SLICE_ARG(eval_name(ev, m->shown.name, &m->shape, cell))),
                    &m->type, out);
    return known;
}

/* A figure that another contract does not know (U1). What has not come there is missing here too; a dispute or a fault there lets no
 * default hold (U6). With `if late use` whoever gives the facts leaves out what was unknown when `until` had passed (U4). */
static enum known unknown_there(struct eval *ev, const struct node *n, uint64_t cell, const struct engine_fact *fact,
                                struct value *out)
{
    const struct metric *m = &ev->t->metrics[n->u.ref.target];
    if (m->missing != NULL && !m->is_late && !fact->is_blocked)
        return default_value(ev, n, cell, out);
    if (m->is_late && metric_until(ev->dimensions, m, ev->bound) < DAY_MAX)
        eval_wakes(ev, metric_until(ev->dimensions, m, ev->bound) + 1);
    struct slice cause = fact->reason.len == 0 ? eval_name(ev, m->shown.name, &m->shape, cell) : fact->reason;
    return (fact->is_blocked ? eval_blocked : eval_unknown)(ev, cause);
}

/* M1, without what has been computed before. */
static enum known metric_value(struct eval *ev, const struct node *n, uint64_t cell, struct value *out)
{
    const struct metric *m = &ev->t->metrics[n->u.ref.target];
    const struct slot *slot = eval_find(ev, n->u.ref.target, cell);
    const struct engine_fact *fact = slot == NULL ? NULL : slot->fact;
    bool is_pending = slot != NULL && slot->has_pending;
    if (fact != NULL && fact->standing == ENGINE_UNKNOWN)
        return unknown_there(ev, n, cell, fact, out);
    if (fact != NULL && fact->standing != ENGINE_DISPUTED)
        return fact_value(ev, n, cell, fact, out);
    if (fact == NULL && m->shown.source == AST_SOURCE_SETTLEMENTS && m->type.kind == TYPE_NUMBER) {
        mpq_ptr nothing = eval_push(ev); /* nothing was settled */
        if (nothing == NULL)
            return BROKEN; /* not covered: a place that was taken before is there */
        mpq_set_ui(nothing, 0, 1);
        out->number = nothing;
        return KNOWN;
    }
    if (fact == NULL && m->missing != NULL && !waits_for_until(ev, m, is_pending))
        return default_value(ev, n, cell, out);
    if (fact != NULL)
        return eval_disputed(ev, m, cell, fact);
    struct slice name = eval_name(ev, m->shown.name, &m->shape, cell);
    return eval_unknown(ev,
                        arena_printf(ev->arena, "%.*s is %s", SLICE_ARG(name), is_pending ? "not verified" : "missing"));
}

static enum known eval_metric(struct eval *ev, const struct node *n, struct value *out)
{
    const struct metric *m = &ev->t->metrics[n->u.ref.target];
    uint64_t cell = shape_cell(ev->dimensions, &m->shape, ev->bound);
    enum known known = KNOWN;
    if (ev->trace != NULL)
        return trace_once(ev, n->u.ref.target, cell, n, out, metric_value, eval_metric);
    if (eval_recall(ev, n->u.ref.target, cell, m->type.kind, out, &known))
        return known;
    known = eval_begin(ev, n->u.ref.target, cell, n);
    if (known != KNOWN)
        return known;
    return eval_finish(ev, n->u.ref.target, cell, m->type.kind, out, metric_value(ev, n, cell, out));
}

static enum known define_aloud(struct eval *ev, const struct node *n, uint64_t cell, struct value *out)
{
    const struct define *d = &ev->t->defines[n->u.ref.target];
    enum known known = eval_node(ev, d->value, out);
    if (known == KNOWN)
        trace_value(ev, d->decl->span, eval_name(ev, d->name, &d->shape, cell), &d->type, out);
    return known;
}

static enum known eval_define(struct eval *ev, const struct node *n, struct value *out)
{
    const struct define *d = &ev->t->defines[n->u.ref.target];
    uint32_t memo = ev->t->metric_count + n->u.ref.target;
    uint64_t cell = shape_cell(ev->dimensions, &d->shape, ev->bound);
    enum known known = KNOWN;
    if (ev->trace != NULL)
        return trace_once(ev, memo, cell, n, out, define_aloud, eval_define);
    if (eval_recall(ev, memo, cell, d->type.kind, out, &known))
        return known;
    known = eval_begin(ev, memo, cell, n);
    if (known != KNOWN)
        return known;
    return eval_finish(ev, memo, cell, d->type.kind, out, eval_node(ev, d->value, out));
}

/* The target, in the evaluation where the instance stands. */
MUST_CHECK static bool target_of(struct eval *ev, struct eval *owner, struct instance *instance)
{
    uint32_t depth = owner->depth;
    owner->depth = ev->depth > depth ? ev->depth : depth; /* one stack bears both */
    bool ok = instance_target(owner, instance);
    owner->depth = depth;
    if (!ok)
        ev->rc = owner->rc;
    return ok;
}

static enum known eval_rule(struct eval *ev, const struct node *n, struct value *out)
{
    const struct rule *r = &ev->t->rules[n->u.ref.target];
    uint64_t cell = shape_cell(ev->dimensions, &r->shape, ev->bound);
    struct eval *owner = ev;
    struct instance *instance = ev->session != NULL ? session_instance(ev, n->u.ref.target, cell)
                                : ev->texts == NULL ? instance_find(ev, n->u.ref.target, cell)
                                                    : texts_instance(ev, n->u.ref.target, cell, &owner);
    if (instance == NULL && ev->rc != TALLY_OK)
        return BROKEN;
    mpq_ptr target = eval_push(ev);
    if (target == NULL)
        return BROKEN;
    mpq_set_ui(target, 0, 1);
    out->number = target;
    if (instance == NULL) { /* its key is not found: the amount is 0 (A1) */
        if (ev->trace != NULL)
            trace_value(ev, n->span, eval_name(ev, r->shown.name, &r->shape, cell), &n->type, out);
        return KNOWN;
    }
    if (instance->phase == PHASE_BUSY)
        return eval_fault(ev, n, "this depends on itself"); /* not covered: the checker refuses circles (D6) */
    if (!target_of(ev, owner, instance))
        return BROKEN;
    if (instance->phase != PHASE_DONE)
        return eval_fault(ev, n, "this depends on itself"); /* not covered: through caps of several texts together (C2) */
    if (ev->session != NULL)
        track_read(ev, &instance->readers);
    if (instance->state == ENGINE_COMPUTED) {
        cents_number(instance->target, rule_places(owner->t, instance->rule), target);
        if (ev->trace != NULL)
            trace_value(ev, n->span, eval_name(ev, r->shown.name, &r->shape, cell), &n->type, out);
        return KNOWN;
    }
    struct slice name = eval_name(ev, r->shown.name, &r->shape, cell);
    bool is_own = instance->state == ENGINE_FAULT || instance->wakes != DAY_NEVER;
    bool is_blocked = instance->state == ENGINE_FAULT || instance->is_blocked;
    return (is_blocked ? eval_blocked : eval_unknown)(
        ev, is_own ? arena_printf(ev->arena, "%.*s %s: %.*s", SLICE_ARG(name),
                                  instance->state == ENGINE_FAULT ? "is a fault" : "waits", SLICE_ARG(instance->reason))
                   : instance->reason);
}

static enum known eval_table(struct eval *ev, const struct node *n, struct value *out)
{
    const struct table *table = &ev->t->tables[n->u.ref.target];
    uint64_t cell = shape_cell(ev->dimensions, &table->shape, ev->bound);
    *out = table->cells[cell];
    if (ev->trace != NULL)
        trace_value(ev, n->span, eval_name(ev, table->name, &table->shape, cell), &n->type, out);
    return KNOWN;
}

/* The day of the current result; while it is disputed it may yet be annulled. */
static enum known eval_submitted(struct eval *ev, const struct node *n, struct value *out)
{
    const struct metric *m = &ev->t->metrics[n->u.ref.target];
    uint64_t cell = shape_cell(ev->dimensions, &m->shape, ev->bound);
    const struct slot *slot = eval_fact(ev, n->u.ref.target, cell);
    const struct engine_fact *fact = slot == NULL ? NULL : slot->fact;
    if (fact != NULL && fact->standing == ENGINE_DISPUTED)
        return eval_disputed(ev, m, cell, fact);
    out->day = fact == NULL ? DAY_NEVER : fact->submitted;
    if (ev->trace != NULL)
        trace_value(ev, n->span,
                    arena_printf(ev->arena, "submitted(%.*s)", SLICE_ARG(eval_name(ev, m->shown.name, &m->shape, cell))),
                    &n->type, out);
    return KNOWN;
}

static enum known eval_bound_ref(struct eval *ev, const struct node *n, struct value *out)
{
    switch (n->op) {
    case NODE_SUBMITTED:
        return eval_submitted(ev, n, out);
    case NODE_METRIC:
        return eval_metric(ev, n, out);
    case NODE_TABLE:
        return eval_table(ev, n, out);
    case NODE_DEFINE:
        return eval_define(ev, n, out);
    default:
        return eval_rule(ev, n, out);
    }
}

enum known eval_ref(struct eval *ev, const struct node *n, struct value *out)
{
    uint32_t members[DIMENSIONS_MAX], before[DIMENSIONS_MAX];
    if (n->u.ref.indexes == NULL)
        return eval_bound_ref(ev, n, out);
    enum known known = eval_indexes(ev, n, n->u.ref.indexes, members);
    if (known != KNOWN)
        return known;
    for (const struct node_index *i = n->u.ref.indexes; i != NULL; i = i->next) {
        before[i->dimension] = ev->bound[i->dimension];
        ev->bound[i->dimension] = members[i->dimension];
    }
    known = eval_bound_ref(ev, n, out);
    for (const struct node_index *i = n->u.ref.indexes; i != NULL; i = i->next)
        ev->bound[i->dimension] = before[i->dimension];
    return known;
}
