/* tally-verify as an auditor runs it: exit status, what it prints, and what it is linked with. */
#include "verify_help.h"

#include "tally/receipt.h"

#include <jansson.h>

static void it_is_linked_with_no_database_and_no_network(void **state)
{
    static const char *const NOT[] = {"libpq", "libcurl", "microhttpd", "libssl", "libldap"};
    char *argv[] = {(char *) (uintptr_t) "ldd", program, NULL};
    struct ran ran;
    (void) state;
    run(argv, (struct slice){0}, &ran);
    assert_int_equal(ran.status, 0);
    assert_says(&ran.out, "libcrypto");
    for (size_t i = 0; i < sizeof NOT / sizeof NOT[0]; i++)
        assert_null(strstr(ran.out.ptr, NOT[i]));
    ran_release(&ran);
}

static void a_right_archive_passes_with_the_key_and_agrees_with_itself_without(void **state)
{
    struct small_ledger l;
    struct ran ran;
    (void) state;
    small_begin(&l, SMALL_WHOLE);
    small_rest(&l);
    verify(buf_slice(&l.text), "--vkey", l.vkey, NULL, &ran);
    assert_int_equal(ran.status, 4);
    assert_says(&ran.out, "no checkpoint covers the entries from 0 on");
    ran_release(&ran);
    small_checkpoint(&l, SMALL_WHOLE);
    verify(buf_slice(&l.text), "--vkey", l.vkey, NULL, &ran);
    assert_int_equal(ran.status, 0);
    assert_says(&ran.out, "chain and signatures are right");
    assert_says(&ran.out, "signatures  8 verified");
    assert_says(&ran.out, "checkpoint  of 10 entries, signed by the ledger");
    assert_says(&ran.out, "operator alone vouches for the past");
    assert_int_equal(ran.errors.len, 0);
    ran_release(&ran);
    verify(buf_slice(&l.text), NULL, NULL, NULL, &ran);
    assert_int_equal(ran.status, 4);
    assert_says(&ran.out, "agrees with itself only");
    ran_release(&ran);
    char *argv[] = {program,
                    (char *) (uintptr_t) "--level",
                    (char *) (uintptr_t) "chain",
                    (char *) (uintptr_t) "--vkey",
                    l.vkey,
                    (char *) (uintptr_t) "/dev/stdin",
                    NULL};
    run(argv, buf_slice(&l.text), &ran);
    assert_int_equal(ran.status, 0);
    assert_says(&ran.out, "the chain is right");
    ran_release(&ran);
    small_end(&l);
}

/* It would be the first of the files that the verifier makes for itself. */
static void a_closed_output_is_no_file(void **state)
{
    struct small_ledger l;
    struct ran ran;
    (void) state;
    small_begin(&l, SMALL_WHOLE);
    small_rest(&l);
    small_checkpoint(&l, SMALL_WHOLE);
    char *argv[] = {(char *) (uintptr_t) "/bin/sh",
                    (char *) (uintptr_t) "-c",
                    (char *) (uintptr_t) "\"$0\" - --vkey \"$1\" >&-",
                    program,
                    l.vkey,
                    NULL};
    run(argv, buf_slice(&l.text), &ran);
    assert_int_equal(ran.status, 3);
    assert_int_equal(ran.out.len, 0);
    assert_says(&ran.errors, "writing the report");
    ran_release(&ran);
    small_end(&l);
}

static void a_finding_names_the_entry(void **state)
{
    struct small_ledger l;
    struct ran ran;
    (void) state;
    small_begin(&l, 5);
    small_add(&l, (struct small_entry){.actor = "ledger", .type = "moment.reached", .body = "{}", .is_other_prev = true});
    small_add(&l, (struct small_entry){.actor = "ledger", .type = "moment.reached", .body = "{}"});
    verify(buf_slice(&l.text), "--vkey", l.vkey, NULL, &ran);
    assert_int_equal(ran.status, 1);
    assert_says(&ran.out, "entry 3: chain.prev: prev does not match the hash of entry 2\n");
    ran_release(&ran);
    verify(buf_slice(&l.text), "--json", NULL, NULL, &ran);
    assert_int_equal(ran.status, 1);
    json_t *json = json_loadb(ran.out.ptr, ran.out.len, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(json);
    json_t *findings = json_object_get(json, "findings");
    assert_int_equal(json_array_size(findings), 1);
    assert_string_equal(json_string_value(json_object_get(json_array_get(findings, 0), "code")), "chain.prev");
    assert_int_equal(json_integer_value(json_object_get(json_array_get(findings, 0), "seq")), 3);
    json_t *report = json_object_get(json, "report");
    assert_int_equal(json_integer_value(json_object_get(report, "entries")), 5);
    assert_int_equal(json_integer_value(json_object_get(report, "status")), 1);
    json_decref(json);
    ran_release(&ran);
    small_end(&l);
}

static void an_entry_of_tomorrow_is_a_finding(void **state)
{
    struct small_ledger l;
    struct ran ran;
    const int64_t day_us = INT64_C(86400000000);
    (void) state;
    small_begin(&l, 4);
    small_add(&l, (struct small_entry){.actor = "prov",
                                       .type = "result.submitted",
                                       .target = "/v1/results",
                                       .key = l.prov,
                                       .body = "{}",
                                       .late_us = instant_now().us - SMALL_START + day_us});
    small_checkpoint(&l, 4);
    verify(buf_slice(&l.text), "--vkey", l.vkey, "--level=chain", &ran);
    assert_int_equal(ran.status, 1);
    assert_says(&ran.out, "entry 3: chain.future: its time has not come");
    ran_release(&ran);
    small_end(&l);
}

static void bodies_that_are_not_there_leave_it_incomplete(void **state)
{
    struct small_ledger l;
    struct ran ran;
    (void) state;
    small_begin(&l, 4);
    small_add(&l, (struct small_entry){.actor = "ledger",
                                       .type = "payment.itemised",
                                       .body = "{}",
                                       .is_closed = true,
                                       .state = ARCHIVE_BODY_WITHHELD});
    verify(buf_slice(&l.text), "--vkey", l.vkey, NULL, &ran);
    assert_int_equal(ran.status, 4);
    assert_says(&ran.out, "1 bodies withheld and 0 erased were not seen");
    assert_says(&ran.out, "withheld: 3\n");
    assert_null(strstr(ran.out.ptr, "erased: "));
    ran_release(&ran);
    verify(buf_slice(&l.text), "--vkey", l.vkey, "--json", &ran);
    assert_int_equal(ran.status, 4);
    json_t *json = json_loadb(ran.out.ptr, ran.out.len, JSON_REJECT_DUPLICATES, NULL);
    assert_int_equal(json_array_size(json_object_get(json, "findings")), 0);
    assert_true(json_is_true(json_object_get(json_object_get(json, "report"), "anchored")));
    json_decref(json);
    ran_release(&ran);
    small_end(&l);
}

static void bodies_that_are_not_there_are_listed_by_number(void **state)
{
    static const enum archive_body STATES[] = {ARCHIVE_BODY_ERASED,  ARCHIVE_BODY_ERASED, ARCHIVE_BODY_WITHHELD,
                                               ARCHIVE_BODY_PRESENT, ARCHIVE_BODY_ERASED, ARCHIVE_BODY_WITHHELD};
    struct small_ledger l;
    struct ran ran;
    (void) state;
    small_begin(&l, 12);
    for (size_t i = 0; i < 6; i++)
        small_add(&l,
                  (struct small_entry){
                      .actor = "ledger", .type = "payment.itemised", .body = "{}", .is_closed = true, .state = STATES[i]});
    static const char *const erased[] = {"3", "4", "7"};
    for (size_t i = 0; i < 3; i++)
        small_add(&l, (struct small_entry){.actor = "op",
                                           .key = l.op,
                                           .type = "body.erased",
                                           .target = small_printf(&l, "/v1/entries/%s/erasure", erased[i]),
                                           .body = "{\"ground\":\"asked for\"}"});
    verify(buf_slice(&l.text), "--vkey", l.vkey, NULL, &ran);
    assert_int_equal(ran.status, 4);
    assert_says(&ran.out, "withheld: 5, 8\n");
    assert_says(&ran.out, "erased: 3-4, 7\n");
    ran_release(&ran);
    verify(buf_slice(&l.text), "--vkey", l.vkey, "--json", &ran);
    json_t *json = json_loadb(ran.out.ptr, ran.out.len, JSON_REJECT_DUPLICATES, NULL);
    json_t *report = json_object_get(json, "report");
    assert_string_equal(json_string_value(json_object_get(report, "withheld_entries")), "5, 8");
    assert_string_equal(json_string_value(json_object_get(report, "erased_entries")), "3-4, 7");
    json_decref(json);
    ran_release(&ran);
    small_end(&l);
}

static void more_than_people_read_is_cut_between_numbers(void **state)
{
    struct small_ledger l;
    struct ran ran;
    (void) state;
    small_begin(&l, 803);
    for (size_t i = 0; i < 800; i++)
        small_add(&l, (struct small_entry){.actor = "ledger",
                                           .type = "payment.itemised",
                                           .body = "{}",
                                           .is_closed = true,
                                           .state = i % 2 == 0 ? ARCHIVE_BODY_WITHHELD : ARCHIVE_BODY_PRESENT});
    verify(buf_slice(&l.text), "--vkey", l.vkey, NULL, &ran);
    assert_int_equal(ran.status, 4);
    assert_says(&ran.out, "withheld: 3, 5, 7, 9, 11, ");
    assert_says(&ran.out, " and more; --json has them all\n");
    ran_release(&ran);
    verify(buf_slice(&l.text), "--vkey", l.vkey, "--json", &ran);
    assert_says(&ran.out, ", 799, 801\",\"witnessed_size\":0,\"witnesses\":0}");
    ran_release(&ran);
    small_end(&l);
}

/* A file with these bytes, until the test ends. */
static const char *named_file(struct slice bytes)
{
    static char path[64];
    (void) snprintf(path, sizeof path, "/tmp/tally-verify-XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes.ptr, bytes.len), bytes.len);
    (void) close(fd);
    return path;
}

static void verify_with_kept(struct small_ledger *l, struct slice kept, struct ran *ran)
{
    char *argv[] = {program,
                    (char *) (uintptr_t) "-",
                    (char *) (uintptr_t) "--vkey",
                    l->vkey,
                    (char *) (uintptr_t) "--checkpoint",
                    (char *) (uintptr_t) named_file(kept),
                    (char *) (uintptr_t) "--level",
                    (char *) (uintptr_t) "signatures",
                    NULL};
    run(argv, buf_slice(&l->text), ran);
    assert_int_equal(unlink(argv[5]), 0);
}

static void a_checkpoint_that_was_kept_has_to_be_continued(void **state)
{
    struct small_ledger l, other;
    struct ran ran;
    struct buf note;
    (void) state;
    small_begin(&l, SMALL_WHOLE);
    small_rest(&l);
    small_checkpoint(&l, SMALL_WHOLE);
    small_note(&l, 5, l.ledger, &note);
    verify_with_kept(&l, buf_slice(&note), &ran);
    assert_int_equal(ran.status, 0);
    assert_says(&ran.out, "continues   1 of the checkpoints given");
    ran_release(&ran);
    buf_release(&note);
    /* a longer one: entries are missing at the end */
    memcpy(&other, &l, sizeof other);
    other.hashes[SMALL_WHOLE] = other.hashes[0];
    small_note(&other, SMALL_WHOLE + 1, l.ledger, &note);
    verify_with_kept(&l, buf_slice(&note), &ran);
    assert_int_equal(ran.status, 1);
    assert_says(&ran.out, "it is older than that, or entries at its end were dropped");
    ran_release(&ran);
    buf_release(&note);
    /* another history */
    other.hashes[3] = other.hashes[0];
    small_note(&other, 5, l.ledger, &note);
    verify_with_kept(&l, buf_slice(&note), &ran);
    assert_int_equal(ran.status, 1);
    assert_says(&ran.out, "entry 4: ledger.forked: the first 5 entries are not those that");
    ran_release(&ran);
    buf_release(&note);
    /* signed by somebody else */
    small_note(&l, 5, l.op, &note);
    verify_with_kept(&l, buf_slice(&note), &ran);
    assert_int_equal(ran.status, 1);
    assert_says(&ran.errors, "the ledger's key has not signed the checkpoint");
    ran_release(&ran);
    buf_release(&note);
    verify_with_kept(&l, SLICE("no checkpoint\n"), &ran);
    assert_int_equal(ran.status, 2);
    ran_release(&ran);
    small_end(&l);
}

/* ---- receipts ---- */

static void receipt_of(struct small_ledger *l, uint64_t seq, struct slice header, struct buf *out)
{
    struct merkle_frontier before = {0};
    struct merkle_batch batch;
    struct buf note;
    struct receipt receipt = {.header = header, .has_nonce = true, .index = seq};
    assert_int_equal(merkle_batch_make(&before, l->hashes, l->seq, l->arena, &batch, NULL), TALLY_OK);
    receipt.proof_count = merkle_batch_proof(&batch, seq, receipt.proof);
    memset(receipt.nonce, (int) seq, sizeof receipt.nonce);
    small_note(l, l->seq, l->ledger, &note);
    receipt.checkpoint = buf_slice(&note);
    buf_init(out, RECEIPT_MAX);
    receipt_write(&receipt, out);
    buf_release(&note);
}

static struct archive_entry entry_of(struct small_ledger *l, int n)
{
    struct archive_line line;
    const char *at = l->text.ptr;
    for (int i = 0; i < n + 1; i++)
        at = strchr(at, '\n') + 1;
    assert_int_equal(archive_read_line(slice_of(at, (size_t) (strchr(at, '\n') - at)), l->arena, &line, NULL), TALLY_OK);
    return line.entry;
}

static void a_receipt_alone_says_what_the_ledger_has_signed(void **state)
{
    struct small_ledger l;
    struct ran ran;
    struct buf receipt;
    (void) state;
    small_begin(&l, SMALL_WHOLE);
    small_rest(&l);
    struct archive_entry entry = entry_of(&l, 3);
    receipt_of(&l, 3, entry.header, &receipt);
    verify_receipt(buf_slice(&receipt), "--vkey", l.vkey, NULL, &ran);
    assert_int_equal(ran.status, 0);
    assert_says(&ran.out, "entry       3 of " SMALL_ORIGIN);
    assert_says(&ran.out, "result.submitted by prov");
    assert_says(&ran.out, "the ledger has signed that it holds this entry");
    ran_release(&ran);
    verify_receipt(buf_slice(&receipt), NULL, NULL, NULL, &ran);
    assert_int_equal(ran.status, 4);
    ran_release(&ran);
    verify_receipt(buf_slice(&receipt), "--vkey", "a+b", NULL, &ran);
    assert_int_equal(ran.status, 2);
    ran_release(&ran);
    struct key_public key;
    struct buf witness; /* of the ledger's name, and by its key */
    key_pair_public(l.ledger, &key);
    buf_init(&witness, 256);
    key_vkey_write(SLICE(SMALL_ORIGIN), NOTE_KEY_COSIGNATURE, &key, &witness);
    verify_receipt(buf_slice(&receipt), "--vkey", witness.ptr, NULL, &ran);
    assert_int_equal(ran.status, 2);
    assert_non_null(strstr(ran.errors.ptr, "is not a ledger's verifier key"));
    ran_release(&ran);
    buf_release(&witness);
    char body[64], jws[64];
    (void) snprintf(body, sizeof body, "%s", named_file(entry.body));
    (void) snprintf(jws, sizeof jws, "%s", named_file(entry.jws));
    char *argv[] = {program,
                    (char *) (uintptr_t) "-",
                    (char *) (uintptr_t) "--vkey",
                    l.vkey,
                    (char *) (uintptr_t) "--body",
                    body,
                    (char *) (uintptr_t) "--jws",
                    jws,
                    NULL};
    run(argv, buf_slice(&receipt), &ran);
    assert_int_equal(ran.status, 0);
    assert_says(&ran.out, "statement   the one given");
    ran_release(&ran);
    argv[5] = jws;
    run(argv, buf_slice(&receipt), &ran);
    assert_int_equal(ran.status, 1);
    assert_says(&ran.out, "body.commitment");
    ran_release(&ran);
    assert_int_equal(unlink(body) | unlink(jws), 0);
    /* for another entry; with another key; cut off */
    struct buf other;
    receipt_of(&l, 4, entry.header, &other);
    verify_receipt(buf_slice(&other), "--vkey", l.vkey, "--json", &ran);
    assert_int_equal(ran.status, 1);
    assert_says(&ran.out, "\"code\":\"receipt.proof\"");
    ran_release(&ran);
    char *signature = strstr(receipt.ptr, "\xe2\x80\x94 " SMALL_ORIGIN " ") + strlen("\xe2\x80\x94 " SMALL_ORIGIN " ") + 20;
    *signature = *signature == 'A' ? 'B' : 'A';
    verify_receipt(buf_slice(&receipt), "--vkey", l.vkey, NULL, &ran);
    assert_int_equal(ran.status, 1);
    assert_says(&ran.out, "receipt: checkpoint.signature: ");
    ran_release(&ran);
    for (size_t len = sizeof RECEIPT_FIRST_LINE; len + 1 < receipt.len; len += 7) {
        verify_receipt(slice_of(receipt.ptr, len), "--vkey", l.vkey, NULL, &ran);
        assert_int_equal(ran.status, 1);
        ran_release(&ran);
    }
    buf_release(&other);
    buf_release(&receipt);
    small_end(&l);
}

static void a_line_that_is_too_long_is_a_finding(void **state)
{
    struct small_ledger l;
    struct buf text;
    struct ran ran;
    (void) state;
    small_begin(&l, 3);
    buf_init(&text, 2u * ARCHIVE_LINE_MAX + 65536);
    buf_add_slice(&text, buf_slice(&l.text));
    while (text.len < 2u * ARCHIVE_LINE_MAX)
        buf_add_str(&text, "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef");
    buf_add_char(&text, '\n');
    verify(buf_slice(&text), "--vkey", l.vkey, NULL, &ran);
    assert_int_equal(ran.status, 1);
    assert_says(&ran.out, "line 5: archive.line: the line is longer than");
    ran_release(&ran);
    buf_release(&text);
    small_end(&l);
}

static void what_is_no_archive_is_told_apart(void **state)
{
    struct ran ran;
    (void) state;
    verify(SLICE(""), NULL, NULL, NULL, &ran);
    assert_int_equal(ran.status, 1);
    assert_says(&ran.out, "line 1: archive.head: the archive is empty");
    ran_release(&ran);
}

static void wrong_usage_is_explained(void **state)
{
    static const char *const WRONG[][4] = {
        {"-", "-", NULL},
        {NULL},
        {"-", "--level", "everything"},
        {"-", "--level"},
        {"-", "--unknown"},
        {"-", "--vkey", "nonsense"},
        {"-", "--vkey", "a.example+00000000+AVq8qpwiIgHPGU8aR0wNcaeaPXqNwWrklGKjsYCQsSlp"},
        {"/nowhere/at/all.jsonl"},
        {"/tmp"}};
    (void) state;
    for (size_t i = 0; i < sizeof WRONG / sizeof WRONG[0]; i++) {
        char *argv[6] = {program};
        struct ran ran;
        for (size_t k = 0; k < 4 && WRONG[i][k] != NULL; k++)
            argv[k + 1] = (char *) (uintptr_t) WRONG[i][k];
        run(argv, SLICE(""), &ran);
        assert_int_equal(ran.status, 2);
        assert_says(&ran.errors, "tally-verify: ");
        ran_release(&ran);
    }
}

static void help_has_an_example(void **state)
{
    char *argv[] = {program, (char *) (uintptr_t) "--help", NULL};
    struct ran ran;
    (void) state;
    run(argv, SLICE(""), &ran);
    assert_int_equal(ran.status, 0);
    assert_says(&ran.out, "Example:");
    assert_says(&ran.out, "Exit status:");
    ran_release(&ran);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_linked_with_no_database_and_no_network),
        cmocka_unit_test(a_right_archive_passes_with_the_key_and_agrees_with_itself_without),
        cmocka_unit_test(a_closed_output_is_no_file),
        cmocka_unit_test(a_finding_names_the_entry),
        cmocka_unit_test(an_entry_of_tomorrow_is_a_finding),
        cmocka_unit_test(bodies_that_are_not_there_leave_it_incomplete),
        cmocka_unit_test(bodies_that_are_not_there_are_listed_by_number),
        cmocka_unit_test(more_than_people_read_is_cut_between_numbers),
        cmocka_unit_test(a_checkpoint_that_was_kept_has_to_be_continued),
        cmocka_unit_test(a_receipt_alone_says_what_the_ledger_has_signed),
        cmocka_unit_test(a_line_that_is_too_long_is_a_finding),
        cmocka_unit_test(what_is_no_archive_is_told_apart),
        cmocka_unit_test(wrong_usage_is_explained),
        cmocka_unit_test(help_has_an_example),
    };
    return cmocka_run_group_tests(tests, find_program, NULL);
}
