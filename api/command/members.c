/* Reading an object by the description of its members. */
#include <inttypes.h>
#include <string.h>

#include "json.h"

static const char *type_text(const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return "an object";
    case JSON_ARRAY:
        return "a list";
    case JSON_STRING:
        return "a string";
    case JSON_INTEGER:
    case JSON_REAL:
        return "a number";
    case JSON_TRUE:
    case JSON_FALSE:
        return "true or false";
    case JSON_NULL:
        return "null";
    }
    return "something else";
}

static bool wrong_type(struct reader *r, const struct path *path, const json_t *value, const char *wanted)
{
    reader_wrong(r, REFUSE_BODY_SCHEMA, path, "is %s and must be %s", type_text(value), wanted);
    return false;
}

static bool read_text(struct reader *r, const struct path *path, json_t *value, const struct member *member)
{
    if (!json_is_string(value))
        return wrong_type(r, path, value, "a string");
    struct slice text = slice_of(json_string_value(value), json_string_length(value));
    if (text.len < member->min || text.len > member->max) {
        if (text.len == 0)
            reader_wrong(r, REFUSE_BODY_SCHEMA, path, "is empty");
        else
            reader_wrong(r, REFUSE_BODY_SCHEMA, path, "has %zu bytes; %" PRIu64 " to %" PRIu64 " are allowed", text.len,
                         member->min, member->max);
        return false;
    }
    if (member->is_right != NULL && !member->is_right(text)) {
        reader_wrong(r, REFUSE_BODY_SCHEMA, path, "is not %s", member->wanted);
        return false;
    }
    enum tally_code rc = arena_copy(r->arena, text.ptr, text.len, member->out, r->err);
    if (rc != TALLY_OK)
        reader_failed(r, rc);
    return rc == TALLY_OK;
}

static bool read_whole(struct reader *r, const struct path *path, json_t *value, const struct member *member)
{
    if (!json_is_integer(value))
        return wrong_type(r, path, value, "a whole number");
    json_int_t number = json_integer_value(value);
    if (number < 0 || (uint64_t) number < member->min || (uint64_t) number > member->max) {
        reader_wrong(r, REFUSE_BODY_SCHEMA, path, "is %" JSON_INTEGER_FORMAT "; %" PRIu64 " to %" PRIu64 " is allowed",
                     number, member->min, member->max);
        return false;
    }
    *(uint64_t *) member->out = (uint64_t) number;
    return true;
}

static bool read_choice(struct reader *r, const struct path *path, json_t *value, const struct member *member)
{
    if (!json_is_string(value))
        return wrong_type(r, path, value, "a string");
    struct slice text = slice_of(json_string_value(value), json_string_length(value));
    int place = 0;
    for (const char *word = member->wanted; word != NULL; place++) {
        const char *end = strchr(word, '|');
        if (slice_equal(text, end == NULL ? slice_str(word) : slice_of(word, (size_t) (end - word)))) {
            *(int *) member->out = place;
            return true;
        }
        word = end == NULL ? NULL : end + 1;
    }
    reader_wrong(r, REFUSE_BODY_SCHEMA, path, "is none of %s", member->wanted);
    return false;
}

bool read_value(struct reader *r, const struct path *path, json_t *value, const struct member *member)
{
    switch (member->kind) {
    case MEMBER_TEXT:
        return read_text(r, path, value, member);
    case MEMBER_WHOLE:
        return read_whole(r, path, value, member);
    case MEMBER_CHOICE:
        return read_choice(r, path, value, member);
    case MEMBER_FLAG:
        if (!json_is_boolean(value))
            return wrong_type(r, path, value, "true or false");
        *(bool *) member->out = json_is_true(value);
        return true;
    case MEMBER_OBJECT:
        if (!json_is_object(value))
            return wrong_type(r, path, value, "an object");
        *(json_t **) member->out = value;
        return true;
    case MEMBER_ARRAY:
        if (!json_is_array(value))
            return wrong_type(r, path, value, "a list");
        *(json_t **) member->out = value;
        return true;
    }
    return false;
}

static bool is_member(const char *name, const struct member *members, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(name, members[i].name) == 0)
            return true;
    }
    return false;
}

bool read_members(struct reader *r, const struct path *path, json_t *value, const struct member *members, size_t count)
{
    struct path below = {.up = path};
    bool is_right = true;
    const char *name;
    json_t *item;
    if (!json_is_object(value))
        return wrong_type(r, path, value, "an object");
    json_object_foreach(value, name, item)
    {
        if (is_member(name, members, count))
            continue;
        below.name = name;
        reader_wrong(r, REFUSE_BODY_SCHEMA, &below, "is not a member that is read here: leave it out");
        is_right = false;
    }
    for (size_t i = 0; i < count; i++) {
        below.name = members[i].name;
        item = json_object_get(value, members[i].name);
        if (item != NULL) {
            is_right = read_value(r, &below, item, &members[i]) && is_right;
        } else if (!members[i].is_optional) {
            reader_wrong(r, REFUSE_BODY_SCHEMA, &below, "is missing");
            is_right = false;
        }
    }
    return is_right;
}
