/* What pay rules may come to: an instance by A1 to A3 and its caps, all instances of a rule, and what caps leave of them. */
#include "expose.h"

/* ---- caps ---- */

bool expose_is_outside(const struct rule *r, const struct cap *cap)
{
    bool by_day = false;
    for (uint32_t i = 0; i < cap->per.count; i++)
        by_day = by_day || (r->dims >> cap->per.dims[i] & 1) == 0;
    return by_day && r->is_never_back && r->dated != NULL;
}

void expose_cap(struct exposing *ex, const struct cap *cap, dimension_set has, struct range *out)
{
    uint32_t low[DIMENSIONS_MAX], high[DIMENSIONS_MAX];
    if (cap->money != NULL) {
        range_set_number(out, cap->money);
        return;
    }
    memcpy(low, ex->low, sizeof low);
    memcpy(high, ex->high, sizeof high);
    for (uint32_t i = 0; i < cap->per.count; i++)
        if ((has >> cap->per.dims[i] & 1) == 0)
            expose_bind_all(ex, cap->per.dims[i]);
    expose_table_once(ex, cap->table, out);
    memcpy(ex->low, low, sizeof low);
    memcpy(ex->high, high, sizeof high);
}

void expose_cap_sum(struct exposing *ex, const struct cap *cap, struct range *out)
{
    struct range one;
    if (cap->money == NULL) {
        expose_table_sum(ex, cap->table, out);
        return;
    }
    range_init(&one);
    range_set_number(&one, cap->money);
    range_times(out, &one, cap->per.cells, cap->per.cells);
    range_clear(&one);
}

/* Has every instance of the rule a budget of its own under the cap? */
static bool is_alone(const struct rule *r, const struct cap *cap)
{
    dimension_set per = 0;
    for (uint32_t i = 0; i < cap->per.count; i++)
        per |= (dimension_set) 1 << cap->per.dims[i];
    return cap->rule_count == 1 && (r->dims & ~per) == 0;
}

static void cut_by_caps(struct exposing *ex, const struct rule *r, struct range *out)
{
    struct range cap, low;
    range_init(&cap);
    range_init(&low);
    ex->steps += r->cap_count;
    for (uint32_t i = 0; i < r->cap_count; i++) {
        const struct cap *c = &ex->t->caps[r->caps[i]];
        expose_cap(ex, c, r->dims, &cap);
        bool is_whole = r->cap_count == 1 && is_alone(r, c);
        if (!is_whole) /* others, or its own other caps, may leave nothing for it */
            range_set_whole(&low, 0, 0);
        else
            range_set_between(&low, cap.low.at, cap.low.at);
        if (end_compare(&out->low, &low.low) <= 0)
            range_set(&low, out);
        range_min(out, &cap); /* the high end; a cap below zero is none */
        mpq_set(out->low.at, low.low.at);
        out->low.infinite = low.low.infinite;
    }
    range_clear(&cap);
    range_clear(&low);
}

/* ---- an instance ---- */

static void amount_of(struct exposing *ex, const struct rule *r, struct range *out)
{
    struct range other;
    bool may_be_true = true, may_be_false = false;
    range_init(&other);
    if (r->when != NULL) {
        expose_node(ex, r->when, &other);
        may_be_true = !other.is_none && other.most == 1;
        may_be_false = !other.is_none && other.least == 0;
    }
    range_set_none(out);
    if (may_be_true) {
        expose_node(ex, r->amount, out);
        range_set_number(&other, ex->t->currencies[r->currency].unit);
        range_round(out, out, &other, ex->t->currencies[r->currency].mode);
    }
    range_set_whole(&other, 0, 0);
    if (may_be_false)
        range_join(out, &other);
    if (!out->is_none && (!r->is_either_way || r->is_never_back)) /* what stands is never below 0 then */
        range_max(out, &other);
    range_clear(&other);
}

static void rule_work(struct exposing *ex, const void *of, struct range *out)
{
    const struct rule *r = of;
    amount_of(ex, r, out);
    if (!out->is_none)
        cut_by_caps(ex, r, out);
}

void expose_rule(struct exposing *ex, uint32_t rule, struct range *out)
{
    static const struct type number = {.kind = TYPE_NUMBER};
    const struct rule *r = &ex->t->rules[rule];
    expose_once(ex, ex->t->memo_count + rule, &r->shape, &number, rule_work, r, out);
}

/* ---- all instances ---- */

void expose_sum_init(struct expose_sum *sum)
{
    range_init(&sum->one);
    range_init(&sum->all);
    range_init(&sum->ever);
}

void expose_sum_clear(struct expose_sum *sum)
{
    range_clear(&sum->one);
    range_clear(&sum->all);
    range_clear(&sum->ever);
}

/* Do the instances share out one pot, all at once? Then together they never have more than it (N5). One that could wait for
 * something of its own would keep an older part beside the new ones of the others. */
static bool shares_out(const struct rule *r)
{
    const struct node *n = r->amount;
    return n->op == NODE_PORTION && r->when == NULL && r->not_before == NULL && r->dated == NULL && !r->has_of &&
           r->cap_count == 0 && (n->u.aggregate.rebound & ~r->dims) == 0;
}

struct instances { /* which are looked at one by one; each look stands for so many */
    dimension_set each;
    uint64_t others, sharing; /* sharing: of those that share one pot */
    bool may_be_missing;
};

static struct instances plan(const struct exposing *ex, const struct rule *r)
{
    struct instances plan = {.others = 1, .sharing = 1, .may_be_missing = r->has_of};
    dimension_set needs = r->amount->needs | (r->when == NULL ? 0 : r->when->needs);
    uint64_t looks = 1;
    for (uint32_t i = 0; i < r->cap_count; i++)
        if (ex->t->caps[r->caps[i]].money == NULL)
            needs |= ex->t->tables[ex->t->caps[r->caps[i]].table].dims;
    for (uint32_t i = 0; i < r->shape.count; i++) {
        uint32_t dim = r->shape.dims[i], size = dimension_size(&ex->t->dimensions[dim]);
        bool is_open = dimension_is_open(&ex->t->dimensions[dim]),
             is_shared = shares_out(r) && (r->amount->u.aggregate.rebound >> dim & 1) != 0;
        plan.may_be_missing = plan.may_be_missing || is_open;
        if (is_shared) {
            plan.sharing = plan.sharing > UINT64_MAX / size ? UINT64_MAX : plan.sharing * size;
            continue;
        }
        if (!is_open && !ex->is_coarse && (needs >> dim & 1) != 0 && looks * size <= EXPOSE_ENUMERATED_MAX) {
            looks *= size;
            plan.each |= (dimension_set) 1 << dim;
        } else {
            plan.others = plan.others > UINT64_MAX / size ? UINT64_MAX : plan.others * size;
        }
    }
    return plan;
}

static bool bind_next(struct exposing *ex, const struct rule *r, dimension_set each)
{
    for (uint32_t i = r->shape.count; i-- > 0;) {
        uint32_t dim = r->shape.dims[i];
        if ((each >> dim & 1) == 0)
            continue;
        if (ex->low[dim] + 1 < dimension_size(&ex->t->dimensions[dim])) {
            ex->high[dim] = ++ex->low[dim];
            return true;
        }
        ex->low[dim] = ex->high[dim] = 0;
    }
    return false;
}

/* An amount that the ledger could not write is a fault: its instance keeps an older part of the pot (instance.c). */
static bool is_sure_to_fit(const struct rule *r, const struct range *one)
{
    uint64_t most = MONEY_MAX / 2 / (r->shape.cells == 0 ? 1 : r->shape.cells);
    return one->low.infinite == 0 && one->high.infinite == 0 && mpq_cmp_ui(one->high.at, most, 1) < 0 &&
           mpq_cmp_si(one->low.at, -(long) most, 1) > 0;
}

/* One look: an instance waits, or is not there, with nothing standing, or has what it had. */
static void add_instances(struct exposing *ex, uint32_t rule, const struct instances *plan, struct expose_sum *sum)
{
    struct range one, zero, all;
    uint64_t count = plan->others;
    range_init(&one);
    range_init(&zero);
    range_init(&all);
    expose_rule(ex, rule, &one);
    range_join(&sum->one, &one);
    if (!is_sure_to_fit(&ex->t->rules[rule], &one))
        count = count > UINT64_MAX / plan->sharing ? UINT64_MAX : count * plan->sharing;
    range_set(&all, &one);
    if (plan->may_be_missing || one.is_none)
        range_join(&all, &zero);
    range_times(&all, &all, count, count);
    range_add(&sum->all, &sum->all, &all);
    range_join(&one, &zero);
    range_times(&one, &one, count, count);
    range_add(&sum->ever, &sum->ever, &one);
    range_clear(&one);
    range_clear(&zero);
    range_clear(&all);
}

/* No more than any of its caps grants. Of what all together come to at least, a cap that they share leaves what it grants. */
static void cut_sum(const struct terms *t, const struct rule *r, const struct range *caps, struct expose_sum *sum)
{
    for (uint32_t i = 0; i < r->cap_count; i++) {
        const struct range *cap = &caps[r->caps[i]];
        if (expose_is_outside(r, &t->caps[r->caps[i]]))
            continue;
        if (end_compare(&sum->all.high, &cap->high) > 0)
            range_min(&sum->all, cap);
        if (end_compare(&sum->ever.high, &cap->high) > 0)
            range_min(&sum->ever, cap);
    }
}

void expose_rule_sum(struct exposing *ex, uint32_t rule, const struct range *caps, struct expose_sum *out)
{
    const struct rule *r = &ex->t->rules[rule];
    struct instances p = plan(ex, r);
    range_set_none(&out->one);
    range_set_whole(&out->all, 0, 0);
    range_set_whole(&out->ever, 0, 0);
    for (uint32_t i = 0; i < r->shape.count; i++) {
        uint32_t dim = r->shape.dims[i];
        expose_bind_all(ex, dim);
        if ((p.each >> dim & 1) != 0)
            ex->low[dim] = ex->high[dim] = 0;
    }
    do
        add_instances(ex, rule, &p, out);
    while (!ex->is_spent && bind_next(ex, r, p.each)); /* what is spent counts for nothing, or looks at all at once */
    cut_sum(ex->t, r, caps, out);
    for (uint32_t i = 0; i < r->shape.count; i++)
        expose_bind_all(ex, r->shape.dims[i]);
}
