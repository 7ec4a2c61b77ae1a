/* What one entry has no room for comes in the next (room.c): however little room there is, what is final, stands, is owed and known in the
 * end is the same; and no entry takes more than it may. */
#include "world.h"

#include <stdlib.h>

#include "../../../contracts/model/decide.h"

#define PEOPLE 12
#define HEAD(slug)                                                                                                         \
    "terms 1\ncontract " slug " \"Room\"\ncurrency USD rounded to 0.01, half even\nclock UTC+01:00\n"                      \
    "runs 2012-01-01 to 2013-12-31\ncloses 2014-06-30\nparty buyer outcome payer \"Buyer\"\n"                              \
    "party judge evaluator \"Judge\"\nparty seller provider \"Seller\"\nin force when buyer and seller have signed\n"
#define FUND                                                                                                               \
    HEAD("fund")                                                                                                           \
    "disputes decided by judge within 12 days, otherwise falls\ndimension n 1 to 12\n"                                     \
    "metric units is shared.units version 1 in days between 0 and 1_000\n  by n\n  reported by seller\n"                   \
    "  verified by judge or 15 days of silence\n  disputes within 30 days\n"                                               \
    "metric price is \"Price\" in number between 0 and 90\n  reported by seller\n  verified by judge\n  if missing use "   \
    "1\n"                                                                                                                  \
    "pay each_one from buyer to seller\n  for each n of units\n  amount price * USD 1 per day of units\n"                  \
    "pay bonus from buyer to seller\n  for each n of units\n  amount USD 3 * price\n  not before 2012-12-01\n"             \
    "cap 250 on each_one, bonus\n"
#define EARLY                                                                                                              \
    HEAD("early")                                                                                                          \
    "dimension n 1 to 12\nmetric units is shared.units version 1 in days between 0 and 1_000\n  by n\n  reported by "      \
    "seller\n"                                                                                                             \
    "  verified by judge or 15 days of silence\npay all_days from buyer to seller\n  for each n\n  amount USD 1 per day "  \
    "of units\n"
#define USER                                                                                                               \
    HEAD("user")                                                                                                           \
    "uses fund is contract @\ndimension n 1 to 12\nmetric paid is each_one of fund in USD\n  by n\n  if missing use 0\n"   \
    "metric extra is bonus of fund in USD\n  by n\n  if missing use 0\n"                                                   \
    "pay part from seller to buyer\n  for each n\n  amount 10% * paid + extra\n"
#define LAST                                                                                                               \
    HEAD("last")                                                                                                           \
    "uses fund is contract @\nuses user is contract %\ndimension n 1 to 12\n"                                              \
    "metric paid is each_one of fund in USD\n  by n\n  if missing use 0\n"                                                 \
    "metric shared is part of user in USD\n  by n\n  if missing use 0\n"                                                   \
    "pay rest from seller to buyer\n  amount sum(paid - shared over n)\n  either way\n"
/* The day of which it waits for is one on which figures of the other become known. */
#define TOGETHER                                                                                                           \
    HEAD("together")                                                                                                       \
    "uses early is contract @\ndimension n 1 to 12\nmetric days is all_days of early in USD\n  by n\n"                     \
    "pay part from seller to buyer\n  for each n\n  amount days\n  not before 2012-12-01\ncap 100 on part\n"
#define PARTIES "buyer=buyer judge=judge seller=seller"

static const size_t rooms[] = {MODEL_ENTRY_ROOM, 60000, 14000, 1};

/* ---- what it comes to ---- */
static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *) a, *(const char *const *) b);
}

/* Each row of what matters as a line, in one order; what is numbered by entries is left out. */
static char *what_it_comes_to(struct world *w)
{
    size_t count = 0, cap = 4096;
    struct slice net[8] = {{0}};
    const char **lines = ARENA_ARRAY(w->arena, cap, const char *);
    struct buf out;
    for (uint32_t i = 0; i < w->base.instances_count; i++) {
        const struct row_instance *row = &w->base.instances[i];
        lines[count++] =
            arena_printf(w->arena, "%.*s %.*s(%.*s) %.*s %" PRIu64 " %d", SLICE_ARG(row->contract), SLICE_ARG(row->rule),
                         SLICE_ARG(row->key), SLICE_ARG(row->stands), row->first, row->day)
                .ptr;
    }
    for (uint32_t i = 0; i < w->base.figures_count; i++) {
        const struct row_figure *row = &w->base.figures[i];
        lines[count++] =
            arena_printf(w->arena, "%.*s %.*s(%.*s) = %.*s %d", SLICE_ARG(row->contract), SLICE_ARG(row->metric),
                         SLICE_ARG(row->key), SLICE_ARG(row->value), (int) row->standing)
                .ptr;
    }
    for (uint32_t i = 0; i < w->base.finals_count; i++) {
        const struct row_final *row = &w->base.finals[i];
        lines[count++] = arena_printf(w->arena, "final %.*s(%.*s) %d %.*s;", SLICE_ARG(row->metric), SLICE_ARG(row->key),
                                      row->is_none, SLICE_ARG(row->replaced))
                             .ptr;
    }
    for (uint32_t i = 0; i < w->base.contracts_count; i++) {
        const struct row_contract *row = &w->base.contracts[i];
        net[i] = SLICE("0.00");
        for (uint32_t k = 0; k < w->base.payments_count; k++) {
            struct slice amount = w->base.payments[k].amount;
            if (!slice_equal(w->base.payments[k].contract, row->id))
                continue;
            if (w->base.payments[k].is_owed_back)
                assert_int_equal(money_negate(amount, w->arena, &amount, NULL), TALLY_OK);
            assert_int_equal(money_add(net[i], amount, w->arena, &net[i], NULL), TALLY_OK);
        }
        lines[count++] = arena_printf(w->arena, "%.*s %d net %.*s wakes %" PRId64 " next %" PRIu64, SLICE_ARG(row->id),
                                      (int) row->state, SLICE_ARG(net[i]), row->next_moment.us, row->next_first)
                             .ptr;
    }
    assert_true(count < cap);
    qsort(lines, count, sizeof(*lines), by_text);
    buf_init(&out, 1 << 20);
    for (size_t i = 0; i < count; i++)
        buf_printf(&out, "%s\n", lines[i]);
    char *text = strdup(out.ptr);
    buf_release(&out);
    return text;
}

static uint32_t left_over(const struct world *w)
{
    uint32_t count = 0;
    for (const char *at = w->log.ptr; (at = strstr(at, "moment.reached {\"at\":\"")) != NULL; at++)
        count += strncmp(at + strlen("moment.reached {\"at\":\"2012-01-01T00:00"), ":00.000000Z", 11) != 0;
    return count;
}

/* The first line in which they differ is told. */
static void assert_alike(const char *is, const char *wanted, size_t room)
{
    while (*is != '\0' && *is == *wanted) {
        is++;
        wanted++;
    }
    if (*is != *wanted)
        fail_msg("in a room of %zu: %.60s\nand not %.60s", room, is, wanted);
}

/* The story in rooms of every size; in the least, something is left over so often at least. */
static void assert_same_in_any_room(void (*story)(struct world *w), uint32_t least)
{
    char *first = NULL;
    for (size_t i = 0; i < sizeof rooms / sizeof rooms[0]; i++) {
        struct world w;
        world_init(&w);
        for (int m = 0; m < WORLD_MODELS; m++)
            model_set_entry_room(w.models[m], rooms[i]);
        static const char *const actors[] = {"buyer", "seller", "judge"};
        for (size_t k = 0; k < 3; k++)
            do_register(&w, "op", actors[k], false);
        do_define(&w, "op", "shared.units", 1, "days");
        story(&w);
        (void) world_moments(&w);
        char *is = what_it_comes_to(&w);
        if (first != NULL)
            assert_alike(is, first, rooms[i]);
        if (i == 0)
            assert_int_equal(left_over(&w), 0);
        if (rooms[i] == 1 && left_over(&w) < least)
            fail_msg("%u left over", left_over(&w));
        if (first == NULL)
            first = is;
        else
            free(is);
        world_release(&w);
    }
    free(first);
}

/* ---- stories ---- */
/* No day begins there, as with most entries: what is left over of one is due at its own time. */
static void day(struct world *w, const char *day)
{
    world_day(w, day);
    w->time.us++;
}

static void put_in_force(struct world *w, const char *id, const char *text)
{
    do_propose(w, "buyer", id, text, PARTIES);
    ASSERT_DONE(w);
    do_sign(w, "buyer", id, "buyer");
    do_sign(w, "seller", id, "seller");
    ASSERT_DONE(w);
}

/* The text, in which each mark stands for the hash of what is used. */
static const char *using(struct world *w, const char *text, char mark, const char *used)
{
    uint8_t hash[32];
    char hex[65];
    const char *at = strchr(text, mark);
    world_sha256("", slice_str(used), hash);
    text_hex(hash, sizeof hash, hex);
    return arena_printf(w->arena, "%.*s%s%s", (int) (at - text), text, hex, at + 1).ptr;
}

static uint64_t report_all(struct world *w, bool is_set, int from)
{
    const char *texts[PEOPLE];
    for (int i = 0; i < PEOPLE; i++)
        texts[i] = arena_printf(w->arena, "shared.units/1 n=%d %d", PEOPLE - i, from + 7 * i).ptr;
    (void) world_moments(w);
    uint64_t seq = w->seq;
    do_results(w, "seller", is_set, PEOPLE, texts);
    ASSERT_DONE(w);
    return seq;
}

/* What was said before is restated. */
static void say_price(struct world *w, const char *price)
{
    uint64_t before = ROW_NO_SEQ;
    (void) world_moments(w);
    for (uint32_t i = 0; i < w->base.results_count; i++)
        before = w->base.results[i].metric.len > 0 ? w->base.results[i].seq : before;
    uint64_t seq = w->seq;
    if (before == ROW_NO_SEQ)
        do_result(w, "seller", arena_printf(w->arena, "=fund/price - %s", price).ptr);
    else
        do_restate(w, "seller", before, price);
    ASSERT_DONE(w);
    do_verify(w, "judge", seq, 0, NULL);
    ASSERT_DONE(w);
}

/* By silence, and a day that comes for all; more than the cap allows. */
static void a_day_comes_for_all(struct world *w)
{
    day(w, "2012-07-01");
    put_in_force(w, "fund", FUND);
    report_all(w, false, 10);
    day(w, "2012-08-01");
    say_price(w, "2");
    day(w, "2013-01-15");
}

/* One figure moves all; what becomes free goes to who was cut, in the order of their first amounts. */
static void one_figure_moves_all(struct world *w)
{
    a_day_comes_for_all(w);
    say_price(w, "1");
    day(w, "2013-02-15");
    say_price(w, "4");
}

static void what_was_reported_before_counts(struct world *w)
{
    day(w, "2012-07-01");
    put_in_force(w, "early", EARLY); /* or nobody could report */
    do_propose(w, "buyer", "fund", FUND, PARTIES);
    uint64_t seq = report_all(w, true, 20); /* a set: final together */
    do_verify(w, "judge", seq, 0, NULL);
    day(w, "2012-07-03");
    do_sign(w, "buyer", "fund", "buyer");
    do_sign(w, "seller", "fund", "seller");
    ASSERT_DONE(w);
    (void) world_moments(w);
    put_in_force(w, "user", using(w, USER, '@', FUND));
    day(w, "2012-12-15");
}

static void disputes_lapse_together(struct world *w)
{
    day(w, "2012-07-01");
    put_in_force(w, "fund", FUND);
    uint64_t seq = report_all(w, false, 10);
    do_verify(w, "judge", seq, 0, NULL);
    for (uint32_t i = 0; i < PEOPLE; i += 2) {
        const uint32_t items[] = {i};
        do_dispute(w, "buyer", seq, "fund", 1, items);
        ASSERT_DONE(w);
    }
    day(w, "2013-01-15");
}

static void a_day_comes_for_who_uses_it_too(struct world *w)
{
    day(w, "2012-07-01");
    put_in_force(w, "early", EARLY);
    put_in_force(w, "together", using(w, TOGETHER, '@', EARLY));
    day(w, "2012-11-15");
    uint64_t seq = report_all(w, false, 10);
    static const uint32_t half[] = {0, 2, 4, 6, 8, 10};
    do_verify(w, "judge", seq, 6, half);
    ASSERT_DONE(w);
    day(w, "2012-12-15");
}

static void others_take_its_figures(struct world *w)
{
    day(w, "2012-07-01");
    put_in_force(w, "fund", FUND);
    put_in_force(w, "user", using(w, USER, '@', FUND));
    put_in_force(w, "last", using(w, using(w, LAST, '@', FUND), '%', using(w, USER, '@', FUND)));
    report_all(w, false, 10);
    day(w, "2012-08-01");
    say_price(w, "2");
    day(w, "2012-09-01");
    say_price(w, "3");
    day(w, "2013-01-15");
    (void) world_moments(w);
    day(w, "2014-07-15"); /* all have closed */
}

static void a_moment_that_is_due_for_many_comes_about(void **state)
{
    (void) state;
    assert_same_in_any_room(a_day_comes_for_all, 2 * PEOPLE);
}

static void a_statement_that_moves_many_comes_about(void **state)
{
    (void) state;
    assert_same_in_any_room(one_figure_moves_all, 3 * PEOPLE);
}

static void what_came_before_the_contract_comes_about(void **state)
{
    (void) state;
    assert_same_in_any_room(what_was_reported_before_counts, 3 * PEOPLE);
}

static void disputes_that_lapse_together_come_about(void **state)
{
    (void) state;
    assert_same_in_any_room(disputes_lapse_together, PEOPLE / 2);
}

static void a_day_that_comes_for_a_contract_and_its_user_comes_about(void **state)
{
    (void) state;
    assert_same_in_any_room(a_day_comes_for_who_uses_it_too, PEOPLE);
}

static void figures_come_to_those_who_use_them(void **state)
{
    (void) state;
    assert_same_in_any_room(others_take_its_figures, 6 * PEOPLE);
}

/* ---- large ones, decided by a model that holds all ---- */
struct large {
    struct world w;
    struct model *model;
    struct arena *arena; /* of one decision, as a batch has it */
    uint8_t version[32];
    size_t most; /* that a decision took of it */
};

static void large_begin(struct large *l)
{
    static const char *const actors[] = {"buyer", "seller", "judge"};
    world_init(&l->w);
    day(&l->w, "2012-07-01");
    for (size_t k = 0; k < 3; k++)
        do_register(&l->w, "op", actors[k], false);
    do_define(&l->w, "op", "shared.units", 1, "days");
    l->model = l->w.models[WORLD_WHOLE];
    l->arena = arena_new((size_t) 256 << 20);
    l->most = 0;
    assert_non_null(l->arena);
}

static void large_end(struct large *l)
{
    arena_free(l->arena);
    world_release(&l->w);
}

/* command NULL: the moment that is due. How many events it has. */
static uint32_t large_decide(struct large *l, const char *actor, struct command *command)
{
    struct err err = {.code = TALLY_OK};
    struct decision decision = {0};
    const struct model_place place = {l->w.seq, l->w.time};
    uint8_t hash[32];
    arena_clear(l->arena);
    if (command != NULL) {
        command->actor = slice_str(actor);
        command->kid = arena_printf(l->w.arena, "k-%s", actor);
        command->head_seq = l->w.seq - 1;
    }
    enum tally_code rc = command == NULL ? model_decide_moment(l->model, &place, l->arena, &decision, &err)
                                         : model_decide(l->model, command, &place, l->arena, &decision, &err);
    if (rc != TALLY_OK)
        fail_msg("%s", err.detail);
    if (decision.refusal != NULL)
        fail_msg("%.*s", SLICE_ARG(decision.refusal->detail));
    l->most = arena_used(l->arena) > l->most ? arena_used(l->arena) : l->most;
    world_sha256("entry", slice_of(&l->w.seq, sizeof(l->w.seq)), hash);
    if (decision.changes.contracts_count > 0)
        memcpy(l->version, decision.changes.contracts[0].version_hash, sizeof(l->version));
    assert_int_equal(model_evolve(l->model, command, &decision, &place, hash, &err), TALLY_OK);
    l->w.seq += decision.event_count + (command != NULL);
    return decision.event_count;
}

/* All that is due by then; how many entries that begins. */
static uint32_t large_moments(struct large *l, const char *by)
{
    bool has = true;
    struct instant moment;
    day(&l->w, by);
    for (uint32_t count = 0;; count++) {
        assert_int_equal(model_next_due(l->model, l->w.time, &moment, &has, NULL), TALLY_OK);
        if (!has)
            return count;
        large_decide(l, NULL, NULL);
    }
}

static void large_contract(struct large *l, const char *id, const char *text)
{
    struct command command;
    fill_proposal(&l->w, &command, id, text, PARTIES);
    large_decide(l, "buyer", &command);
    for (int i = 0; i < 2; i++) {
        command = (struct command){.kind = COMMAND_SIGN_CONTRACT};
        command.u.sign_contract.id = slice_str(id);
        command.u.sign_contract.as = i == 0 ? SLICE("buyer") : SLICE("seller");
        memcpy(command.u.sign_contract.version, l->version, sizeof(l->version));
        large_decide(l, i == 0 ? "buyer" : "seller", &command);
    }
}

/* An entry's rows, bodies and lists leave a third of its room for the parameters that commit them. */
#define DECISION_MOST (MODEL_ENTRY_ROOM / 3 * 2)

/* 18 members of each of four dimensions, with names as long as they may be. */
static const char *long_names(struct large *l)
{
    struct buf text;
    buf_init(&text, 65536);
    buf_add_str(&text, HEAD("names"));
    for (int name = 'a'; name < 'e'; name++) {
        buf_printf(&text, "dimension %c (", name);
        for (int i = 0; i < 18; i++)
            buf_printf(&text, "%s%c%061d_%c", i == 0 ? "" : ", ", name, 0, 'a' + i);
        buf_add_str(&text, ")\n");
    }
    buf_add_str(&text, "pay each_one from buyer to seller\n  for each a, b, c, d\n  amount 1\n  not before 2013-01-01\n");
    const char *kept = world_keep(&l->w, buf_slice(&text)).ptr;
    buf_release(&text);
    return kept;
}

static void no_moment_takes_more_than_there_is(void **state)
{
    static struct large l;
    struct model_contract contract;
    (void) state;
    for (int i = 0; i < 2; i++) {
        large_begin(&l);
        large_contract(&l, "names",
                       i == 0
                           ? long_names(&l)
                           : HEAD("names") "dimension a 1 to 400\ndimension b 1 to 300\npay each_one from buyer to seller\n"
                                           "  for each a, b\n  amount 1_000_000_000\n  not before 2013-01-01\n");
        assert_in_range(large_moments(&l, "2013-01-02"), 2, 8);
        assert_in_range(l.most, MODEL_ENTRY_ROOM / 8, DECISION_MOST);
        assert_int_equal(model_find_contract(l.model, SLICE("names"), &contract), TALLY_OK);
        assert_true(contract.moment.us > l.w.time.us);
        large_end(&l);
    }
}

static void no_results_that_become_final_take_more(void **state)
{
    enum { STATEMENTS = 5, AT_ONCE = 10000 };
    static struct large l;
    static struct command_result results[AT_ONCE];
    static struct command_dimension dimensions[AT_ONCE];
    (void) state;
    large_begin(&l);
    large_contract(&l, "many",
                   HEAD("many") "dimension n 1 to 50_000\n"
                                "metric units is shared.units version 1 in days\n  by n\n  reported by seller\n"
                                "  verified by judge or 15 days of silence\n"
                                "metric again is shared.units version 1 in days\n  by n\n  reported by seller\n"
                                "  verified by judge or 15 days of silence\n"
                                "pay all_days from buyer to seller\n  amount USD 1 per day of sum(units + again over n)\n");
    for (int s = 0; s < STATEMENTS; s++) {
        for (int i = 0; i < AT_ONCE; i++) {
            dimensions[i].name = SLICE("n");
            dimensions[i].member = arena_printf(l.w.arena, "%d", s * AT_ONCE + i + 1);
            results[i] = (struct command_result){.indicator = SLICE("shared.units"),
                                                 .version = 1,
                                                 .dimensions = &dimensions[i],
                                                 .dimension_count = 1,
                                                 .value = SLICE("1")};
        }
        struct command command = {.kind = COMMAND_SUBMIT_RESULTS};
        command.u.submit_results.results = results;
        command.u.submit_results.count = AT_ONCE;
        command.u.submit_results.is_list = true;
        large_decide(&l, "seller", &command);
    }
    assert_in_range(large_moments(&l, "2012-07-20"), 2, 8);
    assert_in_range(l.most, MODEL_ENTRY_ROOM / 8, DECISION_MOST);
    large_end(&l);
}

static void no_figures_take_more(void **state)
{
    static const char used[] =
        HEAD("used") "dimension a 1 to 300\ndimension b 1 to 300\ndefine one = 1\n"
                     "metric price is \"Price\" in number\n  reported by seller\n  if missing use 1\n"
                     "define each = a * b * price\n"
                     "pay all_of_it from buyer to seller\n  amount USD 1 * each[a: 1, b: 1]\n";
    static struct large l;
    (void) state;
    large_begin(&l);
    large_contract(&l, "used", used);
    large_contract(&l, "user",
                   using(&l.w,
                         HEAD("user") "uses used is contract @\ndimension a 1 to 300\ndimension b 1 to 300\n"
                                      "metric first_of is each of used in number\n  by a, b\n"
                                      "metric other is each of used in number\n  by a, b\n"
                                      "pay all_of_it from buyer to seller\n  amount USD 1 * (first_of[a: 1, b: 1] + "
                                      "other[a: 1, b: 1])\n",
                         '@', used));
    assert_in_range(large_moments(&l, "2012-07-02"), 2, 8);
    assert_in_range(l.most, MODEL_ENTRY_ROOM / 8, DECISION_MOST);
    large_end(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_moment_that_is_due_for_many_comes_about),
        cmocka_unit_test(a_statement_that_moves_many_comes_about),
        cmocka_unit_test(what_came_before_the_contract_comes_about),
        cmocka_unit_test(disputes_that_lapse_together_come_about),
        cmocka_unit_test(a_day_that_comes_for_a_contract_and_its_user_comes_about),
        cmocka_unit_test(figures_come_to_those_who_use_them),
        cmocka_unit_test(no_moment_takes_more_than_there_is),
        cmocka_unit_test(no_results_that_become_final_take_more),
        cmocka_unit_test(no_figures_take_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
