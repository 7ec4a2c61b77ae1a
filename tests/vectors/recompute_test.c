/* What the templates' histories should pay, computed once more by formulas in another language (tests/vectors/recompute), with
 * exact fractions and nothing of this program. templates_test compares the same expected payments with the engine. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../support/root.h"

static char root[512];

/* The status of python3 with these arguments; 127 where there is none. */
static int python(const char *const arguments[])
{
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        (void) execvp("python3", (char *const *) (uintptr_t) arguments);
        _exit(127);
    }
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void the_expected_payments_follow_from_the_formulas(void **state)
{
    char script[600], folder[600];
    (void) state;
    (void) snprintf(script, sizeof script, "%s/tests/vectors/recompute", root);
    (void) snprintf(folder, sizeof folder, "%s/contracts/templates", root);
    /* -B: nothing is written beside the sources */
    int status = python((const char *const[]){"python3", "-B", script, folder, NULL});
    if (status == 127) {
        print_message("skipped: there is no python3 to compute the expected payments with\n");
        skip();
    }
    assert_int_equal(status, 0);
}

int main(void)
{
    (void) snprintf(root, sizeof root, "%s", project_root());
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_expected_payments_follow_from_the_formulas)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
