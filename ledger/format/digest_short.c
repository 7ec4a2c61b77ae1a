#include <sodium.h>

#include "tally/digest.h"

void digest_key_make(struct digest_key *out)
{
    ENSURE(sodium_init() >= 0); /* as often as one likes, from any thread */
    randombytes_buf(out->bytes, sizeof out->bytes);
}

void digest_short(const struct digest_key *key, struct slice data, uint8_t out[DIGEST_SHORT_LEN])
{
    _Static_assert(DIGEST_SHORT_LEN == crypto_shorthash_siphashx24_BYTES, "the length of a short hash");
    _Static_assert(sizeof key->bytes == crypto_shorthash_siphashx24_KEYBYTES, "the length of its key");
    const unsigned char *bytes = data.len == 0 ? (const unsigned char *) "" : (const unsigned char *) data.ptr;
    ENSURE(crypto_shorthash_siphashx24(out, bytes, data.len, key->bytes) == 0);
}
