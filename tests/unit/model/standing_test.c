/* What changes how a result stands: restatement and withdrawal (S2, S4 to S6, B1), dispute, decision and lapse (F1 to F3), days of
 * silence and final days later (S3). Rules of language.md section 7. */
#include "world.h"

#define PARTIES "buyer=buyer judge=judge other=other seller=seller vera=vera"
#define TEXT(slug, policy, otherwise)                                                                                      \
    "terms 1\ncontract " slug " \"Standing\"\ncurrency USD rounded to 0.01, half even\nclock UTC+01:00\n"                  \
    "runs 2012-01-01 to 2013-12-31\ncloses 2014-06-30\n"                                                                   \
    "party buyer outcome payer \"Buyer\"\nparty seller provider \"Seller\"\nparty other provider \"Other\"\n"              \
    "party judge evaluator \"Judge\"\nparty vera auditor \"Vera\"\n"                                                       \
    "in force when buyer and seller have signed\n" otherwise "dimension place (north, south)\n"                            \
    "metric units is shared.units version 1 in days between 0 and 1_000\n  by place\n  reported by seller or "             \
    "other\n" policy "pay each_place from buyer to seller\n  for each place\n  amount 2.50 per day of units\n"
#define STANDS "disputes decided by judge within 60 days, otherwise stands\n"
#define FALLS "disputes decided by judge within 60 days, otherwise falls\n"
#define VERIFIED "  verified by vera\n  disputes within 30 days\n  if missing use 0\n"
#define NORTH "shared.units/1 place=north "
#define SOUTH "shared.units/1 place=south "

static struct world w;

static void add_contract(const char *id, const char *text)
{
    do_propose(&w, "buyer", id, text, PARTIES);
    ASSERT_DONE(&w);
    do_sign(&w, "buyer", id, "buyer");
    do_sign(&w, "seller", id, "seller");
    ASSERT_DONE(&w);
}

static void begin_empty(void)
{
    static const char *const actors[] = {"buyer", "seller", "other", "judge", "vera", "stranger"};
    world_init(&w);
    for (size_t i = 0; i < sizeof(actors) / sizeof(actors[0]); i++)
        do_register(&w, "op", actors[i], false);
    do_define(&w, "op", "shared.units", 1, "days");
    ASSERT_DONE(&w);
}

static int begin(void **state)
{
    (void) state;
    begin_empty();
    add_contract("deal", TEXT("deal", VERIFIED, STANDS));
    return 0;
}

static int end(void **state)
{
    (void) state;
    world_release(&w);
    return 0;
}

/* What stands for the instance; "none" when nothing is recorded. */
static const char *stands_in(const char *contract, const char *key)
{
    for (uint32_t i = 0; i < w.base.instances_count; i++) {
        const struct row_instance *row = &w.base.instances[i];
        if (slice_is(row->contract, contract) && slice_is(row->key, key))
            return arena_printf(w.arena, "%.*s", SLICE_ARG(row->stands)).ptr;
    }
    return "none";
}
#define ASSERT_STANDS(key, amount) assert_string_equal(stands_in("deal", key), amount)

/* Reported and verified; the entry of the report. */
static uint64_t final_result(const char *by, const char *text)
{
    uint64_t seq = w.seq;
    do_result(&w, by, text);
    ASSERT_DONE(&w);
    do_verify(&w, "vera", seq, 0, NULL);
    ASSERT_DONE(&w);
    return seq;
}

static uint64_t restated(uint64_t seq, const char *value)
{
    uint64_t change = w.seq;
    do_restate(&w, "seller", seq, value);
    ASSERT_DONE(&w);
    return change;
}

/* The day's moments take effect. */
static int day_comes(const char *day)
{
    world_day(&w, day);
    return world_moments(&w);
}

static const char *next_moment(const char *contract)
{
    char text[INSTANT_TEXT_LEN + 1];
    instant_format(base_find_contract(&w, contract)->next_moment, text);
    return arena_printf(w.arena, "%s", text).ptr;
}

/* ---- restatement ---- */
static void rule_S5_until_a_restatement_is_final_the_earlier_result_counts(void **state)
{
    (void) state;
    uint64_t first = final_result("seller", NORTH "100");
    ASSERT_STANDS("north", "250.00");
    uint64_t change = restated(first, "120");
    assert_int_equal(w.decision.event_count, 0);
    ASSERT_STANDS("north", "250.00");
    do_verify(&w, "vera", change, 0, NULL);
    ASSERT_DONE(&w);
    assert_event(
        &w, 0, "result.finalised",
        arena_printf(
            w.arena,
            "{\"cause\":%" PRIu64
            ",\"contract\":\"deal\",\"results\":[{\"item\":0,\"key\":\"north\",\"metric\":\"units\",\"seq\":%" PRIu64 "}]}",
            w.seq - 4, change)
            .ptr);
    ASSERT_STANDS("north", "300.00");
    assert_int_equal(w.base.payments_count, 2);
    assert_string_equal(w.base.payments[1].amount.ptr, "50.00");
    assert_false(w.base.payments[1].is_owed_back);
    assert_true(w.base.results[1].first_seq == first && w.base.results[1].of_seq == first);
}

static void rule_B1_a_lower_restatement_is_owed_back(void **state)
{
    (void) state;
    uint64_t change = restated(final_result("seller", NORTH "100"), "40");
    do_verify(&w, "vera", change, 0, NULL);
    ASSERT_DONE(&w);
    ASSERT_STANDS("north", "100.00");
    assert_string_equal(w.base.payments[1].amount.ptr, "150.00");
    assert_true(w.base.payments[1].is_owed_back);
    assert_true(slice_is(w.base.payments[1].from_actor, "seller"));
}

static void a_pending_result_may_be_restated_and_is_superseded_by_what_is_final(void **state)
{
    (void) state;
    uint64_t first = w.seq;
    do_result(&w, "seller", NORTH "100");
    uint64_t change = restated(first, "50");
    do_verify(&w, "vera", change, 0, NULL);
    ASSERT_DONE(&w);
    ASSERT_STANDS("north", "125.00");
    do_verify(&w, "vera", first, 0, NULL); /* too late to count */
    ASSERT_DONE(&w);
    assert_int_equal(w.decision.event_count, 0);
    ASSERT_STANDS("north", "125.00");
}

static void rule_S4_two_statements_restated_as_a_set_become_final_together(void **state)
{
    (void) state;
    uint64_t north = final_result("seller", NORTH "100"), south = final_result("seller", SOUTH "100");
    const char *items[] = {arena_printf(w.arena, "%" PRIu64 ".0 10", north).ptr,
                           arena_printf(w.arena, "%" PRIu64 ".0 20", south).ptr};
    uint64_t change = w.seq;
    do_change(&w, "seller", north, false, true, 2, items);
    ASSERT_DONE(&w);
    do_verify(&w, "vera", change, 1, (const uint32_t[]){0});
    ASSERT_DONE(&w);
    assert_int_equal(w.decision.event_count, 0); /* half of a restatement */
    do_verify(&w, "vera", change, 1, (const uint32_t[]){1});
    ASSERT_DONE(&w);
    assert_int_equal(w.decision.event_count, 3); /* one list, one payment */
    assert_string_equal(w.base.payments[2].amount.ptr, "425.00");
    ASSERT_STANDS("north", "25.00");
    ASSERT_STANDS("south", "50.00");
}

static void rule_S2_only_the_head_of_a_chain_and_one_restatement_at_a_time(void **state)
{
    (void) state;
    uint64_t first = final_result("seller", NORTH "100"), change = restated(first, "120");
    do_restate(&w, "seller", first, "130");
    ASSERT_REFUSED_AT(&w, REFUSE_RESULT_SUPERSEDED, "");
    do_restate(&w, "seller", change, "130");
    ASSERT_REFUSED_AT(&w, REFUSE_RESULT_OPEN, "");
    do_withdraw(&w, "seller", change);
    ASSERT_REFUSED_AT(&w, REFUSE_RESULT_OPEN, "");
    do_verify(&w, "vera", change, 0, NULL);
    ASSERT_DONE(&w);
    uint64_t second = restated(change, "130");
    do_verify(&w, "vera", second, 0, NULL);
    ASSERT_STANDS("north", "325.00");
}

static void what_cannot_be_restated_is_refused(void **state)
{
    (void) state;
    uint64_t first = w.seq;
    const char *two[] = {NORTH "100", SOUTH "100"};
    do_results(&w, "seller", false, 2, two);
    do_restate(&w, "seller", 1, "5");
    ASSERT_REFUSED(&w, REFUSE_RESULT_NOT_FOUND);
    do_restate(&w, "seller", first, "5");
    ASSERT_REFUSED_AT(&w, REFUSE_BODY_SCHEMA, "");
    const char *other[] = {arena_printf(w.arena, "%" PRIu64 ".1 5", first).ptr};
    do_change(&w, "other", first, false, false, 1, other);
    ASSERT_REFUSED_AT(&w, REFUSE_RESULT_NOT_AUTHOR, "/results/0");
    const char *none[] = {arena_printf(w.arena, "%" PRIu64 ".2 5", first).ptr, "9000.0 5"};
    do_change(&w, "seller", first, false, false, 2, none);
    ASSERT_REFUSED_AT(&w, REFUSE_RESULT_UNKNOWN, "/results/0/item");
    assert_string_equal(w.decision.refusal->errors->next->pointer.ptr, "/results/1/seq");
    const char *bad[] = {arena_printf(w.arena, "%" PRIu64 ".1 many", first).ptr};
    do_change(&w, "seller", first, false, false, 1, bad);
    ASSERT_REFUSED_AT(&w, REFUSE_RESULT_VALUE, "/results/0/value");
    struct command command = {.kind = COMMAND_CHANGE_RESULTS};
    command.actor = SLICE("seller"), command.kid = SLICE("k-seller"), command.head_seq = first - 1;
    command.u.change_results.seq = first;
    command.u.change_results.is_withdrawal = true;
    world_do(&w, NULL, &command);
    ASSERT_REFUSED(&w, REFUSE_STATEMENT_HEAD);
}

static void nobody_verifies_a_restatement_of_their_own(void **state)
{
    (void) state;
    uint64_t change = restated(final_result("seller", NORTH "100"), "120");
    do_verify(&w, "seller", change, 0, NULL);
    ASSERT_REFUSED(&w, REFUSE_VERIFICATION_OWN);
}

static void a_value_out_of_range_is_not_used_and_the_earlier_one_stays(void **state)
{
    (void) state;
    uint64_t first = final_result("seller", NORTH "100"), change = restated(first, "5000");
    do_verify(&w, "vera", change, 0, NULL);
    ASSERT_REFUSED(&w, REFUSE_VERIFICATION_NOT_VERIFIER); /* it does not fit */
    ASSERT_STANDS("north", "250.00");
    uint64_t back = w.seq; /* it is not open where it does not fit */
    do_withdraw(&w, "seller", change);
    ASSERT_DONE(&w);
    do_verify(&w, "vera", back, 0, NULL); /* the withdrawal fits where the chain does */
    ASSERT_DONE(&w);
    ASSERT_STANDS("north", "0.00");
}

static void an_open_restatement_binds_only_where_its_author_has_signed(void **state)
{
    (void) state;
    add_contract("second", TEXT("second", VERIFIED, STANDS));
    do_propose(&w, "stranger", "trap", TEXT("trap", "  verified by judge\n", STANDS), PARTIES);
    do_sign(&w, "buyer", "trap", "buyer");
    ASSERT_DONE(&w); /* the seller is named there and never signs */
    uint64_t change = restated(final_result("other", NORTH "1") == 0 ? 0 : final_result("seller", SOUTH "100"), "120");
    do_verify(&w, "vera", change, 0, NULL);
    ASSERT_DONE(&w);
    restated(change, "130");
}

static void a_contract_that_comes_into_force_takes_the_newest_of_a_chain(void **state)
{
    (void) state;
    uint64_t change = restated(final_result("seller", NORTH "100"), "120");
    do_verify(&w, "vera", change, 0, NULL);
    add_contract("late", TEXT("late", VERIFIED, STANDS));
    assert_string_equal(stands_in("late", "north"), "300.00");
    assert_int_equal(w.base.payments_count, 3);
}

/* ---- withdrawal ---- */
static void rule_S6_what_is_withdrawn_is_owed_back_and_may_be_reported_anew(void **state)
{
    (void) state;
    world_day(&w, "2012-07-01");
    uint64_t first = final_result("seller", NORTH "100"), back = w.seq;
    do_withdraw(&w, "seller", first);
    ASSERT_DONE(&w);
    assert_int_equal(w.decision.event_count, 0);
    do_result(&w, "seller", NORTH "70");
    ASSERT_REFUSED_AT(&w, REFUSE_RESULT_OPEN, "");
    do_verify(&w, "vera", back, 0, NULL);
    ASSERT_DONE(&w);
    assert_event(&w, 0, "result.finalised",
                 arena_printf(w.arena,
                              "{\"cause\":%" PRIu64
                              ",\"contract\":\"deal\",\"results\":[{\"item\":0,\"key\":\"north\",\"metric\":"
                              "\"units\",\"seq\":%" PRIu64 ",\"withdrawn\":true}]}",
                              w.seq - 4, back)
                     .ptr);
    ASSERT_STANDS("north", "0.00");
    do_restate(&w, "seller", back, "70");
    ASSERT_REFUSED_AT(&w, REFUSE_RESULT_WITHDRAWN, "");
    world_day(&w, "2012-08-01");
    uint64_t anew = final_result("seller", NORTH "70");
    ASSERT_STANDS("north", "175.00");
    assert_true(w.base.results[2].first_seq == anew && w.base.results[2].of_seq == ROW_NO_SEQ);
    do_result(&w, "seller", NORTH "71");
    ASSERT_REFUSED(&w, REFUSE_RESULT_DUPLICATE);
}

static void rule_S2_a_withdrawal_makes_room_for_what_another_reporter_had_ready(void **state)
{
    (void) state;
    uint64_t first = final_result("seller", NORTH "100"), back = 0;
    (void) final_result("other", NORTH "60"); /* verified, and not used: the seller's was first */
    ASSERT_STANDS("north", "250.00");
    back = w.seq;
    do_withdraw(&w, "seller", first);
    do_verify(&w, "vera", back, 0, NULL);
    ASSERT_DONE(&w);
    ASSERT_STANDS("north", "150.00");
    (void) final_result("seller", NORTH "90"); /* now the other's counts */
    ASSERT_STANDS("north", "150.00");
}

static void a_statement_without_followers_is_changed_and_withdrawn_at_once(void **state)
{
    (void) state;
    do_define(&w, "op", "lone.figure", 1, "days");
    uint64_t first = w.seq;
    do_result(&w, "op", "lone.figure/1 - 5");
    ASSERT_REFUSED(&w, REFUSE_RESULT_NOT_REPORTER);
    do_register(&w, "op", "hub", true);
    first = w.seq;
    do_result(&w, "hub", "lone.figure/1 - 5");
    uint64_t change = w.seq;
    do_restate(&w, "hub", first, "6");
    ASSERT_DONE(&w);
    do_restate(&w, "hub", first, "7");
    ASSERT_REFUSED(&w, REFUSE_RESULT_SUPERSEDED);
    do_withdraw(&w, "hub", change);
    ASSERT_DONE(&w);
    do_result(&w, "hub", "lone.figure/1 - 8");
    ASSERT_DONE(&w);
}

static void what_was_replaced_is_known_though_it_left_the_view_and_came_back(void **state)
{
    (void) state;
    do_register(&w, "op", "hub", true);
    do_define(&w, "op", "lone.figure", 1, "days");
    uint64_t first = w.seq;
    do_result(&w, "hub", "lone.figure/1 - 5");
    uint64_t change = w.seq;
    do_restate(&w, "hub", first, "6");
    ASSERT_DONE(&w);
    struct model *model = w.models[1];
    const struct need actor = {NEED_ACTOR, SLICE("stranger"), 0}, later = {NEED_RESULT, {NULL, 0}, change};
    model_forget(model);
    load(&w, model, &actor);
    load(&w, model, &later);
    model_forget_result_keys(model);
    model_trim(model, model_memory(model) - 1, 0); /* the actor goes, and what is in no statement that was asked for */
    struct command_change item = {first, 0, SLICE("7")};
    struct command command = {.kind = COMMAND_CHANGE_RESULTS,
                              .actor = SLICE("hub"),
                              .kid = SLICE("k-hub"),
                              .head_seq = w.seq - 1,
                              .u.change_results = {.seq = first, .items = &item, .count = 1}};
    world_fill(&w, model, &command);
    w.decision = decide_once(&w, model, &command);
    ASSERT_REFUSED(&w, REFUSE_RESULT_SUPERSEDED);
}

/* ---- dispute ---- */
static uint64_t disputed(const char *by, uint64_t seq)
{
    uint64_t dispute = w.seq;
    do_dispute(&w, by, seq, "deal", 0, NULL);
    ASSERT_DONE(&w);
    return dispute;
}

static void rule_F1_a_disputed_result_does_not_become_final(void **state)
{
    (void) state;
    uint64_t first = w.seq;
    do_result(&w, "seller", NORTH "100");
    uint64_t dispute = disputed("buyer", first);
    do_verify(&w, "vera", first, 0, NULL);
    ASSERT_DONE(&w);
    assert_int_equal(w.decision.event_count, 0);
    do_resolve(&w, "judge", dispute, DECISION_STANDS, "", 0, NULL);
    ASSERT_DONE(&w);
    assert_event(&w, 0, "result.finalised", NULL);
    ASSERT_STANDS("north", "250.00");
}

static void rule_F2_what_needs_a_disputed_result_keeps_what_stands(void **state)
{
    (void) state;
    uint64_t first = final_result("seller", NORTH "100"), dispute = disputed("buyer", first);
    assert_int_equal(w.decision.event_count, 0);
    ASSERT_STANDS("north", "250.00");
    do_resolve(&w, "judge", dispute, DECISION_REPLACED, "80", 0, NULL);
    ASSERT_DONE(&w);
    assert_event(&w, 0, "result.finalised",
                 arena_printf(w.arena,
                              "{\"cause\":%" PRIu64
                              ",\"contract\":\"deal\",\"results\":[{\"item\":0,\"key\":\"north\",\"metric\":"
                              "\"units\",\"replaced\":\"80\",\"seq\":%" PRIu64 "}]}",
                              w.seq - 4, first)
                     .ptr);
    ASSERT_STANDS("north", "200.00");
    uint64_t change = restated(first, "85"); /* B1: what is final later counts */
    do_verify(&w, "vera", change, 0, NULL);
    ASSERT_STANDS("north", "212.50");
}

static void rule_F3_what_is_annulled_is_as_if_withdrawn(void **state)
{
    (void) state;
    uint64_t first = final_result("seller", NORTH "100");
    (void) final_result("other", NORTH "60");
    uint64_t dispute = disputed("buyer", first);
    do_resolve(&w, "judge", dispute, DECISION_ANNULLED, "", 0, NULL);
    ASSERT_DONE(&w);
    assert_event(&w, 0, "result.finalised", NULL);
    ASSERT_STANDS("north", "150.00"); /* the other's was ready */
}

static void rule_F3_an_annulled_restatement_leaves_what_was_final(void **state)
{
    (void) state;
    uint64_t first = final_result("seller", NORTH "100"), change = restated(first, "400");
    uint64_t dispute = disputed("buyer", change);
    do_resolve(&w, "judge", dispute, DECISION_ANNULLED, "", 0, NULL);
    ASSERT_DONE(&w);
    assert_int_equal(w.decision.event_count, 0);
    do_verify(&w, "vera", change, 0, NULL); /* it says nothing any more */
    ASSERT_DONE(&w);
    assert_int_equal(w.decision.event_count, 0);
    ASSERT_STANDS("north", "250.00");
    change = restated(change, "110"); /* and is not open */
    do_verify(&w, "vera", change, 0, NULL);
    ASSERT_STANDS("north", "275.00");
}

static void rule_F3_without_a_decision_it_stands_as_the_text_says(void **state)
{
    (void) state;
    world_day(&w, "2012-07-01");
    uint64_t first = final_result("seller", NORTH "100"), dispute = disputed("buyer", first);
    assert_string_equal(next_moment("deal"), "2012-08-30T23:00:00.000000Z"); /* 60 days, by its clock */
    uint64_t change = restated(first, "10");
    do_verify(&w, "vera", change, 0, NULL); /* what is final in the meantime counts, disputed or not */
    ASSERT_STANDS("north", "25.00");
    assert_int_equal(day_comes("2012-08-30"), 0);
    assert_int_equal(day_comes("2012-08-31"), 1);
    assert_event(
        &w, 0, "moment.reached",
        arena_printf(w.arena,
                     "{\"at\":\"2012-08-30T23:00:00.000000Z\",\"contract\":\"deal\",\"lapsed\":[{\"decision\":\"stands\","
                     "\"dispute\":%" PRIu64 ",\"item\":0,\"seq\":%" PRIu64 "}]}",
                     dispute, first)
            .ptr);
    do_resolve(&w, "judge", dispute, DECISION_ANNULLED, "", 0, NULL);
    ASSERT_REFUSED(&w, REFUSE_DISPUTE_DECIDED);
    ASSERT_STANDS("north", "25.00");
}

static void rule_F3_without_a_decision_it_falls_as_the_text_says(void **state)
{
    (void) state;
    world_release(&w);
    begin_empty();
    add_contract("deal", TEXT("deal", VERIFIED, FALLS));
    world_day(&w, "2012-07-01");
    (void) disputed("buyer", final_result("seller", NORTH "100"));
    ASSERT_STANDS("north", "250.00");
    assert_int_equal(day_comes("2012-12-31"), 1); /* whenever the service wakes */
    assert_event(&w, 1, "result.finalised", NULL);
    assert_event(&w, 3, "payment.triggered", NULL);
    ASSERT_STANDS("north", "0.00");
}

static void rule_F1_a_dispute_acts_in_the_contract_that_it_names_alone(void **state)
{
    (void) state;
    add_contract("second", TEXT("second", VERIFIED, STANDS));
    uint64_t first = final_result("seller", NORTH "100"), dispute = disputed("buyer", first);
    do_resolve(&w, "judge", dispute, DECISION_REPLACED, "10", 0, NULL);
    ASSERT_DONE(&w);
    ASSERT_STANDS("north", "25.00");
    assert_string_equal(stands_in("second", "north"), "250.00");
    do_dispute(&w, "other", first, "second", 0, NULL);
    ASSERT_DONE(&w);
}

static void a_set_of_which_one_is_annulled_never_becomes_final(void **state)
{
    (void) state;
    uint64_t north = final_result("seller", NORTH "100"), south = final_result("seller", SOUTH "100");
    const char *items[] = {arena_printf(w.arena, "%" PRIu64 ".0 10", north).ptr,
                           arena_printf(w.arena, "%" PRIu64 ".0 20", south).ptr};
    uint64_t change = w.seq;
    do_change(&w, "seller", north, false, true, 2, items);
    uint64_t dispute = w.seq;
    do_dispute(&w, "buyer", change, "deal", 1, (const uint32_t[]){1});
    ASSERT_DONE(&w);
    do_verify(&w, "vera", change, 0, NULL);
    ASSERT_DONE(&w);
    do_resolve(&w, "judge", dispute, DECISION_ANNULLED, "", 0, NULL);
    ASSERT_DONE(&w);
    ASSERT_STANDS("north", "250.00");
    const char *again[] = {arena_printf(w.arena, "%" PRIu64 ".0 12", change).ptr,
                           arena_printf(w.arena, "%" PRIu64 ".1 22", change).ptr};
    uint64_t second = w.seq;
    do_change(&w, "seller", change, false, true, 2, again);
    ASSERT_DONE(&w); /* nothing is open of it */
    do_verify(&w, "vera", second, 0, NULL);
    ASSERT_STANDS("north", "30.00");
    ASSERT_STANDS("south", "55.00");
}

static void parts_of_a_dispute_are_decided_apart(void **state)
{
    (void) state;
    const char *two[] = {NORTH "100", SOUTH "100"};
    uint64_t first = w.seq;
    do_results(&w, "seller", false, 2, two);
    do_verify(&w, "vera", first, 0, NULL);
    uint64_t dispute = disputed("buyer", first);
    do_resolve(&w, "judge", dispute, DECISION_REPLACED, "50", 1, (const uint32_t[]){1});
    ASSERT_DONE(&w);
    ASSERT_STANDS("north", "250.00");
    ASSERT_STANDS("south", "125.00");
    do_resolve(&w, "judge", dispute, DECISION_STANDS, "", 1, (const uint32_t[]){1});
    ASSERT_REFUSED_AT(&w, REFUSE_DISPUTE_DECIDED, "/items/0");
    do_resolve(&w, "judge", dispute, DECISION_ANNULLED, "", 0, NULL); /* what is left of it */
    ASSERT_DONE(&w);
    ASSERT_STANDS("north", "0.00");
    ASSERT_STANDS("south", "125.00");
    do_resolve(&w, "judge", dispute, DECISION_STANDS, "", 0, NULL);
    ASSERT_REFUSED(&w, REFUSE_DISPUTE_DECIDED);
}

static void what_cannot_be_disputed_is_refused(void **state)
{
    (void) state;
    world_day(&w, "2012-07-01");
    do_propose(&w, "buyer", "draft", TEXT("draft", VERIFIED, STANDS), PARTIES);
    do_propose(&w, "buyer", "lawless", TEXT("lawless", VERIFIED, ""), PARTIES);
    do_sign(&w, "buyer", "lawless", "buyer");
    do_sign(&w, "seller", "lawless", "seller");
    uint64_t first = final_result("seller", NORTH "100");
    uint64_t rival = final_result("other", NORTH "60");
    do_dispute(&w, "buyer", 1, "deal", 0, NULL);
    ASSERT_REFUSED(&w, REFUSE_RESULT_NOT_FOUND);
    do_dispute(&w, "buyer", first, "nothing", 0, NULL);
    ASSERT_REFUSED_AT(&w, REFUSE_CONTRACT_UNKNOWN, "/contract");
    do_dispute(&w, "stranger", first, "deal", 0, NULL);
    ASSERT_REFUSED_AT(&w, REFUSE_CONTRACT_NOT_PARTY, "/contract");
    do_dispute(&w, "buyer", first, "draft", 0, NULL);
    ASSERT_REFUSED_AT(&w, REFUSE_CONTRACT_NOT_IN_FORCE, "/contract");
    do_dispute(&w, "buyer", first, "lawless", 0, NULL);
    ASSERT_REFUSED_AT(&w, REFUSE_DISPUTE_NO_ARBITER, "/contract");
    do_dispute(&w, "buyer", first, "deal", 1, (const uint32_t[]){1});
    ASSERT_REFUSED_AT(&w, REFUSE_BODY_SCHEMA, "/items/0");
    do_dispute(&w, "buyer", rival, "deal", 0, NULL);
    ASSERT_REFUSED(&w, REFUSE_DISPUTE_NOT_USED);
    uint64_t change = restated(first, "90");
    do_verify(&w, "vera", change, 0, NULL);
    do_dispute(&w, "buyer", first, "deal", 0, NULL);
    ASSERT_REFUSED(&w, REFUSE_RESULT_SUPERSEDED);
    world_day(&w, "2012-07-31"); /* the thirtieth day */
    uint64_t dispute = disputed("buyer", change);
    do_dispute(&w, "seller", change, "deal", 1, (const uint32_t[]){0});
    ASSERT_REFUSED_AT(&w, REFUSE_DISPUTE_OPEN, "/items/0");
    do_resolve(&w, "judge", dispute, DECISION_STANDS, "", 0, NULL);
    do_dispute(&w, "seller", change, "deal", 0, NULL);
    ASSERT_REFUSED_AT(&w, REFUSE_DISPUTE_DECIDED, "");
    uint64_t third = restated(change, "95");
    do_verify(&w, "vera", third, 0, NULL);
    world_day(&w, "2012-08-31");
    do_dispute(&w, "buyer", third, "deal", 0, NULL);
    ASSERT_REFUSED(&w, REFUSE_DISPUTE_LATE);
}

static void what_cannot_be_decided_is_refused(void **state)
{
    (void) state;
    uint64_t first = final_result("seller", NORTH "100"), dispute = disputed("buyer", first);
    do_resolve(&w, "judge", first, DECISION_STANDS, "", 0, NULL);
    ASSERT_REFUSED(&w, REFUSE_DISPUTE_NOT_FOUND);
    do_resolve(&w, "buyer", dispute, DECISION_STANDS, "", 0, NULL);
    ASSERT_REFUSED(&w, REFUSE_DISPUTE_NOT_ARBITER);
    do_resolve(&w, "judge", dispute, DECISION_STANDS, "", 1, (const uint32_t[]){3});
    ASSERT_REFUSED_AT(&w, REFUSE_BODY_SCHEMA, "/items/0");
    do_resolve(&w, "judge", dispute, DECISION_REPLACED, "5000", 0, NULL);
    ASSERT_REFUSED_AT(&w, REFUSE_RESULT_VALUE, "/value");
    uint64_t back = w.seq;
    do_withdraw(&w, "seller", first);
    uint64_t second = disputed("buyer", back);
    do_resolve(&w, "judge", second, DECISION_REPLACED, "50", 0, NULL);
    ASSERT_REFUSED_AT(&w, REFUSE_BODY_SCHEMA, "/decision");
    struct command command = {.kind = COMMAND_RESOLVE_DISPUTE};
    command.actor = SLICE("judge"), command.kid = SLICE("k-judge"), command.head_seq = dispute - 1;
    command.u.resolve_dispute.seq = dispute;
    world_do(&w, NULL, &command);
    ASSERT_REFUSED(&w, REFUSE_STATEMENT_HEAD);
    world_day(&w, "2014-07-02");
    do_resolve(&w, "judge", second, DECISION_STANDS, "", 0, NULL);
    ASSERT_REFUSED(&w, REFUSE_CONTRACT_CLOSED);
    do_dispute(&w, "buyer", first, "deal", 0, NULL);
    ASSERT_REFUSED_AT(&w, REFUSE_CONTRACT_CLOSED, "/contract");
}

/* ---- the clock ---- */
static void rule_S3_silence_makes_a_result_final(void **state)
{
    (void) state;
    world_release(&w);
    begin_empty();
    add_contract("deal", TEXT("deal", "  verified by vera or 10 days of silence\n  disputes within 30 days\n", STANDS));
    world_day(&w, "2012-07-01");
    do_result(&w, "seller", NORTH "100");
    assert_string_equal(next_moment("deal"), "2012-07-11T23:00:00.000000Z");
    assert_int_equal(day_comes("2012-07-11"), 0);
    assert_int_equal(day_comes("2012-07-12"), 1);
    assert_event(&w, 1, "result.finalised", NULL);
    ASSERT_STANDS("north", "250.00");
    uint64_t south = w.seq;
    do_result(&w, "seller", SOUTH "100");
    uint64_t dispute = disputed("buyer", south);
    assert_int_equal(day_comes("2012-08-01"), 0); /* it is not silent */
    do_resolve(&w, "judge", dispute, DECISION_STANDS, "", 0, NULL);
    ASSERT_STANDS("south", "250.00");
}

static void rule_S3_final_some_days_after_the_verification(void **state)
{
    (void) state;
    world_release(&w);
    begin_empty();
    add_contract("deal", TEXT("deal", "  verified by vera or 10 days of silence final 5 days later\n", STANDS));
    world_day(&w, "2012-07-01");
    uint64_t north = w.seq;
    do_result(&w, "seller", NORTH "100");
    assert_string_equal(next_moment("deal"), "2012-07-16T23:00:00.000000Z"); /* 10 of silence, and 5 */
    world_day(&w, "2012-07-03");
    do_verify(&w, "vera", north, 0, NULL);
    ASSERT_DONE(&w);
    assert_int_equal(w.decision.event_count, 0);
    assert_string_equal(next_moment("deal"), "2012-07-08T23:00:00.000000Z");
    (void) disputed("buyer", north);
    assert_int_equal(day_comes("2012-07-20"), 0);
    do_resolve(&w, "judge", w.seq - 1, DECISION_STANDS, "", 0, NULL); /* the days have passed meanwhile */
    ASSERT_DONE(&w);
    ASSERT_STANDS("north", "250.00");
}

static void rule_T3_moments_of_all_kinds_take_effect_in_their_order(void **state)
{
    (void) state;
    world_release(&w);
    begin_empty();
    add_contract(
        "deal",
        TEXT("deal", "  verified by vera or 10 days of silence\n  disputes within 30 days\n  if missing use 0\n", FALLS));
    world_day(&w, "2012-07-01");
    uint64_t north = w.seq;
    do_result(&w, "seller", NORTH "100");
    do_verify(&w, "vera", north, 0, NULL);
    (void) disputed("buyer", north);
    world_day(&w, "2012-08-25");
    do_result(&w, "seller", SOUTH "10");
    buf_clear(&w.log);
    assert_int_equal(day_comes("2013-06-01"), 2); /* the lapse of 31 August, then the silence of 5 September */
    const char *lapse = strstr(w.log.ptr, "\"lapsed\""), *silence = strstr(w.log.ptr, "2012-09-04T23:00:00.000000Z");
    assert_non_null(lapse);
    assert_non_null(silence);
    assert_true(lapse < silence);
    ASSERT_STANDS("north", "0.00");
    ASSERT_STANDS("south", "25.00");
}

/* ---- long lists ---- */
#define WIDE 20   /* dimensions */
#define MEMBERS 2 /* of each */
#define LONG "a_member_whose_name_is_as_long_as_a_name_may_be_made_to_be_"

static const char *wide_text(void)
{
    struct buf text;
    buf_init(&text, 65536);
    buf_add_str(&text, "terms 1\ncontract wide \"Wide\"\ncurrency USD rounded to 0.01, half even\nclock UTC\n"
                       "runs 2012-01-01 to 2013-12-31\nparty buyer outcome payer \"Buyer\"\n"
                       "party seller provider \"Seller\"\nin force when buyer and seller have signed\n");
    for (int i = 0; i < WIDE; i++) {
        buf_printf(&text, "dimension d%02d (", i);
        for (int k = 0; k < MEMBERS; k++)
            buf_printf(&text, "%s" LONG "%d", k == 0 ? "" : ", ", k);
        buf_add_str(&text, ")\n");
    }
    buf_add_str(&text, "metric units is shared.units version 1 in days\n  by ");
    for (int i = 0; i < WIDE; i++)
        buf_printf(&text, "%sd%02d", i == 0 ? "" : ", ", i);
    buf_add_str(&text, "\n  reported by seller\npay total from buyer to seller\n  amount 1 per day of units[");
    for (int i = 0; i < WIDE; i++)
        buf_printf(&text, "%sd%02d: " LONG "0", i == 0 ? "" : ", ", i);
    buf_add_str(&text, "]\n");
    const char *copy = world_keep(&w, slice_of(text.ptr, text.len + 1)).ptr;
    buf_release(&text);
    return copy;
}

static void submit_wide(int count)
{
    struct command command = {.kind = COMMAND_SUBMIT_RESULTS};
    struct command_result *results = ARENA_ARRAY(w.arena, (size_t) count, struct command_result);
    for (int i = 0; i < count; i++) {
        struct command_dimension *dimensions = ARENA_ARRAY(w.arena, WIDE, struct command_dimension);
        for (int k = 0, rest = i; k < WIDE; k++, rest /= MEMBERS) {
            dimensions[k].name = arena_printf(w.arena, "d%02d", k);
            dimensions[k].member = arena_printf(w.arena, LONG "%d", rest % MEMBERS);
        }
        results[i] = (struct command_result){.indicator = SLICE("shared.units"),
                                             .version = 1,
                                             .dimensions = dimensions,
                                             .dimension_count = WIDE,
                                             .value = SLICE("1")};
    }
    command.u.submit_results.results = results;
    command.u.submit_results.count = (uint32_t) count;
    command.u.submit_results.is_list = true;
    (void) world_do(&w, "seller", &command);
    ASSERT_DONE(&w);
}

static void a_list_that_is_longer_than_a_body_becomes_several_entries(void **state)
{
    (void) state;
    world_release(&w);
    begin_empty();
    do_register(&w, "op", "hub", true);
    add_contract("deal", TEXT("deal", VERIFIED, STANDS)); /* so that the seller reports them */
    submit_wide(3600);
    do_propose(&w, "buyer", "wide", wide_text(), "buyer=buyer seller=seller");
    ASSERT_DONE(&w);
    do_sign(&w, "buyer", "wide", "buyer");
    do_sign(&w, "seller", "wide", "seller");
    ASSERT_DONE(&w);
    uint32_t lists = 0;
    for (uint32_t i = 0; i < w.decision.event_count; i++) {
        lists += strcmp(w.decision.events[i].type, "result.finalised") == 0;
        assert_true(w.decision.events[i].body.len < (5u << 20));
    }
    assert_int_equal(lists, 2);
    assert_int_equal(w.base.finals_count, 3600);
    assert_true(w.base.finals[0].seq + 1 == w.base.finals[3599].seq); /* each names the entry that it stands in */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(rule_S5_until_a_restatement_is_final_the_earlier_result_counts),
        TEST(rule_B1_a_lower_restatement_is_owed_back),
        TEST(a_pending_result_may_be_restated_and_is_superseded_by_what_is_final),
        TEST(rule_S4_two_statements_restated_as_a_set_become_final_together),
        TEST(rule_S2_only_the_head_of_a_chain_and_one_restatement_at_a_time),
        TEST(what_cannot_be_restated_is_refused),
        TEST(nobody_verifies_a_restatement_of_their_own),
        TEST(a_value_out_of_range_is_not_used_and_the_earlier_one_stays),
        TEST(an_open_restatement_binds_only_where_its_author_has_signed),
        TEST(a_contract_that_comes_into_force_takes_the_newest_of_a_chain),
        TEST(rule_S6_what_is_withdrawn_is_owed_back_and_may_be_reported_anew),
        TEST(rule_S2_a_withdrawal_makes_room_for_what_another_reporter_had_ready),
        TEST(a_statement_without_followers_is_changed_and_withdrawn_at_once),
        TEST(what_was_replaced_is_known_though_it_left_the_view_and_came_back),
        TEST(rule_F1_a_disputed_result_does_not_become_final),
        TEST(rule_F2_what_needs_a_disputed_result_keeps_what_stands),
        TEST(rule_F3_what_is_annulled_is_as_if_withdrawn),
        TEST(rule_F3_an_annulled_restatement_leaves_what_was_final),
        TEST(rule_F3_without_a_decision_it_stands_as_the_text_says),
        TEST(rule_F3_without_a_decision_it_falls_as_the_text_says),
        TEST(rule_F1_a_dispute_acts_in_the_contract_that_it_names_alone),
        TEST(a_set_of_which_one_is_annulled_never_becomes_final),
        TEST(parts_of_a_dispute_are_decided_apart),
        TEST(what_cannot_be_disputed_is_refused),
        TEST(what_cannot_be_decided_is_refused),
        TEST(a_list_that_is_longer_than_a_body_becomes_several_entries),
        TEST(rule_S3_silence_makes_a_result_final),
        TEST(rule_S3_final_some_days_after_the_verification),
        TEST(rule_T3_moments_of_all_kinds_take_effect_in_their_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
