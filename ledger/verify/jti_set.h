/* Which (actor, jti) have occurred: 16 bytes a statement, in a table that is between 3/8 and 3/4 full (21 to 43
 * bytes each). 16 bytes of SHA-256: nobody finds two ids that collide, and a chance collision among 10^12
 * statements has a probability of 10^-15. Private to ledger/verify. */
#ifndef TALLY_VERIFY_JTI_SET_H
#define TALLY_VERIFY_JTI_SET_H

#include <stdint.h>

#include "tally/err.h"
#include "tally/slice.h"

struct jti_set {
    struct jti_cell *cells;
    size_t cap, count;
};

void jti_set_release(struct jti_set *set); /* a zeroed set is empty */
MUST_CHECK enum tally_code jti_set_add(struct jti_set *set, struct slice actor, struct slice jti, bool *was_there,
                                       struct err *err);

#endif
