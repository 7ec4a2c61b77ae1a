/* The service on a disk that really fills up: a small file system in memory, for this process alone. Statements are refused
 * with 503 storage.full, nothing acknowledged is lost, and it goes on by itself when there is room again. Needs the right to
 * mount, which root has; skipped otherwise. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "../support/audit.h"
#include "../support/cluster.h"
#include "tally/pg.h"

#define DISK "size=192m,mode=0711" /* a new cluster takes 55 MB, and log files of 16 MB each come to it */
#define STATEMENTS_MAX 4096
#define TRIES_MAX 20000
#define RESULT                                                                                                             \
    "{\"dimensions\":{\"period\":\"%d\",\"pad\":\"%060d\"},\"indicator\":\"days\",\"value\":\"90\",\"version\":1}"

static struct service service;
static struct service_actor reporter;
static struct cluster cluster;
static char disk[] = "/tmp/tally-disk.XXXXXX", ballast[64], conninfo[256]; /* short: a socket is in it */
static bool is_mounted;
static int number;
static uint64_t recorded; /* the newest acknowledged */

/* ---- the disk ---- */

/* A disk of its own for this process and its children: it vanishes with them, whatever becomes of them. */
static int disk_make(void)
{
    if (mkdtemp(disk) == NULL)
        return -1;
    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("tmpfs", disk, "tmpfs", 0, DISK) != 0) {
        (void) printf("skipped: a small file system cannot be mounted here (%m): run it as root\n");
        return 0;
    }
    is_mounted = true;
    (void) snprintf(ballast, sizeof ballast, "%s/ballast", disk);
    return setenv("TMPDIR", disk, 1);
}

static int start_with(const char *const *args)
{
    struct http_reply reply = {0};
    if (service_start(&service, args) != 0 || service_register(&service, "reporter", "backbone", &reporter) != 0 ||
        service_post(&service, &reporter, "/v1/indicators",
                     "{\"definition\":\"Days\",\"id\":\"days\",\"kind\":\"outcome\",\"name\":\"Days\",\"unit\":\"days\","
                     "\"version\":1}",
                     &reply) != 0)
        return -1;
    int status = reply.status;
    http_reply_release(&reply);
    if (status != 201 || service_head(&service) != 0)
        return -1;
    recorded = service.head_seq;
    return 0;
}

static int start_private(void **state)
{
    (void) state;
    return disk_make() != 0 ? -1 : is_mounted ? start_with(NULL) : 0;
}

static int stop_private(void **state)
{
    (void) state;
    service_actor_release(&reporter);
    service_stop(&service);
    if (is_mounted)
        return unlink(ballast) != 0 && errno != ENOENT ? -1 : 0;
    return 0;
}

static int start_given(void **state)
{
    static const char *const args[] = {"--database", conninfo, "--owner-database", conninfo, NULL};
    const struct cluster_options options = {.is_durable = true};
    (void) state;
    if (!is_mounted)
        return 0;
    if (cluster_start_with(&cluster, &options) != 0)
        return -1;
    cluster_conninfo(&cluster, NULL, NULL, conninfo, sizeof conninfo);
    return start_with(args);
}

static int stop_given(void **state)
{
    int rc = stop_private(state);
    if (is_mounted) {
        cluster_stop(&cluster);
        rc |= umount2(disk, MNT_DETACH);
    }
    return rmdir(disk) != 0 ? -1 : rc;
}

static uint64_t room(void)
{
    struct statvfs fs;
    assert_int_equal(statvfs(disk, &fs), 0);
    return (uint64_t) fs.f_bavail * fs.f_frsize;
}

/* Takes all room there is. */
static void fill(void)
{
    int fd = open(ballast, O_WRONLY | O_CREAT | O_CLOEXEC | O_APPEND, 0600);
    uint64_t free_bytes = room();
    assert_true(fd >= 0);
    if (free_bytes > 0)
        assert_int_equal(posix_fallocate(fd, 0, (off_t) free_bytes), 0);
    assert_int_equal(close(fd), 0);
}

/* ---- statements ---- */

/* One statement; its status, and the code of a refusal. */
static int say(const char *body, char *code, size_t size)
{
    struct http_reply reply;
    char seq[32] = "";
    struct http_client client;
    struct buf jws;
    buf_init(&jws, 4096); /* names the head seen last: it cannot be read while the database is away */
    assert_int_equal(service_sign(&service, &reporter, "/v1/results", slice_str(body), NULL, &jws), 0);
    assert_int_equal(http_client_open(&client, service.port), 0);
    assert_int_equal(service_exchange(&client, "/v1/results", buf_slice(&jws), NULL, slice_str(body), &reply), 0);
    http_client_close(&client);
    buf_release(&jws);
    int status = reply.status;
    code[0] = '\0';
    if (status == 201) {
        assert_true(http_reply_member(&reply, "seq", seq, sizeof seq));
        recorded = strtoull(seq, NULL, 10);
    } else {
        assert_true(http_reply_member(&reply, "code", code, size));
        char retry[16] = "";
        assert_true(http_reply_header(&reply, "Retry-After", retry, sizeof retry));
    }
    http_reply_release(&reply);
    return status;
}

static const char *fresh(void)
{
    static char body[256];
    number++;
    (void) snprintf(body, sizeof body, RESULT, number, number);
    return body;
}

/* Until one is refused for want of room; nothing else may come before. */
static void say_until_full(void)
{
    char code[32] = "";
    int status = 201;
    for (int i = 0; i < STATEMENTS_MAX && status == 201; i++)
        status = say(fresh(), code, sizeof code);
    if (status != 503 || strcmp(code, "storage.full") != 0)
        print_message("%d %s\n", status, code);
    assert_int_equal(status, 503);
    assert_string_equal(code, "storage.full");
    assert_int_equal(service_head(&service), 0);
    assert_int_equal(service.head_seq, recorded);
}

/* Until the same statement is recorded, with nobody's help; on the way it is refused for want of room or of the database. */
static void say_until_recorded(void)
{
    char code[32], body[256];
    int status = 503;
    (void) snprintf(body, sizeof body, "%s", fresh());
    for (int i = 0; i < TRIES_MAX && status == 503; i++)
        status = say(body, code, sizeof code);
    assert_int_equal(status, 201);
    assert_int_equal(service_head(&service), 0);
    assert_int_equal(service.head_seq, recorded);
}

/* ---- the tests ---- */

#define SKIP_WITHOUT_DISK()                                                                                                \
    if (!is_mounted)                                                                                                       \
    skip()

static void a_full_disk_refuses_and_goes_on_when_there_is_room(void **state)
{
    (void) state;
    SKIP_WITHOUT_DISK();
    for (int round = 0; round < 3; round++) {
        fill();
        say_until_full();
        assert_int_equal(unlink(ballast), 0);
        say_until_recorded();
        assert_int_equal(service_audit(&service), 0);
    }
}

/* Longer than the room that PostgreSQL holds ready in its log: it must not come to the end of that. */
static void a_disk_that_stays_full_is_refused_for_as_long_as_it_is(void **state)
{
    char code[32];
    (void) state;
    SKIP_WITHOUT_DISK();
    fill();
    say_until_full();
    uint64_t before = recorded;
    for (int i = 0; i < 400; i++) {
        int status = say(fresh(), code, sizeof code);
        assert_int_equal(status, 503);
        assert_string_equal(code, "storage.full");
    }
    assert_int_equal(service_head(&service), 0);
    assert_int_equal(service.head_seq, before);
    struct http_reply reply;
    assert_int_equal(service_get(&service, "/v1/archive", &reply), 0); /* reading goes on */
    assert_int_equal(reply.status, 200);
    http_reply_release(&reply);
    assert_int_equal(unlink(ballast), 0);
    say_until_recorded();
    assert_int_equal(service_audit(&service), 0);
}

/* The log itself cannot grow, and PostgreSQL can only stop: it is started again and again until there is room. */
static void a_log_that_cannot_grow_is_refused_and_goes_on_when_there_is_room(void **state)
{
    static const struct pg_statement next_file = {"test_switch", "SELECT pg_switch_wal()::text"};
    struct pg *pg = NULL;
    char code[32];
    (void) state;
    SKIP_WITHOUT_DISK();
    fill();
    uint64_t before = recorded;
    assert_int_equal(service_database(&service, &pg), 0);
    for (enum tally_code rc = TALLY_OK; rc == TALLY_OK;) { /* until the files that it holds ready are used up */
        struct err err = {0};
        rc = pg_exec(pg, &next_file, NULL, NULL, &err);
        if (rc == TALLY_OK)
            rc = pg_exec_text(pg, "SELECT pg_logical_emit_message(true, 'test', 'x')", NULL, &err);
    }
    pg_free(pg);
    /* whoever finds out first that the database is gone says that it is away */
    int full = 0;
    for (int i = 0; i < TRIES_MAX && full < 50; i++) {
        int status = say(fresh(), code, sizeof code);
        assert_int_equal(status, 503);
        full += strcmp(code, "storage.full") == 0;
    }
    assert_int_equal(full, 50);
    assert_int_equal(unlink(ballast), 0);
    say_until_recorded();
    assert_true(recorded > before);
    assert_int_equal(service_audit(&service), 0);
}

static void it_stops_on_a_full_disk_and_goes_on_when_there_is_room(void **state)
{
    (void) state;
    SKIP_WITHOUT_DISK();
    fill();
    say_until_full();
    uint64_t before = recorded;
    assert_int_equal(service_signal(&service, SIGTERM), 0);
    assert_int_equal(service_wait(&service), 0);
    assert_int_equal(unlink(ballast), 0);
    assert_int_equal(service_restart(&service), 0);
    assert_int_equal(service_head(&service), 0);
    assert_int_equal(service.head_seq, before);
    say_until_recorded();
    assert_int_equal(service_audit(&service), 0);
}

int main(void)
{
    /* tallyd sees how much room its own cluster has; of a database that it was given, only what that says */
    const struct CMUnitTest private_tests[] = {
        cmocka_unit_test(a_full_disk_refuses_and_goes_on_when_there_is_room),
        cmocka_unit_test(a_disk_that_stays_full_is_refused_for_as_long_as_it_is),
        cmocka_unit_test(a_log_that_cannot_grow_is_refused_and_goes_on_when_there_is_room),
        cmocka_unit_test(it_stops_on_a_full_disk_and_goes_on_when_there_is_room),
    };
    const struct CMUnitTest given_tests[] = {
        cmocka_unit_test(a_full_disk_refuses_and_goes_on_when_there_is_room),
        cmocka_unit_test(a_disk_that_stays_full_is_refused_for_as_long_as_it_is),
    };
    int failed = cmocka_run_group_tests(private_tests, start_private, stop_private);
    return failed + cmocka_run_group_tests(given_tests, start_given, stop_given);
}
