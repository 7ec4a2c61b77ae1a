/* tallyd: the service. What its command line offers is in config.c. */
#include <stdio.h>
#include <string.h>

#include "config.h"
#include "identity.h"
#include "tally/file.h"
#include "tally/log.h"
#include "tallyd.h"

#define EXIT_REFUSED 1
#define EXIT_USAGE 2
#define EXIT_UNREACHABLE 3

static int complain(const struct err *err)
{
    (void) fprintf(stderr, "tallyd: %s\n", err->detail[0] != '\0' ? err->detail : err_code_text(err->code));
    if (err->code == TALLY_E_USAGE)
        return EXIT_USAGE;
    return err->code == TALLY_E_UNAVAILABLE || err->code == TALLY_E_TIMEOUT ? EXIT_UNREACHABLE : EXIT_REFUSED;
}

static int run_init(const struct config *config, struct err *err)
{
    if (config->origin == NULL || (config->operator_file == NULL) == (config->new_operator == NULL)) {
        (void) err_set(err, TALLY_E_USAGE,
                       "init wants --data DIR --origin ORIGIN and one of --operator FILE.json and --new-operator ID");
        return complain(err);
    }
    if (identity_create(config->data, slice_str(config->origin), config->operator_file, config->new_operator, err) !=
        TALLY_OK)
        return complain(err);
    const char *url = config->database != NULL ? " --database URL" : "";
    (void) printf("The ledger %s is made in %s: ledger.json, ledger.pem%s.\n", config->origin, config->data,
                  config->new_operator != NULL ? ", operator.pem (the operator's key: move it to the operator)" : "");
    if (config->database != NULL || config->owner_database != NULL)
        (void) puts(
            "The database was not touched: bring it to this program's version with tallyd migrate --database OWNER_URL.");
    (void) printf("Start it with: tallyd --data %s%s\n", config->data, url);
    return 0;
}

static int run_vkey(const struct config *config, struct err *err)
{
    struct identity identity = {0};
    struct arena *arena = arena_new(65536);
    enum tally_code rc =
        arena == NULL ? err_set(err, TALLY_E_NO_MEMORY, "no memory") : identity_load(config->data, arena, &identity, err);
    if (rc == TALLY_OK)
        (void) printf("%.*s\n", SLICE_ARG(identity.vkey));
    identity_release(&identity);
    arena_free(arena);
    return rc == TALLY_OK ? 0 : complain(err);
}

static int run_migrate(const struct config *config, struct err *err)
{
    int applied = 0;
    const char *owner = config->owner_database != NULL ? config->owner_database : config->database;
    if (owner == NULL) {
        (void) err_set(err, TALLY_E_USAGE,
                       "migrate wants --database OWNER_URL; a private PostgreSQL is migrated by itself");
        return complain(err);
    }
    if (tallyd_migrate(owner, &applied, err) != TALLY_OK)
        return complain(err);
    (void) printf(applied == 0 ? "The database is current.\n" : "The database is current now: migrations applied: %d\n",
                  applied);
    return 0;
}

static int run_service(const struct config *config, struct err *err)
{
    struct tallyd *tallyd = NULL;
    log_init(config->log_form, config->log_level);
    if (tallyd_start(config, &tallyd, err) != TALLY_OK)
        return complain(err);
    enum tally_code rc = tallyd_run(tallyd, err);
    tallyd_free(tallyd);
    LOG_INFO("service.stopped", LOG_STR("data", config->data));
    return rc == TALLY_OK ? 0 : complain(err);
}

int main(int argc, char **argv)
{
    struct config config;
    struct err err = {0};
    if (!file_keep_streams())
        return EXIT_REFUSED;
    if (config_read(argc, argv, &config, &err) != TALLY_OK)
        return complain(&err);
    switch (config.verb) {
    case CONFIG_HELP:
        config_help(stdout);
        return 0;
    case CONFIG_VERSION:
        (void) puts("tallyd 0.1.0");
        return 0;
    case CONFIG_INIT:
        return run_init(&config, &err);
    case CONFIG_VKEY:
        return run_vkey(&config, &err);
    case CONFIG_MIGRATE:
        return run_migrate(&config, &err);
    case CONFIG_RUN:
        break;
    }
    return run_service(&config, &err);
}
