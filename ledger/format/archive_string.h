/* JSON strings of archive lines: read strictly. Private to ledger/format. */
#ifndef TALLY_FORMAT_ARCHIVE_STRING_H
#define TALLY_FORMAT_ARCHIVE_STRING_H

#include "scan.h"
#include "tally/arena.h"
#include "tally/err.h"

/* A string with its quotes, in the one spelling that canon_quote gives it, unescaped into the arena. UTF-8 without
 * U+0000. TALLY_E_MALFORMED, or TALLY_E_LIMIT when the arena has no room. */
MUST_CHECK enum tally_code archive_read_string(struct scan *scan, struct arena *arena, struct slice *out);

#endif
