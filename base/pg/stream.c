#include "pg_internal.h"

/* Ends a stream that is not wanted any more: the server would otherwise send the rest of an export of any size. */
static void stream_stop(struct pg *pg)
{
    struct err ignored;
    if (pg->conn != NULL && pg_cancel(pg, &ignored) == TALLY_OK)
        pg_drain_rest(pg);
}

enum tally_code pg_stream(struct pg *pg, const struct pg_statement *statement, const struct pg_params *params, pg_row_fn fn,
                          void *ctx, struct err *err)
{
    struct err spare;
    err = err == NULL ? &spare : err;
    enum tally_code rc = TALLY_OK;
    int allowed_ms = pg->deadline_ms > 0 ? pg->deadline_ms : pg->statement_timeout_ms;
    TRY(pg_params_check(params, statement->name, err));
    TRY(pg_call_begin(pg, err));
    TRY(pg_prepare(pg, statement, err));
    TRY(pg_send(pg, statement, params, err));
    if (PQsetSingleRowMode(pg->conn) != 1)
        TRY(pg_send_failed(pg, statement->name, err));
    bool is_ended = false;
    while (!is_ended) {
        PGresult *result = NULL;
        TRY(pg_result_next(pg, &result, err));
        bool is_row = PQresultStatus(result) == PGRES_SINGLE_TUPLE;
        is_ended = result == NULL;
        bool is_theirs = false;
        if (!is_ended) {
            const struct pg_rows row = {result};
            rc = pg_result_check(pg, result, statement->name, err);
            is_theirs = rc == TALLY_OK && is_row;
            if (is_theirs)
                rc = fn(ctx, &row, err);
        }
        PQclear(result);
        if (rc != TALLY_OK) {
            if (is_theirs)
                stream_stop(pg);
            else
                pg_drain_rest(pg);
            goto done;
        }
        if (!pg->is_cancelled)
            pg_deadline_start(pg, allowed_ms); /* the deadline is for each row: an export may take long, a row may not */
    }
done:
    return pg_call_end(pg, rc, err);
}
