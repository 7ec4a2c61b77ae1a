/* Exact numbers: GMP rationals read from and printed as text (language.md N1 to N4). Private to the engine. */
#ifndef TALLY_ENGINE_NUMBER_H
#define TALLY_ENGINE_NUMBER_H

#include <gmp.h>
#include <stdbool.h>
#include <stdint.h>

#include "tally/arena.h"
#include "tally/ast.h"
#include "tally/err.h"
#include "tally/slice.h"

#define NUMBER_DIGITS_MAX 1200 /* below 4,096 bits; nobody writes a longer number */
#define NUMBER_CUT_PLACES 12   /* N4: of a decimal that does not end */

/* -?digits[.digits] into out, which is initialised. false: not of that form, or too long; out is then unchanged. */
MUST_CHECK bool number_parse(struct slice s, mpq_t out);

/* The same, or p/q of such whole numbers, q above zero: as number_exact writes. */
MUST_CHECK bool number_read_exact(struct slice s, mpq_t out);

/* Neither numerator nor denominator has more than ENGINE_BITS_MAX bits (M4). */
bool number_fits(mpq_srcptr q);

/* q to a multiple of |step| (N3). step is not 0. out may be q. */
void number_round(mpq_t out, mpq_srcptr q, mpq_srcptr step, enum ast_round_mode mode);

/* base ^ exponent. false: the result would be too large. base is not 0 when exponent is below 0. out is not base. */
MUST_CHECK bool number_power(mpq_t out, mpq_srcptr base, long exponent);

bool number_is_whole(mpq_srcptr q);

/* How many places the decimal text of a number has after its point: 2 for "0.01". */
uint32_t number_places(struct slice s);

/* With exactly `places` places; what is beyond them is cut. */
MUST_CHECK enum tally_code number_money(mpq_srcptr q, uint32_t places, struct arena *arena, struct slice *out,
                                        struct err *err);
/* A decimal if it ends, otherwise "p/q" (N4). */
MUST_CHECK enum tally_code number_exact(mpq_srcptr q, struct arena *arena, struct slice *out, struct err *err);
/* A decimal; one that does not end is cut after 12 places and ends in "...". */
MUST_CHECK enum tally_code number_decimal(mpq_srcptr q, struct arena *arena, struct slice *out, struct err *err);

#endif
