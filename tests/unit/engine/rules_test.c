/* Each numbered rule of language.md section 7 that is evaluated, by its number. */
#include "world.h"

#include <pthread.h>

/* A worker of the service has 512 KiB, of which its own functions take some. Sanitizers make frames several times as large. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SMALL_STACK (4u << 20)
#else
#define SMALL_STACK (400u << 10)
#endif

#define YEARS "period year every 1 year from 2016-01-01 to 2018-12-31\n"
#define Y16 "2016-01-01/2016-12-31"
#define Y17 "2017-01-01/2017-12-31"
#define Y18 "2018-01-01/2018-12-31"
#define METRIC(name, kind) "metric " name " is \"A figure\" in " kind "\n  reported by judge\n  disputes within 30 days\n"
#define BY(name, kind, by)                                                                                                 \
    "metric " name " is \"A figure\" in " kind "\n  by " by "\n  reported by judge\n  disputes within 30 days\n"

/* ---- S ---- */

static void fit(const struct world *w, const char *metric, const struct terms_dimension_value *dims, uint32_t count,
                const char *value, const char *reporter, const char *key, const char *why)
{
    struct terms_candidate candidate = {.dimensions = dims,
                                        .dimension_count = count,
                                        .value = slice_str(value),
                                        .reporter = terms_find_party(w->terms, slice_str(reporter))};
    struct slice is_key = {0}, is_why = {0};
    bool fits = false;
    uint32_t m = terms_find_metric(w->terms, slice_str(metric));
    assert_int_equal(terms_fit(w->terms, m, &candidate, w->arena, &fits, &is_key, &is_why, NULL), TALLY_OK);
    if (why != NULL) {
        assert_false(fits);
        expect_slice(is_why, why);
    } else {
        assert_true(fits);
        expect_slice(is_key, key);
    }
}

static void rule_S1_dimensions_are_exactly_those_of_by_and_where(void **state)
{
    (void) state;
    struct world *w =
        world_new(SMALL(YEARS "dimension arm (programme, comparison)\n"
                              "metric days is a.days version 1 where arm = programme in days between 0 and 730\n"
                              "  by year\n  reported by judge or lender\n  disputes within 3 days\n"
                              "pay p from city to lender for each year amount 1 per day of days\n"));
    struct terms_dimension_value right[] = {{SLICE("arm"), SLICE("programme")}, {SLICE("year"), SLICE(Y16)}};
    struct terms_dimension_value other[] = {{SLICE("arm"), SLICE("comparison")}, {SLICE("year"), SLICE(Y16)}};
    struct terms_dimension_value extra[] = {
        {SLICE("arm"), SLICE("programme")}, {SLICE("year"), SLICE(Y16)}, {SLICE("sex"), SLICE("f")}};
    struct terms_dimension_value first_day[] = {{SLICE("arm"), SLICE("programme")}, {SLICE("year"), SLICE("2016-01-01")}};
    struct terms_dimension_value twice[] = {
        {SLICE("arm"), SLICE("programme")}, {SLICE("year"), SLICE(Y16)}, {SLICE("year"), SLICE(Y17)}};
    fit(w, "days", right, 2, "90", "judge", Y16, NULL);
    fit(w, "days", right, 2, "90.5", "lender", Y16, NULL);
    fit(w, "days", right, 1, "90", "judge", NULL, "it does not say its `year`");
    fit(w, "days", right + 1, 1, "90", "judge", NULL, "its `arm` is not programme");
    fit(w, "days", other, 2, "90", "judge", NULL, "its `arm` is not programme");
    fit(w, "days", extra, 3, "90", "judge", NULL, "it has the dimension `sex`, which the metric has not");
    fit(w, "days", twice, 3, "90", "judge", NULL, "it has the dimension `year` twice");
    fit(w, "days", first_day, 2, "90", "judge", NULL, "\"2016-01-01\" is not a member of `year`");
    fit(w, "days", right, 2, "90", "city", NULL, "it is reported by judge or lender alone");
    fit(w, "days", right, 2, "90", "nobody", NULL, "it is reported by judge or lender alone");
    world_free(w);
}

static void rule_S1_value_has_the_type_and_unit_and_lies_between(void **state)
{
    (void) state;
    struct world *w = world_new(SMALL("dimension reason (stays, death)\n" METRIC("d", "days between 0 and 730") METRIC(
        "p", "percent between -100% and 100%") METRIC("pt", "points between -5 and 5") METRIC("t", "true or false")
                                          METRIC("day", "date between 2016-01-01 and 2017-01-01") METRIC("why", "reason")));
    fit(w, "d", NULL, 0, "730", "judge", "", NULL);
    fit(w, "d", NULL, 0, "730.000000000001", "judge", NULL, "its value 730.000000000001 does not lie between 0 and 730");
    fit(w, "d", NULL, 0, "-1", "judge", NULL, "its value -1 does not lie between 0 and 730");
    fit(w, "d", NULL, 0, "60%", "judge", NULL, "its value \"60%\" is not in days, which is written as a number alone");
    fit(w, "d", NULL, 0, "1e3", "judge", NULL, "its value \"1e3\" is not in days, which is written as a number alone");
    fit(w, "d", NULL, 0, "-0", "judge", NULL, "its value \"-0\" is not in days, which is written as a number alone");
    fit(w, "p", NULL, 0, "60%", "judge", "", NULL);
    fit(w, "p", NULL, 0, "0.6", "judge", NULL, "its value \"0.6\" is not in percent, which is written with its sign: 60%");
    fit(w, "p", NULL, 0, "100.1%", "judge", NULL, "its value 100.1% does not lie between -100% and 100%");
    fit(w, "pt", NULL, 0, "5", "judge", "", NULL);
    fit(w, "pt", NULL, 0, "5.1", "judge", NULL, "its value 5.1 does not lie between -5 and 5");
    fit(w, "t", NULL, 0, "true", "judge", "", NULL);
    fit(w, "t", NULL, 0, "1", "judge", NULL, "its value \"1\" is not in true or false");
    fit(w, "day", NULL, 0, "2016-02-29", "judge", "", NULL);
    fit(w, "day", NULL, 0, "2016-02-30", "judge", NULL, "its value \"2016-02-30\" is not in date");
    fit(w, "day", NULL, 0, "2017-01-02", "judge", NULL,
        "its value 2017-01-02 does not lie between 2016-01-01 and 2017-01-01");
    fit(w, "why", NULL, 0, "death", "judge", "", NULL);
    fit(w, "why", NULL, 0, "birth", "judge", NULL, "its value \"birth\" is not in reason");
    world_free(w);
}

#define VILLAGES(n) "dimension village open, at most " n "\n" BY("v", "USD", "village") BY("n", "USD", "village, year")

static void rule_S1_members_of_open_dimensions_have_a_form(void **state)
{
    (void) state;
    struct world *w =
        world_new(SMALL(YEARS "dimension pupil persons, at most 5\n" VILLAGES("3") BY("done", "date", "pupil, village")));
    struct terms_dimension_value right[] = {{SLICE("village"), SLICE("Kibera:3.b-_")}, {SLICE("year"), SLICE(Y16)}};
    struct terms_dimension_value bar[] = {{SLICE("village"), SLICE("a|b")}};
    struct terms_dimension_value none[] = {{SLICE("village"), SLICE("")}};
    struct terms_dimension_value pupil[] = {{SLICE("village"), SLICE("x")},
                                            {SLICE("pupil"), SLICE("Zq0-_Zq0-_Zq0-_Zq0-_Zq")}};
    struct terms_dimension_value named[] = {{SLICE("village"), SLICE("x")},
                                            {SLICE("pupil"), SLICE("anna.miller.1999-01-0")}};
    char long_name[66];
    memset(long_name, 'a', 65);
    long_name[65] = '\0';
    struct terms_dimension_value too_long[] = {{SLICE("village"), slice_str(long_name)}};
    struct terms_dimension_value longest[] = {{SLICE("village"), slice_str(long_name + 1)}};
    fit(w, "n", right, 2, "5", "judge", "Kibera:3.b-_|" Y16, NULL);
    fit(w, "v", bar, 1, "5", "judge", NULL, "\"a|b\" is not a member of `village`");
    fit(w, "v", none, 1, "5", "judge", NULL, "\"\" is not a member of `village`");
    fit(w, "v", longest, 1, "5", "judge", long_name + 1, NULL);
    char why[200];
    snprintf(why, sizeof why, "\"%s\" is not a member of `village`", long_name);
    fit(w, "v", too_long, 1, "5", "judge", NULL, why);
    fit(w, "done", pupil, 2, "2016-01-01", "judge", "Zq0-_Zq0-_Zq0-_Zq0-_Zq|x", NULL);
    fit(w, "done", named, 2, "2016-01-01", "judge", NULL,
        "its `pupil` is not a pseudonym of 22 to 64 of A-Z a-z 0-9 . _ : -");
    world_free(w);
}

static void rule_S7_the_first_members_count(void **state)
{
    (void) state;
    struct world *w =
        world_new(SMALL(YEARS VILLAGES("2") "pay p from city to lender for each village of v amount v\n"
                                            "pay each from city to lender for each village, year amount n\n"));
    world_day(w, "2019-01-01");
    assert_int_equal(w->output->count, 0);
    world_final(w, "v", "zebra", "3");
    world_fact(w, "v", "ant", "4", ENGINE_PENDING);
    world_day(w, "2019-01-01");
    assert_int_equal(w->output->count, 4); /* what is not final makes no member */
    world_final(w, "v", "mole", "5");
    world_day(w, "2019-01-01");
    world_final(w, "v", "ant", "4"); /* the third to become final: it does not fit, and nothing is refused */
    world_final(w, "n", "ant|" Y16, "4");
    world_final(w, "n", "zebra|" Y17, "9");
    world_day(w, "2019-01-02");
    assert_int_equal(w->output->count, 8);
    expect_target(w, "p", "mole", "5.00", "0.00");
    expect_target(w, "p", "zebra", "3.00", "0.00");
    assert_null(world_instance(w, "p", "ant"));
    expect_target(w, "each", "zebra|" Y17, "9.00", "9.00");
    expect_waits(w, "each", "mole|" Y17, "n(mole, 2017-01-01) is missing", "0.00");
    world_free(w);
}

static void rule_I1_an_instance_that_stands_remains_when_nobody_names_its_member(void **state)
{
    (void) state;
    struct world *w = world_new(SMALL(YEARS VILLAGES(
        "9") "pay p from city to lender for each village of v amount v\ncap 8 per village on p\ncap 20 on p\n"));
    world_final(w, "v", "b", "10");
    world_final(w, "v", "a", "9");
    world_final(w, "v", "C", "7");
    world_day(w, "2019-01-01"); /* by their bytes: C, a, b */
    expect_target(w, "p", "C", "7.00", "7.00");
    expect_target(w, "p", "a", "8.00", "8.00");
    expect_target(w, "p", "b", "5.00", "5.00");
    expect_slice(w->output->instances[0].key, "C");
    world_withdraw(w, "v", "a");
    world_day(w, "2019-01-02");
    expect_target(w, "p", "a", "0.00", "-8.00");
    expect_target(w, "p", "b", "8.00", "3.00");
    world_day(w, "2019-01-03"); /* its record with nothing standing is no instance */
    assert_null(world_instance(w, "p", "a"));
    world_final(w, "v", "a", "8");
    world_day(w, "2019-01-04"); /* its place in the order of first amounts is the old one */
    assert_int_equal(world_instance(w, "p", "a")->first, 2);
    expect_target(w, "p", "a", "5.00", "5.00");
    world_free(w);
}

/* ---- M ---- */

static void rule_M1_disputed_then_current_then_default_then_unknown(void **state)
{
    (void) state;
    struct world *w =
        world_new(SMALL(METRIC("a", "USD") "metric b is \"A figure\" in USD\n  reported by judge\n"
                                           "  disputes within 30 days\n  if missing use a + 5\n"
                                           "pay p from city to lender amount b\npay q from city to lender amount a\n"));
    world_day(w, "2017-01-01");
    expect_waits(w, "p", "", "a is missing", "0.00");
    world_fact(w, "a", "", "10", ENGINE_PENDING);
    world_day(w, "2017-01-02");
    expect_waits(w, "q", "", "a is not verified", "0.00");
    world_final(w, "a", "", "10");
    world_day(w, "2017-01-03");
    expect_target(w, "p", "", "15.00", "15.00");
    world_fact(w, "b", "", "7", ENGINE_PENDING);
    world_day(w, "2017-01-04"); /* until it is final the default holds */
    expect_target(w, "p", "", "15.00", "0.00");
    world_final(w, "b", "", "7");
    world_day(w, "2017-01-05");
    expect_target(w, "p", "", "7.00", "-8.00");
    world_fact(w, "b", "", "7", ENGINE_DISPUTED); /* disputed: neither its value nor the default */
    world_day(w, "2017-01-06");
    expect_waits(w, "p", "", "b is disputed", "7.00");
    world_withdraw(w, "b", "");
    world_day(w, "2017-01-07");
    expect_target(w, "p", "", "15.00", "8.00");
    world_free(w);
}

static void rule_M2_lateness_is_judged_by_the_day_of_submission(void **state)
{
    (void) state;
    struct world *w =
        world_new(SMALL(YEARS BY("x", "USD", "year") "pay p from city to lender for each year of x\n"
                                                     "  when submitted(x) <= 30 days after end of year amount x\n"
                                                     "pay none from city to lender\n"
                                                     "  when submitted(x[year: 2018-01-01]) = never amount 1\n"));
    w->today = day_of("2017-01-30");
    world_final(w, "x", Y16, "5");
    w->today = day_of("2018-01-31");
    world_final(w, "x", Y17, "6");
    world_fact(w, "x", Y18, "6", ENGINE_PENDING);
    world_day(w, "2019-01-01");
    expect_target(w, "p", Y16, "5.00", "5.00");
    expect_target(w, "p", Y17, "0.00", "0.00");
    expect_target(w, "none", "", "1.00", "1.00"); /* what is not final is no result yet */
    world_fact(w, "x", Y18, "6", ENGINE_DISPUTED);
    world_day(w, "2019-01-02");
    expect_waits(w, "none", "", "x(2018-01-01) is disputed", "1.00");
    world_free(w);
}

static void rule_M3_only_what_is_needed_is_waited_for(void **state)
{
    (void) state;
    struct world *w = world_new(SMALL(
        METRIC("yes", "true or false") METRIC("no", "true or false") METRIC("open", "true or false") METRIC("x", "number")
            METRIC("gone", "USD")
                METRIC("here", "USD") "pay by_if from city to lender amount if yes then here else gone\n"
                                      "pay by_else from city to lender amount if no then gone else here\n"
                                      "pay by_or from city to lender when yes or open amount 1\n"
                                      "pay by_and from city to lender when no and open amount 1\n"
                                      "pay by_right from city to lender when open or yes amount 1\n"
                                      "pay by_step from city to lender amount step of x: at least 0: gone at least 1: here "
                                      "otherwise: gone\n"
                                      "pay by_min from city to lender amount min(gone, here)\n"));
    world_final(w, "yes", "", "true");
    world_final(w, "no", "", "false");
    world_final(w, "x", "", "1");
    world_final(w, "here", "", "9");
    world_day(w, "2017-01-01");
    expect_target(w, "by_if", "", "9.00", "9.00");
    expect_target(w, "by_else", "", "9.00", "9.00");
    expect_target(w, "by_or", "", "1.00", "1.00");
    expect_target(w, "by_and", "", "0.00", "0.00");
    expect_waits(w, "by_right", "", "open is missing", "0.00");
    expect_target(w, "by_step", "", "9.00", "9.00");
    expect_waits(w, "by_min", "", "gone is missing", "0.00");
    world_free(w);
}

static void rule_M3_a_step_needs_x_and_its_bounds(void **state)
{
    (void) state;
    struct world *w = world_new(SMALL(METRIC("x", "number") METRIC("low", "number") METRIC(
        "high", "number") "pay p from city to lender amount step of x: at least low: 1 at least high: 2 otherwise: 3\n"));
    world_final(w, "x", "", "5");
    world_final(w, "low", "", "1");
    world_day(w, "2017-01-01");
    expect_waits(w, "p", "", "high is missing", "0.00");
    world_final(w, "high", "", "5");
    world_day(w, "2017-01-02");
    expect_target(w, "p", "", "2.00", "2.00");
    world_free(w);
}

static void expect_fault(const struct world *w, const char *rule, const char *part)
{
    const struct engine_instance *instance = world_instance(w, rule, "");
    char reason[700];
    assert_non_null(instance);
    assert_int_equal(instance->state, ENGINE_FAULT);
    assert_int_equal(instance->amount.len, 0);
    snprintf(reason, sizeof reason, "%.*s", SLICE_ARG(instance->reason));
    if (strstr(reason, part) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", part, reason);
}

static void rule_M4_faults_have_their_place_and_figures(void **state)
{
    (void) state;
    struct world *w = world_new(SMALL(
        YEARS
        "dimension stage 0 to 3\n"
        "table fee in USD by stage\n  otherwise: 5\n"
        "table rate in USD by year\n  otherwise: 5\n" METRIC("x", "number") METRIC(
            "d", "date") "pay divided from city to lender amount USD 12 / x\n"
                         "pay large from city to lender amount USD 1 * (x + 7) ^ (x + 4_000)\n"
                         "pay inverse from city to lender amount USD 1 * x ^ -1\n"
                         "pay half from city to lender amount USD 1 * 2 ^ (x + 0.5)\n"
                         "pay mean_of_none from city to lender amount USD 1 * mean(number of year over year where x > 0)\n"
                         "pay beyond from city to lender amount fee[stage: (x + 9)]\n"
                         "pay between_members from city to lender amount fee[stage: (x + 0.5)]\n"
                         "pay outside_period from city to lender amount rate[year: (d)]\n"
                         "pay no_day from city to lender when 9_000 years after d > d amount 1\n"
                         "pay part_of_day from city to lender when (1 day + 0.5 * 1 day) after d > d amount 1\n"
                         "pay good from city to lender amount 1\n"));
    world_final(w, "x", "", "0");
    world_final(w, "d", "", "2015-12-31");
    world_day(w, "2017-01-01");
    expect_fault(w, "divided", "division by zero: 12 / 0 in `USD 12 / x`");
    expect_fault(w, "large", "a number of more than 4096 bits: 7 ^ 4000");
    expect_fault(w, "inverse", "0 ^ -1");
    expect_fault(w, "half", "0.5");
    expect_fault(w, "mean_of_none", "nothing to aggregate");
    expect_fault(w, "beyond", "9 is not a member of `stage`");
    expect_fault(w, "between_members", "0.5 is not a member of `stage`");
    expect_fault(w, "outside_period", "2015-12-31 lies in no member of `year`");
    expect_fault(w, "no_day", "a day outside the years 0001 to 9999");
    expect_fault(w, "part_of_day", "not by 1.5");
    expect_target(w, "good", "", "1.00", "1.00"); /* a fault is of its instance alone */
    const struct engine_instance *divided = world_instance(w, "divided", "");
    assert_memory_equal(divided->reason.ptr, "line ", 5);
    world_free(w);
}

static void rule_M4_a_fault_keeps_what_stands_and_is_unknown_to_others(void **state)
{
    (void) state;
    struct world *w = world_new(SMALL(METRIC("x", "number") "pay a from city to lender amount USD 12 / x\n"
                                                            "pay b from city to lender amount 2 * a\n"));
    world_final(w, "x", "", "3");
    world_day(w, "2017-01-01");
    expect_target(w, "b", "", "8.00", "8.00");
    world_final(w, "x", "", "0");
    world_day(w, "2017-01-02");
    assert_int_equal(world_instance(w, "a", "")->state, ENGINE_FAULT);
    expect_slice(world_instance(w, "a", "")->target, "4.00");
    assert_int_equal(world_instance(w, "b", "")->state, ENGINE_WAITS);
    expect_slice(world_instance(w, "b", "")->target, "8.00");
    world_free(w);
}

/* ---- D ---- */

static void rule_D2_aggregates_run_over_all_members_in_order(void **state)
{
    (void) state;
    struct world *w =
        world_new(SMALL(YEARS BY("x", "USD", "year")
                            METRIC("n", "number") "define up_to = sum(x over year so far)\n"
                                                  "define two = sum(x over last 2 of year)\n"
                                                  "pay all from city to lender amount sum(x over year)\n"
                                                  "pay low from city to lender amount min(x over year)\n"
                                                  "pay high from city to lender amount max(x over year)\n"
                                                  "pay one from city to lender amount first(x over year)\n"
                                                  "pay three from city to lender amount last(x over year)\n"
                                                  "pay average from city to lender amount mean(x over year)\n"
                                                  "pay counted from city to lender amount USD 1 * count(over year "
                                                  "where x >= 20)\n"
                                                  "pay part from city to lender amount USD 90 * share(x >= 20 over "
                                                  "year)\n"
                                                  "pay running from city to lender for each year amount up_to\n"
                                                  "pay pair from city to lender for each year amount two\n"
                                                  "pay found from city to lender amount sum(x over year of x)\n"));
    world_final(w, "x", Y16, "20");
    world_final(w, "x", Y17, "10");
    world_day(w, "2019-01-01");
    expect_waits(w, "all", "", "x(2018-01-01) is missing", "0.00");
    expect_target(w, "found", "", "30.00", "30.00");
    expect_target(w, "running", Y17, "30.00", "30.00");
    expect_waits(w, "running", Y18, "x(2018-01-01) is missing", "0.00");
    world_final(w, "x", Y18, "40");
    world_day(w, "2019-01-02");
    expect_target(w, "all", "", "70.00", "70.00");
    expect_target(w, "low", "", "10.00", "10.00");
    expect_target(w, "high", "", "40.00", "40.00");
    expect_target(w, "one", "", "20.00", "20.00");
    expect_target(w, "three", "", "40.00", "40.00");
    expect_target(w, "average", "", "23.33", "23.33");
    expect_target(w, "counted", "", "2.00", "2.00");
    expect_target(w, "part", "", "60.00", "60.00");
    expect_target(w, "running", Y18, "70.00", "70.00");
    expect_target(w, "pair", Y16, "20.00", "0.00");
    expect_target(w, "pair", Y18, "50.00", "50.00");
    expect_target(w, "found", "", "70.00", "40.00");
    world_fact(w, "x", Y18, "40", ENGINE_DISPUTED);
    world_day(w, "2019-01-03");
    expect_waits(w, "found", "", "x(2018-01-01) is disputed", "70.00");
    world_free(w);
}

static void rule_D4_sum_and_count_of_nothing_are_zero(void **state)
{
    (void) state;
    struct world *w =
        world_new(SMALL(YEARS BY("x", "USD", "year") "pay s from city to lender amount sum(x over year of x)\n"
                                                     "pay c from city to lender amount USD 1 * count(over year of x)\n"
                                                     "pay m from city to lender amount max(x over year of x)\n"));
    world_day(w, "2019-01-01");
    expect_target(w, "s", "", "0.00", "0.00");
    expect_target(w, "c", "", "0.00", "0.00");
    assert_int_equal(world_instance(w, "m", "")->state, ENGINE_FAULT);
    world_free(w);
}

static void rule_D4_best_takes_the_largest(void **state)
{
    (void) state;
    struct world *w =
        world_new(SMALL("dimension site (a, b, c, d, e)\n" BY("x", "USD", "site") METRIC("low", "days")
                            METRIC("days_used", "days") "pay two from city to lender amount best(2, x over site of x)\n"
                                                        "pay many from city to lender amount best(9, x over site of x)\n"
                                                        "pay where_low from city to lender amount best(2, x over site of x "
                                                        "where x < 10)\n"));
    static const char *const values[] = {"5", "20", "7.5", "-3", "20"};
    static const char *const sites[] = {"a", "b", "c", "d", "e"};
    world_day(w, "2019-01-01");
    expect_target(w, "two", "", "0.00", "0.00");
    for (size_t i = 0; i < 5; i++)
        world_final(w, "x", sites[i], values[i]);
    world_day(w, "2019-01-02");
    expect_target(w, "two", "", "40.00", "40.00");
    expect_target(w, "many", "", "49.50", "49.50"); /* fewer than k: all */
    expect_target(w, "where_low", "", "12.50", "12.50");
    world_free(w);
}

static void bands_pay_each_rate_on_its_own_part(void **state)
{
    (void) state;
    struct world *w = world_new(SMALL(METRIC("x", "days") METRIC("edge", "days")
                                          METRIC("level", "percent") "pay p from city to lender amount bands of "
                                                                     "x: from 10 days: 5 per day from 20 days: 3 "
                                                                     "per day from 30 days: 0 per day\n"
                                                                     "pay q from city to lender amount bands of "
                                                                     "x: from 0 days: 1 per day from edge: 2 per "
                                                                     "day\n"
                                                                     "pay r from city to lender amount bands of "
                                                                     "level: from 5%: 100 per point\n"));
    static const char *const rows[][2] = {{"0", "0.00"},   {"10", "0.00"},  {"12.5", "12.50"}, {"20", "50.00"},
                                          {"21", "53.00"}, {"30", "80.00"}, {"99", "80.00"},   {"-5", "0.00"}};
    world_final(w, "level", "", "7.5%");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        world_final(w, "x", "", rows[i][0]);
        world_day(w, "2019-01-01");
        expect_slice(world_instance(w, "p", "")->target, rows[i][1]);
        expect_waits(w, "q", "", "edge is missing", "0.00");
    }
    expect_target(w, "r", "", "250.00", "0.00");
    world_final(w, "x", "", "9");
    world_final(w, "edge", "", "4");
    world_day(w, "2019-01-01");
    expect_target(w, "q", "", "14.00", "14.00");
    world_final(w, "edge", "", "-1");
    world_day(w, "2019-01-01");
    expect_fault(w, "q", "bounds that do not rise: 0 and -1");
    world_free(w);
}

static void rule_D5_a_define_is_evaluated_once_for_each_binding(void **state)
{
    (void) state;
    struct world *w = world_new(SMALL(METRIC("x", "number") "define a = x + x + x + x + x + x + x + x\n"
                                                            "define b = a + a + a + a + a + a + a + a\n"
                                                            "define c = b + b + b + b + b + b + b + b\n"
                                                            "define d = c + c + c + c + c + c + c + c\n"
                                                            "pay p from city to lender amount USD 1 * d\n"));
    world_final(w, "x", "", "1");
    world_day(w, "2019-01-01");
    expect_target(w, "p", "", "4096.00", "4096.00");
    assert_true(w->output->steps < 100); /* 4 x 15 and the rule's own, not 8 x 8 x 8 x 8 */
    world_free(w);
}

static void rule_D6_prior_goes_back_to_the_first_member(void **state)
{
    (void) state;
    struct world *w = world_new(SMALL("period day_of_run every 1 day from 2016-01-01 to 2020-12-31\n" METRIC(
        "x", "USD") "define balance in USD = prior(day_of_run, balance, 0) + x\n"
                    "pay p from city to lender amount balance[day_of_run: (2020-12-31)]\n"));
    world_final(w, "x", "", "2");
    world_day(w, "2019-01-01"); /* 1,827 days one inside the other, without a deep stack */
    expect_target(w, "p", "", "3654.00", "3654.00");
    world_free(w);
}

static void rule_D6_a_long_period_costs_no_more_for_each_member(void **state)
{
    (void) state;
    /* the rule refers to a balance that refers to the rule: each instance asks for the one before */
    struct world *w = world_new(SMALL("dimension turn 1 to 4_000\n" METRIC(
        "x", "USD") "define owed in USD = prior(turn, owed - p, 0) + x\n"
                    "define later in USD = prior(turn, other, 0)\ndefine other in USD = prior(turn, later, 1) + x\n"
                    "pay p from city to lender for each turn amount owed / 2\n"
                    "pay q from city to lender amount other[turn: 4_000]\n"));
    world_final(w, "x", "", "2");
    world_day(w, "2019-01-01");
    expect_target(w, "p", "1", "1.00", "1.00");
    expect_target(w, "q", "", "4000.00", "4000.00");
    assert_true(w->output->steps < 4000 * 20);
    world_free(w);
}

static void rule_D6_what_an_evaluation_looks_at_takes_no_memory(void **state)
{
    (void) state;
    struct world *w = world_new(SMALL("dimension turn 1 to 6_000\n" METRIC(
        "x", "USD") "pay p from city to lender for each turn amount x\n"
                    "pay q from city to lender for each turn amount sum(p over turn so far)\n"));
    world_final(w, "x", "", "2");
    struct err err = {0};
    struct engine_input input = world_input(w);
    input.today = day_of("2019-01-01");
    assert_int_equal(engine_evaluate(&input, w->arena, &w->output, &err), TALLY_OK); /* 18 million references */
    expect_target(w, "q", "6000", "12000.00", "12000.00");
    world_free(w);
}

/* ---- the worker's stack ---- */

static void *evaluate_deep(void *with)
{
    struct world *w = world_new(with);
    world_final(w, "x", "", "1");
    world_day(w, "2019-01-01");
    assert_int_equal(world_instance(w, "p", "")->state, ENGINE_COMPUTED);
    world_free(w);
    return NULL;
}

static void *refuse_deep(void *with)
{
    struct arena *arena = arena_new(1 << 24);
    struct diags diags;
    struct terms *terms = NULL;
    diags_init(&diags, arena);
    enum tally_code rc = terms_compile(slice_str(with), &diags, &terms, NULL);
    bool is_refused = rc == TALLY_OK && terms == NULL && diags.errors > 0;
    arena_free(arena);
    return is_refused ? with : NULL;
}

/* On a stack like a worker's. */
static void *on_small_stack(void *(*f)(void *), char *text)
{
    pthread_attr_t attr;
    pthread_t thread;
    void *out = NULL;
    assert_int_equal(pthread_attr_init(&attr), 0);
    assert_int_equal(pthread_attr_setstacksize(&attr, SMALL_STACK), 0);
    assert_int_equal(pthread_create(&thread, &attr, f, text), 0);
    assert_int_equal(pthread_join(thread, &out), 0);
    assert_int_equal(pthread_attr_destroy(&attr), 0);
    return out;
}

static void the_deepest_texts_fit_on_the_stack_of_a_worker(void **state)
{
    (void) state;
    static const struct {
        const char *before, *after; /* around the name of the define before */
        int fits, refused;
    } chains[] = {
        {"sum(", " + number of year over year)", 80, 400},
        {"if ", " > 0 then 1 else (step of x: at least 0: 1 otherwise: 2)", 60, 400},
        {"mean(max(", ", fee[stage: (x)]) * number of year over year)", 45, 400},
        {"", " + 1", 120, 3000},
    };
    for (size_t i = 0; i < sizeof chains / sizeof chains[0]; i++)
        for (int deep = 0; deep < 2; deep++) {
            struct buf b;
            buf_init(&b, 1 << 20);
            buf_add_str(&b, SMALL(YEARS "dimension stage 0 to 3\ntable fee in number by stage\n  otherwise: 1\n" METRIC(
                                "x", "number") "define d0 = x\n"));
            int n = deep == 0 ? chains[i].fits : chains[i].refused;
            for (int k = 1; k <= n; k++)
                buf_printf(&b, "define d%d = %sd%d%s\n", k, chains[i].before, k - 1, chains[i].after);
            buf_printf(&b, "pay p from city to lender amount USD 1 * d%d / 9 ^ 200\n", n);
            if (deep == 0)
                (void) on_small_stack(evaluate_deep, b.ptr);
            else
                assert_non_null(on_small_stack(refuse_deep, b.ptr));
            buf_release(&b);
        }
}

/* Rules joined by caps lead from one to the next in a way that no single expression shows. */
static void a_long_way_through_caps_is_a_fault_not_a_crash(void **state)
{
    (void) state;
    struct buf b;
    buf_init(&b, 1 << 20);
    buf_add_str(&b, SMALL(METRIC("x", "USD") "pay p from city to lender amount 0 * b0\n"));
    for (int k = 0; k < 500; k++)
        buf_printf(&b,
                   "pay b%d from city to lender amount 1\npay c%d from city to lender amount b%d\n"
                   "cap 9 on b%d, c%d\n",
                   k, k, k + 1, k, k);
    buf_add_str(&b, "pay b500 from city to lender amount x\n");
    (void) on_small_stack(evaluate_deep, b.ptr);
    buf_release(&b);
}

/* ---- I ---- */

static void rule_I1_one_instance_for_each_combination_or_each_key_found(void **state)
{
    (void) state;
    struct world *w =
        world_new(SMALL(YEARS "dimension arm (a, b)\n" BY("x", "USD", "year, arm")
                            BY("y", "date", "year") "pay every from city to lender for each year, arm amount 1\n"
                                                    "pay found from city to lender for each arm, year of y amount 2\n"
                                                    "pay fixed from city to lender for each year of x[arm: b] amount 3\n"
                                                    "pay single from city to lender amount 4\n"));
    world_day(w, "2019-01-01");
    assert_int_equal(w->output->count, 7);
    assert_null(world_instance(w, "found", "a|" Y16));
    world_final(w, "y", Y17, "2017-05-05");
    world_final(w, "x", Y16 "|a", "5");
    world_final(w, "x", Y18 "|b", "5");
    world_day(w, "2019-01-02");
    assert_int_equal(w->output->count, 10);
    expect_target(w, "found", "a|" Y17, "2.00", "2.00");
    expect_target(w, "found", "b|" Y17, "2.00", "2.00");
    expect_target(w, "fixed", Y18, "3.00", "3.00");
    world_withdraw(w, "y", Y17);
    world_day(w, "2019-01-03"); /* what stands keeps its instance, A1: the amount is 0 */
    expect_target(w, "found", "a|" Y17, "0.00", "-2.00");
    world_day(w, "2019-01-04");
    assert_null(world_instance(w, "found", "a|" Y17));
    world_free(w);
}

static void rule_I2_the_day_of_an_instance_orders_first_amounts(void **state)
{
    (void) state;
    struct world *w =
        world_new(SMALL(YEARS BY("x", "date", "year") "pay dated_by_x from city to lender for each year dated x amount 1\n"
                                                      "pay by_period from city to lender for each year amount 1\n"
                                                      "pay first_day from city to lender amount 1\n"));
    world_final(w, "x", Y16, "2018-06-01");
    world_day(w, "2017-03-03");
    /* 2016-12-31 the period's end, 2017-03-03 today, 2017-12-31, 2018-06-01 dated, 2018-12-31 */
    assert_int_equal(world_instance(w, "by_period", Y16)->first, 1);
    assert_int_equal(world_instance(w, "first_day", "")->first, 2);
    assert_int_equal(world_instance(w, "by_period", Y17)->first, 3);
    assert_int_equal(world_instance(w, "dated_by_x", Y16)->first, 4);
    assert_int_equal(world_instance(w, "by_period", Y18)->first, 5);
    assert_int_equal(world_instance(w, "dated_by_x", Y17)->first, 0);
    expect_waits(w, "dated_by_x", Y17, "x(2017-01-01) is missing", "0.00");
    assert_int_equal(world_instance(w, "first_day", "")->day, day_of("2017-03-03"));
    assert_int_equal(world_instance(w, "dated_by_x", Y17)->day, DAY_NEVER);
    world_day(w, "2017-04-04"); /* recorded once */
    assert_int_equal(world_instance(w, "first_day", "")->day, day_of("2017-03-03"));
    assert_int_equal(world_instance(w, "first_day", "")->first, 2);
    assert_int_equal(w->output->next_first, 6);
    world_free(w);
}

static void rule_I3_what_is_not_computed_keeps_what_stands(void **state)
{
    (void) state;
    struct world *w = world_new(SMALL(METRIC("x", "USD") "pay p from city to lender amount x\n"));
    world_final(w, "x", "", "12.5");
    world_day(w, "2017-01-01");
    world_withdraw(w, "x", "");
    world_day(w, "2017-01-02");
    expect_waits(w, "p", "", "x is missing", "12.50");
    world_free(w);
}

/* ---- A ---- */

static void rule_A1_not_before_comes_before_when(void **state)
{
    (void) state;
    struct world *w = world_new(SMALL(METRIC("ok", "true or false") METRIC(
        "d", "date") "pay p from city to lender when ok amount 5 not before 10 days after d\n"));
    world_final(w, "d", "", "2017-01-01");
    world_day(w, "2017-01-10");
    expect_waits(w, "p", "", "not before 2017-01-11", "0.00");
    assert_int_equal(world_instance(w, "p", "")->wakes, day_of("2017-01-11"));
    assert_int_equal(w->output->next_moment, day_of("2017-01-11"));
    world_day(w, "2017-01-11");
    expect_waits(w, "p", "", "ok is missing", "0.00");
    world_final(w, "ok", "", "false");
    world_day(w, "2017-01-12");
    expect_target(w, "p", "", "0.00", "0.00");
    world_final(w, "ok", "", "true");
    world_day(w, "2017-01-13");
    expect_target(w, "p", "", "5.00", "5.00");
    world_free(w);
}

static void rule_A1_the_amount_is_rounded_once_as_the_header_says(void **state)
{
    (void) state;
    struct world *w = world_new(SMALL(METRIC("x", "number") "pay even from city to lender amount USD 1 * x / 8\n"
                                                            "pay other from city to lender amount ZAR 1 * x / 8\n"));
    world_final(w, "x", "", "1"); /* 0.125: half even to 0.12; 0.05 * 2.5 half up to 0.15 */
    world_day(w, "2017-01-01");
    expect_target(w, "even", "", "0.12", "0.12");
    expect_target(w, "other", "", "0.15", "0.15");
    world_final(w, "x", "", "3");
    world_day(w, "2017-01-02");
    expect_target(w, "even", "", "0.38", "0.26");
    world_free(w);
}

static void rule_M4_an_amount_that_the_ledger_cannot_write_is_a_fault(void **state)
{
    (void) state;
    struct world *w = world_new(SMALL(
        "dimension turn 1 to 100\n" METRIC("x", "number") "pay p from city to lender amount USD 1 * 10 ^ x either way\n"
                                                          "pay q from city to lender for each turn amount USD 1 * 10 ^ "
                                                          "x\npay good from city to lender amount 1\n"));
    world_final(w, "x", "", "16");
    world_day(w, "2017-01-01");
    expect_target(w, "p", "", "10000000000000000.00", "10000000000000000.00");
    assert_int_equal(world_instance(w, "q", "1")->state, ENGINE_FAULT); /* a hundred of them are one trigger */
    world_final(w, "x", "", "1200");
    world_day(w, "2017-01-02"); /* it keeps what stands, and the next evaluation can read it */
    assert_int_equal(world_instance(w, "p", "")->state, ENGINE_FAULT);
    expect_slice(world_instance(w, "p", "")->target, "10000000000000000.00");
    world_final(w, "x", "", "2");
    world_day(w, "2017-01-03");
    expect_target(w, "p", "", "100.00", "-9999999999999900.00");
    expect_target(w, "q", "100", "100.00", "100.00");
    expect_target(w, "good", "", "1.00", "0.00");
    world_free(w);
}

static void rule_A2_below_zero_is_zero_unless_either_way(void **state)
{
    (void) state;
    struct world *w = world_new(SMALL(METRIC("x", "USD") "pay one from city to lender amount x\n"
                                                         "pay both from city to lender amount x either way\n"));
    world_final(w, "x", "", "-7.5");
    world_day(w, "2017-01-01");
    expect_target(w, "one", "", "0.00", "0.00");
    expect_target(w, "both", "", "-7.50", "-7.50");
    assert_int_equal(world_instance(w, "both", "")->first, 0);
    world_free(w);
}

static void rule_A3_never_back_keeps_what_stands(void **state)
{
    (void) state;
    struct world *w = world_new(SMALL(METRIC("x", "USD") "pay p from city to lender amount x never back\n"
                                                         "pay q from city to lender amount x never back\ncap 8 on q\n"));
    world_final(w, "x", "", "10");
    world_day(w, "2017-01-01");
    expect_target(w, "q", "", "8.00", "8.00");
    world_final(w, "x", "", "4");
    world_day(w, "2017-01-02");
    expect_target(w, "p", "", "10.00", "0.00");
    expect_slice(world_instance(w, "p", "")->amount, "4.00");
    expect_target(w, "q", "", "8.00", "0.00");
    world_free(w);
}

static void rule_A4_the_name_of_a_rule_is_its_target(void **state)
{
    (void) state;
    struct world *w = world_new(SMALL(METRIC("x", "USD") "pay later from city to lender amount 2 * capped\n"
                                                         "pay capped from city to lender amount x\ncap 6 on capped\n"
                                                         "pay waiting from city to lender amount x not before 2018-01-01\n"
                                                         "pay needs from city to lender amount waiting\n"));
    world_final(w, "x", "", "10");
    world_day(w, "2017-01-01");
    expect_target(w, "capped", "", "6.00", "6.00");
    expect_target(w, "later", "", "12.00", "12.00");
    expect_waits(w, "needs", "", "waiting waits: not before 2018-01-01", "0.00");
    world_free(w);
}

/* ---- C ---- */

static void rule_C1_a_budget_for_each_combination_also_by_the_day(void **state)
{
    (void) state;
    struct world *w = world_new(SMALL(YEARS "dimension arm (a, b)\n" BY("d", "date", "arm") BY(
        "x", "USD", "arm, year") "table top in USD by year\n  2016-01-01: 5\n  2017-01-01: 7\n  otherwise: 100\n"
                                 "pay p from city to lender for each arm dated d amount 50\ncap top per year on p\n"
                                 "pay q from city to lender for each arm, year of x amount x\ncap 10 per arm on q\n"));
    world_final(w, "d", "a", "2016-07-01");
    world_final(w, "d", "b", "2017-07-01");
    world_final(w, "x", "a|" Y16, "8");
    world_final(w, "x", "a|" Y17, "8");
    world_final(w, "x", "b|" Y17, "8");
    world_day(w, "2019-01-01");
    expect_target(w, "p", "a", "5.00", "5.00");
    expect_target(w, "p", "b", "7.00", "7.00");
    expect_target(w, "q", "a|" Y16, "8.00", "8.00");
    expect_target(w, "q", "a|" Y17, "2.00", "2.00");
    expect_target(w, "q", "b|" Y17, "8.00", "8.00");
    world_final(w, "d", "a", "2021-07-01"); /* in no year: there is no budget */
    world_day(w, "2019-01-02");
    assert_int_equal(world_instance(w, "p", "a")->state, ENGINE_FAULT);
    expect_slice(world_instance(w, "p", "a")->target, "5.00");
    world_free(w);
}

static void rule_C1_what_waits_keeps_its_place_in_the_budget_of_its_last_day(void **state)
{
    (void) state;
    struct world *w = world_new(SMALL(
        YEARS "period half every 6 months from 2016-01-01 to 2018-12-31\ndimension arm (a, b)\n" BY("d", "date", "arm")
            BY("x", "USD", "arm") BY("y", "USD", "half") "pay p from city to lender for each arm dated d "
                                                         "amount x\n"
                                                         "cap 10 per year on p\n"
                                                         "pay q from city to lender for each half of y "
                                                         "amount y\ncap 10 per year on q\n"));
    world_final(w, "d", "a", "2016-05-05");
    world_final(w, "d", "b", "2016-06-06");
    world_final(w, "x", "a", "6");
    world_final(w, "x", "b", "0");
    world_final(w, "y", "2017-01-01/2017-06-30", "7");
    world_day(w, "2018-01-01");
    world_fact(w, "d", "a", "2016-05-05", ENGINE_DISPUTED); /* its day is unknown: what it keeps is still of 2016 */
    world_final(w, "x", "b", "9");
    world_fact(w, "y", "2017-01-01/2017-06-30", "7", ENGINE_DISPUTED);
    world_final(w, "y", "2017-07-01/2017-12-31", "8");
    world_day(w, "2018-01-02");
    expect_waits(w, "p", "a", "d(a) is disputed", "6.00");
    expect_target(w, "p", "b", "4.00", "4.00");
    expect_target(w, "q", "2017-07-01/2017-12-31", "3.00", "3.00");
    world_final(w, "d", "a", "2019-05-05"); /* in no year: a fault, which keeps its 6 of 2016 */
    world_day(w, "2018-01-03");
    assert_int_equal(world_instance(w, "p", "a")->state, ENGINE_FAULT);
    assert_int_equal(world_instance(w, "p", "a")->day, day_of("2016-05-05"));
    expect_target(w, "p", "b", "4.00", "0.00");
    world_free(w);
}

static void rule_C1_a_day_in_another_period_begins_anew_there(void **state)
{
    (void) state;
    struct world *w = world_new(SMALL(YEARS "dimension arm (a, b, c)\n" BY("d", "date", "arm") BY(
        "x", "USD", "arm") "pay p from city to lender for each arm dated d amount x\ncap 10 per year on p\n"));
    const char *const arms[] = {"a", "b", "c"}, *const days[] = {"2016-05-05", "2017-05-05", "2016-06-06"};
    for (size_t i = 0; i < 3; i++) {
        world_final(w, "d", arms[i], days[i]);
        world_final(w, "x", arms[i], i == 1 ? "7" : "10");
    }
    world_day(w, "2018-01-01");
    expect_target(w, "p", "a", "10.00", "10.00");
    expect_target(w, "p", "b", "7.00", "7.00");
    expect_target(w, "p", "c", "0.00", "0.00");
    world_final(w, "d", "a", "2017-06-06"); /* both stood below their caps: together they may not stand above one */
    world_day(w, "2018-01-02");
    expect_target(w, "p", "a", "3.00", "-7.00");
    expect_target(w, "p", "b", "7.00", "0.00");
    expect_target(w, "p", "c", "10.00", "10.00");
    for (int i = 0; i < 2; i++) {
        world_day(w, "2018-01-03");
        expect_target(w, "p", "a", "3.00", "0.00");
        expect_target(w, "p", "c", "10.00", "0.00");
    }
    world_free(w);
}

static void rule_C3_never_back_and_either_way_under_a_cap(void **state)
{
    (void) state;
    struct world *w = world_new(SMALL(METRIC("x", "USD") "pay p from city to lender amount x either way never back\n"
                                                         "pay q from city to lender amount x either way never back\n"
                                                         "cap 10 on q\n"));
    static const char *const rows[][2] = {{"-5", "0.00"}, {"4", "4.00"}, {"-2", "4.00"}, {"6", "6.00"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) { /* the cap is wide: it makes no difference */
        world_final(w, "x", "", rows[i][0]);
        world_day(w, "2017-01-01");
        expect_slice(world_instance(w, "p", "")->target, rows[i][1]);
        expect_slice(world_instance(w, "q", "")->target, rows[i][1]);
    }
    world_free(w);
}

static void rule_C3_what_an_instance_was_given_it_keeps(void **state)
{
    (void) state;
    struct world *w = world_new(SMALL("dimension arm (a, b, c)\n" BY(
        "x", "USD", "arm") "pay p from city to lender for each arm of x amount x\ncap 10 on p\n"));
    world_final(w, "x", "c", "6");
    world_day(w, "2017-01-01");
    world_final(w, "x", "a", "7");
    world_day(w, "2017-01-02");
    expect_target(w, "p", "c", "6.00", "0.00");
    expect_target(w, "p", "a", "4.00", "4.00");
    world_final(w, "x", "c", "9"); /* an early instance above the cap gets what is free: nothing */
    world_day(w, "2017-01-03");
    expect_target(w, "p", "c", "6.00", "0.00");
    expect_target(w, "p", "a", "4.00", "0.00");
    world_final(w, "x", "a", "1"); /* room appears */
    world_day(w, "2017-01-04");
    expect_target(w, "p", "c", "9.00", "3.00");
    expect_target(w, "p", "a", "1.00", "-3.00");
    world_fact(w, "x", "c", "9", ENGINE_DISPUTED); /* one that is not computed keeps what stands; others go on */
    world_final(w, "x", "a", "5");
    world_day(w, "2017-01-05");
    expect_waits(w, "p", "c", "x(c) is disputed", "9.00");
    expect_target(w, "p", "a", "1.00", "0.00");
    world_free(w);
}

static void rule_C4_order_of_first_amounts(void **state)
{
    (void) state;
    struct world *w =
        world_new(SMALL("dimension arm (a, b, c)\n" BY("x", "USD", "arm")
                            BY("d", "date", "arm") "pay late from city to lender for each arm of x dated d amount x\n"
                                                   "pay early from city to lender for each arm of x dated d amount x\n"
                                                   "cap 25 on early, late\n"));
    world_final(w, "d", "a", "2016-05-05");
    world_final(w, "d", "b", "2016-04-04");
    world_final(w, "d", "c", "2016-04-04");
    world_final(w, "x", "a", "0");
    world_day(w, "2017-01-01");
    assert_int_equal(world_instance(w, "late", "a")->first, 0); /* an amount above zero is what counts */
    world_final(w, "x", "a", "10");
    world_final(w, "x", "b", "10");
    world_final(w, "x", "c", "10");
    world_day(w, "2017-01-02");
    /* within one entry: day, then place of the rule, then key */
    assert_int_equal(world_instance(w, "late", "b")->first, 1);
    assert_int_equal(world_instance(w, "late", "c")->first, 2);
    assert_int_equal(world_instance(w, "early", "b")->first, 3);
    assert_int_equal(world_instance(w, "early", "c")->first, 4);
    assert_int_equal(world_instance(w, "late", "a")->first, 5);
    assert_int_equal(world_instance(w, "early", "a")->first, 6);
    expect_target(w, "late", "b", "10.00", "10.00");
    expect_target(w, "late", "c", "10.00", "10.00");
    expect_target(w, "early", "b", "5.00", "5.00");
    expect_target(w, "late", "a", "0.00", "0.00");
    world_final(w, "d", "a", "2016-01-01"); /* an earlier day later on changes nothing: recorded once */
    world_final(w, "x", "b", "8");
    world_day(w, "2017-01-03");
    expect_target(w, "late", "b", "8.00", "-2.00");
    expect_target(w, "early", "b", "7.00", "2.00"); /* what is free goes to the first that was cut */
    expect_target(w, "early", "c", "0.00", "0.00");
    expect_target(w, "late", "a", "0.00", "0.00");
    world_free(w);
}

static void rule_C4_the_least_room_of_several_budgets(void **state)
{
    (void) state;
    struct world *w = world_new(
        SMALL("dimension arm (a, b)\n" BY("x", "USD", "arm") "pay p from city to lender for each arm of x amount x\n"
                                                             "pay q from city to lender for each arm of x amount x\n"
                                                             "cap 10 per arm on p, q\ncap 15 on p\ncap 3 on q\n"));
    world_final(w, "x", "a", "8");
    world_final(w, "x", "b", "9");
    world_day(w, "2017-01-01");
    expect_target(w, "p", "a", "8.00", "8.00");
    expect_target(w, "p", "b", "7.00", "7.00");
    expect_target(w, "q", "a", "2.00", "2.00");
    expect_target(w, "q", "b", "1.00", "1.00");
    world_free(w);
}

static void rule_C5_amounts_below_zero_free_nothing(void **state)
{
    (void) state;
    struct world *w = world_new(SMALL("dimension arm (a, b)\n" BY(
        "x", "USD", "arm") "pay p from city to lender for each arm of x amount x either way\ncap 10 on p\n"));
    world_final(w, "x", "a", "-5");
    world_final(w, "x", "b", "20");
    world_day(w, "2017-01-01");
    expect_target(w, "p", "a", "-5.00", "-5.00");
    expect_target(w, "p", "b", "10.00", "10.00");
    world_final(w, "x", "a", "4"); /* what stood below zero uses nothing, and there is no room */
    world_day(w, "2017-01-02");
    expect_target(w, "p", "a", "0.00", "5.00");
    world_free(w);
}

/* ---- P, T ---- */

static void rule_P1_evaluating_again_triggers_nothing(void **state)
{
    (void) state;
    struct world *w = world_new(SMALL(METRIC("x", "USD") "pay p from city to lender amount x / 3\ncap 1_000 on p\n"));
    world_final(w, "x", "", "100");
    world_day(w, "2017-01-01");
    expect_target(w, "p", "", "33.33", "33.33");
    for (int i = 0; i < 3; i++) {
        world_day(w, "2017-01-01");
        expect_target(w, "p", "", "33.33", "0.00");
    }
    world_free(w);
}

static void rule_T2_not_before_holds_from_the_first_moment_of_its_day(void **state)
{
    (void) state;
    struct world *w = world_new(SMALL(YEARS "pay p from city to lender for each year amount 1 not before end of year\n"
                                            "pay q from city to lender amount 1 not before never\n"));
    world_day(w, "2016-12-30");
    expect_waits(w, "p", Y16, "not before 2016-12-31", "0.00");
    assert_int_equal(w->output->next_moment, day_of("2016-12-31"));
    world_day(w, "2016-12-31");
    expect_target(w, "p", Y16, "1.00", "1.00");
    assert_int_equal(w->output->next_moment, day_of("2017-12-31"));
    expect_waits(w, "q", "", "not before never", "0.00");
    assert_int_equal(world_instance(w, "q", "")->wakes, DAY_NEVER);
    world_day(w, "2020-01-01");
    assert_int_equal(w->output->next_moment, day_of("2023-01-01")); /* the day after it closes */
    world_free(w);
}

/* ---- section 5: rows ---- */

static void bands_and_lines_at_their_ends(void **state)
{
    (void) state;
    static const struct {
        const char *x, *bands, *flat, *extended;
    } rows[] = {{"-4", "0.00", "10.00", "-10.00"}, {"0", "0.00", "10.00", "0.00"},  {"1", "0.00", "10.00", "2.50"},
                {"2", "0.00", "10.00", "5.00"},    {"4", "6.00", "10.00", "10.00"}, {"5", "9.00", "12.50", "12.50"},
                {"6", "12.00", "15.00", "15.00"},  {"8", "22.00", "5.00", "5.00"},  {"10", "32.00", "5.00", "-5.00"}};
    struct world *w = world_new(SMALL(METRIC(
        "x", "days") "pay b from city to lender amount bands of x: from 2 days: 3 per day from 6 days: 5 per "
                     "day either way\n"
                     "pay f from city to lender amount linear of x: at 4 days: 10 at 6 days: 15 at 8 days: 5 outside: "
                     "flat either way\n"
                     "pay e from city to lender amount linear of x: at 4 days: 10 at 6 days: 15 at 8 days: 5 outside: "
                     "extended either way\n"));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        world_final(w, "x", "", rows[i].x);
        world_day(w, "2017-01-01");
        expect_slice(world_instance(w, "b", "")->target, rows[i].bands);
        expect_slice(world_instance(w, "f", "")->target, rows[i].flat);
        expect_slice(world_instance(w, "e", "")->target, rows[i].extended);
    }
    world_free(w);
}

/* ---- N ---- */

static void rule_N3_rounding_is_symmetrical(void **state)
{
    (void) state;
    static const struct {
        const char *x, *down, *up, *half_up, *half_even;
    } rows[] = {{"2.5", "2.00", "3.00", "3.00", "2.00"},      {"3.5", "3.00", "4.00", "4.00", "4.00"},
                {"-2.5", "-2.00", "-3.00", "-3.00", "-2.00"}, {"2.4", "2.00", "3.00", "2.00", "2.00"},
                {"-2.6", "-2.00", "-3.00", "-3.00", "-3.00"}, {"7", "7.00", "7.00", "7.00", "7.00"}};
    struct world *w =
        world_new(SMALL(METRIC("x", "USD") "pay d from city to lender amount round(x, 1, down) either way\n"
                                           "pay u from city to lender amount round(x, 1, up) either way\n"
                                           "pay h from city to lender amount round(x, 1, half up) either way\n"
                                           "pay e from city to lender amount round(x, 1, half even) either way\n"));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        world_final(w, "x", "", rows[i].x);
        world_day(w, "2017-01-01");
        expect_slice(world_instance(w, "d", "")->target, rows[i].down);
        expect_slice(world_instance(w, "u", "")->target, rows[i].up);
        expect_slice(world_instance(w, "h", "")->target, rows[i].half_up);
        expect_slice(world_instance(w, "e", "")->target, rows[i].half_even);
    }
    world_free(w);
}

static void rule_N6_dates(void **state)
{
    (void) state;
    static const char *const truths[] = {
        "1 month after 2015-01-31 = 2015-02-28",
        "1 month after 2016-01-31 = 2016-02-29",
        "2 months after 2016-01-31 = 2016-03-31",
        "1 year after 2016-02-29 = 2017-02-28",
        "10 days after 3 months after 2016-01-01 = 2016-04-11",
        "2 weeks before 2016-03-01 = 2016-02-16",
        "2016-03-01 - 2016-02-01 = 29 days",
        "2016-02-01 - 2016-03-01 = -29 days",
        "years(2000-02-29, 2018-02-28) = 18 years",
        "years(2000-03-01, 2018-02-28) = 17 years",
        "fraction(2016-01-01, 2016-01-31, actual_365) = 30 / 365",
        "fraction(2016-01-01, 2016-01-31, actual_360) = 1 / 12",
        "fraction(2016-01-31, 2016-03-31, thirty_e_360) = 1 / 6",
        "fraction(2015-07-02, 2016-07-01, actual_actual) = 183 / 365 + 182 / 366",
        "fraction(2016-07-01, 2015-07-02, actual_actual) = -183 / 365 - 182 / 366",
        "fraction(2015-03-01, 2017-03-01, actual_actual) = 306 / 365 + 1 + 59 / 365",
        "fraction(2016-12-31, 2017-01-02, actual_actual) = 1 / 366 + 1 / 365",
        "fraction(0001-01-01, 9999-12-31, actual_actual) = 9_998 + 364 / 365",
        "30 days after never = never",
        "start of contract = 2016-01-01 and end of contract = 2020-12-31",
    };
    for (size_t i = 0; i < sizeof truths / sizeof truths[0]; i++) {
        char text[2000];
        snprintf(text, sizeof text, SMALL("pay p from city to lender when %s amount 1\n"), truths[i]);
        struct world *w = world_new(text);
        world_day(w, "2017-01-01");
        if (!slice_is(world_instance(w, "p", "")->target, "1.00"))
            fail_msg("not so: %s %.*s", truths[i], SLICE_ARG(world_instance(w, "p", "")->reason));
        world_free(w);
    }
}

static void a_word_is_one_of_those_that_are_named_in_any_order(void **state)
{
    (void) state;
    struct world *w = world_new(SMALL("dimension site (a, b, c, d, e)\npay p from city to lender for each site\n"
                                      "  when site in (d, b, d, a)\n  amount 1\n"));
    static const char *const targets[] = {"1.00", "1.00", "0.00", "1.00", "0.00"};
    world_day(w, "2017-01-01");
    for (size_t i = 0; i < 5; i++)
        expect_slice(world_instance(w, "p", (const char[]){(char) ('a' + i), '\0'})->target, targets[i]);
    world_free(w);
}

static void expect_parts(const struct world *w, const char *const *parts)
{
    static const char *const sites[] = {"a", "b", "c"};
    for (size_t i = 0; i < 3; i++)
        expect_slice(world_instance(w, "p", sites[i])->target, parts[i]);
}

static void rule_N5_the_parts_are_whole_cents_and_sum_to_the_pot(void **state)
{
    (void) state;
    struct world *w = world_new(SMALL("dimension site (a, b, c)\n" METRIC("pot", "USD") BY(
        "x", "number",
        "site") "pay p from city to lender for each site amount portion(pot, x over site) either way\n"
                "pay found from city to lender for each site amount portion(pot, x over site of x where x < 5)\n"
                "pay rand from city to lender for each site amount portion(ZAR 1, x over site)\n"));
    static const char *const rows[][7] = {
        /* pot, weights, parts: what is left over goes to the largest remainders, ties by order */
        {"100", "1", "1", "1", "33.34", "33.33", "33.33"},   {"0.05", "1", "1", "1", "0.02", "0.02", "0.01"},
        {"-0.05", "1", "1", "1", "-0.02", "-0.02", "-0.01"}, {"0.02", "1", "2", "1", "0.01", "0.01", "0.00"},
        {"10", "0", "3", "1", "0.00", "7.50", "2.50"},       {"0.005", "1", "1", "1", "0.00", "0.00", "0.00"},
        {"0.015", "5", "1", "1", "0.02", "0.00", "0.00"},    {"0", "5", "1", "1", "0.00", "0.00", "0.00"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        world_final(w, "pot", "", rows[i][0]);
        world_final(w, "x", "a", rows[i][1]);
        world_final(w, "x", "b", rows[i][2]);
        world_final(w, "x", "c", rows[i][3]);
        world_day(w, "2017-01-01");
        expect_parts(w, &rows[i][4]);
    }
    expect_slice(world_instance(w, "found", "a")->target, "0.00"); /* not among those found */
    world_final(w, "pot", "", "9");
    world_day(w, "2017-01-02");
    expect_slice(world_instance(w, "found", "b")->target, "4.50");
    expect_slice(world_instance(w, "rand", "a")->target, "0.70"); /* 20 pieces of 0.05: 14.3, 2.9, 2.9 */
    expect_slice(world_instance(w, "rand", "c")->target, "0.15");
    world_fact(w, "x", "b", "1", ENGINE_DISPUTED);
    world_day(w, "2017-01-03");
    expect_waits(w, "p", "a", "x(b) is disputed", "6.43");
    expect_waits(w, "p", "c", "x(b) is disputed", "1.28");
    world_final(w, "x", "b", "-1");
    world_day(w, "2017-01-04");
    assert_int_equal(world_instance(w, "p", "c")->state, ENGINE_FAULT);
    world_final(w, "x", "a", "0");
    world_final(w, "x", "b", "0");
    world_final(w, "x", "c", "0");
    world_day(w, "2017-01-05");
    assert_int_equal(world_instance(w, "p", "c")->state, ENGINE_FAULT);
    world_free(w);
}

#define CALENDARS                                                                                                          \
    "calendar working monday to friday except 2012-12-25 to 2012-12-26, 2013-01-01\n"                                      \
    "calendar turned saturday to monday\ncalendar school monday to sunday except 2012-07-21 to 2012-09-03, "               \
    "2013-03-29 to 2013-04-14\n"

static void rule_N6_days_of_a_calendar(void **state)
{
    (void) state;
    static const char *const truths[] = {
        "1 working days after 2012-12-24 = 2012-12-27",
        "4 working days after 2012-12-24 = 2013-01-02",
        "1 working days after 2012-12-22 = 2012-12-24", /* a Saturday: the first day after it */
        "1 working days before 2012-12-27 = 2012-12-24",
        "2 working days before 2012-12-26 = 2012-12-21",
        "0 working days after 2012-12-25 = 2012-12-25",
        "15 working days after 2012-02-29 = 2012-03-21",
        "3 turned days after 2012-12-24 = 2012-12-31",
        "10 days after 1 working days after 2012-12-24 = 2013-01-06",
        "5 working days after never = never",
        "days(2012-12-24, 2012-12-27, working) = 1 day",
        "days(2012-12-23, 2012-12-24, working) = 1 day",
        "days(2012-12-24, 2012-12-24, working) = 0 days",
        "days(2012-12-27, 2012-12-24, working) = -1 day",
        "days(2012-07-20, 2012-09-04, school) = 1 day",
        "days(2012-08-01, 2012-08-20, school) = 0 days",
        "days(0001-01-01, 9999-12-31, turned) > 1_500_000 days",
    };
    for (size_t i = 0; i < sizeof truths / sizeof truths[0]; i++) {
        char text[2000];
        snprintf(text, sizeof text, SMALL(CALENDARS "pay p from city to lender when %s amount 1\n"), truths[i]);
        struct world *w = world_new(text);
        world_day(w, "2017-01-01");
        if (!slice_is(world_instance(w, "p", "")->target, "1.00"))
            fail_msg("not so: %s %.*s", truths[i], SLICE_ARG(world_instance(w, "p", "")->reason));
        world_free(w);
    }
}

/* Against going over the days one by one. */
static void rule_N6_days_of_a_calendar_are_those_that_one_finds_by_counting(void **state)
{
    (void) state;
    struct world *w =
        world_new(SMALL(CALENDARS METRIC("begun", "date") METRIC("ended", "date")
                            METRIC("n", "number") "define counted = days(begun, ended, working)\n"
                                                  "pay p from city to lender amount USD 1_000 + 1 per day of counted\n"
                                                  "pay q from city to lender amount USD 1 * n due 7 working days after\n"
                                                  "pay r from city to lender amount 1 due 0 working days after\n"));
    int32_t start = day_of("2012-12-10"), christmas = day_of("2012-12-25"), new_year = day_of("2013-01-01");
    for (int32_t to = start - 20; to < start + 40; to++) {
        int count = 0;
        char text[DAY_TEXT_LEN + 1], wanted[40];
        for (int32_t day = start < to ? start + 1 : to + 1; day <= (start < to ? to : start); day++)
            count += day_weekday(day) < 5 && day != christmas && day != christmas + 1 && day != new_year ? 1 : 0;
        day_format(to, text);
        world_final(w, "begun", "", "2012-12-10");
        world_final(w, "ended", "", text);
        world_day(w, "2017-01-01");
        snprintf(wanted, sizeof wanted, "%d.00", 1000 + (start < to ? count : -count));
        expect_slice(world_instance(w, "p", "")->target, wanted);
    }
    for (int32_t day = start; day < start + 40; day++) {
        int32_t due = day;
        for (int left = 7; left > 0;) {
            due++;
            left -= day_weekday(due) < 5 && due != christmas && due != christmas + 1 && due != new_year ? 1 : 0;
        }
        assert_int_equal(terms_due_day(w->terms, terms_find_rule(w->terms, SLICE("q")), day), due);
        assert_int_equal(terms_due_day(w->terms, terms_find_rule(w->terms, SLICE("r")), day), day);
    }
    assert_int_equal(terms_due_day(w->terms, terms_find_rule(w->terms, SLICE("q")), DAY_MAX), DAY_NEVER);
    world_free(w);
}

static void rule_N7_powers(void **state)
{
    (void) state;
    static const char *const truths[] = {
        "0 ^ 0 = 1",         "2 ^ -2 = 0.25", "101% ^ 2 = 1.0201", "1 ^ 1_000_000 = 1",
        "0 ^ 1_000_000 = 0", "-(2 ^ 2) = -4", "2 ^ 3 ^ 2 = 512",   "(0 - 1) ^ 1_000_001 = -1",
    };
    for (size_t i = 0; i < sizeof truths / sizeof truths[0]; i++) {
        char text[2000];
        snprintf(text, sizeof text, SMALL("pay p from city to lender when %s amount 1\n"), truths[i]);
        struct world *w = world_new(text);
        world_day(w, "2017-01-01");
        if (!slice_is(world_instance(w, "p", "")->target, "1.00"))
            fail_msg("not so: %s %.*s", truths[i], SLICE_ARG(world_instance(w, "p", "")->reason));
        world_free(w);
    }
}

/* ---- what the caller gives wrong ---- */

static void contradictory_input_is_an_error_not_an_amount(void **state)
{
    (void) state;
    struct world *w = world_new(SMALL(YEARS BY("x", "USD", "year") "pay p from city to lender for each year amount x\n"));
    struct err err = {0};
    struct engine_output *out = NULL;
    struct engine_fact twice[] = {{.key = SLICE(Y16), .value = SLICE("1")}, {.key = SLICE(Y16), .value = SLICE("2")}};
    struct engine_fact nowhere = {.key = SLICE("2016"), .value = SLICE("1")};
    struct engine_fact misfit = {.key = SLICE(Y16), .value = SLICE("60%")};
    struct engine_record record = {.key = SLICE(Y16), .stands = SLICE("x"), .day = DAY_NEVER};
    struct engine_input input = {.terms = w->terms, .facts = twice, .fact_count = 2, .next_first = 1};
    assert_int_equal(engine_evaluate(&input, w->arena, &out, &err), TALLY_E_INTEGRITY);
    input.facts = &nowhere;
    input.fact_count = 1;
    assert_int_equal(engine_evaluate(&input, w->arena, &out, &err), TALLY_E_INTEGRITY);
    input.facts = &misfit;
    assert_int_equal(engine_evaluate(&input, w->arena, &out, &err), TALLY_E_INTEGRITY);
    input.fact_count = 0;
    input.records = &record;
    input.record_count = 1;
    assert_int_equal(engine_evaluate(&input, w->arena, &out, &err), TALLY_E_INTEGRITY);
    assert_null(out);
    world_free(w);
}

static void an_arena_that_is_too_small_is_a_limit(void **state)
{
    (void) state;
    struct world *w = world_new(SMALL(YEARS "pay p from city to lender for each year amount 1\n"));
    struct engine_input input = world_input(w);
    struct engine_output *out = NULL;
    struct arena *small = arena_new(64);
    assert_int_equal(engine_evaluate(&input, small, &out, NULL), TALLY_E_LIMIT);
    assert_null(out);
    arena_free(small);
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rule_S1_dimensions_are_exactly_those_of_by_and_where),
        cmocka_unit_test(rule_S1_value_has_the_type_and_unit_and_lies_between),
        cmocka_unit_test(rule_S1_members_of_open_dimensions_have_a_form),
        cmocka_unit_test(rule_S7_the_first_members_count),
        cmocka_unit_test(rule_I1_an_instance_that_stands_remains_when_nobody_names_its_member),
        cmocka_unit_test(rule_M1_disputed_then_current_then_default_then_unknown),
        cmocka_unit_test(rule_M2_lateness_is_judged_by_the_day_of_submission),
        cmocka_unit_test(rule_M3_only_what_is_needed_is_waited_for),
        cmocka_unit_test(rule_M3_a_step_needs_x_and_its_bounds),
        cmocka_unit_test(rule_M4_faults_have_their_place_and_figures),
        cmocka_unit_test(rule_M4_a_fault_keeps_what_stands_and_is_unknown_to_others),
        cmocka_unit_test(rule_D2_aggregates_run_over_all_members_in_order),
        cmocka_unit_test(rule_D4_sum_and_count_of_nothing_are_zero),
        cmocka_unit_test(rule_D4_best_takes_the_largest),
        cmocka_unit_test(bands_pay_each_rate_on_its_own_part),
        cmocka_unit_test(rule_D5_a_define_is_evaluated_once_for_each_binding),
        cmocka_unit_test(rule_D6_prior_goes_back_to_the_first_member),
        cmocka_unit_test(rule_D6_a_long_period_costs_no_more_for_each_member),
        cmocka_unit_test(rule_D6_what_an_evaluation_looks_at_takes_no_memory),
        cmocka_unit_test(the_deepest_texts_fit_on_the_stack_of_a_worker),
        cmocka_unit_test(a_long_way_through_caps_is_a_fault_not_a_crash),
        cmocka_unit_test(rule_I1_one_instance_for_each_combination_or_each_key_found),
        cmocka_unit_test(rule_I2_the_day_of_an_instance_orders_first_amounts),
        cmocka_unit_test(rule_I3_what_is_not_computed_keeps_what_stands),
        cmocka_unit_test(rule_A1_not_before_comes_before_when),
        cmocka_unit_test(rule_A1_the_amount_is_rounded_once_as_the_header_says),
        cmocka_unit_test(rule_M4_an_amount_that_the_ledger_cannot_write_is_a_fault),
        cmocka_unit_test(rule_A2_below_zero_is_zero_unless_either_way),
        cmocka_unit_test(rule_A3_never_back_keeps_what_stands),
        cmocka_unit_test(rule_A4_the_name_of_a_rule_is_its_target),
        cmocka_unit_test(rule_C1_a_budget_for_each_combination_also_by_the_day),
        cmocka_unit_test(rule_C1_what_waits_keeps_its_place_in_the_budget_of_its_last_day),
        cmocka_unit_test(rule_C1_a_day_in_another_period_begins_anew_there),
        cmocka_unit_test(rule_C3_never_back_and_either_way_under_a_cap),
        cmocka_unit_test(rule_C3_what_an_instance_was_given_it_keeps),
        cmocka_unit_test(rule_C4_order_of_first_amounts),
        cmocka_unit_test(rule_C4_the_least_room_of_several_budgets),
        cmocka_unit_test(rule_C5_amounts_below_zero_free_nothing),
        cmocka_unit_test(rule_P1_evaluating_again_triggers_nothing),
        cmocka_unit_test(rule_T2_not_before_holds_from_the_first_moment_of_its_day),
        cmocka_unit_test(bands_and_lines_at_their_ends),
        cmocka_unit_test(rule_N3_rounding_is_symmetrical),
        cmocka_unit_test(rule_N6_dates),
        cmocka_unit_test(a_word_is_one_of_those_that_are_named_in_any_order),
        cmocka_unit_test(rule_N5_the_parts_are_whole_cents_and_sum_to_the_pot),
        cmocka_unit_test(rule_N6_days_of_a_calendar),
        cmocka_unit_test(rule_N6_days_of_a_calendar_are_those_that_one_finds_by_counting),
        cmocka_unit_test(rule_N7_powers),
        cmocka_unit_test(contradictory_input_is_an_error_not_an_amount),
        cmocka_unit_test(an_arena_that_is_too_small_is_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
