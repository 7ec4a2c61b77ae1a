#include "tally/key.h"

#include <openssl/err.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <sodium.h>

#include "key_internal.h"
#include "tally/mem.h"

enum tally_code key_crypto_error(struct err *err, const char *what)
{
    char reason[160];
    ERR_error_string_n(ERR_peek_last_error(), reason, sizeof reason);
    ERR_clear_error();
    return err_set(err, TALLY_E_CRYPTO, "%s: %s", what, reason);
}

/* base64url of 32 bytes. Not text_base64url: a thumbprint has no way to say that memory ran out. */
static void encode_32(const uint8_t in[32], char out[KEY_KID_LEN])
{
    static const char DIGITS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    uint32_t bits = 0;
    unsigned have = 0;
    size_t at = 0;
    for (size_t i = 0; i < 32; i++) {
        bits = (bits << 8 | in[i]) & 0x3fff;
        for (have += 8; have >= 6; have -= 6)
            out[at++] = DIGITS[bits >> (have - 6) & 0x3f];
    }
    out[at] = DIGITS[bits << (6 - have) & 0x3f];
}

void key_thumbprint(const struct key_public *key, struct key_kid *out)
{
    char x[KEY_KID_LEN];
    struct digest digest;
    encode_32(key->bytes, x);
    const struct slice parts[] = {SLICE("{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\""), slice_of(x, sizeof x),
                                  SLICE("\"}")};
    digest_parts(parts, 3, &digest);
    encode_32(digest.bytes, out->text);
    out->text[KEY_KID_LEN] = '\0';
}

/* ---- verifying ---- */

struct key_verifier {
    struct key_public key;
};

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void start_sodium(void)
{
    ENSURE(sodium_init() >= 0);
}

enum tally_code key_verifier_new(const struct key_public *key, struct key_verifier **out, struct err *err)
{
    if (key_point_is_weak(key->bytes))
        return err_set(err, TALLY_E_DENIED, "the public key is of small order or not a point in canonical form");
    struct key_verifier *verifier = mem_zero(sizeof *verifier);
    if (verifier == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory for a public key");
    verifier->key = *key;
    ENSURE(pthread_once(&once, start_sodium) == 0);
    *out = verifier;
    return TALLY_OK;
}

void key_verifier_free(struct key_verifier *verifier)
{
    mem_free(verifier);
}

/* By libsodium: 40 us where OpenSSL 3.0 takes 93, and this is most of what a statement costs. Both compute RFC 8032 section 5.1.7
 * without the cofactor and refuse S that is not below the order; points that only one of them would refuse are refused before. */
enum tally_code key_verify(const struct key_verifier *verifier, struct slice message,
                           const uint8_t signature[KEY_SIGNATURE_LEN])
{
    const unsigned char *bytes = message.len == 0 ? (const unsigned char *) "" : (const unsigned char *) message.ptr;
    if (key_point_is_weak(signature) ||
        crypto_sign_verify_detached(signature, bytes, message.len, verifier->key.bytes) != 0)
        return TALLY_E_SIGNATURE;
    return TALLY_OK;
}

/* ---- signing ---- */

enum tally_code key_pair_adopt(EVP_PKEY *pkey, struct key_pair **out, struct err *err)
{
    size_t len = KEY_PUBLIC_LEN;
    struct key_pair *pair = mem_zero(sizeof *pair);
    if (pair == NULL) {
        EVP_PKEY_free(pkey);
        return err_set(err, TALLY_E_NO_MEMORY, "no memory for a key pair");
    }
    if (EVP_PKEY_get_raw_public_key(pkey, pair->public_key.bytes, &len) != 1 || len != KEY_PUBLIC_LEN) {
        EVP_PKEY_free(pkey);
        mem_free(pair);
        return key_crypto_error(err, "deriving an Ed25519 public key");
    }
    pair->pkey = pkey;
    *out = pair;
    return TALLY_OK;
}

enum tally_code key_pair_from_seed(const uint8_t seed[KEY_SEED_LEN], struct key_pair **out, struct err *err)
{
    EVP_PKEY *pkey = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, KEY_SEED_LEN);
    if (pkey == NULL)
        return key_crypto_error(err, "loading an Ed25519 seed");
    return key_pair_adopt(pkey, out, err);
}

enum tally_code key_pair_generate(struct key_pair **out, struct err *err)
{
    uint8_t seed[KEY_SEED_LEN];
    enum tally_code rc = TALLY_OK;
    if (RAND_priv_bytes(seed, (int) sizeof seed) != 1)
        return key_crypto_error(err, "random bytes for a key");
    rc = key_pair_from_seed(seed, out, err);
    mem_wipe(seed, sizeof seed);
    return rc;
}

void key_pair_free(struct key_pair *pair)
{
    if (pair == NULL)
        return;
    EVP_PKEY_free(pair->pkey);
    mem_wipe(pair, sizeof *pair);
    mem_free(pair);
}

void key_pair_public(const struct key_pair *pair, struct key_public *out)
{
    *out = pair->public_key;
}

enum tally_code key_sign(const struct key_pair *pair, struct slice message, uint8_t signature[KEY_SIGNATURE_LEN],
                         struct err *err)
{
    uint8_t made[KEY_SIGNATURE_LEN];
    size_t len = sizeof made;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (context == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory to sign");
    const unsigned char *bytes = message.len == 0 ? (const unsigned char *) "" : (const unsigned char *) message.ptr;
    bool is_signed = EVP_DigestSignInit(context, NULL, NULL, NULL, pair->pkey) == 1 &&
                     EVP_DigestSign(context, made, &len, bytes, message.len) == 1 && len == sizeof made;
    EVP_MD_CTX_free(context);
    if (!is_signed)
        return key_crypto_error(err, "signing");
    memcpy(signature, made, sizeof made);
    return TALLY_OK;
}

enum tally_code key_random(void *out, size_t len, struct err *err)
{
    ENSURE(len <= INT32_MAX);
    if (RAND_bytes(out, (int) len) != 1)
        return key_crypto_error(err, "random bytes");
    return TALLY_OK;
}
