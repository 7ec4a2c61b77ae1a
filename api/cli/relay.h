/* The relay: it follows a ledger's published checkpoint and has each witness of a policy cosign it. One thread looks at the ledger, one works
 * for each witness, so that nobody waits for who is away; nothing is kept on disk, since each witness says what it has seen.
 *
 * All witnesses are given the same checkpoint, so that a quorum comes together on it; the next one is handed out when those that answered
 * last time have answered again. While nothing is appended the newest is cosigned anew every hour: that says that there was no more. */
#ifndef TALLY_CLI_RELAY_H
#define TALLY_CLI_RELAY_H

#include "relay_witness.h"

#define RELAY_POLL_MS 1000      /* as often as a ledger publishes */
#define RELAY_FRESH_S 3600      /* formats.md: while idle the newest checkpoint is cosigned anew every hour */
#define RELAY_POLL_MAX_MS 60000 /* between looks at a ledger that is away */

struct relay_options {
    const char *server;          /* the ledger's address, without a slash at its end */
    const struct policy *policy; /* at least one witness has an address */
    uint64_t anywhere;           /* bit n: the n-th witness may be at any address */
    const char *cacert;          /* file with the authorities that are trusted in place of the system's, or NULL */
    long deadline_ms;
    uint64_t poll_ms, fresh_s;
    bool is_once; /* each witness is asked for one checkpoint; TALLY_E_DENIED when the quorum is not met */
};
/* Runs until SIGTERM or SIGINT, or once. */
MUST_CHECK enum tally_code relay_run(const struct relay_options *options, struct err *err);

#endif
