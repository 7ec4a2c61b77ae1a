/* What tallyd was told: command line first, then environment, then defaults. */
#ifndef TALLY_SERVER_CONFIG_H
#define TALLY_SERVER_CONFIG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "tally/err.h"
#include "tally/log.h"

#define CONFIG_DATA "tally-data"
#define CONFIG_LISTEN "127.0.0.1:8420"
#define CONFIG_WORKERS_MAX 64
#define CONFIG_READERS 4

enum config_verb { CONFIG_RUN, CONFIG_INIT, CONFIG_MIGRATE, CONFIG_VKEY, CONFIG_HELP, CONFIG_VERSION };

struct config {
    enum config_verb verb;
    const char *data, *listen, *database, *owner_database;
    char address[64];
    uint16_t port;
    int workers, readers;
    unsigned connections_max, connections_per_ip_max;
    int idle_ms, request_ms, answer_ms, drain_ms;
    enum log_form log_form;
    enum log_level log_level;
    bool replicas_may_lose, trusts_database;
    const char *policy, *witnessed;                    /* files, or NULL */
    const char *origin, *operator_file, *new_operator; /* init */
};

/* Strings are borrowed from argv and the environment. TALLY_E_USAGE says what is wrong with which argument. */
MUST_CHECK enum tally_code config_read(int argc, char **argv, struct config *out, struct err *err);
void config_help(FILE *out);

#endif
