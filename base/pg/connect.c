#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "pg_internal.h"
#include "tally/buf.h"
#include "tally/mem.h"

/* For TCP: how long sent data may stay unacknowledged. Bounds what libpq does without a deadline of ours (its
 * cancel). Only a default: a conninfo that sets it wins. */
#define TCP_USER_TIMEOUT_MS "10000"

MUST_CHECK static enum tally_code copy_text(const char *text, char **out, struct err *err)
{
    if (text == NULL)
        return TALLY_OK;
    size_t size = strlen(text) + 1;
    *out = mem_resize(NULL, size);
    if (*out == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory for a connection");
    memcpy(*out, text, size);
    return TALLY_OK;
}

MUST_CHECK static enum tally_code conninfo_check(const char *conninfo, struct err *err)
{
    char *why = NULL;
    PQconninfoOption *options = PQconninfoParse(conninfo, &why);
    enum tally_code rc = TALLY_OK;
    if (options == NULL) {
        char message[ERR_DETAIL_MAX];
        pg_message(why, message, sizeof message);
        rc = err_set(err, TALLY_E_USAGE, "the database's connection string: %s", message);
    }
    PQconninfoFree(options);
    PQfreemem(why);
    return rc;
}

enum tally_code pg_new(const struct pg_options *options, struct pg **out, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct pg *pg = mem_zero(sizeof *pg);
    if (pg == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory for a connection");
    TRY(conninfo_check(options->conninfo, err));
    TRY(copy_text(options->conninfo, &pg->conninfo, err));
    TRY(copy_text(options->application_name, &pg->application_name, err));
    TRY(copy_text(options->set_role, &pg->set_role, err));
    pg->is_writer = options->is_writer;
    pg->is_by_key = options->is_by_key;
    pg->connect_timeout_ms = options->connect_timeout_ms > 0 ? options->connect_timeout_ms : PG_CONNECT_DEFAULT_MS;
    pg->statement_timeout_ms = options->statement_timeout_ms > 0 ? options->statement_timeout_ms : PG_STATEMENT_DEFAULT_MS;
    *out = pg;
    pg = NULL;
done:
    pg_free(pg);
    return rc;
}

void pg_free(struct pg *pg)
{
    if (pg == NULL)
        return;
    pg_disconnect(pg);
    if (pg->conninfo != NULL)
        mem_wipe(pg->conninfo, strlen(pg->conninfo)); /* it may hold a password */
    mem_free(pg->conninfo);
    mem_free(pg->application_name);
    mem_free(pg->set_role);
    mem_free(pg);
}

void pg_drop(struct pg *pg)
{
    PQfinish(pg->conn);
    pg->conn = NULL;
    pg->prepared_count = 0;
}

void pg_disconnect(struct pg *pg)
{
    pg_drop(pg);
    pg_pipeline_abandon(pg);
    pg->is_in_block = false;
}

bool pg_is_connected(const struct pg *pg)
{
    return pg->conn != NULL && PQstatus(pg->conn) == CONNECTION_OK;
}

uint64_t pg_generation(const struct pg *pg)
{
    return pg->generation;
}

int pg_server_pid(const struct pg *pg)
{
    return pg->conn == NULL ? 0 : PQbackendPID(pg->conn);
}

void pg_set_deadline(struct pg *pg, int ms)
{
    ENSURE(ms >= 0);
    pg->deadline_ms = ms;
}

/* libpq's connection, brought up without ever blocking on the server. */
MUST_CHECK static enum tally_code handshake(struct pg *pg, struct err *err)
{
    /* what stands before dbname is a default, what stands behind it wins over the connection string */
    const char *names[] = {"tcp_user_timeout", "fallback_application_name", "dbname", "client_encoding", NULL};
    const char *values[] = {TCP_USER_TIMEOUT_MS, pg->application_name, pg->conninfo, "UTF8", NULL};
    pg->conn = PQconnectStartParams(names, values, 1);
    if (pg->conn == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory for a connection");
    PQsetNoticeReceiver(pg->conn, pg_notice, pg);
    PostgresPollingStatusType want = PQstatus(pg->conn) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING;
    while (want == PGRES_POLLING_READING || want == PGRES_POLLING_WRITING) {
        enum tally_code rc = pg_wait(pg, want == PGRES_POLLING_READING ? POLLIN : POLLOUT, err);
        if (rc != TALLY_OK)
            return rc;
        want = PQconnectPoll(pg->conn);
    }
    if (want == PGRES_POLLING_OK)
        return TALLY_OK;
    char message[ERR_DETAIL_MAX];
    pg_message(PQerrorMessage(pg->conn), message, sizeof message);
    return err_set(err, TALLY_E_UNAVAILABLE, "the database cannot be reached: %s", message);
}

MUST_CHECK static enum tally_code session_text(struct pg *pg, struct buf *sql, struct err *err)
{
    /* a cast between timestamptz and date must not depend on the server's configuration */
    buf_add_str(sql, "SET TimeZone = 'UTC'");
    if (pg->is_writer)
        buf_add_str(sql, "; SET synchronous_commit = on");
    if (pg->is_by_key)
        buf_add_str(sql,
                    "; SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off; SET jit = off");
    if (pg->set_role != NULL) {
        char *role = PQescapeIdentifier(pg->conn, pg->set_role, strlen(pg->set_role));
        if (role == NULL)
            return err_set(err, TALLY_E_USAGE, "the role's name is not UTF-8");
        buf_add_str(sql, "; SET ROLE ");
        buf_add_str(sql, role);
        PQfreemem(role);
    }
    return buf_check(sql, err);
}

/* What is acknowledged must be on disk: a server that was told not to care is refused. */
MUST_CHECK static enum tally_code durability_check(struct pg *pg, struct err *err)
{
    static const char *const settings[] = {"synchronous_commit", "fsync"};
    PGresult *result = NULL;
    enum tally_code rc =
        pg_text_now(pg, "SELECT current_setting('synchronous_commit'), current_setting('fsync')", &result, err);
    if (rc != TALLY_OK)
        return rc;
    for (int i = 0; i < 2 && rc == TALLY_OK; i++)
        if (strcmp(PQgetvalue(result, 0, i), "on") != 0)
            rc = err_set(err, TALLY_E_DENIED,
                         "the server runs with %s = %s, so a commit may be lost: set it to on in postgresql.conf",
                         settings[i], PQgetvalue(result, 0, i));
    PQclear(result);
    return rc;
}

MUST_CHECK static enum tally_code session_set_up(struct pg *pg, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct buf sql;
    buf_init(&sql, 512); /* a role's name has at most 63 bytes */
    if (PQsetnonblocking(pg->conn, 1) != 0)
        rc = pg_lost(pg, err);
    TRY(rc);
    TRY(session_text(pg, &sql, err));
    TRY(pg_text_now(pg, sql.ptr, NULL, err));
    if (pg->is_writer)
        TRY(durability_check(pg, err));
done:
    buf_release(&sql);
    return rc;
}

/* Whether an idle connection has ended meanwhile: its socket then has something to say. */
static bool is_usable(struct pg *pg)
{
    for (int i = 0; i < 16 && pg_is_connected(pg); i++) { /* a few notices at most, then the end of file */
        struct pollfd fd = {.fd = PQsocket(pg->conn), .events = POLLIN};
        if (fd.fd < 0 || poll(&fd, 1, 0) <= 0)
            break;
        if (PQconsumeInput(pg->conn) != 1)
            return false;
        (void) PQisBusy(pg->conn); /* parses what came */
    }
    return pg_is_connected(pg) && PQtransactionStatus(pg->conn) != PQTRANS_ACTIVE;
}

enum tally_code pg_connect(struct pg *pg, struct err *err)
{
    pg_pipeline_abandon(pg);
    if (pg->conn != NULL && is_usable(pg))
        return TALLY_OK;
    pg_drop(pg);
    if (pg->is_in_block)
        return err_set(err, TALLY_E_UNAVAILABLE, "the connection broke inside a transaction, which is rolled back");
    pg_deadline_start(pg, pg->connect_timeout_ms);
    enum tally_code rc = handshake(pg, err);
    if (rc == TALLY_OK)
        rc = session_set_up(pg, err);
    if (rc != TALLY_OK)
        pg_drop(pg);
    else
        pg->generation++;
    return rc;
}
