/* What witnesses have cosigned, in the database: no part of the ledger, kept so that it can be shown. Errors are those of pg.h. One
 * connection is used by one thread at a time. */
#ifndef TALLY_COSIGNATURE_H
#define TALLY_COSIGNATURE_H

#include <stdbool.h>
#include <stdint.h>

#include "tally/append.h"

struct cosignature {
    struct append_root root; /* of the checkpoint */
    struct slice witness;    /* its verifier key */
    bool is_quorum;          /* of the newest checkpoint that enough witnesses have cosigned */
    uint64_t seconds;        /* when, since 1970; not read back: the line says it */
    struct slice line;       /* with its LF */
};

/* All that is kept, the newest first; in the arena. */
MUST_CHECK enum tally_code cosignatures_read(struct pg *pg, struct arena *arena, struct cosignature **out, size_t *count,
                                             struct err *err);
/* All of one checkpoint. Nothing takes the place of what is newer. pg is a writer's. */
MUST_CHECK enum tally_code cosignatures_write(struct pg *pg, struct arena *arena, const struct cosignature *list,
                                              size_t count, struct err *err);
/* When the last of the first `size` entries was appended, and the one behind it. TALLY_E_NOT_FOUND when there are not so many. */
MUST_CHECK enum tally_code cosignature_times(struct pg *pg, struct arena *arena, uint64_t size, struct instant *last,
                                             bool *has_next, struct instant *next, struct err *err);

#endif
