/* The one table of what is served: a row for each method and path. */
#ifndef TALLY_SERVER_ROUTES_H
#define TALLY_SERVER_ROUTES_H

#include "tally/entry.h"
#include "tally/http.h"
#include "tally/refusal.h"

struct tallyd;
struct reading;

enum route_runs {
    ROUTE_ON_LOOP,   /* answers at once from memory */
    ROUTE_ON_READER, /* waits for the database */
    ROUTE_ON_WORKER  /* verifies a signature */
};

enum route_who {
    ROUTE_ANYBODY, /* the same for everybody: nobody is asked who they are. A POST is text, and proves itself by what is in it */
    ROUTE_BY_READER, /* with a reader's token, what that actor may read; without one, what is open */
    ROUTE_SIGNED,
    ROUTE_TOKEN
};

struct route {
    enum http_method method; /* HTTP_GET serves HEAD too */
    const char *path;        /* {} stands for one segment of A-Za-z0-9._~- */
    enum route_runs runs;
    enum route_who who;
    size_t body_max;
    enum entry_type type; /* of a signed statement */
    void (*handle)(struct tallyd *tallyd, struct http_request *request);
    enum tally_code (*read)(struct reading *reading, struct err *err); /* for handle_read: what is read */
    const char *query;     /* names of the parameters that are known, separated by spaces */
    const char *operation; /* operationId in openapi.yaml */
    bool has_rest;         /* the last {} of the path stands for all the segments that are left */
};

extern const struct route routes[];
extern const size_t route_count;

#define ROUTE_PARAMS_MAX 4

/* The row for method and path (raw bytes, never decoded); fills params. Otherwise a refusal, 404 or 405; then allow (static
 * buffer of the caller, at least 32 bytes) says what is offered there. */
MUST_CHECK const struct refusal *route_find(enum http_method method, struct slice path, struct arena *arena,
                                            const struct route **out, struct slice params[ROUTE_PARAMS_MAX],
                                            char allow[32]);

#endif
