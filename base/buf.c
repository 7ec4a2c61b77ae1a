#include "tally/buf.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "tally/mem.h"

#define BUF_FIRST 256 /* bytes of the first allocation: a header or a short answer */

void buf_init(struct buf *buf, size_t max)
{
    *buf = (struct buf){.max = max};
}

void buf_release(struct buf *buf)
{
    mem_free(buf->ptr);
    buf_init(buf, buf->max);
}

void buf_clear(struct buf *buf)
{
    buf->len = 0;
    buf->failed = TALLY_OK;
    if (buf->ptr != NULL)
        buf->ptr[0] = '\0';
}

/* Room for len bytes more and the NUL; marks the buffer when there is none. */
static bool reserve(struct buf *buf, size_t len)
{
    if (buf->failed != TALLY_OK)
        return false;
    /* the NUL must be countable, hence the comparison with SIZE_MAX - 1 */
    size_t max = buf->max < SIZE_MAX - 1 ? buf->max : SIZE_MAX - 1;
    if (buf->len > max || len > max - buf->len) {
        buf->failed = TALLY_E_LIMIT;
        return false;
    }
    size_t need = buf->len + len + 1;
    if (need <= buf->cap)
        return true;
    size_t cap = buf->cap > max / 2 ? max + 1 : buf->cap * 2;
    if (cap < BUF_FIRST)
        cap = BUF_FIRST;
    if (cap < need)
        cap = need;
    char *ptr = mem_resize(buf->ptr, cap);
    if (ptr == NULL) {
        buf->failed = TALLY_E_NO_MEMORY;
        return false;
    }
    buf->ptr = ptr;
    buf->cap = cap;
    return true;
}

void buf_add(struct buf *buf, const void *ptr, size_t len)
{
    if (!reserve(buf, len))
        return;
    if (len != 0)
        memcpy(buf->ptr + buf->len, ptr, len);
    buf->len += len;
    buf->ptr[buf->len] = '\0';
}

void buf_add_slice(struct buf *buf, struct slice s)
{
    buf_add(buf, s.ptr, s.len);
}

void buf_add_str(struct buf *buf, const char *s)
{
    buf_add(buf, s, strlen(s));
}

void buf_add_char(struct buf *buf, char c)
{
    buf_add(buf, &c, 1);
}

void buf_add_u64(struct buf *buf, uint64_t value)
{
    char digits[20]; /* 2^64 - 1 has twenty */
    size_t at = sizeof digits;
    do {
        digits[--at] = (char) ('0' + value % 10);
        value /= 10;
    } while (value != 0);
    buf_add(buf, digits + at, sizeof digits - at);
}

void buf_add_i64(struct buf *buf, int64_t value)
{
    uint64_t magnitude = (uint64_t) value;
    if (value < 0) {
        buf_add_char(buf, '-');
        magnitude = 0 - magnitude; /* right for INT64_MIN too */
    }
    buf_add_u64(buf, magnitude);
}

void buf_add_hex(struct buf *buf, const void *ptr, size_t len)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *bytes = ptr;
    if (!reserve(buf, len > SIZE_MAX / 2 ? SIZE_MAX : len * 2))
        return;
    for (size_t i = 0; i < len; i++) {
        buf->ptr[buf->len++] = digits[bytes[i] >> 4];
        buf->ptr[buf->len++] = digits[bytes[i] & 15];
    }
    buf->ptr[buf->len] = '\0';
}

static void add_be(struct buf *buf, uint64_t value, size_t len)
{
    unsigned char bytes[8];
    for (size_t i = 0; i < len; i++)
        bytes[i] = (unsigned char) (value >> (8 * (len - 1 - i)));
    buf_add(buf, bytes, len);
}

void buf_add_u16be(struct buf *buf, uint16_t value)
{
    add_be(buf, value, 2);
}

void buf_add_u32be(struct buf *buf, uint32_t value)
{
    add_be(buf, value, 4);
}

void buf_add_u64be(struct buf *buf, uint64_t value)
{
    add_be(buf, value, 8);
}

void buf_printf(struct buf *buf, const char *fmt, ...)
{
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, fmt, args);
    if (len < 0) {
        buf->failed = TALLY_E_NO_MEMORY; /* the C library's only other reason is a text of more than INT_MAX */
    } else if (reserve(buf, (size_t) len)) {
        (void) vsnprintf(buf->ptr + buf->len, (size_t) len + 1, fmt, again);
        buf->len += (size_t) len;
    }
    va_end(again);
    va_end(args);
}

struct slice buf_slice(const struct buf *buf)
{
    return slice_of(buf->ptr, buf->len);
}

enum tally_code buf_check(const struct buf *buf, struct err *err)
{
    switch (buf->failed) {
    case TALLY_OK:
        return TALLY_OK;
    case TALLY_E_LIMIT:
        return err_set(err, TALLY_E_LIMIT, "over %zu bytes, the most that may be held here", buf->max);
    case TALLY_E_MALFORMED:
        return err_set(err, TALLY_E_MALFORMED, "a text in it is not well-formed UTF-8");
    default:
        return err_set(err, buf->failed, "no memory after %zu bytes", buf->len);
    }
}
