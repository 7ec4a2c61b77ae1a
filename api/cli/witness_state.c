#include "witness_state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tally/archive.h"
#include "tally/entry.h"
#include "tally/file.h"
#include "tally/log.h"
#include "tally/text.h"

#define FORK_MAX (2 * (2 * NOTE_MAX)) /* two notes, escaped */

/* ---- files ---- */

MUST_CHECK static enum tally_code path_in(const struct witness *witness, const char *name, char out[WITNESS_PATH_MAX],
                                          struct err *err)
{
    char path[WITNESS_PATH_MAX];
    if (snprintf(path, sizeof path, "%s/%s", witness->dir, name) >= (int) sizeof path)
        return err_set(err, TALLY_E_USAGE, "the path %s is too long", witness->dir);
    memcpy(out, path, sizeof path);
    return TALLY_OK;
}

/* ---- who it is ---- */

enum tally_code witness_create(const char *dir, struct slice name, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct key_pair *pair = NULL;
    struct key_public public_key;
    struct witness witness = {.lock_fd = -1};
    char path[WITNESS_PATH_MAX];
    struct slice read_name;
    uint8_t type = 0;
    struct buf vkey;
    buf_init(&vkey, sizeof witness.vkey);
    if (snprintf(witness.dir, sizeof witness.dir, "%s", dir) >= (int) sizeof witness.dir)
        TRY(err_set(err, TALLY_E_USAGE, "the path %s is too long", dir));
    TRY(key_pair_generate(&pair, err));
    key_pair_public(pair, &public_key);
    key_vkey_write(name, NOTE_KEY_COSIGNATURE, &public_key, &vkey);
    if (buf_check(&vkey, NULL) != TALLY_OK ||
        key_vkey_read(buf_slice(&vkey), &read_name, &type, &public_key, NULL) != TALLY_OK)
        TRY(err_set(err, TALLY_E_USAGE,
                    "a witness's name has 1 to %d visible ASCII characters without +, such as witness.example/w1, not "
                    "\"%.*s\"",
                    NOTE_NAME_MAX, SLICE_ARG(name)));
    if (mkdir(dir, 0700) != 0 && errno != EEXIST)
        TRY(err_set(err, TALLY_E_IO, "%s: %m", dir));
    TRY(path_in(&witness, "witness.pem", path, err));
    rc = key_pair_save(pair, path, err);
    if (rc == TALLY_E_CONFLICT)
        rc = err_set(err, rc, "%s is there already: a witness keeps its key; `tally witness vkey %s` prints it", path, dir);
    TRY(rc);
    TRY(path_in(&witness, "vkey", path, err));
    buf_add_char(&vkey, '\n');
    TRY(file_replace(path, buf_slice(&vkey), err));
done:
    buf_release(&vkey);
    key_pair_free(pair);
    return rc;
}

MUST_CHECK static enum tally_code read_vkey(struct witness *witness, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    char path[WITNESS_PATH_MAX];
    struct slice name;
    struct key_public stated;
    uint8_t type = 0;
    struct buf text;
    buf_init(&text, sizeof witness->vkey);
    TRY(path_in(witness, "vkey", path, err));
    TRY(file_read(path, &text, err));
    if (text.len == 0 || text.ptr[text.len - 1] != '\n')
        TRY(err_set(err, TALLY_E_MALFORMED, "%s is cut off: it is the witness's verifier key in one line", path));
    memcpy(witness->vkey, text.ptr, text.len - 1);
    TRY(key_vkey_read(slice_str(witness->vkey), &name, &type, &stated, err));
    if (type != NOTE_KEY_COSIGNATURE || memcmp(stated.bytes, witness->public_key.bytes, KEY_PUBLIC_LEN) != 0)
        TRY(err_set(err, TALLY_E_MISMATCH, "%s is not the verifier key of witness.pem beside it", path));
    TRY(note_key_read(slice_str(witness->vkey), &witness->key, err));
done:
    buf_release(&text);
    return rc;
}

MUST_CHECK static enum tally_code take_lock(struct witness *witness, struct err *err)
{
    char path[WITNESS_PATH_MAX];
    enum tally_code rc = path_in(witness, "lock", path, err);
    if (rc != TALLY_OK)
        return rc;
    witness->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (witness->lock_fd < 0)
        return err_set(err, TALLY_E_IO, "%s: %m", path);
    if (flock(witness->lock_fd, LOCK_EX | LOCK_NB) != 0)
        return err_set(err, TALLY_E_CONFLICT,
                       "another witness runs in %s: two with one key would cosign two histories (%m)", witness->dir);
    return TALLY_OK;
}

enum tally_code witness_open(const char *dir, bool lock, struct witness *witness, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    char path[WITNESS_PATH_MAX];
    witness->lock_fd = -1;
    if (snprintf(witness->dir, sizeof witness->dir, "%s", dir) >= (int) sizeof witness->dir)
        TRY(err_set(err, TALLY_E_USAGE, "the path %s is too long", dir));
    TRY(path_in(witness, "witness.pem", path, err));
    if (access(path, F_OK) != 0 && errno == ENOENT)
        TRY(err_set(err, TALLY_E_USAGE,
                    "there is no witness in %s; make one with: tally witness new %s --name witness.example/w1", dir, dir));
    TRY(key_pair_load(path, &witness->pair, err));
    key_pair_public(witness->pair, &witness->public_key);
    TRY(read_vkey(witness, err));
    if (lock)
        TRY(take_lock(witness, err));
done:
    return rc;
}

void witness_release(struct witness *witness)
{
    for (size_t i = 0; i < witness->log_count; i++)
        note_key_release(&witness->logs[i].key);
    note_key_release(&witness->key);
    key_pair_free(witness->pair);
    if (witness->lock_fd > 0)
        (void) close(witness->lock_fd); /* gives the lock back */
}

/* ---- logs ---- */

struct witness_log *witness_log_find(struct witness *witness, struct slice origin)
{
    for (size_t i = 0; i < witness->log_count; i++)
        if (slice_is(origin, witness->logs[i].key.name))
            return &witness->logs[i];
    return NULL;
}

static void line_keep(struct witness_log *log, struct slice line)
{
    ENSURE(line.len < sizeof log->line);
    memcpy(log->line, line.ptr, line.len);
    log->line[line.len] = '\0';
}

/* What it has cosigned of this log: a note that both have signed. */
MUST_CHECK static enum tally_code state_load(const struct witness *witness, struct witness_log *log, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct checkpoint checkpoint;
    struct note note;
    struct buf text;
    buf_init(&text, NOTE_MAX);
    rc = file_read(log->path, &text, err);
    if (rc == TALLY_E_NOT_FOUND) {
        rc = TALLY_OK;
        goto done;
    }
    if (rc == TALLY_OK)
        rc = checkpoint_open(buf_slice(&text), &log->key, &checkpoint, &note, err);
    if (rc == TALLY_OK)
        rc = note_verify(&note, &witness->key, &log->seconds, err);
    if (rc != TALLY_OK)
        TRY(err_set(err, TALLY_E_INTEGRITY,
                    "%s, what was cosigned of %s, cannot be read: %s. A witness that forgets cosigns forks: bring the file "
                    "back as it was, or retire this key and make a new witness",
                    log->path, log->key.name, err->detail));
    log->state = (struct witness_state){checkpoint.size, checkpoint.root};
    line_keep(log, note_line(&note, &witness->key));
done:
    buf_release(&text);
    return rc;
}

enum tally_code witness_log_add(struct witness *witness, struct slice vkey, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct witness_log *log = &witness->logs[witness->log_count];
    struct slice name;
    struct key_public public_key;
    struct digest digest;
    uint8_t type = 0;
    char hex[2 * DIGEST_LEN + 1], file[2 * DIGEST_LEN + 16];
    TRY(key_vkey_read(vkey, &name, &type, &public_key, err));
    if (type != NOTE_KEY_ED25519)
        TRY(err_set(err, TALLY_E_USAGE, "%.*s is not a log's verifier key but one of type %u", SLICE_ARG(vkey), type));
    if (!text_is_origin(name))
        TRY(err_set(
            err, TALLY_E_USAGE,
            "the log is called %.*s, and this witness knows origins of 1 to 128 characters of a-z 0-9 . _ : / - only",
            SLICE_ARG(name)));
    if (memcmp(public_key.bytes, witness->public_key.bytes, KEY_PUBLIC_LEN) == 0)
        TRY(err_set(err, TALLY_E_USAGE, "the key of %.*s is this witness's own: nobody is a witness to itself",
                    SLICE_ARG(name)));
    if (witness_log_find(witness, name) != NULL)
        TRY(err_set(err, TALLY_E_USAGE, "the log %.*s is given twice", SLICE_ARG(name)));
    if (witness->log_count == WITNESS_LOGS_MAX)
        TRY(err_set(err, TALLY_E_USAGE, "more than %d logs", WITNESS_LOGS_MAX));
    *log = (struct witness_log){0};
    digest_parts(&name, 1, &digest);
    text_hex(digest.bytes, DIGEST_LEN, hex);
    (void) snprintf(file, sizeof file, "%s.note", hex);
    TRY(path_in(witness, file, log->path, err));
    (void) snprintf(file, sizeof file, "%s.forked", hex);
    TRY(path_in(witness, file, log->forked_path, err));
    TRY(note_key_read(vkey, &log->key, err));
    witness->log_count++;
    TRY(state_load(witness, log, err));
done:
    return rc;
}

/* ---- cosigning ---- */

/* A cosignature says that nothing larger was seen until then, so the next one is not of before. Who cosigned in the future once goes on all
 * the same: what was dated so nobody has taken. */
static uint64_t seconds_after(struct witness_log *log, uint64_t now)
{
    if (now >= log->seconds)
        return now;
    if (log->seconds - now <= WITNESS_SLACK_S)
        return log->seconds;
    LOG_WARN("witness.clock_went_back", LOG_STR("log", log->key.name), LOG_I64("seconds", log->seconds - now));
    return now;
}

enum tally_code witness_cosign(struct witness *witness, struct witness_log *log, const struct checkpoint *checkpoint,
                               struct slice note_bytes, uint64_t now, struct buf *line, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct note note;
    struct buf kept;
    size_t before = line->len;
    const bool is_known =
        log->line[0] != '\0' && checkpoint->size == log->state.size && digest_equal(&checkpoint->root, &log->state.root);
    const uint64_t seconds = seconds_after(log, now);
    if (is_known && seconds == log->seconds) { /* it would be the same bytes, and another flush of the disk for nobody */
        buf_add_str(line, log->line);
        return buf_check(line, err);
    }
    buf_init(&kept, NOTE_MAX);
    TRY(note_read(note_bytes, &note, err));
    TRY(note_cosign(note.text, slice_str(witness->key.name), witness->pair, seconds, line, err));
    buf_add_slice(&kept, note.text);
    buf_add_char(&kept, '\n');
    buf_add_slice(&kept, note_line(&note, &log->key)); /* only what was verified: others may say what they like */
    buf_add(&kept, line->ptr + before, line->len - before);
    TRY(buf_check(&kept, err));
    TRY(file_replace(log->path, buf_slice(&kept), err));
    log->state = (struct witness_state){checkpoint->size, checkpoint->root};
    log->seconds = seconds;
    line_keep(log, slice_of(line->ptr + before, line->len - before));
done:
    if (rc != TALLY_OK && line->len > before)
        line->len = before; /* it is given to nobody */
    buf_release(&kept);
    return rc;
}

enum tally_code witness_keep_fork(const struct witness_log *log, struct slice note, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct buf cosigned, lines;
    buf_init(&cosigned, NOTE_MAX);
    buf_init(&lines, FORK_MAX);
    if (access(log->forked_path, F_OK) == 0) /* one is enough */
        goto done;
    TRY(file_read(log->path, &cosigned, err));
    archive_write_checkpoint(buf_slice(&cosigned), &lines);
    archive_write_checkpoint(note, &lines);
    TRY(buf_check(&lines, err));
    TRY(file_replace(log->forked_path, buf_slice(&lines), err));
done:
    buf_release(&cosigned);
    buf_release(&lines);
    return rc;
}
