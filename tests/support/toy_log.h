/* A log of leaves with two histories that part, and what is asked of a witness in its name. */
#ifndef TALLY_TESTS_TOY_LOG_H
#define TALLY_TESTS_TOY_LOG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "tally/witness.h"

#define TOY_ORIGIN "log.example/a"
#ifndef TOY_LEAVES
#define TOY_LEAVES 40
#endif
#define TOY_PARTING 10 /* entries that both histories have */

static struct key_pair *toy_pair, *toy_stranger;
static struct note_key toy_key;
static char toy_vkey[256];
static struct digest toy_leaves[2][TOY_LEAVES]; /* two histories that part */

static inline int toy_make(void **state)
{
    uint8_t seed[KEY_SEED_LEN] = {1};
    struct key_public public_key;
    struct buf vkey;
    (void) state;
    assert_int_equal(key_pair_from_seed(seed, &toy_pair, NULL), TALLY_OK);
    seed[0] = 2;
    assert_int_equal(key_pair_from_seed(seed, &toy_stranger, NULL), TALLY_OK);
    key_pair_public(toy_pair, &public_key);
    buf_init(&vkey, 256);
    key_vkey_write(SLICE(TOY_ORIGIN), NOTE_KEY_ED25519, &public_key, &vkey);
    assert_int_equal(note_key_read(buf_slice(&vkey), &toy_key, NULL), TALLY_OK);
    memcpy(toy_vkey, vkey.ptr, vkey.len + 1);
    buf_release(&vkey);
    for (int history = 0; history < 2; history++)
        for (int i = 0; i < TOY_LEAVES; i++) {
            char text[32];
            (void) snprintf(text, sizeof text, "%d %d", i < TOY_PARTING ? 0 : history, i);
            merkle_leaf(slice_str(text), &toy_leaves[history][i]);
        }
    return 0;
}

static inline int toy_unmake(void **state)
{
    (void) state;
    note_key_release(&toy_key);
    key_pair_free(toy_pair);
    key_pair_free(toy_stranger);
    return 0;
}

static inline struct digest toy_root(int history, uint64_t first, uint64_t end)
{
    struct merkle_frontier frontier = {0};
    struct digest root;
    for (uint64_t i = first; i < end; i++)
        merkle_frontier_add(&frontier, &toy_leaves[history][i]);
    merkle_frontier_root(&frontier, &root);
    return root;
}

/* An honest request of this history. */
static inline void toy_ask(int history, uint64_t old, uint64_t size, const struct key_pair *signer,
                           struct witness_request *request, struct buf *note)
{
    struct checkpoint checkpoint = {.origin = SLICE(TOY_ORIGIN), .size = size, .root = toy_root(history, 0, size)};
    struct merkle_span spans[MERKLE_HEIGHTS] = {0};
    buf_clear(note);
    assert_int_equal(checkpoint_sign(&checkpoint, signer, note, NULL), TALLY_OK);
    *request = (struct witness_request){.old = old, .note = buf_slice(note)};
    if (old > 0 && old <= size)
        request->proof_count = merkle_consistency_spans(old, size, spans);
    for (size_t i = 0; i < request->proof_count; i++)
        request->proof[i] = toy_root(history, spans[i].first, spans[i].end);
}

#endif
