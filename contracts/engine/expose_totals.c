/* Every rule and every cap of a text: looked at member by member, and where that takes too long once more with all together. */
#include "expose.h"

/* Everything once. false: no memory, or more steps than granted. */
static bool expose_all(struct exposing *ex, struct expose_totals *totals)
{
    const struct terms *t = ex->t;
    for (uint32_t i = 0; i < t->cap_count; i++)
        expose_cap_sum(ex, &t->caps[i], &totals->caps[i]);
    for (uint32_t i = 0; i < t->rule_count && !ex->failed && !(ex->is_spent && !ex->is_coarse); i++)
        expose_rule_sum(ex, i, totals->caps, &totals->rules[i]);
    return !ex->failed && (ex->is_coarse || !ex->is_spent);
}

enum tally_code expose_totals_once(const struct terms *t, bool is_coarse, uint64_t steps_max, struct expose_totals *totals,
                                   bool *is_done, struct err *err)
{
    struct exposing ex;
    struct arena *arena = arena_new(EXPOSE_ARENA_MAX);
    *is_done = false;
    if (arena == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory to find the exposure");
    if (expose_begin(&ex, t, arena, is_coarse, steps_max))
        *is_done = expose_all(&ex, totals);
    expose_end(&ex);
    arena_free(arena);
    if (!*is_done && is_coarse)
        return err_set(err, TALLY_E_LIMIT, "the exposure of this text needs more memory than it is granted");
    return TALLY_OK;
}

enum tally_code expose_totals_find(const struct terms *t, uint64_t steps_max, struct expose_totals *totals, bool *is_coarse,
                                   struct err *err)
{
    bool is_done = false;
    *is_coarse = false;
    enum tally_code rc = expose_totals_once(t, false, steps_max, totals, &is_done, err);
    if (rc != TALLY_OK || is_done)
        return rc;
    *is_coarse = true;
    return expose_totals_once(t, true, steps_max, totals, &is_done, err);
}

bool expose_totals_make(const struct terms *t, struct arena *arena, struct expose_totals *totals)
{
    totals->rules = ARENA_ARRAY(arena, t->rule_count, struct expose_sum);
    totals->caps = ARENA_ARRAY(arena, t->cap_count, struct range);
    if (totals->rules == NULL || totals->caps == NULL)
        return false;
    for (uint32_t i = 0; i < t->rule_count; i++)
        expose_sum_init(&totals->rules[i]);
    for (uint32_t i = 0; i < t->cap_count; i++)
        range_init(&totals->caps[i]);
    return true;
}

void expose_totals_clear(const struct terms *t, struct expose_totals *totals)
{
    for (uint32_t i = 0; i < t->rule_count; i++)
        expose_sum_clear(&totals->rules[i]);
    for (uint32_t i = 0; i < t->cap_count; i++)
        range_clear(&totals->caps[i]);
}
