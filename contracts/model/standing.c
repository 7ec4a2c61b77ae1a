/* How results stand in one contract (S2, S5, S6, F1, F3): what is recorded, and over it what the decision on its way changes. */
#include "decide.h"
#include "states.h"

struct ident work_ident(uint64_t first_seq, const struct fit *fit)
{
    return (struct ident){first_seq << CONTRACT_TEXTS_BITS | fit->text, fit->key,
                          slice_of((const char *) &fit->metric, sizeof(fit->metric))};
}

static struct slice metric_name(const struct view_contract *contract, const struct fit *fit)
{
    return terms_metric(contract->texts[fit->text]->terms, fit->metric)->name;
}

const struct chain_end *standing_end(const struct view_contract *contract, const struct work *work, const struct fit *fit)
{
    uint64_t first_seq = fit->result->row.first_seq;
    const struct new_final *now = work == NULL ? NULL : overlay_find(&work->ends, work_ident(first_seq, fit));
    if (now != NULL)
        return &now->end;
    const struct view_chain *chain =
        table_find(&contract->chains, ident_chain(first_seq, fit->text, metric_name(contract, fit), fit->key));
    return chain == NULL ? NULL : &chain->end;
}

const struct chain_end *standing_used(const struct view_contract *contract, const struct work *work, const struct fit *fit)
{
    const struct new_final *now = work == NULL ? NULL : overlay_find(&work->used, work_ident(0, fit));
    if (now != NULL)
        return now->end.is_none ? NULL : &now->end;
    const struct view_final *final =
        table_find(&contract->finals, ident_final(fit->text, metric_name(contract, fit), fit->key));
    return final == NULL || final->used == NULL ? NULL : &final->used->end;
}

struct dispute_now standing_dispute(const struct view_contract *contract, const struct work *work,
                                    const struct view_result *result)
{
    static const enum dispute_standing decided[] = {
        [DECISION_STANDS] = DISPUTE_STANDS, [DECISION_REPLACED] = DISPUTE_REPLACED, [DECISION_ANNULLED] = DISPUTE_ANNULLED};
    struct ident id = ident_item(result->row.seq, &result->row.item);
    const struct dispute_now *now = work == NULL ? NULL : overlay_find(&work->disputes, id);
    if (now != NULL)
        return *now;
    const struct view_dispute *dispute = table_find(&contract->disputes, id);
    if (dispute == NULL || !dispute->has_row)
        return (struct dispute_now){.item = result->row.item, .standing = DISPUTE_NONE};
    return (struct dispute_now){
        .item = result->row.item,
        .standing = dispute->is_decided ? decided[dispute->kind] : DISPUTE_OPEN,
        .time = dispute->row.time,
        .lapses = dispute->row.lapses,
    };
}

static bool is_annulled(const struct view_contract *contract, const struct work *work, const struct view_result *result)
{
    struct ident statement = ident_number(result->row.seq);
    bool is_any = table_find(&contract->annulled, statement) != NULL ||
                  (work != NULL && overlay_find(&work->annulled, statement) != NULL);
    if (!is_any || result->row.is_set) /* of a set, what is left would be half of it (S4) */
        return is_any;
    return standing_dispute(contract, work, result).standing == DISPUTE_ANNULLED;
}

/* Whose value counts reports it no more, by an amendment, and who reports it instead has said another one since. */
static bool takes_over(const struct model *model, const struct view_contract *contract, const struct fit *fit,
                       const struct chain_end *used)
{
    const struct view_result *of = contract->text_count > 1 ? view_result(model, used->result_seq, used->item) : NULL;
    return of != NULL &&
           fit_handed_over(contract, fit->text, fit->metric, of, fit->result->row.author, fit->result->row.seq);
}

bool standing_is_pending(const struct model *model, const struct view_contract *contract, const struct work *work,
                         const struct fit *fit)
{
    const struct row_result *row = &fit->result->row;
    const struct chain_end *used = standing_used(contract, work, fit);
    bool is_other = used != NULL && used->first_seq != row->first_seq;
    if (used != NULL && (used->result_seq >= row->seq || (is_other && !takes_over(model, contract, fit, used))))
        return false;
    const struct chain_end *end = used != NULL && !is_other ? used : standing_end(contract, work, fit);
    return (end == NULL || end->result_seq < row->seq) && !is_annulled(contract, work, fit->result);
}

/* It stays so: ends of chains move on, and nobody takes an annulment back. */
bool standing_is_decided(const struct view_contract *contract, const struct fit *fit)
{
    const struct chain_end *end = standing_end(contract, NULL, fit);
    return (end != NULL && end->result_seq >= fit->result->row.seq) || is_annulled(contract, NULL, fit->result);
}

void standing_sweep(struct view_contract *contract)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < contract->undecided_count; i++) {
        if (!standing_is_decided(contract, &contract->fits[contract->undecided[i]]))
            contract->undecided[kept++] = contract->undecided[i];
    }
    contract->undecided_count = kept;
}

enum tally_code standing_in_dispute_days(const struct model *model, const struct view_contract *contract,
                                         const struct fit *fit, const struct chain_end *end, struct instant time, bool *yes,
                                         struct err *err)
{
    enum tally_code rc = TALLY_OK;
    uint32_t text = 0, metric = 0;
    TRY(fit_policy(model, contract, fit, &text, &metric, err));
    const struct terms *terms = contract->texts[text]->terms;
    int minutes = terms_clock_minutes(terms);
    *yes = instant_day(time, minutes) <= terms_dispute_day(terms, metric, instant_day(end->time, minutes));
done:
    return rc;
}

/* ---- is a change open? ---- */
static enum tally_code is_open_by(struct deciding *d, const struct view_contract *contract, uint32_t text,
                                  const struct view_result *result, bool *yes)
{
    enum tally_code rc = TALLY_OK;
    const struct terms *terms = contract->texts[text]->terms;
    for (uint32_t m = 0; m < terms_metric_count(terms) && !*yes; m++) {
        struct fit fit = {.result = result, .text = text, .metric = m};
        struct slice why = {NULL, 0};
        bool fits = false;
        if (!fit_is_source(contract, terms_metric(terms, m), &result->row))
            continue;
        TRY(fit_chain(d->model, contract, text, m, result, d->arena, &fits, &fit.key, &why, d->err));
        *yes = fits && standing_is_pending(d->model, contract, NULL, &fit);
    }
done:
    return rc;
}

static enum tally_code is_open_in(struct deciding *d, const struct view_contract *contract,
                                  const struct view_result *result, bool *yes)
{
    enum tally_code rc = TALLY_OK;
    const struct terms *terms = NULL;
    *yes = false;
    TRY(terms_of(d->model, contract, &terms, d->err));
    for (uint32_t k = 0; k < contract->text_count && !*yes; k++)
        TRY(is_open_by(d, contract, k, result, yes));
done:
    return rc;
}

enum tally_code standing_open(struct deciding *d, const struct view_result *result, const struct view_contract **in)
{
    enum tally_code rc = TALLY_OK;
    struct contract_list users = {0};
    *in = NULL;
    if (result->row.of_seq == ROW_NO_SEQ)
        return TALLY_OK;
    TRY(contract_list_users(d, &users, &result->row));
    contract_list_sort(&users); /* the one that is named does not depend on how they were loaded */
    for (uint32_t i = 0; i < users.count && *in == NULL; i++) {
        const struct view_contract *contract = users.items[i];
        bool yes = false;
        /* who has not signed a contract has nothing to wait for in it, whoever named them there */
        if (!contract_takes(contract->row.state, CONTRACT_DEED_RESULT) || !view_has_signed(contract, result->row.author))
            continue;
        TRY(is_open_in(d, contract, result, &yes));
        *in = yes ? contract : NULL;
    }
done:
    return rc;
}
