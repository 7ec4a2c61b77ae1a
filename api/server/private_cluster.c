#include "private_cluster.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "tally/log.h"
#include "tally/mem.h"
#include "tally/pg.h"

/* libpq's quoting: inside '...' a backslash goes before ' and \. */
static void write_conninfo(const struct private_cluster *cluster, const char *role, char *out)
{
    size_t len = (size_t) snprintf(out, CLUSTER_CONNINFO_MAX, "host='");
    for (const char *at = cluster->socket_dir; *at != '\0' && len < CLUSTER_CONNINFO_MAX - 3; at++) {
        if (*at == '\'' || *at == '\\')
            out[len++] = '\\';
        out[len++] = *at;
    }
    int n = snprintf(out + len, CLUSTER_CONNINFO_MAX - len, "' port=" CLUSTER_PORT " dbname=" CLUSTER_DATABASE " user=%s",
                     role);
    ENSURE(n > 0 && (size_t) n < CLUSTER_CONNINFO_MAX - len); /* CLUSTER_SOCKET_DIR_MAX twice and the names fit */
}

MUST_CHECK static enum tally_code start_and_set_up(struct private_cluster *cluster, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    char conninfo[CLUSTER_CONNINFO_MAX + 32];
    struct pg *pg = NULL;
    (void) snprintf(conninfo, sizeof conninfo, "%s dbname=postgres", cluster->admin); /* the last one counts */
    const struct pg_options options = {
        .conninfo = conninfo, .application_name = "tallyd set-up", .connect_timeout_ms = 5000};
    TRY(pg_new(&options, &pg, err));
    TRY(cluster_server_start(cluster, pg, err));
    TRY(cluster_set_up(pg, err));
done:
    pg_free(pg);
    return rc;
}

MUST_CHECK static enum tally_code prepare(struct private_cluster *cluster, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    TRY(cluster_take_place(cluster, err));
    TRY(cluster_find_programs(cluster, err));
    TRY(cluster_make(cluster, err));
    TRY(cluster_stop_leftover(cluster, err));
    TRY(cluster_write_access(cluster, err));
    TRY(cluster_make_socket_dir(cluster, err));
    write_conninfo(cluster, "tally_service_login", cluster->service);
    write_conninfo(cluster, "tally_owner_login", cluster->owner);
    write_conninfo(cluster, CLUSTER_SUPERUSER, cluster->admin);
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
        if (cluster_path(path, cluster->pgdata, dirs[i], NULL) != TALLY_OK || statvfs(path, &fs) != 0)
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
    } steps[] = {{SIGTERM, PRIVATE_CLUSTER_SMART_MS},
                 {SIGINT, PRIVATE_CLUSTER_FAST_MS},
                 {SIGQUIT, CLUSTER_QUIT_MS},
                 {SIGKILL, CLUSTER_QUIT_MS}};
    size_t last = 0;
    for (size_t i = 0; i < sizeof steps / sizeof steps[0] && private_cluster_is_running(cluster, NULL); i++) {
        last = i;
        kill(cluster->pid, steps[i].signal);
        cluster_wait_gone(cluster->pid, steps[i].ms);
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
        cluster_remove_socket_dir(cluster->socket_dir);
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
