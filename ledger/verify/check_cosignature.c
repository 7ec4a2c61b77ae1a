/* What witnesses say of a checkpoint whose root is right: who has seen it, and when (formats.md, Archive). */
#include <inttypes.h>

#include "state.h"

/* Entry n-1 was there when n entries were cosigned, and entry n was not. from: the file of a checkpoint that was kept; NULL: a
 * checkpoint of the archive. */
MUST_CHECK static enum tally_code check_time(struct verifier *v, struct job *job, uint64_t size, const char *from,
                                             const char *witness, int64_t seconds, struct err *err)
{
    const char *name = from == NULL ? "" : from, *colon = from == NULL ? "" : ": ";
    enum tally_code rc = TALLY_OK;
    struct instant last = {0}, next = {0};
    bool has_last = false, has_next = false;
    TRY(time_list_get(&v->times, size - 1, &has_last, &last, err));
    TRY(time_list_get(&v->times, size, &has_next, &next, err));
    if (has_last && last.us / 1000000 - VERIFY_COSIGNATURE_SLACK_S > seconds)
        job_found(job, FINDING_COSIGNATURE_TIME, v->line,
                  "%s%s%s saw entry %" PRIu64 " %" PRId64 " s before the time that the entry states", name, colon, witness,
                  size - 1, last.us / 1000000 - seconds);
    if (has_next && next.us / 1000000 + VERIFY_COSIGNATURE_SLACK_S < seconds)
        job_found(job, FINDING_COSIGNATURE_TIME, v->line,
                  "%s%s%s saw no entry %" PRIu64 " %" PRId64 " s after the time that the entry states", name, colon,
                  witness, size, seconds - next.us / 1000000);
done:
    return rc;
}

static void count(struct verifier *v, uint64_t size, uint64_t witnesses)
{
    if (!policy_is_met(v->options.policy, witnesses) || size < v->report.witnessed_size)
        return;
    v->report.witnessed_size = size;
    v->report.witnesses = (unsigned) __builtin_popcountll(witnesses);
}

enum tally_code check_cosignatures(struct verifier *v, struct job *job, uint64_t size, const struct note *note,
                                   struct err *err)
{
    enum tally_code rc = TALLY_OK;
    const struct policy *policy = v->options.policy;
    struct policy_seen seen;
    struct err why = {0};
    if (policy == NULL)
        return TALLY_OK;
    rc = policy_look(policy, note, &seen, &why);
    if (rc == TALLY_E_SIGNATURE) {
        job_found(job, FINDING_COSIGNATURE_SIGNATURE, v->line, "%s", why.detail);
        return TALLY_OK;
    }
    if (rc != TALLY_OK)
        return err_set(err, rc, "%s", why.detail);
    for (size_t i = 0; i < policy->witness_count; i++)
        if ((seen.witnesses >> i & 1) != 0)
            TRY(check_time(v, job, size, NULL, policy->witnesses[i].key.name, (int64_t) seen.seconds[i], err));
    count(v, size, seen.witnesses);
done:
    return rc;
}

void check_anchor_witnesses(struct verifier *v, const struct verify_anchor *anchor)
{
    if (v->options.policy != NULL)
        count(v, anchor->size, anchor->witnesses);
}

enum tally_code check_anchor_times(struct verifier *v, struct job *job, const struct verify_anchor *anchor, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    const struct policy *policy = v->options.policy;
    if (policy == NULL || anchor->size == 0)
        return TALLY_OK;
    for (size_t i = 0; i < policy->witness_count; i++)
        if ((anchor->witnesses >> i & 1) != 0)
            TRY(check_time(v, job, anchor->size, anchor->name, policy->witnesses[i].key.name, (int64_t) anchor->seconds[i],
                           err));
done:
    return rc;
}
