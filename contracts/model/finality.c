/* Which results become final for a contract's metrics by an entry (S2 to S6, F1, F3), in this order: what the arbiter decided, what is
 * ready now, and where that leaves a key without a value, what another reporter had ready for it. */
#include <stdlib.h>

#include "decide.h"

/* ---- new finals ---- */
static enum tally_code finals_room(struct deciding *d, struct work *work)
{
    if (work->final_count < work->final_cap)
        return TALLY_OK;
    uint32_t cap = work->final_cap == 0 ? 8 : work->final_cap * 2;
    struct new_final **finals = ARENA_ARRAY(d->arena, cap, struct new_final *);
    if (finals == NULL)
        return no_arena(d);
    if (work->final_count > 0)
        memcpy(finals, work->finals, work->final_count * sizeof(struct new_final *));
    work->finals = finals;
    work->final_cap = cap;
    return TALLY_OK;
}

enum tally_code finals_inherit(struct deciding *d, struct work *work, const struct fit *fit, const struct chain_end *end)
{
    enum tally_code rc = TALLY_OK;
    struct new_final *now = ARENA_NEW(d->arena, struct new_final);
    if (now == NULL)
        return no_arena(d);
    *now = (struct new_final){.fit = *fit, .end = *end};
    TRY(finals_room(d, work));
    room_take(d, room_size(ROOM_FINAL, fit->key.len + end->replaced.len));
    work->finals[work->final_count++] = now;
    TRY(overlay_put(d, &work->ends, work_ident(now->end.first_seq, &now->fit), now));
    TRY(overlay_put(d, &work->used, work_ident(0, &now->fit), now));
done:
    return rc;
}

/* The last new final takes the place of another chain, which counts no more (S2): whoever reports for the other's author now has spoken. */
static enum tally_code finals_succeed(struct deciding *d, struct work *work, const struct new_final *before)
{
    struct new_final *now = work->finals[work->final_count - 1], *ended = ARENA_NEW(d->arena, struct new_final);
    if (ended == NULL)
        return no_arena(d);
    room_take(d, room_size(ROOM_FINAL, now->fit.key.len));
    now->succeeds = true;
    now->of_first = before->of_first;
    now->of_seq = before->of_seq;
    now->of_item = before->of_item;
    *ended = *now;
    ended->end.first_seq = before->of_first;
    ended->end.is_none = true;
    return overlay_put(d, &work->ends, work_ident(before->of_first, &now->fit), ended);
}

static enum tally_code finals_add(struct deciding *d, struct work *work, const struct fit *fit, bool is_none,
                                  struct slice replaced)
{
    enum tally_code rc = TALLY_OK;
    const struct chain_end *used = standing_used(work->contract, work, fit);
    struct chain_end end = {.first_seq = fit->result->row.first_seq,
                            .result_seq = fit->result->row.seq,
                            .item = fit->result->row.item,
                            .began_seq = used == NULL ? ROW_NO_SEQ : used->began_seq,
                            .time = work->now,
                            .is_none = is_none,
                            .replaced = replaced};
    struct new_final before = {.succeeds = false};
    if (used != NULL && used->first_seq != end.first_seq)
        before = (struct new_final){
            .succeeds = true, .of_first = used->first_seq, .of_seq = used->result_seq, .of_item = used->item};
    TRY(finals_inherit(d, work, fit, &end));
    if (before.succeeds)
        TRY(finals_succeed(d, work, &before));
done:
    return rc;
}

/* ---- the policy of a metric (S3) ---- */
enum tally_code finality_day(struct deciding *d, const struct news *news, const struct view_contract *contract,
                             const struct work *work, const struct fit *fit, int32_t *out)
{
    enum tally_code rc = TALLY_OK;
    uint32_t text = 0, metric = 0;
    int32_t verified = DAY_NEVER;
    *out = DAY_NEVER;
    if (standing_dispute(contract, work, fit->result).standing == DISPUTE_OPEN)
        return TALLY_OK;
    TRY(fit_policy(d->model, contract, fit, &text, &metric, d->err));
    const struct terms *terms = contract->texts[text]->terms;
    TRY(quorum_day(d, news, contract, text, metric, fit->result, &verified));
    *out = terms_final_day(terms, metric, instant_day(fit->result->row.time, terms_clock_minutes(terms)), verified);
done:
    return rc;
}

/* ---- what comes into question ---- */
enum tally_code fresh_add(struct deciding *d, struct work *work, const struct fit *fit)
{
    if (work->fresh_count == work->fresh_cap) {
        uint32_t cap = work->fresh_cap == 0 ? 8 : work->fresh_cap * 2;
        struct fit *items = ARENA_ARRAY(d->arena, cap, struct fit);
        if (items == NULL)
            return no_arena(d);
        if (work->fresh_count > 0)
            memcpy(items, work->fresh, work->fresh_count * sizeof(*items));
        work->fresh = items;
        work->fresh_cap = cap;
    }
    work->fresh[work->fresh_count++] = *fit;
    work->has_closed = work->has_closed || !result_is_open(&fit->result->row);
    return TALLY_OK;
}

static enum tally_code fresh_topic(struct deciding *d, const struct topic *topic, struct work *work, uint32_t text,
                                   uint32_t metric)
{
    enum tally_code rc = TALLY_OK;
    const struct terms *terms = work->contract->texts[text]->terms;
    if (!fit_is_source(work->contract, terms_metric(terms, metric), &topic->results[0]->row))
        return TALLY_OK;
    for (uint32_t i = 0; i < topic->count; i++) {
        struct fit fit = {.result = topic->results[i], .text = text, .metric = metric};
        struct slice why = {NULL, 0};
        bool fits = false;
        TRY(fit_chain(d->model, work->contract, text, metric, fit.result, d->arena, &fits, &fit.key, &why, d->err));
        if (fits)
            TRY(fresh_add(d, work, &fit));
    }
done:
    return rc;
}

static enum tally_code fresh_find(struct deciding *d, const struct news *news, struct work *work)
{
    enum tally_code rc = TALLY_OK;
    for (uint32_t k = 0; k < work->contract->text_count; k++) {
        for (uint32_t m = 0; m < terms_metric_count(work->contract->texts[k]->terms); m++) {
            for (uint32_t t = 0; t < news->topic_count; t++)
                TRY(fresh_topic(d, &news->topics[t], work, k, m));
        }
    }
done:
    return rc;
}

static int by_place(const void *a, const void *b)
{
    const struct fit *left = *(const struct fit *const *) a, *right = *(const struct fit *const *) b;
    const struct row_result *l = &left->result->row, *r = &right->result->row;
    if (l->seq != r->seq)
        return l->seq < r->seq ? -1 : 1;
    if (l->item != r->item)
        return l->item < r->item ? -1 : 1;
    if (left->text != right->text)
        return left->text < right->text ? -1 : 1;
    return (left->metric > right->metric) - (left->metric < right->metric);
}

struct candidates {
    const struct model *model;
    const struct view_contract *contract;
    const struct work *work;
    const struct fit **items;
    uint32_t count;
};

static void candidate_add(struct candidates *list, const struct fit *fit)
{
    ENSURE(list->items != NULL); /* candidates_room comes first */
    if (standing_is_pending(list->model, list->contract, list->work, fit))
        list->items[list->count++] = fit;
}

/* How many fits of the contract a statement has, and those that are pending. */
static uint32_t statement_count(const struct view_contract *contract, uint64_t seq)
{
    uint32_t count = 0;
    for (const struct fit *fit = fit_first_of(contract, seq); fit != NULL; fit = fit_next_of(contract, fit))
        count++;
    return count;
}

static void statement_add(struct candidates *list, uint64_t seq)
{
    for (const struct fit *fit = fit_first_of(list->contract, seq); fit != NULL; fit = fit_next_of(list->contract, fit))
        candidate_add(list, fit);
}

/* Room for so many, in the scratch. */
static enum tally_code candidates_room(struct deciding *d, struct candidates *list, size_t count)
{
    const struct fit **items = ARENA_ARRAY(d->model->scratch, count + 1, const struct fit *);
    if (items == NULL)
        return no_arena(d);
    if (list->count > 0)
        memcpy(items, list->items, list->count * sizeof(*items));
    list->items = items;
    return TALLY_OK;
}

/* What the news are about; of disputes that lapse together, all. */
static enum tally_code add_named(struct deciding *d, const struct news *news, struct candidates *list, size_t room)
{
    enum tally_code rc = TALLY_OK;
    uint64_t verified = news->is_verification ? news->verified_seq : ROW_NO_SEQ;
    size_t count = list->count + room + statement_count(list->contract, verified);
    for (uint32_t i = 0; i < news->decision_count; i++)
        count += statement_count(list->contract, news->decisions[i].result_seq);
    TRY(candidates_room(d, list, count));
    statement_add(list, verified);
    for (uint32_t i = 0; i < news->decision_count; i++)
        if (i == 0 || news->decisions[i].result_seq != news->decisions[i - 1].result_seq)
            statement_add(list, news->decisions[i].result_seq);
done:
    return rc;
}

static enum tally_code add_undecided(struct deciding *d, struct view_contract *contract, struct candidates *list)
{
    enum tally_code rc = TALLY_OK;
    standing_sweep(contract);
    TRY(candidates_room(d, list, list->count + contract->undecided_count));
    for (uint32_t i = 0; i < contract->undecided_count; i++)
        candidate_add(list, &contract->fits[contract->undecided[i]]);
done:
    return rc;
}

/* Of sets that have some here, all: they become final together (S4). */
static enum tally_code add_sets(struct deciding *d, struct candidates *list)
{
    enum tally_code rc = TALLY_OK;
    uint32_t found = list->count;
    size_t count = found;
    if (found > 1)
        qsort(list->items, found, sizeof(*list->items), by_place);
    for (int round = 0; round < 2; round++) {
        uint64_t last = ROW_NO_SEQ;
        if (round == 1)
            TRY(candidates_room(d, list, count));
        for (uint32_t i = 0; i < found; i++) {
            const struct row_result *row = &list->items[i]->result->row;
            if (!row->is_set || row->seq == last)
                continue;
            last = row->seq;
            if (round == 1)
                statement_add(list, row->seq);
            else
                count += statement_count(list->contract, row->seq);
        }
    }
done:
    return rc;
}

/* Those whose day has come. */
static enum tally_code add_ready(struct deciding *d, const struct work *work, struct candidates *list)
{
    enum tally_code rc = TALLY_OK;
    TRY(waiting_settle(d, work->contract));
    uint32_t end = waiting_from(work->contract, work->today + 1);
    TRY(candidates_room(d, list, (size_t) list->count + end));
    for (uint32_t i = 0; i < end; i++) {
        const struct fit *fit = waiting_fit(work->contract, i);
        uint32_t before = list->count;
        if (fit != NULL)
            candidate_add(list, fit);
        if (fit != NULL && list->count == before)
            TRY(waiting_look_again(d, work->contract, i));
    }
    TRY(add_sets(d, list));
done:
    return rc;
}

/* Each once, in order of statement, item, text, place of the metric. */
static void candidates_order(struct candidates *list)
{
    uint32_t kept = 0;
    if (list->count > 1)
        qsort(list->items, list->count, sizeof(*list->items), by_place);
    for (uint32_t i = 0; i < list->count; i++)
        if (kept == 0 || by_place(&list->items[kept - 1], &list->items[i]) != 0)
            list->items[kept++] = list->items[i];
    list->count = kept;
}

/* What may become final now, in the scratch. is_all: not by what the news are about alone. */
static enum tally_code candidates_find(struct deciding *d, const struct news *news, const struct work *work, bool is_all,
                                       const struct fit ***out, uint32_t *out_count)
{
    enum tally_code rc = TALLY_OK;
    struct candidates list = {.model = d->model, .contract = work->contract, .work = work};
    if (is_all && waiting_is_ordered(work->contract))
        TRY(add_ready(d, work, &list));
    else if (is_all)
        TRY(add_undecided(d, work->contract, &list));
    TRY(add_named(d, news, &list, work->fresh_count));
    for (uint32_t i = 0; i < work->fresh_count; i++)
        candidate_add(&list, &work->fresh[i]);
    candidates_order(&list);
    *out = list.items;
    *out_count = list.count;
done:
    return rc;
}

/* One statement's results that are not final yet: those of a set become final together, when all are (S4). */
static enum tally_code statement_finals(struct deciding *d, const struct news *news, struct work *work,
                                        const struct fit **fits, uint32_t count)
{
    enum tally_code rc = TALLY_OK;
    bool *is_ready = ARENA_ARRAY(d->model->scratch, (size_t) count + 1, bool), is_whole = true;
    if (is_ready == NULL)
        return no_arena(d);
    for (uint32_t i = 0; i < count; i++) {
        int32_t day = DAY_NEVER;
        TRY(finality_day(d, news, work->contract, work, fits[i], &day));
        is_ready[i] = day <= work->today;
        is_whole = is_whole && is_ready[i];
    }
    if (fits[0]->result->row.is_set && !is_whole)
        return TALLY_OK;
    for (uint32_t i = 0; i < count && !work->is_behind; i++) { /* what was final just now may have taken the key */
        if (!is_ready[i] || !standing_is_pending(d->model, work->contract, work, fits[i]))
            continue;
        work->is_behind =
            room_is_full(d); /* nothing is evaluated before the rest is final: so far a set may be half there */
        if (!work->is_behind)
            TRY(finals_add(d, work, fits[i], fits[i]->result->row.is_withdrawal, SLICE("")));
    }
done:
    return rc;
}

static enum tally_code round_of_finals(struct deciding *d, const struct news *news, struct work *work, bool is_all)
{
    enum tally_code rc = TALLY_OK;
    const struct fit **candidates = NULL;
    uint32_t count = 0;
    TRY(candidates_find(d, news, work, is_all, &candidates, &count));
    for (uint32_t from = 0, to = 0; from < count && !work->is_behind; from = to) {
        while (to < count && candidates[to]->result->row.seq == candidates[from]->result->row.seq)
            to++;
        TRY(statement_finals(d, news, work, candidates + from, to - from));
    }
done:
    arena_clear(d->model->scratch);
    return rc;
}

/* ---- disputes (F1, F3) ---- */
static enum tally_code note_dispute(struct deciding *d, struct work *work, uint64_t seq, struct dispute_now now)
{
    enum tally_code rc = TALLY_OK;
    struct dispute_now *copy = ARENA_NEW(d->arena, struct dispute_now);
    if (copy == NULL)
        return no_arena(d);
    *copy = now;
    TRY(overlay_put(d, &work->disputes, ident_item(seq, &copy->item), copy));
    if (now.standing == DISPUTE_ANNULLED)
        TRY(overlay_put(d, &work->annulled, ident_number(seq), copy));
    work->is_touched = true;
done:
    return rc;
}

/* What the decision changes of the result's standing for one metric that it fits. */
static enum tally_code decide_fit(struct deciding *d, struct work *work, const struct row_decision *decision,
                                  const struct fit *fit)
{
    enum tally_code rc = TALLY_OK;
    struct dispute_now dispute = standing_dispute(work->contract, work, fit->result);
    const struct chain_end *used = standing_used(work->contract, work, fit);
    bool is_in_days = false;
    if (used != NULL && used->result_seq == decision->result_seq && used->item == decision->item)
        TRY(standing_in_dispute_days(d->model, work->contract, fit, used, dispute.time, &is_in_days, d->err));
    if (decision->kind == DECISION_ANNULLED && is_in_days)
        return finals_add(d, work, fit, true, SLICE(""));
    if (decision->kind == DECISION_REPLACED && (is_in_days || standing_is_pending(d->model, work->contract, work, fit)))
        return finals_add(d, work, fit, false, decision->value);
done:
    return rc;
}

static enum tally_code decide_text(struct deciding *d, struct work *work, const struct row_decision *decision,
                                   const struct view_result *result, uint32_t text)
{
    enum tally_code rc = TALLY_OK;
    const struct terms *terms = work->contract->texts[text]->terms;
    for (uint32_t m = 0; m < terms_metric_count(terms); m++) {
        struct fit fit = {.result = result, .text = text, .metric = m};
        struct view_result valued = *result;
        struct slice why = {NULL, 0};
        bool fits = false;
        if (!fit_is_source(work->contract, terms_metric(terms, m), &result->row))
            continue;
        if (decision->kind == DECISION_REPLACED) /* it counts where the arbiter's value fits */
            valued.row.value = decision->value;
        TRY(fit_chain(d->model, work->contract, text, m, &valued, d->arena, &fits, &fit.key, &why, d->err));
        if (fits)
            TRY(decide_fit(d, work, decision, &fit));
    }
done:
    return rc;
}

static enum tally_code apply_decision(struct deciding *d, struct work *work, const struct row_decision *decision)
{
    static const enum dispute_standing standings[] = {
        [DECISION_STANDS] = DISPUTE_STANDS, [DECISION_REPLACED] = DISPUTE_REPLACED, [DECISION_ANNULLED] = DISPUTE_ANNULLED};
    enum tally_code rc = TALLY_OK;
    const struct view_result *result = view_result(d->model, decision->result_seq, decision->item);
    if (result == NULL)
        return not_loaded(d, "a disputed result of contract", decision->contract);
    struct dispute_now now = standing_dispute(work->contract, work, result);
    now.standing = standings[decision->kind];
    TRY(note_dispute(d, work, decision->result_seq, now));
    for (uint32_t k = 0; k < work->contract->text_count; k++)
        TRY(decide_text(d, work, decision, result, k));
done:
    return rc;
}

static enum tally_code apply_disputes(struct deciding *d, const struct news *news, struct work *work)
{
    enum tally_code rc = TALLY_OK;
    for (uint32_t i = 0; i < news->dispute_count; i++) {
        const struct row_dispute *row = &news->disputes[i];
        TRY(note_dispute(d, work, row->result_seq, (struct dispute_now){row->item, DISPUTE_OPEN, row->time, row->lapses}));
    }
    for (uint32_t i = 0; i < news->decision_count; i++)
        TRY(apply_decision(d, work, &news->decisions[i]));
done:
    return rc;
}

/* A value that went makes room for what another reporter had ready (S2, S6). */
static bool has_freed(const struct work *work)
{
    for (uint32_t i = 0; i < work->final_count; i++) {
        if (work->finals[i]->end.is_none)
            return true;
    }
    return false;
}

enum tally_code finality(struct deciding *d, const struct news *news, struct work *work)
{
    enum tally_code rc = TALLY_OK;
    bool is_all = news->activated != NULL || news->is_amended ||
                  (news->reached != NULL &&
                   (finality_has_days(work->contract) || news->decision_count > 0 || moment_is_left_over(news->moment)));
    if (news->is_amended)
        TRY(inherit(d, work));
    TRY(fresh_find(d, news, work));
    TRY(apply_disputes(d, news, work));
    TRY(round_of_finals(d, news, work, is_all));
    if (has_freed(work) && !work->is_behind)
        TRY(round_of_finals(d, news, work, true));
    if (work->final_count > 0)
        TRY(final_list_record(d, work));
    work->is_touched = work->is_touched || work->fresh_count > 0 || work->final_count > 0;
done:
    return rc;
}
