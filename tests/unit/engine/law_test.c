/* The numbered rules of language.md section 7 that no other file here names: time, units of change, sets of dimensions, what is
 * triggered, numbers, cost. tests/README.md lists which rule is tested where. */
#include "world.h"

#define YEARS "period year every 1 year from 2016-01-01 to 2018-12-31\n"
#define Y16 "2016-01-01/2016-12-31"
#define Y17 "2017-01-01/2017-12-31"
#define Y18 "2018-01-01/2018-12-31"
#define METRIC(name, kind) "metric " name " is \"A figure\" in " kind "\n  reported by judge\n  disputes within 30 days\n"
#define BY(name, kind, by)                                                                                                 \
    "metric " name " is \"A figure\" in " kind "\n  by " by "\n  reported by judge\n  disputes within 30 days\n"

/* The first error of a text has that code. */
static void expect_error(const char *declarations, const char *code)
{
    struct arena *arena = arena_new(1 << 22);
    struct terms *terms = NULL;
    struct diags diags;
    assert_non_null(arena);
    diags_init(&diags, arena);
    assert_int_equal(terms_compile(slice_str(declarations), &diags, &terms, NULL), TALLY_OK);
    assert_null(terms);
    expect_slice(diags.first->code, code);
    arena_free(arena);
}

/* ---- T ---- */

static void rule_T1_today_is_the_day_at_the_clock_of_the_contract(void **state)
{
    (void) state;
    struct world *w = world_new("terms 1\ncontract small \"Small\"\ncurrency USD rounded to 0.01, half even\n"
                                "clock UTC-07:00\nruns 2016-01-01 to 2020-12-31\n"
                                "party city outcome payer \"City\"\nparty lender investor \"Lender\"\n"
                                "pay p from city to lender amount 1 not before 2016-05-02\n");
    int clock = terms_clock_minutes(w->terms);
    struct instant begins = instant_of_day(day_of("2016-05-02"), clock);
    assert_int_equal(clock, -7 * 60);
    assert_int_equal(begins.us, instant_of_day(day_of("2016-05-02"), 0).us + INT64_C(7) * 3600 * 1000000);
    assert_int_equal(instant_day(begins, clock), day_of("2016-05-02"));
    assert_int_equal(instant_day((struct instant){begins.us - 1}, clock), day_of("2016-05-01"));
    w->today = instant_day((struct instant){begins.us - 1}, clock);
    world_day(w, "2016-05-01");
    expect_waits(w, "p", "", "not before 2016-05-02", "0.00");
    world_day(w, "2016-05-02");
    expect_target(w, "p", "", "1.00", "1.00");
    world_free(w);
}

static void rule_T4_all_that_an_entry_changes_is_one_change(void **state)
{
    (void) state;
    struct world *w = world_new(SMALL("dimension arm (programme, comparison)\n" BY(
        "x", "USD", "arm") "pay p from city to lender amount x[arm: programme] - x[arm: comparison]\n"
                           "cap 50 on p\n"));
    world_final(w, "x", "programme", "40");
    world_final(w, "x", "comparison", "10");
    world_day(w, "2017-01-01");
    expect_target(w, "p", "", "30.00", "30.00");
    world_final(w, "x", "programme", "140"); /* 140 - 10 is never an amount */
    world_final(w, "x", "comparison", "110");
    world_day(w, "2017-01-02");
    expect_target(w, "p", "", "30.00", "0.00");
    world_free(w);
}

/* ---- D ---- */

static void rule_D1_a_define_has_the_dimensions_of_what_it_uses(void **state)
{
    (void) state;
    struct world *w = world_new(SMALL(YEARS "dimension arm (programme, comparison)\n" BY(
        "x", "USD", "arm, year") "define gain = x[arm: programme] - x[arm: "
                                 "comparison]\n"
                                 "define all = sum(gain over year)\n"
                                 "pay by_year from city to lender for "
                                 "each year amount gain\n"
                                 "pay once from city to lender amount "
                                 "all\n"));
    const char *const keys[] = {"programme|" Y16,  "comparison|" Y16, "programme|" Y17,
                                "comparison|" Y17, "programme|" Y18,  "comparison|" Y18};
    const char *const values[] = {"9", "4", "8", "4", "7", "4"};
    for (size_t i = 0; i < 6; i++)
        world_final(w, "x", keys[i], values[i]);
    world_day(w, "2019-01-01");
    expect_target(w, "by_year", Y17, "4.00", "4.00");
    expect_target(w, "once", "", "12.00", "12.00");
    world_free(w);
    expect_error(SMALL(YEARS BY("x", "USD", "year") "define gain = x\npay p from city to lender amount gain\n"),
                 "dimension.unbound");
}

/* ---- B ---- */

static void rule_B2_a_condition_that_was_true_and_is_false_brings_back_what_stands(void **state)
{
    (void) state;
    struct world *w = world_new(SMALL(METRIC("x", "number") "pay p from city to lender when x >= 10 amount 100\n"
                                                            "pay kept from city to lender when x >= 10 amount 100 never "
                                                            "back\n"));
    world_final(w, "x", "", "10");
    world_day(w, "2017-01-01");
    expect_target(w, "p", "", "100.00", "100.00");
    expect_target(w, "kept", "", "100.00", "100.00");
    world_final(w, "x", "", "9");
    world_day(w, "2017-01-02");
    expect_target(w, "p", "", "0.00", "-100.00");
    expect_target(w, "kept", "", "100.00", "0.00");
    world_free(w);
}

static void rule_B3_any_order_of_the_same_results_ends_in_the_same_targets(void **state)
{
    (void) state;
    static const unsigned orders[][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    const char *const keys[] = {Y16, Y17, Y18}, *const values[] = {"5", "-7", "11"};
    for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++) {
        struct world *w = world_new(
            SMALL(YEARS BY("x", "USD", "year") "define owed in USD = max(0, x + prior(year, owed, 0))\n"
                                               "pay p from city to lender for each year amount owed\n"
                                               "pay all from city to lender amount sum(x over year of x) either way\n"));
        for (size_t k = 0; k < 3; k++) {
            world_final(w, "x", keys[orders[i][k]], "99"); /* restated at once: what was before leaves nothing */
            world_day(w, "2019-01-01");
            world_final(w, "x", keys[orders[i][k]], values[orders[i][k]]);
            world_day(w, "2019-01-02");
        }
        expect_slice(world_instance(w, "p", Y16)->target, "5.00");
        expect_slice(world_instance(w, "p", Y17)->target, "0.00");
        expect_slice(world_instance(w, "p", Y18)->target, "11.00");
        expect_slice(world_instance(w, "all", "")->target, "9.00");
        world_free(w);
    }
}

/* ---- C ---- */

static void rule_C2_rules_under_a_cap_do_not_depend_on_one_another(void **state)
{
    (void) state;
    expect_error(SMALL("pay a from city to lender amount 1\npay b from city to lender amount a\ncap 5 on a, b\n"),
                 "caps.circle");
    expect_error(SMALL("pay a from city to lender amount 1\npay b from city to lender amount 1\n"
                       "pay c from city to lender amount b\ncap 5 on a, b\ncap 5 on a, c\n"),
                 "caps.circle");
    struct world *w =
        world_new(SMALL("pay a from city to lender amount 4\npay b from city to lender amount min(9, 10 - a)\n"));
    world_day(w, "2017-01-01"); /* a rule that must puts the bound into its amount */
    expect_target(w, "b", "", "6.00", "6.00");
    world_free(w);
}

/* ---- P ---- */

static void rule_P2_one_trigger_names_its_instances_with_their_differences(void **state)
{
    (void) state;
    struct world *w =
        world_new(SMALL(YEARS BY("x", "USD", "year") "pay p from city to lender for each year of x amount x\n"
                                                     "pay q from lender to city for each year of x amount 1\n"));
    world_final(w, "x", Y16, "5");
    world_final(w, "x", Y17, "7.50");
    world_day(w, "2019-01-01");
    assert_int_equal(w->output->count, 4); /* the instances of a rule stand together */
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(w->output->instances[i].rule, i / 2);
    struct slice net = SLICE("0.00");
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(money_add(net, w->output->instances[i].difference, w->arena, &net, NULL), TALLY_OK);
    expect_slice(net, "12.50");
    world_free(w);
}

static void rule_P3_below_zero_is_owed_back_and_due_as_the_rule_says(void **state)
{
    (void) state;
    struct world *w = world_new(SMALL("calendar working monday to friday except 2017-05-01\n" METRIC(
        "x", "USD") "pay p from city to lender amount x due 30 days after\n"
                    "pay q from city to lender amount x due 1 months after\n"
                    "pay r from city to lender amount x due 5 working days after\n"
                    "pay now from city to lender amount x\n"));
    world_final(w, "x", "", "5.005");
    world_day(w, "2017-01-31");
    expect_target(w, "p", "", "5.00", "5.00"); /* targets are rounded, so differences are whole cents */
    world_final(w, "x", "", "3");
    world_day(w, "2017-02-01");
    expect_target(w, "p", "", "3.00", "-2.00");
    assert_int_equal(terms_due_day(w->terms, 0, day_of("2017-02-01")), day_of("2017-03-03"));
    assert_int_equal(terms_due_day(w->terms, 1, day_of("2017-01-31")), day_of("2017-02-28"));
    assert_int_equal(terms_due_day(w->terms, 2, day_of("2017-04-28")), day_of("2017-05-08"));
    assert_int_equal(terms_due_day(w->terms, 3, day_of("2017-02-01")), day_of("2017-02-01"));
    world_free(w);
}

/* ---- V ---- */

static void rule_V5_a_preview_shows_every_difference_and_changes_nothing(void **state)
{
    (void) state;
#define HASH "0000000000000000000000000000000000000000000000000000000000000001"
    struct world *w =
        world_new(SMALL(YEARS BY("x", "USD", "year") "pay p from city to lender for each year of x amount x\n"));
    struct world *next = world_new(
        "terms 1\ncontract small \"Small\" version 2 amends " HASH " effective 2017-01-01\n"
        "currency USD rounded to 0.01, half even\nclock UTC\nruns 2016-01-01 to 2020-12-31\n"
        "party city outcome payer \"City\"\nparty lender investor \"Lender\"\nparty judge evaluator \"Judge\"\n" YEARS BY(
            "x", "USD", "year") "pay p from city to lender for each year of x amount 2 * x\n");
    world_final(w, "x", Y16, "5");
    world_final(w, "x", Y17, "5");
    world_day(w, "2018-02-01");
    for (int again = 0; again < 2; again++) { /* as often as one likes: what stands is the caller's */
        struct engine_input input = world_input(w);
        const struct engine_text before = {w->terms, w->facts, w->fact_count};
        input.terms = next->terms;
        input.earlier = &before;
        input.earlier_count = 1;
        assert_int_equal(engine_evaluate(&input, next->arena, &next->output, NULL), TALLY_OK);
        expect_target(next, "p", Y16, "5.00", "0.00");
        expect_target(next, "p", Y17, "10.00", "5.00");
    }
    world_day(w, "2018-02-02");
    expect_target(w, "p", Y17, "5.00", "0.00");
    world_free(next);
    world_free(w);
}

/* ---- N ---- */

static bool fits(const struct world *w, const char *value)
{
    struct terms_candidate candidate = {.value = slice_str(value), .reporter = terms_find_party(w->terms, SLICE("judge"))};
    struct slice key = {0}, why = {0};
    bool is_so = false;
    assert_int_equal(terms_fit(w->terms, 0, &candidate, w->arena, &is_so, &key, &why, NULL), TALLY_OK);
    return is_so;
}

static void rule_N1_how_many_digits_a_result_has(void **state)
{
    (void) state;
    struct world *w =
        world_new(SMALL(METRIC("x", "number") "pay p from city to lender amount USD 1_000_000_000_000 * x\n"));
    static const char *const good[] = {"0", "0.00", "123456789012345678", "0.123456789012", "-1.5"};
    static const char *const bad[] = {"-0",    "-0.00", "1234567890123456789", "0.1234567890123", "01", "1.", ".5", "+1",
                                      "1,000", ""};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_true(fits(w, good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(fits(w, bad[i]));
    world_final(w, "x", "", "0.000000000001"); /* never rounded on the way in */
    world_day(w, "2017-01-01");
    expect_target(w, "p", "", "1.00", "1.00");
    world_free(w);
}

static void rule_N2_nothing_is_rounded_but_where_the_text_says_so(void **state)
{
    (void) state;
    struct world *w =
        world_new(SMALL(METRIC("x", "number") "define third = x / 3\n"
                                              "pay exact from city to lender amount USD 1 * (third + third + third)\n"
                                              "pay early from city to lender amount USD 3 * round(third, 0.01, down)\n"
                                              "pay once from city to lender amount USD 1.005 * 3\n"));
    world_final(w, "x", "", "10");
    world_day(w, "2017-01-01");
    expect_target(w, "exact", "", "10.00", "10.00");
    expect_target(w, "early", "", "9.99", "9.99");
    expect_target(w, "once", "", "3.02", "3.02"); /* 3.015, once, to even */
    world_free(w);
}

static void rule_N4_a_number_that_does_not_end_is_a_fraction_and_a_cut_decimal(void **state)
{
    (void) state;
    struct world *w = world_new(SMALL(METRIC("x", "number") "pay p from city to lender amount USD 1 * (x / 3)\n"));
    struct buf out;
    world_final(w, "x", "", "1");
    world_day(w, "2017-01-01");
    expect_target(w, "p", "", "0.33", "0.33"); /* exactly the currency's places */
    struct engine_input input = world_input(w);
    buf_init(&out, 1 << 16);
    assert_int_equal(engine_explain(&input, 0, SLICE(""), w->arena, &out, NULL), TALLY_OK);
    const char *wanted = "{\"decimal\":\"0.333333333333...\",\"exact\":\"1/3\"";
    assert_non_null(memmem(out.ptr, out.len, wanted, strlen(wanted)));
    buf_release(&out);
    world_free(w);
}

/* ---- K ---- */

static void rule_K2_no_dimension_is_bound_twice(void **state)
{
    (void) state;
    expect_error(SMALL(YEARS BY("x", "USD", "year") "pay p from city to lender for each year amount sum(x over year)\n"),
                 "dimension.twice");
    struct world *w = world_new(SMALL(YEARS BY("x", "USD", "year") "define all = sum(x over year of x)\n"
                                                                   "pay p from city to lender for each year amount all\n"));
    world_final(w, "x", Y16, "5");
    world_day(w, "2019-01-01");
    uint64_t steps = w->output->steps;
    expect_target(w, "p", Y18, "5.00", "5.00");
    assert_true(steps < 40); /* the sum is found once and shared by all three */
    world_free(w);
}

static void rule_K4_what_costs_too_much_is_refused_as_a_text(void **state)
{
    (void) state;
    expect_error(SMALL("dimension person open, at most 10_000_000\ndimension kind (a, b)\n" BY(
                     "d", "date", "person") "pay p from city to lender for each person, kind of d amount 1\n"),
                 "limit.instances");
    expect_error(SMALL("dimension village open, at most 2_000_000\n" BY("d", "date", "village")
                           METRIC("x", "USD") "pay p from city to lender for each village of d amount x\n"),
                 "limit.fan-out");
    expect_error(SMALL("dimension village open, at most 2_000_000\ndimension year 1 to 9\n"
                       "metric d is \"D\" in number\n  by village\n  reported by judge until 2016-05-01\n"
                       "pay p from city to lender for each village of d amount USD 1 * (d / count(over year))\n"
                       "pay q from city to lender for each village of d amount USD 1 * d * all\n"
                       "define all = sum(d over village of d)\n"),
                 "limit.fan-out"); /* each village's figure moves the sum, and the sum every village */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rule_T1_today_is_the_day_at_the_clock_of_the_contract),
        cmocka_unit_test(rule_T4_all_that_an_entry_changes_is_one_change),
        cmocka_unit_test(rule_D1_a_define_has_the_dimensions_of_what_it_uses),
        cmocka_unit_test(rule_B2_a_condition_that_was_true_and_is_false_brings_back_what_stands),
        cmocka_unit_test(rule_B3_any_order_of_the_same_results_ends_in_the_same_targets),
        cmocka_unit_test(rule_C2_rules_under_a_cap_do_not_depend_on_one_another),
        cmocka_unit_test(rule_P2_one_trigger_names_its_instances_with_their_differences),
        cmocka_unit_test(rule_P3_below_zero_is_owed_back_and_due_as_the_rule_says),
        cmocka_unit_test(rule_V5_a_preview_shows_every_difference_and_changes_nothing),
        cmocka_unit_test(rule_N1_how_many_digits_a_result_has),
        cmocka_unit_test(rule_N2_nothing_is_rounded_but_where_the_text_says_so),
        cmocka_unit_test(rule_N4_a_number_that_does_not_end_is_a_fraction_and_a_cut_decimal),
        cmocka_unit_test(rule_K2_no_dimension_is_bound_twice),
        cmocka_unit_test(rule_K4_what_costs_too_much_is_refused_as_a_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
