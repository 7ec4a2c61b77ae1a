/* Recording that a triggered payment was made. */
#include "decide.h"
#include "states.h"
#include "tally/engine.h"
#include "tally/text.h"

#define SETTLEMENT (d->command->u.record_settlement)

/* The newest terms that have the payment's rule, and the smallest amount of its currency as they round it. */
static enum tally_code rule_of(struct deciding *d, const struct row_payment *payment, const struct terms **terms,
                               struct slice *smallest)
{
    enum tally_code rc = TALLY_OK;
    struct engine_input texts;
    const struct view_contract *contract = view_contract(d->model, payment->contract);
    if (contract == NULL)
        return not_loaded(d, "contract", payment->contract);
    TRY(terms_of(d->model, contract, terms, d->err));
    TRY(engine_input_texts(contract, d->arena, &texts, d->err));
    uint32_t rule = engine_rule_place(&texts, payment->rule);
    if (rule == TERMS_NONE)
        return err_set(d->err, TALLY_E_INTEGRITY, "payment %" PRIu64 " names rule %.*s, which contract %.*s does not have",
                       payment->seq, SLICE_ARG(payment->rule), SLICE_ARG(payment->contract));
    *smallest = engine_rule(&texts, rule, terms)->smallest;
done:
    return rc;
}

static enum tally_code check_amount(struct deciding *d, const struct row_payment *payment, struct slice smallest)
{
    enum tally_code rc = TALLY_OK;
    struct slice amount = SETTLEMENT.amount;
    bool fits = false;
    bool is_number = text_is_exact(amount) && amount.ptr[amount.len - 1] != '%';
    if (is_number && money_sign(amount) > 0)
        TRY(money_fits(amount, smallest, &fits, d->err));
    if (!fits)
        return REFUSE_AT(
            d, REFUSE_SETTLEMENT_AMOUNT, SLICE("/amount"),
            "%.*s is not an amount of %.*s: write a number above zero that is a multiple of %.*s, like \"1250.00\"",
            SLICE_ARG(amount), SLICE_ARG(payment->currency), SLICE_ARG(smallest));
done:
    return rc;
}

/* No bank has paid on a day that has not come: a figure of what was settled would count money that nobody has. */
static enum tally_code check_day(struct deciding *d, const struct terms *terms)
{
    char day[DAY_TEXT_LEN + 1], now[DAY_TEXT_LEN + 1];
    int32_t today = instant_day(d->place->time, terms_clock_minutes(terms));
    if (SETTLEMENT.paid_on <= today)
        return TALLY_OK;
    day_format(SETTLEMENT.paid_on, day);
    day_format(today, now);
    return REFUSE_AT(d, REFUSE_SETTLEMENT_DAY, SLICE("/paid_on"),
                     "%s has not come yet: by the contract's clock it is %s; record the payment when it was made", day,
                     now);
}

/* What was settled may be a figure of the contract (language.md section 11): then what uses it is computed in the same entry. */
static enum tally_code evaluate_figures(struct deciding *d, const struct row_settlement *settlement)
{
    struct view_contract *contract = view_contract(d->model, settlement->contract);
    struct news news = {.settled = settlement};
    if (!contract_takes(contract->row.state, CONTRACT_DEED_RESULT) || !settled_is_used(contract, settlement->rule))
        return TALLY_OK;
    return consequences(d, &news, &contract, 1);
}

enum tally_code decide_record_settlement(struct deciding *d)
{
    enum tally_code rc = TALLY_OK;
    int order = 0;
    const struct terms *terms = NULL;
    struct slice smallest = {NULL, 0};
    const struct view_payment *payment = view_payment(d->model, SETTLEMENT.seq);
    const struct view_contract *contract = payment == NULL ? NULL : view_contract(d->model, payment->row.contract);
    if (payment != NULL && contract == NULL)
        return not_loaded(d, "contract", payment->row.contract);
    if (payment == NULL || !reads_contract(contract, d->command->actor))
        return REFUSE(d, REFUSE_PAYMENT_NOT_FOUND, "entry %" PRIu64 " triggers no payment: see /v1/payments",
                      SETTLEMENT.seq);
    STEP(HEAD_COVERS(d, payment->row.seq, "the payment trigger"));
    if (!slice_equal(d->command->actor, payment->row.from_actor) && !slice_equal(d->command->actor, payment->row.to_actor))
        return REFUSE(d, REFUSE_SETTLEMENT_NOT_PARTY,
                      "payment %" PRIu64 " is owed by %.*s to %.*s, and this was signed by %.*s", payment->row.seq,
                      SLICE_ARG(payment->row.from_actor), SLICE_ARG(payment->row.to_actor), SLICE_ARG(d->command->actor));
    TRY(rule_of(d, &payment->row, &terms, &smallest));
    STEP(check_amount(d, &payment->row, smallest));
    STEP(check_day(d, terms));
    struct row_payment row = payment->row;
    TRY(money_add(payment->row.settled, SETTLEMENT.amount, d->arena, &row.settled, d->err));
    TRY(money_compare(row.settled, payment->row.amount, &order, d->err));
    if (order > 0)
        return REFUSE_AT(d, REFUSE_SETTLEMENT_EXCEEDS, SLICE("/amount"),
                         "%.*s of %.*s %.*s is settled already; with %.*s it would be more than is due",
                         SLICE_ARG(payment->row.settled), SLICE_ARG(payment->row.amount), SLICE_ARG(payment->row.currency),
                         SLICE_ARG(SETTLEMENT.amount));
    struct row_settlement settlement = {
        .contract = payment->row.contract,
        .rule = payment->row.rule,
        .is_owed_back = payment->row.is_owed_back,
        .seq = d->place->seq,
        .payment_seq = payment->row.seq,
        .amount = SETTLEMENT.amount,
        .reference = SETTLEMENT.reference,
        .recorded_by = d->command->actor,
        .paid_on = SETTLEMENT.paid_on,
    };
    STEP(change_payment(d, &row));
    STEP(change_settlement(d, &settlement));
    STEP(evaluate_figures(d, &settlement));
    STEP(statement_of_contract(d, contract));
done:
    return rc;
}
