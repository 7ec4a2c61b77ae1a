/* What a ledger recorded is recomputed from its archive; each thing that does not follow, and each that is left out, is found. */
#include "../../support/book_story.h"
#include "replay_help.h"

static void a_right_archive_is_recomputed_whole(void **state)
{
    struct book b;
    struct forge f;
    struct found found;
    (void) state;
    tell(&b);
    book_forge(&b, &f);
    assert_true(forge_number_of(&f, "payment.triggered") >= 6);
    assert_true(forge_number_of(&f, "moment.reached") >= 3);
    for (int threads = 1; threads <= 4; threads += 3) {
        struct buf text;
        forge_write(&f, FORGE_TREE, b.ledger, &text);
        verify_text(buf_slice(&text), b.vkey, threads, &found);
        assert_clean(&found);
        assert_int_equal(found.replay.contracts, 2);
        assert_int_equal(found.replay.statements + found.replay.events + 1, found.report.entries);
        buf_release(&text);
    }
    forge_release(&f);
    book_end(&b);
}

/* ---- payments ---- */

static void a_payment_raised_by_a_cent_is_found(void **state)
{
    struct book b;
    struct forge f;
    struct found found;
    (void) state;
    tell(&b);
    book_forge(&b, &f);
    size_t at = forge_find(&f, "payment.triggered", 0);
    forge_replace(&f, at, "\"amount\":\"100.00\"", "\"amount\":\"100.01\"");
    verify_forged(&f, FORGE_LIVED, &b, &found);
    assert_only(&found, FINDING_REPLAY_DIFFERS, at,
                "payment of USD 100.01 by rule each_place of deal; the terms give 100.00");
    forge_release(&f);
    book_end(&b);
}

static void a_payment_left_out_is_found(void **state)
{
    struct book b;
    struct forge f;
    struct found found;
    (void) state;
    tell(&b);
    book_forge(&b, &f);
    size_t at = forge_find(&f, "payment.triggered", 1); /* of the other contract; nobody names it */
    size_t cause = forge_find(&f, "result.submitted", 0);
    forge_remove(&f, at);
    verify_forged(&f, FORGE_LIVED, &b, &found);
    assert_only(&found, FINDING_REPLAY_MISSING, cause, "payment of USD 100.00 by rule each_place of other follows");
    forge_release(&f);
    book_end(&b);
}

static void a_payment_put_in_is_found(void **state)
{
    struct book b;
    struct forge f;
    struct found found;
    (void) state;
    tell(&b);
    book_forge(&b, &f);
    size_t at = forge_find(&f, "payment.triggered", 1);
    (void) forge_insert(&f, at + 1, &f.entries[at]);
    forge_replace(&f, at + 1, "\"rule\":\"each_place\"", "\"rule\":\"later\"");
    verify_forged(&f, FORGE_LIVED, &b, &found);
    assert_only(&found, FINDING_REPLAY_SURPLUS, at + 1, "payment of USD 100.00 by rule later of other does not follow");
    forge_release(&f);
    book_end(&b);
}

/* "explanation":"<64 digits>", out of the list's body. */
static void take_explanation(struct forge *f, size_t at)
{
    char member[96];
    struct slice body = f->entries[at].body;
    const char *begin = memmem(body.ptr, body.len, "\"explanation\"", 13);
    assert_non_null(begin);
    (void) snprintf(member, sizeof member, "%.81s", begin);
    assert_true(member[80] == ',');
    forge_replace(f, at, member, "");
}

/* None of them names one: who leaves out the reasons leaves out all of them. */
static void payments_without_explanations_are_found(void **state)
{
    struct book b;
    struct forge f;
    struct found found;
    size_t count = 0;
    (void) state;
    tell(&b);
    book_forge(&b, &f);
    count = forge_number_of(&f, "payment.itemised");
    for (size_t i = 0; i < count; i++)
        take_explanation(&f, forge_find(&f, "payment.itemised", i));
    verify_forged(&f, FORGE_LIVED, &b, &found);
    assert_int_equal(found.count + found.replay.more, count);
    assert_found(&found, 0, FINDING_REPLAY_DIFFERS, forge_find(&f, "payment.itemised", 0), "its explanation is not there");
    forge_release(&f);
    book_forge(&b, &f);
    size_t at = forge_find(&f, "payment.itemised", count - 1);
    take_explanation(&f, at);
    verify_forged(&f, FORGE_LIVED, &b, &found);
    assert_only(&found, FINDING_REPLAY_DIFFERS, at, "its explanation is not there");
    forge_release(&f);
    book_forge(&b, &f);
    at = forge_find(&f, "payment.itemised", 0);
    forge_replace(&f, at, "\"explanation\":\"", "\"explanation\":\"0");
    verify_forged(&f, FORGE_LIVED, &b, &found);
    assert_only(&found, FINDING_REPLAY_DIFFERS, at, "its explanation is \"0");
    forge_release(&f);
    book_end(&b);
}

static void a_payment_of_another_date_payer_or_list_is_found(void **state)
{
    static const struct {
        const char *type, *from, *to, *says;
    } edits[] = {
        {"payment.triggered", "\"due\":\"2012-07-01\"", "\"due\":\"2012-07-31\"", "its due is \"2012-07-31\""},
        {"payment.triggered", "\"from\":{\"actor\":\"buyer\"", "\"from\":{\"actor\":\"third\"", "its from is "},
        {"payment.triggered", "\"owed_back\":false", "\"owed_back\":true", "its owed_back is true"},
        {"payment.triggered", "\"currency\":\"USD\"", "\"currency\":\"EUR\"", "its currency is \"EUR\""},
        {"payment.itemised", "\"stands\":\"100.00\"", "\"stands\":\"100.01\"", "its items, item 1: "},
        {"payment.itemised", "}],\"rule\"", "},{}],\"rule\"", "its items, item 2: {}; recomputed it is none"},
        {"result.finalised", "\"key\":\"north\"", "\"key\":\"south\"",
         "list of results final in deal: its results, item 1"},
        {"contract.activated", "\"cause\":", "\"cause\":1", "activation of deal: its cause is "},
    };
    (void) state;
    for (size_t i = 0; i < sizeof(edits) / sizeof(edits[0]); i++) {
        struct book b;
        struct forge f;
        struct found found;
        tell(&b);
        book_forge(&b, &f);
        size_t at = forge_find(&f, edits[i].type, 0);
        forge_replace(&f, at, edits[i].from, edits[i].to);
        verify_forged(&f, FORGE_REBUILT | FORGE_AUTHORS, &b, &found);
        assert_only(&found, FINDING_REPLAY_DIFFERS, at, edits[i].says);
        forge_release(&f);
        book_end(&b);
    }
}

static void a_list_of_instances_left_out_is_found(void **state)
{
    struct book b;
    struct forge f;
    struct found found;
    (void) state;
    tell(&b);
    book_forge(&b, &f);
    size_t at = forge_find(&f, "payment.itemised", 0), cause = forge_find(&f, "result.submitted", 0);
    forge_remove(&f, at);
    verify_forged(&f, FORGE_LIVED, &b, &found);
    assert_found(&found, 0, FINDING_REPLAY_MISSING, cause, "list of instances of rule each_place of deal follows");
    forge_release(&f);
    book_end(&b);
}

/* ---- activations and finals ---- */

static void an_activation_or_a_final_left_out_or_put_in_is_found(void **state)
{
    static const struct {
        const char *type, *cause;
        size_t cause_n;
        const char *says;
    } deeds[] = {{"contract.activated", "contract.signed", 1, "activation of deal "},
                 {"result.finalised", "result.submitted", 0, "list of results final in deal "}};
    (void) state;
    for (size_t i = 0; i < 4; i++) {
        struct book b;
        struct forge f;
        struct found found;
        bool is_removed = i < 2;
        tell(&b);
        book_forge(&b, &f);
        size_t at = forge_find(&f, deeds[i % 2].type, 0);
        size_t cause = forge_find(&f, deeds[i % 2].cause, deeds[i % 2].cause_n);
        if (is_removed)
            forge_remove(&f, at);
        else
            (void) forge_insert(&f, at + 1, &f.entries[at]);
        verify_forged(&f, FORGE_LIVED, &b, &found);
        assert_only(&found, is_removed ? FINDING_REPLAY_MISSING : FINDING_REPLAY_SURPLUS, is_removed ? cause : at + 1,
                    deeds[i % 2].says);
        forge_release(&f);
        book_end(&b);
    }
}

static void a_final_for_a_contract_of_which_it_is_not_is_found(void **state)
{
    struct book b;
    struct forge f;
    struct found found;
    (void) state;
    tell(&b);
    book_forge(&b, &f);
    /* the bonus is deal's alone; other is made to count it too */
    size_t at = forge_find(&f, "result.finalised", 2);
    assert_non_null(strstr(f.entries[at].body.ptr, "bonus"));
    (void) forge_insert(&f, at + 1, &f.entries[at]);
    forge_replace(&f, at + 1, "\"contract\":\"deal\"", "\"contract\":\"other\"");
    verify_forged(&f, FORGE_LIVED, &b, &found);
    assert_only(&found, FINDING_REPLAY_SURPLUS, at + 1, "list of results final in other does not follow");
    forge_release(&f);
    book_end(&b);
}

/* ---- moments ---- */

static void a_moment_left_out_is_found(void **state)
{
    struct book b;
    struct forge f;
    struct found found;
    (void) state;
    tell(&b);
    book_forge(&b, &f);
    size_t at = forge_find(&f, "moment.reached", 0);
    size_t statement = forge_find(&f, "settlement.recorded", 0);
    while (!slice_is(f.entries[at].header.type, "settlement.recorded"))
        forge_remove(&f, at), statement--; /* with its payment */
    verify_forged(&f, FORGE_LIVED, &b, &found);
    assert_found(&found, 0, FINDING_REPLAY_MISSING, statement,
                 "moment 2013-02-28T23:00:00.000000Z of deal was due before this entry");
    assert_int_equal(found.count, 2); /* the other contract's, too */
    assert_found(&found, 1, FINDING_REPLAY_MISSING, statement, "of other was due before this entry");
    forge_release(&f);
    book_end(&b);
}

static void a_moment_that_stands_behind_a_later_statement_is_found(void **state)
{
    struct book b;
    struct forge f;
    struct found found;
    (void) state;
    tell(&b);
    book_forge(&b, &f);
    size_t at = forge_find(&f, "settlement.recorded", 0), to = forge_find(&f, "moment.reached", 0);
    forge_move(&f, at, to); /* all of one time: the settlement now comes first */
    verify_forged(&f, FORGE_REBUILT | FORGE_AUTHORS, &b, &found);
    assert_found(&found, 0, FINDING_REPLAY_MISSING, to, "moment 2013-02-28T23:00:00.000000Z of deal was due before");
    assert_found(&found, 1, FINDING_REPLAY_MISSING, to, "of other was due before");
    assert_found(&found, 2, FINDING_REPLAY_LATE, to + 1, "moment 2013-02-28T23:00:00.000000Z of deal belongs before");
    assert_int_equal(found.count, 4);
    assert_true(found.replay.more > 0); /* what it causes */
    forge_release(&f);
    book_end(&b);
}

/* Of two contracts at one instant that of the one proposed first comes first. */
static void two_moments_of_one_instant_in_the_other_order_are_found(void **state)
{
    struct book b;
    struct forge f;
    struct found found;
    (void) state;
    tell(&b);
    book_forge(&b, &f);
    size_t first = forge_find(&f, "moment.reached", 0), second = forge_find(&f, "moment.reached", 1);
    forge_move(&f, second, first);
    verify_forged(&f, FORGE_LIVED, &b, &found);
    assert_found(&found, 0, FINDING_REPLAY_MISSING, first, "moment 2013-02-28T23:00:00.000000Z of deal was due before");
    assert_found(&found, 1, FINDING_REPLAY_LATE, first + 1, "moment 2013-02-28T23:00:00.000000Z of deal belongs before");
    forge_release(&f);
    book_end(&b);
}

static void a_moment_at_which_nothing_is_due_is_found(void **state)
{
    struct book b;
    struct forge f;
    struct found found;
    (void) state;
    tell(&b);
    book_forge(&b, &f);
    size_t at = forge_find(&f, "moment.reached", 0);
    (void) forge_insert(&f, at, &f.entries[at]);
    forge_replace(&f, at, "2013-02-28T23:00", "2013-02-28T22:00");
    verify_forged(&f, FORGE_LIVED, &b, &found);
    assert_only(&found, FINDING_REPLAY_SURPLUS, at, "moment 2013-02-28T22:00:00.000000Z of deal is none");
    forge_release(&f);
    book_end(&b);
}

/* ---- statements ---- */

static void a_statement_that_the_ledger_had_to_refuse_is_found(void **state)
{
    struct book b;
    struct forge f;
    struct found found;
    (void) state;
    tell(&b);
    book_forge(&b, &f);
    size_t at = forge_find(&f, "settlement.recorded", 0);
    struct forge_entry *twice = forge_insert(&f, at + 1, &f.entries[at]);
    struct statement_draft draft = forge_draft(&f, at, NULL);
    twice->header.jti = draft.jti = SLICE("statement-once-more");
    forge_sign(&f, at + 1, &draft, book_actor(&b, "buyer")->key);
    verify_forged(&f, FORGE_LIVED, &b, &found);
    assert_only(&found, FINDING_REPLAY_REFUSED, at + 1,
                "settlement.recorded by buyer has to be refused: settlement.exceeds");
    forge_release(&f);
    book_end(&b);
}

/* A result of nobody who may report it, its consequences, and a restatement of it: one finding, and the rest counted. */
static void what_follows_from_a_wrong_statement_is_counted(void **state)
{
    struct book b;
    struct forge f;
    struct found found;
    (void) state;
    tell(&b);
    book_forge(&b, &f);
    size_t at = forge_find(&f, "result.submitted", 1); /* the bonus, by the seller alone */
    struct statement_draft draft = forge_draft(&f, at, NULL);
    struct forge_entry *entry = &f.entries[at];
    entry->header.actor = SLICE("buyer");
    forge_sign(&f, at, &draft, book_actor(&b, "buyer")->key);
    verify_forged(&f, FORGE_LIVED, &b, &found);
    assert_found(&found, 0, FINDING_REPLAY_REFUSED, at, "result.submitted by buyer has to be refused: result.not_reporter");
    assert_int_equal(found.replay.more > 0, true);
    for (size_t i = 1; i < found.count; i++)
        assert_non_null(strstr(found.findings[i].detail, "deal"));
    forge_release(&f);
    book_end(&b);
}

/* ---- bodies that are not there ---- */

static void without_a_body_what_needs_it_is_not_checked_and_the_rest_is(void **state)
{
    struct book b;
    struct forge f;
    struct found found;
    (void) state;
    tell(&b);
    book_forge(&b, &f);
    size_t at = forge_find(&f, "result.submitted", 1); /* a figure of deal alone, but who knows that without its body? */
    f.entries[at].state = ARCHIVE_BODY_ERASED;
    verify_forged(&f, FORGE_TREE, &b, &found);
    assert_int_equal(found.unchecked_count, 2);
    assert_int_equal(found.replay.contracts_unchecked, 2);
    assert_only(&found, FINDING_BODY_ERASED, at, "no body.erased"); /* this forger does not sign for it */
    forge_release(&f);
    book_forge(&b, &f);
    at = forge_find(&f, "contract.signed", 0);
    f.entries[at].state = ARCHIVE_BODY_ERASED; /* by the buyer, who has but one contract */
    size_t payment = forge_find(&f, "payment.triggered", 1);
    forge_replace(&f, payment, "\"amount\":\"100.00\"", "\"amount\":\"100.01\""); /* of the other one */
    verify_forged(&f, FORGE_REBUILT | FORGE_AUTHORS, &b, &found);
    assert_int_equal(found.unchecked_count, 1);
    assert_non_null(strstr(found.unchecked[0], "deal since"));
    assert_found(&found, found.count - 1, FINDING_BODY_ERASED, at, "no body.erased");
    found.count--;
    assert_only(&found, FINDING_REPLAY_DIFFERS, payment, "of other; the terms give 100.00");
    forge_release(&f);
    book_end(&b);
}

/* What is left of an erased body stands behind it: with it everything is recomputed; in a stream, which is read once, it comes too late. */
static void an_erased_body_is_replayed_by_what_is_left_of_it(void **state)
{
    static const char *const types[] = {"result.submitted", "result.restated", "settlement.recorded", "payment.itemised"};
    (void) state;
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        struct book b;
        struct forge f;
        struct found found;
        char path[80];
        tell(&b);
        size_t at = forge_find(&b.f, types[i], 0);
        (void) snprintf(path, sizeof(path), "/v1/entries/%zu/erasure", at);
        BOOK_SAID(&b, "op", path, "{\"ground\":\"asked\"}");
        book_forge(&b, &f);
        verify_forged(&f, FORGE_TREE, &b, &found);
        assert_clean(&found);
        assert_int_equal(found.report.erased, 1);
        assert_int_equal(found.replay.residues, i < 3 ? 1 : 0); /* the list is the service's own */
        without_residues = true;
        verify_forged(&f, FORGE_TREE, &b, &found);
        without_residues = false;
        assert_int_equal(found.count, 0);
        assert_int_equal(found.replay.contracts_unchecked, i < 2 ? 2 : i == 2 ? 1 : 0);
        forge_release(&f);
        book_end(&b);
    }
}

/* The ledger's word about an erased list is held against the terms, and its word about a result against what followed. */
static void a_residue_that_says_something_else_is_found(void **state)
{
    struct book b;
    struct forge f;
    struct found found;
    char path[80];
    (void) state;
    tell(&b);
    size_t list = forge_find(&b.f, "payment.itemised", 0), result = forge_find(&b.f, "result.submitted", 0);
    (void) snprintf(path, sizeof(path), "/v1/entries/%zu/erasure", list);
    BOOK_SAID(&b, "op", path, "{\"ground\":\"asked\"}");
    (void) snprintf(path, sizeof(path), "/v1/entries/%zu/erasure", result);
    BOOK_SAID(&b, "seller", path, "{\"ground\":\"asked\"}");
    book_forge(&b, &f);
    size_t at = forge_find(&f, "residue.kept", 0);
    forge_replace(&f, at, "\"stands\":\"100.00\"", "\"stands\":\"100.01\"");
    verify_forged(&f, FORGE_REBUILT | FORGE_AUTHORS, &b, &found);
    assert_only(&found, FINDING_REPLAY_DIFFERS, list, "what is left of its body is not what the terms give");
    forge_release(&f);
    book_forge(&b, &f);
    at = forge_find(&f, "residue.kept", 1);
    forge_replace(&f, at, "\"value\":\"40\"", "\"value\":\"44\"");
    verify_forged(&f, FORGE_REBUILT | FORGE_AUTHORS, &b, &found);
    assert_true(found.count > 0);
    assert_found(&found, 0, FINDING_REPLAY_DIFFERS, list, "");
    forge_release(&f);
    book_forge(&b, &f);
    forge_remove(&f, forge_find(&f, "residue.kept", 0));
    verify_forged(&f, FORGE_LIVED, &b, &found);
    assert_found(&found, 0, FINDING_REPLAY_MISSING, forge_find(&f, "body.erased", 0), "what is left of entry ");
    forge_release(&f);
    book_end(&b);
}

/* By somebody who may not: neither its author nor the operator. */
static void an_erasure_that_had_to_be_refused_is_found(void **state)
{
    struct book b;
    struct forge f;
    struct found found;
    char path[80];
    (void) state;
    tell(&b);
    size_t at = forge_find(&b.f, "result.submitted", 0);
    (void) snprintf(path, sizeof(path), "/v1/entries/%zu/erasure", at);
    BOOK_SAID(&b, "op", path, "{\"ground\":\"asked\"}");
    book_forge(&b, &f);
    size_t erased = forge_find(&f, "body.erased", 0);
    struct statement_draft draft = forge_draft(&f, erased, NULL);
    f.entries[erased].header.actor = SLICE("buyer");
    forge_sign(&f, erased, &draft, book_actor(&b, "buyer")->key);
    verify_forged(&f, FORGE_LIVED, &b, &found);
    assert_found(&found, 0, FINDING_STATEMENT_RIGHT, erased, "buyer erases entry");
    assert_int_equal(found.count, 1); /* what the signatures say of it is not said again */
    forge_release(&f);
    book_end(&b);
}

#define DOWN                                                                                                               \
    "terms 1\ncontract down \"Down\"\ncurrency USD rounded to 0.01, half even\nclock UTC\n"                                \
    "runs 2012-01-01 to 2013-12-31\ncloses 2014-06-30\nparty third outcome payer \"Third\"\n"                              \
    "party maker provider \"Maker\"\nin force when third and maker have signed\nuses up is contract %s\n"                  \
    "dimension place (north, south)\nmetric paid is each_place of up in USD\n  by place\n"                                 \
    "pay half from third to maker\n  for each place\n  amount 0.5 * paid\n"

/* A contract that takes its figures from one that cannot be recomputed cannot be either, whoever its parties are. */
static void what_uses_an_unchecked_contract_is_not_checked(void **state)
{
    struct book b;
    struct forge f;
    struct found found;
    char text[4096];
    (void) state;
    book_begin(&b);
    book_register(&b, "buyer", "");
    book_register(&b, "seller", "");
    book_register(&b, "third", "");
    book_register(&b, "maker", "");
    book_define(&b, "shared.units", "days");
    BOOK_DONE(&b, book_propose(&b, "buyer", "up", UNITS("units"), "buyer=buyer seller=seller"));
    BOOK_DONE(&b, book_sign_contract(&b, "buyer", "up", "buyer"));
    BOOK_DONE(&b, book_sign_contract(&b, "seller", "up", "seller"));
    (void) snprintf(text, sizeof(text), DOWN, b.contracts[0].version);
    BOOK_DONE(&b, book_propose(&b, "third", "down", text, "maker=maker third=third"));
    BOOK_DONE(&b, book_sign_contract(&b, "third", "down", "third"));
    BOOK_DONE(&b, book_sign_contract(&b, "maker", "down", "maker"));
    book_day(&b, "2012-07-01");
    BOOK_SAID(&b, "seller", "/v1/results",
              "{\"dimensions\":{\"place\":\"north\"},\"indicator\":\"shared.units\",\"value\":\"40\",\"version\":1}");
    uint64_t result = b.last;
    book_day(&b, "2014-08-01");
    book_register(&b, "late", "");
    book_forge(&b, &f);
    assert_true(forge_number_of(&f, "payment.triggered") >= 2);
    verify_forged(&f, FORGE_TREE, &b, &found);
    assert_clean(&found);
    f.entries[result].state = ARCHIVE_BODY_ERASED;
    verify_forged(&f, FORGE_TREE, &b, &found);
    assert_int_equal(found.unchecked_count, 2);
    assert_non_null(strstr(found.unchecked[0], "up since"));
    assert_non_null(strstr(found.unchecked[1], "down since"));
    forge_release(&f);
    book_end(&b);
}

/* ---- what is not for everybody ---- */
#define RESULT(place, value, more)                                                                                         \
    "{\"dimensions\":{\"place\":\"" place "\"},\"indicator\":\"shared.units\"" more ",\"value\":\"" value                  \
    "\",\"version\":1}"

/* `quiet` is for its parties alone, `loud` for everybody; the seller's results for `quiet` are not open. */
static void tell_privately(struct book *b, bool is_in_both)
{
    book_begin(b);
    book_register(b, "buyer", "");
    book_register(b, "seller", "");
    book_register(b, "third", "");
    book_register(b, "maker", "");
    book_define(b, "shared.units", "days");
    BOOK_DONE(b, book_propose_for(b, "buyer", "quiet", UNITS("units"), "buyer=buyer seller=seller", false));
    BOOK_DONE(b, book_propose(b, "third", "loud", UNITS("units"),
                              is_in_both ? "buyer=third seller=seller" : "buyer=third seller=maker"));
    BOOK_DONE(b, book_sign_contract(b, "buyer", "quiet", "buyer"));
    BOOK_DONE(b, book_sign_contract(b, "seller", "quiet", "seller"));
    BOOK_DONE(b, book_sign_contract(b, "third", "loud", "buyer"));
    BOOK_DONE(b, book_sign_contract(b, is_in_both ? "seller" : "maker", "loud", "seller"));
    book_day(b, "2012-07-01");
    BOOK_SAID(b, "seller", "/v1/results", RESULT("north", "40", ",\"open\":false"));
    uint64_t north = b->last;
    book_day(b, "2012-07-02");
    BOOK_SAID(b, is_in_both ? "seller" : "maker", "/v1/results", RESULT("south", "3", ""));
    char path[80];
    (void) snprintf(path, sizeof(path), "/v1/results/%llu/restatements", (unsigned long long) north);
    BOOK_SAID(b, "seller", path, "{\"value\":\"44\"}");
    book_day(b, "2014-08-01");
    book_register(b, "late", "");
}

static size_t withhold_all_that_is_not_open(struct forge *f)
{
    size_t count = 0;
    for (size_t i = 0; i < f->count; i++) {
        if (f->entries[i].header.open)
            continue;
        f->entries[i].state = ARCHIVE_BODY_WITHHELD;
        count++;
    }
    return count;
}

static void who_may_not_read_a_contract_replays_the_others(void **state)
{
    struct book b;
    struct forge f;
    struct found found;
    (void) state;
    tell_privately(&b, false);
    book_forge(&b, &f);
    verify_forged(&f, FORGE_TREE, &b, &found); /* who may read all */
    assert_clean(&found);
    assert_int_equal(found.replay.contracts, 2);
    size_t withheld = withhold_all_that_is_not_open(&f);
    assert_true(withheld > 8);
    verify_forged(&f, FORGE_TREE, &b, &found);
    assert_int_equal(found.count, 0);
    assert_int_equal(found.unchecked_count, 0);
    assert_int_equal(found.replay.contracts, 1);
    assert_true(found.replay.unseen >= withheld);
    size_t payment = 0;
    while (!slice_is(f.entries[payment].header.type, "payment.triggered") || !f.entries[payment].header.open)
        payment++;
    forge_replace(&f, payment, "\"amount\":\"7.50\"", "\"amount\":\"7.51\"");
    verify_forged(&f, FORGE_REBUILT | FORGE_AUTHORS, &b, &found);
    assert_only(&found, FINDING_REPLAY_DIFFERS, payment, "of loud; the terms give 7.50");
    forge_release(&f);
    book_end(&b);
}

/* The result counts in the open contract, too, of which only its amounts are seen then. */
static void an_open_contract_with_results_that_are_not_is_not_checked(void **state)
{
    struct book b;
    struct forge f;
    struct found found;
    (void) state;
    tell_privately(&b, true);
    book_forge(&b, &f);
    verify_forged(&f, FORGE_TREE, &b, &found);
    assert_clean(&found);
    (void) withhold_all_that_is_not_open(&f);
    verify_forged(&f, FORGE_TREE, &b, &found);
    assert_int_equal(found.count, 0);
    assert_int_equal(found.unchecked_count, 1);
    assert_non_null(strstr(found.unchecked[0], "loud since"));
    forge_release(&f);
    book_end(&b);
}

/* The hash of an explanation would confirm who guesses the results that are in it. */
static void who_may_not_read_a_result_has_no_hash_of_what_explains_it(void **state)
{
    (void) state;
    for (int is_in_both = 0; is_in_both < 2; is_in_both++) {
        struct book b;
        size_t named = 0, seen = 0;
        tell_privately(&b, is_in_both);
        for (size_t i = 0; i < b.f.count; i++) {
            const struct forge_entry *entry = &b.f.entries[i];
            if (memmem(entry->body.ptr, entry->body.len, "\"explanation\"", 13) == NULL)
                continue;
            assert_true(slice_is(entry->header.type, "payment.itemised"));
            named++;
            seen += entry->header.open;
        }
        assert_int_equal(named, forge_number_of(&b.f, "payment.triggered"));
        assert_int_equal(seen, is_in_both ? 0 : 1); /* where all that counts is open, so is the reason */
        book_end(&b);
    }
}

static void an_entry_that_is_missing_ends_it(void **state)
{
    struct book b;
    struct forge f;
    struct found found;
    (void) state;
    tell(&b);
    book_forge(&b, &f);
    size_t at = forge_find(&f, "result.submitted", 0);
    forge_remove(&f, at);
    verify_forged(&f, 0, &b, &found);
    assert_true(found.replay.is_ended);
    assert_int_equal(found.replay.end_seq, at + 1);
    for (size_t i = 0; i < found.count; i++)
        assert_true(found.findings[i].code < FINDING_REPLAY_REFUSED);
    forge_release(&f);
    book_end(&b);
}

/* Every difference of a contract beyond the first ones is counted, of the other contract all are told. */
static void one_contract_does_not_drown_the_reader(void **state)
{
    struct book b;
    struct forge f;
    struct found found;
    size_t told = 0;
    (void) state;
    tell(&b);
    book_forge(&b, &f);
    for (size_t i = 0; i < f.count; i++)
        if (slice_is(f.entries[i].header.type, "payment.triggered") ||
            slice_is(f.entries[i].header.type, "result.finalised"))
            f.entries[i].body = forge_replaced(&f, f.entries[i].body, "\"contract\":\"", "\"contract\": \"");
    verify_forged(&f, FORGE_LIVED, &b, &found);
    for (size_t i = 0; i < found.count; i++)
        told += strstr(found.findings[i].detail, "deal") != NULL ? 1 : 0;
    assert_true(told <= REPLAY_TOLD_MAX);
    assert_true(found.replay.more > 0);
    forge_release(&f);
    book_end(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_right_archive_is_recomputed_whole),
        cmocka_unit_test(a_payment_raised_by_a_cent_is_found),
        cmocka_unit_test(a_payment_left_out_is_found),
        cmocka_unit_test(a_payment_put_in_is_found),
        cmocka_unit_test(payments_without_explanations_are_found),
        cmocka_unit_test(a_payment_of_another_date_payer_or_list_is_found),
        cmocka_unit_test(a_list_of_instances_left_out_is_found),
        cmocka_unit_test(an_activation_or_a_final_left_out_or_put_in_is_found),
        cmocka_unit_test(a_final_for_a_contract_of_which_it_is_not_is_found),
        cmocka_unit_test(a_moment_left_out_is_found),
        cmocka_unit_test(a_moment_that_stands_behind_a_later_statement_is_found),
        cmocka_unit_test(two_moments_of_one_instant_in_the_other_order_are_found),
        cmocka_unit_test(a_moment_at_which_nothing_is_due_is_found),
        cmocka_unit_test(a_statement_that_the_ledger_had_to_refuse_is_found),
        cmocka_unit_test(what_follows_from_a_wrong_statement_is_counted),
        cmocka_unit_test(without_a_body_what_needs_it_is_not_checked_and_the_rest_is),
        cmocka_unit_test(an_erased_body_is_replayed_by_what_is_left_of_it),
        cmocka_unit_test(a_residue_that_says_something_else_is_found),
        cmocka_unit_test(an_erasure_that_had_to_be_refused_is_found),
        cmocka_unit_test(what_uses_an_unchecked_contract_is_not_checked),
        cmocka_unit_test(who_may_not_read_a_contract_replays_the_others),
        cmocka_unit_test(an_open_contract_with_results_that_are_not_is_not_checked),
        cmocka_unit_test(who_may_not_read_a_result_has_no_hash_of_what_explains_it),
        cmocka_unit_test(an_entry_that_is_missing_ends_it),
        cmocka_unit_test(one_contract_does_not_drown_the_reader),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
