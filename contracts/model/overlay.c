#include "decide.h"

#define OVERLAY_SLOTS_FIRST 16

/* The slot of id, or the free one where it belongs. */
static uint32_t slot_of(const struct overlay *overlay, struct ident id)
{
    uint32_t at = (uint32_t) ident_hash(overlay, id) & (overlay->slot_count - 1);
    while (overlay->slots[at].value != NULL && !ident_equal(overlay->slots[at].id, id))
        at = (at + 1) & (overlay->slot_count - 1);
    return at;
}

const void *overlay_find(const struct overlay *overlay, struct ident id)
{
    return overlay->count == 0 ? NULL : overlay->slots[slot_of(overlay, id)].value;
}

static enum tally_code grow(struct deciding *d, struct overlay *overlay)
{
    struct overlay before = *overlay;
    uint32_t count = before.slot_count == 0 ? OVERLAY_SLOTS_FIRST : before.slot_count * 2;
    struct overlay_slot *slots = ARENA_ARRAY(d->arena, count, struct overlay_slot);
    if (slots == NULL)
        return no_arena(d);
    overlay->slots = slots;
    overlay->slot_count = count;
    for (uint32_t i = 0; i < before.slot_count; i++) {
        if (before.slots[i].value != NULL)
            overlay->slots[slot_of(overlay, before.slots[i].id)] = before.slots[i];
    }
    return TALLY_OK;
}

enum tally_code overlay_put(struct deciding *d, struct overlay *overlay, struct ident id, const void *value)
{
    enum tally_code rc = TALLY_OK;
    if (2 * overlay->count >= overlay->slot_count)
        TRY(grow(d, overlay));
    struct overlay_slot *slot = &overlay->slots[slot_of(overlay, id)];
    overlay->count += slot->value == NULL;
    *slot = (struct overlay_slot){id, value};
done:
    return rc;
}
