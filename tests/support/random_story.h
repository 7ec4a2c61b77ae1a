/* Where random histories begin: the dice, who acts, and two contracts of the same indicator, of which one counts silence as verification and
 * lets disputes fall, and the other needs somebody who verifies and lets them stand. */
#ifndef TALLY_TESTS_RANDOM_STORY_H
#define TALLY_TESTS_RANDOM_STORY_H

#include <stdint.h>

static uint64_t random_state;

static inline uint32_t dice(uint32_t sides)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (uint32_t) (random_state % sides);
}

static const char *const actors[] = {"op", "hub", "buyer", "seller", "one", "two"};
static const char *const places[] = {"north", "south", "west"};

#define SILENT                                                                                                             \
    "terms 1\ncontract silent \"Silent\"\ncurrency USD rounded to 0.01, half even\nclock UTC-03:00\n"                      \
    "runs 2012-01-01 to 2013-12-31\ncloses 2015-12-31\nparty buyer outcome payer \"Payer\"\n"                              \
    "party seller provider \"Maker\"\nparty one evaluator \"One\"\nparty two evaluator \"Two\"\n"                          \
    "in force when seller have signed\ndisputes decided by two within 20 days, otherwise falls\n"                          \
    "dimension place (north, south, west)\n"                                                                               \
    "metric units is shared.units version 1 in days between 0 and 25\n  by place\n  reported by seller or buyer\n"         \
    "  verified by one or 15 days of silence final 3 days later\n  disputes within 40 days\n  if missing use 0\n"          \
    "pay each_place from buyer to seller\n  for each place\n  amount 0.333 per day of units\n"                             \
    "cap 12 on each_place\n"

#define CHECKED                                                                                                            \
    "terms 1\ncontract checked \"Checked\"\ncurrency USD rounded to 0.01, half even\nclock UTC\n"                          \
    "runs 2012-01-01 to 2013-12-31\nparty buyer outcome payer \"Payer\"\nparty seller provider \"Maker\"\n"                \
    "party one evaluator \"One\"\nparty two evaluator \"Two\"\n"                                                           \
    "in force when buyer and seller have signed\ndisputes decided by one within 60 days, otherwise stands\n"               \
    "dimension place (north, south)\n"                                                                                     \
    "metric units is shared.units version 1 in days\n  by place\n  reported by seller or buyer\n"                          \
    "  verified by 1 of (one, two)\n"                                                                                      \
    "pay each_place from buyer to seller\n  for each place\n  when units >= 3 days\n"                                      \
    "  amount 0.333 per day of units\n  due 2 months after\n"                                                              \
    "cap 6 on each_place\n"

#endif
