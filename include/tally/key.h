/* Ed25519 keys (RFC 8032) as formats.md section "Keys" wants them: thumbprints (RFC 7638, RFC 8037), refusal of
 * small-order and non-canonical points, proof of possession, PKCS#8 PEM files. */
#ifndef TALLY_KEY_H
#define TALLY_KEY_H

#include <stdbool.h>
#include <stdint.h>

#include "tally/buf.h"
#include "tally/digest.h"
#include "tally/err.h"
#include "tally/slice.h"

#define KEY_PUBLIC_LEN 32
#define KEY_SIGNATURE_LEN 64
#define KEY_SEED_LEN 32
#define KEY_KID_LEN 43 /* base64url of a SHA-256 */

struct key_public {
    uint8_t bytes[KEY_PUBLIC_LEN];
};

struct key_kid {
    char text[KEY_KID_LEN + 1];
};

/* y >= 2^255-19, or y one of 0, 1, -1, +-y8 (after the sign bit is cleared): not acceptable as a public key, nor as
 * the first half of a signature (formats.md, Keys). */
bool key_point_is_weak(const uint8_t point[32]);

/* RFC 7638 thumbprint of {"crv":"Ed25519","kty":"OKP","x":...}. */
void key_thumbprint(const struct key_public *key, struct key_kid *out);

/* A public key made ready for many verifications; immutable, any number of threads. */
struct key_verifier;
/* TALLY_E_DENIED for a weak point. */
MUST_CHECK enum tally_code key_verifier_new(const struct key_public *key, struct key_verifier **out, struct err *err);
void key_verifier_free(struct key_verifier *verifier);
/* TALLY_E_SIGNATURE when it does not verify (also when the signature's first half is weak). */
MUST_CHECK enum tally_code key_verify(const struct key_verifier *verifier, struct slice message,
                                      const uint8_t signature[KEY_SIGNATURE_LEN]);

/* A private key; wiped when freed. Any number of threads may sign. */
struct key_pair;
MUST_CHECK enum tally_code key_pair_generate(struct key_pair **out, struct err *err);
MUST_CHECK enum tally_code key_pair_from_seed(const uint8_t seed[KEY_SEED_LEN], struct key_pair **out, struct err *err);
/* A PKCS#8 PEM file. TALLY_E_DENIED when others than its owner may read it. */
MUST_CHECK enum tally_code key_pair_load(const char *path, struct key_pair **out, struct err *err);
/* Creates the file, mode 0600; never overwrites (TALLY_E_CONFLICT). fsyncs file and directory. */
MUST_CHECK enum tally_code key_pair_save(const struct key_pair *pair, const char *path, struct err *err);
void key_pair_free(struct key_pair *pair);
void key_pair_public(const struct key_pair *pair, struct key_public *out);
MUST_CHECK enum tally_code key_sign(const struct key_pair *pair, struct slice message, uint8_t signature[KEY_SIGNATURE_LEN],
                                    struct err *err);

/* Proof of possession: the new key's signature over "tally/key/v1\n<origin>\n<actor id>\n<kid>\n". */
void key_proof_message(struct slice origin, struct slice actor, const struct key_kid *kid, struct buf *out);
/* Checks pop (base64url) for this key; TALLY_E_SIGNATURE, or TALLY_E_DENIED for a weak key. */
MUST_CHECK enum tally_code key_proof_check(const struct key_public *key, struct slice origin, struct slice actor,
                                           struct slice pop, struct err *err);
MUST_CHECK enum tally_code key_proof_make(const struct key_pair *pair, struct slice origin, struct slice actor,
                                          struct buf *pop, struct err *err);

/* Verifier key of a log or a witness (C2SP signed-note): "name+<8 hex>+base64(type || public key)"; type 0x01 for a
 * ledger, 0x04 for a witness. */
void key_vkey_write(struct slice name, uint8_t type, const struct key_public *key, struct buf *out);
/* name is borrowed from vkey. Checks the key id. */
MUST_CHECK enum tally_code key_vkey_read(struct slice vkey, struct slice *name, uint8_t *type, struct key_public *key,
                                         struct err *err);

/* Bytes from the operating system's generator. */
MUST_CHECK enum tally_code key_random(void *out, size_t len, struct err *err);

#endif
