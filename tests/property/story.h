/* A random text and what has happened to it, as a caller of the engine keeps it. */
#ifndef TALLY_TESTS_STORY_H
#define TALLY_TESTS_STORY_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "random_text.h"
#include "tally/engine.h"

#define FACTS_MAX 64
#define RECORDS_MAX 4096
#define WANTS_MAX 4

struct story {
    struct random_text text;
    struct terms *terms;
    struct engine_fact facts[FACTS_MAX];
    bool was_known[FACTS_MAX]; /* of figures of another contract: when `until` passed */
    size_t fact_count;
    struct engine_fact given[FACTS_MAX]; /* those that an evaluation is given today */
    bool uses;                           /* and is used */
    struct engine_figure wants[WANTS_MAX];
    size_t want_count;
    struct arena *texts; /* keys and values, as long as the story */
    struct engine_record records[RECORDS_MAX];
    char record_keys[RECORDS_MAX][80], stands[RECORDS_MAX][64];
    size_t record_count;
    uint64_t next_first, seq;
    int32_t today;
    struct arena *arena;
};

static inline uint64_t story_wanted(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text == NULL ? otherwise : strtoull(text, NULL, 10);
}

/* NULL: the checker refuses it. */
static inline struct terms *story_compile(const char *text)
{
    struct diags diags;
    struct err err = {0};
    struct terms *terms = NULL;
    struct arena *arena = arena_new(1 << 22);
    assert_non_null(arena);
    diags_init(&diags, arena);
    assert_int_equal(terms_compile(slice_str(text), &diags, &terms, &err), TALLY_OK);
    if (terms == NULL && getenv("SHOW_REFUSED") != NULL) {
        struct buf b;
        buf_init(&b, 1 << 20);
        diags_print(&diags, SLICE("text"), slice_str(text), &b);
        print_message("%s\n", b.ptr);
        buf_release(&b);
    }
    arena_free(arena);
    return terms;
}

static inline void story_begin(struct story *s, struct dice *dice)
{
    s->next_first = 1;
    s->today = 16801 + (int32_t) dice_below(dice, 700); /* in 2016 or 2017 */
    s->arena = arena_new((size_t) 1 << 28);
    s->texts = arena_new((size_t) 1 << 24);
    assert_non_null(s->arena);
    assert_non_null(s->texts);
}

static inline void story_init(struct story *s, struct dice *dice, bool free_from_history)
{
    memset(s, 0, sizeof *s);
    do {
        random_text_free(&s->text);
        random_text_make(dice, free_from_history, &s->text);
        s->terms = story_compile(s->text.text);
    } while (s->terms == NULL);
    story_begin(s, dice);
}

/* With figures of another contract. */
static inline void story_init_using(struct story *s, struct dice *dice)
{
    memset(s, 0, sizeof *s);
    do {
        random_text_free(&s->text);
        random_text_make_using(dice, &s->text);
        s->terms = story_compile(s->text.text);
    } while (s->terms == NULL);
    s->uses = true;
    story_begin(s, dice);
}

static inline void story_release(struct story *s)
{
    terms_free(s->terms);
    random_text_free(&s->text);
    arena_free(s->arena);
    arena_free(s->texts);
}

static inline struct slice story_keep(struct story *s, const char *text)
{
    struct slice kept = {NULL, 0};
    assert_int_equal(arena_copy(s->texts, text, strlen(text), &kept, NULL), TALLY_OK);
    return kept;
}

/* What another contract says of a figure now: known, not known yet, or disputed there; or that there is no such key any more. */
static inline void story_change_used(struct story *s, struct dice *dice, uint32_t m, const char *key, size_t at)
{
    static const char *const reasons[] = {"units is missing", "units is disputed",
                                          "a long reason, for which no value has room"};
    char value[32];
    bool is_new = at == s->fact_count, is_known = !dice_in(dice, 3);
    random_value(dice, &s->text.metrics[m], value, sizeof value);
    if (s->text.metrics[m].kind == RANDOM_PERCENT) /* without its sign, as evaluations write it */
        snprintf(value, sizeof value, "%u/1000", dice_below(dice, 700));
    if (dice_in(dice, 10) && s->text.metrics[m].kind <= RANDOM_NUMBER)
        snprintf(value, sizeof value, "%u/7", 400 + dice_below(dice, 400)); /* beyond its range, if it has one */
    int32_t until = terms_until(s->terms, m, slice_str(key));
    s->was_known[at] = s->today <= until ? is_known : !is_new && s->was_known[at];
    s->facts[at] = (struct engine_fact){.metric = m,
                                        .key = story_keep(s, key),
                                        .value = is_known ? story_keep(s, value) : SLICE(""),
                                        .standing = is_known ? ENGINE_FINAL : ENGINE_UNKNOWN,
                                        .reason = is_known ? SLICE("") : story_keep(s, reasons[dice_below(dice, 3)]),
                                        .is_blocked = !is_known && dice_in(dice, 2)};
    s->fact_count += is_new;
}

/* Submitted, final, restated, disputed, decided, withdrawn: one result, at random. */
static inline void story_change(struct story *s, struct dice *dice)
{
    uint32_t m = dice_below(dice, s->text.metric_count), what = dice_below(dice, 12);
    const struct random_metric *metric = &s->text.metrics[m];
    char key[80], value[32];
    size_t at = s->fact_count;
    random_key(dice, metric, key, sizeof key);
    for (size_t i = 0; i < s->fact_count; i++)
        if (s->facts[i].metric == m && slice_is(s->facts[i].key, key))
            at = i;
    if (at < s->fact_count && what == 0) {
        s->facts[at] = s->facts[--s->fact_count];
        s->was_known[at] = s->was_known[s->fact_count];
        return;
    }
    if (at == FACTS_MAX)
        return;
    if (metric->is_used) {
        story_change_used(s, dice, m, key, at);
        return;
    }
    bool is_new = at == s->fact_count;
    random_value(dice, metric, value, sizeof value);
    s->seq++;
    s->facts[at] =
        (struct engine_fact){.metric = m,
                             .key = story_keep(s, key),
                             .value = is_new || what > 2 ? story_keep(s, value) : s->facts[at].value,
                             .standing = what == 1   ? ENGINE_DISPUTED
                                         : what == 2 ? ENGINE_PENDING
                                                     : ENGINE_FINAL,
                             .submitted = is_new ? s->today : s->facts[at].submitted,
                             .seq = s->seq,
                             .became_final = is_new || s->facts[at].became_final == 0 ? s->seq : s->facts[at].became_final};
    s->fact_count += is_new;
}

static inline void story_record(struct story *s, const struct engine_output *output)
{
    for (size_t i = 0; i < output->count; i++) {
        const struct engine_instance *instance = &output->instances[i];
        size_t at = 0;
        while (at < s->record_count &&
               !(s->records[at].rule == instance->rule && slice_equal(s->records[at].key, instance->key)))
            at++;
        assert_true(at < RECORDS_MAX);
        snprintf(s->record_keys[at], sizeof s->record_keys[at], "%.*s", SLICE_ARG(instance->key));
        snprintf(s->stands[at], sizeof s->stands[at], "%.*s", SLICE_ARG(instance->target));
        s->records[at] = (struct engine_record){.rule = instance->rule,
                                                .key = slice_str(s->record_keys[at]),
                                                .stands = slice_str(s->stands[at]),
                                                .first = instance->first,
                                                .day = instance->day};
        s->record_count += at == s->record_count;
    }
    s->next_first = output->next_first;
}

/* Figures that others take of it: mostly such as a session follows. */
static inline void story_want(struct story *s, struct dice *dice)
{
    char name[8];
    s->want_count = 0;
    for (uint32_t n = dice_below(dice, WANTS_MAX + 1); n > 0; n--) {
        struct engine_figure *figure = &s->wants[s->want_count];
        uint32_t count = 0;
        bool has_open = false;
        snprintf(name, sizeof name, "%c%u", "mdr"[dice_below(dice, 3)], dice_below(dice, 5));
        if (!engine_figure_find(s->terms, slice_str(name), figure))
            continue;
        const uint32_t *dims = engine_figure_dimensions(s->terms, figure, &count);
        for (uint32_t i = 0; i < count; i++)
            has_open = has_open || terms_dimension(s->terms, dims[i])->kind == TERMS_OPEN;
        if (has_open && !dice_in(dice, 12))
            continue;
        figure->terms = dice_in(dice, 2) ? s->terms : NULL;
        s->want_count++;
    }
}

/* U4: of a figure that was not known in time nothing is said any more. */
static inline bool story_gives(const struct story *s, size_t i)
{
    const struct engine_fact *fact = &s->facts[i];
    return !s->text.metrics[fact->metric].is_used || s->was_known[i] ||
           s->today <= terms_until(s->terms, fact->metric, fact->key);
}

static inline struct engine_input story_input(struct story *s)
{
    size_t given = 0;
    for (size_t i = 0; i < s->fact_count; i++) {
        if (!story_gives(s, i))
            continue;
        s->given[given] = s->facts[i];
        if (s->text.metrics[s->facts[i].metric].is_used)
            s->given[given].submitted = s->today;
        given++;
    }
    return (struct engine_input){.terms = s->terms,
                                 .today = s->today,
                                 .facts = s->given,
                                 .fact_count = given,
                                 .wants = s->wants,
                                 .want_count = s->want_count,
                                 .records = s->records,
                                 .record_count = s->record_count,
                                 .next_first = s->next_first};
}

static inline void story_evaluate(struct story *s, struct engine_output **out)
{
    struct err err = {0};
    struct engine_input input = story_input(s);
    if (engine_evaluate(&input, s->arena, out, &err) != TALLY_OK)
        fail_msg("%s\n%s", err.detail, s->text.text);
}

#endif
