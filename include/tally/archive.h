/* The archive: JSON Lines, one byte form each (formats.md, Archive). Strict reader and writer of single lines. */
#ifndef TALLY_ARCHIVE_H
#define TALLY_ARCHIVE_H

#include <stdint.h>

#include "tally/arena.h"
#include "tally/buf.h"
#include "tally/entry.h"
#include "tally/err.h"

/* A body as a JSON string may double in length, and a header and a jws stand beside it. */
#define ARCHIVE_LINE_MAX (2u * ENTRY_BODY_MAX + 16384u)

struct archive_head {
    struct slice origin, vkey;
    uint64_t from, size; /* entries from .. size-1 follow */
    struct slice range;  /* from > 0: canonical JSON array of the hex roots of the complete subtrees before; else empty */
};

enum archive_body { ARCHIVE_BODY_PRESENT, ARCHIVE_BODY_WITHHELD, ARCHIVE_BODY_ERASED };

struct archive_entry {
    struct slice header; /* exact bytes */
    enum archive_body state;
    uint8_t nonce[ENTRY_NONCE_LEN];
    struct slice jws;
    struct slice body; /* exact bytes */
};

enum archive_line_kind { ARCHIVE_LINE_HEAD, ARCHIVE_LINE_ENTRY, ARCHIVE_LINE_CHECKPOINT };

struct archive_line {
    enum archive_line_kind kind;
    struct archive_head head;
    struct archive_entry entry;
    struct slice checkpoint; /* the note's text */
};

/* Lines end with LF, which the writers append. */
void archive_write_head(const struct archive_head *head, struct buf *out);
void archive_write_entry(const struct archive_entry *entry, struct buf *out);
void archive_write_checkpoint(struct slice note, struct buf *out);

/* One line without its LF. Any spelling but the canonical one is TALLY_E_MALFORMED. out borrows from the line and from text, where
 * strings stand that are escaped in the line; text has room for line.len + ARCHIVE_TEXT_SLACK bytes. */
#define ARCHIVE_TEXT_SLACK 16
MUST_CHECK enum tally_code archive_take_line(struct slice line, char *text, struct archive_line *out, struct err *err);
/* The same of a copy in the arena; TALLY_E_NO_MEMORY where it does not fit twice. */
MUST_CHECK enum tally_code archive_read_line(struct slice line, struct arena *arena, struct archive_line *out,
                                             struct err *err);

#endif
