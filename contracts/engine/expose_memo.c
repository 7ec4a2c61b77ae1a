/* What has been found at which binding: every define, aggregate, prior and rule is looked at once for each (D5). */
#include "expose.h"
#include "grow.h"

#define BUCKETS_FIRST (GROW_LITTLE ? 4u : 1024u)

/* The number of a binding: a member, or all of them, for each dimension of the shape. Several members become all. */
static uint64_t bind_shape(struct exposing *ex, const struct shape *shape)
{
    uint64_t cell = 0, cells = 1;
    for (uint32_t i = 0; i < shape->count; i++) {
        uint32_t dim = shape->dims[i], size = dimension_size(&ex->t->dimensions[dim]);
        if (!expose_is_one(ex, dim) || cells > UINT64_MAX / ((uint64_t) size + 1)) /* more than can be numbered */
            expose_bind_all(ex, dim);
        bool is_one = expose_is_one(ex, dim);
        if (cells > UINT64_MAX / ((uint64_t) size + 1))
            continue; /* not covered: more bindings than K4 allows */
        cell += cells * (is_one ? ex->low[dim] : size);
        cells *= (uint64_t) size + 1;
    }
    return cell;
}

static struct exposed **bucket_of(const struct exposing *ex, uint32_t memo, uint64_t cell)
{
    uint64_t h = (cell + 1) * UINT64_C(0x9E3779B97F4A7C15) ^ ((uint64_t) memo + 1) * UINT64_C(0xC2B2AE3D27D4EB4F);
    return &ex->buckets[(h ^ h >> 29) & (ex->bucket_count - 1)];
}

static struct exposed *find(const struct exposing *ex, uint32_t memo, uint64_t cell)
{
    struct exposed *e = *bucket_of(ex, memo, cell);
    while (e != NULL && (e->memo != memo || e->cell != cell))
        e = e->in_bucket;
    return e;
}

MUST_CHECK static bool set_buckets(struct exposing *ex, size_t count)
{
    struct exposed **buckets = ARENA_ARRAY(ex->arena, count, struct exposed *);
    if (buckets == NULL)
        return false;
    ex->buckets = buckets;
    ex->bucket_count = count;
    for (struct exposed *e = ex->all; e != NULL; e = e->next) {
        struct exposed **bucket = bucket_of(ex, e->memo, e->cell);
        e->in_bucket = *bucket;
        *bucket = e;
    }
    return true;
}

bool expose_memo_begin(struct exposing *ex)
{
    return set_buckets(ex, BUCKETS_FIRST);
}

static struct exposed *make(struct exposing *ex, uint32_t memo, uint64_t cell)
{
    if (ex->count == ex->bucket_count && !set_buckets(ex, ex->bucket_count * 2)) {
        ex->failed = true;
        return NULL;
    }
    struct exposed **bucket = bucket_of(ex, memo, cell), *e = ARENA_NEW(ex->arena, struct exposed);
    if (e == NULL) {
        ex->failed = true;
        return NULL;
    }
    *e = (struct exposed){.memo = memo, .cell = cell, .is_busy = true, .in_bucket = *bucket, .next = ex->all};
    range_init(&e->range);
    *bucket = ex->all = e;
    ex->count++;
    return e;
}

struct saved {
    uint32_t low[DIMENSIONS_MAX], high[DIMENSIONS_MAX];
};

static void save(const struct exposing *ex, const struct shape *shape, struct saved *saved)
{
    for (uint32_t i = 0; i < shape->count; i++) {
        saved->low[i] = ex->low[shape->dims[i]];
        saved->high[i] = ex->high[shape->dims[i]];
    }
}

static void restore(struct exposing *ex, const struct shape *shape, const struct saved *saved)
{
    for (uint32_t i = 0; i < shape->count; i++) {
        ex->low[shape->dims[i]] = saved->low[i];
        ex->high[shape->dims[i]] = saved->high[i];
    }
}

void expose_once(struct exposing *ex, uint32_t memo, const struct shape *shape, const struct type *type, expose_work *work,
                 const void *of, struct range *out)
{
    struct saved saved;
    save(ex, shape, &saved);
    uint64_t cell = bind_shape(ex, shape);
    struct exposed *e = find(ex, memo, cell);
    if (e != NULL && !e->is_busy) {
        range_set(out, &e->range);
    } else if (e != NULL || (e = make(ex, memo, cell)) == NULL) {
        expose_any(ex, type, out);
    } else {
        work(ex, of, &e->range);
        e->is_busy = false;
        range_set(out, &e->range);
    }
    restore(ex, shape, &saved);
}

bool expose_has(const struct exposing *ex, uint32_t memo, const struct shape *shape)
{
    uint64_t cell = 0, cells = 1;
    for (uint32_t i = 0; i < shape->count; i++) {
        uint32_t dim = shape->dims[i], size = dimension_size(&ex->t->dimensions[dim]);
        if (!expose_is_one(ex, dim) || cells > UINT64_MAX / ((uint64_t) size + 1))
            return false;
        cell += cells * ex->low[dim];
        cells *= (uint64_t) size + 1;
    }
    const struct exposed *e = find(ex, memo, cell);
    return e != NULL && !e->is_busy;
}
