/* terms_exposure: what each rule, payer and payee may come to, as text. */
#include "tally/exposure.h"

#include "expose.h"

#define EXPOSE_STEPS_MAX 1000000u /* about a third of a second; then once more with everything taken together */

/* ---- as text ---- */

struct writing {
    const struct terms *t;
    struct arena *arena;
    struct err *err;
    enum tally_code rc;
};

static struct slice amount_text(struct writing *w, uint32_t currency, const struct end *e)
{
    struct slice text = {0};
    if (w->rc == TALLY_OK && e->infinite == 0)
        w->rc = number_money(e->at, w->t->currencies[currency].places, w->arena, &text, w->err);
    return text;
}

static struct exposure_bounds bounds_text(struct writing *w, uint32_t currency, const struct range *all,
                                          const struct range *ever)
{
    return (struct exposure_bounds){amount_text(w, currency, &all->low), amount_text(w, currency, &ever->high),
                                    amount_text(w, currency, &ever->low)};
}

static void write_rule(struct writing *w, const struct expose_totals *totals, uint32_t rule, struct exposure_rule *out)
{
    const struct rule *r = &w->t->rules[rule];
    const struct expose_sum *sum = &totals->rules[rule];
    struct range zero, ever;
    range_init(&zero);
    range_init(&ever);
    out->rule = rule;
    out->instances = r->shape.cells;
    out->is_never = sum->one.is_none;
    range_set(&ever, &sum->one);
    range_join(&ever, &zero);
    out->one = bounds_text(w, r->currency, out->is_never ? &zero : &sum->one, &ever);
    if (!out->is_never)
        out->one.most = amount_text(w, r->currency, &sum->one.high);
    out->all = bounds_text(w, r->currency, &sum->all, &sum->ever);
    range_clear(&zero);
    range_clear(&ever);
}

/* ---- parties ---- */

enum part { NOTHING, SOME, ALL }; /* of a rule's instances */

/* Which instances have that party on that side? The members of a list dimension of parties have some each. */
static enum part concerns(const struct terms *t, const struct rule *r, uint32_t party, bool is_payer, uint32_t currency)
{
    uint32_t dimension = is_payer ? r->shown.payer_dimension : r->shown.payee_dimension;
    if (r->currency != currency)
        return NOTHING;
    if ((is_payer ? r->shown.payer : r->shown.payee) == party)
        return ALL;
    if (dimension == TERMS_NONE || dimension_is_open(&t->dimensions[dimension]) || party >= t->party_count)
        return NOTHING;
    return dimension_find(&t->dimensions[dimension], t->parties[party].name) == TERMS_NONE ? NOTHING : SOME;
}

/* How many parties, sides and currencies have some rule. */
static size_t count_parties(const struct terms *t)
{
    size_t count = 0;
    for (uint32_t side = 0; side < 2; side++)
        for (uint32_t party = 0; party < t->party_count + t->stand_in_count; party++)
            for (uint32_t currency = 0; currency < t->currency_count; currency++) {
                bool any = false;
                for (uint32_t i = 0; i < t->rule_count && !any; i++)
                    any = concerns(t, &t->rules[i], party, side == 0, currency) != NOTHING;
                count += any;
            }
    return count;
}

/* The most of a set of rules: caps one after the other, each in place of the rules that it joins where it is less than they are. */
static void most_of(const struct terms *t, const struct expose_totals *totals, const bool *counts, bool *left,
                    bool backwards, struct range *out)
{
    struct range sum;
    range_init(&sum);
    range_set_whole(out, 0, 0);
    memcpy(left, counts, t->rule_count * sizeof *left);
    for (uint32_t k = 0; k < t->cap_count; k++) {
        uint32_t at = backwards ? t->cap_count - 1 - k : k;
        const struct cap *cap = &t->caps[at];
        range_set_whole(&sum, 0, 0);
        for (uint32_t i = 0; i < cap->rule_count; i++)
            if (left[cap->rules[i]] && !expose_is_outside(&t->rules[cap->rules[i]], cap))
                range_add(&sum, &sum, &totals->rules[cap->rules[i]].ever);
        if (end_compare(&sum.high, &totals->caps[at].high) <= 0)
            continue;
        range_add(out, out, &totals->caps[at]);
        for (uint32_t i = 0; i < cap->rule_count; i++)
            if (!expose_is_outside(&t->rules[cap->rules[i]], cap))
                left[cap->rules[i]] = false;
    }
    for (uint32_t i = 0; i < t->rule_count; i++)
        if (left[i])
            range_add(out, out, &totals->rules[i].ever);
    range_clear(&sum);
}

struct marks { /* by rule */
    bool *counts, *left;
};

/* false: no rule concerns it. */
static bool write_party(struct writing *w, const struct expose_totals *totals, const struct marks *marks, uint32_t currency,
                        struct exposure_party *out)
{
    const struct terms *t = w->t;
    bool any = false;
    struct range all, ever, forwards, backwards;
    for (uint32_t i = 0; i < t->rule_count; i++) {
        marks->counts[i] = concerns(t, &t->rules[i], out->party, out->is_payer, currency) != NOTHING;
        any = any || marks->counts[i];
    }
    if (!any)
        return false;
    range_init(&all);
    range_init(&ever);
    range_init(&forwards);
    range_init(&backwards);
    for (uint32_t i = 0; i < t->rule_count; i++)
        if (marks->counts[i]) {
            bool is_all = concerns(t, &t->rules[i], out->party, out->is_payer, currency) == ALL;
            range_add(&all, &all, is_all ? &totals->rules[i].all : &totals->rules[i].ever);
            range_add(&ever, &ever, &totals->rules[i].ever);
        }
    most_of(t, totals, marks->counts, marks->left, false, &forwards);
    most_of(t, totals, marks->counts, marks->left, true, &backwards);
    bool is_less = end_compare(&backwards.high, &forwards.high) < 0;
    out->currency = t->currencies[currency].code;
    out->all = bounds_text(w, currency, &all, &ever);
    out->all.most = amount_text(w, currency, is_less ? &backwards.high : &forwards.high);
    range_clear(&all);
    range_clear(&ever);
    range_clear(&forwards);
    range_clear(&backwards);
    return true;
}

static void write_parties(struct writing *w, const struct expose_totals *totals, const struct marks *marks,
                          struct exposure *out)
{
    for (uint32_t side = 0; side < 2; side++)
        for (uint32_t party = 0; party < w->t->party_count + w->t->stand_in_count; party++)
            for (uint32_t currency = 0; currency < w->t->currency_count; currency++) {
                struct exposure_party *p = &out->parties[out->party_count];
                *p = (struct exposure_party){.party = party, .is_payer = side == 0};
                if (write_party(w, totals, marks, currency, p))
                    out->party_count++;
            }
}

/* ---- the whole ---- */

enum tally_code terms_exposure(const struct terms *t, struct arena *arena, struct exposure **out, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct expose_totals totals;
    struct exposure *made = ARENA_NEW(arena, struct exposure);
    struct marks marks = {ARENA_ARRAY(arena, t->rule_count, bool), ARENA_ARRAY(arena, t->rule_count, bool)};
    struct writing w = {.t = t, .arena = arena, .err = err};
    if (made == NULL || marks.counts == NULL || marks.left == NULL || !expose_totals_make(t, arena, &totals))
        return err_set(err, TALLY_E_LIMIT, "no memory left to find the exposure");
    TRY(expose_totals_find(t, EXPOSE_STEPS_MAX, &totals, &made->is_coarse, err));
    made->rules = ARENA_ARRAY(arena, t->rule_count, struct exposure_rule);
    made->parties = ARENA_ARRAY(arena, count_parties(t) + 1, struct exposure_party); /* one more is the next to be tried */
    if (made->rules == NULL || made->parties == NULL)
        TRY(err_set(err, TALLY_E_LIMIT, "no memory left to find the exposure"));
    made->rule_count = t->rule_count;
    for (uint32_t i = 0; i < t->rule_count; i++)
        write_rule(&w, &totals, i, &made->rules[i]);
    write_parties(&w, &totals, &marks, made);
    TRY(w.rc);
    *out = made;
done:
    expose_totals_clear(t, &totals);
    return rc;
}

struct terms_cost terms_cost(const struct terms *t)
{
    return (struct terms_cost){t->instances, t->instances_at_once, t->fan_out, t->steps};
}
