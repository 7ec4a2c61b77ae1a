#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdalign.h>
#include <string.h>

#include "tally/arena.h"
#include "tally/mem.h"

static void memory_is_zeroed_aligned_and_apart(void **state)
{
    (void) state;
    struct arena *arena = arena_new(1 << 20);
    assert_non_null(arena);
    for (int round = 0; round < 2; round++) { /* the second time in memory that was used before */
        unsigned char *before = NULL;
        for (size_t size = 0; size < 700; size++) {
            unsigned char *at = arena_alloc(arena, size);
            assert_non_null(at);
            assert_int_equal((uintptr_t) at % alignof(max_align_t), 0);
            for (size_t i = 0; i < size; i++)
                assert_int_equal(at[i], 0);
            memset(at, 0xA5, size);
            if (before != NULL && size > 1)
                assert_int_equal(before[size - 2], 0xA5); /* not overwritten */
            before = at;
        }
        arena_clear(arena);
        assert_int_equal(arena_used(arena), 0);
    }
    arena_free(arena);
    arena_free(NULL);
}

static void the_cap_holds_to_the_byte(void **state)
{
    (void) state;
    struct arena *arena = arena_new(100);
    assert_non_null(arena_alloc(arena, 100));
    assert_int_equal(arena_used(arena), 100);
    assert_null(arena_alloc(arena, 1));
    arena_clear(arena);
    assert_null(arena_alloc(arena, 101));
    assert_null(arena_alloc(arena, SIZE_MAX));
    volatile size_t half = SIZE_MAX / 2;
    assert_null(arena_alloc_array(arena, half, 3));
    assert_non_null(arena_alloc(arena, 60));
    assert_null(arena_alloc(arena, 60));
    arena_free(arena);
}

static void a_copy_over_the_cap_is_a_limit_and_leaves_its_output(void **state)
{
    (void) state;
    struct arena *arena = arena_new(8);
    struct slice out = SLICE("before");
    struct err err;
    assert_int_equal(arena_copy(arena, "12345678", 8, &out, &err), TALLY_E_LIMIT); /* with its NUL it is nine */
    assert_true(slice_is(out, "before"));
    assert_int_equal(arena_copy(arena, "1234567", 7, &out, &err), TALLY_OK);
    assert_true(slice_is(out, "1234567"));
    assert_int_equal(out.ptr[7], '\0');
    assert_null(arena_strdup(arena, SLICE("x")));
    struct slice none = arena_printf(arena, "%d", 12);
    assert_null(none.ptr);
    assert_int_equal(none.len, 0);
    arena_free(arena);
}

static void text_is_copied_and_formatted(void **state)
{
    (void) state;
    struct arena *arena = arena_new(1 << 16);
    struct slice out = {NULL, 0};
    assert_int_equal(arena_copy(arena, NULL, 0, &out, NULL), TALLY_OK);
    assert_non_null(out.ptr);
    assert_int_equal(out.len, 0);
    assert_string_equal(arena_strdup(arena, slice_of("abc", 2)), "ab");
    struct slice text = arena_printf(arena, "%s-%05d", "n", 42);
    assert_true(slice_is(text, "n-00042"));
    arena_free(arena);
}

static void each_piece_may_be_refused(void **state)
{
    (void) state;
    struct arena *arena = arena_new(1000);
    assert_non_null(arena);
    assert_non_null(arena_alloc(arena, 1));
    mem_fail_after_piece(2);
    assert_non_null(arena_alloc(arena, 1)); /* of the block that it has */
    size_t used = arena_used(arena);
    assert_null(arena_alloc(arena, 1));
    assert_int_equal(arena_used(arena), used);
    assert_non_null(arena_alloc(arena, 1)); /* once */
    assert_int_equal(mem_allocations(), 3);
    mem_fail_after(1); /* of blocks alone again */
    assert_non_null(arena_alloc(arena, 1));
    assert_int_equal(mem_allocations(), 0);
    mem_fail_after(0);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_zeroed_aligned_and_apart),
        cmocka_unit_test(the_cap_holds_to_the_byte),
        cmocka_unit_test(a_copy_over_the_cap_is_a_limit_and_leaves_its_output),
        cmocka_unit_test(text_is_copied_and_formatted),
        cmocka_unit_test(each_piece_may_be_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
