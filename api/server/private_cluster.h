/* The parts of the private PostgreSQL (tally/cluster.h) among themselves; private_cluster.c puts them together.
 *
 *   cluster_child.c    programs and deeds as the account that PostgreSQL runs as; paths and errors of the system
 *   cluster_find.c     which PostgreSQL
 *   cluster_place.c    accounts, the data directory, its lock, the socket's directory
 *   cluster_log.c      the server's log, and why it did not start
 *   cluster_make.c     initdb, settings, who may log in, roles and database
 *   cluster_server.c   the postmaster: its start, its end, what a killed one left
 *
 * Main thread only, as the public functions. Paths are of PATH_MAX bytes; text buffers, of CLUSTER_TEXT_MAX. */
#ifndef API_SERVER_PRIVATE_CLUSTER_H
#define API_SERVER_PRIVATE_CLUSTER_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "tally/cluster.h"
#include "tally/err.h"
#include "tally/pg.h"

#define CLUSTER_SUPERUSER "postgres" /* of the cluster, not of the operating system */
#define CLUSTER_DATABASE "tally"
#define CLUSTER_PORT "5432"       /* only part of the socket's name */
#define CLUSTER_SOCKET_DIR_MAX 93 /* sun_path has 107 bytes and a NUL; "/.s.PGSQL.5432" takes 14 */
#define CLUSTER_TEXT_MAX 4096     /* command output and log tails */
#define CLUSTER_QUIT_MS 5000      /* an immediate shutdown */
#define CLUSTER_CONNINFO_MAX 512

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
    char service[CLUSTER_CONNINFO_MAX], owner[CLUSTER_CONNINFO_MAX], admin[CLUSTER_CONNINFO_MAX];
};

/* ---- child processes ---- */

/* out: dir/name. */
MUST_CHECK enum tally_code cluster_path(char *out, const char *dir, const char *name, struct err *err);

/* errno says what failed; whose fault that is follows from it. Always a failure. */
enum tally_code cluster_errno(struct err *err, const char *what, const char *path);

bool cluster_is_root(void);

/* In a child: gives up root's rights (cluster NULL: keeps them), keeps no descriptor but out_fd as 1 and 2, takes no signal setting along. */
void cluster_child_prepare(const struct private_cluster *cluster, int out_fd);

/* The environment of every child. */
extern char *const cluster_child_env[];

/* Runs a program to its end; its output goes to out (at most CLUSTER_TEXT_MAX - 1 bytes, the last ones count). cluster NULL: as
 * ourselves. *status as of waitpid. */
MUST_CHECK enum tally_code cluster_run(const struct private_cluster *cluster, char *const argv[], char *out, int *status,
                                       struct err *err);

/* Does something as the account that PostgreSQL runs as; what it writes to fd 1 comes back. Status 0 is success. */
MUST_CHECK enum tally_code cluster_as_account(const struct private_cluster *cluster,
                                              int (*act)(const struct private_cluster *), char *out, int *status,
                                              struct err *err);

/* dir/name of mode 0600 with that text, synced. 0, or another number with the reason written to fd 1. */
int cluster_write_file(const char *dir, const char *name, const char *text);

/* ---- which PostgreSQL ---- */

/* Sets bin_dir: of the version that the cluster's files are of, where there are any. */
MUST_CHECK enum tally_code cluster_find_programs(struct private_cluster *cluster, struct err *err);

/* ---- accounts and directories ---- */

/* Sets accounts, data_dir, pgdata and log, and takes the lock. */
MUST_CHECK enum tally_code cluster_take_place(struct private_cluster *cluster, struct err *err);

/* DATA/run where its name fits into a socket's address, and libpq takes it for one host (it splits at commas); otherwise a short name
 * elsewhere, to be removed at the end. */
MUST_CHECK enum tally_code cluster_make_socket_dir(struct private_cluster *cluster, struct err *err);
void cluster_remove_socket_dir(const char *dir);

/* ---- the log ---- */

/* Opens it to append; log_from is its end. */
MUST_CHECK enum tally_code cluster_log_open(struct private_cluster *cluster, int *out, struct err *err);
void cluster_log_append(struct private_cluster *cluster, const char *text);

/* What was written since log_from, the end of it. */
void cluster_log_read(const struct private_cluster *cluster, char *text);

/* The last line that tells of an error, without what stands before the error itself; the whole text otherwise. */
void cluster_log_error(char *text, char *out, size_t size);

/* what, and why as the text says. Always a failure. */
enum tally_code cluster_failed(struct err *err, const struct private_cluster *cluster, const char *what, char *text);

/* ---- making it ---- */

/* Made beside its place and moved there when it is whole: a crash in the middle leaves nothing that looks like a cluster. */
MUST_CHECK enum tally_code cluster_make(struct private_cluster *cluster, struct err *err);

/* pg_hba.conf and pg_ident.conf, at each start: another user may run the service now. */
MUST_CHECK enum tally_code cluster_write_access(const struct private_cluster *cluster, struct err *err);

/* Roles and database, as far as they are missing: a crash between initdb and here is no obstacle. */
MUST_CHECK enum tally_code cluster_set_up(struct pg *pg, struct err *err);

/* ---- the postmaster ---- */

/* Ends a server that a killed process of ours left running in this cluster. */
MUST_CHECK enum tally_code cluster_stop_leftover(const struct private_cluster *cluster, struct err *err);

/* On TALLY_OK pg is connected. */
MUST_CHECK enum tally_code cluster_server_start(struct private_cluster *cluster, struct pg *pg, struct err *err);

/* Waits for the end of a process, ours or not; false where it lives on after ms. */
bool cluster_wait_gone(pid_t pid, int ms);

#endif
