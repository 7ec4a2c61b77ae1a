#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tally/canon.h"

static void nested_values_are_written_without_white_space(void **state)
{
    (void) state;
    struct buf buf;
    struct canon w;
    buf_init(&buf, 1000);
    buf_add_str(&buf, "> "); /* what the buffer held before is no concern of the writer's */
    canon_init(&w, &buf);
    canon_object(&w);
    canon_name(&w, "a");
    canon_array(&w);
    canon_i64(&w, -CANON_INT_MAX);
    canon_bool(&w, true);
    canon_null(&w);
    canon_array(&w);
    canon_close(&w);
    canon_object(&w);
    canon_close(&w);
    canon_close(&w);
    canon_name(&w, "aa");
    canon_hex(&w, "\x01\xFE", 2);
    canon_name_slice(&w, SLICE("b"));
    canon_base64url(&w, "\xFB\xFF", 2);
    canon_name(&w, "c");
    canon_base64(&w, "\xFB\xFF", 2);
    canon_name(&w, "d");
    canon_raw(&w, SLICE("{\"x\":1}"));
    canon_name(&w, "e");
    canon_str(&w, "ends in a colon:");
    canon_close(&w);
    assert_int_equal(buf_check(&buf, NULL), TALLY_OK);
    assert_int_equal(w.depth, 0);
    assert_string_equal(buf.ptr,
                        "> {\"a\":[-9007199254740991,true,null,[],{}],\"aa\":\"01fe\",\"b\":\"-_8\",\"c\":\"+/8=\","
                        "\"d\":{\"x\":1},\"e\":\"ends in a colon:\"}");
    buf_release(&buf);
}

static void strings_are_escaped_as_rfc_8785_says(void **state)
{
    (void) state;
    struct buf buf;
    buf_init(&buf, 1000);
    canon_quote(&buf, SLICE("\b\t\n\f\r\"\\/\x01\x1F\x7F z\xC3\xBC \xE2\x82\xAC \xF0\x9F\x98\x80"));
    assert_string_equal(buf.ptr, "\"\\b\\t\\n\\f\\r\\\"\\\\/\\u0001\\u001f\x7F z\xC3\xBC \xE2\x82\xAC \xF0\x9F\x98\x80\"");
    buf_clear(&buf);
    canon_quote(&buf, (struct slice){NULL, 0});
    assert_string_equal(buf.ptr, "\"\"");
    assert_int_equal(buf_check(&buf, NULL), TALLY_OK);
    canon_quote(&buf, SLICE("\xC3("));
    assert_int_equal(buf_check(&buf, NULL), TALLY_E_MALFORMED);
    buf_clear(&buf);
    canon_quote(&buf, slice_of("\0", 1));
    assert_int_equal(buf_check(&buf, NULL), TALLY_E_MALFORMED);
    buf_release(&buf);
}

static void a_buffer_that_ran_out_stops_nothing(void **state)
{
    (void) state;
    struct buf buf;
    struct canon w;
    for (size_t max = 0; max < 30; max++) {
        buf_init(&buf, max);
        canon_init(&w, &buf);
        canon_object(&w);
        canon_name(&w, "first");
        canon_str(&w, "value");
        canon_name(&w, "second");
        canon_array(&w);
        canon_i64(&w, 1);
        canon_close(&w);
        canon_close(&w);
        assert_int_equal(buf_check(&buf, NULL), TALLY_E_LIMIT);
        buf_release(&buf);
    }
}

/* ---- what is a bug of the caller's aborts ---- */

static struct buf shared;
static struct canon writer;

static void names_out_of_order(void)
{
    canon_object(&writer);
    canon_name(&writer, "b");
    canon_null(&writer);
    canon_name(&writer, "a");
}
static void names_that_are_equal(void)
{
    canon_object(&writer);
    canon_name(&writer, "a");
    canon_null(&writer);
    canon_name(&writer, "a");
}
static void escaped_names_out_of_order(void)
{
    canon_object(&writer);
    canon_name(&writer, "]"); /* 5D; written, the next begins with 5C */
    canon_null(&writer);
    canon_name(&writer, "\n");
}
static void value_without_a_name(void)
{
    canon_object(&writer);
    canon_null(&writer);
}
static void name_without_a_value(void)
{
    canon_object(&writer);
    canon_name(&writer, "a");
    canon_close(&writer);
}
static void name_in_an_array(void)
{
    canon_array(&writer);
    canon_name(&writer, "a");
}
static void close_without_open(void)
{
    canon_close(&writer);
}
static void number_too_large(void)
{
    canon_i64(&writer, CANON_INT_MAX + 1);
}
static void name_beyond_ascii(void)
{
    canon_object(&writer);
    canon_name(&writer, "\xC3\xBC");
}
static void too_deep(void)
{
    for (int i = 0; i <= CANON_DEPTH_MAX; i++)
        canon_array(&writer);
}

static bool aborts(void (*fn)(void))
{
    int status = 0;
    pid_t pid = fork();
    if (pid == 0) {
        close(STDERR_FILENO);
        signal(SIGABRT, SIG_DFL);
        buf_init(&shared, 1000);
        canon_init(&writer, &shared);
        fn();
        _exit(0);
    }
    return waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

static void escaped_names_in_order(void)
{
    canon_object(&writer);
    canon_name(&writer, "\x01");
    canon_null(&writer);
    canon_name(&writer, "\n"); /* sorted by what it is, not by how it is written */
    canon_null(&writer);
    canon_name(&writer, "\"");
    canon_null(&writer);
    canon_name(&writer, "\\");
    canon_null(&writer);
    canon_name(&writer, "]");
}

static void bugs_of_the_caller_are_caught(void **state)
{
    (void) state;
    assert_true(aborts(names_out_of_order));
    assert_true(aborts(names_that_are_equal));
    assert_true(aborts(escaped_names_out_of_order));
    assert_true(aborts(value_without_a_name));
    assert_true(aborts(name_without_a_value));
    assert_true(aborts(name_in_an_array));
    assert_true(aborts(close_without_open));
    assert_true(aborts(number_too_large));
    assert_true(aborts(name_beyond_ascii));
    assert_true(aborts(too_deep));
    assert_false(aborts(escaped_names_in_order));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nested_values_are_written_without_white_space),
        cmocka_unit_test(strings_are_escaped_as_rfc_8785_says),
        cmocka_unit_test(a_buffer_that_ran_out_stops_nothing),
        cmocka_unit_test(bugs_of_the_caller_are_caught),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
