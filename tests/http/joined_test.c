/* A class of parties that others join, people of whom one counts, and what was settled as a figure, over HTTP. */
#include "http_help.h"

#include <string.h>

#include "tally/canon.h"

#define TERMS                                                                                                              \
    "terms 1\ncontract zone \"Zone\"\ncurrency USD rounded to 0.01, half even\nclock UTC\n"                                \
    "runs 2020-01-01 to 2090-12-31\ncloses 2091-12-31\n\nparty agency outcome payer \"Agency\"\n"                          \
    "party judge evaluator \"Judge\"\nparties facility provider \"Facilities\", at most 2\n"                               \
    "parties early provider \"Early ones\", at most 2 join until 2021-01-01\n\n"                                           \
    "in force when agency and 2/3 of facility have signed\n"                                                               \
    "disputes decided by judge within 30 days, otherwise stands\n\ndimension person persons, at most 1\n"                  \
    "metric acts is zone.acts version 1 in number between 0 and 1_000\n  by facility\n  reported by facility\n"            \
    "  verified by judge\nmetric seen is \"Visits\" in number between 0 and 100\n  by person\n  reported by judge\n"       \
    "metric paid is settlements of act in USD\npay act from agency to facility\n  for each facility of acts\n"             \
    "  amount USD 2 * acts\npay visit from agency to judge\n  for each person of seen\n  amount USD 1 * seen\n"            \
    "pay fee from agency to judge\n  amount 10% * paid\n"
#define ACTS(facility, value)                                                                                              \
    "{\"dimensions\":{\"facility\":\"" facility "\"},\"indicator\":\"zone.acts\",\"value\":\"" value "\",\"version\":1}"
#define SEEN(person, value)                                                                                                \
    "{\"contract\":\"zone\",\"dimensions\":{\"person\":\"" person "\"},\"metric\":\"seen\",\"value\":\"" value "\"}"
#define ANNA "p-4f2ab81c9d03e6657788"
#define BEN "p-0aa1bb2cc3dd4ee5ff66"
#define ACCESSIONS "/v1/contracts/zone/accessions"

static struct service_actor agency, judge, north, south, west;
static struct service_actor *const all_actors[] = {&agency, &judge, &north, &south, &west};
static const char *const ids[] = {"agency", "judge", "north", "south", "west"};
static char joins[160], joins_early[160], joins_nothing[160], signs[160];

static void said(const struct service_actor *actor, const char *path, const char *body, struct http_reply *reply)
{
    assert_int_equal(service_post(&service, actor, path, body, reply), 0);
    if (reply->status != 201)
        print_message("%s: %s\n", path, reply->body);
    assert_int_equal(reply->status, 201);
}

static void assert_says(const struct http_reply *reply, const char *what)
{
    if (strstr(reply->body, what) == NULL)
        fail_msg("%s is not in %s", what, reply->body);
}

/* Recorded as this entry; what follows from it says `what`. */
static unsigned long long said_and(const struct service_actor *actor, const char *path, const char *body, const char *what)
{
    struct http_reply reply;
    char seq[24];
    said(actor, path, body, &reply);
    assert_says(&reply, what);
    assert_true(http_reply_member(&reply, "seq", seq, sizeof seq));
    http_reply_release(&reply);
    return strtoull(seq, NULL, 10);
}

static void assert_get(const char *target, const char *what)
{
    struct http_reply reply;
    assert_int_equal(service_get(&service, target, &reply), 0);
    assert_int_equal(reply.status, 200);
    assert_says(&reply, what);
    http_reply_release(&reply);
}

static void refused(const struct service_actor *actor, const char *path, const char *body, int status, const char *code)
{
    assert_post_refused(actor, path, slice_str(body), NULL, status, code);
}

static int start_with_proposal(void **state)
{
    struct buf body;
    struct http_reply reply;
    char version[80];
    if (start_service(state) != 0)
        return -1;
    for (size_t i = 0; i < 5; i++)
        if (service_register(&service, ids[i], "", all_actors[i]) != 0)
            return -1;
    said(&service.operator, "/v1/indicators",
         "{\"definition\":\"Acts\",\"id\":\"zone.acts\",\"kind\":\"output\",\"name\":\"Acts\",\"unit\":\"number\","
         "\"version\":1}",
         &reply);
    http_reply_release(&reply);
    buf_init(&body, 65536);
    buf_add_str(&body, "{\"id\":\"zone\",\"open\":true,\"parties\":{");
    for (size_t i = 0; i < 2; i++)
        buf_printf(&body, "%s\"%s\":{\"actor\":\"%s\",\"kid\":\"%s\"}", i == 0 ? "" : ",", ids[i], ids[i],
                   all_actors[i]->kid.text);
    buf_add_str(&body, "},\"terms\":");
    canon_quote(&body, SLICE(TERMS));
    buf_add_char(&body, '}');
    said(&agency, "/v1/contracts", body.ptr, &reply);
    http_reply_release(&reply);
    buf_release(&body);
    if (service_get(&service, "/v1/contracts?limit=1", &reply) != 0 ||
        !http_reply_member(&reply, "version", version, sizeof version))
        return -1;
    http_reply_release(&reply);
    (void) snprintf(joins, sizeof joins, "{\"as\":\"facility\",\"version\":\"%s\"}", version);
    (void) snprintf(joins_early, sizeof joins_early, "{\"as\":\"early\",\"version\":\"%s\"}", version);
    (void) snprintf(joins_nothing, sizeof joins_nothing, "{\"as\":\"agency\",\"version\":\"%s\"}", version);
    (void) snprintf(signs, sizeof signs, "{\"as\":\"agency\",\"version\":\"%s\"}", version);
    return 0;
}

static int stop_with_actors(void **state)
{
    for (size_t i = 0; i < 5; i++)
        service_actor_release(all_actors[i]);
    return stop_service(state);
}

static void an_actor_joins_and_that_puts_it_in_force(void **state)
{
    (void) state;
    (void) said_and(&agency, "/v1/contracts/zone/signatures", signs, "\"events\":[]");
    refused(&north, "/v1/contracts/other/accessions", joins, 404, "contract.not_found");
    refused(&north, ACCESSIONS, joins_nothing, 422, "accession.no_class");
    refused(&north, ACCESSIONS, joins_early, 409, "accession.closed");
    refused(&north, ACCESSIONS,
            "{\"as\":\"facility\",\"version\":\"0000000000000000000000000000000000000000000000000000000000000000\"}", 409,
            "contract.version");
    refused(&north, ACCESSIONS, "{\"as\":\"facility\"}", 422, "body.schema");
    (void) said_and(&north, ACCESSIONS, joins, "\"type\":\"contract.activated\"");
    refused(&north, ACCESSIONS, joins, 409, "accession.done");
    (void) said_and(&south, ACCESSIONS, joins, "\"resource\":\"/v1/contracts/zone\"");
    refused(&west, ACCESSIONS, joins, 409, "accession.full");
    assert_get(ACCESSIONS "?limit=1", "{\"items\":[{\"actor\":\"north\",\"class\":\"facility\",\"kid\":\"");
    assert_get("/v1/contracts?actor=south", "\"id\":\"zone\"");
    assert_get("/v1/contracts?actor=west", "{\"items\":[],\"next\":null}");
}

static void a_member_reports_for_itself_and_is_paid(void **state)
{
    char path[80];
    (void) state;
    refused(&west, "/v1/results", ACTS("west", "5"), 403, "result.not_reporter");
    unsigned long long foreign = said_and(&north, "/v1/results", ACTS("south", "5"), "\"events\":[]");
    (void) snprintf(path, sizeof path, "/v1/results/%llu", foreign);
    assert_get(path, "\"why\":\"it is reported by facility alone\"");
    unsigned long long own = said_and(&north, "/v1/results", ACTS("north", "5"), "\"events\":[]");
    (void) snprintf(path, sizeof path, "/v1/results/%llu/verifications", own);
    refused(&south, path, "{}", 403, "verification.not_verifier");
    (void) said_and(&judge, path, "{}", "\"to\":{\"actor\":\"north\",\"party\":\"facility\"}");
    assert_get("/v1/payments?party=north", "\"amount\":\"10.00\"");
}

static void what_it_says_is_settled_is_a_figure_at_once(void **state)
{
    struct http_reply reply;
    char seq[24], path[80];
    (void) state;
    assert_int_equal(service_get(&service, "/v1/payments?party=north", &reply), 0);
    assert_true(http_reply_member(&reply, "seq", seq, sizeof seq));
    http_reply_release(&reply);
    (void) snprintf(path, sizeof path, "/v1/payments/%s/settlements", seq);
    refused(&south, path, "{\"amount\":\"4.00\",\"paid_on\":\"2026-01-05\",\"reference\":\"wire\"}", 403,
            "settlement.not_party");
    (void) said_and(&north, path, "{\"amount\":\"4.00\",\"paid_on\":\"2026-01-05\",\"reference\":\"wire\"}",
                    "\"amount\":\"0.40\"");
    assert_get("/v1/contracts/zone/state", "\"rule\":\"fee\",\"stands\":\"0.40\"");
}

static void of_people_the_first_count_and_the_list_is_not_for_everybody(void **state)
{
    struct http_reply reply;
    char path[80];
    (void) state;
    refused(&judge, "/v1/results", SEEN("anna", "3"), 422, "result.person");
    said(&judge, "/v1/results", SEEN(ANNA, "3"), &reply);
    assert_says(&reply, "\"rule\":\"visit\"");
    http_reply_release(&reply);
    assert_int_equal(service_get(&service, "/v1/entries?type=payment.itemised&limit=100", &reply), 0);
    assert_null(strstr(reply.body, ANNA));
    http_reply_release(&reply);
    assert_get("/v1/contracts/zone/payments", "\"rule\":\"visit\"");
    unsigned long long second = said_and(&judge, "/v1/results", SEEN(BEN, "4"), "result.finalised");
    (void) snprintf(path, sizeof path, "/v1/results/%llu", second);
    assert_get(path, "\"why\":\"1 count as `person`, and others came before\"");
    assert_get(path, "\"standing\":\"not used\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_actor_joins_and_that_puts_it_in_force),
        cmocka_unit_test(a_member_reports_for_itself_and_is_paid),
        cmocka_unit_test(what_it_says_is_settled_is_a_figure_at_once),
        cmocka_unit_test(of_people_the_first_count_and_the_list_is_not_for_everybody),
    };
    return cmocka_run_group_tests(tests, start_with_proposal, stop_with_actors);
}
