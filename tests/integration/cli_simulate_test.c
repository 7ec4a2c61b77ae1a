/* tally terms simulate, as people use it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../support/cli_run.h"
#include "../unit/engine/texts.h"

static char parent[] = "/tmp/tally-simulate-XXXXXX";
static struct cli_place place;
static struct cli_output output;

static void write_file(const char *name, const char *text)
{
    char path[700];
    (void) snprintf(path, sizeof path, "%s/%s", place.dir, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
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
    write_file("rikers.terms", TEXT_RIKERS_ABLE);
    write_file("rikers.json",
               "{\"contract\":\"rikers-able\",\"history\":[{\"on\":\"2015-07-02\",\"results\":["
               "{\"metric\":\"bed_days\",\"dimensions\":{\"cohort\":\"y2013\",\"arm\":\"comparison\"},\"value\":\"100\"},"
               "{\"metric\":\"significant\",\"dimensions\":{\"cohort\":\"y2013\"},\"value\":\"true\"}]}]}");
    write_file("dated.terms",
               "terms 1\ncontract dated \"A & B <C>\"\ncurrency USD rounded to 0.01, half even\nclock UTC\n"
               "runs 2016-01-01 to 2020-12-31\nparty city outcome payer \"City\"\n"
               "party lender investor \"Lender\"\nmetric born is \"Born\" in date\n"
               "metric level is \"Level\" in percent\n  if missing use 10%\n"
               "pay p from city to lender\n  amount if born < 2016-02-01 then 7 else 1_000 per point of level\n");
    return 0;
}

static int tear_down(void **state)
{
    (void) state;
    char line[400];
    (void) snprintf(line, sizeof line, "rm -rf '%s'", parent);
    return system(line) == 0 ? 0 : -1; /* NOLINT(cert-env33-c): a folder of our own */
}

#define RIKERS "terms simulate rikers.terms --vary bed_days[programme,y2013]=70..100 --fix significant=true "
#define COMPARED RIKERS "--fix bed_days[comparison,y2013]=100 "

static void the_table_has_what_each_rule_and_payer_comes_to(void **state)
{
    (void) state;
    static const char wanted[] = "70\t11712000.00\t11712000.00\n80\t11712000.00\t11712000.00\n90\t9600000.00\t9600000.00\n"
                                 "100\t0.00\t0.00\n";
    TALLY(0, COMPARED "--steps 3");
    assert_string_equal(output.out, wanted);
    /* the same from a history; what is fixed goes before it */
    TALLY(0, "terms simulate rikers.terms --vary bed_days[programme,y2013]=70..100 --results rikers.json --steps 3");
    assert_string_equal(output.out, wanted);
    TALLY(0, "terms simulate rikers.terms --vary bed_days[programme,y2013]=70..100 --results rikers.json --steps 3 "
             "--fix significant=false");
    assert_non_null(strstr(output.out, "70\t0.00\t0.00\n"));
}

static void cliffs_are_found_where_they_are(void **state)
{
    (void) state;
    TALLY(0, COMPARED "--steps 7 --json");
    json_t *answer = json_loads(output.out, JSON_REJECT_DUPLICATES, NULL);
    const json_t *jumps = json_object_get(answer, "jumps");
    /* reductions of 20, 16, 13, 12.5, 12, 11, 10 and 8.5 percent: up to and with the bound there is more */
    static const double wanted[] = {80, 84, 87, 87.5, 88, 89, 90, 91.5};
    assert_int_equal(json_array_size(jumps), 8);
    for (size_t i = 0; i < 8; i++) {
        double at = strtod(json_string_value(json_object_get(json_array_get(jumps, i), "value")), NULL);
        assert_true(at > wanted[i] && at < wanted[i] + 1e-9);
    }
    assert_string_equal(json_string_value(json_object_get(json_array_get(jumps, 7), "before")), "4800000.00");
    assert_string_equal(json_string_value(json_object_get(json_array_get(jumps, 7), "after")), "0.00");
    assert_int_equal(json_array_size(json_object_get(answer, "points")), 8);
    json_decref(answer);
}

/* Each tag that is opened is closed, in order. */
static void expect_well_formed(const char *text)
{
    int depth = 0;
    for (const char *at = strchr(text, '<'); at != NULL; at = strchr(at + 1, '<')) {
        const char *end = strchr(at, '>');
        assert_non_null(end);
        depth += at[1] == '/' ? -1 : end[-1] == '/' ? 0 : 1;
        assert_true(depth >= 0);
    }
    assert_int_equal(depth, 0);
}

static void the_picture_is_well_formed_and_shows_the_cliffs(void **state)
{
    (void) state;
    int cliffs = 0;
    TALLY(0, COMPARED "--svg -");
    expect_well_formed(output.out);
    for (const char *at = output.out; (at = strstr(at, "class=\"cliff\"")) != NULL; at++)
        cliffs++;
    assert_int_equal(cliffs, 8);
    assert_non_null(strstr(output.out, "bed_days[programme,y2013] (days per person)"));
    assert_non_null(strstr(output.out, "city owes, USD"));
    TALLY(0, "terms simulate dated.terms --vary born=2016-01-01..2016-03-01 --svg -");
    expect_well_formed(output.out);
    assert_non_null(strstr(output.out, "A &amp; B &lt;C&gt;"));
    assert_non_null(strstr(output.out, ">2016-01-16<"));
    TALLY(0, "terms simulate dated.terms --vary level=0%%..1%% --fix born=2017-01-01 --steps 2");
    assert_string_equal(output.out, "0%\t0.00\t0.00\n0.5%\t500.00\t500.00\n1%\t1000.00\t1000.00\n");
}

#define TEN "\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4"

static void a_long_title_is_cut_between_two_characters(void **state)
{
    (void) state;
    /* a title of 101 bytes; 90 would end within a letter */
    write_file("long.terms", "terms 1\ncontract long \"A" TEN TEN TEN TEN TEN "\"\n"
                             "currency USD rounded to 0.01, half even\nclock UTC\nruns 2016-01-01 to 2020-12-31\n"
                             "party city outcome payer \"City\"\nparty lender investor \"Lender\"\n"
                             "metric level is \"Level\" in percent\n"
                             "pay p from city to lender\n  amount 1_000 per point of level\n");
    TALLY(0, "terms simulate long.terms --vary level=0%%..1%% --svg -");
    assert_non_null(strstr(output.out, ">A" TEN TEN TEN TEN "\u00e4\u00e4\u00e4\u00e4<"));
}

static void what_is_missing_is_named(void **state)
{
    (void) state;
    TALLY(1, RIKERS);
    assert_non_null(strstr(output.err, "bed_days(comparison, y2013) is missing"));
    assert_non_null(strstr(output.err, "--fix"));
    assert_string_equal(output.out, "");
}

static void what_makes_no_sense_is_refused(void **state)
{
    (void) state;
    TALLY(2, "terms simulate rikers.terms");
    TALLY(2, "terms simulate rikers.terms --vary bed_day=1..2");
    assert_non_null(strstr(output.err, "no metric "));
    TALLY(2, "terms simulate rikers.terms --vary bed_days=2..1");
    TALLY(2, "terms simulate rikers.terms --vary bed_days=2");
    TALLY(2, "terms simulate rikers.terms --vary bed_days=1..20%%");
    assert_non_null(strstr(output.err, "% behind both or behind neither"));
    TALLY(2, "terms simulate dated.terms --vary level=0%%..1");
    TALLY(2, "terms simulate rikers.terms --vary significant=false..true");
    TALLY(1, "terms simulate rikers.terms --vary bed_days=1..900");
    assert_non_null(strstr(output.err, "between 0 and 730"));
    TALLY(1, COMPARED "--fix bed_days[programm,y2013]=5");
    assert_non_null(strstr(output.err, "programm"));
    TALLY(2, COMPARED "--steps 0");
    TALLY(2, COMPARED "--as-of 2016-02-30");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_has_what_each_rule_and_payer_comes_to),
        cmocka_unit_test(cliffs_are_found_where_they_are),
        cmocka_unit_test(the_picture_is_well_formed_and_shows_the_cliffs),
        cmocka_unit_test(a_long_title_is_cut_between_two_characters),
        cmocka_unit_test(what_is_missing_is_named),
        cmocka_unit_test(what_makes_no_sense_is_refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
