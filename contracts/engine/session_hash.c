/* What a session finds by hash: instances that came after its beginning, and texts that it keeps once. */
#include "session.h"
#include "tally/instant.h"

/* ---- instances that came later ---- */

static size_t instance_home(uint32_t rule, uint64_t cell, size_t size)
{
    uint64_t h = (cell + 1) * UINT64_C(0x9E3779B97F4A7C15) ^ ((uint64_t) rule + 1) * UINT64_C(0xC2B2AE3D27D4EB4F);
    return (size_t) ((h ^ h >> 29) & (size - 1));
}

static struct instance **more_place(struct instance **table, size_t size, uint32_t rule, uint64_t cell)
{
    size_t i = instance_home(rule, cell, size);
    while (table[i] != NULL && (table[i]->rule != rule || table[i]->cell != cell))
        i = (i + 1) & (size - 1);
    return &table[i];
}

MUST_CHECK static bool more_grow(struct eval *ev)
{
    struct engine_session *s = ev->session;
    size_t size = grow_table(s->more_size);
    struct instance **table = EVAL_NEW(ev, size, struct instance *);
    if (table == NULL)
        return false;
    for (size_t i = 0; i < s->more_size; i++)
        if (s->more[i] != NULL)
            *more_place(table, size, s->more[i]->rule, s->more[i]->cell) = s->more[i];
    s->more = table;
    s->more_size = size;
    return true;
}

struct instance *session_instance(struct eval *ev, uint32_t rule, uint64_t cell)
{
    struct engine_session *s = ev->session;
    struct instance *instance = instance_find(ev, rule, cell);
    if (instance != NULL)
        return instance;
    if (s->more_count >= s->more_size / 4 * 3 && !more_grow(ev))
        return NULL;
    struct instance **place = more_place(s->more, s->more_size, rule, cell);
    if (*place != NULL)
        return *place;
    instance = EVAL_NEW(ev, 1, struct instance);
    if (instance == NULL)
        return NULL;
    *instance = (struct instance){.rule = rule,
                                  .cell = cell,
                                  .phase = PHASE_DONE,
                                  .state = ENGINE_COMPUTED,
                                  .own_day = DAY_NEVER,
                                  .day = DAY_NEVER,
                                  .record_day = DAY_NEVER,
                                  .wakes = DAY_NEVER,
                                  .is_never_back = ev->t->rules[rule].is_never_back,
                                  .is_absent = true};
    *place = instance;
    s->more_count++;
    return instance;
}

/* ---- texts ---- */

static struct slice *text_place(struct slice *table, size_t size, struct slice text)
{
    uint64_t h = UINT64_C(0xCBF29CE484222325);
    for (size_t i = 0; i < text.len; i++)
        h = (h ^ (unsigned char) text.ptr[i]) * UINT64_C(0x100000001B3);
    size_t at = (size_t) (h ^ h >> 29) & (size - 1);
    while (table[at].ptr != NULL && !slice_equal(table[at], text))
        at = (at + 1) & (size - 1);
    return &table[at];
}

struct slice session_text(struct eval *ev, struct slice text)
{
    struct engine_session *s = ev->session;
    const struct slice none = {NULL, 0};
    if (s->text_count >= s->text_size / 4 * 3) {
        size_t size = grow_table(s->text_size);
        struct slice *grown = EVAL_NEW(ev, size, struct slice);
        if (grown == NULL)
            return none;
        for (size_t i = 0; i < s->text_size; i++)
            if (s->texts[i].ptr != NULL)
                *text_place(grown, size, s->texts[i]) = s->texts[i];
        s->texts = grown;
        s->text_size = size;
    }
    struct slice *place = text_place(s->texts, s->text_size, text);
    if (place->ptr != NULL)
        return *place;
    enum tally_code rc = arena_copy(ev->store, text.ptr, text.len, place, ev->err);
    if (rc != TALLY_OK) {
        ev->rc = rc;
        return none;
    }
    s->text_count++;
    return *place;
}
