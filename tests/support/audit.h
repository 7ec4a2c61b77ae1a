/* What is asked of a service's ledger from outside: its private database as the superuser, and whether everything agrees.
 * Functions that answer int print what went wrong and answer -1; 0 is success. One thread at a time. */
#ifndef TALLY_TESTS_AUDIT_H
#define TALLY_TESTS_AUDIT_H

#include "service.h"

struct pg;

/* A connection to the service's private database as its superuser, or to the one that its first argument --database names; the
 * caller frees it. */
MUST_CHECK int service_database(const struct service *service, struct pg **out);
/* The one number that this SELECT gives. */
MUST_CHECK int service_number(const struct service *service, const char *sql, int64_t *out);
/* ledger.verify(0, head) finds nothing, the projections have a row for each entry, and the archive passes tally-verify with the
 * ledger's verifier key, replay included. */
MUST_CHECK int service_audit(struct service *service);
/* service_stop, and before it: what the ledger holds, whatever the test has done, is replayed from its archive without a finding.
 * Otherwise the program ends here, failed. */
void service_stop_replayed(struct service *service);

#endif
