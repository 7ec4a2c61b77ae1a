/* A history's JSON, member by member: what is wrong is told with its place. */
#include "history_internal.h"

#define TEXT_BYTES_MAX 4096 /* of a note, a title, a value: more is no figure */

enum tally_code take_no_memory(const struct reading *r)
{
    return err_set(r->err, TALLY_E_LIMIT, "the history takes more memory than was granted");
}

enum tally_code take_bad(const struct reading *r, const char *place, struct slice what)
{
    if (what.ptr == NULL)
        return take_no_memory(r);
    return err_set(r->err, TALLY_E_MALFORMED, "/history/%zu/results/%zu%s: %.*s", r->step, r->result, place,
                   SLICE_ARG(what));
}

enum tally_code take_members(const struct reading *r, const json_t *object, const char *pointer, const char *const *names)
{
    struct slice known[24];
    size_t count = 0;
    for (; names[count] != NULL; count++)
        known[count] = slice_str(names[count]);
    for (void *i = json_object_iter((json_t *) (uintptr_t) object); i != NULL;
         i = json_object_iter_next((json_t *) (uintptr_t) object, i)) {
        struct slice name = slice_str(json_object_iter_key(i));
        bool is_known = false;
        for (size_t k = 0; k < count; k++)
            is_known = is_known || slice_equal(known[k], name);
        if (is_known)
            continue;
        struct slice nearest = ast_nearest(name, known, count);
        return err_set(r->err, TALLY_E_MALFORMED, "%s/%.*s: there is no such member here%s%.*s%s", pointer,
                       (int) (name.len > 100 ? 100 : name.len), name.ptr, nearest.len > 0 ? "; did you mean \"" : "",
                       SLICE_ARG(nearest), nearest.len > 0 ? "\"?" : "; take it out");
    }
    return TALLY_OK;
}

enum tally_code take_text(const struct reading *r, const json_t *json, const char *pointer, struct slice *out)
{
    if (!json_is_string(json))
        return err_set(r->err, TALLY_E_MALFORMED, "%s: is not a text; write it in quotes", pointer);
    struct slice text = slice_of(json_string_value(json), json_string_length(json));
    if (text.len > TEXT_BYTES_MAX)
        return err_set(r->err, TALLY_E_MALFORMED, "%s: has over %d bytes; shorten it", pointer, TEXT_BYTES_MAX);
    return arena_copy(r->arena, text.ptr, text.len, out, r->err);
}

enum tally_code take_day(const struct reading *r, const json_t *json, const char *pointer, int32_t *out)
{
    enum tally_code rc = TALLY_OK;
    struct slice text = SLICE("");
    TRY(take_text(r, json, pointer, &text));
    if (day_parse(text, out) != TALLY_OK)
        rc = err_set(r->err, TALLY_E_MALFORMED, "%s: \"%.*s\" is no day; write one that exists as 2016-01-31", pointer,
                     SLICE_ARG(text));
done:
    return rc;
}

enum tally_code take_pointer(const struct reading *r, const char *behind, const char **out)
{
    struct slice text = arena_printf(r->arena, "/history/%zu/results/%zu%s", r->step, r->result, behind);
    if (text.ptr == NULL)
        return err_set(r->err, TALLY_E_LIMIT, "the history takes more memory than was granted");
    *out = text.ptr;
    return TALLY_OK;
}

enum tally_code take_flag(const struct reading *r, const json_t *result, const char *name, bool *out)
{
    const json_t *json = json_object_get(result, name);
    *out = json_is_true(json);
    if (json == NULL || json_is_boolean(json))
        return TALLY_OK;
    return BAD(r, "", "\"%s\" is neither true nor false", name);
}
