/* Sets of equations: what formulas mean, in which order they are solved, and what is said when they cannot be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tally/engine.h"
#include "tally/mem.h"
#include "tally/solve.h"

#define ARENA_MAX ((size_t) 256 << 20)
#define MANY 32000 /* the largest national set */

static struct arena *arena;
static struct solve *set;

static int setup(void **state)
{
    (void) state;
    arena = arena_new(ARENA_MAX);
    return arena == NULL ? -1 : 0;
}

static int teardown(void **state)
{
    (void) state;
    solve_free(set);
    set = NULL;
    arena_free(arena);
    return 0;
}

static void run(const struct solve_equation *equations, size_t count)
{
    struct err err = {0};
    enum tally_code rc = solve_new(equations, count, arena, &set, &err);
    if (rc != TALLY_OK)
        fail_msg("%s", err.detail);
}

/* "name", "formula", ... */
#define SOLVE(...)                                                                                                         \
    solve_texts((const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

static void solve_texts(const char *const *texts, size_t count)
{
    struct solve_equation equations[32];
    assert_true(count % 2 == 0 && count / 2 <= 32);
    for (size_t i = 0; i < count / 2; i++)
        equations[i] = (struct solve_equation){slice_str(texts[2 * i]), slice_str(texts[2 * i + 1])};
    solve_free(set);
    set = NULL;
    run(equations, count / 2);
}

static void is_item(uint32_t i, uint32_t item, const char *wanted)
{
    struct slice text = SLICE("");
    if (solve_error_count(set) > 0)
        fail_msg("%.*s", SLICE_ARG(solve_errors(set)->message));
    assert_true(solve_is_solved(set, i));
    assert_int_equal(solve_item_text(set, i, item, arena, &text, NULL), TALLY_OK);
    if (!slice_is(text, wanted))
        fail_msg("%.*s, not %s", SLICE_ARG(text), wanted);
}

/* One formula, beside n = 4, arr = 3 6 9 and yes = true. */
static void gives(const char *formula, const char *wanted)
{
    SOLVE("x", formula, "n", "4", "arr", "array(3, 6, 9)", "yes", "1 < 2");
    is_item(0, 0, wanted);
}

static const struct solve_error *nth_error(uint32_t n)
{
    const struct solve_error *error = solve_errors(set);
    while (n-- > 0 && error != NULL)
        error = error->next;
    assert_non_null(error);
    return error;
}

static void says(const struct solve_error *error, uint32_t equation, uint32_t column, const char *message)
{
    char text[2048];
    (void) snprintf(text, sizeof text, "%.*s", SLICE_ARG(error->message));
    if (strstr(text, message) == NULL)
        fail_msg("\"%s\" is not in: %s", message, text);
    assert_int_equal(error->equation, equation);
    assert_int_equal(error->span.column, column);
}

static void fails(const char *formula, uint32_t column, const char *message)
{
    SOLVE("x", formula, "n", "4", "arr", "array(3, 6, 9)", "yes", "1 < 2");
    assert_int_equal(solve_error_count(set), 1);
    says(nth_error(0), 0, column, message);
    assert_false(solve_is_solved(set, 0));
}

static void numbers_are_exact(void **state)
{
    (void) state;
    gives("0.1 + 0.2", "0.3");
    gives("1 / 3", "1/3");
    gives("1 / 3 * 3", "1");
    gives(".35 * n", "1.4");
    gives("1.0e-05", "0.00001");
    gives("12E+2", "1200");
    gives("007", "7");
    gives("0 - 5 / 3", "-5/3");
    gives(" 1\t+\n1 ", "2");
    gives("123456789012345678901234567890 + 1", "123456789012345678901234567891");
}

static void operators_bind_as_in_school(void **state)
{
    (void) state;
    gives("2 + 3 * 4", "14");
    gives("(2 + 3) * 4", "20");
    gives("10 - 2 - 3", "5");
    gives("24 / 4 / 3", "2");
    gives("2 ^ 3 ^ 2", "512");
    gives("-2 ^ 2", "-4");
    gives("2 ^ -1", "0.5");
    gives("2 * -3", "-6");
    gives("--3", "3");
    gives("0 ^ 0", "1");
    gives("1 + 1 = 2 and 2 < 3", "true");
    gives("true or false and false", "true");
    gives("not 1 = 2", "true");
    gives("!yes || yes", "true");
    gives("not yes and false", "false");
}

static void comparisons_and_logic_give_truths(void **state)
{
    (void) state;
    gives("1 < 1", "false");
    gives("1 <= 1", "true");
    gives("1 > 1", "false");
    gives("1 >= 1", "true");
    gives("1 == 1", "true");
    gives("1 = 2", "false");
    gives("1 != 2", "true");
    gives("1 <> 1", "false");
    gives("yes == true", "true");
    gives("yes && FALSE", "false");
    gives("false AND 1 / 0 = 1", "false");
    gives("true Or 1 / 0 = 1", "true");
    fails("1 and yes", 3, "this takes true or false, not a number");
    fails("yes and 1", 5, "this takes true or false, not a number");
    fails("yes + 1", 5, "this takes numbers, not true or false");
    fails("yes < yes", 5, "this takes numbers");
    fails("-arr", 1, "this takes numbers, not an array");
    fails("1 < 2 < 3", 7, "comparisons do not chain");
}

static void functions_of_lists(void **state)
{
    (void) state;
    gives("sum(1, 1.5, 3)", "5.5");
    gives("SUM ( n, 1 )", "5");
    gives("Sum(arr, 2)", "20");
    gives("min(3, -1, 2)", "-1");
    gives("MAX(3, 7, 2)", "7");
    gives("max(n)", "4");
    gives("max(arr)", "9");
    gives("avg(1, 3, 9)", "13/3");
    gives("AVG(arr, 6)", "6");
    fails("sum()", 1, "sum takes at least 1 argument, not 0");
    fails("sum(1,)", 7, "a number, a name or `(` should stand here, not `)`");
    fails("sum(1, yes)", 1, "argument 2 is true or false");
    fails("max(1 2)", 7, "`,` or `)` should stand here, not `2`");
}

static void functions_of_numbers(void **state)
{
    (void) state;
    gives("abs(-5.5)", "5.5");
    gives("Abs(n)", "4");
    gives("safe_div(1, n)", "0.25");
    gives("SAFE_DIV(1, n - 4)", "0");
    fails("abs(1, 2)", 1, "abs takes 1 argument, not 2");
    fails("safe_div(1)", 1, "safe_div takes 2 arguments, not 1");
    fails("abs(arr)", 1, "argument 1 is an array");
}

static void halves_round_away_from_zero(void **state)
{
    (void) state;
    gives("round(2.5)", "3");
    gives("round(-2.5)", "-3");
    gives("round(2.4999)", "2");
    gives("Round(2.675, 2)", "2.68");
    gives("round(100 / 3, 4)", "33.3333");
    gives("round(1250, -2)", "1300");
    fails("round(1, 0.5)", 1, "a whole number of places");
    fails("round(1, 1001)", 1, "from -1000 to 1000");
    fails("round(1, 2, 3)", 1, "round takes at most 2 arguments, not 3");
}

static void only_the_branch_that_is_taken_is_computed(void **state)
{
    (void) state;
    gives("IF(n < 5, 1, 1 / 0)", "1");
    gives("if(n > 5, 1 / 0, if(yes, 2, 3))", "2");
    gives("if(n = 4, 1, 0) + if(n = 5, 1, 0)", "1");
    fails("if(n, 1, 2)", 1, "this takes true or false, not a number");
    fails("if(yes, 1)", 10, "`,` and what to take otherwise");
}

static void arrays_hold_several_numbers(void **state)
{
    (void) state;
    gives("access(3, 6, 9, 1)", "6");
    gives("access(arr, 0)", "3");
    gives("access(array(1, arr), 3)", "9");
    fails("access(arr, 3)", 1, "access has 3 items, counted from 0");
    fails("access(arr, -1)", 1, "there is none with that number");
    fails("access(arr, 0.5)", 1, "a whole number for its last argument");
    SOLVE("arr", "array(1, 1 / 3)");
    assert_int_equal(solve_kind_of(set, 0), SOLVE_ARRAY);
    assert_int_equal(solve_item_count(set, 0), 2);
    is_item(0, 1, "1/3");
}

static void equations_are_solved_behind_what_they_need(void **state)
{
    (void) state;
    SOLVE("c", "a + 10 * b", "b", "10 + a", "a", "10", "A", "1");
    is_item(0, 0, "210");
    is_item(1, 0, "20");
    is_item(3, 0, "1");
    SOLVE("sum", "2", "x", "sum(sum, sum)");
    is_item(1, 0, "4");
}

static void a_circle_is_told_whole_and_once(void **state)
{
    (void) state;
    SOLVE("z", "a + 1", "a", "1 + b", "b", "sum(c, 2)", "c", "a * 2", "d", "d", "fine", "7", "e", "max(f)", "f", "e", "g",
          "z");
    assert_int_equal(solve_error_count(set), 3);
    says(nth_error(0), 1, 5, "a circle: `a` needs `b`, which needs `c`, which needs `a`");
    says(nth_error(1), 4, 1, "a circle: `d` needs `d`");
    says(nth_error(2), 6, 5, "a circle: `e` needs `f`, which needs `e`");
    assert_true(solve_is_solved(set, 5));
    assert_false(solve_is_solved(set, 0));
    /* c closes two: one is told */
    SOLVE("a", "b", "b", "c + a", "c", "b");
    assert_int_equal(solve_error_count(set), 1);
}

static void unknown_names_are_told_all_with_the_nearest(void **state)
{
    (void) state;
    SOLVE("x", "payment_for_1_and_2016q1 + popluation + zzzzzzzzz", "payment_for_5_and_2016q1", "1", "population", "2", "y",
          "X + 1");
    assert_int_equal(solve_error_count(set), 4);
    says(nth_error(0), 0, 1, "no equation has the name `payment_for_1_and_2016q1`");
    assert_true(slice_is(nth_error(0)->hint, "did you mean `payment_for_5_and_2016q1`?"));
    says(nth_error(1), 0, 28, "no equation has the name `popluation`");
    assert_true(slice_is(nth_error(1)->hint, "did you mean `population`?"));
    says(nth_error(2), 0, 41, "no equation has the name `zzzzzzzzz`");
    assert_int_equal(nth_error(2)->hint.len, 0);
    says(nth_error(3), 3, 1, "no equation has the name `X`");
    assert_true(slice_is(nth_error(3)->hint, "did you mean `x`?"));
    SOLVE("y", "rond(2)");
    says(nth_error(0), 0, 1, "there is no function `rond`");
    assert_true(slice_is(nth_error(0)->hint, "did you mean `round`?"));
}

static void the_nearest_differs_in_three_letters_at_most(void **state)
{
    (void) state;
    const char *const near[] = {"abcdefghijxyz", "abcdefghij", "defghijklm", "abcdefgzzzklm", "xabcdefghijklm"};
    for (size_t i = 0; i < sizeof near / sizeof near[0]; i++) {
        SOLVE("abcdefghijklm", "1", "x", near[i]);
        if (!slice_is(nth_error(0)->hint, "did you mean `abcdefghijklm`?"))
            fail_msg("%s: %.*s", near[i], SLICE_ARG(nth_error(0)->hint));
    }
    const char *const far[] = {"abcdefghizzzz", "abcdefghi", "efghijklm", "zbcdezghizklz", "xxxxabcdefghijklm"};
    for (size_t i = 0; i < sizeof far / sizeof far[0]; i++) {
        SOLVE("abcdefghijklm", "1", "x", far[i]);
        assert_int_equal(nth_error(0)->hint.len, 0);
    }
}

static void what_cannot_be_computed_says_where_and_nothing_cascades(void **state)
{
    (void) state;
    SOLVE("a", "1 + n / (n - 4)", "n", "4", "b", "a + 1", "c", "b * a", "d", "0 ^ -1", "e", "2 ^ 0.5", "f", "2 ^ 5000");
    assert_int_equal(solve_error_count(set), 4);
    says(nth_error(0), 0, 7, "this divides by zero");
    says(nth_error(1), 4, 3, "this divides by zero");
    says(nth_error(2), 5, 3, "an exponent is a whole number");
    says(nth_error(3), 6, 3, "larger than 4,096 bits");
    assert_true(solve_is_solved(set, 1));
    assert_false(solve_is_solved(set, 3));
}

static void what_cannot_be_read_says_where(void **state)
{
    (void) state;
    fails("", 1, "the formula ends where a number, a name or `(` should follow");
    fails("1 +", 4, "the formula ends where");
    fails("(1", 3, "the formula ends where `)` should follow");
    fails("1)", 2, "an operator or the end should stand here, not `)`");
    fails("1 2", 3, "not `2`");
    fails("12abc", 1, "`12abc` is no number");
    fails("1.2.3", 1, "is no number");
    fails("1.", 1, "is no number");
    fails("1e401", 1, "is no number");
    fails("2 # 3", 3, "`#` means nothing in a formula");
    fails("2 + \xC3\xBC", 5, "`\xC3\xBC` means nothing in a formula");
    fails("'\xC3\xBC'", 1, "`'` means nothing");
    fails("1,5", 2, "not `,`");
    fails("+1", 1, "a number, a name or `(` should stand here, not `+`");
}

static void lines_and_columns_are_counted_in_characters(void **state)
{
    (void) state;
    fails("1 +\n  2 / 0", 5, "this divides by zero");
    assert_int_equal(nth_error(0)->span.line, 2);
}

static void names_that_no_formula_could_say_are_refused(void **state)
{
    (void) state;
    SOLVE("and", "1", "2a", "1", "", "1", "a b", "1", "a", "1", "a", "2", "a.b_1", "3");
    assert_int_equal(solve_error_count(set), 5);
    for (uint32_t i = 0; i < 4; i++)
        says(nth_error(i), i, 1, "no formula could say this name");
    says(nth_error(4), 5, 1, "this name is given twice");
}

/* before * n, x, after * n */
static const char *nested(char *out, char before, const char *x, char after, size_t n)
{
    size_t len = strlen(x);
    memset(out, before, n);
    memcpy(out + n, x, len);
    memset(out + n + len, after, n);
    out[2 * n + len] = '\0';
    return out;
}

static void nesting_has_a_limit_and_no_stack_is_driven(void **state)
{
    (void) state;
    enum { DEEP = 1000000 };
    char *text = mem_zero(2 * DEEP + 16);
    assert_non_null(text);
    gives(nested(text, '(', "1", ')', SOLVE_DEPTH_MAX - 1), "1");
    fails(nested(text, '(', "1", ')', SOLVE_DEPTH_MAX), SOLVE_DEPTH_MAX + 1, "this is nested more than 64 deep");
    fails(nested(text, '(', "1", ')', DEEP), SOLVE_DEPTH_MAX + 1, "this is nested more than 64 deep");
    fails(nested(text, '-', "1", ' ', DEEP), SOLVE_DEPTH_MAX + 1, "this is nested more than 64 deep");
    /* what stands side by side is not nested */
    size_t at = 1;
    text[0] = '1';
    for (; at < 100001; at += 2)
        memcpy(text + at, "+1", 3);
    gives(text, "50001");
    for (at = 1; at < 100001; at += 2)
        memcpy(text + at, "^1", 3);
    fails(text, 129, "this is nested more than 64 deep");
    mem_free(text);
}

/* name_0 ..., each formula with the number of the next one between its two parts */
static struct solve_equation *many(const char *name, const char *before, const char *after)
{
    struct solve_equation *equations = ARENA_ARRAY(arena, MANY, struct solve_equation);
    assert_non_null(equations);
    for (int i = 0; i < MANY; i++) {
        equations[i].name = arena_printf(arena, "%s_%d", name, i);
        equations[i].formula = arena_printf(arena, "%s%d%s", before, i == MANY - 1 ? 0 : i + 1, after);
    }
    return equations;
}

static void a_chain_of_32000_equations_is_solved(void **state)
{
    (void) state;
    struct solve_equation *equations = many("x", "x_", " + 0.5");
    equations[MANY - 1].formula = SLICE("1");
    run(equations, MANY);
    is_item(0, 0, "16000.5");
}

static void a_circle_of_32000_equations_is_told_whole(void **state)
{
    (void) state;
    run(many("x", "x_", " + 1"), MANY);
    assert_int_equal(solve_error_count(set), 1);
    struct slice text = solve_errors(set)->message;
    says(nth_error(0), 0, 1, "a circle: `x_0` needs `x_1`, which needs `x_2`");
    const char *end = "`x_31999`, which needs `x_0`";
    assert_memory_equal(text.ptr + text.len - strlen(end), end, strlen(end));
    int names = 0;
    for (size_t i = 0; i < text.len; i++)
        names += text.ptr[i] == '`';
    assert_int_equal(names, 2 * (MANY + 1));
}

static void a_sum_of_32000_equations_is_solved(void **state)
{
    (void) state;
    struct solve_equation *equations = many("quantity", "", " / 3");
    struct buf text;
    buf_init(&text, 1 << 20);
    for (int i = 1; i < MANY; i++)
        buf_printf(&text, "%squantity_%d", i == 1 ? "sum(" : ", ", i);
    buf_add_str(&text, ")");
    assert_int_equal(buf_check(&text, NULL), TALLY_OK);
    equations[0].formula = buf_slice(&text);
    run(equations, MANY);
    is_item(0, 0, "170661333"); /* (2 + ... + 31,999 + 0) / 3 */
    buf_release(&text);
}

static void errors_beyond_the_first_are_counted(void **state)
{
    (void) state;
    run(many("x", "y_", ""), MANY);
    assert_int_equal(solve_error_count(set), MANY);
    int shown = 0;
    for (const struct solve_error *error = solve_errors(set); error != NULL; error = error->next)
        shown++;
    assert_int_equal(shown, SOLVE_ERRORS_MAX);
}
static void refused(const struct solve_equation *equations, size_t count, const char *message)
{
    struct err err = {0};
    struct solve *out = NULL;
    assert_int_equal(solve_new(equations, count, arena, &out, &err), TALLY_E_LIMIT);
    assert_null(out);
    if (strstr(err.detail, message) == NULL)
        fail_msg("\"%s\" is not in: %s", message, err.detail);
}

static void sets_over_a_limit_are_refused(void **state)
{
    (void) state;
    struct solve_equation *equations = ARENA_ARRAY(arena, 40, struct solve_equation);
    assert_non_null(equations);
    refused(equations, SOLVE_EQUATIONS_MAX + 1, "131073 equations are more than 131072");
    char *text = mem_zero(SOLVE_TEXT_MAX);
    assert_non_null(text);
    equations[0] = (struct solve_equation){SLICE("a"), slice_of(text, SOLVE_TEXT_MAX)};
    refused(equations, 1, "more than 16777216 bytes");
    mem_free(text);
    /* each array is twice the one before */
    equations[0].formula = SLICE("array(1, 2, 3, 4)");
    equations[0].name = SLICE("a_0");
    for (int i = 1; i < 40; i++) {
        equations[i].name = arena_printf(arena, "a_%d", i);
        equations[i].formula = arena_printf(arena, "array(a_%d, a_%d)", i - 1, i - 1);
    }
    refused(equations, 40, "more than 262144 numbers at once");
    /* none is large, all together are */
    for (int i = 16; i < 40; i++)
        equations[i].formula = SLICE("sum(a_14) + sum(a_14) + sum(a_14) + sum(a_14) + sum(a_14) + sum(a_14) + sum(a_14)");
    equations[15].formula = SLICE("1");
    refused(equations, 40, "more than 10000000 numbers in all");
}

static void each_allocation_may_fail(void **state)
{
    (void) state;
    const struct solve_equation equations[] = {{SLICE("a"), SLICE("b + sum(1, 2, c)")},
                                               {SLICE("b"), SLICE("nope * 2")},
                                               {SLICE("c"), SLICE("d")},
                                               {SLICE("d"), SLICE("c")},
                                               {SLICE("e"), SLICE("1 / 0")},
                                               {SLICE("f"), SLICE("round(2 / 3, 2)")}};
    uint64_t n = 1;
    for (; n < 1000; n++) {
        struct err err = {0};
        struct solve *out = NULL;
        struct arena *small = arena_new(1 << 20);
        assert_non_null(small);
        mem_fail_after(n);
        enum tally_code rc = solve_new(equations, 6, small, &out, &err);
        bool has_failed = mem_allocations() >= n;
        mem_fail_after(0);
        if (rc == TALLY_OK)
            assert_int_equal(solve_error_count(out), 3);
        else
            assert_null(out);
        solve_free(out);
        arena_free(small);
        if (!has_failed)
            break;
        assert_true(rc == TALLY_OK || rc == TALLY_E_NO_MEMORY || rc == TALLY_E_LIMIT);
    }
    assert_in_range(n, 4, 999);
}

static void formulas_that_grow_too_long_are_told(void **state)
{
    char digits[1401];
    (void) state;
    memset(digits, '7', sizeof digits - 1);
    digits[sizeof digits - 1] = '\0';
    SOLVE("a", "10 ^ 1000", "b", "a * a", "c", "avg(a * a * a, 1)", "d", "2 ^ 3 ^ 2", "e", "xyzzy(1)", "f",
          "avg(1 / 3 ^ 1000, 1 / 7 ^ 1000)", "g", digits);
    assert_true(solve_is_solved(set, 0));
    assert_false(solve_is_solved(set, 1));
    assert_false(solve_is_solved(set, 2));
    assert_false(solve_is_solved(set, 5));
    assert_false(solve_is_solved(set, 6));
    assert_true(solve_error_count(set) >= 5);
}

/* Each piece of memory fails in turn. */
static void a_set_without_memory_is_a_clean_error(void **state)
{
    static const char *const texts[][2] = {{"a", "array(1, 2, 3.5)"},
                                           {"b", "sum(a) + avg(a) * max(1, c)"},
                                           {"c", "if(1 < 2, 3, d)"},
                                           {"d", "access(a, 1) ^ 2"},
                                           {"e", "f + 1"},
                                           {"f", "e - nothing"}};
    struct solve_equation equations[6];
    bool is_whole = false;
    (void) state;
    for (size_t i = 0; i < 6; i++)
        equations[i] = (struct solve_equation){slice_str(texts[i][0]), slice_str(texts[i][1])};
    for (uint64_t n = 1; !is_whole; n++) {
        struct err err = {0};
        struct solve *out = NULL;
        struct slice text = SLICE("");
        struct arena *own = arena_new(ARENA_MAX);
        assert_non_null(own);
        mem_fail_after_piece(n);
        enum tally_code rc = solve_new(equations, 6, own, &out, &err);
        for (uint32_t i = 0; rc == TALLY_OK && i < 4; i++)
            if (solve_is_solved(out, i))
                rc = solve_item_text(out, i, 0, own, &text, &err);
        is_whole = mem_allocations() < n;
        mem_fail_after(0);
        assert_true(rc == TALLY_OK || rc == TALLY_E_NO_MEMORY || rc == TALLY_E_LIMIT);
        assert_true(rc == TALLY_OK || strlen(err.detail) > 0);
        solve_free(out);
        arena_free(own);
    }
}

static void an_empty_set_is_solved(void **state)
{
    (void) state;
    run(NULL, 0);
    assert_int_equal(solve_error_count(set), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(numbers_are_exact),
        TEST(operators_bind_as_in_school),
        TEST(comparisons_and_logic_give_truths),
        TEST(functions_of_lists),
        TEST(functions_of_numbers),
        TEST(halves_round_away_from_zero),
        TEST(only_the_branch_that_is_taken_is_computed),
        TEST(arrays_hold_several_numbers),
        TEST(equations_are_solved_behind_what_they_need),
        TEST(a_circle_is_told_whole_and_once),
        TEST(unknown_names_are_told_all_with_the_nearest),
        TEST(the_nearest_differs_in_three_letters_at_most),
        TEST(what_cannot_be_computed_says_where_and_nothing_cascades),
        TEST(what_cannot_be_read_says_where),
        TEST(lines_and_columns_are_counted_in_characters),
        TEST(names_that_no_formula_could_say_are_refused),
        TEST(nesting_has_a_limit_and_no_stack_is_driven),
        TEST(a_chain_of_32000_equations_is_solved),
        TEST(a_circle_of_32000_equations_is_told_whole),
        TEST(a_sum_of_32000_equations_is_solved),
        TEST(errors_beyond_the_first_are_counted),
        TEST(sets_over_a_limit_are_refused),
        TEST(each_allocation_may_fail),
        TEST(an_empty_set_is_solved),
        TEST(formulas_that_grow_too_long_are_told),
        TEST(a_set_without_memory_is_a_clean_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
