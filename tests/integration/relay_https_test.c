/* `tally relay` over https, through a proxy with a certificate as the README has it: the right one is enough, and each other one costs the
 * cosignature and nothing else. And what a relay says of a ledger that goes away, comes back, or comes back with less. */
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
#include "../support/front.h"
#include "../support/running.h"
#include "../support/scripted.h"
#include "../support/service.h"
#include "../support/witness_run.h"
#include "tally/policy.h"

static char dir[128], tally[600], policy_file[256], authority_file[256], stranger_file[256];
static char ledger_vkey[256];
static struct service service;
static struct witness_run witness;
static struct running relay;
static struct front_authority authority, stranger;
static struct front front, before_ledger; /* of the witness; of the ledger */
static struct scripted scripted;
static struct note_key ledger_key, witness_key;

static void pause_briefly(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
}

static void write_policy(const char *url)
{
    FILE *file = fopen(policy_file, "w");
    assert_non_null(file);
    (void) fprintf(file, "log %s\nwitness w %s %s\nquorum w\n", ledger_vkey, witness.vkey, url);
    assert_int_equal(fclose(file), 0);
}

static int set_up(void **state)
{
    static const char *const args[] = {"--policy", policy_file, NULL};
    (void) state;
    (void) snprintf(dir, sizeof dir, "/tmp/tally-https-XXXXXX");
    if (mkdtemp(dir) == NULL)
        return -1;
    cli_program("tally", tally, sizeof tally);
    (void) snprintf(policy_file, sizeof policy_file, "%s/policy", dir);
    (void) snprintf(authority_file, sizeof authority_file, "%s/authority.pem", dir);
    (void) snprintf(stranger_file, sizeof stranger_file, "%s/stranger.pem", dir);
    if (front_authority_make(&authority, authority_file) != 0 || front_authority_make(&stranger, stranger_file) != 0)
        return -1;
    if (service_start(&service, NULL) != 0 || service_vkey(&service, ledger_vkey, sizeof ledger_vkey) != 0 ||
        witness_run_new(&witness, dir, "w", "w.example") != 0 || witness_run_start(&witness, ledger_vkey) != 0)
        return -1;
    assert_int_equal(note_key_read(slice_str(ledger_vkey), &ledger_key, NULL), TALLY_OK);
    assert_int_equal(note_key_read(slice_str(witness.vkey), &witness_key, NULL), TALLY_OK);
    write_policy("https://w.example");
    return service_restart_with(&service, args);
}

static int tear_down(void **state)
{
    char command[256];
    (void) state;
    assert_int_equal(witness_run_stop(&witness), 0);
    note_key_release(&ledger_key);
    note_key_release(&witness_key);
    front_authority_release(&authority);
    front_authority_release(&stranger);
    service_stop(&service);
    (void) snprintf(command, sizeof command, "rm -rf '%s'", dir);
    return system(command) == 0 ? 0 : -1;
}

/* Also of a test that has failed: nothing is left for the next one to run into. */
static int after_each(void **state)
{
    (void) state;
    int status = relay.pid > 0 ? running_end(&relay, SIGTERM) : 0;
    front_stop(&front);
    front_stop(&before_ledger);
    if (scripted.port != 0)
        scripted_stop(&scripted);
    scripted = (struct scripted){0};
    return status == 0 && (witness.running.pid > 0 || witness_run_start(&witness, ledger_vkey) == 0) ? 0 : -1;
}

static void grow(void)
{
    assert_int_equal(service_grow(&service), 0);
}

/* Whether all that there is is published, and whether the witness has cosigned it. */
static bool is_published(bool *is_cosigned)
{
    struct http_reply reply;
    struct checkpoint checkpoint = {.origin = SLICE("")};
    struct note note;
    assert_int_equal(service_head(&service), 0);
    assert_int_equal(service_get(&service, "/checkpoint", &reply), 0);
    assert_int_equal(reply.status, 200);
    assert_int_equal(checkpoint_open(slice_of(reply.body, reply.body_len), &ledger_key, &checkpoint, &note, NULL),
                     TALLY_OK);
    *is_cosigned = note_verify(&note, &witness_key, NULL, NULL) == TALLY_OK;
    http_reply_release(&reply);
    return checkpoint.size == service.head_seq + 1;
}

static void await_cosigned(void)
{
    bool is_cosigned = false;
    for (int turn = 0; turn < 6000; turn++) {
        if (is_published(&is_cosigned) && is_cosigned)
            return;
        pause_briefly();
    }
    (void) !running_says(&relay, "(not cosigned in time)");
    fail_msg("not cosigned in time");
}

/* cacert: NULL for the system's. more: "--once", or NULL. */
static void relay_start(const char *server, const char *cacert, const char *more)
{
    static int count;
    char log[256];
    const char *argv[16] = {tally, "relay", "--server", server, "--policy", policy_file, "--allow", "w", "--poll-ms", "20"};
    int at = 10;
    if (more != NULL)
        argv[at++] = more;
    if (cacert != NULL) {
        argv[at++] = "--cacert";
        argv[at++] = cacert;
    }
    (void) snprintf(log, sizeof log, "%s/relay%d.log", dir, count++);
    assert_int_equal(running_start(&relay, log, argv), 0);
}

static void url_of(const char *scheme, const char *host, uint16_t port, char out[96])
{
    (void) snprintf(out, 96, "%s://%s:%u", scheme, host, (unsigned) port);
}

/* ---- https ---- */

static void over_https_with_the_right_certificate_it_is_cosigned(void **state)
{
    static const char *const hosts[] = {"127.0.0.1", "localhost"};
    char url[96], server[96];
    (void) state;
    url_of("http", "127.0.0.1", service.port, server);
    assert_int_equal(front_start(&front, FRONT_GOOD, &authority, witness.port), 0);
    for (size_t i = 0; i < 2; i++) {
        url_of("https", hosts[i], front.port, url);
        write_policy(url);
        grow();
        relay_start(server, authority_file, NULL);
        await_cosigned();
        grow(); /* over the same connection, with a proof */
        await_cosigned();
        assert_int_equal(running_end(&relay, SIGTERM), 0);
    }
    assert_true(atomic_load(&front.handshakes) >= 2);
}

/* The ledger, too, may be reached over https only. */
static void the_ledger_may_be_behind_https_too(void **state)
{
    char url[96], server[96];
    (void) state;
    assert_int_equal(front_start(&front, FRONT_GOOD, &authority, witness.port), 0);
    assert_int_equal(front_start(&before_ledger, FRONT_GOOD, &authority, service.port), 0);
    url_of("https", "localhost", before_ledger.port, server);
    url_of("https", "localhost", front.port, url);
    write_policy(url);
    grow();
    relay_start(server, authority_file, NULL);
    await_cosigned();
    assert_int_equal(running_end(&relay, SIGTERM), 0);
    relay_start(server, stranger_file, "--once");
    assert_int_equal(running_says(&relay, "relay.ledger_wrong"), 0);
    assert_int_equal(running_says(&relay, "its certificate is not accepted"), 0);
    assert_int_equal(running_end(&relay, 0), 3);
}

/* Without the package ca-certificates; where it is installed, its folder is hidden from the program. */
static const char WITHOUT_AUTHORITIES[] =
    "if [ -e /etc/ssl/certs/ca-certificates.crt ]; then "
    "exec unshare -rm sh -c 'mount -t tmpfs none /etc/ssl/certs && exec \"$@\"' sh \"$@\"; fi; exec \"$@\"";

static void where_the_system_has_no_authorities_it_is_said_what_to_install(void **state)
{
    char url[96], server[96], log[256];
    (void) state;
    const char *const can[] = {"/bin/sh", "-c", WITHOUT_AUTHORITIES, "sh", "/bin/true", NULL};
    (void) snprintf(log, sizeof log, "%s/without.log", dir);
    assert_int_equal(running_start(&relay, log, can), 0);
    if (running_end(&relay, 0) != 0) {
        print_message("skipped: no file system may be mounted here in a namespace of one's own\n");
        skip();
    }
    assert_int_equal(front_start(&front, FRONT_GOOD, &authority, witness.port), 0);
    url_of("https", "127.0.0.1", front.port, url);
    write_policy(url);
    url_of("http", "127.0.0.1", service.port, server);
    const char *const argv[] = {"/bin/sh", "-c",       WITHOUT_AUTHORITIES, "sh",      tally, "relay",  "--server",
                                server,    "--policy", policy_file,         "--allow", "w",   "--once", NULL};
    assert_int_equal(running_start(&relay, log, argv), 0);
    assert_int_equal(running_says(&relay, "install the package ca-certificates, or name them by --cacert FILE"), 0);
    assert_int_equal(running_end(&relay, 0), 1);
    const char *const ask[] = {"/bin/sh", "-c", WITHOUT_AUTHORITIES, "sh", tally, "--server", url, "log", NULL};
    assert_int_equal(running_start(&relay, log, ask), 0);
    assert_int_equal(running_says(&relay, "install the package ca-certificates\n"), 0);
    assert_int_equal(running_end(&relay, 0), 1);
}

/* `tally` has the system's authorities only, none of which has signed it. */
static void tally_does_not_speak_to_a_service_whose_certificate_is_not_right(void **state)
{
    char server[96], log[256], wanted[160];
    (void) state;
    assert_int_equal(front_start(&front, FRONT_GOOD, &authority, service.port), 0);
    url_of("https", "127.0.0.1", front.port, server);
    (void) snprintf(log, sizeof log, "%s/tally.log", dir);
    const char *const argv[] = {tally, "--server", server, "log", NULL};
    assert_int_equal(running_start(&relay, log, argv), 0);
    (void) snprintf(wanted, sizeof wanted, "tally: the certificate of %s is not accepted: ", server);
    assert_int_equal(running_says(&relay, wanted), 0);
    assert_int_equal(running_end(&relay, 0), 1);
    assert_int_equal(atomic_load(&front.handshakes), 0);
}

static void a_certificate_that_is_not_right_costs_the_cosignature(void **state)
{
    static const struct {
        enum front_kind kind;
        bool is_strange, is_systems;
        const char *says;
    } cases[] = {{FRONT_GOOD, true, false, "its certificate is not accepted"}, /* of another authority */
                 {FRONT_GOOD, false, true, "its certificate is not accepted"}, /* of none that the system knows */
                 {FRONT_OTHER_HOST, false, false, "its certificate is not accepted"},
                 {FRONT_EXPIRED, false, false, "certificate has expired"},
                 {FRONT_NOT_YET, false, false, "certificate is not yet valid"},
                 {FRONT_PLAIN, false, false, "relay.witness_away"}};
    char url[96], server[96];
    (void) state;
    url_of("http", "127.0.0.1", service.port, server);
    grow();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(front_start(&front, cases[i].kind, &authority, witness.port), 0);
        url_of("https", "127.0.0.1", front.port, url);
        write_policy(url);
        relay_start(server, cases[i].is_systems ? NULL : cases[i].is_strange ? stranger_file : authority_file, "--once");
        assert_int_equal(running_says(&relay, cases[i].says), 0);
        assert_int_equal(running_says(&relay, "the quorum is not met"), 0);
        assert_int_equal(running_end(&relay, 0), 1);
        front_stop(&front);
    }
    bool is_cosigned = true;
    while (!is_published(&is_cosigned))
        pause_briefly();
    assert_false(is_cosigned);
}

/* Neither down to http nor anywhere else. */
static void a_redirect_is_not_followed(void **state)
{
    char url[96], server[96];
    (void) state;
    scripted = (struct scripted){.name = "w.example", .mode = SCRIPTED_REDIRECT};
    assert_int_equal(scripted_start(&scripted), 0);
    assert_int_equal(front_start(&front, FRONT_GOOD, &authority, scripted.port), 0);
    url_of("http", "127.0.0.1", service.port, server);
    url_of("https", "127.0.0.1", front.port, url);
    write_policy(url);
    grow();
    relay_start(server, authority_file, "--once");
    assert_int_equal(running_says(&relay, "it answers 307, and redirects are not followed"), 0);
    assert_int_equal(running_end(&relay, 0), 1);
    assert_int_equal(atomic_load(&scripted.requests), 1);
    assert_int_equal(atomic_load(&front.handshakes), 1);
}

/* A connection that the proxy has cut is made anew, and kills nobody. */
static void a_proxy_that_hangs_up_is_come_back_to(void **state)
{
    char url[96], server[96];
    (void) state;
    url_of("http", "127.0.0.1", service.port, server);
    assert_int_equal(front_start(&front, FRONT_GOOD, &authority, witness.port), 0);
    url_of("https", "127.0.0.1", front.port, url);
    write_policy(url);
    relay_start(server, authority_file, NULL);
    grow();
    await_cosigned();
    atomic_store(&front.upstream, 0);
    assert_int_equal(running_end(&witness.running, SIGKILL), 128 + SIGKILL);
    grow();
    assert_int_equal(running_says(&relay, "relay.witness_away"), 0);
    assert_int_equal(witness_run_start(&witness, ledger_vkey), 0);
    atomic_store(&front.upstream, witness.port);
    await_cosigned();
}

static void a_file_without_certificates_is_said_at_the_start(void **state)
{
    char path[256];
    (void) state;
    (void) snprintf(path, sizeof path, "%s/nothing", dir);
    relay_start("http://127.0.0.1:1", path, "--once"); /* not there */
    assert_int_equal(running_says(&relay, path), 0);
    assert_int_not_equal(running_end(&relay, 0), 0);
    relay_start("http://127.0.0.1:1", policy_file, "--once");
    assert_int_equal(running_says(&relay, "has no certificate in it (PEM)"), 0);
    assert_int_equal(running_end(&relay, 0), 2);
}

/* ---- a ledger that goes away ---- */

static void service_stop_only(void)
{
    assert_int_equal(service_signal(&service, SIGTERM), 0);
    assert_int_equal(service_wait(&service), 0);
}

/* data takes the place of the service's, which are kept as `aside`. */
static void swap(const char *data, const char *aside)
{
    char command[800];
    service_stop_only();
    (void) snprintf(command, sizeof command, "mv '%s' '%s.%s' && mv '%s.%s' '%s'", service.data, service.data, aside,
                    service.data, data, service.data);
    assert_int_equal(system(command), 0);
    assert_int_equal(service_restart(&service), 0);
}

static void relay_to_front(void)
{
    char server[96], url[96];
    url_of("http", "127.0.0.1", witness.port, url);
    write_policy(url);
    assert_int_equal(front_start(&before_ledger, FRONT_PLAIN, NULL, service.port), 0);
    url_of("http", "127.0.0.1", before_ledger.port, server);
    relay_start(server, NULL, NULL);
    grow();
    await_cosigned();
    atomic_store(&before_ledger.upstream, 0);
    assert_int_equal(running_says(&relay, "relay.ledger_away"), 0);
}

static void relay_from_front(void)
{
    assert_int_equal(running_end(&relay, SIGTERM), 0);
    front_stop(&before_ledger);
}

/* Its data as they were before: an older dump, with the files beside it as old. It has been away, and that is not all. */
static void a_ledger_that_comes_back_with_less_is_told_apart_from_one_that_was_away(void **state)
{
    char command[800];
    (void) state;
    service_stop_only();
    (void) snprintf(command, sizeof command, "cp -a '%s' '%s.old'", service.data, service.data);
    assert_int_equal(system(command), 0);
    assert_int_equal(service_restart(&service), 0);
    relay_to_front();
    atomic_store(&before_ledger.upstream, service.port);
    assert_int_equal(running_says(&relay, "relay.ledger_back"), 0);
    grow();
    await_cosigned(); /* an entry more than the old one and one */
    assert_int_equal(running_count(&relay, "relay.ledger_wrong"), 0);
    atomic_store(&before_ledger.upstream, 0);
    while (running_count(&relay, "relay.ledger_away") < 2)
        pause_briefly();
    swap("old", "new");
    grow(); /* another history, from here on */
    atomic_store(&before_ledger.upstream, service.port);
    assert_int_equal(running_says(&relay, "relay.ledger_wrong"), 0);
    assert_int_equal(running_says(&relay, "entries were lost"), 0);
    relay_from_front();
    swap("new", "old");
    relay_to_front();
    swap("old", "new");
    grow();
    grow(); /* to as many as the other one has */
    for (bool is_cosigned = false; !is_published(&is_cosigned);)
        pause_briefly();
    atomic_store(&before_ledger.upstream, service.port);
    assert_int_equal(running_says(&relay, "with another root: two histories are shown"), 0);
    relay_from_front();
    swap("new", "old");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(over_https_with_the_right_certificate_it_is_cosigned, after_each),
        cmocka_unit_test_teardown(the_ledger_may_be_behind_https_too, after_each),
        cmocka_unit_test_teardown(a_certificate_that_is_not_right_costs_the_cosignature, after_each),
        cmocka_unit_test_teardown(where_the_system_has_no_authorities_it_is_said_what_to_install, after_each),
        cmocka_unit_test_teardown(tally_does_not_speak_to_a_service_whose_certificate_is_not_right, after_each),
        cmocka_unit_test_teardown(a_redirect_is_not_followed, after_each),
        cmocka_unit_test_teardown(a_proxy_that_hangs_up_is_come_back_to, after_each),
        cmocka_unit_test_teardown(a_file_without_certificates_is_said_at_the_start, after_each),
        cmocka_unit_test_teardown(a_ledger_that_comes_back_with_less_is_told_apart_from_one_that_was_away, after_each),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
