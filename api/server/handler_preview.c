/* The same path as the real thing, with nothing recorded: a reader asks what a statement of its own would cause. */
#include "handlers.h"
#include "routes.h"
#include "tally/canon.h"
#include "tally/command.h"
#include "tally/problem.h"
#include "tally/read.h"
#include "tally/store.h"
#include "tally/text.h"

/* Who asks: the actor of a key that is registered, by a token of that key. *refusal otherwise. */
struct reader {
    struct slice actor, kid;
};

MUST_CHECK static enum tally_code reader_of_token(struct tallyd *tallyd, struct http_request *request, struct slice text,
                                                  struct reader *out, const struct refusal **refusal, struct err *err)
{
    struct arena *arena = request->arena;
    struct read_token token;
    struct refusal *made = NULL;
    struct keycache_entry *key = NULL;
    enum tally_code rc = read_token_read(text, arena, &token, &made, err);
    *refusal = made;
    if (rc != TALLY_OK || made != NULL)
        return made != NULL ? TALLY_OK : rc;
    rc = keycache_find(tallyd->keys, token.kid, &key, err);
    if (rc == TALLY_OK && !slice_equal(keycache_actor(key), token.iss))
        rc = TALLY_E_NOT_FOUND; /* to the reader, another actor's key is as good as none */
    if (rc == TALLY_OK)
        *refusal = read_token_check(&token, tallyd->identity.origin, instant_now(), keycache_verifier(key), arena);
    keycache_release(tallyd->keys, key);
    if (rc == TALLY_E_NOT_FOUND) {
        *refusal =
            refusal_new(arena, REFUSE_TOKEN_INVALID, "%.*s has no key %.*s", SLICE_ARG(token.iss), SLICE_ARG(token.kid));
        rc = TALLY_OK;
    }
    *out = (struct reader){token.iss, token.kid};
    return rc;
}

MUST_CHECK static enum tally_code reader_find(struct tallyd *tallyd, struct http_request *request, struct reader *out,
                                              const struct refusal **refusal, struct err *err)
{
    struct slice header = request->headers.authorization;
    const struct slice scheme = SLICE("Bearer ");
    if (!slice_starts(header, scheme)) {
        *refusal = refusal_new(request->arena, REFUSE_TOKEN_MISSING,
                               "a preview needs Authorization: Bearer and a tally-read token signed by a key of yours");
        return TALLY_OK;
    }
    return reader_of_token(tallyd, request, slice_of(header.ptr + scheme.len, header.len - scheme.len), out, refusal, err);
}

static void write_events(const struct decision *decision, struct buf *out)
{
    struct canon w;
    canon_init(&w, out);
    canon_object(&w);
    canon_name(&w, "events");
    canon_array(&w);
    for (uint32_t i = 0; i < decision->event_count; i++) {
        canon_object(&w);
        canon_name(&w, "body");
        canon_raw(&w, decision->events[i].body);
        canon_name(&w, "type");
        canon_str(&w, decision->events[i].type);
        canon_close(&w);
    }
    canon_close(&w);
    canon_close(&w);
}

/* Decides as the sequencer would now, on a model of its own. */
MUST_CHECK static enum tally_code decide(struct http_request *request, struct pg *pg, const struct command *command,
                                         const struct refusal **refusal, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct model *model = NULL;
    struct store *store = NULL;
    struct read_head head;
    struct decision decision = {0};
    TRY(model_new(&command_model_ports, &model, err));
    TRY(store_new(model, &store, err));
    TRY(read_head(pg, &head, err));
    TRY(store_load(store, pg, request->arena, &command, 1, err));
    struct instant now = instant_now();
    const struct model_place place = {head.seq + 1, now.us < head.time.us ? head.time : now};
    TRY(model_decide(model, command, &place, request->arena, &decision, err));
    if (decision.refusal == NULL)
        write_events(&decision, &request->answer.text);
    else
        *refusal = decision.refusal;
done:
    store_free(store);
    model_free(model);
    return rc;
}

MUST_CHECK static enum tally_code preview(struct tallyd *tallyd, struct http_request *request,
                                          const struct refusal **refusal, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    const struct route *route = request->route;
    struct reader reader = {0};
    struct command command = {0};
    struct refusal *made = NULL;
    struct pg *pg = NULL;
    TRY(reader_find(tallyd, request, &reader, refusal, err));
    if (*refusal == NULL && !text_is_utf8(request->body, NULL))
        *refusal = refusal_new(request->arena, REFUSE_BODY_TEXT, "the body is no UTF-8, or holds NUL");
    if (*refusal != NULL)
        goto done;
    const struct command_request said = {.type = route->type,
                                         .target = slice_str(entry_type_path(route->type)),
                                         .content_type = request->headers.content_type,
                                         .body = request->body,
                                         .origin = tallyd->identity.origin,
                                         .actor = reader.actor,
                                         .kid = reader.kid,
                                         .head_seq = ENTRY_SEQ_MAX}; /* a reader sees all there is */
    TRY(command_decode(&said, request->arena, &command, &made, err));
    *refusal = made;
    if (made != NULL)
        goto done;
    TRY(pgpool_take(tallyd->reads, &pg, err));
    TRY(decide(request, pg, &command, refusal, err));
done:
    if (pg != NULL)
        pgpool_give(tallyd->reads, pg);
    command_release(&command);
    return rc;
}

void handle_preview(struct tallyd *tallyd, struct http_request *request)
{
    struct err err = {0};
    const struct refusal *refusal = NULL;
    enum tally_code rc = preview(tallyd, request, &refusal, &err);
    if (rc == TALLY_OK && refusal == NULL)
        rc = buf_check(&request->answer.text, &err);
    err.code = rc;
    if (rc != TALLY_OK)
        refusal = problem_of_error("preview.failed", &err);
    if (refusal != NULL) {
        http_refuse(request, refusal);
        return;
    }
    request->answer.status = 200;
    request->answer.content_type = "application/json";
    http_answer(request);
}
