/* A receipt alone, without ledger or network. */
#ifndef TALLY_CLI_VERIFY_RECEIPT_H
#define TALLY_CLI_VERIFY_RECEIPT_H

#include "tally/receipt.h"
#include "verify_print.h"
#include "verify_trust.h"

struct verify_receipt_options {
    struct slice text; /* the receipt */
    const struct verify_trust *trust;
    const char *body; /* files with the statement that it is for, or NULL */
    const char *jws;
};

/* Prints what it proves, or what is wrong with it. TALLY_E_USAGE for a trusted key or a file that cannot be read. */
MUST_CHECK enum tally_code verify_receipt(const struct verify_receipt_options *options, struct verify_printer *printer,
                                          enum verify_status *status, struct err *err);

#endif
