/* What was looked up, and which results exist. */
#include "view.h"

#include <string.h>

static struct ident ident_need(enum need_kind kind, struct slice name, uint64_t number)
{
    return (struct ident){number << 4 | (uint64_t) kind, name, {NULL, 0}};
}

bool known_holds(const struct model *model, enum need_kind kind, struct slice name, uint64_t number)
{
    struct view_known *known = table_find(&model->known, ident_need(kind, name, number));
    if (known == NULL)
        return false;
    known->used = model->tick; /* when it was used is no part of the state */
    return known->holds;
}

enum tally_code known_mark(struct model *model, enum need_kind kind, struct slice name, uint64_t number, struct err *err)
{
    static const size_t strings[] = {offsetof(struct ident, a), offsetof(struct ident, b)};
    struct ident id = ident_need(kind, name, number);
    struct view_known *known = table_find(&model->known, id);
    if (known == NULL) {
        known = hold_row(&model->hold, sizeof(*known), 0, &id, sizeof(id), strings, 2);
        if (known == NULL)
            return err_set(err, TALLY_E_NO_MEMORY, "no memory for the view");
        enum tally_code rc = table_add(&model->known, &known->id, err);
        if (rc != TALLY_OK) {
            hold_free(&model->hold, known);
            return rc;
        }
    }
    known->holds = true;
    known->used = ++model->tick;
    return TALLY_OK;
}

void known_break(struct model *model, enum need_kind kind, struct slice name, uint64_t number)
{
    struct view_known *known = table_find(&model->known, ident_need(kind, name, number));
    if (known != NULL)
        known->holds = false;
}

static void digest_key(const struct model *model, struct slice key, uint8_t out[32])
{
    model->ports.sha256("", key, out);
}

enum tally_code result_key_mark(struct model *model, struct slice key, struct view_result_key **out, struct err *err)
{
    uint8_t sha256[32];
    digest_key(model, key, sha256);
    struct view_result_key *item = table_find(&model->result_keys, ident_name(slice_of(sha256, sizeof(sha256))));
    if (item == NULL) {
        item = hold_alloc(&model->hold, sizeof(*item));
        if (item == NULL)
            return err_set(err, TALLY_E_NO_MEMORY, "no memory for the view");
        memcpy(item->sha256, sha256, sizeof(sha256));
        item->id = ident_name(slice_of(item->sha256, sizeof(item->sha256)));
        enum tally_code rc = table_add(&model->result_keys, &item->id, err);
        if (rc != TALLY_OK) {
            hold_free(&model->hold, item);
            return rc;
        }
    }
    item->used = ++model->tick;
    *out = item;
    return TALLY_OK;
}

bool result_key_holds(const struct model *model, struct slice key)
{
    uint8_t sha256[32];
    digest_key(model, key, sha256);
    struct view_result_key *item = table_find(&model->result_keys, ident_name(slice_of(sha256, sizeof(sha256))));
    if (item != NULL)
        item->used = model->tick;
    return item != NULL;
}

enum tally_code model_put_result_key(struct model *model, struct slice key, uint64_t seq, uint32_t item, bool is_withdrawal,
                                     struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct view_result_key *newest = NULL;
    TRY(result_key_mark(model, key, &newest, err));
    ENSURE(newest != NULL);
    if (newest->exists && newest->seq > seq)
        return TALLY_OK;
    newest->exists = true;
    newest->seq = seq;
    newest->item = item;
    newest->is_withdrawal = is_withdrawal;
done:
    return rc;
}

enum tally_code model_put_next_moment(struct model *model, struct instant earliest, struct err *err)
{
    (void) err;
    model->later = earliest;
    return TALLY_OK;
}

enum tally_code model_loaded(struct model *model, const struct need *need, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct view_result_key *newest = NULL;
    switch (need->kind) {
    case NEED_RESULT_KEY:
        return result_key_mark(model, need->name, &newest, err);
    case NEED_DUE:
        model->has_due = true;
        model->due_until.us = (int64_t) need->number;
        return TALLY_OK;
    case NEED_CONTRACT: {
        struct view_contract *contract = view_contract(model, need->name);
        if (contract != NULL)
            TRY(contract_complete(model, contract, err));
        break;
    }
    case NEED_KEY:
    case NEED_ACTOR:
    case NEED_INDICATOR:
    case NEED_PARTIES:
    case NEED_STANDING:
    case NEED_USERS:
    case NEED_RESULT:
    case NEED_PAYMENT:
    case NEED_DISPUTE:
    case NEED_ERASURE:
    case NEED_SERIES:
    case NEED_USES:
    case NEED_VERSION:
        break;
    }
    TRY(known_mark(model, need->kind, need->name, need->number, err));
done:
    return rc;
}
