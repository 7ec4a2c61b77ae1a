/* A contract and what has happened to it, as a caller of the engine keeps it: facts, and records that are carried from one
 * evaluation to the next. */
#ifndef TALLY_TESTS_ENGINE_WORLD_H
#define TALLY_TESTS_ENGINE_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../support/engine_follow.h"
#include "tally/engine.h"
#include "tally/exposure.h"
#include "tally/mem.h"
#include "tally/terms.h"

#define WORLD_MAX 4096 /* facts, records */

struct world {
    struct terms *terms;
    struct arena *diag_arena, *arena;
    struct diags diags;
    struct engine_fact facts[WORLD_MAX];
    size_t fact_count;
    struct engine_record records[WORLD_MAX];
    char stands[WORLD_MAX][40], keys[WORLD_MAX][80];
    size_t record_count;
    uint64_t next_first, seq;
    int32_t today, evaluated; /* evaluated: the last day on which it was */
    struct engine_output *output;
    struct follow follow; /* a session beside it */
};

static inline int32_t day_of(const char *text)
{
    int32_t day = 0;
    assert_int_equal(day_parse(slice_str(text), &day), TALLY_OK);
    return day;
}

static inline void print_diags(const struct diags *diags, const char *text)
{
    struct buf b;
    buf_init(&b, 1 << 20);
    diags_print(diags, SLICE("text"), slice_str(text), &b);
    print_error("%.*s\n", SLICE_ARG(buf_slice(&b)));
    buf_release(&b);
}

/* ---- without memory ----
 * A program that defines WORLD_FAILS before this header tries everything that it does first with each allocation failing in turn (of
 * more than so many, some), down to the pieces of arenas: the outcome is whole, or an error of ours. */
#ifdef WORLD_FAILS
#define WORLD_HEAVY 20000 /* allocations of one that takes long: only the first, second, fourth ... of them fail */

/* Which fails next. The first run is whole, and says how many there are: n is UINT64_MAX then. 0: that is all. */
static inline uint64_t world_next_try(uint64_t n, uint64_t *all)
{
    if (n == UINT64_MAX)
        *all = mem_allocations();
    n = n == UINT64_MAX ? 1 : *all > WORLD_HEAVY ? n * 2 : n + 1 + n / (n < 2000 ? WORLD_FAILS : 3);
    return n > *all ? 0 : n;
}

static inline bool world_has_failed(enum tally_code rc, const struct err *err)
{
    mem_fail_after(0);
    assert_true(rc == TALLY_OK || rc == TALLY_E_NO_MEMORY || rc == TALLY_E_LIMIT);
    assert_true(rc == TALLY_OK || strlen(err->detail) > 0);
    return rc != TALLY_OK;
}

/* call is an expression of what answers enum tally_code, with tried_arena and tried_err for arena and err. */
#define WORLD_TRY(call)                                                                                                    \
    do {                                                                                                                   \
        uint64_t tried_all = 0, tried_next = 0;                                                                            \
        for (uint64_t tried_n = UINT64_MAX; tried_n != 0; tried_n = tried_next) {                                          \
            struct err tried_err = {0};                                                                                    \
            struct arena *tried_arena = arena_new(1 << 24);                                                                \
            assert_non_null(tried_arena);                                                                                  \
            mem_fail_after_piece(tried_n);                                                                                 \
            enum tally_code tried_rc = (call);                                                                             \
            tried_next = world_next_try(tried_n, &tried_all);                                                              \
            (void) world_has_failed(tried_rc, &tried_err);                                                                 \
            arena_free(tried_arena);                                                                                       \
        }                                                                                                                  \
    } while (false)

static inline void world_try_compile(const char *text)
{
    uint64_t all = 0, next = 0;
    for (uint64_t n = UINT64_MAX; n != 0; n = next) {
        struct err err = {0};
        struct diags diags;
        struct terms *terms = NULL;
        struct exposure *exposure = NULL;
        struct arena *arena = arena_new(1 << 22);
        assert_non_null(arena);
        diags_init(&diags, arena);
        mem_fail_after_piece(n);
        enum tally_code rc = terms_compile(slice_str(text), &diags, &terms, &err);
        if (rc == TALLY_OK && terms != NULL)
            rc = terms_exposure(terms, arena, &exposure, &err);
        next = world_next_try(n, &all);
        bool has_failed = world_has_failed(rc, &err);
        assert_true(!has_failed || n != UINT64_MAX);
        terms_free(terms);
        arena_free(arena);
    }
}

static inline void world_try_evaluate(const struct engine_input *input)
{
    uint64_t all = 0, next = 0;
    for (uint64_t n = UINT64_MAX; n != 0; n = next) {
        struct err err = {0};
        struct engine_output *out = NULL;
        struct arena *arena = arena_new(1 << 24);
        struct buf explained;
        assert_non_null(arena);
        buf_init(&explained, 1 << 20);
        mem_fail_after_piece(n);
        enum tally_code rc = engine_evaluate(input, arena, &out, &err);
        assert_int_equal(rc == TALLY_OK, out != NULL);
        for (size_t i = 0; rc == TALLY_OK && i < out->count && i < 2; i++)
            rc = engine_explain(input, out->instances[i].rule, out->instances[i].key, arena, &explained, &err);
        next = world_next_try(n, &all);
        (void) world_has_failed(rc, &err);
        buf_release(&explained);
        arena_free(arena);
    }
}

/* before: what the session knows. Whatever an entry has failed in, the session then says that it is stale. */
static inline void world_try_follow(const struct follow *f, const struct engine_input *before,
                                    const struct engine_input *now)
{
    uint64_t all = 0, next = 0;
    struct engine_change *changes = calloc(now->fact_count + f->fact_count + 1, sizeof *changes);
    size_t count = follow_changes(f, now, changes);
    for (uint64_t n = UINT64_MAX; n != 0; n = next) {
        struct err err = {0};
        struct engine_output *out = NULL;
        struct engine_session *session = NULL;
        struct arena *arena = arena_new(1 << 24);
        bool is_stale = false;
        assert_non_null(arena);
        mem_fail_after_piece(n);
        enum tally_code rc = engine_session_open(before, arena, &out, &session, &err);
        if (rc == TALLY_OK && session != NULL)
            rc = engine_session_apply(session, now->today, changes, count, arena, &is_stale, &out, &err);
        bool is_done = rc == TALLY_OK;
        if (is_done && session != NULL && !is_stale && out->count > 0) {
            struct buf told;
            buf_init(&told, 1 << 20);
            rc = engine_explain_kept(engine_session_kept(session), &out->instances[0], &told, &err);
            buf_release(&told);
        }
        next = world_next_try(n, &all);
        if (world_has_failed(rc, &err) && !is_done && session != NULL) {
            assert_int_equal(engine_session_apply(session, now->today, NULL, 0, arena, &is_stale, &out, &err), TALLY_OK);
            assert_true(is_stale);
        }
        engine_session_free(session);
        arena_free(arena);
    }
    free(changes);
}
#else
#define WORLD_TRY(call) ((void) 0)
#endif

static inline struct world *world_new(const char *text)
{
#ifdef WORLD_FAILS
    world_try_compile(text);
#endif
    struct err err = {0};
    struct world *w = mem_zero(sizeof *w);
    assert_non_null(w);
    w->diag_arena = arena_new(1 << 22);
    w->arena = arena_new(1 << 26);
    assert_non_null(w->diag_arena);
    assert_non_null(w->arena);
    diags_init(&w->diags, w->diag_arena);
    w->next_first = 1;
    assert_int_equal(terms_compile(slice_str(text), &w->diags, &w->terms, &err), TALLY_OK);
    if (w->terms == NULL)
        print_diags(&w->diags, text);
    assert_non_null(w->terms);
    return w;
}

static inline void world_free(struct world *w)
{
    follow_free(&w->follow);
    terms_free(w->terms);
    arena_free(w->diag_arena);
    arena_free(w->arena);
    mem_free(w);
}

/* Sets the fact at a key, which is written as terms_fit gives it; there is one for each metric and key. What was final there is restated: it
 * came when the first did (S7). */
static inline void world_fact(struct world *w, const char *metric, const char *key, const char *value,
                              enum engine_standing standing)
{
    uint32_t m = terms_find_metric(w->terms, slice_str(metric));
    assert_true(m != TERMS_NONE);
    struct engine_fact fact = {.metric = m,
                               .key = slice_str(key),
                               .value = slice_str(value),
                               .standing = standing,
                               .submitted = w->today,
                               .seq = ++w->seq};
    for (size_t i = 0; i < w->fact_count; i++)
        if (w->facts[i].metric == m && slice_equal(w->facts[i].key, fact.key)) {
            const struct engine_fact *before = &w->facts[i];
            if (before->standing != ENGINE_PENDING)
                fact.became_final = before->became_final == 0 ? before->seq : before->became_final;
            w->facts[i] = fact;
            return;
        }
    assert_true(w->fact_count < WORLD_MAX);
    w->facts[w->fact_count++] = fact;
}

static inline void world_final(struct world *w, const char *metric, const char *key, const char *value)
{
    world_fact(w, metric, key, value, ENGINE_FINAL);
}

static inline void world_withdraw(struct world *w, const char *metric, const char *key)
{
    uint32_t m = terms_find_metric(w->terms, slice_str(metric));
    for (size_t i = 0; i < w->fact_count; i++)
        if (w->facts[i].metric == m && slice_is(w->facts[i].key, key)) {
            w->facts[i] = w->facts[--w->fact_count];
            return;
        }
    fail_msg("%s(%s) was never reported", metric, key);
}

static inline struct engine_input world_input(const struct world *w)
{
    return (struct engine_input){.terms = w->terms,
                                 .today = w->today,
                                 .facts = w->facts,
                                 .fact_count = w->fact_count,
                                 .records = w->records,
                                 .record_count = w->record_count,
                                 .next_first = w->next_first};
}

/* The place of its record, or a new one. What is recorded once stays, also when there is no such instance any more. */
static inline size_t record_of(struct world *w, const struct engine_instance *instance)
{
    for (size_t i = 0; i < w->record_count; i++)
        if (w->records[i].rule == instance->rule && slice_equal(w->records[i].key, instance->key))
            return i;
    assert_true(w->record_count < WORLD_MAX);
    return w->record_count++;
}

/* What a caller records: for each instance what stands, its place among first amounts, its day. */
static inline void world_record(struct world *w)
{
    for (size_t i = 0; i < w->output->count; i++) {
        const struct engine_instance *instance = &w->output->instances[i];
        size_t at = record_of(w, instance);
        snprintf(w->stands[at], sizeof w->stands[at], "%.*s", SLICE_ARG(instance->target));
        snprintf(w->keys[at], sizeof w->keys[at], "%.*s", SLICE_ARG(instance->key));
        w->records[at] = (struct engine_record){.rule = instance->rule,
                                                .key = slice_str(w->keys[at]),
                                                .stands = slice_str(w->stands[at]),
                                                .first = instance->first,
                                                .day = instance->day};
    }
    w->next_first = w->output->next_first;
}

/* Evaluates on that day, while others take these figures of it, and records what is triggered. */
static inline void world_day_wanting(struct world *w, const char *day, const struct engine_figure *wants, size_t want_count)
{
    struct err err = {0};
    w->today = day_of(day);
    struct engine_input input = world_input(w);
    input.wants = wants;
    input.want_count = want_count;
#ifdef WORLD_FAILS
    struct engine_input before = input;
    if (w->follow.session != NULL) {
        before.today = w->evaluated;
        before.facts = w->follow.facts;
        before.fact_count = w->follow.fact_count;
    }
    world_try_evaluate(&input);
    world_try_follow(&w->follow, &before, &input);
#endif
    w->evaluated = w->today;
    arena_clear(w->arena);
    enum tally_code rc = engine_evaluate(&input, w->arena, &w->output, &err);
    if (rc != TALLY_OK)
        print_error("%s\n", err.detail);
    assert_int_equal(rc, TALLY_OK);
    char why[2000];
    if (!follow_step(&w->follow, &input, w->output, w->arena, why, sizeof why))
        fail_msg("%s: %s", day, why);
    world_record(w);
}

static inline void world_day(struct world *w, const char *day)
{
    world_day_wanting(w, day, NULL, 0);
}

static inline const struct engine_instance *world_instance(const struct world *w, const char *rule, const char *key)
{
    uint32_t r = terms_find_rule(w->terms, slice_str(rule));
    for (size_t i = 0; i < w->output->count; i++)
        if (w->output->instances[i].rule == r && slice_is(w->output->instances[i].key, key))
            return &w->output->instances[i];
    return NULL;
}

static inline void expect_slice(struct slice is, const char *wanted)
{
    char text[400];
    snprintf(text, sizeof text, "%.*s", SLICE_ARG(is));
    assert_string_equal(text, wanted);
}

/* Computed, with that target and that difference to what stood. */
static inline void expect_target(const struct world *w, const char *rule, const char *key, const char *target,
                                 const char *difference)
{
    const struct engine_instance *instance = world_instance(w, rule, key);
    assert_non_null(instance);
    if (instance->state != ENGINE_COMPUTED)
        print_error("%s(%s): %.*s\n", rule, key, SLICE_ARG(instance->reason));
    assert_int_equal(instance->state, ENGINE_COMPUTED);
    expect_slice(instance->target, target);
    expect_slice(instance->difference, difference);
    assert_int_equal(instance->has_difference, money_sign(instance->difference) != 0);
}

static inline void expect_state(const struct world *w, const char *rule, const char *key, enum engine_state state,
                                const char *reason, const char *stands)
{
    const struct engine_instance *instance = world_instance(w, rule, key);
    assert_non_null(instance);
    assert_int_equal(instance->state, state);
    expect_slice(instance->reason, reason);
    expect_slice(instance->target, stands);
    expect_slice(instance->stands, stands);
    assert_false(instance->has_difference);
}

static inline void expect_waits(const struct world *w, const char *rule, const char *key, const char *reason,
                                const char *stands)
{
    expect_state(w, rule, key, ENGINE_WAITS, reason, stands);
}

/* A text of one USD contract between two parties around these declarations. */
#define SMALL(declarations)                                                                                                \
    "terms 1\ncontract small \"Small\"\ncurrency USD rounded to 0.01, half even\ncurrency ZAR rounded to 0.05, half up\n"  \
    "clock UTC\nruns 2016-01-01 to 2020-12-31\ncloses 2022-12-31\n"                                                        \
    "party city outcome payer \"City\"\nparty lender investor \"Lender\"\nparty judge evaluator \"Judge\"\n"               \
    "in force when city and lender have signed\ndisputes decided by judge within 30 days, otherwise stands\n" declarations

#endif
