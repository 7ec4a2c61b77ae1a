/* Results that wait are found in the order of their days: whatever happens, the next moment is the one that looking at all of them finds,
 * and nothing whose day has come is behind its entry (waiting.c). world_step holds a model that keeps the order against one that makes it
 * anew before each decision. */
#include "../../support/dice.h"
#include "world.h"

#include "../../../contracts/model/decide.h"

#define PARTIES "buyer=buyer judge=judge seller=seller vera=vera"
#define TEXT(slug)                                                                                                         \
    "terms 1\ncontract " slug " \"Waiting\"\ncurrency USD rounded to 0.01, half even\nclock UTC+01:00\n"                   \
    "runs 2012-01-01 to 2013-12-31\nparty buyer outcome payer \"Buyer\"\nparty seller provider \"Seller\"\n"               \
    "party judge evaluator \"Judge\"\nparty vera auditor \"Vera\"\nin force when buyer and seller have signed\n"           \
    "disputes decided by judge within 12 days, otherwise stands\ndimension n 1 to 24\n"                                    \
    "metric units is shared.units version 1 in days between 0 and 1_000\n  by n\n  reported by seller or buyer\n"          \
    "  verified by vera or 15 days of silence final 4 days later\n  disputes within 30 days\n  if missing use 0\n"         \
    "metric visits is \"Visits\" in number between 0 and 90\n  by n\n  reported by seller or buyer\n"                      \
    "  verified by vera and judge or 9 days of silence\n  disputes within 20 days\n  if missing use 0\n"                   \
    "metric checked is \"Checked\" in number between 0 and 90\n  by n\n  reported by seller\n  verified by judge\n"        \
    "  disputes within 20 days\n  if missing use 0\n"                                                                      \
    "pay each_one from buyer to seller\n  for each n\n  amount 2.50 per day of units + USD 1 * visits + USD 1 * checked\n"

static struct world w;

static uint32_t dice(uint32_t below)
{
    static struct dice state = {90125};
    return dice_below(&state, below);
}

/* ---- looking at all ---- */

static struct instant earlier(struct instant a, struct instant b)
{
    return a.us < b.us ? a : b;
}

/* The order itself: by rising day, every entry's fit with that day has it, and no day is behind what is recorded. */
static void check_order(struct deciding *d, struct view_contract *contract)
{
    static const struct news nothing = {0};
    const struct waiting *waiting = &contract->waiting;
    for (uint32_t i = 1; i < waiting->count; i++)
        assert_true(waiting->items[i - 1].day <= waiting->items[i].day);
    for (uint32_t i = 0; i < contract->fit_count; i++) {
        const struct fit *fit = &contract->fits[i];
        int32_t day = DAY_NEVER;
        bool is_there = fit->day == DAY_NEVER;
        if (standing_is_decided(contract, fit))
            continue;
        assert_int_equal(finality_day(d, &nothing, contract, NULL, fit, &day), TALLY_OK);
        assert_true(fit->day <= day);
        for (uint32_t k = waiting_from(contract, fit->day); k < waiting->count && !is_there; k++)
            is_there = waiting->items[k].place == i && waiting->items[k].day == fit->day;
        assert_true(is_there);
    }
}

/* Of all fits, and all disputes. */
static struct instant next_of_all(struct deciding *d, const struct view_contract *contract, int32_t today)
{
    static const struct news nothing = {0};
    struct instant next = {INT64_MAX};
    const struct terms *terms = text_now(contract)->terms;
    uint32_t at = 0;
    for (uint32_t i = 0; i < contract->fit_count; i++) {
        const struct fit *fit = &contract->fits[i];
        int32_t day = DAY_NEVER;
        if (!terms_metric(terms, fit->metric)->has_days || !standing_is_pending(d->model, contract, NULL, fit))
            continue;
        assert_int_equal(finality_day(d, &nothing, contract, NULL, fit, &day), TALLY_OK);
        if (day > today)
            next = earlier(next, moment_of(terms, day));
    }
    for (const struct view_dispute *dispute; (dispute = table_next(&contract->disputes, &at)) != NULL;)
        if (!dispute->is_decided)
            next = earlier(next, dispute->row.lapses);
    return next;
}

/* A set of which something else is not ready yet holds it back (S4). */
static bool is_held_back(struct deciding *d, const struct view_contract *contract, const struct fit *fit, int32_t today)
{
    static const struct news nothing = {0};
    bool is_held = false;
    for (const struct fit *of = fit_first_of(contract, fit->result->row.seq); of != NULL; of = fit_next_of(contract, of)) {
        int32_t day = DAY_NEVER;
        assert_int_equal(finality_day(d, &nothing, contract, NULL, of, &day), TALLY_OK);
        is_held = is_held || (day > today && standing_is_pending(d->model, contract, NULL, of));
    }
    return fit->result->row.is_set && is_held;
}

/* What could be final is. */
static void check_ready(struct deciding *d, const struct view_contract *contract, int32_t today)
{
    static const struct news nothing = {0};
    for (uint32_t i = 0; i < contract->fit_count; i++) {
        const struct fit *fit = &contract->fits[i];
        int32_t day = DAY_NEVER;
        assert_int_equal(finality_day(d, &nothing, contract, NULL, fit, &day), TALLY_OK);
        if (day <= today && standing_is_pending(d->model, contract, NULL, fit))
            assert_true(is_held_back(d, contract, fit, today));
    }
}

/* of: contracts that were compared. */
static void compare(struct model *model, const char *id, uint32_t *of)
{
    static const struct news nothing = {0};
    struct err err = {0};
    struct view_contract *contract = view_contract(model, slice_str(id));
    if (contract == NULL || !contract->is_complete || contract->row.state != CONTRACT_IN_FORCE)
        return;
    struct model_place place = {w.seq, w.time};
    struct arena *arena = arena_new(1 << 24);
    struct deciding d = {.model = model, .place = &place, .arena = arena, .err = &err};
    const struct terms *terms = NULL;
    struct instant next = {0};
    assert_int_equal(terms_of(model, contract, &terms, &err), TALLY_OK);
    assert_int_equal(fits_update(model, contract, &err), TALLY_OK);
    struct work work = {.contract = contract, .row = contract->row, .now = w.time};
    work.today = instant_day(w.time, terms_clock_minutes(terms));
    assert_true(waiting_is_ordered(contract));
    assert_int_equal(finality_next_moment(&d, &nothing, &work, &next), TALLY_OK);
    assert_true(next.us == next_of_all(&d, contract, work.today).us);
    assert_true(contract->row.next_moment.us ==
                next.us); /* as the last decision left it: nothing else wakes these contracts */
    check_order(&d, contract);
    check_ready(&d, contract, work.today);
    *of += contract->fit_count;
    arena_free(arena);
}

/* ---- what happens ---- */
#define SEQS_MAX 900
static uint64_t results[SEQS_MAX], disputes[SEQS_MAX];
static const char *of_contract[SEQS_MAX];
static uint32_t result_count, dispute_count;

static void report(void)
{
    char texts[3][80];
    const char *list[3] = {texts[0], texts[1], texts[2]}, *by = dice(4) == 0 ? "buyer" : "seller",
               *contract = dice(3) == 0 ? "other" : "deal";
    uint32_t count = dice(3) == 0 ? 3 : 1, n = 1 + dice(22), what = dice(3);
    for (uint32_t i = 0; i < count; i++)
        if (what == 0)
            (void) snprintf(texts[i], sizeof texts[i], "shared.units/1 n=%u %u", n + i, dice(300));
        else
            (void) snprintf(texts[i], sizeof texts[i], "=%s/%s n=%u %u", contract, what == 1 ? "visits" : "checked", n + i,
                            dice(90));
    of_contract[result_count] = contract;
    results[result_count] = w.seq;
    do_results(&w, by, count > 1 && dice(2) == 0, (int) count, list);
    result_count += w.decision.refusal == NULL; /* what is reported already is refused */
}

static void something_happens(void)
{
    uint32_t which = result_count == 0 ? 0 : dice(result_count), what = dice(14);
    uint64_t seq = w.seq;
    if (result_count == 0 || what <= 4) {
        report();
        return;
    }
    const uint32_t item = dice(2);
    if (what <= 8)
        do_verify(&w, dice(2) == 0 ? "vera" : "judge", results[which], dice(4) == 0, &item);
    else if (what == 9)
        do_restate(&w, dice(4) == 0 ? "buyer" : "seller", results[which], dice(2) == 0 ? "70" : "33");
    else if (what == 10)
        do_withdraw(&w, dice(4) == 0 ? "buyer" : "seller", results[which]);
    else if (what <= 12)
        do_dispute(&w, "vera", results[which], of_contract[which], 0, NULL);
    else if (dispute_count > 0) {
        enum decision_kind kind = (enum decision_kind) dice(3);
        do_resolve(&w, "judge", disputes[dice(dispute_count)], kind, kind == DECISION_REPLACED ? "12" : "", 0, NULL);
    }
    if (w.decision.refusal != NULL)
        return;
    if (what == 9 || what == 10) {
        of_contract[result_count] = of_contract[which];
        results[result_count++] = seq;
    }
    if (what == 11 || what == 12)
        disputes[dispute_count++] = seq;
}

static void begin(void)
{
    static const char *const actors[] = {"buyer", "seller", "judge", "vera"};
    world_init(&w);
    for (size_t i = 0; i < sizeof(actors) / sizeof(actors[0]); i++)
        do_register(&w, "op", actors[i], false);
    do_define(&w, "op", "shared.units", 1, "days");
    do_propose(&w, "buyer", "deal", TEXT("deal"), PARTIES);
    do_propose(&w, "buyer", "other", TEXT("other"), PARTIES);
    do_sign(&w, "buyer", "deal", "buyer");
    do_sign(&w, "seller", "deal", "seller");
    ASSERT_DONE(&w);
}

/* One of them is verified, the other waits for silence: on the day of the first nothing happens. */
static void a_moment_finds_all_of_a_set(void **state)
{
    static const char *const set[] = {"shared.units/1 n=1 10", "shared.units/1 n=2 20"};
    const uint32_t first = 0;
    (void) state;
    begin();
    world_day(&w, "2012-07-01");
    uint64_t seq = w.seq;
    do_results(&w, "seller", true, 2, set);
    do_verify(&w, "vera", seq, 1, &first);
    ASSERT_DONE(&w);
    world_day(&w, "2012-07-15");
    assert_true(world_moments(&w) > 0);
    assert_int_equal(w.base.finals_count, 0);
    world_day(&w, "2012-07-22");
    assert_true(world_moments(&w) > 0);
    assert_int_equal(w.base.finals_count, 2);
    world_release(&w);
}

static void the_order_says_what_looking_at_all_says(void **state)
{
    uint32_t moments = 0, compared = 0;
    (void) state;
    begin();
    for (int i = 0; i < 700; i++) {
        char day[40];
        (void) snprintf(day, sizeof(day), "2012-%02d-%02d", 6 + i / 125, 1 + i % 125 / 5);
        world_day(&w, day);
        moments += (uint32_t) world_moments(&w);
        if (i == 60) { /* what was reported and verified before is there already */
            do_sign(&w, "buyer", "other", "buyer");
            do_sign(&w, "seller", "other", "seller");
            ASSERT_DONE(&w);
        }
        something_happens();
        for (int m = 0; m < WORLD_MODELS; m += WORLD_WHOLE) {
            compare(w.models[m], "deal", &compared);
            compare(w.models[m], "other", &compared);
        }
    }
    assert_true(result_count > 100 && dispute_count > 10 && moments > 40 && compared > 20000);
    world_release(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_order_says_what_looking_at_all_says),
        cmocka_unit_test(a_moment_finds_all_of_a_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
