#include <inttypes.h>

#include "state.h"
#include "tally/text.h"

/* When more entries than this are missing in all, further gaps are taken for wrong numbers: neither an altered digit nor
 * numbers chosen for it may make the list of hashes grow by gigabytes. 32 MB of its file. */
#define MISSING_MAX 1000000

static enum tally_code fill_gap(struct verifier *v, uint64_t to, struct err *err)
{
    static const struct digest unknown;
    while (v->hashes.count < to) {
        enum tally_code rc = hash_list_add(&v->hashes, &unknown, err);
        if (rc != TALLY_OK)
            return rc;
    }
    v->next_seq = to;
    v->has_gap = true;
    v->is_prev_known = false;
    v->is_tree_known = false;
    return TALLY_OK;
}

/* Finds out where an entry with a number other than the next one belongs, so that what follows is checked from there.
 * *is_extra: it stands there in addition to what belongs there. */
static enum tally_code find_place(struct verifier *v, struct job *job, const struct entry_header *header, bool *is_extra,
                                  struct err *err)
{
    *is_extra = false;
    if (header->seq == v->next_seq)
        return TALLY_OK;
    if (header->seq > v->next_seq && header->seq - v->next_seq <= v->lost)
        return fill_gap(v, header->seq, err); /* the lines that could not be read were entries, and are reported */
    job_found(job, FINDING_CHAIN_SEQ, v->next_seq, "an entry numbered %" PRIu64 " stands where entry %" PRIu64 " belongs",
              header->seq, v->next_seq);
    if (v->is_prev_known && digest_equal(&header->prev, &v->prev))
        return TALLY_OK; /* right place, wrong number */
    if (header->seq < v->next_seq) {
        *is_extra = true;
        return TALLY_OK;
    }
    uint64_t missing = header->seq - v->next_seq;
    if (missing > MISSING_MAX - v->missing)
        return TALLY_OK;
    v->missing += missing;
    return fill_gap(v, header->seq, err);
}

static void check_prev(struct verifier *v, struct job *job, const struct entry_header *header)
{
    static const struct digest zeros;
    if (v->next_seq == 0) {
        if (!digest_equal(&header->prev, &zeros))
            job_found(job, FINDING_CHAIN_PREV, 0, "prev of entry 0 is not 64 zeros");
    } else if (!v->is_prev_known) {
        if (hash_list_has(&v->hashes, v->next_seq - 1)) /* the best that is known of what is missing or cannot be read */
            hash_list_set_last(&v->hashes, &header->prev);
    } else if (!digest_equal(&header->prev, &v->prev)) {
        job_found(job, FINDING_CHAIN_PREV, v->next_seq, "prev does not match the hash of entry %" PRIu64, v->next_seq - 1);
    }
}

/* Entry 0 names the ledger's key; where the archive begins later, the key at hand says whose entries these may be. */
static void check_whose(struct verifier *v, struct job *job, const struct entry_header *header)
{
    if (v->from > 0 && v->has_note_key && !slice_is(header->ledger, v->note_key.name))
        job_found(job, FINDING_LEDGER_KEY, v->next_seq, "it is of the ledger %.*s, and the %s key of %s",
                  SLICE_ARG(header->ledger), v->trusted.len > 0 ? "trusted" : "archive's", v->note_key.name);
}

static bool is_to_come(struct verifier *v, struct instant time)
{
    const int64_t slack_us = VERIFY_CLOCK_SLACK_S * INT64_C(1000000);
    if (v->options.clock == NULL || time.us - slack_us <= v->now.us)
        return false;
    v->now = v->options.clock();
    return time.us - slack_us > v->now.us;
}

/* What falls due by the clock is recorded too early where the clock is put forward; no author has signed at such a time. The first entry is
 * told: those behind it are later still. */
static void check_future(struct verifier *v, struct job *job, struct instant time)
{
    char text[INSTANT_TEXT_LEN + 1];
    if (!is_to_come(v, time) || (v->has_entry && is_to_come(v, v->time)))
        return;
    instant_format(v->now, text);
    job_found(job, FINDING_CHAIN_FUTURE, v->next_seq, "its time has not come: it is %s by the clock of this machine", text);
}

/* Compared with the entry before, so that one altered entry does not put all that follow in the wrong. */
static void check_time_and_ledger(struct verifier *v, struct job *job, const struct entry_header *header)
{
    char text[INSTANT_TEXT_LEN + 1];
    if (v->has_entry && header->time.us < v->time.us) {
        instant_format(v->time, text);
        job_found(job, FINDING_CHAIN_TIME, v->next_seq, "its time is before %s, the time of entry %" PRIu64, text,
                  v->next_seq - 1);
    }
    check_future(v, job, header->time);
    if (!v->has_entry)
        check_whose(v, job, header);
    if (slice_equal(header->ledger, kept_slice(&v->origin)))
        return;
    if (v->has_entry)
        job_found(job, FINDING_CHAIN_LEDGER, v->next_seq, "it names the ledger %.*s, the entry before %.*s",
                  SLICE_ARG(header->ledger), SLICE_ARG(kept_slice(&v->origin)));
    else if (v->origin.len > 0)
        job_found(job, FINDING_ARCHIVE_ORIGIN, v->line, "its first entry is of ledger %.*s, but %.*s was announced",
                  SLICE_ARG(header->ledger), SLICE_ARG(kept_slice(&v->origin)));
}

/* NULL, or how the header contradicts its type. */
static const char *wrong_form(const struct entry_header *header, const struct archive_entry *entry, enum entry_type type)
{
    bool is_service = entry_type_method(type)[0] == '\0';
    bool has_service_actor = slice_is(header->actor, ENTRY_ACTOR_SERVICE);
    if ((type == ENTRY_LEDGER_CREATED) != (header->seq == 0))
        return "the one entry of type ledger.created is entry 0";
    if (is_service && (!has_service_actor || header->jti.len > 0))
        return "the service alone writes this type, as \"" ENTRY_ACTOR_SERVICE "\" and without a jti";
    if (!is_service && (has_service_actor || header->jti.len == 0))
        return "an actor writes this type, and with a jti";
    if (entry->state == ARCHIVE_BODY_PRESENT && (entry->jws.len > 0) == is_service)
        return is_service ? "the service's own entries have no signature" : "it has no signature";
    return NULL;
}

/* True when the type exists and the entry is made as its type wants it. */
static bool check_type(struct verifier *v, struct job *job, const struct entry_header *header)
{
    if (!job->has_type) {
        job_found(job, FINDING_CHAIN_TYPE, v->next_seq, "there is no type %.*s", SLICE_ARG(header->type));
        return false;
    }
    const char *wrong = wrong_form(header, &job->line.entry, job->type);
    if (wrong != NULL)
        job_found(job, FINDING_CHAIN_TYPE, v->next_seq, "%s: %s", entry_type_text(job->type), wrong);
    return wrong == NULL;
}

static enum tally_code check_jti(struct verifier *v, struct job *job, const struct entry_header *header, struct err *err)
{
    bool was_there = false;
    uint64_t before = 0;
    if (header->jti.len == 0)
        return TALLY_OK;
    enum tally_code rc = jti_set_add(&v->jtis, job->jti, v->next_seq, &was_there, &before, err);
    if (rc == TALLY_OK && was_there)
        job_found(job, FINDING_CHAIN_JTI, v->next_seq, CHECK_JTI_TEXT, before);
    return rc;
}

/* The header as it stands is what the next entry is compared with. */
static enum tally_code go_on(struct verifier *v, struct job *job, const struct entry_header *header, struct err *err)
{
    v->prev = job->hash;
    v->is_prev_known = true;
    v->time = header->time;
    if (!slice_equal(header->ledger, kept_slice(&v->origin)))
        kept_set(&v->origin, header->ledger);
    v->has_entry = true;
    v->lost = 0;
    v->report.entries++;
    v->report.head = v->prev;
    v->next_seq++;
    enum tally_code rc = hash_list_add(&v->hashes, &v->prev, err);
    return rc == TALLY_OK ? check_leaf(v, job, &v->prev, err) : rc;
}

static void count_absent_body(struct verifier *v, struct job *job, const struct entry_header *header)
{
    const struct archive_entry *entry = &job->line.entry;
    if (entry->state != ARCHIVE_BODY_PRESENT && v->options.on_absent != NULL)
        v->options.on_absent(v->options.ctx, v->next_seq, entry->state);
    if (entry->state == ARCHIVE_BODY_WITHHELD) {
        v->report.withheld++;
        if (header->open)
            job_found(job, FINDING_BODY_WITHHELD_OPEN, v->next_seq, "its header says that anybody may read it");
    }
}

/* What the body says, and who signed it. */
static enum tally_code check_body(struct verifier *v, struct job *job, const struct entry_header *header,
                                  enum entry_type type, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct slice target = {0};
    bool is_present = job->line.entry.state == ARCHIVE_BODY_PRESENT;
    bool is_anchor = type == ENTRY_LEDGER_CREATED;
    if (v->level >= VERIFY_SIGNATURES && is_present && entry_type_method(type)[0] != '\0')
        TRY(check_statement(v, job, header, type, &target, err));
    if (type == ENTRY_BODY_ERASED)
        TRY(check_erasure(v, job, header, err));
    if (!changes_keys(type) || (v->level < VERIFY_SIGNATURES && !is_anchor) || v->options.read_key_change == NULL)
        goto done;
    if (!is_present)
        job_found(job, FINDING_BODY_FORM, v->next_seq,
                  "the body of a %s is not there: the keys that it names are not known", entry_type_text(type));
    else if (is_anchor || target.len > 0)
        TRY(check_key_change(v, job, header, type, target, err));
done:
    return rc;
}

enum tally_code check_entry(struct verifier *v, struct job *job, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    const struct entry_header *header = &job->header;
    bool is_extra = false;
    if (!job->has_header) {
        job_found(job, FINDING_ARCHIVE_LINE, v->line, "%s", job->wrong);
        v->lost++;
        return TALLY_OK;
    }
    TRY(find_place(v, job, header, &is_extra, err));
    if (is_extra)
        goto done;
    job->seq = v->next_seq;
    job->has_body = job->line.entry.state == ARCHIVE_BODY_PRESENT;
    check_prev(v, job, header);
    check_time_and_ledger(v, job, header);
    TRY(check_jti(v, job, header, err));
    count_absent_body(v, job, header);
    TRY(check_erased(v, job, header, err));
    if (check_type(v, job, header))
        TRY(check_body(v, job, header, job->type, err));
    else
        job->type = ENTRY_TYPE_COUNT;
    TRY(go_on(v, job, header, err));
    job->is_entry = true;
    job->has_gap = v->has_gap;
    v->has_gap = false;
done:
    return rc;
}
