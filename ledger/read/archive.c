#include "tally/archive.h"

#include <inttypes.h>

#include "queries.h"
#include "read_internal.h"
#include "tally/canon.h"

#define ARCHIVE_ARENA_MAX 65536 /* parameters, and line 1 */
#define ARCHIVE_HEAD_MAX 8192   /* line 1: names, and at most 53 hashes */

struct writer {
    struct slice origin, reader;
    uint64_t next;
    struct buf header, line;
    read_archive_fn fn;
    void *ctx;
};

static enum tally_code entry_line(void *ctx, const struct pg_rows *row, struct err *err)
{
    struct writer *w = ctx;
    struct read_entry entry;
    enum tally_code rc = read_row(row, 0, w->origin, &entry, err);
    if (rc != TALLY_OK)
        return rc;
    if (entry.header.seq != w->next)
        return err_set(err, TALLY_E_INTEGRITY, "entry %" PRIu64 " is missing in the database", w->next);
    buf_clear(&w->header);
    buf_clear(&w->line);
    entry_header_write(&entry.header, &w->header);
    struct archive_entry line = {.header = buf_slice(&w->header),
                                 .state = entry.has_body      ? ARCHIVE_BODY_PRESENT
                                          : entry.is_withheld ? ARCHIVE_BODY_WITHHELD
                                                              : ARCHIVE_BODY_ERASED,
                                 .jws = entry.jws,
                                 .body = entry.body};
    memcpy(line.nonce, entry.nonce, ENTRY_NONCE_LEN);
    archive_write_entry(&line, &w->line);
    rc = buf_check(&w->line, err);
    if (rc != TALLY_OK)
        return rc;
    w->next++;
    return w->fn(w->ctx, buf_slice(&w->line), err);
}

/* ---- the complete subtrees before `from`, left to right ---- */

MUST_CHECK static enum tally_code range_read(struct pg *pg, uint64_t from, struct arena *arena, struct buf *out,
                                             struct err *err)
{
    struct merkle_frontier frontier;
    struct canon w;
    enum tally_code rc = read_frontier(pg, from, arena, &frontier, err);
    if (rc != TALLY_OK)
        return rc;
    canon_init(&w, out);
    canon_array(&w);
    for (int height = MERKLE_HEIGHTS - 1; height >= 0; height--)
        if ((from >> height & 1) != 0)
            canon_hex(&w, frontier.nodes[height].bytes, DIGEST_LEN);
    canon_close(&w);
    return buf_check(out, err);
}

/* ---- the whole ---- */

MUST_CHECK static enum tally_code head_line(struct pg *pg, struct writer *w, struct slice vkey, uint64_t from,
                                            uint64_t size, struct arena *arena, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct buf range;
    buf_init(&range, ARCHIVE_HEAD_MAX);
    if (from > 0)
        TRY(range_read(pg, from, arena, &range, err));
    const struct archive_head head = {
        .origin = w->origin, .vkey = vkey, .from = from, .size = size, .range = buf_slice(&range)};
    archive_write_head(&head, &w->line);
    TRY(buf_check(&w->line, err));
    TRY(w->fn(w->ctx, buf_slice(&w->line), err));
done:
    buf_release(&range);
    return rc;
}

/* What is erased in this snapshot is said to be so in the archive. */
MUST_CHECK static enum tally_code check_erased(struct pg *pg, uint64_t size, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct pg_rows *rows = NULL;
    TRY(pg_exec(pg, &sql_ledger_newest_erasure, NULL, &rows, err));
    if (pg_get_int8(rows, 0, 0) >= (int64_t) size)
        rc = err_set(err, TALLY_E_CONFLICT, "entry %" PRId64 " erases a body, and the archive would end before it",
                     pg_get_int8(rows, 0, 0));
done:
    pg_rows_free(rows);
    return rc;
}

MUST_CHECK static enum tally_code stream(struct pg *pg, struct writer *w, struct slice vkey, uint64_t from, uint64_t size,
                                         struct arena *arena, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct read_head head;
    struct pg_params params;
    TRY(read_head(pg, &head, err));
    if (from >= size || size > head.seq + 1)
        TRY(err_set(err, TALLY_E_NOT_FOUND, "there are no entries %" PRIu64 " to %" PRIu64 ": the newest is %" PRIu64, from,
                    size - 1, head.seq));
    TRY(check_erased(pg, size, err));
    TRY(head_line(pg, w, vkey, from, size, arena, err));
    w->next = from;
    pg_params_init(&params, arena);
    pg_add_int8(&params, (int64_t) from);
    pg_add_int8(&params, (int64_t) size);
    add_reader_param(&params, w->reader);
    TRY(pg_stream(pg, &sql_ledger_archive, &params, entry_line, w, err));
    if (w->next != size)
        TRY(err_set(err, TALLY_E_INTEGRITY, "entry %" PRIu64 " is missing in the database", w->next));
done:
    return rc;
}

enum tally_code read_archive(struct pg *pg, struct slice origin, struct slice vkey, uint64_t from, uint64_t size,
                             struct slice reader, read_archive_fn fn, void *ctx, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct writer w = {.origin = origin, .reader = reader, .fn = fn, .ctx = ctx};
    struct arena *arena = arena_new(ARCHIVE_ARENA_MAX);
    buf_init(&w.header, ENTRY_HEADER_MAX);
    buf_init(&w.line, ARCHIVE_LINE_MAX);
    if (arena == NULL)
        TRY(err_set(err, TALLY_E_NO_MEMORY, "no memory for an archive"));
    TRY(pg_begin_snapshot(pg, err));
    TRY(stream(pg, &w, vkey, from, size, arena, err));
done:
    pg_rollback(pg);
    arena_free(arena);
    buf_release(&w.header);
    buf_release(&w.line);
    return rc;
}
