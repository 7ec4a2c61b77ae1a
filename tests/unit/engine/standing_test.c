/* The days by which a result's standing changes: rules S3, F1 and F3 of language.md section 7. */
#include "world.h"

#define HEAD                                                                                                               \
    "terms 1\ncontract small \"Small\"\ncurrency USD rounded to 0.01, half even\nclock UTC\n"                              \
    "runs 2016-01-01 to 2020-12-31\nparty city outcome payer \"City\"\nparty judge evaluator \"Judge\"\n"

static void rule_F1_a_final_result_may_be_disputed_for_the_days_of_its_metric(void **state)
{
    (void) state;
    struct world *w = world_new(SMALL("metric x is \"A figure\" in USD\n  reported by judge\n  verified by city\n"
                                      "  disputes within 30 days\n"
                                      "metric y is \"Another\" in USD\n  reported by judge\n"));
    uint32_t x = terms_find_metric(w->terms, SLICE("x")), y = terms_find_metric(w->terms, SLICE("y"));
    assert_int_equal(terms_dispute_day(w->terms, x, day_of("2016-01-01")), day_of("2016-01-31"));
    assert_int_equal(terms_dispute_day(w->terms, x, DAY_MAX), DAY_NEVER);
    assert_int_equal(terms_dispute_day(w->terms, y, day_of("2016-01-01")), DAY_MIN);
    world_free(w);
}

static void rule_S3_without_clauses_of_time_a_result_is_final_when_it_is_verified(void **state)
{
    (void) state;
    struct world *w = world_new(SMALL("metric x is \"A figure\" in USD\n  reported by judge\n  verified by city\n"));
    uint32_t x = terms_find_metric(w->terms, SLICE("x"));
    assert_int_equal(terms_final_day(w->terms, x, day_of("2016-01-01"), day_of("2016-02-03")), day_of("2016-02-03"));
    assert_int_equal(terms_final_day(w->terms, x, day_of("2016-01-01"), DAY_NEVER), DAY_NEVER);
    world_free(w);
}

static void rule_F3_a_decision_has_the_days_that_the_text_gives(void **state)
{
    (void) state;
    struct world *w = world_new(HEAD "disputes decided by judge within 60 days, otherwise falls\n");
    assert_int_equal(terms_arbiter(w->terms), terms_find_party(w->terms, SLICE("judge")));
    assert_true(terms_disputes_fall(w->terms));
    assert_int_equal(terms_lapse_day(w->terms, day_of("2016-01-01")), day_of("2016-03-02"));
    assert_int_equal(terms_lapse_day(w->terms, DAY_MAX - 60), DAY_NEVER);
    world_free(w);
    w = world_new(HEAD);
    assert_int_equal(terms_arbiter(w->terms), TERMS_NONE);
    assert_int_equal(terms_lapse_day(w->terms, day_of("2016-01-01")), DAY_NEVER);
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rule_F1_a_final_result_may_be_disputed_for_the_days_of_its_metric),
        cmocka_unit_test(rule_S3_without_clauses_of_time_a_result_is_final_when_it_is_verified),
        cmocka_unit_test(rule_F3_a_decision_has_the_days_that_the_text_gives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
