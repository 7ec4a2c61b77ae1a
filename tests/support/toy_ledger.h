/* A ledger with a toy domain, for tests of the sequencer: statements are counted, some are refused, some cause events, and
 * moments fall due. Statements and checkpoints are signed with real keys. Uses a table of its own. */
#ifndef TALLY_TESTS_TOY_LEDGER_H
#define TALLY_TESTS_TOY_LEDGER_H

#include <pthread.h>

#include "cluster.h"
#include "tally/append.h"
#include "tally/key.h"

#define TOY_ORIGIN "toy.example/ledger"
#define TOY_PENDING_MAX 4096
#define TOY_MOMENTS_MAX 16

/* ---- the domain ---- */
enum toy_kind {
    TOY_RECORD, /* recorded; its event says how many statements there are now */
    TOY_REFUSE, /* refused by the domain */
    TOY_BREAK,  /* decide fails: a bug */
    TOY_SPOIL   /* decided, and its projection breaks a constraint: a bug that the database sees */
};

struct toy_command {
    enum toy_kind kind;
    int events; /* of TOY_RECORD */
    size_t
        bytes; /* of the batch's memory, before anything else; where there is less it takes all, and is refused as over the limit */
    bool leaves_over;      /* of TOY_RECORD: a moment, due at its own time */
    bool leaves_over_late; /* the same, a microsecond later */
};

struct toy {
    struct append_domain domain;
    bool is_loaded;
    int64_t total; /* statements recorded; loaded from the database, then counted */
    struct pg_rows *rows;
    size_t pending;
    int64_t seqs[TOY_PENDING_MAX], totals[TOY_PENDING_MAX];
    pthread_mutex_t lock; /* moments: tests add them from outside */
    struct instant moments[TOY_MOMENTS_MAX];
    size_t moment_bytes[TOY_MOMENTS_MAX]; /* of the batch's memory */
    size_t moment_count, moments_done, moments_settled;
};
void toy_init(struct toy *toy);
void toy_release(struct toy *toy);
void toy_add_moment(struct toy *toy, struct instant moment);                     /* in order */
void toy_mend_moments(struct toy *toy);                                          /* none takes any memory more */
void toy_add_large_moment(struct toy *toy, struct instant moment, size_t bytes); /* to decide it takes so much */

/* ---- database ---- */
/* Migrates, makes the toy's table and the log-ins svc (tally_service) and own (tally_owner). */
MUST_CHECK int toy_database(const struct cluster *cluster);
/* One number or text from the database, as the superuser: for asserts. Fails the test when it cannot. */
int64_t toy_int(const struct cluster *cluster, const char *sql);
void toy_exec(const struct cluster *cluster, const char *sql);

/* ---- the sequencer ---- */
struct toy_service {
    struct toy toy;
    struct sequencer *sequencer;
    struct key_pair *key; /* the ledger's */
    char conninfo[192];
    struct sequencer_options options;
};
struct slice toy_vkey(void); /* the ledger's, static */
/* Starts it as the role svc; with genesis. */
MUST_CHECK int toy_service_start(struct toy_service *service, const struct cluster *cluster);
void toy_service_stop(struct toy_service *service, bool is_drained);
/* Waits (at most a minute) until it has this role. */
MUST_CHECK int toy_wait_role(struct toy_service *service, enum sequencer_role role);
/* Until it is away for this reason: a slow machine may have another one for it first. */
MUST_CHECK int toy_wait_trouble(struct toy_service *service, const char *text);

/* ---- statements ---- */
struct toy_author {
    char id[32];
    struct key_pair *key;
};
MUST_CHECK int toy_author_init(struct toy_author *author, const char *id);
void toy_author_release(struct toy_author *author);

#define TOY_ANSWER_EVENTS 8 /* kept of those of a statement: the first */
struct toy_answer {
    bool is_there, is_replay, is_refused;
    enum refusal_code code;
    char detail[400];
    uint64_t seq;
    struct digest hash;
    struct instant time;
    size_t events;
    uint64_t event_seqs[TOY_ANSWER_EVENTS];
    char event_bodies[TOY_ANSWER_EVENTS][64];
};

struct toy_statement {
    struct submission submission;
    struct toy_command command;
    struct arena *arena;
    struct buf jws, body;
    char jti[65];
    pthread_mutex_t lock;
    pthread_cond_t answered;
    struct toy_answer answer;
    void (*on_done)(struct toy_statement *statement); /* instead of waking toy_wait; on the sequencer's thread */
    void *owner;
};

struct toy_draft {
    struct toy_command command;
    const char *jti;       /* NULL: a fresh one */
    const char *body;      /* NULL: {} */
    const char *htu, *cty; /* NULL: /v1/results, application/json */
    int64_t iat;           /* 0: now */
    bool has_head;         /* otherwise entry 0, as the service has it */
    uint64_t head_seq;
    struct digest head_hash;
};
MUST_CHECK struct toy_statement *toy_statement_new(struct toy_service *service, const struct toy_author *author,
                                                   const struct toy_draft *draft);
void toy_statement_free(struct toy_statement *statement);
/* Hands it over; a refusal at once is an answer too. */
void toy_submit(struct toy_service *service, struct toy_statement *statement);
struct toy_answer toy_wait(struct toy_statement *statement);
/* All of the above for one statement. */
struct toy_answer toy_say(struct toy_service *service, const struct toy_author *author, const struct toy_draft *draft);

#endif
