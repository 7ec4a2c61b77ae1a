/* Where two JSON values differ first, and the JSON pointer (RFC 6901) of a place. */
#include <string.h>

#include "terms_read.h"

static bool differ(struct read_problem *problem, const json_t *at, const char *member, const char *what)
{
    *problem = (struct read_problem){at, member, what};
    return false;
}

/* Where something stands in the text says nothing about what it is. */
static bool is_place(const char *name, const json_t *value)
{
    return (strcmp(name, "line") == 0 || strcmp(name, "column") == 0) && json_is_integer(value);
}

static bool compare_objects(const json_t *given, const json_t *shown, struct read_problem *problem)
{
    const char *name = NULL;
    json_t *value = NULL;
    json_object_foreach((json_t *) (uintptr_t) shown, name,
                        value) if (json_object_get(given, name) == NULL &&
                                   !is_place(name, value)) return differ(problem, given, name, "is missing");
    json_object_foreach((json_t *) (uintptr_t) given, name, value)
    {
        const json_t *other = json_object_get(shown, name);
        if (other == NULL)
            return differ(problem, given, name, "is no member of the tree here");
        if (is_place(name, value))
            continue;
        bool is_leaf = !json_is_object(value) && !json_is_array(value);
        if (is_leaf ? !json_equal(value, other) : json_typeof(value) != json_typeof(other))
            return differ(problem, given, name, "is not what the text that it makes has there");
        if (!is_leaf && !read_compare(value, other, problem))
            return false;
    }
    return true;
}

bool read_compare(const json_t *given, const json_t *shown, struct read_problem *problem)
{
    if (json_typeof(given) != json_typeof(shown))
        return differ(problem, given, NULL, "is of another kind than the tree has here");
    if (json_is_object(given))
        return compare_objects(given, shown, problem);
    if (!json_is_array(given))
        return json_equal(given, shown) != 0 ||
               differ(problem, given, NULL, "is not what the text that it makes has there");
    for (size_t i = 0; i < json_array_size(given) && i < json_array_size(shown); i++)
        if (!read_compare(json_array_get(given, i), json_array_get(shown, i), problem))
            return false;
    return json_array_size(given) == json_array_size(shown) ||
           differ(problem, given, NULL, "has not as many values as the text that it makes");
}

bool read_check_items(const json_t *json, struct read_problem *problem)
{
    const char *name = NULL;
    json_t *value = NULL;
    json_object_foreach((json_t *) (uintptr_t) json, name, value) if (!read_check_items(value, problem)) return false;
    for (size_t i = 0; i < json_array_size(json); i++) {
        value = json_array_get(json, i);
        if (json_is_boolean(value) || json_is_null(value))
            return differ(problem, json, NULL, "has true, false or null in it, where no array of the tree has any");
        if (!read_check_items(value, problem))
            return false;
    }
    return true;
}

static void step_into(struct buf *out, const char *name)
{
    buf_add_char(out, '/');
    for (; *name != '\0'; name++)
        if (*name == '~' || *name == '/')
            buf_add_str(out, *name == '~' ? "~0" : "~1");
        else
            buf_add_char(out, *name);
}

/* Adds the steps from here to what is looked for, and takes them back where it is not. */
static bool find(const json_t *here, const json_t *wanted, struct buf *out)
{
    size_t len = out->len;
    const char *name = NULL;
    json_t *value = NULL;
    if (here == wanted)
        return true;
    json_object_foreach((json_t *) (uintptr_t) here, name, value)
    {
        step_into(out, name);
        if (find(value, wanted, out))
            return true;
        out->len = len;
    }
    for (size_t i = 0; i < json_array_size(here); i++) {
        buf_printf(out, "/%zu", i);
        if (find(json_array_get(here, i), wanted, out))
            return true;
        out->len = len;
    }
    return false;
}

bool read_pointer(const json_t *root, const struct read_problem *problem, struct buf *out)
{
    if (!find(root, problem->at, out))
        return false;
    if (problem->member != NULL)
        step_into(out, problem->member);
    return true;
}
