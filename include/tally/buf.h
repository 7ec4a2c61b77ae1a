/* A growing buffer that is born with a maximum. Appending never fails visibly: a buffer that ran out
 * (over its maximum, or no memory) is marked, drops what comes, and buf_check says so once at the end. */
#ifndef TALLY_BUF_H
#define TALLY_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tally/err.h"
#include "tally/slice.h"

struct buf {
    char *ptr; /* NULL while empty; always followed by a NUL that len does not count once not NULL */
    size_t len;
    size_t cap;
    size_t max;             /* bytes that it may ever hold */
    enum tally_code failed; /* TALLY_OK, TALLY_E_LIMIT, TALLY_E_NO_MEMORY, or TALLY_E_MALFORMED by canon_quote */
};

void buf_init(struct buf *buf, size_t max);
void buf_release(struct buf *buf); /* frees; the buffer is as after buf_init */
void buf_clear(struct buf *buf);   /* empties and forgets a failure; keeps the memory */

void buf_add(struct buf *buf, const void *ptr, size_t len);
void buf_add_slice(struct buf *buf, struct slice s);
void buf_add_str(struct buf *buf, const char *s);
void buf_add_char(struct buf *buf, char c);
void buf_add_u64(struct buf *buf, uint64_t value); /* decimal */
void buf_add_i64(struct buf *buf, int64_t value);  /* decimal */
void buf_add_hex(struct buf *buf, const void *ptr, size_t len);
void buf_add_u16be(struct buf *buf, uint16_t value);
void buf_add_u32be(struct buf *buf, uint32_t value);
void buf_add_u64be(struct buf *buf, uint64_t value);
void buf_printf(struct buf *buf, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* What it holds, borrowed until the next change. */
struct slice buf_slice(const struct buf *buf);
/* TALLY_OK, or why it does not hold everything that was added. */
MUST_CHECK enum tally_code buf_check(const struct buf *buf, struct err *err);

#endif
