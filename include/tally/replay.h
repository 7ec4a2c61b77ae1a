/* Replay: what a ledger's entries mean, recomputed from them alone by the functions that the service decides with, and held against
 * what it recorded: every activation, finalisation, moment, list of instances and payment, and that each statement was one that the
 * ledger may take (formats.md, Archive; api/replay/README.md). No database, no clock. One thread at a time. */
#ifndef TALLY_REPLAY_H
#define TALLY_REPLAY_H

#include <stdint.h>

#include "tally/err.h"
#include "tally/slice.h"
#include "tally/verify.h"

#define REPLAY_TOLD_MAX 8 /* findings about one contract; what follows from the first ones is counted */

/* A contract that cannot be recomputed, since the body of entry `seq` is not there; told once, when it is known. */
typedef void (*replay_unchecked_fn)(void *ctx, struct slice contract, uint64_t seq);

struct replay_options {
    replay_unchecked_fn on_unchecked; /* may be NULL */
    void *ctx;
};

struct replay_report {
    uint64_t statements, moments; /* decided again, and accepted */
    uint64_t events;              /* entries of the service's own that are as recomputed */
    uint64_t more;                /* differences beyond REPLAY_TOLD_MAX, and what only follows from others: not told */
    uint64_t contracts;           /* proposed */
    uint64_t contracts_unchecked;
    uint64_t residues; /* statements whose bodies were erased: what is left of them is the ledger's word */
    uint64_t unseen;   /* entries that could not be followed: their bodies are not there, or what they name is not */
    bool is_ended;     /* before the archive's end: entries are missing, and what stands behind them depends on them */
    uint64_t end_seq;  /* the first that was not followed; valid when is_ended */
    size_t memory;     /* held by the state, in bytes */
};

struct replay;
MUST_CHECK enum tally_code replay_new(const struct replay_options *options, struct replay **out, struct err *err);
void replay_free(struct replay *replay); /* NULL is fine */
/* The body of a residue.kept of the archive: what is left of a body that was erased stands behind it, and whoever can read the archive
 * twice says it before the first entry. */
MUST_CHECK enum tally_code replay_residue(struct replay *replay, struct slice body, struct err *err);
/* A verify_follow_fn; ctx is the struct replay. */
MUST_CHECK enum tally_code replay_follow(void *ctx, struct verifier *verifier, const struct verify_entry *entry,
                                         struct err *err);
void replay_report(const struct replay *replay, struct replay_report *out);

#endif
