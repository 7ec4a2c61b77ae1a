#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "tally/instant.h"
#include "tally/log.h"
#include "tally/text.h"

/* What fn logs: a packet pipe keeps each write apart, so a second read of "" says that there was one write. */
static size_t captured(void (*fn)(void), char *out, size_t size)
{
    int ends[2], saved = dup(STDERR_FILENO);
    assert_int_equal(pipe2(ends, O_DIRECT | O_NONBLOCK), 0);
    dup2(ends[1], STDERR_FILENO);
    fn();
    dup2(saved, STDERR_FILENO);
    close(saved);
    ssize_t n = read(ends[0], out, size - 1);
    char more[8];
    assert_true(read(ends[0], more, sizeof more) < 0);
    close(ends[0]);
    close(ends[1]);
    out[n < 0 ? 0 : n] = '\0';
    return n < 0 ? 0 : (size_t) n;
}

static void one_event(void)
{
    LOG_INFO("test.event", LOG_STR("who", "a \"b\"\n\x01\xFFz"), LOG_I64("n", INT64_MIN), LOG_STR("none", NULL),
             LOG_STR("plain", "x"));
}

static void json_is_one_escaped_line(void **state)
{
    (void) state;
    char text[8192];
    struct instant at;
    log_init(LOG_FORM_JSON, LOG_LEVEL_INFO);
    (void) captured(one_event, text, sizeof text);
    assert_memory_equal(text, "{\"at\":\"", 7);
    assert_int_equal(instant_parse(slice_of(text + 7, INSTANT_TEXT_LEN), &at), TALLY_OK);
    assert_string_equal(text + 7 + INSTANT_TEXT_LEN,
                        "\",\"level\":\"info\",\"event\":\"test.event\",\"who\":\"a \\\"b\\\"\\u000a\\u0001\xEF\xBF\xBDz\","
                        "\"n\":-9223372036854775808,\"none\":null,\"plain\":\"x\"}\n");
}

static void the_form_for_people_is_one_line_too(void **state)
{
    (void) state;
    char text[8192];
    log_init(LOG_FORM_HUMAN, LOG_LEVEL_INFO);
    (void) captured(one_event, text, sizeof text);
    assert_string_equal(text + INSTANT_TEXT_LEN, " info test.event who=\"a \\\"b\\\"\\u000a\\u0001\xEF\xBF\xBDz\""
                                                 " n=-9223372036854775808 none=- plain=x\n");
}

static void errors_say_whose_they_are(void **state)
{
    (void) state;
    char text[8192];
    log_init(LOG_FORM_JSON, LOG_LEVEL_WARN);
    struct err err;
    (void) err_set(&err, TALLY_E_DATABASE, "no such table");
    int ends[2], saved = dup(STDERR_FILENO);
    assert_int_equal(pipe(ends), 0);
    dup2(ends[1], STDERR_FILENO);
    log_err(LOG_LEVEL_ERROR, "test.failed", &err);
    log_err(LOG_LEVEL_INFO, "test.quiet", &err);
    dup2(saved, STDERR_FILENO);
    close(saved);
    close(ends[1]);
    ssize_t n = read(ends[0], text, sizeof text - 1);
    assert_true(n > 0);
    text[n] = '\0';
    close(ends[0]);
    assert_non_null(strstr(text,
                           "\"level\":\"error\",\"event\":\"test.failed\",\"code\":\"TALLY_E_DATABASE\",\"side\":\"ours\","
                           "\"detail\":\"no such table\"}\n"));
    assert_null(strstr(text, "test.quiet"));
}

static char long_text[20000];

static void long_event(void)
{
    LOG_WARN("test.long", LOG_STR("text", long_text), LOG_STR("more", long_text), LOG_I64("n", 1));
}

static void a_long_line_is_cut_and_still_one_value(void **state)
{
    (void) state;
    static const char *const fillers[] = {"x", "\xE2\x82\xAC", "\n", "\xFF"};
    char text[8192];
    for (int form = LOG_FORM_HUMAN; form <= LOG_FORM_JSON; form++)
        for (size_t i = 0; i < sizeof fillers / sizeof fillers[0]; i++) {
            size_t len = strlen(fillers[i]);
            for (size_t at = 0; at + len < sizeof long_text; at += len)
                memcpy(long_text + at, fillers[i], len);
            log_init((enum log_form) form, LOG_LEVEL_INFO);
            size_t n = captured(long_event, text, sizeof text);
            assert_in_range(n, 4000, 4096);
            assert_true(text_is_utf8(slice_of(text, n), NULL));
            assert_string_equal(text + n - (form == LOG_FORM_JSON ? 3 : 2), form == LOG_FORM_JSON ? "\"}\n" : "\"\n");
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_is_one_escaped_line),
        cmocka_unit_test(the_form_for_people_is_one_line_too),
        cmocka_unit_test(errors_say_whose_they_are),
        cmocka_unit_test(a_long_line_is_cut_and_still_one_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
