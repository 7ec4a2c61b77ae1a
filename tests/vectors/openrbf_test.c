/* The published equation sets of OpenRBF give their published solutions. Those were computed in floating point: values may differ by
 * a millionth of themselves. The sets are not part of this repository: without them the tests are skipped. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <gmp.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tally/solve.h"

#define EQUATIONS_MAX 64

/* NULL: the file is not there. */
static json_t *load(const char *name)
{
    char path[1024];
    json_error_t error;
    const char *shared = getenv("TALLY_SHARED");
    (void) snprintf(path, sizeof path, "%s/data/openrbf/%s.json", shared == NULL ? "../shared" : shared, name);
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        print_message("skipped: %s is not there (set TALLY_SHARED)\n", path);
        return NULL;
    }
    json_t *json = json_loadf(file, JSON_REJECT_DUPLICATES, &error);
    assert_int_equal(fclose(file), 0);
    if (json == NULL)
        fail_msg("%s:%d: %s", path, error.line, error.text);
    return json;
}

/* An exact value as solve writes it: a decimal or p/q. */
static void read_exact(struct slice text, mpq_t out)
{
    char digits[512];
    int places = 0;
    size_t len = 0;
    assert_true(text.len < sizeof digits);
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '.')
            places = (int) (text.len - i - 1);
        else
            digits[len++] = text.ptr[i];
    }
    digits[len] = '\0';
    assert_int_equal(mpq_set_str(out, digits, 10), 0);
    if (places > 0)
        mpz_ui_pow_ui(mpq_denref(out), 10, (unsigned long) places);
    mpq_canonicalize(out);
}

/* |a - b| <= |b| / 1,000,000 */
static void assert_close(const char *name, struct slice text, const json_t *published)
{
    mpq_t a, b, millionth;
    mpq_inits(a, b, millionth, NULL);
    read_exact(text, a);
    mpq_set_d(b, json_number_value(published));
    mpq_sub(a, a, b);
    mpq_abs(a, a);
    mpq_abs(b, b);
    mpq_set_ui(millionth, 1, 1000000);
    mpq_mul(b, b, millionth);
    if (mpq_cmp(a, b) > 0)
        fail_msg("%s: %.*s, published %g", name, SLICE_ARG(text), json_number_value(published));
    mpq_clears(a, b, millionth, NULL);
}

static void expect_published(const char *problem_name, const char *solution_name, size_t count)
{
    struct solve_equation equations[EQUATIONS_MAX];
    struct solve *set = NULL;
    struct err err = {0};
    const char *name;
    json_t *formula;
    uint32_t i = 0;
    json_t *problem = load(problem_name), *solution = load(solution_name);
    if (problem == NULL || solution == NULL) {
        json_decref(problem);
        json_decref(solution);
        skip();
    }
    assert_int_equal(json_object_size(problem), count);
    assert_int_equal(json_object_size(solution), count);
    json_object_foreach(problem, name, formula) equations[i++] =
        (struct solve_equation){slice_str(name), slice_str(json_string_value(formula))};
    struct arena *arena = arena_new((size_t) 16 << 20);
    assert_non_null(arena);
    assert_int_equal(solve_new(equations, count, arena, &set, &err), TALLY_OK);
    assert_int_equal(solve_error_count(set), 0);
    for (i = 0; i < count; i++) {
        struct slice text = SLICE("");
        const json_t *published = json_object_getn(solution, equations[i].name.ptr, equations[i].name.len);
        assert_true(json_is_number(published));
        assert_int_equal(solve_kind_of(set, i), SOLVE_NUMBER);
        assert_int_equal(solve_item_text(set, i, 0, arena, &text, &err), TALLY_OK);
        assert_close(equations[i].name.ptr, text, published);
    }
    solve_free(set);
    arena_free(arena);
    json_decref(problem);
    json_decref(solution);
}

static void the_state_and_zone_payments_of_nigeria(void **state)
{
    (void) state;
    expect_published("nigeria_problem", "nigeria_solution", 44);
}

static void the_quarterly_payments(void **state)
{
    (void) state;
    expect_published("quarterly_problem", "quarterly_solution", 41);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_state_and_zone_payments_of_nigeria),
        cmocka_unit_test(the_quarterly_payments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
