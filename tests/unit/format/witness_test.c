/* What a witness says to a request: each status, and never yes to a second history. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "tally/text.h"
#include "tally/witness.h"

#define ORIGIN "log.example/a"
#define LEAVES 40

static struct key_pair *pair, *stranger;
static struct note_key key;
static struct digest leaves[2][LEAVES]; /* two histories that part behind the tenth entry */

static int make(void **state)
{
    uint8_t seed[KEY_SEED_LEN] = {1};
    struct key_public public_key;
    struct buf vkey;
    (void) state;
    assert_int_equal(key_pair_from_seed(seed, &pair, NULL), TALLY_OK);
    seed[0] = 2;
    assert_int_equal(key_pair_from_seed(seed, &stranger, NULL), TALLY_OK);
    key_pair_public(pair, &public_key);
    buf_init(&vkey, 256);
    key_vkey_write(SLICE(ORIGIN), NOTE_KEY_ED25519, &public_key, &vkey);
    assert_int_equal(note_key_read(buf_slice(&vkey), &key, NULL), TALLY_OK);
    buf_release(&vkey);
    for (int history = 0; history < 2; history++)
        for (int i = 0; i < LEAVES; i++) {
            char text[32];
            (void) snprintf(text, sizeof text, "%d %d", i < 10 ? 0 : history, i);
            merkle_leaf(slice_str(text), &leaves[history][i]);
        }
    return 0;
}

static int unmake(void **state)
{
    (void) state;
    note_key_release(&key);
    key_pair_free(pair);
    key_pair_free(stranger);
    return 0;
}

static struct digest mth(int history, uint64_t first, uint64_t end)
{
    struct merkle_frontier frontier = {0};
    struct digest root;
    for (uint64_t i = first; i < end; i++)
        merkle_frontier_add(&frontier, &leaves[history][i]);
    merkle_frontier_root(&frontier, &root);
    return root;
}

/* An honest request of this history. */
static void ask(int history, uint64_t old, uint64_t size, const struct key_pair *signer, struct witness_request *request,
                struct buf *note)
{
    struct checkpoint checkpoint = {.origin = SLICE(ORIGIN), .size = size, .root = mth(history, 0, size)};
    struct merkle_span spans[MERKLE_HEIGHTS];
    buf_clear(note);
    assert_int_equal(checkpoint_sign(&checkpoint, signer, note, NULL), TALLY_OK);
    *request = (struct witness_request){.old = old, .note = buf_slice(note)};
    if (old > 0 && old <= size)
        request->proof_count = merkle_consistency_spans(old, size, spans);
    for (size_t i = 0; i < request->proof_count; i++)
        request->proof[i] = mth(history, spans[i].first, spans[i].end);
}

static enum witness_verdict judge(const struct witness_state *state, const struct witness_request *request)
{
    struct checkpoint checkpoint;
    struct err err = {0};
    enum witness_verdict verdict = witness_judge(state, &key, request, &checkpoint, &err);
    assert_int_equal(verdict == WITNESS_COSIGNS, err.detail[0] == '\0'); /* every no says why */
    return verdict;
}

static void it_follows_one_history_from_any_size_to_any(void **state)
{
    struct buf note;
    (void) state;
    buf_init(&note, NOTE_MAX);
    for (uint64_t old = 0; old <= LEAVES; old++)
        for (uint64_t size = old; size <= LEAVES; size++) {
            const struct witness_state seen = {old, mth(0, 0, old)};
            struct witness_request request;
            ask(0, old, size, pair, &request, &note);
            assert_int_equal(judge(&seen, &request), WITNESS_COSIGNS);
        }
    buf_release(&note);
}

static void it_never_follows_a_fork(void **state)
{
    struct buf note;
    (void) state;
    buf_init(&note, NOTE_MAX);
    for (uint64_t old = 1; old <= LEAVES; old++)
        for (uint64_t size = old; size <= LEAVES; size++) {
            const struct witness_state seen = {old, mth(0, 0, old)};
            struct witness_request request;
            ask(1, old, size, pair, &request, &note);
            enum witness_verdict verdict = judge(&seen, &request);
            if (old <= 10)
                assert_int_equal(verdict, WITNESS_COSIGNS); /* they have not parted yet */
            else
                assert_int_equal(verdict, old == size ? WITNESS_FORKED : WITNESS_NOT_CONTINUED);
        }
    buf_release(&note);
}

static void every_no_has_its_status(void **state)
{
    const struct witness_state none = {0};
    const struct witness_state seen = {12, mth(0, 0, 12)};
    struct witness_request request;
    struct buf note;
    (void) state;
    buf_init(&note, NOTE_MAX);
    ask(0, 12, 20, stranger, &request, &note); /* in the log's name, with another key: nobody's that is trusted */
    assert_int_equal(witness_status(judge(&seen, &request)), 403);
    ask(0, 12, 20, pair, &request, &note);
    note.ptr[note.len - 20] ^= 1; /* its signature */
    assert_int_equal(witness_status(judge(&seen, &request)), 403);
    ask(0, 21, 20, pair, &request, &note);
    assert_int_equal(witness_status(judge(&seen, &request)), 400);
    ask(0, 11, 20, pair, &request, &note);
    assert_int_equal(judge(&seen, &request), WITNESS_OTHER_SIZE);
    assert_int_equal(witness_status(WITNESS_OTHER_SIZE), 409);
    ask(0, 0, 20, pair, &request, &note); /* how a relay asks for the size */
    assert_int_equal(judge(&seen, &request), WITNESS_OTHER_SIZE);
    ask(0, 12, 20, pair, &request, &note);
    assert_int_equal(judge(&none, &request), WITNESS_OTHER_SIZE);
    ask(1, 12, 12, pair, &request, &note);
    assert_int_equal(judge(&seen, &request), WITNESS_FORKED);
    assert_int_equal(witness_status(WITNESS_FORKED), 409);
    ask(0, 12, 20, pair, &request, &note);
    request.proof_count--;
    assert_int_equal(witness_status(judge(&seen, &request)), 422);
    ask(0, 12, 12, pair, &request, &note);
    request.proof_count = 1;
    assert_int_equal(judge(&seen, &request), WITNESS_NOT_CONTINUED);
    ask(0, 0, 20, pair, &request, &note);
    request.proof_count = 1; /* from nothing there is nothing to prove */
    assert_int_equal(judge(&none, &request), WITNESS_NOT_CONTINUED);
    request.note = SLICE("hello\n");
    assert_int_equal(judge(&none, &request), WITNESS_NO_REQUEST);
    assert_int_equal(witness_status(WITNESS_COSIGNS), 200);
    buf_release(&note);
}

static void a_request_has_one_spelling(void **state)
{
    static const char *const wrong[] = {"",
                                        "old 1",
                                        "old 1\n",
                                        "Old 1\n\nx\n",
                                        "old  1\n\nx\n",
                                        "old 01\n\nx\n",
                                        "old -1\n\nx\n",
                                        "old 1\r\n\r\nx\n",
                                        "old 9007199254740992\n\nx\n",
                                        "old 1\nAAAA\n\nx\n",
                                        "old 1\np5vUAZS2ZU1GBZ4VgKIVezvyXn7rgzyJJDmMmt04Vuo\n\nx\n",
                                        "old 1\n p5vUAZS2ZU1GBZ4VgKIVezvyXn7rgzyJJDmMmt04Vuo=\n\nx\n"};
    struct witness_request request, read;
    struct buf note, text;
    (void) state;
    buf_init(&note, NOTE_MAX);
    buf_init(&text, WITNESS_REQUEST_MAX);
    ask(0, 13, 37, pair, &request, &note);
    witness_request_write(&request, &text);
    assert_int_equal(witness_request_read(buf_slice(&text), &read, NULL), TALLY_OK);
    assert_int_equal(read.old, 13);
    assert_int_equal(read.proof_count, request.proof_count);
    assert_memory_equal(read.proof, request.proof, request.proof_count * sizeof read.proof[0]);
    assert_true(slice_equal(read.note, request.note));
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct err err = {0};
        assert_int_equal(witness_request_read(slice_str(wrong[i]), &read, &err), TALLY_E_MALFORMED);
        assert_true(err.detail[0] != '\0');
    }
    buf_clear(&text);
    buf_add_str(&text, "old 1\n");
    for (int i = 0; i <= MERKLE_PROOF_MAX; i++)
        buf_add_str(&text, "p5vUAZS2ZU1GBZ4VgKIVezvyXn7rgzyJJDmMmt04Vuo=\n");
    buf_add_str(&text, "\nx\n");
    assert_int_equal(witness_request_read(buf_slice(&text), &read, NULL), TALLY_E_MALFORMED);
    buf_release(&note);
    buf_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_follows_one_history_from_any_size_to_any),
        cmocka_unit_test(it_never_follows_a_fork),
        cmocka_unit_test(every_no_has_its_status),
        cmocka_unit_test(a_request_has_one_spelling),
    };
    return cmocka_run_group_tests(tests, make, unmake);
}
