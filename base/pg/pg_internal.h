/* Shared inside base/pg only. How the files divide the work:
 * connect.c opens and drops connections; drain.c waits, reads results and cancels; error.c turns what the server
 * says into codes; params.c and rows.c are PostgreSQL's binary formats; exec.c, pipeline.c, copy.c and stream.c
 * are the ways of running statements. */
#ifndef TALLY_PG_INTERNAL_H
#define TALLY_PG_INTERNAL_H

#include <libpq-fe.h>

#include "tally/pg.h"

#define PG_PREPARED_MAX 512           /* statements of one program; the embedded ones are fewer than a hundred */
#define PG_CONNECT_DEFAULT_MS 10000   /* when the options say 0 */
#define PG_STATEMENT_DEFAULT_MS 30000 /* when the options say 0 */
#define PG_CANCEL_GRACE_MS 2000 /* how long a cancelled statement may take to say so before the connection is dropped */

/* Days and microseconds from 1970-01-01 to PostgreSQL's own epoch, 2000-01-01. */
#define PG_EPOCH_DAYS 10957
#define PG_EPOCH_US INT64_C(946684800000000)
#define PG_DATE_INFINITY INT32_MAX /* the date 'infinity' */

enum pg_step_kind { PG_STEP_BEGIN, PG_STEP_PREPARE, PG_STEP_RUN, PG_STEP_COMMIT };

/* One message group of a pipeline, in the order sent; answers come in the same order. */
struct pg_step {
    enum pg_step_kind kind;
    const struct pg_statement *statement; /* PREPARE, RUN */
    struct pg_rows **rows;                /* RUN: where the caller wants them, or NULL */
    struct pg_rows *made;                 /* RUN: memory taken before anything is sent */
};

#define PG_STEPS_MAX (2 * PG_PIPELINE_MAX + 2) /* a PREPARE with each RUN, BEGIN and COMMIT */

struct pg_pipeline {
    bool is_open;
    bool is_transaction;
    int statements;
    int count;
    struct pg_step steps[PG_STEPS_MAX];
};

struct pg_rows {
    PGresult *result;
};

struct pg {
    PGconn *conn; /* NULL when not connected */
    char *conninfo, *application_name, *set_role;
    bool is_writer;
    bool is_by_key;
    int connect_timeout_ms, statement_timeout_ms;
    int deadline_ms; /* of the calls that follow; 0: statement_timeout_ms */
    uint64_t generation;

    const struct pg_statement *prepared[PG_PREPARED_MAX]; /* on this connection */
    int prepared_count;

    /* the call that is being made */
    int64_t until_us; /* monotonic */
    int allowed_ms;   /* what until_us was made from, for the message */
    bool is_cancelled;
    bool is_answered;   /* the server itself said how the last statement ended */
    bool is_heard;      /* ... or at least sent something about it, be it that it closes the connection */
    bool is_committing; /* a WARNING now makes the outcome unknown */
    bool is_warned;
    char warning[160];

    bool is_in_block;      /* between pg_begin and pg_commit or pg_rollback, even when the connection is gone */
    struct err block_fail; /* the first failure in it */
    struct pg_pipeline pipeline;
};

/* connect.c */
void pg_drop(struct pg *pg); /* closes the connection and forgets what was prepared on it */

/* drain.c: every wait has a deadline. A connection that breaks is dropped: TALLY_E_UNAVAILABLE. */
void pg_deadline_start(struct pg *pg, int ms);
MUST_CHECK enum tally_code pg_wait(struct pg *pg, short events, struct err *err);
/* The next result; NULL in *out at the end of one statement's. A passed deadline cancels, once; a second one drops. */
MUST_CHECK enum tally_code pg_result_next(struct pg *pg, PGresult **out, struct err *err);
/* Reads one statement's results to their end. Keeps the last one in *out (may be NULL); the first error wins. */
MUST_CHECK enum tally_code pg_drain(struct pg *pg, const char *what, PGresult **out, struct err *err);
void pg_drain_rest(struct pg *pg); /* reads and forgets what is left of a statement, maybe nothing */
MUST_CHECK enum tally_code pg_cancel(struct pg *pg, struct err *err); /* drops the connection if it cannot */
/* libpq would not send: says why; drops a connection that broke. */
MUST_CHECK enum tally_code pg_send_failed(struct pg *pg, const char *what, struct err *err);

/* error.c */
MUST_CHECK enum tally_code pg_result_check(struct pg *pg, const PGresult *result, const char *what, struct err *err);
MUST_CHECK enum tally_code pg_lost(struct pg *pg, struct err *err); /* drops: TALLY_E_UNAVAILABLE */
void pg_notice(void *ctx, const PGresult *result);                  /* libpq's notice receiver; ctx is the pg */
void pg_message(const char *text, char *out, size_t size);          /* libpq's text without its line ends */

/* exec.c */
/* Before each call: a usable connection (inside a block: the same one), nothing left open, the deadline started. */
MUST_CHECK enum tally_code pg_call_begin(struct pg *pg, struct err *err);
/* After each call: remembers the first failure of the block. Returns rc. */
MUST_CHECK enum tally_code pg_call_end(struct pg *pg, enum tally_code rc, const struct err *err);
MUST_CHECK enum tally_code pg_prepare(struct pg *pg, const struct pg_statement *statement, struct err *err);
MUST_CHECK enum tally_code pg_is_prepared(const struct pg *pg, const struct pg_statement *statement, bool *out,
                                          struct err *err);
void pg_prepared_add(struct pg *pg, const struct pg_statement *statement);
MUST_CHECK enum tally_code pg_params_check(const struct pg_params *params, const char *what, struct err *err);
MUST_CHECK enum tally_code pg_send(struct pg *pg, const struct pg_statement *statement, const struct pg_params *params,
                                   struct err *err);
/* Text on the connection as it stands: no reconnect, no new deadline. Keeps its result in *out (may be NULL), which
 * asks for binary rows and allows one statement only. */
MUST_CHECK enum tally_code pg_text_now(struct pg *pg, const char *sql, PGresult **out, struct err *err);
void pg_rollback_now(struct pg *pg); /* ends a transaction that is open on the server; drops the connection if it cannot */

/* pipeline.c */
void pg_pipeline_abandon(struct pg *pg); /* a pipeline that was begun and never run */

#endif
