#include "private_cluster.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tally/instant.h"
#include "tally/log.h"
#include "tally/mem.h"
#include "tally/pg.h"
#include "tally/text.h"

#define LOOK_MS 20       /* between two looks whether the server answers */
#define ORPHANS_MS 10000 /* how long server processes outlive a killed postmaster: they look every few seconds */

/* Waits for the end of a process, ours or not. */
bool cluster_wait_gone(pid_t pid, int ms)
{
    int fd = pidfd_open(pid, 0);
    if (fd < 0)
        return errno == ESRCH;
    int64_t until_us = instant_monotonic_us() + ms * INT64_C(1000);
    int n = 0;
    do {
        int64_t left_us = until_us - instant_monotonic_us();
        struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
        n = poll(&poll_fd, 1, left_us <= 0 ? 0 : (int) ((left_us + 999) / 1000));
    } while (n < 0 && errno == EINTR);
    close(fd);
    return n > 0;
}

/* The pid in postmaster.pid; 0 if there is none. */
static pid_t pid_in_file(const struct private_cluster *cluster, char *path)
{
    char text[32];
    uint64_t pid = 0;
    struct err ignored;
    if (cluster_path(path, cluster->pgdata, "postmaster.pid", &ignored) != TALLY_OK)
        return 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof text - 1);
    if (fd >= 0)
        close(fd);
    text[n < 0 ? 0 : n] = '\0';
    return text_u64(slice_of(text, strcspn(text, "\n")), INT_MAX, &pid) == TALLY_OK ? (pid_t) pid : 0;
}

/* A postmaster works inside its data directory: another process that has got its number does not. */
static bool is_postmaster_of(const struct private_cluster *cluster, pid_t pid)
{
    char link[64], cwd[PATH_MAX];
    (void) snprintf(link, sizeof link, "/proc/%d/cwd", (int) pid);
    ssize_t n = readlink(link, cwd, sizeof cwd - 1);
    cwd[n < 0 ? 0 : n] = '\0';
    return strcmp(cwd, cluster->pgdata) == 0;
}

/* The lock says that no live process of ours runs this cluster: what still runs was left by one that was killed. It is
 * stopped, not adopted: it was started with that one's settings, and perhaps by another user. */
enum tally_code cluster_stop_leftover(const struct private_cluster *cluster, struct err *err)
{
    char path[PATH_MAX];
    pid_t pid = pid_in_file(cluster, path);
    if (pid == 0 || (kill(pid, 0) != 0 && errno == ESRCH))
        return TALLY_OK; /* PostgreSQL itself sees that a file whose process is gone is stale */
    if (!is_postmaster_of(cluster, pid)) {
        LOG_WARN("cluster.stale_pid_file", LOG_STR("path", path), LOG_I64("pid", pid));
        if (unlink(path) != 0 && errno != ENOENT)
            return cluster_errno(err, "a stale file cannot be removed:", path);
        return TALLY_OK;
    }
    LOG_WARN("cluster.stopping_leftover", LOG_I64("pid", pid));
    const struct {
        int signal, ms;
    } steps[] = {{SIGINT, PRIVATE_CLUSTER_FAST_MS}, {SIGQUIT, CLUSTER_QUIT_MS}, {SIGKILL, CLUSTER_QUIT_MS}};
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        if (kill(pid, steps[i].signal) != 0 && errno != ESRCH)
            return cluster_errno(err, "the server that a killed tallyd left running cannot be stopped:", cluster->pgdata);
        if (cluster_wait_gone(pid, steps[i].ms))
            return TALLY_OK;
    }
    return err_set(err, TALLY_E_TIMEOUT, "the server %d that a killed tallyd left running in %s does not stop", (int) pid,
                   cluster->pgdata);
}

/* The socket's lock file names a process too, and PostgreSQL takes any process of that number for a server: one that has got it
 * since, or the killed server itself where nobody reaps orphans. The directory is ours alone, and no server runs now. */
MUST_CHECK static enum tally_code forget_socket(const struct private_cluster *cluster, struct err *err)
{
    static const char *const names[] = {".s.PGSQL." CLUSTER_PORT ".lock", ".s.PGSQL." CLUSTER_PORT};
    char path[PATH_MAX];
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        enum tally_code rc = cluster_path(path, cluster->socket_dir, names[i], err);
        if (rc != TALLY_OK)
            return rc;
        if (unlink(path) != 0 && errno != ENOENT)
            return cluster_errno(err, "a stale file cannot be removed:", path);
    }
    return TALLY_OK;
}

#define ARGS_MAX 48

struct args {
    char *argv[ARGS_MAX];
    int count;
    char settings[ARGS_MAX / 2][PATH_MAX + 64];
    int setting_count;
};

static void add_setting(struct args *args, const char *fmt, ...) PRINTF_LIKE(2, 3);
static void add_setting(struct args *args, const char *fmt, ...)
{
    ENSURE(args->count + 3 < ARGS_MAX && args->setting_count < ARGS_MAX / 2);
    char *text = args->settings[args->setting_count++];
    va_list list;
    va_start(list, fmt);
    (void) vsnprintf(text, sizeof args->settings[0], fmt, list);
    va_end(list);
    static char dash_c[] = "-c";
    args->argv[args->count++] = dash_c;
    args->argv[args->count++] = text;
}

/* On the command line, so that postgresql.conf stays the administrator's for everything else. */
static void postgres_args(struct private_cluster *cluster, char *program, struct args *args)
{
    char quoted[2 * CLUSTER_SOCKET_DIR_MAX + 3];
    size_t len = 0;
    quoted[len++] = '"'; /* the setting is a list, and a path may have a comma or a space */
    for (const char *at = cluster->socket_dir; *at != '\0'; at++) {
        if (*at == '"')
            quoted[len++] = '"';
        quoted[len++] = *at;
    }
    quoted[len++] = '"';
    quoted[len] = '\0';
    static char dash_d[] = "-D";
    args->argv[args->count++] = program;
    args->argv[args->count++] = dash_d;
    args->argv[args->count++] = cluster->pgdata;
    add_setting(args, "listen_addresses=");
    add_setting(args, "port=" CLUSTER_PORT);
    add_setting(args, "unix_socket_directories=%s", quoted);
    add_setting(args, "unix_socket_permissions=0700");
    add_setting(args, "max_connections=%d", cluster->options.max_connections > 0 ? cluster->options.max_connections : 50);
    add_setting(args, "fsync=%s", cluster->options.is_unsafe ? "off" : "on");
    add_setting(args, "full_page_writes=%s", cluster->options.is_unsafe ? "off" : "on");
    add_setting(args, "logging_collector=off");
    add_setting(args, "log_destination=stderr");
    add_setting(args, "log_timezone=UTC");
    add_setting(args, "cluster_name=tally");
    args->argv[args->count] = NULL;
}

MUST_CHECK static enum tally_code spawn(struct private_cluster *cluster, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    char program[PATH_MAX];
    int log = -1;
    pid_t parent = getpid();
    struct args *args = mem_zero(sizeof *args);
    if (args == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory to start PostgreSQL");
    TRY(cluster_path(program, cluster->bin_dir, "postgres", err));
    TRY(cluster_log_open(cluster, &log, err));
    postgres_args(cluster, program, args);
    pid_t pid = fork();
    if (pid == 0) {
        cluster_child_prepare(cluster, log);
        /* a session of its own: a terminal's Ctrl-C is for us, who then stop it in order */
        if (setsid() < 0 || prctl(PR_SET_PDEATHSIG, SIGINT) != 0 || getppid() != parent || chdir("/") != 0)
            _exit(126);
        execve(program, args->argv, cluster_child_env);
        _exit(127);
    }
    if (pid < 0)
        TRY(cluster_errno(err, "fork for", program));
    cluster->pid = pid;
done:
    if (log >= 0)
        close(log);
    mem_free(args);
    return rc;
}

bool private_cluster_is_running(struct private_cluster *cluster, struct err *err)
{
    if (cluster->pid != 0) {
        pid_t gone = waitpid(cluster->pid, &cluster->ended, WNOHANG);
        if (gone == 0 || (gone < 0 && errno == EINTR))
            return true;
        cluster->pid = 0;
    }
    char text[CLUSTER_TEXT_MAX], why[256];
    cluster_log_read(cluster, text);
    cluster_log_error(text, why, sizeof why);
    if (WIFSIGNALED(cluster->ended))
        err_set(err, TALLY_E_UNAVAILABLE, "the database server was killed by signal %d", WTERMSIG(cluster->ended));
    else
        err_set(err, TALLY_E_UNAVAILABLE, "the database server ended with status %d: %s", WEXITSTATUS(cluster->ended), why);
    return false;
}

/* Until it answers a log-in, ends, or takes too long. On TALLY_OK pg is connected. */
MUST_CHECK static enum tally_code wait_ready(struct private_cluster *cluster, struct pg *pg, int64_t until_us,
                                             struct err *err)
{
    struct err last = {0};
    while (pg_connect(pg, &last) != TALLY_OK) {
        if (!private_cluster_is_running(cluster, NULL)) {
            char text[CLUSTER_TEXT_MAX];
            cluster_log_read(cluster, text);
            return cluster_failed(err, cluster, "PostgreSQL did not start", text);
        }
        if (instant_monotonic_us() > until_us)
            return err_set(err, TALLY_E_TIMEOUT, "PostgreSQL does not answer (see %s): %s", cluster->log, last.detail);
        if (cluster_wait_gone(cluster->pid, LOOK_MS))
            continue;
    }
    return TALLY_OK;
}

/* After a kill -9 the server's other processes are still about for a moment, and PostgreSQL refuses to start beside them. */
enum tally_code cluster_server_start(struct private_cluster *cluster, struct pg *pg, struct err *err)
{
    int ms = cluster->options.start_timeout_ms > 0 ? cluster->options.start_timeout_ms : PRIVATE_CLUSTER_START_MS;
    int64_t begun_us = instant_monotonic_us();
    for (;;) {
        char text[CLUSTER_TEXT_MAX];
        enum tally_code rc = cluster_stop_leftover(cluster, err);
        if (rc == TALLY_OK)
            rc = forget_socket(cluster, err);
        if (rc == TALLY_OK)
            rc = spawn(cluster, err);
        if (rc != TALLY_OK)
            return rc;
        rc = wait_ready(cluster, pg, begun_us + ms * INT64_C(1000), err);
        if (rc == TALLY_OK)
            return TALLY_OK;
        cluster_log_read(cluster, text);
        bool is_beside_orphans = cluster->pid == 0 && (strstr(text, "is still in use") != NULL ||
                                                       strstr(text, "pre-existing shared memory block") != NULL);
        if (!is_beside_orphans || instant_monotonic_us() - begun_us > ORPHANS_MS * INT64_C(1000))
            return rc;
        if (poll(NULL, 0, 5 * LOOK_MS) < 0 && errno != EINTR)
            return cluster_errno(err, "waiting for", cluster->pgdata);
    }
}
