/* The hash of every entry so far, by seq. A statement may name any earlier entry as its head and a checkpoint may be of any size, so that
 * none can be forgotten, and a shortened hash could be matched by another entry on purpose: 32 bytes an entry, the newest in memory and
 * all others in a temporary file. Private to ledger/verify. */
#ifndef TALLY_VERIFY_HASH_LIST_H
#define TALLY_VERIFY_HASH_LIST_H

#include "spill.h"
#include "tally/digest.h"
#include "tally/err.h"

#define HASH_LIST_NEW 8192 /* hashes in memory at most, 256 KiB: a head is mostly one of the last seconds */

struct hash_list {
    struct spill file;
    uint64_t first;        /* number of the first hash of the list */
    uint64_t count;        /* the next one's number */
    uint64_t written;      /* those before this one are in the file */
    struct digest *newest; /* number n at n % HASH_LIST_NEW; NULL while empty */
    size_t cap;            /* of newest */
};

void hash_list_release(struct hash_list *list); /* a zeroed list is empty, and begins with number 0 */
/* The list begins with this number instead; while it is empty. */
void hash_list_begin(struct hash_list *list, uint64_t first);
MUST_CHECK enum tally_code hash_list_add(struct hash_list *list, const struct digest *hash, struct err *err);
/* The newest one is another than was said. */
void hash_list_set_last(struct hash_list *list, const struct digest *hash);
bool hash_list_has(const struct hash_list *list, uint64_t seq);
/* seq is in the list. All zeros stand for a hash that is not known. */
MUST_CHECK enum tally_code hash_list_get(const struct hash_list *list, uint64_t seq, struct digest *out, struct err *err);
/* So many from there on, all in the list; faster than one at a time. */
MUST_CHECK enum tally_code hash_list_get_many(const struct hash_list *list, uint64_t seq, size_t count, struct digest *out,
                                              struct err *err);
bool hash_list_is_unknown(const struct digest *hash);

#endif
