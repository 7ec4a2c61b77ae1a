/* The running service: everything that its handlers share. */
#ifndef TALLY_SERVER_TALLYD_H
#define TALLY_SERVER_TALLYD_H

#include <stdatomic.h>

#include "config.h"
#include "cosigners.h"
#include "guard.h"
#include "identity.h"
#include "keeper.h"
#include "keycache.h"
#include "metrics.h"
#include "pgpool.h"
#include "tally/append.h"
#include "tally/cluster.h"
#include "tally/crew.h"
#include "tally/http.h"
#include "tally/read.h"
#include "wire_up.h"

#define TALLYD_WRITE_QUEUE_MAX 4096 /* signed requests that wait for a worker: a quarter of a second's work */
#define TALLYD_READ_QUEUE_MAX 1024
#define TALLYD_READ_TIMEOUT_MS 10000
#define TALLYD_WRITE_TIMEOUT_MS 15000
#define TALLYD_CONNECT_TIMEOUT_MS 5000

struct tallyd {
    struct config config;
    struct arena *arena; /* what lives as long as the service */
    struct identity identity;
    struct private_cluster *cluster; /* NULL with --database */
    struct guard *guard;             /* of the cluster */
    const char *database;            /* connection string of the service's role */
    struct wire *wire;
    struct keeper *keeper; /* of published checkpoints */
    struct cosigners *cosigners;
    struct read_tiles *tiles;
    struct sequencer *sequencer;
    struct keycache *keys;
    struct pgpool *reads;
    struct crew *workers, *readers;
    struct http *http;
    bool is_serving; /* the loop's thread only */
    struct metrics metrics;
    atomic_int archives; /* under way */
    struct slice openapi_json;
};

/* Starts everything that config asks for; on failure nothing is left running. One at a time in a process (http_stop is
 * called from signal handlers that tallyd_run installs). */
MUST_CHECK enum tally_code tallyd_start(const struct config *config, struct tallyd **out, struct err *err);
/* Serves until SIGTERM or SIGINT, drains, and stops. A second signal ends the drain. */
MUST_CHECK enum tally_code tallyd_run(struct tallyd *tallyd, struct err *err);
/* NULL is fine. Waits five seconds for archives that are being made, and five more when a private database has stopped; after one that goes on
 * even then, nothing is freed, and the process has to end. */
void tallyd_free(struct tallyd *tallyd);

/* Runs the migrations on the owner's connection string. TALLY_E_CONFLICT when there are any and a tallyd appends to the database. */
MUST_CHECK enum tally_code tallyd_migrate(const char *owner, int *applied, struct err *err);

#endif
