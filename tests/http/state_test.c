/* The instances of a contract as they stand, page by page: in the places of their rules, each once, of as many as a text may have;
 * and what is asked for wrongly. */
#include "said_help.h"

#include <jansson.h>
#include <signal.h>

#include "tally/text.h"

/* With the parties of all contracts here. */
#define HEAD(id)                                                                                                           \
    "terms 1\ncontract " id " \"State\"\ncurrency USD rounded to 0.01, half even\nclock UTC\n"                             \
    "runs 2020-01-01 to 2090-12-31\ncloses 2091-12-31\n\nparty buyer outcome payer \"Buyer\"\n"                            \
    "party seller provider \"Seller\"\nin force when buyer and seller have signed\n"
#define PLACES                                                                                                             \
    HEAD("places")                                                                                                         \
    "dimension place (north, east, south, west, centre)\ndimension who persons, at most 9\n"                               \
    "metric units is \"Units\" in number\n  by place\n  reported by seller\nmetric seen is \"Seen\" in number\n"           \
    "  by who\n  reported by seller\npay each_place from buyer to seller\n  for each place\n  amount USD 2 * units\n"      \
    "pay visit from buyer to seller\n  for each who of seen\n  amount USD 1 * seen\npay once from buyer to seller\n"       \
    "  amount USD 1\n"
/* 60,000 instances of some 700 bytes: together over HTTP_ANSWER_MAX. */
#define LONG "a_name_of_sixty_bytes_so_that_fewer_instances_are_enough_here"
#define LARGE                                                                                                              \
    HEAD("large")                                                                                                          \
    "dimension arm (a, b)\ndimension place 1 to 30_000\ndimension p1 (" LONG ")\ndimension p2 (" LONG                      \
    ")\ndimension p3 (" LONG ")\ndimension p4 (" LONG ")\ndimension p5 (" LONG ")\ndimension p6 (" LONG                    \
    ")\ndimension p7 (" LONG ")\ndimension p8 (" LONG                                                                      \
    ")\nmetric units is \"Units\" in number\n  by arm\n  reported by seller\npay place_arm from buyer to seller\n"         \
    "  for each p1, p2, p3, p4, p5, p6, p7, p8, place, arm\n  amount USD 2 * units\n"
#define LONG_4 LONG "|" LONG "|" LONG "|" LONG "|"
#define PART LONG_4 LONG_4

static struct service_actor buyer, seller;

static int start_with_contracts(void **state)
{
    if (start_service(state) != 0)
        return -1;
    if (service_register(&service, "buyer", "", &buyer) != 0 || service_register(&service, "seller", "", &seller) != 0)
        return -1;
    propose_signed("places", PLACES, true, ACTORS(&buyer, &seller), ACTORS(&buyer, &seller));
    propose_signed("large", LARGE, true, ACTORS(&buyer, &seller), ACTORS(&buyer, &seller));
    return 0;
}

static int stop_with_actors(void **state)
{
    service_actor_release(&buyer);
    service_actor_release(&seller);
    return stop_service(state);
}

/* The answer to a page with this query; the caller releases it. */
static json_t *page(const char *contract, const char *query, const char *cursor)
{
    struct http_reply reply;
    char target[512];
    (void) snprintf(target, sizeof target, "/v1/contracts/%s/state?%s%s%s", contract, query,
                    cursor == NULL ? "" : "&cursor=", cursor == NULL ? "" : cursor);
    assert_int_equal(service_get(&service, target, &reply), 0);
    if (reply.status != 200)
        fail_msg("%s: %s", target, reply.body);
    json_t *answer = json_loads(reply.body, 0, NULL);
    assert_non_null(answer);
    http_reply_release(&reply);
    return answer;
}

/* "rule[key] " of each, page after page until there is no next one. */
static void told(const char *query, struct buf *out)
{
    char cursor[256];
    bool is_last = false;
    size_t i = 0;
    json_t *one = NULL;
    buf_init(out, 65536);
    for (bool is_first = true; !is_last; is_first = false) {
        json_t *answer = page("places", query, is_first ? NULL : cursor);
        json_array_foreach(json_object_get(answer, "items"), i, one)
            buf_printf(out, "%s[%s] ", json_string_value(json_object_get(one, "rule")),
                       json_string_value(json_object_get(one, "key")));
        const char *next = json_string_value(json_object_get(answer, "next"));
        is_last = next == NULL;
        (void) snprintf(cursor, sizeof cursor, "%s", is_last ? "" : next);
        json_decref(answer);
        buf_add_str(out, is_last ? "." : "/ ");
    }
}

static void expect(const char *query, const char *what)
{
    struct buf out;
    told(query, &out);
    assert_string_equal(out.ptr, what);
    buf_release(&out);
}

static void pages_go_on_where_the_one_before_ended(void **state)
{
    (void) state;
    expect("", "each_place[north] each_place[east] each_place[south] each_place[west] each_place[centre] once[] .");
    expect("limit=3",
           "each_place[north] each_place[east] each_place[south] / each_place[west] each_place[centre] once[] .");
    expect("limit=5",
           "each_place[north] each_place[east] each_place[south] each_place[west] each_place[centre] / once[] .");
    expect("limit=6", "each_place[north] each_place[east] each_place[south] each_place[west] each_place[centre] once[] .");
    expect("rule=each_place&limit=4", "each_place[north] each_place[east] each_place[south] each_place[west] / "
                                      "each_place[centre] .");
    expect("rule=once", "once[] .");
    expect("rule=visit", ".");
    expect("key=south", "each_place[south] .");
    expect("key=", "once[] .");
    expect("rule=once&key=south", ".");
}

/* Of persons its parties alone are told, and no page is short of what it leaves out. */
static void persons_are_not_told_to_everybody(void **state)
{
    struct http_reply reply;
    (void) state;
    (void) said(&seller, "/v1/results",
                "{\"contract\":\"places\",\"dimensions\":{\"who\":\"p-4f2ab81c9d03e6657788\"},\"metric\":\"seen\","
                "\"value\":\"3\"}");
    get_as(&seller, "/v1/contracts/places/state?rule=visit", &reply);
    assert_non_null(strstr(reply.body, "\"key\":\"p-4f2ab81c9d03e6657788\"")); /* it is there */
    http_reply_release(&reply);
    expect("limit=5",
           "each_place[north] each_place[east] each_place[south] each_place[west] each_place[centre] / once[] .");
    expect("rule=visit", ".");
}

static void a_contract_of_many_instances_is_told_whole(void **state)
{
    (void) state;
    json_t *answer = page("large", "limit=1000", NULL);
    const json_t *items = json_object_get(answer, "items");
    assert_int_equal(json_array_size(items), 1000);
    assert_string_equal(json_string_value(json_object_get(json_array_get(items, 999), "key")), PART "500|b");
    assert_string_equal(json_string_value(json_object_get(json_array_get(items, 999), "state")), "waits");
    json_t *next = page("large", "limit=1", json_string_value(json_object_get(answer, "next")));
    assert_string_equal(json_string_value(json_object_get(json_array_get(json_object_get(next, "items"), 0), "key")),
                        PART "501|a");
    json_decref(next);
    json_decref(answer);
    char cursor[128];
    struct digest digest;
    struct buf plain, text;
    digest_of(SLICE(PART "29999|b"), &digest); /* as a page would end with it */
    buf_init(&plain, 64);
    buf_init(&text, 128);
    buf_add_char(&plain, 'w');
    buf_add(&plain, digest.bytes, DIGEST_LEN);
    buf_add_str(&plain, "place_arm");
    text_base64url(plain.ptr, plain.len, &text);
    (void) snprintf(cursor, sizeof cursor, "%.*s", SLICE_ARG(buf_slice(&text)));
    answer = page("large", "", cursor);
    assert_int_equal(json_array_size(json_object_get(answer, "items")), 2);
    assert_true(json_is_null(json_object_get(answer, "next")));
    json_decref(answer);
    buf_release(&plain);
    buf_release(&text);
}

static void what_is_asked_for_wrongly_is_refused(void **state)
{
    static const char *const queries[] = {"limit=0",   "limit=1001", "cursor=x",  "cursor=",   "rule=",
                                          "rule=none", "rule=units", "version=1", "cursor=YQ", "limit=-1"};
    struct http_reply reply;
    char target[256];
    (void) state;
    for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++) {
        (void) snprintf(target, sizeof target, "/v1/contracts/places/state?%s", queries[i]);
        assert_int_equal(service_get(&service, target, &reply), 0);
        if (reply.status != 400)
            print_message("%s\n", target);
        assert_reply(&reply, 400, "request.malformed");
    }
    json_t *answer = page("large", "limit=1", NULL); /* the cursor of a rule that the other has not */
    (void) snprintf(target, sizeof target, "/v1/contracts/places/state?cursor=%s",
                    json_string_value(json_object_get(answer, "next")));
    json_decref(answer);
    assert_int_equal(service_get(&service, target, &reply), 0);
    assert_reply(&reply, 400, "request.malformed");
}

int main(void)
{
    if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pages_go_on_where_the_one_before_ended),
        cmocka_unit_test(persons_are_not_told_to_everybody),
        cmocka_unit_test(a_contract_of_many_instances_is_told_whole),
        cmocka_unit_test(what_is_asked_for_wrongly_is_refused),
    };
    return cmocka_run_group_tests(tests, start_with_contracts, stop_with_actors);
}
