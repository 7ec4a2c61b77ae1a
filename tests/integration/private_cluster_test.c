/* The embedded PostgreSQL. Each scenario runs as whoever runs the test; root repeats the main ones as an ordinary user. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tally/cluster.h"
#include "tally/migrate.h"
#include "tally/pg.h"

#define ORDINARY 65534 /* nobody */

static char base[64]; /* everything lies below it */

static int set_up(void **state)
{
    (void) state;
    snprintf(base, sizeof base, "/tmp/tally-test-XXXXXX");
    return mkdtemp(base) == NULL || chmod(base, 0755) != 0 ? -1 : 0;
}

static int tear_down(void **state)
{
    (void) state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", base);
    return system(command) == 0 ? 0 : -1;
}

/* Kept for the next seven calls. */
static const char *below(const char *name)
{
    static char paths[8][512];
    static size_t next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", base, name);
    return path;
}

static struct private_cluster *started(const char *dir)
{
    struct err err = {0};
    struct private_cluster *cluster = NULL;
    const struct private_cluster_options options = {.data_dir = dir};
    if (private_cluster_start(&options, &cluster, &err) != TALLY_OK)
        fail_msg("%s: %s", err_code_name(err.code), err.detail);
    return cluster;
}

static void stopped(struct private_cluster *cluster)
{
    struct err err = {0};
    if (private_cluster_stop(cluster, &err) != TALLY_OK)
        fail_msg("%s", err.detail);
    private_cluster_free(cluster);
}

static enum tally_code refused(const char *dir, const char *bin_dir, struct err *err)
{
    struct private_cluster *cluster = NULL;
    const struct private_cluster_options options = {.data_dir = dir, .bin_dir = bin_dir};
    enum tally_code rc = private_cluster_start(&options, &cluster, err);
    assert_int_not_equal(rc, TALLY_OK);
    assert_null(cluster);
    return rc;
}

static struct pg *connected(const char *conninfo)
{
    struct pg *pg = NULL;
    struct err err = {0};
    const struct pg_options options = {.conninfo = conninfo, .application_name = "test"};
    assert_int_equal(pg_new(&options, &pg, &err), TALLY_OK);
    if (pg_connect(pg, &err) != TALLY_OK)
        fail_msg("%s", err.detail);
    return pg;
}

static enum tally_code said(const char *conninfo, const char *sql)
{
    struct err err = {0};
    struct pg *pg = connected(conninfo);
    enum tally_code rc = pg_exec_text(pg, sql, NULL, &err);
    pg_free(pg);
    return rc;
}

static int64_t number(const char *conninfo, const char *sql)
{
    struct err err = {0};
    struct pg_rows *rows = NULL;
    struct pg *pg = connected(conninfo);
    const struct pg_statement statement = {"number", sql};
    if (pg_exec(pg, &statement, NULL, &rows, &err) != TALLY_OK)
        fail_msg("%s", err.detail);
    int64_t value = pg_get_int8(rows, 0, 0);
    pg_rows_free(rows);
    pg_free(pg);
    return value;
}

/* ---- the scenarios ---- */

static void the_first_start_makes_roles_that_may_what_they_should(const char *dir)
{
    struct err err = {0};
    struct private_cluster *cluster = started(dir);
    const char *service = private_cluster_service_conninfo(cluster), *owner = private_cluster_owner_conninfo(cluster);
    struct pg *pg = connected(owner);
    if (migrate_to(pg, 1, NULL, &err) != TALLY_OK)
        fail_msg("%s", err.detail);
    pg_free(pg);
    const char *is_super =
        "SELECT count(*) FROM pg_roles WHERE rolname = current_user AND (rolsuper OR rolcreaterole OR rolcreatedb)";
    assert_int_equal(number(service, is_super), 0);
    assert_int_equal(number(owner, is_super), 0);
    /* PostgreSQL's own is 16,384 blocks of 8 KiB, too few for the indexes of a million entries */
    if (sysconf(_SC_PHYS_PAGES) > (INT64_C(1) << 30) / sysconf(_SC_PAGESIZE))
        assert_true(number(service, "SELECT setting::bigint FROM pg_settings WHERE name = 'shared_buffers'") > 16384);
    assert_int_equal(number(private_cluster_admin_conninfo(cluster), is_super), 1);
    assert_int_equal(said(service, "CREATE TABLE public.x ()"), TALLY_E_DENIED);
    assert_int_equal(said(service, "CREATE SCHEMA x"), TALLY_E_DENIED);
    assert_int_equal(said(service, "SET ROLE tally_owner"), TALLY_E_DENIED);
    assert_int_equal(said(service, "DELETE FROM ledger.entry"), TALLY_E_DENIED);
    assert_int_equal(said(service, "SELECT FROM ledger.entry"), TALLY_OK);
    assert_int_equal(
        number(owner, "SELECT count(*) FROM pg_settings WHERE name IN ('fsync', 'full_page_writes', 'data_checksums') "
                      "AND setting = 'on'"),
        3);
    assert_int_equal(number(owner, "SELECT count(*) FROM pg_settings WHERE name = 'listen_addresses' AND setting = ''"), 1);
    assert_int_equal(said(owner, "CREATE TABLE public.kept AS SELECT 42::bigint AS n"), TALLY_OK);
    struct stat st;
    assert_int_equal(stat(private_cluster_socket_dir(cluster), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    stopped(cluster);
}

static void a_later_start_finds_what_was_there(const char *dir)
{
    struct private_cluster *cluster = started(dir);
    assert_int_equal(number(private_cluster_owner_conninfo(cluster), "SELECT n FROM public.kept"), 42);
    stopped(cluster);
}

static void a_crashed_server_is_noticed_and_recovered(const char *dir)
{
    struct err err = {0};
    struct private_cluster *cluster = started(dir);
    assert_int_equal(said(private_cluster_owner_conninfo(cluster), "CREATE TABLE public.crash AS SELECT 7::bigint AS n"),
                     TALLY_OK);
    assert_true(private_cluster_is_running(cluster, &err));
    pid_t pid = private_cluster_pid(cluster);
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitid(P_PID, (id_t) pid, &(siginfo_t){0}, WEXITED | WNOWAIT), 0);
    assert_false(private_cluster_is_running(cluster, &err));
    assert_non_null(strstr(err.detail, "signal 9"));
    if (private_cluster_restart(cluster, &err) != TALLY_OK)
        fail_msg("%s", err.detail);
    assert_int_equal(number(private_cluster_owner_conninfo(cluster), "SELECT n FROM public.crash"), 7);
    assert_int_equal(said(private_cluster_owner_conninfo(cluster), "DROP TABLE public.crash"), TALLY_OK);
    stopped(cluster);
}

/* The service dies by kill -9 with the server running, and is started again at once. */
static void a_killed_service_is_no_obstacle(const char *dir)
{
    int fds[2];
    char byte;
    assert_int_equal(pipe(fds), 0);
    pid_t child = fork();
    if (child == 0) {
        struct err err = {0};
        struct private_cluster *cluster = NULL;
        const struct private_cluster_options options = {.data_dir = dir};
        if (private_cluster_start(&options, &cluster, &err) != TALLY_OK || write(fds[1], "x", 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    close(fds[1]);
    assert_int_equal(read(fds[0], &byte, 1), 1);
    close(fds[0]);
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    a_later_start_finds_what_was_there(dir);
}

static void only_one_service_runs_it(const char *dir)
{
    struct err err = {0};
    struct private_cluster *cluster = started(dir);
    assert_int_equal(refused(dir, NULL, &err), TALLY_E_CONFLICT);
    assert_non_null(strstr(err.detail, "another tallyd"));
    assert_true(private_cluster_is_running(cluster, &err));
    stopped(cluster);
}

/* A number in postmaster.pid and beside the socket that a process of ours has by now, a half-made cluster, a note of a socket that is gone. */
static void stale_files_are_no_obstacle(const char *dir)
{
    char path[4200], text[64];
    snprintf(path, sizeof path, "%s/postgres/postmaster.pid", dir);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    int n = snprintf(text, sizeof text, "%d\n%s\n1\n5432\n\n\n0 0\nready\n", (int) getpid(), "/nowhere");
    assert_true(fd >= 0 && write(fd, text, (size_t) n) == n);
    close(fd);
    snprintf(path, sizeof path, "%s/run", dir); /* the socket's lock file, with the same number */
    assert_true(mkdir(path, 0755) == 0 || errno == EEXIST);
    snprintf(path, sizeof path, "%s/run/.s.PGSQL.5432.lock", dir);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    assert_true(fd >= 0 && write(fd, text, (size_t) n) == n);
    close(fd);
    snprintf(path, sizeof path, "%s/socket", dir);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0 && write(fd, "/tmp/tally-gone\n", 16) == 16);
    close(fd);
    snprintf(path, sizeof path, "%s/postgres.new", dir);
    assert_int_equal(mkdir(path, 0700), 0);
    a_later_start_finds_what_was_there(dir);
}

static void scenarios(const char *dir)
{
    the_first_start_makes_roles_that_may_what_they_should(dir);
    a_later_start_finds_what_was_there(dir);
    a_crashed_server_is_noticed_and_recovered(dir);
    a_killed_service_is_no_obstacle(dir);
    only_one_service_runs_it(dir);
    stale_files_are_no_obstacle(dir);
}

/* ---- the tests ---- */

static void it_works_for_whoever_starts_it(void **state)
{
    (void) state;
    const char *dir = below("plain");
    scenarios(dir);
}

static void root_starts_it_for_an_ordinary_user_too(void **state)
{
    (void) state;
    if (geteuid() != 0)
        skip();
    const char *dir = below("ordinary");
    assert_int_equal(mkdir(dir, 0700), 0);
    assert_int_equal(chown(dir, ORDINARY, ORDINARY), 0);
    pid_t child = fork();
    if (child == 0) { /* a failed assertion ends this process by cmocka's own exit: another status */
        if (setgroups(0, NULL) != 0 || setgid(ORDINARY) != 0 || setuid(ORDINARY) != 0)
            _exit(9);
        scenarios(below("ordinary/data"));
        _exit(42);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 42);
}

static void paths_may_have_spaces_quotes_and_length(void **state)
{
    (void) state;
    char name[220];
    const char *dir = below("a path, with 'odd' \"marks\"");
    the_first_start_makes_roles_that_may_what_they_should(dir);
    a_killed_service_is_no_obstacle(dir);
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    dir = below(name);
    the_first_start_makes_roles_that_may_what_they_should(dir);
    a_killed_service_is_no_obstacle(dir);
    a_later_start_finds_what_was_there(dir);
}

/* What a killed tallyd leaves when its server did not follow it, as one that was started by another program does not. */
static void a_server_that_still_runs_is_stopped_first(void **state)
{
    (void) state;
    char command[2048];
    const char *dir = below("plain");
    snprintf(command, sizeof command,
             "%s /usr/lib/postgresql/15/bin/pg_ctl -s -w -D %s/postgres -l /dev/null -o \"-c listen_addresses='' -k "
             "%s/run\" start",
             geteuid() == 0 ? "setpriv --reuid=postgres --regid=postgres --clear-groups" : "", dir, dir);
    if (access("/usr/lib/postgresql/15/bin/pg_ctl", X_OK) != 0 || system(command) != 0)
        skip();
    a_later_start_finds_what_was_there(dir);
}

static void what_cannot_be_used_is_said(void **state)
{
    (void) state;
    struct err err = {0};
    assert_int_equal(refused(below("none/at/all"), NULL, &err), TALLY_E_IO);
    assert_non_null(strstr(err.detail, "none/at/all"));
    assert_int_equal(refused(below("nobin"), "/nonexistent", &err), TALLY_E_NOT_FOUND);
    assert_non_null(strstr(err.detail, "install"));
    int fd = open(below("file"), O_CREAT | O_WRONLY, 0600);
    close(fd);
    assert_int_equal(refused(below("file"), NULL, &err), TALLY_E_USAGE);
}

static void a_folder_that_postgres_may_not_enter_is_named(void **state)
{
    (void) state;
    struct err err = {0};
    if (geteuid() != 0)
        skip();
    assert_int_equal(mkdir(below("closed"), 0700), 0);
    assert_int_equal(refused(below("closed/data"), NULL, &err), TALLY_E_DENIED);
    assert_non_null(strstr(err.detail, "/closed:"));
    assert_non_null(strstr(err.detail, "chmod"));
}

static void a_full_disk_is_said(void **state)
{
    (void) state;
    struct err err = {0};
    const char *dir = below("small");
    if (geteuid() != 0 || mkdir(dir, 0755) != 0 || mount("tally-test", dir, "tmpfs", 0, "size=8m,mode=0755") != 0)
        skip();
    enum tally_code rc = refused(below("small/data"), NULL, &err);
    struct stat st;
    bool is_left = stat(below("small/data/postgres"), &st) == 0;
    assert_int_equal(umount(dir), 0);
    assert_int_equal(rc, TALLY_E_LIMIT);
    assert_non_null(strstr(err.detail, "full"));
    assert_false(is_left);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_works_for_whoever_starts_it),
        cmocka_unit_test(root_starts_it_for_an_ordinary_user_too),
        cmocka_unit_test(paths_may_have_spaces_quotes_and_length),
        cmocka_unit_test(a_server_that_still_runs_is_stopped_first),
        cmocka_unit_test(what_cannot_be_used_is_said),
        cmocka_unit_test(a_folder_that_postgres_may_not_enter_is_named),
        cmocka_unit_test(a_full_disk_is_said),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
