#include "tally/cluster.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tally/instant.h"
#include "tally/log.h"
#include "tally/mem.h"
#include "tally/pg.h"
#include "tally/text.h"

#define MAJOR_MIN 15         /* what the migrations are written for: who may create in schema public is 15's */
#define SUPERUSER "postgres" /* of the cluster, not of the operating system */
#define DATABASE "tally"
#define PORT "5432"               /* only part of the socket's name */
#define SOCKET_DIR_MAX 93         /* sun_path has 107 bytes and a NUL; "/.s.PGSQL.5432" takes 14 */
#define TEXT_MAX 4096             /* command output and log tails */
#define LOG_KEEP_BYTES (16 << 20) /* a longer postgres.log becomes postgres.log.1 at the next start */
#define LOOK_MS 20                /* between two looks whether the server answers */
#define ORPHANS_MS 10000          /* how long server processes outlive a killed postmaster: they look every few seconds */
#define QUIT_MS 5000              /* an immediate shutdown */
#define CONNINFO_MAX 512
#define CANDIDATES_MAX 16

struct private_cluster {
    struct private_cluster_options options;
    char data_dir[PATH_MAX];
    char pgdata[PATH_MAX];
    char log[PATH_MAX];
    char bin_dir[PATH_MAX];
    char socket_dir[PATH_MAX];
    bool is_socket_dir_ours; /* made for this run only */
    uid_t uid;               /* whom PostgreSQL runs as */
    gid_t gid;
    char user[64]; /* who runs us */
    int lock_fd;
    off_t log_from; /* where this start's part of the log begins */
    pid_t pid;      /* 0: not running */
    int ended;      /* wait status of the last postmaster */
    char service[CONNINFO_MAX], owner[CONNINFO_MAX], admin[CONNINFO_MAX];
};

/* ---- small things ---- */

static enum tally_code join(char *out, const char *dir, const char *name, struct err *err)
    __attribute__((warn_unused_result));
static enum tally_code join(char *out, const char *dir, const char *name, struct err *err)
{
    int n = snprintf(out, PATH_MAX, "%s/%s", dir, name);
    return n > 0 && n < PATH_MAX ? TALLY_OK : err_set(err, TALLY_E_USAGE, "the path %s/%s is too long", dir, name);
}

/* errno says what failed; whose fault that is follows from it. */
static enum tally_code errno_set(struct err *err, const char *what, const char *path)
{
    int why = errno;
    enum tally_code code = why == ENOSPC || why == EDQUOT                  ? TALLY_E_LIMIT
                           : why == EACCES || why == EPERM || why == EROFS ? TALLY_E_DENIED
                                                                           : TALLY_E_IO;
    errno = why;
    return err_set(err, code, "%s %s: %m%s", what, path, code == TALLY_E_LIMIT ? "; make room and start again" : "");
}

static bool is_root(void)
{
    return geteuid() == 0;
}

/* ---- child processes ---- */

/* In the child: gives up root's rights, keeps no descriptor, takes no signal setting of ours along. */
static void child_prepare(const struct private_cluster *cluster, int out_fd)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    for (int i = 1; i < NSIG; i++)
        (void) signal(i, SIG_DFL);
    int null = open("/dev/null", O_RDONLY);
    if (null < 0 || dup2(null, 0) < 0 || dup2(out_fd, 1) < 0 || dup2(out_fd, 2) < 0 || close_range(3, ~0U, 0) != 0)
        _exit(126);
    if (is_root() && cluster != NULL && (setgroups(0, NULL) != 0 || setgid(cluster->gid) != 0 || setuid(cluster->uid) != 0))
        _exit(126);
}

static char *const child_env[] = {(char[]){"PATH=/usr/local/bin:/usr/bin:/bin"}, (char[]){"LC_ALL=C"}, NULL};

/* Runs a program to its end; its output goes to out (at most TEXT_MAX - 1 bytes, the last ones count). cluster NULL: as
 * ourselves. *status as of waitpid. */
MUST_CHECK static enum tally_code run(const struct private_cluster *cluster, char *const argv[], char *out, int *status,
                                      struct err *err)
{
    int fds[2];
    if (pipe2(fds, O_CLOEXEC) != 0)
        return errno_set(err, "pipe for", argv[0]);
    pid_t pid = fork();
    if (pid == 0) {
        child_prepare(cluster, fds[1]);
        if (chdir("/") == 0)
            execvpe(argv[0], argv, child_env);
        _exit(127);
    }
    close(fds[1]);
    size_t len = 0;
    char chunk[512];
    for (ssize_t n; pid > 0 && ((n = read(fds[0], chunk, sizeof chunk)) > 0 || (n < 0 && errno == EINTR));) {
        size_t more = n < 0 ? 0 : (size_t) n;
        if (len + more >= TEXT_MAX) { /* the end is what says why */
            size_t keep = TEXT_MAX - 1 - more;
            memmove(out, out + len - keep, keep);
            len = keep;
        }
        memcpy(out + len, chunk, more);
        len += more;
    }
    out[len] = '\0';
    close(fds[0]);
    if (pid < 0)
        return errno_set(err, "fork for", argv[0]);
    while (waitpid(pid, status, 0) < 0)
        if (errno != EINTR)
            return errno_set(err, "waiting for", argv[0]);
    return TALLY_OK;
}

/* Does something as the account that PostgreSQL runs as; what it writes to fd 1 comes back. 0 is success. */
MUST_CHECK static enum tally_code as_account(const struct private_cluster *cluster,
                                             int (*act)(const struct private_cluster *), char *out, int *status,
                                             struct err *err)
{
    int fds[2];
    if (pipe2(fds, O_CLOEXEC) != 0)
        return errno_set(err, "pipe below", cluster->data_dir);
    pid_t pid = fork();
    if (pid == 0) {
        child_prepare(cluster, fds[1]);
        _exit(act(cluster));
    }
    close(fds[1]);
    ssize_t n = pid < 0 ? 0 : read(fds[0], out, TEXT_MAX - 1); /* one short message, written at once */
    out[n < 0 ? 0 : n] = '\0';
    close(fds[0]);
    if (pid < 0)
        return errno_set(err, "fork below", cluster->data_dir);
    while (waitpid(pid, status, 0) < 0)
        if (errno != EINTR)
            return errno_set(err, "waiting below", cluster->data_dir);
    return TALLY_OK;
}

/* ---- which PostgreSQL ---- */

/* The major version of DIR/postgres with initdb beside it; 0 if there is none. */
static int major_of(const char *dir)
{
    char path[PATH_MAX], out[TEXT_MAX];
    int status = 0;
    struct err ignored;
    if (join(path, dir, "initdb", &ignored) != TALLY_OK || access(path, X_OK) != 0)
        return 0;
    if (join(path, dir, "postgres", &ignored) != TALLY_OK || access(path, X_OK) != 0)
        return 0;
    char *argv[] = {path, (char[]){"--version"}, NULL};
    if (run(NULL, argv, out, &status, &ignored) != TALLY_OK || status != 0)
        return 0;
    const char *digits = out + strcspn(out, "0123456789"); /* "postgres (PostgreSQL) 15.14 (Debian ...)" */
    uint64_t major = 0;
    if (text_u64(slice_of(digits, strspn(digits, "0123456789")), 1000, &major) != TALLY_OK)
        return 0;
    return (int) major;
}

struct search {
    int wanted; /* 0: any from MAJOR_MIN on */
    int found;
    char dir[PATH_MAX];
};

static bool try_dir(struct search *search, const char *dir)
{
    int major = dir[0] == '/' ? major_of(dir) : 0;
    if (major == 0 || (search->wanted != 0 ? major != search->wanted : major < MAJOR_MIN))
        return false;
    search->found = major;
    (void) snprintf(search->dir, sizeof search->dir, "%s", dir);
    return true;
}

static bool try_pg_config(struct search *search)
{
    char out[TEXT_MAX];
    int status = 0;
    struct err ignored;
    char *argv[] = {(char[]){"pg_config"}, (char[]){"--bindir"}, NULL};
    if (run(NULL, argv, out, &status, &ignored) != TALLY_OK || status != 0)
        return false;
    out[strcspn(out, "\n")] = '\0';
    return try_dir(search, out);
}

static int by_number_falling(const void *a, const void *b)
{
    int x = *(const int *) a, y = *(const int *) b;
    return (x < y) - (x > y);
}

static bool try_debian(struct search *search)
{
    int majors[CANDIDATES_MAX], count = 0;
    DIR *dir = opendir("/usr/lib/postgresql");
    if (dir == NULL)
        return false;
    for (const struct dirent *e; (e = readdir(dir)) != NULL && count < CANDIDATES_MAX;) {
        uint64_t major = 0;
        if (text_u64(slice_str(e->d_name), 1000, &major) == TALLY_OK)
            majors[count++] = (int) major;
    }
    closedir(dir);
    qsort(majors, (size_t) count, sizeof majors[0], by_number_falling);
    for (int i = 0; i < count; i++) {
        char path[64];
        (void) snprintf(path, sizeof path, "/usr/lib/postgresql/%d/bin", majors[i]);
        if (try_dir(search, path))
            return true;
    }
    return false;
}

static bool try_path(struct search *search)
{
    const char *path = getenv("PATH");
    while (path != NULL && *path != '\0') {
        size_t len = strcspn(path, ":");
        char dir[PATH_MAX];
        (void) snprintf(dir, sizeof dir, "%.*s", (int) (len < PATH_MAX ? len : 0), path);
        if (try_dir(search, dir))
            return true;
        path += len + (path[len] == ':');
    }
    return false;
}

/* The major version that the cluster's files are of; 0 if there is no cluster. */
static int cluster_major(const struct private_cluster *cluster)
{
    char path[PATH_MAX], text[16];
    struct err ignored;
    uint64_t major = 0;
    if (join(path, cluster->pgdata, "PG_VERSION", &ignored) != TALLY_OK)
        return 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof text);
    if (fd >= 0)
        close(fd);
    size_t len = 0;
    while (len < (size_t) (n < 0 ? 0 : n) && text[len] >= '0' && text[len] <= '9')
        len++;
    return text_u64(slice_of(text, len), 1000, &major) == TALLY_OK ? (int) major : 0;
}

MUST_CHECK static enum tally_code find_binaries(struct private_cluster *cluster, struct err *err)
{
    struct search search = {.wanted = cluster_major(cluster)};
    const char *given = cluster->options.bin_dir;
    bool is_found =
        given != NULL ? try_dir(&search, given) : try_pg_config(&search) || try_debian(&search) || try_path(&search);
    if (is_found) {
        (void) snprintf(cluster->bin_dir, sizeof cluster->bin_dir, "%s", search.dir);
        return TALLY_OK;
    }
    if (search.wanted != 0)
        return err_set(err, TALLY_E_NOT_FOUND,
                       "%s was made by PostgreSQL %d, whose programs are not found%s%s: install postgresql-%d, or move the "
                       "cluster to the new version with pg_upgrade",
                       cluster->pgdata, search.wanted, given != NULL ? " in " : "", given != NULL ? given : "",
                       search.wanted);
    return err_set(
        err, TALLY_E_NOT_FOUND,
        "no PostgreSQL %d or newer (initdb and postgres) is found%s%s: install it (Debian: apt-get install postgresql), or "
        "give a server with --database",
        MAJOR_MIN, given != NULL ? " in " : "", given != NULL ? given : "");
}

/* ---- accounts and directories ---- */

struct account {
    uid_t uid;
    gid_t gid;
    char name[64];
};

/* By name, or by id where name is NULL. */
static bool account_find(const char *name, uid_t uid, struct account *out)
{
    char text[TEXT_MAX];
    struct passwd entry, *found = NULL;
    int rc = name != NULL ? getpwnam_r(name, &entry, text, sizeof text, &found)
                          : getpwuid_r(uid, &entry, text, sizeof text, &found);
    if (rc != 0 || found == NULL)
        return false;
    out->uid = found->pw_uid;
    out->gid = found->pw_gid;
    (void) snprintf(out->name, sizeof out->name, "%s", found->pw_name);
    return true;
}

MUST_CHECK static enum tally_code find_accounts(struct private_cluster *cluster, struct err *err)
{
    struct account self, other;
    if (!account_find(NULL, geteuid(), &self))
        return err_set(err, TALLY_E_USAGE, "the user id %d has no name in the user database, which PostgreSQL needs",
                       (int) geteuid());
    (void) snprintf(cluster->user, sizeof cluster->user, "%s", self.name);
    cluster->uid = self.uid;
    cluster->gid = self.gid;
    if (!is_root())
        return TALLY_OK;
    if ((!account_find("postgres", 0, &other) && !account_find("nobody", 0, &other)) || other.uid == 0)
        return err_set(err, TALLY_E_USAGE,
                       "PostgreSQL does not run as root, and there is neither a user postgres nor nobody: start tallyd as "
                       "another user");
    cluster->uid = other.uid;
    cluster->gid = other.gid;
    return TALLY_OK;
}

MUST_CHECK static enum tally_code make_data_dir(struct private_cluster *cluster, struct err *err)
{
    const char *dir = cluster->options.data_dir;
    struct stat st;
    if (mkdir(dir, is_root() ? 0711 : 0700) != 0 && errno != EEXIST)
        return errno_set(err, "the data directory cannot be made:", dir);
    if (realpath(dir, cluster->data_dir) == NULL || stat(cluster->data_dir, &st) != 0)
        return errno_set(err, "the data directory", dir);
    if (!S_ISDIR(st.st_mode))
        return err_set(err, TALLY_E_USAGE, "%s is not a directory", dir);
    if (is_root() && (st.st_mode & S_IXOTH) == 0 && chmod(cluster->data_dir, (st.st_mode & 07777) | S_IXOTH) != 0)
        return errno_set(err, "the data directory", dir);
    return TALLY_OK;
}

/* As the account: the first folder on the way that it may not enter. */
static int act_reach(const struct private_cluster *cluster)
{
    char path[PATH_MAX];
    size_t total = strlen(cluster->data_dir);
    for (size_t len = 1; len <= total; len++) {
        if (len != total && cluster->data_dir[len] != '/')
            continue;
        memcpy(path, cluster->data_dir, len);
        path[len] = '\0';
        if (access(path, X_OK) != 0)
            return write(1, path, len) < 0 ? 2 : 1;
    }
    return 0;
}

MUST_CHECK static enum tally_code check_reach(const struct private_cluster *cluster, struct err *err)
{
    char path[TEXT_MAX];
    int status = 0;
    enum tally_code rc = as_account(cluster, act_reach, path, &status, err);
    if (rc != TALLY_OK || status == 0)
        return rc;
    struct account account = {.name = "?"};
    (void) account_find(NULL, cluster->uid, &account);
    return err_set(
        err, TALLY_E_DENIED,
        "the user %s, as whom PostgreSQL runs, may not enter %s: choose a data directory below one that everybody may "
        "enter (such as /var/lib), or run chmod o+x %s",
        account.name, path, path);
}

MUST_CHECK static enum tally_code take_lock(struct private_cluster *cluster, struct err *err)
{
    char path[PATH_MAX];
    enum tally_code rc = join(path, cluster->data_dir, "lock", err);
    if (rc != TALLY_OK)
        return rc;
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return errno_set(err, "the lock file", path);
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        int why = errno;
        close(fd);
        errno = why;
        if (why == EWOULDBLOCK)
            return err_set(err, TALLY_E_CONFLICT,
                           "another tallyd runs in %s: stop it first, or choose another data directory", cluster->data_dir);
        return errno_set(err, "the lock file", path);
    }
    cluster->lock_fd = fd;
    return TALLY_OK;
}

/* Empties and removes a directory tree. Anything in it may have been made by the cluster's account: links are not followed. */
static int remove_below(int parent, const char *name)
{
    if (unlinkat(parent, name, 0) == 0 || errno == ENOENT)
        return 0;
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (dir == NULL)
        return -1;
    int rc = 0;
    for (const struct dirent *e; rc == 0 && (e = readdir(dir)) != NULL;)
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            rc = remove_below(dirfd(dir), e->d_name);
    closedir(dir);
    return rc != 0 ? rc : unlinkat(parent, name, AT_REMOVEDIR);
}

/* ---- the log ---- */

static void keep_log_short(const struct private_cluster *cluster)
{
    struct stat st;
    char old[PATH_MAX];
    struct err ignored;
    if (stat(cluster->log, &st) == 0 && st.st_size > LOG_KEEP_BYTES &&
        join(old, cluster->data_dir, "postgres.log.1", &ignored) == TALLY_OK && rename(cluster->log, old) != 0)
        LOG_WARN("cluster.log_not_renamed", LOG_STR("path", cluster->log));
}

MUST_CHECK static enum tally_code open_log(struct private_cluster *cluster, int *out, struct err *err)
{
    keep_log_short(cluster);
    int fd = open(cluster->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0640);
    if (fd < 0)
        return errno_set(err, "the server's log", cluster->log);
    cluster->log_from = lseek(fd, 0, SEEK_END);
    *out = fd;
    return TALLY_OK;
}

/* The last line that tells of an error, without what stands before the error itself; the whole text's end otherwise. */
static void last_error(char *text, char *out, size_t size)
{
    static const char *const marks[] = {"PANIC:", "FATAL:", "error:", "ERROR:"};
    const char *best = text;
    for (size_t i = 0; i < sizeof marks / sizeof marks[0] && best == text; i++)
        for (const char *at = text; (at = strstr(at, marks[i])) != NULL; at++)
            best = at;
    (void) snprintf(out, size, "%.*s", (int) strcspn(best, "\n"), best);
}

/* Why the server did not start, from the part of its log that this start wrote. */
static void read_log(const struct private_cluster *cluster, char *text)
{
    int fd = open(cluster->log, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    off_t end = fd < 0 ? 0 : lseek(fd, 0, SEEK_END);
    off_t from = end - cluster->log_from > TEXT_MAX - 1 ? end - (TEXT_MAX - 1) : cluster->log_from;
    ssize_t n = fd < 0 ? 0 : pread(fd, text, TEXT_MAX - 1, from);
    text[n < 0 ? 0 : n] = '\0';
    if (fd >= 0)
        close(fd);
}

static enum tally_code failed_set(struct err *err, const struct private_cluster *cluster, const char *what, char *text)
{
    char why[512];
    last_error(text, why, sizeof why);
    if (strstr(text, "No space left on device") != NULL || strstr(text, "Disk quota exceeded") != NULL)
        return err_set(err, TALLY_E_LIMIT, "%s: the disk of %s is full; make room and start again (%s)", what,
                       cluster->data_dir, why);
    return err_set(err, TALLY_E_IO, "%s: %s (see %s)", what, why[0] == '\0' ? "it said nothing" : why, cluster->log);
}

/* ---- making the cluster ---- */

static void append_log(struct private_cluster *cluster, const char *text)
{
    int fd = -1;
    struct err ignored;
    if (open_log(cluster, &fd, &ignored) != TALLY_OK)
        return;
    if (write(fd, text, strlen(text)) < 0)
        LOG_WARN("cluster.log_not_written", LOG_STR("path", cluster->log));
    close(fd);
}

MUST_CHECK static enum tally_code run_initdb(struct private_cluster *cluster, char *dir, struct err *err)
{
    char program[PATH_MAX], out[TEXT_MAX];
    int status = 0;
    enum tally_code rc = join(program, cluster->bin_dir, "initdb", err);
    if (rc != TALLY_OK)
        return rc;
    char *argv[] = {program,
                    (char[]){"--pgdata"},
                    dir,
                    (char[]){"--username=" SUPERUSER},
                    (char[]){"--auth-local=peer"},
                    (char[]){"--auth-host=reject"},
                    (char[]){"--encoding=UTF8"},
                    (char[]){"--locale=C"}, /* order by bytes: no index depends on the system's library */
                    (char[]){"--data-checksums"},
                    NULL};
    rc = run(cluster, argv, out, &status, err);
    if (rc != TALLY_OK)
        return rc;
    append_log(cluster, out);
    return status == 0 ? TALLY_OK : failed_set(err, cluster, "initdb failed", out);
}

static int write_file(const char *dir, const char *name, const char *text)
{
    char path[PATH_MAX];
    struct err ignored;
    if (join(path, dir, name, &ignored) != TALLY_OK)
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

/* PostgreSQL's own 128 MB do not hold the two indexes in no order (statement ids, results' keys) of a million entries: each new entry then
 * reads and writes pages, and costs half as much again. Taken only as it is used. */
#define SHARED_MB_MAX 512
#define SHARED_MB_MIN 128

static long shared_mb(void)
{
    long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    long quarter = pages <= 0 || page <= 0 ? 0 : pages / 4 / (1024 * 1024 / page);
    return quarter > SHARED_MB_MAX ? SHARED_MB_MAX : quarter < SHARED_MB_MIN ? SHARED_MB_MIN : quarter;
}

/* As the account, into the cluster that is being made; from then on ALTER SYSTEM is the administrator's. */
static int act_settings(const struct private_cluster *cluster)
{
    char text[128], fresh[PATH_MAX];
    struct err ignored;
    (void) snprintf(text, sizeof text,
                    "# Written by tallyd when it made this; ALTER SYSTEM changes it.\nshared_buffers = '%ldMB'\n",
                    shared_mb());
    return join(fresh, cluster->data_dir, "postgres.new", &ignored) != TALLY_OK ||
                   write_file(fresh, "postgresql.auto.conf", text) != 0
               ? 1
               : 0;
}

MUST_CHECK static enum tally_code write_settings(struct private_cluster *cluster, struct err *err)
{
    char out[TEXT_MAX];
    int status = 0;
    enum tally_code rc = as_account(cluster, act_settings, out, &status, err);
    return rc != TALLY_OK || status == 0 ? rc : failed_set(err, cluster, "its settings cannot be written", out);
}

/* Made beside its place and moved there when it is whole: a crash in the middle leaves nothing that looks like a cluster. */
MUST_CHECK static enum tally_code make_cluster(struct private_cluster *cluster, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    char fresh[PATH_MAX];
    struct stat st;
    int dir = open(cluster->data_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0)
        return errno_set(err, "the data directory", cluster->data_dir);
    if (fstatat(dir, "postgres", &st, AT_SYMLINK_NOFOLLOW) == 0)
        goto done;
    TRY(join(fresh, cluster->data_dir, "postgres.new", err));
    if (remove_below(dir, "postgres.new") != 0 || mkdirat(dir, "postgres.new", 0700) != 0)
        TRY(errno_set(err, "the directory for the database cannot be made:", fresh));
    if (is_root() && fchownat(dir, "postgres.new", cluster->uid, cluster->gid, AT_SYMLINK_NOFOLLOW) != 0)
        TRY(errno_set(err, "the directory for the database", fresh));
    LOG_INFO("cluster.making", LOG_STR("path", cluster->pgdata), LOG_STR("bin", cluster->bin_dir));
    TRY(run_initdb(cluster, fresh, err));
    TRY(write_settings(cluster, err));
    if (renameat(dir, "postgres.new", dir, "postgres") != 0 || fsync(dir) != 0)
        TRY(errno_set(err, "the new database cannot be moved to", cluster->pgdata));
done:
    if (rc != TALLY_OK && remove_below(dir, "postgres.new") != 0)
        LOG_WARN("cluster.not_removed", LOG_STR("path", cluster->data_dir));
    close(dir);
    return rc;
}

/* ---- who may log in ---- */

/* As the account, at each start: another user may run the service now. */
static int act_access(const struct private_cluster *cluster)
{
    static const char hba[] = "# Written by tallyd at each start.\n"
                              "local all all peer map=tally\n"
                              "local replication all peer map=tally\n"
                              "host all all all reject\n";
    static const char *const roles[] = {"tally_service_login", "tally_owner_login", SUPERUSER};
    const char *const users[] = {cluster->user, "root"};
    char ident[2048];
    size_t len =
        (size_t) snprintf(ident, sizeof ident, "# Written by tallyd at each start: who on this machine may be whom.\n");
    for (size_t u = 0; u < (strcmp(users[0], "root") == 0 ? 1 : 2); u++)
        for (size_t r = 0; r < 3; r++)
            len += (size_t) snprintf(ident + len, sizeof ident - len, "tally \"%s\" %s\n", users[u], roles[r]);
    if (len >= sizeof ident)
        return 1;
    int rc = write_file(cluster->pgdata, "pg_hba.conf", hba);
    return rc != 0 ? rc : write_file(cluster->pgdata, "pg_ident.conf", ident);
}

MUST_CHECK static enum tally_code write_access(const struct private_cluster *cluster, struct err *err)
{
    char out[TEXT_MAX];
    int status = 0;
    enum tally_code rc = as_account(cluster, act_access, out, &status, err);
    if (rc != TALLY_OK || status == 0)
        return rc;
    bool is_full = strstr(out, "No space left") != NULL;
    return err_set(err, is_full ? TALLY_E_LIMIT : TALLY_E_DENIED, "the access rules of the database cannot be written: %s",
                   out[0] == '\0' ? cluster->pgdata : out);
}

/* ---- the socket ---- */

static void remove_socket_dir(const char *dir)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return;
    bool is_empty = (unlinkat(fd, ".s.PGSQL." PORT, 0) == 0 || errno == ENOENT) &&
                    (unlinkat(fd, ".s.PGSQL." PORT ".lock", 0) == 0 || errno == ENOENT);
    close(fd);
    if (!is_empty || rmdir(dir) != 0)
        LOG_WARN("cluster.socket_dir_left", LOG_STR("path", dir));
}

static bool is_temporary(const char *dir)
{
    return strncmp(dir, "/tmp/tally-", 11) == 0 || strncmp(dir, "/run/tally-", 11) == 0;
}

/* What a killed process left behind: its short directory, named in DATA/socket. */
static void forget_old_socket(const char *note)
{
    char path[PATH_MAX];
    int fd = open(note, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    ssize_t n = fd < 0 ? 0 : read(fd, path, sizeof path - 1);
    if (fd >= 0)
        close(fd);
    path[n < 0 ? 0 : n] = '\0';
    path[strcspn(path, "\n")] = '\0';
    if (is_temporary(path) && strchr(path + 11, '/') == NULL)
        remove_socket_dir(path);
}

/* DATA/run where its name fits into a socket's address, and libpq takes it for one host (it splits at commas); otherwise
 * a short name elsewhere. */
MUST_CHECK static enum tally_code make_socket_dir(struct private_cluster *cluster, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    char note[PATH_MAX], text[PATH_MAX + 2];
    TRY(join(cluster->socket_dir, cluster->data_dir, "run", err));
    TRY(join(note, cluster->data_dir, "socket", err));
    forget_old_socket(note);
    if (strlen(cluster->socket_dir) > SOCKET_DIR_MAX || strchr(cluster->socket_dir, ',') != NULL) {
        (void) snprintf(cluster->socket_dir, sizeof cluster->socket_dir, "%s/tally-XXXXXX", is_root() ? "/run" : "/tmp");
        if (mkdtemp(cluster->socket_dir) == NULL)
            TRY(errno_set(err, "a directory for the database's socket cannot be made:", cluster->socket_dir));
        cluster->is_socket_dir_ours = true;
    } else if (mkdir(cluster->socket_dir, 0700) != 0 && errno != EEXIST) {
        TRY(errno_set(err, "the directory for the database's socket cannot be made:", cluster->socket_dir));
    }
    if ((is_root() && lchown(cluster->socket_dir, cluster->uid, cluster->gid) != 0) ||
        chmod(cluster->socket_dir, 0700) != 0)
        TRY(errno_set(err, "the directory for the database's socket", cluster->socket_dir));
    (void) snprintf(text, sizeof text, "%s\n", cluster->socket_dir);
    if (write_file(cluster->data_dir, "socket", text) != 0)
        TRY(errno_set(err, "the note of where the socket is:", note));
done:
    return rc;
}

/* libpq's quoting: inside '...' a backslash goes before ' and \. */
static void write_conninfo(const struct private_cluster *cluster, const char *role, char *out)
{
    size_t len = (size_t) snprintf(out, CONNINFO_MAX, "host='");
    for (const char *at = cluster->socket_dir; *at != '\0' && len < CONNINFO_MAX - 3; at++) {
        if (*at == '\'' || *at == '\\')
            out[len++] = '\\';
        out[len++] = *at;
    }
    int n = snprintf(out + len, CONNINFO_MAX - len, "' port=" PORT " dbname=" DATABASE " user=%s", role);
    ENSURE(n > 0 && (size_t) n < CONNINFO_MAX - len); /* SOCKET_DIR_MAX twice and the names fit */
}

/* ---- the postmaster ---- */

/* Waits for the end of a process, ours or not. */
static bool wait_gone(pid_t pid, int ms)
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
    if (join(path, cluster->pgdata, "postmaster.pid", &ignored) != TALLY_OK)
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
MUST_CHECK static enum tally_code stop_leftover(const struct private_cluster *cluster, struct err *err)
{
    char path[PATH_MAX];
    pid_t pid = pid_in_file(cluster, path);
    if (pid == 0 || (kill(pid, 0) != 0 && errno == ESRCH))
        return TALLY_OK; /* PostgreSQL itself sees that a file whose process is gone is stale */
    if (!is_postmaster_of(cluster, pid)) {
        LOG_WARN("cluster.stale_pid_file", LOG_STR("path", path), LOG_I64("pid", pid));
        if (unlink(path) != 0 && errno != ENOENT)
            return errno_set(err, "a stale file cannot be removed:", path);
        return TALLY_OK;
    }
    LOG_WARN("cluster.stopping_leftover", LOG_I64("pid", pid));
    const struct {
        int signal, ms;
    } steps[] = {{SIGINT, PRIVATE_CLUSTER_FAST_MS}, {SIGQUIT, QUIT_MS}, {SIGKILL, QUIT_MS}};
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        if (kill(pid, steps[i].signal) != 0 && errno != ESRCH)
            return errno_set(err, "the server that a killed tallyd left running cannot be stopped:", cluster->pgdata);
        if (wait_gone(pid, steps[i].ms))
            return TALLY_OK;
    }
    return err_set(err, TALLY_E_TIMEOUT, "the server %d that a killed tallyd left running in %s does not stop", (int) pid,
                   cluster->pgdata);
}

/* The socket's lock file names a process too, and PostgreSQL takes any process of that number for a server: one that has got it
 * since, or the killed server itself where nobody reaps orphans. The directory is ours alone, and no server runs now. */
MUST_CHECK static enum tally_code forget_socket(const struct private_cluster *cluster, struct err *err)
{
    static const char *const names[] = {".s.PGSQL." PORT ".lock", ".s.PGSQL." PORT};
    char path[PATH_MAX];
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        enum tally_code rc = join(path, cluster->socket_dir, names[i], err);
        if (rc != TALLY_OK)
            return rc;
        if (unlink(path) != 0 && errno != ENOENT)
            return errno_set(err, "a stale file cannot be removed:", path);
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
    char quoted[2 * SOCKET_DIR_MAX + 3];
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
    add_setting(args, "port=" PORT);
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
    TRY(join(program, cluster->bin_dir, "postgres", err));
    TRY(open_log(cluster, &log, err));
    postgres_args(cluster, program, args);
    pid_t pid = fork();
    if (pid == 0) {
        child_prepare(cluster, log);
        /* a session of its own: a terminal's Ctrl-C is for us, who then stop it in order */
        if (setsid() < 0 || prctl(PR_SET_PDEATHSIG, SIGINT) != 0 || getppid() != parent || chdir("/") != 0)
            _exit(126);
        execve(program, args->argv, child_env);
        _exit(127);
    }
    if (pid < 0)
        TRY(errno_set(err, "fork for", program));
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
    char text[TEXT_MAX], why[256];
    read_log(cluster, text);
    last_error(text, why, sizeof why);
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
            char text[TEXT_MAX];
            read_log(cluster, text);
            return failed_set(err, cluster, "PostgreSQL did not start", text);
        }
        if (instant_monotonic_us() > until_us)
            return err_set(err, TALLY_E_TIMEOUT, "PostgreSQL does not answer (see %s): %s", cluster->log, last.detail);
        if (wait_gone(cluster->pid, LOOK_MS))
            continue;
    }
    return TALLY_OK;
}

/* After a kill -9 the server's other processes are still about for a moment, and PostgreSQL refuses to start beside them. */
MUST_CHECK static enum tally_code start_server(struct private_cluster *cluster, struct pg *pg, struct err *err)
{
    int ms = cluster->options.start_timeout_ms > 0 ? cluster->options.start_timeout_ms : PRIVATE_CLUSTER_START_MS;
    int64_t begun_us = instant_monotonic_us();
    for (;;) {
        char text[TEXT_MAX];
        enum tally_code rc = stop_leftover(cluster, err);
        if (rc == TALLY_OK)
            rc = forget_socket(cluster, err);
        if (rc == TALLY_OK)
            rc = spawn(cluster, err);
        if (rc != TALLY_OK)
            return rc;
        rc = wait_ready(cluster, pg, begun_us + ms * INT64_C(1000), err);
        if (rc == TALLY_OK)
            return TALLY_OK;
        read_log(cluster, text);
        bool is_beside_orphans = cluster->pid == 0 && (strstr(text, "is still in use") != NULL ||
                                                       strstr(text, "pre-existing shared memory block") != NULL);
        if (!is_beside_orphans || instant_monotonic_us() - begun_us > ORPHANS_MS * INT64_C(1000))
            return rc;
        if (poll(NULL, 0, 5 * LOOK_MS) < 0 && errno != EINTR)
            return errno_set(err, "waiting for", cluster->pgdata);
    }
}

/* ---- what is inside ---- */

static const char roles_sql[] =
    "DO $$ DECLARE r text; BEGIN "
    "FOREACH r IN ARRAY ARRAY['tally_owner', 'tally_service'] LOOP "
    "IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = r) THEN EXECUTE format('CREATE ROLE %I NOLOGIN', r); END IF; "
    "IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = r || '_login') THEN "
    "EXECUTE format('CREATE ROLE %I LOGIN IN ROLE %I', r || '_login', r); END IF; "
    "END LOOP; END $$";

static const struct pg_statement has_database = {"cluster_has_database",
                                                 "SELECT EXISTS (SELECT FROM pg_database WHERE datname = '" DATABASE "')"};

/* Roles and database, as far as they are missing: a crash between initdb and here is no obstacle. */
MUST_CHECK static enum tally_code set_up(struct pg *pg, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct pg_rows *rows = NULL;
    TRY(pg_exec_text(pg, roles_sql, NULL, err));
    TRY(pg_exec(pg, &has_database, NULL, &rows, err));
    if (!pg_get_bool(rows, 0, 0))
        TRY(pg_exec_text(pg, "CREATE DATABASE " DATABASE " OWNER tally_owner", NULL, err));
    TRY(pg_exec_text(pg, "REVOKE TEMPORARY ON DATABASE " DATABASE " FROM PUBLIC", NULL, err));
done:
    pg_rows_free(rows);
    return rc == TALLY_OK ? rc : err_context(err, "the roles and the database of the private cluster");
}

MUST_CHECK static enum tally_code start_and_set_up(struct private_cluster *cluster, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    char conninfo[CONNINFO_MAX + 32];
    struct pg *pg = NULL;
    (void) snprintf(conninfo, sizeof conninfo, "%s dbname=postgres", cluster->admin); /* the last one counts */
    const struct pg_options options = {
        .conninfo = conninfo, .application_name = "tallyd set-up", .connect_timeout_ms = 5000};
    TRY(pg_new(&options, &pg, err));
    TRY(start_server(cluster, pg, err));
    TRY(set_up(pg, err));
done:
    pg_free(pg);
    return rc;
}

/* ---- the public functions ---- */

MUST_CHECK static enum tally_code prepare(struct private_cluster *cluster, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    TRY(find_accounts(cluster, err));
    TRY(make_data_dir(cluster, err));
    TRY(join(cluster->pgdata, cluster->data_dir, "postgres", err));
    TRY(join(cluster->log, cluster->data_dir, "postgres.log", err));
    TRY(take_lock(cluster, err));
    if (is_root())
        TRY(check_reach(cluster, err));
    TRY(find_binaries(cluster, err));
    TRY(make_cluster(cluster, err));
    TRY(stop_leftover(cluster, err));
    TRY(write_access(cluster, err));
    TRY(make_socket_dir(cluster, err));
    write_conninfo(cluster, "tally_service_login", cluster->service);
    write_conninfo(cluster, "tally_owner_login", cluster->owner);
    write_conninfo(cluster, SUPERUSER, cluster->admin);
done:
    return rc;
}

enum tally_code private_cluster_start(const struct private_cluster_options *options, struct private_cluster **out,
                                      struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct private_cluster *cluster = mem_zero(sizeof *cluster);
    if (cluster == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory for the private cluster");
    cluster->options = *options;
    cluster->lock_fd = -1;
    TRY(prepare(cluster, err));
    TRY(start_and_set_up(cluster, err));
    LOG_INFO("cluster.started", LOG_STR("path", cluster->pgdata), LOG_I64("pid", cluster->pid),
             LOG_STR("socket", cluster->socket_dir));
    *out = cluster;
    cluster = NULL;
done:
    private_cluster_free(cluster);
    return rc;
}

enum tally_code private_cluster_restart(struct private_cluster *cluster, struct err *err)
{
    if (private_cluster_is_running(cluster, NULL))
        return TALLY_OK;
    LOG_WARN("cluster.restarting", LOG_STR("path", cluster->pgdata));
    return start_and_set_up(cluster, err);
}

bool private_cluster_has_room(const struct private_cluster *cluster)
{
    static const char *const dirs[] = {"base", "pg_wal"}; /* the log may be on a disk of its own */
    char path[PATH_MAX];
    for (size_t i = 0; i < sizeof dirs / sizeof dirs[0]; i++) {
        struct statvfs fs;
        if (join(path, cluster->pgdata, dirs[i], NULL) != TALLY_OK || statvfs(path, &fs) != 0)
            continue; /* what cannot be asked is left to the database to find out */
        if ((uint64_t) fs.f_bavail * fs.f_frsize < (uint64_t) PRIVATE_CLUSTER_ROOM_MIN)
            return false;
    }
    return true;
}

enum tally_code private_cluster_stop(struct private_cluster *cluster, struct err *err)
{
    const struct {
        int signal, ms;
    } steps[] = {
        {SIGTERM, PRIVATE_CLUSTER_SMART_MS}, {SIGINT, PRIVATE_CLUSTER_FAST_MS}, {SIGQUIT, QUIT_MS}, {SIGKILL, QUIT_MS}};
    size_t last = 0;
    for (size_t i = 0; i < sizeof steps / sizeof steps[0] && private_cluster_is_running(cluster, NULL); i++) {
        last = i;
        kill(cluster->pid, steps[i].signal);
        wait_gone(cluster->pid, steps[i].ms);
    }
    if (private_cluster_is_running(cluster, NULL) || last >= 2)
        return err_set(err, TALLY_E_TIMEOUT,
                       "PostgreSQL did not stop in %d s and was ended at once: the next start recovers it",
                       (PRIVATE_CLUSTER_SMART_MS + PRIVATE_CLUSTER_FAST_MS) / 1000);
    return TALLY_OK;
}

void private_cluster_free(struct private_cluster *cluster)
{
    if (cluster == NULL)
        return;
    struct err err = {0};
    if (cluster->pid != 0 && private_cluster_stop(cluster, &err) != TALLY_OK)
        log_err(LOG_LEVEL_WARN, "cluster.stop", &err);
    if (cluster->is_socket_dir_ours)
        remove_socket_dir(cluster->socket_dir);
    if (cluster->lock_fd >= 0)
        close(cluster->lock_fd);
    mem_free(cluster);
}

const char *private_cluster_service_conninfo(const struct private_cluster *cluster)
{
    return cluster->service;
}

const char *private_cluster_owner_conninfo(const struct private_cluster *cluster)
{
    return cluster->owner;
}

const char *private_cluster_admin_conninfo(const struct private_cluster *cluster)
{
    return cluster->admin;
}

const char *private_cluster_socket_dir(const struct private_cluster *cluster)
{
    return cluster->socket_dir;
}

pid_t private_cluster_pid(const struct private_cluster *cluster)
{
    return cluster->pid;
}
