/* tally terms exposure, and the same of a contract in the ledger. */
#ifndef TALLY_TERMS_EXPOSURE_H
#define TALLY_TERMS_EXPOSURE_H

#include "cli.h"

MUST_CHECK enum tally_code cli_terms_exposure(struct cli *cli, struct err *err); /* the command */
/* What one party can owe and receive under a text that checks. */
MUST_CHECK enum tally_code cli_exposure_print(struct cli *cli, struct slice text, const char *party, struct err *err);

#endif
