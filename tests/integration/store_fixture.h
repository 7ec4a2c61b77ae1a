/* What the tests of contracts/store share: a real PostgreSQL, a stand-in for the model that remembers the rows put into it,
 * so that what comes back can be compared field by field, and rows to begin with. Each test program has one copy. */
#ifndef STORE_FIXTURE_H
#define STORE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../support/cluster.h"
#include "tally/migrate.h"
#include "tally/store.h"

#define KID_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define KID_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define KID_C "ccccccccccccccccccccccccccccccccccccccccccc"
#define X_A "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define NEVER ((struct instant){INT64_MAX})
#define AT(us_) ((struct instant){INT64_C(1767225600000000) + (us_)}) /* 2026-01-01 and so many microseconds */

/* ---- the stand-in ---- */

#define PUT_MAX 64
#define WANTED_MAX 16

struct model {
#define X(type, list)                                                                                                      \
    struct row_##type list[PUT_MAX];                                                                                       \
    int list##_count;
    CHANGES_LISTS(X)
#undef X
    struct need wanted[WANTED_MAX];
    bool is_loaded[WANTED_MAX];
    int wanted_count;
    char result_keys[PUT_MAX][128];
    int result_key_count, version_count;
    char version_text[65];
    struct slice version_contract;
    struct instant next_moment;
    int forgotten;
};

static struct arena *memory; /* of one test */

static struct slice kept(struct slice s)
{
    struct slice copy;
    assert_int_equal(arena_copy(memory, s.ptr, s.len, &copy, NULL), TALLY_OK);
    return copy;
}

#define S(member) copy->member = kept(copy->member);
static void keep_actor(struct row_actor *copy)
{
    S(id) S(kind) S(name) S(registered_by)
}
static void keep_key(struct row_key *copy)
{
    S(kid) S(actor) S(x)
}
static void keep_indicator(struct row_indicator *copy)
{
    S(slug) S(name) S(definition) S(unit) S(kind) S(defined_by)
}
static void keep_contract(struct row_contract *copy)
{
    S(id) S(slug) S(title) S(text) S(proposed_by) S(manifest)
}
static void keep_party(struct row_party *copy)
{
    S(contract) S(party) S(role) S(label) S(actor) S(kid)
}
static void keep_metric(struct row_metric *copy)
{
    S(contract) S(metric) S(indicator)
}
static void keep_amendment(struct row_amendment *copy)
{
    S(contract) S(title) S(text) S(manifest) S(proposed_by)
}
static void keep_use(struct row_use *copy)
{
    S(contract) S(used)
}
static void keep_figure(struct row_figure *copy)
{
    S(contract) S(metric) S(key) S(value) S(reason)
}
static void keep_signer(struct row_signer *copy)
{
    keep_party(&copy->party);
}
static void keep_result(struct row_result *copy)
{
    S(indicator) S(contract) S(metric) S(dimensions) S(value) S(author) S(only_in)
}
static void keep_verification(struct row_verification *copy)
{
    S(actor)
}
static void keep_final(struct row_final *copy)
{
    S(contract) S(metric) S(key) S(replaced)
}
static void keep_dispute(struct row_dispute *copy)
{
    S(contract) S(actor) S(reason)
}
static void keep_decision(struct row_decision *copy)
{
    S(contract) S(value)
}
static void keep_instance(struct row_instance *copy)
{
    S(contract) S(rule) S(key) S(stands)
}
static void keep_payment(struct row_payment *copy)
{
    S(contract) S(rule) S(from_party) S(to_party) S(from_actor) S(to_actor) S(currency) S(amount) S(settled)
}
static void keep_payment_item(struct row_payment_item *copy)
{
    S(key) S(difference) S(stands)
}
static void keep_explanation(struct row_explanation *copy)
{
    S(body)
}
static void keep_concern(struct row_concern *copy)
{
    S(contract)
}
static void keep_erasure(struct row_erasure *copy)
{
    (void) copy;
}
static void keep_accession(struct row_accession *copy)
{
    S(contract) S(class_name) S(actor) S(kid)
}
static void keep_settlement(struct row_settlement *copy){S(amount) S(reference) S(recorded_by) S(contract) S(rule)}

#define X(type, list)                                                                                                      \
    enum tally_code model_put_##type(struct model *model, const struct row_##type *row, struct err *e)                     \
    {                                                                                                                      \
        (void) e;                                                                                                          \
        assert_true(model->list##_count < PUT_MAX);                                                                        \
        struct row_##type *copy = &model->list[model->list##_count++];                                                     \
        *copy = *row;                                                                                                      \
        keep_##type(copy);                                                                                                 \
        return TALLY_OK;                                                                                                   \
    }
CHANGES_LISTS(X)
#undef X

    enum tally_code
    model_put_version(struct model *model, struct slice hex, struct slice contract, uint32_t version, struct err *e)
{
    (void) e;
    assert_int_equal(hex.len, 64);
    assert_true(version >= 1);
    model->version_count++;
    snprintf(model->version_text, sizeof model->version_text, "%.*s", SLICE_ARG(contract));
    model->version_contract = slice_str(model->version_text);
    return TALLY_OK;
}

enum tally_code model_put_result_key(struct model *model, struct slice key, uint64_t seq, uint32_t item, bool is_withdrawal,
                                     struct err *e)
{
    (void) e;
    assert_true(model->result_key_count < PUT_MAX);
    snprintf(model->result_keys[model->result_key_count++], 128, "%.*s %d.%d%s", SLICE_ARG(key), (int) seq, (int) item,
             is_withdrawal ? " withdrawn" : "");
    return TALLY_OK;
}

enum tally_code model_put_next_moment(struct model *model, struct instant earliest, struct err *e)
{
    (void) e;
    model->next_moment = earliest;
    return TALLY_OK;
}

static enum tally_code want(const struct model *model, bool is_due, struct needs *needs)
{
    for (int i = 0; i < model->wanted_count; i++) {
        if (model->is_loaded[i] || (model->wanted[i].kind == NEED_DUE) != is_due)
            continue;
        if (needs->items == NULL)
            needs->items = ARENA_ARRAY(needs->arena, WANTED_MAX, struct need);
        assert_non_null(needs->items);
        needs->items[needs->count++] = model->wanted[i];
    }
    return TALLY_OK;
}

enum tally_code model_needs(const struct model *model, const struct command *command, struct needs *needs, struct err *e)
{
    (void) command;
    (void) e;
    return want(model, false, needs);
}

enum tally_code model_needs_due(const struct model *model, struct instant by, struct needs *needs, struct err *e)
{
    (void) by;
    (void) e;
    return want(model, true, needs);
}

enum tally_code model_needs_contract(const struct model *model, struct slice contract, struct needs *needs, struct err *e)
{
    (void) contract;
    (void) e;
    return want(model, false, needs);
}

enum tally_code model_needs_parties(const struct model *model, struct slice contract, struct needs *needs, struct err *e)
{
    (void) contract;
    (void) e;
    return want(model, false, needs);
}

enum tally_code model_needs_result(const struct model *model, uint64_t seq, struct needs *needs, struct err *e)
{
    (void) seq;
    (void) e;
    return want(model, false, needs);
}

enum tally_code model_loaded(struct model *model, const struct need *need, struct err *e)
{
    (void) e;
    for (int i = 0; i < model->wanted_count; i++)
        if (model->wanted[i].kind == need->kind && model->wanted[i].number == need->number &&
            slice_equal(model->wanted[i].name, need->name))
            model->is_loaded[i] = true;
    return TALLY_OK;
}

void model_forget(struct model *model)
{
    model->forgotten++;
}

/* ---- the fixture ---- */

static struct cluster cluster;
static struct pg *owner, *pg; /* the superuser; the service's role */
static struct store *store;
static struct model *model;
static struct arena *batch;
static struct err err;
static struct buf out;

static void ok(enum tally_code rc)
{
    if (rc != TALLY_OK)
        fail_msg("%s: %s", err_code_name(rc), err.detail);
}

static void is_code(enum tally_code rc, enum tally_code expected)
{
    if (rc != expected)
        fail_msg("%s instead of %s: %s", err_code_name(rc), err_code_name(expected), err.detail);
}

static int start(void **state)
{
    (void) state;
    if (cluster_start(&cluster) != 0)
        return -1;
    ok(pg_new(&(struct pg_options){.conninfo = cluster.conninfo}, &owner, &err));
    ok(migrate(owner, NULL, &err));
    ok(pg_new(&(struct pg_options){.conninfo = cluster.conninfo, .set_role = "tally_service"}, &pg, &err));
    return 0;
}

static int stop(void **state)
{
    (void) state;
    pg_free(pg);
    pg_free(owner);
    cluster_stop(&cluster);
    return 0;
}

static void model_anew(void)
{
    store_free(store);
    store = NULL;
    free(model);
    model = calloc(1, sizeof(*model));
    assert_non_null(model);
    ok(store_new(model, &store, &err));
}

static int before(void **state)
{
    (void) state;
    memory = arena_new(16u << 20);
    batch = arena_new(64u << 20);
    assert_non_null(memory);
    assert_non_null(batch);
    buf_init(&out, 4u << 20);
    ok(pg_exec_text(
        owner,
        "TRUNCATE outcomes.actor, outcomes.actor_key, outcomes.indicator, outcomes.contract, outcomes.party,"
        " outcomes.contract_metric, outcomes.result, outcomes.verification, outcomes.final, outcomes.instance,"
        " outcomes.payment, outcomes.payment_item, outcomes.settlement, outcomes.dispute, outcomes.decision,"
        " outcomes.explanation, outcomes.accession, outcomes.amendment,"
        " outcomes.amendment_signer, outcomes.contract_use, outcomes.figure, outcomes.concern, outcomes.erasure",
        NULL, &err));
    model_anew();
    return 0;
}

static int after(void **state)
{
    (void) state;
    store_free(store);
    store = NULL;
    free(model);
    model = NULL;
    buf_release(&out);
    arena_free(batch);
    arena_free(memory);
    return 0;
}

/* ---- what is recorded ---- */

/* The rows that the tests start from; each is changed where a test needs it. */
static const struct row_actor backbone = {.id = SLICE("rikers-backbone"),
                                          .kind = SLICE("organisation"),
                                          .name = SLICE("Wörk \"&\" Co"),
                                          .is_backbone = true,
                                          .registered_by = SLICE("city-clerk"),
                                          .seq = 3};
static const struct row_actor clerk = {
    .id = SLICE("city-clerk"), .kind = SLICE("organisation"), .is_operator = true, .seq = 0};
static const struct row_key key_a = {
    .kid = SLICE(KID_A), .actor = SLICE("rikers-backbone"), .x = SLICE(X_A), .added_seq = 3, .revoked_seq = ROW_NO_SEQ};
static const struct row_indicator jail_days = {.slug = SLICE("jail-days"),
                                               .version = 1,
                                               .seq = 5,
                                               .entry = {1, 2, 3},
                                               .name = SLICE("Days in jail"),
                                               .definition = SLICE("Bed days"),
                                               .unit = SLICE("days per person"),
                                               .kind = SLICE("outcome"),
                                               .lower_is_better = true,
                                               .defined_by = SLICE("rikers-backbone")};
static const struct row_contract rikers = {.id = SLICE("rikers-able"),
                                           .slug = SLICE("rikers"),
                                           .title = SLICE("Rikers ABLE"),
                                           .text = SLICE("contract rikers\n\nparty city outcome payer\n"),
                                           .proposed_by = SLICE("rikers-backbone"),
                                           .version = 1,
                                           .version_hash = {0xab, 1},
                                           .terms_hash = {0xcd, 2},
                                           .manifest = SLICE("{\"open\":true,\"version\":1}"),
                                           .open = true,
                                           .seq = 7,
                                           .activated_seq = ROW_NO_SEQ,
                                           .state = CONTRACT_PROPOSED,
                                           .next_moment = {INT64_MAX},
                                           .next_first = 1};
static const struct row_party city = {.contract = SLICE("rikers-able"),
                                      .party = SLICE("city"),
                                      .role = SLICE("outcome payer"),
                                      .label = SLICE("City of New York"),
                                      .actor = SLICE("city-clerk"),
                                      .kid = SLICE(KID_B),
                                      .place = 0,
                                      .signed_seq = ROW_NO_SEQ};
static const struct row_metric days = {.contract = SLICE("rikers-able"),
                                       .metric = SLICE("days"),
                                       .place = 0,
                                       .indicator = SLICE("jail-days"),
                                       .indicator_version = 1,
                                       .text_seq = 7};
static const struct row_result ninety_one = {.seq = 20,
                                             .item = 0,
                                             .indicator = SLICE("jail-days"),
                                             .version = 1,
                                             .dimensions = SLICE("{\"arm\":\"programme\"}"),
                                             .value = SLICE("91"),
                                             .author = SLICE("rikers-backbone"),
                                             .time = {INT64_C(1767225600000001)},
                                             .of_seq = ROW_NO_SEQ,
                                             .first_seq = 20,
                                             .first_time = {INT64_C(1767225600000001)}};
static const struct row_result figure = {.seq = 21,
                                         .item = 2,
                                         .contract = SLICE("rikers-able"),
                                         .metric = SLICE("served"),
                                         .dimensions = SLICE("{}"),
                                         .value = SLICE("60%"),
                                         .author = SLICE("city-clerk"),
                                         .time = {INT64_C(1767225600000002)},
                                         .is_set = true,
                                         .of_seq = ROW_NO_SEQ,
                                         .first_seq = 21,
                                         .first_item = 2,
                                         .first_time = {INT64_C(1767225600000002)}};
static const struct row_verification verified = {
    .result_seq = 20, .item = 0, .actor = SLICE("city-clerk"), .seq = 22, .time = {INT64_C(1767225600000003)}};
static const struct row_final final = {.contract = SLICE("rikers-able"),
                                       .metric = SLICE("days"),
                                       .key = SLICE("programme"),
                                       .result_seq = 20,
                                       .item = 0,
                                       .seq = 23,
                                       .first_seq = 20,
                                       .began_seq = 23,
                                       .time = {INT64_C(1767225600000004)},
                                       .version = 1};
/* Another clerk in the city's place. */
static const struct row_amendment second_text = {.contract = SLICE("rikers-able"),
                                                 .seq = 40,
                                                 .version = 2,
                                                 .title = SLICE("Rikers ABLE, amended"),
                                                 .text = SLICE("contract rikers version 2\n"),
                                                 .manifest = SLICE("{\"open\":true,\"version\":2}"),
                                                 .proposed_by = SLICE("city-clerk"),
                                                 .version_hash = {0xab, 2},
                                                 .terms_hash = {0xcd, 3},
                                                 .in_force_seq = ROW_NO_SEQ};
static const struct row_signer new_city = {.party = {.contract = SLICE("rikers-able"),
                                                     .party = SLICE("city"),
                                                     .role = SLICE("outcome payer"),
                                                     .label = SLICE("The City"),
                                                     .actor = SLICE("rikers-backbone"),
                                                     .kid = SLICE(KID_A),
                                                     .place = 0,
                                                     .signed_seq = ROW_NO_SEQ},
                                           .amendment_seq = 40};
static const struct row_signer old_city = {.party = {.contract = SLICE("rikers-able"),
                                                     .party = SLICE("city"),
                                                     .role = SLICE("outcome payer"),
                                                     .label = SLICE("City of New York"),
                                                     .actor = SLICE("city-clerk"),
                                                     .kid = SLICE(KID_B),
                                                     .place = 1,
                                                     .signed_seq = ROW_NO_SEQ},
                                           .amendment_seq = 40,
                                           .is_leaving = true};
static const struct row_instance instance = {.contract = SLICE("rikers-able"),
                                             .rule = SLICE("repay"),
                                             .key = SLICE(""),
                                             .stands = SLICE("100.00"),
                                             .first = 1,
                                             .day = DAY_NEVER};
static const struct row_payment payment = {.seq = 25,
                                           .itemised_seq = 24,
                                           .cause_seq = 22,
                                           .contract = SLICE("rikers-able"),
                                           .rule = SLICE("repay"),
                                           .from_party = SLICE("city"),
                                           .to_party = SLICE("lender"),
                                           .from_actor = SLICE("city-clerk"),
                                           .to_actor = SLICE("rikers-backbone"),
                                           .currency = SLICE("USD"),
                                           .amount = SLICE("100.00"),
                                           .instances = UINT32_MAX,
                                           .triggered_on = 20454,
                                           .due_on = DAY_NEVER,
                                           .settled = SLICE("0.00")};
static const struct row_payment_item item = {
    .payment_seq = 25, .key = SLICE("a|b"), .difference = SLICE("-5.50"), .stands = SLICE("94.50")};
static const struct row_explanation explanation = {
    .payment_seq = 25, .hash = {7, 8, 9}, .body = SLICE("{\"instances\":[\"\\u001f\"]}")};
static const struct row_settlement settlement = {.seq = 30,
                                                 .payment_seq = 25,
                                                 .amount = SLICE("40.00"),
                                                 .reference = SLICE("wire \\ 7"),
                                                 .recorded_by = SLICE("city-clerk"),
                                                 .paid_on = 20460};

/* The struct changes with one list; rows are only read. */
#define ONE(list_, ...)                                                                                                    \
    (&(struct changes){.list_ = (__VA_ARGS__), .list_##_count = sizeof(__VA_ARGS__) / sizeof((__VA_ARGS__)[0])})

static void record(uint64_t seq, const struct changes *changes)
{
    ok(store_record(store, seq, changes, &err));
}

static enum tally_code try_commit(void)
{
    enum tally_code rc = pg_pipeline_begin(pg, true, &err);
    if (rc == TALLY_OK)
        rc = store_project(store, pg, batch, &err);
    if (rc == TALLY_OK)
        rc = pg_pipeline_run(pg, &err);
    store_settle(store, rc == TALLY_OK);
    arena_clear(batch);
    return rc;
}

static void commit(void)
{
    ok(try_commit());
}

#define RECORD(seq, list, type, ...) record((seq), ONE(list, (struct row_##type[]){__VA_ARGS__}))

static void record_all(void)
{
    RECORD(0, actors, actor, clerk, backbone);
    RECORD(3, keys, key, key_a);
    RECORD(5, indicators, indicator, jail_days);
    RECORD(7, contracts, contract, rikers);
    struct row_party lender = city;
    lender.party = SLICE("lender");
    lender.actor = SLICE("rikers-backbone");
    lender.place = 1;
    struct row_metric served = {.contract = SLICE("rikers-able"), .metric = SLICE("served"), .place = 1, .text_seq = 7};
    RECORD(7, parties, party, city, lender);
    RECORD(7, metrics, metric, days, served);
    RECORD(20, results, result, ninety_one, figure);
    RECORD(22, verifications, verification, verified);
    RECORD(22, finals, final, final);
    RECORD(22, instances, instance, instance);
    RECORD(22, payments, payment, payment);
    RECORD(22, payment_items, payment_item, item);
    RECORD(22, explanations, explanation, explanation);
    RECORD(30, settlements, settlement, settlement);
}

#define SAME(a, b, member) assert_true(slice_equal((a).member, (b).member))
#define EQUAL(a, b, member) assert_int_equal((a).member, (b).member)

#define T(name) cmocka_unit_test_setup_teardown(name, before, after)

#endif
