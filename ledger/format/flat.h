/* A strict reader of flat JSON objects: strings of visible ASCII without escapes, and integers; each of the named
 * members exactly once, no other. For JOSE headers and tokens, where leniency is how signatures get forged. Private
 * to ledger/format. */
#ifndef TALLY_FORMAT_FLAT_H
#define TALLY_FORMAT_FLAT_H

#include <stdbool.h>
#include <stdint.h>

#include "tally/slice.h"

struct flat_member {
    const char *name;
    enum { FLAT_STRING, FLAT_INTEGER } kind;
    bool is_seen;
    struct slice text; /* borrowed from the input; set when seen and a string */
    int64_t integer;   /* |n| <= 2^53-1 */
};

/* NULL when right, otherwise what is wrong, as the end of a sentence that begins with "the header". White space as
 * JSON allows it, but nothing after the closing brace. Members that were read before the fault are filled. */
const char *flat_read(struct slice json, struct flat_member *members, size_t count);

#endif
