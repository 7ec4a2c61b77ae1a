/* tally contract propose, sign and accede: what a contract's version is made of (formats.md, Contract version). */
#ifndef TALLY_CLI_CONTRACT_VERSION_H
#define TALLY_CLI_CONTRACT_VERSION_H

#include "cli.h"

MUST_CHECK enum tally_code contract_propose(struct cli *cli, struct err *err);
MUST_CHECK enum tally_code contract_amend(struct cli *cli, struct err *err);
MUST_CHECK enum tally_code contract_sign(struct cli *cli, struct err *err);
MUST_CHECK enum tally_code contract_accede(struct cli *cli, struct err *err);

/* The contract as the service shows it, with its text, and the version recomputed from both. TALLY_E_MISMATCH when the service's
 * version, the text's hash or the contract's name is another. */
struct contract_seen {
    json_t *contract;
    struct slice text;
    char version[2 * DIGEST_LEN + 1]; /* hex */
};
MUST_CHECK enum tally_code contract_see(struct cli *cli, const char *id, struct contract_seen *out, struct err *err);
/* The same of the amendment that was proposed by that entry; its signers are its parties. */
MUST_CHECK enum tally_code contract_see_amendment(struct cli *cli, const char *id, uint64_t seq, struct contract_seen *out,
                                                  struct err *err);
/* Each indicator's definition, read from the entry that the manifest names by its hash, is of the version that the text uses;
 * prints them. TALLY_E_MISMATCH when not. */
MUST_CHECK enum tally_code contract_check_indicators(struct cli *cli, const struct contract_seen *seen, struct err *err);
void contract_print_parties(struct cli *cli, const json_t *contract);

#endif
