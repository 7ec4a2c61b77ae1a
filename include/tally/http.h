/* The small http port: requests in, answers out. One loop on one thread owns every connection; handlers run wherever they
 * like and answer from any thread. Only http_mhd.c knows libmicrohttpd. */
#ifndef TALLY_HTTP_H
#define TALLY_HTTP_H

#include <stdbool.h>
#include <stdint.h>

#include "tally/arena.h"
#include "tally/buf.h"
#include "tally/err.h"
#include "tally/refusal.h"
#include "tally/slice.h"

#define HTTP_CONNECTIONS_MAX 4096 /* each costs a descriptor and up to 20 KiB */
#define HTTP_CONNECTION_MEMORY                                                                                             \
    16384                    /* request line and headers; larger pools are cleared for each request and cost speed */
#define HTTP_TARGET_MAX 2048 /* a path of ids and a query; leaves room for the headers in the 16 KiB */
#define HTTP_DISCARD_MAX                                                                                                   \
    (64u << 10) /* of a refused body that is read and thrown away, so that the connection may live on */
#define HTTP_BODIES_MAX (256u << 20) /* of all bodies on their way together: 32 of the largest */
#define HTTP_ARENA_MAX (64u << 20)   /* of one request: a body of 8 MiB decoded into typed results takes some 30 */
#define HTTP_ARENAS_KEPT 1024        /* kept for reuse, a block of 4 KiB each */
#define HTTP_IDLE_MS 75000 /* a connection without a request line for so long is closed: longer than proxies keep theirs */
#define HTTP_REQUEST_MS 30000 /* from the request line to the last byte of the body: 8 MiB at 2.2 Mbit/s */
#define HTTP_ANSWER_MS 30000  /* a request that waits so long for its answer gets a 503 */
#define HTTP_DRAIN_MS 10000   /* how long a stop waits for what is under way */
#define HTTP_ANSWER_MAX                                                                                                    \
    (32u << 20) /* of an answer that is no stream: a list of 1,000 entries has at most 4 MiB of bodies, escaped */
#define HTTP_ANSWER_HEADERS_MAX 5

struct stream;

enum http_method { HTTP_GET, HTTP_HEAD, HTTP_POST, HTTP_OTHER };

/* The headers that anything here reads; ptr NULL where the request has none. Copies in the request's arena. */
struct http_headers {
    struct slice content_type, jws, idempotency_key, authorization, if_none_match, prefer;
    uint64_t content_length; /* 0 without */
    bool has_content_length, has_expect;
};

struct http_answer_header {
    const char *name;
    struct slice value; /* ASCII, no control characters; lives as long as the request */
};

/* What goes back. Built in place in request->answer, which belongs to the handler until it calls http_answer. */
struct http_answer {
    int status;
    const char *content_type; /* static; NULL without a body */
    struct slice body;        /* lives as long as the request: in its arena, in `text` below, or static */
    struct buf text;          /* a body that the answer owns */
    struct stream *stream;    /* instead of body: read until it ends; the port drops its side of it */
    struct http_answer_header headers[HTTP_ANSWER_HEADERS_MAX];
    int header_count;
    bool is_last; /* the connection is closed behind it */
};

/* One request. Everything in it is readable by the thread that handles it; nothing is NUL-ended but method_text. */
struct http_request {
    enum http_method method;
    char method_text[16];     /* cut when longer; for messages */
    struct slice target;      /* raw bytes as sent */
    struct slice path, query; /* of target; query without the question mark */
    struct http_headers headers;
    struct slice body;   /* whole, once on_request is called */
    struct arena *arena; /* for the handler, freed after the answer has left */
    struct http_answer answer;
    int64_t began_us;          /* monotonic: request line read */
    const void *route;         /* the router's row */
    struct slice params[4];    /* path segments that stand for {} in the row */
    void *owner;               /* the handler's own */
    struct http_request *next; /* of the queue it is in */
};

struct http_handlers {
    void *ctx;
    /* Headers are complete (loop thread, must not block). NULL: go on, *body_max is how long the body may be. Otherwise the
     * refusal, which is answered as it stands; in the request's arena or static. */
    const struct refusal *(*on_headers)(void *ctx, struct http_request *request, size_t *body_max);
    /* The body is complete (loop thread, must not block). The handler owns the request until it calls http_answer. */
    void (*on_request)(void *ctx, struct http_request *request);
    /* Fills request->answer for a refusal (any thread). */
    void (*on_refusal)(void *ctx, struct http_request *request, const struct refusal *refusal);
    /* After the answer has left or the connection broke: us since began_us. status 0: no answer was sent. */
    void (*on_done)(void *ctx, const struct http_request *request, int status, int64_t us);
};

struct http_options {
    const char *address;                              /* "127.0.0.1", "::1" */
    uint16_t port;                                    /* 0: any free one */
    unsigned connections_max, connections_per_ip_max; /* per ip 0: no limit of its own */
    int idle_ms, request_ms, answer_ms, drain_ms;
    struct http_handlers handlers;
};

struct http_status {
    uint64_t connections, requests, waiting, timed_out, closed_slow, body_bytes;
};

struct http;
/* Binds and listens; TALLY_E_USAGE for an address that cannot be bound. */
MUST_CHECK enum tally_code http_new(const struct http_options *options, struct http **out, struct err *err);
uint16_t http_port(const struct http *http); /* the one that is bound */

/* Serves on this thread until http_stop and then until what waits has been answered, at most drain_ms. */
MUST_CHECK enum tally_code http_run(struct http *http, struct err *err);
/* Once more after a run ended with requests still waiting whose makers have answered since: sends those answers. */
void http_flush(struct http *http);
/* Any thread and signal handlers: 1 stops accepting and drains, 2 ends the drain. */
void http_stop(struct http *http, int urgency);
bool http_is_stopping(const struct http *http);
bool http_is_urgent(const struct http *http); /* the drain was cut short, by a second signal or its deadline */
void http_free(struct http *http);            /* no handler holds a request any more */

/* Sends request->answer. Any thread, once for each request; the request is not touched by the caller afterwards. */
void http_answer(struct http_request *request);
/* on_refusal, then http_answer. */
void http_refuse(struct http_request *request, const struct refusal *refusal);
/* Adds a header to request->answer; one too many is a bug (ENSUREd). */
void http_answer_header(struct http_request *request, const char *name, struct slice value);

void http_status(const struct http *http, struct http_status *out); /* any thread */

#endif
