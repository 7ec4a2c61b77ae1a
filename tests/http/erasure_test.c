/* Erasing bodies, end to end: said first, gone for everybody, counted by everybody, and what was calculated stays; what is refused; and that
 * nobody gets round the statement in SQL. */
#include "said_help.h"

#include "../support/cli_run.h"
#include "tally/pg.h"

#define TERMS                                                                                                              \
    "terms 1\ncontract deal \"Deal\"\ncurrency USD rounded to 0.01, half even\nclock UTC\n"                                \
    "runs 2020-01-01 to 2090-12-31\ncloses 2091-12-31\n\nparty buyer outcome payer \"Buyer\"\n"                            \
    "party judge evaluator \"Judge\"\nparty seller provider \"Seller\"\n"                                                  \
    "in force when buyer and seller have signed\n"                                                                         \
    "disputes decided by judge within 60 days, otherwise stands\ndimension place (north, south, west)\n"                   \
    "metric units is shared.units version 1 in days between 0 and 1_000\n  by place\n  reported by seller\n"               \
    "  disputes within 30 days\n  if missing use 0\n"                                                                      \
    "pay each_place from buyer to seller\n  for each place\n  amount 2.50 per day of units\n"
#define UNITS(place, value)                                                                                                \
    "{\"dimensions\":{\"place\":\"" place "\"},\"indicator\":\"shared.units\",\"value\":\"" value "\",\"version\":1}"
#define GROUND "{\"ground\":\"asked for\"}"

static struct service_actor buyer, judge, seller, stranger;
static struct service_actor *const all_actors[] = {&buyer, &judge, &seller, &stranger};
static unsigned long long north, itemised, payment, settlement, dispute, decision;

static void get(const char *target, struct http_reply *reply)
{
    assert_int_equal(service_get(&service, target, reply), 0);
}

static void assert_get(const char *target, int status, const char *says, const char * not )
{
    struct http_reply reply;
    get(target, &reply);
    if (reply.status != status || (says != NULL && strstr(reply.body, says) == NULL) ||
        (not != NULL && strstr(reply.body, not ) != NULL))
        fail_msg("%s: %d, wanted %s, not %s: %.1000s", target, reply.status, says, not, reply.body);
    http_reply_release(&reply);
}

static void refused(const struct service_actor *actor, unsigned long long seq, const char *body, int status,
                    const char *code)
{
    assert_post_refused(actor, path_of("entries", seq, "erasure"), slice_str(body), NULL, status, code);
}

static int start_with_history(void **state)
{
    static const char *const ids[] = {"buyer", "judge", "seller", "stranger"};
    int64_t number = 0;
    if (start_service(state) != 0)
        return -1;
    for (size_t i = 0; i < 4; i++) {
        if (service_register(&service, ids[i], "", all_actors[i]) != 0)
            return -1;
    }
    define("shared.units");
    propose_signed("deal", TERMS, true, ACTORS(&buyer, &judge, &seller), ACTORS(&buyer, &seller));
    north = said(&seller, "/v1/results", UNITS("north", "100"));
    if (service_number(&service, "SELECT max(seq) FROM outcomes.payment", &number) != 0)
        return -1;
    payment = (unsigned long long) number;
    itemised = payment - 1;
    settlement = said(&buyer, path_of("payments", payment, "settlements"),
                      "{\"amount\":\"1.00\",\"paid_on\":\"2026-01-31\",\"reference\":\"For Anna\"}");
    dispute = said(&buyer, path_of("results", north, "disputes"), "{\"contract\":\"deal\",\"reason\":\"Anna was away\"}");
    decision =
        said(&judge, path_of("disputes", dispute, "resolution"), "{\"decision\":\"stands\",\"note\":\"Anna was not\"}");
    return 0;
}

static int stop_with_history(void **state)
{
    (void) state;
    for (size_t i = 0; i < 4; i++)
        service_actor_release(all_actors[i]);
    service_stop(&service); /* the last test leaves a ledger that does not verify */
    return 0;
}

/* ---- what is refused ---- */

static void what_may_not_be_erased_is_refused(void **state)
{
    (void) state;
    refused(&stranger, settlement, GROUND, 403, "actor.not_allowed");
    refused(&seller, settlement, GROUND, 403, "actor.not_allowed");
    refused(&service.operator, 0, GROUND, 422, "erasure.refused");
    refused(&service.operator, 1, GROUND, 422, "erasure.refused"); /* a registration */
    refused(&buyer, payment, GROUND, 403, "actor.not_allowed");    /* the service's own */
    refused(&service.operator, payment, GROUND, 422, "erasure.refused");
    refused(&service.operator, 999999, GROUND, 404, "entry.not_found");
    refused(&buyer, settlement, "{}", 422, "body.schema");
    refused(&buyer, settlement, "{\"ground\":\"\"}", 422, "body.schema");
    assert_post_refused(&buyer, "/v1/entries/x/erasure", SLICE(GROUND), NULL, 404, "entry.not_found");
}

/* ---- nobody gets round it ---- */

static void assert_sql_refused(struct pg *pg, const char *sql)
{
    struct err err = {0};
    enum tally_code rc = pg_exec_text(pg, sql, NULL, &err);
    if (rc == TALLY_OK)
        fail_msg("not refused: %s", sql);
    assert_int_equal(rc, TALLY_E_DENIED);
}

static void a_body_does_not_go_without_its_statement_whoever_asks(void **state)
{
    static const char *const attempts[] = {
        "DELETE FROM ledger.body WHERE seq = %llu",
        "UPDATE ledger.body SET body = '' WHERE seq = %llu",
        "SELECT ledger.erase(%llu, 1)",                                   /* a registration is no body.erased */
        "SELECT ledger.erase(%llu, (SELECT max(seq) FROM ledger.entry))", /* nor the newest entry */
        "SELECT ledger.erase(%llu, 9999999)",                             /* nor one that there is not */
        "INSERT INTO ledger.erasure SELECT %llu, (SELECT max(seq) FROM ledger.entry)",
    };
    struct pg *pg = NULL;
    struct err err = {0};
    char sql[200];
    (void) state;
    assert_int_equal(service_database(&service, &pg), 0); /* the superuser, which owns all */
    assert_int_equal(pg_connect(pg, &err), TALLY_OK);
    for (size_t i = 0; i < sizeof attempts / sizeof attempts[0]; i++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        (void) snprintf(sql, sizeof sql, attempts[i], settlement);
#pragma GCC diagnostic pop
        assert_sql_refused(pg, sql);
    }
    assert_sql_refused(pg, "TRUNCATE ledger.body");
    assert_sql_refused(pg, "SET ROLE tally_service; DELETE FROM ledger.body WHERE seq = 3");
    pg_free(pg);
    assert_get(path_of("entries", settlement, ""), 200, "For Anna", "erased");
}

/* ---- erased ---- */

static void an_author_erases_what_it_has_said_and_what_was_calculated_stays(void **state)
{
    struct http_client client;
    struct http_reply reply;
    struct buf jws;
    char hash[80], again[80];
    (void) state;
    get(path_of("entries", settlement, ""), &reply);
    assert_true(http_reply_member(&reply, "hash", hash, sizeof hash));
    http_reply_release(&reply);

    buf_init(&jws, 4096);
    (void) head_now();
    assert_int_equal(service_sign(&service, &buyer, path_of("entries", settlement, "erasure"), SLICE(GROUND), NULL, &jws),
                     0);
    assert_int_equal(http_client_open(&client, service.port), 0);
    assert_int_equal(
        service_exchange(&client, path_of("entries", settlement, "erasure"), buf_slice(&jws), NULL, SLICE(GROUND), &reply),
        0);
    assert_int_equal(reply.status, 201);
    assert_non_null(strstr(reply.body, "\"type\":\"residue.kept\""));
    assert_non_null(strstr(reply.body, "{\"amount\":\"1.00\",\"paid_on\":\"2026-01-31\",\"reference\":\"erased\"}"));
    assert_null(strstr(reply.body, "Anna"));
    http_reply_release(&reply);
    assert_int_equal(/* the same again: the same answer */
                     service_exchange(&client, path_of("entries", settlement, "erasure"), buf_slice(&jws), NULL,
                                      SLICE(GROUND), &reply),
                     0);
    assert_reply(&reply, 201, NULL);
    http_client_close(&client);
    buf_release(&jws);

    assert_get(path_of("entries", settlement, ""), 200, "\"erased\":true", "nonce");
    get(path_of("entries", settlement, ""), &reply);
    assert_true(http_reply_member(&reply, "hash", again, sizeof again));
    assert_string_equal(hash, again);
    http_reply_release(&reply);
    assert_get("/v1/entries?type=settlement.recorded", 200, "\"erased\":true", "Anna");
    assert_get(path_of("payments", payment, "settlements"), 200, "\"reference\":\"erased\"", "Anna");
    assert_get(path_of("payments", payment, ""), 200, "\"outstanding\":\"249.00\"", NULL);
    assert_get(path_of("entries", settlement, "receipt"), 200, "c2sp.org/tlog-proof@v1", NULL);
    refused(&buyer, settlement, GROUND, 409, "erasure.done");
    refused(&service.operator, settlement, GROUND, 409, "erasure.done");
}

static void what_was_erased_cannot_be_said_again_under_its_id(void **state)
{
    struct http_client client;
    struct http_reply reply;
    struct buf jws;
    const char *body = "{\"amount\":\"2.00\",\"paid_on\":\"2026-01-31\",\"reference\":\"For Bert\"}";
    char seq[24], path[96];
    (void) state;
    (void) snprintf(path, sizeof path, "/v1/payments/%llu/settlements", payment);
    buf_init(&jws, 4096);
    (void) head_now();
    assert_int_equal(service_sign(&service, &buyer, path, slice_str(body), NULL, &jws), 0);
    assert_int_equal(http_client_open(&client, service.port), 0);
    assert_int_equal(service_exchange(&client, path, buf_slice(&jws), NULL, slice_str(body), &reply), 0);
    assert_int_equal(reply.status, 201);
    assert_true(http_reply_member(&reply, "seq", seq, sizeof seq));
    http_reply_release(&reply);
    (void) said(&service.operator, path_of("entries", strtoull(seq, NULL, 10), "erasure"), GROUND);
    struct head before = head_now();
    assert_int_equal(service_exchange(&client, path, buf_slice(&jws), NULL, slice_str(body), &reply), 0);
    assert_reply(&reply, 409, "statement.erased");
    assert_head(before);
    http_client_close(&client);
    buf_release(&jws);
}

static void a_dispute_a_decision_and_a_list_lose_their_text_and_nothing_else(void **state)
{
    (void) state;
    assert_get(path_of("disputes", dispute, ""), 200, "Anna was away", NULL);
    (void) said(&buyer, path_of("entries", dispute, "erasure"), GROUND);
    assert_get(path_of("disputes", dispute, ""), 200, "\"reason\":\"erased\"", "Anna");
    (void) said(&judge, path_of("entries", decision, "erasure"), GROUND);
    assert_get(path_of("entries", decision, ""), 200, "\"erased\":true", "Anna");
    assert_get(path_of("payments", payment, "explanation"), 200, "north", NULL);
    (void) said(&service.operator, path_of("entries", itemised, "erasure"), GROUND);
    assert_get(path_of("payments", payment, "items"), 200, "\"difference\":\"250.00\",\"key\":\"\"", "north");
    assert_get(path_of("payments", payment, "explanation"), 404, "payment.not_found", NULL);
    assert_get("/v1/contracts/deal/state", 200, "\"stands\":\"250.00\"", NULL);
}

/* Its body, in which this stands, is for one of them. */
static void assert_withheld(const struct service_actor *from, const struct service_actor *reader, unsigned long long seq,
                            const char *says)
{
    struct http_reply reply;
    get_as(from, path_of("entries", seq, ""), &reply);
    if (strstr(reply.body, "\"withheld\":true") == NULL || strstr(reply.body, says) != NULL)
        fail_msg("not withheld: %s", reply.body);
    assert_reply(&reply, 200, NULL);
    get_as(reader, path_of("entries", seq, ""), &reply);
    if (strstr(reply.body, says) == NULL)
        fail_msg("%s is not in %s", says, reply.body);
    assert_reply(&reply, 200, NULL);
}

/* What ought not to have been public ends with it, for whoever is no party of a contract that uses it; and calculations go on. */
static void a_result_that_is_erased_is_public_no_more_and_counts_on(void **state)
{
    struct http_reply reply;
    int64_t number = 0;
    (void) state;
    assert_get(path_of("results", north, ""), 200, "\"value\":\"100\"", NULL);
    (void) said(&seller, path_of("entries", north, "erasure"), GROUND);
    assert_get(path_of("results", north, ""), 404, "result.not_found", NULL);
    assert_get("/v1/results", 200, "\"items\":[]", NULL);
    assert_get("/v1/entries?type=residue.kept", 200, "\"withheld\":true", NULL);
    unsigned long long again = said(&seller, path_of("results", north, "restatements"), "{\"value\":\"90\"}");
    assert_get(path_of("results", again, ""), 404, "result.not_found", NULL);
    assert_withheld(&stranger, &buyer, again, "\\\"value\\\":\\\"90\\\"");
    assert_get("/v1/contracts/deal/state", 200, "\"stands\":\"225.00\"", NULL);
    assert_int_equal(service_number(&service, "SELECT max(seq) FROM outcomes.payment", &number), 0);
    assert_true((unsigned long long) number > again);
    assert_get(path_of("payments", (unsigned long long) number, ""), 200, "\"amount\":\"25.00\"", NULL);
    assert_get(path_of("payments", (unsigned long long) number, "explanation"), 404, "payment.not_found", NULL);
    get_as(&buyer, path_of("results", north, ""), &reply);
    assert_non_null(strstr(reply.body, "\"value\":\"100\""));
    assert_non_null(strstr(reply.body, "\"replaced_by\":{"));
    assert_reply(&reply, 200, NULL);
}

#define CHECKED                                                                                                            \
    "terms 1\ncontract checked \"Checked\"\ncurrency USD rounded to 0.01, half even\nclock UTC\n"                          \
    "runs 2020-01-01 to 2090-12-31\ncloses 2091-12-31\n\nparty buyer outcome payer \"Buyer\"\n"                            \
    "party judge evaluator \"Judge\"\nparty seller provider \"Seller\"\n"                                                  \
    "in force when buyer and seller have signed\n"                                                                         \
    "disputes decided by buyer within 60 days, otherwise stands\ndimension place (north, south)\n"                         \
    "metric checks is shared.checks version 1 in days between 0 and 1_000\n  by place\n  reported by seller\n"             \
    "  verified by judge\n  disputes within 30 days\n  if missing use 0\n"                                                 \
    "pay each_place from buyer to seller\n  for each place\n  amount 1 per day of checks\n"

/* Nor is what is said of it afterwards, and what follows, which names its key. */
static void what_is_said_of_an_erased_result_is_for_those_who_read_it(void **state)
{
    (void) state;
    define("shared.checks");
    propose_signed("checked", CHECKED, true, ACTORS(&buyer, &judge, &seller), ACTORS(&buyer, &seller));
    unsigned long long result = said(&seller, "/v1/results",
                                     "{\"dimensions\":{\"place\":\"south\"},\"indicator\":\"shared.checks\","
                                     "\"value\":\"7\",\"version\":1}");
    (void) said(&seller, path_of("entries", result, "erasure"), GROUND);
    unsigned long long verified = said(&judge, path_of("results", result, "verifications"), "{\"note\":\"Anna, south\"}");
    assert_withheld(&stranger, &buyer, verified, "Anna, south");
    assert_withheld(&stranger, &seller, verified + 1, "\\\"key\\\":\\\"south\\\""); /* result.finalised */
    unsigned long long disputed = said(&seller, path_of("results", result, "disputes"),
                                       "{\"contract\":\"checked\",\"reason\":\"Anna was not there\"}");
    assert_withheld(&stranger, &judge, disputed, "Anna was not there");
    unsigned long long decided =
        said(&buyer, path_of("disputes", disputed, "resolution"), "{\"decision\":\"stands\",\"note\":\"Anna was\"}");
    assert_withheld(&stranger, &judge, decided, "Anna was");
    unsigned long long gone = said(&seller, path_of("results", result, "withdrawal"), "{\"note\":\"Anna asked\"}");
    assert_withheld(&stranger, &judge, gone, "Anna asked");
    for (size_t i = 0; i < 4; i++) /* for the auditor, who looks for the name */
        (void) said(&service.operator,
                    path_of("entries", (unsigned long long[]){verified, disputed, decided, gone}[i], "erasure"), GROUND);
}

/* To who may not read it, it is on every route what was never there; to whoever has a metric of it, what it was. */
static void what_is_erased_is_the_same_on_every_route(void **state)
{
    static const char *const readings[] = {"", "verifications", "disputes"};
    static const struct {
        const char *verb, *body, *code; /* for a party of its contract */
        int status;
    } statements[] = {
        {"verifications", "{}", "verification.not_verifier", 403},
        {"disputes", "{\"contract\":\"deal\",\"reason\":\"No\"}", "result.superseded", 409},
        {"restatements", "{\"value\":\"1\"}", "result.not_author", 403},
        {"withdrawal", "{}", "result.not_author", 403},
    };
    const unsigned long long seqs[] = {north, 987654321}; /* erased; never there */
    struct http_reply reply;
    (void) state;
    for (size_t k = 0; k < 2; k++) {
        for (size_t i = 0; i < 3; i++) {
            assert_get(path_of("results", seqs[k], readings[i]), 404, "result.not_found", NULL);
            get_as(&stranger, path_of("results", seqs[k], readings[i]), &reply);
            assert_reply(&reply, 404, "result.not_found");
        }
        for (size_t i = 0; i < 4; i++) {
            assert_post_refused(&stranger, path_of("results", seqs[k], statements[i].verb), slice_str(statements[i].body),
                                NULL, 404, "result.not_found");
        }
    }
    for (size_t i = 0; i < 3; i++) {
        get_as(&buyer, path_of("results", north, readings[i]), &reply);
        assert_reply(&reply, 200, NULL);
    }
    for (size_t i = 0; i < 4; i++)
        assert_post_refused(&buyer, path_of("results", north, statements[i].verb), slice_str(statements[i].body), NULL,
                            statements[i].status, statements[i].code);
}

/* A service that begins anew reads the tables: what they held is enough. */
static void after_a_start_everything_goes_on_from_what_is_left(void **state)
{
    (void) state;
    assert_int_equal(service_signal(&service, 15), 0);
    assert_int_equal(service_wait(&service), 0);
    assert_int_equal(service_restart(&service), 0);
    (void) said(&seller, "/v1/results", UNITS("south", "10"));
    assert_get("/v1/contracts/deal/state", 200, "\"stands\":\"25.00\"", NULL);
    refused(&buyer, dispute, GROUND, 409, "erasure.done");
    assert_post_refused(&stranger, path_of("results", north, "restatements"), SLICE("{\"value\":\"1\"}"), NULL, 404,
                        "result.not_found");
    assert_post_refused(&buyer, path_of("results", north, "restatements"), SLICE("{\"value\":\"1\"}"), NULL, 403,
                        "result.not_author");
}

/* ---- what an auditor is told ---- */

static void the_auditor_and_the_database_agree_and_count(void **state)
{
    static const char *const levels[] = {"chain", "signatures", "replay"};
    static struct cli_output ran;
    struct cli_place place;
    struct http_reply reply;
    char path[300], vkey[256], program[600], wanted[64];
    int64_t count = 0, erased = 0;
    (void) state;
    assert_int_equal(cli_place_make(&place, service.dir), 0);
    (void) snprintf(path, sizeof path, "%s/archive.jsonl", place.dir);
    get("/v1/archive", &reply);
    assert_null(strstr(reply.body, "Anna"));
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_int_equal(fwrite(reply.body, 1, reply.body_len, file), reply.body_len);
    assert_int_equal(fclose(file), 0);
    http_reply_release(&reply);
    assert_int_equal(service_vkey(&service, vkey, sizeof vkey), 0);
    assert_int_equal(service_number(&service, "SELECT count(*) FROM ledger.erasure", &erased), 0);
    assert_int_equal(erased, 11);
    (void) snprintf(wanted, sizeof wanted, "%lld erased were not seen", (long long) erased);
    cli_program("tally-verify", program, sizeof program);
    for (size_t i = 0; i < 3; i++) {
        const char *const argv[] = {program, path, "--vkey", vkey, "--level", levels[i], NULL};
        assert_int_equal(cli_spawn(&place, argv, NULL, &ran), 0);
        if (ran.status != 4 || strstr(ran.out, wanted) == NULL)
            fail_msg("%s: %d: %.3000s%.1000s", levels[i], ran.status, ran.out, ran.err);
    }
    assert_int_equal(service_number(&service, "SELECT count(*) FROM ledger.verify(0, NULL)", &count), 0);
    assert_int_equal(count, 0);
}

/* With the triggers off, an owner leaves something that both find. */
static void an_owner_who_switches_the_triggers_off_is_found(void **state)
{
    struct pg *pg = NULL;
    struct err err = {0};
    int64_t count = 0;
    char sql[400];
    (void) state;
    assert_int_equal(service_database(&service, &pg), 0);
    assert_int_equal(pg_connect(pg, &err), TALLY_OK);
    (void) snprintf(sql, sizeof sql,
                    "BEGIN; ALTER TABLE ledger.body DISABLE TRIGGER ALL; ALTER TABLE ledger.erasure DISABLE TRIGGER ALL;"
                    "INSERT INTO ledger.erasure VALUES (3, %llu); DELETE FROM ledger.body WHERE seq IN (3, 4); COMMIT",
                    settlement);
    assert_int_equal(pg_exec_text(pg, sql, NULL, &err), TALLY_OK);
    pg_free(pg);
    assert_int_equal(service_number(&service,
                                    "SELECT count(*) FROM ledger.verify(0, NULL) AS v"
                                    " WHERE (v.seq, v.code) IN ((3, 'body.erased'), (4, 'body.missing'))",
                                    &count),
                     0);
    assert_int_equal(count, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_may_not_be_erased_is_refused),
        cmocka_unit_test(a_body_does_not_go_without_its_statement_whoever_asks),
        cmocka_unit_test(an_author_erases_what_it_has_said_and_what_was_calculated_stays),
        cmocka_unit_test(what_was_erased_cannot_be_said_again_under_its_id),
        cmocka_unit_test(a_dispute_a_decision_and_a_list_lose_their_text_and_nothing_else),
        cmocka_unit_test(a_result_that_is_erased_is_public_no_more_and_counts_on),
        cmocka_unit_test(what_is_said_of_an_erased_result_is_for_those_who_read_it),
        cmocka_unit_test(what_is_erased_is_the_same_on_every_route),
        cmocka_unit_test(after_a_start_everything_goes_on_from_what_is_left),
        cmocka_unit_test(the_auditor_and_the_database_agree_and_count),
        cmocka_unit_test(an_owner_who_switches_the_triggers_off_is_found),
    };
    return cmocka_run_group_tests(tests, start_with_history, stop_with_history);
}
