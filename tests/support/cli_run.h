/* Running programs as a person does, and a proxy in front of a service that loses or changes answers. */
#ifndef TALLY_TESTS_CLI_RUN_H
#define TALLY_TESTS_CLI_RUN_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "tally/err.h"

#define CLI_OUTPUT_MAX 262144
#define CLI_ARGS 48

struct cli_output {
    int status;                                    /* exit status, 128 + the signal, or -1 */
    char out[CLI_OUTPUT_MAX], err[CLI_OUTPUT_MAX]; /* NUL-ended */
};

/* A folder to work in and what the program finds in its environment. */
struct cli_place {
    char dir[256];
    char server[64]; /* TALLY_SERVER; empty: not set */
    char home[300];  /* HOME: a folder below dir */
};
MUST_CHECK int cli_place_make(struct cli_place *place, const char *parent);
/* The path of a program of this build. */
void cli_program(const char *name, char *out, size_t size);
/* Runs argv[0] (a path) with these arguments, ended by NULL, and this standard input (may be NULL). 0, or -1. */
MUST_CHECK int cli_spawn(const struct cli_place *place, const char *const *argv, const char *input,
                         struct cli_output *output);
/* The same with a terminal for standard output and error, both in output->out. */
MUST_CHECK int cli_spawn_on_terminal(const struct cli_place *place, const char *const *argv, struct cli_output *output);
/* Runs tally with words split at blanks; a word in '...' may have blanks. */
MUST_CHECK int cli_tally(const struct cli_place *place, struct cli_output *output, const char *input, const char *fmt, ...)
    PRINTF_LIKE(4, 5);

/* Hands requests on to a service on this machine, one connection after the other. */
struct proxy {
    uint16_t port, service_port;
    /* what it does; set before a request */
    _Atomic int posts_lost;                /* so many answers to POSTs are not handed back */
    _Atomic int posts_busy;                /* so many POSTs are answered 503 and not handed on */
    const char *_Atomic from, *_Atomic to; /* of equal length: replaced in each answer to a GET; NULL: nothing */
    _Atomic int requests_left;             /* after so many it is gone; 0: it stays */
    /* what it saw */
    _Atomic int post_count; /* counted once posts has it */
    char posts[4][16384];   /* the first POSTs whole: request line, headers, body */
    int listener;
    pthread_t thread;
};
MUST_CHECK int proxy_start(struct proxy *proxy, uint16_t service_port);
void proxy_stop(struct proxy *proxy);

#endif
