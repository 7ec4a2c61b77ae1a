/* Exposure: bounds that contain whatever is evaluated, and are exact where each figure is used once. Random histories: ROUNDS=2000
 * for more. */
#include "../../support/dice.h"
#include "world.h"

#include "../../support/exposure_within.h"

#include "tally/canon.h"
#include "tally/exposure.h"
#include "tally/instant.h"
#include "texts.h"

/* ---- bounds of single forms ---- */

struct found {
    struct world *w;
    struct exposure *exposure;
};

static struct found expose(const char *text)
{
    struct found f = {.w = world_new(text)};
    struct err err = {0};
    assert_int_equal(terms_exposure(f.w->terms, f.w->arena, &f.exposure, &err), TALLY_OK);
    return f;
}

static void expect_bound(struct slice is, const char *wanted)
{
    expect_slice(is.ptr == NULL ? SLICE("none") : is, wanted);
}

static void expect_all(const struct found *f, const char *rule, const char *least, const char *most)
{
    uint32_t r = terms_find_rule(f->w->terms, slice_str(rule));
    assert_true(r < f->exposure->rule_count);
    expect_bound(f->exposure->rules[r].all.least, least);
    expect_bound(f->exposure->rules[r].all.most, most);
}

#define METRICS                                                                                                            \
    "dimension arm (programme, comparison)\nperiod year every 1 year from 2016-01-01 to 2018-12-31\n"                      \
    "dimension claim 1 to 4\ndimension participant persons, at most 10\n"                                                  \
    "metric x is \"X\" in number between 2 and 5\n  reported by judge\n"                                                   \
    "metric y is \"Y\" in number between -3 and 4\n  reported by judge\n"                                                  \
    "metric stay is \"Stay\" in days between 2 and 5\n  reported by judge\n"                                               \
    "metric any is \"Any\" in number\n  reported by judge\n"                                                               \
    "metric level is \"Level\" in percent between 0% and 100%\n  reported by judge\n"                                      \
    "metric yes is \"Yes\" in true or false\n  reported by judge\n"                                                        \
    "metric born is \"Born\" in date between 2016-01-10 and 2016-02-20\n  reported by judge\n"                             \
    "metric side is \"Side\" in arm\n  reported by judge\n"                                                                \
    "metric by_year is \"By year\" in USD between 0 and 100\n  by year\n  reported by judge\n"                             \
    "metric by_person is \"By person\" in USD between 10 and 20\n  by participant\n  reported by judge\n"                  \
    "metric in_time is \"In time\" in USD between 10 and 20\n  by participant\n  reported by judge until 2019-01-01\n"     \
    "table rate in USD by year\n  2016-01-01: 5\n  2017-01-01: 7\n  2018-01-01: 20\n"                                      \
    "table days_of in date by year\n  otherwise: 2016-05-05\n"                                                             \
    "table by_side in USD by arm\n  programme: 3\n  comparison: 8\n"

/* One rule `p` with these clauses has these bounds, of one instance and of all. */
static void expect_rule(const char *clauses, const char *one_least, const char *one_most, const char *least,
                        const char *most)
{
    char text[8000];
    snprintf(text, sizeof text, "%spay p from city to lender %s\n", SMALL(METRICS), clauses);
    struct found f = expose(text);
    const struct exposure_rule *p = &f.exposure->rules[terms_find_rule(f.w->terms, SLICE("p"))];
    expect_bound(p->one.least, one_least);
    expect_bound(p->one.most, one_most);
    expect_bound(p->all.least, least);
    expect_bound(p->all.most, most);
    world_free(f.w);
}

static void expect_one(const char *clauses, const char *least, const char *most)
{
    expect_rule(clauses, least, most, least, most);
}

static void arithmetic_is_exact(void **state)
{
    (void) state;
    expect_one("amount USD 1 * (x + y) either way", "-1.00", "9.00");
    expect_one("amount USD 1 * (x - y) either way", "-2.00", "8.00");
    expect_one("amount USD 1 * (x * y) either way", "-15.00", "20.00");
    expect_one("amount USD 1 * (y * y) either way", "-12.00", "16.00");
    expect_one("amount USD 1 * (y ^ 2) either way", "0.00", "16.00");
    expect_one("amount USD 1 * (y ^ 3) either way", "-27.00", "64.00");
    expect_one("amount USD 1 * (60 / x) either way", "12.00", "30.00");
    expect_one("amount USD 1 * (x ^ -1) either way", "0.20", "0.50");
    expect_one("amount USD 1 * (2 ^ (x - 1)) either way", "2.00", "16.00");
    expect_one("amount USD 1 * (abs(y)) either way", "0.00", "4.00");
    expect_rule("amount USD 1 * (-x) either way", "-5.00", "-2.00", "-5.00", "0.00"); /* nothing stands at first */
    expect_one("amount USD 1 * (min(x, 3, y)) either way", "-3.00", "3.00");
    expect_one("amount USD 1 * (max(x, 3, y)) either way", "3.00", "5.00");
    expect_one("amount USD 1 * (clamp(y, 0, 1)) either way", "0.00", "1.00");
    expect_one("amount USD 1 * (round(x / 3, 0.5, up)) either way", "1.00", "2.00");
    expect_one("amount USD 1 * (round(x, y, up)) either way", "-2.00", "9.00");
    expect_one("amount USD 1 * (x)", "2.00", "5.00");
    expect_one("amount USD 1 * (y)", "0.00", "4.00"); /* A2 */
    expect_one("amount USD 1 * (x / 3)", "0.67", "1.67");
    expect_one("amount 100 per point of level", "0.00", "10000.00");
}

static void what_has_no_bound_is_said_so(void **state)
{
    (void) state;
    expect_one("amount USD 1 * (any)", "0.00", "none");
    expect_one("amount USD 1 * (any) either way", "none", "none");
    expect_one("amount USD 1 * (any * 0) either way", "0.00", "0.00");
    expect_one("amount USD 1 * (x / y) either way", "none", "none");
    expect_one("amount USD 1 * (x / abs(y))", "0.50", "none");
    expect_rule("amount USD 1 * (x / (y - 4)) either way", "none", "-0.29", "none", "0.00");
    expect_one("amount USD 1 * (min(any, 9))", "0.00", "9.00");
    expect_one("amount USD 1 * (clamp(any, 3, 9))", "3.00", "9.00");
    expect_one("amount USD 1 * (any ^ 2 + 1)", "1.00", "none");
    expect_one("amount USD 1 * (x ^ y)", "0.01", "625.00");
    expect_one("amount USD 1 * (1 ^ any)", "0.00", "none");
    expect_one("amount USD 1 * (x ^ 99999)", "0.00", "none");
}

static void a_fault_is_no_payment(void **state)
{
    (void) state;
    struct found f = expose(SMALL(METRICS "pay p from city to lender amount x / (3 - 3) * USD 1\n"
                                          "pay q from city to lender amount if yes then USD 5 else x / 0 * USD 1\n"
                                          "pay r from city to lender when x / 0 > 1 amount 7\n"));
    assert_true(f.exposure->rules[0].is_never);
    assert_true(f.exposure->rules[2].is_never);
    expect_all(&f, "p", "0.00", "0.00");
    expect_all(&f, "q", "5.00", "5.00");
    expect_all(&f, "r", "0.00", "0.00");
    world_free(f.w);
}

#define FAULT_DAY "(if x / 0 > 1 then born else born)"

/* Whatever needs what is always a fault is never computed. */
static void a_fault_anywhere_is_no_payment(void **state)
{
    (void) state;
    static const char *const clauses[] = {
        "amount if x / 0 > 1 then 1 else 2",
        "when not (x / 0 > 1) amount 1",
        "when (if x / 0 > 1 then side else side) in (programme, comparison) amount 1",
        "when max(" FAULT_DAY ", 2016-01-01) > 2016-01-01 amount 1",
        "when 1 day after " FAULT_DAY " > 2016-01-01 amount 1",
        "when " FAULT_DAY " - born > 1 day amount 1",
        "amount rate[year: " FAULT_DAY "]",
        "amount rate[year: (50 years after born)]",
        "amount by_claim[claim: (x + 10)]",
        "amount by_claim[claim: (0 - x)]",
        "amount linear of (x / 0): at 0: 1 at 1: 2 outside: flat",
        "amount bands of (stay / 0): from 1 days: 1 per day",
        "amount step of (x / 0): at least 1: 1 otherwise: 2",
        "amount USD 1 * round(x, y * 0, up)",
        "amount USD 1 * (x / 0) ^ 2",
        "amount USD 1 * min(x / 0, 1)",
        "amount USD 1 * max(x / 0, 1)",
        "amount USD 1 * abs(x / 0)",
        "amount USD 1 * clamp(x / 0, 0, 1)",
        "amount sum(rate / 0 over year)",
        "amount mean(rate over year where rate < 0)",
        "amount portion(USD 1 / 0, by_year over year)",
    };
    for (size_t i = 0; i < sizeof clauses / sizeof clauses[0]; i++) {
        char text[8000];
        snprintf(text, sizeof text, "%stable by_claim in USD by claim\n  otherwise: 5\npay p from city to lender %s%s\n",
                 SMALL(METRICS), strstr(clauses[i], "portion") == NULL ? "" : "for each year ", clauses[i]);
        struct found f = expose(text);
        if (!f.exposure->rules[0].is_never)
            print_error("%s\n", clauses[i]);
        assert_true(f.exposure->rules[0].is_never);
        world_free(f.w);
    }
    /* nobody may be there: then it is no fault */
    expect_one("amount sum(in_time / 0 over participant of in_time)", "0.00", "0.00");
}

static void large_and_far_figures_stay_within(void **state)
{
    (void) state;
    expect_one("amount USD 1 * abs(-x)", "2.00", "5.00");
    expect_one("amount USD 1 * (x / max(any, 1))", "0.00", "5.00");
    expect_one("amount USD 1 * (x * 10 ^ 1_200 * 10 ^ 1_200) * 0", "0.00", "0.00");
    expect_one("amount USD 1 * (x * 10 ^ 1_200 * 10 ^ 1_200)", "0.00", "none");
    expect_one("amount USD 1 * (x * 10 ^ 1_000) ^ 5", "0.00", "none");
    expect_one("when (any * 1 day) after born > 2016-01-01 amount 1", "0.00", "1.00");
    expect_one("when 3_000 years before born > 2016-01-01 amount 1", "0.00", "1.00");
    expect_one("when 9_000_000 days after born > 2016-01-01 amount 1", "0.00", "1.00");
    expect_one("amount best(2, rate over year where rate < 0)", "0.00", "0.00");
    expect_one("when days_of[year: (born)] > 2016-01-01 amount 1", "1.00", "1.00");
}

static void an_index_may_come_from_as_far_as_numbers_go(void **state)
{
    (void) state;
    struct found f = expose(
        SMALL("dimension claim 1 to 3\ntable rate in USD by claim\n  1: 5\n  2: 6\n  3: 7\n"
              "metric n is \"N\" in number between -9_223_372_036_854_775_808 and 2\n  reported by judge\n"
              "metric o is \"O\" in number between 2 and 9_223_372_036_854_775_807\n  reported by judge\n"
              "metric far is \"F\" in number between -99_223_372_036_854_775_808 and 99_223_372_036_854_775_807\n  "
              "reported by judge\n"
              "pay p from city to lender amount rate[claim: (n)]\npay q from city to lender amount rate[claim: (o)]\n"
              "pay r from city to lender amount rate[claim: (far)]\n"));
    expect_all(&f, "p", "5.00", "6.00");
    expect_all(&f, "q", "6.00", "7.00");
    expect_all(&f, "r", "5.00", "7.00");
    world_free(f.w);
}

/* What was not settled is 0, whatever `between` says. */
static void nothing_may_have_been_settled(void **state)
{
    (void) state;
    struct found f = expose(SMALL("pay base from city to lender amount 50\n"
                                  "metric got is settlements of base in USD between 10 and 100\n"
                                  "pay rest from city to lender amount 100 - got\n"));
    expect_all(&f, "rest", "0.00", "100.00");
    world_day(f.w, "2018-01-01");
    expect_target(f.w, "rest", "", "100.00", "100.00");
    world_free(f.w);
}

/* More members than can be looked at one by one: the bounds hold, and are wider. */
static void a_large_text_is_looked_at_together(void **state)
{
    (void) state;
    struct found f =
        expose(SMALL(METRICS "dimension many 1 to 1_900\ndimension more 1 to 1_900\n"
                             "pay p from city to lender for each many amount sum(USD 1 * many * more over more)\n"));
    assert_true(f.exposure->is_coarse);
    expect_bound(f.exposure->rules[0].one.least, "1900.00");
    expect_bound(f.exposure->rules[0].one.most, "6859000000.00");
    world_free(f.w);
}

/* Each table is gone through once, however many caps and rules it bounds: otherwise these would be too many steps for a look at each. */
static void a_large_table_in_many_caps_is_gone_through_once(void **state)
{
    char text[6000];
    int n =
        snprintf(text, sizeof text, "%s",
                 SMALL("period day every 1 day from 1900-01-01 to 2100-12-31\ntable most in USD by day\n  1900-01-01: 5\n"
                       "  otherwise: 9\n"));
    (void) state;
    for (int i = 0; i < 20; i++)
        n += snprintf(text + n, sizeof text - (size_t) n, "pay p%d from city to lender dated 2018-01-01 amount 12\n", i);
    for (int i = 0; i < 20; i++)
        n += snprintf(text + n, sizeof text - (size_t) n, "cap most per day on p%d\n", i);
    assert_true((size_t) n < sizeof text);
    struct found f = expose(text);
    assert_false(f.exposure->is_coarse);
    expect_bound(f.exposure->rules[19].one.most, "9.00");
    expect_all(&f, "p19", "5.00", "9.00");
    expect_bound(f.exposure->parties[0].all.most, "180.00");
    world_free(f.w);
}

/* Cutting an instance by a cap is work like any other, and after a million steps all members are looked at together. */
static void many_members_under_many_caps_are_looked_at_together(void **state)
{
    static const struct {
        int caps;
        bool is_coarse;
        const char *most;
    } rows[] = {{250, false, "98775.00"}, {510, true, "100000.00"}};
    (void) state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[16000];
        int n = snprintf(text, sizeof text, "%s",
                         SMALL("dimension many 1 to 2_000\npay p from city to lender for each many amount USD 1 * many\n"));
        for (int k = 0; k < rows[i].caps; k++)
            n += snprintf(text + n, sizeof text - (size_t) n, "cap %d per many on p\n", 50 + k);
        assert_true((size_t) n < sizeof text);
        struct found f = expose(text);
        assert_int_equal(f.exposure->is_coarse, rows[i].is_coarse);
        expect_bound(f.exposure->rules[0].one.most, "50.00");
        expect_all(&f, "p", "0.00", rows[i].most);
        world_free(f.w);
    }
}

static void without_memory_it_says_so(void **state)
{
    (void) state;
    struct world *w = world_new(TEXT_ROCA_WATERFALL);
    unsigned failed = 0;
    for (size_t cap = 64; cap < 20000; cap += 200) {
        struct arena *arena = arena_new(cap);
        struct exposure *e = NULL;
        struct err err = {0};
        enum tally_code rc = terms_exposure(w->terms, arena, &e, &err);
        assert_true(rc == TALLY_OK ? e != NULL : rc == TALLY_E_LIMIT && e == NULL);
        failed += rc != TALLY_OK;
        arena_free(arena);
    }
    for (uint64_t n = 1; n < 40; n++) {
        struct arena *arena = arena_new(1 << 20);
        struct exposure *e = NULL;
        assert_non_null(arena);
        mem_fail_after(n);
        enum tally_code rc = terms_exposure(w->terms, arena, &e, NULL);
        mem_fail_after(0);
        assert_true((rc == TALLY_OK) == (e != NULL));
        failed += rc != TALLY_OK;
        arena_free(arena);
    }
    assert_true(failed > 3);
    world_free(w);
}

/* A rule that pays what another leaves over looks as if both could never stand whole. They can: what waits keeps what stands (A3)
 * while the other grows, so the sum of both bounds is the bound. */
static void what_is_left_over_may_stand_beside_what_leaves_it(void **state)
{
    (void) state;
    struct world *w = world_new(SMALL("dimension cohort (c1, c2)\nmetric well is \"W\" in true or false\n  by cohort\n"
                                      "  reported by judge\n  disputes within 9 days\n"
                                      "pay early from city to lender for each cohort when well amount 1_000_000\n"
                                      "pay final from city to lender amount max(0, 3_000_000 - sum(early over cohort))\n"));
    struct exposure *e = NULL;
    assert_int_equal(terms_exposure(w->terms, w->arena, &e, NULL), TALLY_OK);
    expect_slice(e->parties[0].all.most, "5000000.00");
    world_final(w, "well", "c1", "false");
    world_final(w, "well", "c2", "false");
    world_day(w, "2016-05-01");
    expect_target(w, "final", "", "3000000.00", "3000000.00");
    world_fact(w, "well", "c1", "false", ENGINE_DISPUTED);
    world_final(w, "well", "c2", "true"); /* restated while the other is disputed */
    world_day(w, "2016-05-02");
    expect_target(w, "early", "c2", "1000000.00", "1000000.00");
    expect_waits(w, "final", "", "well(c1) is disputed", "3000000.00");
    world_final(w, "well", "c1", "true");
    world_fact(w, "well", "c2", "true", ENGINE_DISPUTED);
    world_day(w, "2016-05-03"); /* 2,000,000 and 3,000,000 stand */
    expect_target(w, "early", "c1", "1000000.00", "1000000.00");
    expect_waits(w, "early", "c2", "well(c2) is disputed", "1000000.00");
    expect_waits(w, "final", "", "well(c2) is disputed", "3000000.00");
    world_final(w, "well", "c2", "true");
    world_day(w, "2016-05-04");
    expect_target(w, "final", "", "1000000.00", "-2000000.00");
    world_free(w);
}

static void the_same_as_json(void **state)
{
    (void) state;
    struct world *w = world_new(SMALL("metric x is \"X\" in USD\n  reported by judge\n"
                                      "metric y is \"Y\" in number between 36.893488147419103231 and 37\n"
                                      "  reported by judge\npay p from city to lender amount x\n"
                                      "pay q from city to lender when y < 0 amount 5\n"
                                      "pay r from city to lender amount min(9, USD 1 * y ^ 64)\n"));
    struct exposure *e = NULL;
    struct canon json;
    struct buf out;
    buf_init(&out, 1 << 16);
    canon_init(&json, &out);
    assert_int_equal(terms_exposure(w->terms, w->arena, &e, NULL), TALLY_OK);
    exposure_write(&json, w->terms, e);
    assert_int_equal(buf_check(&out, NULL), TALLY_OK);
    assert_memory_equal(out.ptr, "{\"coarse\":false,\"contract\":\"small\",\"parties\":[", 46);
    assert_non_null(strstr(out.ptr,
                           "{\"currency\":\"USD\",\"instances\":1,\"least\":\"0.00\",\"lowest\":\"0.00\",\"most\":null,"
                           "\"never\":false,\"one\":{\"least\":\"0.00\",\"most\":null},\"rule\":\"p\"}"));
    assert_non_null(strstr(out.ptr, "\"never\":false,\"one\":{\"least\":\"0.00\",\"most\":\"0.00\"},\"rule\":\"q\"}"));
    assert_non_null(strstr(out.ptr, "\"one\":{\"least\":\"0.00\",\"most\":\"9.00\"},\"rule\":\"r\"}"));
    buf_release(&out);
    world_free(w);
}

static void conditions_open_and_close_ways(void **state)
{
    (void) state;
    expect_one("when yes amount USD 1 * (x)", "0.00", "5.00");
    expect_one("when x > 1 amount USD 1 * (x)", "2.00", "5.00");
    expect_one("when x >= 5 amount USD 1 * (x)", "0.00", "5.00");
    expect_one("when x > 5 amount 9", "0.00", "0.00");
    expect_one("when not (x <= 5) or y < -3 amount 9", "0.00", "0.00");
    expect_one("when x <> 9 and x = x amount 9", "0.00", "9.00");
    expect_one("amount if x < 6 then 1 else 100", "1.00", "1.00");
    expect_one("amount if yes then 1 else 100", "1.00", "100.00");
    expect_one("when side in (programme, comparison) amount 4", "4.00", "4.00");
    expect_one("when side in (comparison, programme, comparison) amount 4", "4.00", "4.00");
    expect_one("when side in (comparison, comparison) amount 4", "0.00", "4.00");
    expect_one("when side = programme amount 4", "0.00", "4.00");
    expect_one("when born < 2016-01-10 amount 4", "0.00", "0.00");
    expect_one("when born <= 2016-02-20 amount 4", "4.00", "4.00");
    expect_one("when never > born amount 4", "4.00", "4.00");
    expect_one("when max(born, never) = never amount 4", "4.00", "4.00");
    expect_one("when min(born, never) < never amount 4", "4.00", "4.00");
    expect_one("when min(born, 2016-01-31) <= 2016-01-31 amount 4", "4.00", "4.00");
}

static void dates_become_numbers(void **state)
{
    (void) state;
    expect_one("amount USD 1 * ((born - 2016-01-01) / 1 day)", "9.00", "50.00");
    expect_one("amount USD 1 * (((10 days after 1 month before born) - 2016-01-01) / 1 day) either way", "-12.00", "29.00");
    expect_one("amount USD 1 per year of years(2000-02-01, born)", "15.00", "16.00");
    expect_one("amount USD 1 * (366 * fraction(2016-01-01, born, actual_actual))", "9.00", "50.00");
}

static void rows_that_cannot_be_reached_do_not_count(void **state)
{
    (void) state;
    expect_one("amount step of x:\n    below 2: 900\n    at most 3: 10\n    below 5: 20\n  otherwise: 30", "10.00",
               "30.00");
    expect_one("amount step of x:\n    at least 2: 10\n    above 5: 900\n  otherwise: 800", "10.00", "10.00");
    expect_one("amount step of born:\n    at least 2016-01-20: 10\n  otherwise: 20", "10.00", "20.00");
    expect_one("amount step of x: otherwise: 7", "7.00", "7.00"); /* a step may have no other row */
    expect_one("amount linear of y:\n    at -1: 10\n    at 0: 30\n    at 2: 0\n  outside: flat", "0.00", "30.00");
    expect_one("amount linear of y:\n    at -1: 10\n    at 0: 30\n    at 2: 0\n  outside: extended\n  either way", "-30.00",
               "30.00");
    expect_one("amount linear of any:\n    at 0: 0\n    at 1: 5\n  outside: flat", "0.00", "5.00");
    expect_one("amount linear of any:\n    at 0: 0\n    at 1: 5\n  outside: extended", "0.00", "none");
    expect_one("amount linear of y:\n    at x: 10\n    at x + 1: 30\n  outside: flat", "10.00", "30.00");
    expect_one("amount linear of y:\n    at x: 10\n    at x + 1: 30\n  outside: extended", "0.00", "none");
    expect_one("amount bands of stay:\n    from 1 days: 10 per day\n    from 3 days: 2 per day", "10.00", "24.00");
}

static void instances_and_members_add_up(void **state)
{
    (void) state;
    expect_rule("for each year amount rate", "5.00", "20.00", "32.00", "32.00");
    expect_rule("for each year amount rate + by_year", "5.00", "120.00", "32.00", "332.00");
    expect_rule("for each year, claim amount rate * claim", "5.00", "80.00", "320.00", "320.00");
    expect_rule("for each participant of by_person amount by_person", "10.00", "20.00", "0.00", "200.00");
    expect_rule("for each year, participant of by_person amount by_person", "10.00", "20.00", "0.00", "600.00");
    expect_one("amount sum(by_year over year)", "0.00", "300.00");
    expect_one("amount sum(rate over year)", "32.00", "32.00");
    expect_one("amount USD 0 + mean(rate over year)", "5.00", "20.00");
    expect_one("amount max(rate over year) + min(rate over year)", "25.00", "25.00");
    expect_one("amount max(by_year over year of by_year) ", "0.00", "100.00");
    expect_one("amount first(rate over year) + last(rate over year)", "25.00", "25.00");
    expect_one("amount sum(rate over year where rate > 6)", "27.00", "27.00");
    expect_one("amount best(2, rate over year)", "10.00", "40.00");
    expect_one("amount USD 1 * (count(over year where by_year > 50))", "0.00", "3.00");
    expect_one("amount USD 1 * (share(by_year > 50 over year))", "0.00", "1.00");
    expect_one("amount by_side[arm: (side)]", "3.00", "8.00");
    expect_one("amount rate[year: (born)]", "5.00", "5.00");
    expect_one("amount rate[year: (400 days after born)]", "7.00", "7.00");
    expect_rule("for each year amount sum(rate over year so far)", "5.00", "32.00", "49.00", "49.00");
}

static void a_balance_is_followed_from_its_first_member(void **state)
{
    (void) state;
    char text[8000];
    snprintf(text, sizeof text,
             "%sdefine balance in USD = prior(year, round(balance * 1.1, 0.01, half even) + by_year, 1_000)\n"
             "pay p from city to lender for each year amount balance\n",
             SMALL(METRICS));
    struct found f = expose(text);
    expect_bound(f.exposure->rules[0].one.least, "1000.00");
    expect_bound(f.exposure->rules[0].one.most, "1420.00");
    expect_all(&f, "p", "3310.00", "3620.00");
    world_free(f.w);
}

static void a_pot_is_shared_out_once(void **state)
{
    (void) state;
    expect_rule("for each year amount portion(USD 90, by_year over year)", "0.00", "90.00", "0.00", "90.00");
    expect_rule("for each year, claim amount portion(USD 90, by_year over year)", "0.00", "90.00", "0.00", "360.00");
    /* an instance that waits for something of its own keeps its old part beside the new ones of the others */
    expect_rule("for each year when by_year > 1 amount portion(USD 90, by_year over year)", "0.00", "90.00", "0.00",
                "270.00");
}

static void caps_bound_what_they_join(void **state)
{
    (void) state;
    struct found f = expose(
        SMALL(METRICS "pay p from city to lender for each year amount by_year\n"
                      "pay q from city to judge for each year amount any * USD 1\n"
                      "pay r from city to judge for each participant of by_person dated 2016-05-05 amount by_person\n"
                      "cap 120 on p, q\ncap rate per year on r\ncap 15 per participant on r\n"));
    expect_all(&f, "p", "0.00", "120.00");
    expect_all(&f, "q", "0.00", "120.00");
    expect_bound(f.exposure->rules[2].one.most, "15.00");
    expect_all(&f, "r", "0.00", "32.00");
    assert_int_equal(f.exposure->party_count, 3);
    assert_true(f.exposure->parties[0].is_payer);
    expect_bound(f.exposure->parties[0].all.most, "152.00"); /* one budget for two rules */
    expect_bound(f.exposure->parties[1].all.most, "120.00");
    expect_bound(f.exposure->parties[2].all.most, "152.00");
    world_free(f.w);
    /* an older instance that never goes back and moves to another year keeps there what the first year granted */
    expect_rule("for each participant of by_person dated by_date amount by_person never back\ncap 9 per year on p\n"
                "metric by_date is \"D\" in date\n  by participant\n  reported by judge",
                "0.00", "9.00", "0.00", "90.00");
    expect_rule("for each participant of by_person amount by_person\ncap 12 per participant on p", "10.00", "12.00", "0.00",
                "120.00");
}

static void the_published_texts_have_their_ceilings(void **state)
{
    (void) state;
    static const struct {
        const char *text, *rule, *least, *most;
    } wanted[] = {{TEXT_RIKERS_ABLE, "success", "0.00", "11712000.00"},
                  {TEXT_PETERBOROUGH, "early", "0.00", "2000000.00"},
                  {TEXT_PETERBOROUGH, "at_the_end", "0.00", "3000000.00"},
                  {TEXT_RHINO, "success", "0.00", "13759500.00"}};
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        struct found f = expose(wanted[i].text);
        expect_all(&f, wanted[i].rule, wanted[i].least, wanted[i].most);
        world_free(f.w);
    }
}

/* ---- whatever is evaluated lies within ---- */

/* A value that may fit: a number or day that the text names, so that bounds are met and crossed, or one nearby, or anything. */
static void random_value(struct dice *r, const struct terms *t, const struct terms_metric *m, char *out, size_t cap)
{
    struct slice source = terms_source(t);
    for (uint32_t d = 0; d < terms_dimension_count(t); d++)
        if (slice_equal(terms_dimension(t, d)->name, m->unit)) {
            snprintf(out, cap, "%.*s",
                     SLICE_ARG(terms_dimension(t, d)->members[dice_below(r, terms_dimension(t, d)->member_count)]));
            return;
        }
    if (slice_is(m->unit, "true or false")) {
        snprintf(out, cap, "%s", dice_below(r, 2) == 0 ? "true" : "false");
        return;
    }
    if (slice_is(m->unit, "date")) {
        char day[DAY_TEXT_LEN + 1];
        day_format(15000 + (int32_t) dice_below(r, 4000), day);
        snprintf(out, cap, "%s", day);
        return;
    }
    size_t at = dice_below(r, (uint32_t) source.len), n = 0;
    while (at < source.len && (source.ptr[at] < '1' || source.ptr[at] > '9'))
        at++;
    for (; at < source.len && n + 8 < cap; at++)
        if ((source.ptr[at] >= '0' && source.ptr[at] <= '9') || source.ptr[at] == '.')
            out[n++] = source.ptr[at];
        else if (source.ptr[at] != '_')
            break;
    if (n == 0 || out[n - 1] == '.')
        out[n++] = '0';
    out[n] = '\0';
    if (dice_below(r, 3) == 0)
        snprintf(out, cap, "%u", dice_below(r, 200));
    else if (dice_below(r, 4) == 0 && strchr(out, '.') == NULL)
        snprintf(out + n, cap - n, ".5");
    if (slice_is(m->unit, "percent"))
        snprintf(out + strlen(out), cap - strlen(out), "%%");
}

/* One that fits at a random key; false: none was found. */
static bool random_fact(struct dice *r, struct world *w, uint32_t metric, char *key, char *value)
{
    const struct terms_metric *m = terms_metric(w->terms, metric);
    struct terms_dimension_value dims[8];
    static const char *const persons[] = {"Zq0-_Zq0-_Zq0-_Zq0-_Zq", "Aq0-_Zq0-_Zq0-_Zq0-_Zq", "Bq0-_Zq0-_Zq0-_Zq0-_Zq"};
    uint32_t n = 0;
    for (; n < m->by_count; n++) {
        const struct terms_dimension *d = terms_dimension(w->terms, m->by[n]);
        dims[n] =
            (struct terms_dimension_value){d->name, d->member_count == 0 ? slice_str(persons[dice_below(r, 3)])
                                                                         : d->members[dice_below(r, d->member_count)]};
    }
    for (uint32_t i = 0; i < m->where_count; i++, n++)
        dims[n] =
            (struct terms_dimension_value){terms_dimension(w->terms, m->where[i].dimension)->name, m->where[i].member};
    for (int tries = 0; tries < 12; tries++) {
        bool fits = false;
        struct slice at = {0}, why = {0};
        random_value(r, w->terms, m, value, 100);
        struct terms_candidate candidate = {.dimensions = dims,
                                            .dimension_count = n,
                                            .value = slice_str(value),
                                            .reporter = m->reporter_count == 0 ? TERMS_NONE : m->reporters[0],
                                            .submitted = 12000};
        assert_int_equal(terms_fit(w->terms, metric, &candidate, w->arena, &fits, &at, &why, NULL), TALLY_OK);
        if (fits) {
            snprintf(key, 200, "%.*s", SLICE_ARG(at));
            return true;
        }
    }
    return false;
}

/* K4: steps, and amounts that one result moves. What caps pass on is counted with the evaluation. */
static void expect_cost(const struct world *w, const char *text, const struct slice *before, size_t before_count)
{
    struct terms_cost cost = terms_cost(w->terms);
    size_t moved = 0;
    assert_true(w->output->steps <= cost.steps);
    assert_true(w->output->count <= cost.instances);
    if (strstr(text, "\ncap ") != NULL || before_count != w->output->count)
        return;
    for (size_t i = 0; i < before_count; i++)
        moved += !slice_equal(before[i], w->output->instances[i].amount);
    if (moved > cost.fan_out)
        fail_msg("%zu of at most %zu amounts moved in\n%s", moved, (size_t) cost.fan_out, text);
}

static void random_history(struct dice *r, const char *text, unsigned *computed)
{
    static char keys[64][200], values[64][100];
    struct found f = expose(text);
    struct world *w = f.w;
    struct exposure *e = f.exposure; /* in w->arena, which each day clears */
    struct arena *kept = arena_new(1 << 26);
    struct err err = {0};
    assert_int_equal(terms_exposure(w->terms, kept, &e, &err), TALLY_OK);
    for (int step = 0; step < 64; step++) {
        uint32_t metric = dice_below(r, terms_metric_count(w->terms));
        char day[DAY_TEXT_LEN + 1];
        day_format(16000 + step * 20, day);
        w->today = 16000 + step * 20;
        if (!random_fact(r, w, metric, keys[step], values[step]))
            continue;
        struct slice name = terms_metric(w->terms, metric)->name;
        char metric_name[80];
        snprintf(metric_name, sizeof metric_name, "%.*s", SLICE_ARG(name));
        static const enum engine_standing standings[] = {ENGINE_FINAL, ENGINE_FINAL,   ENGINE_FINAL,   ENGINE_FINAL,
                                                         ENGINE_FINAL, ENGINE_PENDING, ENGINE_DISPUTED};
        world_fact(w, metric_name, keys[step], values[step], standings[dice_below(r, 7)]);
        size_t before_count = step == 0 || w->output == NULL ? 0 : w->output->count;
        struct slice *before = ARENA_ARRAY(kept, before_count + 1, struct slice);
        assert_non_null(before);
        for (size_t i = 0; i < before_count; i++)
            assert_int_equal(
                arena_copy(kept, w->output->instances[i].amount.ptr, w->output->instances[i].amount.len, &before[i], NULL),
                TALLY_OK);
        world_day(w, day);
        expect_output_within(w->terms, w->output, e, w->arena, text);
        expect_cost(w, text, before, before_count);
        for (size_t i = 0; i < w->output->count; i++)
            *computed +=
                w->output->instances[i].state == ENGINE_COMPUTED && money_sign(w->output->instances[i].target) != 0;
    }
    arena_free(kept);
    world_free(w);
}

static const char *const texts[] = {
    TEXT_PETERBOROUGH,
    TEXT_RIKERS_ABLE,
    TEXT_RHINO,
    TEXT_ROCA_WATERFALL,
    TEXT_BENEVOLENT,
    TEXT_EDUCATE_GIRLS,
    TEXT_INNOVATION_FUND,
    TEXT_WORK_PROGRAMME,
    SMALL(METRICS "pay p from city to lender for each year amount by_year * x - y * USD 1 either way\n"
                  "pay q from lender to city for each year, claim amount by_year / claim never back\n"
                  "pay r from city to lender for each participant of by_person dated born amount by_person - x * USD 1\n"
                  "cap 120 on p, q\ncap rate per year on r\ncap 15 per participant on r\n"),
    SMALL(METRICS
          "pay p from city to lender for each year amount portion(USD 100 * x, by_year over year)\n"
          "pay q from city to lender amount sum(p over year) * y either way never back\n"
          "pay r from city to lender amount bands of stay: from 1 days: 5 per day from 3 days: 9 per day either way\n"
          "pay s from city to lender amount linear of x: at 2: y * USD 1 at 4: 8 at 5: -3 outside: extended either way\n"),
    SMALL(METRICS
          "define b in USD = prior(year, round(b * x / 3, 0.01, half even) + by_year, 10)\n"
          "pay p from city to lender for each year when level > 40% or yes amount b - sum(by_year over year so far)\n"
          "pay q from city to lender for each year amount max(by_year over last 2 of year of by_year) - min(rate over year "
          "so far)\n"
          "pay v from city to lender amount step of x: otherwise: by_side[arm: (side)]\n"
          "pay r from city to lender amount (born - 2016-01-15) / 1 day * by_side[arm: (side)] either way\n"
          "pay s from city to lender for each participant of by_person dated by_date amount by_person * x never back\n"
          "pay u from city to lender amount best(2, by_year over year where by_year > x * USD 1) / abs(y)\n"
          "metric by_date is \"D\" in date\n  by participant\n  reported by judge\ncap 9 per year on s\ncap 33 on u, p\n")};
#define TEXTS (sizeof texts / sizeof texts[0])

static void whatever_is_evaluated_lies_within(void **state)
{
    (void) state;
    const char *wanted = getenv("ROUNDS");
    long rounds = wanted == NULL ? 4 : strtol(wanted, NULL, 10);
    unsigned computed = 0;
    for (long i = 0; i < rounds * (long) TEXTS; i++) {
        struct dice r = {(uint64_t) (i + 1) * UINT64_C(0x9E3779B97F4A7C15)};
        random_history(&r, texts[(size_t) i % TEXTS], &computed);
    }
    assert_true(computed > 100 * (unsigned) rounds); /* otherwise nothing was tried */
}

static void the_cost_of_a_text_is_counted_exactly(void **state)
{
    (void) state;
    static const struct {
        const char *clauses;
        uint64_t instances, at_once, fan_out, steps;
    } wanted[] = {
        {"amount 5", 1, 1, 0, 2},                                                  /* the instance, the constant */
        {"amount x * USD 2", 1, 1, 1, 4},                                          /* x, two, times */
        {"for each year amount by_year", 3, 3, 1, 6},                              /* each year has its own figure */
        {"for each year amount USD 1 * x", 3, 3, 3, 12},                           /* one figure for all of them */
        {"for each year amount by_year[year: 2016-01-01]", 3, 3, 3, 6},            /* the same, of one year */
        {"for each year, claim amount by_year", 12, 12, 4, 24},                    /* of one year, for each claim */
        {"for each year amount prior(year, by_year, 0)", 3, 3, 3, 12},             /* later years */
        {"for each participant of by_person amount by_person", 10, 0, 1, 20},      /* each person has an own figure */
        {"for each participant of by_person amount by_person * x", 10, 0, 10, 40}, /* one for all persons */
        {"amount sum(by_year over year)", 1, 1, 1, 5},                             /* three years and the sum */
        {"for each year amount sum(by_year over year so far)", 3, 3, 3, 15},
        {"for each year amount by_year\ncap 9 on p\ncap 5 per year on p", 3, 3, 1, 12}, /* two budgets of each */
    };
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        char text[8000];
        snprintf(text, sizeof text, "%spay p from city to lender %s\n", SMALL(METRICS), wanted[i].clauses);
        struct world *w = world_new(text);
        struct terms_cost cost = terms_cost(w->terms);
        if (cost.instances != wanted[i].instances || cost.at_once != wanted[i].at_once ||
            cost.fan_out != wanted[i].fan_out || cost.steps != wanted[i].steps)
            print_error("%s: %zu instances, %zu at once, fan-out %zu, %zu steps\n", wanted[i].clauses,
                        (size_t) cost.instances, (size_t) cost.at_once, (size_t) cost.fan_out, (size_t) cost.steps);
        assert_int_equal(cost.instances, wanted[i].instances);
        assert_int_equal(cost.at_once, wanted[i].at_once);
        assert_int_equal(cost.fan_out, wanted[i].fan_out);
        assert_int_equal(cost.steps, wanted[i].steps);
        world_free(w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arithmetic_is_exact),
        cmocka_unit_test(what_has_no_bound_is_said_so),
        cmocka_unit_test(a_fault_is_no_payment),
        cmocka_unit_test(a_fault_anywhere_is_no_payment),
        cmocka_unit_test(large_and_far_figures_stay_within),
        cmocka_unit_test(an_index_may_come_from_as_far_as_numbers_go),
        cmocka_unit_test(nothing_may_have_been_settled),
        cmocka_unit_test(a_large_text_is_looked_at_together),
        cmocka_unit_test(a_large_table_in_many_caps_is_gone_through_once),
        cmocka_unit_test(many_members_under_many_caps_are_looked_at_together),
        cmocka_unit_test(without_memory_it_says_so),
        cmocka_unit_test(what_is_left_over_may_stand_beside_what_leaves_it),
        cmocka_unit_test(the_same_as_json),
        cmocka_unit_test(conditions_open_and_close_ways),
        cmocka_unit_test(dates_become_numbers),
        cmocka_unit_test(rows_that_cannot_be_reached_do_not_count),
        cmocka_unit_test(instances_and_members_add_up),
        cmocka_unit_test(a_balance_is_followed_from_its_first_member),
        cmocka_unit_test(a_pot_is_shared_out_once),
        cmocka_unit_test(caps_bound_what_they_join),
        cmocka_unit_test(the_published_texts_have_their_ceilings),
        cmocka_unit_test(the_cost_of_a_text_is_counted_exactly),
        cmocka_unit_test(whatever_is_evaluated_lies_within),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
