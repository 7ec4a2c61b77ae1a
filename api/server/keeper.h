/* The record of published checkpoints on this host, DATA/checkpoints: what a start compares the database with, and the newest of them
 * for everybody. One line of JSON for each, as in an archive ({"checkpoint":"<note>"}), fsynced before it is shown.
 *
 * Beside it DATA/checkpoints.last, one such line, written over by each checkpoint that is signed: those of the batches since the last
 * one was published. It is not fsynced, since there are hundreds a second; a line that the host's crash has torn is left away. */
#ifndef TALLY_SERVER_KEEPER_H
#define TALLY_SERVER_KEEPER_H

#include "tally/append.h"

#define KEEPER_ROOTS_MAX 4096 /* then every second one of the older half goes: the newest vouches for all before it */

struct keeper;
/* Reads the record, if there is one, and holds each note to the ledger's key. An error for a line that is none of the ledger's; a last
 * line that was cut off while it was written is left away. */
MUST_CHECK enum tally_code keeper_new(const char *data, struct slice vkey, struct keeper **out, struct err *err);
void keeper_free(struct keeper *keeper); /* NULL is fine */
/* For the sequencer. */
const struct append_keeper *keeper_table(struct keeper *keeper);
/* The newest, NUL-ended; false: there is none yet. Any thread. */
bool keeper_newest(struct keeper *keeper, struct append_root *root, char note[CHECKPOINT_MAX]);

#endif
