#include "tally/http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gate.h"
#include "stream.h"
#include "tally/instant.h"
#include "tally/log.h"
#include "tally/mem.h"

#define STREAM_BLOCK 16384 /* asked of a stream at a time; a chunk is no larger than the connection's memory anyway */
#define DRAIN_GRACE_MS 50  /* a drain ends when nothing is under way and nothing new has come for so long */
#define FLUSH_MS 2000      /* for the answers that are left when a drain was cut short */
#define LISTEN_BACKLOG 1024

/* Where a connection is; each but the last two has a list in order of its deadlines, since all of one stage wait equally long. */
enum stage { STAGE_IDLE, STAGE_RECEIVING, STAGE_WAITING, STAGE_SENDING, STAGE_COUNT };

struct exchange;

/* One connection. */
struct peer {
    struct MHD_Connection *connection;
    struct exchange *exchange; /* the request under way */
    enum stage stage;
    int64_t deadline_us;
    struct peer *before, *after; /* in its stage's list */
};

enum exchange_state {
    EXCHANGE_NEW,        /* the request line was read */
    EXCHANGE_RECEIVING,  /* the body comes in */
    EXCHANGE_DISCARDING, /* refused; the body is read and thrown away */
    EXCHANGE_WAITING,    /* the handler has it, the connection is suspended */
    EXCHANGE_READY,      /* the handler has answered */
    EXCHANGE_EXPIRED,    /* the handler has it still, a 503 goes out in its place */
    EXCHANGE_SENDING,
    EXCHANGE_PAUSED /* its stream is empty, the connection is suspended */
};

/* One request and its answer. Freed when both the connection and the handler are done with it. */
struct exchange {
    struct http_request request; /* first: handlers know only this */
    struct http *http;
    struct peer *peer;
    enum exchange_state state; /* loop thread only, as all below */
    const struct refusal *refusal;
    struct buf body;
    size_t body_booked;
    int status; /* of the answer that was queued */
    bool is_with_handler, is_with_connection;
    struct exchange *next; /* in the list of those that have news for the loop */
};

struct http {
    struct http_options options;
    struct MHD_Daemon *daemon;
    int epoll_fd, wake_fd, listen_fd;
    uint16_t port;
    struct peer *first[STAGE_COUNT], *last[STAGE_COUNT];
    struct arena *arenas[HTTP_ARENAS_KEPT];
    int arena_count;
    uint64_t under_way; /* exchanges whose connection is not done with them */
    uint64_t held;      /* exchanges whose handler is not done with them */
    bool is_quiet, is_ending;
    int64_t drain_until_us;
    atomic_int stop;
    pthread_mutex_t mutex; /* guards the list of news */
    struct exchange *news_first, *news_last;
    _Atomic uint64_t connections, requests, waiting, timed_out, closed_slow, body_bytes;
};

static void count(_Atomic uint64_t *counter, int64_t by)
{
    atomic_fetch_add_explicit(counter, (uint64_t) by, memory_order_relaxed);
}

/* ---- stages and deadlines ---- */

static void stage_leave(struct http *http, struct peer *peer)
{
    *(peer->before != NULL ? &peer->before->after : &http->first[peer->stage]) = peer->after;
    *(peer->after != NULL ? &peer->after->before : &http->last[peer->stage]) = peer->before;
    peer->before = peer->after = NULL;
}

static void stage_join(struct http *http, struct peer *peer, enum stage stage)
{
    const int wait_ms[STAGE_COUNT] = {http->options.idle_ms, http->options.request_ms, http->options.answer_ms, 0};
    peer->stage = stage;
    peer->deadline_us = instant_monotonic_us() + (int64_t) wait_ms[stage] * 1000;
    peer->before = http->last[stage];
    *(peer->before != NULL ? &peer->before->after : &http->first[stage]) = peer;
    http->last[stage] = peer;
}

static void stage_move(struct http *http, struct peer *peer, enum stage stage)
{
    stage_leave(http, peer);
    stage_join(http, peer, stage);
}

static void peer_cut(struct http *http, struct peer *peer)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(peer->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    /* libmicrohttpd offers no other way to end a connection from outside: it sees the end of input and closes */
    if (info != NULL)
        shutdown(info->connect_fd, SHUT_RDWR);
    count(&http->closed_slow, 1);
    stage_move(http, peer, STAGE_SENDING);
}

static void exchange_expire(struct http *http, struct exchange *e)
{
    e->state = EXCHANGE_EXPIRED;
    count(&http->timed_out, 1);
    count(&http->waiting, -1);
    stage_move(http, e->peer, STAGE_SENDING);
    MHD_resume_connection(e->peer->connection);
}

/* Acts on the deadlines that have passed; the next one, or INT64_MAX. */
static int64_t deadlines_pass(struct http *http)
{
    int64_t now = instant_monotonic_us();
    int64_t next = INT64_MAX;
    for (enum stage stage = STAGE_IDLE; stage < STAGE_SENDING; stage++) {
        while (http->first[stage] != NULL && http->first[stage]->deadline_us <= now) {
            if (stage == STAGE_WAITING)
                exchange_expire(http, http->first[stage]->exchange);
            else
                peer_cut(http, http->first[stage]);
        }
        if (http->first[stage] != NULL && http->first[stage]->deadline_us < next)
            next = http->first[stage]->deadline_us;
    }
    return next;
}

/* ---- connections ---- */

static struct peer *peer_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info == NULL ? NULL : info->socket_context;
}

static uint64_t connections_now(const struct http *http)
{
    return atomic_load_explicit(&http->connections, memory_order_relaxed);
}

/* The last place is taken: who has waited longest without a request, or else with half of one, makes room. Otherwise so many connections that
 * say nothing would keep everybody else out for as long as idling is allowed. */
static void make_room(struct http *http, const struct peer *newest)
{
    if (connections_now(http) < http->options.connections_max)
        return;
    struct peer *longest = http->first[STAGE_IDLE];
    if (longest == newest)
        longest = http->first[STAGE_RECEIVING];
    if (longest != NULL)
        peer_cut(http, longest);
}

static void on_connection(void *cls, struct MHD_Connection *connection, void **context,
                          enum MHD_ConnectionNotificationCode code)
{
    struct http *http = cls;
    struct peer *peer = *context;
    if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
        if (peer != NULL) {
            stage_leave(http, peer);
            mem_free(peer);
            count(&http->connections, -1);
        }
        return;
    }
    peer = mem_zero(sizeof *peer);
    *context = peer; /* without memory: its requests are refused by on_line */
    if (peer == NULL)
        return;
    peer->connection = connection;
    stage_join(http, peer, STAGE_IDLE);
    count(&http->connections, 1);
    make_room(http, peer);
}

/* ---- exchanges ---- */

static struct arena *arena_take(struct http *http)
{
    return http->arena_count > 0 ? http->arenas[--http->arena_count] : arena_new(HTTP_ARENA_MAX);
}

static void arena_give(struct http *http, struct arena *arena)
{
    if (arena == NULL)
        return;
    if (http->arena_count == HTTP_ARENAS_KEPT) {
        arena_free(arena);
        return;
    }
    arena_clear(arena);
    http->arenas[http->arena_count++] = arena;
}

static void exchange_free(struct exchange *e)
{
    struct http *http = e->http;
    if (e->request.answer.stream != NULL)
        stream_drop(e->request.answer.stream);
    buf_release(&e->request.answer.text);
    buf_release(&e->body);
    arena_give(http, e->request.arena);
    mem_free(e);
}

static void request_line(struct exchange *e, const char *uri)
{
    struct http_request *r = &e->request;
    size_t len = strnlen(uri, HTTP_TARGET_MAX + 1);
    if (len > HTTP_TARGET_MAX) {
        e->refusal =
            refusal_new(r->arena, REFUSE_REQUEST_HEADERS, "the request target is longer than %d bytes", HTTP_TARGET_MAX);
        len = 0;
    }
    if (arena_copy(r->arena, uri, len, &r->target, NULL) != TALLY_OK)
        return;
    const char *mark = memchr(r->target.ptr, '?', r->target.len);
    r->path = mark == NULL ? r->target : slice_of(r->target.ptr, (size_t) (mark - r->target.ptr));
    if (mark != NULL)
        r->query = slice_of(mark + 1, r->target.len - r->path.len - 1);
}

/* The request line is complete: the raw target is only to be had here, before libmicrohttpd decodes it in place. */
static void *on_line(void *cls, const char *uri, struct MHD_Connection *connection)
{
    struct http *http = cls;
    struct peer *peer = peer_of(connection);
    struct exchange *e = peer == NULL ? NULL : mem_zero(sizeof *e);
    if (e == NULL)
        return NULL;
    e->http = http;
    e->peer = peer;
    e->request.began_us = instant_monotonic_us();
    e->request.arena = arena_take(http);
    if (e->request.arena == NULL) {
        mem_free(e);
        return NULL;
    }
    buf_init(&e->request.answer.text, HTTP_ANSWER_MAX);
    request_line(e, uri);
    e->is_with_connection = true;
    http->under_way++;
    count(&http->requests, 1);
    peer->exchange = e;
    stage_move(http, peer, STAGE_RECEIVING);
    return e;
}

static void on_completed(void *cls, struct MHD_Connection *connection, void **context, enum MHD_RequestTerminationCode code)
{
    struct http *http = cls;
    struct exchange *e = *context;
    (void) connection;
    if (e == NULL)
        return;
    *context = NULL;
    bool is_sent = code == MHD_REQUEST_TERMINATED_COMPLETED_OK;
    http->options.handlers.on_done(http->options.handlers.ctx, &e->request, is_sent ? e->status : 0,
                                   instant_monotonic_us() - e->request.began_us);
    count(&http->body_bytes, -(int64_t) e->body_booked);
    e->peer->exchange = NULL;
    stage_move(http, e->peer, STAGE_IDLE);
    e->peer = NULL;
    e->is_with_connection = false;
    http->under_way--;
    if (!e->is_with_handler)
        exchange_free(e);
}

/* ---- answers ---- */

/* Tells the loop that e has news. One write wakes it for as many as have come until it looks. */
static void news(struct exchange *e)
{
    struct http *http = e->http;
    pthread_mutex_lock(&http->mutex);
    bool was_empty = http->news_first == NULL;
    e->next = NULL;
    *(was_empty ? &http->news_first : &http->news_last->next) = e;
    http->news_last = e;
    pthread_mutex_unlock(&http->mutex);
    if (was_empty)
        (void) eventfd_write(http->wake_fd, 1);
}

void http_answer(struct http_request *request)
{
    /* the request is the exchange's first member */
    news((struct exchange *) request);
}

void http_refuse(struct http_request *request, const struct refusal *refusal)
{
    const struct http_handlers *handlers = &((struct exchange *) request)->http->options.handlers;
    handlers->on_refusal(handlers->ctx, request, refusal);
    http_answer(request);
}

void http_answer_header(struct http_request *request, const char *name, struct slice value)
{
    struct http_answer *answer = &request->answer;
    ENSURE(answer->header_count < HTTP_ANSWER_HEADERS_MAX);
    answer->headers[answer->header_count++] = (struct http_answer_header){name, value};
}

static void stream_has_more(void *ctx)
{
    news(ctx);
}

static ssize_t stream_block(void *cls, uint64_t pos, char *out, size_t max)
{
    struct exchange *e = cls;
    (void) pos;
    size_t taken;
    if (e->http->is_ending)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    switch (stream_read(e->request.answer.stream, out, max, &taken)) {
    case STREAM_BYTES:
        return (ssize_t) taken;
    case STREAM_WHOLE:
        return MHD_CONTENT_READER_END_OF_STREAM;
    case STREAM_CUT:
        return MHD_CONTENT_READER_END_WITH_ERROR;
    case STREAM_EMPTY:
        break;
    }
    e->state = EXCHANGE_PAUSED;
    MHD_suspend_connection(e->peer->connection);
    return 0;
}

/* The body stays where it is: in the request's arena, in the answer's buffer, or static, all of which outlive the response. */
static struct MHD_Response *response_of(struct exchange *e)
{
    struct http_answer *answer = &e->request.answer;
    if (answer->stream != NULL) {
        stream_on_more(answer->stream, stream_has_more, e);
        return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, STREAM_BLOCK, stream_block, e, NULL);
    }
    struct slice body = answer->text.ptr != NULL ? buf_slice(&answer->text) : answer->body;
    /* libmicrohttpd takes a pointer to bytes that may change, and does not change them */
    return MHD_create_response_from_buffer(body.len, (void *) (uintptr_t) body.ptr, MHD_RESPMEM_PERSISTENT);
}

static enum MHD_Result response_headers(struct exchange *e, struct MHD_Response *response)
{
    struct http_answer *answer = &e->request.answer;
    enum MHD_Result ok = MHD_YES;
    if (answer->content_type != NULL)
        ok = MHD_add_response_header(response, "Content-Type", answer->content_type);
    for (int i = 0; i < answer->header_count && ok == MHD_YES; i++) {
        char *value = arena_strdup(e->request.arena, answer->headers[i].value);
        ok = value == NULL ? MHD_NO : MHD_add_response_header(response, answer->headers[i].name, value);
    }
    if (ok == MHD_YES && (answer->is_last || http_is_stopping(e->http)))
        ok = MHD_add_response_header(response, "Connection", "close");
    return ok;
}

static enum MHD_Result send_answer(struct exchange *e)
{
    struct MHD_Response *response = response_of(e);
    if (response == NULL)
        return MHD_NO;
    enum MHD_Result ok = response_headers(e, response);
    e->status = e->request.answer.status;
    if (ok == MHD_YES)
        ok = MHD_queue_response(e->peer->connection, (unsigned) e->status, response);
    MHD_destroy_response(response); /* the connection holds it now */
    e->state = EXCHANGE_SENDING;
    if (e->peer->stage != STAGE_SENDING)
        stage_move(e->http, e->peer, STAGE_SENDING);
    return ok;
}

static enum MHD_Result send_refusal(struct exchange *e, const struct refusal *refusal, bool is_last)
{
    const struct http_handlers *handlers = &e->http->options.handlers;
    handlers->on_refusal(handlers->ctx, &e->request, refusal);
    e->request.answer.is_last |= is_last;
    return send_answer(e);
}

/* The handler has the request still and may write to its answer at any moment: this 503 is made of nothing of the request's. */
static enum MHD_Result send_expired(struct exchange *e)
{
    static char text[] =
        "{\"code\":\"request.timeout\",\"detail\":\"no answer in time; whether a statement was recorded is not "
        "known: send the same bytes again, and the first answer comes back if it was\",\"retryable\":true,"
        "\"status\":503,\"title\":\"It took too long\",\"type\":\"urn:tallystick:refusal:request.timeout\"}";
    struct MHD_Response *response = MHD_create_response_from_buffer(sizeof text - 1, text, MHD_RESPMEM_PERSISTENT);
    if (response == NULL)
        return MHD_NO;
    e->status = MHD_HTTP_SERVICE_UNAVAILABLE;
    e->state = EXCHANGE_SENDING;
    enum MHD_Result ok = MHD_add_response_header(response, "Content-Type", "application/problem+json");
    if (ok == MHD_YES)
        ok = MHD_add_response_header(response, "Retry-After", "1");
    if (ok == MHD_YES)
        ok = MHD_queue_response(e->peer->connection, MHD_HTTP_SERVICE_UNAVAILABLE, response);
    MHD_destroy_response(response);
    return ok;
}

/* ---- requests ---- */

static enum MHD_Result gate_one(void *cls, enum MHD_ValueKind kind, const char *name, size_t name_len, const char *value,
                                size_t value_len)
{
    (void) kind;
    gate_header(cls, slice_of(name, name_len), slice_of(value, value_len));
    return MHD_YES;
}

static enum http_method method_of(const char *method)
{
    if (strcmp(method, "GET") == 0)
        return HTTP_GET;
    if (strcmp(method, "POST") == 0)
        return HTTP_POST;
    return strcmp(method, "HEAD") == 0 ? HTTP_HEAD : HTTP_OTHER;
}

/* Room for a body of that many bytes among all that are on their way. */
static bool body_book(struct exchange *e, size_t bytes)
{
    struct http *http = e->http;
    if (atomic_load_explicit(&http->body_bytes, memory_order_relaxed) + bytes > HTTP_BODIES_MAX)
        return false;
    e->body_booked = bytes;
    count(&http->body_bytes, (int64_t) bytes);
    return true;
}

/* After the gate: what the router says, and the length against its limit. */
static const struct refusal *admit(struct exchange *e)
{
    const struct http_handlers *handlers = &e->http->options.handlers;
    struct http_request *r = &e->request;
    size_t body_max = 0;
    const struct refusal *refusal = handlers->on_headers(handlers->ctx, r, &body_max);
    if (refusal != NULL)
        return refusal;
    if (r->headers.content_length > body_max)
        return refusal_new(r->arena, REFUSE_REQUEST_TOO_LARGE, "the body has %llu bytes, at most %zu are read here",
                           (unsigned long long) r->headers.content_length, body_max);
    if (!body_book(e, (size_t) r->headers.content_length))
        return refusal_new(r->arena, REFUSE_QUEUE_FULL, "too many large bodies are on their way; try again in a second");
    return NULL;
}

static enum MHD_Result headers_complete(struct exchange *e, const char *method, const char *version)
{
    struct http_request *r = &e->request;
    struct gate gate;
    r->method = method_of(method);
    (void) snprintf(r->method_text, sizeof r->method_text, "%.15s", method);
    if (e->refusal != NULL)
        return send_refusal(e, e->refusal, true);
    gate_begin(&gate, r->arena, &r->headers, slice_str(version), r->target);
    MHD_get_connection_values_n(e->peer->connection, MHD_HEADER_KIND, gate_one, &gate);
    const struct refusal *refusal = gate_end(&gate);
    if (refusal != NULL) /* where the request ends is in doubt, and so is what would come behind it */
        return send_refusal(e, refusal, true);
    e->refusal = admit(e);
    if (e->refusal != NULL && (r->headers.content_length > HTTP_DISCARD_MAX || r->headers.has_expect))
        return send_refusal(e, e->refusal, true);
    e->state = e->refusal == NULL ? EXCHANGE_RECEIVING : EXCHANGE_DISCARDING;
    buf_init(&e->body, (size_t) r->headers.content_length);
    return MHD_YES;
}

static enum MHD_Result body_complete(struct exchange *e)
{
    struct http *http = e->http;
    struct http_request *r = &e->request;
    if (e->state == EXCHANGE_DISCARDING)
        return send_refusal(e, e->refusal, false);
    if (buf_check(&e->body, NULL) != TALLY_OK) {
        static const struct refusal no_memory = {.code = REFUSE_INTERNAL};
        return send_refusal(e, &no_memory, true);
    }
    r->body = buf_slice(&e->body);
    e->state = EXCHANGE_WAITING;
    e->is_with_handler = true;
    http->held++;
    count(&http->waiting, 1);
    stage_move(http, e->peer, STAGE_WAITING);
    MHD_suspend_connection(e->peer->connection); /* before anybody can answer */
    http->options.handlers.on_request(http->options.handlers.ctx, r);
    return MHD_YES;
}

static enum MHD_Result on_access(void *cls, struct MHD_Connection *connection, const char *url, const char *method,
                                 const char *version, const char *data, size_t *data_len, void **context)
{
    struct exchange *e = *context;
    (void) cls;
    (void) connection;
    (void) url;
    if (e == NULL)
        return MHD_NO;
    if (e->state == EXCHANGE_NEW)
        return headers_complete(e, method, version);
    if (*data_len > 0) {
        if (e->state == EXCHANGE_RECEIVING)
            buf_add(&e->body, data, *data_len);
        *data_len = 0;
        return MHD_YES;
    }
    if (e->state == EXCHANGE_RECEIVING || e->state == EXCHANGE_DISCARDING)
        return body_complete(e);
    if (e->state == EXCHANGE_READY)
        return send_answer(e);
    if (e->state == EXCHANGE_EXPIRED)
        return send_expired(e);
    return MHD_YES;
}

/* ---- the loop ---- */

static void news_take_one(struct http *http, struct exchange *e)
{
    if (e->state == EXCHANGE_PAUSED) {
        e->state = EXCHANGE_SENDING;
        MHD_resume_connection(e->peer->connection);
        return;
    }
    ENSURE(e->is_with_handler); /* a request is answered once */
    e->is_with_handler = false;
    http->held--;
    if (e->state == EXCHANGE_WAITING) {
        e->state = EXCHANGE_READY;
        count(&http->waiting, -1);
        stage_move(http, e->peer, STAGE_SENDING);
        MHD_resume_connection(e->peer->connection);
    } else if (!e->is_with_connection) {
        exchange_free(e);
    }
}

static void news_take(struct http *http)
{
    pthread_mutex_lock(&http->mutex);
    struct exchange *e = http->news_first;
    http->news_first = http->news_last = NULL;
    pthread_mutex_unlock(&http->mutex);
    while (e != NULL) {
        struct exchange *next = e->next;
        news_take_one(http, e);
        e = next;
    }
}

static int wait_ms(struct http *http, int64_t until_us)
{
    MHD_UNSIGNED_LONG_LONG daemon_ms;
    int64_t ms = until_us == INT64_MAX ? 60000 : (until_us - instant_monotonic_us()) / 1000 + 1;
    if (MHD_get_timeout(http->daemon, &daemon_ms) == MHD_YES && daemon_ms < (MHD_UNSIGNED_LONG_LONG) INT32_MAX &&
        (int64_t) daemon_ms < ms)
        ms = (int64_t) daemon_ms;
    return ms < 0 ? 0 : (int) (ms > 60000 ? 60000 : ms);
}

/* At its limit libmicrohttpd looks away from the listening socket, and looks at it again at the beginning of a run: when a place becomes free
 * in a run, it takes another one, or whoever waits is not seen until something else happens. */
static void run_daemon(struct http *http)
{
    bool was_full = connections_now(http) >= http->options.connections_max;
    (void) MHD_run(http->daemon);
    if (was_full && connections_now(http) < http->options.connections_max)
        (void) MHD_run(http->daemon);
}

/* One turn: waits for something to do until until_us at the latest, and does it. False: nothing came. */
static bool turn(struct http *http, int64_t until_us)
{
    struct epoll_event events[2];
    int64_t deadline_us = deadlines_pass(http);
    int n = epoll_wait(http->epoll_fd, events, 2, wait_ms(http, deadline_us < until_us ? deadline_us : until_us));
    for (int i = 0; i < n; i++) {
        eventfd_t ignored;
        if (events[i].data.fd == http->wake_fd)
            (void) eventfd_read(http->wake_fd, &ignored);
    }
    news_take(http);
    run_daemon(http);
    return n > 0;
}

/* Whether the drain is over. */
static bool drain(struct http *http)
{
    if (!http->is_quiet) {
        http->is_quiet = true;
        http->drain_until_us = instant_monotonic_us() + (int64_t) http->options.drain_ms * 1000;
        int fd = MHD_quiesce_daemon(http->daemon);
        if (fd >= 0)
            close(fd);
        http->listen_fd = -1;
    }
    if (instant_monotonic_us() >= http->drain_until_us)
        atomic_store(&http->stop, 2);
    return atomic_load(&http->stop) > 1;
}

enum tally_code http_run(struct http *http, struct err *err)
{
    (void) err;
    for (;;) {
        if (atomic_load(&http->stop) == 0) {
            (void) turn(http, INT64_MAX);
            continue;
        }
        if (drain(http))
            break;
        bool is_over = http->under_way == 0;
        bool came = turn(http, is_over ? instant_monotonic_us() + INT64_C(1000) * DRAIN_GRACE_MS : http->drain_until_us);
        if (is_over && !came && http->under_way == 0)
            break;
    }
    return TALLY_OK;
}

void http_flush(struct http *http)
{
    int64_t until_us = instant_monotonic_us() + INT64_C(1000) * FLUSH_MS;
    do {
        (void) turn(http, http->under_way == 0 ? instant_monotonic_us() : until_us);
    } while (http->under_way > 0 && instant_monotonic_us() < until_us);
}

void http_stop(struct http *http, int urgency)
{
    if (urgency > atomic_load(&http->stop))
        atomic_store(&http->stop, urgency);
    (void) eventfd_write(http->wake_fd, 1);
}

bool http_is_stopping(const struct http *http)
{
    return atomic_load(&http->stop) > 0;
}

/* ---- birth and death ---- */

MUST_CHECK static enum tally_code listen_on(const struct http_options *options, int *out, uint16_t *port, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    struct sockaddr_in6 bound = {0}; /* IPv4 has its port at the same place, and is shorter */
    socklen_t bound_len = sizeof bound;
    char service[8];
    const int on = 1;
    int fd = -1;
    (void) snprintf(service, sizeof service, "%u", (unsigned) options->port);
    if (getaddrinfo(options->address, service, &hints, &found) != 0) {
        rc =
            err_set(err, TALLY_E_USAGE, "%s is not a numeric address to listen on: try 127.0.0.1 or ::1", options->address);
        goto done;
    }
    fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0 || bind(fd, found->ai_addr, found->ai_addrlen) != 0 ||
        listen(fd, LISTEN_BACKLOG) != 0 || getsockname(fd, (struct sockaddr *) &bound, &bound_len) != 0) {
        rc = err_set(err, TALLY_E_USAGE, "cannot listen on %s port %s: %m", options->address, service);
        goto done;
    }
    *port = ntohs(bound.sin6_port);
    *out = fd;
    fd = -1;
done:
    if (found != NULL)
        freeaddrinfo(found);
    if (fd >= 0)
        close(fd);
    return rc;
}

MUST_CHECK static enum tally_code daemon_start(struct http *http, struct err *err)
{
    unsigned idle_s = (unsigned) ((http->options.idle_ms + 999) / 1000);
    /* no thread of its own: its epoll thread hangs when exactly 128 events arrive at once, and answers of a whole batch are
       resumed with one wake-up here */
    http->daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_USE_TURBO | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, on_access, http, MHD_OPTION_LISTEN_SOCKET,
        http->listen_fd, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t) HTTP_CONNECTION_MEMORY, MHD_OPTION_CONNECTION_LIMIT,
        http->options.connections_max, MHD_OPTION_PER_IP_CONNECTION_LIMIT, http->options.connections_per_ip_max,
        MHD_OPTION_CONNECTION_TIMEOUT, idle_s, MHD_OPTION_NOTIFY_CONNECTION, on_connection, http,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, http, MHD_OPTION_URI_LOG_CALLBACK, on_line, http,
        MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, MHD_OPTION_END);
    if (http->daemon == NULL)
        return err_set(err, TALLY_E_IO, "the HTTP server does not start: %m");
    return TALLY_OK;
}

MUST_CHECK static enum tally_code watch(struct http *http, int fd, struct err *err)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    if (epoll_ctl(http->epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0)
        return err_set(err, TALLY_E_IO, "epoll_ctl: %m");
    return TALLY_OK;
}

enum tally_code http_new(const struct http_options *options, struct http **out, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct http *http = mem_zero(sizeof *http);
    if (http == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory for the HTTP server");
    http->options = *options;
    http->listen_fd = -1;
    pthread_mutex_init(&http->mutex, NULL);
    http->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    http->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (http->epoll_fd < 0 || http->wake_fd < 0) {
        rc = err_set(err, TALLY_E_IO, "epoll or eventfd: %m");
        goto done;
    }
    TRY(listen_on(options, &http->listen_fd, &http->port, err));
    TRY(daemon_start(http, err));
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    ENSURE(info != NULL);
    TRY(watch(http, info->epoll_fd, err));
    TRY(watch(http, http->wake_fd, err));
    *out = http;
    http = NULL;
done:
    http_free(http);
    return rc;
}

/* Streams that wait for their makers are cut: libmicrohttpd does not stop while a connection is suspended. */
static void streams_cut(struct http *http)
{
    http->is_ending = true;
    for (struct peer *peer = http->first[STAGE_SENDING]; peer != NULL; peer = peer->after) {
        if (peer->exchange == NULL || peer->exchange->state != EXCHANGE_PAUSED)
            continue;
        peer->exchange->state = EXCHANGE_SENDING;
        MHD_resume_connection(peer->connection);
    }
    (void) MHD_run(http->daemon);
}

bool http_is_urgent(const struct http *http)
{
    return atomic_load(&http->stop) > 1;
}

void http_free(struct http *http)
{
    if (http == NULL)
        return;
    ENSURE(http->held == 0);
    if (http->daemon != NULL) {
        streams_cut(http);
        MHD_stop_daemon(http->daemon); /* closes the listening socket if it is open still */
    }
    if (http->daemon == NULL && http->listen_fd >= 0)
        close(http->listen_fd);
    if (http->epoll_fd >= 0)
        close(http->epoll_fd);
    if (http->wake_fd >= 0)
        close(http->wake_fd);
    while (http->arena_count > 0)
        arena_free(http->arenas[--http->arena_count]);
    pthread_mutex_destroy(&http->mutex);
    mem_free(http);
}

uint16_t http_port(const struct http *http)
{
    return http->port;
}

void http_status(const struct http *http, struct http_status *out)
{
    out->connections = atomic_load_explicit(&http->connections, memory_order_relaxed);
    out->requests = atomic_load_explicit(&http->requests, memory_order_relaxed);
    out->waiting = atomic_load_explicit(&http->waiting, memory_order_relaxed);
    out->timed_out = atomic_load_explicit(&http->timed_out, memory_order_relaxed);
    out->closed_slow = atomic_load_explicit(&http->closed_slow, memory_order_relaxed);
    out->body_bytes = atomic_load_explicit(&http->body_bytes, memory_order_relaxed);
}
