/* What holds for every text, whatever is reported: amounts lie within the exposure that was found from the text alone, and what is paid
 * out of a budget is never more than the budget. */
#include "story.h"

#include "../support/exposure_within.h"

#define TEXTS_DEFAULT 200
#define STEPS_OF_TEXT 30

/* Which budget of the cap; a fixed part of the key, or the year of the instance's day. */
static struct slice budget_of(const struct random_cap *cap, const struct random_rule *rule,
                              const struct engine_instance *instance, struct arena *arena)
{
    struct slice key = instance->key;
    if (cap->per == RANDOM_DIM_COUNT)
        return SLICE("");
    for (uint32_t i = 0; i < rule->dim_count; i++) {
        const char *bar = key.len == 0 ? NULL : memchr(key.ptr, '|', key.len);
        size_t len = bar == NULL ? key.len : (size_t) (bar - key.ptr);
        if (rule->dims[i] == cap->per)
            return slice_of(key.ptr, len < 4 || cap->per != RANDOM_YEAR ? len : 4);
        key = bar == NULL ? SLICE("") : slice_of(bar + 1, key.len - len - 1);
    }
    return arena_printf(arena, "%d", day_civil(instance->day).year);
}

/* C1: one that never goes back and whose day has left the period keeps what it had beside the budget. */
static bool may_be_outside(const struct random_text *text, const struct random_cap *cap)
{
    bool may = false;
    for (uint32_t r = 0; r < RANDOM_RULES_MAX; r++) {
        const struct random_rule *rule = &text->rules[r];
        bool has_dim = false;
        for (uint32_t i = 0; i < rule->dim_count; i++)
            has_dim = has_dim || rule->dims[i] == cap->per;
        may = may || ((cap->rules >> r & 1) != 0 && rule->is_never_back && rule->is_dated && !has_dim);
    }
    return may && cap->per == RANDOM_YEAR;
}

/* C3 to C5. The number of instances that are paid out of a budget. */
static unsigned expect_budgets_hold(const struct story *s, const struct engine_output *out, const struct random_cap *cap,
                                    uint64_t seed)
{
    unsigned paid = 0;
    struct slice money = arena_printf(s->arena, "%u", cap->money);
    for (size_t i = 0; i < out->count; i++) {
        struct slice sum = SLICE("0"), budget = {0};
        int order = 1;
        for (size_t k = 0; k < out->count; k++) {
            const struct engine_instance *one = &out->instances[k];
            if ((cap->rules >> one->rule & 1) == 0 || money_sign(one->target) <= 0)
                continue;
            struct slice of = budget_of(cap, &s->text.rules[one->rule], one, s->arena);
            if (k == i)
                budget = of;
            if (k < i || budget.ptr == NULL || !slice_equal(of, budget))
                continue;
            assert_int_equal(money_add(sum, one->target, s->arena, &sum, NULL), TALLY_OK);
            paid++;
        }
        assert_int_equal(money_compare(sum, money, &order, NULL), TALLY_OK);
        if (order <= 0)
            continue;
        fputs(s->text.text, stderr); /* longer than a failure's message may be */
        fail_msg("seed %llu: %.*s of a budget of %.*s is paid", (unsigned long long) seed, SLICE_ARG(sum),
                 SLICE_ARG(money));
    }
    return paid;
}

static void step(struct story *s, struct dice *dice)
{
    for (uint32_t n = dice_below(dice, 4); n > 0; n--)
        story_change(s, dice);
    if (dice_in(dice, 3))
        s->today += (int32_t) dice_below(dice, dice_in(dice, 4) ? 300 : 30);
    arena_clear(s->arena);
}

static void budgets_hold_whatever_happens(void **state)
{
    uint64_t texts = story_wanted("TEXTS", TEXTS_DEFAULT), first = story_wanted("SEED", 1);
    unsigned paid = 0;
    struct story *s = malloc(sizeof *s);
    (void) state;
    assert_non_null(s);
    for (uint64_t seed = first; seed < first + texts; seed++) {
        struct dice dice = {seed * UINT64_C(0x9E3779B97F4A7C15)};
        story_init(s, &dice, false);
        for (uint32_t i = 0; i < STEPS_OF_TEXT && s->text.cap_count > 0; i++) {
            struct engine_output *out = NULL;
            step(s, &dice);
            story_evaluate(s, &out);
            for (uint32_t c = 0; c < s->text.cap_count; c++)
                if (!may_be_outside(&s->text, &s->text.caps[c]))
                    paid += expect_budgets_hold(s, out, &s->text.caps[c], seed);
            story_record(s, out);
        }
        story_release(s);
    }
    free(s);
    assert_true(paid > 20 * texts); /* or it would prove little */
}

static void exposure_contains_what_is_evaluated(void **state)
{
    uint64_t texts = story_wanted("TEXTS", TEXTS_DEFAULT), first = story_wanted("SEED", 1);
    unsigned bounded = 0;
    struct story *s = malloc(sizeof *s);
    struct arena *kept = arena_new(1 << 26);
    (void) state;
    assert_non_null(s);
    assert_non_null(kept);
    for (uint64_t seed = first; seed < first + texts; seed++) {
        struct dice dice = {seed * UINT64_C(0x9E3779B97F4A7C15)};
        struct exposure *exposure = NULL;
        story_init(s, &dice, false);
        arena_clear(kept);
        assert_int_equal(terms_exposure(s->terms, kept, &exposure, NULL), TALLY_OK);
        for (uint32_t r = 0; r < exposure->rule_count; r++)
            bounded += exposure->rules[r].all.most.ptr != NULL && money_sign(exposure->rules[r].all.most) != 0;
        for (uint32_t i = 0; i < STEPS_OF_TEXT; i++) {
            struct engine_output *out = NULL;
            step(s, &dice);
            story_evaluate(s, &out);
            expect_output_within(s->terms, out, exposure, s->arena, s->text.text);
            story_record(s, out);
        }
        story_release(s);
    }
    free(s);
    arena_free(kept);
    assert_true(bounded > texts); /* or it would prove little */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(budgets_hold_whatever_happens),
        cmocka_unit_test(exposure_contains_what_is_evaluated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
