#include "terms_help.h"

static void repeat(struct buf *out, const char *what, uint32_t times)
{
    for (uint32_t i = 0; i < times; i++)
        buf_add_str(out, what);
}

/* HEADER, then before and after around `what` repeated. Gives the code of the only error, or "" without one. */
static const char *error_of(const char *before, const char *what, uint32_t times, const char *after)
{
    static char code[64];
    struct sample s;
    struct buf text;
    buf_init(&text, OUT_MAX);
    buf_add_str(&text, HEADER);
    buf_add_str(&text, before);
    repeat(&text, what, times);
    buf_add_str(&text, after);
    sample_parse(&s, buf_slice(&text));
    assert_true(s.diags.errors <= 1);
    (void) snprintf(code, sizeof code, "%.*s", SLICE_ARG(s.diags.errors == 0 ? SLICE("") : s.diags.first->code));
    sample_release(&s);
    buf_release(&text);
    return code;
}

static void expressions_have_a_depth(void **state)
{
    (void) state;
    assert_string_equal(error_of("define x = ", "1 + ", AST_DEPTH_MAX - 1, "1\n"), "");
    assert_string_equal(error_of("define x = ", "1 + ", AST_DEPTH_MAX, "1\n"), "expression.depth");
    assert_string_equal(error_of("define x = ", "(", 60, "1))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))\n"),
                        "");
    assert_string_equal(error_of("define x = ", "(", 100000, "1\n"), "expression.depth");
    assert_string_equal(error_of("define x = ", "-", 100000, "1\n"), "expression.depth");
    assert_string_equal(error_of("define x = ", "not ", 50000, "a\n"), "expression.depth");
    assert_string_equal(error_of("define x = ", "2 ^ ", 50000, "a\n"), "expression.depth");
    assert_string_equal(error_of("define x = ", "if a then b else ", 5000, "a\n"), "expression.depth");
    assert_string_equal(error_of("define x = ", "3 days after ", 10000, "a\n"), "expression.depth");
    assert_string_equal(error_of("define x = ", "5 per a of ", 10000, "a\n"), "expression.depth");
    assert_string_equal(error_of("define x = ", "step of ", 20000, "a\n"), "expression.depth");
    assert_string_equal(error_of("define x = ", "a[b: (", 20000, "a\n"), "expression.depth");
    assert_string_equal(error_of("define x = ", "max(1, ", 20000, "a\n"), "expression.depth");
    assert_string_equal(error_of("define x = ", "sum(", 20000, "a\n"), "expression.depth");
    assert_string_equal(error_of("define x = ", "prior(q, ", 20000, "a\n"), "expression.depth");
    assert_string_equal(error_of("define x = max(1", ", 1", 64, ")\n"), "expression.arguments");
}

static void a_text_has_a_length(void **state)
{
    struct sample s;
    struct buf text;
    (void) state;
    buf_init(&text, OUT_MAX);
    buf_add_str(&text, HEADER "#");
    repeat(&text, "x", AST_TEXT_MAX - (uint32_t) text.len);
    sample_parse(&s, buf_slice(&text));
    assert_parses(&s);
    sample_release(&s);
    buf_add_char(&text, 'x');
    sample_parse(&s, buf_slice(&text));
    assert_null(s.text);
    assert_string_equal(sample_print(&s) + strlen("t:1:1: "),
                        "error: a text has at most 262144 bytes, this one has 262145\n"
                        "  terms 1\n  ^\n  hint: split the contract: one may use another\n");
    sample_release(&s);
    buf_release(&text);
}

static void a_text_has_so_many_declarations_and_parts(void **state)
{
    (void) state;
    assert_string_equal(error_of("", "unit a b\n", AST_DECLARATIONS_MAX, ""), "");
    assert_string_equal(error_of("", "unit a b\n", AST_DECLARATIONS_MAX + 1, ""), "text.declarations");
    assert_string_equal(error_of("", "define x=1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1\n", AST_EXPRS_MAX / 31, ""), "");
    assert_string_equal(error_of("", "define x=1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1\n", AST_EXPRS_MAX / 31 + 1, ""),
                        "text.expressions");
}

static void numbers_have_a_length(void **state)
{
    (void) state;
    assert_string_equal(error_of("define x = 1", "0", AST_DIGITS_MAX - 1, "\n"), "");
    assert_string_equal(error_of("define x = 1", "0", AST_DIGITS_MAX, "\n"), "number.long");
}

static void what_takes_most_memory_fits_the_arena(void **state)
{
    static const char *const dense[][2] = {
        {"define x = y[a:1", ",a:1"}, {"table t in n by d\n", "a:1 "},   {"cap 1 on a", ",a"},
        {"dimension d (a", ",a"},     {"define x = sum(a over a", ",a"}, {"metric m is a of b where a=1", ",a=1"},
        {"in force when a", ",a"},    {"table t in n by d\na:1", "(\n"}};
    (void) state;
    for (size_t i = 0; i < sizeof dense / sizeof dense[0]; i++) {
        struct sample s;
        struct buf text;
        buf_init(&text, OUT_MAX);
        buf_add_str(&text, HEADER);
        buf_add_str(&text, dense[i][0]);
        while (text.len + strlen(dense[i][1]) <= AST_TEXT_MAX)
            buf_add_str(&text, dense[i][1]);
        /* sample_parse asserts that it returns TALLY_OK */
        sample_parse(&s, buf_slice(&text));
        assert_true(arena_used(s.arena) <= AST_ARENA_MAX);
        sample_release(&s);
        buf_release(&text);
    }
}

static void an_arena_that_is_too_small_is_our_error(void **state)
{
    struct slice source =
        SLICE(HEADER "define x = step of a: above 1: min(2, b[c: d]) otherwise: 3\nunit a b\ncap 5 on a, b\n");
    enum tally_code rc = TALLY_E_BUG;
    (void) state;
    for (size_t cap = 0; rc != TALLY_OK; cap += 64) {
        struct arena *arena = arena_new(cap);
        struct diags diags;
        struct ast_text *text = NULL;
        struct err err = {.code = TALLY_OK};
        assert_true(cap < 65536);
        assert_non_null(arena);
        diags_init(&diags, arena);
        rc = ast_parse(source, arena, &diags, &text, &err);
        assert_true(rc == TALLY_OK || (rc == TALLY_E_NO_MEMORY && text == NULL));
        arena_free(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(expressions_have_a_depth),
        cmocka_unit_test(a_text_has_a_length),
        cmocka_unit_test(a_text_has_so_many_declarations_and_parts),
        cmocka_unit_test(numbers_have_a_length),
        cmocka_unit_test(what_takes_most_memory_fits_the_arena),
        cmocka_unit_test(an_arena_that_is_too_small_is_our_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
