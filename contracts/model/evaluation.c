/* One contract's evaluation: what the engine is given, and what of its answer is recorded (P1, P2). */
#include "decide.h"
#include "tally/engine.h"

struct instant moment_of(const struct terms *terms, int32_t day)
{
    if (day > DAY_MAX)
        return (struct instant){INT64_MAX};
    return instant_of_day(day, terms_clock_minutes(terms));
}

struct instant moment_of_close(const struct terms *terms)
{
    int32_t closes = terms_closes(terms);
    return moment_of(terms, closes >= DAY_MAX ? DAY_NEVER : closes + 1);
}

bool fact_make(const struct view_contract *contract, const struct work *work, const struct terms *terms,
               const struct fit *fit, struct engine_fact *out)
{
    const struct row_result *row = &fit->result->row;
    const struct chain_end *used = standing_used(contract, work, terms, fit);
    *out = (struct engine_fact){
        .metric = fit->metric,
        .key = fit->key,
        .value = row->value,
        .standing = ENGINE_PENDING,
        .submitted = instant_day(row->first_time, terms_clock_minutes(terms)),
        .seq = row->seq,
    };
    if (used == NULL)
        return !row->is_withdrawal && standing_is_pending(contract, work, terms, fit);
    if (used->result_seq != row->seq || used->item != row->item)
        return false;
    struct dispute_now dispute = standing_dispute(contract, work, fit->result);
    out->standing = dispute.standing == DISPUTE_OPEN && standing_in_dispute_days(terms, fit->metric, used, dispute.time)
                        ? ENGINE_DISPUTED
                        : ENGINE_FINAL;
    out->became_final = used->began_seq;
    if (used->replaced.len > 0)
        out->value = used->replaced;
    return true;
}

static void fact_add(const struct view_contract *contract, const struct work *work, const struct terms *terms,
                     const struct fit *fit, struct engine_fact *facts, size_t *count)
{
    if (fact_make(contract, work, terms, fit, &facts[*count]))
        (*count)++;
}

enum tally_code engine_input_make(struct view_contract *contract, const struct work *work, const struct terms *terms,
                                  int32_t today, struct arena *arena, struct engine_input *out, struct err *err)
{
    uint32_t fresh_count = work == NULL ? 0 : work->fresh_count, at = 0;
    struct engine_fact *facts = ARENA_ARRAY(arena, (size_t) contract->fit_count + fresh_count + 1, struct engine_fact);
    struct engine_record *records = ARENA_ARRAY(arena, (size_t) contract->instances.count + 1, struct engine_record);
    if (facts == NULL || records == NULL)
        return err_set(err, TALLY_E_LIMIT, "evaluating contract %.*s takes more memory than was granted",
                       SLICE_ARG(contract->row.id));
    *out = (struct engine_input){
        .terms = terms, .today = today, .facts = facts, .records = records, .next_first = contract->row.next_first};
    for (uint32_t i = 0; i < contract->fit_count; i++)
        fact_add(contract, work, terms, &contract->fits[i], facts, &out->fact_count);
    for (uint32_t i = 0; i < fresh_count; i++)
        fact_add(contract, work, terms, &work->fresh[i], facts, &out->fact_count);
    for (const struct view_instance *instance; (instance = table_next(&contract->instances, &at)) != NULL;) {
        uint32_t rule = terms_find_rule(terms, instance->row.rule);
        if (rule == TERMS_NONE)
            return err_set(err, TALLY_E_INTEGRITY, "contract %.*s has no rule %.*s, of which an instance is recorded",
                           SLICE_ARG(contract->row.id), SLICE_ARG(instance->row.rule));
        records[out->record_count++] =
            (struct engine_record){rule, instance->row.key, instance->row.stands, instance->row.first, instance->row.day};
    }
    return TALLY_OK;
}

/* ---- what is recorded of the answer ---- */
static enum tally_code record_instances(struct deciding *d, const struct work *work, const struct terms *terms,
                                        const struct engine_output *output)
{
    enum tally_code rc = TALLY_OK;
    for (size_t i = 0; i < output->count; i++) {
        const struct engine_instance *instance = &output->instances[i];
        struct slice rule = terms_rule(terms, instance->rule)->name;
        const struct view_instance *before = table_find(&work->contract->instances, ident_pair(rule, instance->key));
        if (!instance->has_difference && instance->first == (before == NULL ? 0 : before->row.first) &&
            instance->day == (before == NULL ? DAY_NEVER : before->row.day))
            continue;
        struct row_instance row = {
            .contract = work->row.id,
            .first = instance->first,
            .day = instance->day,
        };
        TRY(keep(d, rule, &row.rule));
        TRY(keep(d, instance->key, &row.key));
        TRY(keep(d, instance->has_difference ? instance->target : instance->stands, &row.stands));
        TRY(change_instance(d, &row));
    }
done:
    return rc;
}

enum tally_code evaluation(struct deciding *d, struct work *work, const struct terms *terms, int32_t today)
{
    enum tally_code rc = TALLY_OK;
    struct engine_output *output = NULL;
    TRY(followed_evaluate(d, work, terms, today, &output));
    TRY(record_instances(d, work, terms, output));
    for (size_t from = 0, to = 0; from < output->count; from = to) {
        while (to < output->count && output->instances[to].rule == output->instances[from].rule)
            to++;
        TRY(payment(d, work, terms, today, output->instances + from, to - from));
    }
    work->row.next_first = output->next_first;
    work->row.next_moment = moment_of(terms, output->next_moment);
done:
    arena_clear(d->model->scratch);
    return rc;
}
