#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "../support/cluster.h"
#include "tally/arena.h"
#include "tally/mem.h"
#include "tally/pg.h"

#define ARENA (64 * 1024 * 1024)

static struct cluster cluster;
static struct pg *pg, *other;
static struct arena *arena;
static struct err err;

#define ok(call)                                                                                                           \
    do {                                                                                                                   \
        err.detail[0] = '\0';                                                                                              \
        enum tally_code ok_rc = (call);                                                                                    \
        if (ok_rc != TALLY_OK)                                                                                             \
            fail_msg("%s: %s: %s", #call, err_code_name(ok_rc), err.detail);                                               \
    } while (0)
#define fails(want, call)                                                                                                  \
    do {                                                                                                                   \
        enum tally_code fails_rc = (call);                                                                                 \
        if (fails_rc != (want))                                                                                            \
            fail_msg("%s: %s: %s", #call, err_code_name(fails_rc), err.detail);                                            \
        assert_int_equal(err.code, (want));                                                                                \
    } while (0)

static struct pg *connection(struct pg_options options)
{
    struct pg *made = NULL;
    options.conninfo = cluster.conninfo;
    ok(pg_new(&options, &made, &err));
    return made;
}

static void text(struct pg *on, const char *sql)
{
    ok(pg_exec_text(on, sql, NULL, &err));
}

static int64_t number(struct pg *on, const char *sql)
{
    struct pg_rows *rows = NULL;
    ok(pg_exec_text(on, sql, &rows, &err));
    assert_int_equal(pg_rows_count(rows), 1);
    int64_t value = pg_get_int8(rows, 0, 0);
    pg_rows_free(rows);
    return value;
}

static int start(void **state)
{
    (void) state;
    const struct cluster_options options = {.is_durable = true};
    return cluster_start_with(&cluster, &options);
}

static int stop(void **state)
{
    (void) state;
    cluster_stop(&cluster);
    return 0;
}

static int before(void **state)
{
    (void) state;
    pg = connection((struct pg_options){.application_name = "pg_test"});
    other = connection((struct pg_options){0});
    arena = arena_new(ARENA);
    text(pg, "DROP TABLE IF EXISTS item; CREATE TABLE item (id bigint PRIMARY KEY, name text)");
    return 0;
}

static int after(void **state)
{
    (void) state;
    pg_free(pg);
    pg_free(other);
    arena_free(arena);
    return 0;
}

static const struct pg_statement insert = {"insert", "INSERT INTO item VALUES ($1::bigint, $2::text)"};
static const struct pg_statement count_items = {"count_items", "SELECT count(*) FROM item"};
static const struct pg_statement nothing = {"nothing", "SELECT 1::bigint"};

static struct pg_params *item(int64_t id, const char *name)
{
    struct pg_params *params = ARENA_NEW(arena, struct pg_params);
    pg_params_init(params, arena);
    pg_add_int8(params, id);
    pg_add_text(params, slice_str(name));
    return params;
}

/* ---- values ---- */

static void every_type_comes_back_and_is_what_the_server_says(void **state)
{
    (void) state;
    static const struct pg_statement all = {
        "all",
        "SELECT $1::boolean, $2::integer, $3::bigint, $4::text, $5::bytea, $6::timestamptz, $7::date, $8::text, $9::date, "
        "$10::text, $2::text || $3::text || to_char($6::timestamptz, 'YYYY-MM-DD HH24:MI:SS.US') || $7::text || $9::text"};
    struct pg_params params;
    struct pg_rows *rows = NULL;
    pg_params_init(&params, arena);
    pg_add_bool(&params, true);
    pg_add_int4(&params, INT32_MIN);
    pg_add_int8(&params, INT64_MIN);
    pg_add_text(&params, SLICE("z\xC3\xBCrich"));
    pg_add_bytea(&params, slice_of("\0\xFF\0", 3));
    pg_add_timestamptz(&params, (struct instant){-1});
    pg_add_date(&params, -1);
    pg_add_null(&params);
    pg_add_date(&params, DAY_NEVER);
    pg_add_text(&params, (struct slice){NULL, 0});
    ok(pg_exec(pg, &all, &params, &rows, &err));
    assert_int_equal(pg_rows_count(rows), 1);
    assert_true(pg_get_bool(rows, 0, 0));
    assert_int_equal(pg_get_int4(rows, 0, 1), INT32_MIN);
    assert_true(pg_get_int8(rows, 0, 2) == INT64_MIN);
    assert_true(slice_is(pg_get_bytes(rows, 0, 3), "z\xC3\xBCrich"));
    assert_true(slice_equal(pg_get_bytes(rows, 0, 4), slice_of("\0\xFF\0", 3)));
    assert_int_equal(pg_get_timestamptz(rows, 0, 5).us, -1);
    assert_int_equal(pg_get_date(rows, 0, 6), -1);
    assert_true(pg_is_null(rows, 0, 7));
    assert_null(pg_get_bytes(rows, 0, 7).ptr);
    assert_int_equal(pg_get_date(rows, 0, 8), DAY_NEVER);
    assert_false(pg_is_null(rows, 0, 9)); /* an empty text is not NULL */
    assert_int_equal(pg_get_bytes(rows, 0, 9).len, 0);
    assert_true(
        slice_is(pg_get_bytes(rows, 0, 10), "-2147483648-92233720368547758081969-12-31 23:59:59.9999991969-12-31infinity"));
    pg_rows_free(rows);
}

static void the_ends_of_the_calendar_come_back(void **state)
{
    (void) state;
    static const struct pg_statement dates = {"dates",
                                              "SELECT $1::date, $1::date::text, $2::timestamptz, 'infinity'::timestamptz"};
    static const int32_t days[] = {DAY_MIN, 0, DAY_MAX};
    static const char *const texts[] = {"0001-01-01", "1970-01-01", "9999-12-31"};
    for (int i = 0; i < 3; i++) {
        struct pg_params params;
        struct pg_rows *rows = NULL;
        struct instant t = instant_of_day(days[i], 0);
        pg_params_init(&params, arena);
        pg_add_date(&params, days[i]);
        pg_add_timestamptz(&params, t);
        ok(pg_exec(pg, &dates, &params, &rows, &err));
        assert_int_equal(pg_get_date(rows, 0, 0), days[i]);
        assert_true(slice_is(pg_get_bytes(rows, 0, 1), texts[i]));
        assert_true(pg_get_timestamptz(rows, 0, 2).us == t.us);
        assert_true(pg_get_timestamptz(rows, 0, 3).us == INT64_MAX);
        pg_rows_free(rows);
    }
}

#define ELEMENTS 3

static void add_arrays(struct pg_params *params, size_t count)
{
    static const bool bools[ELEMENTS] = {true, false, true};
    static const int32_t int4s[ELEMENTS] = {INT32_MIN, 0, INT32_MAX};
    static const int64_t int8s[ELEMENTS] = {INT64_MIN, 0, INT64_MAX};
    const struct slice texts[ELEMENTS] = {SLICE(""), {NULL, 0}, SLICE("a,\"b\"{}")};
    const struct slice byteas[ELEMENTS] = {slice_of("\0\1", 2), {NULL, 0}, SLICE("x")};
    static const struct instant moments[ELEMENTS] = {{-1}, {0}, {1}};
    static const int32_t days[ELEMENTS] = {DAY_MIN, 0, DAY_NEVER};
    pg_params_init(params, arena);
    pg_add_bool_array(params, bools, count);
    pg_add_int4_array(params, int4s, count);
    pg_add_int8_array(params, int8s, count);
    pg_add_text_array(params, texts, count);
    pg_add_bytea_array(params, byteas, count);
    pg_add_timestamptz_array(params, moments, count);
    pg_add_date_array(params, days, count);
}

static void arrays_unnest_in_order_with_their_nulls(void **state)
{
    (void) state;
    static const struct pg_statement all = {
        "arrays",
        "SELECT * FROM unnest($1::boolean[], $2::integer[], $3::bigint[], $4::text[], $5::bytea[], $6::timestamptz[], "
        "$7::date[]) WITH ORDINALITY"};
    struct pg_params params;
    struct pg_rows *rows = NULL;
    add_arrays(&params, ELEMENTS);
    ok(pg_exec(pg, &all, &params, &rows, &err));
    assert_int_equal(pg_rows_count(rows), ELEMENTS);
    for (int i = 0; i < ELEMENTS; i++) {
        assert_int_equal(pg_get_bool(rows, i, 0), i != 1);
        assert_int_equal(pg_get_int4(rows, i, 1), i == 0 ? INT32_MIN : i == 1 ? 0 : INT32_MAX);
        assert_true(pg_get_int8(rows, i, 2) == (i == 0 ? INT64_MIN : i == 1 ? 0 : INT64_MAX));
        assert_int_equal(pg_is_null(rows, i, 3), i == 1);
        assert_int_equal(pg_is_null(rows, i, 4), i == 1);
        assert_int_equal(pg_get_timestamptz(rows, i, 5).us, i - 1);
        assert_int_equal(pg_get_date(rows, i, 6), i == 0 ? DAY_MIN : i == 1 ? 0 : DAY_NEVER);
        assert_int_equal(pg_get_int8(rows, i, 7), i + 1);
    }
    assert_true(slice_is(pg_get_bytes(rows, 2, 3), "a,\"b\"{}"));
    assert_true(slice_equal(pg_get_bytes(rows, 0, 4), slice_of("\0\1", 2)));
    pg_rows_free(rows);
    rows = NULL;
    add_arrays(&params, 0);
    ok(pg_exec(pg, &all, &params, &rows, &err));
    assert_int_equal(pg_rows_count(rows), 0);
    pg_rows_free(rows);
}

static void parameters_without_room_are_told_by_the_call(void **state)
{
    (void) state;
    struct arena *small = arena_new(20);
    struct pg_params params;
    pg_params_init(&params, small);
    pg_add_int8(&params, 1);
    pg_add_text(&params, SLICE("longer than what is left"));
    fails(TALLY_E_LIMIT, pg_exec(pg, &insert, &params, NULL, &err));
    assert_int_equal(number(pg, "SELECT count(*) FROM item"), 0);
    arena_free(small);
}

/* ---- errors ---- */

static void what_the_server_says_becomes_a_code(void **state)
{
    (void) state;
    static const struct {
        const char *state, *name;
        enum tally_code code;
    } rows[] = {{"23505", "", TALLY_E_CONFLICT},    {"23P01", "", TALLY_E_CONFLICT},    {"42501", "", TALLY_E_DENIED},
                {"53100", "", TALLY_E_LIMIT},       {"58030", "", TALLY_E_UNAVAILABLE}, {"57014", "", TALLY_E_TIMEOUT},
                {"08006", "", TALLY_E_UNAVAILABLE}, {"57P01", "", TALLY_E_UNAVAILABLE}, {"57P03", "", TALLY_E_UNAVAILABLE},
                {"40001", "", TALLY_E_UNAVAILABLE}, {"40P01", "", TALLY_E_UNAVAILABLE}, {"P0001", "", TALLY_E_DATABASE},
                {"23514", "", TALLY_E_DATABASE},    {"42P01", "", TALLY_E_DATABASE}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char sql[200];
        snprintf(sql, sizeof sql,
                 "DO $$BEGIN RAISE EXCEPTION 'the message' USING ERRCODE = '%s', DETAIL = 'the detail'; END$$",
                 rows[i].state);
        fails(rows[i].code, pg_exec_text(pg, sql, NULL, &err));
        assert_non_null(strstr(err.detail, "the message"));
        assert_non_null(strstr(err.detail, rows[i].state));
        assert_non_null(strstr(err.detail, "the detail"));
        assert_true(pg_is_connected(pg));
    }
    assert_int_equal(pg_generation(pg), 1);
}

static void a_failed_statement_leaves_rows_as_they_were(void **state)
{
    (void) state;
    struct pg_rows *rows = NULL;
    ok(pg_exec(pg, &insert, item(1, "one"), &rows, &err));
    assert_int_equal(pg_rows_affected(rows), 1);
    pg_rows_free(rows);
    rows = NULL;
    fails(TALLY_E_CONFLICT, pg_exec(pg, &insert, item(1, "again"), &rows, &err));
    assert_null(rows);
    assert_non_null(strstr(err.detail, "insert"));
    assert_non_null(strstr(err.detail, "item_pkey"));
    (void) !pg_exec(pg, &insert, item(1, "again"), NULL, NULL); /* err may be NULL */
    const struct pg_statement wrong = {"wrong", "SELECT no_such_column FROM item"};
    fails(TALLY_E_DATABASE, pg_exec(pg, &wrong, NULL, &rows, &err));
    ok(pg_exec(pg, &nothing, NULL, NULL, &err));
    const struct pg_statement same_name = {"nothing", "SELECT 2::bigint"};
    fails(TALLY_E_BUG, pg_exec(pg, &same_name, NULL, NULL, &err));
}

static void a_deadline_cancels_and_the_connection_stays(void **state)
{
    (void) state;
    static const struct pg_statement sleep = {"sleep", "SELECT pg_sleep(600)"};
    struct pg_rows *rows = NULL;
    ok(pg_connect(pg, &err));
    int pid = pg_server_pid(pg);
    pg_set_deadline(pg, 50);
    fails(TALLY_E_TIMEOUT, pg_exec(pg, &sleep, NULL, &rows, &err));
    assert_null(rows);
    fails(TALLY_E_TIMEOUT, pg_exec_text(pg, "SELECT pg_sleep(600)", NULL, &err));
    ok(pg_pipeline_begin(pg, true, &err));
    ok(pg_pipeline_add(pg, &insert, item(1, "one"), NULL, &err));
    ok(pg_pipeline_add(pg, &sleep, NULL, &rows, &err));
    fails(TALLY_E_TIMEOUT, pg_pipeline_run(pg, &err));
    assert_null(rows);
    pg_set_deadline(pg, 0);
    assert_int_equal(number(pg, "SELECT count(*) FROM item"), 0);
    assert_int_equal(pg_server_pid(pg), pid);
}

/* ---- connections ---- */

static void terminate(struct pg *victim)
{
    char sql[100];
    snprintf(sql, sizeof sql, "SELECT pg_terminate_backend(%d, 5000)", pg_server_pid(victim));
    text(other, sql);
}

static void a_connection_that_was_ended_is_made_again_with_its_statements(void **state)
{
    (void) state;
    ok(pg_exec(pg, &insert, item(1, "one"), NULL, &err));
    assert_int_equal(pg_generation(pg), 1);
    terminate(pg);
    ok(pg_exec(pg, &insert, item(2, "two"), NULL, &err)); /* prepared anew */
    assert_int_equal(pg_generation(pg), 2);
    ok(pg_pipeline_begin(pg, true, &err));
    ok(pg_pipeline_add(pg, &insert, item(3, "three"), NULL, &err));
    ok(pg_pipeline_run(pg, &err));
    terminate(pg);
    ok(pg_pipeline_begin(pg, true, &err));
    ok(pg_pipeline_add(pg, &insert, item(4, "four"), NULL, &err));
    ok(pg_pipeline_run(pg, &err));
    assert_int_equal(pg_generation(pg), 3);
    assert_int_equal(number(pg, "SELECT count(*) FROM item"), 4);
}

static void a_transaction_does_not_go_on_over_another_connection(void **state)
{
    (void) state;
    ok(pg_begin(pg, &err));
    ok(pg_exec(pg, &insert, item(1, "one"), NULL, &err));
    terminate(pg);
    fails(TALLY_E_UNAVAILABLE, pg_exec(pg, &insert, item(2, "two"), NULL, &err));
    fails(TALLY_E_UNAVAILABLE, pg_commit(pg, &err));
    assert_int_equal(number(pg, "SELECT count(*) FROM item"), 0);
}

static void what_ends_its_own_connection_is_unavailable(void **state)
{
    (void) state;
    fails(TALLY_E_UNAVAILABLE, pg_exec_text(pg, "SELECT pg_terminate_backend(pg_backend_pid())", NULL, &err));
    assert_false(pg_is_connected(pg));
    ok(pg_exec(pg, &nothing, NULL, NULL, &err));
}

static void a_bad_address_is_told(void **state)
{
    (void) state;
    struct pg *bad = NULL;
    struct pg_options options = {.conninfo = "host=/nonexistent dbname=x"};
    ok(pg_new(&options, &bad, &err));
    fails(TALLY_E_UNAVAILABLE, pg_connect(bad, &err));
    assert_non_null(strstr(err.detail, "/nonexistent"));
    fails(TALLY_E_UNAVAILABLE, pg_exec(bad, &nothing, NULL, NULL, &err));
    pg_free(bad);
    options.conninfo = "no such option=1";
    fails(TALLY_E_USAGE, pg_new(&options, &bad, &err));
}

static void who_finds_by_key_is_kept_from_whole_tables(void **state)
{
    (void) state;
    static const char *const settings[] = {"enable_seqscan", "enable_hashjoin", "enable_mergejoin", "jit"};
    struct pg *by_key = connection((struct pg_options){.is_by_key = true});
    for (int again = 0; again < 2; again++) {
        for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++) {
            char sql[100];
            snprintf(sql, sizeof sql, "SELECT (current_setting('%s') = 'off')::int::bigint", settings[i]);
            assert_int_equal(number(by_key, sql), 1);
            assert_int_equal(number(pg, sql), 0);
        }
        pg_disconnect(by_key);
        ok(pg_connect(by_key, &err));
    }
    pg_free(by_key);
}

static void a_writer_has_durable_commits_and_its_role(void **state)
{
    (void) state;
    text(pg, "DROP ROLE IF EXISTS \"the writer\"; CREATE ROLE \"the writer\"");
    text(pg, "ALTER SYSTEM SET synchronous_commit = off");
    text(pg, "SELECT pg_reload_conf()");
    struct pg *writer = connection((struct pg_options){.is_writer = true, .set_role = "the writer"});
    assert_int_equal(number(writer, "SELECT (current_setting('synchronous_commit') = 'on')::int::bigint"), 1);
    assert_int_equal(number(writer, "SELECT (current_user = 'the writer')::int::bigint"), 1);
    text(pg, "ALTER SYSTEM RESET synchronous_commit");
    text(pg, "ALTER SYSTEM SET fsync = off");
    assert_int_equal(cluster_restart(&cluster), 0);
    pg_disconnect(writer);
    fails(TALLY_E_DENIED, pg_connect(writer, &err));
    assert_non_null(strstr(err.detail, "fsync"));
    assert_false(pg_is_connected(writer));
    text(pg, "ALTER SYSTEM RESET fsync");
    assert_int_equal(cluster_restart(&cluster), 0);
    ok(pg_connect(writer, &err));
    pg_free(writer);
}

static void a_crash_of_the_server_keeps_what_was_committed(void **state)
{
    (void) state;
    ok(pg_exec(pg, &insert, item(1, "one"), NULL, &err));
    assert_int_equal(cluster_kill9(&cluster), 0);
    assert_int_equal(cluster_restart(&cluster), 0);
    struct pg_rows *rows = NULL;
    ok(pg_exec(pg, &count_items, NULL, &rows, &err));
    assert_int_equal(pg_get_int8(rows, 0, 0), 1);
    pg_rows_free(rows);
}

/* ---- transactions ---- */

static void a_failed_transaction_says_what_failed_first(void **state)
{
    (void) state;
    ok(pg_begin(pg, &err));
    ok(pg_exec(pg, &insert, item(1, "one"), NULL, &err));
    fails(TALLY_E_CONFLICT, pg_exec(pg, &insert, item(1, "again"), NULL, &err));
    fails(TALLY_E_DATABASE, pg_exec(pg, &insert, item(2, "two"), NULL, &err));
    fails(TALLY_E_CONFLICT, pg_commit(pg, &err)); /* the server answers ROLLBACK */
    assert_non_null(strstr(err.detail, "item_pkey"));
    assert_int_equal(number(pg, "SELECT count(*) FROM item"), 0);
    ok(pg_begin(pg, &err));
    ok(pg_exec(pg, &insert, item(1, "one"), NULL, &err));
    pg_rollback(pg);
    assert_int_equal(number(pg, "SELECT count(*) FROM item"), 0);
    ok(pg_begin(pg, &err));
    ok(pg_exec(pg, &insert, item(1, "one"), NULL, &err));
    ok(pg_commit(pg, &err));
    assert_int_equal(number(other, "SELECT count(*) FROM item"), 1);
    fails(TALLY_E_BUG, pg_commit(pg, &err));
}

/* A deferred trigger runs while COMMIT is under way, and does then what a test wants to happen there. */
static void at_commit(const char *body)
{
    char sql[500];
    snprintf(sql, sizeof sql,
             "CREATE OR REPLACE FUNCTION at_commit() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN %s; RETURN NULL; END$$; "
             "DROP TRIGGER IF EXISTS t ON item; "
             "CREATE CONSTRAINT TRIGGER t AFTER INSERT ON item DEFERRABLE INITIALLY DEFERRED FOR EACH ROW "
             "EXECUTE FUNCTION at_commit()",
             body);
    text(other, sql);
}

static enum tally_code commit_plainly(void)
{
    ok(pg_begin(pg, &err));
    ok(pg_exec(pg, &insert, item(1, "one"), NULL, &err));
    return pg_commit(pg, &err);
}

static enum tally_code commit_in_a_pipeline(void)
{
    struct pg_rows *rows = NULL;
    ok(pg_pipeline_begin(pg, true, &err));
    ok(pg_pipeline_add(pg, &insert, item(1, "one"), NULL, &err));
    ok(pg_pipeline_add(pg, &count_items, NULL, &rows, &err));
    enum tally_code rc = pg_pipeline_run(pg, &err);
    assert_true((rows == NULL) == (rc != TALLY_OK));
    pg_rows_free(rows);
    return rc;
}

static void a_commit_that_ends_in_doubt_is_unknown(void **state)
{
    (void) state;
    enum tally_code (*const ways[])(void) = {commit_plainly, commit_in_a_pipeline};
    for (int i = 0; i < 2; i++) {
        text(other, "TRUNCATE item");
        at_commit("RAISE WARNING 'the wait was cut short'");
        fails(TALLY_E_OUTCOME_UNKNOWN, ways[i]());
        assert_non_null(strstr(err.detail, "the wait was cut short"));
        assert_int_equal(number(other, "SELECT count(*) FROM item"), 1); /* here it had taken place */
        text(other, "TRUNCATE item");
        at_commit("PERFORM pg_terminate_backend(pg_backend_pid())");
        fails(TALLY_E_OUTCOME_UNKNOWN, ways[i]());
        assert_false(pg_is_connected(pg));
        assert_int_equal(number(other, "SELECT count(*) FROM item"), 0); /* and here it had not */
        at_commit("RAISE unique_violation");
        fails(TALLY_E_CONFLICT, ways[i]()); /* the server itself said no: that is known */
        at_commit("PERFORM pg_sleep(600)");
        pg_set_deadline(pg, 50);
        fails(TALLY_E_TIMEOUT, ways[i]()); /* so is what it cancelled */
        pg_set_deadline(pg, 0);
        at_commit("NULL");
        ok(ways[i]());
        text(other, "TRUNCATE item");
    }
}

static void a_warning_before_the_commit_is_no_doubt(void **state)
{
    (void) state;
    static const struct pg_statement warn = {"warn", "SELECT warn()"};
    text(pg, "CREATE OR REPLACE FUNCTION warn() RETURNS void LANGUAGE plpgsql AS $$BEGIN RAISE WARNING 'early'; END$$");
    ok(pg_pipeline_begin(pg, true, &err));
    ok(pg_pipeline_add(pg, &warn, NULL, NULL, &err));
    ok(pg_pipeline_run(pg, &err));
}

/* ---- pipelines ---- */

static void a_pipeline_is_all_or_nothing(void **state)
{
    (void) state;
    struct pg_rows *first = NULL, *second = NULL, *third = NULL;
    ok(pg_pipeline_begin(pg, true, &err));
    ok(pg_pipeline_add(pg, &insert, item(1, "one"), &first, &err));
    ok(pg_pipeline_add(pg, &insert, item(2, "two"), NULL, &err));
    ok(pg_pipeline_add(pg, &count_items, NULL, &third, &err));
    ok(pg_pipeline_run(pg, &err));
    assert_int_equal(pg_rows_affected(first), 1);
    assert_int_equal(pg_get_int8(third, 0, 0), 2);
    pg_rows_free(first);
    pg_rows_free(third);
    ok(pg_pipeline_begin(pg, true, &err));
    ok(pg_pipeline_add(pg, &insert, item(3, "three"), &first, &err));
    ok(pg_pipeline_add(pg, &insert, item(2, "again"), &second, &err));
    ok(pg_pipeline_add(pg, &count_items, NULL, &third, &err));
    fails(TALLY_E_CONFLICT, pg_pipeline_run(pg, &err));
    assert_null(first);
    assert_null(second);
    assert_null(third);
    assert_int_equal(number(pg, "SELECT count(*) FROM item"), 2);
    assert_int_equal(pg_generation(pg), 1); /* the connection stayed */
}

static void a_failed_pipeline_leaves_no_false_belief_about_what_is_prepared(void **state)
{
    (void) state;
    const struct pg_statement wrong = {"wrong", "SELECT no_such_column FROM item"};
    const struct pg_statement late = {"late", "SELECT 7::bigint"};
    struct pg_rows *rows = NULL;
    for (int i = 0; i < 2; i++) {
        ok(pg_pipeline_begin(pg, i == 0, &err));
        ok(pg_pipeline_add(pg, &insert, item(1, "one"), NULL, &err));
        ok(pg_pipeline_add(pg, &wrong, NULL, NULL, &err));
        ok(pg_pipeline_add(pg, &late, NULL, &rows, &err)); /* never parsed by the server */
        fails(TALLY_E_DATABASE, pg_pipeline_run(pg, &err));
        assert_non_null(strstr(err.detail, "no_such_column"));
    }
    ok(pg_exec(pg, &late, NULL, &rows, &err));
    assert_int_equal(pg_get_int8(rows, 0, 0), 7);
    pg_rows_free(rows);
    ok(pg_exec(pg, &insert, item(1, "one"), NULL, &err)); /* this one was, and is not prepared twice */
}

static void large_data_goes_both_ways_at_once(void **state)
{
    (void) state;
    static const struct pg_statement echo = {"echo", "SELECT $1::text"};
    enum { SIZE = 1024 * 1024, COUNT = 8 }; /* each way several times what the sockets hold */
    char *bytes = arena_alloc(arena, SIZE);
    struct pg_rows *rows[COUNT] = {NULL};
    memset(bytes, 'x', SIZE);
    ok(pg_pipeline_begin(pg, false, &err));
    for (int i = 0; i < COUNT; i++) {
        struct pg_params params;
        pg_params_init(&params, arena);
        bytes[0] = (char) ('a' + i);
        pg_add_text(&params, slice_of(bytes, SIZE));
        ok(pg_pipeline_add(pg, &echo, &params, &rows[i], &err));
    }
    ok(pg_pipeline_run(pg, &err));
    for (int i = 0; i < COUNT; i++) {
        struct slice got = pg_get_bytes(rows[i], 0, 0);
        assert_int_equal(got.len, SIZE);
        assert_int_equal(got.ptr[0], 'a' + i);
        pg_rows_free(rows[i]);
    }
}

static void a_pipeline_that_is_left_leaves_nothing(void **state)
{
    (void) state;
    struct pg_rows *rows = NULL;
    ok(pg_pipeline_begin(pg, true, &err));
    ok(pg_pipeline_add(pg, &insert, item(1, "one"), &rows, &err));
    pg_rollback(pg);
    assert_null(rows);
    fails(TALLY_E_BUG, pg_pipeline_run(pg, &err));
    ok(pg_pipeline_begin(pg, true, &err));
    ok(pg_pipeline_add(pg, &insert, item(1, "one"), NULL, &err));
    assert_int_equal(number(pg, "SELECT count(*) FROM item"), 0); /* any other call ends it */
    ok(pg_pipeline_begin(pg, true, &err));
    for (int i = 0; i < PG_PIPELINE_MAX; i++)
        ok(pg_pipeline_add(pg, &insert, item(i, "many"), NULL, &err));
    fails(TALLY_E_LIMIT, pg_pipeline_add(pg, &insert, item(1000, "one more"), NULL, &err));
    assert_int_equal(number(pg, "SELECT count(*) FROM item"), 0);
    assert_int_equal(pg_generation(pg), 1);
    ok(pg_pipeline_begin(pg, true, &err));
    for (int i = 0; i < PG_PIPELINE_MAX; i++)
        ok(pg_pipeline_add(pg, &insert, item(i, "many"), NULL, &err));
    ok(pg_pipeline_run(pg, &err));
    assert_int_equal(number(pg, "SELECT count(*) FROM item"), PG_PIPELINE_MAX);
}

static void a_connection_cut_inside_a_pipeline_is_unknown_or_known(void **state)
{
    (void) state;
    static const struct pg_statement cut = {"cut", "SELECT pg_terminate_backend(pg_backend_pid())"};
    struct pg_rows *rows = NULL;
    ok(pg_pipeline_begin(pg, true, &err));
    ok(pg_pipeline_add(pg, &insert, item(1, "one"), NULL, &err));
    ok(pg_pipeline_add(pg, &cut, NULL, &rows, &err));
    fails(TALLY_E_UNAVAILABLE, pg_pipeline_run(pg, &err)); /* the server said that it ended before the COMMIT */
    assert_int_equal(number(pg, "SELECT count(*) FROM item"), 0);
    ok(pg_pipeline_begin(pg, true, &err));
    ok(pg_pipeline_add(pg, &insert, item(1, "one"), NULL, &err));
    assert_int_equal(cluster_kill9(&cluster), 0);
    enum tally_code rc = pg_pipeline_run(pg, &err);
    assert_true(rc == TALLY_E_OUTCOME_UNKNOWN || rc == TALLY_OK || rc == TALLY_E_UNAVAILABLE);
    assert_int_equal(cluster_restart(&cluster), 0);
    int64_t count = number(pg, "SELECT count(*) FROM item");
    assert_true(rc == TALLY_E_OUTCOME_UNKNOWN || count == (rc == TALLY_OK ? 1 : 0));
}

/* ---- COPY and streams ---- */

static void copied_rows_are_there_or_none(void **state)
{
    (void) state;
    static const char sql[] = "COPY wide FROM STDIN (FORMAT binary)";
    struct pg_copy *copy = NULL;
    text(pg, "DROP TABLE IF EXISTS wide; "
             "CREATE TABLE wide (id bigint PRIMARY KEY, name text, bytes bytea, at timestamptz, is_it boolean)");
    for (int round = 0; round < 2; round++) {
        ok(pg_copy_in(pg, sql, 5, &copy, &err));
        for (int i = 0; i < 20000; i++) {
            pg_copy_row(copy);
            pg_copy_int8(copy, i);
            pg_copy_bytes(copy, SLICE("a name that takes a little room"));
            if (i % 2 == 0)
                pg_copy_bytes(copy, slice_of("\0\xFF", 2));
            else
                pg_copy_null(copy);
            pg_copy_timestamptz(copy, (struct instant){i});
            pg_copy_bool(copy, i % 3 == 0);
        }
        if (round == 0)
            ok(pg_copy_end(copy, &err));
        else
            fails(TALLY_E_CONFLICT, pg_copy_end(copy, &err)); /* every id is there already */
    }
    assert_int_equal(number(pg, "SELECT count(*) FROM wide"), 20000);
    assert_int_equal(number(pg, "SELECT count(*) FROM wide WHERE bytes = '\\x00ff' AND id % 2 = 0 AND is_it = (id % 3 = 0) "
                                "AND at = timestamptz '1970-01-01 00:00:00+00' + id * interval '1 microsecond'"),
                     10000);
    fails(TALLY_E_DATABASE, pg_copy_in(pg, "COPY no_such FROM STDIN (FORMAT binary)", 1, &copy, &err));
    fails(TALLY_E_BUG, pg_copy_in(pg, "SELECT 1", 1, &copy, &err));
    fails(TALLY_E_BUG, pg_copy_in(pg, sql, 4, &copy, &err));
    fails(TALLY_E_BUG, pg_exec_text(pg, sql, NULL, &err));
    ok(pg_exec(pg, &nothing, NULL, NULL, &err));
}

struct seen {
    int64_t rows, sum, stop_at;
};

static enum tally_code see(void *ctx, const struct pg_rows *row, struct err *e)
{
    struct seen *seen = ctx;
    assert_int_equal(pg_rows_count(row), 1);
    seen->sum += pg_get_int8(row, 0, 0);
    seen->rows++;
    return seen->rows == seen->stop_at ? err_set(e, TALLY_E_INTERRUPTED, "enough") : TALLY_OK;
}

static void a_stream_hands_over_each_row_and_stops_when_told(void **state)
{
    (void) state;
    static const struct pg_statement series = {"series", "SELECT generate_series(1::bigint, $1::bigint)"};
    static const struct pg_statement broken = {"broken",
                                               "SELECT 1 / (5 - n)::bigint FROM generate_series(1::bigint, 10) n"};
    struct pg_params params;
    pg_params_init(&params, arena);
    pg_add_int8(&params, 10000);
    struct seen seen = {0};
    ok(pg_stream(pg, &series, &params, see, &seen, &err));
    assert_int_equal(seen.rows, 10000);
    assert_int_equal(seen.sum, 50005000);
    pg_params_init(&params, arena);
    pg_add_int8(&params, 2000000000);
    seen = (struct seen){.stop_at = 3};
    fails(TALLY_E_INTERRUPTED, pg_stream(pg, &series, &params, see, &seen, &err));
    assert_string_equal(err.detail, "enough");
    assert_int_equal(seen.rows, 3);
    seen = (struct seen){0};
    fails(TALLY_E_DATABASE, pg_stream(pg, &broken, NULL, see, &seen, &err));
    assert_int_equal(seen.rows, 4);
    ok(pg_exec(pg, &nothing, NULL, NULL, &err));
    assert_int_equal(pg_generation(pg), 1);
}

/* ---- without memory ---- */

static void each_allocation_that_fails_is_told_and_does_no_harm(void **state)
{
    (void) state;
    bool is_done = false;
    for (uint64_t n = 1; !is_done; n++) {
        struct pg *mine = NULL;
        struct pg_rows *rows = NULL;
        struct pg_options options = {.conninfo = cluster.conninfo, .application_name = "x", .set_role = "postgres"};
        const struct pg_params *params = item((int64_t) n, "n");
        mem_fail_after(n);
        enum tally_code rc = pg_new(&options, &mine, &err);
        if (rc == TALLY_OK)
            rc = pg_pipeline_begin(mine, true, &err);
        if (rc == TALLY_OK)
            rc = pg_pipeline_add(mine, &insert, params, NULL, &err);
        if (rc == TALLY_OK)
            rc = pg_pipeline_add(mine, &count_items, NULL, &rows, &err);
        if (rc == TALLY_OK)
            rc = pg_pipeline_run(mine, &err);
        mem_fail_after(0);
        is_done = rc == TALLY_OK;
        if (!is_done)
            assert_true(rc == TALLY_E_NO_MEMORY || rc == TALLY_E_LIMIT);
        assert_int_equal(number(pg, "SELECT count(*) FROM item"), is_done ? 1 : 0);
        pg_rows_free(rows);
        pg_free(mine);
    }
}

#define each(test) cmocka_unit_test_setup_teardown(test, before, after)

int main(void)
{
    const struct CMUnitTest tests[] = {
        each(every_type_comes_back_and_is_what_the_server_says),
        each(the_ends_of_the_calendar_come_back),
        each(arrays_unnest_in_order_with_their_nulls),
        each(parameters_without_room_are_told_by_the_call),
        each(what_the_server_says_becomes_a_code),
        each(a_failed_statement_leaves_rows_as_they_were),
        each(a_deadline_cancels_and_the_connection_stays),
        each(a_connection_that_was_ended_is_made_again_with_its_statements),
        each(a_transaction_does_not_go_on_over_another_connection),
        each(what_ends_its_own_connection_is_unavailable),
        each(a_bad_address_is_told),
        each(who_finds_by_key_is_kept_from_whole_tables),
        each(a_writer_has_durable_commits_and_its_role),
        each(a_crash_of_the_server_keeps_what_was_committed),
        each(a_failed_transaction_says_what_failed_first),
        each(a_commit_that_ends_in_doubt_is_unknown),
        each(a_warning_before_the_commit_is_no_doubt),
        each(a_pipeline_is_all_or_nothing),
        each(a_failed_pipeline_leaves_no_false_belief_about_what_is_prepared),
        each(large_data_goes_both_ways_at_once),
        each(a_pipeline_that_is_left_leaves_nothing),
        each(a_connection_cut_inside_a_pipeline_is_unknown_or_known),
        each(copied_rows_are_there_or_none),
        each(a_stream_hands_over_each_row_and_stops_when_told),
        each(each_allocation_that_fails_is_told_and_does_no_harm),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
