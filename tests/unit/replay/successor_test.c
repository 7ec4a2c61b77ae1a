/* Ledgers in which others have come to report and verify by amendments, and one with as many strangers as may use a contract, replay
 * without a finding; without what a successor ended, or with what a former reporter has taken back, they do not. */
#include "replay_help.h"

#define DEAL(header, amount)                                                                                               \
    "terms 1\ncontract deal \"Deal\"" header "\ncurrency USD rounded to 0.01, half even\nclock UTC\n"                      \
    "runs 2012-01-01 to 2014-12-31\ncloses 2015-12-31\nparty buyer outcome payer \"Buyer\"\n"                              \
    "party seller provider \"Seller\"\nparty judge evaluator \"Judge\"\n"                                                  \
    "in force when buyer and seller have signed\ndisputes decided by judge within 60 days, otherwise stands\n"             \
    "dimension place (north, south)\n"                                                                                     \
    "metric units is shared.units version 1 in days between 0 and 1_000\n  by place\n  reported by seller\n"               \
    "  verified by judge\n  disputes within 40 days\n  if missing use 0\n"                                                 \
    "pay each_place from buyer to seller\n  for each place\n  amount " amount " per day of units\n"

#define RESULT(value)                                                                                                      \
    "{\"dimensions\":{\"place\":\"north\"},\"indicator\":\"shared.units\",\"value\":\"" value "\",\"version\":1}"

static void begin(struct book *b)
{
    static const char *const actors[] = {"buyer", "seller", "other", "judge", "judge2"};
    book_begin(b);
    for (size_t i = 0; i < sizeof(actors) / sizeof(actors[0]); i++)
        book_register(b, actors[i], "");
    book_define(b, "shared.units", "days");
}

static void sign_as(struct book *b, const char *id, const char *const *pairs, size_t count)
{
    for (size_t i = 0; i < count; i++)
        BOOK_DONE(b, book_sign_contract(b, pairs[2 * i], id, pairs[2 * i + 1]));
}
#define SIGN(b, id, ...)                                                                                                   \
    sign_as(b, id, (const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / (2 * sizeof(char *)))

static uint64_t say(struct book *b, const char *by, uint64_t seq, const char *what, const char *body)
{
    char path[80];
    (void) snprintf(path, sizeof(path), "/v1/results/%llu/%s", (unsigned long long) seq, what);
    BOOK_SAID(b, by, path, "%s", body);
    return b->last;
}

/* The deal is amended by a text that amends the one in force. */
static void amend(struct book *b, const char *text, const char *parties)
{
    BOOK_DONE(b, book_amend(b, "buyer", "deal", text, parties));
    memcpy(b->contracts[0].text, b->contracts[0].version, sizeof(b->contracts[0].text)); /* for the next one */
}

/* The seller reports and goes; another restates; the judge changes; a third text covers the same work; what was restated is withdrawn. */
static void tell_succession(struct book *b)
{
    begin(b);
    BOOK_DONE(b, book_propose(b, "buyer", "deal", DEAL("", "2"), "buyer=buyer judge=judge seller=seller"));
    SIGN(b, "deal", "buyer", "buyer", "seller", "seller");
    BOOK_DONE(b, book_propose(b, "buyer", "else", DEAL("", "5"), "buyer=buyer judge=judge2 seller=other"));
    SIGN(b, "else", "buyer", "buyer", "other", "seller");
    book_day(b, "2012-07-01");
    BOOK_SAID(b, "seller", "/v1/results", RESULT("10"));
    uint64_t first = b->last;
    (void) say(b, "judge", first, "verifications", "{}");
    amend(b, DEAL(" version 2 amends %s effective 2012-01-01", "3"), "buyer=buyer judge=judge seller=other");
    SIGN(b, "deal", "other", "seller", "buyer", "buyer", "seller", "seller");
    book_day(b, "2012-08-01");
    (void) say(b, "seller", first, "withdrawal", "{}");
    uint64_t change = say(b, "other", first, "restatements", "{\"value\":\"12\"}");
    (void) say(b, "judge2", change, "verifications", "{}"); /* for the other contract */
    amend(b, DEAL(" version 3 amends %s effective 2012-01-01", "4"), "buyer=buyer judge=judge2 seller=other");
    SIGN(b, "deal", "judge2", "judge", "buyer", "buyer", "other", "seller");
    book_day(b, "2012-09-01");
    amend(b, DEAL(" version 4 amends %s effective 2012-01-01", "5"), "buyer=buyer judge=judge2 seller=other");
    SIGN(b, "deal", "buyer", "buyer", "other", "seller");
    uint64_t gone = say(b, "other", change, "withdrawal", "{}");
    (void) say(b, "judge2", gone, "verifications", "{}");
    book_day(b, "2016-02-01");
    book_register(b, "last", "");
}

static size_t find_text(const struct forge *f, const char *type, const char *text)
{
    for (size_t i = 0; i < f->count; i++)
        if (slice_is(f->entries[i].header.type, type) &&
            memmem(f->entries[i].body.ptr, f->entries[i].body.len, text, strlen(text)) != NULL)
            return i;
    fail_msg("no %s says %s", type, text);
    return 0;
}

static void a_succession_over_amendments_replays(void **state)
{
    struct book b;
    struct buf archive;
    struct found found;
    (void) state;
    tell_succession(&b);
    (void) find_text(&b.f, "result.finalised", "\"succeeds\":");
    (void) find_text(&b.f, "payment.triggered", "{\"amount\":\"60.00\""); /* all of it back: nothing counts any more */
    book_archive(&b, &archive);
    verify_text(buf_slice(&archive), b.vkey, 1, &found);
    assert_clean(&found);
    buf_release(&archive);
    book_end(&b);
}

static void whose_place_was_taken_is_part_of_what_is_replayed(void **state)
{
    struct book b;
    struct buf archive;
    struct found found;
    struct forge f;
    (void) state;
    tell_succession(&b);
    book_archive(&b, &archive);
    forge_read(&f, buf_slice(&archive));
    for (size_t i = 0; i < b.actor_count; i++)
        forge_signer(&f, b.actors[i].key);
    size_t at = find_text(&f, "result.finalised", "\"succeeds\":");
    forge_replace(&f, at, "\"succeeds\":{\"item\":0,", "\"succeeds\":{\"item\":1,");
    verify_forged(&f, FORGE_REBUILT | FORGE_AUTHORS, &b, &found);
    assert_true(found.count > 0);
    assert_int_equal(found.findings[0].seq, at);
    forge_release(&f);
    buf_release(&archive);
    book_end(&b);
}

#define COPY                                                                                                               \
    "terms 1\ncontract copy \"Copy\"\ncurrency USD rounded to 0.01, half even\nclock UTC\n"                                \
    "runs 2012-01-01 to 2014-12-31\nparty buyer outcome payer \"Buyer\"\nparty seller provider \"Seller\"\n"               \
    "in force when seller have signed\nuses base is contract %s\ndimension place (north, south)\n"                         \
    "metric paid is each_place of base in USD\n  by place\n"                                                               \
    "pay half from buyer to seller\n  for each place\n  amount 0.5 * paid\n"

/* The 33rd is refused, and one more of a party is not. */
static void as_many_strangers_as_may_replay(void **state)
{
    struct book b;
    struct buf archive;
    struct found found;
    char version[2 * DIGEST_LEN + 1], id[24];
    (void) state;
    begin(&b);
    BOOK_DONE(&b, book_propose(&b, "buyer", "deal", DEAL("", "2"), "buyer=buyer judge=judge seller=seller"));
    SIGN(&b, "deal", "buyer", "buyer", "seller", "seller");
    memcpy(version, b.contracts[0].version, sizeof version);
    const char *copy = arena_printf(b.f.arena, COPY, version).ptr;
    for (int i = 0; i < 32; i++) {
        (void) snprintf(id, sizeof(id), "copy-%d", i);
        BOOK_DONE(&b, book_propose(&b, "other", id, copy, "buyer=judge2 seller=other"));
        SIGN(&b, id, "other", "seller");
    }
    assert_false(book_propose(&b, "other", "more", copy, "buyer=judge2 seller=other"));
    BOOK_DONE(&b, book_propose(&b, "other", "named", copy, "buyer=buyer seller=other"));
    assert_false(book_sign_contract(&b, "other", "named", "seller"));
    SIGN(&b, "named", "buyer", "buyer", "other", "seller");
    book_day(&b, "2012-07-01");
    BOOK_SAID(&b, "seller", "/v1/results", RESULT("10"));
    (void) say(&b, "judge", b.last, "verifications", "{}");
    assert_int_equal(forge_number_of(&b.f, "payment.triggered"), 34);
    book_archive(&b, &archive);
    verify_text(buf_slice(&archive), b.vkey, 1, &found);
    assert_clean(&found);
    buf_release(&archive);
    book_end(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_succession_over_amendments_replays),
        cmocka_unit_test(whose_place_was_taken_is_part_of_what_is_replayed),
        cmocka_unit_test(as_many_strangers_as_may_replay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
