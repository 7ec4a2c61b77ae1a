/* Figures that other contracts take of a contract that is followed. They are read after each entry, at every key of theirs; what a figure
 * needs knows that it is needed, as it does of an instance, so that the days on which it may change are moments of the contract. */
#include <string.h>

#include "session.h"

#define WANT_MEMO UINT32_C(0x30000000) /* above the keys of aggregates, below what traces count */

bool session_can_want(const struct terms *terms, const struct engine_figure *figure)
{
    return !shape_is_open(terms->dimensions, figure_shape(terms, figure));
}

bool session_take_wants(struct eval *ev)
{
    struct engine_session *s = ev->session;
    struct engine_figure *wants = EVAL_NEW(ev, s->in.want_count, struct engine_figure);
    if (wants == NULL)
        return false;
    if (s->in.want_count > 0)
        memcpy(wants, s->in.wants, s->in.want_count * sizeof(*wants));
    s->in.wants = wants;
    return true;
}

bool engine_session_answers(const struct engine_session *s, const struct engine_figure *wants, size_t count)
{
    bool is_same = count == s->in.want_count;
    for (size_t i = 0; is_same && i < count; i++) /* there is one text, so it is the newest whatever `terms` is */
        is_same = wants[i].kind == s->in.wants[i].kind && wants[i].at == s->in.wants[i].at;
    return is_same;
}

bool session_want_begin(struct eval *ev, const struct engine_figure *figure, uint64_t cell)
{
    static const uint32_t kinds = ENGINE_RULE + 1;
    if (ev->session == NULL)
        return true;
    struct slot *slot = eval_slot(ev, WANT_MEMO + figure->at * kinds + (uint32_t) figure->kind, cell);
    if (slot == NULL)
        return false;
    ev->reader = slot->state == SLOT_DONE ? 0 : track_slot(slot);
    slot->is_wanted = true;
    slot->state = SLOT_DONE;
    slot->known = UNKNOWN; /* its value is not kept */
    return true;
}
