/* Sets of contracts, in the order in which events are written: that of their proposals. */
#include <stdlib.h>

#include "decide.h"
#include "states.h"

enum tally_code contract_list_add(struct deciding *d, struct contract_list *list, struct view_contract *contract)
{
    bool is_full = list->count == list->cap;
    if (is_full) /* results of two indicators by turns name the same contracts again and again */
        contract_list_sort(list);
    if (is_full && list->count >= list->cap / 2) {
        uint32_t cap = list->cap == 0 ? 8 : list->cap * 2;
        struct view_contract **items = ARENA_ARRAY(d->arena, cap, struct view_contract *);
        if (items == NULL)
            return no_arena(d);
        if (list->count > 0)
            memcpy(items, list->items, list->count * sizeof(*items));
        list->items = items;
        list->cap = cap;
    }
    list->items[list->count++] = contract;
    return TALLY_OK;
}

static int by_seq(const void *a, const void *b)
{
    const struct view_contract *left = *(struct view_contract *const *) a, *right = *(struct view_contract *const *) b;
    return (left->row.seq > right->row.seq) - (left->row.seq < right->row.seq);
}

void contract_list_sort(struct contract_list *list)
{
    uint32_t kept = 0;
    if (list->count == 0)
        return;
    qsort(list->items, list->count, sizeof(*list->items), by_seq);
    for (uint32_t i = 0; i < list->count; i++) {
        if (kept == 0 || list->items[kept - 1] != list->items[i])
            list->items[kept++] = list->items[i];
    }
    list->count = kept;
}

enum tally_code contract_list_users(struct deciding *d, struct contract_list *list, const struct row_result *row)
{
    enum tally_code rc = TALLY_OK;
    const struct view_users *users = NULL;
    if (row->indicator.len == 0) {
        struct view_contract *contract = view_contract(d->model, row->contract);
        return contract == NULL ? not_loaded(d, "contract", row->contract) : contract_list_add(d, list, contract);
    }
    users = view_users(d->model, row->indicator, row->version);
    for (uint32_t i = 0; users != NULL && i < users->count; i++) {
        struct view_contract *contract = view_contract(d->model, users->contracts[i]);
        if (contract == NULL)
            return not_loaded(d, "contract", users->contracts[i]);
        TRY(contract_list_add(d, list, contract));
    }
done:
    return rc;
}

enum tally_code contract_list_in_force(struct deciding *d, struct contract_list *list, const struct topic *topics,
                                       uint32_t count)
{
    enum tally_code rc = TALLY_OK;
    struct contract_list users = {0};
    for (uint32_t i = 0; i < count; i++)
        TRY(contract_list_users(d, &users, &topics[i].results[0]->row));
    contract_list_sort(&users);
    for (uint32_t i = 0; i < users.count; i++) {
        if (contract_takes(users.items[i]->row.state, CONTRACT_DEED_RESULT))
            TRY(contract_list_add(d, list, users.items[i]));
    }
done:
    return rc;
}
