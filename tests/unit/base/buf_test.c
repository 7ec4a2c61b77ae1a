#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "tally/buf.h"
#include "tally/mem.h"

static void everything_is_added_in_its_form(void **state)
{
    (void) state;
    struct buf buf;
    buf_init(&buf, 1000);
    buf_add_str(&buf, "a");
    buf_add_char(&buf, 'b');
    buf_add_slice(&buf, SLICE("c "));
    buf_add_u64(&buf, 0);
    buf_add_char(&buf, ' ');
    buf_add_u64(&buf, UINT64_MAX);
    buf_add_char(&buf, ' ');
    buf_add_i64(&buf, INT64_MIN);
    buf_add_char(&buf, ' ');
    buf_add_i64(&buf, -1);
    buf_add_char(&buf, ' ');
    buf_add_hex(&buf, "\x00\xFF\x1A", 3);
    buf_printf(&buf, " %d%%", 50);
    assert_int_equal(buf_check(&buf, NULL), TALLY_OK);
    assert_string_equal(buf.ptr, "abc 0 18446744073709551615 -9223372036854775808 -1 00ff1a 50%");
    assert_int_equal(buf_slice(&buf).len, strlen(buf.ptr));
    buf_clear(&buf);
    buf_add_u16be(&buf, 0x0102);
    buf_add_u32be(&buf, 0x03040506);
    buf_add_u64be(&buf, UINT64_C(0x0708090A0B0C0D0E));
    assert_int_equal(buf.len, 14);
    for (int i = 0; i < 14; i++)
        assert_int_equal(buf.ptr[i], i + 1);
    buf_release(&buf);
    assert_null(buf.ptr);
    assert_int_equal(buf.max, 1000);
}

static void what_goes_over_the_maximum_is_dropped_and_told(void **state)
{
    (void) state;
    struct buf buf;
    struct err err;
    buf_init(&buf, 5);
    buf_add_str(&buf, "12345");
    assert_int_equal(buf_check(&buf, &err), TALLY_OK);
    buf_add_str(&buf, "6");
    assert_int_equal(buf_check(&buf, &err), TALLY_E_LIMIT);
    assert_string_equal(buf.ptr, "12345");
    buf_clear(&buf);
    assert_int_equal(buf_check(&buf, &err), TALLY_OK);
    buf_add_str(&buf, "123456");
    buf_add_str(&buf, "7"); /* nothing comes after a gap */
    assert_int_equal(buf_check(&buf, &err), TALLY_E_LIMIT);
    assert_int_equal(buf.len, 0);
    buf_clear(&buf);
    buf_printf(&buf, "%s", "12345");
    assert_int_equal(buf_check(&buf, &err), TALLY_OK);
    buf_add_hex(&buf, "x", SIZE_MAX / 2 + 1);
    assert_int_equal(buf_check(&buf, &err), TALLY_E_LIMIT);
    buf_release(&buf);
}

static void it_grows_and_keeps_what_it_held(void **state)
{
    (void) state;
    struct buf buf;
    buf_init(&buf, SIZE_MAX);
    for (int i = 0; i < 5000; i++)
        buf_printf(&buf, "%04d", i);
    assert_int_equal(buf_check(&buf, NULL), TALLY_OK);
    assert_int_equal(buf.len, 20000);
    assert_memory_equal(buf.ptr + 4 * 4321, "4321", 4);
    assert_int_equal(buf.ptr[buf.len], '\0');
    buf_release(&buf);
}

static void no_memory_is_told_apart_from_a_limit(void **state)
{
    (void) state;
    struct buf buf;
    struct err err;
    buf_init(&buf, 100);
    mem_fail_after(1);
    buf_add_str(&buf, "x");
    mem_fail_after(0);
    assert_int_equal(buf_check(&buf, &err), TALLY_E_NO_MEMORY);
    assert_int_equal(err.code, TALLY_E_NO_MEMORY);
    assert_int_equal(buf_slice(&buf).len, 0);
    buf_release(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_is_added_in_its_form),
        cmocka_unit_test(what_goes_over_the_maximum_is_dropped_and_told),
        cmocka_unit_test(it_grows_and_keeps_what_it_held),
        cmocka_unit_test(no_memory_is_told_apart_from_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
