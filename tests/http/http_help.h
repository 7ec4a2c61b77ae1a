/* What the tests of the service over HTTP share: one service for a program, and the question that follows every refusal: is the
 * ledger as it was? */
#ifndef TALLY_TESTS_HTTP_HELP_H
#define TALLY_TESTS_HTTP_HELP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../support/audit.h"

static struct service service;

static inline int start_service(void **state)
{
    (void) state;
    if (service_start(&service, NULL) == 0)
        return 0;
    service_stop(&service);
    return -1;
}

static inline int stop_service(void **state)
{
    (void) state;
    service_stop_replayed(&service);
    return 0;
}

/* The newest entry's number and hash. */
struct head {
    uint64_t seq;
    struct digest hash;
};

static inline struct head head_now(void)
{
    assert_int_equal(service_head(&service), 0);
    return (struct head){service.head_seq, service.head_hash};
}

static inline void assert_head(struct head before)
{
    struct head now = head_now();
    assert_int_equal(now.seq, before.seq);
    assert_true(digest_equal(&now.hash, &before.hash));
}

/* status, and for a problem its code, which is also in its type. Releases the reply. */
static inline void assert_reply(struct http_reply *reply, int status, const char *code)
{
    char text[64] = "";
    if (reply->status != status)
        print_message("%d, not %d (%s): %s\n", reply->status, status, code == NULL ? "" : code, reply->body);
    assert_int_equal(reply->status, status);
    if (code != NULL) {
        assert_true(http_reply_member(reply, "code", text, sizeof text));
        assert_string_equal(text, code);
        assert_true(http_reply_header(reply, "Content-Type", text, sizeof text));
        assert_string_equal(text, "application/problem+json");
    }
    http_reply_release(reply);
}

/* Sends these bytes on a fresh connection, wants this refusal, and the ledger as it was. */
static inline void assert_raw_refused(const char *bytes, size_t len, int status, const char *code)
{
    struct http_client client;
    struct http_reply reply;
    struct head before = head_now();
    assert_int_equal(http_client_open(&client, service.port), 0);
    assert_int_equal(http_client_send(&client, bytes, len), 0);
    assert_int_equal(http_client_reply(&client, false, &reply), 0);
    assert_reply(&reply, status, code);
    http_client_close(&client);
    assert_head(before);
}

/* Sends a POST with this jws, wants this refusal, and the ledger as it was. */
static inline void assert_refused(const char *path, struct slice jws, const char *headers, struct slice body, int status,
                                  const char *code)
{
    struct http_client client;
    struct http_reply reply;
    struct head before = head_now();
    assert_int_equal(http_client_open(&client, service.port), 0);
    assert_int_equal(service_exchange(&client, path, jws, headers, body, &reply), 0);
    assert_reply(&reply, status, code);
    http_client_close(&client);
    assert_head(before);
}

/* Signs body rightly but for the twist, and wants this refusal. */
static inline void assert_post_refused(const struct service_actor *actor, const char *path, struct slice body,
                                       const struct service_twist *twist, int status, const char *code)
{
    struct buf jws;
    buf_init(&jws, 4096);
    (void) head_now();
    assert_int_equal(service_sign(&service, actor, path, body, twist, &jws), 0);
    assert_refused(path, buf_slice(&jws), NULL, body, status, code);
    buf_release(&jws);
}

#endif
