/* What a check refuses, with its code, its place and its hint, and what it warns of (language.md sections 3 and 8). */
#include "check_help.h"

/* ---- names ---- */

static void names_that_do_not_exist_come_with_the_nearest_that_does(void **state)
{
    (void) state;
    expect_error(AMOUNT("mony"), "name.unknown", "did you mean `money`?");
    expect_error("pay p from citi to lender amount 1", "name.unknown", "did you mean `city`?");
    expect_error(AMOUNT("cells[arm: programm, year: 2016-01-01]"), "member.unknown", "did you mean `programme`?");
    expect_error(AMOUNT("cells[arm: programme, year: 2016-02-01]"), "member.unknown", "by its first day");
    expect_error(WHEN("side = comparision"), "member.unknown", "did you mean `comparison`?");
    expect_error(WHEN("stay > 5 dayz"), "unit.unknown", "did you mean `day");
    expect_error("cap 10 on q", "name.unknown", "a pay rule");
    expect_error(AMOUNT("EUR 5"), "currency.unknown", "EUR");
}

/* Behind the errors that are kept nobody looks for a hint: among many names that takes more time and memory than all the rest. */
static void what_is_not_kept_has_no_hint_looked_for(void **state)
{
    struct buf text;
    (void) state;
    buf_init(&text, 1 << 18);
    buf_add_str(&text, SMALL(AMOUNT("1") "\n"));
    for (int i = 0; i < 2000; i++)
        buf_printf(&text, "define figure_%d = 1\n", i);
    for (int i = 0; i < 1000; i++)
        buf_printf(&text, "define other_%d = figur_%d + figre_%d\n", i, i, i);
    struct checked c = {.arena = arena_new(4 << 20)};
    diags_init(&c.diags, c.arena);
    assert_int_equal(terms_compile(buf_slice(&text), &c.diags, &c.terms, NULL), TALLY_OK);
    assert_int_equal(c.diags.errors, 2000);
    assert_true(slice_is(c.diags.first->hint, "did you mean `figure_0`?"));
    assert_true(slice_is(c.diags.last->hint, "did you mean `figure_9`?"));
    assert_non_null(arena_alloc(c.arena, 1 << 20));
    checked_free(&c);
    buf_release(&text);
}

static void nothing_is_declared_twice(void **state)
{
    (void) state;
    expect_error("define money = 5", "name.twice", "declared already, in line");
    expect_error("unit child kids", "name.twice", "exists already");
    expect_error("dimension d (a, b, a)", "member.twice", "`a` stands twice");
    expect_error("define programme = 5\n" WHEN("side = programme"), "name.ambiguous", "is a member of `arm`");
}

static void names_of_the_wrong_kind(void **state)
{
    (void) state;
    expect_error(AMOUNT("city"), "name.kind", "has no value");
    expect_error("pay p from money to lender amount 1", "name.kind", "is not a party");
    expect_error(AMOUNT("year"), "types.wanted", "has no value of its own");
}

/* ---- units ---- */

static void units_that_differ_are_both_named(void **state)
{
    (void) state;
    expect_error(AMOUNT("money + stay"), "units.differ", "USD is added to days");
    expect_error(AMOUNT("money - rand"), "units.differ", "USD has subtracted from it ZAR");
    expect_error(WHEN("kids > stay"), "units.differ", "children is compared with days");
    expect_error(AMOUNT("if yes then money else rand"), "units.differ", "USD stands as the alternative to ZAR");
    expect_error(AMOUNT("min(money, stay)"), "units.differ", "USD stands beside days");
    expect_error(AMOUNT("money * stay"), "amount.money", "an amount is money, this is");
    expect_error(AMOUNT("ratio"), "amount.money", "say which factor is money: `USD 100 * ...`");
    expect_error(AMOUNT("1_000 * ratio"), "amount.money", "a plain number");
    expect_error(AMOUNT("stay"), "amount.money", "this is days");
}

static void units_multiply_and_divide(void **state)
{
    (void) state;
    expect_fine(AMOUNT("15.12 per day of stay"));
    expect_fine(AMOUNT("money * stay / (30 days)"));
    expect_fine(AMOUNT("rand / rand * money"));
    expect_fine(AMOUNT("money ^ 2 / money"));
    expect_fine(AMOUNT("ZAR 3 * ratio"));
    expect_fine(AMOUNT("160_000 per point of min(1 - ratio, 65%)"));
    expect_error(AMOUNT("15.12 per day of kids"), "units.differ", "`per day of` needs days, this is children");
    expect_error(AMOUNT("15.12 per day of 5"), "units.differ", "write the unit behind the number");
    expect_error(AMOUNT("15.12 per percent of level"), "units.points", "per point");
    expect_error(AMOUNT("15.12 per point of stay"), "units.differ", "needs points");
    expect_error(AMOUNT("money ^ ratio"), "units.power", "USD");
    expect_error(AMOUNT("USD 1 * ratio ^ stay"), "units.differ", "an exponent");
}

static void bare_numbers_become_the_main_currency_beside_money_and_nothing_else(void **state)
{
    (void) state;
    expect_fine(AMOUNT("max(0, 3_000_000 - money)"));
    expect_fine(AMOUNT("if yes then 5 else money"));
    expect_fine(WHEN("ratio > 5 and money > 5"));
    expect_fine(AMOUNT("step of ratio: at least 1: 5 otherwise: 0"));
    expect_error(WHEN("stay >= 365"), "units.differ", "write the unit: `5 days`");
    expect_error(AMOUNT("rand + 5"), "units.differ", "write `ZAR 5`");
    expect_error("table t in days by arm\n  otherwise: 5%", "table.value", "days");
    expect_fine(WHEN("stay > 0 and kids > 0 and money > 0 and rand > 0 and level > 0 and gap > 0"));
}

static void percent_and_points(void **state)
{
    (void) state;
    expect_error(WHEN("level - 5% >= 5%"), "units.points", "write `5 points`");
    expect_error(WHEN("gap > 5"), "units.points", "`5 points`");
    expect_error(AMOUNT("USD 1 * (ratio + gap)"), "units.points", NULL);
    expect_fine(WHEN("level - 5% >= 5 points"));
    expect_fine(WHEN("level + gap >= 5%"));
    expect_fine(WHEN("level - gap >= 5% and gap - gap < 1 point"));
    expect_fine(WHEN("1 - ratio / ratio >= 8.5%"));
    expect_fine(WHEN("level / 79% > 1.5"));
    expect_fine(AMOUNT("910.14 per point of level + 5 per point of gap + 8.5% * money"));
}

static void wrong_types(void **state)
{
    (void) state;
    expect_error(WHEN("born > 5"), "types.differ", "a date is compared with a number without a unit");
    expect_error(WHEN("money"), "types.wanted", "true or false");
    expect_error(WHEN("yes = true"), "types.compare", "use it as it is");
    expect_error(WHEN("side < programme"), "types.compare", "words have no order");
    expect_error(WHEN("born + 5 days > born"), "types.arithmetic", "`30 days after d`");
    expect_error(WHEN("5 after born > born"), "units.differ", "write `30 days after d`");
    expect_error(WHEN("not ratio"), "types.wanted", "true or false");
    expect_error("pay p from city to lender dated 5 amount 1", "types.wanted", "a date");
    expect_error("define x in USD = stay", "units.differ", "`x` is in USD, this is days");
    expect_error("define x in percent = 5", "units.differ", "with its sign");
    expect_error("metric m is \"M\" in days\n  reported by judge\n  if missing use 5", "units.differ", "5 days");
    expect_error("metric m is \"M\" in percent between 0 and 100", "units.differ", "with its sign");
    expect_error("metric m is \"M\" in days between 5 and 4", "metric.between", "nothing lies between");
    expect_fine("metric m is \"M\" in arm\n  reported by judge\n  disputes within 9 days\n  if missing use programme");
}

/* ---- dimensions ---- */

static void dimensions_are_bound_once(void **state)
{
    (void) state;
    expect_error(AMOUNT("cells"), "dimension.unbound", "varies by `arm`");
    expect_error(AMOUNT("sum(cells over arm)"), "dimension.unbound", "varies by `year`");
    /* what stands in the index of `of` is found before `over` binds anything */
    expect_error("metric year_of is \"Y\" in date\n  by arm\n  disputes within 9 days\n" AMOUNT(
                     "USD 1 * count(over arm of cells[year: (year_of)])"),
                 "dimension.unbound", "`arm`");
    expect_error("pay p from city to lender for each year amount sum(sum(cells over arm) over year)", "dimension.twice",
                 "`year`");
    expect_error(AMOUNT("sum(sum(cells over arm, year) over arm)"), "dimension.twice", "`arm`");
    expect_error("pay p from city to lender for each year, year amount 1", "dimension.twice", "`year`");
    expect_error(AMOUNT("sum(cells[arm: programme, arm: comparison] over year)"), "dimension.twice", "bound twice");
    expect_error(AMOUNT("money[arm: programme]"), "dimension.absent", "no dimension of `money`");
    expect_error(AMOUNT("sum(money over arm)"), "dimension.absent", "does not vary by `arm`");
    expect_error("define d = money + 1\n" AMOUNT("d[arm: programme]"), "dimension.absent", "does not vary by `arm`");
    expect_error("pay p from city to lender for each year amount prior(year, money, 0)", "dimension.absent", "`year`");
    expect_error("metric m is \"M\" in USD\n  reported by judge\n  if missing use sum(cells over arm)", "dimension.unbound",
                 "`year`");
    expect_fine("pay p from city to lender for each year amount sum(sum(cells over arm) over year so far)");
    expect_fine(
        "define total = sum(cells over year)\npay p from city to lender for each arm, year amount min(cells, total)");
}

/* ---- circles ---- */

static void circles_need_prior(void **state)
{
    (void) state;
    expect_error("define a in USD = b + 1\ndefine b in USD = a + 1", "circle", "depends on itself");
    expect_error("define a = b + 1\ndefine b = a + 1", "define.kind", "in USD");
    expect_error("define a in USD = a[year: 2016-01-01] + prior(year, cells[arm: programme], 0)", "circle", "`a`");
    expect_error("metric m is \"M\" in USD\n  reported by judge\n  if missing use m", "circle", "`m`");
    expect_error(AMOUNT("p + 1"), "circle", "`p`");
    expect_error("define a in USD = prior(year, cells[arm: programme] + sum(b over year), 0)\ndefine b in USD = a + 1",
                 "circle", NULL);
    expect_fine("define a in USD = prior(year, b, 0) + 1\ndefine b in USD = a + 1");
    expect_fine("define a in USD = prior(year, sum(a over year so far), 0) + 1");
}

static void rules_under_a_cap_do_not_depend_on_one_another(void **state)
{
    (void) state;
    expect_error("pay a from city to lender amount 1\npay b from city to lender amount a\ncap 5 on a, b", "caps.circle",
                 "min(");
    expect_error(
        "pay a from city to lender amount 1\npay b from city to lender amount a\npay c from city to lender amount 1\n"
        "cap 5 on a, c\ncap 5 on b, c",
        "caps.circle", NULL);
    expect_error(
        "pay a from city to lender amount 1\npay b from city to lender amount c\npay c from city to lender amount 1\n"
        "pay d from city to lender amount a\ncap 5 on a, b\ncap 5 on c, d",
        "caps.circle", NULL);
    expect_error("pay a from city to lender for each year amount prior(year, a, 0) + 1\ncap 5 on a", "caps.circle", NULL);
    expect_fine("pay a from city to lender amount 1\npay b from city to lender amount a\ncap 5 on a\ncap 5 on b");
}

/* ---- steps, tables, caps ---- */

static void steps_rise_and_do_not_mix(void **state)
{
    (void) state;
    expect_error(AMOUNT("step of ratio: at least 2: 1 at least 1: 2 otherwise: 0"), "step.bounds", "rising order");
    expect_error(AMOUNT("step of ratio: at least 2: 1 at least 2: 2 otherwise: 0"), "step.bounds", NULL);
    expect_error(AMOUNT("step of ratio: at least 2: 1 at most 3: 2 otherwise: 0"), "step.mixed", "mixed");
    expect_error(AMOUNT("step of ratio: at least 2 days: 1 otherwise: 0"), "units.differ",
                 "days is the bound of a plain number");
    expect_error(AMOUNT("linear of ratio: at 1: 5 at 1: 6 outside: flat"), "step.bounds", NULL);
    expect_fine(AMOUNT("step of ratio: at least 2: 1 above 2: 2 otherwise: 0"));
    expect_fine(AMOUNT("step of ratio: below 20%: -3_000_000 at most 40%: 0 otherwise: 3_000_000 either way"));
    expect_fine(AMOUNT("step of born: at least 2016-01-01: 1 at least 2017-01-01: 2 otherwise: 0"));
}

static void tables_are_complete_and_single(void **state)
{
    (void) state;
    expect_error("table t in USD by arm\n  programme: 5", "table.missing", "no row for comparison");
    expect_error("table t in USD by arm\n  programme: 5\n  programme: 6\n  otherwise: 1", "table.twice",
                 "stands already in line");
    expect_error("table t in USD by arm\n  programmes: 5\n  otherwise: 1", "member.unknown", "did you mean `programme`?");
    expect_error("table t in USD by arm, year\n  programme: 5\n  otherwise: 1", "table.keys", "has 2 keys, this has 1");
    expect_error("table t in percent by arm\n  otherwise: 5", "table.value", "60%");
    expect_fine("table t in USD per child by arm\n  programme: 5\n  comparison: -6.5\n"
                "pay p from city to lender for each arm amount t * kids");
}

static void a_table_of_no_whole_money_is_told_at_each_cap(void **state)
{
    (void) state;
    struct checked c = check(SMALL("dimension arm (a, b)\ntable most in USD by arm\n  a: 5\n  b: 1.005\n"
                                   "pay p from city to lender for each arm amount 1\n"
                                   "cap most per arm on p\ncap most per arm on p\n"));
    assert_int_equal(c.diags.errors, 2);
    for (const struct diag *d = c.diags.first; d != NULL; d = d->next)
        assert_true(d->level != DIAG_ERROR || slice_is(d->code, "cap.smallest"));
    checked_free(&c);
}

static void caps_are_whole_money(void **state)
{
    (void) state;
    expect_error(AMOUNT("1") "\ncap 10.005 on p", "cap.smallest", "0.01");
    expect_error(AMOUNT("ZAR 1") "\ncap ZAR 10.01 on p", "cap.smallest", "0.05");
    expect_error(AMOUNT("ZAR 1") "\ncap 10 on p", "units.differ", "the cap is in USD, `p` pays in ZAR");
    expect_error(AMOUNT("1") "\ncap 10 per arm on p", "dimension.unbound", "only a period");
    expect_error("pay a from city to lender amount d\npay b from city to lender amount 1\ncap 5 on a, b\n"
                 "define d = 2 * e\npay e from city to lender amount 1\npay f from city to lender amount b\ncap 5 on e, f",
                 "caps.circle", NULL);
    expect_fine("pay a from city to lender amount e\npay b from city to lender amount e\ncap 5 on a, b\n"
                "pay e from city to lender amount 1\npay f from city to lender amount 1\ncap 5 on e, f");
    expect_error(AMOUNT("1") "\ncap 10 on p, p", "name.twice", NULL);
    expect_fine(AMOUNT("1") "\ncap 10 per year on p");
}

/* ---- limits ---- */

static void costs_are_bounded_by_the_text(void **state)
{
    (void) state;
    expect_error("dimension a 1 to 100_000\ndimension b 1 to 101\npay p from city to lender for each a, b amount 1",
                 "limit.instances", "10000000");
    expect_error("dimension a 1 to 100_000\ndimension b 1 to 20_000\n"
                 "pay p from city to lender for each b amount USD 1 * sum(a + b over a)",
                 "limit.steps", "1000000000");
    expect_error("dimension a 1 to 100_001", "limit.members", "too many");
    expect_error("dimension a 5 to 4", "limit.members", "no members");
    expect_error("dimension a 1 to 100_000\ndimension b 1 to 20\npay p from city to lender for each a, b amount 1",
                 "limit.instances", "from the beginning");
#define LARGE                                                                                                              \
    "dimension a 1 to 100_000\ndimension b 1 to 20\nmetric m is \"M\" in USD\n  by b\n  disputes within 9 days\n"          \
    "metric n is \"N\" in USD\n  by a, b\n  disputes within 9 days\n"
    expect_error(LARGE "pay p from city to lender for each a, b of n amount money", "limit.fan-out", "1000000");
    expect_fine(LARGE "pay p from city to lender for each a, b of n amount m");
    expect_fine("dimension a 1 to 100_000\ndimension b 1 to 10\npay p from city to lender for each a, b amount 1");
    expect_error("dimension a 1 to 100_000\ndimension b 1 to 100_000\ndimension d 1 to 100_000\n"
                 "dimension e 1 to 100_000\ndimension f 1 to 100_000",
                 "limit.members", "400000");
    struct buf b;
    buf_init(&b, 1 << 16);
    buf_add_str(&b, SMALL("dimension a 1 to 100_000\n"));
    for (int i = 0; i < 11; i++)
        buf_printf(&b, "table t%d in USD by a\n  otherwise: 1\n", i);
    expect_diag(b.ptr, DIAG_ERROR, "limit.table", "1000000 cells together");
    buf_release(&b);
}

static void long_chains_of_defines_are_refused_not_a_crash(void **state)
{
    (void) state;
    struct buf b;
    buf_init(&b, 1 << 20);
    buf_add_str(&b, SMALL(""));
    for (int i = 3000; i > 0; i--)
        buf_printf(&b, "define d%d = d%d + 1\n", i, i - 1);
    buf_add_str(&b, "define d0 = 1\n");
    expect_diag(b.ptr, DIAG_ERROR, "limit.nesting", "256");
    buf_clear(&b);
    buf_add_str(&b, SMALL(""));
    buf_add_str(&b, "define d0 = 1\n");
    for (int i = 1; i <= 3000; i++)
        buf_printf(&b, "define d%d = d%d + 1\n", i, i - 1);
    expect_diag(b.ptr, DIAG_ERROR, "limit.nesting", "256");
    buf_release(&b);
}

/* ---- until, sets, classes, other contracts ---- */

#define UNTIL(until, more) "metric m is \"M\" in USD\n  by year\n  reported by judge until " until "\n" more
#define BY_YEAR "pay p from city to lender for each year amount "

static void until_is_checked(void **state)
{
    (void) state;
    expect_fine(UNTIL("30 days after end of year", "  if late use 0\n") BY_YEAR "m");
    expect_fine(UNTIL("30 days after end of year", "  if missing use 0\n") BY_YEAR "m");
    expect_fine(UNTIL("2016-05-01", "") AMOUNT("sum(m over year of m)"));
    expect_fine(UNTIL("2016-05-01", "") "pay p from city to lender for each year of m amount m");
    expect_error(UNTIL("2016-05-01", "") BY_YEAR "m", "metric.until", "wait for ever");
    expect_error("metric m is \"M\" in USD\n  reported by judge\n  if late use 0\n" AMOUNT("m"), "metric.late",
                 "no `until`");
    expect_error(UNTIL("30 days after born", "  if late use 0\n") BY_YEAR "m", "metric.until", "may not depend on results");
    expect_error("define d = 5 days after born\n" UNTIL("d", "  if late use 0\n") BY_YEAR "m", "metric.until",
                 "may not depend on results");
    expect_error(UNTIL("5 days", "  if late use 0\n") BY_YEAR "m", "types.wanted", "a date");
    expect_error("metric m is \"M\" in USD\n  reported by judge until end of year\n  if late use 0\n" AMOUNT("m"),
                 "dimension.unbound", "`year`");
    expect_error(UNTIL("9_000 years after end of year", "  if late use 0\n") BY_YEAR "m", "metric.until", "0001 to 9999");
    expect_error(UNTIL("2016-05-01", "  if late use 5 days\n") BY_YEAR "m", "units.differ", "this is days");
}

#define CLASS "parties facility provider \"F\", at most 5 join until 2016-05-01\n"
#define CARE "metric care is \"C\" in USD\n  by facility\n  reported by facility\n"

static void classes_of_parties_are_checked(void **state)
{
    (void) state;
    expect_fine(CLASS CARE "pay p from city to facility for each facility of care amount care");
    expect_fine("dimension funder (city, lender)\npay p from funder to judge for each funder amount 5");
    expect_error(CLASS AMOUNT("1") "\npay q from city to facility amount 5", "dimension.unbound", "after `for each`");
    expect_error("dimension funder (city, nobody)\npay p from funder to judge for each funder amount 5", "name.kind",
                 "nor are its members");
    expect_error("pay p from year to judge for each year amount 5", "name.kind", "nor are its members");
    expect_error("dimension funder (city, lender)\npay p from funder to lender for each funder amount 5", "rule.parties",
                 "would pay itself");
    expect_error(CLASS "metric m is \"M\" in USD\n  reported by facility\n" AMOUNT("m"), "dimension.unbound",
                 "which member of `facility` reports");
    expect_error(CLASS "metric m is \"M\" in USD\n  by facility\n  reported by judge\n  verified by facility\n"
                       "pay p from city to facility for each facility of m amount m",
                 "name.kind", "is not a party");
    expect_error("parties facility provider \"F\", at most 0\n" AMOUNT("1"), "limit.members", "may have 1 to");
    expect_error(CLASS "define d = facility\n" AMOUNT("1"), "dimension.open", "names without a value");
}

static bool in_force(const char *force, const bool *has_signed, struct terms_joined joined)
{
    char text[2000];
    (void) snprintf(text, sizeof text,
                    "terms 1\ncontract c \"C\"\ncurrency USD rounded to 0.01, half even\nclock UTC\n"
                    "runs 2016-01-01 to 2020-12-31\nparty city outcome payer \"City\"\nparty lender investor \"L\"\n" CLASS
                    "in force when %s have signed\n",
                    force);
    struct checked c = check(text);
    assert_non_null(c.terms);
    assert_int_equal(terms_class_count(c.terms), 1);
    expect_slice(terms_class(c.terms, 0)->name, "facility");
    bool is_so = terms_in_force_with(c.terms, has_signed, &joined);
    assert_true(!terms_in_force(c.terms, has_signed) || is_so);
    checked_free(&c);
    return is_so;
}

static void a_share_of_a_class_signs(void **state)
{
    (void) state;
    const bool both[] = {true, true}, one[] = {true, false};
    assert_true(in_force("city and 2/3 of facility", both, (struct terms_joined){3, 2}));
    assert_true(in_force("city and 2/3 of facility", one, (struct terms_joined){3, 2}));
    assert_false(in_force("city, lender and 2/3 of facility", one, (struct terms_joined){3, 2}));
    assert_false(in_force("city and 2/3 of facility", both, (struct terms_joined){4, 2}));
    assert_false(in_force("city and 2/3 of facility", both, (struct terms_joined){0, 0}));
    expect_diag("terms 1\ncontract c \"C\"\ncurrency USD rounded to 0.01, half even\nclock UTC\n"
                "runs 2016-01-01 to 2020-12-31\nparty city outcome payer \"City\"\n" CLASS
                "in force when city and 4/3 of facility have signed\n",
                DIAG_ERROR, "signers.count", "4/3");
    expect_diag("terms 1\ncontract c \"C\"\ncurrency USD rounded to 0.01, half even\nclock UTC\n"
                "runs 2016-01-01 to 2020-12-31\nparty city outcome payer \"City\"\ndimension arm (a, b)\n"
                "in force when city and 1/3 of arm have signed\n",
                DIAG_ERROR, "name.kind", "no class of parties");
}

#define USES "uses able is contract 0000000000000000000000000000000000000000000000000000000000000001\n"

static void figures_of_other_contracts_are_checked(void **state)
{
    (void) state;
    expect_fine(USES "metric m is success of able where arm = programme in USD between 0 and 5\n" AMOUNT("m"));
    expect_fine(USES "metric m is success of able in USD\n  by year\n  until 2019-01-01\n  if late use 0\n" BY_YEAR "m");
    expect_error(USES "metric m is success of abel in USD\n" AMOUNT("m"), "name.unknown", "did you mean `able`?");
    expect_error(USES "metric m is success of able in USD\n  reported by judge\n" AMOUNT("m"), "metric.used",
                 "comes from another contract");
    expect_error(USES "metric m is success of able in date\npay p from city to lender when submitted(m) > m amount 1",
                 "metric.used", "nobody submits it here");
    expect_error(USES AMOUNT("able"), "name.kind", "no value");
    expect_error(USES "metric m is success of able in USD\n  until 2019-01-01\n" AMOUNT("m"), "metric.until",
                 "wait for ever");
}

static void settlements_are_checked(void **state)
{
    (void) state;
    expect_fine("metric m is settlements of p in USD\n" AMOUNT("1") "\npay q from lender to city amount m");
    expect_fine(
        "metric m is settlements of p in date\n  if missing use never\n" AMOUNT("1") "\npay q from lender to city when m "
                                                                                     "< never amount 1");
    expect_fine("metric m is settlements of p in USD\n  by year\n" AMOUNT("1") "\npay q from lender to city for each year "
                                                                               "amount m");
    expect_error("metric m is settlements of p in USD\n  by arm\n" AMOUNT("1"), "metric.settlements", "one period at most");
    expect_error("metric m is settlements of p in days\n" AMOUNT("1"), "metric.settlements", "this is days");
    expect_error("metric m is settlements of p in USD\n  reported by judge\n" AMOUNT("1"), "metric.settlements",
                 "not reported as results are");
    expect_error("metric m is settlements of p in ZAR\n" AMOUNT("1"), "units.differ", "`p` pays in USD");
    expect_error("metric m is settlements of q in USD\n" AMOUNT("1"), "name.unknown", "a pay rule");
    expect_error("metric m is settlements of p in date\n" AMOUNT("1") "\npay q from lender to city when submitted(m) > m "
                                                                      "amount 1",
                 "metric.used", "the bank");
}

#define VILLAGE(until)                                                                                                     \
    "dimension village open, at most 9\nmetric v is \"V\" in USD\n  by village\n  reported by judge " until "\n"

static void sets_of_open_dimensions_are_checked(void **state)
{
    (void) state;
    expect_fine(VILLAGE("until 2016-05-01") AMOUNT("sum(v over village of v)"));
    expect_error(VILLAGE("") AMOUNT("sum(v over village of v)"), "aggregate.open", "never closes");
    expect_error(VILLAGE("until 2016-05-01") AMOUNT("sum(v over village)"), "aggregate.open", "over ... of METRIC");
    expect_error(VILLAGE("until 2016-05-01") AMOUNT("sum(v over village so far of v)"), "dimension.open", "no order");
    expect_error(VILLAGE("until 2016-05-01") AMOUNT("sum(v over village of money)"), "aggregate.open",
                 "until when its results come");
}

static void rule_K5_a_quotient_in_an_open_set_is_rounded(void **state)
{
    (void) state;
#define OPEN(e) VILLAGE("until 2016-05-01") "define part = USD 5 / (v / USD 1)\n" AMOUNT("USD 1 * " e)
    expect_error(OPEN("sum(5 / (v / USD 1) over village of v)"), "aggregate.quotient", "no sum of many");
    expect_error(OPEN("mean(part / USD 1 over village of v)"), "aggregate.quotient", "divides by a number of its own");
    expect_error(OPEN("sum((v / USD 1) ^ -1 over village of v)"), "aggregate.quotient", NULL);
    expect_error(OPEN("sum(if v > money then 1 else 1 / (v / money) over village of v)"), "aggregate.quotient", NULL);
    expect_fine(OPEN("sum(round(5 / (v / USD 1), 0.01, half even) over village of v)"));
    expect_fine(OPEN("sum(v / money over village of v)")); /* one denominator for all */
    expect_fine(OPEN("sum((v / USD 1) ^ 2 over village of v)"));
    expect_fine(OPEN("share(money / v > 5 over village of v)"));
    expect_fine(OPEN("max(5 / (v / USD 1) over village of v)"));
    expect_fine(OPEN("count(over village of v where 5 / (v / USD 1) > 3)"));
}

static void portion_is_checked(void **state)
{
    (void) state;
#define SHARED(amount) "pay p from city to lender for each arm, year amount " amount
    expect_fine(SHARED("portion(money, cells over arm)"));
    expect_fine(SHARED("portion(5, cells over arm, year)"));
    expect_fine(SHARED("portion(5, cells over arm of cells where cells > 1)"));
    expect_error(AMOUNT("portion(money, ratio over arm)"), "dimension.unbound", "`arm`");
    expect_error(SHARED("portion(money, ratio over arm)"), "dimension.absent", "does not vary");
    expect_error(SHARED("portion(cells, cells over arm)"), "portion.pot", "varies by `arm`");
    expect_error(SHARED("portion(stay, cells over arm)"), "amount.money", "a pot is money");
    expect_error(SHARED("portion(money, yes over arm)"), "types.wanted", "a number");
    expect_error(SHARED("portion(money, cells over year so far)"), "portion.over", "among all");
    expect_error(SHARED("part never back") "\ndefine part = portion(money, cells over arm)", "portion.back", "restated");
    expect_fine(
        SHARED("portion(money, cells over arm)") "\npay q from city to lender for each arm, year amount p never back");
    expect_error(SHARED("portion(rest, cells over arm)") "\ndefine rest in USD = money - sum(p over arm, year)", "circle",
                 NULL);
}

static void open_dimensions_are_bound_by_each_alone(void **state)
{
    (void) state;
#define VILLAGES                                                                                                           \
    "dimension village open, at most 500\ndimension pupil persons, at most 5_000\n"                                        \
    "metric v is \"V\" in USD\n  by village\n  reported by judge\n  disputes within 9 days\n"                              \
    "metric n is \"N\" in number\n  by village, pupil\n  reported by judge\n  disputes within 9 days\n"
    expect_fine(VILLAGES "pay p from city to lender for each village, pupil of n amount v * n\ncap 9 per pupil on p");
    expect_fine(VILLAGES "pay p from city to lender for each village, year of v amount v");
    expect_fine(VILLAGES "pay p from city to lender for each village amount v");
    expect_error(VILLAGES AMOUNT("v"), "dimension.unbound", "`village`");
    expect_error(VILLAGES AMOUNT("sum(v over village)"), "aggregate.open", "never closes");
    expect_error(VILLAGES AMOUNT("sum(v over village of v)"), "aggregate.open", "never closes");
    expect_error(VILLAGES "pay p from city to lender for each village amount prior(village, v, 0)", "dimension.open",
                 "no order");
    expect_error(VILLAGES AMOUNT("v[village: kibera]"), "member.unknown", "results name");
    expect_error(VILLAGES AMOUNT("v[village: (ratio)]"), "dimension.open", "names no member");
    expect_error(VILLAGES "pay p from city to lender for each village amount USD 1 * village", "dimension.open", "value");
    expect_error(VILLAGES "pay p from city to lender for each village, pupil of v amount 1", "dimension.open",
                 "combined with everything");
    expect_error(VILLAGES "table t in USD by village\n  otherwise: 5", "table.open", "closed dimensions");
    expect_error(VILLAGES "metric w is \"W\" in village", "kind.dimension", NULL);
    expect_error(VILLAGES AMOUNT("1") "\ncap 5 per village on p", "dimension.unbound", "only a period");
    expect_error("dimension village open, at most 0", "limit.members", NULL);
    expect_error("dimension village open, at most 20_000_000", "limit.members", "10000000");
    /* K4 counts what they may become */
    expect_error("dimension pupil persons, at most 10_000_000\nmetric m is \"M\" in USD\n  by pupil, arm\n"
                 "pay p from city to lender for each pupil, arm of m amount m",
                 "limit.instances", "10000000");
    expect_error("dimension pupil persons, at most 2_000_000\nmetric m is \"M\" in USD\n  by pupil\n"
                 "pay p from city to lender for each pupil of m amount m + money",
                 "limit.fan-out", "1000000");
}

static void bands_and_best_are_checked(void **state)
{
    (void) state;
    expect_fine(AMOUNT("bands of stay: from 0 days: 5 per day from 5 days: 6 per day"));
    expect_fine(AMOUNT("bands of level: from 0: 5 per point from 5%: 6 per point"));
    expect_fine(AMOUNT("best(2, cells[arm: programme] over year)"));
    expect_error(AMOUNT("bands of stay: from 5 days: 5 per day from 5 days: 6 per day"), "step.bounds", NULL);
    expect_error(AMOUNT("bands of stay: from 5: 5 per day"), "units.differ", "is the bound of");
    expect_error(AMOUNT("bands of stay: from 5 days: 5 per child"), "units.differ", "needs children");
    expect_error(AMOUNT("bands of stay: from 0 days: 5 per day from 5 days: ZAR 6 per day"), "units.differ", NULL);
    expect_error(AMOUNT("bands of born: from 2016-01-01: 5 per day"), "types.wanted", "a number");
    expect_error(AMOUNT("best(0, cells[arm: programme] over year)"), "aggregate.best", "1 to 100");
    expect_error(AMOUNT("best(101, cells[arm: programme] over year)"), "aggregate.best", "1 to 100");
    expect_error(AMOUNT("best(2, yes over year)"), "types.wanted", "a number");
}

static void submitted_is_of_a_metric(void **state)
{
    (void) state;
    expect_fine(WHEN("submitted(money) > born and submitted(cells[arm: programme, year: 2016-01-01]) < never"));
    expect_error(WHEN("submitted(cells) > born"), "dimension.unbound", "`arm`");
    expect_error(WHEN("submitted(p) > born"), "name.kind", "a metric");
    expect_error(WHEN("submitted(money[arm: programme]) > born"), "dimension.absent", NULL);
    expect_error(AMOUNT("submitted(money)"), "types.wanted", "money");
}

static void calendars_count_days_and_nothing_else(void **state)
{
    (void) state;
#define WORKING "calendar working monday to friday except 2016-01-01, 2016-05-01 to 2016-05-02\n"
    expect_fine(WORKING WHEN("days(born, 3 working days after born, working) = 3 days"));
    expect_error("calendar c monday to friday except 2016-05-02, 2016-05-01", "calendar.order", "follow one another");
    expect_error("calendar c monday to friday except 2016-05-02 to 2016-05-01", "calendar.order", NULL);
    expect_error(WORKING WHEN("stay > 3 working days"), "types.wanted", "move a date");
    expect_error(WORKING WHEN("1.5 working days after born > born"), "types.wanted", "whole days");
    expect_error(WORKING WHEN("3 arm days after born > born"), "name.kind", "a calendar");
    expect_error(WORKING WHEN("days(born, stay, working) > 3 days"), "types.wanted", "a date");
    expect_error(WORKING AMOUNT("1") "\n  due 30 workin days after", "name.unknown", "working");
    expect_error(WORKING AMOUNT("working"), "name.kind", "no value");
}

/* ---- warnings ---- */

/* A balance over more members than a check looks at one by one may have a bound all the same. */
static void what_a_short_look_does_not_see_is_not_called_unbounded(void **state)
{
    (void) state;
    expect_warning("period day every 1 day from 1950-01-01 to 2018-12-31\n"
                   "define owed in USD = prior(day, round(owed * 0.9, 0.01, half even), 0) + 1\n"
                   "pay p from city to lender amount owed[day: 2018-12-31]",
                   "warning.exposure", "a short look finds no bound");
    expect_no_warning("define owed in USD = prior(year, round(owed * 0.9, 0.01, half even), 0) + 1\n"
                      "pay p from city to lender amount owed[year: 2018-01-01]",
                      "warning.exposure");
    expect_warning(AMOUNT("money"), "warning.exposure", "nothing bounds what `city` may owe");
}

static void warnings_of_section_8(void **state)
{
    (void) state;
    expect_diag(TEXT_RHINO, DIAG_WARNING, "warning.percent", "divide here");
    expect_diag(TEXT_RHINO, DIAG_WARNING, "warning.closes", "closes YYYY-MM-DD");
    expect_diag(TEXT_RIKERS_ABLE, DIAG_WARNING, "warning.party", "`bloomberg` never pays nor is paid");
    expect_diag(TEXT_RIKERS_ABLE, DIAG_WARNING, "warning.unused", "nothing uses `drawn`");
    expect_diag(TEXT_ROCA_WATERFALL, DIAG_WARNING, "warning.arbiter", "`ysi` decides disputes and pays");
    expect_diag(TEXT_ROCA_WATERFALL, DIAG_WARNING, "warning.payee", "`senior` is paid by `to_senior`");
    expect_warning("metric m is \"M\" in USD\n  reported by judge\n" AMOUNT("m"), "warning.final", "cannot be disputed");
    expect_warning(AMOUNT("money / ratio"), "warning.divisor", "`ratio` may be zero");
    expect_no_warning(
        "metric m is \"M\" in number between 1 and 9\n  reported by judge\n  disputes within 9 days\n" AMOUNT("money / m"),
        "warning.divisor");
    expect_warning(
        "metric m is \"M\" in percent between 0% and 50%\n  reported by judge\n  disputes within 9 days\n" AMOUNT(
            "step of m: at least 10%: 1 above 50%: 2 otherwise: 0"),
        "warning.row", "between 0% and 50%");
    expect_no_warning(
        "metric m is \"M\" in percent between 0% and 50%\n  reported by judge\n  disputes within 9 days\n" AMOUNT(
            "step of m: at least 10%: 1 at least 50%: 2 otherwise: 0"),
        "warning.row");
    expect_warning("pay p from city to lender amount 1\npay q from city to judge amount 2\ncap 5 on p, q", "warning.cap",
                   "`lender` and `judge` share");
    expect_warning("pay p from city to lender for each year amount 1", "warning.same", "for each `year`");
    expect_no_warning("pay p from city to lender for each year amount USD 1 * number of year", "warning.same");
    expect_warning("define b in USD = prior(year, b, 0) * 105% + 1\npay p from city to lender for each year amount b",
                   "warning.balance", "digits grow");
    expect_no_warning("define b in USD = round(prior(year, b, 0) * 105%, 0.01, half even) + money\n"
                      "pay p from city to lender for each year amount b",
                      "warning.balance");
    expect_warning("metric m is \"M\" in USD\n  reported by judge or city\n  disputes within 9 days\n" AMOUNT("m"),
                   "warning.reporters", "the first");
    expect_warning("metric m is \"M\" in USD\n  reported by lender\n" AMOUNT("m never back"), "warning.back",
                   "never comes back");
    expect_warning("metric m is \"M\" in USD\n  by year\n  reported by lender\n  verified by judge\n  if missing use "
                   "prior(year, m, 0)\n"
                   "pay p from city to lender for each year amount m",
                   "warning.carry", "stop reporting");
    expect_warning("metric m is \"M\" in USD\n  reported by lender\n  verified by judge\n" AMOUNT("m either way"),
                   "warning.silent", "stay silent");
    expect_warning("metric m is \"M\" in USD\n  reported by lender\n  disputes within 9 days\n" AMOUNT("m"),
                   "warning.payee", "stands alone behind `m`");
}

/* ---- what a compiled text tells ---- */

static void a_compiled_text_tells_about_itself(void **state)
{
    (void) state;
    struct checked c = check(TEXT_RIKERS_ABLE);
    const struct terms *t = c.terms;
    assert_non_null(t);
    expect_slice(terms_slug(t), "rikers-able");
    expect_slice(terms_title(t), "Rikers Island ABLE");
    assert_int_equal(terms_clock_minutes(t), -300);
    assert_int_equal(terms_closes(t), day_of("2017-08-31"));
    assert_int_equal(terms_party_count(t), 5);
    expect_slice(terms_party(t, 4)->label, "Vera Institute of Justice");
    assert_string_equal(terms_role_text(terms_party(t, 0)->role), "outcome payer");
    assert_int_equal(terms_find_party(t, SLICE("nobody")), TERMS_NONE);
    assert_int_equal(terms_find_party(t, SLICE("success")), TERMS_NONE);
    bool has_signed[5] = {true, true, true, false, true};
    assert_false(terms_in_force(t, has_signed));
    has_signed[3] = true;
    has_signed[4] = false;
    assert_true(terms_in_force(t, has_signed));
    const struct terms_metric *bed_days = terms_metric(t, terms_find_metric(t, SLICE("bed_days")));
    expect_slice(bed_days->unit, "days per person");
    expect_slice(bed_days->slug, "nyc.recidivism-bed-days");
    assert_int_equal(bed_days->version, 1);
    assert_int_equal(bed_days->by_count, 2);
    expect_slice(terms_dimension(t, bed_days->by[0])->name, "arm");
    assert_int_equal(bed_days->reporter_count, 1);
    assert_int_equal(bed_days->quorum, 1);
    expect_slice(terms_party(t, bed_days->verifiers[0])->name, "vera");
    const struct terms_rule *success = terms_rule(t, terms_find_rule(t, SLICE("success")));
    expect_slice(success->currency, "USD");
    expect_slice(success->smallest, "0.01");
    assert_true(success->has_due);
    assert_int_equal(terms_due_day(t, 0, day_of("2015-07-02")), day_of("2015-08-01"));
    assert_true(terms_memory(t) > 10000);
    expect_slice(terms_dimension(t, success->each[0])->labels[0], "Released in 2013");
    checked_free(&c);
}

static void k_of_n_sign(void **state)
{
    (void) state;
    struct checked c =
        check("terms 1\ncontract a \"A\"\ncurrency USD rounded to 0.01, half even\nclock UTC\n"
              "runs 2016-01-01 to 2020-12-31\nparty a investor \"A\"\nparty b investor \"B\"\nparty c investor \"C\"\n"
              "party d provider \"D\"\nin force when d and 2 of (a, b, c) have signed\n"
              "pay p from a to d amount 1\n");
    assert_non_null(c.terms);
    assert_false(terms_in_force(c.terms, (bool[4]){true, true, true, false}));
    assert_false(terms_in_force(c.terms, (bool[4]){true, false, false, true}));
    assert_true(terms_in_force(c.terms, (bool[4]){true, false, true, true}));
    checked_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_that_do_not_exist_come_with_the_nearest_that_does),
        cmocka_unit_test(what_is_not_kept_has_no_hint_looked_for),
        cmocka_unit_test(nothing_is_declared_twice),
        cmocka_unit_test(names_of_the_wrong_kind),
        cmocka_unit_test(units_that_differ_are_both_named),
        cmocka_unit_test(units_multiply_and_divide),
        cmocka_unit_test(bare_numbers_become_the_main_currency_beside_money_and_nothing_else),
        cmocka_unit_test(percent_and_points),
        cmocka_unit_test(wrong_types),
        cmocka_unit_test(dimensions_are_bound_once),
        cmocka_unit_test(circles_need_prior),
        cmocka_unit_test(rules_under_a_cap_do_not_depend_on_one_another),
        cmocka_unit_test(steps_rise_and_do_not_mix),
        cmocka_unit_test(tables_are_complete_and_single),
        cmocka_unit_test(a_table_of_no_whole_money_is_told_at_each_cap),
        cmocka_unit_test(caps_are_whole_money),
        cmocka_unit_test(costs_are_bounded_by_the_text),
        cmocka_unit_test(long_chains_of_defines_are_refused_not_a_crash),
        cmocka_unit_test(settlements_are_checked),
        cmocka_unit_test(until_is_checked),
        cmocka_unit_test(classes_of_parties_are_checked),
        cmocka_unit_test(a_share_of_a_class_signs),
        cmocka_unit_test(figures_of_other_contracts_are_checked),
        cmocka_unit_test(sets_of_open_dimensions_are_checked),
        cmocka_unit_test(rule_K5_a_quotient_in_an_open_set_is_rounded),
        cmocka_unit_test(portion_is_checked),
        cmocka_unit_test(open_dimensions_are_bound_by_each_alone),
        cmocka_unit_test(bands_and_best_are_checked),
        cmocka_unit_test(submitted_is_of_a_metric),
        cmocka_unit_test(calendars_count_days_and_nothing_else),
        cmocka_unit_test(what_a_short_look_does_not_see_is_not_called_unbounded),
        cmocka_unit_test(warnings_of_section_8),
        cmocka_unit_test(a_compiled_text_tells_about_itself),
        cmocka_unit_test(k_of_n_sign),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
