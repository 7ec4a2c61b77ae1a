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

/* ---- what one explanation tells at most ---- */

static char *explained(struct world *w, const char *rule, const char *key)
{
    static char text[1 << 18];
    struct buf out;
    struct err err = {0};
    struct engine_input input = world_input(w);
    buf_init(&out, sizeof text - 1);
    if (engine_explain(&input, terms_find_rule(w->terms, slice_str(rule)), slice_str(key), w->arena, &out, &err) !=
        TALLY_OK)
        fail_msg("%s", err.detail);
    memcpy(text, out.ptr, out.len + 1);
    buf_release(&out);
    return text;
}

static size_t occurrences(const char *text, const char *what)
{
    size_t count = 0;
    for (const char *at = text; (at = strstr(at, what)) != NULL; at += strlen(what))
        count++;
    return count;
}

/* members of `n`, of which three are reported; both evaluators tell the same (world_day sees to it) */
static struct world *world_of_sum(const char *text)
{
    struct world *w = world_new(text);
    w->today = day_of("2017-01-01");
    world_final(w, "x", "1", "10");
    world_final(w, "x", "3", "5");
    world_final(w, "x", "60", "7");
    world_day(w, "2017-01-02");
    expect_target(w, "p", "", "22.00", "22.00");
    return w;
}

#define SUM_OVER(members)                                                                                                  \
    SMALL("dimension n 1 to " members "\nmetric x is \"X\" in USD\n  by n\n  reported by judge\n"                          \
          "pay p from city to lender\n  amount sum(x over n of x)\n")

static void an_aggregate_over_many_is_one_step_with_its_count(void **state)
{
    (void) state;
    struct world *w = world_of_sum(SUM_OVER("64"));
    char *text = explained(w, "p", "");
    assert_int_equal(occurrences(text, "\"result\":\"x("), 3);
    assert_int_equal(occurrences(text, "\"count\""), 0);
    world_free(w);
    w = world_of_sum(SUM_OVER("65"));
    text = explained(w, "p", "");
    assert_int_equal(occurrences(text, "\"result\""), 0);
    assert_non_null(strstr(text, "\"steps\":[{\"count\":3,\"decimal\":\"22\",\"exact\":\"22\",\"line\":"));
    world_free(w);
}

#define OPEN_SHARES(most)                                                                                                  \
    SMALL("dimension who open, at most " most "\nmetric x is \"X\" in number between 0 and 100\n  by who\n"                \
          "  reported by judge\n  until 2017-01-01\ndefine heads = count(over who of x)\npay p from city to lender\n"      \
          "  for each who of x\n  amount portion(USD 100, x over who of x) + USD 1 * heads\n")

static void members_of_open_dimensions_are_told_by_how_many_there_may_be(void **state)
{
    (void) state;
    for (int round = 0; round < 2; round++) {
        struct world *w = world_new(round == 0 ? OPEN_SHARES("64") : OPEN_SHARES("65"));
        w->today = day_of("2017-01-01");
        world_final(w, "x", "ada", "1");
        world_final(w, "x", "bo", "2");
        world_day(w, "2017-01-02");
        world_final(w, "x", "cy", "1");
        world_day(w, "2017-01-03");
        expect_target(w, "p", "bo", "53.00", "-15.67");
        char *text = explained(w, "p", "bo");
        assert_int_equal(occurrences(text, "\"result\":\"x("), round == 0 ? 3 : 0);
        assert_int_equal(occurrences(text, "\"count\":3"), round == 0 ? 0 : 2);
        world_free(w);
    }
}

static void what_is_used_twice_is_told_once(void **state)
{
    (void) state;
    struct world *w = world_new(SMALL("metric x is \"X\" in USD\n  reported by judge\ndefine twice in USD = x + x\n"
                                      "pay p from city to lender\n  amount twice + twice * 2 + x\n"));
    w->today = day_of("2017-01-01");
    world_final(w, "x", "", "3");
    char *text = explained(w, "p", "");
    assert_int_equal(occurrences(text, "\"result\""), 1);
    assert_int_equal(occurrences(text, "\"text\":\"twice\""), 1);
    assert_int_equal(occurrences(text, "\"text\":\"x + x\""), 1);
    world_free(w);
}

static void prior_goes_back_sixty_four_members(void **state)
{
    (void) state;
    struct world *w = world_new(SMALL("dimension n 1 to 200\nmetric x is \"X\" in USD\n  by n\n  reported by judge\n"
                                      "  if missing use 1\ndefine owed in USD = prior(n, owed, 0) + x\n"
                                      "pay p from city to lender\n  for each n\n  amount owed\n"));
    w->today = day_of("2017-01-01");
    world_final(w, "x", "3", "3");
    world_day(w, "2017-01-02");
    expect_target(w, "p", "190", "192.00", "192.00");
    char *text = explained(w, "p", "190");
    assert_int_equal(occurrences(text, "\"text\":\"owed("), 65); /* itself, and those before */
    assert_null(strstr(text, "\"text\":\"owed(125)"));
    assert_non_null(strstr(text, "\"text\":\"owed(126)"));
    text = explained(w, "p", "5");
    assert_int_equal(occurrences(text, "\"text\":\"owed("), 5);
    world_free(w);
}

static void what_is_too_long_is_cut_and_ends_with_the_amount(void **state)
{
    (void) state;
    struct world *w = world_new(SMALL("dimension a 1 to 60\ndimension b 1 to 60\nmetric x is \"X\" in USD\n  by a, b\n"
                                      "  reported by judge\n  if missing use 1\n"
                                      "pay p from city to lender\n  amount sum(sum(x * 2 over b) over a)\ncap 5 on p\n"));
    w->today = day_of("2017-01-01");
    char *text = explained(w, "p", "");
    assert_non_null(strstr(text, ",\"currency\":\"USD\",\"cut\":true,\"key\":\"\","));
    assert_true(strlen(text) > 30000 && strlen(text) < 130000);
    assert_non_null(
        strstr(text, "{\"decimal\":\"7200\",\"exact\":\"7200\",\"line\":19,\"text\":\"amount\"},"
                     "{\"decimal\":\"5\",\"exact\":\"5\",\"line\":21,\"text\":\"cap 5 on p\"}],\"target\":\"5.00\"}"));
    world_free(w);
}

static void long_words_are_cut(void **state)
{
    (void) state;
    struct buf terms;
    buf_init(&terms, 1 << 16);
    buf_add_str(&terms, SMALL("metric a_long_name is \"X\" in USD\n  reported by judge\npay p from city to lender\n  "
                              "amount max(a_long_name"));
    for (int i = 0; i < 60; i++)
        buf_add_str(&terms, ", a_long_name");
    buf_add_str(&terms, ")\n");
    struct world *w = world_new(terms.ptr);
    w->today = day_of("2017-01-01");
    world_final(w, "a_long_name", "", "1");
    char *text = explained(w, "p", "");
    const char *words = strstr(text, "max(");
    assert_non_null(words);
    assert_int_equal(strstr(words, "...\"}") - words, 400);
    assert_null(strstr(text, "\"cut\""));
    world_free(w);
    buf_release(&terms);
}

static void a_session_explains_its_last_answer_from_what_it_knows(void **state)
{
    (void) state;
    struct err err = {0};
    struct engine_output *out = NULL;
    struct engine_session *session = NULL;
    struct buf first;
    bool is_stale = true;
    struct world *w = world_new(SUM_OVER("65"));
    w->today = day_of("2017-01-01");
    world_final(w, "x", "1", "10");
    struct engine_input input = world_input(w);
    buf_init(&first, 1 << 16);
    assert_int_equal(engine_session_open(&input, w->arena, &out, &session, &err), TALLY_OK);
    assert_int_equal(engine_explain_kept(engine_session_kept(session), &out->instances[0], &first, &err), TALLY_OK);
    assert_non_null(strstr(first.ptr, "\"stands\":\"0.00\""));
    struct engine_fact five = {.metric = 0, .key = SLICE("2"), .value = SLICE("5"), .submitted = w->today, .seq = 9};
    struct engine_change change = {.metric = 0, .key = SLICE("2"), .fact = &five};
    assert_int_equal(engine_session_apply(session, w->today, &change, 1, w->arena, &is_stale, &out, &err), TALLY_OK);
    assert_false(is_stale);
    for (int i = 0; i < 2; i++) { /* again: nothing has changed by it */
        buf_clear(&first);
        assert_int_equal(engine_explain_kept(engine_session_kept(session), &out->instances[0], &first, &err), TALLY_OK);
        assert_non_null(strstr(first.ptr, "\"stands\":\"10.00\",\"state\":\"computed\",\"steps\":[{\"count\":2,"));
    }
    engine_session_free(session);
    buf_release(&first);
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rikers_from_two_results_to_the_amount),
        cmocka_unit_test(a_number_without_end_is_cut_and_says_so),
        cmocka_unit_test(what_waits_says_for_what),
        cmocka_unit_test(an_instance_that_does_not_exist_is_not_found),
        cmocka_unit_test(an_aggregate_over_many_is_one_step_with_its_count),
        cmocka_unit_test(members_of_open_dimensions_are_told_by_how_many_there_may_be),
        cmocka_unit_test(what_is_used_twice_is_told_once),
        cmocka_unit_test(prior_goes_back_sixty_four_members),
        cmocka_unit_test(what_is_too_long_is_cut_and_ends_with_the_amount),
        cmocka_unit_test(long_words_are_cut),
        cmocka_unit_test(a_session_explains_its_last_answer_from_what_it_knows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
