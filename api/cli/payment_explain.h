/* tally payment explain. */
#ifndef TALLY_PAYMENT_EXPLAIN_H
#define TALLY_PAYMENT_EXPLAIN_H

#include "cli.h"

/* Prints how the payment of argument 0 came to its amount. TALLY_E_MISMATCH: that is not what the ledger's entry names. */
MUST_CHECK enum tally_code payment_explain(struct cli *cli, struct err *err);

#endif
