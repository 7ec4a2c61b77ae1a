#include "tally/witness.h"

#include <inttypes.h>

#include "scan.h"
#include "tally/entry.h"
#include "tally/text.h"

/* ---- the request ---- */

void witness_request_write(const struct witness_request *request, struct buf *out)
{
    buf_add_str(out, "old ");
    buf_add_u64(out, request->old);
    buf_add_char(out, '\n');
    for (size_t i = 0; i < request->proof_count; i++) {
        text_base64(request->proof[i].bytes, DIGEST_LEN, out);
        buf_add_char(out, '\n');
    }
    buf_add_char(out, '\n');
    buf_add_slice(out, request->note);
}

enum tally_code witness_request_read(struct slice bytes, struct witness_request *out, struct err *err)
{
    struct witness_request read = {0};
    struct slice line;
    struct scan scan;
    size_t len = 0;
    scan_init(&scan, bytes);
    if (!scan_literal(&scan, "old ") || !scan_until(&scan, '\n', &line) ||
        text_u64(line, ENTRY_SEQ_MAX, &read.old) != TALLY_OK)
        return err_set(err, TALLY_E_MALFORMED, "the first line is to be: old SIZE");
    for (;;) {
        if (!scan_until(&scan, '\n', &line))
            return err_set(err, TALLY_E_MALFORMED, "there is no empty line before the checkpoint");
        if (line.len == 0)
            break;
        if (read.proof_count == MERKLE_PROOF_MAX)
            return err_set(err, TALLY_E_MALFORMED, "more than %d lines of proof", MERKLE_PROOF_MAX);
        if (text_unbase64(line, read.proof[read.proof_count].bytes, DIGEST_LEN, &len) != TALLY_OK || len != DIGEST_LEN)
            return err_set(err, TALLY_E_MALFORMED, "line %zu of the proof is not base64 of a hash", read.proof_count + 1);
        read.proof_count++;
    }
    read.note = slice_of(scan.at, scan_left(&scan));
    *out = read;
    return TALLY_OK;
}

/* ---- the answer ---- */

int witness_status(enum witness_verdict verdict)
{
    switch (verdict) {
    case WITNESS_COSIGNS:
        return 200;
    case WITNESS_NO_REQUEST:
        return 400;
    case WITNESS_NOT_SIGNED:
        return 403;
    case WITNESS_OTHER_SIZE:
    case WITNESS_FORKED:
        return 409;
    case WITNESS_NOT_CONTINUED:
        return 422;
    }
    return 500;
}

static bool continues(const struct witness_state *state, const struct witness_request *request,
                      const struct checkpoint *checkpoint)
{
    struct slice proof[MERKLE_PROOF_MAX];
    struct digest empty;
    if (request->old == 0) { /* from nothing: there is nothing to prove */
        merkle_empty(&empty);
        return request->proof_count == 0 && (checkpoint->size > 0 || digest_equal(&checkpoint->root, &empty));
    }
    for (size_t i = 0; i < request->proof_count; i++)
        proof[i] = slice_of(request->proof[i].bytes, DIGEST_LEN);
    return merkle_verify_consistency(request->old, checkpoint->size, slice_of(state->root.bytes, DIGEST_LEN),
                                     slice_of(checkpoint->root.bytes, DIGEST_LEN), proof, request->proof_count);
}

enum witness_verdict witness_judge(const struct witness_state *state, const struct note_key *log,
                                   const struct witness_request *request, struct checkpoint *out, struct err *err)
{
    struct checkpoint checkpoint;
    enum tally_code rc = checkpoint_open(request->note, log, &checkpoint, NULL, err);
    if (rc == TALLY_E_SIGNATURE)
        return WITNESS_NOT_SIGNED;
    if (rc != TALLY_OK)
        return WITNESS_NO_REQUEST;
    *out = checkpoint;
    if (request->old > checkpoint.size) {
        (void) err_set(err, TALLY_E_MALFORMED, "old %" PRIu64 " is more than the checkpoint's %" PRIu64, request->old,
                       checkpoint.size);
        return WITNESS_NO_REQUEST;
    }
    if (request->old != state->size) {
        (void) err_set(err, TALLY_E_CONFLICT, "the newest cosigned is of %" PRIu64 " entries, not of %" PRIu64, state->size,
                       request->old);
        return WITNESS_OTHER_SIZE;
    }
    if (state->size > 0 && checkpoint.size == state->size && !digest_equal(&checkpoint.root, &state->root)) {
        (void) err_set(err, TALLY_E_MISMATCH,
                       "the log has signed two different trees of %" PRIu64 " entries: it shows two histories",
                       state->size);
        return WITNESS_FORKED;
    }
    if (!continues(state, request, &checkpoint)) {
        (void) err_set(err, TALLY_E_MISMATCH,
                       "the proof does not lead from the %" PRIu64 " entries that were cosigned to these %" PRIu64,
                       state->size, checkpoint.size);
        return WITNESS_NOT_CONTINUED;
    }
    return WITNESS_COSIGNS;
}
