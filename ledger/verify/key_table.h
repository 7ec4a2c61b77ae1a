/* Who has which keys, and since when: an entry's statement is judged by what the entries before it say. Private to
 * ledger/verify. */
#ifndef TALLY_VERIFY_KEY_TABLE_H
#define TALLY_VERIFY_KEY_TABLE_H

#include <stdint.h>

#include "tally/err.h"
#include "tally/key.h"

#define KEY_NOT_REVOKED UINT64_MAX
#define KEY_ACTOR_MAX 64

struct key_record {
    struct key_kid kid;
    char actor[KEY_ACTOR_MAX];
    size_t actor_len;
    uint64_t added_seq, revoked_seq;
    struct key_verifier *verifier; /* NULL for a weak key */
};

struct name_map {
    struct name_cell *cells;
    size_t cap, count;
};

struct key_table {
    struct name_map by_kid; /* thumbprint -> struct key_record */
    struct name_map actors; /* id -> struct actor_record */
};

void key_table_release(struct key_table *table);                                    /* a zeroed table is empty */
struct key_record *key_table_find(const struct key_table *table, struct slice kid); /* NULL: no such key */
/* actor has at most KEY_ACTOR_MAX bytes, and no key with this thumbprint is there. */
MUST_CHECK enum tally_code key_table_add(struct key_table *table, const struct key_public *key, struct slice actor,
                                         uint64_t seq, struct err *err);
struct slice key_record_actor(const struct key_record *record);
/* Registers an actor; *before is the seq of the entry that did so already, or of this one. */
MUST_CHECK enum tally_code key_table_register(struct key_table *table, struct slice actor, bool is_backbone, uint64_t seq,
                                              uint64_t *before, struct err *err);
bool key_table_is_backbone(const struct key_table *table, struct slice actor);

#endif
