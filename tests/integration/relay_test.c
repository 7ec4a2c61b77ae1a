/* `tally relay` between a real service and its witnesses, good ones and others: cosignatures come back and are shown, who is away comes
 * back, and nothing that a witness does costs anything but its own cosignature. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../support/cli_run.h"
#include "../support/running.h"
#include "../support/scripted.h"
#include "../support/service.h"
#include "../support/witness_run.h"
#include "tally/policy.h"
#include "tally/text.h"

#define TURNS 6000 /* of 10 ms */

static char dir[128], tally[600], policy_file[256];
static struct service service;
static struct witness_run good[2];
static struct running relay;
static char ledger_vkey[256];
static struct scripted scripted;
static char scripted_vkey[256];
static struct policy policy;
static struct buf policy_text;
static struct note_key ledger_key;

static void pause_briefly(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
}

/* ---- parts ---- */

static void scripted_make(void)
{
    static struct key_pair *pair, *other;
    struct key_public key;
    struct buf vkey;
    assert_int_equal(key_pair_generate(&pair, NULL), TALLY_OK);
    assert_int_equal(key_pair_generate(&other, NULL), TALLY_OK);
    key_pair_public(pair, &key);
    buf_init(&vkey, sizeof scripted_vkey - 1);
    key_vkey_write(SLICE("scripted.example"), NOTE_KEY_COSIGNATURE, &key, &vkey);
    memcpy(scripted_vkey, vkey.ptr, vkey.len + 1);
    buf_release(&vkey);
    scripted = (struct scripted){.pair = pair, .other = other, .name = "scripted.example", .mode = SCRIPTED_HANG_UP};
    assert_int_equal(scripted_start(&scripted), 0);
}

static void write_policy(void)
{
    buf_init(&policy_text, POLICY_MAX);
    buf_printf(&policy_text,
               "log %s\nwitness a %s http://127.0.0.1:%u/\nwitness b %s http://127.0.0.1:%u\nwitness s %s "
               "http://127.0.0.1:%u\ngroup any any a b s\nquorum any\n",
               ledger_vkey, good[0].vkey, (unsigned) good[0].port, good[1].vkey, (unsigned) good[1].port, scripted_vkey,
               (unsigned) scripted.port);
    FILE *file = fopen(policy_file, "w");
    assert_non_null(file);
    assert_true(fputs(policy_text.ptr, file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(policy_read(buf_slice(&policy_text), &policy, NULL), TALLY_OK);
}

static int set_up(void **state)
{
    static const char *const args[] = {"--policy", policy_file, NULL};
    static const char *const names[2][2] = {{"w0", "w0.example"}, {"w1", "w1.example"}};
    (void) state;
    (void) snprintf(dir, sizeof dir, "/tmp/tally-relay-XXXXXX");
    if (mkdtemp(dir) == NULL)
        return -1;
    cli_program("tally", tally, sizeof tally);
    (void) snprintf(policy_file, sizeof policy_file, "%s/policy", dir);
    if (service_start(&service, NULL) != 0 || service_vkey(&service, ledger_vkey, sizeof ledger_vkey) != 0)
        return -1;
    assert_int_equal(note_key_read(slice_str(ledger_vkey), &ledger_key, NULL), TALLY_OK);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(witness_run_new(&good[i], dir, names[i][0], names[i][1]), 0);
        assert_int_equal(witness_run_start(&good[i], ledger_vkey), 0);
    }
    scripted_make();
    write_policy();
    return service_restart_with(&service, args); /* with the witnesses that it trusts */
}

static int tear_down(void **state)
{
    char command[256];
    (void) state;
    for (int i = 0; i < 2; i++)
        assert_int_equal(witness_run_stop(&good[i]), 0);
    scripted_stop(&scripted);
    policy_release(&policy);
    buf_release(&policy_text);
    note_key_release(&ledger_key);
    service_stop(&service);
    (void) snprintf(command, sizeof command, "rm -rf '%s'", dir);
    return system(command) == 0 ? 0 : -1;
}

static void relay_start_that_looks(const char *each_ms, const char *const *more)
{
    static char server[64], log[256];
    static int count;
    const char *argv[40] = {tally, "relay",   "--server", server,    "--policy", policy_file, "--allow",
                            "a",   "--allow", "b",        "--allow", "s",        "--poll-ms", each_ms};
    int at = 14;
    (void) snprintf(server, sizeof server, "http://127.0.0.1:%u/", (unsigned) service.port);
    (void) snprintf(log, sizeof log, "%s/relay%d.log", dir, count++);
    for (int i = 0; more != NULL && more[i] != NULL; i++)
        argv[at++] = more[i];
    assert_int_equal(running_start(&relay, log, argv), 0);
    assert_int_equal(running_says(&relay, "relay.running"), 0); /* from here on it ends in order */
}

static void relay_start(const char *const *more)
{
    relay_start_that_looks("20", more);
}

static int relay_stop(void **state)
{
    (void) state;
    if (relay.pid > 0)
        assert_int_equal(running_end(&relay, SIGTERM), 0);
    for (int i = 0; i < 2; i++)
        if (good[i].running.pid == 0)
            assert_int_equal(witness_run_start(&good[i], ledger_vkey), 0);
    atomic_store(&scripted.mode, SCRIPTED_HANG_UP);
    return 0;
}

static void grow(void)
{
    assert_int_equal(service_grow(&service), 0);
}

/* Who has cosigned what is published, and when the first witness did; its size. */
static uint64_t shown(const char *target, uint64_t *size, uint64_t *seconds)
{
    struct http_reply reply;
    struct checkpoint checkpoint;
    struct note note;
    struct policy_seen seen = {0};
    assert_int_equal(service_get(&service, target, &reply), 0);
    if (reply.status == 200) {
        assert_int_equal(checkpoint_open(slice_of(reply.body, reply.body_len), &ledger_key, &checkpoint, &note, NULL),
                         TALLY_OK);
        assert_int_equal(policy_look(&policy, &note, &seen, NULL), TALLY_OK);
        *size = checkpoint.size;
        if (seconds != NULL)
            *seconds = seen.seconds[0];
    }
    http_reply_release(&reply);
    return seen.witnesses;
}

/* Waits until these (at least) have cosigned all that there is. */
static void await(uint64_t witnesses)
{
    assert_int_equal(service_head(&service), 0);
    for (int turn = 0; turn < TURNS; turn++) {
        uint64_t size = 0;
        if ((shown("/checkpoint", &size, NULL) & witnesses) == witnesses && size == service.head_seq + 1)
            return;
        pause_briefly();
    }
    (void) !running_says(&relay, "(not cosigned in time)");
    fail_msg("not cosigned in time");
}

/* ---- good witnesses ---- */

static void what_is_appended_is_cosigned_and_shown(void **state)
{
    (void) state;
    relay_start(NULL);
    await(3);
    for (int i = 0; i < 3; i++) {
        grow();
        await(3);
    }
}

static void a_witness_that_was_away_comes_back_and_costs_the_other_nothing(void **state)
{
    (void) state;
    relay_start(NULL);
    await(3);
    assert_int_equal(running_end(&good[0].running, SIGKILL), 128 + SIGKILL);
    for (int i = 0; i < 5; i++) {
        grow();
        await(2);
    }
    assert_int_equal(running_says(&relay, "relay.witness_away"), 0);
    assert_int_equal(witness_run_start(&good[0], ledger_vkey), 0);
    await(3); /* its next turn comes by itself */
}

/* Nothing is kept by the relay: a new one is told by each witness how far it is. */
static void a_relay_that_was_killed_goes_on_where_the_witnesses_are(void **state)
{
    (void) state;
    relay_start(NULL);
    await(3);
    assert_int_equal(running_end(&relay, SIGKILL), 128 + SIGKILL);
    grow();
    relay_start(NULL);
    await(3);
}

static void a_ledger_that_was_away_is_followed_again(void **state)
{
    (void) state;
    relay_start(NULL);
    await(3);
    assert_int_equal(service_signal(&service, SIGTERM), 0);
    assert_int_equal(service_wait(&service), 0);
    assert_int_equal(running_says(&relay, "relay.ledger_away"), 0);
    assert_int_equal(running_end(&relay, SIGTERM), 0);
    assert_int_equal(service_restart(&service), 0); /* on another port: a relay is told where the ledger is */
    relay_start(NULL);
    grow();
    await(3);
}

static void while_nothing_is_appended_the_newest_is_cosigned_anew(void **state)
{
    const char *const often[] = {"--fresh-s", "1", NULL};
    uint64_t size = 0, first = 0, seconds = 0;
    (void) state;
    relay_start(often);
    await(3);
    (void) shown("/checkpoint", &size, &first);
    for (int turn = 0; turn < TURNS && seconds <= first; turn++) {
        pause_briefly();
        (void) shown("/checkpoint", &size, &seconds);
    }
    assert_true(seconds > first);
    assert_int_equal(size, service.head_seq + 1);
}

static void once_ends_with_what_became_of_it(void **state)
{
    const char *const once[] = {"--once", NULL};
    (void) state;
    grow();
    relay_start(once);
    assert_int_equal(running_end(&relay, 0), 0); /* one of them is enough */
    assert_int_equal(witness_run_stop(&good[0]), 0);
    assert_int_equal(witness_run_stop(&good[1]), 0);
    relay_start(once);
    assert_int_equal(running_says(&relay, "the quorum is not met"), 0);
    assert_int_equal(running_end(&relay, 0), 1);
}

/* ---- more than one relay ---- */

static void server_url(char out[64])
{
    (void) snprintf(out, 64, "http://127.0.0.1:%u", (unsigned) service.port);
}

/* Another relay was faster: the witness has more than this one asks for, and that is no fork. */
static void a_relay_that_another_one_has_overtaken_goes_on(void **state)
{
    const char *const often[] = {"--fresh-s", "1", NULL};
    char server[64], log[256];
    struct running other;
    (void) state;
    relay_start_that_looks("60000", often); /* it has seen the newest, and asks for it again and again */
    await(3);
    grow();
    server_url(server);
    (void) snprintf(log, sizeof log, "%s/overtaking.log", dir);
    const char *const argv[] = {tally,     "relay", "--server", server, "--policy", policy_file,
                                "--allow", "a",     "--allow",  "b",    "--once",   NULL};
    assert_int_equal(service_head(&service), 0);
    uint64_t size = 0;
    while (size != service.head_seq + 1) /* it is published */
        (void) shown("/checkpoint", &size, NULL);
    assert_int_equal(running_start(&other, log, argv), 0);
    assert_int_equal(running_end(&other, 0), 0);
    assert_int_equal(running_says(&relay, "relay.other_relay"), 0);
    assert_int_equal(running_count(&relay, "relay.forked"), 0);
}

static void two_relays_at_once_bring_all_that_there_is(void **state)
{
    char server[64], log[256];
    struct running other;
    (void) state;
    server_url(server);
    (void) snprintf(log, sizeof log, "%s/second.log", dir);
    const char *const argv[] = {tally, "relay",   "--server", server,      "--policy", policy_file, "--allow",
                                "a",   "--allow", "b",        "--poll-ms", "30",       NULL};
    relay_start(NULL);
    assert_int_equal(running_start(&other, log, argv), 0);
    assert_int_equal(running_says(&other, "relay.running"), 0);
    for (int i = 0; i < 10; i++) {
        grow();
        grow();
        await(3);
    }
    assert_int_equal(running_end(&other, SIGTERM), 0);
    assert_int_equal(running_count(&relay, "relay.forked") + running_count(&other, "relay.forked"), 0);
}

/* `once` asks again for the newer checkpoint that its witness has seen by another relay. */
static void once_takes_the_newer_checkpoint_that_its_witness_has(void **state)
{
    char path[256], server[64], log[256];
    (void) state;
    (void) snprintf(path, sizeof path, "%s/only", dir);
    (void) snprintf(log, sizeof log, "%s/only.log", dir);
    server_url(server);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    (void) fprintf(file, "log %s\nwitness s %s http://127.0.0.1:%u\nquorum s\n", ledger_vkey, scripted_vkey,
                   (unsigned) scripted.port);
    assert_int_equal(fclose(file), 0);
    atomic_store(&scripted.mode, SCRIPTED_HELD);
    int before = atomic_load(&scripted.requests);
    const char *const argv[] = {tally, "relay", "--server", server, "--policy", path, "--allow", "s", "--once", NULL};
    assert_int_equal(running_start(&relay, log, argv), 0);
    while (atomic_load(&scripted.requests) == before)
        pause_briefly();
    grow();
    assert_int_equal(service_head(&service), 0);
    uint64_t size = 0;
    while (size != service.head_seq + 1)
        (void) shown("/checkpoint", &size, NULL);
    atomic_store(&scripted.ahead, size);
    atomic_store(&scripted.mode, SCRIPTED_AHEAD);
    assert_int_equal(running_end(&relay, 0), 0);
    assert_int_equal(running_count(&relay, "relay.other_relay"), 1);
    assert_int_equal(shown("/checkpoint", &size, NULL) & 4, 4);
    assert_int_equal(size, service.head_seq + 1);
}

/* A witness that lost its memory is asked from the beginning, and that it did is said. */
static void a_witness_that_forgets_is_told_of(void **state)
{
    (void) state;
    atomic_store(&scripted.mode, SCRIPTED_COSIGN);
    relay_start(NULL);
    await(7);
    atomic_store(&scripted.ahead, 0);
    atomic_store(&scripted.mode, SCRIPTED_AHEAD);
    grow();
    await(7);
    assert_int_equal(running_says(&relay, "relay.witness_forgot"), 0);
    assert_int_equal(running_count(&relay, "relay.forked"), 0);
}

/* What people and auditors use takes what is cosigned: receipts, the archive, a policy in place of the key. */
static void cosigned_receipts_and_archives_verify_with_the_policy(void **state)
{
    static struct cli_output output;
    struct cli_place place;
    char path[256], verify[600], command[300];
    (void) state;
    relay_start(NULL);
    grow();
    await(3);
    (void) snprintf(path, sizeof path, "%s/people", dir);
    (void) snprintf(command, sizeof command, "mkdir -p '%s'", path);
    assert_int_equal(system(command), 0);
    assert_int_equal(cli_place_make(&place, path), 0);
    (void) snprintf(place.server, sizeof place.server, "http://127.0.0.1:%u", (unsigned) service.port);
    cli_program("tally-verify", verify, sizeof verify);
    static const struct {
        const char *words[2], *says;
    } cases[] = {{{"receipt", "1"}, "the policy's witnesses have seen it"}, {{"archive", NULL}, "witnessed   "}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *const ask[] = {tally, cases[i].words[0], cases[i].words[1], NULL};
        assert_int_equal(cli_spawn(&place, ask, NULL, &output), 0);
        if (output.status != 0)
            fail_msg("%s", output.err);
        char given[400];
        (void) snprintf(given, sizeof given, "%s/given", place.dir);
        FILE *file = fopen(given, "w");
        assert_non_null(file);
        assert_true(fputs(output.out, file) >= 0);
        assert_int_equal(fclose(file), 0);
        const char *const argv[] = {verify, given, "--policy", policy_file, NULL};
        assert_int_equal(cli_spawn(&place, argv, NULL, &output), 0);
        if (output.status != 0 || strstr(output.out, cases[i].says) == NULL)
            fail_msg("%d: %s%s", output.status, output.out, output.err);
    }
}

/* ---- a fork ---- */

/* A copy of the ledger, database and key, goes on by itself and shows what it likes to whom it likes. The witness has seen the other one. */
static void of_two_ledgers_with_one_key_one_has_the_witness(void **state)
{
    struct service fork = service;
    struct service_actor actor;
    struct http_reply reply;
    char command[1024], server[64], relay_log[256];
    uint64_t size = 0, before = 0;
    (void) state;
    relay_start(NULL);
    await(3);
    assert_int_equal(running_end(&relay, SIGTERM), 0);
    assert_int_equal(service_signal(&service, SIGTERM), 0);
    assert_int_equal(service_wait(&service), 0);
    (void) snprintf(fork.data, sizeof fork.data, "%s/fork", service.dir);
    (void) snprintf(fork.log, sizeof fork.log, "%s/fork.log", service.dir);
    (void) snprintf(command, sizeof command, "cp -a '%s' '%s'", service.data, fork.data);
    assert_int_equal(system(command), 0);
    fork.pid = 0;
    assert_int_equal(service_restart(&service), 0);
    assert_int_equal(service_restart(&fork), 0);
    grow(); /* two entries here, and two others there, three in all */
    grow();
    for (int i = 0; i < 3; i++) {
        char id[32];
        (void) snprintf(id, sizeof id, "elsewhere-%d", i);
        assert_int_equal(service_register(&fork, id, "", &actor), 0);
        service_actor_release(&actor);
    }
    relay_start(NULL);
    await(3);
    assert_int_equal(running_end(&relay, SIGTERM), 0);
    (void) shown("/checkpoint/cosigned", &before, NULL);
    /* each alone looks right; the witnesses tell them apart */
    (void) snprintf(server, sizeof server, "http://127.0.0.1:%u", (unsigned) fork.port);
    (void) snprintf(relay_log, sizeof relay_log, "%s/fork-relay.log", dir);
    const char *const argv[] = {tally,     "relay", "--server", server, "--policy", policy_file,
                                "--allow", "a",     "--allow",  "b",    "--once",   NULL};
    assert_int_equal(running_start(&relay, relay_log, argv), 0);
    assert_int_equal(running_says(&relay, "relay.forked"), 0);
    assert_int_equal(running_end(&relay, 0), 1);
    assert_int_equal(service_get(&fork, "/checkpoint/cosigned", &reply), 0);
    struct checkpoint checkpoint;
    assert_int_equal(reply.status, 200); /* what it was copied with */
    assert_int_equal(checkpoint_open(slice_of(reply.body, reply.body_len), &ledger_key, &checkpoint, NULL, NULL), TALLY_OK);
    assert_true(checkpoint.size + 2 <= before);
    http_reply_release(&reply);
    assert_int_equal(service_signal(&fork, SIGTERM), 0);
    assert_int_equal(service_wait(&fork), 0);
    (void) shown("/checkpoint/cosigned", &size, NULL);
    assert_int_equal(size, before);
}

/* ---- others ---- */

/* Each is told apart in the log, its cosignature is not shown, and the good ones' are. */
static void what_a_bad_witness_does_costs_its_own_cosignature_only(void **state)
{
    static const struct {
        enum scripted_mode mode;
        const char *says;
    } cases[] = {
        {SCRIPTED_SILENT, "no answer within 300 ms"},
        {SCRIPTED_DRIP, "no answer within 300 ms"},
        {SCRIPTED_GARBAGE, "its answer is no lines of signatures"},
        {SCRIPTED_EMPTY, "its answer has no cosignature by the key that the policy names"},
        {SCRIPTED_STRANGER, "its answer has no cosignature by the key that the policy names"},
        {SCRIPTED_IMPOSTOR, "the signature of scripted.example does not verify"},
        {SCRIPTED_ENDLESS, "the answer is over 65536 bytes"},
        {SCRIPTED_HEADERS, "the answer is over 65536 bytes"},
        {SCRIPTED_REDIRECT, "it answers 307, and redirects are not followed"},
        {SCRIPTED_FAILING, "it answers 500: oh"},
        {SCRIPTED_SHIFTED, "its answer is no lines of signatures"},
        {SCRIPTED_BAD_SIZE, "its 409 does not say which size it has"},
        {SCRIPTED_ZERO_SIZE, "its 409 says the size that it was asked with, 0"},
        {SCRIPTED_STUCK, "its 409 says the size that it was asked with, 0"},
        {SCRIPTED_AHEAD, "it has cosigned 1000000 entries, and this ledger shows"},
        {SCRIPTED_CHASING, "its size changed each time that it was asked"},
        {SCRIPTED_NO_HTTP, "relay.witness_away"},
        {SCRIPTED_HANG_UP, "relay.witness_away"},
    };
    const char *const quick[] = {"--deadline-ms", "300", NULL};
    (void) state;
    atomic_store(&scripted.ahead, 1000000);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint64_t size = 0;
        atomic_store(&scripted.mode, cases[i].mode);
        grow();
        relay_start(quick);
        await(3);
        assert_int_equal(running_says(&relay, cases[i].says), 0);
        grow();
        await(3); /* it goes on without that one */
        assert_int_equal(shown("/checkpoint", &size, NULL), 3);
        assert_int_equal(running_end(&relay, SIGTERM), 0);
    }
    atomic_store(&scripted.mode, SCRIPTED_COSIGN);
    relay_start(quick);
    await(7);
}

/* Unless the operator says so, a witness is at a public address and speaks https: whoever writes a policy reaches nothing inside. */
static void no_address_inside_is_called(void **state)
{
    static const struct {
        const char *url, *says;
    } cases[] = {{"http://127.0.0.1", "only https is spoken to witnesses"},
                 {"https://127.0.0.1", "the address is not a public one"},
                 {"https://localhost", "the address is not a public one"},
                 {"https://[::1]", "the address is not a public one"},
                 {"https://[::ffff:127.0.0.1]", "the address is not a public one"},
                 {"https://169.254.169.254", "the address is not a public one"},
                 {"https://2130706433", "the address is not a public one"},
                 {"file:///etc/passwd", "only https is spoken to witnesses"}};
    char path[256], server[64], log[256];
    (void) state;
    atomic_store(&scripted.mode, SCRIPTED_COSIGN);
    (void) snprintf(path, sizeof path, "%s/inside", dir);
    (void) snprintf(server, sizeof server, "http://127.0.0.1:%u", (unsigned) service.port);
    int before = atomic_load(&scripted.requests);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        FILE *file = fopen(path, "w");
        assert_non_null(file);
        (void) fprintf(file, "log %s\nwitness s %s %s", ledger_vkey, scripted_vkey, cases[i].url);
        (void) fprintf(file, strncmp(cases[i].url, "file:", 5) == 0 ? "\nquorum s\n" : ":%u\nquorum s\n",
                       (unsigned) scripted.port);
        assert_int_equal(fclose(file), 0);
        (void) snprintf(log, sizeof log, "%s/inside%zu.log", dir, i);
        const char *const argv[] = {tally, "relay", "--server", server, "--policy", path, "--once", NULL};
        assert_int_equal(running_start(&relay, log, argv), 0);
        assert_int_equal(running_says(&relay, cases[i].says), 0);
        assert_int_equal(running_end(&relay, 0), 1);
    }
    assert_int_equal(atomic_load(&scripted.requests), before);
}

static void usage_is_said(void **state)
{
    static struct cli_output output;
    struct cli_place place;
    char path[256];
    static const struct {
        const char *policy, *option, *says;
    } cases[] = {{"quorum none\n", NULL, "has no line `log VKEY`"},
                 {"log %s\nquorum none\n", NULL, "no witness in"},
                 {"log %s\nwitness a\n", NULL, "line 2"},
                 {"log %s\nwitness a %s https://a\nquorum a\n", "b", "the policy has no witness of this name"}};
    (void) state;
    (void) snprintf(path, sizeof path, "%s/sub", dir);
    char command[300];
    (void) snprintf(command, sizeof command, "mkdir -p '%s'", path);
    assert_int_equal(system(command), 0);
    assert_int_equal(cli_place_make(&place, path), 0);
    (void) snprintf(path, sizeof path, "%s/wrong", dir);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[1024];
        (void) snprintf(text, sizeof text, "%s", cases[i].policy);
        FILE *file = fopen(path, "w");
        assert_non_null(file);
        for (const char *at = text; *at != '\0'; at++) {
            if (at[0] == '%' && at[1] == 's') {
                assert_true(fputs(at - text > 10 ? scripted_vkey : ledger_vkey, file) >= 0);
                at++;
            } else {
                assert_int_equal(fputc(*at, file), *at);
            }
        }
        assert_int_equal(fclose(file), 0);
        const char *const argv[] = {
            tally, "relay", "--once", "--policy", path, cases[i].option == NULL ? NULL : "--allow", cases[i].option, NULL};
        assert_int_equal(cli_spawn(&place, argv, NULL, &output), 0);
        if (strstr(output.err, cases[i].says) == NULL)
            fail_msg("%s", output.err);
        assert_true(output.status == 1 || output.status == 2);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(what_is_appended_is_cosigned_and_shown, relay_stop),
        cmocka_unit_test_teardown(a_witness_that_was_away_comes_back_and_costs_the_other_nothing, relay_stop),
        cmocka_unit_test_teardown(a_relay_that_was_killed_goes_on_where_the_witnesses_are, relay_stop),
        cmocka_unit_test_teardown(a_ledger_that_was_away_is_followed_again, relay_stop),
        cmocka_unit_test_teardown(while_nothing_is_appended_the_newest_is_cosigned_anew, relay_stop),
        cmocka_unit_test_teardown(once_ends_with_what_became_of_it, relay_stop),
        cmocka_unit_test_teardown(a_relay_that_another_one_has_overtaken_goes_on, relay_stop),
        cmocka_unit_test_teardown(two_relays_at_once_bring_all_that_there_is, relay_stop),
        cmocka_unit_test_teardown(once_takes_the_newer_checkpoint_that_its_witness_has, relay_stop),
        cmocka_unit_test_teardown(a_witness_that_forgets_is_told_of, relay_stop),
        cmocka_unit_test_teardown(cosigned_receipts_and_archives_verify_with_the_policy, relay_stop),
        cmocka_unit_test_teardown(of_two_ledgers_with_one_key_one_has_the_witness, relay_stop),
        cmocka_unit_test_teardown(what_a_bad_witness_does_costs_its_own_cosignature_only, relay_stop),
        cmocka_unit_test_teardown(no_address_inside_is_called, relay_stop),
        cmocka_unit_test_teardown(usage_is_said, relay_stop),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
