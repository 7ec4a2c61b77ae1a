#include "json.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "tally/canon.h"
#include "tally/text.h"

#define DETAIL_MAX 400   /* of one place: a sentence and a name */
#define POINTER_MAX 1024 /* longer ones end at the last member that fits */

void reader_failed(struct reader *r, enum tally_code code)
{
    if (r->rc == TALLY_OK)
        r->rc = code;
}

bool reader_is_fine(const struct reader *r)
{
    return r->rc == TALLY_OK && r->refusal == NULL;
}

bool reader_is_full(const struct reader *r)
{
    return r->rc != TALLY_OK || r->errors >= COMMAND_ERRORS_MAX;
}

/* ---- pointers ---- */
static void write_part(struct buf *out, struct slice part)
{
    buf_add_char(out, '/');
    for (size_t i = 0; i < part.len; i++) {
        if (part.ptr[i] == '~')
            buf_add_str(out, "~0");
        else if (part.ptr[i] == '/')
            buf_add_str(out, "~1");
        else
            buf_add_char(out, part.ptr[i]);
    }
}

static void write_path(struct buf *out, const struct path *path)
{
    if (path == NULL)
        return;
    write_path(out, path->up);
    size_t before = out->len;
    if (path->name != NULL)
        write_part(out, slice_str(path->name));
    else
        buf_printf(out, "/%zu", path->index);
    if (out->failed == TALLY_E_LIMIT) { /* a name that long is nobody's: point at what holds it */
        out->len = before;
        out->failed = TALLY_OK;
    }
}

static void wrong_at(struct reader *r, enum refusal_code code, struct slice pointer, struct slice detail)
{
    if (r->refusal == NULL)
        r->refusal = refusal_new(r->arena, code, "%.*s%s%.*s", SLICE_ARG(pointer), pointer.len == 0 ? "the body: " : ": ",
                                 SLICE_ARG(detail));
    if (r->refusal == NULL || !refusal_add(r->arena, r->refusal, pointer, detail))
        reader_failed(r, err_set(r->err, TALLY_E_LIMIT, "no memory to say what is wrong with a body"));
    r->errors++;
}

void reader_wrong(struct reader *r, enum refusal_code code, const struct path *path, const char *fmt, ...)
{
    char detail[DETAIL_MAX];
    struct buf pointer;
    va_list args;
    if (reader_is_full(r))
        return;
    va_start(args, fmt);
    int len = vsnprintf(detail, sizeof(detail), fmt, args);
    va_end(args);
    size_t used = len < 0 ? 0 : (size_t) len < sizeof(detail) ? (size_t) len : sizeof(detail) - 1;
    while (used > 0 && (size_t) len >= sizeof(detail) && ((unsigned char) detail[used - 1] & 0x80) != 0)
        used--; /* no half character at the cut */
    buf_init(&pointer, POINTER_MAX);
    write_path(&pointer, path);
    wrong_at(r, code, buf_slice(&pointer), slice_of(detail, used));
    buf_release(&pointer);
}

/* ---- a scan of the text: depth and number of values, and where in the tree an offset lies ---- */
struct level {
    bool is_object, has_colon;
    struct slice key; /* as written */
    size_t index;
};

struct scan {
    struct level levels[JSON_DEPTH_MAX];
    int depth, deepest;
    size_t values;
};

/* Steps over a string that begins at `at`; gives the place behind it. */
static size_t skip_string(struct slice body, size_t at, size_t stop)
{
    for (at++; at < stop && body.ptr[at] != '"'; at++) {
        if (body.ptr[at] == '\\')
            at++;
    }
    return at < stop ? at + 1 : stop;
}

static void take_mark(struct scan *scan, char c)
{
    struct level *level = scan->depth == 0 ? NULL : &scan->levels[scan->depth - 1];
    if (c == '{' || c == '[') {
        scan->values++;
        if (scan->depth < JSON_DEPTH_MAX)
            scan->levels[scan->depth] = (struct level){.is_object = c == '{'};
        scan->depth++;
        scan->deepest = scan->depth > scan->deepest ? scan->depth : scan->deepest;
    } else if ((c == '}' || c == ']') && level != NULL) {
        scan->depth--;
    } else if (c == ':' && level != NULL) {
        level->has_colon = true;
    } else if (c == ',' && level != NULL) {
        scan->values++;
        level->index++;
        level->has_colon = false;
        level->key = (struct slice){NULL, 0};
    }
}

/* Up to `stop`, or to where the depth is over its limit. */
static void scan_text(struct slice body, size_t stop, struct scan *scan)
{
    *scan = (struct scan){.depth = 0};
    for (size_t at = 0; at < stop && scan->depth <= JSON_DEPTH_MAX;) {
        if (body.ptr[at] != '"') {
            take_mark(scan, body.ptr[at++]);
            continue;
        }
        size_t end = skip_string(body, at, stop);
        struct level *level = scan->depth == 0 ? NULL : &scan->levels[scan->depth - 1];
        if (level != NULL && level->is_object && !level->has_colon && end >= at + 2)
            level->key = slice_of(body.ptr + at + 1, end - at - 2);
        at = end;
    }
}

static void pointer_of_scan(const struct scan *scan, struct buf *out)
{
    for (int i = 0; i < scan->depth && i < JSON_DEPTH_MAX; i++) {
        const struct level *level = &scan->levels[i];
        if (!level->is_object)
            buf_printf(out, "/%zu", level->index);
        else if (level->key.ptr != NULL && level->key.len <= MODEL_ID_MAX)
            write_part(out, level->key);
        else
            return;
    }
}

static void wrong_text(struct reader *r, struct slice body, const json_error_t *error)
{
    char detail[DETAIL_MAX];
    struct buf pointer;
    struct scan scan;
    size_t at = error->position < 0 ? 0 : (size_t) error->position;
    scan_text(body, at < body.len ? at : body.len, &scan);
    buf_init(&pointer, POINTER_MAX);
    pointer_of_scan(&scan, &pointer);
    int len = snprintf(detail, sizeof(detail), "line %d, column %d: %s", error->line, error->column, error->text);
    struct slice text = slice_of(detail, len < 0 ? 0 : (size_t) len < sizeof(detail) ? (size_t) len : sizeof(detail) - 1);
    wrong_at(r, REFUSE_BODY_JSON, text_is_utf8(buf_slice(&pointer), NULL) ? buf_slice(&pointer) : SLICE(""),
             text_is_utf8(text, NULL) ? text : SLICE("it is not well-formed"));
    buf_release(&pointer);
}

/* ---- numbers: whole, and exact in every reader's arithmetic ---- */
static void check_numbers(struct reader *r, const struct path *path, json_t *value)
{
    struct path below = {.up = path};
    const char *name;
    json_t *item;
    if (json_is_real(value))
        reader_wrong(r, REFUSE_BODY_JSON, path,
                     "a number with a point or an exponent is not read: write amounts and values as strings");
    if (json_is_integer(value) && (json_integer_value(value) > CANON_INT_MAX || json_integer_value(value) < -CANON_INT_MAX))
        reader_wrong(r, REFUSE_BODY_JSON, path, "a number beyond 9007199254740991 is not read");
    json_object_foreach(value, name, item)
    {
        below.name = name;
        check_numbers(r, &below, item);
    }
    below.name = NULL;
    for (size_t i = 0; json_is_array(value) && i < json_array_size(value); i++) {
        below.index = i;
        check_numbers(r, &below, json_array_get(value, i));
    }
}

json_t *json_read(struct reader *r, struct slice body)
{
    struct scan scan;
    json_error_t error = {.position = 0};
    scan_text(body, body.len, &scan);
    if (scan.deepest > JSON_DEPTH_MAX) {
        reader_wrong(r, REFUSE_BODY_JSON, NULL, "it is nested more than %d deep", JSON_DEPTH_MAX);
        return NULL;
    }
    if (scan.values > JSON_VALUES_MAX) {
        reader_wrong(r, REFUSE_BODY_JSON, NULL, "it has more than %d values: send it in parts", JSON_VALUES_MAX);
        return NULL;
    }
    json_t *json = json_loadb(body.ptr == NULL ? "" : body.ptr, body.len, JSON_REJECT_DUPLICATES, &error);
    if (json == NULL && json_error_code(&error) == json_error_out_of_memory) {
        reader_failed(r, err_set(r->err, TALLY_E_NO_MEMORY, "no memory for a body of %zu bytes", body.len));
        return NULL;
    }
    if (json == NULL) {
        wrong_text(r, body, &error);
        return NULL;
    }
    check_numbers(r, NULL, json);
    if (reader_is_fine(r))
        return json;
    json_decref(json);
    return NULL;
}
