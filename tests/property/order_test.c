/* What comes of results does not depend on the way on which they came, and what is shared out sums to what there was, of random texts and
 * random weights. */
#include "story.h"

#define TEXTS_DEFAULT 500
#define RESULTS 14

/* All of the facts, in random order and a few at a time. */
static void live(struct story *s, const struct engine_fact *facts, size_t count, struct dice *dice,
                 struct engine_output **out)
{
    size_t order[FACTS_MAX];
    for (size_t i = 0; i < count; i++) {
        size_t at = dice_below(dice, (uint32_t) i + 1);
        order[i] = order[at];
        order[at] = i;
    }
    story_evaluate(s, out); /* none at first, as there may be none at all */
    for (s->fact_count = 0; s->fact_count < count;) {
        story_record(s, *out);
        for (uint32_t n = 1 + dice_below(dice, 3); n > 0 && s->fact_count < count; n--) {
            s->facts[s->fact_count] = facts[order[s->fact_count]];
            s->fact_count++;
        }
        story_evaluate(s, out);
    }
}

static const struct engine_instance *find(const struct engine_output *out, const struct engine_instance *like)
{
    for (size_t i = 0; i < out->count; i++)
        if (out->instances[i].rule == like->rule && slice_equal(out->instances[i].key, like->key))
            return &out->instances[i];
    return NULL;
}

/* The same state, and what is computed the same target; what is no instance in the other has nothing. How many have something. */
static unsigned expect_same(const struct engine_output *a, const struct engine_output *b, uint64_t seed, const char *text)
{
    unsigned paid = 0;
    for (size_t i = 0; i < a->count; i++) {
        const struct engine_instance *one = &a->instances[i], *other = find(b, one);
        bool is_same = other == NULL ? one->state == ENGINE_COMPUTED && money_sign(one->target) == 0
                                     : one->state == other->state &&
                                           (one->state != ENGINE_COMPUTED || slice_equal(one->target, other->target));
        paid += one->state == ENGINE_COMPUTED && money_sign(one->target) != 0;
        if (is_same)
            continue;
        fputs(text, stderr); /* longer than a failure's message may be */
        fail_msg("seed %llu: rule %u (%.*s)", (unsigned long long) seed, one->rule, SLICE_ARG(one->key));
    }
    return paid;
}

/* B3: what is computed does not depend on the way, where nothing that stands enters. */
static void any_order_of_the_same_final_results_ends_in_the_same_targets(void **state)
{
    uint64_t texts = story_wanted("TEXTS", TEXTS_DEFAULT), first = story_wanted("SEED", 1);
    struct story *a = malloc(sizeof *a), *b = malloc(sizeof *b);
    unsigned paid = 0;
    (void) state;
    assert_non_null(a);
    assert_non_null(b);
    for (uint64_t seed = first; seed < first + texts; seed++) {
        struct dice dice = {seed * UINT64_C(0xC2B2AE3D27D4EB4F)}, same = dice;
        struct engine_output *one = NULL, *other = NULL;
        struct engine_fact facts[FACTS_MAX];
        story_init(a, &dice, true);
        story_init(b, &same, true);
        for (int i = 0; i < RESULTS; i++)
            story_change(a, &dice);
        size_t count = a->fact_count;
        memcpy(facts, a->facts, sizeof facts);
        for (size_t i = 0; i < count; i++)
            facts[i].standing = ENGINE_FINAL;
        a->fact_count = 0;
        live(a, facts, count, &dice, &one);
        live(b, facts, count, &dice, &other);
        paid += expect_same(one, other, seed, a->text.text);
        paid += expect_same(other, one, seed, a->text.text);
        story_release(a);
        story_release(b);
    }
    free(a);
    free(b);
    assert_true(paid > texts); /* or it would prove little */
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
    struct terms *terms = story_compile(text);
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
        cmocka_unit_test(any_order_of_the_same_final_results_ends_in_the_same_targets),
        cmocka_unit_test(splits_sum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
