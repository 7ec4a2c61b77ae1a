/* `until`, `if late use` and sets of open dimensions: rules S1, M1, M2, D2 to D4, T2, T3 and K5 of language.md section 7. */
#include "world.h"

#define QUARTERS "period quarter every 3 months from 2016-01-01 to 2016-12-31\n"
#define Q1 "2016-01-01/2016-03-31"
#define Q2 "2016-04-01/2016-06-30"
#define Q3 "2016-07-01/2016-09-30"
#define LATE(name, kind, by, until, late)                                                                                  \
    "metric " name " is \"A figure\" in " kind "\n  by " by "\n  reported by judge until " until "\n"                      \
    "  verified by city\n  disputes within 30 days\n" late

static bool fits_on(const struct world *w, const char *metric, const struct terms_dimension_value *dims, uint32_t count,
                    const char *value, const char *day, char *why)
{
    struct terms_candidate candidate = {.dimensions = dims,
                                        .dimension_count = count,
                                        .value = slice_str(value),
                                        .reporter = terms_find_party(w->terms, SLICE("judge")),
                                        .submitted = day_of(day)};
    struct slice key = {0}, is_why = {0};
    bool fits = false;
    uint32_t m = terms_find_metric(w->terms, slice_str(metric));
    assert_int_equal(terms_fit(w->terms, m, &candidate, w->arena, &fits, &key, &is_why, NULL), TALLY_OK);
    if (fits)
        assert_true(day_of(day) <= terms_until(w->terms, m, key));
    else
        snprintf(why, 200, "%.*s", SLICE_ARG(is_why));
    return fits;
}

static void rule_S1_what_is_first_submitted_after_until_does_not_fit(void **state)
{
    (void) state;
    struct world *w = world_new(SMALL(QUARTERS "dimension village open, at most 9\n"
                                               "table grace in days by quarter\n  2016-01-01: 60\n  otherwise: 30\n"
                                               "define last_day = grace after end of quarter\n" LATE(
                                                   "x", "USD", "village, quarter", "last_day", "  if late use 0\n")
                                                   LATE("y", "USD", "village", "2016-05-30", "  if late use 0\n")));
    struct terms_dimension_value dims[] = {{SLICE("village"), SLICE("a")}, {SLICE("quarter"), SLICE(Q1)}};
    struct terms_dimension_value next[] = {{SLICE("village"), SLICE("a")}, {SLICE("quarter"), SLICE(Q2)}};
    char why[200] = "";
    assert_true(fits_on(w, "x", dims, 2, "5", "2016-05-30", why)); /* T2: the day itself is in time */
    assert_false(fits_on(w, "x", dims, 2, "5", "2016-05-31", why));
    assert_string_equal(why, "it was submitted on 2016-05-31, and what comes after 2016-05-30 is not used");
    assert_true(fits_on(w, "x", next, 2, "5", "2016-07-30", why));
    assert_false(fits_on(w, "x", next, 2, "5", "2016-07-31", why));
    assert_true(fits_on(w, "y", dims, 1, "5", "2016-05-30", why));
    assert_false(fits_on(w, "y", dims, 1, "5", "2016-05-31", why));
    assert_int_equal(terms_until(w->terms, terms_find_metric(w->terms, SLICE("x")), SLICE("never-seen|" Q1)),
                     day_of("2016-05-30"));
    world_free(w);
}

#define JAILED                                                                                                             \
    QUARTERS LATE("jailed", "USD", "quarter", "60 days after end of quarter",                                              \
                  "  if late use 7\n") "pay p from city to lender for each quarter amount jailed\n"

static void rule_M1_the_late_default_holds_when_until_has_passed(void **state)
{
    (void) state;
    struct world *w = world_new(SMALL(JAILED));
    world_day(w, "2016-05-30"); /* T2: the last day of the first quarter's results has not passed */
    expect_waits(w, "p", Q1, "jailed(2016-01-01) is missing", "0.00");
    assert_int_equal(w->output->next_moment, day_of("2016-05-31"));
    world_day(w, "2016-05-31");
    expect_target(w, "p", Q1, "7.00", "7.00");
    expect_waits(w, "p", Q2, "jailed(2016-04-01) is missing", "0.00");
    assert_int_equal(w->output->next_moment, day_of("2016-08-30"));
    world_fact(w, "jailed", Q2, "3", ENGINE_FINAL);
    world_day(w, "2016-08-30");
    expect_target(w, "p", Q2, "3.00", "3.00");
    world_fact(w, "jailed", Q2, "3", ENGINE_DISPUTED); /* F1: neither the value nor the default */
    world_day(w, "2016-08-31");
    expect_waits(w, "p", Q2, "jailed(2016-04-01) is disputed", "3.00");
    world_free(w);
}

static void rule_M2_who_delays_the_verification_brings_about_no_default(void **state)
{
    (void) state;
    struct world *w = world_new(SMALL(JAILED));
    w->today = day_of("2016-05-30");
    world_fact(w, "jailed", Q1, "3", ENGINE_PENDING);
    world_day(w, "2016-07-01");
    expect_waits(w, "p", Q1, "jailed(2016-01-01) is not verified", "0.00");
    world_withdraw(w, "jailed", Q1); /* rejected: nothing came in time */
    world_day(w, "2016-07-02");
    expect_target(w, "p", Q1, "7.00", "7.00");
    world_free(w);
}

static void rule_T3_until_is_a_moment_only_where_something_waits_for_it(void **state)
{
    (void) state;
    struct world *w = world_new(SMALL(JAILED));
    world_fact(w, "jailed", Q1, "3", ENGINE_FINAL);
    world_day(w, "2016-05-30");
    assert_int_equal(w->output->next_moment, day_of("2016-08-30")); /* the second quarter's */
    world_day(w, "2017-03-02");                                     /* all have passed; then it closes */
    assert_int_equal(w->output->next_moment, day_of("2023-01-01"));
    world_free(w);
}

#define ENROLLED                                                                                                           \
    QUARTERS "dimension village open, at most 3\n" LATE(                                                                   \
        "enrolled", "number", "village, quarter", "30 days after end of quarter",                                          \
        "") "pay counted from city to lender for each quarter amount USD 10 * count(over village of enrolled where "       \
            "enrolled > 4)\n"                                                                                              \
            "pay summed from city to lender for each quarter amount USD 1 * sum(enrolled over village of enrolled)\n"      \
            "pay average from city to lender for each quarter amount USD 1 * mean(enrolled over village of enrolled)\n"    \
            "pay running from city to lender for each quarter\n"                                                           \
            "  amount USD 1 * sum(enrolled over village, quarter so far of enrolled)\n"

static void rule_D3_a_set_is_open_until_its_last_day_has_passed(void **state)
{
    (void) state;
    struct world *w = world_new(SMALL(ENROLLED));
    world_final(w, "enrolled", "b|" Q1, "4");
    world_final(w, "enrolled", "a|" Q1, "8");
    world_final(w, "enrolled", "a|" Q2, "100");
    world_day(w, "2016-04-30");
    expect_waits(w, "counted", Q1, "results of enrolled(2016-01-01) come until 2016-04-30", "0.00");
    assert_int_equal(w->output->next_moment, day_of("2016-05-01"));
    world_day(w, "2016-05-01");
    expect_target(w, "counted", Q1, "10.00", "10.00");
    expect_target(w, "summed", Q1, "12.00", "12.00");
    expect_target(w, "average", Q1, "6.00", "6.00");
    expect_target(w, "running", Q1, "12.00", "12.00");
    expect_waits(w, "running", Q2, "results of enrolled(2016-04-01) come until 2016-07-30", "0.00");
    world_day(w, "2016-07-31");
    expect_target(w, "running", Q2, "112.00", "112.00");
    expect_waits(w, "running", Q3, "results of enrolled(2016-07-01) come until 2016-10-30", "0.00");
    world_free(w);
}

static void rule_D3_what_is_undecided_or_disputed_keeps_the_set_open(void **state)
{
    (void) state;
    struct world *w = world_new(SMALL(ENROLLED));
    world_final(w, "enrolled", "a|" Q1, "8");
    world_final(w, "enrolled", "a|" Q2, "1");
    world_fact(w, "enrolled", "new|" Q1, "8", ENGINE_PENDING); /* of a member that is none yet */
    world_day(w, "2016-08-01");
    expect_waits(w, "counted", Q1, "enrolled(new, 2016-01-01) is not verified", "0.00");
    expect_target(w, "counted", Q2, "0.00", "0.00"); /* another quarter's */
    expect_waits(w, "running", Q2, "enrolled(new, 2016-01-01) is not verified", "0.00");
    world_final(w, "enrolled", "new|" Q1, "8");
    world_fact(w, "enrolled", "new|" Q2, "2", ENGINE_PENDING); /* of a member that there is */
    world_day(w, "2016-08-02");
    expect_target(w, "counted", Q1, "20.00", "20.00");
    expect_target(w, "running", Q1, "16.00", "16.00");
    expect_waits(w, "summed", Q2, "enrolled(new, 2016-04-01) is not verified", "1.00");
    world_fact(w, "enrolled", "new|" Q2, "2", ENGINE_DISPUTED);
    world_day(w, "2016-08-03");
    expect_waits(w, "summed", Q2, "enrolled(new, 2016-04-01) is disputed", "1.00");
    world_withdraw(w, "enrolled", "new|" Q2);
    world_day(w, "2016-08-04");
    expect_target(w, "summed", Q2, "1.00", "0.00");
    world_free(w);
}

static void rule_S7_what_no_member_is_left_for_is_not_waited_for(void **state)
{
    (void) state;
    struct world *w = world_new(SMALL(ENROLLED));
    world_final(w, "enrolled", "a|" Q1, "8");
    world_final(w, "enrolled", "b|" Q1, "8");
    world_final(w, "enrolled", "c|" Q1, "8");
    world_fact(w, "enrolled", "d|" Q1, "8", ENGINE_PENDING); /* the fourth of three */
    world_day(w, "2016-08-01");
    expect_target(w, "counted", Q1, "30.00", "30.00");
    world_free(w);
}

static void rule_D4_nothing_in_an_open_set(void **state)
{
    (void) state;
    struct world *w = world_new(SMALL(ENROLLED));
    world_day(w, "2016-08-01");
    expect_target(w, "counted", Q1, "0.00", "0.00");
    expect_target(w, "summed", Q1, "0.00", "0.00");
    assert_int_equal(world_instance(w, "average", Q1)->state, ENGINE_FAULT);
    world_free(w);
}

static void rule_D3_until_closes_closed_dimensions_too(void **state)
{
    (void) state;
    struct world *w = world_new(SMALL(QUARTERS LATE("x", "USD", "quarter", "30 days after end of quarter", "") LATE(
        "free", "USD", "quarter", "never", "") "pay p from city to lender amount sum(x over quarter of x)\n"
                                               "pay two from city to lender for each quarter amount sum(x over last 2 "
                                               "of quarter of x)\n"
                                               "pay none from city to lender amount sum(free over quarter of free)\n"));
    world_final(w, "x", Q1, "5");
    world_fact(w, "x", Q2, "6", ENGINE_PENDING);
    world_day(w, "2016-12-31");
    expect_waits(w, "p", "", "results of x come until 2017-01-30", "0.00");
    expect_target(w, "two", Q1, "5.00", "5.00");
    expect_waits(w, "two", Q2, "x(2016-04-01) is not verified", "0.00");
    expect_waits(w, "none", "", "the results of free never end", "0.00");
    world_final(w, "x", Q2, "6");
    world_day(w, "2017-01-31");
    expect_target(w, "p", "", "11.00", "11.00");
    expect_target(w, "two", Q3, "6.00", "6.00");
    world_free(w);
}

static void rule_N5_a_pot_is_shared_among_an_open_set(void **state)
{
    (void) state;
    struct world *w =
        world_new(SMALL("dimension village open, at most 9\n" LATE("pupils", "number", "village", "2016-03-31", "")
                            LATE("left", "number", "village", "2016-04-30",
                                 "  if late use 0\n") "pay share_out from city to lender for each village of pupils\n"
                                                      "  amount portion(100, pupils - left over village of pupils)\n"));
    world_final(w, "pupils", "c", "1");
    world_final(w, "pupils", "a", "1");
    world_final(w, "pupils", "b", "3");
    world_day(w, "2016-04-15");
    expect_waits(w, "share_out", "a", "left(a) is missing", "0.00");
    world_final(w, "left", "b", "2");
    world_day(w, "2016-05-01");
    expect_target(w, "share_out", "a", "33.34", "33.34");
    expect_target(w, "share_out", "b", "33.33", "33.33");
    expect_target(w, "share_out", "c", "33.33", "33.33");
    world_free(w);
}

static void rule_D3_an_open_set_may_be_bound_by_another_open_dimension(void **state)
{
    (void) state;
    struct world *w = world_new(SMALL("dimension village open, at most 9\ndimension pupil open, at most 9\n" LATE(
        "passed", "true or false", "pupil, village", "2016-03-31", "") LATE("opened", "date", "village", "2016-03-31",
                                                                            "") "define good = share(passed over pupil "
                                                                                "of passed)\n"
                                                                                "pay p from city to lender for each "
                                                                                "village of opened\n  amount USD 100 * "
                                                                                "good\n"));
    world_final(w, "opened", "v1", "2016-01-01");
    world_final(w, "opened", "v2", "2016-01-01");
    world_final(w, "passed", "p1|v1", "true");
    world_final(w, "passed", "p2|v1", "false");
    world_final(w, "passed", "p2|v2", "true");
    world_fact(w, "passed", "p3|v2", "true", ENGINE_PENDING);
    world_fact(w, "passed", "p4|v9", "true", ENGINE_PENDING); /* neither is a member */
    world_day(w, "2016-04-01");
    expect_target(w, "p", "v1", "50.00", "50.00");
    expect_waits(w, "p", "v2", "passed(p3, v2) is not verified", "0.00");
    world_final(w, "passed", "p3|v2", "false");
    world_day(w, "2016-04-02");
    expect_target(w, "p", "v2", "50.00", "50.00");
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rule_S1_what_is_first_submitted_after_until_does_not_fit),
        cmocka_unit_test(rule_M1_the_late_default_holds_when_until_has_passed),
        cmocka_unit_test(rule_M2_who_delays_the_verification_brings_about_no_default),
        cmocka_unit_test(rule_T3_until_is_a_moment_only_where_something_waits_for_it),
        cmocka_unit_test(rule_D3_a_set_is_open_until_its_last_day_has_passed),
        cmocka_unit_test(rule_D3_what_is_undecided_or_disputed_keeps_the_set_open),
        cmocka_unit_test(rule_S7_what_no_member_is_left_for_is_not_waited_for),
        cmocka_unit_test(rule_D4_nothing_in_an_open_set),
        cmocka_unit_test(rule_D3_until_closes_closed_dimensions_too),
        cmocka_unit_test(rule_N5_a_pot_is_shared_among_an_open_set),
        cmocka_unit_test(rule_D3_an_open_set_may_be_bound_by_another_open_dimension),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
