/* What an erasure is decided on that is not in its body: the entry itself. */
#ifndef TALLY_SERVER_ERASURE_H
#define TALLY_SERVER_ERASURE_H

#include "tally/command.h"
#include "tallyd.h"

/* Reads the entry that the command erases, and makes what is left of its body. *refusal when there is no such entry. Any thread but the
 * loop's. */
MUST_CHECK enum tally_code erasure_fill(struct tallyd *tallyd, struct arena *arena, struct command *command,
                                        const struct refusal **refusal, struct err *err);

#endif
