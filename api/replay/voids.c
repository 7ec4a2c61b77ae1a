/* Entries that are recorded and have no effect here: those that the ledger had to refuse, that follow from nothing, or that cannot be
 * seen. What names them cannot have one either. */
#include "replay_internal.h"
#include "tally/mem.h"

void void_list_release(struct void_list *list)
{
    mem_free(list->items);
    *list = (struct void_list){0};
}

enum tally_code void_list_add(struct void_list *list, uint64_t seq, enum void_kind kind, struct err *err)
{
    if (list->count > 0 && list->items[list->count - 1].seq >= seq)
        return TALLY_OK; /* it is there */
    if (list->count == list->cap) {
        size_t cap = list->cap == 0 ? 256 : list->cap * 2;
        struct void_entry *items = mem_resize(list->items, cap * sizeof(*items));
        if (items == NULL)
            return err_set(err, TALLY_E_NO_MEMORY, "no memory for %zu entries without effect", cap);
        list->items = items;
        list->cap = cap;
    }
    list->items[list->count++] = (struct void_entry){seq, kind};
    return TALLY_OK;
}

int void_list_find(const struct void_list *list, uint64_t seq)
{
    size_t low = 0, high = list->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (list->items[middle].seq < seq)
            low = middle + 1;
        else
            high = middle;
    }
    return low < list->count && list->items[low].seq == seq ? (int) list->items[low].kind : 0;
}
