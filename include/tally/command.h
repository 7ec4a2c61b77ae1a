/* From the body of a statement to a typed command: strict JSON, the form of each type's body, key material, terms. A pure
 * function of the request: the service uses it on its workers, the auditor's program to replay. Any thread. */
#ifndef TALLY_COMMAND_H
#define TALLY_COMMAND_H

#include <stdint.h>

#include "tally/arena.h"
#include "tally/entry.h"
#include "tally/err.h"
#include "tally/model.h"
#include "tally/refusal.h"
#include "tally/slice.h"

#define COMMAND_ERRORS_MAX 20 /* places named in one refusal: more would be read by nobody */

/* Is a statement of this type one that the domain decides? */
bool command_is_decoded(enum entry_type type);

struct command_request {
    enum entry_type type;      /* of the statement; one that has a method and a path */
    struct slice target;       /* "/v1/results/12/verifications": its parameters are read from here */
    struct slice content_type; /* "application/json" and nothing else is read */
    struct slice body;         /* UTF-8 without U+0000, which the caller has checked */
    struct slice origin;       /* of the ledger: proofs of possession name it */
    struct slice actor, kid;   /* who signed; borrowed by the command */
    uint64_t head_seq;
};

/* *refusal is NULL and *out filled, or *refusal says what is wrong with pointers into the body; both in the arena (terms aside).
 * Checked here is all that the body alone decides: form, key material, that terms compile and are in their one layout. Any
 * return but TALLY_OK is ours. Call command_release when done with *out. */
MUST_CHECK enum tally_code command_decode(const struct command_request *request, struct arena *arena, struct command *out,
                                          struct refusal **refusal, struct err *err);
/* What an erasure is decided on that is not in its body: what the header of the entry says that it erases. What is left of the body, and
 * what its signature said, the caller sets: residue, kid, target, head_seq, and is_erased. False: bodies of this type stay. */
bool command_fill_erasure(struct command *command, enum entry_type type, struct slice author, bool open);
/* Frees the compiled terms of a proposal. Fine on a zeroed command, and twice. */
void command_release(struct command *command);

/* What the model is handed: SHA-256 of ledger/format. */
extern const struct model_ports command_model_ports;
/* What the body of entry 0 means for the domain: the first operator and its key, in the arena. TALLY_E_INTEGRITY when it names none. */
MUST_CHECK enum tally_code command_genesis(struct slice body, struct arena *arena, struct row_actor *actor,
                                           struct row_key *key, struct err *err);

#endif
