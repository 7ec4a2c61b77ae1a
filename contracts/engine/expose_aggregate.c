/* Aggregates and portion on ranges. Members of closed dimensions on which the expression depends are looked at one by one; of all
 * others it is known how many there are at most. */
#include "expose.h"

struct run { /* over members */
    const struct node *n;
    uint32_t low[DIMENSIONS_MAX], high[DIMENSIONS_MAX]; /* by place in `over` */
    bool is_each[DIMENSIONS_MAX];                       /* looked at one by one */
    uint64_t least, most;                               /* how many members one look stands for */
    bool is_filtered;                                   /* some may be left out */
    uint64_t taken;                                     /* looks that surely stand for members */
};

/* The members of one dimension: from a table of bounds as the evaluation has them. */
static void range_of_over(const struct exposing *ex, struct run *run, uint32_t i)
{
    const struct node_over *over = &run->n->u.aggregate.over[i];
    const struct dimension *d = &ex->t->dimensions[over->dimension];
    uint32_t size = dimension_size(d), bound = ex->high[over->dimension];
    run->low[i] = 0;
    run->high[i] = size - 1;
    bool is_open = dimension_is_open(d);
    run->is_each[i] = !is_open && !ex->is_coarse;
    uint64_t least = is_open ? 0 : size, most = size;
    if (over->is_up_to_bound) {
        bool is_one = expose_is_one(ex, over->dimension);
        run->high[i] = bound;
        run->low[i] = is_one && over->last > 0 && bound + 1 > over->last ? bound + 1 - over->last : 0;
        run->is_each[i] = run->is_each[i] && is_one;
        most = over->last > 0 && over->last < bound + 1 ? over->last : bound + 1;
        least = is_one ? most : 1;
    }
    if (run->is_each[i])
        return;
    run->least = run->least * least; /* K4 has bounded them; what overflows below is caught by most */
    run->most = run->most > UINT64_MAX / most ? UINT64_MAX : run->most * most;
}

/* One by one only where it makes a difference, and not too many. */
static void plan(struct exposing *ex, struct run *run)
{
    const struct node *n = run->n;
    dimension_set needs = (n->a == NULL ? 0 : n->a->needs) | (n->c == NULL ? 0 : n->c->needs);
    uint64_t looks = 1;
    run->least = run->most = 1;
    run->is_filtered = n->u.aggregate.has_of;
    for (uint32_t i = 0; i < n->u.aggregate.over_count; i++)
        range_of_over(ex, run, i);
    for (uint32_t i = 0; i < n->u.aggregate.over_count; i++) {
        uint64_t members = (uint64_t) run->high[i] - run->low[i] + 1;
        if (!run->is_each[i])
            continue;
        if ((needs >> n->u.aggregate.over[i].dimension & 1) != 0 && looks * members <= EXPOSE_ENUMERATED_MAX) {
            looks *= members;
            continue;
        }
        run->is_each[i] = false;
        run->least = run->least > UINT64_MAX / members ? UINT64_MAX : run->least * members;
        run->most = run->most > UINT64_MAX / members ? UINT64_MAX : run->most * members;
    }
}

static void bind_first(struct exposing *ex, const struct run *run)
{
    for (uint32_t i = 0; i < run->n->u.aggregate.over_count; i++) {
        uint32_t dim = run->n->u.aggregate.over[i].dimension;
        ex->low[dim] = run->low[i];
        ex->high[dim] = run->is_each[i] ? run->low[i] : run->high[i];
    }
}

static bool bind_next(struct exposing *ex, const struct run *run)
{
    for (uint32_t i = run->n->u.aggregate.over_count; i-- > 0;) {
        uint32_t dim = run->n->u.aggregate.over[i].dimension;
        if (!run->is_each[i])
            continue;
        if (ex->low[dim] < run->high[i]) {
            ex->high[dim] = ++ex->low[dim];
            return true;
        }
        ex->low[dim] = ex->high[dim] = run->low[i];
    }
    return false;
}

/* min and max of some that are surely there: the others can only move one end. */
static void join_extreme(bool is_min, bool is_first, const struct range *v, struct range *out)
{
    if (is_first)
        range_set(out, v);
    else if (is_min)
        range_min(out, v);
    else
        range_max(out, v);
}

struct total {
    struct range sum;  /* of sum and count; of all values, for the others */
    struct range sure; /* min, max, first, last: of members that are surely there */
    bool has_sure;
    bool is_finished; /* first: no later member matters */
};

/* What one look adds. v: the value; least to most members have it. */
static void take(const struct run *run, struct range *v, uint64_t least, struct total *total)
{
    enum ast_aggregate what = run->n->u.aggregate.what;
    enum type_kind kind = run->n->type.kind;
    if (what == AST_AGG_SUM || what == AST_AGG_COUNT) {
        if (v->is_none && least == 0) /* whoever is there makes it a fault */
            return;
        range_times(v, v, least, run->most);
        range_add(&total->sum, &total->sum, v);
        return;
    }
    if (what == AST_AGG_LAST && least > 0) /* whatever came before is not the last */
        range_set(&total->sum, v);
    else
        range_join(&total->sum, v);
    total->is_finished = what == AST_AGG_FIRST && least > 0;
    if (least > 0 && kind == TYPE_NUMBER && (what == AST_AGG_MIN || what == AST_AGG_MAX)) {
        join_extreme(what == AST_AGG_MIN, !total->has_sure, v, &total->sure);
        total->has_sure = true;
    }
}

static void look(struct exposing *ex, struct run *run, struct total *total)
{
    const struct node *n = run->n;
    struct range v;
    uint64_t least = run->is_filtered ? 0 : run->least;
    bool is_none = false;
    range_init(&v);
    if (n->c != NULL) {
        expose_node(ex, n->c, &v);
        is_none = v.is_none || v.most == 0;
        least = v.least == 0 ? 0 : least;
    }
    if (!is_none) {
        range_set_whole(&v, 1, 1);
        if (n->a != NULL)
            expose_node(ex, n->a, &v);
        run->taken = least > 0 ? run->taken + 1 : run->taken;
        take(run, &v, least, total);
    }
    range_clear(&v);
}

/* Of `looks` that each stand for least to most members. */
static void finish(const struct run *run, uint64_t looks, struct total *total, struct range *out)
{
    struct range zero;
    uint64_t most = run->most > UINT64_MAX / looks ? UINT64_MAX : run->most * looks;
    uint64_t k = run->n->u.aggregate.k < most ? run->n->u.aggregate.k : most;
    bool is_sure = !run->is_filtered && run->taken == looks && run->least == run->most;
    range_set(out, &total->sum);
    switch (run->n->u.aggregate.what) {
    case AST_AGG_SHARE:
        if (!out->is_none) { /* of conditions: as a number */
            uint32_t least = out->least, high = out->most;
            range_set_whole(out, least, high);
        }
        break;
    case AST_AGG_BEST:
        range_init(&zero);
        if (out->is_none)
            range_set(out, &zero);
        range_times(out, out, is_sure ? k : 0, k);
        range_clear(&zero);
        break;
    case AST_AGG_MIN:
    case AST_AGG_MAX: /* no larger than the smallest that is surely there, no smaller than the largest */
        if (total->has_sure && run->n->u.aggregate.what == AST_AGG_MIN)
            range_min(out, &total->sure);
        else if (total->has_sure)
            range_max(out, &total->sure);
        break;
    default:
        break;
    }
}

static void aggregate_work(struct exposing *ex, const void *of, struct range *out)
{
    struct run run = {.n = of};
    struct total total = {.has_sure = false};
    struct bound {
        uint32_t low, high;
    } before[DIMENSIONS_MAX] = {0};
    uint64_t looks = 0;
    bool sums = run.n->u.aggregate.what == AST_AGG_SUM || run.n->u.aggregate.what == AST_AGG_COUNT;
    range_init(&total.sum);
    range_init(&total.sure);
    if (!sums)
        range_set_none(&total.sum);
    plan(ex, &run);
    for (uint32_t i = 0; i < run.n->u.aggregate.over_count; i++) {
        uint32_t dim = run.n->u.aggregate.over[i].dimension;
        before[i] = (struct bound){ex->low[dim], ex->high[dim]};
    }
    bind_first(ex, &run);
    do {
        look(ex, &run, &total);
        looks++;
    } while (!total.is_finished && !ex->is_spent && !ex->failed && bind_next(ex, &run));
    if (ex->is_spent || ex->failed)
        expose_any(ex, &run.n->type, out);
    else
        finish(&run, looks, &total, out);
    for (uint32_t i = 0; i < run.n->u.aggregate.over_count; i++) {
        uint32_t dim = run.n->u.aggregate.over[i].dimension;
        ex->low[dim] = before[i].low;
        ex->high[dim] = before[i].high;
    }
    range_clear(&total.sum);
    range_clear(&total.sure);
}

void expose_aggregate(struct exposing *ex, const struct node *n, struct range *out)
{
    expose_once(ex, n->u.aggregate.memo, &n->u.aggregate.shape, &n->type, aggregate_work, n, out);
}

/* A part is at most the pot, which is rounded first (N5). */
void expose_portion(struct exposing *ex, const struct node *n, struct range *out)
{
    const struct currency *currency = &ex->t->currencies[n->u.aggregate.currency];
    struct range other;
    range_init(&other);
    expose_node(ex, n->b, out);
    range_set_number(&other, currency->unit);
    range_round(out, out, &other, currency->mode);
    range_set_whole(&other, 0, 0);
    if (!out->is_none)
        range_join(out, &other);
    range_clear(&other);
}
