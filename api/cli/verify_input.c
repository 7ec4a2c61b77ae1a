#include "verify_input.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>
#define ZLIB_CONST
#include <zlib.h>

#include "tally/mem.h"

#define WINDOW_GZIP (15 + 16) /* the largest window; gzip's header and checksum, and no other form */

struct verify_unpacker {
    z_stream stream;
    bool is_begun;  /* within a member */
    bool has_ended; /* at least one member */
    bool is_full;   /* there was no room for all that it could give */
};

/* From where zlib takes its memory: base is the only door. */
static void *take_memory(void *ctx, unsigned count, unsigned size)
{
    (void) ctx;
    return mem_zero_array(count, size);
}

static void give_memory(void *ctx, void *block)
{
    (void) ctx;
    mem_free(block);
}

MUST_CHECK static enum tally_code read_some(struct verify_input *input, void *to, size_t room, size_t *len, struct err *err)
{
    ssize_t n;
    do
        n = read(input->fd, to, room);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return err_set(err, TALLY_E_IO, "reading the archive: %m");
    *len = (size_t) n;
    input->bytes += (uint64_t) n;
    return TALLY_OK;
}

MUST_CHECK static enum tally_code fill(struct verify_input *input, struct err *err)
{
    input->at = 0;
    return read_some(input, input->read, sizeof input->read, &input->have, err);
}

MUST_CHECK static enum tally_code unpacker_new(struct verify_input *input, struct err *err)
{
    input->unpacker = mem_zero(sizeof *input->unpacker);
    if (input->unpacker == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory to unpack the archive");
    input->unpacker->stream.zalloc = take_memory;
    input->unpacker->stream.zfree = give_memory;
    if (inflateInit2(&input->unpacker->stream, WINDOW_GZIP) == Z_OK)
        return TALLY_OK;
    mem_free(input->unpacker);
    input->unpacker = NULL;
    return err_set(err, TALLY_E_NO_MEMORY, "no memory to unpack the archive");
}

enum tally_code verify_input_begin(struct verify_input *input, int fd, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    size_t more = 0;
    input->fd = fd;
    TRY(fill(input, err));
    while (input->have == 1 && input->read[0] == 0x1f) { /* a pipe may give one byte at a time */
        TRY(read_some(input, input->read + 1, sizeof input->read - 1, &more, err));
        if (more == 0)
            break;
        input->have += more;
    }
    if (input->have >= 2 && memcmp(input->read, "\x1f\x8b", 2) == 0)
        TRY(unpacker_new(input, err));
done:
    return rc;
}

void verify_input_end(struct verify_input *input)
{
    if (input->unpacker != NULL)
        (void) inflateEnd(&input->unpacker->stream);
    mem_free(input->unpacker);
    input->unpacker = NULL;
}

/* ---- what is not packed ---- */

MUST_CHECK static enum tally_code next_plain(struct verify_input *input, char *to, size_t room, size_t *len,
                                             struct err *err)
{
    size_t left = input->have - input->at;
    if (left == 0) {
        enum tally_code rc = read_some(input, to, room, len, err);
        input->is_at_end = rc == TALLY_OK && *len == 0;
        return rc;
    }
    *len = left < room ? left : room;
    memcpy(to, input->read + input->at, *len);
    input->at += *len;
    return TALLY_OK;
}

/* ---- what is packed ---- */

static const char *damage_of(const struct verify_unpacker *unpacker)
{
    const char *message = unpacker->stream.msg;
    if (message == NULL)
        return "it is no gzip file behind this place";
    if (strcmp(message, "incorrect data check") == 0 || strcmp(message, "incorrect length check") == 0)
        return "the gzip file's checksum is not that of its content";
    return unpacker->has_ended && strcmp(message, "incorrect header check") == 0
               ? "something that is no gzip member stands behind the gzip file"
               : "the gzip file is damaged here";
}

/* One step, with bytes to unpack. */
MUST_CHECK static enum tally_code unpack(struct verify_input *input, char *to, size_t room, size_t *len, struct err *err)
{
    struct verify_unpacker *unpacker = input->unpacker;
    z_stream *stream = &unpacker->stream;
    unsigned room_now = room < UINT_MAX ? (unsigned) room : UINT_MAX;
    stream->next_in = input->read + input->at;
    stream->avail_in = (unsigned) (input->have - input->at);
    stream->next_out = (unsigned char *) to;
    stream->avail_out = room_now;
    unpacker->is_begun = true;
    int status = inflate(stream, Z_NO_FLUSH);
    input->at = input->have - stream->avail_in;
    *len = room_now - stream->avail_out;
    unpacker->is_full = stream->avail_out == 0;
    if (status == Z_MEM_ERROR)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory to unpack the archive");
    if (status == Z_STREAM_END) {
        unpacker->is_begun = false;
        unpacker->has_ended = true;
        unpacker->is_full = false; /* it has given all, also when that fills the room to the last byte */
        ENSURE(inflateReset(stream) == Z_OK);
    } else if (status != Z_OK && status != Z_BUF_ERROR) {
        input->damage = damage_of(unpacker);
    }
    return TALLY_OK;
}

MUST_CHECK static enum tally_code next_unpacked(struct verify_input *input, char *to, size_t room, size_t *len,
                                                struct err *err)
{
    enum tally_code rc = TALLY_OK;
    *len = 0;
    while (*len == 0 && input->damage == NULL) {
        if (input->at == input->have && !input->unpacker->is_full)
            TRY(fill(input, err));
        if (input->have == 0 && !input->unpacker->is_full) {
            if (input->unpacker->is_begun)
                input->damage = "the gzip file ends in its middle";
            input->is_at_end = true;
            break;
        }
        TRY(unpack(input, to, room, len, err));
    }
done:
    return rc;
}

enum tally_code verify_input_next(struct verify_input *input, char *to, size_t room, size_t *len, struct err *err)
{
    return input->unpacker == NULL ? next_plain(input, to, room, len, err) : next_unpacked(input, to, room, len, err);
}
