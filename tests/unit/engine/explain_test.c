/* The derivation of an amount, in the terms' own words. */
#include "world.h"

#include "texts.h"

static void expect_explanation(struct world *w, const char *rule, const char *key, const char *wanted)
{
    struct buf out;
    struct err err = {0};
    struct engine_input input = world_input(w);
    buf_init(&out, 1 << 20);
    enum tally_code rc =
        engine_explain(&input, terms_find_rule(w->terms, slice_str(rule)), slice_str(key), w->arena, &out, &err);
    if (rc != TALLY_OK)
        print_error("%s\n", err.detail);
    assert_int_equal(rc, TALLY_OK);
    assert_string_equal(out.ptr, wanted);
    buf_release(&out);
}

static void rikers_from_two_results_to_the_amount(void **state)
{
    (void) state;
    struct world *w = world_new(TEXT_RIKERS_ABLE);
    w->today = day_of("2015-07-02");
    world_final(w, "bed_days", "programme|y2013", "91");
    world_final(w, "bed_days", "comparison|y2013", "100");
    world_final(w, "significant", "y2013", "true");
    expect_explanation(
        w, "success", "y2013",
        "{\"amount\":\"4800000.00\",\"currency\":\"USD\",\"key\":\"y2013\",\"rule\":\"success\",\"stands\":\"0.00\","
        "\"state\":\"computed\",\"steps\":["
        "{\"line\":43,\"result\":\"significant(y2013)\",\"seq\":3,\"value\":\"true\"},"
        "{\"line\":39,\"result\":\"bed_days(programme, y2013)\",\"seq\":1,\"value\":\"91\"},"
        "{\"line\":39,\"result\":\"bed_days(comparison, y2013)\",\"seq\":2,\"value\":\"100\"},"
        "{\"decimal\":\"0.91\",\"exact\":\"0.91\",\"line\":39,"
        "\"text\":\"bed_days[arm: programme] / bed_days[arm: comparison]\"},"
        "{\"decimal\":\"0.09\",\"exact\":\"0.09\",\"line\":39,"
        "\"text\":\"1 - bed_days[arm: programme] / bed_days[arm: comparison]\"},"
        "{\"decimal\":\"0.09\",\"exact\":\"0.09\",\"line\":39,\"text\":\"reduction(y2013)\"},"
        "{\"decimal\":\"4800000\",\"exact\":\"4800000\",\"line\":45,\"text\":\"at least 8.5%: 4_800_000\"},"
        "{\"decimal\":\"4800000\",\"exact\":\"4800000\",\"line\":41,\"text\":\"amount\"}],"
        "\"target\":\"4800000.00\"}");
    world_free(w);
}

static void a_number_without_end_is_cut_and_says_so(void **state)
{
    (void) state;
    struct world *w = world_new(SMALL("metric x is \"X\" in USD\n  reported by judge\n"
                                      "pay p from city to lender\n  amount x / 3 # a third\ncap 5 on p\n"));
    w->today = day_of("2017-01-01");
    world_final(w, "x", "", "100");
    expect_explanation(w, "p", "",
                       "{\"amount\":\"33.33\",\"currency\":\"USD\",\"key\":\"\",\"rule\":\"p\",\"stands\":\"0.00\","
                       "\"state\":\"computed\",\"steps\":[{\"line\":16,\"result\":\"x\",\"seq\":1,\"value\":\"100\"},"
                       "{\"decimal\":\"33.333333333333...\",\"exact\":\"100/3\",\"line\":16,\"text\":\"x / 3\"},"
                       "{\"decimal\":\"33.33\",\"exact\":\"33.33\",\"line\":15,\"text\":\"amount\"},"
                       "{\"decimal\":\"5\",\"exact\":\"5\",\"line\":17,\"text\":\"cap 5 on p\"}],\"target\":\"5.00\"}");
    world_free(w);
}

static void what_waits_says_for_what(void **state)
{
    (void) state;
    struct world *w = world_new(TEXT_RIKERS_ABLE);
    w->today = day_of("2015-07-02");
    world_final(w, "significant", "y2013", "true");
    expect_explanation(
        w, "success", "y2013",
        "{\"amount\":null,\"currency\":\"USD\",\"key\":\"y2013\",\"reason\":\"bed_days(programme, y2013) is "
        "missing\",\"rule\":\"success\",\"stands\":\"0.00\",\"state\":\"waits\",\"steps\":["
        "{\"line\":43,\"result\":\"significant(y2013)\",\"seq\":1,\"value\":\"true\"}],\"target\":\"0.00\"}");
    world_free(w);
}

static void an_instance_that_does_not_exist_is_not_found(void **state)
{
    (void) state;
    struct world *w = world_new(TEXT_RIKERS_ABLE);
    struct buf out;
    struct engine_input input = world_input(w);
    buf_init(&out, 1000);
    assert_int_equal(engine_explain(&input, 0, SLICE("y2014"), w->arena, &out, NULL), TALLY_E_NOT_FOUND);
    assert_int_equal(out.len, 0);
    buf_release(&out);
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rikers_from_two_results_to_the_amount),
        cmocka_unit_test(a_number_without_end_is_cut_and_says_so),
        cmocka_unit_test(what_waits_says_for_what),
        cmocka_unit_test(an_instance_that_does_not_exist_is_not_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
