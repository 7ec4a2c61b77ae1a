/* Whole stories: from the proposal to what is paid, event by event. */
#include "texts.h"
#include "world.h"

static void signed_rikers(struct world *w)
{
    static const char *const actors[] = {"mdrc", "bloomberg", "city", "goldman", "vera"};
    world_init(w);
    for (size_t i = 0; i < 5; i++) {
        do_register(w, "op", actors[i], false);
        ASSERT_DONE(w);
    }
    do_define(w, "op", "nyc.bed-days", 1, "days per person");
    do_define(w, "op", "nyc.significant", 1, "true or false");
    do_propose(w, "mdrc", "rikers", RIKERS, RIKERS_PARTIES);
    ASSERT_DONE(w);
    do_sign(w, "city", "rikers", "city");
    do_sign(w, "mdrc", "rikers", "mdrc");
    do_sign(w, "goldman", "rikers", "goldman");
    ASSERT_DONE(w);
    assert_int_equal(w->decision.event_count, 0);
    do_sign(w, "bloomberg", "rikers", "bloomberg");
    ASSERT_DONE(w);
}

static void the_fourth_signature_puts_rikers_in_force(void **state)
{
    struct world w;
    (void) state;
    signed_rikers(&w);
    const struct row_contract *contract = base_find_contract(&w, "rikers");
    assert_int_equal(w.decision.event_count, 1);
    char body[512], hex[65];
    for (int i = 0; i < 32; i++)
        snprintf(hex + 2 * i, 3, "%02x", contract->version_hash[i]);
    snprintf(body, sizeof(body), "{\"cause\":%" PRIu64 ",\"contract\":\"rikers\",\"version\":\"%s\"}", w.seq - 2, hex);
    assert_event(&w, 0, "contract.activated", body);
    assert_int_equal(contract->state, CONTRACT_IN_FORCE);
    assert_true(contract->activated_seq == w.seq - 1);
    /* the first moment after the long-stop day 2017-08-31, five hours behind UTC */
    struct instant close;
    assert_int_equal(instant_parse(SLICE("2017-09-01T05:00:00.000000Z"), &close), TALLY_OK);
    assert_true(contract->next_moment.us == close.us);
    world_release(&w);
}

/* Both arms as a set, the significance, then the verification; gives the number of the results' entry. */
static uint64_t report(struct world *w, const char *programme)
{
    char first[80];
    snprintf(first, sizeof(first), "nyc.bed-days/1 arm=programme,cohort=y2013 %s", programme);
    const char *texts[] = {first, "nyc.bed-days/1 arm=comparison,cohort=y2013 100"};
    world_day(w, "2015-07-01");
    uint64_t seq = w->seq;
    do_results(w, "mdrc", true, 2, texts);
    ASSERT_DONE(w);
    assert_int_equal(w->decision.event_count, 0); /* waits for vera */
    do_result(w, "vera", "nyc.significant/1 cohort=y2013 true");
    ASSERT_DONE(w);
    assert_event(w, 0, "result.finalised", NULL);
    return seq;
}

static void verification_makes_results_final_and_pays(void **state)
{
    struct world w;
    char body[1024], expected[1024];
    (void) state;
    signed_rikers(&w);
    uint64_t results = report(&w, "91");
    world_day(&w, "2015-07-02");
    uint64_t cause = w.seq;
    do_verify(&w, "vera", results, 0, NULL);
    ASSERT_DONE(&w);
    assert_int_equal(w.decision.event_count, 3);
    snprintf(body, sizeof(body),
             "{\"cause\":%" PRIu64 ",\"contract\":\"rikers\",\"results\":["
             "{\"item\":0,\"key\":\"programme|y2013\",\"metric\":\"bed_days\",\"seq\":%" PRIu64 "},"
             "{\"item\":1,\"key\":\"comparison|y2013\",\"metric\":\"bed_days\",\"seq\":%" PRIu64 "}]}",
             cause, results, results);
    assert_event(&w, 0, "result.finalised", body);
    char hex[65], explained[65];
    const struct row_explanation *explanation = &w.base.explanations[0];
    uint8_t hash[32];
    assert_int_equal(w.base.explanations_count, 1);
    snprintf(expected, sizeof(expected),
             "{\"contract\":\"rikers\",\"instances\":[{\"amount\":\"4800000.00\",\"currency\":\"USD\",\"key\":\"y2013\","
             "\"rule\":\"success\",\"stands\":\"0.00\",\"state\":\"computed\",\"steps\":[");
    assert_memory_equal(explanation->body.ptr, expected, strlen(expected));
    snprintf(expected, sizeof(expected), "\"result\":\"bed_days(programme, y2013)\",\"seq\":%" PRIu64 ",\"value\":\"91\"},",
             results);
    assert_non_null(strstr(explanation->body.ptr, expected));
    assert_non_null(strstr(explanation->body.ptr, "\"target\":\"4800000.00\"}],\"left_out\":0,\"rule\":\"success\","
                                                  "\"triggered\":\"2015-07-02\"}"));
    world_sha256("tally/explanation/v1\n", explanation->body, hash);
    assert_memory_equal(hash, explanation->hash, 32);
    for (int i = 0; i < 32; i++) {
        snprintf(hex + 2 * i, 3, "%02x", base_find_contract(&w, "rikers")->terms_hash[i]);
        snprintf(explained + 2 * i, 3, "%02x", explanation->hash[i]);
    }
    snprintf(body, sizeof(body),
             "{\"contract\":\"rikers\",\"explanation\":\"%s\",\"items\":[{\"difference\":\"4800000.00\","
             "\"key\":\"y2013\",\"stands\":\"4800000.00\"}],\"rule\":\"success\"}",
             explained);
    assert_event(&w, 1, "payment.itemised", body);
    snprintf(body, sizeof(body),
             "{\"amount\":\"4800000.00\",\"cause\":%" PRIu64
             ",\"contract\":\"rikers\",\"currency\":\"USD\",\"due\":\"2015-08-01\","
             "\"from\":{\"actor\":\"city\",\"party\":\"city\"},\"instances\":{\"count\":1,\"seq\":%" PRIu64
             "},\"owed_back\":false,"
             "\"rule\":\"success\",\"terms\":\"%s\",\"to\":{\"actor\":\"mdrc\",\"party\":\"mdrc\"},\"triggered\":\"2015-07-"
             "02\"}",
             cause, cause + 2, hex);
    assert_event(&w, 2, "payment.triggered", body);
    assert_int_equal(w.base.payments_count, 1);
    assert_true(explanation->payment_seq == cause + 3);
    assert_true(w.base.payments[0].seq == cause + 3 && w.base.payments[0].cause_seq == cause);
    assert_string_equal(w.base.payments[0].settled.ptr, "0.00");
    world_release(&w);
}

static void below_the_threshold_nothing_is_triggered(void **state)
{
    struct world w;
    (void) state;
    signed_rikers(&w);
    do_verify(&w, "vera", report(&w, "99"), 0, NULL);
    ASSERT_DONE(&w);
    assert_int_equal(w.decision.event_count, 1);
    assert_event(&w, 0, "result.finalised", NULL);
    assert_int_equal(w.base.payments_count, 0);
    world_release(&w);
}

static void a_set_becomes_final_when_all_of_it_is(void **state)
{
    struct world w;
    const uint32_t first[] = {0}, second[] = {1};
    (void) state;
    signed_rikers(&w);
    uint64_t results = report(&w, "91");
    do_verify(&w, "vera", results, 1, first);
    ASSERT_DONE(&w);
    assert_int_equal(w.decision.event_count, 0);
    assert_int_equal(w.base.verifications_count, 1);
    do_verify(&w, "vera", results, 1, second);
    ASSERT_DONE(&w);
    assert_int_equal(w.decision.event_count, 3);
    world_release(&w);
}

static void results_that_are_no_set_become_final_one_by_one(void **state)
{
    struct world w;
    const uint32_t first[] = {0};
    const char *texts[] = {"nyc.bed-days/1 arm=programme,cohort=y2013 91",
                           "nyc.bed-days/1 arm=comparison,cohort=y2013 100"};
    (void) state;
    signed_rikers(&w);
    uint64_t seq = w.seq;
    do_results(&w, "mdrc", false, 2, texts);
    do_verify(&w, "vera", seq, 1, first);
    ASSERT_DONE(&w);
    assert_int_equal(w.decision.event_count, 1);
    assert_int_equal(w.base.finals_count, 1);
    world_release(&w);
}

static void a_figure_is_reported_and_verified_in_its_contract(void **state)
{
    struct world w;
    (void) state;
    signed_rikers(&w);
    uint64_t seq = w.seq;
    do_result(&w, "mdrc", "=rikers/drawn - 7200000");
    ASSERT_DONE(&w);
    assert_int_equal(w.decision.event_count, 0);
    do_verify(&w, "goldman", seq, 0, NULL);
    ASSERT_DONE(&w);
    assert_event(&w, 0, "result.finalised", NULL);
    world_release(&w);
}

static void units(struct world *w, const char *const *ids, int count)
{
    world_init(w);
    do_register(w, "op", "buyer", false);
    do_register(w, "op", "seller", false);
    do_register(w, "op", "hub", true);
    do_define(w, "hub", "shared.units", 1, "days");
    ASSERT_DONE(w);
    for (int i = 0; i < count; i++) {
        do_propose(w, "buyer", ids[i], UNITS("units"), UNITS_PARTIES);
        ASSERT_DONE(w);
    }
    for (int i = 0; i < count; i++) {
        do_sign(w, "buyer", ids[i], "buyer");
        do_sign(w, "seller", ids[i], "seller");
        ASSERT_DONE(w);
    }
}

static void one_result_feeds_every_contract_in_order_of_proposal(void **state)
{
    struct world w;
    static const char *const ids[] = {"zeta", "alpha", "mid"};
    (void) state;
    units(&w, ids, 3);
    uint64_t cause = w.seq;
    do_result(&w, "hub", "shared.units/1 place=south 4");
    ASSERT_DONE(&w);
    assert_int_equal(w.decision.event_count, 9);
    for (uint32_t i = 0; i < 3; i++) {
        char wanted[64];
        snprintf(wanted, sizeof(wanted), "\"contract\":\"%s\"", ids[i]);
        assert_event(&w, i, "result.finalised", NULL);
        assert_event(&w, 3 + 2 * i, "payment.itemised", NULL);
        assert_event(&w, 4 + 2 * i, "payment.triggered", NULL);
        assert_non_null(strstr(w.decision.events[i].body.ptr, wanted));
        assert_non_null(strstr(w.decision.events[4 + 2 * i].body.ptr, wanted));
        snprintf(wanted, sizeof(wanted), "\"instances\":{\"count\":1,\"seq\":%" PRIu64 "}", cause + 4 + 2 * i);
        assert_non_null(strstr(w.decision.events[4 + 2 * i].body.ptr, wanted));
    }
    assert_string_equal(w.base.payments[2].amount.ptr, "10.00");
    world_release(&w);
}

static void results_of_before_count_when_a_contract_comes_into_force(void **state)
{
    struct world w;
    static const char *const ids[] = {"first"};
    const char *texts[] = {"shared.units/1 place=north 2", "shared.units/1 place=south 4"};
    (void) state;
    units(&w, ids, 1);
    do_results(&w, "hub", false, 2, texts);
    do_propose(&w, "buyer", "second", UNITS("units"), UNITS_PARTIES);
    do_sign(&w, "buyer", "second", "buyer");
    do_sign(&w, "seller", "second", "seller");
    ASSERT_DONE(&w);
    assert_int_equal(w.decision.event_count, 4);
    assert_event(&w, 0, "contract.activated", NULL);
    assert_event(&w, 1, "result.finalised", NULL);
    assert_event(&w, 2, "payment.itemised", NULL);
    assert_non_null(strstr(w.decision.events[2].body.ptr,
                           "\"items\":[{\"difference\":\"5.00\",\"key\":\"north\",\"stands\":\"5.00\"},"
                           "{\"difference\":\"10.00\",\"key\":\"south\",\"stands\":\"10.00\"}],\"rule\":\"each_place\"}"));
    assert_string_equal(w.base.payments[w.base.payments_count - 1].amount.ptr, "15.00");
    world_release(&w);
}

static void the_reporter_who_is_first_final_is_used(void **state)
{
    struct world w;
    static const char *const ids[] = {"first"};
    (void) state;
    units(&w, ids, 1);
    do_result(&w, "buyer", "shared.units/1 place=south 4");
    assert_int_equal(w.decision.event_count, 3);
    do_result(&w, "seller", "shared.units/1 place=south 400");
    ASSERT_DONE(&w);
    assert_int_equal(w.decision.event_count, 0);
    assert_int_equal(w.base.results_count, 2);
    assert_int_equal(w.base.finals_count, 1);
    world_release(&w);
}

static void what_waits_for_a_day_is_paid_when_it_comes(void **state)
{
    struct world w;
    static const char *const ids[] = {"first", "second"};
    (void) state;
    units(&w, ids, 2);
    do_result(&w, "seller", "=first/bonus - 30");
    assert_event(&w, 0, "result.finalised", NULL);
    assert_int_equal(w.decision.event_count, 1); /* not before 2013-03-01 */
    world_day(&w, "2013-02-28");
    assert_int_equal(world_moments(&w), 0);
    world_day(&w, "2013-03-05");
    uint64_t seq = w.seq;
    assert_int_equal(world_moments(&w), 2); /* both contracts wait for that day */
    char body[256];
    assert_non_null(strstr(w.log.ptr, "moment.reached {\"at\":\"2013-02-28T23:00:00.000000Z\",\"contract\":\"first\"}\n"
                                      "payment.itemised"));
    assert_event(&w, 0, "moment.reached", "{\"at\":\"2013-02-28T23:00:00.000000Z\",\"contract\":\"second\"}");
    assert_int_equal(w.decision.event_count, 1);
    const struct row_payment *payment = &w.base.payments[w.base.payments_count - 1];
    assert_string_equal(payment->amount.ptr, "30.00");
    assert_true(payment->cause_seq == seq && payment->itemised_seq == seq + 1 && payment->seq == seq + 2);
    snprintf(body, sizeof(body), "\"triggered\":\"2013-03-01\""); /* the day of the moment, not of the entry */
    assert_non_null(strstr(w.log.ptr, body));
    assert_int_equal(world_moments(&w), 0);
    world_release(&w);
}

static void after_closes_nothing_is_evaluated(void **state)
{
    struct world w;
    static const char *const ids[] = {"first"};
    (void) state;
    units(&w, ids, 1);
    world_day(&w, "2014-07-02");
    assert_int_equal(world_moments(&w), 2);
    assert_event(&w, 0, "moment.reached", "{\"at\":\"2014-06-30T23:00:00.000000Z\",\"contract\":\"first\"}");
    assert_int_equal(base_find_contract(&w, "first")->state, CONTRACT_CLOSED);
    assert_true(base_find_contract(&w, "first")->next_moment.us == INT64_MAX);
    do_result(&w, "hub", "shared.units/1 place=south 4");
    ASSERT_DONE(&w);
    assert_int_equal(w.decision.event_count, 0);
    do_result(&w, "seller", "=first/bonus - 30");
    ASSERT_REFUSED_AT(&w, REFUSE_CONTRACT_CLOSED, "/contract");
    do_result(&w, "seller", "shared.units/1 place=south 5");
    ASSERT_REFUSED_AT(&w, REFUSE_CONTRACT_CLOSED, "/indicator"); /* the one contract that it reports for */
    do_sign(&w, "buyer", "first", "buyer");
    ASSERT_REFUSED(&w, REFUSE_CONTRACT_SIGNED); /* what was signed stays so */
    world_release(&w);
}

static void a_payment_is_settled_in_parts_and_never_beyond_what_is_due(void **state)
{
    struct world w;
    static const char *const ids[] = {"first"};
    (void) state;
    units(&w, ids, 1);
    do_result(&w, "hub", "shared.units/1 place=south 4");
    uint64_t payment = w.base.payments[0].seq;
    do_settle(&w, "buyer", payment, "6");
    ASSERT_DONE(&w);
    do_settle(&w, "seller", payment, "3.50");
    ASSERT_DONE(&w);
    do_settle(&w, "seller", payment, "0.51");
    ASSERT_REFUSED_AT(&w, REFUSE_SETTLEMENT_EXCEEDS, "/amount");
    do_settle(&w, "seller", payment, "0.50");
    ASSERT_DONE(&w);
    do_settle(&w, "buyer", payment, "0.01");
    ASSERT_REFUSED(&w, REFUSE_SETTLEMENT_EXCEEDS);
    assert_string_equal(w.base.payments[0].settled.ptr, "10.00");
    assert_int_equal(w.base.settlements_count, 3);
    world_release(&w);
}

static void readers_see_states_and_which_results_fit(void **state)
{
    struct world w;
    struct needs needs = {0};
    struct model_fit *fits = NULL;
    uint32_t count = 0;
    struct buf json;
    static const char *const ids[] = {"first"};
    const char *texts[] = {"shared.units/1 place=south 4", "shared.units/1 place=west 4"};
    (void) state;
    units(&w, ids, 1);
    uint64_t seq = w.seq;
    do_results(&w, "hub", false, 2, texts);
    needs.arena = w.arena;
    assert_int_equal(model_needs_result(w.models[0], seq, &needs, NULL), TALLY_OK);
    assert_int_equal(needs.count, 0);
    for (int m = 0; m < 2; m++) { /* a model that holds it all, and one that looks up parties alone */
        model_forget(w.models[1]);
        do {
            needs = (struct needs){.arena = w.arena};
            assert_int_equal(model_needs_result(w.models[m], seq, &needs, NULL), TALLY_OK);
            for (uint32_t i = 0; i < needs.count; i++) {
                assert_int_not_equal(needs.items[i].kind, NEED_CONTRACT);
                load(&w, w.models[m], &needs.items[i]);
            }
        } while (needs.count > 0);
        assert_int_equal(model_fits(w.models[m], seq, 0, UINT32_MAX, w.arena, &fits, &count, NULL), TALLY_OK);
        assert_int_equal(count, 2);
        assert_true(fits[0].fits && slice_is(fits[0].key, "south"));
        assert_true(!fits[1].fits && fits[1].why.len > 0);
        assert_int_equal(model_fits(w.models[m], seq, 1, 1, w.arena, &fits, &count, NULL), TALLY_OK);
        assert_int_equal(count, 1);
        assert_int_equal(fits[0].item, 1);
    }
    buf_init(&json, 1 << 20);
    assert_int_equal(model_explain(w.models[0], SLICE("first"), SLICE("each_place"), &SLICE("south"), 1, 0, w.time, w.arena,
                                   &json, NULL),
                     TALLY_OK);
    assert_non_null(strstr(json.ptr, "\"target\":\"10.00\""));
    assert_int_equal(
        model_explain(w.models[0], SLICE("none"), SLICE("each_place"), &SLICE("south"), 1, 0, w.time, w.arena, &json, NULL),
        TALLY_E_NOT_FOUND);
    buf_release(&json);
    world_release(&w);
}

#define BOTH                                                                                                               \
    "terms 1\ncontract both \"Both\"\ncurrency USD rounded to 0.01, half even\nclock UTC\n"                                \
    "runs 2012-01-01 to 2013-12-31\nparty buyer outcome payer \"Payer\"\nparty seller provider \"Maker\"\n"                \
    "party one evaluator \"One\"\nparty two auditor \"Two\"\nin force when buyer and seller have signed\n"                 \
    "disputes decided by one within 60 days, otherwise stands\n"                                                           \
    "metric units is shared.units version 1 in days\n  reported by seller\n  verified by one and two\n"                    \
    "pay it from buyer to seller\n  amount 2 per day of units\n"

/* "Those named have verified it" (S3): who is both of them cannot verify twice, and must not leave it open for ever. */
static void an_actor_that_is_all_of_the_verifiers_verifies_once(void **state)
{
    static const char *const parties[] = {"buyer=buyer one=one seller=seller two=one",
                                          "buyer=buyer one=one seller=seller two=two"};
    (void) state;
    for (int i = 0; i < 2; i++) {
        struct world w;
        world_init(&w);
        do_register(&w, "op", "hub", true);
        do_register(&w, "op", "buyer", false);
        do_register(&w, "op", "seller", false);
        do_register(&w, "op", "one", false);
        do_register(&w, "op", "two", false);
        do_define(&w, "hub", "shared.units", 1, "days");
        do_propose(&w, "buyer", "both", BOTH, parties[i]);
        do_sign(&w, "buyer", "both", "buyer");
        do_sign(&w, "seller", "both", "seller");
        uint64_t seq = w.seq;
        do_result(&w, "seller", "shared.units/1 - 3");
        ASSERT_DONE(&w);
        do_verify(&w, "one", seq, 0, NULL);
        ASSERT_DONE(&w);
        assert_int_equal(w.decision.event_count, i == 0 ? 3 : 0);
        do_verify(&w, i == 0 ? "one" : "two", seq, 0, NULL);
        if (i == 0)
            ASSERT_REFUSED(&w, REFUSE_VERIFICATION_DONE);
        else
            assert_int_equal(w.decision.event_count, 3);
        assert_string_equal(w.base.payments[0].amount.ptr, "6.00");
        world_release(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_fourth_signature_puts_rikers_in_force),
        cmocka_unit_test(verification_makes_results_final_and_pays),
        cmocka_unit_test(below_the_threshold_nothing_is_triggered),
        cmocka_unit_test(a_set_becomes_final_when_all_of_it_is),
        cmocka_unit_test(results_that_are_no_set_become_final_one_by_one),
        cmocka_unit_test(a_figure_is_reported_and_verified_in_its_contract),
        cmocka_unit_test(one_result_feeds_every_contract_in_order_of_proposal),
        cmocka_unit_test(results_of_before_count_when_a_contract_comes_into_force),
        cmocka_unit_test(the_reporter_who_is_first_final_is_used),
        cmocka_unit_test(what_waits_for_a_day_is_paid_when_it_comes),
        cmocka_unit_test(after_closes_nothing_is_evaluated),
        cmocka_unit_test(a_payment_is_settled_in_parts_and_never_beyond_what_is_due),
        cmocka_unit_test(an_actor_that_is_all_of_the_verifiers_verifies_once),
        cmocka_unit_test(readers_see_states_and_which_results_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
