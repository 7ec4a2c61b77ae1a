#include "private_cluster.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum tally_code cluster_path(char *out, const char *dir, const char *name, struct err *err)
{
    int n = snprintf(out, PATH_MAX, "%s/%s", dir, name);
    return n > 0 && n < PATH_MAX ? TALLY_OK : err_set(err, TALLY_E_USAGE, "the path %s/%s is too long", dir, name);
}

/* errno says what failed; whose fault that is follows from it. */
enum tally_code cluster_errno(struct err *err, const char *what, const char *path)
{
    int why = errno;
    enum tally_code code = why == ENOSPC || why == EDQUOT                  ? TALLY_E_LIMIT
                           : why == EACCES || why == EPERM || why == EROFS ? TALLY_E_DENIED
                                                                           : TALLY_E_IO;
    errno = why;
    return err_set(err, code, "%s %s: %m%s", what, path, code == TALLY_E_LIMIT ? "; make room and start again" : "");
}

bool cluster_is_root(void)
{
    return geteuid() == 0;
}

/* In the child: gives up root's rights, keeps no descriptor, takes no signal setting of ours along. */
void cluster_child_prepare(const struct private_cluster *cluster, int out_fd)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    for (int i = 1; i < NSIG; i++)
        (void) signal(i, SIG_DFL);
    int null = open("/dev/null", O_RDONLY);
    if (null < 0 || dup2(null, 0) < 0 || dup2(out_fd, 1) < 0 || dup2(out_fd, 2) < 0 || close_range(3, ~0U, 0) != 0)
        _exit(126);
    if (cluster_is_root() && cluster != NULL &&
        (setgroups(0, NULL) != 0 || setgid(cluster->gid) != 0 || setuid(cluster->uid) != 0))
        _exit(126);
}

char *const cluster_child_env[] = {(char[]){"PATH=/usr/local/bin:/usr/bin:/bin"}, (char[]){"LC_ALL=C"}, NULL};

/* Runs a program to its end; its output goes to out (at most CLUSTER_TEXT_MAX - 1 bytes, the last ones count). cluster NULL: as
 * ourselves. *status as of waitpid. */
enum tally_code cluster_run(const struct private_cluster *cluster, char *const argv[], char *out, int *status,
                            struct err *err)
{
    int fds[2];
    if (pipe2(fds, O_CLOEXEC) != 0)
        return cluster_errno(err, "pipe for", argv[0]);
    pid_t pid = fork();
    if (pid == 0) {
        cluster_child_prepare(cluster, fds[1]);
        if (chdir("/") == 0)
            execvpe(argv[0], argv, cluster_child_env);
        _exit(127);
    }
    close(fds[1]);
    size_t len = 0;
    char chunk[512];
    for (ssize_t n; pid > 0 && ((n = read(fds[0], chunk, sizeof chunk)) > 0 || (n < 0 && errno == EINTR));) {
        size_t more = n < 0 ? 0 : (size_t) n;
        if (len + more >= CLUSTER_TEXT_MAX) { /* the end is what says why */
            size_t keep = CLUSTER_TEXT_MAX - 1 - more;
            memmove(out, out + len - keep, keep);
            len = keep;
        }
        memcpy(out + len, chunk, more);
        len += more;
    }
    out[len] = '\0';
    close(fds[0]);
    if (pid < 0)
        return cluster_errno(err, "fork for", argv[0]);
    while (waitpid(pid, status, 0) < 0)
        if (errno != EINTR)
            return cluster_errno(err, "waiting for", argv[0]);
    return TALLY_OK;
}

/* Does something as the account that PostgreSQL runs as; what it writes to fd 1 comes back. 0 is success. */
enum tally_code cluster_as_account(const struct private_cluster *cluster, int (*act)(const struct private_cluster *),
                                   char *out, int *status, struct err *err)
{
    int fds[2];
    if (pipe2(fds, O_CLOEXEC) != 0)
        return cluster_errno(err, "pipe below", cluster->data_dir);
    pid_t pid = fork();
    if (pid == 0) {
        cluster_child_prepare(cluster, fds[1]);
        _exit(act(cluster));
    }
    close(fds[1]);
    ssize_t n = pid < 0 ? 0 : read(fds[0], out, CLUSTER_TEXT_MAX - 1); /* one short message, written at once */
    out[n < 0 ? 0 : n] = '\0';
    close(fds[0]);
    if (pid < 0)
        return cluster_errno(err, "fork below", cluster->data_dir);
    while (waitpid(pid, status, 0) < 0)
        if (errno != EINTR)
            return cluster_errno(err, "waiting below", cluster->data_dir);
    return TALLY_OK;
}

int cluster_write_file(const char *dir, const char *name, const char *text)
{
    char path[PATH_MAX];
    struct err ignored;
    if (cluster_path(path, dir, name, &ignored) != TALLY_OK)
        return 1;
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    bool is_written = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t) strlen(text) && fsync(fd) == 0;
    if (!is_written) {
        char why[PATH_MAX + 128];
        int n = snprintf(why, sizeof why, "%s: %m", path);
        if (write(1, why, n > 0 ? (size_t) n : 0) < 0)
            return 2;
    }
    return is_written ? 0 : 1;
}
