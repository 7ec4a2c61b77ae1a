/* Each history in contracts/templates gives just the payments that are expected of it, step by step. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../support/root.h"
#include "tally/arena.h"
#include "tally/buf.h"
#include "tally/diag.h"
#include "tally/digest.h"
#include "tally/engine.h"
#include "tally/exposure.h"
#include "tally/history.h"
#include "tally/instant.h"
#include "tally/terms.h"
#include "tally/text.h"

#define TEXT_MAX ((size_t) 1 << 20) /* of a file */
#define ARENA_MAX ((size_t) 64 << 20)
#define SOURCES_MAX 8 /* texts of one history */

static char folder[512];
static int histories, payments;

static void path_of(char out[768], const char *name, const char *ending)
{
    int len = snprintf(out, 768, "%s/%s%s", folder, name, ending);
    assert_in_range(len, 1, 767);
}

static json_t *load_json(const char *name, const char *ending)
{
    char path[768];
    json_error_t error;
    path_of(path, name, ending);
    json_t *json = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    if (json == NULL)
        fail_msg("%s:%d: %s", path, error.line, error.text);
    return json;
}

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    if (text == NULL)
        fail_msg("there is no text %s", name);
    return text;
}

static struct slice load_text(const char *name, const char *ending, struct arena *arena)
{
    char path[768], block[4096];
    struct buf text;
    struct slice copy = SLICE("");
    size_t n;
    path_of(path, name, ending);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    buf_init(&text, TEXT_MAX);
    while ((n = fread(block, 1, sizeof block, file)) > 0)
        buf_add(&text, block, n);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(arena_copy(arena, text.ptr, text.len, &copy, NULL), TALLY_OK);
    buf_release(&text);
    return copy;
}

/* The terms of a file and their hash, by which other texts call them; file: with its ending. */
static struct history_source load_source(const char *file, struct arena *arena)
{
    struct diags diags;
    struct digest digest;
    struct err err = {0};
    struct terms *terms = NULL;
    char *hash = arena_alloc(arena, 2 * DIGEST_LEN + 1);
    struct slice text = load_text(file, "", arena);
    assert_non_null(hash);
    diags_init(&diags, arena);
    assert_int_equal(terms_compile(text, &diags, &terms, &err), TALLY_OK);
    if (terms == NULL)
        fail_msg("%s does not check: %.*s", file, SLICE_ARG(diags.first->message));
    assert_true(terms_memory(terms) > 0);
    /* every template says what it is before it says anything else */
    assert_non_null(memmem(text.ptr, text.len, "Reconstruction", 14));
    digest_of(text, &digest);
    text_hex(digest.bytes, DIGEST_LEN, hash);
    return (struct history_source){arena_printf(arena, "%s", file), slice_of(hash, (size_t) 2 * DIGEST_LEN), terms};
}

/* Is this payment of contract `slug` expected? Those of another one than the history's own say "contract". */
static bool is_expected(const json_t *expected, struct slice slug, bool is_main, struct slice rule,
                        const struct engine_instance *instance, const char *on)
{
    const json_t *one;
    size_t i = 0;
    json_array_foreach((json_t *) (uintptr_t) expected, i, one)
    {
        const json_t *of = json_object_get(one, "contract");
        bool is_of = of == NULL ? is_main : slice_is(slug, json_string_value(of));
        if (is_of && strcmp(text_of(one, "after"), on) == 0 && slice_is(rule, text_of(one, "rule")) &&
            slice_is(instance->key, text_of(one, "key")) && slice_is(instance->difference, text_of(one, "amount")))
            return true;
    }
    return false;
}

/* The differences of this moment, in the contract and in those that it uses, are the next expected payments, in any order;
 * *taken counts them. */
static void compare(const struct history *history, const struct history_moment *moment, const char *name, const char *on,
                    const json_t *expected, size_t *taken)
{
    for (uint32_t c = 0; c < moment->state_count; c++) {
        const struct history_state *state = &moment->states[c];
        for (size_t i = 0; i < state->output->count; i++) {
            const struct engine_instance *instance = &state->output->instances[i];
            struct slice rule = state->rules[instance->rule].rule->name;
            if (!instance->has_difference)
                continue;
            if (!is_expected(expected, state->slug, c == history->main, rule, instance, on))
                fail_msg("%s after %s: %.*s [%.*s] pays %.*s, which is not expected", name, on, SLICE_ARG(rule),
                         SLICE_ARG(instance->key), SLICE_ARG(instance->difference));
            (*taken)++;
        }
    }
}

static const struct engine_instance *instance_of(const struct history_state *state, const char *rule, const char *key)
{
    const struct engine_output *output = state->output;
    for (size_t i = 0; i < output->count; i++)
        if (slice_is(state->rules[output->instances[i].rule].rule->name, rule) && slice_is(output->instances[i].key, key))
            return &output->instances[i];
    fail_msg("there is no instance %s [%s]", rule, key);
    return NULL;
}

/* A step of the explanation that says `text` gives `member` ("exact" or "decimal") as wanted. */
static void explained(struct history_run *run, const struct engine_instance *instance, const json_t *wanted,
                      const char *member, struct arena *arena)
{
    struct err err = {0};
    struct engine_input input;
    struct buf out;
    const json_t *one;
    size_t i = 0;
    bool is_found = false;
    buf_init(&out, TEXT_MAX);
    assert_int_equal(history_input(run, &input, &err), TALLY_OK);
    assert_int_equal(engine_explain(&input, instance->rule, instance->key, arena, &out, &err), TALLY_OK);
    json_t *told = json_loadb(out.ptr, out.len, 0, NULL);
    assert_non_null(told);
    json_array_foreach(json_object_get(told, "steps"), i, one)
    {
        const char *text = json_string_value(json_object_get(one, "text"));
        is_found = is_found || (text != NULL && strcmp(text, text_of(wanted, "text")) == 0 &&
                                strcmp(text_of(one, member), text_of(wanted, member)) == 0);
    }
    if (!is_found)
        fail_msg("no step says that `%s` is %s: %.*s", text_of(wanted, "text"), text_of(wanted, member),
                 SLICE_ARG(buf_slice(&out)));
    json_decref(told);
    buf_release(&out);
}

/* How instances stand after this moment, where the expectation says so: a payment of nothing is no payment, and is none while
 * it waits either. *shown counts. */
static void compare_shown(const struct history_state *state, struct history_run *run, const char *on, const json_t *shown,
                          struct arena *arena, size_t *count)
{
    static const char *const states[] = {"computed", "waits", "fault"};
    const json_t *wanted;
    size_t i = 0;
    json_array_foreach((json_t *) (uintptr_t) shown, i, wanted)
    {
        if (strcmp(text_of(wanted, "after"), on) != 0)
            continue;
        const struct engine_instance *instance = instance_of(state, text_of(wanted, "rule"), text_of(wanted, "key"));
        if (json_object_get(wanted, "state") != NULL)
            assert_string_equal(states[instance->state], text_of(wanted, "state"));
        if (json_object_get(wanted, "target") != NULL && !slice_is(instance->target, text_of(wanted, "target")))
            fail_msg("%s: the target is %.*s", text_of(wanted, "target"), SLICE_ARG(instance->target));
        if (json_object_get(wanted, "exact") != NULL)
            explained(run, instance, wanted, "exact", arena);
        if (json_object_get(wanted, "decimal") != NULL)
            explained(run, instance, wanted, "decimal", arena);
        (*count)++;
    }
}

static void at_most(struct slice a, struct slice b, struct slice rule)
{
    struct err err = {0};
    int order = 0;
    if (b.ptr == NULL)
        return;
    assert_int_equal(money_compare(a, b, &order, &err), TALLY_OK);
    if (order > 0)
        fail_msg("%.*s: %.*s lies outside what is said to be the exposure, %.*s", SLICE_ARG(rule), SLICE_ARG(a),
                 SLICE_ARG(b));
}

/* What is said before anybody signs to be the least and the most holds for every amount. */
static void within_exposure(const struct terms *terms, const struct exposure *exposure, const struct engine_output *output)
{
    for (size_t i = 0; i < output->count; i++) {
        const struct engine_instance *instance = &output->instances[i];
        const struct exposure_rule *rule = &exposure->rules[instance->rule];
        struct slice name = terms_rule(terms, instance->rule)->name;
        if (instance->state != ENGINE_COMPUTED)
            continue;
        assert_false(rule->is_never);
        at_most(instance->target, rule->one.most, name);
        if (rule->one.least.ptr != NULL)
            at_most(rule->one.least, instance->target, name);
    }
}

/* What was recorded stands: with nothing new, nothing is triggered again. */
static void nothing_twice(struct history_run *run, struct arena *arena)
{
    struct err err = {0};
    struct engine_input input;
    struct engine_output *output = NULL;
    assert_int_equal(history_input(run, &input, &err), TALLY_OK);
    assert_int_equal(engine_evaluate(&input, arena, &output, &err), TALLY_OK);
    for (size_t i = 0; i < output->count; i++)
        assert_false(output->instances[i].has_difference);
}

/* Each step says where it is from, and has a day of its own, so that "after" names one. */
static void steps_are_sourced(const json_t *results)
{
    const json_t *step;
    size_t i = 0;
    int32_t last = DAY_MIN;
    json_array_foreach(json_object_get(results, "history"), i, step)
    {
        int32_t day = 0;
        assert_int_equal(day_parse(slice_str(text_of(step, "on")), &day), TALLY_OK);
        assert_true(day > last);
        last = day;
        assert_true(strlen(text_of(step, "note")) > 0);
    }
}

/* As far as its last step: what the clock alone does later is not asked. */
static size_t run_all(const struct history *history, const char *name, const json_t *expectation, struct arena *arena)
{
    const json_t *expected = json_object_get(expectation, "payments"), *shown = json_object_get(expectation, "shown");
    const struct history_contract *main_contract = &history->contracts[history->main];
    const struct terms *terms = main_contract->texts[0]->terms;
    struct err err = {0};
    struct history_run *run = NULL;
    struct history_moment moment;
    struct exposure *exposure = NULL;
    bool has = true;
    size_t taken = 0, seen = 0;
    assert_int_equal(terms_exposure(terms, arena, &exposure, &err), TALLY_OK);
    assert_int_equal(history_begin(terms, history, history->steps[history->count - 1].day, &run, &err), TALLY_OK);
    for (;;) {
        char on[DAY_TEXT_LEN + 1];
        if (history_next(run, &moment, &has, &err) != TALLY_OK)
            fail_msg("%s: %s", name, err.detail);
        if (!has)
            break;
        day_format(moment.day, on);
        compare(history, &moment, name, on, expected, &taken);
        if (main_contract->text_count == 1)
            within_exposure(terms, exposure, moment.output);
        compare_shown(&moment.states[history->main], run, on, shown, arena, &seen);
        nothing_twice(run, arena);
    }
    history_end(run);
    if (seen != json_array_size(shown))
        fail_msg("%s: on a day of \"shown\" there was no evaluation", name);
    return taken;
}

/* The texts of a history: the one that it is about, then those that it names beside it. */
static size_t load_sources(const json_t *results, struct history_source sources[SOURCES_MAX], struct arena *arena)
{
    const json_t *texts = json_object_get(results, "texts"), *file;
    char name[300];
    size_t i = 0;
    assert_in_range(json_array_size(texts), 0, SOURCES_MAX - 1);
    (void) snprintf(name, sizeof name, "%s.terms", text_of(results, "contract"));
    sources[0] = load_source(name, arena);
    json_array_foreach(texts, i, file) sources[i + 1] = load_source(json_string_value(file), arena);
    return json_array_size(texts) + 1;
}

static void run_history(const char *name)
{
    struct err err = {0};
    struct arena *arena = arena_new(ARENA_MAX);
    json_t *results = load_json(name, ".results.json"), *expectation = load_json(name, ".expected.json");
    const json_t *expected = json_object_get(expectation, "payments");
    struct history_source sources[SOURCES_MAX];
    struct history *history = NULL;
    assert_non_null(arena);
    assert_true(json_is_array(expected));
    assert_true(json_array_size(json_object_get(expectation, "sources")) > 0);
    steps_are_sourced(results);
    size_t count = load_sources(results, sources, arena);
    if (history_read_texts(sources, count, load_text(name, ".results.json", arena), arena, &history, &err) != TALLY_OK)
        fail_msg("%s: %s", name, err.detail);
    size_t taken = run_all(history, name, expectation, arena);
    /* each payment was an expected one; so many, and as many as are expected: no two are alike */
    if (taken != json_array_size(expected))
        fail_msg("%s: %zu payments, and %zu are expected", name, taken, json_array_size(expected));
    histories++;
    payments += (int) taken;
    json_decref(results);
    json_decref(expectation);
    for (size_t i = 0; i < count; i++)
        terms_free((struct terms *) (uintptr_t) sources[i].terms);
    arena_free(arena);
}

static void each_history_gives_its_payments_and_no_others(void **state)
{
    (void) state;
    DIR *dir = opendir(folder);
    const struct dirent *entry;
    assert_non_null(dir);
    while ((entry = readdir(dir)) != NULL) {
        char name[256];
        const char *ending = strstr(entry->d_name, ".results.json");
        if (ending == NULL)
            continue;
        (void) snprintf(name, sizeof name, "%.*s", (int) (ending - entry->d_name), entry->d_name);
        run_history(name);
    }
    assert_int_equal(closedir(dir), 0);
    assert_true(histories >= 40);
    assert_true(payments >= 380);
}

/* Calls f for each text, by its name. */
static int each_text(void (*f)(const char *name))
{
    DIR *dir = opendir(folder);
    const struct dirent *entry;
    int count = 0;
    assert_non_null(dir);
    while ((entry = readdir(dir)) != NULL) {
        char name[256];
        const char *ending = strstr(entry->d_name, ".terms");
        if (ending == NULL || ending[6] != '\0')
            continue;
        (void) snprintf(name, sizeof name, "%.*s", (int) (ending - entry->d_name), entry->d_name);
        f(name);
        count++;
    }
    assert_int_equal(closedir(dir), 0);
    return count;
}

/* A history is about it, or names it beside the one that it is about. */
static void has_history(const char *name)
{
    DIR *dir = opendir(folder);
    const struct dirent *entry;
    bool has = false;
    char file[300];
    assert_non_null(dir);
    (void) snprintf(file, sizeof file, "%s.terms", name);
    while ((entry = readdir(dir)) != NULL) {
        char history[256];
        const char *ending = strstr(entry->d_name, ".results.json");
        if (ending == NULL)
            continue;
        (void) snprintf(history, sizeof history, "%.*s", (int) (ending - entry->d_name), entry->d_name);
        json_t *results = load_json(history, ".results.json");
        const json_t *one;
        size_t i = 0;
        has = has || strcmp(text_of(results, "contract"), name) == 0;
        json_array_foreach(json_object_get(results, "texts"), i, one) has =
            has || strcmp(json_string_value(one), file) == 0;
        json_decref(results);
    }
    assert_int_equal(closedir(dir), 0);
    if (!has)
        fail_msg("no history is about %s", file);
}

static void is_in_layout(const char *name)
{
    struct err err = {0};
    struct arena *arena = arena_new(ARENA_MAX);
    struct diags diags;
    struct buf out;
    assert_non_null(arena);
    diags_init(&diags, arena);
    buf_init(&out, TEXT_MAX);
    struct slice text = load_text(name, ".terms", arena);
    assert_int_equal(terms_format(text, &diags, &out, &err), TALLY_OK);
    if (!slice_equal(buf_slice(&out), text))
        fail_msg("%s is not in the one layout: tally terms fmt %s.terms --write", name, name);
    buf_release(&out);
    arena_free(arena);
}

static void every_template_has_a_history(void **state)
{
    (void) state;
    assert_true(each_text(has_history) >= 24);
}

static void every_template_is_in_the_one_layout(void **state)
{
    (void) state;
    assert_true(each_text(is_in_layout) >= 24);
}

int main(void)
{
    (void) snprintf(folder, sizeof folder, "%s/contracts/templates", project_root());
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_history_gives_its_payments_and_no_others),
        cmocka_unit_test(every_template_has_a_history),
        cmocka_unit_test(every_template_is_in_the_one_layout),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
