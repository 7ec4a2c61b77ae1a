/* The verifier's library: chain and signatures of a stream of entries, without trusting whoever sent them.
 * No database, no HTTP, no JSON library: the caller decodes the four bodies that change keys and hands them in. */
#ifndef TALLY_VERIFY_H
#define TALLY_VERIFY_H

#include <stdint.h>

#include "tally/archive.h"
#include "tally/entry.h"
#include "tally/err.h"
#include "tally/key.h"
#include "tally/merkle.h"
#include "tally/note.h"
#include "tally/policy.h"

#define VERIFY_COSIGNATURE_SLACK_S 120 /* between a witness's clock and the ledger's (formats.md, Archive) */
#define VERIFY_CLOCK_SLACK_S 300       /* between the ledger's clock and this one's: as much as a signer's may differ */

/* Findings: stable codes. Each names the entry it is about. */
#define FINDINGS(X)                                                                                                        \
    X(FINDING_ARCHIVE_HEAD, "archive.head", "the first line is not an archive's")                                          \
    X(FINDING_ARCHIVE_LINE, "archive.line", "a line is not canonical")                                                     \
    X(FINDING_ARCHIVE_SIZE, "archive.size", "the number of entries is not the one announced")                              \
    X(FINDING_ARCHIVE_DAMAGED, "archive.damaged", "the archive cannot be read to its end")                                 \
    X(FINDING_ARCHIVE_ORIGIN, "archive.origin", "the archive is another ledger's")                                         \
    X(FINDING_CHECKPOINT_FORM, "checkpoint.form", "a checkpoint is no signed note of this ledger")                         \
    X(FINDING_CHECKPOINT_SIGNATURE, "checkpoint.signature", "a checkpoint is not signed with the ledger's key")            \
    X(FINDING_CHECKPOINT_SIZE, "checkpoint.size", "a checkpoint covers other entries than the archive has")                \
    X(FINDING_CHECKPOINT_ROOT, "checkpoint.root", "a checkpoint's root is not that of the entries")                        \
    X(FINDING_COSIGNATURE_SIGNATURE, "cosignature.signature", "a cosignature of a trusted witness does not verify")        \
    X(FINDING_COSIGNATURE_TIME, "cosignature.time", "a witness saw the entries at another time than they state")           \
    X(FINDING_LEDGER_FORKED, "ledger.forked", "the archive does not continue what was signed before")                      \
    X(FINDING_CHAIN_SEQ, "chain.seq", "an entry does not have the next number")                                            \
    X(FINDING_CHAIN_PREV, "chain.prev", "prev is not the hash of the entry before")                                        \
    X(FINDING_CHAIN_TIME, "chain.time", "an entry is earlier than the one before")                                         \
    X(FINDING_CHAIN_FUTURE, "chain.future", "an entry is of a time that has not come")                                     \
    X(FINDING_CHAIN_LEDGER, "chain.ledger", "an entry belongs to another ledger")                                          \
    X(FINDING_CHAIN_TYPE, "chain.type", "an entry's type does not exist or its form is not its type's")                    \
    X(FINDING_CHAIN_JTI, "chain.jti", "a statement id occurs twice")                                                       \
    X(FINDING_BODY_COMMITMENT, "body.commitment", "the body is not the one committed to")                                  \
    X(FINDING_BODY_FORM, "body.form", "a body that changes keys cannot be read")                                           \
    X(FINDING_BODY_WITHHELD_OPEN, "body.withheld_open", "the body of an open entry is withheld")                           \
    X(FINDING_BODY_ERASED, "body.erased", "a body is gone that no statement erases")                                       \
    X(FINDING_LEDGER_KEY, "ledger.key", "the ledger's key is not the one trusted")                                         \
    X(FINDING_STATEMENT_FORM, "statement.form", "the signature's form is wrong")                                           \
    X(FINDING_STATEMENT_REQUEST, "statement.request", "the statement was signed for another request or ledger")            \
    X(FINDING_STATEMENT_TIME, "statement.time", "the statement's time is more than 300 s from the entry's")                \
    X(FINDING_STATEMENT_HEAD, "statement.head", "the statement's head is not an earlier entry of this ledger")             \
    X(FINDING_STATEMENT_ACTOR, "statement.actor", "the key is another actor's")                                            \
    X(FINDING_STATEMENT_RIGHT, "statement.right", "the actor may not do this")                                             \
    X(FINDING_STATEMENT_SIGNATURE, "statement.signature", "the signature does not verify")                                 \
    X(FINDING_KEY_UNKNOWN, "key.unknown", "the key was not registered before the statement")                               \
    X(FINDING_KEY_REVOKED, "key.revoked", "the key was revoked before the statement")                                      \
    X(FINDING_KEY_WEAK, "key.weak", "a registered key is of small order or not canonical")                                 \
    X(FINDING_KEY_PROOF, "key.proof", "a key's proof of possession does not verify")                                       \
    X(FINDING_KEY_TAKEN, "key.taken", "a key is registered twice")                                                         \
    X(FINDING_REPLAY_REFUSED, "replay.refused", "the ledger recorded what it has to refuse")                               \
    X(FINDING_REPLAY_MISSING, "replay.missing", "what terms and results give is not recorded")                             \
    X(FINDING_REPLAY_SURPLUS, "replay.surplus", "what is recorded follows from nothing")                                   \
    X(FINDING_REPLAY_DIFFERS, "replay.differs", "what is recorded is not what terms and results give")                     \
    X(FINDING_REPLAY_LATE, "replay.late", "a moment stands behind statements that came after it")

enum finding_code {
#define X(name, code, text) name,
    FINDINGS(X)
#undef X
        FINDING_COUNT
};
const char *finding_code_text(enum finding_code code);
const char *finding_text(enum finding_code code);

struct finding {
    enum finding_code code;
    uint64_t seq;     /* of the entry; the line number for archive.* */
    char detail[256]; /* names and numbers in printable ASCII: "prev does not match the hash of entry 4710" */
};

typedef void (*finding_fn)(void *ctx, const struct finding *finding);
/* An entry whose body is not there, in order of the lines. Both are called on the caller's thread, inside verifier_put,
 * verifier_line and verifier_end. */
typedef void (*absent_fn)(void *ctx, uint64_t seq, enum archive_body state);

enum verify_level { VERIFY_CHAIN, VERIFY_SIGNATURES, VERIFY_REPLAY };

struct verifier;

/* An entry behind everything that the levels before replay say of it; borrowed for the call. */
struct verify_entry {
    uint64_t seq; /* its place */
    const struct entry_header *header;
    struct digest hash;
    enum entry_type type; /* ENTRY_TYPE_COUNT: it does not exist, or the entry does not have its form */
    const struct archive_entry *entry;
    const struct statement *statement; /* as its author signed it; NULL: it has none, or none that can be read */
    bool is_body_right;                /* it is there, and the one committed to */
    bool has_finding;
    bool has_gap; /* entries before it are missing, or cannot be read */
};
/* Follows the entries at level replay: called once for each in their order, inside verifier_line and verifier_end and on their
 * thread, while the signatures of later entries are verified on others; at the end with entry NULL. What it finds it says by
 * verifier_found. */
typedef enum tally_code (*verify_follow_fn)(void *ctx, struct verifier *verifier, const struct verify_entry *entry,
                                            struct err *err);

/* What a body says about keys; the caller reads it from the JSON of ledger.created, actor.registered, key.added and
 * key.revoked. */
struct verify_key_change {
    enum { VERIFY_KEY_ADD, VERIFY_KEY_REVOKE } kind;
    struct slice actor;
    struct key_public key; /* when added */
    struct slice pop;      /* base64url, when added */
    struct slice kid;      /* when revoked */
    struct slice origin;   /* of ledger.created */
    struct slice vkey;     /* of ledger.created */
    bool is_backbone;      /* the role that actor.registered gives */
};

/* A checkpoint that whoever asks has kept, its signature verified: the archive has to continue it. */
struct verify_anchor {
    uint64_t size;
    struct digest root;
    const char *name;        /* where it is from, printable */
    uint64_t witnesses;      /* of the policy, who has cosigned it: bit n, the n-th */
    const uint64_t *seconds; /* when, each of them, since 1970: by the same n; may be NULL when nobody has. Borrowed */
};

/* Reads such a body; TALLY_E_MALFORMED makes a finding. ctx is verify_options.ctx. */
typedef enum tally_code (*verify_key_fn)(void *ctx, enum entry_type type, struct slice target, struct slice body,
                                         struct arena *arena, struct verify_key_change *out, struct err *err);

struct verify_options {
    enum verify_level level;
    struct slice vkey; /* trusted, or empty */
    const struct policy
        *policy; /* whose cosignatures count, and how many; NULL: nobody's. Borrowed while the verifier lives */
    finding_fn on_finding;
    absent_fn on_absent; /* may be NULL */
    verify_key_fn read_key_change;
    verify_follow_fn follow; /* at level replay; ctx is follow_ctx */
    void *follow_ctx;
    void *ctx;
    const struct verify_anchor *anchors; /* in rising order of their sizes; borrowed while the verifier lives */
    size_t anchor_count;
    /* The time now: no entry is later (from the caller's thread; NULL: nothing is known of it). Asked when an entry is later than the last
     * answer, so that an archive may grow while it is read. */
    struct instant (*clock)(void);
    int threads;               /* 0: one for each core */
    const char *temporary_dir; /* where what does not fit in memory goes, 60 bytes an entry; NULL: /var/tmp. Borrowed */
};

struct verify_report {
    uint64_t entries, findings, withheld, erased, signatures;
    uint64_t checkpoints;           /* lines verified: signature and root */
    uint64_t checkpoints_unchecked; /* of a size from before the archive begins, or behind a gap in it */
    uint64_t anchors;               /* of those given, the archive continues so many */
    uint64_t signed_size;           /* the entries before this one are covered by a verified checkpoint */
    uint64_t witnessed_size; /* those before this one by one that meets the quorum of the policy; without a policy 0 */
    unsigned witnesses;      /* who have cosigned that one */
    uint64_t first_seq;      /* where the archive says that it begins */
    uint64_t last_seq;       /* where the archive ends */
    uint64_t first_bad;      /* seq of the first finding; valid when findings > 0 */
    struct digest head;      /* hash of the last entry */
    bool is_lowered;         /* it begins behind entry 0, so that level chain is all that could be checked */
    bool is_anchored;        /* a trusted key was given, and entry 0 names it or it signed a checkpoint of these entries */
};

MUST_CHECK enum tally_code verifier_new(const struct verify_options *options, struct verifier **out, struct err *err);
/* The archive's bytes, in pieces of any length: room says where the next ones go (*room of them, at least one), put that so many are there.
 * Goes on after a finding. An error is ours (memory, a temporary file), never the archive's. */
MUST_CHECK enum tally_code verifier_room(struct verifier *verifier, char **at, size_t *room, struct err *err);
MUST_CHECK enum tally_code verifier_put(struct verifier *verifier, size_t len, struct err *err);
/* The same for one line, without its LF. */
MUST_CHECK enum tally_code verifier_line(struct verifier *verifier, struct slice line, struct err *err);
/* No more bytes come, though the archive has not ended: what it is packed in is damaged, and how. A finding. */
void verifier_damaged(struct verifier *verifier, const char *why);
/* Entries checked so far. */
uint64_t verifier_entries(const struct verifier *verifier);
/* After the last byte: waits for what is under way, checks the ends, fills the report. */
MUST_CHECK enum tally_code verifier_end(struct verifier *verifier, struct verify_report *report, struct err *err);
void verifier_free(struct verifier *verifier);
/* For verify_follow_fn: a finding of its own, counted and told like the others. Detail as in struct finding, cut to fit. */
void verifier_found(struct verifier *verifier, enum finding_code code, uint64_t seq, struct slice detail);
/* The level at which it goes on: lower than asked for where the archive does not begin at entry 0. */
enum verify_level verifier_level(const struct verifier *verifier);

#endif
