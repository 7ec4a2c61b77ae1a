/* Which (actor, jti) have occurred, exactly and with bounded memory. The newest are in a sorted table, which is searched at once; when it is
 * full it goes, sorted as it is, to a temporary file (a run), and jti_set_end finds by merging all runs what occurs in two of them.
 *
 * An id is known by 128 bits of SipHash under a secret key: equal ids are always found, nobody can make two that collide, and a chance
 * collision among 10^12 statements has a probability of 10^-15. Private to ledger/verify. */
#ifndef TALLY_VERIFY_JTI_SET_H
#define TALLY_VERIFY_JTI_SET_H

#include <stdint.h>

#include "jti_runs.h"
#include "tally/digest.h"
#include "tally/slice.h"

#define JTI_TABLE_MAX 32768u /* cells, 768 KiB; three quarters of them are used */

struct jti_set {
    struct jti_cell *cells; /* NULL while empty */
    size_t count;
    struct jti_runs runs;
};

/* What the set holds of an id; any thread. */
struct jti_id {
    uint64_t a, b;
};
void jti_id_make(const struct digest_key *key, struct slice actor, struct slice jti, struct jti_id *out);

void jti_set_release(struct jti_set *set); /* a zeroed set is empty */
/* It will be added soon: its place is fetched meanwhile. Changes nothing. */
void jti_set_expect(const struct jti_set *set, struct jti_id id);
/* *was_there: it was added with *before, which is found here or by jti_set_end. */
MUST_CHECK enum tally_code jti_set_add(struct jti_set *set, struct jti_id id, uint64_t seq, bool *was_there,
                                       uint64_t *before, struct err *err);
/* Tells of each one that was added twice and not found then. Nothing is added after this. */
MUST_CHECK enum tally_code jti_set_end(struct jti_set *set, jti_twice_fn twice, void *ctx, struct err *err);

#endif
