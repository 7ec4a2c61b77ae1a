#include "verify_lines.h"

#include <errno.h>
#include <unistd.h>

#include "tally/archive.h"

#define KEEP_MAX ((size_t) ARCHIVE_LINE_MAX + 1)

void verify_lines_init(struct verify_lines *lines, int fd)
{
    lines->fd = fd;
    lines->at = 0;
    lines->have = 0;
    lines->is_at_end = false;
    lines->bytes = 0;
    buf_init(&lines->long_line, KEEP_MAX);
}

void verify_lines_release(struct verify_lines *lines)
{
    buf_release(&lines->long_line);
}

static enum tally_code fill(struct verify_lines *lines, struct err *err)
{
    ssize_t n;
    do
        n = read(lines->fd, lines->chunk, sizeof lines->chunk);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return err_set(err, TALLY_E_IO, "reading the archive: %m");
    if (lines->bytes == 0 && n >= 2 && memcmp(lines->chunk, "\x1f\x8b", 2) == 0)
        return err_set(err, TALLY_E_USAGE, "this archive is compressed: gunzip -c FILE | tally-verify -");
    lines->is_at_end = n == 0;
    lines->at = 0;
    lines->have = (size_t) n;
    lines->bytes += (uint64_t) n;
    return TALLY_OK;
}

static void keep(struct verify_lines *lines, const char *from, size_t len)
{
    size_t room = KEEP_MAX - lines->long_line.len;
    buf_add(&lines->long_line, from, len < room ? len : room);
}

enum tally_code verify_lines_next(struct verify_lines *lines, struct slice *line, bool *is_end, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    bool is_split = false;
    buf_clear(&lines->long_line);
    for (;;) {
        if (lines->at == lines->have && !lines->is_at_end)
            TRY(fill(lines, err));
        if (lines->at == lines->have)
            break;
        const char *from = lines->chunk + lines->at;
        const char *end = memchr(from, '\n', lines->have - lines->at);
        size_t len = end == NULL ? lines->have - lines->at : (size_t) (end - from);
        lines->at += end == NULL ? len : len + 1;
        if (end != NULL && !is_split) {
            *line = slice_of(from, len);
            *is_end = false;
            goto done;
        }
        keep(lines, from, len);
        is_split = true;
        if (end != NULL)
            break;
    }
    TRY(buf_check(&lines->long_line, err));
    *line = buf_slice(&lines->long_line);
    *is_end = !is_split;
done:
    return rc;
}
