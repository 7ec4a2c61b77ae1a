/* The time of every entry so far, by seq: a cosignature says when a tree had its size, and a checkpoint may be of any. 8 bytes an entry, the
 * newest in memory and all others in a temporary file; only where a policy is given. Private to ledger/verify. */
#ifndef TALLY_VERIFY_TIME_LIST_H
#define TALLY_VERIFY_TIME_LIST_H

#include "spill.h"
#include "tally/instant.h"

#define TIME_LIST_NEW 8192 /* in memory, 64 KiB */

struct time_list {
    struct spill file;
    uint64_t first, count; /* number of the first one, and of the next */
    uint64_t written;      /* those before this one are in the file */
    struct instant *newest;
};

void time_list_release(struct time_list *list); /* a zeroed list is empty, and begins with number 0 */
/* The list begins with this number instead; while it is empty. */
void time_list_begin(struct time_list *list, uint64_t first);
MUST_CHECK enum tally_code time_list_add(struct time_list *list, struct instant time, struct err *err);
/* *is_there is false for a number from before the first, or not there yet. */
MUST_CHECK enum tally_code time_list_get(const struct time_list *list, uint64_t seq, bool *is_there, struct instant *out,
                                         struct err *err);

#endif
