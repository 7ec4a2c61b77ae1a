#include "cosigners.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>

#include "tally/cosignature.h"
#include "tally/file.h"
#include "tally/log.h"
#include "tally/mem.h"
#include "tally/text.h"

#define PATH_LEN_MAX 1024
#define LOAD_ARENA (1u << 20) /* two rows for each of 63 witnesses */

/* A checkpoint, and who has cosigned it. */
struct cosigned {
    struct append_root root;
    uint64_t witnesses; /* bit n: the n-th of the policy */
    uint64_t seconds[POLICY_WITNESSES_MAX];
    char lines[POLICY_WITNESSES_MAX][COSIGNERS_LINE_MAX]; /* NUL-ended */
};

struct cosigners {
    struct cosigners_options options;
    char path[PATH_LEN_MAX]; /* DATA/cosigned */
    struct buf policy_text;
    struct policy policy;
    struct note_key ledger;
    struct key_public ledger_public;
    struct append_root vouched[2]; /* by the files that were there at the start */
    size_t vouched_count;
    pthread_mutex_t taking; /* of what is below, to `lock` */
    struct pg *pg;          /* a writer's */
    uint64_t filed_size;    /* of the checkpoint in DATA/cosigned; 0: none, or it was not written as it should have been */
    pthread_mutex_t lock;   /* of what is below */
    int64_t refreshed_us;
    struct cosigned *kept; /* COSIGNERS_KEPT_MAX, in rising order of their sizes */
    size_t count;
    struct append_root best; /* the newest with a quorum; size 0: none */
};

/* ---- in memory; the lock is held ---- */

static struct cosigned *kept_find(struct cosigners *c, uint64_t size)
{
    for (size_t i = c->count; i > 0; i--)
        if (c->kept[i - 1].root.size == size)
            return &c->kept[i - 1];
    return NULL;
}

/* For some witness nothing newer is kept. */
static bool is_newest_of_any(const struct cosigners *c, size_t at)
{
    uint64_t newer = 0;
    for (size_t i = at + 1; i < c->count; i++)
        newer |= c->kept[i].witnesses;
    return (c->kept[at].witnesses & ~newer) != 0;
}

static void kept_remove(struct cosigners *c, size_t at)
{
    c->count--;
    for (size_t i = at; i < c->count; i++)
        c->kept[i] = c->kept[i + 1];
}

/* What is behind the newest with a quorum goes, but for each witness's newest; then, where there is no room, the oldest of the rest. */
static void prune(struct cosigners *c)
{
    for (size_t i = c->count; i > 0; i--)
        if (c->kept[i - 1].root.size < c->best.size && !is_newest_of_any(c, i - 1))
            kept_remove(c, i - 1);
    for (size_t i = 0; i < c->count && c->count == COSIGNERS_KEPT_MAX;) {
        if (c->kept[i].root.size == c->best.size || is_newest_of_any(c, i))
            i++;
        else
            kept_remove(c, i);
    }
    ENSURE(c->count < COSIGNERS_KEPT_MAX);
}

static struct cosigned *kept_place(struct cosigners *c, const struct append_root *root)
{
    struct cosigned *there = kept_find(c, root->size);
    if (there != NULL)
        return there;
    prune(c);
    size_t at = c->count;
    for (; at > 0 && c->kept[at - 1].root.size > root->size; at--)
        c->kept[at] = c->kept[at - 1];
    c->count++;
    memset(&c->kept[at], 0, sizeof c->kept[at]);
    c->kept[at].root = *root;
    return &c->kept[at];
}

/* Whether it changed anything. */
static bool remember(struct cosigners *c, const struct append_root *root, size_t witness, uint64_t seconds,
                     struct slice line)
{
    struct cosigned *at = kept_place(c, root);
    uint64_t bit = UINT64_C(1) << witness;
    if (line.len >= COSIGNERS_LINE_MAX || !digest_equal(&at->root.root, &root->root) ||
        ((at->witnesses & bit) != 0 && at->seconds[witness] >= seconds))
        return false;
    at->witnesses |= bit;
    at->seconds[witness] = seconds;
    memcpy(at->lines[witness], line.ptr, line.len);
    at->lines[witness][line.len] = '\0';
    return true;
}

static bool is_enough(const struct cosigners *c, const struct cosigned *at)
{
    return at->witnesses != 0 && policy_is_met(&c->policy, at->witnesses);
}

/* Whether this one is the newest with a quorum now. */
static bool best_move(struct cosigners *c, const struct cosigned *at)
{
    if (!is_enough(c, at) || at->root.size < c->best.size)
        return false;
    c->best = at->root;
    return true;
}

static void lines_add(const struct cosigned *at, struct buf *out)
{
    for (size_t i = 0; i < POLICY_WITNESSES_MAX; i++)
        if ((at->witnesses >> i & 1) != 0)
            buf_add_str(out, at->lines[i]);
}

/* The note: the ledger's own signature is the same each time that it is made (RFC 8032). */
MUST_CHECK static enum tally_code note_make(const struct cosigners *c, const struct cosigned *at, struct buf *out,
                                            struct err *err)
{
    const struct checkpoint checkpoint = {.origin = c->options.origin, .size = at->root.size, .root = at->root.root};
    enum tally_code rc = checkpoint_sign(&checkpoint, c->options.key, out, err);
    if (rc == TALLY_OK)
        lines_add(at, out);
    return rc == TALLY_OK ? buf_check(out, err) : rc;
}

/* ---- the files ---- */

/* A checkpoint of this ledger that enough witnesses have cosigned; its root is compared with the database at each start. */
MUST_CHECK static enum tally_code vouch(struct cosigners *c, const char *path, bool is_needed, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct checkpoint checkpoint = {.origin = SLICE("")};
    struct policy_seen seen = {0};
    struct note note;
    struct buf text;
    buf_init(&text, NOTE_MAX);
    rc = file_read(path, &text, err);
    if (rc == TALLY_E_NOT_FOUND && !is_needed) {
        rc = TALLY_OK;
        goto done;
    }
    if (rc == TALLY_OK)
        rc = checkpoint_open(buf_slice(&text), &c->ledger, &checkpoint, &note, err);
    if (rc == TALLY_OK)
        rc = policy_look(&c->policy, &note, &seen, err);
    if (rc != TALLY_OK)
        TRY(err_context(err, "%s", path));
    if (is_needed && (!policy_has_quorum(&c->policy) || !policy_is_met(&c->policy, seen.witnesses)))
        TRY(err_set(err, TALLY_E_USAGE, "%s: not as many witnesses have cosigned it as the quorum of --policy asks", path));
    c->vouched[c->vouched_count++] = (struct append_root){checkpoint.size, checkpoint.root};
done:
    buf_release(&text);
    return rc;
}

/* The policy trusts this ledger's key and no other in its name, and this ledger is nobody's witness. */
MUST_CHECK static enum tally_code policy_check(const struct cosigners *c, struct err *err)
{
    const struct policy *policy = &c->policy;
    const struct policy_log *log = policy_log_find(policy, c->options.origin);
    if (policy->log_count > 0 && log == NULL)
        return err_set(err, TALLY_E_USAGE, "%s names logs, and this ledger (%.*s) is none of them", c->options.policy,
                       SLICE_ARG(c->options.vkey));
    if (log != NULL && !slice_equal(log->vkey, c->options.vkey))
        return err_set(err, TALLY_E_USAGE, "%s names another key for this ledger, whose verifier key is %.*s",
                       c->options.policy, SLICE_ARG(c->options.vkey));
    for (size_t i = 0; i < policy->witness_count; i++) {
        const struct policy_witness *witness = &policy->witnesses[i];
        if (memcmp(witness->public_key.bytes, c->ledger_public.bytes, KEY_PUBLIC_LEN) == 0)
            return err_set(err, TALLY_E_USAGE,
                           "%s: the witness %.*s has this ledger's own key: nobody is a witness to itself",
                           c->options.policy, SLICE_ARG(witness->name));
    }
    return TALLY_OK;
}

MUST_CHECK static enum tally_code files_read(struct cosigners *c, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    if (snprintf(c->path, sizeof c->path, "%s/cosigned", c->options.data) >= (int) sizeof c->path)
        TRY(err_set(err, TALLY_E_USAGE, "the path %s is too long", c->options.data));
    if (c->options.policy != NULL) {
        TRY(file_read(c->options.policy, &c->policy_text, err));
        if (policy_read(buf_slice(&c->policy_text), &c->policy, err) != TALLY_OK)
            TRY(err_context(err, "%s", c->options.policy));
        TRY(policy_check(c, err));
    }
    TRY(vouch(c, c->path, false, err));
    c->filed_size = c->vouched_count == 0 ? 0 : c->vouched[0].size;
    if (c->options.witnessed != NULL)
        TRY(vouch(c, c->options.witnessed, true, err));
done:
    return rc;
}

enum tally_code cosigners_new(const struct cosigners_options *options, struct cosigners **out, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct cosigners *c = mem_zero(sizeof *c);
    if (c == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory for the witnesses");
    c->options = *options;
    ENSURE(pthread_mutex_init(&c->taking, NULL) == 0 && pthread_mutex_init(&c->lock, NULL) == 0);
    buf_init(&c->policy_text, POLICY_MAX);
    key_pair_public(options->key, &c->ledger_public);
    TRY(note_key_read(options->vkey, &c->ledger, err));
    c->kept = mem_zero_array(COSIGNERS_KEPT_MAX, sizeof *c->kept); /* 2 MB, touched as far as it is used */
    if (c->kept == NULL)
        TRY(err_set(err, TALLY_E_NO_MEMORY, "no memory for the witnesses"));
    TRY(files_read(c, err));
    *out = c;
    c = NULL;
done:
    cosigners_free(c);
    return rc;
}

void cosigners_free(struct cosigners *c)
{
    if (c == NULL)
        return;
    pg_free(c->pg);
    policy_release(&c->policy);
    buf_release(&c->policy_text);
    note_key_release(&c->ledger);
    pthread_mutex_destroy(&c->taking);
    pthread_mutex_destroy(&c->lock);
    mem_free(c->kept);
    mem_free(c);
}

/* ---- the database ---- */

enum tally_code cosigners_open(struct cosigners *c, const struct pg_options *database, struct err *err)
{
    struct pg_options options = *database;
    options.is_writer = true;
    options.is_by_key = true;
    return pg_new(&options, &c->pg, err);
}

/* A row counts as what its line says: somebody else may have written it. */
static void row_take(struct cosigners *c, const struct cosignature *row)
{
    const struct checkpoint checkpoint = {.origin = c->options.origin, .size = row->root.size, .root = row->root.root};
    struct buf text;
    struct note note;
    struct err err = {0};
    uint64_t seconds = 0;
    size_t i = 0;
    while (i < c->policy.witness_count && !slice_equal(c->policy.witnesses[i].vkey, row->witness))
        i++;
    if (i == c->policy.witness_count) /* not trusted any more */
        return;
    const struct cosigned *known = kept_find(c, row->root.size);
    if (known != NULL && slice_is(row->line, known->lines[i])) /* verified before */
        return;
    buf_init(&text, NOTE_MAX);
    checkpoint_write(&checkpoint, &text);
    buf_add_char(&text, '\n');
    buf_add_slice(&text, row->line);
    enum tally_code rc = note_read(buf_slice(&text), &note, &err);
    if (rc == TALLY_OK)
        rc = note_verify(&note, &c->policy.witnesses[i].key, &seconds, &err);
    if (rc == TALLY_OK && remember(c, &row->root, i, seconds, row->line))
        (void) best_move(c, kept_find(c, row->root.size));
    if (rc != TALLY_OK)
        log_err(LOG_LEVEL_ERROR, "cosignature.stored_badly", &err);
    buf_release(&text);
}

enum tally_code cosigners_refresh(struct cosigners *c, struct pg *pg, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct cosignature *rows = NULL;
    size_t count = 0;
    struct arena *arena = NULL;
    if (c->policy.witness_count == 0)
        return TALLY_OK;
    int64_t now_us = instant_monotonic_us();
    pthread_mutex_lock(&c->lock);
    bool is_due = c->refreshed_us == 0 || now_us - c->refreshed_us > COSIGNERS_REFRESH_MS * INT64_C(1000);
    if (is_due)
        c->refreshed_us = now_us;
    pthread_mutex_unlock(&c->lock);
    if (!is_due)
        return TALLY_OK;
    arena = arena_new(LOAD_ARENA);
    if (arena == NULL)
        TRY(err_set(err, TALLY_E_NO_MEMORY, "no memory for the cosignatures"));
    TRY(cosignatures_read(pg, arena, &rows, &count, err));
    pthread_mutex_lock(&c->lock);
    for (size_t i = count; i > 0; i--) /* the oldest first */
        row_take(c, &rows[i - 1]);
    prune(c);
    pthread_mutex_unlock(&c->lock);
done:
    arena_free(arena);
    return rc;
}

/* ---- asking ---- */

const struct policy *cosigners_policy(const struct cosigners *c)
{
    return &c->policy;
}

const char *cosigners_owner_of(const struct cosigners *c, const struct key_public *key)
{
    if (memcmp(c->ledger_public.bytes, key->bytes, KEY_PUBLIC_LEN) == 0)
        return "the ledger";
    for (size_t i = 0; i < c->policy.witness_count; i++)
        if (memcmp(c->policy.witnesses[i].public_key.bytes, key->bytes, KEY_PUBLIC_LEN) == 0)
            return "a witness";
    return NULL;
}

void cosigners_lines(struct cosigners *c, uint64_t size, struct buf *out)
{
    pthread_mutex_lock(&c->lock);
    const struct cosigned *at = kept_find(c, size);
    if (at != NULL)
        lines_add(at, out);
    pthread_mutex_unlock(&c->lock);
}

bool cosigners_newest(struct cosigners *c, struct append_root *root, struct buf *note)
{
    struct err err = {0};
    pthread_mutex_lock(&c->lock);
    const struct cosigned *at = c->best.size == 0 ? NULL : kept_find(c, c->best.size);
    bool is_made = at != NULL && note_make(c, at, note, &err) == TALLY_OK;
    if (is_made)
        *root = at->root;
    pthread_mutex_unlock(&c->lock);
    if (at != NULL && !is_made)
        log_err(LOG_LEVEL_ERROR, "cosignature.not_shown", &err);
    return is_made;
}

void cosigners_status(struct cosigners *c, struct cosigners_status *out)
{
    pthread_mutex_lock(&c->lock);
    const struct cosigned *at = c->best.size == 0 ? NULL : kept_find(c, c->best.size);
    out->size = c->best.size;
    out->witnesses = (int) c->policy.witness_count;
    out->cosigned = at == NULL ? 0 : __builtin_popcountll(at->witnesses);
    pthread_mutex_unlock(&c->lock);
}

size_t cosigners_witnessed(void *cosigners, struct append_root *out, size_t max)
{
    const struct cosigners *c = cosigners;
    size_t count = c->vouched_count < max ? c->vouched_count : max;
    memcpy(out, c->vouched, count * sizeof *out);
    return count;
}

enum tally_code cosigners_follow(void *cosigners, struct pg *pg, struct err *err)
{
    return cosigners_refresh(cosigners, pg, err);
}

/* ---- taking ---- */

struct taking {
    struct note note;
    struct checkpoint checkpoint;
    struct policy_seen seen;
};

/* What the bytes alone say. */
static enum cosigners_verdict look(const struct cosigners *c, struct slice bytes, struct taking *t, struct err *err)
{
    enum tally_code rc = checkpoint_open(bytes, &c->ledger, &t->checkpoint, &t->note, err);
    if (rc != TALLY_OK)
        return rc == TALLY_E_MISMATCH || rc == TALLY_E_SIGNATURE ? COSIGNERS_OTHER : COSIGNERS_MALFORMED;
    if (policy_look(&c->policy, &t->note, &t->seen, err) != TALLY_OK)
        return COSIGNERS_NOT_SIGNED;
    if (t->seen.witnesses != 0)
        return COSIGNERS_TAKEN;
    (void) err_set(err, TALLY_E_DENIED, "%s",
                   c->policy.witness_count == 0 ? "this service trusts no witness: it was started without --policy"
                                                : "none of its signatures is one of a witness that this service trusts");
    return COSIGNERS_UNKNOWN;
}

/* Each cosignature says: at this time, this was all. */
static bool is_time_right(const struct cosigners *c, const struct taking *t, struct instant last, bool has_next,
                          struct instant next, struct err *err)
{
    const int64_t slack = COSIGNERS_SLACK_S;
    const int64_t now = instant_now().us / 1000000;
    for (size_t i = 0; i < c->policy.witness_count; i++) {
        const int64_t at = (int64_t) t->seen.seconds[i];
        if ((t->seen.witnesses >> i & 1) == 0)
            continue;
        if (at > now + slack || at < last.us / 1000000 - slack || (has_next && next.us / 1000000 < at - slack)) {
            (void) err_set(
                err, TALLY_E_DENIED,
                "the witness %s says that it saw %" PRIu64 " entries at %" PRId64
                " s since 1970, more than %d s from when there were so many; compare its clock with this one (%" PRId64 ")",
                c->policy.witnesses[i].key.name, t->checkpoint.size, at, COSIGNERS_SLACK_S, now);
            return false;
        }
    }
    return true;
}

/* What the database says. */
MUST_CHECK static enum tally_code compare(const struct cosigners *c, struct pg *pg, struct read_tiles *tiles,
                                          const struct taking *t, uint64_t most, struct arena *arena,
                                          enum cosigners_verdict *verdict, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct digest root;
    struct instant last = {0}, next = {0};
    bool has_next = false;
    if (t->checkpoint.size > most || t->checkpoint.size == 0) {
        *verdict = COSIGNERS_NOT_COVERED;
        (void) err_set(err, TALLY_E_NOT_FOUND, "it covers %" PRIu64 " entries, and what is known here ends after %" PRIu64,
                       t->checkpoint.size, most);
        goto done;
    }
    TRY(read_root(pg, tiles, t->checkpoint.size, t->checkpoint.size, arena, &root, err));
    if (!digest_equal(&root, &t->checkpoint.root)) {
        *verdict = COSIGNERS_NOT_OURS;
        (void) err_set(err, TALLY_E_MISMATCH,
                       "this ledger's key has signed another tree of %" PRIu64
                       " entries than the database holds: entries were "
                       "lost or changed, or the key is used elsewhere",
                       t->checkpoint.size);
        goto done;
    }
    TRY(cosignature_times(pg, arena, t->checkpoint.size, &last, &has_next, &next, err));
    *verdict = is_time_right(c, t, last, has_next, next, err) ? COSIGNERS_TAKEN : COSIGNERS_WRONG_TIME;
done:
    return rc;
}

/* Each as its witness's newest, and, where they are enough, all of this checkpoint once more as the quorum's. */
static size_t rows_make(const struct cosigners *c, const struct cosigned *at, const struct taking *t,
                        struct cosignature rows[2 * POLICY_WITNESSES_MAX])
{
    size_t count = 0;
    bool is_best = is_enough(c, at);
    for (size_t i = 0; i < c->policy.witness_count; i++) {
        const struct cosignature row = {.root = at->root,
                                        .witness = c->policy.witnesses[i].vkey,
                                        .seconds = at->seconds[i],
                                        .line = slice_str(at->lines[i])};
        if ((t->seen.witnesses >> i & 1) != 0)
            rows[count++] = row;
        if (is_best && (at->witnesses >> i & 1) != 0) {
            rows[count] = row;
            rows[count++].is_quorum = true;
        }
    }
    return count;
}

/* DATA/cosigned becomes the newest with a quorum. */
MUST_CHECK static enum tally_code file_write(struct cosigners *c, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct buf note;
    buf_init(&note, NOTE_MAX);
    c->filed_size = 0;
    pthread_mutex_lock(&c->lock);
    const struct append_root best = c->best;
    const struct cosigned *at = kept_find(c, best.size);
    rc =
        at == NULL ? err_set(err, TALLY_E_BUG, "the newest cosigned checkpoint is not kept") : note_make(c, at, &note, err);
    pthread_mutex_unlock(&c->lock);
    TRY(rc);
    TRY(file_replace(c->path, buf_slice(&note), err));
    c->filed_size = best.size;
done:
    buf_release(&note);
    return rc;
}

/* Nothing is shown to anybody before it is in the database. `scratch` is what this checkpoint will be. */
MUST_CHECK static enum tally_code keep(struct cosigners *c, const struct taking *t, struct cosigned *scratch,
                                       struct arena *arena, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct cosignature rows[2 * POLICY_WITNESSES_MAX];
    const struct append_root root = {t->checkpoint.size, t->checkpoint.root};
    pthread_mutex_lock(&c->lock);
    const struct cosigned *there = kept_find(c, root.size);
    if (there != NULL)
        *scratch = *there;
    pthread_mutex_unlock(&c->lock);
    scratch->root = root;
    bool is_new = false;
    for (size_t i = 0; i < c->policy.witness_count; i++) {
        struct slice line = note_line(&t->note, &c->policy.witnesses[i].key);
        uint64_t bit = UINT64_C(1) << i;
        if ((t->seen.witnesses & bit) == 0 || line.len >= COSIGNERS_LINE_MAX ||
            ((scratch->witnesses & bit) != 0 && scratch->seconds[i] >= t->seen.seconds[i]))
            continue;
        scratch->witnesses |= bit;
        scratch->seconds[i] = t->seen.seconds[i];
        memcpy(scratch->lines[i], line.ptr, line.len);
        scratch->lines[i][line.len] = '\0';
        is_new = true;
    }
    if (!is_new)
        goto done;
    size_t count = rows_make(c, scratch, t, rows);
    TRY(pg_connect(c->pg, err));
    TRY(cosignatures_write(c->pg, arena, rows, count, err));
    pthread_mutex_lock(&c->lock);
    for (size_t i = 0; i < c->policy.witness_count; i++)
        if ((scratch->witnesses >> i & 1) != 0)
            (void) remember(c, &root, i, scratch->seconds[i], slice_str(scratch->lines[i]));
    bool is_best = best_move(c, scratch);
    prune(c);
    pthread_mutex_unlock(&c->lock);
    if (is_best)
        c->filed_size = 0;
    LOG_EVENT(LOG_LEVEL_DEBUG, "cosignature.taken", LOG_I64("size", root.size), LOG_I64("rows", count),
              LOG_STR("quorum", is_best ? "yes" : "no"));
done:
    return rc;
}

/* Also what is known already: a file that could not be written gets its turn again, and its sender is told until it is there. */
MUST_CHECK static enum tally_code file_follow(struct cosigners *c, struct err *err)
{
    pthread_mutex_lock(&c->lock);
    bool is_behind = c->best.size > c->filed_size;
    pthread_mutex_unlock(&c->lock);
    return is_behind ? file_write(c, err) : TALLY_OK;
}

enum tally_code cosigners_take(struct cosigners *c, struct pg *pg, struct read_tiles *tiles, struct slice bytes,
                               uint64_t most, struct arena *arena, enum cosigners_verdict *verdict, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct taking *t = ARENA_NEW(arena, struct taking);
    struct cosigned *scratch = ARENA_NEW(arena, struct cosigned);
    if (t == NULL || scratch == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory for a note");
    *verdict = look(c, bytes, t, err);
    if (*verdict != COSIGNERS_TAKEN)
        return TALLY_OK;
    TRY(compare(c, pg, tiles, t, most, arena, verdict, err));
    if (*verdict != COSIGNERS_TAKEN)
        goto done;
    pthread_mutex_lock(&c->taking);
    rc = keep(c, t, scratch, arena, err);
    if (rc == TALLY_OK)
        rc = file_follow(c, err);
    pthread_mutex_unlock(&c->taking);
done:
    return rc;
}
