/* A stream that packs what is written to it. */
#ifndef TALLY_CLI_GZIP_H
#define TALLY_CLI_GZIP_H

#include <stdio.h>

#include "tally/err.h"

/* What is written to *packed comes out of `out` as a gzip file, whole when *packed has been closed; fclose says whether it was written.
 * out is borrowed, and stays open. */
MUST_CHECK enum tally_code cli_gzip_open(FILE *out, FILE **packed, struct err *err);

#endif
