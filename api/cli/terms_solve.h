/* tally terms solve: a set of equations from a file. */
#ifndef TALLY_CLI_TERMS_SOLVE_H
#define TALLY_CLI_TERMS_SOLVE_H

#include "cli.h"

MUST_CHECK enum tally_code cli_terms_solve(struct cli *cli, struct err *err);

#endif
