/* P1 over an amendment: whatever happens to a random text and to another version of it, evaluating again with nothing new triggers nothing,
 * and gives no places in the order of first amounts. */
#include "story.h"

#define TEXTS_DEFAULT 300
#define STEPS_OF_TEXT 24
#define VERSION " version 2 amends 0000000000000000000000000000000000000000000000000000000000000001 effective 2017-06-01"

/* The same with other figures in money; the number of members may be another. */
static char *amend(const struct random_text *of, struct dice *dice)
{
    static const char name[] = "contract random \"Random\"", money[] = "USD ", most[] = "open, at most ";
    size_t size = strlen(of->text) * 2 + sizeof VERSION;
    char *text = malloc(size), *out = text;
    assert_non_null(text);
    for (const char *p = of->text; *p != '\0';) {
        size_t word = 0;
        *out++ = *p++;
        if ((size_t) (p - of->text) >= sizeof name - 1 && strncmp(p - sizeof name + 1, name, sizeof name - 1) == 0)
            out += snprintf(out, size - (size_t) (out - text), "%s", VERSION);
        if ((size_t) (p - of->text) >= sizeof most - 1 && strncmp(p - sizeof most + 1, most, sizeof most - 1) == 0 &&
            dice_in(dice, 2)) {
            word = strspn(p, "0123456789");
            out += snprintf(out, size - (size_t) (out - text), "%u", 2 + dice_below(dice, 6));
        }
        if ((size_t) (p - of->text) >= sizeof money - 1 && strncmp(p - sizeof money + 1, money, sizeof money - 1) == 0 &&
            strspn(p, "0123456789") > 0 && dice_in(dice, 2)) {
            word = strspn(p, "0123456789.");
            out += snprintf(out, size - (size_t) (out - text), "%u.%u", 1 + dice_below(dice, 90), dice_below(dice, 10));
        }
        p += word;
    }
    *out = '\0';
    return text;
}

struct both {
    struct story *s; /* of the first version */
    struct terms *next;
    char *text;
    bool is_amended;
};

static void evaluate(struct both *b, struct engine_output **out)
{
    struct story *s = b->s;
    struct err err = {0};
    struct engine_input input = story_input(s);
    struct engine_text earlier = {s->terms, s->facts, s->fact_count};
    if (b->is_amended) {
        input.terms = b->next;
        input.earlier = &earlier;
        input.earlier_count = 1;
    }
    if (engine_evaluate(&input, s->arena, out, &err) != TALLY_OK)
        fail_msg("%s\n%s", err.detail, b->text);
}

static void step(struct both *b, struct dice *dice, uint64_t seed)
{
    struct story *s = b->s;
    struct engine_output *out = NULL, *again = NULL;
    for (uint32_t n = dice_below(dice, 4); n > 0; n--)
        story_change(s, dice);
    if (dice_in(dice, 3))
        s->today += (int32_t) dice_below(dice, dice_in(dice, 4) ? 300 : 30);
    arena_clear(s->arena);
    evaluate(b, &out);
    story_record(s, out);
    evaluate(b, &again);
    for (size_t i = 0; i < again->count; i++)
        if (again->instances[i].has_difference) {
            fputs(b->text, stderr); /* longer than a failure's message may be */
            fail_msg("seed %llu, %s: rule %u (%.*s): %.*s", (unsigned long long) seed,
                     b->is_amended ? "amended" : "first version", again->instances[i].rule,
                     SLICE_ARG(again->instances[i].key), SLICE_ARG(again->instances[i].difference));
        }
    assert_int_equal(again->next_first, s->next_first);
}

static void evaluating_an_amended_contract_again_triggers_nothing(void **state)
{
    uint64_t texts = story_wanted("TEXTS", TEXTS_DEFAULT), first = story_wanted("SEED", 1), amended = 0;
    struct story *s = malloc(sizeof *s);
    (void) state;
    assert_non_null(s);
    for (uint64_t seed = first; seed < first + texts; seed++) {
        struct dice dice = {seed * UINT64_C(0x9E3779B97F4A7C15)};
        struct slice why = {0};
        bool fits = false;
        story_init(s, &dice, false);
        struct both b = {.s = s, .text = amend(&s->text, &dice)};
        b.next = story_compile(b.text);
        if (b.next != NULL)
            assert_int_equal(engine_amends(b.next, s->terms, s->arena, &fits, &why, NULL), TALLY_OK);
        for (uint32_t i = 0; fits && i < STEPS_OF_TEXT; i++) {
            b.is_amended = i > STEPS_OF_TEXT / 3;
            step(&b, &dice, seed);
        }
        amended += fits;
        terms_free(b.next);
        free(b.text);
        story_release(s);
    }
    free(s);
    assert_true(amended > texts / 2); /* or it would prove little */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(evaluating_an_amended_contract_again_triggers_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
