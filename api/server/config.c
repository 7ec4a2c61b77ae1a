#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pgpool.h"
#include "tally/http.h"
#include "tally/text.h"

static const char help[] =
    "tallyd: the service of one ledger\n"
    "\n"
    "  tallyd [OPTIONS]                       serve\n"
    "  tallyd init --data DIR --origin ORIGIN (--operator FILE.json | --new-operator ID)\n"
    "                                         make a ledger's identity in DIR\n"
    "  tallyd migrate --database OWNER_URL    bring a database to this program's version\n"
    "  tallyd vkey --data DIR                 print the ledger's verifier key\n"
    "\n"
    "  --data DIR             where the ledger's key is, and the private PostgreSQL (TALLY_DATA; " CONFIG_DATA ")\n"
    "  --listen ADDR:PORT     numeric; port 0 takes a free one (TALLY_LISTEN; " CONFIG_LISTEN ")\n"
    "  --database URL         use this PostgreSQL instead of a private one; the service's role (TALLY_DATABASE)\n"
    "  --owner-database URL   the owner's role on it: migrations run at start (TALLY_OWNER_DATABASE)\n"
    "  --workers N            threads that verify and decode (the number of cores, at least 2)\n"
    "  --readers N            threads and connections for reads (4)\n"
    "  --connections N        open at once (4096)\n"
    "  --connections-per-ip N (no limit)\n"
    "  --idle-ms N            a connection without a request (75000)\n"
    "  --request-ms N         from a request's first line to its last byte (30000)\n"
    "  --answer-ms N          until an answer (30000)\n"
    "  --drain-ms N           for what is under way when the service stops (10000)\n"
    "  --log human|json       (human on a terminal, else json)\n"
    "  --log-level debug|info|warn|error\n"
    "  --replicas-may-lose    sequence although replicas are not synchronous\n"
    "  --policy FILE          the witnesses whose cosignatures are taken and shown (C2SP tlog-policy; TALLY_POLICY)\n"
    "  --witnessed FILE       a cosigned checkpoint that was kept elsewhere: the database has to continue it; it stands "
    "in\n"
    "                         for DATA/checkpoints on a new host\n"
    "  --trust-database       once, on a host without DATA/checkpoints: this database is the newest copy of the ledger\n"
    "\n"
    "example: tallyd init --data ./data --origin example.org/outcomes --new-operator operator && tallyd --data ./data\n";

enum option_kind { OPTION_TEXT, OPTION_NUMBER, OPTION_FLAG };

struct option {
    const char *name, *environment;
    enum option_kind kind;
    void *at;
    int least, most; /* of a number */
};

MUST_CHECK static enum tally_code number_read(const struct option *option, const char *value, struct err *err)
{
    uint64_t n;
    if (text_u64(slice_str(value), (uint64_t) option->most, &n) != TALLY_OK || (int) n < option->least)
        return err_set(err, TALLY_E_USAGE, "%s wants a number from %d to %d, not %s", option->name, option->least,
                       option->most, value);
    *(int *) option->at = (int) n;
    return TALLY_OK;
}

MUST_CHECK static enum tally_code option_take(const struct option *option, const char *value, struct err *err)
{
    if (option->kind == OPTION_NUMBER)
        return number_read(option, value, err);
    if (option->kind == OPTION_FLAG)
        *(bool *) option->at = true;
    else
        *(const char **) option->at = value;
    return TALLY_OK;
}

MUST_CHECK static enum tally_code environment_read(const struct option *options, size_t count, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    for (size_t i = 0; i < count && rc == TALLY_OK; i++) {
        const char *value = options[i].environment == NULL ? NULL : getenv(options[i].environment);
        if (value != NULL && value[0] != '\0')
            rc = option_take(&options[i], value, err);
    }
    return rc;
}

static const struct option *option_find(const struct option *options, size_t count, struct slice name)
{
    for (size_t i = 0; i < count; i++) {
        if (slice_is(name, options[i].name))
            return &options[i];
    }
    return NULL;
}

/* --name VALUE, --name=VALUE, --flag */
MUST_CHECK static enum tally_code arguments_read(const struct option *options, size_t count, int argc, char **argv,
                                                 struct err *err)
{
    for (int i = 0; i < argc; i++) {
        const char *equals = strchr(argv[i], '=');
        struct slice name = equals == NULL ? slice_str(argv[i]) : slice_of(argv[i], (size_t) (equals - argv[i]));
        const struct option *option = option_find(options, count, name);
        if (option == NULL)
            return err_set(err, TALLY_E_USAGE, "%s is no option of tallyd; `tallyd help` lists them", argv[i]);
        const char *value = equals == NULL ? NULL : equals + 1;
        if (option->kind == OPTION_FLAG && value != NULL)
            return err_set(err, TALLY_E_USAGE, "%s takes no value", option->name);
        if (option->kind != OPTION_FLAG && value == NULL) {
            if (i + 1 == argc)
                return err_set(err, TALLY_E_USAGE, "%s wants a value", option->name);
            value = argv[++i];
        }
        enum tally_code rc = option_take(option, value, err);
        if (rc != TALLY_OK)
            return rc;
    }
    return TALLY_OK;
}

/* "127.0.0.1:8420", "[::1]:0" */
MUST_CHECK static enum tally_code listen_read(struct config *config, struct err *err)
{
    const char *colon = strrchr(config->listen, ':');
    struct slice address = colon == NULL ? slice_str("") : slice_of(config->listen, (size_t) (colon - config->listen));
    uint64_t port = 0;
    if (address.len > 2 && address.ptr[0] == '[' && address.ptr[address.len - 1] == ']')
        address = slice_of(address.ptr + 1, address.len - 2);
    if (address.len == 0 || address.len >= sizeof config->address ||
        text_u64(slice_str(colon == NULL ? "" : colon + 1), UINT16_MAX, &port) != TALLY_OK)
        return err_set(err, TALLY_E_USAGE, "--listen wants ADDRESS:PORT such as 127.0.0.1:8420 or [::1]:0, not %s",
                       config->listen);
    memcpy(config->address, address.ptr, address.len);
    config->address[address.len] = '\0';
    config->port = (uint16_t) port;
    return TALLY_OK;
}

MUST_CHECK static enum tally_code log_read(struct config *config, const char *form, const char *level, struct err *err)
{
    static const char *const levels[] = {"debug", "info", "warn", "error"};
    config->log_form = isatty(STDERR_FILENO) ? LOG_FORM_HUMAN : LOG_FORM_JSON;
    if (form != NULL && strcmp(form, "human") != 0 && strcmp(form, "json") != 0)
        return err_set(err, TALLY_E_USAGE, "--log is human or json, not %s", form);
    if (form != NULL)
        config->log_form = strcmp(form, "json") == 0 ? LOG_FORM_JSON : LOG_FORM_HUMAN;
    config->log_level = LOG_LEVEL_INFO;
    if (level == NULL)
        return TALLY_OK;
    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++) {
        if (strcmp(level, levels[i]) == 0) {
            config->log_level = (enum log_level) i;
            return TALLY_OK;
        }
    }
    return err_set(err, TALLY_E_USAGE, "--log-level is debug, info, warn or error, not %s", level);
}

static bool asks_for_help(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return true;
    }
    return false;
}

/* Takes the verb off the front of the arguments, if there is one. */
static int verb_read(int argc, char **argv, struct config *config)
{
    static const struct {
        const char *name;
        enum config_verb verb;
    } verbs[] = {{"run", CONFIG_RUN},   {"init", CONFIG_INIT},       {"migrate", CONFIG_MIGRATE},
                 {"vkey", CONFIG_VKEY}, {"help", CONFIG_HELP},       {"--help", CONFIG_HELP},
                 {"-h", CONFIG_HELP},   {"version", CONFIG_VERSION}, {"--version", CONFIG_VERSION}};
    for (size_t i = 0; argc > 1 && i < sizeof verbs / sizeof verbs[0]; i++) {
        if (strcmp(argv[1], verbs[i].name) == 0) {
            config->verb = verbs[i].verb;
            return 2;
        }
    }
    config->verb = CONFIG_RUN;
    return argc > 0 ? 1 : 0;
}

static void defaults(struct config *config)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    int workers = cores < 2 ? 2 : cores > CONFIG_WORKERS_MAX ? CONFIG_WORKERS_MAX : (int) cores;
    *config = (struct config){.data = CONFIG_DATA,
                              .listen = CONFIG_LISTEN,
                              .workers = workers,
                              .readers = CONFIG_READERS,
                              .connections_max = HTTP_CONNECTIONS_MAX,
                              .idle_ms = HTTP_IDLE_MS,
                              .request_ms = HTTP_REQUEST_MS,
                              .answer_ms = HTTP_ANSWER_MS,
                              .drain_ms = HTTP_DRAIN_MS};
}

enum tally_code config_read(int argc, char **argv, struct config *out, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct config c;
    const char *log_form = NULL;
    const char *log_level = NULL;
    int connections = HTTP_CONNECTIONS_MAX;
    int per_ip = 0;
    defaults(&c);
    int at = verb_read(argc, argv, &c);
    if (asks_for_help(argc, argv)) { /* wherever it stands: `tallyd init --help` */
        c.verb = CONFIG_HELP;
        *out = c;
        goto done;
    }
    const struct option options[] = {
        {"--data", "TALLY_DATA", OPTION_TEXT, &c.data, 0, 0},
        {"--listen", "TALLY_LISTEN", OPTION_TEXT, &c.listen, 0, 0},
        {"--database", "TALLY_DATABASE", OPTION_TEXT, &c.database, 0, 0},
        {"--owner-database", "TALLY_OWNER_DATABASE", OPTION_TEXT, &c.owner_database, 0, 0},
        {"--workers", "TALLY_WORKERS", OPTION_NUMBER, &c.workers, 1, CONFIG_WORKERS_MAX},
        {"--readers", "TALLY_READERS", OPTION_NUMBER, &c.readers, 1, PGPOOL_MAX},
        {"--connections", "TALLY_CONNECTIONS", OPTION_NUMBER, &connections, 1, 100000},
        {"--connections-per-ip", NULL, OPTION_NUMBER, &per_ip, 1, 100000},
        {"--idle-ms", NULL, OPTION_NUMBER, &c.idle_ms, 1, 86400000},
        {"--request-ms", NULL, OPTION_NUMBER, &c.request_ms, 1, 86400000},
        {"--answer-ms", NULL, OPTION_NUMBER, &c.answer_ms, 1, 86400000},
        {"--drain-ms", NULL, OPTION_NUMBER, &c.drain_ms, 0, 86400000},
        {"--log", "TALLY_LOG", OPTION_TEXT, &log_form, 0, 0},
        {"--log-level", "TALLY_LOG_LEVEL", OPTION_TEXT, &log_level, 0, 0},
        {"--replicas-may-lose", NULL, OPTION_FLAG, &c.replicas_may_lose, 0, 0},
        {"--trust-database", NULL, OPTION_FLAG, &c.trusts_database, 0, 0},
        {"--policy", "TALLY_POLICY", OPTION_TEXT, &c.policy, 0, 0},
        {"--witnessed", NULL, OPTION_TEXT, &c.witnessed, 0, 0},
        {"--origin", NULL, OPTION_TEXT, &c.origin, 0, 0},
        {"--operator", NULL, OPTION_TEXT, &c.operator_file, 0, 0},
        {"--new-operator", NULL, OPTION_TEXT, &c.new_operator, 0, 0},
    };
    const size_t count = sizeof options / sizeof options[0];
    TRY(environment_read(options, count, err));
    TRY(arguments_read(options, count, argc - at, argv + at, err));
    TRY(listen_read(&c, err));
    TRY(log_read(&c, log_form, log_level, err));
    c.connections_max = (unsigned) connections;
    c.connections_per_ip_max = (unsigned) per_ip;
    *out = c;
done:
    return rc;
}

void config_help(FILE *out)
{
    (void) fputs(help, out);
}
