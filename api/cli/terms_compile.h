/* The text that a command of `tally terms` works on. */
#ifndef TALLY_CLI_TERMS_COMPILE_H
#define TALLY_CLI_TERMS_COMPILE_H

#include "cli.h"
#include "tally/terms.h"

/* Reads and compiles a file; *text (NULL: nobody asks) is in the run's arena. What is wrong with it goes to standard error, and err then says
 * nothing more. The caller frees *out. */
MUST_CHECK enum tally_code terms_compile_file(struct cli *cli, const char *file, struct slice *text, struct terms **out,
                                              struct err *err);

#endif
