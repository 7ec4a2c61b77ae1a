/* The registry of indicators. */
#include "decide.h"

enum tally_code decide_define_indicator(struct deciding *d)
{
    enum tally_code rc = TALLY_OK;
    struct slice slug = d->command->u.define_indicator.slug;
    uint32_t version = d->command->u.define_indicator.version;
    uint32_t latest = view_indicator_latest(d->model, slug);
    const struct row_indicator *before = view_indicator(d->model, slug, latest);
    if (!d->actor->row.is_backbone && !d->actor->row.is_operator)
        return REFUSE(d, REFUSE_NOT_ALLOWED,
                      "%.*s may not define indicators: an actor with the role backbone or the operator does",
                      SLICE_ARG(d->actor->row.id));
    if (version != latest + 1)
        return REFUSE_AT(d, REFUSE_INDICATOR_VERSION, SLICE("/version"),
                         "%.*s has %" PRIu32 " versions, so the next is %" PRIu32 ", not %" PRIu32, SLICE_ARG(slug), latest,
                         latest + 1, version);
    if (before != NULL)
        STEP(HEAD_COVERS(d, before->seq, "version %" PRIu32 " of %.*s", latest, SLICE_ARG(slug)));
    struct row_indicator row = {
        .slug = slug,
        .version = version,
        .seq = d->place->seq,
        .name = d->command->u.define_indicator.name,
        .definition = d->command->u.define_indicator.definition,
        .unit = d->command->u.define_indicator.unit,
        .kind = d->command->u.define_indicator.kind == INDICATOR_OUTPUT ? SLICE("output") : SLICE("outcome"),
        .defined_by = d->command->actor,
        .lower_is_better = d->command->u.define_indicator.lower_is_better,
    };
    STEP(change_indicator(d, &row));
done:
    return rc;
}
