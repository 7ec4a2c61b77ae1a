/* Aggregates and prior (language.md D2 to D6): each is evaluated once for each binding and shared. */
#include "eval.h"

enum known eval_is_member(struct eval *ev, const struct node *n, const uint32_t *fixed, bool *is_found)
{
    uint32_t before[DIMENSIONS_MAX];
    *is_found = true;
    if (!n->u.aggregate.has_of)
        return KNOWN;
    const struct metric *m = &ev->t->metrics[n->u.aggregate.of];
    for (const struct node_index *i = n->u.aggregate.of_indexes; i != NULL; i = i->next) {
        before[i->dimension] = ev->bound[i->dimension];
        ev->bound[i->dimension] = fixed[i->dimension];
    }
    uint64_t cell = shape_cell(ev->dimensions, &m->shape, ev->bound);
    for (const struct node_index *i = n->u.aggregate.of_indexes; i != NULL; i = i->next)
        ev->bound[i->dimension] = before[i->dimension];
    const struct slot *slot = eval_fact(ev, n->u.aggregate.of, cell);
    *is_found = slot_is_found(slot);
    if (slot != NULL && !*is_found && (slot->has_pending || slot->fact != NULL) &&
        m->until != NULL) /* D3: in time, and not decided */
        return eval_unknown(
            ev, arena_printf(ev->arena, "%.*s is not verified", SLICE_ARG(eval_name(ev, m->shown.name, &m->shape, cell))));
    if (slot != NULL && *is_found && slot_is_disputed(slot))
        return eval_disputed(ev, m, cell, slot->fact);
    return KNOWN;
}

bool total_is_better(const struct node *n, const struct value *v, const struct total *total)
{
    enum ast_aggregate what = n->u.aggregate.what;
    if (total->count == 0 || what == AST_AGG_LAST)
        return true;
    if (what == AST_AGG_FIRST)
        return false;
    int order = n->type.kind == TYPE_NUMBER ? mpq_cmp(v->number, total->kept.number)
                                            : (v->day > total->kept.day) - (v->day < total->kept.day);
    return what == AST_AGG_MIN ? order < 0 : order > 0;
}

/* Keeps the k largest, in falling order. Where two are equal it makes no difference which is taken. */
static void take_best(struct eval *ev, const struct node *n, const struct value *v, struct total *total)
{
    uint32_t k = n->u.aggregate.k, at = total->count < k ? (uint32_t) total->count : k - 1;
    if (total->count >= k && mpq_cmp(v->number, eval_at(ev, total->best + at)) <= 0)
        return;
    mpq_set(eval_at(ev, total->best + at), v->number);
    for (; at > 0 && mpq_cmp(eval_at(ev, total->best + at), eval_at(ev, total->best + at - 1)) > 0; at--)
        mpq_swap(eval_at(ev, total->best + at), eval_at(ev, total->best + at - 1));
}

static enum known take_value(struct eval *ev, const struct node *n, const struct value *v, struct total *total)
{
    switch (n->u.aggregate.what) {
    case AST_AGG_SUM:
    case AST_AGG_MEAN:
        mpq_add(total->sum, total->sum, v->number);
        if (!number_fits(total->sum))
            return eval_fault(ev, n, "a number of more than %d bits", ENGINE_BITS_MAX);
        break;
    case AST_AGG_SHARE:
        total->hits += v->word;
        break;
    case AST_AGG_COUNT:
        break;
    case AST_AGG_BEST:
        take_best(ev, n, v, total);
        break;
    default:
        if (!total_is_better(n, v, total))
            break;
        total->kept = *v;
        if (n->type.kind == TYPE_NUMBER) {
            mpq_set(total->kept_number, v->number);
            total->kept.number = total->kept_number;
        }
        break;
    }
    total->count++;
    return KNOWN;
}

/* One combination of members. Where there is nothing to compute, to have looked is a step. */
enum known total_take(struct eval *ev, const struct node *n, const uint32_t *fixed, struct total *total)
{
    struct value v = {0};
    bool is_found = false;
    size_t mark = ev->sp;
    enum known known = eval_is_member(ev, n, fixed, &is_found);
    ev->steps += !is_found || (n->a == NULL && n->c == NULL);
    if (known != KNOWN || !is_found)
        return known;
    if (n->c != NULL) {
        known = eval_node(ev, n->c, &v);
        if (known != KNOWN || v.word == 0)
            return known;
    }
    if (n->a != NULL)
        known = eval_node(ev, n->a, &v);
    if (known == KNOWN)
        known = take_value(ev, n, &v, total);
    ev->sp = mark;
    return known;
}

struct range {
    uint32_t low, high; /* members low .. high - 1 */
    uint32_t at;        /* the bound one */
    uint32_t before;    /* the member that is bound outside */
};

/* Goes on to the next combination, the last dimension fastest; false: there is none. */
static bool next_members(struct eval *ev, const struct node *n, struct range *ranges)
{
    for (uint32_t i = n->u.aggregate.over_count; i-- > 0;) {
        uint32_t dimension = n->u.aggregate.over[i].dimension;
        bool is_last = ++ranges[i].at == ranges[i].high;
        if (is_last)
            ranges[i].at = ranges[i].low;
        ev->bound[dimension] = ranges[i].at;
        if (!is_last)
            return true;
    }
    return false;
}

/* K2: what runs over open dimensions goes through the keys of `of`, not through all combinations of their members. */
static enum known take_keys(struct eval *ev, const struct node *n, const uint32_t *fixed, struct total *total)
{
    struct keys keys;
    enum known known = KNOWN;
    if (!keys_begin(ev, n, fixed, &keys))
        return BROKEN;
    while (known == KNOWN && keys_next(ev, &keys))
        known = total_take(ev, n, fixed, total);
    keys_end(ev, &keys);
    return known;
}

static enum known take_all(struct eval *ev, const struct node *n, const uint32_t *fixed, struct total *total)
{
    struct range ranges[DIMENSIONS_MAX];
    enum known known = KNOWN;
    bool is_empty = false;
    if (n->u.aggregate.is_open)
        return take_keys(ev, n, fixed, total);
    for (uint32_t i = 0; i < n->u.aggregate.over_count; i++) {
        const struct node_over *over = &n->u.aggregate.over[i];
        uint32_t size = ev->dimensions[over->dimension].shown.member_count;
        uint32_t high = over->is_up_to_bound ? ev->bound[over->dimension] + 1 : size;
        uint32_t low = over->last > 0 && high > over->last ? high - over->last : 0;
        ranges[i] = (struct range){low, high, low, ev->bound[over->dimension]};
        is_empty = is_empty || low == high;
    }
    for (uint32_t i = 0; i < n->u.aggregate.over_count && !is_empty; i++)
        ev->bound[n->u.aggregate.over[i].dimension] = ranges[i].low;
    while (!is_empty) {
        known = total_take(ev, n, fixed, total);
        is_empty = known != KNOWN || !next_members(ev, n, ranges);
    }
    for (uint32_t i = 0; i < n->u.aggregate.over_count; i++)
        ev->bound[n->u.aggregate.over[i].dimension] = ranges[i].before;
    return known;
}

static enum known total_value(struct eval *ev, const struct node *n, struct total *total, struct value *out)
{
    enum ast_aggregate what = n->u.aggregate.what;
    if (what == AST_AGG_COUNT)
        mpq_set_ui(total->sum, total->count, 1);
    else if (what != AST_AGG_SUM && what != AST_AGG_BEST && total->count == 0) /* D4 */
        return eval_fault(ev, n, "nothing to aggregate");
    if (what == AST_AGG_SHARE)
        mpq_set_ui(total->sum, total->hits, total->count);
    if (what == AST_AGG_MEAN) {
        mpz_mul_ui(mpq_denref(total->sum), mpq_denref(total->sum), total->count);
    }
    for (uint32_t i = 0; what == AST_AGG_BEST && i < total->count && i < n->u.aggregate.k; i++)
        mpq_add(total->sum, total->sum, eval_at(ev, total->best + i));
    mpq_canonicalize(total->sum);
    *out = total->kept;
    if (what == AST_AGG_SUM || what == AST_AGG_COUNT || what == AST_AGG_MEAN || what == AST_AGG_SHARE ||
        what == AST_AGG_BEST)
        return eval_checked(ev, n, total->sum, out);
    return KNOWN;
}

static enum known aggregate_value(struct eval *ev, const struct node *n, struct value *out)
{
    uint32_t fixed[DIMENSIONS_MAX];
    struct total total = {.sum = eval_push(ev), .kept_number = eval_push(ev)};
    if (total.sum == NULL || total.kept_number == NULL)
        return BROKEN;
    mpq_set_ui(total.sum, 0, 1);
    total.best = ev->sp;
    for (uint32_t i = 0; n->u.aggregate.what == AST_AGG_BEST && i < n->u.aggregate.k; i++)
        if (eval_push(ev) == NULL)
            return BROKEN;
    enum known known = eval_indexes(ev, n, n->u.aggregate.of_indexes, fixed);
    if (known != KNOWN)
        return known;
    known = eval_set_closed(ev, n, fixed);
    if (known == KNOWN && !partial_take_all(ev, n, fixed, &total, &known))
        known = take_all(ev, n, fixed, &total);
    if (known == KNOWN && !trace_keep_count(ev, n, total.count))
        return BROKEN;
    return known == KNOWN ? total_value(ev, n, &total, out) : known;
}

static enum known aggregate_aloud(struct eval *ev, const struct node *n, uint64_t cell, struct value *out)
{
    (void) cell;
    if (trace_lists(ev, n))
        return aggregate_value(ev, n, out);
    struct trace *trace = trace_pause(ev);
    enum known known = eval_aggregate(ev, n, out);
    trace_resume(ev, trace);
    return known;
}

enum known eval_aggregate(struct eval *ev, const struct node *n, struct value *out)
{
    uint64_t cell = shape_cell(ev->dimensions, &n->u.aggregate.shape, ev->bound);
    enum known known = KNOWN;
    if (ev->trace != NULL)
        return trace_once(ev, n->u.aggregate.memo, cell, n, out, aggregate_aloud, eval_aggregate);
    if (eval_recall(ev, n->u.aggregate.memo, cell, n->type.kind, out, &known))
        return known;
    known = eval_begin(ev, n->u.aggregate.memo, cell, n);
    if (known != KNOWN)
        return known;
    return eval_finish(ev, n->u.aggregate.memo, cell, n->type.kind, out, aggregate_value(ev, n, out));
}

/* E at the bound members, kept. */
static enum known prior_member(struct eval *ev, const struct node *n, struct value *out)
{
    uint64_t cell = shape_cell(ev->dimensions, &n->u.prior.shape, ev->bound);
    enum known known = KNOWN;
    if (eval_recall(ev, n->u.prior.memo, cell, n->type.kind, out, &known))
        return known;
    known = eval_begin(ev, n->u.prior.memo, cell, n);
    if (known != KNOWN)
        return known;
    return eval_finish(ev, n->u.prior.memo, cell, n->type.kind, out, eval_node(ev, n->a, out));
}

/* Is E known at the member before i? */
static bool is_known_before(struct eval *ev, const struct node *n, uint32_t *member, uint32_t i)
{
    struct value v;
    enum known known = KNOWN;
    size_t mark = ev->sp;
    *member = i - 1;
    bool is_known = eval_recall(ev, n->u.prior.memo, shape_cell(ev->dimensions, &n->u.prior.shape, ev->bound), n->type.kind,
                                &v, &known);
    ev->sp = mark;
    return is_known;
}

/* Computes E at the members before the last one from the first that is not known on: each finds the one before it computed, so that a
 * long period needs no deep stack. Whether E needs them is seen when it is computed; until then nobody does. */
MUST_CHECK static bool prior_fill(struct eval *ev, const struct node *n, uint32_t *member, uint32_t last)
{
    struct value v;
    uintptr_t reader = ev->reader;
    int32_t wakes = ev->wakes;
    size_t mark = ev->sp;
    uint32_t from = last;
    ev->reader = 0;
    while (from > 0 && !is_known_before(ev, n, member, from))
        from--;
    for (*member = from; *member < last && prior_member(ev, n, &v) != BROKEN; ++*member)
        ev->sp = mark;
    ev->sp = mark;
    ev->reader = reader;
    ev->wakes = wakes;
    return *member == last;
}

/* Is E to be told at the member before i? */
static bool tells_before(struct eval *ev, const struct node *n, uint32_t *member, uint32_t i)
{
    *member = i - 1;
    return trace_enters(ev, n->u.prior.memo, shape_cell(ev->dimensions, &n->u.prior.shape, ev->bound));
}

/* E at the members before `here`, the oldest first; those further back, and those that have been told, are what they are. */
static enum known prior_aloud(struct eval *ev, const struct node *n, struct value *out)
{
    uint32_t *member = &ev->bound[n->u.prior.dimension];
    uint32_t here = *member, from = here;
    enum known known = KNOWN;
    size_t mark = ev->sp;
    while (from > 0 && here - from < TRACE_MEMBERS_MAX && tells_before(ev, n, member, from))
        from--;
    if (from > 0)
        (void) tells_before(ev, n, member, from); /* the oldest one's own `prior` stays silent */
    if (from == here) {
        struct trace *trace = trace_pause(ev);
        *member = here;
        known = eval_prior(ev, n, out);
        trace_resume(ev, trace);
    }
    for (uint32_t i = from; i < here && known != BROKEN; i++) {
        *member = i;
        ev->sp = mark;
        known = eval_node(ev, n->a, out);
    }
    *member = here;
    return known;
}

enum known eval_prior(struct eval *ev, const struct node *n, struct value *out)
{
    uint32_t *member = &ev->bound[n->u.prior.dimension];
    uint32_t here = *member;
    if (here == 0)
        return eval_node(ev, n->b, out);
    if (ev->trace != NULL)
        return prior_aloud(ev, n, out);
    enum known known = prior_fill(ev, n, member, here - 1) ? prior_member(ev, n, out) : BROKEN;
    *member = here;
    return known;
}
