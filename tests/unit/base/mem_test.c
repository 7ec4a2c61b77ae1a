#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "tally/mem.h"

static void memory_is_zeroed_and_zero_bytes_are_a_pointer(void **state)
{
    (void) state;
    unsigned char *bytes = mem_zero_array(100, 3);
    assert_non_null(bytes);
    for (int i = 0; i < 300; i++)
        assert_int_equal(bytes[i], 0);
    mem_free(bytes);
    void *none = mem_zero(0);
    assert_non_null(none);
    none = mem_resize(none, 0);
    assert_non_null(none);
    mem_free(none);
    mem_free(NULL);
}

static void a_product_that_overflows_is_no_memory(void **state)
{
    (void) state;
    volatile size_t half = SIZE_MAX / 2;
    assert_null(mem_zero_array(half, 3));
}

static void the_nth_allocation_fails_once(void **state)
{
    (void) state;
    mem_fail_after(2);
    void *first = mem_zero(1);
    assert_non_null(first);
    assert_null(mem_resize(first, 100)); /* and first is still there */
    void *third = mem_zero(1);
    assert_non_null(third);
    assert_int_equal(mem_allocations(), 3);
    mem_fail_after(0);
    assert_int_equal(mem_allocations(), 0);
    mem_free(first);
    mem_free(third);
}

static void secrets_are_wiped_and_compared(void **state)
{
    (void) state;
    char secret[] = "a key that nobody may see";
    assert_true(mem_equal_secret(secret, "a key that nobody may see", sizeof secret));
    assert_false(mem_equal_secret(secret, "b key that nobody may see", sizeof secret));
    assert_false(mem_equal_secret(secret, "a key that nobody may sef", sizeof secret));
    assert_true(mem_equal_secret(secret, "other", 0));
    mem_wipe(secret, sizeof secret);
    for (size_t i = 0; i < sizeof secret; i++)
        assert_int_equal(secret[i], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_zeroed_and_zero_bytes_are_a_pointer),
        cmocka_unit_test(a_product_that_overflows_is_no_memory),
        cmocka_unit_test(the_nth_allocation_fails_once),
        cmocka_unit_test(secrets_are_wiped_and_compared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
