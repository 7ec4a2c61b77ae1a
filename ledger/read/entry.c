#include <inttypes.h>

#include "queries.h"
#include "read_internal.h"
#include "tally/canon.h"
#include "tally/text.h"

MUST_CHECK static enum tally_code bytes_get(const struct pg_rows *rows, int row, int column, const char *what, void *out,
                                            size_t len, struct err *err)
{
    struct slice bytes = pg_get_bytes(rows, row, column);
    if (bytes.len != len)
        return err_set(err, TALLY_E_INTEGRITY, "%s of entry %" PRId64 " has %zu bytes, not %zu", what,
                       pg_get_int8(rows, row, 0), bytes.len, len);
    memcpy(out, bytes.ptr, len);
    return TALLY_OK;
}

/* The database's own checks can be switched off by its owner: what has another form can be put into no header. */
MUST_CHECK static enum tally_code check_form(const struct read_entry *entry, struct err *err)
{
    const struct entry_header *h = &entry->header;
    if (h->seq <= ENTRY_SEQ_MAX && text_is_id(h->actor) && text_is_id(h->type) &&
        (h->jti.len == 0 || text_is_jti(h->jti)) && h->time.us >= instant_of_day(DAY_MIN, 0).us &&
        h->time.us < instant_of_day(DAY_MAX, 0).us)
        return TALLY_OK;
    return err_set(err, TALLY_E_INTEGRITY, "the values stored for entry %" PRIu64 " are none that an entry can have",
                   h->seq);
}

enum tally_code read_row(const struct pg_rows *rows, int row, struct slice origin, struct read_entry *out, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct read_entry entry = {.header = {.seq = (uint64_t) pg_get_int8(rows, row, 0),
                                          .time = pg_get_timestamptz(rows, row, 1),
                                          .actor = pg_get_bytes(rows, row, 2),
                                          .type = pg_get_bytes(rows, row, 3),
                                          .jti = pg_get_bytes(rows, row, 4),
                                          .ledger = origin,
                                          .open = pg_get_bool(rows, row, 5)}};
    TRY(bytes_get(rows, row, 6, "prev", entry.header.prev.bytes, DIGEST_LEN, err));
    TRY(bytes_get(rows, row, 7, "the body's commitment", entry.header.body.bytes, DIGEST_LEN, err));
    TRY(bytes_get(rows, row, 8, "the hash", entry.hash.bytes, DIGEST_LEN, err));
    TRY(check_form(&entry, err));
    entry.is_withheld = pg_get_bool(rows, row, 12);
    entry.has_body = !entry.is_withheld && !pg_is_null(rows, row, 9);
    if (entry.has_body) {
        TRY(bytes_get(rows, row, 9, "the nonce", entry.nonce, ENTRY_NONCE_LEN, err));
        entry.jws = pg_get_bytes(rows, row, 10);
        entry.body = pg_get_bytes(rows, row, 11);
    }
    *out = entry;
done:
    return rc;
}

MUST_CHECK static enum tally_code copy(struct arena *arena, struct slice *slice, struct err *err)
{
    return arena_copy(arena, slice->ptr, slice->len, slice, err);
}

void add_reader_param(struct pg_params *params, struct slice reader)
{
    if (reader.len == 0)
        pg_add_null(params);
    else
        pg_add_text(params, reader);
}

MUST_CHECK static enum tally_code read_by(struct pg *pg, const struct pg_statement *statement,
                                          const struct pg_params *params, struct slice origin, uint64_t seq,
                                          struct arena *arena, struct read_entry *out, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct pg_rows *rows = NULL;
    struct read_entry entry;
    TRY(pg_exec(pg, statement, params, &rows, err));
    if (pg_rows_count(rows) == 0)
        TRY(err_set(err, TALLY_E_NOT_FOUND, "there is no entry %" PRIu64, seq));
    TRY(read_row(rows, 0, origin, &entry, err));
    TRY(copy(arena, &entry.header.actor, err));
    TRY(copy(arena, &entry.header.type, err));
    TRY(copy(arena, &entry.header.jti, err));
    TRY(copy(arena, &entry.jws, err));
    TRY(copy(arena, &entry.body, err));
    *out = entry;
done:
    pg_rows_free(rows);
    return rc;
}

enum tally_code read_entry(struct pg *pg, struct slice origin, uint64_t seq, struct slice reader, struct arena *arena,
                           struct read_entry *out, struct err *err)
{
    struct pg_params params;
    if (seq > ENTRY_SEQ_MAX)
        return err_set(err, TALLY_E_NOT_FOUND, "there is no entry %" PRIu64, seq);
    pg_params_init(&params, arena);
    pg_add_int8(&params, (int64_t) seq);
    add_reader_param(&params, reader);
    return read_by(pg, &sql_ledger_entry, &params, origin, seq, arena, out, err);
}

enum tally_code read_entry_whole(struct pg *pg, struct slice origin, uint64_t seq, struct arena *arena,
                                 struct read_entry *out, struct err *err)
{
    struct pg_params params;
    ENSURE(seq <= ENTRY_SEQ_MAX);
    pg_params_init(&params, arena);
    pg_add_int8(&params, (int64_t) seq);
    return read_by(pg, &sql_ledger_entry_whole, &params, origin, seq, arena, out, err);
}

enum tally_code read_entry_json(const struct read_entry *entry, struct buf *out, struct err *err)
{
    struct canon w;
    struct buf header;
    char time[INSTANT_TEXT_LEN + 1];
    buf_init(&header, ENTRY_HEADER_MAX);
    entry_header_write(&entry->header, &header);
    instant_format(entry->header.time, time);
    canon_init(&w, out);
    canon_object(&w);
    canon_name(&w, "actor");
    canon_string(&w, entry->header.actor);
    if (entry->has_body) {
        canon_name(&w, "body");
        canon_string(&w, entry->body);
    } else if (!entry->is_withheld) {
        canon_name(&w, "erased");
        canon_bool(&w, true);
    }
    canon_name(&w, "hash");
    canon_hex(&w, entry->hash.bytes, DIGEST_LEN);
    canon_name(&w, "header");
    canon_string(&w, buf_slice(&header));
    if (entry->has_body) {
        canon_name(&w, "jws");
        canon_string(&w, entry->jws);
        canon_name(&w, "nonce");
        canon_base64(&w, entry->nonce, ENTRY_NONCE_LEN);
    }
    canon_name(&w, "seq");
    canon_i64(&w, (int64_t) entry->header.seq);
    canon_name(&w, "time");
    canon_str(&w, time);
    canon_name(&w, "type");
    canon_string(&w, entry->header.type);
    if (entry->is_withheld) {
        canon_name(&w, "withheld");
        canon_bool(&w, true);
    }
    canon_close(&w);
    enum tally_code rc = buf_check(&header, err);
    buf_release(&header);
    return rc == TALLY_OK ? buf_check(out, err) : rc;
}

enum tally_code read_readable(struct pg *pg, const uint64_t *seqs, size_t count, struct slice reader, struct arena *arena,
                              bool *may, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct pg_rows *rows = NULL;
    struct pg_params params;
    int64_t *numbers = ARENA_ARRAY(arena, count, int64_t);
    if (numbers == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory to ask about %zu entries", count);
    for (size_t i = 0; i < count; i++) {
        numbers[i] = (int64_t) seqs[i];
        may[i] = false;
    }
    pg_params_init(&params, arena);
    pg_add_int8_array(&params, numbers, count);
    add_reader_param(&params, reader);
    TRY(pg_exec(pg, &sql_ledger_readable, &params, &rows, err));
    for (int row = 0; row < pg_rows_count(rows); row++)
        for (size_t i = 0; i < count; i++)
            may[i] = may[i] || numbers[i] == pg_get_int8(rows, row, 0);
done:
    pg_rows_free(rows);
    return rc;
}

enum tally_code read_head(struct pg *pg, struct read_head *out, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct pg_rows *rows = NULL;
    struct read_head head;
    TRY(pg_exec(pg, &sql_ledger_head, NULL, &rows, err));
    if (pg_rows_count(rows) == 0)
        TRY(err_set(err, TALLY_E_NOT_FOUND, "the ledger has no entry yet"));
    head.seq = (uint64_t) pg_get_int8(rows, 0, 0);
    head.time = pg_get_timestamptz(rows, 0, 2);
    TRY(bytes_get(rows, 0, 1, "the hash", head.hash.bytes, DIGEST_LEN, err));
    *out = head;
done:
    pg_rows_free(rows);
    return rc;
}
