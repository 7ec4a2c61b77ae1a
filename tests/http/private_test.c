/* What is not open: three readers, one of them nobody in particular, over every GET there is; bad tokens; what those who may not read are
 * answered when they speak; the archive of each. Two contracts over one indicator: one for its parties alone, one open, which pays for
 * each of persons and gets a result that is not open. */
#include "said_help.h"

#include <sys/wait.h>
#include <unistd.h>

#include "../../api/server/routes.h"
#include "../support/cli_run.h"
#include "tally/archive.h"
#include "tally/text.h"

/* "quiet": its id, and what is said in it, are nowhere in what a stranger reads */
#define HEAD                                                                                                               \
    "currency USD rounded to 0.01, half even\nclock UTC\nruns 2020-01-01 to 2090-12-31\ncloses 2091-12-31\n\n"             \
    "party buyer outcome payer \"Buyer\"\nparty judge evaluator \"Judge\"\nparty seller provider \"Seller\"\n"             \
    "party vera auditor \"Vera\"\nin force when buyer and seller have signed\n"                                            \
    "disputes decided by judge within 60 days, otherwise stands\n"
#define QUIET                                                                                                              \
    "terms 1\ncontract quiet \"Hushed title\"\n" HEAD "dimension place (north, south)\n"                                   \
    "metric fee is \"Hushed fee\" in USD between 0 and 9_000\n  reported by seller\n  if missing use 0\n"                  \
    "metric units is shared.units version 1 in days between 0 and 1_000\n  by place\n  reported by seller\n"               \
    "  verified by vera\n  disputes within 30 days\n  if missing use 0\n"                                                  \
    "pay each_place from buyer to seller\n  for each place\n  amount 2.50 per day of units\n"                              \
    "pay hushed from seller to buyer\n  amount fee\n"
#define LOUD                                                                                                               \
    "terms 1\ncontract loud \"Loud\"\n" HEAD "dimension who persons, at most 9\n"                                          \
    "metric stays is shared.stays version 1 in days between 0 and 1_000\n  by who\n  reported by seller\n"                 \
    "  verified by vera\n  disputes within 30 days\n  if missing use 0\n"                                                  \
    "pay each_person from buyer to seller\n  for each who\n  amount 3 per day of stays\n"
#define PERSON "p8f3k2m9x7q1w5z4r6t0y2"
#define UNITS(place, value, open)                                                                                          \
    "{\"dimensions\":{\"place\":\"" place "\"},\"indicator\":\"shared.units\"" open ",\"value\":\"" value                  \
    "\",\"version\":1}"
#define STAYS(value, open)                                                                                                 \
    "{\"dimensions\":{\"who\":\"" PERSON "\"},\"indicator\":\"shared.stays\"" open ",\"value\":\"" value "\",\"version\":" \
    "1}"
#define NOT_OPEN ",\"open\":false"

static struct service_actor buyer, judge, seller, vera, stranger, other, hub;
static struct service_actor *const all_actors[] = {&buyer, &judge, &seller, &vera, &stranger, &other, &hub};
static const struct service_actor *const parties[] = {&buyer, &judge, &seller, &vera, NULL};

/* The numbers of entries: in the quiet contract, and of results. */
static unsigned long long open_result, private_result, figure, quiet_payment, dispute, settlement, stays_result,
    loud_payment;

/* ---- saying ---- */
static unsigned long long said_of(const struct service_actor *actor, const char *family, unsigned long long seq,
                                  const char *verb, const char *body)
{
    return said(actor, path_of(family, seq, verb), body);
}

/* ---- reading ---- */
static bool says(const struct http_reply *reply, const char *what)
{
    return memmem(reply->body, reply->body_len, what, strlen(what)) != NULL;
}

/* ---- the service ---- */
static unsigned long long payment_of(const char *contract, const char *rule)
{
    struct http_reply reply;
    char path[96], wanted[64];
    (void) snprintf(path, sizeof path, "/v1/payments?contract=%s", contract);
    (void) snprintf(wanted, sizeof wanted, "\"rule\":\"%s\",\"seq\":", rule);
    get_as(&buyer, path, &reply);
    const char *at = strstr(reply.body, wanted);
    if (at == NULL)
        print_message("%s\n", reply.body);
    assert_non_null(at);
    unsigned long long seq = strtoull(at + strlen(wanted), NULL, 10);
    http_reply_release(&reply);
    return seq;
}

static int start_with_contracts(void **state)
{
    static const char *const ids[] = {"buyer", "judge", "seller", "vera", "stranger", "other", "hub"};
    if (start_service(state) != 0)
        return -1;
    for (size_t i = 0; i < 7; i++) {
        if (service_register(&service, ids[i], i == 6 ? "backbone" : "", all_actors[i]) != 0)
            return -1;
    }
    define("shared.units");
    define("shared.stays");
    define("shared.more");
    propose_signed("quiet", QUIET, false, parties, ACTORS(&buyer, &seller));
    propose_signed("loud", LOUD, true, parties, ACTORS(&buyer, &seller));
    open_result = said(&seller, "/v1/results", UNITS("north", "100", ""));
    (void) said_of(&vera, "results", open_result, "verifications", "{}");
    private_result = said(&seller, "/v1/results", UNITS("south", "31", NOT_OPEN));
    (void) said_of(&vera, "results", private_result, "verifications", "{\"note\":\"Hushed note\"}");
    figure =
        said(&seller, "/v1/results", "{\"contract\":\"quiet\",\"dimensions\":{},\"metric\":\"fee\",\"value\":\"77.70\"}");
    quiet_payment = payment_of("quiet", "each_place");
    dispute =
        said_of(&buyer, "results", private_result, "disputes", "{\"contract\":\"quiet\",\"reason\":\"Hushed reason\"}");
    (void) said_of(&judge, "disputes", dispute, "resolution", "{\"decision\":\"stands\",\"note\":\"Hushed decision\"}");
    settlement = said_of(&buyer, "payments", quiet_payment, "settlements",
                         "{\"amount\":\"1.00\",\"paid_on\":\"2026-01-31\",\"reference\":\"Hushed reference\"}");
    stays_result = said(&seller, "/v1/results", STAYS("41", NOT_OPEN));
    (void) said_of(&vera, "results", stays_result, "verifications", "{}");
    loud_payment = payment_of("loud", "each_person");
    return 0;
}

static int stop_with_contracts(void **state)
{
    for (size_t i = 0; i < 7; i++)
        service_actor_release(all_actors[i]);
    return stop_service(state);
}

/* ---- every GET ---- */

/* What nobody but a party of the quiet contract, or of the loud one where persons are named, may come to read. */
static const char *const hushed[] = {"quiet", "Hushed", "hushed", "77.70", "each_place", PERSON};

enum who_reads { SAME, LISTED, PARTIES };

/* One row a GET of the table of routes, or more. %s: the numbers that are named. LISTED: everybody gets 200, and finds what is said of it
 * only as a party. PARTIES: for anybody else it is not there. SAME: the same for all, and the same bytes. */
static const struct reading_row {
    const char *route, *target;
    unsigned long long *seq;
    enum who_reads who;
    const char *found; /* by a party; NULL: nothing in particular */
} rows[] = {
    {"/v1/ledger", "/v1/ledger", NULL, SAME, "vkey"},
    {"/v1/actors", "/v1/actors", NULL, SAME, "buyer"},
    {"/v1/actors/{}", "/v1/actors/buyer", NULL, SAME, "buyer"},
    {"/v1/actors/{}/keys", "/v1/actors/buyer/keys", NULL, SAME, "kid"},
    {"/v1/indicators", "/v1/indicators", NULL, SAME, "shared.units"},
    {"/v1/indicators/{}", "/v1/indicators/shared.units", NULL, SAME, "shared.units"},
    {"/v1/proofs/inclusion", "/v1/proofs/inclusion?seq=1&size=2", NULL, SAME, "proof"},
    {"/v1/proofs/consistency", "/v1/proofs/consistency?from=1&to=2", NULL, SAME, "proof"},
    {"/tile/{}", "/tile/0/000.p/2", NULL, SAME, NULL},
    {"/tile/{}", "/tile/entries/000.p/2", NULL, SAME, NULL},
    {"/checkpoint", "/checkpoint", NULL, SAME, SERVICE_ORIGIN},
    {"/checkpoint/cosigned", "/checkpoint/cosigned", NULL, SAME, NULL},
    {"/openapi.json", "/openapi.json", NULL, SAME, "openapi"},
    {"/openapi.yaml", "/openapi.yaml", NULL, SAME, "openapi"},
    {"/healthz", "/healthz", NULL, SAME, "live"},
    {"/readyz", "/readyz", NULL, SAME, "leading"},
    {"/metrics", "/metrics", NULL, SAME, NULL},
    {"/v1/contracts", "/v1/contracts", NULL, LISTED, "\"id\":\"quiet\""},
    {"/v1/contracts", "/v1/contracts?actor=buyer", NULL, LISTED, "\"id\":\"quiet\""},
    {"/v1/contracts", "/v1/contracts?limit=1&actor=seller", NULL, LISTED, NULL},
    {"/v1/contracts/{}", "/v1/contracts/quiet", NULL, PARTIES, "Hushed title"},
    {"/v1/contracts/{}", "/v1/contracts/quiet?as_of=900000", NULL, PARTIES, "Hushed title"},
    {"/v1/contracts/{}/terms", "/v1/contracts/quiet/terms", NULL, PARTIES, "Hushed fee"},
    {"/v1/contracts/{}/state", "/v1/contracts/quiet/state", NULL, PARTIES, "each_place"},
    {"/v1/contracts/{}/state", "/v1/contracts/loud/state", NULL, LISTED, PERSON},
    {"/v1/contracts/{}/exposure", "/v1/contracts/quiet/exposure", NULL, PARTIES, "each_place"},
    {"/v1/contracts/{}/payments", "/v1/contracts/quiet/payments", NULL, PARTIES, "each_place"},
    {"/v1/contracts/{}/payments", "/v1/contracts/loud/payments", NULL, LISTED, "123"},
    {"/v1/contracts/{}/results", "/v1/contracts/quiet/results", NULL, PARTIES, "77.70"},
    {"/v1/contracts/{}/results", "/v1/contracts/loud/results", NULL, LISTED, PERSON},
    {"/v1/contracts/{}/signatures", "/v1/contracts/quiet/signatures", NULL, PARTIES, "signed_seq"},
    {"/v1/contracts/{}/disputes", "/v1/contracts/quiet/disputes", NULL, PARTIES, "Hushed reason"},
    {"/v1/contracts/{}/accessions", "/v1/contracts/quiet/accessions", NULL, PARTIES, "items"},
    {"/v1/contracts/{}/amendments", "/v1/contracts/quiet/amendments", NULL, PARTIES, "items"},
    {"/v1/results", "/v1/results", NULL, LISTED, "77.70"},
    {"/v1/results", "/v1/results?contract=quiet", NULL, LISTED, "77.70"},
    {"/v1/results", "/v1/results?author=seller", NULL, LISTED, "77.70"},
    {"/v1/results", "/v1/results?indicator=shared.stays", NULL, LISTED, PERSON},
    {"/v1/results/{}", "/v1/results/%llu", &open_result, LISTED, "quiet"}, /* the result is open, what it fits is not */
    {"/v1/results/{}", "/v1/results/%llu", &private_result, PARTIES, "\"value\":\"31\""},
    {"/v1/results/{}", "/v1/results/%llu", &figure, PARTIES, "77.70"},
    {"/v1/results/{}", "/v1/results/%llu", &stays_result, PARTIES, PERSON},
    {"/v1/results/{}/verifications", "/v1/results/%llu/verifications", &private_result, PARTIES, "vera"},
    {"/v1/results/{}/disputes", "/v1/results/%llu/disputes", &private_result, PARTIES, "Hushed reason"},
    {"/v1/disputes/{}", "/v1/disputes/%llu", &dispute, PARTIES, "Hushed reason"},
    {"/v1/payments", "/v1/payments", NULL, LISTED, "each_place"},
    {"/v1/payments", "/v1/payments?contract=quiet", NULL, LISTED, "each_place"},
    {"/v1/payments", "/v1/payments?party=buyer", NULL, LISTED, "each_place"},
    {"/v1/payments/{}", "/v1/payments/%llu", &quiet_payment, PARTIES, "each_place"},
    {"/v1/payments/{}/items", "/v1/payments/%llu/items", &quiet_payment, PARTIES, "difference"},
    {"/v1/payments/{}/items", "/v1/payments/%llu/items", &loud_payment, PARTIES, PERSON},
    {"/v1/payments/{}/settlements", "/v1/payments/%llu/settlements", &quiet_payment, PARTIES, "Hushed reference"},
    {"/v1/payments/{}/explanation", "/v1/payments/%llu/explanation", &quiet_payment, PARTIES, "each_place"},
    {"/v1/payments/{}/explanation", "/v1/payments/%llu/explanation", &loud_payment, PARTIES, PERSON},
    {"/v1/entries", "/v1/entries", NULL, LISTED, "Hushed reference"},
    {"/v1/entries", "/v1/entries?type=settlement.recorded", NULL, LISTED, "Hushed reference"},
    {"/v1/entries", "/v1/entries?actor=buyer", NULL, LISTED, "Hushed reason"},
    {"/v1/entries/{}", "/v1/entries/%llu", &settlement, LISTED, "Hushed reference"},
    {"/v1/entries/{}", "/v1/entries/%llu", &stays_result, LISTED, PERSON},
    {"/v1/entries/{}/receipt", "/v1/entries/%llu/receipt", &settlement, LISTED, NULL},
    {"/v1/archive", "/v1/archive", NULL, LISTED, "Hushed reference"},
    {"/v1/archive", "/v1/archive?from=3", NULL, LISTED, "Hushed reference"},
};
#define ROWS (sizeof rows / sizeof rows[0])

static void target_of(const struct reading_row *row, char out[128])
{
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    if (row->seq != NULL)
        (void) snprintf(out, 128, row->target, *row->seq);
    else
        (void) snprintf(out, 128, "%s", row->target);
#pragma GCC diagnostic pop
}

static void a_route_that_is_read_has_a_decision_on_who_reads_it(void **state)
{
    (void) state;
    for (size_t i = 0; i < route_count; i++) {
        size_t found = 0;
        if (routes[i].method != HTTP_GET)
            continue;
        for (size_t k = 0; k < ROWS; k++) {
            bool is_this = strcmp(rows[k].route, routes[i].path) == 0;
            found += is_this;
            if (is_this && (rows[k].who == SAME) != (routes[i].who == ROUTE_ANYBODY))
                fail_msg("%s is not read as the table of routes says", rows[k].route);
        }
        if (found == 0)
            fail_msg("GET %s: say in this test who reads what of it", routes[i].path);
    }
}

/* Of persons, the parties alone: it is a hash of their keys and figures. */
static void who_may_not_know_why_has_no_hash_of_it(void **state)
{
    struct http_reply reply;
    char path[80];
    (void) state;
    (void) snprintf(path, sizeof path, "/v1/payments/%llu", loud_payment);
    get_as(&stranger, path, &reply);
    assert_non_null(strstr(reply.body, "\"explanation\":null"));
    http_reply_release(&reply);
    get_as(&buyer, path, &reply);
    const char *hash = strstr(reply.body, "\"explanation\":\"");
    assert_non_null(hash);
    char hex[65];
    (void) snprintf(hex, sizeof hex, "%s", hash + strlen("\"explanation\":\""));
    http_reply_release(&reply);
    for (int is_party = 0; is_party < 2; is_party++) { /* all that there is for each of them */
        get_as(is_party ? &buyer : &stranger, "/v1/archive", &reply);
        assert_int_equal(memmem(reply.body, reply.body_len, hex, 64) != NULL, is_party);
        http_reply_release(&reply);
    }
}

static void assert_hushed(const char *target, const struct http_reply *reply)
{
    for (size_t i = 0; i < sizeof hushed / sizeof hushed[0]; i++) {
        const char *at = memmem(reply->body, reply->body_len, hushed[i], strlen(hushed[i]));
        if (at != NULL)
            fail_msg("%s says %s to who may not read it: %.200s", target, hushed[i],
                     at > reply->body + 100 ? at - 100 : at);
    }
}

static void who_is_no_party_finds_nothing_of_it(void **state)
{
    const struct service_actor *const readers[] = {NULL, &stranger, &service.operator};
    (void) state;
    for (size_t i = 0; i < ROWS; i++) {
        char target[128];
        target_of(&rows[i], target);
        for (size_t k = 0; k < 3 && rows[i].who != SAME; k++) {
            struct http_reply reply;
            get_as(readers[k], target, &reply);
            if (reply.status != (rows[i].who == PARTIES ? 404 : 200))
                fail_msg("%s: %d: %.300s", target, reply.status, reply.body);
            if (rows[i].who == LISTED)
                assert_hushed(target, &reply);
            http_reply_release(&reply);
        }
    }
}

static void every_party_finds_all_of_it(void **state)
{
    (void) state;
    for (size_t i = 0; i < ROWS; i++) {
        char target[128];
        target_of(&rows[i], target);
        for (size_t k = 0; k < 4; k++) {
            struct http_reply reply;
            get_as(all_actors[k], target, &reply);
            if (reply.status != 200 && strcmp(rows[i].route, "/checkpoint/cosigned") != 0)
                fail_msg("%s for %s: %d: %.300s", target, all_actors[k]->id, reply.status, reply.body);
            if (rows[i].found != NULL && !says(&reply, rows[i].found))
                fail_msg("%s does not say %s to %s: %.2000s", target, rows[i].found, all_actors[k]->id, reply.body);
            http_reply_release(&reply);
        }
    }
}

/* 404 for what there is and one may not know is the 404 of what there is not. */
static void what_may_not_be_known_is_not_found_like_what_is_not_there(void **state)
{
    static const char *const pairs[][2] = {{"/v1/contracts/quiet", "/v1/contracts/never"},
                                           {"/v1/contracts/quiet/terms", "/v1/contracts/never/terms"},
                                           {"/v1/contracts/quiet/state", "/v1/contracts/never/state"},
                                           {"/v1/contracts/quiet/exposure", "/v1/contracts/never/exposure"},
                                           {"/v1/contracts/quiet/payments", "/v1/contracts/never/payments"},
                                           {"/v1/contracts/quiet/results", "/v1/contracts/never/results"},
                                           {"/v1/contracts/quiet/signatures", "/v1/contracts/never/signatures"},
                                           {"/v1/contracts/quiet/disputes", "/v1/contracts/never/disputes"},
                                           {"/v1/results?contract=quiet", "/v1/results?contract=never"},
                                           {"/v1/payments?contract=quiet", "/v1/payments?contract=never"}};
    (void) state;
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        struct http_reply hidden, absent;
        get_as(&stranger, pairs[i][0], &hidden);
        get_as(&stranger, pairs[i][1], &absent);
        for (char *at = hidden.body; (at = strstr(at, "quiet")) != NULL;)
            memcpy(at, "never", 5);
        assert_int_equal(hidden.status, absent.status);
        assert_string_equal(hidden.body, absent.body);
        http_reply_release(&hidden);
        http_reply_release(&absent);
    }
}

/* ---- caches ---- */

static void caches_are_told_for_whom_an_answer_is(void **state)
{
    struct http_reply reply;
    char value[64] = "", own[64] = "", public[64] = "", line[128];
    (void) state;
    get_as(&buyer, "/v1/contracts", &reply);
    assert_true(http_reply_header(&reply, "Vary", value, sizeof value));
    assert_string_equal(value, "Authorization");
    assert_true(http_reply_header(&reply, "Cache-Control", value, sizeof value));
    assert_string_equal(value, "private, no-cache");
    assert_true(http_reply_header(&reply, "ETag", own, sizeof own));
    http_reply_release(&reply);
    get_as(NULL, "/v1/contracts", &reply);
    assert_true(http_reply_header(&reply, "Vary", value, sizeof value));
    assert_string_equal(value, "Authorization");
    assert_true(http_reply_header(&reply, "Cache-Control", value, sizeof value));
    assert_string_equal(value, "no-cache");
    assert_true(http_reply_header(&reply, "ETag", public, sizeof public));
    assert_string_not_equal(own, public);
    http_reply_release(&reply);
    (void) snprintf(line, sizeof line, "If-None-Match: %s\r\n", own); /* the tag of another's answer says nothing */
    get_with("/v1/contracts", line, &reply);
    assert_reply(&reply, 200, NULL);
    get_as(NULL, "/v1/contracts/quiet", &reply);
    assert_true(http_reply_header(&reply, "Vary", value, sizeof value));
    assert_reply(&reply, 404, "contract.not_found");
    get_as(&buyer, "/v1/archive", &reply);
    assert_true(http_reply_header(&reply, "Cache-Control", value, sizeof value));
    assert_string_equal(value, "private, no-cache");
    http_reply_release(&reply);
    get_as(NULL, "/v1/archive", &reply); /* a copy that a cache keeps would outlive the bodies that are erased */
    assert_true(http_reply_header(&reply, "Cache-Control", value, sizeof value));
    assert_string_equal(value, "no-cache");
    http_reply_release(&reply);
}

/* ---- tokens ---- */

static void assert_token(const char *headers, int status)
{
    static const char *const targets[] = {"/v1/contracts", "/v1/contracts/quiet", "/v1/entries", "/v1/archive"};
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        struct http_reply reply;
        char value[32] = "";
        get_with(targets[i], headers, &reply);
        if (reply.status != status)
            print_message("%s with %s: %d\n", targets[i], headers, reply.status);
        if (status == 401) {
            assert_true(http_reply_header(&reply, "WWW-Authenticate", value, sizeof value));
            assert_string_equal(value, "Bearer");
        }
        assert_reply(&reply, status, status == 401 ? "token.invalid" : NULL);
    }
}

/* A token whose parts are these texts, signed by buyer's key. */
static void made_token(const char *header, const char *payload, struct buf *out)
{
    struct buf text;
    uint8_t signature[KEY_SIGNATURE_LEN];
    buf_init(&text, 4096);
    text_base64url(header, strlen(header), &text);
    buf_add_char(&text, '.');
    text_base64url(payload, strlen(payload), &text);
    assert_int_equal(key_sign(buyer.key, buf_slice(&text), signature, NULL), TALLY_OK);
    buf_printf(out, "Authorization: Bearer %.*s.", SLICE_ARG(buf_slice(&text)));
    text_base64url(signature, sizeof signature, out);
    buf_add_str(out, "\r\n");
    buf_release(&text);
}

static void a_token_that_is_made_wrong_is_refused_and_never_taken_for_none(void **state)
{
    struct buf line;
    char header[160], payload[160];
    long long now = instant_now().us / 1000000;
    (void) state;
    buf_init(&line, 8192);
#define HEADER(alg, typ)                                                                                                   \
    (void) snprintf(header, sizeof header, "{\"alg\":\"%s\",\"kid\":\"%s\",\"typ\":\"%s\"}", alg, buyer.kid.text, typ)
#define PAYLOAD(aud, exp, iss)                                                                                             \
    (void) snprintf(payload, sizeof payload, "{\"aud\":\"%s\",\"exp\":%lld,\"iss\":\"%s\"}", aud, (long long) (exp), iss)
#define TRIED(status)                                                                                                      \
    do {                                                                                                                   \
        buf_clear(&line);                                                                                                  \
        made_token(header, payload, &line);                                                                                \
        assert_token(line.ptr, (status));                                                                                  \
    } while (0)
    HEADER("EdDSA", "tally-read");
    PAYLOAD(SERVICE_ORIGIN, now + 60, "buyer");
    TRIED(200);
    PAYLOAD(SERVICE_ORIGIN, now - 1, "buyer"); /* expired */
    TRIED(401);
    PAYLOAD(SERVICE_ORIGIN, now + 3600, "buyer"); /* too long */
    TRIED(401);
    PAYLOAD("ledger.test/another", now + 60, "buyer"); /* of another ledger */
    TRIED(401);
    PAYLOAD(SERVICE_ORIGIN, now + 60, "seller"); /* by the key of another */
    TRIED(401);
    PAYLOAD(SERVICE_ORIGIN, now + 60, "ledger");
    TRIED(401);
    PAYLOAD(SERVICE_ORIGIN, now + 60, "nobody");
    TRIED(401);
    PAYLOAD(SERVICE_ORIGIN, now + 60, "buyer");
    HEADER("none", "tally-read");
    TRIED(401);
    HEADER("HS256", "tally-read");
    TRIED(401);
    HEADER("EdDSA", "JWT");
    TRIED(401);
    HEADER("EdDSA", "tally-statement");
    TRIED(401);
    buf_release(&line);
}

static void what_is_no_token_is_refused_and_never_taken_for_none(void **state)
{
    static const char *const lines[] = {"Authorization: \r\n",
                                        "Authorization: Bearer\r\n",
                                        "Authorization: Bearer \r\n",
                                        "Authorization: Bearer x.y.z\r\n",
                                        "Authorization: Bearer e30.e30.\r\n",
                                        "Authorization: Basic YnV5ZXI6eA==\r\n",
                                        "Authorization: buyer\r\n"};
    struct buf line, jws;
    struct http_reply reply;
    (void) state;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        assert_token(lines[i], 401);
    buf_init(&line, 8192);
    buf_init(&jws, 4096);
    (void) head_now();
    assert_int_equal(service_sign(&service, &buyer, "/v1/results", SLICE("{}"), NULL, &jws), 0);
    buf_printf(&line, "Authorization: Bearer %.*s\r\n", SLICE_ARG(buf_slice(&jws)));
    assert_token(line.ptr, 401); /* a statement is no token */
    buf_clear(&line);
    add_token(&buyer, &line);
    line.ptr[line.len - 10] = line.ptr[line.len - 10] == 'A' ? 'B' : 'A';
    assert_token(line.ptr, 401); /* another signature */
    get_with("/v1/contracts", "Authorization: Bearer a.b.c\r\nAuthorization: Bearer a.b.c\r\n", &reply);
    assert_reply(&reply, 400, "request.malformed");
    get_with("/v1/actors", "Authorization: Bearer a.b.c\r\n", &reply); /* nobody is asked there who they are */
    assert_reply(&reply, 200, NULL);
    buf_release(&jws);
    buf_release(&line);
}

static void a_key_that_is_revoked_reads_no_more(void **state)
{
    struct buf line;
    struct http_reply reply;
    char path[160];
    (void) state;
    buf_init(&line, 4096);
    add_token(&other, &line);
    get_with("/v1/contracts", line.ptr, &reply);
    assert_reply(&reply, 200, NULL);
    (void) snprintf(path, sizeof path, "/v1/actors/other/keys/%s/revocation", other.kid.text);
    (void) said(&other, path, "{}");
    assert_token(line.ptr, 401);
    buf_release(&line);
}

/* ---- speaking of what one may not know ---- */

static void refused(const struct service_actor *actor, const char *path, const char *body, int status, const char *code)
{
    assert_post_refused(actor, path, slice_str(body), NULL, status, code);
}

static void refused_of(const struct service_actor *actor, const char *family, unsigned long long seq, const char *verb,
                       const char *body, int status, const char *code)
{
    char path[96];
    (void) snprintf(path, sizeof path, "/v1/%s/%llu/%s", family, seq, verb);
    refused(actor, path, body, status, code);
}

#define NO_VERSION "0000000000000000000000000000000000000000000000000000000000000000"

static void what_one_may_not_know_is_refused_as_if_it_were_not_there(void **state)
{
    (void) state;
    refused(&stranger, "/v1/contracts/quiet/signatures", "{\"as\":\"buyer\",\"version\":\"" NO_VERSION "\"}", 404,
            "contract.not_found");
    refused(&stranger, "/v1/results", "{\"contract\":\"quiet\",\"dimensions\":{},\"metric\":\"fee\",\"value\":\"1.00\"}",
            422, "contract.unknown");
    refused_of(&stranger, "results", open_result, "disputes", "{\"contract\":\"quiet\",\"reason\":\"x\"}", 422,
               "contract.unknown");
    refused_of(&stranger, "results", private_result, "disputes", "{\"contract\":\"loud\",\"reason\":\"x\"}", 404,
               "result.not_found");
    refused_of(&stranger, "results", private_result, "verifications", "{}", 404, "result.not_found");
    refused_of(&stranger, "results", open_result, "verifications", "{}", 403, "verification.not_verifier");
    refused_of(&stranger, "results", private_result, "restatements", "{\"value\":\"1\"}", 404, "result.not_found");
    refused_of(&stranger, "results", figure, "withdrawal", "{}", 404, "result.not_found");
    refused_of(&stranger, "disputes", dispute, "resolution", "{\"decision\":\"stands\"}", 404, "dispute.not_found");
    refused_of(&stranger, "payments", quiet_payment, "settlements",
               "{\"amount\":\"1.00\",\"paid_on\":\"2026-01-31\",\"reference\":\"x\"}", 404, "payment.not_found");
    refused_of(&buyer, "results", private_result, "restatements", "{\"value\":\"1\"}", 403, "result.not_author");
}

static void one_statement_is_for_the_same_readers(void **state)
{
    (void) state;
    refused(&seller, "/v1/results",
            "{\"results\":[{\"contract\":\"quiet\",\"dimensions\":{},\"metric\":\"fee\",\"value\":\"1.00\"},"
            "{\"dimensions\":{\"place\":\"north\"},\"indicator\":\"shared.units\",\"value\":\"9\",\"version\":1}]}",
            409, "result.duplicate");
    refused(&seller, "/v1/results",
            "{\"results\":[{\"dimensions\":{\"who\":\"qqqqqqqqqqqqqqqqqqqqqq\"},\"indicator\":\"shared.stays\","
            "\"value\":\"9\",\"version\":1},{\"dimensions\":{\"place\":\"east\"},\"indicator\":\"shared.units\","
            "\"value\":\"9\",\"version\":1}],\"open\":false}",
            422, "result.private");
    refused_of(&seller, "results", open_result, "restatements",
               "{\"results\":[{\"item\":0,\"value\":\"1\"},{\"item\":0,\"seq\":99999,\"value\":\"2\"}]}", 422,
               "result.unknown");
    refused(&hub, "/v1/results", UNITS("west", "5", NOT_OPEN), 422, "result.private"); /* it would be for nobody */
}

/* ---- who proposes a contract with an indicator reads nothing out of it ---- */

#define EAVES                                                                                                              \
    "terms 1\ncontract eaves \"Eaves\"\ncurrency USD rounded to 0.01, half even\nclock UTC\n"                              \
    "runs 2020-01-01 to 2090-12-31\ncloses 2091-12-31\n\nparty stranger outcome payer \"Stranger\"\n"                      \
    "party seller provider \"Seller\"\nin force when stranger have signed\n\ndimension place (north, south)\n"             \
    "metric units is shared.units version 1 in days between 0 and 1_000\n  by place\n  reported by seller\n"               \
    "  if missing use 0\n\npay each_place from stranger to seller\n  for each place\n  amount 2.50 per day of units\n"

static void a_contract_of_somebody_else_does_not_use_what_is_not_open(void **state)
{
    struct http_reply reply;
    char path[96];
    (void) state;
    propose_signed("eaves", EAVES, true, ACTORS(&seller, &stranger), ACTORS(&stranger));
    get_as(&stranger, "/v1/payments?contract=eaves", &reply);
    assert_true(says(&reply, "\"amount\":\"250.00\"")); /* 100 days, which are open */
    assert_false(says(&reply, "77.5"));                 /* 31 days, which are not */
    http_reply_release(&reply);
    get_as(&stranger, "/v1/contracts/eaves/results", &reply);
    assert_true(says(&reply, "\"value\":\"100\""));
    assert_false(says(&reply, "\"value\":\"31\""));
    http_reply_release(&reply);
    (void) snprintf(path, sizeof path, "/v1/results/%llu", private_result);
    get_as(&stranger, path, &reply);
    assert_reply(&reply, 404, "result.not_found");
    get_as(&seller, path, &reply);
    assert_true(says(&reply, "it is not open, and was not reported for this contract"));
    http_reply_release(&reply);
}

/* ---- who joins later ---- */

#define CLUB                                                                                                               \
    "terms 1\ncontract club \"Hushed club\"\ncurrency USD rounded to 0.01, half even\nclock UTC\n"                         \
    "runs 2020-01-01 to 2090-12-31\ncloses 2091-12-31\n\nparty buyer outcome payer \"Buyer\"\n"                            \
    "party judge evaluator \"Judge\"\nparty seller provider \"Seller\"\nparty vera auditor \"Vera\"\n"                     \
    "parties clinic provider \"Clinics\", at most 9 join until 2090-01-01\n"                                               \
    "in force when buyer and seller have signed\n\ndimension place (north, south, west, east)\n"                           \
    "metric units is shared.units version 1 in days between 0 and 1_000\n  by place\n  reported by seller\n"               \
    "  if missing use 0\n"                                                                                                 \
    "metric sure is shared.units version 1 in days between 0 and 1_000\n  by place\n  reported by seller\n"                \
    "  verified by judge\n\npay each_place from buyer to seller\n  for each place\n  amount 2.50 per day of units\n"

static void who_joins_reads_from_then_on(void **state)
{
    struct service_actor early;
    struct http_reply reply;
    char version[80], body[200];
    (void) state;
    propose_signed("club", CLUB, false, parties, ACTORS(&buyer, &seller));
    get_as(&seller, "/v1/contracts/club", &reply);
    (void) snprintf(version, sizeof version, "%.64s", strstr(reply.body, "\"version\":\"") + 11);
    http_reply_release(&reply);
    refused(&hub, "/v1/contracts/club/accessions", "{\"as\":\"clinic\",\"version\":\"" NO_VERSION "\"}", 404,
            "contract.not_found");
    (void) snprintf(body, sizeof body, "{\"as\":\"clinic\",\"version\":\"%s\"}", version);
    assert_int_equal(service_register(&service, "early", "", &early), 0);
    (void) said(&early, "/v1/contracts/club/accessions", body);
    unsigned long long verified = said(&seller, "/v1/results", UNITS("east", "3", ",\"open\":false"));
    (void) said_of(&judge, "results", verified, "verifications", "{}");
    (void) said(&hub, "/v1/contracts/club/accessions", body);
    get_as(&hub, "/v1/contracts/club/accessions", &reply);
    assert_true(says(&reply, "\"actor\":\"hub\""));
    assert_false(says(&reply, "\"actor\":\"early\"")); /* who joined before */
    http_reply_release(&reply);
    char target[64];
    (void) snprintf(target, sizeof target, "/v1/results/%llu", verified);
    get_as(&hub, target, &reply);
    assert_true(says(&reply, "\"value\":\"3\""));
    assert_true(says(&reply, "\"verifications\":[]")); /* from before it joined */
    http_reply_release(&reply);
    get_as(&buyer, target, &reply);
    assert_true(says(&reply, "\"verifications\":[{\"actor\":\"judge\""));
    http_reply_release(&reply);
    get_as(&hub, "/v1/contracts?actor=early", &reply);
    assert_false(says(&reply, "\"id\":\"club\""));
    http_reply_release(&reply);
    get_as(&early, "/v1/contracts/club/accessions", &reply);
    assert_true(says(&reply, "\"actor\":\"early\""));
    assert_true(says(&reply, "\"actor\":\"hub\"")); /* who joined after */
    http_reply_release(&reply);
    get_as(&hub, "/v1/contracts/club/terms", &reply);
    assert_true(says(&reply, "Hushed club"));
    http_reply_release(&reply);
    get_as(&hub, "/v1/contracts/club/payments", &reply);
    assert_true(says(&reply, "{\"items\":[],")); /* triggered before it joined */
    http_reply_release(&reply);
    get_as(&buyer, "/v1/contracts/club/payments", &reply);
    assert_true(says(&reply, "\"amount\":\"250.00\""));
    http_reply_release(&reply);
    (void) said(&seller, "/v1/results", UNITS("west", "8", ""));
    get_as(&hub, "/v1/contracts/club/payments", &reply);
    assert_true(says(&reply, "\"amount\":\"20.00\""));
    assert_false(says(&reply, "\"amount\":\"250.00\""));
    http_reply_release(&reply);
    get_as(&stranger, "/v1/contracts/club/accessions", &reply);
    assert_reply(&reply, 404, "contract.not_found");
    service_actor_release(&early);
}

/* ---- answers ---- */

/* "more": anybody of the backbone reports it, and each result pays in a contract that is not open. */
#define MORE                                                                                                               \
    "terms 1\ncontract more \"Hushed title\"\n" HEAD "dimension place (north, south)\n"                                    \
    "metric more is shared.more version 1 in days between 0 and 1_000\n  by place\n  if missing use 0\n"                   \
    "pay each_place from buyer to seller\n  for each place\n  amount 2.50 per day of more\n"
#define MORE_OF(place)                                                                                                     \
    "{\"dimensions\":{\"place\":\"" place "\"},\"indicator\":\"shared.more\",\"value\":\"10\",\"version\":1}"

/* The first answer and the one to the same bytes sent again by their author are the same; *first is released by the caller. Anybody else, who has
 * signature and body from the entry, gets what is open. */
static void say_twice(const struct service_actor *actor, const char *path, const char *body, struct http_reply *first)
{
    struct http_client client;
    struct http_reply again;
    struct buf jws, headers;
    char replayed[16] = "";
    buf_init(&jws, 4096);
    buf_init(&headers, 4096);
    add_token(actor, &headers);
    (void) head_now();
    assert_int_equal(service_sign(&service, actor, path, slice_str(body), NULL, &jws), 0);
    assert_int_equal(http_client_open(&client, service.port), 0);
    assert_int_equal(service_exchange(&client, path, buf_slice(&jws), NULL, slice_str(body), first), 0);
    assert_int_equal(first->status, 201);
    assert_int_equal(service_exchange(&client, path, buf_slice(&jws), headers.ptr, slice_str(body), &again), 0);
    assert_int_equal(again.status, 201);
    assert_true(http_reply_header(&again, "Idempotency-Replayed", replayed, sizeof replayed));
    assert_string_equal(first->body, again.body);
    http_reply_release(&again);
    for (int i = 0; i < 2; i++) {
        buf_clear(&headers);
        buf_add_str(&headers, "");
        if (i == 1)
            add_token(&stranger, &headers);
        assert_int_equal(
            service_exchange(&client, path, buf_slice(&jws), i == 0 ? NULL : headers.ptr, slice_str(body), &again), 0);
        assert_int_equal(again.status, 201);
        assert_true(says(&again, "{\"events\":[],"));
        assert_hushed(path, &again);
        http_reply_release(&again);
    }
    http_client_close(&client);
    buf_release(&jws);
    buf_release(&headers);
}

static void preview_as(const struct service_actor *actor, const char *body, struct http_reply *reply)
{
    struct http_client client;
    struct buf headers;
    buf_init(&headers, 4096);
    add_token(actor, &headers);
    assert_int_equal(http_client_open(&client, service.port), 0);
    assert_int_equal(service_exchange(&client, "/v1/preview/results", SLICE(""), headers.ptr, slice_str(body), reply), 0);
    assert_int_equal(reply->status, 200);
    http_client_close(&client);
    buf_release(&headers);
}

static void an_answer_says_what_its_author_may_read_of_what_followed(void **state)
{
    struct http_reply reply;
    (void) state;
    propose_signed("more", MORE, false, parties, ACTORS(&buyer, &seller));
    preview_as(&hub, MORE_OF("north"), &reply);
    assert_true(says(&reply, "{\"events\":[],\"items\":[{"));
    assert_true(says(&reply, "\"fits\":[],")); /* what it may not read is not there for it */
    http_reply_release(&reply);
    preview_as(&seller, MORE_OF("north"), &reply);
    assert_true(says(&reply, "payment.triggered"));
    assert_true(says(&reply, "\"fits\":[{\"contract\":\"more\",\"key\":\"north\",\"metric\":"));
    assert_true(says(&reply, "\"standing\":\"final\"")); /* by this very statement */
    http_reply_release(&reply);
    say_twice(&hub, "/v1/results", MORE_OF("north"), &reply);
    assert_true(says(&reply, "{\"events\":[],"));
    assert_true(says(&reply, "\"receipt\":\"c2sp.org/tlog-proof@v1"));
    http_reply_release(&reply);
    get_as(&buyer, "/v1/contracts/more/payments", &reply);
    assert_true(says(&reply, "\"amount\":\"25.00\"")); /* it did follow */
    http_reply_release(&reply);
    say_twice(&seller, "/v1/results", MORE_OF("south"), &reply);
    assert_true(says(&reply, "payment.triggered"));
    assert_true(says(&reply, "\"receipt\":\"c2sp.org/tlog-proof@v1"));
    http_reply_release(&reply);
}

/* ---- receipts and archives ---- */

/* The extra line of a receipt, decoded. */
static void extra_of(const struct service_actor *reader, unsigned long long seq, char *out, size_t size)
{
    struct http_reply reply;
    char path[96], line[2048] = "";
    size_t len = 0;
    (void) snprintf(path, sizeof path, "/v1/entries/%llu/receipt", seq);
    get_as(reader, path, &reply);
    assert_int_equal(reply.status, 200);
    const char *at = strstr(reply.body, "\nextra ");
    assert_non_null(at);
    (void) snprintf(line, sizeof line, "%.*s", (int) strcspn(at + 7, "\n"), at + 7);
    assert_int_equal(text_unbase64(slice_str(line), out, size - 1, &len), TALLY_OK);
    out[len] = '\0';
    http_reply_release(&reply);
}

static void a_receipt_has_its_nonce_for_who_reads_the_body(void **state)
{
    char extra[2048];
    (void) state;
    extra_of(&seller, settlement, extra, sizeof extra);
    assert_non_null(strstr(extra, "\"nonce\""));
    extra_of(&stranger, settlement, extra, sizeof extra);
    assert_null(strstr(extra, "\"nonce\""));
    assert_non_null(strstr(extra, "\"header\""));
    extra_of(NULL, settlement, extra, sizeof extra);
    assert_null(strstr(extra, "\"nonce\""));
    extra_of(NULL, open_result, extra, sizeof extra);
    assert_non_null(strstr(extra, "\"nonce\""));
}

static struct cli_output ran;

static void verify_archive_of(const struct service_actor *reader, const char *level, int status)
{
    static struct cli_place place;
    struct http_reply reply;
    char path[300], vkey[256], program[600];
    if (place.dir[0] == '\0')
        assert_int_equal(cli_place_make(&place, service.dir), 0);
    (void) snprintf(path, sizeof path, "%s/archive.jsonl", place.dir);
    get_as(reader, "/v1/archive", &reply);
    assert_int_equal(reply.status, 200);
    assert_false(reply.is_cut);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_int_equal(fwrite(reply.body, 1, reply.body_len, file), reply.body_len);
    assert_int_equal(fclose(file), 0);
    http_reply_release(&reply);
    assert_int_equal(service_vkey(&service, vkey, sizeof vkey), 0);
    cli_program("tally-verify", program, sizeof program);
    const char *const argv[] = {program, path, "--vkey", vkey, "--level", level, NULL};
    assert_int_equal(cli_spawn(&place, argv, NULL, &ran), 0);
    if (ran.status != status)
        fail_msg("%s at level %s: %d, not %d: %.3000s%.1000s", reader == NULL ? "nobody" : reader->id, level, ran.status,
                 status, ran.out, ran.err);
}

static void the_archive_of_each_verifies_and_says_what_was_withheld(void **state)
{
    static const char *const levels[] = {"chain", "signatures", "replay"};
    int64_t withheld = 0;
    char said_to[64];
    (void) state;
    assert_int_equal(service_number(&service, "SELECT count(*) FROM ledger.entry WHERE NOT open", &withheld), 0);
    assert_true(withheld > 15);
    (void) snprintf(said_to, sizeof said_to, "%lld bodies withheld and 0 erased", (long long) withheld);
    for (size_t i = 0; i < 3; i++) {
        verify_archive_of(NULL, levels[i], 4);
        assert_non_null(strstr(ran.out, said_to));
        verify_archive_of(&stranger, levels[i], 4);
        assert_non_null(strstr(ran.out, said_to));
        verify_archive_of(&buyer, levels[i], 0); /* a party of every contract that is not open */
        assert_null(strstr(ran.out, "withheld"));
    }
    assert_int_equal(service_number(&service, "SELECT count(*) FROM ledger.verify(0, NULL)", &withheld), 0);
    assert_int_equal(withheld, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_route_that_is_read_has_a_decision_on_who_reads_it),
        cmocka_unit_test(who_may_not_know_why_has_no_hash_of_it),
        cmocka_unit_test(who_is_no_party_finds_nothing_of_it),
        cmocka_unit_test(every_party_finds_all_of_it),
        cmocka_unit_test(what_may_not_be_known_is_not_found_like_what_is_not_there),
        cmocka_unit_test(caches_are_told_for_whom_an_answer_is),
        cmocka_unit_test(a_token_that_is_made_wrong_is_refused_and_never_taken_for_none),
        cmocka_unit_test(what_is_no_token_is_refused_and_never_taken_for_none),
        cmocka_unit_test(a_key_that_is_revoked_reads_no_more),
        cmocka_unit_test(what_one_may_not_know_is_refused_as_if_it_were_not_there),
        cmocka_unit_test(one_statement_is_for_the_same_readers),
        cmocka_unit_test(a_contract_of_somebody_else_does_not_use_what_is_not_open),
        cmocka_unit_test(who_joins_reads_from_then_on),
        cmocka_unit_test(an_answer_says_what_its_author_may_read_of_what_followed),
        cmocka_unit_test(a_receipt_has_its_nonce_for_who_reads_the_body),
        cmocka_unit_test(the_archive_of_each_verifies_and_says_what_was_withheld),
    };
    return cmocka_run_group_tests(tests, start_with_contracts, stop_with_contracts);
}
