#include <string.h>

#include "erasure.h"
#include "handlers.h"
#include "routes.h"
#include "tally/canon.h"
#include "tally/command.h"
#include "tally/log.h"
#include "tally/problem.h"
#include "tally/read.h"
#include "tally/text.h"
#include "tree.h"

/* It is recorded: the client must not take this for a refusal, and gets the answer by sending the same again. */
#define UNSAID "recorded and durable, but the answer could not be put together; send the same bytes again to get it"
static const struct refusal unsaid = {.code = REFUSE_REQUEST_TIMEOUT, .detail = {UNSAID, sizeof UNSAID - 1}};

/* One signed request between the worker that checks it and the sequencer that answers it; in the request's arena. */
struct work {
    struct submission submission;
    struct command command;
    struct http_request *request;
    struct tallyd *tallyd;
    struct slice resource;       /* what was made or changed */
    struct append_answer answer; /* of a statement that was recorded before, while its receipt is looked up */
};

/* What the resource is called that the statement made or changed. */
static struct slice resource_of(const struct work *work, uint64_t seq, struct arena *arena)
{
    const struct command *c = &work->command;
    switch (c->kind) {
    case COMMAND_REGISTER_ACTOR:
        return arena_printf(arena, "/v1/actors/%.*s", SLICE_ARG(c->u.register_actor.id));
    case COMMAND_ADD_KEY:
        return arena_printf(arena, "/v1/actors/%.*s/keys", SLICE_ARG(c->u.add_key.id));
    case COMMAND_REVOKE_KEY:
        return arena_printf(arena, "/v1/actors/%.*s/keys", SLICE_ARG(c->u.revoke_key.id));
    case COMMAND_DEFINE_INDICATOR:
        return arena_printf(arena, "/v1/indicators/%.*s", SLICE_ARG(c->u.define_indicator.slug));
    case COMMAND_PROPOSE_CONTRACT:
        return arena_printf(arena, "/v1/contracts/%.*s", SLICE_ARG(c->u.propose_contract.id));
    case COMMAND_AMEND_CONTRACT:
        return arena_printf(arena, "/v1/contracts/%.*s/amendments", SLICE_ARG(c->u.propose_contract.id));
    case COMMAND_SIGN_CONTRACT:
        return arena_printf(arena, "/v1/contracts/%.*s", SLICE_ARG(c->u.sign_contract.id));
    case COMMAND_ACCEDE_CONTRACT:
        return arena_printf(arena, "/v1/contracts/%.*s", SLICE_ARG(c->u.accede_contract.id));
    case COMMAND_SUBMIT_RESULTS:
        return arena_printf(arena, "/v1/results/%llu", (unsigned long long) seq);
    case COMMAND_VERIFY_RESULT:
        return arena_printf(arena, "/v1/results/%llu", (unsigned long long) c->u.verify_result.seq);
    case COMMAND_CHANGE_RESULTS:
        return arena_printf(arena, "/v1/results/%llu", (unsigned long long) seq);
    case COMMAND_DISPUTE_RESULT:
        return arena_printf(arena, "/v1/disputes/%llu", (unsigned long long) seq);
    case COMMAND_RESOLVE_DISPUTE:
        return arena_printf(arena, "/v1/disputes/%llu", (unsigned long long) c->u.resolve_dispute.seq);
    case COMMAND_ERASE_BODY:
        return arena_printf(arena, "/v1/entries/%llu", (unsigned long long) c->u.erase_body.seq);
    case COMMAND_RECORD_SETTLEMENT:
        return arena_printf(arena, "/v1/payments/%llu", (unsigned long long) c->u.record_settlement.seq);
    }
    return SLICE("");
}

/* The same bytes for the first answer and for every replay: nothing in it but what is recorded, and the receipt, which says under
 * which checkpoint that was. */
static void write_answer(const struct append_answer *answer, struct slice resource, struct slice receipt, struct buf *out)
{
    struct canon w;
    char time[INSTANT_TEXT_LEN + 1];
    instant_format(answer->time, time);
    canon_init(&w, out);
    canon_object(&w);
    canon_name(&w, "events");
    canon_array(&w);
    for (size_t i = 0; i < answer->event_count; i++) {
        canon_object(&w);
        canon_name(&w, "body");
        canon_raw(&w, answer->events[i].body);
        canon_name(&w, "seq");
        canon_i64(&w, (int64_t) answer->events[i].seq);
        canon_name(&w, "type");
        canon_str(&w, entry_type_text(answer->events[i].type));
        canon_close(&w);
    }
    canon_close(&w);
    canon_name(&w, "hash");
    canon_hex(&w, answer->hash.bytes, DIGEST_LEN);
    if (receipt.len > 0) {
        canon_name(&w, "receipt");
        canon_string(&w, receipt);
    }
    canon_name(&w, "resource");
    canon_string(&w, resource);
    canon_name(&w, "seq");
    canon_i64(&w, (int64_t) answer->seq);
    canon_name(&w, "time");
    canon_str(&w, time);
    canon_name(&w, "type");
    canon_str(&w, entry_type_text(answer->type));
    canon_close(&w);
}

static void send_recorded(struct work *work, const struct append_answer *answer, struct slice receipt)
{
    struct http_request *request = work->request;
    write_answer(answer, work->resource, receipt, &request->answer.text);
    if (work->resource.ptr == NULL || buf_check(&request->answer.text, NULL) != TALLY_OK) {
        http_refuse(request, &unsaid);
        return;
    }
    request->answer.status = 201;
    request->answer.content_type = "application/json";
    http_answer_header(request, "Location", work->resource);
    if (answer->kind == APPEND_REPLAYED)
        http_answer_header(request, "Idempotency-Replayed", SLICE("true"));
    http_answer(request);
}

/* ---- receipts ---- */

/* RFC 7240: "return=minimal" among the preferences */
static bool prefers_minimal(struct slice prefer)
{
    static const char wanted[] = "return=minimal";
    const size_t len = sizeof wanted - 1;
    for (size_t at = 0; at + len <= prefer.len; at++) {
        bool begins = at == 0 || strchr(", \t", prefer.ptr[at - 1]) != NULL;
        bool ends = at + len == prefer.len || strchr(",; \t", prefer.ptr[at + len]) != NULL;
        if (begins && ends && memcmp(prefer.ptr + at, wanted, len) == 0)
            return true;
    }
    return false;
}

static void write_receipt(const struct append_answer *answer, struct buf *out)
{
    struct receipt receipt = {.header = answer->receipt->header,
                              .has_nonce = true,
                              .index = answer->seq,
                              .checkpoint = answer->receipt->checkpoint};
    memcpy(receipt.nonce, answer->receipt->nonce, ENTRY_NONCE_LEN);
    receipt.proof_count = merkle_batch_proof(answer->receipt->tree, answer->seq, receipt.proof);
    receipt_write(&receipt, out);
}

/* For whom the answer is. A statement that is new comes from its author. One that was recorded before may come from whoever has read it, and
 * its signature proves nothing more: what followed and is not open is then told to who says by a token who it is. */
MUST_CHECK static enum tally_code find_asker(struct work *work, struct pg *pg, struct slice *out, struct err *err)
{
    struct reader reader;
    const struct refusal *refusal = NULL;
    *out = work->submission.actor;
    if (work->answer.kind != APPEND_REPLAYED)
        return TALLY_OK;
    enum tally_code rc = reader_find(work->tallyd, work->request, &reader, &refusal, err);
    if (rc == TALLY_OK && refusal == NULL)
        rc = reader_check(&reader, pg, work->request->arena, &refusal, err);
    bool is_author = rc == TALLY_OK && refusal == NULL && slice_equal(reader.actor, work->submission.actor);
    *out = is_author ? work->submission.actor : SLICE("");
    return rc;
}

/* What the asker may not read of what followed does not exist for it. */
MUST_CHECK static enum tally_code drop_hidden(struct work *work, struct pg *pg, struct err *err)
{
    struct arena *arena = work->request->arena;
    struct append_event *events = (struct append_event *) (uintptr_t) work->answer.events; /* keep_answer's own */
    size_t count = work->answer.event_count, kept = 0;
    struct slice asker;
    uint64_t *seqs = ARENA_ARRAY(arena, count, uint64_t);
    bool *may = ARENA_ARRAY(arena, count, bool);
    if (seqs == NULL || may == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory for an answer");
    for (size_t i = 0; i < count; i++)
        seqs[i] = events[i].seq;
    enum tally_code rc = find_asker(work, pg, &asker, err);
    if (rc == TALLY_OK)
        rc = read_readable(pg, seqs, count, asker, arena, may, err);
    for (size_t i = 0; i < count && rc == TALLY_OK; i++)
        if (may[i])
            events[kept++] = events[i];
    work->answer.event_count = rc == TALLY_OK ? kept : count;
    return rc;
}

/* On a reader: the statement was recorded by an earlier batch, and its receipt is put together again from the tree; or not all of what
 * followed is open, and the tables are asked what of it is for the author. */
static void send_replayed(struct tallyd *tallyd, struct http_request *request)
{
    struct work *work = request->owner;
    struct pg *pg = NULL;
    struct err err = {0};
    struct buf receipt;
    buf_init(&receipt, RECEIPT_MAX);
    enum tally_code rc = pgpool_take(tallyd->reads, &pg, &err);
    if (rc == TALLY_OK) {
        rc = drop_hidden(work, pg, &err);
        if (rc == TALLY_OK && !prefers_minimal(request->headers.prefer))
            rc = tree_receipt(tallyd, pg, work->answer.seq, work->submission.actor, TREE_RECEIPT_FIRST, request->arena,
                              &receipt, &err);
        pgpool_give(tallyd->reads, pg);
    }
    if (rc == TALLY_OK)
        send_recorded(work, &work->answer, buf_slice(&receipt));
    else {
        (void) problem_of_error("receipt.failed", &err); /* logs it */
        http_refuse(request, &unsaid);
    }
    buf_release(&receipt);
}

static const struct route replayed = {.method = HTTP_POST, .runs = ROUTE_ON_READER, .handle = send_replayed};

/* The answer is borrowed for the call of done, and outlives it here. */
MUST_CHECK static enum tally_code keep_answer(struct work *work, const struct append_answer *answer)
{
    struct arena *arena = work->request->arena;
    struct append_event *events = ARENA_ARRAY(arena, answer->event_count, struct append_event);
    if (events == NULL)
        return TALLY_E_NO_MEMORY;
    for (size_t i = 0; i < answer->event_count; i++) {
        events[i] = answer->events[i];
        enum tally_code rc = arena_copy(arena, events[i].body.ptr, events[i].body.len, &events[i].body, NULL);
        if (rc != TALLY_OK)
            return rc;
    }
    work->answer = *answer;
    work->answer.events = events;
    return TALLY_OK;
}

static void hand_to_reader(struct work *work, const struct append_answer *answer)
{
    struct http_request *request = work->request;
    request->route = &replayed;
    request->owner = work;
    if (keep_answer(work, answer) != TALLY_OK || !crew_add(work->tallyd->readers, request))
        http_refuse(request, &unsaid);
}

/* On the sequencer's thread: copies what is borrowed and lets the loop send it. */
static void done(struct submission *submission, const struct append_answer *answer)
{
    struct work *work = submission->owner;
    struct http_request *request = work->request;
    struct buf receipt;
    if (answer->kind == APPEND_REFUSED) {
        command_release(&work->command);
        http_refuse(request, answer->refusal);
        return;
    }
    work->resource = resource_of(work, answer->seq, request->arena);
    command_release(&work->command);
    bool is_wanted = !prefers_minimal(request->headers.prefer), is_open = true;
    for (size_t i = 0; i < answer->event_count; i++)
        is_open = is_open && answer->events[i].open;
    if (!is_open || (is_wanted && answer->receipt == NULL)) {
        hand_to_reader(work, answer);
        return;
    }
    buf_init(&receipt, RECEIPT_MAX);
    if (is_wanted)
        write_receipt(answer, &receipt);
    if (buf_check(&receipt, NULL) != TALLY_OK)
        hand_to_reader(work, answer);
    else
        send_recorded(work, answer, buf_slice(&receipt));
    buf_release(&receipt);
}

/* Steps 3 and 4 of architecture.md: all that needs no state. *refusal says no; an error is ours. */
MUST_CHECK static enum tally_code check(struct tallyd *tallyd, struct work *work, struct keycache_entry **key,
                                        const struct refusal **refusal, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct http_request *request = work->request;
    const struct http_headers *headers = &request->headers;
    struct statement *statement = &work->submission.statement;
    const struct statement_request said = {tallyd->identity.origin, slice_str(request->method_text), request->target,
                                           headers->content_type};
    struct refusal *made = NULL;
    rc = statement_read(headers->jws, request->arena, statement, &made, err);
    if (rc == TALLY_E_MALFORMED && made != NULL)
        rc = TALLY_OK;
    if (rc == TALLY_OK && made == NULL)
        made = statement_check_request(statement, &said, request->arena);
    *refusal = made;
    if (rc != TALLY_OK || made != NULL)
        return rc;
    if (headers->idempotency_key.ptr != NULL && !slice_equal(headers->idempotency_key, statement->jti)) {
        *refusal = refusal_new(request->arena, REFUSE_STATEMENT_IDEMPOTENCY,
                               "Idempotency-Key is %.*s, the statement's jti is %.*s", SLICE_ARG(headers->idempotency_key),
                               SLICE_ARG(statement->jti));
        return TALLY_OK;
    }
    rc = keycache_find(tallyd->keys, statement->kid, key, err);
    if (rc == TALLY_E_NOT_FOUND) {
        *refusal = refusal_new(request->arena, REFUSE_STATEMENT_KEY_UNKNOWN, "no actor of this ledger has the key %.*s",
                               SLICE_ARG(statement->kid));
        return TALLY_OK;
    }
    if (rc != TALLY_OK)
        return rc;
    rc = statement_verify(statement, keycache_verifier(*key), request->body, err);
    if (rc == TALLY_E_SIGNATURE) {
        *refusal =
            refusal_new(request->arena, REFUSE_STATEMENT_SIGNATURE,
                        "the signature does not verify over these bytes with the key %.*s", SLICE_ARG(statement->kid));
        return TALLY_OK;
    }
    return rc;
}

MUST_CHECK static enum tally_code decode(struct tallyd *tallyd, struct work *work, struct slice actor,
                                         const struct refusal **refusal, struct err *err)
{
    struct http_request *request = work->request;
    const struct statement *statement = &work->submission.statement;
    const struct route *route = request->route;
    size_t bad_at = 0;
    if (!text_is_utf8(request->body, &bad_at)) {
        *refusal = refusal_new(request->arena, REFUSE_BODY_TEXT, "byte %zu of the body is no UTF-8, or is NUL", bad_at);
        return TALLY_OK;
    }
    const struct command_request said = {.type = route->type,
                                         .target = request->target,
                                         .content_type = request->headers.content_type,
                                         .body = request->body,
                                         .origin = tallyd->identity.origin,
                                         .actor = actor,
                                         .kid = statement->kid,
                                         .head_seq = statement->head_seq};
    struct refusal *made = NULL;
    enum tally_code rc = command_decode(&said, request->arena, &work->command, &made, err);
    *refusal = made;
    return rc;
}

/* A key is never a ledger's or a witness's (formats.md, Keys), as far as this service knows them. */
MUST_CHECK static const struct refusal *check_key(const struct tallyd *tallyd, const struct command *command,
                                                  struct arena *arena)
{
    struct key_public key;
    size_t len = 0;
    struct slice x = command->kind == COMMAND_REGISTER_ACTOR ? command->u.register_actor.x
                     : command->kind == COMMAND_ADD_KEY      ? command->u.add_key.x
                                                             : SLICE("");
    if (x.len == 0 || text_unbase64url(x, key.bytes, sizeof key.bytes, &len) != TALLY_OK || len != sizeof key.bytes)
        return NULL;
    const char *owner = cosigners_owner_of(tallyd->cosigners, &key);
    if (owner == NULL)
        return NULL;
    return refusal_new(arena, REFUSE_KEY_TAKEN, "this key is that of %s; make one of your own: tally key new FILE.pem",
                       owner);
}

/* Fills what the sequencer takes. The actor's id is copied: the cache may drop the key meanwhile. */
MUST_CHECK static enum tally_code prepare(struct tallyd *tallyd, struct work *work, struct keycache_entry *key,
                                          const struct refusal **refusal, struct err *err)
{
    struct http_request *request = work->request;
    struct submission *submission = &work->submission;
    struct slice actor = keycache_actor(key);
    enum tally_code rc = arena_copy(request->arena, actor.ptr, actor.len, &submission->actor, err);
    if (rc == TALLY_OK)
        rc = decode(tallyd, work, submission->actor, refusal, err);
    if (rc == TALLY_OK && *refusal == NULL)
        *refusal = check_key(tallyd, &work->command, request->arena);
    if (rc == TALLY_OK && *refusal == NULL && work->command.kind == COMMAND_ERASE_BODY)
        rc = erasure_fill(tallyd, request->arena, &work->command, refusal, err);
    submission->jws = request->headers.jws;
    submission->body = request->body;
    submission->type = ((const struct route *) request->route)->type;
    submission->command = &work->command;
    submission->done = done;
    submission->owner = work;
    return rc;
}

void handle_statement(struct tallyd *tallyd, struct http_request *request)
{
    struct err err = {0};
    const struct refusal *refusal = NULL;
    struct keycache_entry *key = NULL;
    struct work *work = ARENA_NEW(request->arena, struct work);
    enum tally_code rc = work == NULL ? err_set(&err, TALLY_E_NO_MEMORY, "no memory for a request") : TALLY_OK;
    if (rc == TALLY_OK) {
        work->request = request;
        work->tallyd = tallyd;
        rc = check(tallyd, work, &key, &refusal, &err);
    }
    if (rc == TALLY_OK && refusal == NULL)
        rc = prepare(tallyd, work, key, &refusal, &err);
    keycache_release(tallyd->keys, key);
    if (rc != TALLY_OK)
        refusal = problem_of_error("statement.failed", &err);
    if (refusal == NULL) {
        refusal = sequencer_submit(tallyd->sequencer, &work->submission, request->arena);
        if (refusal == NULL)
            return; /* done() answers; the request may be gone already */
    }
    if (work != NULL)
        command_release(&work->command);
    http_refuse(request, refusal);
}
