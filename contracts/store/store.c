#include "store_internal.h"

#include "tally/mem.h"

enum tally_code store_new(struct model *model, struct store **out, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct store *store = mem_zero(sizeof(*store));
    if (store == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory for the store");
    store->model = model;
    TRY(recorded_init(&store->recorded, err));
    *out = store;
    store = NULL;
done:
    mem_free(store);
    return rc;
}

void store_free(struct store *store)
{
    if (store == NULL)
        return;
    load_drop(store);
    recorded_release(&store->recorded);
    mem_free(store);
}

enum tally_code store_record(struct store *store, uint64_t seq, const struct changes *changes, struct err *err)
{
    return recorded_add(&store->recorded, seq, changes, err);
}

void store_settle(struct store *store, bool is_committed)
{
    load_drop(store);
    recorded_clear(&store->recorded);
    if (!is_committed)
        model_forget(store->model);
}
