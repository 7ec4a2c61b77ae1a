/* What who replays a whole ledger asks of the model beside deciding. */
#include "view.h"

static struct model_contract contract_of(const struct view_contract *contract)
{
    return (struct model_contract){contract->row.id, contract->row.state, contract->row.next_moment, contract->row.open};
}

/* By any of its texts, also one that is not in force; or by joining a class. */
static bool is_of(const struct view_contract *contract, struct slice actor)
{
    return view_may_be_party(contract, actor) || view_has_acceded(contract, actor);
}

void model_each_contract(const struct model *model, struct slice actor, model_contract_fn each, void *ctx)
{
    uint32_t at = 0;
    for (const struct view_contract *contract; (contract = table_next(&model->contracts, &at)) != NULL;) {
        if (!contract->has_row || (actor.len > 0 && !is_of(contract, actor)))
            continue;
        const struct model_contract shown = contract_of(contract);
        each(ctx, &shown);
    }
}

enum tally_code model_find_contract(const struct model *model, struct slice id, struct model_contract *out)
{
    const struct view_contract *contract = view_contract(model, id);
    if (contract == NULL)
        return TALLY_E_NOT_FOUND;
    *out = contract_of(contract);
    return TALLY_OK;
}

void model_each_use(const struct model *model, struct slice contract, bool is_user, model_use_fn each, void *ctx)
{
    const struct view_uses *uses = view_uses(model, contract);
    uint32_t count = uses == NULL ? 0 : is_user ? uses->out_count : uses->in_count;
    for (uint32_t i = 0; i < count; i++)
        each(ctx, is_user ? uses->out[i]->used : uses->in[i]->contract);
}

bool model_has_used(const struct model *model, const struct terms *terms)
{
    for (uint32_t i = 0; i < terms_use_count(terms); i++) {
        if (view_version(model, terms_use(terms, i)->hash) == NULL)
            return false;
    }
    return true;
}

bool model_has_party(const struct model *model, struct slice contract, struct slice actor)
{
    const struct view_contract *found = view_contract(model, contract);
    return found != NULL && is_of(found, actor);
}

/* ---- other numbers ---- */
struct renumbering {
    uint64_t cause, first; /* the decision's first entry; its first event */
    uint32_t count;
    const uint64_t *numbers;
};

/* False: there is no such entry. */
static bool renumber(const struct renumbering *r, uint64_t *seq)
{
    if (*seq < r->first || *seq - r->first >= r->count)
        return true;
    uint64_t number = r->numbers[*seq - r->first];
    *seq = number == ROW_NO_SEQ ? r->cause : number;
    return number != ROW_NO_SEQ;
}

static void renumber_payments(const struct renumbering *r, struct changes *changes)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < changes->payments_count; i++) {
        struct row_payment *row = &changes->payments[i];
        (void) renumber(r, &row->itemised_seq);
        if (renumber(r, &row->seq))
            changes->payments[kept++] = *row;
    }
    changes->payments_count = kept;
    for (uint32_t i = 0; i < changes->payment_items_count; i++)
        (void) renumber(r, &changes->payment_items[i].payment_seq);
}

void model_renumber(struct decision *decision, const struct model_place *place, const uint64_t *numbers, bool is_moment)
{
    struct changes *changes = &decision->changes;
    const struct renumbering r = {place->seq, place->seq + (is_moment ? 0 : 1), decision->event_count, numbers};
    renumber_payments(&r, changes);
    for (uint32_t i = 0; i < changes->finals_count; i++) {
        (void) renumber(&r, &changes->finals[i].seq);
        (void) renumber(&r, &changes->finals[i].began_seq);
    }
    for (uint32_t i = 0; i < changes->amendments_count; i++)
        (void) renumber(&r, &changes->amendments[i].in_force_seq);
    for (uint32_t i = 0; i < changes->contracts_count; i++)
        (void) renumber(&r, &changes->contracts[i].activated_seq);
    for (uint32_t i = 0; i < changes->amendments_count; i++)
        (void) renumber(&r, &changes->amendments[i].in_force_seq);
}
