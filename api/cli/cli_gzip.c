#include "cli_gzip.h"

#include <limits.h>
#define ZLIB_CONST
#include <zlib.h>

#include "tally/mem.h"

#define WINDOW_GZIP (15 + 16) /* the largest window, and gzip's header and checksum */
#define LEVEL 6               /* an archive becomes a third; more takes twice the time for a hundredth */
#define MEMORY 8              /* zlib's own choice */

struct packer {
    z_stream stream;
    FILE *out;
    unsigned char packed[65536];
};

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

/* All that can be packed now; with Z_FINISH, all. */
static bool pack(struct packer *packer, int flush)
{
    z_stream *stream = &packer->stream;
    int status = Z_OK;
    do {
        stream->next_out = packer->packed;
        stream->avail_out = sizeof packer->packed;
        status = deflate(stream, flush);
        size_t len = sizeof packer->packed - stream->avail_out;
        if (status == Z_STREAM_ERROR || fwrite(packer->packed, 1, len, packer->out) != len)
            return false;
    } while (stream->avail_out == 0);
    return flush != Z_FINISH || status == Z_STREAM_END;
}

static ssize_t write_packed(void *ctx, const char *bytes, size_t len)
{
    struct packer *packer = ctx;
    packer->stream.next_in = (const unsigned char *) bytes;
    packer->stream.avail_in = len < UINT_MAX ? (unsigned) len : UINT_MAX;
    size_t taken = packer->stream.avail_in;
    return pack(packer, Z_NO_FLUSH) ? (ssize_t) taken : 0; /* 0: an error, as fopencookie wants it */
}

static int close_packed(void *ctx)
{
    struct packer *packer = ctx;
    packer->stream.avail_in = 0;
    bool is_written = pack(packer, Z_FINISH) && fflush(packer->out) == 0;
    (void) deflateEnd(&packer->stream);
    mem_free(packer);
    return is_written ? 0 : EOF;
}

enum tally_code cli_gzip_open(FILE *out, FILE **packed, struct err *err)
{
    const cookie_io_functions_t functions = {.write = write_packed, .close = close_packed};
    struct packer *packer = mem_zero(sizeof *packer);
    if (packer == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory to pack the archive");
    packer->out = out;
    packer->stream.zalloc = take_memory;
    packer->stream.zfree = give_memory;
    if (deflateInit2(&packer->stream, LEVEL, Z_DEFLATED, WINDOW_GZIP, MEMORY, Z_DEFAULT_STRATEGY) != Z_OK) {
        mem_free(packer);
        return err_set(err, TALLY_E_NO_MEMORY, "no memory to pack the archive");
    }
    *packed = fopencookie(packer, "w", functions);
    if (*packed != NULL)
        return TALLY_OK;
    (void) deflateEnd(&packer->stream);
    mem_free(packer);
    return err_set(err, TALLY_E_NO_MEMORY, "no memory to pack the archive");
}
