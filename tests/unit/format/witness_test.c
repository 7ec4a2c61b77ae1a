/* What a witness says to a request: each status, and never yes to a second history. */
#include "../../support/toy_log.h"

static enum witness_verdict judge(const struct witness_state *state, const struct witness_request *request)
{
    struct checkpoint checkpoint;
    struct err err = {0};
    enum witness_verdict verdict = witness_judge(state, &toy_key, request, &checkpoint, &err);
    assert_int_equal(verdict == WITNESS_COSIGNS, err.detail[0] == '\0'); /* every no says why */
    return verdict;
}

static void it_follows_one_history_from_any_size_to_any(void **state)
{
    struct buf note;
    (void) state;
    buf_init(&note, NOTE_MAX);
    for (uint64_t old = 0; old <= TOY_LEAVES; old++)
        for (uint64_t size = old; size <= TOY_LEAVES; size++) {
            const struct witness_state seen = {old, toy_root(0, 0, old)};
            struct witness_request request;
            toy_ask(0, old, size, toy_pair, &request, &note);
            assert_int_equal(judge(&seen, &request), WITNESS_COSIGNS);
        }
    buf_release(&note);
}

static void it_never_follows_a_fork(void **state)
{
    struct buf note;
    (void) state;
    buf_init(&note, NOTE_MAX);
    for (uint64_t old = 1; old <= TOY_LEAVES; old++)
        for (uint64_t size = old; size <= TOY_LEAVES; size++) {
            const struct witness_state seen = {old, toy_root(0, 0, old)};
            struct witness_request request;
            toy_ask(1, old, size, toy_pair, &request, &note);
            enum witness_verdict verdict = judge(&seen, &request);
            if (old <= TOY_PARTING)
                assert_int_equal(verdict, WITNESS_COSIGNS); /* they have not parted yet */
            else
                assert_int_equal(verdict, old == size ? WITNESS_FORKED : WITNESS_NOT_CONTINUED);
        }
    buf_release(&note);
}

static void every_no_has_its_status(void **state)
{
    const struct witness_state none = {0};
    const struct witness_state seen = {12, toy_root(0, 0, 12)};
    struct witness_request request;
    struct buf note;
    (void) state;
    buf_init(&note, NOTE_MAX);
    toy_ask(0, 12, 20, toy_stranger, &request, &note); /* in the log's name, with another key: nobody's that is trusted */
    assert_int_equal(witness_status(judge(&seen, &request)), 403);
    toy_ask(0, 12, 20, toy_pair, &request, &note);
    note.ptr[note.len - 20] ^= 1; /* its signature */
    assert_int_equal(witness_status(judge(&seen, &request)), 403);
    toy_ask(0, 21, 20, toy_pair, &request, &note);
    assert_int_equal(witness_status(judge(&seen, &request)), 400);
    toy_ask(0, 11, 20, toy_pair, &request, &note);
    assert_int_equal(judge(&seen, &request), WITNESS_OTHER_SIZE);
    assert_int_equal(witness_status(WITNESS_OTHER_SIZE), 409);
    toy_ask(0, 0, 20, toy_pair, &request, &note); /* how a relay asks for the size */
    assert_int_equal(judge(&seen, &request), WITNESS_OTHER_SIZE);
    toy_ask(0, 12, 20, toy_pair, &request, &note);
    assert_int_equal(judge(&none, &request), WITNESS_OTHER_SIZE);
    toy_ask(1, 12, 12, toy_pair, &request, &note);
    assert_int_equal(judge(&seen, &request), WITNESS_FORKED);
    assert_int_equal(witness_status(WITNESS_FORKED), 409);
    toy_ask(0, 12, 20, toy_pair, &request, &note);
    request.proof_count--;
    assert_int_equal(witness_status(judge(&seen, &request)), 422);
    toy_ask(0, 12, 12, toy_pair, &request, &note);
    request.proof_count = 1;
    assert_int_equal(judge(&seen, &request), WITNESS_NOT_CONTINUED);
    toy_ask(0, 0, 20, toy_pair, &request, &note);
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
    toy_ask(0, 13, 37, toy_pair, &request, &note);
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
    return cmocka_run_group_tests(tests, toy_make, toy_unmake);
}
