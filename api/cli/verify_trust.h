/* Whom an auditor trusts: the ledger's verifier key, and a policy with witnesses (C2SP tlog-policy), one or both. */
#ifndef TALLY_CLI_VERIFY_TRUST_H
#define TALLY_CLI_VERIFY_TRUST_H

#include "tally/policy.h"

struct verify_trust {
    struct slice vkey; /* empty: none is trusted */
    bool has_policy;
    struct policy policy;
    struct arena *arena; /* of the policy's text */
};
/* vkey may be empty, policy_file NULL. Without a vkey the policy's one log is trusted; with one the policy has to agree. TALLY_E_USAGE
 * says what is wrong with the file, on which line. Release it also after a failure. */
MUST_CHECK enum tally_code verify_trust_read(struct slice vkey, const char *policy_file, struct verify_trust *out,
                                             struct err *err);
void verify_trust_release(struct verify_trust *trust);

#endif
