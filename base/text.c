#include "tally/text.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* ---- hex ---- */

void text_hex(const void *ptr, size_t len, char *out)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *bytes = ptr;
    for (size_t i = 0; i < len; i++) {
        *out++ = digits[bytes[i] >> 4];
        *out++ = digits[bytes[i] & 15];
    }
    *out = '\0';
}

/* The value of each digit, plus one; 0 for a character that is none. */
static const uint8_t hex_values[256] = {
    ['0'] = 1, ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,
    ['8'] = 9, ['9'] = 10, ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16};

static bool unhex_each(const unsigned char *from, size_t count, unsigned char *to)
{
    for (size_t i = 0; i < count; i++) {
        unsigned high = hex_values[from[2 * i]], low = hex_values[from[2 * i + 1]];
        if (high == 0 || low == 0)
            return false;
        to[i] = (unsigned char) ((high - 1) << 4 | (low - 1));
    }
    return true;
}

/* Hashes are read by the million, two for each entry: on x86 sixteen digits at a time. */
#define DECODED_FIRST 64 /* bytes: a signature */
#ifdef __SSE2__
static bool unhex_all(const unsigned char *from, size_t count, unsigned char *to)
{
    size_t i = 0;
    for (; count - i >= 8; i += 8) {
        const __m128i c = _mm_loadu_si128((const __m128i *) (const void *) (from + 2 * i));
        const __m128i is_digit =
            _mm_and_si128(_mm_cmpgt_epi8(c, _mm_set1_epi8('0' - 1)), _mm_cmplt_epi8(c, _mm_set1_epi8('9' + 1)));
        const __m128i is_letter =
            _mm_and_si128(_mm_cmpgt_epi8(c, _mm_set1_epi8('a' - 1)), _mm_cmplt_epi8(c, _mm_set1_epi8('f' + 1)));
        if (_mm_movemask_epi8(_mm_or_si128(is_digit, is_letter)) != 0xffff)
            return false;
        const __m128i value = _mm_sub_epi8(c, _mm_or_si128(_mm_and_si128(is_digit, _mm_set1_epi8('0')),
                                                           _mm_and_si128(is_letter, _mm_set1_epi8('a' - 10))));
        /* of each pair the first digit, in the lower byte, counts sixteen */
        const __m128i high = _mm_slli_epi16(_mm_and_si128(value, _mm_set1_epi16(0xff)), 4);
        const __m128i pair = _mm_or_si128(high, _mm_srli_epi16(value, 8));
        _mm_storel_epi64((__m128i *) (void *) (to + i), _mm_packus_epi16(pair, pair));
    }
    return unhex_each(from + 2 * i, count - i, to + i);
}
#else
#define unhex_all unhex_each
#endif

enum tally_code text_unhex(struct slice hex, void *out, size_t len)
{
    const unsigned char *from = (const unsigned char *) hex.ptr;
    unsigned char *to = out;
    unsigned char bytes[DECODED_FIRST];
    if (hex.len % 2 != 0 || hex.len / 2 != len)
        return TALLY_E_MALFORMED;
    /* all of it before anything is written, so that a refusal leaves out as it was */
    for (size_t i = 0, count = 0; i < len; i += count) {
        count = len - i < sizeof bytes ? len - i : sizeof bytes;
        if (!unhex_all(from + 2 * i, count, bytes))
            return TALLY_E_MALFORMED;
    }
    if (len > sizeof bytes)
        return unhex_all(from, len, to) ? TALLY_OK : TALLY_E_MALFORMED;
    if (len > 0)
        memcpy(to, bytes, len);
    return TALLY_OK;
}

/* ---- base64 ---- */

static const char alphabet_std[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char alphabet_url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* In runs: a receipt is two thirds base64, and is written for each statement. */
#define BASE64_RUN 48 /* bytes, a multiple of 3 */

static void base64_write(const void *ptr, size_t len, const char *alphabet, bool is_padded, struct buf *out)
{
    const unsigned char *bytes = ptr;
    char text[BASE64_RUN / 3 * 4];
    size_t at = 0;
    for (size_t i = 0; i < len; i += 3) {
        size_t n = len - i < 3 ? len - i : 3;
        unsigned group = (unsigned) bytes[i] << 16;
        if (n > 1)
            group |= (unsigned) bytes[i + 1] << 8;
        if (n > 2)
            group |= bytes[i + 2];
        text[at++] = alphabet[group >> 18];
        text[at++] = alphabet[group >> 12 & 63];
        text[at++] = n > 1 ? alphabet[group >> 6 & 63] : '=';
        text[at++] = n > 2 ? alphabet[group & 63] : '=';
        if (n < 3 && !is_padded)
            at -= 3 - n;
        if (at == sizeof text || i + 3 >= len) {
            buf_add(out, text, at);
            at = 0;
        }
    }
}

void text_base64url(const void *ptr, size_t len, struct buf *out)
{
    base64_write(ptr, len, alphabet_url, false, out);
}

void text_base64(const void *ptr, size_t len, struct buf *out)
{
    base64_write(ptr, len, alphabet_std, true, out);
}

/* The value of each character, plus one; 0 for a character that is none of the alphabet. Statements are long: a table is what this
 * costs least with. */
#define BASE64_COMMON                                                                                                      \
    ['A'] = 1, ['B'] = 2, ['C'] = 3, ['D'] = 4, ['E'] = 5, ['F'] = 6, ['G'] = 7, ['H'] = 8, ['I'] = 9, ['J'] = 10,         \
    ['K'] = 11, ['L'] = 12, ['M'] = 13, ['N'] = 14, ['O'] = 15, ['P'] = 16, ['Q'] = 17, ['R'] = 18, ['S'] = 19,            \
    ['T'] = 20, ['U'] = 21, ['V'] = 22, ['W'] = 23, ['X'] = 24, ['Y'] = 25, ['Z'] = 26, ['a'] = 27, ['b'] = 28,            \
    ['c'] = 29, ['d'] = 30, ['e'] = 31, ['f'] = 32, ['g'] = 33, ['h'] = 34, ['i'] = 35, ['j'] = 36, ['k'] = 37,            \
    ['l'] = 38, ['m'] = 39, ['n'] = 40, ['o'] = 41, ['p'] = 42, ['q'] = 43, ['r'] = 44, ['s'] = 45, ['t'] = 46,            \
    ['u'] = 47, ['v'] = 48, ['w'] = 49, ['x'] = 50, ['y'] = 51, ['z'] = 52, ['0'] = 53, ['1'] = 54, ['2'] = 55,            \
    ['3'] = 56, ['4'] = 57, ['5'] = 58, ['6'] = 59, ['7'] = 60, ['8'] = 61, ['9'] = 62
static const uint8_t base64_standard[256] = {BASE64_COMMON, ['+'] = 63, ['/'] = 64};
static const uint8_t base64_url[256] = {BASE64_COMMON, ['-'] = 63, ['_'] = 64};

/* in has no padding. Checks everything before it writes, so that a refusal leaves out as it was. */
MUST_CHECK static enum tally_code base64_read(struct slice in, bool is_url, void *out, size_t cap, size_t *out_len)
{
    size_t tail = in.len % 4;
    if (tail == 1)
        return TALLY_E_MALFORMED;
    const uint8_t *value = is_url ? base64_url : base64_standard;
    const unsigned char *from = (const unsigned char *) in.ptr;
    for (size_t i = 0; i < in.len; i++)
        if (value[from[i]] == 0)
            return TALLY_E_MALFORMED;
    /* the bits behind the last byte: four after two characters, two after three */
    if (tail != 0 && ((value[from[in.len - 1]] - 1) & (tail == 2 ? 15 : 3)) != 0)
        return TALLY_E_MALFORMED;
    size_t len = in.len / 4 * 3 + (tail == 0 ? 0 : tail - 1);
    if (len > cap)
        return TALLY_E_LIMIT;
    unsigned char *bytes = out;
    size_t whole = in.len - tail;
    for (size_t i = 0; i < whole; i += 4) {
        unsigned group = (value[from[i]] - 1u) << 18 | (value[from[i + 1]] - 1u) << 12 | (value[from[i + 2]] - 1u) << 6 |
                         (value[from[i + 3]] - 1u);
        *bytes++ = (unsigned char) (group >> 16);
        *bytes++ = (unsigned char) (group >> 8);
        *bytes++ = (unsigned char) group;
    }
    if (tail > 0) {
        unsigned group = (value[from[whole]] - 1u) << 6 | (value[from[whole + 1]] - 1u);
        *bytes++ = (unsigned char) (group >> 4);
        if (tail == 3)
            *bytes++ = (unsigned char) (group << 4 | (value[from[whole + 2]] - 1u) >> 2);
    }
    *out_len = len;
    return TALLY_OK;
}

enum tally_code text_unbase64url(struct slice in, void *out, size_t cap, size_t *out_len)
{
    return base64_read(in, true, out, cap, out_len);
}

enum tally_code text_unbase64(struct slice in, void *out, size_t cap, size_t *out_len)
{
    if (in.len % 4 != 0)
        return TALLY_E_MALFORMED;
    size_t padding = 0;
    while (padding < 2 && padding < in.len && in.ptr[in.len - 1 - padding] == '=')
        padding++;
    return base64_read(slice_of(in.ptr, in.len - padding), false, out, cap, out_len);
}

/* ---- UTF-8 ---- */

size_t text_utf8_step(const unsigned char *p, size_t left)
{
    unsigned char lead = p[0];
    if (lead < 0x80)
        return 1;
    if (lead < 0xC2 || lead > 0xF4)
        return 0;
    size_t len = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    if (left < len)
        return 0;
    /* the second byte alone decides on overlong forms, surrogates and what lies above U+10FFFF */
    unsigned char low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    unsigned char high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    if (p[1] < low || p[1] > high)
        return 0;
    for (size_t i = 2; i < len; i++)
        if ((p[i] & 0xC0) != 0x80)
            return 0;
    return len;
}

bool text_is_utf8(struct slice s, size_t *bad_at)
{
    const unsigned char *bytes = (const unsigned char *) s.ptr;
    for (size_t i = 0; i < s.len;) {
        size_t step = bytes[i] == 0 ? 0 : text_utf8_step(bytes + i, s.len - i);
        if (step == 0) {
            if (bad_at != NULL)
                *bad_at = i;
            return false;
        }
        i += step;
    }
    return true;
}

/* ---- identifiers and values ---- */

bool text_is_id(struct slice s)
{
    if (s.len < 1 || s.len > 64 || !is_lower(s.ptr[0]))
        return false;
    for (size_t i = 1; i < s.len; i++) {
        char c = s.ptr[i];
        if (!is_lower(c) && !is_digit(c) && c != '.' && c != '_' && c != '-')
            return false;
    }
    return true;
}

bool text_is_origin(struct slice s)
{
    if (s.len < 1 || s.len > 128)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (!is_lower(c) && (c < '-' || c > ':')) /* - . / 0-9 : lie side by side */
            if (c != '_')
                return false;
    }
    return true;
}

bool text_is_jti(struct slice s)
{
    if (s.len < 16 || s.len > 64)
        return false;
    for (size_t i = 0; i < s.len; i++)
        if (base64_url[(unsigned char) s.ptr[i]] == 0)
            return false;
    return true;
}

/* How many digits begin at i, and whether one of them is not zero. */
static size_t digits_at(struct slice s, size_t i, bool *has_nonzero)
{
    size_t n = 0;
    while (i + n < s.len && is_digit(s.ptr[i + n])) {
        *has_nonzero = *has_nonzero || s.ptr[i + n] != '0';
        n++;
    }
    return n;
}

bool text_is_exact(struct slice s)
{
    bool has_nonzero = false;
    bool is_negative = s.len > 0 && s.ptr[0] == '-';
    size_t at = is_negative ? 1 : 0;
    size_t whole = digits_at(s, at, &has_nonzero);
    if (whole < 1 || whole > 18 || (whole > 1 && s.ptr[at] == '0'))
        return false;
    at += whole;
    if (at < s.len && s.ptr[at] == '.') {
        size_t places = digits_at(s, at + 1, &has_nonzero);
        if (places < 1 || places > 12)
            return false;
        at += 1 + places;
    }
    if (at < s.len && s.ptr[at] == '%')
        at++;
    return at == s.len && (has_nonzero || !is_negative);
}

enum tally_code text_u64(struct slice s, uint64_t max, uint64_t *out)
{
    if (s.len < 1 || (s.len > 1 && s.ptr[0] == '0'))
        return TALLY_E_MALFORMED;
    uint64_t value = 0;
    for (size_t i = 0; i < s.len; i++) {
        if (!is_digit(s.ptr[i]))
            return TALLY_E_MALFORMED;
        uint64_t digit = (uint64_t) (s.ptr[i] - '0');
        if (value > max / 10 || value * 10 > max - digit || digit > max)
            return TALLY_E_MALFORMED;
        value = value * 10 + digit;
    }
    *out = value;
    return TALLY_OK;
}
