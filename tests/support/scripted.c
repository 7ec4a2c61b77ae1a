#include "scripted.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tally/text.h"
#include "tally/witness.h"

#define REQUEST_MAX 65536

static void put(int fd, const char *text, size_t len)
{
    while (len > 0) {
        ssize_t n = send(fd, text, len, MSG_NOSIGNAL);
        if (n <= 0)
            return;
        text += n;
        len -= (size_t) n;
    }
}

static void answer(int fd, const char *status, const char *headers, const char *body, size_t len)
{
    char head[512];
    int n = snprintf(head, sizeof head, "HTTP/1.1 %s\r\n%sContent-Length: %zu\r\nConnection: close\r\n\r\n", status,
                     headers, len);
    put(fd, head, (size_t) n);
    put(fd, body, len);
}

/* The whole request; where its body begins, or 0. */
static size_t read_request(int fd, char *out, size_t *len)
{
    *len = 0;
    for (;;) {
        ssize_t n = recv(fd, out + *len, REQUEST_MAX - 1 - *len, 0);
        if (n <= 0)
            return 0;
        *len += (size_t) n;
        out[*len] = '\0';
        const char *end = strstr(out, "\r\n\r\n");
        const char *length = strcasestr(out, "content-length:");
        if (end == NULL || length == NULL)
            continue;
        size_t begin = (size_t) (end - out) + 4;
        if (*len >= begin + strtoul(length + 15, NULL, 10))
            return begin;
    }
}

static void cosigned(const struct scripted *s, struct slice body, enum scripted_mode mode, struct buf *out)
{
    struct witness_request request;
    struct note note;
    struct key_public key;
    if (witness_request_read(body, &request, NULL) != TALLY_OK || note_read(request.note, &note, NULL) != TALLY_OK)
        return;
    bool is_its_own = mode != SCRIPTED_STRANGER && mode != SCRIPTED_IMPOSTOR;
    const struct key_pair *signer = is_its_own ? s->pair : s->other;
    if (mode == SCRIPTED_SHIFTED) {
        note.text = request.note;
        buf_add_char(out, '\n');
    }
    const char *name = mode == SCRIPTED_STRANGER ? "stranger.example" : s->name;
    if (note_cosign(note.text, slice_str(name), signer, (uint64_t) time(NULL), out, NULL) != TALLY_OK)
        abort();
    if (mode != SCRIPTED_IMPOSTOR)
        return;
    /* the key id of the one that it is not */
    char blob[256];
    size_t len = 0;
    const char *encoded = strrchr(out->ptr, ' ') + 1;
    if (text_unbase64(slice_of(encoded, strlen(encoded) - 1), blob, sizeof blob, &len) != TALLY_OK)
        abort();
    key_pair_public(s->pair, &key);
    note_key_id(slice_str(name), NOTE_KEY_COSIGNATURE, &key, (uint8_t *) blob);
    out->len = (size_t) (encoded - out->ptr);
    text_base64(blob, len, out);
    buf_add_char(out, '\n');
}

/* As long as the other side takes it. */
static void endless(struct scripted *s, int fd, const char *block, size_t len, size_t most)
{
    for (size_t sent = 0; sent < most && !atomic_load(&s->is_stopping); sent += len)
        if (send(fd, block, len, MSG_NOSIGNAL) <= 0)
            return;
}

/* Until the other side has closed, or the test is over. */
static void hold(struct scripted *s, int fd, bool drips)
{
    struct pollfd watched = {.fd = fd, .events = POLLIN};
    char byte;
    while (!atomic_load(&s->is_stopping)) {
        if (drips && send(fd, "x", 1, MSG_NOSIGNAL) <= 0)
            return;
        if (poll(&watched, 1, 20) > 0 && recv(fd, &byte, 1, 0) <= 0)
            return;
    }
}

static void answer_size(int fd, uint64_t size)
{
    char text[32];
    int len = snprintf(text, sizeof text, "%" PRIu64 "\n", size);
    answer(fd, "409 Conflict", "Content-Type: text/x.tlog.size\r\n", text, (size_t) len);
}

/* A 409, for one who has cosigned so many entries. False: the size is the one that is named. */
static bool is_other_size(struct scripted *s, int fd, struct slice body, enum scripted_mode mode)
{
    struct witness_request request;
    if (mode == SCRIPTED_CHASING) {
        answer_size(fd, 1 + (uint64_t) atomic_load(&s->requests) % 2);
        return true;
    }
    if (witness_request_read(body, &request, NULL) != TALLY_OK)
        return false;
    bool is_other = mode == SCRIPTED_STUCK || request.old != atomic_load(&s->ahead);
    if (is_other)
        answer_size(fd, mode == SCRIPTED_STUCK ? request.old : atomic_load(&s->ahead));
    return is_other;
}

static enum scripted_mode mode_now(struct scripted *s)
{
    while (atomic_load(&s->mode) == SCRIPTED_HELD && !atomic_load(&s->is_stopping))
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    return atomic_load(&s->mode);
}

static void serve(struct scripted *s, int fd, struct slice body)
{
    static char block[65536];
    enum scripted_mode mode = mode_now(s);
    char text[128];
    struct buf lines;
    buf_init(&lines, NOTE_MAX);
    switch (mode) {
    case SCRIPTED_AHEAD:
    case SCRIPTED_STUCK:
    case SCRIPTED_CHASING:
        if (is_other_size(s, fd, body, mode))
            break;
        /* fall through */
    case SCRIPTED_COSIGN:
    case SCRIPTED_STRANGER:
    case SCRIPTED_IMPOSTOR:
    case SCRIPTED_SHIFTED:
        cosigned(s, body, mode, &lines);
        answer(fd, "200 OK", "", lines.ptr, lines.len);
        break;
    case SCRIPTED_SILENT:
        hold(s, fd, false);
        break;
    case SCRIPTED_DRIP:
        put(fd, "HTTP/1.1 200 OK\r\nContent-Length: 50000\r\n\r\n", 42);
        hold(s, fd, true);
        break;
    case SCRIPTED_GARBAGE:
        answer(fd, "200 OK", "", "garbage\n", 8);
        break;
    case SCRIPTED_EMPTY:
        answer(fd, "200 OK", "", "", 0);
        break;
    case SCRIPTED_ENDLESS:
        memset(block, 'x', sizeof block);
        put(fd, "HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n", 47);
        endless(s, fd, block, sizeof block, (size_t) 1 << 30);
        break;
    case SCRIPTED_HEADERS:
        put(fd, "HTTP/1.1 200 OK\r\n", 17);
        endless(s, fd, "X-Long: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n", 65, (size_t) 1 << 20);
        break;
    case SCRIPTED_REDIRECT:
        (void) snprintf(text, sizeof text, "Location: http://127.0.0.1:%u/add-checkpoint\r\n", (unsigned) s->port);
        answer(fd, "307 Temporary Redirect", text, "", 0);
        break;
    case SCRIPTED_FAILING:
        answer(fd, "500 Internal Server Error", "", "oh", 2);
        break;
    case SCRIPTED_BAD_SIZE:
        answer(fd, "409 Conflict", "Content-Type: text/x.tlog.size\r\n", "many\n", 5);
        break;
    case SCRIPTED_ZERO_SIZE:
        answer(fd, "409 Conflict", "Content-Type: text/x.tlog.size\r\n", "0\n", 2);
        break;
    case SCRIPTED_NO_HTTP:
        put(fd, "\x16\x03\x01 hello\r\n\r\n", 12);
        break;
    case SCRIPTED_HANG_UP:
    case SCRIPTED_HELD:
        break;
    }
    buf_release(&lines);
}

static void *run(void *arg)
{
    struct scripted *s = arg;
    static _Thread_local char request[REQUEST_MAX];
    while (!atomic_load(&s->is_stopping)) {
        int fd = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0)
            continue;
        size_t len = 0;
        size_t begin = read_request(fd, request, &len);
        if (begin > 0) {
            atomic_fetch_add(&s->requests, 1);
            serve(s, fd, slice_of(request + begin, len - begin));
        }
        (void) close(fd);
    }
    return NULL;
}

int scripted_start(struct scripted *scripted)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    scripted->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (scripted->listener < 0 || bind(scripted->listener, (const struct sockaddr *) &address, len) != 0 ||
        listen(scripted->listener, 16) != 0 || getsockname(scripted->listener, (struct sockaddr *) &address, &len) != 0)
        return -1;
    scripted->port = ntohs(address.sin_port);
    return pthread_create(&scripted->thread, NULL, run, scripted) == 0 ? 0 : -1;
}

void scripted_stop(struct scripted *scripted)
{
    atomic_store(&scripted->is_stopping, true);
    (void) shutdown(scripted->listener, SHUT_RDWR); /* wakes accept */
    pthread_join(scripted->thread, NULL);
    (void) close(scripted->listener);
}
