#include "job.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

void job_begin(struct job *job, uint64_t seq)
{
    struct arena *arena = job->arena;
    arena_clear(arena);
    *job = (struct job){.arena = arena, .seq = seq};
    job->last = &job->first;
}

void finding_make_plain(struct finding *finding)
{
    for (char *at = finding->detail; *at != '\0'; at++)
        if (*at < ' ' || *at > '~')
            *at = '?';
}

void job_found(struct job *job, enum finding_code code, uint64_t seq, const char *fmt, ...)
{
    struct job_finding *found = ARENA_NEW(job->arena, struct job_finding);
    if (found == NULL) {
        job->failed = TALLY_E_NO_MEMORY;
        return;
    }
    found->finding.code = code;
    found->finding.seq = seq;
    va_list args;
    va_start(args, fmt);
    (void) vsnprintf(found->finding.detail, sizeof found->finding.detail, fmt, args);
    va_end(args);
    finding_make_plain(&found->finding);
    *job->last = found;
    job->last = &found->next;
}

/* One edit should give one finding: a body that is not the one committed to is not reported again because its
 * signature fails; what the signature says goes into the same line. */
static void report_body(struct job *job, bool is_body_right, bool is_signature_right)
{
    if (is_body_right && is_signature_right)
        return;
    if (is_body_right)
        job_found(job, FINDING_STATEMENT_SIGNATURE, job->seq,
                  "the signature does not verify with key %.*s over the recorded bytes", SLICE_ARG(job->statement.kid));
    else if (!job->has_statement)
        job_found(job, FINDING_BODY_COMMITMENT, job->seq, "body, jws or nonce are not those that the header commits to");
    else
        job_found(job, FINDING_BODY_COMMITMENT, job->seq,
                  "body, jws or nonce are not those that the header commits to; the author's signature %s",
                  is_signature_right ? "fits the body as it stands here" : "does not fit the body either");
}

void job_run(struct job *job)
{
    bool is_body_right = true;
    bool is_signature_right = true;
    if (job->has_body) {
        struct digest commitment;
        entry_commitment(job->entry.nonce, job->entry.jws, job->entry.body, &commitment);
        is_body_right = digest_equal(&commitment, &job->commitment);
    }
    if (job->has_statement) {
        enum tally_code rc = statement_verify(&job->statement, job->key, job->entry.body, NULL);
        if (rc != TALLY_OK && rc != TALLY_E_SIGNATURE)
            job->failed = rc;
        is_signature_right = rc == TALLY_OK;
        job->is_signed_right = is_signature_right && is_body_right;
    }
    job->is_body_right = job->has_body && is_body_right;
    report_body(job, is_body_right, is_signature_right);
    if (job->has_proof) {
        struct err err = {0};
        enum tally_code rc = key_proof_check(&job->proof_key, job->proof_origin, job->proof_actor, job->proof_pop, &err);
        if (rc == TALLY_E_SIGNATURE || rc == TALLY_E_DENIED)
            job_found(job, FINDING_KEY_PROOF, job->seq, "of actor %.*s: %s", SLICE_ARG(job->proof_actor), err.detail);
        else if (rc != TALLY_OK)
            job->failed = rc;
    }
}
