#include <string.h>

#include "pg_internal.h"
#include "tally/mem.h"

/* Ends the bookkeeping: frees what was not given away. */
static void pipeline_close(struct pg *pg)
{
    for (int i = 0; i < pg->pipeline.count; i++)
        pg_rows_free(pg->pipeline.steps[i].made);
    pg->pipeline.count = 0;
    pg->pipeline.statements = 0;
    pg->pipeline.is_open = false;
}

static struct pg_step *step_add(struct pg *pg, enum pg_step_kind kind, const struct pg_statement *statement)
{
    ENSURE(pg->pipeline.count < PG_STEPS_MAX);
    struct pg_step *step = &pg->pipeline.steps[pg->pipeline.count++];
    *step = (struct pg_step){.kind = kind, .statement = statement};
    return step;
}

MUST_CHECK static enum tally_code word_add(struct pg *pg, enum pg_step_kind kind, const char *word, struct err *err)
{
    if (PQsendQueryParams(pg->conn, word, 0, NULL, NULL, NULL, NULL, 1) != 1)
        return pg_send_failed(pg, word, err);
    step_add(pg, kind, NULL);
    return TALLY_OK;
}

enum tally_code pg_pipeline_begin(struct pg *pg, bool is_transaction, struct err *err)
{
    struct err spare;
    err = err == NULL ? &spare : err;
    enum tally_code rc = TALLY_OK;
    if (is_transaction && pg->is_in_block)
        return err_set(err, TALLY_E_BUG, "a pipeline with a transaction of its own inside a transaction");
    TRY(pg_call_begin(pg, err));
    if (PQenterPipelineMode(pg->conn) != 1)
        TRY(pg_send_failed(pg, "pipeline", err));
    pg->pipeline.is_open = true;
    pg->pipeline.is_transaction = is_transaction;
    if (is_transaction)
        TRY(word_add(pg, PG_STEP_BEGIN, "BEGIN", err));
done:
    if (rc != TALLY_OK)
        pg_pipeline_abandon(pg);
    return pg_call_end(pg, rc, err);
}

/* Queues the preparation in front of the first use, unless it is known, or queued, already. */
MUST_CHECK static enum tally_code prepare_add(struct pg *pg, const struct pg_statement *statement, struct err *err)
{
    bool is_prepared = false;
    enum tally_code rc = pg_is_prepared(pg, statement, &is_prepared, err);
    if (rc != TALLY_OK || is_prepared)
        return rc;
    for (int i = 0; i < pg->pipeline.count; i++) {
        const struct pg_step *step = &pg->pipeline.steps[i];
        if (step->kind == PG_STEP_PREPARE && strcmp(step->statement->name, statement->name) == 0)
            return strcmp(step->statement->sql, statement->sql) == 0
                       ? TALLY_OK
                       : err_set(err, TALLY_E_BUG, "two statements are called %s", statement->name);
    }
    if (PQsendPrepare(pg->conn, statement->name, statement->sql, 0, NULL) != 1)
        return pg_send_failed(pg, statement->name, err);
    step_add(pg, PG_STEP_PREPARE, statement);
    return TALLY_OK;
}

enum tally_code pg_pipeline_add(struct pg *pg, const struct pg_statement *statement, const struct pg_params *params,
                                struct pg_rows **rows, struct err *err)
{
    struct err spare;
    err = err == NULL ? &spare : err;
    enum tally_code rc = TALLY_OK;
    struct pg_rows *made = NULL;
    if (rows != NULL)
        *rows = NULL;
    if (!pg->pipeline.is_open)
        return err_set(err, TALLY_E_BUG, "%s: no pipeline is open", statement->name);
    if (pg->pipeline.statements == PG_PIPELINE_MAX)
        TRY(err_set(err, TALLY_E_LIMIT, "more than %d statements in one pipeline", PG_PIPELINE_MAX));
    TRY(pg_params_check(params, statement->name, err));
    /* taken now: after a commit there may be no failure of our own left */
    if (rows != NULL && (made = mem_zero(sizeof *made)) == NULL)
        TRY(err_set(err, TALLY_E_NO_MEMORY, "no memory for rows"));
    TRY(prepare_add(pg, statement, err));
    TRY(pg_send(pg, statement, params, err));
    struct pg_step *step = step_add(pg, PG_STEP_RUN, statement);
    step->rows = rows;
    step->made = made;
    made = NULL;
    pg->pipeline.statements++;
done:
    mem_free(made);
    if (rc != TALLY_OK)
        pg_pipeline_abandon(pg);
    return pg_call_end(pg, rc, err);
}

/* One step's answer. */
MUST_CHECK static enum tally_code step_drain(struct pg *pg, struct pg_step *step, struct err *err)
{
    static const char *const words[] = {[PG_STEP_BEGIN] = "BEGIN", [PG_STEP_COMMIT] = "COMMIT"};
    const char *what = step->statement == NULL ? words[step->kind] : step->statement->name;
    PGresult *result = NULL;
    pg->is_committing = step->kind == PG_STEP_COMMIT;
    enum tally_code rc = pg_drain(pg, what, &result, err);
    if (rc != TALLY_OK)
        return rc;
    if (step->kind == PG_STEP_PREPARE)
        pg_prepared_add(pg, step->statement); /* stays, also when a later step fails */
    if (step->kind == PG_STEP_COMMIT && strcmp(PQcmdStatus(result), "COMMIT") != 0)
        rc = err_set(err, TALLY_E_DATABASE, "COMMIT: the transaction was rolled back");
    if (step->made != NULL) {
        step->made->result = result;
        result = NULL;
    }
    PQclear(result);
    return rc;
}

/* Reads every answer up to the Sync's, so that the connection is in step again. The first error wins.
 * *is_unknown: a COMMIT was sent and nothing says how it ended. */
MUST_CHECK static enum tally_code steps_drain(struct pg *pg, bool *is_unknown, struct err *err)
{
    enum tally_code first = TALLY_OK;
    struct err ignored;
    for (int i = 0; i < pg->pipeline.count && pg->conn != NULL; i++) {
        struct pg_step *step = &pg->pipeline.steps[i];
        enum tally_code rc = step_drain(pg, step, first == TALLY_OK ? err : &ignored);
        if (first != TALLY_OK || rc == TALLY_OK)
            continue;
        first = rc;
        /* what the server itself refused never came to the COMMIT, not even when it then closed the connection */
        bool is_refused = pg->is_answered || (pg->is_heard && step->kind != PG_STEP_COMMIT);
        *is_unknown = pg->pipeline.is_transaction && !is_refused;
    }
    pg->is_committing = false;
    if (pg->conn == NULL)
        return first;
    PGresult *result = NULL;
    enum tally_code rc = pg_result_next(pg, &result, &ignored);
    if (rc != TALLY_OK || PQresultStatus(result) != PGRES_PIPELINE_SYNC || PQexitPipelineMode(pg->conn) != 1)
        pg_drop(pg); /* every statement has been answered: what they said stands */
    PQclear(result);
    return first;
}

static void rows_give(struct pg *pg)
{
    for (int i = 0; i < pg->pipeline.count; i++) {
        struct pg_step *step = &pg->pipeline.steps[i];
        if (step->rows == NULL)
            continue;
        *step->rows = step->made;
        step->made = NULL;
    }
}

enum tally_code pg_pipeline_run(struct pg *pg, struct err *err)
{
    struct err spare;
    err = err == NULL ? &spare : err;
    enum tally_code rc = TALLY_OK;
    bool is_unknown = false;
    if (!pg->pipeline.is_open)
        return err_set(err, TALLY_E_BUG, "no pipeline is open");
    pg_deadline_start(pg, pg->deadline_ms > 0 ? pg->deadline_ms : pg->statement_timeout_ms);
    pg->is_warned = false;
    if (pg->pipeline.is_transaction)
        TRY(word_add(pg, PG_STEP_COMMIT, "COMMIT", err));
    else if (pg->pipeline.count == 0 && PQexitPipelineMode(pg->conn) == 1)
        goto done; /* nothing was queued: no round trip */
    if (PQpipelineSync(pg->conn) != 1) {
        is_unknown = pg->pipeline.is_transaction; /* the COMMIT before it may have left already */
        TRY(pg_send_failed(pg, "Sync", err));
    }
    TRY(steps_drain(pg, &is_unknown, err));
    if (pg->is_warned)
        TRY(err_set(err, TALLY_E_OUTCOME_UNKNOWN, "COMMIT: the server warned: %s", pg->warning));
    rows_give(pg);
done:
    if (is_unknown) {
        err_context(err, "COMMIT was sent and not answered");
        rc = err->code = TALLY_E_OUTCOME_UNKNOWN;
        pg_drop(pg);
    }
    if (pg->conn != NULL && PQpipelineStatus(pg->conn) != PQ_PIPELINE_OFF)
        pg_drop(pg);
    if (rc != TALLY_OK && pg->pipeline.is_transaction)
        pg_rollback_now(pg);
    pipeline_close(pg);
    return pg_call_end(pg, rc, err);
}

void pg_pipeline_abandon(struct pg *pg)
{
    if (!pg->pipeline.is_open)
        return;
    struct err ignored;
    bool is_unknown = false;
    pg->pipeline.is_open = false;
    if (pg->conn != NULL) {
        pg_deadline_start(pg, pg->deadline_ms > 0 ? pg->deadline_ms : pg->statement_timeout_ms);
        if (PQpipelineStatus(pg->conn) == PQ_PIPELINE_OFF || PQpipelineSync(pg->conn) != 1)
            pg_drop(pg);
        else if (steps_drain(pg, &is_unknown, &ignored) != TALLY_OK && pg->conn == NULL)
            is_unknown = false; /* no COMMIT was among them */
    }
    if (pg->pipeline.is_transaction)
        pg_rollback_now(pg);
    pipeline_close(pg);
}
