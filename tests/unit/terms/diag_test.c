#include "terms_help.h"

static struct span at(uint32_t offset, uint32_t length, uint32_t line, uint32_t column)
{
    return (struct span){offset, length, line, column};
}

static void the_place_is_marked_in_its_line(void **state)
{
    struct sample s = {.arena = arena_new(65536),
                       .source = SLICE("ab\nn\xC3\xA9"
                                       "e cdef\nx")};
    (void) state;
    buf_init(&s.out, OUT_MAX);
    diags_init(&s.diags, s.arena);
    diags_add(&s.diags, DIAG_ERROR, "a.b", at(8, 3, 2, 5), "do %d", "no %s", "way");
    assert_string_equal(sample_print(&s), "t:2:5: error: no way\n  n\xC3\xA9"
                                          "e cdef\n      ^~~\n  hint: do %d\n");
    assert_true(slice_is(s.diags.first->code, "a.b"));
    sample_release(&s);
}

static void a_place_has_one_error_and_order_is_by_place(void **state)
{
    struct sample s = {.arena = arena_new(65536), .source = SLICE("abc")};
    (void) state;
    buf_init(&s.out, OUT_MAX);
    diags_init(&s.diags, s.arena);
    diags_add(&s.diags, DIAG_WARNING, "w", at(2, 1, 1, 3), NULL, "late");
    diags_add(&s.diags, DIAG_ERROR, "e", at(1, 9, 1, 2), NULL, "first");
    diags_add(&s.diags, DIAG_ERROR, "e", at(1, 1, 1, 2), NULL, "second");
    diags_add(&s.diags, DIAG_WARNING, "w", at(1, 1, 1, 2), NULL, "beside");
    diags_sort(&s.diags);
    assert_int_equal(s.diags.errors, 1);
    assert_int_equal(s.diags.warnings, 2);
    assert_string_equal(sample_print(&s), "t:1:2: error: first\n  abc\n   ^~\nt:1:2: warning: beside\n  abc\n   ^\n"
                                          "t:1:3: warning: late\n  abc\n    ^\n");
    diags_add(&s.diags, DIAG_ERROR, "e", at(0, 1, 1, 1), NULL, "appended");
    assert_true(slice_is(s.diags.last->message, "appended"));
    sample_release(&s);
}

static void what_nobody_reads_is_counted(void **state)
{
    struct sample s = {.arena = arena_new(65536), .source = SLICE("abc")};
    (void) state;
    buf_init(&s.out, OUT_MAX);
    diags_init(&s.diags, s.arena);
    for (uint32_t i = 0; i < 50; i++)
        diags_add(&s.diags, DIAG_WARNING, "w", at(i, 1, 1, i + 1), NULL, "w");
    for (uint32_t i = 0; i < 30; i++)
        diags_add(&s.diags, DIAG_ERROR, "e", at(i, 1, 1, i + 1), NULL, "e");
    assert_int_equal(s.diags.errors, 30);
    assert_int_equal(s.diags.warnings, 50);
    assert_int_equal(s.diags.dropped, 40);
    assert_non_null(strstr(sample_print(&s), "t:1:20: error: e\n"));
    assert_non_null(strstr(s.out.ptr, "\nt: 40 more not shown\n"));
    sample_release(&s);
}

static void without_memory_errors_are_counted(void **state)
{
    struct sample s = {.arena = arena_new(0), .source = SLICE("abc")};
    (void) state;
    buf_init(&s.out, OUT_MAX);
    diags_init(&s.diags, s.arena);
    diags_add(&s.diags, DIAG_ERROR, "e", at(0, 1, 1, 1), NULL, "e");
    assert_int_equal(s.diags.errors, 1);
    assert_int_equal(s.diags.dropped, 1);
    assert_null(s.diags.first);
    sample_release(&s);
}

static void a_long_line_is_shown_around_its_place(void **state)
{
    char line[1000];
    struct sample s = {.arena = arena_new(65536), .source = {line, sizeof line}};
    (void) state;
    memset(line, '.', sizeof line);
    line[500] = 'X';
    buf_init(&s.out, OUT_MAX);
    diags_init(&s.diags, s.arena);
    diags_add(&s.diags, DIAG_ERROR, "e", at(500, 1, 1, 501), NULL, "e");
    const char *printed = sample_print(&s);
    const char *shown = strchr(printed, '\n') + 1;
    const char *caret = strchr(shown, '\n') + 1;
    assert_int_equal(caret - shown, 2 + 140 + 1);
    assert_int_equal(strchr(shown, 'X') - shown, strchr(caret, '^') - caret);
    sample_release(&s);
}

static void a_long_message_is_cut_between_characters(void **state)
{
    char text[1200];
    struct sample s = {.arena = arena_new(65536), .source = SLICE("abc")};
    (void) state;
    for (size_t i = 0; i + 2 < sizeof text; i += 2)
        memcpy(text + i, "\xC3\xA9", 3);
    buf_init(&s.out, OUT_MAX);
    diags_init(&s.diags, s.arena);
    diags_add(&s.diags, DIAG_ERROR, "e", at(0, 1, 1, 1), NULL, "%s", text);
    assert_true(s.diags.first->message.len > 400 && s.diags.first->message.len % 2 == 0);
    diags_add(&s.diags, DIAG_ERROR, "e", at(1, 1, 2, 1), NULL, "x%s", text); /* cut in the middle of a character, or not */
    assert_int_equal(s.diags.first->next->message.len % 2, 1);
    sample_release(&s);
}

/* What a text holds may be quoted in a message: the terminal gets no command and no turned line from it. */
static void a_message_does_not_do_what_a_hidden_character_does(void **state)
{
    struct sample s = {.arena = arena_new(65536), .source = SLICE("abc")};
    (void) state;
    buf_init(&s.out, OUT_MAX);
    diags_init(&s.diags, s.arena);
    diags_add(&s.diags, DIAG_ERROR, "e", at(0, 1, 1, 1), "no \x1b[2J", "after \"\x1b[31m\xE2\x80\xAE\xC3\xA9\"");
    assert_true(slice_is(s.diags.first->message, "after \"\xEF\xBF\xBD[31m\xEF\xBF\xBD\xC3\xA9\""));
    assert_true(slice_is(s.diags.first->hint, "no \xEF\xBF\xBD[2J"));
    char text[400]; /* each of them becomes three bytes, of which a message has no half */
    memset(text, '\x1b', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    diags_add(&s.diags, DIAG_ERROR, "e", at(1, 1, 2, 1), NULL, "%s", text);
    struct slice shown = s.diags.first->next->message;
    assert_int_equal(shown.len, 170 * 3);
    assert_memory_equal(shown.ptr + shown.len - 3, "\xEF\xBF\xBD", 3);
    sample_release(&s);
}

static void the_nearest_name_is_found(void **state)
{
    const struct slice names[] = {SLICE("cohort"), SLICE("quarter"), SLICE("arm"), SLICE("reduction")};
    (void) state;
    assert_true(slice_is(ast_nearest(SLICE("cohrot"), names, 4), "cohort"));
    assert_true(slice_is(ast_nearest(SLICE("quater"), names, 4), "quarter"));
    assert_true(slice_is(ast_nearest(SLICE("amr"), names, 4), "arm"));
    assert_true(slice_is(ast_nearest(SLICE("reductoin_"), names, 4), "reduction"));
    assert_int_equal(ast_nearest(SLICE("participant"), names, 4).len, 0);
    assert_int_equal(ast_nearest(SLICE("arm"), names, 4).len, 0);
    assert_int_equal(ast_nearest(SLICE(""), names, 4).len, 0);
    assert_int_equal(ast_nearest(SLICE("x"), names, 4).len, 0);
    assert_int_equal(ast_nearest(SLICE("arm"), NULL, 0).len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_place_is_marked_in_its_line),
        cmocka_unit_test(a_place_has_one_error_and_order_is_by_place),
        cmocka_unit_test(what_nobody_reads_is_counted),
        cmocka_unit_test(without_memory_errors_are_counted),
        cmocka_unit_test(a_long_line_is_shown_around_its_place),
        cmocka_unit_test(a_long_message_is_cut_between_characters),
        cmocka_unit_test(a_message_does_not_do_what_a_hidden_character_does),
        cmocka_unit_test(the_nearest_name_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
