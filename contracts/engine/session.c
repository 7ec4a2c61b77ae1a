/* One entry of a session from its changes to its answer: what they affect is dirty, and computed again. How it begins is in session_open.c. */
#include "session.h"

#include <string.h>

#include "tally/instant.h"
#include "tally/mem.h"

/* What a session holds that nobody needs any more is not given back one by one: when it is as much as what it began with, and this
 * much more, the session is stale. */
#define WASTE_MAX ((size_t) 1 << 20)

bool list_add(struct eval *ev, struct instance_list *list, struct instance *instance)
{
    if (list->count == list->cap) {
        size_t cap = grow_list(list->cap, 16);
        struct instance **grown = EVAL_NEW(ev, cap, struct instance *);
        if (grown == NULL)
            return false;
        if (list->count > 0)
            memcpy(grown, list->items, list->count * sizeof(*grown));
        list->items = grown;
        list->cap = cap;
    }
    list->items[list->count++] = instance;
    return true;
}

void session_make_dirty(struct eval *ev, struct instance *instance)
{
    struct engine_session *s = ev->session;
    uint32_t group = ev->t->rules[instance->rule].group;
    if (instance->is_dirty)
        return;
    if (group != TERMS_NONE)
        session_release(ev, instance);
    instance->is_dirty = true;
    instance->stamp++;
    instance->phase = PHASE_NEW;
    instance->reason = slice_of(NULL, 0);
    instance->day = instance->record_day;
    instance->own_day = instance->wakes = DAY_NEVER;
    if (!list_add(ev, group == TERMS_NONE ? &s->dirty : &s->groups[group].dirty, instance))
        return;              /* ev->rc is set */
    if (group == TERMS_NONE) /* what a group gives is only known when all of it is computed */
        track_changed(ev, &instance->readers);
}

MUST_CHECK static bool compute(struct eval *ev)
{
    struct engine_session *s = ev->session;
    for (uint32_t i = 0; i < s->group_count; i++)
        if (!session_group(ev, s->group_order[i]))
            return false;
    for (size_t i = 0; i < s->dirty.count; i++)
        if (!instance_target(ev, s->dirty.items[i]))
            return false;
    for (size_t i = 0; i < s->dirty.count; i++) {
        struct instance *instance = s->dirty.items[i];
        instance->is_dirty = false;
        if (!instance->is_touched && !list_add(ev, &s->touched, instance))
            return false;
        instance->is_touched = true;
    }
    s->dirty.count = 0;
    return ev->rc == TALLY_OK;
}

/* Another day may lie in a period of their caps. */
static void try_dayless(struct eval *ev)
{
    struct instance_list *list = &ev->session->dayless;
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i]->state == ENGINE_FAULT)
            session_make_dirty(ev, list->items[i]);
    list->count = 0;
}

/* Is somebody left with nothing while others wait for a place (S7)? Then only a whole evaluation tells who has it now. */
static bool gives_up_a_place(const struct engine_session *s)
{
    bool is_given_up = false;
    for (size_t i = 0; s->has_strangers && i < s->touched.count; i++)
        is_given_up = is_given_up || (s->touched.items[i]->stands != 0 && s->touched.items[i]->target == 0);
    return is_given_up;
}

void session_stop_reading(struct eval *ev)
{
    arena_clear(ev->arena);
    ev->latest = NULL;
    ev->reader = 0;
    ev->err = NULL;
}

enum tally_code engine_session_apply(struct engine_session *s, int32_t today, const struct engine_change *changes,
                                     size_t count, struct arena *arena, bool *is_stale, struct engine_output **out,
                                     struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct eval *ev = &s->ev;
    uint64_t steps = ev->steps;
    *is_stale = s->is_broken || today < s->in.today || today > terms_closes(ev->t) || ev->is_closed ||
                arena_used(ev->store) > 2 * s->store_at_open + WASTE_MAX;
    if (*is_stale)
        return TALLY_OK;
    s->is_broken = true; /* until it is done */
    s->entries++;
    ev->err = err;
    ev->rc = TALLY_OK;
    session_record_answered(ev);
    *is_stale = s->is_plain;
    if (*is_stale || ev->rc != TALLY_OK)
        return ev->rc;
    if (today != s->in.today)
        try_dayless(ev);
    s->in.today = today;
    s->has_admitted = false;
    s->order_before = s->last_order;
    for (size_t i = 0; i < count && !*is_stale; i++) {
        ENSURE(changes[i].metric < ev->t->metric_count);
        if (!session_change(ev, &changes[i], is_stale))
            return ev->rc;
    }
    *is_stale = *is_stale || s->is_plain;
    if (*is_stale)
        return TALLY_OK;
    track_wake_up(ev);
    if (!compute(ev) || !session_give_places(ev))
        return ev->rc;
    *is_stale = s->is_plain || gives_up_a_place(s); /* plain: its budgets do not add up (session_caps.c) */
    if (*is_stale)
        return TALLY_OK;
    TRY(session_answer(ev, steps, arena, out, err));
    track_sweep(ev);
    rc = ev->rc;
    session_stop_reading(ev);
    s->is_broken = rc != TALLY_OK;
done:
    return rc;
}

void engine_session_free(struct engine_session *s)
{
    if (s == NULL)
        return;
    for (uint32_t i = 0; i < s->ev.slot_used; i++)
        session_fact_free(s, eval_slot_at(&s->ev, i));
    eval_release(&s->ev);
    arena_free(s->ev.arena);
    arena_free(s->ev.store);
    arena_free(s->kept.aloud);
    mem_free(s);
}

struct engine_kept *engine_session_kept(struct engine_session *session)
{
    return &session->kept;
}

size_t engine_session_memory(const struct engine_session *s)
{
    return sizeof(*s) + arena_used(s->ev.store) + arena_used(s->ev.arena) + s->fact_bytes;
}

bool engine_session_is_doubted(const struct engine_session *s)
{
    return s->is_doubted;
}
