#include "job.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

void job_begin(struct job *job, struct arena *arena, uint64_t seq)
{
    memset(job, 0, offsetof(struct job, type)); /* the rest is large, and filled when it is said to be there */
    job->arena = arena;
    job->seq = seq;
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

/* ---- the line alone ---- */

static void note_wrong(struct job *job, const struct err *why)
{
    job->wrong = arena_strdup(job->arena, slice_str(why->detail));
    if (job->wrong == NULL)
        job->failed = TALLY_E_NO_MEMORY;
}

static void read_statement(struct job *job)
{
    struct err why;
    enum tally_code rc = statement_read(job->line.entry.jws, job->arena, &job->statement, &job->refusal, &why);
    job->is_statement_read = rc == TALLY_OK;
    if (rc == TALLY_OK)
        job->refusal = NULL;
    else if (rc != TALLY_E_MALFORMED || job->refusal == NULL)
        job->failed = rc;
}

static void read_entry(struct job *job, const struct job_common *common)
{
    const struct archive_entry *entry = &job->line.entry;
    struct err why;
    job->has_header = entry_header_read(entry->header, &job->header, &why) == TALLY_OK;
    if (!job->has_header) {
        note_wrong(job, &why);
        return;
    }
    entry_hash(entry->header, &job->hash);
    job->has_type = entry_type_find(job->header.type, &job->type) == TALLY_OK;
    if (job->header.jti.len > 0)
        jti_id_make(&common->jti_key, job->header.actor, job->header.jti, &job->jti);
    if (entry->state != ARCHIVE_BODY_PRESENT)
        return;
    struct digest commitment;
    entry_commitment(entry->nonce, entry->jws, entry->body, &commitment);
    job->is_body_committed = digest_equal(&commitment, &job->header.body);
    if (common->level >= VERIFY_SIGNATURES && job->has_type && entry_type_method(job->type)[0] != '\0')
        read_statement(job);
}

void job_read(struct job *job, const struct job_common *common, struct arena *arena, struct slice line, char *unescaped)
{
    struct err why;
    job_begin(job, arena, 0);
    job->read = archive_take_line(line, unescaped, &job->line, &why);
    if (job->read != TALLY_OK)
        note_wrong(job, &why);
    else if (job->line.kind == ARCHIVE_LINE_ENTRY)
        read_entry(job, common);
}

/* ---- signatures ---- */

/* One edit should give one finding: a body that is not the one committed to is not reported again because its
 * signature fails; what the signature says goes into the same line. */
static void report_body(struct job *job, bool is_signature_right)
{
    if (!job->has_body || (job->is_body_committed && is_signature_right))
        return;
    if (job->is_body_committed)
        job_found(job, FINDING_STATEMENT_SIGNATURE, job->seq,
                  "the signature does not verify with key %.*s over the recorded bytes", SLICE_ARG(job->statement.kid));
    else if (!job->has_statement)
        job_found(job, FINDING_BODY_COMMITMENT, job->seq, "body, jws or nonce are not those that the header commits to");
    else
        job_found(job, FINDING_BODY_COMMITMENT, job->seq,
                  "body, jws or nonce are not those that the header commits to; the author's signature %s",
                  is_signature_right ? "fits the body as it stands here" : "does not fit the body either");
}

bool job_has_signatures(const struct job *job)
{
    return job->has_statement || job->has_proof;
}

void job_run(struct job *job)
{
    bool is_signature_right = true;
    if (job->has_statement) {
        enum tally_code rc = statement_verify(&job->statement, job->key, job->line.entry.body, NULL);
        if (rc != TALLY_OK && rc != TALLY_E_SIGNATURE)
            job->failed = rc;
        is_signature_right = rc == TALLY_OK;
        job->is_signed_right = is_signature_right && job->is_body_committed;
    }
    report_body(job, is_signature_right);
    if (job->has_proof) {
        struct err err;
        enum tally_code rc = key_proof_check(&job->proof_key, job->proof_origin, job->proof_actor, job->proof_pop, &err);
        if (rc == TALLY_E_SIGNATURE || rc == TALLY_E_DENIED)
            job_found(job, FINDING_KEY_PROOF, job->seq, "of actor %.*s: %s", SLICE_ARG(job->proof_actor), err.detail);
        else if (rc != TALLY_OK)
            job->failed = rc;
    }
}
