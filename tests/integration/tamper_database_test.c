/* What a superuser of the database can do to a ledger with the triggers switched off, and what is said of it: by tally-verify of the
 * archive that the service then gives, and by ledger.verify in the database. */
#include "tamper_help.h"

#include "../support/audit.h"
#include "../support/service.h"
#include "tally/pg.h"

/* Entries 0 ledger.created, 1 actor.registered, 2 to 9 indicators; each author has seen the entry before its own. The archive's
 * lines: one first, an entry each, the checkpoint: line 12. */
#define ENTRIES 10

static struct service service;
static struct service_actor prov;
static struct pg *pg;
static char vkey[256];

static void sql(const char *text)
{
    struct err err = {0};
    if (pg_exec_text(pg, text, NULL, &err) != TALLY_OK)
        fail_msg("%s: %s", text, err.detail);
}

static int start(void **state)
{
    struct http_reply reply;
    if (find_program(state) != 0 || service_start(&service, NULL) != 0 ||
        service_register(&service, "prov", "backbone", &prov) != 0)
        return -1;
    for (int i = 2; i < ENTRIES; i++) {
        char body[256];
        (void) snprintf(body, sizeof body,
                        "{\"definition\":\"n\",\"id\":\"test.n-%d\",\"kind\":\"output\",\"name\":\"n\",\"unit\":\"n\","
                        "\"version\":1}",
                        i);
        if (service_post(&service, &prov, "/v1/indicators", body, &reply) != 0)
            return -1;
        assert_int_equal(reply.status, 201);
        http_reply_release(&reply);
    }
    assert_int_equal(service_vkey(&service, vkey, sizeof vkey), 0);
    assert_int_equal(service_database(&service, &pg), 0);
    sql("CREATE SCHEMA kept");
    sql("CREATE TABLE kept.entry AS TABLE ledger.entry");
    sql("CREATE TABLE kept.body AS TABLE ledger.body");
    sql("ALTER TABLE ledger.entry DISABLE TRIGGER ALL");
    sql("ALTER TABLE ledger.body DISABLE TRIGGER ALL");
    return 0;
}

static int stop(void **state)
{
    (void) state;
    pg_free(pg);
    service_actor_release(&prov);
    service_stop(&service);
    return 0;
}

static void restore(void)
{
    sql("TRUNCATE ledger.entry, ledger.body");
    sql("INSERT INTO ledger.entry SELECT * FROM kept.entry");
    sql("INSERT INTO ledger.body SELECT * FROM kept.body");
}

/* "chain.prev@5 ..." in the order of ledger.verify. */
static void database_said(char said[TAMPER_SAID_MAX])
{
    struct err err = {0};
    struct pg_rows *rows = NULL;
    if (pg_exec_text(pg, "SELECT coalesce(string_agg(code || '@' || seq, ' '), '') FROM ledger.verify(0, 9)", &rows,
                     &err) != TALLY_OK)
        fail_msg("ledger.verify: %s", err.detail);
    struct slice text = pg_get_bytes(rows, 0, 0);
    (void) snprintf(said, TAMPER_SAID_MAX, "%.*s", SLICE_ARG(text));
    pg_rows_free(rows);
}

/* After this change: what tally-verify says of the archive, what ledger.verify says; is_cut: the service breaks the archive off, since
 * an entry is not there. */
static void tampered(const char *change, const char *verifier, const char *database, bool is_cut)
{
    struct http_reply reply;
    int status = 0;
    char said[TAMPER_SAID_MAX], said_there[TAMPER_SAID_MAX];
    sql(change);
    assert_int_equal(service_get(&service, "/v1/archive", &reply), 0);
    database_said(said_there);
    restore(); /* so that no other test fails because this one does */
    tamper_verify(slice_of(reply.body, reply.body_len), vkey, NULL, said, &status);
    assert_string_equal(said, verifier);
    assert_int_equal(status, verifier[0] != '\0' ? 1 : 0);
    assert_string_equal(said_there, database);
    assert_int_equal(reply.is_cut, is_cut);
    http_reply_release(&reply);
}

/* The hash that a header with the values as they are now has: what a careful forger stores beside them. */
#define REHASH(seq)                                                                                                        \
    "; UPDATE ledger.entry AS e SET hash = ledger.header_hash(ledger.header(ledger.origin(), e.seq, e.\"time\", e.actor, " \
    "e.type, e.jti, e.open, e.prev, e.body_commitment)) WHERE e.seq = " #seq

static void nothing_is_said_of_a_ledger_that_nobody_touched(void **state)
{
    (void) state;
    tampered("SELECT 1", "", "", false);
}

static void one_bit_of_a_header(void **state)
{
    (void) state;
    tampered("UPDATE ledger.entry SET \"time\" = \"time\" + interval '1 microsecond' WHERE seq = 5",
             "chain.prev@6 statement.head@6 checkpoint.root@12", "chain.hash@5", false);
}

static void one_bit_of_a_header_and_its_hash_stored_anew(void **state)
{
    (void) state;
    tampered("DO $$ BEGIN UPDATE ledger.entry SET \"time\" = \"time\" + interval '1 microsecond' WHERE seq = 5" REHASH(
                 5) "; END $$",
             "chain.prev@6 statement.head@6 checkpoint.root@12", "chain.prev@6", false);
}

static void one_bit_of_the_last_header(void **state)
{
    (void) state;
    tampered("DO $$ BEGIN UPDATE ledger.entry SET \"time\" = \"time\" + interval '1 microsecond' WHERE seq = 9" REHASH(
                 9) "; END $$",
             "checkpoint.root@12", "", false);
}

static void one_bit_of_a_body(void **state)
{
    (void) state;
    tampered("UPDATE ledger.body SET body = replace(body, '\"definition\":\"n\"', '\"definition\":\"o\"') WHERE seq = 5",
             "body.commitment@5", "body.commitment@5", false);
}

static void one_bit_of_a_nonce(void **state)
{
    (void) state;
    tampered("UPDATE ledger.body SET nonce = set_bit(nonce, 3, 1 - get_bit(nonce, 3)) WHERE seq = 5", "body.commitment@5",
             "body.commitment@5", false);
}

static void one_bit_of_a_signature(void **state)
{
    (void) state;
    tampered("UPDATE ledger.body SET jws = regexp_replace(jws, '(.)(.{10})$', CASE WHEN right(jws, 11) LIKE 'A%' THEN 'B' "
             "ELSE 'A' END || '\\2') WHERE seq = 5",
             "body.commitment@5", "body.commitment@5", false);
}

static void an_entry_deleted_in_the_middle(void **state)
{
    (void) state;
    tampered("DO $$ BEGIN DELETE FROM ledger.entry WHERE seq = 5; DELETE FROM ledger.body WHERE seq = 5; END $$",
             "archive.size@6", "chain.prev@6 chain.seq@6", true);
}

static void an_entry_deleted_in_the_middle_and_those_behind_moved_up(void **state)
{
    (void) state;
    tampered("DO $$ BEGIN DELETE FROM ledger.entry WHERE seq = 5; DELETE FROM ledger.body WHERE seq = 5; "
             "FOR n IN 6 .. 9 LOOP UPDATE ledger.entry SET seq = n - 1 WHERE seq = n; UPDATE ledger.body SET seq = n - 1 "
             "WHERE seq = n; "
             "END LOOP; END $$",
             "archive.head@1", "chain.hash@5 chain.prev@5 chain.hash@6 chain.hash@7 chain.hash@8 chain.seq@9", true);
}

static void an_entry_deleted_at_the_end(void **state)
{
    (void) state;
    tampered("DO $$ BEGIN DELETE FROM ledger.entry WHERE seq = 9; DELETE FROM ledger.body WHERE seq = 9; END $$",
             "archive.head@1", "chain.seq@9", true);
}

static void a_body_deleted(void **state)
{
    (void) state;
    tampered("DELETE FROM ledger.body WHERE seq = 5", "body.erased@5", "body.missing@5", false);
}

/* Between entries 4 and 5, with a hash of its own and a link to the one before it; the service goes on giving ten entries. */
static void an_entry_inserted_in_the_middle(void **state)
{
    (void) state;
    tampered(
        "DO $$ BEGIN FOR n IN REVERSE 9 .. 5 LOOP UPDATE ledger.entry SET seq = n + 1 WHERE seq = n; "
        "UPDATE ledger.body SET seq = n + 1 WHERE seq = n; END LOOP; "
        "INSERT INTO ledger.entry SELECT 5, \"time\", 'ledger', 'moment.reached', '', open, hash, body_commitment, hash "
        "FROM ledger.entry WHERE seq = 4; "
        "INSERT INTO ledger.body SELECT 5, nonce, '', '{}' FROM ledger.body WHERE seq = 4; "
        "UPDATE ledger.entry SET body_commitment = (SELECT ledger.commitment(nonce, jws, body) FROM ledger.body WHERE seq "
        "= 5) "
        "WHERE seq = 5" REHASH(5) "; END $$",
        "chain.prev@6 chain.prev@7 statement.head@7 chain.prev@8 statement.head@8 chain.prev@9 statement.head@9 "
        "checkpoint.root@12",
        "chain.hash@6 chain.prev@6 chain.hash@7 chain.hash@8 chain.hash@9", false);
}

static void an_entry_put_in_another_s_place(void **state)
{
    (void) state;
    tampered("DO $$ BEGIN DELETE FROM ledger.entry WHERE seq = 6; DELETE FROM ledger.body WHERE seq = 6; "
             "INSERT INTO ledger.entry SELECT 6, \"time\", actor, type, jti || 'x', open, prev, body_commitment, hash FROM "
             "ledger.entry WHERE seq = 5; "
             "INSERT INTO ledger.body SELECT 6, nonce, jws, body FROM ledger.body WHERE seq = 5; END $$",
             "chain.prev@6 statement.request@6 chain.prev@7 statement.head@7 checkpoint.root@12",
             "chain.hash@6 chain.prev@6 chain.prev@7", false);
}

static void two_entries_swapped(void **state)
{
    (void) state;
    tampered("DO $$ BEGIN UPDATE ledger.entry SET seq = 100 WHERE seq = 5; UPDATE ledger.entry SET seq = 5 WHERE seq = 6; "
             "UPDATE ledger.entry SET seq = 6 WHERE seq = 100; "
             "UPDATE ledger.body SET seq = 100 WHERE seq = 5; UPDATE ledger.body SET seq = 5 WHERE seq = 6; UPDATE "
             "ledger.body SET seq = 6 WHERE seq = 100; END $$",
             "chain.prev@5 statement.head@5 chain.prev@6 chain.time@6 chain.prev@7 statement.head@7 checkpoint.root@12",
             "chain.hash@5 chain.prev@5 chain.hash@6 chain.prev@6 chain.time@6 chain.prev@7", false);
}

/* All hashes made anew from entry 5 on: only what the ledger signed, and what the authors saw, speaks against it. */
#define RELINK                                                                                                             \
    "; FOR n IN 5 .. 9 LOOP UPDATE ledger.entry AS e SET prev = (SELECT p.hash FROM ledger.entry AS p WHERE p.seq = n - "  \
    "1) "                                                                                                                  \
    "WHERE e.seq = n; UPDATE ledger.entry AS e SET hash = ledger.header_hash(ledger.header(ledger.origin(), e.seq, "       \
    "e.\"time\", e.actor, e.type, e.jti, e.open, e.prev, e.body_commitment)) WHERE e.seq = n; END LOOP"

static void the_chain_made_anew_behind_an_altered_header(void **state)
{
    (void) state;
    tampered("DO $$ BEGIN UPDATE ledger.entry SET \"time\" = \"time\" + interval '1 microsecond' WHERE seq = 5" RELINK
             "; END $$",
             "statement.head@6 statement.head@7 statement.head@8 statement.head@9 checkpoint.root@12", "", false);
}

static void a_body_altered_committed_to_and_the_chain_made_anew(void **state)
{
    (void) state;
    tampered("DO $$ BEGIN UPDATE ledger.body SET body = replace(body, '\"definition\":\"n\"', '\"definition\":\"o\"') "
             "WHERE seq = 5; "
             "UPDATE ledger.entry AS e SET body_commitment = (SELECT ledger.commitment(b.nonce, b.jws, b.body) FROM "
             "ledger.body AS b WHERE b.seq = 5) WHERE e.seq = 5" RELINK "; END $$",
             "statement.signature@5 statement.head@6 statement.head@7 statement.head@8 statement.head@9 checkpoint.root@12",
             "", false);
}

static void time_moved_back(void **state)
{
    (void) state;
    tampered("DO $$ BEGIN UPDATE ledger.entry SET \"time\" = \"time\" - interval '1 hour' WHERE seq = 5" RELINK "; END $$",
             "chain.time@5 statement.time@5 statement.head@6 statement.head@7 statement.head@8 statement.head@9 "
             "checkpoint.root@12",
             "chain.time@5", false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_said_of_a_ledger_that_nobody_touched),
        cmocka_unit_test(one_bit_of_a_header),
        cmocka_unit_test(one_bit_of_a_header_and_its_hash_stored_anew),
        cmocka_unit_test(one_bit_of_the_last_header),
        cmocka_unit_test(one_bit_of_a_body),
        cmocka_unit_test(one_bit_of_a_nonce),
        cmocka_unit_test(one_bit_of_a_signature),
        cmocka_unit_test(an_entry_deleted_in_the_middle),
        cmocka_unit_test(an_entry_deleted_in_the_middle_and_those_behind_moved_up),
        cmocka_unit_test(an_entry_deleted_at_the_end),
        cmocka_unit_test(a_body_deleted),
        cmocka_unit_test(an_entry_inserted_in_the_middle),
        cmocka_unit_test(an_entry_put_in_another_s_place),
        cmocka_unit_test(two_entries_swapped),
        cmocka_unit_test(the_chain_made_anew_behind_an_altered_header),
        cmocka_unit_test(a_body_altered_committed_to_and_the_chain_made_anew),
        cmocka_unit_test(time_moved_back),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
