/* The embedded PostgreSQL: a private cluster below the service's data directory, started and stopped with it
 * (architecture.md, One ledger, one database). Reachable through a Unix socket in a directory of mode 0700 and by peer
 * authentication only; no TCP. It guards against our own bugs, not against the operating-system user or root.
 *
 *   DATA/postgres/      the cluster; DATA/postgres.new while it is being made
 *   DATA/postgres.log   what the server says; the last one is kept as postgres.log.1 when it is over a limit
 *   DATA/socket         where the socket is: a text file, one line
 *   DATA/lock           held (flock) while a process runs the cluster; no obstacle once that process is dead
 *
 * PostgreSQL refuses to run as root: then initdb and postgres run as the user `postgres` if there is one, otherwise as
 * `nobody`. DATA/postgres and the socket directory are given to that user, who must be able to reach them: DATA itself gets
 * its x bit for others (what is secret in it has mode 0600), and every folder above needs it. */
#ifndef TALLY_CLUSTER_H
#define TALLY_CLUSTER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "tally/err.h"

#define PRIVATE_CLUSTER_START_MS                                                                                           \
    60000 /* recovery after a crash replays at most max_wal_size: seconds, a minute on a slow disk */
#define PRIVATE_CLUSTER_SMART_MS 2000 /* sessions may end by themselves that long after the SIGTERM */
#define PRIVATE_CLUSTER_FAST_MS 30000 /* for the shutdown checkpoint; then SIGQUIT, and recovery at the next start */

struct private_cluster_options {
    const char *data_dir; /* made if it does not exist (0700; 0711 for root); its parent has to */
    /* Where initdb and postgres are; NULL: pg_config --bindir, then the newest below /usr/lib/postgresql, then PATH. */
    const char *bin_dir;
    int max_connections;  /* 0: 50 */
    int start_timeout_ms; /* 0: PRIVATE_CLUSTER_START_MS */
    bool is_unsafe;       /* fsync off: only for tests that do not test durability */
};

struct private_cluster;

/* Call it, and private_cluster_restart, from a thread that lives as long as the cluster, the main thread: the server is told to
 * stop when the thread that started it ends (PR_SET_PDEATHSIG), so that a killed service leaves nothing running.
 *
 * Makes the cluster if there is none (a crash in the middle is no obstacle), stops one that a dead process of ours left
 * running, starts it and waits until it answers. The database `tally` and the log-ins exist then; migrating is the caller's.
 * TALLY_E_NOT_FOUND no PostgreSQL 15 or newer; TALLY_E_DENIED a directory that cannot be used; TALLY_E_CONFLICT another live
 * process runs it; TALLY_E_LIMIT the disk is full; TALLY_E_TIMEOUT; TALLY_E_IO otherwise. */
MUST_CHECK enum tally_code private_cluster_start(const struct private_cluster_options *options,
                                                 struct private_cluster **out, struct err *err);

/* libpq connection strings; they live as long as the cluster. */
const char *private_cluster_service_conninfo(const struct private_cluster *cluster); /* may do what tally_service may */
const char *private_cluster_owner_conninfo(const struct private_cluster *cluster);   /* member of tally_owner: migrations */
const char *
private_cluster_admin_conninfo(const struct private_cluster *cluster); /* superuser: repair, and demonstrations */
pid_t private_cluster_pid(const struct private_cluster *cluster);      /* of the postmaster */
const char *private_cluster_socket_dir(const struct private_cluster *cluster);

/* Whether the postmaster still runs; when it does not, err (may be NULL) says how it ended. Any thread, but one at a time. */
bool private_cluster_is_running(struct private_cluster *cluster, struct err *err);
/* Starts it again after it ended by itself (a crash of the whole server); nothing to do while it runs. */
MUST_CHECK enum tally_code private_cluster_restart(struct private_cluster *cluster, struct err *err);
/* The disks of its tables and of its log have room for what a batch of statements and the log's next file take. Any thread. */
#define PRIVATE_CLUSTER_ROOM_MIN (INT64_C(48) << 20) /* a batch of 16 MiB, its share of indexes, a log file of 16 MB */
bool private_cluster_has_room(const struct private_cluster *cluster);
/* Stops it: smart, then fast, then immediate (the limits above). TALLY_E_TIMEOUT when it had to be the last. */
MUST_CHECK enum tally_code private_cluster_stop(struct private_cluster *cluster, struct err *err);
void private_cluster_free(struct private_cluster *cluster); /* stops it if need be; NULL is fine */

#endif
