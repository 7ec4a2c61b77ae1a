/* What a session answers for an entry: the instances that it touched, their places among first amounts (C4), and that it stands when the next
 * entry comes. */
#include <stdlib.h>

#include "session.h"

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

bool session_give_places(struct eval *ev)
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

enum tally_code session_answer(struct eval *ev, uint64_t steps_before, struct arena *arena, struct engine_output **out,
                               struct err *err)
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
    TRY(values_write(ev, arena, o, err));
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

/* After the opening all of them, when all that lack something are noted as cut: a member that comes or goes with what stands gives budgets
 * back. */
void session_record_answered(struct eval *ev)
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
