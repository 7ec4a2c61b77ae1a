/* A session from its opening to its end: changes to their keys, what they affect computed again, the answer, and what stands then. */
#include "session.h"

#include <stdlib.h>
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

uint64_t session_place(const struct eval *ev, const struct instance *instance)
{
    const struct shape *shape = &ev->t->rules[instance->rule].shape;
    uint32_t members[DIMENSIONS_MAX];
    shape_bind(ev->dimensions, shape, instance->cell, members);
    for (uint32_t i = 0; i < shape->count; i++) {
        const struct dimension *d = &ev->dimensions[shape->dims[i]];
        uint32_t low = 0, high = d->shown.member_count, member = members[shape->dims[i]];
        if (!dimension_is_open(d))
            continue;
        while (d->by_bytes[low] != member && low < high) {
            uint32_t mid = low + (high - low) / 2;
            if (slice_compare(d->shown.members[d->by_bytes[mid]], d->shown.members[member]) <= 0)
                low = mid;
            else
                high = mid;
        }
        members[shape->dims[i]] = low;
    }
    return shape_cell(ev->dimensions, shape, members);
}

/* ---- results ---- */

struct own_fact {
    struct engine_fact fact;
    char value[];
};

static void fact_free(struct engine_session *s, struct slot *slot)
{
    if (slot->fact == NULL)
        return;
    s->fact_bytes -= sizeof(struct own_fact) + slot->fact->value.len;
    mem_free((void *) (uintptr_t) slot->fact);
    slot->fact = NULL;
}

/* The session's own copy, without the key, which its slot has. */
MUST_CHECK static bool fact_copy(struct eval *ev, struct slot *slot, const struct engine_fact *fact)
{
    struct engine_session *s = ev->session;
    size_t size = sizeof(struct own_fact) + fact->value.len;
    struct own_fact *own = mem_zero(size);
    if (own == NULL) {
        ev->rc = err_set(ev->err, TALLY_E_NO_MEMORY, "no memory for a result");
        return false;
    }
    own->fact = *fact;
    memcpy(own->value, fact->value.ptr, fact->value.len);
    own->fact.value = slice_of(own->value, fact->value.len);
    own->fact.key = slice_of(NULL, 0);
    s->fact_bytes += size;
    slot->fact = &own->fact;
    return true;
}

/* Instances that a key of M gives, or a new member does. */
MUST_CHECK static bool make_dirty_cells(struct eval *ev, uint32_t rule, const struct cells *cells)
{
    for (size_t i = 0; i < cells->count; i++) {
        struct instance *instance = session_instance(ev, rule, cells->items[i]);
        if (instance == NULL)
            return false;
        session_make_dirty(ev, instance);
    }
    return true;
}

/* New numbers of an open dimension from `from` on: rules without `of` have instances for them. */
MUST_CHECK static bool take_new_members(struct eval *ev, uint32_t dimension, uint32_t from)
{
    for (uint32_t r = 0; r < ev->t->rule_count; r++)
        for (uint32_t m = from; m < ev->dimensions[dimension].shown.member_count; m++) {
            struct cells cells = {0};
            if (ev->t->rules[r].has_of || (ev->t->rules[r].dims >> dimension & 1) == 0)
                continue;
            if (!instance_cells_of_member(ev, r, dimension, m, &cells) || !make_dirty_cells(ev, r, &cells))
                return false;
        }
    return true;
}

MUST_CHECK static bool read_key(struct eval *ev, const struct engine_change *change, uint64_t *cell, bool *is_stale)
{
    const struct metric *m = &ev->t->metrics[change->metric];
    uint32_t before[DIMENSIONS_MAX];
    for (uint32_t i = 0; i < m->shape.count; i++)
        before[i] = ev->dimensions[m->shape.dims[i]].shown.member_count;
    bool is_new_name = ev->dimensions != ev->t->dimensions && !shape_read(ev->dimensions, &m->shape, change->key, cell);
    if (is_new_name && change->has_pending && m->sets != NULL)
        *is_stale = true; /* a set waits for somebody who is no member (D3) */
    if (*is_stale || !names_read(ev, &m->shape, change->key, cell, is_stale))
        return *is_stale;
    for (uint32_t i = 0; !*is_stale && i < m->shape.count; i++)
        if (dimension_is_open(&ev->dimensions[m->shape.dims[i]]) && !take_new_members(ev, m->shape.dims[i], before[i]))
            return false;
    return true;
}

/* Is it a set's, and of a name that is no member? Then only a whole evaluation tells for whom the set waits (D3). */
static bool concerns_strangers(struct eval *ev, const struct metric *m, uint64_t cell)
{
    uint32_t members[DIMENSIONS_MAX];
    if (m->sets == NULL)
        return false;
    shape_bind(ev->dimensions, &m->shape, cell, members);
    for (uint32_t i = 0; i < m->shape.count; i++)
        if (dimension_is_open(&ev->dimensions[m->shape.dims[i]]) &&
            ev->session->names[m->shape.dims[i]].uses[members[m->shape.dims[i]]] == 0)
            return true;
    return false;
}

/* The order in which people come (S7). false: it is a stranger's, and counts for nothing. *is_stale: only a whole evaluation tells. */
static bool take_order(struct eval *ev, const struct metric *m, uint64_t cell, const struct slot *slot,
                       const struct engine_fact *fact, bool *is_stale)
{
    struct engine_session *s = ev->session;
    uint64_t order = fact_order(fact);
    bool is_stranger = slot->fact == NULL && names_are_strangers(ev, &m->shape, cell);
    if (slot->fact != NULL && fact_order(slot->fact) != order && s->has_strangers)
        *is_stale = true; /* one of them may come before this one now */
    if (is_stranger)      /* later than all that were there; among those of this entry their bytes tell who comes first */
        *is_stale = *is_stale || s->has_admitted || order <= s->order_before || names_are_of_several(ev, &m->shape);
    s->has_strangers = s->has_strangers || is_stranger;
    s->last_order = order > s->last_order ? order : s->last_order;
    return !is_stranger;
}

MUST_CHECK static bool apply_change(struct eval *ev, const struct engine_change *change, bool *is_stale)
{
    uint64_t cell = 0;
    const struct metric *m = &ev->t->metrics[change->metric];
    if (!read_key(ev, change, &cell, is_stale) || *is_stale)
        return *is_stale;
    struct slot *slot = eval_slot(ev, change->metric, cell);
    if (slot == NULL)
        return false;
    bool was_there = slot->fact != NULL, is_there = change->fact != NULL, has_pending = change->has_pending;
    bool was_key = was_there || slot->has_pending;
    if (ev->session->dimensions != NULL && is_there && !take_order(ev, m, cell, slot, change->fact, is_stale))
        is_there = has_pending = false;
    if (is_there != was_there && ev->session->dimensions != NULL)
        names_use(ev, &m->shape, cell, is_there ? 1 : -1);
    *is_stale = *is_stale || (has_pending && !is_there && concerns_strangers(ev, m, cell));
    if (*is_stale)
        return true;
    track_drop_slot(ev, slot);
    fact_free(ev->session, slot);
    if (is_there && !fact_copy(ev, slot, change->fact))
        return false;
    slot->has_pending = has_pending;
    slot->state = is_there || has_pending ? SLOT_FACT : SLOT_EMPTY;
    if (was_key != (is_there || has_pending) && !keys_change(ev, change->metric, cell, !was_key))
        return false;
    for (uint32_t r = 0; r < ev->t->rule_count; r++) {
        struct cells cells = {0};
        if (ev->t->rules[r].has_of && ev->t->rules[r].of == change->metric && is_there != was_there &&
            (!instance_cells(ev, r, cell, &cells) || !make_dirty_cells(ev, r, &cells)))
            return false;
    }
    return true;
}

/* ---- what is affected ---- */

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

struct ordered {
    int32_t day;
    uint32_t rule;
    uint64_t place;
    struct instance *instance;
};

static int by_order(const void *a, const void *b)
{
    const struct ordered *x = a, *y = b;
    if (x->day != y->day)
        return x->day < y->day ? -1 : 1;
    if (x->rule != y->rule)
        return x->rule < y->rule ? -1 : 1;
    return (x->place > y->place) - (x->place < y->place);
}

/* Those of the touched that are new among first amounts, by C4; or all, as they are answered. NULL: ev->rc is set. */
MUST_CHECK static struct ordered *sorted(struct eval *ev, bool new_ones, size_t *count)
{
    const struct instance_list *touched = &ev->session->touched;
    struct ordered *list = EVAL_SCRATCH(ev, touched->count, struct ordered);
    *count = 0;
    for (size_t i = 0; list != NULL && i < touched->count; i++) {
        struct instance *instance = touched->items[i];
        bool is_new = instance->state == ENGINE_COMPUTED && instance->first == 0 && instance->amount > 0;
        if (new_ones ? is_new : !instance->is_absent || instance->has_record)
            list[(*count)++] =
                (struct ordered){new_ones ? instance->own_day : 0, instance->rule, session_place(ev, instance), instance};
    }
    if (*count > 1)
        qsort(list, *count, sizeof(*list), by_order);
    return list;
}

MUST_CHECK static bool give_places(struct eval *ev)
{
    struct engine_session *s = ev->session;
    size_t count = 0;
    struct ordered *list = sorted(ev, true, &count);
    if (list == NULL)
        return false;
    for (size_t i = 0; i < count; i++)
        list[i].instance->first = s->next_first++;
    for (size_t i = 0; i < s->fresh_cut.count; i++)
        if (!session_cut(ev, s->fresh_cut.items[i]))
            return false;
    s->fresh_cut.count = 0;
    return true;
}

MUST_CHECK static enum tally_code answer(struct eval *ev, uint64_t steps_before, struct arena *arena,
                                         struct engine_output **out, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct engine_session *s = ev->session;
    struct answer_writer w = {.arena = arena};
    size_t count = 0;
    struct ordered *list = sorted(ev, false, &count);
    struct engine_output *o = ARENA_NEW(arena, struct engine_output);
    struct engine_instance *instances = ARENA_ARRAY(arena, count, struct engine_instance);
    if (list == NULL)
        return ev->rc;
    if (o == NULL || instances == NULL)
        return err_set(err, TALLY_E_LIMIT, "no memory left for the answer of an evaluation");
    for (size_t i = 0; i < count; i++)
        TRY(evaluate_write(ev, list[i].instance, &w, &instances[i], err));
    o->instances = instances;
    o->count = count;
    o->is_full = names_are_full(ev);
    o->next_first = s->next_first;
    o->steps = ev->steps - steps_before;
    int32_t closes = terms_closes(ev->t), wakes = track_next_wake(ev);
    o->next_moment = closes == DAY_NEVER ? DAY_NEVER : closes + 1;
    if (wakes < o->next_moment)
        o->next_moment = wakes;
    *out = o;
done:
    return rc;
}

/* What was answered stands. */
static void record(struct eval *ev, struct instance *instance)
{
    const struct shape *shape = &ev->t->rules[instance->rule].shape;
    bool stood = instance->stands != 0;
    instance->is_touched = false;
    instance->has_record = instance->has_record || !instance->is_absent;
    instance->stands = instance->target;
    instance->record_day = instance->day;
    if (stood != (instance->stands != 0) && ev->session->dimensions != NULL)
        names_use(ev, shape, instance->cell, stood ? -1 : 1);
}

/* Only when the next entry comes: until then the last answer can be explained. After the opening all of them, when all that lack something
 * are noted as cut: a member that comes or goes with what stands gives budgets back. */
static void record_answered(struct eval *ev)
{
    struct engine_session *s = ev->session;
    for (uint32_t r = 0; !s->is_recorded && r < ev->t->rule_count; r++)
        for (size_t i = 0; i < ev->rules[r].count; i++)
            record(ev, &ev->rules[r].items[i]);
    s->is_recorded = true;
    for (size_t i = 0; i < s->touched.count; i++)
        record(ev, s->touched.items[i]);
    s->touched.count = 0;
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

static void stop_reading(struct eval *ev)
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
    record_answered(ev);
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
        if (!apply_change(ev, &changes[i], is_stale))
            return ev->rc;
    }
    *is_stale = *is_stale || s->is_plain;
    if (*is_stale)
        return TALLY_OK;
    track_wake_up(ev);
    if (!compute(ev) || !give_places(ev))
        return ev->rc;
    *is_stale = s->is_plain || gives_up_a_place(s);
    if (*is_stale)
        return TALLY_OK; /* not covered: budgets do not add up (session_caps.c), so they are shared out from nothing */
    TRY(answer(ev, steps, arena, out, err));
    track_sweep(ev);
    rc = ev->rc;
    stop_reading(ev);
    s->is_broken = rc != TALLY_OK;
done:
    return rc;
}

/* ---- opening ---- */

/* Uses of the members, before anything is computed. */
static void count_uses(struct eval *ev)
{
    if (ev->session->dimensions == NULL)
        return;
    for (uint32_t i = 0; i < ev->slot_used; i++) {
        const struct slot *slot = eval_slot_at(ev, i);
        if (slot->memo < ev->t->metric_count && slot->fact != NULL)
            names_use(ev, &ev->t->metrics[slot->memo].shape, slot->cell, 1);
    }
    for (uint32_t r = 0; r < ev->t->rule_count; r++)
        for (size_t i = 0; i < ev->rules[r].count; i++)
            if (ev->rules[r].items[i].stands != 0)
                names_use(ev, &ev->t->rules[r].shape, ev->rules[r].items[i].cell, 1);
}

/* The input's results become the session's own. */
MUST_CHECK static bool settle(struct eval *ev)
{
    for (uint32_t i = 0; i < ev->slot_used; i++) {
        struct slot *slot = eval_slot_at(ev, i);
        const struct engine_fact *fact = slot->fact;
        slot->fact = NULL;
        if (fact != NULL && !fact_copy(ev, slot, fact)) {
            for (uint32_t k = i + 1; k < ev->slot_used; k++)
                eval_slot_at(ev, k)->fact = NULL; /* not the session's to free */
            return false;
        }
    }
    for (uint32_t r = 0; r < ev->t->rule_count; r++)
        for (size_t i = 0; ev->t->rules[r].group != TERMS_NONE && i < ev->rules[r].count; i++) {
            struct instance *instance = &ev->rules[r].items[i];
            if ((caps_lacks(instance) && !session_cut(ev, instance)) || !session_note_dayless(ev, instance))
                return false;
        }
    return ev->rc == TALLY_OK;
}

static void forget_borrowed(struct eval *ev)
{
    for (uint32_t i = 0; i < ev->slot_used; i++)
        eval_slot_at(ev, i)->fact = NULL;
}

/* *out NULL: all of it is to be evaluated from nothing: a place of a full dimension was given up on the way, or somebody is a member whom
 * only results name that are passed over (S7). */
MUST_CHECK static enum tally_code open_all(struct engine_session *s, struct arena *arena, struct engine_output **out,
                                           struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct eval *ev = &s->ev;
    const struct vacated *vacated = NULL;
    bool is_again = false;
    bool ok = evaluate_load(ev, &s->in, err);
    s->groups = ok ? EVAL_NEW(ev, ev->t->rule_count, struct group) : NULL;
    s->group_order = s->groups == NULL ? NULL : session_group_order(ev, &s->group_count);
    ok = s->group_order != NULL;
    if (ok && s->is_crossed) {
        forget_borrowed(ev);
        return TALLY_OK;
    }
    if (ok)
        count_uses(ev);
    ok = ok && ev->rc == TALLY_OK && evaluate_all(ev) && evaluate_first(ev, &s->next_first) && ev->rc == TALLY_OK &&
         members_vacate(ev, ev->arena, &vacated, &is_again);
    if (ok && !is_again)
        rc = evaluate_answer(ev, arena, out, err);
    if (!ok || rc != TALLY_OK || is_again) {
        forget_borrowed(ev);
        return ok ? rc : ev->rc;
    }
    (*out)->next_first = s->next_first;
    s->is_opening = false;
    if (!settle(ev))
        return ev->rc;
    s->in.facts = NULL;
    s->in.records = NULL;
    return TALLY_OK;
}

/* Several texts, and figures of other contracts, are evaluated from nothing; after `closes` there is nothing to follow (T5). */
bool engine_session_can_follow(const struct engine_input *input)
{
    bool is_used = input->earlier_count > 0 || input->want_count > 0 || input->today > terms_closes(input->terms);
    for (uint32_t i = 0; i < input->terms->metric_count; i++)
        is_used = is_used || input->terms->metrics[i].shown.source == AST_SOURCE_USED;
    return !is_used;
}

enum tally_code engine_session_open(const struct engine_input *input, struct arena *arena, struct engine_output **out,
                                    struct engine_session **session, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct engine_session *s = NULL;
    struct engine_output *answered = NULL;
    if (!engine_session_can_follow(input)) {
        TRY(engine_evaluate(input, arena, out, err));
        *session = NULL;
        return TALLY_OK;
    }
    s = mem_zero(sizeof(*s));
    if (s == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory for an evaluation");
    s->in = *input;
    s->next_first = input->next_first;
    s->is_opening = true;
    s->ev.session = s;
    s->kept.ev = &s->ev;
    s->ev.arena = arena_new(EVALUATION_BYTES_MAX);
    s->ev.store = arena_new(EVALUATION_BYTES_MAX);
    if (s->ev.arena == NULL || s->ev.store == NULL) {
        rc = err_set(err, TALLY_E_NO_MEMORY, "no memory for an evaluation");
        goto done;
    }
    TRY(open_all(s, arena, &answered, err));
    if (answered == NULL) {
        *session = NULL;
        TRY(engine_evaluate(input, arena, out, err));
        goto done;
    }
    stop_reading(&s->ev);
    s->store_at_open = arena_used(s->ev.store);
    s->edges_kept = s->edges_made; /* none of them is old */
    s->edges_made = 0;
    *out = answered;
    *session = s;
    s = NULL;
done:
    engine_session_free(s);
    return rc;
}

void engine_session_free(struct engine_session *s)
{
    if (s == NULL)
        return;
    for (uint32_t i = 0; i < s->ev.slot_used; i++)
        fact_free(s, eval_slot_at(&s->ev, i));
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
