/* Figures of other contracts: rules U1, U4 and U6 of language.md section 7, as the engine has them. */
#include "world.h"

#include "texts.h"

/* Sets the downstream's facts of a metric from the upstream's figure, as whoever evaluates both does. */
struct pair {
    struct world *up, *down;
    struct engine_figure figures[8];
    uint32_t metrics[8]; /* of down, by figure */
    size_t count;
    struct arena *arena;
};

static void pair_link(struct pair *p)
{
    bool fits = false;
    struct slice why = SLICE("");
    p->arena = arena_new(1 << 24);
    assert_non_null(p->arena);
    WORLD_TRY(engine_link(p->down->terms, 0, p->up->terms, tried_arena, &fits, &why, &tried_err));
    assert_int_equal(engine_link(p->down->terms, 0, p->up->terms, p->arena, &fits, &why, NULL), TALLY_OK);
    if (!fits)
        print_error("%.*s\n", SLICE_ARG(why));
    assert_true(fits);
    for (uint32_t m = 0; m < terms_metric_count(p->down->terms); m++) {
        const struct terms_metric *metric = terms_metric(p->down->terms, m);
        if (metric->source != AST_SOURCE_USED)
            continue;
        assert_true(engine_figure_find(p->up->terms, metric->of, &p->figures[p->count]));
        p->metrics[p->count++] = m;
    }
}

static struct pair pair_new(const char *up, const char *down)
{
    struct pair p = {.up = world_new(up), .down = world_new(down)};
    pair_link(&p);
    return p;
}

static void pair_free(struct pair *p)
{
    world_free(p->up);
    world_free(p->down);
    arena_free(p->arena);
}

static void pair_day(struct pair *p, const char *day)
{
    struct err err = {0};
    world_day_wanting(p->up, day, p->figures, p->count);
    size_t kept = 0;
    for (size_t i = 0; i < p->down->fact_count; i++)
        if (terms_metric(p->down->terms, p->down->facts[i].metric)->source != AST_SOURCE_USED)
            p->down->facts[kept++] = p->down->facts[i];
    p->down->fact_count = kept;
    for (uint32_t i = 0; i < p->count; i++) {
        struct engine_fact *facts = NULL;
        size_t count = 0;
        WORLD_TRY(engine_used_facts(p->down->terms, p->metrics[i], p->up->terms, p->up->output, i, p->up->today,
                                    tried_arena, &facts, &count, &tried_err));
        assert_int_equal(engine_used_facts(p->down->terms, p->metrics[i], p->up->terms, p->up->output, i, p->up->today,
                                           p->arena, &facts, &count, &err),
                         TALLY_OK);
        for (size_t k = 0; k < count; k++) { /* their texts are the other's answer, which does not stay */
            assert_int_equal(arena_copy(p->arena, facts[k].value.ptr, facts[k].value.len, &facts[k].value, NULL), TALLY_OK);
            assert_int_equal(arena_copy(p->arena, facts[k].reason.ptr, facts[k].reason.len, &facts[k].reason, NULL),
                             TALLY_OK);
            p->down->facts[p->down->fact_count++] = facts[k];
        }
    }
    world_day(p->down, day);
}

#define HASH "0000000000000000000000000000000000000000000000000000000000000001"
#define DOWN(declarations) SMALL("uses up is contract " HASH "\n" declarations)

static void rule_U1_a_metric_a_define_and_a_rule_have_their_values_there(void **state)
{
    (void) state;
    struct pair p = pair_new(TEXT_RIKERS_ABLE,
                             DOWN("dimension cohort (y2013, y2014)\n"
                                  "metric paid is success of up where cohort = y2013 in USD between 0 and 11_712_000\n"
                                  "metric by_cohort is success of up in USD\n  by cohort\n"
                                  "metric fell is reduction of up in number\n  by cohort\n"
                                  "metric proven is significant of up where cohort = y2013 in true or false\n"
                                  "pay a from city to lender amount if proven then paid else 1\n"
                                  "pay b from city to lender for each cohort amount by_cohort\n"
                                  "pay c from city to lender amount USD 300 * fell[cohort: y2013]\n"));
    pair_day(&p, "2015-01-01");
    expect_waits(p.down, "a", "", "significant(y2013) is missing", "0.00"); /* for what, as it is said there */
    expect_waits(p.down, "b", "y2014", "by_cohort(y2014) is missing", "0.00");
    world_final(p.up, "bed_days", "programme|y2013", "91");
    world_final(p.up, "bed_days", "comparison|y2013", "102");
    world_final(p.up, "significant", "y2013", "true");
    pair_day(&p, "2015-01-02");
    expect_target(p.down, "a", "", "9600000.00", "9600000.00");
    expect_target(p.down, "b", "y2013", "9600000.00", "9600000.00");
    expect_target(p.down, "c", "", "32.35", "32.35"); /* 300 * 11/102: no decimal, and never rounded on the way */
    pair_free(&p);
}

static void rule_U6_disputes_and_restatements_flow_down(void **state)
{
    (void) state;
    struct pair p =
        pair_new(TEXT_RIKERS_ABLE, DOWN("metric paid is success of up where cohort = y2013 in USD\n  if missing use 7\n"
                                        "dimension cohort (y2013)\npay a from city to lender amount paid\n"));
    pair_day(&p, "2015-01-01"); /* missing there is missing here */
    expect_target(p.down, "a", "", "7.00", "7.00");
    world_final(p.up, "bed_days", "programme|y2013", "91");
    world_final(p.up, "bed_days", "comparison|y2013", "100");
    world_final(p.up, "significant", "y2013", "true");
    pair_day(&p, "2015-01-02");
    expect_target(p.down, "a", "", "4800000.00", "4799993.00");
    world_fact(p.up, "bed_days", "comparison|y2013", "100", ENGINE_DISPUTED);
    pair_day(&p, "2015-01-03"); /* a dispute there is no missing figure: the default does not come back */
    expect_waits(p.down, "a", "", "bed_days(comparison, y2013) is disputed", "4800000.00");
    world_final(p.up, "bed_days", "comparison|y2013", "95");
    pair_day(&p, "2015-01-04");
    expect_target(p.down, "a", "", "0.00", "-4800000.00");
    pair_free(&p);
}

static void rule_U6_a_fault_there_is_one_here(void **state)
{
    (void) state;
    struct pair p = pair_new(SMALL("metric x is \"X\" in number\n  reported by judge\n  disputes within 9 days\n"
                                   "define inverse = 1 / x\npay twice from city to lender amount USD 2 * inverse\n"),
                             DOWN("metric i is inverse of up in number\n  if missing use 5\n"
                                  "metric t is twice of up in USD\n  if missing use 5\n"
                                  "pay a from city to lender amount USD 1 * i\npay b from city to lender amount t\n"));
    world_final(p.up, "x", "", "0");
    pair_day(&p, "2016-01-01");
    assert_int_equal(world_instance(p.down, "a", "")->state, ENGINE_WAITS);
    assert_int_equal(world_instance(p.down, "b", "")->state, ENGINE_WAITS);
    assert_non_null(memmem(world_instance(p.down, "a", "")->reason.ptr, world_instance(p.down, "a", "")->reason.len,
                           "division by zero", 16));
    world_final(p.up, "x", "", "3");
    pair_day(&p, "2016-01-02");
    expect_target(p.down, "a", "", "0.33", "0.33");
    pair_free(&p);
}

static void rule_U1_a_value_outside_its_range_is_not_used(void **state)
{
    (void) state;
    struct pair p =
        pair_new(SMALL("metric x is \"X\" in percent\n  reported by judge\n  disputes within 9 days\n"
                       "metric d is \"D\" in date\n  reported by judge\n  disputes within 9 days\n  if missing use never\n"
                       "pay p from city to lender when d < never amount USD 1 * x\n"),
                 DOWN("metric level is x of up in percent between 0% and 50%\n  if missing use 0%\n"
                      "metric day_of is d of up in date\n"
                      "pay a from city to lender amount USD 100 * level\n"
                      "pay b from city to lender when day_of = never amount 1\n"));
    world_final(p.up, "x", "", "8.5%");
    pair_day(&p, "2016-01-01");
    expect_target(p.down, "a", "", "8.50", "8.50");
    expect_target(p.down, "b", "", "1.00", "1.00");
    world_final(p.up, "x", "", "60%");
    world_final(p.up, "d", "", "2016-01-02");
    pair_day(&p, "2016-01-02");
    expect_waits(p.down, "a", "", "level is 0.6 there, which does not lie between 0% and 50%", "8.50");
    expect_target(p.down, "b", "", "0.00", "-1.00");
    pair_free(&p);
}

static void rule_U4_without_a_fact_the_late_default_holds_for_good(void **state)
{
    (void) state;
    struct world *w = world_new(DOWN("metric x is y of up in USD\n  until 2019-06-30\n  if late use 4\n"
                                     "pay a from city to lender amount x\n"));
    uint32_t x = terms_find_metric(w->terms, SLICE("x"));
    w->facts[0] = (struct engine_fact){.metric = x, .standing = ENGINE_UNKNOWN, .reason = SLICE("y is missing")};
    w->fact_count = 1;
    world_day(w, "2019-06-30");
    expect_waits(w, "a", "", "y is missing", "0.00");
    assert_int_equal(w->output->next_moment, day_of("2019-07-01"));
    world_day(w, "2019-07-01"); /* it was known when `until` passed, and is unknown since */
    expect_waits(w, "a", "", "y is missing", "0.00");
    w->fact_count = 0; /* it was not: whoever gives the facts leaves it out from then on */
    world_day(w, "2019-07-02");
    expect_target(w, "a", "", "4.00", "4.00");
    world_free(w);
}

/* What the dimension of `by` here has not is not taken. */
static void rule_U1_members_that_are_none_here_are_left_out(void **state)
{
    (void) state;
    struct pair p = pair_new(SMALL("dimension village open, at most 9\nmetric x is \"X\" in USD\n  by village\n"
                                   "  reported by judge\n  disputes within 9 days\npay p from city to lender amount 1\n"),
                             DOWN("dimension village (north, east)\nmetric all is x of up in USD\n  by village\n"
                                  "  if missing use 1\npay each from city to lender for each village amount all\n"));
    world_final(p.up, "x", "north", "5");
    world_final(p.up, "x", "south", "7");
    pair_day(&p, "2016-02-02");
    expect_target(p.down, "each", "north", "5.00", "5.00");
    expect_target(p.down, "each", "east", "1.00", "1.00");
    pair_free(&p);
}

/* Words, and members of open dimensions that `where` names. */
static void rule_U1_words_and_open_members_are_used(void **state)
{
    (void) state;
    struct pair p = pair_new(
        SMALL("dimension arm (a, b)\ndimension village open, at most 9\nmetric side is \"S\" in arm\n  by village\n"
              "  reported by judge\n  disputes within 9 days\n"
              "pay p from city to lender for each village of side when side = a amount 3\n"),
        DOWN("dimension arm (a, b)\ndimension village open, at most 9\n"
             "metric north is side of up where village = north in arm\nmetric all is side of up in arm\n  by village\n"
             "metric paid is p of up in USD\n  by village\n"
             "pay one from city to lender when north = b amount 1\npay each from city to lender for each village of all "
             "amount 2\n"
             "pay more from city to lender for each village of paid amount paid\n"));
    uint32_t count = 0;
    assert_int_equal(engine_figure_dimensions(p.up->terms, &p.figures[1], &count)[0],
                     1); /* `village`, the second that is declared */
    assert_int_equal(count, 1);
    world_final(p.up, "side", "north", "b");
    world_final(p.up, "side", "south", "a");
    pair_day(&p, "2016-02-02");
    expect_target(p.down, "one", "", "1.00", "1.00");
    expect_target(p.down, "each", "south", "2.00", "2.00");
    expect_target(p.down, "more", "south", "3.00", "3.00");
    expect_target(p.down, "more", "north", "0.00", "0.00");
    world_fact(p.up, "side", "south", "a", ENGINE_DISPUTED);
    pair_day(&p, "2016-02-03");
    expect_waits(p.down, "each", "south", "side(south) is disputed", "2.00");
    pair_free(&p);
}

static void expect_misfit(const char *up, const char *down, const char *wanted)
{
    struct world *u = world_new(up), *d = world_new(down);
    bool fits = true;
    struct slice why = SLICE("");
    WORLD_TRY(engine_link(d->terms, 0, u->terms, tried_arena, &fits, &why, &tried_err));
    assert_int_equal(engine_link(d->terms, 0, u->terms, d->arena, &fits, &why, NULL), TALLY_OK);
    assert_false(fits);
    expect_slice(why, wanted);
    world_free(u);
    world_free(d);
}

/* Fewer than may have come, and not in the first place of the key. */
static void rule_U1_figures_by_open_members_behind_others_are_used(void **state)
{
    (void) state;
    struct pair p = pair_new(
        SMALL("dimension arm (a, b)\ndimension village open, at most 9\nmetric x is \"X\" in USD\n  by arm, village\n"
              "  reported by judge\npay r from city to lender amount 1\n"),
        DOWN("dimension arm (a, b)\ndimension village open, at most 9\nmetric y is x of up in USD\n  by arm, village\n"
             "pay a from city to lender\n  for each arm, village of y\n  amount y\n"));
    world_final(p.up, "x", "a|umu", "1");
    world_final(p.up, "x", "b|ika", "2");
    world_final(p.up, "x", "b|umu", "3");
    pair_day(&p, "2016-01-01");
    expect_target(p.down, "a", "a|umu", "1.00", "1.00");
    expect_target(p.down, "a", "b|ika", "2.00", "2.00");
    expect_target(p.down, "a", "b|umu", "3.00", "3.00");
    assert_int_equal(p.up->output->value_count, 4);
    pair_free(&p);
}

static void rule_U1_what_is_used_must_be_there_and_fit(void **state)
{
    (void) state;
#define PAY "pay a from city to lender amount 1\ndimension arm (programme, comparison)\ndimension cohort (y2013, y2014)\n"
    expect_misfit(TEXT_RIKERS_ABLE, DOWN(PAY "metric m is succes of up in USD\n"),
                  "rikers-able has no metric, define or rule `succes`");
    expect_misfit(TEXT_RIKERS_ABLE, DOWN(PAY "metric m is success of up in USD\n"),
                  "`success` varies by `cohort` there; name it after `by` or fix it by `where`");
    expect_misfit(TEXT_RIKERS_ABLE, DOWN(PAY "metric m is success of up where cohort = y2014 in USD\n"),
                  "what `where` says of `cohort` is not a member of it there");
    expect_misfit(TEXT_RIKERS_ABLE, DOWN(PAY "metric m is success of up in USD\n  by cohort, arm\n"),
                  "`success` does not vary there by all dimensions of `by` and `where`");
    expect_misfit(TEXT_RIKERS_ABLE, DOWN(PAY "metric m is success of up in days\n  by cohort\n"),
                  "`success` is USD there, and `m` is to be days");
    expect_misfit(TEXT_RIKERS_ABLE, DOWN(PAY "metric m is reduction of up in percent\n  by cohort\n"),
                  "`reduction` is a plain number there, and `m` is to be percent");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rule_U1_a_metric_a_define_and_a_rule_have_their_values_there),
        cmocka_unit_test(rule_U1_members_that_are_none_here_are_left_out),
        cmocka_unit_test(rule_U1_words_and_open_members_are_used),
        cmocka_unit_test(rule_U1_figures_by_open_members_behind_others_are_used),
        cmocka_unit_test(rule_U6_disputes_and_restatements_flow_down),
        cmocka_unit_test(rule_U6_a_fault_there_is_one_here),
        cmocka_unit_test(rule_U1_a_value_outside_its_range_is_not_used),
        cmocka_unit_test(rule_U4_without_a_fact_the_late_default_holds_for_good),
        cmocka_unit_test(rule_U1_what_is_used_must_be_there_and_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
