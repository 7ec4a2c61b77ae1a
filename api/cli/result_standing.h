/* The commands of `tally result` that change how a result stands. */
#ifndef TALLY_CLI_RESULT_STANDING_H
#define TALLY_CLI_RESULT_STANDING_H

#include "cli.h"

/* --item N ..., each once and in order, in the arena. */
MUST_CHECK enum tally_code result_items(struct cli *cli, uint64_t **items, size_t *count, struct err *err);

MUST_CHECK enum tally_code result_restate(struct cli *cli, struct err *err);
MUST_CHECK enum tally_code result_withdraw(struct cli *cli, struct err *err);
MUST_CHECK enum tally_code result_dispute(struct cli *cli, struct err *err);
MUST_CHECK enum tally_code result_resolve(struct cli *cli, struct err *err);
MUST_CHECK enum tally_code result_disputes(struct cli *cli, struct err *err);
MUST_CHECK enum tally_code result_show_dispute(struct cli *cli, struct err *err);

#endif
