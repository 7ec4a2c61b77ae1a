/* A line of an archive that is read is written again as the same bytes; a whole archive never stops the verifier. */
#include <stddef.h>
#include <stdint.h>

#include "tally/archive.h"
#include "tally/verify.h"

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

static enum tally_code no_keys(void *ctx, enum entry_type type, struct slice target, struct slice body, struct arena *arena,
                               struct verify_key_change *out, struct err *err)
{
    (void) ctx;
    (void) type;
    (void) target;
    (void) body;
    (void) arena;
    (void) out;
    return err_set(err, TALLY_E_MALFORMED, "not read here");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct verify_options options = {.level = VERIFY_SIGNATURES, .read_key_change = no_keys, .threads = 1};
    struct verify_report report;
    struct verifier *verifier = NULL;
    struct arena *arena = arena_new((size_t) 2 * ARCHIVE_LINE_MAX + 65536);
    struct slice rest = slice_of(data, size);
    ENSURE(arena != NULL && verifier_new(&options, &verifier, NULL) == TALLY_OK);
    while (rest.len > 0) {
        const char *end = memchr(rest.ptr, '\n', rest.len);
        size_t len = end == NULL ? rest.len : (size_t) (end - rest.ptr);
        check_line(slice_of(rest.ptr, len), arena);
        arena_clear(arena);
        ENSURE(verifier_line(verifier, slice_of(rest.ptr, len), NULL) == TALLY_OK);
        len += end == NULL ? 0 : 1;
        rest = slice_of(rest.ptr + len, rest.len - len);
    }
    ENSURE(verifier_end(verifier, &report, NULL) == TALLY_OK);
    verifier_free(verifier);
    arena_free(arena);
    return 0;
}
