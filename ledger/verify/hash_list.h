/* The hash of every entry so far, by seq: 32 bytes an entry. A statement may name any earlier entry as its head, so
 * that none can be forgotten, and a shortened hash could be matched by another entry on purpose. Private to
 * ledger/verify. */
#ifndef TALLY_VERIFY_HASH_LIST_H
#define TALLY_VERIFY_HASH_LIST_H

#include "tally/digest.h"
#include "tally/err.h"

#define HASH_LIST_CHUNK 32768 /* hashes: 1 MiB; growing never moves what is there */

struct hash_chunk {
    struct digest *hashes; /* HASH_LIST_CHUNK */
};

struct hash_list {
    struct hash_chunk *chunks;
    size_t chunk_count, chunk_cap;
    uint64_t count;
};

void hash_list_release(struct hash_list *list); /* a zeroed list is empty */
MUST_CHECK enum tally_code hash_list_add(struct hash_list *list, const struct digest *hash, struct err *err);
/* NULL beyond the end. All zeros stand for a hash that is not known. */
struct digest *hash_list_at(const struct hash_list *list, uint64_t seq);
bool hash_list_is_unknown(const struct digest *hash);

#endif
