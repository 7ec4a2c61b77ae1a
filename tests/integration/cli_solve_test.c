/* tally terms solve, as people use it: the real program, files, no service. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../support/cli_run.h"

static struct cli_place place;
static struct cli_output output;

static int setup(void **state)
{
    (void) state;
    static char dir[200];
    const char *tmp = getenv("TMPDIR");
    (void) snprintf(dir, sizeof dir, "%s/tally-solve.XXXXXX", tmp == NULL ? "/tmp" : tmp);
    return mkdtemp(dir) == NULL ? -1 : cli_place_make(&place, dir);
}

static int teardown(void **state)
{
    (void) state;
    static const char *const names[] = {".0", ".1", ".2", "good.json"};
    char path[400];
    int rc = 0;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        (void) snprintf(path, sizeof path, "%s/%s", place.dir, names[i]);
        rc |= unlink(path);
    }
    rc |= rmdir(place.home) | rmdir(place.dir);
    *strrchr(place.dir, '/') = '\0';
    return rc | rmdir(place.dir);
}

static void solve(const char *input, const char *words, int status)
{
    assert_int_equal(cli_tally(&place, &output, input, "terms solve %s", words), 0);
    if (output.status != status)
        fail_msg("status %d, not %d; out: %s; err: %s", output.status, status, output.out, output.err);
}

static void says(const char *text, const char *wanted)
{
    if (strstr(text, wanted) == NULL)
        fail_msg("\"%s\" is not in: %s", wanted, text);
}

static const char GOOD[] =
    "{\"c\":\"a + 10 * b\",\"b\":\"SAFE_DIV(a, 3)\",\"a\":10,\"list\":\"array(b, 1)\",\"is\":\"a > b\"}";

static void values_are_lines_in_the_order_of_the_file(void **state)
{
    (void) state;
    solve(GOOD, "-", 0);
    assert_string_equal(output.out, "c\t130/3\nb\t10/3\na\t10\nlist\t[10/3, 1]\nis\ttrue\n");
    assert_string_equal(output.err, "");
}

static void json_is_one_object_of_exact_values(void **state)
{
    (void) state;
    solve(GOOD, "- --json", 0);
    assert_string_equal(output.out,
                        "{\"a\":\"10\",\"b\":\"10/3\",\"c\":\"130/3\",\"is\":\"true\",\"list\":[\"10/3\",\"1\"]}\n");
    solve("{}", "- --json", 0);
    assert_string_equal(output.out, "{}\n");
}

static void a_terminal_gets_an_aligned_table(void **state)
{
    (void) state;
    char program[512], path[512];
    (void) snprintf(path, sizeof path, "%s/good.json", place.dir);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs("{\"long_name\":\"1 / 4\",\"x\":\"100\",\"big\":\"2 ^ 4000\"}", file) >= 0);
    assert_int_equal(fclose(file), 0);
    cli_program("tally", program, sizeof program);
    const char *const argv[] = {program, "terms", "solve", "good.json", NULL};
    assert_int_equal(cli_spawn_on_terminal(&place, argv, &output), 0);
    assert_int_equal(output.status, 0);
    says(output.out, "NAME");
    says(output.out, "... (whole with --json)");
    says(output.out, "long_name  ");
    solve(NULL, "good.json --json", 0);
    assert_true(strlen(output.out) > 1200);
}

static void all_errors_are_told_in_one_run(void **state)
{
    (void) state;
    static const char bad[] = "{\"total\":\"a + pric\",\"price\":\"2\",\"a\":\"b\",\"b\":\"a\",\"z\":\"1 / 0\\u001b\"}";
    solve(bad, "-", 1);
    assert_string_equal(output.out, "");
    says(output.err, "-: total:1:5: error: no equation has the name `pric`\n");
    says(output.err, "  a + pric\n      ^~~~\n  hint: did you mean `price`?\n");
    says(output.err, "-: a:1:1: error: a circle: `a` needs `b`, which needs `a`\n");
    says(output.err, "-: z:1:6: error: `?` means nothing in a formula\n");
    solve(bad, "- --json", 1);
    says(output.out,
         "{\"dropped\":0,\"errors\":[{\"column\":5,\"equation\":\"total\",\"hint\":\"did you mean `price`?\",\"line\":1,"
         "\"message\":\"no equation has the name `pric`\"}");
    says(output.out, "],\"solved\":false}\n");
    assert_string_equal(output.err, "");
}

static void what_is_no_set_of_equations_is_refused(void **state)
{
    (void) state;
    static const char *const bad[][2] = {
        {"[1]", "equations are one object, name to formula"},
        {"{\"a\":0.1}", "\"a\": a number with a point is not exact in JSON: write it as a text"},
        {"{\"a\":null}", "\"a\": a formula is a text"},
        {"{\"a\":\"1\",\"a\":\"2\"}", "duplicate object key"},
        {"{\"a\":\"\xff\"}", "this is not the JSON that is read here"},
        {"", "this is not the JSON that is read here"},
        {"{\"a\":\"1\"", "this is not the JSON that is read here"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        solve(bad[i][0], "-", 1);
        says(output.err, bad[i][1]);
        assert_string_equal(output.out, "");
    }
    solve(NULL, "nothing.json", 1);
    says(output.err, "nothing.json: No such file or directory");
    solve(NULL, ".", 1);
    says(output.err, "is a folder, not a file");
    solve(NULL, "", 2);
    solve(NULL, "a.json b.json", 2);
    solve(NULL, "a.json --no-such", 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_lines_in_the_order_of_the_file), cmocka_unit_test(json_is_one_object_of_exact_values),
        cmocka_unit_test(a_terminal_gets_an_aligned_table),          cmocka_unit_test(all_errors_are_told_in_one_run),
        cmocka_unit_test(what_is_no_set_of_equations_is_refused),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
