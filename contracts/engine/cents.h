/* Money as whole numbers of the last place that its currency writes: USD 1.05 is 105. What stands, amounts, targets and budgets are
 * such numbers: they take 16 bytes where a rational takes a hundred. Private to the engine. */
#ifndef TALLY_ENGINE_CENTS_H
#define TALLY_ENGINE_CENTS_H

#include <gmp.h>

#include <stdbool.h>
#include <stdint.h>

#include "tally/arena.h"

/* A budget's sum and a single amount stay below CENTS_MAX, so that no sum over INSTANCES_MAX of them overflows: MONEY_MAX with
 * PLACES_MAX places has 30 digits. */
#define CENTS_DIGITS 30
typedef __int128 cents;

struct currency;

/* -?digits[.digits] with at most `places` places and CENTS_DIGITS digits in all. */
MUST_CHECK bool cents_read(struct slice text, uint32_t places, cents *out);
/* q rounded to the currency's smallest amount as its header says; false: more than CENTS_DIGITS digits. */
MUST_CHECK bool cents_round(mpq_srcptr q, const struct currency *currency, cents *out);
/* A whole number of them that is too large becomes the largest, which no sum of amounts reaches: a budget without effect. */
cents cents_of_budget(mpq_srcptr q, uint32_t places);
void cents_number(cents c, uint32_t places, mpq_ptr out);
/* With exactly `places` places. TALLY_E_LIMIT: no memory left. */
MUST_CHECK enum tally_code cents_text(cents c, uint32_t places, struct arena *arena, struct slice *out, struct err *err);
/* 10^places, below 10^19. */
uint64_t cents_scale(uint32_t places);

#endif
