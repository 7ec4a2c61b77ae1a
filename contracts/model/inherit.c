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

/* How a chain stands. */
struct heir {
    const struct fit *fit;
    const struct chain_end *end;
};

/* How chains stand by the earlier texts: struct heir. */
struct earlier {
    struct overlay ends;  /* by the result that is the chain's end */
    struct overlay taken; /* by the chain's first result: another chain has taken its place for good (S2) */
};

static bool is_taken(const struct deciding *d, const struct chain_end *end)
{
    const struct view_result *by = end->is_none ? view_result(d->model, end->result_seq, end->item) : NULL;
    return by != NULL && by->row.first_seq != end->first_seq;
}

/* The last that was said of it; in one entry, by the newest text and its first metric, since fits are in no order. */
static bool is_later(const struct heir *a, const struct heir *b)
{
    if (a->end->seq != b->end->seq)
        return a->end->seq > b->end->seq;
    if (a->fit->text != b->fit->text)
        return a->fit->text > b->fit->text;
    return a->fit->metric < b->fit->metric;
}

static enum tally_code note_end(struct deciding *d, struct overlay *ends, struct ident id, struct heir heir)
{
    const struct heir *other = overlay_find(ends, id);
    if (other != NULL && !is_later(&heir, other))
        return TALLY_OK;
    struct heir *copy = ARENA_NEW(d->arena, struct heir);
    if (copy == NULL)
        return no_arena(d);
    *copy = heir;
    return overlay_put(d, ends, id, copy);
}

static enum tally_code note_ends(struct deciding *d, const struct work *work, struct earlier *earlier)
{
    enum tally_code rc = TALLY_OK;
    const struct view_contract *contract = work->contract;
    for (uint32_t i = 0; i < contract->fit_count; i++) {
        const struct fit *fit = &contract->fits[i];
        const struct row_result *row = &fit->result->row;
        const struct chain_end *end = standing_end(contract, NULL, fit);
        if (end != NULL && end->result_seq == row->seq && end->item == row->item)
            TRY(note_end(d, &earlier->ends, ident_item(row->seq, &row->item), (struct heir){fit, end}));
        else if (end != NULL && is_taken(d, end))
            TRY(note_end(d, &earlier->taken, ident_item(row->first_seq, &row->first_item), (struct heir){fit, end}));
    }
done:
    return rc;
}

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

/* The chain counts by this text no more than by the earlier ones: it has no value to take over, and would else have one when what took its
 * place is withdrawn. What became of it, and when, is recorded already. */
static enum tally_code take(struct deciding *d, struct work *work, const struct fit *fit, const struct chain_end *end)
{
    enum tally_code rc = TALLY_OK;
    struct row_final row = {.contract = work->row.id,
                            .version = fit->text + 1,
                            .key = fit->key,
                            .result_seq = end->result_seq,
                            .item = end->item,
                            .seq = end->seq,
                            .first_seq = end->first_seq,
                            .began_seq = end->began_seq,
                            .time = end->time,
                            .is_none = true,
                            .replaced = SLICE("")};
    struct ident id = work_ident(end->first_seq, fit);
    if (overlay_find(&work->ends, id) != NULL)
        return TALLY_OK; /* by another result of the chain */
    struct new_final *taken = ARENA_NEW(d->arena, struct new_final);
    if (taken == NULL)
        return no_arena(d);
    *taken = (struct new_final){.fit = *fit, .end = *end};
    TRY(overlay_put(d, &work->ends, work_ident(end->first_seq, &taken->fit), taken));
    TRY(keep(d, terms_metric(work->contract->texts[fit->text]->terms, fit->metric)->name, &row.metric));
    TRY(change_final(d, &row));
done:
    return rc;
}

enum tally_code inherit(struct deciding *d, struct work *work)
{
    enum tally_code rc = TALLY_OK;
    struct earlier earlier = {0};
    uint32_t count = 0;
    TRY(find_fits(d, work));
    TRY(note_ends(d, work, &earlier));
    struct heir *heirs = ARENA_ARRAY(d->arena, (size_t) work->fresh_count + 1, struct heir);
    if (heirs == NULL)
        return no_arena(d);
    for (uint32_t i = 0; i < work->fresh_count; i++) {
        const struct row_result *row = &work->fresh[i].result->row;
        const struct heir *end = overlay_find(&earlier.ends, ident_item(row->seq, &row->item));
        const struct heir *taken = overlay_find(&earlier.taken, ident_item(row->first_seq, &row->first_item));
        if (taken != NULL && (end == NULL || end->end->seq < taken->end->seq))
            end = taken;
        if (end != NULL)
            heirs[count++] = (struct heir){&work->fresh[i], end->end};
    }
    qsort(heirs, count, sizeof(*heirs), by_end);
    for (uint32_t i = 0; i < count; i++)
        TRY(is_taken(d, heirs[i].end) ? take(d, work, heirs[i].fit, heirs[i].end)
                                      : finals_inherit(d, work, heirs[i].fit, heirs[i].end));
done:
    return rc;
}
