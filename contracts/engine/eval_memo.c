/* Working memory of an evaluation: a stack of numbers, numbers that stay, and what is known at which key (D5). */
#include "eval.h"

#include <string.h>

void *eval_alloc(struct eval *ev, size_t count, size_t size)
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
        ev->rc = err_set(ev->err, TALLY_E_LIMIT, "the evaluation holds more than %d numbers at once",
                         STACK_CHUNKS_MAX * NUMBERS_IN_CHUNK);
        return NULL;
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

static struct slot *slot_place(struct slot *slots, size_t count, uint32_t memo, uint64_t cell)
{
    size_t i = slot_home(memo, cell, count);
    while (slots[i].is_taken && (slots[i].memo != memo || slots[i].cell != cell))
        i = (i + 1) & (count - 1);
    return &slots[i];
}

MUST_CHECK static bool slots_grow(struct eval *ev)
{
    size_t count = ev->slot_count == 0 ? 64 : ev->slot_count * 2;
    while (ev->slot_count == 0 && count < ev->in->fact_count * 2) /* what outgrows its place is not given back */
        count *= 2;
    struct slot *slots = EVAL_NEW(ev, count, struct slot);
    if (slots == NULL)
        return false;
    for (size_t i = 0; i < ev->slot_count; i++)
        if (ev->slots[i].is_taken)
            *slot_place(slots, count, ev->slots[i].memo, ev->slots[i].cell) = ev->slots[i];
    ev->slots = slots;
    ev->slot_count = count;
    return true;
}

struct slot *eval_slot(struct eval *ev, uint32_t memo, uint64_t cell)
{
    if (ev->slot_used * 4 >= ev->slot_count * 3 && !slots_grow(ev))
        return NULL;
    struct slot *slot = slot_place(ev->slots, ev->slot_count, memo, cell);
    if (!slot->is_taken) {
        slot->is_taken = true;
        slot->memo = memo;
        slot->cell = cell;
        ev->slot_used++;
    }
    return slot;
}

const struct slot *eval_find(const struct eval *ev, uint32_t memo, uint64_t cell)
{
    if (ev->slot_count == 0)
        return NULL;
    const struct slot *slot = slot_place(ev->slots, ev->slot_count, memo, cell);
    return slot->is_taken ? slot : NULL;
}

bool eval_recall(struct eval *ev, uint32_t memo, uint64_t cell, enum type_kind kind, struct value *out, enum known *known)
{
    const struct slot *slot = eval_find(ev, memo, cell);
    (void) kind;
    if (slot == NULL || slot->state != SLOT_DONE)
        return false;
    *known = slot->known;
    *out = slot->value;
    if (slot->known != KNOWN)
        ev->cause = slot->cause;
    return true;
}

enum known eval_begin(struct eval *ev, uint32_t memo, uint64_t cell, const struct node *n)
{
    struct slot *slot = eval_slot(ev, memo, cell);
    if (slot == NULL)
        return BROKEN;
    if (slot->state == SLOT_BUSY)
        return eval_fault(ev, n, "this depends on itself");
    slot->state = SLOT_BUSY;
    return KNOWN;
}

enum known eval_finish(struct eval *ev, uint32_t memo, uint64_t cell, enum type_kind kind, struct value *out,
                       enum known known)
{
    struct slot *slot = eval_slot(ev, memo, cell);
    if (slot == NULL || known == BROKEN)
        return BROKEN;
    if (known == KNOWN && kind == TYPE_NUMBER) {
        mpq_ptr kept = eval_keep(ev);
        if (kept == NULL)
            return BROKEN;
        mpq_set(kept, out->number);
        out->number = kept;
    }
    slot->state = SLOT_DONE;
    slot->known = known;
    slot->value = *out;
    slot->cause = ev->cause;
    return known;
}

void eval_wakes(struct eval *ev, int32_t day)
{
    if (day > ev->in->today && day < ev->wakes)
        ev->wakes = day;
}

void eval_forget(struct eval *ev)
{
    for (size_t i = 0; i < ev->slot_count; i++)
        if (ev->slots[i].is_taken && ev->slots[i].memo < ev->t->memo_count)
            ev->slots[i].state = ev->slots[i].fact != NULL || ev->slots[i].has_pending ? SLOT_FACT : SLOT_EMPTY;
}
