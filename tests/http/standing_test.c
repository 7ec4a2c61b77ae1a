/* What changes how a result stands, over HTTP: restated, withdrawn, disputed, decided; alone and several in one batch; and what is
 * refused on the way, which leaves the ledger as it was. */
#include "batch_help.h"
#include "said_help.h"

#define TERMS                                                                                                              \
    "terms 1\ncontract stays \"Standing\"\ncurrency USD rounded to 0.01, half even\nclock UTC\n"                           \
    "runs 2020-01-01 to 2090-12-31\ncloses 2091-12-31\n\nparty buyer outcome payer \"Buyer\"\n"                            \
    "party judge evaluator \"Judge\"\nparty other provider \"Other\"\nparty seller provider \"Seller\"\n"                  \
    "party vera auditor \"Vera\"\nin force when buyer and seller have signed\n"                                            \
    "disputes decided by judge within 60 days, otherwise stands\ndimension place (north, south, west)\n"                   \
    "metric units is shared.units version 1 in days between 0 and 1_000\n  by place\n  reported by seller or other\n"      \
    "  verified by vera\n  disputes within 30 days\n  if missing use 0\npay each_place from buyer to seller\n"             \
    "  for each place\n  amount 2.50 per day of units\n"
#define UNITS(place, value)                                                                                                \
    "{\"dimensions\":{\"place\":\"" place "\"},\"indicator\":\"shared.units\",\"value\":\"" value "\",\"version\":1}"
#define DISPUTED "{\"contract\":\"stays\",\"reason\":\"The count is wrong.\"}"
#define STANDS "{\"decision\":\"stands\"}"

static struct service_actor buyer, judge, other, seller, vera, stranger;
static struct service_actor *const all_actors[] = {&buyer, &judge, &other, &seller, &vera, &stranger};

/* ---- saying and asking ---- */
static void post(const struct service_actor *actor, const char *path, const char *body, struct http_reply *reply)
{
    assert_int_equal(service_post(&service, actor, path, body, reply), 0);
    if (reply->status != 201)
        print_message("%s: %s\n", path, reply->body);
    assert_int_equal(reply->status, 201);
}

#define ABOUT(seq, verb) path_of("results", (seq), (verb))

static void refused(const struct service_actor *actor, const char *path, const char *body, int status, const char *code)
{
    assert_post_refused(actor, path, slice_str(body), NULL, status, code);
}

static void assert_get(const char *target, const char *what)
{
    struct http_reply reply;
    assert_int_equal(service_get(&service, target, &reply), 0);
    if (reply.status != 200 || strstr(reply.body, what) == NULL)
        print_message("%s is not in %s\n", what, reply.body);
    assert_int_equal(reply.status, 200);
    assert_non_null(strstr(reply.body, what));
    http_reply_release(&reply);
}

static void assert_stands(const char *key, const char *amount)
{
    char what[160];
    (void) snprintf(what, sizeof what, "\"key\":\"%s\",\"reason\":null,\"rule\":\"each_place\",\"stands\":\"%s\"", key,
                    amount);
    assert_get("/v1/contracts/stays/state", what);
}

static unsigned long long final_result(const struct service_actor *by, const char *body)
{
    unsigned long long seq = said(by, "/v1/results", body);
    (void) said(&vera, ABOUT(seq, "verifications"), "{}");
    return seq;
}

/* Asks for what the statement would cause: the service's own events, in the answer, and nothing is recorded. */
static void previewed(const struct service_actor *actor, const char *path, const char *body, int status, const char *says)
{
    struct http_client client;
    struct http_reply reply;
    struct buf headers;
    char target[120];
    struct head before = head_now();
    buf_init(&headers, 4096);
    (void) snprintf(target, sizeof target, "/v1/preview%s", path + strlen("/v1"));
    add_token(actor, &headers);
    assert_int_equal(http_client_open(&client, service.port), 0);
    assert_int_equal(service_exchange(&client, target, SLICE(""), headers.ptr, slice_str(body), &reply), 0);
    if (reply.status != status || strstr(reply.body, says) == NULL)
        print_message("%s: %s is not in %s\n", target, says, reply.body);
    assert_int_equal(reply.status, status);
    assert_non_null(strstr(reply.body, says));
    http_reply_release(&reply);
    assert_head(before);
    http_client_close(&client);
    buf_release(&headers);
}

/* ---- the service ---- */
static int start_with_contract(void **state)
{
    static const char *const ids[] = {"buyer", "judge", "other", "seller", "vera", "stranger"};
    if (start_service(state) != 0)
        return -1;
    for (size_t i = 0; i < 6; i++) {
        if (service_register(&service, ids[i], i == 5 ? "backbone" : "", all_actors[i]) != 0)
            return -1;
    }
    define("shared.units");
    define("lone.units");
    propose_signed("stays", TERMS, true, ACTORS(&buyer, &judge, &other, &seller, &vera), ACTORS(&buyer, &seller));
    return 0;
}

static int stop_with_contract(void **state)
{
    hold_release(&hold);
    for (size_t i = 0; i < 6; i++)
        service_actor_release(all_actors[i]);
    return stop_service(state);
}

/* ---- one at a time ---- */
static unsigned long long north, restated; /* the first result of the north, and the newest of its chain */

static void a_restatement_counts_when_it_is_verified(void **state)
{
    struct http_reply reply;
    (void) state;
    north = final_result(&seller, UNITS("north", "100"));
    assert_stands("north", "250.00");
    refused(&other, ABOUT(north, "restatements"), "{\"value\":\"120\"}", 403, "result.not_author");
    refused(&seller, ABOUT(1, "restatements"), "{\"value\":\"120\"}", 404, "result.not_found");
    refused(&seller, "/v1/results/many/restatements", "{\"value\":\"120\"}", 404, "result.not_found");
    refused(&seller, ABOUT(north, "restatements"), "{\"value\":\"a lot\"}", 422, "result.value");
    refused(&seller, ABOUT(north, "restatements"), "{}", 422, "body.schema");
    refused(&seller, ABOUT(north, "restatements"), "{\"value\":\"1\",\"dimensions\":{\"place\":\"south\"}}", 422,
            "body.schema");
    refused(&seller, ABOUT(north, "restatements"), "{\"results\":[{\"item\":1,\"value\":\"1\"}]}", 422, "result.unknown");
    refused(&seller, ABOUT(north, "restatements"), "{\"results\":[{\"item\":0,\"seq\":2,\"value\":\"1\"}]}", 422,
            "result.unknown");
    refused(&seller, ABOUT(north, "restatements"),
            "{\"results\":[{\"item\":0,\"value\":\"1\"},{\"item\":0,\"value\":\"2\"}]}", 422, "body.schema");
    restated = said(&seller, ABOUT(north, "restatements"), "{\"note\":\"Two were counted twice.\",\"value\":\"98\"}");
    refused(&seller, ABOUT(north, "restatements"), "{\"value\":\"97\"}", 409, "result.superseded");
    refused(&seller, ABOUT(restated, "restatements"), "{\"value\":\"97\"}", 409, "result.open");
    refused(&seller, ABOUT(restated, "verifications"), "{}", 403, "verification.own");
    assert_stands("north", "250.00");
    post(&vera, ABOUT(restated, "verifications"), "{}", &reply);
    assert_non_null(strstr(reply.body, "\"amount\":\"5.00\""));
    assert_non_null(strstr(reply.body, "\"owed_back\":true"));
    http_reply_release(&reply);
    assert_stands("north", "245.00");
    assert_get(ABOUT(north, ""), "\"standing\":\"superseded\"");
    assert_get(ABOUT(restated, ""), "\"standing\":\"final\"");
}

static void a_dispute_waits_for_its_arbiter(void **state)
{
    (void) state;
    refused(&stranger, ABOUT(restated, "disputes"), DISPUTED, 403, "contract.not_party");
    refused(&buyer, ABOUT(north, "disputes"), DISPUTED, 409, "result.superseded");
    refused(&buyer, ABOUT(2, "disputes"), DISPUTED, 404, "result.not_found");
    refused(&buyer, ABOUT(restated, "disputes"), "{\"contract\":\"none\",\"reason\":\"x\"}", 422, "contract.unknown");
    refused(&buyer, ABOUT(restated, "disputes"), "{\"contract\":\"stays\"}", 422, "body.schema");
    refused(&buyer, ABOUT(restated, "disputes"), "{\"contract\":\"stays\",\"items\":[1],\"reason\":\"x\"}", 422,
            "body.schema");
    unsigned long long dispute = said(&buyer, ABOUT(restated, "disputes"), DISPUTED);
    assert_get("/v1/contracts/stays/state", "is disputed");
    assert_get(path_of("disputes", dispute, ""), "\"decision\":null");
    assert_get(ABOUT(restated, ""), "\"standing\":\"disputed\"");
    refused(&seller, ABOUT(restated, "disputes"), DISPUTED, 409, "dispute.open");
    const char *resolution = path_of("disputes", dispute, "resolution");
    refused(&buyer, resolution, STANDS, 403, "dispute.not_arbiter");
    refused(&judge, path_of("disputes", restated, "resolution"), STANDS, 404, "dispute.not_found");
    refused(&judge, resolution, "{\"decision\":\"replaced\"}", 422, "body.schema");
    refused(&judge, resolution, "{\"decision\":\"stands\",\"value\":\"90\"}", 422, "body.schema");
    refused(&judge, resolution, "{\"decision\":\"falls\"}", 422, "body.schema");
    refused(&judge, resolution, "{\"decision\":\"replaced\",\"value\":\"90000\"}", 422, "result.value");
    (void) said(&judge, resolution, "{\"decision\":\"replaced\",\"value\":\"90\"}");
    assert_stands("north", "225.00");
    refused(&judge, resolution, STANDS, 409, "dispute.decided");
    refused(&buyer, ABOUT(restated, "disputes"), DISPUTED, 409, "dispute.decided");
    assert_get(ABOUT(restated, ""), "\"replaced\":\"90\"");
    assert_get(path_of("disputes", dispute, ""), "\"decision\":\"replaced\"");
    assert_get(ABOUT(restated, "disputes"), "\"decided\":1");
    assert_get("/v1/contracts/stays/disputes", "\"reason\":\"The count is wrong.\"");
}

static void what_is_withdrawn_may_be_reported_anew(void **state)
{
    (void) state;
    refused(&other, ABOUT(restated, "withdrawal"), "{}", 403, "result.not_author");
    refused(&seller, ABOUT(restated, "withdrawal"), "{\"results\":[{\"item\":0,\"value\":\"1\"}]}", 422, "body.schema");
    unsigned long long withdrawal = said(&seller, ABOUT(restated, "withdrawal"), "{}");
    refused(&seller, "/v1/results", UNITS("north", "70"), 409, "result.open");
    (void) said(&vera, ABOUT(withdrawal, "verifications"), "{}");
    assert_stands("north", "0.00");
    refused(&seller, ABOUT(withdrawal, "restatements"), "{\"value\":\"70\"}", 409, "result.withdrawn");
    refused(&seller, ABOUT(withdrawal, "withdrawal"), "{}", 409, "result.withdrawn");
    assert_get(ABOUT(withdrawal, ""), "\"standing\":\"withdrawn\"");
    north = final_result(&seller, UNITS("north", "70"));
    assert_stands("north", "175.00");
    refused(&seller, "/v1/results", UNITS("north", "71"), 409, "result.duplicate");
}

static void what_is_named_lies_after_no_head(void **state)
{
    struct head now = head_now();
    (void) state;
    unsigned long long late = said(&seller, "/v1/results", UNITS("west", "5"));
    const struct service_twist early = {.has_head = true, .head_seq = now.seq, .head_hash = now.hash};
    assert_post_refused(&seller, ABOUT(late, "restatements"), SLICE("{\"value\":\"1\"}"), &early, 409, "statement.head");
    assert_post_refused(&seller, ABOUT(late, "withdrawal"), SLICE("{}"), &early, 409, "statement.head");
    assert_post_refused(&buyer, ABOUT(late, "disputes"), SLICE(DISPUTED), &early, 409, "statement.head");
}

static void a_preview_goes_the_way_of_the_real_thing(void **state)
{
    (void) state;
    unsigned long long west = said(&other, "/v1/results", UNITS("west", "100"));
    previewed(&vera, ABOUT(west, "verifications"), "{}", 200, "\"amount\":\"250.00\"");
    previewed(&stranger, ABOUT(west, "verifications"), "{}", 403, "verification.not_verifier");
    (void) said(&vera, ABOUT(west, "verifications"), "{}");
    previewed(&other, ABOUT(west, "restatements"), "{\"value\":\"90\"}", 200, "{\"events\":[],");
    previewed(&other, ABOUT(west, "restatements"), "{\"value\":\"90\"}", 200,
              "\"fits\":[{\"contract\":\"stays\",\"key\":\"west\",\"metric\":\"units\",\"standing\":\"not final\"");
    previewed(&other, ABOUT(west, "restatements"), "{\"value\":\"1001\"}", 200, "\"why\":\"its value 1001");
    previewed(&seller, ABOUT(west, "restatements"), "{\"value\":\"90\"}", 403, "result.not_author");
    previewed(&other, ABOUT(999999, "restatements"), "{\"value\":\"90\"}", 404, "result.not_found");
    previewed(&other, ABOUT(west, "restatements"), "{}", 422, "body.schema");
    previewed(&other, ABOUT(west, "withdrawal"), "{}", 200, "{\"events\":[],");
    previewed(&buyer, ABOUT(west, "disputes"), DISPUTED, 200, "{\"events\":[]}");
    previewed(&stranger, ABOUT(west, "disputes"), DISPUTED, 403, "contract.not_party");
    unsigned long long dispute = said(&buyer, ABOUT(west, "disputes"), DISPUTED);
    const char *resolution = path_of("disputes", dispute, "resolution");
    previewed(&judge, resolution, "{\"decision\":\"annulled\"}", 200, "\"owed_back\":true");
    previewed(&buyer, resolution, STANDS, 403, "dispute.not_arbiter");
    assert_post_refused(&judge, "/v1/preview/disputes/1/resolution", SLICE(STANDS), NULL, 401, "token.missing");
}

/* ---- several in one batch ---- */
/* Something that touches no contract stands in the commit. */
static struct head hold_here(void)
{
    static int number;
    char body[256];
    (void) snprintf(body, sizeof body,
                    "{\"definition\":\"Days\",\"id\":\"plug-%d\",\"kind\":\"outcome\",\"name\":\"Days\",\"unit\":\"days\","
                    "\"version\":1}",
                    ++number);
    return hold_with(&service.operator, "/v1/indicators", body);
}

static void restated_verified_and_disputed_in_one_batch(void **state)
{
    unsigned long long south = said(&seller, "/v1/results", UNITS("south", "100"));
    (void) state;
    struct head before = hold_here();
    queue(&seller, ABOUT(south, "restatements"), "{\"value\":\"10\"}", NULL);
    queue(&seller, ABOUT(south, "restatements"), "{\"value\":\"11\"}", NULL);
    queue(&seller, ABOUT(south, "withdrawal"), "{}", NULL);
    queue(&vera, ABOUT(south, "verifications"), "{}", NULL);
    queue(&buyer, ABOUT(south, "disputes"), DISPUTED, NULL);
    queue(&other, ABOUT(south, "disputes"), DISPUTED, NULL);
    let_go();
    answered(0, 201, NULL);
    answered(1, 409, "result.superseded");
    answered(2, 409, "result.superseded");
    answered(3, 201, NULL); /* what was reported first is verified, and counts until the restatement is */
    answered(4, 201, NULL);
    answered(5, 409, "dispute.open");
    assert_grown(before, 7, 2); /* the plug; the restatement; the verification, final, items, payment; the dispute */
    assert_get(ABOUT(south, ""), "\"standing\":\"disputed\"");
    assert_get(ABOUT(before.seq + 2, ""), "\"standing\":\"not final\"");
    struct head again = hold_here();
    queue(&judge, path_of("disputes", before.seq + 7, "resolution"), "{\"decision\":\"annulled\"}", NULL);
    queue(&judge, path_of("disputes", before.seq + 7, "resolution"), STANDS, NULL);
    queue(&vera, ABOUT(before.seq + 2, "verifications"), "{}", NULL);
    let_go();
    answered(0, 201, NULL);
    answered(1, 409, "dispute.decided");
    answered(2, 201, NULL);
    assert_grown(again, 9, 2); /* the plug; annulled, final, items, payment; verified, final, items, payment */
    assert_stands("south", "25.00");
}

static void a_statement_that_names_one_of_its_own_batch_is_refused_as_a_lone_one(void **state)
{
    (void) state;
    struct head before = hold_here();
    queue(&stranger, "/v1/results", "{\"dimensions\":{},\"indicator\":\"lone.units\",\"value\":\"5\",\"version\":1}",
          NULL); /* nobody follows it */
    queue(&vera, ABOUT(before.seq + 2, "verifications"), "{}", NULL);
    queue(&stranger, ABOUT(before.seq + 2, "restatements"), "{\"value\":\"6\"}", NULL);
    queue(&buyer, ABOUT(before.seq + 2, "disputes"), DISPUTED, NULL);
    let_go();
    answered(0, 201, NULL);
    answered(1, 409, "statement.head");
    answered(2, 409, "statement.head");
    answered(3, 409, "statement.head");
    assert_grown(before, 2, 2);
}

static void anew_after_a_withdrawal_is_recorded_once_in_one_batch(void **state)
{
    unsigned long long lone =
        said(&stranger, "/v1/results",
             "{\"dimensions\":{\"a\":\"b\"},\"indicator\":\"lone.units\",\"value\":\"5\",\"version\":1}");
    const char *again = "{\"dimensions\":{\"a\":\"b\"},\"indicator\":\"lone.units\",\"value\":\"7\",\"version\":1}";
    (void) state;
    struct head before = hold_here();
    queue(&stranger, ABOUT(lone, "withdrawal"), "{}", NULL);
    queue(&stranger, "/v1/results", again, NULL);
    queue(&stranger, "/v1/results", again, NULL);
    let_go();
    answered(0, 201, NULL);
    answered(1, 201, NULL);
    answered(2, 409, "result.duplicate");
    assert_grown(before, 3, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_restatement_counts_when_it_is_verified),
        cmocka_unit_test(a_dispute_waits_for_its_arbiter),
        cmocka_unit_test(what_is_withdrawn_may_be_reported_anew),
        cmocka_unit_test(what_is_named_lies_after_no_head),
        cmocka_unit_test(a_preview_goes_the_way_of_the_real_thing),
        cmocka_unit_test(restated_verified_and_disputed_in_one_batch),
        cmocka_unit_test(a_statement_that_names_one_of_its_own_batch_is_refused_as_a_lone_one),
        cmocka_unit_test(anew_after_a_withdrawal_is_recorded_once_in_one_batch),
    };
    return cmocka_run_group_tests(tests, start_with_contract, stop_with_contract);
}
