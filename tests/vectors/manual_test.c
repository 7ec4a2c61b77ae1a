/* The manual of the language (contracts/terms/README.md) cannot be wrong: every example in it is compiled, is in the one layout, and
 * pays what the manual says. How examples are marked stands in the manual itself, "How the examples are to be read". */
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
#include "tally/exposure.h"
#include "tally/history.h"
#include "tally/instant.h"
#include "tally/terms.h"
#include "tally/text.h"

#define TEXT_MAX ((size_t) 1 << 20) /* of the manual */
#define ARENA_MAX ((size_t) 64 << 20)
#define PERSON_LEN 22   /* the least that a pseudonym may have */
#define EXPECTED_MAX 64 /* lines of one example */
#define TEXTS_MAX 8     /* that have a name, and of one evaluation */

static char root[512];
static struct buf manual;
static struct slice header; /* what stands above every fragment */
static struct arena *arena;
static struct terms *terms;
static struct diags diags;
static uint32_t first_line; /* of the example within its whole text */
static struct slice told;   /* the example that `says` is about */
static int compiled, evaluated, refused;

/* Texts that an evaluation calls by a name: "```terms NAME.terms". */
static struct {
    struct slice name, text;
} named[TEXTS_MAX];
static size_t named_count;
/* The texts of the present evaluation: the one asked for, then others. */
static struct history_source sources[TEXTS_MAX];
static size_t source_count;

/* ---- the manual's fenced blocks ---- */

struct block {
    unsigned line;     /* of the manual */
    struct slice info; /* behind the fence */
    struct slice text;
};

static struct slice line_at(const char *at, const char *end)
{
    const char *stop = memchr(at, '\n', (size_t) (end - at));
    return slice_of(at, (size_t) ((stop == NULL ? end : stop) - at));
}

static struct slice cut(struct slice s, size_t n)
{
    return slice_of(s.ptr + n, s.len - n);
}

/* Calls f for each block, in order; returns how many. */
static int each_block(void (*f)(const struct block *block))
{
    const char *end = manual.ptr + manual.len;
    struct block block = {0};
    bool is_open = false;
    unsigned line = 1;
    int count = 0;
    for (const char *at = manual.ptr; at < end; line++) {
        struct slice text = line_at(at, end);
        at += text.len + 1;
        if (!slice_starts(text, SLICE("```")))
            continue;
        is_open = !is_open;
        if (is_open) {
            block = (struct block){line, cut(text, 3), slice_of(at, 0)};
            continue;
        }
        block.text.len = (size_t) (text.ptr - block.text.ptr);
        f(&block);
        count++;
    }
    assert_false(is_open);
    return count;
}

static void begin(void)
{
    terms_free(terms);
    arena_free(arena);
    terms = NULL;
    arena = arena_new(ARENA_MAX);
    assert_non_null(arena);
    diags_init(&diags, arena);
}

static int end(void **state)
{
    (void) state;
    terms_free(terms);
    arena_free(arena);
    terms = NULL;
    arena = NULL;
    return 0;
}

/* ---- texts ---- */

static uint32_t lines_of(struct slice text)
{
    uint32_t n = 0;
    for (size_t i = 0; i < text.len; i++)
        n += text.ptr[i] == '\n';
    return n;
}

/* The example, behind the header unless it is a whole text. */
static struct slice whole(struct slice example)
{
    bool is_whole = slice_starts(example, SLICE("terms 1\n"));
    first_line = is_whole ? 1 : lines_of(header) + 2;
    struct slice text = is_whole ? example : arena_printf(arena, "%.*s\n%.*s", SLICE_ARG(header), SLICE_ARG(example));
    assert_non_null(text.ptr);
    return text;
}

static void is_in_layout(const struct block *block, struct slice text)
{
    struct err err = {0};
    struct diags unused;
    struct buf out;
    diags_init(&unused, arena);
    buf_init(&out, TEXT_MAX);
    assert_int_equal(terms_format(text, &unused, &out, &err), TALLY_OK);
    if (!slice_equal(buf_slice(&out), text))
        fail_msg("README.md:%u: the example is not in the one layout, which is\n%.*s", block->line,
                 SLICE_ARG(buf_slice(&out)));
    buf_release(&out);
}

static void compile(const struct block *block, bool is_wrong)
{
    struct err err = {0};
    begin();
    told = whole(block->text);
    assert_int_equal(terms_compile(told, &diags, &terms, &err), TALLY_OK);
    if (!is_wrong && terms == NULL)
        fail_msg("README.md:%u: %.*s (line %u of the example)", block->line, SLICE_ARG(diags.first->message),
                 diags.first->span.line - first_line + 1);
    if (is_wrong && terms != NULL)
        fail_msg("README.md:%u: the example has no error", block->line);
    if (!is_wrong)
        is_in_layout(block, told);
    compiled++;
}

/* What the checker says of the example itself, a line each, hints behind them. */
static void compare_says(const struct block *block)
{
    struct buf said;
    buf_init(&said, TEXT_MAX);
    diags_sort(&diags);
    for (const struct diag *d = diags.first; d != NULL; d = d->next) {
        if (d->span.line < first_line)
            continue;
        buf_printf(&said, "%s: %.*s\n", d->level == DIAG_ERROR ? "error" : "warning", SLICE_ARG(d->message));
        if (d->hint.len > 0)
            buf_printf(&said, "  hint: %.*s\n", SLICE_ARG(d->hint));
    }
    if (!slice_equal(buf_slice(&said), block->text))
        fail_msg("README.md:%u: what is said is\n%.*s", block->line, SLICE_ARG(buf_slice(&said)));
    buf_release(&said);
    refused++;
}

/* ---- evaluations ---- */

/* One line of an example: a rule's instance and what is expected of it. */
struct expected {
    char text[200]; /* "early(c2) 1000000.00", "early(c1) = 0.00", "early(c1) waits" */
    bool is_payment, is_found;
};
struct day_expected {
    int32_t day;
    struct expected lines[EXPECTED_MAX];
    size_t count;
};
static struct day_expected days[EXPECTED_MAX];
static size_t day_count;

static bool take(struct slice *at, const char *text)
{
    if (!slice_starts(*at, slice_str(text)))
        return false;
    *at = cut(*at, strlen(text));
    return true;
}

/* Up to one of the characters or the end. */
static struct slice until(struct slice *at, const char *stops)
{
    size_t n = 0;
    while (n < at->len && strchr(stops, at->ptr[n]) == NULL)
        n++;
    struct slice taken = slice_of(at->ptr, n);
    *at = cut(*at, n);
    while (taken.len > 0 && taken.ptr[taken.len - 1] == ' ')
        taken.len--;
    return taken;
}

/* A member as results write it: periods are named by their first day here, persons by short names. */
static json_t *member_of(const struct terms_dimension *dimension, struct slice name)
{
    char text[256];
    (void) snprintf(text, sizeof text, "%.*s", SLICE_ARG(name));
    if (dimension->kind == TERMS_PERIOD)
        for (uint32_t i = 0; i < dimension->member_count; i++)
            if (slice_starts(dimension->members[i], name))
                (void) snprintf(text, sizeof text, "%.*s", SLICE_ARG(dimension->members[i]));
    if (dimension->kind == TERMS_PERSONS)
        for (size_t n = strlen(text); n < PERSON_LEN; n++)
            (void) snprintf(text + n, sizeof text - n, "-");
    return json_string(text);
}

static void put_members(const struct block *block, const struct terms *of, json_t *result,
                        const struct terms_metric *metric, struct slice members)
{
    json_t *dims = json_object();
    for (uint32_t i = 0; i < metric->by_count; i++) {
        const struct terms_dimension *dimension = terms_dimension(of, metric->by[i]);
        char name[128];
        struct slice member = until(&members, ",");
        if (member.len == 0)
            fail_msg("README.md:%u: `%.*s` has %u dimensions", block->line, SLICE_ARG(metric->name), metric->by_count);
        (void) snprintf(name, sizeof name, "%.*s", SLICE_ARG(dimension->name));
        assert_int_equal(json_object_set_new(dims, name, member_of(dimension, member)), 0);
        if (!take(&members, ", "))
            assert_int_equal(members.len, 0);
    }
    for (uint32_t i = 0; i < metric->where_count; i++) {
        char name[128];
        (void) snprintf(name, sizeof name, "%.*s", SLICE_ARG(terms_dimension(of, metric->where[i].dimension)->name));
        json_t *member = json_stringn(metric->where[i].member.ptr, metric->where[i].member.len);
        assert_int_equal(json_object_set_new(dims, name, member), 0);
    }
    assert_int_equal(json_object_set_new(result, "dimensions", dims), 0);
}

/* "second-chance/bed_days": of another contract of the example */
static const struct terms *contract_take(struct slice *item, json_t *result)
{
    struct slice rest = *item, slug = until(&rest, "/ (=");
    if (!take(&rest, "/"))
        return sources[0].terms;
    for (size_t i = 0; i < source_count; i++)
        if (slice_equal(terms_slug(sources[i].terms), slug)) {
            *item = rest;
            assert_int_equal(json_object_set_new(result, "contract", json_stringn(slug.ptr, slug.len)), 0);
            return sources[i].terms;
        }
    return sources[0].terms;
}

/* "reoffences(c1, programme) = 1420", "disputed: m", "pending: m = 5", "m = 5 submitted 2016-01-01" */
static void put_result(const struct block *block, json_t *results, struct slice item)
{
    static const char *const flags[] = {"pending", "restated", "withdrawn", "verified", "disputed"};
    static const char *const decisions[] = {"stands", "replaced", "annulled"};
    json_t *result = json_object();
    char verb[32], text[128];
    for (size_t i = 0; i < 5; i++) {
        (void) snprintf(verb, sizeof verb, "%s: ", flags[i]);
        if (take(&item, verb))
            assert_int_equal(json_object_set_new(result, flags[i], json_true()), 0);
    }
    for (size_t i = 0; i < 3; i++) {
        (void) snprintf(verb, sizeof verb, "%s: ", decisions[i]);
        if (take(&item, verb))
            assert_int_equal(json_object_set_new(result, "decided", json_string(decisions[i])), 0);
    }
    const struct terms *of = contract_take(&item, result);
    struct slice name = until(&item, "( =");
    uint32_t metric = terms_find_metric(of, name);
    if (metric == TERMS_NONE)
        fail_msg("README.md:%u: the example has no metric `%.*s`", block->line, SLICE_ARG(name));
    (void) snprintf(text, sizeof text, "%.*s", SLICE_ARG(name));
    assert_int_equal(json_object_set_new(result, "metric", json_string(text)), 0);
    struct slice members = take(&item, "(") ? until(&item, ")") : SLICE("");
    (void) take(&item, ")");
    put_members(block, of, result, terms_metric(of, metric), members);
    if (take(&item, " = ")) {
        struct slice value = until(&item, " ");
        (void) snprintf(text, sizeof text, "%.*s", SLICE_ARG(value));
        assert_int_equal(json_object_set_new(result, "value", json_string(text)), 0);
    }
    if (take(&item, " submitted ")) {
        (void) snprintf(text, sizeof text, "%.*s", SLICE_ARG(item));
        assert_int_equal(json_object_set_new(result, "submitted", json_string(text)), 0);
        item.len = 0;
    }
    if (item.len != 0)
        fail_msg("README.md:%u: `%.*s` is not understood", block->line, SLICE_ARG(item));
    assert_int_equal(json_array_append_new(results, result), 0);
}

/* "clinic (north, south)" */
static void put_joined(json_t *step, struct slice *line)
{
    char name[128];
    struct slice class_name = until(line, " (");
    json_t *joined = json_object(), *members = json_array();
    (void) snprintf(name, sizeof name, "%.*s", SLICE_ARG(class_name));
    assert_true(take(line, " ("));
    do {
        struct slice member = until(line, ",)");
        assert_int_equal(json_array_append_new(members, json_stringn(member.ptr, member.len)), 0);
    } while (take(line, ", "));
    assert_true(take(line, ")"));
    assert_int_equal(json_object_set_new(joined, name, members), 0);
    assert_int_equal(json_object_set_new(step, "joined", joined), 0);
}

/* "2016-01-31  item; item" */
static void put_step(const struct block *block, json_t *steps, struct slice line)
{
    char on[DAY_TEXT_LEN + 1];
    struct day_expected *day = &days[day_count++];
    assert_in_range(day_count, 1, EXPECTED_MAX);
    *day = (struct day_expected){0};
    if (line.len < DAY_TEXT_LEN || day_parse(slice_of(line.ptr, DAY_TEXT_LEN), &day->day) != TALLY_OK)
        fail_msg("README.md:%u: a line begins with a day or two spaces: %.*s", block->line, SLICE_ARG(line));
    (void) snprintf(on, sizeof on, "%.*s", DAY_TEXT_LEN, line.ptr);
    json_t *step = json_pack("{s:s}", "on", on), *results = json_array();
    line = cut(line, DAY_TEXT_LEN);
    if (take(&line, "  amended: ")) {
        assert_int_equal(json_object_set_new(step, "amended", json_stringn(line.ptr, line.len)), 0);
        line.len = 0;
    }
    if (take(&line, "  joined: "))
        put_joined(step, &line);
    while (take(&line, "  ") || take(&line, "; "))
        put_result(block, results, until(&line, ";"));
    assert_int_equal(line.len, 0);
    assert_int_equal(json_object_set_new(step, "results", results), 0);
    assert_int_equal(json_array_append_new(steps, step), 0);
}

/* "  => early(c2) 1,000,000.00": without its commas */
static void put_expected(const struct block *block, struct slice line)
{
    struct day_expected *day = day_count == 0 ? NULL : &days[day_count - 1];
    if (day == NULL || day->count == EXPECTED_MAX)
        fail_msg("README.md:%u: %.*s stands behind no day", block->line, SLICE_ARG(line));
    struct expected *e = &day->lines[day->count++];
    size_t n = 0;
    *e = (struct expected){0};
    e->is_payment = take(&line, "=> ");
    for (size_t i = 0; i < line.len && n < sizeof e->text - 1; i++)
        if (line.ptr[i] != ',' || (i + 1 < line.len && line.ptr[i + 1] == ' '))
            e->text[n++] = line.ptr[i];
}

static void read_example(const struct block *block, json_t *steps)
{
    const char *stop = block->text.ptr + block->text.len;
    day_count = 0;
    for (const char *at = block->text.ptr; at < stop;) {
        struct slice line = line_at(at, stop);
        at += line.len + 1;
        if (take(&line, "  "))
            put_expected(block, line);
        else
            put_step(block, steps, line);
    }
}

/* "early(c2)": members as the manual writes them */
static struct slice instance_name(const struct history_rule *of, const struct engine_instance *instance)
{
    struct slice key = instance->key, text = of->rule->name;
    for (uint32_t i = 0; i < of->rule->each_count; i++) {
        enum terms_dimension_kind kind = terms_dimension(of->terms, of->rule->each[i])->kind;
        struct slice member = until(&key, "|");
        (void) take(&key, "|");
        if (kind == TERMS_PERIOD)
            member.len = DAY_TEXT_LEN;
        while (kind == TERMS_PERSONS && member.len > 0 && member.ptr[member.len - 1] == '-')
            member.len--;
        text = arena_printf(arena, "%.*s%s%.*s", SLICE_ARG(text), i == 0 ? "(" : ", ", SLICE_ARG(member));
    }
    text = of->rule->each_count == 0 ? text : arena_printf(arena, "%.*s)", SLICE_ARG(text));
    assert_non_null(text.ptr);
    return text;
}

static bool find(struct day_expected *day, bool is_payment, struct slice text)
{
    for (size_t i = 0; day != NULL && i < day->count; i++)
        if (day->lines[i].is_payment == is_payment && slice_is(text, day->lines[i].text)) {
            day->lines[i].is_found = true;
            return true;
        }
    return false;
}

static void compare_instance(const struct block *block, struct day_expected *day, const char *on, struct slice name,
                             const struct engine_instance *instance)
{
    struct slice paid = arena_printf(arena, "%.*s %.*s", SLICE_ARG(name), SLICE_ARG(instance->difference));
    const char *state = instance->state == ENGINE_WAITS ? "waits" : "fault";
    if (instance->has_difference && !find(day, true, paid))
        fail_msg("README.md:%u: on %s: => %.*s is not said", block->line, on, SLICE_ARG(paid));
    if (instance->state == ENGINE_COMPUTED) {
        (void) find(day, false, arena_printf(arena, "%.*s = %.*s", SLICE_ARG(name), SLICE_ARG(instance->target)));
        return;
    }
    (void) find(day, false, arena_printf(arena, "%.*s %s", SLICE_ARG(name), state));
    (void) find(day, false, arena_printf(arena, "%.*s %s: %.*s", SLICE_ARG(name), state, SLICE_ARG(instance->reason)));
}

/* Rules of other contracts are named with theirs: "second-chance/success(y2016)". */
static void compare_moment(const struct block *block, const struct history *history, const struct history_moment *moment)
{
    struct day_expected *day = NULL;
    char on[DAY_TEXT_LEN + 1];
    day_format(moment->day, on);
    for (size_t i = 0; i < day_count; i++)
        day = days[i].day == moment->day ? &days[i] : day;
    for (uint32_t c = 0; c < moment->state_count; c++) {
        const struct history_state *state = &moment->states[c];
        for (size_t i = 0; i < state->output->count; i++) {
            const struct engine_instance *instance = &state->output->instances[i];
            struct slice name = instance_name(&state->rules[instance->rule], instance);
            if (c != history->main)
                name = arena_printf(arena, "%.*s/%.*s", SLICE_ARG(state->slug), SLICE_ARG(name));
            compare_instance(block, day, on, name, instance);
        }
    }
}

static void all_found(const struct block *block)
{
    for (size_t i = 0; i < day_count; i++)
        for (size_t k = 0; k < days[i].count; k++)
            if (!days[i].lines[k].is_found) {
                char on[DAY_TEXT_LEN + 1];
                day_format(days[i].day, on);
                fail_msg("README.md:%u: on %s it does not hold that %s%s", block->line, on,
                         days[i].lines[k].is_payment ? "=> " : "", days[i].lines[k].text);
            }
}

static void source_add(struct slice name, struct slice text, const struct terms *of)
{
    struct digest digest;
    char *hash = arena_alloc(arena, 2 * DIGEST_LEN + 1);
    assert_non_null(hash);
    assert_in_range(source_count, 0, TEXTS_MAX - 1);
    digest_of(text, &digest);
    text_hex(digest.bytes, DIGEST_LEN, hash);
    sources[source_count++] = (struct history_source){name, slice_of(hash, (size_t) 2 * DIGEST_LEN), of};
}

/* "eval": of the last text. "eval a.terms b.terms": of a, with b beside it; returns their names. */
static json_t *take_sources(const struct block *block)
{
    struct slice names = cut(block->info, 4);
    json_t *texts = json_array();
    source_count = 0;
    if (names.len == 0)
        source_add(SLICE(""), told, terms);
    while (take(&names, " ")) {
        struct slice name = until(&names, " ");
        struct err err = {0};
        struct terms *of = NULL;
        for (size_t i = 0; i < named_count; i++)
            if (slice_equal(named[i].name, name)) {
                struct slice text = whole(named[i].text);
                assert_int_equal(terms_compile(text, &diags, &of, &err), TALLY_OK);
                source_add(name, text, of);
            }
        if (of == NULL)
            fail_msg("README.md:%u: there is no text %.*s", block->line, SLICE_ARG(name));
        if (source_count > 1)
            assert_int_equal(json_array_append_new(texts, json_stringn(name.ptr, name.len)), 0);
    }
    return texts;
}

static void evaluate(const struct block *block)
{
    struct err err = {0};
    struct history *history = NULL;
    struct history_run *run = NULL;
    struct history_moment moment;
    bool has = true;
    json_t *texts = take_sources(block), *steps = json_array();
    read_example(block, steps);
    struct slice slug = terms_slug(sources[0].terms);
    json_t *json = json_pack("{s:s%,s:o,s:o}", "contract", slug.ptr, slug.len, "texts", texts, "history", steps);
    assert_non_null(json);
    char *text = json_dumps(json, 0);
    if (history_read_texts(sources, source_count, slice_str(text), arena, &history, &err) != TALLY_OK)
        fail_msg("README.md:%u: %s", block->line, err.detail);
    assert_int_equal(history_begin(sources[0].terms, history, days[day_count - 1].day, &run, &err), TALLY_OK);
    for (;;) {
        if (history_next(run, &moment, &has, &err) != TALLY_OK)
            fail_msg("README.md:%u: %s", block->line, err.detail);
        if (!has)
            break;
        compare_moment(block, history, &moment);
    }
    history_end(run);
    all_found(block);
    for (size_t i = 0; i < source_count; i++)
        if (sources[i].terms != terms)
            terms_free((struct terms *) (uintptr_t) sources[i].terms);
    free(text);
    json_decref(json);
    evaluated++;
}

/* ---- exposure ---- */

static const char *bound(struct slice amount, const char *none)
{
    struct slice text = amount.ptr == NULL ? slice_str(none) : arena_printf(arena, "%.*s", SLICE_ARG(amount));
    assert_non_null(text.ptr);
    return text.ptr;
}

/* "rule: least to most", and "party owes: least to most" */
static void compare_exposure(const struct block *block)
{
    struct err err = {0};
    struct exposure *exposure = NULL;
    struct buf said;
    buf_init(&said, TEXT_MAX);
    assert_non_null(terms);
    assert_int_equal(terms_exposure(terms, arena, &exposure, &err), TALLY_OK);
    for (uint32_t i = 0; i < exposure->rule_count; i++)
        buf_printf(&said, "%.*s: %s to %s\n", SLICE_ARG(terms_rule(terms, exposure->rules[i].rule)->name),
                   bound(exposure->rules[i].all.least, "no bound"), bound(exposure->rules[i].all.most, "no bound"));
    for (uint32_t i = 0; i < exposure->party_count; i++)
        buf_printf(&said, "%.*s %s: %s to %s\n", SLICE_ARG(terms_party(terms, exposure->parties[i].party)->name),
                   exposure->parties[i].is_payer ? "owes" : "receives", bound(exposure->parties[i].all.least, "no bound"),
                   bound(exposure->parties[i].all.most, "no bound"));
    if (!slice_equal(buf_slice(&said), block->text))
        fail_msg("README.md:%u: what is said is\n%.*s", block->line, SLICE_ARG(buf_slice(&said)));
    buf_release(&said);
}

/* ---- the tests ---- */

static void name_text(const struct block *block)
{
    compile(block, false);
    assert_in_range(named_count, 0, TEXTS_MAX - 1);
    named[named_count].name = cut(block->info, 6);
    named[named_count++].text = block->text;
}

static void take_block(const struct block *block)
{
    if (slice_is(block->info, "terms header"))
        header = block->text;
    else if (slice_is(block->info, "terms") || slice_is(block->info, "terms wrong"))
        compile(block, slice_is(block->info, "terms wrong"));
    else if (slice_starts(block->info, SLICE("eval")))
        evaluate(block);
    else if (memmem(block->info.ptr, block->info.len, ".terms", 6) != NULL)
        name_text(block);
    else if (slice_is(block->info, "says"))
        compare_says(block);
    else if (slice_is(block->info, "exposure"))
        compare_exposure(block);
    else if (slice_starts(block->info, SLICE("terms")))
        fail_msg("README.md:%u: `%.*s` is no kind of example", block->line, SLICE_ARG(block->info));
}

static void every_example_holds(void **state)
{
    (void) state;
    assert_true(each_block(take_block) > 0);
    print_message("%d texts, %d evaluations, %d sayings\n", compiled, evaluated, refused);
    assert_true(compiled >= 66);
    assert_true(evaluated >= 58);
    assert_true(refused >= 5);
}

/* ---- the tables of codes ---- */

static void add_file(const char *path, struct buf *out)
{
    char block[4096];
    size_t n;
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return;
    while ((n = fread(block, 1, sizeof block, file)) > 0)
        buf_add(out, block, n);
    (void) fclose(file);
}

/* All .c files of a folder. */
static void add_sources(const char *name, struct buf *out)
{
    char path[800];
    (void) snprintf(path, sizeof path, "%s/%s", root, name);
    DIR *dir = opendir(path);
    const struct dirent *entry;
    assert_non_null(dir);
    while ((entry = readdir(dir)) != NULL) {
        (void) snprintf(path, sizeof path, "%s/%s/%.200s", root, name, entry->d_name);
        if (strstr(entry->d_name, ".c") != NULL)
            add_file(path, out);
    }
    assert_int_equal(closedir(dir), 0);
}

/* "name.unknown": small letters, one point */
static bool is_code(struct slice text)
{
    size_t points = 0;
    for (size_t i = 0; i < text.len; i++) {
        points += text.ptr[i] == '.';
        if (strchr("abcdefghijklmnopqrstuvwxyz._-", text.ptr[i]) == NULL)
            return false;
    }
    return points == 1 && text.ptr[text.len - 1] != '.' && text.len > 4 && memcmp(text.ptr + text.len - 2, ".h", 2) != 0;
}

static bool holds(struct slice text, char before, struct slice word, char after)
{
    struct slice wanted = arena_printf(arena, "%c%.*s%c", before, SLICE_ARG(word), after);
    assert_non_null(wanted.ptr);
    return memmem(text.ptr, text.len, wanted.ptr, wanted.len) != NULL;
}

/* Each word in quotes on a line of the text that begins so, if it is a code. */
static size_t each_code(struct slice text, const char *line_begins, char quote, struct slice other, char other_quote,
                        const char *what)
{
    const char *stop = text.ptr + text.len;
    size_t count = 0;
    for (const char *i = text.ptr; i < stop;) {
        struct slice line = line_at(i, stop);
        i += line.len + 1;
        if (!slice_starts(line, slice_str(line_begins)))
            continue;
        while (line.len > 0) {
            (void) until(&line, (char[]){quote, '\0'});
            if (line.len == 0)
                break;
            line = cut(line, 1);
            struct slice word = until(&line, (char[]){quote, '\0'});
            line = line.len == 0 ? line : cut(line, 1);
            if (!is_code(word))
                continue;
            if (!holds(other, other_quote, word, other_quote))
                fail_msg("%s has not the code %.*s", what, SLICE_ARG(word));
            count++;
        }
    }
    return count;
}

static void the_tables_of_errors_and_warnings_are_complete(void **state)
{
    (void) state;
    struct buf checker;
    begin();
    buf_init(&checker, TEXT_MAX * 4);
    add_sources("contracts/engine", &checker);
    add_sources("contracts/terms", &checker);
    struct slice table = buf_slice(&manual);
    const char *chapter = memmem(table.ptr, table.len, "\n## 11 ", 7), *next = memmem(table.ptr, table.len, "\n## 12 ", 7);
    assert_non_null(chapter);
    assert_non_null(next);
    table = slice_of(chapter, (size_t) (next - chapter));
    assert_true(each_code(buf_slice(&checker), "", '"', table, '`', "the manual") >= 100);
    assert_true(each_code(table, "| `", '`', buf_slice(&checker), '"', "the checker") >= 100);
    buf_release(&checker);
}

int main(void)
{
    char path[600];
    (void) snprintf(root, sizeof root, "%s", project_root());
    (void) snprintf(path, sizeof path, "%s/contracts/terms/README.md", root);
    buf_init(&manual, TEXT_MAX);
    add_file(path, &manual);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(every_example_holds, end),
        cmocka_unit_test_teardown(the_tables_of_errors_and_warnings_are_complete, end),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    buf_release(&manual);
    return failed;
}
