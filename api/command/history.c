/* A history, evaluated moment by moment; what stands is carried forward as the service records it. */
#include "history_internal.h"
#include "tally/mem.h"

#define RUN_BYTES_MAX ((size_t) 512 << 20)    /* facts and records: a million of either */
#define MOMENT_BYTES_MAX ((size_t) 512 << 20) /* one evaluation's input and output: as many instances */

struct history_run {
    const struct terms *terms;
    const struct history *history;
    int32_t as_of, day, next_moment;
    struct arena *arena;      /* facts and records */
    struct arena *scratch[2]; /* this moment, and the one before, with which it is compared */
    struct facts facts;
    struct places records;
    const struct engine_output *output; /* of the last moment; NULL before the first */
    size_t next_step, quiet;
    uint64_t next_first;
};

struct record { /* place: rule and key */
    char *stands;
    size_t len, cap;
    uint64_t first;
    int32_t day;
};

enum tally_code history_begin(const struct terms *terms, const struct history *history, int32_t as_of,
                              struct history_run **out, struct err *err)
{
    struct history_run *run = mem_zero(sizeof *run);
    if (run == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "out of memory");
    *run = (struct history_run){
        .terms = terms, .history = history, .as_of = as_of, .next_moment = DAY_NEVER, .next_first = 1, .day = DAY_MIN};
    run->arena = arena_new(RUN_BYTES_MAX);
    run->scratch[0] = arena_new(MOMENT_BYTES_MAX);
    run->scratch[1] = arena_new(MOMENT_BYTES_MAX);
    if (run->arena == NULL || run->scratch[0] == NULL || run->scratch[1] == NULL) {
        history_end(run);
        return err_set(err, TALLY_E_NO_MEMORY, "out of memory");
    }
    facts_init(&run->facts, terms, run->arena);
    run->records.arena = run->arena;
    *out = run;
    return TALLY_OK;
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

MUST_CHECK static enum tally_code input_make(struct history_run *run, struct arena *arena, struct engine_input *out,
                                             struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct engine_fact *facts = NULL;
    size_t fact_count = 0;
    struct engine_record *records = ARENA_ARRAY(arena, run->records.count + 1, struct engine_record);
    if (records == NULL)
        return err_set(err, TALLY_E_LIMIT, "the evaluation takes more memory than was granted");
    TRY(facts_list(&run->facts, arena, &facts, &fact_count, err));
    for (size_t i = 0; i < run->records.count; i++) {
        const struct place *place = &run->records.items[i];
        const struct record *record = place->value;
        records[i] = (struct engine_record){.rule = place->group,
                                            .key = place->key,
                                            .stands = slice_of(record->stands, record->len),
                                            .first = record->first,
                                            .day = record->day};
    }
    *out = (struct engine_input){.terms = run->terms,
                                 .today = run->day,
                                 .facts = facts,
                                 .fact_count = fact_count,
                                 .records = records,
                                 .record_count = run->records.count,
                                 .next_first = run->next_first};
done:
    return rc;
}

enum tally_code history_input(struct history_run *run, struct engine_input *out, struct err *err)
{
    return input_make(run, run->scratch[0], out, err);
}

MUST_CHECK static enum tally_code record_one(struct history_run *run, const struct engine_instance *instance,
                                             struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct slice stands = instance->has_difference ? instance->target : instance->stands;
    void *found = places_find(&run->records, instance->rule, instance->key);
    if (found == NULL && !instance->has_difference && instance->first == 0 && instance->day == DAY_NEVER)
        return TALLY_OK; /* as one that is not recorded */
    if (found == NULL)
        TRY(places_add(&run->records, instance->rule, instance->key, sizeof(struct record), &found, err));
    struct record *record = found;
    if (record->cap < stands.len) {
        char *text = arena_alloc(run->arena, stands.len * 2);
        if (text == NULL)
            TRY(err_set(err, TALLY_E_LIMIT, "what stands takes more memory than was granted"));
        record->stands = text;
        record->cap = stands.len * 2;
    }
    ENSURE(record->stands != NULL && stands.len > 0); /* money is never an empty text */
    memcpy(record->stands, stands.ptr, stands.len);
    record->len = stands.len;
    record->first = instance->first;
    record->day = instance->day;
done:
    return rc;
}

MUST_CHECK static enum tally_code record_all(struct history_run *run, const struct engine_output *output, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    for (size_t i = 0; i < output->count; i++)
        TRY(record_one(run, &output->instances[i], err));
    run->next_first = output->next_first;
done:
    return rc;
}

/* Does a moment of the clock change nothing that a reader could see? */
static bool is_quiet(const struct engine_output *before, const struct engine_output *now)
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
    struct engine_input input;
    struct engine_output *output = NULL;
    TRY(input_make(run, run->scratch[0], &input, err));
    TRY(engine_evaluate(&input, run->scratch[0], &output, err));
    TRY(record_all(run, output, err));
    ENSURE(output->next_moment > run->day);
    *is_silent = moment->step == NULL && moment->lapse_count == 0 && is_quiet(run->output, output);
    run->output = output;
    run->next_moment = output->next_moment;
    moment->day = run->day;
    moment->output = output;
done:
    return rc;
}

MUST_CHECK static enum tally_code apply_step(struct history_run *run, const struct history_step *step, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    for (size_t i = 0; i < step->count; i++) {
        struct slice why = SLICE("");
        TRY(facts_apply(&run->facts, &step->events[i], step->day, &why, err));
        ENSURE(why.len == 0); /* history_read has tried the same */
    }
done:
    return rc;
}

/* What comes next: a step, a day of the clock, or nothing. */
static bool choose(struct history_run *run, const struct history_step **step)
{
    const struct history_step *next = run->next_step < run->history->count ? &run->history->steps[run->next_step] : NULL;
    int32_t lapse = facts_next_lapse(&run->facts), clock = lapse < run->next_moment ? lapse : run->next_moment;
    int32_t limit = run->as_of < terms_closes(run->terms) ? run->as_of : terms_closes(run->terms);
    bool has_clock = clock <= DAY_MAX && clock <= limit; /* after `closes` nothing is evaluated (T5) */
    if (next != NULL && next->day > run->as_of)
        next = NULL;
    if (next != NULL && (!has_clock || next->day < clock || (next->day == clock && next->count == 0))) {
        run->next_step++;
        run->day = next->day;
        *step = next;
        return true;
    }
    if (has_clock)
        run->day = clock;
    return has_clock;
}

MUST_CHECK static enum tally_code one(struct history_run *run, struct history_moment *moment, bool *is_silent,
                                      struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct history_event *lapses = NULL;
    struct arena *now = run->scratch[1];
    run->scratch[1] = run->scratch[0];
    run->scratch[0] = now;
    arena_clear(now);
    TRY(facts_lapse(&run->facts, run->day, now, &lapses, &moment->lapse_count, err));
    moment->lapses = lapses;
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
