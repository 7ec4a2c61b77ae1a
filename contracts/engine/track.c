/* Who needs what, in a session. Whoever is being computed is the reader; all that it looks at notes it. When something changes, its
 * readers are made dirty, and theirs, before anything is computed again: nobody can see what is old. */
#include <string.h>

#include "session.h"
#include "tally/instant.h"

/* What lies in the low bits of a reader. */
#define IS_INSTANCE ((uintptr_t) 1)
#define IS_OF_RESULT ((uintptr_t) 2) /* it needs to know of the result alone, not the metric's value */

static bool is_instance(uintptr_t reader)
{
    return (reader & IS_INSTANCE) != 0;
}

static struct instance *instance_of(uintptr_t reader)
{
    return (struct instance *) (reader & ~(IS_INSTANCE | IS_OF_RESULT));
}

static struct slot *slot_of(uintptr_t reader)
{
    return (struct slot *) (reader & ~(IS_INSTANCE | IS_OF_RESULT));
}

static uint32_t stamp_of(uintptr_t reader)
{
    return is_instance(reader) ? instance_of(reader)->stamp : slot_of(reader)->stamp;
}

static struct edge *edge_at(const struct engine_session *s, uint32_t place)
{
    return &s->edges[(place - 1) / EDGES_IN_CHUNK][(place - 1) % EDGES_IN_CHUNK];
}

/* ---- edges ---- */

/* A free edge's place + 1; 0: ev->rc is set. */
MUST_CHECK static uint32_t edge_new(struct eval *ev)
{
    struct engine_session *s = ev->session;
    uint32_t place = s->edge_free;
    size_t chunk = s->edge_used / EDGES_IN_CHUNK;
    s->edges_made++;
    if (place != 0) {
        s->edge_free = edge_at(s, place)->next;
        return place;
    }
    if (chunk == s->edge_chunk_cap) {
        size_t cap = grow_list(chunk, 16);
        struct edge **chunks = EVAL_NEW(ev, cap, struct edge *);
        if (chunks == NULL)
            return 0;
        if (chunk > 0)
            memcpy(chunks, s->edges, chunk * sizeof(*chunks));
        s->edges = chunks;
        s->edge_chunk_cap = cap;
    }
    if (s->edges[chunk] == NULL)
        s->edges[chunk] = EVAL_NEW(ev, EDGES_IN_CHUNK, struct edge);
    return s->edges[chunk] == NULL ? 0 : ++s->edge_used;
}

static void edge_free(struct engine_session *s, uint32_t place)
{
    edge_at(s, place)->next = s->edge_free;
    s->edge_free = place;
}

static void add_reader(struct eval *ev, uint32_t *readers, uintptr_t reader)
{
    struct engine_session *s = ev->session;
    uint32_t stamp = stamp_of(reader);
    if (*readers != 0 && edge_at(s, *readers)->reader == reader && edge_at(s, *readers)->stamp == stamp)
        return;
    uint32_t place = edge_new(ev);
    if (place == 0)
        return;
    *edge_at(s, place) = (struct edge){reader, stamp, *readers};
    *readers = place;
}

void track_read(struct eval *ev, uint32_t *readers)
{
    if (ev->reader == 0 || (!is_instance(ev->reader) && &slot_of(ev->reader)->readers == readers))
        return;
    add_reader(ev, readers, ev->reader);
}

void track_read_result(struct eval *ev, struct slot *slot)
{
    if (ev->reader != 0 && ev->reader != track_slot(slot))
        add_reader(ev, &slot->readers, ev->reader | IS_OF_RESULT);
}

void track_beside(struct eval *ev, struct slot *slot)
{
    ENSURE(ev->reader != 0 && !is_instance(ev->reader));
    add_reader(ev, &slot_of(ev->reader)->readers, track_slot(slot));
}

/* ---- what has changed ---- */

static void work_add(struct eval *ev, uintptr_t reader)
{
    struct engine_session *s = ev->session;
    if (s->work_count == s->work_cap) {
        size_t cap = grow_list(s->work_cap, 256);
        uintptr_t *grown = EVAL_NEW(ev, cap, uintptr_t);
        if (grown == NULL)
            return; /* ev->rc is set: nothing of this is used */
        if (s->work_count > 0)
            memcpy(grown, s->work, s->work_count * sizeof(*grown));
        s->work = grown;
        s->work_cap = cap;
    }
    s->work[s->work_count++] = reader;
}

/* All that needs it is work; nobody needs what is no more. */
static void take_readers(struct eval *ev, uint32_t *readers)
{
    struct engine_session *s = ev->session;
    uint32_t place = *readers;
    *readers = 0;
    while (place != 0) {
        struct edge edge = *edge_at(s, place);
        if (edge.stamp == stamp_of(edge.reader))
            work_add(ev, edge.reader);
        edge_free(s, place);
        place = edge.next;
    }
}

static void forget_value(struct eval *ev, struct slot *slot)
{
    ENSURE(slot->state != SLOT_BUSY); /* what is computed needs nothing that is still to change: session_order.c */
    if (slot->state == SLOT_DONE) {
        if (slot->is_large && slot->known == KNOWN)
            eval_unkeep(ev, slot->u.large);
        slot->is_large = false;
        slot->state = slot->fact != NULL || slot->has_pending ? SLOT_FACT : SLOT_EMPTY;
    }
    slot->stamp++;
}

static void do_work(struct eval *ev)
{
    struct engine_session *s = ev->session;
    while (s->work_count > 0) {
        uintptr_t reader = s->work[--s->work_count];
        if (is_instance(reader)) {
            session_make_dirty(ev, instance_of(reader));
            continue;
        }
        forget_value(ev, slot_of(reader));
        take_readers(ev, &slot_of(reader)->readers);
    }
}

void track_changed(struct eval *ev, uint32_t *readers)
{
    take_readers(ev, readers);
    do_work(ev);
}

void track_drop_slot(struct eval *ev, struct slot *slot)
{
    forget_value(ev, slot);
    track_changed(ev, &slot->readers);
}

/* ---- old edges ---- */

static void sweep_list(struct engine_session *s, uint32_t *readers)
{
    uint32_t *link = readers;
    while (*link != 0) {
        uint32_t place = *link;
        struct edge *edge = edge_at(s, place);
        if (edge->stamp == stamp_of(edge->reader)) {
            link = &edge->next;
            s->edges_kept++;
            continue;
        }
        *link = edge->next;
        edge_free(s, place);
    }
}

/* Goes over everything, so only when as many edges were made as it would find. */
void track_sweep(struct eval *ev)
{
    struct engine_session *s = ev->session;
    if (s->edges_made < s->edges_kept + GROW_CHUNK(4096))
        return;
    s->edges_made = s->edges_kept = 0;
    for (uint32_t i = 0; i < ev->slot_used; i++)
        sweep_list(s, &eval_slot_at(ev, i)->readers);
    for (uint32_t r = 0; r < ev->t->rule_count; r++)
        for (size_t i = 0; i < ev->rules[r].count; i++)
            sweep_list(s, &ev->rules[r].items[i].readers);
    for (size_t i = 0; i < s->more_size; i++)
        if (s->more[i] != NULL)
            sweep_list(s, &s->more[i]->readers);
}

/* ---- days ---- */

static void wake_up_from(struct wake *heap, size_t at)
{
    struct wake moved = heap[at];
    for (; at > 0 && moved.day < heap[(at - 1) / 2].day; at = (at - 1) / 2)
        heap[at] = heap[(at - 1) / 2];
    heap[at] = moved;
}

void track_wake(struct eval *ev, int32_t day)
{
    struct engine_session *s = ev->session;
    if (ev->reader == 0 || day > DAY_MAX)
        return;
    if (s->wake_count == s->wake_cap) {
        size_t cap = grow_list(s->wake_cap, 64);
        struct wake *grown = EVAL_NEW(ev, cap, struct wake);
        if (grown == NULL)
            return;
        if (s->wake_count > 0)
            memcpy(grown, s->wakes, s->wake_count * sizeof(*grown));
        s->wakes = grown;
        s->wake_cap = cap;
    }
    s->wakes[s->wake_count++] = (struct wake){day, stamp_of(ev->reader), ev->reader};
    wake_up_from(s->wakes, s->wake_count - 1);
}

static struct wake wake_take(struct engine_session *s)
{
    struct wake top = s->wakes[0], last = s->wakes[--s->wake_count];
    size_t at = 0;
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= s->wake_count)
            break;
        if (child + 1 < s->wake_count && s->wakes[child + 1].day < s->wakes[child].day)
            child++;
        if (last.day <= s->wakes[child].day)
            break;
        s->wakes[at] = s->wakes[child];
        at = child;
    }
    s->wakes[at] = last;
    return top;
}

void track_wake_up(struct eval *ev)
{
    struct engine_session *s = ev->session;
    while (s->wake_count > 0 && s->wakes[0].day <= ev->in->today) {
        struct wake wake = wake_take(s);
        if (wake.stamp != stamp_of(wake.reader))
            continue;
        work_add(ev, wake.reader);
        do_work(ev);
    }
}

struct climb {
    struct slot *slot;
    uint32_t next; /* edge */
};

/* Does an instance need the slot, or a figure that is asked for? A value that was needed once, and is not any more, is forgotten: its day is no moment. */
static bool is_needed(struct eval *ev, struct slot *slot)
{
    struct engine_session *s = ev->session;
    size_t count = 0, cap = 0;
    struct climb *path = NULL;
    for (struct slot *up = slot; up != NULL;) {
        if (up->is_wanted)
            return true;
        if (count == cap) {
            cap = grow_list(cap, 64);
            struct climb *grown = EVAL_SCRATCH(ev, cap, struct climb);
            if (grown == NULL)
                return true;
            if (count > 0)
                memcpy(grown, path, count * sizeof(*grown));
            path = grown;
        }
        path[count++] = (struct climb){up, up->readers};
        up = NULL;
        while (up == NULL && count > 0) {
            struct climb *top = &path[count - 1];
            if (top->next == 0) {
                forget_value(ev, top->slot);
                count--;
                continue;
            }
            const struct edge *edge = edge_at(s, top->next);
            top->next = edge->next;
            if (edge->stamp != stamp_of(edge->reader) || (edge->reader & IS_OF_RESULT) != 0)
                continue;
            if (is_instance(edge->reader))
                return true;
            up = slot_of(edge->reader);
        }
    }
    return false;
}

int32_t track_next_wake(struct eval *ev)
{
    struct engine_session *s = ev->session;
    while (s->wake_count > 0) {
        struct wake top = s->wakes[0];
        if (top.stamp == stamp_of(top.reader) && (is_instance(top.reader) || is_needed(ev, slot_of(top.reader))))
            return top.day;
        (void) wake_take(s);
    }
    return DAY_NEVER;
}
