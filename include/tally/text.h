/* Encodings and checks of text: hex, base64, base64url, UTF-8, identifiers. All strict: one spelling each. */
#ifndef TALLY_TEXT_H
#define TALLY_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tally/buf.h"
#include "tally/err.h"
#include "tally/slice.h"

/* Lower-case hex of len bytes into out (2 * len characters and a NUL). */
void text_hex(const void *ptr, size_t len, char *out);
/* Exactly 2 * len lower-case digits, otherwise TALLY_E_MALFORMED. */
MUST_CHECK enum tally_code text_unhex(struct slice hex, void *out, size_t len);

/* base64url without padding (RFC 4648 section 5), and standard base64 with padding (section 4). */
void text_base64url(const void *ptr, size_t len, struct buf *out);
void text_base64(const void *ptr, size_t len, struct buf *out);
/* Refuse any other character, wrong padding, and unused bits that are not zero. *out_len bytes are written,
 * at most cap (TALLY_E_LIMIT otherwise). */
MUST_CHECK enum tally_code text_unbase64url(struct slice in, void *out, size_t cap, size_t *out_len);
MUST_CHECK enum tally_code text_unbase64(struct slice in, void *out, size_t cap, size_t *out_len);

/* Bytes of the UTF-8 character at p, of which left bytes are there (left > 0); 0 where it is malformed. U+0000 is one. */
size_t text_utf8_step(const unsigned char *p, size_t left);
/* Well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms) without U+0000. *bad_at (may be NULL): first bad byte. */
bool text_is_utf8(struct slice s, size_t *bad_at);

/* [a-z][a-z0-9._-]{0,63}: actors, entry types, contracts (formats.md). */
bool text_is_id(struct slice s);
/* 1..128 bytes of a-z 0-9 . _ : / - : the origin of a ledger. */
bool text_is_origin(struct slice s);
/* 16..64 characters of A-Za-z0-9-_ : a statement's jti. */
bool text_is_jti(struct slice s);
/* An exact value as the ledger writes it: -?(0|[1-9][0-9]{0,17})(\.[0-9]{1,12})?%?, never -0 (formats.md). */
bool text_is_exact(struct slice s);

/* Decimal digits without sign or leading zero, at most max. TALLY_E_MALFORMED otherwise. */
MUST_CHECK enum tally_code text_u64(struct slice s, uint64_t max, uint64_t *out);

#endif
