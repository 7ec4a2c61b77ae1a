#include "verify_ranges.h"

#include <inttypes.h>

void verify_ranges_init(struct verify_ranges *ranges, size_t bytes_max)
{
    *ranges = (struct verify_ranges){0};
    buf_init(&ranges->text, bytes_max);
}

void verify_ranges_release(struct verify_ranges *ranges)
{
    buf_release(&ranges->text);
}

/* In one call each, so that no range is cut in its middle. */
static void close_range(struct verify_ranges *ranges)
{
    const char *separator = ranges->text.len > 0 ? ", " : "";
    if (!ranges->is_open)
        return;
    if (ranges->first == ranges->last)
        buf_printf(&ranges->text, "%s%" PRIu64, separator, ranges->first);
    else
        buf_printf(&ranges->text, "%s%" PRIu64 "-%" PRIu64, separator, ranges->first, ranges->last);
    ranges->is_open = false;
}

void verify_ranges_add(struct verify_ranges *ranges, uint64_t seq)
{
    if (!ranges->is_open || seq != ranges->last + 1) {
        close_range(ranges);
        ranges->first = seq;
        ranges->is_open = true;
    }
    ranges->last = seq;
}

struct slice verify_ranges_end(struct verify_ranges *ranges, bool *is_cut)
{
    close_range(ranges);
    *is_cut = buf_check(&ranges->text, NULL) != TALLY_OK;
    return buf_slice(&ranges->text);
}
