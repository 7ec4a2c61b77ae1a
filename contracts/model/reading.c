/* Who may read what (contracts/README.md), as far as decisions ask: what a signer may not read does not exist for it. The tables' own rule
 * is outcomes.reads; this one is of the view, which has not been written yet. */
#include "decide.h"

static bool is_party(const struct view_contract *contract, struct slice actor)
{
    return view_may_be_party(contract, actor) || view_has_acceded(contract, actor);
}

bool reads_contract(const struct view_contract *contract, struct slice actor)
{
    return contract->row.open || is_party(contract, actor);
}

bool model_reads_contract(const struct model *model, struct slice contract, struct slice actor)
{
    const struct view_contract *found = view_contract(model, contract);
    return found != NULL && reads_contract(found, actor);
}

/* ---- results that are not open: ",able,housing," ---- */

/* The next contract's id in the list; false at its end. */
static bool next_named(struct slice *rest, struct slice *id)
{
    const char *comma = rest->len < 2 ? NULL : memchr(rest->ptr + 1, ',', rest->len - 1);
    if (comma == NULL)
        return false;
    *id = slice_of(rest->ptr + 1, (size_t) (comma - rest->ptr) - 1);
    *rest = slice_of(comma, rest->len - id->len - 1);
    return true;
}

bool result_is_open(const struct row_result *row)
{
    return row->only_in.len == 0;
}

bool result_is_public(const struct row_result *row)
{
    return result_is_open(row) && !row->is_erased;
}

bool result_counts_in(const struct row_result *row, struct slice contract)
{
    struct slice rest = row->only_in, id;
    while (next_named(&rest, &id)) {
        if (slice_equal(id, contract))
            return true;
    }
    return result_is_open(row);
}

static bool is_party_of(const struct model *model, struct slice id, struct slice actor)
{
    const struct view_contract *contract = view_contract(model, id);
    return contract != NULL && is_party(contract, actor);
}

/* Who may know of a result that was everybody's until it was erased: a party of any contract with a metric of it. */
static bool has_metric_of(const struct model *model, const struct row_result *row, struct slice actor)
{
    bool has = false;
    if (row->indicator.len == 0)
        return is_party_of(model, row->contract, actor);
    const struct view_users *users = view_users(model, row->indicator, row->version);
    for (uint32_t i = 0; users != NULL && i < users->count && !has; i++)
        has = is_party_of(model, users->contracts[i], actor);
    return has;
}

bool reads_result(const struct model *model, const struct row_result *row, struct slice actor)
{
    struct slice rest = row->only_in, id;
    if (slice_equal(row->author, actor))
        return true;
    if (row->is_erased)
        return has_metric_of(model, row, actor);
    while (next_named(&rest, &id)) {
        if (is_party_of(model, id, actor))
            return true;
    }
    return result_is_open(row);
}

enum tally_code result_only_in_list(struct deciding *d, const struct contract_list *list, struct slice *out)
{
    enum tally_code rc = TALLY_OK;
    struct buf text;
    buf_init(&text, EVENT_BODY_MAX);
    for (uint32_t i = 0; i < list->count; i++) {
        buf_add_char(&text, ',');
        buf_add_slice(&text, list->items[i]->row.id);
    }
    buf_add_char(&text, ',');
    TRY(buf_check(&text, d->err));
    TRY(keep(d, buf_slice(&text), out));
done:
    buf_release(&text);
    return rc;
}

/* Which contracts are meant by a result of an indicator that is not open. */
static enum tally_code signed_users(struct deciding *d, const struct row_result *row, struct slice *out)
{
    enum tally_code rc = TALLY_OK;
    struct contract_list users = {0}, signed_by = {0};
    TRY(contract_list_users(d, &users, row));
    for (uint32_t i = 0; i < users.count; i++) {
        if (users.items[i]->row.state != CONTRACT_CLOSED && view_has_signed(users.items[i], row->author))
            TRY(contract_list_add(d, &signed_by, users.items[i]));
    }
    contract_list_sort(&signed_by);
    if (signed_by.count == 0)
        return TALLY_OK; /* empty: there is none */
    TRY(result_only_in_list(d, &signed_by, out));
done:
    return rc;
}

enum tally_code result_only_in(struct deciding *d, const struct row_result *row, bool is_private, struct slice *out)
{
    enum tally_code rc = TALLY_OK;
    const struct view_contract *contract = row->indicator.len > 0 ? NULL : view_contract(d->model, row->contract);
    *out = SLICE("");
    if (contract == NULL)
        return is_private ? signed_users(d, row, out) : TALLY_OK;
    if (is_private || !contract->row.open) {
        *out = arena_printf(d->arena, ",%.*s,", SLICE_ARG(contract->row.id));
        rc = out->ptr == NULL ? no_arena(d) : TALLY_OK;
    }
    return rc;
}

/* ---- what the entries of a decision concern ---- */

enum tally_code concerns(struct deciding *d, uint64_t seq, struct slice contract)
{
    const struct row_concern row = {seq, contract};
    return change_concern(d, &row);
}

enum tally_code statement_of_contract(struct deciding *d, const struct view_contract *contract)
{
    d->out->open = contract->row.open;
    return d->out->open ? TALLY_OK : concerns(d, d->place->seq, contract->row.id);
}

enum tally_code statement_of_result(struct deciding *d, const struct row_result *row)
{
    enum tally_code rc = TALLY_OK;
    struct slice rest = row->only_in, id;
    d->out->open = result_is_public(row); /* of one that was erased, the tables know who has a metric of it */
    while (next_named(&rest, &id))
        TRY(concerns(d, d->place->seq, id));
done:
    return rc;
}

bool model_is_party(const struct model *model, struct slice contract, struct slice actor)
{
    const struct view_contract *found = view_contract(model, contract);
    return found != NULL && is_party(found, actor);
}

bool model_reads_event(const struct model *model, const struct model_event *event, struct slice actor)
{
    return event->open || model_is_party(model, event->contract, actor);
}
