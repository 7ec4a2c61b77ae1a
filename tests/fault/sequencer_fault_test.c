/* The sequencer while the database dies, connections are cut, disks fill and another sequencer stands by: what was
 * acknowledged is there exactly once, and the service resumes without a hand on it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "../support/toy_ledger.h"
#include "tally/read.h"

enum { TALKERS = 4, SAID_MAX = 20000 };

static struct cluster cluster;
static struct toy_service service, other;
static struct toy_author ann;
static const struct toy_draft record = {0};

static int set_up(void **state)
{
    (void) state;
    const struct cluster_options options = {.is_durable = true};
    if (cluster_start_with(&cluster, &options) != 0 || toy_database(&cluster) != 0 || toy_author_init(&ann, "ann") != 0)
        return -1;
    return toy_service_start(&service, &cluster) != 0 ? -1 : toy_wait_role(&service, SEQUENCER_LEADING);
}

static int tear_down(void **state)
{
    (void) state;
    toy_service_stop(&service, true);
    toy_author_release(&ann);
    cluster_stop(&cluster);
    return 0;
}

static void restart(void)
{
    toy_service_stop(&service, true);
    assert_int_equal(toy_service_start(&service, &cluster), 0);
}

static struct sequencer_status status(void)
{
    struct sequencer_status out;
    sequencer_status(service.sequencer, &out);
    return out;
}

static int64_t entries(void)
{
    return toy_int(&cluster, "SELECT count(*) FROM ledger.entry");
}

static void assert_refused(const struct toy_answer *answer, enum refusal_code code)
{
    assert_true(answer->is_refused);
    assert_string_equal(refusal_code_text(answer->code), refusal_code_text(code));
}

static void assert_whole(void)
{
    assert_int_equal(toy_int(&cluster, "SELECT count(*) FROM ledger.verify(0, NULL)"), 0);
    assert_int_equal(toy_int(&cluster, "SELECT count(*) FROM ledger.entry e FULL JOIN toy.row r USING (seq) "
                                       "WHERE (e.jti <> '') IS DISTINCT FROM (r.seq IS NOT NULL)"),
                     0);
    assert_int_equal(toy_int(&cluster, "SELECT count(*) - coalesce(max(total), 0) FROM toy.row"), 0);
}

/* ---- talkers: each says one thing after another, and the same again until it is recorded ---- */

struct said {
    char jti[48];
    uint64_t seq;
    struct digest hash;
};

struct talker {
    struct toy_author author;
    pthread_t thread;
    struct said *said;
    size_t count;
    size_t refused, replayed;
};

static struct talker talkers[TALKERS];
static struct said said[TALKERS][SAID_MAX];
static atomic_size_t acknowledged;
static atomic_bool is_enough;
static struct toy_service *services[2] = {&service, &other};
static atomic_int service_count = 1;

static void *talk(void *argument)
{
    struct talker *talker = argument;
    for (size_t i = 0; i < SAID_MAX && !is_enough; i++) {
        struct said *one = &talker->said[i];
        struct toy_answer answer = {.is_refused = true};
        snprintf(one->jti, sizeof one->jti, "%s-%08zu-0000", talker->author.id, i);
        const struct toy_draft draft = {.jti = one->jti, .command = {.events = (int) (i % 3)}};
        for (size_t try = 0; answer.is_refused; try++) {
            answer = toy_say(services[try % (size_t) service_count], &talker->author, &draft);
            if (answer.is_refused && answer.code != REFUSE_DATABASE_AWAY && answer.code != REFUSE_SERVICE_STOPPING) {
                fprintf(stderr, "%s: %s\n", refusal_code_text(answer.code), answer.detail);
                return NULL; /* count says that it ended early */
            }
            talker->refused += answer.is_refused;
            if (answer.is_refused) /* a client comes back in a moment */
                nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
        }
        talker->replayed += answer.is_replay;
        one->seq = answer.seq;
        one->hash = answer.hash;
        talker->count++;
        acknowledged++;
    }
    return NULL;
}

static void talk_begin(const char *name)
{
    is_enough = false;
    acknowledged = 0;
    for (size_t i = 0; i < TALKERS; i++) {
        char id[24];
        snprintf(id, sizeof id, "%s-%zu", name, i);
        memset(&talkers[i], 0, sizeof talkers[i]);
        talkers[i].said = said[i];
        assert_int_equal(toy_author_init(&talkers[i].author, id), 0);
        assert_int_equal(pthread_create(&talkers[i].thread, NULL, talk, &talkers[i]), 0);
    }
}

/* Until so many more statements were acknowledged. */
static void talk_on(size_t more)
{
    size_t want = acknowledged + more;
    while (acknowledged < want)
        assert_int_not_equal(status().role, SEQUENCER_STOPPED);
}

/* Every answer that was given is in the ledger: that entry, that hash, once; and nothing else of these actors is. */
static void talk_end(const char *name)
{
    size_t total = 0, replayed = 0, refused = 0;
    is_enough = true;
    for (size_t i = 0; i < TALKERS; i++)
        assert_int_equal(pthread_join(talkers[i].thread, NULL), 0);
    struct pg *pg = NULL;
    struct err err = {0};
    struct arena *arena = arena_new(1 << 20);
    const struct pg_options options = {.conninfo = cluster.conninfo};
    assert_int_equal(pg_new(&options, &pg, &err), TALLY_OK);
    for (size_t i = 0; i < TALKERS; i++) {
        struct talker *talker = &talkers[i];
        for (size_t n = 0; n < talker->count; n++) {
            struct read_entry entry;
            arena_clear(arena);
            if (read_entry(pg, SLICE(TOY_ORIGIN), talker->said[n].seq, SLICE(""), arena, &entry, &err) != TALLY_OK)
                fail_msg("an acknowledged entry is lost: %s", err.detail);
            assert_true(digest_equal(&entry.hash, &talker->said[n].hash));
            assert_true(slice_is(entry.header.jti, talker->said[n].jti));
            assert_true(slice_is(entry.header.actor, talker->author.id));
        }
        total += talker->count;
        replayed += talker->replayed;
        refused += talker->refused;
        toy_author_release(&talker->author);
    }
    pg_free(pg);
    arena_free(arena);
    char sql[128];
    snprintf(sql, sizeof sql, "SELECT count(*) FROM ledger.entry WHERE actor LIKE '%s-%%'", name);
    assert_int_equal(toy_int(&cluster, sql), total);
    assert_whole();
    printf("%s: %zu statements, %zu refusals on the way, %zu answered as recorded before\n", name, total, refused,
           replayed);
}

/* ---- the database dies ---- */

static void nothing_acknowledged_is_lost_when_postgresql_is_killed(void **state)
{
    (void) state;
    talk_begin("kill");
    for (int i = 0; i < 6; i++) {
        talk_on(150 + (size_t) i * 37);
        assert_int_equal(cluster_kill9(&cluster), 0);
        assert_int_equal(cluster_restart(&cluster), 0);
    }
    talk_on(100);
    talk_end("kill");
    assert_int_equal(toy_wait_role(&service, SEQUENCER_LEADING), 0);
}

static void a_cut_connection_is_settled_and_made_again(void **state)
{
    (void) state;
    talk_begin("cut");
    uint64_t failed = status().failed_batches;
    for (int i = 0; i < 60; i++) {
        talk_on(1 + (size_t) i * 7 % 23);
        toy_exec(&cluster, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'sequencer'");
    }
    talk_on(50);
    talk_end("cut");
    printf("cut: %llu batches failed\n", (unsigned long long) (status().failed_batches - failed));
}

/* ---- commits of which nobody says how they ended ---- */

static void wait_for(const char *sql)
{
    while (toy_int(&cluster, sql) == 0)
        assert_int_not_equal(status().role, SEQUENCER_STOPPED);
}

static void a_commit_that_was_cut_before_it_was_done_is_refused_and_can_be_sent_again(void **state)
{
    (void) state;
    toy_exec(
        &cluster,
        "CREATE FUNCTION toy.slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(60); RETURN NULL; END'; "
        "CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON toy.row DEFERRABLE INITIALLY DEFERRED FOR EACH ROW "
        "EXECUTE FUNCTION toy.slow()");
    int64_t before = entries();
    const struct toy_draft draft = {.jti = "unknown-000000000001"};
    struct toy_statement *statement = toy_statement_new(&service, &ann, &draft);
    toy_submit(&service, statement);
    wait_for("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'sequencer' AND wait_event = 'PgSleep'");
    toy_exec(&cluster, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'sequencer'");
    struct toy_answer answer = toy_wait(statement);
    toy_statement_free(statement);
    assert_refused(&answer, REFUSE_DATABASE_AWAY);
    assert_non_null(strstr(answer.detail, "nothing of this statement was recorded"));
    toy_exec(&cluster, "DROP TRIGGER slow ON toy.row");
    assert_int_equal(entries(), before);
    assert_int_equal(toy_wait_role(&service, SEQUENCER_LEADING), 0);
    struct toy_answer again = toy_say(&service, &ann, &draft);
    assert_false(again.is_refused || again.is_replay);
    assert_whole();
}

/* A commit that is on this server's disk and that no standby has confirmed: the wait is cancelled when the deadline has
 * passed, with a WARNING. Nobody is told anything before a first write of the next connection has been confirmed. */
static void a_commit_that_no_standby_confirmed_is_looked_up(void **state)
{
    (void) state;
    service.options.database.statement_timeout_ms = 300;
    restart();
    assert_int_equal(toy_wait_role(&service, SEQUENCER_LEADING), 0);
    toy_exec(&cluster, "ALTER SYSTEM SET synchronous_standby_names = 'ghost'");
    toy_exec(&cluster, "SELECT pg_reload_conf()");
    wait_for("SELECT count(*) FROM pg_settings WHERE name = 'synchronous_standby_names' AND setting = 'ghost'");
    int64_t before = entries();
    struct toy_statement *statement = toy_statement_new(&service, &ann, &(struct toy_draft){.command = {.events = 1}});
    toy_submit(&service, statement);
    assert_int_equal(toy_wait_role(&service, SEQUENCER_AWAY), 0);
    wait_for(
        "SELECT count(*) FROM ledger.entry WHERE seq = (SELECT max(seq) FROM toy.row)"); /* it is visible, and still: */
    assert_int_equal(entries(), before + 2);
    assert_false(statement->answer.is_there);
    toy_exec(&cluster, "ALTER SYSTEM RESET synchronous_standby_names");
    toy_exec(&cluster, "SELECT pg_reload_conf()");
    struct toy_answer answer = toy_wait(statement);
    toy_statement_free(statement);
    assert_false(answer.is_refused || answer.is_replay);
    assert_int_equal(answer.seq, before);
    assert_int_equal(answer.event_seqs[0], before + 1);
    service.options.database.statement_timeout_ms = 0;
    restart();
    assert_int_equal(toy_wait_role(&service, SEQUENCER_LEADING), 0);
    assert_false(toy_say(&service, &ann, &record).is_refused);
    assert_whole();
}

/* ---- no room ---- */

static void a_full_disk_refuses_and_loses_nothing(void **state)
{
    (void) state;
    int64_t before = entries();
    toy_exec(&cluster, "CREATE FUNCTION toy.full() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'could not extend "
                       "file' USING ERRCODE = "
                       "'disk_full'; END $$; CREATE TRIGGER no_room BEFORE INSERT ON toy.row EXECUTE FUNCTION toy.full()");
    const struct toy_draft draft = {.jti = "full-000000000000001"};
    struct toy_answer answer = toy_say(&service, &ann, &draft);
    assert_refused(&answer, REFUSE_STORAGE_FULL);
    assert_int_equal(entries(), before);
    assert_int_equal(status().role, SEQUENCER_LEADING);
    toy_exec(&cluster, "DROP TRIGGER no_room ON toy.row");
    struct toy_answer again = toy_say(&service, &ann, &draft);
    assert_false(again.is_refused || again.is_replay);
    assert_int_equal(entries(), before + 1);
}

/* ---- more than one that could append ---- */

static void the_one_that_stands_by_takes_over(void **state)
{
    (void) state;
    assert_int_equal(toy_service_start(&other, &cluster), 0);
    assert_int_equal(toy_wait_role(&other, SEQUENCER_STANDBY), 0);
    struct toy_answer answer = toy_say(&other, &ann, &(struct toy_draft){.has_head = true});
    assert_refused(&answer, REFUSE_DATABASE_AWAY);
    service_count = 2;
    talk_begin("pair");
    talk_on(200);
    for (int i = 0; i < 10; i++) { /* whoever is faster leads then */
        toy_exec(&cluster, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'sequencer' "
                           "AND pid IN (SELECT pid FROM "
                           "pg_locks WHERE locktype = 'advisory')");
        talk_on(50);
    }
    talk_end("pair");
    sequencer_stop(service.sequencer, true);
    assert_int_equal(toy_wait_role(&other, SEQUENCER_LEADING), 0);
    assert_false(toy_say(&other, &ann, &record).is_refused);
    service_count = 1;
    toy_service_stop(&other, true);
    toy_service_stop(&service, true);
    assert_int_equal(toy_service_start(&service, &cluster), 0);
    assert_int_equal(toy_wait_role(&service, SEQUENCER_LEADING), 0);
    assert_whole();
}

/* Somebody appends without the lock: the sequencer's next commit cannot take place, and it goes on from the new head. */
static void a_sequencer_that_lost_its_place_cannot_append(void **state)
{
    (void) state;
    assert_false(toy_say(&service, &ann, &record).is_refused);
    int64_t before = entries();
    toy_exec(&cluster, "INSERT INTO ledger.body SELECT (SELECT max(seq) + 1 FROM ledger.entry), "
                       "'\\x000102030405060708090a0b0c0d0e0f', '', '{}'; "
                       "INSERT INTO ledger.entry SELECT seq, time, actor, type, jti, open, prev, c, "
                       "ledger.header_hash(ledger.header(ledger.origin(), seq, time, "
                       "actor, type, jti, open, prev, c)) FROM (SELECT seq + 1 AS seq, time, 'ledger' AS actor, "
                       "'result.finalised' AS type, '' AS jti, true AS "
                       "open, hash AS prev, ledger.commitment('\\x000102030405060708090a0b0c0d0e0f', '', '{}') AS c FROM "
                       "ledger.entry ORDER BY seq DESC LIMIT 1) AS n");
    const struct toy_draft draft = {.jti = "stale-00000000000001"};
    struct toy_answer answer = toy_say(&service, &ann, &draft);
    assert_refused(&answer, REFUSE_DATABASE_AWAY);
    assert_int_equal(entries(), before + 1);
    assert_int_equal(toy_wait_role(&service, SEQUENCER_LEADING), 0);
    struct toy_answer again = toy_say(&service, &ann, &draft);
    assert_false(again.is_refused);
    assert_int_equal(again.seq, before + 1);
    assert_whole();
}

/* ---- what must be so before anything is appended ---- */

static void it_does_not_append_while_a_replica_could_lose_it(void **state)
{
    (void) state;
    char conninfo[256];
    struct err err = {0};
    struct pg *replica = NULL;
    snprintf(conninfo, sizeof conninfo, "%s replication=database", cluster.conninfo); /* a sender of WAL, as a standby's */
    const struct pg_options options = {.conninfo = conninfo};
    assert_int_equal(pg_new(&options, &replica, &err), TALLY_OK);
    if (pg_connect(replica, &err) != TALLY_OK)
        fail_msg("%s", err.detail);
    restart();
    assert_int_equal(toy_wait_trouble(&service, "synchronous_standby_names"), 0);
    service.options.replicas_may_lose = true;
    restart();
    assert_int_equal(toy_wait_role(&service, SEQUENCER_LEADING), 0);
    service.options.replicas_may_lose = false;
    pg_free(replica);
    restart();
    assert_int_equal(toy_wait_role(&service, SEQUENCER_LEADING), 0);
}

static void a_server_that_may_lose_commits_is_refused(void **state)
{
    (void) state;
    toy_exec(&cluster, "ALTER SYSTEM SET fsync = off");
    toy_exec(&cluster, "SELECT pg_reload_conf()");
    wait_for("SELECT count(*) FROM pg_settings WHERE name = 'fsync' AND setting = 'off'");
    restart();
    assert_int_equal(toy_wait_trouble(&service, "fsync"), 0);
    toy_exec(&cluster, "ALTER SYSTEM RESET fsync");
    toy_exec(&cluster, "SELECT pg_reload_conf()");
    assert_int_equal(toy_wait_role(&service, SEQUENCER_LEADING), 0);
}

/* Everybody may read it: libpq says where it looked for the database and as whom. */
static void strangers_are_not_told_where_the_database_is(void **state)
{
    (void) state;
    assert_int_equal(toy_wait_role(&service, SEQUENCER_LEADING), 0);
    assert_int_equal(cluster_halt(&cluster), 0);
    assert_int_equal(toy_wait_trouble(&service, "the service's log says why"), 0);
    assert_null(strstr(status().trouble, cluster.dir)); /* the socket's folder */
    struct toy_answer answer = toy_say(&service, &ann, &record);
    assert_refused(&answer, REFUSE_DATABASE_AWAY);
    assert_null(strstr(answer.detail, cluster.dir));
    assert_int_equal(cluster_restart(&cluster), 0);
    assert_int_equal(toy_wait_role(&service, SEQUENCER_LEADING), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_acknowledged_is_lost_when_postgresql_is_killed),
        cmocka_unit_test(a_cut_connection_is_settled_and_made_again),
        cmocka_unit_test(a_commit_that_was_cut_before_it_was_done_is_refused_and_can_be_sent_again),
        cmocka_unit_test(a_commit_that_no_standby_confirmed_is_looked_up),
        cmocka_unit_test(a_full_disk_refuses_and_loses_nothing),
        cmocka_unit_test(the_one_that_stands_by_takes_over),
        cmocka_unit_test(a_sequencer_that_lost_its_place_cannot_append),
        cmocka_unit_test(it_does_not_append_while_a_replica_could_lose_it),
        cmocka_unit_test(a_server_that_may_lose_commits_is_refused),
        cmocka_unit_test(strangers_are_not_told_where_the_database_is),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
