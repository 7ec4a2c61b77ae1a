/* A receipt, a note, a checkpoint or a tile path that is read is written again as the same bytes; a proof never stops its verifier. */
#include <stddef.h>
#include <stdint.h>

#include "tally/receipt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_receipt(struct slice bytes, struct arena *arena)
{
    static struct note_key key;
    struct receipt receipt;
    struct receipt_content content;
    struct buf again;
    if (key.verifier == NULL)
        ENSURE(note_key_read(SLICE("ledger.example/outcomes/1+7ec98ec2+AVq8qpwiIgHPGU8aR0wNcaeaPXqNwWrklGKjsYCQsSlp"), &key,
                             NULL) == TALLY_OK);
    if (receipt_read(bytes, arena, &receipt, NULL) != TALLY_OK)
        return;
    buf_init(&again, 2 * RECEIPT_MAX);
    receipt_write(&receipt, &again);
    ENSURE(slice_equal(buf_slice(&again), bytes));
    buf_release(&again);
    (void) !receipt_check(&receipt, &key, &content, NULL);
}

static void check_note(struct slice bytes)
{
    struct note note;
    struct checkpoint checkpoint;
    struct buf again;
    if (note_read(bytes, &note, NULL) != TALLY_OK)
        return;
    buf_init(&again, NOTE_MAX);
    buf_add_slice(&again, note.text);
    buf_add_char(&again, '\n');
    for (size_t i = 0; i < note.count; i++)
        buf_add_slice(&again, note.signatures[i].line);
    ENSURE(slice_equal(buf_slice(&again), bytes));
    buf_clear(&again);
    if (checkpoint_read(note.text, &checkpoint, NULL) == TALLY_OK) {
        checkpoint_write(&checkpoint, &again);
        ENSURE(slice_equal(buf_slice(&again), note.text));
    }
    buf_release(&again);
}

static void check_path(struct slice bytes)
{
    struct tile_path path;
    struct buf again;
    if (tile_path_read(bytes, &path) != TALLY_OK)
        return;
    buf_init(&again, 256);
    tile_path_write(&path, &again);
    ENSURE(slice_equal(buf_slice(&again), bytes));
    buf_release(&again);
}

/* The first bytes choose numbers, the rest are hashes of 32 bytes and one that is cut. */
static void check_proof(const uint8_t *data, size_t size)
{
    struct slice proof[64];
    size_t count = 0;
    if (size < 2)
        return;
    for (size_t at = 2; at < size && count < 64; at += DIGEST_LEN)
        proof[count++] = slice_of(data + at, size - at < DIGEST_LEN ? size - at : DIGEST_LEN);
    struct slice root = slice_of(data, size < DIGEST_LEN ? size : DIGEST_LEN);
    (void) merkle_verify_inclusion(data[0], data[1], root, proof, count, root);
    (void) merkle_verify_consistency(data[0], data[1], root, root, proof, count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice bytes = slice_of(data, size);
    struct arena *arena = arena_new((size_t) 4 * RECEIPT_MAX);
    ENSURE(arena != NULL);
    check_receipt(bytes, arena);
    check_note(bytes);
    check_path(bytes);
    check_proof(data, size);
    arena_free(arena);
    return 0;
}
