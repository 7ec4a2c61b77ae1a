/* One HTTP exchange of the relay, with limits that whoever answers cannot stretch: so many milliseconds in all, 64 KiB, no redirect, no proxy,
 * and an address that is public at the moment of connecting. */
#ifndef TALLY_CLI_RELAY_FETCH_H
#define TALLY_CLI_RELAY_FETCH_H

#include <stdatomic.h>
#include <stdbool.h>

#include "tally/buf.h"
#include "tally/err.h"
#include "tally/slice.h"

#define RELAY_DEADLINE_MS 5000 /* from the look-up of the name to the last byte */
#define RELAY_BYTES_MAX 65536u /* of an answer, its headers too: a note with 63 cosignatures has 16 KiB */
#define RELAY_URL_MAX 2048

struct relay_fetcher; /* a connection that is kept between exchanges; one thread */
/* cacert: a file with the certificates of the authorities that are trusted, in place of the system's, which NULL leaves; lives as long as
 * the fetcher. NULL without memory. */
MUST_CHECK struct relay_fetcher *relay_fetcher_new(const char *cacert);
void relay_fetcher_free(struct relay_fetcher *fetcher); /* NULL is fine */

struct relay_request {
    const char *url;           /* whole */
    struct slice body;         /* ptr NULL: a GET; otherwise a POST of text/plain */
    const char *if_none_match; /* an ETag, or NULL */
    bool is_anywhere; /* http too, and any address: the operator has said so. Otherwise https to a public address */
    long deadline_ms;
    const atomic_int *is_stopping; /* ends it early once it is not 0 */
};
struct relay_reply {
    long status;
    struct buf body; /* the caller's, initialised */
    char etag[80], content_type[80];
};
/* Any status is an answer. TALLY_E_DENIED: not https, a certificate that is not accepted, or no public address; TALLY_E_LIMIT: over
 * 64 KiB; TALLY_E_TIMEOUT, TALLY_E_UNAVAILABLE, TALLY_E_INTERRUPTED. */
MUST_CHECK enum tally_code relay_fetch(struct relay_fetcher *fetcher, const struct relay_request *request,
                                       struct relay_reply *reply, struct err *err);

#endif
