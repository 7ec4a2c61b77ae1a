/* What the arbiter decides of a dispute: the result stands, is replaced by a value, or is annulled (F3). */
#include <stdlib.h>

#include "decide.h"
#include "states.h"

#define RESOLUTION (d->command->u.resolve_dispute)

struct resolving {
    struct view_contract *contract;
    const struct view_dispute **disputed; /* of this dispute, by item */
    uint32_t disputed_count;
    struct row_decision *rows;
    uint32_t count;
};

static enum tally_code find_dispute(struct deciding *d, struct resolving *r)
{
    enum tally_code rc = TALLY_OK;
    const struct terms *terms = NULL;
    r->contract = view_disputed_contract(d->model, RESOLUTION.seq);
    if (r->contract == NULL || !reads_contract(r->contract, d->command->actor))
        return REFUSE(d, REFUSE_DISPUTE_NOT_FOUND, "entry %" PRIu64 " disputes nothing: see the disputes of the contract",
                      RESOLUTION.seq);
    STEP(HEAD_COVERS(d, RESOLUTION.seq, "the dispute"));
    TRY(terms_of(d->model, r->contract, &terms, d->err));
    TRY(fits_update(d->model, r->contract, d->err));
    /* of the text that was in force when the dispute was raised */
    uint32_t text = text_at(r->contract, RESOLUTION.seq);
    const struct row_party *arbiter =
        party_at(r->contract, text, terms_arbiter(r->contract->texts[text]->terms), RESOLUTION.seq);
    if (!slice_equal(arbiter->actor, d->command->actor))
        return REFUSE(d, REFUSE_DISPUTE_NOT_ARBITER, "disputes in %.*s are decided by %.*s, and this was signed by %.*s",
                      SLICE_ARG(r->contract->row.id), SLICE_ARG(arbiter->actor), SLICE_ARG(d->command->actor));
    if (!contract_takes(r->contract->row.state, CONTRACT_DEED_DISPUTE))
        return REFUSE(d, REFUSE_CONTRACT_CLOSED, "%.*s has closed: what stands there, stands",
                      SLICE_ARG(r->contract->row.id));
done:
    return rc;
}

static int by_item(const void *a, const void *b)
{
    const struct view_dispute *left = *(const struct view_dispute *const *) a,
                              *right = *(const struct view_dispute *const *) b;
    return (left->item > right->item) - (left->item < right->item);
}

/* Sorted: nothing that is decided depends on the order of a table. */
static enum tally_code find_items(struct deciding *d, struct resolving *r)
{
    const struct table *table = &r->contract->disputes;
    uint32_t at = 0;
    r->disputed = ARENA_ARRAY(d->arena, (size_t) table->count + 1, const struct view_dispute *);
    r->rows = ARENA_ARRAY(d->arena, (size_t) table->count + 1, struct row_decision);
    if (r->disputed == NULL || r->rows == NULL)
        return no_arena(d);
    for (const struct view_dispute *dispute; (dispute = table_next(table, &at)) != NULL;) {
        if (dispute->has_row && dispute->row.seq == RESOLUTION.seq)
            r->disputed[r->disputed_count++] = dispute;
    }
    qsort(r->disputed, r->disputed_count, sizeof(*r->disputed), by_item);
    return TALLY_OK;
}

static enum tally_code add_row(struct deciding *d, struct resolving *r, const struct view_dispute *dispute)
{
    struct row_decision *row = &r->rows[r->count++];
    *row = (struct row_decision){
        .dispute_seq = RESOLUTION.seq,
        .contract = r->contract->row.id,
        .result_seq = dispute->row.result_seq,
        .item = dispute->item,
        .kind = RESOLUTION.kind,
        .value = RESOLUTION.kind == DECISION_REPLACED ? RESOLUTION.value : SLICE(""),
        .seq = d->place->seq,
    };
    return change_decision(d, row);
}

static enum tally_code take_named(struct deciding *d, struct resolving *r)
{
    enum tally_code rc = TALLY_OK;
    for (uint32_t i = 0, at = 0; i < RESOLUTION.item_count && !refused_enough(d); i++) {
        struct slice pointer = arena_printf(d->arena, "/items/%" PRIu32, i);
        while (at < r->disputed_count && r->disputed[at]->item < RESOLUTION.items[i])
            at++;
        if (at == r->disputed_count || r->disputed[at]->item != RESOLUTION.items[i])
            TRY(REFUSE_AT(d, REFUSE_BODY_SCHEMA, pointer, "entry %" PRIu64 " does not dispute result %" PRIu32,
                          RESOLUTION.seq, RESOLUTION.items[i]));
        else if (r->disputed[at]->is_decided)
            TRY(REFUSE_AT(d, REFUSE_DISPUTE_DECIDED, pointer, "entry %" PRIu64 " has decided on result %" PRIu32 " already",
                          r->disputed[at]->decided_seq, RESOLUTION.items[i]));
        else if (d->refusal == NULL)
            TRY(add_row(d, r, r->disputed[at]));
    }
done:
    return rc;
}

static enum tally_code take_open(struct deciding *d, struct resolving *r)
{
    enum tally_code rc = TALLY_OK;
    uint64_t last = 0;
    for (uint32_t i = 0; i < r->disputed_count; i++) {
        if (!r->disputed[i]->is_decided)
            TRY(add_row(d, r, r->disputed[i]));
        else
            last = r->disputed[i]->decided_seq > last ? r->disputed[i]->decided_seq : last;
    }
    if (r->count == 0)
        return REFUSE(d, REFUSE_DISPUTE_DECIDED,
                      "entry %" PRIu64 " has decided on this already: there is nothing left to do", last);
done:
    return rc;
}

/* Does it fit a metric of that text? *first: why not, the first that is said. */
static enum tally_code fits_text(struct deciding *d, const struct view_contract *contract, uint32_t text,
                                 const struct view_result *valued, bool *fits, struct slice *first)
{
    enum tally_code rc = TALLY_OK;
    const struct terms *terms = contract->texts[text]->terms;
    for (uint32_t m = 0; m < terms_metric_count(terms) && !*fits; m++) {
        struct slice key = {NULL, 0}, why = {NULL, 0};
        if (!fit_is_source(contract, terms_metric(terms, m), &valued->row))
            continue;
        TRY(fit_one(d->model, contract, text, m, valued, d->arena, fits, &key, &why, d->err));
        *first = first->ptr == NULL ? why : *first;
    }
done:
    return rc;
}

/* A value that no metric takes would leave the result as it is. */
static enum tally_code check_value(struct deciding *d, const struct resolving *r, const struct row_decision *row)
{
    enum tally_code rc = TALLY_OK;
    const struct view_result *result = view_result(d->model, row->result_seq, row->item);
    struct slice first = {NULL, 0};
    bool fits = false;
    if (result == NULL)
        return not_loaded(d, "a disputed result of contract", row->contract);
    if (result->row.is_withdrawal)
        return REFUSE_AT(d, REFUSE_BODY_SCHEMA, SLICE("/decision"),
                         "entry %" PRIu64 " withdraws a result: it stands, or it is annulled", row->result_seq);
    struct view_result valued = *result;
    valued.row.value = row->value;
    for (uint32_t k = r->contract->text_count; k-- > 0 && !fits;)
        TRY(fits_text(d, r->contract, k, &valued, &fits, &first));
    if (!fits)
        TRY(REFUSE_AT(d, REFUSE_RESULT_VALUE, SLICE("/value"),
                      "\"%.*s\" in place of result %" PRIu32 " of entry %" PRIu64 ": %.*s", SLICE_ARG(row->value),
                      row->item, row->result_seq, SLICE_ARG(first)));
done:
    return rc;
}

/* As open as the dispute. */
static enum tally_code statement_in_contract(struct deciding *d, const struct resolving *r)
{
    bool open = r->contract->row.open;
    for (uint32_t i = 0; i < r->disputed_count; i++) {
        const struct view_result *result = view_result(d->model, r->disputed[i]->row.result_seq, r->disputed[i]->item);
        if (result == NULL)
            return not_loaded(d, "a disputed result of contract", r->contract->row.id);
        open = open && result_is_public(&result->row);
    }
    d->out->open = open;
    return open ? TALLY_OK : concerns(d, d->place->seq, r->contract->row.id);
}

enum tally_code decide_resolve_dispute(struct deciding *d)
{
    enum tally_code rc = TALLY_OK;
    struct resolving r = {0};
    STEP(find_dispute(d, &r));
    STEP(find_items(d, &r));
    STEP(RESOLUTION.item_count > 0 ? take_named(d, &r) : take_open(d, &r));
    for (uint32_t i = 0; i < r.count && RESOLUTION.kind == DECISION_REPLACED; i++)
        STEP(check_value(d, &r, &r.rows[i]));
    struct news news = {.decisions = r.rows, .decision_count = r.count};
    STEP(consequences(d, &news, &r.contract, 1));
    STEP(statement_in_contract(d, &r));
done:
    return rc;
}
