/* A history, evaluated moment by moment; what stands is carried forward as the service records it. */
#include "history_run.h"
#include "tally/mem.h"

#define RUN_BYTES_MAX ((size_t) 512 << 20)    /* facts and records: a million of either */
#define MOMENT_BYTES_MAX ((size_t) 512 << 20) /* one evaluation's input and output: as many instances */

enum tally_code history_begin(const struct terms *terms, const struct history *history, int32_t as_of,
                              struct history_run **out, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct history_run *run = mem_zero(sizeof *run);
    (void) terms; /* the history has all its texts */
    if (run == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "out of memory");
    *run = (struct history_run){.history = history, .as_of = as_of, .next_moment = DAY_NEVER, .day = DAY_MIN};
    run->arena = arena_new(RUN_BYTES_MAX);
    run->scratch[0] = arena_new(MOMENT_BYTES_MAX);
    run->scratch[1] = arena_new(MOMENT_BYTES_MAX);
    if (run->arena == NULL || run->scratch[0] == NULL || run->scratch[1] == NULL)
        TRY(err_set(err, TALLY_E_NO_MEMORY, "out of memory"));
    run->contracts = ARENA_ARRAY(run->arena, history->contract_count, struct run_contract);
    run->states = ARENA_ARRAY(run->arena, history->contract_count, struct history_state);
    if (run->contracts == NULL || run->states == NULL)
        TRY(err_set(err, TALLY_E_NO_MEMORY, "out of memory"));
    for (uint32_t i = 0; i < history->contract_count; i++)
        run->contracts[i].of = &history->contracts[i];
    for (uint32_t i = 0; i < history->contract_count; i++)
        TRY(contract_begin(run, i, err));
    for (uint32_t i = 0; i < history->contract_count; i++) /* again: who uses what is known only now */
        TRY(contract_in_force(run, i, 1, err));
    *out = run;
    return TALLY_OK;
done:
    history_end(run);
    return rc;
}

void history_end(struct history_run *run)
{
    if (run == NULL)
        return;
    arena_free(run->arena);
    arena_free(run->scratch[0]);
    arena_free(run->scratch[1]);
    mem_free(run);
}

enum tally_code history_input(struct history_run *run, struct engine_input *out, struct err *err)
{
    return contract_input(run, run->history->main, run->scratch[0], out, err);
}

/* ---- one moment ---- */

/* Does a moment of the clock change nothing that a reader could see? */
static bool is_same(const struct engine_output *before, const struct engine_output *now)
{
    if (before == NULL || before->count != now->count)
        return false;
    for (size_t i = 0; i < now->count; i++) {
        const struct engine_instance *a = &before->instances[i], *b = &now->instances[i];
        if (b->has_difference || a->rule != b->rule || a->state != b->state || !slice_equal(a->key, b->key) ||
            !slice_equal(a->target, b->target) || !slice_equal(a->reason, b->reason))
            return false;
    }
    return true;
}

MUST_CHECK static enum tally_code evaluate(struct history_run *run, struct history_moment *moment, bool *is_silent,
                                           struct err *err)
{
    enum tally_code rc = TALLY_OK;
    *is_silent = moment->step == NULL && moment->lapse_count == 0;
    run->next_moment = DAY_NEVER;
    for (uint32_t i = 0; i < run->history->contract_count; i++) {
        const struct engine_output *before = run->contracts[i].output;
        TRY(contract_evaluate(run, i, err));
        const struct engine_output *now = run->contracts[i].output;
        ENSURE(now->next_moment > run->day);
        *is_silent = *is_silent && is_same(before, now);
        run->next_moment = now->next_moment < run->next_moment ? now->next_moment : run->next_moment;
        run->states[i].output = now;
    }
    moment->day = run->day;
    moment->states = run->states;
    moment->state_count = run->history->contract_count;
    moment->output = run->states[run->history->main].output;
done:
    return rc;
}

MUST_CHECK static enum tally_code apply_event(struct history_run *run, const struct history_event *event, int32_t day,
                                              struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct run_contract *c = &run->contracts[event->contract];
    for (uint32_t k = 0; k < c->of->text_count; k++) {
        struct slice why = SLICE(""); /* history_read has tried the same: it can follow by one text at least */
        if (event->fits[k].fits)
            TRY(facts_apply(&c->facts[k], event, event->fits[k].metric, event->fits[k].key, day, &why, err));
    }
done:
    return rc;
}

MUST_CHECK static enum tally_code apply_step(struct history_run *run, const struct history_step *step, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    for (size_t i = 0; i < step->count; i++)
        TRY(apply_event(run, &step->events[i], step->day, err));
    for (size_t i = 0; i < step->settled_count; i++)
        TRY(contract_settle(run, &step->settled[i], err));
    if (step->amended == TERMS_NONE)
        return TALLY_OK;
    TRY(contract_in_force(run, step->amended, step->version + 1, err));
    for (uint32_t i = 0; i < run->history->contract_count; i++) /* who follows its amendments takes other figures now */
        TRY(contract_in_force(run, i, run->contracts[i].in_force, err));
    run->contracts[step->amended].output = NULL; /* places of rules have moved: it cannot be compared */
done:
    return rc;
}

/* ---- the order of moments ---- */

static int32_t next_tick(struct history_run *run)
{
    int32_t next = DAY_NEVER;
    for (uint32_t i = 0; i < run->history->contract_count; i++)
        for (uint32_t k = 0; k < run->contracts[i].of->text_count; k++) {
            int32_t day = facts_next_tick(&run->contracts[i].facts[k]);
            next = day < next ? day : next;
        }
    return next;
}

/* The last day on which the clock is asked: after `closes` nothing is evaluated (T5). */
static int32_t limit_of(const struct history_run *run)
{
    int32_t closes = DAY_MIN;
    for (uint32_t i = 0; i < run->history->contract_count; i++) {
        int32_t day = terms_closes(contract_terms(&run->contracts[i]));
        closes = day > closes ? day : closes;
    }
    return run->as_of < closes ? run->as_of : closes;
}

/* What comes next: a step, a day of the clock, or nothing. */
static bool choose(struct history_run *run, const struct history_step **step)
{
    const struct history_step *next = run->next_step < run->history->count ? &run->history->steps[run->next_step] : NULL;
    int32_t tick = next_tick(run), clock = tick < run->next_moment ? tick : run->next_moment;
    bool has_clock = clock <= DAY_MAX && clock <= limit_of(run);
    if (next != NULL && next->day > run->as_of)
        next = NULL;
    bool is_clock = next != NULL && next->count == 0 && next->settled_count == 0 && next->amended == TERMS_NONE;
    if (next != NULL && (!has_clock || next->day < clock || (next->day == clock && is_clock))) {
        run->next_step++;
        run->day = next->day;
        *step = next;
        return true;
    }
    if (has_clock)
        run->day = clock;
    return has_clock;
}

/* What the clock has done by now, of all contracts; told by their first text that says so. */
MUST_CHECK static enum tally_code tick_all(struct history_run *run, struct arena *arena, struct history_moment *moment,
                                           struct err *err)
{
    enum tally_code rc = TALLY_OK;
    for (uint32_t i = 0; i < run->history->contract_count; i++)
        for (uint32_t k = 0; k < run->contracts[i].of->text_count; k++) {
            struct facts *facts = &run->contracts[i].facts[k];
            struct history_event *events = NULL;
            size_t count = 0;
            facts_moment(facts);
            TRY(facts_tick(facts, run->day, arena, &events, &count, err));
            facts_moment(facts);
            if (count == 0 || (k > 0 && moment->lapse_count > 0))
                continue;
            struct history_event *all = ARENA_ARRAY(arena, moment->lapse_count + count, struct history_event);
            if (all == NULL)
                return err_set(err, TALLY_E_LIMIT, "the evaluation takes more memory than was granted");
            if (moment->lapse_count > 0)
                memcpy(all, moment->lapses, moment->lapse_count * sizeof *all);
            memcpy(all + moment->lapse_count, events, count * sizeof *all);
            moment->lapses = all;
            moment->lapse_count += count;
        }
done:
    return rc;
}

MUST_CHECK static enum tally_code one(struct history_run *run, struct history_moment *moment, bool *is_silent,
                                      struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct arena *now = run->scratch[1];
    run->scratch[1] = run->scratch[0];
    run->scratch[0] = now;
    arena_clear(now);
    TRY(tick_all(run, now, moment, err));
    if (moment->step != NULL)
        TRY(apply_step(run, moment->step, err));
    TRY(evaluate(run, moment, is_silent, err));
done:
    return rc;
}

enum tally_code history_next(struct history_run *run, struct history_moment *out, bool *has, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    bool is_silent = true;
    while (is_silent) {
        struct history_moment moment = {0};
        *has = choose(run, &moment.step);
        if (!*has)
            return TALLY_OK;
        if (moment.step == NULL && ++run->quiet > HISTORY_MOMENTS_MAX)
            return err_set(err, TALLY_E_LIMIT,
                           "the clock alone asks for more than %d evaluations; say until when with an "
                           "earlier last day",
                           HISTORY_MOMENTS_MAX);
        TRY(one(run, &moment, &is_silent, err));
        *out = moment;
    }
done:
    return rc;
}
