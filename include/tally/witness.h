/* What is asked of a witness, and what it says to it (C2SP tlog-witness; formats.md, Receipts, tiles, witnesses). Pure; any thread. */
#ifndef TALLY_WITNESS_H
#define TALLY_WITNESS_H

#include "tally/merkle.h"
#include "tally/note.h"

#define WITNESS_REQUEST_MAX (NOTE_MAX + MERKLE_PROOF_MAX * 45 + 32) /* a note, 63 hashes in base64, the first line */
#define WITNESS_SIZE_TYPE "text/x.tlog.size"                        /* of an answer that is a size */

/* old <size>, the consistency proof one hash a line, an empty line, the checkpoint. */
struct witness_request {
    uint64_t old; /* of the tree that the proof begins with */
    struct digest proof[MERKLE_PROOF_MAX];
    size_t proof_count;
    struct slice note; /* whole */
};
void witness_request_write(const struct witness_request *request, struct buf *out);
/* note is borrowed from bytes. Any other spelling is TALLY_E_MALFORMED. */
MUST_CHECK enum tally_code witness_request_read(struct slice bytes, struct witness_request *out, struct err *err);

/* What a witness has cosigned last of a log; size 0: nothing. */
struct witness_state {
    uint64_t size;
    struct digest root;
};

enum witness_verdict {
    WITNESS_COSIGNS,      /* 200, once it is stored */
    WITNESS_NO_REQUEST,   /* 400: not in form, or old is more than the checkpoint's size */
    WITNESS_NOT_SIGNED,   /* 403: by no key that is trusted for this log, or badly */
    WITNESS_OTHER_SIZE,   /* 409: old is not the size that was cosigned last; the answer is that size */
    WITNESS_FORKED,       /* 409: the same size with another root, signed by the log: proof that it shows two histories */
    WITNESS_NOT_CONTINUED /* 422: the proof does not lead from what was cosigned to this checkpoint */
};
/* The status of the answer. */
int witness_status(enum witness_verdict verdict);
/* log is the trusted key of the origin that the note names. Detail for people in err. */
MUST_CHECK enum witness_verdict witness_judge(const struct witness_state *state, const struct note_key *log,
                                              const struct witness_request *request, struct checkpoint *out,
                                              struct err *err);

#endif
