/* What is reported to a session: changes to their keys, the session's own copies of results, who has come too late (S7), and what they make
 * dirty by being there or not. */
#include <string.h>

#include "session.h"
#include "tally/mem.h"

struct own_fact {
    struct engine_fact fact;
    char texts[]; /* the value, then the reason */
};

void session_fact_free(struct engine_session *s, struct slot *slot)
{
    if (slot->fact == NULL)
        return;
    s->fact_bytes -= sizeof(struct own_fact) + slot->fact->value.len + slot->fact->reason.len;
    mem_free((void *) (uintptr_t) slot->fact);
    slot->fact = NULL;
}

bool session_fact_copy(struct eval *ev, struct slot *slot, const struct engine_fact *fact)
{
    struct engine_session *s = ev->session;
    size_t size = sizeof(struct own_fact) + fact->value.len + fact->reason.len;
    struct own_fact *own = mem_zero(size);
    if (own == NULL) {
        ev->rc = err_set(ev->err, TALLY_E_NO_MEMORY, "no memory for a result");
        return false;
    }
    own->fact = *fact;
    if (fact->value.len > 0)
        memcpy(own->texts, fact->value.ptr, fact->value.len);
    if (fact->reason.len > 0)
        memcpy(own->texts + fact->value.len, fact->reason.ptr, fact->reason.len);
    own->fact.value = slice_of(own->texts, fact->value.len);
    own->fact.reason = slice_of(own->texts + fact->value.len, fact->reason.len);
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

bool session_change(struct eval *ev, const struct engine_change *change, bool *is_stale)
{
    uint64_t cell = 0;
    const struct metric *m = &ev->t->metrics[change->metric];
    if (!read_key(ev, change, &cell, is_stale) || *is_stale)
        return *is_stale;
    struct slot *slot = eval_slot(ev, change->metric, cell);
    if (slot == NULL)
        return false;
    bool was_there = slot->fact != NULL, is_there = change->fact != NULL, has_pending = change->has_pending;
    bool was_found = slot_is_found(slot);
    bool was_key = was_there || slot->has_pending;
    if (ev->session->dimensions != NULL && is_there && !take_order(ev, m, cell, slot, change->fact, is_stale))
        is_there = has_pending = false;
    if (is_there != was_there && ev->session->dimensions != NULL)
        names_use(ev, &m->shape, cell, is_there ? 1 : -1);
    *is_stale = *is_stale || (has_pending && !is_there && concerns_strangers(ev, m, cell));
    if (*is_stale)
        return true;
    track_drop_slot(ev, slot);
    session_fact_free(ev->session, slot);
    if (is_there && !session_fact_copy(ev, slot, change->fact))
        return false;
    slot->has_pending = has_pending;
    slot->state = is_there || has_pending ? SLOT_FACT : SLOT_EMPTY;
    if (was_key != (is_there || has_pending) && !keys_change(ev, change->metric, cell, !was_key))
        return false;
    for (uint32_t r = 0; r < ev->t->rule_count; r++) {
        struct cells cells = {0};
        if (ev->t->rules[r].has_of && ev->t->rules[r].of == change->metric && slot_is_found(slot) != was_found &&
            (!instance_cells(ev, r, cell, &cells) || !make_dirty_cells(ev, r, &cells)))
            return false;
    }
    return true;
}
