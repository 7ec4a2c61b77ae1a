/* Classes of parties: who joins, until when and how many, what members report and are paid, and what they may not do. And parties by a
 * dimension of the rule. */
#include "world.h"

#include "tally/text.h"

#define PARTIES "agency=agency auditor=auditor"
#define ZONE                                                                                                               \
    "terms 1\ncontract zone \"Zone\"\ncurrency USD rounded to 0.01, half even\nclock UTC+01:00\n"                          \
    "runs 2012-01-01 to 2013-12-31\ncloses 2014-06-30\n"                                                                   \
    "party agency outcome payer \"Agency\"\nparty auditor evaluator \"Auditor\"\n"                                         \
    "parties facility provider \"Facilities\", at most 3 join until 2012-08-31\n"                                          \
    "in force when agency and 2/3 of facility have signed\n"                                                               \
    "disputes decided by agency within 20 days, otherwise stands\n"                                                        \
    "period quarter every 3 months from 2012-01-01 to 2013-12-31\n"                                                        \
    "metric acts is zone.acts version 1 in number between 0 and 1_000\n  by facility, quarter\n"                           \
    "  reported by facility\n  verified by auditor\n  disputes within 30 days\n"                                           \
    "metric people is zone.people version 1 in number between 0 and 10_000\n  by facility\n  reported by auditor\n"        \
    "metric beds is \"Beds\" in number between 0 and 100\n  by facility\n  reported by auditor\n  if missing use 0\n"      \
    "metric pot is \"Pot\" in USD between 0 and 1_000\n  reported by agency until 2012-09-30\n  if late use 100\n"         \
    "pay act from agency to facility\n  for each facility, quarter of acts\n  amount USD 2 * acts\n"                       \
    "pay back from facility to agency\n  for each facility of people\n  amount USD 1 * people / 100\n"

static struct world w;

static void set_up(void)
{
    static const char *const actors[] = {"agency", "auditor", "north", "south", "west", "east"};
    world_init(&w);
    for (size_t i = 0; i < sizeof(actors) / sizeof(actors[0]); i++)
        do_register(&w, "op", actors[i], false);
    do_define(&w, "op", "zone.acts", 1, "number");
    do_define(&w, "op", "zone.people", 1, "number");
    do_propose(&w, "agency", "zone", ZONE, PARTIES);
    ASSERT_DONE(&w);
}

static void start(void)
{
    set_up();
    do_sign(&w, "agency", "zone", "agency");
    do_accede(&w, "north", "zone", "facility");
    do_accede(&w, "south", "zone", "facility");
    ASSERT_DONE(&w);
}

static void report(const char *by, const char *text, bool is_verified)
{
    uint64_t seq = w.seq;
    do_result(&w, by, text);
    ASSERT_DONE(&w);
    if (is_verified) {
        do_verify(&w, "auditor", seq, 0, NULL);
        ASSERT_DONE(&w);
    }
}

static const struct row_payment *payment_at(uint32_t at)
{
    assert_true(at < w.decision.changes.payments_count);
    return &w.decision.changes.payments[at];
}

static void whoever_the_terms_let_joins_and_may_be_the_last_that_is_needed(void **state)
{
    (void) state;
    set_up();
    do_sign(&w, "agency", "zone", "agency");
    ASSERT_DONE(&w);
    assert_int_equal(w.decision.event_count, 0); /* two thirds of nobody have not signed */
    uint64_t seq = w.seq;
    do_accede(&w, "north", "zone", "facility");
    ASSERT_DONE(&w);
    assert_event(&w, 0, "contract.activated", NULL);
    assert_int_equal(w.decision.changes.accessions_count, 1);
    const struct row_accession *row = &w.decision.changes.accessions[0];
    assert_true(slice_is(row->contract, "zone") && slice_is(row->class_name, "facility") && slice_is(row->actor, "north") &&
                slice_is(row->kid, "k-north") && row->seq == seq);
    do_accede(&w, "south", "zone", "facility"); /* one more, while it is in force */
    ASSERT_DONE(&w);
    assert_int_equal(w.decision.event_count, 0);
    world_release(&w);
}

static void who_joins_before_the_parties_sign_counts_when_they_do(void **state)
{
    (void) state;
    set_up();
    do_accede(&w, "north", "zone", "facility");
    ASSERT_DONE(&w);
    assert_int_equal(w.decision.event_count, 0);
    do_sign(&w, "agency", "zone", "agency");
    assert_event(&w, 0, "contract.activated", NULL);
    world_release(&w);
}

static void joining_is_refused_with_its_reason(void **state)
{
    struct command command = {.kind = COMMAND_ACCEDE_CONTRACT};
    (void) state;
    set_up();
    command.u.accede_contract.id = SLICE("nothing");
    command.u.accede_contract.as = SLICE("facility");
    world_do(&w, "north", &command);
    ASSERT_REFUSED(&w, REFUSE_CONTRACT_NOT_FOUND);
    do_accede(&w, "north", "zone", "clinic");
    ASSERT_REFUSED_AT(&w, REFUSE_ACCESSION_NO_CLASS, "/as");
    do_accede(&w, "north", "zone", "agency"); /* a party is no class */
    ASSERT_REFUSED_AT(&w, REFUSE_ACCESSION_NO_CLASS, "/as");
    command.u.accede_contract.id = SLICE("zone");
    world_do(&w, "north", &command);
    ASSERT_REFUSED_AT(&w, REFUSE_CONTRACT_VERSION, "/version");
    do_accede(&w, "north", "zone", "facility");
    ASSERT_DONE(&w);
    do_accede(&w, "north", "zone", "facility");
    ASSERT_REFUSED_AT(&w, REFUSE_ACCESSION_DONE, "/as");
    do_accede(&w, "south", "zone", "facility");
    world_day(&w, "2012-08-31");
    do_accede(&w, "west", "zone", "facility"); /* the last day */
    ASSERT_DONE(&w);
    do_accede(&w, "east", "zone", "facility");
    ASSERT_REFUSED(&w, REFUSE_ACCESSION_FULL);
    world_release(&w);
}

static void nobody_joins_after_the_last_day_or_the_end(void **state)
{
    (void) state;
    start();
    world_day(&w, "2012-09-01");
    do_accede(&w, "west", "zone", "facility");
    ASSERT_REFUSED(&w, REFUSE_ACCESSION_CLOSED);
    world_day(&w, "2014-07-02");
    do_accede(&w, "west", "zone", "facility");
    ASSERT_REFUSED(&w, REFUSE_CONTRACT_CLOSED);
    world_release(&w);
}

static void the_head_covers_the_proposal(void **state)
{
    struct command command = {.kind = COMMAND_ACCEDE_CONTRACT, .actor = SLICE("north"), .kid = SLICE("k-north")};
    (void) state;
    set_up();
    command.u.accede_contract.id = SLICE("zone");
    command.u.accede_contract.as = SLICE("facility");
    command.head_seq = base_find_contract(&w, "zone")->seq - 1;
    world_do(&w, NULL, &command);
    ASSERT_REFUSED(&w, REFUSE_STATEMENT_HEAD);
    world_release(&w);
}

/* P2: one payment for each payee, in the order of their first instances. */
static void each_member_reports_for_itself_and_is_paid(void **state)
{
    const char *both[] = {"zone.acts/1 facility=south,quarter=2012-01-01/2012-03-31 5",
                          "zone.acts/1 facility=south,quarter=2012-04-01/2012-06-30 7"};
    (void) state;
    start();
    uint64_t south = w.seq;
    do_results(&w, "south", false, 2, both);
    ASSERT_DONE(&w);
    report("north", "zone.acts/1 facility=north,quarter=2012-01-01/2012-03-31 11", true);
    assert_int_equal(w.decision.changes.payments_count, 1);
    assert_true(slice_is(payment_at(0)->to_party, "facility") && slice_is(payment_at(0)->to_actor, "north") &&
                slice_is(payment_at(0)->from_actor, "agency") && slice_is(payment_at(0)->amount, "22.00"));
    do_verify(&w, "auditor", south, 0, NULL);
    ASSERT_DONE(&w);
    assert_int_equal(w.decision.changes.payments_count, 1);
    assert_true(slice_is(payment_at(0)->to_actor, "south") && slice_is(payment_at(0)->amount, "24.00"));
    assert_int_equal(payment_at(0)->instances, 2);
    /* a member that pays, and two at once */
    const char *people[] = {"zone.people/1 facility=south 300", "zone.people/1 facility=north 200"};
    do_results(&w, "auditor", false, 2, people);
    ASSERT_DONE(&w);
    assert_int_equal(w.decision.changes.payments_count, 2);
    assert_true(slice_is(payment_at(0)->from_actor, "north") && slice_is(payment_at(0)->from_party, "facility") &&
                slice_is(payment_at(0)->to_party, "agency") && slice_is(payment_at(0)->amount, "2.00"));
    assert_true(slice_is(payment_at(1)->from_actor, "south") && slice_is(payment_at(1)->amount, "3.00"));
    uint64_t paid = payment_at(1)->seq;
    do_settle(&w, "south", paid, "3.00"); /* who pays records it */
    ASSERT_DONE(&w);
    do_settle(&w, "north", paid, "0.00");
    ASSERT_REFUSED(&w, REFUSE_SETTLEMENT_NOT_PARTY);
    world_release(&w);
}

static void assert_does_not_fit(uint64_t seq, const char *words)
{
    for (int m = 0; m < WORLD_MODELS; m++) {
        struct model_fit *fits = NULL;
        uint32_t count = 0;
        for (;;) {
            struct needs needs = {.arena = w.arena};
            assert_int_equal(model_needs_result(w.models[m], seq, &needs, NULL), TALLY_OK);
            if (needs.count == 0)
                break;
            for (uint32_t i = 0; i < needs.count; i++)
                load(&w, w.models[m], &needs.items[i]);
        }
        assert_int_equal(model_fits(w.models[m], seq, 0, 0, w.arena, &fits, &count, NULL), TALLY_OK);
        assert_int_equal(count, 1);
        assert_false(fits[0].fits);
        if (strstr(fits[0].why.ptr, words) == NULL)
            fail_msg("\"%s\" is not in \"%s\"", words, fits[0].why.ptr);
    }
}

/* S1 */
static void a_result_of_who_has_not_joined_yet_does_not_fit(void **state)
{
    (void) state;
    start();
    do_result(&w, "west", "zone.acts/1 facility=west,quarter=2012-01-01/2012-03-31 5");
    ASSERT_REFUSED(&w, REFUSE_RESULT_NOT_REPORTER);
    uint64_t early = w.seq;
    do_result(&w, "north", "zone.acts/1 facility=west,quarter=2012-01-01/2012-03-31 5"); /* for another, who is no member */
    ASSERT_DONE(&w);
    assert_does_not_fit(early, "reported by facility alone");
    uint64_t other = w.seq;
    do_result(&w, "north", "zone.acts/1 facility=south,quarter=2012-01-01/2012-03-31 5"); /* for another member */
    ASSERT_DONE(&w);
    assert_does_not_fit(other, "reported by facility alone");
    do_verify(&w, "auditor", other, 0, NULL);
    ASSERT_REFUSED(&w, REFUSE_VERIFICATION_NOT_VERIFIER);
    do_result(&w, "auditor", "=zone/beds facility=west 5"); /* a figure belongs to this contract alone */
    ASSERT_REFUSED(&w, REFUSE_RESULT_VALUE);
    do_accede(&w, "west", "zone", "facility");
    ASSERT_DONE(&w);
    report("west", "zone.acts/1 facility=west,quarter=2012-01-01/2012-03-31 6", true);
    assert_true(slice_is(payment_at(0)->to_actor, "west") && slice_is(payment_at(0)->amount, "12.00"));
    report("auditor", "zone.people/1 facility=west 500", false);
    assert_true(slice_is(payment_at(0)->from_actor, "west") && slice_is(payment_at(0)->amount, "5.00"));
    world_release(&w);
}

static void what_was_reported_before_one_joined_does_not_count_for_it(void **state)
{
    (void) state;
    start();
    uint64_t seq = w.seq;
    report("auditor", "zone.people/1 facility=west 700", false);
    assert_int_equal(w.decision.event_count, 0);
    do_accede(&w, "west", "zone", "facility");
    assert_int_equal(w.decision.event_count, 0);
    assert_does_not_fit(seq, "west had not joined `facility` when it was reported");
    do_restate(&w, "auditor", seq, "800"); /* what is said from now on does */
    ASSERT_DONE(&w);
    assert_int_equal(w.decision.changes.payments_count, 1);
    assert_true(slice_is(payment_at(0)->from_actor, "west") && slice_is(payment_at(0)->amount, "8.00"));
    world_release(&w);
}

static void a_member_neither_verifies_nor_disputes(void **state)
{
    (void) state;
    start();
    uint64_t seq = w.seq;
    report("north", "zone.acts/1 facility=north,quarter=2012-01-01/2012-03-31 11", false);
    do_verify(&w, "south", seq, 0, NULL);
    ASSERT_REFUSED(&w, REFUSE_VERIFICATION_NOT_VERIFIER);
    do_dispute(&w, "south", seq, "zone", 0, NULL);
    ASSERT_REFUSED(&w, REFUSE_CONTRACT_NOT_PARTY);
    do_dispute(&w, "auditor", seq, "zone", 0, NULL);
    ASSERT_DONE(&w);
    /* a restatement of a member's is open until it is final, as a party's */
    do_resolve(&w, "agency", w.seq - 1, DECISION_STANDS, "", 0, NULL);
    do_verify(&w, "auditor", seq, 0, NULL);
    ASSERT_DONE(&w);
    uint64_t again = w.seq;
    do_restate(&w, "north", seq, "12");
    ASSERT_DONE(&w);
    do_restate(&w, "north", again, "13");
    ASSERT_REFUSED(&w, REFUSE_RESULT_OPEN);
    world_release(&w);
}

#define CLUB                                                                                                               \
    "currency USD rounded to 0.01, half even\nclock UTC+01:00\nruns 2012-01-01 to 2013-12-31\n"                            \
    "party agency outcome payer \"Agency\"\nparty auditor provider \"Auditor\"\n"
#define CLUB_FEE                                                                                                           \
    "metric owed is \"Due\" in USD between 0 and 100\n  reported by agency\npay fee from agency to auditor\n  amount "     \
    "owed\n"

/* Who comes as a party that is called as a class was signs for itself alone, not for the members of that class. */
static void a_party_named_as_a_class_is_no_member_of_it(void **state)
{
    static const char first[] = "terms 1\ncontract club \"Club\"\n" CLUB
                                "parties facility investor \"Facilities\", at most 3 join until 2012-08-31\n"
                                "in force when agency have signed\n"
                                "amended when agency and 2/3 of facility have signed\n" CLUB_FEE;
    uint8_t hash[32];
    char hex[65];
    (void) state;
    set_up();
    do_propose(&w, "agency", "club", first, PARTIES);
    ASSERT_DONE(&w);
    do_sign(&w, "agency", "club", "agency");
    do_accede(&w, "north", "club", "facility");
    do_accede(&w, "south", "club", "facility");
    ASSERT_DONE(&w);
    world_sha256("", slice_str(first), hash);
    text_hex(hash, sizeof hash, hex);
    const char *next = arena_printf(w.arena,
                                    "terms 1\ncontract club \"Club\" version 2 amends %s effective 2012-06-01\n" CLUB
                                    "party facility investor \"Facility\"\n" CLUB_FEE,
                                    hex)
                           .ptr;
    uint64_t seq = w.seq;
    do_amend(&w, "agency", "club", next, PARTIES " facility=west");
    ASSERT_DONE(&w);
    do_sign_amendment(&w, "agency", "club", "agency", seq);
    do_sign_amendment(&w, "north", "club", "facility", seq);
    do_sign_amendment(&w, "west", "club", "facility", seq);
    ASSERT_DONE(&w);
    assert_int_equal(w.decision.event_count, 0); /* two of both members have to sign */
    do_sign_amendment(&w, "south", "club", "facility", seq);
    ASSERT_DONE(&w);
    assert_event(&w, 0, "contract.amended", NULL);
    world_release(&w);
}

/* ---- a list whose members are parties ---- */
#define SHARED                                                                                                             \
    "terms 1\ncontract shared \"Shared\"\ncurrency USD rounded to 0.01, half even\nclock UTC\n"                            \
    "runs 2012-01-01 to 2013-12-31\nparty state outcome payer \"State\"\nparty city outcome payer \"City\"\n"              \
    "party maker provider \"Maker\"\nin force when state, city and maker have signed\n"                                    \
    "dimension funder (city, state)\n"                                                                                     \
    "table part in percent by funder\n  city: 40%\n  state: 60%\n"                                                         \
    "metric days is \"Days\" in days between 0 and 1_000\n  reported by maker\n"                                           \
    "pay housing from funder to maker\n  for each funder\n  amount portion(10.01 per day of days, part over funder)\n"

static void each_funder_owes_its_part_and_gets_it_back(void **state)
{
    (void) state;
    world_init(&w);
    do_register(&w, "op", "state", false);
    do_register(&w, "op", "town", false);
    do_register(&w, "op", "maker", false);
    do_propose(&w, "maker", "shared", SHARED, "city=town maker=maker state=state");
    ASSERT_DONE(&w);
    do_sign(&w, "state", "shared", "state");
    do_sign(&w, "town", "shared", "city");
    do_sign(&w, "maker", "shared", "maker");
    uint64_t seq = w.seq;
    report("maker", "=shared/days - 5", false);
    assert_int_equal(w.decision.changes.payments_count, 2);
    assert_true(slice_is(payment_at(0)->from_party, "city") && slice_is(payment_at(0)->from_actor, "town") &&
                slice_is(payment_at(0)->amount, "20.02"));
    assert_true(slice_is(payment_at(1)->from_party, "state") && slice_is(payment_at(1)->amount, "30.03"));
    do_restate(&w, "maker", seq, "1");
    assert_int_equal(w.decision.changes.payments_count, 2);
    assert_true(slice_is(payment_at(0)->to_actor, "town") && payment_at(0)->is_owed_back &&
                slice_is(payment_at(0)->from_actor, "maker") && slice_is(payment_at(0)->amount, "16.02"));
    assert_true(slice_is(payment_at(1)->to_actor, "state") && slice_is(payment_at(1)->amount, "24.02"));
    world_release(&w);
}

/* ---- persons ---- */
#define PERSON "p-4a5b6c7d8e9f0a1b2c3d"
#define HOUSED                                                                                                             \
    "terms 1\ncontract housed \"Housed\"\ncurrency USD rounded to 0.01, half even\nclock UTC\n"                            \
    "runs 2012-01-01 to 2013-12-31\nparty city outcome payer \"City\"\nparty maker provider \"Maker\"\n"                   \
    "in force when city and maker have signed\ndimension participant persons, at most 2\n"                                 \
    "metric days is \"Days\" in days between 0 and 1_000\n  by participant\n  reported by maker\n"                         \
    "pay each_one from city to maker\n  for each participant of days\n  amount 2 per day of days\n"

/* P2: the list names persons, and is not for everybody; the sum is. */
static void the_list_of_a_payment_that_names_persons_is_not_open(void **state)
{
    (void) state;
    world_init(&w);
    do_register(&w, "op", "city", false);
    do_register(&w, "op", "maker", false);
    do_propose(&w, "city", "housed", HOUSED, "city=city maker=maker");
    ASSERT_DONE(&w);
    do_sign(&w, "city", "housed", "city");
    do_sign(&w, "maker", "housed", "maker");
    report("maker", "=housed/days participant=" PERSON " 5", false);
    assert_event(&w, 1, "payment.itemised", NULL);
    assert_event(&w, 2, "payment.triggered", NULL);
    assert_false(w.decision.events[1].open);
    assert_true(w.decision.events[2].open);
    assert_null(strstr(w.decision.events[2].body.ptr, PERSON));
    do_result(&w, "maker", "=housed/days participant=anna 5"); /* no pseudonym: a name would stand there for ever */
    ASSERT_REFUSED(&w, REFUSE_RESULT_PERSON);
    world_release(&w);
}

/* S7 */
static void who_comes_when_all_places_are_taken_waits_for_one(void **state)
{
    (void) state;
    world_init(&w);
    do_register(&w, "op", "city", false);
    do_register(&w, "op", "maker", false);
    do_propose(&w, "city", "housed", HOUSED, "city=city maker=maker");
    do_sign(&w, "city", "housed", "city");
    do_sign(&w, "maker", "housed", "maker");
    const char *two[] = {"=housed/days participant=" PERSON "-b 5", "=housed/days participant=" PERSON "-c 6"};
    do_results(&w, "maker", false, 2, two);
    assert_int_equal(w.decision.changes.payments_count, 1);
    uint64_t third = w.seq;
    report("maker", "=housed/days participant=" PERSON "-a 7", false); /* first by its bytes, and too late */
    assert_int_equal(w.decision.changes.payments_count, 0);
    assert_does_not_fit(third, "2 count as `participant`, and others came before");
    uint64_t of = w.base.results[0].seq;
    const char *gone[] = {arena_printf(w.arena, "%" PRIu64 ".0", of).ptr};
    do_change(&w, "maker", of, true, false, 1, gone);
    ASSERT_DONE(&w);
    assert_int_equal(w.decision.changes.payments_count, 1); /* 10.00 go back, and who came first has the place: 14.00 */
    assert_true(!payment_at(0)->is_owed_back && slice_is(payment_at(0)->amount, "4.00"));
    assert_int_equal(payment_at(0)->instances, 2);
    report("maker", "=housed/days participant=" PERSON "-d 8", false);
    assert_int_equal(w.decision.changes.payments_count, 0); /* P1: nothing new of anybody who counts */
    assert_does_not_fit(w.base.results[w.base.results_count - 1].seq, "2 count");
    world_release(&w);
}

/* P2: what goes from one to another within a rule is a payment of nothing, with its list; nobody owes it back. */
static void what_only_changes_hands_is_a_payment_of_nothing(void **state)
{
    (void) state;
    world_init(&w);
    do_register(&w, "op", "city", false);
    do_register(&w, "op", "maker", false);
    do_propose(&w, "city", "housed", HOUSED, "city=city maker=maker");
    do_sign(&w, "city", "housed", "city");
    do_sign(&w, "maker", "housed", "maker");
    const char *two[] = {"=housed/days participant=" PERSON "-b 5", "=housed/days participant=" PERSON "-c 6"};
    uint64_t seq = w.seq;
    do_results(&w, "maker", false, 2, two);
    const char *other[] = {arena_printf(w.arena, "%" PRIu64 ".0 6", seq).ptr,
                           arena_printf(w.arena, "%" PRIu64 ".1 5", seq).ptr};
    do_change(&w, "maker", seq, false, true, 2, other);
    ASSERT_DONE(&w);
    assert_int_equal(w.decision.changes.payments_count, 1);
    assert_true(slice_is(payment_at(0)->amount, "0.00"));
    assert_int_equal(payment_at(0)->instances, 2);
    assert_false(payment_at(0)->is_owed_back);
    assert_true(slice_is(payment_at(0)->from_actor, "city"));
    world_release(&w);
}

/* S7: who came first did so with the first result, whatever it is restated to. */
static void who_came_first_keeps_the_place_when_restated(void **state)
{
    (void) state;
    world_init(&w);
    do_register(&w, "op", "city", false);
    do_register(&w, "op", "maker", false);
    do_propose(&w, "city", "housed", HOUSED, "city=city maker=maker");
    do_sign(&w, "city", "housed", "city");
    do_sign(&w, "maker", "housed", "maker");
    uint64_t first = w.seq;
    report("maker", "=housed/days participant=" PERSON "-b 5", false);
    report("maker", "=housed/days participant=" PERSON "-c 6", false);
    report("maker", "=housed/days participant=" PERSON "-a 7", false);
    do_restate(&w, "maker", first, "0");
    ASSERT_DONE(&w);
    assert_int_equal(w.decision.changes.payments_count, 1);
    assert_true(payment_at(0)->is_owed_back && slice_is(payment_at(0)->amount, "10.00"));
    world_release(&w);
}

/* By the version of the text in force, which a party has told: the amended one as the first was. */
static void who_is_told_the_version_joins_what_is_not_open_after_an_amendment_too(void **state)
{
    struct command command;
    uint8_t hash[32];
    char hex[65];
    (void) state;
    set_up();
    fill_proposal(&w, &command, "own", ZONE, PARTIES);
    command.u.propose_contract.open = false;
    world_do(&w, "agency", &command);
    ASSERT_DONE(&w);
    do_sign(&w, "agency", "own", "agency");
    do_accede(&w, "north", "own", "facility");
    ASSERT_DONE(&w);
    assert_event(&w, 0, "contract.activated", NULL);
    world_sha256("", SLICE(ZONE), hash);
    text_hex(hash, sizeof hash, hex);
    const char *header = strstr(ZONE, "\ncurrency"),
               *text = arena_printf(w.arena, "%.*s version 2 amends %s effective 2012-06-01%s", (int) (header - ZONE), ZONE,
                                    hex, header)
                           .ptr;
    uint64_t seq = w.seq;
    do_amend(&w, "agency", "own", text, PARTIES);
    ASSERT_DONE(&w);
    do_sign_amendment(&w, "agency", "own", "agency", seq);
    do_sign_amendment(&w, "north", "own", "facility", seq);
    ASSERT_DONE(&w);
    assert_event(&w, 0, "contract.amended", NULL);
    command = (struct command){.kind = COMMAND_ACCEDE_CONTRACT};
    command.u.accede_contract.id = SLICE("own");
    command.u.accede_contract.as = SLICE("facility");
    world_do(&w, "south", &command);
    ASSERT_REFUSED(&w, REFUSE_CONTRACT_NOT_FOUND); /* nobody has told it anything */
    memcpy(command.u.accede_contract.version, w.base.amendments[0].version_hash, 32);
    world_do(&w, "south", &command);
    ASSERT_DONE(&w);
    world_release(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whoever_the_terms_let_joins_and_may_be_the_last_that_is_needed),
        cmocka_unit_test(who_joins_before_the_parties_sign_counts_when_they_do),
        cmocka_unit_test(joining_is_refused_with_its_reason),
        cmocka_unit_test(nobody_joins_after_the_last_day_or_the_end),
        cmocka_unit_test(the_head_covers_the_proposal),
        cmocka_unit_test(each_member_reports_for_itself_and_is_paid),
        cmocka_unit_test(a_result_of_who_has_not_joined_yet_does_not_fit),
        cmocka_unit_test(what_was_reported_before_one_joined_does_not_count_for_it),
        cmocka_unit_test(a_member_neither_verifies_nor_disputes),
        cmocka_unit_test(a_party_named_as_a_class_is_no_member_of_it),
        cmocka_unit_test(each_funder_owes_its_part_and_gets_it_back),
        cmocka_unit_test(the_list_of_a_payment_that_names_persons_is_not_open),
        cmocka_unit_test(who_comes_when_all_places_are_taken_waits_for_one),
        cmocka_unit_test(what_only_changes_hands_is_a_payment_of_nothing),
        cmocka_unit_test(who_came_first_keeps_the_place_when_restated),
        cmocka_unit_test(who_is_told_the_version_joins_what_is_not_open_after_an_amendment_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
