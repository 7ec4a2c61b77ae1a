/* What one entry has no room for comes in the next: a contract whose instances, or whose figures for another contract, are more than one batch
 * can hold is decided all the same, its rest before everything else, and who replays the ledger finds the same. */
#include "http_help.h"

#include <string.h>

#include "../support/cli_run.h"
#include "tally/canon.h"
#include "tally/diag.h"
#include "tally/terms.h"

#define ROWS 800
#define COLUMNS 500
#define INSTANCES (ROWS * COLUMNS) /* more than 256 MiB of a batch hold */

#define MANY                                                                                                               \
    "terms 1\ncontract many \"Many\"\ncurrency USD rounded to 0.01, half even\nclock UTC\n"                                \
    "runs 2020-01-01 to 2024-12-31\ncloses 2091-12-31\n\nparty buyer outcome payer \"Buyer\"\n"                            \
    "party seller provider \"Seller\"\nin force when buyer and seller have signed\n"                                       \
    "dimension row 1 to 800\ndimension column 1 to 500\n"                                                                  \
    "pay each_one from buyer to seller\n  for each row, column\n  amount 1\n"

static struct service_actor buyer, seller;

static int start(void **state)
{
    if (start_service(state) != 0 || service_register(&service, "buyer", "", &buyer) != 0 ||
        service_register(&service, "seller", "", &seller) != 0)
        return -1;
    return 0;
}

static int stop(void **state)
{
    service_actor_release(&buyer);
    service_actor_release(&seller);
    return stop_service(state);
}

static void post_ok(const struct service_actor *actor, const char *path, const char *body)
{
    struct http_reply reply;
    assert_int_equal(service_post(&service, actor, path, body, &reply), 0);
    if (reply.status != 201)
        fail_msg("%s: %s", path, reply.body);
    http_reply_release(&reply);
}

static void version_of(const char *id, char version[65])
{
    struct http_reply reply;
    char path[100];
    (void) snprintf(path, sizeof path, "/v1/contracts/%s", id);
    assert_int_equal(service_get(&service, path, &reply), 0);
    const char *at = strstr(reply.body, "\"version\":\"");
    assert_non_null(at);
    (void) snprintf(version, 65, "%.64s", at + strlen("\"version\":\""));
    http_reply_release(&reply);
}

static void put_in_force(const char *id, const char *text)
{
    struct buf terms, body;
    struct err err = {0};
    char version[65], path[100], signature[160];
    struct diags diags;
    struct arena *arena = arena_new(4u << 20);
    assert_non_null(arena);
    buf_init(&terms, 65536);
    buf_init(&body, 262144);
    diags_init(&diags, arena);
    assert_int_equal(terms_format(slice_str(text), &diags, &terms, &err), TALLY_OK);
    buf_printf(&body,
               "{\"id\":\"%s\",\"open\":true,\"parties\":{\"buyer\":{\"actor\":\"buyer\",\"kid\":\"%s\"},"
               "\"seller\":{\"actor\":\"seller\",\"kid\":\"%s\"}},\"terms\":",
               id, buyer.kid.text, seller.kid.text);
    canon_quote(&body, buf_slice(&terms));
    buf_add_char(&body, '}');
    post_ok(&buyer, "/v1/contracts", body.ptr);
    version_of(id, version);
    (void) snprintf(path, sizeof path, "/v1/contracts/%s/signatures", id);
    (void) snprintf(signature, sizeof signature, "{\"as\":\"buyer\",\"version\":\"%s\"}", version);
    post_ok(&buyer, path, signature);
    (void) snprintf(signature, sizeof signature, "{\"as\":\"seller\",\"version\":\"%s\"}", version);
    post_ok(&seller, path, signature);
    buf_release(&body);
    buf_release(&terms);
    arena_free(arena);
}

static void assert_counts(const char *sql, int64_t wanted)
{
    int64_t is = 0;
    assert_int_equal(service_number(&service, sql, &is), 0);
    if (is != wanted)
        fail_msg("%s: %lld", sql, (long long) is);
}

static void what_outgrows_a_batch_comes_in_several(void **state)
{
    (void) state;
    put_in_force("many", MANY);
    /* what was left over comes before whatever is said next */
    post_ok(
        &service.operator, "/v1/indicators",
        "{\"definition\":\"Days\",\"id\":\"days\",\"kind\":\"outcome\",\"name\":\"Days\",\"unit\":\"days\",\"version\":1}");
    assert_counts("SELECT count(*) FROM outcomes.instance WHERE stands = '1.00'", INSTANCES);
    assert_counts("SELECT count(*) FROM outcomes.payment_item", INSTANCES);
    assert_counts("SELECT sum(amount::numeric)::int8 FROM outcomes.payment", INSTANCES);
    assert_counts("SELECT count(DISTINCT first) FROM outcomes.instance WHERE first BETWEEN 1 AND 400000", INSTANCES);
    assert_counts("SELECT count(*) FROM ledger.entry WHERE type = 'moment.reached'", 4);
    assert_counts("SELECT count(*) FROM outcomes.contract WHERE next_moment < now()", 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_outgrows_a_batch_comes_in_several),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
