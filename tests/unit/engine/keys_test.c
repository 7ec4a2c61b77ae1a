/* K2: what runs over open dimensions costs the keys that have results, from nothing and in a session; and says what D2 to D4 say, also
 * where keys come, go, wait and are disputed (world_day compares both evaluators and their explanations). */
#include "world.h"

#define VISITS VISITS_OF("1_000")
#define VISITS_OF(most)                                                                                                    \
    "dimension person open, at most " most "\ndimension site open, at most " most "\n"                                     \
    "period year every 1 year from 2016-01-01 to 2018-12-31\n"                                                             \
    "metric visits is \"Visits\" in number between 0 and 1_000\n  by year, person, site\n  reported by judge\n"            \
    "  until 10 days after end of year\n  disputes within 9 days\n"                                                        \
    "metric fee is \"Fee\" in USD between 0 and 9\n  by person\n  reported by judge\n  disputes within 9 days\n"           \
    "  if missing use 1\n"

#define Y16 "2016-01-01/2016-12-31"
#define Y17 "2017-01-01/2017-12-31"

/* ---- what it costs ---- */

/* Results of `visits`, and how the engine counts what it does with them. */
struct cost {
    struct terms *terms;
    struct arena *arena, *keys;
    struct engine_fact facts[2000];
    size_t count;
    struct engine_session *session;
};

static void cost_init(struct cost *c, const char *text)
{
    struct diags diags;
    memset(c, 0, sizeof *c);
    c->arena = arena_new(1 << 28);
    c->keys = arena_new(1 << 22);
    assert_non_null(c->arena);
    assert_non_null(c->keys);
    diags_init(&diags, c->keys);
    assert_int_equal(terms_compile(slice_str(text), &diags, &c->terms, NULL), TALLY_OK);
    if (c->terms == NULL)
        print_diags(&diags, text);
    assert_non_null(c->terms);
}

static void cost_release(struct cost *c)
{
    engine_session_free(c->session);
    terms_free(c->terms);
    arena_free(c->arena);
    arena_free(c->keys);
}

static void cost_add(struct cost *c, const char *metric, const char *year, uint32_t person, uint32_t site)
{
    struct slice key =
        year == NULL ? arena_printf(c->keys, "p%04u", person) : arena_printf(c->keys, "%s|p%04u|s%04u", year, person, site);
    assert_true(c->count < sizeof c->facts / sizeof c->facts[0]);
    c->facts[c->count] = (struct engine_fact){.metric = terms_find_metric(c->terms, slice_str(metric)),
                                              .key = key,
                                              .value = SLICE("3"),
                                              .standing = ENGINE_FINAL,
                                              .submitted = day_of("2016-06-01"),
                                              .seq = c->count + 1};
    c->count++;
}

static struct engine_input cost_input(const struct cost *c)
{
    return (struct engine_input){
        .terms = c->terms, .today = day_of("2019-06-01"), .facts = c->facts, .fact_count = c->count, .next_first = 1};
}

/* Steps of an evaluation from nothing. */
static uint64_t cost_of(struct cost *c)
{
    struct engine_output *out = NULL;
    struct engine_input input = cost_input(c);
    assert_int_equal(engine_evaluate(&input, c->arena, &out, NULL), TALLY_OK);
    for (size_t i = 0; i < out->count; i++)
        assert_int_equal(out->instances[i].state, ENGINE_COMPUTED);
    return out->steps;
}

static void cost_open(struct cost *c)
{
    struct engine_output *out = NULL;
    struct engine_input input = cost_input(c);
    assert_int_equal(engine_session_open(&input, c->arena, &out, &c->session, NULL), TALLY_OK);
    assert_non_null(c->session);
}

/* Steps of one entry: a result is final, or withdrawn; *touched: the instances answered. */
static uint64_t cost_apply(struct cost *c, const struct engine_fact *fact, bool is_withdrawn, size_t *touched)
{
    struct engine_output *out = NULL;
    bool is_stale = false;
    const struct engine_change change = {fact->metric, fact->key, is_withdrawn ? NULL : fact, false};
    assert_int_equal(engine_session_apply(c->session, day_of("2019-06-01"), &change, 1, c->arena, &is_stale, &out, NULL),
                     TALLY_OK);
    assert_false(is_stale);
    *touched = out->count;
    return out->steps;
}

/* So many results of 2016: every person at every site, or each at one. */
static void add_visits(struct cost *c, uint32_t persons, bool is_dense)
{
    for (uint32_t p = 0; p < persons; p++)
        for (uint32_t s = 0; s < (is_dense ? persons : 1); s++)
            cost_add(c, "visits", Y16, p, is_dense ? s : p);
}

static void an_aggregate_over_two_open_dimensions_costs_its_keys_and_not_all_combinations(void **state)
{
    static const char *const amounts[] = {
        "USD 1 * sum(visits over person, site of visits)",
        "USD 1 * count(over site, person of visits)",
        "USD 1 * sum(visits * round(fee / USD 3, 1, down) over person, site of visits where visits > 1)",
        "USD 1 * (if count(over person, site of visits) = 0 then 1 else best(3, visits over person, site of visits))",
        "USD 1 * sum(visits over person, site, year so far of visits)",
    };
    (void) state;
    for (size_t i = 0; i < sizeof amounts / sizeof amounts[0]; i++) {
        struct cost dense, sparse, more;
        char text[2000];
        snprintf(text, sizeof text, SMALL(VISITS "pay all from city to lender\n  for each year\n  amount %s\n"),
                 amounts[i]);
        cost_init(&dense, text);
        cost_init(&sparse, text);
        cost_init(&more, text);
        add_visits(&dense, 20, true);    /* 400 keys of 400 */
        add_visits(&sparse, 400, false); /* 400 keys of 160,000 */
        add_visits(&more, 800, false);
        uint64_t of_dense = cost_of(&dense), of_sparse = cost_of(&sparse), of_more = cost_of(&more);
        assert_true(of_dense > 400);
        assert_true(of_sparse <= of_dense + 2 * 400); /* where it needs the fee of each person: there are more persons */
        assert_true(of_more <= 2 * of_sparse + 10);
        cost_release(&dense);
        cost_release(&sparse);
        cost_release(&more);
    }
}

/* The pot is shared out once: also those who have no part of it cost no walk of their own. */
static void a_portion_over_open_dimensions_costs_its_keys_once(void **state)
{
    static const char text[] =
        SMALL(VISITS_OF("500") "pay part from city to lender\n  for each year, person, site of visits\n"
                               "  amount portion(USD 100, visits over person, site of visits where fee > USD 2)\n");
    uint64_t steps[2];
    (void) state;
    for (uint32_t i = 0; i < 2; i++) {
        struct cost c;
        cost_init(&c, text);
        add_visits(&c, 200u << i, false); /* of the first only the fee is large enough */
        cost_add(&c, "fee", NULL, 0, 0);
        steps[i] = cost_of(&c);
        cost_release(&c);
    }
    assert_true(steps[1] <= 2 * steps[0] + 10);
}

static void a_new_key_makes_stale_only_what_goes_through_its_group(void **state)
{
    static const char text[] = SMALL(
        VISITS "pay all from city to lender\n  for each year\n  amount USD 1 * sum(visits over person, site of visits)\n");
    uint64_t steps[2];
    size_t touched = 0;
    (void) state;
    for (uint32_t i = 0; i < 2; i++) {
        struct cost c;
        cost_init(&c, text);
        for (uint32_t p = 0; p < 300; p++) /* what others have in another year costs nothing */
            cost_add(&c, "visits", Y17, p, p);
        for (uint32_t p = 0; p < 100u << i; p++)
            cost_add(&c, "visits", Y16, p, 2 * p);
        cost_open(&c);
        cost_add(&c, "visits", Y16, 5000, 5000); /* both are new */
        steps[i] = cost_apply(&c, &c.facts[c.count - 1], false, &touched);
        assert_int_equal(touched, 1);
        /* of 2016, and in 2017 its person and its site have been seen too */
        uint64_t withdrawn = cost_apply(&c, &c.facts[307], true, &touched);
        assert_int_equal(touched, 1);
        assert_true(withdrawn <= steps[i]);
        cost_release(&c);
    }
    assert_true(steps[0] < 300);
    assert_true(steps[1] > steps[0]);
    assert_true(steps[1] <= 2 * steps[0] + 10);
}

/* With 1 site for each of many persons a new visit of one goes through the visits of that one. */
static void groups_of_few_keys_are_found_among_many(void **state)
{
    uint64_t steps[2];
    size_t touched = 0;
    (void) state;
    for (uint32_t i = 0; i < 2; i++) {
        struct cost c;
        cost_init(&c, SMALL("dimension person open, at most 1_000\ndimension site open, at most 1_000\n"
                            "metric visits is \"Visits\" in number between 0 and 1_000\n  by person, site\n"
                            "  reported by judge\n  until 2017-01-10\n  disputes within 9 days\n"
                            "metric fee is \"Fee\" in USD between 0 and 9\n  by person\n  reported by judge\n"
                            "pay each from city to lender\n  for each person of fee\n"
                            "  amount USD 1 * sum(visits over site of visits)\n"));
        for (uint32_t p = 0; p < 200u << i; p++)
            cost_add(&c, "fee", NULL, p, 0);
        for (uint32_t p = 0; p < 200u << i; p++) {
            cost_add(&c, "visits", NULL, 0, 0);
            c.facts[c.count - 1].key = arena_printf(c.keys, "p%04u|s%04u", p, p);
        }
        cost_open(&c);
        cost_add(&c, "visits", NULL, 0, 0);
        c.facts[c.count - 1].key = SLICE("p0007|s9999"); /* a new site: no other person is looked at */
        steps[i] = cost_apply(&c, &c.facts[c.count - 1], false, &touched);
        assert_int_equal(touched, 1);
        cost_release(&c);
    }
    assert_int_equal(steps[0], steps[1]);
}

/* ---- what it says ---- */

static void new_names_come_where_their_bytes_say(void **state)
{
    (void) state;
    struct world *w = world_new(SMALL(VISITS "pay begin from city to lender\n  for each year\n"
                                             "  amount USD 1 * first(visits over person, site of visits)\n"
                                             "pay finish from city to lender\n  for each year\n"
                                             "  amount USD 1 * last(visits over site, person of visits)\n"));
    world_final(w, "visits", Y16 "|m|b", "5");
    world_final(w, "visits", Y16 "|c|k", "6");
    world_day(w, "2017-02-01");
    expect_target(w, "begin", Y16, "6.00", "6.00");
    expect_target(w, "finish", Y16, "6.00", "6.00");
    uint64_t followed = w->follow.followed;
    world_final(w, "visits", Y16 "|c|a", "7"); /* after all others in number, and the first by its bytes */
    world_day(w, "2017-02-02");
    expect_target(w, "begin", Y16, "7.00", "1.00");
    world_final(w, "visits", Y16 "|Z|z", "8");
    world_final(w, "visits", Y16 "|z|Z", "9");
    world_day(w, "2017-02-03");
    expect_target(w, "begin", Y16, "8.00", "1.00");
    expect_target(w, "finish", Y16, "8.00", "2.00");
    world_final(w, "visits", Y16 "|m|z", "4");
    world_final(w, "visits", Y16 "|zz|k", "3");
    world_day(w, "2017-02-04");
    expect_target(w, "finish", Y16, "4.00", "-4.00");
    assert_int_equal(w->follow.followed, followed + 3);
    world_withdraw(w, "visits", Y16 "|m|z"); /* its names are others' too: nobody goes */
    world_day(w, "2017-02-05");
    expect_target(w, "finish", Y16, "8.00", "4.00");
    assert_int_equal(w->follow.followed, followed + 4);
    world_free(w);
}

static void keys_that_wait_or_are_disputed_make_the_aggregate_wait(void **state)
{
    (void) state;
    struct world *w = world_new(SMALL(
        VISITS "pay all from city to lender\n  for each year\n"
               "  amount USD 1 * sum(visits over person, site of visits) + USD 1 * count(over site, person of visits)\n"));
    world_final(w, "visits", Y16 "|m|b", "5");
    world_final(w, "visits", Y16 "|c|k", "6");
    world_day(w, "2016-06-01");
    expect_waits(w, "all", Y16, "results of visits(2016-01-01) come until 2017-01-10", "0.00");
    world_day(w, "2017-02-01");
    expect_target(w, "all", Y16, "13.00", "13.00");
    uint64_t followed = w->follow.followed;
    world_fact(w, "visits", Y16 "|c|b", "1", ENGINE_PENDING); /* whose names are known */
    world_day(w, "2017-02-02");
    expect_waits(w, "all", Y16, "visits(2016-01-01, c, b) is not verified", "13.00");
    world_final(w, "visits", Y16 "|c|b", "1");
    world_day(w, "2017-02-03");
    expect_target(w, "all", Y16, "15.00", "2.00");
    world_fact(w, "visits", Y16 "|c|b", "1", ENGINE_DISPUTED);
    world_day(w, "2017-02-04");
    expect_waits(w, "all", Y16, "visits(2016-01-01, c, b) is disputed", "15.00");
    world_final(w, "visits", Y16 "|c|b", "2"); /* replaced */
    world_day(w, "2017-02-05");
    expect_target(w, "all", Y16, "16.00", "1.00");
    world_withdraw(w, "visits", Y16 "|c|b"); /* annulled */
    world_day(w, "2017-02-06");
    expect_target(w, "all", Y16, "13.00", "-3.00");
    world_fact(w, "visits", Y16 "|m|k", "1", ENGINE_PENDING);
    world_day(w, "2017-02-07");
    expect_waits(w, "all", Y16, "visits(2016-01-01, m, k) is not verified", "13.00");
    world_withdraw(w, "visits", Y16 "|m|k");
    world_day(w, "2017-02-08");
    expect_target(w, "all", Y16, "13.00", "0.00");
    assert_int_equal(w->follow.followed, followed + 7);
    world_fact(w, "visits", Y16 "|new|b", "1", ENGINE_PENDING); /* of somebody who is no member */
    world_day(w, "2017-02-09");
    expect_waits(w, "all", Y16, "visits(2016-01-01, new, b) is not verified", "13.00");
    assert_true(w->follow.opened > 1);
    world_free(w);
}

static const char *const years[] = {Y16, Y17, "2018-01-01/2018-12-31", "2019-01-01/2019-12-31"};

static void expect_all(const struct world *w, const char *const *targets, const char *rule)
{
    for (uint32_t i = 0; i < 4; i++) {
        const struct engine_instance *instance = world_instance(w, rule, years[i]);
        assert_non_null(instance);
        assert_int_equal(instance->state, ENGINE_COMPUTED);
        expect_slice(instance->target, targets[i]);
    }
}

static void members_of_closed_dimensions_beside_open_ones_are_those_that_are_wanted(void **state)
{
    (void) state;
    struct world *w = world_new(SMALL(
        "dimension person open, at most 40\nperiod year every 1 year from 2016-01-01 to 2019-12-31\ndimension arm (a, b)\n"
        "metric v is \"V\" in number between 0 and 1_000\n  by person, year, arm\n  reported by judge\n  until 2016-01-31\n"
        "  disputes within 9 days\n"
        "pay s from city to lender\n  for each year\n  amount USD 1 * sum(v[arm: b] over year so far, person of v[arm: "
        "b])\n"
        "pay l from city to lender\n  for each year\n  amount USD 1 * sum(v[arm: a] over person, last 2 of year of v[arm: "
        "a])\n"
        "pay n from city to lender\n  for each year\n"
        "  amount USD 1 * count(over last 1 of year, arm, person of v) + USD 100 * count(over arm, person, last 1 of year "
        "of v)\n"
        "pay t from city to lender\n  for each arm\n  amount USD 1 * last(v over year, person of v)\n"));
    static const char *const people[] = {"k", "b", "x", "B"};
    static char keys[32][64], values[32][8];
    uint32_t count = 0;
    for (uint32_t i = 0; i < 32; i++) {
        if (i % 3 == 0)
            continue; /* so that some years, some people lack something */
        snprintf(keys[count], sizeof keys[count], "%s|%s|%s", people[i / 8], years[i / 2 % 4], i % 2 == 0 ? "a" : "b");
        snprintf(values[count], sizeof values[count], "%u", 1u << (i % 10));
        world_final(w, "v", keys[count], values[count]);
        count++;
    }
    world_day(w, "2016-02-01");
    expect_all(w, (const char *const[]){"162.00", "676.00", "1228.00", "1366.00"}, "s");
    expect_all(w, (const char *const[]){"320.00", "389.00", "342.00", "293.00"}, "l");
    expect_all(w, (const char *const[]){"505.00", "505.00", "606.00", "505.00"}, "n");
    expect_target(w, "t", "a", "4.00", "4.00");
    expect_target(w, "t", "b", "8.00", "8.00");
    uint64_t followed = w->follow.followed;
    world_final(w, "v", "A|" Y17 "|a", "100");
    world_final(w, "v", "A|" Y17 "|b", "200");
    world_day(w, "2016-02-02");
    expect_all(w, (const char *const[]){"162.00", "876.00", "1428.00", "1566.00"}, "s");
    expect_all(w, (const char *const[]){"320.00", "489.00", "442.00", "293.00"}, "l");
    expect_all(w, (const char *const[]){"505.00", "707.00", "606.00", "505.00"}, "n");
    world_withdraw(w, "v", "b|" Y17 "|b");
    world_day(w, "2016-02-03");
    expect_all(w, (const char *const[]){"162.00", "874.00", "1426.00", "1564.00"}, "s");
    expect_all(w, (const char *const[]){"505.00", "606.00", "606.00", "505.00"}, "n");
    assert_int_equal(w->follow.followed, followed + 2);
    world_free(w);
}

static void a_pot_is_shared_among_the_keys_that_come_and_go(void **state)
{
    (void) state;
    struct world *w = world_new(
        SMALL(VISITS_OF("500") "pay part from city to lender\n  for each year, person, site of visits\n"
                               "  amount portion(USD 100, visits over person, site of visits where fee < USD 9)\n"));
    world_final(w, "visits", Y16 "|m|b", "1");
    world_final(w, "visits", Y16 "|c|k", "2");
    world_final(w, "fee", "x", "9");
    world_final(w, "visits", Y16 "|x|k", "2");
    world_day(w, "2017-02-01");
    expect_target(w, "part", Y16 "|m|b", "33.33", "33.33");
    expect_target(w, "part", Y16 "|c|k", "66.67", "66.67");
    expect_target(w, "part", Y16 "|x|k", "0.00", "0.00");
    uint64_t followed = w->follow.followed;
    world_final(w, "visits", Y16 "|a|k", "1");
    world_day(w, "2017-02-02");
    expect_target(w, "part", Y16 "|a|k", "25.00", "25.00");
    expect_target(w, "part", Y16 "|x|k", "0.00", "0.00");
    world_final(w, "fee", "x", "8");
    world_day(w, "2017-02-03");
    expect_target(w, "part", Y16 "|x|k", "33.33", "33.33");
    world_fact(w, "visits", Y16 "|x|k", "2", ENGINE_DISPUTED);
    world_day(w, "2017-02-04");
    expect_waits(w, "part", Y16 "|m|b", "visits(2016-01-01, x, k) is disputed", "16.67");
    world_withdraw(w, "visits", Y16 "|x|k");
    world_day(w, "2017-02-05");
    expect_target(w, "part", Y16 "|m|b", "25.00", "8.33");
    assert_int_equal(w->follow.followed, followed + 4);
    world_final(w, "visits", Y16 "|m|b", "0");
    world_final(w, "visits", Y16 "|c|k", "0");
    world_final(w, "visits", Y16 "|a|k", "0");
    world_day(w, "2017-02-06");
    assert_int_equal(world_instance(w, "part", Y16 "|m|b")->state, ENGINE_FAULT);
    assert_int_equal(world_instance(w, "part", Y16 "|c|k")->state, ENGINE_FAULT);
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_aggregate_over_two_open_dimensions_costs_its_keys_and_not_all_combinations),
        cmocka_unit_test(a_portion_over_open_dimensions_costs_its_keys_once),
        cmocka_unit_test(a_new_key_makes_stale_only_what_goes_through_its_group),
        cmocka_unit_test(groups_of_few_keys_are_found_among_many),
        cmocka_unit_test(new_names_come_where_their_bytes_say),
        cmocka_unit_test(keys_that_wait_or_are_disputed_make_the_aggregate_wait),
        cmocka_unit_test(members_of_closed_dimensions_beside_open_ones_are_those_that_are_wanted),
        cmocka_unit_test(a_pot_is_shared_among_the_keys_that_come_and_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
