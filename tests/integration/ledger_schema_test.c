/* The ledger's tables grow only, whoever asks, and ledger.verify finds what was changed behind their back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../support/toy_ledger.h"
#include "tally/archive.h"
#include "tally/read.h"

enum { WRITTEN = 12 };

static struct cluster cluster;
static struct toy_service service;
static struct toy_author ann, ben;

/* Twelve entries behind entry 0, by the sequencer, and then nobody but the test writes. */
static int set_up(void **state)
{
    (void) state;
    const struct cluster_options options = {.is_durable = true};
    if (cluster_start_with(&cluster, &options) != 0 || toy_database(&cluster) != 0)
        return -1;
    if (toy_author_init(&ann, "ann") != 0 || toy_author_init(&ben, "ben") != 0)
        return -1;
    if (toy_service_start(&service, &cluster) != 0 || toy_wait_role(&service, SEQUENCER_LEADING) != 0)
        return -1;
    for (int i = 0; i < WRITTEN / 3; i++) {
        const struct toy_draft draft = {.command = {.events = 1}, .body = i == 0 ? "{\"t\":\"\xc3\xa9\\\\\"}" : NULL};
        if (toy_say(&service, &ann, &draft).is_refused || toy_say(&service, &ben, &(struct toy_draft){0}).is_refused)
            return -1;
    }
    toy_service_stop(&service, true);
    return 0;
}

static int tear_down(void **state)
{
    (void) state;
    toy_author_release(&ann);
    toy_author_release(&ben);
    cluster_stop(&cluster);
    return 0;
}

/* As this role; what it was answered goes to err. */
static enum tally_code say_as(const char *role, const char *sql, struct err *err)
{
    char conninfo[192];
    struct pg *pg = NULL;
    cluster_conninfo(&cluster, "postgres", role, conninfo, sizeof conninfo);
    const struct pg_options options = {.conninfo = conninfo};
    assert_int_equal(pg_new(&options, &pg, err), TALLY_OK);
    enum tally_code rc = pg_exec_text(pg, sql, NULL, err);
    pg_free(pg);
    return rc;
}

static void everybody_is_refused_every_change(void **state)
{
    (void) state;
    static const char *const changes[] = {
        "UPDATE ledger.entry SET type = 'x'",
        "UPDATE ledger.body SET body = 'x' WHERE seq = 3",
        "UPDATE ledger.entry SET type = 'x' WHERE false", /* also when no row is meant */
        "DELETE FROM ledger.entry WHERE seq = 12",
        "DELETE FROM ledger.body WHERE seq = 12",
        "DELETE FROM ledger.body",
        "TRUNCATE ledger.entry",
        "TRUNCATE ledger.body",
        "TRUNCATE ledger.entry, ledger.body CASCADE",
        "INSERT INTO ledger.body VALUES (3, '\\x00', '', '') ON CONFLICT (seq) DO UPDATE SET body = 'x'",
        "MERGE INTO ledger.body AS b USING (VALUES (3)) AS v (seq) ON b.seq = v.seq WHEN MATCHED THEN DELETE",
        "WITH gone AS (DELETE FROM ledger.entry WHERE seq = 12 RETURNING *) SELECT count(*) FROM gone",
        "SET session_replication_role = replica; UPDATE ledger.body SET body = 'x' WHERE seq = 3",
    };
    static const char *const roles[] = {"svc", "own", "postgres"};
    int64_t before = toy_int(
        &cluster, "SELECT sum(hashtext(e::text || b::text))::bigint FROM ledger.entry e JOIN ledger.body b USING (seq)");
    for (size_t r = 0; r < 3; r++)
        for (size_t c = 0; c < sizeof changes / sizeof changes[0]; c++) {
            struct err err = {0};
            if (say_as(roles[r], changes[c], &err) == TALLY_OK)
                fail_msg("%s may: %s", roles[r], changes[c]);
            if (err.code != TALLY_E_DENIED)
                fail_msg("%s, %s: %s", roles[r], changes[c], err.detail);
            if (r == 2)
                assert_non_null(strstr(err.detail, "only grows"));
        }
    assert_int_equal(toy_int(&cluster, "SELECT sum(hashtext(e::text || b::text))::bigint FROM ledger.entry e "
                                       "JOIN ledger.body b USING (seq)"),
                     before);
}

static void the_service_may_not_touch_the_tables_themselves(void **state)
{
    (void) state;
    static const char *const changes[] = {
        "ALTER TABLE ledger.entry DISABLE TRIGGER ALL",
        "DROP TABLE ledger.body",
        "DROP TRIGGER entry_check ON ledger.entry",
        "CREATE OR REPLACE FUNCTION ledger.refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
        "CREATE TABLE ledger.more ()",
        "ALTER TABLE ledger.entry OWNER TO svc",
        "SET ROLE tally_owner",
        "SET session_replication_role = replica",
    };
    for (size_t c = 0; c < sizeof changes / sizeof changes[0]; c++) {
        struct err err = {0};
        assert_int_not_equal(say_as("svc", changes[c], &err), TALLY_OK);
        assert_int_equal(err.code, TALLY_E_DENIED);
    }
}

/* A next entry made in SQL, from the second implementation of the header, with one thing wrong. */
static void assert_entry_refused(const char *change, const char *why)
{
    char sql[2048];
    struct err err = {0};
    snprintf(sql, sizeof sql,
             "BEGIN; CREATE TEMPORARY TABLE next ON COMMIT DROP AS SELECT seq + 1 AS seq, time, actor, type, "
             "'next-000000000000000' AS jti, "
             "open, hash AS prev, body_commitment, hash FROM ledger.entry WHERE seq = %d; UPDATE next SET jti = '' WHERE "
             "actor = 'ledger'; "
             "%s; UPDATE next SET hash = ledger.header_hash(ledger.header(ledger.origin(), seq, time, actor, type, jti, "
             "open, prev, "
             "body_commitment)) WHERE hash <> '\\x%064d'; "
             "INSERT INTO ledger.entry SELECT * FROM next ORDER BY seq; ROLLBACK",
             WRITTEN, change, 0);
    enum tally_code rc = say_as("postgres", sql, &err);
    if (why == NULL && rc != TALLY_OK)
        fail_msg("%s: %s", change, err.detail);
    if (why != NULL && (rc == TALLY_OK || strstr(err.detail, why) == NULL))
        fail_msg("%s: %s", change, rc == TALLY_OK ? "was accepted" : err.detail);
}

static void what_does_not_continue_the_chain_is_refused(void **state)
{
    (void) state;
    assert_entry_refused("SELECT 1", NULL); /* the right one is accepted, so that the others fail for what they say */
    assert_entry_refused("UPDATE next SET seq = seq + 1", "entry 13 does not exist");
    assert_entry_refused("UPDATE next SET seq = 12", "duplicate key");
    assert_entry_refused("UPDATE next SET prev = body_commitment", "prev is not the hash");
    assert_entry_refused("UPDATE next SET time = time - interval '1 microsecond'", "before that of the entry before");
    assert_entry_refused("UPDATE next SET hash = decode(repeat('00', 32), 'hex')", "not that of its header");
    assert_entry_refused("UPDATE next SET prev = '\\x00'", "violates check constraint");
    assert_entry_refused("UPDATE next SET actor = 'x\"y', jti = 'next-000000000000000'", "violates check constraint");
    assert_entry_refused("UPDATE next SET jti = 'short'", "violates check constraint");
    assert_entry_refused("UPDATE next SET actor = 'ann', jti = ''", "violates check constraint");
    assert_entry_refused("UPDATE next SET actor = 'ann', jti = (SELECT jti FROM ledger.entry WHERE actor = 'ann' LIMIT 1)",
                         "duplicate key");
    assert_entry_refused("UPDATE next SET time = '10001-01-01'", "violates check constraint");
    /* two in one statement: the second hangs on the first */
    assert_entry_refused("INSERT INTO next SELECT seq + 1, time, 'ben', type, 'next-000000000000001', open, prev, "
                         "body_commitment, hash FROM next",
                         "entry 14 does not continue the ledger: prev is not the hash");
    assert_entry_refused("INSERT INTO next SELECT seq + 2, time, 'ben', type, 'next-000000000000001', open, prev, "
                         "body_commitment, hash FROM next",
                         "entry 14 does not exist");
}

/* ---- ledger.verify ---- */

/* Somebody with the superuser's rights switches the triggers off, changes something, and puts it back afterwards. */
static void assert_found(const char *change, const char *finding, const char *bounds)
{
    char sql[2048];
    snprintf(sql, sizeof sql,
             "CREATE TABLE public.saved_entry AS TABLE ledger.entry; CREATE TABLE public.saved_body AS TABLE ledger.body; "
             "ALTER TABLE ledger.entry DISABLE TRIGGER ALL; ALTER TABLE ledger.body DISABLE TRIGGER ALL; %s",
             change);
    toy_exec(&cluster, sql);
    snprintf(sql, sizeof sql,
             "SELECT count(*) FROM ledger.verify%s AS v WHERE v.seq || ' ' || v.code || ' ' || v.detail LIKE '%s'", bounds,
             finding);
    int64_t found = toy_int(&cluster, sql);
    toy_exec(&cluster,
             "DELETE FROM ledger.entry; DELETE FROM ledger.body; INSERT INTO ledger.body TABLE public.saved_body; "
             "ALTER TABLE ledger.erasure DISABLE TRIGGER ALL; DELETE FROM ledger.erasure; "
             "ALTER TABLE ledger.erasure ENABLE ALWAYS TRIGGER refuse_change; "
             "ALTER TABLE ledger.erasure ENABLE ALWAYS TRIGGER erasure_check; "
             "INSERT INTO ledger.entry SELECT * FROM public.saved_entry ORDER BY seq; DROP TABLE public.saved_entry, "
             "public.saved_body; "
             "ALTER TABLE ledger.entry ENABLE ALWAYS TRIGGER refuse_change; ALTER TABLE ledger.entry ENABLE ALWAYS TRIGGER "
             "entry_check; "
             "ALTER TABLE ledger.body ENABLE ALWAYS TRIGGER refuse_change; "
             "ALTER TABLE ledger.body ENABLE ALWAYS TRIGGER refuse_unsaid");
    if (found != 1)
        fail_msg("%s: %lld findings like %s", change, (long long) found, finding);
}

static void verify_finds_what_was_changed(void **state)
{
    (void) state;
    const char *all = "(0, NULL)", *to_head = "(0, 12)";
    assert_int_equal(toy_int(&cluster, "SELECT count(*) FROM ledger.verify(0, 12)"), 0);
    assert_int_equal(toy_int(&cluster, "SELECT count(*) FROM ledger.verify(5, 7)"), 0);
    assert_found("UPDATE ledger.body SET body = '{\"value\":\"91\"}' WHERE seq = 4", "4 body.commitment %", all);
    assert_found("UPDATE ledger.body SET jws = jws || 'A' WHERE seq = 4", "4 body.commitment %", all);
    assert_found("UPDATE ledger.body SET nonce = decode(repeat('00', 16), 'hex') WHERE seq = 4", "4 body.commitment %",
                 "(4, 4)");
    assert_found("DELETE FROM ledger.body WHERE seq = 4", "4 body.missing %", all);
    assert_found("DELETE FROM ledger.entry WHERE seq = 4", "4 body.extra %", all);
    assert_found("DELETE FROM ledger.entry WHERE seq = 4", "5 chain.seq %from 4 to 4 are missing", all);
    assert_found("DELETE FROM ledger.entry WHERE seq = 4", "5 chain.seq %from 4 to 4 are missing", "(5, 6)");
    assert_found("DELETE FROM ledger.entry WHERE seq > 9; DELETE FROM ledger.body WHERE seq > 9",
                 "12 chain.seq %from 10 to 12 are missing", to_head);
    assert_found("DELETE FROM ledger.entry; DELETE FROM ledger.body", "12 chain.seq %from 0 to 12 are missing", to_head);
    assert_found("UPDATE ledger.entry SET actor = 'eve' WHERE seq = 4", "4 chain.hash %", all);
    assert_found("UPDATE ledger.entry SET time = time + interval '1 microsecond' WHERE seq = 4", "4 chain.hash %", all);
    assert_found("UPDATE ledger.entry SET time = time - interval '1 day' WHERE seq = 4", "4 chain.time %", all);
    assert_found("UPDATE ledger.entry SET open = NOT open WHERE seq = 4", "4 chain.hash %", all);
    assert_found("UPDATE ledger.entry SET body_commitment = prev WHERE seq = 4", "4 chain.hash %", all);
    assert_found("UPDATE ledger.entry SET prev = hash WHERE seq = 0", "0 chain.prev %64 zeros", all);
    /* what is no JSON, and what nobody could have signed, is found, and hides nothing else */
    assert_found("UPDATE ledger.body SET body = 'x' WHERE seq = 0", "0 body.commitment %", all);
    assert_found("UPDATE ledger.body SET body = 'x' WHERE seq = 0", "4 chain.hash %unknown%", all);
    assert_found("DELETE FROM ledger.entry WHERE seq > 9", "12 body.extra %", all);
    for (size_t i = 0; i < 4; i++) {
        static const char *const jws[] = {"", "!.", "e30.", "_w."};
        char change[600];
        snprintf(change, sizeof change,
                 "ALTER TABLE ledger.erasure DISABLE TRIGGER ALL; INSERT INTO ledger.erasure VALUES (3, 4); "
                 "DELETE FROM ledger.body WHERE seq = 3; UPDATE ledger.entry SET type = 'body.erased' WHERE seq = 4; "
                 "UPDATE ledger.body SET jws = '%s' WHERE seq = 4",
                 jws[i]);
        assert_found(change, "3 body.erased %is no body.erased of it", all);
    }
    /* rewritten with the right hashes: what follows does not hang on it any more */
    assert_found(
        "UPDATE ledger.body SET body = '{\"value\":\"91\"}' WHERE seq = 4; UPDATE ledger.entry AS e SET body_commitment = "
        "ledger.commitment(b.nonce, b.jws, b.body) FROM ledger.body AS b WHERE b.seq = e.seq AND e.seq = 4; UPDATE "
        "ledger.entry SET hash = "
        "ledger.header_hash(ledger.header(ledger.origin(), seq, time, actor, type, jti, open, prev, body_commitment)) "
        "WHERE seq = 4",
        "5 chain.prev %entry 4", all);
    assert_int_equal(toy_int(&cluster, "SELECT count(*) FROM ledger.verify(0, 12)"), 0);
}

static void both_implementations_write_the_same_header(void **state)
{
    (void) state;
    assert_int_equal(toy_int(&cluster, "SELECT count(*) FROM ledger.entry WHERE ledger.header(ledger.origin(), seq, time, "
                                       "actor, type, jti, open, prev, "
                                       "body_commitment) LIKE '{\"actor\":\"%\",\"v\":1}'"),
                     WRITTEN + 1);
    toy_exec(&cluster, "SET TimeZone = 'Asia/Kathmandu'; SET DateStyle = 'German'; DO $$ BEGIN IF EXISTS (SELECT FROM "
                       "ledger.verify(0, 12)) "
                       "THEN RAISE 'the session''s settings matter'; END IF; END $$");
}

static void the_first_entry_of_a_moment_is_found(void **state)
{
    (void) state;
    assert_int_equal(toy_int(&cluster, "SELECT ledger.first_at('-infinity')"), 0);
    assert_int_equal(toy_int(&cluster, "SELECT ledger.first_at('infinity')"), WRITTEN + 1);
    assert_int_equal(toy_int(&cluster, "SELECT count(*) FROM ledger.entry AS e WHERE ledger.first_at(e.time) <> (SELECT "
                                       "min(f.seq) FROM ledger.entry AS f "
                                       "WHERE f.time >= e.time)"),
                     0);
}

static void everything_says_what_it_is(void **state)
{
    (void) state;
    assert_int_equal(
        toy_int(&cluster,
                "SELECT count(*) FROM pg_class WHERE relnamespace = 'ledger'::regnamespace AND relkind IN ('r', 'v') AND "
                "obj_description(oid, 'pg_class') IS NULL"),
        0);
    assert_int_equal(
        toy_int(&cluster,
                "SELECT count(*) FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid WHERE c.relnamespace = "
                "'ledger'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND col_description(c.oid, a.attnum) IS NULL"),
        0);
    assert_int_equal(toy_int(&cluster, "SELECT count(*) FROM pg_proc WHERE pronamespace = 'ledger'::regnamespace AND "
                                       "obj_description(oid, 'pg_proc') IS NULL"),
                     0);
    assert_int_equal(toy_int(&cluster, "SELECT count(*) FROM pg_proc WHERE pronamespace = 'ledger'::regnamespace AND "
                                       "pg_get_userbyid(proowner) <> 'tally_owner'"),
                     0);
    assert_int_equal(toy_int(&cluster, "SELECT count(*) FROM pg_class WHERE relnamespace = 'ledger'::regnamespace AND "
                                       "pg_get_userbyid(relowner) <> 'tally_owner'"),
                     0);
}

/* ---- reading ---- */

static struct pg *reader(void)
{
    static char conninfo[192];
    struct pg *pg = NULL;
    struct err err = {0};
    cluster_conninfo(&cluster, "postgres", "svc", conninfo, sizeof conninfo);
    const struct pg_options options = {.conninfo = conninfo};
    assert_int_equal(pg_new(&options, &pg, &err), TALLY_OK);
    return pg;
}

static int count_of(const char *text, const char *what)
{
    int n = 0;
    for (const char *at = text; (at = strstr(at, what)) != NULL; at++)
        n++;
    return n;
}

static int listed(const struct read_filter *filter, struct buf *out)
{
    struct err err = {0};
    struct pg *pg = reader();
    struct arena *arena = arena_new(1 << 20);
    buf_clear(out);
    if (read_list(pg, SLICE(TOY_ORIGIN), filter, SLICE(""), arena, out, &err) != TALLY_OK)
        fail_msg("%s", err.detail);
    arena_free(arena);
    pg_free(pg);
    return count_of(out->ptr, "\"hash\":\"");
}

static void lists_are_filtered_and_go_on_where_they_ended(void **state)
{
    (void) state;
    struct buf out;
    buf_init(&out, 1 << 24);
    assert_int_equal(listed(&(struct read_filter){0}, &out), WRITTEN + 1);
    assert_non_null(strstr(out.ptr, "\"next\":null}"));
    assert_int_equal(listed(&(struct read_filter){.limit = 5}, &out), 5);
    assert_non_null(strstr(out.ptr, "\"next\":\"4\"}"));
    assert_int_equal(listed(&(struct read_filter){.limit = 5, .has_after = true, .after = 9}, &out), 3);
    assert_non_null(strstr(out.ptr, "\"next\":null}"));
    assert_int_equal(listed(&(struct read_filter){.limit = 3, .has_after = true, .after = 9}, &out), 3);
    assert_non_null(strstr(out.ptr, "\"next\":null}"));
    assert_int_equal(listed(&(struct read_filter){.has_after = true, .after = UINT64_MAX}, &out), 0);
    assert_string_equal(out.ptr, "{\"items\":[],\"next\":null}");
    assert_int_equal(listed(&(struct read_filter){.actor = SLICE("ann")}, &out), WRITTEN / 3);
    assert_int_equal(listed(&(struct read_filter){.actor = SLICE("nobody")}, &out), 0);
    assert_int_equal(listed(&(struct read_filter){.type = SLICE("ledger.created")}, &out), 1);
    assert_int_equal(
        listed(&(struct read_filter){.type = SLICE("result.submitted"), .actor = SLICE("ben"), .limit = 2}, &out), 2);
    struct instant third = {
        toy_int(&cluster, "SELECT (extract(epoch FROM time) * 1000000)::bigint FROM ledger.entry WHERE seq = 3")};
    int64_t from =
        toy_int(&cluster, "SELECT count(*) FROM ledger.entry WHERE time >= (SELECT time FROM ledger.entry WHERE seq = 3)");
    assert_int_equal(listed(&(struct read_filter){.has_from = true, .from = third}, &out), from);
    assert_int_equal(listed(&(struct read_filter){.has_to = true, .to = third}, &out), WRITTEN + 1 - from);
    buf_release(&out);
}

static void one_entry_is_read_with_its_exact_bytes(void **state)
{
    (void) state;
    struct err err = {0};
    struct read_entry entry;
    struct read_head head;
    struct digest hash;
    struct buf out, header;
    struct pg *pg = reader();
    struct arena *arena = arena_new(1 << 20);
    buf_init(&out, 1 << 16);
    buf_init(&header, ENTRY_HEADER_MAX);
    assert_int_equal(read_entry(pg, SLICE(TOY_ORIGIN), 1, SLICE(""), arena, &entry, &err), TALLY_OK);
    assert_true(slice_is(entry.body, "{\"t\":\"\xc3\xa9\\\\\"}"));
    entry_header_write(&entry.header, &header);
    entry_hash(buf_slice(&header), &hash);
    assert_true(digest_equal(&hash, &entry.hash));
    assert_int_equal(read_entry_json(&entry, &out, &err), TALLY_OK);
    assert_non_null(strstr(out.ptr, "{\"actor\":\"ann\",\"body\":\"{\\\"t\\\":\\\"\xc3\xa9\\\\\\\\\\\"}\",\"hash\":\""));
    assert_non_null(strstr(out.ptr, ",\"seq\":1,\"time\":\""));
    assert_int_equal(read_entry(pg, SLICE(TOY_ORIGIN), 999, SLICE(""), arena, &entry, &err), TALLY_E_NOT_FOUND);
    assert_int_equal(read_entry(pg, SLICE(TOY_ORIGIN), UINT64_MAX, SLICE(""), arena, &entry, &err), TALLY_E_NOT_FOUND);
    assert_int_equal(read_head(pg, &head, &err), TALLY_OK);
    assert_int_equal(head.seq, WRITTEN);
    struct slice origin, vkey;
    assert_int_equal(ledger_identity(pg, arena, &origin, &vkey, &err), TALLY_OK);
    assert_true(slice_is(origin, TOY_ORIGIN));
    buf_release(&out);
    buf_release(&header);
    arena_free(arena);
    pg_free(pg);
}

struct lines {
    int count;
    uint64_t size, from;
    struct buf first;
    int stop_at;
};

static enum tally_code take_line(void *ctx, struct slice line, struct err *err)
{
    struct lines *lines = ctx;
    struct archive_line parsed;
    if (lines->count == lines->stop_at)
        return err_set(err, TALLY_E_INTERRUPTED, "enough");
    struct arena *arena = arena_new(1 << 20);
    line.len--;
    enum tally_code rc = archive_read_line(line, arena, &parsed, err);
    if (rc == TALLY_OK && parsed.kind == ARCHIVE_LINE_HEAD) {
        lines->size = parsed.head.size;
        lines->from = parsed.head.from;
        buf_add_slice(&lines->first, line);
    }
    lines->count++;
    arena_free(arena);
    return rc;
}

static void the_archive_is_every_entry_and_says_what_came_before(void **state)
{
    (void) state;
    struct err err = {0};
    struct pg *pg = reader();
    struct lines lines = {.stop_at = -1};
    const struct slice vkey = SLICE("toy.example/ledger+00000000+AQ==");
    buf_init(&lines.first, 1 << 16);
    assert_int_equal(read_archive(pg, SLICE(TOY_ORIGIN), vkey, 0, WRITTEN + 1, SLICE(""), take_line, &lines, &err),
                     TALLY_OK);
    assert_int_equal(lines.count, 1 + WRITTEN + 1);
    assert_int_equal(lines.size, WRITTEN + 1);
    lines.count = 0;
    buf_clear(&lines.first);
    if (read_archive(pg, SLICE(TOY_ORIGIN), vkey, 7, WRITTEN + 1, SLICE(""), take_line, &lines, &err) !=
        TALLY_OK) /* 4 + 2 + 1: three subtrees */
        fail_msg("%s", err.detail);
    assert_int_equal(lines.count, 1 + WRITTEN + 1 - 7);
    assert_int_equal(lines.from, 7);
    char sql[1024], hex[3][65] = {{0}};
    const char *at = strstr(lines.first.ptr, "\"range\":[\"");
    assert_non_null(at);
    for (int i = 0; i < 3; i++)
        memcpy(hex[i], at + 10 + 67 * i, 64);
    snprintf(sql, sizeof sql,
             "WITH h AS (SELECT array_agg(hash::bytea ORDER BY seq) AS h FROM ledger.entry WHERE seq < 7), p AS (SELECT h, "
             "sha256('\\x01' || h[1] || h[2]) "
             "AS a, sha256('\\x01' || h[3] || h[4]) AS b, sha256('\\x01' || h[5] || h[6]) AS c FROM h) SELECT count(*) "
             "FROM p WHERE encode(sha256('\\x01' "
             "|| a || b), 'hex') = '%s' AND encode(c, 'hex') = '%s' AND encode(h[7], 'hex') = '%s'",
             hex[0], hex[1], hex[2]);
    assert_int_equal(toy_int(&cluster, sql), 1);
    assert_int_equal(
        read_archive(pg, SLICE(TOY_ORIGIN), vkey, WRITTEN + 1, WRITTEN + 1, SLICE(""), take_line, &lines, &err),
        TALLY_E_NOT_FOUND);
    assert_int_equal(read_archive(pg, SLICE(TOY_ORIGIN), vkey, 0, WRITTEN + 2, SLICE(""), take_line, &lines, &err),
                     TALLY_E_NOT_FOUND);
    lines.count = 0;
    lines.stop_at = 4;
    assert_int_equal(read_archive(pg, SLICE(TOY_ORIGIN), vkey, 0, WRITTEN + 1, SLICE(""), take_line, &lines, &err),
                     TALLY_E_INTERRUPTED);
    struct read_head head;
    assert_int_equal(read_head(pg, &head, &err), TALLY_OK); /* the connection is of use again */
    buf_release(&lines.first);
    pg_free(pg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everybody_is_refused_every_change),
        cmocka_unit_test(the_service_may_not_touch_the_tables_themselves),
        cmocka_unit_test(what_does_not_continue_the_chain_is_refused),
        cmocka_unit_test(verify_finds_what_was_changed),
        cmocka_unit_test(both_implementations_write_the_same_header),
        cmocka_unit_test(the_first_entry_of_a_moment_is_found),
        cmocka_unit_test(everything_says_what_it_is),
        cmocka_unit_test(lists_are_filtered_and_go_on_where_they_ended),
        cmocka_unit_test(one_entry_is_read_with_its_exact_bytes),
        cmocka_unit_test(the_archive_is_every_entry_and_says_what_came_before),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
