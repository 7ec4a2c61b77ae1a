/* Which contracts the results of a preview would fit, and why not: as GET /v1/results/{seq} says it of what was recorded. A value that
 * nothing uses causes nothing, and that alone would look like one that waits for its verifier. */
#include "preview_fits.h"

#include "tally/text.h"

struct fitting {
    const struct model *model;
    const struct command *command;
    const struct changes *changes;
    const struct model_fit *fits;
    uint32_t count, next; /* next: of fits, which are in order of item */
};

static bool is_final(const struct fitting *of, const struct model_fit *fit, uint64_t seq)
{
    for (uint32_t i = 0; i < of->changes->finals_count; i++) {
        const struct row_final *final = &of->changes->finals[i];
        if (final->result_seq == seq && final->item == fit->item && final->version == fit->version &&
            slice_equal(final->contract, fit->contract) && slice_equal(final->metric, fit->metric))
            return true;
    }
    return false;
}

static void write_fit(struct canon *w, const struct fitting *of, const struct model_fit *fit, uint64_t seq)
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
        canon_str(w, is_final(of, fit, seq) ? "final" : "not final");
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
            write_fit(w, of, &of->fits[of->next], row->seq);
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
    struct fitting of = {.model = model, .command = command, .changes = changes, .fits = fits, .count = count};
    canon_name(w, "items");
    canon_array(w);
    for (uint32_t i = 0; i < changes->results_count; i++)
        write_item(w, &of, &changes->results[i]);
    canon_close(w);
done:
    return rc;
}
