/* A program that runs beside a test: a witness, a relay. Ends when the test program does. One thread at a time, but for running_kill. */
#ifndef TALLY_TESTS_RUNNING_H
#define TALLY_TESTS_RUNNING_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "tally/err.h"

struct running {
    pid_t pid;     /* 0 when it is down */
    char log[512]; /* file with all that it prints */
};

/* Starts argv[0] (a path; ended by NULL), with its output appended to the log. 0, or -1. */
MUST_CHECK int running_start(struct running *running, const char *log, const char *const *argv);
/* Waits until its log has this text (within a minute); prints the log if it does not come. */
MUST_CHECK int running_says(const struct running *running, const char *text);
/* How often its log has this text now. */
int running_count(const struct running *running, const char *text);
/* Sends a signal and waits for its end: its exit status, 128 + the signal that killed it, or -1. */
int running_end(struct running *running, int number);
/* Waits until this file, which the program writes, names an address ("http://127.0.0.1:8430"); its port, or 0. */
uint16_t running_port(const struct running *running, const char *file);

#endif
