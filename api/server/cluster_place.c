#include "private_cluster.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tally/log.h"

struct account {
    uid_t uid;
    gid_t gid;
    char name[64];
};

/* By name, or by id where name is NULL. */
static bool account_find(const char *name, uid_t uid, struct account *out)
{
    char text[CLUSTER_TEXT_MAX];
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
    if (!cluster_is_root())
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
    if (mkdir(dir, cluster_is_root() ? 0711 : 0700) != 0 && errno != EEXIST)
        return cluster_errno(err, "the data directory cannot be made:", dir);
    if (realpath(dir, cluster->data_dir) == NULL || stat(cluster->data_dir, &st) != 0)
        return cluster_errno(err, "the data directory", dir);
    if (!S_ISDIR(st.st_mode))
        return err_set(err, TALLY_E_USAGE, "%s is not a directory", dir);
    if (cluster_is_root() && (st.st_mode & S_IXOTH) == 0 && chmod(cluster->data_dir, (st.st_mode & 07777) | S_IXOTH) != 0)
        return cluster_errno(err, "the data directory", dir);
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
    char path[CLUSTER_TEXT_MAX];
    int status = 0;
    enum tally_code rc = cluster_as_account(cluster, act_reach, path, &status, err);
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
    enum tally_code rc = cluster_path(path, cluster->data_dir, "lock", err);
    if (rc != TALLY_OK)
        return rc;
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return cluster_errno(err, "the lock file", path);
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        int why = errno;
        close(fd);
        errno = why;
        if (why == EWOULDBLOCK)
            return err_set(err, TALLY_E_CONFLICT,
                           "another tallyd runs in %s: stop it first, or choose another data directory", cluster->data_dir);
        return cluster_errno(err, "the lock file", path);
    }
    cluster->lock_fd = fd;
    return TALLY_OK;
}

enum tally_code cluster_take_place(struct private_cluster *cluster, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    TRY(find_accounts(cluster, err));
    TRY(make_data_dir(cluster, err));
    TRY(cluster_path(cluster->pgdata, cluster->data_dir, "postgres", err));
    TRY(cluster_path(cluster->log, cluster->data_dir, "postgres.log", err));
    TRY(take_lock(cluster, err));
    if (cluster_is_root())
        TRY(check_reach(cluster, err));
done:
    return rc;
}

/* ---- the socket ---- */

void cluster_remove_socket_dir(const char *dir)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return;
    bool is_empty = (unlinkat(fd, ".s.PGSQL." CLUSTER_PORT, 0) == 0 || errno == ENOENT) &&
                    (unlinkat(fd, ".s.PGSQL." CLUSTER_PORT ".lock", 0) == 0 || errno == ENOENT);
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
        cluster_remove_socket_dir(path);
}

/* DATA/run where its name fits into a socket's address, and libpq takes it for one host (it splits at commas); otherwise
 * a short name elsewhere. */
enum tally_code cluster_make_socket_dir(struct private_cluster *cluster, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    char note[PATH_MAX], text[PATH_MAX + 2];
    TRY(cluster_path(cluster->socket_dir, cluster->data_dir, "run", err));
    TRY(cluster_path(note, cluster->data_dir, "socket", err));
    forget_old_socket(note);
    if (strlen(cluster->socket_dir) > CLUSTER_SOCKET_DIR_MAX || strchr(cluster->socket_dir, ',') != NULL) {
        (void) snprintf(cluster->socket_dir, sizeof cluster->socket_dir, "%s/tally-XXXXXX",
                        cluster_is_root() ? "/run" : "/tmp");
        if (mkdtemp(cluster->socket_dir) == NULL)
            TRY(cluster_errno(err, "a directory for the database's socket cannot be made:", cluster->socket_dir));
        cluster->is_socket_dir_ours = true;
    } else if (mkdir(cluster->socket_dir, 0700) != 0 && errno != EEXIST) {
        TRY(cluster_errno(err, "the directory for the database's socket cannot be made:", cluster->socket_dir));
    }
    if ((cluster_is_root() && lchown(cluster->socket_dir, cluster->uid, cluster->gid) != 0) ||
        chmod(cluster->socket_dir, 0700) != 0)
        TRY(cluster_errno(err, "the directory for the database's socket", cluster->socket_dir));
    (void) snprintf(text, sizeof text, "%s\n", cluster->socket_dir);
    if (cluster_write_file(cluster->data_dir, "socket", text) != 0)
        TRY(cluster_errno(err, "the note of where the socket is:", note));
done:
    return rc;
}
