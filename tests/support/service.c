#include "service.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tally/canon.h"
#include "tally/text.h"

#define STEP_MS 10 /* between two looks at what cannot be waited for */
#define LOG_LINES "20"

/* ---- programs ---- */

void service_program(const char *name, char *out, size_t size)
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
        tests = next; /* the last one: the folder that the build was made in may have one in its name */
    if (tests != NULL)
        *tests = '\0';
    (void) snprintf(out, size, "%s/bin/%s", self, name);
}

static pid_t spawn(const char *const *argv, const char *log)
{
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    int fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0644);
    int null = open("/dev/null", O_RDONLY);
    if (fd < 0 || null < 0)
        _exit(126);
    dup2(null, 0);
    dup2(fd, 1);
    dup2(fd, 2);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent)
        _exit(126);
    /* exec takes the arguments as not const, and does not change them */
    execv(argv[0], (char *const *) (uintptr_t) argv);
    _exit(127);
}

static int wait_status(pid_t pid)
{
    int status = 0;
    pid_t got;
    do
        got = waitpid(pid, &status, 0);
    while (got < 0 && errno == EINTR);
    if (got != pid)
        return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int complain(const struct service *service, const char *what)
{
    char command[256];
    (void) fprintf(stderr, "service: %s\n", what);
    (void) snprintf(command, sizeof command, "tail -n " LOG_LINES " '%s' >&2", service->log);
    if (service->log[0] != '\0' && system(command) != 0)
        (void) fprintf(stderr, "(no log)\n");
    return -1;
}

/* Up to STEP_MS, or less when the process ends meanwhile. False: it has ended. */
static bool step(pid_t pid)
{
    int fd = (int) syscall(SYS_pidfd_open, pid, 0);
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    int n = poll(&wait, 1, STEP_MS);
    if (fd >= 0)
        close(fd);
    return fd >= 0 && n == 0;
}

/* ---- life ---- */

static int listen_read(struct service *service)
{
    char path[256], line[64] = "";
    (void) snprintf(path, sizeof path, "%s/listen", service->data);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return -1;
    char *got = fgets(line, sizeof line, file);
    (void) fclose(file);
    const char *colon = got == NULL ? NULL : strrchr(line, ':');
    if (colon == NULL)
        return -1;
    service->port = (uint16_t) strtoul(colon + 1, NULL, 10);
    return 0;
}

/* Until /readyz answers with this status and, unless it is NULL, a text with this in it. */
static int wait_readyz(struct service *service, int wanted, const char *text)
{
    struct http_reply reply;
    for (int waited_ms = 0; waited_ms < SERVICE_READY_MS; waited_ms += STEP_MS) {
        int status = 0;
        if (listen_read(service) == 0 && http_client_get(service->port, "/readyz", &reply) == 0) {
            status = text == NULL || strstr(reply.body, text) != NULL ? reply.status : 0;
            http_reply_release(&reply);
        }
        if (status == wanted)
            return 0;
        if (!step(service->pid)) {
            (void) service_wait(service);
            return complain(service, "tallyd ended before it was ready");
        }
    }
    return complain(service, "tallyd does not become ready");
}

int service_ready(struct service *service)
{
    return wait_readyz(service, 200, NULL);
}

static int restart(struct service *service, int wanted, const char *text)
{
    char program[600], path[256];
    const char *argv[SERVICE_ARGS_MAX + 8] = {program, "--data", service->data, "--listen", "127.0.0.1:0", "--log", "json"};
    size_t count = 7;
    service_program("tallyd", program, sizeof program);
    for (size_t i = 0; service->args[i] != NULL; i++)
        argv[count++] = service->args[i];
    argv[count] = NULL;
    (void) snprintf(path, sizeof path, "%s/listen", service->data);
    (void) unlink(path);
    service->pid = spawn(argv, service->log);
    if (service->pid < 0) {
        service->pid = 0;
        return complain(service, "fork failed");
    }
    return wait_readyz(service, wanted, text);
}

int service_restart(struct service *service)
{
    return restart(service, 200, NULL);
}

int service_restart_forked(struct service *service)
{
    return restart(service, 503, "\"ledger.forked\"");
}

static int init_run(struct service *service)
{
    char program[600], path[256];
    const char *const argv[] = {program,        "init",           "--data",   service->data, "--origin",
                                SERVICE_ORIGIN, "--new-operator", "operator", NULL};
    service_program("tallyd", program, sizeof program);
    pid_t pid = spawn(argv, service->log);
    if (pid < 0 || wait_status(pid) != 0)
        return complain(service, "tallyd init failed");
    (void) snprintf(path, sizeof path, "%s/operator.pem", service->data);
    struct key_public key;
    struct err err = {0};
    if (key_pair_load(path, &service->operator.key, &err) != TALLY_OK)
        return complain(service, err.detail);
    (void) snprintf(service->operator.id, sizeof service->operator.id, "operator");
    key_pair_public(service->operator.key, &key);
    key_thumbprint(&key, &service->operator.kid);
    return 0;
}

static int set_args(struct service *service, const char *const *args)
{
    size_t count = 0;
    for (; args != NULL && args[count] != NULL; count++) {
        if (count + 1 == SERVICE_ARGS_MAX)
            return complain(service, "too many arguments");
        service->args[count] = args[count];
    }
    service->args[count] = NULL;
    return 0;
}

int service_start(struct service *service, const char *const *args)
{
    const char *tmp = getenv("TMPDIR");
    *service = (struct service){0};
    if (set_args(service, args) != 0)
        return -1;
    (void) snprintf(service->dir, sizeof service->dir, "%.100s/tally-svc.XXXXXX", tmp == NULL ? "/tmp" : tmp);
    if (mkdtemp(service->dir) == NULL || chmod(service->dir, 0711) != 0) { /* PostgreSQL may run as another user */
        service->dir[0] = '\0';
        return complain(service, "no temporary directory");
    }
    (void) snprintf(service->data, sizeof service->data, "%s/data", service->dir);
    (void) snprintf(service->log, sizeof service->log, "%s/log", service->dir);
    return init_run(service) != 0 ? -1 : service_restart(service);
}

int service_signal(struct service *service, int number)
{
    if (service->pid == 0 || kill(service->pid, number) != 0)
        return complain(service, "there is no process to signal");
    return 0;
}

int service_wait(struct service *service)
{
    if (service->pid == 0)
        return -1;
    int status = wait_status(service->pid);
    service->pid = 0;
    return status;
}

int service_restart_with(struct service *service, const char *const *args)
{
    if (service_signal(service, SIGTERM) != 0 || service_wait(service) != 0 || set_args(service, args) != 0)
        return -1;
    return service_restart(service);
}

void service_stop(struct service *service)
{
    int status = 0;
    if (service->pid != 0) {
        kill(service->pid, SIGTERM);
        status = service_wait(service);
    }
    if (status != 0) /* a sanitizer has found something, or it did not stop in order */
        (void) complain(service, "tallyd ended with an error");
    service_actor_release(&service->operator);
    if (service->dir[0] != '\0') {
        const char *const argv[] = {"/bin/rm", "-rf", service->dir, NULL};
        pid_t pid = spawn(argv, "/dev/null");
        if (pid > 0)
            (void) wait_status(pid);
    }
    *service = (struct service){0};
    if (status != 0)
        exit(EXIT_FAILURE); /* cmocka does not count what a group's teardown finds */
}

/* ---- actors ---- */

int service_actor_new(struct service_actor *actor, const char *id)
{
    struct key_public key;
    *actor = (struct service_actor){0};
    (void) snprintf(actor->id, sizeof actor->id, "%s", id);
    if (key_pair_generate(&actor->key, NULL) != TALLY_OK)
        return -1;
    key_pair_public(actor->key, &key);
    key_thumbprint(&key, &actor->kid);
    return 0;
}

void service_actor_release(struct service_actor *actor)
{
    key_pair_free(actor->key);
    *actor = (struct service_actor){0};
}

void service_registration(const struct service_actor *actor, const char *kind, const char *roles, struct buf *out)
{
    struct key_public key;
    struct buf pop;
    buf_init(&pop, 256);
    key_pair_public(actor->key, &key);
    ENSURE(key_proof_make(actor->key, SLICE(SERVICE_ORIGIN), slice_str(actor->id), &pop, NULL) == TALLY_OK);
    buf_printf(out, "{\"id\":\"%s\",\"jwk\":{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"", actor->id);
    text_base64url(key.bytes, sizeof key.bytes, out);
    buf_printf(out, "\"},\"kind\":\"%s\",\"pop\":\"%.*s\"", kind, SLICE_ARG(buf_slice(&pop)));
    if (roles[0] != '\0')
        buf_printf(out, ",\"roles\":[\"%s\"]", roles);
    buf_add_char(out, '}');
    buf_release(&pop);
}

int service_register(struct service *service, const char *id, const char *roles, struct service_actor *actor)
{
    struct buf body;
    struct http_reply reply = {0};
    if (service_actor_new(actor, id) != 0)
        return complain(service, "no key");
    buf_init(&body, 4096);
    service_registration(actor, "organisation", roles, &body);
    int rc = service_post(service, &service->operator, "/v1/actors", body.ptr, &reply);
    if (rc == 0 && reply.status != 201)
        rc = complain(service, reply.body);
    http_reply_release(&reply);
    buf_release(&body);
    return rc;
}

int service_grow(struct service *service)
{
    static int count;
    struct service_actor actor = {0};
    char id[32];
    (void) snprintf(id, sizeof id, "someone-%d", count++);
    int rc = service_register(service, id, "", &actor);
    service_actor_release(&actor);
    return rc;
}

/* ---- requests ---- */

int service_get(const struct service *service, const char *target, struct http_reply *reply)
{
    return http_client_get(service->port, target, reply) == 0 ? 0 : complain(service, target);
}

int service_vkey(const struct service *service, char *out, size_t size)
{
    struct http_reply reply;
    if (service_get(service, "/v1/ledger", &reply) != 0)
        return -1;
    int rc = http_reply_member(&reply, "vkey", out, size) ? 0 : complain(service, "/v1/ledger names no vkey");
    http_reply_release(&reply);
    return rc;
}

int service_head(struct service *service)
{
    struct http_reply reply;
    char seq[32] = "", hash[80] = "";
    if (service_get(service, "/v1/ledger", &reply) != 0)
        return -1;
    bool is_there = reply.status == 200 && http_reply_member(&reply, "seq", seq, sizeof seq) &&
                    http_reply_member(&reply, "hash", hash, sizeof hash) &&
                    text_unhex(slice_str(hash), service->head_hash.bytes, DIGEST_LEN) == TALLY_OK;
    service->head_seq = strtoull(seq, NULL, 10);
    int rc = is_there ? 0 : complain(service, reply.body);
    http_reply_release(&reply);
    return rc;
}

static struct slice or_else(struct slice given, struct slice otherwise)
{
    return given.ptr != NULL ? given : otherwise;
}

int service_sign(const struct service *service, const struct service_actor *actor, const char *path, struct slice body,
                 const struct service_twist *twist, struct buf *out)
{
    static const struct service_twist none = {0};
    char jti[23];
    if (twist == NULL)
        twist = &none;
    if (statement_new_jti(jti, NULL) != TALLY_OK)
        return -1;
    const struct statement_draft draft = {.aud = or_else(twist->aud, SLICE(SERVICE_ORIGIN)),
                                          .htm = or_else(twist->htm, SLICE("POST")),
                                          .htu = or_else(twist->htu, slice_str(path)),
                                          .cty = or_else(twist->cty, SLICE("application/json")),
                                          .jti = or_else(twist->jti, slice_str(jti)),
                                          .iat = twist->iat != 0 ? twist->iat : instant_now().us / 1000000,
                                          .head_seq = twist->has_head ? twist->head_seq : service->head_seq,
                                          .head_hash = twist->has_head ? twist->head_hash : service->head_hash};
    return statement_sign(&draft, actor->key, body, out, NULL) == TALLY_OK ? 0 : -1;
}

int service_send(struct http_client *client, const char *path, struct slice jws, const char *headers, struct slice body)
{
    struct buf request;
    buf_init(&request, 16u << 20);
    buf_printf(&request,
               "POST %s HTTP/1.1\r\nHost: ledger.test\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n", path,
               body.len);
    if (jws.len > 0)
        buf_printf(&request, "x-jws-signature: %.*s\r\n", SLICE_ARG(jws));
    buf_printf(&request, "%s\r\n", headers == NULL ? "" : headers);
    buf_add_slice(&request, body);
    int rc = buf_check(&request, NULL) == TALLY_OK ? http_client_send(client, request.ptr, request.len) : -1;
    buf_release(&request);
    return rc;
}

int service_exchange(struct http_client *client, const char *path, struct slice jws, const char *headers, struct slice body,
                     struct http_reply *reply)
{
    *reply = (struct http_reply){0};
    return service_send(client, path, jws, headers, body) == 0 ? http_client_reply(client, false, reply) : -1;
}

int service_post(struct service *service, const struct service_actor *actor, const char *path, const char *body,
                 struct http_reply *reply)
{
    struct http_client client;
    struct buf jws;
    *reply = (struct http_reply){0};
    if (service_head(service) != 0)
        return -1;
    if (http_client_open(&client, service->port) != 0)
        return complain(service, "cannot connect");
    buf_init(&jws, STATEMENT_JWS_MAX);
    int rc = service_sign(service, actor, path, slice_str(body), NULL, &jws);
    if (rc == 0)
        rc = service_exchange(&client, path, buf_slice(&jws), NULL, slice_str(body), reply);
    if (rc != 0)
        (void) complain(service, path);
    buf_release(&jws);
    http_client_close(&client);
    return rc;
}
