/* Writer of canonical JSON (RFC 8785, as formats.md narrows it): no white space, members in order of their
 * names, strings escaped minimally, integers with |n| <= 2^53-1 and no other numbers.
 *
 * The writer does not sort: the caller writes members in order, and a member out of order is a bug that
 * ENSURE catches. Names known only at run time are sorted by the caller. Member names are ASCII. */
#ifndef TALLY_CANON_H
#define TALLY_CANON_H

#include <stdbool.h>
#include <stdint.h>

#include "tally/buf.h"
#include "tally/slice.h"

#define CANON_DEPTH_MAX 32
#define CANON_INT_MAX INT64_C(9007199254740991)

struct canon {
    struct buf *out;
    int depth;
    struct {
        bool is_object;
        bool has_any;
        size_t name_at, name_len; /* of the last member's name, as written in out */
    } open[CANON_DEPTH_MAX];
};

void canon_init(struct canon *w, struct buf *out);
void canon_object(struct canon *w); /* { */
void canon_array(struct canon *w);  /* [ */
void canon_close(struct canon *w);  /* } or ] */
void canon_name(struct canon *w, const char *name);
void canon_name_slice(struct canon *w, struct slice name);
void canon_string(struct canon *w, struct slice s); /* UTF-8 without U+0000; other bytes mark out as TALLY_E_MALFORMED */
void canon_str(struct canon *w, const char *s);
void canon_i64(struct canon *w, int64_t value);
void canon_bool(struct canon *w, bool value);
void canon_null(struct canon *w);
void canon_hex(struct canon *w, const void *ptr, size_t len);       /* as a string */
void canon_base64url(struct canon *w, const void *ptr, size_t len); /* as a string */
void canon_base64(struct canon *w, const void *ptr, size_t len);    /* as a string */
void canon_raw(struct canon *w, struct slice json);                 /* a value that is canonical already */

/* One string with its quotes and escapes, outside any writer; checks it as canon_string does. */
void canon_quote(struct buf *out, struct slice s);

#endif
