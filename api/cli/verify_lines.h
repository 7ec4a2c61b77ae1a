/* Lines of a file, of any length, with bounded memory. */
#ifndef TALLY_CLI_VERIFY_LINES_H
#define TALLY_CLI_VERIFY_LINES_H

#include <stdint.h>

#include "tally/buf.h"
#include "tally/err.h"

#define VERIFY_CHUNK 65536

struct verify_lines {
    int fd;
    size_t at, have; /* of chunk */
    bool is_at_end;
    uint64_t bytes;       /* read so far */
    struct buf long_line; /* a line that crosses a chunk's end */
    char chunk[VERIFY_CHUNK];
};

void verify_lines_init(struct verify_lines *lines, int fd);
void verify_lines_release(struct verify_lines *lines); /* leaves fd open */
/* The next line without its LF, borrowed until the next call; *is_end when there is none. Of a line longer than
 * ARCHIVE_LINE_MAX comes one byte more than that, and the rest is passed over. TALLY_E_USAGE for a gzip file. */
MUST_CHECK enum tally_code verify_lines_next(struct verify_lines *lines, struct slice *line, bool *is_end, struct err *err);

#endif
