/* The manual's table of limits (contracts/terms/README.md, section 12) says what the program holds: each row is written here from the
 * numbers of the code, and the table has these rows and no other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../../contracts/engine/eval.h"
#include "../../support/root.h"
#include "tally/buf.h"

#define LIMIT_TEXT_MAX ((size_t) 1 << 20) /* of the manual */
#define ROWS_MAX 40

static char manual[LIMIT_TEXT_MAX];

/* With a comma before each group of three. */
static const char *grouped(unsigned long long number)
{
    static char texts[8][32];
    static int next;
    char *out = texts[next++ % 8], plain[32];
    int len = snprintf(plain, sizeof plain, "%llu", number), n = 0;
    for (int i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0)
            out[n++] = ',';
        out[n++] = plain[i];
    }
    out[n] = '\0';
    return out;
}

static int read_manual(void **state)
{
    char path[600];
    (void) state;
    (void) snprintf(path, sizeof path, "%s/contracts/terms/README.md", project_root());
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return -1;
    size_t len = fread(manual, 1, sizeof manual - 1, file);
    (void) fclose(file);
    manual[len] = '\0';
    return 0;
}

/* "| what | at most |" of each row behind the heading; how many. */
static size_t rows_of(const char *heading, char rows[ROWS_MAX][200])
{
    const char *at = strstr(manual, heading);
    size_t count = 0;
    assert_non_null(at);
    at = strstr(at, "| --- |");
    assert_non_null(at);
    for (at = strchr(at, '\n') + 1; *at == '|'; at = strchr(at, '\n') + 1) {
        const char *what = strchr(at + 1, '|'), *most = what == NULL ? NULL : strchr(what + 1, '|');
        assert_non_null(most);
        assert_true(count < ROWS_MAX);
        (void) snprintf(rows[count++], sizeof rows[0], "%.*s", (int) (most + 1 - at), at);
    }
    return count;
}

static void the_table_of_limits_says_what_the_program_holds(void **state)
{
    char rows[ROWS_MAX][200], wanted[ROWS_MAX][200];
    size_t count = rows_of("\n## 12 Limits", rows), n = 0;
    (void) state;
#define ROW(...) (void) snprintf(wanted[n++], sizeof wanted[0], __VA_ARGS__)
    ROW("| a text | %u KiB, %s declarations |", AST_TEXT_MAX / 1024, grouped(AST_DECLARATIONS_MAX));
    ROW("| an expression | %u levels; all of a text %s parts |", AST_DEPTH_MAX, grouped(AST_EXPRS_MAX));
    ROW("| a number in the text | %s digits |", grouped(AST_DIGITS_MAX));
    ROW("| an exact number | %s bits above and below its line |", grouped(ENGINE_BITS_MAX));
    ROW("| a result | %zu digits before and %d behind the point |", strlen(grouped(MONEY_MAX)) - 5, PLACES_MAX);
    ROW("| places of money | %d |", PLACES_MAX);
    ROW("| dimensions | %d |", DIMENSIONS_MAX);
    ROW("| members of a closed dimension | %s |", grouped(MEMBERS_MAX));
    ROW("| instances of a contract | %s |", grouped(INSTANCES_MAX));
    ROW("| instances that one result moves | %s |", grouped(FAN_OUT_MAX));
    ROW("| steps of an evaluation from nothing | %s |", grouped(STEPS_MAX));
    ROW("| `best(k, ...)` | %d |", BEST_MAX);
    ROW("| an explanation of one amount | %s steps, %u KiB |", grouped(TRACE_STEPS_MAX), TRACE_BYTES_MAX >> 10);
    ROW("| members of an aggregate that it tells one by one | %d |", TRACE_MEMBERS_MAX);
    for (size_t i = 0; i < n && i < count; i++)
        assert_string_equal(rows[i], wanted[i]);
    assert_int_equal(count, n);
}

/* "256 KiB, 4,096 declarations, ..." where the reader of texts is described. */
static void the_limits_of_the_reader_are_said_alike(void **state)
{
    char wanted[300];
    (void) state;
    (void) snprintf(
        wanted, sizeof wanted,
        "stand at the end of `ast.h`: %u KiB, %s declarations, %s parts of\n  expressions, %u levels, %s digits, ",
        AST_TEXT_MAX / 1024, grouped(AST_DECLARATIONS_MAX), grouped(AST_EXPRS_MAX), AST_DEPTH_MAX, grouped(AST_DIGITS_MAX));
    if (strstr(manual, wanted) == NULL)
        fail_msg("the manual does not say: %s", wanted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_of_limits_says_what_the_program_holds),
        cmocka_unit_test(the_limits_of_the_reader_are_said_alike),
    };
    return cmocka_run_group_tests(tests, read_manual, NULL);
}
