/* An open-addressed index: a file of a million results is read in one pass. */
#include "history_internal.h"

#define PLACES_FIRST 64

static uint64_t hash_of(uint32_t group, struct slice key)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325) ^ group; /* FNV-1a */
    h *= UINT64_C(0x100000001b3);
    for (size_t i = 0; i < key.len; i++)
        h = (h ^ (unsigned char) key.ptr[i]) * UINT64_C(0x100000001b3);
    return h ^ (h >> 29);
}

void *places_find(const struct places *places, uint32_t group, struct slice key)
{
    if (places->slot_count == 0)
        return NULL;
    size_t mask = places->slot_count - 1;
    for (size_t at = (size_t) hash_of(group, key) & mask; places->slots[at] != 0; at = (at + 1) & mask) {
        const struct place *place = &places->items[places->slots[at] - 1];
        if (place->group == group && slice_equal(place->key, key))
            return place->value;
    }
    return NULL;
}

static void put(struct places *places, size_t number)
{
    const struct place *place = &places->items[number];
    size_t mask = places->slot_count - 1, at = (size_t) hash_of(place->group, place->key) & mask;
    while (places->slots[at] != 0)
        at = (at + 1) & mask;
    places->slots[at] = (uint32_t) number + 1;
}

MUST_CHECK static enum tally_code no_memory(struct err *err)
{
    return err_set(err, TALLY_E_LIMIT, "the history takes more memory than was granted; evaluate it in parts");
}

MUST_CHECK static enum tally_code grow(struct places *places, struct err *err)
{
    size_t cap = places->cap == 0 ? PLACES_FIRST : places->cap * 2;
    struct place *items = ARENA_ARRAY(places->arena, cap, struct place);
    uint32_t *slots = ARENA_ARRAY(places->arena, cap * 2, uint32_t);
    if (items == NULL || slots == NULL)
        return no_memory(err);
    if (places->count > 0)
        memcpy(items, places->items, places->count * sizeof *items);
    places->items = items;
    places->slots = slots;
    places->cap = cap;
    places->slot_count = cap * 2;
    for (size_t i = 0; i < places->count; i++)
        put(places, i);
    return TALLY_OK;
}

enum tally_code places_add(struct places *places, uint32_t group, struct slice key, size_t size, void **out,
                           struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct slice copy = SLICE("");
    if (places->count == places->cap)
        TRY(grow(places, err));
    TRY(arena_copy(places->arena, key.ptr, key.len, &copy, err));
    void *value = arena_alloc(places->arena, size);
    if (value == NULL)
        return no_memory(err);
    places->items[places->count] = (struct place){group, copy, value};
    put(places, places->count++);
    *out = value;
done:
    return rc;
}
