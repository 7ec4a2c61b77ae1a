#include "pg_internal.h"
#include "tally/mem.h"
#include "tally/text.h"

void pg_rows_free(struct pg_rows *rows)
{
    if (rows == NULL)
        return;
    PQclear(rows->result);
    mem_free(rows);
}

int pg_rows_count(const struct pg_rows *rows)
{
    return PQntuples(rows->result);
}

int64_t pg_rows_affected(const struct pg_rows *rows)
{
    uint64_t count = 0;
    /* empty for statements that touch no rows, which leaves the 0 */
    if (text_u64(slice_str(PQcmdTuples(rows->result)), INT64_MAX, &count) != TALLY_OK)
        return 0;
    return (int64_t) count;
}

bool pg_is_null(const struct pg_rows *rows, int row, int column)
{
    ENSURE(row >= 0 && row < PQntuples(rows->result) && column >= 0 && column < PQnfields(rows->result));
    return PQgetisnull(rows->result, row, column) == 1;
}

/* The bytes of a value with that many of them, as a number. */
static uint64_t get_be(const struct pg_rows *rows, int row, int column, int len)
{
    ENSURE(!pg_is_null(rows, row, column));
    ENSURE(PQfformat(rows->result, column) == 1 && PQgetlength(rows->result, row, column) == len);
    const unsigned char *bytes = (const unsigned char *) PQgetvalue(rows->result, row, column);
    uint64_t value = 0;
    for (int i = 0; i < len; i++)
        value = value << 8 | bytes[i];
    return value;
}

bool pg_get_bool(const struct pg_rows *rows, int row, int column)
{
    return get_be(rows, row, column, 1) != 0;
}

int32_t pg_get_int4(const struct pg_rows *rows, int row, int column)
{
    return (int32_t) (uint32_t) get_be(rows, row, column, 4);
}

int64_t pg_get_int8(const struct pg_rows *rows, int row, int column)
{
    return (int64_t) get_be(rows, row, column, 8);
}

struct slice pg_get_bytes(const struct pg_rows *rows, int row, int column)
{
    if (pg_is_null(rows, row, column))
        return (struct slice){NULL, 0};
    return slice_of(PQgetvalue(rows->result, row, column), (size_t) PQgetlength(rows->result, row, column));
}

struct instant pg_get_timestamptz(const struct pg_rows *rows, int row, int column)
{
    struct instant t;
    /* 'infinity' stays the last of all moments */
    if (__builtin_add_overflow((int64_t) get_be(rows, row, column, 8), PG_EPOCH_US, &t.us))
        t.us = INT64_MAX;
    return t;
}

int32_t pg_get_date(const struct pg_rows *rows, int row, int column)
{
    int32_t date = (int32_t) (uint32_t) get_be(rows, row, column, 4);
    int32_t day;
    if (date == PG_DATE_INFINITY || __builtin_add_overflow(date, PG_EPOCH_DAYS, &day))
        return DAY_NEVER;
    return day;
}
