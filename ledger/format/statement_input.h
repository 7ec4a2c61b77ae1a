/* The bytes that a statement's signature is over; private to ledger/format. */
#ifndef TALLY_FORMAT_STATEMENT_INPUT_H
#define TALLY_FORMAT_STATEMENT_INPUT_H

#include "tally/buf.h"
#include "tally/entry.h"
#include "tally/statement.h"

/* base64url of the longest body, the protected part, the point between */
#define STATEMENT_INPUT_MAX (ENTRY_BODY_MAX / 3 * 4 + 8 + STATEMENT_JWS_MAX)

/* protected || "." || BASE64URL(body) (RFC 7515 section 5.1, Appendix F). TALLY_E_LIMIT for a body that is too long. */
MUST_CHECK enum tally_code statement_input(struct slice protected_part, struct slice body, struct buf *out,
                                           struct err *err);

#endif
