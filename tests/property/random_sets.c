/* Random aggregates and portions: over which members, of which metric. */
#include "random_write.h"

/* A dimension that an aggregate may run over, or RANDOM_DIM_COUNT. */
static enum random_dim free_dim(struct writer *w)
{
    enum random_dim dim = ROLL(RANDOM_DIM_COUNT);
    return is_bound(w, dim) ? RANDOM_DIM_COUNT : dim;
}

/* A metric whose keys name the members, with nothing else that is not bound; the dimension is bound already. */
static uint32_t metric_of(struct writer *w, enum random_dim dim)
{
    uint32_t start = ROLL(w->made->metric_count);
    for (uint32_t k = 0; k < w->made->metric_count; k++) {
        uint32_t m = (start + k) % w->made->metric_count;
        const struct random_metric *metric = &w->made->metrics[m];
        bool has = false, ok = !is_open(dim) || metric->has_until;
        for (uint32_t i = 0; i < metric->dim_count; i++) {
            has = has || metric->dims[i] == dim;
            ok = ok && is_bound(w, metric->dims[i]);
        }
        if (has && ok)
            return m;
    }
    return RANDOM_METRICS_MAX;
}

/* Something that varies by the dimension, as what is aggregated must, and " * " behind it. */
static void factor(struct writer *w, enum random_dim dim)
{
    if (dim == RANDOM_ARM)
        SAY("(if arm in (a, %s) then 1 else 2.5) * ", random_arms[1 + ROLL(2)]);
    else if (dim == RANDOM_N)
        SAY("n * ");
    else if (dim == RANDOM_YEAR)
        SAY("(number of year) * ");
}

/* Writes "over D [of M] [where C]"; the dimension is bound already. */
static void over(struct writer *w, enum random_dim dim, int depth)
{
    uint32_t of = is_open(dim) || ROLL(2) == 0 ? metric_of(w, dim) : RANDOM_METRICS_MAX;
    SAY(" over %s", random_dim_names[dim]);
    if (of < RANDOM_METRICS_MAX)
        SAY(" of m%u", of);
    if (ROLL(4) == 0) {
        SAY(" where ");
        random_truth(w, depth - 2);
    }
}

/* ---- over several dimensions of one metric, open ones among them ---- */

struct set {
    uint32_t of;
    enum random_dim over[RANDOM_DIMS_MAX];
    uint32_t count;
    bool is_at_arm;    /* `of` at one arm */
    bool is_last_year; /* the year, which is bound, is gone through too */
};

/* Runs over all that the metric has and is not bound, in any order. false: that is no open dimension. */
static bool take_set(struct writer *w, uint32_t of, struct set *set)
{
    const struct random_metric *m = &w->made->metrics[of];
    bool has_open = false;
    *set = (struct set){.of = of};
    for (uint32_t i = 0; i < m->dim_count; i++) {
        if (is_bound(w, m->dims[i])) {
            set->is_last_year = set->is_last_year || (m->dims[i] == RANDOM_YEAR && ROLL(2) == 0);
        } else if (m->dims[i] == RANDOM_ARM && ROLL(2) == 0) {
            set->is_at_arm = true;
        } else {
            uint32_t at = ROLL(set->count + 1);
            set->over[set->count++] = set->over[at];
            set->over[at] = m->dims[i];
            has_open = has_open || is_open(m->dims[i]);
        }
    }
    return has_open && m->has_until;
}

static void over_set(struct writer *w, const struct set *set)
{
    bool is_year_first = ROLL(2) == 0;
    const char *year = ROLL(2) == 0 ? "year so far" : ROLL(2) == 0 ? "last 1 of year" : "last 2 of year";
    SAY(" over ");
    if (set->is_last_year && is_year_first)
        SAY("%s, ", year);
    for (uint32_t i = 0; i < set->count; i++)
        SAY("%s%s", i == 0 ? "" : ", ", random_dim_names[set->over[i]]);
    if (set->is_last_year && !is_year_first)
        SAY(", %s", year);
    SAY(" of m%u%s", set->of, set->is_at_arm ? "[arm: b]" : "");
    if (ROLL(4) == 0) {
        SAY(" where ");
        random_truth(w, 1);
    }
}

/* The metric itself, or anything. */
static void of_member(struct writer *w, const struct set *set, enum random_kind kind, int depth)
{
    if (ROLL(2) == 0 && w->made->metrics[set->of].kind == kind)
        SAY("m%u%s", set->of, set->is_at_arm ? "[arm: b]" : "");
    else
        (kind == RANDOM_MONEY ? random_money : random_number)(w, depth - 1);
}

static bool of_set(struct writer *w, enum random_kind kind, int depth)
{
    static const char *const sums[] = {"sum(", "mean(", "min(", "max(", "first(", "last(", "best(2, "};
    struct set set;
    bool has_set = false;
    uint32_t before = w->bound, start = ROLL(w->made->metric_count);
    for (uint32_t k = 0; k < w->made->metric_count && !has_set; k++)
        has_set = take_set(w, (start + k) % w->made->metric_count, &set);
    if (!has_set)
        return false;
    for (uint32_t i = 0; i < set.count; i++)
        w->bound |= 1u << set.over[i];
    if (kind == RANDOM_NUMBER && ROLL(3) == 0) {
        SAY("count(");
    } else {
        SAY("%s", sums[ROLL(7)]);
        of_member(w, &set, kind, depth);
    }
    over_set(w, &set);
    SAY(")");
    w->bound = before;
    return true;
}

bool random_aggregate(struct writer *w, enum random_kind kind, int depth)
{
    static const char *const sums[] = {"sum", "mean", "min", "max", "first", "last"};
    if (ROLL(2) == 0 && of_set(w, kind, depth))
        return true;
    if (is_bound(w, RANDOM_YEAR) && ROLL(5) == 0 && kind != RANDOM_TRUTH) {
        SAY("%s(", sums[ROLL(6)]);
        factor(w, RANDOM_YEAR);
        (kind == RANDOM_MONEY ? random_money : random_number)(w, depth - 1);
        SAY(ROLL(2) == 0 ? " over year so far)" : " over last 2 of year)");
        return true;
    }
    enum random_dim dim = free_dim(w);
    if (dim == RANDOM_DIM_COUNT)
        return false;
    uint32_t before = w->bound;
    w->bound |= 1u << dim;
    uint32_t what = ROLL(kind == RANDOM_NUMBER ? 9 : 7), of = metric_of(w, dim);
    if (is_open(dim) && of == RANDOM_METRICS_MAX) {
        w->bound = before;
        return false;
    }
    if (what == 7) {
        SAY("count(");
    } else if (what == 8) {
        SAY("share(");
        factor(w, dim);
        random_number(w, 0);
        SAY(" > ");
        random_number(w, depth - 1);
    } else {
        if (what == 6)
            SAY("best(%u, ", 1 + ROLL(4));
        else
            SAY("%s(", sums[what]);
        factor(w, dim);
        (kind == RANDOM_MONEY ? random_money : random_number)(w, depth - 1);
    }
    over(w, dim, depth);
    SAY(")");
    w->bound = before;
    return true;
}

/* A pot for all keys of a metric that is bound whole. */
static bool portion_of_keys(struct writer *w, int depth)
{
    uint32_t of = ROLL(w->made->metric_count), before = w->bound;
    const struct random_metric *m = &w->made->metrics[of];
    struct set set;
    for (uint32_t i = 0; i < m->dim_count; i++)
        if (!is_bound(w, m->dims[i]))
            return false;
    for (uint32_t i = 0; i < m->dim_count; i++)
        if (m->dims[i] != RANDOM_YEAR || ROLL(2) == 0)
            w->bound &= ~(1u << m->dims[i]);
    uint32_t outside = w->bound;
    if (!take_set(w, of, &set) || set.is_at_arm) {
        w->bound = before;
        return false;
    }
    set.is_last_year = false;
    SAY("portion(");
    random_money(w, depth - 1);
    SAY(", abs(");
    w->bound = before;
    of_member(w, &set, RANDOM_NUMBER, depth);
    SAY(")");
    w->bound = outside;
    for (uint32_t i = 0; i < set.count; i++)
        w->bound |= 1u << set.over[i];
    over_set(w, &set);
    SAY(")");
    w->bound = before;
    return true;
}

bool random_portion(struct writer *w, int depth)
{
    if (ROLL(2) == 0 && portion_of_keys(w, depth))
        return true;
    enum random_dim dim = ROLL(RANDOM_DIM_COUNT);
    if (!is_bound(w, dim))
        return false;
    SAY("portion(");
    uint32_t before = w->bound;
    w->bound &= ~(1u << dim);
    random_money(w, depth - 1);
    w->bound = before;
    SAY(", abs(");
    factor(w, dim);
    random_number(w, depth - 2);
    SAY(")");
    over(w, dim, depth);
    SAY(")");
    return true;
}
