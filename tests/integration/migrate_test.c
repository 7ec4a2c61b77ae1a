#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "../support/cluster.h"
#include "tally/migrate.h"

/* These stand in for the embedded ones, which are then not linked. 12 fails when a test has made the table trap. */
const struct migration migrations[] = {
    {1, "first", "CREATE TABLE first (id bigint);\n"},
    {2, "second", "CREATE TABLE second (id bigint);\nINSERT INTO second VALUES (1);\n"},
    {12, "third", "CREATE TABLE third (id bigint);\nCREATE TABLE trap (id bigint);\n"},
};
const int migration_count = 3;

static struct cluster cluster;
static struct pg *pg;
static struct err err;

static void ok(enum tally_code rc)
{
    if (rc != TALLY_OK)
        fail_msg("%s: %s", err_code_name(rc), err.detail);
}

static void text(const char *sql)
{
    ok(pg_exec_text(pg, sql, NULL, &err));
}

static bool is_true(const char *sql)
{
    struct pg_rows *rows = NULL;
    ok(pg_exec_text(pg, sql, &rows, &err));
    bool value = pg_get_bool(rows, 0, 0);
    pg_rows_free(rows);
    return value;
}

static int start(void **state)
{
    (void) state;
    return cluster_start(&cluster);
}

static int stop(void **state)
{
    (void) state;
    cluster_stop(&cluster);
    return 0;
}

/* Each test has a database of its own. */
static int before(void **state)
{
    (void) state;
    static int number;
    char name[32], sql[64], conninfo[256];
    struct pg *maker = NULL;
    snprintf(name, sizeof name, "migrate_%d", ++number);
    snprintf(sql, sizeof sql, "CREATE DATABASE %s", name);
    struct pg_options options = {.conninfo = cluster.conninfo};
    ok(pg_new(&options, &maker, &err));
    ok(pg_exec_text(maker, sql, NULL, &err));
    pg_free(maker);
    cluster_conninfo(&cluster, name, NULL, conninfo, sizeof conninfo);
    options.conninfo = conninfo;
    ok(pg_new(&options, &pg, &err));
    return 0;
}

static int after(void **state)
{
    (void) state;
    pg_free(pg);
    return 0;
}

static void an_empty_database_comes_to_the_newest_version_once(void **state)
{
    (void) state;
    int applied = -1;
    assert_int_equal(migrate_check(pg, &err), TALLY_E_CONFLICT);
    ok(migrate(pg, &applied, &err));
    assert_int_equal(applied, 3);
    ok(migrate_check(pg, &err));
    ok(migrate(pg, &applied, &err));
    assert_int_equal(applied, 0);
    assert_true(is_true("SELECT count(*) = 3 AND bool_and(octet_length(sha256) = 32) FROM public.tally_migration"));
    assert_true(is_true(
        "SELECT sha256 = sha256('CREATE TABLE first (id bigint);\n') FROM public.tally_migration WHERE number = 1"));
    assert_true(is_true("SELECT count(*) = 1 FROM second"));
    assert_true(is_true("SELECT count(*) = 0 FROM pg_locks WHERE locktype = 'advisory'"));
}

static void every_earlier_version_comes_to_the_newest(void **state)
{
    (void) state;
    int applied = -1;
    ok(migrate_to(pg, 1, &applied, &err));
    assert_int_equal(applied, 1);
    assert_int_equal(migrate_check(pg, &err), TALLY_E_CONFLICT);
    assert_non_null(strstr(err.detail, "version 1"));
    ok(migrate_to(pg, 11, &applied, &err));
    assert_int_equal(applied, 1);
    ok(migrate(pg, &applied, &err));
    assert_int_equal(applied, 1);
    ok(migrate_check(pg, &err));
}

static void a_migration_that_fails_leaves_nothing_of_itself(void **state)
{
    (void) state;
    int applied = -1;
    text("CREATE TABLE trap (id bigint)");
    assert_int_equal(migrate(pg, &applied, &err), TALLY_E_DATABASE);
    assert_int_equal(applied, -1);
    assert_non_null(strstr(err.detail, "migration 12 (third)"));
    assert_non_null(strstr(err.detail, "trap"));
    assert_true(is_true("SELECT to_regclass('third') IS NULL AND to_regclass('second') IS NOT NULL"));
    assert_true(is_true("SELECT max(number) = 2 FROM public.tally_migration"));
    text("DROP TABLE trap");
    ok(migrate(pg, &applied, &err));
    assert_int_equal(applied, 1);
}

static void another_history_is_refused(void **state)
{
    (void) state;
    static const struct {
        const char *change, *undo;
        enum tally_code code;
        const char *said;
    } rows[] = {
        {"UPDATE tally_migration SET sha256 = sha256('x') WHERE number = 2",
         "UPDATE tally_migration SET sha256 = sha256(E'CREATE TABLE second (id bigint);\\nINSERT INTO second VALUES "
         "(1);\\n') WHERE "
         "number = 2",
         TALLY_E_INTEGRITY, "migration 2 (second)"},
        {"INSERT INTO tally_migration VALUES (13, 'future', sha256('x'))", "DELETE FROM tally_migration WHERE number = 13",
         TALLY_E_CONFLICT, "version 13"},
        {"INSERT INTO tally_migration VALUES (7, 'strange', sha256('x'))", "DELETE FROM tally_migration WHERE number = 7",
         TALLY_E_INTEGRITY, "4 migrations"},
        {"UPDATE tally_migration SET number = 11 WHERE number = 1",
         "UPDATE tally_migration SET number = 1 WHERE number = 11", TALLY_E_INTEGRITY, "migration 1 (first)"},
    };
    ok(migrate(pg, NULL, &err));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        text(rows[i].change);
        assert_int_equal(migrate(pg, NULL, &err), rows[i].code);
        assert_non_null(strstr(err.detail, rows[i].said));
        assert_int_equal(migrate_check(pg, &err), rows[i].code);
        text(rows[i].undo);
        ok(migrate_check(pg, &err));
    }
}

static void a_role_without_rights_is_told_which(void **state)
{
    (void) state;
    text("REVOKE CREATE ON SCHEMA public FROM PUBLIC; CREATE ROLE newcomer; SET ROLE newcomer");
    assert_int_equal(migrate(pg, NULL, &err), TALLY_E_DENIED);
    assert_non_null(strstr(err.detail, "GRANT CREATE ON SCHEMA public"));
    text("RESET ROLE; DROP ROLE newcomer");
}

static void any_role_may_check(void **state)
{
    (void) state;
    ok(migrate(pg, NULL, &err));
    text("DROP ROLE IF EXISTS reader; CREATE ROLE reader; SET ROLE reader");
    ok(migrate_check(pg, &err));
    assert_int_equal(pg_exec_text(pg, "DELETE FROM tally_migration", NULL, &err), TALLY_E_DENIED);
}

#define each(test) cmocka_unit_test_setup_teardown(test, before, after)

int main(void)
{
    const struct CMUnitTest tests[] = {
        each(an_empty_database_comes_to_the_newest_version_once),
        each(every_earlier_version_comes_to_the_newest),
        each(a_migration_that_fails_leaves_nothing_of_itself),
        each(another_history_is_refused),
        each(a_role_without_rights_is_told_which),
        each(any_role_may_check),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
