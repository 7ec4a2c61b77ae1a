/* JSON strings of archive lines: read strictly, where they stand. Private to ledger/format. */
#ifndef TALLY_FORMAT_ARCHIVE_STRING_H
#define TALLY_FORMAT_ARCHIVE_STRING_H

#include "scan.h"
#include "tally/err.h"

/* A string with its quotes, in the one spelling that canon_quote gives it: UTF-8 without U+0000. What it says replaces it in the
 * text, which is never longer; the scan's bytes have to be writable. TALLY_E_MALFORMED leaves the cursor where it is. */
MUST_CHECK enum tally_code archive_take_string(struct scan *scan, struct slice *out);

#endif
