/* One contract's evaluation: what the engine is given, and what of its answer is recorded (P1, P2). */
#include <stdlib.h>

#include "uses.h"

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

enum tally_code fact_make(const struct model *model, const struct view_contract *contract, const struct work *work,
                          const struct fit *fit, struct engine_fact *out, bool *counts, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    const struct row_result *row = &fit->result->row;
    const struct chain_end *used = standing_used(contract, work, fit);
    bool is_in_days = false;
    *out = (struct engine_fact){
        .metric = fit->metric,
        .key = fit->key,
        .value = row->value,
        .standing = ENGINE_PENDING,
        .submitted = instant_day(fit_submitted(model, contract, fit->text, fit->metric, fit->result),
                                 terms_clock_minutes(contract->texts[fit->text]->terms)),
        .seq = row->seq,
    };
    *counts = used == NULL ? !row->is_withdrawal && standing_is_pending(model, contract, work, fit)
                           : used->result_seq == row->seq && used->item == row->item;
    if (used == NULL || !*counts)
        return TALLY_OK;
    struct dispute_now dispute = standing_dispute(contract, work, fit->result);
    if (dispute.standing == DISPUTE_OPEN)
        TRY(standing_in_dispute_days(model, contract, fit, used, dispute.time, &is_in_days, err));
    out->standing = is_in_days ? ENGINE_DISPUTED : ENGINE_FINAL;
    out->became_final = used->began_seq;
    if (used->replaced.len > 0)
        out->value = used->replaced;
done:
    return rc;
}

static enum tally_code no_room(const struct view_contract *contract, struct err *err)
{
    return err_set(err, TALLY_E_LIMIT, "evaluating contract %.*s takes more memory than was granted",
                   SLICE_ARG(contract->row.id));
}

/* ---- what the engine is given ---- */
/* All that is known by one of the texts. */
static enum tally_code facts_of(const struct model *model, const struct view_contract *contract, const struct work *work,
                                uint32_t text, int32_t today, struct arena *arena, const struct engine_fact **out,
                                size_t *out_count, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    uint32_t fresh_count = work == NULL ? 0 : work->fresh_count;
    size_t count = 0, settled = 0, taken = 0;
    size_t room = settled_room(contract->texts[text]->terms) + figures_room(contract, work);
    struct engine_fact *facts =
        ARENA_ARRAY(arena, (size_t) contract->fit_count + fresh_count + room + 1, struct engine_fact);
    if (facts == NULL)
        return no_room(contract, err);
    for (uint32_t i = 0; i < contract->fit_count + fresh_count; i++) {
        const struct fit *fit = i < contract->fit_count ? &contract->fits[i] : &work->fresh[i - contract->fit_count];
        bool counts = false;
        if (fit->text == text)
            TRY(fact_make(model, contract, work, fit, &facts[count], &counts, err));
        count += counts;
    }
    TRY(settled_as_facts(contract, work, text, arena, facts + count, &settled, err));
    TRY(figures_as_facts(contract, work, text, today, facts + count + settled, &taken, err));
    *out = facts;
    *out_count = count + settled + taken;
done:
    return rc;
}

enum tally_code engine_input_texts(const struct view_contract *contract, struct arena *arena, struct engine_input *out,
                                   struct err *err)
{
    struct engine_text *earlier = ARENA_ARRAY(arena, contract->text_count, struct engine_text);
    if (earlier == NULL)
        return no_room(contract, err);
    for (uint32_t k = 0; k + 1 < contract->text_count; k++)
        earlier[k].terms = contract->texts[k]->terms;
    *out = (struct engine_input){
        .terms = text_now(contract)->terms, .earlier = earlier, .earlier_count = contract->text_count - 1};
    return TALLY_OK;
}

static enum tally_code records_of(const struct view_contract *contract, struct arena *arena, struct engine_input *out,
                                  struct err *err)
{
    struct engine_record *records = ARENA_ARRAY(arena, (size_t) contract->instances.count + 1, struct engine_record);
    uint32_t at = 0;
    if (records == NULL)
        return no_room(contract, err);
    for (const struct view_instance *instance; (instance = table_next(&contract->instances, &at)) != NULL;) {
        uint32_t rule = engine_rule_place(out, instance->row.rule);
        if (rule == TERMS_NONE)
            return err_set(err, TALLY_E_INTEGRITY, "contract %.*s has no rule %.*s, of which an instance is recorded",
                           SLICE_ARG(contract->row.id), SLICE_ARG(instance->row.rule));
        records[out->record_count++] =
            (struct engine_record){rule, instance->row.key, instance->row.stands, instance->row.first, instance->row.day};
    }
    out->records = records;
    return TALLY_OK;
}

enum tally_code engine_input_make(const struct model *model, struct view_contract *contract, const struct work *work,
                                  int32_t today, struct arena *arena, struct engine_input *out, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    *out = (struct engine_input){0};
    TRY(engine_input_texts(contract, arena, out, err));
    ENSURE(out->earlier != NULL);
    out->today = today;
    out->next_first = contract->row.next_first;
    for (uint32_t k = 0; k + 1 < contract->text_count; k++) {
        struct engine_text *earlier = (struct engine_text *) (uintptr_t) &out->earlier[k];
        TRY(facts_of(model, contract, work, k, today, arena, &earlier->facts, &earlier->fact_count, err));
    }
    TRY(facts_of(model, contract, work, contract->text_count - 1, today, arena, &out->facts, &out->fact_count, err));
    TRY(figures_wants(work, arena, out, err));
    TRY(records_of(contract, arena, out, err));
done:
    return rc;
}

/* ---- what is recorded of the answer ---- */
/* Is anything of it recorded otherwise than before? */
static bool is_news(const struct work *work, struct slice rule, const struct engine_instance *instance)
{
    const struct view_instance *before = table_find(&work->contract->instances, ident_pair(rule, instance->key));
    return instance->has_difference || instance->first != (before == NULL ? 0 : before->row.first) ||
           instance->day != (before == NULL ? DAY_NEVER : before->row.day);
}

struct change { /* of an instance of the answer */
    const struct engine_instance *instance;
    size_t size;
};

/* By their places among first amounts, so that what is left over finds the places it would have had (C4). */
static int by_first(const void *a, const void *b)
{
    const struct engine_instance *x = ((const struct change *) a)->instance, *y = ((const struct change *) b)->instance;
    if (x->first != y->first)
        return x->first < y->first ? -1 : 1;
    return (x > y) - (x < y);
}

static int by_place(const void *a, const void *b)
{
    const struct engine_instance *x = ((const struct change *) a)->instance, *y = ((const struct change *) b)->instance;
    return (x > y) - (x < y);
}

/* What is news, in the scratch; *size: how much room it takes beside each. Where members pay or are paid, each may be a payment of its own. */
static enum tally_code changes_of(struct deciding *d, const struct work *work, const struct engine_input *texts,
                                  const struct engine_output *output, struct change **out, size_t *out_count, size_t *size)
{
    const struct terms *terms = NULL;
    struct change *list = ARENA_ARRAY(d->model->scratch, output->count + 1, struct change);
    size_t count = 0;
    uint32_t last = TERMS_NONE;
    if (list == NULL)
        return no_arena(d);
    *size = 0;
    for (size_t i = 0; i < output->count; i++) {
        const struct engine_instance *instance = &output->instances[i];
        const struct terms_rule *rule = engine_rule(texts, instance->rule, &terms);
        if (!is_news(work, rule->name, instance))
            continue;
        bool is_each = rule->payer_dimension != TERMS_NONE || rule->payee_dimension != TERMS_NONE;
        *size += instance->rule == last ? 0 : room_size(ROOM_PAYMENT, 0);
        last = instance->rule;
        list[count].instance = instance;
        list[count].size = room_size(ROOM_INSTANCE, instance->key.len) + (is_each ? room_size(ROOM_PAYMENT, 0) : 0);
        count++;
    }
    *out = list;
    *out_count = count;
    return TALLY_OK;
}

/* What of the answer is recorded by this entry: all of it, or as much as there is room for, and at least something. */
static enum tally_code answer_in_room(struct deciding *d, struct work *work, const struct engine_input *texts,
                                      const struct engine_output *whole, struct engine_output *out)
{
    enum tally_code rc = TALLY_OK;
    struct change *list = NULL;
    size_t count = 0, size = 0, n = 0;
    *out = *whole;
    TRY(changes_of(d, work, texts, whole, &list, &count, &size));
    room_take_aside(d, size);
    for (size = 0; n < count; n++)
        size += list[n].size;
    if (size <= room_left(d)) {
        room_take(d, size);
        return TALLY_OK;
    }
    qsort(list, count, sizeof(*list), by_first);
    for (n = 0; n < count && (n == 0 || list[n].size <= room_left(d)); n++)
        room_take(d, list[n].size);
    if (n == count)
        return TALLY_OK;
    work->is_behind = true;
    out->next_first = work->contract->row.next_first;
    if (list[n - 1].instance->first >= out->next_first)
        out->next_first = list[n - 1].instance->first + 1;
    qsort(list, n, sizeof(*list), by_place);
    out->instances = ARENA_ARRAY(d->model->scratch, n, struct engine_instance);
    if (out->instances == NULL)
        return no_arena(d);
    for (size_t i = 0; i < n; i++)
        out->instances[i] = *list[i].instance;
    out->count = n;
done:
    return rc;
}

static enum tally_code record_instances(struct deciding *d, const struct work *work, const struct engine_input *texts,
                                        const struct engine_output *output)
{
    enum tally_code rc = TALLY_OK;
    const struct terms *terms = NULL;
    for (size_t i = 0; i < output->count; i++) {
        const struct engine_instance *instance = &output->instances[i];
        struct slice rule = engine_rule(texts, instance->rule, &terms)->name;
        if (!is_news(work, rule, instance))
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

/* Do results that are not open count in what it comes to, those of contracts that it uses among them? */
static bool has_closed(const struct work *work)
{
    return work->has_closed || work->contract->closed_fit_count > 0 || figures_have_closed(work->contract, work);
}

enum tally_code evaluation(struct deciding *d, struct work *work, int32_t today)
{
    enum tally_code rc = TALLY_OK;
    struct evaluated evaluated = {0};
    struct engine_output answer;
    struct engine_input texts;
    TRY(engine_input_texts(work->contract, d->arena, &texts, d->err));
    texts.today = today;
    work->has_closed = has_closed(work);
    TRY(followed_evaluate(d, work, today, &evaluated));
    TRY(answer_in_room(d, work, &texts, evaluated.output, &answer));
    const struct engine_output *output = &answer;
    TRY(record_instances(d, work, &texts, output));
    for (size_t from = 0, to = 0; from < output->count; from = to) {
        while (to < output->count && output->instances[to].rule == output->instances[from].rule)
            to++;
        TRY(payment(d, work, &texts, evaluated.kept, output->instances + from, to - from));
    }
    work->row.next_first = output->next_first;
    work->row.is_full = output->is_full;
    work->row.next_moment = moment_of(texts.terms, output->next_moment);
    TRY(figures_give(d, work, evaluated.output)); /* which may let go of the compiled texts */
done:
    followed_end(d->model, work->contract, &evaluated);
    arena_clear(d->model->scratch);
    return rc;
}

enum tally_code evaluation_closed(struct deciding *d, struct work *work)
{
    enum tally_code rc = TALLY_OK;
    const struct terms *terms = NULL;
    struct engine_input input;
    struct engine_output *output = NULL;
    if (work->taking_count == 0)
        return TALLY_OK;
    work->has_closed = has_closed(work);
    TRY(terms_of(d->model, work->contract, &terms, d->err));
    TRY(engine_input_make(d->model, work->contract, work, terms_closes(terms), d->model->scratch, &input, d->err));
    TRY(engine_evaluate(&input, d->model->scratch, &output, d->err));
    TRY(figures_give(d, work, output));
done:
    arena_clear(d->model->scratch);
    return rc;
}
