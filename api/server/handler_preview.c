/* The same path as the real thing, with nothing recorded: a reader asks what a statement of its own would cause. */
#include "handlers.h"
#include "preview_fits.h"
#include "routes.h"
#include "tally/canon.h"
#include "tally/command.h"
#include "tally/problem.h"
#include "tally/read.h"
#include "tally/store.h"
#include "tally/text.h"

/* A preview is by somebody: what follows depends on who it is. */
MUST_CHECK static enum tally_code reader_needed(struct tallyd *tallyd, struct http_request *request, struct reader *out,
                                                const struct refusal **refusal, struct err *err)
{
    enum tally_code rc = reader_find(tallyd, request, out, refusal, err);
    if (rc == TALLY_OK && *refusal == NULL && out->actor.len == 0)
        *refusal = refusal_new(request->arena, REFUSE_TOKEN_MISSING,
                               "a preview needs Authorization: Bearer and a tally-read token signed by a key of yours");
    return rc;
}

/* Those that the reader will be able to read when they are recorded. */
static void write_events(const struct model *model, const struct decision *decision, struct slice reader, struct canon *w)
{
    canon_name(w, "events");
    canon_array(w);
    for (uint32_t i = 0; i < decision->event_count; i++) {
        if (!model_reads_event(model, &decision->events[i], reader))
            continue;
        canon_object(w);
        canon_name(w, "body");
        canon_raw(w, decision->events[i].body);
        canon_name(w, "type");
        canon_str(w, decision->events[i].type);
        canon_close(w);
    }
    canon_close(w);
}

MUST_CHECK static enum tally_code write_answer(struct model *model, const struct command *command,
                                               struct decision *decision, const struct model_place *place,
                                               struct http_request *request, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct canon w;
    canon_init(&w, &request->answer.text);
    canon_object(&w);
    write_events(model, decision, command->actor, &w);
    if (decision->changes.results_count > 0)
        TRY(preview_fits(model, command, decision, place, request->arena, &w, err));
    canon_close(&w);
done:
    return rc;
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
    TRY(store_load(store, pg, request->arena, &command, 1, err));
    TRY(read_head(pg, &head, err)); /* not before what was loaded: it comes behind all of it */
    struct instant now = instant_now();
    const struct model_place place = {head.seq + 1, now.us < head.time.us ? head.time : now};
    TRY(model_decide(model, command, &place, request->arena, &decision, err));
    if (decision.refusal == NULL)
        TRY(write_answer(model, command, &decision, &place, request, err));
    else
        *refusal = decision.refusal;
done:
    store_free(store);
    model_free(model);
    return rc;
}

/* Of the real thing: what is asked for at /v1/preview/results/12/disputes is recorded at /v1/results/12/disputes. */
static struct slice real_target(const struct http_request *request)
{
    const struct slice begin = SLICE("/v1/preview");
    return arena_printf(request->arena, "/v1%.*s", (int) (request->path.len - begin.len), request->path.ptr + begin.len);
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
    TRY(reader_needed(tallyd, request, &reader, refusal, err));
    if (*refusal == NULL && !text_is_utf8(request->body, NULL))
        *refusal = refusal_new(request->arena, REFUSE_BODY_TEXT, "the body is no UTF-8, or holds NUL");
    if (*refusal != NULL)
        goto done;
    const struct command_request said = {.type = route->type,
                                         .target = real_target(request),
                                         .content_type = request->headers.content_type,
                                         .body = request->body,
                                         .origin = tallyd->identity.origin,
                                         .actor = reader.actor,
                                         .kid = reader.kid,
                                         .head_seq = ENTRY_SEQ_MAX}; /* a reader sees all there is */
    if (said.target.ptr == NULL)
        TRY(err_set(err, TALLY_E_LIMIT, "no memory for a preview"));
    TRY(command_decode(&said, request->arena, &command, &made, err));
    *refusal = made;
    if (made != NULL)
        goto done;
    if (command.kind == COMMAND_AMEND_CONTRACT)
        command.u.propose_contract.is_in_force = true;
    TRY(pgpool_take(tallyd->reads, &pg, err));
    TRY(reader_check(&reader, pg, request->arena, refusal, err));
    if (*refusal != NULL)
        goto done;
    TRY(decide(request, pg, &command, refusal, err));
done:
    if (pg != NULL)
        pgpool_give(tallyd->reads, pg);
    command_release(&command);
    return rc;
}

/* What a failed preview is to who asked. Said of the statement it would be wrong: recording it needs no answer of this size. */
static const struct refusal *refusal_of(const struct err *err)
{
#define TOO_MUCH "what there is to say of it is too much for one answer: ask about fewer results at once"
    static const struct refusal too_much = {.code = REFUSE_EVALUATION_LIMIT, .detail = {TOO_MUCH, sizeof TOO_MUCH - 1}};
    return err->code == TALLY_E_LIMIT ? &too_much : problem_of_error("preview.failed", err);
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
        refusal = refusal_of(&err);
    if (refusal != NULL) {
        http_refuse(request, refusal);
        return;
    }
    request->answer.status = 200;
    request->answer.content_type = "application/json";
    http_answer(request);
}
