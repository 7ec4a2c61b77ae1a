/* One line under way: what is left to compute about it, and what was found. Private to ledger/verify. */
#ifndef TALLY_VERIFY_JOB_H
#define TALLY_VERIFY_JOB_H

#include <stdint.h>

#include "tally/arena.h"
#include "tally/statement.h"
#include "tally/verify.h"

struct job_finding {
    struct finding finding;
    struct job_finding *next;
};

struct job {
    struct arena *arena; /* everything that this line needs lives here */
    uint64_t seq;
    size_t bytes;

    /* the body against the header's commitment */
    bool has_body;
    struct digest commitment;
    struct archive_entry entry;
    /* the statement's signature */
    bool has_statement;
    struct statement statement;
    const struct key_verifier *key;
    /* a new key's proof of possession */
    bool has_proof;
    struct key_public proof_key;
    struct slice proof_origin, proof_actor, proof_pop;

    /* for whoever follows the entries */
    bool is_entry, has_gap;
    struct entry_header header;
    enum entry_type type;
    struct digest hash;

    struct job_finding *first, **last; /* in the order found */
    bool is_body_right, is_signed_right;
    enum tally_code failed; /* ours: memory, libcrypto */
    bool is_done;           /* under the pool's lock */
};

void job_begin(struct job *job, uint64_t seq);
void job_found(struct job *job, enum finding_code code, uint64_t seq, const char *fmt, ...) PRINTF_LIKE(4, 5);
/* Whoever made the archive chose the names in a finding: they must not move the cursor of a terminal, nor end in half a character
 * where a detail is cut. */
void finding_make_plain(struct finding *finding);
/* Hashes and signatures; any thread. */
void job_run(struct job *job);

#endif
