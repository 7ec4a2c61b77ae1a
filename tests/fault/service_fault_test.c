/* The whole service under load while it and its database are killed with -9, round after round. Each client sends one statement
 * until it is acknowledged, the same bytes again after every 503 and every broken connection; so afterwards every statement is
 * recorded, and none twice. ROUNDS in the environment says how many rounds (make test-faults ROUNDS=1000). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../support/audit.h"
#include "tally/instant.h"
#include "tally/pg.h"

#define CLIENTS 8
#define ROUNDS_DEFAULT 9 /* three of each kind */
#define AUDIT_EVERY 100  /* rounds; and at the end */
#define ACKNOWLEDGED_MAX 4000000
#define ROUND_STATEMENTS 40 /* acknowledged between two blows, so that each falls into work */
#define SENDS_MAX 1000000   /* of one statement; then the service does not come back */
#define RESULT "{\"dimensions\":{\"period\":\"%d\"},\"indicator\":\"days\",\"value\":\"90\",\"version\":1}"

struct acknowledged {
    char jti[24];
    uint64_t seq;
};

static struct service service;
static struct service_actor reporter;
static pthread_t threads[CLIENTS];
static struct acknowledged *acknowledged; /* each written by one client, read when all have ended */
static atomic_int acknowledged_count, numbers, refusals, breaks, replays, unexpected;
static atomic_bool is_over;
static atomic_int port;

static int start(void **state)
{
    struct http_reply reply = {0};
    (void) state;
    acknowledged = calloc(ACKNOWLEDGED_MAX, sizeof *acknowledged); /* untouched pages cost nothing */
    if (acknowledged == NULL || service_start(&service, NULL) != 0 ||
        service_register(&service, "reporter", "backbone", &reporter) != 0 ||
        service_post(&service, &reporter, "/v1/indicators",
                     "{\"definition\":\"Days\",\"id\":\"days\",\"kind\":\"outcome\",\"name\":\"Days\",\"unit\":\"days\","
                     "\"version\":1}",
                     &reply) != 0 ||
        service_head(&service) != 0)
        return -1;
    int status = reply.status;
    http_reply_release(&reply);
    return status == 201 ? 0 : -1;
}

static int stop(void **state)
{
    (void) state;
    service_actor_release(&reporter);
    service_stop(&service);
    free(acknowledged);
    return 0;
}

/* ---- clients ---- */

/* What every client does after a 503: the service and its database have better use for the processor. */
static void come_back_later(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
}

/* One try. True: it is acknowledged, at *seq. */
static bool try_once(struct http_client *client, struct slice jws, struct slice body, uint64_t *seq)
{
    struct http_reply reply = {0};
    char text[32] = "";
    bool is_acknowledged = false;
    if (client->fd < 0 && http_client_open(client, (uint16_t) atomic_load(&port)) != 0) {
        come_back_later(); /* nobody listens while it starts again */
        return false;
    }
    if (service_exchange(client, "/v1/results", jws, NULL, body, &reply) != 0) {
        atomic_fetch_add(&breaks, 1);
        http_client_close(client);
    } else if (reply.status == 201 && !reply.is_cut && http_reply_member(&reply, "seq", text, sizeof text)) {
        is_acknowledged = true;
        *seq = strtoull(text, NULL, 10);
        if (http_reply_header(&reply, "Idempotency-Replayed", text, sizeof text))
            atomic_fetch_add(&replays, 1);
    } else if (reply.status == 503) {
        atomic_fetch_add(&refusals, 1);
        come_back_later();
    } else if (!reply.is_cut) {
        print_message("%d %s\n", reply.status, reply.body);
        atomic_fetch_add(&unexpected, 1);
    }
    char value[16] = "";
    if (reply.head != NULL && http_reply_header(&reply, "Connection", value, sizeof value) && strcmp(value, "close") == 0)
        http_client_close(client);
    http_reply_release(&reply);
    return is_acknowledged;
}

/* False: it was not acknowledged, however often it was sent. */
static bool submit(struct http_client *client)
{
    char body[256], jti[23];
    struct buf jws;
    uint64_t seq = 0;
    int sends = 0;
    buf_init(&jws, 4096);
    (void) snprintf(body, sizeof body, RESULT, atomic_fetch_add(&numbers, 1));
    ENSURE(statement_new_jti(jti, NULL) == TALLY_OK);
    const struct service_twist twist = {.jti = slice_str(jti)};
    ENSURE(service_sign(&service, &reporter, "/v1/results", slice_str(body), &twist, &jws) == 0);
    while (sends < SENDS_MAX && atomic_load(&unexpected) == 0 && !try_once(client, buf_slice(&jws), slice_str(body), &seq))
        sends++;
    buf_release(&jws);
    if (seq == 0)
        return false;
    int i = atomic_fetch_add(&acknowledged_count, 1);
    ENSURE(i < ACKNOWLEDGED_MAX);
    (void) snprintf(acknowledged[i].jti, sizeof acknowledged[i].jti, "%s", jti);
    acknowledged[i].seq = seq;
    return true;
}

static void *submit_many(void *arg)
{
    struct http_client client = {.fd = -1};
    (void) arg;
    while (!atomic_load(&is_over) && submit(&client))
        continue;
    http_client_close(&client);
    return NULL;
}

/* Until so many more are acknowledged; 0, or -1 when the clients have given up. */
static int work_on(int more)
{
    int want = atomic_load(&acknowledged_count) + more;
    int64_t until_us = instant_monotonic_us() + INT64_C(1000) * SERVICE_READY_MS;
    while (atomic_load(&acknowledged_count) < want) {
        if (instant_monotonic_us() > until_us || atomic_load(&unexpected) > 0)
            return -1;
        come_back_later();
    }
    return 0;
}

static void clients_begin(void)
{
    atomic_store(&is_over, false);
    atomic_store(&port, service.port);
    for (size_t i = 0; i < CLIENTS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, submit_many, NULL), 0);
}

static void clients_end(void)
{
    atomic_store(&is_over, true);
    for (size_t i = 0; i < CLIENTS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(atomic_load(&unexpected), 0);
}

/* ---- blows ---- */

/* The first line of postmaster.pid, or 0. */
static pid_t postmaster(void)
{
    char path[256], line[32] = "";
    (void) snprintf(path, sizeof path, "%s/postgres/postmaster.pid", service.data);
    FILE *file = fopen(path, "re");
    char *got = file == NULL ? NULL : fgets(line, sizeof line, file);
    if (file != NULL)
        (void) fclose(file);
    return got == NULL ? 0 : (pid_t) strtol(line, NULL, 10);
}

static int kill_database(void)
{
    pid_t pid = postmaster();
    return pid > 1 ? kill(pid, SIGKILL) : -1;
}

/* What a supervisor does. */
static int restart(void)
{
    if (service_wait(&service) != 128 + SIGKILL || service_restart(&service) != 0)
        return -1;
    atomic_store(&port, service.port);
    return 0;
}

static int blow(int round)
{
    switch (round % 3) {
    case 0: /* tallyd starts it again by itself */
        return kill_database();
    case 1: /* its database stops in order, since its parent is gone */
        return service_signal(&service, SIGKILL) == 0 ? restart() : -1;
    default: /* as when the machine loses its power */
        return kill_database() == 0 && service_signal(&service, SIGKILL) == 0 ? restart() : -1;
    }
}

/* ---- afterwards ---- */

static int by_seq(const void *a, const void *b)
{
    const struct acknowledged *x = a, *y = b;
    return (x->seq > y->seq) - (x->seq < y->seq);
}

struct compare {
    size_t at, count;
};

/* The reporter's statements in the ledger and those that were acknowledged, one beside the other. */
static enum tally_code compare_one(void *ctx, const struct pg_rows *row, struct err *err)
{
    struct compare *compare = ctx;
    uint64_t seq = (uint64_t) pg_get_int8(row, 0, 0);
    if (compare->at == compare->count)
        return err_set(err, TALLY_E_INTEGRITY, "entry %llu was never acknowledged", (unsigned long long) seq);
    const struct acknowledged *want = &acknowledged[compare->at++];
    if (want->seq != seq || !slice_is(pg_get_bytes(row, 0, 1), want->jti))
        return err_set(err, TALLY_E_INTEGRITY, "entry %llu is not what was acknowledged as %llu (%s)",
                       (unsigned long long) seq, (unsigned long long) want->seq, want->jti);
    return TALLY_OK;
}

/* With no client at work: every acknowledged statement is there, at its number, once, and nothing else. */
static void assert_exactly_once(void)
{
    static const struct pg_statement entries = {
        "test_entries", "SELECT seq::bigint, jti::text FROM ledger.entry WHERE type = 'result.submitted' ORDER BY seq"};
    struct compare compare = {.count = (size_t) atomic_load(&acknowledged_count)};
    struct pg *pg = NULL;
    struct err err = {0};
    qsort(acknowledged, compare.count, sizeof *acknowledged, by_seq);
    assert_int_equal(service_database(&service, &pg), 0);
    if (pg_stream(pg, &entries, NULL, compare_one, &compare, &err) != TALLY_OK)
        fail_msg("%s", err.detail);
    pg_free(pg);
    assert_int_equal(compare.at, compare.count);
}

static void assert_whole(void)
{
    clients_end();
    assert_int_equal(service_ready(&service), 0);
    assert_exactly_once();
    assert_int_equal(service_audit(&service), 0);
}

static void what_was_acknowledged_survives_every_kill(void **state)
{
    const char *text = getenv("ROUNDS");
    int rounds = text == NULL || text[0] == '\0' ? ROUNDS_DEFAULT : (int) strtol(text, NULL, 10);
    int64_t begun_us = instant_monotonic_us();
    (void) state;
    assert_in_range(rounds, 1, 1000000);
    clients_begin();
    for (int round = 0; round < rounds; round++) {
        if (work_on(ROUND_STATEMENTS) != 0 || blow(round) != 0)
            fail_msg("round %d: the service does not resume", round);
        if ((round + 1) % AUDIT_EVERY != 0)
            continue;
        if (work_on(ROUND_STATEMENTS) != 0)
            fail_msg("round %d: the service does not resume", round);
        assert_whole();
        (void) printf("faults: %d rounds so far, %d statements, %lld s\n", round + 1, atomic_load(&acknowledged_count),
                      (long long) (instant_monotonic_us() - begun_us) / 1000000);
        (void) fflush(stdout);
        clients_begin();
    }
    if (work_on(ROUND_STATEMENTS) != 0)
        fail_msg("the service does not resume after the last round");
    assert_whole();
    (void) printf("faults: %d rounds, %d statements acknowledged, %d answered 503 and %d cut on the way, %d found recorded "
                  "when sent again, %lld s\n",
                  rounds, atomic_load(&acknowledged_count), atomic_load(&refusals), atomic_load(&breaks),
                  atomic_load(&replays), (long long) (instant_monotonic_us() - begun_us) / 1000000);
}

int main(void)
{
    if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
        return 1;
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_was_acknowledged_survives_every_kill)};
    return cmocka_run_group_tests(tests, start, stop);
}
