/* The main job over HTTP, on Denver's housing payments: proposed, signed, in force; a result, its verification, the payment that
 * follows, its explanation, its settlement; and what is refused on the way, which leaves the ledger as it was. */
#include "http_help.h"

#include <string.h>

#include "tally/canon.h"

#define FIRST                                                                                                              \
    "{\"dimensions\":{\"payment\":\"first_four\"},\"indicator\":\"denver.net-days-housed\",\"value\":\"258858\","          \
    "\"version\":1}"
#define FIFTH                                                                                                              \
    "{\"dimensions\":{\"payment\":\"fifth\"},\"indicator\":\"denver.net-days-housed\",\"value\":\"41070\",\"version\":1}"

static struct service_actor denver, lenders, csh, urban;
static char result_seq[32], payment_seq[32];

static void post(const struct service_actor *actor, const char *path, const char *body, struct http_reply *reply)
{
    assert_int_equal(service_post(&service, actor, path, body, reply), 0);
    if (reply->status != 201)
        print_message("%s: %s\n", path, reply->body);
    assert_int_equal(reply->status, 201);
}

static void post_ok(const struct service_actor *actor, const char *path, const char *body)
{
    struct http_reply reply;
    post(actor, path, body, &reply);
    http_reply_release(&reply);
}

static void refused(const struct service_actor *actor, const char *path, const char *body, int status, const char *code)
{
    assert_post_refused(actor, path, slice_str(body), NULL, status, code);
}

static void get(const char *target, struct http_reply *reply)
{
    assert_int_equal(service_get(&service, target, reply), 0);
    if (reply->status != 200)
        print_message("%s: %s\n", target, reply->body);
    assert_int_equal(reply->status, 200);
}

static void assert_says(const struct http_reply *reply, const char *what)
{
    if (strstr(reply->body, what) == NULL)
        print_message("%s is not in %s\n", what, reply->body);
    assert_non_null(strstr(reply->body, what));
}

static void terms_text(struct buf *out)
{
    char path[512], block[4096];
    size_t n;
    const char *root = getenv("TALLY_ROOT");
    (void) snprintf(path, sizeof path, "%s/contracts/templates/denver-housing.terms", root == NULL ? "." : root);
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    while ((n = fread(block, 1, sizeof block, file)) > 0)
        buf_add(out, block, n);
    (void) fclose(file);
}

/* The body of a proposal with this text. */
static void proposal(const char *id, struct slice terms, struct buf *out)
{
    const struct service_actor *const parties[] = {&csh, &denver, &lenders, &urban};
    buf_printf(out, "{\"id\":\"%s\",\"open\":true,\"parties\":{", id);
    for (size_t i = 0; i < 4; i++)
        buf_printf(out, "%s\"%s\":{\"actor\":\"%s\",\"kid\":\"%s\"}", i == 0 ? "" : ",", parties[i]->id, parties[i]->id,
                   parties[i]->kid.text);
    buf_add_str(out, "},\"terms\":");
    canon_quote(out, terms);
    buf_add_char(out, '}');
}

static int start_with_parties(void **state)
{
    if (start_service(state) != 0 || service_register(&service, "denver", "", &denver) != 0 ||
        service_register(&service, "lenders", "", &lenders) != 0 || service_register(&service, "csh", "", &csh) != 0 ||
        service_register(&service, "urban", "", &urban) != 0)
        return -1;
    return 0;
}

static int stop_with_parties(void **state)
{
    service_actor_release(&denver);
    service_actor_release(&lenders);
    service_actor_release(&csh);
    service_actor_release(&urban);
    return stop_service(state);
}

static void a_proposal_is_checked(void **state)
{
    struct buf terms, body;
    struct http_reply reply;
    struct http_client client;
    (void) state;
    buf_init(&terms, 65536);
    buf_init(&body, 262144);
    terms_text(&terms);
    proposal("housing", buf_slice(&terms), &body);
    refused(&denver, "/v1/contracts", body.ptr, 422, "indicator.unknown");
    post_ok(&service.operator, "/v1/indicators",
            "{\"definition\":\"Days housed, less days in "
            "jail\",\"id\":\"denver.net-days-housed\",\"kind\":\"outcome\",\"name\":\"Net "
            "days housed\",\"unit\":\"days\",\"version\":1}");

    buf_clear(&body); /* terms that do not check: where, and how to say it */
    proposal("housing",
             SLICE("terms 1\ncontract housing \"H\"\ncurrency USD rounded to 0.01, half even\nparty denver payer\n"),
             &body);
    refused(&denver, "/v1/contracts", body.ptr, 422, "contract.terms");
    assert_int_equal(http_client_open(&client, service.port), 0);
    struct buf jws;
    buf_init(&jws, 4096);
    assert_int_equal(service_sign(&service, &denver, "/v1/contracts", buf_slice(&body), NULL, &jws), 0);
    assert_int_equal(service_exchange(&client, "/v1/contracts", buf_slice(&jws), NULL, buf_slice(&body), &reply), 0);
    assert_says(&reply, "terms:4:14: error: ");
    assert_says(&reply, "^~~~~");
    assert_says(&reply, "\"pointer\":\"/terms\"");
    assert_reply(&reply, 422, "contract.terms");

    buf_clear(&body); /* another layout */
    buf_add_char(&terms, '\n');
    proposal("housing", buf_slice(&terms), &body);
    refused(&denver, "/v1/contracts", body.ptr, 422, "contract.layout");
    buf_release(&jws);
    http_client_close(&client);
    buf_release(&body);
    buf_release(&terms);
}

static void signatures_put_it_in_force(void **state)
{
    struct buf terms, body;
    struct http_reply reply;
    char version[80], path[] = "/v1/contracts/housing/signatures", signature[160];
    (void) state;
    buf_init(&terms, 65536);
    buf_init(&body, 262144);
    terms_text(&terms);
    proposal("housing", buf_slice(&terms), &body);
    post_ok(&denver, "/v1/contracts", body.ptr);
    refused(&denver, "/v1/contracts", body.ptr, 409, "contract.taken");
    get("/v1/contracts/housing/terms", &reply);
    assert_int_equal(reply.body_len, terms.len);
    assert_memory_equal(reply.body, terms.ptr, terms.len);
    http_reply_release(&reply);
    get("/v1/contracts?limit=1", &reply);
    assert_true(http_reply_member(&reply, "version", version, sizeof version));
    assert_says(&reply, "\"state\":\"proposed\"");
    http_reply_release(&reply);

    refused(&csh, "/v1/results", FIRST, 409, "contract.not_in_force");
    (void) snprintf(signature, sizeof signature, "{\"as\":\"denver\",\"version\":\"%s\"}", version);
    refused(&csh, path, signature, 403, "contract.not_party");
    refused(&denver, "/v1/contracts/none/signatures", signature, 404, "contract.not_found");
    refused(&denver, path,
            "{\"as\":\"denver\",\"version\":\"0000000000000000000000000000000000000000000000000000000000000000\"}", 409,
            "contract.version");
    post_ok(&denver, path, signature);
    refused(&denver, path, signature, 409, "contract.signed");
    (void) snprintf(signature, sizeof signature, "{\"as\":\"lenders\",\"version\":\"%s\"}", version);
    post_ok(&lenders, path, signature);
    (void) snprintf(signature, sizeof signature, "{\"as\":\"csh\",\"version\":\"%s\"}", version);
    post(&csh, path, signature, &reply);
    assert_says(&reply, "\"type\":\"contract.activated\"");
    http_reply_release(&reply);
    get("/v1/contracts/housing", &reply);
    assert_says(&reply, "\"state\":\"in_force\"");
    http_reply_release(&reply);
    buf_release(&body);
    buf_release(&terms);
}

static void results_wait_for_their_verifier(void **state)
{
    struct http_reply reply;
    char path[80];
    (void) state;
    refused(&lenders, "/v1/results", FIRST, 403, "result.not_reporter");
    refused(&csh, "/v1/results",
            "{\"dimensions\":{\"payment\":\"fifth\"},\"indicator\":\"denver.net-days-housed\",\"value\":\"many\","
            "\"version\":1}",
            422, "result.value");
    post(&csh, "/v1/results", FIRST, &reply);
    assert_says(&reply, "\"events\":[]");
    assert_true(http_reply_member(&reply, "seq", result_seq, sizeof result_seq));
    http_reply_release(&reply);
    refused(&csh, "/v1/results", FIRST, 409, "result.duplicate");
    (void) snprintf(path, sizeof path, "/v1/results/%s/verifications", result_seq);
    refused(&csh, path, "{}", 403, "verification.own");
    refused(&denver, path, "{}", 403, "verification.not_verifier");
    get("/v1/contracts/housing/state", &reply);
    assert_says(&reply, "\"state\":\"waits\"");
    http_reply_release(&reply);
}

static void a_verification_triggers_the_payment(void **state)
{
    struct http_reply reply;
    char path[80];
    (void) state;
    (void) snprintf(path, sizeof path, "/v1/results/%s/verifications", result_seq);
    post(&urban, path, "{\"note\":\"as published\"}", &reply);
    assert_says(&reply, "\"type\":\"result.finalised\"");
    assert_says(&reply, "\"type\":\"payment.triggered\"");
    assert_says(&reply, "\"amount\":\"3913932.96\"");
    http_reply_release(&reply);
    refused(&urban, path, "{}", 409, "verification.done");
    get(path, &reply);
    assert_says(&reply, "\"actor\":\"urban\"");
    http_reply_release(&reply);
    get("/v1/payments?contract=housing", &reply);
    assert_says(&reply, "\"outstanding\":\"3913932.96\"");
    assert_true(http_reply_member(&reply, "seq", payment_seq, sizeof payment_seq));
    http_reply_release(&reply);
    get("/v1/contracts/housing/payments?party=lenders", &reply);
    assert_says(&reply, "\"amount\":\"3913932.96\"");
    http_reply_release(&reply);
    get("/v1/contracts/housing/state", &reply);
    assert_says(&reply, "\"target\":\"3913932.96\"");
    assert_says(&reply, "\"state\":\"computed\"");
    http_reply_release(&reply);
}

static void the_payment_is_explained(void **state)
{
    struct http_reply reply;
    char path[80];
    (void) state;
    (void) snprintf(path, sizeof path, "/v1/payments/%s/explanation", payment_seq);
    get(path, &reply);
    assert_says(&reply, "15.12");
    assert_says(&reply, "258858");
    assert_says(&reply, "\"key\":\"first_four\"");
    http_reply_release(&reply);
    (void) snprintf(path, sizeof path, "/v1/payments/%s/items", payment_seq);
    get(path, &reply);
    assert_says(&reply, "\"difference\":\"3913932.96\"");
    http_reply_release(&reply);
    (void) snprintf(path, sizeof path, "/v1/results/%s", result_seq);
    get(path, &reply);
    assert_says(&reply, "\"metric\":\"days\"");
    http_reply_release(&reply);
}

static void a_preview_says_what_would_follow_and_records_nothing(void **state)
{
    struct http_reply reply;
    struct http_client client;
    struct buf token, headers;
    struct head before = head_now();
    (void) state;
    buf_init(&token, 4096);
    buf_init(&headers, 4096);
    assert_int_equal(read_token_sign(SLICE("csh"), SLICE(SERVICE_ORIGIN), (struct instant){instant_now().us + 60000000},
                                     csh.key, &token, NULL),
                     TALLY_OK);
    buf_printf(&headers, "Authorization: Bearer %s\r\n", token.ptr);
    assert_int_equal(http_client_open(&client, service.port), 0);
    assert_int_equal(service_exchange(&client, "/v1/preview/results", SLICE(""), headers.ptr, SLICE(FIFTH), &reply), 0);
    assert_says(&reply, "{\"events\":[]}"); /* it waits for its verifier */
    assert_reply(&reply, 200, NULL);
    assert_int_equal(service_exchange(&client, "/v1/preview/results", SLICE(""), headers.ptr, SLICE(FIRST), &reply), 0);
    assert_reply(&reply, 409, "result.duplicate");
    assert_head(before);
    http_client_close(&client);
    buf_release(&headers);
    buf_release(&token);
}

static void no_more_is_settled_than_is_due(void **state)
{
    struct http_reply reply;
    char path[80];
    (void) state;
    (void) snprintf(path, sizeof path, "/v1/payments/%s/settlements", payment_seq);
    refused(&urban, path, "{\"amount\":\"1.00\",\"paid_on\":\"2026-01-31\",\"reference\":\"x\"}", 403,
            "settlement.not_party");
    refused(&denver, path, "{\"amount\":\"3913932.97\",\"paid_on\":\"2026-01-31\",\"reference\":\"x\"}", 409,
            "settlement.exceeds");
    refused(&denver, path, "{\"amount\":\"0.001\",\"paid_on\":\"2026-01-31\",\"reference\":\"x\"}", 422,
            "settlement.amount");
    post_ok(&denver, path, "{\"amount\":\"3913932.95\",\"paid_on\":\"2026-01-31\",\"reference\":\"wire 1\"}");
    refused(&denver, path, "{\"amount\":\"0.02\",\"paid_on\":\"2026-01-31\",\"reference\":\"x\"}", 409,
            "settlement.exceeds");
    post_ok(&lenders, path, "{\"amount\":\"0.01\",\"paid_on\":\"2026-01-31\",\"reference\":\"wire 2\"}");
    get(path, &reply);
    assert_says(&reply, "\"reference\":\"wire 2\"");
    http_reply_release(&reply);
    (void) snprintf(path, sizeof path, "/v1/payments/%s", payment_seq);
    get(path, &reply);
    assert_says(&reply, "\"outstanding\":\"0.00\"");
    http_reply_release(&reply);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_proposal_is_checked),
        cmocka_unit_test(signatures_put_it_in_force),
        cmocka_unit_test(results_wait_for_their_verifier),
        cmocka_unit_test(a_verification_triggers_the_payment),
        cmocka_unit_test(the_payment_is_explained),
        cmocka_unit_test(a_preview_says_what_would_follow_and_records_nothing),
        cmocka_unit_test(no_more_is_settled_than_is_due),
    };
    return cmocka_run_group_tests(tests, start_with_parties, stop_with_parties);
}
