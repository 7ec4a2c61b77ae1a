/* A witness over HTTP: POST /add-checkpoint (C2SP tlog-witness), and GET / for who looks which witness this is. */
#ifndef TALLY_CLI_WITNESS_SERVE_H
#define TALLY_CLI_WITNESS_SERVE_H

#include "witness_state.h"

#define WITNESS_LISTEN "127.0.0.1:8430"
#define WITNESS_CONNECTIONS_MAX 256 /* relays are few; whoever is not one goes away soon */
#define WITNESS_QUEUE_MAX 64        /* requests: each takes a flush of the disk, some milliseconds */

/* Serves until SIGTERM or SIGINT. listen: ADDRESS:PORT; port 0 takes a free one. */
MUST_CHECK enum tally_code witness_serve(struct witness *witness, const char *listen, struct err *err);

#endif
