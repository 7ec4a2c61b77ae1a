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

#include "tally/arena.h"
#include "tally/buf.h"
#include "tally/diag.h"
#include "tally/engine.h"
#include "tally/instant.h"
#include "tally/terms.h"

#define ITEMS_MAX 256 /* results, instances of one history */
#define ARENA_MAX ((size_t) 64 << 20)

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

static struct terms *load_terms(const char *name, struct arena *arena)
{
    char path[768], block[4096];
    struct buf text;
    struct diags diags;
    struct terms *terms = NULL;
    struct err err = {0};
    size_t n;
    path_of(path, name, ".terms");
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    buf_init(&text, 262144);
    while ((n = fread(block, 1, sizeof block, file)) > 0)
        buf_add(&text, block, n);
    assert_int_equal(fclose(file), 0);
    diags_init(&diags, arena);
    assert_int_equal(terms_compile(buf_slice(&text), &diags, &terms, &err), TALLY_OK);
    if (terms == NULL)
        fail_msg("%s does not check: %.*s", path, SLICE_ARG(diags.first->message));
    assert_true(terms_memory(terms) > 0);
    /* every template says what it is before it says anything else */
    assert_non_null(memmem(text.ptr, text.len, "Reconstruction", 14));
    buf_release(&text);
    return terms;
}

struct run {
    struct arena *arena;
    struct terms *terms;
    struct engine_fact facts[ITEMS_MAX];
    size_t fact_count;
    struct engine_record records[ITEMS_MAX];
    size_t record_count;
    uint64_t next_first, seq;
};

static void add_result(struct run *run, const json_t *result, int32_t day)
{
    struct err err = {0};
    struct terms_dimension_value dims[8];
    const char *name;
    json_t *member;
    uint32_t count = 0;
    bool fits = false;
    struct slice key = SLICE(""), why = SLICE("");
    uint32_t metric = terms_find_metric(run->terms, slice_str(text_of(result, "metric")));
    assert_int_not_equal(metric, TERMS_NONE);
    json_object_foreach(json_object_get(result, "dimensions"), name, member)
    {
        assert_in_range(count, 0, 7);
        dims[count++] = (struct terms_dimension_value){slice_str(name), slice_str(json_string_value(member))};
    }
    const struct terms_metric *m = terms_metric(run->terms, metric);
    const struct terms_candidate candidate = {.dimensions = dims,
                                              .dimension_count = count,
                                              .value = slice_str(text_of(result, "value")),
                                              .reporter = m->reporter_count > 0 ? m->reporters[0] : TERMS_NONE,
                                              .submitted = day};
    assert_int_equal(terms_fit(run->terms, metric, &candidate, run->arena, &fits, &key, &why, &err), TALLY_OK);
    if (!fits)
        fail_msg("%s does not fit: %.*s", text_of(result, "metric"), SLICE_ARG(why));
    assert_in_range(run->fact_count, 0, ITEMS_MAX - 1);
    run->facts[run->fact_count++] = (struct engine_fact){.metric = metric,
                                                         .key = key,
                                                         .value = candidate.value,
                                                         .standing = ENGINE_FINAL,
                                                         .submitted = day,
                                                         .seq = ++run->seq};
}

static struct engine_output *evaluate(struct run *run, int32_t day)
{
    struct err err = {0};
    struct engine_output *output = NULL;
    const struct engine_input input = {.terms = run->terms,
                                       .today = day,
                                       .facts = run->facts,
                                       .fact_count = run->fact_count,
                                       .records = run->records,
                                       .record_count = run->record_count,
                                       .next_first = run->next_first};
    enum tally_code rc = engine_evaluate(&input, run->arena, &output, &err);
    if (rc != TALLY_OK)
        fail_msg("%s", err.detail);
    return output;
}

/* What stands afterwards, as the service records it. */
static void record(struct run *run, const struct engine_output *output)
{
    run->record_count = 0;
    for (size_t i = 0; i < output->count; i++) {
        const struct engine_instance *instance = &output->instances[i];
        assert_in_range(run->record_count, 0, ITEMS_MAX - 1);
        run->records[run->record_count++] = (struct engine_record){.rule = instance->rule,
                                                                   .key = instance->key,
                                                                   .stands = instance->target,
                                                                   .first = instance->first,
                                                                   .day = instance->day};
    }
    run->next_first = output->next_first;
}

/* The differences of this step are the next expected payments, in any order; *taken counts them. */
static void compare(const struct run *run, const struct engine_output *output, const char *name, const char *on,
                    const json_t *expected, size_t *taken)
{
    for (size_t i = 0; i < output->count; i++) {
        const struct engine_instance *instance = &output->instances[i];
        const json_t *one;
        bool is_found = false;
        size_t k = 0;
        if (!instance->has_difference)
            continue;
        struct slice rule = terms_rule(run->terms, instance->rule)->name;
        json_array_foreach((json_t *) (uintptr_t) expected, k, one)
        {
            is_found = is_found || (strcmp(text_of(one, "after"), on) == 0 && slice_is(rule, text_of(one, "rule")) &&
                                    slice_is(instance->key, text_of(one, "key")) &&
                                    slice_is(instance->difference, text_of(one, "amount")));
        }
        if (!is_found)
            fail_msg("%s after %s: %.*s [%.*s] pays %.*s, which is not expected", name, on, SLICE_ARG(rule),
                     SLICE_ARG(instance->key), SLICE_ARG(instance->difference));
        (*taken)++;
    }
}

static size_t expected_after(const json_t *expected, const char *on)
{
    const json_t *one;
    size_t k = 0, count = 0;
    json_array_foreach((json_t *) (uintptr_t) expected, k, one) count += strcmp(text_of(one, "after"), on) == 0;
    return count;
}

static void run_history(const char *name)
{
    struct run run = {.arena = arena_new(ARENA_MAX), .next_first = 1};
    json_t *results = load_json(name, ".results.json"), *expectation = load_json(name, ".expected.json");
    const json_t *expected = json_object_get(expectation, "payments"), *step, *result;
    size_t i = 0, k = 0, total = 0;
    int32_t last = DAY_MIN;
    assert_non_null(run.arena);
    assert_true(json_is_array(expected));
    assert_true(json_array_size(json_object_get(expectation, "sources")) > 0);
    run.terms = load_terms(text_of(results, "contract"), run.arena);
    json_array_foreach(json_object_get(results, "history"), i, step)
    {
        const char *on = text_of(step, "on");
        int32_t day = 0;
        size_t taken = 0;
        assert_int_equal(day_parse(slice_str(on), &day), TALLY_OK);
        assert_true(day > last); /* in order, so that "after" names one step */
        assert_true(strlen(text_of(step, "note")) > 0);
        last = day;
        json_array_foreach(json_object_get(step, "results"), k, result) add_result(&run, result, day);
        struct engine_output *output = evaluate(&run, day);
        compare(&run, output, name, on, expected, &taken);
        if (taken != expected_after(expected, on))
            fail_msg("%s after %s: %zu payments, and %zu are expected", name, on, taken, expected_after(expected, on));
        record(&run, output);
        total += taken;
        output = evaluate(&run, day);
        for (k = 0; k < output->count; k++)
            assert_false(output->instances[k].has_difference); /* nothing twice */
    }
    assert_true(i > 0);
    assert_int_equal(total, json_array_size(expected)); /* none is expected after a day that is not in the history */
    histories++;
    payments += (int) total;
    json_decref(results);
    json_decref(expectation);
    terms_free(run.terms);
    arena_free(run.arena);
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
    assert_true(histories >= 7);
    assert_true(payments >= 15);
}

static void every_template_has_a_history(void **state)
{
    static const char *const names[] = {"rikers-able", "rhino", "denver-housing"};
    (void) state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        json_t *results = load_json(names[i], ".results.json");
        assert_string_equal(text_of(results, "contract"), names[i]);
        json_decref(results);
    }
}

int main(void)
{
    const char *root = getenv("TALLY_ROOT");
    (void) snprintf(folder, sizeof folder, "%s/contracts/templates", root == NULL ? "." : root);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_history_gives_its_payments_and_no_others),
        cmocka_unit_test(every_template_has_a_history),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
