#include <inttypes.h>

#include "state.h"
#include "tally/text.h"

/* Outside the years that an entry's time can have, by far; and microseconds, also their difference, still fit. */
#define IAT_FAR_S INT64_C(1000000000000)

bool changes_keys(enum entry_type type)
{
    return type == ENTRY_LEDGER_CREATED || type == ENTRY_ACTOR_REGISTERED || type == ENTRY_KEY_ADDED ||
           type == ENTRY_KEY_REVOKED;
}

/* The type itself, or with parameters behind it. */
static bool is_media_type(struct slice cty, struct slice type)
{
    return slice_equal(cty, type) || (slice_starts(cty, type) && cty.ptr[type.len] == ';');
}

static bool is_readable(struct slice cty, enum entry_type type)
{
    return is_media_type(cty, SLICE("application/json")) ||
           (type == ENTRY_RESULT_SUBMITTED && is_media_type(cty, SLICE("text/csv")));
}

static void check_request(struct job *job, const struct entry_header *header, enum entry_type type)
{
    const struct statement *s = &job->statement;
    enum entry_type signed_type = ENTRY_TYPE_COUNT;
    if (!slice_equal(s->aud, header->ledger))
        job_found(job, FINDING_STATEMENT_REQUEST, job->seq, "it was signed for the ledger %.*s", SLICE_ARG(s->aud));
    else if (entry_type_of_request(s->htm, s->htu, &signed_type) != TALLY_OK || signed_type != type)
        job_found(job, FINDING_STATEMENT_REQUEST, job->seq, "it was signed for %.*s %.*s, which does not make a %s",
                  SLICE_ARG(s->htm), SLICE_ARG(s->htu), entry_type_text(type));
    else if (!slice_equal(s->jti, header->jti))
        job_found(job, FINDING_STATEMENT_REQUEST, job->seq, "the jti signed is %.*s, not the header's", SLICE_ARG(s->jti));
    else if (!is_readable(s->cty, type))
        job_found(job, FINDING_STATEMENT_REQUEST, job->seq, "it was signed as %.*s, which a %s is not", SLICE_ARG(s->cty),
                  entry_type_text(type));
}

static void check_time(struct job *job, const struct entry_header *header)
{
    const int64_t limit_us = INT64_C(1000000) * STATEMENT_SKEW_S;
    int64_t iat = job->statement.iat;
    bool is_far = iat > IAT_FAR_S || iat < -IAT_FAR_S;
    if (is_far || header->time.us - iat * 1000000 > limit_us || iat * 1000000 - header->time.us > limit_us)
        job_found(job, FINDING_STATEMENT_TIME, job->seq,
                  "iat is %" PRId64 ", the entry's time %" PRId64 " seconds since 1970", iat, header->time.us / 1000000);
}

/* The seq that a path names, as in /v1/results/{seq}/verifications: an author has seen what it speaks of. */
static bool named_entry(struct slice target, enum entry_type type, uint64_t *seq)
{
    static const struct {
        enum entry_type type;
        const char *before;
    } named[] = {
        {ENTRY_RESULT_VERIFIED, "/v1/results/"},   {ENTRY_RESULT_RESTATED, "/v1/results/"},
        {ENTRY_RESULT_WITHDRAWN, "/v1/results/"},  {ENTRY_RESULT_DISPUTED, "/v1/results/"},
        {ENTRY_DISPUTE_RESOLVED, "/v1/disputes/"}, {ENTRY_SETTLEMENT_RECORDED, "/v1/payments/"},
        {ENTRY_BODY_ERASED, "/v1/entries/"},
    };
    size_t i = 0;
    while (i < sizeof named / sizeof named[0] && named[i].type != type)
        i++;
    if (i == sizeof named / sizeof named[0])
        return false;
    const char *from = target.ptr + strlen(named[i].before);
    const char *end = memchr(from, '/', (size_t) (target.ptr + target.len - from));
    return end != NULL && text_u64(slice_of(from, (size_t) (end - from)), ENTRY_SEQ_MAX, seq) == TALLY_OK;
}

static enum tally_code check_head(const struct verifier *v, struct job *job, enum entry_type type, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    const struct statement *s = &job->statement;
    struct digest hash;
    enum entry_type signed_type = ENTRY_TYPE_COUNT;
    uint64_t named = 0;
    bool is_there = s->head_seq < job->seq && hash_list_has(&v->hashes, s->head_seq);
    if (is_there)
        TRY(hash_list_get(&v->hashes, s->head_seq, &hash, err));
    if (!is_there)
        job_found(job, FINDING_STATEMENT_HEAD, job->seq, "its head is entry %" PRIu64 ", which is not before it",
                  s->head_seq);
    else if (!hash_list_is_unknown(&hash) && !digest_equal(&hash, &s->head_hash))
        job_found(job, FINDING_STATEMENT_HEAD, job->seq,
                  "its author saw another entry %" PRIu64 " than this archive has: another history, or an altered one",
                  s->head_seq);
    else if (entry_type_of_request(s->htm, s->htu, &signed_type) == TALLY_OK && signed_type == type &&
             named_entry(s->htu, type, &named) && s->head_seq < named)
        job_found(job, FINDING_STATEMENT_HEAD, job->seq,
                  "its head is entry %" PRIu64 ", before entry %" PRIu64 " that it names", s->head_seq, named);
done:
    return rc;
}

static void check_key(const struct verifier *v, struct job *job, const struct entry_header *header)
{
    const struct statement *s = &job->statement;
    const struct key_record *record = key_table_find(&v->keys, s->kid);
    if (record == NULL) {
        job_found(job, FINDING_KEY_UNKNOWN, job->seq, "no entry before it registers the key %.*s", SLICE_ARG(s->kid));
        return;
    }
    if (!slice_equal(key_record_actor(record), header->actor))
        job_found(job, FINDING_STATEMENT_ACTOR, job->seq, "the key %.*s belongs to %.*s, not to %.*s", SLICE_ARG(s->kid),
                  SLICE_ARG(key_record_actor(record)), SLICE_ARG(header->actor));
    if (record->revoked_seq < job->seq)
        job_found(job, FINDING_KEY_REVOKED, job->seq, "the key %.*s was revoked by entry %" PRIu64, SLICE_ARG(s->kid),
                  record->revoked_seq);
    if (record->verifier == NULL) {
        job_found(job, FINDING_STATEMENT_SIGNATURE, job->seq, "the key %.*s is weak: one signature fits every text",
                  SLICE_ARG(s->kid));
        return;
    }
    job->has_statement = true;
    job->key = record->verifier;
}

/* Who may act by what the ledger alone says of it (api.md); rights that contracts give are replay. */
static void check_right(const struct verifier *v, struct job *job, const struct entry_header *header, enum entry_type type)
{
    if (type != ENTRY_ACTOR_REGISTERED && type != ENTRY_INDICATOR_DEFINED)
        return;
    if (!slice_equal(header->actor, kept_slice(&v->operator_id)) && !key_table_is_backbone(&v->keys, header->actor))
        job_found(job, FINDING_STATEMENT_RIGHT, job->seq,
                  "%.*s makes a %s; the operator and actors with the role backbone may", SLICE_ARG(header->actor),
                  entry_type_text(type));
}

enum tally_code check_statement(struct verifier *v, struct job *job, const struct entry_header *header,
                                enum entry_type type, struct slice *target, struct err *err)
{
    if (job->refusal != NULL)
        job_found(job, FINDING_STATEMENT_FORM, job->seq, "%.*s", SLICE_ARG(job->refusal->detail));
    if (job->refusal != NULL || job->failed != TALLY_OK) /* nothing of it has been read */
        return TALLY_OK;
    *target = job->statement.htu;
    check_request(job, header, type);
    check_time(job, header);
    check_key(v, job, header);
    check_right(v, job, header, type);
    return check_head(v, job, type, err);
}
