/* The tamper matrix, the part that needs the ledger's key or the parties' keys, and replay: what tally-verify says of each archive. A small
 * ledger is kept by the test (support/book.h) and forged (support/forge.h) as somebody would who has the database and what the table says. */
#include "../support/book_story.h"
#include "verify_help.h"

static struct book book;
static struct forge forged;
static char before_path[64]; /* a checkpoint of all entries, from before anybody forged */

static int keep_books(void **state)
{
    struct buf archive, note;
    if (find_program(state) != 0)
        return -1;
    tell(&book);
    book_archive(&book, &archive);
    forge_read(&forged, buf_slice(&archive));
    forge_write(&forged, 0, NULL, &note); /* for its hashes */
    buf_release(&note);
    forge_note(&forged, forged.count, book.ledger, &note);
    (void) snprintf(before_path, sizeof(before_path), "/tmp/tally-tamper-XXXXXX");
    int fd = mkstemp(before_path);
    bool is_written = fd >= 0 && write(fd, note.ptr, note.len) == (ssize_t) note.len;
    (void) close(fd);
    forge_release(&forged);
    buf_release(&note);
    buf_release(&archive);
    return is_written ? 0 : -1;
}

static int close_books(void **state)
{
    (void) state;
    book_end(&book);
    return unlink(before_path);
}

static void begin(void)
{
    book_forge(&book, &forged);
}

/* What the program says of it, with the kept checkpoint or without: exit status 1, each of these words in the report, and entry `seq` as
 * the first that something is wrong with. */
static void assert_told(unsigned parts, bool is_kept, size_t seq, const char *const *says)
{
    struct buf text;
    struct ran ran;
    char line[64];
    forge_write(&forged, parts, book.ledger, &text);
    const char *const with[] = {program, "-", "--vkey", book.vkey, "--checkpoint", before_path, NULL};
    const char *const without[] = {program, "-", "--vkey", book.vkey, NULL};
    run((char *const *) (uintptr_t) (is_kept ? with : without), buf_slice(&text), &ran);
    assert_int_equal(ran.status, 1);
    for (; *says != NULL; says++)
        assert_says(&ran.out, *says);
    (void) snprintf(line, sizeof(line), "entry %zu: ", seq);
    if (strncmp(ran.out.ptr, line, strlen(line)) != 0)
        fail_msg("the first is not of entry %zu: %s", seq, ran.out.ptr);
    ran_release(&ran);
    buf_release(&text);
    forge_release(&forged);
}
#define TOLD(parts, is_kept, seq, ...) assert_told((parts), (is_kept), (seq), (const char *const[]){__VA_ARGS__, NULL})

static void a_right_archive_passes_whole(void **state)
{
    struct buf text;
    struct ran ran;
    (void) state;
    book_archive(&book, &text);
    const char *const argv[] = {program, "-", "--vkey", book.vkey, "--checkpoint", before_path, NULL};
    run((char *const *) (uintptr_t) argv, buf_slice(&text), &ran);
    assert_says(&ran.out, "everything was checked and is right");
    assert_says(&ran.out, "2 contracts, 0 not checked");
    assert_int_equal(ran.status, 0);
    ran_release(&ran);
    buf_release(&text);
}

/* ---- payments, with the chain rebuilt ---- */

static void a_payment_removed_is_told(void **state)
{
    (void) state;
    begin();
    size_t cause = forge_find(&forged, "result.submitted", 0);
    forge_remove(&forged, forge_find(&forged, "payment.triggered", 1));
    TOLD(FORGE_LIVED, false, cause,
         "replay.missing: payment of USD 100.00 by rule each_place of other follows from this entry, and is not recorded");
}

static void a_payment_added_is_told(void **state)
{
    (void) state;
    begin();
    size_t at = forge_find(&forged, "payment.triggered", 1);
    (void) forge_insert(&forged, at + 1, &forged.entries[at]);
    TOLD(FORGE_LIVED, false, at + 1,
         "replay.surplus: payment of USD 100.00 by rule each_place of other does not follow from entry");
}

static void a_payment_raised_by_a_cent_is_told(void **state)
{
    (void) state;
    begin();
    size_t at = forge_find(&forged, "payment.triggered", 1);
    forge_replace(&forged, at, "\"amount\":\"100.00\"", "\"amount\":\"100.01\"");
    TOLD(FORGE_LIVED, false, at,
         "replay.differs: payment of USD 100.01 by rule each_place of other; the terms give 100.00");
}

/* With the ledger's key alone, what was signed afterwards gives it away as well. */
static void a_payment_raised_without_the_parties_keys_is_told_twice(void **state)
{
    (void) state;
    begin();
    size_t at = forge_find(&forged, "payment.triggered", 1);
    forge_replace(&forged, at, "\"amount\":\"100.00\"", "\"amount\":\"100.01\"");
    TOLD(FORGE_REBUILT, false, at, "replay.differs: payment of USD 100.01", "statement.head: its author saw another entry");
}

/* ---- results ---- */

static void a_result_changed_with_all_rehashed_and_signed_by_the_ledger_is_told(void **state)
{
    (void) state;
    begin();
    size_t at = forge_find(&forged, "result.submitted", 0);
    forge_replace(&forged, at, "\"value\":\"40\"", "\"value\":\"41\"");
    TOLD(FORGE_REBUILT, false, at, "statement.signature: the signature does not verify with key ");
}

/* The author's key is at hand, too: then what follows from it is wrong. */
static void a_result_changed_by_its_author_afterwards_is_told(void **state)
{
    (void) state;
    begin();
    size_t at = forge_find(&forged, "result.submitted", 0), payment = forge_find(&forged, "payment.itemised", 0);
    forge_replace(&forged, at, "\"value\":\"40\"", "\"value\":\"41\"");
    TOLD(FORGE_LIVED, false, payment, "replay.differs: ", "; the terms give 102.50");
}

/* ---- statements elsewhere ---- */

static void a_statement_moved_to_another_path_is_told(void **state)
{
    (void) state;
    begin();
    size_t at = forge_find(&forged, "result.restated", 0);
    forged.entries[at].header.type = SLICE("result.withdrawn");
    TOLD(FORGE_REBUILT, false, at, "statement.request: it was signed for POST /v1/results/",
         "which does not make a result.withdrawn");
}

static void a_statement_moved_to_another_ledger_is_told(void **state)
{
    struct forge_entry *entry;
    (void) state;
    begin();
    size_t at = forge_find(&forged, "settlement.recorded", 0);
    struct statement_draft draft = forge_draft(&forged, at, NULL);
    draft.aud = SLICE("other.example/ledger");
    forge_sign(&forged, at, &draft, book_actor(&book, "buyer")->key);
    entry = &forged.entries[at];
    assert_true(entry->jws.len > 0);
    TOLD(FORGE_REBUILT, false, at, "statement.request: it was signed for the ledger other.example/ledger");
}

/* ---- keys ---- */

/* The statement is signed by another key of its actor, which is added behind it. */
static void a_key_used_before_it_was_added_is_told(void **state)
{
    struct book b;
    struct buf body;
    (void) state;
    tell(&b);
    struct book_actor second = *book_actor(&b, "buyer");
    second.key = book_key("buyer's second");
    struct key_public public;
    key_pair_public(second.key, &public);
    key_thumbprint(&public, &second.kid);
    buf_init(&body, 1024);
    buf_add_char(&body, '{');
    book_proof(&b, &second, &body);
    buf_add_char(&body, '}');
    assert_true(book_post(&b, "buyer", "/v1/actors/buyer/keys", buf_slice(&body)));
    book_forge(&b, &forged);
    size_t at = forge_find(&forged, "settlement.recorded", 0);
    struct statement_draft draft = forge_draft(&forged, at, NULL);
    forge_sign(&forged, at, &draft, second.key);
    struct key_kid kid = second.kid;
    char says[200];
    (void) snprintf(says, sizeof(says), "key.unknown: no entry before it registers the key %s", kid.text);
    TOLD(FORGE_REBUILT, false, at, says);
    key_pair_free(second.key);
    buf_release(&body);
    book_end(&b);
}

static void a_key_used_after_it_was_revoked_is_told(void **state)
{
    struct book b;
    char path[200], says[200];
    (void) state;
    tell(&b);
    const struct book_actor *buyer = book_actor(&b, "buyer");
    (void) snprintf(path, sizeof(path), "/v1/actors/buyer/keys/%s/revocation", buyer->kid.text);
    BOOK_SAID(&b, "buyer", path, "{\"reason\":\"lost\"}");
    book_forge(&b, &forged);
    size_t at = forge_find(&forged, "key.revoked", 0), statement = forge_find(&forged, "settlement.recorded", 0);
    struct statement_draft draft = forge_draft(&forged, at, NULL);
    draft.iat = forged.entries[statement].header.time.us / 1000000;
    forge_sign(&forged, at, &draft, buyer->key);
    forged.entries[at].header.time = forged.entries[statement].header.time;
    forge_move(&forged, at, statement); /* it now stands before the settlement */
    (void) snprintf(says, sizeof(says), "key.revoked: the key %s was revoked by entry %zu", buyer->kid.text, statement);
    TOLD(FORGE_LIVED, false, statement + 1, says);
    book_end(&b);
}

/* ---- renumbered ---- */

static void entries_renumbered_with_everybodys_keys_are_told_by_a_checkpoint_that_was_kept(void **state)
{
    struct buf text;
    struct ran ran;
    (void) state;
    begin();
    size_t last = forged.count - 1; /* the actor that was registered last has done nothing */
    assert_true(slice_is(forged.entries[last].header.type, "actor.registered"));
    forge_remove(&forged, last);
    forge_write(&forged, FORGE_LIVED, book.ledger, &text);
    const char *const argv[] = {program, "-", "--vkey", book.vkey, NULL};
    run((char *const *) (uintptr_t) argv, buf_slice(&text), &ran);
    assert_int_equal(ran.status, 0); /* nothing in it is wrong */
    ran_release(&ran);
    const char *const kept[] = {program, "-", "--vkey", book.vkey, "--checkpoint", before_path, NULL};
    run((char *const *) (uintptr_t) kept, buf_slice(&text), &ran);
    assert_int_equal(ran.status, 1);
    assert_says(&ran.out, "ledger.forked");
    ran_release(&ran);
    buf_release(&text);
    forge_release(&forged);
    begin();
    size_t late = forge_find(&forged, "actor.registered", 2); /* third; nobody's head is needed to see it */
    forge_swap(&forged, late, late - 1);
    forge_write(&forged, FORGE_LIVED, book.ledger, &text);
    run((char *const *) (uintptr_t) kept, buf_slice(&text), &ran);
    assert_int_equal(ran.status, 1);
    assert_says(&ran.out, "ledger.forked");
    ran_release(&ran);
    buf_release(&text);
    forge_release(&forged);
}

/* ---- what the service does by itself ---- */

static void an_activation_left_out_is_told(void **state)
{
    (void) state;
    begin();
    size_t cause = forge_find(&forged, "contract.signed", 1);
    forge_remove(&forged, forge_find(&forged, "contract.activated", 0));
    TOLD(FORGE_LIVED, false, cause, "replay.missing: activation of deal follows from this entry, and is not recorded");
}

static void a_moment_left_out_is_told(void **state)
{
    (void) state;
    begin();
    size_t at = forge_find(&forged, "moment.reached", 0);
    while (!slice_is(forged.entries[at].header.type, "settlement.recorded"))
        forge_remove(&forged, at);
    TOLD(FORGE_LIVED, false, at, "replay.missing: moment 2013-02-28T23:00:00.000000Z of deal was due before this entry");
}

static void a_moment_that_comes_late_is_told(void **state)
{
    (void) state;
    begin();
    size_t at = forge_find(&forged, "settlement.recorded", 0), to = forge_find(&forged, "moment.reached", 0);
    forge_move(&forged, at, to);
    TOLD(FORGE_REBUILT | FORGE_AUTHORS, false, to, "was due before this entry, and is not recorded before it",
         "replay.late: moment 2013-02-28T23:00:00.000000Z of deal belongs before statements that stand before it");
}

static void a_final_for_a_contract_of_which_it_is_none_is_told(void **state)
{
    (void) state;
    begin();
    size_t at = forge_find(&forged, "result.finalised", 2);
    assert_non_null(strstr(forged.entries[at].body.ptr, "bonus"));
    (void) forge_insert(&forged, at + 1, &forged.entries[at]);
    forge_replace(&forged, at + 1, "\"contract\":\"deal\"", "\"contract\":\"other\"");
    TOLD(FORGE_LIVED, false, at + 1, "replay.surplus: list of results final in other does not follow");
}

static void a_statement_that_was_to_be_refused_is_told(void **state)
{
    (void) state;
    begin();
    size_t at = forge_find(&forged, "contract.signed", 3); /* once more, when it is in force */
    struct forge_entry *twice = forge_insert(&forged, at + 2, &forged.entries[at]);
    struct statement_draft draft = forge_draft(&forged, at + 2, NULL);
    twice->header.jti = draft.jti = SLICE("statement-once-more");
    forge_sign(&forged, at + 2, &draft, book_actor(&book, "seller")->key);
    TOLD(FORGE_LIVED, false, at + 2,
         "replay.refused: contract.signed by seller has to be refused: contract.signed: party seller signed other");
}

/* ---- --json ---- */
static void json_has_what_was_recomputed(void **state)
{
    struct buf text;
    struct ran ran;
    (void) state;
    begin();
    size_t at = forge_find(&forged, "payment.triggered", 1);
    forge_replace(&forged, at, "\"amount\":\"100.00\"", "\"amount\":\"100.01\"");
    forge_write(&forged, FORGE_LIVED, book.ledger, &text);
    const char *const argv[] = {program, "-", "--vkey", book.vkey, "--json", NULL};
    run((char *const *) (uintptr_t) argv, buf_slice(&text), &ran);
    assert_int_equal(ran.status, 1);
    assert_says(&ran.out,
                "{\"code\":\"replay.differs\",\"detail\":\"payment of USD 100.01 by rule each_place of other; the terms "
                "give 100.00\",\"seq\":");
    assert_says(&ran.out, "\"level\":\"replay\"");
    assert_says(&ran.out, "\"not_checked\":[]");
    ran_release(&ran);
    buf_release(&text);
    forge_release(&forged);
}

/* Bodies that are withheld and erased are counted and named in both reports, and nothing is called right that was not seen. */
static void what_was_not_seen_is_counted_in_every_report(void **state)
{
    struct book b;
    struct buf text;
    struct ran ran;
    char path[80], line[160];
    (void) state;
    tell(&b);
    size_t erased = forge_find(&b.f, "settlement.recorded", 0);
    (void) snprintf(path, sizeof path, "/v1/entries/%zu/erasure", erased);
    BOOK_SAID(&b, "op", path, "{\"ground\":\"asked\"}");
    BOOK_DONE(&b, book_propose_for(&b, "buyer", "quiet", UNITS("quiet"), "buyer=buyer seller=seller", false));
    size_t quiet = b.last;
    BOOK_DONE(&b, book_propose_for(&b, "buyer", "hushed", UNITS("quiet"), "buyer=buyer seller=seller", false));
    book_forge(&b, &forged);
    forged.entries[quiet].state = forged.entries[quiet + 1].state = ARCHIVE_BODY_WITHHELD;
    forge_write(&forged, FORGE_TREE, b.ledger, &text);
    for (int is_json = 0; is_json < 2; is_json++) {
        char archive[] = "/tmp/tally-unseen-XXXXXX";
        int fd = mkstemp(archive); /* a file is read twice: what is left of erased bodies comes first */
        assert_true(fd >= 0);
        assert_int_equal(write(fd, text.ptr, text.len), (ssize_t) text.len);
        (void) close(fd);
        const char *const argv[] = {program, archive, "--vkey", b.vkey, is_json ? "--json" : NULL, NULL};
        run((char *const *) (uintptr_t) argv, SLICE(""), &ran);
        assert_int_equal(unlink(archive), 0);
        assert_int_equal(ran.status, 4);
        if (is_json) {
            (void) snprintf(line, sizeof line, "\"erased\":1,\"erased_entries\":\"%zu\"", erased);
            assert_says(&ran.out, line);
            (void) snprintf(line, sizeof line, "\"withheld\":2,\"withheld_entries\":\"%zu-%zu\"", quiet, quiet + 1);
            assert_says(&ran.out, line);
            assert_says(&ran.out, "\"residues\":1");
            assert_says(&ran.out, "\"unseen\":2");
            assert_says(&ran.out, "\"status\":4");
        } else {
            assert_says(&ran.out, "2 bodies withheld and 1 erased were not seen");
            assert_says(&ran.out, "1 statements rest on the ledger's word: their bodies were erased");
            assert_says(&ran.out, "2 entries were passed over: they need bodies that are not there");
            (void) snprintf(line, sizeof line, "withheld: %zu-%zu", quiet, quiet + 1);
            assert_says(&ran.out, line);
            (void) snprintf(line, sizeof line, "erased: %zu", erased);
            assert_says(&ran.out, line);
        }
        ran_release(&ran);
    }
    buf_release(&text);
    forge_release(&forged);
    book_end(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_right_archive_passes_whole),
        cmocka_unit_test(a_payment_removed_is_told),
        cmocka_unit_test(a_payment_added_is_told),
        cmocka_unit_test(a_payment_raised_by_a_cent_is_told),
        cmocka_unit_test(a_payment_raised_without_the_parties_keys_is_told_twice),
        cmocka_unit_test(a_result_changed_with_all_rehashed_and_signed_by_the_ledger_is_told),
        cmocka_unit_test(a_result_changed_by_its_author_afterwards_is_told),
        cmocka_unit_test(a_statement_moved_to_another_path_is_told),
        cmocka_unit_test(a_statement_moved_to_another_ledger_is_told),
        cmocka_unit_test(a_key_used_before_it_was_added_is_told),
        cmocka_unit_test(a_key_used_after_it_was_revoked_is_told),
        cmocka_unit_test(entries_renumbered_with_everybodys_keys_are_told_by_a_checkpoint_that_was_kept),
        cmocka_unit_test(an_activation_left_out_is_told),
        cmocka_unit_test(a_moment_left_out_is_told),
        cmocka_unit_test(a_moment_that_comes_late_is_told),
        cmocka_unit_test(a_final_for_a_contract_of_which_it_is_none_is_told),
        cmocka_unit_test(a_statement_that_was_to_be_refused_is_told),
        cmocka_unit_test(json_has_what_was_recomputed),
        cmocka_unit_test(what_was_not_seen_is_counted_in_every_report),
    };
    return cmocka_run_group_tests(tests, keep_books, close_books);
}
