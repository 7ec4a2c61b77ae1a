/* Who reports or verifies after an amendment has put somebody in the place of another (contracts/README.md, Another reporter). */
#include "deal.h"

static void who_reports_for_another_restates_what_that_one_reported(void **state)
{
    struct world w;
    (void) state;
    begin(&w, FIRST, PARTIES);
    uint64_t first = reported(&w, "seller", Y2012 "10");
    do_restate(&w, "other", first, "12");
    ASSERT_REFUSED_AT(&w, REFUSE_RESULT_NOT_AUTHOR, ""); /* not yet */
    replace_seller(&w, OTHER_SELLS, second_text(&w));
    do_restate(&w, "judge2", first, "12");
    ASSERT_REFUSED_AT(&w, REFUSE_RESULT_NOT_AUTHOR, "");
    /* the old one: recorded, as others may use it, and used here no more */
    uint64_t old = w.seq;
    do_restate(&w, "seller", first, "99");
    ASSERT_DONE(&w);
    do_verify(&w, "judge", old, 0, NULL);
    ASSERT_REFUSED(&w, REFUSE_VERIFICATION_NOT_VERIFIER);
    assert_string_equal(stands(&w, KEY2012), "20.00");
    /* the new one, whatever the old one has said since */
    uint64_t change = w.seq;
    do_restate(&w, "other", first, "12");
    ASSERT_DONE(&w);
    assert_string_equal(stands(&w, KEY2012), "20.00"); /* the earlier one counts until it is verified (S5) */
    do_restate(&w, "other", first, "13");
    ASSERT_REFUSED_AT(&w, REFUSE_RESULT_DUPLICATE, "");
    do_verify(&w, "judge", change, 0, NULL);
    ASSERT_DONE(&w);
    assert_string_equal(stands(&w, KEY2012), "24.00");
    assert_non_null(strstr(w.decision.events[0].body.ptr,
                           arena_printf(w.arena, "\"succeeds\":{\"item\":0,\"seq\":%" PRIu64 "}", first).ptr));
    /* its own from now on */
    uint64_t again = w.seq;
    do_restate(&w, "other", change, "7");
    ASSERT_DONE(&w);
    do_verify(&w, "judge", again, 0, NULL);
    assert_string_equal(stands(&w, KEY2012), "14.00");
    uint64_t gone = w.seq;
    do_withdraw(&w, "other", again);
    ASSERT_DONE(&w);
    do_verify(&w, "judge", gone, 0, NULL);
    ASSERT_DONE(&w);
    assert_string_equal(stands(&w, KEY2012),
                        "14.00"); /* nothing is known: what stands, stands, and the old value is not back */
    do_verify(&w, "judge", old, 0, NULL);
    ASSERT_REFUSED(&w, REFUSE_VERIFICATION_NOT_VERIFIER);
    reported(&w, "other", Y2012 "5"); /* anew (S6) */
    assert_string_equal(stands(&w, KEY2012), "10.00");
    world_release(&w);
}

static void who_reports_for_another_withdraws_what_that_one_reported(void **state)
{
    struct world w;
    (void) state;
    begin(&w, FIRST, PARTIES);
    uint64_t first = reported(&w, "seller", Y2012 "10");
    uint64_t open = w.seq;
    do_restate(&w, "seller", first, "11"); /* waits, and never counts */
    replace_seller(&w, OTHER_SELLS, second_text(&w));
    do_withdraw(&w, "other", first);
    ASSERT_REFUSED_AT(&w, REFUSE_RESULT_SUPERSEDED, "");
    uint64_t gone = w.seq;
    do_withdraw(&w, "other", open);
    ASSERT_DONE(&w);
    do_verify(&w, "judge", gone, 0, NULL);
    ASSERT_DONE(&w);
    assert_event(&w, 0, "result.finalised", NULL);
    do_verify(&w, "judge", open, 0, NULL);
    ASSERT_DONE(&w); /* it fits, and is late */
    assert_int_equal(w.decision.event_count, 0);
    assert_string_equal(stands(&w, KEY2012), "20.00"); /* no value: it waits */
    do_restate(&w, "other", open, "12");
    ASSERT_REFUSED_AT(&w, REFUSE_RESULT_WITHDRAWN, ""); /* nor is it restated: it begins anew (S6) */
    do_restate(&w, "other", gone, "12");
    ASSERT_REFUSED_AT(&w, REFUSE_RESULT_WITHDRAWN, "");
    reported(&w, "other", Y2012 "0");
    assert_string_equal(stands(&w, KEY2012), "0.00");
    world_release(&w);
}

/* Where the former reporter still is one, or never was: there the new one has reported for itself, if it reports at all. */
static void other_contracts_are_not_concerned(void **state)
{
    static const char both[] =
        DEAL("", JUDGE "party more provider \"More\"\n", ALL, "  reported by seller or more\n  verified by judge\n", "2");
    static const char its_own[] = DEAL("", JUDGE, ALL, "  reported by seller\n  verified by judge\n", "5");
    struct world w;
    (void) state;
    begin(&w, FIRST, PARTIES);
    do_propose(&w, "buyer", "both", both, "buyer=buyer judge=judge more=other seller=seller");
    do_sign(&w, "buyer", "both", "buyer");
    do_sign(&w, "seller", "both", "seller");
    ASSERT_DONE(&w);
    do_propose(&w, "buyer", "own", its_own, OTHER_SELLS);
    do_sign(&w, "buyer", "own", "buyer");
    do_sign(&w, "other", "own", "seller");
    ASSERT_DONE(&w);
    uint64_t first = reported(&w, "seller", Y2012 "10");
    replace_seller(&w, OTHER_SELLS, second_text(&w));
    uint64_t change = w.seq;
    do_restate(&w, "other", first, "12");
    ASSERT_DONE(&w);
    do_verify(&w, "judge", change, 0, NULL);
    ASSERT_DONE(&w);
    uint32_t payments = 0;
    for (uint32_t i = 0; i < w.base.instances_count; i++) {
        const struct row_instance *row = &w.base.instances[i];
        const char *wanted = slice_is(row->contract, "deal")   ? "24.00"
                             : slice_is(row->contract, "both") ? "20.00"
                                                               : "60.00";
        if (!slice_is(row->key, KEY2012))
            continue;
        assert_string_equal(arena_printf(w.arena, "%.*s", SLICE_ARG(row->stands)).ptr, wanted);
        payments++;
    }
    assert_int_equal(payments, 3);
    /* and the former reporter goes on where it is one */
    uint64_t old = w.seq;
    do_restate(&w, "seller", first, "11");
    ASSERT_DONE(&w);
    do_verify(&w, "judge", old, 0, NULL);
    ASSERT_DONE(&w);
    assert_non_null(strstr(w.decision.events[0].body.ptr, "\"contract\":\"both\""));
    world_release(&w);
}

/* Whoever could name another in a contract of its own would else speak for it everywhere. */
static void nobody_speaks_for_another_by_a_contract_of_its_own(void **state)
{
    static const char mine[] = DEAL("", JUDGE, "in force when buyer have signed\n", VERIFIED, "2");
    struct world w;
    (void) state;
    begin(&w, FIRST, PARTIES);
    uint64_t first = reported(&w, "seller", Y2012 "10");
    do_propose(&w, "other", "mine", mine, "buyer=other judge=judge2 seller=seller");
    do_sign(&w, "other", "mine", "buyer");
    ASSERT_DONE(&w);
    (void) world_moments(&w);
    uint64_t seq = w.seq;
    do_amend(&w, "other", "mine",
             amends(&w, DEAL(SECOND_HEADER, JUDGE, "in force when buyer have signed\n", VERIFIED, "3"), mine),
             "buyer=other judge=judge2 seller=other");
    do_sign_amendment(&w, "other", "mine", "buyer", seq);
    do_sign_amendment(&w, "other", "mine", "seller", seq);
    ASSERT_DONE(&w);
    uint64_t change = w.seq;
    do_restate(&w, "other", first, "99");
    ASSERT_DONE(&w); /* in its own contract */
    do_verify(&w, "judge", change, 0, NULL);
    ASSERT_REFUSED(&w, REFUSE_VERIFICATION_NOT_VERIFIER);
    do_restate(&w, "seller", first, "12"); /* whose chain is as it was */
    ASSERT_DONE(&w);
    do_verify(&w, "judge", w.seq - 1, 0, NULL);
    ASSERT_DONE(&w);
    assert_string_equal(stands(&w, KEY2012), "24.00");
    world_release(&w);
}

#define IN_TIME "  reported by seller until 2013-03-01\n  verified by judge\n  if late use 1 day\n"

/* What was reported in time is restated in time, whoever does; what nobody had reported is late. */
static void a_restatement_is_in_time_when_what_it_restates_was(void **state)
{
    static const char first[] = DEAL("", JUDGE, ALL, IN_TIME, "2");
    static const char second[] = DEAL(SECOND_HEADER, JUDGE, ALL, IN_TIME, "3");
    struct world w;
    (void) state;
    begin(&w, first, PARTIES);
    world_day(&w, "2013-02-01");
    uint64_t result = reported(&w, "seller", Y2012 "10");
    world_day(&w, "2013-07-01");
    replace_seller(&w, OTHER_SELLS, amends(&w, second, first));
    assert_string_equal(stands(&w, KEY2012), "20.00");
    uint64_t change = w.seq;
    do_restate(&w, "other", result, "12");
    ASSERT_DONE(&w);
    do_verify(&w, "judge", change, 0, NULL);
    ASSERT_DONE(&w);
    assert_string_equal(stands(&w, KEY2012), "24.00");
    uint64_t again = w.seq;
    do_restate(&w, "other", change, "13");
    do_verify(&w, "judge", again, 0, NULL);
    ASSERT_DONE(&w);
    assert_string_equal(stands(&w, KEY2012), "26.00");
    uint64_t gone = w.seq;
    do_withdraw(&w, "other", again);
    ASSERT_DONE(&w);
    do_restate(&w, "other", result, "14");
    ASSERT_REFUSED_AT(&w, REFUSE_RESULT_OPEN, "");
    do_verify(&w, "judge", gone, 0, NULL);
    ASSERT_DONE(&w);
    do_restate(&w, "other", result, "14"); /* it would be in time, and what begins anew is not */
    ASSERT_REFUSED_AT(&w, REFUSE_RESULT_WITHDRAWN, "");
    uint64_t late = w.seq;
    do_result(&w, "other", "shared.units/1 year=2014-01-01/2014-12-31 9");
    do_verify(&w, "judge", late, 0, NULL);
    ASSERT_REFUSED(&w, REFUSE_VERIFICATION_NOT_VERIFIER);
    world_release(&w);
}

/* By a party of another name: the newest text with the metric says who reports, old work too. */
static void the_newest_text_with_the_metric_says_who_reports(void **state)
{
    static const char second[] = DEAL(SECOND_HEADER, JUDGE "party maker provider \"Maker\"\n", ALL,
                                      "  reported by maker\n  verified by judge\n  disputes within 40 days\n", "3");
    struct world w;
    (void) state;
    begin(&w, FIRST, PARTIES);
    uint64_t first = reported(&w, "seller", Y2012 "10");
    uint64_t seq = propose(&w, amends(&w, second, FIRST), "buyer=buyer judge=judge maker=other seller=seller");
    do_sign_amendment(&w, "other", "deal", "maker", seq);
    sign_both(&w, seq);
    assert_int_equal(w.base.payments_count, 1); /* what was final is so: it was reported by whoever reported then */
    do_result(&w, "seller", Y2013 "10");
    ASSERT_REFUSED(&w, REFUSE_RESULT_NOT_REPORTER);
    uint64_t change = w.seq;
    do_restate(&w, "other", first, "12");
    ASSERT_DONE(&w);
    do_verify(&w, "judge", change, 0, NULL);
    ASSERT_DONE(&w);
    assert_string_equal(stands(&w, KEY2012), "24.00");
    reported(&w, "other", Y2013 "10");
    assert_string_equal(stands(&w, KEY2013), "30.00");
    world_release(&w);
}

/* The first reporter comes back: its own chain goes on, and takes the place of the other's. */
static void a_former_reporter_may_come_back(void **state)
{
    struct world w;
    (void) state;
    begin(&w, FIRST, PARTIES);
    uint64_t first = reported(&w, "seller", Y2012 "10");
    const char *second = second_text(&w);
    replace_seller(&w, OTHER_SELLS, second);
    uint64_t change = w.seq;
    do_restate(&w, "other", first, "12");
    do_verify(&w, "judge", change, 0, NULL);
    assert_string_equal(stands(&w, KEY2012), "24.00");
    uint64_t seq = propose(
        &w, amends(&w, DEAL(" version 3 amends @ effective 2014-01-01", JUDGE, ALL, VERIFIED, "4"), second), PARTIES);
    do_sign_amendment(&w, "buyer", "deal", "buyer", seq);
    do_sign_amendment(&w, "other", "deal", "seller", seq);
    do_sign_amendment(&w, "seller", "deal", "seller", seq);
    ASSERT_DONE(&w);
    do_restate(&w, "seller", change, "13");
    ASSERT_REFUSED_AT(&w, REFUSE_RESULT_DUPLICATE, ""); /* of its own */
    uint64_t back = w.seq;
    do_restate(&w, "seller", first, "13");
    ASSERT_DONE(&w);
    do_verify(&w, "judge", back, 0, NULL);
    ASSERT_DONE(&w);
    assert_string_equal(stands(&w, KEY2012), "26.00");
    do_restate(&w, "other", change, "99");
    ASSERT_DONE(&w);
    do_verify(&w, "judge", w.seq - 1, 0, NULL);
    ASSERT_REFUSED(&w, REFUSE_VERIFICATION_NOT_VERIFIER);
    world_release(&w);
}

#define OR_NOTHING "  reported by seller\n  if missing use 0\n"

/* Nor does the former one take back what was reported while it was the reporter. */
static void what_a_former_reporter_withdraws_stays(void **state)
{
    static const char first[] = DEAL("", JUDGE, ALL, OR_NOTHING, "2");
    static const char second[] = DEAL(SECOND_HEADER, JUDGE, ALL, OR_NOTHING, "3");
    struct world w;
    (void) state;
    begin(&w, first, PARTIES);
    uint64_t result = w.seq;
    do_result(&w, "seller", Y2012 "10");
    ASSERT_DONE(&w);
    replace_seller(&w, OTHER_SELLS, amends(&w, second, first));
    assert_string_equal(stands(&w, KEY2012), "20.00");
    do_withdraw(&w, "seller", result);
    ASSERT_DONE(&w); /* recorded, as others may use it */
    assert_int_equal(w.decision.event_count, 0);
    assert_string_equal(stands(&w, KEY2012), "20.00");
    do_withdraw(&w, "other", result);
    ASSERT_DONE(&w);
    assert_string_equal(stands(&w, KEY2012), "0.00");
    world_release(&w);
}

/* A text that comes into force later, and covers the same work, finds it ended as the earlier ones do. */
static void what_was_succeeded_is_not_back_by_a_third_text(void **state)
{
    static const char second[] =
        DEAL(" version 2 amends @ effective 2012-01-01", JUDGE, ALL, VERIFIED "  if missing use 0\n", "3");
    static const char third[] =
        DEAL(" version 3 amends @ effective 2012-01-01", JUDGE, ALL, VERIFIED "  if missing use 0\n", "4");
    struct world w;
    (void) state;
    begin(&w, FIRST, PARTIES);
    uint64_t first = reported(&w, "seller", Y2012 "10");
    const char *text = amends(&w, second, FIRST);
    replace_seller(&w, OTHER_SELLS, text);
    assert_string_equal(stands(&w, KEY2012), "30.00");
    uint64_t change = w.seq;
    do_restate(&w, "other", first, "12");
    do_verify(&w, "judge", change, 0, NULL);
    ASSERT_DONE(&w);
    assert_string_equal(stands(&w, KEY2012), "36.00");
    uint64_t seq = propose(&w, amends(&w, third, text), OTHER_SELLS);
    do_sign_amendment(&w, "buyer", "deal", "buyer", seq);
    do_sign_amendment(&w, "other", "deal", "seller", seq);
    ASSERT_DONE(&w);
    assert_string_equal(stands(&w, KEY2012), "48.00");
    uint64_t gone = w.seq;
    do_withdraw(&w, "other", change);
    do_verify(&w, "judge", gone, 0, NULL);
    ASSERT_DONE(&w);
    assert_string_equal(stands(&w, KEY2012), "0.00");
    world_release(&w);
}

static void verifier_is(struct world *w, const char *text, const char *parties, const char *verifier)
{
    uint64_t seq = propose(w, text, parties);
    do_sign_amendment(w, verifier, "deal", "judge", seq);
    do_sign_amendment(w, "buyer", "deal", "buyer", seq);
    do_sign_amendment(w, "seller", "deal", "seller", seq);
    ASSERT_DONE(w);
    assert_event(w, 0, "contract.amended", NULL);
}

#define JUDGE2_JUDGES "buyer=buyer judge=judge2 seller=seller"

/* An actor verifies a result once, for all contracts: also for those in which it comes to be the verifier. */
static void who_becomes_the_verifier_has_verified_what_it_verified_elsewhere(void **state)
{
    static const char elsewhere[] = DEAL("", JUDGE, ALL, VERIFIED, "0");
    struct world w;
    (void) state;
    begin(&w, FIRST, PARTIES);
    do_propose(&w, "buyer", "else", elsewhere, JUDGE2_JUDGES);
    do_sign(&w, "buyer", "else", "buyer");
    do_sign(&w, "seller", "else", "seller");
    ASSERT_DONE(&w);
    uint64_t result = w.seq;
    do_result(&w, "seller", Y2012 "10");
    do_verify(&w, "judge2", result, 0, NULL);
    ASSERT_DONE(&w);
    assert_int_equal(w.base.payments_count, 0); /* not here: who verifies for others is nobody in this contract */
    verifier_is(&w, second_text(&w), JUDGE2_JUDGES, "judge2");
    assert_int_equal(w.base.payments_count, 1);
    do_verify(&w, "judge2", result, 0, NULL);
    ASSERT_REFUSED(&w, REFUSE_VERIFICATION_DONE);
    world_release(&w);
}

/* And it speaks for one party, however often it becomes another. */
static void a_verification_speaks_for_one_party_over_amendments(void **state)
{
#define BOTH "  reported by seller\n  verified by judge and checker\n"
    static const char first[] = DEAL("", CHECKER, ALL, BOTH, "2");
    static const char second[] = DEAL(SECOND_HEADER, CHECKER, ALL, BOTH, "2");
    static const char third[] = DEAL(" version 3 amends @ effective 2013-06-01", CHECKER, ALL, BOTH, "2");
    static const char elsewhere[] = DEAL("", JUDGE, ALL, VERIFIED, "0");
    struct world w;
    (void) state;
    begin(&w, first, "buyer=buyer checker=other judge=judge seller=seller");
    do_propose(&w, "buyer", "else", elsewhere, JUDGE2_JUDGES);
    do_sign(&w, "buyer", "else", "buyer");
    do_sign(&w, "seller", "else", "seller");
    uint64_t result = w.seq;
    do_result(&w, "seller", Y2012 "10");
    do_verify(&w, "judge2", result, 0, NULL);
    ASSERT_DONE(&w);
    const char *text = amends(&w, second, first);
    verifier_is(&w, text, "buyer=buyer checker=other judge=judge2 seller=seller", "judge2");
    assert_int_equal(w.base.payments_count, 0); /* the checker has not */
    uint64_t seq = propose(&w, amends(&w, third, text), "buyer=buyer checker=judge2 judge=judge seller=seller");
    do_sign_amendment(&w, "judge2", "deal", "checker", seq);
    do_sign_amendment(&w, "judge", "deal", "judge", seq);
    do_sign_amendment(&w, "buyer", "deal", "buyer", seq);
    do_sign_amendment(&w, "seller", "deal", "seller", seq);
    ASSERT_DONE(&w);
    assert_event(&w, 0, "contract.amended", NULL);
    assert_int_equal(w.base.payments_count, 0); /* it speaks for the judge, or for the checker that it is now */
    do_verify(&w, "other", result, 0, NULL);
    ASSERT_REFUSED(&w, REFUSE_VERIFICATION_NOT_VERIFIER);
    do_verify(&w, "judge", result, 0, NULL);
    ASSERT_DONE(&w);
    assert_int_equal(w.base.payments_count, 1);
    world_release(&w);
}

/* Two verifiers change places while a result waits for one of them: who has verified it has, and the other is enough. */
static void verifiers_that_change_places_leave_nothing_that_nobody_can_verify(void **state)
{
    static const char *const quorums[] = {"  reported by seller\n  verified by judge and checker\n",
                                          "  reported by seller\n  verified by 2 of (judge, checker)\n"};
    struct world w;
    (void) state;
    for (size_t i = 0; i < 2; i++) {
        char first[2048], second[2048];
        (void) snprintf(first, sizeof first, DEAL("", CHECKER, ALL, "%s", "2"), quorums[i]);
        (void) snprintf(second, sizeof second, DEAL(SECOND_HEADER, CHECKER, ALL, "%s", "2"), quorums[i]);
        begin(&w, first, "buyer=buyer checker=other judge=judge seller=seller");
        uint64_t result = w.seq;
        do_result(&w, "seller", Y2012 "10");
        do_verify(&w, "judge", result, 0, NULL);
        ASSERT_DONE(&w);
        uint64_t seq = propose(&w, amends(&w, second, first), "buyer=buyer checker=judge judge=other seller=seller");
        do_sign_amendment(&w, "judge", "deal", "checker", seq);
        do_sign_amendment(&w, "other", "deal", "judge", seq);
        sign_both(&w, seq);
        assert_int_equal(w.base.payments_count, 0);
        do_verify(&w, "judge", result, 0, NULL);
        ASSERT_REFUSED(&w, REFUSE_VERIFICATION_DONE);
        do_verify(&w, "other", result, 0, NULL);
        ASSERT_DONE(&w);
        assert_int_equal(w.base.payments_count, 1);
        world_release(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_reports_for_another_restates_what_that_one_reported),
        cmocka_unit_test(who_reports_for_another_withdraws_what_that_one_reported),
        cmocka_unit_test(other_contracts_are_not_concerned),
        cmocka_unit_test(nobody_speaks_for_another_by_a_contract_of_its_own),
        cmocka_unit_test(a_restatement_is_in_time_when_what_it_restates_was),
        cmocka_unit_test(the_newest_text_with_the_metric_says_who_reports),
        cmocka_unit_test(a_former_reporter_may_come_back),
        cmocka_unit_test(what_a_former_reporter_withdraws_stays),
        cmocka_unit_test(what_was_succeeded_is_not_back_by_a_third_text),
        cmocka_unit_test(who_becomes_the_verifier_has_verified_what_it_verified_elsewhere),
        cmocka_unit_test(a_verification_speaks_for_one_party_over_amendments),
        cmocka_unit_test(verifiers_that_change_places_leave_nothing_that_nobody_can_verify),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
