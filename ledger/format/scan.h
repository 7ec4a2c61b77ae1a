/* A cursor over bytes that have one spelling only; shared by the strict readers of ledger/format. */
#ifndef TALLY_FORMAT_SCAN_H
#define TALLY_FORMAT_SCAN_H

#include "tally/slice.h"

struct scan {
    const char *at;
    const char *end;
};

static inline void scan_init(struct scan *scan, struct slice bytes)
{
    scan->at = bytes.len == 0 ? "" : bytes.ptr;
    scan->end = scan->at + bytes.len;
}

static inline size_t scan_left(const struct scan *scan)
{
    return (size_t) (scan->end - scan->at);
}

static inline bool scan_is_at_end(const struct scan *scan)
{
    return scan->at == scan->end;
}

/* True, and past it, when the literal comes next. Always inline: the length of a constant is one, and comparing with it few instructions. */
__attribute__((always_inline)) static inline bool scan_literal(struct scan *scan, const char *literal)
{
    size_t len = strlen(literal);
    if (scan_left(scan) < len || memcmp(scan->at, literal, len) != 0)
        return false;
    scan->at += len;
    return true;
}

/* The next len bytes. */
static inline bool scan_take(struct scan *scan, size_t len, struct slice *out)
{
    if (scan_left(scan) < len)
        return false;
    *out = slice_of(scan->at, len);
    scan->at += len;
    return true;
}

/* What comes before the next `end`, which is passed over too. */
static inline bool scan_until(struct scan *scan, char end, struct slice *out)
{
    const char *found = memchr(scan->at, end, scan_left(scan));
    if (found == NULL)
        return false;
    *out = slice_of(scan->at, (size_t) (found - scan->at));
    scan->at = found + 1;
    return true;
}

#endif
