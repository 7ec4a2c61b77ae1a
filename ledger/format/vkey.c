#include "tally/key.h"
#include "tally/note.h"
#include "tally/text.h"

#define KEY_ID_LEN NOTE_KEY_ID_LEN
#define VKEY_NAME_MAX NOTE_NAME_MAX

static void key_id(struct slice name, uint8_t type, const struct key_public *key, uint8_t out[KEY_ID_LEN])
{
    note_key_id(name, (enum note_key_type) type, key, out);
}

void key_vkey_write(struct slice name, uint8_t type, const struct key_public *key, struct buf *out)
{
    uint8_t id[KEY_ID_LEN];
    uint8_t typed[1 + KEY_PUBLIC_LEN];
    key_id(name, type, key, id);
    typed[0] = type;
    memcpy(typed + 1, key->bytes, KEY_PUBLIC_LEN);
    buf_add_slice(out, name);
    buf_add_char(out, '+');
    buf_add_hex(out, id, sizeof id);
    buf_add_char(out, '+');
    text_base64(typed, sizeof typed, out);
}

/* signed-note: a name is not empty and has no space and no '+'; ours are ASCII besides */
static bool is_name(struct slice name)
{
    if (name.len == 0 || name.len > VKEY_NAME_MAX)
        return false;
    for (size_t i = 0; i < name.len; i++) {
        if (name.ptr[i] <= ' ' || name.ptr[i] > '~' || name.ptr[i] == '+')
            return false;
    }
    return true;
}

static const char *find_plus(const char *from, const char *end)
{
    return from == end ? NULL : memchr(from, '+', (size_t) (end - from));
}

enum tally_code key_vkey_read(struct slice vkey, struct slice *name, uint8_t *type, struct key_public *key, struct err *err)
{
    const char *end = vkey.len == 0 ? vkey.ptr : vkey.ptr + vkey.len;
    const char *first = find_plus(vkey.ptr, end);
    const char *second = first == NULL ? NULL : find_plus(first + 1, end);
    uint8_t given[KEY_ID_LEN];
    uint8_t right[KEY_ID_LEN];
    uint8_t typed[1 + KEY_PUBLIC_LEN];
    size_t len = 0;
    if (second == NULL)
        return err_set(err, TALLY_E_MALFORMED, "a verifier key has the form name+<8 hex digits>+<base64>");
    struct slice read_name = slice_of(vkey.ptr, (size_t) (first - vkey.ptr));
    if (!is_name(read_name))
        return err_set(err, TALLY_E_MALFORMED,
                       "the verifier key's name is empty, too long or has a character it may not have");
    if (text_unhex(slice_of(first + 1, (size_t) (second - first - 1)), given, sizeof given) != TALLY_OK)
        return err_set(err, TALLY_E_MALFORMED, "the verifier key's id is not 8 lower-case hex digits");
    if (text_unbase64(slice_of(second + 1, (size_t) (end - second - 1)), typed, sizeof typed, &len) != TALLY_OK ||
        len != sizeof typed)
        return err_set(err, TALLY_E_MALFORMED, "the verifier key's last part is not base64 of a type and 32 bytes");
    struct key_public read_key;
    memcpy(read_key.bytes, typed + 1, KEY_PUBLIC_LEN);
    key_id(read_name, typed[0], &read_key, right);
    if (memcmp(given, right, sizeof given) != 0)
        return err_set(err, TALLY_E_MISMATCH,
                       "the verifier key's id is not that of its name and key: a character was mistyped");
    *name = read_name;
    *type = typed[0];
    *key = read_key;
    return TALLY_OK;
}
