#include <stdio.h>
#include <string.h>

#include "openapi.h"
#include "tally/canon.h"

#define YAML_DEPTH_MAX 40 /* openapi.yaml has 16 */

struct yaml {
    struct slice rest; /* behind the current line */
    struct slice text; /* the current line without indentation */
    size_t indent;
    int line, depth;
    bool is_end;
    struct buf *out;
};

MUST_CHECK static enum tally_code wrong(const struct yaml *y, const char *what, struct err *err)
{
    return err_set(err, TALLY_E_MALFORMED, "openapi.yaml line %d: %s", y->line, what);
}

/* To the next line that says something. */
static void advance(struct yaml *y)
{
    while (y->rest.len > 0) {
        const char *lf = memchr(y->rest.ptr, '\n', y->rest.len);
        struct slice line = lf == NULL ? y->rest : slice_of(y->rest.ptr, (size_t) (lf - y->rest.ptr));
        y->rest = slice_of(y->rest.ptr + line.len + (lf != NULL), y->rest.len - line.len - (lf != NULL));
        y->line++;
        size_t indent = 0;
        while (indent < line.len && line.ptr[indent] == ' ')
            indent++;
        if (indent == line.len || line.ptr[indent] == '#')
            continue;
        y->indent = indent;
        y->text = slice_of(line.ptr + indent, line.len - indent);
        return;
    }
    y->is_end = true;
}

static struct slice skip(struct slice s, size_t n)
{
    s = slice_of(s.ptr + n, s.len - n);
    while (s.len > 0 && s.ptr[0] == ' ')
        s = slice_of(s.ptr + 1, s.len - 1);
    return s;
}

/* Length of a double-quoted string with its quotes; 0 when it does not end. */
static size_t quoted_len(struct slice s)
{
    for (size_t i = 1; i < s.len; i++) {
        if (s.ptr[i] == '\\')
            i++;
        else if (s.ptr[i] == '"')
            return i + 1;
    }
    return 0;
}

static bool is_bare_json(struct slice s)
{
    if (slice_is(s, "true") || slice_is(s, "false") || slice_is(s, "null"))
        return true;
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] < '0' || s.ptr[i] > '9')
            return false;
    }
    return s.len > 0 && (s.len == 1 || s.ptr[0] != '0');
}

static bool has_trap(struct slice s)
{
    for (size_t i = 0; i + 1 < s.len; i++) {
        if ((s.ptr[i] == ':' && s.ptr[i + 1] == ' ') || (s.ptr[i] == ' ' && s.ptr[i + 1] == '#'))
            return true;
    }
    return s.len > 0 && (strchr("&*!|>'%@`#,]}", s.ptr[0]) != NULL || s.ptr[s.len - 1] == ':' || s.ptr[s.len - 1] == ' ');
}

MUST_CHECK static enum tally_code plain(struct yaml *y, struct slice s, struct err *err)
{
    if (s.len == 0 || has_trap(s))
        return wrong(y, "a plain value that YAML would read in another way; quote it", err);
    if (is_bare_json(s))
        buf_add_slice(y->out, s);
    else
        canon_quote(y->out, s);
    return TALLY_OK;
}

MUST_CHECK static enum tally_code flow(struct yaml *y, struct slice *s, struct err *err);

/* A plain or quoted scalar inside a flow collection. */
MUST_CHECK static enum tally_code flow_scalar(struct yaml *y, struct slice *s, bool is_name, struct err *err)
{
    size_t len = 0;
    if (s->len > 0 && s->ptr[0] == '"') {
        len = quoted_len(*s);
        if (len == 0)
            return wrong(y, "a string that does not end", err);
        buf_add(y->out, s->ptr, len);
        *s = skip(*s, len);
        return TALLY_OK;
    }
    while (len < s->len && strchr(is_name ? ":" : ",]}", s->ptr[len]) == NULL)
        len++;
    struct slice one = slice_of(s->ptr, len);
    while (one.len > 0 && one.ptr[one.len - 1] == ' ')
        one.len--;
    *s = skip(*s, len);
    if (is_name) {
        canon_quote(y->out, one);
        return one.len > 0 ? TALLY_OK : wrong(y, "a name is missing", err);
    }
    return plain(y, one, err);
}

MUST_CHECK static enum tally_code flow_items(struct yaml *y, struct slice *s, char close, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    buf_add_char(y->out, s->ptr[0]);
    *s = skip(*s, 1);
    for (bool is_first = true; s->len > 0 && s->ptr[0] != close; is_first = false) {
        if (!is_first) {
            if (s->ptr[0] != ',')
                return wrong(y, "a comma is missing", err);
            buf_add_char(y->out, ',');
            *s = skip(*s, 1);
        }
        if (close == '}') {
            TRY(flow_scalar(y, s, true, err));
            if (s->len == 0 || s->ptr[0] != ':')
                return wrong(y, "a colon is missing", err);
            buf_add_char(y->out, ':');
            *s = skip(*s, 1);
        }
        TRY(flow(y, s, err));
    }
    if (s->len == 0)
        return wrong(y, "a bracket does not close", err);
    buf_add_char(y->out, close);
    *s = skip(*s, 1);
done:
    return rc;
}

enum tally_code flow(struct yaml *y, struct slice *s, struct err *err)
{
    if (s->len > 0 && (s->ptr[0] == '[' || s->ptr[0] == '{')) {
        if (++y->depth > YAML_DEPTH_MAX)
            return wrong(y, "too deep", err);
        enum tally_code rc = flow_items(y, s, s->ptr[0] == '[' ? ']' : '}', err);
        y->depth--;
        return rc;
    }
    return flow_scalar(y, s, false, err);
}

/* What stands behind a colon or a dash on the same line. */
MUST_CHECK static enum tally_code value(struct yaml *y, struct slice s, struct err *err)
{
    if (s.ptr[0] != '"' && s.ptr[0] != '[' && s.ptr[0] != '{')
        return plain(y, s, err);
    enum tally_code rc = flow(y, &s, err);
    return rc == TALLY_OK && s.len > 0 ? wrong(y, "something behind the value", err) : rc;
}

/* Length of the name that begins a mapping's line, 0 when the line is none. */
static size_t name_len(struct slice s)
{
    size_t at = s.len > 0 && s.ptr[0] == '"' ? quoted_len(s) : 0;
    if (s.len > 0 && (s.ptr[0] == '[' || s.ptr[0] == '{'))
        return 0;
    for (; at < s.len; at++) {
        if (s.ptr[at] == ':' && (at + 1 == s.len || s.ptr[at + 1] == ' '))
            return at;
    }
    return 0;
}

MUST_CHECK static enum tally_code block(struct yaml *y, size_t parent_indent, bool has_parent, struct err *err);

MUST_CHECK static enum tally_code block_sequence(struct yaml *y, size_t indent, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    buf_add_char(y->out, '[');
    for (bool is_first = true; !y->is_end && y->indent == indent && slice_starts(y->text, SLICE("- ")); is_first = false) {
        if (!is_first)
            buf_add_char(y->out, ',');
        y->text = skip(y->text, 2);
        if (name_len(y->text) > 0) {
            y->indent += 2; /* a mapping that begins behind the dash */
            TRY(block(y, indent, true, err));
        } else {
            TRY(value(y, y->text, err));
            advance(y);
        }
    }
    buf_add_char(y->out, ']');
done:
    return rc;
}

MUST_CHECK static enum tally_code block_mapping(struct yaml *y, size_t indent, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    buf_add_char(y->out, '{');
    for (bool is_first = true; !y->is_end && y->indent == indent && !slice_starts(y->text, SLICE("- ")); is_first = false) {
        size_t len = name_len(y->text);
        if (len == 0)
            return wrong(y, "neither `name: value` nor `- item`", err);
        if (!is_first)
            buf_add_char(y->out, ',');
        if (y->text.ptr[0] == '"')
            buf_add(y->out, y->text.ptr, len);
        else
            canon_quote(y->out, slice_of(y->text.ptr, len));
        buf_add_char(y->out, ':');
        struct slice behind = skip(y->text, len + 1);
        if (behind.len > 0) {
            TRY(value(y, behind, err));
            advance(y);
        } else {
            advance(y);
            TRY(block(y, indent, true, err));
        }
    }
    buf_add_char(y->out, '}');
done:
    return rc;
}

enum tally_code block(struct yaml *y, size_t parent_indent, bool has_parent, struct err *err)
{
    if (y->is_end || (has_parent && y->indent <= parent_indent))
        return wrong(y, "a value is missing", err);
    if (++y->depth > YAML_DEPTH_MAX)
        return wrong(y, "too deep", err);
    size_t indent = y->indent;
    enum tally_code rc =
        slice_starts(y->text, SLICE("- ")) ? block_sequence(y, indent, err) : block_mapping(y, indent, err);
    if (rc == TALLY_OK && !y->is_end && y->indent > indent)
        rc = wrong(y, "indented deeper than what it belongs to", err);
    y->depth--;
    return rc;
}

enum tally_code yaml_to_json(struct slice yaml, struct buf *out, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct yaml y = {.rest = yaml, .out = out};
    advance(&y);
    TRY(block(&y, 0, false, err));
    if (!y.is_end)
        TRY(wrong(&y, "this line belongs to nothing", err));
    TRY(buf_check(out, err));
done:
    return rc;
}
