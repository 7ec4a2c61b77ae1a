/* Many actors at once on one contract, each with a connection and a thread of its own: whatever the order of arrival, each result
 * becomes final once, each payment is triggered once, and no more is settled than is due. A fresh service on the same database says
 * the same about all of it. */
#include "http_help.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>

#include "../support/audit.h"
#include "tally/canon.h"
#include "tally/diag.h"
#include "tally/terms.h"

#define EVALUATORS 61 /* with payer, payee and reporter 64 actors */
#define SITES 4       /* results that all of them verify at once */
#define SETTLERS 16   /* of each of payer and payee; together twice what is due */
#define SHARE "62.50" /* of 1,000.00 for each site */
#define THREADS_MAX (EVALUATORS + 2 * SETTLERS)

static struct service_actor payer, payee, reporter, evaluators[EVALUATORS];
static char results[SITES][32], payments[SITES][32];

/* ---- threads ---- */

struct job {
    const struct service_actor *actor;
    const char *expected; /* code of a refusal that is right */
    char paths[SITES][160];
    const char *bodies[SITES]; /* NULL: no more */
    int accepted, refused, otherwise, triggered;
};

static struct job jobs[THREADS_MAX];

static void do_one(struct job *job, struct http_client *client, size_t i)
{
    struct http_reply reply;
    struct buf jws;
    char code[64] = "";
    struct slice body = slice_str(job->bodies[i]);
    buf_init(&jws, 4096);
    if (service_sign(&service, job->actor, job->paths[i], body, NULL, &jws) != 0 ||
        service_exchange(client, job->paths[i], buf_slice(&jws), NULL, body, &reply) != 0) {
        job->otherwise++;
        buf_release(&jws);
        return;
    }
    (void) http_reply_member(&reply, "code", code, sizeof code);
    if (reply.status == 201) {
        job->accepted++;
        job->triggered += strstr(reply.body, "payment.triggered") != NULL;
    } else if (strcmp(code, job->expected) == 0) {
        job->refused++;
    } else {
        (void) fprintf(stderr, "%s\n", reply.body);
        job->otherwise++;
    }
    http_reply_release(&reply);
    buf_release(&jws);
}

static void *work(void *arg)
{
    struct job *job = arg;
    struct http_client client;
    if (http_client_open(&client, service.port) != 0) {
        job->otherwise++;
        return NULL;
    }
    for (size_t i = 0; i < SITES && job->bodies[i] != NULL; i++)
        do_one(job, &client, i);
    http_client_close(&client);
    return NULL;
}

/* All at once; the sums of what they count. */
static struct job run(size_t count)
{
    pthread_t threads[THREADS_MAX];
    struct job sum = {0};
    (void) head_now(); /* the head that all of them name */
    for (size_t i = 0; i < count; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, work, &jobs[i]), 0);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        sum.accepted += jobs[i].accepted;
        sum.refused += jobs[i].refused;
        sum.otherwise += jobs[i].otherwise;
        sum.triggered += jobs[i].triggered;
    }
    return sum;
}

/* ---- the contract: every evaluator must have verified ---- */

static void terms_text(struct buf *out)
{
    struct buf text;
    struct err err = {0};
    struct arena *arena = arena_new(4u << 20);
    struct diags diags;
    buf_init(&text, 65536);
    buf_add_str(&text, "terms 1\ncontract sites \"Sites\"\ncurrency USD rounded to 0.01, half even\nclock UTC\n"
                       "runs 2016-01-01 to 2020-12-31\ncloses 2099-12-31\n"
                       "party payer outcome payer \"Payer\"\nparty payee investor \"Payee\"\n"
                       "party reporter provider \"Reporter\"\n");
    for (int i = 0; i < EVALUATORS; i++)
        buf_printf(&text, "party e%d evaluator \"E%d\"\n", i, i);
    buf_add_str(&text, "in force when payer and payee have signed\n"
                       "disputes decided by e0 within 45 days, otherwise stands\n"
                       "dimension site (a \"A\", b \"B\", c \"C\", d \"D\")\n"
                       "metric days is days version 1 in days between 0 and 1_000\n  by site\n"
                       "  reported by reporter\n  verified by ");
    for (int i = 0; i < EVALUATORS; i++)
        buf_printf(&text, "%se%d", i == 0 ? "" : " and ", i);
    buf_add_str(&text, "\n  disputes within 30 days\npay housing from payer to payee\n  for each site\n"
                       "  amount 12.50 per day of days\n");
    diags_init(&diags, arena);
    if (terms_format(buf_slice(&text), &diags, out, &err) != TALLY_OK)
        fail_msg("%s", err.detail);
    arena_free(arena);
    buf_release(&text);
}

static void add_party(struct buf *out, const char *name, const struct service_actor *actor)
{
    buf_printf(out, "\"%s\":{\"actor\":\"%s\",\"kid\":\"%s\"},", name, actor->id, actor->kid.text);
}

static void post_ok(const struct service_actor *actor, const char *path, const char *body, char seq[32])
{
    struct http_reply reply;
    char ignored[32];
    assert_int_equal(service_post(&service, actor, path, body, &reply), 0);
    assert_true(http_reply_member(&reply, reply.status == 201 ? "seq" : "status", seq == NULL ? ignored : seq, 32));
    assert_reply(&reply, 201, NULL);
}

static void propose_and_sign(void)
{
    struct buf terms, body;
    struct http_reply reply;
    char version[80], signature[160];
    buf_init(&terms, 65536);
    buf_init(&body, 262144);
    terms_text(&terms);
    buf_add_str(&body, "{\"id\":\"sites\",\"open\":true,\"parties\":{");
    for (int i = 0; i < EVALUATORS; i++)
        add_party(&body, evaluators[i].id, &evaluators[i]);
    add_party(&body, "payee", &payee);
    add_party(&body, "payer", &payer);
    add_party(&body, "reporter", &reporter);
    body.len--;
    buf_add_str(&body, "},\"terms\":");
    canon_quote(&body, buf_slice(&terms));
    buf_add_char(&body, '}');
    post_ok(&payer, "/v1/contracts", body.ptr, NULL);
    assert_int_equal(service_get(&service, "/v1/contracts?limit=1", &reply), 0);
    assert_true(http_reply_member(&reply, "version", version, sizeof version));
    http_reply_release(&reply);
    (void) snprintf(signature, sizeof signature, "{\"as\":\"payer\",\"version\":\"%s\"}", version);
    post_ok(&payer, "/v1/contracts/sites/signatures", signature, NULL);
    (void) snprintf(signature, sizeof signature, "{\"as\":\"payee\",\"version\":\"%s\"}", version);
    post_ok(&payee, "/v1/contracts/sites/signatures", signature, NULL);
    buf_release(&body);
    buf_release(&terms);
}

static int start_in_force(void **state)
{
    if (start_service(state) != 0 || service_register(&service, "payer", "", &payer) != 0 ||
        service_register(&service, "payee", "", &payee) != 0 || service_register(&service, "reporter", "", &reporter) != 0)
        return -1;
    for (int i = 0; i < EVALUATORS; i++) {
        char id[16];
        (void) snprintf(id, sizeof id, "e%d", i);
        if (service_register(&service, id, "", &evaluators[i]) != 0)
            return -1;
    }
    post_ok(
        &service.operator, "/v1/indicators",
        "{\"definition\":\"Days\",\"id\":\"days\",\"kind\":\"outcome\",\"name\":\"Days\",\"unit\":\"days\",\"version\":1}",
        NULL);
    propose_and_sign();
    return 0;
}

static int stop_in_force(void **state)
{
    service_actor_release(&payer);
    service_actor_release(&payee);
    service_actor_release(&reporter);
    for (int i = 0; i < EVALUATORS; i++)
        service_actor_release(&evaluators[i]);
    return stop_service(state);
}

static void assert_entries(const char *type, int64_t count)
{
    char sql[128];
    int64_t have = -1;
    (void) snprintf(sql, sizeof sql, "SELECT count(*) FROM ledger.entry WHERE type = '%s'", type);
    assert_int_equal(service_number(&service, sql, &have), 0);
    assert_int_equal(have, count);
}

/* ---- the tests ---- */

/* The same four results by eight connections at once: each is recorded once. */
static void each_result_is_recorded_once(void **state)
{
    static const char *const bodies[SITES] = {
        "{\"dimensions\":{\"site\":\"a\"},\"indicator\":\"days\",\"value\":\"80\",\"version\":1}",
        "{\"dimensions\":{\"site\":\"b\"},\"indicator\":\"days\",\"value\":\"80\",\"version\":1}",
        "{\"dimensions\":{\"site\":\"c\"},\"indicator\":\"days\",\"value\":\"80\",\"version\":1}",
        "{\"dimensions\":{\"site\":\"d\"},\"indicator\":\"days\",\"value\":\"80\",\"version\":1}"};
    struct http_reply reply;
    (void) state;
    for (size_t i = 0; i < 8; i++) {
        jobs[i] = (struct job){.actor = &reporter, .expected = "result.duplicate"};
        for (size_t site = 0; site < SITES; site++) {
            (void) snprintf(jobs[i].paths[site], sizeof jobs[i].paths[site], "/v1/results");
            jobs[i].bodies[site] = bodies[(i + site) % SITES];
        }
    }
    struct job sum = run(8);
    assert_int_equal(sum.otherwise, 0);
    assert_int_equal(sum.accepted, SITES);
    assert_int_equal(sum.refused, 8 * SITES - SITES);
    assert_entries("result.submitted", SITES);
    assert_int_equal(service_get(&service, "/v1/contracts/sites/results", &reply), 0);
    assert_int_equal(reply.status, 200);
    const char *at = reply.body;
    for (size_t site = 0; site < SITES; site++) {
        at = strstr(at, "\"seq\":");
        assert_non_null(at);
        (void) snprintf(results[site], sizeof results[site], "%llu", strtoull(at + 6, NULL, 10));
        at += 6;
    }
    http_reply_release(&reply);
}

static void the_last_of_many_verifications_triggers_each_payment_once(void **state)
{
    (void) state;
    for (size_t i = 0; i < EVALUATORS; i++) {
        jobs[i] = (struct job){.actor = &evaluators[i], .expected = "verification.done"};
        for (size_t site = 0; site < SITES; site++) {
            (void) snprintf(jobs[i].paths[site], sizeof jobs[i].paths[site], "/v1/results/%s/verifications",
                            results[(i + site) % SITES]);
            jobs[i].bodies[site] = "{}";
        }
    }
    struct job sum = run(EVALUATORS);
    assert_int_equal(sum.otherwise, 0);
    assert_int_equal(sum.accepted, EVALUATORS * SITES);
    assert_int_equal(sum.triggered, SITES);
    assert_entries("result.verified", EVALUATORS * SITES);
    assert_entries("result.finalised", SITES);
    assert_entries("payment.triggered", SITES);
}

static void no_more_is_settled_than_is_due_by_many_at_once(void **state)
{
    struct http_reply reply;
    (void) state;
    assert_int_equal(service_get(&service, "/v1/payments?contract=sites", &reply), 0);
    const char *at = reply.body;
    for (size_t i = 0; i < SITES; i++) {
        at = strstr(at, "\"seq\":");
        assert_non_null(at);
        (void) snprintf(payments[i], sizeof payments[i], "%llu", strtoull(at + 6, NULL, 10));
        at += 6;
    }
    http_reply_release(&reply);
    for (size_t i = 0; i < 2 * SETTLERS; i++) {
        jobs[i] = (struct job){.actor = i % 2 == 0 ? &payer : &payee, .expected = "settlement.exceeds"};
        for (size_t site = 0; site < SITES; site++) {
            (void) snprintf(jobs[i].paths[site], sizeof jobs[i].paths[site], "/v1/payments/%s/settlements", payments[site]);
            jobs[i].bodies[site] = "{\"amount\":\"" SHARE "\",\"paid_on\":\"2026-01-31\",\"reference\":\"x\"}";
        }
    }
    struct job sum = run(2 * SETTLERS);
    assert_int_equal(sum.otherwise, 0);
    assert_int_equal(sum.accepted, SETTLERS * SITES);
    assert_int_equal(sum.refused, SETTLERS * SITES);
    assert_entries("settlement.recorded", SETTLERS * SITES);
}

static void a_fresh_service_on_the_same_database_says_the_same(void **state)
{
    static const char *const targets[] = {"/v1/contracts/sites",
                                          "/v1/contracts/sites/state",
                                          "/v1/contracts/sites/payments",
                                          "/v1/contracts/sites/results?limit=1000",
                                          "/v1/payments",
                                          "/v1/results?limit=1000",
                                          "/v1/ledger"};
    struct http_reply before[sizeof targets / sizeof targets[0]], after;
    (void) state;
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        assert_int_equal(service_get(&service, targets[i], &before[i]), 0);
        assert_int_equal(before[i].status, 200);
    }
    assert_non_null(strstr(before[4].body, "\"outstanding\":\"0.00\""));
    assert_int_equal(service_signal(&service, SIGKILL), 0);
    (void) service_wait(&service);
    assert_int_equal(service_restart(&service), 0);
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        assert_int_equal(service_get(&service, targets[i], &after), 0);
        assert_string_equal(after.body, before[i].body);
        http_reply_release(&after);
        http_reply_release(&before[i]);
    }
    /* and it decides the same: all is verified, all is settled */
    jobs[0] = (struct job){.actor = &payer, .expected = "settlement.exceeds"};
    (void) snprintf(jobs[0].paths[0], sizeof jobs[0].paths[0], "/v1/payments/%s/settlements", payments[0]);
    jobs[0].bodies[0] = "{\"amount\":\"0.01\",\"paid_on\":\"2026-01-31\",\"reference\":\"x\"}";
    jobs[1] = (struct job){.actor = &evaluators[7], .expected = "verification.done"};
    (void) snprintf(jobs[1].paths[0], sizeof jobs[1].paths[0], "/v1/results/%s/verifications", results[0]);
    jobs[1].bodies[0] = "{}";
    struct job sum = run(2);
    assert_int_equal(sum.refused, 2);
    assert_int_equal(service_audit(&service), 0);
}

int main(void)
{
    if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_result_is_recorded_once),
        cmocka_unit_test(the_last_of_many_verifications_triggers_each_payment_once),
        cmocka_unit_test(no_more_is_settled_than_is_due_by_many_at_once),
        cmocka_unit_test(a_fresh_service_on_the_same_database_says_the_same),
    };
    return cmocka_run_group_tests(tests, start_in_force, stop_in_force);
}
