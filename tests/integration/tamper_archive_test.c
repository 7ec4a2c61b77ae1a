/* What can be done to an archive, with the ledger's own key too, and what tally-verify says of it. What needs the model to be seen is in
 * replay's tests. */
#include "tamper_help.h"

#include "../support/forge.h"

/* Entries 0 to 9 of small_rest: ledger.created, two actors, a result, its verification, a key added, a result signed with it, the first
 * key revoked, a payment, a settlement. Lines: one first, an entry each, the checkpoint: line 12. */
struct tamper {
    struct small_ledger l;
    struct forge f;
    char old[64]; /* a file with the checkpoint of the first seven entries, as somebody kept it */
};

static void keep_file(struct slice bytes, char path[64])
{
    (void) snprintf(path, 64, "/tmp/tally-tamper-XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes.ptr, bytes.len), bytes.len);
    (void) close(fd);
}

static void begin(struct tamper *t)
{
    struct buf note;
    small_begin(&t->l, SMALL_WHOLE);
    small_rest(&t->l);
    small_checkpoint(&t->l, SMALL_WHOLE);
    small_note(&t->l, 7, t->l.ledger, &note);
    keep_file(buf_slice(&note), t->old);
    buf_release(&note);
    forge_read(&t->f, buf_slice(&t->l.text));
}

/* After what was done, with these parts made right again: said without the kept checkpoint, and with it. */
static void end(struct tamper *t, unsigned parts, const char *alone, const char *with_old)
{
    struct buf out;
    forge_write(&t->f, parts, t->l.ledger, &out);
    assert_tampered(buf_slice(&out), t->l.vkey, NULL, alone);
    assert_tampered(buf_slice(&out), t->l.vkey, t->old, with_old);
    assert_int_equal(unlink(t->old), 0);
    buf_release(&out);
    forge_release(&t->f);
    small_end(&t->l);
}

#define KEPT 0 /* nothing is made right: the archive says what it said but for this */

static void nothing_is_said_of_an_archive_that_nobody_touched(void **state)
{
    struct tamper t;
    (void) state;
    begin(&t);
    end(&t, KEPT, "", "");
}

static void one_bit_of_a_header(void **state)
{
    struct tamper t;
    (void) state;
    begin(&t);
    t.f.entries[3].header.time.us ^= 1;
    end(&t, KEPT, "chain.prev@4 statement.head@4 checkpoint.root@12",
        "chain.prev@4 statement.head@4 ledger.forked@6 checkpoint.root@12");
}

static void one_bit_of_the_last_header(void **state)
{
    struct tamper t;
    (void) state;
    begin(&t);
    t.f.entries[9].header.time.us ^= 1;
    end(&t, KEPT, "checkpoint.root@12", "checkpoint.root@12");
}

static void one_bit_of_a_body(void **state)
{
    struct tamper t;
    (void) state;
    begin(&t);
    forge_replace(&t.f, 3, "\"value\":\"90\"", "\"value\":\"91\"");
    end(&t, KEPT, "body.commitment@3", "body.commitment@3");
}

static void one_bit_of_a_nonce(void **state)
{
    struct tamper t;
    (void) state;
    begin(&t);
    t.f.entries[3].nonce[15] ^= 1;
    end(&t, KEPT, "body.commitment@3", "body.commitment@3");
}

static void one_bit_of_a_signature(void **state)
{
    struct tamper t;
    (void) state;
    begin(&t);
    char *jws = (char *) (uintptr_t) t.f.entries[3].jws.ptr; /* the forge's own bytes */
    char *at = jws + t.f.entries[3].jws.len - 20;
    *at = *at == 'A' ? 'B' : 'A';
    end(&t, KEPT, "body.commitment@3", "body.commitment@3");
}

static void one_bit_of_a_signature_committed_to(void **state)
{
    struct tamper t;
    (void) state;
    begin(&t);
    char *jws = (char *) (uintptr_t) t.f.entries[3].jws.ptr;
    char *at = jws + t.f.entries[3].jws.len - 20;
    *at = *at == 'A' ? 'B' : 'A';
    end(&t, FORGE_REBUILT,
        "statement.signature@3 statement.head@4 statement.head@5 statement.head@6 statement.head@7 statement.head@9",
        "statement.signature@3 statement.head@4 statement.head@5 statement.head@6 ledger.forked@6 statement.head@7 "
        "statement.head@9");
}

static void an_entry_deleted_in_the_middle(void **state)
{
    struct tamper t;
    (void) state;
    begin(&t);
    forge_remove(&t.f, 4);
    end(&t, KEPT, "chain.seq@4", "chain.seq@4");
}

static void an_entry_deleted_in_the_middle_and_the_rest_made_right(void **state)
{
    struct tamper t;
    (void) state;
    begin(&t);
    forge_remove(&t.f, 4);
    end(&t, FORGE_REBUILT, "statement.head@4 statement.head@5 statement.head@6 statement.head@8",
        "statement.head@4 statement.head@5 statement.head@6 ledger.forked@6 statement.head@8");
}

static void an_entry_deleted_at_the_end(void **state)
{
    struct tamper t;
    (void) state;
    begin(&t);
    forge_cut(&t.f, 9);
    end(&t, KEPT, "checkpoint.size@11 archive.size@11", "checkpoint.size@11 archive.size@11");
}

/* Down to five entries, with a checkpoint of their own: only who kept another sees it. */
static void entries_deleted_at_the_end_and_a_checkpoint_signed_for_the_rest(void **state)
{
    struct tamper t;
    (void) state;
    begin(&t);
    forge_cut(&t.f, 5);
    end(&t, FORGE_REBUILT, "", "ledger.forked@6");
}

static void an_entry_inserted(void **state)
{
    struct tamper t;
    (void) state;
    begin(&t);
    (void) forge_insert(&t.f, 4, &t.f.entries[8]);
    end(&t, KEPT, "chain.seq@4 chain.seq@9 chain.seq@9 chain.seq@9 chain.seq@9 chain.seq@9 key.unknown@9",
        "chain.seq@4 chain.seq@9 chain.seq@9 chain.seq@9 chain.seq@9 chain.seq@9 key.unknown@9");
}

static void an_entry_inserted_and_the_rest_made_right(void **state)
{
    struct tamper t;
    (void) state;
    begin(&t);
    struct forge_entry *entry = forge_insert(&t.f, 4, &t.f.entries[8]);
    entry->header.time = t.f.entries[3].header.time;
    end(&t, FORGE_REBUILT, "statement.head@6 statement.head@7 statement.head@8 statement.head@10",
        "statement.head@6 ledger.forked@6 statement.head@7 statement.head@8 statement.head@10");
}

static void an_entry_duplicated(void **state)
{
    struct tamper t;
    (void) state;
    begin(&t);
    (void) forge_insert(&t.f, 4, &t.f.entries[3]);
    end(&t, KEPT, "chain.seq@4", "chain.seq@4");
}

static void a_statement_duplicated_and_the_rest_made_right(void **state)
{
    struct tamper t;
    (void) state;
    begin(&t);
    (void) forge_insert(&t.f, 4, &t.f.entries[3]);
    end(&t, FORGE_REBUILT, "chain.jti@4 statement.head@6 statement.head@7 statement.head@8 statement.head@10",
        "chain.jti@4 statement.head@6 ledger.forked@6 statement.head@7 statement.head@8 statement.head@10");
}

static void two_entries_swapped(void **state)
{
    struct tamper t;
    (void) state;
    begin(&t);
    forge_swap(&t.f, 3, 4);
    end(&t, KEPT, "chain.seq@3 chain.seq@5", "chain.seq@3 chain.seq@5");
}

static void two_entries_swapped_and_renumbered_with_all_hashes_made_anew(void **state)
{
    struct tamper t;
    (void) state;
    begin(&t);
    forge_swap(&t.f, 8, 9);
    struct instant time = t.f.entries[8].header.time;
    t.f.entries[8].header.time = t.f.entries[9].header.time;
    t.f.entries[9].header.time = time;
    end(&t, FORGE_REBUILT, "statement.head@8", "statement.head@8");
}

/* What parties signed later they sign anew upon it, as if it had always been so: only a checkpoint that somebody kept, or a witness. */
static void renumbered_with_all_hashes_and_signatures_made_anew(void **state)
{
    struct tamper t;
    (void) state;
    begin(&t);
    const struct key_pair *keys[] = {t.l.op, t.l.prov, t.l.prov2, t.l.eva};
    for (size_t i = 0; i < 4; i++)
        forge_signer(&t.f, keys[i]);
    forge_remove(&t.f, 8);
    forge_cut(&t.f, 8);
    forge_remove(&t.f, 4);
    end(&t, FORGE_LIVED, "", "ledger.forked@6");
}

static void time_moved_back(void **state)
{
    struct tamper t;
    (void) state;
    begin(&t);
    t.f.entries[4].header.time.us -= INT64_C(2000000);
    end(&t, KEPT, "chain.time@4 chain.prev@5 statement.head@5 checkpoint.root@12",
        "chain.time@4 chain.prev@5 statement.head@5 ledger.forked@6 checkpoint.root@12");
}

static void time_moved_back_and_the_rest_made_right(void **state)
{
    struct tamper t;
    (void) state;
    begin(&t);
    t.f.entries[4].header.time.us -= INT64_C(2000000);
    end(&t, FORGE_REBUILT, "chain.time@4 statement.head@5 statement.head@6 statement.head@7 statement.head@9",
        "chain.time@4 statement.head@5 statement.head@6 ledger.forked@6 statement.head@7 statement.head@9");
}

/* All entries a day earlier, chain and checkpoint made anew: the authors have signed when they acted. */
static void everything_dated_back(void **state)
{
    struct tamper t;
    (void) state;
    begin(&t);
    for (size_t i = 0; i < t.f.count; i++)
        t.f.entries[i].header.time.us -= INT64_C(86400000000);
    end(&t, FORGE_REBUILT,
        "statement.time@1 statement.head@1 statement.time@2 statement.head@2 statement.time@3 statement.head@3 "
        "statement.time@4 statement.head@4 statement.time@5 statement.head@5 statement.time@6 statement.head@6 ...",
        "statement.time@1 statement.head@1 statement.time@2 statement.head@2 statement.time@3 statement.head@3 "
        "statement.time@4 statement.head@4 statement.time@5 statement.head@5 statement.time@6 statement.head@6 ...");
}

/* Two histories that part behind entry 5, each whole and right for who sees it alone; each checkpoint speaks against the other. */
static void a_fork_shown_to_two_parties(void **state)
{
    struct tamper t;
    struct buf one, other, note;
    char of_one[64], of_other[64];
    (void) state;
    begin(&t);
    const struct key_pair *keys[] = {t.l.op, t.l.prov, t.l.prov2, t.l.eva};
    for (size_t i = 0; i < 4; i++)
        forge_signer(&t.f, keys[i]);
    forge_write(&t.f, KEPT, NULL, &one);
    forge_note(&t.f, SMALL_WHOLE, t.l.ledger, &note);
    keep_file(buf_slice(&note), of_one);
    buf_release(&note);
    forge_replace(&t.f, 6, "\"value\":\"91\"", "\"value\":\"19\"");
    forge_write(&t.f, FORGE_LIVED, t.l.ledger, &other);
    forge_note(&t.f, SMALL_WHOLE, t.l.ledger, &note);
    keep_file(buf_slice(&note), of_other);
    buf_release(&note);
    assert_tampered(buf_slice(&one), t.l.vkey, of_one, "");
    assert_tampered(buf_slice(&other), t.l.vkey, of_other, "");
    assert_tampered(buf_slice(&one), t.l.vkey, of_other, "ledger.forked@9");
    assert_tampered(buf_slice(&other), t.l.vkey, of_one, "ledger.forked@9");
    assert_tampered(buf_slice(&other), t.l.vkey, t.old, "ledger.forked@6");
    assert_int_equal(unlink(of_one) | unlink(of_other) | unlink(t.old), 0);
    buf_release(&one);
    buf_release(&other);
    forge_release(&t.f);
    small_end(&t.l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_said_of_an_archive_that_nobody_touched),
        cmocka_unit_test(one_bit_of_a_header),
        cmocka_unit_test(one_bit_of_the_last_header),
        cmocka_unit_test(one_bit_of_a_body),
        cmocka_unit_test(one_bit_of_a_nonce),
        cmocka_unit_test(one_bit_of_a_signature),
        cmocka_unit_test(one_bit_of_a_signature_committed_to),
        cmocka_unit_test(an_entry_deleted_in_the_middle),
        cmocka_unit_test(an_entry_deleted_in_the_middle_and_the_rest_made_right),
        cmocka_unit_test(an_entry_deleted_at_the_end),
        cmocka_unit_test(entries_deleted_at_the_end_and_a_checkpoint_signed_for_the_rest),
        cmocka_unit_test(an_entry_inserted),
        cmocka_unit_test(an_entry_inserted_and_the_rest_made_right),
        cmocka_unit_test(an_entry_duplicated),
        cmocka_unit_test(a_statement_duplicated_and_the_rest_made_right),
        cmocka_unit_test(two_entries_swapped),
        cmocka_unit_test(two_entries_swapped_and_renumbered_with_all_hashes_made_anew),
        cmocka_unit_test(renumbered_with_all_hashes_and_signatures_made_anew),
        cmocka_unit_test(time_moved_back),
        cmocka_unit_test(time_moved_back_and_the_rest_made_right),
        cmocka_unit_test(everything_dated_back),
        cmocka_unit_test(a_fork_shown_to_two_parties),
    };
    return cmocka_run_group_tests(tests, find_program, NULL);
}
