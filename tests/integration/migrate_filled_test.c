/* A database of each earlier version, with rows as that version's program wrote them, comes to the newest: nothing is lost, what migrations fill in is
 * what is written there today, and the ledger agrees with itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "../support/cluster.h"
#include "tally/arena.h"
#include "tally/migrate.h"
#include "tally/pg.h"

static struct cluster cluster;
static struct arena *memory;
static struct pg *pg;
static struct err err;
static int version; /* from which it comes */

static void ok(enum tally_code rc)
{
    if (rc != TALLY_OK)
        fail_msg("from version %d: %s: %s", version, err_code_name(rc), err.detail);
}

static int start(void **state)
{
    (void) state;
    memory = arena_new(1u << 20);
    return memory == NULL ? -1 : cluster_start(&cluster);
}

static int stop(void **state)
{
    (void) state;
    arena_free(memory);
    cluster_stop(&cluster);
    return 0;
}

/* ---- what each version's program wrote ----
 *
 * The contracts able (open) and bail (not), with a metric of the indicator days each; 600 entries, so that tiles are full. 21 restates
 * the first of the two results of 20, whose body 590 erases; 595 restates the second after that, and 596 restates 595. */
static const struct {
    int version;
    const char *sql;
} steps[] = {
    {1,
     "INSERT INTO ledger.body SELECT g, decode(repeat('07', 16), 'hex'), CASE WHEN g = 590 THEN "
     "rtrim(translate(encode('{\"htu\":\"/v1/entries/20/erasure\"}', 'base64'), '+/', '-_'), '=') || '..c2ln' ELSE '' END, "
     "CASE WHEN g = 0 THEN '{\"origin\":\"filled.example/ledger\",\"vkey\":\"v\"}' ELSE '{\"n\":' || g || '}' END "
     "FROM generate_series(0, 599) AS g;"
     "DO $$ DECLARE last bytea := decode(repeat('00', 32), 'hex'); b record; c bytea; h bytea; t timestamptz; k text; BEGIN"
     " FOR b IN SELECT * FROM ledger.body ORDER BY seq LOOP"
     "  t := timestamptz '2026-01-01Z' + b.seq * interval '1 minute';"
     "  k := CASE WHEN b.seq = 0 THEN 'ledger.created' WHEN b.seq = 590 THEN 'body.erased' ELSE 'result.submitted' END;"
     "  c := ledger.commitment(b.nonce, b.jws, b.body);"
     "  h := ledger.header_hash(ledger.header('filled.example/ledger', b.seq, t, 'bob', k, lpad(b.seq::text, 16, '0'), "
     "true, last, c));"
     "  INSERT INTO ledger.entry VALUES (b.seq, t, 'bob', k, lpad(b.seq::text, 16, '0'), true, last, c, h);"
     "  last := h;"
     " END LOOP; END $$"},
    {2, "INSERT INTO outcomes.actor VALUES ('bob', 'person', 'Bob', true, true, NULL, 0);"
        "INSERT INTO outcomes.actor_key VALUES (lpad('', 43, 'k'), 'bob', lpad('', 43, 'x'), 0, NULL);"
        "INSERT INTO outcomes.indicator VALUES ('days', 1, 5, sha256('e'), 'Days', '', 'days', 'outcome', true, 'bob');"
        "INSERT INTO outcomes.contract SELECT c.id, 's', 'Title', 'text', 'bob', 1, sha256(c.id::bytea), sha256('t'), "
        "'{}', c.open, "
        "  c.seq, c.seq + 2, NULL, 'in_force', NULL, 1 FROM (VALUES ('able', true, 6), ('bail', false, 7)) AS c (id, open, "
        "seq);"
        "INSERT INTO outcomes.party (contract, place, party, role, label, actor, kid, signed_seq)"
        "  SELECT c.id, 0, 'p', 'investor', 'P', CASE WHEN c.open THEN 'ann' ELSE 'ben' END, lpad('', 43, 'k'), 8 FROM "
        "outcomes.contract AS c;"
        "INSERT INTO outcomes.result (seq, item, indicator, version, contract, metric, dimensions, value, author, "
        "\"time\", is_set, key)"
        "  SELECT r.seq, r.item, 'days', 1, NULL, NULL, '{\"n\":\"' || r.seq || r.item || '\"}', '1', 'bob', e.\"time\", "
        "false, "
        "  sha256((r.seq || '.' || r.item)::bytea) FROM (VALUES (20, 0), (20, 1), (22, 0)) AS r (seq, item) JOIN "
        "ledger.entry AS e USING (seq);"
        "INSERT INTO outcomes.result (seq, item, indicator, version, contract, metric, dimensions, value, author, "
        "\"time\", is_set, key)"
        "  VALUES (23, 0, NULL, NULL, 'able', 'served', '{}', '2', 'bob', '2026-01-01Z', true, sha256('f'));"
        "INSERT INTO outcomes.instance VALUES ('able', sha256('i'), 'r', '', '5.00', 1, '2026-01-01');"
        "INSERT INTO outcomes.payment_item VALUES (41, 0, 'k', '5', '5');"
        "INSERT INTO outcomes.settlement VALUES (50, 41, '1.00', 'wire', 'bob', '2026-01-02')"},
    {3, "SELECT"},
    {4, "INSERT INTO outcomes.result (seq, item, indicator, version, dimensions, value, author, \"time\", is_set, key, "
        "of_seq, of_item, "
        "  first_seq, first_item, first_time, prev_seq)"
        "  SELECT 21, 0, r.indicator, r.version, r.dimensions, '3', r.author, r.\"time\", false, r.key, 20, 0, 20, 0, "
        "r.\"time\", 20"
        "  FROM outcomes.result AS r WHERE r.seq = 20 AND r.item = 0"},
    {7, "INSERT INTO outcomes.explanation VALUES (41, sha256('x'), '{}')"},
    {8, "INSERT INTO outcomes.concern (seq, contract) VALUES (7, 'bail'), (32, 'bail'), (42, 'bail'), (300, 'bail');"
        "INSERT INTO outcomes.result (seq, item, indicator, version, dimensions, value, author, \"time\", is_set, key, "
        "only_in)"
        "  VALUES (300, 0, 'days', 1, '{}', '4', 'bob', '2026-01-01Z', false, sha256('h'), ',bail,');"
        "SELECT ledger.erase(20, 590); SELECT outcomes.erase(20, 590)"},
    {10,
     "INSERT INTO outcomes.accession (contract, seq, class, actor, kid) VALUES ('able', 60, 'c', 'cid', lpad('', 43, 'k')),"
     " ('bail', 61, 'c', 'cid', lpad('', 43, 'k'))"},
    {11, "INSERT INTO outcomes.amendment VALUES (70, 'able', 2, 'Title', 'text 2', sha256('v2'), sha256('t2'), '{}', "
         "'bob', 71),"
         " (72, 'bail', 2, 'Title', 'text 2', sha256('v3'), sha256('t3'), '{}', 'bob', NULL);"
         "INSERT INTO outcomes.amendment_signer (amendment_seq, place, contract, party, role, label, actor, kid, "
         "is_leaving, signed_seq)"
         "  SELECT a.seq, 0, a.contract, 'p', 'investor', 'P', 'dan', lpad('', 43, 'k'), false, NULL FROM "
         "outcomes.amendment AS a"},
    {14, "INSERT INTO outcomes.contract_use VALUES ('able', 6, 0, 'bail', 1, false);"
         "INSERT INTO outcomes.figure (contract, identity, version, metric, key, standing, value, reason, was_known)"
         "  VALUES ('able', sha256('g'), 1, 'm', '', 'known', '1', '', true)"},
};

/* What has other columns now: the values that are there today are in the last of each two. */
static const struct {
    int from, to; /* versions at which it is written so */
    const char *sql;
} forms[] = {
    {2, 10,
     "INSERT INTO outcomes.contract_metric (contract, place, metric, indicator, indicator_version)"
     "  SELECT c.id, 0, 'm', 'days', 1 FROM outcomes.contract AS c"},
    {2, 3,
     "INSERT INTO outcomes.verification (result_seq, item, actor, seq) VALUES (20, 0, 'ann', 31), (22, 0, 'ann', 31)"},
    {2, 3,
     "INSERT INTO outcomes.final (contract, metric, result_seq, item, key, seq) VALUES ('able', 'm', 22, 0, '22', 33)"},
    {2, 15,
     "INSERT INTO outcomes.payment (seq, itemised_seq, cause_seq, contract, rule, from_party, to_party, from_actor, "
     "to_actor, "
     "  currency, amount, is_owed_back, instances, triggered_on, due_on, settled) SELECT p.seq, p.seq - 1, 31, p.contract, "
     "'r', 'a', 'b', "
     "  'ann', 'ben', 'USD', '5.00', false, 1, '2026-01-01', 'infinity', '1.00' FROM (VALUES (41, 'able'), (42, 'bail')) "
     "AS p (seq, contract)"},
    {4, 15,
     "INSERT INTO outcomes.dispute (seq, item, contract, result_seq, actor, reason, \"time\", lapses) VALUES "
     "  (30, 0, 'able', 22, 'ann', 'no', '2026-01-01Z', NULL), (32, 0, 'bail', 300, 'ben', 'no', '2026-01-01Z', NULL)"},
    {8, 12,
     "INSERT INTO outcomes.result (seq, item, indicator, version, dimensions, value, author, \"time\", is_set, key, "
     "of_seq, of_item, "
     "  first_seq, first_item, first_time, prev_seq)"
     "  SELECT x.seq, 0, r.indicator, r.version, r.dimensions, '3', r.author, r.\"time\", false, r.key, x.prev, x.item, "
     "20, 1, r.\"time\", x.prev"
     "  FROM outcomes.result AS r, (VALUES (595, 20, 1), (596, 595, 0)) AS x (seq, prev, item) WHERE r.seq = 20 AND r.item "
     "= 1"},
};

static void step_to(int number)
{
    ok(migrate_to(pg, number, NULL, &err));
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++)
        if (steps[i].version == number)
            ok(pg_exec_text(pg, steps[i].sql, NULL, &err));
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
        if (forms[i].from == number && version <= forms[i].to)
            ok(pg_exec_text(pg, forms[i].sql, NULL, &err));
}

/* ---- what has to be there ---- */

static void is_one(const char *sql)
{
    struct pg_rows *rows = NULL;
    ok(pg_exec_text(pg, sql, &rows, &err));
    if (pg_rows_count(rows) != 1 || !pg_get_bool(rows, 0, 0))
        fail_msg("from version %d, this does not hold: %s", version, sql);
    pg_rows_free(rows);
}

/* Each holds for every row that there is. */
static const char *const today[] = {
    "SELECT count(*) = 0 FROM ledger.verify(0, 599)",
    "SELECT count(*) = 0 FROM ledger.verify_tree()",
    "SELECT count(*) = 2 FROM ledger.tile",
    "SELECT count(*) = 600 FROM ledger.entry",
    "SELECT bool_and(m.is_open = c.open AND m.text_seq = c.seq) IS NOT false FROM outcomes.contract_metric AS m JOIN "
    "outcomes.contract AS c "
    "ON c.id = m.contract",
    "SELECT bool_and(v.time = e.time) IS NOT false FROM outcomes.verification AS v JOIN ledger.entry AS e ON e.seq = v.seq",
    "SELECT bool_and(f.first_seq = 22 AND f.began_seq = 33 AND f.time = e.time AND f.version = 1 AND NOT f.is_none) IS NOT "
    "false FROM "
    "outcomes.final AS f JOIN ledger.entry AS e ON e.seq = f.seq",
    "SELECT bool_and(p.is_open = NOT EXISTS (SELECT FROM outcomes.concern AS n WHERE n.seq = p.seq)) IS NOT false FROM "
    "outcomes.payment AS p",
    "SELECT bool_and(d.is_open = NOT EXISTS (SELECT FROM outcomes.concern AS n WHERE n.seq = d.seq)) IS NOT false FROM "
    "outcomes.dispute AS d",
    "SELECT bool_and(p.is_open = (p.contract = 'able')) IS NOT false FROM outcomes.party AS p",
    "SELECT bool_and(s.is_open = (s.contract = 'able')) IS NOT false FROM outcomes.amendment_signer AS s",
    "SELECT bool_and(a.is_open = (a.contract = 'able')) IS NOT false FROM outcomes.accession AS a",
    "SELECT bool_and(n.is_result = (n.seq = 300)) IS NOT false FROM outcomes.concern AS n",
    "SELECT bool_and(r.is_open = (r.only_in IS NULL)) IS NOT false FROM outcomes.result AS r",
    "SELECT bool_and((x.hash IS NULL) = (x.body = '')) IS NOT false FROM outcomes.explanation AS x",
    "SELECT bool_and(f.has_closed) IS NOT false FROM outcomes.figure AS f",
    "SELECT outcomes.reads_contract('able', NULL) AND NOT outcomes.reads_contract('bail', NULL) OR NOT EXISTS (SELECT FROM "
    "outcomes.contract)",
    "SELECT NOT EXISTS (SELECT FROM outcomes.concern) OR outcomes.reads(300, 'ben') AND NOT outcomes.reads(300, 'ann') AND "
    "outcomes.reads(20, "
    "'ann') = EXISTS (SELECT FROM outcomes.contract_metric) AND NOT outcomes.reads(20, 'zoe')",
};

/* What was open and was erased, and what restated it after that: hidden; what had restated it before: as it was. */
static const char erased[] = "SELECT string_agg(r.seq || '.' || r.item, ' ' ORDER BY r.seq, r.item) = '20.0 20.1 595.0 "
                             "596.0' FROM outcomes.result AS r "
                             "WHERE r.only_in = ''";

/* Rows of each table, without those that migrations may add. */
static const char counts[] = "SELECT string_agg(c.relname || ' ' || (xpath('/row/n/text()', query_to_xml('SELECT count(*) "
                             "AS n FROM ' || c.oid::regclass, false, true, "
                             "'')))[1]::text, ' ' ORDER BY c.relname) FROM pg_class AS c WHERE c.relkind = 'r' AND "
                             "c.relnamespace = to_regnamespace('outcomes') AND "
                             "c.relname = ANY (string_to_array('%s', ' '))";

static const char *first_text(const char *sql)
{
    struct pg_rows *rows = NULL;
    ok(pg_exec_text(pg, sql, &rows, &err));
    const char *text = arena_strdup(memory, pg_get_bytes(rows, 0, 0));
    assert_non_null(text);
    pg_rows_free(rows);
    return text;
}

static void comes_to_the_newest(void)
{
    char sql[2000];
    for (int number = 1; number <= version; number++)
        step_to(number);
    const char *tables =
        first_text("SELECT coalesce(string_agg(relname, ' '), '-') FROM pg_class WHERE relkind = 'r' AND relnamespace = "
                   "to_regnamespace('outcomes')");
    snprintf(sql, sizeof sql, counts, tables);
    const char *before = first_text(sql);
    ok(migrate(pg, NULL, &err));
    ok(migrate_check(pg, &err));
    assert_string_equal(first_text(sql), before);
    for (size_t i = 0; i < sizeof today / sizeof today[0]; i++)
        is_one(today[i]);
    if (version >= 8 && version <= 12)
        is_one(erased);
}

static void every_earlier_version_with_rows_comes_to_the_newest(void **state)
{
    (void) state;
    struct pg *maker = NULL;
    ok(pg_new(&(struct pg_options){.conninfo = cluster.conninfo}, &maker, &err));
    for (version = 1; version <= migrations[migration_count - 1].number; version++) {
        char name[32], sql[64], conninfo[256];
        snprintf(name, sizeof name, "filled_%d", version);
        snprintf(sql, sizeof sql, "CREATE DATABASE %s", name);
        ok(pg_exec_text(maker, sql, NULL, &err));
        cluster_conninfo(&cluster, name, NULL, conninfo, sizeof conninfo);
        ok(pg_new(&(struct pg_options){.conninfo = conninfo}, &pg, &err));
        comes_to_the_newest();
        pg_free(pg);
        arena_clear(memory);
    }
    pg_free(maker);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_earlier_version_with_rows_comes_to_the_newest)};
    return cmocka_run_group_tests(tests, start, stop);
}
