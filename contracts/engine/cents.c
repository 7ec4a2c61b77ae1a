#include "program.h"

/* Magnitudes are multiplied without sign: what cannot overflow needs no check by the compiler's run-time. */
typedef unsigned __int128 magnitude;

uint64_t cents_scale(uint32_t places)
{
    uint64_t scale = 1;
    for (uint32_t i = 0; i < places; i++)
        scale *= 10;
    return scale;
}

bool cents_read(struct slice text, uint32_t places, cents *out)
{
    bool is_negative = text.len > 0 && text.ptr[0] == '-', has_point = false;
    uint32_t digits = 0, after = 0;
    magnitude m = 0;
    for (size_t i = is_negative ? 1 : 0; i < text.len; i++) {
        char ch = text.ptr[i];
        if (ch == '.' && !has_point && digits > 0 && i + 1 < text.len) {
            has_point = true;
            continue;
        }
        if (ch < '0' || ch > '9' || (has_point && after == places && ch != '0'))
            return false;
        digits++;
        if (has_point && after == places)
            continue;
        m *= 10;
        m += (unsigned) (ch - '0');
        after += has_point ? 1 : 0;
        if (m >= (magnitude) cents_scale(15) * cents_scale(15))
            return false;
    }
    if (digits == 0)
        return false;
    for (; after < places; after++)
        m *= 10;
    if (m >= (magnitude) cents_scale(15) * cents_scale(15))
        return false;
    *out = is_negative ? -(cents) m : (cents) m;
    return true;
}

/* Does what was cut off take the quotient one away from zero? rem is not 0 and below den. */
static bool goes_away(magnitude quotient, magnitude rem, magnitude den, enum ast_round_mode mode)
{
    if (mode == AST_DOWN || mode == AST_UP)
        return mode == AST_UP;
    if (rem != den - rem)
        return rem > den - rem;
    return mode == AST_HALF_UP || quotient % 2 == 1;
}

static magnitude magnitude_of(mpz_srcptr z)
{
    magnitude m = 0;
    for (size_t i = mpz_size(z); i-- > 0;)
        m = m << GMP_NUMB_BITS | mpz_getlimbn(z, (mp_size_t) i);
    return m;
}

/* The whole number of smallest amounts by plain arithmetic; false: the figures are too large for it. */
MUST_CHECK static bool count_small(mpq_srcptr q, const struct currency *currency, magnitude *count)
{
    mpz_srcptr num = mpq_numref(q), den = mpq_denref(q);
    mpz_srcptr unit_num = mpq_numref(currency->unit), unit_den = mpq_denref(currency->unit);
    if (mpz_size(num) > 1 || mpz_size(den) > 1 || mpz_size(unit_num) > 1 || mpz_size(unit_den) > 1)
        return false;
    magnitude n = magnitude_of(num) * magnitude_of(unit_den), d = magnitude_of(den) * magnitude_of(unit_num);
    magnitude rem = n % d;
    *count = n / d;
    if (rem != 0 && goes_away(*count, rem, d, currency->mode))
        (*count)++;
    return true;
}

/* The same whatever their size; false: more than a hundred bits. */
MUST_CHECK static bool count_large(mpq_srcptr q, const struct currency *currency, magnitude *count)
{
    mpq_t ratio;
    mpq_init(ratio);
    number_round(ratio, q, currency->unit, currency->mode);
    mpq_div(ratio, ratio, currency->unit);
    bool fits = mpz_sizeinbase(mpq_numref(ratio), 2) <= 100;
    *count = fits ? magnitude_of(mpq_numref(ratio)) : 0;
    mpq_clear(ratio);
    return fits;
}

bool cents_round(mpq_srcptr q, const struct currency *currency, cents *out)
{
    magnitude count = 0, limit = (magnitude) cents_scale(15) * cents_scale(15);
    if (!count_small(q, currency, &count) && !count_large(q, currency, &count))
        return false;
    magnitude factor = (magnitude) currency->each;
    if (count > limit / factor)
        return false;
    *out = mpq_sgn(q) < 0 ? -(cents) (count * factor) : (cents) (count * factor);
    return true;
}

cents cents_of_budget(mpq_srcptr q, uint32_t places)
{
    const magnitude most = (magnitude) cents_scale(18) * cents_scale(18);
    magnitude m = most;
    mpz_t whole;
    mpz_init(whole);
    mpz_set_ui(whole, cents_scale(places));
    mpz_mul(whole, whole, mpq_numref(q));
    mpz_divexact(whole, whole, mpq_denref(q));
    if (mpz_sizeinbase(whole, 2) <= 127)
        m = magnitude_of(whole);
    mpz_clear(whole);
    m = m > most ? most : m;
    return mpq_sgn(q) < 0 ? -(cents) m : (cents) m;
}

void cents_number(cents c, uint32_t places, mpq_ptr out)
{
    magnitude m = c < 0 ? -(magnitude) c : (magnitude) c;
    mpz_set_ui(mpq_numref(out), (unsigned long) (m >> 64));
    mpz_mul_2exp(mpq_numref(out), mpq_numref(out), 64);
    mpz_add_ui(mpq_numref(out), mpq_numref(out), (unsigned long) m);
    mpz_set_ui(mpq_denref(out), cents_scale(places));
    mpq_canonicalize(out);
    if (c < 0)
        mpq_neg(out, out);
}

enum tally_code cents_text(cents c, uint32_t places, struct arena *arena, struct slice *out, struct err *err)
{
    char text[48];
    size_t at = sizeof text;
    magnitude m = c < 0 ? -(magnitude) c : (magnitude) c;
    uint32_t written = 0;
    while (m > UINT64_MAX) {
        text[--at] = (char) ('0' + (int) (m % 10));
        m /= 10;
        if (++written == places)
            text[--at] = '.'; /* not covered: what the ledger writes has so many places that the point comes later */
    }
    for (uint64_t low = (uint64_t) m; low != 0 || written <= places; low /= 10) {
        text[--at] = (char) ('0' + (int) (low % 10));
        if (++written == places)
            text[--at] = '.';
    }
    if (c < 0)
        text[--at] = '-';
    return arena_copy(arena, text + at, sizeof text - at, out, err);
}
