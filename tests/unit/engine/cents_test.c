/* Money as whole numbers of a currency's last place: the same as the exact rational, whatever its size. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../../contracts/engine/program.h"

static void expect_text(struct slice text, uint32_t places, const char *wanted)
{
    struct arena *arena = arena_new(4096);
    struct slice out = {NULL, 0};
    cents c = 0;
    assert_non_null(arena);
    assert_true(cents_read(text, places, &c));
    assert_int_equal(cents_text(c, places, arena, &out, NULL), TALLY_OK);
    assert_string_equal(out.ptr, wanted);
    arena_free(arena);
}

static void what_is_read_is_written_again(void **state)
{
    (void) state;
    expect_text(SLICE("0"), 2, "0.00");
    expect_text(SLICE("-0.01"), 2, "-0.01");
    expect_text(SLICE("12.5"), 2, "12.50");
    expect_text(SLICE("12.500"), 2, "12.50");
    expect_text(SLICE("7"), 0, "7");
    expect_text(SLICE("-999999999999999999.999999999999"), 12, "-999999999999999999.999999999999");
    expect_text(SLICE("999999999999999999.99"), 2, "999999999999999999.99");
}

static void what_is_no_money_of_the_currency_is_refused(void **state)
{
    static const char *const texts[] = {
        "", "-", ".5", "5.", "1.2.3", "1.234", "1e3", "+1", " 1", "1,000", "1000000000000000000000000000000"};
    cents c = 5;
    (void) state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_false(cents_read(slice_str(texts[i]), 2, &c));
    assert_int_equal((int) c, 5);
}

/* N3, by the general way: number_round, and the result counted. */
static void rounding_is_that_of_the_rationals(void **state)
{
    static const char *const units[] = {"0.01", "0.05", "1", "25", "0.000000000001", "0.3"};
    static const enum ast_round_mode modes[] = {AST_DOWN, AST_UP, AST_HALF_UP, AST_HALF_EVEN};
    uint64_t random = 12345;
    mpq_t q, unit, wanted, is;
    (void) state;
    mpq_inits(q, unit, wanted, is, NULL);
    for (int i = 0; i < 20000; i++) {
        random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        unsigned shift = (unsigned) (random >> 58), small = (unsigned) (random >> 40) % 40 + 1;
        mpq_set_si(q, (long) (random >> 1) >> shift, small);
        if (random % 7 == 0) /* beyond one word */
            mpz_mul_2exp(mpq_numref(q), mpq_numref(q), 20);
        if (random % 2 == 0)
            mpq_neg(q, q);
        mpq_canonicalize(q);
        struct currency currency = {.mode = modes[i % 4], .unit = unit};
        struct slice text = slice_str(units[(unsigned) i / 4 % 6]);
        cents c = 0;
        currency.places = number_places(text);
        assert_true(number_parse(text, unit) && cents_read(text, currency.places, &currency.each));
        number_round(wanted, q, unit, currency.mode);
        if (!cents_round(q, &currency, &c)) { /* more than 30 digits of the last place */
            mpz_mul_ui(mpq_numref(wanted), mpq_numref(wanted), cents_scale(currency.places));
            assert_true(mpz_sizeinbase(mpq_numref(wanted), 10) >= CENTS_DIGITS);
            continue;
        }
        cents_number(c, currency.places, is);
        assert_true(mpq_equal(is, wanted));
    }
    mpq_clears(q, unit, wanted, is, NULL);
}

static void a_budget_that_is_too_large_has_no_effect(void **state)
{
    mpq_t q;
    (void) state;
    mpq_init(q);
    mpq_set_ui(q, 7, 1);
    assert_true(cents_of_budget(q, 2) == 700);
    mpz_ui_pow_ui(mpq_numref(q), 10, 60);
    cents most = cents_of_budget(q, 2);
    assert_true(most > (cents) cents_scale(15) * (cents) cents_scale(15) * 1000);
    mpz_ui_pow_ui(mpq_numref(q), 10, 900);
    assert_true(cents_of_budget(q, 12) == most);
    mpq_clear(q);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_read_is_written_again),
        cmocka_unit_test(what_is_no_money_of_the_currency_is_refused),
        cmocka_unit_test(rounding_is_that_of_the_rationals),
        cmocka_unit_test(a_budget_that_is_too_large_has_no_effect),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
