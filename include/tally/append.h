/* The way of a statement into the ledger: a bounded queue, one sequencer thread, one transaction for each batch
 * (architecture.md, The way of one statement). The log knows nothing of what it records: the domain is a table of
 * functions. */
#ifndef TALLY_APPEND_H
#define TALLY_APPEND_H

#include <stdbool.h>
#include <stdint.h>

#include "tally/arena.h"
#include "tally/digest.h"
#include "tally/entry.h"
#include "tally/err.h"
#include "tally/instant.h"
#include "tally/merkle.h"
#include "tally/note.h"
#include "tally/pg.h"
#include "tally/refusal.h"
#include "tally/statement.h"

/* One statement on its way: verified and decoded at the edge, answered through `done`. Its maker owns it and all that it
 * points to until `done` has been called. */
struct append_answer;
struct submission {
    struct slice actor; /* whose key the edge found */
    struct statement statement;
    struct slice jws, body;
    enum entry_type type;
    const void *command; /* the domain's own, decoded */
    void (*done)(struct submission *submission,
                 const struct append_answer *answer); /* on the sequencer's thread; must not block */
    void *owner;
    struct submission *next; /* the queue's */
    uint64_t batch_mark;     /* the sequencer's */
};

enum append_kind {
    APPEND_RECORDED, /* committed now */
    APPEND_REPLAYED, /* the same statement was recorded before: its first answer */
    APPEND_REFUSED   /* nothing was recorded */
};

struct append_event { /* an entry of the service's own that the statement caused */
    uint64_t seq;
    enum entry_type type;
    bool open;         /* not: whoever is told looks first whether it is for them */
    struct slice body; /* canonical JSON; null: it has been erased since */
};

/* What a receipt is made of: the entry, and the checkpoint that its own batch signed after its commit. */
struct append_receipt {
    struct slice header;
    const uint8_t *nonce;            /* ENTRY_NONCE_LEN */
    const struct merkle_batch *tree; /* has the entry's proof */
    struct slice checkpoint;         /* the signed note */
};

struct append_answer { /* borrowed for the call of done */
    enum append_kind kind;
    uint64_t seq;
    struct digest hash;
    struct instant time;
    enum entry_type type;
    const struct append_event *events;
    size_t event_count;
    const struct refusal *refusal; /* APPEND_REFUSED */
    /* NULL: none is at hand. The statement was recorded by an earlier batch (read_batch_end says by which), or nothing was
     * signed. */
    const struct append_receipt *receipt;
};

/* ---- the domain: everything is called on the sequencer's thread ---- */

/* Where a decision stands: the number that its first entry would get, its time, the ledger. */
struct append_place {
    uint64_t seq;
    struct instant time;
    struct slice origin;
};

struct append_own { /* an entry of the service's own, to be appended */
    enum entry_type type;
    bool open;
    struct slice body; /* canonical JSON */
};

/* What follows from a statement or a moment. A statement's own entry comes first (seq = place.seq), then the events. For a
 * moment there is no statement: events[0] is moment.reached and has place.seq. All in the batch's arena. */
struct append_plan {
    const struct refusal *refusal; /* or NULL */
    bool open;                     /* of the statement's own entry */
    struct append_own *events;
    size_t event_count;
    void *effects; /* the domain's own, handed back to record */
};

struct append_recorded {
    uint64_t seq;
    struct instant time;
    struct digest hash;
    enum entry_type type;
};

struct append_domain {
    void *self;
    /* Adds to the open read pipeline what deciding these statements, and the moments due by `now`, needs and is not there.
     * *any: something was added. Called again after take_load until nothing is added. is_on_trust: what is asked only so that nothing
     * is recorded twice may be taken to be absent; a unique index refuses the batch if it is not, and then it is decided again
     * without trust. */
    enum tally_code (*queue_load)(void *self, struct pg *pg, struct arena *arena, struct submission *const *batch,
                                  size_t count, struct instant now, bool is_on_trust, bool *any, struct err *err);
    /* After the pipeline ran: takes the rows in. */
    enum tally_code (*take_load)(void *self, struct err *err);
    /* The earliest moment that is due at or before `by`, in the order of language.md T3; *has false when there is none. */
    enum tally_code (*next_due)(void *self, struct instant by, struct instant *moment, bool *has, struct err *err);
    /* Decides the moment that next_due gave. */
    enum tally_code (*decide_moment)(void *self, const struct append_place *place, struct arena *arena,
                                     struct append_plan *plan, struct err *err);
    /* Decides a statement: its key, its rights, its effect. Never changes the state. (actor, jti), iat and that head is an
     * entry of this ledger have been checked. */
    enum tally_code (*decide)(void *self, const struct submission *submission, const struct append_place *place,
                              struct arena *arena, struct append_plan *plan, struct err *err);
    /* The plan got these entries: the state moves on. submission is NULL for a moment. */
    enum tally_code (*record)(void *self, const struct submission *submission, const struct append_plan *plan,
                              const struct append_recorded *entries, size_t count, struct err *err);
    /* Adds the projections of everything recorded since the last settle to the open transaction's pipeline. */
    enum tally_code (*project)(void *self, struct pg *pg, struct arena *arena, struct err *err);
    /* The batch is committed, or dropped: then the state recorded since the last settle is forgotten. */
    void (*settle)(void *self, bool is_committed);
    /* When the next moment falls due, as far as is known; INT64_MAX us: none. */
    struct instant (*next_moment)(void *self);
    /* Entry 0 of an empty database is about to be written, with this body: its effect (the first operator and its key) goes into
     * the state, and by project into the same transaction; settle follows. NULL: it has none. */
    enum tally_code (*record_genesis)(void *self, struct slice body, const struct append_recorded *entry, struct err *err);
};

/* ---- what is known of the tree outside the database (architecture.md, Append-only in depth, 4) ---- */
struct append_root { /* of a checkpoint that was published */
    uint64_t size;
    struct digest root;
};

/* Where published checkpoints are recorded, outside the database. On the sequencer's thread. */
struct append_keeper {
    void *self;
    const char *place; /* what it is, for people: a file's name */
    /* False: this host has no record. Otherwise what it holds, the oldest first, borrowed until the next call of any of these; the newest
     * that was `signed_now` is the last of them, if nothing newer was kept. */
    bool (*known)(void *self, const struct append_root **roots, size_t *count);
    /* The record begins, empty. */
    enum tally_code (*begin)(void *self, struct err *err);
    /* This checkpoint is committed in the database: it is recorded, durably, and may be shown to everybody from then on. */
    enum tally_code (*keep)(void *self, const struct append_root *root, struct slice note, struct err *err);
    /* This one is signed, and leaves in the receipts of the batch that it covers: remembered at once, so that a database which loses
     * that batch is not continued; against a crash of the host as far as its page cache survives. After each batch: it may cost
     * microseconds. A failure is the keeper's to tell. */
    void (*signed_now)(void *self, const struct append_root *root, struct slice note);
};

/* ---- the sequencer ---- */
#define APPEND_PUBLISH_MS 1000    /* between two published checkpoints (formats.md: changing at most every second) */
#define APPEND_QUEUE_MAX 4096     /* statements waiting: a second's work; more is answered 503 at once */
#define APPEND_QUEUE_PER_ACTOR 64 /* so that one actor cannot take the queue (429) */
#define APPEND_BATCH_MAX 256      /* statements in one transaction: beyond, nothing is gained and all wait longer */
#define APPEND_BATCH_BYTES_MAX (16u << 20)
/* A batch has room for one plan that takes so much of its memory, with what commits it, whatever else is in it. */
#define APPEND_PLAN_BYTES_MAX ((size_t) 160 << 20)
#define APPEND_TROUBLE_MAX 640 /* with the way out */

enum sequencer_role { SEQUENCER_STARTING, SEQUENCER_LEADING, SEQUENCER_STANDBY, SEQUENCER_AWAY, SEQUENCER_STOPPED };

struct sequencer_options {
    struct pg_options database; /* is_writer and is_by_key are set by the sequencer */
    struct slice origin;
    struct slice vkey;    /* the ledger's; entry 0 must name it */
    struct slice genesis; /* body of entry 0 for an empty database; empty: an empty database is an error */
    const struct append_domain *domain;
    const struct key_pair *key;         /* the ledger's, which signs checkpoints; NULL: none is signed */
    const struct append_keeper *keeper; /* of the checkpoints that are published; NULL: none is */
    /* Up to max roots that witnesses vouch for, from outside the database (NULL: none): each is compared with it, and they stand in
     * for the keeper's record on a host that has none. */
    size_t (*witnessed)(void *ctx, struct append_root *out, size_t max);
    /* While another tallyd appends, each second on the sequencer's thread and connection (NULL: nothing is done then). */
    enum tally_code (*followed)(void *ctx, struct pg *pg, struct err *err);
    void *witnessed_ctx;  /* of both */
    bool trusts_database; /* on a host without a record, this database is taken for the newest copy */
    bool replicas_may_lose;
    size_t queue_per_actor;        /* 0: APPEND_QUEUE_PER_ACTOR */
    struct instant (*clock)(void); /* NULL: instant_now */
    bool (*has_room)(
        void *ctx); /* on the sequencer's thread: the database's disk has room for a batch. NULL: not known here */
    void *has_room_ctx;
};

struct sequencer_status {
    enum sequencer_role role;
    bool has_head;
    uint64_t head_seq;
    struct digest head_hash;
    uint64_t queued, batches, statements, entries, refused, replayed, failed_batches;
    uint64_t batches_again; /* of those written on trust, how many were decided again after a look */
    uint64_t last_batch_us;
    /* Why it is not leading, for readyz and so for strangers: what the database or libpq said is in the log (sequencer.role) alone. */
    char trouble[APPEND_TROUBLE_MAX];
    bool
        is_stuck; /* the moment that is due cannot be decided, and nothing else before it; why is in the log (sequencer.stuck) */
    bool
        is_forked; /* because what was published of this ledger is not in the database: what is in the record would be contradicted */
    uint64_t checkpoint_size; /* newest that was signed, or seen published by another; 0: none yet */
    struct digest checkpoint_root;
    char checkpoint[CHECKPOINT_MAX]; /* its note, NUL-ended */
};

struct sequencer;
/* Starts the thread and returns at once; the options' strings must live as long as it. */
MUST_CHECK enum tally_code sequencer_start(const struct sequencer_options *options, struct sequencer **out,
                                           struct err *err);
/* Any thread. NULL: taken, done will be called. Otherwise the refusal (queue full, share, stopping, away), static or in arena. */
MUST_CHECK const struct refusal *sequencer_submit(struct sequencer *sequencer, struct submission *submission,
                                                  struct arena *arena);
void sequencer_status(struct sequencer *sequencer, struct sequencer_status *out); /* any thread */
/* Drains what is queued (is_drained) or refuses it, releases the lock, joins. */
void sequencer_stop(struct sequencer *sequencer, bool is_drained);
void sequencer_free(struct sequencer *sequencer);

/* Takes the lock of the one that appends, for as long as this connection lasts or until ledger_unlock. *has_lock false: another session
 * has it. */
MUST_CHECK enum tally_code ledger_lock(struct pg *pg, bool *has_lock, struct err *err);
MUST_CHECK enum tally_code ledger_unlock(struct pg *pg, struct err *err);

/* Reads entry 0 on any connection: the origin and vkey of the ledger in this database. TALLY_E_NOT_FOUND when empty. */
MUST_CHECK enum tally_code ledger_identity(struct pg *pg, struct arena *arena, struct slice *origin, struct slice *vkey,
                                           struct err *err);

#endif
