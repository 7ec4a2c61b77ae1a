/* A bounded pool of connections for reads, so that they never wait behind writes and never take more of the database than
 * was granted. Connections are made when first wanted. */
#ifndef TALLY_SERVER_PGPOOL_H
#define TALLY_SERVER_PGPOOL_H

#include "tally/err.h"
#include "tally/pg.h"

#define PGPOOL_MAX 16        /* more read connections than cores gain nothing */
#define PGPOOL_WAIT_MS 10000 /* for a connection to come free: then the reads are over their share */

struct pgpool;
/* size 1..PGPOOL_MAX. The options are copied. */
MUST_CHECK enum tally_code pgpool_new(const struct pg_options *options, int size, struct pgpool **out, struct err *err);
void pgpool_free(struct pgpool *pool); /* every connection was given back; NULL is fine */

/* A connected one. TALLY_E_TIMEOUT when none came free; TALLY_E_UNAVAILABLE when the database is away. */
MUST_CHECK enum tally_code pgpool_take(struct pgpool *pool, struct pg **out, struct err *err);
void pgpool_give(struct pgpool *pool, struct pg *pg);

#endif
