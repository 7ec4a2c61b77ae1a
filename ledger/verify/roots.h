/* The roots of the tree over the entries seen so far, at every size: checkpoints stand behind the entries that they cover. The leaves are
 * the list of hashes; the state of the tree at each 65,536th entry lies in a temporary file, so that memory does not grow. Private to
 * ledger/verify. */
#ifndef TALLY_VERIFY_ROOTS_H
#define TALLY_VERIFY_ROOTS_H

#include "hash_list.h"
#include "tally/err.h"
#include "tally/merkle.h"

#define ROOTS_STEP 65536 /* leaves from one kept state to the next: what an earlier size costs at most, 10 ms */

struct roots {
    struct merkle_frontier begin, all; /* at first, and of all entries */
    struct spill file;                 /* the states at begin.size + 1, 2, 3 ... times ROOTS_STEP */
};

void roots_release(struct roots *roots); /* a zeroed one is the empty tree */
/* It goes on from here: the first entries are not in the archive. */
void roots_begin(struct roots *roots, const struct merkle_frontier *from);
MUST_CHECK enum tally_code roots_add(struct roots *roots, const struct digest *leaf, struct err *err);
/* leaves are those added, by their number in the tree. *is_known is false for a size that is from before the first, or not there yet. */
MUST_CHECK enum tally_code roots_at(const struct roots *roots, const struct hash_list *leaves, uint64_t size,
                                    bool *is_known, struct digest *out, struct err *err);

#endif
