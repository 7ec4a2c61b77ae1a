#include "query.h"

#include <string.h>

#include "tally/text.h"

static bool is_known(const char *known, struct slice name)
{
    while (known != NULL && *known != '\0') {
        size_t len = strcspn(known, " ");
        if (name.len == len && memcmp(known, name.ptr, len) == 0)
            return true;
        known += len + (known[len] == ' ');
    }
    return false;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* %XX, and nothing else, stands for something else. False: it does not decode to UTF-8 without NUL. */
static bool decode(struct slice raw, struct arena *arena, struct slice *out)
{
    char *text = arena_alloc(arena, raw.len + 1);
    size_t len = 0;
    if (text == NULL)
        return false;
    for (size_t i = 0; i < raw.len; i++) {
        if (raw.ptr[i] != '%') {
            text[len++] = raw.ptr[i];
            continue;
        }
        int high = raw.len - i < 3 ? -1 : hex_digit(raw.ptr[i + 1]);
        int low = high < 0 ? -1 : hex_digit(raw.ptr[i + 2]);
        if (low < 0)
            return false;
        text[len++] = (char) (high * 16 + low);
        i += 2;
    }
    *out = slice_of(text, len);
    return text_is_utf8(*out, NULL);
}

static const struct refusal *take_pair(struct slice pair, const char *known, struct arena *arena, struct query *out)
{
    const char *equals = memchr(pair.ptr, '=', pair.len);
    struct slice name = equals == NULL ? pair : slice_of(pair.ptr, (size_t) (equals - pair.ptr));
    struct slice raw = equals == NULL ? SLICE("") : slice_of(equals + 1, pair.len - name.len - 1);
    struct slice value;
    if (!is_known(known, name))
        return refusal_new(arena, REFUSE_REQUEST_MALFORMED, "there is no query parameter %.*s here%s%s", SLICE_ARG(name),
                           known == NULL ? "" : "; there are: ", known == NULL ? "" : known);
    if (out->count == QUERY_MAX)
        return refusal_new(arena, REFUSE_REQUEST_MALFORMED, "too many query parameters");
    for (int i = 0; i < out->count; i++) {
        if (slice_equal(out->items[i].name, name))
            return refusal_new(arena, REFUSE_REQUEST_MALFORMED, "the query parameter %.*s is given twice", SLICE_ARG(name));
    }
    if (!decode(raw, arena, &value))
        return refusal_new(arena, REFUSE_REQUEST_MALFORMED, "the query parameter %.*s is not percent-encoded UTF-8",
                           SLICE_ARG(name));
    out->items[out->count].name = name;
    out->items[out->count++].value = value;
    return NULL;
}

const struct refusal *query_read(struct slice raw, const char *known, struct arena *arena, struct query *out)
{
    const struct refusal *refusal = NULL;
    out->count = 0;
    while (raw.len > 0 && refusal == NULL) {
        const char *amp = memchr(raw.ptr, '&', raw.len);
        struct slice pair = amp == NULL ? raw : slice_of(raw.ptr, (size_t) (amp - raw.ptr));
        raw = amp == NULL ? SLICE("") : slice_of(amp + 1, raw.len - pair.len - 1);
        if (pair.len > 0)
            refusal = take_pair(pair, known, arena, out);
    }
    return refusal;
}

struct slice query_text(const struct query *query, const char *name)
{
    for (int i = 0; i < query->count; i++) {
        if (slice_is(query->items[i].name, name))
            return query->items[i].value;
    }
    return (struct slice){NULL, 0};
}

bool query_u64(const struct query *query, const char *name, uint64_t least, uint64_t most, uint64_t *out,
               struct arena *arena, const struct refusal **refusal)
{
    struct slice text = query_text(query, name);
    uint64_t value = 0;
    if (text.ptr == NULL)
        return false;
    if (text_u64(text, most, &value) != TALLY_OK || value < least) {
        *refusal = refusal_new(arena, REFUSE_REQUEST_MALFORMED, "%s is a number from %llu to %llu", name,
                               (unsigned long long) least, (unsigned long long) most);
        return false;
    }
    *out = value;
    return true;
}

bool query_instant(const struct query *query, const char *name, struct instant *out, struct arena *arena,
                   const struct refusal **refusal)
{
    struct slice text = query_text(query, name);
    int32_t day;
    if (text.ptr == NULL)
        return false;
    if (instant_parse(text, out) == TALLY_OK)
        return true;
    if (day_parse(text, &day) == TALLY_OK) {
        *out = instant_of_day(day, 0);
        return true;
    }
    *refusal =
        refusal_new(arena, REFUSE_REQUEST_MALFORMED, "%s is YYYY-MM-DD or YYYY-MM-DDThh:mm:ss.ffffffZ, in UTC", name);
    return false;
}
