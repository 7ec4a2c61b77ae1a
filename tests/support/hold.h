/* Holds the sequencer of a running service in the middle of a commit, so that what is sent meanwhile waits together and is one
 * batch when it is let go. The lock is the database's; it must be let go before the sequencer's deadline for a statement (15 s).
 *
 * Functions that answer int print what went wrong and answer -1; 0 is success. One thread at a time. */
#ifndef TALLY_TESTS_HOLD_H
#define TALLY_TESTS_HOLD_H

#include "service.h"

struct pg;

struct hold {
    struct pg *pg; /* NULL while nothing is held */
};

/* From now on no entry is written. */
MUST_CHECK int hold_begin(struct hold *hold, const struct service *service);
/* Waits until the sequencer stands before the lock: what was sent so far is in its batch, what comes now is not. */
MUST_CHECK int hold_wait_blocked(struct hold *hold);
/* Waits until that many statements wait in the sequencer's queue. */
MUST_CHECK int hold_wait_queued(const struct service *service, uint64_t count);
/* Lets it go. */
MUST_CHECK int hold_end(struct hold *hold);
void hold_release(struct hold *hold); /* fine on a zeroed struct and after hold_end */

/* A number of GET /metrics by its name. */
MUST_CHECK int service_metric(const struct service *service, const char *name, uint64_t *out);

#endif
