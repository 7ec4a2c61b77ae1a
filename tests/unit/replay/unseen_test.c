/* What a reader of part of a ledger can know: nobody is blamed for what is withheld or erased, what can be checked is, and the rest is
 * counted and named. */
#include "replay_help.h"

#define RESULT(place, value)                                                                                               \
    "{\"dimensions\":{\"place\":\"" place "\"},\"indicator\":\"shared.units\",\"value\":\"" value "\",\"version\":1}"
#define QUIET_RESULT(place, value)                                                                                         \
    "{\"dimensions\":{\"place\":\"" place "\"},\"indicator\":\"shared.units\",\"open\":false,\"value\":\"" value           \
    "\",\"version\":1}"

/* ---- who sees what ---- */

static bool names(const struct forge_entry *entry, const char *contract)
{
    char in_path[80], in_body[80];
    struct statement s;
    struct refusal *refusal = NULL;
    struct arena *arena = arena_new(1u << 20);
    (void) snprintf(in_path, sizeof in_path, "/v1/contracts/%s/", contract);
    (void) snprintf(in_body, sizeof in_body, "\"%s\"", contract);
    bool is = memmem(entry->body.ptr, entry->body.len, in_body, strlen(in_body)) != NULL;
    if (!is && entry->jws.len > 0 && statement_read(entry->jws, arena, &s, &refusal, NULL) == TALLY_OK)
        is = memmem(s.htu.ptr, s.htu.len, in_path, strlen(in_path)) != NULL;
    arena_free(arena);
    return is;
}

/* All of this contract that is not open, up to a number; NULL: of any. Results that are not open go with it. */
static size_t withhold(struct forge *f, const char *contract, size_t before)
{
    size_t count = 0;
    for (size_t i = 0; i < f->count && i < before; i++) {
        struct forge_entry *entry = &f->entries[i];
        bool is_result = slice_starts(entry->header.type, SLICE("result."));
        if (entry->header.open || entry->state != ARCHIVE_BODY_PRESENT ||
            (contract != NULL && !is_result && !names(entry, contract)))
            continue;
        entry->state = ARCHIVE_BODY_WITHHELD;
        count++;
    }
    return count;
}

static void begin(struct book *b)
{
    static const char *const actors[] = {"buyer", "seller", "third", "maker", "one", "two", "north"};
    book_begin(b);
    for (size_t i = 0; i < sizeof(actors) / sizeof(actors[0]); i++)
        book_register(b, actors[i], "");
    book_define(b, "shared.units", "days");
}

static void in_force(struct book *b, const char *id, const char *text, const char *buyer, const char *seller, bool open)
{
    char parties[80];
    (void) snprintf(parties, sizeof parties, "buyer=%s seller=%s", buyer, seller);
    BOOK_DONE(b, book_propose_for(b, buyer, id, text, parties, open));
    BOOK_DONE(b, book_sign_contract(b, buyer, id, "buyer"));
    BOOK_DONE(b, book_sign_contract(b, seller, id, "seller"));
}

static bool is_unchecked(const struct found *found, const char *contract)
{
    char since[80];
    (void) snprintf(since, sizeof since, "%s since", contract);
    for (size_t i = 0; i < found->unchecked_count && i < FOUND_MAX; i++)
        if (strncmp(found->unchecked[i], since, strlen(since)) == 0)
            return true;
    return false;
}

static void assert_nothing_found(const struct found *found)
{
    if (found->count != 0)
        print_found(found);
    assert_int_equal(found->count, 0);
    assert_int_equal(found->replay.more, 0);
    assert_false(found->replay.is_ended);
}

/* ---- contracts that use others, and amendments that do ---- */
#define TAKER(header)                                                                                                      \
    "terms 1\ncontract down \"Down\"" header "\ncurrency USD rounded to 0.01, half even\nclock UTC\n"                      \
    "runs 2012-01-01 to 2013-12-31\ncloses 2014-06-30\nparty buyer outcome payer \"Buyer\"\n"                              \
    "party seller provider \"Seller\"\nin force when buyer and seller have signed\n"
#define USES                                                                                                               \
    "uses up is contract %s\ndimension place (north, south)\nmetric paid is each_place of up in USD\n  by place\n"         \
    "pay half from buyer to seller\n  for each place\n  amount 0.5 * paid\n"
#define ALONE                                                                                                              \
    "metric fee is \"Fee\" in USD between 0 and 100\n  reported by seller\npay fees from buyer to seller\n  amount fee\n"

static const char *used(struct book *b, const char *text, const char *hash)
{
    const char *at = strstr(text, "uses up is contract %s");
    assert_non_null(at);
    at = strstr(at, "%s");
    return arena_printf(b->f.arena, "%.*s%s%s", (int) (at - text), text, hash, at + 2).ptr;
}

/* `up` and `down`, which takes its figures, are for their parties; `loud` is everybody's. */
static void tell_uses(struct book *b, bool is_amended)
{
    begin(b);
    in_force(b, "up", UNITS("up"), "buyer", "seller", false);
    char up[2 * DIGEST_LEN + 1];
    memcpy(up, b->contracts[0].version, sizeof up);
    in_force(b, "down", is_amended ? TAKER("") ALONE : used(b, TAKER("") USES, up), "buyer", "seller", false);
    in_force(b, "loud", UNITS("loud"), "third", "maker", true);
    book_day(b, "2012-07-01");
    BOOK_SAID(b, "seller", "/v1/results", QUIET_RESULT("north", "40"));
    BOOK_SAID(b, "maker", "/v1/results", RESULT("north", "2"));
    if (is_amended) {
        BOOK_DONE(b, book_amend(b, "buyer", "down", used(b, TAKER(" version 2 amends %s effective 2012-01-01") USES, up),
                                "buyer=buyer seller=seller"));
        BOOK_DONE(b, book_sign_contract(b, "buyer", "down", "buyer"));
        BOOK_DONE(b, book_sign_contract(b, "seller", "down", "seller"));
    }
    book_day(b, "2012-07-05");
    BOOK_SAID(b, "seller", "/v1/results", QUIET_RESULT("south", "8"));
    book_day(b, "2014-08-01");
    book_register(b, "late", "");
}

static void whoever_sees_neither_contract_checks_the_others(void **state)
{
    (void) state;
    for (int is_amended = 0; is_amended < 2; is_amended++) {
        struct book b;
        struct forge f;
        struct found found;
        tell_uses(&b, is_amended);
        book_forge(&b, &f);
        verify_forged(&f, FORGE_TREE, &b, &found);
        assert_clean(&found);
        size_t withheld = withhold(&f, NULL, SIZE_MAX);
        verify_forged(&f, FORGE_TREE, &b, &found);
        assert_nothing_found(&found);
        assert_int_equal(found.unchecked_count, 0); /* they do not exist for it */
        assert_int_equal(found.replay.contracts, 1);
        assert_int_equal(found.report.withheld, withheld);
        size_t payment = 0;
        while (!slice_is(f.entries[payment].header.type, "payment.triggered") || !f.entries[payment].header.open)
            payment++;
        forge_replace(&f, payment, "\"amount\":\"5.00\"", "\"amount\":\"5.01\"");
        verify_forged(&f, FORGE_REBUILT | FORGE_AUTHORS, &b, &found);
        assert_only(&found, FINDING_REPLAY_DIFFERS, payment, "of loud; the terms give 5.00");
        forge_release(&f);
        book_end(&b);
    }
}

/* It may read what uses another, but not that: its text names a contract that nobody has shown it. */
static void what_uses_a_withheld_contract_is_named_as_not_checked(void **state)
{
    (void) state;
    for (int is_amended = 0; is_amended < 2; is_amended++) {
        struct book b;
        struct forge f;
        struct found found;
        tell_uses(&b, is_amended);
        book_forge(&b, &f);
        assert_true(withhold(&f, "up", SIZE_MAX) > 4);
        verify_forged(&f, FORGE_TREE, &b, &found);
        assert_nothing_found(&found);
        assert_true(is_unchecked(&found, "down"));
        assert_false(is_unchecked(&found, "loud"));
        forge_release(&f);
        book_end(&b);
    }
}

/* ---- figures that rest on results that are not open ---- */
#define OVER                                                                                                               \
    "terms 1\ncontract over \"Over\"\ncurrency USD rounded to 0.01, half even\nclock UTC\n"                                \
    "runs 2012-01-01 to 2013-12-31\ncloses 2014-06-30\nparty buyer outcome payer \"Buyer\"\n"                              \
    "party seller provider \"Seller\"\nin force when buyer and seller have signed\n"                                       \
    "uses up is contract %s\ndimension place (north, south)\nmetric taken is half of up in USD\n  by place\n"              \
    "pay tenth from buyer to seller\n  for each place\n  amount 0.1 * taken\n"

/* The list of the n-th payment by this rule. */
static const struct forge_entry *list_of(const struct forge *f, const char *rule, size_t n)
{
    char word[40];
    (void) snprintf(word, sizeof word, "\"rule\":\"%s\"", rule);
    for (size_t i = 0; i < f->count; i++)
        if (slice_is(f->entries[i].header.type, "payment.itemised") &&
            memmem(f->entries[i].body.ptr, f->entries[i].body.len, word, strlen(word)) != NULL && n-- == 0)
            return &f->entries[i];
    fail_msg("there is no such list of %s", rule);
    return NULL;
}

/* All three are open; a result that is not counts in the first, and what it comes to moves the others. */
static void no_hash_of_a_figure_that_rests_on_what_is_not_open_stands_in_public(void **state)
{
    static const char *const rules[] = {"each_place", "half", "tenth"};
    struct book b;
    struct forge f;
    struct found found;
    (void) state;
    begin(&b);
    in_force(&b, "up", UNITS("up"), "buyer", "seller", true);
    in_force(&b, "down", used(&b, TAKER("") USES, b.contracts[0].version), "buyer", "seller", true);
    in_force(&b, "over", used(&b, OVER, b.contracts[1].version), "buyer", "seller", true);
    book_day(&b, "2012-07-01");
    BOOK_SAID(&b, "seller", "/v1/results", RESULT("south", "8"));
    book_day(&b, "2012-07-05");
    BOOK_SAID(&b, "seller", "/v1/results", QUIET_RESULT("north", "40"));
    book_day(&b, "2014-08-01");
    book_register(&b, "late", "");
    book_forge(&b, &f);
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        assert_true(list_of(&f, rules[i], 0)->header.open);
        assert_false(list_of(&f, rules[i], 1)->header.open);
    }
    verify_forged(&f, FORGE_TREE, &b, &found);
    assert_clean(&found);
    assert_true(withhold(&f, NULL, SIZE_MAX) > 3);
    verify_forged(&f, FORGE_TREE, &b, &found);
    assert_nothing_found(&found);
    assert_true(is_unchecked(&found, "up") && is_unchecked(&found, "down") && is_unchecked(&found, "over"));
    forge_release(&f);
    book_end(&b);
}

/* ---- a party of some, and one that joined later ---- */
static void a_party_checks_its_own_contracts_and_is_not_told_of_others(void **state)
{
    struct book b;
    struct forge f;
    struct found found;
    (void) state;
    begin(&b);
    in_force(&b, "ours", UNITS("ours"), "buyer", "seller", false);
    in_force(&b, "theirs", UNITS("theirs"), "third", "maker", false);
    book_day(&b, "2012-07-01");
    BOOK_SAID(&b, "seller", "/v1/results", QUIET_RESULT("north", "40"));
    uint64_t ours = b.last;
    BOOK_SAID(&b, "maker", "/v1/results", QUIET_RESULT("north", "2"));
    book_day(&b, "2014-08-01");
    book_register(&b, "late", "");
    book_forge(&b, &f);
    size_t withheld = 0;
    for (size_t i = 0; i < f.count; i++) {
        struct forge_entry *entry = &f.entries[i];
        bool is_theirs = names(entry, "theirs") || (slice_is(entry->header.type, "result.submitted") && i != ours);
        if (entry->header.open || !is_theirs)
            continue;
        entry->state = ARCHIVE_BODY_WITHHELD;
        withheld++;
    }
    verify_forged(&f, FORGE_TREE, &b, &found);
    assert_nothing_found(&found);
    assert_int_equal(found.unchecked_count, 0);
    assert_int_equal(found.replay.contracts, 1);
    assert_int_equal(found.report.withheld, withheld);
    assert_true(found.replay.unseen >= withheld);
    size_t payment = forge_find(&f, "payment.triggered", 0);
    forge_replace(&f, payment, "\"amount\":\"100.00\"", "\"amount\":\"99.99\"");
    verify_forged(&f, FORGE_REBUILT | FORGE_AUTHORS, &b, &found);
    assert_only(&found, FINDING_REPLAY_DIFFERS, payment, "of ours; the terms give 100.00");
    forge_release(&f);
    book_end(&b);
}

/* Whatever of its own contract a party is not shown: it is told that this one was not checked, or what is wrong. */
static void nothing_that_is_withheld_from_a_party_passes_for_checked(void **state)
{
    struct book b;
    struct forge f;
    struct found found;
    size_t payments = 0;
    (void) state;
    begin(&b);
    in_force(&b, "ours", UNITS("ours"), "buyer", "seller", false);
    book_day(&b, "2012-07-01");
    BOOK_SAID(&b, "seller", "/v1/results", QUIET_RESULT("north", "40"));
    BOOK_SAID(&b, "seller", "/v1/results", QUIET_RESULT("south", "4"));
    book_day(&b, "2014-08-01");
    book_register(&b, "late", "");
    book_forge(&b, &f);
    for (size_t i = 0; i < f.count; i++) {
        if (f.entries[i].header.open)
            continue;
        f.entries[i].state = ARCHIVE_BODY_WITHHELD;
        payments += slice_is(f.entries[i].header.type, "payment.triggered");
        verify_forged(&f, FORGE_TREE, &b, &found);
        if (found.count == 0 && !is_unchecked(&found, "ours"))
            fail_msg("a %.*s is withheld, and nothing says so", SLICE_ARG(f.entries[i].header.type));
        f.entries[i].state = ARCHIVE_BODY_PRESENT;
    }
    assert_int_equal(payments, 2);
    forge_release(&f);
    book_end(&b);
}

#define ARBITER                                                                                                            \
    "terms 1\ncontract fair \"Fair\"\ncurrency USD rounded to 0.01, half even\nclock UTC\n"                                \
    "runs 2012-01-01 to 2013-12-31\ncloses 2014-06-30\nparty buyer outcome payer \"Buyer\"\n"                              \
    "party seller provider \"Seller\"\nin force when buyer and seller have signed\n"                                       \
    "disputes decided by buyer within 600 days, otherwise stands\ndimension place (north, south)\n"                        \
    "metric units is shared.units version 1 in days between 0 and 1_000\n  by place\n  reported by seller\n"               \
    "  verified by buyer or 10 days of silence\n"                                                                          \
    "pay each_place from buyer to seller\n  for each place\n  amount 2 per day of units\n"

/* It reads the result, for its own contract; in an open one, of others, this is disputed, which is between them. */
static void who_reads_a_result_and_not_its_dispute_elsewhere_blames_nobody(void **state)
{
    struct book b;
    struct forge f;
    struct found found;
    char path[80];
    (void) state;
    begin(&b);
    in_force(&b, "ours", UNITS("ours"), "buyer", "seller", false);
    in_force(&b, "fair", ARBITER, "third", "seller", true);
    book_day(&b, "2012-07-01");
    BOOK_SAID(&b, "seller", "/v1/results", QUIET_RESULT("north", "40"));
    book_day(&b, "2012-07-02");
    (void) snprintf(path, sizeof path, "/v1/results/%llu/disputes", (unsigned long long) b.last);
    BOOK_SAID(&b, "third", path, "{\"contract\":\"fair\",\"reason\":\"no\"}");
    size_t dispute = b.last;
    book_day(&b, "2013-01-01");
    book_register(&b, "late", "");
    book_forge(&b, &f);
    verify_forged(&f, FORGE_TREE, &b, &found);
    assert_clean(&found);
    assert_false(f.entries[dispute].header.open);
    for (size_t i = 0; i < f.count; i++)
        if (!f.entries[i].header.open && (i == dispute || names(&f.entries[i], "fair")))
            f.entries[i].state = ARCHIVE_BODY_WITHHELD;
    verify_forged(&f, FORGE_TREE, &b, &found);
    assert_nothing_found(&found);
    assert_true(is_unchecked(&found, "fair"));
    assert_false(is_unchecked(&found, "ours"));
    forge_release(&f);
    book_end(&b);
}

#define SUM                                                                                                                \
    "terms 1\ncontract sum \"Sum\"\ncurrency USD rounded to 0.01, half even\nclock UTC\n"                                  \
    "runs 2012-01-01 to 2013-12-31\ncloses 2014-06-30\nparty buyer outcome payer \"Buyer\"\n"                              \
    "party seller provider \"Seller\"\nin force when buyer and seller have signed\ndimension place (north, south)\n"       \
    "metric units is shared.units version 1 in days between 0 and 1_000\n  by place\n  reported by seller\n"               \
    "pay much from buyer to seller\n  for each place\n  amount max(0, 2 per day of units - 1_800)\n"
#define BY_SUM                                                                                                             \
    "uses up is contract %s\ndimension place (north, south)\nmetric had is units of up in days\n  by place\n"              \
    "pay each_place from buyer to seller\n  for each place\n  amount 2 per day of had\n  not before 2012-09-01\n"

/* The open contract that is used pays nothing, so that nobody sees that a result came to it. */
static void who_sees_what_uses_a_result_that_is_not_open_blames_nobody(void **state)
{
    struct book b;
    struct forge f;
    struct found found;
    (void) state;
    begin(&b);
    in_force(&b, "sum", SUM, "buyer", "seller", true);
    in_force(&b, "down", used(&b, TAKER("") BY_SUM, b.contracts[0].version), "third", "maker", true);
    in_force(&b, "loud", UNITS("loud"), "third", "maker", true);
    book_day(&b, "2012-07-01");
    BOOK_SAID(&b, "seller", "/v1/results", RESULT("south", "8"));
    BOOK_SAID(&b, "seller", "/v1/results", QUIET_RESULT("north", "40"));
    book_day(&b, "2014-08-01");
    book_register(&b, "late", "");
    book_forge(&b, &f);
    verify_forged(&f, FORGE_TREE, &b, &found);
    assert_clean(&found);
    assert_true(withhold(&f, NULL, SIZE_MAX) > 0);
    verify_forged(&f, FORGE_TREE, &b, &found);
    assert_nothing_found(&found);
    assert_true(is_unchecked(&found, "down"));
    assert_false(is_unchecked(&found, "loud"));
    forge_release(&f);
    book_end(&b);
}

#define CLUB                                                                                                               \
    "terms 1\ncontract club \"Club\"\ncurrency USD rounded to 0.01, half even\nclock UTC\n"                                \
    "runs 2012-01-01 to 2013-12-31\ncloses 2014-06-30\nparty buyer outcome payer \"Buyer\"\n"                              \
    "party seller provider \"Seller\"\nparties clinic provider \"Clinics\", at most 3 join until 2012-12-31\n"             \
    "in force when buyer and seller have signed\nmetric seen is \"Seen\" in number between 0 and 100\n  by clinic\n"       \
    "  reported by clinic\npay visit from buyer to clinic\n  for each clinic of seen\n  amount USD 1 * seen\n"
#define SEEN(clinic, value)                                                                                                \
    "{\"contract\":\"club\",\"dimensions\":{\"clinic\":\"" clinic "\"},\"metric\":\"seen\",\"value\":\"" value "\"}"

/* Who joins a class reads the text, results, and all from then on; who signed it before is withheld. */
static void who_has_joined_later_blames_nobody_for_what_was_before(void **state)
{
    struct book b;
    struct forge f;
    struct found found;
    (void) state;
    begin(&b);
    in_force(&b, "club", CLUB, "buyer", "seller", false);
    BOOK_DONE(&b, book_accede(&b, "two", "club", "clinic"));
    book_day(&b, "2012-07-01");
    BOOK_SAID(&b, "two", "/v1/results", SEEN("two", "5"));
    in_force(&b, "loud", UNITS("loud"), "third", "maker", true);
    BOOK_DONE(&b, book_accede(&b, "north", "club", "clinic"));
    size_t joined = b.last;
    book_day(&b, "2012-07-02");
    BOOK_SAID(&b, "north", "/v1/results", SEEN("north", "7"));
    BOOK_SAID(&b, "maker", "/v1/results", RESULT("north", "2"));
    book_day(&b, "2014-08-01");
    book_register(&b, "late", "");
    book_forge(&b, &f);
    verify_forged(&f, FORGE_TREE, &b, &found);
    assert_clean(&found);
    assert_true(withhold(&f, NULL, joined) > 4);
    f.entries[forge_find(&f, "contract.proposed", 0)].state = ARCHIVE_BODY_PRESENT;
    f.entries[forge_find(&f, "result.submitted", 0)].state = ARCHIVE_BODY_PRESENT;
    verify_forged(&f, FORGE_TREE, &b, &found);
    assert_nothing_found(&found);
    assert_true(is_unchecked(&found, "club"));
    assert_false(is_unchecked(&found, "loud"));
    f.entries[forge_find(&f, "contract.proposed", 0)].state = ARCHIVE_BODY_WITHHELD; /* nor is the text there */
    verify_forged(&f, FORGE_TREE, &b, &found);
    assert_nothing_found(&found);
    assert_true(is_unchecked(&found, "club"));
    assert_false(is_unchecked(&found, "loud"));
    f.entries[forge_find(&f, "contract.proposed", 0)].state = ARCHIVE_BODY_PRESENT;
    size_t payment = forge_find(&f, "payment.triggered", forge_number_of(&f, "payment.triggered") - 1);
    forge_replace(&f, payment, "\"amount\":\"5.00\"", "\"amount\":\"5.01\"");
    verify_forged(&f, FORGE_REBUILT | FORGE_AUTHORS, &b, &found);
    assert_only(&found, FINDING_REPLAY_DIFFERS, payment, "of loud; the terms give 5.00");
    forge_release(&f);
    book_forge(&b, &f); /* the signatures of the open one are there: nobody is excused */
    (void) withhold(&f, NULL, joined);
    size_t at = forge_find(&f, "contract.signed", 3);
    forge_remove(&f, at + 1);
    forge_remove(&f, at);
    verify_forged(&f, FORGE_LIVED, &b, &found);
    assert_found(&found, 0, FINDING_REPLAY_REFUSED, forge_find(&f, "result.submitted", 2), "contract.not_in_force");
    forge_release(&f);
    book_end(&b);
}

#define MEETING                                                                                                            \
    "terms 1\ncontract meeting \"Meeting\"\ncurrency USD rounded to 0.01, half even\nclock UTC\n"                          \
    "runs 2012-01-01 to 2013-12-31\ncloses 2014-06-30\nparty buyer outcome payer \"Buyer\"\n"                              \
    "party seller provider \"Seller\"\nparties clinic provider \"Clinics\", at most 3 join until 2012-12-31\n"             \
    "in force when buyer and seller have signed\nmetric total is \"Total\" in USD between 0 and 100\n  reported by "       \
    "seller\n  if missing use 5\n"                                                                                         \
    "pay all from buyer to seller\n  amount total\n"
#define AFTER                                                                                                              \
    "uses up is contract %s\nmetric taken is all of up in USD\npay again from buyer to seller\n  amount taken\n  not "     \
    "before 2012-10-01\n"

/* What it came to before somebody joined is known from then on, to what uses it, too. */
static void who_has_joined_later_blames_nobody_for_what_is_taken_from_before(void **state)
{
    struct book b;
    struct forge f;
    struct found found;
    (void) state;
    begin(&b);
    in_force(&b, "club", MEETING, "buyer", "seller", false);
    book_day(&b, "2012-07-01");
    BOOK_DONE(&b, book_accede(&b, "north", "club", "clinic"));
    size_t joined = b.last;
    in_force(&b, "down", used(&b, TAKER("") AFTER, b.contracts[0].version), "buyer", "north", false);
    book_day(&b, "2014-08-01");
    book_register(&b, "late", "");
    book_forge(&b, &f);
    assert_int_equal(forge_number_of(&f, "payment.triggered"), 2);
    verify_forged(&f, FORGE_TREE, &b, &found);
    assert_clean(&found);
    assert_true(withhold(&f, NULL, joined) > 4);
    f.entries[forge_find(&f, "contract.proposed", 0)].state = ARCHIVE_BODY_PRESENT;
    verify_forged(&f, FORGE_TREE, &b, &found);
    assert_nothing_found(&found);
    assert_true(is_unchecked(&found, "down"));
    forge_release(&f);
    book_end(&b);
}

/* ---- lists of persons ---- */
#define PERSONS                                                                                                            \
    "terms 1\ncontract care \"Care\"\ncurrency USD rounded to 0.01, half even\nclock UTC\n"                                \
    "runs 2012-01-01 to 2013-12-31\ncloses 2014-06-30\nparty buyer outcome payer \"Buyer\"\n"                              \
    "party seller provider \"Seller\"\nin force when buyer and seller have signed\ndimension person persons, at most 9\n"  \
    "metric days is \"Days\" in days between 0 and 100\n  by person\n  reported by seller\n"                               \
    "pay each_person from buyer to seller\n  for each person of days\n  amount USD 1 * days / (1 day)\n"
#define DAYS(person, value)                                                                                                \
    "{\"contract\":\"care\",\"dimensions\":{\"person\":\"p-4f2ab81c9d03e66577" person                                      \
    "\"},\"metric\":\"days\",\"value\":\"" value "\"}"

static void a_withheld_list_of_persons_hides_neither_a_cent_nor_a_payment(void **state)
{
    struct book b;
    struct forge f;
    struct found found;
    (void) state;
    begin(&b);
    in_force(&b, "care", PERSONS, "buyer", "seller", true);
    for (int day = 1; day <= 3; day++) {
        char text[32], body[256];
        (void) snprintf(text, sizeof text, "2012-07-0%d", day);
        (void) snprintf(
            body, sizeof body,
            "{\"contract\":\"care\",\"dimensions\":{\"person\":\"p-4f2ab81c9d03e665770%d\"},\"metric\":\"days\","
            "\"value\":\"%d\"}",
            day, 10 * day);
        book_day(&b, text);
        BOOK_SAID(&b, "seller", "/v1/results", "%s", body);
    }
    book_day(&b, "2014-08-01");
    book_register(&b, "late", "");
    book_forge(&b, &f);
    assert_int_equal(withhold(&f, NULL, SIZE_MAX), 3);
    verify_forged(&f, FORGE_TREE, &b, &found);
    assert_nothing_found(&found);
    assert_int_equal(found.unchecked_count, 0);
    assert_int_equal(found.report.withheld, 3);
    assert_int_equal(found.replay.unseen, 3);
    size_t payment = forge_find(&f, "payment.triggered", 1);
    forge_replace(&f, payment, "\"amount\":\"20.00\"", "\"amount\":\"19.99\"");
    verify_forged(&f, FORGE_REBUILT | FORGE_AUTHORS, &b, &found);
    assert_only(&found, FINDING_REPLAY_DIFFERS, payment, "the terms give 20.00");
    forge_release(&f);
    book_forge(&b, &f); /* a payment with its list goes, and nobody has seen that there was one */
    (void) withhold(&f, NULL, SIZE_MAX);
    payment = forge_find(&f, "payment.triggered", 1);
    size_t cause = forge_find(&f, "result.submitted", 1);
    forge_remove(&f, payment);
    forge_remove(&f, payment - 1);
    verify_forged(&f, FORGE_LIVED, &b, &found);
    assert_found(&found, 0, FINDING_REPLAY_MISSING, cause, "list of instances of rule each_person of care follows");
    assert_found(&found, 1, FINDING_REPLAY_MISSING, cause, "payment of USD 20.00 by rule each_person of care follows");
    forge_release(&f);
    book_end(&b);
}

/* ---- erased bodies ---- */
#define DISPUTED                                                                                                           \
    "terms 1\ncontract talk \"Talk\"\ncurrency USD rounded to 0.01, half even\nclock UTC\n"                                \
    "runs 2012-01-01 to 2013-12-31\ncloses 2014-06-30\nparty buyer outcome payer \"Buyer\"\n"                              \
    "party seller provider \"Seller\"\nparty one evaluator \"One\"\nparty two evaluator \"Two\"\n"                         \
    "in force when buyer and seller have signed\ndisputes decided by two within 60 days, otherwise stands\n"               \
    "dimension place (north, south)\nmetric units is shared.units version 1 in days between 0 and 1_000\n  by place\n"     \
    "  reported by seller\n  verified by one\n  disputes within 40 days\n"                                                 \
    "pay each_place from buyer to seller\n  for each place\n  amount 2 per day of units\n"

static void verified(struct book *b, uint64_t seq)
{
    char path[80];
    (void) snprintf(path, sizeof path, "/v1/results/%llu/verifications", (unsigned long long) seq);
    BOOK_SAID(b, "one", path, "{\"note\":\"seen\"}");
}

/* Something of every type whose bodies can be erased. */
static void tell_talk(struct book *b)
{
    char path[80];
    begin(b);
    BOOK_DONE(b, book_propose(b, "buyer", "talk", DISPUTED, "buyer=buyer one=one seller=seller two=two"));
    BOOK_DONE(b, book_sign_contract(b, "buyer", "talk", "buyer"));
    BOOK_DONE(b, book_sign_contract(b, "seller", "talk", "seller"));
    book_day(b, "2012-07-01");
    BOOK_SAID(b, "seller", "/v1/results", RESULT("north", "40"));
    uint64_t north = b->last;
    verified(b, north);
    (void) snprintf(path, sizeof path, "/v1/payments/%zu/settlements", forge_find(&b->f, "payment.triggered", 0));
    BOOK_SAID(b, "buyer", path, "{\"amount\":\"1.00\",\"paid_on\":\"2012-07-01\",\"reference\":\"Mr Smith\"}");
    book_day(b, "2012-07-02");
    (void) snprintf(path, sizeof path, "/v1/results/%llu/disputes", (unsigned long long) north);
    BOOK_SAID(b, "buyer", path, "{\"contract\":\"talk\",\"reason\":\"Mr Smith was elsewhere\"}");
    (void) snprintf(path, sizeof path, "/v1/disputes/%llu/resolution", (unsigned long long) b->last);
    BOOK_SAID(b, "two", path, "{\"decision\":\"replaced\",\"note\":\"n\",\"value\":\"30\"}");
    BOOK_SAID(b, "seller", "/v1/results", RESULT("south", "9"));
    uint64_t south = b->last;
    verified(b, south);
    (void) snprintf(path, sizeof path, "/v1/results/%llu/restatements", (unsigned long long) south);
    BOOK_SAID(b, "seller", path, "{\"note\":\"n\",\"value\":\"8\"}");
    uint64_t restated = b->last;
    verified(b, restated);
    (void) snprintf(path, sizeof path, "/v1/results/%llu/withdrawal", (unsigned long long) restated);
    BOOK_SAID(b, "seller", path, "{\"note\":\"n\"}");
    verified(b, b->last);
}

static void each_kind_of_body_may_be_erased_and_all_is_recomputed(void **state)
{
    static const char *const types[] = {"result.submitted", "result.restated",  "result.withdrawn",    "result.verified",
                                        "result.disputed",  "dispute.resolved", "settlement.recorded", "payment.itemised"};
    (void) state;
    for (size_t i = 0; i <= sizeof(types) / sizeof(types[0]); i++) { /* one of each, and at last all of them */
        struct book b;
        struct forge f;
        struct found found;
        size_t erased = 0, statements = 0;
        tell_talk(&b);
        size_t count = b.f.count;
        for (size_t k = 0; k < sizeof(types) / sizeof(types[0]); k++) {
            bool is_all = i == sizeof(types) / sizeof(types[0]);
            for (size_t at = 0; at < count && (k == i || is_all); at++) {
                char path[80];
                if (!slice_is(b.f.entries[at].header.type, types[k]))
                    continue;
                (void) snprintf(path, sizeof(path), "/v1/entries/%zu/erasure", at);
                BOOK_SAID(&b, "op", path, "{\"ground\":\"asked\"}");
                erased++;
                statements += strcmp(types[k], "payment.itemised") != 0;
            }
        }
        book_day(&b, "2014-08-01");
        book_register(&b, "late", "");
        book_forge(&b, &f);
        verify_forged(&f, FORGE_TREE, &b, &found);
        assert_clean(&found);
        assert_true(erased > 0);
        assert_int_equal(found.report.erased, erased);
        assert_int_equal(found.replay.residues, statements);
        without_residues = true; /* read once: the ledger's word comes too late */
        verify_forged(&f, FORGE_TREE, &b, &found);
        without_residues = false;
        assert_nothing_found(&found);
        forge_release(&f);
        book_end(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whoever_sees_neither_contract_checks_the_others),
        cmocka_unit_test(what_uses_a_withheld_contract_is_named_as_not_checked),
        cmocka_unit_test(no_hash_of_a_figure_that_rests_on_what_is_not_open_stands_in_public),
        cmocka_unit_test(a_party_checks_its_own_contracts_and_is_not_told_of_others),
        cmocka_unit_test(nothing_that_is_withheld_from_a_party_passes_for_checked),
        cmocka_unit_test(who_reads_a_result_and_not_its_dispute_elsewhere_blames_nobody),
        cmocka_unit_test(who_sees_what_uses_a_result_that_is_not_open_blames_nobody),
        cmocka_unit_test(who_has_joined_later_blames_nobody_for_what_was_before),
        cmocka_unit_test(who_has_joined_later_blames_nobody_for_what_is_taken_from_before),
        cmocka_unit_test(a_withheld_list_of_persons_hides_neither_a_cent_nor_a_payment),
        cmocka_unit_test(each_kind_of_body_may_be_erased_and_all_is_recomputed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
