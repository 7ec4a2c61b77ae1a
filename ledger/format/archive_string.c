#include "archive_string.h"

#include <stdint.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "tally/text.h"

/* Archives are gigabytes of which nearly all is plain: ASCII without quote, backslash and controls. STEP bytes are looked at together:
 * plain_step says how many from `at` on are plain, up to STEP. It stores all of them, also those behind, which are written over later. */
#ifdef __SSE2__
#define STEP 16

static inline size_t plain_step(const char *at, char *to, bool is_copied)
{
    const __m128i bytes = _mm_loadu_si128((const __m128i *) (const void *) at);
    /* signed: what has the top bit set is below a space, too */
    const __m128i special =
        _mm_or_si128(_mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20)),
                     _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')), _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'))));
    const unsigned mask = (unsigned) _mm_movemask_epi8(special);
    if (is_copied)
        _mm_storeu_si128((__m128i *) (void *) to, bytes);
    return mask == 0 ? STEP : (size_t) __builtin_ctz(mask);
}
#else
#define STEP 1

static inline size_t plain_step(const char *at, char *to, bool is_copied)
{
    unsigned char c = (unsigned char) *at;
    if (is_copied)
        *to = *at;
    return c >= 0x20 && c < 0x80 && c != '"' && c != '\\' ? 1 : 0;
}
#endif
_Static_assert(STEP <= ARCHIVE_TEXT_SLACK, "what is stored behind the last plain byte has room");

static inline bool is_plain(char c)
{
    return (signed char) c >= 0x20 && c != '"' && c != '\\';
}

/* How many bytes from `at` on are plain; copied to `to` if they are to be. */
static inline size_t take_plain(const char *at, const char *end, char *to, bool is_copied)
{
    const char *from = at;
    while ((size_t) (end - at) >= STEP) {
        size_t n = plain_step(at, to, is_copied);
        at += n;
        if (n < STEP)
            return (size_t) (at - from);
        if (is_copied)
            to += n;
    }
    while (at < end && is_plain(*at)) {
        if (is_copied)
            *to++ = *at;
        at++;
    }
    return (size_t) (at - from);
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

/* Bodies and headers are JSON in a string, and nearly every escape is that of a quote, mostly two with one character between: \":\" */
static inline const char *take_quotes(const char *at, const char *end, char **to)
{
    *(*to)++ = '"';
    at += 2;
    if (end - at >= 3 && (*at == ':' || *at == ',') && at[1] == '\\' && at[2] == '"') {
        (*to)[0] = *at;
        (*to)[1] = '"';
        *to += 2;
        at += 3;
    }
    return at;
}

/* From the first byte that is not plain on, into the text; NULL: malformed. Otherwise the closing quote. */
static const char *take_rest(const char *at, const char *end, char **out)
{
    char *to = *out;
    while (at < end && *at != '"') {
        if (*at == '\\' && end - at >= 2 && at[1] == '"') {
            at = take_quotes(at, end, &to);
        } else {
            size_t len = take_special(at, (size_t) (end - at), &to);
            if (len == 0)
                return NULL;
            at += len;
        }
        size_t plain = take_plain(at, end, to, true);
        to += plain;
        at += plain;
    }
    *out = to;
    return at < end ? at : NULL;
}

enum tally_code archive_read_string(struct scan *scan, char **to, struct slice *out)
{
    if (scan_is_at_end(scan) || *scan->at != '"')
        return TALLY_E_MALFORMED;
    const char *begin = scan->at + 1;
    size_t plain = take_plain(begin, scan->end, NULL, false);
    const char *quote = begin + plain;
    if (quote < scan->end && *quote == '"') {
        *out = slice_of(begin, plain);
    } else {
        char *text = *to;
        memcpy(text, begin, plain);
        *to += plain;
        quote = take_rest(begin + plain, scan->end, to);
        if (quote == NULL) {
            *to = text;
            return TALLY_E_MALFORMED;
        }
        *out = slice_of(text, (size_t) (*to - text));
    }
    scan->at = quote + 1;
    return TALLY_OK;
}
