#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "tally/instant.h"

/* The calendar counted one day at a time, which needs no formula that could be wrong in the same way. */
static void every_day_of_ten_thousand_years_comes_back(void **state)
{
    (void) state;
    struct civil c = {1, 1, 1};
    char text[DAY_TEXT_LEN + 1], before[DAY_TEXT_LEN + 1] = "";
    for (int32_t day = DAY_MIN; day <= DAY_MAX; day++) {
        struct civil got = day_civil(day);
        int32_t parsed = 0;
        if (got.year != c.year || got.month != c.month || got.day != c.day || day_of_civil(c) != day)
            fail_msg("day %d is %d-%d-%d, not %d-%d-%d", day, c.year, c.month, c.day, got.year, got.month, got.day);
        day_format(day, text);
        if (day_parse(slice_str(text), &parsed) != TALLY_OK || parsed != day || strcmp(before, text) >= 0)
            fail_msg("day %d as %s after %s", day, text, before);
        memcpy(before, text, sizeof text);
        bool is_leap = (c.year % 4 == 0 && c.year % 100 != 0) || c.year % 400 == 0;
        const int lengths[] = {31, is_leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
        if (++c.day > lengths[c.month - 1]) {
            c.day = 1;
            c.year += c.month == 12;
            c.month = c.month % 12 + 1;
        }
    }
    assert_int_equal(c.year, 10000);
}

static int32_t day(const char *text)
{
    int32_t out = 0;
    assert_int_equal(day_parse(slice_str(text), &out), TALLY_OK);
    return out;
}

static void weekdays_are_those_of_the_calendar(void **state)
{
    (void) state;
    assert_int_equal(day("1970-01-01"), 0);
    assert_int_equal(day_weekday(0), 3);                 /* a Thursday */
    assert_int_equal(day_weekday(day("2000-01-01")), 5); /* a Saturday */
    assert_int_equal(day_weekday(day("1969-07-20")), 6); /* a Sunday */
    assert_int_equal(day_weekday(day("2024-02-29")), 3); /* a Thursday */
    assert_int_equal(day_weekday(DAY_MIN), 0);           /* a Monday */
    assert_int_equal(day_weekday(DAY_MAX), 4);           /* a Friday */
}

static void months_are_added_to_the_last_day_there_is(void **state)
{
    (void) state;
    static const struct {
        const char *from;
        int64_t n;
        const char *to; /* NULL: beyond the calendar */
    } rows[] = {
        {"2023-01-31", 1, "2023-02-28"},       {"2024-01-31", 1, "2024-02-29"},  {"2024-03-31", -1, "2024-02-29"},
        {"2024-02-29", 12, "2025-02-28"},      {"2024-02-29", 48, "2028-02-29"}, {"2023-12-15", 1, "2024-01-15"},
        {"2024-01-15", -1, "2023-12-15"},      {"2024-05-31", 0, "2024-05-31"},  {"0001-01-01", 119987, "9999-12-01"},
        {"9999-12-31", -119987, "0001-01-31"}, {"9999-12-01", 1, NULL},          {"0001-01-31", -1, NULL},
        {"2024-01-01", INT64_MAX, NULL},       {"2024-01-01", INT64_MIN, NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int32_t out = 12345;
        enum tally_code rc = day_add_months(day(rows[i].from), rows[i].n, &out);
        assert_int_equal(rc, rows[i].to == NULL ? TALLY_E_LIMIT : TALLY_OK);
        assert_int_equal(out, rows[i].to == NULL ? 12345 : day(rows[i].to));
    }
    int32_t out;
    assert_int_equal(day_add_months(DAY_NEVER, 0, &out), TALLY_E_LIMIT);
}

static void days_that_do_not_exist_do_not_parse(void **state)
{
    (void) state;
    static const char *const bad[] = {"2023-02-29", "1900-02-29", "2024-13-01", "2024-00-01", "2024-01-00", "2024-04-31",
                                      "0000-01-01", "2024-1-01",  "2024-01-1",  "24-01-01",   "2024/01/01", "2024-01-01 ",
                                      "never",      "",           "+024-01-01", "2024-01-0a"};
    int32_t out = 7;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(day_parse(slice_str(bad[i]), &out), TALLY_E_MALFORMED);
    assert_int_equal(out, 7);
    assert_int_equal(day("2000-02-29"), 11016);
    char text[DAY_TEXT_LEN + 1];
    day_format(DAY_NEVER, text);
    assert_string_equal(text, "never");
}

static void moments_are_written_and_read_to_the_microsecond(void **state)
{
    (void) state;
    static const struct {
        int64_t us;
        const char *text;
    } rows[] = {{0, "1970-01-01T00:00:00.000000Z"},
                {-1, "1969-12-31T23:59:59.999999Z"},
                {INT64_C(1709164800000001), "2024-02-29T00:00:00.000001Z"},
                {INT64_C(-62135596800000000), "0001-01-01T00:00:00.000000Z"},
                {INT64_C(253402300799999999), "9999-12-31T23:59:59.999999Z"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[INSTANT_TEXT_LEN + 1];
        struct instant t = {5};
        instant_format((struct instant){rows[i].us}, text);
        assert_string_equal(text, rows[i].text);
        assert_int_equal(instant_parse(slice_str(text), &t), TALLY_OK);
        assert_true(t.us == rows[i].us);
    }
    static const char *const bad[] = {
        "2024-02-29T24:00:00.000000Z", "2024-02-29T23:60:00.000000Z", "2024-02-29T23:59:60.000000Z",
        "2024-02-29t00:00:00.000000Z", "2024-02-29T00:00:00.000000z", "2024-02-29T00:00:00.00000Z",
        "2024-02-29T00:00:00Z",        "2024-02-30T00:00:00.000000Z", "2024-02-29T00:00:00.000000+",
        "2024-02-29T0a:00:00.000000Z", "2024-02-29T00:00:00,000000Z", ""};
    struct instant t = {5};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(instant_parse(slice_str(bad[i]), &t), TALLY_E_MALFORMED);
    assert_int_equal(t.us, 5);
}

static void the_day_of_a_moment_follows_the_offset(void **state)
{
    (void) state;
    struct instant t;
    assert_int_equal(instant_parse(SLICE("2024-03-01T00:30:00.000000Z"), &t), TALLY_OK);
    assert_int_equal(instant_day(t, 0), day("2024-03-01"));
    assert_int_equal(instant_day(t, -60), day("2024-02-29"));
    assert_int_equal(instant_day(t, 23 * 60 + 30), day("2024-03-02"));
    assert_int_equal(instant_day((struct instant){-1}, 0), -1);
    for (int offset = -14 * 60; offset <= 14 * 60; offset += 15) {
        struct instant first = instant_of_day(19000, offset);
        assert_int_equal(instant_day(first, offset), 19000);
        assert_int_equal(instant_day((struct instant){first.us - 1}, offset), 18999);
    }
}

static void the_clocks_go_forward(void **state)
{
    (void) state;
    int64_t before = instant_monotonic_us();
    assert_true(instant_monotonic_us() >= before);
    assert_true(instant_now().us > INT64_C(1700000000000000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_day_of_ten_thousand_years_comes_back),
        cmocka_unit_test(weekdays_are_those_of_the_calendar),
        cmocka_unit_test(months_are_added_to_the_last_day_there_is),
        cmocka_unit_test(days_that_do_not_exist_do_not_parse),
        cmocka_unit_test(moments_are_written_and_read_to_the_microsecond),
        cmocka_unit_test(the_day_of_a_moment_follows_the_offset),
        cmocka_unit_test(the_clocks_go_forward),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
