#include "erased.h"

#include <string.h>

#include "tally/mem.h"

void erased_release(struct erased_list *list)
{
    mem_free(list->items);
    *list = (struct erased_list){0};
}

enum tally_code erased_add(struct erased_list *list, uint64_t seq, struct slice actor, struct err *err)
{
    if (list->count == list->cap) {
        size_t cap = list->cap == 0 ? 16 : list->cap * 2;
        struct erased *items = cap > SIZE_MAX / sizeof *items ? NULL : mem_resize(list->items, cap * sizeof *items);
        if (items == NULL)
            return err_set(err, TALLY_E_NO_MEMORY, "no memory for the numbers of %zu erased bodies", cap);
        list->items = items;
        list->cap = cap;
    }
    struct erased *erased = &list->items[list->count++];
    *erased = (struct erased){.seq = seq, .actor_len = actor.len < KEY_ACTOR_MAX ? actor.len : KEY_ACTOR_MAX};
    memcpy(erased->actor, actor.ptr, erased->actor_len);
    return TALLY_OK;
}

struct erased *erased_find(const struct erased_list *list, uint64_t seq)
{
    size_t low = 0, high = list->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (list->items[middle].seq < seq)
            low = middle + 1;
        else
            high = middle;
    }
    return low < list->count && list->items[low].seq == seq ? &list->items[low] : NULL;
}
