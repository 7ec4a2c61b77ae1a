/* One contract of a run: what the engine is given, and what of its answer is carried on. */
#include "history_run.h"

MUST_CHECK static enum tally_code no_memory(struct err *err)
{
    return err_set(err, TALLY_E_LIMIT, "the evaluation takes more memory than was granted");
}

const struct terms *contract_terms(const struct run_contract *contract)
{
    return contract->of->texts[contract->in_force - 1]->terms;
}

/* ---- its rules ---- */

static uint32_t name_find(const struct run_contract *c, struct slice name)
{
    for (uint32_t i = 0; i < c->rule_name_count; i++)
        if (slice_equal(c->rule_names[i], name))
            return i;
    return TERMS_NONE;
}

MUST_CHECK static enum tally_code names_make(struct history_run *run, struct run_contract *c, struct err *err)
{
    uint32_t most = 0;
    for (uint32_t k = 0; k < c->of->text_count; k++)
        most += terms_rule_count(c->of->texts[k]->terms);
    c->rule_names = ARENA_ARRAY(run->arena, most + 1, struct slice);
    c->rules = ARENA_ARRAY(run->arena, most + 1, struct history_rule);
    c->names = ARENA_ARRAY(run->arena, most + 1, uint32_t);
    if (c->rule_names == NULL || c->rules == NULL || c->names == NULL)
        return no_memory(err);
    for (uint32_t k = 0; k < c->of->text_count; k++)
        for (uint32_t r = 0; r < terms_rule_count(c->of->texts[k]->terms); r++) {
            struct slice name = terms_rule(c->of->texts[k]->terms, r)->name;
            if (name_find(c, name) == TERMS_NONE)
                c->rule_names[c->rule_name_count++] = name;
        }
    return TALLY_OK;
}

MUST_CHECK static enum tally_code texts_make(const struct run_contract *c, struct arena *arena, struct engine_input *out,
                                             struct err *err)
{
    struct engine_text *earlier = ARENA_ARRAY(arena, c->in_force, struct engine_text);
    if (earlier == NULL)
        return no_memory(err);
    for (uint32_t k = 0; k + 1 < c->in_force; k++)
        earlier[k].terms = c->of->texts[k]->terms;
    *out = (struct engine_input){.terms = contract_terms(c), .earlier = earlier, .earlier_count = c->in_force - 1};
    return TALLY_OK;
}

MUST_CHECK static enum tally_code rules_find(struct history_run *run, struct run_contract *c, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct engine_input input;
    uint32_t place = 0;
    TRY(texts_make(c, run->arena, &input, err));
    c->rule_count = 0;
    for (uint32_t i = 0; i < c->rule_name_count; i++) {
        place = engine_rule_place(&input, c->rule_names[i]);
        if (place == TERMS_NONE)
            continue; /* of a text that is not in force yet */
        c->rules[place].rule = engine_rule(&input, place, &c->rules[place].terms);
        c->names[place] = i;
        c->rule_count++;
    }
done:
    return rc;
}

/* ---- what others use of it ---- */

/* The contract and text that text k of contract `user` uses as `use`. */
static const struct history_use *use_of(const struct history_run *run, uint32_t user, uint32_t k, uint32_t use)
{
    return &run->history->contracts[user].uses[k][use];
}

/* Which want of the used contract a metric's figure is; TERMS_NONE: that contract has it no more. */
static uint32_t want_of(const struct history_run *run, uint32_t user, uint32_t k, const struct terms_metric *m)
{
    const struct terms *terms = run->history->contracts[user].texts[k]->terms;
    const struct history_use *use = use_of(run, user, k, m->use);
    const struct run_contract *used = &run->contracts[use->contract];
    bool as_amended = terms_use(terms, m->use)->as_amended;
    const struct terms *text = as_amended ? NULL : used->of->texts[use->text]->terms;
    struct engine_figure figure;
    if (!engine_figure_find(text == NULL ? contract_terms(used) : text, m->of, &figure))
        return TERMS_NONE;
    for (uint32_t i = 0; i < used->want_count; i++)
        if (used->wants[i].kind == figure.kind && used->wants[i].at == figure.at && used->wants[i].terms == text)
            return i;
    return TERMS_NONE;
}

/* Every figure that any text of the run takes of contract `used`. With wants NULL they are counted. */
static size_t wants_list(const struct history_run *run, uint32_t used, struct engine_figure *wants)
{
    const struct run_contract *c = &run->contracts[used];
    size_t count = 0;
    for (uint32_t user = 0; user < run->history->contract_count; user++)
        for (uint32_t k = 0; k < run->history->contracts[user].text_count; k++) {
            const struct terms *terms = run->history->contracts[user].texts[k]->terms;
            for (uint32_t i = 0; i < terms_metric_count(terms); i++) {
                const struct terms_metric *m = terms_metric(terms, i);
                if (m->source != AST_SOURCE_USED || use_of(run, user, k, m->use)->contract != used)
                    continue;
                const struct terms *text =
                    terms_use(terms, m->use)->as_amended ? NULL : c->of->texts[use_of(run, user, k, m->use)->text]->terms;
                struct engine_figure figure;
                if (!engine_figure_find(text == NULL ? contract_terms(c) : text, m->of, &figure))
                    continue;
                figure.terms = text;
                if (wants != NULL)
                    wants[count] = figure;
                count++;
            }
        }
    return count;
}

MUST_CHECK static enum tally_code wants_find(struct history_run *run, uint32_t contract, struct err *err)
{
    struct run_contract *c = &run->contracts[contract];
    size_t count = wants_list(run, contract, NULL);
    c->wants = ARENA_ARRAY(run->arena, count + 1, struct engine_figure);
    if (c->wants == NULL)
        return no_memory(err);
    c->want_count = wants_list(run, contract, c->wants);
    return TALLY_OK;
}

enum tally_code contract_in_force(struct history_run *run, uint32_t contract, uint32_t count, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct run_contract *c = &run->contracts[contract];
    c->in_force = count;
    TRY(rules_find(run, c, err));
    TRY(wants_find(run, contract, err));
    run->states[contract] = (struct history_state){.slug = c->of->slug, .rules = c->rules, .rule_count = c->rule_count};
done:
    return rc;
}

enum tally_code contract_begin(struct history_run *run, uint32_t contract, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct run_contract *c = &run->contracts[contract];
    *c = (struct run_contract){.of = &run->history->contracts[contract], .next_first = 1};
    c->records.arena = c->timely.arena = run->arena;
    c->facts = ARENA_ARRAY(run->arena, c->of->text_count, struct facts);
    if (c->facts == NULL)
        return no_memory(err);
    for (uint32_t k = 0; k < c->of->text_count; k++)
        facts_init(&c->facts[k], c->of->texts[k]->terms, contract, run->arena);
    TRY(names_make(run, c, err));
    TRY(contract_in_force(run, contract, 1, err));
done:
    return rc;
}

/* ---- facts ---- */

/* U4: a key that was unknown at the end of `until` takes the default for good. */
MUST_CHECK static enum tally_code judge_time(struct history_run *run, struct run_contract *c, uint32_t k,
                                             struct engine_fact *fact, bool *is_left_out, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    const struct terms *terms = c->of->texts[k]->terms;
    uint32_t group = k * terms_metric_count(terms) + fact->metric;
    int32_t until = terms_until(terms, fact->metric, fact->key);
    void *found = places_find(&c->timely, group, fact->key);
    *is_left_out = false;
    if (until == DAY_NEVER)
        return TALLY_OK;
    if (run->day > until) {
        *is_left_out = found == NULL || !((struct timely *) found)->is_known;
        return TALLY_OK;
    }
    if (found == NULL)
        TRY(places_add(&c->timely, group, fact->key, sizeof(struct timely), &found, err));
    ((struct timely *) found)->is_known = fact->standing == ENGINE_FINAL;
done:
    return rc;
}

MUST_CHECK static enum tally_code used_facts(struct history_run *run, uint32_t contract, uint32_t k, uint32_t metric,
                                             struct arena *arena, struct engine_fact **out, size_t *count, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct run_contract *c = &run->contracts[contract];
    const struct terms *terms = c->of->texts[k]->terms;
    const struct terms_metric *m = terms_metric(terms, metric);
    const struct history_use *use = use_of(run, contract, k, m->use);
    const struct run_contract *used = &run->contracts[use->contract];
    const struct engine_output *output = used->output != NULL && used->output->value_count > 0 ? used->output : &used->last;
    const struct terms *text =
        terms_use(terms, m->use)->as_amended ? contract_terms(used) : used->of->texts[use->text]->terms;
    uint32_t want = want_of(run, contract, k, m);
    size_t n = 0, kept = 0;
    *count = 0;
    if (want == TERMS_NONE)
        return TALLY_OK;
    TRY(engine_used_facts(terms, metric, text, output, want, run->day, arena, out, &n, err));
    for (size_t i = 0; i < n; i++) {
        bool is_left_out = false;
        TRY(judge_time(run, c, k, &(*out)[i], &is_left_out, err));
        if (!is_left_out)
            (*out)[kept++] = (*out)[i];
    }
    *count = kept;
done:
    return rc;
}

/* The results that fit a text, and the figures that it takes of other contracts. */
MUST_CHECK static enum tally_code facts_of(struct history_run *run, uint32_t contract, uint32_t k, struct arena *arena,
                                           const struct engine_fact **out, size_t *count, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct run_contract *c = &run->contracts[contract];
    const struct terms *terms = c->of->texts[k]->terms;
    struct engine_fact *facts = NULL;
    size_t n = 0;
    TRY(facts_list(&c->facts[k], arena, &facts, &n, err));
    for (uint32_t m = 0; m < terms_metric_count(terms); m++) {
        struct engine_fact *more = NULL;
        size_t added = 0;
        if (terms_metric(terms, m)->source == AST_SOURCE_USED)
            TRY(used_facts(run, contract, k, m, arena, &more, &added, err));
        else if (terms_metric(terms, m)->source == AST_SOURCE_SETTLEMENTS)
            TRY(settled_facts(c, k, m, arena, &more, &added, err));
        if (added == 0)
            continue;
        struct engine_fact *all = ARENA_ARRAY(arena, n + added + 1, struct engine_fact);
        if (all == NULL)
            return no_memory(err);
        if (n > 0)
            memcpy(all, facts, n * sizeof *all);
        if (added > 0)
            memcpy(all + n, more, added * sizeof *all);
        facts = all;
        n += added;
    }
    *out = facts;
    *count = n;
done:
    return rc;
}

enum tally_code contract_input(struct history_run *run, uint32_t contract, struct arena *arena, struct engine_input *out,
                               struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct run_contract *c = &run->contracts[contract];
    struct engine_record *records = ARENA_ARRAY(arena, c->records.count + 1, struct engine_record);
    uint32_t *places = ARENA_ARRAY(arena, (size_t) c->rule_name_count + 1, uint32_t);
    if (records == NULL || places == NULL)
        return no_memory(err);
    *out = (struct engine_input){0};
    TRY(texts_make(c, arena, out, err));
    ENSURE(out->earlier != NULL);
    for (uint32_t k = 0; k + 1 < c->in_force; k++) {
        struct engine_text *earlier = (struct engine_text *) (uintptr_t) &out->earlier[k];
        TRY(facts_of(run, contract, k, arena, &earlier->facts, &earlier->fact_count, err));
    }
    for (uint32_t i = 0; i < c->rule_name_count; i++)
        places[i] = engine_rule_place(out, c->rule_names[i]);
    for (size_t i = 0; i < c->records.count; i++) {
        const struct place *place = &c->records.items[i];
        const struct record *record = place->value;
        records[i] = (struct engine_record){.rule = places[place->group],
                                            .key = place->key,
                                            .stands = slice_of(record->stands, record->len),
                                            .first = record->first,
                                            .day = record->day};
    }
    TRY(facts_of(run, contract, c->in_force - 1, arena, &out->facts, &out->fact_count, err));
    out->today = run->day;
    out->records = records;
    out->record_count = c->records.count;
    out->next_first = c->next_first;
    out->wants = c->wants;
    out->want_count = c->want_count;
done:
    return rc;
}

enum tally_code contract_settle(struct history_run *run, const struct history_settlement *settled, struct err *err)
{
    struct run_contract *c = &run->contracts[settled->contract];
    if (c->settled_count == c->settled_cap) {
        size_t cap = c->settled_cap == 0 ? 16 : c->settled_cap * 2;
        const struct history_settlement **grown = ARENA_ARRAY(run->arena, cap, const struct history_settlement *);
        if (grown == NULL)
            return no_memory(err);
        if (c->settled_count > 0)
            memcpy(grown, c->settled, c->settled_count * sizeof *grown);
        c->settled = grown;
        c->settled_cap = cap;
    }
    c->settled[c->settled_count++] = settled;
    return TALLY_OK;
}

/* ---- what is carried on ---- */

MUST_CHECK static enum tally_code record_one(struct history_run *run, struct run_contract *c,
                                             const struct engine_instance *instance, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct slice stands = instance->has_difference ? instance->target : instance->stands;
    uint32_t name = c->names[instance->rule];
    void *found = places_find(&c->records, name, instance->key);
    if (found == NULL && !instance->has_difference && instance->first == 0 && instance->day == DAY_NEVER)
        return TALLY_OK; /* as one that is not recorded */
    if (found == NULL)
        TRY(places_add(&c->records, name, instance->key, sizeof(struct record), &found, err));
    struct record *record = found;
    if (record->cap < stands.len) {
        char *text = arena_alloc(run->arena, stands.len * 2);
        if (text == NULL)
            TRY(no_memory(err));
        record->stands = text;
        record->cap = stands.len * 2;
    }
    ENSURE(record->stands != NULL && stands.len > 0); /* money is never an empty text */
    memcpy(record->stands, stands.ptr, stands.len);
    record->len = stands.len;
    record->first = instance->first;
    record->day = instance->day;
done:
    return rc;
}

/* T5: others see the last values. They lie with the moment before this one. */
MUST_CHECK static enum tally_code keep_values(struct history_run *run, struct run_contract *c, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    const struct engine_output *before = c->output;
    if (before == NULL || before->value_count == 0 || run->day <= terms_closes(contract_terms(c)))
        return TALLY_OK;
    struct engine_value *values = ARENA_ARRAY(run->arena, before->value_count, struct engine_value);
    if (values == NULL)
        return no_memory(err);
    for (size_t i = 0; i < before->value_count; i++) {
        const struct engine_value *v = &before->values[i];
        values[i] = *v;
        TRY(arena_copy(run->arena, v->key.ptr, v->key.len, &values[i].key, err));
        TRY(arena_copy(run->arena, v->value.ptr, v->value.len, &values[i].value, err));
        TRY(arena_copy(run->arena, v->reason.ptr, v->reason.len, &values[i].reason, err));
    }
    c->last = (struct engine_output){.values = values, .value_count = before->value_count};
done:
    return rc;
}

enum tally_code contract_evaluate(struct history_run *run, uint32_t contract, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct run_contract *c = &run->contracts[contract];
    struct engine_input input;
    struct engine_output *output = NULL;
    TRY(keep_values(run, c, err));
    TRY(contract_input(run, contract, run->scratch[0], &input, err));
    TRY(engine_evaluate(&input, run->scratch[0], &output, err));
    for (size_t i = 0; i < output->count; i++)
        TRY(record_one(run, c, &output->instances[i], err));
    c->next_first = output->next_first;
    c->output = output;
done:
    return rc;
}
