/* The query of a GET: name=value pairs, percent-decoded, each name known and given once. */
#ifndef TALLY_SERVER_QUERY_H
#define TALLY_SERVER_QUERY_H

#include <stdbool.h>
#include <stdint.h>

#include "tally/arena.h"
#include "tally/instant.h"
#include "tally/refusal.h"
#include "tally/slice.h"

#define QUERY_MAX 8 /* no route knows more */

struct query {
    int count;
    struct {
        struct slice name, value;
    } items[QUERY_MAX];
};

/* known: names separated by spaces, NULL for none. The refusal, or NULL. */
MUST_CHECK const struct refusal *query_read(struct slice raw, const char *known, struct arena *arena, struct query *out);
struct slice query_text(const struct query *query, const char *name); /* empty without */
/* false: it is not there, and *out stays. A value that is not what it should be sets *refusal. */
bool query_u64(const struct query *query, const char *name, uint64_t least, uint64_t most, uint64_t *out,
               struct arena *arena, const struct refusal **refusal);
bool query_instant(const struct query *query, const char *name, struct instant *out, struct arena *arena,
                   const struct refusal **refusal);

#endif
