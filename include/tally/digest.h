/* SHA-256 (FIPS 180-4) through libcrypto's EVP. The algorithm is fetched once, a context is kept for each thread. */
#ifndef TALLY_DIGEST_H
#define TALLY_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#include "tally/err.h"
#include "tally/slice.h"

#define DIGEST_LEN 32

struct digest {
    uint8_t bytes[DIGEST_LEN];
};

/* The hash of the parts one after another. A failure of libcrypto is not survivable and aborts (ENSURE). */
void digest_parts(const struct slice *parts, size_t count, struct digest *out);
void digest_of(struct slice data, struct digest *out);
bool digest_equal(const struct digest *a, const struct digest *b);

/* A hash for tables and lists of names that others choose: SipHash-2-4 of 128 bits under a secret key, so that nobody finds two names with
 * one hash. A tenth of what SHA-256 costs. */
#define DIGEST_SHORT_LEN 16
struct digest_key {
    uint8_t bytes[16];
};
void digest_key_make(struct digest_key *out); /* random */
void digest_short(const struct digest_key *key, struct slice data, uint8_t out[DIGEST_SHORT_LEN]);

/* An incremental hash, for streams; one for each thread that needs it. */
struct digest_stream;
MUST_CHECK struct digest_stream *digest_stream_new(void); /* NULL without memory */
void digest_stream_free(struct digest_stream *stream);
void digest_stream_add(struct digest_stream *stream, struct slice data);
void digest_stream_end(struct digest_stream *stream, struct digest *out); /* and begins anew */

#endif
