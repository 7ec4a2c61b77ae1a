/* A history's JSON: every name, key, value and deed is checked before anything is evaluated. */
#include "history_internal.h"

#define FILES_MAX 64 /* in "texts"; history_world.c says why */

/* ---- the steps ---- */

MUST_CHECK static enum tally_code amended_take(struct reading *r, const json_t *step, struct history_step *out)
{
    const json_t *json = json_object_get(step, "amended");
    const char *file = json_string_value(json);
    out->amended = TERMS_NONE;
    if (json == NULL)
        return TALLY_OK;
    for (uint32_t c = 0; c < r->history->contract_count; c++)
        for (uint32_t k = 1; k < r->history->contracts[c].text_count; k++)
            if (file != NULL && slice_is(r->history->contracts[c].texts[k]->file, file)) {
                out->amended = c;
                out->version = k;
                out->number = terms_ast(r->history->contracts[c].texts[k]->terms)->version;
            }
    if (out->amended == TERMS_NONE)
        return err_set(r->err, TALLY_E_MALFORMED, "/history/%zu/amended: is not a file of \"texts\" that amends another",
                       r->step);
    for (size_t i = 0; i < r->step; i++)
        if (r->history->steps[i].amended == out->amended && r->history->steps[i].version >= out->version)
            return err_set(r->err, TALLY_E_MALFORMED,
                           "/history/%zu/amended: this text, or a later one, is in force already", r->step);
    return TALLY_OK;
}

/* What the clock does comes before anything else that day (T3). */
MUST_CHECK static enum tally_code tick_all(struct reading *r, int32_t day)
{
    enum tally_code rc = TALLY_OK;
    for (uint32_t c = 0; c < r->history->contract_count; c++)
        for (uint32_t k = 0; k < r->history->contracts[c].text_count; k++) {
            size_t count = 0;
            struct history_event *events = NULL;
            facts_moment(&r->facts[c][k]);
            TRY(facts_tick(&r->facts[c][k], day, r->arena, &events, &count, r->err));
            facts_moment(&r->facts[c][k]);
        }
done:
    return rc;
}

MUST_CHECK static enum tally_code step_read(struct reading *r, const json_t *json, int32_t last, struct history_step *step)
{
    static const char *const names[] = {"on", "results", "note", "title", "amended", "joined", "settled", NULL};
    enum tally_code rc = TALLY_OK;
    char pointer[64];
    const json_t *results = json_object_get(json, "results"), *title = json_object_get(json, "title");
    struct slice joined = SLICE("");
    (void) snprintf(pointer, sizeof pointer, "/history/%zu", r->step);
    if (!json_is_object(json))
        return err_set(r->err, TALLY_E_MALFORMED, "%s: is not an object, {\"on\", \"results\"}", pointer);
    TRY(take_members(r, json, pointer, names));
    if (results != NULL && !json_is_array(results))
        return err_set(r->err, TALLY_E_MALFORMED, "%s/results: is not a list", pointer);
    (void) snprintf(pointer, sizeof pointer, "/history/%zu/title", r->step);
    if (title != NULL)
        TRY(take_text(r, title, pointer, &step->title));
    (void) snprintf(pointer, sizeof pointer, "/history/%zu/on", r->step);
    TRY(take_day(r, json_object_get(json, "on"), pointer, &step->day));
    if (step->day < last)
        return err_set(r->err, TALLY_E_MALFORMED, "%s: is earlier than the step before; put the steps in order", pointer);
    TRY(amended_take(r, json, step));
    TRY(take_joined(r, json, step->day, &joined));
    TRY(take_settled(r, json, step));
    if (step->title.len == 0 && json_array_size(results) == 0)
        step->title = joined;
    step->count = json_array_size(results);
    if (step->count > HISTORY_EVENTS_MAX - r->history->event_count)
        return err_set(r->err, TALLY_E_LIMIT, "/history/%zu: there are more than %d results in all", r->step,
                       HISTORY_EVENTS_MAX);
    step->events = ARENA_ARRAY(r->arena, step->count + 1, struct history_event);
    if (step->events == NULL)
        return take_no_memory(r);
    TRY(tick_all(r, step->day));
    for (r->result = 0; r->result < step->count; r->result++)
        TRY(take_result(r, json_array_get(results, r->result), step->day, &step->events[r->result]));
done:
    return rc;
}

/* ---- the whole ---- */

MUST_CHECK static enum tally_code facts_make(struct reading *r)
{
    const struct history *h = r->history;
    r->joined.arena = r->arena;
    r->facts = ARENA_ARRAY(r->arena, h->contract_count, struct facts *);
    if (r->facts == NULL)
        return take_no_memory(r);
    for (uint32_t c = 0; c < h->contract_count; c++) {
        r->facts[c] = ARENA_ARRAY(r->arena, h->contracts[c].text_count, struct facts);
        if (r->facts[c] == NULL)
            return take_no_memory(r);
        for (uint32_t k = 0; k < h->contracts[c].text_count; k++)
            facts_init(&r->facts[c][k], h->contracts[c].texts[k]->terms, c, r->arena);
    }
    return TALLY_OK;
}

MUST_CHECK static enum tally_code steps_read(struct reading *r, const json_t *steps)
{
    enum tally_code rc = TALLY_OK;
    int32_t last = DAY_MIN;
    r->history->count = json_array_size(steps);
    r->history->steps = ARENA_ARRAY(r->arena, r->history->count, struct history_step);
    if (r->history->steps == NULL)
        return take_no_memory(r);
    for (r->step = 0; r->step < r->history->count; r->step++) {
        TRY(step_read(r, json_array_get(steps, r->step), last, &r->history->steps[r->step]));
        last = r->history->steps[r->step].day;
    }
done:
    return rc;
}

MUST_CHECK static enum tally_code root_read(struct reading *r, const json_t *root)
{
    static const char *const names[] = {"contract", "history", "texts", "note", NULL};
    enum tally_code rc = TALLY_OK;
    const json_t *steps = json_object_get(root, "history");
    struct slice slug = terms_slug(r->sources[0].terms);
    ENSURE(r->history != NULL);
    if (!json_is_object(root))
        return err_set(r->err, TALLY_E_MALFORMED, "/: is not an object, {\"contract\", \"history\"}");
    TRY(take_members(r, root, "", names));
    TRY(take_text(r, json_object_get(root, "contract"), "/contract", &r->history->contract));
    if (!slice_equal(r->history->contract, slug))
        return err_set(r->err, TALLY_E_MALFORMED, "/contract: these are results of %.*s, and the terms are those of %.*s",
                       SLICE_ARG(r->history->contract), SLICE_ARG(slug));
    if (!json_is_array(steps) || json_array_size(steps) == 0 || json_array_size(steps) > HISTORY_STEPS_MAX)
        return err_set(r->err, TALLY_E_MALFORMED,
                       "/history: is not a list of 1 to %d steps; {\"on\": \"2016-01-31\", \"results\": []} is a day "
                       "on which nothing comes",
                       HISTORY_STEPS_MAX);
    TRY(world_make(r->sources, r->source_count, r->arena, r->history, r->err));
    TRY(facts_make(r));
    TRY(steps_read(r, steps));
done:
    return rc;
}

MUST_CHECK static enum tally_code json_of(struct slice json, json_t **out, struct err *err)
{
    json_error_t error;
    *out = json_loadb(json.ptr == NULL ? "" : json.ptr, json.len, JSON_REJECT_DUPLICATES, &error);
    if (*out != NULL)
        return TALLY_OK;
    return err_set(err, TALLY_E_MALFORMED, "line %d, column %d: this is not JSON: %s", error.line, error.column,
                   error.text);
}

enum tally_code history_files(struct slice json, struct arena *arena, struct slice **out, size_t *count, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    json_t *root = NULL;
    struct reading r = {.arena = arena, .err = err};
    TRY(json_of(json, &root, err));
    const json_t *texts = json_object_get(root, "texts");
    size_t n = json_array_size(texts);
    if ((texts != NULL && !json_is_array(texts)) || n > FILES_MAX)
        TRY(err_set(err, TALLY_E_MALFORMED, "/texts: is not a list of at most %d files of terms, beside this one",
                    FILES_MAX));
    struct slice *files = ARENA_ARRAY(arena, n + 1, struct slice);
    if (files == NULL)
        TRY(take_no_memory(&r));
    for (size_t i = 0; i < n; i++) {
        char pointer[40];
        (void) snprintf(pointer, sizeof pointer, "/texts/%zu", i);
        TRY(take_text(&r, json_array_get(texts, i), pointer, &files[i]));
    }
    *out = files;
    *count = n;
done:
    json_decref(root);
    return rc;
}

enum tally_code history_read_texts(const struct history_source *sources, size_t source_count, struct slice json,
                                   struct arena *arena, struct history **out, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    json_t *root = NULL;
    struct reading r = {.sources = sources,
                        .source_count = source_count,
                        .arena = arena,
                        .err = err,
                        .history = ARENA_NEW(arena, struct history)};
    TRY(json_of(json, &root, err));
    if (r.history == NULL)
        TRY(take_no_memory(&r));
    TRY(root_read(&r, root));
    *out = r.history;
done:
    json_decref(root);
    return rc;
}

enum tally_code history_read(const struct terms *terms, struct slice json, struct arena *arena, struct history **out,
                             struct err *err)
{
    struct history_source *source = ARENA_NEW(arena, struct history_source);
    if (source == NULL)
        return err_set(err, TALLY_E_LIMIT, "the history takes more memory than was granted");
    source->terms = terms;
    return history_read_texts(source, 1, json, arena, out, err);
}
