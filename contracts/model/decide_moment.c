/* What falls due by the clock alone (T3): the earliest moment of a contract, then the place of the contract in the ledger. */
#include <stdlib.h>

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

/* ---- disputes that nobody has decided in time (F3) ---- */
#define LAPSES_MAX                                                                                                         \
    10000 /* in one entry, as results under one signature; what is left lapses by the next entry, and all is evaluated then */

static int by_dispute(const void *a, const void *b)
{
    const struct view_dispute *left = *(const struct view_dispute *const *) a,
                              *right = *(const struct view_dispute *const *) b;
    if (left->row.seq != right->row.seq)
        return left->row.seq < right->row.seq ? -1 : 1;
    return (left->item > right->item) - (left->item < right->item);
}

/* The text that was in force when a dispute was raised says what its end is, as it says who decides and until when. */
static enum decision_kind lapse_of(const struct view_contract *contract, const struct view_dispute *dispute)
{
    const struct terms *terms = contract->texts[text_at(contract, dispute->row.seq)]->terms;
    return terms_disputes_fall(terms) ? DECISION_ANNULLED : DECISION_STANDS;
}

/* What may become final of the disputed result, or count no more. */
static size_t room_of_lapse(const struct view_contract *contract, const struct view_dispute *dispute)
{
    size_t size = room_size(ROOM_LAPSE, 0);
    for (const struct fit *fit = fit_first_of(contract, dispute->row.result_seq); fit != NULL;
         fit = fit_next_of(contract, fit))
        size += fit->result->row.item == dispute->item ? room_size(ROOM_FINAL, fit->key.len) : 0;
    return size;
}

/* How many of them this entry has room for; at least one. */
static uint32_t lapses_in_room(struct deciding *d, const struct view_contract *contract,
                               const struct view_dispute *const *list, uint32_t count)
{
    uint32_t n = 0;
    size_t size = 0;
    for (; n < count && n < LAPSES_MAX && (n == 0 || size < room_left(d)); n++)
        size += room_of_lapse(contract, list[n]);
    room_take(d, n * room_size(ROOM_LAPSE, 0)); /* and what becomes final, when it does */
    return n;
}

static enum tally_code lapses_find(struct deciding *d, const struct view_contract *contract, struct news *news)
{
    enum tally_code rc = TALLY_OK;
    const struct table *table = &contract->disputes;
    uint32_t at = 0, count = 0;
    const struct view_dispute **list =
        ARENA_ARRAY(d->model->scratch, (size_t) table->count + 1, const struct view_dispute *);
    struct row_decision *rows = NULL;
    if (list == NULL)
        return no_arena(d);
    for (const struct view_dispute *dispute; (dispute = table_next(table, &at)) != NULL;) {
        if (dispute->has_row && !dispute->is_decided && dispute->row.lapses.us <= news->moment.us)
            list[count++] = dispute;
    }
    if (count > 1)
        qsort(list, count, sizeof(*list), by_dispute);
    uint32_t found = count;
    count = lapses_in_room(d, contract, list, count);
    news->has_more = count < found;
    rows = ARENA_ARRAY(d->arena, (size_t) count + 1, struct row_decision);
    if (rows == NULL)
        TRY(no_arena(d));
    for (uint32_t i = 0; i < count; i++) {
        rows[i] = (struct row_decision){
            .dispute_seq = list[i]->row.seq,
            .contract = contract->row.id,
            .result_seq = list[i]->row.result_seq,
            .item = list[i]->item,
            .kind = lapse_of(contract, list[i]),
            .is_lapsed = true,
            .value = SLICE(""),
            .seq = d->place->seq,
        };
        TRY(change_decision(d, &rows[i]));
    }
    news->decisions = rows;
    news->decision_count = count;
done:
    arena_clear(d->model->scratch);
    return rc;
}

static void write_lapses(struct canon *json, const struct news *news)
{
    canon_name(json, "lapsed");
    canon_array(json);
    for (uint32_t i = 0; i < news->decision_count; i++) {
        const struct row_decision *row = &news->decisions[i];
        canon_object(json);
        canon_name(json, "decision");
        canon_str(json, row->kind == DECISION_ANNULLED ? "annulled" : "stands");
        canon_name(json, "dispute");
        canon_i64(json, (int64_t) row->dispute_seq);
        canon_name(json, "item");
        canon_i64(json, row->item);
        canon_name(json, "seq");
        canon_i64(json, (int64_t) row->result_seq);
        canon_close(json);
    }
    canon_close(json);
}

static enum tally_code reach(struct deciding *d, struct view_contract *contract, struct instant moment)
{
    enum tally_code rc = TALLY_OK;
    struct buf body;
    struct canon json;
    char at[INSTANT_TEXT_LEN + 1];
    uint64_t seq = 0;
    const struct terms *terms = NULL;
    struct news news = {.reached = contract, .moment = moment};
    buf_init(&body, EVENT_BODY_MAX);
    TRY(terms_of(d->model, contract, &terms, d->err));
    TRY(fits_update(d->model, contract, d->err));
    if (instant_day(moment, terms_clock_minutes(terms)) <= terms_closes(terms)) /* after it nothing changes any more (T5) */
        TRY(lapses_find(d, contract, &news));
    instant_format(moment, at);
    canon_init(&json, &body);
    canon_object(&json);
    canon_name(&json, "at");
    canon_str(&json, at);
    canon_name(&json, "contract");
    canon_string(&json, contract->row.id);
    if (news.decision_count > 0)
        write_lapses(&json, &news);
    canon_close(&json);
    TRY(event_add(d, "moment.reached", contract->row.open, contract->row.id, &body, &seq));
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
    struct decision decision = {.open = true, .number = followed_begin(model)};
    struct deciding deciding = {
        .model = model, .place = place, .arena = arena, .out = &decision, .err = err, .next_seq = place->seq};
    struct view_contract *contract = earliest_due(model, place->time);
    if (contract == NULL)
        return err_set(err, TALLY_E_BUG, "a moment is decided, but none is due");
    decision.open = contract->row.open;
    TRY(reach(&deciding, contract, contract->row.next_moment));
    *out = decision;
done:
    if (rc != TALLY_OK && err != NULL)
        return err_context(err, "a moment of contract %.*s cannot be decided", SLICE_ARG(contract->row.id));
    return rc;
}
