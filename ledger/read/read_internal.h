/* Shared inside ledger/read only. */
#ifndef TALLY_READ_INTERNAL_H
#define TALLY_READ_INTERNAL_H

#include "tally/read.h"

/* A row of ledger_entry, ledger_list* or ledger_archive. The slices are borrowed from rows and origin. */
MUST_CHECK enum tally_code read_row(const struct pg_rows *rows, int row, struct slice origin, struct read_entry *out,
                                    struct err *err);

#endif
