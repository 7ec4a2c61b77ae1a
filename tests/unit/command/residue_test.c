/* What is left of erased bodies: of their types' form, without what erasing is about; recorded in one spelling. */
#include "decode_help.h"

#include "tally/residue.h"

static struct arena *arena;

static int make_arena(void **state)
{
    (void) state;
    arena = arena_new(1u << 20);
    return arena == NULL ? -1 : 0;
}

static int drop_arena(void **state)
{
    (void) state;
    arena_free(arena);
    return 0;
}

static const struct {
    enum entry_type type;
    const char *target, *body, *left;
} rows[] = {
    {ENTRY_RESULT_SUBMITTED, "/v1/results",
     "{\"version\":1, \"indicator\":\"x.y\",\"value\":\"3\",\"dimensions\":{\"who\":\"p-1\"}}",
     "{\"dimensions\":{\"who\":\"p-1\"},\"indicator\":\"x.y\",\"value\":\"3\",\"version\":1}"},
    {ENTRY_RESULT_RESTATED, "/v1/results/7/restatements", "{\"note\":\"Anna told us\",\"value\":\"4\"}",
     "{\"value\":\"4\"}"},
    {ENTRY_RESULT_WITHDRAWN, "/v1/results/7/withdrawal", "{\"note\":\"Anna told us\"}", "{}"},
    {ENTRY_RESULT_VERIFIED, "/v1/results/7/verifications", "{\"items\":[0,2],\"note\":\"seen by Bert\"}",
     "{\"items\":[0,2]}"},
    {ENTRY_RESULT_DISPUTED, "/v1/results/7/disputes", "{\"contract\":\"c-1\",\"reason\":\"Anna was away\"}",
     "{\"contract\":\"c-1\",\"reason\":\"erased\"}"},
    {ENTRY_DISPUTE_RESOLVED, "/v1/disputes/8/resolution",
     "{\"decision\":\"replaced\",\"note\":\"as Bert says\",\"value\":\"5\"}",
     "{\"decision\":\"replaced\",\"value\":\"5\"}"},
    {ENTRY_SETTLEMENT_RECORDED, "/v1/payments/9/settlements",
     "{\"amount\":\"1.00\",\"paid_on\":\"2016-03-31\",\"reference\":\"for Anna\"}",
     "{\"amount\":\"1.00\",\"paid_on\":\"2016-03-31\",\"reference\":\"erased\"}"},
    {ENTRY_PAYMENT_ITEMISED, "",
     "{\"contract\":\"c-1\",\"items\":[{\"difference\":\"1\",\"key\":\"p-1\",\"stands\":\"1\"}],\"rule\":\"r\"}",
     "{\"contract\":\"c-1\",\"items\":[{\"difference\":\"1\",\"stands\":\"1\"}],\"rule\":\"r\"}"},
};

static void a_residue_is_the_body_without_what_is_erased(void **state)
{
    (void) state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct slice left = {NULL, 0};
        const char *why = "";
        assert_true(residue_is_kept(rows[i].type, &why));
        assert_null(why);
        assert_int_equal(residue_make(rows[i].type, slice_str(rows[i].body), arena, &left, NULL), TALLY_OK);
        assert_int_equal(left.len, strlen(rows[i].left));
        assert_memory_equal(left.ptr, rows[i].left, left.len);
    }
}

/* The value is the same, the text is gone: whoever replays reads a residue as it read the body. */
static void a_residue_is_read_as_a_body_of_its_type(void **state)
{
    (void) state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].target[0] == '\0')
            continue;
        struct decoded d = decode_bytes(POST(rows[i].type, rows[i].target), slice_str(rows[i].left));
        assert_null(d.refusal);
        decoded_release(&d);
    }
}

static void what_everything_rests_on_has_none(void **state)
{
    static const enum entry_type types[] = {ENTRY_LEDGER_CREATED,    ENTRY_ACTOR_REGISTERED,  ENTRY_KEY_ADDED,
                                            ENTRY_KEY_REVOKED,       ENTRY_INDICATOR_DEFINED, ENTRY_CONTRACT_PROPOSED,
                                            ENTRY_CONTRACT_SIGNED,   ENTRY_RESULT_FINALISED,  ENTRY_MOMENT_REACHED,
                                            ENTRY_PAYMENT_TRIGGERED, ENTRY_RESIDUE_KEPT};
    (void) state;
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        const char *why = NULL;
        assert_false(residue_is_kept(types[i], &why));
        assert_non_null(why);
    }
}

#define KEPT                                                                                                               \
    "{\"body\":{\"amount\":\"1.00\",\"paid_on\":\"2016-03-31\",\"reference\":\"erased\"},\"cause\":12,\"entry\":7,"        \
    "\"head\":6,"                                                                                                          \
    "\"kid\":\"" KID "\",\"target\":\"/v1/payments/5/settlements\",\"type\":\"settlement.recorded\"}"

static void what_is_recorded_is_read(void **state)
{
    struct residue read;
    static const char *const wrong[] = {
        "",
        "[1]",
        "{}",
        "{\"body\":{},\"cause\":12,\"entry\":12,\"head\":6,\"kid\":\"\",\"target\":\"\",\"type\":\"payment.itemised\"}",
        "{\"body\":1,\"cause\":12,\"entry\":7,\"head\":6,\"kid\":\"\",\"target\":\"\",\"type\":\"payment.itemised\"}",
        "{\"body\":{},\"cause\":12,\"entry\":-1,\"head\":6,\"kid\":\"\",\"target\":\"\",\"type\":\"payment.itemised\"}",
        "{\"body\":{},\"cause\":12,\"entry\":7,\"head\":6,\"kid\":\"\",\"target\":\"\",\"type\":\"none.such\"}",
        "{\"body\":{},\"cause\":12,\"entry\":7,\"head\":6,\"kid\":1,\"target\":\"\",\"type\":\"payment.itemised\"}",
        "{\"body\":{},\"cause\":12,\"entry\":7,\"head\":6,\"kid\":\"\",\"target\":\"\",\"type\":\"payment.itemised\",\"x\":"
        "1}",
    };
    (void) state;
    assert_int_equal(residue_read(SLICE(KEPT), arena, &read, NULL), TALLY_OK);
    assert_int_equal(read.entry, 7);
    assert_int_equal(read.cause, 12);
    assert_int_equal(read.head_seq, 6);
    assert_int_equal(read.type, ENTRY_SETTLEMENT_RECORDED);
    assert_true(slice_is(read.body, "{\"amount\":\"1.00\",\"paid_on\":\"2016-03-31\",\"reference\":\"erased\"}"));
    assert_true(slice_is(read.kid, KID));
    assert_true(slice_is(read.target, "/v1/payments/5/settlements"));
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_equal(residue_read(slice_str(wrong[i]), arena, &read, NULL), TALLY_E_MALFORMED);
    assert_int_equal(residue_make(ENTRY_RESULT_VERIFIED, SLICE("[]"), arena, &read.body, NULL), TALLY_E_INTEGRITY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_residue_is_the_body_without_what_is_erased),
        cmocka_unit_test(a_residue_is_read_as_a_body_of_its_type),
        cmocka_unit_test(what_everything_rests_on_has_none),
        cmocka_unit_test(what_is_recorded_is_read),
    };
    return cmocka_run_group_tests(tests, make_arena, drop_arena);
}
