/* Which contracts the results of a preview would fit, and why not: as GET /v1/results/{seq} says it of what was recorded. A value that
 * nothing uses causes nothing, and that alone would look like one that waits for its verifier. */
#include "preview_fits.h"

#include <stdlib.h>

#include "tally/text.h"

struct fitting {
    const struct model *model;
    const struct command *command;
    const struct row_final **finals; /* of the statement's results, in order: there may be one for each fit */
    size_t final_count;
    const struct model_fit *fits;
    uint32_t count, next; /* next: of fits, which are in order of item */
};

static int by_fit(const void *a, const void *b)
{
    const struct row_final *left = *(const struct row_final *const *) a, *right = *(const struct row_final *const *) b;
    int order = (left->item > right->item) - (left->item < right->item);
    order = order != 0 ? order : slice_compare(left->contract, right->contract);
    order = order != 0 ? order : slice_compare(left->metric, right->metric);
    return order != 0 ? order : (left->version > right->version) - (left->version < right->version);
}

MUST_CHECK static enum tally_code finals_sort(struct fitting *of, const struct changes *changes, uint64_t seq,
                                              struct arena *arena, struct err *err)
{
    of->finals = ARENA_ARRAY(arena, (size_t) changes->finals_count + 1, const struct row_final *);
    if (of->finals == NULL)
        return err_set(err, TALLY_E_LIMIT, "no memory for what a preview makes final");
    for (uint32_t i = 0; i < changes->finals_count; i++)
        if (changes->finals[i].result_seq == seq)
            of->finals[of->final_count++] = &changes->finals[i];
    qsort(of->finals, of->final_count, sizeof(*of->finals), by_fit);
    return TALLY_OK;
}

static bool is_final(const struct fitting *of, const struct model_fit *fit)
{
    const struct row_final like = {
        .item = fit->item, .contract = fit->contract, .metric = fit->metric, .version = fit->version};
    const struct row_final *wanted = &like;
    return bsearch(&wanted, of->finals, of->final_count, sizeof(*of->finals), by_fit) != NULL;
}

static void write_fit(struct canon *w, const struct fitting *of, const struct model_fit *fit)
{
    canon_object(w);
    canon_name(w, "contract");
    canon_string(w, fit->contract);
    if (fit->fits) {
        canon_name(w, "key");
        canon_string(w, fit->key);
    }
    canon_name(w, "metric");
    canon_string(w, fit->metric);
    if (fit->fits) {
        canon_name(w, "standing");
        canon_str(w, is_final(of, fit) ? "final" : "not final");
    }
    canon_name(w, "version_number");
    canon_i64(w, fit->version);
    if (!fit->fits) {
        canon_name(w, "why");
        canon_string(w, fit->why);
    }
    canon_close(w);
}

static void write_name(struct canon *w, const char *name, struct slice text)
{
    canon_name(w, name);
    if (text.len > 0)
        canon_string(w, text);
    else
        canon_null(w);
}

static void write_item(struct canon *w, struct fitting *of, const struct row_result *row)
{
    canon_object(w);
    write_name(w, "contract", row->contract);
    canon_name(w, "dimensions");
    canon_raw(w, row->dimensions);
    canon_name(w, "fits");
    canon_array(w);
    while (of->next < of->count && of->fits[of->next].item < row->item)
        of->next++;
    for (; of->next < of->count && of->fits[of->next].item == row->item; of->next++)
        if (model_reads_contract(of->model, of->fits[of->next].contract, of->command->actor))
            write_fit(w, of, &of->fits[of->next]);
    canon_close(w);
    write_name(w, "indicator", row->indicator);
    canon_name(w, "item");
    canon_i64(w, row->item);
    write_name(w, "metric", row->metric);
    canon_name(w, "value");
    canon_string(w, row->value);
    canon_name(w, "version");
    canon_i64(w, row->version);
    canon_close(w);
}

enum tally_code preview_fits(struct model *model, const struct command *command, struct decision *decision,
                             const struct model_place *place, struct arena *arena, struct canon *w, struct err *err)
{
    static const uint8_t no_hash[32] = {0}; /* it names no entry: nothing was recorded */
    enum tally_code rc = TALLY_OK;
    struct model_fit *fits = NULL;
    const struct changes *changes = &decision->changes;
    uint32_t count = 0;
    TRY(model_evolve(model, command, decision, place, no_hash, err));
    TRY(model_fits(model, place->seq, 0, changes->results_count - 1, arena, &fits, &count, err));
    struct fitting of = {.model = model, .command = command, .fits = fits, .count = count};
    TRY(finals_sort(&of, changes, place->seq, arena, err));
    canon_name(w, "items");
    canon_array(w);
    for (uint32_t i = 0; i < changes->results_count; i++)
        write_item(w, &of, &changes->results[i]);
    canon_close(w);
done:
    return rc;
}
