/* Each history of contracts/templates and of tests/vectors/worked, played as statements and moments of a ledger by the model: after every
 * step the same stands of each instance as `tally terms eval` computes, which the expected payments and traces hold to what is
 * published. What a file says was final on a day is submitted and verified on it. */
#include "../support/root.h"
#include "../unit/model/world.h"

#include <dirent.h>
#include <jansson.h>

#include "tally/history.h"
#include "tally/text.h"

#define TEXT_MAX ((size_t) 1 << 20)
#define SOURCES_MAX 8

struct play {
    struct world w;
    json_t *root;
    struct terms *terms;
    struct history_source sources[SOURCES_MAX]; /* the contract's text, and those that the history names */
    struct slice texts[SOURCES_MAX];
    size_t source_count;
    const char *id;                   /* of the contract that the deed is about, whose text `terms` is */
    const char *parties[SOURCES_MAX]; /* of each contract of the history */
    struct history *history;
    struct history_run *run;
    struct arena *arena;
    const char *name;
    size_t compared;
};

static struct slice load_file(const char *folder, const char *name, const char *ending, struct arena *arena)
{
    char path[768], block[4096];
    struct buf text;
    struct slice copy = SLICE("");
    size_t n;
    (void) snprintf(path, sizeof path, "%s/%s%s", folder, name, ending);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        fail_msg("there is no %s", path);
    buf_init(&text, TEXT_MAX);
    while ((n = fread(block, 1, sizeof block, file)) > 0)
        buf_add(&text, block, n);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(arena_copy(arena, text.ptr, text.len, &copy, NULL), TALLY_OK);
    buf_release(&text);
    return copy;
}

static const char *said(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

static bool is_said(const json_t *object, const char *name)
{
    return json_is_true(json_object_get(object, name));
}

/* ---- the contracts, signed ---- */
static void turn_to(struct play *p, uint32_t contract)
{
    const struct history_contract *c = &p->history->contracts[contract];
    p->terms = (struct terms *) (uintptr_t) c->texts[0]->terms;
    p->id = world_keep(&p->w, c->slug).ptr;
}

/* Of the contract that the result is said to be for, otherwise the one asked for. */
static void turn_to_said(struct play *p, const json_t *result)
{
    const char *slug = said(result, "contract");
    uint32_t at = p->history->main;
    for (uint32_t i = 0; i < p->history->contract_count && slug != NULL; i++)
        at = slice_is(p->history->contracts[i].slug, slug) ? i : at;
    turn_to(p, at);
}

static bool is_defined(const struct play *p, struct slice slug)
{
    for (uint32_t i = 0; i < p->w.base.indicators_count; i++)
        if (slice_equal(p->w.base.indicators[i].slug, slug))
            return true;
    return false;
}

static void register_once(struct play *p, const char *actor)
{
    for (uint32_t i = 0; i < p->w.base.actors_count; i++)
        if (slice_is(p->w.base.actors[i].id, actor))
            return;
    do_register(&p->w, "op", actor, false);
    ASSERT_DONE(&p->w);
}

static bool is_list(const struct terms *terms, struct slice unit)
{
    for (uint32_t i = 0; i < terms_dimension_count(terms); i++)
        if (terms_dimension(terms, i)->kind == TERMS_LIST && slice_equal(terms_dimension(terms, i)->name, unit))
            return true;
    return false;
}

static void define_indicators(struct play *p)
{
    for (uint32_t i = 0; i < terms_metric_count(p->terms); i++) {
        const struct terms_metric *metric = terms_metric(p->terms, i);
        bool is_known = metric->source != AST_SOURCE_INDICATOR || is_defined(p, metric->slug);
        for (uint32_t version = 1; version <= metric->version && !is_known; version++) {
            do_define(&p->w, "op", arena_printf(p->w.arena, "%.*s", SLICE_ARG(metric->slug)).ptr, version,
                      is_list(p->terms, metric->unit) ? "word"
                                                      : arena_printf(p->w.arena, "%.*s", SLICE_ARG(metric->unit)).ptr);
            ASSERT_DONE(&p->w);
        }
    }
}

static int by_text(const void *a, const void *b)
{
    return slice_compare(*(const struct slice *) a, *(const struct slice *) b);
}

static struct slice text_of(const struct play *p, const struct history_source *source)
{
    for (size_t i = 0; i < p->source_count; i++)
        if (p->sources[i].terms == source->terms)
            return p->texts[i];
    fail();
    return SLICE("");
}

static void make_contract(struct play *p, uint32_t contract)
{
    turn_to(p, contract);
    struct slice text = text_of(p, p->history->contracts[contract].texts[0]);
    struct slice names[64];
    struct buf parties;
    uint32_t count = terms_party_count(p->terms);
    assert_true(count <= 16);
    buf_init(&parties, 4096);
    for (uint32_t i = 0; i < count; i++)
        names[i] = world_keep(&p->w, terms_party(p->terms, i)->name);
    qsort(names, count, sizeof names[0], by_text);
    for (uint32_t i = 0; i < count; i++) {
        register_once(p, names[i].ptr);
        buf_printf(&parties, "%s%.*s=%.*s", i == 0 ? "" : " ", SLICE_ARG(names[i]), SLICE_ARG(names[i]));
    }
    define_indicators(p);
    p->parties[contract] = world_keep(&p->w, buf_slice(&parties)).ptr;
    buf_release(&parties);
    do_propose(&p->w, names[0].ptr, p->id, text.ptr, p->parties[contract]);
    ASSERT_DONE(&p->w);
    for (uint32_t i = 0; i < count; i++) {
        do_sign(&p->w, names[i].ptr, p->id, names[i].ptr);
        ASSERT_DONE(&p->w);
    }
}

/* ---- its results ---- */
static const struct terms_metric *metric_of(const struct play *p, const json_t *result)
{
    uint32_t metric = terms_find_metric(p->terms, slice_str(said(result, "metric")));
    assert_true(metric != TERMS_NONE);
    return terms_metric(p->terms, metric);
}

/* "shared.units/1 place=north 5", as world.h writes results. */
static const char *result_text(struct play *p, const json_t *result)
{
    const struct terms_metric *metric = metric_of(p, result);
    struct buf text;
    struct slice names[16];
    uint32_t count = 0;
    const char *name;
    json_t *member;
    buf_init(&text, 4096);
    if (metric->source == AST_SOURCE_INDICATOR)
        buf_printf(&text, "%.*s/%" PRIu32 " ", SLICE_ARG(metric->slug), metric->version);
    else
        buf_printf(&text, "=%s/%.*s ", p->id, SLICE_ARG(metric->name));
    json_object_foreach(json_object_get(result, "dimensions"), name, member) names[count++] = slice_str(name);
    qsort(names, count, sizeof names[0], by_text);
    for (uint32_t i = 0; i < count; i++)
        buf_printf(&text, "%s%.*s=%s", i == 0 ? "" : ",", SLICE_ARG(names[i]),
                   said(json_object_get(result, "dimensions"), names[i].ptr));
    buf_printf(&text, "%s %s", count == 0 ? "-" : "", said(result, "value"));
    const char *out = world_keep(&p->w, buf_slice(&text)).ptr;
    buf_release(&text);
    return out;
}

static struct slice member_said(const json_t *result, struct slice dimension)
{
    const char *name;
    json_t *member;
    json_object_foreach(json_object_get(result, "dimensions"), name,
                        member) if (slice_is(dimension, name)) return slice_str(json_string_value(member));
    return SLICE("");
}

/* Who reports: a party, or of a class the member that the result names. */
static const char *reporter_of(struct play *p, const json_t *result)
{
    const struct terms_metric *metric = metric_of(p, result);
    if (said(result, "by") != NULL)
        return said(result, "by");
    struct slice name = terms_party(p->terms, metric->reporter_count == 0 ? 0 : metric->reporters[0])->name;
    if (terms_find_party(p->terms, name) == TERMS_NONE)
        name = member_said(result, name);
    return world_keep(&p->w, name).ptr;
}

static void verify(struct play *p, const json_t *result, uint64_t seq)
{
    const struct terms_metric *metric = metric_of(p, result);
    for (uint32_t i = 0; i < metric->quorum && metric->verifier_count > 0; i++) {
        do_verify(&p->w, world_keep(&p->w, terms_party(p->terms, metric->verifiers[i])->name).ptr, seq, 0, NULL);
        ASSERT_DONE(&p->w);
    }
}

static bool is_first(const json_t *result)
{
    static const char *const deeds[] = {"restated", "withdrawn", "verified", "disputed", "decided"};
    for (size_t i = 0; i < sizeof deeds / sizeof deeds[0]; i++)
        if (json_object_get(result, deeds[i]) != NULL)
            return false;
    return true;
}

/* First results of one metric and reporter, in one statement; what comes too late is not used, and nobody can verify it. */
static void submit_like(struct play *p, const struct history_step *step, const json_t *results, size_t first)
{
    const char *list[MODEL_RESULTS_MAX], *by = reporter_of(p, json_array_get(results, first));
    const json_t *like = json_array_get(results, first), *one;
    uint64_t seq = p->w.seq;
    int count = 0;
    for (size_t i = 0; i < json_array_size(results); i++) {
        one = json_array_get(results, i);
        bool is_like = is_first(one) && step->events[i].contract == step->events[first].contract &&
                       step->events[i].is_late == step->events[first].is_late &&
                       strcmp(said(one, "metric"), said(like, "metric")) == 0 && strcmp(reporter_of(p, one), by) == 0;
        if (is_like && i < first)
            return; /* it was with that one */
        if (is_like)
            list[count++] = result_text(p, one);
    }
    (void) world_moments(&p->w);
    seq = p->w.seq;
    do_results(&p->w, by, false, count, list);
    ASSERT_DONE(&p->w);
    if (!step->events[first].is_late)
        verify(p, like, seq);
}

/* The newest result of the chain that the deed is about. */
static const struct row_result *head_of(struct play *p, const json_t *result)
{
    struct command_result wanted = read_result(&p->w, result_text(p, result));
    struct slice key = SLICE("");
    const struct row_result *found = NULL;
    assert_int_equal(model_result_key(&wanted, slice_str(reporter_of(p, result)), p->w.arena, &key, NULL), TALLY_OK);
    for (uint32_t i = 0; i < p->w.base.results_count; i++) {
        const struct row_result *row = &p->w.base.results[i];
        struct slice text = row->indicator.len > 0
                                ? arena_printf(p->w.arena, "%.*s|%" PRIu32 "|%.*s|%.*s", SLICE_ARG(row->indicator),
                                               row->version, SLICE_ARG(row->dimensions), SLICE_ARG(row->author))
                                : arena_printf(p->w.arena, "|%.*s|%.*s|%.*s|%.*s", SLICE_ARG(row->contract),
                                               SLICE_ARG(row->metric), SLICE_ARG(row->dimensions), SLICE_ARG(row->author));
        if (slice_equal(text, key) && (found == NULL || row->seq > found->seq))
            found = row;
    }
    assert_non_null(found);
    return found;
}

static void change(struct play *p, const json_t *result)
{
    (void) world_moments(&p->w);
    const struct row_result *head = head_of(p, result);
    uint64_t seq = p->w.seq;
    bool is_withdrawal = is_said(result, "withdrawn");
    const char *text =
        is_withdrawal
            ? arena_printf(p->w.arena, "%" PRIu64 ".%" PRIu32, head->seq, head->item).ptr
            : arena_printf(p->w.arena, "%" PRIu64 ".%" PRIu32 " %s", head->seq, head->item, said(result, "value")).ptr;
    if (head->is_withdrawal) /* withdrawn, and reported anew */
        do_result(&p->w, reporter_of(p, result), result_text(p, result));
    else
        do_change(&p->w, reporter_of(p, result), head->seq, is_withdrawal, false, 1, &text);
    ASSERT_DONE(&p->w);
    verify(p, result, seq);
}

static uint64_t dispute_of(struct play *p, const struct row_result *of)
{
    for (uint32_t i = p->w.base.disputes_count; i-- > 0;)
        if (p->w.base.disputes[i].result_seq == of->seq && p->w.base.disputes[i].item == of->item)
            return p->w.base.disputes[i].seq;
    fail_msg("result %" PRIu64 " is not disputed", of->seq);
    return 0;
}

static void argue(struct play *p, const json_t *result)
{
    const char *decided = said(result, "decided");
    const struct row_result *head = head_of(p, result);
    if (decided == NULL)
        do_dispute(&p->w, world_keep(&p->w, terms_party(p->terms, 0)->name).ptr, head->seq, p->id, 1, &head->item);
    else
        do_resolve(&p->w, world_keep(&p->w, terms_party(p->terms, terms_arbiter(p->terms))->name).ptr, dispute_of(p, head),
                   strcmp(decided, "stands") == 0     ? DECISION_STANDS
                   : strcmp(decided, "replaced") == 0 ? DECISION_REPLACED
                                                      : DECISION_ANNULLED,
                   strcmp(decided, "replaced") == 0 ? said(result, "value") : "", 1, &head->item);
    ASSERT_DONE(&p->w);
}

/* Who is to join is registered first, and signs. */
static void join(struct play *p, const json_t *classes)
{
    const char *class;
    json_t *members, *member;
    size_t i = 0;
    json_object_foreach((json_t *) (uintptr_t) classes, class, members)
    {
        json_array_foreach(members, i, member)
        {
            register_once(p, json_string_value(member));
            do_accede(&p->w, json_string_value(member), p->id, class);
            ASSERT_DONE(&p->w);
        }
    }
}

/* Proposed by a party, and signed by all. */
static void amend(struct play *p, const char *file)
{
    size_t at = 0;
    uint32_t contract = 0;
    while (at < p->source_count && !slice_is(p->sources[at].file, file))
        at++;
    assert_true(at < p->source_count);
    while (!slice_equal(p->history->contracts[contract].slug, terms_slug(p->sources[at].terms)))
        contract++;
    turn_to(p, contract);
    (void) world_moments(&p->w);
    uint64_t seq = p->w.seq;
    do_amend(&p->w, world_keep(&p->w, terms_party(p->terms, 0)->name).ptr, p->id, p->texts[at].ptr, p->parties[contract]);
    ASSERT_DONE(&p->w);
    for (uint32_t i = 0; i < terms_party_count(p->terms); i++) {
        const char *party = world_keep(&p->w, terms_party(p->terms, i)->name).ptr;
        do_sign_amendment(&p->w, party, p->id, party, seq);
        ASSERT_DONE(&p->w);
    }
}

static void do_step(struct play *p, const struct history_step *read, const json_t *step)
{
    const json_t *results = json_object_get(step, "results"), *result;
    size_t i = 0;
    turn_to(p, p->history->main);
    join(p, json_object_get(step, "joined"));
    if (said(step, "amended") != NULL)
        amend(p, said(step, "amended"));
    json_array_foreach((json_t *) (uintptr_t) results, i, result)
    {
        turn_to_said(p, result);
        if (is_first(result))
            submit_like(p, read, results, i);
        else if (is_said(result, "restated") || is_said(result, "withdrawn"))
            change(p, result);
        else
            argue(p, result);
    }
}

/* ---- the comparison ---- */
static void expect_state(struct play *p, const struct history_state *state, const char *on)
{
    for (size_t i = 0; i < state->output->count; i++) {
        const struct engine_instance *instance = &state->output->instances[i];
        struct slice rule = state->rules[instance->rule].rule->name, stands = SLICE("0");
        int order = 0;
        for (uint32_t k = 0; k < p->w.base.instances_count; k++) {
            const struct row_instance *row = &p->w.base.instances[k];
            if (slice_equal(row->contract, state->slug) && slice_equal(row->rule, rule) &&
                slice_equal(row->key, instance->key))
                stands = row->stands;
        }
        assert_int_equal(money_compare(stands, instance->target, &order, NULL), TALLY_OK);
        if (order != 0)
            fail_msg("%s, %s: %.*s [%.*s] stands at %.*s, and is %.*s by its history", p->name, on, SLICE_ARG(rule),
                     SLICE_ARG(instance->key), SLICE_ARG(stands), SLICE_ARG(instance->target));
        p->compared++;
    }
}

/* Every contract of the history. */
static void expect_same(struct play *p, const struct history_moment *moment, const char *on)
{
    for (uint32_t i = 0; i < moment->state_count; i++)
        expect_state(p, &moment->states[i], on);
}

/* The history's moment of this step, past those of the clock before it. */
static void reach(struct play *p, size_t step, const char *on)
{
    struct history_moment moment;
    bool has = true;
    while (has) {
        assert_int_equal(history_next(p->run, &moment, &has, NULL), TALLY_OK);
        if (has && moment.step == &p->history->steps[step]) {
            expect_same(p, &moment, on);
            return;
        }
    }
    fail_msg("%s: %s never comes", p->name, on);
}

/* Days of the clock behind the last step. */
static void reach_end(struct play *p)
{
    struct history_moment moment, last = {0};
    bool has = true;
    while (has) {
        assert_int_equal(history_next(p->run, &moment, &has, NULL), TALLY_OK);
        if (has)
            last = moment;
    }
    if (last.states == NULL)
        return;
    char day[DAY_TEXT_LEN + 1];
    day_format(last.day, day);
    world_day(&p->w, day);
    (void) world_moments(&p->w);
    expect_same(p, &last, day);
}

static void play_steps(struct play *p)
{
    const json_t *steps = json_object_get(p->root, "history"), *step;
    size_t i = 0;
    json_array_foreach((json_t *) (uintptr_t) steps, i, step)
    {
        world_day(&p->w, said(step, "on"));
        (void) world_moments(&p->w);
        do_step(p, &p->history->steps[i], step);
        reach(p, i, said(step, "on"));
    }
    reach_end(p);
}

static void add_source(struct play *p, const char *folder, const char *file)
{
    struct diags diags;
    struct err err = {0};
    struct digest digest;
    char hex[2 * DIGEST_LEN + 1];
    struct terms *terms = NULL;
    struct slice text = load_file(folder, file, "", p->arena);
    diags_init(&diags, p->arena);
    assert_true(p->source_count < SOURCES_MAX);
    assert_int_equal(terms_compile(text, &diags, &terms, &err), TALLY_OK);
    assert_non_null(terms);
    digest_of(text, &digest);
    text_hex(digest.bytes, DIGEST_LEN, hex);
    p->texts[p->source_count] = text;
    p->sources[p->source_count++] = (struct history_source){
        .file = world_keep(&p->w, slice_str(file)), .hash = world_keep(&p->w, slice_str(hex)), .terms = terms};
}

static void read_texts(struct play *p, const char *folder)
{
    const json_t *texts = json_object_get(p->root, "texts"), *file;
    size_t i = 0;
    add_source(p, folder, arena_printf(p->arena, "%s.terms", said(p->root, "contract")).ptr);
    p->terms = (struct terms *) (uintptr_t) p->sources[0].terms;
    json_array_foreach((json_t *) (uintptr_t) texts, i, file) add_source(p, folder, json_string_value(file));
}

static size_t play(const char *folder, const char *name)
{
    struct play *p = calloc(1, sizeof *p); /* NOLINT: larger than a stack should hold */
    struct err err = {0};
    assert_non_null(p);
    p->name = name;
    world_init(&p->w);
    p->arena = arena_new((size_t) 256 << 20);
    assert_non_null(p->arena);
    struct slice json = load_file(folder, name, ".results.json", p->arena);
    p->root = json_loadb(json.ptr, json.len, 0, NULL);
    assert_non_null(p->root);
    read_texts(p, folder);
    if (history_read_texts(p->sources, p->source_count, json, p->arena, &p->history, &err) != TALLY_OK)
        fail_msg("%s: %s", name, err.detail);
    assert_int_equal(history_begin(p->terms, p->history, DAY_NEVER, &p->run, &err), TALLY_OK);
    world_day(&p->w, "1999-01-01");
    for (uint32_t i = 0; i < p->history->contract_count; i++)
        make_contract(p, i);
    turn_to(p, p->history->main);
    play_steps(p);
    size_t compared = p->compared;
    history_end(p->run);
    json_decref(p->root);
    for (size_t i = 0; i < p->source_count; i++)
        terms_free((struct terms *) (uintptr_t) p->sources[i].terms);
    world_release(&p->w);
    arena_free(p->arena);
    free(p); /* NOLINT */
    return compared;
}

static void play_folder(const char *folder, size_t least)
{
    char path[512];
    size_t histories = 0, compared = 0;
    (void) snprintf(path, sizeof path, "%s/%s", project_root(), folder);
    DIR *dir = opendir(path);
    assert_non_null(dir);
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        char name[300];
        char *ending = strstr(entry->d_name, ".results.json");
        if (ending == NULL)
            continue;
        (void) snprintf(name, sizeof name, "%.*s", (int) (ending - entry->d_name), entry->d_name);
        compared += play(path, name);
        histories++;
    }
    assert_int_equal(closedir(dir), 0);
    assert_true(histories >= least && compared > histories);
}

static void templates_are_worth_the_same_in_a_ledger(void **state)
{
    (void) state;
    play_folder("contracts/templates", 40);
}

static void worked_contracts_are_worth_the_same_in_a_ledger(void **state)
{
    (void) state;
    play_folder("tests/vectors/worked", 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(templates_are_worth_the_same_in_a_ledger),
        cmocka_unit_test(worked_contracts_are_worth_the_same_in_a_ledger),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
