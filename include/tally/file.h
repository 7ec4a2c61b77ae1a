/* Files that are read and written whole. Any thread; one writer for a path at a time. */
#ifndef TALLY_FILE_H
#define TALLY_FILE_H

#include <stdbool.h>

#include "tally/buf.h"
#include "tally/err.h"
#include "tally/slice.h"

/* Appends all of it. TALLY_E_NOT_FOUND when it is not there, TALLY_E_LIMIT over the buffer's maximum. */
MUST_CHECK enum tally_code file_read(const char *path, struct buf *out, struct err *err);
/* Puts these bytes in its place, whole or not at all, and durable once this returns TALLY_OK: written beside it (path.new, mode 0600), flushed,
 * renamed, the folder flushed. After a failure it holds the old bytes or the new ones. */
MUST_CHECK enum tally_code file_replace(const char *path, struct slice bytes, struct err *err);
/* First of all in main. A standard stream that is closed is taken by the next file or connection that is opened, and what is printed would go into
 * that; it is opened the wrong way round instead, so that using it fails. False: not even that can be done. */
MUST_CHECK bool file_keep_streams(void);

#endif
