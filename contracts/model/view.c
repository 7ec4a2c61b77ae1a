#include "view.h"

#include "tally/mem.h"

static void tables_init(struct model *model)
{
    struct table *tables[] = {&model->actors,      &model->keys,     &model->indicators,  &model->contracts,
                              &model->submissions, &model->series,   &model->users,       &model->payments,
                              &model->disputes,    &model->erasures, &model->result_keys, &model->known,
                              &model->uses,        &model->versions};
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
        table_init(tables[i], &model->hold);
}

struct limits { /* of what is kept only to be faster */
    size_t terms_bytes;
    struct followed_limits followed;
};

static enum tally_code make(const struct model_ports *ports, bool is_whole, const struct limits *limits, struct model **out,
                            struct err *err)
{
    enum tally_code rc = TALLY_OK;
    ENSURE(ports->sha256 != NULL);
    struct model *model = mem_zero(sizeof(*model));
    if (model == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory for the model");
    model->ports = *ports;
    model->is_whole = is_whole;
    tables_init(model);
    view_clear(model);
    TRY(terms_cache_new(limits->terms_bytes, &model->terms, err));
    TRY(followed_new(&limits->followed, &model->followed, err));
    model->entry_room = MODEL_ENTRY_ROOM;
    model->scratch = arena_new(SCRATCH_BYTES_MAX);
    model->aside = arena_new(SCRATCH_BYTES_MAX);
    if (model->scratch == NULL || model->aside == NULL)
        TRY(err_set(err, TALLY_E_NO_MEMORY, "no memory for the model"));
    *out = model;
    model = NULL;
done:
    model_free(model);
    return rc;
}

enum tally_code model_new(const struct model_ports *ports, struct model **out, struct err *err)
{
    static const struct limits limits = {MODEL_TERMS_BYTES_MAX, {64, MODEL_SESSIONS_BYTES_MAX}};
    return make(ports, false, &limits, out, err);
}

enum tally_code model_new_whole(const struct model_ports *ports, struct model **out, struct err *err)
{
    static const struct limits limits = {MODEL_WHOLE_TERMS_BYTES_MAX, {16384, MODEL_WHOLE_SESSIONS_BYTES_MAX}};
    return make(ports, true, &limits, out, err);
}

void model_free(struct model *model)
{
    if (model == NULL)
        return;
    view_clear(model);
    ENSURE(model->hold.bytes == 0);
    followed_free(model);
    terms_cache_free(model->terms);
    arena_free(model->scratch);
    arena_free(model->aside);
    mem_free(model);
}

void model_forget(struct model *model)
{
    view_clear(model);
}

size_t model_memory(const struct model *model)
{
    return sizeof(*model) + model->hold.bytes + terms_cache_bytes(model->terms) + followed_bytes(model->followed);
}

struct instant model_next_moment(const struct model *model)
{
    return model->next.us < model->later.us ? model->next : model->later;
}

struct view_actor *view_actor(const struct model *model, struct slice id)
{
    return table_find(&model->actors, ident_name(id));
}

struct view_key *view_key(const struct model *model, struct slice kid)
{
    return table_find(&model->keys, ident_name(kid));
}

const struct row_indicator *view_indicator(const struct model *model, struct slice slug, uint32_t version)
{
    const struct view_indicator *found = table_find(&model->indicators, ident_name(slug));
    for (uint32_t i = 0; found != NULL && i < found->count; i++) {
        if (found->versions[i]->version == version)
            return found->versions[i];
    }
    return NULL;
}

uint32_t view_indicator_latest(const struct model *model, struct slice slug)
{
    const struct view_indicator *found = table_find(&model->indicators, ident_name(slug));
    uint32_t latest = 0;
    for (uint32_t i = 0; found != NULL && i < found->count; i++)
        latest = found->versions[i]->version > latest ? found->versions[i]->version : latest;
    return latest;
}

struct view_contract *view_contract(const struct model *model, struct slice id)
{
    struct view_contract *contract = table_find(&model->contracts, ident_name(id));
    return contract != NULL && contract->has_row ? contract : NULL;
}

struct view_submission *view_submission(const struct model *model, uint64_t seq)
{
    return table_find(&model->submissions, ident_number(seq));
}

struct view_result *view_result(const struct model *model, uint64_t seq, uint32_t item)
{
    const struct view_submission *submission = view_submission(model, seq);
    if (submission == NULL || item >= submission->count || submission->items[item] == NULL)
        return NULL;
    return submission->items[item]->has_row ? submission->items[item] : NULL;
}

struct view_contract *view_disputed_contract(const struct model *model, uint64_t dispute_seq)
{
    const struct view_dispute_seq *found = table_find(&model->disputes, ident_number(dispute_seq));
    return found == NULL ? NULL : view_contract(model, found->contract);
}

struct view_series *view_series(const struct model *model, const struct row_result *row)
{
    return table_find(&model->series, row->indicator.len > 0 ? ident_version(row->indicator, row->version)
                                                             : ident_pair(row->contract, row->metric));
}

struct view_uses *view_uses(const struct model *model, struct slice contract)
{
    return table_find(&model->uses, ident_name(contract));
}

const struct view_version *view_version(const struct model *model, struct slice hex)
{
    return table_find(&model->versions, ident_name(hex));
}

struct view_users *view_users(const struct model *model, struct slice slug, uint32_t version)
{
    return table_find(&model->users, ident_version(slug, version));
}

struct view_payment *view_payment(const struct model *model, uint64_t seq)
{
    return table_find(&model->payments, ident_number(seq));
}

struct view_text *text_now(const struct view_contract *contract)
{
    return contract->texts[contract->text_count - 1];
}

uint32_t text_at(const struct view_contract *contract, uint64_t seq)
{
    uint32_t at = contract->text_count - 1;
    while (at > 0 && contract->texts[at]->in_force_seq > seq)
        at--;
    return at;
}

/* The first place by name that is not before this one. */
static uint32_t name_place(const struct view_text *text, struct slice name)
{
    uint32_t low = 0, high = text->by_name_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (slice_compare(text->by_name[middle]->party, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct row_party *text_party(const struct view_text *text, struct slice name)
{
    uint32_t at = name_place(text, name);
    return at < text->by_name_count && slice_equal(text->by_name[at]->party, name) ? text->by_name[at] : NULL;
}

void text_add_party(struct view_text *text, struct row_party *party)
{
    uint32_t at = name_place(text, party->party);
    memmove(text->by_name + at + 1, text->by_name + at, (text->by_name_count - at) * sizeof(struct row_party *));
    text->by_name[at] = party;
    text->by_name_count++;
    text->parties[party->place] = party;
}

struct view_text *view_amendment(const struct view_contract *contract, uint64_t seq)
{
    for (uint32_t i = 0; i < contract->amendment_count; i++) {
        if (contract->amendments[i]->seq == seq)
            return contract->amendments[i];
    }
    return NULL;
}

bool amendment_is_open(const struct view_contract *contract, const struct view_text *amendment)
{
    return amendment->in_force_seq == ROW_NO_SEQ && amendment->version == contract->text_count + 1;
}

const struct row_party *party_named(const struct view_contract *contract, uint32_t text, struct slice name, uint64_t seq)
{
    const struct row_party *party = NULL;
    for (uint32_t at = text_at(contract, seq) + 1; at-- > 0 && party == NULL;)
        party = text_party(contract->texts[at], name);
    return party != NULL ? party : text_party(contract->texts[text], name);
}

const struct row_party *party_at(const struct view_contract *contract, uint32_t text, uint32_t place, uint64_t seq)
{
    const struct row_party *own = contract->texts[text]->parties[place];
    return contract->text_count == 1 ? own : party_named(contract, text, own->party, seq);
}

static bool is_party_of(const struct view_text *text, struct slice actor)
{
    for (uint32_t i = 0; i < text->party_count; i++) {
        if (text->parties[i] != NULL && slice_equal(text->parties[i]->actor, actor))
            return true;
    }
    return false;
}

bool view_is_party(const struct view_contract *contract, struct slice actor)
{
    return is_party_of(text_now(contract), actor);
}

bool view_has_signed(const struct view_contract *contract, struct slice actor)
{
    if (view_has_acceded(contract, actor))
        return true;
    for (uint32_t k = 0; k < contract->text_count; k++) {
        for (uint32_t i = 0; i < contract->texts[k]->party_count; i++) {
            const struct row_party *party = contract->texts[k]->parties[i];
            if (party != NULL && party->signed_seq != ROW_NO_SEQ && slice_equal(party->actor, actor))
                return true;
        }
    }
    return false;
}

bool view_was_party(const struct view_contract *contract, struct slice actor)
{
    bool was = false;
    for (uint32_t k = 0; k < contract->text_count && !was; k++)
        was = is_party_of(contract->texts[k], actor);
    return was;
}

bool view_may_be_party(const struct view_contract *contract, struct slice actor)
{
    bool may = view_was_party(contract, actor);
    for (uint32_t i = 0; i < contract->amendment_count && !may; i++)
        may = amendment_is_open(contract, contract->amendments[i]) && is_party_of(contract->amendments[i], actor);
    return may;
}

bool view_is_erased(const struct model *model, uint64_t seq)
{
    return table_find(&model->erasures, ident_number(seq)) != NULL;
}

const struct row_accession *view_accession(const struct view_contract *contract, struct slice class_name,
                                           struct slice actor, uint64_t seq)
{
    const struct view_accession *found = table_find(&contract->accessions, ident_pair(class_name, actor));
    return found == NULL || found->row.seq >= seq ? NULL : &found->row;
}

uint32_t accession_count(const struct view_contract *contract, struct slice class_name)
{
    uint32_t count = 0, at = 0;
    for (const struct ident *id; (id = table_next(&contract->accessions, &at)) != NULL;)
        count += id->number == 0 && slice_equal(id->a, class_name);
    return count;
}

bool view_has_acceded(const struct view_contract *contract, struct slice actor)
{
    return table_find(&contract->accessions, ident_version(actor, 1)) != NULL;
}

const struct terms_class *class_of_dimension(const struct terms *terms, uint32_t dimension)
{
    for (uint32_t i = 0; i < terms_class_count(terms); i++)
        if (terms_class(terms, i)->dimension == dimension)
            return terms_class(terms, i);
    return NULL;
}

const struct view_result_key *view_newest(const struct model *model, const uint8_t sha256[32])
{
    const struct view_result_key *key = table_find(&model->result_keys, ident_name(slice_of(sha256, 32)));
    return key != NULL && key->exists ? key : NULL;
}
