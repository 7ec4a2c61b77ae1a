#include "hold.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit.h"
#include "tally/instant.h"
#include "tally/pg.h"

#define PATIENCE_US INT64_C(60000000) /* then what is waited for does not come */

static int complain(const char *what, const struct err *err)
{
    (void) fprintf(stderr, "hold: %s: %s\n", what, err->detail);
    return -1;
}

int hold_begin(struct hold *hold, const struct service *service)
{
    struct err err = {0};
    hold->pg = NULL;
    if (service_database(service, &hold->pg) != 0)
        return -1;
    enum tally_code rc = pg_begin(hold->pg, &err);
    if (rc == TALLY_OK) /* readers go on, an INSERT waits */
        rc = pg_exec_text(hold->pg, "LOCK TABLE ledger.entry IN SHARE MODE", NULL, &err);
    return rc == TALLY_OK ? 0 : complain("lock", &err);
}

int hold_wait_blocked(struct hold *hold)
{
    static const struct pg_statement blocked = {
        "hold_blocked", "SELECT count(*) FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE NOT l.granted AND "
                        "l.relation = 'ledger.entry'::regclass AND a.application_name = 'tallyd-sequencer'"};
    int64_t until_us = instant_monotonic_us() + PATIENCE_US;
    int64_t count = 0;
    while (count == 0) {
        struct err err = {0};
        struct pg_rows *rows = NULL;
        if (pg_exec(hold->pg, &blocked, NULL, &rows, &err) != TALLY_OK)
            return complain("pg_locks", &err);
        count = pg_get_int8(rows, 0, 0);
        pg_rows_free(rows);
        /* the statistics of a transaction are those of its first look */
        if (count == 0 && pg_exec_text(hold->pg, "SELECT pg_stat_clear_snapshot()", NULL, &err) != TALLY_OK)
            return complain("snapshot", &err);
        if (instant_monotonic_us() > until_us)
            return complain("wait", &(struct err){.detail = "the sequencer does not come to the lock"});
    }
    return 0;
}

int hold_wait_queued(const struct service *service, uint64_t count)
{
    int64_t until_us = instant_monotonic_us() + PATIENCE_US;
    uint64_t queued = 0;
    do {
        if (service_metric(service, "tally_sequencer_queued", &queued) != 0)
            return -1;
        if (instant_monotonic_us() > until_us)
            return complain("wait", &(struct err){.detail = "the statements do not come to the queue"});
    } while (queued < count);
    return queued == count ? 0 : complain("wait", &(struct err){.detail = "more statements wait than were sent"});
}

int hold_end(struct hold *hold)
{
    struct err err = {0};
    enum tally_code rc = pg_commit(hold->pg, &err);
    hold_release(hold);
    return rc == TALLY_OK ? 0 : complain("commit", &err);
}

void hold_release(struct hold *hold)
{
    pg_free(hold->pg);
    hold->pg = NULL;
}

int service_metric(const struct service *service, const char *name, uint64_t *out)
{
    struct http_reply reply;
    char line[128];
    if (service_get(service, "/metrics", &reply) != 0)
        return -1;
    (void) snprintf(line, sizeof line, "\n%s ", name);
    const char *at = reply.status == 200 ? strstr(reply.body, line) : NULL;
    if (at != NULL)
        *out = strtoull(at + strlen(line), NULL, 10);
    else
        (void) fprintf(stderr, "hold: no metric %s in %s\n", name, reply.body);
    http_reply_release(&reply);
    return at != NULL ? 0 : -1;
}
