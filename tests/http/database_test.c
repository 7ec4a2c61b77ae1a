/* The service on a PostgreSQL that it was given: it says what to run where the tables are missing, migrates with the owner's
 * connection, and two services on one database have one sequencer. */
#include "http_help.h"

#include <signal.h>
#include <string.h>

#include "../support/cli_run.h"
#include "../support/cluster.h"
#include "tally/pg.h"

static struct cluster cluster;
static char conninfo[256];

static int start_cluster(void **state)
{
    const struct cluster_options options = {.is_durable =
                                                true}; /* what is acknowledged must be: tallyd refuses otherwise */
    (void) state;
    if (cluster_start_with(&cluster, &options) != 0)
        return -1;
    cluster_conninfo(&cluster, NULL, NULL, conninfo, sizeof conninfo);
    return 0;
}

static int stop_cluster(void **state)
{
    (void) state;
    cluster_stop(&cluster);
    return 0;
}

/* The end of the service's log, NUL-ended. */
static void log_read(const struct service *s, char *out, size_t size)
{
    FILE *file = fopen(s->log, "re");
    assert_non_null(file);
    out[fread(out, 1, size - 1, file)] = '\0';
    (void) fclose(file);
}

static void a_database_without_tables_is_named_with_what_to_run(void **state)
{
    const char *const args[] = {"--database", conninfo, NULL};
    char text[8192];
    (void) state;
    assert_int_equal(service_start(&service, args), -1);
    assert_int_equal(service.pid, 0); /* it ended by itself */
    log_read(&service, text, sizeof text);
    assert_non_null(strstr(text, "tallyd migrate --database OWNER_URL"));
    service_stop(&service);
}

static void the_owner_s_connection_migrates_and_the_service_records(void **state)
{
    const char *const args[] = {"--database", conninfo, "--owner-database", conninfo, NULL};
    struct service_actor actor;
    (void) state;
    assert_int_equal(service_start(&service, args), 0);
    assert_int_equal(service_register(&service, "someone", "", &actor), 0);
    service_actor_release(&actor);
    struct head before = head_now();
    assert_int_equal(service_signal(&service, SIGTERM), 0);
    assert_int_equal(service_wait(&service), 0);
    service.args[2] = NULL; /* the tables are there now */
    assert_int_equal(service_restart(&service), 0);
    assert_head(before);
}

static void sql(const char *text)
{
    const struct pg_options options = {.conninfo = conninfo};
    struct err err = {0};
    struct pg *pg = NULL;
    assert_int_equal(pg_new(&options, &pg, &err), TALLY_OK);
    if (pg_exec_text(pg, text, NULL, &err) != TALLY_OK)
        fail_msg("%s", err.detail);
    pg_free(pg);
}

static void nothing_is_migrated_while_a_service_appends(void **state)
{
    static struct cli_output output;
    struct cli_place place;
    char program[512];
    const char *const argv[] = {program, "migrate", "--database", conninfo, NULL};
    (void) state;
    assert_int_equal(cli_place_make(&place, service.dir), 0);
    cli_program("tallyd", program, sizeof program);
    assert_int_equal(cli_spawn(&place, argv, NULL, &output), 0); /* nothing is to be done */
    assert_int_equal(output.status, 0);
    sql("CREATE TABLE public.kept AS SELECT * FROM public.tally_migration ORDER BY number DESC LIMIT 1; "
        "DELETE FROM public.tally_migration WHERE number IN (SELECT number FROM public.kept)");
    assert_int_equal(cli_spawn(&place, argv, NULL, &output), 0);
    sql("INSERT INTO public.tally_migration SELECT * FROM public.kept; DROP TABLE public.kept");
    assert_int_equal(output.status, 1);
    assert_non_null(strstr(output.err, "stop every tallyd on this database first"));
}

/* The same data directory's identity in a second place: what an operator copies to a second host. */
static void a_second_service_stands_by_and_takes_over(void **state)
{
    struct service second = {0};
    struct http_reply reply;
    struct service_actor actor;
    char command[768];
    (void) state;
    /* its directory is below the first one's, which is removed with it */
    (void) snprintf(second.data, sizeof second.data, "%.120s/second", service.dir);
    (void) snprintf(second.log, sizeof second.log, "%.120s/second.log", service.dir);
    (void) snprintf(command, sizeof command, "mkdir '%s' && cp '%s'/ledger.* '%s'/checkpoints '%s'", second.data,
                    service.data, service.data, second.data);
    assert_int_equal(system(command), 0);
    second.args[0] = "--database";
    second.args[1] = conninfo;
    assert_int_equal(service_restart(&second), 0);
    assert_int_equal(service_get(&second, "/readyz", &reply), 0);
    assert_non_null(strstr(reply.body, "\"role\":\"standby\""));
    assert_reply(&reply, 200, NULL);
    assert_int_equal(service_get(&second, "/v1/actors/someone", &reply), 0);
    assert_reply(&reply, 200, NULL);
    struct head before = head_now();
    assert_int_equal(service_signal(&service, SIGKILL), 0);
    assert_int_equal(service_wait(&service), 128 + SIGKILL);
    /* the tests of this program go on with the second: it has the operator's key from the first */
    second.operator= service.operator;
    service.port = second.port;
    bool leads = false;
    while (!leads) {
        assert_int_equal(service_get(&second, "/readyz", &reply), 0);
        leads = strstr(reply.body, "\"role\":\"leading\"") != NULL;
        http_reply_release(&reply);
    }
    assert_head(before);
    assert_int_equal(service_register(&second, "after", "", &actor), 0);
    service_actor_release(&actor);
    assert_int_equal(head_now().seq, before.seq + 1);
    assert_int_equal(service_signal(&second, SIGTERM), 0);
    assert_int_equal(service_wait(&second), 0);
    service_stop(&service);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_database_without_tables_is_named_with_what_to_run),
        cmocka_unit_test(the_owner_s_connection_migrates_and_the_service_records),
        cmocka_unit_test(nothing_is_migrated_while_a_service_appends),
        cmocka_unit_test(a_second_service_stands_by_and_takes_over),
    };
    return cmocka_run_group_tests(tests, start_cluster, stop_cluster);
}
