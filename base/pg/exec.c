#include <string.h>

#include "pg_internal.h"
#include "tally/mem.h"

/* ---- before and after each call ---- */

enum tally_code pg_call_begin(struct pg *pg, struct err *err)
{
    enum tally_code rc = pg_connect(pg, err);
    if (rc != TALLY_OK)
        return rc;
    pg_deadline_start(pg, pg->deadline_ms > 0 ? pg->deadline_ms : pg->statement_timeout_ms);
    pg->is_committing = false;
    pg->is_warned = false;
    return TALLY_OK;
}

enum tally_code pg_call_end(struct pg *pg, enum tally_code rc, const struct err *err)
{
    if (rc != TALLY_OK && pg->is_in_block && pg->block_fail.code == TALLY_OK) {
        pg->block_fail = *err;
        pg->block_fail.code = rc;
    }
    return rc;
}

/* ---- prepared statements ---- */

enum tally_code pg_is_prepared(const struct pg *pg, const struct pg_statement *statement, bool *out, struct err *err)
{
    for (int i = 0; i < pg->prepared_count; i++) {
        const struct pg_statement *other = pg->prepared[i];
        if (other != statement && strcmp(other->name, statement->name) != 0)
            continue;
        if (strcmp(other->sql, statement->sql) != 0)
            return err_set(err, TALLY_E_BUG, "two statements are called %s", statement->name);
        *out = true;
        return TALLY_OK;
    }
    if (pg->prepared_count == PG_PREPARED_MAX)
        return err_set(err, TALLY_E_LIMIT, "more than %d statements on one connection", PG_PREPARED_MAX);
    *out = false;
    return TALLY_OK;
}

void pg_prepared_add(struct pg *pg, const struct pg_statement *statement)
{
    ENSURE(pg->prepared_count < PG_PREPARED_MAX);
    pg->prepared[pg->prepared_count++] = statement;
}

enum tally_code pg_prepare(struct pg *pg, const struct pg_statement *statement, struct err *err)
{
    bool is_prepared = false;
    enum tally_code rc = pg_is_prepared(pg, statement, &is_prepared, err);
    if (rc != TALLY_OK || is_prepared)
        return rc;
    if (PQsendPrepare(pg->conn, statement->name, statement->sql, 0, NULL) != 1)
        return pg_send_failed(pg, statement->name, err);
    rc = pg_drain(pg, statement->name, NULL, err);
    if (rc == TALLY_OK)
        pg_prepared_add(pg, statement);
    return rc;
}

/* ---- one statement ---- */

enum tally_code pg_params_check(const struct pg_params *params, const char *what, struct err *err)
{
    if (params == NULL || params->failed == TALLY_OK)
        return TALLY_OK;
    return err_set(err, params->failed, "%s: no room for its %d parameters", what, params->count);
}

enum tally_code pg_send(struct pg *pg, const struct pg_statement *statement, const struct pg_params *params,
                        struct err *err)
{
    int count = params == NULL ? 0 : params->count;
    int sent = PQsendQueryPrepared(pg->conn, statement->name, count, count == 0 ? NULL : params->values,
                                   count == 0 ? NULL : params->lengths, count == 0 ? NULL : params->formats, 1);
    return sent == 1 ? TALLY_OK : pg_send_failed(pg, statement->name, err);
}

enum tally_code pg_exec(struct pg *pg, const struct pg_statement *statement, const struct pg_params *params,
                        struct pg_rows **rows, struct err *err)
{
    struct err spare;
    err = err == NULL ? &spare : err;
    enum tally_code rc = TALLY_OK;
    struct pg_rows *made = NULL;
    PGresult *result = NULL;
    TRY(pg_params_check(params, statement->name, err));
    TRY(pg_call_begin(pg, err));
    if (rows != NULL && (made = mem_zero(sizeof *made)) == NULL)
        TRY(err_set(err, TALLY_E_NO_MEMORY, "no memory for rows"));
    TRY(pg_prepare(pg, statement, err));
    TRY(pg_send(pg, statement, params, err));
    TRY(pg_drain(pg, statement->name, &result, err));
    if (made != NULL) {
        made->result = result;
        result = NULL;
        *rows = made;
        made = NULL;
    }
done:
    PQclear(result);
    mem_free(made);
    return pg_call_end(pg, rc, err);
}

enum tally_code pg_text_now(struct pg *pg, const char *sql, PGresult **out, struct err *err)
{
    /* only the simple protocol takes several statements, only the extended one answers in binary */
    int sent = out == NULL ? PQsendQuery(pg->conn, sql) : PQsendQueryParams(pg->conn, sql, 0, NULL, NULL, NULL, NULL, 1);
    if (sent != 1)
        return pg_send_failed(pg, "statement", err);
    return pg_drain(pg, "statement", out, err);
}

enum tally_code pg_exec_text(struct pg *pg, const char *sql, struct pg_rows **rows, struct err *err)
{
    struct err spare;
    err = err == NULL ? &spare : err;
    enum tally_code rc = TALLY_OK;
    struct pg_rows *made = NULL;
    TRY(pg_call_begin(pg, err));
    if (rows != NULL && (made = mem_zero(sizeof *made)) == NULL)
        TRY(err_set(err, TALLY_E_NO_MEMORY, "no memory for rows"));
    TRY(pg_text_now(pg, sql, made == NULL ? NULL : &made->result, err));
    if (made != NULL)
        *rows = made;
    made = NULL;
done:
    mem_free(made);
    return pg_call_end(pg, rc, err);
}

/* ---- a transaction ---- */

MUST_CHECK static enum tally_code begin(struct pg *pg, const char *sql, struct err *err)
{
    struct err spare;
    err = err == NULL ? &spare : err;
    if (pg->is_in_block && pg_is_connected(pg))
        return err_set(err, TALLY_E_BUG, "a transaction is begun inside another");
    pg->is_in_block = false; /* a transaction whose connection is gone is over */
    enum tally_code rc = pg_call_begin(pg, err);
    if (rc == TALLY_OK)
        rc = pg_text_now(pg, sql, NULL, err);
    if (rc == TALLY_OK) {
        pg->is_in_block = true;
        pg->block_fail.code = TALLY_OK;
    }
    return rc;
}

enum tally_code pg_begin(struct pg *pg, struct err *err)
{
    return begin(pg, "BEGIN", err);
}

enum tally_code pg_begin_snapshot(struct pg *pg, struct err *err)
{
    return begin(pg, "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY", err);
}

enum tally_code pg_commit(struct pg *pg, struct err *err)
{
    struct err spare;
    err = err == NULL ? &spare : err;
    if (!pg->is_in_block)
        return err_set(err, TALLY_E_BUG, "pg_commit outside a transaction");
    PGresult *result = NULL;
    enum tally_code rc = pg_call_begin(pg, err); /* before anything is sent: the outcome is known */
    pg->is_in_block = false;
    if (rc != TALLY_OK)
        return rc;
    pg->is_committing = true;
    if (PQsendQueryParams(pg->conn, "COMMIT", 0, NULL, NULL, NULL, NULL, 1) != 1) {
        rc = pg_send_failed(pg, "COMMIT", err);
        goto done;
    }
    rc = pg_drain(pg, "COMMIT", &result, err);
    if (rc != TALLY_OK && !pg->is_answered) {
        pg_drop(pg);
        err_context(err, "COMMIT was sent and not answered");
        rc = err->code = TALLY_E_OUTCOME_UNKNOWN;
    } else if (rc == TALLY_OK && strcmp(PQcmdStatus(result), "COMMIT") != 0) {
        /* the server ends a failed transaction with ROLLBACK and calls that success */
        if (pg->block_fail.code != TALLY_OK)
            *err = pg->block_fail;
        else
            (void) err_set(err, TALLY_E_DATABASE, "COMMIT: the transaction had failed and was rolled back");
        rc = err->code;
    } else if (rc == TALLY_OK && pg->is_warned) {
        rc = err_set(err, TALLY_E_OUTCOME_UNKNOWN, "COMMIT: the server warned: %s", pg->warning);
    }
done:
    pg->is_committing = false;
    PQclear(result);
    return rc;
}

void pg_rollback_now(struct pg *pg)
{
    struct err ignored;
    if (pg->conn == NULL)
        return;
    PGTransactionStatusType status = PQtransactionStatus(pg->conn);
    if (status == PQTRANS_IDLE)
        return;
    pg_deadline_start(pg, pg->statement_timeout_ms);
    if (status == PQTRANS_ACTIVE || status == PQTRANS_UNKNOWN || pg_text_now(pg, "ROLLBACK", NULL, &ignored) != TALLY_OK)
        pg_drop(pg);
}

void pg_rollback(struct pg *pg)
{
    pg_pipeline_abandon(pg);
    pg->is_in_block = false;
    pg_rollback_now(pg);
}
