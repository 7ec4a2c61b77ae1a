/* Shared inside ledger/append only. How the files divide the work:
 *   queue.c      what waits, bounded, with a share for each actor      (any thread)
 *   sequencer.c  the thread: its roles, and the functions of append.h
 *   lead.c       connecting, the lock, the barrier, the head: what must be so before anything is appended
 *   genesis.c    entry 0, and what the ledger in a database is called
 *   batch.c      one batch: load, then decide in order
 *   known.c      statements that were recorded before, and the heads that statements name
 *   chain.c      headers, nonces, hashes
 *   tree.c       the tree over the entries: checkpoints, what receipts are made of
 *   roots.c      is this the history that was published?
 *   commit.c     the one transaction, and what each way of ending means for the answers
 *   recovery.c   a commit of which nobody knows how it ended
 *   linger.c     waiting a little after a commit, so that the next batch is whole */
#ifndef TALLY_APPEND_INTERNAL_H
#define TALLY_APPEND_INTERNAL_H

#include <pthread.h>

#include "tally/append.h"
#include "tally/read.h"

/* ---- limits ---- */
#define BATCH_ARENA_MAX ((size_t) 256 << 20) /* bodies twice (once as parameters), plans and projections of a full batch */
#define BATCH_ENTRIES_MAX 4096 /* further moments and statements wait for the next batch: bounds a transaction */
/* They wait as well when so much of it is used: one more plan, and the commit of all, find room behind that. What takes more than a plan may
 * is the first of the next batch. */
#define BATCH_ARENA_FULL (BATCH_ARENA_MAX / 8)
_Static_assert(BATCH_ARENA_MAX >= 2 * BATCH_ARENA_FULL + APPEND_PLAN_BYTES_MAX,
               "what is decided already, its parameters, and one more plan");
#define NONCES_DRAWN 64         /* at once: a kilobyte */
#define HEAD_RING 4096          /* hashes kept in memory: a client's head is seldom older than a second */
#define FLUSH_PROBES 5          /* commits that measure the flush; the least counts */
#define LINGER_FLUSH_MIN_US 500 /* below, a flush costs less than waiting gains */
#define LINGER_SHARE 4          /* at most flush / 4: measured best at 2 and 5 ms */
#define RETRY_MIN_MS 50         /* between attempts to reach the database */
#define RETRY_MAX_MS 1000
#define STANDBY_POLL_MS 250 /* how soon a second service notices that the lock is free */
#define IDLE_POLL_MS 1000   /* how often an idle sequencer looks at its connection, and the moments again */
#define REPLICAS_CHECK_MS 10000
#define TRUST_BATCH_MIN 8     /* statements: a smaller batch is not pressed for time, and is looked up first */
#define TRUST_LOST_MS 600000  /* a batch in vain costs what the domain had loaded: no more often than each ten minutes */
#define UNKNOWN_HOLD_MS 15000 /* statements of a commit of unknown outcome are held that long, then told to ask again */

/* ---- the queue ---- */
#define QUEUE_SHARE_SLOTS ((size_t) 2 * APPEND_QUEUE_MAX) /* a power of two, at most half full */
#define QUEUE_ACTOR_MAX 64                                /* text_is_id */

struct queue_share {
    uint8_t len; /* 0: free */
    char actor[QUEUE_ACTOR_MAX];
    uint16_t waiting;
};

struct queue {
    pthread_mutex_t lock;
    pthread_cond_t filled; /* the sequencer waits on it; CLOCK_MONOTONIC */
    struct submission *first, *last;
    size_t count;
    size_t wanted; /* wake the sequencer at so many; SIZE_MAX: it does not wait */
    size_t per_actor;
    bool is_woken; /* by queue_wake */
    bool is_open;
    enum refusal_code closed_code; /* why it is not open */
    char closed_detail[APPEND_TROUBLE_MAX + 128];
    size_t share_used; /* slots taken, those with nothing waiting too */
    struct queue_share *shares;
};

MUST_CHECK enum tally_code queue_init(struct queue *queue, size_t per_actor, struct err *err);
void queue_release(struct queue *queue);
/* NULL: it waits now. Otherwise why not. */
MUST_CHECK const struct refusal *queue_put(struct queue *queue, struct submission *submission, struct arena *arena);
/* Takes from the front, at most max statements and APPEND_BATCH_BYTES_MAX bytes (but one always). */
size_t queue_take(struct queue *queue, struct submission **out, size_t max);
/* Puts these back to the front, in their order; never refuses. */
void queue_unget(struct queue *queue, struct submission *const *list, size_t count);
/* Waits until `wanted` wait, somebody calls queue_wake, or the time has passed. */
void queue_wait(struct queue *queue, size_t wanted, int64_t max_us);
void queue_wake(struct queue *queue);
void queue_open(struct queue *queue);
void queue_close(struct queue *queue, enum refusal_code code, const char *detail);
size_t queue_count(struct queue *queue);

/* ---- a batch ---- */
struct batch_entry { /* one entry to be written */
    uint64_t seq;
    enum entry_type type;
    struct slice actor, jti, jws, body;
    bool open;
    uint8_t nonce[ENTRY_NONCE_LEN];
    struct digest prev, commitment, hash;
    struct slice header; /* the arena's */
    uint64_t erases;     /* of body.erased: the entry whose body goes */
};

/* What a statement will be told once the batch is settled. */
struct outcome {
    struct append_answer answer;
    bool is_final; /* it says what the ledger held before this batch: it stands, however the batch ends */
};

struct batch {
    struct arena *arena;
    struct submission *statements[APPEND_BATCH_MAX];
    struct outcome outcomes[APPEND_BATCH_MAX];
    size_t count;
    struct instant time; /* of all its entries */
    struct batch_entry *entries;
    size_t entry_count, entry_cap;
    uint64_t next_seq;                             /* of the next entry */
    struct digest head;                            /* hash of the last one, or the committed head's */
    struct buf header;                             /* of the entry being linked */
    uint8_t nonces[NONCES_DRAWN][ENTRY_NONCE_LEN]; /* not used yet: the first nonces_left */
    size_t nonces_left;
    struct known *known;
    bool is_on_trust; /* nothing was looked up that a unique index refuses anyway */
};

/* The tree of what is committed, and of the batch under way. */
struct tree {
    struct merkle_frontier frontier;
    struct merkle_batch batch; /* in the batch's arena, valid when has_batch */
    bool has_batch;
    struct append_root signed_root; /* the newest checkpoint: of all that is committed; size 0: none */
    char note[CHECKPOINT_MAX];
    size_t note_len;
    uint64_t published_size;       /* of the newest checkpoint in the table and the record */
    int64_t published_us;          /* when that was */
    struct append_root publishing; /* in the transaction under way; size 0: none */
    char publishing_note[CHECKPOINT_MAX];
    size_t publishing_len;
};

struct ring_slot {
    uint64_t seq;
    bool is_set;
    struct digest hash;
};

struct lead_place {
    uint64_t seq;
    struct digest hash;
    struct instant time;
};

struct sequencer {
    struct sequencer_options options;
    struct pg *pg;
    struct queue queue;
    pthread_t thread;
    bool is_started;

    /* the thread's own */
    struct batch batch;
    struct tree tree;
    struct note_key ledger_key; /* of options.vkey, when there is a keeper */
    bool is_forked;             /* the lead is not taken, since this is not the history that was published */
    struct ring_slot *ring;
    bool has_head;
    uint64_t head_seq;
    struct digest head_hash, entry0_hash;
    struct instant head_time;
    uint64_t lead_generation; /* the connection that holds the lock */
    int64_t flush_us;         /* -1 until measured */
    int64_t replicas_checked_us;
    size_t singly;   /* so many of the next batches hold one statement: one of them made a batch fail */
    size_t answered; /* statements just answered, for linger */
    bool is_unknown; /* the batch waits to be looked up */
    int unknown_pid; /* of the server process that had its commit */
    int64_t unknown_since_us;
    int64_t trust_after_us;    /* until then every batch is looked up first */
    struct instant idle_until; /* a moment that turned out not to be due is not asked for before */
    char why[ERR_DETAIL_MAX];  /* what was logged last with the role */

    /* any thread, under status_lock */
    pthread_mutex_t status_lock;
    struct sequencer_status status;
    bool is_stopping, is_draining;
};

/* sequencer.c */
struct instant sequencer_now(const struct sequencer *s); /* never before the newest entry */
/* The database's disk has room for a batch, as far as is known. */
bool sequencer_has_room(const struct sequencer *s);
/* trouble: for everybody; why: for the log. */
void sequencer_role(struct sequencer *s, enum sequencer_role role, const char *trouble, const char *why);
void sequencer_publish(struct sequencer *s); /* head, into the status */
/* A moment that is due cannot be decided, and until it can, nothing is; why is for the log; NULL: it can. */
void sequencer_stuck(struct sequencer *s, const char *why);

/* lead.c */
/* One attempt; SEQUENCER_LEADING when everything that appending rests on is so. */
MUST_CHECK enum tally_code lead_try(struct sequencer *s, enum sequencer_role *role, struct err *err);
/* While leading: the same connection still, and (now and then) no replica that could lose. */
MUST_CHECK enum tally_code lead_check(struct sequencer *s, struct err *err);
MUST_CHECK enum tally_code lead_barrier(struct sequencer *s, struct err *err);
/* After a batch failed: TALLY_E_CONFLICT when the database's head is not this sequencer's any more. */
MUST_CHECK enum tally_code lead_is_unmoved(struct sequencer *s, struct err *err);
/* TALLY_E_NOT_FOUND when there is no such entry. */
MUST_CHECK enum tally_code lead_hash(struct sequencer *s, struct arena *arena, uint64_t seq, struct digest *hash,
                                     struct err *err);

/* genesis.c */
MUST_CHECK enum tally_code genesis_write(struct sequencer *s, struct err *err);

/* batch.c */
void batch_reset(struct batch *batch);
/* Takes what waits and decides it. TALLY_OK: then batch_commit, even with nothing to write. Otherwise nothing is answered yet. */
MUST_CHECK enum tally_code batch_decide(struct sequencer *s, struct err *err);

/* known.c */
struct known;
MUST_CHECK enum tally_code known_queue(struct sequencer *s, struct batch *batch,
                                       struct err *err); /* into the open pipeline */
MUST_CHECK enum tally_code known_take(struct sequencer *s, struct batch *batch, struct err *err); /* after it ran */
void known_release(struct batch *batch);
/* *is_known: the statement was recorded before, in the ledger or in this batch, and its outcome is set. */
MUST_CHECK enum tally_code known_check(struct batch *batch, size_t place, bool *is_known, struct err *err);
void known_remember(struct batch *batch, size_t place); /* it is recorded in this batch */
/* After the last statement is decided: the heads that were looked up are remembered for later batches. */
void known_keep_heads(struct sequencer *s, const struct batch *batch);
/* Of a batch on trust: looks up what was refused, since one that was recorded before gets its first answer. */
MUST_CHECK enum tally_code known_refused(struct sequencer *s, struct batch *batch, struct err *err);
/* Whether this is an entry of the ledger. */
bool known_is_head(const struct sequencer *s, const struct batch *batch, uint64_t seq, const struct digest *hash);

/* chain.c */
/* Appends the entries of a plan to the batch: the statement's own first (NULL for a moment). recorded gets one for each. */
MUST_CHECK enum tally_code chain_append(struct batch *batch, struct slice origin, const struct submission *statement,
                                        bool open, const struct append_own *events, size_t event_count,
                                        struct append_recorded **recorded, struct err *err);
void chain_keep(struct sequencer *s, const struct batch *batch); /* committed: the head moves on */

/* tree.c */
/* The lead is taken, the head is loaded: frontier and checkpoint of what is there. */
MUST_CHECK enum tally_code tree_load(struct sequencer *s, struct err *err);
/* The entries of the batch take their places, in the arena; what follows is added to the open transaction's pipeline. */
MUST_CHECK enum tally_code tree_grow(struct sequencer *s, struct err *err);
MUST_CHECK enum tally_code tree_queue(struct sequencer *s, struct err *err);
/* The batch is committed: a new checkpoint is signed, and the answers get receipts. Or it is not. */
void tree_settle(struct sequencer *s, bool is_committed);
/* The checkpoint of the transaction that was committed goes to the keeper. */
void tree_published(struct sequencer *s);
/* How long until a checkpoint should be published; INT64_MAX: none waits. */
int64_t tree_publish_in_us(const struct sequencer *s);
/* One is due and no batch is there to take it along: a transaction of its own. */
MUST_CHECK enum tally_code tree_publish(struct sequencer *s, struct err *err);
/* Another tallyd appends: the newest that it published is kept here, too. */
MUST_CHECK enum tally_code tree_follow(struct sequencer *s, struct err *err);

/* roots.c */
/* Before anything is appended: this database holds what was published (the keeper's record, the table). Sets s->is_forked. */
MUST_CHECK enum tally_code roots_check(struct sequencer *s, struct err *err);
/* An empty database is about to become a ledger: nothing was published of it before. */
MUST_CHECK enum tally_code roots_begin(struct sequencer *s, struct err *err);

/* commit.c */
/* Adds the entries of the batch to the open transaction's pipeline. */
MUST_CHECK enum tally_code commit_queue(struct pg *pg, struct batch *batch, struct err *err);
/* Writes, and answers unless the outcome is unknown (then s->is_unknown). An error: the lead is lost or in doubt. */
MUST_CHECK enum tally_code batch_commit(struct sequencer *s, struct err *err);
enum batch_stage { BATCH_DECIDING, BATCH_WRITING, BATCH_NO_ROOM };
/* Deciding or writing failed with rc: nothing is recorded, the statements are told so or tried again one by one. */
void batch_fail(struct sequencer *s, enum batch_stage stage, enum tally_code rc, const struct err *err);
/* It is known how it ended: head and domain follow; when committed, the answers go out. */
void batch_settled(struct sequencer *s, bool is_committed);
void batch_refuse_all(struct sequencer *s, enum refusal_code code, const char *detail);
void batch_answer(struct sequencer *s);

/* recovery.c */
/* Connected, barrier committed: looks the batch up and answers, if its outcome can no longer change. */
MUST_CHECK enum tally_code recovery_try(struct sequencer *s, bool has_lock, struct err *err);
void recovery_give_up(struct sequencer *s, bool is_now); /* statements held too long are told to ask again */

/* linger.c */
MUST_CHECK enum tally_code linger_measure(struct sequencer *s, struct err *err);
void linger(struct sequencer *s);

#endif
