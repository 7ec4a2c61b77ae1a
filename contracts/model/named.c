/* What a statement about results names: the statement that reported them, and which of its results. */
#include "decide.h"

enum tally_code named_submission(struct deciding *d, uint64_t seq, const struct view_submission **out)
{
    enum tally_code rc = TALLY_OK;
    const struct view_submission *submission = view_submission(d->model, seq);
    const struct view_result *first = view_result(d->model, seq, 0);
    if (first == NULL || !reads_result(d->model, &first->row, d->command->actor))
        return REFUSE(d, REFUSE_RESULT_NOT_FOUND, "entry %" PRIu64 " reports no result: see /v1/results", seq);
    STEP(HEAD_COVERS(d, seq, "the result"));
    for (uint32_t i = 0; i < submission->count; i++) {
        if (view_result(d->model, seq, i) == NULL)
            return not_loaded(d, "every result of the statement of", submission->items[0]->row.author);
    }
    *out = submission;
done:
    return rc;
}

enum tally_code named_items(struct deciding *d, uint64_t seq, const uint32_t *items, uint32_t item_count, uint32_t count,
                            bool **out)
{
    enum tally_code rc = TALLY_OK;
    bool *is_named = ARENA_ARRAY(d->arena, count, bool);
    if (is_named == NULL)
        return no_arena(d);
    for (uint32_t i = 0; i < count; i++)
        is_named[i] = item_count == 0;
    for (uint32_t i = 0; i < item_count && !refused_enough(d); i++) {
        if (items[i] >= count)
            TRY(REFUSE_AT(d, REFUSE_BODY_SCHEMA, arena_printf(d->arena, "/items/%" PRIu32, i),
                          "entry %" PRIu64 " has %" PRIu32 " results, counted from 0: there is no result %" PRIu32, seq,
                          count, items[i]));
        else
            is_named[items[i]] = true;
    }
    *out = is_named;
done:
    return rc;
}
