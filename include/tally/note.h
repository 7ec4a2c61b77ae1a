/* Signed notes, checkpoints and tile paths (C2SP signed-note, tlog-checkpoint, tlog-cosignature, tlog-tiles; formats.md,
 * Checkpoint). Pure; any thread. */
#ifndef TALLY_NOTE_H
#define TALLY_NOTE_H

#include <stdbool.h>
#include <stdint.h>

#include "tally/buf.h"
#include "tally/digest.h"
#include "tally/err.h"
#include "tally/key.h"
#include "tally/slice.h"

#define NOTE_MAX 16384         /* a checkpoint with 63 cosignatures has 13 KB */
#define NOTE_SIGNATURES_MAX 64 /* the ledger's and 63 witnesses' */
#define NOTE_KEY_ID_LEN 4
#define NOTE_NAME_MAX 128 /* as long as an origin */

enum note_key_type { NOTE_KEY_ED25519 = 1, NOTE_KEY_COSIGNATURE = 4 };

/* ---- keys ---- */
struct note_key {
    char name[NOTE_NAME_MAX + 1]; /* NUL-ended */
    enum note_key_type type;
    uint8_t id[NOTE_KEY_ID_LEN];
    struct key_verifier *verifier;
};
/* A verifier key, "name+<8 hex>+<base64>". TALLY_E_MALFORMED also for a type that is none of the two. */
MUST_CHECK enum tally_code note_key_read(struct slice vkey, struct note_key *out, struct err *err);
void note_key_release(struct note_key *key); /* fine on a zeroed one */
/* SHA-256(name || 0x0A || type || key)[:4] */
void note_key_id(struct slice name, enum note_key_type type, const struct key_public *key, uint8_t out[NOTE_KEY_ID_LEN]);

/* ---- notes ---- */
struct note_signature {
    struct slice name;
    uint8_t id[NOTE_KEY_ID_LEN];
    struct slice line;    /* whole, with its LF */
    struct slice encoded; /* base64 of id and signature */
};
struct note {
    struct slice text; /* with its last LF: what is signed */
    struct note_signature signatures[NOTE_SIGNATURES_MAX];
    size_t count;
};
/* Borrowed from bytes. UTF-8 without control characters but LF; one or more signature lines, each well formed. */
MUST_CHECK enum tally_code note_read(struct slice bytes, struct note *out, struct err *err);
/* TALLY_E_NOT_FOUND: this key has not signed it. TALLY_E_SIGNATURE: a signature that names the key does not verify.
 * *seconds (may be NULL): when a witness cosigned. */
MUST_CHECK enum tally_code note_verify(const struct note *note, const struct note_key *key, uint64_t *seconds,
                                       struct err *err);
/* The (first) line that names this key, with its LF; empty without one. It may not verify. */
struct slice note_line(const struct note *note, const struct note_key *key);
/* A signature line over text: by a ledger; by a witness at this time. */
MUST_CHECK enum tally_code note_sign(struct slice text, struct slice name, const struct key_pair *pair, struct buf *out,
                                     struct err *err);
MUST_CHECK enum tally_code note_cosign(struct slice text, struct slice name, const struct key_pair *pair, uint64_t seconds,
                                       struct buf *out, struct err *err);

/* ---- checkpoints ---- */
#define CHECKPOINT_MAX 640 /* one with its ledger's signature alone: two origins, two hashes, 64 bytes */
struct checkpoint {
    struct slice origin;
    uint64_t size;
    struct digest root;
};
/* "<origin>\n<size>\n<base64 of the root>\n" */
void checkpoint_write(const struct checkpoint *checkpoint, struct buf *out);
MUST_CHECK enum tally_code checkpoint_read(struct slice text, struct checkpoint *out, struct err *err);
/* The whole note, signed by the ledger. */
MUST_CHECK enum tally_code checkpoint_sign(const struct checkpoint *checkpoint, const struct key_pair *pair,
                                           struct buf *out, struct err *err);
/* Reads a note and holds it to the ledger's key: its origin is the key's name, its signature is there and verifies.
 * TALLY_E_MALFORMED, TALLY_E_MISMATCH (another ledger's), TALLY_E_SIGNATURE. Borrowed from bytes; note may be NULL. Without a
 * key (NULL) its form alone is checked. */
MUST_CHECK enum tally_code checkpoint_open(struct slice bytes, const struct note_key *ledger, struct checkpoint *out,
                                           struct note *note, struct err *err);

/* ---- tiles ---- */
struct tile_path {
    bool is_entries; /* an entry bundle; its level is 0 */
    int level;       /* 0..63 */
    uint64_t number;
    uint32_t width; /* 256: a full one */
};
/* What comes behind "/tile/": "<L>/<N>[.p/<W>]" or "entries/<N>[.p/<W>]". TALLY_E_MALFORMED. */
MUST_CHECK enum tally_code tile_path_read(struct slice path, struct tile_path *out);
void tile_path_write(const struct tile_path *path, struct buf *out);

#endif
