/* What the tree says, for whoever reads: checkpoints of sizes that were, receipts. */
#ifndef TALLY_SERVER_TREE_H
#define TALLY_SERVER_TREE_H

#include "handlers.h"
#include "tally/receipt.h"

#define TREE_ANSWER_ARENA 16384 /* of one receipt on a reader: a header, a proof, a note */

/* The size up to which a checkpoint may be signed: all that this process has signed, or seen published. The refusal when there is none
 * yet. */
const struct refusal *tree_size(struct tallyd *tallyd, struct arena *arena, uint64_t *size);
/* The checkpoint of this size, signed (the same bytes each time); size is at most tree_size. */
MUST_CHECK enum tally_code tree_checkpoint(struct tallyd *tallyd, struct pg *pg, uint64_t size, struct arena *arena,
                                           struct buf *note, struct err *err);
/* The receipt of an entry, with its nonce if the reader (empty: nobody in particular) may read its body. As it was first given: against the checkpoint of its own batch, so that its bytes are for ever the same. Or
 * cosigned: against the newest checkpoint that enough witnesses have cosigned, where that covers the entry. TALLY_E_NOT_FOUND when
 * there is no such entry, or none that a checkpoint covers. */
enum tree_receipt { TREE_RECEIPT_FIRST, TREE_RECEIPT_COSIGNED };
MUST_CHECK enum tally_code tree_receipt(struct tallyd *tallyd, struct pg *pg, uint64_t seq, struct slice reader,
                                        enum tree_receipt kind, struct arena *arena, struct buf *out, struct err *err);

#endif
