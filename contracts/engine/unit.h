/* Units: products of base units with whole powers, and what two types have in common (language.md section 3). */
#ifndef TALLY_ENGINE_UNIT_H
#define TALLY_ENGINE_UNIT_H

#include <stdbool.h>
#include <stdint.h>

#include "tally/buf.h"
#include "tally/err.h"
#include "tally/slice.h"

#define UNIT_FACTORS_MAX 6 /* no contract tried has more than two in one unit */
#define UNIT_POWER_MAX 64

struct unit_factor {
    uint16_t base; /* which base unit */
    int16_t power; /* never 0 */
};

struct unit { /* factors by rising base; none: a plain number */
    uint8_t count;
    struct unit_factor factors[UNIT_FACTORS_MAX];
};

struct unit_name { /* of a base unit; a currency has the same twice */
    struct slice one, many;
};

struct unit unit_of(uint16_t base);
bool unit_equal(const struct unit *a, const struct unit *b);
/* a * b^sign. false: too many factors, or too high a power. out may be a or b. */
MUST_CHECK bool unit_multiply(const struct unit *a, const struct unit *b, int sign, struct unit *out);
MUST_CHECK bool unit_power(const struct unit *a, long exponent, struct unit *out);
/* "days per person", "USD", "a plain number". */
void unit_print(const struct unit *u, const struct unit_name *names, struct buf *out);

#endif
