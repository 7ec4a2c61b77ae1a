/* What is late, what is missing, and what then counts, in the service's model with its clock (M1 to M4; S1 by the day of submission).
 * Rules of language.md section 7; the engine's own tests are tests/unit/engine/until_test.c. */
#include "world.h"

#define PARTIES "buyer=buyer judge=judge seller=seller vera=vera"
#define TEXT                                                                                                               \
    "terms 1\ncontract deal \"Late\"\ncurrency USD rounded to 0.01, half even\nclock UTC+01:00\n"                          \
    "runs 2012-01-01 to 2013-12-31\ncloses 2014-06-30\n"                                                                   \
    "party buyer outcome payer \"Buyer\"\nparty seller provider \"Seller\"\nparty judge evaluator \"Judge\"\n"             \
    "party vera auditor \"Vera\"\nin force when buyer and seller have signed\n"                                            \
    "disputes decided by judge within 60 days, otherwise stands\ndimension place (north, south)\n"                         \
    "metric late is shared.units version 1 in days between 0 and 1_000\n  by place\n  reported by seller until "           \
    "2012-07-31\n  verified by vera\n  disputes within 900 days\n  if late use 40 days\n"                                  \
    "metric lenient is \"Lenient\" in days between 0 and 1_000\n  reported by seller\n  verified by vera\n"                \
    "  disputes within 900 days\n  if missing use 7 days\n"                                                                \
    "metric strict is \"Strict\" in days between 0 and 1_000\n  reported by seller\n  verified by vera\n"                  \
    "  disputes within 900 days\n"                                                                                         \
    "pay by_late from buyer to seller\n  for each place\n  amount 2.50 per day of late\n"                                  \
    "pay by_lenient from buyer to seller\n  amount 1 per day of lenient\n"                                                 \
    "pay by_ratio from buyer to seller\n  amount USD 100 * lenient / strict\n"                                             \
    "pay by_choice from buyer to seller\n  amount if lenient > 50 days then 3 per day of strict else USD 2\n"
#define NORTH "shared.units/1 place=north "
#define SOUTH "shared.units/1 place=south "

static struct world w;

static void at(const char *text)
{
    assert_int_equal(instant_parse(slice_str(text), &w.time), TALLY_OK);
}

/* The moments that are due take effect; how many. */
static int comes(const char *text)
{
    at(text);
    return world_moments(&w);
}

static int begin(void **state)
{
    static const char *const actors[] = {"buyer", "seller", "judge", "vera"};
    (void) state;
    world_init(&w);
    for (size_t i = 0; i < sizeof(actors) / sizeof(actors[0]); i++)
        do_register(&w, "op", actors[i], false);
    do_define(&w, "op", "shared.units", 1, "days");
    at("2012-02-01T12:00:00.000000Z");
    do_propose(&w, "buyer", "deal", TEXT, PARTIES);
    ASSERT_DONE(&w);
    do_sign(&w, "buyer", "deal", "buyer");
    do_sign(&w, "seller", "deal", "seller");
    ASSERT_DONE(&w);
    return 0;
}

static int end(void **state)
{
    (void) state;
    world_release(&w);
    return 0;
}

static void assert_stands(const char *rule, const char *key, const char *wanted)
{
    struct slice stands = SLICE("none");
    for (uint32_t i = 0; i < w.base.instances_count; i++)
        if (slice_is(w.base.instances[i].rule, rule) && slice_is(w.base.instances[i].key, key))
            stands = w.base.instances[i].stands;
    if (!slice_is(stands, wanted))
        fail_msg("%s(%s) stands at %.*s, not at %s", rule, key, SLICE_ARG(stands), wanted);
}

static const char *next_moment(void)
{
    static char text[INSTANT_TEXT_LEN + 1];
    instant_format(base_find_contract(&w, "deal")->next_moment, text);
    return text;
}

static uint64_t reported(const char *text)
{
    uint64_t seq = w.seq;
    do_result(&w, "seller", text);
    ASSERT_DONE(&w);
    return seq;
}

static void verified(uint64_t seq)
{
    do_verify(&w, "vera", seq, 0, NULL);
    ASSERT_DONE(&w);
}

static uint64_t final_result(const char *text)
{
    uint64_t seq = reported(text);
    verified(seq);
    return seq;
}

static uint64_t disputed(uint64_t seq)
{
    uint64_t dispute = w.seq;
    do_dispute(&w, "buyer", seq, "deal", 0, NULL);
    ASSERT_DONE(&w);
    return dispute;
}

/* Does the statement's only result fit the metric `late`? */
static bool fits(uint64_t seq)
{
    struct model_fit *list = NULL;
    uint32_t count = 0;
    const struct need need = {.kind = NEED_RESULT, .number = seq};
    load(&w, w.models[0], &need);
    assert_int_equal(model_fits(w.models[0], seq, 0, UINT32_MAX, w.arena, &list, &count, NULL), TALLY_OK);
    assert_int_equal(count, 1);
    return list[0].fits;
}

/* ---- S1, M2: the day of submission, by the contract's clock ---- */

static void rule_S1_the_last_day_ends_by_the_contracts_clock(void **state)
{
    (void) state;
    assert_string_equal(next_moment(), "2012-07-31T23:00:00.000000Z");
    assert_int_equal(comes("2012-07-31T22:59:59.999999Z"), 0);
    uint64_t north = reported(NORTH "60");
    assert_true(fits(north));
    assert_stands("by_late", "south", "none");
    assert_int_equal(comes("2012-07-31T23:00:00.000000Z"), 1);
    uint64_t south = reported(SOUTH "60");
    assert_false(fits(south));
    assert_stands("by_late", "south", "100.00"); /* what is late is as if it had not been reported: 40 days */
    do_verify(&w, "vera", south, 0, NULL);       /* nor does anybody verify it for this contract */
    ASSERT_REFUSED(&w, REFUSE_VERIFICATION_NOT_VERIFIER);
}

static void rule_S1_the_first_of_a_chain_was_in_time(void **state)
{
    (void) state;
    at("2012-07-30T12:00:00.000000Z");
    uint64_t north = final_result(NORTH "60"), change = 0;
    assert_stands("by_late", "north", "150.00");
    assert_int_equal(comes("2013-01-10T12:00:00.000000Z"), 1);
    change = w.seq;
    do_restate(&w, "seller", north, "70");
    ASSERT_DONE(&w);
    verified(change);
    assert_stands("by_late", "north", "175.00");
}

static void rule_M2_who_delays_the_verification_brings_about_no_default(void **state)
{
    (void) state;
    at("2012-07-31T20:00:00.000000Z");
    uint64_t north = reported(NORTH "60");
    assert_int_equal(comes("2012-09-01T12:00:00.000000Z"), 1);
    assert_stands("by_late", "south", "100.00");
    assert_stands("by_late", "north", "none"); /* it waits for whoever has to verify it */
    at("2013-03-01T12:00:00.000000Z");
    verified(north);
    assert_stands("by_late", "north", "150.00");
}

/* ---- M1: what counts ---- */

static void rule_M1_the_late_default_waits_for_its_day(void **state)
{
    (void) state;
    assert_stands("by_late", "north", "none");
    assert_int_equal(comes("2012-07-31T22:59:59.999999Z"), 0);
    assert_stands("by_late", "north", "none");
    assert_int_equal(comes("2012-07-31T23:00:00.000000Z"), 1);
    assert_stands("by_late", "north", "100.00");
    assert_stands("by_late", "south", "100.00");
    assert_int_equal(comes("2013-07-31T23:00:00.000000Z"), 0); /* and triggers nothing again */
}

static void rule_M1_what_the_arbiter_annuls_after_the_day_is_the_late_default(void **state)
{
    (void) state;
    at("2012-07-30T12:00:00.000000Z");
    uint64_t north = final_result(NORTH "60");
    assert_int_equal(comes("2012-08-02T12:00:00.000000Z"), 1);
    uint64_t dispute = disputed(north);
    assert_stands("by_late", "north", "150.00"); /* unknown: it keeps what stands, and no default holds */
    do_resolve(&w, "judge", dispute, DECISION_ANNULLED, "", 0, NULL);
    ASSERT_DONE(&w);
    assert_stands("by_late", "north", "100.00");
}

static void rule_M1_what_the_arbiter_annuls_before_the_day_is_unknown(void **state)
{
    (void) state;
    at("2012-07-01T12:00:00.000000Z");
    uint64_t north = final_result(NORTH "60");
    uint64_t dispute = disputed(north);
    do_resolve(&w, "judge", dispute, DECISION_ANNULLED, "", 0, NULL);
    ASSERT_DONE(&w);
    assert_stands("by_late", "north", "150.00"); /* it may yet be reported: what stands, stands */
    assert_int_equal(comes("2012-08-02T12:00:00.000000Z"), 1);
    assert_stands("by_late", "north", "100.00");
}

static void rule_M1_what_is_withdrawn_after_the_day_is_the_late_default(void **state)
{
    (void) state;
    at("2012-07-30T12:00:00.000000Z");
    uint64_t north = final_result(NORTH "60"), withdrawal = 0;
    assert_int_equal(comes("2012-08-02T12:00:00.000000Z"), 1);
    withdrawal = w.seq;
    do_withdraw(&w, "seller", north);
    ASSERT_DONE(&w);
    assert_stands("by_late", "north", "150.00");
    verified(withdrawal);
    assert_stands("by_late", "north", "100.00");
    assert_false(fits(reported(NORTH "80"))); /* a day of submission of its own, which is late */
    assert_stands("by_late", "north", "100.00");
}

static void rule_M1_the_missing_default_holds_from_the_first_day(void **state)
{
    (void) state;
    assert_stands("by_lenient", "", "7.00");
    uint64_t seq = reported("=deal/lenient - 30");
    assert_stands("by_lenient", "", "7.00"); /* not verified: it is missing still */
    verified(seq);
    assert_stands("by_lenient", "", "30.00");
    uint64_t dispute = disputed(seq);
    assert_stands("by_lenient", "", "30.00"); /* what is disputed is unknown, and no default holds */
    do_resolve(&w, "judge", dispute, DECISION_ANNULLED, "", 0, NULL);
    ASSERT_DONE(&w);
    assert_stands("by_lenient", "", "7.00");
    uint64_t change = w.seq;
    do_restate(&w, "seller", seq, "31");
    ASSERT_DONE(&w);
    verified(change);
    assert_stands("by_lenient", "", "31.00");
}

/* ---- M3, M4 ---- */

static void rule_M3_what_is_not_looked_at_may_be_unknown(void **state)
{
    (void) state;
    assert_stands("by_choice", "", "2.00"); /* `strict` is missing, and not needed */
    uint64_t lenient = final_result("=deal/lenient - 51");
    assert_stands("by_choice", "", "2.00"); /* now it is needed: what stands, stands */
    (void) final_result("=deal/strict - 5");
    assert_stands("by_choice", "", "15.00");
    (void) disputed(lenient);
    assert_stands("by_choice", "", "15.00");
}

static void rule_M4_a_fault_refuses_no_result_and_holds_up_nobody_else(void **state)
{
    (void) state;
    assert_stands("by_ratio", "", "none");
    uint64_t strict = final_result("=deal/strict - 0"), change = 0; /* 700 / 0 */
    assert_stands("by_ratio", "", "none");
    assert_stands("by_lenient", "", "7.00");
    (void) final_result("=deal/lenient - 8"); /* others go on */
    assert_stands("by_lenient", "", "8.00");
    change = w.seq;
    do_restate(&w, "seller", strict, "4");
    ASSERT_DONE(&w);
    verified(change);
    assert_stands("by_ratio", "", "200.00");
    uint64_t again = w.seq;
    do_restate(&w, "seller", change, "0");
    ASSERT_DONE(&w);
    verified(again);
    assert_stands("by_ratio", "", "200.00"); /* a fault acts like unknown: it keeps what stands */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(rule_S1_the_last_day_ends_by_the_contracts_clock),
        TEST(rule_S1_the_first_of_a_chain_was_in_time),
        TEST(rule_M2_who_delays_the_verification_brings_about_no_default),
        TEST(rule_M1_the_late_default_waits_for_its_day),
        TEST(rule_M1_what_the_arbiter_annuls_after_the_day_is_the_late_default),
        TEST(rule_M1_what_the_arbiter_annuls_before_the_day_is_unknown),
        TEST(rule_M1_what_is_withdrawn_after_the_day_is_the_late_default),
        TEST(rule_M1_the_missing_default_holds_from_the_first_day),
        TEST(rule_M3_what_is_not_looked_at_may_be_unknown),
        TEST(rule_M4_a_fault_refuses_no_result_and_holds_up_nobody_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
