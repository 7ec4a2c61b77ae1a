/* Who reads: an actor, by a token that a key of its own has signed, or nobody in particular. */
#ifndef TALLY_SERVER_READER_H
#define TALLY_SERVER_READER_H

#include "tallyd.h"

struct reader {
    struct slice actor, kid; /* in the request's arena; empty: nobody in particular */
};

/* By the request's Authorization. Without one: nobody in particular. One that is not a valid token is refused, never taken for nobody.
 * The signature is verified here; reader_check follows. Any thread but the loop's. */
MUST_CHECK enum tally_code reader_find(struct tallyd *tallyd, struct http_request *request, struct reader *out,
                                       const struct refusal **refusal, struct err *err);
/* That the key has not been revoked by now. */
MUST_CHECK enum tally_code reader_check(const struct reader *reader, struct pg *pg, struct arena *arena,
                                        const struct refusal **refusal, struct err *err);

/* Caches are told that the answer, a refusal too, is for this reader alone. */
void reader_mark(struct http_request *request);

#endif
