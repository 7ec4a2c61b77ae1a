/* Which entries something holds for: "3-17, 20". Numbers come in rising order. */
#ifndef TALLY_CLI_VERIFY_RANGES_H
#define TALLY_CLI_VERIFY_RANGES_H

#include <stdint.h>

#include "tally/buf.h"

struct verify_ranges {
    struct buf text;
    uint64_t first, last; /* of the range that may go on; valid when is_open */
    bool is_open;
};

void verify_ranges_init(struct verify_ranges *ranges, size_t bytes_max);
void verify_ranges_release(struct verify_ranges *ranges);
void verify_ranges_add(struct verify_ranges *ranges, uint64_t seq);
/* All of them, or as many as bytes_max hold; then *is_cut. Borrowed. Nothing is added after this. */
struct slice verify_ranges_end(struct verify_ranges *ranges, bool *is_cut);

#endif
