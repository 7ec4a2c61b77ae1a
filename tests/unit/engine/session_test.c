/* Sessions beside the evaluation from nothing (world_day compares them), where one has gone wrong before, and what makes one stale. */
#include "world.h"

/* A member that comes or goes with what stands, while what it shares a budget with is still to be found cut. */
static void a_member_that_goes_while_a_session_opens_leaves_the_budgets_right(void **state)
{
    (void) state;
    struct world *w = world_new(SMALL("dimension village open, at most 8\n"
                                      "metric wells is \"Wells\" in number between 0 and 100\n  by village\n"
                                      "  reported by judge\n  disputes within 9 days\n  if missing use 0\n"
                                      "metric go is \"Go\" in USD between 0 and 100\n  reported by judge\n"
                                      "  disputes within 9 days\n"
                                      "pay a_well from city to lender\n  for each village\n  amount USD 1 * wells\n"
                                      "pay a_start from city to lender\n  for each village\n  amount go\n"
                                      "cap 100 on a_start\n"));
    world_final(w, "wells", "v1", "1");
    world_final(w, "wells", "v2", "1");
    world_final(w, "go", "", "0");
    world_day(w, "2016-03-01");
    expect_target(w, "a_well", "v1", "1.00", "1.00");
    world_withdraw(w, "wells", "v1");
    world_final(w, "go", "", "60");
    engine_session_free(
        w->follow.session); /* the next one opens with v1, which only what stands names, and that goes now */
    w->follow.session = NULL;
    world_day(w, "2016-03-02");
    expect_target(w, "a_well", "v1", "0.00", "-1.00");
    expect_target(w, "a_start", "v1", "60.00", "60.00");
    expect_target(w, "a_start", "v2", "40.00", "40.00");
    uint64_t followed = w->follow.followed;
    world_final(w, "go", "", "30");
    world_day(w, "2016-03-03");
    expect_target(w, "a_start", "v2", "30.00", "-10.00");
    assert_int_equal(w->follow.followed, followed + 1);
    assert_int_equal(w->follow.doubted, 0);
    world_free(w);
}

/* `prior` computes the members on the way to the one before, also where that one needs none of them: their days are no moments. */
static void what_prior_computes_in_vain_is_no_moment(void **state)
{
    (void) state;
    struct world *w = world_new(SMALL("period year every 1 year from 2016-01-01 to 2018-12-31\n"
                                      "metric n is \"N\" in USD between 0 and 100\n  by year\n  reported by judge\n"
                                      "  until 90 days after end of year\n  if late use 5\n"
                                      "metric go is \"Go\" in true or false\n  by year\n  reported by judge\n"
                                      "pay p from city to lender\n  for each year of go\n  amount prior(year, n, 0)\n"));
    w->today = day_of("2016-12-01");
    world_final(w, "go", "2018-01-01/2018-12-31", "true");
    world_final(w, "n", "2016-01-01/2016-12-31", "7");
    world_day(w, "2017-01-10");
    assert_int_equal(w->output->next_moment, day_of("2018-04-01"));
    world_withdraw(w, "n", "2016-01-01/2016-12-31"); /* which p(2018) does not need */
    world_day(w, "2017-01-11");
    assert_int_equal(w->output->next_moment, day_of("2018-04-01"));
    world_day(w, "2018-04-01");
    expect_target(w, "p", "2018-01-01/2018-12-31", "5.00", "5.00");
    world_free(w);
}

/* Of a result that is passed over, for its site has come too late, the village is a member all the same (S7). */
static void who_is_named_beside_somebody_who_came_too_late_is_a_member(void **state)
{
    (void) state;
    struct world *w = world_new(SMALL("dimension village open, at most 3\ndimension site open, at most 1\n"
                                      "metric wells is \"Wells\" in number between 0 and 100\n  by village, site\n"
                                      "  reported by judge\n  disputes within 9 days\n"
                                      "metric go is \"Go\" in USD between 0 and 100\n  reported by judge\n"
                                      "pay each from city to lender\n  for each village\n  amount go\n"));
    world_final(w, "go", "", "2");
    world_final(w, "wells", "v1|s1", "1");
    world_day(w, "2016-03-01");
    world_final(w, "wells", "v2|s2", "1");
    world_day(w, "2016-03-02");
    expect_target(w, "each", "v2", "2.00", "2.00");
    world_final(w, "go", "", "3"); /* nothing is kept as long as that is so */
    world_day(w, "2016-03-03");
    expect_target(w, "each", "v2", "3.00", "1.00");
    assert_null(w->follow.session);
    world_withdraw(w, "wells", "v2|s2");
    world_day(w, "2016-03-04");
    expect_target(w, "each", "v1", "3.00", "0.00");
    assert_non_null(w->follow.session);
    world_free(w);
}

/* Whoever is reported anew, after a withdrawal in the same entry, comes after somebody for whom there was no place (S7). */
static void who_is_reported_anew_comes_after_those_who_waited(void **state)
{
    (void) state;
    struct world *w = world_new(SMALL("dimension village open, at most 1\n"
                                      "metric wells is \"Wells\" in USD between 0 and 100\n  by village\n"
                                      "  reported by judge\n  disputes within 9 days\n"
                                      "pay each from city to lender\n  for each village of wells\n  amount wells\n"));
    world_final(w, "wells", "v1", "0");
    world_day(w, "2016-03-01");
    world_final(w, "wells", "v2", "5");
    world_day(w, "2016-03-02");
    assert_null(world_instance(w, "each", "v2"));
    world_withdraw(w, "wells", "v1");
    world_final(w, "wells", "v1", "4");
    world_day(w, "2016-03-03");
    assert_null(world_instance(w, "each", "v1"));
    expect_target(w, "each", "v2", "5.00", "5.00");
    world_free(w);
}

/* C4: what one gives back goes to the next whom the budget cuts, in an entry in which nobody else asks for it. */
static void what_is_given_back_goes_to_who_was_cut(void **state)
{
    (void) state;
    struct world *w = world_new(SMALL("dimension arm (a, b, c)\nmetric x is \"X\" in USD\n  by arm\n  reported by judge\n"
                                      "  disputes within 9 days\n"
                                      "pay p from city to lender\n  for each arm of x\n  amount x\ncap 10 on p\n"));
    world_final(w, "x", "a", "8");
    world_day(w, "2016-03-01");
    world_final(w, "x", "b", "5");
    world_day(w, "2016-03-02");
    world_final(w, "x", "c", "5");
    world_day(w, "2016-03-03");
    expect_target(w, "p", "b", "2.00", "0.00");
    expect_target(w, "p", "c", "0.00", "0.00");
    uint64_t followed = w->follow.followed;
    world_final(w, "x", "a", "3");
    world_day(w, "2016-03-04");
    expect_target(w, "p", "a", "3.00", "-5.00");
    expect_target(w, "p", "b", "5.00", "3.00");
    expect_target(w, "p", "c", "2.00", "2.00");
    assert_int_equal(w->follow.followed, followed + 1);
    world_free(w);
}

/* C4 in many budgets at once: of each, what the first gives back goes to the other. */
static void each_budget_gives_on_what_came_back_to_it(void **state)
{
    (void) state;
    struct world *w = world_new(SMALL("dimension claim 1 to 60\nmetric x is \"X\" in USD\n  reported by judge\n"
                                      "  disputes within 9 days\n"
                                      "pay p from city to lender\n  for each claim\n  amount x\n"
                                      "pay q from city to lender\n  for each claim\n  amount 5\n"
                                      "cap 10 per claim on p, q\n"));
    world_final(w, "x", "", "8");
    world_day(w, "2016-03-01");
    expect_target(w, "q", "60", "2.00", "2.00");
    world_final(w, "x", "", "4");
    world_day(w, "2016-03-02");
    for (uint32_t i = 0; i < w->output->count; i++) {
        bool is_first = w->output->instances[i].rule == terms_find_rule(w->terms, SLICE("p"));
        assert_true(slice_is(w->output->instances[i].target, is_first ? "4.00" : "5.00"));
    }
    assert_int_equal(w->output->count, 120);
    assert_int_equal(w->follow.followed, 1);
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_member_that_goes_while_a_session_opens_leaves_the_budgets_right),
        cmocka_unit_test(what_prior_computes_in_vain_is_no_moment),
        cmocka_unit_test(who_is_named_beside_somebody_who_came_too_late_is_a_member),
        cmocka_unit_test(who_is_reported_anew_comes_after_those_who_waited),
        cmocka_unit_test(what_is_given_back_goes_to_who_was_cut),
        cmocka_unit_test(each_budget_gives_on_what_came_back_to_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
