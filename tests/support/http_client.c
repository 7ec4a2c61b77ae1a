#include "http_client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define HEAD_MAX 65536

int http_client_open(struct http_client *client, uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    const int on = 1;
    *client = (struct http_client){.fd = -1};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    if (connect(fd, (struct sockaddr *) &address, sizeof address) != 0 ||
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0) {
        int saved = errno;
        close(fd);
        errno = saved;
        return -1;
    }
    client->fd = fd;
    return 0;
}

void http_client_close(struct http_client *client)
{
    if (client->fd >= 0)
        close(client->fd);
    free(client->pending);
    *client = (struct http_client){.fd = -1};
}

int http_client_send(struct http_client *client, const void *bytes, size_t len)
{
    const char *at = bytes;
    while (len > 0) {
        ssize_t n = send(client->fd, at, len, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return -1;
        at += n;
        len -= (size_t) n;
    }
    return 0;
}

int http_client_send_text(struct http_client *client, const char *text)
{
    return http_client_send(client, text, strlen(text));
}

/* More bytes into pending: 1; 0 at the end of input or an error; -1 when nothing came in time. */
static int receive(struct http_client *client)
{
    struct pollfd wait = {.fd = client->fd, .events = POLLIN};
    if (client->pending_len + 16385 > client->pending_cap) {
        size_t cap = client->pending_cap * 2 + 32768;
        char *more = realloc(client->pending, cap);
        if (more == NULL)
            return 0;
        client->pending = more;
        client->pending_cap = cap;
    }
    int ready;
    do
        ready = poll(&wait, 1, HTTP_CLIENT_WAIT_MS);
    while (ready < 0 && errno == EINTR);
    if (ready <= 0)
        return -1;
    ssize_t n = recv(client->fd, client->pending + client->pending_len, 16384, 0);
    if (n <= 0)
        return 0;
    client->pending_len += (size_t) n;
    client->pending[client->pending_len] = '\0';
    return 1;
}

static void consume(struct http_client *client, size_t len)
{
    memmove(client->pending, client->pending + len, client->pending_len - len);
    client->pending_len -= len;
    client->pending[client->pending_len] = '\0';
}

/* Length of the head with its empty line; 0 when it does not come. */
static size_t head_wait(struct http_client *client)
{
    for (;;) {
        char *end = client->pending_len == 0 ? NULL : memmem(client->pending, client->pending_len, "\r\n\r\n", 4);
        if (end != NULL)
            return (size_t) (end - client->pending) + 4;
        if (client->pending_len > HEAD_MAX || receive(client) != 1)
            return 0;
    }
}

static char *copy(const char *bytes, size_t len)
{
    char *out = malloc(len + 1);
    if (out == NULL)
        abort();
    memcpy(out, bytes, len);
    out[len] = '\0';
    return out;
}

/* Waits until that many bytes are pending; fewer at the end of input. */
static size_t bytes_wait(struct http_client *client, size_t len)
{
    while (client->pending_len < len && receive(client) == 1)
        continue;
    return client->pending_len < len ? client->pending_len : len;
}

static void body_plain(struct http_client *client, size_t len, struct http_reply *reply)
{
    size_t have = bytes_wait(client, len);
    reply->is_cut = have < len;
    reply->body = copy(have == 0 ? "" : client->pending, have);
    reply->body_len = have;
    if (have > 0)
        consume(client, have);
}

/* One chunk's size line and bytes; 0: the last; -1: cut. */
static long chunk_take(struct http_client *client, struct http_reply *reply)
{
    char *end;
    while (client->pending_len == 0 || (end = memmem(client->pending, client->pending_len, "\r\n", 2)) == NULL) {
        if (receive(client) != 1)
            return -1;
    }
    size_t size = strtoul(client->pending, NULL, 16);
    consume(client, (size_t) (end - client->pending) + 2);
    if (size > SIZE_MAX / 4 || bytes_wait(client, size + 2) < size + 2)
        return -1;
    char *body = realloc(reply->body, reply->body_len + size + 1);
    if (body == NULL)
        abort();
    memcpy(body + reply->body_len, client->pending, size);
    reply->body = body;
    reply->body_len += size;
    body[reply->body_len] = '\0';
    consume(client, size + 2);
    return (long) size;
}

static void body_chunked(struct http_client *client, struct http_reply *reply)
{
    long size;
    reply->body = copy("", 0);
    while ((size = chunk_take(client, reply)) > 0)
        continue;
    reply->is_cut = size < 0;
}

int http_client_reply(struct http_client *client, bool is_head, struct http_reply *reply)
{
    char value[64];
    *reply = (struct http_reply){0};
    do {
        size_t len = head_wait(client);
        if (len < 13)
            return -1;
        http_reply_release(reply);
        reply->head = copy(client->pending, len);
        reply->status = (int) strtol(reply->head + 9, NULL, 10);
        consume(client, len);
    } while (reply->status == 100);
    if (is_head || reply->status == 304 || reply->status == 204)
        reply->body = copy("", 0);
    else if (http_reply_header(reply, "Content-Length", value, sizeof value))
        body_plain(client, strtoul(value, NULL, 10), reply);
    else if (http_reply_header(reply, "Transfer-Encoding", value, sizeof value))
        body_chunked(client, reply);
    else
        body_plain(client, SIZE_MAX / 2, reply);
    return 0;
}

bool http_client_is_closed(struct http_client *client)
{
    return client->pending_len == 0 && receive(client) == 0;
}

void http_reply_release(struct http_reply *reply)
{
    free(reply->head);
    free(reply->body);
    reply->head = reply->body = NULL;
    reply->body_len = 0;
    reply->status = 0;
}

bool http_reply_header(const struct http_reply *reply, const char *name, char *out, size_t size)
{
    size_t len = strlen(name);
    for (const char *line = reply->head; line != NULL && *line != '\0'; line = strstr(line, "\r\n"), line += line ? 2 : 0) {
        if (strncasecmp(line, name, len) != 0 || line[len] != ':')
            continue;
        const char *value = line + len + 1;
        value += strspn(value, " ");
        (void) snprintf(out, size, "%.*s", (int) strcspn(value, "\r"), value);
        return true;
    }
    return false;
}

bool http_reply_member(const struct http_reply *reply, const char *name, char *out, size_t size)
{
    char quoted[80];
    (void) snprintf(quoted, sizeof quoted, "\"%s\":", name);
    const char *at = reply->body == NULL ? NULL : strstr(reply->body, quoted);
    if (at == NULL)
        return false;
    at += strlen(quoted);
    if (*at == '"')
        (void) snprintf(out, size, "%.*s", (int) strcspn(at + 1, "\""), at + 1);
    else
        (void) snprintf(out, size, "%.*s", (int) strcspn(at, ",}]"), at);
    return true;
}

int http_client_get(uint16_t port, const char *target, struct http_reply *reply)
{
    struct http_client client;
    char request[2200];
    *reply = (struct http_reply){0};
    if (http_client_open(&client, port) != 0)
        return -1;
    (void) snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: t\r\n\r\n", target);
    int rc = http_client_send_text(&client, request) == 0 ? http_client_reply(&client, false, reply) : -1;
    http_client_close(&client);
    return rc;
}
