#include <limits.h>
#include <string.h>

#include "pg_internal.h"

/* PostgreSQL's numbers of its own types (pg_type.dat); an array names its elements' type. */
#define OID_BOOL 16
#define OID_BYTEA 17
#define OID_INT8 20
#define OID_INT4 23
#define OID_TEXT 25
#define OID_DATE 1082
#define OID_TIMESTAMPTZ 1184

#define PARAM_BYTES_MAX ((size_t) INT_MAX) /* libpq counts a value's bytes in an int */

void pg_params_init(struct pg_params *p, struct arena *arena)
{
    p->arena = arena;
    p->count = 0;
    p->failed = TALLY_OK;
}

/* The bytes live in the arena already; NULL is SQL's NULL. */
static void add(struct pg_params *p, const char *value, size_t len)
{
    ENSURE(p->count < PG_PARAMS_MAX);
    p->values[p->count] = value;
    p->lengths[p->count] = (int) len;
    p->formats[p->count] = 1;
    p->count++;
}

static void add_copy(struct pg_params *p, const void *ptr, size_t len)
{
    struct slice copy = {NULL, 0};
    enum tally_code rc = len > PARAM_BYTES_MAX ? TALLY_E_LIMIT : arena_copy(p->arena, ptr, len, &copy, NULL);
    if (rc != TALLY_OK && p->failed == TALLY_OK)
        p->failed = rc;
    add(p, copy.ptr, copy.len);
}

static unsigned char *put_be(unsigned char *out, uint64_t value, size_t len)
{
    for (size_t i = 0; i < len; i++)
        out[i] = (unsigned char) (value >> (8 * (len - 1 - i)));
    return out + len;
}

static void add_be(struct pg_params *p, uint64_t value, size_t len)
{
    unsigned char bytes[8];
    put_be(bytes, value, len);
    add_copy(p, bytes, len);
}

static uint64_t timestamptz_of(struct instant t)
{
    return (uint64_t) t.us - (uint64_t) PG_EPOCH_US;
}

static uint64_t date_of(int32_t day)
{
    return (uint64_t) (day == DAY_NEVER ? PG_DATE_INFINITY : (int64_t) day - PG_EPOCH_DAYS);
}

void pg_add_null(struct pg_params *p)
{
    add(p, NULL, 0);
}

void pg_add_bool(struct pg_params *p, bool value)
{
    add_be(p, value, 1);
}

void pg_add_int4(struct pg_params *p, int32_t value)
{
    add_be(p, (uint64_t) (int64_t) value, 4);
}

void pg_add_int8(struct pg_params *p, int64_t value)
{
    add_be(p, (uint64_t) value, 8);
}

void pg_add_text(struct pg_params *p, struct slice value)
{
    add_copy(p, value.ptr, value.len);
}

void pg_add_bytea(struct pg_params *p, struct slice value)
{
    add_copy(p, value.ptr, value.len);
}

void pg_add_timestamptz(struct pg_params *p, struct instant value)
{
    add_be(p, timestamptz_of(value), 8);
}

void pg_add_date(struct pg_params *p, int32_t day)
{
    add_be(p, date_of(day), 4);
}

/* ---- arrays ---- */

#define ARRAY_EMPTY 12  /* dimensions, has-null flag, element type */
#define ARRAY_HEADER 20 /* and for the one dimension its length and lower bound */

/* Begins an array of count elements whose bytes and lengths take size in all. Adds the parameter, and answers where
 * the first element goes; NULL when there is none, or no room. */
static unsigned char *array_begin(struct pg_params *p, unsigned oid, bool has_null, size_t count, size_t size)
{
    size_t header = count == 0 ? ARRAY_EMPTY : ARRAY_HEADER;
    unsigned char *bytes = NULL;
    if (count > PARAM_BYTES_MAX / 4 || size > PARAM_BYTES_MAX - header) {
        if (p->failed == TALLY_OK)
            p->failed = TALLY_E_LIMIT;
    } else {
        bytes = arena_alloc(p->arena, header + size);
        if (bytes == NULL && p->failed == TALLY_OK)
            p->failed = TALLY_E_NO_MEMORY;
    }
    add(p, (const char *) bytes, bytes == NULL ? 0 : header + size);
    if (bytes == NULL)
        return NULL;
    unsigned char *at = put_be(bytes, count == 0 ? 0 : 1, 4);
    at = put_be(at, has_null, 4);
    at = put_be(at, oid, 4);
    if (count == 0)
        return NULL;
    at = put_be(at, count, 4);
    return put_be(at, 1, 4);
}

static unsigned char *put_element(unsigned char *at, uint64_t value, size_t len)
{
    return put_be(put_be(at, len, 4), value, len);
}

/* Elements of len bytes each, which cannot be NULL. */
static unsigned char *fixed_begin(struct pg_params *p, unsigned oid, size_t count, size_t len)
{
    size_t size = count > PARAM_BYTES_MAX / 16 ? SIZE_MAX : count * (4 + len);
    return array_begin(p, oid, false, count, size);
}

void pg_add_bool_array(struct pg_params *p, const bool *values, size_t count)
{
    unsigned char *at = fixed_begin(p, OID_BOOL, count, 1);
    for (size_t i = 0; at != NULL && i < count; i++)
        at = put_element(at, values[i], 1);
}

void pg_add_int4_array(struct pg_params *p, const int32_t *values, size_t count)
{
    unsigned char *at = fixed_begin(p, OID_INT4, count, 4);
    for (size_t i = 0; at != NULL && i < count; i++)
        at = put_element(at, (uint64_t) (int64_t) values[i], 4);
}

void pg_add_int8_array(struct pg_params *p, const int64_t *values, size_t count)
{
    unsigned char *at = fixed_begin(p, OID_INT8, count, 8);
    for (size_t i = 0; at != NULL && i < count; i++)
        at = put_element(at, (uint64_t) values[i], 8);
}

void pg_add_timestamptz_array(struct pg_params *p, const struct instant *values, size_t count)
{
    unsigned char *at = fixed_begin(p, OID_TIMESTAMPTZ, count, 8);
    for (size_t i = 0; at != NULL && i < count; i++)
        at = put_element(at, timestamptz_of(values[i]), 8);
}

void pg_add_date_array(struct pg_params *p, const int32_t *values, size_t count)
{
    unsigned char *at = fixed_begin(p, OID_DATE, count, 4);
    for (size_t i = 0; at != NULL && i < count; i++)
        at = put_element(at, date_of(values[i]), 4);
}

/* What NULL is said to hold does not count. */
static size_t len_of(struct slice value)
{
    return value.ptr == NULL ? 0 : value.len;
}

static void add_slices(struct pg_params *p, unsigned oid, const struct slice *values, size_t count)
{
    bool has_null = false;
    size_t size = 0;
    for (size_t i = 0; i < count && size <= PARAM_BYTES_MAX; i++) {
        has_null = has_null || values[i].ptr == NULL;
        size += 4 + (len_of(values[i]) > PARAM_BYTES_MAX ? PARAM_BYTES_MAX : len_of(values[i]));
    }
    unsigned char *at = array_begin(p, oid, has_null, count, size);
    for (size_t i = 0; at != NULL && i < count; i++) {
        at = put_be(at, values[i].ptr == NULL ? UINT64_MAX : values[i].len, 4); /* NULL is the length -1 */
        if (values[i].ptr != NULL)
            memcpy(at, values[i].ptr, values[i].len);
        at += len_of(values[i]);
    }
}

void pg_add_text_array(struct pg_params *p, const struct slice *values, size_t count)
{
    add_slices(p, OID_TEXT, values, count);
}

void pg_add_bytea_array(struct pg_params *p, const struct slice *values, size_t count)
{
    add_slices(p, OID_BYTEA, values, count);
}
