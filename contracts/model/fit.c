/* Which of the view's results fit which metrics of a contract (S1). Terms, parties and results never change, so it is found once
 * and kept; the lists of results only grow. */
#include "view.h"

#include <inttypes.h>

bool fit_is_source(const struct view_contract *contract, const struct terms_metric *metric, const struct row_result *row)
{
    if (metric->source == AST_SOURCE_INDICATOR)
        return row->indicator.len > 0 && metric->version == row->version && slice_equal(metric->slug, row->indicator);
    if (metric->source == AST_SOURCE_TEXT)
        return row->indicator.len == 0 && slice_equal(row->contract, contract->row.id) &&
               slice_equal(row->metric, metric->name);
    return false;
}

/* The members of a class are those who had joined it before the result was reported. why is empty: they had. */
static struct slice joined_problem(const struct view_contract *contract, const struct terms *terms, uint32_t metric,
                                   const struct view_result *result, struct arena *arena)
{
    const struct terms_metric *m = terms_metric(terms, metric);
    for (uint32_t i = 0; i < m->by_count; i++) {
        const struct terms_class *of = class_of_dimension(terms, m->by[i]);
        for (uint32_t k = 0; of != NULL && k < result->dimension_count; k++) {
            if (slice_equal(result->dimensions[k].name, of->name) &&
                view_accession(contract, of->name, result->dimensions[k].member, result->row.seq) == NULL)
                return arena_printf(arena, "%.*s had not joined `%.*s` when it was reported",
                                    SLICE_ARG(result->dimensions[k].member), SLICE_ARG(of->name));
        }
    }
    return SLICE("");
}

/* ---- who reports ---- */
static bool is_same_source(const struct terms_metric *a, const struct terms_metric *b)
{
    return a->source == b->source && a->version == b->version && slice_equal(a->slug, b->slug);
}

/* The newest text in force at an entry that has a metric of that name and source, which *out is: it says who reports, old work too. If none
 * has, the text itself does. */
static uint32_t reporting_text(const struct view_contract *contract, uint32_t text, uint32_t metric, uint64_t seq,
                               uint32_t *out)
{
    const struct terms_metric *own = terms_metric(contract->texts[text]->terms, metric);
    *out = metric;
    for (uint32_t k = text_at(contract, seq) + 1; contract->text_count > 1 && k-- > 0;) {
        uint32_t found = terms_find_metric(contract->texts[k]->terms, own->name);
        if (found == TERMS_NONE || !is_same_source(own, terms_metric(contract->texts[k]->terms, found)))
            continue;
        *out = found;
        return k;
    }
    return text;
}

bool fit_governs(const struct view_contract *contract, uint32_t text, uint32_t metric, uint64_t seq)
{
    uint32_t of = 0;
    return reporting_text(contract, text, metric, seq, &of) == text;
}

bool fit_reports(const struct view_contract *contract, uint32_t text, uint32_t metric, const struct view_result *result,
                 struct slice actor, uint64_t seq)
{
    uint32_t of = 0, by = reporting_text(contract, text, metric, seq, &of);
    const struct view_text *now = contract->texts[by];
    struct terms_candidate candidate = {
        .dimensions = result->dimensions,
        .dimension_count = result->dimension_count,
        .reporter = TERMS_NONE,
        .member = view_has_acceded(contract, actor) ? actor : SLICE(""),
    };
    const struct terms_metric *m = terms_metric(now->terms, of);
    bool reports = terms_reports(now->terms, of, &candidate); /* anybody, or as a member of a class */
    for (uint32_t i = 0; i < m->reporter_count && !reports; i++) {
        uint32_t party = m->reporters[i];
        reports = party < now->party_count && now->parties[party] != NULL &&
                  slice_equal(party_at(contract, by, party, seq)->actor, actor);
    }
    return reports;
}

bool fit_handed_over(const struct view_contract *contract, uint32_t text, uint32_t metric, const struct view_result *of,
                     struct slice to, uint64_t seq)
{
    struct slice from = of->row.author;
    return contract->text_count > 1 && !slice_equal(from, to) &&
           fit_reports(contract, text, metric, of, from, of->row.seq) &&
           !fit_reports(contract, text, metric, of, from, seq) && fit_reports(contract, text, metric, of, to, seq);
}

static const struct view_result *first_of(const struct model *model, const struct view_result *result)
{
    const struct row_result *row = &result->row;
    return row->first_seq == row->seq ? result : view_result(model, row->first_seq, row->first_item);
}

struct instant fit_submitted(const struct model *model, const struct view_contract *contract, uint32_t text,
                             uint32_t metric, const struct view_result *result)
{
    struct instant time = result->row.first_time;
    const struct view_result *first = contract->text_count > 1 ? first_of(model, result) : NULL;
    while (first != NULL && first->row.of_seq != ROW_NO_SEQ) {
        const struct view_result *of = view_result(model, first->row.of_seq, first->row.of_item);
        if (of == NULL || !fit_handed_over(contract, text, metric, of, first->row.author, first->row.seq))
            break;
        time = of->row.first_time;
        first = first_of(model, of);
    }
    return time;
}

/* ---- what fits ---- */
enum tally_code fit_one(const struct model *model, const struct view_contract *contract, uint32_t text, uint32_t metric,
                        const struct view_result *result, struct arena *arena, bool *fits, struct slice *key,
                        struct slice *why, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    const struct terms *terms = contract->texts[text]->terms;
    uint32_t of = 0, by = reporting_text(contract, text, metric, result->row.seq, &of);
    bool reports = fit_reports(contract, text, metric, result, result->row.author, result->row.seq);
    struct terms_candidate candidate = {
        .dimensions = result->dimensions,
        .dimension_count = result->dimension_count,
        .value = result->row.value,
        .reporter = TERMS_NONE,
        .is_reporter = reports || by != text,
        .submitted = instant_day(fit_submitted(model, contract, text, metric, result), terms_clock_minutes(terms)),
    };
    *fits = false;
    if (!result_counts_in(&result->row, contract->row.id)) {
        *why = SLICE("it is not open, and was not reported for this contract");
        return TALLY_OK;
    }
    TRY(terms_fit(terms, metric, &candidate, arena, fits, key, why, err));
    struct slice problem = *fits ? joined_problem(contract, terms, metric, result, arena) : SLICE("");
    if (*fits && !reports && problem.ptr != NULL)
        problem =
            arena_printf(arena, "%.*s does not report it, as version %" PRIu32 " of the terms, which was in force, says",
                         SLICE_ARG(result->row.author), by + 1);
    if (problem.ptr == NULL)
        return err_set(err, TALLY_E_LIMIT, "no memory left to say what does not fit");
    if (problem.len > 0) {
        *fits = false;
        *why = problem;
    }
done:
    return rc;
}

enum tally_code fit_chain(const struct model *model, const struct view_contract *contract, uint32_t text, uint32_t metric,
                          const struct view_result *result, struct arena *arena, bool *fits, struct slice *key,
                          struct slice *why, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    const struct view_result *at = result;
    struct view_result valued = *result; /* by its author and at its time: who reports no more takes nothing back */
    TRY(fit_one(model, contract, text, metric, result, arena, fits, key, why, err));
    while (result->row.is_withdrawal && !*fits && at->row.of_seq != ROW_NO_SEQ) {
        const struct view_result *of = view_result(model, at->row.of_seq, at->row.of_item);
        if (of == NULL)
            return err_set(err, TALLY_E_BUG, "result %" PRIu64 " is withdrawn, and was not loaded", at->row.of_seq);
        at = of;
        valued.row.value = of->row.value;
        TRY(fit_one(model, contract, text, metric, &valued, arena, fits, key, why, err));
    }
done:
    return rc;
}

/* The metric of that text by which the result is judged; TERMS_NONE: it fits none. */
static enum tally_code policy_of(const struct model *model, const struct view_contract *contract, uint32_t text,
                                 const struct fit *fit, uint32_t *metric, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    const struct terms *terms = contract->texts[text]->terms;
    struct slice name = terms_metric(contract->texts[fit->text]->terms, fit->metric)->name, key, why;
    *metric = TERMS_NONE;
    for (uint32_t m = 0; m < terms_metric_count(terms); m++) {
        bool fits = false, is_same = slice_equal(terms_metric(terms, m)->name, name);
        if ((*metric != TERMS_NONE && !is_same) || !fit_is_source(contract, terms_metric(terms, m), &fit->result->row))
            continue;
        TRY(fit_chain(model, contract, text, m, fit->result, model->aside, &fits, &key, &why, err));
        *metric = fits ? m : *metric;
        if (fits && is_same)
            break;
    }
done:
    return rc;
}

enum tally_code fit_policy(const struct model *model, const struct view_contract *contract, const struct fit *fit,
                           uint32_t *text, uint32_t *metric, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    uint32_t at = text_at(contract, fit->result->row.seq);
    *text = fit->text;
    *metric = fit->metric;
    for (uint32_t k = at + 1; contract->text_count > 1 && k-- > 0;) { /* those in force then, the newest first */
        TRY(policy_of(model, contract, k, fit, metric, err));
        *text = k;
        if (*metric != TERMS_NONE)
            goto done;
    }
    for (uint32_t k = at + 1; k < contract->text_count; k++) { /* it was there before the text that uses it */
        TRY(policy_of(model, contract, k, fit, metric, err));
        *text = k;
        if (*metric != TERMS_NONE)
            goto done;
    }
    ENSURE(*metric != TERMS_NONE); /* it fits fit->text */
done:
    arena_clear(model->aside);
    return rc;
}

static enum tally_code sources_make(struct model *model, const struct view_contract *contract, struct view_text *text,
                                    struct err *err)
{
    enum tally_code rc = TALLY_OK;
    uint32_t count = terms_metric_count(text->terms);
    struct contract_source *sources = hold_alloc(&model->hold, count * sizeof(*sources));
    if (sources == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory for contract %.*s", SLICE_ARG(contract->row.id));
    for (uint32_t i = 0; i < count; i++) {
        const struct terms_metric *metric = terms_metric(text->terms, i);
        if (metric->source == AST_SOURCE_INDICATOR)
            TRY(series_make(model, ident_version(metric->slug, metric->version), &sources[i].series, err));
        else if (metric->source == AST_SOURCE_TEXT)
            TRY(series_make(model, ident_pair(contract->row.id, metric->name), &sources[i].series, err));
    }
    text->sources = sources;
    text->source_count = count;
    sources = NULL;
done:
    hold_free(&model->hold, sources);
    return rc;
}

enum tally_code contract_complete(struct model *model, struct view_contract *contract, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    const struct terms *terms = NULL;
    TRY(terms_of(model, contract, &terms, err));
    for (uint32_t k = 0; k < contract->text_count; k++) {
        if (contract->texts[k]->sources == NULL)
            TRY(sources_make(model, contract, contract->texts[k], err));
    }
    for (uint32_t k = 0; k < contract->amendment_count; k++) {
        struct view_text *text = contract->amendments[k];
        if (text->sources != NULL || !amendment_is_open(contract, text))
            continue;
        TRY(terms_with(model, contract, text, &terms,
                       err)); /* its results are kept for the day on which it comes into force */
        TRY(sources_make(model, contract, text, err));
    }
    contract->is_complete = true;
done:
    return rc;
}

static uint32_t *head_of(const struct view_contract *contract, const struct fit *like)
{
    struct ident id = {(uint64_t) like->text << 32 | like->metric, like->key, {NULL, 0}};
    uint32_t at = (uint32_t) ident_hash(contract, id) & (contract->fit_head_count - 1);
    for (; contract->fit_heads[at] != 0; at = (at + 1) & (contract->fit_head_count - 1)) {
        const struct fit *fit = &contract->fits[contract->fit_heads[at] - 1];
        if (fit->metric == like->metric && fit->text == like->text && slice_equal(fit->key, like->key))
            break;
    }
    return &contract->fit_heads[at];
}

const struct fit *fit_first(const struct view_contract *contract, const struct fit *like)
{
    uint32_t head = contract->fit_head_count == 0 ? 0 : *head_of(contract, like);
    return head == 0 ? NULL : &contract->fits[head - 1];
}

const struct fit *fit_next(const struct view_contract *contract, const struct fit *fit)
{
    return fit->before == 0 ? NULL : &contract->fits[fit->before - 1];
}

static uint32_t *statement_of(const struct view_contract *contract, uint64_t seq)
{
    uint32_t at = (uint32_t) ident_hash(contract, ident_number(seq)) & (contract->fit_head_count - 1);
    while (contract->fit_statements[at] != 0 && contract->fits[contract->fit_statements[at] - 1].result->row.seq != seq)
        at = (at + 1) & (contract->fit_head_count - 1);
    return &contract->fit_statements[at];
}

const struct fit *fit_first_of(const struct view_contract *contract, uint64_t seq)
{
    uint32_t head = contract->fit_head_count == 0 ? 0 : *statement_of(contract, seq);
    return head == 0 ? NULL : &contract->fits[head - 1];
}

const struct fit *fit_next_of(const struct view_contract *contract, const struct fit *fit)
{
    return fit->sibling == 0 ? NULL : &contract->fits[fit->sibling - 1];
}

static void link_last(struct view_contract *contract, uint32_t count)
{
    struct fit *fit = &contract->fits[count - 1];
    uint32_t *head = head_of(contract, fit), *statement = statement_of(contract, fit->result->row.seq);
    fit->before = *head;
    fit->sibling = *statement;
    *head = *statement = count;
}

/* Room for one more among the heads. */
static enum tally_code heads_room(struct view_contract *contract, struct err *err)
{
    struct hold *hold = contract->finals.hold;
    uint32_t count = contract->fit_head_count == 0 ? 16 : contract->fit_head_count * 2;
    if (contract->fit_count + 1 <= contract->fit_head_count / 2)
        return TALLY_OK;
    uint32_t *heads = hold_alloc(hold, count * sizeof(*heads)), *statements = hold_alloc(hold, count * sizeof(*statements));
    if (heads == NULL || statements == NULL) {
        hold_free(hold, heads);
        hold_free(hold, statements);
        return err_set(err, TALLY_E_NO_MEMORY, "no memory for the results of contract %.*s", SLICE_ARG(contract->row.id));
    }
    hold_free(hold, contract->fit_heads);
    hold_free(hold, contract->fit_statements);
    contract->fit_heads = heads;
    contract->fit_statements = statements;
    contract->fit_head_count = count;
    for (uint32_t i = 1; i <= contract->fit_count; i++)
        link_last(contract, i);
    return TALLY_OK;
}

static enum tally_code fit_add(struct view_contract *contract, const struct fit *fit, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct hold *hold = contract->finals.hold;
    struct slice copy = {NULL, 0};
    TRY(hold_room(hold, (void **) &contract->fits, sizeof(*contract->fits), contract->fit_count, &contract->fit_cap, err));
    TRY(heads_room(contract, err));
    TRY(hold_room(hold, (void **) &contract->undecided, sizeof(*contract->undecided), contract->undecided_count,
                  &contract->undecided_cap, err));
    TRY(hold_text(hold, fit->key, &copy, err));
    contract->undecided[contract->undecided_count++] = contract->fit_count;
    contract->fits[contract->fit_count++] =
        (struct fit){.result = fit->result, .text = fit->text, .metric = fit->metric, .key = copy, .day = DAY_NEVER};
    contract->closed_fit_count += result_is_open(&fit->result->row) ? 0 : 1;
    link_last(contract, contract->fit_count);
    TRY(waiting_note(contract, contract->fit_count - 1, err));
done:
    return rc;
}

#define SCRATCH_KEPT (64u << 10) /* words of some hundred results */

static enum tally_code text_update(const struct model *model, struct view_contract *contract, uint32_t text,
                                   struct err *err)
{
    enum tally_code rc = TALLY_OK;
    for (uint32_t i = 0; i < contract->texts[text]->source_count; i++) {
        struct contract_source *source = &contract->texts[text]->sources[i];
        while (source->series != NULL && source->done < source->series->count) {
            struct fit fit = {.result = source->series->items[source->done], .text = text, .metric = i};
            bool fits = false;
            struct slice why = {NULL, 0};
            TRY(fit_chain(model, contract, text, i, fit.result, model->scratch, &fits, &fit.key, &why, err));
            if (fits)
                TRY(fit_add(contract, &fit, err));
            source->done++;
            if (arena_used(model->scratch) > SCRATCH_KEPT)
                arena_clear(model->scratch);
        }
    }
done:
    return rc;
}

enum tally_code fits_update(const struct model *model, struct view_contract *contract, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    if (!contract->is_complete)
        return err_set(err, TALLY_E_BUG, "contract %.*s is decided upon before all of it is loaded",
                       SLICE_ARG(contract->id.a));
    for (uint32_t k = 0; k < contract->text_count; k++)
        TRY(text_update(model, contract, k, err));
done:
    arena_clear(model->scratch);
    return rc;
}
