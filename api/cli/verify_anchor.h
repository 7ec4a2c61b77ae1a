/* What an auditor has kept of a ledger: checkpoints, and receipts, which hold one. */
#ifndef TALLY_CLI_VERIFY_ANCHOR_H
#define TALLY_CLI_VERIFY_ANCHOR_H

#include "tally/receipt.h"
#include "tally/verify.h"

#define VERIFY_ANCHORS_MAX 256 /* on one command line */

struct verify_anchors {
    struct arena *arena;
    struct verify_anchor list[VERIFY_ANCHORS_MAX];
    size_t count;
};

/* Reads path, a checkpoint or a receipt, and holds it to the ledger's key. TALLY_E_USAGE when it cannot be read or is neither;
 * TALLY_E_SIGNATURE, TALLY_E_MISMATCH when it is not what it claims to be. The list stays in order of the sizes.
 * policy: whose cosignatures on it count; NULL: nobody's. */
MUST_CHECK enum tally_code verify_anchor_add(struct verify_anchors *anchors, const char *path,
                                             const struct note_key *ledger, const struct policy *policy, struct err *err);
/* The whole of a small file. TALLY_E_USAGE when it is not there or larger than max. */
MUST_CHECK enum tally_code verify_file_read(const char *path, size_t max, struct arena *arena, struct slice *out,
                                            struct err *err);

#endif
