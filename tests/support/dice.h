/* Numbers by chance, the same for the same state: seed times UINT64_C(0x9E3779B97F4A7C15) begins well. */
#ifndef TALLY_TESTS_DICE_H
#define TALLY_TESTS_DICE_H

#include <stdbool.h>
#include <stdint.h>

struct dice {
    uint64_t state;
};

/* 0 .. below - 1 */
static inline uint32_t dice_below(struct dice *dice, uint32_t below)
{
    dice->state = dice->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t) (dice->state >> 33) % below;
}

/* Once in so many. */
static inline bool dice_in(struct dice *dice, uint32_t of)
{
    return dice_below(dice, of) == 0;
}

#endif
