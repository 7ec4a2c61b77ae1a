/* A temporary file without a name: what has to be remembered and would not stay small. It is made when it is first written, and is gone
 * with the process, however that ends. One thread at a time. Private to ledger/verify. */
#ifndef TALLY_VERIFY_SPILL_H
#define TALLY_VERIFY_SPILL_H

#include <stddef.h>
#include <stdint.h>

#include "tally/err.h"

#define SPILL_DIR "/var/tmp" /* where a disk is usual; /tmp may be memory */

struct spill {
    const char *dir; /* NULL: SPILL_DIR; borrowed */
    int file;        /* number of the descriptor, plus one; 0: none yet */
};

void spill_release(struct spill *spill); /* a zeroed one is an empty file */
/* All of it, at this place. TALLY_E_IO says where and why. */
MUST_CHECK enum tally_code spill_write(struct spill *spill, uint64_t at, const void *ptr, size_t len, struct err *err);
/* All of it; it has been written. */
MUST_CHECK enum tally_code spill_read(const struct spill *spill, uint64_t at, void *ptr, size_t len, struct err *err);
/* Empty again. */
MUST_CHECK enum tally_code spill_empty(struct spill *spill, struct err *err);

#endif
