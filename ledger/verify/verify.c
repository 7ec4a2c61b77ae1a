#include "tally/verify.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "state.h"
#include "tally/mem.h"

#define LINES_AHEAD 6 /* as long as it takes to fetch something from memory */
#define CACHE_LINE 64
#define END_ARENA_MAX ((size_t) 1 << 20) /* a finding for each checkpoint that was given, and a few */

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
        .entry = &job->line.entry,
        .statement = job->is_statement_read ? &job->statement : NULL,
        .is_body_right = job->has_body && job->is_body_committed,
        .has_finding = job->first != NULL,
        .has_gap = job->has_gap,
    };
    return v->options.follow(v->options.follow_ctx, v, &entry, err);
}

static enum tally_code finish_job(struct verifier *v, const struct job *job, struct err *err)
{
    if (job->failed != TALLY_OK)
        return err_set(err, job->failed, "entry %" PRIu64 " could not be checked: %s", job->seq,
                       err_code_text(job->failed));
    for (const struct job_finding *found = job->first; found != NULL; found = found->next)
        tell(v, &found->finding);
    v->report.signatures += job->is_signed_right ? 1 : 0;
    return job->is_entry && v->level == VERIFY_REPLAY ? follow(v, job, err) : TALLY_OK;
}

/* A block comes back: its findings are told, in the order of the lines. */
static enum tally_code finish(void *ctx, struct block *block, struct err *err)
{
    for (size_t i = 0; i < block->job_count; i++) {
        enum tally_code rc = finish_job(ctx, &block->jobs[i], err);
        if (rc != TALLY_OK)
            return rc;
    }
    return TALLY_OK;
}

static int core_count(void)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n < 1 ? 1 : (n > POOL_THREADS_MAX ? POOL_THREADS_MAX : (int) n);
}

static enum tally_code check(void *ctx, struct block *block, struct err *err);

static enum tally_code prepare(struct verifier *v, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    int threads = v->options.threads == 0 ? core_count() : v->options.threads;
    struct pool_options options = {
        .threads = threads, .common = {.level = v->level}, .check = check, .finish = finish, .ctx = v};
    digest_key_make(&options.common.jti_key);
    if (v->trusted.len > 0) {
        TRY(note_key_read(kept_slice(&v->trusted), &v->note_key, err));
        v->has_note_key = true;
    }
    v->end_arena = arena_new(END_ARENA_MAX);
    if (v->end_arena == NULL)
        TRY(err_set(err, TALLY_E_NO_MEMORY, "no memory for a verifier"));
    v->is_anchor_right = ARENA_ARRAY(v->end_arena, v->options.anchor_count + 1, bool);
    if (v->is_anchor_right == NULL)
        TRY(err_set(err, TALLY_E_NO_MEMORY, "no memory for the checkpoints"));
    TRY(pool_new(&options, &v->pool, err));
    v->feed.pool = v->pool;
done:
    return rc;
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
    v->hashes.file.dir = v->roots.file.dir = v->times.file.dir = v->jtis.runs.dir = options->temporary_dir;
    kept_set(&v->trusted, options->vkey);
    ENSURE(options->level != VERIFY_REPLAY || options->follow != NULL);
    enum tally_code rc = prepare(v, err);
    if (rc != TALLY_OK)
        verifier_free(v);
    else
        *out = v;
    return rc;
}

void verifier_free(struct verifier *v)
{
    if (v == NULL)
        return;
    pool_free(v->pool); /* first: what is under way borrows the keys */
    arena_free(v->end_arena);
    hash_list_release(&v->hashes);
    jti_set_release(&v->jtis);
    roots_release(&v->roots);
    time_list_release(&v->times);
    note_key_release(&v->note_key);
    key_table_release(&v->keys);
    erased_release(&v->erased);
    mem_free(v);
}

/* Whoever gives the trusted key has looked at it; one that the archive names itself would otherwise be its own witness. */
static void check_own_witness(const struct verifier *v, struct job *job, struct slice vkey)
{
    struct slice name;
    struct key_public key;
    uint8_t type = 0;
    if (v->options.policy == NULL || key_vkey_read(vkey, &name, &type, &key, NULL) != TALLY_OK)
        return;
    for (size_t i = 0; i < v->options.policy->witness_count; i++)
        if (memcmp(v->options.policy->witnesses[i].public_key.bytes, key.bytes, KEY_PUBLIC_LEN) == 0)
            job_found(job, FINDING_LEDGER_KEY, v->from, "it is that of the witness %s: nobody is a witness to itself",
                      v->options.policy->witnesses[i].key.name);
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
    v->report.first_seq = head->from;
    if (v->from > 0 && v->level >= VERIFY_SIGNATURES) { /* the keys may have been registered before */
        v->report.is_lowered = true;
        v->level = VERIFY_CHAIN;
    }
    if (v->trusted.len == 0) { /* a hint: what it signed shows that the archive agrees with itself */
        v->has_note_key = note_key_read(head->vkey, &v->note_key, NULL) == TALLY_OK;
        check_own_witness(v, job, head->vkey);
    }
    return check_range(v, job, head, err);
}

static enum tally_code take_line(struct verifier *v, struct job *job, struct err *err)
{
    if (v->line == 1 && (job->read != TALLY_OK || job->line.kind != ARCHIVE_LINE_HEAD)) {
        job_found(job, FINDING_ARCHIVE_HEAD, v->line, "%s",
                  job->read != TALLY_OK ? job->wrong : "it is the line of an entry");
        if (job->read != TALLY_OK)
            return TALLY_OK;
    } else if (job->read != TALLY_OK) {
        job_found(job, FINDING_ARCHIVE_LINE, v->line, "%s", job->wrong);
        v->lost++;
        return TALLY_OK;
    }
    switch (job->line.kind) {
    case ARCHIVE_LINE_HEAD:
        return take_head(v, job, &job->line.head, err);
    case ARCHIVE_LINE_ENTRY:
        if (v->has_checkpoint)
            job_found(job, FINDING_ARCHIVE_LINE, v->line, "an entry stands after the checkpoints");
        return check_entry(v, job, err);
    case ARCHIVE_LINE_CHECKPOINT:
        v->has_checkpoint = true;
        return check_checkpoint(v, job, job->line.checkpoint, err);
    }
    return TALLY_OK;
}

/* What another core has left in its cache, and places chosen by hashes, are far away: they are fetched while other lines are checked. */
static void look_ahead(const struct verifier *v, const struct block *block, size_t i)
{
    if (i + 2 * (size_t) LINES_AHEAD < block->job_count)
        for (size_t at = 0; at < offsetof(struct job, statement); at += CACHE_LINE)
            __builtin_prefetch((const char *) &block->jobs[i + 2 * (size_t) LINES_AHEAD] + at);
    if (i + LINES_AHEAD >= block->job_count)
        return;
    const struct job *job = &block->jobs[i + LINES_AHEAD];
    if (job->has_header && job->header.jti.len > 0)
        jti_set_expect(&v->jtis, job->jti);
}

/* The lines of a block, in order. */
static enum tally_code check(void *ctx, struct block *block, struct err *err)
{
    struct verifier *v = ctx;
    for (size_t i = 0; i < block->job_count; i++) {
        struct job *job = &block->jobs[i];
        look_ahead(v, block, i);
        job->seq = v->next_seq;
        v->line++;
        if (job->failed != TALLY_OK)
            continue; /* told of, and the end, when the block comes back */
        enum tally_code rc = take_line(v, job, err);
        if (rc != TALLY_OK)
            return rc;
        if (!job_has_signatures(job))
            job_run(job); /* nothing that takes time */
    }
    return TALLY_OK;
}

enum tally_code verifier_room(struct verifier *v, char **at, size_t *room, struct err *err)
{
    return feed_room(&v->feed, at, room, err);
}

enum tally_code verifier_put(struct verifier *v, size_t len, struct err *err)
{
    return feed_put(&v->feed, len, err);
}

static enum tally_code put_bytes(struct verifier *v, struct slice bytes, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    while (bytes.len > 0) {
        char *at = NULL;
        size_t room = 0;
        TRY(feed_room(&v->feed, &at, &room, err));
        room = room < bytes.len ? room : bytes.len;
        memcpy(at, bytes.ptr, room);
        TRY(feed_put(&v->feed, room, err));
        bytes = slice_of(bytes.ptr + room, bytes.len - room);
    }
done:
    return rc;
}

enum tally_code verifier_line(struct verifier *v, struct slice line, struct err *err)
{
    enum tally_code rc = put_bytes(v, line, err);
    return rc == TALLY_OK ? put_bytes(v, SLICE("\n"), err) : rc;
}

void verifier_damaged(struct verifier *v, const char *why)
{
    v->is_damaged = true;
    (void) snprintf(v->damage, sizeof v->damage, "%s", why);
}

uint64_t verifier_entries(const struct verifier *v)
{
    return v->report.entries;
}

static enum tally_code check_end(struct verifier *v, struct job *job, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    bool is_trust_used = v->report.is_anchored || v->trusted.len == 0;
    if (v->is_damaged)
        job_found(job, FINDING_ARCHIVE_DAMAGED, v->line + 1, "%s", v->damage);
    if (v->line == 0 && !v->is_damaged)
        job_found(job, FINDING_ARCHIVE_HEAD, 1, "the archive is empty");
    else if (v->has_head && (v->next_seq > v->size || v->next_seq + v->lost < v->size))
        job_found(job, FINDING_ARCHIVE_SIZE, v->line,
                  "the first line announces the entries up to %" PRIu64 ", the archive ends after %" PRIu64, v->size,
                  v->next_seq);
    TRY(check_anchors_end(v, job, err));
    check_erased_end(v);
    if (!is_trust_used && v->report.findings == 0 && job->first == NULL && v->from == 0)
        job_found(job, FINDING_LEDGER_KEY, 0, "no entry says that the trusted key is the ledger's");
done:
    return rc;
}

static void jti_is_twice(void *ctx, uint64_t seq, uint64_t before)
{
    struct verifier *v = ctx;
    struct finding finding = {.code = FINDING_CHAIN_JTI, .seq = seq};
    (void) snprintf(finding.detail, sizeof finding.detail, CHECK_JTI_TEXT, before);
    tell(v, &finding);
    if (seq < v->report.first_bad)
        v->report.first_bad = seq;
}

enum tally_code verifier_end(struct verifier *v, struct verify_report *report, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct job job;
    TRY(feed_end(&v->feed, v->is_damaged, err));
    TRY(jti_set_end(&v->jtis, jti_is_twice, v, err)); /* so that the count of findings is complete */
    if (v->level == VERIFY_REPLAY)
        TRY(v->options.follow(v->options.follow_ctx, v, NULL, err));
    job_begin(&job, v->end_arena, v->next_seq);
    TRY(check_end(v, &job, err));
    v->report.last_seq = v->next_seq - (v->next_seq > 0 ? 1 : 0);
    TRY(finish_job(v, &job, err));
    *report = v->report;
done:
    return rc;
}
