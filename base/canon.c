#include "tally/canon.h"

#include "tally/text.h"

void canon_init(struct canon *w, struct buf *out)
{
    w->out = out;
    w->depth = 0;
}

/* A buffer that ran out no longer holds what was written, so nothing can be checked against it. */
static bool is_checkable(const struct canon *w)
{
    return w->out->failed == TALLY_OK;
}

/* Before each value: the comma in an array; in an object a name must have come just before. */
static void value_begin(struct canon *w)
{
    if (w->depth == 0)
        return;
    bool is_object = w->open[w->depth - 1].is_object;
    if (is_object) {
        /* no value ends in a colon, so a colon at the end is the name's */
        ENSURE(!is_checkable(w) || w->out->ptr[w->out->len - 1] == ':');
        return;
    }
    if (w->open[w->depth - 1].has_any)
        buf_add_char(w->out, ',');
    w->open[w->depth - 1].has_any = true;
}

static void container_begin(struct canon *w, bool is_object)
{
    value_begin(w);
    ENSURE(w->depth < CANON_DEPTH_MAX);
    w->open[w->depth].is_object = is_object;
    w->open[w->depth].has_any = false;
    w->depth++;
    buf_add_char(w->out, is_object ? '{' : '[');
}

void canon_object(struct canon *w)
{
    container_begin(w, true);
}

void canon_array(struct canon *w)
{
    container_begin(w, false);
}

void canon_close(struct canon *w)
{
    ENSURE(w->depth > 0);
    w->depth--;
    bool is_object = w->open[w->depth].is_object;
    ENSURE(!is_object || !is_checkable(w) || w->out->ptr[w->out->len - 1] != ':');
    buf_add_char(w->out, is_object ? '}' : ']');
}

/* The next character of a string that canon_quote wrote. */
static unsigned char unescape(struct slice written, size_t *at)
{
    static const char letters[] = "btnfr";
    static const char controls[] = "\b\t\n\f\r";
    char c = written.ptr[(*at)++];
    if (c != '\\')
        return (unsigned char) c;
    c = written.ptr[(*at)++];
    if (c == 'u') {
        unsigned char value = 0;
        /* a name is ASCII, so the first two digits are zeros */
        ENSURE(text_unhex(slice_of(written.ptr + *at + 2, 2), &value, 1) == TALLY_OK);
        *at += 4;
        return value;
    }
    const char *letter = strchr(letters, c);
    return (unsigned char) (letter == NULL ? c : controls[letter - letters]);
}

static bool is_before(struct slice written, struct slice name)
{
    size_t at = 0;
    for (size_t i = 0; i < name.len; i++) {
        if (at >= written.len)
            return true;
        unsigned char before = unescape(written, &at);
        unsigned char now = (unsigned char) name.ptr[i];
        if (before != now)
            return before < now;
    }
    return false;
}

void canon_name_slice(struct canon *w, struct slice name)
{
    ENSURE(w->depth > 0 && w->open[w->depth - 1].is_object);
    for (size_t i = 0; i < name.len; i++)
        ENSURE((unsigned char) name.ptr[i] < 0x80); /* beyond ASCII, bytes and UTF-16 units sort differently */
    struct buf *out = w->out;
    if (w->open[w->depth - 1].has_any) {
        if (is_checkable(w)) {
            ENSURE(out->ptr[out->len - 1] != ':');
            ENSURE(is_before(slice_of(out->ptr + w->open[w->depth - 1].name_at, w->open[w->depth - 1].name_len), name));
        }
        buf_add_char(out, ',');
    }
    size_t at = out->len + 1;
    canon_quote(out, name);
    w->open[w->depth - 1].has_any = true;
    if (is_checkable(w)) {
        w->open[w->depth - 1].name_at = at;
        w->open[w->depth - 1].name_len = out->len - 1 - at;
    }
    buf_add_char(out, ':');
}

void canon_name(struct canon *w, const char *name)
{
    canon_name_slice(w, slice_str(name));
}

void canon_quote(struct buf *out, struct slice s)
{
    static const char controls[] = "\b\t\n\f\r\"\\";
    static const char letters[] = "btnfr\"\\";
    buf_add_char(out, '"');
    size_t plain = 0; /* where the run that needs no escape begins */
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char) s.ptr[i];
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        if (i > plain)
            buf_add(out, s.ptr + plain, i - plain);
        plain = i + 1;
        const char *letter = c == 0 ? NULL : strchr(controls, c);
        if (letter == NULL) {
            buf_add_str(out, "\\u00");
            buf_add_hex(out, &c, 1);
        } else {
            buf_add_char(out, '\\');
            buf_add_char(out, letters[letter - controls]);
        }
    }
    if (s.len > plain)
        buf_add(out, s.ptr + plain, s.len - plain);
    buf_add_char(out, '"');
    /* bytes that are no text must not pass for JSON; the buffer's check tells the caller */
    if (out->failed == TALLY_OK && !text_is_utf8(s, NULL))
        out->failed = TALLY_E_MALFORMED;
}

void canon_string(struct canon *w, struct slice s)
{
    value_begin(w);
    canon_quote(w->out, s);
}

void canon_str(struct canon *w, const char *s)
{
    canon_string(w, slice_str(s));
}

void canon_i64(struct canon *w, int64_t value)
{
    ENSURE(value >= -CANON_INT_MAX && value <= CANON_INT_MAX);
    value_begin(w);
    buf_add_i64(w->out, value);
}

void canon_bool(struct canon *w, bool value)
{
    value_begin(w);
    buf_add_str(w->out, value ? "true" : "false");
}

void canon_null(struct canon *w)
{
    value_begin(w);
    buf_add_str(w->out, "null");
}

void canon_hex(struct canon *w, const void *ptr, size_t len)
{
    value_begin(w);
    buf_add_char(w->out, '"');
    buf_add_hex(w->out, ptr, len);
    buf_add_char(w->out, '"');
}

void canon_base64url(struct canon *w, const void *ptr, size_t len)
{
    value_begin(w);
    buf_add_char(w->out, '"');
    text_base64url(ptr, len, w->out);
    buf_add_char(w->out, '"');
}

void canon_base64(struct canon *w, const void *ptr, size_t len)
{
    value_begin(w);
    buf_add_char(w->out, '"');
    text_base64(ptr, len, w->out);
    buf_add_char(w->out, '"');
}

void canon_raw(struct canon *w, struct slice json)
{
    value_begin(w);
    buf_add_slice(w->out, json);
}
