/* What falls due by the clock alone (T3): the earliest moment of a contract, then the place of the contract in the ledger. */
#include "decide.h"
#include "tally/canon.h"

static struct view_contract *earliest_due(const struct model *model, struct instant by)
{
    struct view_contract *earliest = NULL;
    uint32_t at = 0;
    if (model->next.us > by.us)
        return NULL;
    for (struct view_contract *contract; (contract = table_next(&model->contracts, &at)) != NULL;) {
        if (!contract->has_row || contract->row.next_moment.us > by.us)
            continue;
        if (earliest == NULL || contract->row.next_moment.us < earliest->row.next_moment.us ||
            (contract->row.next_moment.us == earliest->row.next_moment.us && contract->row.seq < earliest->row.seq))
            earliest = contract;
    }
    return earliest;
}

enum tally_code model_next_due(const struct model *model, struct instant by, struct instant *moment, bool *has,
                               struct err *err)
{
    const struct view_contract *contract = earliest_due(model, by);
    (void) err;
    *has = contract != NULL;
    if (contract != NULL)
        *moment = contract->row.next_moment;
    return TALLY_OK;
}

static enum tally_code reach(struct deciding *d, struct view_contract *contract, struct instant moment)
{
    enum tally_code rc = TALLY_OK;
    struct buf body;
    struct canon json;
    char at[INSTANT_TEXT_LEN + 1];
    uint64_t seq = 0;
    struct news news = {.reached = contract, .moment = moment};
    instant_format(moment, at);
    buf_init(&body, EVENT_BODY_MAX);
    canon_init(&json, &body);
    canon_object(&json);
    canon_name(&json, "at");
    canon_str(&json, at);
    canon_name(&json, "contract");
    canon_string(&json, contract->row.id);
    canon_close(&json);
    TRY(event_add(d, "moment.reached", contract->row.open, &body, &seq));
    ENSURE(seq == d->place->seq);
    TRY(consequences(d, &news, &contract, 1));
done:
    buf_release(&body);
    return rc;
}

enum tally_code model_decide_moment(const struct model *model, const struct model_place *place, struct arena *arena,
                                    struct decision *out, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct decision decision = {.open = true};
    struct deciding deciding = {
        .model = model, .place = place, .arena = arena, .out = &decision, .err = err, .next_seq = place->seq};
    struct view_contract *contract = earliest_due(model, place->time);
    if (contract == NULL)
        return err_set(err, TALLY_E_BUG, "a moment is decided, but none is due");
    decision.open = contract->row.open;
    TRY(reach(&deciding, contract, contract->row.next_moment));
    *out = decision;
done:
    return rc;
}
