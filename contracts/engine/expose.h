/* Exposure: what expressions and rules may come to, from the text alone (interval arithmetic over the metrics' declared ranges).
 * Private to the engine. */
#ifndef TALLY_ENGINE_EXPOSE_H
#define TALLY_ENGINE_EXPOSE_H

#include "program.h"
#include "range.h"

#define EXPOSE_ENUMERATED_MAX 2000 /* members or instances looked at one by one; more are looked at together */
#define EXPOSE_ARENA_MAX (64u << 20)
#define EXPOSE_DEPTH_MAX                                                                                                   \
    (NESTING_MAX + 64) /* what lies deeper, through `prior` and rules, may be anything: it is on a stack */

struct exposed { /* what is known at one binding of a define, aggregate, prior, rule, or default */
    uint32_t memo;
    uint64_t cell;
    bool is_busy;
    struct range range;
    struct exposed *in_bucket, *next;
};

struct exposing {
    const struct terms *t;
    struct arena *arena;
    bool is_coarse; /* nothing is enumerated: every dimension is looked at as a whole */
    bool is_spent;  /* steps_max are used up: whatever is left may be anything */
    bool failed;    /* no memory */
    uint64_t steps, steps_max;
    uint32_t depth;
    uint32_t low[DIMENSIONS_MAX], high[DIMENSIONS_MAX]; /* bound members by dimension: one, several, or all */
    struct exposed **buckets;                           /* a power of two of them, and no more entries */
    size_t bucket_count, count;
    struct exposed *all;
    const struct node *fixed; /* a node that is taken to have this value, or NULL */
    const struct range *fixed_value;
};

/* ---- expose.c ---- */
MUST_CHECK bool expose_begin(struct exposing *ex, const struct terms *t, struct arena *arena, bool is_coarse,
                             uint64_t steps_max);
void expose_end(struct exposing *ex);
void expose_node(struct exposing *ex, const struct node *n, struct range *out);
/* Anything of that type. */
void expose_any(const struct exposing *ex, const struct type *type, struct range *out);
void expose_truth(struct range *out, bool may_be_true, bool may_be_false);
void expose_bind_all(struct exposing *ex, uint32_t dimension);
static inline bool expose_is_one(const struct exposing *ex, uint32_t dimension)
{
    return ex->low[dimension] == ex->high[dimension];
}
/* Numbers from the arena, initialised. NULL: ex->failed. Cleared by expose_ranges_clear. */
struct range *expose_ranges(struct exposing *ex, size_t count);
void expose_ranges_clear(struct range *ranges, size_t count);

/* ---- expose_memo.c ---- */
MUST_CHECK bool expose_memo_begin(struct exposing *ex); /* false: no memory */
typedef void expose_work(struct exposing *ex, const void *of, struct range *out);
/* work(of) at the bound members of a shape, once: whoever asks for it while it is being computed gets anything of the type. */
void expose_once(struct exposing *ex, uint32_t memo, const struct shape *shape, const struct type *type, expose_work *work,
                 const void *of, struct range *out);
bool expose_has(const struct exposing *ex, uint32_t memo, const struct shape *shape);

/* ---- expose_ref.c, expose_rows.c, expose_date.c, expose_aggregate.c ---- */
void expose_ref(struct exposing *ex, const struct node *n, struct range *out);
void expose_table(struct exposing *ex, const struct table *table, struct range *out); /* at the bound members */
/* The same of a table in numbers, found once where every dimension is bound to one member or to all. */
void expose_table_once(struct exposing *ex, uint32_t table, struct range *out);
void expose_table_sum(struct exposing *ex, uint32_t table, struct range *out); /* of all its cells; found once */
void expose_step(struct exposing *ex, const struct node *n, struct range *out);
unsigned expose_holding(enum ast_bound bound); /* the orders of x to the bound for which a row holds */
void expose_linear(struct exposing *ex, const struct node *n, struct range *out);
void expose_bands(struct exposing *ex, const struct node *n, struct range *out);
void expose_move(struct exposing *ex, const struct node *n, struct range *out);
void expose_between_days(struct exposing *ex, const struct node *n, struct range *out);
void expose_aggregate(struct exposing *ex, const struct node *n, struct range *out);
void expose_portion(struct exposing *ex, const struct node *n, struct range *out);
void expose_prior(struct exposing *ex, const struct node *n, struct range *out);

/* ---- expose_rule.c ---- */
/* The target of rule r's instance at the bound members, once it is computed. */
void expose_rule(struct exposing *ex, uint32_t rule, struct range *out);
/* What a cap grants at the bound members; dimensions that a rule lacks are bound as a whole. */
void expose_cap(struct exposing *ex, const struct cap *cap, dimension_set has, struct range *out);
/* All budgets of a cap together. */
void expose_cap_sum(struct exposing *ex, const struct cap *cap, struct range *out);

struct expose_sum {
    struct range one;  /* an instance's target once it is computed */
    struct range all;  /* of all instances once all are computed */
    struct range ever; /* of all instances at any time, while any of them waits */
};
void expose_sum_init(struct expose_sum *sum);
void expose_sum_clear(struct expose_sum *sum);
/* caps: sums of budgets, by cap */
void expose_rule_sum(struct exposing *ex, uint32_t rule, const struct range *caps, struct expose_sum *out);
/* No cap holds the sum of a rule's instances: never back, and a day that may move from one period's budget to another's (C3). */
bool expose_is_outside(const struct rule *r, const struct cap *cap);

/* ---- expose_totals.c ---- */
struct expose_totals {
    struct expose_sum *rules; /* by rule */
    struct range *caps;       /* sums of budgets, by cap */
};
/* false: no memory. Cleared by expose_totals_clear once it is made. */
MUST_CHECK bool expose_totals_make(const struct terms *t, struct arena *arena, struct expose_totals *totals);
void expose_totals_clear(const struct terms *t, struct expose_totals *totals);
/* One look; !*is_done: it takes more steps than that, or than there is memory for, and nothing in *totals counts.
 * TALLY_E_LIMIT (of a coarse one), TALLY_E_NO_MEMORY. */
MUST_CHECK enum tally_code expose_totals_once(const struct terms *t, bool is_coarse, uint64_t steps_max,
                                              struct expose_totals *totals, bool *is_done, struct err *err);
/* Member by member, and if that takes too long coarsely. */
MUST_CHECK enum tally_code expose_totals_find(const struct terms *t, uint64_t steps_max, struct expose_totals *totals,
                                              bool *is_coarse, struct err *err);

#endif
