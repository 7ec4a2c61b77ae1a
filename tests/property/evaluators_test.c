/* Two evaluators, one meaning: after every step of random histories over random texts, a session that follows what changes says the
 * same as the evaluation from nothing. STEPS and SEED in the environment make it longer, or another one. */
#include "story.h"

#include "../support/engine_follow.h"

#define STEPS_DEFAULT 20000
#define STEPS_OF_TEXT 40

/* P1: evaluating again with nothing new triggers nothing, and gives no places. */
static void again_triggers_nothing(struct story *s, uint64_t seed)
{
    struct engine_output *again = NULL;
    story_evaluate(s, &again);
    for (size_t i = 0; i < again->count; i++)
        if (again->instances[i].has_difference) {
            fputs(s->text.text, stderr); /* longer than a failure's message may be */
            fail_msg("seed %llu, again: rule %u (%.*s): %.*s", (unsigned long long) seed, again->instances[i].rule,
                     SLICE_ARG(again->instances[i].key), SLICE_ARG(again->instances[i].difference));
        }
    assert_int_equal(again->next_first, s->next_first);
}

static void step(struct story *s, struct follow *follow, struct dice *dice, uint64_t seed)
{
    char why[4000];
    struct engine_output *naive = NULL;
    for (uint32_t n = dice_below(dice, 4); n > 0; n--)
        story_change(s, dice);
    if (dice_in(dice, 3))
        s->today += (int32_t) dice_below(dice, dice_in(dice, 4) ? 300 : 30);
    if (dice_in(dice, 60)) { /* a batch that is dropped: a new session has to come to the same */
        engine_session_free(follow->session);
        follow->session = NULL;
    }
    if (s->uses && dice_in(dice, 25)) /* somebody comes who uses it, or goes */
        story_want(s, dice);
    arena_clear(s->arena);
    story_evaluate(s, &naive);
    struct engine_input input = story_input(s);
    if (!follow_step(follow, &input, naive, s->arena, why, sizeof why)) {
        fputs(s->text.text, stderr); /* longer than a failure's message may be */
        fail_msg("seed %llu, after %llu steps: %s", (unsigned long long) seed,
                 (unsigned long long) (follow->followed + follow->opened), why);
    }
    story_record(s, naive);
    if (dice_in(dice, 4))
        again_triggers_nothing(s, seed);
}

static void compare(bool is_using)
{
    uint64_t steps = story_wanted("STEPS", STEPS_DEFAULT), seed = story_wanted("SEED", 1), done = 0, followed = 0,
             doubted = 0, texts = 0, values = 0;
    struct story *s = malloc(sizeof *s);
    struct follow follow = {0};
    assert_non_null(s);
    for (; done < steps; seed++, texts++) {
        struct dice dice = {seed * UINT64_C(0x9E3779B97F4A7C15)};
        if (is_using)
            story_init_using(s, &dice);
        else
            story_init(s, &dice, false);
        if (is_using)
            story_want(s, &dice);
        for (uint32_t i = 0; i < STEPS_OF_TEXT; i++, done++)
            step(s, &follow, &dice, seed);
        followed += follow.followed;
        doubted += follow.doubted;
        values += follow.values;
        follow_free(&follow);
        story_release(s);
    }
    free(s);
    print_message("%llu steps over %llu texts, %llu of them followed, %llu sessions doubted, %llu values\n",
                  (unsigned long long) done, (unsigned long long) texts, (unsigned long long) followed,
                  (unsigned long long) doubted, (unsigned long long) values);
    assert_int_equal(doubted, 0);
    assert_true(followed > done / 2); /* or it would prove little */
    assert_true(!is_using || values > done);
}

static void a_session_says_what_an_evaluation_from_nothing_says(void **state)
{
    (void) state;
    compare(false);
}

static void so_it_does_of_contracts_that_use_others_and_are_used(void **state)
{
    (void) state;
    compare(true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_session_says_what_an_evaluation_from_nothing_says),
        cmocka_unit_test(so_it_does_of_contracts_that_use_others_and_are_used),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
