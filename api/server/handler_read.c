#include "handlers.h"
#include "routes.h"
#include "tally/problem.h"

MUST_CHECK static enum tally_code read_with(struct reading *r, const struct route *route, const struct reader *reader,
                                            struct err *err)
{
    struct pgpool *pool = r->tallyd->reads;
    enum tally_code rc = pgpool_take(pool, &r->pg, err);
    if (rc != TALLY_OK)
        return rc;
    rc = reader_check(reader, r->pg, r->request->arena, &r->refusal, err);
    if (rc == TALLY_OK && r->refusal == NULL)
        rc = route->read(r, err);
    pgpool_give(pool, r->pg);
    r->pg = NULL;
    return rc;
}

/* What a failed reading is to its reader. */
static const struct refusal *refusal_of(const struct reading *r, const struct err *err)
{
    struct arena *arena = r->request->arena;
    if (err->code == TALLY_E_MALFORMED)
        return refusal_new(arena, REFUSE_REQUEST_MALFORMED, "%s", err->detail);
    if (err->code == TALLY_E_LIMIT)
        return refusal_new(arena, REFUSE_EVALUATION_LIMIT,
                           "the answer would be too large: %s; of a list, ask for less with limit", err->detail);
    return problem_of_error("read.failed", err);
}

/* *refusal when the token is not valid. */
MUST_CHECK static enum tally_code find_reader(struct reading *r, const struct route *route, struct reader *reader,
                                              const struct refusal **refusal, struct err *err)
{
    if (route->who != ROUTE_BY_READER)
        return TALLY_OK;
    reader_mark(r->request);
    enum tally_code rc = reader_find(r->tallyd, r->request, reader, refusal, err);
    r->reader = reader->actor;
    if (r->reader.len > 0)
        r->cache_control = "private, no-cache";
    return rc;
}

void handle_read(struct tallyd *tallyd, struct http_request *request)
{
    static const struct refusal no_memory = {.code = REFUSE_INTERNAL};
    const struct route *route = request->route;
    struct err err = {0};
    struct reader reader = {0};
    struct reading r = {.tallyd = tallyd,
                        .request = request,
                        .out = &request->answer.text,
                        .content_type = "application/json",
                        .cache_control = "no-cache"};
    const struct refusal *refusal = query_read(request->query, route->query, request->arena, &r.query);
    enum tally_code rc = refusal == NULL ? find_reader(&r, route, &reader, &refusal, &err) : TALLY_OK;
    if (refusal == NULL) {
        if (rc == TALLY_OK)
            rc = read_with(&r, route, &reader, &err);
        if (rc == TALLY_E_UNAVAILABLE) { /* a connection may have died unnoticed since it was used last */
            buf_clear(r.out);
            rc = read_with(&r, route, &reader, &err);
        }
        if (rc == TALLY_OK && r.refusal == NULL)
            rc = buf_check(r.out, &err);
        err.code = rc;
        refusal = rc != TALLY_OK ? refusal_of(&r, &err) : r.refusal;
        if (rc != TALLY_OK && refusal == NULL)
            refusal = &no_memory;
    }
    if (refusal != NULL)
        http_refuse(request, refusal);
    else
        answer_resource_for(request, r.content_type, r.cache_control);
}
