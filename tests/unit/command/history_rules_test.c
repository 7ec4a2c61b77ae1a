/* The rules of language.md section 7 that a history follows by itself: which result counts (S), until when (M), disputes (F), other
 * contracts (U) and amendments (V). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "tally/history.h"

#define ARENA_MAX ((size_t) 64 << 20)
#define SOURCES 4

static struct arena *arena;
static struct history_source sources[SOURCES];
static size_t source_count;
static struct history *history;
static struct history_run *run;
static struct history_moment moment;
static struct err err;

#define HASH_1 "1111111111111111111111111111111111111111111111111111111111111111"
#define HASH_2 "2222222222222222222222222222222222222222222222222222222222222222"
#define HASH_3 "3333333333333333333333333333333333333333333333333333333333333333"
#define NAMED(slug, version, declarations)                                                                                 \
    "terms 1\ncontract " slug " \"T\" " version "\ncurrency GBP rounded to 0.01, half even\nclock UTC\n"                   \
    "runs 2016-01-01 to 2017-12-31\ncloses 2018-06-30\nparty city outcome payer \"City\"\nparty lender investor \"L\"\n"   \
    "party judge evaluator \"Judge\"\nparty clerk auditor \"Clerk\"\nin force when city and lender have signed\n"          \
    "disputes decided by judge within 10 days, otherwise stands\n" declarations
#define TEXT(declarations) NAMED("t", "", declarations)
#define METRIC(more) "metric x is \"X\" in GBP\n  reported by lender or clerk\n" more "pay p from city to lender amount x\n"
#define X(rest) "{\"metric\":\"x\"," rest "}"
#define STEP(day, results) "{\"on\":\"" day "\",\"results\":[" results "]}"

static void add_source(const char *file, const char *hash, const char *text)
{
    struct diags diags;
    struct terms *terms = NULL;
    if (arena == NULL)
        arena = arena_new(ARENA_MAX);
    assert_non_null(arena);
    diags_init(&diags, arena);
    assert_int_equal(terms_compile(slice_str(text), &diags, &terms, &err), TALLY_OK);
    if (terms == NULL)
        fail_msg("%.*s", SLICE_ARG(diags.first->message));
    sources[source_count++] = (struct history_source){slice_str(file), slice_str(hash), terms};
}

static int tear_down(void **state)
{
    (void) state;
    history_end(run);
    for (size_t i = 0; i < source_count; i++)
        terms_free((struct terms *) (uintptr_t) sources[i].terms);
    arena_free(arena);
    source_count = 0;
    run = NULL;
    arena = NULL;
    return 0;
}

static enum tally_code read_steps(const char *steps)
{
    struct slice slug = terms_slug(sources[0].terms);
    struct slice json = arena_printf(arena, "{\"contract\":\"%.*s\",\"history\":[%s]}", SLICE_ARG(slug), steps);
    assert_non_null(json.ptr);
    history_end(run);
    run = NULL;
    return history_read_texts(sources, source_count, json, arena, &history, &err);
}

static void begin(const char *steps)
{
    if (read_steps(steps) != TALLY_OK)
        fail_msg("%s", err.detail);
    assert_int_equal(history_begin(sources[0].terms, history, DAY_NEVER, &run, &err), TALLY_OK);
}

static void start(const char *text, const char *steps)
{
    add_source("", "", text);
    begin(steps);
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
    assert_int_equal(history_title(sources[0].terms, &moment, arena, &text, &err), TALLY_OK);
    (void) snprintf(said, sizeof said, "%s %.*s", on, SLICE_ARG(text));
    char wanted[1000];
    (void) snprintf(wanted, sizeof wanted, "%s %s", day, title);
    assert_string_equal(said, wanted);
}

static void expect_at(size_t i, enum engine_state state, const char *target)
{
    char text[100];
    assert_true(i < moment.output->count);
    (void) snprintf(text, sizeof text, "%.*s", SLICE_ARG(moment.output->instances[i].target));
    assert_string_equal(text, target);
    assert_int_equal(moment.output->instances[i].state, state);
}

static void expect(enum engine_state state, const char *target)
{
    expect_at(0, state, target);
}

static void expect_end(void)
{
    bool has = true;
    assert_int_equal(history_next(run, &moment, &has, &err), TALLY_OK);
    assert_false(has);
}

/* ---- S ---- */

static void rule_S3_silence_makes_final(void **state)
{
    (void) state;
    start(TEXT(METRIC("  verified by judge or 5 days of silence\n  disputes within 30 days\n")),
          STEP("2016-06-01", X("\"value\":\"5\",\"pending\":true")) "," STEP(
              "2016-07-01", X("\"value\":\"6\",\"restated\":true,\"pending\":true")));
    expect_moment("2016-06-01", "submitted: x = 5");
    expect(ENGINE_WAITS, "0.00");
    expect_moment("2016-06-07", "final, as its days have passed: x = 5");
    expect(ENGINE_COMPUTED, "5.00");
    expect_moment("2016-07-01", "restated, not verified: x = 6");
    expect(ENGINE_COMPUTED, "5.00");
    expect_moment("2016-07-07", "final, as its days have passed: x = 6");
    expect(ENGINE_COMPUTED, "6.00");
    expect_end();
}

static void rule_S3_final_some_days_later(void **state)
{
    (void) state;
    start(TEXT(METRIC("  verified by judge or 20 days of silence final 5 days later\n  disputes within 30 days\n")),
          STEP("2016-06-01", X("\"value\":\"5\",\"pending\":true")) "," STEP("2016-06-03", X("\"verified\":true")));
    expect_moment("2016-06-01", "submitted: x = 5");
    expect_moment("2016-06-03", "verified: x");
    expect(ENGINE_WAITS, "0.00");
    expect_moment("2016-06-09", "final, as its days have passed: x = 5");
    expect(ENGINE_COMPUTED, "5.00");
    expect_end();
}

static void rule_S3_so_many_of_those_who_verify(void **state)
{
    (void) state;
    start(TEXT(METRIC("  verified by 2 of (judge, city, clerk)\n  disputes within 30 days\n")),
          STEP("2016-06-01", X("\"value\":\"5\",\"pending\":true")) "," STEP(
              "2016-06-02",
              X("\"verified\":true,\"by\":"
                "\"judge\"")) "," STEP("2016-06-03",
                                       X("\"verified\":true,\"by\":\"judge\"")) "," STEP("2016-06-04",
                                                                                         X("\"verified\":true,\"by\":"
                                                                                           "\"clerk\"")));
    expect_moment("2016-06-01", "submitted: x = 5");
    expect_moment("2016-06-02", "verified: x by judge");
    expect(ENGINE_WAITS, "0.00");
    expect_moment("2016-06-03", "verified: x by judge"); /* twice is once */
    expect(ENGINE_WAITS, "0.00");
    expect_moment("2016-06-04", "verified: x by clerk");
    expect(ENGINE_COMPUTED, "5.00");
    expect_end();
}

static void rule_S2_of_several_reporters_the_first_chain_that_is_final_counts(void **state)
{
    (void) state;
    start(
        TEXT(METRIC("  verified by judge\n  disputes within 30 days\n")),
        STEP("2016-06-01", X("\"value\":\"5\",\"pending\":true")) "," STEP(
            "2016-06-02",
            X("\"value\":\"7\",\"pending\":"
              "true,\"by\":\"clerk\"")) "," STEP("2016-06-03",
                                                 X("\"verified\":true,\"reporter\":"
                                                   "\"clerk\"")) "," STEP("2016-06-04",
                                                                          X("\"verified\""
                                                                            ":true,"
                                                                            "\"reporter\""
                                                                            ":\"lender"
                                                                            "\"")) "," STEP("2016-06-05",
                                                                                            X("\"value\":\"8\","
                                                                                              "\"restated\":true,\"by\":"
                                                                                              "\"clerk\"")) "," STEP("2016-"
                                                                                                                     "06-"
                                                                                                                     "06",
                                                                                                                     X("\"v"
                                                                                                                       "alu"
                                                                                                                       "e\""
                                                                                                                       ":\""
                                                                                                                       "9\""
                                                                                                                       ","
                                                                                                                       "\"r"
                                                                                                                       "est"
                                                                                                                       "ate"
                                                                                                                       "d\""
                                                                                                                       ":tr"
                                                                                                                       "ue,"
                                                                                                                       "\"b"
                                                                                                                       "y\""
                                                                                                                       ":"
                                                                                                                       "\"l"
                                                                                                                       "end"
                                                                                                                       "er"
                                                                                                                       "\"")) "," STEP("20"
                                                                                                                                       "16"
                                                                                                                                       "-0"
                                                                                                                                       "6-"
                                                                                                                                       "0"
                                                                                                                                       "7",
                                                                                                                                       X("\"withdrawn\":true,\"by\":\"clerk\"")));
    expect_moment("2016-06-01", "submitted: x = 5");
    expect_moment("2016-06-02", "submitted: x = 7");
    expect(ENGINE_WAITS, "0.00");
    expect_moment("2016-06-03", "verified: x");
    expect(ENGINE_COMPUTED, "7.00");
    expect_moment("2016-06-04", "verified: x"); /* final too, and not used */
    expect(ENGINE_COMPUTED, "7.00");
    expect_moment("2016-06-05", "restated, verified: x = 8");
    expect(ENGINE_COMPUTED, "8.00");
    expect_moment("2016-06-06", "restated, verified: x = 9");
    expect(ENGINE_COMPUTED, "8.00");
    expect_moment("2016-06-07", "restated, verified: x = withdrawn"); /* S6: as if nothing had been reported by the clerk */
    expect(ENGINE_COMPUTED, "9.00");
    expect_end();
}

#define ARMS                                                                                                               \
    "dimension arm (a, b)\nmetric y is \"Y\" in GBP\n  by arm\n  reported by lender\n  verified by judge or 60 days of "   \
    "silence\n  disputes within 30 days\npay p from city to lender amount y[arm: a] - y[arm: b]\n"
#define Y(arm, rest) "{\"metric\":\"y\",\"dimensions\":{\"arm\":\"" arm "\"}," rest "}"

static void rule_S4_a_set_becomes_final_together(void **state)
{
    (void) state;
    start(
        TEXT(ARMS),
        STEP("2016-06-01", Y("a", "\"value\":\"9\"") "," Y("b", "\"value\":\"4\"")) "," STEP(
            "2016-06-02",
            Y("a",
              "\"valu"
              "e\":"
              "\"20\""
              ",\"res"
              "tated"
              "\":"
              "true,"
              "\"pend"
              "ing\":"
              "true,"
              "\"set"
              "\":"
              "\"s\"") "," Y("b",
                             "\"value\":\"19\",\"restated\":true,\"pending\":true,\"set\":"
                             "\"s\"")) "," STEP("2016-06-03",
                                                Y("a",
                                                  "\"verified\":true")) "," STEP("2016-06-04",
                                                                                 Y("b",
                                                                                   "\"verifie"
                                                                                   "d\":"
                                                                                   "true")) "," STEP("2016-06-05",
                                                                                                     Y("a",
                                                                                                       "\"value\":\"30\","
                                                                                                       "\"restated\":"
                                                                                                       "true,\"pending\":"
                                                                                                       "true,\"set\":"
                                                                                                       "\"s\"") "," Y("b",
                                                                                                                      "\"va"
                                                                                                                      "lue"
                                                                                                                      "\":"
                                                                                                                      "\"25"
                                                                                                                      "\","
                                                                                                                      "\"re"
                                                                                                                      "stat"
                                                                                                                      "ed\""
                                                                                                                      ":"
                                                                                                                      "true"
                                                                                                                      ",\"p"
                                                                                                                      "endi"
                                                                                                                      "ng\""
                                                                                                                      ":tru"
                                                                                                                      "e,"
                                                                                                                      "\"se"
                                                                                                                      "t\":"
                                                                                                                      "\"s"
                                                                                                                      "\"")) "," STEP("2016-06-06",
                                                                                                                                      Y("a",
                                                                                                                                        "\"verified\":"
                                                                                                                                        "true")) "," STEP("2016-06-07",
                                                                                                                                                          Y("b",
                                                                                                                                                            "\"rejected\":true")));
    expect_moment("2016-06-01", "final: y(a) = 9, y(b) = 4");
    expect(ENGINE_COMPUTED, "5.00");
    expect_moment("2016-06-02", "restated, not verified: y(a) = 20, y(b) = 19");
    expect_moment("2016-06-03", "verified: y(a)"); /* 20 - 4 is no amount that anybody reported */
    expect(ENGINE_COMPUTED, "5.00");
    expect_moment("2016-06-04", "verified: y(b)");
    expect(ENGINE_COMPUTED, "1.00");
    expect_moment("2016-06-05", "restated, not verified: y(a) = 30, y(b) = 25");
    expect_moment("2016-06-06", "verified: y(a)");
    expect(ENGINE_COMPUTED, "1.00");
    expect_moment("2016-06-07", "rejected: y(b)"); /* what is rejected is waited for no longer */
    expect(ENGINE_COMPUTED, "11.00");
    expect_end();
}

static void rule_S4_a_disputed_member_holds_its_set(void **state)
{
    (void) state;
    start(
        TEXT(ARMS),
        STEP(
            "2016-06-02",
            Y("a", "\"value\":\"20\",\"pending\":true,\"set\":\"s\"") "," Y(
                "b",
                "\"value\":\"19\","
                "\"pending\":true,\"set\":"
                "\"s\"")) "," STEP("2016-06-03",
                                   Y("a",
                                     "\"verified\":true")) "," STEP("2016-06-04",
                                                                    Y("a",
                                                                      "\"disputed\":true")) "," STEP("2016-06-05",
                                                                                                     Y("b",
                                                                                                       "\"verified\":"
                                                                                                       "true")) "," STEP("2"
                                                                                                                         "0"
                                                                                                                         "1"
                                                                                                                         "6"
                                                                                                                         "-"
                                                                                                                         "0"
                                                                                                                         "6"
                                                                                                                         "-"
                                                                                                                         "0"
                                                                                                                         "6",
                                                                                                                         Y("a",
                                                                                                                           "\"decided"
                                                                                                                           "\":"
                                                                                                                           "\"stands"
                                                                                                                           "\"")));
    expect_moment("2016-06-02", "submitted: y(a) = 20, y(b) = 19");
    expect_moment("2016-06-03", "verified: y(a)");
    expect_moment("2016-06-04", "disputed: y(a)");
    expect_moment("2016-06-05", "verified: y(b)");
    expect(ENGINE_WAITS, "0.00");
    expect_moment("2016-06-06", "decided: y(a) stands");
    expect(ENGINE_COMPUTED, "1.00");
    expect_end();
}

#define UNTIL METRIC("  until 2016-06-10\n  verified by judge\n  disputes within 30 days\n  if late use 3\n")

static void rule_S1_what_is_too_late_is_told_and_not_used(void **state)
{
    (void) state;
    start(TEXT(UNTIL), STEP("2016-06-01", "") "," STEP("2016-06-11", X("\"value\":\"5\"")));
    expect_moment("2016-06-01", "the day comes");
    expect(ENGINE_WAITS, "0.00");
    expect_moment("2016-06-11", "the day comes");
    expect(ENGINE_COMPUTED, "3.00");
    expect_moment("2016-06-11", "submitted too late, not used: x = 5");
    expect(ENGINE_COMPUTED, "3.00");
    expect_end();
}

static void rule_M2_who_is_in_time_is_waited_for(void **state)
{
    (void) state;
    start(TEXT(UNTIL),
          STEP("2016-06-10", X("\"value\":\"5\",\"pending\":true")) "," STEP("2016-07-01", X("\"verified\":true")) "," STEP(
              "2016-08-01", X("\"value\":\"6\",\"restated\":true")));
    expect_moment("2016-06-10", "submitted: x = 5");
    expect(ENGINE_WAITS, "0.00");
    expect_moment("2016-07-01", "verified: x");
    expect(ENGINE_COMPUTED, "5.00");
    expect_moment("2016-08-01", "restated, verified: x = 6"); /* as timely as its first */
    expect(ENGINE_COMPUTED, "6.00");
    expect_end();
}

static void rule_M1_what_is_rejected_was_never_submitted(void **state)
{
    (void) state;
    start(TEXT(UNTIL),
          STEP("2016-06-10", X("\"value\":\"5\",\"pending\":true")) "," STEP("2016-07-01", X("\"rejected\":true")));
    expect_moment("2016-06-10", "submitted: x = 5");
    expect_moment("2016-07-01", "rejected: x");
    expect(ENGINE_COMPUTED, "3.00");
    expect_end();
}

#define PUPILS                                                                                                             \
    "dimension pupil open, at most 1\nmetric z is \"Z\" in GBP\n  by pupil\n  reported by lender\n  verified by judge\n"   \
    "  disputes within 30 days\npay p from city to lender for each pupil of z amount z\n"
#define Z(pupil, rest) "{\"metric\":\"z\",\"dimensions\":{\"pupil\":\"" pupil "\"}," rest "}"

static void rule_S7_members_count_in_the_order_of_becoming_final(void **state)
{
    (void) state;
    start(TEXT(PUPILS),
          STEP("2016-06-01", Z("first", "\"value\":\"5\",\"pending\":true")) "," STEP(
              "2016-06-02",
              Z("second",
                "\"value\":\"6\"")) "," STEP("2016-06-03",
                                             Z("first",
                                               "\"verified\":true")) "," STEP("2016-06-04",
                                                                              Z("second",
                                                                                "\"value\":\"7\",\"restated\":true")));
    expect_moment("2016-06-01", "submitted: z(first) = 5");
    expect_moment("2016-06-02", "final: z(second) = 6");
    expect(ENGINE_COMPUTED, "6.00");
    expect_moment("2016-06-03", "verified: z(first)");
    assert_int_equal(moment.output->count, 1);
    expect_moment("2016-06-04", "restated, verified: z(second) = 7");
    assert_int_equal(moment.output->count, 1);
    expect(ENGINE_COMPUTED, "7.00");
    expect_end();
}

static void rule_S6_a_result_after_a_withdrawal_begins_anew(void **state)
{
    (void) state;
    start(TEXT("metric x is \"X\" in GBP\n  reported by lender\n  disputes within 30 days\n"
               "pay p from city to lender when submitted(x) <= 2016-06-30 amount x\n"),
          STEP("2016-06-01", X("\"value\":\"5\"")) "," STEP("2016-06-02", X("\"withdrawn\":true")) "," STEP(
              "2016-07-01", X("\"value\":\"5\"")));
    expect_moment("2016-06-01", "final: x = 5");
    expect(ENGINE_COMPUTED, "5.00");
    expect_moment("2016-06-02", "restated, verified: x = withdrawn");
    expect(ENGINE_COMPUTED, "0.00");
    expect_moment("2016-07-01", "final: x = 5");
    expect(ENGINE_COMPUTED, "0.00");
    expect_end();
}

/* ---- F ---- */

static void rule_F1_what_is_disputed_does_not_become_final(void **state)
{
    (void) state;
    start(TEXT(METRIC("  verified by judge or 5 days of silence\n  disputes within 30 days\n")),
          STEP("2016-06-01", X("\"value\":\"5\",\"pending\":true")) "," STEP("2016-06-03", X("\"disputed\":true")) "," STEP(
              "2016-06-12", X("\"decided\":\"stands\"")));
    expect_moment("2016-06-01", "submitted: x = 5");
    expect_moment("2016-06-03", "disputed: x");
    expect(ENGINE_WAITS, "0.00");
    expect_moment("2016-06-12", "decided: x stands"); /* the days of silence have passed meanwhile */
    expect(ENGINE_COMPUTED, "5.00");
    expect_end();
}

static void rule_F3_nobody_decides_what_is_pending(void **state)
{
    (void) state;
    start(TEXT(METRIC("  verified by judge or 60 days of silence\n  disputes within 30 days\n")),
          STEP("2016-06-01", X("\"value\":\"5\",\"pending\":true")) "," STEP("2016-06-03", X("\"disputed\":true")));
    expect_moment("2016-06-01", "submitted: x = 5");
    expect_moment("2016-06-03", "disputed: x");
    expect_moment("2016-06-14", "not decided in time: x stands");
    expect(ENGINE_WAITS, "0.00");
    expect_moment("2016-08-01", "final, as its days have passed: x = 5");
    expect(ENGINE_COMPUTED, "5.00");
    expect_end();
}

static void rule_F1_a_restatement_that_is_disputed_leaves_the_earlier_result(void **state)
{
    (void) state;
    start(
        TEXT(METRIC("  verified by judge\n  disputes within 30 days\n")),
        STEP("2016-06-01", X("\"value\":\"5\"")) "," STEP(
            "2016-06-02",
            X("\"value\":\"6\",\"restated\":true,\"pending\":"
              "true")) "," STEP("2016-06-03",
                                X("\"disputed\":"
                                  "true")) "," STEP("2016-06-04",
                                                    X("\"decided\":\"annulled\"")) "," STEP("2016-06-05",
                                                                                            X("\"value\":\"8\","
                                                                                              "\"restated\":true,"
                                                                                              "\"pending\":"
                                                                                              "true")) "," STEP("2016-06-"
                                                                                                                "06",
                                                                                                                X("\"disp"
                                                                                                                  "uted\""
                                                                                                                  ":tru"
                                                                                                                  "e")) "," STEP("2016-06-07",
                                                                                                                                 X("\"decided\":\"replaced\",\"value\":\"7\"")));
    expect_moment("2016-06-01", "final: x = 5");
    expect_moment("2016-06-02", "restated, not verified: x = 6");
    expect_moment("2016-06-03", "disputed: x");
    expect(ENGINE_COMPUTED, "5.00"); /* S5: until it is final the earlier one counts */
    expect_moment("2016-06-04", "decided: x is annulled");
    expect(ENGINE_COMPUTED, "5.00");
    expect_moment("2016-06-05", "restated, not verified: x = 8");
    expect_moment("2016-06-06", "disputed: x");
    expect_moment("2016-06-07", "decided: x is 7");
    expect(ENGINE_COMPUTED, "7.00");
    expect_end();
}

/* ---- U ---- */

#define UP                                                                                                                 \
    NAMED("up", "",                                                                                                        \
          "metric y is \"Y\" in GBP\n  reported by lender\n  disputes within 90 days\n"                                    \
          "pay give from city to lender amount 2 * y\n")
#define USES "uses up is contract " HASH_2 "\n"
#define UPY(rest) "{\"contract\":\"up\",\"metric\":\"y\"," rest "}"

static void down(const char *metric, const char *steps)
{
    char text[2000];
    (void) snprintf(text, sizeof text, "%s%s", NAMED("down", "", USES), metric);
    add_source("", HASH_1, text);
    add_source("up.terms", HASH_2, UP);
    begin(steps);
}

static void rule_U5_differences_flow_down_in_the_same_moment(void **state)
{
    (void) state;
    down("metric got is give of up in GBP\npay p from city to lender amount got / 4\n",
         STEP("2016-06-01", UPY("\"value\":\"10\"")) "," STEP("2016-06-02", UPY("\"disputed\":true")) "," STEP(
             "2016-06-03", UPY("\"decided\":\"replaced\",\"value\":\"6\"")));
    expect_moment("2016-06-01", "final: y = 10");
    expect(ENGINE_COMPUTED, "5.00");
    assert_int_equal(moment.state_count, 2);
    assert_true(slice_is(moment.states[0].slug, "up"));
    assert_true(slice_is(moment.states[0].output->instances[0].target, "20.00"));
    expect_moment("2016-06-02", "disputed: y");
    expect(ENGINE_WAITS, "5.00");
    expect_moment("2016-06-03", "decided: y is 6");
    expect(ENGINE_COMPUTED, "3.00");
}

static void rule_U4_what_was_unknown_when_until_had_passed_takes_the_default_for_good(void **state)
{
    (void) state;
    down("metric got is give of up in GBP\n  until 2016-06-10\n  if late use 1\npay p from city to lender amount got\n",
         STEP("2016-06-01", "") "," STEP("2016-06-11", UPY("\"value\":\"10\"")));
    expect_moment("2016-06-01", "the day comes");
    expect_moment("2016-06-11", "the day comes");
    expect(ENGINE_COMPUTED, "1.00");
    expect_moment("2016-06-11", "final: y = 10");
    expect(ENGINE_COMPUTED, "1.00");
}

static void rule_U4_what_was_known_then_never_takes_it(void **state)
{
    (void) state;
    down("metric got is give of up in GBP\n  until 2016-06-10\n  if late use 1\npay p from city to lender amount got\n",
         STEP("2016-06-10", UPY("\"value\":\"10\"")) "," STEP("2016-06-12", UPY("\"disputed\":true")) "," STEP(
             "2016-06-13", UPY("\"decided\":\"annulled\"")) "," STEP("2016-06-14", UPY("\"value\":\"4\"")));
    expect_moment("2016-06-10", "final: y = 10");
    expect(ENGINE_COMPUTED, "20.00");
    expect_moment("2016-06-12", "disputed: y");
    expect(ENGINE_WAITS, "20.00");
    expect_moment("2016-06-13", "decided: y is annulled");
    expect(ENGINE_WAITS, "20.00");
    expect_moment("2016-06-14", "final: y = 4");
    expect(ENGINE_COMPUTED, "8.00");
}

static void rule_T5_when_the_used_contract_has_closed_its_last_values_hold(void **state)
{
    (void) state;
    add_source("", HASH_1,
               "terms 1\ncontract down \"D\"\ncurrency GBP rounded to 0.01, half even\nclock UTC\n"
               "runs 2016-01-01 to 2020-12-31\nparty city outcome payer \"City\"\nparty lender investor \"L\"\n" USES
               "metric got is give of up in GBP\npay p from city to lender amount got not before 2019-01-01\n");
    add_source("up.terms", HASH_2, UP);
    begin(STEP("2016-06-10", UPY("\"value\":\"10\"")) "," STEP("2018-07-05", UPY("\"value\":\"4\",\"restated\":true")));
    expect_moment("2016-06-10", "final: y = 10");
    expect_moment("2018-07-01", "the day comes"); /* it closes */
    expect_moment("2018-07-05", "restated, verified: y = 4");
    expect(ENGINE_WAITS, "0.00");
    expect_moment("2019-01-01", "the day comes");
    expect(ENGINE_COMPUTED, "20.00");
    expect_end();
}

/* ---- V ---- */

#define YEARS                                                                                                              \
    "period year every 1 year from 2016-01-01 to 2017-12-31\nmetric w is \"W\" in GBP\n  by year\n  reported by lender\n"  \
    "  disputes within 900 days\n"
#define W(year, rest) "{\"metric\":\"w\",\"dimensions\":{\"year\":\"" year "-01-01/" year "-12-31\"}," rest "}"
#define FIRST NAMED("t", "", YEARS "pay p from city to lender for each year of w amount w\n")
#define SECOND                                                                                                             \
    NAMED("t", "version 2 amends " HASH_1 " effective 2017-01-01",                                                         \
          YEARS "pay p from city to lender for each year of w amount 3 * w\n")

static void rule_V1_a_text_computes_from_the_day_on_which_it_is_in_force(void **state)
{
    (void) state;
    add_source("", HASH_1, FIRST);
    add_source("two.terms", HASH_2, SECOND);
    begin(STEP("2017-06-01", W("2016", "\"value\":\"5\"") "," W(
                                 "2017", "\"value\":\"5\"")) ","
                                                             "{\"on\":\"2017-07-01\",\"amended\":\"two.terms\"}," STEP(
                                                                 "2017-08-01",
                                                                 W("2016", "\"value\":\"6\",\"restated\":true")));
    expect_moment("2017-06-01", "final: w(2016-01-01) = 5, w(2017-01-01) = 5");
    expect_at(1, ENGINE_COMPUTED, "5.00");
    expect_moment("2017-07-01", "version 2 of the terms is in force");
    expect_at(0, ENGINE_COMPUTED, "5.00");
    expect_at(1, ENGINE_COMPUTED, "15.00");
    expect_moment("2017-08-01", "restated, verified: w(2016-01-01) = 6");
    expect_at(0, ENGINE_COMPUTED, "6.00");
}

#define DOWN_OF(as)                                                                                                        \
    NAMED("down", "",                                                                                                      \
          "uses up is contract " HASH_2 as "\nperiod year every 1 year from 2016-01-01 to 2017-12-31\n"                    \
          "metric got is p of up in GBP\n  by year\npay q from city to lender for each year amount got\n")
#define UPW(year, rest)                                                                                                    \
    "{\"contract\":\"t\",\"metric\":\"w\",\"dimensions\":{\"year\":\"" year "-01-01/" year "-12-31\"}," rest "}"
#define AMENDED_UP                                                                                                         \
    NAMED("t", "version 2 amends " HASH_2 " effective 2017-01-01",                                                         \
          YEARS "pay p from city to lender for each year of w amount 3 * w\n")
#define UP_STEPS                                                                                                           \
    STEP("2017-06-01", UPW("2016", "\"value\":\"5\"") "," UPW("2017", "\"value\":\"5\""))                                  \
    ","                                                                                                                    \
    "{\"on\":\"2017-07-01\",\"amended\":\"two.terms\"}"

static void rule_U2_a_used_text_is_followed_as_amended_or_not(void **state)
{
    (void) state;
    add_source("", HASH_1, DOWN_OF(""));
    add_source("one.terms", HASH_2, FIRST);
    add_source("two.terms", HASH_3, AMENDED_UP);
    begin(UP_STEPS);
    expect_moment("2017-06-01", "final: w(2016-01-01) = 5, w(2017-01-01) = 5");
    expect_at(1, ENGINE_COMPUTED, "5.00");
    expect_moment("2017-07-01", "version 2 of the terms is in force");
    expect_at(0, ENGINE_COMPUTED, "5.00");
    expect_at(1, ENGINE_WAITS, "5.00");
    assert_true(slice_is(moment.output->instances[1].reason, "version 2 of t computes it"));
}

static void rule_U2_as_amended(void **state)
{
    (void) state;
    add_source("", HASH_1, DOWN_OF(" as amended"));
    add_source("one.terms", HASH_2, FIRST);
    add_source("two.terms", HASH_3, AMENDED_UP);
    begin(UP_STEPS);
    expect_moment("2017-06-01", "final: w(2016-01-01) = 5, w(2017-01-01) = 5");
    expect_moment("2017-07-01", "version 2 of the terms is in force");
    expect_at(0, ENGINE_COMPUTED, "5.00");
    expect_at(1, ENGINE_COMPUTED, "15.00");
}

/* ---- classes of parties ---- */

#define FACILITIES                                                                                                         \
    "parties facility provider \"Health facilities\", at most 2 join until 2016-03-31\n"                                   \
    "metric done is \"Done\" in GBP\n  by facility\n  reported by facility or clerk\n  disputes within 30 days\n"          \
    "pay subsidy from city to facility for each facility of done amount done\n"
#define DONE(facility, rest) "{\"metric\":\"done\",\"dimensions\":{\"facility\":\"" facility "\"}," rest "}"
#define JOINED(day, names) "{\"on\":\"" day "\",\"joined\":{\"facility\":[" names "]}}"

static void the_members_of_a_class_join_and_are_paid(void **state)
{
    (void) state;
    start(TEXT(FACILITIES),
          JOINED("2016-01-01", "\"north\",\"south\"") "," STEP(
              "2016-02-01", DONE("north", "\"value\":\"5\"") "," DONE("south", "\"value\":\"7\",\"by\":\"clerk\"")));
    expect_moment("2016-01-01", "joined: north, south");
    expect_moment("2016-02-01", "final: done(north) = 5, done(south) = 7");
    expect_at(0, ENGINE_COMPUTED, "5.00");
    expect_at(1, ENGINE_COMPUTED, "7.00");
    const struct terms_rule *rule = moment.states[0].rules[0].rule;
    assert_int_equal(rule->payee_dimension, rule->each[0]);
    assert_int_equal(rule->payer_dimension, TERMS_NONE);
}

static void refused(const char *steps, const char *wanted);

static void who_has_not_joined_is_no_member(void **state)
{
    (void) state;
    add_source("", "", TEXT(FACILITIES));
    refused(STEP("2016-02-01", DONE("north", "\"value\":\"5\"")),
            "/history/0/results/0/dimensions: north has not joined `facility`; say in a step before who has: \"joined\": "
            "{\"facility\": [...]}");
    refused(JOINED("2016-04-01", "\"north\""), "/history/0/joined: `facility` could be joined until 2016-03-31");
    refused(JOINED("2016-01-01", "\"a\",\"b\",\"c\""), "/history/0/joined: `facility` has 2 members at most");
    refused(JOINED("2016-01-01", "\"a\",\"a\""), "/history/0/joined: a has joined `facility` already");
    refused("{\"on\":\"2016-01-01\",\"joined\":{\"village\":[\"a\"]}}",
            "/history/0/joined: the terms have no class of parties `village`");
    refused("{\"on\":\"2016-01-01\",\"joined\":[\"a\"]}",
            "/history/0/joined: is not an object of classes, {\"facility\": [\"a\", \"b\"]}");
    refused(JOINED("2016-01-01", "\"north\",\"south\"") "," STEP("2016-02-01",
                                                                 DONE("north", "\"value\":\"5\",\"by\":\"south\"")),
            "/history/1/results/0: does not fit `done`: it is reported by facility or clerk alone");
}

/* ---- what was settled ---- */

#define SETTLEMENTS                                                                                                        \
    "period half every 6 months from 2016-01-01 to 2017-12-31\nmetric x is \"X\" in GBP\n  reported by lender\n"           \
    "  disputes within 30 days\nmetric received is settlements of p in GBP\n  by half\n"                                   \
    "metric all is settlements of p in GBP\nmetric settled_on is settlements of p in date\n  if missing use never\n"       \
    "pay p from city to lender amount x\npay half_on from lender to judge for each half amount received / 2\n"             \
    "pay late from city to lender amount if settled_on = never then 0 else 1\n"                                            \
    "pay whole from lender to judge amount all\n"

static void what_was_settled_counts_by_the_bank_s_date(void **state)
{
    (void) state;
    start(TEXT(SETTLEMENTS),
          STEP("2016-06-01", X("\"value\":\"10\"")) ","
                                                    "{\"on\":\"2016-07-02\",\"settled\":[{\"rule\":\"p\",\"amount\":\"6."
                                                    "00\",\"paid_on\":\"2016-06-30\"},"
                                                    "{\"rule\":\"p\",\"amount\":\"4.00\"}]},"
                                                    "{\"on\":\"2016-08-01\",\"settled\":[{\"rule\":\"p\",\"amount\":\"-1."
                                                    "00\",\"paid_on\":\"2016-06-30\"}]}");
    expect_moment("2016-06-01", "final: x = 10");
    expect_at(1, ENGINE_COMPUTED, "0.00"); /* nothing was settled: that is known */
    expect_moment("2016-07-02", "settled: p 6.00, p 4.00");
    expect_at(1, ENGINE_COMPUTED, "3.00");
    expect_at(2, ENGINE_COMPUTED, "2.00");
    expect_at(5, ENGINE_COMPUTED, "1.00");
    expect_at(6, ENGINE_COMPUTED, "10.00");
    expect_moment("2016-08-01", "settled: p -1.00"); /* what is reversed acts as a restated result */
    expect_at(1, ENGINE_COMPUTED, "2.50");
    expect_at(6, ENGINE_COMPUTED, "9.00");
}

static void settlements_that_cannot_be_are_refused(void **state)
{
    (void) state;
    add_source("", "", TEXT(SETTLEMENTS));
    refused("{\"on\":\"2016-07-02\",\"settled\":[{\"rule\":\"q\",\"amount\":\"6.00\"}]}",
            "/history/0/settled/0/rule: the terms have no such pay rule");
    refused("{\"on\":\"2016-07-02\",\"settled\":[{\"rule\":\"p\",\"amount\":\"6.001\"}]}",
            "/history/0/settled/0/amount: is no amount of the rule's currency, as \"4800000.00\"");
    refused("{\"on\":\"2016-07-02\",\"settled\":[{\"rule\":\"p\",\"amount\":\"6\",\"paid_on\":\"2016-07-03\"}]}",
            "/history/0/settled/0/paid_on: is later than the day on which it is known");
    refused("{\"on\":\"2016-07-02\",\"settled\":5}", "/history/0/settled: is not a list of at most 10000 settlements");
    refused(STEP("2016-07-02", "{\"metric\":\"all\",\"value\":\"5\"}"),
            "/history/0/results/0/metric: `all` is what was settled; say it as \"settled\" of the step");
}

/* ---- what is refused ---- */

static void refused(const char *steps, const char *wanted)
{
    assert_int_equal(read_steps(steps), TALLY_E_MALFORMED);
    assert_string_equal(err.detail, wanted);
}

static void what_cannot_be_is_refused_with_its_place(void **state)
{
    (void) state;
    add_source("", "", TEXT(METRIC("  verified by judge\n  disputes within 30 days\n")));
    refused(STEP("2016-06-01", X("\"value\":\"5\",\"set\":\"s\"")),
            "/history/0/results/0/set: only what is pending waits for its set; take it out, or add \"pending\": true");
    refused(STEP("2016-06-01", X("\"value\":\"5\",\"pending\":true") "," X("\"verified\":true,\"by\":\"city\"")),
            "/history/0/results/1: x is not verified by that party; the terms say by whom");
    refused(STEP("2016-06-01", X("\"rejected\":true")),
            "/history/0/results/0: x has nothing pending to reject; check the dimensions");
    refused(STEP("2016-06-01", X("\"value\":\"5\",\"contract\":\"u\"")),
            "/history/0/results/0/contract: no text of \"texts\" is of a contract u");
    refused(STEP("2016-06-01", X("\"value\":\"5\",\"reporter\":\"clerk\"")),
            "/history/0/results/0/reporter: is whose result is verified or disputed; who reports says \"by\"");
    refused(STEP("2016-06-01", X("\"value\":\"5\"")) "," STEP("2016-07-02", X("\"disputed\":true")),
            "/history/1/results/0: x could be disputed until 2016-07-01");
    refused("{\"on\":\"2016-06-01\",\"amended\":\"b.terms\"}",
            "/history/0/amended: is not a file of \"texts\" that amends another");
}

static void rule_U3_what_is_used_has_to_be_at_hand(void **state)
{
    (void) state;
    add_source("", HASH_1,
               NAMED("down", "", USES "metric got is give of up in GBP\npay p from city to lender amount got\n"));
    refused(STEP("2016-06-01", ""),
            "/texts: the terms: it uses `up`, the text " HASH_2 ", which is not among \"texts\"; name its file there");
}

static void rule_U5_an_amendment_that_closes_a_circle_is_refused(void **state)
{
    (void) state;
    add_source("", HASH_1,
               NAMED("down", "",
                     "uses up is contract " HASH_2 " as amended\nmetric got is give of up in GBP\n"
                     "pay p from city to lender amount got\n"));
    add_source("up.terms", HASH_2, UP);
    add_source("two.terms", HASH_3,
               NAMED("up", "version 2 amends " HASH_2 " effective 2017-01-01",
                     "uses d is contract " HASH_1 "\nmetric z is p of d in GBP\npay give from city to lender amount z\n"));
    refused(STEP("2016-06-01", ""), "/texts/1: two.terms: it uses `d`, which uses it too");
}

static void texts_that_do_not_belong_together_are_refused(void **state)
{
    (void) state;
    add_source("", HASH_1,
               NAMED("down", "", USES "metric got is give of up in GBP\npay p from city to lender amount got\n"));
    add_source("up.terms", HASH_2, NAMED("up", "", "pay give from lender to city amount 5\n"));
    add_source("more.terms", HASH_3, NAMED("more", "", "pay give from lender to city amount 5\n"));
    refused(STEP("2016-06-01", ""), "/texts/1: more.terms: nothing uses or amends it; take it out of \"texts\"");
    source_count--;
    terms_free((struct terms *) (uintptr_t) sources[2].terms);
    refused(STEP("2016-06-01", "{\"metric\":\"got\",\"value\":\"5\"}"),
            "/history/0/results/0/metric: `got` comes from another contract; say there what is reported");
    add_source("late.terms", HASH_3, NAMED("up", "version 2 amends " HASH_1 " effective 2017-01-01", ""));
    refused(STEP("2016-06-01", ""), "/texts/1: late.terms: it cannot amend: it is of the contract up");
}

#define TEST(name) cmocka_unit_test_teardown(name, tear_down)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(rule_S3_silence_makes_final),
        TEST(rule_S3_final_some_days_later),
        TEST(rule_S3_so_many_of_those_who_verify),
        TEST(rule_S2_of_several_reporters_the_first_chain_that_is_final_counts),
        TEST(rule_S4_a_set_becomes_final_together),
        TEST(rule_S4_a_disputed_member_holds_its_set),
        TEST(rule_S1_what_is_too_late_is_told_and_not_used),
        TEST(rule_M2_who_is_in_time_is_waited_for),
        TEST(rule_M1_what_is_rejected_was_never_submitted),
        TEST(rule_S7_members_count_in_the_order_of_becoming_final),
        TEST(rule_S6_a_result_after_a_withdrawal_begins_anew),
        TEST(rule_F1_what_is_disputed_does_not_become_final),
        TEST(rule_F3_nobody_decides_what_is_pending),
        TEST(rule_F1_a_restatement_that_is_disputed_leaves_the_earlier_result),
        TEST(rule_U5_differences_flow_down_in_the_same_moment),
        TEST(rule_U4_what_was_unknown_when_until_had_passed_takes_the_default_for_good),
        TEST(rule_U4_what_was_known_then_never_takes_it),
        TEST(rule_T5_when_the_used_contract_has_closed_its_last_values_hold),
        TEST(rule_V1_a_text_computes_from_the_day_on_which_it_is_in_force),
        TEST(rule_U2_a_used_text_is_followed_as_amended_or_not),
        TEST(rule_U2_as_amended),
        TEST(the_members_of_a_class_join_and_are_paid),
        TEST(who_has_not_joined_is_no_member),
        TEST(what_was_settled_counts_by_the_bank_s_date),
        TEST(settlements_that_cannot_be_are_refused),
        TEST(what_cannot_be_is_refused_with_its_place),
        TEST(rule_U3_what_is_used_has_to_be_at_hand),
        TEST(rule_U5_an_amendment_that_closes_a_circle_is_refused),
        TEST(texts_that_do_not_belong_together_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
