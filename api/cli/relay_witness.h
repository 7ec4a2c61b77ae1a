/* What the relay has to do with one witness: to submit a checkpoint, to verify what comes back, to bring it to the ledger. */
#ifndef TALLY_CLI_RELAY_WITNESS_H
#define TALLY_CLI_RELAY_WITNESS_H

#include "relay_fetch.h"
#include "tally/policy.h"
#include "tally/witness.h"

#define RELAY_BACKOFF_MIN_MS 1000
#define RELAY_BACKOFF_MAX_MS 600000 /* ten minutes: a witness that comes back is used again soon enough */

/* A published checkpoint. */
struct relay_target {
    uint64_t size;
    char note[CHECKPOINT_MAX]; /* text and the ledger's signature alone, NUL-ended; "" while there is none */
};

struct relay_witness {
    const struct policy_witness *witness;
    const char *server; /* the ledger's address */
    char url[RELAY_URL_MAX];
    bool is_anywhere;
    long deadline_ms;
    const atomic_int *is_stopping;
    struct relay_fetcher *to_witness, *to_ledger;
    uint64_t cosigned; /* what it has cosigned last, as far as it has said; 0 at first */
    uint64_t verified; /* the most of which it gave a cosignature that is right */
};

enum relay_outcome {
    RELAY_COSIGNED,
    RELAY_BEHIND, /* it has cosigned more of this ledger already: another relay is at work, and a newer checkpoint is there */
    RELAY_AWAY,   /* the witness: no answer, or none that is right */
    RELAY_LEDGER, /* the ledger: no proof, or it does not take the cosignature */
    RELAY_FORKED, /* the witness has seen another history under this ledger's key, or more of this one */
};

/* Submits target, with the proof from what the witness has, and brings the cosignature to the ledger. err says why not. */
MUST_CHECK enum relay_outcome relay_witness_submit(struct relay_witness *witness, const struct relay_target *target,
                                                   struct err *err);
/* Says in err that a ledger has answered with this status, and, where that is a problem (RFC 9457), its detail. */
MUST_CHECK enum tally_code relay_refused(const struct relay_reply *reply, enum tally_code code, const char *what,
                                         struct err *err);
/* How long to wait after so many failures in a row (1..): doubling, with a random part so that many relays do not come back at once. */
int64_t relay_backoff_ms(unsigned failures, uint32_t random);

#endif
