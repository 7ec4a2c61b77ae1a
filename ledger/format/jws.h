/* What statements and readers' tokens share; private to ledger/format. */
#ifndef TALLY_FORMAT_JWS_H
#define TALLY_FORMAT_JWS_H

#include "tally/arena.h"
#include "tally/err.h"
#include "tally/key.h"
#include "tally/refusal.h"

/* Canonical base64url of a JSON part, decoded into the arena; false when it is not that. */
MUST_CHECK bool jws_decode_part(struct slice encoded, struct arena *arena, struct slice *out, enum tally_code *failed);
MUST_CHECK bool jws_read_signature(struct slice encoded, uint8_t out[KEY_SIGNATURE_LEN]);
bool jws_is_algorithm(struct slice alg); /* EdDSA or Ed25519, nothing else ever */
bool jws_is_kid(struct slice kid);       /* canonical base64url of 32 bytes */

/* Sets *refusal and err, and returns TALLY_E_MALFORMED; TALLY_E_NO_MEMORY when the arena has no room. */
enum tally_code jws_refuse(struct arena *arena, enum refusal_code code, struct refusal **refusal, struct err *err,
                           const char *fmt, ...) PRINTF_LIKE(5, 6);

#endif
