#include "tally/verify.h"

#include <inttypes.h>
#include <unistd.h>

#include "state.h"
#include "tally/mem.h"

void kept_set(struct kept *kept, struct slice s)
{
    kept->len = s.len < sizeof kept->text ? s.len : sizeof kept->text;
    if (kept->len > 0)
        memcpy(kept->text, s.ptr, kept->len);
}

struct slice kept_slice(const struct kept *kept)
{
    return slice_of(kept->text, kept->len);
}

static void tell(struct verifier *v, const struct finding *finding)
{
    if (v->report.findings++ == 0)
        v->report.first_bad = finding->seq;
    if (v->options.on_finding != NULL)
        v->options.on_finding(v->options.ctx, finding);
}

void verifier_found(struct verifier *v, enum finding_code code, uint64_t seq, struct slice detail)
{
    struct finding finding = {.code = code, .seq = seq};
    size_t len = detail.len < sizeof finding.detail ? detail.len : sizeof finding.detail - 1;
    if (len > 0)
        memcpy(finding.detail, detail.ptr, len);
    finding_make_plain(&finding);
    tell(v, &finding);
}

enum verify_level verifier_level(const struct verifier *v)
{
    return v->level;
}

MUST_CHECK static enum tally_code follow(struct verifier *v, const struct job *job, struct err *err)
{
    const struct verify_entry entry = {
        .seq = job->seq,
        .header = &job->header,
        .hash = job->hash,
        .type = job->type,
        .entry = &job->entry,
        .statement = job->statement.protected_part.len > 0 ? &job->statement : NULL,
        .is_body_right = job->is_body_right,
        .has_finding = job->first != NULL,
        .has_gap = job->has_gap,
    };
    return v->options.follow(v->options.follow_ctx, v, &entry, err);
}

/* A job comes back: its findings are told, in the order of the lines. */
static enum tally_code finish(void *ctx, struct job *job, struct err *err)
{
    struct verifier *v = ctx;
    if (job->failed != TALLY_OK)
        return err_set(err, job->failed, "entry %" PRIu64 " could not be checked: %s", job->seq,
                       err_code_text(job->failed));
    for (const struct job_finding *found = job->first; found != NULL; found = found->next)
        tell(v, &found->finding);
    v->report.signatures += job->is_signed_right ? 1 : 0;
    return job->is_entry && v->level == VERIFY_REPLAY ? follow(v, job, err) : TALLY_OK;
}

static int core_count(void)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n < 1 ? 1 : (n > POOL_THREADS_MAX ? POOL_THREADS_MAX : (int) n);
}

enum tally_code verifier_new(const struct verify_options *options, struct verifier **out, struct err *err)
{
    struct slice name;
    uint8_t type = 0;
    struct key_public key;
    if (options->vkey.len > 0) {
        enum tally_code rc = key_vkey_read(options->vkey, &name, &type, &key, err);
        if (rc != TALLY_OK)
            return rc;
        if (type != VKEY_TYPE_LEDGER || options->vkey.len > VKEY_MAX)
            return err_set(err, TALLY_E_MALFORMED, "the trusted key is not a ledger's verifier key");
    }
    struct verifier *v = mem_zero(sizeof *v);
    if (v == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory for a verifier");
    v->options = *options;
    v->level = options->level;
    v->is_tree_known = true;
    kept_set(&v->trusted, options->vkey);
    if (options->vkey.len > 0) {
        enum tally_code rc = note_key_read(options->vkey, &v->note_key, err);
        if (rc != TALLY_OK) {
            mem_free(v);
            return rc;
        }
        v->has_note_key = true;
    }
    enum tally_code rc = pool_new(options->threads == 0 ? core_count() : options->threads, finish, v, &v->pool, err);
    if (rc != TALLY_OK) {
        note_key_release(&v->note_key);
        mem_free(v);
        return rc;
    }
    ENSURE(options->level != VERIFY_REPLAY || options->follow != NULL);
    *out = v;
    return TALLY_OK;
}

void verifier_free(struct verifier *v)
{
    if (v == NULL)
        return;
    pool_free(v->pool); /* first: what is under way borrows the keys */
    hash_list_release(&v->hashes);
    jti_set_release(&v->jtis);
    roots_release(&v->roots);
    note_key_release(&v->note_key);
    key_table_release(&v->keys);
    mem_free(v);
}

MUST_CHECK static enum tally_code take_head(struct verifier *v, struct job *job, const struct archive_head *head,
                                            struct err *err)
{
    if (v->line != 1) {
        job_found(job, FINDING_ARCHIVE_LINE, v->line, "a first line stands in the middle");
        return TALLY_OK;
    }
    v->has_head = true;
    v->from = head->from;
    v->size = head->size;
    v->next_seq = head->from;
    kept_set(&v->origin, head->origin);
    kept_set(&v->head_vkey, head->vkey);
    if (v->from > 0 && v->level >= VERIFY_SIGNATURES) {
        job_found(job, FINDING_ARCHIVE_HEAD, v->line,
                  "it begins at entry %" PRIu64
                  ": signatures need the keys registered before; get it from entry 0, or use level chain",
                  v->from);
        v->level = VERIFY_CHAIN;
    }
    if (v->trusted.len == 0) /* a hint: what it signed shows that the archive agrees with itself */
        v->has_note_key = note_key_read(head->vkey, &v->note_key, NULL) == TALLY_OK;
    return check_range(v, job, head, err);
}

static enum tally_code take_line(struct verifier *v, struct job *job, struct slice text, struct err *err)
{
    struct archive_line line;
    struct err why = {0};
    enum tally_code rc = archive_read_line(text, job->arena, &line, &why);
    if (rc == TALLY_E_NO_MEMORY)
        return err_set(err, rc, "%s", why.detail);
    if (v->line == 1 && (rc != TALLY_OK || line.kind != ARCHIVE_LINE_HEAD)) {
        job_found(job, FINDING_ARCHIVE_HEAD, v->line, "%s", rc != TALLY_OK ? why.detail : "it is the line of an entry");
        if (rc != TALLY_OK)
            return TALLY_OK;
    } else if (rc != TALLY_OK) {
        job_found(job, FINDING_ARCHIVE_LINE, v->line, "%s", why.detail);
        v->lost++;
        return TALLY_OK;
    }
    switch (line.kind) {
    case ARCHIVE_LINE_HEAD:
        return take_head(v, job, &line.head, err);
    case ARCHIVE_LINE_ENTRY:
        if (v->has_checkpoint)
            job_found(job, FINDING_ARCHIVE_LINE, v->line, "an entry stands after the checkpoints");
        return check_entry(v, job, &line.entry, err);
    case ARCHIVE_LINE_CHECKPOINT:
        v->has_checkpoint = true;
        check_checkpoint(v, job, line.checkpoint);
        break;
    }
    return TALLY_OK;
}

enum tally_code verifier_line(struct verifier *v, struct slice line, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct job *job = NULL;
    v->line++;
    TRY(pool_next(v->pool, v->next_seq, line.len, &job, err));
    TRY(take_line(v, job, line, err));
    TRY(pool_put(v->pool, err));
done:
    return rc;
}

static void check_end(struct verifier *v, struct job *job)
{
    bool is_trust_used = v->report.is_anchored || v->trusted.len == 0;
    if (v->line == 0)
        job_found(job, FINDING_ARCHIVE_HEAD, 1, "the archive is empty");
    else if (v->has_head && (v->next_seq > v->size || v->next_seq + v->lost < v->size))
        job_found(job, FINDING_ARCHIVE_SIZE, v->line,
                  "the first line announces the entries up to %" PRIu64 ", the archive ends after %" PRIu64, v->size,
                  v->next_seq);
    check_anchors_end(v, job);
    if (!is_trust_used && v->report.findings == 0 && job->first == NULL && v->from == 0)
        job_found(job, FINDING_LEDGER_KEY, 0, "no entry says that the trusted key is the ledger's");
}

enum tally_code verifier_end(struct verifier *v, struct verify_report *report, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct job *job = NULL;
    TRY(pool_drain(v->pool, err)); /* so that the count of findings is complete */
    if (v->level == VERIFY_REPLAY)
        TRY(v->options.follow(v->options.follow_ctx, v, NULL, err));
    TRY(pool_next(v->pool, v->next_seq, 0, &job, err));
    check_end(v, job);
    v->report.last_seq = v->next_seq - (v->next_seq > 0 ? 1 : 0);
    TRY(pool_put(v->pool, err));
    TRY(pool_drain(v->pool, err));
    *report = v->report;
done:
    return rc;
}
