/* Statements: signed with the actor's key over the bytes that are sent, and sent again as they are when an answer is lost. */
#include <string.h>
#include <unistd.h>

#include "cli_trust.h"
#include "tally/instant.h"
#include "tally/statement.h"
#include "tally/text.h"

#define RETRY_AFTER_S 1 /* as the service asks (Retry-After) */
#define TOKEN_LEFT_S 30 /* a token this close to its end is not used again */
#define TOKEN_S 300     /* half of what is allowed, for clocks that differ */

enum tally_code cli_ledger_ask(struct cli *cli, struct cli_ledger *out, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    json_t *answer = NULL;
    TRY(cli_ask(cli, SLICE("/v1/ledger"), &answer, NULL, err));
    const json_t *head = json_object_get(answer, "head");
    struct slice hash = cli_text(cli, head, "hash");
    *out = (struct cli_ledger){.origin = cli_text(cli, answer, "origin"),
                               .vkey = cli_text(cli, answer, "vkey"),
                               .head_seq = cli_number(head, "seq")};
    if (!text_is_origin(out->origin) || text_unhex(hash, out->head_hash.bytes, DIGEST_LEN) != TALLY_OK)
        TRY(err_set(
            err, TALLY_E_MISMATCH,
            "%s does not say which ledger it is and where it stands; its database may be empty: %s/readyz says more",
            cli->server, cli->server));
done:
    return rc;
}

/* The service knows an actor by its key alone: a key of somebody else would speak for somebody else. */
MUST_CHECK static enum tally_code check_key_of_actor(struct cli *cli, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct key_public public_key;
    struct key_kid kid;
    json_t *answer = NULL, *one = NULL;
    size_t i = 0;
    if (cli->actor == NULL)
        return TALLY_OK;
    key_pair_public(cli->pair, &public_key);
    key_thumbprint(&public_key, &kid);
    TRY(cli_askf(cli, &answer, NULL, err, "/v1/actors/%s/keys?limit=1000", cli->actor));
    json_array_foreach(json_object_get(answer, "items"), i, one)
    {
        if (slice_is(cli_text(cli, one, "kid"), kid.text))
            goto done;
    }
    rc = err_set(err, TALLY_E_DENIED,
                 "%s is no key of %s: its kid is %s; `tally actor show %s` lists the keys; --key or --actor is wrong",
                 cli->key, cli->actor, kid.text, cli->actor);
done:
    return rc;
}

MUST_CHECK static enum tally_code sign(struct cli *cli, struct slice target, struct slice body, char jti[23],
                                       struct buf *jws, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct cli_ledger ledger;
    TRY(cli_key_load(cli, err));
    TRY(check_key_of_actor(cli, err));
    TRY(cli_ledger_ask(cli, &ledger, err));
    TRY(statement_new_jti(jti, err));
    const struct statement_draft draft = {.aud = ledger.origin,
                                          .htm = SLICE("POST"),
                                          .htu = target,
                                          .cty = SLICE("application/json"),
                                          .jti = slice_str(jti),
                                          .iat = instant_now().us / 1000000,
                                          .head_seq = ledger.head_seq,
                                          .head_hash = ledger.head_hash};
    TRY(statement_sign(&draft, cli->pair, body, jws, err));
done:
    return rc;
}

MUST_CHECK static enum tally_code token_header(struct cli *cli, struct slice *out, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct cli_ledger ledger;
    struct buf token;
    buf_init(&token, STATEMENT_JWS_MAX);
    if (instant_now().us < cli->token_until_us) {
        *out = cli->token;
        return TALLY_OK;
    }
    TRY(cli_actor_needed(cli, err));
    TRY(cli_key_load(cli, err));
    TRY(check_key_of_actor(cli, err));
    TRY(cli_ledger_ask(cli, &ledger, err));
    struct instant expires = {instant_now().us + (int64_t) TOKEN_S * 1000000};
    TRY(read_token_sign(slice_str(cli->actor), ledger.origin, expires, cli->pair, &token, err));
    TRY(buf_check(&token, err));
    cli->token = arena_printf(cli->lasting, "Authorization: Bearer %.*s", SLICE_ARG(buf_slice(&token)));
    cli->token_until_us = expires.us - (int64_t) TOKEN_LEFT_S * 1000000;
    *out = cli->token;
done:
    buf_release(&token);
    return rc;
}

static bool is_busy(enum tally_code rc, const struct cli_reply *reply)
{
    return rc == TALLY_OK && (reply->status == 502 || reply->status == 503 || reply->status == 504);
}

/* At most twice: the ledger takes a jti once, so that the second of two equal requests gets the first's answer. Anybody may send what can be
 * read a second time, so a token says that it is the author who asks again for what is not open. */
MUST_CHECK static enum tally_code send_statement(struct cli *cli, const struct cli_request *request,
                                                 struct cli_reply *reply, struct err *err)
{
    enum tally_code rc = cli_http(cli, request, reply, err);
    if (!is_busy(rc, reply) && (rc == TALLY_OK || !reply->was_lost))
        return rc;
    (void) fprintf(stderr, "tally: %s; sending the same statement once more\n",
                   rc == TALLY_OK ? "the service is busy" : err->detail);
    (void) sleep(RETRY_AFTER_S);
    buf_clear(&reply->body);
    struct cli_request again = *request;
    rc = cli->actor == NULL ? TALLY_OK : token_header(cli, &again.headers[again.header_count++], err);
    if (rc == TALLY_OK)
        rc = cli_http(cli, &again, reply, err);
    reply->was_lost = true; /* the first may have been recorded, whatever became of the second */
    return rc;
}

enum tally_code cli_post(struct cli *cli, struct slice target, struct slice body, json_t **out, struct slice *raw,
                         struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct buf jws;
    struct cli_reply reply = {0};
    char jti[23] = "";
    buf_init(&jws, STATEMENT_JWS_MAX);
    buf_init(&reply.body, CLI_ANSWER_MAX);
    TRY(sign(cli, target, body, jti, &jws, err));
    const struct cli_request request = {
        .method = "POST",
        .target = target,
        .body = body,
        .headers = {arena_printf(cli->arena, "x-jws-signature: %.*s", SLICE_ARG(buf_slice(&jws)))},
        .header_count = 1};
    rc = send_statement(cli, &request, &reply, err);
    if (rc != TALLY_OK && reply.was_lost)
        (void) err_context(
            err, "not known whether it was recorded (statement %s): see `tally log --limit 1000` before trying again", jti);
    TRY(rc);
    if (reply.status != 201)
        TRY(cli_problem(cli, &reply, err));
    *out = cli_keep(cli,
                    json_loadb(reply.body.ptr == NULL ? "" : reply.body.ptr, reply.body.len, JSON_REJECT_DUPLICATES, NULL));
    if (*out == NULL)
        TRY(err_set(err, TALLY_E_MISMATCH, "%s took the statement and answered with something that is no JSON",
                    cli->server));
    if (raw != NULL)
        TRY(cli_take(cli, &reply.body, raw, err));
    TRY(cli_trust_recorded(cli, *out, buf_slice(&jws), body, err));
done:
    buf_release(&jws);
    buf_release(&reply.body);
    return rc;
}

enum tally_code cli_reader(struct cli *cli, struct slice target, struct slice *out, struct err *err)
{
    static const char *const whole[] = {"/v1/contracts", "/v1/results", "/v1/disputes",
                                        "/v1/payments",  "/v1/entries", "/v1/archive"};
    *out = SLICE("");
    for (size_t i = 0; i < sizeof whole / sizeof whole[0]; i++) {
        if (slice_starts(target, slice_str(whole[i])))
            return cli->actor == NULL || cli->key == NULL ? TALLY_OK : token_header(cli, out, err);
    }
    return TALLY_OK; /* the same for everybody */
}

enum tally_code cli_preview(struct cli *cli, struct slice target, struct slice body, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct cli_reply reply = {0};
    struct cli_request request = {.method = "POST", .target = target, .body = body, .header_count = 1};
    buf_init(&reply.body, CLI_ANSWER_MAX);
    TRY(token_header(cli, &request.headers[0], err));
    TRY(cli_http(cli, &request, &reply, err));
    if (reply.status != 200)
        TRY(cli_problem(cli, &reply, err));
    if (cli->is_json) {
        cli_print_json(buf_slice(&reply.body));
        goto done;
    }
    const json_t *answer = cli_keep(
        cli, json_loadb(reply.body.ptr == NULL ? "" : reply.body.ptr, reply.body.len, JSON_REJECT_DUPLICATES, NULL));
    cli_heading(cli, "accepted; nothing was recorded. It would cause:");
    if (json_array_size(json_object_get(answer, "events")) == 0)
        (void) puts("nothing further");
    cli_events_print(cli, json_object_get(answer, "events"));
    const json_t *items = json_object_get(answer, "items");
    if (items != NULL)
        cli_fits_print(cli, items, CLI_FITS_SHOWN, json_array_size(items));
done:
    buf_release(&reply.body);
    return rc;
}
