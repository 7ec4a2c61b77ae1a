#include <string.h>

#include "pg_internal.h"
#include "tally/log.h"

/* SQLSTATE, or its class of two characters, to code. The first row that fits is taken. */
static const struct {
    const char *state;
    enum tally_code code;
} states[] = {
    {"23505", TALLY_E_CONFLICT},    /* unique_violation */
    {"23P01", TALLY_E_CONFLICT},    /* exclusion_violation */
    {"42501", TALLY_E_DENIED},      /* insufficient_privilege */
    {"53100", TALLY_E_LIMIT},       /* disk_full */
    {"58030", TALLY_E_UNAVAILABLE}, /* io_error: its disk fails, which more room does not mend */
    {"57014", TALLY_E_TIMEOUT},     /* query_canceled */
    {"08", TALLY_E_UNAVAILABLE},    /* connection exceptions */
    {"57P01", TALLY_E_UNAVAILABLE}, /* admin_shutdown */
    {"57P02", TALLY_E_UNAVAILABLE}, /* crash_shutdown */
    {"57P03", TALLY_E_UNAVAILABLE}, /* cannot_connect_now */
    {"53300", TALLY_E_UNAVAILABLE}, /* too_many_connections */
    {"40001", TALLY_E_UNAVAILABLE}, /* serialization_failure */
    {"40P01", TALLY_E_UNAVAILABLE}, /* deadlock_detected */
    {"55P03", TALLY_E_UNAVAILABLE}, /* lock_not_available */
};

static enum tally_code code_of(const char *state)
{
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++)
        if (strncmp(state, states[i].state, strlen(states[i].state)) == 0)
            return states[i].code;
    return TALLY_E_DATABASE;
}

void pg_message(const char *text, char *out, size_t size)
{
    size_t len = 0;
    for (; text != NULL && *text != '\0' && len + 1 < size; text++)
        out[len++] = *text == '\n' || *text == '\t' ? ' ' : *text;
    while (len > 0 && out[len - 1] == ' ')
        len--;
    out[len] = '\0';
}

static const char *field(const PGresult *result, int which)
{
    const char *text = PQresultErrorField(result, which);
    return text == NULL ? "" : text;
}

static bool is_fatal(const PGresult *result)
{
    const char *severity = field(result, PG_DIAG_SEVERITY_NONLOCALIZED);
    return strcmp(severity, "FATAL") == 0 || strcmp(severity, "PANIC") == 0;
}

MUST_CHECK static enum tally_code server_error(struct pg *pg, const PGresult *result, const char *what, struct err *err)
{
    const char *state = field(result, PG_DIAG_SQLSTATE);
    char message[ERR_DETAIL_MAX];
    if (state[0] == '\0') {
        /* libpq's own complaint: what the server did is not known, and the protocol may be out of step */
        pg_message(PQresultErrorMessage(result), message, sizeof message);
        pg_drop(pg);
        return err_set(err, TALLY_E_UNAVAILABLE, "%s: %s", what, message[0] == '\0' ? "no answer came" : message);
    }
    pg->is_heard = true;
    pg->is_answered = !is_fatal(result);
    enum tally_code code = code_of(state);
    pg_message(field(result, PG_DIAG_MESSAGE_PRIMARY), message, sizeof message);
    if (code == TALLY_E_TIMEOUT && pg->is_cancelled)
        return err_set(err, code, "%s: cancelled, it had not ended within %d ms", what, pg->allowed_ms);
    const char *detail = field(result, PG_DIAG_MESSAGE_DETAIL);
    return err_set(err, code, "%s: %s (SQLSTATE %s)%s%s", what, message, state, detail[0] == '\0' ? "" : ": ", detail);
}

enum tally_code pg_result_check(struct pg *pg, const PGresult *result, const char *what, struct err *err)
{
    pg->is_answered = false;
    pg->is_heard = false;
    switch (PQresultStatus(result)) {
    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK:
    case PGRES_SINGLE_TUPLE:
    case PGRES_EMPTY_QUERY:
    case PGRES_PIPELINE_SYNC:
        pg->is_answered = pg->is_heard = true;
        return TALLY_OK;
    case PGRES_PIPELINE_ABORTED:
        pg->is_answered = pg->is_heard = true;
        return err_set(err, TALLY_E_DATABASE, "%s: not run, since a statement before it failed", what);
    case PGRES_FATAL_ERROR:
    case PGRES_NONFATAL_ERROR:
        return server_error(pg, result, what, err);
    default:
        /* a COPY where none may be: its data would never be read or sent */
        pg_drop(pg);
        return err_set(err, TALLY_E_BUG, "%s: the server answered %s", what, PQresStatus(PQresultStatus(result)));
    }
}

enum tally_code pg_lost(struct pg *pg, struct err *err)
{
    char message[ERR_DETAIL_MAX];
    pg_message(pg->conn == NULL ? "" : PQerrorMessage(pg->conn), message, sizeof message);
    pg_drop(pg);
    return err_set(err, TALLY_E_UNAVAILABLE, "the connection to the database broke%s%s", message[0] == '\0' ? "" : ": ",
                   message);
}

void pg_notice(void *ctx, const PGresult *result)
{
    struct pg *pg = ctx;
    if (strcmp(field(result, PG_DIAG_SEVERITY_NONLOCALIZED), "WARNING") != 0)
        return; /* notices are for people at a prompt */
    char message[sizeof pg->warning];
    pg_message(field(result, PG_DIAG_MESSAGE_PRIMARY), message, sizeof message);
    if (pg->is_committing) {
        pg->is_warned = true;
        memcpy(pg->warning, message, sizeof message);
    }
    LOG_WARN("pg.warning", LOG_STR("message", message), LOG_STR("sqlstate", field(result, PG_DIAG_SQLSTATE)));
}
