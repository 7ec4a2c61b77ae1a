/* A history: read and checked whole, then evaluated moment by moment. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "../engine/texts.h"
#include "tally/history.h"

#define ARENA_MAX ((size_t) 64 << 20)

static struct arena *arena;
static struct terms *terms;
static struct history *history;
static struct history_run *run;
static struct history_moment moment;
static struct err err;

static const char NOT_BEFORE[] =
    "terms 1\ncontract t \"T\"\ncurrency GBP rounded to 0.01, half even\nclock UTC\nruns 2016-01-01 to 2017-12-31\n"
    "closes 2018-06-30\nparty city outcome payer \"City\"\nparty lender investor \"Lender\"\n"
    "party judge evaluator \"Judge\"\nin force when city and lender have signed\n"
    "disputes decided by judge within 10 days, otherwise stands\n"
    "metric x is \"X\" in GBP\n  reported by lender\n  verified by judge\n  disputes within 30 days\n"
    "pay p from city to lender\n  amount x\n  not before 2016-05-01\n";

static void load(const char *text)
{
    struct diags diags;
    arena = arena_new(ARENA_MAX);
    assert_non_null(arena);
    diags_init(&diags, arena);
    assert_int_equal(terms_compile(slice_str(text), &diags, &terms, &err), TALLY_OK);
    if (terms == NULL)
        fail_msg("%.*s", SLICE_ARG(diags.first->message));
}

static int tear_down(void **state)
{
    (void) state;
    history_end(run);
    terms_free(terms);
    arena_free(arena);
    run = NULL;
    terms = NULL;
    arena = NULL;
    return 0;
}

static enum tally_code read_steps(const char *slug, const char *steps)
{
    struct slice json = arena_printf(arena, "{\"contract\":\"%s\",\"history\":[%s]}", slug, steps);
    assert_non_null(json.ptr);
    return history_read(terms, json, arena, &history, &err);
}

static void start(const char *text, const char *slug, const char *steps, int32_t as_of)
{
    load(text);
    if (read_steps(slug, steps) != TALLY_OK)
        fail_msg("%s", err.detail);
    assert_int_equal(history_begin(terms, history, as_of, &run, &err), TALLY_OK);
}

/* The next moment is this day, with this title. */
static void expect_moment(const char *day, const char *title)
{
    bool has = false;
    char on[DAY_TEXT_LEN + 1], said[1000];
    struct slice text = SLICE("");
    assert_int_equal(history_next(run, &moment, &has, &err), TALLY_OK);
    assert_true(has);
    day_format(moment.day, on);
    assert_string_equal(on, day);
    assert_int_equal(history_title(terms, &moment, arena, &text, &err), TALLY_OK);
    (void) snprintf(said, sizeof said, "%.*s", SLICE_ARG(text));
    assert_string_equal(said, title);
}

static void expect_end(void)
{
    bool has = true;
    assert_int_equal(history_next(run, &moment, &has, &err), TALLY_OK);
    assert_false(has);
}

static void expect(size_t i, enum engine_state state, const char *target, const char *difference)
{
    char text[100];
    assert_true(i < moment.output->count);
    assert_int_equal(moment.output->instances[i].state, state);
    (void) snprintf(text, sizeof text, "%.*s", SLICE_ARG(moment.output->instances[i].target));
    assert_string_equal(text, target);
    (void) snprintf(text, sizeof text, "%.*s", SLICE_ARG(moment.output->instances[i].difference));
    assert_string_equal(text, difference);
}

#define X(rest) "{\"metric\":\"x\"," rest "}"
#define STEP(day, results) "{\"on\":\"" day "\",\"results\":[" results "]}"

static void the_clock_alone_triggers_and_steps_of_the_same_day_come_behind_it(void **state)
{
    (void) state;
    start(NOT_BEFORE, "t",
          STEP("2016-03-01", X("\"value\":\"5\"")) "," STEP("2016-05-01", X("\"value\":\"7\",\"restated\":true")),
          DAY_NEVER);
    expect_moment("2016-03-01", "final: x = 5");
    expect(0, ENGINE_WAITS, "0.00", "0.00");
    expect_moment("2016-05-01", "the day comes");
    expect(0, ENGINE_COMPUTED, "5.00", "5.00");
    expect_moment("2016-05-01", "restated, verified: x = 7");
    expect(0, ENGINE_COMPUTED, "7.00", "2.00");
    expect_end();
}

static void a_step_without_results_is_that_moment_of_the_clock(void **state)
{
    (void) state;
    start(NOT_BEFORE, "t", STEP("2016-03-01", X("\"value\":\"5\"")) "," STEP("2016-05-01", ""), DAY_NEVER);
    expect_moment("2016-03-01", "final: x = 5");
    expect_moment("2016-05-01", "the day comes");
    expect(0, ENGINE_COMPUTED, "5.00", "5.00");
    expect_end();
}

static void as_of_stops_before_what_comes_later(void **state)
{
    (void) state;
    int32_t day = 0;
    assert_int_equal(day_parse(SLICE("2016-04-30"), &day), TALLY_OK);
    start(NOT_BEFORE, "t", STEP("2016-03-01", X("\"value\":\"5\"")) "," STEP("2016-06-01", ""), day);
    expect_moment("2016-03-01", "final: x = 5");
    expect_end();
}

static void after_the_last_step_the_clock_goes_on(void **state)
{
    (void) state;
    start(NOT_BEFORE, "t", STEP("2016-03-01", X("\"value\":\"5\"")), DAY_NEVER);
    expect_moment("2016-03-01", "final: x = 5");
    expect_moment("2016-05-01", "the day comes");
    expect(0, ENGINE_COMPUTED, "5.00", "5.00");
    expect_end();
}

static void after_closes_nothing_changes(void **state)
{
    (void) state;
    start(NOT_BEFORE, "t",
          STEP("2016-06-01", X("\"value\":\"5\"")) "," STEP("2018-07-01", X("\"value\":\"9\",\"restated\":true")),
          DAY_NEVER);
    expect_moment("2016-06-01", "final: x = 5");
    expect(0, ENGINE_COMPUTED, "5.00", "5.00");
    expect_moment("2018-07-01", "restated, verified: x = 9");
    expect(0, ENGINE_WAITS, "5.00", "0.00");
    expect_end();
}

/* clang-format off */
static const char DISPUTES[] =
    STEP("2016-06-01", X("\"value\":\"5\"")) ","
    STEP("2016-06-02", X("\"disputed\":true")) ","
    STEP("2016-06-03", X("\"decided\":\"stands\"")) ","
    STEP("2016-06-04", X("\"disputed\":true")) ","
    STEP("2016-06-05", X("\"decided\":\"replaced\",\"value\":\"3\"")) ","
    STEP("2016-06-06", X("\"disputed\":true")) ","
    STEP("2016-06-07", X("\"decided\":\"annulled\"")) ","
    STEP("2016-06-08", X("\"value\":\"4\""));
static const char PENDING[] =
    STEP("2016-06-01", X("\"value\":\"5\",\"pending\":true")) ","
    STEP("2016-06-09", X("\"verified\":true")) ","
    STEP("2016-07-01", X("\"value\":\"6\",\"restated\":true,\"pending\":true")) ","
    STEP("2016-07-02", X("\"verified\":true")) ","
    STEP("2016-08-01", X("\"withdrawn\":true,\"pending\":true")) ","
    STEP("2016-08-02", X("\"verified\":true"));
/* clang-format on */

static void pending_is_unknown_until_verified_and_keeps_its_day_of_submission(void **state)
{
    (void) state;
    struct engine_input input;
    char day[DAY_TEXT_LEN + 1];
    start(NOT_BEFORE, "t", PENDING, DAY_NEVER);
    expect_moment("2016-06-01", "submitted: x = 5");
    expect(0, ENGINE_WAITS, "0.00", "0.00");
    expect_moment("2016-06-09", "verified: x");
    expect(0, ENGINE_COMPUTED, "5.00", "5.00");
    assert_int_equal(history_input(run, &input, &err), TALLY_OK);
    assert_int_equal(input.fact_count, 1);
    day_format(input.facts[0].submitted, day);
    assert_string_equal(day, "2016-06-01");
    expect_moment("2016-07-01", "restated, not verified: x = 6");
    expect(0, ENGINE_COMPUTED, "5.00", "0.00");
    expect_moment("2016-07-02", "verified: x");
    expect(0, ENGINE_COMPUTED, "6.00", "1.00");
    expect_moment("2016-08-01", "restated, not verified: x = withdrawn");
    expect(0, ENGINE_COMPUTED, "6.00", "0.00");
    expect_moment("2016-08-02", "verified: x");
    expect(0, ENGINE_WAITS, "6.00", "0.00");
    expect_end();
}

/* Restated and replaced long after `until`: in time is what was first submitted in time. */
static void what_replaces_a_result_is_as_timely_as_its_first(void **state)
{
    (void) state;
    static const char LATE[] =
        "terms 1\ncontract t \"T\"\ncurrency GBP rounded to 0.01, half even\nclock UTC\nruns 2016-01-01 to 2017-12-31\n"
        "closes 2018-06-30\nparty city outcome payer \"City\"\nparty lender investor \"Lender\"\n"
        "party judge evaluator \"Judge\"\nin force when city and lender have signed\n"
        "disputes decided by judge within 10 days, otherwise stands\n"
        "metric x is \"X\" in GBP\n  reported by lender until 2016-03-31\n  verified by judge\n  disputes within 900 days\n"
        "  if late use 0\npay p from city to lender\n  amount x\n";
    start(LATE, "t",
          "{\"on\":\"2016-03-01\",\"results\":[{\"metric\":\"x\",\"value\":\"5\"}]},"
          "{\"on\":\"2016-09-01\",\"results\":[{\"metric\":\"x\",\"value\":\"7\",\"restated\":true}]},"
          "{\"on\":\"2016-10-01\",\"results\":[{\"metric\":\"x\",\"disputed\":true}]},"
          "{\"on\":\"2016-10-05\",\"results\":[{\"metric\":\"x\",\"decided\":\"replaced\",\"value\":\"6\"}]}",
          DAY_NEVER);
    expect_moment("2016-03-01", "final: x = 5");
    expect(0, ENGINE_COMPUTED, "5.00", "5.00");
    expect_moment("2016-09-01", "restated, verified: x = 7");
    expect(0, ENGINE_COMPUTED, "7.00", "2.00");
    expect_moment("2016-10-01", "disputed: x");
    expect_moment("2016-10-05", "decided: x is 6");
    expect(0, ENGINE_COMPUTED, "6.00", "-1.00");
    expect_end();
}

static void a_dispute_waits_and_is_decided_each_way(void **state)
{
    (void) state;
    start(NOT_BEFORE, "t", DISPUTES, DAY_NEVER);
    expect_moment("2016-06-01", "final: x = 5");
    expect_moment("2016-06-02", "disputed: x");
    expect(0, ENGINE_WAITS, "5.00", "0.00");
    expect_moment("2016-06-03", "decided: x stands");
    expect(0, ENGINE_COMPUTED, "5.00", "0.00");
    expect_moment("2016-06-04", "disputed: x");
    expect_moment("2016-06-05", "decided: x is 3");
    expect(0, ENGINE_COMPUTED, "3.00", "-2.00");
    expect_moment("2016-06-06", "disputed: x");
    expect_moment("2016-06-07", "decided: x is annulled");
    expect(0, ENGINE_WAITS, "3.00", "0.00");
    expect_moment("2016-06-08", "final: x = 4");
    expect(0, ENGINE_COMPUTED, "4.00", "1.00");
    expect_end();
}

/* F3: `within 10 days, otherwise stands`: the tenth day is still in time. */
static void a_dispute_that_nobody_decides_in_time_is_decided_by_the_text(void **state)
{
    (void) state;
    start(NOT_BEFORE, "t", STEP("2016-06-01", X("\"value\":\"5\"")) "," STEP("2016-06-02", X("\"disputed\":true")),
          DAY_NEVER);
    expect_moment("2016-06-01", "final: x = 5");
    expect_moment("2016-06-02", "disputed: x");
    expect_moment("2016-06-13", "not decided in time: x stands");
    expect(0, ENGINE_COMPUTED, "5.00", "0.00");
    expect_end();
}

static void nothing_is_triggered_twice(void **state)
{
    (void) state;
    struct engine_input input;
    struct engine_output *again = NULL;
    start(NOT_BEFORE, "t", STEP("2016-06-01", X("\"value\":\"5\"")), DAY_NEVER);
    expect_moment("2016-06-01", "final: x = 5");
    assert_int_equal(history_input(run, &input, &err), TALLY_OK);
    assert_int_equal(input.record_count, 1);
    assert_int_equal(engine_evaluate(&input, arena, &again, &err), TALLY_OK);
    assert_false(again->instances[0].has_difference);
}

static void bad_steps_say_what_where_and_what_to_do(void **state)
{
    (void) state;
    /* clang-format off */
    static const char *const rows[][2] = {
        {STEP("2016-06-01", "{\"metric\":\"y\",\"value\":\"5\"}"),
         "/history/0/results/0/metric: the terms have no metric `y`; `tally terms show` lists them"},
        {STEP("2016-06-31", ""), "/history/0/on: \"2016-06-31\" is no day; write one that exists as 2016-01-31"},
        {STEP("2016-06-02", "") "," STEP("2016-06-01", ""),
         "/history/1/on: is earlier than the step before; put the steps in order"},
        {STEP("2016-06-01", X("\"value\":5")), "/history/0/results/0/value: is not a text; write it in quotes"},
        {STEP("2016-06-01", X("\"value\":\"5%\"")),
         "/history/0/results/0: does not fit `x`: its value \"5%\" is not in GBP, which is written as a number alone"},
        {STEP("2016-06-01", X("\"value\":\"5\",\"dimensions\":{\"arm\":\"a\"}")),
         "/history/0/results/0: does not fit `x`: it has the dimension `arm`, which the metric has not"},
        {STEP("2016-06-01", X("\"value\":\"5\",\"by\":\"city\"")),
         "/history/0/results/0: does not fit `x`: it is reported by lender alone"},
        {STEP("2016-06-01", X("\"value\":\"5\",\"by\":\"nobody\"")),
         "/history/0/results/0/by: the terms have no party `nobody`"},
        {STEP("2016-06-01", X("\"valeu\":\"5\"")),
         "/history/0/results/0/valeu: there is no such member here; did you mean \"value\"?"},
        {STEP("2016-06-01", X("\"value\":\"5\"") "," X("\"value\":\"6\"")),
         "/history/0/results/1: x has a final result already; say \"restated\": true to replace it"},
        {STEP("2016-06-01", X("\"disputed\":true")),
         "/history/0/results/0: x has no result to dispute; check the dimensions"},
        {STEP("2016-06-01", X("\"decided\":\"maybe\"")),
         "/history/0/results/0/decided: is none of \"stands\", \"replaced\" (with the new \"value\") and \"annulled\""},
        {STEP("2016-06-01", X("\"value\":\"5\",\"restated\":true,\"disputed\":true")),
         "/history/0/results/0: is both restated and disputed; say each in a result of its own"},
        {STEP("2016-06-01", X("\"value\":\"5\",\"restated\":true")),
         "/history/0/results/0: x has no final result to restate; leave \"restated\" out of its first one"},
        {STEP("2016-06-01", X("\"withdrawn\":true,\"value\":\"5\"")),
         "/history/0/results/0/value: what is withdrawn, verified, disputed, or stands has no value; take it out"},
        {STEP("2016-06-01", X("\"value\":\"5\",\"submitted\":\"2016-06-02\"")),
         "/history/0/results/0/submitted: is later than the day on which it is final"},
        {STEP("2016-06-01", X("\"value\":\"5\"") "," X("\"disputed\":true") "," X("\"value\":\"6\",\"restated\":true")),
         "/history/0/results/2: x is disputed; say how that is \"decided\" first"},
        {"5", "/history/0: is not an object, {\"on\", \"results\"}"},
        {"{\"on\":\"2016-06-01\",\"results\":[[]]}",
         "/history/0/results/0: is not an object, {\"metric\", \"dimensions\", \"value\"}"},
    };
    /* clang-format on */
    load(NOT_BEFORE);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        history = NULL;
        assert_int_equal(read_steps("t", rows[i][0]), TALLY_E_MALFORMED);
        assert_string_equal(err.detail, rows[i][1]);
        assert_null(history);
    }
}

static void a_file_that_is_no_history_says_so(void **state)
{
    (void) state;
    static const char *const rows[][2] = {
        {"", "line 1, column 0: this is not JSON: '[' or '{' expected near end of file"},
        {"[]", "/: is not an object, {\"contract\", \"history\"}"},
        {"{\"contract\":\"u\",\"history\":[]}", "/contract: these are results of u, and the terms are those of t"},
        {"{\"contract\":\"t\"}",
         "/history: is not a list of 1 to 100000 steps; {\"on\": \"2016-01-31\", \"results\": []} is a day on "
         "which nothing comes"},
        {"{\"contract\":\"t\",\"contract\":\"t\"}", NULL},
        {"{\"contract\":\"\\ud800\"}", NULL},
    };
    load(NOT_BEFORE);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(history_read(terms, slice_str(rows[i][0]), arena, &history, &err), TALLY_E_MALFORMED);
        if (rows[i][1] != NULL)
            assert_string_equal(err.detail, rows[i][1]);
    }
}

static void keys_of_periods_are_told_by_their_first_day(void **state)
{
    (void) state;
    load(TEXT_ROCA_WATERFALL);
    const struct terms_metric *m = terms_metric(terms, terms_find_metric(terms, SLICE("received")));
    struct slice text = history_key_text(terms, m->by, m->by_count, SLICE("2017-10-01/2017-12-31"), arena);
    assert_true(slice_is(text, "2017-10-01"));
    assert_true(slice_is(history_key_text(terms, m->by, 0, SLICE(""), arena), "one"));
}

/* Cut anywhere, a file is refused and nothing else happens. */
static void a_cut_file_is_refused(void **state)
{
    (void) state;
    static const char whole[] = "{\"contract\":\"t\",\"history\":[" STEP("2016-06-01", X("\"value\":\"5\"")) "]}";
    load(NOT_BEFORE);
    for (size_t len = 0; len + 1 < sizeof whole; len++)
        assert_int_equal(history_read(terms, slice_of(whole, len), arena, &history, &err), TALLY_E_MALFORMED);
    assert_int_equal(history_read(terms, slice_of(whole, sizeof whole - 1), arena, &history, &err), TALLY_OK);
}

#define TEST(name) cmocka_unit_test_teardown(name, tear_down)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_clock_alone_triggers_and_steps_of_the_same_day_come_behind_it),
        TEST(a_step_without_results_is_that_moment_of_the_clock),
        TEST(as_of_stops_before_what_comes_later),
        TEST(after_the_last_step_the_clock_goes_on),
        TEST(after_closes_nothing_changes),
        TEST(pending_is_unknown_until_verified_and_keeps_its_day_of_submission),
        TEST(what_replaces_a_result_is_as_timely_as_its_first),
        TEST(a_dispute_waits_and_is_decided_each_way),
        TEST(a_dispute_that_nobody_decides_in_time_is_decided_by_the_text),
        TEST(nothing_is_triggered_twice),
        TEST(bad_steps_say_what_where_and_what_to_do),
        TEST(a_file_that_is_no_history_says_so),
        TEST(keys_of_periods_are_told_by_their_first_day),
        TEST(a_cut_file_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
