/* The bytes of an archive, a file or a stream, packed by gzip or not: read in pieces with bounded memory. */
#ifndef TALLY_CLI_VERIFY_INPUT_H
#define TALLY_CLI_VERIFY_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tally/err.h"

#define VERIFY_INPUT_BYTES 65536 /* read at once from what is packed */

struct verify_input {
    int fd;
    uint64_t bytes; /* read of the file so far */
    bool is_at_end;
    const char *damage; /* NULL, or why what is packed cannot be unpacked any further */
    /* what was read and is not used yet */
    size_t at, have;
    struct verify_unpacker *unpacker; /* NULL: it is not packed */
    unsigned char read[VERIFY_INPUT_BYTES];
};

/* Reads the first bytes, which say whether it is packed. TALLY_E_IO, TALLY_E_NO_MEMORY. */
MUST_CHECK enum tally_code verify_input_begin(struct verify_input *input, int fd, struct err *err);
void verify_input_end(struct verify_input *input); /* leaves fd open; a zeroed one is fine */
/* The next bytes: *len of them, at least one unless is_at_end or damage is set. Members of a gzip file follow each other; anything else
 * behind one is damage, as are a wrong checksum and an early end. */
MUST_CHECK enum tally_code verify_input_next(struct verify_input *input, char *to, size_t room, size_t *len,
                                             struct err *err);

#endif
