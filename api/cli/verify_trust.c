#include "verify_trust.h"

#include <string.h>

#include "verify_anchor.h"

#define ARENA_MAX ((size_t) 2 * POLICY_MAX)

/* The ledger as its own witness would be no witness; where the policy names the log, its reader has looked already. */
MUST_CHECK static enum tally_code check_own_witness(const struct verify_trust *trust, const char *file, struct err *err)
{
    struct slice name;
    struct key_public key;
    uint8_t type = 0;
    if (trust->vkey.len == 0 || key_vkey_read(trust->vkey, &name, &type, &key, NULL) != TALLY_OK)
        return TALLY_OK; /* whoever uses it says what is wrong with it */
    for (size_t i = 0; i < trust->policy.witness_count; i++)
        if (memcmp(trust->policy.witnesses[i].public_key.bytes, key.bytes, KEY_PUBLIC_LEN) == 0)
            return err_set(err, TALLY_E_USAGE,
                           "%s: the witness %.*s has the ledger's own key: nobody is a witness to itself", file,
                           SLICE_ARG(trust->policy.witnesses[i].name));
    return TALLY_OK;
}

/* Which of its logs is meant. */
MUST_CHECK static enum tally_code choose_log(struct verify_trust *trust, const char *file, struct err *err)
{
    const struct policy *policy = &trust->policy;
    if (policy->log_count == 0)
        return TALLY_OK;
    if (trust->vkey.len == 0) {
        if (policy->log_count > 1)
            return err_set(err, TALLY_E_USAGE, "%s names %zu logs; give the one that is meant with --vkey", file,
                           policy->log_count);
        trust->vkey = policy->logs[0].vkey;
    }
    for (size_t i = 0; i < policy->log_count; i++)
        if (slice_equal(policy->logs[i].vkey, trust->vkey))
            return TALLY_OK;
    return err_set(err, TALLY_E_USAGE, "--vkey %.*s is none of the logs of %s", SLICE_ARG(trust->vkey), file);
}

enum tally_code verify_trust_read(struct slice vkey, const char *policy_file, struct verify_trust *out, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct slice text;
    *out = (struct verify_trust){.vkey = vkey};
    if (policy_file == NULL)
        return TALLY_OK;
    out->arena = arena_new(ARENA_MAX);
    if (out->arena == NULL)
        TRY(err_set(err, TALLY_E_NO_MEMORY, "no memory for the policy"));
    TRY(verify_file_read(policy_file, POLICY_MAX, out->arena, &text, err));
    rc = policy_read(text, &out->policy, err);
    if (rc == TALLY_E_MALFORMED)
        rc = err_set(err, TALLY_E_USAGE, "%s: %s", policy_file, err->detail);
    TRY(rc);
    out->has_policy = true;
    TRY(choose_log(out, policy_file, err));
    TRY(check_own_witness(out, policy_file, err));
done:
    return rc;
}

void verify_trust_release(struct verify_trust *trust)
{
    policy_release(&trust->policy);
    arena_free(trust->arena);
    *trust = (struct verify_trust){.vkey = SLICE("")};
}
