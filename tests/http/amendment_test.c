/* A contract that is amended while it is lived, and contracts that use another's figures, over HTTP: who proposes, sees, signs; what the
 * amendment triggers; which text pays what; and what is refused on the way, which leaves the ledger as it was. */
#include "http_help.h"

#include <string.h>

#include "tally/canon.h"
#include "tally/text.h"

/* A text with blanks: what it is, its currency, its parties beside the three, what it uses, its amount. */
#define TEXT(title, currency, parties, uses, amount)                                                                       \
    "terms 1\ncontract " title "\ncurrency " currency " rounded to 0.01, half even\nclock UTC\n"                           \
    "runs 2020-01-01 to 2024-12-31\ncloses 2091-12-31\n\nparty buyer outcome payer \"Buyer\"\n"                            \
    "party judge evaluator \"Judge\"\nparty seller provider \"Seller\"\n" parties                                          \
    "in force when buyer and seller have signed\n"                                                                         \
    "disputes decided by judge within 60 days, otherwise stands\n" uses                                                    \
    "period year every 1 year from 2020-01-01 to 2024-12-31\n"                                                             \
    "metric units is shared.units version 1 in days between 0 and 1_000\n  by year\n  reported by seller\n"                \
    "  verified by judge\npay each_year from buyer to seller\n  for each year\n  amount " amount " per day of units\n"
#define DEAL(header, currency, parties, uses, amount) TEXT("deal \"Deal\"" header, currency, parties, uses, amount)
#define FIRST DEAL("", "USD", "", "", "2")
#define SECOND_FROM(day) " version 2 amends @ effective " day
#define SECOND DEAL(SECOND_FROM("2022-07-01"), "USD", "", "", "3")
#define RIVAL DEAL(SECOND_FROM("2023-01-01"), "USD", "", "", "4")

/* A share of another's payments for one year; @ stands for that contract's hash. */
#define SHARE(slug, how, parties)                                                                                          \
    "terms 1\ncontract " slug " \"Share\"\ncurrency USD rounded to 0.01, half even\nclock UTC\n"                           \
    "runs 2020-01-01 to 2024-12-31\ncloses 2091-12-31\n\nparty buyer outcome payer \"Buyer\"\n"                            \
    "party seller provider \"Seller\"\n" parties "in force when buyer and seller have signed\nuses base is contract @" how \
    "\nperiod year every 1 year from 2020-01-01 to 2024-12-31\nmetric paid is each_year of base in USD\n  by year\n"       \
    "pay part from seller to buyer\n  for each year\n  amount 10% * paid\n"
#define GUEST "party guest investor \"Guest\"\n"

/* Not open: for its parties alone. */
#define HUSH TEXT("hush \"Hush\"", "USD", "", "", "1")

#define YEAR(year) year "-01-01/" year "-12-31"
#define UNITS(year)                                                                                                        \
    "{\"dimensions\":{\"year\":\"" YEAR(year) "\"},\"indicator\":\"shared.units\",\"value\":\"10\",\"version\":1}"
#define NO_HASH "00000000000000000000000000000000000000000000000000000000000000aa"
#define AMENDMENTS "/v1/contracts/deal/amendments"
#define SIGNATURES "/v1/contracts/deal/signatures"
#define PARTIES "buyer judge seller"

static struct service_actor buyer, judge, seller, guest;
static struct service_actor *const all_actors[] = {&buyer, &judge, &seller, &guest};
static const char *const ids[] = {"buyer", "judge", "seller", "guest"};
static unsigned long long second, rival;                /* the entries that propose them */
static unsigned long long last_result, of_2023;         /* that was reported */
static const struct service_actor *seller_is = &seller; /* in what is proposed */

/* ---- saying and asking ---- */
static void assert_says(const struct http_reply *reply, const char *what)
{
    if (strstr(reply->body, what) == NULL)
        fail_msg("%s is not in %s", what, reply->body);
}

/* Recorded as this entry; the answer says `what`. */
static unsigned long long said_and(const struct service_actor *actor, const char *path, const char *body, const char *what)
{
    struct http_reply reply;
    char seq[24];
    assert_int_equal(service_post(&service, actor, path, body, &reply), 0);
    if (reply.status != 201)
        fail_msg("%s: %s", path, reply.body);
    assert_says(&reply, what);
    assert_true(http_reply_member(&reply, "seq", seq, sizeof seq));
    http_reply_release(&reply);
    return strtoull(seq, NULL, 10);
}

static void get(const char *target, struct http_reply *reply)
{
    assert_int_equal(service_get(&service, target, reply), 0);
    if (reply->status != 200)
        fail_msg("%s: %s", target, reply->body);
}

static void assert_get(const char *target, const char *what)
{
    struct http_reply reply;
    get(target, &reply);
    assert_says(&reply, what);
    http_reply_release(&reply);
}

static void refused(const struct service_actor *actor, const char *path, const char *body, int status, const char *code)
{
    assert_post_refused(actor, path, slice_str(body), NULL, status, code);
}

/* Refused, and the answer says why. */
static void refused_as(const struct service_actor *actor, const char *path, const char *body, int status, const char *code,
                       const char *why)
{
    struct http_reply reply;
    struct head before = head_now();
    assert_int_equal(service_post(&service, actor, path, body, &reply), 0);
    assert_says(&reply, why);
    assert_reply(&reply, status, code);
    assert_head(before);
}

static void hash_of(const char *text, char hex[65])
{
    struct digest digest;
    digest_of(slice_str(text), &digest);
    text_hex(digest.bytes, DIGEST_LEN, hex);
}

/* The body of a proposal of this text, in which @ stands for `hash`; id NULL: of an amendment. Valid until the next call. */
static const char *proposal(const char *id, const char *text, const char *hash, const char *parties, const char *how)
{
    static char body[16384];
    struct buf terms, out;
    const char *at = strchr(text, '@'), *comma = "";
    buf_init(&terms, sizeof body);
    buf_init(&out, sizeof body);
    buf_add(&terms, text, at == NULL ? strlen(text) : (size_t) (at - text));
    if (at != NULL)
        buf_printf(&terms, "%s%s", hash, at + 1);
    buf_add_char(&out, '{');
    if (id != NULL)
        buf_printf(&out, "\"id\":\"%s\",\"open\":%s,", id, how);
    buf_add_str(&out, "\"parties\":{");
    for (size_t i = 0; i < 4; i++) {
        const struct service_actor *is = all_actors[i] == &seller ? seller_is : all_actors[i];
        if (strstr(parties, ids[i]) == NULL)
            continue;
        buf_printf(&out, "%s\"%s\":{\"actor\":\"%s\",\"kid\":\"%s\"}", comma, ids[i], is->id, is->kid.text);
        comma = ",";
    }
    buf_add_str(&out, "},\"terms\":");
    canon_quote(&out, buf_slice(&terms));
    buf_add_char(&out, '}');
    assert_int_equal(buf_check(&out, NULL), TALLY_OK);
    assert_true(out.len < sizeof body);
    memcpy(body, out.ptr, out.len + 1);
    buf_release(&terms);
    buf_release(&out);
    return body;
}

/* An amendment of the text whose hash is that of `before`. */
static const char *amends(const char *text, const char *before, const char *parties)
{
    char hash[65];
    hash_of(before, hash);
    return proposal(NULL, text, hash, parties, "");
}

/* The version that the contract or the amendment with this entry has, as the list of them at this target says. */
static void version_of(const char *target, unsigned long long seq, char version[65])
{
    struct http_reply reply;
    char mark[40];
    get(target, &reply);
    (void) snprintf(mark, sizeof mark, "\"seq\":%llu,", seq);
    const char *at = strstr(reply.body, mark);
    at = at == NULL ? NULL : strstr(at, "\"version\":\"");
    assert_non_null(at);
    (void) snprintf(version, 65, "%s", at + strlen("\"version\":\""));
    http_reply_release(&reply);
}

static const char *signature(const char *as, const char *version)
{
    static char body[160];
    (void) snprintf(body, sizeof body, "{\"as\":\"%s\",\"version\":\"%s\"}", as, version);
    return body;
}

/* Proposed by the buyer, signed by the buyer and the seller. */
static void in_force(const char *id, const char *body)
{
    char path[80], version[65];
    unsigned long long seq = said_and(&buyer, "/v1/contracts", body, "\"events\":[]");
    version_of("/v1/contracts?actor=buyer&limit=100", seq, version);
    (void) snprintf(path, sizeof path, "/v1/contracts/%s/signatures", id);
    (void) said_and(&buyer, path, signature("buyer", version), "\"events\":[]");
    (void) said_and(&seller, path, signature("seller", version), "\"type\":\"contract.activated\"");
}

/* Reported, verified; what follows of the verification says all these, in this order. */
static void paid(const char *result, const char *const *what)
{
    struct http_reply reply;
    char path[80];
    last_result = said_and(&seller, "/v1/results", result, "\"events\":[]");
    (void) snprintf(path, sizeof path, "/v1/results/%llu/verifications", last_result);
    assert_int_equal(service_post(&service, &judge, path, "{}", &reply), 0);
    const char *at = reply.body;
    for (; *what != NULL; what++) {
        const char *found = strstr(at, *what);
        if (found == NULL)
            fail_msg("%s is not in %s", *what, at);
        at = found;
    }
    http_reply_release(&reply);
}
#define PAID(result, ...) paid(result, (const char *const[]){__VA_ARGS__, NULL})

static void assert_stands(const char *contract, const char *key, const char *rule, const char *amount)
{
    char target[80], what[160];
    (void) snprintf(target, sizeof target, "/v1/contracts/%s/state", contract);
    (void) snprintf(what, sizeof what, "\"key\":\"%s\",\"reason\":null,\"rule\":\"%s\",\"stands\":\"%s\"", key, rule,
                    amount);
    assert_get(target, what);
}

/* Asks, with a reader's token, what the statement would cause: nothing is recorded. */
static void previewed(const struct service_actor *actor, const char *path, const char *body, int status, const char *says)
{
    struct http_client client;
    struct http_reply reply;
    struct buf token, headers;
    struct head before = head_now();
    buf_init(&token, 4096);
    buf_init(&headers, 4096);
    assert_int_equal(read_token_sign(slice_str(actor->id), SLICE(SERVICE_ORIGIN),
                                     (struct instant){instant_now().us + 60000000}, actor->key, &token, NULL),
                     TALLY_OK);
    buf_printf(&headers, "Authorization: Bearer %s\r\n", token.ptr);
    assert_int_equal(http_client_open(&client, service.port), 0);
    assert_int_equal(service_exchange(&client, path, SLICE(""), headers.ptr, slice_str(body), &reply), 0);
    assert_says(&reply, says);
    assert_reply(&reply, status, NULL);
    assert_head(before);
    http_client_close(&client);
    buf_release(&headers);
    buf_release(&token);
}

/* ---- the service: the deal is in force, and has paid for two years ---- */
static int start_with_the_deal(void **state)
{
    if (start_service(state) != 0)
        return -1;
    for (size_t i = 0; i < 4; i++)
        if (service_register(&service, ids[i], "", all_actors[i]) != 0)
            return -1;
    (void) said_and(
        &service.operator, "/v1/indicators",
        "{\"definition\":\"Units\",\"id\":\"shared.units\",\"kind\":\"output\",\"name\":\"Units\",\"unit\":\"days\","
        "\"version\":1}",
        "\"events\":[]");
    in_force("deal", proposal("deal", FIRST, "", PARTIES, "true"));
    PAID(UNITS("2021"), "\"amount\":\"20.00\"", "\"rule\":\"each_year\"");
    PAID(UNITS("2022"), "\"amount\":\"20.00\"", "\"rule\":\"each_year\"");
    return 0;
}

static int stop_with_actors(void **state)
{
    for (size_t i = 0; i < 4; i++)
        service_actor_release(all_actors[i]);
    return stop_service(state);
}

/* ---- amendments ---- */
static void what_cannot_amend_it_is_refused(void **state)
{
    char hash[65];
    (void) state;
    hash_of(FIRST, hash);
    refused(&guest, AMENDMENTS, amends(SECOND, FIRST, PARTIES), 403, "contract.not_party");
    refused(&buyer, "/v1/contracts/other/amendments", amends(SECOND, FIRST, PARTIES), 404, "contract.not_found");
    refused_as(&buyer, AMENDMENTS, proposal(NULL, SECOND, NO_HASH, PARTIES, ""), 422, "contract.terms", hash);
    refused_as(&buyer, AMENDMENTS,
               amends(DEAL(" version 3 amends @ effective 2022-07-01", "USD", "", "", "3"), FIRST, PARTIES), 422,
               "contract.terms", "line 2: the text cannot amend deal: it is version 3, and the next is version 2");
    refused_as(&buyer, AMENDMENTS, amends(FIRST, FIRST, PARTIES), 422, "contract.terms", "its header has to say");
    refused_as(&buyer, AMENDMENTS, amends(DEAL(SECOND_FROM("2022-07-01"), "EUR", "", "", "3"), FIRST, PARTIES), 422,
               "contract.terms", "`each_year`");
    refused_as(&buyer, AMENDMENTS, amends(DEAL(SECOND_FROM("2022-07-01"), "USD", "", "", "nothing + 3"), FIRST, PARTIES),
               422, "contract.terms", "line 20, column 10: `nothing` is not declared");
    refused(&buyer, AMENDMENTS, amends(SECOND, FIRST, "buyer seller"), 422, "contract.parties");
    refused(&buyer, AMENDMENTS, proposal("deal", SECOND, hash, PARTIES, "true"), 422, "body.schema");
}

static void a_preview_says_what_it_would_trigger(void **state)
{
    (void) state;
    previewed(&buyer, "/v1/preview/contracts/deal/amendments", amends(SECOND, FIRST, PARTIES), 200,
              "\"type\":\"contract.amended\"");
    previewed(&buyer, "/v1/preview/contracts/deal/amendments", amends(SECOND, FIRST, PARTIES), 200, "\"amount\":\"10.00\"");
    previewed(&buyer, "/v1/preview/contracts/deal/amendments", proposal(NULL, SECOND, NO_HASH, PARTIES, ""), 422,
              "\"code\":\"contract.terms\"");
    assert_get(AMENDMENTS, "{\"items\":[],\"next\":null}");
    assert_stands("deal", YEAR("2022"), "each_year", "20.00");
}

static void all_who_are_asked_sign_and_it_pays_the_difference(void **state)
{
    struct http_reply reply;
    char version[65];
    (void) state;
    second = said_and(&buyer, AMENDMENTS, amends(SECOND, FIRST, PARTIES), "\"events\":[]");
    rival = said_and(&seller, AMENDMENTS, amends(RIVAL, FIRST, PARTIES), "\"events\":[]");
    assert_get("/v1/contracts/deal", "\"amendments_open\":2");
    version_of(AMENDMENTS, second, version);
    refused(&guest, SIGNATURES, signature("buyer", version), 403, "contract.not_party");
    refused(&guest, SIGNATURES, signature("guest", version), 403, "contract.not_party");
    refused(&buyer, SIGNATURES, signature("buyer", NO_HASH), 409, "contract.version");
    (void) said_and(&buyer, SIGNATURES, signature("buyer", version), "\"events\":[]");
    refused(&buyer, SIGNATURES, signature("buyer", version), 409, "contract.signed");
    get(AMENDMENTS, &reply); /* the buyer has signed this one, and nobody the other */
    assert_says(&reply, "\"in_force_seq\":null");
    assert_says(&reply, "\"signed_seq\":null");
    const char *signs = strstr(reply.body, "\"signed_seq\":");
    int count = 0, done = 0;
    for (; signs != NULL; signs = strstr(signs + 1, "\"signed_seq\":"), count++)
        done += strncmp(signs, "\"signed_seq\":null", strlen("\"signed_seq\":null")) != 0;
    assert_int_equal(count, 6);
    assert_int_equal(done, 1);
    http_reply_release(&reply);
    assert_stands("deal", YEAR("2022"), "each_year", "20.00");

    assert_int_equal(service_post(&service, &seller, SIGNATURES, signature("seller", version), &reply), 0);
    assert_says(&reply, "\"type\":\"contract.amended\"");
    assert_says(&reply, "\"amount\":\"10.00\"");
    assert_null(strstr(reply.body, "\"amount\":\"20.00\"")); /* 2021 is by the old text */
    assert_reply(&reply, 201, NULL);
    assert_stands("deal", YEAR("2021"), "each_year", "20.00");
    assert_stands("deal", YEAR("2022"), "each_year", "30.00");
    assert_get("/v1/contracts/deal", "\"version_number\":2");
}

static void the_day_of_the_work_says_which_text_pays(void **state)
{
    (void) state;
    PAID(UNITS("2023"), "\"amount\":\"30.00\"");
    of_2023 = last_result;
    PAID(UNITS("2020"), "\"amount\":\"20.00\"");
    assert_stands("deal", YEAR("2023"), "each_year", "30.00");
    assert_stands("deal", YEAR("2020"), "each_year", "20.00");
}

static void of_two_that_amend_one_text_the_later_is_superseded(void **state)
{
    char version[65];
    (void) state;
    version_of(AMENDMENTS, rival, version);
    refused(&seller, SIGNATURES, signature("seller", version), 409, "contract.superseded");
    refused(&seller, AMENDMENTS, amends(RIVAL, FIRST, PARTIES), 409, "contract.superseded");
    assert_get(AMENDMENTS, "\"state\":\"superseded\"");
    assert_get("/v1/contracts/deal", "\"amendments_open\":0");
    version_of(AMENDMENTS, second, version); /* who was not needed may still sign what is in force */
    (void) said_and(&judge, SIGNATURES, signature("judge", version), "\"events\":[]");
}

static void assert_terms(const char *version, const char *text)
{
    struct http_reply reply;
    char target[160];
    (void) snprintf(target, sizeof target, "/v1/contracts/deal/terms%s", version);
    get(target, &reply);
    assert_int_equal(reply.body_len, strlen(text));
    assert_memory_equal(reply.body, text, reply.body_len);
    http_reply_release(&reply);
}

static void each_version_of_the_text_is_read(void **state)
{
    struct buf text;
    struct http_reply reply;
    char hash[65], target[160];
    const char *at = strchr(SECOND, '@');
    (void) state;
    buf_init(&text, 16384);
    hash_of(FIRST, hash);
    buf_printf(&text, "%.*s%s%s", (int) (at - SECOND), SECOND, hash, at + 1);
    assert_terms("", text.ptr);
    assert_terms("?version=2", text.ptr);
    assert_terms("?version=1", FIRST);
    (void) snprintf(target, sizeof target, "?version=%s", hash);
    assert_terms(target, FIRST);
    version_of(AMENDMENTS, second, hash);
    (void) snprintf(target, sizeof target, "?version=%s", hash);
    assert_terms(target, text.ptr);
    assert_int_equal(service_get(&service, "/v1/contracts/deal/terms?version=3", &reply), 0);
    assert_int_equal(reply.status, 404);
    http_reply_release(&reply);
    buf_release(&text);
}

/* ---- contracts that use others ---- */
static void of_what_is_not_known_nothing_is_used(void **state)
{
    (void) state;
    refused_as(&buyer, "/v1/contracts", proposal("share", SHARE("share", "", ""), NO_HASH, "buyer seller", "true"), 422,
               "contract.terms", "`base` cannot be used: no contract has the version");
    assert_int_equal(strlen(NO_HASH), 64);
}

static void what_it_uses_moves_it_in_the_same_entry(void **state)
{
    char version[65];
    (void) state;
    version_of(AMENDMENTS, second, version);
    in_force("share", proposal("share", SHARE("share", " as amended", ""), version, "buyer seller", "true"));
    assert_stands("share", YEAR("2022"), "part", "3.00"); /* what it found when it came into force */
    PAID(UNITS("2024"), "\"contract\":\"deal\"", "\"contract\":\"share\"");
    assert_stands("deal", YEAR("2024"), "each_year", "30.00");
    assert_stands("share", YEAR("2024"), "part", "3.00");
}

/* Whose results a contract rests on that uses another: an explanation says no more than those do. */
static void an_explanation_ends_with_a_result_of_what_is_used(void **state)
{
    int64_t payment = 0, result = 0;
    struct http_reply reply;
    char path[80];
    (void) state;
    assert_int_equal(service_number(&service, "SELECT max(seq) FROM outcomes.payment WHERE contract = 'share'", &payment),
                     0);
    assert_int_equal(service_number(&service, "SELECT max(seq) FROM outcomes.result", &result), 0);
    (void) snprintf(path, sizeof path, "/v1/payments/%lld/explanation", (long long) payment);
    assert_get(path, "\"contract\":\"share\"");
    (void) snprintf(path, sizeof path, "/v1/entries/%lld/erasure", (long long) result);
    (void) said_and(&seller, path, "{\"ground\":\"asked for\"}", "residue.kept");
    (void) snprintf(path, sizeof path, "/v1/payments/%lld/explanation", (long long) payment);
    assert_int_equal(service_get(&service, path, &reply), 0);
    assert_reply(&reply, 404, "payment.not_found");
}

static void two_do_not_use_each_other(void **state)
{
    char shares[65], version[65];
    char text[4096];
    (void) state;
    version_of(AMENDMENTS, second, version);
    struct http_reply reply;
    get("/v1/contracts/share", &reply);
    const char *at = strstr(reply.body, "\"terms\":\"");
    assert_non_null(at);
    (void) snprintf(shares, sizeof shares, "%s", at + strlen("\"terms\":\""));
    http_reply_release(&reply);
    (void) snprintf(text, sizeof text,
                    DEAL(" version 3 amends %s effective 2023-01-01", "USD", "",
                         "uses other is contract @ as amended\nmetric back is part of other in USD\n  by year\n", "4"),
                    version);
    refused_as(&buyer, AMENDMENTS, proposal(NULL, text, shares, PARTIES, ""), 422, "contract.terms",
               "deal cannot use share, which uses it too");
}

static void what_is_not_open_is_used_by_its_parties_alone(void **state)
{
    char hash[65];
    (void) state;
    hash_of(HUSH, hash);
    (void) said_and(&buyer, "/v1/contracts", proposal("hush", HUSH, "", PARTIES, "false"), "\"events\":[]");
    /* who may not read it is not told that there is one */
    refused_as(&guest, "/v1/contracts", proposal("peep", SHARE("peep", "", GUEST), hash, "buyer seller guest", "true"), 422,
               "contract.terms", "no contract has the version");
    refused_as(&buyer, "/v1/contracts", proposal("peep", SHARE("peep", "", GUEST), hash, "buyer seller guest", "true"), 422,
               "contract.terms", "guest is to sign, and cannot read hush, which is not open");
    /* its manifest would name it for everybody */
    refused_as(&buyer, "/v1/contracts", proposal("peep", SHARE("peep", "", ""), hash, "buyer seller", "true"), 422,
               "contract.terms", "hush is not open, and what uses it would be");
    (void) said_and(&buyer, "/v1/contracts", proposal("peep", SHARE("peep", "", ""), hash, "buyer seller", "false"),
                    "\"events\":[]");
}

/* ---- another reporter ---- */
#define RELAY(header) TEXT("relay \"Relay\"" header, "USD", "", "", "1")
#define RELAYED "/v1/contracts/relay/amendments"

/* The guest is its seller from now on; the seller still is that of the deal. */
static void relay(void)
{
    char version[65];
    in_force("relay", proposal("relay", RELAY(""), "", PARTIES, "true"));
    seller_is = &guest;
    unsigned long long seq =
        said_and(&buyer, RELAYED, amends(RELAY(SECOND_FROM("2091-01-01")), RELAY(""), PARTIES), "\"events\":[]");
    seller_is = &seller;
    version_of(RELAYED, seq, version);
    (void) said_and(&guest, "/v1/contracts/relay/signatures", signature("seller", version), "\"events\":[]");
    (void) said_and(&buyer, "/v1/contracts/relay/signatures", signature("buyer", version), "\"events\":[]");
    (void) said_and(&seller, "/v1/contracts/relay/signatures", signature("seller", version), "contract.amended");
}

/* A third text, by the same parties. */
static void relay_anew(void)
{
    static char before[4096];
    char first[65], version[65];
    hash_of(RELAY(""), first);
    (void) snprintf(before, sizeof before, RELAY(" version 2 amends %s effective 2091-01-01"), first);
    seller_is = &guest;
    unsigned long long seq = said_and(
        &buyer, RELAYED, amends(RELAY(" version 3 amends @ effective 2091-06-01"), before, PARTIES), "\"events\":[]");
    seller_is = &seller;
    version_of(RELAYED, seq, version);
    (void) said_and(&guest, "/v1/contracts/relay/signatures", signature("seller", version), "\"events\":[]");
    (void) said_and(&buyer, "/v1/contracts/relay/signatures", signature("buyer", version), "contract.amended");
}

/* What the result's answer says of the contract. */
static void assert_fits(unsigned long long result, const char *contract, const char *what)
{
    struct http_reply reply;
    char target[40], mark[40];
    (void) snprintf(target, sizeof target, "/v1/results/%llu", result);
    (void) snprintf(mark, sizeof mark, "\"contract\":\"%s\"", contract);
    get(target, &reply);
    const char *at = strstr(reply.body, mark), *end = at == NULL ? NULL : strchr(at, '}'), *found = at;
    assert_non_null(end);
    found = strstr(at, what);
    if (found == NULL || found > end)
        fail_msg("%s is not in %.*s", what, (int) (end - at), at);
    http_reply_release(&reply);
}

static void who_reports_for_another_restates_in_its_contract_alone(void **state)
{
    char path[64], says[64];
    (void) state;
    relay();
    assert_stands("relay", YEAR("2023"), "each_year", "10.00");
    (void) snprintf(path, sizeof path, "/v1/results/%llu/restatements", of_2023);
    refused(&judge, path, "{\"value\":\"7\"}", 403, "result.not_author");
    unsigned long long change = said_and(&guest, path, "{\"value\":\"7\"}", "\"events\":[]");
    assert_stands("relay", YEAR("2023"), "each_year", "10.00");
    (void) snprintf(path, sizeof path, "/v1/results/%llu/verifications", change);
    (void) snprintf(says, sizeof says, "\"succeeds\":{\"item\":0,\"seq\":%llu}", of_2023);
    (void) said_and(&judge, path, "{}", says);
    assert_stands("relay", YEAR("2023"), "each_year", "7.00");
    assert_stands("deal", YEAR("2023"), "each_year", "30.00");
    assert_fits(of_2023, "relay", "\"standing\":\"superseded\"");
    assert_fits(of_2023, "deal", "\"standing\":\"final\"");
    assert_fits(change, "relay", "\"standing\":\"final\"");
    assert_fits(change, "relay", "\"version_number\":1"); /* by each text, which computes its years (V2) */
    (void) snprintf(path, sizeof path, "/v1/results/%llu", change);
    assert_get(path, "\"contract\":\"relay\",\"final_seq\":");
    assert_get(path, "\"standing\":\"final\",\"state\":\"in_force\",\"version_number\":2}");
    assert_fits(change, "deal", "\"why\":\"");
    /* by a text that comes later, too */
    relay_anew();
    assert_get(path, "\"standing\":\"final\",\"state\":\"in_force\",\"version_number\":3}");
    (void) snprintf(path, sizeof path, "/v1/results/%llu", of_2023);
    assert_get(path, "\"standing\":\"superseded\",\"state\":\"in_force\",\"version_number\":3}");
    /* and its own from now on, which the seller cannot change; the seller restates its own, for the deal */
    (void) snprintf(path, sizeof path, "/v1/results/%llu/withdrawal", change);
    refused(&seller, path, "{}", 403, "result.not_author");
    (void) said_and(&guest, path, "{}", "\"events\":[]");
    (void) snprintf(path, sizeof path, "/v1/results/%llu/restatements", of_2023);
    unsigned long long own = said_and(&seller, path, "{\"value\":\"11\"}", "\"events\":[]");
    (void) snprintf(path, sizeof path, "/v1/results/%llu/verifications", own);
    (void) said_and(&judge, path, "{}", "\"contract\":\"deal\"");
    assert_stands("deal", YEAR("2023"), "each_year", "33.00");
    assert_stands("relay", YEAR("2023"), "each_year", "7.00");
}

/* V5: nothing is recorded, and it says what the figures that it takes come to. */
static void a_preview_takes_the_figures_of_what_the_amendment_uses(void **state)
{
    static char text[4096];
    char first[65], base[65];
    (void) state;
    in_force("hold", proposal("hold", TEXT("hold \"Hold\"", "USD", "", "", "1"), "", PARTIES, "true"));
    hash_of(TEXT("hold \"Hold\"", "USD", "", "", "1"), first);
    hash_of(FIRST, base);
    (void) snprintf(text, sizeof text,
                    TEXT("hold \"Hold\" version 2 amends %s effective 2020-01-01", "USD", "",
                         "uses base is contract %s as amended\nmetric basis is each_year of base in USD\n  by year\n",
                         "50%% * basis + 1"),
                    first, base);
    /* 2021: 10 units, of which the deal pays 20: 10 more, 10 + 10 - 10 */
    previewed(&buyer, "/v1/preview/contracts/hold/amendments", proposal(NULL, text, "", PARTIES, ""), 200,
              "{\"difference\":\"10.00\",\"key\":\"" YEAR("2021") "\",\"stands\":\"20.00\"}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_cannot_amend_it_is_refused),
        cmocka_unit_test(a_preview_says_what_it_would_trigger),
        cmocka_unit_test(all_who_are_asked_sign_and_it_pays_the_difference),
        cmocka_unit_test(the_day_of_the_work_says_which_text_pays),
        cmocka_unit_test(of_two_that_amend_one_text_the_later_is_superseded),
        cmocka_unit_test(each_version_of_the_text_is_read),
        cmocka_unit_test(of_what_is_not_known_nothing_is_used),
        cmocka_unit_test(what_it_uses_moves_it_in_the_same_entry),
        cmocka_unit_test(an_explanation_ends_with_a_result_of_what_is_used),
        cmocka_unit_test(two_do_not_use_each_other),
        cmocka_unit_test(what_is_not_open_is_used_by_its_parties_alone),
        cmocka_unit_test(a_preview_takes_the_figures_of_what_the_amendment_uses),
        cmocka_unit_test(who_reports_for_another_restates_in_its_contract_alone),
    };
    return cmocka_run_group_tests(tests, start_with_the_deal, stop_with_actors);
}
