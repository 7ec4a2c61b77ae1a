/* Rows go into the view. A row of an identity that is there already changes only what can change; what cannot change stays
 * where it is, since decisions of the batch may have borrowed it. */
#include "view.h"

#include <string.h>

static const size_t ident_strings[] = {offsetof(struct ident, a), offsetof(struct ident, b)};

/* A zeroed struct of `size` that begins with a copy of id. */
static void *new_item(struct model *model, size_t size, struct ident id)
{
    return hold_row(&model->hold, size, 0, &id, sizeof(id), ident_strings, 2);
}

#define STRINGS_OF(type, ...) static const size_t type##_strings[] = {__VA_ARGS__};
#define AT(type, member) offsetof(struct row_##type, member)
STRINGS_OF(actor, AT(actor, id), AT(actor, kind), AT(actor, name), AT(actor, registered_by))
STRINGS_OF(key, AT(key, kid), AT(key, actor), AT(key, x))
STRINGS_OF(indicator, AT(indicator, slug), AT(indicator, name), AT(indicator, definition), AT(indicator, unit),
           AT(indicator, kind), AT(indicator, defined_by))
STRINGS_OF(contract, AT(contract, id), AT(contract, slug), AT(contract, title), AT(contract, text),
           AT(contract, proposed_by), AT(contract, manifest))
STRINGS_OF(party, AT(party, contract), AT(party, party), AT(party, role), AT(party, label), AT(party, actor),
           AT(party, kid))
STRINGS_OF(amendment, AT(amendment, contract), AT(amendment, title), AT(amendment, text), AT(amendment, manifest),
           AT(amendment, proposed_by))
STRINGS_OF(signer, AT(signer, party.contract), AT(signer, party.party), AT(signer, party.role), AT(signer, party.label),
           AT(signer, party.actor), AT(signer, party.kid))
STRINGS_OF(result, AT(result, indicator), AT(result, contract), AT(result, metric), AT(result, dimensions),
           AT(result, value), AT(result, author), AT(result, only_in))
STRINGS_OF(instance, AT(instance, contract), AT(instance, rule), AT(instance, key))
STRINGS_OF(dispute, AT(dispute, contract), AT(dispute, actor), AT(dispute, reason))
STRINGS_OF(accession, AT(accession, contract), AT(accession, class_name), AT(accession, actor), AT(accession, kid))
STRINGS_OF(payment, AT(payment, contract), AT(payment, rule), AT(payment, from_party), AT(payment, to_party),
           AT(payment, from_actor), AT(payment, to_actor), AT(payment, currency), AT(payment, amount))

/* A zeroed struct of `size` with a copy of the row at row_at; its ident is set by the caller. */
#define NEW_ROW(model, view_type, row_ptr, type)                                                                           \
    hold_row(&(model)->hold, sizeof(struct view_type), offsetof(struct view_type, row), (row_ptr), sizeof(*(row_ptr)),     \
             type##_strings, sizeof(type##_strings) / sizeof(type##_strings[0]))

static enum tally_code no_memory(struct err *err)
{
    return err_set(err, TALLY_E_NO_MEMORY, "no memory for a row of the view");
}

/* Adds a new item, or frees it when it cannot be added. */
static enum tally_code add_item(struct model *model, struct table *table, struct ident *item, struct err *err)
{
    enum tally_code rc = table_add(table, item, err);
    if (rc != TALLY_OK)
        hold_free(&model->hold, item);
    return rc;
}

enum tally_code model_put_actor(struct model *model, const struct row_actor *row, struct err *err)
{
    if (view_actor(model, row->id) != NULL)
        return TALLY_OK;
    struct view_actor *actor = NEW_ROW(model, view_actor, row, actor);
    if (actor == NULL)
        return no_memory(err);
    actor->id = ident_name(actor->row.id);
    return add_item(model, &model->actors, &actor->id, err);
}

enum tally_code model_put_key(struct model *model, const struct row_key *row, struct err *err)
{
    struct view_key *key = view_key(model, row->kid);
    if (key != NULL) {
        key->row.revoked_seq = row->revoked_seq;
        return TALLY_OK;
    }
    key = NEW_ROW(model, view_key, row, key);
    if (key == NULL)
        return no_memory(err);
    key->id = ident_name(key->row.kid);
    return add_item(model, &model->keys, &key->id, err);
}

enum tally_code model_put_indicator(struct model *model, const struct row_indicator *row, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct row_indicator *copy = NULL;
    struct view_indicator *indicator = table_find(&model->indicators, ident_name(row->slug));
    if (indicator == NULL) {
        indicator = new_item(model, sizeof(*indicator), ident_name(row->slug));
        if (indicator == NULL)
            return no_memory(err);
        TRY(add_item(model, &model->indicators, &indicator->id, err));
    }
    if (view_indicator(model, row->slug, row->version) != NULL)
        return TALLY_OK;
    copy = hold_row(&model->hold, sizeof(*copy), 0, row, sizeof(*row), indicator_strings,
                    sizeof(indicator_strings) / sizeof(indicator_strings[0]));
    if (copy == NULL)
        return no_memory(err);
    TRY(hold_room(&model->hold, (void **) &indicator->versions, sizeof(*indicator->versions), indicator->count,
                  &indicator->cap, err));
    indicator->versions[indicator->count++] = copy;
    copy = NULL;
done:
    hold_free(&model->hold, copy);
    return rc;
}

/* The text of that version is in force: from now on it is one of the contract's. Later ones may be there before it. */
static enum tally_code text_place(struct model *model, struct view_contract *contract, uint32_t version,
                                  struct view_text *text, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    ENSURE(version >= 1 && version <= CONTRACT_TEXTS_MAX);
    while (contract->text_count < version) {
        TRY(hold_room(&model->hold, (void **) &contract->texts, sizeof(*contract->texts), contract->text_count,
                      &contract->text_cap, err));
        contract->texts[contract->text_count++] = NULL;
    }
    contract->texts[version - 1] = text;
done:
    return rc;
}

static enum tally_code first_text(struct model *model, struct view_contract *contract, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct view_text *text = hold_alloc(&model->hold, sizeof(*text));
    if (text == NULL)
        return no_memory(err);
    text->in_force_seq = ROW_NO_SEQ;
    text->version = 1;
    TRY(text_place(model, contract, 1, text, err));
    text = NULL;
done:
    hold_free(&model->hold, text);
    return rc;
}

enum tally_code contract_make(struct model *model, struct slice id, struct view_contract **out, struct err *err)
{
    struct view_contract *contract = table_find(&model->contracts, ident_name(id));
    if (contract == NULL) {
        contract = new_item(model, sizeof(*contract), ident_name(id));
        if (contract == NULL)
            return no_memory(err);
        struct table *tables[] = {&contract->chains,   &contract->finals,     &contract->instances,   &contract->disputes,
                                  &contract->annulled, &contract->accessions, &contract->settlements, &contract->figures};
        for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
            table_init(tables[i], &model->hold);
        enum tally_code rc = add_item(model, &model->contracts, &contract->id, err);
        if (rc != TALLY_OK)
            return rc;
    }
    if (contract->text_count == 0) {
        enum tally_code rc = first_text(model, contract, err);
        if (rc != TALLY_OK)
            return rc;
    }
    *out = contract;
    return TALLY_OK;
}

enum tally_code model_put_contract(struct model *model, const struct row_contract *row, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct view_contract *contract = NULL;
    TRY(contract_make(model, row->id, &contract, err));
    ENSURE(contract != NULL);
    bool was_next = contract->has_row && contract->row.next_moment.us == model->next.us;
    if (!contract->has_row) {
        struct row_contract *copy = hold_row(&model->hold, sizeof(*copy), 0, row, sizeof(*row), contract_strings,
                                             sizeof(contract_strings) / sizeof(contract_strings[0]));
        if (copy == NULL)
            return no_memory(err);
        contract->block = copy;
        contract->row = *copy;
        contract->has_row = true;
        contract->texts[0]->seq = row->seq;
        contract->texts[0]->source = contract->row.text;
        memcpy(contract->texts[0]->terms_hash, row->terms_hash, sizeof(row->terms_hash));
        memcpy(contract->texts[0]->version_hash, row->version_hash, sizeof(row->version_hash));
    }
    contract->texts[0]->in_force_seq = row->activated_seq;
    contract->row.state = row->state;
    contract->row.activated_seq = row->activated_seq;
    contract->row.next_moment = row->next_moment;
    contract->row.next_first = row->next_first;
    contract->row.is_full = row->is_full;
    if (row->next_moment.us <= model->next.us)
        model->next = row->next_moment;
    else if (was_next)
        view_next_again(model);
done:
    return rc;
}

/* A place for the party, NULL when it is new, and room among those by name. */
static enum tally_code parties_room(struct model *model, struct view_text *text, uint32_t place, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    while (text->party_count <= place) {
        TRY(hold_room(&model->hold, (void **) &text->parties, sizeof(*text->parties), text->party_count, &text->party_cap,
                      err));
        text->parties[text->party_count++] = NULL;
    }
    TRY(hold_room(&model->hold, (void **) &text->by_name, sizeof(*text->by_name), text->by_name_count, &text->by_name_cap,
                  err));
done:
    return rc;
}

enum tally_code model_put_party(struct model *model, const struct row_party *row, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct row_party *copy = NULL;
    struct view_contract *contract = NULL;
    TRY(contract_make(model, row->contract, &contract, err));
    ENSURE(contract != NULL);
    struct view_text *text = contract->texts[0];
    TRY(parties_room(model, text, row->place, err));
    if (text->parties[row->place] != NULL) {
        text->parties[row->place]->signed_seq = row->signed_seq;
        return TALLY_OK;
    }
    copy = hold_row(&model->hold, sizeof(*copy), 0, row, sizeof(*row), party_strings,
                    sizeof(party_strings) / sizeof(party_strings[0]));
    if (copy == NULL)
        return no_memory(err);
    text_add_party(text, copy);
done:
    return rc;
}

/* ---- amendments ---- */
static enum tally_code amendment_make(struct model *model, struct slice contract_id, uint64_t seq,
                                      struct view_contract **contract, struct view_text **out, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    TRY(contract_make(model, contract_id, contract, err));
    ENSURE(*contract != NULL);
    *out = view_amendment(*contract, seq);
    if (*out != NULL)
        return TALLY_OK;
    TRY(hold_room(&model->hold, (void **) &(*contract)->amendments, sizeof(*(*contract)->amendments),
                  (*contract)->amendment_count, &(*contract)->amendment_cap, err));
    struct view_text *text = hold_alloc(&model->hold, sizeof(*text));
    if (text == NULL)
        return no_memory(err);
    text->seq = seq;
    text->in_force_seq = ROW_NO_SEQ;
    (*contract)->amendments[(*contract)->amendment_count++] = text;
    *out = text;
done:
    return rc;
}

enum tally_code model_put_amendment(struct model *model, const struct row_amendment *row, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct view_contract *contract = NULL;
    struct view_text *text = NULL;
    TRY(amendment_make(model, row->contract, row->seq, &contract, &text, err));
    if (text->block == NULL) {
        struct row_amendment *copy = hold_row(&model->hold, sizeof(*copy), 0, row, sizeof(*row), amendment_strings,
                                              sizeof(amendment_strings) / sizeof(amendment_strings[0]));
        if (copy == NULL)
            return no_memory(err);
        text->block = copy;
        text->version = row->version;
        text->source = copy->text;
        memcpy(text->terms_hash, row->terms_hash, sizeof(row->terms_hash));
        memcpy(text->version_hash, row->version_hash, sizeof(row->version_hash));
    }
    text->in_force_seq = row->in_force_seq;
    if (row->in_force_seq != ROW_NO_SEQ)
        TRY(text_place(model, contract, row->version, text, err));
done:
    return rc;
}

enum tally_code model_put_signer(struct model *model, const struct row_signer *row, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct view_contract *contract = NULL;
    struct view_text *text = NULL;
    uint32_t place = row->party.place;
    TRY(amendment_make(model, row->party.contract, row->amendment_seq, &contract, &text, err));
    while (text->signer_count <= place) {
        TRY(hold_room(&model->hold, (void **) &text->signers, sizeof(*text->signers), text->signer_count, &text->signer_cap,
                      err));
        text->signers[text->signer_count++] = NULL;
    }
    if (!row->is_leaving)
        TRY(parties_room(model, text, place, err));
    if (text->signers[place] == NULL)
        text->signers[place] = hold_row(&model->hold, sizeof(*row), 0, row, sizeof(*row), signer_strings,
                                        sizeof(signer_strings) / sizeof(signer_strings[0]));
    if (text->signers[place] == NULL)
        return no_memory(err);
    text->signers[place]->party.signed_seq = row->party.signed_seq;
    if (!row->is_leaving && text->parties[place] == NULL)
        text_add_party(text, &text->signers[place]->party);
done:
    return rc;
}

/* The first place in the sorted list that is not before this contract. */
static uint32_t users_place(const struct view_users *users, struct slice contract)
{
    uint32_t low = 0, high = users->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (slice_compare(users->contracts[middle], contract) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The terms say which metrics a contract has; the row says it the other way round: who uses an indicator. */
enum tally_code model_put_metric(struct model *model, const struct row_metric *row, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    if (row->indicator.len == 0)
        return TALLY_OK;
    struct view_users *users = view_users(model, row->indicator, row->indicator_version);
    if (users == NULL) {
        users = new_item(model, sizeof(*users), ident_version(row->indicator, row->indicator_version));
        if (users == NULL)
            return no_memory(err);
        TRY(add_item(model, &model->users, &users->id, err));
    }
    uint32_t at = users_place(users, row->contract);
    if (at < users->count && slice_equal(users->contracts[at], row->contract))
        return TALLY_OK;
    TRY(hold_room(&model->hold, (void **) &users->contracts, sizeof(*users->contracts), users->count, &users->cap, err));
    struct slice contract = {NULL, 0};
    TRY(hold_text(&model->hold, row->contract, &contract, err));
    memmove(users->contracts + at + 1, users->contracts + at, (users->count - at) * sizeof(*users->contracts));
    users->contracts[at] = contract;
    users->count++;
done:
    return rc;
}

enum tally_code series_make(struct model *model, struct ident id, struct view_series **out, struct err *err)
{
    struct view_series *series = table_find(&model->series, id);
    if (series == NULL) {
        series = new_item(model, sizeof(*series), id);
        if (series == NULL)
            return no_memory(err);
        enum tally_code rc = add_item(model, &model->series, &series->id, err);
        if (rc != TALLY_OK)
            return rc;
    }
    *out = series;
    return TALLY_OK;
}

static enum tally_code result_make(struct model *model, uint64_t seq, uint32_t item, struct view_result **out,
                                   struct err *err)
{
    enum tally_code rc = TALLY_OK;
    ENSURE(item < MODEL_RESULTS_MAX);
    struct view_submission *submission = view_submission(model, seq);
    if (submission == NULL) {
        submission = new_item(model, sizeof(*submission), ident_number(seq));
        if (submission == NULL)
            return no_memory(err);
        TRY(add_item(model, &model->submissions, &submission->id, err));
    }
    while (submission->count <= item) {
        TRY(hold_room(&model->hold, (void **) &submission->items, sizeof(*submission->items), submission->count,
                      &submission->cap, err));
        submission->items[submission->count++] = NULL;
    }
    if (submission->items[item] == NULL) {
        submission->items[item] = hold_alloc(&model->hold, sizeof(**submission->items));
        if (submission->items[item] == NULL)
            return no_memory(err);
    }
    *out = submission->items[item];
done:
    return rc;
}

/* What its author restates or withdraws is no head any more; it may come in later. What another restates is its author's as before. */
static enum tally_code mark_replaced(struct model *model, const struct row_result *row, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct view_result *of = NULL;
    if (row->of_seq == ROW_NO_SEQ || row->of_seq != row->prev_seq)
        return TALLY_OK;
    TRY(result_make(model, row->of_seq, row->of_item, &of, err));
    ENSURE(of != NULL);
    of->is_replaced = true;
    of->by_seq = row->seq;
    of->by_item = row->item;
done:
    return rc;
}

enum tally_code result_note(struct model *model, const struct row_result *row, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct buf key;
    buf_init(&key, RESULT_KEY_MAX);
    result_key_write(row->indicator, row->version, row->contract, row->metric, row->dimensions, row->author, &key);
    TRY(buf_check(&key, err));
    TRY(model_put_result_key(model, buf_slice(&key), row->seq, row->item, row->is_withdrawal, err));
    TRY(mark_replaced(model, row, err));
done:
    buf_release(&key);
    return rc;
}

enum tally_code model_put_result(struct model *model, const struct row_result *row, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct view_result *result = NULL;
    struct view_series *series = NULL;
    struct row_result *copy = NULL;
    struct terms_dimension_value *dimensions = NULL;
    uint32_t dimension_count = 0;
    TRY(result_make(model, row->seq, row->item, &result, err));
    if (result->has_row)
        return mark_replaced(model, row, err); /* what it replaces may have left and come back */
    TRY(dimensions_count(row->dimensions, &dimension_count, err));
    TRY(series_make(model,
                    row->indicator.len > 0 ? ident_version(row->indicator, row->version)
                                           : ident_pair(row->contract, row->metric),
                    &series, err));
    ENSURE(series != NULL);
    TRY(hold_room(&model->hold, (void **) &series->items, sizeof(*series->items), series->count, &series->cap, err));
    TRY(result_note(model, row, err));
    copy = hold_row(&model->hold, sizeof(*copy), 0, row, sizeof(*row), result_strings,
                    sizeof(result_strings) / sizeof(result_strings[0]));
    dimensions = hold_alloc(&model->hold, dimension_count * sizeof(*dimensions));
    if (copy == NULL || dimensions == NULL) {
        rc = no_memory(err);
        goto done;
    }
    dimensions_read(copy->dimensions, dimensions);
    result->block = copy;
    result->row = *copy;
    result->has_row = true;
    result->dimensions = dimensions;
    result->dimension_count = dimension_count;
    series->items[series->count++] = result;
    copy = NULL;
    dimensions = NULL;
done:
    hold_free(&model->hold, copy);
    hold_free(&model->hold, dimensions);
    return rc;
}

/* Contracts in which it waits for verifications may have got one. */
static enum tally_code note_verified(struct model *model, const struct view_result *result, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    const struct row_result *row = &result->row;
    bool is_figure = result->has_row && row->indicator.len == 0;
    const struct view_users *users = result->has_row && !is_figure ? view_users(model, row->indicator, row->version) : NULL;
    struct view_contract *contract = is_figure ? view_contract(model, row->contract) : NULL;
    if (contract != NULL)
        TRY(waiting_note_statement(contract, row->seq, err));
    for (uint32_t i = 0; users != NULL && i < users->count; i++) {
        contract = view_contract(model, users->contracts[i]);
        if (contract != NULL)
            TRY(waiting_note_statement(contract, row->seq, err));
    }
done:
    return rc;
}

enum tally_code model_put_verification(struct model *model, const struct row_verification *row, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct view_result *result = NULL;
    TRY(result_make(model, row->result_seq, row->item, &result, err));
    ENSURE(result != NULL);
    for (uint32_t i = 0; i < result->verification_count; i++) {
        if (slice_equal(result->verifications[i].actor, row->actor))
            return TALLY_OK;
    }
    TRY(hold_room(&model->hold, (void **) &result->verifications, sizeof(*result->verifications),
                  result->verification_count, &result->verification_cap, err));
    struct view_verification *verification = &result->verifications[result->verification_count];
    TRY(hold_text(&model->hold, row->actor, &verification->actor, err));
    verification->seq = row->seq;
    verification->time = row->time;
    result->verification_count++;
    TRY(note_verified(model, result, err));
done:
    return rc;
}

/* The newer of two ends of a chain, in whatever order they come. */
static bool is_newer(const struct row_final *row, const struct chain_end *end)
{
    if (row->seq != end->seq)
        return row->seq > end->seq;
    return row->result_seq > end->result_seq;
}

static enum tally_code chain_put(struct model *model, struct view_contract *contract, const struct row_final *row,
                                 struct view_chain **out, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct slice replaced = {NULL, 0};
    struct ident id = ident_chain(row->first_seq, row->version - 1, row->metric, row->key);
    struct view_chain *chain = table_find(&contract->chains, id);
    *out = NULL;
    if (chain != NULL && !is_newer(row, &chain->end))
        return TALLY_OK;
    if (chain == NULL) {
        chain = new_item(model, sizeof(*chain), id);
        if (chain == NULL)
            return no_memory(err);
        TRY(add_item(model, &contract->chains, &chain->id, err));
    }
    if (row->replaced.len > 0)
        TRY(hold_text(&model->hold, row->replaced, &replaced, err));
    hold_free(&model->hold, chain->replaced);
    chain->replaced = (void *) (uintptr_t) replaced.ptr;
    chain->end = (struct chain_end){.first_seq = row->first_seq,
                                    .result_seq = row->result_seq,
                                    .item = row->item,
                                    .seq = row->seq,
                                    .began_seq = row->began_seq,
                                    .time = row->time,
                                    .is_none = row->is_none,
                                    .replaced = replaced};
    *out = chain;
done:
    return rc;
}

/* No two chains of a key count at a time: the one that does is the newest that has a value. */
enum tally_code model_put_final(struct model *model, const struct row_final *row, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct view_contract *contract = NULL;
    struct view_chain *chain = NULL;
    TRY(contract_make(model, row->contract, &contract, err));
    TRY(chain_put(model, contract, row, &chain, err));
    if (chain == NULL)
        return TALLY_OK;
    struct ident id = ident_final(row->version - 1, row->metric, row->key);
    struct view_final *final = table_find(&contract->finals, id);
    if (final == NULL) {
        final = new_item(model, sizeof(*final), id);
        if (final == NULL)
            return no_memory(err);
        TRY(add_item(model, &contract->finals, &final->id, err));
    }
    if (row->is_none && final->used == chain)
        final->used = NULL;
    else if (!row->is_none && (final->used == NULL || final->used->end.seq <= row->seq))
        final->used = chain;
done:
    return rc;
}

/* ---- disputes ---- */
static enum tally_code dispute_make(struct model *model, struct view_contract *contract, uint64_t result_seq, uint32_t item,
                                    struct view_dispute **out, struct err *err)
{
    struct view_dispute *dispute = table_find(&contract->disputes, ident_item(result_seq, &item));
    if (dispute == NULL) {
        dispute = hold_alloc(&model->hold, sizeof(*dispute));
        if (dispute == NULL)
            return no_memory(err);
        dispute->item = item;
        dispute->id = ident_item(result_seq, &dispute->item);
        enum tally_code rc = add_item(model, &contract->disputes, &dispute->id, err);
        if (rc != TALLY_OK)
            return rc;
    }
    *out = dispute;
    return TALLY_OK;
}

/* Which contract a dispute belongs to, for who names the dispute alone. */
static enum tally_code dispute_note(struct model *model, const struct row_dispute *row, struct err *err)
{
    static const size_t strings[] = {offsetof(struct view_dispute_seq, contract)};
    struct view_dispute_seq place = {ident_number(row->seq), row->contract};
    if (table_find(&model->disputes, place.id) != NULL)
        return TALLY_OK;
    struct view_dispute_seq *copy = hold_row(&model->hold, sizeof(place), 0, &place, sizeof(place), strings, 1);
    return copy == NULL ? no_memory(err) : add_item(model, &model->disputes, &copy->id, err);
}

enum tally_code model_put_dispute(struct model *model, const struct row_dispute *row, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct view_contract *contract = NULL;
    struct view_dispute *dispute = NULL;
    TRY(dispute_note(model, row, err));
    TRY(contract_make(model, row->contract, &contract, err));
    TRY(dispute_make(model, contract, row->result_seq, row->item, &dispute, err));
    ENSURE(dispute != NULL);
    if (dispute->has_row)
        return TALLY_OK;
    struct row_dispute *copy = hold_row(&model->hold, sizeof(*copy), 0, row, sizeof(*row), dispute_strings,
                                        sizeof(dispute_strings) / sizeof(dispute_strings[0]));
    if (copy == NULL)
        return no_memory(err);
    dispute->block = copy;
    dispute->row = *copy;
    dispute->has_row = true;
done:
    return rc;
}

enum tally_code model_put_decision(struct model *model, const struct row_decision *row, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct view_contract *contract = NULL;
    struct view_dispute *dispute = NULL;
    TRY(contract_make(model, row->contract, &contract, err));
    TRY(dispute_make(model, contract, row->result_seq, row->item, &dispute, err));
    ENSURE(dispute != NULL);
    dispute->is_decided = true;
    dispute->kind = row->kind;
    dispute->decided_seq = row->seq;
    TRY(waiting_note_statement(contract, row->result_seq, err));
    if (row->kind != DECISION_ANNULLED || table_find(&contract->annulled, ident_number(row->result_seq)) != NULL)
        return TALLY_OK;
    struct view_annulled *annulled = new_item(model, sizeof(*annulled), ident_number(row->result_seq));
    if (annulled == NULL)
        return no_memory(err);
    TRY(add_item(model, &contract->annulled, &annulled->id, err));
done:
    return rc;
}

enum tally_code model_put_accession(struct model *model, const struct row_accession *row, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct view_contract *contract = NULL;
    TRY(contract_make(model, row->contract, &contract, err));
    if (table_find(&contract->accessions, ident_pair(row->class_name, row->actor)) != NULL)
        return TALLY_OK;
    struct view_accession *accession = NEW_ROW(model, view_accession, row, accession);
    if (accession == NULL)
        return no_memory(err);
    accession->id = ident_pair(accession->row.class_name, accession->row.actor);
    TRY(add_item(model, &contract->accessions, &accession->id, err));
    if (view_has_acceded(contract, row->actor))
        return TALLY_OK;
    struct view_acceded *acceded = new_item(model, sizeof(*acceded), ident_version(row->actor, 1));
    if (acceded == NULL)
        return no_memory(err);
    TRY(add_item(model, &contract->accessions, &acceded->id, err));
done:
    return rc;
}

enum tally_code model_put_instance(struct model *model, const struct row_instance *row, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct view_contract *contract = NULL;
    struct slice stands = {NULL, 0};
    TRY(contract_make(model, row->contract, &contract, err));
    struct view_instance *instance = table_find(&contract->instances, ident_pair(row->rule, row->key));
    TRY(hold_text(&model->hold, row->stands, &stands, err));
    if (instance == NULL) {
        instance = NEW_ROW(model, view_instance, row, instance);
        if (instance == NULL) {
            rc = no_memory(err);
            goto done;
        }
        instance->id = ident_pair(instance->row.rule, instance->row.key);
        TRY(add_item(model, &contract->instances, &instance->id, err));
    }
    hold_free(&model->hold, instance->stands);
    instance->stands = (void *) (uintptr_t) stands.ptr;
    instance->row.stands = stands;
    instance->row.first = row->first;
    instance->row.day = row->day;
    stands.ptr = NULL;
done:
    hold_free(&model->hold, (void *) (uintptr_t) stands.ptr);
    return rc;
}

enum tally_code model_put_payment(struct model *model, const struct row_payment *row, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct slice settled = {NULL, 0};
    struct view_payment *payment = view_payment(model, row->seq);
    TRY(hold_text(&model->hold, row->settled, &settled, err));
    if (payment == NULL) {
        payment = NEW_ROW(model, view_payment, row, payment);
        if (payment == NULL) {
            rc = no_memory(err);
            goto done;
        }
        payment->id = ident_number(row->seq);
        TRY(add_item(model, &model->payments, &payment->id, err));
    }
    hold_free(&model->hold, payment->settled);
    payment->settled = (void *) (uintptr_t) settled.ptr;
    payment->row.settled = settled;
    settled.ptr = NULL;
done:
    hold_free(&model->hold, (void *) (uintptr_t) settled.ptr);
    return rc;
}

enum tally_code model_put_erasure(struct model *model, const struct row_erasure *row, struct err *err)
{
    if (view_is_erased(model, row->entry))
        return TALLY_OK;
    struct view_erasure *erasure = new_item(model, sizeof(*erasure), ident_number(row->entry));
    return erasure == NULL ? no_memory(err) : add_item(model, &model->erasures, &erasure->id, err);
}

/* What no decision asks for is not held: who reads an entry is asked of the tables. */
enum tally_code model_put_concern(struct model *model, const struct row_concern *row, struct err *err)
{
    (void) model;
    (void) row;
    (void) err;
    return TALLY_OK;
}

enum tally_code model_put_payment_item(struct model *model, const struct row_payment_item *row, struct err *err)
{
    (void) model;
    (void) row;
    (void) err;
    return TALLY_OK;
}

enum tally_code model_put_settlement(struct model *model, const struct row_settlement *row, struct err *err)
{
    static const size_t strings[] = {offsetof(struct view_settlement, rule), offsetof(struct view_settlement, amount)};
    enum tally_code rc = TALLY_OK;
    struct view_contract *contract = NULL;
    struct view_settlement made = {ident_number(row->seq), row->rule, row->amount, row->paid_on, row->is_owed_back};
    TRY(contract_make(model, row->contract, &contract, err));
    if (table_find(&contract->settlements, made.id) != NULL)
        return TALLY_OK;
    struct view_settlement *settlement = hold_row(&model->hold, sizeof(made), 0, &made, sizeof(made), strings, 2);
    if (settlement == NULL)
        return no_memory(err);
    TRY(add_item(model, &contract->settlements, &settlement->id, err));
done:
    return rc;
}

enum tally_code model_put_explanation(struct model *model, const struct row_explanation *row, struct err *err)
{
    (void) model;
    (void) row;
    (void) err;
    return TALLY_OK;
}
