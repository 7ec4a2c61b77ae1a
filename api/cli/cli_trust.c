#include "cli_trust.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tally/text.h"

#define TRUST_FOLDERS "~/.local/share/tally"

/* Lives in the run's arena. */
struct cli_trust {
    struct slice vkey;
    struct note_key key;
    const char *folder; /* of this ledger; NULL: nothing is kept, since there is no HOME */
    bool has_checkpoint;
    struct checkpoint checkpoint; /* the newest that is held */
};

/* ---- files ---- */

/* The folder and those above it, for the owner alone. */
MUST_CHECK static enum tally_code folder_make(const char *path, struct err *err)
{
    char part[1024];
    size_t len = strlen(path);
    if (len >= sizeof part)
        return err_set(err, TALLY_E_IO, "the path %s is too long", path);
    for (size_t i = 1; i <= len; i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        memcpy(part, path, i);
        part[i] = '\0';
        if (mkdir(part, 0700) != 0 && errno != EEXIST)
            return err_set(err, TALLY_E_IO, "%s: %m", part);
    }
    return TALLY_OK;
}

/* No character that a file's name may not have: A-Za-z0-9._- stay, all others become +. */
static struct slice name_of(struct cli *cli, struct slice text)
{
    struct slice out = arena_printf(cli->arena, "%.*s", SLICE_ARG(text));
    char *at = (char *) (uintptr_t) out.ptr;
    for (size_t i = 0; i < out.len; i++) {
        bool is_plain = (at[i] >= '0' && at[i] <= '9') || (at[i] >= 'a' && at[i] <= 'z') ||
                        (at[i] >= 'A' && at[i] <= 'Z') || strchr("._-", at[i]) != NULL;
        if (!is_plain)
            at[i] = '+';
    }
    return out;
}

static const char *base_folder(struct cli *cli)
{
    const char *data = getenv("XDG_DATA_HOME");
    const char *home = getenv("HOME");
    if (data != NULL && data[0] != '\0')
        return arena_printf(cli->arena, "%s/tally", data).ptr;
    if (home != NULL && home[0] != '\0')
        return arena_printf(cli->arena, "%s/.local/share/tally", home).ptr;
    return NULL;
}

/* TALLY_E_NOT_FOUND when there is none. */
MUST_CHECK static enum tally_code kept_read(struct cli *cli, const char *path, struct slice *out, struct err *err)
{
    if (path == NULL || access(path, F_OK) != 0)
        return TALLY_E_NOT_FOUND;
    return cli_file_read(cli, path, out, err);
}

MUST_CHECK static enum tally_code cannot_keep(enum tally_code rc, struct err *err)
{
    (void) err_context(err, "what is held against the ledger cannot be kept (make room for it, or name another folder by "
                            "XDG_DATA_HOME)");
    return rc;
}

/* ---- the pinned key ---- */

/* At the first use the key is taken as it comes; what it is worth depends on a comparison by another way, of `tally api GET /v1/ledger`. */
MUST_CHECK static enum tally_code pin(struct cli *cli, struct cli_trust *trust, const char *base, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct slice held = SLICE("");
    struct slice folder = arena_printf(cli->arena, "%s/servers", base);
    struct slice path = arena_printf(cli->arena, "%s/%.*s", folder.ptr, SLICE_ARG(name_of(cli, slice_str(cli->server))));
    if (folder.ptr == NULL || path.ptr == NULL)
        TRY(err_set(err, TALLY_E_NO_MEMORY, "out of memory"));
    rc = kept_read(cli, path.ptr, &held, err);
    if (rc == TALLY_E_NOT_FOUND) {
        rc = folder_make(folder.ptr, err);
        if (rc == TALLY_OK)
            rc = cli_file_replace(cli, path.ptr, arena_printf(cli->arena, "%.*s\n", SLICE_ARG(trust->vkey)), err);
        TRY(rc == TALLY_OK ? rc : cannot_keep(rc, err));
        goto done;
    }
    TRY(rc);
    while (held.len > 0 && held.ptr[held.len - 1] == '\n')
        held.len--;
    if (!slice_equal(held, trust->vkey))
        TRY(err_set(
            err, TALLY_E_SIGNATURE,
            "ledger.key: the service at %s names the verifier key %.*s; at the first use it was %.*s. Ask its operator "
            "before going on; if another ledger is meant to be there now, remove %s",
            cli->server, SLICE_ARG(trust->vkey), SLICE_ARG(held), path.ptr));
done:
    return rc;
}

MUST_CHECK static enum tally_code trust_open(struct cli *cli, struct slice vkey, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct cli_trust *trust = ARENA_NEW(cli->arena, struct cli_trust);
    const char *base = base_folder(cli);
    struct slice text = SLICE("");
    if (trust == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "out of memory");
    TRY(arena_copy(cli->arena, vkey.ptr, vkey.len, &trust->vkey, err));
    if (note_key_read(vkey, &trust->key, err) != TALLY_OK)
        TRY(err_set(err, TALLY_E_MISMATCH, "%s names no verifier key: is a Tallystick service there?", cli->server));
    cli->trust = trust;
    if (cli->vkey != NULL && !slice_is(trust->vkey, cli->vkey))
        TRY(err_set(err, TALLY_E_SIGNATURE,
                    "ledger.key: the service at %s names the verifier key %.*s, and you were told (TALLY_VKEY, or vkey in "
                    "~/.config/tally/config) that it is %s",
                    cli->server, SLICE_ARG(trust->vkey), cli->vkey));
    if (base == NULL) {
        (void) fprintf(stderr, "tally: neither HOME nor XDG_DATA_HOME is set: nothing is kept to hold against the ledger, "
                               "neither its key nor checkpoints nor receipts\n");
        goto done;
    }
    TRY(pin(cli, trust, base, err));
    trust->folder = arena_printf(cli->arena, "%s/ledgers/%.*s", base, SLICE_ARG(name_of(cli, trust->vkey))).ptr;
    if (trust->folder == NULL)
        TRY(err_set(err, TALLY_E_NO_MEMORY, "out of memory"));
    const char *path = arena_printf(cli->arena, "%s/checkpoint", trust->folder).ptr;
    rc = kept_read(cli, path, &text, err);
    if (rc == TALLY_E_NOT_FOUND) {
        rc = TALLY_OK;
        goto done;
    }
    TRY(rc);
    rc = checkpoint_open(text, &trust->key, &trust->checkpoint, NULL, err);
    if (rc != TALLY_OK)
        TRY(err_context(err, "%s, which is kept to compare with, has been changed", path));
    trust->has_checkpoint = true;
done:
    return rc;
}

void cli_trust_release(struct cli *cli)
{
    if (cli->trust != NULL)
        note_key_release(&cli->trust->key);
}

/* ---- consistency ---- */

/* What does not continue what was signed before: the two checkpoints prove it to everybody. */
MUST_CHECK static enum tally_code forked(struct cli *cli, const struct checkpoint *other, const char *why, struct err *err)
{
    const struct cli_trust *trust = cli->trust;
    return err_set(
        err, TALLY_E_MISMATCH,
        "ledger.forked: the ledger at %s signed a checkpoint of %" PRIu64 " entries, and its checkpoint of %" PRIu64
        " does not agree with it (%s). Sign nothing more there; keep %s/checkpoint and show it to the other parties: "
        "with it they can prove what was dropped or changed",
        cli->server, trust->checkpoint.size, other->size, why, trust->folder == NULL ? TRUST_FOLDERS : trust->folder);
}

MUST_CHECK static enum tally_code proof_take(const json_t *answer, struct digest *held, struct slice *proof, size_t *count)
{
    const json_t *list = json_object_get(answer, "proof");
    *count = json_array_size(list);
    if (!json_is_array(list) || *count > MERKLE_PROOF_MAX)
        return TALLY_E_MALFORMED;
    for (size_t i = 0; i < *count; i++) {
        size_t len = 0;
        const char *text = json_string_value(json_array_get(list, i));
        if (text == NULL || text_unbase64(slice_str(text), held[i].bytes, DIGEST_LEN, &len) != TALLY_OK ||
            len != DIGEST_LEN)
            return TALLY_E_MALFORMED;
        proof[i] = slice_of(held[i].bytes, DIGEST_LEN);
    }
    return TALLY_OK;
}

MUST_CHECK static enum tally_code proof_ask(struct cli *cli, uint64_t from, uint64_t to, long *status, json_t **answer,
                                            struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct cli_reply reply = {0};
    const struct cli_request request = {
        .method = "GET",
        .target = arena_printf(cli->arena, "/v1/proofs/consistency?from=%" PRIu64 "&to=%" PRIu64, from, to)};
    buf_init(&reply.body, CLI_ANSWER_MAX);
    TRY(cli_http(cli, &request, &reply, err));
    *status = reply.status;
    *answer = cli_keep(
        cli, json_loadb(reply.body.ptr == NULL ? "" : reply.body.ptr, reply.body.len, JSON_REJECT_DUPLICATES, NULL));
    if (reply.status != 200 && reply.status != 404)
        TRY(cli_problem(cli, &reply, err));
done:
    buf_release(&reply.body);
    return rc;
}

/* The held checkpoint and this one are of one history, whichever is the larger. */
MUST_CHECK static enum tally_code check_consistent(struct cli *cli, const struct checkpoint *other, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    const struct checkpoint *held = &cli->trust->checkpoint;
    const struct checkpoint *small = held->size < other->size ? held : other, *large = small == held ? other : held;
    struct digest hashes[MERKLE_PROOF_MAX];
    struct slice proof[MERKLE_PROOF_MAX];
    size_t count = 0;
    long status = 0;
    json_t *answer = NULL;
    if (!cli->trust->has_checkpoint)
        return TALLY_OK;
    if (held->size == other->size)
        return digest_equal(&held->root, &other->root) ? TALLY_OK
                                                       : forked(cli, other, "the same size, and another root", err);
    TRY(proof_ask(cli, small->size, large->size, &status, &answer, err));
    if (status == 404)
        return forked(cli, other, "it does not have so many entries any more", err);
    if (proof_take(answer, hashes, proof, &count) != TALLY_OK ||
        !merkle_verify_consistency(small->size, large->size, slice_of(small->root.bytes, DIGEST_LEN),
                                   slice_of(large->root.bytes, DIGEST_LEN), proof, count))
        return forked(cli, other, "there is no proof that one continues the other", err);
done:
    return rc;
}

/* One `tally` at a time in the ledger's folder, until the descriptor is closed; -1 where a file system has no locks: then as before. */
static int folder_lock(struct cli *cli)
{
    const char *path = arena_printf(cli->arena, "%s/lock", cli->trust->folder).ptr;
    int fd = path == NULL ? -1 : open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    while (fd >= 0 && flock(fd, LOCK_EX) != 0) {
        if (errno == EINTR)
            continue;
        (void) close(fd);
        fd = -1;
    }
    return fd;
}

/* Whether the file has a checkpoint as large already, that another `tally` has kept meanwhile. */
static bool is_kept(struct cli *cli, const char *path, uint64_t size)
{
    struct slice text = SLICE("");
    struct checkpoint kept;
    return kept_read(cli, path, &text, NULL) == TALLY_OK &&
           checkpoint_open(text, &cli->trust->key, &kept, NULL, NULL) == TALLY_OK && kept.size >= size;
}

/* Held from now on, if it is larger; note is its text. What is kept never becomes smaller. */
MUST_CHECK static enum tally_code hold(struct cli *cli, const struct checkpoint *checkpoint, struct slice note,
                                       struct err *err)
{
    enum tally_code rc = TALLY_OK;
    int lock = -1;
    struct cli_trust *trust = cli->trust;
    if (trust->has_checkpoint && checkpoint->size <= trust->checkpoint.size)
        return TALLY_OK;
    trust->checkpoint = *checkpoint;
    trust->has_checkpoint = true;
    if (trust->folder == NULL)
        return TALLY_OK;
    TRY(folder_make(trust->folder, err));
    lock = folder_lock(cli);
    const char *path = arena_printf(cli->arena, "%s/checkpoint", trust->folder).ptr;
    if (!is_kept(cli, path, checkpoint->size))
        TRY(cli_file_replace(cli, path, note, err));
done:
    if (rc != TALLY_OK)
        rc = cannot_keep(rc, err);
    if (lock >= 0)
        (void) close(lock);
    return rc;
}

enum tally_code cli_trust(struct cli *cli, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct cli_ledger ledger;
    struct checkpoint newest;
    struct cli_reply reply = {0};
    struct slice note = SLICE("");
    const struct cli_request request = {.method = "GET", .target = SLICE("/checkpoint")};
    buf_init(&reply.body, CLI_ANSWER_MAX);
    TRY(cli_ledger_ask(cli, &ledger, err));
    TRY(trust_open(cli, ledger.vkey, err));
    TRY(cli_http(cli, &request, &reply, err));
    if (reply.status == 503 && !cli->trust->has_checkpoint) /* it is starting, and has published nothing yet */
        goto done;
    if (reply.status != 200)
        TRY(cli_problem(cli, &reply, err));
    TRY(cli_take(cli, &reply.body, &note, err));
    rc = checkpoint_open(note, &cli->trust->key, &newest, NULL, err);
    if (rc != TALLY_OK)
        TRY(err_context(err, "the checkpoint of %s", cli->server));
    TRY(check_consistent(cli, &newest, err));
    TRY(hold(cli, &newest, note, err));
done:
    buf_release(&reply.body);
    return rc;
}

/* ---- receipts ---- */

static const char *receipt_path(struct cli *cli, uint64_t seq)
{
    if (cli->trust == NULL || cli->trust->folder == NULL)
        return NULL;
    return arena_printf(cli->arena, "%s/receipts/%" PRIu64 ".tlog-proof", cli->trust->folder, seq).ptr;
}

/* Of this entry, under the pinned key, and its checkpoint continues the one that is held. */
MUST_CHECK static enum tally_code check_receipt(struct cli *cli, uint64_t seq, struct slice text, struct receipt *receipt,
                                                struct receipt_content *out, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    *out = (struct receipt_content){0};
    rc = receipt_read(text, cli->arena, receipt, err);
    if (rc == TALLY_OK)
        rc = receipt_check(receipt, &cli->trust->key, out, err);
    if (rc != TALLY_OK)
        TRY(err_context(err, "the receipt of entry %" PRIu64, seq));
    if (out->header.seq != seq)
        TRY(err_set(err, TALLY_E_MISMATCH, "the receipt is for entry %" PRIu64 ", not for %" PRIu64, out->header.seq, seq));
    TRY(check_consistent(cli, &out->checkpoint, err));
done:
    return rc;
}

MUST_CHECK static enum tally_code keep_receipt(struct cli *cli, uint64_t seq, struct slice text,
                                               const struct receipt *receipt, const struct receipt_content *content,
                                               struct err *err)
{
    const char *path = receipt_path(cli, seq);
    enum tally_code rc = hold(cli, &content->checkpoint, receipt->checkpoint, err);
    if (rc != TALLY_OK || path == NULL)
        return rc;
    rc = folder_make(arena_printf(cli->arena, "%s/receipts", cli->trust->folder).ptr, err);
    if (rc == TALLY_OK)
        rc = cli_file_replace(cli, path, text, err);
    return rc == TALLY_OK ? rc : cannot_keep(rc, err);
}

enum tally_code cli_trust_receipt(struct cli *cli, uint64_t seq, struct slice text, struct receipt_content *out,
                                  struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct receipt receipt;
    TRY(check_receipt(cli, seq, text, &receipt, out, err));
    TRY(keep_receipt(cli, seq, text, &receipt, out, err));
done:
    return rc;
}

/* The header commits to what was sent, and to nothing else. */
MUST_CHECK static enum tally_code check_statement(const struct receipt *receipt, const struct receipt_content *content,
                                                  struct slice jws, struct slice body, struct err *err)
{
    struct digest commitment;
    entry_commitment(receipt->nonce, jws, body, &commitment);
    if (receipt->has_nonce && digest_equal(&commitment, &content->header.body))
        return TALLY_OK;
    return err_set(err, TALLY_E_MISMATCH, "the receipt of entry %" PRIu64 " is not for the statement that was sent",
                   content->header.seq);
}

enum tally_code cli_trust_recorded(struct cli *cli, const json_t *answer, struct slice jws, struct slice body,
                                   struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct receipt receipt;
    struct receipt_content content;
    struct err why = {0};
    uint64_t seq = cli_number(answer, "seq");
    const char *text = json_string_value(json_object_get(answer, "receipt"));
    if (text == NULL)
        return err_set(err, TALLY_E_MISMATCH, "the answer carries no receipt");
    TRY(check_receipt(cli, seq, slice_str(text), &receipt, &content, err));
    if (keep_receipt(cli, seq, slice_str(text), &receipt, &content, &why) != TALLY_OK)
        (void) fprintf(stderr,
                       "tally: recorded as entry %" PRIu64 ", do not send it again; but %s. This is its receipt; keep it "
                       "elsewhere (`tally receipt %" PRIu64 "` fetches it again):\n%s",
                       seq, why.detail, seq, text);
    TRY(check_statement(&receipt, &content, jws, body, err));
done:
    if (rc != TALLY_OK && err->detail[0] != '\0')
        (void) err_context(err, "recorded as entry %" PRIu64 ", but", seq);
    return rc;
}

enum tally_code cli_trust_missing(struct cli *cli, uint64_t seq, struct err *err)
{
    const char *path = receipt_path(cli, seq);
    if (path == NULL || access(path, F_OK) != 0)
        return TALLY_OK;
    return err_set(err, TALLY_E_MISMATCH,
                   "ledger.forked: the ledger at %s has no entry %" PRIu64
                   ", and its receipt is in %s: the ledger signed that it "
                   "holds this entry. Sign nothing more there; keep that file and show it to the other parties",
                   cli->server, seq, path);
}
