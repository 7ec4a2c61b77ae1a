/* Which results become final for a contract's metrics by an entry (S2 to S4). */
#include <stdlib.h>

#include "decide.h"
#include "tally/canon.h"

/* ---- what became final by this decision, found by metric and key ---- */
static uint32_t slot_of(const struct work *work, uint32_t metric, struct slice key)
{
    struct ident id = {metric, key, {NULL, 0}};
    uint32_t at = (uint32_t) ident_hash(work, id) & (work->final_slot_count - 1);
    for (; work->final_slots[at] != 0; at = (at + 1) & (work->final_slot_count - 1)) {
        const struct fit *fit = &work->finals[work->final_slots[at] - 1].fit;
        if (fit->metric == metric && slice_equal(fit->key, key))
            break;
    }
    return at;
}

const struct fit *new_final_find(const struct work *work, uint32_t metric, struct slice key)
{
    if (work == NULL || work->final_count == 0)
        return NULL;
    uint32_t place = work->final_slots[slot_of(work, metric, key)];
    return place == 0 ? NULL : &work->finals[place - 1].fit;
}

static enum tally_code finals_room(struct deciding *d, struct work *work, uint32_t count)
{
    uint32_t slots = 8;
    while (slots < 2 * count)
        slots *= 2;
    work->finals = ARENA_ARRAY(d->arena, (size_t) count + 1, struct new_final);
    work->final_slots = ARENA_ARRAY(d->arena, slots, uint32_t);
    work->final_slot_count = slots;
    return work->finals == NULL || work->final_slots == NULL ? no_arena(d) : TALLY_OK;
}

/* The key has a current value: of several reporters' chains the one that was first final is used (S2). */
static bool is_taken(const struct work *work, const struct terms *terms, const struct fit *fit)
{
    struct slice metric = terms_metric(terms, fit->metric)->name;
    return table_find(&work->contract->finals, ident_pair(metric, fit->key)) != NULL ||
           new_final_find(work, fit->metric, fit->key) != NULL;
}

static void finals_add(struct work *work, const struct fit *fit)
{
    uint32_t at = slot_of(work, fit->metric, fit->key);
    work->finals[work->final_count++].fit = *fit;
    work->final_slots[at] = work->final_count;
}

/* ---- the policy of a metric (S3) ---- */
static bool has_verified(const struct deciding *d, const struct news *news, const struct view_result *result,
                         struct slice actor)
{
    if (news->is_verification && result->row.seq == news->verified_seq && news->is_verified[result->row.item] &&
        slice_equal(actor, d->command->actor))
        return true;
    for (uint32_t i = 0; i < result->verification_count; i++) {
        if (slice_equal(result->verifications[i].actor, actor))
            return true;
    }
    return false;
}

/* An actor that is several of the verifiers counts once, which is enough where all are asked for: nobody is missing then. */
static bool is_ready(const struct deciding *d, const struct news *news, const struct work *work,
                     const struct terms_metric *metric, const struct view_result *result)
{
    const struct view_contract *contract = work->contract;
    uint32_t count = 0, actors = 0;
    for (uint32_t i = 0; i < metric->verifier_count; i++) {
        struct slice actor = contract->parties[metric->verifiers[i]]->actor;
        bool is_double = false;
        for (uint32_t k = 0; k < i && !is_double; k++)
            is_double = slice_equal(contract->parties[metric->verifiers[k]]->actor, actor);
        actors += !is_double;
        count += !is_double && has_verified(d, news, result, actor);
    }
    bool is_all = metric->quorum >= metric->verifier_count;
    return count >= (is_all ? actors : metric->quorum);
}

/* ---- what comes into question ---- */
static enum tally_code fresh_add(struct deciding *d, struct work *work, const struct view_result *result, uint32_t metric,
                                 struct slice key)
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
    work->fresh[work->fresh_count++] = (struct fit){result, metric, key};
    return TALLY_OK;
}

static enum tally_code fresh_find(struct deciding *d, const struct news *news, struct work *work, const struct terms *terms)
{
    enum tally_code rc = TALLY_OK;
    for (uint32_t m = 0; m < terms_metric_count(terms); m++) {
        for (uint32_t t = 0; t < news->topic_count; t++) {
            const struct topic *topic = &news->topics[t];
            if (!fit_is_source(work->contract, terms_metric(terms, m), &topic->results[0]->row))
                continue;
            for (uint32_t i = 0; i < topic->count; i++) {
                bool fits = false;
                struct slice key, why;
                TRY(fit_one(work->contract, terms, m, topic->results[i], d->arena, &fits, &key, &why, d->err));
                if (fits)
                    TRY(fresh_add(d, work, topic->results[i], m, key));
            }
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
    return (left->metric > right->metric) - (left->metric < right->metric);
}

/* In order of statement, item, place of the metric; in the scratch. */
static enum tally_code candidates_find(struct deciding *d, const struct news *news, const struct work *work,
                                       const struct fit ***out, uint32_t *out_count)
{
    const struct view_contract *contract = work->contract;
    uint32_t count = 0;
    const struct fit **list =
        ARENA_ARRAY(d->model->scratch, (size_t) contract->fit_count + work->fresh_count + 1, const struct fit *);
    if (list == NULL)
        return no_arena(d);
    for (uint32_t i = 0; i < contract->fit_count; i++) {
        if (news->activated != NULL || (news->is_verification && contract->fits[i].result->row.seq == news->verified_seq))
            list[count++] = &contract->fits[i];
    }
    for (uint32_t i = 0; i < work->fresh_count; i++)
        list[count++] = &work->fresh[i];
    qsort(list, count, sizeof(*list), by_place);
    *out = list;
    *out_count = count;
    return TALLY_OK;
}

/* One statement's results: those of a set become final together, when all are (S4). */
static void statement_finals(const struct deciding *d, const struct news *news, struct work *work,
                             const struct terms *terms, const struct fit **fits, uint32_t count)
{
    bool waits = false;
    for (uint32_t i = 0; i < count && fits[0]->result->row.is_set; i++)
        waits = waits || !(is_taken(work, terms, fits[i]) ||
                           is_ready(d, news, work, terms_metric(terms, fits[i]->metric), fits[i]->result));
    for (uint32_t i = 0; i < count && !waits; i++) {
        if (!is_taken(work, terms, fits[i]) &&
            is_ready(d, news, work, terms_metric(terms, fits[i]->metric), fits[i]->result))
            finals_add(work, fits[i]);
    }
}

/* ---- what is recorded of it ---- */
static enum tally_code record(struct deciding *d, const struct work *work, const struct terms *terms)
{
    enum tally_code rc = TALLY_OK;
    struct buf body;
    struct canon json;
    uint64_t seq = 0;
    buf_init(&body, EVENT_BODY_MAX);
    canon_init(&json, &body);
    canon_object(&json);
    canon_name(&json, "cause");
    canon_i64(&json, (int64_t) d->place->seq);
    canon_name(&json, "contract");
    canon_string(&json, work->row.id);
    canon_name(&json, "results");
    canon_array(&json);
    for (uint32_t i = 0; i < work->final_count; i++) {
        const struct fit *fit = &work->finals[i].fit;
        canon_object(&json);
        canon_name(&json, "item");
        canon_i64(&json, fit->result->row.item);
        canon_name(&json, "key");
        canon_string(&json, fit->key);
        canon_name(&json, "metric");
        canon_string(&json, terms_metric(terms, fit->metric)->name);
        canon_name(&json, "seq");
        canon_i64(&json, (int64_t) fit->result->row.seq);
        canon_close(&json);
    }
    canon_close(&json);
    canon_close(&json);
    TRY(event_add(d, "result.finalised", work->row.open, &body, &seq));
    for (uint32_t i = 0; i < work->final_count; i++) {
        const struct fit *fit = &work->finals[i].fit;
        struct row_final row = {.contract = work->row.id,
                                .key = fit->key,
                                .result_seq = fit->result->row.seq,
                                .item = fit->result->row.item,
                                .seq = seq};
        TRY(keep(d, terms_metric(terms, fit->metric)->name, &row.metric));
        TRY(change_final(d, &row));
    }
done:
    buf_release(&body);
    return rc;
}

enum tally_code finality(struct deciding *d, const struct news *news, struct work *work, const struct terms *terms)
{
    enum tally_code rc = TALLY_OK;
    const struct fit **candidates = NULL;
    uint32_t count = 0;
    TRY(fresh_find(d, news, work, terms));
    TRY(candidates_find(d, news, work, &candidates, &count));
    TRY(finals_room(d, work, count));
    for (uint32_t from = 0, to = 0; from < count; from = to) {
        while (to < count && candidates[to]->result->row.seq == candidates[from]->result->row.seq)
            to++;
        statement_finals(d, news, work, terms, candidates + from, to - from);
    }
    if (work->final_count > 0)
        TRY(record(d, work, terms));
    work->is_touched = work->is_touched || work->fresh_count > 0 || work->final_count > 0;
done:
    arena_clear(d->model->scratch);
    return rc;
}
