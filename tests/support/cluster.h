/* A real PostgreSQL for a test, in a temporary directory of its own: initdb, start, kill, restart, remove. Listens on a
 * Unix socket in that directory and nowhere else. A watchdog process stops it and removes the directory when the test
 * program vanishes, in whatever way. When root runs the test, PostgreSQL runs as the account postgres or nobody.
 *
 * Each function prints what went wrong, with the end of the server's log, and answers -1; 0 is success.
 * TALLY_TEST_TEMPLATE=DIR in the environment: initdb runs once into DIR, each cluster starts as a copy of it. DIR is
 * made when it is not there; whoever set it removes it. One thread at a time. */
#ifndef TALLY_TESTS_CLUSTER_H
#define TALLY_TESTS_CLUSTER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "tally/err.h"

#define CLUSTER_SETTINGS_MAX 16 /* further settings of one cluster */

struct cluster_options {
    bool is_durable;             /* fsync on: what a connection with is_writer asks for. Slower. */
    const char *const *settings; /* further "name=value", ended by NULL, or NULL; borrowed while the cluster lives */
};

struct cluster {
    char dir[64];       /* holds data/, log and the socket */
    char conninfo[128]; /* of the superuser postgres, in the database postgres */
    struct cluster_options options;
    uid_t uid; /* whom PostgreSQL runs as */
    gid_t gid;
    pid_t postmaster; /* 0 when it is down */
    pid_t watchdog;
    int leash; /* the watchdog acts when this end of its pipe closes */
};

MUST_CHECK int cluster_start(struct cluster *cluster); /* fsync off */
MUST_CHECK int cluster_start_with(struct cluster *cluster, const struct cluster_options *options);
void cluster_stop(struct cluster *cluster); /* and removes it; fine after a failed start */

/* kill -9: the server is gone as in a crash, its backends follow by themselves; cluster_restart recovers it. */
MUST_CHECK int cluster_kill9(struct cluster *cluster);
MUST_CHECK int cluster_halt(struct cluster *cluster); /* an orderly stop; the data stays */
/* Starts it again; stops it first when it is up. */
MUST_CHECK int cluster_restart(struct cluster *cluster);

/* A connection string for another database or role (NULL: postgres) into out; every role may log in without password. */
void cluster_conninfo(const struct cluster *cluster, const char *dbname, const char *user, char *out, size_t size);

#endif
