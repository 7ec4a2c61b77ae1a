/* The libpq client: one connection, one thread at a time. Every statement is prepared by name from the
 * registry (sql/queries, embedded at build) and prepared again after a reconnect; every call has a
 * deadline after which the server is asked to cancel; one function (pg_drain) speaks libpq's result
 * protocol. Parameters and results are binary.
 *
 * Errors: TALLY_E_UNAVAILABLE no connection, or it broke (before a COMMIT was sent); TALLY_E_TIMEOUT the
 * deadline passed; TALLY_E_OUTCOME_UNKNOWN the connection broke, or the server warned, while a COMMIT was
 * under way; TALLY_E_LIMIT the database's disk is full (or a parameter, or a pipeline, is over its limit); TALLY_E_CONFLICT a unique or exclusion constraint;
 * TALLY_E_DENIED insufficient privilege; TALLY_E_DATABASE anything else, with the server's message.
 *
 * A single statement outside a transaction commits by itself: when it broke off or timed out, it may have happened
 * all the same. What must be known to have happened goes through pg_commit or a transaction pipeline.
 *
 * A connection that ended while it was idle is made again by the next call; inside a transaction that next call is
 * TALLY_E_UNAVAILABLE until pg_commit, pg_rollback or pg_begin. The session's time zone is UTC.
 */
#ifndef TALLY_PG_H
#define TALLY_PG_H

#include <stdbool.h>
#include <stdint.h>

#include "tally/arena.h"
#include "tally/err.h"
#include "tally/instant.h"
#include "tally/slice.h"

/* One statement: sql/queries/NAME.sql becomes `extern const struct pg_statement sql_NAME` in the generated
 * header "queries.h". The server infers the parameters' types, so the SQL casts each one: $1::bigint. */
struct pg_statement {
    const char *name;
    const char *sql;
};

struct pg;
struct pg_rows;

struct pg_options {
    const char *conninfo;         /* keyword/value or URI, libpq's own forms (multi-host too) */
    const char *application_name; /* shown in pg_stat_activity */
    bool is_writer; /* synchronous_commit is set to on and read back, and so is fsync (a server without: TALLY_E_DENIED) */
    /* Each statement finds what it wants by key. The server is kept from guessing that a whole table is cheaper to read, from statistics that are
     * behind, or for a plan that it keeps from when the table was small; and from compiling in a tenth of a second what takes a thousandth. */
    bool is_by_key;
    const char *set_role;     /* SET ROLE after connecting, or NULL */
    int connect_timeout_ms;   /* 0: ten seconds */
    int statement_timeout_ms; /* default deadline of each call; 0: thirty seconds */
};

/* Connects lazily: opens nothing yet. The options are copied. */
MUST_CHECK enum tally_code pg_new(const struct pg_options *options, struct pg **out, struct err *err);
void pg_free(struct pg *pg);

/* Connects if there is no usable connection; nothing to do otherwise. */
MUST_CHECK enum tally_code pg_connect(struct pg *pg, struct err *err);
void pg_disconnect(struct pg *pg);
bool pg_is_connected(const struct pg *pg);
/* How many times a connection was made: a caller that holds session state (an advisory lock) compares it. */
uint64_t pg_generation(const struct pg *pg);
int pg_server_pid(const struct pg *pg);
/* Deadline of the calls that follow; 0: the default again. */
void pg_set_deadline(struct pg *pg, int ms);

/* ---- parameters ---- */
#define PG_PARAMS_MAX 32

/* Values of one call; bytes are copied into the arena, which is not needed any more once pg_exec, pg_stream or
 * pg_pipeline_add has returned. A scalar slice with ptr NULL is an empty value (NULL is pg_add_null). DAY_NEVER is the
 * date 'infinity', both ways. */
struct pg_params {
    struct arena *arena;
    int count;
    const char *values[PG_PARAMS_MAX];
    int lengths[PG_PARAMS_MAX];
    int formats[PG_PARAMS_MAX];
    enum tally_code failed; /* reported by the call that uses them */
};

void pg_params_init(struct pg_params *p, struct arena *arena);
void pg_add_null(struct pg_params *p);
void pg_add_bool(struct pg_params *p, bool value);
void pg_add_int4(struct pg_params *p, int32_t value);
void pg_add_int8(struct pg_params *p, int64_t value);
void pg_add_text(struct pg_params *p, struct slice value);
void pg_add_bytea(struct pg_params *p, struct slice value);
void pg_add_timestamptz(struct pg_params *p, struct instant value);
void pg_add_date(struct pg_params *p, int32_t day);
/* One-dimensional arrays for unnest(); count may be 0. A slice with ptr NULL is a NULL element. */
void pg_add_bool_array(struct pg_params *p, const bool *values, size_t count);
void pg_add_int4_array(struct pg_params *p, const int32_t *values, size_t count);
void pg_add_int8_array(struct pg_params *p, const int64_t *values, size_t count);
void pg_add_text_array(struct pg_params *p, const struct slice *values, size_t count);
void pg_add_bytea_array(struct pg_params *p, const struct slice *values, size_t count);
void pg_add_timestamptz_array(struct pg_params *p, const struct instant *values, size_t count);
void pg_add_date_array(struct pg_params *p, const int32_t *values, size_t count);

/* ---- one statement at a time ---- */

/* Runs it outside any transaction block (its own transaction), or inside the one that pg_begin opened.
 * rows may be NULL when no rows are wanted; otherwise the caller frees them with pg_rows_free. */
MUST_CHECK enum tally_code pg_exec(struct pg *pg, const struct pg_statement *statement, const struct pg_params *params,
                                   struct pg_rows **rows, struct err *err);
/* Unprepared text, possibly several statements, without parameters: migrations, SET, LOCK. With rows it must be one
 * statement (binary rows exist only there). */
MUST_CHECK enum tally_code pg_exec_text(struct pg *pg, const char *sql, struct pg_rows **rows, struct err *err);
MUST_CHECK enum tally_code pg_begin(struct pg *pg, struct err *err);
/* The same, to read alone: what is committed after the first statement is not seen by the others. It ends by pg_rollback. */
MUST_CHECK enum tally_code pg_begin_snapshot(struct pg *pg, struct err *err);
/* TALLY_E_OUTCOME_UNKNOWN when the answer did not come, or came with any WARNING. */
MUST_CHECK enum tally_code pg_commit(struct pg *pg, struct err *err);
void pg_rollback(struct pg *pg); /* best effort; drops the connection if it cannot */

/* ---- a pipeline: many statements, one round trip ---- */

/* pg_pipeline_begin .. pg_pipeline_add ... pg_pipeline_run. With is_transaction the statements run inside
 * BEGIN ... COMMIT with one Sync at the end: all or nothing, and the errors of pg_commit. Without, they are
 * reads in one implicit transaction. At most PG_PIPELINE_MAX statements. */
#define PG_PIPELINE_MAX 64
MUST_CHECK enum tally_code pg_pipeline_begin(struct pg *pg, bool is_transaction, struct err *err);
/* Queues one statement; its rows (may be NULL) are NULL until pg_pipeline_run fills them. When it fails, or when any
 * other call is made before pg_pipeline_run, the pipeline is rolled back and over. */
MUST_CHECK enum tally_code pg_pipeline_add(struct pg *pg, const struct pg_statement *statement,
                                           const struct pg_params *params, struct pg_rows **rows, struct err *err);
/* Sends, waits, drains. On failure all rows of this pipeline are freed and set to NULL, and the connection is
 * usable again or dropped. */
MUST_CHECK enum tally_code pg_pipeline_run(struct pg *pg, struct err *err);

/* ---- rows ---- */
void pg_rows_free(struct pg_rows *rows); /* NULL is fine */
int pg_rows_count(const struct pg_rows *rows);
int64_t pg_rows_affected(const struct pg_rows *rows);
bool pg_is_null(const struct pg_rows *rows, int row, int column);
/* The column has that type (ENSUREd by length) and is not null. Slices are borrowed from rows. */
bool pg_get_bool(const struct pg_rows *rows, int row, int column);
int32_t pg_get_int4(const struct pg_rows *rows, int row, int column);
int64_t pg_get_int8(const struct pg_rows *rows, int row, int column);
struct slice pg_get_bytes(const struct pg_rows *rows, int row, int column); /* text or bytea; empty for null */
struct instant pg_get_timestamptz(const struct pg_rows *rows, int row, int column);
int32_t pg_get_date(const struct pg_rows *rows, int row, int column);

/* ---- bulk: binary COPY, never inside a pipeline ---- */
struct pg_copy;
MUST_CHECK enum tally_code pg_copy_in(struct pg *pg, const char *copy_sql, int columns, struct pg_copy **out,
                                      struct err *err);
void pg_copy_row(struct pg_copy *copy); /* begins a row; then one pg_copy_* for each column */
void pg_copy_null(struct pg_copy *copy);
void pg_copy_int8(struct pg_copy *copy, int64_t value);
void pg_copy_bytes(struct pg_copy *copy, struct slice value); /* text or bytea */
void pg_copy_timestamptz(struct pg_copy *copy, struct instant value);
void pg_copy_bool(struct pg_copy *copy, bool value);
/* Ends the COPY and frees it; nothing is stored unless this says TALLY_OK (or, outside a transaction,
 * TALLY_E_OUTCOME_UNKNOWN). Every COPY that began ends with this. The deadline is for each chunk of it. */
MUST_CHECK enum tally_code pg_copy_end(struct pg_copy *copy, struct err *err);

/* Rows as they come, for exports of any size: single-row mode, fn is called for each. A code other than TALLY_OK from fn
 * ends it and is returned; fn makes no call on this pg. The deadline is for each row, not for all. */
typedef enum tally_code (*pg_row_fn)(void *ctx, const struct pg_rows *row, struct err *err);
MUST_CHECK enum tally_code pg_stream(struct pg *pg, const struct pg_statement *statement, const struct pg_params *params,
                                     pg_row_fn fn, void *ctx, struct err *err);

#endif
