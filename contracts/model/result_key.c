/* The identity of a result, and its dimensions as text. */
#include "tally/canon.h"
#include "view.h"

void result_key_write(struct slice indicator, uint32_t version, struct slice contract, struct slice metric,
                      struct slice dimensions, struct slice author, struct buf *out)
{
    if (indicator.len > 0) {
        buf_add_slice(out, indicator);
        buf_add_char(out, '|');
        buf_add_u64(out, version);
    } else {
        buf_add_char(out, '|');
        buf_add_slice(out, contract);
        buf_add_char(out, '|');
        buf_add_slice(out, metric);
    }
    buf_add_char(out, '|');
    buf_add_slice(out, dimensions);
    buf_add_char(out, '|');
    buf_add_slice(out, author);
}

void dimensions_write(const struct command_result *result, struct buf *out)
{
    struct canon json;
    canon_init(&json, out);
    canon_object(&json);
    for (uint32_t i = 0; i < result->dimension_count; i++) {
        canon_name_slice(&json, result->dimensions[i].name);
        canon_string(&json, result->dimensions[i].member);
    }
    canon_close(&json);
}

enum tally_code model_result_key(const struct command_result *result, struct slice author, struct arena *arena,
                                 struct slice *out, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct buf dimensions, key;
    buf_init(&dimensions, RESULT_KEY_MAX);
    buf_init(&key, RESULT_KEY_MAX);
    dimensions_write(result, &dimensions);
    TRY(buf_check(&dimensions, err));
    result_key_write(result->indicator, result->version, result->contract, result->metric, buf_slice(&dimensions), author,
                     &key);
    TRY(buf_check(&key, err));
    TRY(arena_copy(arena, key.ptr, key.len, out, err));
done:
    buf_release(&dimensions);
    buf_release(&key);
    return rc;
}

/* Steps over one string of canonical JSON without escapes: names and members have no character that needs one. */
static bool take_string(struct slice *rest, struct slice *out)
{
    if (rest->len < 2 || rest->ptr[0] != '"')
        return false;
    const char *end = memchr(rest->ptr + 1, '"', rest->len - 1);
    if (end == NULL)
        return false;
    *out = slice_of(rest->ptr + 1, (size_t) (end - rest->ptr) - 1);
    if (out->len > 0 && memchr(out->ptr, '\\', out->len) != NULL)
        return false;
    *rest = slice_of(end + 1, rest->len - (size_t) (end + 1 - rest->ptr));
    return true;
}

static bool take_char(struct slice *rest, char c)
{
    if (rest->len == 0 || rest->ptr[0] != c)
        return false;
    *rest = slice_of(rest->ptr + 1, rest->len - 1);
    return true;
}

/* out may be NULL: only counts. */
static bool scan(struct slice json, struct terms_dimension_value *out, uint32_t *count)
{
    *count = 0;
    if (!take_char(&json, '{'))
        return false;
    if (take_char(&json, '}'))
        return json.len == 0;
    do {
        struct terms_dimension_value value;
        if (!take_string(&json, &value.name) || !take_char(&json, ':') || !take_string(&json, &value.member))
            return false;
        if (out != NULL)
            out[*count] = value;
        (*count)++;
    } while (take_char(&json, ','));
    return take_char(&json, '}') && json.len == 0;
}

enum tally_code dimensions_count(struct slice json, uint32_t *count, struct err *err)
{
    if (!scan(json, NULL, count))
        return err_set(err, TALLY_E_INTEGRITY, "the dimensions of a stored result are not the JSON that is written: %.*s",
                       SLICE_ARG(json));
    return TALLY_OK;
}

void dimensions_read(struct slice json, struct terms_dimension_value *out)
{
    uint32_t count;
    ENSURE(scan(json, out, &count));
}
