/* Bodies that were erased, and the statements that say so. Private to ledger/verify. */
#ifndef TALLY_VERIFY_ERASED_H
#define TALLY_VERIFY_ERASED_H

#include <stdbool.h>
#include <stdint.h>

#include "key_table.h"
#include "tally/err.h"
#include "tally/slice.h"

struct erased {
    uint64_t seq;
    bool is_said; /* by a body.erased behind it */
    char actor[KEY_ACTOR_MAX];
    size_t actor_len;
};

struct erased_list { /* in the order of their numbers; a zeroed one is empty */
    struct erased *items;
    size_t count, cap;
};

void erased_release(struct erased_list *list);
MUST_CHECK enum tally_code erased_add(struct erased_list *list, uint64_t seq, struct slice actor, struct err *err);
struct erased *erased_find(const struct erased_list *list, uint64_t seq); /* NULL: its body is there, or nobody knows */

#endif
