/* A witness of ours beside a test: `tally witness new`, and `tally witness run` at a port that it keeps. Functions that answer int: 0 is
 * success. One thread at a time. */
#ifndef TALLY_TESTS_WITNESS_RUN_H
#define TALLY_TESTS_WITNESS_RUN_H

#include "running.h"

struct witness_run {
    struct running running; /* pid 0 when it is down */
    char folder[256], log[256];
    char vkey[256]; /* its verifier key */
    uint16_t port;  /* 0 before its first start */
};
/* Makes its key and memory in parent/folder. */
MUST_CHECK int witness_run_new(struct witness_run *witness, const char *parent, const char *folder, const char *name);
/* Starts it for the ledger of this verifier key, and waits until it listens. */
MUST_CHECK int witness_run_start(struct witness_run *witness, const char *ledger_vkey);
/* SIGTERM, and waits; fine when it is down. */
MUST_CHECK int witness_run_stop(struct witness_run *witness);

#endif
