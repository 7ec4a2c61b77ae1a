/* What was settled on a rule, as the figure of a metric (language.md section 11): by the bank's date, in money the sum, in dates the last
 * day. A settlement of what was owed back takes away. */
#include "decide.h"
#include "tally/engine.h"

struct settled {
    struct slice amount;
    bool is_owed_back;
    int32_t paid_on;
    uint64_t seq;
};

static bool is_settled_by(const struct terms_metric *metric, struct slice rule)
{
    return metric->source == AST_SOURCE_SETTLEMENTS && slice_equal(metric->of, rule);
}

bool settled_is_used(const struct view_contract *contract, struct slice rule)
{
    for (uint32_t k = 0; k < contract->text_count; k++) {
        const struct terms *terms = contract->texts[k]->terms;
        for (uint32_t m = 0; m < terms_metric_count(terms); m++)
            if (is_settled_by(terms_metric(terms, m), rule))
                return true;
    }
    return false;
}

/* The members of its period, or the only key. */
static uint32_t key_count(const struct terms *terms, const struct terms_metric *metric)
{
    return metric->by_count == 0 ? 1 : terms_dimension(terms, metric->by[0])->member_count;
}

uint32_t settled_room(const struct terms *terms)
{
    uint32_t room = 0;
    for (uint32_t m = 0; m < terms_metric_count(terms); m++)
        if (terms_metric(terms, m)->source == AST_SOURCE_SETTLEMENTS)
            room += key_count(terms, terms_metric(terms, m));
    return room;
}

/* Which key the bank's date belongs to; TERMS_NONE: to none. */
static uint32_t key_of(const struct terms *terms, const struct terms_metric *metric, int32_t paid_on)
{
    return metric->by_count == 0 ? 0 : terms_member_of_day(terms, metric->by[0], paid_on);
}

static enum tally_code take(struct engine_fact *fact, const struct settled *settled, bool is_date, struct arena *arena,
                            struct err *err)
{
    enum tally_code rc = TALLY_OK;
    char day[DAY_TEXT_LEN + 1];
    struct slice amount = settled->amount;
    fact->seq = settled->seq > fact->seq ? settled->seq : fact->seq;
    if (fact->submitted < settled->paid_on)
        fact->submitted = settled->paid_on;
    if (is_date) {
        day_format(fact->submitted, day);
        return arena_copy(arena, day, DAY_TEXT_LEN, &fact->value, err);
    }
    if (settled->is_owed_back)
        TRY(money_negate(settled->amount, arena, &amount, err));
    TRY(money_add(fact->value, amount, arena, &fact->value, err));
done:
    return rc;
}

/* One metric's facts, by key; a key without any has no value. */
static enum tally_code metric_facts(const struct view_contract *contract, const struct work *work,
                                    const struct terms *terms, uint32_t place, struct arena *arena,
                                    struct engine_fact *facts, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    const struct terms_metric *metric = terms_metric(terms, place);
    const struct row_settlement *now = work == NULL ? NULL : work->settled;
    bool is_date = slice_is(metric->unit, "date");
    uint32_t at = 0;
    for (bool is_last = false; !is_last;) {
        const struct view_settlement *view = table_next(&contract->settlements, &at);
        struct slice rule = view != NULL ? view->rule : now != NULL ? now->rule : SLICE("");
        struct settled settled = {.seq = 0};
        is_last = view == NULL;
        if (view != NULL)
            settled = (struct settled){view->amount, view->is_owed_back, view->paid_on, view->id.number};
        else if (now != NULL)
            settled = (struct settled){now->amount, now->is_owed_back, now->paid_on, now->seq};
        if (settled.seq == 0 || !slice_equal(rule, metric->of))
            continue;
        uint32_t key = key_of(terms, metric, settled.paid_on);
        if (key == TERMS_NONE)
            continue;
        if (facts[key].value.len == 0)
            facts[key] = (struct engine_fact){
                .metric = place,
                .key = metric->by_count == 0 ? SLICE("") : terms_dimension(terms, metric->by[0])->members[key],
                .value = SLICE("0"),
                .standing = ENGINE_FINAL,
                .submitted = DAY_MIN};
        TRY(take(&facts[key], &settled, is_date, arena, err));
    }
done:
    return rc;
}

enum tally_code settled_as_facts(const struct view_contract *contract, const struct work *work, uint32_t text,
                                 struct arena *arena, struct engine_fact *out, size_t *count, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    const struct terms *terms = contract->texts[text]->terms;
    size_t kept = 0;
    for (uint32_t m = 0; m < terms_metric_count(terms); m++) {
        const struct terms_metric *metric = terms_metric(terms, m);
        if (metric->source != AST_SOURCE_SETTLEMENTS)
            continue;
        uint32_t keys = key_count(terms, metric);
        struct engine_fact *facts = ARENA_ARRAY(arena, (size_t) keys + 1, struct engine_fact);
        if (facts == NULL)
            return err_set(err, TALLY_E_LIMIT, "what was settled takes more memory than was granted");
        TRY(metric_facts(contract, work, terms, m, arena, facts, err));
        for (uint32_t i = 0; i < keys; i++)
            if (facts[i].value.len > 0)
                out[kept++] = facts[i];
    }
    *count = kept;
done:
    return rc;
}

enum tally_code settled_changes(const struct view_contract *contract, const struct work *work, struct arena *arena,
                                struct engine_change *out, uint32_t *count, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    const struct terms *terms = text_now(contract)->terms;
    uint32_t made = 0;
    for (uint32_t m = 0; work->settled != NULL && m < terms_metric_count(terms); m++) {
        const struct terms_metric *metric = terms_metric(terms, m);
        uint32_t key =
            is_settled_by(metric, work->settled->rule) ? key_of(terms, metric, work->settled->paid_on) : TERMS_NONE;
        if (key == TERMS_NONE)
            continue;
        struct engine_fact *facts = ARENA_ARRAY(arena, (size_t) key_count(terms, metric) + 1, struct engine_fact);
        if (facts == NULL)
            return err_set(err, TALLY_E_LIMIT, "what was settled takes more memory than was granted");
        TRY(metric_facts(contract, work, terms, m, arena, facts, err));
        out[made++] = (struct engine_change){m, facts[key].key, &facts[key], false};
    }
    *count = made;
done:
    return rc;
}
