#include "append_internal.h"

MUST_CHECK static enum tally_code entries_grow(struct batch *batch, size_t more, struct err *err)
{
    size_t need = batch->entry_count + more;
    if (need <= batch->entry_cap)
        return TALLY_OK;
    size_t cap = batch->entry_cap == 0 ? APPEND_BATCH_MAX : batch->entry_cap;
    while (cap < need)
        cap *= 2;
    struct batch_entry *entries = ARENA_ARRAY(batch->arena, cap, struct batch_entry);
    if (entries == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory for the %zu entries of a batch", need);
    if (batch->entry_count > 0)
        memcpy(entries, batch->entries, batch->entry_count * sizeof *entries);
    batch->entries = entries;
    batch->entry_cap = cap;
    return TALLY_OK;
}

/* Fresh random bytes, drawn for many entries at once: a draw costs 2 us, whatever its length. */
MUST_CHECK static enum tally_code nonce_draw(struct batch *batch, uint8_t nonce[ENTRY_NONCE_LEN], struct err *err)
{
    if (batch->nonces_left == 0) {
        enum tally_code rc = key_random(batch->nonces, sizeof batch->nonces, err);
        if (rc != TALLY_OK)
            return rc;
        batch->nonces_left = NONCES_DRAWN;
    }
    memcpy(nonce, batch->nonces[--batch->nonces_left], ENTRY_NONCE_LEN);
    return TALLY_OK;
}

/* Nonce, commitment, prev, hash: the entry takes its place behind the last one. */
MUST_CHECK static enum tally_code entry_link(struct batch *batch, struct slice origin, struct batch_entry *entry,
                                             struct err *err)
{
    enum tally_code rc = nonce_draw(batch, entry->nonce, err);
    if (rc != TALLY_OK)
        return rc;
    if (batch->next_seq > ENTRY_SEQ_MAX)
        return err_set(err, TALLY_E_LIMIT, "the ledger is full: it has 2^53 entries");
    entry->seq = batch->next_seq;
    entry->prev = batch->head;
    entry_commitment(entry->nonce, entry->jws, entry->body, &entry->commitment);
    const struct entry_header header = {.seq = entry->seq,
                                        .time = batch->time,
                                        .actor = entry->actor,
                                        .type = slice_str(entry_type_text(entry->type)),
                                        .jti = entry->jti,
                                        .ledger = origin,
                                        .open = entry->open,
                                        .prev = entry->prev,
                                        .body = entry->commitment};
    buf_clear(&batch->header);
    entry_header_write(&header, &batch->header);
    rc = buf_check(&batch->header, err);
    if (rc != TALLY_OK)
        return rc;
    entry_hash(buf_slice(&batch->header), &entry->hash);
    rc = arena_copy(batch->arena, batch->header.ptr, batch->header.len, &entry->header, err); /* for its receipt */
    if (rc != TALLY_OK)
        return rc;
    batch->head = entry->hash;
    batch->next_seq++;
    batch->entry_count++;
    return TALLY_OK;
}

enum tally_code chain_append(struct batch *batch, struct slice origin, const struct submission *statement, bool open,
                             const struct append_own *events, size_t event_count, struct append_recorded **recorded,
                             struct err *err)
{
    enum tally_code rc = TALLY_OK;
    size_t first = batch->entry_count;
    size_t count = event_count + (statement != NULL);
    struct append_recorded *out = ARENA_ARRAY(batch->arena, count, struct append_recorded);
    if (out == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory for the entries of a batch");
    TRY(entries_grow(batch, count, err));
    for (size_t i = 0; i < count; i++) {
        struct batch_entry *entry = &batch->entries[first + i];
        if (i == 0 && statement != NULL) {
            *entry = (struct batch_entry){.type = statement->type,
                                          .actor = statement->actor,
                                          .jti = statement->statement.jti,
                                          .jws = statement->jws,
                                          .body = statement->body,
                                          .open = open};
            if (statement->type == ENTRY_BODY_ERASED &&
                entry_erased_seq(statement->statement.htu, &entry->erases) != TALLY_OK)
                TRY(err_set(err, TALLY_E_BUG, "an erasure was accepted that names no entry"));
        } else {
            const struct append_own *own = &events[i - (statement != NULL)];
            *entry = (struct batch_entry){.type = own->type,
                                          .actor = SLICE(ENTRY_ACTOR_SERVICE),
                                          .jti = SLICE(""),
                                          .jws = SLICE(""),
                                          .body = own->body,
                                          .open = own->open};
        }
        TRY(entry_link(batch, origin, entry, err));
        out[i] = (struct append_recorded){.seq = entry->seq, .time = batch->time, .hash = entry->hash, .type = entry->type};
    }
    *recorded = out;
done:
    return rc;
}

void chain_keep(struct sequencer *s, const struct batch *batch)
{
    for (size_t i = 0; i < batch->entry_count; i++) {
        const struct batch_entry *entry = &batch->entries[i];
        s->ring[entry->seq % HEAD_RING] = (struct ring_slot){.seq = entry->seq, .is_set = true, .hash = entry->hash};
        if (entry->seq == 0)
            s->entry0_hash = entry->hash;
    }
    if (batch->entry_count == 0)
        return;
    s->has_head = true;
    s->head_seq = batch->next_seq - 1;
    s->head_hash = batch->head;
    s->head_time = batch->time;
}
