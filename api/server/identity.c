#include "identity.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tally/buf.h"
#include "tally/canon.h"
#include "tally/entry.h"
#include "tally/key.h"
#include "tally/mem.h"
#include "tally/text.h"

#define PATH_LEN_MAX 1024
#define FILE_BYTES_MAX 16384 /* an identity has under 2 KiB */
#define VKEY_LEDGER 0x01     /* C2SP signed-note: Ed25519 of a log */

MUST_CHECK static enum tally_code path_make(const char *data, const char *name, char out[PATH_LEN_MAX], struct err *err)
{
    int len = snprintf(out, PATH_LEN_MAX, "%s/%s", data, name);
    if (len < 0 || len >= PATH_LEN_MAX)
        return err_set(err, TALLY_E_USAGE, "the path of the data directory is longer than %d bytes", PATH_LEN_MAX);
    return TALLY_OK;
}

/* ---- files ---- */

MUST_CHECK static enum tally_code file_read(const char *path, struct buf *out, struct err *err)
{
    char block[4096];
    ssize_t n;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_set(err, errno == ENOENT ? TALLY_E_NOT_FOUND : TALLY_E_IO, "%s: %m", path);
    while ((n = read(fd, block, sizeof block)) > 0)
        buf_add(out, block, (size_t) n);
    close(fd);
    if (n < 0)
        return err_set(err, TALLY_E_IO, "%s: %m", path);
    return buf_check(out, err);
}

/* Creates the file whole and durable, or not at all. */
MUST_CHECK static enum tally_code file_create(const char *data, const char *path, struct slice bytes, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    int dir = open(data, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 && errno == EEXIST)
        rc = err_set(err, TALLY_E_CONFLICT, "%s exists already", path);
    else if (fd < 0 || dir < 0 || write(fd, bytes.ptr, bytes.len) != (ssize_t) bytes.len || fsync(fd) != 0 ||
             fsync(dir) != 0)
        rc = err_set(err, TALLY_E_IO, "%s: %m", path);
    if (fd >= 0)
        close(fd);
    if (rc != TALLY_OK && fd >= 0)
        (void) unlink(path); /* half of it would stand in the way of the next attempt */
    if (dir >= 0)
        close(dir);
    return rc;
}

/* ---- the first operator ---- */

struct operator
{
    char id[65];
    struct buf pop;
    struct key_public key;
};

MUST_CHECK static enum tally_code operator_check(struct operator* op, struct slice origin, struct err *err)
{
    struct slice id = slice_str(op->id);
    if (!text_is_id(id) || slice_is(id, ENTRY_ACTOR_SERVICE))
        return err_set(err, TALLY_E_USAGE,
                       "\"%s\" is no id for the operator: a-z, then a-z 0-9 . _ -, at most 64 in all, and not \"ledger\"",
                       op->id);
    enum tally_code rc = key_proof_check(&op->key, origin, id, buf_slice(&op->pop), err);
    if (rc != TALLY_OK)
        return err_set(err, rc, "the operator's proof of possession is not of this key, id %s and origin %.*s", op->id,
                       SLICE_ARG(origin));
    return TALLY_OK;
}

/* {"id","pop","x"}, or "jwk":{"x"} in the place of "x" as a registration has it. */
MUST_CHECK static enum tally_code operator_from_file(const char *path, struct operator* op, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct buf text;
    size_t len = 0;
    json_t *root = NULL;
    buf_init(&text, FILE_BYTES_MAX);
    TRY(file_read(path, &text, err));
    root = json_loadb(text.ptr == NULL ? "" : text.ptr, text.len, JSON_REJECT_DUPLICATES, NULL);
    const json_t *jwk = json_object_get(root, "jwk");
    const char *id = json_string_value(json_object_get(root, "id"));
    const char *pop = json_string_value(json_object_get(root, "pop"));
    const char *x = json_string_value(json_object_get(jwk != NULL ? jwk : root, "x"));
    if (id == NULL || pop == NULL || x == NULL || strlen(id) >= sizeof op->id ||
        text_unbase64url(slice_str(x), op->key.bytes, sizeof op->key.bytes, &len) != TALLY_OK ||
        len != sizeof op->key.bytes)
        TRY(err_set(err, TALLY_E_USAGE, "%s is not {\"id\":...,\"pop\":...,\"x\":...} with an Ed25519 key", path));
    (void) snprintf(op->id, sizeof op->id, "%s", id);
    buf_add_str(&op->pop, pop);
done:
    json_decref(root);
    buf_release(&text);
    return rc;
}

MUST_CHECK static enum tally_code operator_make(const char *data, struct slice origin, const char *id, struct operator* op,
                                                struct err *err)
{
    enum tally_code rc = TALLY_OK;
    char path[PATH_LEN_MAX];
    struct key_pair *pair = NULL;
    if (!text_is_id(slice_str(id)))
        return err_set(err, TALLY_E_USAGE, "\"%s\" is no id: a-z, then a-z 0-9 . _ -, at most 64 in all", id);
    (void) snprintf(op->id, sizeof op->id, "%s", id);
    TRY(path_make(data, "operator.pem", path, err));
    TRY(key_pair_generate(&pair, err));
    TRY(key_pair_save(pair, path, err));
    key_pair_public(pair, &op->key);
    TRY(key_proof_make(pair, origin, slice_str(id), &op->pop, err));
done:
    key_pair_free(pair);
    return rc;
}

/* ---- making one ---- */

static void genesis_write(const struct operator* op, struct slice origin, struct slice vkey, struct buf *out)
{
    struct canon w;
    canon_init(&w, out);
    canon_object(&w);
    canon_name(&w, "operator");
    canon_object(&w);
    canon_name(&w, "id");
    canon_str(&w, op->id);
    canon_name(&w, "pop");
    canon_string(&w, buf_slice(&op->pop));
    canon_name(&w, "x");
    canon_base64url(&w, op->key.bytes, sizeof op->key.bytes);
    canon_close(&w);
    canon_name(&w, "origin");
    canon_string(&w, origin);
    canon_name(&w, "vkey");
    canon_string(&w, vkey);
    canon_close(&w);
}

/* genesis is kept as a string: its exact bytes are what entry 0 commits to. */
MUST_CHECK static enum tally_code identity_write(const char *data, struct slice origin, struct slice vkey,
                                                 struct slice genesis, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    char path[PATH_LEN_MAX];
    struct buf text;
    struct canon w;
    buf_init(&text, FILE_BYTES_MAX);
    canon_init(&w, &text);
    canon_object(&w);
    canon_name(&w, "genesis");
    canon_string(&w, genesis);
    canon_name(&w, "origin");
    canon_string(&w, origin);
    canon_name(&w, "vkey");
    canon_string(&w, vkey);
    canon_close(&w);
    buf_add_char(&text, '\n');
    TRY(buf_check(&text, err));
    TRY(path_make(data, "ledger.json", path, err));
    TRY(file_create(data, path, buf_slice(&text), err));
done:
    buf_release(&text);
    return rc;
}

MUST_CHECK static enum tally_code place_check(const char *data, struct slice origin, struct err *err)
{
    char path[PATH_LEN_MAX];
    if (!text_is_origin(origin))
        return err_set(err, TALLY_E_USAGE,
                       "\"%.*s\" is no origin: 1 to 128 of a-z 0-9 . _ : / -, such as example.org/outcomes",
                       SLICE_ARG(origin));
    if (mkdir(data, 0711) != 0 && errno != EEXIST)
        return err_set(err, TALLY_E_IO, "cannot make the data directory %s: %m", data);
    enum tally_code rc = path_make(data, "ledger.json", path, err);
    if (rc == TALLY_OK && access(path, F_OK) == 0)
        rc = err_set(err, TALLY_E_CONFLICT, "%s holds a ledger already; choose another --data for a new one", data);
    return rc;
}

enum tally_code identity_create(const char *data, struct slice origin, const char *operator_file, const char *new_operator,
                                struct err *err)
{
    enum tally_code rc = TALLY_OK;
    char path[PATH_LEN_MAX];
    struct operator op = {0};
    struct key_pair *pair = NULL;
    struct key_public key;
    struct buf vkey, genesis;
    buf_init(&op.pop, 256);
    buf_init(&vkey, 512);
    buf_init(&genesis, 2048);
    TRY(place_check(data, origin, err));
    if (operator_file != NULL)
        TRY(operator_from_file(operator_file, &op, err));
    else
        TRY(operator_make(data, origin, new_operator, &op, err));
    TRY(operator_check(&op, origin, err));
    TRY(path_make(data, "ledger.pem", path, err));
    TRY(key_pair_generate(&pair, err));
    TRY(key_pair_save(pair, path, err));
    key_pair_public(pair, &key);
    key_vkey_write(origin, VKEY_LEDGER, &key, &vkey);
    genesis_write(&op, origin, buf_slice(&vkey), &genesis);
    TRY(buf_check(&genesis, err));
    TRY(identity_write(data, origin, buf_slice(&vkey), buf_slice(&genesis), err)); /* last: with it the ledger exists */
done:
    key_pair_free(pair);
    buf_release(&genesis);
    buf_release(&vkey);
    buf_release(&op.pop);
    return rc;
}

/* ---- loading one ---- */

MUST_CHECK static enum tally_code member(const json_t *root, const char *name, struct arena *arena, struct slice *out,
                                         struct err *err)
{
    const json_t *value = json_object_get(root, name);
    if (!json_is_string(value))
        return err_set(err, TALLY_E_INTEGRITY, "ledger.json has no \"%s\"; restore it from a backup", name);
    return arena_copy(arena, json_string_value(value), json_string_length(value), out, err);
}

MUST_CHECK static enum tally_code key_load(const char *data, struct identity *identity, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    char path[PATH_LEN_MAX];
    struct key_pair *pair = NULL;
    struct key_public key;
    struct buf vkey;
    buf_init(&vkey, 512);
    TRY(path_make(data, "ledger.pem", path, err));
    TRY(key_pair_load(path, &pair, err));
    key_pair_public(pair, &key);
    key_vkey_write(identity->origin, VKEY_LEDGER, &key, &vkey);
    TRY(buf_check(&vkey, err));
    if (!slice_equal(buf_slice(&vkey), identity->vkey))
        rc =
            err_set(err, TALLY_E_INTEGRITY, "%s is not the key that ledger.json names; restore both from one backup", path);
    TRY(rc);
    identity->key = pair;
    pair = NULL;
done:
    buf_release(&vkey);
    key_pair_free(pair);
    return rc;
}

enum tally_code identity_load(const char *data, struct arena *arena, struct identity *out, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    char path[PATH_LEN_MAX];
    struct buf text;
    struct identity identity = {0};
    json_t *root = NULL;
    buf_init(&text, FILE_BYTES_MAX);
    TRY(path_make(data, "ledger.json", path, err));
    rc = file_read(path, &text, err);
    if (rc == TALLY_E_NOT_FOUND)
        rc = err_set(err, TALLY_E_NOT_FOUND,
                     "there is no ledger in %s; make one with: tallyd init --data %s --origin example.org/outcomes "
                     "--new-operator operator",
                     data, data);
    TRY(rc);
    root = json_loadb(text.ptr == NULL ? "" : text.ptr, text.len, JSON_REJECT_DUPLICATES, NULL);
    TRY(member(root, "origin", arena, &identity.origin, err));
    TRY(member(root, "vkey", arena, &identity.vkey, err));
    TRY(member(root, "genesis", arena, &identity.genesis, err));
    TRY(key_load(data, &identity, err));
    *out = identity;
done:
    json_decref(root);
    buf_release(&text);
    return rc;
}

void identity_release(struct identity *identity)
{
    key_pair_free(identity->key);
    identity->key = NULL;
}
