#include "terms_help.h"

/* Each text beside the whole of what is printed for it. */

static void a_misspelt_word_is_guessed(void **state)
{
    (void) state;
    assert_diags_behind_header("metrik x is y\n", "t:6:1: error: expected a declaration, such as `party`, found `metrik`\n"
                                                  "  metrik x is y\n"
                                                  "  ^~~~~~\n"
                                                  "  hint: did you mean `metric`?\n");
    assert_diags_behind_header("pay p from a to b\n"
                               "  amout 5\n",
                               "t:7:3: error: expected `amount`, found `amout`\n"
                               "    amout 5\n"
                               "    ^~~~~\n"
                               "  hint: did you mean `amount`?\n");
    assert_diags_behind_header("define x = sume(y over d)\n", "t:6:12: error: expected a function, found `sume`\n"
                                                              "  define x = sume(y over d)\n"
                                                              "             ^~~~\n"
                                                              "  hint: did you mean `sum`?\n");
    assert_diags_behind_header("party a investr \"A\"\n",
                               "t:6:9: error: expected a role (outcome payer, investor, guarantor, intermediary, backbone, "
                               "provider, evaluator, auditor), found `investr`\n"
                               "  party a investr \"A\"\n"
                               "          ^~~~~~~\n"
                               "  hint: did you mean `investor`?\n");
    assert_diags_behind_header("pay p from a to b\n"
                               "  amount 5\n"
                               "  nevr back\n",
                               "t:8:3: error: `nevr` begins no clause\n"
                               "    nevr back\n"
                               "    ^~~~\n"
                               "  hint: did you mean `never`?\n");
    assert_diags_behind_header("metric x is a.b version 1 in days\n"
                               "  reportd by y\n"
                               "  verified by z\n",
                               "t:7:3: error: expected a declaration, such as `metric`, `define` or `pay`, or a clause of "
                               "the one before, found `reportd`\n"
                               "    reportd by y\n"
                               "    ^~~~~~~\n"
                               "  hint: did you mean `reported`?\n");
}

static void numbers_have_one_spelling(void **state)
{
    (void) state;
    assert_diags_behind_header("define x = 8.5 %\n", "t:6:16: error: `%` belongs to the number before it\n"
                                                     "  define x = 8.5 %\n"
                                                     "                 ^\n"
                                                     "  hint: write `8.5%`: no space before the sign\n");
    assert_diags_behind_header("define x = 48_00\n",
                               "t:6:12: error: digits stand in groups of exactly three, or without `_`\n"
                               "  define x = 48_00\n"
                               "             ^~~~~\n"
                               "  hint: write `4_800`, or the digits without `_`\n");
    assert_diags_behind_header("define x = 05\n", "t:6:12: error: a number has no leading zero\n"
                                                  "  define x = 05\n"
                                                  "             ^~\n"
                                                  "  hint: write it without the zeros in front\n");
    assert_diags_behind_header("define x = 1e400\n", "t:6:12: error: a number has no exponent\n"
                                                     "  define x = 1e400\n"
                                                     "             ^~~~~\n"
                                                     "  hint: write all digits, such as `1_000_000`\n");
    assert_diags_behind_header("define x = 5days\n", "t:6:12: error: a number is followed by a letter\n"
                                                     "  define x = 5days\n"
                                                     "             ^\n"
                                                     "  hint: put a space between the number and the word\n");
    assert_diags_behind_header("define x = .5\n", "t:6:12: error: digits stand on both sides of the point\n"
                                                  "  define x = .5\n"
                                                  "             ^~\n"
                                                  "  hint: write `0.5`, or `5` without a point\n");
    assert_diags_behind_header("define x = 5.\n", "t:6:12: error: digits stand on both sides of the point\n"
                                                  "  define x = 5.\n"
                                                  "             ^~\n"
                                                  "  hint: write `0.5`, or `5` without a point\n");
    assert_diags_behind_header("define x = 1.0_1\n",
                               "t:6:12: error: digits stand in groups of exactly three, or without `_`\n"
                               "  define x = 1.0_1\n"
                               "             ^~~~~\n"
                               "  hint: behind the point there are no groups\n");
    assert_diags_behind_header("dimension d 1 to 5000000000\n",
                               "t:6:18: error: a whole number may be at most 4294967295 here\n"
                               "  dimension d 1 to 5000000000\n"
                               "                   ^~~~~~~~~~\n");
    assert_diags_behind_header("dimension d persons, at most 2.5\n",
                               "t:6:30: error: expected how many at most, a whole number\n"
                               "  dimension d persons, at most 2.5\n"
                               "                               ^~~\n");
}

static void dates_exist(void **state)
{
    (void) state;
    assert_diags_behind_header("define x = 2016-02-30\n",
                               "t:6:12: error: 2016-02-30 does not exist\n"
                               "  define x = 2016-02-30\n"
                               "             ^~~~~~~~~~\n"
                               "  hint: days are those of the Gregorian calendar, 0001 to 9999\n");
    assert_diags_behind_header("define x = 2016-1-1\n",
                               "t:6:12: error: a date has four digits, two and two\n"
                               "  define x = 2016-1-1\n"
                               "             ^~~~~~~~\n"
                               "  hint: write it as `2016-01-01`; where a difference is meant, put spaces around `-`\n");
    assert_diags_behind_header("define x = 0000-01-01\n",
                               "t:6:12: error: 0000-01-01 does not exist\n"
                               "  define x = 0000-01-01\n"
                               "             ^~~~~~~~~~\n"
                               "  hint: days are those of the Gregorian calendar, 0001 to 9999\n");
}

static void names_are_no_words_of_the_language(void **state)
{
    (void) state;
    assert_diags_behind_header("define define = 3\n",
                               "t:6:8: error: `define` is a word of the language and cannot be a name\n"
                               "  define define = 3\n"
                               "         ^~~~~~\n"
                               "  hint: choose another name, such as `define_1`\n");
    assert_diags_behind_header("define Rate = 3\n",
                               "t:6:8: error: a name has small letters, digits and `_`, and begins with a letter\n"
                               "  define Rate = 3\n"
                               "         ^~~~\n"
                               "  hint: write `rate`\n");
    assert_diags_behind_header("define x = ABCD\n",
                               "t:6:12: error: a name has small letters, digits and `_`, and begins with a letter\n"
                               "  define x = ABCD\n"
                               "             ^~~~\n"
                               "  hint: write `abcd`\n");
    assert_diags_behind_header("define x = _y\n",
                               "t:6:12: error: a name has small letters, digits and `_`, and begins with a letter\n"
                               "  define x = _y\n"
                               "             ^~\n"
                               "  hint: write `y`\n");
    assert_diags_behind_header("define x = usd 5\n", "t:6:16: error: a number cannot follow the name `usd`\n"
                                                     "  define x = usd 5\n"
                                                     "                 ^\n"
                                                     "  hint: a currency has three capital letters, such as `USD`\n");
    assert_diags_behind_header("party a investor\n", "t:6:17: error: expected the full name in quotes after `investor`\n"
                                                     "  party a investor\n"
                                                     "                  ^\n");
    assert_diags_behind_header("cap 5 per on a\n", "t:6:14: error: expected `on`, found `a`\n"
                                                   "  cap 5 per on a\n"
                                                   "               ^\n");
    assert_diags_behind_header("cap 5 on a,\n", "t:6:12: error: expected a rule after `,`\n"
                                                "  cap 5 on a,\n"
                                                "             ^\n");
}

static void characters_of_other_languages_are_explained(void **state)
{
    (void) state;
    assert_diags_behind_header("party a investor \"A\n"
                               "party b investor \"B\"\n",
                               "t:6:18: error: this text is not closed\n"
                               "  party a investor \"A\n"
                               "                   ^~\n"
                               "  hint: a text ends with \" on the line on which it begins\n");
    assert_diags_behind_header("define x = a == b\n", "t:6:14: error: `==` is no operator\n"
                                                      "  define x = a == b\n"
                                                      "               ^~\n"
                                                      "  hint: write `=`\n");
    assert_diags_behind_header("define x = \342\200\234a\342\200\235\n",
                               "t:6:12: error: `\342\200\234` has no meaning here\n"
                               "  define x = \342\200\234a\342\200\235\n"
                               "             ^\n"
                               "  hint: write \"\n");
    assert_diags_behind_header("define x = a & b\n", "t:6:14: error: `&` has no meaning here\n"
                                                     "  define x = a & b\n"
                                                     "               ^\n"
                                                     "  hint: write `and`\n");
    assert_diags_behind_header("define x = \302\2435\n", "t:6:12: error: `\302\243` has no meaning here\n"
                                                         "  define x = \302\2435\n"
                                                         "             ^\n"
                                                         "  hint: write `GBP` before the number\n");
    assert_diags_behind_header("define x = a; b\n", "t:6:13: error: `;` has no meaning here\n"
                                                    "  define x = a; b\n"
                                                    "              ^\n"
                                                    "  hint: a declaration ends where the next begins\n");
}

static void an_open_bracket_says_where_it_was_opened(void **state)
{
    (void) state;
    assert_diags_behind_header("define x = (a + b\n"
                               "define y = 2\n",
                               "t:6:18: error: expected `)` after `b`\n"
                               "  define x = (a + b\n"
                               "                   ^\n"
                               "  hint: `(` was opened at line 6, column 12\n");
    assert_diags_behind_header("define x = a[arm: b\n"
                               "define y = 2\n",
                               "t:6:20: error: expected `]` after `b`\n"
                               "  define x = a[arm: b\n"
                               "                     ^\n"
                               "  hint: `[` was opened at line 6, column 13\n");
    assert_diags_behind_header("define x = min(a, b\n", "t:6:20: error: expected `)` after `b`\n"
                                                        "  define x = min(a, b\n"
                                                        "                     ^\n"
                                                        "  hint: `(` was opened at line 6, column 15\n");
    assert_diags_behind_header("define x = min(a)\n", "t:6:17: error: expected `,` and another value, found `)`\n"
                                                      "  define x = min(a)\n"
                                                      "                  ^\n");
    assert_diags_behind_header("dimension d (a, b\n", "t:6:18: error: expected `)` after `b`\n"
                                                      "  dimension d (a, b\n"
                                                      "                   ^\n"
                                                      "  hint: `(` was opened at line 6, column 13\n");
}

static void expressions_say_what_was_expected(void **state)
{
    (void) state;
    assert_diags_behind_header("define x = a < b < c\n", "t:6:18: error: comparisons do not chain\n"
                                                         "  define x = a < b < c\n"
                                                         "                   ^\n"
                                                         "  hint: write `a < b and b < c`\n");
    assert_diags_behind_header("define x = 1 + if a then b else c\n",
                               "t:6:16: error: an `if` inside an expression stands in brackets\n"
                               "  define x = 1 + if a then b else c\n"
                               "                 ^~\n"
                               "  hint: write `(if ... then ... else ...)`\n");
    assert_diags_behind_header("define x = if a then b\n",
                               "t:6:23: error: expected `else` (an `if` needs both its values) after `b`\n"
                               "  define x = if a then b\n"
                               "                        ^\n");
    assert_diags_behind_header("define x = a +\n", "t:6:15: error: expected a value after `+`\n"
                                                   "  define x = a +\n"
                                                   "                ^\n");
    assert_diags_behind_header("define x = +5\n", "t:6:12: error: expected a value, found `+`\n"
                                                  "  define x = +5\n"
                                                  "             ^\n"
                                                  "  hint: a number above zero has no sign\n");
    assert_diags_behind_header("define x = 1 = not b\n",
                               "t:6:16: error: `not` inside a comparison or a sum stands in brackets\n"
                               "  define x = 1 = not b\n"
                               "                 ^~~\n"
                               "  hint: write `(not ...)`\n");
    assert_diags_behind_header("define x = 5% per day of y\n",
                               "t:6:15: error: a percentage cannot be a rate\n"
                               "  define x = 5% per day of y\n"
                               "                ^~~\n"
                               "  hint: a rate is a number or an amount of money per unit\n");
    assert_diags_behind_header("define x = step of a: at least 1: step of b: above 1: 2 otherwise: 3 otherwise: 4\n",
                               "t:6:35: error: a table inside a row of another stands in brackets\n"
                               "  define x = step of a: at least 1: step of b: above 1: 2 otherwise: 3 otherwise: 4\n"
                               "                                    ^~~~\n"
                               "  hint: write `(step of ...: ...)`\n");
    assert_diags_behind_header("define x = step of a: at leest 1: 2 otherwise: 3\n",
                               "t:6:26: error: expected `at least` or `at most`, found `leest`\n"
                               "  define x = step of a: at leest 1: 2 otherwise: 3\n"
                               "                           ^~~~~\n"
                               "  hint: did you mean `least`?\n");
    assert_diags_behind_header("define x = step of a: at least 1: 2\n",
                               "t:6:36: error: expected another row, or `otherwise` after `2`\n"
                               "  define x = step of a: at least 1: 2\n"
                               "                                     ^\n");
    assert_diags_behind_header("define x = linear of a: at 5: 1 outside: flat\n",
                               "t:6:33: error: expected at least two rows such as `at 5%: 8%`, found `outside`\n"
                               "  define x = linear of a: at 5: 1 outside: flat\n"
                               "                                  ^~~~~~~\n");
    assert_diags_behind_header("define x = linear of a: at least 5: 1 at 6: 2 outside: flat\n",
                               "t:6:28: error: the rows of `linear of` are points and have no `least` or `most`\n"
                               "  define x = linear of a: at least 5: 1 at 6: 2 outside: flat\n"
                               "                             ^~~~~\n"
                               "  hint: write `at 5%: 8%`\n");
    assert_diags_behind_header("define x = sum(a)\n", "t:6:17: error: expected `over` and a dimension, found `)`\n"
                                                      "  define x = sum(a)\n"
                                                      "                  ^\n");
    assert_diags_behind_header("define x = round(a, 1, half)\n",
                               "t:6:28: error: expected how to round: `half even`, `half up`, `up` or `down`, found `)`\n"
                               "  define x = round(a, 1, half)\n"
                               "                             ^\n");
    assert_diags_behind_header(
        "define x = fraction(a, b, actual)\n",
        "t:6:27: error: expected `actual_365`, `actual_360`, `thirty_e_360` or `actual_actual`, found `actual`\n"
        "  define x = fraction(a, b, actual)\n"
        "                            ^~~~~~\n");
    assert_diags_behind_header("define x = 15.12 per day max(0, a)\n", "t:6:26: error: expected `of`, found `max`\n"
                                                                       "  define x = 15.12 per day max(0, a)\n"
                                                                       "                           ^~~\n");
    assert_diags_behind_header("define x = min 5\n", "t:6:16: error: expected `(`, found `5`\n"
                                                     "  define x = min 5\n"
                                                     "                 ^\n");
    assert_diags_behind_header("define x = best(k, a over b)\n", "t:6:17: error: expected how many of the best, found `k`\n"
                                                                 "  define x = best(k, a over b)\n"
                                                                 "                  ^\n");
    assert_diags_behind_header("define x = sum(a over last 0 of b)\n", "t:6:28: error: `last` takes at least one\n"
                                                                       "  define x = sum(a over last 0 of b)\n"
                                                                       "                             ^\n");
    assert_diags_behind_header("define x = of\n", "t:6:12: error: expected a value, found `of`\n"
                                                  "  define x = of\n"
                                                  "             ^~\n"
                                                  "  hint: `of` is a word of the language\n");
    assert_diags_behind_header("define x = foo(a)\n", "t:6:12: error: expected a function, found `foo`\n"
                                                      "  define x = foo(a)\n"
                                                      "             ^~~\n");
}

static void clauses_have_their_order(void **state)
{
    (void) state;
    assert_diags_behind_header("metric m is a.b version 1 in days\n"
                               "  verified by v\n"
                               "  reported by r\n",
                               "t:8:3: error: `reported` cannot stand here\n"
                               "    reported by r\n"
                               "    ^~~~~~~~\n"
                               "  hint: a metric's clauses, each at most once: in, between, by, reported by, until, "
                               "verified by, disputes within, if missing or if late\n");
    assert_diags_behind_header("pay p from a to b\n"
                               "  due 30 days after\n"
                               "  amount 5\n",
                               "t:7:3: error: `due` cannot stand here\n"
                               "    due 30 days after\n"
                               "    ^~~\n"
                               "  hint: a rule's clauses, each at most once: for each, dated, when, amount, either way, "
                               "not before, due, never back\n");
    assert_diags_behind_header("pay p from a to b\n"
                               "  amount 5\n"
                               "  when c\n",
                               "t:8:3: error: `when` cannot stand here\n"
                               "    when c\n"
                               "    ^~~~\n"
                               "  hint: a rule's clauses, each at most once: for each, dated, when, amount, either way, "
                               "not before, due, never back\n");
    assert_diags_behind_header("metric m is a.b in days\n",
                               "t:6:17: error: expected `version` and the version of the indicator, found `in`\n"
                               "  metric m is a.b in days\n"
                               "                  ^~\n");
    assert_diags_behind_header("metric m is a.b version 1 in days\n"
                               "  if mising use 0\n",
                               "t:7:6: error: expected `missing` or `late`, found `mising`\n"
                               "    if mising use 0\n"
                               "       ^~~~~~\n"
                               "  hint: did you mean `missing`?\n");
    assert_diags_behind_header("table t in USD by d\n"
                               "  otherwise: 0\n"
                               "  a: 5\n",
                               "t:8:3: error: `otherwise` is the last row of a table\n"
                               "    a: 5\n"
                               "    ^\n"
                               "  hint: move it above\n");
    assert_diags_behind_header("table t in USD by d\n",
                               "t:6:20: error: expected a row such as `education: 30%`, or `otherwise: 0` after `d`\n"
                               "  table t in USD by d\n"
                               "                     ^\n");
    assert_diags_behind_header("disputes decided by v within 60 days, otherwise stand\n",
                               "t:6:49: error: expected `stands` or `falls`, found `stand`\n"
                               "  disputes decided by v within 60 days, otherwise stand\n"
                               "                                                  ^~~~~\n"
                               "  hint: did you mean `stands`?\n");
    assert_diags_behind_header("in force when a have sined\n", "t:6:22: error: expected `signed`, found `sined`\n"
                                                               "  in force when a have sined\n"
                                                               "                       ^~~~~\n"
                                                               "  hint: did you mean `signed`?\n");
    assert_diags_behind_header("uses u is contract 00ab\n",
                               "t:6:20: error: expected the hash of a text: 64 digits of 0-9 a-f\n"
                               "  uses u is contract 00ab\n"
                               "                     ^~\n");
    assert_diags_behind_header("currency EUR rounded to 0.01, half even\n",
                               "t:6:1: error: expected a declaration; the header has contract, currency, clock, runs, "
                               "closes, in this order, found `currency`\n"
                               "  currency EUR rounded to 0.01, half even\n"
                               "  ^~~~~~~~\n");
    assert_diags_behind_header("metric x is A.b version 1 in days\n",
                               "t:6:13: error: a name has small letters, digits and `_`, and begins with a letter\n"
                               "  metric x is A.b version 1 in days\n"
                               "              ^\n"
                               "  hint: write `a`\n");
}

static void several_errors_are_found_in_one_run(void **state)
{
    (void) state;
    assert_diags_behind_header("metric x is\n"
                               "party y\n"
                               "define z = 2016-02-30 + 8.5 %\n"
                               "cap 5 on a\n"
                               "pay p from a\n",
                               "t:6:12: error: expected an indicator, a text in quotes, or `NAME of CONTRACT` after `is`\n"
                               "  metric x is\n"
                               "             ^\n"
                               "t:7:8: error: expected a role (outcome payer, investor, guarantor, intermediary, backbone, "
                               "provider, evaluator, auditor) after `y`\n"
                               "  party y\n"
                               "         ^\n"
                               "t:8:12: error: 2016-02-30 does not exist\n"
                               "  define z = 2016-02-30 + 8.5 %\n"
                               "             ^~~~~~~~~~\n"
                               "  hint: days are those of the Gregorian calendar, 0001 to 9999\n"
                               "t:8:29: error: `%` belongs to the number before it\n"
                               "  define z = 2016-02-30 + 8.5 %\n"
                               "                              ^\n"
                               "  hint: write `8.5%`: no space before the sign\n"
                               "t:10:13: error: expected `to` after `a`\n"
                               "  pay p from a\n"
                               "              ^\n");
}

static void the_header_has_its_order(void **state)
{
    (void) state;
    assert_diags("contract a \"A\"\n", "t:1:1: error: a text begins with the version of its language\n"
                                       "  contract a \"A\"\n"
                                       "  ^~~~~~~~\n"
                                       "  hint: write `terms 1` above everything else\n"
                                       "t:1:15: error: expected `currency` after `\"A\"`\n"
                                       "  contract a \"A\"\n"
                                       "                ^\n");
    assert_diags("terms 2\n"
                 "xyz\n",
                 "t:1:7: error: version 2 of the language is not known; this program reads version 1\n"
                 "  terms 2\n"
                 "        ^\n");
    assert_diags("# c\n"
                 "terms 1\n"
                 "contract a \"A\"\n"
                 "currency USD rounded to 0.01, half even\n"
                 "clock UTC\n"
                 "runs 2016-01-01 to 2020-12-31\n",
                 "t:2:1: error: `terms 1` is the first line\n"
                 "  terms 1\n"
                 "  ^~~~~\n"
                 "  hint: move comments and empty lines below it\n");
    assert_diags("terms 1\n"
                 "contract a \"A\"\n"
                 "currency usd rounded to 0.01, half even\n"
                 "clock UTC -05:00\n"
                 "runs 2016-01-01\n",
                 "t:3:10: error: a currency has three capital letters\n"
                 "  currency usd rounded to 0.01, half even\n"
                 "           ^~~\n"
                 "  hint: write `USD`\n"
                 "t:4:11: error: an offset from UTC has two digits for hours and two for minutes\n"
                 "  clock UTC -05:00\n"
                 "            ^\n"
                 "  hint: write it without a space, such as `UTC-05:00`\n"
                 "t:5:16: error: expected `to` after `2016-01-01`\n"
                 "  runs 2016-01-01\n"
                 "                 ^\n");
    assert_diags("terms 1\n"
                 "contract a \"A\"\n"
                 "currency USD rounded to 0.01, half even\n"
                 "runs 2016-01-01 to 2016-12-31\n"
                 "party a investor \"A\"\n",
                 "t:4:1: error: expected `clock`, found `runs`\n"
                 "  runs 2016-01-01 to 2016-12-31\n"
                 "  ^~~~\n");
    assert_diags("terms 1\n"
                 "contract A \"A\"\n"
                 "curency USD rounded to 0.01, half even\n"
                 "clock UTC+15:00\n"
                 "runs 2016-01-01 to 2016-12-31\n",
                 "t:2:10: error: a name has small letters, digits and `_`, and begins with a letter\n"
                 "  contract A \"A\"\n"
                 "           ^\n"
                 "  hint: write `a`\n"
                 "t:4:1: error: expected `currency`, found `clock`\n"
                 "  clock UTC+15:00\n"
                 "  ^~~~~\n"
                 "t:4:7: error: an offset lies between 00:01 and 14:00\n"
                 "  clock UTC+15:00\n"
                 "        ^~~~~~~~~\n");
    assert_diags("", "t:1:1: error: a text begins with the version of its language\n"
                     "  \n"
                     "  ^\n"
                     "  hint: write `terms 1` above everything else\n");
    assert_diags("{}\n", "t:1:1: error: `{` has no meaning here\n"
                         "  {}\n"
                         "  ^\n"
                         "  hint: lists stand in `( )`\n"
                         "t:1:3: error: expected `contract` after `}`\n"
                         "  {}\n"
                         "    ^\n");
    assert_diags("terms 1\n"
                 "contract a \"A\"\n"
                 "currency USD rounded to 0.01, half even\n"
                 "clock CET\n"
                 "runs 2016-01-01 to 2020-12-31\n",
                 "t:4:7: error: expected `UTC`, or an offset such as `UTC-05:00`, found `CET`\n"
                 "  clock CET\n"
                 "        ^~~\n");
    assert_diags("terms 1\n"
                 "contract a \"A\" version 2 amends 12\n"
                 "currency USD rounded to 0.01, half even\n"
                 "clock UTC\n"
                 "runs 2016-01-01 to 2020-12-31\n",
                 "t:2:33: error: expected the hash of a text: 64 digits of 0-9 a-f\n"
                 "  contract a \"A\" version 2 amends 12\n"
                 "                                  ^~\n");
}

static void hidden_characters_are_shown_and_named(void **state)
{
    (void) state;
    assert_diags("terms 1\n"
                 "contract a \"A\"\n"
                 "currency USD rounded to 0.01, half even\n"
                 "clock UTC\n"
                 "runs 2016-01-01 to 2020-12-31\n"
                 "\011define x = 1\n"
                 "\011define y = 2\n",
                 "t:6:1: error: a tab (U+0009) may not stand in a text\n"
                 "  \357\277\275define x = 1\n"
                 "  ^\n"
                 "  hint: use spaces; the formatter indents by two\n");
    assert_diags("terms 1\015\n"
                 "contract a \"A\"\015\n"
                 "currency USD rounded to 0.01, half even\015\n"
                 "clock UTC\015\n"
                 "runs 2016-01-01 to 2020-12-31\015\n",
                 "t:1:8: error: a carriage return (U+000D) may not stand in a text\n"
                 "  terms 1\357\277\275\n"
                 "         ^\n"
                 "  hint: lines end with LF alone: save the text with Unix line ends\n");
    assert_diags("\357\273\277terms 1\n"
                 "contract a \"A\"\n"
                 "currency USD rounded to 0.01, half even\n"
                 "clock UTC\n"
                 "runs 2016-01-01 to 2020-12-31\n",
                 "t:1:1: error: a byte order mark (U+FEFF) may not stand in a text\n"
                 "  \357\277\275terms 1\n"
                 "  ^\n"
                 "  hint: save the text as UTF-8 without BOM\n");
    assert_diags("terms 1\n"
                 "contract a \"A\"\n"
                 "currency USD rounded to 0.01, half even\n"
                 "clock UTC\n"
                 "runs 2016-01-01 to 2020-12-31\n"
                 "# a\342\200\256b\342\200\213c\342\200\250d\n",
                 "t:6:4: error: a character that turns the direction of writing (U+202E) may not stand in a text\n"
                 "  # a\357\277\275b\357\277\275c\357\277\275d\n"
                 "     ^\n"
                 "  hint: remove it: what is signed must read as it looks\n"
                 "t:6:6: error: an invisible character (U+200B) may not stand in a text\n"
                 "  # a\357\277\275b\357\277\275c\357\277\275d\n"
                 "       ^\n"
                 "  hint: remove it: what is signed must read as it looks\n"
                 "t:6:8: error: a line end that is no LF (U+2028) may not stand in a text\n"
                 "  # a\357\277\275b\357\277\275c\357\277\275d\n"
                 "         ^\n"
                 "  hint: remove it: what is signed must read as it looks\n");
    assert_diags("terms 1\n"
                 "contract a \"A\"\n"
                 "currency USD rounded to 0.01, half even\n"
                 "clock UTC\n"
                 "runs 2016-01-01 to 2020-12-31\n"
                 "# \377\n",
                 "t:6:3: error: byte ff is not UTF-8\n"
                 "  # \357\277\275\n"
                 "    ^\n"
                 "  hint: save the text as UTF-8\n");
    assert_diags("terms 1\n"
                 "contract a \"A\"\n"
                 "currency USD rounded to 0.01, half even\n"
                 "clock UTC\n"
                 "runs 2016-01-01 to 2020-12-31\n"
                 "# \007\n",
                 "t:6:3: error: a control character (U+0007) may not stand in a text\n"
                 "  # \357\277\275\n"
                 "    ^\n"
                 "  hint: remove it\n");
    assert_diags("terms 1\n"
                 "contract a \"A\"\n"
                 "currency USD rounded to 0.01, half even\n"
                 "clock UTC\n"
                 "runs 2016-01-01 to 2020-12-31\n"
                 "party a investor \"a\342\201\246b\"\n",
                 "t:6:20: error: a character that turns the direction of writing (U+2066) may not stand in a text\n"
                 "  party a investor \"a\357\277\275b\"\n"
                 "                     ^\n"
                 "  hint: remove it: what is signed must read as it looks\n");
}

/* The code of the first error of a text whose comment holds these bytes; "" without one. */
static const char *code_of_comment(const char *bytes, size_t length)
{
    static char code[64];
    struct sample s;
    struct buf text;
    buf_init(&text, OUT_MAX);
    buf_add_str(&text, HEADER "# ");
    buf_add(&text, bytes, length);
    buf_add_str(&text, " is looked at\n");
    sample_parse(&s, buf_slice(&text));
    (void) snprintf(code, sizeof code, "%.*s", SLICE_ARG(s.diags.errors == 0 ? SLICE("") : s.diags.first->code));
    sample_release(&s);
    buf_release(&text);
    return code;
}

static void a_nul_hides_nothing(void **state)
{
    (void) state;
    assert_string_equal(code_of_comment("\0", 1), "text.character");
    assert_string_equal(code_of_comment("\303\0", 2), "text.utf8");
    assert_string_equal(code_of_comment("\342\0\200", 3), "text.utf8");
    assert_string_equal(code_of_comment("\360\200\200\0", 4), "text.utf8");
    assert_string_equal(code_of_comment("\0\377", 2), "text.character");
    assert_string_equal(code_of_comment("\377\0", 2), "text.utf8");
}

/* The first and last of each range that Unicode lets a program show as nothing, and what lies just outside some. */
static void nothing_invisible_is_accepted(void **state)
{
    static const char *const hidden[] = {"\302\255",         "\315\217",         "\330\234",         "\341\205\237",
                                         "\341\205\240",     "\341\236\264",     "\341\236\265",     "\341\240\213",
                                         "\341\240\217",     "\342\200\213",     "\342\200\217",     "\342\200\252",
                                         "\342\200\256",     "\342\201\240",     "\342\201\257",     "\343\205\244",
                                         "\357\270\200",     "\357\270\217",     "\357\276\240",     "\357\277\260",
                                         "\357\277\273",     "\360\233\262\240", "\360\233\262\243", "\360\235\205\263",
                                         "\360\235\205\272", "\363\240\200\200", "\363\240\204\200", "\363\240\277\277"};
    static const char *const shown[] = {"\302\256",     "\303\251",     "\342\200\220",
                                        "\343\205\243", "\357\277\274", "\360\235\205\262"};
    (void) state;
    for (size_t i = 0; i < sizeof hidden / sizeof hidden[0]; i++)
        assert_string_equal(code_of_comment(hidden[i], strlen(hidden[i])), "text.hidden");
    for (size_t i = 0; i < sizeof shown / sizeof shown[0]; i++)
        assert_string_equal(code_of_comment(shown[i], strlen(shown[i])), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_misspelt_word_is_guessed),
        cmocka_unit_test(numbers_have_one_spelling),
        cmocka_unit_test(dates_exist),
        cmocka_unit_test(names_are_no_words_of_the_language),
        cmocka_unit_test(characters_of_other_languages_are_explained),
        cmocka_unit_test(an_open_bracket_says_where_it_was_opened),
        cmocka_unit_test(expressions_say_what_was_expected),
        cmocka_unit_test(clauses_have_their_order),
        cmocka_unit_test(several_errors_are_found_in_one_run),
        cmocka_unit_test(the_header_has_its_order),
        cmocka_unit_test(hidden_characters_are_shown_and_named),
        cmocka_unit_test(a_nul_hides_nothing),
        cmocka_unit_test(nothing_invisible_is_accepted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
