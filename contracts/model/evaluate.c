/* What readers ask of the view. */
#include <stdlib.h>

#include "decide.h"

/* The contract's engine input as of a moment. */
static enum tally_code prepare(const struct model *model, struct slice id, struct instant at, struct arena *arena,
                               struct engine_input *input, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    const struct terms *terms = NULL;
    struct view_contract *contract = view_contract(model, id);
    if (contract == NULL)
        return err_set(err, TALLY_E_NOT_FOUND, "no contract is called %.*s", SLICE_ARG(id));
    TRY(terms_of(model, contract, &terms, err));
    TRY(fits_update(model, contract, err));
    TRY(engine_input_make(model, contract, NULL, instant_day(at, terms_clock_minutes(terms)), arena, input, err));
done:
    return rc;
}

enum tally_code model_evaluate(const struct model *model, struct slice contract, struct instant at, struct arena *arena,
                               struct engine_input *input, struct engine_output **out, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    TRY(prepare(model, contract, at, arena, input, err));
    TRY(engine_evaluate(input, arena, out, err));
done:
    return rc;
}

static const struct engine_instance *instance_of(const struct engine_output *output, uint32_t rule, struct slice key)
{
    for (size_t i = 0; i < output->count; i++)
        if (output->instances[i].rule == rule && slice_equal(output->instances[i].key, key))
            return &output->instances[i];
    return NULL;
}

enum tally_code model_explain(const struct model *model, struct slice contract, struct slice rule, const struct slice *keys,
                              uint32_t count, uint32_t more, struct instant at, struct arena *arena, struct buf *out,
                              struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct engine_input input = {0};
    struct engine_output *output = NULL;
    struct engine_kept *kept = NULL;
    struct explanation e;
    explanation_begin(&e, contract, EXPLANATION_BYTES_MAX);
    TRY(prepare(model, contract, at, arena, &input, err));
    uint32_t place = engine_rule_place(&input, rule);
    if (place == TERMS_NONE)
        TRY(err_set(err, TALLY_E_NOT_FOUND, "contract %.*s has no rule %.*s", SLICE_ARG(contract), SLICE_ARG(rule)));
    TRY(engine_evaluate_kept(&input, arena, &output, &kept, err));
    for (uint32_t i = 0; i < count; i++) {
        const struct engine_instance *told = instance_of(output, place, keys[i]);
        if (told == NULL)
            e.left_out++; /* its key is there no more */
        else
            TRY(explanation_add(&e, kept, told, err));
    }
    e.left_out += more;
    TRY(explanation_end(&e, false, rule, input.today, err));
    buf_add_slice(out, buf_slice(&e.body));
done:
    engine_kept_free(kept);
    explanation_release(&e);
    return rc;
}

/* ---- which metrics the results of a statement fit ---- */
#define OPEN_DIMENSIONS_MAX 16 /* looked at in one answer; a statement's contracts have one or two */

struct fitting {
    struct model_fit *items;
    uint32_t count, cap;
    struct {
        const struct view_contract *contract;
        struct people people;
    } known[OPEN_DIMENSIONS_MAX];
    uint32_t known_count;
};

static enum tally_code fitting_add(struct deciding *d, struct fitting *list, struct model_fit item)
{
    if (list->count == list->cap) {
        uint32_t cap = list->cap == 0 ? 8 : list->cap * 2;
        struct model_fit *items = ARENA_ARRAY(d->arena, cap, struct model_fit);
        if (items == NULL)
            return no_arena(d);
        if (list->count > 0)
            memcpy(items, list->items, list->count * sizeof(*items));
        list->items = items;
        list->cap = cap;
    }
    list->items[list->count++] = item;
    return TALLY_OK;
}

static enum tally_code people_of(struct deciding *d, const struct view_contract *contract, uint32_t dimension,
                                 struct fitting *list, const struct people **out)
{
    enum tally_code rc = TALLY_OK;
    uint32_t at = 0;
    while (at < list->known_count &&
           (list->known[at].contract != contract || list->known[at].people.dimension != dimension))
        at++;
    if (at == OPEN_DIMENSIONS_MAX)
        at = list->known_count = 0;
    if (at == list->known_count) {
        list->known[at].contract = contract;
        TRY(people_find(contract, dimension, d->arena, &list->known[at].people, d->err));
        list->known_count++;
    }
    *out = &list->known[at].people;
done:
    return rc;
}

/* S7: a result of somebody who came when all places were taken does not fit, as long as they are. */
static enum tally_code check_people(struct deciding *d, const struct view_contract *contract, const struct terms *terms,
                                    uint32_t metric, const struct view_result *result, struct fitting *list,
                                    struct model_fit *fit)
{
    enum tally_code rc = TALLY_OK;
    const struct terms_metric *m = terms_metric(terms, metric);
    for (uint32_t i = 0; i < m->by_count && fit->fits && contract->row.is_full; i++) {
        const struct terms_dimension *dimension = terms_dimension(terms, m->by[i]);
        const struct people *people = NULL;
        bool is_open = dimension->kind == TERMS_PERSONS || dimension->kind == TERMS_OPEN;
        for (uint32_t k = 0; is_open && k < result->dimension_count && fit->fits; k++) {
            if (!slice_equal(result->dimensions[k].name, dimension->name))
                continue;
            TRY(people_of(d, contract, m->by[i], list, &people));
            fit->fits = people_have_room(people, result->dimensions[k].member);
            fit->why = fit->fits ? SLICE("")
                                 : arena_printf(d->arena, "%u count as `%.*s`, and others came before", dimension->at_most,
                                                SLICE_ARG(dimension->name));
            if (fit->why.ptr == NULL)
                return no_arena(d);
        }
    }
done:
    return rc;
}

static enum tally_code fit_text(struct deciding *d, const struct view_contract *contract, uint32_t text,
                                const struct view_result *result, struct fitting *list)
{
    enum tally_code rc = TALLY_OK;
    const struct terms *terms = contract->texts[text]->terms;
    for (uint32_t i = 0; i < terms_metric_count(terms); i++) {
        struct slice name = terms_metric(terms, i)->name;
        struct model_fit fit = {.item = result->row.item, .contract = contract->row.id, .version = text + 1};
        if (!fit_is_source(contract, terms_metric(terms, i), &result->row))
            continue;
        TRY(keep(d, name, &fit.metric));
        TRY(fit_one(d->model, contract, text, i, result, d->arena, &fit.fits, &fit.key, &fit.why, d->err));
        if (text + 1 == contract->text_count)
            TRY(check_people(d, contract, terms, i, result, list, &fit));
        TRY(fitting_add(d, list, fit));
    }
done:
    return rc;
}

/* By each text: an instance is computed by one of them (V2). */
static enum tally_code fit_contract(struct deciding *d, const struct view_contract *contract,
                                    const struct view_result *result, struct fitting *list)
{
    enum tally_code rc = TALLY_OK;
    const struct terms *terms = NULL;
    TRY(terms_of(d->model, contract, &terms, d->err));
    for (uint32_t k = 0; k < contract->text_count; k++)
        TRY(fit_text(d, contract, k, result, list));
done:
    return rc;
}

enum tally_code model_fits(const struct model *model, uint64_t seq, uint32_t from, uint32_t to, struct arena *arena,
                           struct model_fit **out, uint32_t *count, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct deciding deciding = {.model = model, .arena = arena, .err = err}, *d = &deciding;
    struct fitting list = {0};
    const struct view_submission *submission = view_submission(model, seq);
    for (uint32_t i = from; submission != NULL && i < submission->count && i <= to; i++) {
        struct contract_list contracts = {0};
        if (submission->items[i] == NULL || !submission->items[i]->has_row)
            continue;
        TRY(contract_list_users(d, &contracts, &submission->items[i]->row));
        contract_list_sort(&contracts);
        for (uint32_t k = 0; k < contracts.count; k++)
            TRY(fit_contract(d, contracts.items[k], submission->items[i], &list));
    }
    *out = list.items;
    *count = list.count;
done:
    return rc;
}
