/* A small HTTP/1.1 client on a raw socket, for tests: sends exactly the bytes it is given, reads one answer at a time, keeps
 * what is pipelined behind it. Every wait ends after HTTP_CLIENT_WAIT_MS. One thread at a time. */
#ifndef TALLY_TESTS_HTTP_CLIENT_H
#define TALLY_TESTS_HTTP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tally/err.h"

#define HTTP_CLIENT_WAIT_MS 30000 /* a machine that builds beside it is slow */

struct http_client {
    int fd; /* -1 while closed */
    char *pending;
    size_t pending_len, pending_cap;
};

struct http_reply {
    int status;
    char *head; /* status line and headers, NUL-ended */
    char *body; /* NUL-ended, unchunked */
    size_t body_len;
    bool is_cut; /* the connection closed before the body was whole */
};

/* 0, or -1 with errno. */
MUST_CHECK int http_client_open(struct http_client *client, uint16_t port);
void http_client_close(struct http_client *client);
MUST_CHECK int http_client_send(struct http_client *client, const void *bytes, size_t len);
MUST_CHECK int http_client_send_text(struct http_client *client, const char *text);
/* The next answer; a 100 Continue is passed over. -1: the connection closed or nothing came in time, and reply is empty. */
MUST_CHECK int http_client_reply(struct http_client *client, bool is_head, struct http_reply *reply);
/* The other side has closed, and nothing is pending. Waits for it. */
bool http_client_is_closed(struct http_client *client);
void http_reply_release(struct http_reply *reply);

/* A header's value into out; false without it. */
bool http_reply_header(const struct http_reply *reply, const char *name, char *out, size_t size);
/* The value of a string or number member at the top of a JSON body, by a plain search; false without it. */
bool http_reply_member(const struct http_reply *reply, const char *name, char *out, size_t size);

/* GET and wait for the answer, on a connection of its own. -1 as above. */
MUST_CHECK int http_client_get(uint16_t port, const char *target, struct http_reply *reply);

#endif
