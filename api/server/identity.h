/* Who a ledger is: its origin, its key, and the body of its entry 0, kept in the data directory (ledger.pem, ledger.json). */
#ifndef TALLY_SERVER_IDENTITY_H
#define TALLY_SERVER_IDENTITY_H

#include "tally/arena.h"
#include "tally/err.h"
#include "tally/key.h"
#include "tally/slice.h"

struct identity {
    struct slice origin, vkey, genesis; /* in the arena it was read into */
    struct key_pair *key;               /* the ledger's; freed with identity_release */
};

/* Makes DATA (0700), DATA/ledger.pem and DATA/ledger.json, with new_operator (an id) also DATA/operator.pem; otherwise
 * operator_file is JSON {"id","pop","x"} (or "jwk" for "x"), the first operator's key with its proof of possession. Nothing that
 * exists is overwritten. TALLY_E_CONFLICT when there is a ledger. */
MUST_CHECK enum tally_code identity_create(const char *data, struct slice origin, const char *operator_file,
                                           const char *new_operator, struct err *err);
/* TALLY_E_NOT_FOUND, with the command to run, when there is none; TALLY_E_INTEGRITY when key and file do not agree. */
MUST_CHECK enum tally_code identity_load(const char *data, struct arena *arena, struct identity *out, struct err *err);
void identity_release(struct identity *identity); /* its key; fine on a zeroed one */

#endif
