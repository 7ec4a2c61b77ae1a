/* Trust policies (C2SP tlog-policy): which logs, which witnesses, and how many of them have to have cosigned a checkpoint. Pure; any
 * thread once parsed. */
#ifndef TALLY_POLICY_H
#define TALLY_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "tally/arena.h"
#include "tally/note.h"

#define POLICY_MAX (64u << 10)                         /* bytes: every line that the limits below allow, with comments */
#define POLICY_LOGS_MAX 32                             /* what tlog-policy asks of everybody */
#define POLICY_WITNESSES_MAX (NOTE_SIGNATURES_MAX - 1) /* as many as a note has room for beside its ledger's signature */
#define POLICY_GROUPS_MAX 64                           /* twice what tlog-policy asks; members are bits of a word */
#define POLICY_NAME_MAX 128                            /* of a witness or a group: as long as a key's name */
#define POLICY_URL_MAX 1024 /* leaves room for /add-checkpoint in every HTTP implementation's request line */

struct policy_log {
    struct slice vkey, url; /* url may be empty */
    struct note_key key;
    struct key_public public_key;
};

struct policy_witness {
    struct slice name, vkey, url; /* name: in this file only; the key has the one that signs */
    struct note_key key;
    struct key_public public_key;
};

struct policy_group {
    struct slice name;
    unsigned threshold;         /* so many of its members */
    uint64_t witnesses, groups; /* bit n: the n-th is a member */
};

enum policy_quorum { POLICY_QUORUM_NONE, POLICY_QUORUM_WITNESS, POLICY_QUORUM_GROUP };

struct policy {
    struct policy_log logs[POLICY_LOGS_MAX];
    size_t log_count;
    struct policy_witness witnesses[POLICY_WITNESSES_MAX];
    size_t witness_count;
    struct policy_group groups[POLICY_GROUPS_MAX];
    size_t group_count;
    enum policy_quorum quorum;
    size_t quorum_at; /* the number of that witness or group */
};

/* Slices are borrowed from text. TALLY_E_MALFORMED says "line 7: ..."; the same key twice, for a log and a witness too, is refused: who
 * signs for the ledger is nobody's witness. */
MUST_CHECK enum tally_code policy_read(struct slice text, struct policy *out, struct err *err);
void policy_release(struct policy *policy); /* fine on a zeroed one */

/* The log whose key has this name, or NULL. */
const struct policy_log *policy_log_find(const struct policy *policy, struct slice origin);
/* Whether any witness is asked for. */
bool policy_has_quorum(const struct policy *policy);
/* Whether these witnesses (bit n: the n-th has cosigned) are enough. */
bool policy_is_met(const struct policy *policy, uint64_t witnesses);

struct policy_seen {
    uint64_t witnesses;                     /* bit n: the n-th has cosigned */
    uint64_t seconds[POLICY_WITNESSES_MAX]; /* when, since 1970 */
};
/* Who has cosigned a note. Signatures of others are ignored; one that names a witness and does not verify is TALLY_E_SIGNATURE, and the
 * whole note worth nothing. */
MUST_CHECK enum tally_code policy_look(const struct policy *policy, const struct note *note, struct policy_seen *out,
                                       struct err *err);

#endif
