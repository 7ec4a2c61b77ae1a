/* Names of persons stay out of the ledger. Who has signed a contract that counts persons names them by pseudonyms, and a result that does not is
 * refused: an erasure takes its text away, and leaves its dimensions to those who may read them. Contracts that its author has not signed do
 * not matter: anybody may make one. */
#include "decide.h"

/* What the result says of a dimension of persons, and is no pseudonym; NULL: nothing. */
static const struct terms_dimension_value *named_person(const struct view_contract *contract, const struct terms *terms,
                                                        const struct view_result *result)
{
    for (uint32_t m = 0; m < terms_metric_count(terms); m++) {
        const struct terms_metric *metric = terms_metric(terms, m);
        for (uint32_t i = 0; fit_is_source(contract, metric, &result->row) && i < metric->by_count; i++) {
            const struct terms_dimension *dimension = terms_dimension(terms, metric->by[i]);
            for (uint32_t k = 0; dimension->kind == TERMS_PERSONS && k < result->dimension_count; k++)
                if (slice_equal(result->dimensions[k].name, dimension->name) &&
                    !terms_is_pseudonym(result->dimensions[k].member))
                    return &result->dimensions[k];
        }
    }
    return NULL;
}

static enum tally_code check_in(struct deciding *d, const struct topic *topic, const struct view_contract *contract)
{
    enum tally_code rc = TALLY_OK;
    const struct terms *newest = NULL;
    TRY(terms_of(d->model, contract, &newest, d->err));
    for (uint32_t i = 0; i < topic->count && !refused_enough(d); i++) {
        const struct view_result *result = topic->results[i];
        const struct terms_dimension_value *named = NULL;
        for (uint32_t k = 0; k < contract->text_count && named == NULL; k++)
            named = named_person(contract, contract->texts[k]->terms, result);
        if (named != NULL)
            TRY(REFUSE_AT(d, REFUSE_RESULT_PERSON, result_pointer(d, result->row.item, "dimensions"),
                          "its `%.*s` is a person in %.*s, and this is not a pseudonym of %d to %d of A-Z a-z 0-9 . _ : -: "
                          "make one at random, and keep the list of who is who",
                          SLICE_ARG(named->name), SLICE_ARG(contract->row.id), TERMS_PSEUDONYM_MIN, TERMS_PSEUDONYM_MAX));
    }
done:
    return rc;
}

enum tally_code check_pseudonyms(struct deciding *d, const struct topic *topic)
{
    enum tally_code rc = TALLY_OK;
    struct contract_list users = {0};
    bool is_figure = topic->results[0]->row.indicator.len == 0; /* which names its contract */
    TRY(contract_list_users(d, &users, &topic->results[0]->row));
    contract_list_sort(&users);
    for (uint32_t i = 0; i < users.count && !refused_enough(d); i++)
        if (is_figure ||
            (users.items[i]->row.state != CONTRACT_CLOSED && view_has_signed(users.items[i], d->command->actor)))
            TRY(check_in(d, topic, users.items[i]));
done:
    return rc;
}
