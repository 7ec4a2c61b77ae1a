/* What `tally` holds against a ledger: its key, the newest checkpoint, receipts. A service that drops what it acknowledged, or shows
 * another history, is called that. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <glob.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../support/audit.h"
#include "../support/cli_run.h"
#include "../support/service.h"
#include "tally/key.h"
#include "tally/pg.h"

static struct service service;
static struct cli_place place;
static struct cli_output output;

#define OPERATOR "--actor operator --key operator.pem"

static void expect(int status)
{
    if (output.status != status)
        fail_msg("status %d, not %d; out: %s; err: %s", output.status, status, output.out, output.err);
}

static void says(const char *text, const char *wanted)
{
    if (strstr(text, wanted) == NULL)
        fail_msg("\"%s\" is not in: %s", wanted, text);
}

#define TALLY(status, ...)                                                                                                 \
    do {                                                                                                                   \
        assert_int_equal(cli_tally(&place, &output, NULL, __VA_ARGS__), 0);                                                \
        expect(status);                                                                                                    \
    } while (0)

static void server_is(uint16_t port)
{
    (void) snprintf(place.server, sizeof place.server, "http://127.0.0.1:%u", (unsigned) port);
}

static int set_up(void **state)
{
    struct err err = {0};
    char path[700];
    (void) state;
    if (service_start(&service, NULL) != 0 || service_ready(&service) != 0 || cli_place_make(&place, service.dir) != 0)
        return -1;
    server_is(service.port);
    (void) snprintf(path, sizeof path, "%s/operator.pem", place.dir);
    return key_pair_save(service.operator.key, path, &err) == TALLY_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void) state;
    service_stop_replayed(&service);
    return 0;
}

/* The one file below HOME that matches, into path. */
static void held(const char *pattern, char path[512])
{
    char whole[512];
    glob_t found;
    (void) snprintf(whole, sizeof whole, "%s/.local/share/tally/%s", place.home, pattern);
    if (glob(whole, 0, NULL, &found) != 0 || found.gl_pathc != 1)
        fail_msg("%s: not one file", whole);
    (void) snprintf(path, 512, "%s", found.gl_pathv[0]);
    globfree(&found);
}

static void read_file(const char *path, char *out, size_t size)
{
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    out[fread(out, 1, size - 1, file)] = '\0';
    assert_int_equal(fclose(file), 0);
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
}

static void record(int n)
{
    TALLY(0, OPERATOR " indicator define test.n-%d --version 1 --kind outcome --unit days --name N --definition N", n);
}

static void each_receipt_is_kept_and_tally_verify_takes_it(void **state)
{
    char path[512], kept[16384], vkey[512], program[1024];
    (void) state;
    record(1);
    record(2);
    held("ledgers/*/receipts/2.tlog-proof", path);
    read_file(path, kept, sizeof kept);
    TALLY(0, "receipt 2");
    assert_string_equal(output.out, kept);
    says(output.err, "entry 2, indicator.defined by operator at ");
    held("servers/*", vkey);
    char text[512];
    read_file(vkey, text, sizeof text);
    text[strcspn(text, "\n")] = '\0';
    cli_program("tally-verify", program, sizeof program);
    const char *const argv[] = {program, path, "--vkey", text, NULL};
    assert_int_equal(cli_spawn(&place, argv, NULL, &output), 0);
    expect(0);
    says(output.out, "the ledger has signed that it holds this entry");
    /* the archive continues what the receipt was signed under */
    (void) snprintf(kept, sizeof kept, "%s/ledger.jsonl", place.dir);
    TALLY(0, "archive -o ledger.jsonl");
    const char *const all[] = {program, kept, "--vkey", text, "--checkpoint", path, NULL};
    assert_int_equal(cli_spawn(&place, all, NULL, &output), 0);
    expect(0);
    says(output.out, "continues   1 of the checkpoints given");
}

/* A script that took it for a failure would send it again, under another id. */
static void what_is_recorded_is_no_failure_where_its_receipt_cannot_be_kept(void **state)
{
    char folder[512], away[600], text[16384];
    unsigned long seq = 0;
    (void) state;
    held("ledgers/*/receipts", folder);
    (void) snprintf(away, sizeof away, "%s.away", folder);
    assert_int_equal(rename(folder, away), 0);
    write_file(folder, "no folder");
    record(99); /* exit status 0 */
    const char *entry = strstr(output.out, "\nentry\t");
    assert_non_null(entry);
    seq = strtoul(entry + strlen("\nentry\t"), NULL, 10);
    (void) snprintf(text, sizeof text, "tally: recorded as entry %lu, do not send it again; but what is held", seq);
    says(output.err, text);
    says(output.err, "name another folder by XDG_DATA_HOME");
    const char *receipt = strstr(output.err, "c2sp.org/tlog-proof@v1\n");
    assert_non_null(receipt);
    (void) snprintf(text, sizeof text, "%s", receipt);
    assert_int_equal(unlink(folder), 0);
    assert_int_equal(rename(away, folder), 0);
    TALLY(0, "receipt %lu", seq);
    assert_non_null(strstr(text, output.out)); /* the whole of it */
}

static void a_receipt_of_no_entry_is_refused(void **state)
{
    (void) state;
    TALLY(1, "receipt 99");
    says(output.err, "there is no entry 99");
    TALLY(2, "receipt x");
}

static void another_key_at_the_same_address_is_noticed(void **state)
{
    char path[512], was[512];
    (void) state;
    held("servers/*", path);
    read_file(path, was, sizeof was);
    write_file(path, "ledger.test/outcomes+6f144c0c+AddamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea\n");
    TALLY(1, "log");
    says(output.err, "ledger.key: the service at ");
    says(output.err, path);
    assert_string_equal(output.out, "");
    write_file(path, was);
    TALLY(0, "log");
}

static void a_key_known_from_elsewhere_is_asked_for(void **state)
{
    char folder[512], path[1024], pinned[512], text[700];
    (void) state;
    held("servers/*", path);
    read_file(path, pinned, sizeof pinned);
    (void) snprintf(folder, sizeof folder, "%s/.config", place.home);
    assert_int_equal(mkdir(folder, 0700), 0);
    (void) snprintf(folder, sizeof folder, "%s/.config/tally", place.home);
    assert_int_equal(mkdir(folder, 0700), 0);
    (void) snprintf(path, sizeof path, "%s/config", folder);
    write_file(path, "vkey = ledger.test/outcomes+6f144c0c+AddamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea\n");
    TALLY(1, "log");
    says(output.err, "ledger.key: the service at ");
    says(output.err, "and you were told");
    (void) snprintf(text, sizeof text, "vkey = %s", pinned);
    write_file(path, text);
    TALLY(0, "log");
    assert_int_equal(unlink(path), 0);
}

/* Until the newest checkpoint that the service shows covers all entries. */
static void wait_published(void)
{
    bool is_there = false;
    assert_int_equal(service_head(&service), 0);
    while (!is_there) {
        struct http_reply reply;
        char size[32];
        (void) snprintf(size, sizeof size, "\n%llu\n", (unsigned long long) service.head_seq + 1);
        assert_int_equal(service_get(&service, "/checkpoint", &reply), 0);
        is_there = strstr(reply.body, size) != NULL;
        http_reply_release(&reply);
    }
}

/* The proxy leaves the proof away. */
static void a_ledger_without_proof_that_it_continues_is_forked(void **state)
{
    struct proxy proxy;
    char path[512], was[4096];
    (void) state;
    assert_int_equal(proxy_start(&proxy, service.port), 0);
    server_is(proxy.port);
    TALLY(0, "log");
    held("ledgers/*/checkpoint", path);
    read_file(path, was, sizeof was);
    record(3);
    record(4);
    wait_published();
    write_file(path, was); /* as if it had not been used since */
    proxy.from = "\"proof\":[";
    proxy.to = "\"other\":[";
    TALLY(1, OPERATOR " indicator define test.n-5 --version 1 --kind outcome --unit days --name N --definition N");
    says(output.err, "ledger.forked");
    says(output.err, "there is no proof that one continues the other");
    proxy.from = NULL;
    assert_int_equal(proxy.post_count, 2); /* nothing was signed for it */
    proxy_stop(&proxy);
    server_is(service.port);
}

static void sql(const char *text)
{
    char path[256], socket[256], conninfo[600];
    struct err err = {0};
    struct pg *pg = NULL;
    (void) snprintf(path, sizeof path, "%s/socket", service.data);
    read_file(path, socket, sizeof socket);
    socket[strcspn(socket, "\n")] = '\0';
    (void) snprintf(conninfo, sizeof conninfo, "host='%s' user=postgres dbname=tally", socket);
    const struct pg_options options = {.conninfo = conninfo, .application_name = "test"};
    assert_int_equal(pg_new(&options, &pg, &err), TALLY_OK);
    if (pg_exec_text(pg, text, NULL, &err) != TALLY_OK)
        fail_msg("%s", err.detail);
    pg_free(pg);
}

/* An operator who takes the last entries away, and what the host knew of them, and goes on. */
static void a_service_that_drops_an_acknowledged_entry_is_called_forked(void **state)
{
    char record_file[512];
    (void) state;
    record(6);
    sql("ALTER TABLE ledger.entry DISABLE TRIGGER ALL; ALTER TABLE ledger.body DISABLE TRIGGER ALL; "
        "ALTER TABLE ledger.checkpoint DISABLE TRIGGER ALL; "
        "DELETE FROM ledger.checkpoint WHERE size > 5; DELETE FROM ledger.body WHERE seq >= 5; "
        "DELETE FROM ledger.entry WHERE seq >= 5; DELETE FROM outcomes.indicator WHERE seq >= 5;"
        "ALTER TABLE ledger.entry ENABLE ALWAYS TRIGGER entry_check");
    assert_int_equal(service_signal(&service, SIGTERM), 0);
    assert_int_equal(service_wait(&service), 0);
    /* what the host itself remembers stops it first */
    service.args[0] = NULL;
    assert_int_equal(service_restart_forked(&service), 0);
    server_is(service.port);
    TALLY(0, "log"); /* it reads, and records nothing */
    TALLY(3, OPERATOR " indicator define test.n-7 --version 1 --kind outcome --unit days --name N --definition N");
    says(output.err, "entries were lost");
    says(output.err, "ledger.forked");
    sql("DELETE FROM ledger.checkpoint WHERE size > 5"); /* published while it stopped */
    assert_int_equal(service_signal(&service, SIGTERM), 0);
    assert_int_equal(service_wait(&service), 0);
    (void) snprintf(record_file, sizeof record_file, "%s/checkpoints", service.data);
    assert_int_equal(unlink(record_file), 0);
    service.args[0] = "--trust-database";
    service.args[1] = NULL;
    assert_int_equal(service_restart(&service), 0);
    assert_int_equal(service_ready(&service), 0);
    server_is(service.port);
    TALLY(1, "log");
    says(output.err, "ledger.forked");
    says(output.err, "it does not have so many entries any more");
    TALLY(1, "receipt 5");
    says(output.err, "ledger.forked");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_receipt_is_kept_and_tally_verify_takes_it),
        cmocka_unit_test(what_is_recorded_is_no_failure_where_its_receipt_cannot_be_kept),
        cmocka_unit_test(a_receipt_of_no_entry_is_refused),
        cmocka_unit_test(another_key_at_the_same_address_is_noticed),
        cmocka_unit_test(a_key_known_from_elsewhere_is_asked_for),
        cmocka_unit_test(a_ledger_without_proof_that_it_continues_is_forked),
        cmocka_unit_test(a_service_that_drops_an_acknowledged_entry_is_called_forked),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
