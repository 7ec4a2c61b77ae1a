/* Which decoder reads which type, and what all of them share. */
#include "tally/command.h"

#include <stdarg.h>
#include <stdio.h>

#include "decode.h"
#include "tally/text.h"

static void (*const decoders[ENTRY_TYPE_COUNT])(struct decoding *d) = {
    [ENTRY_ACTOR_REGISTERED] = decode_actor,
    [ENTRY_KEY_ADDED] = decode_key,
    [ENTRY_KEY_REVOKED] = decode_revocation,
    [ENTRY_INDICATOR_DEFINED] = decode_indicator,
    [ENTRY_CONTRACT_PROPOSED] = decode_contract,
    [ENTRY_CONTRACT_SIGNED] = decode_signature,
    [ENTRY_CONTRACT_AMENDMENT_PROPOSED] = decode_amendment,
    [ENTRY_RESULT_SUBMITTED] = decode_results,
    [ENTRY_RESULT_VERIFIED] = decode_verification,
    [ENTRY_RESULT_RESTATED] = decode_restatement,
    [ENTRY_RESULT_WITHDRAWN] = decode_withdrawal,
    [ENTRY_RESULT_DISPUTED] = decode_dispute,
    [ENTRY_DISPUTE_RESOLVED] = decode_resolution,
    [ENTRY_SETTLEMENT_RECORDED] = decode_settlement,
    [ENTRY_BODY_ERASED] = decode_erasure,
    [ENTRY_CONTRACT_ACCEDED] = decode_accession,
};

struct slice target_segment(struct slice target, unsigned n)
{
    size_t at = 0;
    for (unsigned seen = 0; at < target.len; seen++) {
        if (target.ptr[at] == '/')
            at++;
        size_t end = at;
        while (end < target.len && target.ptr[end] != '/')
            end++;
        if (seen == n)
            return slice_of(target.ptr + at, end - at);
        at = end;
    }
    return SLICE("");
}

void decode_refuse(struct decoding *d, enum refusal_code code, const char *fmt, ...)
{
    char detail[512];
    va_list args;
    va_start(args, fmt);
    int len = vsnprintf(detail, sizeof(detail), fmt, args);
    va_end(args);
    if (d->reader.refusal != NULL)
        return;
    d->reader.refusal = refusal_new(d->reader.arena, code, "%s", len < 0 ? "" : detail);
    if (d->reader.refusal == NULL)
        reader_failed(&d->reader, err_set(d->reader.err, TALLY_E_LIMIT, "no memory to refuse a body"));
}

bool decode_seq(struct decoding *d, unsigned segment, enum refusal_code code, uint64_t *out)
{
    struct slice text = target_segment(d->request->target, segment);
    if (text_u64(text, ENTRY_SEQ_MAX, out) == TALLY_OK)
        return true;
    decode_refuse(d, code, "\"%.64s\" in the path is not the number of an entry",
                  text_is_utf8(text, NULL) && text.len <= 64 ? arena_strdup(d->reader.arena, text) : "");
    return false;
}

static void decode(struct decoding *d)
{
    if (!slice_is(d->request->content_type, "application/json")) {
        decode_refuse(d, REFUSE_REQUEST_MEDIA_TYPE, "a body of this kind is sent as application/json, without parameters");
        return;
    }
    d->body = json_read(&d->reader, d->request->body);
    if (d->body != NULL)
        decoders[d->request->type](d);
    json_decref(d->body);
}

bool command_is_decoded(enum entry_type type)
{
    return (size_t) type < ENTRY_TYPE_COUNT && decoders[type] != NULL;
}

enum tally_code command_decode(const struct command_request *request, struct arena *arena, struct command *out,
                               struct refusal **refusal, struct err *err)
{
    struct command command = {.actor = request->actor, .kid = request->kid, .head_seq = request->head_seq};
    struct decoding d = {.reader = {.arena = arena, .err = err}, .request = request, .out = &command};
    ENSURE((size_t) request->type < ENTRY_TYPE_COUNT && decoders[request->type] != NULL);
    decode(&d);
    if (!reader_is_fine(&d.reader))
        command_release(&command);
    if (d.reader.rc != TALLY_OK)
        return d.reader.rc;
    *refusal = d.reader.refusal;
    if (d.reader.refusal == NULL)
        *out = command;
    return TALLY_OK;
}

void command_release(struct command *command)
{
    if (command->kind != COMMAND_PROPOSE_CONTRACT && command->kind != COMMAND_AMEND_CONTRACT)
        return;
    terms_free((struct terms *) (uintptr_t) command->u.propose_contract.terms);
    command->u.propose_contract.terms = NULL;
}
