#include "relay_witness.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>

#include "tally/log.h"
#include "tally/text.h"

#define ATTEMPTS 3 /* a witness says its size, is asked with that one, and another relay was faster: once more */

int64_t relay_backoff_ms(unsigned failures, uint32_t random)
{
    unsigned doublings = failures == 0 ? 0 : failures - 1;
    int64_t most = doublings > 16 ? RELAY_BACKOFF_MAX_MS : (int64_t) RELAY_BACKOFF_MIN_MS << doublings;
    if (most > RELAY_BACKOFF_MAX_MS)
        most = RELAY_BACKOFF_MAX_MS;
    return most / 2 + (int64_t) (random % (uint32_t) (most / 2 + 1));
}

/* ---- what is said of answers ---- */

/* One line of a log, of what is text at all. */
static struct slice trimmed(struct slice text)
{
    while (text.len > 0 && strchr(" \t\r\n", text.ptr[text.len - 1]) != NULL)
        text.len--;
    return text;
}

enum tally_code relay_refused(const struct relay_reply *reply, enum tally_code code, const char *what, struct err *err)
{
    struct slice body = trimmed(buf_slice(&reply->body));
    json_t *problem = json_loadb(body.len == 0 ? "" : body.ptr, body.len, JSON_REJECT_DUPLICATES, NULL);
    const char *detail = json_string_value(json_object_get(problem, "detail"));
    enum tally_code rc =
        err_set(err, code, "%s (%ld): %.*s", what, reply->status, SLICE_ARG(detail == NULL ? body : slice_str(detail)));
    json_decref(problem);
    return rc;
}

/* ---- the proof ---- */

MUST_CHECK static enum tally_code proof_take(struct slice text, struct witness_request *out, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    size_t len = 0;
    json_t *root = json_loadb(text.len == 0 ? "" : text.ptr, text.len, JSON_REJECT_DUPLICATES, NULL);
    const json_t *proof = json_object_get(root, "proof");
    size_t count = json_array_size(proof);
    if (!json_is_array(proof) || count > MERKLE_PROOF_MAX)
        TRY(err_set(err, TALLY_E_MALFORMED, "the ledger's proof of consistency cannot be read"));
    for (size_t i = 0; i < count; i++) {
        const char *hash = json_string_value(json_array_get(proof, i));
        if (hash == NULL || text_unbase64(slice_str(hash), out->proof[i].bytes, DIGEST_LEN, &len) != TALLY_OK ||
            len != DIGEST_LEN)
            TRY(err_set(err, TALLY_E_MALFORMED, "the ledger's proof of consistency cannot be read"));
    }
    out->proof_count = count;
done:
    json_decref(root);
    return rc;
}

/* TALLY_E_NOT_FOUND: the ledger does not have so many entries. */
MUST_CHECK static enum tally_code proof_ask(struct relay_witness *w, uint64_t from, uint64_t to,
                                            struct witness_request *out, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    char url[RELAY_URL_MAX];
    struct relay_reply reply;
    buf_init(&reply.body, RELAY_BYTES_MAX);
    (void) snprintf(url, sizeof url, "%s/v1/proofs/consistency?from=%" PRIu64 "&to=%" PRIu64, w->server, from, to);
    const struct relay_request request = {
        .url = url, .is_anywhere = true, .deadline_ms = w->deadline_ms, .is_stopping = w->is_stopping};
    TRY(relay_fetch(w->to_ledger, &request, &reply, err));
    if (reply.status != 200)
        TRY(relay_refused(&reply, reply.status == 404 ? TALLY_E_NOT_FOUND : TALLY_E_UNAVAILABLE,
                          "the ledger gives no proof of consistency", err));
    TRY(proof_take(buf_slice(&reply.body), out, err));
done:
    buf_release(&reply.body);
    return rc;
}

/* ---- the witness ---- */

MUST_CHECK static enum tally_code ask(struct relay_witness *w, const struct witness_request *asked,
                                      struct relay_reply *reply, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct buf body;
    buf_init(&body, WITNESS_REQUEST_MAX);
    witness_request_write(asked, &body);
    TRY(buf_check(&body, err));
    const struct relay_request request = {.url = w->url,
                                          .body = buf_slice(&body),
                                          .is_anywhere = w->is_anywhere,
                                          .deadline_ms = w->deadline_ms,
                                          .is_stopping = w->is_stopping};
    TRY(relay_fetch(w->to_witness, &request, reply, err));
done:
    buf_release(&body);
    return rc;
}

static bool is_text_of(const struct note *note, const struct relay_target *target)
{
    const char *end = strstr(target->note, "\n\n");
    ENSURE(end != NULL);
    return note->text.len == (size_t) (end + 1 - target->note);
}

/* The lines of a 200, behind the checkpoint that they are for: one is this witness's and verifies; others are nobody's business. */
MUST_CHECK static enum tally_code cosignature_take(const struct relay_witness *w, const struct relay_target *target,
                                                   struct slice lines, struct buf *out, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct note note;
    struct buf whole;
    buf_init(&whole, NOTE_MAX);
    buf_add_str(&whole, target->note);
    buf_add_slice(&whole, lines);
    if (buf_check(&whole, NULL) != TALLY_OK || note_read(buf_slice(&whole), &note, NULL) != TALLY_OK ||
        !is_text_of(&note, target)) /* an empty line in the answer would move the end of the text */
        TRY(err_set(err, TALLY_E_MALFORMED, "its answer is no lines of signatures"));
    rc = note_verify(&note, &w->witness->key, NULL, err);
    if (rc == TALLY_E_NOT_FOUND)
        rc = err_set(err, rc, "its answer has no cosignature by the key that the policy names");
    TRY(rc);
    buf_add_str(out, target->note);
    buf_add_slice(out, note_line(&note, &w->witness->key));
    TRY(buf_check(out, err));
done:
    buf_release(&whole);
    return rc;
}

/* A 409 has the size that the witness cosigned last as its body, and a line end; 0 for nothing yet. */
MUST_CHECK static enum tally_code size_take(const struct relay_reply *reply, uint64_t *out, struct err *err)
{
    struct slice text = buf_slice(&reply->body);
    if (strcmp(reply->content_type, WITNESS_SIZE_TYPE) != 0 || text.len < 2 || text.ptr[text.len - 1] != '\n' ||
        text_u64(slice_of(text.ptr, text.len - 1), INT64_MAX, out) != TALLY_OK)
        return err_set(err, TALLY_E_MALFORMED, "its 409 does not say which size it has");
    return TALLY_OK;
}

/* It has cosigned more than it is asked for. Where the ledger has as much meanwhile, another relay brought it, and nothing is wrong. */
MUST_CHECK static enum relay_outcome more_than_asked(struct relay_witness *w, const struct relay_target *target,
                                                     uint64_t size, struct err *err)
{
    struct witness_request between = {0};
    enum tally_code rc = proof_ask(w, target->size, size, &between, err);
    if (rc == TALLY_OK) {
        w->cosigned = size;
        return RELAY_BEHIND;
    }
    if (rc != TALLY_E_NOT_FOUND)
        return RELAY_LEDGER;
    (void) err_set(err, TALLY_E_MISMATCH,
                   "it has cosigned %" PRIu64 " entries, and this ledger shows %" PRIu64
                   ": entries were lost, or another service runs under its key",
                   size, target->size);
    return RELAY_FORKED;
}

MUST_CHECK static enum relay_outcome other_size(struct relay_witness *w, const struct relay_target *target, uint64_t old,
                                                const struct relay_reply *reply, bool *again, struct err *err)
{
    uint64_t size = 0;
    if (size_take(reply, &size, err) != TALLY_OK)
        return RELAY_AWAY;
    if (size == old && old == target->size) {
        (void) err_set(
            err, TALLY_E_MISMATCH,
            "it has cosigned another tree of %" PRIu64
            " entries under this ledger's key: two histories were shown. Compare checkpoints with whoever runs it",
            size);
        return RELAY_FORKED;
    }
    if (size == old) {
        (void) err_set(err, TALLY_E_CONFLICT, "its 409 says the size that it was asked with, %" PRIu64, size);
        return RELAY_AWAY;
    }
    if (size > target->size)
        return more_than_asked(w, target, size, err);
    if (size < w->verified) /* what it cosigns from here on may be another history: who trusts it shall know */
        LOG_WARN("relay.witness_forgot", LOG_STR("witness", w->witness->key.name), LOG_I64("says", size),
                 LOG_I64("cosigned", w->verified));
    w->cosigned = size;
    *again = true;
    return RELAY_AWAY;
}

/* ---- bringing it back ---- */

MUST_CHECK static enum tally_code bring_back(struct relay_witness *w, struct slice note, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    char url[RELAY_URL_MAX];
    struct relay_reply reply;
    buf_init(&reply.body, RELAY_BYTES_MAX);
    (void) snprintf(url, sizeof url, "%s/checkpoint/cosignatures", w->server);
    const struct relay_request request = {
        .url = url, .body = note, .is_anywhere = true, .deadline_ms = w->deadline_ms, .is_stopping = w->is_stopping};
    TRY(relay_fetch(w->to_ledger, &request, &reply, err));
    if (reply.status != 200)
        TRY(relay_refused(&reply, TALLY_E_UNAVAILABLE, "the ledger does not take the cosignature", err));
done:
    buf_release(&reply.body);
    return rc;
}

/* One question. *again: the witness has said its size, and wants to be asked with that. */
MUST_CHECK static enum relay_outcome attempt(struct relay_witness *w, const struct relay_target *target,
                                             struct relay_reply *reply, bool *again, struct err *err)
{
    struct witness_request asked = {.old = w->cosigned, .note = slice_str(target->note)};
    enum relay_outcome outcome = RELAY_AWAY;
    struct buf note;
    buf_init(&note, NOTE_MAX);
    if (asked.old > 0 && asked.old < target->size && proof_ask(w, asked.old, target->size, &asked, err) != TALLY_OK) {
        outcome = RELAY_LEDGER;
        goto done;
    }
    if (ask(w, &asked, reply, err) != TALLY_OK)
        goto done;
    if (reply->status == 409) {
        outcome = other_size(w, target, asked.old, reply, again, err);
        goto done;
    }
    if (reply->status == 422) {
        outcome = RELAY_FORKED;
        (void) err_set(
            err, TALLY_E_MISMATCH,
            "what it has cosigned does not lead to what this ledger shows now: two histories were shown under its key. "
            "Compare checkpoints with whoever runs it");
        goto done;
    }
    if (reply->status != 200) {
        (void) err_set(err, TALLY_E_UNAVAILABLE, "it answers %ld%s: %.*s", reply->status,
                       reply->status / 100 == 3 ? ", and redirects are not followed" : "",
                       SLICE_ARG(trimmed(buf_slice(&reply->body))));
        goto done;
    }
    if (cosignature_take(w, target, buf_slice(&reply->body), &note, err) != TALLY_OK)
        goto done;
    w->cosigned = target->size;
    w->verified = target->size > w->verified ? target->size : w->verified;
    outcome = bring_back(w, buf_slice(&note), err) == TALLY_OK ? RELAY_COSIGNED : RELAY_LEDGER;
done:
    buf_release(&note);
    return outcome;
}

enum relay_outcome relay_witness_submit(struct relay_witness *w, const struct relay_target *target, struct err *err)
{
    enum relay_outcome outcome = RELAY_AWAY;
    bool again = true;
    struct relay_reply reply;
    buf_init(&reply.body, RELAY_BYTES_MAX);
    if (w->cosigned > target->size) /* the ledger has gone back: the witness shall say so */
        w->cosigned = 0;
    for (int i = 0; i < ATTEMPTS && again; i++) {
        again = false;
        outcome = attempt(w, target, &reply, &again, err);
    }
    if (again)
        (void) err_set(err, TALLY_E_CONFLICT, "its size changed each time that it was asked: is another relay at work?");
    buf_release(&reply.body);
    return outcome;
}
