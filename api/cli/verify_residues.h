/* What is left of erased bodies stands behind them in an archive: it is looked for before the archive is replayed. */
#ifndef TALLY_CLI_VERIFY_RESIDUES_H
#define TALLY_CLI_VERIFY_RESIDUES_H

#include "tally/replay.h"

/* Reads the archive at fd, of which `bytes` have been read, from its beginning, hands each body of residue.kept to the replay, and goes back
 * to where it was. Only for a file that can be read twice; lines that cannot be read are passed over: the verifier tells of them.
 * TALLY_E_IO, TALLY_E_NO_MEMORY. */
MUST_CHECK enum tally_code verify_residues_read(int fd, uint64_t bytes, struct replay *replay, struct err *err);

#endif
