/* What this program holds against a ledger: its verifier key as it was at the first use, the newest checkpoint that it has seen, and the
 * receipts of what was recorded. In ~/.local/share/tally (XDG_DATA_HOME), a folder for each ledger. */
#ifndef TALLY_CLI_TRUST_H
#define TALLY_CLI_TRUST_H

#include "cli.h"
#include "tally/receipt.h"

/* Once in a run, before its first request: the service's key is the one that was pinned, and its ledger continues the newest checkpoint that
 * is held. TALLY_E_SIGNATURE, TALLY_E_MISMATCH (the detail begins with ledger.key or ledger.forked). */
MUST_CHECK enum tally_code cli_trust(struct cli *cli, struct err *err);
/* After a statement was recorded: its receipt is for these bytes, under the pinned key, and its checkpoint continues the one that is held;
 * then both are kept. Where they cannot be, that is no failure, because the statement is recorded: it is said, with the receipt. */
MUST_CHECK enum tally_code cli_trust_recorded(struct cli *cli, const json_t *answer, struct slice jws, struct slice body,
                                              struct err *err);
/* A receipt that the service gave: for this entry, under the pinned key. It is kept. */
MUST_CHECK enum tally_code cli_trust_receipt(struct cli *cli, uint64_t seq, struct slice text, struct receipt_content *out,
                                             struct err *err);
/* The service has no entry of this number: TALLY_E_MISMATCH (ledger.forked) when its receipt is held. */
MUST_CHECK enum tally_code cli_trust_missing(struct cli *cli, uint64_t seq, struct err *err);

#endif
