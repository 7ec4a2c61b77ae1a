/* A body goes by a statement that says so, by its author or the operator, later in the ledger. */
#include <inttypes.h>

#include "state.h"

enum tally_code check_erased(struct verifier *v, struct job *job, const struct entry_header *header, struct err *err)
{
    if (job->line.entry.state != ARCHIVE_BODY_ERASED)
        return TALLY_OK;
    v->report.erased++;
    return erased_add(&v->erased, v->next_seq, header->actor, err);
}

enum tally_code check_erasure(struct verifier *v, struct job *job, const struct entry_header *header, struct err *err)
{
    struct statement statement = {0};
    struct refusal *refusal = NULL;
    uint64_t seq = 0;
    if (job->line.entry.state != ARCHIVE_BODY_PRESENT)
        return TALLY_OK;
    enum tally_code rc = statement_read(job->line.entry.jws, job->arena, &statement, &refusal, err);
    if (rc != TALLY_OK) /* what is wrong with it is found where signatures are looked at */
        return rc == TALLY_E_MALFORMED ? TALLY_OK : rc;
    struct erased *erased = entry_erased_seq(statement.htu, &seq) == TALLY_OK ? erased_find(&v->erased, seq) : NULL;
    if (erased == NULL)
        return TALLY_OK;
    erased->is_said = true;
    struct slice author = slice_of(erased->actor, erased->actor_len);
    bool is_operator_known = v->operator_id.len > 0; /* by entry 0 */
    if (is_operator_known && !slice_equal(header->actor, author) &&
        !slice_equal(header->actor, kept_slice(&v->operator_id)))
        job_found(job, FINDING_STATEMENT_RIGHT, v->next_seq,
                  "%.*s erases entry %" PRIu64 " of %.*s; its author and the operator may", SLICE_ARG(header->actor), seq,
                  SLICE_ARG(author));
    return TALLY_OK;
}

/* Told one by one: there may be as many as entries. */
void check_erased_end(struct verifier *v)
{
    static const char WHY[] = "no body.erased behind it says so: it was removed unsaid, or the archive ends too early";
    for (size_t i = 0; i < v->erased.count; i++)
        if (!v->erased.items[i].is_said)
            verifier_found(v, FINDING_BODY_ERASED, v->erased.items[i].seq, slice_of(WHY, sizeof WHY - 1));
}
