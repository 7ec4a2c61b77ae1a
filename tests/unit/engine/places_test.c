/* Who has the places of a full dimension (S7, I1), and that evaluating again with nothing new triggers nothing then either (P1). */
#include "world.h"

#define BY(name, kind)                                                                                                     \
    "metric " name " is \"A figure\" in " kind "\n  by who\n  reported by judge\n  disputes within 30 days\n"
#define WHO(n) "dimension who open, at most " n "\n"
#define EACH(rule, of) "pay " rule " from city to lender\n  for each who of " of "\n  amount " of "\n"

/* Evaluated once more, and nothing comes of it. */
static void expect_nothing_again(struct world *w, const char *day)
{
    world_day(w, day);
    for (size_t i = 0; i < w->output->count; i++)
        expect_slice(w->output->instances[i].difference, "0.00");
}

/* Who gives up a place gives it up in the entry that takes back what stood, and the next one has it in the same entry: evaluating again
 * with nothing new triggers nothing. */
static void rule_P1_a_place_that_comes_free_is_taken_at_once(void **state)
{
    (void) state;
    struct world *w =
        world_new(SMALL("dimension who open, at most 1\nmetric v is \"V\" in USD\n  by who\n  reported by judge\n"
                        "pay p from city to lender\n  for each who of v\n  amount v\n"));
    world_final(w, "v", "ada", "3");
    world_day(w, "2019-01-01");
    world_final(w, "v", "bo", "5");
    world_day(w, "2019-01-01");
    assert_null(world_instance(w, "p", "bo"));
    world_withdraw(w, "v", "ada");
    world_day(w, "2019-01-01");
    expect_target(w, "p", "ada", "0.00", "-3.00");
    expect_target(w, "p", "bo", "5.00", "5.00");
    world_day(w, "2019-01-01");
    assert_null(world_instance(w, "p", "ada"));
    expect_target(w, "p", "bo", "5.00", "0.00");
    world_final(w, "v", "ada", "4"); /* the second now */
    world_day(w, "2019-01-02");
    assert_null(world_instance(w, "p", "ada"));
    world_free(w);
}

static void rule_P1_who_keeps_something_keeps_the_place(void **state)
{
    (void) state;
    struct world *w =
        world_new(SMALL("dimension who open, at most 1\nmetric v is \"V\" in USD\n  by who\n  reported by judge\n"
                        "pay p from city to lender\n  for each who of v\n  amount v\n  never back\n"));
    world_final(w, "v", "ada", "3");
    world_day(w, "2019-01-01");
    world_final(w, "v", "bo", "5");
    world_withdraw(w, "v", "ada");
    world_day(w, "2019-01-01");
    expect_target(w, "p", "ada", "3.00", "0.00");
    assert_null(world_instance(w, "p", "bo"));
    world_free(w);
}

/* All members have an instance: what a default gives to who is left with nothing but that, it keeps. */
static void rule_P1_a_default_that_ends_in_nothing_frees_the_place(void **state)
{
    (void) state;
    struct world *w =
        world_new(SMALL("dimension who open, at most 2\nmetric v is \"V\" in USD\n  by who\n  reported by judge\n"
                        "  if missing use 0\npay p from city to lender\n  for each who\n  amount v\n"));
    world_final(w, "v", "ada", "3");
    world_final(w, "v", "cy", "4");
    world_day(w, "2019-01-01");
    world_final(w, "v", "bo", "5");
    world_final(w, "v", "di", "6");
    world_day(w, "2019-01-01");
    assert_null(world_instance(w, "p", "bo"));
    world_withdraw(w, "v", "ada");
    world_withdraw(w, "v", "cy");
    world_day(w, "2019-01-01");
    expect_target(w, "p", "ada", "0.00", "-3.00");
    expect_target(w, "p", "cy", "0.00", "-4.00");
    expect_target(w, "p", "bo", "5.00", "5.00");
    expect_target(w, "p", "di", "6.00", "6.00");
    world_day(w, "2019-01-02");
    assert_int_equal(w->output->count, 2);
    expect_target(w, "p", "di", "6.00", "0.00");
    world_free(w);
}

/* Who comes again after others has the place only as long as something stands: by its results they come first. */
static void rule_P1_who_comes_again_after_others_gives_up_the_place(void **state)
{
    (void) state;
    struct world *w = world_new(SMALL(WHO("2") BY("v", "USD") BY("w", "USD") EACH("p", "v") EACH("q", "w")));
    world_final(w, "v", "ada", "3");
    world_final(w, "v", "cy", "9");
    world_day(w, "2019-01-01");
    world_final(w, "v", "bo", "5");
    world_final(w, "v", "di", "6");
    world_final(w, "v", "ada", "4"); /* restated */
    world_day(w, "2019-01-02");
    expect_target(w, "p", "ada", "4.00", "1.00");
    assert_null(world_instance(w, "p", "bo"));
    world_withdraw(w, "v", "ada");
    world_final(w, "w", "ada", "0");
    world_day(w, "2019-01-03");
    expect_target(w, "p", "ada", "0.00", "-4.00");
    expect_target(w, "p", "bo", "5.00", "5.00");
    expect_target(w, "p", "cy", "9.00", "0.00");
    assert_null(world_instance(w, "p", "di"));
    assert_null(world_instance(w, "q", "ada")); /* it does not count any more */
    expect_nothing_again(w, "2019-01-03");
    expect_target(w, "p", "bo", "5.00", "0.00");
    world_free(w);
}

static void rule_S7_within_one_entry_members_come_by_their_bytes(void **state)
{
    (void) state;
    struct world *w = world_new(SMALL(WHO("2") BY("v", "USD") EACH("p", "v")));
    world_final(w, "v", "cy", "3");
    world_final(w, "v", "Bo", "4");
    world_final(w, "v", "ada", "5");
    for (size_t i = 0; i < w->fact_count; i++)
        w->facts[i].seq = 1; /* of one entry */
    world_day(w, "2019-01-01");
    expect_target(w, "p", "Bo", "4.00", "4.00");
    expect_target(w, "p", "ada", "5.00", "5.00");
    assert_null(world_instance(w, "p", "cy"));
    world_free(w);
}

/* Nobody who waits came before it. */
static void rule_S7_who_came_first_has_the_place_although_nothing_stands(void **state)
{
    (void) state;
    struct world *w = world_new(SMALL(WHO("1") BY("v", "USD") EACH("p", "v")));
    world_final(w, "v", "ada", "3");
    world_day(w, "2019-01-01");
    world_final(w, "v", "bo", "5");
    world_final(w, "v", "ada", "0");
    world_day(w, "2019-01-02");
    expect_target(w, "p", "ada", "0.00", "-3.00");
    assert_null(world_instance(w, "p", "bo"));
    expect_nothing_again(w, "2019-01-02");
    world_final(w, "v", "ada", "2");
    world_day(w, "2019-01-03");
    expect_target(w, "p", "ada", "2.00", "2.00");
    world_free(w);
}

/* What is left with nothing gives up only what others wait for: among three with two places the one who came last goes. */
static void rule_P1_of_several_left_with_nothing_the_last_to_come_goes(void **state)
{
    (void) state;
    struct world *w = world_new(SMALL(WHO("2") BY("v", "USD") BY("w", "USD") EACH("p", "v") EACH("q", "w")));
    world_final(w, "v", "ada", "3");
    world_final(w, "v", "cy", "4");
    world_day(w, "2019-01-01");
    world_withdraw(w, "v", "ada");
    world_withdraw(w, "v", "cy");
    world_final(w, "w", "cy", "0"); /* before bo */
    world_final(w, "w", "bo", "7");
    world_final(w, "w", "ada", "8"); /* after bo */
    world_day(w, "2019-01-02");
    expect_target(w, "p", "cy", "0.00", "-4.00");
    expect_target(w, "q", "ada", "8.00", "8.00"); /* something stood for it, and does */
    assert_null(world_instance(w, "q", "bo"));
    expect_nothing_again(w, "2019-01-02");
    world_final(w, "w", "ada", "0");
    world_day(w, "2019-01-03");
    expect_target(w, "q", "ada", "0.00", "-8.00");
    expect_target(w, "q", "cy", "0.00", "0.00");
    expect_target(w, "q", "bo", "7.00", "7.00");
    expect_nothing_again(w, "2019-01-03");
    world_free(w);
}

/* D3: what is submitted by who has given up the place, and is not decided, holds no set up. */
static void rule_P1_no_set_waits_for_who_has_given_up_the_place(void **state)
{
    (void) state;
    struct world *w = world_new(
        SMALL(WHO("1") BY("w", "USD") "metric v is \"A figure\" in USD\n  by who\n  reported by judge until 2018-12-31\n"
                                      "  disputes within 30 days\n" EACH(
                                          "p", "w") "pay all from city to lender\n  amount sum(v over who of v)\n"));
    world_final(w, "w", "ada", "3");
    world_day(w, "2019-01-01");
    expect_target(w, "all", "", "0.00", "0.00");
    world_final(w, "v", "bo", "5");
    world_withdraw(w, "w", "ada");
    world_fact(w, "v", "ada", "7", ENGINE_PENDING);
    world_day(w, "2019-01-02");
    expect_target(w, "p", "ada", "0.00", "-3.00");
    expect_target(w, "all", "", "5.00", "5.00");
    expect_nothing_again(w, "2019-01-02");
    world_final(w, "v", "ada", "7"); /* after bo */
    world_day(w, "2019-01-03");
    expect_target(w, "all", "", "5.00", "0.00");
    world_free(w);
}

/* Its results count for nothing in aggregates either. */
static void rule_P1_results_of_who_has_given_up_the_place_do_not_count(void **state)
{
    (void) state;
    struct world *w = world_new(
        SMALL(WHO("1") BY("w", "USD") "metric v is \"A figure\" in USD\n  by who\n  reported by judge until 2018-12-31\n"
                                      "  disputes within 30 days\n" EACH(
                                          "p", "w") "pay all from city to lender\n  amount sum(v over who of v)\n"));
    world_final(w, "w", "ada", "3");
    world_day(w, "2019-01-01");
    world_final(w, "v", "bo", "5");
    world_final(w, "v", "ada", "7"); /* after bo */
    world_day(w, "2019-01-02");
    expect_target(w, "all", "", "7.00", "7.00");
    world_withdraw(w, "w", "ada");
    world_day(w, "2019-01-03");
    expect_target(w, "p", "ada", "0.00", "-3.00");
    expect_target(w, "all", "", "5.00", "-2.00");
    expect_nothing_again(w, "2019-01-03");
    world_free(w);
}

/* Members of another dimension that have the same name keep theirs. */
static void rule_P1_a_place_is_given_up_in_its_own_dimension_alone(void **state)
{
    (void) state;
    struct world *w = world_new(SMALL(WHO("1") "dimension site open, at most 9\n" BY("v", "USD")
                                          EACH("p", "v") "metric u is \"U\" in USD\n"
                                                         "  by site\n  reported by judge\n  disputes within 30 days\n"
                                                         "pay q from city to lender\n  for each site of u\n  amount u\n"));
    world_final(w, "v", "ada", "3");
    world_final(w, "u", "ada", "7");
    world_day(w, "2019-01-01");
    world_final(w, "v", "bo", "5");
    world_withdraw(w, "v", "ada");
    world_day(w, "2019-01-02");
    expect_target(w, "p", "ada", "0.00", "-3.00");
    expect_target(w, "p", "bo", "5.00", "5.00");
    expect_target(w, "q", "ada", "7.00", "0.00");
    expect_nothing_again(w, "2019-01-02");
    world_free(w);
}

/* A place that is given up may leave the next one with nothing, and so on along a chain, of which all comes in the same entry. */
static void rule_P1_a_long_chain_of_places_given_up_comes_to_its_end_at_once(void **state)
{
    enum { CHAIN = 60 };
    char name[CHAIN][16], stranger[CHAIN][16], sum[CHAIN][16];
    (void) state;
    struct world *w = world_new(SMALL(
        WHO("60") "metric s is \"A figure\" in number\n  by who\n  reported by judge until 2018-12-31\n"
                  "  disputes within 30 days\n" BY(
                      "t", "number") "define all = sum(s over who of s)\npay p from city to lender\n  for each who of t\n"
                                     "  when all < t\n  amount 1\n"));
    for (int i = 0; i < CHAIN; i++) {
        snprintf(name[i], sizeof name[i], "m%02d", i);
        snprintf(sum[i], sizeof sum[i], "%d", i + 1);
        world_final(w, "t", name[i], sum[i]);
    }
    world_day(w, "2019-01-01");
    for (int i = 0; i < CHAIN; i++) { /* who waits comes before them, now that they are reported anew */
        snprintf(stranger[i], sizeof stranger[i], "x%02d", i);
        world_final(w, "s", stranger[i], "1");
    }
    for (int i = 0; i < CHAIN; i++) {
        world_withdraw(w, "t", name[i]);
        world_final(w, "t", name[i], i == 0 ? "0" : sum[i - 1]);
    }
    world_day(w, "2019-01-02");
    for (int i = 0; i < CHAIN; i++)
        expect_target(w, "p", name[i], "0.00", "-1.00");
    expect_nothing_again(w, "2019-01-02");
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rule_P1_a_place_that_comes_free_is_taken_at_once),
        cmocka_unit_test(rule_P1_who_keeps_something_keeps_the_place),
        cmocka_unit_test(rule_P1_a_default_that_ends_in_nothing_frees_the_place),
        cmocka_unit_test(rule_P1_who_comes_again_after_others_gives_up_the_place),
        cmocka_unit_test(rule_S7_within_one_entry_members_come_by_their_bytes),
        cmocka_unit_test(rule_S7_who_came_first_has_the_place_although_nothing_stands),
        cmocka_unit_test(rule_P1_of_several_left_with_nothing_the_last_to_come_goes),
        cmocka_unit_test(rule_P1_a_place_is_given_up_in_its_own_dimension_alone),
        cmocka_unit_test(rule_P1_a_long_chain_of_places_given_up_comes_to_its_end_at_once),
        cmocka_unit_test(rule_P1_no_set_waits_for_who_has_given_up_the_place),
        cmocka_unit_test(rule_P1_results_of_who_has_given_up_the_place_do_not_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
