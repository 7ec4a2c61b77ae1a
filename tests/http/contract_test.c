/* The main job over HTTP, on Denver's housing payments: proposed, signed, in force; a result, its verification, the payment that
 * follows, its explanation, its settlement; and what is refused on the way, which leaves the ledger as it was. */
#include "../support/root.h"
#include "batch_help.h"

#include <string.h>

#include "tally/canon.h"
#include "tally/text.h"

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
    (void) snprintf(path, sizeof path, "%s/contracts/templates/denver-housing.terms", project_root());
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
    hold_release(&hold);
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
             SLICE("terms 1\ncontract housing \"H\"\ncurrency USD rounded to 0.01, half even\nparty\tdenver payer\n"),
             &body);
    refused(&denver, "/v1/contracts", body.ptr, 422, "contract.terms");
    assert_int_equal(http_client_open(&client, service.port), 0);
    struct buf jws;
    buf_init(&jws, 4096);
    assert_int_equal(service_sign(&service, &denver, "/v1/contracts", buf_slice(&body), NULL, &jws), 0);
    assert_int_equal(service_exchange(&client, "/v1/contracts", buf_slice(&jws), NULL, buf_slice(&body), &reply), 0);
    assert_says(&reply, "terms:4:14: error: ");
    assert_says(&reply, "^~~~~");
    assert_says(&reply, "hint: use spaces");
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

/* Sends body to a preview with a token of this actor's, and wants the ledger as it was. */
static void preview(const struct service_actor *actor, const char *path, struct slice body, int status, const char *code,
                    const char *says)
{
    struct http_reply reply;
    struct http_client client;
    struct buf token, headers;
    struct head before = head_now();
    buf_init(&token, 4096);
    buf_init(&headers, 4096);
    assert_int_equal(read_token_sign(slice_str(actor->id), SLICE(SERVICE_ORIGIN),
                                     (struct instant){instant_now().us + 60000000}, actor->key, &token, NULL),
                     TALLY_OK);
    buf_printf(&headers, "Authorization: Bearer %s\r\n", token.ptr);
    assert_int_equal(http_client_open(&client, service.port), 0);
    assert_int_equal(service_exchange(&client, path, SLICE(""), headers.ptr, body, &reply), 0);
    assert_says(&reply, says);
    assert_reply(&reply, status, code);
    assert_head(before);
    http_client_close(&client);
    buf_release(&headers);
    buf_release(&token);
}

static void a_preview_of_terms_checks_them_and_records_nothing(void **state)
{
    struct buf terms, body;
    struct http_reply reply;
    (void) state;
    buf_init(&terms, 65536);
    buf_init(&body, 262144);
    terms_text(&terms);
    proposal("housing", buf_slice(&terms), &body);
    preview(&denver, "/v1/preview/contracts", buf_slice(&body), 200, NULL, "{\"events\":[]}");
    preview(&denver, "/v1/preview/contracts", buf_slice(&body), 200, NULL,
            "{\"events\":[]}"); /* the id was not taken by it */
    assert_int_equal(service_get(&service, "/v1/contracts/housing", &reply), 0);
    assert_reply(&reply, 404, "contract.not_found");
    buf_clear(&body);
    proposal("housing", SLICE("terms 1\ncontract housing \"H\"\nparty denver payer\n"), &body);
    preview(&denver, "/v1/preview/contracts", buf_slice(&body), 422, "contract.terms", "terms:3:");
    buf_release(&body);
    buf_release(&terms);
}

/* The body of a right proposal with one piece of it changed. */
static void proposal_with(const char *from, const char *to, struct buf *out)
{
    struct buf terms, body;
    buf_init(&terms, 65536);
    buf_init(&body, 262144);
    terms_text(&terms);
    proposal("housing", buf_slice(&terms), &body);
    const char *at = strstr(body.ptr, from);
    assert_non_null(at);
    buf_add(out, body.ptr, (size_t) (at - body.ptr));
    buf_add_str(out, to);
    buf_add_str(out, at + strlen(from));
    buf_release(&body);
    buf_release(&terms);
}

static void a_party_that_is_not_known_is_refused(void **state)
{
    struct buf body;
    char from[160], to[160];
    (void) state;
    buf_init(&body, 262144);
    proposal_with("\"actor\":\"urban\"", "\"actor\":\"nobody\"", &body); /* no actor of this ledger */
    refused(&denver, "/v1/contracts", body.ptr, 422, "actor.unknown");
    buf_clear(&body);
    proposal_with("\"urban\":{", "\"rural\":{", &body); /* no party of these terms */
    refused(&denver, "/v1/contracts", body.ptr, 422, "contract.parties");
    buf_clear(&body);
    (void) snprintf(from, sizeof from, "\"kid\":\"%s\"", urban.kid.text);
    (void) snprintf(to, sizeof to, "\"kid\":\"%s\"", csh.kid.text); /* a key of another actor */
    proposal_with(from, to, &body);
    refused(&denver, "/v1/contracts", body.ptr, 422, "contract.parties");
    buf_release(&body);
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
    refused(&service.operator, path, signature, 403, "contract.not_party"); /* no party at all */
    post_ok(&denver, path, signature);
    refused(&denver, path, signature, 409, "contract.signed");
    refused(&csh, "/v1/results", "{\"contract\":\"none\",\"dimensions\":{},\"metric\":\"days\",\"value\":\"1\"}", 422,
            "contract.unknown");
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

static void a_reader_sees_which_contracts_a_result_fits_and_why_not(void **state)
{
    struct http_reply reply;
    char path[80], seq[24];
    (void) state;
    (void) snprintf(path, sizeof path, "/v1/results/%s", result_seq);
    get(path, &reply); /* not final yet, but it fits */
    assert_says(&reply,
                "\"fits\":[{\"contract\":\"housing\",\"final_seq\":null,\"key\":\"first_four\",\"metric\":\"days\"");
    http_reply_release(&reply);
    post(&csh, "/v1/results",
         "{\"dimensions\":{\"payment\":\"unheard_of\"},\"indicator\":\"denver.net-days-housed\",\"value\":\"5\","
         "\"version\":1}",
         &reply);
    assert_true(http_reply_member(&reply, "seq", seq, sizeof seq));
    http_reply_release(&reply);
    (void) snprintf(path, sizeof path, "/v1/results/%s", seq);
    get(path, &reply);
    assert_says(&reply, "\"key\":null");
    assert_says(&reply, "\"why\":\"\\\"unheard_of\\\" is not a member of `payment`\"");
    http_reply_release(&reply);
    assert_int_equal(service_get(&service, "/v1/results/999999", &reply), 0);
    assert_int_equal(reply.status, 404);
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
    get("/v1/contracts/housing/exposure", &reply);
    assert_says(&reply, "\"party\":\"lenders\",\"side\":\"receives\"");
    assert_says(&reply, "\"rules\":[{\"currency\":\"USD\",\"instances\":");
    http_reply_release(&reply);
    get("/v1/contracts/housing/state", &reply);
    assert_says(&reply, "\"target\":\"3913932.96\"");
    assert_says(&reply, "\"state\":\"computed\"");
    http_reply_release(&reply);
}

static void the_payment_is_explained(void **state)
{
    struct http_reply reply;
    struct digest digest;
    char path[80], hex[2 * DIGEST_LEN + 1], member[120];
    (void) state;
    (void) snprintf(path, sizeof path, "/v1/payments/%s/explanation", payment_seq);
    get(path, &reply);
    assert_says(&reply, "15.12");
    assert_says(&reply, "258858");
    assert_says(&reply, "\"key\":\"first_four\"");
    const struct slice parts[] = {SLICE("tally/explanation/v1\n"), slice_of(reply.body, reply.body_len)};
    digest_parts(parts, 2, &digest);
    text_hex(digest.bytes, DIGEST_LEN, hex);
    http_reply_release(&reply);
    (void) snprintf(path, sizeof path, "/v1/payments/%s", payment_seq);
    get(path, &reply);
    (void) snprintf(member, sizeof member, "\"explanation\":\"%s\"", hex);
    assert_says(&reply, member);
    http_reply_release(&reply);
    (void) snprintf(path, sizeof path, "/v1/entries/%llu", strtoull(payment_seq, NULL, 10) - 1); /* its list */
    get(path, &reply);
    (void) snprintf(member, sizeof member, "\\\"explanation\\\":\\\"%s\\\"", hex); /* its body is a string */
    assert_says(&reply, member);
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
    assert_says(&reply, "{\"events\":[],"); /* it waits for its verifier */
    assert_says(&reply,
                "\"fits\":[{\"contract\":\"housing\",\"key\":\"fifth\",\"metric\":\"days\",\"standing\":\"not final\"");
    assert_reply(&reply, 200, NULL);
    assert_int_equal(service_exchange(&client, "/v1/preview/results", SLICE(""), headers.ptr, SLICE(FIRST), &reply), 0);
    assert_reply(&reply, 409, "result.duplicate");
    assert_head(before);
    http_client_close(&client);
    buf_release(&headers);
    buf_release(&token);
}

/* Ten thousand results of an indicator that many contracts use: each is told why it fits none. That is no trouble of the database's. */
static void a_preview_too_large_to_be_told_says_so(void **state)
{
    enum { CONTRACTS = 30, RESULTS = 10000 };
    struct buf terms, body;
    char id[32];
    (void) state;
    buf_init(&terms, 65536);
    buf_init(&body, 4u << 20);
    terms_text(&terms);
    for (int i = 0; i < CONTRACTS; i++) {
        (void) snprintf(id, sizeof id, "another-%d", i);
        buf_clear(&body);
        proposal(id, buf_slice(&terms), &body);
        post_ok(&denver, "/v1/contracts", body.ptr);
    }
    buf_clear(&body);
    buf_add_str(&body, "{\"results\":[");
    for (int i = 0; i < RESULTS; i++)
        buf_printf(&body,
                   "%s{\"dimensions\":{\"payment\":\"the-payment-that-no-text-knows-%05d\"},"
                   "\"indicator\":\"denver.net-days-housed\",\"value\":\"1\",\"version\":1}",
                   i == 0 ? "" : ",", i);
    buf_add_str(&body, "]}");
    preview(&csh, "/v1/preview/results", buf_slice(&body), 422, "evaluation.limit", "fewer results");
    buf_release(&body);
    buf_release(&terms);
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

/* ---- several statements in one batch ---- */

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

/* The result was not recorded yet when its verification was signed. */
static void a_verification_signed_before_its_result_was_recorded_is_refused(void **state)
{
    char path[80];
    (void) state;
    struct head before = hold_here();
    queue(&csh, "/v1/results", FIFTH, NULL);
    (void) snprintf(result_seq, sizeof result_seq, "%llu", (unsigned long long) before.seq + 2);
    (void) snprintf(path, sizeof path, "/v1/results/%s/verifications", result_seq);
    queue(&urban, path, "{}", NULL);
    let_go();
    answered(0, 201, NULL);
    answered(1, 409, "statement.head");
    assert_grown(before, 2, 2);
}

/* The first makes it final and triggers the payment; the second finds it done. */
static void one_of_two_verifications_in_one_batch_counts(void **state)
{
    struct http_reply reply;
    char path[80];
    (void) state;
    (void) snprintf(path, sizeof path, "/v1/results/%s/verifications", result_seq);
    struct head before = hold_here();
    queue(&urban, path, "{}", NULL);
    queue(&urban, path, "{\"note\":\"again\"}", NULL);
    let_go();
    answer(0, &reply);
    assert_says(&reply, "\"amount\":\"620978.40\"");
    assert_reply(&reply, 201, NULL);
    answered(1, 409, "verification.done");
    assert_grown(before, 5, 2); /* the plug, the verification, final, items, payment */
    (void) snprintf(payment_seq, sizeof payment_seq, "%llu", (unsigned long long) before.seq + 5);
}

/* Each alone is not above what is due; both together would be. */
static void two_settlements_in_one_batch_do_not_exceed_what_is_due(void **state)
{
    struct http_reply reply;
    char path[80];
    (void) state;
    (void) snprintf(path, sizeof path, "/v1/payments/%s/settlements", payment_seq);
    struct head before = hold_here();
    queue(&denver, path, "{\"amount\":\"620978.39\",\"paid_on\":\"2026-01-31\",\"reference\":\"a\"}", NULL);
    queue(&denver, path, "{\"amount\":\"0.02\",\"paid_on\":\"2026-01-31\",\"reference\":\"b\"}", NULL);
    let_go();
    answered(0, 201, NULL);
    answered(1, 409, "settlement.exceeds");
    assert_grown(before, 2, 2);
    (void) snprintf(path, sizeof path, "/v1/payments/%s", payment_seq);
    get(path, &reply);
    assert_says(&reply, "\"outstanding\":\"0.01\"");
    http_reply_release(&reply);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_proposal_is_checked),
        cmocka_unit_test(a_preview_of_terms_checks_them_and_records_nothing),
        cmocka_unit_test(a_party_that_is_not_known_is_refused),
        cmocka_unit_test(signatures_put_it_in_force),
        cmocka_unit_test(results_wait_for_their_verifier),
        cmocka_unit_test(a_reader_sees_which_contracts_a_result_fits_and_why_not),
        cmocka_unit_test(a_verification_triggers_the_payment),
        cmocka_unit_test(the_payment_is_explained),
        cmocka_unit_test(a_preview_says_what_would_follow_and_records_nothing),
        cmocka_unit_test(a_preview_too_large_to_be_told_says_so),
        cmocka_unit_test(no_more_is_settled_than_is_due),
        cmocka_unit_test(a_verification_signed_before_its_result_was_recorded_is_refused),
        cmocka_unit_test(one_of_two_verifications_in_one_batch_counts),
        cmocka_unit_test(two_settlements_in_one_batch_do_not_exceed_what_is_due),
    };
    return cmocka_run_group_tests(tests, start_with_parties, stop_with_parties);
}
