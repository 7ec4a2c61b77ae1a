/* tally result submit FILE.csv: a spreadsheet's table is one statement, cell by cell as it was written, or an error with its line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../support/audit.h"
#include "../support/cli_run.h"
#include "../support/service.h"

static struct service service;
static struct cli_place place;
static struct cli_output output;

#define HUB "--actor hub --key hub.pem "
#define SUBMIT HUB "result submit table.csv "

static void write_file(const char *name, const char *text, size_t len)
{
    char path[700];
    (void) snprintf(path, sizeof path, "%s/%s", place.dir, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

static void says(const char *text, const char *wanted)
{
    if (strstr(text, wanted) == NULL)
        fail_msg("\"%s\" is not in: %s", wanted, text);
}

static void run(int wanted, const char *command)
{
    assert_int_equal(cli_tally(&place, &output, NULL, "%s", command), 0);
    if (output.status != wanted)
        fail_msg("status %d, not %d; out: %s; err: %s", output.status, wanted, output.out, output.err);
}

static void table(const char *text, int wanted, const char *command, const char *wanted_err)
{
    write_file("table.csv", text, strlen(text));
    run(wanted, command);
    says(output.err, wanted_err);
}

static int set_up(void **state)
{
    char path[700];
    struct service_actor hub;
    (void) state;
    if (service_start(&service, NULL) != 0 || service_ready(&service) != 0 || cli_place_make(&place, service.dir) != 0)
        return -1;
    (void) snprintf(place.server, sizeof place.server, "http://127.0.0.1:%u", service.port);
    if (service_register(&service, "hub", "backbone", &hub) != 0)
        return -1;
    (void) snprintf(path, sizeof path, "%s/hub.pem", place.dir);
    if (key_pair_save(hub.key, path, NULL) != TALLY_OK)
        return -1;
    service_actor_release(&hub);
    run(0, HUB "indicator define test.share --version 1 --kind output --unit percent --name Share --definition 'A share'");
    run(0, HUB "indicator define test.count --version 1 --kind output --unit people --name Count --definition 'A count'");
    run(0, HUB "indicator define test.count --version 2 --kind output --unit people --name Count --definition 'A recount'");
    return 0;
}

static int tear_down(void **state)
{
    (void) state;
    service_stop_replayed(&service);
    return 0;
}

static void a_table_is_one_statement_of_the_cells_as_they_stand(void **state)
{
    (void) state;
    table("indicator,version,value,quarter,place\n"
          "test.share,1,\"45.50%\",2026-01-01/2026-03-31,\"Saint-Denis:north\"\n"
          "\n"
          "test.share,1, 0.10% ,2026-04-01/2026-06-30,\n",
          0, SUBMIT "--preview", "");
    run(0, SUBMIT);
    says(output.out, "recorded\tresult.submitted\n");
    run(0, "result list --indicator test.share");
    says(output.out, "\ttest.share\tplace=Saint-Denis:north quarter=2026-01-01/2026-03-31\t45.50%\t");
    says(output.out, "\ttest.share\tquarter=2026-04-01/2026-06-30\t0.10%\t");
    run(1, SUBMIT);
    says(output.err, "result.duplicate");
}

static void what_spreadsheets_write_is_read(void **state)
{
    (void) state;
    table("\xef\xbb\xbfplace;value\r\nnorth;17\r\nsouth;18", 0, SUBMIT "--indicator test.count --version 2", "");
    run(0, "result list --indicator test.count");
    says(output.out, "\tplace=north\t17\t");
    says(output.out, "\tplace=south\t18\t");
    table("place\tvalue\neast\t19\n", 1, SUBMIT "--indicator test.count --version 2 --private", "result.private");
    table("place\tvalue\neast\t19\n", 0, SUBMIT "--indicator test.count --version 2", "");
}

static void what_is_wrong_is_said_with_its_line(void **state)
{
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"", "table.csv:1: the first line names the columns, and one of them is value"},
        {"place,count\nnorth,1\n", "table.csv:1: the first line names the columns, and one of them is value"},
        {"value\n", "table.csv:2: there is no row behind the first line"},
        {"value,value\n1,2\n", "table.csv:1: there are two columns of this name: value"},
        {"value,Place\n1,2\n", "table.csv:1: the first line names the columns: value, indicator"},
        {"place,value\nnorth,1\n\nsouth\n", "table.csv:4: this row has another number of cells than the first line"},
        {"place,value\nnorth,1,5\n", "table.csv:2: this row has another number of cells than the first line"},
        {"place,value\nnorth,\n", "table.csv:2: the value is empty"},
        {"place,value\n\"no\nrth\",1\n\"south,2\n", "table.csv:4: a quote is not closed"},
        {"place,value\n\"north\"east,1\n", "table.csv:2: something stands behind a closing quote"},
        {"place,value\nn\xffrth,1\n", "table.csv:2: a cell is not UTF-8"},
        {"version,value\n0,1\n", "table.csv:2: of which version of the indicator?"},
        {"version,value\ntwo,1\n", "table.csv:2: of which version of the indicator?"},
        {"contract,value\ndeal,1\n", "table.csv:2: what is measured?"},
    };
    (void) state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        table(cases[i].text, 1, SUBMIT "--indicator test.count --version 2", cases[i].says);
    table("place,value\nwest,1\n", 1, SUBMIT, "table.csv:2: what is measured?");
    table("place,value\nwest,1\n", 1, SUBMIT "--contract deal", "table.csv:2: of which metric of the contract?");
    table("place,value\nwest,1\n", 2, SUBMIT "--indicator test.count --version 2 --value 5", "--value is for one result");
    run(0, "result list --indicator test.count");
    assert_null(strstr(output.out, "west"));
    write_file("one.json", "{}", 2);
    run(2, HUB "result submit one.json --indicator test.count");
    says(output.err, "a file says it itself");
}

static void a_table_of_too_many_results_is_two_files(void **state)
{
    enum { ROWS = 10001, ROW_MAX = 24 };
    char *text = malloc((size_t) (ROWS + 1) * ROW_MAX);
    size_t len = 0;
    (void) state;
    assert_non_null(text);
    len += (size_t) snprintf(text, ROW_MAX, "place,value\n");
    for (int i = 0; i < ROWS; i++)
        len += (size_t) snprintf(text + len, ROW_MAX, "p%d,%d\n", i, i);
    write_file("table.csv", text, len);
    run(1, SUBMIT "--indicator test.count --version 2");
    says(output.err, "table.csv:10002: a statement has at most 10,000 results");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_table_is_one_statement_of_the_cells_as_they_stand),
        cmocka_unit_test(what_spreadsheets_write_is_read),
        cmocka_unit_test(what_is_wrong_is_said_with_its_line),
        cmocka_unit_test(a_table_of_too_many_results_is_two_files),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
