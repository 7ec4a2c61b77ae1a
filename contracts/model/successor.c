/* Who reports for another by an amendment: it restates and withdraws what that one has reported. The chain that so begins is its own, with
 * its own key; in contracts where it has not come in the other's place it is as if it had reported for itself (S2). */
#include <stdlib.h>

#include "decide.h"
#include "states.h"

static enum tally_code succeeds_by(struct deciding *d, const struct view_contract *contract, uint32_t text,
                                   const struct view_result *of, bool *yes)
{
    enum tally_code rc = TALLY_OK;
    const struct terms *terms = contract->texts[text]->terms;
    for (uint32_t m = 0; m < terms_metric_count(terms) && !*yes; m++) {
        struct slice key = {NULL, 0}, why = {NULL, 0};
        bool fits = false;
        if (!fit_is_source(contract, terms_metric(terms, m), &of->row) ||
            !fit_handed_over(contract, text, m, of, d->command->actor, d->place->seq))
            continue;
        TRY(fit_chain(d->model, contract, text, m, of, d->arena, &fits, &key, &why, d->err));
        *yes = fits;
    }
done:
    return rc;
}

enum tally_code successor_in(struct deciding *d, const struct view_result *of, struct contract_list *out)
{
    enum tally_code rc = TALLY_OK;
    const struct terms *terms = NULL;
    struct contract_list users = {0};
    TRY(contract_list_users(d, &users, &of->row));
    contract_list_sort(&users);
    for (uint32_t i = 0; i < users.count; i++) {
        struct view_contract *contract = users.items[i];
        bool yes = false;
        if (contract->text_count < 2 || !contract_takes(contract->row.state, CONTRACT_DEED_RESULT) ||
            !result_counts_in(&of->row, contract->row.id))
            continue;
        TRY(terms_of(d->model, contract, &terms, d->err));
        for (uint32_t k = 0; k < contract->text_count && !yes; k++)
            TRY(succeeds_by(d, contract, k, of, &yes));
        if (yes)
            TRY(contract_list_add(d, out, contract));
    }
done:
    return rc;
}

enum tally_code successor_key(struct deciding *d, const struct view_result *of, uint8_t sha256[32])
{
    enum tally_code rc = TALLY_OK;
    const struct row_result *row = &of->row;
    struct buf text;
    buf_init(&text, RESULT_KEY_MAX);
    result_key_write(row->indicator, row->version, row->contract, row->metric, row->dimensions, d->command->actor, &text);
    TRY(buf_check(&text, d->err));
    d->model->ports.sha256("", buf_slice(&text), sha256);
done:
    buf_release(&text);
    return rc;
}

/* Did the chain of this result begin in the place of the one that `of` is in? */
static bool is_in_place_of(const struct model *model, const struct view_result *result, const struct view_result *of)
{
    const struct view_result *first = view_result(model, result->row.first_seq, result->row.first_item);
    const struct view_result *before =
        first == NULL || first->row.of_seq == ROW_NO_SEQ ? NULL : view_result(model, first->row.of_seq, first->row.of_item);
    return before != NULL && before->row.first_seq == of->row.first_seq && before->row.first_item == of->row.first_item;
}

enum tally_code successor_check(struct deciding *d, const struct view_result *of, struct slice pointer)
{
    enum tally_code rc = TALLY_OK;
    struct contract_list later = {0};
    const struct view_contract *in = NULL;
    uint8_t sha256[32];
    const struct view_result *by = of->is_replaced ? view_result(d->model, of->by_seq, of->by_item) : NULL;
    if (by != NULL)
        TRY(successor_in(d, by, &later));
    if (later.count > 0)
        return REFUSE_AT(d, REFUSE_RESULT_SUPERSEDED, pointer,
                         "entry %" PRIu64 " has replaced result %" PRIu32 " of entry %" PRIu64 ": restate or withdraw that",
                         of->by_seq, of->row.item, of->row.seq);
    TRY(successor_key(d, of, sha256));
    const struct view_result_key *newest = view_newest(d->model, sha256);
    if (newest == NULL)
        return TALLY_OK;
    if (!newest->is_withdrawal)
        return REFUSE_AT(d, REFUSE_RESULT_DUPLICATE, pointer,
                         "%.*s has reported this for these dimensions itself, last with entry %" PRIu64
                         ": restate or withdraw that, which takes the place of entry %" PRIu64 " too",
                         SLICE_ARG(d->command->actor), newest->seq, of->row.seq);
    const struct view_result *withdrawal = view_result(d->model, newest->seq, newest->item);
    if (withdrawal != NULL) /* otherwise no contract in force follows it */
        TRY(standing_open(d, withdrawal, &in));
    if (in != NULL)
        TRY(REFUSE_AT(d, REFUSE_RESULT_OPEN, pointer,
                      "entry %" PRIu64 " withdraws what was reported for these dimensions, and is not final in %.*s yet",
                      newest->seq, SLICE_ARG(in->row.id)));
    else if (withdrawal != NULL &&
             is_in_place_of(d->model, withdrawal, of)) /* it begins anew, with a day of its own (S6) */
        TRY(REFUSE_AT(d, REFUSE_RESULT_WITHDRAWN, pointer,
                      "entry %" PRIu64 " withdraws what %.*s had said in the place of entry %" PRIu64 ": report it anew",
                      newest->seq, SLICE_ARG(d->command->actor), of->row.seq));
done:
    return rc;
}

enum tally_code successor_begin(struct deciding *d, const struct view_result *of, struct row_result *row)
{
    enum tally_code rc = TALLY_OK;
    struct contract_list contracts = {0};
    uint8_t sha256[32];
    TRY(successor_key(d, of, sha256));
    const struct view_result_key *newest = view_newest(d->model, sha256);
    row->author = d->command->actor;
    row->first_seq = row->seq;
    row->first_item = row->item;
    row->first_time = row->time;
    row->prev_seq = newest == NULL ? 0 : newest->seq;
    if (result_is_open(&of->row))
        return TALLY_OK;
    TRY(successor_in(d, of, &contracts)); /* others for which it is are no business of this actor, nor this of theirs */
    TRY(result_only_in_list(d, &contracts, &row->only_in));
done:
    return rc;
}
