#include "jws.h"

#include <stdarg.h>
#include <stdio.h>

#include "tally/text.h"

bool jws_decode_part(struct slice encoded, struct arena *arena, struct slice *out, enum tally_code *failed)
{
    size_t cap = encoded.len / 4 * 3 + 3;
    size_t len = 0;
    char *bytes = arena_alloc(arena, cap);
    *failed = bytes == NULL ? TALLY_E_NO_MEMORY : TALLY_E_MALFORMED;
    if (bytes == NULL || encoded.len == 0 || text_unbase64url(encoded, bytes, cap, &len) != TALLY_OK)
        return false;
    *out = slice_of(bytes, len);
    return true;
}

bool jws_read_signature(struct slice encoded, uint8_t out[KEY_SIGNATURE_LEN])
{
    uint8_t bytes[KEY_SIGNATURE_LEN];
    size_t len = 0;
    if (text_unbase64url(encoded, bytes, sizeof bytes, &len) != TALLY_OK || len != sizeof bytes)
        return false;
    memcpy(out, bytes, sizeof bytes);
    return true;
}

bool jws_is_algorithm(struct slice alg)
{
    return slice_equal(alg, SLICE("EdDSA")) || slice_equal(alg, SLICE("Ed25519"));
}

bool jws_is_kid(struct slice kid)
{
    uint8_t digest[DIGEST_LEN];
    size_t len = 0;
    return kid.len == KEY_KID_LEN && text_unbase64url(kid, digest, sizeof digest, &len) == TALLY_OK && len == DIGEST_LEN;
}

enum tally_code jws_refuse(struct arena *arena, enum refusal_code code, struct refusal **refusal, struct err *err,
                           const char *fmt, ...)
{
    char detail[256];
    va_list args;
    va_start(args, fmt);
    (void) vsnprintf(detail, sizeof detail, fmt, args);
    va_end(args);
    struct refusal *made = refusal_new(arena, code, "%s", detail);
    if (made == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory for a refusal");
    *refusal = made;
    return err_set(err, TALLY_E_MALFORMED, "%s", detail);
}
