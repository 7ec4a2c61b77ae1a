#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "tally/text.h"

static void hex_has_one_spelling(void **state)
{
    (void) state;
    char text[9];
    unsigned char bytes[4] = {9, 9, 9, 9};
    text_hex("\x00\x7F\x80\xFF", 4, text);
    assert_string_equal(text, "007f80ff");
    assert_int_equal(text_unhex(SLICE("007F80ff"), bytes, 4), TALLY_E_MALFORMED);
    assert_int_equal(text_unhex(SLICE("007f80f"), bytes, 4), TALLY_E_MALFORMED);
    assert_int_equal(text_unhex(SLICE("007f80ff00"), bytes, 4), TALLY_E_MALFORMED);
    assert_int_equal(text_unhex(SLICE("007f80fg"), bytes, 4), TALLY_E_MALFORMED);
    assert_int_equal(bytes[0], 9); /* a refusal writes nothing */
    assert_int_equal(text_unhex(SLICE("007f80ff"), bytes, 4), TALLY_OK);
    assert_memory_equal(bytes, "\x00\x7F\x80\xFF", 4);
}

/* RFC 4648 section 10, and both alphabets' last two characters */
static const struct {
    const char *bytes, *standard, *url;
} pairs[] = {
    {"", "", ""},
    {"f", "Zg==", "Zg"},
    {"fo", "Zm8=", "Zm8"},
    {"foo", "Zm9v", "Zm9v"},
    {"foob", "Zm9vYg==", "Zm9vYg"},
    {"fooba", "Zm9vYmE=", "Zm9vYmE"},
    {"foobar", "Zm9vYmFy", "Zm9vYmFy"},
    {"\xFB\xFF\xBF", "+/+/", "-_-_"},
};

/* At every length and every place, as it is decoded in pieces; what is refused changes nothing. */
static void hex_of_any_length_is_read_or_refused_whole(void **state)
{
    static const char DIGITS[] = "0123456789abcdef", WRONG[] = "/:@AFG`g\x80\xff\0 ";
    char text[2 * 150];
    uint8_t out[150], before[150];
    (void) state;
    for (size_t len = 0; len <= 150; len++) {
        for (size_t i = 0; i < 2 * len; i++)
            text[i] = DIGITS[(i * 7 + len) % 16];
        memset(before, 0xa5, sizeof before);
        memcpy(out, before, sizeof out);
        assert_int_equal(text_unhex(slice_of(text, 2 * len), out, len), TALLY_OK);
        for (size_t i = 0; i < len; i++)
            assert_int_equal(out[i], (2 * i * 7 + len) % 16 * 16 + ((2 * i + 1) * 7 + len) % 16);
        memcpy(out, before, sizeof out);
        for (size_t at = 0; at < 2 * len; at++) {
            char was = text[at];
            text[at] = WRONG[(at + len) % (sizeof WRONG - 1)];
            assert_int_equal(text_unhex(slice_of(text, 2 * len), out, len), TALLY_E_MALFORMED);
            assert_memory_equal(out, before, sizeof out);
            text[at] = was;
        }
    }
}

static void base64_is_written_and_read(void **state)
{
    (void) state;
    struct buf buf;
    buf_init(&buf, 100);
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        char bytes[16];
        size_t len = 99, want = strlen(pairs[i].bytes);
        buf_clear(&buf);
        text_base64(pairs[i].bytes, want, &buf);
        assert_true(slice_is(buf_slice(&buf), pairs[i].standard));
        buf_clear(&buf);
        text_base64url(pairs[i].bytes, want, &buf);
        assert_true(slice_is(buf_slice(&buf), pairs[i].url));
        assert_int_equal(text_unbase64(slice_str(pairs[i].standard), bytes, sizeof bytes, &len), TALLY_OK);
        assert_int_equal(len, want);
        assert_memory_equal(bytes, pairs[i].bytes, want);
        len = 99;
        assert_int_equal(text_unbase64url(slice_str(pairs[i].url), bytes, sizeof bytes, &len), TALLY_OK);
        assert_int_equal(len, want);
        assert_memory_equal(bytes, pairs[i].bytes, want);
    }
    buf_release(&buf);
}

static void every_byte_string_of_up_to_three_comes_back_and_no_other_text_reads(void **state)
{
    (void) state;
    struct buf buf;
    buf_init(&buf, 100);
    for (unsigned value = 0; value < 1U << 16; value++) {
        unsigned char in[2] = {(unsigned char) (value >> 8), (unsigned char) value}, out[2];
        size_t len = 0;
        buf_clear(&buf);
        text_base64url(in, 2, &buf);
        assert_int_equal(text_unbase64url(buf_slice(&buf), out, 2, &len), TALLY_OK);
        assert_true(len == 2 && out[0] == in[0] && out[1] == in[1]);
    }
    buf_release(&buf);
    int accepted = 0;
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    for (int a = 0; a < 64; a++)
        for (int b = 0; b < 64; b++) {
            char text[2] = {alphabet[a], alphabet[b]};
            unsigned char out[1];
            size_t len = 0;
            accepted += text_unbase64url(slice_of(text, 2), out, 1, &len) == TALLY_OK;
        }
    assert_int_equal(accepted, 256); /* one spelling for each byte */
}

static void base64_refuses_other_spellings(void **state)
{
    (void) state;
    static const char *const bad_url[] = {"Zg==", "Z", "Zh", "Zm9", "Zm+v", "Zm/v", "Zm9v\n", " Zm9v", "Zm9vY"};
    static const char *const bad_standard[] = {
        "Zg", "Zg=", "Zh==", "Zm9=", "Zg===", "====", "=", "Zm-v", "Zm_v", "Zg==Zg==", "A==="};
    char out[16] = "untouched";
    size_t len = 77;
    for (size_t i = 0; i < sizeof bad_url / sizeof bad_url[0]; i++)
        assert_int_equal(text_unbase64url(slice_str(bad_url[i]), out, sizeof out, &len), TALLY_E_MALFORMED);
    for (size_t i = 0; i < sizeof bad_standard / sizeof bad_standard[0]; i++)
        assert_int_equal(text_unbase64(slice_str(bad_standard[i]), out, sizeof out, &len), TALLY_E_MALFORMED);
    assert_int_equal(text_unbase64(SLICE("Zm9v"), out, 2, &len), TALLY_E_LIMIT);
    assert_int_equal(len, 77);
    assert_string_equal(out, "untouched");
}

static void utf8_is_the_one_of_rfc_3629(void **state)
{
    (void) state;
    static const char *const good[] = {"",
                                       "a",
                                       "\x7F",
                                       "\xC2\x80",
                                       "\xDF\xBF",
                                       "\xE0\xA0\x80",
                                       "\xED\x9F\xBF",
                                       "\xEE\x80\x80",
                                       "\xEF\xBF\xBF",
                                       "\xF0\x90\x80\x80",
                                       "\xF4\x8F\xBF\xBF",
                                       "z\xC3\xBCrich"};
    static const struct {
        const char *text;
        size_t bad_at;
    } bad[] = {{"\x80", 0},
               {"a\xBF", 1},
               {"\xC0\x80", 0},
               {"\xC1\xBF", 0},
               {"\xE0\x9F\xBF", 0},
               {"\xED\xA0\x80", 0},
               {"\xF0\x8F\xBF\xBF", 0},
               {"\xF4\x90\x80\x80", 0},
               {"\xF5\x80\x80\x80", 0},
               {"ab\xE2\x82", 2},
               {"\xE2\x82z", 0},
               {"\xFF", 0},
               {"x\xF0\x90\x80", 1}};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_true(text_is_utf8(slice_str(good[i]), NULL));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        size_t at = 99;
        assert_false(text_is_utf8(slice_str(bad[i].text), &at));
        assert_int_equal(at, bad[i].bad_at);
        assert_false(text_is_utf8(slice_str(bad[i].text), NULL));
    }
    size_t at = 99;
    assert_false(text_is_utf8(slice_of("a\0b", 3), &at));
    assert_int_equal(at, 1);
}

struct word {
    const char *text;
    bool is_good;
};

static void check_words(const struct word *words, size_t count, bool (*check)(struct slice))
{
    for (size_t i = 0; i < count; i++)
        if (check(slice_str(words[i].text)) != words[i].is_good)
            fail_msg("\"%s\" is to be %s", words[i].text, words[i].is_good ? "accepted" : "refused");
}
#define LONG_16 "abcdefghijklmnop"
#define LONG_64 LONG_16 LONG_16 LONG_16 LONG_16

static void identifiers_have_their_letters_and_lengths(void **state)
{
    (void) state;
    static const struct word ids[] = {{"a", true},   {"clinic-7.b_c", true}, {LONG_64, true}, {LONG_64 "a", false},
                                      {"", false},   {"7a", false},          {"A", false},    {"a b", false},
                                      {"-a", false}, {"a/b", false},         {"a\xC3", false}};
    static const struct word origins[] = {{"ledger.example/a:1", true},
                                          {"9", true},
                                          {"a_b-c", true},
                                          {"", false},
                                          {"A", false},
                                          {"a;b", false},
                                          {"a,b", false},
                                          {LONG_64 LONG_64, true},
                                          {LONG_64 LONG_64 "a", false}};
    static const struct word jtis[] = {
        {LONG_16, true},      {"abcdefghijklmno", false},  {"ABC-_0123456789xyz", true}, {LONG_64, true},
        {LONG_64 "a", false}, {"abcdefghijklmno.", false}, {"abcdefghijklmno=", false}};
    check_words(ids, sizeof ids / sizeof ids[0], text_is_id);
    check_words(origins, sizeof origins / sizeof origins[0], text_is_origin);
    check_words(jtis, sizeof jtis / sizeof jtis[0], text_is_jti);
}

static void exact_values_have_one_zero_and_bounded_digits(void **state)
{
    (void) state;
    static const struct word values[] = {{"0", true},
                                         {"-0", false},
                                         {"-0.00", false},
                                         {"-0%", false},
                                         {"-0.001", true},
                                         {"7.5%", true},
                                         {"007", false},
                                         {"0.0", true},
                                         {"1.", false},
                                         {".5", false},
                                         {"+1", false},
                                         {"1e3", false},
                                         {"1%%", false},
                                         {"", false},
                                         {"-", false},
                                         {"%", false},
                                         {"123456789012345678", true},
                                         {"1234567890123456789", false},
                                         {"0.123456789012", true},
                                         {"0.1234567890123", false},
                                         {"1 ", false},
                                         {"-12.5%", true}};
    check_words(values, sizeof values / sizeof values[0], text_is_exact);
}

static void numbers_stop_at_their_maximum(void **state)
{
    (void) state;
    uint64_t out = 5;
    assert_int_equal(text_u64(SLICE("18446744073709551615"), UINT64_MAX, &out), TALLY_OK);
    assert_true(out == UINT64_MAX);
    assert_int_equal(text_u64(SLICE("18446744073709551616"), UINT64_MAX, &out), TALLY_E_MALFORMED);
    assert_int_equal(text_u64(SLICE("100"), 99, &out), TALLY_E_MALFORMED);
    assert_int_equal(text_u64(SLICE("5"), 3, &out), TALLY_E_MALFORMED);
    assert_true(out == UINT64_MAX);
    assert_int_equal(text_u64(SLICE("99"), 99, &out), TALLY_OK);
    assert_int_equal(out, 99);
    assert_int_equal(text_u64(SLICE("0"), 0, &out), TALLY_OK);
    assert_int_equal(out, 0);
    static const char *const bad[] = {"", "00", "01", "-1", "+1", " 1", "1 ", "1a"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(text_u64(slice_str(bad[i]), 1000, &out), TALLY_E_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hex_of_any_length_is_read_or_refused_whole),
        cmocka_unit_test(hex_has_one_spelling),
        cmocka_unit_test(base64_is_written_and_read),
        cmocka_unit_test(every_byte_string_of_up_to_three_comes_back_and_no_other_text_reads),
        cmocka_unit_test(base64_refuses_other_spellings),
        cmocka_unit_test(utf8_is_the_one_of_rfc_3629),
        cmocka_unit_test(identifiers_have_their_letters_and_lengths),
        cmocka_unit_test(exact_values_have_one_zero_and_bounded_digits),
        cmocka_unit_test(numbers_stop_at_their_maximum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
