#include "verify_residues.h"

#include <string.h>
#include <unistd.h>

#include "tally/archive.h"
#include "tally/mem.h"
#include "verify_input.h"

#define PIECE 65536
/* As it stands in a line: the header is a string there. In a body the same text would have its backslashes doubled. */
#define MARK "\\\"type\\\":\\\"residue.kept\\\""

MUST_CHECK static enum tally_code take_line(struct slice line, struct replay *replay, struct arena *arena, struct err *err)
{
    struct archive_line read;
    struct entry_header header;
    struct err why = {0};
    if (line.len > ARCHIVE_LINE_MAX || memmem(line.ptr, line.len, MARK, sizeof MARK - 1) == NULL)
        return TALLY_OK;
    arena_clear(arena);
    enum tally_code rc = archive_read_line(line, arena, &read, &why);
    if (rc == TALLY_E_NO_MEMORY)
        return err_set(err, rc, "%s", why.detail);
    if (rc != TALLY_OK || read.kind != ARCHIVE_LINE_ENTRY || read.entry.state != ARCHIVE_BODY_PRESENT ||
        entry_header_read(read.entry.header, &header, NULL) != TALLY_OK || !slice_is(header.type, "residue.kept"))
        return TALLY_OK;
    return replay_residue(replay, read.entry.body, err);
}

/* The whole lines of what is there; the rest stays at the front. Of a line that is too long nothing is kept. */
MUST_CHECK static enum tally_code take_lines(struct buf *text, struct replay *replay, struct arena *arena, struct err *err)
{
    size_t at = 0;
    for (const char *end; at < text->len && (end = memchr(text->ptr + at, '\n', text->len - at)) != NULL;
         at = (size_t) (end - text->ptr) + 1) {
        enum tally_code rc = take_line(slice_of(text->ptr + at, (size_t) (end - text->ptr) - at), replay, arena, err);
        if (rc != TALLY_OK)
            return rc;
    }
    text->len -= at;
    if (text->len > 0 && at > 0)
        memmove(text->ptr, text->ptr + at, text->len);
    if (text->len > ARCHIVE_LINE_MAX)
        text->len = 1; /* no line begins with what it begins with: what follows is passed over, too */
    return TALLY_OK;
}

MUST_CHECK static enum tally_code read_all(struct verify_input *input, struct replay *replay, struct arena *arena,
                                           struct buf *text, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    char piece[PIECE];
    ENSURE(input != NULL);
    while (!input->is_at_end && input->damage == NULL) {
        size_t len = 0;
        TRY(verify_input_next(input, piece, sizeof piece, &len, err));
        buf_add(text, piece, len);
        TRY(buf_check(text, err));
        TRY(take_lines(text, replay, arena, err));
    }
done:
    return rc;
}

enum tally_code verify_residues_read(int fd, uint64_t bytes, struct replay *replay, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct buf text;
    struct arena *arena = arena_new((size_t) 4 * ARCHIVE_LINE_MAX);
    struct verify_input *input = mem_zero(sizeof *input);
    const off_t at = lseek(fd, 0, SEEK_CUR);
    buf_init(&text, (size_t) ARCHIVE_LINE_MAX + 2 * PIECE);
    if (at < 0 || lseek(fd, at - (off_t) bytes, SEEK_SET) < 0)
        TRY(err_set(err, TALLY_E_IO, "the archive cannot be read twice: %m"));
    if (arena == NULL || input == NULL)
        TRY(err_set(err, TALLY_E_NO_MEMORY, "no memory to look for what is left of erased bodies"));
    TRY(verify_input_begin(input, fd, err));
    TRY(read_all(input, replay, arena, &text, err));
    if (lseek(fd, at, SEEK_SET) != at)
        rc = err_set(err, TALLY_E_IO, "the archive cannot be read twice: %m");
done:
    if (input != NULL)
        verify_input_end(input);
    mem_free(input);
    arena_free(arena);
    buf_release(&text);
    return rc;
}
