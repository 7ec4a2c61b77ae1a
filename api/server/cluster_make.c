#include "private_cluster.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tally/log.h"
#include "tally/pg.h"

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

MUST_CHECK static enum tally_code run_initdb(struct private_cluster *cluster, char *dir, struct err *err)
{
    char program[PATH_MAX], out[CLUSTER_TEXT_MAX];
    int status = 0;
    enum tally_code rc = cluster_path(program, cluster->bin_dir, "initdb", err);
    if (rc != TALLY_OK)
        return rc;
    char *argv[] = {program,
                    (char[]){"--pgdata"},
                    dir,
                    (char[]){"--username=" CLUSTER_SUPERUSER},
                    (char[]){"--auth-local=peer"},
                    (char[]){"--auth-host=reject"},
                    (char[]){"--encoding=UTF8"},
                    (char[]){"--locale=C"}, /* order by bytes: no index depends on the system's library */
                    (char[]){"--data-checksums"},
                    NULL};
    rc = cluster_run(cluster, argv, out, &status, err);
    if (rc != TALLY_OK)
        return rc;
    cluster_log_append(cluster, out);
    return status == 0 ? TALLY_OK : cluster_failed(err, cluster, "initdb failed", out);
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
    return cluster_path(fresh, cluster->data_dir, "postgres.new", &ignored) != TALLY_OK ||
                   cluster_write_file(fresh, "postgresql.auto.conf", text) != 0
               ? 1
               : 0;
}

MUST_CHECK static enum tally_code write_settings(struct private_cluster *cluster, struct err *err)
{
    char out[CLUSTER_TEXT_MAX];
    int status = 0;
    enum tally_code rc = cluster_as_account(cluster, act_settings, out, &status, err);
    return rc != TALLY_OK || status == 0 ? rc : cluster_failed(err, cluster, "its settings cannot be written", out);
}

/* Made beside its place and moved there when it is whole: a crash in the middle leaves nothing that looks like a cluster. */
enum tally_code cluster_make(struct private_cluster *cluster, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    char fresh[PATH_MAX];
    struct stat st;
    int dir = open(cluster->data_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0)
        return cluster_errno(err, "the data directory", cluster->data_dir);
    if (fstatat(dir, "postgres", &st, AT_SYMLINK_NOFOLLOW) == 0)
        goto done;
    TRY(cluster_path(fresh, cluster->data_dir, "postgres.new", err));
    if (remove_below(dir, "postgres.new") != 0 || mkdirat(dir, "postgres.new", 0700) != 0)
        TRY(cluster_errno(err, "the directory for the database cannot be made:", fresh));
    if (cluster_is_root() && fchownat(dir, "postgres.new", cluster->uid, cluster->gid, AT_SYMLINK_NOFOLLOW) != 0)
        TRY(cluster_errno(err, "the directory for the database", fresh));
    LOG_INFO("cluster.making", LOG_STR("path", cluster->pgdata), LOG_STR("bin", cluster->bin_dir));
    TRY(run_initdb(cluster, fresh, err));
    TRY(write_settings(cluster, err));
    if (renameat(dir, "postgres.new", dir, "postgres") != 0 || fsync(dir) != 0)
        TRY(cluster_errno(err, "the new database cannot be moved to", cluster->pgdata));
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
    static const char *const roles[] = {"tally_service_login", "tally_owner_login", CLUSTER_SUPERUSER};
    const char *const users[] = {cluster->user, "root"};
    char ident[2048];
    size_t len =
        (size_t) snprintf(ident, sizeof ident, "# Written by tallyd at each start: who on this machine may be whom.\n");
    for (size_t u = 0; u < (strcmp(users[0], "root") == 0 ? 1 : 2); u++)
        for (size_t r = 0; r < 3; r++)
            len += (size_t) snprintf(ident + len, sizeof ident - len, "tally \"%s\" %s\n", users[u], roles[r]);
    if (len >= sizeof ident)
        return 1;
    int rc = cluster_write_file(cluster->pgdata, "pg_hba.conf", hba);
    return rc != 0 ? rc : cluster_write_file(cluster->pgdata, "pg_ident.conf", ident);
}

enum tally_code cluster_write_access(const struct private_cluster *cluster, struct err *err)
{
    char out[CLUSTER_TEXT_MAX];
    int status = 0;
    enum tally_code rc = cluster_as_account(cluster, act_access, out, &status, err);
    if (rc != TALLY_OK || status == 0)
        return rc;
    bool is_full = strstr(out, "No space left") != NULL;
    return err_set(err, is_full ? TALLY_E_LIMIT : TALLY_E_DENIED, "the access rules of the database cannot be written: %s",
                   out[0] == '\0' ? cluster->pgdata : out);
}

/* ---- what is inside ---- */

static const char roles_sql[] =
    "DO $$ DECLARE r text; BEGIN "
    "FOREACH r IN ARRAY ARRAY['tally_owner', 'tally_service'] LOOP "
    "IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = r) THEN EXECUTE format('CREATE ROLE %I NOLOGIN', r); END IF; "
    "IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = r || '_login') THEN "
    "EXECUTE format('CREATE ROLE %I LOGIN IN ROLE %I', r || '_login', r); END IF; "
    "END LOOP; END $$";

static const struct pg_statement has_database = {
    "cluster_has_database", "SELECT EXISTS (SELECT FROM pg_database WHERE datname = '" CLUSTER_DATABASE "')"};

/* Roles and database, as far as they are missing: a crash between initdb and here is no obstacle. */
enum tally_code cluster_set_up(struct pg *pg, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct pg_rows *rows = NULL;
    TRY(pg_exec_text(pg, roles_sql, NULL, err));
    TRY(pg_exec(pg, &has_database, NULL, &rows, err));
    if (!pg_get_bool(rows, 0, 0))
        TRY(pg_exec_text(pg, "CREATE DATABASE " CLUSTER_DATABASE " OWNER tally_owner", NULL, err));
    TRY(pg_exec_text(pg, "REVOKE TEMPORARY ON DATABASE " CLUSTER_DATABASE " FROM PUBLIC", NULL, err));
done:
    pg_rows_free(rows);
    return rc == TALLY_OK ? rc : err_context(err, "the roles and the database of the private cluster");
}
