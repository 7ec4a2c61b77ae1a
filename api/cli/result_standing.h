/* The commands of `tally result` that change how a result stands. */
#ifndef TALLY_CLI_RESULT_STANDING_H
#define TALLY_CLI_RESULT_STANDING_H

#include "cli.h"
#include "tally/canon.h"

/* --item N ..., in order, in the arena. */
MUST_CHECK enum tally_code result_items(struct cli *cli, uint64_t **items, size_t *count, struct err *err);
/* "items":[...]; nothing where there are none. */
void result_items_write(struct canon *w, const uint64_t *items, size_t count);

MUST_CHECK enum tally_code result_restate(struct cli *cli, struct err *err);
MUST_CHECK enum tally_code result_withdraw(struct cli *cli, struct err *err);
MUST_CHECK enum tally_code result_dispute(struct cli *cli, struct err *err);
MUST_CHECK enum tally_code result_resolve(struct cli *cli, struct err *err);
MUST_CHECK enum tally_code result_disputes(struct cli *cli, struct err *err);
MUST_CHECK enum tally_code result_show_dispute(struct cli *cli, struct err *err);

#endif
