/* Replay of an archive whose bodies, order and headers somebody has made up, with all hashes made right again, as whoever has the ledger's key
 * can: it ends, with findings or without, and what it says does not depend on how many threads read the lines. Signatures do not verify any
 * more; what is behind them is looked at all the same. */
#include <stddef.h>
#include <stdint.h>

#include "../../api/cli/verify_keys.h"
#include "tally/archive.h"
#include "tally/replay.h"
#include "tally/verify.h"
/* the reader of bodies lies in the program, above these layers, but is what the verifier is used with */
#include "../../api/cli/verify_keys.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REBUILT_MAX ((size_t) 4 << 20) /* what is rebuilt of an input of 64 KiB, many times over */
#define LINES_MAX 512                  /* entries: more only take longer */

struct rebuilt {
    struct arena *arena;
    struct buf text;
    struct digest head; /* of the last entry */
    uint64_t count;
    struct slice residues[LINES_MAX];
    size_t residue_count;
};

/* The entry in its place in the chain, its body committed to. */
static void rebuild_entry(struct rebuilt *r, const struct archive_entry *entry)
{
    struct entry_header header;
    struct archive_entry line = *entry;
    struct buf bytes;
    if (entry_header_read(entry->header, &header, NULL) != TALLY_OK || r->count == LINES_MAX)
        return;
    header.seq = r->count++;
    header.prev = r->head;
    if (entry->state == ARCHIVE_BODY_PRESENT)
        entry_commitment(entry->nonce, entry->jws, entry->body, &header.body);
    buf_init(&bytes, ENTRY_HEADER_MAX);
    entry_header_write(&header, &bytes);
    ENSURE(buf_check(&bytes, NULL) == TALLY_OK);
    entry_hash(buf_slice(&bytes), &r->head);
    line.header = buf_slice(&bytes);
    archive_write_entry(&line, &r->text);
    if (slice_is(header.type, "residue.kept") && entry->state == ARCHIVE_BODY_PRESENT)
        r->residues[r->residue_count++] = entry->body;
    buf_release(&bytes);
}

/* Lines that are none are left out. */
static void rebuild(struct rebuilt *r, struct slice rest)
{
    *r = (struct rebuilt){.arena = arena_new((size_t) 64 << 20)};
    ENSURE(r->arena != NULL);
    buf_init(&r->text, REBUILT_MAX);
    while (rest.len > 0) {
        struct archive_line line;
        const char *end = memchr(rest.ptr, '\n', rest.len);
        size_t len = end == NULL ? rest.len : (size_t) (end - rest.ptr);
        if (archive_read_line(slice_of(rest.ptr, len), r->arena, &line, NULL) == TALLY_OK) {
            if (line.kind == ARCHIVE_LINE_HEAD && r->text.len == 0)
                archive_write_head(&line.head, &r->text);
            else if (line.kind == ARCHIVE_LINE_ENTRY)
                rebuild_entry(r, &line.entry);
        }
        len += end == NULL ? 0 : 1;
        rest = slice_of(rest.ptr + len, rest.len - len);
    }
}

static void verify(const struct rebuilt *r, int threads, struct verify_report *report, struct replay_report *replayed)
{
    struct replay *replay = NULL;
    struct verifier *verifier = NULL;
    struct slice text = buf_slice(&r->text);
    const struct replay_options how = {.on_unchecked = NULL};
    ENSURE(replay_new(&how, &replay, NULL) == TALLY_OK);
    for (size_t i = 0; i < r->residue_count; i++)
        ENSURE(replay_residue(replay, r->residues[i], NULL) == TALLY_OK);
    struct verify_options options = {.level = VERIFY_REPLAY,
                                     .read_key_change = verify_keys_read,
                                     .follow = replay_follow,
                                     .follow_ctx = replay,
                                     .threads = threads};
    ENSURE(verifier_new(&options, &verifier, NULL) == TALLY_OK);
    while (text.len > 0) {
        size_t len = (size_t) ((const char *) memchr(text.ptr, '\n', text.len) - text.ptr);
        ENSURE(verifier_line(verifier, slice_of(text.ptr, len), NULL) == TALLY_OK);
        text = slice_of(text.ptr + len + 1, text.len - len - 1);
    }
    ENSURE(verifier_end(verifier, report, NULL) == TALLY_OK);
    replay_report(replay, replayed);
    verifier_free(verifier);
    replay_free(replay);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rebuilt r;
    struct verify_report one, two;
    struct replay_report replayed, again;
    rebuild(&r, slice_of(data, size));
    verify(&r, 1, &one, &replayed);
    if (size % 8 == 0) { /* threads take time to begin */
        verify(&r, 2, &two, &again);
        ENSURE(one.findings == two.findings && one.first_bad == two.first_bad);
        ENSURE(replayed.events == again.events && replayed.more == again.more && replayed.unseen == again.unseen);
    }
    buf_release(&r.text);
    arena_free(r.arena);
    return 0;
}
