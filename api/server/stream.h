/* A bounded pipe between a thread that makes a long answer and the loop that sends it: memory stays flat however long the
 * answer and however slow its reader. */
#ifndef TALLY_SERVER_STREAM_H
#define TALLY_SERVER_STREAM_H

#include <stdbool.h>
#include <stddef.h>

#include "tally/err.h"
#include "tally/slice.h"

#define STREAM_BUFFER 262144 /* 256 KiB: some hundred entries ahead of the socket */

struct stream;
MUST_CHECK struct stream *stream_new(void); /* two holders: maker and reader. NULL without memory */

/* ---- the maker's side, its own thread ---- */
/* Waits for room. TALLY_E_INTERRUPTED: the reader is gone, stop. */
MUST_CHECK enum tally_code stream_write(struct stream *stream, struct slice bytes);
/* Whole or cut short; drops the maker's hold. */
void stream_end(struct stream *stream, bool is_whole);

/* ---- the reader's side, never waits ---- */
enum stream_state { STREAM_BYTES, STREAM_EMPTY, STREAM_WHOLE, STREAM_CUT };
/* Takes at most max bytes. STREAM_EMPTY: wake(ctx) is called once, from the maker's thread, when there is more. */
enum stream_state stream_read(struct stream *stream, char *out, size_t max, size_t *taken);
void stream_on_more(struct stream *stream, void (*wake)(void *ctx), void *ctx);
void stream_drop(struct stream *stream); /* the maker's next write fails; drops the reader's hold */

#endif
