/* What names stand for at the bound members: the declared range of a metric, the cells of a table, defines, rules, `prior`. */
#include "expose.h"
#include "tally/instant.h"

/* ---- metrics ---- */

static void metric_range(const struct exposing *ex, const struct metric *m, struct range *out)
{
    if (!m->has_between)
        expose_any(ex, &m->type, out);
    else if (m->type.kind == TYPE_NUMBER)
        range_set_between(out, m->low, m->high);
    else
        range_set_days(out, m->low_day, m->high_day, false);
    if (m->shown.source == AST_SOURCE_SETTLEMENTS && m->type.kind == TYPE_NUMBER) { /* nothing was settled */
        struct range nothing;
        range_init(&nothing);
        range_join(out, &nothing);
        range_clear(&nothing);
    }
    if (m->type.kind == TYPE_DATE) /* no result is `never`; what another contract gives may be */
        out->may_be_never = m->shown.source == AST_SOURCE_USED;
}

/* What a result may be, or what holds without one (M1). */
static void metric_work(struct exposing *ex, const void *of, struct range *out)
{
    const struct metric *m = of;
    struct range missing;
    range_init(&missing);
    expose_node(ex, m->missing, &missing);
    metric_range(ex, m, out);
    range_join(out, &missing);
    range_clear(&missing);
}

static void expose_metric(struct exposing *ex, uint32_t metric, struct range *out)
{
    const struct metric *m = &ex->t->metrics[metric];
    if (m->missing == NULL)
        metric_range(ex, m, out);
    else
        expose_once(ex, metric, &m->shape, &m->type, metric_work, m, out);
}

/* ---- tables ---- */

static void cell_range(const struct type *type, const struct value *v, struct range *out)
{
    if (type->kind == TYPE_NUMBER)
        range_set_number(out, v->number);
    else if (type->kind == TYPE_DATE)
        range_set_days(out, v->day == DAY_NEVER ? 1 : v->day, v->day == DAY_NEVER ? 0 : v->day, v->day == DAY_NEVER);
    else
        range_set_words(out, v->word, v->word);
}

/* Goes on to the next members within what is bound, the last dimension fastest. */
static bool next_cell(const struct exposing *ex, const struct shape *shape, uint32_t *members)
{
    for (uint32_t i = shape->count; i-- > 0;) {
        uint32_t dim = shape->dims[i];
        if (members[dim] < ex->high[dim]) {
            members[dim]++;
            return true;
        }
        members[dim] = ex->low[dim];
    }
    return false;
}

void expose_table(struct exposing *ex, const struct table *table, struct range *out)
{
    uint32_t members[DIMENSIONS_MAX];
    struct range cell;
    memcpy(members, ex->low, sizeof members);
    range_init(&cell);
    range_set_none(out);
    do {
        cell_range(&table->type, &table->cells[shape_cell(ex->t->dimensions, &table->shape, members)], &cell);
        range_join(out, &cell);
        ex->steps++;
    } while (next_cell(ex, &table->shape, members));
    range_clear(&cell);
}

static void table_work(struct exposing *ex, const void *of, struct range *out)
{
    expose_table(ex, of, out);
}

void expose_table_once(struct exposing *ex, uint32_t table, struct range *out)
{
    const struct table *t = &ex->t->tables[table];
    expose_once(ex, ex->t->memo_count + ex->t->rule_count + table, &t->shape, &t->type, table_work, t, out);
}

static void table_sum_work(struct exposing *ex, const void *of, struct range *out)
{
    const struct table *table = of;
    struct range one;
    range_init(&one);
    range_set_whole(out, 0, 0);
    for (uint64_t i = 0; i < table->shape.cells; i++) {
        range_set_number(&one, table->cells[i].number);
        range_add(out, out, &one);
    }
    ex->steps += table->shape.cells;
    range_clear(&one);
}

void expose_table_sum(struct exposing *ex, uint32_t table, struct range *out)
{
    static const struct shape whole = {.cells = 1};
    const struct table *t = &ex->t->tables[table];
    expose_once(ex, ex->t->memo_count + ex->t->rule_count + ex->t->table_count + table, &whole, &t->type, table_sum_work, t,
                out);
}

/* ---- defines and rules ---- */

static void define_work(struct exposing *ex, const void *of, struct range *out)
{
    expose_node(ex, ((const struct define *) of)->value, out);
}

static void rule_value(struct exposing *ex, const struct node *n, struct range *out)
{
    const struct rule *r = &ex->t->rules[n->u.ref.target];
    struct range zero;
    expose_rule(ex, n->u.ref.target, out);
    range_init(&zero);
    if (r->has_of || rule_is_open(ex->t, r)) /* an instance that is not there has the amount 0 (A1) */
        range_join(out, &zero);
    range_clear(&zero);
}

static void expose_bound_ref(struct exposing *ex, const struct node *n, struct range *out)
{
    const struct define *d = NULL;
    switch (n->op) {
    case NODE_METRIC:
        expose_metric(ex, n->u.ref.target, out);
        break;
    case NODE_TABLE:
        expose_table(ex, &ex->t->tables[n->u.ref.target], out);
        break;
    case NODE_DEFINE:
        d = &ex->t->defines[n->u.ref.target];
        expose_once(ex, ex->t->metric_count + n->u.ref.target, &d->shape, &d->type, define_work, d, out);
        break;
    case NODE_RULE:
        rule_value(ex, n, out);
        break;
    default: /* submitted */
        range_set_days(out, DAY_MIN, DAY_MAX, true);
        break;
    }
}

/* ---- indexes ---- */

/* How far a whole number lies from the first member; what is further than an int64_t says is as good as any. */
static int64_t place_of_number(const struct dimension *d, const mpz_t at)
{
    int64_t place = 0;
    bool is_far = !mpz_fits_slong_p(at) || __builtin_sub_overflow((int64_t) mpz_get_si(at), d->from, &place);
    return !is_far ? place : mpz_sgn(at) < 0 ? INT64_MIN : INT64_MAX;
}

/* The members of a range that lie between two numbers; false: none. */
MUST_CHECK static bool numbered_members(const struct dimension *d, const struct range *r, uint32_t *low, uint32_t *high)
{
    mpz_t at;
    int64_t first = 0, last = (int64_t) d->shown.member_count - 1;
    mpz_init(at);
    if (r->low.infinite == 0) {
        mpz_cdiv_q(at, mpq_numref(r->low.at), mpq_denref(r->low.at));
        int64_t from = place_of_number(d, at);
        first = from > first ? from : first;
    }
    if (r->high.infinite == 0) {
        mpz_fdiv_q(at, mpq_numref(r->high.at), mpq_denref(r->high.at));
        int64_t to = place_of_number(d, at);
        last = to < last ? to : last;
    }
    mpz_clear(at);
    if (first > last)
        return false;
    *low = (uint32_t) first;
    *high = (uint32_t) last;
    return true;
}

/* The members of a period in which some day of the range may lie; false: none. */
MUST_CHECK static bool dated_members(const struct dimension *d, const struct range *r, uint32_t *low, uint32_t *high)
{
    uint32_t count = d->shown.member_count, first = 0, last = count;
    while (first < count && d->spans[first].last < r->first)
        first++;
    while (last > 0 && d->spans[last - 1].first > r->last)
        last--;
    if (r->first > r->last || first >= last)
        return false;
    *low = first;
    *high = last - 1;
    return true;
}

MUST_CHECK static bool index_members(struct exposing *ex, const struct node_index *i, uint32_t *low, uint32_t *high)
{
    const struct dimension *d = &ex->t->dimensions[i->dimension];
    struct range r;
    bool ok = true;
    *low = *high = i->member;
    if (i->expr == NULL)
        return true;
    range_init(&r);
    expose_node(ex, i->expr, &r);
    if (r.is_none) {
        ok = false;
    } else if (d->shown.kind == TERMS_LIST) {
        *low = r.least;
        *high = r.most;
    } else if (d->shown.kind == TERMS_PERIOD) {
        ok = dated_members(d, &r, low, high);
        ex->steps += d->shown.member_count / 64; /* small beside a node */
    } else {
        ok = numbered_members(d, &r, low, high);
    }
    range_clear(&r);
    return ok;
}

struct bound {
    uint32_t low, high;
};

/* All indexes are found before any is bound. false: one is always a fault. */
MUST_CHECK static bool find_indexes(struct exposing *ex, const struct node_index *list, struct bound *members)
{
    uint32_t at = 0;
    bool ok = true;
    for (const struct node_index *i = list; i != NULL; i = i->next, at++)
        ok = index_members(ex, i, &members[at].low, &members[at].high) && ok;
    return ok;
}

/* Exchanges what is bound with what is kept. */
static void swap_bound(struct exposing *ex, const struct node_index *list, struct bound *members)
{
    uint32_t at = 0;
    for (const struct node_index *i = list; i != NULL; i = i->next, at++) {
        struct bound before = {ex->low[i->dimension], ex->high[i->dimension]};
        ex->low[i->dimension] = members[at].low;
        ex->high[i->dimension] = members[at].high;
        members[at] = before;
    }
}

void expose_ref(struct exposing *ex, const struct node *n, struct range *out)
{
    struct bound members[DIMENSIONS_MAX];
    if (n->u.ref.indexes == NULL) {
        expose_bound_ref(ex, n, out);
        return;
    }
    if (!find_indexes(ex, n->u.ref.indexes, members)) {
        range_set_none(out);
        return;
    }
    swap_bound(ex, n->u.ref.indexes, members);
    expose_bound_ref(ex, n, out);
    swap_bound(ex, n->u.ref.indexes, members);
}

/* ---- prior ---- */

static void prior_work(struct exposing *ex, const void *of, struct range *out)
{
    expose_node(ex, ((const struct node *) of)->a, out);
}

static void prior_at(struct exposing *ex, const struct node *n, uint32_t member, struct range *out)
{
    ex->low[n->u.prior.dimension] = ex->high[n->u.prior.dimension] = member;
    expose_once(ex, n->u.prior.memo, &n->u.prior.shape, &n->type, prior_work, n, out);
}

/* From the first member on, so that a long period needs no deep stack. */
static void prior_of_one(struct exposing *ex, const struct node *n, uint32_t here, struct range *out)
{
    uint32_t dim = n->u.prior.dimension, from = here;
    while (from > 0) {
        ex->low[dim] = ex->high[dim] = from - 1;
        if (expose_has(ex, n->u.prior.memo, &n->u.prior.shape))
            break;
        from--;
    }
    ex->low[dim] = ex->high[dim] = here;
    if (here == 0) {
        expose_node(ex, n->b, out);
        return;
    }
    for (uint32_t i = from == here ? here - 1 : from; i < here && !ex->failed; i++)
        prior_at(ex, n, i, out);
}

void expose_prior(struct exposing *ex, const struct node *n, struct range *out)
{
    uint32_t dim = n->u.prior.dimension, low = ex->low[dim], high = ex->high[dim];
    struct range start;
    if (low == high) {
        prior_of_one(ex, n, low, out);
    } else {
        range_init(&start);
        expose_node(ex, n->b, &start);
        expose_bind_all(ex, dim);
        expose_once(ex, n->u.prior.memo, &n->u.prior.shape, &n->type, prior_work, n, out);
        range_join(out, &start);
        range_clear(&start);
    }
    ex->low[dim] = low;
    ex->high[dim] = high;
}
