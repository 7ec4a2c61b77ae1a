#include "tally/receipt.h"

#include <inttypes.h>

#include "archive_string.h"
#include "tally/canon.h"
#include "tally/text.h"

#define EXTRA_MAX (2 * ENTRY_HEADER_MAX) /* quotes are escaped, nothing else */

static void extra_write(const struct receipt *receipt, struct buf *out)
{
    struct canon w;
    canon_init(&w, out);
    canon_object(&w);
    canon_name(&w, "header");
    canon_string(&w, receipt->header);
    if (receipt->has_nonce) {
        canon_name(&w, "nonce");
        canon_base64(&w, receipt->nonce, ENTRY_NONCE_LEN);
    }
    canon_close(&w);
}

void receipt_write(const struct receipt *receipt, struct buf *out)
{
    struct buf extra;
    buf_add_str(out, RECEIPT_FIRST_LINE);
    if (receipt->header.len > 0) {
        buf_init(&extra, EXTRA_MAX);
        extra_write(receipt, &extra);
        buf_add_str(out, "extra ");
        text_base64(extra.ptr, extra.len, out);
        buf_add_char(out, '\n');
        if (extra.failed != TALLY_OK)
            out->failed = extra.failed;
        buf_release(&extra);
    }
    buf_add_str(out, "index ");
    buf_add_u64(out, receipt->index);
    buf_add_char(out, '\n');
    for (size_t i = 0; i < receipt->proof_count; i++) {
        text_base64(receipt->proof[i].bytes, DIGEST_LEN, out);
        buf_add_char(out, '\n');
    }
    buf_add_char(out, '\n');
    buf_add_slice(out, receipt->checkpoint);
}

/* ---- reading ---- */

static bool extra_read(struct slice encoded, struct arena *arena, struct receipt *out)
{
    char text[EXTRA_MAX], unescaped[EXTRA_MAX + ARCHIVE_TEXT_SLACK], *to = unescaped;
    size_t len = 0;
    struct scan scan;
    struct slice header, nonce;
    if (text_unbase64(encoded, text, sizeof text, &len) != TALLY_OK)
        return false;
    scan_init(&scan, slice_of(text, len));
    if (!scan_literal(&scan, "{\"header\":") || archive_read_string(&scan, &to, &header) != TALLY_OK || header.len == 0 ||
        arena_copy(arena, header.ptr, header.len, &out->header, NULL) != TALLY_OK)
        return false;
    out->has_nonce = scan_literal(&scan, ",\"nonce\":\"");
    if (out->has_nonce && (!scan_until(&scan, '"', &nonce) ||
                           text_unbase64(nonce, out->nonce, ENTRY_NONCE_LEN, &len) != TALLY_OK || len != ENTRY_NONCE_LEN))
        return false;
    return scan_literal(&scan, "}") && scan_is_at_end(&scan);
}

static bool proof_read(struct scan *scan, struct receipt *out)
{
    struct slice line;
    size_t len = 0;
    for (;;) {
        if (!scan_until(scan, '\n', &line))
            return false;
        if (line.len == 0)
            return true;
        if (out->proof_count == MERKLE_PROOF_MAX ||
            text_unbase64(line, out->proof[out->proof_count].bytes, DIGEST_LEN, &len) != TALLY_OK || len != DIGEST_LEN)
            return false;
        out->proof_count++;
    }
}

enum tally_code receipt_read(struct slice bytes, struct arena *arena, struct receipt *out, struct err *err)
{
    struct receipt read = {0};
    struct scan scan;
    struct slice line;
    scan_init(&scan, bytes);
    if (bytes.len > RECEIPT_MAX || !scan_literal(&scan, RECEIPT_FIRST_LINE))
        return err_set(err, TALLY_E_MALFORMED, "this is no receipt: it does not begin with " RECEIPT_FIRST_LINE);
    if (scan_literal(&scan, "extra ") && (!scan_until(&scan, '\n', &line) || !extra_read(line, arena, &read)))
        return err_set(err, TALLY_E_MALFORMED, "the receipt's line \"extra\" is not base64 of a header and a nonce");
    if (!scan_literal(&scan, "index ") || !scan_until(&scan, '\n', &line) ||
        text_u64(line, ENTRY_SEQ_MAX, &read.index) != TALLY_OK)
        return err_set(err, TALLY_E_MALFORMED, "the receipt's line \"index\" is not the number of an entry");
    if (!proof_read(&scan, &read))
        return err_set(err, TALLY_E_MALFORMED, "line %zu of the receipt's proof is not base64 of a hash",
                       read.proof_count + 1);
    read.checkpoint = slice_of(scan.at, scan_left(&scan));
    *out = read;
    return TALLY_OK;
}

/* ---- checking ---- */

enum tally_code receipt_check(const struct receipt *receipt, const struct note_key *ledger, struct receipt_content *out,
                              struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct receipt_content content;
    struct slice proof[MERKLE_PROOF_MAX];
    if (receipt->header.len == 0)
        TRY(err_set(err, TALLY_E_NOT_FOUND, "the receipt has no header: it says nothing about a statement"));
    TRY(checkpoint_open(receipt->checkpoint, ledger, &content.checkpoint, NULL, err));
    TRY(entry_header_read(receipt->header, &content.header, err));
    if (content.header.seq != receipt->index || !slice_equal(content.header.ledger, content.checkpoint.origin))
        TRY(err_set(
            err, TALLY_E_MISMATCH,
            "the receipt's header is that of entry %" PRIu64 " of %.*s, the receipt is for entry %" PRIu64 " of %.*s",
            content.header.seq, SLICE_ARG(content.header.ledger), receipt->index, SLICE_ARG(content.checkpoint.origin)));
    entry_hash(receipt->header, &content.hash);
    for (size_t i = 0; i < receipt->proof_count; i++)
        proof[i] = slice_of(receipt->proof[i].bytes, DIGEST_LEN);
    if (!merkle_verify_inclusion(receipt->index, content.checkpoint.size, slice_of(content.hash.bytes, DIGEST_LEN), proof,
                                 receipt->proof_count, slice_of(content.checkpoint.root.bytes, DIGEST_LEN)))
        TRY(err_set(err, TALLY_E_MISMATCH,
                    "the proof does not lead from entry %" PRIu64 " to the root of the checkpoint of size %" PRIu64,
                    receipt->index, content.checkpoint.size));
    *out = content;
done:
    return rc;
}
