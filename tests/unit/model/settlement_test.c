/* What was settled on a rule, as a figure of the contract (language.md section 11): a settlement is an entry like a result. */
#include "world.h"

#define PARTIES "city=city investor=investor mdrc=mdrc"
#define PASSED                                                                                                             \
    "terms 1\ncontract passed \"Passed on\"\ncurrency USD rounded to 0.01, half even\nclock UTC-05:00\n"                   \
    "runs 2012-01-01 to 2013-12-31\ncloses 2014-06-30\n"                                                                   \
    "party city outcome payer \"City\"\nparty mdrc intermediary \"MDRC\"\nparty investor investor \"Investor\"\n"          \
    "in force when city, mdrc and investor have signed\ndisputes decided by city within 20 days, otherwise stands\n"       \
    "period quarter every 3 months from 2012-01-01 to 2013-12-31\n"                                                        \
    "metric units is \"Units\" in number between 0 and 1_000\n  by quarter\n  reported by mdrc\n"                          \
    "metric received is settlements of success in USD\n  by quarter\n"                                                     \
    "metric in_all is settlements of success in USD\n"                                                                     \
    "metric last_day is settlements of success in date\n  if missing use never\n"                                          \
    "pay success from city to mdrc\n  for each quarter of units\n  amount USD 10 * units\n"                                \
    "pay on from mdrc to investor\n  for each quarter\n  amount 50% * received\n"                                          \
    "pay early from mdrc to investor\n  when in_all >= 150 and last_day <= 2012-12-31\n  amount 5\n"

static struct world w;
static uint64_t units_seq, payment_seq;

/* 20 units in the first quarter: 200.00 are due from the city. */
static void start(void)
{
    world_init(&w);
    do_register(&w, "op", "city", false);
    do_register(&w, "op", "mdrc", false);
    do_register(&w, "op", "investor", false);
    do_propose(&w, "mdrc", "passed", PASSED, PARTIES);
    ASSERT_DONE(&w);
    do_sign(&w, "city", "passed", "city");
    do_sign(&w, "mdrc", "passed", "mdrc");
    do_sign(&w, "investor", "passed", "investor");
    units_seq = w.seq;
    do_result(&w, "mdrc", "=passed/units quarter=2012-01-01/2012-03-31 20");
    ASSERT_DONE(&w);
    assert_int_equal(w.decision.changes.payments_count, 1);
    payment_seq = w.decision.changes.payments[0].seq;
}

static void expect_payments(uint32_t count, ...)
{
    va_list args;
    assert_int_equal(w.decision.changes.payments_count, count + 1); /* the one that is settled changes too */
    va_start(args, count);
    for (uint32_t i = 1; i <= count; i++) {
        const char *rule = va_arg(args, const char *), *amount = va_arg(args, const char *);
        const struct row_payment *row = &w.decision.changes.payments[i];
        if (!slice_is(row->rule, rule) || !slice_is(row->amount, amount))
            fail_msg("%.*s %.*s, not %s %s", SLICE_ARG(row->rule), SLICE_ARG(row->amount), rule, amount);
    }
    va_end(args);
}

static void what_uses_it_is_computed_in_the_same_entry(void **state)
{
    (void) state;
    start();
    world_day(&w, "2012-07-02");
    uint64_t seq = w.seq;
    do_settle_on(&w, "city", payment_seq, "120.00", "2012-07-02");
    ASSERT_DONE(&w);
    expect_payments(1, "on", "60.00");
    assert_int_equal(w.decision.changes.payments[1].cause_seq, seq);
    world_day(&w, "2012-10-01");
    do_settle_on(&w, "mdrc", payment_seq, "80.00", "2012-10-01"); /* another quarter, by the bank's date */
    expect_payments(2, "on", "40.00", "early", "5.00");
    assert_true(slice_is(w.decision.changes.instances[0].key, "2012-10-01/2012-12-31"));
    world_release(&w);
}

/* The last day is the bank's, not that of the record. */
static void a_day_that_is_known_later_counts_as_it_was(void **state)
{
    (void) state;
    start();
    world_day(&w, "2013-05-01");
    do_settle_on(&w, "city", payment_seq, "150.00", "2012-12-31");
    expect_payments(2, "on", "75.00", "early", "5.00");
    do_settle_on(&w, "city", payment_seq, "50.00", "2013-01-01"); /* the last day is later now: the condition is false */
    expect_payments(2, "on", "25.00", "early", "5.00");
    assert_true(w.decision.changes.payments[2].is_owed_back);
    world_release(&w);
}

static void what_goes_back_takes_away(void **state)
{
    (void) state;
    start();
    world_day(&w, "2012-08-02");
    do_settle_on(&w, "city", payment_seq, "200.00", "2012-07-02");
    expect_payments(2, "on", "100.00", "early", "5.00");
    do_restate(&w, "mdrc", units_seq, "8");
    ASSERT_DONE(&w);
    assert_int_equal(w.decision.changes.payments_count, 1);
    assert_true(w.decision.changes.payments[0].is_owed_back);
    uint64_t back = w.decision.changes.payments[0].seq;
    do_settle_on(&w, "mdrc", back, "120.00", "2012-08-02");
    expect_payments(2, "on", "60.00", "early", "5.00");
    assert_true(w.decision.changes.payments[1].is_owed_back);
    world_release(&w);
}

static void a_settlement_of_another_rule_or_outside_every_quarter_changes_nothing_there(void **state)
{
    (void) state;
    start();
    world_day(&w, "2014-01-01");
    do_settle_on(&w, "city", payment_seq, "200.00", "2014-01-01");
    ASSERT_DONE(&w);
    expect_payments(0); /* no quarter; and too late for the other */
    do_result(&w, "mdrc", "=passed/units quarter=2012-04-01/2012-06-30 10");
    payment_seq = w.decision.changes.payments[0].seq;
    do_settle_on(&w, "city", payment_seq, "100.00", "2012-07-02");
    expect_payments(1, "on", "50.00");
    uint64_t on = w.decision.changes.payments[1].seq;
    do_settle_on(&w, "investor", on, "50.00", "2012-07-03"); /* nothing is a figure of it */
    expect_payments(0);
    world_release(&w);
}

/* 2012-07-03 begins at 05:00 UTC where the contract's clock is five hours behind. */
static void a_day_that_has_not_come_by_the_contract_s_clock_is_refused(void **state)
{
    const int64_t hour = INT64_C(3600) * 1000000;
    (void) state;
    start();
    world_day(&w, "2012-07-03"); /* noon */
    w.time.us -= 7 * hour + 1;
    do_settle_on(&w, "city", payment_seq, "120.00", "2012-07-03");
    ASSERT_REFUSED_AT(&w, REFUSE_SETTLEMENT_DAY, "/paid_on");
    do_settle_on(&w, "city", payment_seq, "120.00", "2012-07-02");
    ASSERT_DONE(&w);
    world_day(&w, "2012-07-03");
    w.time.us -= 7 * hour;
    do_settle_on(&w, "city", payment_seq, "80.00", "2012-07-03");
    ASSERT_DONE(&w);
    world_release(&w);
}

static void after_the_end_it_is_recorded_and_nothing_follows(void **state)
{
    (void) state;
    start();
    world_day(&w, "2014-07-03");
    do_settle_on(&w, "city", payment_seq, "200.00", "2012-07-02");
    ASSERT_DONE(&w);
    expect_payments(0);
    assert_int_equal(w.decision.event_count, 0);
    world_release(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_uses_it_is_computed_in_the_same_entry),
        cmocka_unit_test(a_day_that_is_known_later_counts_as_it_was),
        cmocka_unit_test(what_goes_back_takes_away),
        cmocka_unit_test(a_settlement_of_another_rule_or_outside_every_quarter_changes_nothing_there),
        cmocka_unit_test(a_day_that_has_not_come_by_the_contract_s_clock_is_refused),
        cmocka_unit_test(after_the_end_it_is_recorded_and_nothing_follows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
