/* What holds whatever happens: random results, disputes and withdrawals, from a seed that is printed when something fails. */
#include <time.h>

#include "../../support/dice.h"
#include "world.h"

#include "texts.h"

#define ROUNDS 60
#define STEPS 40

static const char capped_text[] =
    SMALL("dimension arm (a, b, c, d)\nperiod year every 1 year from 2016-01-01 to 2018-12-31\n"
          "metric x is \"X\" in USD between -100 and 100\n  by arm, year\n  reported by judge\n  disputes within 9 days\n"
          "metric y is \"Y\" in USD between -100 and 100\n  by arm\n  reported by judge\n  disputes within 9 days\n"
          "metric d is \"D\" in date\n  by arm\n  reported by judge\n  disputes within 9 days\n"
          "pay p from city to lender for each arm, year of x amount x / 3\n"
          "pay q from city to lender for each arm dated d amount y either way\n"
          "pay r from city to lender for each year amount sum(y over arm)\n"
          "pay free from city to lender for each arm, year of x amount max(0, 2 * x)\n"
          "cap 60 on p, q\ncap 25 per arm on p\ncap 40 per year on r, p\n");

static const char *const arms[] = {"a", "b", "c", "d"};
static const char *const years[] = {"2016-01-01/2016-12-31", "2017-01-01/2017-12-31", "2018-01-01/2018-12-31"};

/* One random change of one fact. Texts of values and keys outlive the world. */
static void change(struct world *w, struct dice *r, char (*texts)[80], size_t *used)
{
    const char *metrics[] = {"x", "y", "d"};
    uint32_t m = dice_below(r, 3);
    char *key = texts[(*used)++], *value = texts[(*used)++];
    const char *arm = arms[dice_below(r, 4)];
    if (m == 0)
        snprintf(key, 80, "%s|%s", arm, years[dice_below(r, 3)]);
    else
        snprintf(key, 80, "%s", arm);
    if (m == 2)
        snprintf(value, 80, "201%u-0%u-11", 5 + dice_below(r, 5), 1 + dice_below(r, 9));
    else
        snprintf(value, 80, "%s%u.%u", dice_below(r, 4) == 0 ? "-" : "", 1 + dice_below(r, 99), dice_below(r, 10));
    uint32_t kind = dice_below(r, 10);
    world_fact(w, metrics[m], key, value, kind == 0 ? ENGINE_DISPUTED : kind == 1 ? ENGINE_PENDING : ENGINE_FINAL);
}

static void add(struct world *w, struct slice *sum, struct slice money)
{
    assert_int_equal(money_add(*sum, money, w->arena, sum, NULL), TALLY_OK);
}

/* What is paid above zero under a cap, of one arm or year ("" for all). */
static struct slice paid(struct world *w, const char *const *rules, size_t rule_count, const char *part)
{
    struct slice sum = SLICE("0.00");
    for (size_t i = 0; i < w->output->count; i++) {
        const struct engine_instance *instance = &w->output->instances[i];
        char key[120];
        snprintf(key, sizeof key, "|%.*s|", SLICE_ARG(instance->key));
        for (size_t j = 0; j < rule_count; j++)
            if (instance->rule == terms_find_rule(w->terms, slice_str(rules[j])) && strstr(key, part) != NULL &&
                money_sign(instance->target) > 0)
                add(w, &sum, instance->target);
    }
    return sum;
}

static void expect_at_most(struct world *w, const char *const *rules, size_t rule_count, const char *part, const char *cap)
{
    int order = 0;
    assert_int_equal(money_compare(paid(w, rules, rule_count, part), slice_str(cap), &order, NULL), TALLY_OK);
    assert_true(order <= 0);
}

static void the_sum_under_a_cap_never_exceeds_it(struct world *w)
{
    static const char *const pq[] = {"p", "q"}, *const p[] = {"p"}, *const rp[] = {"r", "p"};
    expect_at_most(w, pq, 2, "", "60");
    for (size_t i = 0; i < 4; i++) {
        char part[8];
        snprintf(part, sizeof part, "|%s|", arms[i]);
        expect_at_most(w, p, 1, part, "25");
    }
    for (size_t i = 0; i < 3; i++)
        expect_at_most(w, rp, 2, years[i], "40");
}

/* Target is what stood plus the difference; what is not computed keeps what stood. */
static void what_stands_moves_only_by_differences(struct world *w)
{
    for (size_t i = 0; i < w->output->count; i++) {
        const struct engine_instance *instance = &w->output->instances[i];
        struct slice sum = instance->stands;
        add(w, &sum, instance->difference);
        assert_true(slice_equal(sum, instance->target));
        assert_int_equal(instance->has_difference, money_sign(instance->difference) != 0);
        if (instance->state != ENGINE_COMPUTED)
            assert_false(instance->has_difference);
    }
}

/* What happens to one instance never lowers another whose own amount supports what it has. */
static void what_an_instance_has_its_own_amount_supports(struct world *w)
{
    for (size_t i = 0; i < w->output->count; i++) {
        const struct engine_instance *instance = &w->output->instances[i];
        int against_amount = 0;
        if (instance->state != ENGINE_COMPUTED || money_sign(instance->difference) >= 0)
            continue;
        assert_int_equal(money_compare(instance->target, instance->amount, &against_amount, NULL), TALLY_OK);
        assert_int_equal(against_amount, 0);
    }
}

static void again_triggers_nothing(struct world *w, const char *today)
{
    uint64_t next = w->next_first;
    world_day(w, today);
    for (size_t i = 0; i < w->output->count; i++)
        assert_false(w->output->instances[i].has_difference);
    assert_int_equal(w->next_first, next);
}

static void caps_hold_whatever_happens(void **state)
{
    (void) state;
    static char texts[2 * STEPS * 4][80];
    for (uint64_t seed = 1; seed <= ROUNDS; seed++) {
        struct dice r = {seed * UINT64_C(0x9E3779B97F4A7C15)};
        struct world *w = world_new(capped_text);
        size_t used = 0;
        for (int step = 0; step < STEPS; step++) {
            for (uint32_t n = 1 + dice_below(&r, 3); n > 0; n--)
                change(w, &r, texts, &used);
            world_day(w, "2019-05-05");
            what_stands_moves_only_by_differences(w);
            what_an_instance_has_its_own_amount_supports(w);
            the_sum_under_a_cap_never_exceeds_it(w);
            again_triggers_nothing(w, "2019-05-05");
        }
        world_free(w);
    }
}

/* B3: with the same facts in the end, rules under no cap come to the same, whatever happened before. */
static void without_caps_the_way_does_not_matter(void **state)
{
    (void) state;
    static char texts[2 * STEPS * 4][80];
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct dice r = {seed * 977};
        struct world *w = world_new(capped_text), *fresh = world_new(capped_text);
        size_t used = 0;
        for (int step = 0; step < STEPS; step++) {
            change(w, &r, texts, &used);
            world_day(w, "2019-05-05");
        }
        memcpy(fresh->facts, w->facts, sizeof w->facts);
        fresh->fact_count = w->fact_count;
        world_day(fresh, "2019-05-05");
        for (size_t i = 0; i < fresh->output->count; i++) {
            const struct engine_instance *a = &fresh->output->instances[i];
            if (a->rule != terms_find_rule(w->terms, SLICE("free")) || a->state != ENGINE_COMPUTED)
                continue;
            for (size_t j = 0; j < w->output->count; j++)
                if (w->output->instances[j].rule == a->rule && slice_equal(w->output->instances[j].key, a->key))
                    assert_true(slice_equal(w->output->instances[j].target, a->target));
        }
        world_free(w);
        world_free(fresh);
    }
}

/* ---- budgets by the instance's own day, members that come and go ---- */

static const char dated_text[] =
    SMALL("dimension village open, at most 6\nperiod year every 1 year from 2016-01-01 to 2018-12-31\n"
          "metric x is \"X\" in USD between -50 and 100\n  by village\n  reported by judge\n  disputes within 9 days\n"
          "metric d is \"D\" in date\n  by village\n  reported by judge\n  disputes within 9 days\n"
          "metric ok is \"OK\" in true or false\n  by village\n  reported by judge\n  if missing use true\n"
          "pay q from city to lender for each village of x dated d amount x\n"
          "pay s from city to lender for each village of x dated d when ok amount x / 3\n"
          "cap 30 per year on q, s\ncap 45 per village on q, s\ncap 70 on q\n");

static void change_village(struct world *w, struct dice *r, char (*texts)[80], size_t *used)
{
    static const char *const metrics[] = {"x", "x", "d", "ok"};
    static const char *const villages[] = {"u", "v", "w", "X", "Y", "Z"};
    uint32_t m = dice_below(r, 4), kind = dice_below(r, 10);
    const char *village = villages[dice_below(r, 6)];
    char *value = texts[(*used)++];
    if (m == 3)
        snprintf(value, 80, "%s", dice_below(r, 2) == 0 ? "true" : "false");
    else if (m == 2)
        snprintf(value, 80, "201%u-0%u-11", 5 + dice_below(r, 5), 1 + dice_below(r, 9)); /* in no year, sometimes */
    else
        snprintf(value, 80, "%s%u.%u", dice_below(r, 4) == 0 ? "-" : "", 1 + dice_below(r, 49), dice_below(r, 10));
    world_fact(w, metrics[m], village, value, kind < 2 ? ENGINE_DISPUTED : kind == 2 ? ENGINE_PENDING : ENGINE_FINAL);
    if (kind == 3)
        world_withdraw(w, metrics[m], village);
}

static void no_year_has_more_than_its_budget(struct world *w)
{
    for (int year = 2016; year <= 2018; year++) {
        struct slice sum = SLICE("0.00");
        int order = 0;
        for (size_t i = 0; i < w->output->count; i++) {
            const struct engine_instance *instance = &w->output->instances[i];
            if (instance->day != DAY_NEVER && day_civil(instance->day).year == year && money_sign(instance->target) > 0)
                add(w, &sum, instance->target);
        }
        assert_int_equal(money_compare(sum, SLICE("30"), &order, NULL), TALLY_OK);
        assert_true(order <= 0);
    }
}

static void caps_by_the_day_hold_whatever_happens(void **state)
{
    (void) state;
    static char texts[STEPS * 4][80];
    for (uint64_t seed = 1; seed <= 4 * ROUNDS; seed++) {
        struct dice r = {seed * UINT64_C(0x9E3779B97F4A7C15)};
        struct world *w = world_new(dated_text);
        static const char *const q[] = {"q"}, *const qs[] = {"q", "s"};
        size_t used = 0;
        for (int step = 0; step < STEPS; step++) {
            for (uint32_t n = 1 + dice_below(&r, 3); n > 0; n--)
                change_village(w, &r, texts, &used);
            world_day(w, "2019-05-05");
            what_stands_moves_only_by_differences(w);
            no_year_has_more_than_its_budget(w);
            expect_at_most(w, q, 1, "", "70");
            expect_at_most(w, qs, 2, "|u|", "45");
            expect_at_most(w, qs, 2, "|Z|", "45");
            again_triggers_nothing(w, "2019-05-05");
        }
        world_free(w);
    }
}

/* Members, budgets and what is cut, of more than fit anything that is small at first. A session follows beside (world.h). */
static void hundreds_of_members_are_followed(void **state)
{
    (void) state;
    static char texts[2][400][16];
    struct world *w = world_new(
        SMALL("dimension village open, at most 1_000\n"
              "metric x is \"X\" in USD between -50 and 100\n  by village\n  reported by judge\n  disputes within 9 days\n"
              "metric y is \"Y\" in USD between -50 and 100\n  by village\n  reported by judge\n  disputes within 9 days\n"
              "pay q from city to lender for each village of x amount x\n"
              "pay s from city to lender for each village of y amount y\n"
              "cap 50 per village on q, s\ncap 4_000 on q\n"));
    struct dice r = {99};
    for (int i = 0; i < 400; i++) {
        snprintf(texts[0][i], sizeof texts[0][i], "v%u", i < 150 ? (uint32_t) i * 7 % 151 : dice_below(&r, 260));
        snprintf(texts[1][i], sizeof texts[1][i], "%u.%u", dice_below(&r, 90), dice_below(&r, 10));
        world_final(w, i % 3 == 0 ? "y" : "x", texts[0][i], texts[1][i]);
        if (i >= 150 || i == 100)
            world_day(w, i < 300 ? "2019-05-05" : "2019-06-05");
    }
    assert_true(w->follow.followed > 200);
    world_free(w);
}

/* K2: counted in nodes that are evaluated, one further result costs the same however many others there are. */
static void rule_K2_an_aggregate_over_many_is_not_gone_through_again(void **state)
{
    (void) state;
    struct world *w =
        world_new(SMALL("dimension n 1 to 20_000\n"
                        "metric x is \"X\" in USD between -50 and 100\n  by n\n  reported by judge\n  if missing use 0.25\n"
                        "pay total from city to lender amount sum(x over n)\n"
                        "pay most from city to lender amount max(x * 2 over n where x > 0)\n"
                        "pay late from city to lender amount last(x over n of x)\n"));
    struct err err = {0};
    struct engine_session *session = NULL;
    struct engine_output *out = NULL;
    w->today = day_of("2019-05-05");
    struct engine_input input = world_input(w);
    assert_int_equal(engine_session_open(&input, w->arena, &out, &session, &err), TALLY_OK);
    assert_true(out->steps > 20000);
    expect_slice(out->instances[0].target, "5000.00");
    const struct engine_fact fact = {.metric = 0, .key = SLICE("777"), .value = SLICE("9.5"), .seq = 1};
    const struct engine_change change = {0, fact.key, &fact, false};
    bool is_stale = true;
    assert_int_equal(engine_session_apply(session, w->today, &change, 1, w->arena, &is_stale, &out, &err), TALLY_OK);
    assert_false(is_stale);
    assert_in_range(out->steps, 1, 1000);
    assert_int_equal(out->count, 3);
    expect_slice(out->instances[0].target, "5009.25");
    expect_slice(out->instances[1].target, "19.00");
    expect_slice(out->instances[2].target, "9.50");
    engine_session_free(session);
    world_free(w);
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double) t.tv_sec + (double) t.tv_nsec / 1e9;
}

/* Printed, not asserted: how long a text and an evaluation take. */
static void how_long_it_takes(void **state)
{
    (void) state;
    double start = seconds();
    for (int i = 0; i < 200; i++)
        world_free(world_new(TEXT_RIKERS_ABLE));
    double compile = (seconds() - start) / 200;
    struct world *w = world_new(TEXT_RIKERS_ABLE);
    world_final(w, "bed_days", "programme|y2013", "91");
    world_final(w, "bed_days", "comparison|y2013", "100");
    world_final(w, "significant", "y2013", "true");
    start = seconds();
    for (int i = 0; i < 1000; i++)
        world_day(w, "2015-07-02");
    double evaluate = (seconds() - start) / 1000;
    print_message("rikers-able: compiled in %.0f us, evaluated in %.1f us, %zu bytes\n", compile * 1e6, evaluate * 1e6,
                  terms_memory(w->terms));
    world_free(w);
    w = world_new(TEXT_ROCA_WATERFALL);
    start = seconds();
    for (int i = 0; i < 100; i++)
        world_day(w, "2021-07-02");
    print_message("roca-waterfall: %zu instances, %llu steps, %.0f us\n", w->output->count,
                  (unsigned long long) w->output->steps, (seconds() - start) * 1e4);
    assert_true(w->output->count == 160);
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(caps_hold_whatever_happens),
        cmocka_unit_test(caps_by_the_day_hold_whatever_happens),
        cmocka_unit_test(without_caps_the_way_does_not_matter),
        cmocka_unit_test(hundreds_of_members_are_followed),
        cmocka_unit_test(rule_K2_an_aggregate_over_many_is_not_gone_through_again),
        cmocka_unit_test(how_long_it_takes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
