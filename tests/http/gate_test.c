/* The gate on a running service: what two readers could read in two ways is refused, and slow clients do not live for ever. */
#include "http_help.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#define HOST "Host: ledger.test\r\n"
#define JSON "Content-Type: application/json\r\n"

static void refused(const char *request, int status, const char *code)
{
    assert_raw_refused(request, strlen(request), status, code);
}

static void any_transfer_encoding_is_refused(void **state)
{
    (void) state;
    refused("POST /v1/results HTTP/1.1\r\n" HOST JSON "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", 411,
            "request.length");
    refused("POST /v1/results HTTP/1.1\r\n" HOST JSON "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            411, "request.length");
    refused("POST /v1/results HTTP/1.1\r\n" HOST JSON "Transfer-Encoding: identity\r\nContent-Length: 2\r\n\r\n{}", 411,
            "request.length");
    refused("GET /v1/ledger HTTP/1.1\r\n" HOST "tRANSFER-eNCODING: xchunked\r\n\r\n", 411, "request.length");
}

static void names_that_only_look_like_framing_are_refused(void **state)
{
    (void) state;
    refused("POST /v1/results HTTP/1.1\r\n" HOST JSON "Transfer-Encoding_: chunked\r\nContent-Length: 2\r\n\r\n{}", 400,
            "request.malformed");
    refused("POST /v1/results HTTP/1.1\r\n" HOST JSON "Content-Length-X: 9\r\nContent-Length: 2\r\n\r\n{}", 400,
            "request.malformed");
    refused("POST /v1/results HTTP/1.1\r\n" HOST JSON "Content-Length : 9\r\nContent-Length: 2\r\n\r\n{}", 400,
            "request.malformed");
}

static void a_repeated_content_length_is_refused(void **state)
{
    (void) state;
    refused("POST /v1/results HTTP/1.1\r\n" HOST JSON "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}", 400,
            "request.malformed");
    refused("POST /v1/results HTTP/1.1\r\n" HOST JSON "Content-Length: 2\r\nContent-Length: 30\r\n\r\n{}", 400,
            "request.malformed");
}

/* Everything until the other side closes. */
static void read_to_the_end(struct http_client *client, char *out, size_t size)
{
    struct timeval patience = {.tv_sec = HTTP_CLIENT_WAIT_MS / 1000};
    size_t len = 0;
    ssize_t n;
    assert_int_equal(setsockopt(client->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience), 0);
    while (len < size - 1 && (n = recv(client->fd, out + len, size - 1 - len, 0)) > 0)
        len += (size_t) n;
    out[len] = '\0';
    assert_true(n == 0 || errno == ECONNRESET); /* closed, with or without having read all that was sent */
}

/* libmicrohttpd answers some of these itself, with a 400 of its own that has no code (and its headers twice). Whoever answers: it
 * is a refusal, what follows on the connection is not read as a request, the connection is closed, and nothing is recorded. The
 * body is a statement that would be recorded if its length were read in another way. */
static void a_malformed_content_length_is_refused(void **state)
{
    static const char *const lengths[] = {"+%zu",
                                          "0x%zx",
                                          "%zu %zu",
                                          "%zu,%zu",
                                          "-%zu",
                                          "",
                                          "0%zu",
                                          "%zu.0",
                                          "1844674407370955%zu",
                                          "99999999999999999999%zu",
                                          "%zu\t1",
                                          "abc"};
    struct service_actor actor;
    struct buf body, jws, request;
    (void) state;
    buf_init(&body, 4096);
    buf_init(&jws, 4096);
    buf_init(&request, 16384);
    assert_int_equal(service_actor_new(&actor, "by-another-length"), 0);
    service_registration(&actor, "person", "", &body);
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        struct http_client client;
        char length[64], answer[4096];
        struct head before = head_now();
        buf_clear(&jws);
        buf_clear(&request);
        assert_int_equal(service_sign(&service, &service.operator, "/v1/actors", buf_slice(&body), NULL, &jws), 0);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-security"
        (void) snprintf(length, sizeof length, lengths[i], body.len, body.len);
#pragma GCC diagnostic pop
        buf_printf(&request, "POST /v1/actors HTTP/1.1\r\n" HOST JSON "x-jws-signature: %s\r\nContent-Length: %s\r\n\r\n%s",
                   jws.ptr, length, body.ptr);
        buf_add_str(&request, "GET /healthz HTTP/1.1\r\n" HOST "\r\n");
        assert_int_equal(http_client_open(&client, service.port), 0);
        assert_int_equal(http_client_send(&client, request.ptr, request.len), 0);
        read_to_the_end(&client, answer, sizeof answer);
        if (strncmp(answer, "HTTP/1.1 4", 10) != 0 || strstr(answer, "\"live\"") != NULL)
            fail_msg("Content-Length: %s is answered with %s", length, answer);
        http_client_close(&client);
        assert_head(before);
    }
    service_actor_release(&actor);
    buf_release(&request);
    buf_release(&jws);
    buf_release(&body);
}

static void none_or_several_hosts_are_refused(void **state)
{
    (void) state;
    refused("GET /v1/ledger HTTP/1.1\r\n\r\n", 400, "request.malformed");
    refused("GET /v1/ledger HTTP/1.1\r\n" HOST "Host: other.test\r\n\r\n", 400, "request.malformed");
    refused("GET /v1/ledger HTTP/1.1\r\n" HOST HOST "\r\n", 400, "request.malformed");
}

static void other_versions_of_http_are_refused(void **state)
{
    (void) state;
    refused("GET /v1/ledger HTTP/1.0\r\n" HOST "\r\n", 400, "request.malformed");
    refused("GET /v1/ledger HTTP/1.2\r\n" HOST "\r\n", 400, "request.malformed");
}

static void illegal_header_names_and_values_are_refused(void **state)
{
    (void) state;
    refused("GET /v1/ledger HTTP/1.1\r\n" HOST "X(y): 1\r\n\r\n", 400, "request.malformed");
    refused("GET /v1/ledger HTTP/1.1\r\n" HOST "X-Y : 1\r\n\r\n", 400, "request.malformed");
    refused("GET /v1/ledger HTTP/1.1\r\n" HOST "X-Y: a\x01"
            "b\r\n\r\n",
            400, "request.malformed");
}

static void what_is_signed_is_given_once(void **state)
{
    (void) state;
    refused("POST /v1/results HTTP/1.1\r\n" HOST JSON JSON "x-jws-signature: a\r\nContent-Length: 2\r\n\r\n{}", 400,
            "request.malformed");
    refused("POST /v1/results HTTP/1.1\r\n" HOST JSON
            "x-jws-signature: a\r\nX-JWS-Signature: b\r\nContent-Length: 2\r\n\r\n{}",
            400, "request.malformed");
    refused("POST /v1/results HTTP/1.1\r\n" HOST JSON "Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}", 415,
            "request.media_type");
}

static void a_post_goes_to_the_route_s_own_bytes(void **state)
{
    static const char *const targets[] = {"/v1/results/",  "/v1//results",
                                          "/v1/./results", "/v1/x/../results",
                                          "/v1/result%73", "/v1/results%2f1/verifications",
                                          "//v1/results",  "http://ledger.test/v1/results"};
    (void) state;
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        struct http_client client;
        struct http_reply reply;
        char request[512];
        struct head before = head_now();
        (void) snprintf(request, sizeof request, "POST %s HTTP/1.1\r\n" HOST JSON "Content-Length: 2\r\n\r\n{}",
                        targets[i]);
        assert_int_equal(http_client_open(&client, service.port), 0);
        assert_int_equal(http_client_send_text(&client, request), 0);
        assert_int_equal(http_client_reply(&client, false, &reply), 0);
        assert_true(reply.status == 404 || reply.status == 400);
        http_reply_release(&reply);
        http_client_close(&client);
        assert_head(before);
    }
    refused("POST /v1/results?x=1 HTTP/1.1\r\n" HOST JSON "Content-Length: 2\r\n\r\n{}", 400, "request.malformed");
}

static void a_post_without_length_or_of_another_type_is_refused(void **state)
{
    (void) state;
    refused("POST /v1/results HTTP/1.1\r\n" HOST JSON "\r\n", 411, "request.length");
    refused("POST /v1/results HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\n{}", 415, "request.media_type");
    refused("POST /v1/results HTTP/1.1\r\n" HOST "Content-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}", 415,
            "request.media_type");
}

static void another_method_gets_405_and_what_is_allowed(void **state)
{
    struct http_client client;
    struct http_reply reply;
    char allow[64] = "";
    (void) state;
    assert_int_equal(http_client_open(&client, service.port), 0);
    assert_int_equal(http_client_send_text(&client, "DELETE /v1/actors HTTP/1.1\r\n" HOST "\r\n"), 0);
    assert_int_equal(http_client_reply(&client, false, &reply), 0);
    assert_true(http_reply_header(&reply, "Allow", allow, sizeof allow));
    assert_string_equal(allow, "POST, GET, HEAD");
    assert_reply(&reply, 405, "request.method");
    /* the connection lives on: nothing about the request's end was in doubt */
    assert_int_equal(http_client_send_text(&client, "PUT /v1/entries/0 HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc"),
                     0);
    assert_int_equal(http_client_reply(&client, false, &reply), 0);
    assert_reply(&reply, 405, "request.method");
    http_client_close(&client);
}

static void a_body_over_its_limit_is_refused_before_it_is_sent(void **state)
{
    (void) state;
    refused("POST /v1/actors HTTP/1.1\r\n" HOST JSON
            "x-jws-signature: a\r\nContent-Length: 16385\r\nExpect: 100-continue\r\n\r\n",
            413, "request.too_large");
    refused("POST /v1/results HTTP/1.1\r\n" HOST JSON "x-jws-signature: a\r\nContent-Length: 8388609\r\n\r\n", 413,
            "request.too_large");
    refused("GET /v1/ledger HTTP/1.1\r\n" HOST "Content-Length: 1048576\r\n\r\n", 413, "request.too_large");
}

static void headers_over_their_limits_are_refused(void **state)
{
    char request[12000] = "GET /v1/ledger HTTP/1.1\r\n" HOST;
    (void) state;
    for (int i = 0; i < 70; i++)
        (void) snprintf(request + strlen(request), sizeof request - strlen(request), "X-%d: 1\r\n", i);
    (void) snprintf(request + strlen(request), sizeof request - strlen(request), "\r\n");
    refused(request, 431, "request.headers");
}

static void a_hundred_continue_is_sent_to_who_waits_for_it(void **state)
{
    struct http_client client;
    struct http_reply reply;
    (void) state;
    assert_int_equal(http_client_open(&client, service.port), 0);
    assert_int_equal(http_client_send_text(&client,
                                           "POST /v1/results HTTP/1.1\r\n" HOST JSON
                                           "x-jws-signature: a..b\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"),
                     0);
    char first[26] = "";
    assert_int_equal(recv(client.fd, first, 25, MSG_WAITALL), 25);
    assert_string_equal(first, "HTTP/1.1 100 Continue\r\n\r\n");
    assert_int_equal(http_client_send_text(&client, "{}"), 0);
    assert_int_equal(http_client_reply(&client, false, &reply), 0);
    assert_reply(&reply, 401, "statement.malformed");
    http_client_close(&client);
}

static void pipelined_requests_are_answered_in_order(void **state)
{
    struct http_client client;
    struct http_reply reply;
    (void) state;
    assert_int_equal(http_client_open(&client, service.port), 0);
    assert_int_equal(http_client_send_text(&client, "GET /healthz HTTP/1.1\r\n" HOST "\r\n"
                                                    "GET /v1/actors/nobody HTTP/1.1\r\n" HOST "\r\n"
                                                    "HEAD /v1/entries/0 HTTP/1.1\r\n" HOST "\r\n"
                                                    "GET /v1/entries/0 HTTP/1.1\r\n" HOST "\r\n"),
                     0);
    static const int statuses[] = {200, 404, 200, 200};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(http_client_reply(&client, i == 2, &reply), 0);
        assert_int_equal(reply.status, statuses[i]);
        assert_int_equal(reply.is_cut, false);
        http_reply_release(&reply);
    }
    http_client_close(&client);
}

static void a_thousand_connections_are_served(void **state)
{
    static struct http_client clients[1000];
    struct http_reply reply;
    (void) state;
    for (size_t i = 0; i < 1000; i++) {
        assert_int_equal(http_client_open(&clients[i], service.port), 0);
        assert_int_equal(http_client_send_text(&clients[i], "GET /v1/ledger HTTP/1.1\r\n" HOST "\r\n"), 0);
    }
    for (size_t i = 0; i < 1000; i++) {
        assert_int_equal(http_client_reply(&clients[i], false, &reply), 0);
        assert_reply(&reply, 200, NULL);
    }
    for (size_t i = 0; i < 1000; i++)
        http_client_close(&clients[i]);
}

/* ---- deadlines: a service whose clients have a short time ---- */

static int start_impatient(void **state)
{
    static const char *const args[] = {"--request-ms", "400", "--idle-ms", "700", NULL};
    (void) state;
    if (service_start(&service, args) == 0)
        return 0;
    service_stop(&service);
    return -1;
}

/* A byte every 50 ms or so never stays silent for long, and yet never comes to an end. */
static void drip(const char *prefix)
{
    struct http_client client;
    assert_int_equal(http_client_open(&client, service.port), 0);
    assert_int_equal(http_client_send_text(&client, prefix), 0);
    struct timeval patience = {.tv_usec = 50000};
    assert_int_equal(setsockopt(client.fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience), 0);
    char byte;
    ssize_t n = -1;
    int sent = 0;
    while (n < 0 && sent < 600 && http_client_send(&client, "a", 1) == 0) {
        n = recv(client.fd, &byte, 1, 0);
        sent++;
        if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK)
            break;
    }
    assert_true(sent < 600); /* closed by the service, with nothing sent */
    assert_true(n <= 0);
    http_client_close(&client);
}

static void a_slow_client_meets_the_deadline(void **state)
{
    (void) state;
    drip("GET /v1/led");
    drip("GET /v1/ledger HTTP/1.1\r\n" HOST "X-Y: ");
    drip("POST /v1/results HTTP/1.1\r\n" HOST JSON "x-jws-signature: a\r\nContent-Length: 8000000\r\n\r\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_transfer_encoding_is_refused),
        cmocka_unit_test(names_that_only_look_like_framing_are_refused),
        cmocka_unit_test(a_repeated_content_length_is_refused),
        cmocka_unit_test(a_malformed_content_length_is_refused),
        cmocka_unit_test(none_or_several_hosts_are_refused),
        cmocka_unit_test(other_versions_of_http_are_refused),
        cmocka_unit_test(illegal_header_names_and_values_are_refused),
        cmocka_unit_test(what_is_signed_is_given_once),
        cmocka_unit_test(a_post_goes_to_the_route_s_own_bytes),
        cmocka_unit_test(a_post_without_length_or_of_another_type_is_refused),
        cmocka_unit_test(another_method_gets_405_and_what_is_allowed),
        cmocka_unit_test(a_body_over_its_limit_is_refused_before_it_is_sent),
        cmocka_unit_test(headers_over_their_limits_are_refused),
        cmocka_unit_test(a_hundred_continue_is_sent_to_who_waits_for_it),
        cmocka_unit_test(pipelined_requests_are_answered_in_order),
        cmocka_unit_test(a_thousand_connections_are_served),
    };
    const struct CMUnitTest impatient[] = {cmocka_unit_test(a_slow_client_meets_the_deadline)};
    int failed = cmocka_run_group_tests(tests, start_service, stop_service);
    return failed + cmocka_run_group_tests(impatient, start_impatient, stop_service);
}
