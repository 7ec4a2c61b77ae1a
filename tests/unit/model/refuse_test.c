/* What is refused, with which code, where; a refusal has no events and changes nothing (world_step asserts it). */
#include "texts.h"
#include "world.h"

static struct world w;

static int begin(void **state)
{
    (void) state;
    world_init(&w);
    do_register(&w, "op", "hub", true);
    do_register(&w, "op", "buyer", false);
    do_register(&w, "op", "seller", false);
    do_define(&w, "hub", "shared.units", 1, "days");
    do_propose(&w, "buyer", "deal", UNITS("units"), UNITS_PARTIES);
    return w.decision.refusal == NULL ? 0 : -1;
}

static int end(void **state)
{
    (void) state;
    world_release(&w);
    return 0;
}

static void put_in_force(void)
{
    do_sign(&w, "buyer", "deal", "buyer");
    do_sign(&w, "seller", "deal", "seller");
    ASSERT_DONE(&w);
    assert_int_equal(base_find_contract(&w, "deal")->state, CONTRACT_IN_FORCE);
}

static struct command revocation(const char *actor, const char *kid)
{
    struct command command = {.kind = COMMAND_REVOKE_KEY};
    command.u.revoke_key.id = slice_str(actor);
    command.u.revoke_key.kid = slice_str(kid);
    return command;
}

static struct command new_key(const char *actor, const char *kid)
{
    struct command command = {.kind = COMMAND_ADD_KEY};
    command.u.add_key.id = slice_str(actor);
    command.u.add_key.kid = slice_str(kid);
    command.u.add_key.x = SLICE("x");
    return command;
}

/* ---- who signs ---- */
static void a_key_that_is_not_the_actors_is_unknown(void **state)
{
    struct command command = revocation("buyer", "k-buyer");
    (void) state;
    command.actor = SLICE("seller");
    command.kid = SLICE("k-buyer");
    command.head_seq = w.seq - 1;
    world_do(&w, NULL, &command);
    ASSERT_REFUSED(&w, REFUSE_STATEMENT_KEY_UNKNOWN);
    command.kid = SLICE("k-nobody");
    world_do(&w, NULL, &command);
    ASSERT_REFUSED(&w, REFUSE_STATEMENT_KEY_UNKNOWN);
}

static void a_revoked_key_signs_nothing_from_its_entry_on(void **state)
{
    struct command command = revocation("seller", "k-seller");
    (void) state;
    world_do(&w, "op", &command);
    ASSERT_DONE(&w);
    do_sign(&w, "seller", "deal", "seller");
    ASSERT_REFUSED(&w, REFUSE_KEY_REVOKED);
    world_do(&w, "op", &command);
    ASSERT_REFUSED(&w, REFUSE_KEY_ALREADY_REVOKED);
}

static void a_head_before_the_signers_own_registration_is_refused(void **state)
{
    struct command command = revocation("seller", "k-seller");
    (void) state;
    command.actor = SLICE("seller");
    command.kid = SLICE("k-seller");
    command.head_seq = 2; /* registered by entry 3 */
    world_do(&w, NULL, &command);
    ASSERT_REFUSED(&w, REFUSE_STATEMENT_HEAD);
    command.head_seq = 3;
    world_do(&w, NULL, &command);
    ASSERT_DONE(&w);
}

/* ---- actors and keys ---- */
static void only_operator_and_backbone_register(void **state)
{
    (void) state;
    do_register(&w, "buyer", "friend", false);
    ASSERT_REFUSED(&w, REFUSE_NOT_ALLOWED);
    do_register(&w, "hub", "friend", true);
    ASSERT_REFUSED_AT(&w, REFUSE_NOT_ALLOWED, "/roles");
    do_register(&w, "hub", "friend", false);
    ASSERT_DONE(&w);
    do_register(&w, "hub", "friend", false);
    ASSERT_REFUSED_AT(&w, REFUSE_ACTOR_TAKEN, "/id");
    do_register(&w, "op", "ledger", false);
    ASSERT_REFUSED_AT(&w, REFUSE_ACTOR_TAKEN, "/id");
}

static void a_key_belongs_to_one_actor_for_ever(void **state)
{
    struct command command = new_key("buyer", "k-seller");
    (void) state;
    world_do(&w, "buyer", &command);
    ASSERT_REFUSED_AT(&w, REFUSE_KEY_TAKEN, "/jwk");
    command = new_key("buyer", "k-new");
    world_do(&w, "op", &command);
    ASSERT_REFUSED(&w, REFUSE_NOT_ALLOWED); /* the operator never adds a key */
    world_do(&w, "buyer", &command);
    ASSERT_DONE(&w);
    world_do(&w, "buyer", &command);
    ASSERT_REFUSED(&w, REFUSE_KEY_TAKEN);
    command = new_key("nobody", "k-other");
    world_do(&w, "buyer", &command);
    ASSERT_REFUSED(&w, REFUSE_ACTOR_NOT_FOUND);
}

static void a_new_key_signs_and_is_not_before_its_entry(void **state)
{
    struct command command = new_key("buyer", "k-new"), revoke = revocation("buyer", "k-buyer");
    (void) state;
    world_do(&w, "buyer", &command);
    revoke.actor = SLICE("buyer");
    revoke.kid = SLICE("k-new");
    revoke.head_seq = w.seq - 2;
    world_do(&w, NULL, &revoke);
    ASSERT_REFUSED(&w, REFUSE_STATEMENT_HEAD);
    revoke.head_seq = w.seq - 1;
    world_do(&w, NULL, &revoke);
    ASSERT_DONE(&w);
}

static void a_revocation_names_a_key_of_that_actor(void **state)
{
    struct command command = revocation("buyer", "k-seller");
    (void) state;
    world_do(&w, "op", &command);
    ASSERT_REFUSED(&w, REFUSE_KEY_NOT_FOUND);
    command = revocation("nobody", "k-seller");
    world_do(&w, "op", &command);
    ASSERT_REFUSED(&w, REFUSE_ACTOR_NOT_FOUND);
    command = revocation("seller", "k-seller");
    world_do(&w, "buyer", &command);
    ASSERT_REFUSED(&w, REFUSE_NOT_ALLOWED);
}

/* ---- indicators ---- */
static void definitions_are_numbered_without_gaps(void **state)
{
    (void) state;
    do_define(&w, "buyer", "other", 1, "percent");
    ASSERT_REFUSED(&w, REFUSE_NOT_ALLOWED);
    do_define(&w, "hub", "other", 2, "percent");
    ASSERT_REFUSED_AT(&w, REFUSE_INDICATOR_VERSION, "/version");
    do_define(&w, "hub", "shared.units", 1, "days");
    ASSERT_REFUSED(&w, REFUSE_INDICATOR_VERSION);
    do_define(&w, "hub", "shared.units", 2, "days");
    ASSERT_DONE(&w);
}

/* ---- contracts ---- */
static void a_proposal_names_exactly_the_parties_of_the_text(void **state)
{
    (void) state;
    do_propose(&w, "buyer", "two", UNITS("units"), "buyer=buyer");
    ASSERT_REFUSED_AT(&w, REFUSE_CONTRACT_PARTIES, "/parties");
    do_propose(&w, "buyer", "two", UNITS("units"), "buyer=buyer other=seller seller=seller");
    ASSERT_REFUSED_AT(&w, REFUSE_CONTRACT_PARTIES, "/parties/other");
    do_propose(&w, "buyer", "two", UNITS("units"), "buyer=buyer seller=nobody");
    ASSERT_REFUSED_AT(&w, REFUSE_ACTOR_UNKNOWN, "/parties/seller/actor");
}

static void the_keys_of_a_proposal_are_valid_keys_of_the_parties(void **state)
{
    struct command command, revoke = revocation("seller", "k-seller");
    (void) state;
    fill_proposal(&w, &command, "two", UNITS("units"), UNITS_PARTIES);
    ((struct command_party *) (uintptr_t) command.u.propose_contract.parties)[1].kid = SLICE("k-buyer");
    world_do(&w, "buyer", &command);
    ASSERT_REFUSED_AT(&w, REFUSE_CONTRACT_PARTIES, "/parties/seller/kid");
    world_do(&w, "op", &revoke);
    do_propose(&w, "buyer", "two", UNITS("units"), UNITS_PARTIES);
    ASSERT_REFUSED_AT(&w, REFUSE_CONTRACT_PARTIES, "/parties/seller/kid");
}

static void a_proposal_uses_indicators_as_they_are_defined(void **state)
{
    (void) state;
    do_register(&w, "op", "mdrc", false);
    do_propose(&w, "buyer", "two", RIKERS, "bloomberg=mdrc city=mdrc goldman=mdrc mdrc=mdrc vera=mdrc");
    ASSERT_REFUSED_AT(&w, REFUSE_INDICATOR_UNKNOWN, "/terms");
    assert_non_null(w.decision.refusal->errors->next); /* both that are missing */
    do_define(&w, "hub", "nyc.bed-days", 1, "days");
    do_define(&w, "hub", "nyc.significant", 1, "true or false");
    do_propose(&w, "buyer", "two", RIKERS, "bloomberg=mdrc city=mdrc goldman=mdrc mdrc=mdrc vera=mdrc");
    ASSERT_REFUSED_AT(&w, REFUSE_CONTRACT_TERMS, "/terms");
}

static void a_proposal_is_new_and_a_private_one_by_a_party(void **state)
{
    struct command command;
    (void) state;
    fill_proposal(&w, &command, "two", UNITS("units"), UNITS_PARTIES);
    command.u.propose_contract.open = false;
    world_do(&w, "hub", &command);
    ASSERT_REFUSED_AT(&w, REFUSE_CONTRACT_PRIVATE, "/open");
    do_propose(&w, "seller", "deal", UNITS("units"), UNITS_PARTIES);
    ASSERT_REFUSED_AT(&w, REFUSE_CONTRACT_TAKEN, "/id");
}

static void a_proposal_has_seen_what_it_names(void **state)
{
    struct command command;
    (void) state;
    fill_proposal(&w, &command, "two", UNITS("units"), UNITS_PARTIES);
    command.actor = SLICE("buyer");
    command.kid = SLICE("k-buyer");
    command.head_seq = 2; /* seller is entry 3, the indicator entry 4 */
    world_do(&w, NULL, &command);
    ASSERT_REFUSED(&w, REFUSE_STATEMENT_HEAD);
    command.head_seq = 3;
    world_do(&w, NULL, &command);
    ASSERT_REFUSED(&w, REFUSE_STATEMENT_HEAD);
    command.head_seq = 4;
    world_do(&w, NULL, &command);
    ASSERT_DONE(&w);
}

static void a_signature_is_of_the_party_under_the_version(void **state)
{
    struct command command = {.kind = COMMAND_SIGN_CONTRACT};
    (void) state;
    command.u.sign_contract.id = SLICE("deal");
    command.u.sign_contract.as = SLICE("buyer");
    world_do(&w, "buyer", &command);
    ASSERT_REFUSED_AT(&w, REFUSE_CONTRACT_VERSION, "/version");
    command.u.sign_contract.id = SLICE("nothing");
    world_do(&w, "buyer", &command);
    ASSERT_REFUSED(&w, REFUSE_CONTRACT_NOT_FOUND);
    do_sign(&w, "buyer", "deal", "seller");
    ASSERT_REFUSED_AT(&w, REFUSE_CONTRACT_NOT_PARTY, "/as");
    do_sign(&w, "buyer", "deal", "stranger");
    ASSERT_REFUSED_AT(&w, REFUSE_CONTRACT_NOT_PARTY, "/as");
    do_sign(&w, "buyer", "deal", "buyer");
    ASSERT_DONE(&w);
    do_sign(&w, "buyer", "deal", "buyer");
    ASSERT_REFUSED_AT(&w, REFUSE_CONTRACT_SIGNED, "/as");
}

static void a_signature_has_seen_the_proposal(void **state)
{
    struct command command = {
        .kind = COMMAND_SIGN_CONTRACT, .actor = SLICE("buyer"), .kid = SLICE("k-buyer"), .head_seq = w.seq - 2};
    (void) state;
    command.u.sign_contract.id = SLICE("deal");
    command.u.sign_contract.as = SLICE("buyer");
    memcpy(command.u.sign_contract.version, base_find_contract(&w, "deal")->version_hash, 32);
    world_do(&w, NULL, &command);
    ASSERT_REFUSED(&w, REFUSE_STATEMENT_HEAD);
}

static void after_the_last_day_nobody_signs(void **state)
{
    (void) state;
    world_day(&w, "2014-07-02");
    do_sign(&w, "buyer", "deal", "buyer");
    ASSERT_REFUSED(&w, REFUSE_CONTRACT_CLOSED);
}

/* ---- results ---- */
static void results_name_what_is_defined(void **state)
{
    (void) state;
    do_result(&w, "hub", "no.such/1 - 4");
    ASSERT_REFUSED_AT(&w, REFUSE_INDICATOR_UNKNOWN, "/indicator");
    do_result(&w, "hub", "shared.units/2 place=north 4");
    ASSERT_REFUSED_AT(&w, REFUSE_INDICATOR_UNKNOWN, "/version");
    do_result(&w, "seller", "=nothing/bonus - 4");
    ASSERT_REFUSED_AT(&w, REFUSE_CONTRACT_UNKNOWN, "/contract");
}

static void the_value_has_the_form_of_the_unit(void **state)
{
    static const char *const days[] = {"4%", "-0", "01", "1e3", "true", "4.", "+4", "1000000000000000000", ""};
    const char *list[] = {"shared.units/1 place=north 4", "shared.units/1 place=south four"};
    char text[80];
    (void) state;
    for (size_t i = 0; i < sizeof(days) / sizeof(days[0]); i++) {
        snprintf(text, sizeof(text), "shared.units/1 place=north %s", days[i]);
        do_result(&w, "hub", text);
        ASSERT_REFUSED_AT(&w, REFUSE_RESULT_VALUE, "/value");
    }
    do_results(&w, "hub", false, 2, list);
    ASSERT_REFUSED_AT(&w, REFUSE_RESULT_VALUE, "/results/1/value");
    static const char *const units[][3] = {{"percent", "8.5%", "8.5"},
                                           {"date", "2016-02-29", "2015-02-29"},
                                           {"true or false", "false", "no"},
                                           {"word", "housed", "Housed"},
                                           {"points", "-2.5", "-2.5%"}};
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        snprintf(text, sizeof(text), "i%zu", i);
        do_define(&w, "hub", world_keep(&w, slice_str(text)).ptr, 1, units[i][0]);
        snprintf(text, sizeof(text), "i%zu/1 - %s", i, units[i][2]);
        do_result(&w, "hub", text);
        ASSERT_REFUSED(&w, REFUSE_RESULT_VALUE);
        snprintf(text, sizeof(text), "i%zu/1 - %s", i, units[i][1]);
        do_result(&w, "hub", text);
        ASSERT_DONE(&w);
    }
}

static void a_key_is_reported_once(void **state)
{
    const char *list[] = {"shared.units/1 place=south 4", "shared.units/1 place=north 5", "shared.units/1 place=south 4"};
    (void) state;
    do_results(&w, "hub", false, 3, list);
    ASSERT_REFUSED_AT(&w, REFUSE_RESULT_DUPLICATE, "/results/2");
    do_results(&w, "hub", false, 2, list);
    ASSERT_DONE(&w);
    do_result(&w, "hub", "shared.units/1 place=north 5");
    ASSERT_REFUSED(&w, REFUSE_RESULT_DUPLICATE);
    do_result(&w, "hub", "shared.units/1 - 5");
    ASSERT_DONE(&w); /* other dimensions, another key */
}

static void reporters_are_backbone_or_named_by_a_contract_in_force(void **state)
{
    (void) state;
    do_register(&w, "op", "stranger", false);
    do_result(&w, "stranger", "shared.units/1 place=north 5");
    ASSERT_REFUSED_AT(&w, REFUSE_RESULT_NOT_REPORTER, "/indicator");
    do_result(&w, "op", "shared.units/1 place=north 5");
    ASSERT_REFUSED(&w, REFUSE_RESULT_NOT_REPORTER); /* the operator is no reporter */
    do_result(&w, "buyer", "shared.units/1 place=north 5");
    ASSERT_REFUSED(&w, REFUSE_CONTRACT_NOT_IN_FORCE);
    do_result(&w, "seller", "=deal/bonus - 5");
    ASSERT_REFUSED_AT(&w, REFUSE_CONTRACT_NOT_IN_FORCE, "/contract");
    put_in_force();
    do_result(&w, "buyer", "shared.units/1 place=north 5");
    ASSERT_DONE(&w);
    do_result(&w, "stranger", "shared.units/1 place=north 5");
    ASSERT_REFUSED(&w, REFUSE_RESULT_NOT_REPORTER);
}

static void a_figure_is_one_of_its_contract_and_fits(void **state)
{
    (void) state;
    put_in_force();
    do_result(&w, "seller", "=deal/nothing - 5");
    ASSERT_REFUSED_AT(&w, REFUSE_BODY_SCHEMA, "/metric");
    do_result(&w, "seller", "=deal/units place=north 5");
    ASSERT_REFUSED_AT(&w, REFUSE_BODY_SCHEMA, "/metric");
    do_result(&w, "buyer", "=deal/bonus - 5");
    ASSERT_REFUSED_AT(&w, REFUSE_RESULT_NOT_REPORTER, "/metric");
    do_result(&w, "hub", "=deal/bonus - 5");
    ASSERT_REFUSED(&w, REFUSE_RESULT_NOT_REPORTER);
    do_result(&w, "seller", "=deal/bonus - 101");
    ASSERT_REFUSED_AT(&w, REFUSE_RESULT_VALUE, "/value");
    do_result(&w, "seller", "=deal/bonus place=north 5");
    ASSERT_REFUSED(&w, REFUSE_RESULT_VALUE);
    do_result(&w, "seller", "=deal/bonus - 100");
    ASSERT_DONE(&w);
}

static void a_result_has_seen_what_it_names(void **state)
{
    struct command command = {.kind = COMMAND_SUBMIT_RESULTS, .actor = SLICE("hub"), .kid = SLICE("k-hub"), .head_seq = 3};
    struct command_result result = read_result(&w, "shared.units/1 place=north 5");
    (void) state;
    command.u.submit_results.results = &result;
    command.u.submit_results.count = 1;
    world_do(&w, NULL, &command);
    ASSERT_REFUSED(&w, REFUSE_STATEMENT_HEAD);
    command.head_seq = 4; /* the definition */
    world_do(&w, NULL, &command);
    ASSERT_DONE(&w);
}

/* ---- verifications ---- */
#define CHECKED                                                                                                            \
    "terms 1\ncontract checked \"Checked\"\ncurrency USD rounded to 0.01, half even\nclock UTC\n"                          \
    "runs 2012-01-01 to 2013-12-31\nparty payer outcome payer \"Payer\"\nparty maker provider \"Maker\"\n"                 \
    "party one evaluator \"One\"\nparty two evaluator \"Two\"\nparty third auditor \"Third\"\n"                            \
    "in force when payer have signed\ndisputes decided by one within 60 days, otherwise stands\n"                          \
    "dimension place (north, south)\n"                                                                                     \
    "metric units is shared.units version 1 in days\n  by place\n  reported by maker\n"                                    \
    "  verified by 2 of (one, two, third)\n"                                                                               \
    "pay each_place from payer to maker\n  for each place\n  amount 2.50 per day of units\n"

static uint64_t checked(const char *second)
{
    char parties[128];
    const char *list[] = {"shared.units/1 place=north 4", "shared.units/1 place=south 4", "shared.units/1 place=west 4"};
    do_register(&w, "op", "one", false);
    do_register(&w, "op", "two", false);
    do_register(&w, "hub", "child", false);
    snprintf(parties, sizeof(parties), "maker=hub one=one payer=buyer third=child two=%s", second);
    do_propose(&w, "buyer", "checked", CHECKED, world_keep(&w, slice_str(parties)).ptr);
    ASSERT_DONE(&w);
    do_sign(&w, "buyer", "checked", "payer");
    ASSERT_DONE(&w);
    do_results(&w, "hub", false, 3, list);
    ASSERT_DONE(&w);
    return w.seq - 1;
}

static void verifiers_are_independent_and_named(void **state)
{
    const uint32_t fits[] = {0, 1}, beyond[] = {1, 3};
    (void) state;
    uint64_t seq = checked("two");
    do_verify(&w, "one", seq + 5, 0, NULL);
    ASSERT_REFUSED(&w, REFUSE_RESULT_NOT_FOUND);
    do_verify(&w, "one", 1, 0, NULL);
    ASSERT_REFUSED(&w, REFUSE_RESULT_NOT_FOUND); /* an entry of another kind */
    do_verify(&w, "hub", seq, 2, fits);
    ASSERT_REFUSED(&w, REFUSE_VERIFICATION_OWN);
    do_verify(&w, "child", seq, 2, fits);
    ASSERT_REFUSED(&w, REFUSE_VERIFICATION_OWN); /* the author registered it */
    do_verify(&w, "seller", seq, 2, fits);
    ASSERT_REFUSED_AT(&w, REFUSE_VERIFICATION_NOT_VERIFIER, "/items/0");
    do_verify(&w, "one", seq, 0, NULL);
    ASSERT_REFUSED(&w, REFUSE_VERIFICATION_NOT_VERIFIER); /* the third fits no contract */
    do_verify(&w, "one", seq, 2, beyond);
    ASSERT_REFUSED_AT(&w, REFUSE_BODY_SCHEMA, "/items/1");
    do_verify(&w, "one", seq, 2, fits);
    ASSERT_DONE(&w);
    assert_int_equal(w.decision.event_count, 0); /* a quorum of two */
    do_verify(&w, "one", seq, 2, fits);
    ASSERT_REFUSED_AT(&w, REFUSE_VERIFICATION_DONE, "/items/0");
    do_verify(&w, "two", seq, 1, fits);
    ASSERT_DONE(&w);
    assert_int_equal(w.decision.event_count, 3);
}

static void an_actor_that_is_two_verifiers_counts_once(void **state)
{
    const uint32_t first[] = {0};
    (void) state;
    uint64_t seq = checked("one");
    do_verify(&w, "one", seq, 1, first);
    ASSERT_DONE(&w);
    assert_int_equal(w.decision.event_count, 0);
}

static void a_verification_has_seen_the_result(void **state)
{
    const uint32_t first[] = {0};
    (void) state;
    uint64_t seq = checked("two");
    struct command command = {
        .kind = COMMAND_VERIFY_RESULT, .actor = SLICE("one"), .kid = SLICE("k-one"), .head_seq = seq - 1};
    command.u.verify_result.seq = seq;
    command.u.verify_result.items = first;
    command.u.verify_result.item_count = 1;
    world_do(&w, NULL, &command);
    ASSERT_REFUSED(&w, REFUSE_STATEMENT_HEAD);
}

/* ---- settlements ---- */
static void settlements_are_of_payments_by_their_parties(void **state)
{
    static const char *const amounts[] = {"0", "-1", "1.005", "1%", "ten", "0.00"};
    (void) state;
    put_in_force();
    do_result(&w, "hub", "shared.units/1 place=south 4");
    uint64_t payment = w.base.payments[0].seq;
    do_settle(&w, "buyer", payment - 1, "5");
    ASSERT_REFUSED(&w, REFUSE_PAYMENT_NOT_FOUND);
    do_settle(&w, "hub", payment, "5");
    ASSERT_REFUSED(&w, REFUSE_SETTLEMENT_NOT_PARTY);
    for (size_t i = 0; i < sizeof(amounts) / sizeof(amounts[0]); i++) {
        do_settle(&w, "buyer", payment, amounts[i]);
        ASSERT_REFUSED_AT(&w, REFUSE_SETTLEMENT_AMOUNT, "/amount");
    }
    do_settle(&w, "buyer", payment, "10.01");
    ASSERT_REFUSED_AT(&w, REFUSE_SETTLEMENT_EXCEEDS, "/amount");
    struct command command = {
        .kind = COMMAND_RECORD_SETTLEMENT, .actor = SLICE("buyer"), .kid = SLICE("k-buyer"), .head_seq = payment - 1};
    command.u.record_settlement.seq = payment;
    command.u.record_settlement.amount = SLICE("10");
    world_do(&w, NULL, &command);
    ASSERT_REFUSED(&w, REFUSE_STATEMENT_HEAD);
}

/* ---- limits ---- */
static void too_little_memory_is_a_refusal(void **state)
{
    struct command command = new_key("buyer", "k-new");
    struct decision decision = {0};
    struct model_place place = {w.seq, w.time};
    struct arena *small = arena_new(64);
    (void) state;
    command.actor = SLICE("buyer");
    command.kid = SLICE("k-buyer");
    command.head_seq = w.seq - 1;
    world_fill(&w, w.models[0], &command);
    assert_int_equal(model_decide(w.models[0], &command, &place, small, &decision, NULL), TALLY_OK);
    assert_non_null(decision.refusal);
    assert_int_equal(decision.refusal->code, REFUSE_EVALUATION_LIMIT);
    assert_int_equal(decision.refusal->detail.len, strlen(decision.refusal->detail.ptr));
    arena_free(small);
}

static void deciding_without_what_was_asked_for_is_our_error(void **state)
{
    struct command command = {
        .kind = COMMAND_SUBMIT_RESULTS, .actor = SLICE("hub"), .kid = SLICE("k-hub"), .head_seq = w.seq - 1};
    struct command_result result = read_result(&w, "shared.units/1 place=north 5");
    struct decision decision = {0};
    struct model_place place = {w.seq, w.time};
    (void) state;
    put_in_force();
    command.u.submit_results.results = &result;
    command.u.submit_results.count = 1;
    struct model *model = w.models[1];
    model_forget(model);
    for (uint32_t i = 0; i < w.base.keys_count; i++)
        assert_int_equal(model_put_key(model, &w.base.keys[i], NULL), TALLY_OK);
    for (uint32_t i = 0; i < w.base.actors_count; i++)
        assert_int_equal(model_put_actor(model, &w.base.actors[i], NULL), TALLY_OK);
    for (uint32_t i = 0; i < w.base.indicators_count; i++)
        assert_int_equal(model_put_indicator(model, &w.base.indicators[i], NULL), TALLY_OK);
    for (uint32_t i = 0; i < w.base.metrics_count; i++)
        assert_int_equal(model_put_metric(model, &w.base.metrics[i], NULL), TALLY_OK);
    assert_int_equal(model_decide(model, &command, &place, w.arena, &decision, NULL), TALLY_E_BUG);
    assert_int_equal(model_put_contract(model, &w.base.contracts[0], NULL), TALLY_OK);
    assert_int_equal(model_decide(model, &command, &place, w.arena, &decision, NULL), TALLY_E_BUG); /* not complete */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_key_that_is_not_the_actors_is_unknown),
        TEST(a_revoked_key_signs_nothing_from_its_entry_on),
        TEST(a_head_before_the_signers_own_registration_is_refused),
        TEST(only_operator_and_backbone_register),
        TEST(a_key_belongs_to_one_actor_for_ever),
        TEST(a_new_key_signs_and_is_not_before_its_entry),
        TEST(a_revocation_names_a_key_of_that_actor),
        TEST(definitions_are_numbered_without_gaps),
        TEST(a_proposal_names_exactly_the_parties_of_the_text),
        TEST(the_keys_of_a_proposal_are_valid_keys_of_the_parties),
        TEST(a_proposal_uses_indicators_as_they_are_defined),
        TEST(a_proposal_is_new_and_a_private_one_by_a_party),
        TEST(a_proposal_has_seen_what_it_names),
        TEST(a_signature_is_of_the_party_under_the_version),
        TEST(a_signature_has_seen_the_proposal),
        TEST(after_the_last_day_nobody_signs),
        TEST(results_name_what_is_defined),
        TEST(the_value_has_the_form_of_the_unit),
        TEST(a_key_is_reported_once),
        TEST(reporters_are_backbone_or_named_by_a_contract_in_force),
        TEST(a_figure_is_one_of_its_contract_and_fits),
        TEST(a_result_has_seen_what_it_names),
        TEST(verifiers_are_independent_and_named),
        TEST(an_actor_that_is_two_verifiers_counts_once),
        TEST(a_verification_has_seen_the_result),
        TEST(settlements_are_of_payments_by_their_parties),
        TEST(too_little_memory_is_a_refusal),
        TEST(deciding_without_what_was_asked_for_is_our_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
