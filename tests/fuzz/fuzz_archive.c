/* A line of an archive that is read is written again as the same bytes; a whole archive never stops the verifier, in whatever pieces it
 * comes, and what it finds does not depend on them. */
#include <stddef.h>
#include <stdint.h>

#include "../../api/cli/verify_keys.h"
#include "tally/archive.h"
#include "tally/verify.h"
/* the reader of bodies lies in the program, above these layers, but is what the verifier is used with */
#include "../../api/cli/verify_keys.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_line(struct slice text, struct arena *arena)
{
    struct archive_line line;
    struct entry_header header;
    struct buf again;
    if (archive_read_line(text, arena, &line, NULL) != TALLY_OK)
        return;
    buf_init(&again, (size_t) ARCHIVE_LINE_MAX + 2);
    if (line.kind == ARCHIVE_LINE_HEAD)
        archive_write_head(&line.head, &again);
    else if (line.kind == ARCHIVE_LINE_ENTRY)
        archive_write_entry(&line.entry, &again);
    else
        archive_write_checkpoint(line.checkpoint, &again);
    ENSURE(again.len == text.len + 1);
    ENSURE(slice_equal(slice_of(again.ptr, text.len), text));
    if (line.kind == ARCHIVE_LINE_ENTRY && entry_header_read(line.entry.header, &header, NULL) == TALLY_OK) {
        buf_clear(&again);
        entry_header_write(&header, &again);
        ENSURE(slice_equal(buf_slice(&again), line.entry.header));
    }
    buf_release(&again);
}

static void check_lines(struct slice rest)
{
    struct arena *arena = arena_new((size_t) 2 * ARCHIVE_LINE_MAX + 65536);
    ENSURE(arena != NULL);
    while (rest.len > 0) {
        const char *end = memchr(rest.ptr, '\n', rest.len);
        size_t len = end == NULL ? rest.len : (size_t) (end - rest.ptr);
        check_line(slice_of(rest.ptr, len), arena);
        arena_clear(arena);
        len += end == NULL ? 0 : 1;
        rest = slice_of(rest.ptr + len, rest.len - len);
    }
    arena_free(arena);
}

/* In pieces of at most so many bytes. */
static void verify(struct slice text, size_t piece, enum verify_level level, struct verify_report *report)
{
    struct verify_options options = {.level = level, .read_key_change = verify_keys_read, .threads = 1};
    struct verifier *verifier = NULL;
    ENSURE(verifier_new(&options, &verifier, NULL) == TALLY_OK);
    while (text.len > 0) {
        char *at = NULL;
        size_t room = 0;
        ENSURE(verifier_room(verifier, &at, &room, NULL) == TALLY_OK && room > 0);
        room = room < piece ? room : piece;
        room = room < text.len ? room : text.len;
        memcpy(at, text.ptr, room);
        ENSURE(verifier_put(verifier, room, NULL) == TALLY_OK);
        text = slice_of(text.ptr + room, text.len - room);
    }
    ENSURE(verifier_end(verifier, report, NULL) == TALLY_OK);
    verifier_free(verifier);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = slice_of(data, size);
    struct verify_report whole, pieces;
    size_t piece = size < 2 ? 1 : 1 + data[size / 2] % 64u;
    check_lines(text);
    verify(text, size + 1, VERIFY_SIGNATURES, &whole);
    verify(text, piece, VERIFY_CHAIN, &pieces);
    ENSURE(whole.entries == pieces.entries && digest_equal(&whole.head, &pieces.head));
    verify(text, piece, VERIFY_SIGNATURES, &pieces);
    ENSURE(whole.findings == pieces.findings && whole.first_bad == pieces.first_bad &&
           whole.signatures == pieces.signatures);
    return 0;
}
