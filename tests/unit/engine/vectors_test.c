/* The worked examples of the specification (language.md section 9), step by step. */
#include "world.h"

#include "texts.h"

/* ---- 9.1: early for a cohort, or pooled at the end ---- */
static void peterborough_pays_early_or_at_the_end_never_twice(void **state)
{
    (void) state;
    struct world *w = world_new(TEXT_PETERBOROUGH);
    world_final(w, "reoffences", "c1|programme", "1420");
    world_final(w, "reoffences", "c1|comparison", "1550");
    world_day(w, "2014-07-01");
    expect_target(w, "early", "c1", "0.00", "0.00");
    expect_waits(w, "early", "c2", "reoffences(c2, programme) is missing", "0.00");
    expect_waits(w, "at_the_end", "", "reoffences(c2, programme) is missing", "0.00");

    world_final(w, "reoffences", "c2|programme", "1380");
    world_final(w, "reoffences", "c2|comparison", "1550");
    world_day(w, "2016-07-01");
    expect_target(w, "early", "c1", "0.00", "0.00");
    expect_target(w, "early", "c2", "1000000.00", "1000000.00");
    expect_target(w, "at_the_end", "", "2000000.00", "2000000.00");

    world_final(w, "reoffences", "c1|programme", "1390");
    world_day(w, "2016-08-01");
    expect_target(w, "early", "c1", "1000000.00", "1000000.00");
    expect_target(w, "early", "c2", "1000000.00", "0.00");
    expect_target(w, "at_the_end", "", "1000000.00", "-1000000.00");

    world_fact(w, "reoffences", "c2|programme", "1380", ENGINE_DISPUTED);
    world_day(w, "2016-08-20");
    expect_target(w, "early", "c1", "1000000.00", "0.00");
    expect_waits(w, "early", "c2", "reoffences(c2, programme) is disputed", "1000000.00");
    expect_waits(w, "at_the_end", "", "reoffences(c2, programme) is disputed", "1000000.00");

    world_final(w, "reoffences", "c2|programme", "1500");
    world_day(w, "2016-10-01");
    expect_target(w, "early", "c1", "1000000.00", "0.00");
    expect_target(w, "early", "c2", "0.00", "-1000000.00");
    expect_target(w, "at_the_end", "", "0.00", "-1000000.00");
    world_free(w);
}

/* ---- 9.4: draws, interest, a waterfall ---- */
static void roca_waterfall_passes_on_every_cent(void **state)
{
    (void) state;
    struct world *w = world_new(TEXT_ROCA_WATERFALL);
    const char *late_2017 = "2017-10-01/2017-12-31", *late_2019 = "2019-10-01/2019-12-31";
    world_final(w, "senior_drawn", "2014-01-01/2014-03-31", "9000000");
    world_final(w, "junior_drawn", "2014-01-01/2014-03-31", "3000000");
    world_day(w, "2014-04-01");
    for (size_t i = 0; i < w->output->count; i++)
        assert_false(w->output->instances[i].has_difference);

    world_final(w, "received", late_2017, "10000000");
    world_day(w, "2018-01-05");
    expect_target(w, "to_senior", late_2017, "10000000.00", "10000000.00");
    expect_target(w, "to_junior", late_2017, "0.00", "0.00");

    world_final(w, "received", late_2019, "12345678.91");
    world_day(w, "2020-01-05");
    expect_target(w, "to_senior", late_2019, "931592.76", "931592.76");
    expect_target(w, "to_junior", late_2019, "3364656.06", "3364656.06");
    expect_target(w, "to_roca", late_2019, "3760000.00", "3760000.00");
    expect_target(w, "success_fee", late_2019, "2144715.04", "2144715.04");
    expect_target(w, "upside", late_2019, "2144715.05", "2144715.05");

    world_final(w, "received", late_2017, "10500000");
    world_day(w, "2020-03-01");
    expect_target(w, "to_senior", late_2017, "10500000.00", "500000.00");
    expect_target(w, "to_senior", late_2019, "379349.72", "-552243.04");
    expect_target(w, "to_junior", late_2019, "3364656.06", "0.00");
    expect_target(w, "to_roca", late_2019, "3760000.00", "0.00");
    expect_target(w, "success_fee", late_2019, "2420836.56", "276121.52");
    expect_target(w, "upside", late_2019, "2420836.57", "276121.52");

    struct slice sum = SLICE("0.00");
    for (size_t i = 0; i < w->output->count; i++)
        assert_int_equal(money_add(sum, w->output->instances[i].target, w->arena, &sum, NULL), TALLY_OK);
    expect_slice(sum, "22845678.91");
    world_free(w);
}

/* What the balances are between the payments: they are defines, and other contracts may ask for them. */
static void expect_owed(const struct world *w, const char *quarter, const char *senior, const char *junior, const char *fee)
{
    const char *const names[] = {"senior_owed", "junior_owed", "fee_owed"}, *const wanted[] = {senior, junior, fee};
    struct engine_figure figures[3];
    struct engine_input input = world_input(w);
    struct engine_output *output = NULL;
    for (size_t i = 0; i < 3; i++)
        assert_true(engine_figure_find(w->terms, slice_str(names[i]), &figures[i]));
    input.wants = figures;
    input.want_count = 3;
    assert_int_equal(engine_evaluate(&input, w->arena, &output, NULL), TALLY_OK);
    size_t found = 0;
    for (size_t i = 0; i < output->value_count; i++)
        if (slice_is(output->values[i].key, quarter)) {
            assert_true(output->values[i].is_known);
            expect_slice(output->values[i].value, wanted[output->values[i].want]);
            found++;
        }
    assert_int_equal(found, 3);
}

static void roca_waterfall_balances(void **state)
{
    (void) state;
    struct world *w = world_new(TEXT_ROCA_WATERFALL);
    const char *late_2017 = "2017-10-01/2017-12-31", *early_2018 = "2018-01-01/2018-03-31";
    const char *late_2019 = "2019-10-01/2019-12-31", *early_2020 = "2020-01-01/2020-03-31";
    world_final(w, "senior_drawn", "2014-01-01/2014-03-31", "9000000");
    world_final(w, "junior_drawn", "2014-01-01/2014-03-31", "3000000");
    world_final(w, "received", late_2017, "10000000");
    world_day(w, "2018-01-05");
    expect_owed(w, late_2017, "10843462.64", "3233048.23", "3760000");
    expect_owed(w, early_2018, "854005.92", "3249213.47", "3760000");
    world_final(w, "received", late_2019, "12345678.91");
    world_day(w, "2020-01-05");
    expect_owed(w, late_2019, "931592.76", "3364656.06", "3760000");
    expect_owed(w, early_2020, "0", "0", "0");
    world_final(w, "received", late_2017, "10500000");
    world_day(w, "2020-03-01");
    expect_owed(w, early_2018, "347755.92", "3249213.47", "3760000");
    expect_owed(w, late_2019, "379349.72", "3364656.06", "3760000");
    expect_owed(w, early_2020, "0", "0", "0");
    world_free(w);
}

/* ---- 9.6, the first contract alone ---- */
static void rikers_dispute_and_restatement(void **state)
{
    (void) state;
    struct world *w = world_new(TEXT_RIKERS_ABLE);
    world_final(w, "drawn", "", "7200000");
    world_day(w, "2013-03-01");
    expect_waits(w, "success", "y2013", "significant(y2013) is missing", "0.00");
    world_final(w, "bed_days", "programme|y2013", "91");
    world_final(w, "bed_days", "comparison|y2013", "100");
    world_final(w, "significant", "y2013", "true");
    world_day(w, "2015-07-02");
    expect_target(w, "success", "y2013", "4800000.00", "4800000.00");
    assert_int_equal(world_instance(w, "success", "y2013")->first, 1);
    world_fact(w, "bed_days", "comparison|y2013", "100", ENGINE_DISPUTED);
    world_day(w, "2015-07-20");
    expect_waits(w, "success", "y2013", "bed_days(comparison, y2013) is disputed", "4800000.00");
    world_final(w, "bed_days", "comparison|y2013", "100");
    world_day(w, "2015-09-01");
    expect_target(w, "success", "y2013", "4800000.00", "0.00");
    world_final(w, "bed_days", "comparison|y2013", "95");
    world_day(w, "2016-11-01");
    expect_target(w, "success", "y2013", "0.00", "-4800000.00");
    world_free(w);
}

static void rikers_every_step_at_its_bound_and_just_below(void **state)
{
    (void) state;
    static const struct {
        const char *at_bound, *below; /* bed days of the programme, where the comparison has 100 */
        const char *target, *lower;
    } rows[] = {
        {"91.5", "91.500000000001", "4800000.00", "0.00"},         {"90", "90.000000000001", "9600000.00", "4800000.00"},
        {"89", "89.000000000001", "10080000.00", "9600000.00"},    {"88", "88.000000000001", "10176000.00", "10080000.00"},
        {"87.5", "87.500000000001", "10272000.00", "10176000.00"}, {"87", "87.000000000001", "10368000.00", "10272000.00"},
        {"84", "84.000000000001", "10944000.00", "10368000.00"},   {"80", "80.000000000001", "11712000.00", "10944000.00"},
    };
    struct world *w = world_new(TEXT_RIKERS_ABLE);
    world_final(w, "bed_days", "comparison|y2013", "100");
    world_final(w, "significant", "y2013", "true");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        world_final(w, "bed_days", "programme|y2013", rows[i].below);
        world_day(w, "2015-07-02");
        expect_slice(world_instance(w, "success", "y2013")->target, rows[i].lower);
        world_final(w, "bed_days", "programme|y2013", rows[i].at_bound);
        world_day(w, "2015-07-03");
        expect_slice(world_instance(w, "success", "y2013")->target, rows[i].target);
    }
    world_final(w, "significant", "y2013", "false");
    world_day(w, "2015-07-04");
    expect_target(w, "success", "y2013", "0.00", "-11712000.00");
    world_free(w);
}

static void rikers_nothing_after_it_closes(void **state)
{
    (void) state;
    struct world *w = world_new(TEXT_RIKERS_ABLE);
    world_final(w, "bed_days", "comparison|y2013", "100");
    world_final(w, "bed_days", "programme|y2013", "91");
    world_final(w, "significant", "y2013", "true");
    world_day(w, "2017-08-31");
    expect_target(w, "success", "y2013", "4800000.00", "4800000.00");
    assert_int_equal(w->output->next_moment, day_of("2017-09-01"));
    world_final(w, "bed_days", "programme|y2013", "80");
    world_day(w, "2017-09-01");
    expect_waits(w, "success", "y2013", "the contract closed at the end of 2017-08-31", "4800000.00");
    assert_int_equal(w->output->next_moment, DAY_NEVER);
    world_free(w);
}

/* ---- the rhino bond: bounds that are open ---- */
static void rhino_pays_by_the_row_above(void **state)
{
    (void) state;
    static const char *const rows[][2] = {{"0%", "0.00"},           {"0.01%", "5503500.00"}, {"2%", "5503500.00"},
                                          {"2.01%", "11007000.00"}, {"4%", "11007000.00"},   {"4.01%", "13759500.00"},
                                          {"-3%", "0.00"}};
    struct world *w = world_new(TEXT_RHINO);
    world_final(w, "growth", "", "4%");
    world_day(w, "2027-03-30");
    expect_waits(w, "success", "", "not before 2027-03-31", "0.00");
    assert_int_equal(world_instance(w, "success", "")->wakes, day_of("2027-03-31"));
    assert_int_equal(w->output->next_moment, day_of("2027-03-31"));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        world_final(w, "growth", "", rows[i][0]);
        world_day(w, "2027-03-31");
        expect_slice(world_instance(w, "success", "")->target, rows[i][1]);
    }
    expect_target(w, "conservation", "2022-04-01/2022-09-30", "15200000.00", "0.00");
    const struct terms_rule *rule = terms_rule(w->terms, terms_find_rule(w->terms, SLICE("conservation")));
    expect_slice(rule->currency, "ZAR");
    world_free(w);
}

/* ---- Denver's housing days, in the simplest form ---- */
static void denver_days_at_15_12(void **state)
{
    (void) state;
    struct world *w = world_new(SMALL("period year every 1 year from 2016-01-01 to 2020-12-31\n"
                                      "metric housed is denver.days-housed version 1 in days between 0 and 1_000_000\n"
                                      "  by year\n  reported by lender\n  verified by judge\n"
                                      "pay housing from city to lender\n  for each year\n  amount 15.12 per day of housed\n"
                                      "  due 60 days after\n"
                                      "cap 11_420_000 on housing\n"));
    world_final(w, "housed", "2016-01-01/2016-12-31", "258858");
    world_day(w, "2017-01-10");
    expect_target(w, "housing", "2016-01-01/2016-12-31", "3913932.96", "3913932.96");
    world_final(w, "housed", "2017-01-01/2017-12-31", "41070");
    world_day(w, "2018-01-10");
    expect_target(w, "housing", "2016-01-01/2016-12-31", "3913932.96", "0.00");
    expect_target(w, "housing", "2017-01-01/2017-12-31", "620978.40", "620978.40");
    assert_int_equal(terms_due_day(w->terms, 0, day_of("2018-01-10")), day_of("2018-03-11"));
    world_free(w);
}

/* ---- linear, powers, percentages of percentages ---- */
static void benevolent_interpolates(void **state)
{
    (void) state;
    struct world *w = world_new(TEXT_BENEVOLENT);
    world_final(w, "entries_to_care", "control", "1");
    world_final(w, "entries_to_care", "programme", "0.775"); /* 22.5 %: halfway, 7.5 % and 19 % */
    world_day(w, "2018-10-01");
    expect_target(w, "repay_p", "", "10767219.95", "10767219.95");
    expect_target(w, "repay_e", "", "5965884.15", "5965884.15");
    world_final(w, "entries_to_care", "programme", "0.96");
    world_day(w, "2018-10-02");
    expect_target(w, "repay_p", "", "7500000.00", "-3267219.95");
    expect_target(w, "repay_e", "", "0.00", "-5965884.15");
    world_free(w);
}

static void educate_girls_ceiling_and_bonus(void **state)
{
    (void) state;
    struct world *w = world_new(TEXT_EDUCATE_GIRLS);
    world_final(w, "gained", "", "8940");
    world_final(w, "enrolled", "", "92%");
    world_day(w, "2018-06-30");
    /* 43.16 * 8,940 + 910.14 * 92 is more than the ceiling 267,731 * 1.15^3 */
    expect_target(w, "outcome", "", "407185.38", "407185.38");
    expect_target(w, "bonus", "", "44625.40", "44625.40");
    world_free(w);
}

/* ---- 9.3: a rate card, once each, with a cap for each person ---- */
static void innovation_fund_caps_each_person(void **state)
{
    (void) state;
    struct world *w = world_new(TEXT_INNOVATION_FUND);
    world_final(w, "age", "pat", "15");
    world_day(w, "2013-03-01");
    world_final(w, "achieved", "pat|level_3", "2013-03-01");
    world_day(w, "2013-03-01");
    expect_target(w, "card", "pat|level_3", "5100.00", "5100.00");

    world_final(w, "achieved", "pat|job_entry", "2013-05-01");
    world_day(w, "2013-05-01");
    expect_target(w, "card", "pat|job_entry", "3500.00", "3500.00");

    world_final(w, "achieved", "pat|level_2", "2013-06-01");
    world_day(w, "2013-06-01");
    expect_target(w, "card", "pat|job_entry", "3500.00", "0.00");
    expect_target(w, "card", "pat|level_2", "3100.00", "3100.00");
    expect_target(w, "card", "pat|level_3", "5100.00", "0.00");

    world_withdraw(w, "achieved", "pat|level_3");
    world_day(w, "2013-06-15");
    expect_target(w, "card", "pat|job_entry", "3500.00", "0.00");
    expect_target(w, "card", "pat|level_2", "3300.00", "200.00");
    expect_target(w, "card", "pat|level_3", "0.00", "-5100.00");

    world_final(w, "achieved", "pat|sustained_job", "2013-11-01");
    world_day(w, "2013-11-01");
    expect_target(w, "card", "pat|level_2", "3300.00", "0.00");
    expect_target(w, "card", "pat|sustained_job", "2000.00", "2000.00");

    world_final(w, "achieved", "pat|level_3", "2013-03-01");
    world_day(w, "2013-12-01");
    expect_target(w, "card", "pat|job_entry", "3500.00", "0.00");
    expect_target(w, "card", "pat|level_2", "3300.00", "0.00");
    expect_target(w, "card", "pat|level_3", "2900.00", "2900.00");
    expect_target(w, "card", "pat|sustained_job", "2000.00", "0.00");

    world_final(w, "age", "ray", "14");
    world_final(w, "improved_from", "ray", "2013-09-10");
    world_day(w, "2013-12-01");
    world_final(w, "achieved", "ray|behaviour", "2014-01-02");
    world_day(w, "2014-01-10");
    expect_target(w, "card", "ray|behaviour", "1300.00", "1300.00");
    expect_target(w, "card", "pat|level_3", "2900.00", "0.00");
    world_final(w, "achieved", "ray|behaviour", "2014-01-10");
    world_day(w, "2014-01-10");
    expect_target(w, "card", "ray|behaviour", "1300.00", "0.00");
    assert_int_equal(terms_due_day(w->terms, 0, day_of("2014-01-10")), day_of("2014-02-09"));
    world_free(w);
}

/* ---- 9.5: attachment, outcome, and a sequence with claim windows ---- */
static void expect_claims(const struct world *w, const char *const *targets, const char *const *differences, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        char key[20];
        snprintf(key, sizeof key, "wim|%u", i + 1);
        expect_target(w, "sustainment", key, targets[i], differences[i]);
    }
}

static void claim(struct world *w, const char *key, const char *day, const char *today)
{
    w->today = day_of(today);
    world_final(w, "sustained", key, day);
    world_day(w, today);
}

#define P "215.00"
#define O "0.00"

static void work_programme_begins(struct world *w)
{
    world_final(w, "in_group", "wim", "jsa_25");
    world_final(w, "attached", "wim", "2011-06-06");
    world_day(w, "2011-06-10");
    expect_target(w, "attachment", "wim", "400.00", "400.00");
    world_final(w, "weeks_worked", "wim", "26");
    world_final(w, "outcome_day", "wim", "2012-02-01");
    world_day(w, "2012-02-06");
    expect_target(w, "outcome", "wim", "1200.00", "1200.00");
    claim(w, "wim|1", "2012-02-29", "2012-03-08");
    expect_waits(w, "sustainment", "wim|1", "not before 2012-03-21", "0.00");
    assert_int_equal(w->output->next_moment, day_of("2012-03-21"));
    world_day(w, "2012-03-21");
    expect_target(w, "sustainment", "wim|1", P, P);
    claim(w, "wim|2", "2012-03-28", "2012-04-20");
    expect_target(w, "sustainment", "wim|2", P, P);
    claim(w, "wim|4", "2012-06-20", "2012-07-20");
    expect_target(w, "sustainment", "wim|4", O, O);
}

static void work_programme_pays_a_sequence(void **state)
{
    (void) state;
    struct world *w = world_new(TEXT_WORK_PROGRAMME);
    work_programme_begins(w);
    claim(w, "wim|3", "2012-04-25", "2012-07-21");
    expect_claims(w, (const char *const[]){P, P, P, P}, (const char *const[]){O, O, P, P}, 4);
    claim(w, "wim|5", "2013-06-19", "2013-07-15");
    claim(w, "wim|6", "2013-07-17", "2013-08-10");
    expect_claims(w, (const char *const[]){P, P, P, P, O, O}, (const char *const[]){O, O, O, O, O, O}, 6);
    claim(w, "wim|5", "2013-05-22", "2013-09-01");
    expect_claims(w, (const char *const[]){P, P, P, P, P, O}, (const char *const[]){O, O, O, O, P, O}, 6);
    claim(w, "wim|6", "2013-06-19", "2013-09-01");
    expect_claims(w, (const char *const[]){P, P, P, P, P, P}, (const char *const[]){O, O, O, O, O, P}, 6);
    world_withdraw(w, "sustained", "wim|3");
    world_day(w, "2013-11-01");
    expect_claims(w, (const char *const[]){P, P, O, O, O, O}, (const char *const[]){O, O, "-" P, "-" P, "-" P, "-" P}, 6);
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(peterborough_pays_early_or_at_the_end_never_twice),
        cmocka_unit_test(roca_waterfall_passes_on_every_cent),
        cmocka_unit_test(roca_waterfall_balances),
        cmocka_unit_test(innovation_fund_caps_each_person),
        cmocka_unit_test(work_programme_pays_a_sequence),
        cmocka_unit_test(rikers_dispute_and_restatement),
        cmocka_unit_test(rikers_every_step_at_its_bound_and_just_below),
        cmocka_unit_test(rikers_nothing_after_it_closes),
        cmocka_unit_test(rhino_pays_by_the_row_above),
        cmocka_unit_test(denver_days_at_15_12),
        cmocka_unit_test(benevolent_interpolates),
        cmocka_unit_test(educate_girls_ceiling_and_bonus),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
