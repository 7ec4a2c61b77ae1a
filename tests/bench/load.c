#include "load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tally/buf.h"
#include "tally/instant.h"
#include "tally/statement.h"

#define ANSWER_MAX 4096 /* of a single result: under 1 KiB */

void bench_die(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    fputs("bench: ", stderr);
    vfprintf(stderr, fmt, args);
    fputc('\n', stderr);
    va_end(args);
    exit(1);
}

static void must(enum tally_code code, const struct err *err, const char *what)
{
    if (code != TALLY_OK)
        bench_die("%s: %s", what, err->detail);
}

/* ---- requests ---- */

static void request_head(struct buf *out, const struct bench_service *service, const char *method, const char *target,
                         const char *jws, size_t body_len)
{
    buf_printf(out, "%s %s HTTP/1.1\r\nhost: %s:%u\r\n", method, target, service->host, service->port);
    if (jws != NULL)
        buf_printf(out, "content-type: application/json\r\nx-jws-signature: %s\r\ncontent-length: %zu\r\n", jws, body_len);
    buf_add_str(out, "\r\n");
}

static void sign(const struct bench_service *service, const struct key_pair *key, const char *target, struct slice body,
                 struct buf *jws)
{
    struct err err = {0};
    char jti[23];
    must(statement_new_jti(jti, &err), &err, "jti");
    const struct statement_draft draft = {.aud = service->origin,
                                          .htm = SLICE("POST"),
                                          .htu = slice_str(target),
                                          .cty = SLICE("application/json"),
                                          .jti = slice_str(jti),
                                          .iat = instant_now().us / 1000000,
                                          .head_seq = service->head_seq,
                                          .head_hash = service->head_hash};
    must(statement_sign(&draft, key, body, jws, &err), &err, "sign");
    must(buf_check(jws, &err), &err, "sign");
}

struct signing {
    pthread_t thread;
    const struct bench_service *service;
    struct bench_requests *out;
    uint64_t first;
    uint32_t from, step;
};

static void *sign_share(void *arg)
{
    struct signing *share = arg;
    struct buf body, jws, request;
    buf_init(&body, 4096);
    buf_init(&jws, STATEMENT_JWS_MAX);
    buf_init(&request, 8192);
    for (uint32_t i = share->from; i < share->out->count; i += share->step) {
        buf_clear(&body);
        buf_clear(&jws);
        buf_clear(&request);
        buf_printf(&body,
                   "{\"dimensions\":{\"quarter\":\"2016-01-01/"
                   "2016-03-31\",\"site\":\"s%09llu\"},\"indicator\":\"bench.days-housed\","
                   "\"value\":\"%u\",\"version\":1}",
                   (unsigned long long) (share->first + i), i % 92);
        const struct bench_actor *actor = &share->service->actors[i % share->service->actor_count];
        sign(share->service, actor->key, "/v1/results", buf_slice(&body), &jws);
        request_head(&request, share->service, "POST", "/v1/results", jws.ptr, body.len);
        buf_add_slice(&request, buf_slice(&body));
        share->out->lens[i] = (uint32_t) request.len;
        share->out->bytes[i] = malloc(request.len);
        if (share->out->bytes[i] == NULL)
            bench_die("no memory for the requests");
        memcpy(share->out->bytes[i], request.ptr, request.len);
    }
    buf_release(&body);
    buf_release(&jws);
    buf_release(&request);
    return NULL;
}

void bench_sign(const struct bench_service *service, uint64_t first, uint32_t count, struct bench_requests *out)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    uint32_t threads = cores < 1 ? 1 : (uint32_t) cores;
    struct signing *shares = calloc(threads, sizeof *shares);
    *out = (struct bench_requests){calloc(count, sizeof *out->bytes), calloc(count, sizeof *out->lens), count, 0, false};
    if (shares == NULL || out->bytes == NULL || out->lens == NULL)
        bench_die("no memory for the requests");
    for (uint32_t i = 0; i < threads; i++) {
        shares[i] = (struct signing){.service = service, .out = out, .first = first, .from = i, .step = threads};
        if (pthread_create(&shares[i].thread, NULL, sign_share, &shares[i]) != 0)
            bench_die("no thread to sign with");
    }
    for (uint32_t i = 0; i < threads; i++)
        pthread_join(shares[i].thread, NULL);
    free(shares);
}

void bench_ask(const struct bench_service *service, uint64_t size, uint32_t count, struct bench_requests *out)
{
    *out = (struct bench_requests){calloc(count, sizeof *out->bytes), calloc(count, sizeof *out->lens), count, 0, true};
    if (out->bytes == NULL || out->lens == NULL)
        bench_die("no memory for the requests");
    for (uint32_t i = 0; i < count; i++) {
        struct buf request;
        char target[128];
        /* a stride that has no factor in common with a size: one entry after another, far apart */
        uint64_t seq = (uint64_t) i * UINT64_C(2654435761) % size;
        buf_init(&request, 4096);
        (void) snprintf(target, sizeof target, "/v1/proofs/inclusion?seq=%llu&size=%llu", (unsigned long long) seq,
                        (unsigned long long) size);
        request_head(&request, service, "GET", target, NULL, 0);
        out->lens[i] = (uint32_t) request.len;
        out->bytes[i] = request.ptr; /* freed with the requests */
        if (request.ptr == NULL)
            bench_die("no memory for the requests");
    }
}

void bench_requests_free(struct bench_requests *requests)
{
    for (uint32_t i = 0; i < requests->count; i++)
        free(requests->bytes[i]);
    free(requests->bytes);
    free(requests->lens);
    *requests = (struct bench_requests){0};
}

/* ---- connections ---- */

static int connect_to(const struct bench_service *service)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(service->port)};
    int on = 1;
    if (fd < 0 || inet_pton(AF_INET, service->host, &address.sin_addr) != 1 ||
        connect(fd, (const struct sockaddr *) &address, sizeof address) != 0)
        bench_die("cannot connect to %s:%u: %m", service->host, service->port);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

struct connection {
    int fd;
    bool is_busy;
    double sent_at;
    const char *out;
    uint32_t out_left;
    size_t in_len;
    char in[ANSWER_MAX];
};

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double) t.tv_sec + (double) t.tv_nsec / 1e9;
}

static bool flush_out(struct connection *c)
{
    while (c->out_left > 0) {
        ssize_t n = send(c->fd, c->out, c->out_left, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return false;
        if (n <= 0)
            bench_die("send: %m");
        c->out += n;
        c->out_left -= (uint32_t) n;
    }
    return true;
}

struct run {
    struct bench_requests *requests;
    struct bench_figures *figures;
    int epoll;
    double start, until;
    uint32_t busy;
    float *latencies;
    uint32_t latency_count;
    uint8_t *seen; /* one bit for each seq: no number may be given twice */
    uint64_t seen_base, seen_bits;
};

static void watch(struct run *run, struct connection *c, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = c};
    if (epoll_ctl(run->epoll, EPOLL_CTL_MOD, c->fd, &event) != 0)
        bench_die("epoll: %m");
}

static void next_request(struct run *run, struct connection *c, double now)
{
    c->is_busy = false;
    if (now >= run->until || run->requests->next >= run->requests->count)
        return;
    uint32_t i = run->requests->next++;
    c->out = run->requests->bytes[i];
    c->out_left = run->requests->lens[i];
    c->in_len = 0;
    c->sent_at = now;
    c->is_busy = true;
    run->busy++;
    if (!flush_out(c))
        watch(run, c, EPOLLIN | EPOLLOUT);
}

/* The whole answer, or 0 when more has to come. */
static size_t answer_len(const struct connection *c, const char **body)
{
    const char *end = memmem(c->in, c->in_len, "\r\n\r\n", 4);
    if (end == NULL)
        return 0;
    const char *field = strcasestr(c->in, "content-length:");
    if (field == NULL || field > end)
        bench_die("an answer without Content-Length");
    size_t len = strtoul(field + 15, NULL, 10);
    *body = end + 4;
    size_t whole = (size_t) (*body - c->in) + len;
    return c->in_len >= whole ? whole : 0;
}

static bool is_proof(const struct connection *c, const char *body)
{
    return strncmp(c->in, "HTTP/1.1 200", 12) == 0 && strncmp(body, "{\"proof\":[\"", 11) == 0;
}

static bool is_new_result(struct run *run, const struct connection *c, const char *body)
{
    struct bench_figures *f = run->figures;
    const char *at = strstr(body, "\"seq\":");
    const char *last = NULL;
    while (at != NULL) { /* the statement's own seq is the last member of that name: events come before it */
        last = at;
        at = strstr(at + 1, "\"seq\":");
    }
    bool is_right =
        strncmp(c->in, "HTTP/1.1 201", 12) == 0 && last != NULL && strstr(body, "\"type\":\"result.submitted\"") != NULL;
    if (is_right) {
        uint64_t seq = strtoull(last + 6, NULL, 10);
        uint64_t bit = seq - run->seen_base;
        if (seq < run->seen_base || bit >= run->seen_bits || (run->seen[bit / 8] & (1u << (bit % 8))) != 0) {
            is_right = false;
        } else {
            run->seen[bit / 8] |= (uint8_t) (1u << (bit % 8));
            f->seq_min = seq < f->seq_min ? seq : f->seq_min;
            f->seq_max = seq > f->seq_max ? seq : f->seq_max;
        }
    }
    return is_right;
}

static void check_answer(struct run *run, const struct connection *c, const char *body)
{
    struct bench_figures *f = run->figures;
    if (run->requests->are_proofs ? is_proof(c, body) : is_new_result(run, c, body))
        f->answered++;
    else if (f->wrong++ == 0)
        snprintf(f->first_wrong, sizeof f->first_wrong, "%.*s", (int) (sizeof f->first_wrong - 1), c->in);
}

static void on_readable(struct run *run, struct connection *c)
{
    ssize_t n = recv(c->fd, c->in + c->in_len, sizeof c->in - 1 - c->in_len, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        return;
    if (n <= 0)
        bench_die("the server closed a connection: %.*s", (int) c->in_len, c->in);
    c->in_len += (size_t) n;
    c->in[c->in_len] = '\0';
    const char *body = NULL;
    if (answer_len(c, &body) == 0)
        return;
    double now = now_s();
    check_answer(run, c, body);
    run->latencies[run->latency_count++] = (float) ((now - c->sent_at) * 1e3);
    run->busy--;
    next_request(run, c, now);
}

static int by_size(const void *a, const void *b)
{
    float x = *(const float *) a, y = *(const float *) b;
    return (x > y) - (x < y);
}

static void loop(struct run *run)
{
    struct epoll_event events[512];
    while (run->busy > 0) {
        int n = epoll_wait(run->epoll, events, 512, 20000);
        if (n == 0)
            bench_die("no answer for 20 s");
        for (int i = 0; i < n; i++) {
            struct connection *c = events[i].data.ptr;
            if ((events[i].events & EPOLLOUT) != 0 && flush_out(c))
                watch(run, c, EPOLLIN);
            if ((events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0)
                on_readable(run, c);
        }
    }
}

void bench_load(const struct bench_service *service, struct bench_requests *requests, uint32_t connections, double seconds,
                struct bench_figures *out)
{
    *out = (struct bench_figures){.seq_min = UINT64_MAX};
    struct run run = {.requests = requests, .figures = out, .epoll = epoll_create1(EPOLL_CLOEXEC)};
    uint32_t left = requests->count - requests->next;
    run.latencies = calloc(left + 1, sizeof *run.latencies);
    run.seen_base = service->head_seq;
    run.seen_bits = UINT64_C(1) << 26;
    run.seen = calloc(run.seen_bits / 8, 1);
    struct connection *all = calloc(connections, sizeof *all);
    if (run.latencies == NULL || run.seen == NULL || all == NULL)
        bench_die("no memory for the load");
    for (uint32_t i = 0; i < connections; i++) {
        all[i].fd = connect_to(service);
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &all[i]};
        if (epoll_ctl(run.epoll, EPOLL_CTL_ADD, all[i].fd, &event) != 0)
            bench_die("epoll: %m");
    }
    run.start = now_s();
    run.until = run.start + seconds;
    for (uint32_t i = 0; i < connections; i++)
        next_request(&run, &all[i], run.start);
    loop(&run);
    out->seconds = now_s() - run.start;
    qsort(run.latencies, run.latency_count, sizeof *run.latencies, by_size);
    if (run.latency_count > 0) {
        out->p50_ms = (double) run.latencies[run.latency_count / 2];
        out->p99_ms = (double) run.latencies[(size_t) run.latency_count * 99 / 100];
    }
    for (uint32_t i = 0; i < connections; i++)
        close(all[i].fd);
    close(run.epoll);
    free(all);
    free(run.latencies);
    free(run.seen);
}

/* ---- set-up calls ---- */

char *bench_call(const struct bench_service *service, const char *method, const char *target, const char *jws,
                 struct slice body, int want)
{
    struct buf request;
    buf_init(&request, 1u << 20);
    request_head(&request, service, method, target, jws, body.len);
    buf_add_slice(&request, body);
    int fd = connect_to(service);
    if (send(fd, request.ptr, request.len, MSG_NOSIGNAL) != (ssize_t) request.len)
        bench_die("send: %m");
    buf_release(&request);
    size_t cap = 1u << 16, len = 0;
    char *in = malloc(cap);
    for (;;) {
        if (in == NULL || len + 1 >= cap)
            bench_die("%s %s: an answer of over %zu bytes", method, target, cap);
        ssize_t n = recv(fd, in + len, cap - 1 - len, 0);
        if (n <= 0)
            bench_die("%s %s: the server closed the connection", method, target);
        len += (size_t) n;
        in[len] = '\0';
        const char *end = strstr(in, "\r\n\r\n");
        const char *field = end == NULL ? NULL : strcasestr(in, "content-length:");
        if (field != NULL && field < end && len >= (size_t) (end + 4 - in) + strtoul(field + 15, NULL, 10))
            break;
    }
    close(fd);
    long status = strtol(in + 9, NULL, 10);
    if (strncmp(in, "HTTP/1.1 ", 9) != 0 || (want != BENCH_ANY && status != want))
        bench_die("%s %s: %s", method, target, in);
    const char *end = strstr(in, "\r\n\r\n") + 4;
    memmove(in, end, strlen(end) + 1);
    if (want == BENCH_ANY && status != 200)
        in[0] = '\0';
    return in;
}

char *bench_post(const struct bench_service *service, const struct key_pair *key, const char *target, const char *body)
{
    struct buf jws;
    buf_init(&jws, STATEMENT_JWS_MAX);
    sign(service, key, target, slice_str(body), &jws);
    char *answer = bench_call(service, "POST", target, jws.ptr, slice_str(body), 201);
    buf_release(&jws);
    return answer;
}
