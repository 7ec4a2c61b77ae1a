/* A statement as its author signs it: detached JWS with exactly ten members (formats.md, Statement; RFC 7515
 * Appendix F; RFC 8037), and the reader's token for what is not public. */
#ifndef TALLY_STATEMENT_H
#define TALLY_STATEMENT_H

#include <stdint.h>

#include "tally/arena.h"
#include "tally/buf.h"
#include "tally/digest.h"
#include "tally/err.h"
#include "tally/instant.h"
#include "tally/key.h"
#include "tally/refusal.h"

#define STATEMENT_JWS_MAX 2048 /* ten members at their longest in base64url, and a signature */
#define STATEMENT_SKEW_S 300   /* |entry time - iat| at most */
#define STATEMENT_TARGET_MAX 512

struct statement {
    struct slice kid, aud, htm, htu, cty, jti;
    int64_t iat; /* seconds since 1970 */
    uint64_t head_seq;
    struct digest head_hash;
    uint8_t signature[KEY_SIGNATURE_LEN];
    struct slice protected_part; /* BASE64URL(protected), borrowed from the jws */
};

/* What the request said, to which the statement must have been addressed. */
struct statement_request {
    struct slice origin, method, target, content_type;
};

/* Reads "protected..signature": form, the ten members once each, algorithm, identifiers. Decoded text lies in the arena.
 * *refusal is set (in the arena) and TALLY_E_MALFORMED returned where it is not acceptable; other codes are ours. */
MUST_CHECK enum tally_code statement_read(struct slice jws, struct arena *arena, struct statement *out,
                                          struct refusal **refusal, struct err *err);
/* aud, htm, htu, cty against the request; NULL when they agree, otherwise the refusal. */
struct refusal *statement_check_request(const struct statement *statement, const struct statement_request *request,
                                        struct arena *arena);
/* The signature over protected || "." || BASE64URL(body). TALLY_E_SIGNATURE when it fails. Any thread; while it runs it
 * holds that text, a third longer than the body. */
MUST_CHECK enum tally_code statement_verify(const struct statement *statement, const struct key_verifier *key,
                                            struct slice body, struct err *err);
/* A raw request target that a statement may name: starts with '/', no query, no '%', no empty, "." or ".." segment. */
bool statement_target_is_plain(struct slice target);

/* Signs: members given except kid and alg, which follow from the key. Appends the compact detached form to out. */
struct statement_draft {
    struct slice aud, htm, htu, cty, jti;
    int64_t iat;
    uint64_t head_seq;
    struct digest head_hash;
};
MUST_CHECK enum tally_code statement_sign(const struct statement_draft *draft, const struct key_pair *key,
                                          struct slice body, struct buf *out, struct err *err);
/* A fresh random jti of 22 characters, NUL-ended. */
MUST_CHECK enum tally_code statement_new_jti(char out[23], struct err *err);

/* ---- reader's token: JWT, typ "tally-read", members iss, aud, exp, exp at most 600 s ahead ---- */
#define READ_TOKEN_MAX_S 600
struct read_token {
    struct slice kid, iss, aud;
    int64_t exp;
    uint8_t signature[KEY_SIGNATURE_LEN];
    struct slice signed_part; /* header "." payload */
};
MUST_CHECK enum tally_code read_token_read(struct slice token, struct arena *arena, struct read_token *out,
                                           struct refusal **refusal, struct err *err);
/* Audience, expiry at `now`, signature. NULL when right. The caller has compared iss with the key's actor. */
struct refusal *read_token_check(const struct read_token *token, struct slice origin, struct instant now,
                                 const struct key_verifier *key, struct arena *arena);
MUST_CHECK enum tally_code read_token_sign(struct slice actor, struct slice origin, struct instant expires,
                                           const struct key_pair *key, struct buf *out, struct err *err);

#endif
