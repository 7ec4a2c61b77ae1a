#include "tally/entry.h"
#include "tally/text.h"

static const struct {
    const char *text, *method, *path;
    size_t text_len;
} TYPES[] = {
#define X(name, text, method, path) [name] = {text, method, path, sizeof(text) - 1},
    ENTRY_TYPES(X)
#undef X
};

const char *entry_type_text(enum entry_type type)
{
    ENSURE((unsigned) type < ENTRY_TYPE_COUNT);
    return TYPES[type].text;
}

const char *entry_type_method(enum entry_type type)
{
    ENSURE((unsigned) type < ENTRY_TYPE_COUNT);
    return TYPES[type].method;
}

const char *entry_type_path(enum entry_type type)
{
    ENSURE((unsigned) type < ENTRY_TYPE_COUNT);
    return TYPES[type].path;
}

enum tally_code entry_type_find(struct slice text, enum entry_type *out)
{
    for (unsigned i = 0; i < ENTRY_TYPE_COUNT; i++) {
        if (slice_equal(text, slice_of(TYPES[i].text, TYPES[i].text_len))) {
            *out = (enum entry_type) i;
            return TALLY_OK;
        }
    }
    return TALLY_E_NOT_FOUND;
}

/* {} stands for one segment that is not empty */
static bool matches(const char *template, struct slice target)
{
    const char *at = target.ptr;
    const char *end = target.ptr + target.len;
    while (*template != '\0') {
        if (template[0] == '{' && template[1] == '}') {
            const char *from = at;
            while (at < end && *at != '/')
                at++;
            if (at == from)
                return false;
            template += 2;
        } else if (at < end && *at == *template) {
            at++;
            template ++;
        } else {
            return false;
        }
    }
    return at == end;
}

enum tally_code entry_type_of_request(struct slice method, struct slice target, enum entry_type *out)
{
    for (unsigned i = 0; i < ENTRY_TYPE_COUNT; i++) {
        if (TYPES[i].path[0] != '\0' && target.len > 0 && slice_is(method, TYPES[i].method) &&
            matches(TYPES[i].path, target)) {
            *out = (enum entry_type) i;
            return TALLY_OK;
        }
    }
    return TALLY_E_NOT_FOUND;
}

enum tally_code entry_erased_seq(struct slice target, uint64_t *out)
{
    const struct slice before = SLICE("/v1/entries/"), after = SLICE("/erasure");
    enum entry_type type = ENTRY_TYPE_COUNT;
    if (entry_type_of_request(SLICE("POST"), target, &type) != TALLY_OK || type != ENTRY_BODY_ERASED)
        return TALLY_E_MALFORMED;
    return text_u64(slice_of(target.ptr + before.len, target.len - before.len - after.len), ENTRY_SEQ_MAX, out);
}
