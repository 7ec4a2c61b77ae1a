/* tally terms exposure, as people use it. */
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

static char parent[] = "/tmp/tally-exposure-XXXXXX";
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
    write_file("open.terms", "terms 1\ncontract open \"Open\"\ncurrency USD rounded to 0.01, half even\nclock UTC\n"
                             "runs 2016-01-01 to 2020-12-31\nparty city outcome payer \"City\"\n"
                             "party lender investor \"Lender\"\nmetric saved is \"Saved\" in USD\n  reported by city\n"
                             "pay p from city to lender\n  amount saved\n  either way\n");
    write_file("bad.terms", "terms 1\ncontract");
    return 0;
}

static int tear_down(void **state)
{
    (void) state;
    char line[400];
    (void) snprintf(line, sizeof line, "rm -rf '%s'", parent);
    return system(line) == 0 ? 0 : -1; /* NOLINT(cert-env33-c): a folder of our own */
}

static void it_says_what_each_rule_and_party_comes_to(void **state)
{
    (void) state;
    TALLY(0, "terms exposure rikers.terms");
    assert_string_equal(output.out, "Rules\nsuccess\t1\tUSD\t0.00\t11712000.00\t0.00\t11712000.00\n"
                                    "Parties\ncity\towes\tUSD\t0.00\t11712000.00\t0.00\n"
                                    "mdrc\treceives\tUSD\t0.00\t11712000.00\t0.00\n");
    TALLY(0, "terms exposure open.terms");
    assert_non_null(strstr(output.out, "p\t1\tUSD\tno bound\tno bound\tno bound\tno bound\n"));
}

static void its_json_has_amounts_as_text_and_null_without_a_bound(void **state)
{
    (void) state;
    TALLY(0, "terms exposure rikers.terms --json");
    assert_string_equal(output.out,
                        "{\"coarse\":false,\"contract\":\"rikers-able\",\"parties\":["
                        "{\"currency\":\"USD\",\"least\":\"0.00\",\"lowest\":\"0.00\",\"most\":\"11712000.00\",\"party\":"
                        "\"city\",\"side\":\"owes\"},"
                        "{\"currency\":\"USD\",\"least\":\"0.00\",\"lowest\":\"0.00\",\"most\":\"11712000.00\",\"party\":"
                        "\"mdrc\",\"side\":\"receives\"}],"
                        "\"rules\":[{\"currency\":\"USD\",\"instances\":1,\"least\":\"0.00\",\"lowest\":\"0.00\",\"most\":"
                        "\"11712000.00\",\"never\":false,\"one\":{\"least\":\"0.00\",\"most\":\"11712000.00\"},\"rule\":"
                        "\"success\"}]}\n");
    TALLY(0, "terms exposure open.terms --json");
    assert_non_null(strstr(output.out, "\"least\":null,\"lowest\":null,\"most\":null"));
}

static void what_does_not_check_has_no_exposure(void **state)
{
    (void) state;
    TALLY(1, "terms exposure bad.terms");
    assert_non_null(strstr(output.err, "bad.terms:2:9: error: "));
    assert_string_equal(output.out, "");
    TALLY(1, "terms exposure none.terms");
    TALLY(2, "terms exposure");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_says_what_each_rule_and_party_comes_to),
        cmocka_unit_test(its_json_has_amounts_as_text_and_null_without_a_bound),
        cmocka_unit_test(what_does_not_check_has_no_exposure),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
