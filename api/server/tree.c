#include "tree.h"

#include <inttypes.h>

#include "tally/read.h"

const struct refusal *tree_size(struct tallyd *tallyd, struct arena *arena, uint64_t *size)
{
    struct sequencer_status status;
    sequencer_status(tallyd->sequencer, &status);
    *size = status.checkpoint_size;
    if (*size > 0)
        return NULL;
    if (status.is_forked)
        return refusal_new(arena, REFUSE_LEDGER_FORKED, "%s", status.trouble);
    return refusal_new(arena, REFUSE_DATABASE_AWAY, "no checkpoint is known here yet; try again in a second");
}

enum tally_code tree_checkpoint(struct tallyd *tallyd, struct pg *pg, uint64_t size, struct arena *arena, struct buf *note,
                                struct err *err)
{
    struct checkpoint checkpoint = {.origin = tallyd->identity.origin, .size = size};
    enum tally_code rc = read_root(pg, tallyd->tiles, size, size, arena, &checkpoint.root, err);
    return rc != TALLY_OK ? rc : checkpoint_sign(&checkpoint, tallyd->identity.key, note, err);
}

/* The checkpoint that a receipt rests on: its size, and its note. */
MUST_CHECK static enum tally_code receipt_ground(struct tallyd *tallyd, struct pg *pg, uint64_t seq, enum tree_receipt kind,
                                                 struct arena *arena, uint64_t *end, struct buf *note, struct err *err)
{
    struct sequencer_status status;
    struct append_root cosigned;
    if (kind == TREE_RECEIPT_COSIGNED && cosigners_newest(tallyd->cosigners, &cosigned, note) && cosigned.size > seq) {
        *end = cosigned.size;
        return TALLY_OK;
    }
    buf_clear(note);
    sequencer_status(tallyd->sequencer, &status);
    enum tally_code rc = read_batch_end(pg, seq, arena, end, err);
    if (rc == TALLY_OK && *end > status.checkpoint_size)
        rc = err_set(err, TALLY_E_NOT_FOUND, "no checkpoint covers entry %" PRIu64 " yet", seq);
    return rc != TALLY_OK ? rc : tree_checkpoint(tallyd, pg, *end, arena, note, err);
}

enum tally_code tree_receipt(struct tallyd *tallyd, struct pg *pg, uint64_t seq, struct slice reader,
                             enum tree_receipt kind, struct arena *arena, struct buf *out, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct read_entry entry;
    struct receipt receipt = {.index = seq};
    struct buf header, note;
    uint64_t end = 0;
    buf_init(&header, ENTRY_HEADER_MAX);
    buf_init(&note, NOTE_MAX);
    TRY(read_entry(pg, tallyd->identity.origin, seq, reader, arena, &entry, err));
    TRY(receipt_ground(tallyd, pg, seq, kind, arena, &end, &note, err));
    entry_header_write(&entry.header, &header);
    TRY(buf_check(&header, err));
    TRY(read_inclusion(pg, tallyd->tiles, seq, end, arena, receipt.proof, &receipt.proof_count, err));
    receipt.header = buf_slice(&header);
    receipt.has_nonce = entry.has_body;
    memcpy(receipt.nonce, entry.nonce, ENTRY_NONCE_LEN);
    receipt.checkpoint = buf_slice(&note);
    receipt_write(&receipt, out);
    TRY(buf_check(out, err));
done:
    buf_release(&header);
    buf_release(&note);
    return rc;
}
