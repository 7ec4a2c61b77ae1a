#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "tally/refusal.h"

static void every_code_is_there_once_and_has_a_title(void **state)
{
    (void) state;
    for (int i = 0; i < REFUSAL_COUNT; i++) {
        const char *code = refusal_code_text((enum refusal_code) i);
        assert_true(strlen(code) > 2 && strspn(code, "abcdefghijklmnopqrstuvwxyz._") == strlen(code));
        assert_true(strlen(refusal_title((enum refusal_code) i)) > 5);
        assert_in_range(refusal_kind_of((enum refusal_code) i), REFUSAL_MALFORMED, REFUSAL_UNAVAILABLE);
        for (int j = 0; j < i; j++) {
            assert_string_not_equal(code, refusal_code_text((enum refusal_code) j));
            assert_string_not_equal(refusal_title((enum refusal_code) i), refusal_title((enum refusal_code) j));
        }
    }
    assert_string_equal(refusal_code_text(REFUSE_RESULT_DUPLICATE), "result.duplicate");
    assert_int_equal(refusal_kind_of(REFUSE_RESULT_DUPLICATE), REFUSAL_CONFLICT);
}

static void places_keep_their_order_and_are_copied(void **state)
{
    (void) state;
    struct arena *arena = arena_new(4096);
    struct refusal *refusal = refusal_new(arena, REFUSE_BODY_SCHEMA, "%d places", 2);
    assert_non_null(refusal);
    assert_true(slice_is(refusal->detail, "2 places"));
    assert_null(refusal->errors);
    char pointer[] = "/a";
    assert_true(refusal_add(arena, refusal, slice_str(pointer), SLICE("first")));
    memcpy(pointer, "/b", 2);
    assert_true(refusal_add(arena, refusal, slice_str(pointer), SLICE("second")));
    assert_true(slice_is(refusal->errors->pointer, "/a"));
    assert_true(slice_is(refusal->errors->next->pointer, "/b"));
    assert_true(slice_is(refusal->errors->next->detail, "second"));
    assert_null(refusal->errors->next->next);
    arena_free(arena);
}

static void without_room_there_is_no_half_refusal(void **state)
{
    (void) state;
    size_t cap = 0;
    struct refusal *refusal = NULL;
    for (; refusal == NULL; cap++) {
        struct arena *arena = arena_new(cap);
        refusal = refusal_new(arena, REFUSE_INTERNAL, "%s", "a detail");
        if (refusal != NULL) {
            assert_true(slice_is(refusal->detail, "a detail"));
            assert_false(refusal_add(arena, refusal, SLICE("/x"), SLICE("no room")));
            assert_null(refusal->errors);
        }
        arena_free(arena);
    }
    assert_true(cap > sizeof(struct refusal));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_is_there_once_and_has_a_title),
        cmocka_unit_test(places_keep_their_order_and_are_copied),
        cmocka_unit_test(without_room_there_is_no_half_refusal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
