/* What earlier results are under a text that has just come into force: those that fit it are used, and how they stand in the contract
 * does not begin anew: what was final, disputed, replaced or annulled is so there too. */
#include <stdlib.h>

#include "decide.h"

static const struct view_series *series_of(const struct deciding *d, const struct work *work,
                                           const struct terms_metric *metric)
{
    if (metric->source == AST_SOURCE_INDICATOR)
        return table_find(&d->model->series, ident_version(metric->slug, metric->version));
    if (metric->source == AST_SOURCE_TEXT)
        return table_find(&d->model->series, ident_pair(work->row.id, metric->name));
    return NULL;
}

/* All results that fit the newest text. */
static enum tally_code find_fits(struct deciding *d, struct work *work)
{
    enum tally_code rc = TALLY_OK;
    uint32_t text = work->contract->text_count - 1;
    const struct terms *terms = work->contract->texts[text]->terms;
    for (uint32_t m = 0; m < terms_metric_count(terms); m++) {
        const struct view_series *series = series_of(d, work, terms_metric(terms, m));
        for (uint32_t i = 0; series != NULL && i < series->count; i++) {
            struct fit fit = {.result = series->items[i], .text = text, .metric = m};
            struct slice why = {NULL, 0};
            bool fits = false;
            TRY(fit_chain(d->model, work->contract, text, m, fit.result, d->arena, &fits, &fit.key, &why, d->err));
            if (fits)
                TRY(fresh_add(d, work, &fit));
        }
    }
done:
    return rc;
}

/* How a chain stands by an earlier text, by the result that is its end. */
static enum tally_code note_ends(struct deciding *d, const struct work *work, struct overlay *ends)
{
    enum tally_code rc = TALLY_OK;
    const struct view_contract *contract = work->contract;
    for (uint32_t i = 0; i < contract->fit_count; i++) {
        const struct fit *fit = &contract->fits[i];
        const struct row_result *row = &fit->result->row;
        const struct chain_end *end = standing_end(contract, NULL, fit);
        struct ident id = ident_item(row->seq, &row->item);
        if (end == NULL || end->result_seq != row->seq || end->item != row->item)
            continue;
        const struct chain_end *other = overlay_find(ends, id);
        if (other == NULL || other->seq < end->seq)
            TRY(overlay_put(d, ends, id, end));
    }
done:
    return rc;
}

struct heir {
    const struct fit *fit;
    const struct chain_end *end;
};

/* As they became final: of two chains of a key the one that ended comes before the one that followed it. */
static int by_end(const void *a, const void *b)
{
    const struct heir *left = a, *right = b;
    const struct row_result *l = &left->fit->result->row, *r = &right->fit->result->row;
    if (left->end->seq != right->end->seq)
        return left->end->seq < right->end->seq ? -1 : 1;
    if (left->end->is_none != right->end->is_none)
        return left->end->is_none ? -1 : 1;
    if (l->seq != r->seq)
        return l->seq < r->seq ? -1 : 1;
    if (l->item != r->item)
        return l->item < r->item ? -1 : 1;
    return (left->fit->metric > right->fit->metric) - (left->fit->metric < right->fit->metric);
}

enum tally_code inherit(struct deciding *d, struct work *work)
{
    enum tally_code rc = TALLY_OK;
    struct overlay ends = {0};
    uint32_t count = 0;
    TRY(find_fits(d, work));
    TRY(note_ends(d, work, &ends));
    struct heir *heirs = ARENA_ARRAY(d->arena, (size_t) work->fresh_count + 1, struct heir);
    if (heirs == NULL)
        return no_arena(d);
    for (uint32_t i = 0; i < work->fresh_count; i++) {
        const struct row_result *row = &work->fresh[i].result->row;
        const struct chain_end *end = overlay_find(&ends, ident_item(row->seq, &row->item));
        if (end != NULL)
            heirs[count++] = (struct heir){&work->fresh[i], end};
    }
    qsort(heirs, count, sizeof(*heirs), by_end);
    for (uint32_t i = 0; i < count; i++)
        TRY(finals_inherit(d, work, heirs[i].fit, heirs[i].end));
done:
    return rc;
}
