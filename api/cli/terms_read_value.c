/* Members of the JSON, each of one kind. The first problem stays; writing goes on with empty values, and its text is thrown away. */
#include "terms_read.h"

void read_fail(struct read_tree *r, const json_t *at, const char *member, const char *what)
{
    if (r->problem.at == NULL)
        r->problem = (struct read_problem){at, member, what};
}

void read_mark(struct read_tree *r, const json_t *at)
{
    const struct read_mark mark = {r->out.len, at};
    buf_add(&r->marks, &mark, sizeof mark);
}

const json_t *read_member(struct read_tree *r, const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    if (!json_is_object(object))
        read_fail(r, object, NULL, "is not an object");
    else if (value == NULL)
        read_fail(r, object, name, "is missing");
    return value;
}

const char *read_text(struct read_tree *r, const json_t *object, const char *name)
{
    const json_t *value = read_member(r, object, name);
    if (json_is_string(value))
        return json_string_value(value);
    read_fail(r, object, name, "is not a string");
    return "";
}

bool read_truth(struct read_tree *r, const json_t *object, const char *name)
{
    const json_t *value = read_member(r, object, name);
    if (!json_is_boolean(value))
        read_fail(r, object, name, "is not true or false");
    return json_is_true(value);
}

json_int_t read_whole(struct read_tree *r, const json_t *object, const char *name)
{
    const json_t *value = read_member(r, object, name);
    json_int_t whole = json_integer_value(value);
    if (json_is_integer(value) && whole >= 0 && whole <= UINT32_MAX)
        return whole;
    read_fail(r, object, name, "is not a whole number from 0 to 4294967295");
    return 0;
}

const json_t *read_list(struct read_tree *r, const json_t *object, const char *name)
{
    const json_t *value = read_member(r, object, name);
    if (json_is_array(value))
        return value;
    read_fail(r, object, name, "is not an array");
    return NULL;
}

bool read_is_null(struct read_tree *r, const json_t *object, const char *name)
{
    const json_t *value = read_member(r, object, name);
    return value == NULL || json_is_null(value);
}

size_t read_choice(struct read_tree *r, const json_t *object, const char *name, const char *const *words, size_t count)
{
    struct slice text = slice_str(read_text(r, object, name));
    for (size_t i = 0; i < count; i++)
        if (slice_is(text, words[i]))
            return i;
    read_fail(r, object, name, "is none of the words that stand here");
    return 0;
}

void read_put(struct read_tree *r, const char *before, const json_t *object, const char *name, const char *behind)
{
    buf_add_str(&r->out, before);
    buf_add_str(&r->out, read_text(r, object, name));
    buf_add_str(&r->out, behind);
}

void read_put_whole(struct read_tree *r, const char *before, const json_t *object, const char *name, const char *behind)
{
    buf_add_str(&r->out, before);
    buf_add_i64(&r->out, read_whole(r, object, name));
    buf_add_str(&r->out, behind);
}

void read_put_names(struct read_tree *r, const char *before, const json_t *object, const char *name, const char *between)
{
    const json_t *list = read_list(r, object, name);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *item = json_array_get(list, i);
        if (!json_is_string(item))
            read_fail(r, object, name, "has something that is not a string");
        buf_add_str(&r->out, i == 0 ? before : between);
        buf_add_str(&r->out, json_is_string(item) ? json_string_value(item) : "");
    }
}
