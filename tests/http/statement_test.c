/* Statements over HTTP: what is right is recorded once and answered the same for ever; what is wrong is refused with its code, and
 * the ledger is as it was. */
#include "http_help.h"

#include <string.h>

#include "tally/text.h"

static struct service_actor backbone, other;

#define INDICATOR                                                                                                          \
    "{\"definition\":\"Days\",\"id\":\"days-%d\",\"kind\":\"outcome\",\"name\":\"Days\",\"unit\":\"days\",\"version\":1}"
#define RESULT "{\"dimensions\":{\"period\":\"%d\"},\"indicator\":\"days-0\",\"value\":\"90\",\"version\":1}"

/* A body that nothing has used before. */
static const char *fresh_result(void)
{
    static char text[256];
    static int number;
    (void) snprintf(text, sizeof text, RESULT, ++number);
    return text;
}

static int start_with_actors(void **state)
{
    struct http_reply reply;
    char body[256];
    if (start_service(state) != 0)
        return -1;
    (void) snprintf(body, sizeof body, INDICATOR, 0);
    if (service_register(&service, "backbone", "backbone", &backbone) != 0 ||
        service_register(&service, "other", "", &other) != 0 ||
        service_post(&service, &backbone, "/v1/indicators", body, &reply) != 0)
        return -1;
    int status = reply.status;
    if (status != 201)
        print_message("%s\n", reply.body);
    http_reply_release(&reply);
    return status == 201 ? 0 : -1;
}

static int stop_with_actors(void **state)
{
    service_actor_release(&backbone);
    service_actor_release(&other);
    return stop_service(state);
}

/* ---- what is right ---- */

static void a_statement_is_recorded_and_its_receipt_says_where(void **state)
{
    struct http_reply reply, entry;
    char seq[32], hash[80], recorded[80], location[80], target[80];
    (void) state;
    assert_int_equal(service_post(&service, &backbone, "/v1/results", fresh_result(), &reply), 0);
    assert_int_equal(reply.status, 201);
    assert_true(http_reply_member(&reply, "seq", seq, sizeof seq));
    assert_true(http_reply_member(&reply, "hash", hash, sizeof hash));
    (void) snprintf(target, sizeof target, "/v1/results/%s", seq);
    assert_true(http_reply_header(&reply, "Location", location, sizeof location));
    assert_string_equal(location, target);
    (void) snprintf(target, sizeof target, "/v1/entries/%s", seq);
    assert_int_equal(service_get(&service, target, &entry), 0);
    assert_true(http_reply_member(&entry, "hash", recorded, sizeof recorded));
    assert_string_equal(hash, recorded);
    assert_int_equal(strtoull(seq, NULL, 10), head_now().seq);
    assert_reply(&entry, 200, NULL);
    http_reply_release(&reply);
}

static void the_same_bytes_again_get_the_same_answer(void **state)
{
    struct http_client client;
    struct http_reply first, again;
    struct buf jws;
    char value[16] = "";
    struct slice body = slice_str(fresh_result());
    (void) state;
    buf_init(&jws, 4096);
    (void) head_now();
    assert_int_equal(service_sign(&service, &backbone, "/v1/results", body, NULL, &jws), 0);
    assert_int_equal(http_client_open(&client, service.port), 0);
    assert_int_equal(service_exchange(&client, "/v1/results", buf_slice(&jws), NULL, body, &first), 0);
    assert_int_equal(first.status, 201);
    assert_false(http_reply_header(&first, "Idempotency-Replayed", value, sizeof value));
    struct head after = head_now();
    assert_int_equal(service_exchange(&client, "/v1/results", buf_slice(&jws), NULL, body, &again), 0);
    assert_int_equal(again.status, 201);
    assert_string_equal(again.body, first.body);
    assert_true(http_reply_header(&again, "Idempotency-Replayed", value, sizeof value));
    assert_string_equal(value, "true");
    assert_head(after);
    http_reply_release(&first);
    http_reply_release(&again);
    http_client_close(&client);
    buf_release(&jws);
}

/* Both on their way before either is answered, so that one batch may hold them. */
static void a_replay_beside_its_original_is_recorded_once(void **state)
{
    struct http_client clients[8];
    struct http_reply reply;
    struct buf jws, request;
    struct slice body = slice_str(fresh_result());
    char first[32] = "", seq[32];
    (void) state;
    buf_init(&jws, 4096);
    buf_init(&request, 16384);
    struct head before = head_now();
    assert_int_equal(service_sign(&service, &backbone, "/v1/results", body, NULL, &jws), 0);
    buf_printf(&request,
               "POST /v1/results HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n"
               "x-jws-signature: %.*s\r\n\r\n%.*s",
               body.len, SLICE_ARG(buf_slice(&jws)), SLICE_ARG(body));
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(http_client_open(&clients[i], service.port), 0);
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(http_client_send(&clients[i], request.ptr, request.len), 0);
    for (size_t i = 0; i < 8; i++) {
        assert_int_equal(http_client_reply(&clients[i], false, &reply), 0);
        assert_int_equal(reply.status, 201);
        assert_true(http_reply_member(&reply, "seq", seq, sizeof seq));
        if (i == 0)
            (void) snprintf(first, sizeof first, "%s", seq);
        assert_string_equal(seq, first);
        http_reply_release(&reply);
        http_client_close(&clients[i]);
    }
    assert_int_equal(head_now().seq, before.seq + 1);
    buf_release(&request);
    buf_release(&jws);
}

static void the_same_id_with_other_bytes_is_refused(void **state)
{
    struct http_reply reply;
    struct http_client client;
    struct buf jws;
    const struct service_twist twist = {.jti = SLICE("used-twice-00000000001")};
    struct slice body = slice_str(fresh_result());
    (void) state;
    buf_init(&jws, 4096);
    (void) head_now();
    assert_int_equal(service_sign(&service, &backbone, "/v1/results", body, &twist, &jws), 0);
    assert_int_equal(http_client_open(&client, service.port), 0);
    assert_int_equal(service_exchange(&client, "/v1/results", buf_slice(&jws), NULL, body, &reply), 0);
    assert_reply(&reply, 201, NULL);
    assert_post_refused(&backbone, "/v1/results", slice_str(fresh_result()), &twist, 422, "statement.reused");
    http_client_close(&client);
    buf_release(&jws);
}

static void an_idempotency_key_must_be_the_jti(void **state)
{
    struct http_reply reply;
    struct http_client client;
    struct buf jws;
    const struct service_twist twist = {.jti = SLICE("idempotent-00000000001")};
    struct slice body = slice_str(fresh_result());
    (void) state;
    buf_init(&jws, 4096);
    (void) head_now();
    assert_int_equal(service_sign(&service, &backbone, "/v1/results", body, &twist, &jws), 0);
    assert_refused("/v1/results", buf_slice(&jws), "Idempotency-Key: other\r\n", body, 400, "statement.idempotency");
    assert_int_equal(http_client_open(&client, service.port), 0);
    assert_int_equal(service_exchange(&client, "/v1/results", buf_slice(&jws),
                                      "Idempotency-Key: idempotent-00000000001\r\n", body, &reply),
                     0);
    assert_reply(&reply, 201, NULL);
    http_client_close(&client);
    buf_release(&jws);
}

/* ---- the body ---- */

static void a_body_that_is_no_json_is_refused(void **state)
{
    static const char *const bodies[] = {
        "",
        "{",
        "{\"indicator\":\"days-0\",\"version\":1,\"value\":\"9",
        "{\"value\":\"1\",\"value\":\"2\",\"indicator\":\"days-0\",\"version\":1,\"dimensions\":{}}",
        "{\"indicator\":\"days-0\",\"version\":1e400,\"dimensions\":{},\"value\":\"1\"}",
        "{\"indicator\":\"days-0\",\"version\":1.0,\"dimensions\":{},\"value\":\"1\"}",
        "{\"indicator\":\"days-0\",\"version\":1,\"dimensions\":{},\"value\":\"\\ud800\"}",
        "{\"indicator\":\"days-0\",\"version\":1,\"dimensions\":{},\"value\":\"\\u0000\"}",
        "{\"indicator\":\"days-0\",\"version\":1,\"dimensions\":{},\"value\":\"1\"} x"};
    (void) state;
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++)
        assert_post_refused(&backbone, "/v1/results", slice_str(bodies[i]), NULL, 400, "body.json");
}

static void a_body_nested_too_deep_is_refused(void **state)
{
    char body[2000] = "";
    (void) state;
    memset(body, '[', 900);
    memset(body + 900, ']', 900);
    assert_post_refused(&backbone, "/v1/results", slice_str(body), NULL, 400, "body.json");
}

static void a_body_that_is_no_utf8_is_refused(void **state)
{
    (void) state;
    assert_post_refused(&backbone, "/v1/results", SLICE("{\"value\":\"\xff\xfe\"}"), NULL, 400, "body.text");
    assert_post_refused(&backbone, "/v1/results", SLICE("{\"value\":\"\xed\xa0\x80\"}"), NULL, 400, "body.text");
    assert_post_refused(&backbone, "/v1/results", SLICE("{\"value\":\"a\0b\"}"), NULL, 400, "body.text");
}

static void a_body_of_another_form_is_refused(void **state)
{
    static const char *const bodies[] = {
        "[]", "{}", "{\"dimensions\":{},\"indicator\":\"days-0\",\"value\":90,\"version\":1}",
        "{\"dimensions\":{},\"indicator\":\"days-0\",\"value\":\"90\",\"version\":\"1\"}",
        "{\"dimensions\":{},\"indicator\":\"days-0\",\"value\":\"90\",\"version\":1,\"x\":1}"};
    (void) state;
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++)
        assert_post_refused(&backbone, "/v1/results", slice_str(bodies[i]), NULL, 422, "body.schema");
}

/* ---- the signature ---- */

static void a_statement_without_a_signature_is_refused(void **state)
{
    (void) state;
    assert_refused("/v1/results", SLICE(""), NULL, slice_str(fresh_result()), 401, "statement.missing");
}

static void a_signature_by_an_unknown_key_is_refused(void **state)
{
    struct service_actor stranger;
    (void) state;
    assert_int_equal(service_actor_new(&stranger, "stranger"), 0);
    assert_post_refused(&stranger, "/v1/results", slice_str(fresh_result()), NULL, 401, "statement.key_unknown");
    service_actor_release(&stranger);
}

static void an_altered_body_is_refused(void **state)
{
    struct buf jws;
    (void) state;
    buf_init(&jws, 4096);
    (void) head_now();
    assert_int_equal(service_sign(&service, &backbone, "/v1/results", slice_str(fresh_result()), NULL, &jws), 0);
    assert_refused("/v1/results", buf_slice(&jws), NULL, slice_str(fresh_result()), 401, "statement.signature");
    buf_release(&jws);
}

/* The header of one key, the signature of another. */
static void a_signature_by_the_wrong_key_is_refused(void **state)
{
    struct service_actor forged = {.key = other.key};
    struct buf right, wrong, mixed;
    struct slice body = slice_str(fresh_result());
    (void) state;
    buf_init(&right, 4096);
    buf_init(&wrong, 4096);
    buf_init(&mixed, 4096);
    (void) head_now();
    assert_int_equal(service_sign(&service, &backbone, "/v1/results", body, NULL, &right), 0);
    assert_int_equal(service_sign(&service, &forged, "/v1/results", body, NULL, &wrong), 0);
    buf_add(&mixed, right.ptr, (size_t) (strstr(right.ptr, "..") - right.ptr));
    buf_add_str(&mixed, strstr(wrong.ptr, ".."));
    assert_refused("/v1/results", buf_slice(&mixed), NULL, body, 401, "statement.signature");
    buf_release(&mixed);
    buf_release(&wrong);
    buf_release(&right);
}

static void a_statement_for_another_request_is_refused(void **state)
{
    struct slice body = slice_str(fresh_result());
    const struct service_twist twists[] = {{.aud = SLICE("other.test/ledger")},
                                           {.htm = SLICE("PUT")},
                                           {.htu = SLICE("/v1/indicators")},
                                           {.cty = SLICE("text/csv")}};
    (void) state;
    for (size_t i = 0; i < sizeof twists / sizeof twists[0]; i++)
        assert_post_refused(&backbone, "/v1/results", body, &twists[i], 401, "statement.misdirected");
}

static void a_head_that_is_not_this_ledger_s_is_refused(void **state)
{
    struct service_twist twist = {.has_head = true};
    (void) state;
    twist.head_seq = head_now().seq;
    memset(twist.head_hash.bytes, 7, DIGEST_LEN);
    assert_post_refused(&backbone, "/v1/results", slice_str(fresh_result()), &twist, 409, "ledger.other");
    twist.head_hash = service.head_hash;
    twist.head_seq = service.head_seq + 1000;
    assert_post_refused(&backbone, "/v1/results", slice_str(fresh_result()), &twist, 409, "ledger.other");
}

static void a_head_before_what_the_statement_names_is_refused(void **state)
{
    struct service_twist twist = {.has_head = true};
    struct http_reply reply;
    char hash[80];
    (void) state;
    assert_int_equal(service_get(&service, "/v1/entries/0", &reply), 0);
    assert_true(http_reply_member(&reply, "hash", hash, sizeof hash));
    http_reply_release(&reply);
    assert_int_equal(text_unhex(slice_str(hash), twist.head_hash.bytes, DIGEST_LEN), TALLY_OK);
    assert_post_refused(&backbone, "/v1/results", slice_str(fresh_result()), &twist, 409, "statement.head");
}

static void a_stale_statement_is_refused(void **state)
{
    struct service_twist twist = {.iat = instant_now().us / 1000000 - 400};
    (void) state;
    assert_post_refused(&backbone, "/v1/results", slice_str(fresh_result()), &twist, 401, "statement.stale");
    twist.iat += 800;
    assert_post_refused(&backbone, "/v1/results", slice_str(fresh_result()), &twist, 401, "statement.stale");
}

/* A protected header of the test's own making, signed rightly. */
static void assert_header_refused(const char *from, const char *to, const char *code)
{
    struct buf jws, header, forged;
    struct slice body = slice_str(fresh_result());
    char text[2048];
    uint8_t signature[KEY_SIGNATURE_LEN];
    size_t len = 0;
    buf_init(&jws, 4096);
    buf_init(&header, 4096);
    buf_init(&forged, 8192);
    (void) head_now();
    assert_int_equal(service_sign(&service, &backbone, "/v1/results", body, NULL, &jws), 0);
    size_t protected_len = (size_t) (strstr(jws.ptr, "..") - jws.ptr);
    assert_int_equal(text_unbase64url(slice_of(jws.ptr, protected_len), text, sizeof text - 1, &len), TALLY_OK);
    text[len] = '\0';
    const char *at = strstr(text, from);
    assert_non_null(at);
    buf_add(&header, text, (size_t) (at - text));
    buf_add_str(&header, to);
    buf_add_str(&header, at + strlen(from));
    text_base64url(header.ptr, header.len, &forged);
    size_t forged_len = forged.len;
    buf_add_char(&forged, '.');
    text_base64url(body.ptr, body.len, &forged);
    assert_int_equal(key_sign(backbone.key, buf_slice(&forged), signature, NULL), TALLY_OK);
    forged.len = forged_len;
    buf_add_str(&forged, "..");
    text_base64url(signature, sizeof signature, &forged);
    assert_refused("/v1/results", buf_slice(&forged), NULL, body, 401, code);
    buf_release(&forged);
    buf_release(&header);
    buf_release(&jws);
}

static void other_algorithms_are_never_accepted(void **state)
{
    (void) state;
    assert_header_refused("\"alg\":\"EdDSA\"", "\"alg\":\"none\"", "statement.algorithm");
    assert_header_refused("\"alg\":\"EdDSA\"", "\"alg\":\"HS256\"", "statement.algorithm");
}

static void a_header_with_other_members_is_refused(void **state)
{
    (void) state;
    assert_header_refused("{", "{\"crit\":[\"b64\"],", "statement.malformed");
    assert_header_refused("\"htm\":\"POST\"", "\"htm\":\"POST\",\"htm\":\"POST\"", "statement.malformed");
    assert_header_refused("\"htm\":\"POST\",", "", "statement.malformed");
    assert_header_refused("tally-statement", "tally-read", "statement.malformed");
}

static void another_spelling_of_the_same_base64url_is_refused(void **state)
{
    struct buf jws;
    struct slice body = slice_str(fresh_result());
    (void) state;
    buf_init(&jws, 4096);
    (void) head_now();
    assert_int_equal(service_sign(&service, &backbone, "/v1/results", body, NULL, &jws), 0);
    buf_add_str(&jws, "==");
    assert_refused("/v1/results", buf_slice(&jws), NULL, body, 401, "statement.malformed");
    jws.len -= 2;
    for (const char *bad = "+/= \t"; *bad != '\0'; bad++) { /* of the other alphabet, padded, with space in it */
        struct buf other_jws;
        size_t dots = (size_t) (strstr(jws.ptr, "..") - jws.ptr);
        buf_init(&other_jws, 4096);
        buf_add(&other_jws, jws.ptr, dots);
        buf_add_char(&other_jws, *bad);
        buf_add(&other_jws, jws.ptr + dots, jws.len - dots);
        assert_refused("/v1/results", buf_slice(&other_jws), NULL, body, 401, "statement.malformed");
        buf_release(&other_jws);
    }
    jws.len -= 1; /* the last character of 86 carries 4 unused bits: A, Q, g or w */
    char last = jws.ptr[jws.len];
    buf_add_char(&jws, (char) (last + 1));
    assert_refused("/v1/results", buf_slice(&jws), NULL, body, 401, "statement.malformed");
    buf_release(&jws);
}

/* ---- rights ---- */

static void who_may_not_is_refused(void **state)
{
    char indicator[256];
    (void) state;
    (void) snprintf(indicator, sizeof indicator, INDICATOR, 77);
    assert_post_refused(&other, "/v1/indicators", slice_str(indicator), NULL, 403, "actor.not_allowed");
    assert_post_refused(&other, "/v1/results", slice_str(fresh_result()), NULL, 403, "result.not_reporter");
}

static void what_is_not_there_is_refused(void **state)
{
    (void) state;
    assert_post_refused(&backbone, "/v1/results",
                        SLICE("{\"dimensions\":{},\"indicator\":\"no-such\",\"value\":\"90\",\"version\":1}"), NULL, 422,
                        "indicator.unknown");
    assert_post_refused(&backbone, "/v1/results/999999/verifications", SLICE("{}"), NULL, 404, "result.not_found");
    assert_post_refused(&backbone, "/v1/payments/999999/settlements",
                        SLICE("{\"amount\":\"1.00\",\"paid_on\":\"2026-01-01\",\"reference\":\"x\"}"), NULL, 404,
                        "payment.not_found");
}

static void a_second_result_of_the_same_key_is_refused(void **state)
{
    struct http_reply reply;
    const char *body = fresh_result();
    (void) state;
    assert_int_equal(service_post(&service, &backbone, "/v1/results", body, &reply), 0);
    assert_reply(&reply, 201, NULL);
    assert_post_refused(&backbone, "/v1/results", slice_str(body), NULL, 409, "result.duplicate");
}

/* ---- keys ---- */

static void keys_that_are_not_proven_or_taken_or_weak_are_refused(void **state)
{
    struct service_actor newcomer;
    struct buf body;
    (void) state;
    buf_init(&body, 4096);
    assert_int_equal(service_actor_new(&newcomer, "newcomer"), 0);
    service_registration(&newcomer, "organisation", "", &body);
    memcpy(strstr(body.ptr, "newcomer"), "newcomed", 8); /* the proof is for another id */
    assert_post_refused(&service.operator, "/v1/actors", slice_of(body.ptr, body.len), NULL, 422, "key.proof");
    buf_clear(&body);
    struct service_actor twin = {.key = backbone.key, .kid = backbone.kid};
    (void) snprintf(twin.id, sizeof twin.id, "twin");
    service_registration(&twin, "organisation", "", &body);
    assert_post_refused(&service.operator, "/v1/actors", buf_slice(&body), NULL, 409, "key.taken");
    assert_post_refused(
        &service.operator, "/v1/actors",
        SLICE("{\"id\":\"weak\",\"jwk\":{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":"
              "\"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"},\"kind\":\"person\",\"pop\":"
              "\"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}"),
        NULL, 422, "key.weak");
    service_actor_release(&newcomer);
    buf_release(&body);
}

/* The key is good, and it is another actor's: it speaks for that one alone. */
static void a_right_key_of_another_actor_is_refused(void **state)
{
    struct service_actor newcomer;
    struct buf body, pop;
    struct key_public key;
    char path[160];
    (void) state;
    buf_init(&body, 4096);
    buf_init(&pop, 256);
    assert_int_equal(service_actor_new(&newcomer, "backbone"), 0);
    assert_int_equal(key_proof_make(newcomer.key, SLICE(SERVICE_ORIGIN), SLICE("backbone"), &pop, NULL), TALLY_OK);
    key_pair_public(newcomer.key, &key);
    buf_add_str(&body, "{\"jwk\":{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"");
    text_base64url(key.bytes, sizeof key.bytes, &body);
    buf_printf(&body, "\"},\"pop\":\"%.*s\"}", SLICE_ARG(buf_slice(&pop)));
    assert_post_refused(&other, "/v1/actors/backbone/keys", buf_slice(&body), NULL, 403, "actor.not_allowed");
    assert_post_refused(&service.operator, "/v1/actors/backbone/keys", buf_slice(&body), NULL, 403, "actor.not_allowed");
    (void) snprintf(path, sizeof path, "/v1/actors/backbone/keys/%s/revocation", backbone.kid.text);
    assert_post_refused(&other, path, SLICE("{}"), NULL, 403, "actor.not_allowed");
    (void) snprintf(path, sizeof path, "/v1/actors/other/keys/%s/revocation", backbone.kid.text);
    assert_post_refused(&service.operator, path, SLICE("{}"), NULL, 404, "key.not_found");
    assert_post_refused(&other, "/v1/results", slice_str(fresh_result()), NULL, 403, "result.not_reporter");
    service_actor_release(&newcomer);
    buf_release(&pop);
    buf_release(&body);
}

/* The same for a key that is added to an actor that is there. */
static void a_key_that_is_added_is_proven_strong_and_new(void **state)
{
    struct service_actor stranger;
    struct buf body, pop;
    struct key_public key;
    (void) state;
    buf_init(&body, 4096);
    buf_init(&pop, 256);
    assert_int_equal(service_actor_new(&stranger, "stranger"), 0);
    const struct {
        struct key_pair *key;
        const char *id; /* that it is proven for */
        int status;
        const char *code;
    } cases[] = {{stranger.key, "other", 422, "key.proof"}, {other.key, "backbone", 409, "key.taken"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        buf_clear(&body);
        buf_clear(&pop);
        assert_int_equal(key_proof_make(cases[i].key, SLICE(SERVICE_ORIGIN), slice_str(cases[i].id), &pop, NULL), TALLY_OK);
        key_pair_public(cases[i].key, &key);
        buf_add_str(&body, "{\"jwk\":{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"");
        text_base64url(key.bytes, sizeof key.bytes, &body);
        buf_printf(&body, "\"},\"pop\":\"%.*s\"}", SLICE_ARG(buf_slice(&pop)));
        assert_post_refused(&backbone, "/v1/actors/backbone/keys", buf_slice(&body), NULL, cases[i].status, cases[i].code);
    }
    assert_post_refused(
        &backbone, "/v1/actors/backbone/keys",
        SLICE(
            "{\"jwk\":{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"},\"pop\":"
            "\"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}"),
        NULL, 422, "key.weak");
    service_actor_release(&stranger);
    buf_release(&pop);
    buf_release(&body);
}

/* Signed for one path, content type or method, and sent to another: the statement says what it was meant for. */
static void a_right_statement_sent_elsewhere_is_refused(void **state)
{
    struct buf jws, request;
    struct slice body = slice_str(fresh_result());
    (void) state;
    buf_init(&jws, 4096);
    buf_init(&request, 16384);
    (void) head_now();
    assert_int_equal(service_sign(&service, &backbone, "/v1/results", body, NULL, &jws), 0);
    assert_refused("/v1/indicators", buf_slice(&jws), NULL, body, 401, "statement.misdirected");
    assert_refused("/v1/contracts", buf_slice(&jws), NULL, body, 401, "statement.misdirected");
    static const struct {
        const char *method, *type;
        int status;
        const char *code;
    } cases[] = {{"POST", "application/json; charset=utf-8", 415, "request.media_type"},
                 {"POST", "text/csv", 415, "request.media_type"},
                 {"POST", "application/problem+json", 415, "request.media_type"},
                 {"POST", "nonsense", 415, "request.media_type"},
                 {"PUT", "application/json", 405, "request.method"},
                 {"PATCH", "application/json", 405, "request.method"},
                 {"DELETE", "application/json", 405, "request.method"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        buf_clear(&request);
        buf_printf(&request,
                   "%s /v1/results HTTP/1.1\r\nHost: t\r\nContent-Type: %s\r\nContent-Length: %zu\r\nx-jws-signature: "
                   "%s\r\n\r\n%.*s",
                   cases[i].method, cases[i].type, body.len, jws.ptr, SLICE_ARG(body));
        assert_raw_refused(request.ptr, request.len, cases[i].status, cases[i].code);
    }
    buf_release(&request);
    buf_release(&jws);
}

/* A statement that is right in everything but its size. */
static void a_signed_body_over_its_limit_is_refused(void **state)
{
    struct buf body;
    (void) state;
    buf_init(&body, 65536);
    buf_add_str(&body, "{\"id\":\"");
    for (size_t i = 0; i < 16384; i++)
        buf_add_char(&body, 'a');
    buf_add_str(&body, "\"}");
    assert_post_refused(&service.operator, "/v1/actors", buf_slice(&body), NULL, 413, "request.too_large");
    buf_release(&body);
}

static void a_revoked_key_signs_no_more(void **state)
{
    struct service_actor leaver;
    struct http_reply reply;
    char path[160];
    (void) state;
    assert_int_equal(service_register(&service, "leaver", "backbone", &leaver), 0);
    assert_int_equal(service_post(&service, &leaver, "/v1/results", fresh_result(), &reply), 0);
    assert_reply(&reply, 201, NULL);
    (void) snprintf(path, sizeof path, "/v1/actors/leaver/keys/%s/revocation", leaver.kid.text);
    assert_int_equal(service_post(&service, &service.operator, path, "{}", &reply), 0);
    assert_reply(&reply, 201, NULL);
    assert_post_refused(&leaver, "/v1/results", slice_str(fresh_result()), NULL, 403, "key.revoked");
    service_actor_release(&leaver);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_statement_is_recorded_and_its_receipt_says_where),
        cmocka_unit_test(the_same_bytes_again_get_the_same_answer),
        cmocka_unit_test(a_replay_beside_its_original_is_recorded_once),
        cmocka_unit_test(the_same_id_with_other_bytes_is_refused),
        cmocka_unit_test(an_idempotency_key_must_be_the_jti),
        cmocka_unit_test(a_body_that_is_no_json_is_refused),
        cmocka_unit_test(a_body_nested_too_deep_is_refused),
        cmocka_unit_test(a_body_that_is_no_utf8_is_refused),
        cmocka_unit_test(a_body_of_another_form_is_refused),
        cmocka_unit_test(a_statement_without_a_signature_is_refused),
        cmocka_unit_test(a_signature_by_an_unknown_key_is_refused),
        cmocka_unit_test(an_altered_body_is_refused),
        cmocka_unit_test(a_signature_by_the_wrong_key_is_refused),
        cmocka_unit_test(a_statement_for_another_request_is_refused),
        cmocka_unit_test(a_head_that_is_not_this_ledger_s_is_refused),
        cmocka_unit_test(a_head_before_what_the_statement_names_is_refused),
        cmocka_unit_test(a_stale_statement_is_refused),
        cmocka_unit_test(other_algorithms_are_never_accepted),
        cmocka_unit_test(a_header_with_other_members_is_refused),
        cmocka_unit_test(another_spelling_of_the_same_base64url_is_refused),
        cmocka_unit_test(who_may_not_is_refused),
        cmocka_unit_test(what_is_not_there_is_refused),
        cmocka_unit_test(a_second_result_of_the_same_key_is_refused),
        cmocka_unit_test(keys_that_are_not_proven_or_taken_or_weak_are_refused),
        cmocka_unit_test(a_right_key_of_another_actor_is_refused),
        cmocka_unit_test(a_key_that_is_added_is_proven_strong_and_new),
        cmocka_unit_test(a_right_statement_sent_elsewhere_is_refused),
        cmocka_unit_test(a_signed_body_over_its_limit_is_refused),
        cmocka_unit_test(a_revoked_key_signs_no_more),
    };
    return cmocka_run_group_tests(tests, start_with_actors, stop_with_actors);
}
