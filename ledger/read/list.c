#include "queries.h"
#include "read_internal.h"

static void add_moment(struct pg_params *params, bool has, struct instant moment)
{
    if (has)
        pg_add_timestamptz(params, moment);
    else
        pg_add_null(params);
}

static const struct pg_statement *statement_for(const struct read_filter *filter)
{
    if (filter->type.len > 0)
        return &sql_ledger_list_type;
    return filter->actor.len > 0 ? &sql_ledger_list_actor : &sql_ledger_list;
}

MUST_CHECK static enum tally_code write_items(const struct pg_rows *rows, struct slice origin, struct buf *out,
                                              struct err *err)
{
    int count = pg_rows_count(rows);
    buf_add_str(out, "{\"items\":[");
    for (int i = 0; i < count; i++) {
        struct read_entry entry;
        enum tally_code rc = read_row(rows, i, origin, &entry, err);
        if (i > 0)
            buf_add_char(out, ',');
        if (rc == TALLY_OK)
            rc = read_entry_json(&entry, out, err);
        if (rc != TALLY_OK)
            return rc;
    }
    bool has_more = count > 0 && pg_get_int8(rows, count - 1, 13) > count;
    buf_add_str(out, "],\"next\":");
    if (has_more)
        buf_printf(out, "\"%lld\"", (long long) pg_get_int8(rows, count - 1, 0));
    else
        buf_add_str(out, "null");
    buf_add_char(out, '}');
    return buf_check(out, err);
}

enum tally_code read_list(struct pg *pg, struct slice origin, const struct read_filter *filter, struct slice reader,
                          struct arena *arena, struct buf *out, struct err *err)
{
    struct pg_rows *rows = NULL;
    struct pg_params params;
    uint32_t limit = filter->limit == 0 ? READ_LIST_DEFAULT : filter->limit;
    ENSURE(limit <= READ_LIST_MAX);
    bool is_past = filter->has_after && filter->after >= ENTRY_SEQ_MAX;
    pg_params_init(&params, arena);
    pg_add_int8(&params, is_past ? (int64_t) ENTRY_SEQ_MAX : filter->has_after ? (int64_t) filter->after : -1);
    pg_add_text(&params, filter->type.len == 0 ? SLICE("") : filter->type);
    pg_add_text(&params, filter->actor.len == 0 ? SLICE("") : filter->actor);
    add_moment(&params, filter->has_from, filter->from);
    add_moment(&params, filter->has_to, filter->to);
    pg_add_int4(&params, (int32_t) limit);
    pg_add_int8(&params, READ_LIST_BYTES_MAX);
    add_reader_param(&params, reader);
    enum tally_code rc = pg_exec(pg, statement_for(filter), &params, &rows, err);
    if (rc == TALLY_OK)
        rc = write_items(rows, origin, out, err);
    pg_rows_free(rows);
    return rc;
}
