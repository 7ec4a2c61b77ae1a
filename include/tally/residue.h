/* What is left of an erased body (ledger/README.md, Erasing): the values that calculations need, without text and without who a
 * person is. It is recorded by the service as residue.kept, in the transaction that removes the body, and rests on the ledger's
 * word from then on. Pure functions, any thread. */
#ifndef TALLY_RESIDUE_H
#define TALLY_RESIDUE_H

#include <stdbool.h>
#include <stdint.h>

#include "tally/arena.h"
#include "tally/entry.h"
#include "tally/err.h"
#include "tally/slice.h"

/* Text that a body of its type must have, and the residue does not. */
#define RESIDUE_TEXT "erased"

/* Whether bodies of this type can be erased; if not, *why says why not (static). */
bool residue_is_kept(enum entry_type type, const char **why);
/* The body without what erasing removes, as canonical JSON in the arena: of the same form, so that command_decode reads it as it would
 * have read the body. The type's bodies can be erased (ENSUREd). TALLY_E_INTEGRITY when the body is no JSON object. */
MUST_CHECK enum tally_code residue_make(enum entry_type type, struct slice body, struct arena *arena, struct slice *out,
                                        struct err *err);

/* The body of residue.kept. Of a statement, what command_decode and the order of decisions need beside its body, which were in its
 * signature; of an entry of the service's own kid and target are empty and head_seq is 0. */
struct residue {
    uint64_t entry, cause; /* whose body it was, and the entry body.erased */
    enum entry_type type;  /* of the entry */
    struct slice body;     /* as residue_make gave it */
    struct slice kid, target;
    uint64_t head_seq;
};
/* Strings lie in the arena. TALLY_E_MALFORMED when it is none (the model writes it: contracts/model/decide_erasure.c). */
MUST_CHECK enum tally_code residue_read(struct slice body, struct arena *arena, struct residue *out, struct err *err);

#endif
