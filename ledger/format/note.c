#include "tally/note.h"

#include "scan.h"
#include "tally/text.h"

#define DASH "\xe2\x80\x94 " /* U+2014 and a blank begin a signature line */
#define COSIGNATURE_LEN (8 + KEY_SIGNATURE_LEN)
#define TEXT_MAX (NOTE_MAX + 64) /* of what a witness signs: a line and the time before the text */

/* ---- keys ---- */

void note_key_id(struct slice name, enum note_key_type type, const struct key_public *key, uint8_t out[NOTE_KEY_ID_LEN])
{
    const uint8_t middle[2] = {'\n', (uint8_t) type};
    const struct slice parts[] = {name, slice_of(middle, sizeof middle), slice_of(key->bytes, sizeof key->bytes)};
    struct digest digest;
    digest_parts(parts, 3, &digest);
    memcpy(out, digest.bytes, NOTE_KEY_ID_LEN);
}

enum tally_code note_key_read(struct slice vkey, struct note_key *out, struct err *err)
{
    struct note_key key = {0};
    struct slice name;
    struct key_public public_key;
    uint8_t type = 0;
    enum tally_code rc = key_vkey_read(vkey, &name, &type, &public_key, err);
    if (rc != TALLY_OK)
        return rc;
    if (type != NOTE_KEY_ED25519 && type != NOTE_KEY_COSIGNATURE)
        return err_set(err, TALLY_E_MALFORMED,
                       "the verifier key of %.*s is of type %u, which is neither a ledger's nor a "
                       "witness's",
                       SLICE_ARG(name), type);
    ENSURE(name.len <= NOTE_NAME_MAX);
    memcpy(key.name, name.ptr, name.len);
    key.type = type;
    note_key_id(name, key.type, &public_key, key.id);
    rc = key_verifier_new(&public_key, &key.verifier, err);
    if (rc == TALLY_OK)
        *out = key;
    return rc;
}

void note_key_release(struct note_key *key)
{
    key_verifier_free(key->verifier);
    key->verifier = NULL;
}

/* ---- reading ---- */

static bool is_plain_text(struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char) text.ptr[i] < ' ' && text.ptr[i] != '\n')
            return false;
    return text_is_utf8(text, NULL);
}

/* Unicode's spaces beyond ASCII, in UTF-8. */
static bool has_wide_space(struct slice text)
{
    static const char *const spaces[] = {"\xc2\x85",     "\xc2\xa0",     "\xe1\x9a\x80", "\xe2\x80\x80", "\xe2\x80\x81",
                                         "\xe2\x80\x82", "\xe2\x80\x83", "\xe2\x80\x84", "\xe2\x80\x85", "\xe2\x80\x86",
                                         "\xe2\x80\x87", "\xe2\x80\x88", "\xe2\x80\x89", "\xe2\x80\x8a", "\xe2\x80\xa8",
                                         "\xe2\x80\xa9", "\xe2\x80\xaf", "\xe2\x81\x9f", "\xe3\x80\x80"};
    for (size_t i = 0; i < sizeof spaces / sizeof spaces[0]; i++)
        if (memmem(text.ptr, text.len, spaces[i], strlen(spaces[i])) != NULL)
            return true;
    return false;
}

/* signed-note: not empty, no space of Unicode's, no plus */
static bool is_key_name(struct slice name)
{
    return name.len > 0 && memchr(name.ptr, '+', name.len) == NULL && memchr(name.ptr, ' ', name.len) == NULL &&
           !has_wide_space(name);
}

static bool signature_read(struct slice line, struct note_signature *out)
{
    uint8_t blob[NOTE_MAX];
    size_t len = 0;
    struct scan scan;
    struct note_signature signature = {.line = line};
    scan_init(&scan, line);
    if (!scan_literal(&scan, DASH) || !scan_until(&scan, ' ', &signature.name) || !is_key_name(signature.name) ||
        !scan_until(&scan, '\n', &signature.encoded) || !scan_is_at_end(&scan))
        return false;
    if (text_unbase64(signature.encoded, blob, sizeof blob, &len) != TALLY_OK || len <= NOTE_KEY_ID_LEN)
        return false;
    memcpy(signature.id, blob, NOTE_KEY_ID_LEN);
    *out = signature;
    return true;
}

/* Where the text ends: the last empty line parts it from the signatures. 0: there is none. */
static size_t text_end(struct slice bytes)
{
    for (size_t at = bytes.len; at > 1; at--)
        if (bytes.ptr[at - 1] == '\n' && bytes.ptr[at - 2] == '\n')
            return at - 1;
    return 0;
}

enum tally_code note_read(struct slice bytes, struct note *out, struct err *err)
{
    if (bytes.len > NOTE_MAX)
        return err_set(err, TALLY_E_MALFORMED, "the note is longer than %d bytes", NOTE_MAX);
    size_t end = text_end(bytes);
    if (end == 0 || bytes.ptr[bytes.len - 1] != '\n' || !is_plain_text(bytes))
        return err_set(err, TALLY_E_MALFORMED,
                       "this is no signed note: it is not lines of text, an empty line, and signature lines");
    struct slice rest = slice_of(bytes.ptr + end + 1, bytes.len - end - 1);
    size_t count = 0;
    out->text = slice_of(bytes.ptr, end);
    while (rest.len > 0) {
        const char *newline = memchr(rest.ptr, '\n', rest.len);
        size_t len = (size_t) (newline - rest.ptr) + 1;
        if (count == NOTE_SIGNATURES_MAX)
            return err_set(err, TALLY_E_MALFORMED, "the note has more than %d signatures", NOTE_SIGNATURES_MAX);
        if (!signature_read(slice_of(rest.ptr, len), &out->signatures[count]))
            return err_set(err, TALLY_E_MALFORMED, "signature line %zu of the note is malformed", count + 1);
        count++;
        rest = slice_of(rest.ptr + len, rest.len - len);
    }
    out->count = count;
    if (count == 0)
        return err_set(err, TALLY_E_MALFORMED, "the note has no signature");
    return TALLY_OK;
}

/* ---- verifying ---- */

static void cosigned_text(struct slice text, uint64_t seconds, struct buf *out)
{
    buf_add_str(out, "cosignature/v1\ntime ");
    buf_add_u64(out, seconds);
    buf_add_char(out, '\n');
    buf_add_slice(out, text);
}

MUST_CHECK static enum tally_code verify_cosignature(struct slice text, const struct note_key *key, const uint8_t *blob,
                                                     uint64_t *seconds, struct err *err)
{
    struct buf message;
    uint64_t time = 0;
    for (int i = 0; i < 8; i++)
        time = time << 8 | blob[i];
    if (time > INT64_MAX) /* tlog-cosignature: none is later than that */
        return TALLY_E_SIGNATURE;
    buf_init(&message, TEXT_MAX);
    cosigned_text(text, time, &message);
    enum tally_code rc = buf_check(&message, err);
    if (rc == TALLY_OK)
        rc = key_verify(key->verifier, buf_slice(&message), blob + 8);
    buf_release(&message);
    if (rc == TALLY_OK && seconds != NULL)
        *seconds = time;
    return rc;
}

MUST_CHECK static enum tally_code verify_one(struct slice text, const struct note_key *key,
                                             const struct note_signature *signature, uint64_t *seconds, struct err *err)
{
    uint8_t blob[NOTE_MAX];
    size_t len = 0;
    size_t wanted = NOTE_KEY_ID_LEN + (key->type == NOTE_KEY_COSIGNATURE ? COSIGNATURE_LEN : KEY_SIGNATURE_LEN);
    if (text_unbase64(signature->encoded, blob, sizeof blob, &len) != TALLY_OK || len != wanted)
        return TALLY_E_SIGNATURE;
    if (key->type == NOTE_KEY_COSIGNATURE)
        return verify_cosignature(text, key, blob + NOTE_KEY_ID_LEN, seconds, err);
    return key_verify(key->verifier, text, blob + NOTE_KEY_ID_LEN);
}

static bool is_by(const struct note_signature *signature, const struct note_key *key)
{
    return slice_is(signature->name, key->name) && memcmp(signature->id, key->id, NOTE_KEY_ID_LEN) == 0;
}

enum tally_code note_verify(const struct note *note, const struct note_key *key, uint64_t *seconds, struct err *err)
{
    bool is_signed = false;
    for (size_t i = 0; i < note->count; i++) {
        const struct note_signature *signature = &note->signatures[i];
        if (!is_by(signature, key))
            continue;
        enum tally_code rc = verify_one(note->text, key, signature, seconds, err);
        if (rc == TALLY_E_SIGNATURE)
            return err_set(err, rc, "the signature of %s does not verify", key->name);
        if (rc != TALLY_OK)
            return rc;
        is_signed = true;
    }
    return is_signed ? TALLY_OK : err_set(err, TALLY_E_NOT_FOUND, "%s has not signed this", key->name);
}

struct slice note_line(const struct note *note, const struct note_key *key)
{
    for (size_t i = 0; i < note->count; i++)
        if (is_by(&note->signatures[i], key))
            return note->signatures[i].line;
    return SLICE("");
}

/* ---- signing ---- */

static void signature_write(struct slice name, const void *blob, size_t len, struct buf *out)
{
    buf_add_str(out, DASH);
    buf_add_slice(out, name);
    buf_add_char(out, ' ');
    text_base64(blob, len, out);
    buf_add_char(out, '\n');
}

enum tally_code note_sign(struct slice text, struct slice name, const struct key_pair *pair, struct buf *out,
                          struct err *err)
{
    uint8_t blob[NOTE_KEY_ID_LEN + KEY_SIGNATURE_LEN];
    struct key_public public_key;
    key_pair_public(pair, &public_key);
    note_key_id(name, NOTE_KEY_ED25519, &public_key, blob);
    enum tally_code rc = key_sign(pair, text, blob + NOTE_KEY_ID_LEN, err);
    if (rc != TALLY_OK)
        return rc;
    signature_write(name, blob, sizeof blob, out);
    return buf_check(out, err);
}

enum tally_code note_cosign(struct slice text, struct slice name, const struct key_pair *pair, uint64_t seconds,
                            struct buf *out, struct err *err)
{
    uint8_t blob[NOTE_KEY_ID_LEN + COSIGNATURE_LEN];
    struct key_public public_key;
    struct buf message;
    key_pair_public(pair, &public_key);
    note_key_id(name, NOTE_KEY_COSIGNATURE, &public_key, blob);
    for (unsigned i = 0; i < 8; i++)
        blob[NOTE_KEY_ID_LEN + i] = (uint8_t) (seconds >> (56 - 8 * i));
    buf_init(&message, TEXT_MAX);
    cosigned_text(text, seconds, &message);
    enum tally_code rc = buf_check(&message, err);
    if (rc == TALLY_OK)
        rc = key_sign(pair, buf_slice(&message), blob + NOTE_KEY_ID_LEN + 8, err);
    buf_release(&message);
    if (rc != TALLY_OK)
        return rc;
    signature_write(name, blob, sizeof blob, out);
    return buf_check(out, err);
}
