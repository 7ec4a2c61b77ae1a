/* Golden bytes of formats.md: checkpoint, cosignature, tile and proof of the worked log of three entries (seeds: RFC 8032, test 1 for
 * the log and test 2 for the witness), and the receipt of the worked ledger. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ledger_vectors.h"
#include "tally/receipt.h"
#include "tally/text.h"

#define LOG_SEED "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"
#define WITNESS_SEED "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"
#define LOG_VKEY "ledger.example/outcomes/1+6f144c0c+AddamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea"
#define WITNESS_VKEY "witness.example/w1+04d2d833+BD1AF8PoQ4lakrcKp00bfrycmCzPLsSWjMDNVfEq9GYM"
#define TEXT "ledger.example/outcomes/1\n3\np5vUAZS2ZU1GBZ4VgKIVezvyXn7rgzyJJDmMmt04Vuo=\n"
#define LOG_LINE                                                                                                           \
    "\xe2\x80\x94 ledger.example/outcomes/1 "                                                                              \
    "bxRMDM5ZtxqIvSQHPjwPQW+sJnQDqq7M4KkXHpfEqGYiGPoV1kBJcS4yT4KITSQ//VGZs/KxR8aUXIt5/IzX0DNd5Qc=\n"
#define WITNESS_LINE                                                                                                       \
    "\xe2\x80\x94 witness.example/w1 "                                                                                     \
    "BNLYMwAAAABlU/EAKOJP5DFbBgsA3GzVPnGRPRuDd3wi42j+8LXo5Hia1vOyeNIwaWAfZrAnKNn/tdjpVukSldRW5FMvqpivr69xBw==\n"
#define NOTE TEXT "\n" LOG_LINE WITNESS_LINE
#define PROOF                                                                                                              \
    "c2sp.org/tlog-proof@v1\nindex 1\nxyYUY+vXdvRlC20P6ULZzDjJJdkPd9RAq2341d0ljF8=\n"                                      \
    "T5biU24+mQ2J2uOKHLBixC7l4CmA8PD8oGa0WegpGUw=\n\n" NOTE
#define COSIGNED_AT 1700000000

static struct key_pair *pair_of(const char *seed_hex)
{
    uint8_t seed[KEY_SEED_LEN];
    struct key_pair *pair = NULL;
    assert_int_equal(text_unhex(slice_str(seed_hex), seed, sizeof seed), TALLY_OK);
    assert_int_equal(key_pair_from_seed(seed, &pair, NULL), TALLY_OK);
    return pair;
}

static void assert_buf(struct buf *buf, const char *text)
{
    assert_int_equal(buf_check(buf, NULL), TALLY_OK);
    assert_string_equal(buf->ptr, text);
    buf_release(buf);
}

static struct checkpoint worked_checkpoint(void)
{
    static const char *const headers[] = {"{\"a\":1}", "{\"a\":2}", "{\"a\":3}"};
    static const char *const hashes[] = {"c7261463ebd776f4650b6d0fe942d9cc38c925d90f77d440ab6df8d5dd258c5f",
                                         "0bec997b2405f63fe3f73b4576d70a9a2a503df18faadd77cf408e6d3dc4e2cd",
                                         "4f96e2536e3e990d89dae38a1cb062c42ee5e02980f0f0fca066b459e829194c"};
    struct merkle_frontier frontier = {0};
    struct checkpoint made = {.origin = SLICE(VECTOR_ORIGIN), .size = 3};
    for (int i = 0; i < 3; i++) {
        struct digest leaf;
        char hex[2 * DIGEST_LEN + 1];
        merkle_leaf(slice_str(headers[i]), &leaf);
        text_hex(leaf.bytes, DIGEST_LEN, hex);
        assert_string_equal(hex, hashes[i]);
        merkle_frontier_add(&frontier, &leaf);
    }
    merkle_frontier_root(&frontier, &made.root);
    return made;
}

static void the_worked_checkpoint_comes_out_byte_for_byte(void **state)
{
    struct key_pair *log = pair_of(LOG_SEED);
    struct key_pair *witness = pair_of(WITNESS_SEED);
    struct checkpoint checkpoint = worked_checkpoint();
    struct buf out;
    (void) state;
    buf_init(&out, NOTE_MAX);
    assert_int_equal(checkpoint_sign(&checkpoint, log, &out, NULL), TALLY_OK);
    assert_int_equal(note_cosign(SLICE(TEXT), SLICE("witness.example/w1"), witness, COSIGNED_AT, &out, NULL), TALLY_OK);
    assert_buf(&out, NOTE);
    key_pair_free(log);
    key_pair_free(witness);
}

static void the_worked_checkpoint_is_read_and_verified(void **state)
{
    struct note_key log, witness;
    struct checkpoint read, made = worked_checkpoint();
    struct note note;
    uint64_t seconds = 0;
    (void) state;
    assert_int_equal(note_key_read(SLICE(LOG_VKEY), &log, NULL), TALLY_OK);
    assert_int_equal(note_key_read(SLICE(WITNESS_VKEY), &witness, NULL), TALLY_OK);
    assert_int_equal(checkpoint_open(SLICE(NOTE), &log, &read, &note, NULL), TALLY_OK);
    assert_int_equal(read.size, 3);
    assert_true(digest_equal(&read.root, &made.root));
    assert_int_equal(note.count, 2);
    assert_int_equal(note_verify(&note, &witness, &seconds, NULL), TALLY_OK);
    assert_int_equal(seconds, COSIGNED_AT);
    note_key_release(&log);
    note_key_release(&witness);
}

static void the_worked_proof_is_read_verified_and_written_again(void **state)
{
    struct arena *arena = arena_new(65536);
    struct receipt receipt;
    struct receipt_content content;
    struct note_key log;
    struct slice proof[MERKLE_PROOF_MAX];
    struct digest leaf;
    struct buf out;
    struct checkpoint made = worked_checkpoint();
    (void) state;
    assert_int_equal(receipt_read(SLICE(PROOF), arena, &receipt, NULL), TALLY_OK);
    assert_int_equal(receipt.index, 1);
    assert_int_equal(receipt.proof_count, 2);
    for (size_t i = 0; i < 2; i++)
        proof[i] = slice_of(receipt.proof[i].bytes, DIGEST_LEN);
    merkle_leaf(SLICE("{\"a\":2}"), &leaf);
    assert_true(
        merkle_verify_inclusion(1, 3, slice_of(leaf.bytes, DIGEST_LEN), proof, 2, slice_of(made.root.bytes, DIGEST_LEN)));
    /* without a header it says nothing about a statement */
    assert_int_equal(note_key_read(SLICE(LOG_VKEY), &log, NULL), TALLY_OK);
    assert_int_equal(receipt_check(&receipt, &log, &content, NULL), TALLY_E_NOT_FOUND);
    buf_init(&out, RECEIPT_MAX);
    receipt_write(&receipt, &out);
    assert_buf(&out, PROOF);
    note_key_release(&log);
    arena_free(arena);
}

/* ---- the worked ledger's receipt for entry 2 ---- */

static const char ledger_checkpoint[] =
    "ledger.example/outcomes/1\n3\nXGt0i4dFZwS/Jz/rjlVkuT1IxRReYY6e8b9qTQnR9JY=\n\n"
    "\xe2\x80\x94 ledger.example/outcomes/1 "
    "fsmOwlG9WXFF5+uqbG+MEZjTHjHhDB8a1ahbH6bsWLBBzsz1/d71r7n4gL3yZ5FnucIXEHuOYwtsS1SDttHXnuEL5gY=\n";
static const char ledger_receipt[] =
    "c2sp.org/tlog-proof@v1\n"
    "extra eyJoZWFkZXIiOiJ7XCJhY3RvclwiOlwicHJvdmlkZXJcIixcImJvZHlcIjpcIjQ2NWI0NDc2ODczZDg5NTYwYTNlNWUwYWJkYzcyYzc2Njg4MWI2"
    "ZDI1NDdjZGYwYmY5ZDY2YTMzNjUzNGM3MThcIixcImp0aVwiOlwicmVzLTAwMDAwMDAwMDAwMDFcIixcImxlZGdlclwiOlwibGVkZ2VyLmV4YW1wbGUvb3"
    "V0"
    "Y29tZXMvMVwiLFwib3BlblwiOnRydWUsXCJwcmV2XCI6XCI2OGIwZDU0MjcwNWVhYjZiMmM5NzhiOWYxOTdlZjcyNTA0M2Y2OTJhOTA4YjhhMmE1MzNmNW"
    "M4"
    "NDJlM2ZmZWI0XCIsXCJzZXFcIjoyLFwidGltZVwiOlwiMjAyNi0wMS0wMVQwMDowMDowMy4wMDAwMDBaXCIsXCJ0eXBlXCI6XCJyZXN1bHQuc3VibWl0dG"
    "Vk"
    "XCIsXCJ2XCI6MX0iLCJub25jZSI6IkFnSUNBZ0lDQWdJQ0FnSUNBZ0lDQWc9PSJ9\n"
    "index 2\n"
    "kzGuQyK1JSnisyvnzXvDDxzpz61AUlUehk5/cImpUtg=\n"
    "\n";

static void the_worked_ledger_s_receipt_comes_out_byte_for_byte(void **state)
{
    struct digest seed, leaves[3];
    struct key_pair *pair = NULL;
    struct merkle_frontier before = {0};
    struct merkle_batch batch;
    struct arena *arena = arena_new(65536);
    struct buf note, out, whole;
    struct receipt receipt = {.header = slice_str(VECTOR_ENTRIES[2].header), .has_nonce = true, .index = 2};
    struct checkpoint checkpoint = {.origin = SLICE(VECTOR_ORIGIN), .size = 3};
    (void) state;
    digest_of(SLICE("ledger"), &seed);
    assert_int_equal(key_pair_from_seed(seed.bytes, &pair, NULL), TALLY_OK);
    for (int i = 0; i < 3; i++)
        entry_hash(slice_str(VECTOR_ENTRIES[i].header), &leaves[i]);
    merkle_frontier_add(&before, &leaves[0]);
    assert_int_equal(merkle_batch_make(&before, leaves + 1, 2, arena, &batch, NULL), TALLY_OK);
    merkle_batch_root(&batch, &checkpoint.root);
    buf_init(&note, CHECKPOINT_MAX);
    assert_int_equal(checkpoint_sign(&checkpoint, pair, &note, NULL), TALLY_OK);
    assert_string_equal(note.ptr, ledger_checkpoint);
    receipt.checkpoint = buf_slice(&note);
    receipt.proof_count = merkle_batch_proof(&batch, 2, receipt.proof);
    memset(receipt.nonce, 2, sizeof receipt.nonce);
    buf_init(&out, RECEIPT_MAX);
    buf_init(&whole, RECEIPT_MAX);
    receipt_write(&receipt, &out);
    buf_add_str(&whole, ledger_receipt);
    buf_add_str(&whole, ledger_checkpoint);
    assert_int_equal(whole.len, 817);
    assert_buf(&out, whole.ptr);
    buf_release(&whole);
    buf_release(&note);
    key_pair_free(pair);
    arena_free(arena);
}

/* Each byte of the receipt altered in turn: refused, or (in the base64 of a nonce, say) another nonce, which the body's commitment
 * tells apart. */
static void no_altered_receipt_passes(void **state)
{
    struct arena *arena = arena_new(1u << 20);
    struct note_key log;
    struct receipt receipt;
    struct receipt_content content;
    struct buf whole;
    int passed = 0;
    (void) state;
    buf_init(&whole, RECEIPT_MAX);
    buf_add_str(&whole, ledger_receipt);
    buf_add_str(&whole, ledger_checkpoint);
    assert_int_equal(note_key_read(SLICE(VECTOR_VKEY), &log, NULL), TALLY_OK);
    assert_int_equal(receipt_read(buf_slice(&whole), arena, &receipt, NULL), TALLY_OK);
    assert_int_equal(receipt_check(&receipt, &log, &content, NULL), TALLY_OK);
    assert_int_equal(content.header.seq, 2);
    for (size_t i = 0; i < 4 * whole.len; i++) {
        char *at = &whole.ptr[i / 4];
        const char was = *at, others[] = {'A', 'Q', (char) (was ^ 1), (char) (was ^ 2)};
        if (others[i % 4] == was)
            continue;
        *at = others[i % 4];
        arena_clear(arena);
        if (receipt_read(buf_slice(&whole), arena, &receipt, NULL) == TALLY_OK &&
            receipt_check(&receipt, &log, &content, NULL) == TALLY_OK) {
            struct digest commitment;
            passed++;
            entry_commitment(receipt.nonce, slice_str(VECTOR_ENTRIES[2].jws), slice_str(VECTOR_ENTRIES[2].body),
                             &commitment);
            assert_false(digest_equal(&commitment, &content.header.body));
        }
        *at = was;
    }
    assert_true(passed > 0 && passed < 4 * 32); /* a nonce has 24 characters, encoded once more */
    buf_release(&whole);
    note_key_release(&log);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_worked_checkpoint_comes_out_byte_for_byte),
        cmocka_unit_test(the_worked_checkpoint_is_read_and_verified),
        cmocka_unit_test(the_worked_proof_is_read_verified_and_written_again),
        cmocka_unit_test(the_worked_ledger_s_receipt_comes_out_byte_for_byte),
        cmocka_unit_test(no_altered_receipt_passes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
