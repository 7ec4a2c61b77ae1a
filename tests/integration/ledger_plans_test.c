/* What is asked of a ledger with 200,000 entries goes to what it is asked about: by an index, whatever the parameters; and a page of entries goes
 * through the entries that are on it. What was gone through is counted by PostgreSQL, in rows. */
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
#include "queries.h"
#include "tally/arena.h"
#include "tally/buf.h"
#include "tally/migrate.h"
#include "tally/read.h"

#define NAME SLICE("plans.example/ledger")
#define PAGE 3
#define ROWS_MAX 200 /* of a page of three: the entries, their bodies, and of a search by time the steps */

static struct cluster cluster;
static struct pg *owner, *pg; /* the superuser; the service's role */
static struct arena *memory;
static struct err err;

static void ok(enum tally_code rc)
{
    if (rc != TALLY_OK)
        fail_msg("%s: %s", err_code_name(rc), err.detail);
}

static void sql(const char *text)
{
    ok(pg_exec_text(owner, text, NULL, &err));
}

/* One entry in a second. Each thousandth is of a rare type, three are by an actor who is rare and has signed what all sign. */
static void fill(void)
{
    sql("ALTER TABLE ledger.entry DISABLE TRIGGER entry_check");
    sql("INSERT INTO ledger.entry SELECT g, timestamptz '2026-01-01Z' + g * interval '1 second', CASE WHEN g % 70000 = 9 "
        "THEN "
        "'rare' ELSE 'a-' || g % 50 END, CASE WHEN g % 1000 = 7 THEN 'rare.type' ELSE 'common.type' END, lpad(g::text, 16, "
        "'0'), "
        "g % 2 = 0, sha256('p'), sha256('b'), sha256(g::text::bytea) FROM generate_series(0, 199999) AS g");
    sql("INSERT INTO ledger.body SELECT g, decode(repeat('00', 16), 'hex'), '', '{}' FROM generate_series(0, 199999) AS g");
    sql("INSERT INTO ledger.tile SELECT 0, g, sha256('t') FROM generate_series(0, 780) AS g");
    sql("INSERT INTO ledger.checkpoint SELECT g, sha256('c'), 'n' FROM generate_series(1, 200000) AS g");
    sql("ALTER TABLE ledger.erasure DISABLE TRIGGER erasure_check");
    sql("INSERT INTO ledger.erasure SELECT g, 100000 + g FROM generate_series(1, 99999) AS g");
    sql("ALTER TABLE ledger.erasure ENABLE ALWAYS TRIGGER erasure_check");
    sql("ALTER TABLE ledger.entry ENABLE ALWAYS TRIGGER entry_check");
    sql("ANALYZE");
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
    memory = arena_new(64u << 20);
    assert_non_null(memory);
    fill();
    return 0;
}

static int stop(void **state)
{
    (void) state;
    arena_free(memory);
    pg_free(pg);
    pg_free(owner);
    cluster_stop(&cluster);
    return 0;
}

/* ---- plans ---- */

/* EXPLAIN of a statement, as a plan for any parameters. */
static const char *plan(const struct pg_statement *statement, const char *arguments)
{
    struct pg_rows *rows = NULL;
    struct buf text;
    buf_init(&text, 1u << 20);
    buf_printf(&text, "PREPARE planned AS %s", statement->sql);
    sql(text.ptr);
    buf_clear(&text);
    buf_printf(&text, "EXPLAIN (COSTS OFF) EXECUTE planned%s", arguments);
    ok(pg_exec_text(owner, text.ptr, &rows, &err));
    buf_clear(&text);
    for (int i = 0; i < pg_rows_count(rows); i++) {
        buf_add_slice(&text, pg_get_bytes(rows, i, 0));
        buf_add_char(&text, '\n');
    }
    pg_rows_free(rows);
    sql("DEALLOCATE planned");
    const char *kept = arena_strdup(memory, buf_slice(&text));
    assert_non_null(kept);
    buf_release(&text);
    return kept;
}

static void no_statement_goes_through_a_whole_table(void **state)
{
    (void) state;
    static const struct {
        const struct pg_statement *statement;
        const char *arguments;
        const char *index;
    } quick[] = {
        {&sql_ledger_archive, "(5, 9, NULL)", "body_pkey"},
        {&sql_ledger_batch_end, "(5)", "entry_pkey"},
        {&sql_ledger_bundle, "(0, 256)", "entry_pkey"},
        {&sql_ledger_caused, "(ARRAY[5])", "body_pkey"},
        {&sql_ledger_checkpoints, "(3)", "checkpoint_pkey"},
        {&sql_ledger_entry, "(5, NULL)", "body_pkey"},
        {&sql_ledger_entry_whole, "(5)", "body_pkey"},
        {&sql_ledger_hash, "(5)", "entry_pkey"},
        {&sql_ledger_head, "", "entry_pkey"},
        {&sql_ledger_heads, "(ARRAY[5])", "entry_pkey"},
        {&sql_ledger_identity, "", "body_pkey"},
        {&sql_ledger_known, "(ARRAY['a'], ARRAY['j'])", "entry_statement"},
        {&sql_ledger_known, "(ARRAY['a'], ARRAY['j'])", "body_pkey"},
        {&sql_ledger_list, "(-1, '', '', NULL, NULL, 3, 1000, NULL)", "body_pkey"},
        {&sql_ledger_list_actor, "(-1, '', 'a', NULL, NULL, 3, 1000, NULL)", "entry_actor"},
        {&sql_ledger_list_type, "(-1, 't', '', NULL, NULL, 3, 1000, NULL)", "entry_type"},
        {&sql_ledger_list_type, "(-1, 't', 'a', NULL, NULL, 3, 1000, NULL)", "entry_actor"},
        {&sql_ledger_newest_erasure, "", "erasure_by_seq_key"},
        {&sql_ledger_readable, "(ARRAY[5], NULL)", "entry_pkey"},
        {&sql_ledger_tile_entries, "(0, 256)", "entry_pkey"},
        {&sql_ledger_tile_roots, "(0, 0, 256)", "tile_pkey"},
        {&sql_ledger_times_around, "(5)", "entry_pkey"},
    };
    sql("SET plan_cache_mode = force_generic_plan");
    for (size_t i = 0; i < sizeof quick / sizeof quick[0]; i++) {
        const char *text = plan(quick[i].statement, quick[i].arguments);
        if (strstr(text, "Seq Scan") != NULL || strstr(text, "Hash") != NULL || strstr(text, quick[i].index) == NULL)
            fail_msg("%s goes another way than by %s:\n%s", quick[i].statement->name, quick[i].index, text);
    }
    sql("RESET plan_cache_mode");
}

/* ---- pages ---- */

/* The rows of tables that this connection's transaction has fetched, by index or by going through them. */
static int64_t rows_read(void)
{
    struct pg_rows *rows = NULL;
    ok(pg_exec_text(
        pg, "SELECT coalesce(sum(seq_tup_read + coalesce(idx_tup_fetch, 0)), 0)::text FROM pg_stat_xact_user_tables", &rows,
        &err));
    int64_t count = strtoll(arena_strdup(memory, pg_get_bytes(rows, 0, 0)), NULL, 10);
    pg_rows_free(rows);
    return count;
}

/* "9 70009 140009": the numbers on a page; "..." behind them when there is a next one. */
static const char *page(const struct read_filter *filter, const char *reader)
{
    struct buf out, numbers;
    buf_init(&out, 1u << 20);
    buf_init(&numbers, 1000);
    ok(pg_begin(pg, &err));
    int64_t before = rows_read();
    ok(read_list(pg, NAME, filter, slice_str(reader), memory, &out, &err));
    int64_t count = rows_read() - before;
    pg_rollback(pg);
    if (count > ROWS_MAX)
        fail_msg("type \"%.*s\", actor \"%.*s\": %lld rows for a page of %u", SLICE_ARG(filter->type),
                 SLICE_ARG(filter->actor), (long long) count, filter->limit);
    json_t *json = json_loadb(out.ptr, out.len, JSON_REJECT_DUPLICATES, NULL), *one;
    size_t i;
    assert_non_null(json);
    json_array_foreach(json_object_get(json, "items"), i, one)
        buf_printf(&numbers, "%s%d", i == 0 ? "" : " ", (int) json_integer_value(json_object_get(one, "seq")));
    buf_add_str(&numbers, json_is_null(json_object_get(json, "next")) ? "" : " ...");
    const char *kept = arena_strdup(memory, buf_slice(&numbers));
    assert_non_null(kept);
    json_decref(json);
    buf_release(&numbers);
    buf_release(&out);
    return kept;
}

/* So many seconds after the first entry, which is so many entries. */
static struct instant at(int64_t seconds)
{
    return (struct instant){(INT64_C(1767225600) + seconds) * 1000000};
}

static void a_page_goes_through_the_entries_that_are_on_it(void **state)
{
    (void) state;
    const struct {
        struct read_filter filter;
        const char *numbers;
    } pages[] = {
        {{.limit = PAGE}, "0 1 2 ..."},
        {{.limit = PAGE, .has_after = true, .after = 199996}, "199997 199998 199999"},
        {{.limit = PAGE, .has_from = true, .from = at(150000)}, "150000 150001 150002 ..."},
        {{.limit = PAGE, .has_from = true, .from = at(150000), .has_after = true, .after = 150001},
         "150002 150003 150004 ..."},
        {{.limit = PAGE, .has_to = true, .to = at(2)}, "0 1"},
        {{.limit = PAGE, .has_from = true, .from = at(200000)}, ""},
        {{.limit = PAGE, .has_to = true, .to = at(-1)}, ""},
        {{.limit = PAGE, .has_from = true, .from = at(100), .has_to = true, .to = at(102)}, "100 101"},
        {{.limit = PAGE, .has_from = true, .from = at(102), .has_to = true, .to = at(100)}, ""},
        {{.limit = PAGE, .type = SLICE("rare.type")}, "7 1007 2007 ..."},
        {{.limit = PAGE, .type = SLICE("rare.type"), .has_from = true, .from = at(198007)}, "198007 199007"},
        {{.limit = PAGE, .type = SLICE("rare.type"), .has_to = true, .to = at(8)}, "7"},
        {{.limit = PAGE, .type = SLICE("no.type")}, ""},
        {{.limit = PAGE, .actor = SLICE("rare")}, "9 70009 140009"},
        {{.limit = 2, .actor = SLICE("rare")}, "9 70009 ..."},
        {{.limit = PAGE, .actor = SLICE("rare"), .has_to = true, .to = at(10)}, "9"},
        {{.limit = PAGE, .actor = SLICE("a-7")}, "7 57 107 ..."}, /* of two types, as they come */
        {{.limit = PAGE, .actor = SLICE("a-7"), .has_after = true, .after = 957}, "1007 1057 1107 ..."},
        {{.limit = PAGE, .actor = SLICE("a-7"), .has_from = true, .from = at(199907)}, "199907 199957"},
        {{.limit = PAGE, .actor = SLICE("nobody")}, ""},
        {{.limit = PAGE, .type = SLICE("common.type"), .actor = SLICE("rare")}, "9 70009 140009"},
        {{.limit = PAGE, .type = SLICE("rare.type"), .actor = SLICE("rare")}, ""},
        {{.limit = PAGE, .type = SLICE("rare.type"), .actor = SLICE("a-7")}, "7 1007 2007 ..."},
        {{.limit = PAGE, .type = SLICE("rare.type"), .actor = SLICE("a-8")}, ""},
        {{.limit = PAGE, .type = SLICE("common.type"), .actor = SLICE("rare"), .has_from = true, .from = at(10)},
         "70009 140009"},
        {{.limit = PAGE,
          .type = SLICE("common.type"),
          .actor = SLICE("rare"),
          .has_to = true,
          .to = at(70010),
          .has_after = true,
          .after = 9},
         "70009"},
    };
    for (int times = 0; times < 7; times++) /* the sixth time PostgreSQL may take a plan for any parameters */
        for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++) {
            const char *numbers = page(&pages[i].filter, times % 2 == 0 ? "" : "me");
            if (strcmp(numbers, pages[i].numbers) != 0)
                fail_msg("page %zu has %s, not %s", i, numbers, pages[i].numbers);
        }
}

static void a_range_of_the_archive_goes_through_its_entries(void **state)
{
    (void) state;
    struct pg_rows *rows = NULL;
    ok(pg_begin(pg, &err));
    for (int times = 0; times < 7; times++) {
        struct pg_params params;
        pg_params_init(&params, memory);
        pg_add_int8(&params, 150000);
        pg_add_int8(&params, 150010);
        pg_add_null(&params);
        int64_t before = rows_read();
        ok(pg_exec(pg, &sql_ledger_archive, &params, &rows, &err));
        assert_int_equal(pg_rows_count(rows), 10);
        pg_rows_free(rows);
        assert_in_range(rows_read() - before, 20, ROWS_MAX);
    }
    pg_rollback(pg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_statement_goes_through_a_whole_table),
        cmocka_unit_test(a_page_goes_through_the_entries_that_are_on_it),
        cmocka_unit_test(a_range_of_the_archive_goes_through_its_entries),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
