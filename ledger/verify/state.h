/* What the verifier knows after each line; private to ledger/verify. */
#ifndef TALLY_VERIFY_STATE_H
#define TALLY_VERIFY_STATE_H

#include "erased.h"
#include "feed.h"
#include "hash_list.h"
#include "job.h"
#include "jti_set.h"
#include "key_table.h"
#include "pool.h"
#include "roots.h"
#include "tally/verify.h"
#include "time_list.h"

#define ORIGIN_MAX 128
#define VKEY_MAX 256
#define VKEY_TYPE_LEDGER 1

/* A piece of text that outlives its line. */
struct kept {
    char text[VKEY_MAX];
    size_t len;
};

struct verifier {
    struct verify_options options;
    enum verify_level level; /* lowered where an archive does not begin at entry 0 */
    struct kept trusted;     /* the vkey given; empty: none */
    struct pool *pool;
    struct feed feed;
    struct arena *end_arena; /* for what is found at the end */
    struct verify_report report;
    bool is_damaged; /* the bytes of the archive ended before the archive did */
    char damage[256];

    uint64_t line; /* of the line under way, from 1 */
    bool has_head, has_entry, has_checkpoint;
    uint64_t from, size; /* as the first line announces them */
    struct kept head_vkey;

    uint64_t next_seq;
    uint64_t lost;      /* lines since the last entry that could not be read, and may have been entries */
    uint64_t missing;   /* entries left out so far, as the numbers of those that are there say */
    bool has_gap;       /* before the next entry */
    bool is_prev_known; /* the hash of entry next_seq - 1 */
    struct digest prev;
    struct instant time; /* of the last entry */
    struct instant now;  /* as options.clock last said */
    struct kept origin;  /* of the last entry; at first, of the first line */
    struct hash_list hashes;
    struct jti_set jtis;
    struct roots roots;     /* of the tree */
    struct time_list times; /* with a policy */
    bool is_tree_known;     /* every entry so far was there */
    size_t next_anchor;
    bool *is_anchor_right; /* of each that was compared: the archive continues it */
    bool has_note_key;
    struct note_key note_key; /* the trusted one, or as long as none is given the one that the first line names */

    struct key_table keys;
    struct erased_list erased;
    bool has_ledger_key;
    struct key_kid ledger_kid;
    struct kept operator_id;
};

void kept_set(struct kept *kept, struct slice s); /* cut at VKEY_MAX */
struct slice kept_slice(const struct kept *kept);

#define CHECK_JTI_TEXT "its actor and jti are those of entry %" PRIu64 /* the one before */

/* An entry's line: its place in the chain, its form, its body; plans the job. */
MUST_CHECK enum tally_code check_entry(struct verifier *verifier, struct job *job, struct err *err);
/* What the author signed, against the entry and all entries before it. *target is what it was sent to (in the job's
 * arena), empty when it cannot be read. */
MUST_CHECK enum tally_code check_statement(struct verifier *verifier, struct job *job, const struct entry_header *header,
                                           enum entry_type type, struct slice *target, struct err *err);
/* A body that changes keys: checks it, and from the next entry on it counts. */
MUST_CHECK enum tally_code check_key_change(struct verifier *verifier, struct job *job, const struct entry_header *header,
                                            enum entry_type type, struct slice target, struct err *err);
bool changes_keys(enum entry_type type);
/* An entry whose body is erased; a body.erased; at the end, those that nobody has spoken of. */
MUST_CHECK enum tally_code check_erased(struct verifier *verifier, struct job *job, const struct entry_header *header,
                                        struct err *err);
MUST_CHECK enum tally_code check_erasure(struct verifier *verifier, struct job *job, const struct entry_header *header,
                                         struct err *err);
void check_erased_end(struct verifier *verifier);

/* The tree begins behind the range of the first line; every entry that was there goes on; checkpoints are held to it. */
MUST_CHECK enum tally_code check_range(struct verifier *verifier, struct job *job, const struct archive_head *head,
                                       struct err *err);
MUST_CHECK enum tally_code check_leaf(struct verifier *verifier, struct job *job, const struct digest *leaf,
                                      struct err *err);
MUST_CHECK enum tally_code check_checkpoint(struct verifier *verifier, struct job *job, struct slice note, struct err *err);
MUST_CHECK enum tally_code check_anchors_end(struct verifier *verifier, struct job *job, struct err *err);
/* Who has cosigned a checkpoint of this size, whose root is right; an anchor that the archive continues, and, when all entries are
 * there, when it was cosigned. */
MUST_CHECK enum tally_code check_cosignatures(struct verifier *verifier, struct job *job, uint64_t size,
                                              const struct note *note, struct err *err);
void check_anchor_witnesses(struct verifier *verifier, const struct verify_anchor *anchor);
MUST_CHECK enum tally_code check_anchor_times(struct verifier *verifier, struct job *job,
                                              const struct verify_anchor *anchor, struct err *err);

#endif
