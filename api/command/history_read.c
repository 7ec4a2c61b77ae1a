/* A history's JSON: every name, key, value and deed is checked before anything is evaluated. */
#include <jansson.h>

#include "history_internal.h"

#define DIMENSIONS_READ_MAX 16 /* of one result: a text cannot ask for more */
#define TEXT_BYTES_MAX 4096    /* of a note, a title, a value: more is no figure */

struct reading {
    const struct terms *terms;
    struct arena *arena;
    struct history *history;
    struct facts facts; /* what the deeds so far have left */
    struct err *err;
    size_t step, result;
};

#define BAD(r, place, ...) bad((r), (place), arena_printf((r)->arena, __VA_ARGS__))

/* place: behind the pointer of the result; NULL: the step itself. */
MUST_CHECK static enum tally_code bad(const struct reading *r, const char *place, struct slice what)
{
    if (what.ptr == NULL)
        return err_set(r->err, TALLY_E_LIMIT, "the history takes more memory than was granted");
    return err_set(r->err, TALLY_E_MALFORMED, "/history/%zu/results/%zu%s: %.*s", r->step, r->result, place,
                   SLICE_ARG(what));
}

/* Only these members; the first that is not known is named, with the nearest that is. */
MUST_CHECK static enum tally_code members_check(const struct reading *r, const json_t *object, const char *pointer,
                                                const char *const *names)
{
    struct slice known[20];
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

MUST_CHECK static enum tally_code text_take(const struct reading *r, const json_t *json, const char *pointer,
                                            struct slice *out)
{
    if (!json_is_string(json))
        return err_set(r->err, TALLY_E_MALFORMED, "%s: is not a text; write it in quotes", pointer);
    struct slice text = slice_of(json_string_value(json), json_string_length(json));
    if (text.len > TEXT_BYTES_MAX)
        return err_set(r->err, TALLY_E_MALFORMED, "%s: has over %d bytes; shorten it", pointer, TEXT_BYTES_MAX);
    return arena_copy(r->arena, text.ptr, text.len, out, r->err);
}

MUST_CHECK static enum tally_code day_take(const struct reading *r, const json_t *json, const char *pointer, int32_t *out)
{
    enum tally_code rc = TALLY_OK;
    struct slice text = SLICE("");
    TRY(text_take(r, json, pointer, &text));
    if (day_parse(text, out) != TALLY_OK)
        rc = err_set(r->err, TALLY_E_MALFORMED, "%s: \"%.*s\" is no day; write one that exists as 2016-01-31", pointer,
                     SLICE_ARG(text));
done:
    return rc;
}

MUST_CHECK static enum tally_code pointer_here(const struct reading *r, const char *behind, const char **out)
{
    struct slice text = arena_printf(r->arena, "/history/%zu/results/%zu%s", r->step, r->result, behind);
    if (text.ptr == NULL)
        return err_set(r->err, TALLY_E_LIMIT, "the history takes more memory than was granted");
    *out = text.ptr;
    return TALLY_OK;
}

/* A flag that is there is true; to say false is to leave it out. */
MUST_CHECK static enum tally_code flag_take(const struct reading *r, const json_t *result, const char *name, bool *out)
{
    const json_t *json = json_object_get(result, name);
    *out = json_is_true(json);
    if (json == NULL || json_is_boolean(json))
        return TALLY_OK;
    return BAD(r, "", "\"%s\" is neither true nor false", name);
}

MUST_CHECK static enum tally_code deed_decided(const struct reading *r, const json_t *result, struct history_event *event)
{
    static const struct {
        const char *name;
        enum history_deed deed;
    } rows[] = {{"stands", HISTORY_STANDS}, {"replaced", HISTORY_REPLACED}, {"annulled", HISTORY_ANNULLED}};
    const char *text = json_string_value(json_object_get(result, "decided"));
    for (size_t i = 0; text != NULL && i < sizeof rows / sizeof rows[0]; i++) {
        if (strcmp(rows[i].name, text) == 0) {
            event->deed = rows[i].deed;
            return TALLY_OK;
        }
    }
    return BAD(r, "/decided", "is none of \"stands\", \"replaced\" (with the new \"value\") and \"annulled\"");
}

/* Which one thing happened. */
MUST_CHECK static enum tally_code deed_take(const struct reading *r, const json_t *result, struct history_event *event)
{
    static const struct {
        const char *name;
        enum history_deed deed;
    } rows[] = {{"restated", HISTORY_RESTATED},
                {"withdrawn", HISTORY_WITHDRAWN},
                {"verified", HISTORY_VERIFIED},
                {"disputed", HISTORY_DISPUTED}};
    enum tally_code rc = TALLY_OK;
    const char *said = NULL;
    event->deed = HISTORY_RESULT;
    TRY(flag_take(r, result, "pending", &event->is_pending));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        bool is_so = false;
        TRY(flag_take(r, result, rows[i].name, &is_so));
        if (is_so && said != NULL)
            return BAD(r, "", "is both %s and %s; say each in a result of its own", said, rows[i].name);
        if (is_so) {
            said = rows[i].name;
            event->deed = rows[i].deed;
        }
    }
    if (json_object_get(result, "decided") != NULL) {
        if (said != NULL)
            return BAD(r, "", "is both %s and decided; say each in a result of its own", said);
        TRY(deed_decided(r, result, event));
    }
    if (event->is_pending && event->deed > HISTORY_WITHDRAWN)
        return BAD(r, "/pending", "only a result, a restatement or a withdrawal can be pending; take it out");
done:
    return rc;
}

MUST_CHECK static enum tally_code metric_take(const struct reading *r, const json_t *result, uint32_t *out)
{
    enum tally_code rc = TALLY_OK;
    const char *pointer = "";
    struct slice name = SLICE("");
    TRY(pointer_here(r, "/metric", &pointer));
    if (json_object_get(result, "metric") == NULL)
        return BAD(r, "", "says no \"metric\"; name the metric of the terms that it is a result of");
    TRY(text_take(r, json_object_get(result, "metric"), pointer, &name));
    *out = terms_find_metric(r->terms, name);
    if (*out != TERMS_NONE)
        return TALLY_OK;
    uint32_t count = terms_metric_count(r->terms);
    struct slice *names = ARENA_ARRAY(r->arena, (size_t) count + 1, struct slice);
    for (uint32_t i = 0; names != NULL && i < count; i++)
        names[i] = terms_metric(r->terms, i)->name;
    struct slice nearest = names == NULL ? SLICE("") : ast_nearest(name, names, count);
    if (nearest.len > 0)
        return BAD(r, "/metric", "the terms have no metric `%.*s`; did you mean `%.*s`?", SLICE_ARG(name),
                   SLICE_ARG(nearest));
    return BAD(r, "/metric", "the terms have no metric `%.*s`; `tally terms show` lists them", SLICE_ARG(name));
done:
    return rc;
}

MUST_CHECK static enum tally_code dimensions_take(const struct reading *r, const json_t *result,
                                                  struct terms_candidate *candidate)
{
    enum tally_code rc = TALLY_OK;
    const json_t *object = json_object_get(result, "dimensions");
    const char *name, *pointer = "";
    json_t *member;
    if (object == NULL)
        return TALLY_OK;
    if (!json_is_object(object) || json_object_size(object) > DIMENSIONS_READ_MAX)
        return BAD(r, "/dimensions", "is not an object of at most %d dimensions and members, {\"arm\": \"programme\"}",
                   DIMENSIONS_READ_MAX);
    struct terms_dimension_value *dims = ARENA_ARRAY(r->arena, json_object_size(object) + 1, struct terms_dimension_value);
    if (dims == NULL)
        return err_set(r->err, TALLY_E_LIMIT, "the history takes more memory than was granted");
    json_object_foreach((json_t *) (uintptr_t) object, name, member)
    {
        struct terms_dimension_value *dim = &dims[candidate->dimension_count++];
        TRY(pointer_here(r, "/dimensions", &pointer));
        TRY(text_take(r, member, pointer, &dim->member));
        TRY(arena_copy(r->arena, name, strlen(name), &dim->name, r->err));
    }
    candidate->dimensions = dims;
done:
    return rc;
}

MUST_CHECK static enum tally_code reporter_take(const struct reading *r, const json_t *result, uint32_t metric,
                                                uint32_t *out)
{
    const struct terms_metric *m = terms_metric(r->terms, metric);
    const json_t *by = json_object_get(result, "by");
    *out = m->reporter_count > 0 ? m->reporters[0] : TERMS_NONE;
    if (by == NULL)
        return TALLY_OK;
    if (!json_is_string(by))
        return BAD(r, "/by", "is not the name of a party; write it in quotes");
    *out = terms_find_party(r->terms, slice_str(json_string_value(by)));
    if (*out == TERMS_NONE)
        return BAD(r, "/by", "the terms have no party `%.100s`", json_string_value(by));
    return TALLY_OK;
}

/* The key of what carries no value: it has to be one that a result was read for. */
MUST_CHECK static enum tally_code key_join(const struct reading *r, uint32_t metric,
                                           const struct terms_candidate *candidate, struct slice *key)
{
    const struct terms_metric *m = terms_metric(r->terms, metric);
    struct slice text = SLICE("");
    for (uint32_t i = 0; i < m->by_count; i++) {
        struct slice name = terms_dimension(r->terms, m->by[i])->name;
        const struct terms_dimension_value *found = NULL;
        for (uint32_t k = 0; k < candidate->dimension_count; k++)
            if (slice_equal(candidate->dimensions[k].name, name))
                found = &candidate->dimensions[k];
        if (found == NULL)
            return BAD(r, "/dimensions", "does not say its `%.*s`; add it", SLICE_ARG(name));
        text = arena_printf(r->arena, "%.*s%s%.*s", SLICE_ARG(text), i == 0 ? "" : "|", SLICE_ARG(found->member));
        if (text.ptr == NULL)
            return err_set(r->err, TALLY_E_LIMIT, "the history takes more memory than was granted");
    }
    *key = text;
    return TALLY_OK;
}

/* Whether something was in time goes by the first result of its chain (S1, M2). */
MUST_CHECK static enum tally_code chain_take(const struct reading *r, const struct history_event *event,
                                             struct terms_candidate *candidate)
{
    enum tally_code rc = TALLY_OK;
    struct slice key = SLICE("");
    candidate->submitted = event->submitted;
    if (event->deed == HISTORY_RESULT)
        return TALLY_OK;
    TRY(key_join(r, event->metric, candidate, &key));
    const struct fact *fact = places_find(&r->facts.places, event->metric, key);
    if (fact != NULL)
        candidate->submitted = fact->submitted;
done:
    return rc;
}

/* What has a value has to fit the metric (S1). */
MUST_CHECK static enum tally_code value_take(const struct reading *r, const json_t *result, struct history_event *event,
                                             struct terms_candidate *candidate)
{
    enum tally_code rc = TALLY_OK;
    const char *pointer = "";
    bool fits = false;
    struct slice why = SLICE("");
    if (json_object_get(result, "value") == NULL)
        return BAD(r, "", "says no \"value\"");
    TRY(pointer_here(r, "/value", &pointer));
    TRY(text_take(r, json_object_get(result, "value"), pointer, &event->value));
    TRY(reporter_take(r, result, event->metric, &candidate->reporter));
    candidate->value = event->value;
    TRY(chain_take(r, event, candidate));
    TRY(terms_fit(r->terms, event->metric, candidate, r->arena, &fits, &event->key, &why, r->err));
    if (!fits)
        return BAD(r, "", "does not fit `%.*s`: %.*s", SLICE_ARG(terms_metric(r->terms, event->metric)->name),
                   SLICE_ARG(why));
done:
    return rc;
}

static bool has_value(enum history_deed deed)
{
    return deed == HISTORY_RESULT || deed == HISTORY_RESTATED || deed == HISTORY_REPLACED;
}

MUST_CHECK static enum tally_code submitted_take(const struct reading *r, const json_t *result, int32_t day,
                                                 struct history_event *event)
{
    enum tally_code rc = TALLY_OK;
    const json_t *json = json_object_get(result, "submitted");
    const char *pointer = "";
    event->submitted = day;
    if (json == NULL)
        return TALLY_OK;
    TRY(pointer_here(r, "/submitted", &pointer));
    if (event->deed != HISTORY_RESULT)
        return BAD(r, "/submitted", "only the first result of its key has a day of submission; take it out");
    TRY(day_take(r, json, pointer, &event->submitted));
    if (event->submitted > day)
        return BAD(r, "/submitted", "is later than the day on which it is final");
done:
    return rc;
}

MUST_CHECK static enum tally_code result_read(struct reading *r, const json_t *result, int32_t day,
                                              struct history_event *event)
{
    static const char *const names[] = {"metric",  "dimensions", "value",     "by",       "submitted",
                                        "pending", "restated",   "withdrawn", "verified", "disputed",
                                        "decided", "note",       NULL};
    enum tally_code rc = TALLY_OK;
    const char *pointer = "";
    struct terms_candidate candidate = {0};
    struct slice why = SLICE("");
    if (!json_is_object(result))
        return BAD(r, "", "is not an object, {\"metric\", \"dimensions\", \"value\"}");
    TRY(pointer_here(r, "", &pointer));
    TRY(members_check(r, result, pointer, names));
    TRY(deed_take(r, result, event));
    TRY(metric_take(r, result, &event->metric));
    TRY(dimensions_take(r, result, &candidate));
    TRY(submitted_take(r, result, day, event));
    event->seq = ++r->history->event_count;
    if (has_value(event->deed))
        TRY(value_take(r, result, event, &candidate));
    else if (json_object_get(result, "value") != NULL)
        return BAD(r, "/value", "what is withdrawn, verified, disputed, or stands has no value; take it out");
    else
        TRY(key_join(r, event->metric, &candidate, &event->key));
    TRY(facts_apply(&r->facts, event, day, &why, r->err));
    if (why.len == 0)
        return TALLY_OK;
    struct slice name = history_metric_text(r->terms, event->metric, event->key, r->arena);
    return BAD(r, "", "%.*s %.*s", SLICE_ARG(name), SLICE_ARG(why));
done:
    return rc;
}

MUST_CHECK static enum tally_code step_read(struct reading *r, const json_t *json, int32_t last, struct history_step *step)
{
    static const char *const names[] = {"on", "results", "note", "title", NULL};
    enum tally_code rc = TALLY_OK;
    char pointer[64];
    size_t lapse_count = 0;
    struct history_event *lapses = NULL;
    const json_t *results = json_object_get(json, "results"), *title = json_object_get(json, "title");
    (void) snprintf(pointer, sizeof pointer, "/history/%zu", r->step);
    if (!json_is_object(json))
        return err_set(r->err, TALLY_E_MALFORMED, "%s: is not an object, {\"on\", \"results\"}", pointer);
    TRY(members_check(r, json, pointer, names));
    if (results != NULL && !json_is_array(results))
        return err_set(r->err, TALLY_E_MALFORMED, "%s/results: is not a list", pointer);
    (void) snprintf(pointer, sizeof pointer, "/history/%zu/title", r->step);
    if (title != NULL)
        TRY(text_take(r, title, pointer, &step->title));
    (void) snprintf(pointer, sizeof pointer, "/history/%zu/on", r->step);
    TRY(day_take(r, json_object_get(json, "on"), pointer, &step->day));
    if (step->day < last)
        return err_set(r->err, TALLY_E_MALFORMED, "%s: is earlier than the step before; put the steps in order", pointer);
    step->count = json_array_size(results);
    if (step->count > HISTORY_EVENTS_MAX - r->history->event_count)
        return err_set(r->err, TALLY_E_LIMIT, "/history/%zu: there are more than %d results in all", r->step,
                       HISTORY_EVENTS_MAX);
    step->events = ARENA_ARRAY(r->arena, step->count + 1, struct history_event);
    if (step->events == NULL)
        return err_set(r->err, TALLY_E_LIMIT, "the history takes more memory than was granted");
    /* what nobody decided in time is decided before anything else that day */
    TRY(facts_lapse(&r->facts, step->day, r->arena, &lapses, &lapse_count, r->err));
    for (r->result = 0; r->result < step->count; r->result++)
        TRY(result_read(r, json_array_get(results, r->result), step->day, &step->events[r->result]));
done:
    return rc;
}

MUST_CHECK static enum tally_code root_read(struct reading *r, const json_t *root)
{
    static const char *const names[] = {"contract", "history", "note", NULL};
    enum tally_code rc = TALLY_OK;
    int32_t last = DAY_MIN;
    const json_t *steps = json_object_get(root, "history");
    if (!json_is_object(root))
        return err_set(r->err, TALLY_E_MALFORMED, "/: is not an object, {\"contract\", \"history\"}");
    TRY(members_check(r, root, "", names));
    TRY(text_take(r, json_object_get(root, "contract"), "/contract", &r->history->contract));
    if (!slice_equal(r->history->contract, terms_slug(r->terms)))
        return err_set(r->err, TALLY_E_MALFORMED, "/contract: these are results of %.*s, and the terms are those of %.*s",
                       SLICE_ARG(r->history->contract), SLICE_ARG(terms_slug(r->terms)));
    if (!json_is_array(steps) || json_array_size(steps) == 0 || json_array_size(steps) > HISTORY_STEPS_MAX)
        return err_set(r->err, TALLY_E_MALFORMED,
                       "/history: is not a list of 1 to %d steps; {\"on\": \"2016-01-31\", \"results\": []} is a day "
                       "on which nothing comes",
                       HISTORY_STEPS_MAX);
    r->history->count = json_array_size(steps);
    r->history->steps = ARENA_ARRAY(r->arena, r->history->count, struct history_step);
    if (r->history->steps == NULL)
        return err_set(r->err, TALLY_E_LIMIT, "the history takes more memory than was granted");
    for (r->step = 0; r->step < r->history->count; r->step++) {
        TRY(step_read(r, json_array_get(steps, r->step), last, &r->history->steps[r->step]));
        last = r->history->steps[r->step].day;
    }
done:
    return rc;
}

enum tally_code history_read(const struct terms *terms, struct slice json, struct arena *arena, struct history **out,
                             struct err *err)
{
    enum tally_code rc = TALLY_OK;
    json_error_t error;
    struct reading r = {.terms = terms, .arena = arena, .err = err, .history = ARENA_NEW(arena, struct history)};
    json_t *root = json_loadb(json.ptr == NULL ? "" : json.ptr, json.len, JSON_REJECT_DUPLICATES, &error);
    if (root == NULL)
        TRY(err_set(err, TALLY_E_MALFORMED, "line %d, column %d: this is not JSON: %s", error.line, error.column,
                    error.text));
    if (r.history == NULL)
        TRY(err_set(err, TALLY_E_LIMIT, "the history takes more memory than was granted"));
    facts_init(&r.facts, terms, arena);
    TRY(root_read(&r, root));
    *out = r.history;
done:
    json_decref(root);
    return rc;
}
