/* Section 8 of the specification, item by item: each has a text that draws it and a neighbour that does not. */
#include "world.h"

#define METRICS                                                                                                            \
    "dimension arm (programme, comparison)\nperiod year every 1 year from 2016-01-01 to 2018-12-31\n"                      \
    "dimension village open, at most 50\n"                                                                                 \
    "metric x is \"X\" in number between 1 and 5\n  reported by judge\n  disputes within 9 days\n"                         \
    "metric share_of is \"S\" in percent between 0% and 100%\n  reported by judge\n  disputes within 9 days\n"             \
    "metric money is \"M\" in USD between 0 and 100\n  reported by judge\n  disputes within 9 days\n"                      \
    "metric yes is \"Y\" in true or false\n  reported by judge\n  disputes within 9 days\n"                                \
    "metric by_year is \"B\" in USD between 0 and 100\n  by year\n  reported by judge\n  disputes within 9 days\n"         \
    "metric by_village is \"V\" in USD between 1 and 100\n  by village\n  reported by judge until 2017-01-01\n"            \
    "  disputes within 9 days\n"

#define P(amount) "pay p from city to lender amount " amount "\n"
#define M(clauses) "metric m is \"M2\" in USD between 0 and 9\n  " clauses "\n"

#define DAYS "metric d is \"D\" in days between 0 and 9\n  reported by judge\n  disputes within 9 days\n"
#define SEEN(by)                                                                                                           \
    "metric seen is \"S2\" in date\n  by village\n  reported by " by " until 2017-01-01\n  disputes within 9 days\n"
#define SIDES "dimension side (lender, judge)\n"
#define BALANCE "pay p from city to lender for each year amount b\n"

struct item {
    const char *what; /* in the words of the section */
    const char *code;
    const char *draws, *does_not; /* declarations after METRICS; a whole text where it begins with "terms" */
};

static const struct item errors[] = {
    {"a name that is not declared", "name.unknown", P("mony"), P("money")},
    {"units that do not fit", "units.differ", P("money + x"), P("money + 1")},
    {"a dimension that is not bound", "dimension.unbound", P("by_year"), P("sum(by_year over year)")},
    {"aggregates over sets that never close", "aggregate.open",
     "metric v is \"V2\" in USD\n  by village\n  reported by judge\n" P("sum(v over village of v)"),
     P("sum(by_village over village of by_village)")},
    {"circles without prior", "circle", "define a in USD = b + 1\ndefine b in USD = a\n" P("a"),
     "define a = b + 1\ndefine b = 2\n" P("a")},
    {"caps across rules that depend on each other", "caps.circle",
     P("money") "pay q from city to lender amount p\ncap 9 on p, q\n",
     P("money") "pay q from city to lender amount p\ncap 9 on p\n"},
    {"steps whose bounds do not rise", "step.bounds", P("step of x: at least 2: 5 at least 1: 3 otherwise: 0"),
     P("step of x: at least 1: 5 at least 2: 3 otherwise: 0")},
    {"steps that mix lower and upper bounds", "step.mixed", P("step of x: at least 2: 5 below 4: 3 otherwise: 0"),
     P("step of x: at least 2: 5 above 4: 3 otherwise: 0")},
    {"tables with missing rows", "table.missing", "table t in USD by arm\n  programme: 5\n" P("t[arm: programme]"),
     "table t in USD by arm\n  programme: 5\n  otherwise: 6\n" P("t[arm: programme]")},
    {"tables with double rows", "table.twice", "table t in USD by arm\n  programme: 5\n  programme: 6\n" P("1"),
     "table t in USD by arm\n  programme: 5\n  comparison: 6\n" P("t[arm: programme]")},
    {"until without a default where nothing else could arrive", "metric.until",
     "metric m is \"M2\" in USD\n  reported by judge until 2017-01-01\n" P("m"),
     "metric m is \"M2\" in USD\n  reported by judge until 2017-01-01\n  if late use 0\n" P("m")},
    {"an aggregate of what does not depend on its dimension", "dimension.absent", P("sum(money over year)"),
     P("sum(by_year over year)")},
    {"members that do not exist", "member.unknown", "table t in USD by arm\n  programm: 5\n  otherwise: 6\n" P("1"),
     "table t in USD by arm\n  programme: 5\n  otherwise: 6\n" P("1")},
    {"never back with portion", "portion.back",
     "pay p from city to lender for each year amount portion(money, by_year over year) never back\n",
     "pay p from city to lender for each year amount portion(money, by_year over year)\n"},
    {"never back with portion, through a default", "portion.back",
     "metric m is \"M2\" in USD between 0 and 9\n  by year\n  reported by judge\n  if missing use portion(money, by_year "
     "over "
     "year)\npay p from city to lender for each year amount m never back\n",
     "metric m is \"M2\" in USD between 0 and 9\n  by year\n  reported by judge\n  if missing use portion(money, by_year "
     "over "
     "year)\npay p from city to lender for each year amount m\n"},
    {"a cap that is not a whole number of the smallest amount", "cap.smallest", P("money") "cap 10.005 on p\n",
     P("money") "cap 10.05 on p\n"},
    {"K4: more instances than are allowed", "limit.instances",
     "dimension a 1 to 4_000\ndimension b 1 to 4_000\npay p from city to lender for each a, b amount USD 1 * a * b\n",
     "dimension a 1 to 400\ndimension b 1 to 400\npay p from city to lender for each a, b amount USD 1 * a * b\n"},
    {"K4: a larger fan-out than is allowed", "limit.fan-out",
     "dimension a open, at most 2_000_000\nmetric f is \"F\" in USD between 0 and 1\n  by a\n"
     "pay p from city to lender for each a of f amount money\n",
     "dimension a open, at most 900_000\nmetric f is \"F\" in USD between 0 and 1\n  by a\n"
     "pay p from city to lender for each a of f amount money\n"},
    {"K4: more steps than are allowed", "limit.steps",
     "dimension a 1 to 40_000\ndimension b 1 to 40_000\ndefine d = sum(USD 1 * a * b over a, b)\n" P("d"),
     "dimension a 1 to 4_000\ndimension b 1 to 4_000\ndefine d = sum(USD 1 * a * b over a, b)\n" P("d")},
    {"K5", "aggregate.quotient", P("sum(money * (USD 1 / by_village) over village of by_village)"),
     P("sum(round(money * (USD 1 / by_village), 0.01, half even) over village of by_village)")},
    {"hidden characters", "text.hidden", P("money # \xE2\x80\x8B"), P("money # visible")},
};

static const struct item warnings[] = {
    {"a payer's exposure without an upper bound", "warning.exposure",
     "metric m is \"M2\" in USD\n  reported by judge\n" P("m"),
     "metric m is \"M2\" in USD\n  reported by judge\n" P("m") "cap 9 on p\n"},
    {"the same of a payee that may have to pay", "warning.exposure",
     "metric m is \"M2\" in USD\n  reported by judge\n" P("min(m, 5) either way"),
     "metric m is \"M2\" in USD\n  reported by judge\n" P("clamp(m, -5, 5) either way")},
    {"a cliff", "warning.cliff", P("step of x: at least 2: 21 at least 3: 100 otherwise: 0"),
     P("20 + step of x: at least 2: 20 at least 3: 40 at least 4: 60 at least 5: 80 otherwise: 0")},
    {"a cliff of a condition", "warning.cliff", "pay p from city to lender when x > 3 amount 5 + money\ncap 24 on p\n",
     "pay p from city to lender when x > 3 amount 5 + money\n"},
    {"a cliff of if", "warning.cliff", P("if x > 3 then 50 else 70 + money / 100"),
     P("if yes then 50 else 70 + money / 100")},
    {"a row that cannot be reached", "warning.row", P("step of (x + 1): at least 2: 5 at least 7: 8 otherwise: 0"),
     P("step of (x + 1): at least 2: 5 at least 6: 8 otherwise: 0")},
    {"a party that never pays nor is paid", "warning.party", "party extra provider \"Extra\"\n" P("money"), P("money")},
    {"a metric never used", "warning.unused", P("1"), NULL},
    {"a rule that pays the same for each member", "warning.same", "pay p from city to lender for each year amount money\n",
     "pay p from city to lender for each year amount by_year\n"},
    {"the payee alone reports what pays it", "warning.payee", M("reported by lender") P("m"),
     M("reported by lender verified by judge") P("m")},
    {"the payee alone verifies what pays it", "warning.payee", M("reported by judge verified by lender") P("m"),
     M("reported by judge verified by lender and city") P("m")},
    {"never back on such a metric", "warning.back", M("reported by lender") P("m never back"),
     M("reported by judge verified by judge") P("m never back")},
    {"if missing use prior, reported by the payee", "warning.carry",
     "metric m is \"M2\" in USD between 0 and 9\n  by year\n  reported by lender verified by judge\n  if missing use "
     "prior(year, m, 0)\n"
     "pay p from city to lender for each year amount m\n",
     "metric m is \"M2\" in USD between 0 and 9\n  by year\n  reported by judge\n  if missing use prior(year, m, 0)\n"
     "pay p from city to lender for each year amount m\n"},
    {"no if on a metric of the payee in a rule either way", "warning.silent",
     M("reported by lender verified by judge") P("m - 5 either way"),
     M("reported by lender verified by judge if missing use 0") P("m - 5 either way")},
    {"the arbiter is payer or payee", "warning.arbiter", "pay p from judge to lender amount money\n", P("money")},
    {"a cap shared by several payees", "warning.cap", P("money") "pay q from city to judge amount money\ncap 9 on p, q\n",
     P("money") "pay q from city to lender amount money\ncap 9 on p, q\n"},
    {"a metric in percent under a step", "warning.percent", P("step of share_of: at least 50%: 5 otherwise: 0"),
     P("step of (share_of * x): at least 50%: 5 otherwise: 0")},
    {"a verifier without days of silence", "warning.silence", M("reported by lender verified by judge") P("m"),
     M("reported by lender verified by judge or 30 days of silence") P("m")},
    {"a metric that is final when submitted and cannot be disputed", "warning.final", M("reported by judge") P("m"),
     M("reported by judge disputes within 5 days") P("m")},
    {"several reporters", "warning.reporters", M("reported by judge or city verified by judge") P("m"),
     M("reported by judge verified by judge") P("m")},
    {"a divisor whose range contains zero", "warning.divisor", P("money / (x - 3)"), P("money / (x + 3)")},
    {"a divisor that has been looked at", "warning.divisor", P("if yes then money / (x - 3) else 1"),
     P("if x - 3 = 0 then 0 else money / (x - 3)")},
    {"a balance that is multiplied each period and not rounded", "warning.balance",
     "define b in USD = prior(year, b, 0) * 1.1 + 1\npay p from city to lender for each year amount b\n",
     "define b in USD = round(prior(year, b, 0) * 1.1, 0.01, down) + 1\npay p from city to lender for each year amount "
     "b\n"},
    {"a row that another always goes before", "warning.row", P("step of x: at least 0: 5 at least 1: 6 otherwise: 0"),
     P("step of x: at least 1: 5 at least 2: 6 otherwise: 0")},
    {"the same of upper bounds", "warning.row", P("step of x: at most 5: 5 at most 6: 6 otherwise: 0"),
     P("step of x: at most 4: 5 at most 5: 6 otherwise: 0")},
    {"a band that cannot be reached", "warning.row", DAYS P("bands of d: from 0 days: 1 per day from 9 days: 2 per day"),
     DAYS P("bands of d: from 0 days: 1 per day from 8 days: 2 per day")},
    {"the payee alone reports what is counted", "warning.payee", SEEN("lender") P("USD 5 * count(over village of seen)"),
     SEEN("judge") P("USD 5 * count(over village of seen)")},
    {"the payee alone reports what has a day", "warning.payee",
     M("reported by lender") P("if submitted(m) < 2018-01-01 then 50 else 49"),
     M("reported by judge") P("if submitted(m) < 2018-01-01 then 50 else 49")},
    {"the payee alone reports the day of its payment", "warning.payee",
     "metric m is \"M2\" in date\n  reported by lender\npay p from city to lender amount money not before m\n",
     "metric m is \"M2\" in date\n  reported by judge\npay p from city to lender amount money not before m\n"},
    {"the payee alone reports what another rule pays for, whose name it is paid by", "warning.payee",
     SEEN("lender") "pay q from judge to city for each village of seen amount 5\n" P("sum(q over village of by_village)"),
     SEEN("judge") "pay q from judge to city for each village of seen amount 5\n" P("sum(q over village of by_village)")},
    {"the payee is one of those of whom one verifies", "warning.payee",
     M("reported by judge verified by 1 of (lender, judge)") P("m"),
     M("reported by judge verified by 2 of (lender, judge)") P("m")},
    {"one of several payees alone reports", "warning.payee",
     SIDES M("reported by lender") "pay p from city to side for each side amount m\n",
     SIDES M("reported by city") "pay p from city to side for each side amount m\n"},
    {"one of several payees alone verifies", "warning.payee",
     SIDES M("reported by city verified by lender") "pay p from city to side for each side amount m\n",
     SIDES M("reported by city verified by lender and city") "pay p from city to side for each side amount m\n"},
    {"one of several payees carries on what anybody reports", "warning.carry",
     SIDES "metric m is \"M2\" in USD between 0 and 9\n  by year\n  verified by city\n  if missing use prior(year, m, 0)\n"
           "pay p from city to side for each side, year amount m\n",
     SIDES "metric m is settlements of q in USD\n  by year\n  if missing use prior(year, m, 0)\n"
           "pay q from judge to city for each year amount 5\n"
           "pay p from city to side for each side, year amount m\n"},
    {"the arbiter is one of several payees", "warning.arbiter",
     SIDES "pay p from city to side for each side amount money\n",
     "dimension other (lender)\npay p from city to other for each other amount money\n"},
    {"a cap shared by all whom one rule pays", "warning.cap",
     SIDES "pay p from city to side for each side amount money\ncap 9 on p\n",
     SIDES "pay p from city to side for each side amount money\ncap 9 per side on p\n"},
    {"a metric in percent under a step, by another name", "warning.percent",
     "define d = share_of\n" P("step of d: at least 50%: 5 otherwise: 0"),
     "define d = share_of * x\n" P("step of d: at least 50%: 5 otherwise: 0")},
    {"a metric in percent under a step of a condition", "warning.percent",
     "pay p from city to lender when (step of share_of: at least 50%: 5 otherwise: 0) > 3 amount money\n",
     "pay p from city to lender when (step of x: at least 2: 5 otherwise: 0) > 3 amount money\n"},
    {"a divisor of a default", "warning.divisor", M("reported by judge if missing use money / (x - 3)") P("m"),
     M("reported by judge if missing use money / x") P("m")},
    {"a divisor by a power", "warning.divisor", P("money * (x - 3) ^ -1"), P("money * (x - 3) ^ 2")},
    {"a balance that is multiplied in another define", "warning.balance",
     "define i in USD = prior(year, b, 0) * 0.1\ndefine b in USD = prior(year, b, 0) + i + 1\n" BALANCE,
     "define i in USD = round(prior(year, b, 0) * 0.1, 0.01, down)\ndefine b in USD = prior(year, b, 0) + i + 1\n" BALANCE},
    {"a balance that is multiplied in a row", "warning.balance",
     "define b in USD = step of x: at least 4: prior(year, b, 0) * 1.1 otherwise: 1\n" BALANCE,
     "define b in USD = step of x: at least 4: prior(year, b, 0) + 1.1 otherwise: 1\n" BALANCE},
    {"a balance that is multiplied under `prior`", "warning.balance",
     "define b in USD = prior(year, b * 1.1, 0) + 1\n" BALANCE,
     "define b in USD = prior(year, round(b, 0.01, down) * 1.1, 0) + 1\n" BALANCE},
    {"no closes", "warning.closes",
     "terms 1\ncontract a \"A\"\ncurrency USD rounded to 0.01, half even\nclock UTC\nruns 2016-01-01 to 2020-12-31\n"
     "party city outcome payer \"City\"\nparty lender investor \"Lender\"\n" P("1"),
     P("1")},
};

static bool draws(const char *declarations, const char *code, enum diag_level level, bool *compiles)
{
    char text[8000];
    bool found = false;
    struct diags diags;
    struct terms *terms = NULL;
    struct arena *arena = arena_new(1 << 22);
    if (strncmp(declarations, "terms", 5) == 0)
        snprintf(text, sizeof text, "%s", declarations);
    else
        snprintf(text, sizeof text, "%s%s", SMALL(METRICS), declarations);
    diags_init(&diags, arena);
    assert_int_equal(terms_compile(slice_str(text), &diags, &terms, NULL), TALLY_OK);
    for (const struct diag *d = diags.first; d != NULL; d = d->next) {
        found = found || (d->level == level && slice_is(d->code, code));
        assert_true(d->span.line > 0 && d->message.len > 0);
    }
    *compiles = terms != NULL;
    terms_free(terms);
    arena_free(arena);
    return found;
}

static void expect_items(const struct item *items, size_t count, enum diag_level level)
{
    int wrong = 0;
    for (size_t i = 0; i < count; i++) {
        bool compiles = false;
        if (!draws(items[i].draws, items[i].code, level, &compiles) || compiles == (level == DIAG_ERROR)) {
            print_error("%s: nothing says %s of\n%s\n", items[i].what, items[i].code, items[i].draws);
            wrong++;
        }
        if (items[i].does_not != NULL && (draws(items[i].does_not, items[i].code, level, &compiles) || !compiles)) {
            print_error("%s: %s of\n%s\n", items[i].what, compiles ? items[i].code : "an error", items[i].does_not);
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
}

static void each_error_of_section_8_is_drawn_by_what_it_is_about(void **state)
{
    (void) state;
    expect_items(errors, sizeof errors / sizeof errors[0], DIAG_ERROR);
}

static void each_warning_of_section_8_is_drawn_by_what_it_is_about(void **state)
{
    (void) state;
    expect_items(warnings, sizeof warnings / sizeof warnings[0], DIAG_WARNING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_error_of_section_8_is_drawn_by_what_it_is_about),
        cmocka_unit_test(each_warning_of_section_8_is_drawn_by_what_it_is_about),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
