/* tally result submit FILE.csv: a table of results, as spreadsheets save it. */
#ifndef TALLY_CLI_RESULT_CSV_H
#define TALLY_CLI_RESULT_CSV_H

#include "cli.h"

/* The body of POST /v1/results from a table (RFC 4180; cells parted by the first of `,` `;` and a tab that its first line has; CRLF and a
 * byte order mark are fine). The first line names the columns: value; indicator and version, or contract and metric, where no option
 * gives them; every other column is a dimension, which a row with an empty cell has not. *out lies in the run's arena.
 * TALLY_E_MALFORMED with file and line; TALLY_E_USAGE for options that do not go with it. */
MUST_CHECK enum tally_code result_csv(struct cli *cli, const char *file, struct slice text, struct slice *out,
                                      struct err *err);
/* Is this the name of such a file? */
bool result_is_csv(const char *file);

#endif
