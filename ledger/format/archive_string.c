#include "archive_string.h"

#include <stdint.h>

#include "tally/text.h"

/* Archives are gigabytes of which nearly all is plain: ASCII without quote, backslash and controls. Eight bytes are looked at
 * together. */
#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))
#define WORD sizeof(uint64_t)

/* Not 0 when one of the eight is not plain. */
static inline uint64_t not_plain(uint64_t word)
{
    uint64_t quote = word ^ EACH('"'), backslash = word ^ EACH('\\');
    uint64_t below = (word - EACH(0x20)) & ~word;
    return (word | below | ((quote - EACH(1)) & ~quote) | ((backslash - EACH(1)) & ~backslash)) & EACH(0x80);
}

static inline bool is_plain(unsigned char c)
{
    return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

/* Moves what is plain from `at` to `to`, which is not behind it; how much that was. */
static inline size_t move_plain(char *to, const char *at, const char *end)
{
    const char *from = at;
    uint64_t word;
    while ((size_t) (end - at) >= WORD) {
        memcpy(&word, at, WORD);
        if (not_plain(word) != 0)
            break;
        memcpy(to, &word, WORD); /* ends before what is read next */
        at += WORD;
        to += WORD;
    }
    while (at < end && is_plain((unsigned char) *at))
        *to++ = *at++;
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
static size_t take_special(char **to, const char *at, size_t left)
{
    if (*at == '\\') {
        size_t len = escape(at, left, *to);
        *to += len > 0 ? 1 : 0;
        return len;
    }
    size_t len = (unsigned char) *at < 0x80 ? 0 : text_utf8_step((const unsigned char *) at, left);
    for (size_t i = 0; i < len; i++)
        *(*to)++ = at[i];
    return len;
}

enum tally_code archive_take_string(struct scan *scan, struct slice *out)
{
    const char *at = scan->at;
    if (at == scan->end || *at != '"')
        return TALLY_E_MALFORMED;
    char *begin = (char *) (uintptr_t) ++at; /* writable: this function's contract */
    char *to = begin;
    for (;;) {
        size_t len = move_plain(to, at, scan->end);
        to += len;
        at += len;
        if (at == scan->end)
            return TALLY_E_MALFORMED;
        if (*at == '"')
            break;
        len = take_special(&to, at, (size_t) (scan->end - at));
        if (len == 0)
            return TALLY_E_MALFORMED;
        at += len;
    }
    *out = slice_of(begin, (size_t) (to - begin));
    scan->at = at + 1;
    return TALLY_OK;
}
