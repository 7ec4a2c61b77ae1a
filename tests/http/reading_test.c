/* Reading over HTTP: conditional requests, pages, the archive, and what is not there. */
#include "http_help.h"

#include <string.h>

#include "tally/archive.h"
#include "tally/canon.h"

static int start_with_entries(void **state)
{
    struct service_actor actor;
    char id[32];
    if (start_service(state) != 0)
        return -1;
    for (int i = 0; i < 5; i++) {
        (void) snprintf(id, sizeof id, "actor-%d", i);
        if (service_register(&service, id, i == 0 ? "backbone" : "", &actor) != 0)
            return -1;
        service_actor_release(&actor);
    }
    return 0;
}

static void get_with(const char *target, const char *headers, bool is_head, struct http_reply *reply)
{
    struct http_client client;
    char request[1024];
    (void) snprintf(request, sizeof request, "%s %s HTTP/1.1\r\nHost: t\r\n%s\r\n", is_head ? "HEAD" : "GET", target,
                    headers);
    assert_int_equal(http_client_open(&client, service.port), 0);
    assert_int_equal(http_client_send_text(&client, request), 0);
    assert_int_equal(http_client_reply(&client, is_head, reply), 0);
    http_client_close(&client);
}

static void a_resource_that_has_not_changed_is_304(void **state)
{
    struct http_reply reply;
    char tag[64] = "", again[64] = "", header[128];
    (void) state;
    get_with("/v1/actors", "", false, &reply);
    assert_true(http_reply_header(&reply, "ETag", tag, sizeof tag));
    assert_int_equal(strlen(tag), 18);
    assert_reply(&reply, 200, NULL);
    static const char *const forms[] = {"If-None-Match: %s\r\n", "If-None-Match: W/%s\r\n", "If-None-Match: \"x\", %s\r\n",
                                        "If-None-Match: \"x\"\r\nIf-None-Match: %s\r\n", "If-None-Match: *\r\n"};
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        (void) snprintf(header, sizeof header, forms[i], tag);
#pragma GCC diagnostic pop
        get_with("/v1/actors", header, false, &reply);
        assert_true(http_reply_header(&reply, "ETag", again, sizeof again));
        assert_string_equal(again, tag);
        assert_int_equal(reply.body_len, 0);
        assert_reply(&reply, 304, NULL);
    }
    get_with("/v1/actors", "If-None-Match: \"0123456789abcdef\"\r\n", false, &reply);
    assert_reply(&reply, 200, NULL);
}

static void head_says_what_get_would(void **state)
{
    struct http_reply reply;
    char length[32] = "", expected[32];
    (void) state;
    get_with("/v1/actors/operator", "", false, &reply);
    (void) snprintf(expected, sizeof expected, "%zu", reply.body_len);
    http_reply_release(&reply);
    get_with("/v1/actors/operator", "", true, &reply);
    assert_true(http_reply_header(&reply, "Content-Length", length, sizeof length));
    assert_string_equal(length, expected);
    assert_reply(&reply, 200, NULL);
}

/* How often `what` stands in text. */
static size_t occurrences(const char *text, const char *what)
{
    size_t n = 0;
    for (const char *at = text; (at = strstr(at, what)) != NULL; at++)
        n++;
    return n;
}

static void pages_are_whole_and_without_doubles(void **state)
{
    struct http_reply reply;
    char target[256] = "/v1/actors?limit=2", next[128] = "";
    size_t items = 0, pages = 0;
    (void) state;
    do {
        get_with(target, "", false, &reply);
        assert_int_equal(reply.status, 200);
        assert_true(http_reply_member(&reply, "next", next, sizeof next));
        items += occurrences(reply.body, "\"registered_by\"");
        pages++;
        http_reply_release(&reply);
        (void) snprintf(target, sizeof target, "/v1/actors?limit=2&cursor=%s", next);
    } while (strcmp(next, "null") != 0 && pages < 10);
    assert_int_equal(items, 6);
    assert_int_equal(pages, 3);
}

static void entries_are_filtered(void **state)
{
    struct http_reply reply;
    (void) state;
    get_with("/v1/entries?type=actor.registered", "", false, &reply);
    assert_int_equal(occurrences(reply.body, "\"nonce\""), 5);
    assert_reply(&reply, 200, NULL);
    get_with("/v1/entries?after=3&limit=1", "", false, &reply);
    assert_non_null(strstr(reply.body, "\"seq\":4,"));
    assert_reply(&reply, 200, NULL);
    get_with("/v1/entries?actor=ledger", "", false, &reply);
    assert_int_equal(occurrences(reply.body, "\"nonce\""), 1);
    assert_reply(&reply, 200, NULL);
    get_with("/v1/entries?to=2001-01-01", "", false, &reply);
    assert_int_equal(occurrences(reply.body, "\"nonce\""), 0);
    assert_reply(&reply, 200, NULL);
}

static void a_query_that_is_not_understood_is_refused(void **state)
{
    static const char *const targets[] = {
        "/v1/actors?limit=0",   "/v1/actors?limit=1001",      "/v1/actors?limit=01",   "/v1/actors?limit=x",
        "/v1/actors?size=3",    "/v1/actors?limit=1&limit=2", "/v1/actors?cursor=!!!", "/v1/actors?cursor=%zz",
        "/v1/actors?cursor=%f", "/v1/entries?from=monday",    "/v1/entries/0?as_of=1", "/v1/actors?cursor=%ff",
        "/v1/archive?from=-1",  "/v1/contracts/x?as_of=now"};
    struct http_reply reply;
    (void) state;
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        get_with(targets[i], "", false, &reply);
        if (reply.status != 400)
            print_message("%s\n", targets[i]);
        assert_reply(&reply, 400, "request.malformed");
    }
}

static void what_is_not_there_is_404_by_its_own_code(void **state)
{
    static const char *const pairs[][2] = {{"/v1/actors/nobody", "actor.not_found"},
                                           {"/v1/actors/nobody/keys", "actor.not_found"},
                                           {"/v1/indicators/none", "indicator.not_found"},
                                           {"/v1/contracts/none", "contract.not_found"},
                                           {"/v1/contracts/none/terms", "contract.not_found"},
                                           {"/v1/contracts/none/state", "contract.not_found"},
                                           {"/v1/contracts/none/exposure", "contract.not_found"},
                                           {"/v1/contracts/none/payments", "contract.not_found"},
                                           {"/v1/contracts/none/results", "contract.not_found"},
                                           {"/v1/contracts/none/signatures", "contract.not_found"},
                                           {"/v1/results/1", "result.not_found"},
                                           {"/v1/results/x", "result.not_found"},
                                           {"/v1/results/1/verifications", "result.not_found"},
                                           {"/v1/payments/1", "payment.not_found"},
                                           {"/v1/payments/1/settlements", "payment.not_found"},
                                           {"/v1/payments/1/items", "payment.not_found"},
                                           {"/v1/payments/1/explanation", "payment.not_found"},
                                           {"/v1/entries/99999", "entry.not_found"},
                                           {"/v1/entries/-1", "entry.not_found"},
                                           {"/v1/archive?from=99999", "entry.not_found"},
                                           {"/v2/actors", "request.not_found"},
                                           {"/", "request.not_found"}};
    struct http_reply reply;
    (void) state;
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        get_with(pairs[i][0], "", false, &reply);
        if (reply.status != 404)
            print_message("%s\n", pairs[i][0]);
        assert_reply(&reply, 404, pairs[i][1]);
    }
}

static void the_archive_is_every_entry_in_canonical_lines(void **state)
{
    struct http_reply reply;
    struct arena *arena = arena_new(1u << 20);
    struct err err = {0};
    uint64_t lines = 0;
    struct head head = head_now();
    (void) state;
    get_with("/v1/archive", "", false, &reply);
    assert_int_equal(reply.status, 200);
    assert_false(reply.is_cut);
    for (char *at = reply.body, *end; *at != '\0'; at = end + 1) {
        struct archive_line line;
        end = strchr(at, '\n');
        assert_non_null(end);
        assert_int_equal(archive_read_line(slice_of(at, (size_t) (end - at)), arena, &line, &err), TALLY_OK);
        assert_int_equal(line.kind, lines == 0              ? ARCHIVE_LINE_HEAD
                                    : lines == head.seq + 2 ? ARCHIVE_LINE_CHECKPOINT
                                                            : ARCHIVE_LINE_ENTRY);
        if (lines == 0)
            assert_int_equal(line.head.size, head.seq + 1);
        lines++;
    }
    assert_int_equal(lines, head.seq + 3);
    http_reply_release(&reply);
    arena_free(arena);
}

static void a_reader_of_the_archive_who_leaves_takes_nothing_along(void **state)
{
    struct http_reply reply;
    (void) state;
    for (int i = 0; i < 20; i++) {
        struct http_client client;
        assert_int_equal(http_client_open(&client, service.port), 0);
        assert_int_equal(http_client_send_text(&client, "GET /v1/archive HTTP/1.1\r\nHost: t\r\n\r\n"), 0);
        http_client_close(&client);
    }
    get_with("/v1/ledger", "", false, &reply);
    assert_reply(&reply, 200, NULL);
}

static void the_service_says_how_it_is(void **state)
{
    struct http_reply reply;
    (void) state;
    get_with("/healthz", "", false, &reply);
    assert_string_equal(reply.body, "{\"status\":\"live\"}");
    assert_reply(&reply, 200, NULL);
    get_with("/readyz", "", false, &reply);
    assert_non_null(strstr(reply.body, "\"role\":\"leading\""));
    assert_reply(&reply, 200, NULL);
    get_with("/metrics", "", false, &reply);
    assert_non_null(strstr(reply.body, "\ntally_sequencer_statements_total 5\n"));
    assert_non_null(strstr(reply.body, "\ntally_ledger_entries 6\n"));
    assert_non_null(strstr(reply.body, "tally_http_answers_total{kind=\"statement\",class=\"2xx\"} 5\n"));
    assert_reply(&reply, 200, NULL);
    get_with("/openapi.json", "", false, &reply);
    assert_non_null(strstr(reply.body, "\"openapi\":\"3.1.0\""));
    assert_reply(&reply, 200, NULL);
}

/* ---- previews ---- */

#define BODY "{\"dimensions\":{},\"indicator\":\"none\",\"value\":\"1\",\"version\":1}"

static void preview(const char *token, int status, const char *code)
{
    struct buf headers;
    buf_init(&headers, 4096);
    if (token[0] != '\0')
        buf_printf(&headers, "Authorization: Bearer %s\r\n", token);
    assert_refused("/v1/preview/results", SLICE(""), headers.ptr, SLICE(BODY), status, code);
    buf_release(&headers);
}

static void a_preview_needs_a_token_of_the_reader_s_own_key(void **state)
{
    struct buf token, jws;
    struct instant now = instant_now();
    struct service_actor stranger;
    (void) state;
    buf_init(&token, 4096);
    buf_init(&jws, 4096);
    assert_int_equal(service_actor_new(&stranger, "operator"), 0);
    preview("", 401, "token.missing");
    preview("x.y.z", 401, "token.invalid");
    assert_int_equal(service_sign(&service, &service.operator, "/v1/preview/results", SLICE(BODY), NULL, &jws), 0);
    preview(jws.ptr, 401, "token.invalid"); /* a statement is no token */
    assert_int_equal(read_token_sign(SLICE("operator"), SLICE(SERVICE_ORIGIN), (struct instant){now.us + 60000000},
                                     stranger.key, &token, NULL),
                     TALLY_OK);
    preview(token.ptr, 401, "token.invalid");
    buf_clear(&token);
    assert_int_equal(read_token_sign(SLICE("operator"), SLICE(SERVICE_ORIGIN), (struct instant){now.us - 60000000},
                                     service.operator.key, &token, NULL),
                     TALLY_OK);
    preview(token.ptr, 401, "token.invalid");
    buf_clear(&token);
    assert_int_equal(read_token_sign(SLICE("operator"), SLICE(SERVICE_ORIGIN), (struct instant){now.us + 60000000},
                                     service.operator.key, &token, NULL),
                     TALLY_OK);
    preview(token.ptr, 422, "indicator.unknown"); /* the same answer that the real thing would get */
    service_actor_release(&stranger);
    buf_release(&jws);
    buf_release(&token);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_service_says_how_it_is),
        cmocka_unit_test(a_resource_that_has_not_changed_is_304),
        cmocka_unit_test(head_says_what_get_would),
        cmocka_unit_test(pages_are_whole_and_without_doubles),
        cmocka_unit_test(entries_are_filtered),
        cmocka_unit_test(a_query_that_is_not_understood_is_refused),
        cmocka_unit_test(what_is_not_there_is_404_by_its_own_code),
        cmocka_unit_test(the_archive_is_every_entry_in_canonical_lines),
        cmocka_unit_test(a_reader_of_the_archive_who_leaves_takes_nothing_along),
        cmocka_unit_test(a_preview_needs_a_token_of_the_reader_s_own_key),
    };
    return cmocka_run_group_tests(tests, start_with_entries, stop_service);
}
