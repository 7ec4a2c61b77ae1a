#include <poll.h>

#include "pg_internal.h"
#include "tally/buf.h"
#include "tally/mem.h"

#define COPY_CHUNK ((size_t) 64 * 1024)            /* bytes collected before they are handed to libpq */
#define COPY_ROW_MAX ((size_t) 1024 * 1024 * 1024) /* the server's own limit of one message */

struct pg_copy {
    struct pg *pg;
    int columns;
    int left; /* columns that the current row still needs */
    bool is_in_block;
    enum tally_code rc; /* the first failure; what comes after it is dropped */
    struct err err;
    struct buf out;
};

static void copy_fail(struct pg_copy *copy, enum tally_code rc)
{
    if (copy->rc == TALLY_OK)
        copy->rc = rc;
}

/* Waits until libpq can take more. The server's answers are read too: an error of its comes before the end. */
MUST_CHECK static enum tally_code copy_wait(struct pg_copy *copy)
{
    struct pg *pg = copy->pg;
    enum tally_code rc = pg_wait(pg, POLLIN | POLLOUT, &copy->err);
    if (rc == TALLY_E_TIMEOUT)
        pg_drop(pg); /* the server waits for data, not the other way round: there is nothing to cancel */
    if (rc != TALLY_OK)
        return rc;
    if (PQconsumeInput(pg->conn) != 1 || PQflush(pg->conn) < 0)
        return pg_lost(pg, &copy->err);
    return TALLY_OK;
}

static void copy_push(struct pg_copy *copy)
{
    struct pg *pg = copy->pg;
    while (copy->rc == TALLY_OK && copy->out.len > 0) {
        int sent = PQputCopyData(pg->conn, copy->out.ptr, (int) copy->out.len);
        if (sent == 1)
            break;
        copy_fail(copy, sent == 0 ? copy_wait(copy) : pg_send_failed(pg, "COPY", &copy->err));
    }
    /* libpq would take all of it into memory while the server is slow */
    while (copy->rc == TALLY_OK && PQflush(pg->conn) != 0)
        copy_fail(copy, copy_wait(copy));
    buf_clear(&copy->out);
    if (copy->rc == TALLY_OK)
        pg_deadline_start(pg, pg->allowed_ms); /* it goes on: the deadline is for each chunk */
}

enum tally_code pg_copy_in(struct pg *pg, const char *copy_sql, int columns, struct pg_copy **out, struct err *err)
{
    static const char signature[19] = "PGCOPY\n\377\r\n\0"; /* with the NUL, then flags and extension length: zeros */
    struct err spare;
    err = err == NULL ? &spare : err;
    enum tally_code rc = TALLY_OK;
    PGresult *result = NULL;
    ENSURE(columns > 0 && columns <= INT16_MAX);
    struct pg_copy *copy = mem_zero(sizeof *copy);
    if (copy == NULL)
        return pg_call_end(pg, err_set(err, TALLY_E_NO_MEMORY, "no memory for a COPY"), err);
    TRY(pg_call_begin(pg, err));
    if (PQsendQuery(pg->conn, copy_sql) != 1)
        TRY(pg_send_failed(pg, "COPY", err));
    TRY(pg_result_next(pg, &result, err));
    if (PQresultStatus(result) != PGRES_COPY_IN) {
        rc = pg_result_check(pg, result, "COPY", err);
        pg_drain_rest(pg);
        TRY(rc == TALLY_OK ? err_set(err, TALLY_E_BUG, "this is no COPY ... FROM STDIN: %s", copy_sql) : rc);
    }
    if (PQbinaryTuples(result) != 1 || PQnfields(result) != columns) {
        pg_drop(pg);
        TRY(err_set(err, TALLY_E_BUG, "not a binary COPY of %d columns: %s", columns, copy_sql));
    }
    copy->pg = pg;
    copy->columns = columns;
    buf_init(&copy->out, COPY_ROW_MAX);
    buf_add(&copy->out, signature, sizeof signature);
    *out = copy;
    copy = NULL;
done:
    PQclear(result);
    mem_free(copy);
    return pg_call_end(pg, rc, err);
}

void pg_copy_row(struct pg_copy *copy)
{
    ENSURE(copy->left == 0);
    if (copy->out.len >= COPY_CHUNK)
        copy_push(copy);
    copy->left = copy->columns;
    buf_add_u16be(&copy->out, (uint16_t) copy->columns);
}

/* The length in front of a value's bytes; -1 is NULL. */
static void field_begin(struct pg_copy *copy, uint32_t len)
{
    ENSURE(copy->left > 0);
    copy->left--;
    buf_add_u32be(&copy->out, len);
}

void pg_copy_null(struct pg_copy *copy)
{
    field_begin(copy, UINT32_MAX);
}

void pg_copy_int8(struct pg_copy *copy, int64_t value)
{
    field_begin(copy, 8);
    buf_add_u64be(&copy->out, (uint64_t) value);
}

void pg_copy_bytes(struct pg_copy *copy, struct slice value)
{
    if (value.len > COPY_ROW_MAX)
        copy_fail(copy, err_set(&copy->err, TALLY_E_LIMIT, "COPY: a value of %zu bytes", value.len));
    field_begin(copy, (uint32_t) value.len);
    buf_add_slice(&copy->out, value);
}

void pg_copy_timestamptz(struct pg_copy *copy, struct instant value)
{
    field_begin(copy, 8);
    buf_add_u64be(&copy->out, (uint64_t) value.us - (uint64_t) PG_EPOCH_US);
}

void pg_copy_bool(struct pg_copy *copy, bool value)
{
    field_begin(copy, 1);
    buf_add_char(&copy->out, value);
}

/* Sends the end, or the reason why there is none, and reads the server's verdict. */
MUST_CHECK static enum tally_code copy_finish(struct pg_copy *copy)
{
    struct pg *pg = copy->pg;
    if (pg->conn == NULL)
        return copy->rc;
    int sent = 0;
    while (sent == 0) {
        sent = PQputCopyEnd(pg->conn, copy->rc == TALLY_OK ? NULL : copy->err.detail);
        enum tally_code rc = TALLY_OK;
        if (sent == 0)
            rc = copy_wait(copy);
        else if (sent < 0)
            rc = pg_send_failed(pg, "COPY", &copy->err);
        if (rc != TALLY_OK)
            return rc;
    }
    struct err ignored;
    enum tally_code rc = pg_drain(pg, "COPY", NULL, copy->rc == TALLY_OK ? &copy->err : &ignored);
    if (copy->rc != TALLY_OK)
        return copy->rc;
    if (rc != TALLY_OK && !pg->is_answered && !pg->is_in_block) {
        /* outside a transaction the end is its own commit */
        err_context(&copy->err, "COPY was sent and not answered");
        rc = copy->err.code = TALLY_E_OUTCOME_UNKNOWN;
    }
    return rc;
}

enum tally_code pg_copy_end(struct pg_copy *copy, struct err *err)
{
    struct err spare;
    err = err == NULL ? &spare : err;
    ENSURE(copy->left == 0);
    struct pg *pg = copy->pg;
    buf_add_u16be(&copy->out, UINT16_MAX); /* the trailer: -1 columns */
    copy_fail(copy, buf_check(&copy->out, &copy->err));
    copy_push(copy);
    enum tally_code rc = copy_finish(copy);
    if (rc != TALLY_OK)
        *err = copy->err;
    buf_release(&copy->out);
    mem_free(copy);
    return pg_call_end(pg, rc, err);
}
