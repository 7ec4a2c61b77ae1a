/* A whole service for a test: `tallyd` as a child process on a free port, with a ledger of its own in a temporary directory and
 * its private PostgreSQL there (or one that is given), actors with keys, signed requests.
 *
 * Functions that answer int print what went wrong, with the end of the service's log, and answer -1; 0 is success. The child
 * ends when the test program does. One thread at a time for one struct service; service_sign and service_exchange may be called
 * by several, each with a client of its own. */
#ifndef TALLY_TESTS_SERVICE_H
#define TALLY_TESTS_SERVICE_H

#include <stdint.h>
#include <sys/types.h>

#include "http_client.h"
#include "tally/buf.h"
#include "tally/digest.h"
#include "tally/key.h"
#include "tally/statement.h"

#define SERVICE_ORIGIN "ledger.test/outcomes"
#define SERVICE_READY_MS 120000 /* initdb on a machine that builds beside it */
#define SERVICE_ARGS_MAX 16

struct service_actor {
    char id[65];
    struct key_pair *key;
    struct key_kid kid;
};

struct service {
    char dir[128], data[160], log[160]; /* dir holds all; data is the data directory */
    pid_t pid;                          /* 0 when it is down */
    uint16_t port;
    const char *args[SERVICE_ARGS_MAX]; /* further arguments, ended by NULL; borrowed */
    struct service_actor operator;      /* id "operator" */
    uint64_t head_seq;                  /* the newest entry seen by service_head */
    struct digest head_hash;
};

/* Where a program of this build lies: in TALLY_BIN, or in the folder bin beside the folder tests that this program lies in. */
void service_program(const char *name, char *out, size_t size);

/* Makes a ledger and starts tallyd. args: further arguments ended by NULL ("--database", URL), or NULL. */
MUST_CHECK int service_start(struct service *service, const char *const *args);
/* SIGTERM, waits, removes the directory. Ends the program with a failure when tallyd did not end with 0: a sanitizer's findings
 * are in its exit status. Fine on a zeroed struct and after a failed start. */
void service_stop(struct service *service);

MUST_CHECK int service_signal(struct service *service, int number);
/* Waits until the process has ended; its exit status, 128 + the signal that killed it, or -1. */
int service_wait(struct service *service);
/* Starts it again on the same data, after service_wait. */
MUST_CHECK int service_restart(struct service *service);
/* SIGTERM, and started again on the same data with these arguments in place of the further ones; borrowed, ended by NULL. */
MUST_CHECK int service_restart_with(struct service *service, const char *const *args);
/* The same for one whose database is not what it published: waits until it says so. It only reads. */
MUST_CHECK int service_restart_forked(struct service *service);
/* Waits until /readyz answers 200. */
MUST_CHECK int service_ready(struct service *service);

/* The ledger's verifier key. */
MUST_CHECK int service_vkey(const struct service *service, char *out, size_t size);
/* Reads the newest entry into head_seq and head_hash. */
MUST_CHECK int service_head(struct service *service);

/* ---- actors ---- */
MUST_CHECK int service_actor_new(struct service_actor *actor, const char *id); /* a key, not registered yet */
void service_actor_release(struct service_actor *actor);
/* The body of POST /v1/actors. kind: "person", "organisation"; roles: "" or "backbone". */
void service_registration(const struct service_actor *actor, const char *kind, const char *roles, struct buf *out);
/* service_actor_new and a registration by the operator. */
MUST_CHECK int service_register(struct service *service, const char *id, const char *roles, struct service_actor *actor);
/* An entry more: somebody is registered, of whom the test knows nothing. */
MUST_CHECK int service_grow(struct service *service);

/* ---- signed requests ---- */
/* What a test changes about an otherwise right statement. Empty members are filled in as they should be. */
struct service_twist {
    struct slice aud, htm, htu, cty, jti;
    int64_t iat; /* 0: now */
    bool has_head;
    uint64_t head_seq;
    struct digest head_hash;
};
/* The jws of a statement by actor: compact, appended to out. twist may be NULL. Uses service->head_*. */
MUST_CHECK int service_sign(const struct service *service, const struct service_actor *actor, const char *path,
                            struct slice body, const struct service_twist *twist, struct buf *out);
/* Sends POST path with this jws (empty: without) and further header lines ("Name: value\r\n", or NULL), and waits for nothing. */
MUST_CHECK int service_send(struct http_client *client, const char *path, struct slice jws, const char *headers,
                            struct slice body);
/* service_send, and reads the answer. */
MUST_CHECK int service_exchange(struct http_client *client, const char *path, struct slice jws, const char *headers,
                                struct slice body, struct http_reply *reply);
/* service_head, service_sign, service_exchange on a connection of its own. */
MUST_CHECK int service_post(struct service *service, const struct service_actor *actor, const char *path, const char *body,
                            struct http_reply *reply);
MUST_CHECK int service_get(const struct service *service, const char *target, struct http_reply *reply);

#endif
