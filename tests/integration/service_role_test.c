/* The service's log-in may read, append and replace what changes, and nothing else: everything else is tried on each table, column, function and
 * schema that there is, and refused. What a new migration makes is tried with it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "../support/cluster.h"
#include "tally/arena.h"
#include "tally/migrate.h"
#include "tally/pg.h"

static struct cluster cluster;
static struct pg *owner, *svc; /* the superuser; the service's log-in */
static struct arena *memory;
static struct err err;

static void ok(enum tally_code rc)
{
    if (rc != TALLY_OK)
        fail_msg("%s: %s", err_code_name(rc), err.detail);
}

static int start(void **state)
{
    (void) state;
    static char conninfo[256];
    if (cluster_start(&cluster) != 0)
        return -1;
    ok(pg_new(&(struct pg_options){.conninfo = cluster.conninfo}, &owner, &err));
    ok(migrate(owner, NULL, &err));
    ok(pg_exec_text(owner, "CREATE ROLE svc LOGIN IN ROLE tally_service", NULL, &err));
    cluster_conninfo(&cluster, "postgres", "svc", conninfo, sizeof conninfo);
    ok(pg_new(&(struct pg_options){.conninfo = conninfo}, &svc, &err));
    memory = arena_new(1u << 20);
    return memory == NULL ? -1 : 0;
}

static int stop(void **state)
{
    (void) state;
    arena_free(memory);
    pg_free(svc);
    pg_free(owner);
    cluster_stop(&cluster);
    return 0;
}

/* What the superuser sees: one text. */
static const char *seen(const char *sql)
{
    struct pg_rows *rows = NULL;
    ok(pg_exec_text(owner, sql, &rows, &err));
    const char *text = arena_strdup(memory, pg_get_bytes(rows, 0, 0));
    assert_non_null(text);
    pg_rows_free(rows);
    return text;
}

static void is_refused(const char *act)
{
    enum tally_code rc = pg_exec_text(svc, act, NULL, &err);
    if (rc != TALLY_E_DENIED)
        fail_msg("%s: %s, %s", act, err_code_name(rc), rc == TALLY_OK ? "it was done" : err.detail);
}

/* Every act that this query writes, one a row; at least so many. */
static void all_are_refused(const char *acts, int least)
{
    struct pg_rows *rows = NULL;
    ok(pg_exec_text(owner, acts, &rows, &err));
    int count = pg_rows_count(rows);
    assert_in_range(count, least, 10000);
    for (int i = 0; i < count; i++) {
        is_refused(arena_strdup(memory, pg_get_bytes(rows, i, 0)));
        arena_clear(memory);
    }
    pg_rows_free(rows);
}

#define TABLES                                                                                                             \
    "(SELECT c.oid, c.oid::regclass AS name FROM pg_class AS c WHERE c.relkind = 'r' AND c.relnamespace IN "               \
    "('ledger'::regnamespace, 'outcomes'::regnamespace, 'public'::regnamespace)) AS t"
#define FUNCTIONS                                                                                                          \
    "(SELECT p.* FROM pg_proc AS p WHERE p.pronamespace IN ('ledger'::regnamespace, 'outcomes'::regnamespace)) AS p"

static void no_table_is_emptied_or_changed(void **state)
{
    (void) state;
    all_are_refused(
        "SELECT format(a.act, t.name) FROM " TABLES ", (VALUES ('DELETE FROM %s'), ('DELETE FROM %s WHERE false'), "
        "('TRUNCATE %s'), ('TRUNCATE %s CASCADE'), ('DROP TABLE %s'), ('ALTER TABLE %s ADD COLUMN x integer'), "
        "('ALTER TABLE %s DISABLE TRIGGER ALL'), ('ALTER TABLE %s OWNER TO svc'), ('ALTER TABLE %s RENAME TO x'), "
        "('ALTER TABLE %s ENABLE ROW LEVEL SECURITY'), ('CREATE INDEX ON %s ((1))'), "
        "('CREATE TRIGGER x BEFORE INSERT ON %s FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()'), "
        "('CREATE RULE x AS ON INSERT TO %s DO INSTEAD NOTHING'), ('COMMENT ON TABLE %s IS NULL'), "
        "('CREATE TABLE pg_temp.x () INHERITS (%s)'), ('CLUSTER %s')) AS a (act)",
        300);
    all_are_refused("SELECT format('DROP TRIGGER %I ON %s', g.tgname, t.name) FROM " TABLES
                    " JOIN pg_trigger AS g ON g.tgrelid = t.oid AND NOT g.tgisinternal",
                    8);
    all_are_refused("SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', t.name, k.conname) FROM " TABLES
                    " JOIN pg_constraint AS k ON k.conrelid = t.oid",
                    60);
    all_are_refused("SELECT format('DROP INDEX %s', i.indexrelid::regclass) FROM " TABLES
                    " JOIN pg_index AS i ON i.indrelid = t.oid",
                    60);
}

/* table.column of everything that is replaced. */
static const char replaced[] =
    "ledger.cosignature.is_quorum ledger.cosignature.line ledger.cosignature.root ledger.cosignature.seconds "
    "ledger.cosignature.size ledger.cosignature.witness outcomes.actor_key.revoked_seq outcomes.amendment.in_force_seq "
    "outcomes.amendment_signer.signed_seq outcomes.contract.activated_seq outcomes.contract.closed_seq "
    "outcomes.contract.is_full outcomes.contract.next_first outcomes.contract.next_moment outcomes.contract.state "
    "outcomes.figure.has_closed outcomes.figure.reason outcomes.figure.standing outcomes.figure.value "
    "outcomes.figure.was_known outcomes.instance.day outcomes.instance.first outcomes.instance.stands "
    "outcomes.party.signed_seq outcomes.payment.settled";

static void only_what_is_replaced_is_updated(void **state)
{
    (void) state;
    assert_string_equal(seen("SELECT string_agg(t.name || '.' || a.attname, ' ' ORDER BY (t.name || '.' || a.attname) "
                             "COLLATE \"C\") FROM " TABLES
                             " JOIN pg_attribute AS a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped"
                             " WHERE has_column_privilege('svc', t.oid, a.attnum, 'UPDATE')"),
                        replaced);
    all_are_refused(
        "SELECT format('UPDATE %s SET %I = %2$I', t.name, a.attname) FROM " TABLES
        " JOIN pg_attribute AS a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''"
        " WHERE NOT has_column_privilege('svc', t.oid, a.attnum, 'UPDATE')",
        150);
}

static void nothing_is_said_to_be_erased_but_by_a_statement(void **state)
{
    (void) state;
    assert_string_equal(seen("SELECT string_agg(t.name::text, ' ' ORDER BY t.name::text) FROM " TABLES
                             " WHERE NOT has_table_privilege('svc', t.oid, 'INSERT')"),
                        "ledger.erasure outcomes.erasure tally_migration");
    is_refused("INSERT INTO ledger.erasure VALUES (1, 2)");
    is_refused("INSERT INTO outcomes.erasure VALUES (1, 2)");
    is_refused("INSERT INTO public.tally_migration VALUES (9999, 'x', sha256('x'))");
    is_refused("SELECT ledger.erase(1, 2)");
    is_refused("SET search_path = pg_temp, public; CREATE TEMPORARY TABLE entry (seq bigint, type text); "
               "CREATE FUNCTION pg_temp.target(text) RETURNS text LANGUAGE sql RETURN '/v1/entries/1/erasure'; SELECT "
               "ledger.erase(1, 2)");
}

static void no_function_or_schema_is_its_own(void **state)
{
    (void) state;
    all_are_refused(
        "SELECT format(a.act, p.oid::regprocedure) FROM " FUNCTIONS ", (VALUES ('DROP FUNCTION %s'), "
        "('ALTER FUNCTION %s OWNER TO svc'), ('ALTER FUNCTION %s SET search_path = public'), ('ALTER FUNCTION %s SECURITY "
        "INVOKER')) AS a (act)",
        100);
    all_are_refused("SELECT format('CREATE OR REPLACE FUNCTION %s(%s) RETURNS %s LANGUAGE sql AS %L', p.oid::regproc, "
                    "pg_get_function_arguments(p.oid), pg_get_function_result(p.oid), 'SELECT NULL') FROM " FUNCTIONS
                    " WHERE p.prorettype <> 'trigger'::regtype",
                    20);
    all_are_refused(
        "SELECT format(a.act, n.nspname) FROM pg_namespace AS n, (VALUES ('CREATE TABLE %I.x ()'), ('DROP SCHEMA %I "
        "CASCADE'), ('CREATE FUNCTION %I.x() RETURNS int LANGUAGE sql RETURN 1'), ('CREATE VIEW %I.x AS SELECT 1'), "
        "('CREATE SEQUENCE %I.x'), ('CREATE DOMAIN %I.x AS int'), ('ALTER SCHEMA %I OWNER TO svc')) AS a (act)"
        " WHERE n.nspname IN ('ledger', 'outcomes', 'public')",
        21);
    all_are_refused(
        "SELECT format('ALTER DOMAIN %s DROP CONSTRAINT %I', k.contypid::regtype, k.conname) FROM pg_constraint AS k "
        "WHERE k.contypid <> 0 AND k.connamespace IN ('ledger'::regnamespace, 'outcomes'::regnamespace)",
        8);
}

static void it_becomes_nobody_else(void **state)
{
    (void) state;
    static const char *const acts[] = {
        "SET ROLE tally_owner",
        "SET ROLE postgres",
        "SET SESSION AUTHORIZATION postgres",
        "SET session_replication_role = replica",
        "SET allow_system_table_mods = on",
        "ALTER ROLE svc SUPERUSER",
        "ALTER ROLE tally_service CREATEROLE",
        "GRANT tally_owner TO svc",
        "GRANT tally_owner TO tally_service",
        "CREATE ROLE x",
        "CREATE DATABASE x",
        "CREATE SCHEMA x",
        "CREATE EXTENSION pgcrypto",
        "DROP OWNED BY tally_owner",
        "REASSIGN OWNED BY tally_owner TO svc",
        "ALTER DEFAULT PRIVILEGES FOR ROLE tally_owner GRANT ALL ON TABLES TO svc",
        "ALTER DATABASE postgres SET session_replication_role = replica",
        "ALTER SYSTEM SET fsync = off",
        "CREATE EVENT TRIGGER x ON ddl_command_start EXECUTE FUNCTION suppress_redundant_updates_trigger()",
        "COPY (SELECT 1) TO PROGRAM 'true'",
        "COPY ledger.entry TO '/tmp/x'",
        "SELECT pg_read_file('postgresql.conf')",
        "SELECT pg_ls_dir('.')",
        "SELECT lo_import('/etc/passwd')",
        "SELECT pg_reload_conf()",
        "SELECT * FROM pg_authid",
        "UPDATE pg_class SET relowner = 0",
    };
    for (size_t i = 0; i < sizeof acts / sizeof acts[0]; i++)
        is_refused(acts[i]);
    assert_string_equal(seen("SELECT count(*)::text FROM pg_auth_members AS m WHERE m.member = 'tally_service'::regrole"),
                        "0");
    assert_string_equal(
        seen("SELECT (rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls)::text FROM pg_roles "
             "WHERE rolname = 'tally_service'"),
        "false");
}

static void what_runs_with_the_owners_rights_looks_nowhere_else(void **state)
{
    (void) state;
    assert_string_equal(seen("SELECT string_agg(p.oid::regproc::text, ' ' ORDER BY p.oid::regproc::text) FROM " FUNCTIONS
                             " WHERE p.prosecdef"),
                        "ledger.erase outcomes.erase");
    assert_string_equal(seen("SELECT coalesce(string_agg(p.oid::regproc::text, ' '), '') FROM " FUNCTIONS
                             " WHERE (p.prosecdef OR p.prorettype = 'trigger'::regtype)"
                             " AND 'search_path=pg_catalog, pg_temp' <> ALL (coalesce(p.proconfig, '{}'))"),
                        "");
}

static void nothing_is_for_everybody(void **state)
{
    (void) state;
    assert_string_equal(seen("SELECT coalesce(string_agg(p.oid::regproc::text, ' '), '') FROM " FUNCTIONS
                             ", aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) AS a WHERE a.grantee = 0"),
                        "");
    assert_string_equal(
        seen("SELECT coalesce(string_agg(c.oid::regclass::text || ' ' || a.privilege_type, ', '), '') FROM pg_class AS c, "
             "aclexplode(c.relacl) AS a WHERE a.grantee = 0 AND c.relnamespace IN ('ledger'::regnamespace, "
             "'outcomes'::regnamespace, 'public'::regnamespace)"),
        "tally_migration SELECT");
    assert_string_equal(
        seen("SELECT coalesce(string_agg(x.what, ' '), '') FROM (SELECT p.oid::regproc::text AS what, p.proowner AS owner "
             "FROM " FUNCTIONS " UNION ALL SELECT c.oid::regclass::text, c.relowner FROM pg_class AS c WHERE "
             "c.relnamespace IN ('ledger'::regnamespace, 'outcomes'::regnamespace) UNION ALL SELECT "
             "t.oid::regtype::text, t.typowner FROM pg_type AS t WHERE t.typnamespace IN ('ledger'::regnamespace, "
             "'outcomes'::regnamespace)) AS x WHERE x.owner <> 'tally_owner'::regrole"),
        "");
    is_refused("SET ROLE tally_owner");
    ok(pg_exec_text(owner, "CREATE ROLE stranger; SET ROLE stranger", NULL, &err));
    static const char *const acts[] = {"SELECT FROM ledger.body", "SELECT FROM outcomes.result",
                                       "SELECT ledger.verify(0, 1)", "SELECT outcomes.reads(1, 'x')"};
    for (size_t i = 0; i < sizeof acts / sizeof acts[0]; i++)
        assert_int_equal(pg_exec_text(owner, acts[i], NULL, &err), TALLY_E_DENIED);
    ok(pg_exec_text(owner, "RESET ROLE; DROP ROLE stranger", NULL, &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_table_is_emptied_or_changed),
        cmocka_unit_test(only_what_is_replaced_is_updated),
        cmocka_unit_test(nothing_is_said_to_be_erased_but_by_a_statement),
        cmocka_unit_test(no_function_or_schema_is_its_own),
        cmocka_unit_test(it_becomes_nobody_else),
        cmocka_unit_test(what_runs_with_the_owners_rights_looks_nowhere_else),
        cmocka_unit_test(nothing_is_for_everybody),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
