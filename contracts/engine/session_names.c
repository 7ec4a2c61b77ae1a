/* The names of open dimensions in a session. A name keeps its number for good, whether it is a member or not: cells stay what they
 * are. A member is a name that a final result or something standing uses (I1, S7). */
#include <string.h>

#include "session.h"

static uint32_t source_memo(const struct eval *ev, uint32_t dimension)
{
    return ev->t->memo_count + ev->t->cap_count + dimension; /* behind all that is remembered, and the budgets */
}

struct slot *names_source(struct eval *ev, uint32_t dimension, uint32_t member)
{
    return eval_slot(ev, source_memo(ev, dimension), member);
}

/* ---- numbers ---- */

MUST_CHECK static bool names_room(struct eval *ev, uint32_t dimension)
{
    struct names *names = &ev->session->names[dimension];
    struct dimension *d = &ev->session->dimensions[dimension];
    uint32_t count = d->shown.member_count;
    if (count < names->cap)
        return true;
    uint32_t cap = GROW_CHUNK(64);
    while (cap <= count)
        cap *= 2;
    struct slice *items = EVAL_NEW(ev, cap, struct slice);
    uint32_t *by_bytes = EVAL_NEW(ev, cap, uint32_t), *uses = EVAL_NEW(ev, cap, uint32_t);
    if (items == NULL || by_bytes == NULL || uses == NULL)
        return false;
    if (count > 0) {
        memcpy(items, d->shown.members, count * sizeof(*items));
        memcpy(by_bytes, d->by_bytes, count * sizeof(*by_bytes));
    }
    if (names->uses != NULL)
        memcpy(uses, names->uses, count * sizeof(*uses));
    names->items = items;
    names->by_bytes = by_bytes;
    names->uses = uses;
    names->cap = cap;
    d->shown.members = d->spellings = items;
    d->by_bytes = by_bytes;
    return true;
}

/* The name's own copy: results come and go. */
MUST_CHECK static bool copy_name(struct eval *ev, struct slice name, struct slice *out)
{
    enum tally_code rc = arena_copy(ev->store, name.ptr, name.len, out, ev->err);
    if (rc != TALLY_OK)
        ev->rc = rc;
    return rc == TALLY_OK;
}

/* The number of a name, new if need be; TERMS_NONE with *is_stale: the dimension is full of names. false: ev->rc is set. */
MUST_CHECK static bool name_number(struct eval *ev, uint32_t dimension, struct slice name, uint32_t *number, bool *is_stale)
{
    struct dimension *d = &ev->session->dimensions[dimension];
    struct names *names = &ev->session->names[dimension];
    uint32_t count = d->shown.member_count, low = 0, high = count;
    *number = dimension_find(d, name);
    if (*number != TERMS_NONE)
        return true;
    if (count >= d->shown.at_most) {
        *is_stale = true;
        return true;
    }
    if (!names_room(ev, dimension) || !copy_name(ev, name, &names->items[count]))
        return false;
    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        if (slice_compare(names->items[names->by_bytes[mid]], name) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    memmove(names->by_bytes + low + 1, names->by_bytes + low, (count - low) * sizeof(*names->by_bytes));
    names->by_bytes[low] = count;
    names->uses[count] = 0;
    d->shown.member_count = count + 1;
    *number = count;
    return true;
}

bool names_read(struct eval *ev, const struct shape *shape, struct slice key, uint64_t *cell, bool *is_stale)
{
    struct slice parts[DIMENSIONS_MAX];
    uint32_t members[DIMENSIONS_MAX];
    bool is_key = key_parts(key, shape->count, parts);
    for (uint32_t i = 0; is_key && i < shape->count; i++) {
        uint32_t dimension = shape->dims[i];
        if (!dimension_is_open(&ev->dimensions[dimension]))
            members[dimension] = dimension_find(&ev->dimensions[dimension], parts[i]);
        else if (!name_number(ev, dimension, parts[i], &members[dimension], is_stale))
            return false;
        is_key = members[dimension] != TERMS_NONE || *is_stale;
    }
    if (!is_key) {
        ev->rc = err_set(ev->err, TALLY_E_INTEGRITY, "a result or record has the key \"%.*s\", which does not exist",
                         SLICE_ARG(key));
        return false;
    }
    if (!*is_stale)
        *cell = shape_cell(ev->dimensions, shape, members);
    return true;
}

/* ---- members ---- */

void names_use(struct eval *ev, const struct shape *shape, uint64_t cell, int by)
{
    uint32_t members[DIMENSIONS_MAX];
    shape_bind(ev->dimensions, shape, cell, members);
    for (uint32_t i = 0; i < shape->count; i++) {
        uint32_t dimension = shape->dims[i], member = members[dimension];
        struct names *names = &ev->session->names[dimension];
        if (!dimension_is_open(&ev->dimensions[dimension]))
            continue;
        if (by < 0 && ev->session->has_strangers) /* one of them may come before this one now (S7) */
            ev->session->is_plain = true;
        bool was_member = names->uses[member] != 0;
        names->uses[member] += by > 0 ? 1u : UINT32_MAX; /* one more, one less */
        if (was_member == (names->uses[member] != 0))
            continue;
        names->live += was_member ? UINT32_MAX : 1u;
        ev->session->has_admitted = ev->session->has_admitted || !was_member;
        if (was_member && ev->session->has_sets) /* a set may wait for it in another way now */
            ev->session->is_plain = true;
        if (ev->session->is_opening)
            continue;
        struct slot *source = names_source(ev, dimension, member);
        if (source != NULL)
            track_changed(ev, &source->readers);
    }
}

bool names_are_full(const struct eval *ev)
{
    bool is_full = false;
    for (uint32_t i = 0; i < ev->t->dimension_count && ev->session->names != NULL; i++)
        is_full = is_full || (dimension_is_open(&ev->t->dimensions[i]) &&
                              ev->session->names[i].live >= ev->t->dimensions[i].shown.at_most);
    return is_full;
}

bool names_are_not_chosen(const struct eval *ev, const struct shape *shape, uint64_t cell)
{
    uint32_t members[DIMENSIONS_MAX];
    bool are_chosen = true;
    shape_bind(ev->dimensions, shape, cell, members);
    for (uint32_t i = 0; i < shape->count && ev->session->names != NULL; i++)
        are_chosen = are_chosen && (!dimension_is_open(&ev->dimensions[shape->dims[i]]) ||
                                    members[shape->dims[i]] < ev->session->names[shape->dims[i]].chosen);
    return !are_chosen;
}

bool names_are_strangers(const struct eval *ev, const struct shape *shape, uint64_t cell)
{
    uint32_t members[DIMENSIONS_MAX];
    bool are_strangers = false;
    shape_bind(ev->dimensions, shape, cell, members);
    for (uint32_t i = 0; i < shape->count; i++) {
        uint32_t dimension = shape->dims[i];
        const struct names *names = &ev->session->names[dimension];
        are_strangers =
            are_strangers || (dimension_is_open(&ev->dimensions[dimension]) && names->uses[members[dimension]] == 0 &&
                              names->live >= ev->t->dimensions[dimension].shown.at_most);
    }
    return are_strangers;
}

bool session_has_members(struct eval *ev, struct instance *instance)
{
    const struct rule *r = &ev->t->rules[instance->rule];
    bool has_all = true;
    instance->is_absent = false;
    if (r->has_of || !rule_is_open(ev->t, r))
        return true; /* whom M names is a member */
    for (uint32_t i = 0; i < r->shape.count; i++) {
        uint32_t dimension = r->shape.dims[i];
        if (!dimension_is_open(&ev->dimensions[dimension]))
            continue;
        struct slot *source = names_source(ev, dimension, ev->bound[dimension]);
        if (source != NULL)
            track_read(ev, &source->readers);
        has_all = has_all && ev->session->names[dimension].uses[ev->bound[dimension]] != 0;
    }
    instance->is_absent = !has_all && instance->stands == 0;
    return has_all || instance->stands != 0;
}

/* ---- at the beginning ---- */

MUST_CHECK static bool open_dimension(struct eval *ev, uint32_t dimension)
{
    struct dimension *d = &ev->session->dimensions[dimension];
    struct names *names = &ev->session->names[dimension];
    names->cap = 0;
    names->chosen = d->shown.member_count;
    if (!ev->session->has_sets) /* room also for names that are waited for, and for those of strangers */
        d->shown.at_most *= 2;
    if (!names_room(ev, dimension))
        return false;
    for (uint32_t i = 0; i < d->shown.member_count; i++)
        if (!copy_name(ev, names->items[i], &names->items[i]))
            return false;
    return true;
}

/* A result that is not decided, of somebody who is no member, for whom a set waits: that is followed from nothing (D3). */
static bool is_waited_for(const struct eval *ev, const struct engine_fact *fact)
{
    uint64_t cell = 0;
    const struct metric *m = &ev->t->metrics[fact->metric];
    return fact->standing == ENGINE_PENDING && m->sets != NULL && !shape_read(ev->dimensions, &m->shape, fact->key, &cell);
}

/* A result that names a member beyond `at most` (S7). */
static bool is_overfull(const struct eval *ev, const struct engine_fact *fact)
{
    uint64_t cell = 0;
    return fact->standing != ENGINE_PENDING &&
           !shape_read(ev->dimensions, &ev->t->metrics[fact->metric].shape, fact->key, &cell);
}

bool names_are_of_several(const struct eval *ev, const struct shape *shape)
{
    uint32_t open = 0;
    for (uint32_t i = 0; i < shape->count; i++)
        open += dimension_is_open(&ev->t->dimensions[shape->dims[i]]);
    return open > 1;
}

/* Whoever comes later than all members is followed as long as none of them goes; with sets, nobody is (D3). */
static void take_stranger(struct eval *ev, const struct engine_fact *fact)
{
    struct engine_session *s = ev->session;
    bool is_stranger = is_overfull(ev, fact);
    s->last_order = fact_order(fact) > s->last_order ? fact_order(fact) : s->last_order;
    s->has_strangers = s->has_strangers || is_stranger;
    s->is_plain = s->is_plain || is_waited_for(ev, fact) || (is_stranger && s->has_sets);
    s->is_crossed = s->is_crossed || (is_stranger && names_are_of_several(ev, &ev->t->metrics[fact->metric].shape));
}

bool session_names(struct eval *ev)
{
    struct engine_session *s = ev->session;
    uint32_t count = ev->t->dimension_count;
    uint64_t cell = 0;
    if (ev->dimensions == ev->t->dimensions)
        return true;                                                 /* all are closed */
    s->dimensions = (struct dimension *) (uintptr_t) ev->dimensions; /* members_find made them, for this evaluation alone */
    s->names = EVAL_NEW(ev, count, struct names);
    if (s->names == NULL)
        return false;
    for (uint32_t i = 0; i < ev->t->metric_count; i++)
        s->has_sets = s->has_sets || ev->t->metrics[i].sets != NULL;
    for (size_t i = 0; i < ev->in->fact_count; i++)
        if (ev->in->facts[i].metric < ev->t->metric_count)
            take_stranger(ev, &ev->in->facts[i]);
    for (uint32_t i = 0; i < count; i++)
        if (dimension_is_open(&s->dimensions[i]) && !open_dimension(ev, i))
            return false;
    for (size_t i = 0; !s->is_plain && i < ev->in->fact_count; i++) {
        const struct engine_fact *fact = &ev->in->facts[i];
        if (fact->metric < ev->t->metric_count && fact->standing == ENGINE_PENDING &&
            !names_read(ev, &ev->t->metrics[fact->metric].shape, fact->key, &cell, &s->is_plain))
            return false;
    }
    for (size_t i = 0; !s->is_plain && i < ev->in->record_count; i++) {
        const struct engine_record *record = &ev->in->records[i];
        if (record->rule < ev->t->rule_count &&
            !names_read(ev, &ev->t->rules[record->rule].shape, record->key, &cell, &s->is_plain))
            return false;
    }
    return true;
}
