#include "terms_help.h"

#define HASH "00000000000000000000000000000000000000000000000000000000000000ab"

static void header_is_read(void **state)
{
    struct sample s;
    (void) state;
    sample_parse(&s, SLICE("terms 1\n# comment\ncontract a-1.b \"A\" version 2 amends " HASH " effective 2018-01-01\n"
                           "currency USD rounded to 0.01, half even\ncurrency JPY rounded to 1, down\n"
                           "clock UTC-05:30\nruns 2016-01-01 to 2020-12-31\ncloses 2022-12-31\n"));
    assert_parses(&s);
    dump_text(&s.out, s.text);
    assert_string_equal(s.out.ptr, "contract a-1.b 'A' 2 amends " HASH " from 2018-01-01 USD 0.01 0 JPY 1 3 clock -330 "
                                   "2016-01-01..2020-12-31 closes 2022-12-31 declarations 0 expressions 0\n");
    assert_int_equal(s.text->slug_span.column, 10);
    sample_release(&s);
}

static void parties_and_their_signatures(void **state)
{
    (void) state;
    assert_declarations("party city outcome payer \"City\" party b backbone \"\"\n",
                        "party city role 0 'City' most 0 join never\n"
                        "party b role 4 '' most 0 join never\n");
    assert_declarations("parties f provider \"F\", at most 300 join until 2016-03-31\nparties g auditor \"G\", at most 2\n",
                        "parties f role 5 'F' most 300 join 2016-03-31\nparties g role 7 'G' most 2 join never\n");
    assert_declarations("in force when a, 2 of (b, c) and 2/3 of f have signed\namended when a have signed\n",
                        "force  0/0{a} 2/0{b c} 2/3{f}\namended  0/0{a}\n");
    assert_declarations("disputes decided by v within 60 days, otherwise stands\n", "disputes v 60 stands\n");
    assert_declarations("disputes decided by v within 6 days, otherwise falls\n", "disputes v 6 falls\n");
    assert_declarations("uses u is contract " HASH "\nuses w is contract " HASH " as amended\namended when a have signed\n",
                        "uses u " HASH "\nuses w " HASH " amended\namended  0/0{a}\n");
}

static void dimensions_units_calendars(void **state)
{
    (void) state;
    assert_declarations("unit child children\n", "unit child children\n");
    assert_declarations(
        "calendar w monday to friday except 2012-12-25 to 2012-12-26, 2013-01-01\ncalendar s sunday to saturday\n",
        "calendar w 0..4 2012-12-25..2012-12-26 2013-01-01..2013-01-01\ncalendar s 6..5\n");
    assert_declarations("dimension arm (programme, comparison \"Matched group\")\n",
                        "dimension arm list programme'' comparison'Matched group' 0..0 most 0\n");
    assert_declarations("dimension claim 1 to 26\n", "dimension claim range 1..26 most 0\n");
    assert_declarations("dimension p persons, at most 325 dimension v open, at most 5_000\n",
                        "dimension p persons 0..0 most 325\ndimension v open 0..0 most 5000\n");
    assert_declarations("period q every 3 months from 2016-01-01 to 2020-12-31\n",
                        "period q every 3 months 2016-01-01..2020-12-31\n");
    assert_declarations("period y every 1 year from 2016-01-01 to 2020-12-31\n",
                        "period y every 1 years 2016-01-01..2020-12-31\n");
    assert_declarations("period p is 2014-01-01 to 2015-06-30, 2015-07-01 to 2016-12-31\n",
                        "period p 2014-01-01..2015-06-30 2015-07-01..2016-12-31\n");
}

static void tables_are_read(void **state)
{
    (void) state;
    assert_declarations("table t in GBP by g, y\n  a, 2011-04-01: 400\n  3, b: -1.5%\n  otherwise: 0\n",
                        "table t in GBP by {g y} a,2011-04-01:400 3,b:-1.5% otherwise:0\n");
    assert_declarations("table t in USD per act by s\n  otherwise: 190\n", "table t in USD/act by {s} otherwise:190\n");
    assert_declarations("table t in true or false by s\n  a: true\n  b: false\n",
                        "table t in TRUTH by {s} a:true b:false\n");
    assert_declarations("table t in arm by s\n  a: programme\n  b: 2016-01-01\n",
                        "table t in arm by {s} a:programme b:2016-01-01\n");
}

static void metrics_are_read(void **state)
{
    (void) state;
    assert_declarations(
        "metric m is nyc.recidivism-bed-days version 12 in days per person between 0 and 730\n  by arm, cohort\n"
        "  reported by x or y until 60 days after end of q\n  verified by v and w or 45 days of silence final 5 days "
        "later\n"
        "  disputes within 30 days\n  if late use 80% * a\n",
        "metric m indicator nyc.recidivism-bed-days v12 in days/person between 0 and 730 by {arm cohort} "
        "reported x|y until (after (60 unit days) (end-of q)) verified 0 of {v w} silence 45 final 5 disputes 30 "
        "late (* 80% a)\n");
    assert_declarations("metric m is \"A notice\" in true or false\n  verified by 2 of (a, b, c)\n  if missing use false\n",
                        "metric m text A notice in TRUTH by {} reported | verified 2 of {a b c} final 0 missing false\n");
    assert_declarations(
        "metric m is success of able where cohort = y2013, claim = 3, q = 2016-01-01 in USD\n  until 2019-06-30\n",
        "metric m used success of able where cohort=y2013 where claim=3 where q=2016-01-01 in USD by {} reported | "
        "until 2019-06-30 verified 0 of {} final 0\n");
    assert_declarations(
        "metric m is settlements of success in USD\ndisputes decided by v within 1 days, otherwise falls\n",
        "metric m settlements success in USD by {} reported | verified 0 of {} final 0\ndisputes v 1 falls\n");
    assert_declarations(
        "metric m is x.5e3.2016-01-01-05 version 1 in number between -10 and 1\nin force when a have signed\n",
        "metric m indicator x.5e3.2016-01-01-05 v1 in NUMBER between (neg 10) and 1 by {} reported | verified 0 of {} "
        "final 0\nforce  0/0{a}\n");
}

static void rules_defines_and_caps(void **state)
{
    (void) state;
    assert_declarations(
        "pay p from a to b for each x, y of m[arm: z] dated d when c amount 1 either way not before 2016-01-01 "
        "due 15 working days after never back\n",
        "pay p a>b each {x y} of m[arm:z] dated d when c amount 1 either-way not-before 2016-01-01 due 15 "
        "workingdays never-back\n");
    assert_declarations("pay p from a to b amount 1 due 3 months after\n", "pay p a>b each {} amount 1 due 3 months\n");
    assert_declarations("pay p from a to b amount 1 due 30 days after\n", "pay p a>b each {} amount 1 due 30 days\n");
    assert_declarations("define x in USD = y\nin force when a have signed\n", "define x in USD = y\nforce  0/0{a}\n");
    assert_declarations("define ok in true or false = true\n", "define ok in TRUTH = true\n");
    assert_declarations("cap 11_700 per p on a, b\ncap USD 5 on a\ncap budget per year on a\n",
                        "cap  11700 per {p} on {a b}\ncap  USD5 per {} on {a}\ncap  budget per {year} on {a}\n");
}

static void words_that_are_not_reserved_may_be_names(void **state)
{
    (void) state;
    assert_declarations(
        "dimension every (to, on, use, half)\ndefine days = so + far\npay within from least to most amount days\n",
        "dimension every list to'' on'' use'' half'' 0..0 most 0\ndefine days = (+ so far)\n"
        "pay within least>most each {} amount days\n");
}

static void spans_cover_a_declaration(void **state)
{
    struct sample s;
    (void) state;
    sample_parse(&s, SLICE(HEADER "cap 5 on a # five\n\n  cap 6\n  on b\n"));
    assert_parses(&s);
    const struct span second = s.text->declarations->next->span;
    assert_int_equal(s.text->declarations->span.length, strlen("cap 5 on a"));
    assert_int_equal(second.line, 8);
    assert_int_equal(second.column, 3);
    assert_int_equal(second.length, strlen("cap 6\n  on b"));
    sample_release(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(header_is_read),
        cmocka_unit_test(parties_and_their_signatures),
        cmocka_unit_test(dimensions_units_calendars),
        cmocka_unit_test(tables_are_read),
        cmocka_unit_test(metrics_are_read),
        cmocka_unit_test(rules_defines_and_caps),
        cmocka_unit_test(words_that_are_not_reserved_may_be_names),
        cmocka_unit_test(spans_cover_a_declaration),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
