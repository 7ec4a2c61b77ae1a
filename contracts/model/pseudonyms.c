/* Names of persons stay out of the ledger. Who has signed a contract that counts persons names them by pseudonyms, and a result that does not is
 * refused: an erasure takes its text away, and leaves its dimensions to those who may read them. Contracts that its author has not signed do
 * not matter: anybody may make one. */
#include "decide.h"

/* The newest text that has a dimension of that name says whether its members are persons: for results that earlier texts compute, too. */
static bool is_of_persons(const struct view_contract *contract, struct slice name)
{
    for (uint32_t k = contract->text_count; k-- > 0;) {
        const struct terms *terms = contract->texts[k]->terms;
        for (uint32_t i = 0; i < terms_dimension_count(terms); i++)
            if (slice_equal(terms_dimension(terms, i)->name, name))
                return terms_dimension(terms, i)->kind == TERMS_PERSONS;
    }
    return false;
}

static enum tally_code add_name(struct deciding *d, struct overlay *persons, struct view_contract *contract,
                                struct slice name)
{
    enum tally_code rc = TALLY_OK;
    struct slice copy = {NULL, 0}; /* the compiled text may go while those of others are asked for */
    if (overlay_find(persons, ident_name(name)) != NULL || !is_of_persons(contract, name))
        return TALLY_OK;
    TRY(keep(d, name, &copy));
    TRY(overlay_put(d, persons, ident_name(copy), contract));
done:
    return rc;
}

/* The dimensions of persons of what such a result is in a contract, by any of its texts. */
static enum tally_code add_names(struct deciding *d, struct overlay *persons, struct view_contract *contract,
                                 const struct row_result *row)
{
    enum tally_code rc = TALLY_OK;
    const struct terms *newest = NULL;
    TRY(terms_of(d->model, contract, &newest, d->err));
    for (uint32_t k = 0; k < contract->text_count; k++) {
        const struct terms *terms = contract->texts[k]->terms;
        for (uint32_t m = 0; m < terms_metric_count(terms); m++) {
            const struct terms_metric *metric = terms_metric(terms, m);
            uint32_t count = fit_is_source(contract, metric, row) ? metric->by_count : 0;
            for (uint32_t i = 0; i < count; i++)
                TRY(add_name(d, persons, contract, terms_dimension(terms, metric->by[i])->name));
        }
    }
done:
    return rc;
}

static enum tally_code check_result(struct deciding *d, const struct overlay *persons, const struct view_result *result)
{
    for (uint32_t i = 0; i < result->dimension_count; i++) {
        const struct terms_dimension_value *said = &result->dimensions[i];
        const struct view_contract *contract = overlay_find(persons, ident_name(said->name));
        if (contract != NULL && !terms_is_pseudonym(said->member))
            return REFUSE_AT(d, REFUSE_RESULT_PERSON, result_pointer(d, result->row.item, "dimensions"),
                             "its `%.*s` is a person in %.*s, and this is not a pseudonym of %d to %d of A-Z a-z 0-9 . _ : "
                             "-: make one at random, and keep the list of who is who",
                             SLICE_ARG(said->name), SLICE_ARG(contract->row.id), TERMS_PSEUDONYM_MIN, TERMS_PSEUDONYM_MAX);
    }
    return TALLY_OK;
}

enum tally_code check_pseudonyms(struct deciding *d, const struct topic *topic)
{
    enum tally_code rc = TALLY_OK;
    struct contract_list users = {0};
    struct overlay persons = {
        0}; /* by name of a dimension: the first contract, in the order of proposal, in which it is of persons */
    const struct row_result *row = &topic->results[0]->row;
    bool is_figure = row->indicator.len == 0; /* which names its contract */
    TRY(contract_list_users(d, &users, row));
    contract_list_sort(&users);
    for (uint32_t i = 0; i < users.count; i++)
        if (is_figure ||
            (users.items[i]->row.state != CONTRACT_CLOSED && view_has_signed(users.items[i], d->command->actor)))
            TRY(add_names(d, &persons, users.items[i], row));
    for (uint32_t i = 0; i < topic->count && persons.count > 0 && !refused_enough(d); i++)
        TRY(check_result(d, &persons, topic->results[i]));
done:
    return rc;
}
