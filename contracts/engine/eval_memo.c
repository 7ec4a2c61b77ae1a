/* Working memory of an evaluation: a stack of numbers, numbers that stay, and what is known at which key (D5). */
#include "eval.h"

#include <string.h>

void *eval_alloc(struct eval *ev, size_t count, size_t size)
{
    void *p = arena_alloc_array(ev->store, count, size);
    if (p == NULL)
        ev->rc = err_set(ev->err, TALLY_E_LIMIT, "the evaluation needs more memory than it is granted");
    return p;
}

void *eval_scratch(struct eval *ev, size_t count, size_t size)
{
    void *p = arena_alloc_array(ev->arena, count, size);
    if (p == NULL)
        ev->rc = err_set(ev->err, TALLY_E_LIMIT, "the evaluation needs more memory than it is granted");
    return p;
}

mpq_ptr eval_push(struct eval *ev)
{
    size_t chunk = ev->sp / NUMBERS_IN_CHUNK, at = ev->sp % NUMBERS_IN_CHUNK;
    if (chunk == STACK_CHUNKS_MAX) {
        /* not covered: NESTING_MAX nodes with BEST_MAX numbers each take a third of it */
        ev->rc = err_set(ev->err, TALLY_E_LIMIT, "too many numbers at once"); /* not covered: as above */
        return NULL;                                                          /* not covered: as above */
    }
    if (ev->stack[chunk] == NULL)
        ev->stack[chunk] = EVAL_NEW(ev, 1, struct number_chunk);
    if (ev->stack[chunk] == NULL)
        return NULL;
    while (ev->stack[chunk]->used <= at)
        mpq_init(ev->stack[chunk]->numbers[ev->stack[chunk]->used++]);
    ev->sp++;
    return ev->stack[chunk]->numbers[at];
}

mpq_ptr eval_keep(struct eval *ev)
{
    if (ev->spare_count > 0)
        return ev->spare[--ev->spare_count];
    if (ev->kept == NULL || ev->kept->used == NUMBERS_IN_CHUNK) {
        struct number_chunk *chunk = EVAL_NEW(ev, 1, struct number_chunk);
        if (chunk == NULL)
            return NULL;
        chunk->next = ev->kept;
        ev->kept = chunk;
    }
    mpq_ptr q = ev->kept->numbers[ev->kept->used++];
    mpq_init(q);
    return q;
}

void eval_unkeep(struct eval *ev, mpq_ptr q)
{
    if (ev->spare_count == ev->spare_cap) {
        size_t cap = grow_list(ev->spare_cap, 64);
        mpq_ptr *grown = EVAL_NEW(ev, cap, mpq_ptr);
        if (grown == NULL)
            return; /* it is given back with all others */
        if (ev->spare_count > 0)
            memcpy(grown, ev->spare, ev->spare_count * sizeof(*grown));
        ev->spare = grown;
        ev->spare_cap = cap;
    }
    ev->spare[ev->spare_count++] = q;
}

void eval_release(struct eval *ev)
{
    for (struct number_chunk *chunk = ev->kept; chunk != NULL; chunk = chunk->next)
        for (uint32_t i = 0; i < chunk->used; i++)
            mpq_clear(chunk->numbers[i]);
    for (size_t k = 0; k < STACK_CHUNKS_MAX && ev->stack[k] != NULL; k++)
        for (uint32_t i = 0; i < ev->stack[k]->used; i++)
            mpq_clear(ev->stack[k]->numbers[i]);
}

static size_t slot_home(uint32_t memo, uint64_t cell, size_t count)
{
    uint64_t h = (cell + 1) * UINT64_C(0x9E3779B97F4A7C15) ^ ((uint64_t) memo + 1) * UINT64_C(0xC2B2AE3D27D4EB4F);
    h ^= h >> 29; /* the low bits choose the place: let the high ones reach them */
    return (size_t) (h & (count - 1));
}

/* Where the slot of that key is named, or would be. */
static uint32_t *slot_place(const struct eval *ev, uint32_t memo, uint64_t cell)
{
    size_t i = slot_home(memo, cell, ev->place_count);
    for (; ev->places[i] != 0; i = (i + 1) & (ev->place_count - 1)) {
        const struct slot *slot = eval_slot_at(ev, ev->places[i] - 1);
        if (slot->memo == memo && slot->cell == cell)
            break;
    }
    return &ev->places[i];
}

MUST_CHECK static bool places_grow(struct eval *ev)
{
    size_t count = grow_table(ev->place_count);
    while (ev->place_count == 0 && count < ev->in->fact_count * 2) /* what outgrows its place is not given back */
        count *= 2;
    uint32_t *places = EVAL_NEW(ev, count, uint32_t);
    if (places == NULL)
        return false;
    ev->places = places;
    ev->place_count = count;
    for (uint32_t i = 0; i < ev->slot_used; i++)
        *slot_place(ev, eval_slot_at(ev, i)->memo, eval_slot_at(ev, i)->cell) = i + 1;
    return true;
}

/* Room for one more slot. */
MUST_CHECK static bool slots_grow(struct eval *ev)
{
    size_t chunk = ev->slot_used / SLOTS_IN_CHUNK;
    if (chunk == ev->chunk_cap) {
        size_t cap = grow_list(chunk, 16);
        struct slot **chunks = EVAL_NEW(ev, cap, struct slot *);
        if (chunks == NULL)
            return false;
        if (chunk > 0)
            memcpy(chunks, ev->slots, chunk * sizeof(*chunks));
        ev->slots = chunks;
        ev->chunk_cap = cap;
    }
    if (ev->slots[chunk] == NULL)
        ev->slots[chunk] = EVAL_NEW(ev, SLOTS_IN_CHUNK, struct slot);
    return ev->slots[chunk] != NULL;
}

static struct slot *slot_known(const struct eval *ev, uint32_t memo, uint64_t cell)
{
    if (ev->latest != NULL && ev->latest->memo == memo && ev->latest->cell == cell)
        return ev->latest;
    if (ev->place_count == 0)
        return NULL;
    uint32_t place = *slot_place(ev, memo, cell);
    return place == 0 ? NULL : eval_slot_at(ev, place - 1);
}

struct slot *eval_slot(struct eval *ev, uint32_t memo, uint64_t cell)
{
    struct slot *slot = slot_known(ev, memo, cell); /* what is there is found without memory */
    if (slot == NULL) {
        if ((ev->slot_used >= ev->place_count / 4 * 3 && !places_grow(ev)) || !slots_grow(ev))
            return NULL;
        *slot_place(ev, memo, cell) = ++ev->slot_used;
        slot = eval_slot_at(ev, ev->slot_used - 1);
        slot->memo = memo;
        slot->cell = cell;
    }
    ev->latest = slot;
    return slot;
}

const struct slot *eval_find(const struct eval *ev, uint32_t memo, uint64_t cell)
{
    return slot_known(ev, memo, cell);
}

const struct slot *eval_fact(struct eval *ev, uint32_t metric, uint64_t cell)
{
    if (ev->session == NULL)
        return eval_find(ev, metric, cell);
    struct slot *slot = eval_slot(ev, metric, cell); /* what is not there yet may come */
    if (slot != NULL)
        track_read_result(ev, slot);
    return slot;
}

/* ---- what is kept of a value ---- */

MUST_CHECK static bool keep_number(struct eval *ev, struct slot *slot, mpq_srcptr q)
{
    mpz_srcptr num = mpq_numref(q), den = mpq_denref(q);
    slot->is_large = !mpz_fits_slong_p(num) || !mpz_fits_ulong_p(den);
    if (!slot->is_large) {
        slot->u.small = (struct small_number){mpz_get_si(num), mpz_get_ui(den)};
        return true;
    }
    slot->u.large = eval_keep(ev);
    if (slot->u.large == NULL)
        return false;
    mpq_set(slot->u.large, q);
    return true;
}

MUST_CHECK static bool recall_number(struct eval *ev, const struct slot *slot, struct value *out)
{
    if (slot->is_large) {
        out->number = slot->u.large;
        return true;
    }
    mpq_ptr number = eval_push(ev);
    if (number == NULL)
        return false;
    mpz_set_si(mpq_numref(number), slot->u.small.numerator);
    mpz_set_ui(mpq_denref(number), slot->u.small.denominator);
    out->number = number;
    return true;
}

bool eval_recall(struct eval *ev, uint32_t memo, uint64_t cell, enum type_kind kind, struct value *out, enum known *known)
{
    struct slot *slot = slot_known(ev, memo, cell);
    if (slot == NULL || slot->state != SLOT_DONE)
        return false;
    if (ev->session != NULL)
        track_read(ev, &slot->readers);
    if (slot->wakes < ev->wakes)
        ev->wakes = slot->wakes;
    *known = slot->known;
    *out = (struct value){0};
    if (slot->known != KNOWN) {
        ev->cause = slot->u.cause;
        ev->is_blocked = slot->is_blocked;
    } else if (kind == TYPE_DATE)
        out->day = slot->u.day;
    else if (kind != TYPE_NUMBER)
        out->word = slot->u.word;
    else if (!recall_number(ev, slot, out))
        *known = BROKEN;
    return true;
}

enum known eval_begin(struct eval *ev, uint32_t memo, uint64_t cell, const struct node *n)
{
    struct slot *slot = eval_slot(ev, memo, cell);
    if (slot == NULL)
        return BROKEN;
    if (slot->state == SLOT_BUSY)
        return eval_fault(ev, n, "this depends on itself"); /* not covered: the checker refuses circles (D6) */
    slot->state = SLOT_BUSY;
    slot->u.reader = ev->reader;
    slot->wakes = ev->wakes;
    ev->reader = track_slot(slot);
    ev->wakes = DAY_NEVER;
    return KNOWN;
}

enum known eval_finish(struct eval *ev, uint32_t memo, uint64_t cell, enum type_kind kind, struct value *out,
                       enum known known)
{
    struct slot *slot = eval_slot(ev, memo, cell);
    if (slot == NULL || known == BROKEN)
        return BROKEN;
    int32_t wakes = ev->wakes;
    if (slot->state == SLOT_BUSY) {
        ev->reader = slot->u.reader;
        ev->wakes = slot->wakes < wakes ? slot->wakes : wakes;
        if (ev->session != NULL)
            track_read(ev, &slot->readers);
    } else if (ev->session != NULL) { /* found beside another, it goes as that one goes */
        track_beside(ev, slot);
    }
    slot->state = SLOT_DONE;
    slot->wakes = wakes;
    slot->known = known;
    slot->is_blocked = ev->is_blocked;
    if (known != KNOWN)
        slot->u.cause = ev->cause;
    else if (kind == TYPE_DATE)
        slot->u.day = out->day;
    else if (kind != TYPE_NUMBER)
        slot->u.word = out->word;
    else if (!keep_number(ev, slot, out->number))
        return BROKEN;
    return known;
}

void eval_wakes(struct eval *ev, int32_t day)
{
    if (day > ev->in->today && day < ev->wakes)
        ev->wakes = day;
    if (ev->session != NULL && day > ev->in->today)
        track_wake(ev, day);
}
