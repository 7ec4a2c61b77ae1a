/* Lists for a reader: between what it may read lie 200,000 rows that it may not, and a page costs what is on it. What a page went through is
 * counted by PostgreSQL, in rows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../support/cluster.h"
#include "tally/arena.h"
#include "tally/migrate.h"
#include "tally/store.h"

static struct cluster cluster;
static struct pg *owner, *pg; /* the superuser; the service's role */
static struct arena *memory;
static struct err err;
static struct buf out;

static void ok(enum tally_code rc)
{
    if (rc != TALLY_OK)
        fail_msg("%s: %s", err_code_name(rc), err.detail);
}

static struct slice kept(struct slice s)
{
    struct slice copy;
    ok(arena_copy(memory, s.ptr, s.len, &copy, &err));
    return copy;
}

#define HIDDEN "200000"
#define PAGE 2
#define ROWS_MAX                                                                                                           \
    400 /* of a page of two: keys of each branch, the rows, what says who reads them; far below what is hidden */

/* open and mine are contracts that "me" reads; h-... are others'. Each list has 1, 2, 3 and 300002 that are open and, of the contract
 * mine, 300001; from 1001 on there are those that are not for "me". */
static void fill(void)
{
    static const char *const steps[] = {
        "INSERT INTO outcomes.contract SELECT n.id, 's', 't', 'text', 'a', 1, sha256(n.id::bytea), sha256(n.id::bytea), "
        "'{}', n.open,"
        "  n.seq, NULL, NULL, 'proposed', NULL, 1 FROM (SELECT 'open' AS id, true AS open, 1 AS seq UNION ALL"
        "  SELECT 'mine', false, 2 UNION ALL SELECT 'z', true, 3"
        "  UNION ALL SELECT 'h-' || g, false, 400000 + g FROM generate_series(1, 20000) AS g) AS n",
        "INSERT INTO outcomes.party SELECT c.id, 0, 'p', 'investor', '', 'a', lpad('', 43, 'k'), NULL, c.open FROM "
        "outcomes.contract AS c",
        "INSERT INTO outcomes.party VALUES ('mine', 1, 'q', 'investor', '', 'me', lpad('', 43, 'k'), NULL, false)",
        "INSERT INTO outcomes.concern SELECT c.seq, c.id, false FROM outcomes.contract AS c WHERE NOT c.open",
        "CREATE TEMPORARY TABLE n AS SELECT g AS seq, 'open' AS contract FROM generate_series(1, 3) AS g"
        "  UNION ALL SELECT 1000 + g, 'h-' || g % 20000 + 1 FROM generate_series(1, " HIDDEN ") AS g"
        "  UNION ALL SELECT 300001, 'mine' UNION ALL SELECT 300002, 'open'",
        "INSERT INTO outcomes.payment SELECT n.seq, 1, 1, n.contract, 'r', 'p', 'q', 'a', 'b', 'USD', '1', false, 1, "
        "'2026-01-01',"
        "  '2026-01-01', '0', n.contract = 'open' FROM n",
        "INSERT INTO outcomes.indicator VALUES ('i', 1, 0, sha256('e'), '', '', '', 'output', false, 'a')",
        "INSERT INTO outcomes.contract_metric SELECT n.id, 0, 'm', 'i', 1, 1 FROM (VALUES ('open'), ('mine')) AS n (id)",
        "INSERT INTO outcomes.result (seq, item, indicator, version, dimensions, value, author, \"time\", is_set, key, "
        "only_in)"
        "  SELECT n.seq, 0, 'i', 1, '{}', '1', 'a', '2026-01-01Z', false, sha256(('k' || n.seq)::bytea),"
        "  CASE WHEN n.contract <> 'open' THEN ',' || n.contract || ',' END FROM n",
        "INSERT INTO outcomes.dispute SELECT n.seq, 0, 'open', n.seq, 'a', 'r', '2026-01-01Z', NULL, n.contract = 'open' "
        "FROM n"
        "  WHERE n.contract <> 'mine'",
        "INSERT INTO outcomes.concern SELECT n.seq, n.contract, true FROM n WHERE n.contract <> 'open'",
        "INSERT INTO outcomes.accession SELECT 'mine', n.seq, 'class', 'm-' || n.seq, lpad('', 43, 'k'), false FROM n "
        "WHERE n.seq < 300001",
        "INSERT INTO outcomes.accession VALUES ('mine', 300001, 'class', 'late', lpad('', 43, 'k'), false),"
        "  ('mine', 300002, 'class', 'later', lpad('', 43, 'k'), false)",
        "DROP TABLE n",
        "ANALYZE",
    };
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++)
        ok(pg_exec_text(owner, steps[i], NULL, &err));
}

enum list {
    CONTRACTS,
    THEIRS,
    PAYMENTS,
    PAID,
    OF_CONTRACT,
    RESULTS,
    OF_AUTHOR,
    OF_INDICATOR,
    OF_METRICS,
    DISPUTES,
    JOINED
};

static enum tally_code list_page(enum list list, const struct store_page *page)
{
    bool found = false;
    switch (list) {
    case CONTRACTS:
        return store_list_contracts(pg, SLICE(""), page, &out, &err);
    case THEIRS:
        return store_list_contracts(pg, SLICE("a"), page, &out, &err);
    case PAYMENTS:
        return store_list_payments(pg, &(struct store_payment_filter){.as_of = STORE_NOW}, page, &out, &err);
    case PAID:
        return store_list_payments(pg, &(struct store_payment_filter){.as_of = STORE_NOW, .party = SLICE("b")}, page, &out,
                                   &err);
    case OF_CONTRACT:
        return store_list_payments(pg, &(struct store_payment_filter){.as_of = STORE_NOW, .contract = SLICE("open")}, page,
                                   &out, &err);
    case RESULTS:
        return store_list_results(pg, &(struct store_result_filter){.version = 0}, page, &out, &err);
    case OF_AUTHOR:
        return store_list_results(pg, &(struct store_result_filter){.author = SLICE("a")}, page, &out, &err);
    case OF_INDICATOR:
        return store_list_results(pg, &(struct store_result_filter){.indicator = SLICE("i")}, page, &out, &err);
    case OF_METRICS:
        return store_list_results(pg, &(struct store_result_filter){.contract = SLICE("open")}, page, &out, &err);
    case DISPUTES:
        return store_list_contract_disputes(pg, SLICE("open"), page, &out, &found, &err);
    case JOINED:
        return store_list_accessions(pg, SLICE("mine"), page, &out, &found, &err);
    }
    return TALLY_E_BUG;
}

/* The rows of tables that this connection's transaction has fetched, by index or by going through them. */
static int64_t rows_read(void)
{
    struct pg_rows *rows = NULL;
    ok(pg_exec_text(pg, "SELECT coalesce(sum(seq_tup_read + idx_tup_fetch), 0)::text FROM pg_stat_xact_user_tables", &rows,
                    &err));
    int64_t count = strtoll(arena_strdup(memory, pg_get_bytes(rows, 0, 0)), NULL, 10);
    pg_rows_free(rows);
    return count;
}

static json_t *page_read(enum list list, struct slice cursor, uint32_t limit, const char *reader, int64_t most)
{
    ok(pg_begin(pg, &err));
    int64_t before_it = rows_read();
    ok(list_page(list, &(struct store_page){cursor, limit, slice_str(reader)}));
    int64_t count = rows_read() - before_it;
    pg_rollback(pg);
    if (count > most)
        fail_msg("list %d for \"%s\" went through %lld rows for a page of %u", (int) list, reader, (long long) count,
                 limit);
    json_t *json = json_loadb(out.ptr, out.len, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(json);
    buf_clear(&out);
    return json;
}

/* "1 2 300002": all of a list, from page to page. pages: how many there were. */
static const char *followed(enum list list, const char *reader, uint32_t limit, int64_t most, int *pages)
{
    struct buf text;
    struct slice cursor = SLICE("");
    buf_init(&text, 100000);
    *pages = 0;
    do {
        json_t *json = page_read(list, cursor, limit, reader, most), *one;
        size_t i;
        json_array_foreach(json_object_get(json, "items"), i, one)
        {
            buf_add_str(&text, text.len == 0 ? "" : " ");
            if (list <= THEIRS)
                buf_add_str(&text, json_string_value(json_object_get(one, "id")));
            else
                buf_printf(&text, "%d", (int) json_integer_value(json_object_get(one, "seq")));
        }
        const char *next = json_string_value(json_object_get(json, "next"));
        cursor = next == NULL ? SLICE("") : kept(slice_str(next));
        (*pages)++;
        json_decref(json);
    } while (cursor.len > 0);
    const char *whole = text.len == 0 ? "" : arena_strdup(memory, buf_slice(&text));
    buf_release(&text);
    return whole;
}

static void a_page_costs_what_is_on_it_whatever_lies_between(void **state)
{
    (void) state;
    static const struct {
        enum list list;
        const char *reader, *items;
    } lists[] = {
        {CONTRACTS, "", "open z"},
        {CONTRACTS, "me", "mine open z"},
        {THEIRS, "", "open z"},
        {THEIRS, "me", "mine open z"},
        {PAYMENTS, "", "1 2 3 300002"},
        {PAYMENTS, "me", "1 2 3 300001 300002"},
        {PAYMENTS, "late", "1 2 3 300001 300002"},
        {PAYMENTS, "later", "1 2 3 300002"},
        {PAID, "", "1 2 3 300002"},
        {PAID, "me", "1 2 3 300001 300002"},
        {OF_CONTRACT, "", "1 2 3 300002"},
        {RESULTS, "", "1 2 3 300002"},
        {RESULTS, "me", "1 2 3 300001 300002"},
        {RESULTS, "later", "1 2 3 300001 300002"},
        {OF_AUTHOR, "", "1 2 3 300002"},
        {OF_AUTHOR, "me", "1 2 3 300001 300002"},
        {OF_INDICATOR, "", "1 2 3 300002"},
        {OF_INDICATOR, "me", "1 2 3 300001 300002"},
        {OF_METRICS, "", "1 2 3 300002"},
        {OF_METRICS, "me", "1 2 3 300001 300002"},
        {DISPUTES, "", "1 2 3 300002"},
        {JOINED, "late", "300001 300002"},
        {JOINED, "later", "300002"},
    };
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        int pages = 0;
        const char *items = followed(lists[i].list, lists[i].reader, PAGE, ROWS_MAX, &pages);
        if (strcmp(items, lists[i].items) != 0)
            fail_msg("list %d for \"%s\" has %s, not %s", (int) lists[i].list, lists[i].reader, items, lists[i].items);
        if (pages > 3)
            fail_msg("list %d for \"%s\" took %d pages", (int) lists[i].list, lists[i].reader, pages);
    }
}

/* What does not fit a filter is looked at, a bounded number for each page; it is all for this reader, so that a cursor tells nothing. */
static void a_page_of_what_seldom_fits_is_short_and_goes_on(void **state)
{
    (void) state;
    int pages = 0;
    ok(pg_exec_text(
        owner,
        "INSERT INTO outcomes.result (seq, item, indicator, version, dimensions, value, author, \"time\", is_set, key)"
        "  SELECT 500000 + g, 0, 'i', 1, '{}', '1', CASE WHEN g % 4000 = 0 THEN 'rare' ELSE 'a' END, '2026-01-01Z', false,"
        "  sha256(('k' || 500000 + g)::bytea) FROM generate_series(1, 9000) AS g",
        NULL, &err));
    const struct store_result_filter filter = {.indicator = SLICE("i"), .author = SLICE("rare")};
    struct slice cursor = SLICE("");
    size_t items = 0;
    do {
        ok(pg_begin(pg, &err));
        int64_t before_it = rows_read();
        ok(store_list_results(pg, &filter, &(struct store_page){cursor, 10, SLICE("")}, &out, &err));
        assert_in_range(rows_read() - before_it, 0, 5000);
        pg_rollback(pg);
        json_t *json = json_loadb(out.ptr, out.len, JSON_REJECT_DUPLICATES, NULL), *one;
        size_t i;
        buf_clear(&out);
        json_array_foreach(json_object_get(json, "items"), i, one)
            assert_int_equal(json_integer_value(json_object_get(one, "seq")), 504000 + 4000 * (int) items++);
        const char *next = json_string_value(json_object_get(json, "next"));
        cursor = next == NULL ? SLICE("") : kept(slice_str(next));
        json_decref(json);
        pages++;
    } while (cursor.len > 0);
    assert_int_equal(items, 2);
    assert_in_range(pages, 9, 11);
}

static void what_is_appended_meanwhile_comes_once_and_in_order(void **state)
{
    (void) state;
    struct slice cursor = SLICE("");
    struct buf text;
    int appended = 0;
    buf_init(&text, 1000);
    do {
        json_t *json = page_read(PAYMENTS, cursor, 1, "me", ROWS_MAX);
        buf_printf(&text, "%d ",
                   (int) json_integer_value(json_object_get(json_array_get(json_object_get(json, "items"), 0), "seq")));
        const char *next = json_string_value(json_object_get(json, "next"));
        cursor = next == NULL ? SLICE("") : kept(slice_str(next));
        json_decref(json);
        if (appended < 6) { /* open, mine, another's, in turn */
            char sql[600];
            snprintf(sql, sizeof sql,
                     "INSERT INTO outcomes.payment SELECT p.seq + 10 + %d, 1, 1, c.id, 'r', 'p', 'q', 'a', 'b', 'USD', "
                     "'1', false,"
                     " 1, '2026-01-01', '2026-01-01', '0', c.open FROM outcomes.contract AS c, (SELECT max(seq) AS seq FROM"
                     " outcomes.payment) AS p WHERE c.id = '%s';"
                     "INSERT INTO outcomes.concern SELECT p.seq, p.contract, false FROM outcomes.payment AS p WHERE NOT "
                     "p.is_open"
                     " ON CONFLICT DO NOTHING",
                     appended, (const char *const[]){"open", "mine", "h-7"}[appended % 3]);
            ok(pg_exec_text(owner, sql, NULL, &err));
            appended++;
        }
    } while (cursor.len > 0);
    assert_string_equal(arena_strdup(memory, buf_slice(&text)), "1 2 3 300001 300002 300012 300023 300048 300062 ");
    buf_release(&text);
}

/* ---- one statement ---- */

static void sql(const char *text)
{
    ok(pg_exec_text(owner, text, NULL, &err));
}

/* Three statements of a thousand results each of the indicator j, which 20,000 contracts measure that are not for "me", the open one and mine:
 * 800001 is open, 800002 for h-1, 800003 was open until it was erased. 800004 restated 800001, and was erased. */
static void fill_statements(void)
{
    sql("INSERT INTO outcomes.contract_metric SELECT c.id, 1, 'n', 'j', 1, c.seq, c.open FROM outcomes.contract AS c WHERE "
        "c.id "
        "LIKE 'h-%' OR c.id IN ('open', 'mine')");
    sql("INSERT INTO outcomes.party SELECT 'h-1', 9, 'o', 'investor', '', 'other', lpad('', 43, 'k'), NULL, false");
    sql("INSERT INTO outcomes.result (seq, item, indicator, version, dimensions, value, author, \"time\", is_set, key, "
        "only_in)"
        "  SELECT 800000 + s.n, g, 'j', 1, '{}', '1', 'w', '2026-01-01Z', false, sha256(('j' || s.n || '.' || g)::bytea), "
        "s.only_in"
        "  FROM (VALUES (1, NULL), (2, ',h-1,'), (3, '')) AS s (n, only_in), generate_series(0, 999) AS g");
    sql("INSERT INTO outcomes.result (seq, item, indicator, version, dimensions, value, author, \"time\", is_set, of_seq, "
        "of_item,"
        "    first_seq, first_item, first_time, prev_seq, key, only_in)"
        "  SELECT 800004, 0, 'j', 1, '{}', '2', 'w', '2026-01-01Z', false, 800001, 0, 800001, 0, '2026-01-01Z', 800001, "
        "  sha256('j4'), ''");
    sql("INSERT INTO outcomes.concern VALUES (800002, 'h-1', true)");
    sql("INSERT INTO outcomes.verification SELECT 800000 + s, g, 'v', 810000 + s, '2026-01-01Z'"
        "  FROM generate_series(1, 3) AS s, generate_series(0, 999) AS g");
    sql("INSERT INTO outcomes.concern VALUES (810002, 'h-1', false)");
    sql("ANALYZE");
}

/* Rows that a statement of a thousand results may cost: each, its verification, and what says who reads them. */
#define STATEMENT_ROWS_MAX 3000

static void what_a_statement_costs_does_not_hang_on_others_contracts(void **state)
{
    (void) state;
    static const struct {
        uint64_t seq;
        const char *reader;
        bool is_there;
    } reads[] = {
        {800001, "", true},      {800001, "me", true}, {800002, "", false},     {800002, "me", false},
        {800002, "other", true}, {800002, "w", true},  {800003, "", false},     {800003, "nobody", false},
        {800003, "me", true},    {800003, "w", true},  {800003, "other", true},
    };
    fill_statements();
    for (size_t i = 0; i < sizeof reads / sizeof reads[0]; i++) {
        const struct store_page page = {SLICE(""), 2, slice_str(reads[i].reader)};
        for (int what = 0; what < 3; what++) {
            bool found = !reads[i].is_there;
            ok(pg_begin(pg, &err));
            int64_t before_it = rows_read();
            ok((what == 0   ? store_read_result
                : what == 1 ? store_list_verifications
                            : store_list_result_disputes)(pg, reads[i].seq, &page, &out, &found, &err));
            int64_t count = rows_read() - before_it;
            pg_rollback(pg);
            buf_clear(&out);
            if (count > STATEMENT_ROWS_MAX)
                fail_msg("%d of %d for \"%s\" went through %lld rows", what, (int) reads[i].seq, reads[i].reader,
                         (long long) count);
            if (found != reads[i].is_there)
                fail_msg("%d of %d for \"%s\": %d", what, (int) reads[i].seq, reads[i].reader, found);
        }
    }
}

static const char *first_item(uint64_t seq, const char *reader, const char *member)
{
    bool found = false;
    ok(store_read_result(pg, seq, &(struct store_page){SLICE(""), 1, slice_str(reader)}, &out, &found, &err));
    assert_true(found);
    json_t *json = json_loadb(out.ptr, out.len, JSON_REJECT_DUPLICATES, NULL);
    char *text = json_dumps(json_object_get(json_array_get(json_object_get(json, "items"), 0), member),
                            JSON_COMPACT | JSON_ENCODE_ANY | JSON_SORT_KEYS);
    assert_non_null(text);
    const char *copy = arena_strdup(memory, slice_str(text));
    free(text);
    json_decref(json);
    buf_clear(&out);
    return copy;
}

static void a_result_says_how_it_stands_in_the_readers_contracts(void **state)
{
    (void) state;
    const char *nobody = first_item(800001, "", "fits"), *me = first_item(800001, "me", "fits"),
               *other = first_item(800001, "other", "fits");
    assert_non_null(strstr(nobody, "\"contract\":\"open\""));
    assert_null(strstr(nobody, "},{"));
    assert_non_null(strstr(me, "\"contract\":\"open\""));
    assert_non_null(strstr(me, "\"contract\":\"mine\""));
    assert_null(strstr(strstr(me, "},{") + 1, "},{"));
    assert_non_null(strstr(other, "\"contract\":\"open\""));
    assert_non_null(strstr(other, "\"contract\":\"h-1\""));
    assert_null(strstr(strstr(other, "},{") + 1, "},{"));
}

static void what_replaced_a_result_is_named_to_whom_it_is_for(void **state)
{
    (void) state;
    assert_string_equal(first_item(800001, "", "replaced_by"), "null");
    assert_string_equal(first_item(800001, "nobody", "replaced_by"), "null");
    assert_string_equal(first_item(800001, "me", "replaced_by"), "{\"item\":0,\"seq\":800004}");
}

static bool has_explanation(uint64_t payment, const char *reader)
{
    bool found = false;
    ok(store_has_explanation(pg, payment, slice_str(reader), &found, &err));
    return found;
}

/* The contract x is open and measures k: 900002 was triggered before 900003 restated what had been open until it was erased, 900004 after that. */
static void how_a_payment_came_about_is_hidden_with_what_restates_an_erased_result(void **state)
{
    (void) state;
    sql("INSERT INTO outcomes.contract SELECT 'x', 's', 't', 'text', 'a', 1, sha256('x'), sha256('x'), '{}', true, 900000, "
        "NULL, NULL, "
        "'proposed', NULL, 1");
    sql("INSERT INTO outcomes.party VALUES ('x', 0, 'p', 'investor', '', 'xavier', lpad('', 43, 'k'), NULL, true)");
    sql("INSERT INTO outcomes.contract_metric VALUES ('x', 0, 'm', 'k', 1, 900000, true)");
    sql("INSERT INTO outcomes.result (seq, item, indicator, version, dimensions, value, author, \"time\", is_set, of_seq, "
        "of_item,"
        "    first_seq, first_item, first_time, prev_seq, key, only_in)"
        "  VALUES (900003, 0, 'k', 1, '{}', '2', 'w', '2026-01-01Z', false, 899999, 0, 899999, 0, '2026-01-01Z', 899999, "
        "sha256('x4'), '')");
    sql("INSERT INTO outcomes.payment SELECT s, s, s, 'x', 'r', 'p', 'q', 'a', 'b', 'USD', '1', false, 1, '2026-01-01', "
        "'2026-01-01', '0', true"
        "  FROM (VALUES (900002), (900004)) AS p (s)");
    assert_true(has_explanation(900002, ""));
    assert_false(has_explanation(900004, ""));
    assert_false(has_explanation(900004, "me"));
    assert_true(has_explanation(900004, "xavier"));
}

static int start(void **state)
{
    (void) state;
    if (cluster_start(&cluster) != 0)
        return -1;
    ok(pg_new(&(struct pg_options){.conninfo = cluster.conninfo}, &owner, &err));
    ok(migrate(owner, NULL, &err));
    ok(pg_new(&(struct pg_options){.conninfo = cluster.conninfo, .is_by_key = true, .set_role = "tally_service"}, &pg,
              &err));
    memory = arena_new(16u << 20);
    assert_non_null(memory);
    buf_init(&out, 4u << 20);
    fill();
    return 0;
}

static int stop(void **state)
{
    (void) state;
    buf_release(&out);
    arena_free(memory);
    pg_free(pg);
    pg_free(owner);
    cluster_stop(&cluster);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_page_costs_what_is_on_it_whatever_lies_between),
        cmocka_unit_test(a_page_of_what_seldom_fits_is_short_and_goes_on),
        cmocka_unit_test(what_is_appended_meanwhile_comes_once_and_in_order),
        cmocka_unit_test(what_a_statement_costs_does_not_hang_on_others_contracts),
        cmocka_unit_test(a_result_says_how_it_stands_in_the_readers_contracts),
        cmocka_unit_test(what_replaced_a_result_is_named_to_whom_it_is_for),
        cmocka_unit_test(how_a_payment_came_about_is_hidden_with_what_restates_an_erased_result),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
