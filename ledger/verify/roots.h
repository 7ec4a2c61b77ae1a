/* The roots of the tree over the entries seen so far: of all of them, and of each size not too long ago, since checkpoints stand behind
 * the entries that they cover. Memory does not grow with the ledger. Private to ledger/verify. */
#ifndef TALLY_VERIFY_ROOTS_H
#define TALLY_VERIFY_ROOTS_H

#include "tally/err.h"
#include "tally/merkle.h"

#define ROOTS_BLOCK                                                                                                        \
    65536 /* leaves: 2 MiB. The last block and the one before it are kept: hours of a busy ledger, or all of it */

struct roots_block {
    struct merkle_frontier before;
    struct digest *leaves; /* ROOTS_BLOCK, once it is used */
    size_t count;
};

struct roots {
    struct merkle_frontier all;
    struct roots_block blocks[2];
    int current;
};

void roots_release(struct roots *roots); /* a zeroed one is the empty tree */
/* It goes on from here: the first entries are not in the archive. */
void roots_begin(struct roots *roots, const struct merkle_frontier *from);
MUST_CHECK enum tally_code roots_add(struct roots *roots, const struct digest *leaf, struct err *err);
/* False: that size is too long ago, or not there yet. */
bool roots_at(const struct roots *roots, uint64_t size, struct digest *out);

#endif
