/* When the clock alone makes a result final, or ends a dispute. */
#include "decide.h"

bool finality_has_days(const struct view_contract *contract)
{
    for (uint32_t k = 0; k < contract->text_count; k++) {
        const struct terms *terms = contract->texts[k]->terms;
        for (uint32_t m = 0; m < terms_metric_count(terms); m++) {
            if (terms_metric(terms, m)->has_days)
                return true;
        }
    }
    return false;
}

static enum tally_code next_final(struct deciding *d, const struct news *news, const struct work *work,
                                  const struct fit *fit, struct instant *out)
{
    enum tally_code rc = TALLY_OK;
    const struct view_contract *contract = work->contract;
    int32_t day = DAY_NEVER;
    bool by_days = contract->text_count > 1 || /* another text may say by whose policy */
                   terms_metric(contract->texts[0]->terms, fit->metric)->has_days;
    if (!by_days || !standing_is_pending(d->model, contract, work, fit))
        return TALLY_OK;
    TRY(finality_day(d, news, contract, work, fit, &day));
    struct instant at = moment_of(text_now(contract)->terms, day);
    if (day > work->today && at.us < out->us)
        *out = at;
done:
    return rc;
}

static enum tally_code next_of_all(struct deciding *d, const struct news *news, const struct work *work,
                                   struct instant *out)
{
    enum tally_code rc = TALLY_OK;
    struct view_contract *contract = work->contract;
    standing_sweep(contract);
    for (uint32_t i = 0; i < contract->undecided_count; i++)
        TRY(next_final(d, news, work, &contract->fits[contract->undecided[i]], out));
done:
    return rc;
}

/* The order says what is recorded, so what the news are about is looked at beside it. */
static enum tally_code next_in_order(struct deciding *d, const struct news *news, const struct work *work,
                                     struct instant *out)
{
    enum tally_code rc = TALLY_OK;
    struct view_contract *contract = work->contract;
    uint64_t verified = news->is_verification ? news->verified_seq : ROW_NO_SEQ;
    for (const struct fit *fit = fit_first_of(contract, verified); fit != NULL; fit = fit_next_of(contract, fit))
        TRY(next_final(d, news, work, fit, out));
    for (uint32_t i = 0; i < news->decision_count; i++)
        for (const struct fit *fit = fit_first_of(contract, news->decisions[i].result_seq); fit != NULL;
             fit = fit_next_of(contract, fit))
            TRY(next_final(d, news, work, fit, out));
    TRY(waiting_settle(d, contract));
    for (uint32_t i = waiting_from(contract, work->today + 1); i < contract->waiting.count; i++) {
        struct instant at = moment_of(text_now(contract)->terms, contract->waiting.items[i].day);
        const struct fit *fit = waiting_fit(contract, i);
        if (at.us >= out->us)
            break;
        if (fit == NULL)
            continue;
        TRY(next_final(d, news, work, fit, out));
        if (out->us > at.us)
            TRY(waiting_look_again(d, contract, i));
    }
done:
    return rc;
}

enum tally_code finality_next_moment(struct deciding *d, const struct news *news, const struct work *work,
                                     struct instant *out)
{
    enum tally_code rc = TALLY_OK;
    struct view_contract *contract = work->contract;
    uint32_t at = 0;
    bool by_days = finality_has_days(contract);
    out->us = INT64_MAX;
    for (const struct view_dispute *dispute; (dispute = table_next(&contract->disputes, &at)) != NULL;) {
        struct ident id = ident_item(dispute->row.result_seq, &dispute->item);
        const struct dispute_now *now = overlay_find(&work->disputes, id);
        bool is_open = now != NULL ? now->standing == DISPUTE_OPEN : !dispute->is_decided;
        if (is_open && dispute->row.lapses.us < out->us)
            *out = dispute->row.lapses;
    }
    for (uint32_t i = 0; i < news->dispute_count; i++)
        *out = news->disputes[i].lapses.us < out->us ? news->disputes[i].lapses : *out;
    if (by_days && waiting_is_ordered(contract))
        TRY(next_in_order(d, news, work, out));
    else if (by_days)
        TRY(next_of_all(d, news, work, out));
    for (uint32_t i = 0; i < work->fresh_count && by_days; i++)
        TRY(next_final(d, news, work, &work->fresh[i], out));
done:
    return rc;
}
