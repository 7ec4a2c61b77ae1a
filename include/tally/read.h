/* Reading the ledger: single entries, filtered lists, the archive. Any connection, also to a replica; nothing here writes.
 * One connection is used by one thread at a time. Errors are those of pg.h, and TALLY_E_INTEGRITY where what is stored does
 * not hang together. The ledger's identity (origin, vkey) is read with ledger_identity of append.h. */
#ifndef TALLY_READ_H
#define TALLY_READ_H

#include <stdbool.h>
#include <stdint.h>

#include "tally/arena.h"
#include "tally/buf.h"
#include "tally/digest.h"
#include "tally/entry.h"
#include "tally/err.h"
#include "tally/instant.h"
#include "tally/merkle.h"
#include "tally/pg.h"

/* ---- one entry ---- */
struct read_entry {
    struct entry_header header; /* its slices, and those below, lie in the arena or point to origin */
    struct digest hash;
    bool has_body; /* false: it is withheld from this reader, or it was erased */
    bool is_withheld;
    uint8_t nonce[ENTRY_NONCE_LEN];
    struct slice jws, body; /* exact bytes */
};

/* Who reads: an actor, whose token has been checked, or an empty slice for nobody in particular. What it may not read of an entry is not
 * read from the database (ledger/README.md, Who may read a body).
 *
 * TALLY_E_NOT_FOUND when there is no such entry. */
MUST_CHECK enum tally_code read_entry(struct pg *pg, struct slice origin, uint64_t seq, struct slice reader,
                                      struct arena *arena, struct read_entry *out, struct err *err);
/* The same with its body, whoever may read it: for the service itself. */
MUST_CHECK enum tally_code read_entry_whole(struct pg *pg, struct slice origin, uint64_t seq, struct arena *arena,
                                            struct read_entry *out, struct err *err);
/* Canonical JSON, appended: {"actor","body","hash","header","jws","nonce","seq","time","type"}; body and header are strings
 * that hold the exact bytes, nonce is base64. Instead of body, jws and nonce: "erased":true, or "withheld":true. */
MUST_CHECK enum tally_code read_entry_json(const struct read_entry *entry, struct buf *out, struct err *err);

/* Which of these entries the reader may read, into may. */
MUST_CHECK enum tally_code read_readable(struct pg *pg, const uint64_t *seqs, size_t count, struct slice reader,
                                         struct arena *arena, bool *may, struct err *err);

/* The newest entry. TALLY_E_NOT_FOUND while the ledger is empty. */
struct read_head {
    uint64_t seq;
    struct digest hash;
    struct instant time;
};
MUST_CHECK enum tally_code read_head(struct pg *pg, struct read_head *out, struct err *err);

/* ---- lists ---- */
#define READ_LIST_DEFAULT 100
#define READ_LIST_MAX 1000 /* entries in one answer (api.md) */
#define READ_LIST_BYTES_MAX                                                                                                \
    (4u << 20) /* of bodies in one answer, beyond the first entry: 1,000 bodies of 8 MiB fit nowhere */

struct read_filter {
    bool has_after;
    uint64_t after;     /* entries with a greater number only: the cursor */
    struct slice type;  /* empty: all */
    struct slice actor; /* empty: all */
    bool has_from, has_to;
    struct instant from, to; /* from <= time < to */
    uint32_t limit;          /* 1..READ_LIST_MAX; 0: READ_LIST_DEFAULT */
};

/* Appends {"items":[entries in order],"next":"<after of the next page>"|null}. */
MUST_CHECK enum tally_code read_list(struct pg *pg, struct slice origin, const struct read_filter *filter,
                                     struct slice reader, struct arena *arena, struct buf *out, struct err *err);

/* ---- the tree (formats.md, Tree; sizes are at most the number of entries) ---- */
/* Tiles that were read are kept here; any number of threads. NULL in its place: nothing is kept. */
struct read_tiles;
MUST_CHECK struct read_tiles *read_tiles_new(void); /* NULL without memory */
void read_tiles_free(struct read_tiles *tiles);     /* NULL is fine */

/* The hashes of a tile into out (width of them, 1..256). TALLY_E_INTEGRITY when there are not so many. */
MUST_CHECK enum tally_code read_tile(struct pg *pg, int level, uint64_t number, uint32_t width, struct arena *arena,
                                     struct digest *out, struct err *err);
/* Appends the headers of these entries, each behind its length (C2SP tlog-tiles, entry bundle). */
MUST_CHECK enum tally_code read_bundle(struct pg *pg, struct slice origin, uint64_t number, uint32_t width,
                                       struct arena *arena, struct buf *out, struct err *err);
/* there: so many entries there are, at least size; who asks for many roots gives the same number each time. */
MUST_CHECK enum tally_code read_root(struct pg *pg, struct read_tiles *tiles, uint64_t size, uint64_t there,
                                     struct arena *arena, struct digest *out, struct err *err);
MUST_CHECK enum tally_code read_frontier(struct pg *pg, uint64_t size, struct arena *arena, struct merkle_frontier *out,
                                         struct err *err);
/* proof has room for MERKLE_HEIGHTS hashes. index < size; 0 < from <= to. */
MUST_CHECK enum tally_code read_inclusion(struct pg *pg, struct read_tiles *tiles, uint64_t index, uint64_t size,
                                          struct arena *arena, struct digest *proof, size_t *count, struct err *err);
MUST_CHECK enum tally_code read_consistency(struct pg *pg, struct read_tiles *tiles, uint64_t from, uint64_t to,
                                            struct arena *arena, struct digest *proof, size_t *count, struct err *err);
/* How many entries there were when this entry's batch was committed: the size of its receipt's tree. */
MUST_CHECK enum tally_code read_batch_end(struct pg *pg, uint64_t seq, struct arena *arena, uint64_t *end, struct err *err);

/* ---- the archive (formats.md, Archive) ---- */
/* Gets each line with its LF, borrowed for the call; its code ends the archive. */
typedef enum tally_code (*read_archive_fn)(void *ctx, struct slice line, struct err *err);

/* Streams line 1 and then the entries `from` up to and without `size`, in order, of one REPEATABLE READ snapshot, holding one entry in
 * memory at a time. TALLY_E_NOT_FOUND when the ledger has fewer entries than `size`, or none from `from` on; TALLY_E_INTEGRITY when a
 * number is missing (then the archive that was begun is not whole). For from > 0 line 1 has the range (formats.md). The deadline of
 * pg_set_deadline is for each row; the checkpoints, the last one of this size, are the caller's to append. TALLY_E_CONFLICT: a body is gone by an
 * entry behind `size`, so that an archive of that size would have a hole that nothing in it speaks of; ask with a newer size. */
MUST_CHECK enum tally_code read_archive(struct pg *pg, struct slice origin, struct slice vkey, uint64_t from, uint64_t size,
                                        struct slice reader, read_archive_fn fn, void *ctx, struct err *err);

#endif
