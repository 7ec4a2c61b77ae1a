/* Bytes in, blocks of whole lines out: lines of any length, with bounded memory. Private to ledger/verify. */
#ifndef TALLY_VERIFY_FEED_H
#define TALLY_VERIFY_FEED_H

#include "pool.h"

struct feed {
    struct pool *pool;
    size_t scanned;   /* bytes of the block in which line feeds have been looked for */
    size_t lines_end; /* behind the last whole line */
    bool is_skipping; /* the rest of a line that is too long */
};

/* Where the next bytes go: *room, at least one. */
MUST_CHECK enum tally_code feed_room(struct feed *feed, char **at, size_t *room, struct err *err);
/* So many have been put there. */
MUST_CHECK enum tally_code feed_put(struct feed *feed, size_t len, struct err *err);
/* There are no more. What follows the last line feed is a line, or is_cut: of no use. */
MUST_CHECK enum tally_code feed_end(struct feed *feed, bool is_cut, struct err *err);

#endif
