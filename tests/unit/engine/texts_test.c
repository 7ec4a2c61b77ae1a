/* Several texts of one contract: rules V1 to V4, C5 and U2 of language.md section 7, as the engine has them. */
#include "world.h"

#define YEARS "period year every 1 year from 2016-01-01 to 2020-12-31\n"
#define Y16 "2016-01-01/2016-12-31"
#define Y17 "2017-01-01/2017-12-31"
#define Y18 "2018-01-01/2018-12-31"
#define X "metric x is \"X\" in USD\n  by year\n  reported by judge\n  disputes within 30 days\n"
#define HASH "0000000000000000000000000000000000000000000000000000000000000001"
#define TEXT(version, declarations)                                                                                        \
    "terms 1\ncontract small \"Small\" " version "\ncurrency USD rounded to 0.01, half even\nclock UTC\n"                  \
    "runs 2016-01-01 to 2020-12-31\ncloses 2022-12-31\n"                                                                   \
    "party city outcome payer \"City\"\nparty lender investor \"Lender\"\nparty judge evaluator \"Judge\"\n"               \
    "in force when city and lender have signed\ndisputes decided by judge within 30 days, otherwise stands\n" declarations
#define V1(declarations) TEXT("", declarations)
#define V2(declarations) TEXT("version 2 amends " HASH " effective 2018-01-01", declarations)
#define V3(declarations) TEXT("version 3 amends " HASH " effective 2019-01-01", declarations)

/* Two or three texts in force, and the results, which fit all of them that have the metric. */
struct amended {
    struct world *w[3]; /* the newest last */
    size_t count;
    struct engine_text earlier[2];
    struct engine_input input;
};

static void amended_facts(struct amended *a, const char *metric, const char *key, const char *value,
                          enum engine_standing standing)
{
    for (size_t i = 0; i < a->count; i++)
        if (terms_find_metric(a->w[i]->terms, slice_str(metric)) != TERMS_NONE)
            world_fact(a->w[i], metric, key, value, standing);
}

static void amended_final(struct amended *a, const char *metric, const char *key, const char *value)
{
    amended_facts(a, metric, key, value, ENGINE_FINAL);
}

static struct world *newest(const struct amended *a)
{
    return a->w[a->count - 1];
}

static void amended_input(struct amended *a, const char *day)
{
    struct world *w = newest(a);
    w->today = day_of(day);
    a->input = world_input(w);
    for (size_t i = 0; i + 1 < a->count; i++)
        a->earlier[i] = (struct engine_text){a->w[i]->terms, a->w[i]->facts, a->w[i]->fact_count};
    a->input.earlier = a->earlier;
    a->input.earlier_count = a->count - 1;
}

static void amended_day(struct amended *a, const char *day)
{
    struct err err = {0};
    struct world *w = newest(a);
    amended_input(a, day);
#ifdef WORLD_FAILS
    world_try_evaluate(&a->input);
#endif
    arena_clear(w->arena);
    enum tally_code rc = engine_evaluate(&a->input, w->arena, &w->output, &err);
    if (rc != TALLY_OK)
        print_error("%s\n", err.detail);
    assert_int_equal(rc, TALLY_OK);
    world_record(w);
}

static struct amended begin(const char *text)
{
    return (struct amended){.w = {world_new(text)}, .count = 1};
}

/* The amendment comes into force: facts and records go over (V3). */
static void amend(struct amended *a, const char *text)
{
    struct world *old = newest(a), *w = world_new(text);
    bool fits = false;
    struct slice why = SLICE("");
    WORLD_TRY(engine_amends(w->terms, old->terms, tried_arena, &fits, &why, &tried_err));
    assert_int_equal(engine_amends(w->terms, old->terms, w->arena, &fits, &why, NULL), TALLY_OK);
    if (!fits)
        print_error("%.*s\n", SLICE_ARG(why));
    assert_true(fits);
    amended_input(a, "2016-01-01");
    struct engine_input before = a->input;
    a->w[a->count++] = w;
    w->seq = old->seq; /* what comes is later than all that there is */
    for (size_t i = 0; i < old->fact_count; i++) {
        struct engine_fact fact = old->facts[i];
        fact.metric = terms_find_metric(w->terms, terms_metric(old->terms, fact.metric)->name);
        if (fact.metric != TERMS_NONE)
            w->facts[w->fact_count++] = fact;
    }
    amended_input(a, "2016-01-01");
    for (size_t i = 0; i < old->record_count; i++) {
        const struct terms *terms = NULL;
        w->records[i] = old->records[i];
        w->records[i].rule = engine_rule_place(&a->input, engine_rule(&before, old->records[i].rule, &terms)->name);
        assert_true(w->records[i].rule != TERMS_NONE);
        snprintf(w->stands[i], sizeof w->stands[i], "%s", old->stands[i]);
        snprintf(w->keys[i], sizeof w->keys[i], "%s", old->keys[i]);
        w->records[i].stands = slice_str(w->stands[i]);
        w->records[i].key = slice_str(w->keys[i]);
    }
    w->record_count = old->record_count;
    w->next_first = old->next_first;
}

static void amended_free(struct amended *a)
{
    for (size_t i = 0; i < a->count; i++)
        world_free(a->w[i]);
}

/* As expect_target, by the rule's place. */
static const struct engine_instance *instance_of(const struct amended *a, const char *rule, const char *key)
{
    uint32_t place = engine_rule_place(&a->input, slice_str(rule));
    const struct engine_output *output = newest(a)->output;
    for (size_t i = 0; i < output->count; i++)
        if (output->instances[i].rule == place && slice_is(output->instances[i].key, key))
            return &output->instances[i];
    return NULL;
}

static void expect_of(const struct amended *a, const char *rule, const char *key, const char *target,
                      const char *difference)
{
    const struct engine_instance *instance = instance_of(a, rule, key);
    assert_non_null(instance);
    if (instance->state != ENGINE_COMPUTED)
        print_error("%s(%s): %.*s\n", rule, key, SLICE_ARG(instance->reason));
    assert_int_equal(instance->state, ENGINE_COMPUTED);
    expect_slice(instance->target, target);
    expect_slice(instance->difference, difference);
}

static void expect_keeps(const struct amended *a, const char *rule, const char *key, const char *reason, const char *stands)
{
    const struct engine_instance *instance = instance_of(a, rule, key);
    assert_non_null(instance);
    assert_int_equal(instance->state, ENGINE_WAITS);
    expect_slice(instance->reason, reason);
    expect_slice(instance->target, stands);
    assert_false(instance->has_difference);
}

static void rule_V2_the_day_of_the_work_decides(void **state)
{
    (void) state;
    struct amended a = begin(V1(YEARS X "pay p from city to lender for each year of x amount x\n"));
    amended_final(&a, "x", Y16, "10");
    amended_day(&a, "2017-01-10");
    expect_of(&a, "p", Y16, "10.00", "10.00");
    amend(&a, V2(YEARS X "pay p from city to lender for each year of x amount 2 * x\n"));
    amended_day(&a, "2017-06-01"); /* taking effect triggers nothing */
    expect_of(&a, "p", Y16, "10.00", "0.00");
    amended_final(&a, "x", Y17, "10");
    amended_day(&a, "2018-02-01"); /* reported under the new text, done under the old one */
    expect_of(&a, "p", Y17, "10.00", "10.00");
    amended_final(&a, "x", Y18, "10");
    amended_final(&a, "x", Y16, "7");
    amended_day(&a, "2019-02-01");
    expect_of(&a, "p", Y18, "20.00", "20.00");
    expect_of(&a, "p", Y16, "7.00", "-3.00"); /* a restatement of old work is computed by the old text */
    amend(&a, V3(YEARS X "pay p from city to lender for each year of x amount 3 * x\n"));
    amended_final(&a, "x", Y18, "11");
    amended_final(&a, "x", "2019-01-01/2019-12-31", "10");
    amended_day(&a, "2020-02-01");
    expect_of(&a, "p", Y18, "22.00", "2.00");
    expect_of(&a, "p", "2019-01-01/2019-12-31", "30.00", "30.00");
    amended_day(&a, "2020-02-02");
    for (size_t i = 0; i < newest(&a)->output->count; i++)
        assert_false(newest(&a)->output->instances[i].has_difference);
    amended_free(&a);
}

#define DONE                                                                                                               \
    "dimension person open, at most 9\nmetric done is \"Done\" in date\n  by person\n  reported by judge\n"                \
    "  disputes within 30 days\nmetric day_of is \"Day\" in date\n  by person\n  reported by judge\n"                      \
    "  disputes within 30 days\n"

static void rule_V2_dated_says_which_and_unknown_waits(void **state)
{
    (void) state;
#define DATED(amount) DONE "pay p from city to lender for each person of done dated day_of amount " amount "\n"
    struct amended a = begin(V1(DATED("10")));
    amend(&a, V2(DATED("20")));
    amended_final(&a, "done", "ann", "2018-03-01");
    amended_final(&a, "done", "bob", "2018-03-01");
    amended_final(&a, "day_of", "bob", "2018-01-01");
    amended_day(&a, "2018-04-01");
    expect_keeps(&a, "p", "ann", "day_of(ann) is missing", "0.00");
    expect_of(&a, "p", "bob", "20.00", "20.00");
    amended_final(&a, "day_of", "ann", "2017-12-31");
    amended_day(&a, "2018-04-02");
    expect_of(&a, "p", "ann", "10.00", "10.00");
    amended_final(&a, "day_of", "ann", "2018-01-01"); /* the day moves: so does the text */
    amended_day(&a, "2018-04-03");
    expect_of(&a, "p", "ann", "20.00", "10.00");
    for (size_t i = 0; i < a.count; i++)
        world_withdraw(a.w[i], "done", "ann");
    amended_day(&a, "2018-04-04"); /* its key is no longer found: 0, by the day that it had */
    expect_of(&a, "p", "ann", "0.00", "-20.00");
    amended_free(&a);
}

static void rule_V2_without_a_day_of_its_own_the_first_day_decides(void **state)
{
    (void) state;
#define ONCE(name, rate)                                                                                                   \
    "metric y is \"Y\" in USD\n  reported by judge\n  disputes within 30 days\npay " name                                  \
    " from city to lender amount " rate " * y\n"
    struct amended a = begin(V1(ONCE("p", "1")));
    struct amended b = begin(V1(ONCE("p", "1")));
    amended_final(&a, "y", "", "5");
    amended_day(&a, "2017-12-31");
    amend(&a, V2(ONCE("p", "2")));
    amend(&b, V2(ONCE("p", "2")));
    amended_final(&a, "y", "", "6");
    amended_day(&a, "2018-02-01");
    expect_of(&a, "p", "", "6.00", "1.00"); /* first computed under the old text */
    amended_final(&b, "y", "", "6");
    amended_day(&b, "2018-02-01");
    expect_of(&b, "p", "", "12.00", "12.00");
    amended_free(&a);
    amended_free(&b);
}

static void rule_V3_a_rule_that_the_new_text_has_no_more(void **state)
{
    (void) state;
    struct amended a = begin(V1(YEARS X "pay old from city to lender for each year of x amount x\ncap 100 on old\n"));
    amended_final(&a, "x", Y17, "10");
    amended_final(&a, "x", Y18, "10");
    amended_day(&a, "2017-02-01");
    amend(&a, V2(YEARS X "pay fresh from city to lender for each year of x amount 3 * x\ncap 45 on fresh\n"));
    amended_final(&a, "x", Y17, "12");
    amended_final(&a, "x", Y18, "12");
    amended_day(&a, "2019-02-01");
    expect_of(&a, "old", Y17, "12.00", "2.00");
    expect_keeps(&a, "old", Y18, "version 2 of the terms has no rule `old` any more", "10.00");
    expect_keeps(&a, "fresh", Y17, "its day lies before the text that has this rule takes effect", "0.00");
    expect_of(&a, "fresh", Y18, "36.00", "36.00");
    assert_int_equal(engine_rule_place(&a.input, SLICE("old")), 1);
    assert_int_equal(engine_rule_place(&a.input, SLICE("none")), TERMS_NONE);
    amended_free(&a);
}

static void rule_V3_the_name_of_a_rule_is_its_target_whichever_text_computes_it(void **state)
{
    (void) state;
    struct amended a = begin(V1(YEARS X "pay p from city to lender for each year amount x\n"
                                        "pay rest from city to lender for each year amount prior(year, p, 0) / 2\n"));
    amended_final(&a, "x", Y16, "10");
    amended_final(&a, "x", Y17, "20");
    amended_day(&a, "2018-01-02");
    amend(&a, V2(YEARS X "pay p from city to lender for each year amount 2 * x\n"
                         "pay rest from city to lender for each year amount prior(year, p, 0) / 4\n"
                         "pay two from city to lender amount p[year: 2017-01-01] + p[year: 2018-01-01]\n"));
    amended_final(&a, "x", Y18, "30");
    amended_day(&a, "2019-01-02");
    expect_of(&a, "p", Y17, "20.00", "0.00");
    expect_of(&a, "p", Y18, "60.00", "60.00");
    expect_of(&a, "rest", Y17, "5.00", "0.00");  /* old text, old instance before it */
    expect_of(&a, "rest", Y18, "5.00", "-5.00"); /* new text, old instance before it */
    expect_of(&a, "two", "", "80.00", "80.00");
    amended_final(&a, "x", Y17, "40");
    amended_day(&a, "2019-01-03");
    expect_of(&a, "rest", Y18, "10.00", "5.00");
    expect_of(&a, "two", "", "100.00", "20.00");
    amended_free(&a);
}

static void rule_V4_caps_are_those_of_the_newest_text_and_count_all(void **state)
{
    (void) state;
    struct amended a = begin(V1(YEARS X "pay p from city to lender for each year of x amount x\ncap 100 on p\n"));
    amended_final(&a, "x", Y16, "60");
    amended_final(&a, "x", Y17, "60");
    amended_day(&a, "2018-02-01");
    expect_of(&a, "p", Y17, "40.00", "40.00");
    amend(&a, V2(YEARS X "pay p from city to lender for each year of x amount x\ncap 70 on p\n"));
    amended_day(&a, "2018-02-02"); /* C5: a budget that is lowered takes nothing back */
    expect_of(&a, "p", Y16, "60.00", "0.00");
    expect_of(&a, "p", Y17, "40.00", "0.00");
    amended_final(&a, "x", Y18, "50");
    amended_day(&a, "2019-02-01");
    expect_of(&a, "p", Y18, "0.00", "0.00");
    amended_final(&a, "x", Y16, "10");
    amended_day(&a, "2019-02-02"); /* 20 are free: the second year has waited longest */
    expect_of(&a, "p", Y17, "60.00", "20.00");
    expect_of(&a, "p", Y18, "0.00", "0.00");
    amended_free(&a);
}

static void rule_V2_never_back_is_of_the_text_that_computes_it(void **state)
{
    (void) state;
#define BACK(more) YEARS X "pay p from city to lender for each year of x amount x" more "\n"
    struct amended a = begin(V1(BACK(" never back")));
    amended_final(&a, "x", Y17, "60");
    amended_final(&a, "x", Y18, "60");
    amended_day(&a, "2017-02-01");
    amend(&a, V2(BACK("")));
    amended_final(&a, "x", Y17, "50");
    amended_final(&a, "x", Y18, "50");
    amended_day(&a, "2019-02-01");
    expect_of(&a, "p", Y17, "60.00", "0.00");
    expect_of(&a, "p", Y18, "50.00", "-10.00");
    amended_free(&a);
}

#define WHO(n) "dimension who open, at most " n "\nmetric x is \"X\" in USD\n  by who\n  reported by judge\n"
#define PAID "pay p from city to lender for each who of x dated 2018-06-01 amount x\n"

/* Whoever has something standing remains (I1); who else counts, the newest text says. */
static void rule_S7_an_amendment_lets_more_people_count(void **state)
{
    (void) state;
    struct amended a = begin(V1(WHO("1") PAID));
    amended_final(&a, "x", "ada", "3");
    amended_final(&a, "x", "bo", "5");
    amended_day(&a, "2018-07-01");
    assert_null(world_instance(newest(&a), "p", "bo"));
    amend(&a, V2(WHO("2") PAID));
    amended_final(&a, "x", "cy", "6");
    for (int i = 0; i < 3; i++) {
        amended_day(&a, "2018-07-02");
        expect_of(&a, "p", "ada", "3.00", "0.00");
        expect_of(&a, "p", "bo", "5.00", i == 0 ? "5.00" : "0.00");
        assert_null(world_instance(newest(&a), "p", "cy"));
    }
    amended_free(&a);
}

#define ENDED "dimension who open, at most "
#define SUM                                                                                                                \
    "\nmetric x is \"X\" in USD\n  by who\n  reported by judge until 2018-06-30\n" PAID                                    \
    "pay all from city to lender dated 2017-06-01 amount sum(x over who of x)\n"

/* Also by the earlier text, at once, and not only when something stands for them. */
static void rule_S7_who_counts_by_the_newest_text_counts_by_the_earlier(void **state)
{
    (void) state;
    struct amended a = begin(V1(ENDED "1" SUM));
    amended_final(&a, "x", "ada", "3");
    amended_final(&a, "x", "bo", "5");
    amended_day(&a, "2018-07-01");
    expect_of(&a, "all", "", "3.00", "3.00");
    amend(&a, V2(ENDED "2" SUM));
    amended_day(&a, "2018-07-02");
    expect_of(&a, "p", "bo", "5.00", "5.00");
    expect_of(&a, "all", "", "8.00", "5.00");
    amended_day(&a, "2018-07-02");
    expect_of(&a, "all", "", "8.00", "0.00");
    amended_free(&a);
}

static void rule_S7_an_amendment_lets_fewer_people_count(void **state)
{
    (void) state;
    struct amended a = begin(V1(WHO("3") PAID));
    amended_final(&a, "x", "ada", "3");
    amended_final(&a, "x", "bo", "5");
    amended_final(&a, "x", "cy", "0");
    amended_day(&a, "2018-07-01");
    amend(&a, V2(WHO("1") PAID));
    amended_day(&a, "2018-07-02"); /* nothing is taken back for that */
    expect_of(&a, "p", "ada", "3.00", "0.00");
    expect_of(&a, "p", "bo", "5.00", "0.00");
    assert_null(world_instance(newest(&a), "p", "cy"));
    amended_final(&a, "x", "bo", "0");
    amended_day(&a, "2018-07-03");
    expect_of(&a, "p", "bo", "0.00", "-5.00");
    amended_final(&a, "x", "bo", "2"); /* the place is given up */
    amended_day(&a, "2018-07-04");
    assert_null(world_instance(newest(&a), "p", "bo"));
    expect_of(&a, "p", "ada", "3.00", "0.00");
    amended_free(&a);
}

/* More stand than may count: who of them is left with nothing, and is not among the first, goes in that entry. */
static void rule_P1_who_is_one_too_many_and_left_with_nothing_goes_at_once(void **state)
{
    static const char rules[] = "pay n from city to lender dated 2017-06-01 amount USD 1 * count(over who of x)\n";
    char first[2000], second[2000];
    (void) state;
    snprintf(first, sizeof first, "%s%s", V1(ENDED "3" SUM), rules);
    snprintf(second, sizeof second, "%s%s", V2(ENDED "1" SUM), rules);
    struct amended a = begin(first);
    amended_final(&a, "x", "ada", "3");
    amended_final(&a, "x", "bo", "5");
    amended_day(&a, "2018-07-01");
    expect_of(&a, "n", "", "2.00", "2.00");
    amend(&a, second);
    amended_day(&a, "2018-07-02");
    expect_of(&a, "n", "", "2.00", "0.00");
    amended_final(&a, "x", "bo", "0");
    amended_day(&a, "2018-07-03");
    expect_of(&a, "p", "bo", "0.00", "-5.00");
    expect_of(&a, "n", "", "1.00", "-1.00");
    amended_day(&a, "2018-07-03");
    expect_of(&a, "n", "", "1.00", "0.00");
    amended_free(&a);
}

/* Also where its day is known by its results alone, which do not count any more. */
static void rule_P1_who_gives_up_the_place_waits_for_no_day(void **state)
{
    static const char rules[] = "dimension who open, at most 1\nmetric x is \"X\" in USD\n  by who\n  reported by judge\n"
                                "  if missing use 0\nmetric d is \"D\" in date\n  by who\n  reported by judge\n"
                                "pay p from city to lender for each who dated d amount x\n";
    char first[2000], second[2000];
    (void) state;
    snprintf(first, sizeof first, "%s%s", V1(""), rules);
    snprintf(second, sizeof second, "%s%s", V2(""), rules);
    struct amended a = begin(first);
    amended_final(&a, "x", "ada", "3");
    amended_final(&a, "d", "ada", "2018-06-01");
    amended_day(&a, "2018-07-01");
    amend(&a, second);
    amended_final(&a, "x", "bo", "5");
    amended_final(&a, "d", "bo", "2018-06-02");
    for (size_t i = 0; i < a.count; i++) {
        world_withdraw(a.w[i], "x", "ada");
        world_withdraw(a.w[i], "d", "ada");
    }
    amended_final(&a, "d", "ada", "2018-06-01"); /* after bo */
    amended_day(&a, "2018-07-02");
    expect_of(&a, "p", "ada", "0.00", "-3.00");
    expect_of(&a, "p", "bo", "5.00", "5.00");
    amended_day(&a, "2018-07-02");
    expect_of(&a, "p", "bo", "5.00", "0.00");
    amended_free(&a);
}

static void rule_P1_a_place_that_comes_free_is_taken_at_once_by_several_texts(void **state)
{
    (void) state;
    struct amended a = begin(V1(WHO("1") PAID));
    amended_final(&a, "x", "ada", "3");
    amended_day(&a, "2018-07-01");
    amend(&a, V2(WHO("1") PAID));
    amended_final(&a, "x", "bo", "5");
    amended_day(&a, "2018-07-02");
    assert_null(world_instance(newest(&a), "p", "bo"));
    for (size_t i = 0; i < a.count; i++)
        world_withdraw(a.w[i], "x", "ada");
    amended_day(&a, "2018-07-03");
    expect_of(&a, "p", "ada", "0.00", "-3.00");
    expect_of(&a, "p", "bo", "5.00", "5.00");
    amended_day(&a, "2018-07-03");
    expect_of(&a, "p", "bo", "5.00", "0.00");
    amended_free(&a);
}

static void rule_T5_the_newest_text_says_when_it_closes(void **state)
{
    (void) state;
    struct amended a = begin(V1(BACK("")));
    amended_final(&a, "x", Y17, "60");
    amended_day(&a, "2017-02-01");
    amend(&a, TEXT("version 2 amends " HASH " effective 2018-01-01", BACK("")));
    amended_final(&a, "x", Y17, "50");
    amended_day(&a, "2023-01-01");
    expect_keeps(&a, "p", Y17, "the contract closed at the end of 2022-12-31", "60.00");
    amended_free(&a);
}

static void an_explanation_says_which_version(void **state)
{
    (void) state;
    struct amended a = begin(V1(BACK("")));
    struct buf out;
    amend(&a, V2(YEARS X "pay p from city to lender for each year of x amount 2 * x\n"));
    amended_final(&a, "x", Y17, "60");
    amended_final(&a, "x", Y18, "60");
    amended_input(&a, "2019-02-01");
    buf_init(&out, 1 << 20);
    assert_int_equal(engine_explain(&a.input, 0, SLICE(Y17), newest(&a)->arena, &out, NULL), TALLY_OK);
    assert_non_null(memmem(out.ptr, out.len, "\"target\":\"60.00\",\"version\":1}", 29));
    buf_release(&out);
    buf_init(&out, 1 << 20);
    assert_int_equal(engine_explain(&a.input, 0, SLICE(Y18), newest(&a)->arena, &out, NULL), TALLY_OK);
    assert_non_null(memmem(out.ptr, out.len, "\"target\":\"120.00\",\"version\":2}", 30));
    assert_non_null(memmem(out.ptr, out.len, "2 * x", 5));
    buf_release(&out);
    amended_free(&a);
}

static const struct engine_value *value_at(const struct amended *a, uint32_t want, const char *key)
{
    const struct engine_output *o = newest(a)->output;
    for (size_t i = 0; i < o->value_count; i++)
        if (o->values[i].want == want && slice_is(o->values[i].key, key))
            return &o->values[i];
    return NULL;
}

static void rule_U2_a_text_by_its_hash_is_followed_no_further(void **state)
{
    (void) state;
    struct amended a = begin(V1(YEARS X "define d = x + 1\npay p from city to lender for each year of x amount d\n"));
    amend(&a, V2(YEARS X "define d = x + 2\npay p from city to lender for each year of x amount d\n"));
    amended_final(&a, "x", Y17, "10");
    amended_final(&a, "x", Y18, "10");
    amended_input(&a, "2019-02-01");
    struct engine_figure wants[4];
    assert_true(engine_figure_find(a.w[0]->terms, SLICE("p"), &wants[0]));
    assert_true(engine_figure_find(a.w[0]->terms, SLICE("d"), &wants[1]));
    wants[0].terms = wants[1].terms = a.w[0]->terms;
    assert_true(engine_figure_find(a.w[1]->terms, SLICE("p"), &wants[2]));
    assert_true(engine_figure_find(a.w[1]->terms, SLICE("d"), &wants[3]));
    a.input.wants = wants;
    a.input.want_count = 4;
    struct world *w = newest(&a);
    WORLD_TRY(engine_evaluate(&a.input, tried_arena, &w->output, &tried_err));
    assert_int_equal(engine_evaluate(&a.input, w->arena, &w->output, NULL), TALLY_OK);
    expect_slice(value_at(&a, 0, Y17)->value, "11");
    assert_false(value_at(&a, 0, Y18)->is_known);
    expect_slice(value_at(&a, 0, Y18)->reason, "version 2 of small computes it");
    expect_slice(value_at(&a, 1, Y18)->value, "11"); /* its defines are those of that text */
    expect_slice(value_at(&a, 2, Y17)->value, "11"); /* as amended: the targets, whichever text has computed them */
    expect_slice(value_at(&a, 2, Y18)->value, "12");
    expect_slice(value_at(&a, 3, Y17)->value, "12");
    amended_free(&a);
}

static void keys_that_do_not_exist_in_an_earlier_text_are_an_error_of_ours(void **state)
{
    (void) state;
    static const char *const keys[] = {"", Y17 "|v1|v2", "2017-01-02/2017-12-31|v1"};
#define VILLAGES "dimension village open, at most 5\nmetric z is \"Z\" in USD\n  by year, village\n  reported by judge\n"
#define PAY_Z "pay p from city to lender for each year, village of z amount z\n"
    struct amended a = begin(V1(YEARS VILLAGES PAY_Z));
    amend(&a, V2(YEARS VILLAGES PAY_Z
                 "dimension town open, at most 5\nmetric t is \"T\" in USD\n  by town\n  reported by judge\n"));
    amended_final(&a, "t", "north", "5"); /* of a dimension that the earlier text has not */
    amended_day(&a, "2019-02-01");
    for (size_t i = 0; i < 3; i++) {
        struct err err = {0};
        struct engine_output *out = NULL;
        const struct engine_fact fact = {.metric = 0, .key = slice_str(keys[i]), .value = SLICE("5"), .seq = 1};
        const struct engine_record record = {.rule = 0, .key = slice_str(keys[i]), .stands = SLICE("5.00"), .day = 17200};
        amended_input(&a, "2019-02-01");
        a.earlier[0].facts = &fact;
        a.earlier[0].fact_count = 1;
        assert_int_equal(engine_evaluate(&a.input, newest(&a)->arena, &out, &err), TALLY_E_INTEGRITY);
        a.input.facts = &fact; /* of the newest, in which the earlier one looks for members */
        a.input.fact_count = 1;
        a.earlier[0].fact_count = 0;
        assert_int_equal(engine_evaluate(&a.input, newest(&a)->arena, &out, &err), TALLY_E_INTEGRITY);
        amended_input(&a, "2019-02-01");
        a.input.records = &record; /* of a text that has other members: nothing of it stands here */
        a.input.record_count = 1;
        assert_int_equal(engine_evaluate(&a.input, newest(&a)->arena, &out, &err), TALLY_OK);
        assert_int_equal(out->count, 0);
    }
    amended_free(&a);
}

static void a_contract_has_so_many_versions_and_no_more(void **state)
{
    (void) state;
    static struct engine_text many[256];
    struct err err = {0};
    struct engine_output *out = NULL;
    struct world *w = world_new(V1(YEARS X "pay p from city to lender for each year of x amount x\n"));
    for (size_t i = 0; i < 256; i++)
        many[i].terms = w->terms;
    struct engine_input input = world_input(w);
    input.today = day_of("2019-02-01");
    input.earlier = many;
    input.earlier_count = 256;
    assert_int_equal(engine_evaluate(&input, w->arena, &out, &err), TALLY_E_LIMIT);
    assert_non_null(strstr(err.detail, "at most"));
    world_free(w);
}

static void expect_refused(const char *before, const char *next, const char *wanted)
{
    struct world *b = world_new(before), *n = world_new(next);
    bool fits = true;
    struct slice why = SLICE("");
    WORLD_TRY(engine_amends(n->terms, b->terms, tried_arena, &fits, &why, &tried_err));
    assert_int_equal(engine_amends(n->terms, b->terms, n->arena, &fits, &why, NULL), TALLY_OK);
    assert_false(fits);
    expect_slice(why, wanted);
    world_free(b);
    world_free(n);
}

static void rule_V4_what_an_amendment_may_not_change(void **state)
{
    (void) state;
    expect_refused(V1(BACK("")), V1(BACK("")),
                   "it is no version after 1: its first line says `version 2 amends ... effective ...`");
    expect_refused(V2(BACK("")), V2(BACK("")),
                   "it is no version after 2: its first line says `version 3 amends ... effective ...`");
    expect_refused(
        V1(BACK("")),
        "terms 1\ncontract small \"Small\" version 2 amends " HASH
        " effective 2018-01-01\ncurrency GBP rounded to 0.01, half even\nclock UTC\nruns 2016-01-01 to 2020-12-31\n"
        "party city outcome payer \"City\"\nparty lender investor \"Lender\"\n" YEARS
        "pay p from city to lender for each year amount 1\n",
        "`p` pays in GBP, and paid in USD rounded to 0.01");
    expect_refused(V1(BACK("")), V2(YEARS X "pay p from city to lender amount sum(x over year)\n"),
                   "`p` has other dimensions after `for each` than before; give it another name");
    expect_refused(V1(BACK("")),
                   V2("period year every 1 year from 2017-01-01 to 2020-12-31\n" X
                      "pay p from city to lender for each year of x amount x\n"),
                   "`p` has instances for members of `year` that are no longer there");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rule_V2_the_day_of_the_work_decides),
        cmocka_unit_test(rule_V2_dated_says_which_and_unknown_waits),
        cmocka_unit_test(rule_V2_without_a_day_of_its_own_the_first_day_decides),
        cmocka_unit_test(rule_V3_a_rule_that_the_new_text_has_no_more),
        cmocka_unit_test(rule_V3_the_name_of_a_rule_is_its_target_whichever_text_computes_it),
        cmocka_unit_test(rule_V4_caps_are_those_of_the_newest_text_and_count_all),
        cmocka_unit_test(rule_V2_never_back_is_of_the_text_that_computes_it),
        cmocka_unit_test(rule_S7_an_amendment_lets_more_people_count),
        cmocka_unit_test(rule_S7_who_counts_by_the_newest_text_counts_by_the_earlier),
        cmocka_unit_test(rule_S7_an_amendment_lets_fewer_people_count),
        cmocka_unit_test(rule_P1_who_is_one_too_many_and_left_with_nothing_goes_at_once),
        cmocka_unit_test(rule_P1_who_gives_up_the_place_waits_for_no_day),
        cmocka_unit_test(rule_P1_a_place_that_comes_free_is_taken_at_once_by_several_texts),
        cmocka_unit_test(rule_T5_the_newest_text_says_when_it_closes),
        cmocka_unit_test(an_explanation_says_which_version),
        cmocka_unit_test(keys_that_do_not_exist_in_an_earlier_text_are_an_error_of_ours),
        cmocka_unit_test(a_contract_has_so_many_versions_and_no_more),
        cmocka_unit_test(rule_U2_a_text_by_its_hash_is_followed_no_further),
        cmocka_unit_test(rule_V4_what_an_amendment_may_not_change),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
