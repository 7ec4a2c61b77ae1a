#include "verify_anchor.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum tally_code verify_file_read(const char *path, size_t max, struct arena *arena, struct slice *out, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct buf text;
    char block[16384];
    ssize_t n = 0;
    buf_init(&text, max);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        TRY(err_set(err, TALLY_E_USAGE, "%s: %m", path));
    while ((n = read(fd, block, sizeof block)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            TRY(err_set(err, TALLY_E_USAGE, "%s: %m", path));
        buf_add(&text, block, (size_t) n);
        if (text.failed == TALLY_E_LIMIT)
            TRY(err_set(err, TALLY_E_USAGE, "%s is over %zu bytes", path, max));
    }
    TRY(buf_check(&text, err));
    TRY(arena_copy(arena, text.ptr, text.len, out, err));
done:
    if (fd >= 0)
        (void) close(fd);
    buf_release(&text);
    return rc;
}

/* A receipt's checkpoint; its own entry is checked on the way. */
MUST_CHECK static enum tally_code open_any(struct slice text, struct arena *arena, const struct note_key *ledger,
                                           struct checkpoint *out, struct note *note, struct err *err)
{
    struct receipt receipt;
    struct receipt_content content;
    if (!slice_starts(text, SLICE(RECEIPT_FIRST_LINE)))
        return checkpoint_open(text, ledger, out, note, err);
    enum tally_code rc = receipt_read(text, arena, &receipt, err);
    if (rc == TALLY_OK)
        rc = receipt_check(&receipt, ledger, &content, err);
    if (rc == TALLY_OK)
        rc = note_read(receipt.checkpoint, note, err);
    if (rc == TALLY_OK)
        *out = content.checkpoint;
    return rc;
}

enum tally_code verify_anchor_add(struct verify_anchors *anchors, const char *path, const struct note_key *ledger,
                                  const struct policy *policy, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct slice text;
    struct checkpoint checkpoint;
    struct note note;
    struct policy_seen seen = {0};
    size_t at = anchors->count;
    if (anchors->count == VERIFY_ANCHORS_MAX)
        return err_set(err, TALLY_E_USAGE, "more than %d --checkpoint", VERIFY_ANCHORS_MAX);
    TRY(verify_file_read(path, RECEIPT_MAX, anchors->arena, &text, err));
    rc = open_any(text, anchors->arena, ledger, &checkpoint, &note, err);
    if (rc == TALLY_OK && policy != NULL)
        rc = policy_look(policy, &note, &seen, err);
    if (rc == TALLY_E_MALFORMED || rc == TALLY_E_NOT_FOUND)
        rc = TALLY_E_USAGE;
    if (rc != TALLY_OK)
        (void) err_context(err, "%s", path);
    TRY(rc);
    uint64_t *seconds = ARENA_ARRAY(anchors->arena, POLICY_WITNESSES_MAX, uint64_t);
    if (seconds == NULL)
        TRY(err_set(err, TALLY_E_NO_MEMORY, "no memory for the checkpoints"));
    memcpy(seconds, seen.seconds, sizeof seen.seconds);
    for (; at > 0 && anchors->list[at - 1].size > checkpoint.size; at--)
        anchors->list[at] = anchors->list[at - 1];
    anchors->list[at] = (struct verify_anchor){checkpoint.size, checkpoint.root, path, seen.witnesses, seconds};
    anchors->count++;
done:
    return rc;
}
