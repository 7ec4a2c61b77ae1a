/* What a witness remembers, on disk: its key, and for each log the newest checkpoint that it has cosigned. A witness that forgets cosigns
 * forks, so nothing is answered before it is durable, and nothing starts on what cannot be read. One thread.
 *
 *   DIR/witness.pem   the key (0600)            DIR/vkey     its verifier key, one line
 *   DIR/lock          held while it runs        DIR/listen   where it listens, for programs
 *   DIR/<sha256 of the origin>.note             the newest checkpoint, signed by the log and by the witness
 *   DIR/<sha256 of the origin>.forked           two checkpoints of one size that the log signed, as lines of an archive
 */
#ifndef TALLY_CLI_WITNESS_STATE_H
#define TALLY_CLI_WITNESS_STATE_H

#include "tally/witness.h"

#define WITNESS_LOGS_MAX 256 /* each costs a file, a kilobyte, and a signature a second */
#define WITNESS_PATH_MAX 1024
#define WITNESS_LINE_MAX 320 /* a cosignature: a name of 128 bytes, 76 bytes in base64 */
#define WITNESS_SLACK_S 120  /* as far as a clock may be off (formats.md, Archive) */

struct witness_log {
    struct note_key key;
    struct witness_state state;
    uint64_t seconds;            /* when that was cosigned last, */
    char line[WITNESS_LINE_MAX]; /* and how; NUL-ended, "" while nothing was */
    int64_t told_us;             /* when trouble with it was logged last; 0: never */
    int64_t fork_told_us;        /* and when a fork was */
    char path[WITNESS_PATH_MAX], forked_path[WITNESS_PATH_MAX];
};

struct witness {
    char dir[WITNESS_PATH_MAX];
    int lock_fd;
    struct key_pair *pair;
    struct key_public public_key;
    char vkey[256];      /* NUL-ended */
    struct note_key key; /* its own */
    struct witness_log logs[WITNESS_LOGS_MAX];
    size_t log_count;
};

/* Makes DIR (0700) with a new key of this name. TALLY_E_CONFLICT when there is one. */
MUST_CHECK enum tally_code witness_create(const char *dir, struct slice name, struct err *err);
/* Reads its identity. lock: nobody else runs it meanwhile (TALLY_E_CONFLICT). witness is zeroed; release it also after a failure. */
MUST_CHECK enum tally_code witness_open(const char *dir, bool lock, struct witness *witness, struct err *err);
/* A log whose checkpoints it cosigns, by its verifier key, with what was cosigned of it. */
MUST_CHECK enum tally_code witness_log_add(struct witness *witness, struct slice vkey, struct err *err);
void witness_release(struct witness *witness);

/* The log of this origin, or NULL. */
struct witness_log *witness_log_find(struct witness *witness, struct slice origin);
/* Cosigns what witness_judge has found right: line gets the cosignature, once it is durable that it was given. In one second a tree is
 * cosigned once, whoever asks how often; and no cosignature is dated before the one before it, unless the clock was far wrong then. */
MUST_CHECK enum tally_code witness_cosign(struct witness *witness, struct witness_log *log,
                                          const struct checkpoint *checkpoint, struct slice note, uint64_t seconds,
                                          struct buf *line, struct err *err);
/* Keeps the proof that a log shows two histories: its checkpoint, and the one of the same size that was cosigned. */
MUST_CHECK enum tally_code witness_keep_fork(const struct witness_log *log, struct slice note, struct err *err);

#endif
