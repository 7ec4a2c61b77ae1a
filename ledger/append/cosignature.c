#include "tally/cosignature.h"

#include <inttypes.h>

#include "queries.h"

enum { COLUMN_WITNESS, COLUMN_IS_QUORUM, COLUMN_SIZE, COLUMN_ROOT, COLUMN_LINE };

MUST_CHECK static enum tally_code row_take(const struct pg_rows *rows, int row, struct arena *arena,
                                           struct cosignature *out, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct slice witness = pg_get_bytes(rows, row, COLUMN_WITNESS);
    struct slice root = pg_get_bytes(rows, row, COLUMN_ROOT);
    struct slice line = pg_get_bytes(rows, row, COLUMN_LINE);
    out->is_quorum = pg_get_bool(rows, row, COLUMN_IS_QUORUM);
    out->root.size = (uint64_t) pg_get_int8(rows, row, COLUMN_SIZE);
    if (root.len != DIGEST_LEN)
        TRY(err_set(err, TALLY_E_INTEGRITY, "a root in the database has %zu bytes", root.len));
    memcpy(out->root.root.bytes, root.ptr, DIGEST_LEN);
    TRY(arena_copy(arena, witness.ptr, witness.len, &out->witness, err));
    TRY(arena_copy(arena, line.ptr, line.len, &out->line, err));
done:
    return rc;
}

enum tally_code cosignatures_read(struct pg *pg, struct arena *arena, struct cosignature **out, size_t *count,
                                  struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct pg_rows *rows = NULL;
    struct pg_params params;
    pg_params_init(&params, arena);
    TRY(pg_exec(pg, &sql_ledger_cosignatures, &params, &rows, err));
    size_t there = (size_t) pg_rows_count(rows);
    struct cosignature *list = ARENA_ARRAY(arena, there + 1, struct cosignature);
    if (list == NULL)
        TRY(err_set(err, TALLY_E_NO_MEMORY, "no memory for %zu cosignatures", there));
    for (size_t i = 0; i < there; i++)
        TRY(row_take(rows, (int) i, arena, &list[i], err));
    *out = list;
    *count = there;
done:
    pg_rows_free(rows);
    return rc;
}

enum tally_code cosignatures_write(struct pg *pg, struct arena *arena, const struct cosignature *list, size_t count,
                                   struct err *err)
{
    struct pg_params params;
    struct slice *witnesses = ARENA_ARRAY(arena, count, struct slice);
    struct slice *lines = ARENA_ARRAY(arena, count, struct slice);
    bool *quorums = ARENA_ARRAY(arena, count, bool);
    int64_t *seconds = ARENA_ARRAY(arena, count, int64_t);
    ENSURE(count > 0);
    if (witnesses == NULL || lines == NULL || quorums == NULL || seconds == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory for %zu cosignatures", count);
    for (size_t i = 0; i < count; i++) {
        witnesses[i] = list[i].witness;
        lines[i] = list[i].line;
        quorums[i] = list[i].is_quorum;
        seconds[i] = (int64_t) list[i].seconds;
    }
    pg_params_init(&params, arena);
    pg_add_int8(&params, (int64_t) list[0].root.size);
    pg_add_bytea(&params, slice_of(list[0].root.root.bytes, DIGEST_LEN));
    pg_add_text_array(&params, witnesses, count);
    pg_add_bool_array(&params, quorums, count);
    pg_add_int8_array(&params, seconds, count);
    pg_add_text_array(&params, lines, count);
    return pg_exec(pg, &sql_ledger_put_cosignatures, &params, NULL, err);
}

enum tally_code cosignature_times(struct pg *pg, struct arena *arena, uint64_t size, struct instant *last, bool *has_next,
                                  struct instant *next, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct pg_rows *rows = NULL;
    struct pg_params params;
    pg_params_init(&params, arena);
    pg_add_int8(&params, (int64_t) size);
    TRY(pg_exec(pg, &sql_ledger_times_around, &params, &rows, err));
    if (pg_is_null(rows, 0, 0))
        TRY(err_set(err, TALLY_E_NOT_FOUND, "there are fewer than %" PRIu64 " entries", size));
    *last = pg_get_timestamptz(rows, 0, 0);
    *has_next = !pg_is_null(rows, 0, 1);
    if (*has_next)
        *next = pg_get_timestamptz(rows, 0, 1);
done:
    pg_rows_free(rows);
    return rc;
}
