/* Whether those have verified a result whom its metric names (S3). Each verification speaks for the parties that its actor was when it was
 * made: who has become the verifier by an amendment verifies what waits, and what the one before has verified is verified. An actor verifies a
 * result once, for all contracts: who did before it was a verifier here has verified it as soon as it is one. And where that is not enough, it
 * speaks as who its actor has become since: otherwise nobody could verify what waits for one who has verified it as another. */
#include "decide.h"

#define VERIFIERS_MAX 64 /* parties in one `verified by`: of more, what is noted does not lie on the stack */

struct verified {
    struct slice actor; /* empty: nobody */
    uint64_t seq;
    uint64_t as_of; /* whom it speaks for: who its actor was at that entry */
    struct instant time;
};

struct quorum {
    const struct deciding *d;
    const struct view_contract *contract;
    const struct terms_metric *metric;
    uint32_t text;
    struct verified *holders; /* by verifier: who speaks for it */
    bool *tried;              /* by verifier, in one search */
};

/* Of this result, the first after entry `after`; false: there is none. */
static bool next_verified(const struct deciding *d, const struct news *news, const struct view_result *result,
                          uint64_t after, struct verified *out)
{
    bool is_found = false;
    for (uint32_t i = 0; i < result->verification_count; i++) {
        const struct view_verification *v = &result->verifications[i];
        if (v->seq <= after || (is_found && v->seq >= out->seq))
            continue;
        *out = (struct verified){v->actor, v->seq, v->seq, v->time};
        is_found = true;
    }
    if (is_found || after >= d->place->seq || !news->is_verification || result->row.seq != news->verified_seq ||
        !news->is_verified[result->row.item])
        return is_found;
    *out = (struct verified){d->command->actor, d->place->seq, d->place->seq, d->place->time};
    return true;
}

static bool speaks_for(const struct quorum *q, const struct verified *v, uint32_t i)
{
    return slice_equal(party_at(q->contract, q->text, q->metric->verifiers[i], v->as_of)->actor, v->actor);
}

static bool speaks(const struct quorum *q, const struct verified *v)
{
    for (uint32_t i = 0; i < q->metric->verifier_count; i++) {
        if (speaks_for(q, v, i))
            return true;
    }
    return false;
}

/* As who its actor was at that entry, or is since then; of who was no verifier yet: at the entry by which it became one. */
static void find_as_of(const struct quorum *q, struct verified *v, uint64_t seq)
{
    v->as_of = seq > v->seq ? seq : v->seq;
    if (!speaks(q, v))
        v->as_of = v->seq;
    for (uint32_t k = text_at(q->contract, v->seq) + 1; k < q->contract->text_count && !speaks(q, v); k++)
        v->as_of = q->contract->texts[k]->in_force_seq;
}

/* One more of the verifiers is spoken for, if need be by others changing places: of several an actor is, it speaks for one. */
static bool place_one(struct quorum *q, struct verified v)
{
    for (uint32_t i = 0; i < q->metric->verifier_count; i++) {
        if (q->tried[i] || !speaks_for(q, &v, i))
            continue;
        q->tried[i] = true;
        if (q->holders[i].actor.len > 0 && !place_one(q, q->holders[i]))
            continue;
        q->holders[i] = v;
        return true;
    }
    return false;
}

/* Where all are asked for, an actor speaks for each that it is: nobody is missing then. */
static uint32_t place_all(struct quorum *q, struct verified v)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < q->metric->verifier_count; i++) {
        if (q->holders[i].actor.len > 0 || !speaks_for(q, &v, i))
            continue;
        q->holders[i] = v;
        count++;
    }
    return count;
}

/* As who its actors are at that entry, those of them that are verifiers then. */
static int32_t day_as_of(struct quorum *q, const struct news *news, const struct view_result *result, uint64_t seq)
{
    uint32_t count = q->metric->verifier_count, placed = 0;
    bool is_all = q->metric->quorum >= count;
    struct verified v = {.seq = 0};
    memset(q->holders, 0, count * sizeof(*q->holders));
    while (next_verified(q->d, news, result, v.seq, &v)) {
        find_as_of(q, &v, seq);
        memset(q->tried, 0, count * sizeof(*q->tried));
        placed += is_all ? place_all(q, v) : place_one(q, v);
        if (placed >= (is_all ? count : q->metric->quorum))
            return instant_day(v.time, terms_clock_minutes(q->contract->texts[q->text]->terms));
    }
    return DAY_NEVER;
}

enum tally_code quorum_day(struct deciding *d, const struct news *news, const struct view_contract *contract, uint32_t text,
                           uint32_t metric, const struct view_result *result, int32_t *out)
{
    const struct terms *terms = contract->texts[text]->terms;
    struct verified few[VERIFIERS_MAX];
    bool tried[VERIFIERS_MAX];
    struct quorum q = {d, contract, terms_metric(terms, metric), text, few, tried};
    uint32_t count = q.metric->verifier_count;
    if (count > VERIFIERS_MAX) {
        q.holders = ARENA_ARRAY(d->model->aside, count, struct verified);
        q.tried = ARENA_ARRAY(d->model->aside, count, bool);
    }
    if (q.holders == NULL || q.tried == NULL)
        return no_arena(d);
    *out = count == 0 ? instant_day(result->row.time, terms_clock_minutes(terms)) : DAY_NEVER;
    for (uint32_t k = 0; *out == DAY_NEVER && k < contract->text_count; k++)
        *out = day_as_of(&q, news, result, k == 0 ? 0 : contract->texts[k]->in_force_seq);
    arena_clear(d->model->aside);
    return TALLY_OK;
}
