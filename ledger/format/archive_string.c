#include "archive_string.h"

#include "tally/text.h"

/* The length of the escape at `at`, and what it stands for; 0 when no canonical writer writes it. */
static size_t escape(const char *at, size_t left, char *out)
{
    static const char SHORT[] = "b\bt\tn\nf\fr\r\"\"\\\\";
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

/* Up to the closing quote: false without one, or with something unescaped that must not be. */
static bool measure(const struct scan *scan, size_t *raw_len, size_t *escaped)
{
    const char *at = scan->at;
    char c;
    *escaped = 0;
    while (at < scan->end && *at != '"') {
        if ((unsigned char) *at < 0x20)
            return false;
        if (*at != '\\') {
            at++;
            continue;
        }
        size_t n = escape(at, (size_t) (scan->end - at), &c);
        if (n == 0)
            return false;
        *escaped += n - 1;
        at += n;
    }
    *raw_len = (size_t) (at - scan->at);
    return at < scan->end;
}

static void unescape(const char *at, size_t raw_len, char *out)
{
    const char *end = at + raw_len;
    while (at < end) {
        if (*at == '\\')
            at += escape(at, (size_t) (end - at), out++);
        else
            *out++ = *at++;
    }
}

enum tally_code archive_read_string(struct scan *scan, struct arena *arena, struct slice *out)
{
    size_t raw_len = 0;
    size_t escaped = 0;
    if (!scan_literal(scan, "\"") || !measure(scan, &raw_len, &escaped))
        return TALLY_E_MALFORMED;
    if (!text_is_utf8(slice_of(scan->at, raw_len), NULL))
        return TALLY_E_MALFORMED;
    char *text = arena_alloc(arena, raw_len - escaped);
    if (text == NULL)
        return TALLY_E_LIMIT;
    unescape(scan->at, raw_len, text);
    *out = slice_of(text, raw_len - escaped);
    scan->at += raw_len + 1;
    return TALLY_OK;
}
