/* JSON strings of archive lines: read strictly. Private to ledger/format. */
#ifndef TALLY_FORMAT_ARCHIVE_STRING_H
#define TALLY_FORMAT_ARCHIVE_STRING_H

#include "scan.h"
#include "tally/archive.h"
#include "tally/err.h"

/* A string with its quotes, in the one spelling that canon_quote gives it: UTF-8 without U+0000. What it says stands in the input, or,
 * where something is escaped, in the text at *to, which moves on: at most as far as the cursor, and with ARCHIVE_TEXT_SLACK bytes behind it
 * that may be written. TALLY_E_MALFORMED leaves both where they are. */
MUST_CHECK enum tally_code archive_read_string(struct scan *scan, char **to, struct slice *out);

#endif
