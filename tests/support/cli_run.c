#include "cli_run.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pty.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "http_client.h"

void cli_program(const char *name, char *out, size_t size)
{
    const char *bin = getenv("TALLY_BIN");
    char self[512] = "";
    if (bin != NULL) {
        (void) snprintf(out, size, "%s/%s", bin, name);
        return;
    }
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    char *tests = n < 0 ? NULL : strstr(self, "/tests/");
    for (char *next = tests; next != NULL; next = strstr(next + 1, "/tests/"))
        tests = next; /* the last one */
    if (tests != NULL)
        *tests = '\0';
    (void) snprintf(out, size, "%s/bin/%s", self, name);
}

int cli_place_make(struct cli_place *place, const char *parent)
{
    place->server[0] = '\0';
    (void) snprintf(place->dir, sizeof place->dir, "%s/a place", parent); /* with a blank, as people have */
    (void) snprintf(place->home, sizeof place->home, "%s/home", place->dir);
    return mkdir(place->dir, 0755) == 0 && mkdir(place->home, 0755) == 0 ? 0 : -1;
}

static int read_back(int fd, char *out)
{
    ssize_t n = pread(fd, out, CLI_OUTPUT_MAX - 1, 0);
    if (n < 0)
        return -1;
    out[n] = '\0';
    return 0;
}

static void child(const struct cli_place *place, const char *const *argv, int in, int out, int err)
{
    static const char *const names[] = {"TALLY_SERVER", "TALLY_ACTOR",     "TALLY_KEY",     "TALLY_VKEY",
                                        "TALLY_POLICY", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "TALLY_DATA"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        unsetenv(names[i]);
    setenv("HOME", place->home, 1);
    if (place->server[0] != '\0')
        setenv("TALLY_SERVER", place->server, 1);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (chdir(place->dir) != 0 || dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0)
        _exit(126);
    /* exec takes the arguments as not const, and does not change them */
    execv(argv[0], (char *const *) (uintptr_t) argv);
    _exit(127);
}

int cli_spawn(const struct cli_place *place, const char *const *argv, const char *input, struct cli_output *output)
{
    char path[300];
    int fds[3], rc = -1, status = 0;
    output->status = -1;
    for (int i = 0; i < 3; i++) {
        (void) snprintf(path, sizeof path, "%s/.%d", place->dir, i);
        fds[i] = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        if (fds[i] < 0)
            return -1;
    }
    size_t len = input == NULL ? 0 : strlen(input);
    if (len > 0 && pwrite(fds[0], input, len, 0) != (ssize_t) len)
        return -1;
    pid_t pid = fork();
    if (pid == 0)
        child(place, argv, fds[0], fds[1], fds[2]);
    if (pid > 0 && waitpid(pid, &status, 0) == pid) {
        output->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        rc = read_back(fds[1], output->out) == 0 ? read_back(fds[2], output->err) : -1;
    }
    for (int i = 0; i < 3; i++)
        (void) close(fds[i]);
    return rc;
}

int cli_spawn_on_terminal(const struct cli_place *place, const char *const *argv, struct cli_output *output)
{
    int master = -1, status = 0;
    size_t len = 0;
    ssize_t n;
    output->status = -1;
    output->err[0] = '\0';
    pid_t pid = forkpty(&master, NULL, NULL, NULL);
    if (pid == 0)
        child(place, argv, 0, 1, 2);
    if (pid < 0)
        return -1;
    /* it ends with an error once the other side is closed */
    while (len < CLI_OUTPUT_MAX - 1 && (n = read(master, output->out + len, CLI_OUTPUT_MAX - 1 - len)) > 0)
        len += (size_t) n;
    output->out[len] = '\0';
    (void) close(master);
    if (waitpid(pid, &status, 0) != pid)
        return -1;
    output->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return 0;
}

int cli_tally(const struct cli_place *place, struct cli_output *output, const char *input, const char *fmt, ...)
{
    char program[600], line[8192];
    const char *argv[CLI_ARGS + 1] = {program};
    int count = 1;
    va_list args;
    va_start(args, fmt);
    int len = vsnprintf(line, sizeof line, fmt, args);
    va_end(args);
    if (len < 0 || (size_t) len >= sizeof line)
        return -1;
    cli_program("tally", program, sizeof program);
    for (char *at = line; *at != '\0' && count < CLI_ARGS;) {
        char end = *at == '\'' ? '\'' : ' ';
        at += end == '\'';
        argv[count++] = at;
        at = strchr(at, end);
        if (at == NULL)
            break;
        *at++ = '\0';
        at += *at == ' ';
    }
    argv[count] = NULL;
    return cli_spawn(place, argv, input, output);
}

/* ---- the proxy ---- */

/* One request, whole; its length, or 0 when the connection ends. */
static size_t read_request(int fd, char *request, size_t size)
{
    size_t len = 0;
    for (;;) {
        ssize_t n = read(fd, request + len, size - 1 - len);
        if (n <= 0)
            return 0;
        len += (size_t) n;
        request[len] = '\0';
        const char *body = strstr(request, "\r\n\r\n");
        const char *length = strstr(request, "Content-Length: ");
        size_t wanted = body == NULL || length == NULL ? 0 : (size_t) strtoul(length + 16, NULL, 10);
        if (body != NULL && len >= (size_t) (body + 4 - request) + wanted)
            return len;
    }
}

static void write_whole(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL);
        if (n <= 0)
            return;
        bytes += n;
        len -= (size_t) n;
    }
}

static void write_reply(int fd, int status, const char *type, const char *body, size_t len)
{
    char head[256];
    int n =
        snprintf(head, sizeof head, "HTTP/1.1 %d .\r\nContent-Type: %s\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n",
                 status, type, len);
    write_whole(fd, head, (size_t) n);
    write_whole(fd, body, len);
}

static void change(const struct proxy *proxy, struct http_reply *reply)
{
    const char *from = proxy->from, *to = proxy->to;
    if (from == NULL || reply->body == NULL)
        return;
    for (char *at = strstr(reply->body, from); at != NULL; at = strstr(at + 1, from))
        memcpy(at, to, strlen(to));
}

static void hand_on(struct proxy *proxy, int fd, const char *request, size_t len)
{
    struct http_client client;
    struct http_reply reply = {0};
    bool is_post = request[0] == 'P';
    if (http_client_open(&client, proxy->service_port) != 0)
        return;
    if (http_client_send(&client, request, len) == 0 && http_client_reply(&client, false, &reply) == 0) {
        if (is_post && proxy->posts_lost > 0) {
            proxy->posts_lost--;
        } else {
            if (!is_post)
                change(proxy, &reply);
            write_reply(fd, reply.status, reply.status < 300 ? "application/json" : "application/problem+json", reply.body,
                        reply.body_len);
        }
    }
    http_reply_release(&reply);
    http_client_close(&client);
}

static void serve_one(struct proxy *proxy, int fd)
{
    static const char BUSY[] =
        "{\"code\":\"queue.full\",\"detail\":\"wait\",\"status\":503,\"title\":\"The queue is full\"}";
    static char request[1 << 20];
    size_t len = read_request(fd, request, sizeof request);
    if (len == 0)
        return;
    if (request[0] == 'P') {
        if (proxy->post_count < 4)
            memcpy(proxy->posts[proxy->post_count], request,
                   len < sizeof proxy->posts[0] ? len + 1 : sizeof proxy->posts[0] - 1);
        proxy->post_count++;
        if (proxy->posts_busy > 0) {
            proxy->posts_busy--;
            write_reply(fd, 503, "application/problem+json", BUSY, sizeof BUSY - 1);
            return;
        }
    }
    hand_on(proxy, fd, request, len);
}

static void *serve(void *ctx)
{
    struct proxy *proxy = ctx;
    for (;;) {
        int fd = accept4(proxy->listener, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0)
            return NULL;
        serve_one(proxy, fd);
        (void) close(fd);
        if (proxy->requests_left > 0 && --proxy->requests_left == 0)
            (void) shutdown(proxy->listener, SHUT_RDWR);
    }
}

int proxy_start(struct proxy *proxy, uint16_t service_port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    *proxy = (struct proxy){.service_port = service_port};
    proxy->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (proxy->listener < 0 || bind(proxy->listener, (struct sockaddr *) &address, sizeof address) != 0 ||
        listen(proxy->listener, 16) != 0 || getsockname(proxy->listener, (struct sockaddr *) &address, &size) != 0)
        return -1;
    proxy->port = ntohs(address.sin_port);
    return pthread_create(&proxy->thread, NULL, serve, proxy) == 0 ? 0 : -1;
}

void proxy_stop(struct proxy *proxy)
{
    (void) shutdown(proxy->listener, SHUT_RDWR);
    (void) pthread_join(proxy->thread, NULL);
    (void) close(proxy->listener);
}
