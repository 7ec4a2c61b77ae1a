/* What seldom comes about in an evaluation, and must be right when it does: values at the ends of what can be held, days without a
 * period, sets and members that come and go, keys that do not exist. */
#include "world.h"

#define FINAL "  reported by judge\n  disputes within 9 days\n"
#define YEARS "period year every 1 year from 2016-01-01 to 2018-12-31\n"
#define Y16 "2016-01-01/2016-12-31"
#define Y17 "2017-01-01/2017-12-31"
#define NUMBER(name) "metric " name " is \"" name "\" in number\n" FINAL
#define DATE(name) "metric " name " is \"" name "\" in date\n" FINAL
#define NEVER(name) DATE(name) "  if missing use never\n"
#define PAY(amount) "pay p from city to lender amount " amount "\n"

static void expect_fault(const struct world *w, const char *rule, const char *reason)
{
    const struct engine_instance *instance = world_instance(w, rule, "");
    char text[1200];
    assert_non_null(instance);
    assert_int_equal(instance->state, ENGINE_FAULT);
    snprintf(text, sizeof text, "%.*s", SLICE_ARG(instance->reason));
    if (strstr(text, reason) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", reason, text);
}

/* ---- values ---- */

/* The text's rule p, given these results of x, y and so on, is a fault for that reason. */
static void expect_value_fault(const char *text, const char *x, const char *y, const char *reason)
{
    struct world *w = world_new(text);
    world_final(w, "x", "", x);
    if (y != NULL)
        world_final(w, "y", "", y);
    world_day(w, "2017-05-05");
    expect_fault(w, "p", reason);
    world_free(w);
}

#define ODD                                                                                                                \
    "123456789012345678.123456789123" /* 30 digits: a tenth of a power of 30 has about as many bits as are allowed */
#define EVEN "987654321098765432.987654321987"

static void rule_M4_numbers_that_grow_too_long_are_faults(void **state)
{
    static const char *const amounts[] = {
        PAY("USD 1 * (x ^ 30 * y ^ 30)"),
        PAY("USD 1 * sum(if n = 1 then 1 / x ^ 30 else 1 / y ^ 30 over n)"),
        "pay p from city to lender for each n amount portion(USD 5, if n = 1 then 1 / x ^ 30 else 1 / y ^ 30 over n)\n",
    };
    (void) state;
    for (size_t i = 0; i < 3; i++) {
        char text[4000];
        snprintf(text, sizeof text, SMALL("dimension n 1 to 2\n" NUMBER("x") NUMBER("y") "%s"), amounts[i]);
        struct world *w = world_new(text);
        world_final(w, "x", "", ODD);
        world_final(w, "y", "", EVEN);
        world_day(w, "2017-05-05");
        assert_int_equal(w->output->instances[0].state, ENGINE_FAULT);
        assert_non_null(strstr(w->output->instances[0].reason.ptr, "a number of more than 4096 bits"));
        world_free(w);
    }
}

static void rule_M4_what_cannot_be_computed_is_told(void **state)
{
    (void) state;
    expect_value_fault(SMALL(NUMBER("x") NUMBER("y") PAY("USD 1 * clamp(5, x, y)")), "2", "1",
                       "nothing lies between 2 and 1");
    expect_value_fault(SMALL(NUMBER("x") NUMBER("y") PAY("USD 1 * round(x, y, half even)")), "2", "0",
                       "rounding to multiples of zero");
    expect_value_fault(SMALL(NUMBER("x") NUMBER("y") PAY("linear of x: at x: USD 5 at y: USD 6 outside: flat")), "2", "1",
                       "bounds that do not rise: 2 and 1");
    expect_value_fault(SMALL(DATE("x") NEVER("y") PAY("USD 1 * (years(x, y) / 1 year)")), "2016-01-01", NULL,
                       "a date that never comes");
    expect_value_fault(
        SMALL("calendar working monday to friday\n" DATE("x") NEVER("y") PAY("USD 1 * (days(x, y, working) / 1 day)")),
        "2016-01-01", NULL, "a date that never comes");
    /* as much of the formula as fits a line */
    expect_value_fault(
        SMALL(NUMBER("x") NUMBER("y")
                  PAY("USD 1 * ((x + 1) * (x + 2) * (x + 3) * (x + 4) * (x + 5) * (x + 6) * (x + 7) * (x + 8) * (x + 9) * "
                      "(x + 10) * (x + 11) * (x + 12) / (x - x))")),
        "2", "0", "division by zero");
}

static void bounds_that_are_not_known_yet_are_waited_for(void **state)
{
    (void) state;
    struct world *w = world_new(SMALL(NUMBER("x") NUMBER("y") PAY("linear of x: at 1: USD 5 at y: USD 6 outside: flat")));
    world_final(w, "x", "", "2");
    world_day(w, "2017-05-05");
    expect_waits(w, "p", "", "y is missing", "0.00");
    world_final(w, "y", "", "3");
    world_day(w, "2017-05-06");
    expect_target(w, "p", "", "5.50", "5.50");
    world_free(w);
}

static void a_calendar_counts_from_the_first_day_there_is(void **state)
{
    (void) state;
    struct world *w = world_new(SMALL("calendar working monday to friday\n" DATE("x") DATE("y") PAY(
        "USD 1 * (days(x, y, working) / 1 day)") "pay q from city to lender when 1 working day before x < y amount 3\n"));
    world_final(w, "x", "", "0001-01-01"); /* a Monday */
    world_final(w, "y", "", "0001-01-08");
    world_day(w, "2017-05-05");
    expect_target(w, "p", "", "5.00", "5.00");
    assert_int_equal(world_instance(w, "q", "")->state, ENGINE_FAULT); /* no day lies before it */
    world_free(w);
}

static void budgets_beyond_what_can_be_paid_are_no_bounds(void **state)
{
    (void) state;
    struct world *w = world_new(SMALL("metric x is \"X\" in USD\n" FINAL PAY(
        "x") "cap 100_000_000_000_000_000_000_000_000_000_000_000_000_000_000_000 on p\n"));
    world_final(w, "x", "", "400000000000000000");
    world_day(w, "2017-05-05");
    expect_target(w, "p", "", "400000000000000000.00", "400000000000000000.00");
    world_free(w);
    /* what no ledger can have written */
    struct err err = {0};
    struct engine_output *out = NULL;
    const struct engine_record record = {
        .rule = 0, .key = SLICE(""), .stands = SLICE("123456789012345678901234567890"), .day = 16900};
    w = world_new(SMALL("metric x is \"X\" in USD\n" FINAL PAY("999_999_999_999_999_999_999")));
    struct engine_input input = world_input(w);
    input.today = day_of("2017-05-05");
    assert_int_equal(engine_evaluate(&input, w->arena, &out, &err), TALLY_OK);
    assert_int_equal(out->instances[0].state, ENGINE_FAULT);
    WORLD_TRY(engine_evaluate(&input, tried_arena, &out, &tried_err));
    input.records = &record;
    input.record_count = 1;
    assert_int_equal(engine_evaluate(&input, w->arena, &out, &err), TALLY_E_INTEGRITY);
    world_free(w);
}

/* ---- days ---- */

static void rule_C1_a_day_in_no_period_is_tried_again(void **state)
{
    (void) state;
    struct world *w = world_new(SMALL(YEARS "metric x is \"X\" in USD\n" FINAL PAY("x") "cap 10 per year on p\n"));
    world_final(w, "x", "", "25");
    world_day(w, "2015-12-31");
    expect_fault(w, "p", "its day 2015-12-31 lies in no period of this cap");
    world_day(w, "2016-01-01"); /* nothing has changed but the day */
    expect_target(w, "p", "", "10.00", "10.00");
    world_free(w);
}

static void what_is_kept_without_a_budget_takes_from_none(void **state)
{
    (void) state;
    struct world *w = world_new(SMALL(
        YEARS "metric x is \"X\" in USD\n" FINAL DATE("d") "pay p from city to lender dated d amount x never back\npay q "
                                                           "from city to lender dated 2016-05-05 amount 100\n"
                                                           "cap 120 per year on p, q\n"));
    world_final(w, "x", "", "50");
    world_final(w, "d", "", "2016-05-05");
    world_day(w, "2016-06-01");
    expect_target(w, "p", "", "50.00", "50.00");
    expect_target(w, "q", "", "70.00", "70.00");
    world_final(w, "x", "", "0"); /* never back, and its day leaves every period */
    world_final(w, "d", "", "2030-01-01");
    world_day(w, "2016-06-02");
    expect_target(w, "p", "", "50.00", "0.00");
    expect_target(w, "q", "", "100.00", "30.00");
    world_final(w, "d", "", "2031-01-01");
    world_day(w, "2016-06-03");
    expect_target(w, "p", "", "50.00", "0.00");
    world_final(w, "d", "", "2017-05-05"); /* into another period, whose budget nobody has asked for */
    world_day(w, "2016-06-04");
    expect_target(w, "p", "", "50.00", "0.00");
    world_free(w);
}

static void the_earlier_of_two_days_is_the_moment(void **state)
{
    (void) state;
#define LATE(name, day)                                                                                                    \
    "metric " name " is \"M\" in true or false\n  reported by judge\n  until " day "\n  if late use true\n"
    struct world *w =
        world_new(SMALL(LATE("a", "2016-03-01") LATE("b", "2016-06-01") "define both = a and b\n"
                                                                        "pay p from city to lender when both amount 5\n"));
    world_day(w, "2016-01-01");
    expect_waits(w, "p", "", "a is missing", "0.00");
    assert_int_equal(w->output->next_moment, day_of("2016-03-02"));
    world_day(w, "2016-03-02");
    assert_int_equal(w->output->next_moment, day_of("2016-06-02"));
    world_day(w, "2016-06-02");
    expect_target(w, "p", "", "5.00", "5.00");
    world_free(w);
}

static void a_day_that_nobody_waits_for_any_more_is_no_moment(void **state)
{
    (void) state;
    struct world *w = world_new(
        SMALL(LATE("a", "2016-03-01") "metric go is \"Go\" in true or false\n" FINAL
                                      "define b = a\npay p from city to lender when if go then b else true amount 5\n"));
    world_final(w, "go", "", "true");
    world_day(w, "2016-01-01");
    assert_int_equal(w->output->next_moment, day_of("2016-03-02"));
    world_final(w, "go", "", "true"); /* followed from here on */
    world_day(w, "2016-01-02");
    assert_int_equal(w->output->next_moment, day_of("2016-03-02"));
    world_final(w, "go", "", "false");
    world_day(w, "2016-01-03");
    expect_target(w, "p", "", "5.00", "5.00");
    assert_true(w->output->next_moment > day_of("2016-03-02"));
    world_final(w, "go", "", "true");
    world_day(w, "2016-01-04");
    assert_int_equal(w->output->next_moment, day_of("2016-03-02"));
    world_free(w);
}

/* ---- sets and members ---- */

#define VILLAGE                                                                                                            \
    "dimension arm (a, b)\ndimension village open, at most 5\n"                                                            \
    "metric v is \"V\" in USD between 0 and 100\n  by village, arm\n  reported by judge\n  until 2016-05-01\n"             \
    "  disputes within 9 days\n"

static void rule_D3_a_set_at_fixed_members_waits_for_its_own_alone(void **state)
{
    (void) state;
    struct world *w = world_new(SMALL(VILLAGE PAY("sum(v[arm: a] over village of v[arm: a])")));
    w->today = day_of("2016-04-01");
    world_final(w, "v", "v1|a", "7");
    world_final(w, "v", "v1|b", "70");
    world_fact(w, "v", "v2|b", "5", ENGINE_PENDING);
    world_day(w, "2016-04-02");
    expect_waits(w, "p", "", "results of v(a) come until 2016-05-01", "0.00");
    world_day(w, "2016-05-02"); /* what is not verified is of b */
    expect_target(w, "p", "", "7.00", "7.00");
    world_withdraw(w, "v", "v2|b");
    world_day(w, "2016-05-02");
    expect_target(w, "p", "", "7.00", "0.00");
    world_fact(w, "v", "v3|a", "9", ENGINE_PENDING);
    world_day(w, "2016-05-03");
    expect_waits(w, "p", "", "v(v3, a) is not verified", "7.00");
    world_final(w, "v", "v3|a", "9");
    world_day(w, "2016-05-04");
    expect_target(w, "p", "", "16.00", "9.00");
    world_fact(w, "v", "v1|a", "7", ENGINE_PENDING); /* v1 stays a member by b */
    world_day(w, "2016-05-04");
    expect_waits(w, "p", "", "v(v1, a) is not verified", "16.00");
    world_final(w, "v", "v1|a", "7");
    world_day(w, "2016-05-04");
    expect_target(w, "p", "", "16.00", "0.00");
    world_fact(w, "v", "v3|a", "9", ENGINE_PENDING); /* its only result is open again: it is no member, and is waited for */
    world_day(w, "2016-05-05");
    expect_waits(w, "p", "", "v(v3, a) is not verified", "16.00");
    world_withdraw(w, "v", "v3|a");
    world_day(w, "2016-05-06");
    expect_target(w, "p", "", "7.00", "-9.00");
    world_free(w);
}

static void a_set_at_a_member_that_is_not_known_waits_for_it(void **state)
{
    (void) state;
    struct world *w = world_new(SMALL(YEARS DATE(
        "d") "dimension village open, at most 5\nmetric v is \"V\" in USD\n  by village, year\n  reported by judge\n"
             "  until 2018-05-01\n" PAY("sum(v[year: (d)] over village of v[year: (d)])")));
    world_day(w, "2018-06-01");
    expect_waits(w, "p", "", "d is missing", "0.00");
    world_free(w);
}

/* S7: places are taken in the order in which results became final; who comes when all are taken is no member until one is free. */
static void rule_S7_a_place_that_comes_free_is_taken_by_who_waits(void **state)
{
    (void) state;
    struct world *w = world_new(SMALL("dimension village open, at most 2\nmetric x is \"X\" in USD\n  by village\n" FINAL
                                      "metric y is \"Y\" in USD\n  by village\n" FINAL
                                      "pay p from city to lender for each village of x amount x\n"));
    world_final(w, "x", "v1", "1");
    world_day(w, "2016-05-01");
    world_final(w, "x", "v2", "2");
    world_day(w, "2016-05-02");
    world_final(w, "x", "v3", "3");
    world_fact(w, "y", "v4", "4", ENGINE_PENDING);
    world_day(w, "2016-05-03");
    assert_null(world_instance(w, "p", "v3"));
    world_final(w, "x", "v3", "5"); /* restated, and still nobody */
    world_fact(w, "y", "v4", "4", ENGINE_FINAL);
    world_day(w, "2016-05-04");
    assert_int_equal(w->output->count, 2);
    world_final(w, "x", "v1", "0"); /* nothing stands for it any more */
    world_day(w, "2016-05-05");
    expect_target(w, "p", "v1", "0.00", "-1.00");
    world_withdraw(w, "x", "v1");
    world_day(w, "2016-05-06");
    expect_target(w, "p", "v3", "5.00", "5.00");
    world_withdraw(w, "x", "v3");
    world_withdraw(w, "y", "v4");
    world_day(w, "2016-05-07");
    expect_target(w, "p", "v3", "0.00", "-5.00");
    world_free(w);
}

/* A session remembers names; when they are twice as many as there may be members, it begins anew. */
static void names_beyond_the_room_for_them_begin_a_session_anew(void **state)
{
    (void) state;
    struct world *w = world_new(SMALL("dimension village open, at most 1\nmetric x is \"X\" in USD\n  by village\n" FINAL
                                      "pay p from city to lender for each village of x amount x\n"));
    world_final(w, "x", "v1", "1");
    world_day(w, "2016-05-01");
    world_withdraw(w, "x", "v1");
    world_day(w, "2016-05-02");
    expect_target(w, "p", "v1", "0.00", "-1.00");
    uint64_t opened = w->follow.opened;
    world_final(w, "x", "v2", "2");
    world_day(w, "2016-05-03");
    expect_target(w, "p", "v2", "2.00", "2.00");
    assert_int_equal(w->follow.opened, opened);
    world_withdraw(w, "x", "v2");
    world_day(w, "2016-05-04");
    world_final(w, "x", "v3", "3");
    world_day(w, "2016-05-05");
    expect_target(w, "p", "v3", "3.00", "3.00");
    assert_int_equal(w->follow.opened, opened + 1);
    world_free(w);
}

/* K2 where a session keeps parts: what one member is, the whole is. */
static void rule_K2_parts_tell_what_their_members_are(void **state)
{
    (void) state;
    struct world *w = world_new(
        SMALL("dimension n 1 to 200\nmetric x is \"X\" in USD\n  by n\n  reported by judge\n  disputes within 9 days\n"
              "  if missing use 1\nmetric y is \"Y\" in number\n  by n\n  reported by judge\n  disputes within 9 days\n"
              "  if missing use 1\n" PAY("sum(x over n)") "pay q from city to lender amount max(USD 1 * y ^ 2 over n)\n"));
    world_day(w, "2016-05-05");
    expect_target(w, "p", "", "200.00", "200.00");
    world_fact(w, "x", "77", "5", ENGINE_DISPUTED);
    world_final(w, "y", "78", "5");
    world_day(w, "2016-05-06");
    expect_waits(w, "p", "", "x(77) is disputed", "200.00");
    expect_target(w, "q", "", "25.00", "24.00");
    world_final(w, "x", "77", "0.123456789012"); /* too fine for a part */
    world_final(w, "y", "79", "100000000");
    world_day(w, "2016-05-07");
    expect_target(w, "p", "", "199.12", "-0.88");
    expect_target(w, "q", "", "10000000000000000.00", "9999999999999975.00");
    world_final(w, "y", "79", "10000000000"); /* 10^20 is more than a part holds, and more than can be paid */
    world_day(w, "2016-05-08");
    expect_fault(w, "q", "an amount of 100000000000000000000");
    world_final(w, "y", "79", "2");
    world_day(w, "2016-05-09");
    expect_target(w, "q", "", "25.00", "-9999999999999975.00");
    world_free(w);
}

/* ---- keys that do not exist: whoever keeps them has lost something ---- */

static void keys_that_do_not_exist_are_an_error_of_ours(void **state)
{
    (void) state;
    struct world *w = world_new(SMALL(YEARS VILLAGE "metric x is \"X\" in USD\n  by year, village\n" FINAL
                                                    "pay p from city to lender for each year, village of x amount x\n"));
    static const char *const keys[] = {"", Y16, Y16 "|v1|v2", "2016-01-02/2016-12-31|v1"};
    for (size_t i = 0; i < 4; i++) {
        struct err err = {0};
        struct engine_output *out = NULL;
        struct engine_session *session = NULL;
        bool is_stale = false;
        const struct engine_fact fact = {
            .metric = terms_find_metric(w->terms, SLICE("x")), .key = slice_str(keys[i]), .value = SLICE("5"), .seq = 1};
        const struct engine_record record = {.rule = 0, .key = slice_str(keys[i]), .stands = SLICE("5.00"), .day = 16900};
        const struct engine_change change = {fact.metric, fact.key, &fact, false};
        struct engine_input input = world_input(w);
        input.today = day_of("2016-05-05");
        assert_int_equal(engine_session_open(&input, w->arena, &out, &session, &err), TALLY_OK);
        assert_int_equal(engine_session_apply(session, input.today, &change, 1, w->arena, &is_stale, &out, &err),
                         TALLY_E_INTEGRITY);
        assert_non_null(strstr(err.detail, "does not exist"));
        engine_session_free(session);
        assert_int_equal(terms_until(w->terms, fact.metric, fact.key), DAY_NEVER);
        assert_int_equal(terms_until(w->terms, terms_find_metric(w->terms, SLICE("v")), SLICE("v1|c")), DAY_NEVER);
        input.facts = &fact;
        input.fact_count = 1;
        assert_int_equal(engine_evaluate(&input, w->arena, &out, &err), TALLY_E_INTEGRITY);
        input.fact_count = 0;
        input.records = &record;
        input.record_count = 1;
        assert_int_equal(engine_evaluate(&input, w->arena, &out, &err), TALLY_E_INTEGRITY);
    }
    world_free(w);
}

static void a_pot_among_many_is_shared_out(void **state)
{
    (void) state;
    struct world *w = world_new(SMALL("dimension n 1 to 65\npay p from city to lender for each n\n  when n < 2\n  amount "
                                      "portion(USD 65, n / n over n)\n"));
    world_day(w, "2016-05-05");
    expect_target(w, "p", "1", "1.00", "1.00");
    world_free(w);
}

static void a_value_that_no_metric_can_have_does_not_fit(void **state)
{
    char digits[2001];
    bool fits = true;
    struct slice key = SLICE(""), why = SLICE("");
    (void) state;
    memset(digits, '7', 2000);
    digits[2000] = '\0';
    struct world *w = world_new(SMALL(NUMBER("x") PAY("USD 1 * x")));
    const struct terms_candidate candidate = {.value = slice_str(digits), .reporter = 2};
    assert_int_equal(terms_fit(w->terms, 0, &candidate, w->arena, &fits, &key, &why, NULL), TALLY_OK);
    assert_false(fits);
    world_free(w);
}

/* Of a result that may name other dimensions than the metric has: whether it fits is another question. */
static void a_class_reports_what_names_its_member(void **state)
{
    (void) state;
    struct world *w =
        world_new(SMALL("parties clinic provider \"Clinics\", at most 9\ndimension arm (a, b)\n"
                        "metric x is \"X\" in USD\n  by arm, clinic\n  reported by clinic or judge\n" PAY("1")));
    const struct terms_dimension_value dims[] = {{SLICE("arm"), SLICE("c1")}, {SLICE("clinic"), SLICE("c1")}};
    const struct {
        uint32_t count, reporter;
        const char *member;
        bool is_reporter, reports;
    } rows[] = {{2, TERMS_NONE, "c1", false, true},
                {2, TERMS_NONE, "c2", false, false},
                {2, TERMS_NONE, "", false, false},
                {1, TERMS_NONE, "c1", false, false},
                {0, TERMS_NONE, "", false, false},
                {0, TERMS_NONE, "", true, true},
                {1, 2, "", false, true},
                {1, 1, "", false, false}};
    assert_int_equal(terms_find_party(w->terms, SLICE("judge")), 2);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct terms_candidate candidate = {.dimensions = dims,
                                                  .dimension_count = rows[i].count,
                                                  .value = SLICE("1"),
                                                  .reporter = rows[i].reporter,
                                                  .is_reporter = rows[i].is_reporter,
                                                  .member = slice_str(rows[i].member)};
        assert_int_equal(terms_reports(w->terms, 0, &candidate), rows[i].reports);
    }
    world_free(w);
}

/* ---- what a text tells about itself ---- */

static void everybody_signs_where_nothing_is_said(void **state)
{
    (void) state;
    struct world *w = world_new("terms 1\ncontract a \"A\"\ncurrency USD rounded to 0.01, half even\nclock UTC\n"
                                "runs 2016-01-01 to 2016-12-31\nparty a backbone \"A\"\nparty b provider \"B\"\n"
                                "pay p from a to b amount 1\n");
    assert_string_equal(terms_role_text(terms_party(w->terms, 0)->role), "backbone");
    assert_false(terms_in_force(w->terms, (const bool[]){true, false}));
    assert_true(terms_in_force(w->terms, (const bool[]){true, true}));
    assert_true(terms_amended_with(w->terms, (const bool[]){true, true}, NULL));
    assert_false(terms_amended_with(w->terms, (const bool[]){false, true}, NULL));
    world_free(w);
}

static void an_amendment_wants_nobody_exactly_when_it_is_signed(void **state)
{
    (void) state;
    struct world *w =
        world_new("terms 1\ncontract a \"A\"\ncurrency USD rounded to 0.01, half even\nclock UTC\n"
                  "runs 2016-01-01 to 2016-12-31\nparty a backbone \"A\"\nparty b provider \"B\"\n"
                  "party c provider \"C\"\nparty d provider \"D\"\n"
                  "parties clinic provider \"Clinics\", at most 9\nin force when a have signed\n"
                  "amended when a, 2 of (b, c, d) and 1/2 of clinic have signed\npay p from a to b amount 1\n");
    for (uint32_t set = 0; set < 16; set++) {
        const bool has_signed[] = {(set & 1) != 0, (set & 2) != 0, (set & 4) != 0, (set & 8) != 0};
        uint32_t of_three = (uint32_t) has_signed[1] + has_signed[2] + has_signed[3];
        for (uint32_t member = 0; member < 4; member++) {
            const struct terms_joined clinic = {3, member};
            bool wants_class = terms_amendment_wants_class(w->terms, 0, has_signed, &clinic), wants = wants_class;
            for (uint32_t i = 0; i < 4; i++) {
                bool is_wanted = terms_amendment_wants(w->terms, i, has_signed, &clinic);
                assert_int_equal(is_wanted, !has_signed[i] && (i == 0 || of_three < 2));
                wants = wants || is_wanted;
            }
            assert_int_equal(wants_class, member < 2);
            assert_int_equal(terms_amended_with(w->terms, has_signed, &clinic), !wants);
        }
    }
    world_free(w);
}

static void a_text_with_errors_has_no_layout(void **state)
{
    (void) state;
    for (int without_memory = 0; without_memory < 2; without_memory++) {
        struct diags diags;
        struct err err = {0};
        struct buf out;
        struct arena *arena = arena_new(1 << 20);
        diags_init(&diags, arena);
        buf_init(&out, 1 << 20);
        mem_fail_after(without_memory ? 1 : 0);
        enum tally_code rc = terms_format(SLICE("terms 1\nnonsense\n"), &diags, &out, &err);
        mem_fail_after(0);
        assert_int_equal(rc, without_memory ? TALLY_E_NO_MEMORY : TALLY_E_MALFORMED);
        buf_release(&out);
        arena_free(arena);
    }
}

static void a_text_without_bytes_is_an_empty_one(void **state)
{
    struct diags diags;
    struct terms *terms = NULL;
    struct arena *arena = arena_new(1 << 20);
    (void) state;
    diags_init(&diags, arena);
    assert_int_equal(terms_compile(slice_of(NULL, 0), &diags, &terms, NULL), TALLY_OK);
    assert_null(terms);
    expect_slice(diags.first->message, "a text begins with the version of its language");
    arena_free(arena);
}

#define ROWS_BEFORE                                                                                                        \
    "terms 1\ncontract a \"A\"\ncurrency USD rounded to 0.01, half even\nclock UTC\nruns 2016-01-01 to 2016-12-31\n\n"     \
    "party a provider \"A\"\nparty b provider \"B\"\n\npay p from a to b\n"

static void rows_on_one_line_stay_there(void **state)
{
    static const char text[] = ROWS_BEFORE "  amount step of (1 + 2): at least (3 + x[d: 2]): (4 + 5) otherwise: (6 + 7)\n";
    struct diags diags;
    struct buf out;
    struct arena *arena = arena_new(1 << 20);
    (void) state;
    diags_init(&diags, arena);
    buf_init(&out, 1 << 20);
    assert_int_equal(terms_format(slice_str(text), &diags, &out, NULL), TALLY_OK);
    assert_string_equal(out.ptr, text);
    buf_release(&out);
    arena_free(arena);
}

static void a_text_that_may_need_more_than_can_be_counted_says_so(void **state)
{
    (void) state;
    struct world *w = world_new(SMALL("dimension a open, at most 10_000_000\ndimension b open, at most 10_000_000\n"
                                      "dimension c open, at most 50_000\nmetric x is \"X\" in USD\n  by a, b, c\n" FINAL
                                      "pay p from city to lender amount 1\n"));
    assert_true(terms_evaluation_bytes(w->terms) == UINT64_MAX);
    world_free(w);
}

#define OPEN(most)                                                                                                         \
    SMALL("dimension who open, at most " most "\nmetric v is \"V\" in USD\n  by who\n" FINAL                               \
          "pay p from city to lender\n  for each who of v\n  amount v\n")

/* Beside a text of the same contract that lets more count, it needs what it would need if it let so many; fewer change nothing. */
static void beside_other_texts_it_needs_what_the_largest_lets_count(void **state)
{
    (void) state;
    struct world *few = world_new(OPEN("10")), *many = world_new(OPEN("100_000"));
    const struct terms *both[] = {few->terms, many->terms};
    uint64_t bytes = 0;
    assert_int_equal(terms_bytes_among(few->terms, both, 2, &bytes, NULL), TALLY_OK);
    assert_true(bytes == terms_evaluation_bytes(many->terms));
    assert_true(bytes > terms_evaluation_bytes(few->terms));
    WORLD_TRY(terms_bytes_among(few->terms, both, 2, &bytes, &tried_err));
    assert_int_equal(terms_bytes_among(many->terms, both, 2, &bytes, NULL), TALLY_OK);
    assert_true(bytes == terms_evaluation_bytes(many->terms));
    world_free(few);
    world_free(many);
}

static void money_that_is_none_is_refused(void **state)
{
    struct arena *arena = arena_new(4096);
    struct slice sum = SLICE("");
    struct err err = {0};
    bool fits = false;
    (void) state;
    assert_int_equal(money_add(SLICE("1.00"), SLICE("1.0.0"), arena, &sum, &err), TALLY_E_MALFORMED);
    assert_non_null(strstr(err.detail, "is not an amount of money"));
    assert_int_equal(money_fits(SLICE("1.00"), SLICE("0.00"), &fits, &err), TALLY_E_MALFORMED);
    arena_free(arena);
}

/* ---- explanations ---- */

static void an_instance_that_is_none_is_not_explained(void **state)
{
    (void) state;
    struct world *w = world_new(SMALL(PAY("5")));
    struct buf out;
    struct err err = {0};
    buf_init(&out, 1 << 16);
    struct engine_input input = world_input(w);
    input.today = day_of("2016-05-05");
    assert_int_equal(engine_explain(&input, 0, SLICE("nothing"), w->arena, &out, &err), TALLY_E_NOT_FOUND);
    buf_release(&out);
    world_free(w);
}

static void an_explanation_shows_words_comments_apart_and_characters_whole(void **state)
{
    (void) state;
    struct world *w = world_new(SMALL("dimension arm (a \"Ä\", b)\nmetric side is \"Side\" in arm\n" FINAL NUMBER(
        "x") "define chosen = side # a word\n"
             "define long = x + 1000000000000000000 + 1000000000000000000 + 1000000000000000000 + 1000000000000000000 # "
             "äöü\n"
             "  + 1000000000000000000 + 1000000000000000000 + 1000000000000000000 + 1000000000000000000 + "
             "1000000000000000000\n"
             "pay q from city to lender for each arm of y amount y\nmetric y is \"Y\" in USD\n  by arm\n" FINAL
             "pay p from city to lender when chosen = a and long > 0 amount q[arm: b] # nothing was reported there\n"));
    struct buf out;
    struct err err = {0};
    buf_init(&out, 1 << 20);
    world_final(w, "side", "", "a");
    world_final(w, "x", "", "1");
    world_day(w, "2016-05-05");
    struct engine_input input = world_input(w);
    assert_int_equal(engine_explain(&input, terms_find_rule(w->terms, SLICE("p")), SLICE(""), w->arena, &out, &err),
                     TALLY_OK);
    assert_non_null(strstr(out.ptr, "\"exact\":\"a\""));
    assert_non_null(strstr(out.ptr, "q(b)"));
    assert_null(strstr(out.ptr, "nothing was reported"));
    assert_null(strstr(out.ptr, "äöü"));
    buf_release(&out);
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rule_M4_numbers_that_grow_too_long_are_faults),
        cmocka_unit_test(rule_M4_what_cannot_be_computed_is_told),
        cmocka_unit_test(bounds_that_are_not_known_yet_are_waited_for),
        cmocka_unit_test(a_calendar_counts_from_the_first_day_there_is),
        cmocka_unit_test(budgets_beyond_what_can_be_paid_are_no_bounds),
        cmocka_unit_test(rule_C1_a_day_in_no_period_is_tried_again),
        cmocka_unit_test(what_is_kept_without_a_budget_takes_from_none),
        cmocka_unit_test(the_earlier_of_two_days_is_the_moment),
        cmocka_unit_test(a_day_that_nobody_waits_for_any_more_is_no_moment),
        cmocka_unit_test(rule_D3_a_set_at_fixed_members_waits_for_its_own_alone),
        cmocka_unit_test(a_set_at_a_member_that_is_not_known_waits_for_it),
        cmocka_unit_test(rule_S7_a_place_that_comes_free_is_taken_by_who_waits),
        cmocka_unit_test(names_beyond_the_room_for_them_begin_a_session_anew),
        cmocka_unit_test(rule_K2_parts_tell_what_their_members_are),
        cmocka_unit_test(keys_that_do_not_exist_are_an_error_of_ours),
        cmocka_unit_test(a_pot_among_many_is_shared_out),
        cmocka_unit_test(a_value_that_no_metric_can_have_does_not_fit),
        cmocka_unit_test(a_class_reports_what_names_its_member),
        cmocka_unit_test(everybody_signs_where_nothing_is_said),
        cmocka_unit_test(a_text_with_errors_has_no_layout),
        cmocka_unit_test(an_amendment_wants_nobody_exactly_when_it_is_signed),
        cmocka_unit_test(a_text_without_bytes_is_an_empty_one),
        cmocka_unit_test(rows_on_one_line_stay_there),
        cmocka_unit_test(a_text_that_may_need_more_than_can_be_counted_says_so),
        cmocka_unit_test(beside_other_texts_it_needs_what_the_largest_lets_count),
        cmocka_unit_test(money_that_is_none_is_refused),
        cmocka_unit_test(an_instance_that_is_none_is_not_explained),
        cmocka_unit_test(an_explanation_shows_words_comments_apart_and_characters_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
