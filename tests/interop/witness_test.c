/* A witness that is not ours (tests/interop/go/witness.go, with Go's checksum database library) beside one that is: the relay asks both, the
 * service takes both cosignatures, and Go opens the checkpoint with them. */
#include "interop_help.h"

#include <signal.h>
#include <sys/stat.h>

#include "../support/running.h"
#include "../support/witness_run.h"

static struct running theirs, relay;
static struct witness_run ours;
static char dir[256], tally[700], go[700], ledger[256], vkeys[2][256], urls[2][64], policy[300];

static void path_of(const char *name, char out[512])
{
    (void) snprintf(out, 512, "%s/%s", dir, name);
}

/* The line that the Go program prints: its verifier key and its address. */
static void theirs_start(void)
{
    char log[512], line[512] = "";
    const char *const argv[] = {go, "serve", ledger, "go.example/w", NULL};
    path_of("go.log", log);
    assert_int_equal(running_start(&theirs, log, argv), 0);
    assert_int_equal(running_says(&theirs, " http://127.0.0.1:"), 0);
    do { /* the rest of the line is on its way */
        FILE *file = fopen(log, "r");
        assert_non_null(file);
        assert_non_null(fgets(line, sizeof line, file));
        assert_int_equal(fclose(file), 0);
    } while (strchr(line, '\n') == NULL);
    char *blank = strchr(line, ' ');
    assert_non_null(blank);
    assert_true((size_t) (blank - line) < sizeof vkeys[0]);
    memcpy(vkeys[0], line, (size_t) (blank - line));
    blank[strcspn(blank, "\n")] = '\0';
    assert_true(strlen(blank + 1) < sizeof urls[0]);
    memcpy(urls[0], blank + 1, strlen(blank + 1) + 1);
}

static void ours_start(void)
{
    assert_int_equal(witness_run_new(&ours, dir, "ours", "ours.example/w"), 0);
    assert_int_equal(witness_run_start(&ours, ledger), 0);
    memcpy(vkeys[1], ours.vkey, sizeof vkeys[1]);
    (void) snprintf(urls[1], sizeof urls[1], "http://127.0.0.1:%u", (unsigned) ours.port);
}

/* The service again, with both as its witnesses, all of whom are needed. */
static void trust_both(void)
{
    static const char *const args[] = {"--policy", policy, NULL};
    (void) snprintf(policy, sizeof policy, "%s/policy", dir);
    FILE *file = fopen(policy, "w");
    assert_non_null(file);
    (void) fprintf(file, "log %s\nwitness go %s %s\nwitness ours %s %s\ngroup both all go ours\nquorum both\n", ledger,
                   vkeys[0], urls[0], vkeys[1], urls[1]);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(service_restart_with(&service, args), 0);
}

static void ask_once(void)
{
    char log[512], server[64];
    static int count;
    (void) interop_published();
    (void) snprintf(log, sizeof log, "%s/relay%d.log", dir, count++);
    (void) snprintf(server, sizeof server, "http://127.0.0.1:%u", (unsigned) service.port);
    const char *const argv[] = {tally,     "relay", "--server", server, "--policy", policy,
                                "--allow", "go",    "--allow",  "ours", "--once",   NULL};
    assert_int_equal(running_start(&relay, log, argv), 0);
    int status = running_end(&relay, 0);
    if (status != 0)
        (void) !running_says(&relay, "(the quorum)");
    assert_int_equal(status, 0);
}

static const char *opened(void)
{
    static struct cli_output output;
    struct cli_place place = {0};
    char server[64];
    (void) snprintf(place.dir, sizeof place.dir, "%s", dir);
    (void) snprintf(place.home, sizeof place.home, "%s", dir);
    (void) snprintf(server, sizeof server, "http://127.0.0.1:%u", (unsigned) service.port);
    const char *const argv[] = {go, "open", server, ledger, vkeys[0], vkeys[1], NULL};
    assert_int_equal(cli_spawn(&place, argv, NULL, &output), 0);
    if (output.status != 0)
        fail_msg("%s%s", output.out, output.err);
    return output.out;
}

static void a_witness_in_go_and_ours_cosign_and_go_opens_both(void **state)
{
    char wanted[64];
    (void) state;
    interop_need("go");
    cli_program("tally", tally, sizeof tally);
    cli_program("../interop/witness", go, sizeof go);
    (void) snprintf(dir, sizeof dir, "%s/witnesses", service.dir);
    assert_int_equal(mkdir(dir, 0700), 0);
    assert_int_equal(service_vkey(&service, ledger, sizeof ledger), 0);
    theirs_start();
    ours_start();
    trust_both();
    for (int i = 0; i < 3; i++) { /* from nothing, and twice from where each was */
        assert_int_equal(service_grow(&service), 0);
        ask_once();
        (void) snprintf(wanted, sizeof wanted, "%u entries, cosigned by 2 witnesses\n", interop_published());
        assert_string_equal(opened(), wanted);
    }
    assert_int_equal(witness_run_stop(&ours), 0);
    assert_int_equal(running_end(&theirs, SIGKILL), 128 + SIGKILL);
}

/* The first line that a program prints. */
static void said(const char *const *argv, char *out, size_t size)
{
    static struct cli_output output;
    struct cli_place place = {0};
    (void) snprintf(place.dir, sizeof place.dir, "%s", dir);
    (void) snprintf(place.home, sizeof place.home, "%s", dir);
    assert_int_equal(cli_spawn(&place, argv, NULL, &output), 0);
    if (output.status != 0)
        fail_msg("%s%s", output.out, output.err);
    output.out[strcspn(output.out, "\n")] = '\0';
    assert_true(strlen(output.out) < size);
    memcpy(out, output.out, strlen(output.out) + 1);
}

/* The other way round: a log that is no ledger, and a client that is not ours, before our witness. */
static void a_log_in_go_is_cosigned_by_our_witness_and_held_to_one_history(void **state)
{
    char line[256];
    (void) state;
    interop_need("go");
    cli_program("tally", tally, sizeof tally);
    cli_program("../interop/witness", go, sizeof go);
    (void) snprintf(dir, sizeof dir, "%s/asked", service.dir);
    assert_int_equal(mkdir(dir, 0700), 0);
    said((const char *const[]){go, "key", "go.example/log", NULL}, ledger, sizeof ledger);
    ours_start();
    said((const char *const[]){go, "ask", "go.example/log", urls[1], vkeys[1], NULL}, line, sizeof line);
    assert_string_equal(line, "14 questions, 5 cosigned");
    assert_int_equal(witness_run_stop(&ours), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_witness_in_go_and_ours_cosign_and_go_opens_both),
                                       cmocka_unit_test(a_log_in_go_is_cosigned_by_our_witness_and_held_to_one_history)};
    return cmocka_run_group_tests(tests, interop_start, interop_stop);
}
