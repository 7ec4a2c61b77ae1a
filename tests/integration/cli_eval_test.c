/* tally terms eval and show, as people use them: the traces are those of language.md section 9, line by line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../support/cli_run.h"
#include "../unit/engine/texts.h"

static char parent[] = "/tmp/tally-eval-XXXXXX";
static struct cli_place place;
static struct cli_output output;

static void write_bytes(const char *name, const char *bytes, size_t len)
{
    char path[700];
    (void) snprintf(path, sizeof path, "%s/%s", place.dir, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

static void write_file(const char *name, const char *text)
{
    write_bytes(name, text, strlen(text));
}

static void says(const char *text, const char *wanted)
{
    if (strstr(text, wanted) == NULL)
        fail_msg("\"%s\" is not in: %s", wanted, text);
}

#define TALLY(wanted, ...)                                                                                                 \
    do {                                                                                                                   \
        assert_int_equal(cli_tally(&place, &output, NULL, __VA_ARGS__), 0);                                                \
        if (output.status != (wanted))                                                                                     \
            fail_msg("status %d, not %d; out: %s; err: %s", output.status, wanted, output.out, output.err);                \
    } while (0)

static int set_up(void **state)
{
    (void) state;
    if (mkdtemp(parent) == NULL || cli_place_make(&place, parent) != 0)
        return -1;
    write_file("peterborough.terms", TEXT_PETERBOROUGH);
    write_file("roca.terms", TEXT_ROCA_WATERFALL);
    write_file("rikers.terms", TEXT_RIKERS_ABLE);
    return 0;
}

static int tear_down(void **state)
{
    (void) state;
    char line[400];
    (void) snprintf(line, sizeof line, "rm -rf '%s'", parent);
    return system(line) == 0 ? 0 : -1; /* NOLINT(cert-env33-c): a folder of our own */
}

/* clang-format off */
#define REOFFENCES(cohort, arm, rest) \
    "{\"metric\":\"reoffences\",\"dimensions\":{\"cohort\":\"" cohort "\",\"arm\":\"" arm "\"}," rest "}"

static const char PETERBOROUGH[] =
    "{\"contract\":\"peterborough\",\"history\":["
    "{\"on\":\"2014-07-01\",\"title\":\"c1: 1,420 and 1,550\",\"results\":["
        REOFFENCES("c1", "programme", "\"value\":\"1420\"") "," REOFFENCES("c1", "comparison", "\"value\":\"1550\"") "]},"
    "{\"on\":\"2016-07-01\",\"title\":\"c2: 1,380 and 1,550\",\"results\":["
        REOFFENCES("c2", "programme", "\"value\":\"1380\"") "," REOFFENCES("c2", "comparison", "\"value\":\"1550\"") "]},"
    "{\"on\":\"2016-08-01\",\"results\":[" REOFFENCES("c1", "programme", "\"value\":\"1390\",\"restated\":true") "]},"
    "{\"on\":\"2016-08-20\",\"results\":[" REOFFENCES("c2", "programme", "\"disputed\":true") "]},"
    "{\"on\":\"2016-10-01\",\"results\":[" REOFFENCES("c2", "programme", "\"decided\":\"replaced\",\"value\":\"1500\"") "]}"
    "]}";

static const char PETERBOROUGH_TRACE[] =
    "2014-07-01  c1: 1,420 and 1,550\n"
    "    early(c1)                          target 0.00\n"
    "    early(c2)                          waits: reoffences(c2, programme) is missing; stands at 0.00\n"
    "    at_the_end(one)                    waits: reoffences(c2, programme) is missing; stands at 0.00\n"
    "2016-07-01  c2: 1,380 and 1,550\n"
    "  => early(c2): moj to investors, GBP 1,000,000.00\n"
    "  => at_the_end(one): moj to investors, GBP 2,000,000.00\n"
    "    early(c1)                          target 0.00\n"
    "    early(c2)                          target 1,000,000.00\n"
    "    at_the_end(one)                    target 2,000,000.00\n"
    "2016-08-01  restated, verified: reoffences(c1, programme) = 1390\n"
    "  => early(c1): moj to investors, GBP 1,000,000.00\n"
    "  => at_the_end(one): investors to moj (owed back), GBP 1,000,000.00\n"
    "    early(c1)                          target 1,000,000.00\n"
    "    early(c2)                          target 1,000,000.00\n"
    "    at_the_end(one)                    target 1,000,000.00\n"
    "2016-08-20  disputed: reoffences(c2, programme)\n"
    "    early(c1)                          target 1,000,000.00\n"
    "    early(c2)                          waits: reoffences(c2, programme) is disputed; stands at 1,000,000.00\n"
    "    at_the_end(one)                    waits: reoffences(c2, programme) is disputed; stands at 1,000,000.00\n"
    "2016-10-01  decided: reoffences(c2, programme) is 1500\n"
    "  => early(c2): investors to moj (owed back), GBP 1,000,000.00\n"
    "  => at_the_end(one): investors to moj (owed back), GBP 1,000,000.00\n"
    "    early(c1)                          target 1,000,000.00\n"
    "    early(c2)                          target 0.00\n"
    "    at_the_end(one)                    target 0.00\n";

#define RECEIVED(quarter, rest) "{\"metric\":\"received\",\"dimensions\":{\"quarter\":\"" quarter "\"}," rest "}"
static const char ROCA[] =
    "{\"contract\":\"roca-waterfall\",\"history\":["
    "{\"on\":\"2014-04-01\",\"results\":["
        "{\"metric\":\"senior_drawn\",\"dimensions\":{\"quarter\":\"2014-01-01/2014-03-31\"},\"value\":\"9000000\"},"
        "{\"metric\":\"junior_drawn\",\"dimensions\":{\"quarter\":\"2014-01-01/2014-03-31\"},\"value\":\"3000000\"}]},"
    "{\"on\":\"2018-01-05\",\"results\":[" RECEIVED("2017-10-01/2017-12-31", "\"value\":\"10000000\"") "]},"
    "{\"on\":\"2020-01-05\",\"results\":[" RECEIVED("2019-10-01/2019-12-31", "\"value\":\"12345678.91\"") "]},"
    "{\"on\":\"2020-03-01\",\"results\":[" RECEIVED("2017-10-01/2017-12-31", "\"value\":\"10500000\",\"restated\":true") "]}"
    "]}";

/* Without the instances, of which there are 160. */
static const char ROCA_TRIGGERS[] =
    "2014-04-01  final: senior_drawn(2014-01-01) = 9000000, junior_drawn(2014-01-01) = 3000000\n"
    "2018-01-05  final: received(2017-10-01) = 10000000\n"
    "  => to_senior(2017-10-01): ysi to senior, USD 10,000,000.00\n"
    "2020-01-05  final: received(2019-10-01) = 12345678.91\n"
    "  => to_senior(2019-10-01): ysi to senior, USD 931,592.76\n"
    "  => to_junior(2019-10-01): ysi to junior, USD 3,364,656.06\n"
    "  => to_roca(2019-10-01): ysi to roca, USD 3,760,000.00\n"
    "  => success_fee(2019-10-01): ysi to roca, USD 2,144,715.04\n"
    "  => upside(2019-10-01): ysi to senior, USD 2,144,715.05\n"
    "2020-03-01  restated, verified: received(2017-10-01) = 10500000\n"
    "  => to_senior: senior to ysi (owed back), USD 52,243.04\n"
    "       (2017-10-01)             +500,000.00\n"
    "       (2019-10-01)             -552,243.04\n"
    "  => success_fee(2019-10-01): ysi to roca, USD 276,121.52\n"
    "  => upside(2019-10-01): ysi to senior, USD 276,121.52\n";

#define BED_DAYS(arm, rest) "{\"metric\":\"bed_days\",\"dimensions\":{\"arm\":\"" arm "\",\"cohort\":\"y2013\"}," rest "}"
static const char RIKERS[] =
    "{\"contract\":\"rikers-able\",\"history\":["
    "{\"on\":\"2013-03-01\",\"results\":[{\"metric\":\"drawn\",\"value\":\"7200000\"}]},"
    "{\"on\":\"2015-07-02\",\"results\":[" BED_DAYS("programme", "\"value\":\"91\"") "," BED_DAYS("comparison", "\"value\":\"100\"")
        ",{\"metric\":\"significant\",\"dimensions\":{\"cohort\":\"y2013\"},\"value\":\"true\"}]},"
    "{\"on\":\"2015-07-20\",\"results\":[" BED_DAYS("comparison", "\"disputed\":true") "]},"
    "{\"on\":\"2015-09-01\",\"results\":[" BED_DAYS("comparison", "\"decided\":\"stands\"") "]},"
    "{\"on\":\"2016-11-01\",\"results\":[" BED_DAYS("comparison", "\"value\":\"95\",\"restated\":true") "]}"
    "]}";

static const char RIKERS_TRACE[] =
    "2013-03-01  final: drawn = 7200000\n"
    "    success(y2013)                     waits: significant(y2013) is missing; stands at 0.00\n"
    "2015-07-02  final: bed_days(programme, y2013) = 91, bed_days(comparison, y2013) = 100, significant(y2013) = true\n"
    "  => success(y2013): city to mdrc, USD 4,800,000.00\n"
    "    success(y2013)                     target 4,800,000.00\n"
    "2015-07-20  disputed: bed_days(comparison, y2013)\n"
    "    success(y2013)                     waits: bed_days(comparison, y2013) is disputed; stands at 4,800,000.00\n"
    "2015-09-01  decided: bed_days(comparison, y2013) stands\n"
    "    success(y2013)                     target 4,800,000.00\n"
    "2016-11-01  restated, verified: bed_days(comparison, y2013) = 95\n"
    "  => success(y2013): mdrc to city (owed back), USD 4,800,000.00\n"
    "    success(y2013)                     target 0.00\n";
/* clang-format on */

static void peterborough_is_told_line_by_line(void **state)
{
    (void) state;
    write_file("p.json", PETERBOROUGH);
    TALLY(0, "terms eval peterborough.terms --results p.json");
    assert_string_equal(output.out, PETERBOROUGH_TRACE);
    assert_string_equal(output.err, "");
}

static void as_of_ends_the_trace(void **state)
{
    (void) state;
    write_file("p.json", PETERBOROUGH);
    TALLY(0, "terms eval peterborough.terms --results p.json --as-of 2016-08-20");
    assert_memory_equal(output.out, PETERBOROUGH_TRACE, strlen(output.out));
    const char *rest = PETERBOROUGH_TRACE + strlen(output.out);
    assert_memory_equal(rest, "2016-10-01", 10);
    TALLY(0, "terms eval peterborough.terms --results p.json --as-of 2014-06-30");
    assert_string_equal(output.out, "nothing has happened by then\n");
}

/* Keeps the days and what is triggered. */
static void drop_instances(char *text)
{
    char *to = text;
    for (const char *line = text; *line != '\0';) {
        size_t len = strcspn(line, "\n") + 1;
        bool is_instance = strncmp(line, "    ", 4) == 0 && line[4] != ' ';
        if (!is_instance) {
            memmove(to, line, len);
            to += len;
        }
        line += len;
    }
    *to = '\0';
}

static void the_waterfall_triggers_as_computed_by_hand(void **state)
{
    (void) state;
    write_file("roca.json", ROCA);
    TALLY(0, "terms eval roca.terms --results roca.json");
    drop_instances(output.out);
    assert_string_equal(output.out, ROCA_TRIGGERS);
}

static void rikers_is_told_line_by_line(void **state)
{
    (void) state;
    write_file("rikers.json", RIKERS);
    TALLY(0, "terms eval rikers.terms --results rikers.json");
    assert_string_equal(output.out, RIKERS_TRACE);
}

static void an_amount_is_explained_step_by_step(void **state)
{
    (void) state;
    write_file("rikers.json", RIKERS);
    TALLY(0, "terms eval rikers.terms --results rikers.json --as-of 2015-07-02 --explain success[y2013]");
    says(output.out, "success(y2013) on 2015-07-02: amount USD 4,800,000.00\n");
    says(output.out, "bed_days(comparison, y2013) = 100, result 3 of the history\n");
    says(output.out, "reduction(y2013) = 0.09\n");
    says(output.out, "at least 8.5%: 4_800_000 = 4800000\n");
    says(output.out, "target USD 4,800,000.00, stands at 4,800,000.00\n");
    write_file("p.json", PETERBOROUGH);
    TALLY(0, "terms eval peterborough.terms --results p.json --explain early[c2]");
    says(output.out, "reduction(c2) = 0.032258064516..., exactly 1/31\n");
    TALLY(0, "terms eval peterborough.terms --results p.json --explain at_the_end --as-of 2016-08-20");
    says(output.out, "at_the_end(one) on 2016-08-20: waits: reoffences(c2, programme) is disputed\n");
    TALLY(1, "terms eval peterborough.terms --results p.json --explain erly[c2]");
    says(output.err, "the terms have no pay rule erly; did you mean early?");
    TALLY(1, "terms eval peterborough.terms --results p.json --explain early[c9]");
    says(output.err, "early has no instance c9; write one as early[c1]");
    TALLY(2, "terms eval peterborough.terms --results p.json --explain early[c2");
}

static json_t *parse_out(void)
{
    json_error_t error;
    json_t *json = json_loads(output.out, JSON_REJECT_DUPLICATES, &error);
    if (json == NULL)
        fail_msg("%s: %s", error.text, output.out);
    return json;
}

static void json_says_the_same(void **state)
{
    (void) state;
    const char *amount = NULL, *from = NULL, *rule = NULL, *on = NULL;
    int back = 0;
    write_file("p.json", PETERBOROUGH);
    TALLY(0, "terms eval peterborough.terms --results p.json --json");
    json_t *json = parse_out();
    const json_t *moments = json_object_get(json, "moments");
    assert_int_equal(json_array_size(moments), 5);
    const json_t *last = json_array_get(moments, 4);
    assert_int_equal(json_unpack((json_t *) (uintptr_t) last, "{s:s,s:[{s:s,s:s,s:s,s:b},{}]}", "on", &on, "payments",
                                 "amount", &amount, "from", &from, "rule", &rule, "owed_back", &back),
                     0);
    assert_string_equal(on, "2016-10-01");
    assert_string_equal(amount, "1000000.00");
    assert_string_equal(from, "investors");
    assert_string_equal(rule, "early");
    assert_true(back);
    assert_int_equal(json_array_size(json_object_get(last, "instances")), 3);
    json_decref(json);
    TALLY(0, "terms eval peterborough.terms --results p.json --json --explain early[c2]");
    json = parse_out();
    assert_string_equal(json_string_value(json_object_get(json, "target")), "0.00");
    json_decref(json);
}

static void bad_results_say_what_where_and_what_to_do(void **state)
{
    (void) state;
    static char big[10 << 20];
    memset(big, ' ', sizeof big);
    write_bytes("big.json", big, sizeof big);
    write_file("typo.json", "{\"contract\":\"peterborough\",\"history\":[{\"on\":\"2014-07-01\",\"results\":["
                            "{\"metric\":\"reofences\",\"value\":\"1\"}]}]}");
    write_file("key.json",
               "{\"contract\":\"peterborough\",\"history\":[{\"on\":\"2014-07-01\",\"results\":["
               "{\"metric\":\"reoffences\",\"dimensions\":{\"cohort\":\"c9\",\"arm\":\"programme\"},\"value\":\"1\"}]}]}");
    write_file("bytes.json", "{\"contract\":\"\xff\"}");
    write_file("broken.terms", "terms 1\ncontract x\n");
    write_file("p.json", PETERBOROUGH);
    TALLY(1, "terms eval peterborough.terms --results big.json");
    says(output.err, "big.json is over");
    TALLY(1, "terms eval peterborough.terms --results typo.json");
    says(output.err,
         "typo.json: /history/0/results/0/metric: the terms have no metric `reofences`; did you mean `reoffences`?");
    TALLY(1, "terms eval peterborough.terms --results key.json");
    says(output.err, "/history/0/results/0: does not fit `reoffences`: \"c9\" is not a member of `cohort`");
    TALLY(1, "terms eval peterborough.terms --results bytes.json");
    says(output.err, "bytes.json: line 1");
    TALLY(1, "terms eval peterborough.terms --results home");
    says(output.err, "home is a folder, not a file");
    TALLY(1, "terms eval peterborough.terms --results none.json");
    says(output.err, "none.json: No such file");
    TALLY(1, "terms eval rikers.terms --results p.json");
    says(output.err, "/contract: these are results of peterborough, and the terms are those of rikers-able");
    TALLY(1, "terms eval broken.terms --results p.json");
    says(output.err, "broken.terms:");
    says(output.err, "^");
    TALLY(1, "terms show broken.terms");
    says(output.err, "broken.terms:");
    TALLY(2, "terms eval peterborough.terms");
    says(output.err, "--results is needed here");
    TALLY(2, "terms eval peterborough.terms --results p.json --as-of 2016-02-30");
    says(output.err, "--as-of 2016-02-30 is no day");
}

static void a_file_that_may_not_be_read_is_refused(void **state)
{
    (void) state;
    char path[700];
    if (geteuid() == 0)
        skip(); /* who may read everything sees no refusal */
    write_file("secret.json", PETERBOROUGH);
    (void) snprintf(path, sizeof path, "%s/secret.json", place.dir);
    assert_int_equal(chmod(path, 0), 0);
    TALLY(1, "terms eval peterborough.terms --results secret.json");
    says(output.err, "secret.json: Permission denied");
}

static void show_tells_each_declaration(void **state)
{
    (void) state;
    TALLY(0, "terms show rikers.terms");
    says(output.out, "Rikers Island ABLE (rikers-able)\n");
    says(output.out, "Days begin and end by UTC-05:00.\n");
    says(output.out, "city: City of New York, outcome payer\n");
    says(output.out, "The contract is in force when city, mdrc, goldman and bloomberg have signed.\n");
    says(output.out, "vera decides a dispute within 60 days; without a decision the disputed result stands.\n");
    says(output.out, "cohort is one of:\n  y2013: Released in 2013\n");
    says(output.out,
         "bed_days is the indicator nyc.recidivism-bed-days, version 1, in days per person, between 0 and 730, one "
         "figure for each arm and cohort.\n  mdrc reports it.\n  It is final once vera has verified it; it may be "
         "disputed until then and for 30 days afterwards.\n  While it is missing, what needs it waits.\n");
    says(output.out, "  While it is missing it counts as 0.\n");
    says(output.out, "reduction is 1 - bed_days[arm: programme] / bed_days[arm: comparison]\n");
    says(output.out,
         "success: city pays mdrc, for each cohort,\n  when significant (otherwise nothing),\n  the amount by the last "
         "row that holds for reduction:\n    at least 8.5%: 4_800_000\n");
    says(output.out, "    otherwise: 0\n  It is due 30 days after it is triggered.\n");
    says(output.out, "success pays at most USD 11_712_000 in all.\n");
    TALLY(0, "terms show roca.terms");
    says(output.out, "quarter is a stretch of 3 months, one after the other from 2014-01-01 to 2021-12-31.\n");
    says(output.out, "senior_owed, in USD, is senior_drawn + round(prior(quarter, senior_owed - to_senior, 0) * (1 + 5% * "
                     "quarter_of_year), 0.01, half even)\n");
    says(output.out, "  the amount 50% * (received - to_senior - to_junior - to_roca)\n");
}

#define HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void show_tells_what_is_taken_from_elsewhere(void **state)
{
    (void) state;
    write_file("taken.terms", "terms 1\ncontract taken \"Taken\" version 2 amends " HASH " effective 2018-07-01\n"
                              "currency USD rounded to 0.01, half even\nclock UTC\nruns 2018-01-01 to 2018-12-31\n\n"
                              "uses other is contract " HASH " as amended\n\n"
                              "party city outcome payer \"City\"\nparty charity provider \"Charity\"\n\n"
                              "in force when city and charity have signed\n\n"
                              "metric base is outcome of other in USD between 0 and 100\n\n"
                              "metric paid is settlements of success in USD\n  if missing use 5\n\n"
                              "metric paid_on is settlements of success in date\n\n"
                              "pay success from city to charity\n  amount base\n\n"
                              "pay fee from city to charity\n  when paid_on > 2018-06-30\n  amount 1% * paid\n");
    TALLY(0, "terms show taken.terms");
    says(output.out, "it amends the version, or text, with the hash " HASH " from 2018-07-01 on.\n");
    says(output.out, "other is the contract whose version, or text, has the hash " HASH ", as it is amended.\n");
    says(output.out,
         "base is outcome of the contract other, in USD, between 0 and 100.\n  Nobody reports it: it is taken from "
         "there.\n  While it is missing, what needs it waits.\n");
    says(output.out, "  It is 0 until something is settled.\n");
    says(output.out, "paid_on is the day of the last settlement of success, in date.\n  Nobody reports it: it is taken "
                     "from there.\n  While "
                     "it is missing, what needs it waits.\n");
}

static void the_tree_as_json_is_the_same_each_time(void **state)
{
    (void) state;
    static char first[CLI_OUTPUT_MAX];
    TALLY(0, "terms show rikers.terms --json");
    memcpy(first, output.out, sizeof first);
    json_t *json = parse_out();
    char *again = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);
    assert_non_null(again);
    assert_memory_equal(again, first, strlen(again)); /* members in order, nothing lost on the way */
    free(again);
    const json_t *list = json_object_get(json, "declarations");
    const json_t *pay = json_array_get(list, json_array_size(list) - 2);
    assert_string_equal(json_string_value(json_object_get(pay, "kind")), "pay");
    const json_t *amount = json_object_get(pay, "amount");
    assert_string_equal(json_string_value(json_object_get(amount, "kind")), "step");
    assert_int_equal(json_array_size(json_object_get(amount, "rows")), 8);
    json_decref(json);
    TALLY(0, "terms show rikers.terms --json");
    assert_string_equal(output.out, first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(peterborough_is_told_line_by_line),
        cmocka_unit_test(as_of_ends_the_trace),
        cmocka_unit_test(the_waterfall_triggers_as_computed_by_hand),
        cmocka_unit_test(rikers_is_told_line_by_line),
        cmocka_unit_test(an_amount_is_explained_step_by_step),
        cmocka_unit_test(json_says_the_same),
        cmocka_unit_test(bad_results_say_what_where_and_what_to_do),
        cmocka_unit_test(a_file_that_may_not_be_read_is_refused),
        cmocka_unit_test(show_tells_each_declaration),
        cmocka_unit_test(show_tells_what_is_taken_from_elsewhere),
        cmocka_unit_test(the_tree_as_json_is_the_same_each_time),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
