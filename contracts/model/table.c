#include "table.h"

#define TABLE_CAP_MIN 8

void table_init(struct table *table, struct hold *hold)
{
    *table = (struct table){.hold = hold};
}

void table_release(struct table *table)
{
    hold_free(table->hold, table->slots);
    table_init(table, table->hold);
}

/* Multiply and fold (128 bits to 64): every input bit reaches every output bit. */
static uint64_t fold(uint64_t a, uint64_t b)
{
    unsigned __int128 product = (unsigned __int128) a * b;
    return (uint64_t) product ^ (uint64_t) (product >> 64);
}

static uint64_t hash_text(uint64_t hash, struct slice text)
{
    size_t at = 0;
    for (; at + 8 <= text.len; at += 8) {
        uint64_t word;
        memcpy(&word, text.ptr + at, 8);
        hash = fold(hash ^ word, UINT64_C(0x9e3779b97f4a7c15));
    }
    uint64_t rest = text.len;
    for (; at < text.len; at++)
        rest = rest << 8 | (unsigned char) text.ptr[at];
    return fold(hash ^ rest, UINT64_C(0xd6e8feb86659fd93));
}

/* seed is an address of this process: who chooses names cannot choose names that collide. */
uint64_t ident_hash(const void *seed, struct ident ident)
{
    uint64_t hash = fold((uint64_t) (uintptr_t) seed ^ ident.number, UINT64_C(0xa0761d6478bd642f));
    return hash_text(hash_text(hash, ident.a), ident.b);
}

bool ident_equal(struct ident a, struct ident b)
{
    return a.number == b.number && slice_equal(a.a, b.a) && slice_equal(a.b, b.b);
}

static uint32_t place_of(const struct table *table, uint64_t hash, struct ident ident)
{
    uint32_t at = (uint32_t) hash & (table->cap - 1);
    while (table->slots[at].item != NULL && (table->slots[at].hash != hash || !ident_equal(*table->slots[at].item, ident)))
        at = (at + 1) & (table->cap - 1);
    return at;
}

void *table_find(const struct table *table, struct ident ident)
{
    if (table->count == 0)
        return NULL;
    return table->slots[place_of(table, ident_hash(table->hold, ident), ident)].item;
}

static enum tally_code grow(struct table *table, struct err *err)
{
    struct table bigger = *table;
    bigger.cap = table->cap == 0 ? TABLE_CAP_MIN : table->cap * 2;
    if (bigger.cap <= table->cap)
        return err_set(err, TALLY_E_LIMIT, "a table of the view is over %u items", table->count);
    bigger.slots = hold_alloc(table->hold, (size_t) bigger.cap * sizeof(*bigger.slots));
    if (bigger.slots == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory for a table of %u items", bigger.cap);
    for (uint32_t i = 0; i < table->cap; i++) {
        if (table->slots[i].item != NULL)
            bigger.slots[place_of(&bigger, table->slots[i].hash, *table->slots[i].item)] = table->slots[i];
    }
    hold_free(table->hold, table->slots);
    *table = bigger;
    return TALLY_OK;
}

enum tally_code table_add(struct table *table, struct ident *item, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    if (table->cap == 0 || table->count >= table->cap / 4 * 3)
        TRY(grow(table, err));
    uint64_t hash = ident_hash(table->hold, *item);
    uint32_t at = place_of(table, hash, *item);
    ENSURE(table->slots[at].item == NULL);
    table->slots[at] = (struct table_slot){hash, item};
    table->count++;
done:
    return rc;
}

void *table_remove(struct table *table, struct ident ident)
{
    if (table->count == 0)
        return NULL;
    uint32_t mask = table->cap - 1;
    uint32_t hole = place_of(table, ident_hash(table->hold, ident), ident);
    void *removed = table->slots[hole].item;
    if (removed == NULL)
        return NULL;
    /* What probed past the hole moves back into it, so that no marker of a removed item is needed. */
    for (uint32_t at = (hole + 1) & mask; table->slots[at].item != NULL; at = (at + 1) & mask) {
        uint32_t home = (uint32_t) table->slots[at].hash & mask;
        if (((at - home) & mask) >= ((at - hole) & mask)) {
            table->slots[hole] = table->slots[at];
            hole = at;
        }
    }
    table->slots[hole] = (struct table_slot){0};
    table->count--;
    return removed;
}

void *table_next(const struct table *table, uint32_t *at)
{
    while (*at < table->cap) {
        struct ident *item = table->slots[(*at)++].item;
        if (item != NULL)
            return item;
    }
    return NULL;
}
