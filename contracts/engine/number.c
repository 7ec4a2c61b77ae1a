#include "number.h"

#include <string.h>

#include "tally/engine.h"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The digits of s without its point, NUL-ended; the number of places after the point. */
MUST_CHECK static bool digits_of(struct slice s, char *digits, unsigned long *places)
{
    size_t n = 0;
    bool has_point = false;
    *places = 0;
    if (s.len == 0 || s.len > NUMBER_DIGITS_MAX || !is_digit(s.ptr[0]) || !is_digit(s.ptr[s.len - 1]))
        return false;
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == '.' && !has_point) {
            has_point = true;
            continue;
        }
        if (!is_digit(s.ptr[i]))
            return false;
        digits[n++] = s.ptr[i];
        if (has_point)
            (*places)++;
    }
    digits[n] = '\0';
    return true;
}

bool number_parse(struct slice s, mpq_t out)
{
    char digits[NUMBER_DIGITS_MAX + 1];
    unsigned long places = 0;
    bool is_negative = s.len > 0 && s.ptr[0] == '-';
    if (is_negative)
        s = slice_of(s.ptr + 1, s.len - 1);
    if (!digits_of(s, digits, &places))
        return false;
    int bad = mpz_set_str(mpq_numref(out), digits, 10);
    ENSURE(bad == 0);
    mpz_ui_pow_ui(mpq_denref(out), 10, places);
    mpq_canonicalize(out);
    if (is_negative)
        mpq_neg(out, out);
    return true;
}

bool number_read_exact(struct slice s, mpq_t out)
{
    const char *bar = s.len == 0 ? NULL : memchr(s.ptr, '/', s.len);
    mpq_t below;
    if (bar == NULL)
        return number_parse(s, out);
    size_t at = (size_t) (bar - s.ptr);
    mpq_init(below);
    bool ok = number_parse(slice_of(bar + 1, s.len - at - 1), below) && mpq_sgn(below) > 0 &&
              number_parse(slice_of(s.ptr, at), out);
    if (ok)
        mpq_div(out, out, below);
    mpq_clear(below);
    return ok;
}

bool number_fits(mpq_srcptr q)
{
    return mpz_sizeinbase(mpq_numref(q), 2) <= ENGINE_BITS_MAX && mpz_sizeinbase(mpq_denref(q), 2) <= ENGINE_BITS_MAX;
}

bool number_is_whole(mpq_srcptr q)
{
    return mpz_cmp_ui(mpq_denref(q), 1) == 0;
}

/* Does the quotient, cut towards zero, go one away from zero? rem is not 0. */
static bool goes_away(mpz_srcptr quotient, mpz_srcptr rem, mpz_srcptr den, enum ast_round_mode mode)
{
    if (mode == AST_DOWN)
        return false;
    if (mode == AST_UP)
        return true;
    mpz_t twice;
    mpz_init(twice);
    mpz_mul_2exp(twice, rem, 1);
    int order = mpz_cmpabs(twice, den);
    mpz_clear(twice);
    if (order != 0)
        return order > 0;
    return mode == AST_HALF_UP || mpz_odd_p(quotient);
}

void number_round(mpq_t out, mpq_srcptr q, mpq_srcptr step, enum ast_round_mode mode)
{
    mpq_t width, ratio;
    mpz_t quotient, rem;
    mpq_inits(width, ratio, NULL);
    mpz_inits(quotient, rem, NULL);
    mpq_abs(width, step);
    mpq_div(ratio, q, width);
    mpz_tdiv_qr(quotient, rem, mpq_numref(ratio), mpq_denref(ratio));
    int sign = mpq_sgn(ratio);
    if (mpz_sgn(rem) != 0 && goes_away(quotient, rem, mpq_denref(ratio), mode)) {
        if (sign < 0)
            mpz_sub_ui(quotient, quotient, 1);
        else
            mpz_add_ui(quotient, quotient, 1);
    }
    mpq_set_z(ratio, quotient);
    mpq_mul(out, ratio, width);
    mpz_clears(quotient, rem, NULL);
    mpq_clears(width, ratio, NULL);
}

bool number_power(mpq_t out, mpq_srcptr base, long exponent)
{
    unsigned long n = exponent < 0 ? 0UL - (unsigned long) exponent : (unsigned long) exponent;
    bool is_unit = mpz_cmpabs_ui(mpq_numref(base), 1) == 0 && number_is_whole(base);
    if (is_unit || mpq_sgn(base) == 0) /* however large the exponent, these stay small */
        n = n == 0 ? 0 : 2 - n % 2;
    size_t num_bits = mpz_sizeinbase(mpq_numref(base), 2);
    size_t den_bits = mpz_sizeinbase(mpq_denref(base), 2);
    size_t bits = num_bits > den_bits ? num_bits : den_bits;
    /* a number of b bits is at least 2^(b-1): beyond this the power cannot fit, and is not computed */
    if (bits > 1 && n > ENGINE_BITS_MAX / (bits - 1))
        return false;
    mpz_pow_ui(mpq_numref(out), mpq_numref(base), n);
    mpz_pow_ui(mpq_denref(out), mpq_denref(base), n);
    if (exponent < 0)
        mpq_inv(out, out);
    return number_fits(out);
}

uint32_t number_places(struct slice s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] == '.')
            return (uint32_t) (s.len - i - 1);
    return 0;
}

/* The whole number z / 10^places as text, with `suffix` behind. */
MUST_CHECK static enum tally_code shifted_text(mpz_srcptr z, size_t places, const char *suffix, struct arena *arena,
                                               struct slice *out, struct err *err)
{
    size_t cap = mpz_sizeinbase(z, 10) + places + strlen(suffix) + 4;
    char *digits = arena_alloc(arena, cap);
    char *text = arena_alloc(arena, cap);
    if (digits == NULL || text == NULL)
        return err_set(err, TALLY_E_LIMIT, "no memory left to print a number");
    mpz_get_str(digits, 10, z);
    size_t n = 0;
    if (digits[0] == '-') {
        text[n++] = '-';
        digits++;
    }
    size_t len = strlen(digits);
    size_t whole = len > places ? len - places : 0;
    if (whole == 0)
        text[n++] = '0';
    memcpy(text + n, digits, whole);
    n += whole;
    if (places > 0) {
        text[n++] = '.';
        for (size_t i = len - whole; i < places; i++)
            text[n++] = '0';
        memcpy(text + n, digits + whole, len - whole);
        n += len - whole;
    }
    memcpy(text + n, suffix, strlen(suffix));
    *out = slice_of(text, n + strlen(suffix));
    return TALLY_OK;
}

/* q cut after `places` places. */
MUST_CHECK static enum tally_code cut_text(mpq_srcptr q, size_t places, const char *suffix, struct arena *arena,
                                           struct slice *out, struct err *err)
{
    mpz_t z;
    mpz_init(z);
    mpz_ui_pow_ui(z, 10, places);
    mpz_mul(z, z, mpq_numref(q));
    mpz_tdiv_q(z, z, mpq_denref(q));
    /* what is cut to nothing has no sign: z is 0 */
    enum tally_code rc = shifted_text(z, places, suffix, arena, out, err);
    mpz_clear(z);
    return rc;
}

enum tally_code number_money(mpq_srcptr q, uint32_t places, struct arena *arena, struct slice *out, struct err *err)
{
    return cut_text(q, places, "", arena, out, err);
}

/* The number of places after which the decimal ends; false: it does not. */
MUST_CHECK static bool places_needed(mpq_srcptr q, size_t *places)
{
    mpz_t rest, factor;
    mpz_init_set(rest, mpq_denref(q));
    mpz_init_set_ui(factor, 2);
    size_t twos = mpz_remove(rest, rest, factor);
    mpz_set_ui(factor, 5);
    size_t fives = mpz_remove(rest, rest, factor);
    bool ends = mpz_cmp_ui(rest, 1) == 0;
    mpz_clears(rest, factor, NULL);
    *places = twos > fives ? twos : fives;
    return ends;
}

enum tally_code number_exact(mpq_srcptr q, struct arena *arena, struct slice *out, struct err *err)
{
    size_t places = 0;
    if (places_needed(q, &places))
        return cut_text(q, places, "", arena, out, err);
    size_t cap = mpz_sizeinbase(mpq_numref(q), 10) + mpz_sizeinbase(mpq_denref(q), 10) + 3;
    char *text = arena_alloc(arena, cap);
    if (text == NULL)
        return err_set(err, TALLY_E_LIMIT, "no memory left to print a number");
    mpq_get_str(text, 10, q);
    *out = slice_str(text);
    return TALLY_OK;
}

enum tally_code number_decimal(mpq_srcptr q, struct arena *arena, struct slice *out, struct err *err)
{
    size_t places = 0;
    if (places_needed(q, &places))
        return cut_text(q, places, "", arena, out, err);
    return cut_text(q, NUMBER_CUT_PLACES, "...", arena, out, err);
}
