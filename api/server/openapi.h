/* The contract of the API, api/openapi.yaml: embedded as it is written, and as JSON made from it when the service starts. */
#ifndef TALLY_SERVER_OPENAPI_H
#define TALLY_SERVER_OPENAPI_H

#include "tally/arena.h"
#include "tally/buf.h"
#include "tally/err.h"
#include "tally/slice.h"

struct slice openapi_yaml(void); /* static */
/* The same as JSON, in the arena. */
MUST_CHECK enum tally_code openapi_json(struct arena *arena, struct slice *out, struct err *err);

/* Reads the part of YAML that openapi.yaml is written in and nothing else: block mappings and sequences by indentation of two
 * spaces, plain and double-quoted scalars on one line, flow sequences and mappings in JSON's own spelling or with plain scalars, and
 * comments on lines of their own. TALLY_E_MALFORMED names the line. */
MUST_CHECK enum tally_code yaml_to_json(struct slice yaml, struct buf *out, struct err *err);

#endif
