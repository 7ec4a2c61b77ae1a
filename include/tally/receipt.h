/* Receipts: what an author gets for a statement, and what proves it without any service (C2SP tlog-proof; formats.md,
 * Receipts, tiles, witnesses). Pure; any thread. */
#ifndef TALLY_RECEIPT_H
#define TALLY_RECEIPT_H

#include "tally/arena.h"
#include "tally/entry.h"
#include "tally/merkle.h"
#include "tally/note.h"

#define RECEIPT_MAX (32u << 10) /* header, 63 hashes, a checkpoint with its cosignatures */
#define RECEIPT_FIRST_LINE "c2sp.org/tlog-proof@v1\n"

struct receipt {
    struct slice header; /* the entry's exact header; empty: it proves a hash, and says nothing about a statement */
    bool has_nonce;      /* for who may read the body */
    uint8_t nonce[ENTRY_NONCE_LEN];
    uint64_t index;
    struct digest proof[MERKLE_PROOF_MAX];
    size_t proof_count;
    struct slice checkpoint; /* the note whole */
};

void receipt_write(const struct receipt *receipt, struct buf *out);
/* Any other spelling is TALLY_E_MALFORMED. header lies in the arena, checkpoint is borrowed from bytes. */
MUST_CHECK enum tally_code receipt_read(struct slice bytes, struct arena *arena, struct receipt *out, struct err *err);

struct receipt_content {
    struct checkpoint checkpoint;
    struct entry_header header; /* borrowed from the receipt */
    struct digest hash;         /* of the entry */
};
/* Holds a receipt to the ledger's key: its checkpoint is signed, its header is that of entry `index` of this ledger, and the
 * checkpoint's tree contains it. TALLY_E_SIGNATURE, TALLY_E_MISMATCH, TALLY_E_MALFORMED; TALLY_E_NOT_FOUND without a header. Without a
 * key (NULL) the signature is not looked at. */
MUST_CHECK enum tally_code receipt_check(const struct receipt *receipt, const struct note_key *ledger,
                                         struct receipt_content *out, struct err *err);

#endif
