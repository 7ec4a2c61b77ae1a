/* The service's life: drained by SIGTERM, killed with -9, its database killed under it. What was acknowledged is there, once. */
#include "http_help.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "tally/pg.h"
#include "tally/text.h"

#define CLIENTS 8
#define ACKNOWLEDGED_MAX 20000
#define BEFORE_THE_BLOW 200 /* statements acknowledged, so that the service is in the middle of its work */

/* Clients that submit results one after another until the service goes, and remember what it acknowledged. */
static struct {
    atomic_int acknowledged, other_answers, number;
    atomic_bool is_over;
    char jtis[ACKNOWLEDGED_MAX][24];
    uint64_t seqs[ACKNOWLEDGED_MAX];
} load;

#define RESULT "{\"dimensions\":{\"period\":\"%d\"},\"indicator\":\"days\",\"value\":\"90\",\"version\":1}"

static bool submit(struct http_client *client, const struct service_actor *actor)
{
    char body[256], jti[23], seq[32] = "";
    struct http_reply reply;
    struct buf jws;
    buf_init(&jws, 4096);
    (void) snprintf(body, sizeof body, RESULT, atomic_fetch_add(&load.number, 1));
    ENSURE(statement_new_jti(jti, NULL) == TALLY_OK);
    const struct service_twist twist = {.jti = slice_str(jti)};
    ENSURE(service_sign(&service, actor, "/v1/results", slice_str(body), &twist, &jws) == 0);
    bool is_answered = service_exchange(client, "/v1/results", buf_slice(&jws), NULL, slice_str(body), &reply) == 0;
    if (is_answered && reply.status == 201 && http_reply_member(&reply, "seq", seq, sizeof seq)) {
        int i = atomic_fetch_add(&load.acknowledged, 1);
        ENSURE(i < ACKNOWLEDGED_MAX);
        (void) snprintf(load.jtis[i], sizeof load.jtis[i], "%s", jti);
        load.seqs[i] = strtoull(seq, NULL, 10);
    } else if (is_answered && reply.status != 503) {
        print_message("%d %s\n", reply.status, reply.body);
        atomic_fetch_add(&load.other_answers, 1);
    }
    char value[16] = "";
    bool is_last =
        !is_answered || (http_reply_header(&reply, "Connection", value, sizeof value) && strcmp(value, "close") == 0);
    http_reply_release(&reply);
    buf_release(&jws);
    return !is_last;
}

static void *submit_many(void *arg)
{
    const struct service_actor *actor = arg;
    struct http_client client;
    if (http_client_open(&client, service.port) != 0)
        return NULL;
    while (!atomic_load(&load.is_over) && submit(&client, actor))
        continue;
    http_client_close(&client);
    return NULL;
}

static struct service_actor reporter;
static pthread_t threads[CLIENTS];

static int start_with_reporter(void **state)
{
    struct http_reply reply;
    if (start_service(state) != 0 || service_register(&service, "reporter", "backbone", &reporter) != 0 ||
        service_post(&service, &reporter, "/v1/indicators",
                     "{\"definition\":\"Days\",\"id\":\"days\",\"kind\":\"outcome\",\"name\":\"Days\",\"unit\":\"days\","
                     "\"version\":1}",
                     &reply) != 0)
        return -1;
    int status = reply.status;
    http_reply_release(&reply);
    return status == 201 ? 0 : -1;
}

static int stop_with_reporter(void **state)
{
    service_actor_release(&reporter);
    return stop_service(state);
}

/* Returns once enough has been acknowledged, with the clients going on. */
static void load_begin(void)
{
    (void) head_now();
    atomic_store(&load.acknowledged, 0);
    atomic_store(&load.other_answers, 0);
    atomic_store(&load.is_over, false);
    for (size_t i = 0; i < CLIENTS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, submit_many, &reporter), 0);
    while (atomic_load(&load.acknowledged) < BEFORE_THE_BLOW)
        sched_yield();
}

static void load_end(void)
{
    for (size_t i = 0; i < CLIENTS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(atomic_load(&load.other_answers), 0);
}

/* Every statement that was acknowledged is in the archive, at the number it was told, once. */
static void assert_all_there(void)
{
    struct http_reply archive;
    int count = atomic_load(&load.acknowledged);
    assert_int_equal(service_get(&service, "/v1/archive", &archive), 0);
    assert_int_equal(archive.status, 200);
    assert_false(archive.is_cut);
    for (int i = 0; i < count; i++) {
        char wanted[64];
        /* the header stands in the line as a JSON string */
        (void) snprintf(wanted, sizeof wanted, "\\\"jti\\\":\\\"%s\\\"", load.jtis[i]);
        const char *at = strstr(archive.body, wanted);
        assert_non_null(at);
        assert_null(strstr(at + 1, wanted));
        const char *seq = strstr(at, "\\\"seq\\\":");
        assert_non_null(seq);
        assert_int_equal(strtoull(seq + 8, NULL, 10), load.seqs[i]);
    }
    http_reply_release(&archive);
}

static void sigterm_answers_what_waits_and_ends(void **state)
{
    (void) state;
    load_begin();
    assert_int_equal(service_signal(&service, SIGTERM), 0);
    load_end();
    assert_int_equal(service_wait(&service), 0);
    assert_int_equal(service_restart(&service), 0);
    assert_all_there();
}

static void what_was_acknowledged_survives_kill_9(void **state)
{
    (void) state;
    load_begin();
    assert_int_equal(service_signal(&service, SIGKILL), 0);
    load_end();
    assert_int_equal(service_wait(&service), 128 + SIGKILL);
    assert_int_equal(service_restart(&service), 0);
    assert_all_there();
    struct http_reply reply;
    char body[256];
    (void) snprintf(body, sizeof body, RESULT, atomic_fetch_add(&load.number, 1));
    assert_int_equal(service_post(&service, &reporter, "/v1/results", body, &reply), 0);
    assert_reply(&reply, 201, NULL);
}

/* The first line of postmaster.pid. */
/* 0 while there is none: between the death of one and the start of the next. */
static pid_t postmaster(void)
{
    char path[256], line[32] = "";
    (void) snprintf(path, sizeof path, "%s/postgres/postmaster.pid", service.data);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return 0;
    bool is_read = fgets(line, sizeof line, file) != NULL;
    (void) fclose(file);
    return is_read ? (pid_t) strtol(line, NULL, 10) : 0;
}

static void the_service_goes_on_when_its_database_is_killed(void **state)
{
    struct http_reply reply;
    char body[256];
    (void) state;
    load_begin();
    pid_t killed = postmaster();
    assert_true(killed > 1);
    assert_int_equal(kill(killed, SIGKILL), 0);
    /* sessions of the killed server may still commit before they notice: what counts is what a new one records */
    for (pid_t now = killed; kill(service.pid, 0) == 0 && (now == killed || now == 0); now = postmaster())
        sched_yield();
    /* the clients go on through 503s until the service records again: nobody lends a hand */
    int before = atomic_load(&load.acknowledged);
    while (atomic_load(&load.acknowledged) < before + BEFORE_THE_BLOW && kill(service.pid, 0) == 0)
        sched_yield();
    atomic_store(&load.is_over, true);
    load_end();
    assert_int_not_equal(postmaster(), killed);
    assert_int_equal(service_ready(&service), 0);
    assert_all_there();
    (void) snprintf(body, sizeof body, RESULT, atomic_fetch_add(&load.number, 1));
    assert_int_equal(service_post(&service, &reporter, "/v1/results", body, &reply), 0);
    assert_reply(&reply, 201, NULL);
}

/* A drain that was asked for twice does not wait: a client that never finishes its request keeps nobody. */
static void a_second_signal_is_quicker(void **state)
{
    struct http_client client;
    (void) state;
    assert_int_equal(http_client_open(&client, service.port), 0);
    assert_int_equal(http_client_send_text(&client, "GET /v1/ledger HTTP/1.1\r\nHost: t\r\nX-Y: "), 0);
    struct http_reply reply;
    assert_int_equal(service_get(&service, "/healthz", &reply), 0);
    assert_reply(&reply, 200, NULL);
    assert_int_equal(service_signal(&service, SIGTERM), 0);
    assert_int_equal(service_signal(&service, SIGTERM), 0);
    assert_int_equal(service_wait(&service), 0);
    http_client_close(&client);
    assert_int_equal(service_restart(&service), 0);
}

/* A lock on its table, a disk that hangs: nobody knows for how long. */
static void an_archive_that_the_database_holds_up_holds_up_no_stop(void **state)
{
    struct http_client client;
    struct pg *pg = NULL;
    struct err err = {0};
    int64_t waiting = 0;
    (void) state;
    assert_int_equal(service_database(&service, &pg), 0);
    assert_int_equal(pg_begin(pg, &err), TALLY_OK);
    assert_int_equal(pg_exec_text(pg, "LOCK TABLE ledger.body IN ACCESS EXCLUSIVE MODE", NULL, &err), TALLY_OK);
    assert_int_equal(http_client_open(&client, service.port), 0);
    assert_int_equal(http_client_send_text(&client, "GET /v1/archive HTTP/1.1\r\nHost: t\r\n\r\n"), 0);
    while (waiting == 0)
        assert_int_equal(service_number(&service,
                                        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'tallyd-archive' "
                                        "AND wait_event_type = 'Lock'",
                                        &waiting),
                         0);
    assert_int_equal(service_signal(&service, SIGTERM), 0);
    assert_int_equal(service_signal(&service, SIGTERM), 0);
    assert_int_equal(service_wait(&service), 0);
    http_client_close(&client);
    pg_free(pg);
    assert_int_equal(service_restart(&service), 0);
    assert_all_there();
}

/* ---- answers that take longer than the service waits for them ---- */

static int start_hasty(void **state)
{
    static const char *const args[] = {"--answer-ms", "1", NULL};
    (void) state;
    /* readiness and reads are answered in time or asked again */
    if (service_start(&service, args) == 0)
        return 0;
    service_stop(&service);
    return -1;
}

static struct head head_patiently(void)
{
    struct http_reply reply;
    char seq[32], hash[80];
    for (;;) {
        assert_int_equal(service_get(&service, "/v1/ledger", &reply), 0);
        bool is_there = reply.status == 200 && http_reply_member(&reply, "seq", seq, sizeof seq) &&
                        http_reply_member(&reply, "hash", hash, sizeof hash);
        if (!is_there)
            assert_int_equal(reply.status, 503);
        http_reply_release(&reply);
        if (!is_there)
            continue;
        struct head head = {strtoull(seq, NULL, 10), {{0}}};
        assert_int_equal(text_unhex(slice_str(hash), head.hash.bytes, DIGEST_LEN), TALLY_OK);
        return head;
    }
}

/* 503 says that nobody knows; the same bytes again say what became of it, and it was recorded once. */
static void who_got_no_answer_in_time_asks_again(void **state)
{
    struct http_reply reply;
    struct http_client client;
    struct buf body, jws;
    struct service_actor actor;
    char code[32] = "";
    int status = 0;
    (void) state;
    buf_init(&body, 4096);
    buf_init(&jws, 4096);
    struct head before = head_patiently();
    service.head_seq = before.seq;
    service.head_hash = before.hash;
    assert_int_equal(service_actor_new(&actor, "patient"), 0);
    service_registration(&actor, "person", "", &body);
    assert_int_equal(service_sign(&service, &service.operator, "/v1/actors", buf_slice(&body), NULL, &jws), 0);
    assert_int_equal(http_client_open(&client, service.port), 0);
    while (status != 201) {
        assert_int_equal(service_exchange(&client, "/v1/actors", buf_slice(&jws), NULL, buf_slice(&body), &reply), 0);
        status = reply.status;
        if (status != 201) {
            assert_int_equal(status, 503);
            assert_true(http_reply_member(&reply, "code", code, sizeof code));
            assert_string_equal(code, "request.timeout");
        }
        http_reply_release(&reply);
    }
    assert_int_equal(head_patiently().seq, before.seq + 1);
    http_client_close(&client);
    service_actor_release(&actor);
    buf_release(&jws);
    buf_release(&body);
}

int main(void)
{
    if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sigterm_answers_what_waits_and_ends),
        cmocka_unit_test(what_was_acknowledged_survives_kill_9),
        cmocka_unit_test(the_service_goes_on_when_its_database_is_killed),
        cmocka_unit_test(a_second_signal_is_quicker),
        cmocka_unit_test(an_archive_that_the_database_holds_up_holds_up_no_stop),
    };
    const struct CMUnitTest hasty[] = {cmocka_unit_test(who_got_no_answer_in_time_asks_again)};
    int failed = cmocka_run_group_tests(tests, start_with_reporter, stop_with_reporter);
    return failed + cmocka_run_group_tests(hasty, start_hasty, stop_service);
}
