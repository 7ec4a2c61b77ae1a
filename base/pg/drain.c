#include <errno.h>
#include <poll.h>

#include "pg_internal.h"

void pg_deadline_start(struct pg *pg, int ms)
{
    pg->allowed_ms = ms;
    pg->until_us = instant_monotonic_us() + ms * INT64_C(1000);
    pg->is_cancelled = false;
}

enum tally_code pg_wait(struct pg *pg, short events, struct err *err)
{
    for (;;) {
        int64_t left_us = pg->until_us - instant_monotonic_us();
        if (left_us <= 0)
            return err_set(err, TALLY_E_TIMEOUT, "no answer from the database within %d ms", pg->allowed_ms);
        struct pollfd fd = {.fd = PQsocket(pg->conn), .events = events};
        if (fd.fd < 0)
            return pg_lost(pg, err);
        int n = poll(&fd, 1, (int) ((left_us + 999) / 1000));
        if (n > 0)
            return TALLY_OK;
        if (n < 0 && errno != EINTR && errno != EAGAIN) {
            enum tally_code rc = err_set(err, TALLY_E_IO, "poll: %m");
            pg_drop(pg); /* what it was waiting for can no longer be awaited */
            return rc;
        }
    }
}

/* libpq's cancel is a connection of its own and waits for its end; TCP's own time limit (connect.c) bounds it. */
enum tally_code pg_cancel(struct pg *pg, struct err *err)
{
    char why[256] = "";
    PGcancel *cancel = PQgetCancel(pg->conn);
    bool is_sent = cancel != NULL && PQcancel(cancel, why, sizeof why) == 1;
    PQfreeCancel(cancel);
    int allowed_ms = pg->allowed_ms;
    if (!is_sent) {
        pg_drop(pg);
        return err_set(err, TALLY_E_TIMEOUT, "no answer within %d ms, and it could not be cancelled: %s", allowed_ms, why);
    }
    pg_deadline_start(pg, PG_CANCEL_GRACE_MS);
    pg->allowed_ms = allowed_ms;
    pg->is_cancelled = true;
    return TALLY_OK;
}

MUST_CHECK static enum tally_code deadline_passed(struct pg *pg, struct err *err)
{
    if (!pg->is_cancelled)
        return pg_cancel(pg, err);
    pg_drop(pg);
    return err_set(err, TALLY_E_TIMEOUT, "no answer within %d ms, nor to the cancel within %d ms: connection dropped",
                   pg->allowed_ms, PG_CANCEL_GRACE_MS);
}

enum tally_code pg_result_next(struct pg *pg, PGresult **out, struct err *err)
{
    for (;;) {
        /* sending goes on while answers are awaited: the server may stop reading until its answers are taken */
        int unsent = PQflush(pg->conn);
        if (unsent < 0)
            return pg_lost(pg, err);
        if (!PQisBusy(pg->conn))
            break;
        enum tally_code rc = pg_wait(pg, (short) (unsent != 0 ? POLLIN | POLLOUT : POLLIN), err);
        if (rc == TALLY_E_TIMEOUT) {
            rc = deadline_passed(pg, err);
            if (rc == TALLY_OK)
                continue;
        }
        if (rc != TALLY_OK)
            return rc;
        if (PQconsumeInput(pg->conn) != 1)
            return pg_lost(pg, err);
    }
    *out = PQgetResult(pg->conn);
    return TALLY_OK;
}

enum tally_code pg_drain(struct pg *pg, const char *what, PGresult **out, struct err *err)
{
    enum tally_code first = TALLY_OK;
    bool is_answered = false, is_heard = false; /* about the first failure, or the success */
    PGresult *kept = NULL;
    for (bool is_ended = false; !is_ended;) {
        struct err ignored;
        PGresult *result = NULL;
        bool had_failed = first != TALLY_OK;
        enum tally_code rc = pg_result_next(pg, &result, had_failed ? &ignored : err);
        is_ended = rc != TALLY_OK || result == NULL;
        pg->is_answered = pg->is_answered && rc == TALLY_OK;
        pg->is_heard = pg->is_heard && rc == TALLY_OK;
        if (!is_ended) {
            rc = pg_result_check(pg, result, what, had_failed ? &ignored : err);
            is_ended = pg->conn == NULL;
            PQclear(kept);
            kept = result;
        }
        if (!had_failed) {
            first = rc;
            is_answered = pg->is_answered;
            is_heard = pg->is_heard;
        }
    }
    pg->is_answered = is_answered;
    pg->is_heard = is_heard;
    if (first == TALLY_OK && kept == NULL) {
        pg_drop(pg); /* the end without a beginning: out of step */
        pg->is_answered = pg->is_heard = false;
        return err_set(err, TALLY_E_UNAVAILABLE, "%s: no answer came", what);
    }
    if (first == TALLY_OK && out != NULL)
        *out = kept;
    else
        PQclear(kept);
    return first;
}

void pg_drain_rest(struct pg *pg)
{
    struct err ignored;
    PGresult *result = NULL;
    while (pg->conn != NULL && pg_result_next(pg, &result, &ignored) == TALLY_OK && result != NULL) {
        (void) !pg_result_check(pg, result, "rest", &ignored); /* drops the connection where a COPY would go on for ever */
        PQclear(result);
    }
}

enum tally_code pg_send_failed(struct pg *pg, const char *what, struct err *err)
{
    if (pg->conn == NULL || PQstatus(pg->conn) != CONNECTION_OK)
        return pg_lost(pg, err);
    char message[ERR_DETAIL_MAX];
    pg_message(PQerrorMessage(pg->conn), message, sizeof message);
    pg_drop(pg); /* what part of it was queued is not known */
    return err_set(err, TALLY_E_UNAVAILABLE, "%s: not sent: %s", what, message);
}
