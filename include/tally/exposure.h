/* Exposure: the least and the most that a text can make anybody owe, whatever is reported (design: static analysis). Found by
 * interval arithmetic over the ranges that metrics declare, so a bound contains every possible payment; it need not be reached,
 * since a figure that is used twice is taken to vary each time for itself. Pure; any number of threads for one text. */
#ifndef TALLY_EXPOSURE_H
#define TALLY_EXPOSURE_H

#include <stdbool.h>
#include <stdint.h>

#include "tally/arena.h"
#include "tally/canon.h"
#include "tally/terms.h"

/* Money with the currency's places, possibly negative (then the payee owes it); ptr NULL: there is no bound. */
struct exposure_bounds {
    struct slice least, most; /* once everything that can be computed is */
    struct slice lowest;      /* at any time, while others wait: never above 0, nor above least */
};

struct exposure_rule {
    uint32_t rule;
    uint64_t instances;         /* that there may be */
    bool is_never;              /* no instance can ever be computed */
    struct exposure_bounds one; /* an instance's target, as long as its key is found; 0 when is_never */
    struct exposure_bounds all; /* of all instances together */
};

struct exposure_party { /* what one party owes, or is owed, by all rules in one currency */
    uint32_t party; /* as terms_party counts; a class, or a dimension of parties: its members together. A member of a list
                         * dimension has, by a rule whose payer that is, no more than all of them together, and no less than nothing */
    bool is_payer;
    struct slice currency;
    struct exposure_bounds all;
};

struct exposure {
    struct exposure_rule *rules; /* in the order of the text */
    uint32_t rule_count;
    struct exposure_party *parties; /* payers in the order of the text, then payees */
    uint32_t party_count;
    bool is_coarse; /* the text is too large to look at each instance for itself: the bounds hold, and are wider */
};

/* Everything lies in the arena. TALLY_E_LIMIT when it is too small, TALLY_E_NO_MEMORY. */
MUST_CHECK enum tally_code terms_exposure(const struct terms *terms, struct arena *arena, struct exposure **out,
                                          struct err *err);

/* {"coarse","contract","parties":[{"currency","least","lowest","most","party","side"}],"rules":[{"currency","instances","least",
 * "lowest","most","never","one":{"least","most"},"rule"}]}; side is "owes" or "receives", an amount without a bound null. */
void exposure_write(struct canon *w, const struct terms *terms, const struct exposure *exposure);

/* What an evaluation may cost, found from the text alone (language.md K2, K4). */
struct terms_cost {
    uint64_t instances; /* that all rules together may have */
    uint64_t at_once;   /* of them, those that are there from the beginning */
    uint64_t fan_out;   /* instances that one result can move, at most */
    uint64_t steps;     /* arithmetic nodes of an evaluation from nothing, at most */
};
#define TERMS_INSTANCES_MAX 10000000u /* K4: over these a text is refused */
#define TERMS_FAN_OUT_MAX 1000000u
#define TERMS_STEPS_MAX 1000000000u
struct terms_cost terms_cost(const struct terms *terms);

#endif
