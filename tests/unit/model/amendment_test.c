/* Amendments of contracts in the model (language.md V): who may propose and sign, what comes into force, and by which text. */
#include "deal.h"

/* Names, joined by commas. */
static void assert_lacks(const struct world *w, uint64_t seq, const char *expected)
{
    struct slice *names = NULL, text = SLICE("");
    uint32_t count = 0;
    for (int m = 0; m < WORLD_MODELS; m++) {
        assert_int_equal(model_amendment_lacks(w->models[m], SLICE("deal"), seq, w->arena, &names, &count, NULL), TALLY_OK);
        text = SLICE("");
        for (uint32_t i = 0; i < count; i++)
            text = arena_printf(w->arena, "%.*s%s%.*s", SLICE_ARG(text), i == 0 ? "" : ",", SLICE_ARG(names[i]));
        assert_string_equal(text.ptr, expected);
    }
}

/* ---- V1: proposing and signing ---- */
static void rule_V1_it_is_in_force_when_signed_as_the_text_that_it_amends_says(void **state)
{
    static const char first[] =
        DEAL("", JUDGE, ALL "amended when seller and 1 of (buyer, judge) have signed\n", VERIFIED, "2");
    struct world w;
    (void) state;
    begin(&w, first, PARTIES);
    uint64_t seq = propose(&w, amends(&w, DEAL(SECOND_HEADER, JUDGE, ALL, VERIFIED, "3"), first), PARTIES);
    assert_lacks(&w, seq, "buyer,seller,judge"); /* either of two, and the seller */
    do_sign_amendment(&w, "judge", "deal", "judge", seq);
    ASSERT_DONE(&w);
    assert_int_equal(w.decision.event_count, 0);
    assert_lacks(&w, seq, "seller"); /* the buyer has not signed, and need not */
    do_sign_amendment(&w, "seller", "deal", "seller", seq);
    ASSERT_DONE(&w);
    assert_event(&w, 0, "contract.amended", NULL);
    assert_lacks(&w, seq, "");
    assert_int_equal(w.base.amendments[0].in_force_seq, w.seq - 1);
    /* the version in force may still be signed, and only that */
    do_sign_amendment(&w, "buyer", "deal", "buyer", seq);
    ASSERT_DONE(&w);
    assert_int_equal(w.decision.event_count, 0);
    do_sign_amendment(&w, "buyer", "deal", "buyer", seq);
    ASSERT_REFUSED_AT(&w, REFUSE_CONTRACT_SIGNED, "/as");
    do_sign(&w, "judge", "deal", "judge"); /* the first version */
    ASSERT_REFUSED_AT(&w, REFUSE_CONTRACT_SUPERSEDED, "/version");
    world_release(&w);
}

static void nobody_becomes_a_party_by_the_signatures_of_others(void **state)
{
    struct world w;
    (void) state;
    begin(&w, FIRST, PARTIES);
    const char *text = amends(&w, DEAL(SECOND_HEADER, CHECKER, ALL, VERIFIED, "3"), FIRST);
    uint64_t seq = propose(&w, text, "buyer=buyer checker=other judge=judge2 seller=seller");
    do_sign_amendment(&w, "buyer", "deal", "buyer", seq);
    do_sign_amendment(&w, "seller", "deal", "seller", seq);
    ASSERT_DONE(&w);
    assert_int_equal(w.decision.event_count, 0); /* the old text is content; the new parties have not been asked */
    assert_lacks(&w, seq, "judge,checker");
    do_sign_amendment(&w, "judge2", "deal", "checker", seq);
    ASSERT_REFUSED_AT(&w, REFUSE_CONTRACT_NOT_PARTY, "/as");
    do_sign_amendment(&w, "judge2", "deal", "nobody", seq);
    ASSERT_REFUSED_AT(&w, REFUSE_CONTRACT_NOT_PARTY, "/as");
    do_sign_amendment(&w, "judge2", "deal", "judge", seq);
    ASSERT_DONE(&w);
    assert_int_equal(w.decision.event_count, 0);
    do_sign_amendment(&w, "other", "deal", "checker", seq);
    ASSERT_DONE(&w);
    assert_event(&w, 0, "contract.amended", NULL);
    world_release(&w);
}

static void who_leaves_signs_by_the_old_name(void **state)
{
    static const char first[] = DEAL("", JUDGE,
                                     "in force when buyer and seller have signed\n"
                                     "amended when buyer, seller and judge have signed\n",
                                     VERIFIED, "2");
    struct world w;
    (void) state;
    begin(&w, first, PARTIES);
    uint64_t seq = propose(&w, amends(&w, DEAL(SECOND_HEADER, JUDGE, ALL, VERIFIED, "3"), first),
                           "buyer=buyer judge=judge2 seller=seller");
    do_sign_amendment(&w, "buyer", "deal", "buyer", seq);
    do_sign_amendment(&w, "seller", "deal", "seller", seq);
    do_sign_amendment(&w, "judge2", "deal", "judge", seq);
    ASSERT_DONE(&w);
    assert_int_equal(w.decision.event_count, 0);
    do_sign_amendment(&w, "judge", "deal", "judge", seq); /* another actor, another signature */
    ASSERT_DONE(&w);
    assert_event(&w, 0, "contract.amended", NULL);
    world_release(&w);
}

static void of_two_that_amend_the_same_text_the_first_that_is_signed_comes_into_force(void **state)
{
    struct world w;
    (void) state;
    begin(&w, FIRST, PARTIES);
    const char *three = amends(&w, DEAL(SECOND_HEADER, JUDGE, ALL, VERIFIED, "3"), FIRST);
    uint64_t one = propose(&w, three, PARTIES);
    uint64_t two = propose(&w, amends(&w, DEAL(SECOND_HEADER, JUDGE, ALL, VERIFIED, "4"), FIRST), PARTIES);
    do_sign_amendment(&w, "buyer", "deal", "buyer", one);
    ASSERT_DONE(&w);
    sign_both(&w, two);
    do_sign_amendment(&w, "seller", "deal", "seller", one);
    ASSERT_REFUSED_AT(&w, REFUSE_CONTRACT_SUPERSEDED, "/version");
    do_amend(&w, "seller", "deal", three, PARTIES); /* what it amends is not in force any more */
    ASSERT_REFUSED_AT(&w, REFUSE_CONTRACT_SUPERSEDED, "/terms");
    world_release(&w);
}

static void what_cannot_amend_is_refused(void **state)
{
    struct world w;
    (void) state;
    world_init(&w);
    for (size_t i = 0; i < sizeof actors / sizeof actors[0]; i++)
        do_register(&w, "op", actors[i], false);
    do_define(&w, "op", "shared.units", 1, "days");
    const char *second = amends(&w, DEAL(SECOND_HEADER, JUDGE, ALL, VERIFIED, "3"), FIRST);
    do_amend(&w, "buyer", "deal", second, PARTIES);
    ASSERT_REFUSED(&w, REFUSE_CONTRACT_NOT_FOUND);
    do_propose(&w, "buyer", "deal", second, PARTIES);
    ASSERT_REFUSED_AT(&w, REFUSE_CONTRACT_TERMS, "/terms");
    do_propose(&w, "buyer", "deal", FIRST, PARTIES);
    do_amend(&w, "buyer", "deal", second, PARTIES);
    ASSERT_REFUSED(&w, REFUSE_CONTRACT_NOT_IN_FORCE);
    do_sign(&w, "buyer", "deal", "buyer");
    do_sign(&w, "seller", "deal", "seller");
    do_amend(&w, "other", "deal", second, PARTIES);
    ASSERT_REFUSED(&w, REFUSE_CONTRACT_NOT_PARTY);
    do_amend(&w, "buyer", "deal", FIRST, PARTIES);
    ASSERT_REFUSED_AT(&w, REFUSE_CONTRACT_TERMS, "/terms");
    do_amend(&w, "buyer", "deal", amends(&w, DEAL(SECOND_HEADER, JUDGE, ALL, VERIFIED, "3"), "something else"), PARTIES);
    ASSERT_REFUSED_AT(&w, REFUSE_CONTRACT_TERMS, "/terms");
    do_amend(&w, "buyer", "deal",
             amends(&w, DEAL(" version 3 amends @ effective 2013-06-01", JUDGE, ALL, VERIFIED, "3"), FIRST), PARTIES);
    ASSERT_REFUSED_AT(&w, REFUSE_CONTRACT_TERMS, "/terms");
    do_amend(&w, "buyer", "deal", second, "buyer=buyer seller=seller");
    ASSERT_REFUSED_AT(&w, REFUSE_CONTRACT_PARTIES, "/parties");
    do_amend(&w, "buyer", "deal", second, "buyer=buyer judge=nobody seller=seller");
    ASSERT_REFUSED_AT(&w, REFUSE_ACTOR_UNKNOWN, "/parties/judge/actor");
    for (int i = 0; i < 4; i++) {
        do_amend(&w, "buyer", "deal", second, PARTIES);
        ASSERT_DONE(&w);
    }
    do_amend(&w, "buyer", "deal", second, PARTIES);
    ASSERT_REFUSED(&w, REFUSE_CONTRACT_AMENDMENTS);
    do_amend(&w, "seller", "deal", second, PARTIES); /* nobody is kept from it by another */
    ASSERT_DONE(&w);
    world_release(&w);
}

static void a_rule_keeps_its_currency_and_its_dimensions(void **state)
{
    struct world w;
    (void) state;
    begin(&w, FIRST, PARTIES);
    do_amend(&w, "buyer", "deal",
             amends(&w,
                    "terms 1\ncontract deal \"Deal\" version 2 amends @ effective 2013-06-01\n"
                    "currency CHF rounded to 0.05, half even\nclock UTC\nruns 2012-01-01 to 2014-12-31\n"
                    "party buyer outcome payer \"Buyer\"\nparty seller provider \"Seller\"\n"
                    "period year every 1 year from 2012-01-01 to 2014-12-31\n"
                    "metric units is shared.units version 1 in days\n  by year\n"
                    "pay each_year from buyer to seller\n  for each year\n  amount 2 per day of units\n",
                    FIRST),
             "buyer=buyer seller=seller");
    ASSERT_REFUSED_AT(&w, REFUSE_CONTRACT_TERMS, "/terms");
    assert_non_null(strstr(w.decision.refusal->errors->detail.ptr, "`each_year` pays in CHF"));
    world_release(&w);
}

/* ---- V2, V3: by which text ---- */
static void an_amendment_that_changes_nothing_past_triggers_nothing(void **state)
{
    struct world w;
    (void) state;
    begin(&w, FIRST, PARTIES);
    uint64_t result = w.seq;
    do_result(&w, "seller", Y2012 "10");
    do_verify(&w, "judge", result, 0, NULL);
    assert_string_equal(stands(&w, KEY2012), "20.00");
    uint64_t seq = propose(&w, amends(&w, DEAL(SECOND_HEADER, JUDGE, ALL, VERIFIED, "3"), FIRST), PARTIES);
    assert_int_equal(w.decision.event_count, 0);
    sign_both(&w, seq);
    assert_int_equal(w.base.payments_count, 1);
    /* its day decides: 2012 by the first text, 2013 by the second, whenever it is reported */
    world_day(&w, "2014-02-01");
    result = w.seq;
    do_result(&w, "seller", Y2013 "10");
    do_verify(&w, "judge", result, 0, NULL);
    assert_string_equal(stands(&w, KEY2013), "30.00");
    world_release(&w);
}

/* Late work of an old year, by whoever is now the reporter and the verifier. */
static void who_a_party_is_goes_by_the_text_in_force_at_the_entry(void **state)
{
    struct world w;
    (void) state;
    begin(&w, FIRST, PARTIES);
    uint64_t before = w.seq;
    do_result(&w, "seller", Y2012 "10"); /* while the first judge was one: the second verifies it now */
    uint64_t seq = propose(&w, amends(&w, DEAL(SECOND_HEADER, JUDGE, ALL, VERIFIED, "3"), FIRST),
                           "buyer=buyer judge=judge2 seller=other");
    do_sign_amendment(&w, "judge2", "deal", "judge", seq);
    do_sign_amendment(&w, "other", "deal", "seller", seq);
    sign_both(&w, seq);
    do_verify(&w, "judge", before, 0, NULL);
    ASSERT_REFUSED(&w, REFUSE_VERIFICATION_NOT_VERIFIER);
    do_verify(&w, "judge2", before, 0, NULL);
    ASSERT_DONE(&w);
    assert_string_equal(stands(&w, KEY2012), "20.00");
    assert_true(slice_is(w.base.payments[0].to_actor, "other")); /* who is owed is who the party is now */
    do_result(&w, "seller", Y2013 "10");
    ASSERT_REFUSED(&w, REFUSE_RESULT_NOT_REPORTER);
    uint64_t after = w.seq;
    do_result(&w, "other", Y2013 "10");
    ASSERT_DONE(&w);
    do_verify(&w, "judge", after, 0, NULL);
    ASSERT_REFUSED(&w, REFUSE_VERIFICATION_NOT_VERIFIER);
    do_verify(&w, "judge2", after, 0, NULL);
    ASSERT_DONE(&w);
    assert_string_equal(stands(&w, KEY2013), "30.00");
    do_dispute(&w, "judge", after, "deal", 0, NULL); /* a party no more */
    ASSERT_REFUSED_AT(&w, REFUSE_CONTRACT_NOT_PARTY, "/contract");
    uint64_t dispute = w.seq;
    do_dispute(&w, "buyer", after, "deal", 0, NULL);
    ASSERT_DONE(&w);
    do_resolve(&w, "judge", dispute, DECISION_STANDS, "", 0, NULL);
    ASSERT_REFUSED(&w, REFUSE_DISPUTE_NOT_ARBITER);
    do_resolve(&w, "judge2", dispute, DECISION_REPLACED, "20", 0, NULL);
    ASSERT_DONE(&w);
    assert_string_equal(stands(&w, KEY2013), "60.00");
    world_release(&w);
}

static void how_results_stand_does_not_begin_anew(void **state)
{
    struct world w;
    (void) state;
    begin(&w, FIRST, PARTIES);
    uint64_t one = w.seq;
    do_result(&w, "seller", Y2012 "10");
    do_verify(&w, "judge", one, 0, NULL);
    uint64_t two = w.seq;
    do_result(&w, "seller", Y2013 "10");
    do_verify(&w, "judge", two, 0, NULL);
    uint64_t three = w.seq;
    do_result(&w, "seller", "shared.units/1 year=2014-01-01/2014-12-31 5");
    do_verify(&w, "judge", three, 0, NULL);
    uint64_t dispute = w.seq;
    do_dispute(&w, "buyer", two, "deal", 0, NULL);
    do_resolve(&w, "judge", dispute, DECISION_REPLACED, "7", 0, NULL);
    dispute = w.seq;
    do_dispute(&w, "buyer", three, "deal", 0, NULL);
    ASSERT_DONE(&w);
    assert_string_equal(stands(&w, KEY2013), "14.00");
    uint64_t seq = propose(
        &w, amends(&w, DEAL(" version 2 amends @ effective 2012-01-01", JUDGE, ALL, VERIFIED, "3"), FIRST), PARTIES);
    sign_both(&w, seq);
    assert_string_equal(stands(&w, KEY2012), "30.00");
    assert_string_equal(stands(&w, KEY2013), "21.00");                 /* the arbiter's value */
    assert_string_equal(stands(&w, "2014-01-01/2014-12-31"), "10.00"); /* disputed: it waits */
    do_resolve(&w, "judge", dispute, DECISION_ANNULLED, "", 0, NULL);
    ASSERT_DONE(&w);
    assert_string_equal(stands(&w, "2014-01-01/2014-12-31"), "10.00"); /* missing: it waits, and keeps what stands */
    /* a restatement of what was final before goes on, in both texts */
    do_restate(&w, "seller", one, "20");
    ASSERT_DONE(&w);
    do_verify(&w, "judge", w.seq - 1, 0, NULL);
    ASSERT_DONE(&w);
    assert_string_equal(stands(&w, KEY2012), "60.00");
    /* and so does one of what the arbiter replaced: what was recorded of that before may not have been committed yet */
    uint64_t again = w.seq;
    do_restate(&w, "seller", two, "19");
    ASSERT_DONE(&w);
    do_verify(&w, "judge", again, 0, NULL);
    ASSERT_DONE(&w);
    assert_string_equal(stands(&w, KEY2013), "57.00");
    uint32_t replaced = 0;
    for (uint32_t i = 0; i < w.base.finals_count; i++)
        replaced += w.base.finals[i].result_seq == two && slice_is(w.base.finals[i].replaced, "7");
    assert_int_equal(replaced, 2); /* by each text */
    world_release(&w);
}

/* Nobody has decided in time: what then holds was agreed when the dispute was raised. */
static void a_dispute_lapses_as_the_text_says_by_which_it_was_raised(void **state)
{
    static const char stand[] = "otherwise stands";
    struct world w;
    (void) state;
    begin(&w, FIRST, PARTIES);
    uint64_t one = w.seq;
    do_result(&w, "seller", Y2012 "10");
    do_verify(&w, "judge", one, 0, NULL);
    do_dispute(&w, "buyer", one, "deal", 0, NULL);
    ASSERT_DONE(&w);
    const char *text = amends(&w, DEAL(" version 2 amends @ effective 2012-01-01", JUDGE, ALL, VERIFIED, "3"), FIRST);
    const char *at = strstr(text, stand);
    text = arena_printf(w.arena, "%.*sotherwise falls%s", (int) (at - text), text, at + sizeof stand - 1).ptr;
    sign_both(&w, propose(&w, text, PARTIES));
    world_day(&w, "2012-09-01");
    assert_true(world_moments(&w) >= 1);
    assert_non_null(strstr(w.log.ptr, "\"lapsed\":[{\"decision\":\"stands\""));
    assert_null(strstr(w.log.ptr, "\"decision\":\"annulled\""));
    assert_string_equal(stands(&w, KEY2012), "30.00");
    world_release(&w);
}

#define MORE "metric more is shared.more version 1 in days\n  by year\n"

/* Results of an indicator that only the new text uses were there before it. */
static void earlier_results_that_fit_the_new_text_are_used(void **state)
{
    struct world w;
    (void) state;
    begin(&w, FIRST, PARTIES);
    do_define(&w, "op", "shared.more", 1, "days");
    do_register(&w, "op", "hub", true);
    do_result(&w, "hub", "shared.more/1 year=2013-01-01/2013-12-31 4");
    ASSERT_DONE(&w);
    uint64_t seq = propose(&w,
                           amends(&w,
                                  DEAL(SECOND_HEADER, JUDGE, ALL, VERIFIED MORE,
                                       "3") "pay extra from buyer to seller\n  for each year\n  amount 1 per day of more\n",
                                  FIRST),
                           PARTIES);
    sign_both(&w, seq);
    assert_event(&w, 1, "result.finalised", NULL);
    assert_non_null(strstr(w.decision.events[1].body.ptr, "\"metric\":\"more\""));
    assert_non_null(strstr(w.decision.events[1].body.ptr, "\"version\":2"));
    assert_string_equal(stands(&w, KEY2013), "4.00");
    world_release(&w);
}

static void a_third_text_amends_the_second(void **state)
{
    struct world w;
    (void) state;
    begin(&w, FIRST, PARTIES);
    const char *second = amends(&w, DEAL(SECOND_HEADER, JUDGE, ALL, VERIFIED, "3"), FIRST);
    sign_both(&w, propose(&w, second, PARTIES));
    const char *third = amends(&w, DEAL(" version 3 amends @ effective 2014-06-01", JUDGE, ALL, VERIFIED, "5"), second);
    sign_both(&w, propose(&w, third, PARTIES));
    world_day(&w, "2015-02-01");
    static const char *const years[] = {Y2012 "1", Y2013 "1", "shared.units/1 year=2014-01-01/2014-12-31 1"};
    uint64_t result = w.seq;
    do_results(&w, "seller", false, 3, years);
    do_verify(&w, "judge", result, 0, NULL);
    ASSERT_DONE(&w);
    assert_string_equal(stands(&w, KEY2012), "2.00");
    assert_string_equal(stands(&w, KEY2013), "3.00");
    assert_string_equal(stands(&w, "2014-01-01/2014-12-31"), "5.00");
    world_release(&w);
}

#define COUNTED(header, most)                                                                                              \
    "terms 1\ncontract deal \"Deal\"" header "\ncurrency USD rounded to 0.01, half even\nclock UTC\n"                      \
    "runs 2012-01-01 to 2014-12-31\n"                                                                                      \
    "party buyer outcome payer \"Buyer\"\nparty seller provider \"Seller\"\n" JUDGE ALL                                    \
    "disputes decided by judge within 60 days, otherwise stands\ndimension village open, at most " most "\n"               \
    "metric units is shared.units version 1 in days\n  by village\n  reported by seller\n"                                 \
    "pay each from buyer to seller\n  for each village of units\n  amount 2 per day of units\n"

/* S7: the newest text says how many count; earlier ones go on with whoever has something standing. */
static void an_amendment_lets_more_people_count(void **state)
{
    static const char *const three[] = {"shared.units/1 village=a 1", "shared.units/1 village=b 2",
                                        "shared.units/1 village=c 3"};
    struct world w;
    (void) state;
    begin(&w, COUNTED("", "1"), PARTIES);
    do_results(&w, "seller", false, 3, three);
    ASSERT_DONE(&w);
    assert_string_equal(stands(&w, "a"), "2.00");
    assert_string_equal(stands(&w, "b"), "none");
    world_day(&w, "2013-07-01");
    sign_both(&w, propose(&w, amends(&w, COUNTED(SECOND_HEADER, "2"), COUNTED("", "1")), PARTIES));
    assert_string_equal(stands(&w, "b"), "4.00");
    assert_string_equal(stands(&w, "c"), "none");
    do_result(&w, "seller", "shared.units/1 village=d 9");
    ASSERT_DONE(&w);
    assert_string_equal(stands(&w, "a"), "2.00");
    assert_string_equal(stands(&w, "b"), "4.00");
    assert_string_equal(stands(&w, "d"), "none");
    world_release(&w);
}

#define CROSSED(header, villages, towns, each)                                                                             \
    "terms 1\ncontract deal \"Deal\"" header "\ncurrency USD rounded to 0.01, half even\nclock UTC\n"                      \
    "runs 2012-01-01 to 2014-12-31\n"                                                                                      \
    "party buyer outcome payer \"Buyer\"\nparty seller provider \"Seller\"\n" JUDGE ALL                                    \
    "disputes decided by judge within 60 days, otherwise stands\ndimension village open, at most " villages "\n"           \
    "dimension town open, at most " towns "\n"                                                                             \
    "metric units is shared.units version 1 in days\n  by village\n  reported by seller\n"                                 \
    "metric more is \"More\" in days\n  by town\n  reported by seller\n" each
#define BY_VILLAGE "pay each from buyer to seller\n  for each village of units\n  amount 2 per day of units\n"
#define BY_BOTH "pay both from buyer to seller\n  for each village, town\n  amount 2\n"

/* K4: as many members count by each text as any of them says. What each text alone might take is not what they take together. */
static void an_amendment_that_would_outgrow_an_evaluation_is_refused(void **state)
{
    static const char *const first[] = {CROSSED("", "100", "100", BY_BOTH), CROSSED("", "100_000", "2", BY_VILLAGE)};
    static const char *const second[] = {CROSSED(SECOND_HEADER, "100_000", "100", BY_VILLAGE),
                                         CROSSED(SECOND_HEADER, "100", "100", BY_BOTH)};
    static const char *const fitting[] = {CROSSED(SECOND_HEADER, "1_000", "100", BY_VILLAGE),
                                          CROSSED(SECOND_HEADER, "100", "2", BY_BOTH)};
    (void) state;
    for (int i = 0; i < 2; i++) {
        struct world w;
        begin(&w, first[i], PARTIES);
        world_day(&w, "2013-07-01");
        do_amend(&w, "buyer", "deal", amends(&w, second[i], first[i]), PARTIES);
        ASSERT_REFUSED_AT(&w, REFUSE_CONTRACT_TERMS, "/terms");
        assert_non_null(strstr(w.decision.refusal->errors->detail.ptr, "MiB"));
        do_amend(&w, "buyer", "deal", amends(&w, fitting[i], first[i]), PARTIES);
        ASSERT_DONE(&w);
        world_release(&w);
    }
}

static bool base_amended(const struct world *w)
{
    return w->base.amendments_count > 0 && w->base.amendments[0].in_force_seq != ROW_NO_SEQ;
}

static bool fits(struct world *w, uint64_t seq)
{
    struct model_fit *list = NULL;
    uint32_t count = 0;
    for (int m = 0; m < WORLD_MODELS; m++) {
        for (;;) {
            struct needs needs = {.arena = w->arena};
            assert_int_equal(model_needs_result(w->models[m], seq, &needs, NULL), TALLY_OK);
            if (needs.count == 0)
                break;
            for (uint32_t i = 0; i < needs.count; i++)
                load(w, w->models[m], &needs.items[i]);
        }
        assert_int_equal(model_fits(w->models[m], seq, 0, 0, w->arena, &list, &count, NULL), TALLY_OK);
        assert_int_equal(count, base_amended(w) ? 2 : 1); /* by each text */
        assert_int_equal(list[count - 1].version, count);
    }
    return list[count - 1].fits;
}

/* Whoever has something standing goes on, and the receipt says so. */
static void an_amendment_lets_fewer_people_count(void **state)
{
    struct world w;
    uint64_t seqs[3];
    (void) state;
    begin(&w, COUNTED("", "3"), PARTIES);
    for (int i = 0; i < 3; i++) {
        seqs[i] = w.seq;
        do_result(&w, "seller", arena_printf(w.arena, "shared.units/1 village=%c %d", "bca"[i], i).ptr);
        ASSERT_DONE(&w);
    }
    assert_string_equal(stands(&w, "c"), "2.00");
    assert_string_equal(stands(&w, "a"), "4.00");
    world_day(&w, "2013-07-01");
    sign_both(&w, propose(&w, amends(&w, COUNTED(SECOND_HEADER, "1"), COUNTED("", "3")), PARTIES));
    assert_string_equal(stands(&w, "c"), "2.00");
    assert_string_equal(stands(&w, "a"), "4.00");
    assert_false(fits(&w, seqs[0])); /* the first to come, and nothing stands */
    assert_true(fits(&w, seqs[1]));
    assert_true(fits(&w, seqs[2]));
    do_restate(&w, "seller", seqs[2], "5");
    ASSERT_DONE(&w);
    assert_string_equal(stands(&w, "a"), "10.00");
    world_release(&w);
}

/* V5: what it would trigger if it were in force now; also by results of an indicator that only it uses. */
static void rule_V5_a_preview_shows_every_difference(void **state)
{
    struct world w;
    struct command command;
    (void) state;
    begin(&w, FIRST, PARTIES);
    do_define(&w, "op", "shared.more", 1, "days");
    do_register(&w, "op", "hub", true);
    do_result(&w, "hub", "shared.more/1 year=2012-01-01/2012-12-31 4");
    uint64_t result = w.seq;
    do_result(&w, "seller", Y2012 "10");
    do_verify(&w, "judge", result, 0, NULL);
    const char *text = amends(&w,
                              DEAL(" version 2 amends @ effective 2012-01-01", JUDGE, ALL, VERIFIED MORE,
                                   "3") "pay extra from buyer to seller\n  for each year\n  amount 1 per day of more\n",
                              FIRST);
    fill_proposal(&w, &command, "deal", text, PARTIES);
    command.kind = COMMAND_AMEND_CONTRACT;
    command.u.propose_contract.is_in_force = true;
    command.actor = SLICE("buyer");
    command.kid = SLICE("k-buyer");
    command.head_seq = w.seq - 1;
    world_fill(&w, w.models[0], &command);
    struct decision decision = decide_once(&w, w.models[0], &command);
    assert_null(decision.refusal);
    assert_string_equal(decision.events[0].type, "contract.amended");
    assert_string_equal(decision.events[1].type, "result.finalised");
    uint32_t paid = 0;
    for (uint32_t i = 0; i < decision.event_count; i++)
        if (strcmp(decision.events[i].type, "payment.triggered") == 0)
            assert_non_null(
                strstr(decision.events[i].body.ptr, paid++ == 0 ? "{\"amount\":\"10.00\"" : "{\"amount\":\"4.00\""));
    assert_int_equal(paid, 2);
    world_release(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rule_V1_it_is_in_force_when_signed_as_the_text_that_it_amends_says),
        cmocka_unit_test(nobody_becomes_a_party_by_the_signatures_of_others),
        cmocka_unit_test(who_leaves_signs_by_the_old_name),
        cmocka_unit_test(of_two_that_amend_the_same_text_the_first_that_is_signed_comes_into_force),
        cmocka_unit_test(what_cannot_amend_is_refused),
        cmocka_unit_test(a_rule_keeps_its_currency_and_its_dimensions),
        cmocka_unit_test(an_amendment_that_changes_nothing_past_triggers_nothing),
        cmocka_unit_test(who_a_party_is_goes_by_the_text_in_force_at_the_entry),
        cmocka_unit_test(how_results_stand_does_not_begin_anew),
        cmocka_unit_test(a_dispute_lapses_as_the_text_says_by_which_it_was_raised),
        cmocka_unit_test(earlier_results_that_fit_the_new_text_are_used),
        cmocka_unit_test(a_third_text_amends_the_second),
        cmocka_unit_test(an_amendment_lets_more_people_count),
        cmocka_unit_test(an_amendment_lets_fewer_people_count),
        cmocka_unit_test(an_amendment_that_would_outgrow_an_evaluation_is_refused),
        cmocka_unit_test(rule_V5_a_preview_shows_every_difference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
