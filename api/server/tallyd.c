#include "tallyd.h"

#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "handlers.h"
#include "openapi.h"
#include "routes.h"
#include "tally/instant.h"
#include "tally/log.h"
#include "tally/mem.h"
#include "tally/migrate.h"
#include "tally/problem.h"

#define ARENA_MAX (1u << 20) /* identity, the API's description */
#define FILES_SPARE 128      /* descriptors for the database, files and libraries, beside the connections */
#define LOCK_FREE_MS 2000    /* for PostgreSQL to notice that a tallyd has ended */
#define ARCHIVES_END_MS 5000 /* for makers of archives to notice that their reader has gone */

/* ---- requests ---- */

/* What witnesses and monitors read lies at the prefix that the origin names ("/outcomes" of example.org/outcomes), for a proxy that
 * hands paths on as they are, and at the root, for one that takes the prefix off. */
static struct slice without_prefix(struct slice origin, struct slice path)
{
    const char *slash = memchr(origin.ptr, '/', origin.len);
    struct slice prefix = slash == NULL ? SLICE("") : slice_of(slash, origin.len - (size_t) (slash - origin.ptr));
    if (prefix.len == 0 || !slice_starts(path, prefix))
        return path;
    struct slice rest = slice_of(path.ptr + prefix.len, path.len - prefix.len);
    return slice_is(rest, "/checkpoint") || slice_starts(rest, SLICE("/checkpoint/")) || slice_starts(rest, SLICE("/tile/"))
               ? rest
               : path;
}

static bool is_text(struct slice content_type)
{
    return slice_is(content_type, "text/plain") || slice_is(content_type, "text/plain; charset=utf-8");
}

static const struct refusal *on_headers(void *ctx, struct http_request *request, size_t *body_max)
{
    const struct tallyd *tallyd = ctx;
    const struct route *route = NULL;
    char allow[32];
    const struct slice path = without_prefix(tallyd->identity.origin, request->path);
    const struct refusal *refusal = route_find(request->method, path, request->arena, &route, request->params, allow);
    if (refusal != NULL) {
        if (allow[0] != '\0')
            http_answer_header(request, "Allow", arena_printf(request->arena, "%s", allow));
        return refusal;
    }
    request->route = route;
    *body_max = route->body_max;
    if (route->method != HTTP_POST)
        return NULL;
    if (request->query.ptr != NULL)
        return refusal_new(request->arena, REFUSE_REQUEST_MALFORMED,
                           "a POST has no query: what is signed is the path alone");
    if (!request->headers.has_content_length)
        return refusal_new(request->arena, REFUSE_REQUEST_LENGTH, "a POST needs a Content-Length");
    if (route->who != ROUTE_ANYBODY && !slice_is(request->headers.content_type, "application/json"))
        return refusal_new(request->arena, REFUSE_REQUEST_MEDIA_TYPE,
                           "the Content-Type must be application/json, as it is signed");
    if (route->who == ROUTE_ANYBODY && !is_text(request->headers.content_type))
        return refusal_new(request->arena, REFUSE_REQUEST_MEDIA_TYPE, "the Content-Type must be text/plain");
    if (route->who == ROUTE_SIGNED && request->headers.jws.ptr == NULL)
        return refusal_new(request->arena, REFUSE_STATEMENT_MISSING,
                           "x-jws-signature is missing: every POST here is a signed statement; `tally api` signs for you");
    return NULL;
}

static void on_request(void *ctx, struct http_request *request)
{
    struct tallyd *tallyd = ctx;
    const struct route *route = request->route;
    static const struct refusal full = {.code = REFUSE_QUEUE_FULL};
    static const struct refusal stopping = {.code = REFUSE_SERVICE_STOPPING};
    if (!tallyd->is_serving)
        http_refuse(request, &stopping);
    else if (route->runs == ROUTE_ON_LOOP)
        route->handle(tallyd, request);
    else if (!crew_add(route->runs == ROUTE_ON_WORKER ? tallyd->workers : tallyd->readers, request))
        http_refuse(request, &full);
}

static void on_refusal(void *ctx, struct http_request *request, const struct refusal *refusal)
{
    (void) ctx;
    problem_answer(request, refusal);
}

static void on_done(void *ctx, const struct http_request *request, int status, int64_t us)
{
    struct tallyd *tallyd = ctx;
    metrics_count(&tallyd->metrics, request->method, status, us);
    if (tallyd->config.log_level != LOG_LEVEL_DEBUG)
        return;
    char path[256];
    (void) snprintf(path, sizeof path, "%.*s", SLICE_ARG(request->path));
    LOG_EVENT(LOG_LEVEL_DEBUG, "http.request", LOG_STR("method", request->method_text), LOG_STR("path", path),
              LOG_I64("status", status), LOG_I64("us", us));
}

static void serve(void *ctx, struct http_request *request)
{
    const struct route *route = request->route;
    route->handle(ctx, request);
}

/* ---- the database ---- */

/* What appends meanwhile would wait for the migration's locks, and write rows without what it adds. The lock is this connection's until it
 * ends. */
MUST_CHECK static enum tally_code appending_wait(struct pg *pg, struct err *err)
{
    const struct timespec pause = {.tv_nsec = 50000000L};
    bool has_lock = false;
    for (int waited_ms = 0;; waited_ms += 50) {
        enum tally_code rc = ledger_lock(pg, &has_lock, err);
        if (rc != TALLY_OK || has_lock)
            return rc;
        if (waited_ms >= LOCK_FREE_MS)
            return err_set(err, TALLY_E_CONFLICT,
                           "the database has to be migrated, and a tallyd appends to it: stop every tallyd on this "
                           "database first, those that stand by, too");
        nanosleep(&pause, NULL);
    }
}

enum tally_code tallyd_migrate(const char *owner, int *applied, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    const struct pg_options options = {.conninfo = owner,
                                       .application_name = "tallyd-migrate",
                                       .connect_timeout_ms = TALLYD_CONNECT_TIMEOUT_MS,
                                       .statement_timeout_ms = 600000}; /* an index over all entries takes minutes */
    struct pg *pg = NULL;
    bool is_needed = false;
    TRY(pg_new(&options, &pg, err));
    TRY(pg_connect(pg, err));
    TRY(migrate_is_needed(pg, &is_needed, err));
    if (is_needed)
        TRY(appending_wait(pg, err));
    TRY(migrate(pg, applied, err));
    if (is_needed) /* whoever comes next is to find it free */
        TRY(ledger_unlock(pg, err));
done:
    pg_free(pg);
    return rc;
}

MUST_CHECK static enum tally_code database_check(const char *database, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    const struct pg_options options = {.conninfo = database,
                                       .application_name = "tallyd-check",
                                       .connect_timeout_ms = TALLYD_CONNECT_TIMEOUT_MS,
                                       .statement_timeout_ms = TALLYD_READ_TIMEOUT_MS};
    struct pg *pg = NULL;
    TRY(pg_new(&options, &pg, err));
    TRY(pg_connect(pg, err));
    rc = migrate_check(pg, err);
    if (rc != TALLY_OK)
        rc = err_set(err, rc,
                     "the database is not at this program's version; run: tallyd migrate --database OWNER_URL (the "
                     "role that owns the tables), or start with --owner-database OWNER_URL");
done:
    pg_free(pg);
    return rc;
}

/* A database that is current, the private one or the one given. */
MUST_CHECK static enum tally_code database_open(struct tallyd *tallyd, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    const struct config *config = &tallyd->config;
    const char *owner = config->owner_database;
    int applied = 0;
    tallyd->database = config->database;
    if (config->database == NULL) {
        const struct private_cluster_options options = {.data_dir = config->data};
        TRY(private_cluster_start(&options, &tallyd->cluster, err));
        tallyd->database = private_cluster_service_conninfo(tallyd->cluster);
        owner = private_cluster_owner_conninfo(tallyd->cluster);
        TRY(guard_start(tallyd->cluster, &tallyd->guard, err));
    }
    if (owner != NULL) {
        TRY(tallyd_migrate(owner, &applied, err));
        if (applied > 0)
            LOG_INFO("database.migrated", LOG_I64("migrations", applied));
    } else {
        TRY(database_check(tallyd->database, err));
    }
done:
    return rc;
}

/* ---- starting ---- */

static bool has_room(void *cluster)
{
    return private_cluster_has_room(cluster);
}

MUST_CHECK static enum tally_code sequencer_open(struct tallyd *tallyd, struct err *err)
{
    const struct sequencer_options options = {.database = {.conninfo = tallyd->database,
                                                           .application_name = "tallyd-sequencer",
                                                           .connect_timeout_ms = TALLYD_CONNECT_TIMEOUT_MS,
                                                           .statement_timeout_ms = TALLYD_WRITE_TIMEOUT_MS},
                                              .origin = tallyd->identity.origin,
                                              .vkey = tallyd->identity.vkey,
                                              .genesis = tallyd->identity.genesis,
                                              .domain = wire_domain(tallyd->wire),
                                              .key = tallyd->identity.key,
                                              .keeper = keeper_table(tallyd->keeper),
                                              .witnessed = cosigners_witnessed,
                                              .followed = cosigners_follow,
                                              .witnessed_ctx = tallyd->cosigners,
                                              .trusts_database = tallyd->config.trusts_database,
                                              .replicas_may_lose = tallyd->config.replicas_may_lose,
                                              .has_room = tallyd->cluster == NULL ? NULL : has_room,
                                              .has_room_ctx = tallyd->cluster};
    return sequencer_start(&options, &tallyd->sequencer, err);
}

MUST_CHECK static enum tally_code reads_open(struct tallyd *tallyd, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct pg_options options = {.conninfo = tallyd->database,
                                 .application_name = "tallyd-read",
                                 .is_by_key = true,
                                 .connect_timeout_ms = TALLYD_CONNECT_TIMEOUT_MS,
                                 .statement_timeout_ms = TALLYD_READ_TIMEOUT_MS};
    TRY(pgpool_new(&options, tallyd->config.readers, &tallyd->reads, err));
    options.application_name = "tallyd-keys";
    TRY(keycache_new(&options, &tallyd->keys, err));
done:
    return rc;
}

/* No key of an actor is a witness's (formats.md, Keys); the other way round is seen to where keys are registered. */
MUST_CHECK static enum tally_code witnesses_check(struct tallyd *tallyd, struct err *err)
{
    const struct policy *policy = cosigners_policy(tallyd->cosigners);
    for (size_t i = 0; i < policy->witness_count; i++) {
        struct keycache_entry *key = NULL;
        struct key_kid kid;
        key_thumbprint(&policy->witnesses[i].public_key, &kid);
        enum tally_code rc = keycache_find(tallyd->keys, slice_str(kid.text), &key, err);
        if (rc == TALLY_E_NOT_FOUND)
            continue;
        if (rc == TALLY_OK)
            rc = err_set(err, TALLY_E_USAGE, "the key of the witness %.*s is registered here as one of the actor %.*s",
                         SLICE_ARG(policy->witnesses[i].name), SLICE_ARG(keycache_actor(key)));
        keycache_release(tallyd->keys, key);
        return rc;
    }
    return TALLY_OK;
}

MUST_CHECK static enum tally_code witnesses_open(struct tallyd *tallyd, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct pg *pg = NULL;
    const struct pg_options options = {.conninfo = tallyd->database,
                                       .application_name = "tallyd-witness",
                                       .connect_timeout_ms = TALLYD_CONNECT_TIMEOUT_MS,
                                       .statement_timeout_ms = TALLYD_READ_TIMEOUT_MS};
    TRY(cosigners_open(tallyd->cosigners, &options, err));
    if (cosigners_policy(tallyd->cosigners)->witness_count == 0)
        goto done;
    TRY(witnesses_check(tallyd, err));
    TRY(pgpool_take(tallyd->reads, &pg, err));
    rc = cosigners_refresh(tallyd->cosigners, pg, err);
    pgpool_give(tallyd->reads, pg);
done:
    return rc;
}

/* As many descriptors as connections; with fewer allowed, fewer connections. */
static void files_allow(struct config *config)
{
    struct rlimit limit;
    rlim_t wanted = config->connections_max + FILES_SPARE;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted)
        return;
    limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
    if (setrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur >= wanted)
        return;
    config->connections_max =
        limit.rlim_cur > (rlim_t) FILES_SPARE + FILES_SPARE ? (unsigned) limit.rlim_cur - FILES_SPARE : FILES_SPARE;
    LOG_WARN("http.connections_lowered", LOG_I64("connections", config->connections_max),
             LOG_STR("why", "the limit of open files (ulimit -n)"));
}

MUST_CHECK static enum tally_code http_open(struct tallyd *tallyd, struct err *err)
{
    struct config *config = &tallyd->config;
    files_allow(config);
    const struct http_options options = {
        .address = config->address,
        .port = config->port,
        .connections_max = config->connections_max,
        .connections_per_ip_max = config->connections_per_ip_max,
        .idle_ms = config->idle_ms,
        .request_ms = config->request_ms,
        .answer_ms = config->answer_ms,
        .drain_ms = config->drain_ms,
        .handlers = {tallyd, on_headers, on_request, on_refusal, on_done},
    };
    return http_new(&options, &tallyd->http, err);
}

/* DATA/listen: one line with the address, for programs that started us with port 0. Renamed into place, so never half there. */
MUST_CHECK static enum tally_code listen_write(const struct tallyd *tallyd, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    const struct config *config = &tallyd->config;
    char path[1024];
    char fresh[1032];
    const bool is_v6 = strchr(config->address, ':') != NULL;
    (void) snprintf(path, sizeof path, "%s/listen", config->data);
    (void) snprintf(fresh, sizeof fresh, "%s.new", path);
    FILE *file = fopen(fresh, "we");
    if (file == NULL)
        return err_set(err, TALLY_E_IO, "%s: %m", fresh);
    (void) fprintf(file, is_v6 ? "[%s]:%u\n" : "%s:%u\n", config->address, (unsigned) http_port(tallyd->http));
    if (fclose(file) != 0 || rename(fresh, path) != 0)
        rc = err_set(err, TALLY_E_IO, "%s: %m", path);
    return rc;
}

MUST_CHECK static enum tally_code parts_start(struct tallyd *tallyd, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    TRY(identity_load(tallyd->config.data, tallyd->arena, &tallyd->identity, err));
    TRY(keeper_new(tallyd->config.data, tallyd->identity.vkey, &tallyd->keeper, err));
    const struct cosigners_options trusted = {.data = tallyd->config.data,
                                              .policy = tallyd->config.policy,
                                              .witnessed = tallyd->config.witnessed,
                                              .origin = tallyd->identity.origin,
                                              .vkey = tallyd->identity.vkey,
                                              .key = tallyd->identity.key};
    TRY(cosigners_new(&trusted, &tallyd->cosigners, err));
    tallyd->tiles = read_tiles_new();
    if (tallyd->tiles == NULL)
        TRY(err_set(err, TALLY_E_NO_MEMORY, "no memory for the service"));
    TRY(openapi_json(tallyd->arena, &tallyd->openapi_json, err));
    TRY(http_open(tallyd, err)); /* early: a port that is taken should not cost the start of a database */
    TRY(database_open(tallyd, err));
    TRY(wire_new(&tallyd->wire, err));
    TRY(sequencer_open(tallyd, err));
    TRY(reads_open(tallyd, err));
    TRY(witnesses_open(tallyd, err));
    TRY(crew_start("tally-worker", tallyd->config.workers, TALLYD_WRITE_QUEUE_MAX, serve, tallyd, &tallyd->workers, err));
    TRY(crew_start("tally-reader", tallyd->config.readers, TALLYD_READ_QUEUE_MAX, serve, tallyd, &tallyd->readers, err));
    TRY(listen_write(tallyd, err));
done:
    return rc;
}

enum tally_code tallyd_start(const struct config *config, struct tallyd **out, struct err *err)
{
    struct tallyd *tallyd = mem_zero(sizeof *tallyd);
    if (tallyd == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory for the service");
    /* blocks that one thread takes and another gives back would spread over an arena of malloc's for each thread */
    (void) mallopt(M_ARENA_MAX, 2);
    tallyd->config = *config;
    tallyd->arena = arena_new(ARENA_MAX);
    enum tally_code rc =
        tallyd->arena == NULL ? err_set(err, TALLY_E_NO_MEMORY, "no memory for the service") : parts_start(tallyd, err);
    if (rc != TALLY_OK) {
        tallyd_free(tallyd);
        return rc;
    }
    *out = tallyd;
    return TALLY_OK;
}

/* ---- running and stopping ---- */

static struct http *signalled; /* what the signal handler stops */

static void on_signal(int number)
{
    int saved = errno;
    (void) number;
    http_stop(signalled, http_is_stopping(signalled) ? 2 : 1);
    errno = saved;
}

static void signals_install(struct tallyd *tallyd)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    signalled = tallyd->http;
    sigemptyset(&action.sa_mask);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    action.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &action, NULL);
}

static void signals_remove(void)
{
    struct sigaction action = {.sa_handler = SIG_IGN}; /* a third signal finds us on the way out already */
    sigemptyset(&action.sa_mask);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
}

enum tally_code tallyd_run(struct tallyd *tallyd, struct err *err)
{
    char url[128];
    const bool is_v6 = strchr(tallyd->config.address, ':') != NULL;
    (void) snprintf(url, sizeof url, is_v6 ? "http://[%s]:%u" : "http://%s:%u", tallyd->config.address,
                    (unsigned) http_port(tallyd->http));
    signals_install(tallyd);
    LOG_INFO("service.listening", LOG_STR("url", url), LOG_I64("workers", tallyd->config.workers),
             LOG_STR("database", tallyd->cluster == NULL ? "given" : "private"));
    tallyd->is_serving = true;
    enum tally_code rc = http_run(tallyd->http, err);
    tallyd->is_serving = false; /* what still comes in while the last answers go out is refused */
    LOG_INFO("service.stopping", LOG_STR("url", url));
    return rc;
}

static bool archives_wait(struct tallyd *tallyd)
{
    const struct timespec pause = {.tv_nsec = 10000000L};
    for (int waited_ms = 0; atomic_load(&tallyd->archives) > 0 && waited_ms < ARCHIVES_END_MS; waited_ms += 10)
        nanosleep(&pause, NULL);
    return atomic_load(&tallyd->archives) == 0;
}

/* Also when it was stopped before. */
static void database_stop(struct tallyd *tallyd)
{
    struct err err = {0};
    guard_stop(tallyd->guard);
    tallyd->guard = NULL;
    if (tallyd->cluster != NULL && private_cluster_stop(tallyd->cluster, &err) != TALLY_OK)
        log_err(LOG_LEVEL_WARN, "cluster.stop", &err);
}

/* False: some are under way yet. */
static bool archives_end(struct tallyd *tallyd)
{
    if (archives_wait(tallyd))
        return true;
    database_stop(tallyd); /* where it is the private one, their connections end with it */
    if (archives_wait(tallyd))
        return true;
    LOG_WARN("archive.left", LOG_I64("archives", atomic_load(&tallyd->archives)));
    return false;
}

/* In this order: nobody hands work to what is gone, and what has work finishes or refuses it. */
void tallyd_free(struct tallyd *tallyd)
{
    if (tallyd == NULL)
        return;
    crew_stop(tallyd->workers);
    if (tallyd->sequencer != NULL)
        sequencer_stop(tallyd->sequencer, !tallyd->http || !http_is_urgent(tallyd->http));
    crew_stop(tallyd->readers); /* they answer what the sequencer had recorded before */
    if (tallyd->http != NULL) {
        http_flush(tallyd->http);
        signals_remove();
    }
    http_free(tallyd->http);
    if (!archives_end(tallyd))
        return; /* what they look at stays until the process ends, which is now */
    sequencer_free(tallyd->sequencer);
    keycache_free(tallyd->keys);
    pgpool_free(tallyd->reads);
    wire_free(tallyd->wire);
    keeper_free(tallyd->keeper);
    cosigners_free(tallyd->cosigners);
    read_tiles_free(tallyd->tiles);
    identity_release(&tallyd->identity);
    database_stop(tallyd);
    private_cluster_free(tallyd->cluster);
    arena_free(tallyd->arena);
    mem_free(tallyd);
}
