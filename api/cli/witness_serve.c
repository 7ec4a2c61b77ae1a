#include "witness_serve.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>

#include "tally/crew.h"
#include "tally/file.h"
#include "tally/http.h"
#include "tally/instant.h"
#include "tally/log.h"
#include "tally/problem.h"
#include "tally/text.h"

#define IDLE_MS 75000    /* longer than proxies keep their connections */
#define REQUEST_MS 10000 /* 20 KB over any line */
#define ANSWER_MS 30000  /* a disk that takes longer is broken */
#define DRAIN_MS 5000
#define TELL_AGAIN_S 60 /* between two lines of a log's trouble */

enum path { PATH_ROOT, PATH_ADD };

struct server {
    struct witness *witness;
    struct http *http;
    struct crew *crew; /* of one: who looks at a log's state is who writes it, so no two requests race */
};

/* ---- answers ---- */

static void answer(struct http_request *request, int status, const char *type)
{
    request->answer.status = status;
    request->answer.content_type = type;
    http_answer(request);
}

static void answer_error(struct http_request *request, const char *event, struct err *err, enum tally_code rc)
{
    err->code = rc;
    http_refuse(request, problem_of_error(event, err));
}

static void who_it_is(struct server *server, struct http_request *request)
{
    const struct witness *witness = server->witness;
    struct buf *out = &request->answer.text;
    buf_printf(out, "witness %s\n", witness->vkey);
    for (size_t i = 0; i < witness->log_count; i++)
        buf_printf(out, "log %s\n", witness->logs[i].key.name);
    answer(request, 200, "text/plain; charset=utf-8");
}

/* ---- add-checkpoint ---- */

/* Trouble is told once a minute for each log: who has one signed checkpoint can send it as often as it likes. A fork has a minute of its own:
 * who shows one shall not hide it behind something that means nothing. */
static bool is_told(struct witness_log *log, enum witness_verdict verdict)
{
    int64_t now_us = instant_monotonic_us();
    int64_t *told_us = verdict == WITNESS_FORKED ? &log->fork_told_us : &log->told_us;
    bool is = *told_us != 0 && now_us - *told_us < INT64_C(1000000) * TELL_AGAIN_S;
    if (!is)
        *told_us = now_us;
    return is;
}

static void log_verdict(struct witness_log *log, const struct checkpoint *checkpoint, enum witness_verdict verdict,
                        bool is_larger, const struct err *err)
{
    static const enum log_level levels[] = {
        [WITNESS_COSIGNS] = LOG_LEVEL_INFO,
        [WITNESS_NO_REQUEST] = LOG_LEVEL_DEBUG, /* what anybody can send fills no log */
        [WITNESS_NOT_SIGNED] = LOG_LEVEL_DEBUG,
        [WITNESS_OTHER_SIZE] = LOG_LEVEL_DEBUG,
        [WITNESS_FORKED] = LOG_LEVEL_ERROR,
        [WITNESS_NOT_CONTINUED] = LOG_LEVEL_WARN,
    };
    enum log_level level = levels[verdict];
    if ((verdict == WITNESS_COSIGNS && !is_larger) || (level >= LOG_LEVEL_WARN && is_told(log, verdict)))
        level = LOG_LEVEL_DEBUG;
    LOG_EVENT(level,
              verdict == WITNESS_COSIGNS  ? "witness.cosigned"
              : verdict == WITNESS_FORKED ? "witness.log_forked"
                                          : "witness.refused",
              LOG_STR("log", log->key.name), LOG_I64("size", checkpoint->size), LOG_I64("status", witness_status(verdict)),
              LOG_STR("why", err->detail));
}

static void size_answer(const struct witness_log *log, struct buf *out)
{
    buf_add_u64(out, log->state.size);
    buf_add_char(out, '\n');
}

static void judged(struct server *server, struct http_request *request, struct witness_log *log,
                   const struct witness_request *asked)
{
    struct checkpoint checkpoint = {.origin = SLICE("")};
    struct err err = {0};
    struct buf *out = &request->answer.text;
    const uint64_t before = log->state.size;
    enum witness_verdict verdict = witness_judge(&log->state, &log->key, asked, &checkpoint, &err);
    if (err_code_side(err.code) == ERR_OURS) {
        answer_error(request, "witness.failed", &err, err.code);
        return;
    }
    if (verdict == WITNESS_COSIGNS) {
        const uint64_t seconds = (uint64_t) (instant_now().us / 1000000);
        enum tally_code rc = witness_cosign(server->witness, log, &checkpoint, asked->note, seconds, out, &err);
        if (rc != TALLY_OK) {
            answer_error(request, "witness.not_stored", &err, rc);
            return;
        }
    }
    log_verdict(log, &checkpoint, verdict, checkpoint.size > before, &err);
    if (verdict == WITNESS_FORKED && witness_keep_fork(log, asked->note, &err) != TALLY_OK)
        log_err(LOG_LEVEL_ERROR, "witness.fork_not_kept", &err);
    if (verdict == WITNESS_OTHER_SIZE || verdict == WITNESS_FORKED)
        size_answer(log, out);
    else if (verdict != WITNESS_COSIGNS)
        buf_printf(out, "%s\n", err.detail);
    answer(request, witness_status(verdict),
           verdict == WITNESS_OTHER_SIZE || verdict == WITNESS_FORKED ? WITNESS_SIZE_TYPE : "text/plain; charset=utf-8");
}

static void refused(struct http_request *request, int status, const char *why)
{
    buf_printf(&request->answer.text, "%s\n", why);
    answer(request, status, "text/plain; charset=utf-8");
}

static void add_checkpoint(struct server *server, struct http_request *request)
{
    struct witness_request asked;
    struct note note;
    struct checkpoint checkpoint;
    struct err err = {0};
    enum tally_code rc = witness_request_read(request->body, &asked, &err);
    if (rc == TALLY_OK)
        rc = note_read(asked.note, &note, &err);
    if (rc == TALLY_OK)
        rc = checkpoint_read(note.text, &checkpoint, &err);
    if (rc != TALLY_OK) {
        refused(request, 400, err.detail);
        return;
    }
    struct witness_log *log = witness_log_find(server->witness, checkpoint.origin);
    if (log == NULL)
        refused(request, 404, "this witness does not know that log");
    else
        judged(server, request, log, &asked);
}

/* ---- the port ---- */

static const struct refusal *on_headers(void *ctx, struct http_request *request, size_t *body_max)
{
    static const enum path root = PATH_ROOT, add = PATH_ADD;
    (void) ctx;
    *body_max = 0;
    bool is_add = slice_is(request->path, "/add-checkpoint");
    if (!is_add && !slice_is(request->path, "/"))
        return refusal_new(request->arena, REFUSE_REQUEST_NOT_FOUND,
                           "this is a witness: POST /add-checkpoint (C2SP tlog-witness)");
    bool is_right = is_add ? request->method == HTTP_POST : request->method == HTTP_GET || request->method == HTTP_HEAD;
    if (!is_right) {
        http_answer_header(request, "Allow", is_add ? SLICE("POST") : SLICE("GET, HEAD"));
        return refusal_new(request->arena, REFUSE_REQUEST_METHOD, "this path takes %s", is_add ? "POST" : "GET, HEAD");
    }
    if (is_add && !request->headers.has_content_length)
        return refusal_new(request->arena, REFUSE_REQUEST_LENGTH, "a POST needs a Content-Length");
    request->route = is_add ? &add : &root;
    *body_max = is_add ? WITNESS_REQUEST_MAX : 0;
    return NULL;
}

static void on_request(void *ctx, struct http_request *request)
{
    static const struct refusal full = {.code = REFUSE_QUEUE_FULL};
    struct server *server = ctx;
    if (*(const enum path *) request->route == PATH_ROOT)
        who_it_is(server, request);
    else if (!crew_add(server->crew, request))
        http_refuse(request, &full);
}

static void on_refusal(void *ctx, struct http_request *request, const struct refusal *refusal)
{
    (void) ctx;
    problem_answer(request, refusal);
}

static void on_done(void *ctx, const struct http_request *request, int status, int64_t us)
{
    (void) ctx;
    (void) request;
    (void) status;
    (void) us;
}

static void serve(void *ctx, struct http_request *request)
{
    add_checkpoint(ctx, request);
}

static struct http *signalled;

static void on_signal(int number)
{
    int saved = errno;
    (void) number;
    http_stop(signalled, http_is_stopping(signalled) ? 2 : 1);
    errno = saved;
}

/* NULL: none is listened to any more. */
static void signals(struct http *http)
{
    struct sigaction action = {.sa_handler = SIG_IGN, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    sigaction(SIGPIPE, &action, NULL);
    if (http != NULL) {
        signalled = http; /* before anybody may look at it */
        action.sa_handler = on_signal;
    }
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
}

/* "127.0.0.1:8430", "[::1]:0" */
MUST_CHECK static enum tally_code listen_read(const char *listen, char address[64], uint16_t *port, struct err *err)
{
    const char *colon = strrchr(listen, ':');
    struct slice host = colon == NULL ? SLICE("") : slice_of(listen, (size_t) (colon - listen));
    uint64_t number = 0;
    if (host.len > 2 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']')
        host = slice_of(host.ptr + 1, host.len - 2);
    if (host.len == 0 || host.len >= 64 || text_u64(slice_str(colon + 1), UINT16_MAX, &number) != TALLY_OK)
        return err_set(err, TALLY_E_USAGE, "--listen wants ADDRESS:PORT such as " WITNESS_LISTEN " or [::1]:0, not %s",
                       listen);
    memcpy(address, host.ptr, host.len);
    address[host.len] = '\0';
    *port = (uint16_t) number;
    return TALLY_OK;
}

/* DIR/listen, for programs that started it with port 0. */
MUST_CHECK static enum tally_code listening(const struct server *server, const char *address, struct err *err)
{
    char url[128], path[WITNESS_PATH_MAX];
    const bool is_v6 = strchr(address, ':') != NULL;
    (void) snprintf(url, sizeof url, is_v6 ? "http://[%s]:%u\n" : "http://%s:%u\n", address,
                    (unsigned) http_port(server->http));
    if (snprintf(path, sizeof path, "%s/listen", server->witness->dir) >= (int) sizeof path)
        return err_set(err, TALLY_E_USAGE, "the path %s is too long", server->witness->dir);
    enum tally_code rc = file_replace(path, slice_str(url), err);
    url[strcspn(url, "\n")] = '\0';
    if (rc == TALLY_OK)
        LOG_INFO("witness.listening", LOG_STR("url", url), LOG_STR("vkey", server->witness->vkey),
                 LOG_I64("logs", server->witness->log_count));
    return rc;
}

enum tally_code witness_serve(struct witness *witness, const char *listen, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    char address[64];
    uint16_t port = 0;
    struct server server = {.witness = witness};
    TRY(listen_read(listen, address, &port, err));
    const struct http_options options = {.address = address,
                                         .port = port,
                                         .connections_max = WITNESS_CONNECTIONS_MAX,
                                         .idle_ms = IDLE_MS,
                                         .request_ms = REQUEST_MS,
                                         .answer_ms = ANSWER_MS,
                                         .drain_ms = DRAIN_MS,
                                         .handlers = {&server, on_headers, on_request, on_refusal, on_done}};
    TRY(http_new(&options, &server.http, err));
    TRY(crew_start("tally-witness", 1, WITNESS_QUEUE_MAX, serve, &server, &server.crew, err));
    signals(server.http);
    TRY(listening(&server, address, err));
    TRY(http_run(server.http, err));
done:
    crew_stop(server.crew); /* what it has is answered */
    if (server.http != NULL) {
        http_flush(server.http);
        signals(NULL);
    }
    http_free(server.http);
    return rc;
}
