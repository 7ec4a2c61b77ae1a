/* Each error that the checker has and that its other tests do not come by: a text, the error's code, and some words of it. */
#include "check_help.h"

#define BY_D "  by d\n  reported by judge\n  disputes within 9 days\n"
#define PLAIN "  reported by judge\n  disputes within 9 days\n"

static void every_error_of_an_expression(void **state)
{
    static const struct {
        const char *declarations, *code, *part;
    } wrong[] = {
        {AMOUNT("cells[arm: programme, yeer: 2016-01-01]"), "name.unknown", "yeer"},
        {AMOUNT("USD 1 * sum(ratio over yeer)"), "name.unknown", "yeer"},
        {AMOUNT("USD 1 * sum(ratio over year of cells[army: programme])"), "name.unknown", "army"},
        {"dimension d (a)\n" AMOUNT("sum(money over d of cells[arm: programme, year: 2016-01-01])"), "dimension.absent",
         "does not have every dimension that this runs over"},
        {AMOUNT("portion(USD 5, ratio over yeer)"), "name.unknown", "yeer"},
        {AMOUNT("sum(cells[arm: programme] over year where ratio)"), "types.wanted", "`where` wants true or false"},
        {AMOUNT("EUR 5 per day of stay"), "currency.unknown", "EUR"},
        {AMOUNT("USD 1 * number of contract"), "types.wanted", "a contract has no number"},
        {WHEN("start of arm > 2016-01-01"), "types.wanted", "`arm` is not a period"},
        {WHEN("min(yes, yes)"), "types.wanted", "`min` takes numbers or dates"},
        {WHEN("max(yes, yes)"), "types.wanted", "`max` takes numbers or dates"},
        {AMOUNT("USD 1 * round(yes, 1, half even)"), "types.wanted", "a number"},
        {AMOUNT("USD 1 * round(stay, USD 1, half even)"), "units.differ", "is rounded to"},
        {AMOUNT("USD 1 * clamp(ratio, stay, 1)"), "units.differ", "stands beside"},
        {AMOUNT("USD 1 * years(ratio, born)"), "types.wanted", "a date"},
        {AMOUNT("USD 1 * abs(yes)"), "types.wanted", "a number"},
        {AMOUNT("USD 1 * yes ^ 2"), "types.wanted", "a number"},
        {WHEN("side in (programm)"), "member.unknown", "did you mean `programme`?"},
        {WHEN("yes and ratio"), "types.wanted", "true or false"},
        {AMOUNT("step of yes: at least 1: 5 otherwise: 6"), "types.wanted", "a number or a date is wanted here"},
        {AMOUNT("step of ratio: at least 1: stay otherwise: USD 6"), "units.differ", "stands in a row beside"},
        {AMOUNT("linear of ratio: at 1: USD 5 at 2: stay outside: flat"), "units.differ", "stands in a row beside"},
        {AMOUNT("linear of born: at 2016-01-01: USD 5 at 2016-01-02: USD 6 outside: flat"), "types.wanted",
         "in at least two rows"},
        {AMOUNT("prior(year, cells[arm: programme], yes)"), "types.differ", "is begun with"},
        {WHEN("stay * stay > 5 days"), "units.differ", "days^2"},
        {WHEN("stay * kids > 5"), "units.differ", "write the unit of the number"},
        {AMOUNT("USD 1 * (stay ^ 40 * stay ^ 40)"), "units.many", "too high a power"},
        {AMOUNT("USD 1 * stay ^ 65"), "units.power", "a small whole number"},
    };
    (void) state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        expect_error(wrong[i].declarations, wrong[i].code, wrong[i].part);
}

#define USES "uses up is contract 0000000000000000000000000000000000000000000000000000000000000001\n"

static void every_error_of_a_declaration(void **state)
{
    static const struct {
        const char *declarations, *code, *part;
    } wrong[] = {
        {"dimension d 1 to 3\nmetric m is \"M\" in USD\n" BY_D AMOUNT("m[d: x]"), "member.unknown",
         "a member of a range is written as a number"},
        {"period p is 2016-01-01 to 2016-12-31, 2016-06-01 to 2017-12-31", "period.order", "follow one another"},
        {"period p every 0 months from 2016-01-01 to 2016-12-31", "limit.members", "members"},
        {USES "metric m is x of up where d = a, d = b in USD\n", "dimension.twice", "`d` is bound twice"},
        {USES "metric m is x of up where arm = programme in USD\n  by arm\n", "dimension.twice", "`arm` is bound twice"},
        {"dimension who (city, lender)\npay p from who to who for each who amount 1", "rule.parties",
         "`who` would pay itself"},
        {"table t in USD by arm\n  programme: yes\n  comparison: 1\n" AMOUNT("1") "\ncap t per arm on p", "table.value",
         NULL},
        {"table t in USD by arm\n  programme: 1.005\n  comparison: 1\npay p from city to lender for each arm amount 1\n"
         "cap t per arm on p",
         "cap.smallest", "a whole number of USD 0.01"},
        {"metric m is \"M\" in USD\n  reported by judge or city or lender\n", "metric.reporters", "at most two parties"},
        {AMOUNT("1") "\ncap USD 5% on p", "syntax.expected", "an amount of money"},
        {"metric m is \"M\" in USD\n  abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz\n", "syntax.expected", NULL},
        {"amended when 2/3 of clinic have signed", "name.unknown", "a class of parties"},
        {"amended when 1 of (city, city) have signed", "name.twice", "`city` is named twice"},
        {"amended when 3 of (city, lender) have signed", "signers.count", "3 of 2 parties cannot sign"},
        {"amended when city have signed\namended when lender have signed", "name.twice", "this is said already"},
        {"dimension d (a)\nmetric m is x.y version 1 where d = b in USD\n" PLAIN, "member.unknown", "b"},
        {"dimension d (a)\nmetric m is x.y version 1 where d = a, d = a in USD\n" PLAIN, "dimension.twice",
         "`d` is bound twice"},
        {"metric m is \"M\" in USD\n  reported by judge\n  verified by 1 of (city, city)\n", "name.twice",
         "`city` is named twice"},
        {"metric m is \"M\" in USD\n  reported by judge\n  verified by 3 of (city, lender)\n", "signers.count",
         "3 of 2 parties cannot verify"},
        {"metric m is \"M\" in USD between ratio and 5\n" PLAIN, "metric.between", "constants of the metric's kind"},
        {"metric m is \"M\" in days per dayz\n" PLAIN, "unit.unknown", "dayz"},
        {"define x in dayz = 5\n" AMOUNT("USD 1 * x"), "unit.unknown", "dayz"},
        {"pay p from city to lender for each year of cells[army: programme] amount 1", "name.unknown", "army"},
        {"pay p from city to lender for each year of cells[year: (start of year)] amount 1", "rule.of",
         "fixed members of a metric"},
        {"pay p from city to lender for each year of cells amount 1", "dimension.unbound",
         "has dimensions that the rule has not"},
        {AMOUNT("1") "\ncap tabel per year on p", "name.unknown", "tabel"},
        {"table t in days by year\n  2016-01-01: 1\n  2017-01-01: 1\n  2018-01-01: 1\n" AMOUNT("1") "\ncap t per year on p",
         "cap.table", "the table of a cap is in money"},
        {"table t in date by arm\n  programme: 5\n  comparison: 2016-01-01\n", "table.value", "the table is in a date"},
        {"table t in true or false by arm\n  programme: 5\n  comparison: true\n", "table.value",
         "the table is in true or false"},
        {"table t in arm by year\n  2016-01-01: 5\n  2017-01-01: programme\n  2018-01-01: programme\n", "table.value",
         "the table is in"},
        {"table t in arm by year\n  2016-01-01: programm\n  2017-01-01: programme\n  2018-01-01: programme\n",
         "member.unknown", "did you mean `programme`?"},
        {"dimension a 1 to 400\ndimension b 1 to 400\ntable t in USD by a, b\n  1, 1: 5\n", "limit.table",
         "a table may have 100000 cells at most"},
        {"pay p from city to lender for each year amount if prior(year, p, USD 0) > USD 5 then ZAR 5 else ZAR 6",
         "define.kind", "is not in the main currency"},
    };
    (void) state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        expect_error(wrong[i].declarations, wrong[i].code, wrong[i].part);
}

/* So many digits, with `before` and `after` around them. */
static const char *with_digits(const char *before, size_t digits, const char *after)
{
    static char text[4000];
    assert_true(strlen(before) + digits + strlen(after) < sizeof text - 2);
    char *end = text + snprintf(text, sizeof text, "%s", before);
    memset(end, '7', digits);
    (void) snprintf(end + digits, sizeof text - (size_t) (end + digits - text), "%s", after);
    return text;
}

static void numbers_beyond_their_digits_are_refused(void **state)
{
    (void) state;
    expect_error(with_digits("pay p from city to lender amount USD ", 1001, ""), "number.long", "at most 1000 digits");
    expect_error(with_digits("table t in USD by arm\n  programme: ", 1001, "\n  comparison: 1\n"), "number.long", "digits");
    expect_error(with_digits(AMOUNT("1") "\ncap ", 1001, " on p"), "number.long", "digits");
    expect_fine(with_digits("pay p from city to lender amount min(money, USD ", 1000, ")"));
    expect_diag(
        "terms 1\ncontract a \"A\"\ncurrency USD rounded to 0, half even\nclock UTC\nruns 2016-01-01 to 2016-12-31\n"
        "party a provider \"A\"\nparty b provider \"B\"\npay p from a to b amount 1\n",
        DIAG_ERROR, "currency.smallest", "it is above zero");
}

static void more_than_can_be_held_is_refused(void **state)
{
    char text[4000];
    size_t n = 0;
    (void) state;
    for (int i = 0; i < 31; i++) /* with `arm` and `year` there are 33 */
        n += (size_t) snprintf(text + n, sizeof text - n, "dimension d%d (a)\n", i);
    expect_error(text, "limit.dimensions", "32 dimensions at most");
    n = 0;
    for (int i = 0; i < 8; i++)
        n += (size_t) snprintf(text + n, sizeof text - n, "dimension d%d open, at most 10_000_000\n", i);
    (void) snprintf(text + n, sizeof text - n, "metric m is \"M\" in USD\n  by d0, d1, d2, d3, d4, d5, d6, d7\n" PLAIN);
    expect_error(text, "limit.keys", "more keys than can be counted");
    expect_error("period days every 1 day from 2016-01-01 to 2035-12-31\nperiod more every 1 day from 2016-01-01 to "
                 "2035-12-31\n" AMOUNT("1") "\ncap 5 per days, more on p",
                 "limit.instances", "a cap may have");
    expect_error(
        "dimension a 1 to 1000\ndimension b 1 to 100\nmetric m is \"M\" in USD\n  by a, b\n  reported by judge\n"
        "  until if a + b + a + b + a + b + a + b + a + b + a + b + a + b + a + b + a + b > 5\n    then 2016-12-31\n"
        "    else 2016-12-30\n  disputes within 9 days\n  if late use 0\n",
        "limit.until", "steps to find when results end");
    expect_error("dimension a 1 to 400\ndimension b 1 to 400\nmetric m is \"M\" in USD\n  by a, b\n  reported by judge\n"
                 "  until if a < b then 2016-12-31 else 2016-12-30\n"
                 "  disputes within 9 days\n  if late use 0\n",
                 "limit.cells", "results end on more than");
}

/* Where the members of an open set are summed: what divides, wherever it stands. */
static void quotients_are_found_wherever_they_stand(void **state)
{
    (void) state;
#define VILLAGES(e)                                                                                                        \
    "dimension village open, at most 9\nmetric v is \"V\" in USD between 1 and 9\n  by village\n  reported by judge\n"     \
    "  until 2016-05-01\n  disputes within 9 days\n" AMOUNT("USD 1 * sum(" e " over village of v)")
    static const char *const wrong[] = {
        VILLAGES("min(1, money / v)"),
        VILLAGES("max(1, 2, money / v)"),
        VILLAGES("(step of ratio: at least 1: money / v otherwise: 5)"),
        VILLAGES("(linear of ratio: at 1: 5 at (v / USD 1): 6 outside: flat)"),
        VILLAGES(
            "mean(w over town of w)") "\ndimension town open, at most 9\nmetric w is \"W\" in number\n  by village, town\n"
                                      "  reported by judge\n  until 2016-05-01\n  disputes within 9 days\n",
    };
    (void) state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        expect_error(wrong[i], "aggregate.quotient", NULL);
    expect_fine(VILLAGES("(linear of (v / USD 1): at 1: 5 at 2: 6 outside: flat)"));
    expect_fine(VILLAGES("min(1, v / money)"));
}

/* What is no error, and is seldom written. */
static void what_is_seldom_written_is_fine(void **state)
{
    (void) state;
    expect_fine("dimension d (a)\nmetric m is \"M\" in percent\n" PLAIN WHEN("5 points + m > 20%"));
    expect_fine("metric m is \"M\" in days per person\n" PLAIN WHEN("side in (programme) and m > 5 days / 1 person"));
    expect_fine("pay q from city to lender for each year amount prior(year, cells[arm: programme], 0)\n" AMOUNT(
        "linear of ratio: at 1: USD 5 at 2: USD 6 outside: flat"));
    expect_fine("party office backbone \"Office\"\n" AMOUNT("1"));
    expect_fine("metric m is \"M\" in USD\n  by arm\n  reported by judge or lender\n  disputes within 9 days\n" AMOUNT(
        "sum(m over arm)"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_error_of_an_expression),
        cmocka_unit_test(every_error_of_a_declaration),
        cmocka_unit_test(numbers_beyond_their_digits_are_refused),
        cmocka_unit_test(more_than_can_be_held_is_refused),
        cmocka_unit_test(quotients_are_found_wherever_they_stand),
        cmocka_unit_test(what_is_seldom_written_is_fine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
