/* Disputing results: by a party, in a contract of its own, until they are final and for the days that their metric gives (F1). */
#include "decide.h"
#include "states.h"

#define DISPUTE (d->command->u.dispute_result)

struct disputing {
    const struct view_submission *submission;
    struct view_contract *contract;
    const struct terms *terms;
    bool *is_named; /* by item */
    struct row_dispute *rows;
    uint32_t count;
};

/* Why a result cannot be disputed in the contract, the best of what its metrics say. */
enum standing_of_item { ITEM_NOT_USED, ITEM_SUPERSEDED, ITEM_LATE, ITEM_MAY };

static struct slice item_pointer(struct deciding *d, uint32_t item)
{
    for (uint32_t i = 0; i < DISPUTE.item_count; i++) {
        if (DISPUTE.items[i] == item)
            return arena_printf(d->arena, "/items/%" PRIu32, i);
    }
    return SLICE("");
}

static enum tally_code find_contract(struct deciding *d, struct disputing *p)
{
    enum tally_code rc = TALLY_OK;
    p->contract = view_contract(d->model, DISPUTE.contract);
    if (p->contract == NULL || !reads_contract(p->contract, d->command->actor))
        return REFUSE_AT(d, REFUSE_CONTRACT_UNKNOWN, SLICE("/contract"), "no contract is called %.*s: see /v1/contracts",
                         SLICE_ARG(DISPUTE.contract));
    STEP(HEAD_COVERS(d, p->contract->row.seq, "the proposal of %.*s", SLICE_ARG(DISPUTE.contract)));
    if (!view_is_party(p->contract, d->command->actor))
        return REFUSE_AT(d, REFUSE_CONTRACT_NOT_PARTY, SLICE("/contract"),
                         "%.*s is no party of %.*s: only its parties dispute results in it", SLICE_ARG(d->command->actor),
                         SLICE_ARG(DISPUTE.contract));
    if (p->contract->row.state == CONTRACT_CLOSED)
        return REFUSE_AT(d, REFUSE_CONTRACT_CLOSED, SLICE("/contract"), "%.*s has closed: what stands there, stands",
                         SLICE_ARG(DISPUTE.contract));
    if (!contract_takes(p->contract->row.state, CONTRACT_DEED_DISPUTE))
        return REFUSE_AT(d, REFUSE_CONTRACT_NOT_IN_FORCE, SLICE("/contract"),
                         "%.*s is not signed as its terms require: nothing is used there yet", SLICE_ARG(DISPUTE.contract));
    TRY(terms_of(d->model, p->contract, &p->terms, d->err));
    TRY(fits_update(d->model, p->contract, d->err));
    if (terms_arbiter(p->terms) == TERMS_NONE)
        return REFUSE_AT(d, REFUSE_DISPUTE_NO_ARBITER, SLICE("/contract"),
                         "the terms of %.*s name nobody who would decide: a dispute there would never end",
                         SLICE_ARG(DISPUTE.contract));
done:
    return rc;
}

/* For one metric that the result fits. */
static enum tally_code standing_for(struct deciding *d, const struct disputing *p, const struct fit *fit,
                                    enum standing_of_item *out)
{
    enum tally_code rc = TALLY_OK;
    bool is_in_days = false;
    const struct row_result *row = &fit->result->row;
    const struct chain_end *used = standing_used(p->contract, NULL, fit);
    if (standing_is_pending(d->model, p->contract, NULL, fit)) {
        *out = ITEM_MAY;
    } else if (used == NULL || used->first_seq != row->first_seq) {
        *out = row->is_withdrawal ? ITEM_LATE : ITEM_NOT_USED;
    } else if (used->result_seq != row->seq) {
        *out = ITEM_SUPERSEDED;
    } else {
        TRY(standing_in_dispute_days(d->model, p->contract, fit, used, d->place->time, &is_in_days, d->err));
        *out = is_in_days ? ITEM_MAY : ITEM_LATE;
    }
done:
    return rc;
}

static enum tally_code standing_by(struct deciding *d, const struct disputing *p, const struct view_result *result,
                                   uint32_t text, enum standing_of_item *out)
{
    enum tally_code rc = TALLY_OK;
    const struct terms *terms = p->contract->texts[text]->terms;
    for (uint32_t m = 0; m < terms_metric_count(terms); m++) {
        struct fit fit = {.result = result, .text = text, .metric = m};
        struct slice why = {NULL, 0};
        enum standing_of_item standing = ITEM_NOT_USED;
        bool fits = false;
        if (!fit_is_source(p->contract, terms_metric(terms, m), &result->row))
            continue;
        TRY(fit_chain(d->model, p->contract, text, m, result, d->arena, &fits, &fit.key, &why, d->err));
        if (fits)
            TRY(standing_for(d, p, &fit, &standing));
        *out = standing > *out ? standing : *out;
    }
done:
    return rc;
}

static enum tally_code standing_of(struct deciding *d, const struct disputing *p, const struct view_result *result,
                                   enum standing_of_item *out)
{
    enum tally_code rc = TALLY_OK;
    *out = ITEM_NOT_USED;
    for (uint32_t k = 0; k < p->contract->text_count; k++)
        TRY(standing_by(d, p, result, k, out));
done:
    return rc;
}

static enum tally_code refuse_item(struct deciding *d, const struct disputing *p, const struct view_result *result,
                                   enum standing_of_item standing)
{
    static const struct {
        enum refusal_code code;
        const char *why;
    } why[] = {
        [ITEM_NOT_USED] = {REFUSE_DISPUTE_NOT_USED, "is not used by it: GET the result to see why"},
        [ITEM_SUPERSEDED] = {REFUSE_RESULT_SUPERSEDED, "has been replaced in it: dispute what replaced it"},
        [ITEM_LATE] = {REFUSE_DISPUTE_LATE, "is final in it, and the days in which it could be disputed have passed"},
    };
    return REFUSE_AT(d, why[standing].code, item_pointer(d, result->row.item),
                     "%.*s: result %" PRIu32 " of entry %" PRIu64 " %s", SLICE_ARG(p->contract->row.id), result->row.item,
                     result->row.seq, why[standing].why);
}

/* The arbiter is asked once about a result: who could ask again and again could hold it back for ever. */
static enum tally_code check_first(struct deciding *d, const struct disputing *p, const struct view_result *result)
{
    struct dispute_now now = standing_dispute(p->contract, NULL, result);
    bool is_open = now.standing == DISPUTE_OPEN;
    if (now.standing == DISPUTE_NONE)
        return TALLY_OK;
    return REFUSE_AT(d, is_open ? REFUSE_DISPUTE_OPEN : REFUSE_DISPUTE_DECIDED, item_pointer(d, result->row.item),
                     "%.*s: result %" PRIu32 " of entry %" PRIu64 " %s", SLICE_ARG(p->contract->row.id), result->row.item,
                     result->row.seq,
                     is_open ? "is disputed already, and waits for the decision"
                             : "was disputed before, and that has been decided");
}

static enum tally_code add_row(struct deciding *d, struct disputing *p, const struct view_result *result)
{
    int32_t today = instant_day(d->place->time, terms_clock_minutes(p->terms));
    struct row_dispute *row = &p->rows[p->count];
    *row = (struct row_dispute){
        .seq = d->place->seq,
        .contract = p->contract->row.id,
        .result_seq = result->row.seq,
        .item = result->row.item,
        .actor = d->command->actor,
        .reason = p->count == 0 ? DISPUTE.reason : SLICE(""),
        .time = d->place->time,
        .lapses = moment_of(p->terms, terms_lapse_day(p->terms, today)),
    };
    p->count++;
    return change_dispute(d, row);
}

/* Without items, those of the statement's results that can be disputed. */
static enum tally_code check_items(struct deciding *d, struct disputing *p)
{
    enum tally_code rc = TALLY_OK;
    enum standing_of_item best = ITEM_NOT_USED;
    const struct view_result *any = p->submission->items[0];
    p->rows = ARENA_ARRAY(d->arena, (size_t) p->submission->count + 1, struct row_dispute);
    if (p->rows == NULL)
        return no_arena(d);
    for (uint32_t i = 0; i < p->submission->count && !refused_enough(d); i++) {
        const struct view_result *result = p->submission->items[i];
        enum standing_of_item standing = ITEM_NOT_USED;
        if (!p->is_named[i])
            continue;
        TRY(standing_of(d, p, result, &standing));
        any = standing > best ? result : any;
        best = standing > best ? standing : best;
        if (standing != ITEM_MAY && DISPUTE.item_count > 0)
            TRY(refuse_item(d, p, result, standing));
        if (standing == ITEM_MAY)
            TRY(check_first(d, p, result));
        if (standing == ITEM_MAY && d->refusal == NULL)
            TRY(add_row(d, p, result));
    }
    if (d->refusal == NULL && p->count == 0)
        TRY(refuse_item(d, p, any, best));
done:
    return rc;
}

/* The reason is about the results: where one of them is not open, neither is the dispute. */
static enum tally_code statement_in_contract(struct deciding *d, const struct disputing *p)
{
    bool open = p->contract->row.open;
    for (uint32_t i = 0; i < p->count; i++)
        open = open && result_is_public(&view_result(d->model, p->rows[i].result_seq, p->rows[i].item)->row);
    d->out->open = open;
    return open ? TALLY_OK : concerns(d, d->place->seq, p->contract->row.id);
}

enum tally_code decide_dispute_result(struct deciding *d)
{
    enum tally_code rc = TALLY_OK;
    struct disputing p = {0};
    STEP(named_submission(d, DISPUTE.seq, &p.submission));
    STEP(find_contract(d, &p));
    STEP(named_items(d, DISPUTE.seq, DISPUTE.items, DISPUTE.item_count, p.submission->count, &p.is_named));
    STEP(check_items(d, &p));
    struct news news = {.disputes = p.rows, .dispute_count = p.count};
    STEP(consequences(d, &news, &p.contract, 1));
    STEP(statement_in_contract(d, &p));
done:
    return rc;
}
