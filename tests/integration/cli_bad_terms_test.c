/* Bad terms and bad results on the command line: each is refused with a clear error and status 1, and no file is changed. */
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

static char parent[] = "/tmp/tally-bad-XXXXXX";
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

static size_t read_bytes(const char *name, char *bytes, size_t cap)
{
    char path[700];
    (void) snprintf(path, sizeof path, "%s/%s", place.dir, name);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    size_t len = fread(bytes, 1, cap, file);
    assert_int_equal(fclose(file), 0);
    return len;
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

#define HEAD                                                                                                               \
    "terms 1\ncontract bad \"Bad\"\ncurrency USD rounded to 0.01, half even\nclock UTC\nruns 2016-01-01 to 2020-12-31\n"   \
    "party city outcome payer \"City\"\nparty lender investor \"Lender\"\ndimension arm (programme, comparison)\n"         \
    "metric days is \"Days\" in days\n  by arm\n  reported by city\nmetric level is \"Level\" in percent\n  reported by "  \
    "city\n"

static int set_up(void **state)
{
    (void) state;
    return mkdtemp(parent) == NULL || cli_place_make(&place, parent) != 0 ? -1 : 0;
}

static int tear_down(void **state)
{
    (void) state;
    char line[400];
    (void) snprintf(line, sizeof line, "chmod -R u+rwX '%s'; rm -rf '%s'", parent, parent);
    return system(line) == 0 ? 0 : -1; /* NOLINT(cert-env33-c): a folder of our own */
}

/* check, fmt --write, show, exposure and eval refuse it with that message, and the file stays as it is. */
static void expect_refused(const char *text, size_t len, const char *message)
{
    static char before[1 << 20], after[1 << 20];
    static const char *const commands[] = {"check bad.terms",
                                           "fmt bad.terms --write",
                                           "show bad.terms",
                                           "exposure bad.terms",
                                           "simulate bad.terms --vary level=0%..1%",
                                           "eval bad.terms --results empty.json"};
    write_bytes("bad.terms", text, len);
    write_file("empty.json", "{\"contract\":\"bad\",\"history\":[]}");
    size_t size = read_bytes("bad.terms", before, sizeof before);
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        char line[200];
        (void) snprintf(line, sizeof line, "terms %s", commands[i]);
        assert_int_equal(cli_tally(&place, &output, NULL, "%s", line), 0);
        /* what parses may be laid out, also when it does not check */
        bool is_layout = i == 1 && output.status == 0;
        if (!is_layout && output.status != 1)
            fail_msg("%s: status %d; err: %s", line, output.status, output.err);
        if (!is_layout) {
            says(output.err, message);
            assert_string_equal(output.out, "");
            assert_int_equal(read_bytes("bad.terms", after, sizeof after), size);
            assert_memory_equal(before, after, size);
        } else {
            write_bytes("bad.terms", text, len);
        }
    }
}

#define REFUSED(text, message) expect_refused(text, strlen(text), message)

static void bytes_that_are_no_text(void **state)
{
    (void) state;
    static const char latin[] = HEAD "# caf\xE9\npay p from city to lender\n  amount 1\n";
    static const char zero[] = HEAD "pay p from city to lender\n  amount 1\0\n";
    REFUSED(latin, "bad.terms:14:6: error: ");
    expect_refused(zero, sizeof zero - 1, "error: ");
    REFUSED("\xEF\xBB\xBF" HEAD, "error: ");
    REFUSED(HEAD "# \xE2\x80\xAE\n", "error: ");
    REFUSED("", "error: ");
    REFUSED("terms 2\n", "error: ");
    REFUSED("\x7F"
            "ELF\x02\x01\x01",
            "error: ");
}

static void what_is_opened_is_closed(void **state)
{
    (void) state;
    REFUSED(HEAD "pay p from city to lender\n  amount (1 + 2\n", "error: ");
    REFUSED(HEAD "pay p from city to lender\n  amount sum(1 over arm\n", "error: ");
    REFUSED(HEAD "party x investor \"never closed\n", "error: ");
    REFUSED(HEAD "dimension d (a, b\n", "error: ");
    REFUSED(HEAD "pay p from city to lender\n  amount step of level: at least 5%: 1\n", "error: ");
    REFUSED(HEAD "table t in USD by arm\n", "error: ");
}

static void names_types_and_units(void **state)
{
    (void) state;
    REFUSED(HEAD "pay p from city to lender\n  amount levle * 5\n", "did you mean `level`?");
    REFUSED(HEAD "pay p from city to lender\n  when level\n  amount 5\n", "bad.terms:15:8: error: ");
    REFUSED(HEAD "pay p from city to lender\n  amount days[arm: programme]\n", "days");
    REFUSED(HEAD "pay p from city to lender\n  when days[arm: programme] > 5\n  amount 5\n", "days");
    REFUSED(HEAD "pay p from city to lender\n  when level - 5% >= 5%\n  amount 5\n", "points");
    REFUSED(HEAD "pay p from city to lender\n  when level > 5 points\n  amount 5\n", "points");
}

static void tables_and_steps_out_of_order(void **state)
{
    (void) state;
    REFUSED(HEAD "pay p from city to lender\n  amount step of level: at least 9%: 1 at least 5%: 2 otherwise: 0\n",
            "error: ");
    REFUSED(HEAD "pay p from city to lender\n  amount linear of level: at 9%: 1 at 5%: 2 outside: flat\n", "error: ");
    REFUSED(HEAD "table t in USD by arm\n  programme: 1\n  programme: 2\npay p from city to lender\n  amount 1\n",
            "error: ");
    REFUSED(HEAD "table t in USD by arm\n  programme: 1\npay p from city to lender\n  amount 1\n", "comparison");
}

/* Several errors are told in one run, each once. */
static void errors_do_not_follow_from_one_another(void **state)
{
    (void) state;
    int errors = 0;
    write_file("bad.terms", HEAD "define a = levle\ndefine b = a * a\npay p from citi to lender\n  amount b + a\n"
                                 "pay q from city to lender\n  amount days[arm: programm]\n");
    TALLY(1, "terms check bad.terms");
    for (const char *at = output.err; (at = strstr(at, ": error: ")) != NULL; at++)
        errors++;
    assert_int_equal(errors, 3);
    says(output.err, "did you mean `level`?");
    says(output.err, "did you mean `city`?");
    says(output.err, "did you mean `programme`?");
    says(output.err, "    amount days[arm: programm]\n                     ^~~~~~~~\n");
    TALLY(1, "terms check bad.terms --json");
    json_t *answer = json_loads(output.out, 0, NULL);
    assert_int_equal(json_array_size(json_object_get(answer, "diagnostics")), 3);
    assert_true(json_is_null(json_object_get(answer, "cost")));
    json_decref(answer);
}

static void limits(void **state)
{
    (void) state;
    static char text[1 << 16];
    size_t len = (size_t) snprintf(text, sizeof text, "%spay p from city to lender\n  amount ", HEAD);
    memset(text + len, '9', 1200);
    (void) snprintf(text + len + 1200, 2, "\n");
    REFUSED(text, "error: ");
    len = (size_t) snprintf(text, sizeof text, "%spay p from city to lender\n  amount ", HEAD);
    memset(text + len, '(', 500);
    (void) snprintf(text + len + 500, 10, "1");
    memset(text + len + 501, ')', 500);
    (void) snprintf(text + len + 1001, 2, "\n");
    REFUSED(text, "more than 64 levels");
}

static void what_is_no_file_of_terms(void **state)
{
    (void) state;
    static char large[10 << 20];
    char path[700];
    memset(large, 'x', sizeof large);
    write_bytes("large.terms", large, sizeof large);
    TALLY(1, "terms check large.terms");
    assert_string_equal(output.out, "");
    TALLY(1, "terms fmt large.terms --write");
    TALLY(1, "terms solve large.terms");
    memset(large, '#', 300000);
    write_bytes("long.terms", large, 300000);
    TALLY(1, "terms check long.terms");
    says(output.err, "262144");
    (void) snprintf(path, sizeof path, "%s/folder", place.dir);
    assert_int_equal(mkdir(path, 0700), 0);
    TALLY(1, "terms check folder");
    says(output.err, "folder");
    TALLY(1, "terms exposure folder");
    TALLY(1, "terms check none.terms");
    says(output.err, "none.terms");
}

static void what_may_not_be_read(void **state)
{
    (void) state;
    char path[700];
    if (geteuid() == 0) {
        print_message("skipped: root may read every file\n");
        skip();
    }
    write_file("closed.terms", HEAD);
    (void) snprintf(path, sizeof path, "%s/closed.terms", place.dir);
    assert_int_equal(chmod(path, 0), 0);
    TALLY(1, "terms check closed.terms");
    says(output.err, "closed.terms");
}

/* ---- at evaluation ---- */

#define RESULT(metric, value) "{\"metric\":\"" metric "\",\"value\":\"" value "\"}"
#define FIGURES                                                                                                            \
    "metric x is \"X\" in number\n  reported by city\nmetric y is \"Y\" in number\n  reported by city\n"                   \
    "metric some is \"Some\" in USD\n  by arm\n  reported by city\n"

static void a_fault_names_its_figures_and_others_go_on(void **state)
{
    (void) state;
    write_file("fault.terms", HEAD FIGURES "pay divided from city to lender\n  amount USD 100 * x / y\n"
                                           "pay average from city to lender\n  amount mean(some over arm of some)\n"
                                           "pay large from city to lender\n  amount USD 1 * (x + 2) ^ 5_000\n"
                                           "pay sound from city to lender\n  amount USD 1 * x\n");
    write_file("fault.json", "{\"contract\":\"bad\",\"history\":[{\"on\":\"2016-05-05\",\"results\":[" RESULT(
                                 "x", "7") "," RESULT("y", "0") "]}]}");
    TALLY(0, "terms eval fault.terms --results fault.json");
    says(output.out, "divided(one)");
    says(output.out, "fault: line ");
    says(output.out, "division by zero: 700 / 0 in `USD 100 * x / y`; stands at 0.00");
    says(output.out, "nothing to aggregate in `mean(some over arm of some)`");
    says(output.out, "a number of more than 4096 bits: 9 ^ 5000");
    says(output.out, "  => sound(one): city to lender, USD 7.00");
}

static void results_that_do_not_fit(void **state)
{
    (void) state;
    static const char *const values[] = {RESULT("x", "1234567890123456789"),
                                         RESULT("x", "0.1234567890123"),
                                         RESULT("x", "1e5"),
                                         RESULT("x", "-0"),
                                         RESULT("x", "60%"),
                                         RESULT("level", "60"),
                                         RESULT("z", "1"),
                                         "{\"metric\":\"x\"}"};
    write_file("fit.terms", HEAD FIGURES "pay p from city to lender\n  amount USD 1 * x\n");
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        char text[400];
        (void) snprintf(text, sizeof text, "{\"contract\":\"bad\",\"history\":[{\"on\":\"2016-05-05\",\"results\":[%s]}]}",
                        values[i]);
        write_file("fit.json", text);
        TALLY(1, "terms eval fit.terms --results fit.json");
        says(output.err, "/history/0/results/0");
        assert_string_equal(output.out, "");
    }
    write_file("fit.json", "{\"contract\":");
    TALLY(1, "terms eval fit.terms --results fit.json");
    TALLY(1, "terms eval fit.terms --results none.json");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_that_are_no_text),
        cmocka_unit_test(what_is_opened_is_closed),
        cmocka_unit_test(names_types_and_units),
        cmocka_unit_test(tables_and_steps_out_of_order),
        cmocka_unit_test(errors_do_not_follow_from_one_another),
        cmocka_unit_test(limits),
        cmocka_unit_test(what_is_no_file_of_terms),
        cmocka_unit_test(what_may_not_be_read),
        cmocka_unit_test(a_fault_names_its_figures_and_others_go_on),
        cmocka_unit_test(results_that_do_not_fit),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
