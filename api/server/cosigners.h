/* The witnesses that this service trusts, and what they have cosigned: verified before it is kept, kept in the database and, once it is
 * enough, in DATA/cosigned, which a start compares the database with. Any thread. */
#ifndef TALLY_SERVER_COSIGNERS_H
#define TALLY_SERVER_COSIGNERS_H

#include "tally/append.h"
#include "tally/policy.h"
#include "tally/read.h"

#define COSIGNERS_KEPT_MAX 128    /* checkpoints: the newest of each of 63 witnesses, one with a quorum, and those since */
#define COSIGNERS_LINE_MAX 256    /* of a cosignature: a name of 128 bytes, 76 bytes in base64 */
#define COSIGNERS_SLACK_S 120     /* between a witness's clock and the ledger's (formats.md, Archive) */
#define COSIGNERS_REFRESH_MS 2000 /* how often a service that stands by looks what another one took */

struct cosigners;
struct cosigners_options {
    const char *data;           /* folder of DATA/cosigned */
    const char *policy;         /* file (C2SP tlog-policy), or NULL: no witness is trusted */
    const char *witnessed;      /* file with a cosigned checkpoint that was kept elsewhere, or NULL */
    struct slice origin, vkey;  /* the ledger's; live as long as this */
    const struct key_pair *key; /* the ledger's */
};
/* Reads the files. TALLY_E_USAGE for a policy that cannot be this ledger's: one that trusts another key in its name, or names its
 * own key as a witness. */
MUST_CHECK enum tally_code cosigners_new(const struct cosigners_options *options, struct cosigners **out, struct err *err);
void cosigners_free(struct cosigners *cosigners); /* NULL is fine */
/* Connects lazily, with this database, for what is taken from now on. */
MUST_CHECK enum tally_code cosigners_open(struct cosigners *cosigners, const struct pg_options *database, struct err *err);
/* Reads what the database has, unless that was a moment ago. */
MUST_CHECK enum tally_code cosigners_refresh(struct cosigners *cosigners, struct pg *pg, struct err *err);

const struct policy *cosigners_policy(const struct cosigners *cosigners);
/* The key is the ledger's own or a witness's: whose, or NULL. */
const char *cosigners_owner_of(const struct cosigners *cosigners, const struct key_public *key);

/* ---- taking ---- */
enum cosigners_verdict {
    COSIGNERS_TAKEN,
    COSIGNERS_MALFORMED,   /* no note, or no checkpoint */
    COSIGNERS_OTHER,       /* not signed by this ledger */
    COSIGNERS_UNKNOWN,     /* by no witness of the policy */
    COSIGNERS_NOT_SIGNED,  /* a cosignature does not verify */
    COSIGNERS_WRONG_TIME,  /* a clock is wrong: published, it would speak against the ledger */
    COSIGNERS_NOT_OURS,    /* this ledger's key signed another root, or more entries than there are: entries were lost */
    COSIGNERS_NOT_COVERED, /* of more entries than a checkpoint here covers yet */
};
/* A note with cosignatures, on a reader's connection; most: the size up to which this process has seen checkpoints. Everything that is
 * verified is kept, in the database and then for everybody. Says in err why not. */
MUST_CHECK enum tally_code cosigners_take(struct cosigners *cosigners, struct pg *pg, struct read_tiles *tiles,
                                          struct slice note, uint64_t most, struct arena *arena,
                                          enum cosigners_verdict *verdict, struct err *err);

/* ---- showing ---- */
/* Appends the cosignature lines of the checkpoint of this size, if there are any. */
void cosigners_lines(struct cosigners *cosigners, uint64_t size, struct buf *out);
/* The newest checkpoint that as many have cosigned as the policy asks (with quorum none: anyone): its note, whole. False: there is none. */
bool cosigners_newest(struct cosigners *cosigners, struct append_root *root, struct buf *note);

/* Its size alone; 0: there is none. And how many witnesses are trusted, and how many of them have cosigned it. */
struct cosigners_status {
    uint64_t size;
    int witnesses, cosigned;
};
void cosigners_status(struct cosigners *cosigners, struct cosigners_status *out);

/* For the sequencer: the roots that DATA/cosigned and --witnessed vouch for. */
size_t cosigners_witnessed(void *cosigners, struct append_root *out, size_t max);
/* For the sequencer: what another service took is shown here, too. */
enum tally_code cosigners_follow(void *cosigners, struct pg *pg, struct err *err);

#endif
