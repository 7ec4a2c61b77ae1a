/* The gate: what a request's line and headers must be before anything else looks at them (architecture.md, last paragraph of
 * Dependencies). libmicrohttpd's parser is lenient; what it lets through that two readers could read in two ways ends here. Pure. */
#ifndef TALLY_SERVER_GATE_H
#define TALLY_SERVER_GATE_H

#include <stdbool.h>
#include <stdint.h>

#include "tally/http.h"

#define GATE_HEADERS_MAX 64        /* browsers send 20, proxies add a few */
#define GATE_HEADER_VALUE_MAX 8192 /* the longest that is wanted, a reader's token or a signature, has 3 KiB */

struct gate {
    struct arena *arena;
    struct http_headers *out;
    const struct refusal *refusal; /* the first found, or NULL */
    int count, hosts, lengths;
    bool has_transfer_encoding;
};

/* version as on the request line: "HTTP/1.1". target: raw bytes. */
void gate_begin(struct gate *gate, struct arena *arena, struct http_headers *out, struct slice version,
                struct slice target);
void gate_header(struct gate *gate, struct slice name, struct slice value);
/* The refusal, or NULL: the request may go on. Where it is not NULL the connection may not be used again. */
MUST_CHECK const struct refusal *gate_end(struct gate *gate);

#endif
