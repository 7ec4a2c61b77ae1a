/* One line under way: what it says, what is left to compute about it, and what was found. Private to ledger/verify. */
#ifndef TALLY_VERIFY_JOB_H
#define TALLY_VERIFY_JOB_H

#include <stdint.h>

#include "jti_set.h"
#include "tally/arena.h"
#include "tally/refusal.h"
#include "tally/statement.h"
#include "tally/verify.h"

struct job_finding {
    struct finding finding;
    struct job_finding *next;
};

/* What is the same for all lines. */
struct job_common {
    enum verify_level level;
    struct digest_key jti_key;
};

struct job {
    struct arena *arena; /* the block's */
    uint64_t seq;
    struct job_finding *first, **last; /* in the order found */
    enum tally_code failed;            /* ours: memory, libcrypto */
    bool is_signed_right;

    /* 1. any thread, the line alone: job_read */
    enum tally_code read;   /* TALLY_E_MALFORMED: `wrong` says why */
    const char *wrong;      /* with the line, or with its header; in the arena */
    bool has_header;        /* the line is an entry, and its header is in order */
    bool is_body_committed; /* to by the header */
    bool has_type;
    bool is_statement_read;
    struct refusal *refusal; /* of the statement, which has not been read then */

    /* 2. in order, with what the lines before say: a statement's key */
    bool is_entry, has_gap; /* it has a place; entries before it are missing */
    bool has_body, has_statement, has_proof;
    const struct key_verifier *key;

    /* not cleared: valid as said above */
    enum entry_type type; /* ENTRY_TYPE_COUNT behind step 2: it does not exist, or the entry does not have its form */
    struct archive_line line;
    struct entry_header header;
    struct digest hash; /* of the header */
    struct jti_id jti;  /* when the header has one */
    struct statement statement;
    /* a new key's proof of possession */
    struct key_public proof_key;
    struct slice proof_origin, proof_actor, proof_pop;
};

/* Reads the line, which is borrowed from then on, and hashes it; unescaped is of line.len + ARCHIVE_TEXT_SLACK bytes. Any thread. */
void job_read(struct job *job, const struct job_common *common, struct arena *arena, struct slice line, char *unescaped);
/* For what is no line. */
void job_begin(struct job *job, struct arena *arena, uint64_t seq);
void job_found(struct job *job, enum finding_code code, uint64_t seq, const char *fmt, ...) PRINTF_LIKE(4, 5);
/* Whoever made the archive chose the names in a finding: they must not move the cursor of a terminal, nor end in half a character
 * where a detail is cut. */
void finding_make_plain(struct finding *finding);
bool job_has_signatures(const struct job *job);
/* 3. signatures; any thread. */
void job_run(struct job *job);

#endif
