/* Two evaluators, one meaning: after every step of random histories over random texts, a session that follows what changes says the
 * same as the evaluation from nothing. STEPS and SEED in the environment make it longer, or another one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../support/engine_follow.h"
#include "random_text.h"
#include "tally/engine.h"

#define STEPS_DEFAULT 20000
#define STEPS_OF_TEXT 40
#define FACTS_MAX 64
#define RECORDS_MAX 4096

struct story {
    struct random_text text;
    struct terms *terms;
    struct engine_fact facts[FACTS_MAX];
    size_t fact_count;
    struct arena *texts; /* keys and values, as long as the story */
    struct engine_record records[RECORDS_MAX];
    char record_keys[RECORDS_MAX][80], stands[RECORDS_MAX][64];
    size_t record_count;
    uint64_t next_first, seq;
    int32_t today;
    struct arena *arena;
    struct follow follow;
};

static uint64_t wanted(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text == NULL ? otherwise : strtoull(text, NULL, 10);
}

/* NULL: the checker refuses it. */
static struct terms *compile(const char *text)
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

static void story_init(struct story *s, struct dice *dice, bool free_from_history)
{
    memset(s, 0, sizeof *s);
    do {
        random_text_free(&s->text);
        random_text_make(dice, free_from_history, &s->text);
        s->terms = compile(s->text.text);
    } while (s->terms == NULL);
    s->next_first = 1;
    s->today = 16801 + (int32_t) dice_below(dice, 700); /* in 2016 or 2017 */
    s->arena = arena_new((size_t) 1 << 28);
    s->texts = arena_new((size_t) 1 << 24);
    assert_non_null(s->arena);
    assert_non_null(s->texts);
}

static void story_release(struct story *s)
{
    follow_free(&s->follow);
    terms_free(s->terms);
    random_text_free(&s->text);
    arena_free(s->arena);
    arena_free(s->texts);
}

static struct slice keep_text(struct story *s, const char *text)
{
    struct slice kept = {NULL, 0};
    assert_int_equal(arena_copy(s->texts, text, strlen(text), &kept, NULL), TALLY_OK);
    return kept;
}

/* Submitted, final, restated, disputed, decided, withdrawn: one result, at random. */
static void change(struct story *s, struct dice *dice)
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
        return;
    }
    if (at == FACTS_MAX)
        return;
    bool is_new = at == s->fact_count;
    random_value(dice, metric, value, sizeof value);
    s->seq++;
    s->facts[at] =
        (struct engine_fact){.metric = m,
                             .key = keep_text(s, key),
                             .value = is_new || what > 2 ? keep_text(s, value) : s->facts[at].value,
                             .standing = what == 1   ? ENGINE_DISPUTED
                                         : what == 2 ? ENGINE_PENDING
                                                     : ENGINE_FINAL,
                             .submitted = is_new ? s->today : s->facts[at].submitted,
                             .seq = s->seq,
                             .became_final = is_new || s->facts[at].became_final == 0 ? s->seq : s->facts[at].became_final};
    s->fact_count += is_new;
}

static void record(struct story *s, const struct engine_output *output)
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

static struct engine_input input_of(const struct story *s)
{
    return (struct engine_input){.terms = s->terms,
                                 .today = s->today,
                                 .facts = s->facts,
                                 .fact_count = s->fact_count,
                                 .records = s->records,
                                 .record_count = s->record_count,
                                 .next_first = s->next_first};
}

static void evaluate(struct story *s, struct engine_output **out)
{
    struct err err = {0};
    struct engine_input input = input_of(s);
    if (engine_evaluate(&input, s->arena, out, &err) != TALLY_OK)
        fail_msg("%s\n%s", err.detail, s->text.text);
}

/* P1: evaluating again with nothing new triggers nothing, and gives no places. */
static void again_triggers_nothing(struct story *s, uint64_t seed)
{
    struct engine_output *again = NULL;
    evaluate(s, &again);
    for (size_t i = 0; i < again->count; i++)
        if (again->instances[i].has_difference) {
            fputs(s->text.text, stderr); /* longer than a failure's message may be */
            fail_msg("seed %llu, again: rule %u (%.*s): %.*s", (unsigned long long) seed, again->instances[i].rule,
                     SLICE_ARG(again->instances[i].key), SLICE_ARG(again->instances[i].difference));
        }
    assert_int_equal(again->next_first, s->next_first);
}

static void step(struct story *s, struct dice *dice, uint64_t seed)
{
    char why[4000];
    struct engine_output *naive = NULL;
    for (uint32_t n = dice_below(dice, 4); n > 0; n--)
        change(s, dice);
    if (dice_in(dice, 3))
        s->today += (int32_t) dice_below(dice, dice_in(dice, 4) ? 300 : 30);
    if (dice_in(dice, 60)) { /* a batch that is dropped: a new session has to come to the same */
        engine_session_free(s->follow.session);
        s->follow.session = NULL;
    }
    arena_clear(s->arena);
    evaluate(s, &naive);
    struct engine_input input = input_of(s);
    if (!follow_step(&s->follow, &input, naive, s->arena, why, sizeof why)) {
        fputs(s->text.text, stderr); /* longer than a failure's message may be */
        fail_msg("seed %llu, after %llu steps: %s", (unsigned long long) seed,
                 (unsigned long long) (s->follow.followed + s->follow.opened), why);
    }
    record(s, naive);
    if (dice_in(dice, 4))
        again_triggers_nothing(s, seed);
}

static void a_session_says_what_an_evaluation_from_nothing_says(void **state)
{
    uint64_t steps = wanted("STEPS", STEPS_DEFAULT), seed = wanted("SEED", 1), done = 0, followed = 0, doubted = 0,
             texts = 0;
    struct story *s = malloc(sizeof *s);
    (void) state;
    assert_non_null(s);
    for (; done < steps; seed++, texts++) {
        struct dice dice = {seed * UINT64_C(0x9E3779B97F4A7C15)};
        story_init(s, &dice, false);
        for (uint32_t i = 0; i < STEPS_OF_TEXT; i++, done++)
            step(s, &dice, seed);
        followed += s->follow.followed;
        doubted += s->follow.doubted;
        story_release(s);
    }
    free(s);
    print_message("%llu steps over %llu texts, %llu of them followed, %llu sessions doubted\n", (unsigned long long) done,
                  (unsigned long long) texts, (unsigned long long) followed, (unsigned long long) doubted);
    assert_int_equal(doubted, 0);
    assert_true(followed > done / 2); /* or it would prove little */
}

/* B3: what is computed does not depend on the way, where nothing that stands enters. */
static void any_order_of_the_same_final_results_ends_in_the_same_targets(void **state)
{
    uint64_t texts = wanted("STEPS", STEPS_DEFAULT) / 200;
    struct story *a = malloc(sizeof *a), *b = malloc(sizeof *b);
    (void) state;
    assert_non_null(a);
    assert_non_null(b);
    for (uint64_t seed = 1; seed <= texts; seed++) {
        struct dice dice = {seed * UINT64_C(0xC2B2AE3D27D4EB4F)}, same = dice;
        struct engine_output *one = NULL, *other = NULL;
        story_init(a, &dice, true);
        story_init(b, &same, true);
        for (int i = 0; i < 12; i++)
            change(a, &dice);
        for (size_t i = 0; i < a->fact_count; i++)
            a->facts[i].standing = ENGINE_FINAL;
        size_t all = a->fact_count;
        for (a->fact_count = 0; a->fact_count < all; a->fact_count++) { /* none at first, as there may be none at all */
            evaluate(a, &one);
            record(a, one);
        }
        evaluate(a, &one);
        for (size_t i = all; i-- > 0;) { /* the other way round */
            b->facts[b->fact_count++] = a->facts[i];
            evaluate(b, &other);
            record(b, other);
        }
        b->today = a->today;
        evaluate(b, &other);
        for (size_t i = 0, k = 0; i < one->count; i++) {
            if (one->instances[i].state != ENGINE_COMPUTED) /* it keeps what stands */
                continue;
            while (k < other->count && (other->instances[k].rule != one->instances[i].rule ||
                                        !slice_equal(other->instances[k].key, one->instances[i].key)))
                k++;
            bool is_same = k < other->count ? slice_equal(other->instances[k].target, one->instances[i].target)
                                            : money_sign(one->instances[i].target) == 0;
            if (!is_same)
                fail_msg("seed %llu: rule %u (%.*s)\n%s", (unsigned long long) seed, one->instances[i].rule,
                         SLICE_ARG(one->instances[i].key), a->text.text);
            if (k == other->count)
                k = 0;
        }
        story_release(a);
        story_release(b);
    }
    free(a);
    free(b);
}

/* N5: the parts are whole cents, and sum to the pot. */
static void splits_sum(void **state)
{
    static const char text[] =
        "terms 1\ncontract split \"Split\"\ncurrency USD rounded to 0.05, half up\nclock UTC\n"
        "runs 2016-01-01 to 2018-12-31\nparty city outcome payer \"City\"\nparty lender investor \"Lender\"\n"
        "party judge evaluator \"Judge\"\nin force when city and lender have signed\n"
        "disputes decided by judge within 30 days, otherwise stands\ndimension arm (a, b, c, d, e)\n"
        "metric pot is \"Pot\" in USD\n  reported by judge\n"
        "metric weight is \"Weight\" in number between 0 and 100\n  by arm\n  reported by judge\n"
        "pay whole from city to lender\n  amount pot\n  either way\n"
        "pay part from city to lender\n  for each arm\n  amount portion(pot, weight over arm)\n  either way\n";
    static const char *const keys[] = {"", "a", "b", "c", "d", "e"};
    struct dice dice = {42};
    struct terms *terms = compile(text);
    struct arena *arena = arena_new(1 << 20);
    (void) state;
    assert_non_null(terms);
    assert_non_null(arena);
    for (int round = 0; round < 400; round++) {
        struct engine_fact facts[6];
        struct engine_output *out = NULL;
        char values[6][32];
        int order = 1;
        arena_clear(arena);
        for (uint32_t i = 0; i < 6; i++) {
            snprintf(values[i], sizeof values[i], "%s%u.%03u", i == 0 && dice_in(&dice, 4) ? "-" : "",
                     dice_below(&dice, i == 0 ? 100000 : 90) + 1, dice_below(&dice, 1000));
            facts[i] = (struct engine_fact){
                .metric = i == 0 ? 0 : 1, .key = slice_str(keys[i]), .value = slice_str(values[i]), .seq = i + 1};
        }
        struct engine_input input = {.terms = terms, .today = 17000, .facts = facts, .fact_count = 6, .next_first = 1};
        assert_int_equal(engine_evaluate(&input, arena, &out, NULL), TALLY_OK);
        struct slice sum = SLICE("0.00");
        for (size_t i = 1; i < out->count; i++) {
            bool is_whole = false;
            assert_int_equal(out->instances[i].state, ENGINE_COMPUTED);
            assert_int_equal(money_fits(out->instances[i].target, SLICE("0.05"), &is_whole, NULL), TALLY_OK);
            assert_true(is_whole);
            assert_int_equal(money_add(sum, out->instances[i].target, arena, &sum, NULL), TALLY_OK);
        }
        assert_int_equal(out->count, 6);
        assert_int_equal(money_compare(sum, out->instances[0].target, &order, NULL), TALLY_OK);
        assert_int_equal(order, 0);
    }
    terms_free(terms);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(splits_sum),
        cmocka_unit_test(a_session_says_what_an_evaluation_from_nothing_says),
        cmocka_unit_test(any_order_of_the_same_final_results_ends_in_the_same_targets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
