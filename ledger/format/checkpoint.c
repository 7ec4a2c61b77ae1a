#include "scan.h"
#include "tally/entry.h"
#include "tally/note.h"
#include "tally/text.h"

void checkpoint_write(const struct checkpoint *checkpoint, struct buf *out)
{
    ENSURE(text_is_origin(checkpoint->origin));
    buf_add_slice(out, checkpoint->origin);
    buf_add_char(out, '\n');
    buf_add_u64(out, checkpoint->size);
    buf_add_char(out, '\n');
    text_base64(checkpoint->root.bytes, DIGEST_LEN, out);
    buf_add_char(out, '\n');
}

enum tally_code checkpoint_read(struct slice text, struct checkpoint *out, struct err *err)
{
    struct checkpoint read;
    struct slice size, root;
    struct scan scan;
    size_t len = 0;
    scan_init(&scan, text);
    if (!scan_until(&scan, '\n', &read.origin) || !text_is_origin(read.origin))
        return err_set(err, TALLY_E_MALFORMED, "the first line of the checkpoint is not the name of a ledger");
    if (!scan_until(&scan, '\n', &size) || text_u64(size, ENTRY_SEQ_MAX, &read.size) != TALLY_OK)
        return err_set(err, TALLY_E_MALFORMED, "the second line of the checkpoint is not the size of a tree");
    if (!scan_until(&scan, '\n', &root) || text_unbase64(root, read.root.bytes, DIGEST_LEN, &len) != TALLY_OK ||
        len != DIGEST_LEN || !scan_is_at_end(&scan))
        return err_set(err, TALLY_E_MALFORMED, "the third and last line of the checkpoint is not base64 of a hash");
    *out = read;
    return TALLY_OK;
}

enum tally_code checkpoint_sign(const struct checkpoint *checkpoint, const struct key_pair *pair, struct buf *out,
                                struct err *err)
{
    struct buf text;
    buf_init(&text, CHECKPOINT_MAX);
    checkpoint_write(checkpoint, &text);
    enum tally_code rc = buf_check(&text, err);
    buf_add_slice(out, buf_slice(&text));
    buf_add_char(out, '\n');
    if (rc == TALLY_OK)
        rc = note_sign(buf_slice(&text), checkpoint->origin, pair, out, err);
    buf_release(&text);
    return rc;
}

enum tally_code checkpoint_open(struct slice bytes, const struct note_key *ledger, struct checkpoint *out,
                                struct note *note, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct note opened;
    struct checkpoint read = {.origin = SLICE("")};
    TRY(note_read(bytes, &opened, err));
    TRY(checkpoint_read(opened.text, &read, err));
    if (ledger != NULL && !slice_is(read.origin, ledger->name))
        TRY(err_set(err, TALLY_E_MISMATCH, "the checkpoint is of the ledger %.*s, not of %s", SLICE_ARG(read.origin),
                    ledger->name));
    if (ledger != NULL)
        rc = note_verify(&opened, ledger, NULL, err);
    if (rc == TALLY_E_NOT_FOUND)
        rc = err_set(err, TALLY_E_SIGNATURE, "the ledger's key has not signed the checkpoint");
    TRY(rc);
    *out = read;
    if (note != NULL)
        *note = opened;
done:
    return rc;
}
