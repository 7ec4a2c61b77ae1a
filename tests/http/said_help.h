/* What is said and asked over HTTP in the tests of contracts: statements that are recorded, readers with a token, a contract that is proposed
 * and signed. */
#ifndef TALLY_TESTS_SAID_HELP_H
#define TALLY_TESTS_SAID_HELP_H

#include <string.h>

#include "http_help.h"
#include "tally/canon.h"

/* Recorded as this entry: what followed stands before it in the answer, and names others. */
static inline unsigned long long said(const struct service_actor *actor, const char *path, const char *body)
{
    struct http_reply reply;
    assert_int_equal(service_post(&service, actor, path, body, &reply), 0);
    if (reply.status != 201)
        print_message("%s: %s\n", path, reply.body);
    assert_int_equal(reply.status, 201);
    const char *at = strstr(reply.body, "\"resource\":\"/v1/");
    at = at == NULL ? NULL : strstr(at, "\"seq\":");
    assert_non_null(at);
    unsigned long long seq = strtoull(at + strlen("\"seq\":"), NULL, 10);
    http_reply_release(&reply);
    return seq;
}

/* "/v1/results/12/disputes": several stay readable. */
static inline const char *path_of(const char *family, unsigned long long seq, const char *verb)
{
    static char paths[16][80];
    static size_t next;
    char *path = paths[next++ % 16];
    (void) snprintf(path, sizeof paths[0], "/v1/%s/%llu%s%s", family, seq, verb[0] == '\0' ? "" : "/", verb);
    return path;
}

/* The header line by which a reader says who it is. */
static inline void add_token(const struct service_actor *actor, struct buf *headers)
{
    struct buf token;
    buf_init(&token, 4096);
    assert_int_equal(read_token_sign(slice_str(actor->id), SLICE(SERVICE_ORIGIN),
                                     (struct instant){instant_now().us + 60000000}, actor->key, &token, NULL),
                     TALLY_OK);
    buf_printf(headers, "Authorization: Bearer %.*s\r\n", SLICE_ARG(buf_slice(&token)));
    buf_release(&token);
}

/* With these header lines, or "". */
static inline void get_with(const char *target, const char *headers, struct http_reply *reply)
{
    struct http_client client;
    struct buf request;
    buf_init(&request, 16384);
    buf_printf(&request, "GET %s HTTP/1.1\r\nHost: t\r\n%s\r\n", target, headers);
    assert_int_equal(http_client_open(&client, service.port), 0);
    assert_int_equal(http_client_send(&client, request.ptr, request.len), 0);
    assert_int_equal(http_client_reply(&client, false, reply), 0);
    http_client_close(&client);
    buf_release(&request);
}

/* As this actor; NULL: as nobody in particular. */
static inline void get_as(const struct service_actor *actor, const char *target, struct http_reply *reply)
{
    struct buf headers;
    buf_init(&headers, 4096);
    buf_add_str(&headers, "");
    if (actor != NULL)
        add_token(actor, &headers);
    get_with(target, headers.ptr == NULL ? "" : headers.ptr, reply);
    buf_release(&headers);
}

/* Version 1, in days. */
static inline void define(const char *id)
{
    char body[256];
    (void) snprintf(body, sizeof body,
                    "{\"definition\":\"Days\",\"id\":\"%s\",\"kind\":\"outcome\",\"name\":\"N\",\"unit\":\"days\","
                    "\"version\":1}",
                    id);
    (void) said(&service.operator, "/v1/indicators", body);
}

/* Actors, parties under their own names; up to the first NULL. */
#define ACTORS(...) ((const struct service_actor *const[]){__VA_ARGS__, NULL})

/* A contract that the first signer proposes and all signers sign; the parties are in the order of their names. */
static inline void propose_signed(const char *id, const char *terms, bool open, const struct service_actor *const *parties,
                                  const struct service_actor *const *signers)
{
    struct buf body;
    struct http_reply reply;
    char path[96], signature[200];
    buf_init(&body, 65536);
    buf_printf(&body, "{\"id\":\"%s\",\"open\":%s,\"parties\":{", id, open ? "true" : "false");
    for (size_t i = 0; parties[i] != NULL; i++)
        buf_printf(&body, "%s\"%s\":{\"actor\":\"%s\",\"kid\":\"%s\"}", i == 0 ? "" : ",", parties[i]->id, parties[i]->id,
                   parties[i]->kid.text);
    buf_add_str(&body, "},\"terms\":");
    canon_quote(&body, slice_str(terms));
    buf_add_char(&body, '}');
    (void) said(signers[0], "/v1/contracts", body.ptr);
    (void) snprintf(path, sizeof path, "/v1/contracts/%s", id);
    get_as(signers[0], path, &reply);
    const char *version = strstr(reply.body, "\"version\":\"");
    assert_non_null(version);
    (void) snprintf(path, sizeof path, "/v1/contracts/%s/signatures", id);
    for (size_t i = 0; signers[i] != NULL; i++) {
        (void) snprintf(signature, sizeof signature, "{\"as\":\"%s\",\"version\":\"%.64s\"}", signers[i]->id,
                        version + strlen("\"version\":\""));
        (void) said(signers[i], path, signature);
    }
    http_reply_release(&reply);
    buf_release(&body);
}

#endif
