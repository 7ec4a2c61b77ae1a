#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tally/err.h"
#include "tally/text.h"

static void set_fills_and_returns_the_code(void **state)
{
    (void) state;
    struct err err;
    assert_int_equal(err_set(&err, TALLY_E_LIMIT, "%d of %s", 3, "them"), TALLY_E_LIMIT);
    assert_int_equal(err.code, TALLY_E_LIMIT);
    assert_string_equal(err.detail, "3 of them");
    assert_int_equal(err_set(NULL, TALLY_E_IO, "nowhere to put it"), TALLY_E_IO);
}

static void set_may_quote_the_detail_that_it_replaces(void **state)
{
    (void) state;
    struct err err;
    (void) err_set(&err, TALLY_E_IO, "inner");
    (void) err_set(&err, TALLY_E_IO, "outer: %s", err.detail);
    assert_string_equal(err.detail, "outer: inner");
}

static void context_goes_before_the_detail(void **state)
{
    (void) state;
    struct err err;
    (void) err_set(&err, TALLY_E_MALFORMED, "no comma");
    assert_int_equal(err_context(&err, "line %d", 7), TALLY_E_MALFORMED);
    assert_string_equal(err.detail, "line 7: no comma");
}

static void long_text_is_cut_between_characters(void **state)
{
    (void) state;
    char text[2 * ERR_DETAIL_MAX];
    struct err err;
    for (size_t shift = 0; shift < 4; shift++) {
        memset(text, 'x', sizeof text);
        for (size_t i = shift; i + 3 < sizeof text; i += 3)
            memcpy(text + i, "\xE2\x82\xAC", 3); /* the euro sign */
        text[sizeof text - 1] = '\0';
        (void) err_set(&err, TALLY_E_IO, "%s", text);
        assert_in_range(strlen(err.detail), ERR_DETAIL_MAX - 4, ERR_DETAIL_MAX - 1);
        assert_true(text_is_utf8(slice_str(err.detail), NULL));
        (void) err_context(&err, "context %zu", shift);
        assert_true(text_is_utf8(slice_str(err.detail), NULL));
        assert_memory_equal(err.detail, "context ", 8);
    }
}

static void every_code_has_a_name_a_text_and_a_side(void **state)
{
    (void) state;
    assert_string_equal(err_code_name(TALLY_E_LIMIT), "TALLY_E_LIMIT");
    assert_string_equal(err_code_text(TALLY_E_LIMIT), "over a limit");
    assert_int_equal(err_code_side(TALLY_OK), ERR_NONE);
    assert_int_equal(err_code_side(TALLY_E_OUTCOME_UNKNOWN), ERR_SOFT);
    for (int code = TALLY_OK; code <= TALLY_E_BUG; code++) {
        assert_memory_equal(err_code_name((enum tally_code) code), "TALLY_", 6);
        assert_true(strlen(err_code_text((enum tally_code) code)) > 3);
    }
}

static void ensure_aborts_and_names_the_place(void **state)
{
    (void) state;
    int ends[2], status = 0;
    char text[512] = "";
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    if (pid == 0) {
        dup2(ends[1], STDERR_FILENO);
        signal(SIGABRT, SIG_DFL);
        ENSURE(1 + 1 == 3);
        _exit(0);
    }
    close(ends[1]);
    assert_true(read(ends[0], text, sizeof text - 1) > 0);
    close(ends[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    assert_non_null(strstr(text, "1 + 1 == 3"));
    assert_non_null(strstr(text, "err_test.c"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(set_fills_and_returns_the_code),
        cmocka_unit_test(set_may_quote_the_detail_that_it_replaces),
        cmocka_unit_test(context_goes_before_the_detail),
        cmocka_unit_test(long_text_is_cut_between_characters),
        cmocka_unit_test(every_code_has_a_name_a_text_and_a_side),
        cmocka_unit_test(ensure_aborts_and_names_the_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
