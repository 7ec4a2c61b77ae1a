#include "archive_string.h"

#include <stdint.h>
#ifdef __SSE2__
#include <tmmintrin.h>
#endif

#include "tally/text.h"

/* Archives are gigabytes of which nearly all is plain: ASCII without quote, backslash and controls. On x86 STEP bytes are looked at
 * together, and where the next step begins is decided by a branch: it need not wait until this one has been counted. */
static inline bool is_plain(char c)
{
    return (signed char) c >= 0x20 && c != '"' && c != '\\';
}

#ifdef __SSE2__
#define STEP 16
_Static_assert(STEP <= ARCHIVE_TEXT_SLACK, "what is stored behind the last byte of a step has room");

/* A bit for each byte that is c. */
static inline unsigned where_is(__m128i bytes, char c)
{
    return (unsigned) _mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(c)));
}

/* For each that is a control or not ASCII: signed, so that the top bit makes it small. */
static inline unsigned where_is_other(__m128i bytes)
{
    return (unsigned) _mm_movemask_epi8(_mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20)));
}

static inline __m128i load_step(const char *at)
{
    return _mm_loadu_si128((const __m128i *) (const void *) at);
}
#endif

/* Behind the plain bytes from `at` on. */
static inline const char *pass_plain(const char *at, const char *end)
{
#ifdef __SSE2__
    for (; end - at >= STEP; at += STEP) {
        const __m128i bytes = load_step(at);
        const unsigned special = where_is(bytes, '"') | where_is(bytes, '\\') | where_is_other(bytes);
        if (special != 0)
            return at + __builtin_ctz(special);
    }
#endif
    while (at < end && is_plain(*at))
        at++;
    return at;
}

/* The length of the escape at `at`, and what it stands for; 0 when no canonical writer writes it. */
static size_t escape(const char *at, size_t left, char *out)
{
    static const char SHORT[] = "\"\"\\\\n\nr\rt\tb\bf\f";
    static const char HEX[] = "0123456789abcdef";
    if (left < 2)
        return 0;
    for (size_t i = 0; i + 1 < sizeof SHORT; i += 2) {
        if (at[1] == SHORT[i]) {
            *out = SHORT[i + 1];
            return 2;
        }
    }
    if (left < 6 || !slice_starts(slice_of(at, left), SLICE("\\u00")) || (at[4] != '0' && at[4] != '1'))
        return 0;
    const char *low = at[5] == '\0' ? NULL : strchr(HEX, at[5]);
    if (low == NULL)
        return 0;
    char value = (char) (16L * (at[4] - '0') + (low - HEX));
    if (value == '\0' || strchr("\b\t\n\f\r", value) != NULL)
        return 0;
    *out = value;
    return 6;
}

/* What is not plain, and no quote: an escape or a character of several bytes. 0: neither. */
static inline size_t take_special(const char *at, size_t left, char **to)
{
    size_t len = 0;
    if (*at == '\\') {
        len = escape(at, left, *to);
        *to += len > 0 ? 1 : 0;
        return len;
    }
    if ((unsigned char) *at >= 0x80)
        len = text_utf8_step((const unsigned char *) at, left);
    for (size_t i = 0; i < len; i++)
        *(*to)++ = at[i];
    return len;
}

#ifdef __SSE2__
/* For each set of eight bytes that are left out, the places of those that stay, in order, from the lowest byte on. */
#define PLACE(out, i)                                                                                                      \
    (((out) >> (i) &1) != 0 ? 0 : (uint64_t) (i) << 8 * ((i) -__builtin_popcount((out) & ((1u << (i)) - 1))))
#define PLACES(out)                                                                                                        \
    PLACE(out, 0) | PLACE(out, 1) | PLACE(out, 2) | PLACE(out, 3) | PLACE(out, 4) | PLACE(out, 5) | PLACE(out, 6) |        \
        PLACE(out, 7)
#define PLACES_4(out) PLACES(out), PLACES((out) + 1), PLACES((out) + 2), PLACES((out) + 3)
#define PLACES_16(out) PLACES_4(out), PLACES_4((out) + 4), PLACES_4((out) + 8), PLACES_4((out) + 12)
#define PLACES_64(out) PLACES_16(out), PLACES_16((out) + 16), PLACES_16((out) + 32), PLACES_16((out) + 48)
static const uint64_t places[256] = {PLACES_64(0u), PLACES_64(64u), PLACES_64(128u), PLACES_64(192u)};

/* Puts out the bytes without those that `out` names: eight and eight; behind them up to sixteen that are written over later. */
__attribute__((target("ssse3,popcnt"))) static inline void put_without(__m128i bytes, unsigned out, char *to)
{
    const __m128i low = _mm_loadl_epi64((const __m128i *) (const void *) &places[out & 255]);
    const __m128i high = _mm_loadl_epi64((const __m128i *) (const void *) &places[out >> 8]);
    _mm_storel_epi64((__m128i *) (void *) to, _mm_shuffle_epi8(bytes, low));
    _mm_storel_epi64((__m128i *) (void *) (to + 8 - __builtin_popcount(out & 255)),
                     _mm_shuffle_epi8(_mm_srli_si128(bytes, 8), high));
}

/* What is plain, and quotes that are escaped, sixteen bytes at a time whatever is among them; stops at anything else, and where fewer
 * than sixteen are left. */
__attribute__((target("ssse3,popcnt"))) static const char *take_steps(const char *at, const char *end, char **out)
{
    char *to = *out;
    unsigned begun = 0; /* 1: the byte before is a backslash, which has been left out */
    while (end - at >= STEP) {
        const __m128i bytes = load_step(at);
        const unsigned back = where_is(bytes, '\\');
        /* behind each backslash a quote, and no other quote */
        const unsigned wrong = ((where_is(bytes, '"') ^ (back << 1 | begun)) & ((1u << STEP) - 1)) | where_is_other(bytes);
        if (wrong != 0) {
            const unsigned count = (unsigned) __builtin_ctz(wrong), dropped = back & ((1u << count) - 1);
            put_without(bytes, dropped, to);
            to += count - (unsigned) __builtin_popcount(dropped);
            at += count;
            begun = count == 0 ? begun : back >> (count - 1) & 1;
            break;
        }
        put_without(bytes, back, to);
        to += STEP - __builtin_popcount(back);
        at += STEP;
        begun = back >> (STEP - 1);
    }
    *out = to;
    return at - begun; /* an escape goes whole, or not at all */
}
#endif

/* Bodies and headers are JSON in a string: nearly every escape is that of a quote, and every few bytes there is one. */
static inline const char *take_most(const char *at, const char *end, char **to)
{
#ifdef __SSE2__
    if (__builtin_cpu_supports("ssse3") && __builtin_cpu_supports("popcnt"))
        return take_steps(at, end, to);
#endif
    (void) end;
    (void) to;
    return at;
}

/* From the first byte that is not plain on, into the text; NULL: malformed. Otherwise the closing quote. */
static const char *take_rest(const char *at, const char *end, char **out)
{
    char *to = *out;
    for (;;) {
        at = take_most(at, end, &to);
        while (at < end && is_plain(*at))
            *to++ = *at++;
        if (at == end || *at == '"')
            break;
        size_t len = take_special(at, (size_t) (end - at), &to);
        if (len == 0)
            return NULL;
        at += len;
    }
    *out = to;
    return at < end ? at : NULL;
}

enum tally_code archive_read_string(struct scan *scan, char **to, struct slice *out)
{
    if (scan_is_at_end(scan) || *scan->at != '"')
        return TALLY_E_MALFORMED;
    const char *begin = scan->at + 1;
    const char *quote = pass_plain(begin, scan->end);
    const size_t plain = (size_t) (quote - begin);
    if (quote < scan->end && *quote == '"') {
        *out = slice_of(begin, plain);
    } else {
        char *text = *to;
        memcpy(text, begin, plain);
        *to += plain;
        quote = take_rest(quote, scan->end, to);
        if (quote == NULL) {
            *to = text;
            return TALLY_E_MALFORMED;
        }
        *out = slice_of(text, (size_t) (*to - text));
    }
    scan->at = quote + 1;
    return TALLY_OK;
}
