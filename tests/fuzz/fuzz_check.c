/* Any bytes as terms: compiled or refused with diagnostics; what compiles is shown its exposure, and evaluated with results that are
 * made up from the bytes. An evaluation that finds what has been triggered standing triggers nothing. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "tally/engine.h"
#include "tally/exposure.h"
#include "tally/terms.h"

#define FACTS_MAX 24u       /* enough for several of each metric */
#define INSTANCES_MAX 5000u /* a text that allows more is only looked at: the time goes to others */
#define MEMORY_MAX (256u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct facts {
    struct engine_fact items[FACTS_MAX];
    size_t count;
    uint32_t chance;
};

static uint32_t next(struct facts *f, uint32_t below)
{
    f->chance = f->chance * 1664525u + 1013904223u;
    return (f->chance >> 8) % below;
}

static bool is_there(const struct facts *f, uint32_t metric, struct slice key)
{
    bool found = false;
    for (size_t i = 0; i < f->count; i++)
        found = found || (f->items[i].metric == metric && slice_equal(f->items[i].key, key));
    return found;
}

static struct slice some_value(struct facts *f, const struct terms *terms, const struct terms_metric *m,
                               struct arena *arena)
{
    static const char *const values[] = {"1",    "0",     "12.5",       "-3",         "60%",  "8.5%", "0%",
                                         "true", "false", "2016-05-05", "2014-01-31", "1000", "400",  "999999999999999999"};
    (void) arena;
    for (uint32_t i = 0; i < terms_dimension_count(terms); i++) {
        const struct terms_dimension *d = terms_dimension(terms, i);
        if (slice_equal(d->name, m->unit) && d->member_count > 0)
            return d->members[next(f, d->member_count)];
    }
    return slice_str(values[next(f, sizeof values / sizeof values[0])]);
}

/* One result at a key by chance, if it fits. */
static void add_fact(struct facts *f, const struct terms *terms, uint32_t metric, struct arena *arena)
{
    static const char *const strangers[] = {"Zq0-_Zq0-_Zq0-_Zq0-_Zq", "Aq0-_Zq0-_Zq0-_Zq0-_Zq"};
    const struct terms_metric *m = terms_metric(terms, metric);
    struct terms_dimension_value dims[64];
    uint32_t n = 0;
    bool fits = false;
    struct slice key = {0}, why = {0};
    if (m->source == AST_SOURCE_USED) /* no result gives it */
        return;
    for (; n < m->by_count; n++) {
        const struct terms_dimension *d = terms_dimension(terms, m->by[n]);
        dims[n] = (struct terms_dimension_value){d->name, d->member_count == 0 ? slice_str(strangers[next(f, 2)])
                                                                               : d->members[next(f, d->member_count)]};
    }
    for (uint32_t i = 0; i < m->where_count; i++, n++)
        dims[n] = (struct terms_dimension_value){terms_dimension(terms, m->where[i].dimension)->name, m->where[i].member};
    struct terms_candidate candidate = {.dimensions = dims,
                                        .dimension_count = n,
                                        .value = some_value(f, terms, m, arena),
                                        .reporter = m->reporter_count == 0 ? TERMS_NONE : m->reporters[0],
                                        .submitted = 15000};
    ENSURE(terms_fit(terms, metric, &candidate, arena, &fits, &key, &why, NULL) == TALLY_OK);
    ENSURE(fits || why.len > 0);
    if (!fits || is_there(f, metric, key))
        return;
    f->items[f->count++] = (struct engine_fact){.metric = metric,
                                                .key = key,
                                                .value = candidate.value,
                                                .standing = next(f, 5) == 0 ? ENGINE_PENDING : ENGINE_FINAL,
                                                .submitted = 15000,
                                                .seq = f->count + 1};
}

static void expect_evaluated(enum tally_code rc, const struct err *err)
{
    if (rc != TALLY_OK && rc != TALLY_E_LIMIT)
        (void) fprintf(stderr, "%s\n", err->detail);
    ENSURE(rc == TALLY_OK || rc == TALLY_E_LIMIT);
}

/* What is triggered stands; the same again gives no difference. */
static void evaluate_twice(const struct terms *terms, struct facts *f, struct arena *arena)
{
    struct engine_output *out = NULL;
    struct err err = {.code = TALLY_OK};
    struct engine_input input = {.terms = terms,
                                 .today = 15000 + (int32_t) next(f, 4000),
                                 .facts = f->items,
                                 .fact_count = f->count,
                                 .next_first = 1};
    enum tally_code rc = engine_evaluate(&input, arena, &out, &err);
    expect_evaluated(rc, &err);
    if (rc != TALLY_OK)
        return;
    struct engine_record *records = ARENA_ARRAY(arena, out->count, struct engine_record);
    ENSURE(records != NULL);
    for (size_t i = 0; i < out->count; i++)
        records[i] = (struct engine_record){out->instances[i].rule, out->instances[i].key, out->instances[i].target,
                                            out->instances[i].first, out->instances[i].day};
    input.records = records;
    input.record_count = out->count;
    input.next_first = out->next_first;
    rc = engine_evaluate(&input, arena, &out, &err);
    expect_evaluated(rc, &err);
    for (size_t i = 0; rc == TALLY_OK && i < out->count; i++)
        ENSURE(!out->instances[i].has_difference);
}

static void use(const struct terms *terms, uint32_t chance)
{
    struct facts f = {.chance = chance};
    struct exposure *exposure = NULL;
    struct arena *arena = arena_new(MEMORY_MAX);
    ENSURE(arena != NULL);
    ENSURE(terms_exposure(terms, arena, &exposure, NULL) == TALLY_OK);
    for (uint32_t i = 0; i < 2 * FACTS_MAX && f.count < FACTS_MAX && terms_metric_count(terms) > 0; i++)
        add_fact(&f, terms, next(&f, terms_metric_count(terms)), arena);
    if (terms_cost(terms).at_once <= INSTANCES_MAX && terms_cost(terms).steps < 1000000)
        evaluate_twice(terms, &f, arena);
    arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct diags diags;
    struct terms *terms = NULL;
    struct buf told;
    uint32_t chance = (uint32_t) size;
    struct arena *arena = arena_new(4u << 20);
    ENSURE(arena != NULL);
    diags_init(&diags, arena);
    buf_init(&told, 4u << 20);
    ENSURE(terms_compile(slice_of(data, size), &diags, &terms, NULL) == TALLY_OK);
    ENSURE((terms == NULL) == (diags.errors > 0));
    diags_print(&diags, SLICE("fuzz"), slice_of(data, size), &told);
    for (size_t i = 0; i < size; i++)
        chance = chance * 31 + data[i];
    if (terms != NULL)
        use(terms, chance);
    terms_free(terms);
    buf_release(&told);
    arena_free(arena);
    return 0;
}
