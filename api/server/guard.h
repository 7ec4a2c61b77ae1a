/* Looks after the private PostgreSQL while the service runs: when its server ends by itself (a crash, kill -9, no memory), it is
 * started again, and recovery brings back everything that was acknowledged. */
#ifndef TALLY_SERVER_GUARD_H
#define TALLY_SERVER_GUARD_H

#include "tally/cluster.h"
#include "tally/err.h"

#define GUARD_LOOK_MS                                                                                                      \
    250 /* between two looks: a quarter of a second longer without a database is no matter after a crash */
#define GUARD_RETRY_MS 2000 /* after a start that failed: a disk that is full stays so for a while */

struct guard;
MUST_CHECK enum tally_code guard_start(struct private_cluster *cluster, struct guard **out, struct err *err);
void guard_stop(struct guard *guard); /* waits for a start that is under way; NULL is fine */

#endif
