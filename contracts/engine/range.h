/* What a value may be, seen from the text alone: exact intervals whose ends may be open to infinity, ranges of days and of members.
 * An operation's answer contains every value that the operation can have on values of its operands (and may contain more). Private
 * to the engine. */
#ifndef TALLY_ENGINE_RANGE_H
#define TALLY_ENGINE_RANGE_H

#include <gmp.h>
#include <stdbool.h>
#include <stdint.h>

#include "number.h"

struct end {
    mpq_t at;     /* when it is finite */
    int infinite; /* -1, 0, 1 */
};

/* Which part holds is known from the type that the value has. */
struct range {
    bool is_none;         /* there is no value: whatever comes, computing it is a fault */
    struct end low, high; /* of numbers */
    int32_t first, last;  /* of dates; first > last: no real day */
    bool may_be_never;    /* of dates */
    uint32_t least, most; /* of words: members; of truth: 0 false, 1 true */
};

/* A range is initialised before use and cleared afterwards; out may be an operand unless it is said. */
void range_init(struct range *r); /* the number 0, the member 0, no day */
void range_clear(struct range *r);
void range_set(struct range *out, const struct range *r);
void range_set_none(struct range *out);
void range_set_number(struct range *out, mpq_srcptr q);
void range_set_between(struct range *out, mpq_srcptr low, mpq_srcptr high);
void range_set_whole(struct range *out, uint64_t low, uint64_t high);
void range_set_line(struct range *out); /* every number */
void range_set_days(struct range *out, int32_t first, int32_t last, bool may_be_never);
void range_set_words(struct range *out, uint32_t least, uint32_t most);
bool range_is_point(const struct range *r); /* of numbers: one value */

/* The smallest range that contains both; numbers, days and words each for themselves. */
void range_join(struct range *out, const struct range *r);

/* ---- numbers ---- */
int end_compare(const struct end *a, const struct end *b);
void range_negate(struct range *out, const struct range *a);
void range_add(struct range *out, const struct range *a, const struct range *b);
void range_subtract(struct range *out, const struct range *a, const struct range *b);
void range_multiply(struct range *out, const struct range *a, const struct range *b);
void range_divide(struct range *out, const struct range *a, const struct range *b); /* by zero: a fault, and no value */
void range_power(struct range *out, const struct range *a, const struct range *b);
void range_min(struct range *out, const struct range *a);
void range_max(struct range *out, const struct range *a);
void range_abs(struct range *out, const struct range *a);
void range_round(struct range *out, const struct range *a, const struct range *step, enum ast_round_mode mode);
/* The sum of `least` to `most` values, each within a. */
void range_times(struct range *out, const struct range *a, uint64_t least, uint64_t most);
/* Is a value of a surely, or possibly, in that order to one of b: -1 below, 0 equal, 1 above? Bit 1 below, 2 equal, 4 above. */
enum { RANGE_BELOW = 1, RANGE_EQUAL = 2, RANGE_ABOVE = 4 };
unsigned range_orders(const struct range *a, const struct range *b);
/* The same of days (never is after every other) and of words. */
unsigned range_day_orders(const struct range *a, const struct range *b);
unsigned range_word_orders(const struct range *a, const struct range *b);

#endif
