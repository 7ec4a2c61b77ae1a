#include "append_internal.h"
#include "queries.h"
#include "tally/log.h"

enum tally_code ledger_identity(struct pg *pg, struct arena *arena, struct slice *origin, struct slice *vkey,
                                struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct pg_rows *rows = NULL;
    struct slice name, key;
    TRY(pg_exec(pg, &sql_ledger_identity, NULL, &rows, err));
    if (pg_rows_count(rows) == 0)
        TRY(err_set(err, TALLY_E_NOT_FOUND, "the database holds no ledger yet"));
    if (pg_is_null(rows, 0, 0) || pg_is_null(rows, 0, 1))
        TRY(err_set(err, TALLY_E_INTEGRITY, "the body of entry 0 names no origin or no vkey"));
    name = pg_get_bytes(rows, 0, 0);
    key = pg_get_bytes(rows, 0, 1);
    TRY(arena_copy(arena, name.ptr, name.len, &name, err));
    TRY(arena_copy(arena, key.ptr, key.len, &key, err));
    *origin = name;
    *vkey = key;
done:
    pg_rows_free(rows);
    return rc;
}

/* Entry 0 and what it means for the domain, in one transaction. Somebody who was faster wins by the primary key. */
enum tally_code genesis_write(struct sequencer *s, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct batch *batch = &s->batch;
    const struct append_domain *domain = s->options.domain;
    const struct append_own own = {.type = ENTRY_LEDGER_CREATED, .open = true, .body = s->options.genesis};
    struct append_recorded *recorded = NULL;
    TRY(roots_begin(s, err));
    batch_reset(batch);
    batch->time = sequencer_now(s);
    batch->next_seq = 0;
    batch->head = (struct digest){0};
    TRY(chain_append(batch, s->options.origin, NULL, true, &own, 1, &recorded, err));
    if (domain->record_genesis != NULL)
        TRY(domain->record_genesis(domain->self, own.body, recorded, err));
    TRY(pg_pipeline_begin(s->pg, true, err));
    TRY(commit_queue(s->pg, batch, err));
    if (domain->record_genesis != NULL)
        TRY(domain->project(domain->self, s->pg, batch->arena, err));
    TRY(pg_pipeline_run(s->pg, err));
    LOG_INFO("ledger.created", LOG_I64("time_us", batch->time.us));
done:
    if (rc != TALLY_OK)
        pg_rollback(s->pg);
    domain->settle(domain->self, rc == TALLY_OK);
    batch_reset(batch);
    return rc;
}
