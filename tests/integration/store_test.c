/* contracts/store against a real PostgreSQL. The model here is a stand-in that remembers the rows put into it, so that what
 * comes back can be compared field by field; store_model_test.c has the real one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../support/cluster.h"
#include "queries.h"
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
    int result_key_count;
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
static void keep_result(struct row_result *copy)
{
    S(indicator) S(contract) S(metric) S(dimensions) S(value) S(author)
}
static void keep_verification(struct row_verification *copy)
{
    S(actor)
}
static void keep_final(struct row_final *copy)
{
    S(contract) S(metric) S(key)
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
static void keep_settlement(struct row_settlement *copy){S(amount) S(reference) S(recorded_by)}

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

    enum tally_code model_put_result_key(struct model *model, struct slice key, struct err *e)
{
    (void) e;
    assert_true(model->result_key_count < PUT_MAX);
    snprintf(model->result_keys[model->result_key_count++], 128, "%.*s", SLICE_ARG(key));
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
    ok(pg_exec_text(owner,
                    "TRUNCATE outcomes.actor, outcomes.actor_key, outcomes.indicator, outcomes.contract, outcomes.party,"
                    " outcomes.contract_metric, outcomes.result, outcomes.verification, outcomes.final, outcomes.instance,"
                    " outcomes.payment, outcomes.payment_item, outcomes.settlement",
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
static const struct row_actor operator= {
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
                                       .indicator_version = 1};
static const struct row_result ninety_one = {.seq = 20,
                                             .item = 0,
                                             .indicator = SLICE("jail-days"),
                                             .version = 1,
                                             .dimensions = SLICE("{\"arm\":\"programme\"}"),
                                             .value = SLICE("91"),
                                             .author = SLICE("rikers-backbone"),
                                             .time = {INT64_C(1767225600000001)}};
static const struct row_result figure = {.seq = 21,
                                         .item = 2,
                                         .contract = SLICE("rikers-able"),
                                         .metric = SLICE("served"),
                                         .dimensions = SLICE("{}"),
                                         .value = SLICE("60%"),
                                         .author = SLICE("city-clerk"),
                                         .time = {INT64_C(1767225600000002)},
                                         .is_set = true};
static const struct row_verification verified = {.result_seq = 20, .item = 0, .actor = SLICE("city-clerk"), .seq = 22};
static const struct row_final final = {.contract = SLICE("rikers-able"),
                                       .metric = SLICE("days"),
                                       .key = SLICE("programme"),
                                       .result_seq = 20,
                                       .item = 0,
                                       .seq = 23};
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
    RECORD(0, actors, actor, operator, backbone);
    RECORD(3, keys, key, key_a);
    RECORD(5, indicators, indicator, jail_days);
    RECORD(7, contracts, contract, rikers);
    struct row_party lender = city;
    lender.party = SLICE("lender");
    lender.actor = SLICE("rikers-backbone");
    lender.place = 1;
    struct row_metric served = {.contract = SLICE("rikers-able"), .metric = SLICE("served"), .place = 1};
    RECORD(7, parties, party, city, lender);
    RECORD(7, metrics, metric, days, served);
    RECORD(20, results, result, ninety_one, figure);
    RECORD(22, verifications, verification, verified);
    RECORD(22, finals, final, final);
    RECORD(22, instances, instance, instance);
    RECORD(22, payments, payment, payment);
    RECORD(22, payment_items, payment_item, item);
    RECORD(30, settlements, settlement, settlement);
}

static void wanted(enum need_kind kind, const char *name, uint64_t number)
{
    assert_true(model->wanted_count < WANTED_MAX);
    model->wanted[model->wanted_count++] = (struct need){kind, slice_str(name), number};
}

static void load(void)
{
    bool any = true;
    const struct command command = {0}, *commands[] = {&command};
    ok(pg_pipeline_begin(pg, false, &err));
    ok(store_queue_load(store, pg, batch, commands, 1, AT(0), &any, &err));
    assert_true(any);
    ok(pg_pipeline_run(pg, &err));
    ok(store_take_load(store, &err));
    arena_clear(batch);
    for (int i = 0; i < model->wanted_count; i++)
        assert_true(model->is_loaded[i]);
}

#define SAME(a, b, member) assert_true(slice_equal((a).member, (b).member))
#define EQUAL(a, b, member) assert_int_equal((a).member, (b).member)

/* ---- round trips ---- */

static void an_actor_and_its_key_come_back_as_they_were(void **state)
{
    (void) state;
    record_all();
    commit();
    wanted(NEED_KEY, KID_A, 0);
    wanted(NEED_ACTOR, "city-clerk", 0);
    load();
    assert_int_equal(model->keys_count, 1);
    assert_int_equal(model->actors_count, 2);
    SAME(model->keys[0], key_a, kid);
    SAME(model->keys[0], key_a, actor);
    SAME(model->keys[0], key_a, x);
    EQUAL(model->keys[0], key_a, added_seq);
    assert_true(model->keys[0].revoked_seq == ROW_NO_SEQ);
    for (int i = 0; i < 2; i++) {
        const struct row_actor *a = &model->actors[i];
        const struct row_actor *b = slice_equal(a->id, backbone.id) ? &backbone : &operator;
        SAME(*a, *b, id);
        SAME(*a, *b, kind);
        SAME(*a, *b, name);
        SAME(*a, *b, registered_by);
        EQUAL(*a, *b, is_operator);
        EQUAL(*a, *b, is_backbone);
        EQUAL(*a, *b, seq);
    }
}

static void an_indicator_comes_back_with_all_its_versions(void **state)
{
    (void) state;
    struct row_indicator second = jail_days;
    second.version = 2;
    second.lower_is_better = false;
    RECORD(5, indicators, indicator, jail_days);
    RECORD(6, indicators, indicator, second);
    commit();
    wanted(NEED_INDICATOR, "jail-days", 0);
    load();
    assert_int_equal(model->indicators_count, 2);
    const struct row_indicator *a = &model->indicators[0];
    SAME(*a, jail_days, slug);
    SAME(*a, jail_days, name);
    SAME(*a, jail_days, definition);
    SAME(*a, jail_days, unit);
    SAME(*a, jail_days, kind);
    SAME(*a, jail_days, defined_by);
    EQUAL(*a, jail_days, version);
    EQUAL(*a, jail_days, seq);
    assert_true(a->lower_is_better);
    assert_memory_equal(a->entry, jail_days.entry, 32);
    assert_int_equal(model->indicators[1].version, 2);
    assert_false(model->indicators[1].lower_is_better);
}

static void same_contract(const struct row_contract *a, const struct row_contract *b)
{
    SAME(*a, *b, id);
    SAME(*a, *b, slug);
    SAME(*a, *b, title);
    SAME(*a, *b, text);
    SAME(*a, *b, proposed_by);
    SAME(*a, *b, manifest);
    EQUAL(*a, *b, version);
    EQUAL(*a, *b, open);
    EQUAL(*a, *b, seq);
    EQUAL(*a, *b, activated_seq);
    EQUAL(*a, *b, state);
    EQUAL(*a, *b, next_moment.us);
    EQUAL(*a, *b, next_first);
    assert_memory_equal(a->version_hash, b->version_hash, 32);
    assert_memory_equal(a->terms_hash, b->terms_hash, 32);
}

static void same_result(const struct row_result *a, const struct row_result *b)
{
    SAME(*a, *b, indicator);
    SAME(*a, *b, contract);
    SAME(*a, *b, metric);
    SAME(*a, *b, dimensions);
    SAME(*a, *b, value);
    SAME(*a, *b, author);
    EQUAL(*a, *b, seq);
    EQUAL(*a, *b, item);
    EQUAL(*a, *b, version);
    EQUAL(*a, *b, time.us);
    EQUAL(*a, *b, is_set);
}

static void a_contract_comes_back_with_all_that_evaluation_needs(void **state)
{
    (void) state;
    struct row_result other = ninety_one, other_version = ninety_one;
    other.seq = 26;
    other.indicator = SLICE("other");
    other_version.seq = 27;
    other_version.version = 2;
    struct row_verification of_figure = {.result_seq = 21, .item = 2, .actor = SLICE("city-clerk"), .seq = 23};
    struct row_verification of_other = {.result_seq = 26, .item = 0, .actor = SLICE("city-clerk"), .seq = 28};
    record_all();
    RECORD(26, results, result, other, other_version);
    RECORD(28, verifications, verification, of_figure, of_other);
    commit();
    wanted(NEED_CONTRACT, "rikers-able", 0);
    load();
    assert_int_equal(model->contracts_count, 1);
    same_contract(&model->contracts[0], &rikers);
    assert_int_equal(model->parties_count, 2);
    SAME(model->parties[0], city, contract);
    SAME(model->parties[0], city, party);
    SAME(model->parties[0], city, role);
    SAME(model->parties[0], city, label);
    SAME(model->parties[0], city, actor);
    SAME(model->parties[0], city, kid);
    assert_int_equal(model->parties[1].place, 1);
    assert_true(model->parties[0].signed_seq == ROW_NO_SEQ);
    assert_int_equal(model->metrics_count, 2);
    SAME(model->metrics[0], days, metric);
    SAME(model->metrics[0], days, indicator);
    EQUAL(model->metrics[0], days, indicator_version);
    assert_int_equal(model->metrics[1].indicator.len, 0);
    assert_int_equal(model->metrics[1].indicator_version, 0);
    assert_int_equal(model->metrics[1].place, 1);
    assert_int_equal(model->results_count, 2); /* neither the other indicator's nor the other version's */
    same_result(&model->results[0], &ninety_one);
    same_result(&model->results[1], &figure);
    assert_int_equal(model->verifications_count, 2);
    SAME(model->verifications[0], verified, actor);
    EQUAL(model->verifications[0], verified, result_seq);
    EQUAL(model->verifications[0], verified, item);
    EQUAL(model->verifications[0], verified, seq);
    assert_int_equal(model->verifications[1].item, 2);
    assert_int_equal(model->finals_count, 1);
    SAME(model->finals[0], final, contract);
    SAME(model->finals[0], final, metric);
    SAME(model->finals[0], final, key);
    EQUAL(model->finals[0], final, result_seq);
    EQUAL(model->finals[0], final, item);
    EQUAL(model->finals[0], final, seq);
    assert_int_equal(model->instances_count, 1);
    SAME(model->instances[0], instance, contract);
    SAME(model->instances[0], instance, rule);
    SAME(model->instances[0], instance, key);
    SAME(model->instances[0], instance, stands);
    EQUAL(model->instances[0], instance, first);
    EQUAL(model->instances[0], instance, day);
}

static void a_payment_comes_back_as_it_was(void **state)
{
    (void) state;
    record_all();
    commit();
    wanted(NEED_PAYMENT, "", 25);
    load();
    assert_int_equal(model->payments_count, 1);
    const struct row_payment *p = &model->payments[0];
    SAME(*p, payment, contract);
    SAME(*p, payment, rule);
    SAME(*p, payment, from_party);
    SAME(*p, payment, to_party);
    SAME(*p, payment, from_actor);
    SAME(*p, payment, to_actor);
    SAME(*p, payment, currency);
    SAME(*p, payment, amount);
    SAME(*p, payment, settled);
    EQUAL(*p, payment, seq);
    EQUAL(*p, payment, itemised_seq);
    EQUAL(*p, payment, cause_seq);
    EQUAL(*p, payment, is_owed_back);
    EQUAL(*p, payment, instances);
    EQUAL(*p, payment, triggered_on);
    EQUAL(*p, payment, due_on);
}

/* ---- what is replaced ---- */

static void the_last_row_of_an_identity_counts_within_a_batch_and_after_it(void **state)
{
    (void) state;
    for (int round = 0; round < 2; round++) {
        before(NULL);
        record_all();
        if (round == 1) /* the second time in a batch of its own */
            commit();
        struct row_key key = key_a;
        key.revoked_seq = 40;
        struct row_contract contract = rikers;
        contract.state = CONTRACT_IN_FORCE;
        contract.activated_seq = 41;
        contract.next_moment = AT(7);
        contract.next_first = 9;
        struct row_party party = city;
        party.signed_seq = 42;
        struct row_instance stands = instance;
        stands.stands = SLICE("-250.00");
        stands.first = 3;
        stands.day = 20000;
        struct row_payment settled = payment;
        settled.settled = SLICE("40.00");
        RECORD(40, keys, key, key);
        RECORD(41, contracts, contract, contract);
        RECORD(42, parties, party, party);
        RECORD(43, instances, instance, instance, stands);
        RECORD(43, payments, payment, settled);
        commit();
        wanted(NEED_KEY, KID_A, 0);
        wanted(NEED_CONTRACT, "rikers-able", 0);
        wanted(NEED_PAYMENT, "", 25);
        load();
        assert_int_equal(model->keys[0].revoked_seq, 40);
        same_contract(&model->contracts[0], &contract);
        assert_int_equal(model->parties[0].signed_seq, 42);
        assert_int_equal(model->instances_count, 1);
        assert_true(slice_is(model->instances[0].stands, "-250.00"));
        assert_int_equal(model->instances[0].first, 3);
        assert_int_equal(model->instances[0].day, 20000);
        assert_int_equal(model->payments_count, 1);
        assert_true(slice_is(model->payments[0].settled, "40.00"));
        after(NULL);
    }
    before(NULL);
}

static void what_is_recorded_does_not_borrow_from_the_decision(void **state)
{
    (void) state;
    char name[] = "city-clerk";
    struct row_actor actor = operator;
    actor.id = slice_str(name);
    RECORD(0, actors, actor, actor);
    memset(name, 'z', sizeof(name) - 1);
    commit();
    wanted(NEED_ACTOR, "city-clerk", 0);
    load();
    assert_int_equal(model->actors_count, 1);
}

static void thousands_of_instances_in_one_batch_are_told_apart(void **state)
{
    (void) state;
    enum { COUNT = 5000 };
    struct row_instance *rows = arena_alloc_array(memory, COUNT, sizeof(*rows));
    assert_non_null(rows);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < COUNT; i++) {
            rows[i] = instance;
            rows[i].key = arena_printf(memory, "village-%d", i);
            rows[i].stands = arena_printf(memory, "%d.%d", i, round);
        }
        record(22, &(struct changes){.instances = rows, .instances_count = COUNT});
    }
    commit();
    struct pg_rows *counted = NULL;
    ok(pg_exec_text(owner, "SELECT count(*) = 5000 AND bool_and(stands = substr(key, 9) || '.1') FROM outcomes.instance",
                    &counted, &err));
    assert_true(pg_get_bool(counted, 0, 0));
    pg_rows_free(counted);
}

static void a_dropped_batch_leaves_nothing_and_the_model_forgets(void **state)
{
    (void) state;
    record_all();
    store_settle(store, false);
    assert_int_equal(model->forgotten, 1);
    RECORD(3, actors, actor, backbone);
    commit();
    assert_int_equal(model->forgotten, 1);
    wanted(NEED_KEY, KID_A, 0);
    wanted(NEED_ACTOR, "rikers-backbone", 0);
    load();
    assert_int_equal(model->keys_count, 0);
    assert_int_equal(model->actors_count, 1);
}

static void a_second_result_of_one_key_is_a_conflict_and_takes_the_batch_with_it(void **state)
{
    (void) state;
    RECORD(20, results, result, ninety_one);
    commit();
    struct row_result again = ninety_one;
    again.seq = 21;
    again.value = SLICE("92");
    RECORD(20, actors, actor, backbone);
    RECORD(21, results, result, again);
    is_code(try_commit(), TALLY_E_CONFLICT);
    wanted(NEED_RESULT, "", 21);
    wanted(NEED_ACTOR, "rikers-backbone", 0);
    load();
    assert_int_equal(model->results_count, 0);
    assert_int_equal(model->actors_count, 0);
}

/* ---- what is needed ---- */

static void what_does_not_exist_is_looked_up_all_the_same(void **state)
{
    (void) state;
    wanted(NEED_KEY, KID_B, 0);
    wanted(NEED_ACTOR, "nobody", 0);
    wanted(NEED_INDICATOR, "nothing", 0);
    wanted(NEED_CONTRACT, "none", 0);
    wanted(NEED_USERS, "nothing", 1);
    wanted(NEED_RESULT, "", 999);
    wanted(NEED_RESULT_KEY, "a|1|{}|b", 0);
    wanted(NEED_PAYMENT, "", UINT64_MAX);
    wanted(NEED_DUE, "", (uint64_t) AT(0).us);
    model->next_moment = AT(0);
    load();
#define X(type, list) assert_int_equal(model->list##_count, 0);
    CHANGES_LISTS(X)
#undef X
    assert_int_equal(model->result_key_count, 0);
    assert_true(model->next_moment.us == INT64_MAX);
}

static void nothing_needed_is_nothing_asked(void **state)
{
    (void) state;
    bool any = true;
    ok(pg_pipeline_begin(pg, false, &err));
    ok(store_queue_load(store, pg, batch, NULL, 0, AT(0), &any, &err));
    assert_false(any);
    ok(pg_pipeline_run(pg, &err));
    ok(store_take_load(store, &err));
}

static void users_of_an_indicator_are_those_of_that_version(void **state)
{
    (void) state;
    struct row_metric other = days, newer = days;
    other.contract = SLICE("other");
    newer.contract = SLICE("newer");
    newer.indicator_version = 2;
    RECORD(7, metrics, metric, days, other, newer);
    commit();
    wanted(NEED_USERS, "jail-days", 1);
    wanted(NEED_USERS, "jail-days", 3);
    load();
    assert_int_equal(model->metrics_count, 2);
    for (int i = 0; i < 2; i++)
        assert_int_equal(model->metrics[i].indicator_version, 1);
}

static void results_are_found_by_statement_with_their_verifications(void **state)
{
    (void) state;
    record_all();
    commit();
    wanted(NEED_RESULT, "", 20);
    load();
    assert_int_equal(model->results_count, 1);
    same_result(&model->results[0], &ninety_one);
    assert_int_equal(model->verifications_count, 1);
}

static void keys_of_results_are_found_for_indicators_and_figures(void **state)
{
    (void) state;
    record_all();
    commit();
    wanted(NEED_RESULT_KEY, "jail-days|1|{\"arm\":\"programme\"}|rikers-backbone", 0);
    wanted(NEED_RESULT_KEY, "jail-days|2|{\"arm\":\"programme\"}|rikers-backbone", 0);
    wanted(NEED_RESULT_KEY, "|rikers-able|served|{}|city-clerk", 0);
    load();
    assert_int_equal(model->result_key_count, 2);
    assert_string_equal(model->result_keys[0], "jail-days|1|{\"arm\":\"programme\"}|rikers-backbone");
    assert_string_equal(model->result_keys[1], "|rikers-able|served|{}|city-clerk");
}

static void contracts_that_are_due_are_found_and_the_next_moment(void **state)
{
    (void) state;
    struct row_contract due = rikers, later = rikers, latest = rikers, never = rikers;
    due.id = SLICE("due");
    due.next_moment = AT(0);
    later.id = SLICE("later");
    later.next_moment = AT(1);
    latest.id = SLICE("latest");
    latest.next_moment = AT(2);
    never.id = SLICE("never");
    RECORD(7, contracts, contract, due, later, latest, never);
    commit();
    wanted(NEED_DUE, "", (uint64_t) AT(0).us);
    load();
    assert_int_equal(model->contracts_count, 1);
    same_contract(&model->contracts[0], &due);
    assert_int_equal(model->next_moment.us, AT(1).us);
}

static void loading_goes_on_after_the_connection_broke(void **state)
{
    (void) state;
    char sql[64];
    bool any = false;
    const struct command command = {0}, *commands[] = {&command};
    RECORD(3, actors, actor, backbone);
    commit();
    wanted(NEED_ACTOR, "rikers-backbone", 0);
    ok(pg_connect(pg, &err));
    snprintf(sql, sizeof(sql), "SELECT pg_terminate_backend(%d, 10000)", pg_server_pid(pg));
    ok(pg_pipeline_begin(pg, false, &err));
    ok(store_queue_load(store, pg, batch, commands, 1, AT(0), &any, &err));
    ok(pg_exec_text(owner, sql, NULL, &err));
    is_code(pg_pipeline_run(pg, &err), TALLY_E_UNAVAILABLE);
    load();
    assert_int_equal(model->actors_count, 1);
}

static void a_preview_loads_all_by_itself(void **state)
{
    (void) state;
    const struct command command = {0}, *commands[] = {&command};
    record_all();
    commit();
    wanted(NEED_KEY, KID_A, 0);
    ok(store_load(store, pg, batch, commands, 1, &err));
    assert_int_equal(model->keys_count, 1);
    wanted(NEED_CONTRACT, "rikers-able", 0);
    ok(store_load_contract(store, pg, batch, SLICE("rikers-able"), &err));
    assert_int_equal(model->contracts_count, 1);
    wanted(NEED_RESULT, "", 20);
    ok(store_load_result(store, pg, batch, 20, &err));
    ok(store_load_result(store, pg, batch, 20, &err)); /* nothing more is asked */
    assert_int_equal(model->keys_count, 1);
}

/* ---- reads ---- */

static json_t *parsed(void)
{
    json_error_t error;
    struct slice text = buf_slice(&out);
    json_t *json = json_loadb(text.ptr, text.len, JSON_REJECT_DUPLICATES, &error);
    if (json == NULL)
        fail_msg("%s at %d in %.*s", error.text, error.position, SLICE_ARG(text));
    buf_clear(&out);
    return json;
}

/* What was read is this JSON: ' stands for ". */
static void reads(const char *expected)
{
    char *text = strdup(expected);
    assert_non_null(text);
    for (char *c = text; *c != '\0'; c++)
        *c = *c == '\'' ? '"' : *c;
    json_error_t error;
    json_t *wanted_json = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    if (wanted_json == NULL)
        fail_msg("expectation: %s at %d", error.text, error.position);
    json_t *json = parsed();
    if (!json_equal(json, wanted_json)) {
        char *shown = json_dumps(json, JSON_SORT_KEYS | JSON_COMPACT);
        fail_msg("read %s\ninstead of %s", shown, text);
    }
    json_decref(json);
    json_decref(wanted_json);
    free(text);
}

static const struct store_page all = {.limit = STORE_LIMIT_MAX};

static void actors_and_keys_read_as_said(void **state)
{
    (void) state;
    bool found = false;
    record_all();
    struct row_key second = key_a;
    second.kid = SLICE(KID_B);
    second.added_seq = 8;
    second.revoked_seq = 9;
    RECORD(9, keys, key, second);
    commit();
    ok(store_read_actor(pg, SLICE("rikers-backbone"), &out, &found, &err));
    assert_true(found);
    reads("{'id':'rikers-backbone','kind':'organisation','name':'Wörk \\'&\\' Co','operator':false,"
          "'registered_by':'city-clerk','roles':['backbone'],'seq':3}");
    ok(store_read_actor(pg, SLICE("city-clerk"), &out, &found, &err));
    reads("{'id':'city-clerk','kind':'organisation','name':'','operator':true,'registered_by':null,'roles':[],'seq':0}");
    ok(store_list_keys(pg, SLICE("rikers-backbone"), &all, &out, &found, &err));
    assert_true(found);
    reads("{'items':[{'actor':'rikers-backbone','added_seq':3,'jwk':{'crv':'Ed25519','kty':'OKP','x':'" X_A
          "'},'kid':'" KID_A
          "','revoked_seq':null},{'actor':'rikers-backbone','added_seq':8,'jwk':{'crv':'Ed25519','kty':'OKP','x':'" X_A
          "'},'kid':'" KID_B "','revoked_seq':9}],'next':null}");
    ok(store_list_keys(pg, SLICE("city-clerk"), &all, &out, &found, &err));
    assert_true(found);
    reads("{'items':[],'next':null}");
    uint64_t newest = 0;
    ok(store_newest_key_change(pg, &newest, &err));
    assert_int_equal(newest, 9);
}

static void indicators_read_as_said(void **state)
{
    (void) state;
    bool found = false;
    RECORD(5, indicators, indicator, jail_days);
    commit();
    ok(store_read_indicator(pg, SLICE("jail-days"), &out, &found, &err));
    assert_true(found);
    reads("{'items':[{'defined_by':'rikers-backbone','definition':'Bed days','direction':'lower','entry':"
          "'0102030000000000000000000000000000000000000000000000000000000000','id':'jail-days','kind':'outcome',"
          "'name':'Days in jail','seq':5,'unit':'days per person','version':1}],'next':null}");
}

#define HASH_AB "ab01000000000000000000000000000000000000000000000000000000000000"
#define HASH_CD "cd02000000000000000000000000000000000000000000000000000000000000"

static void a_contract_reads_as_it_stood_after_an_entry(void **state)
{
    (void) state;
    bool found = false;
    struct row_contract contract = rikers;
    struct row_party party = city;
    record_all();
    commit();
    party.signed_seq = 8;
    contract.state = CONTRACT_IN_FORCE;
    contract.activated_seq = 9;
    contract.next_moment = AT(1);
    RECORD(8, parties, party, party);
    RECORD(8, contracts, contract, contract);
    commit();
    contract.state = CONTRACT_CLOSED;
    RECORD(50, contracts, contract, contract);
    commit();
    RECORD(51, contracts, contract, contract); /* closes once */
    commit();
    ok(store_read_contract(pg, SLICE("rikers-able"), STORE_NOW, &out, &found, &err));
    assert_true(found);
    reads("{'activated_seq':9,'closed_seq':50,'id':'rikers-able','manifest':{'open':true,'version':1},'metrics':["
          "{'indicator':'jail-days','metric':'days','version':1},{'indicator':null,'metric':'served','version':null}],"
          "'next_moment':'2026-01-01T00:00:00.000001Z','open':true,'parties':[{'actor':'city-clerk','kid':'" KID_B
          "','label':'City of New York','party':'city','role':'outcome payer','signed_seq':8},{'actor':'rikers-backbone',"
          "'kid':'" KID_B "','label':'City of New York','party':'lender','role':'outcome payer','signed_seq':null}],"
          "'proposed_by':'rikers-backbone','seq':7,'slug':'rikers','state':'closed','terms':'" HASH_CD
          "','title':'Rikers ABLE','version':'" HASH_AB "','version_number':1}");
    static const struct {
        uint64_t as_of;
        const char *state;
        bool is_signed, is_active, is_closed;
    } stood[] = {{7, "proposed", false, false, false},
                 {8, "proposed", true, false, false},
                 {9, "in_force", true, true, false},
                 {49, "in_force", true, true, false},
                 {50, "closed", true, true, true}};
    for (size_t i = 0; i < sizeof(stood) / sizeof(stood[0]); i++) {
        ok(store_read_contract(pg, SLICE("rikers-able"), stood[i].as_of, &out, &found, &err));
        assert_true(found);
        json_t *json = parsed(), *parties = json_object_get(json, "parties");
        assert_string_equal(json_string_value(json_object_get(json, "state")), stood[i].state);
        assert_int_equal(json_is_integer(json_object_get(json_array_get(parties, 0), "signed_seq")), stood[i].is_signed);
        assert_int_equal(json_is_integer(json_object_get(json, "activated_seq")), stood[i].is_active);
        assert_int_equal(json_is_integer(json_object_get(json, "closed_seq")), stood[i].is_closed);
        assert_true(json_is_null(json_object_get(json, "next_moment")));
        json_decref(json);
    }
    ok(store_read_contract(pg, SLICE("rikers-able"), 6, &out, &found, &err));
    assert_false(found);
    assert_int_equal(out.len, 0);
    ok(store_read_terms(pg, SLICE("rikers-able"), &out, &found, &err));
    assert_true(found);
    assert_true(slice_equal(buf_slice(&out), rikers.text));
}

static void contracts_are_listed_whole_or_by_party(void **state)
{
    (void) state;
    record_all();
    struct row_contract other = rikers;
    other.id = SLICE("another");
    RECORD(9, contracts, contract, other);
    commit();
    ok(store_list_contracts(pg, SLICE("city-clerk"), &all, &out, &err));
    reads(
        "{'items':[{'activated_seq':null,'closed_seq':null,'id':'rikers-able','open':true,'proposed_by':'rikers-backbone',"
        "'seq':7,'state':'proposed','title':'Rikers ABLE','version':'" HASH_AB "'}],'next':null}");
    ok(store_list_contracts(pg, SLICE(""), &all, &out, &err));
    json_t *json = parsed();
    assert_int_equal(json_array_size(json_object_get(json, "items")), 2);
    json_decref(json);
    ok(store_list_contracts(pg, SLICE("nobody"), &all, &out, &err));
    reads("{'items':[],'next':null}");
}

static void results_read_as_said(void **state)
{
    (void) state;
    bool found = false;
    record_all();
    commit();
    ok(store_list_results(pg, &(struct store_result_filter){0}, &all, &out, &err));
    reads("{'items':[{'author':'rikers-backbone','contract':null,'dimensions':{'arm':'programme'},'indicator':'jail-days',"
          "'item':0,'metric':null,'seq':20,'set':false,'time':'2026-01-01T00:00:00.000001Z','value':'91','version':1},"
          "{'author':'city-clerk','contract':'rikers-able','dimensions':{},'indicator':null,'item':2,'metric':'served',"
          "'seq':21,'set':true,'time':'2026-01-01T00:00:00.000002Z','value':'60%','version':null}],'next':null}");
    ok(store_read_result(pg, 20, &all, &out, &found, &err));
    assert_true(found);
    reads("{'author':'rikers-backbone','count':1,'items':[{'author':'rikers-backbone','contract':null,'dimensions':"
          "{'arm':'programme'},'fits':[{'contract':'rikers-able','final_seq':23,'key':'programme','metric':'days','state':"
          "'proposed'}],'indicator':'jail-days','item':0,'metric':null,'seq':20,'set':false,'time':"
          "'2026-01-01T00:00:00.000001Z','value':'91','verifications':[{'actor':'city-clerk','seq':22}],'version':1}],"
          "'next':null,'seq':20,'set':false,'time':'2026-01-01T00:00:00.000001Z'}");
    ok(store_read_result(pg, 21, &all, &out, &found, &err));
    json_t *json = parsed();
    json_t *fits = json_object_get(json_array_get(json_object_get(json, "items"), 0), "fits");
    assert_int_equal(json_array_size(fits), 1);
    assert_string_equal(json_string_value(json_object_get(json_array_get(fits, 0), "metric")), "served");
    assert_true(json_is_null(json_object_get(json_array_get(fits, 0), "key")));
    json_decref(json);
}

/* "20.0 21.2" of a list of results under a filter. */
static const char *listed(struct store_result_filter filter)
{
    ok(store_list_results(pg, &filter, &all, &out, &err));
    json_t *json = parsed(), *one;
    struct buf text;
    size_t i;
    buf_init(&text, 1000);
    json_array_foreach(json_object_get(json, "items"), i, one)
        buf_printf(&text, "%s%d.%d", i == 0 ? "" : " ", (int) json_integer_value(json_object_get(one, "seq")),
                   (int) json_integer_value(json_object_get(one, "item")));
    json_decref(json);
    const char *kept_text = text.len == 0 ? "" : arena_strdup(memory, buf_slice(&text));
    buf_release(&text);
    return kept_text;
}

static void filters_of_results_hold_alone_and_together(void **state)
{
    (void) state;
    struct row_result v2 = ninety_one, other = ninety_one, by_city = ninety_one;
    v2.seq = 30;
    v2.version = 2;
    other.seq = 31;
    other.indicator = SLICE("other");
    by_city.seq = 10;
    by_city.author = SLICE("city-clerk");
    record_all();
    struct row_indicator second = jail_days, third = jail_days;
    second.version = 2;
    third.slug = SLICE("other");
    RECORD(6, indicators, indicator, second, third);
    RECORD(30, results, result, v2, other, by_city);
    commit();
#define F(...) listed((struct store_result_filter){__VA_ARGS__})
    assert_string_equal(F(.version = 0), "10.0 20.0 21.2 30.0 31.0");
    assert_string_equal(F(.author = SLICE("city-clerk")), "10.0 21.2");
    assert_string_equal(F(.indicator = SLICE("jail-days")), "10.0 20.0 30.0");
    assert_string_equal(F(.indicator = SLICE("jail-days"), .version = 2), "30.0");
    assert_string_equal(F(.indicator = SLICE("jail-days"), .author = SLICE("city-clerk")), "10.0");
    assert_string_equal(F(.contract = SLICE("rikers-able")), "10.0 20.0 21.2");
    assert_string_equal(F(.contract = SLICE("rikers-able"), .author = SLICE("rikers-backbone")), "20.0");
    assert_string_equal(F(.contract = SLICE("rikers-able"), .indicator = SLICE("jail-days")), "10.0 20.0");
    assert_string_equal(F(.contract = SLICE("rikers-able"), .indicator = SLICE("jail-days"), .version = 2), "");
    assert_string_equal(F(.contract = SLICE("rikers-able"), .indicator = SLICE("other")), "");
    assert_string_equal(F(.contract = SLICE("none")), "");
    assert_string_equal(F(.author = SLICE("\xff\xfe")), ""); /* no text, so nobody's name */
}

static void verifications_are_grouped_by_their_statement(void **state)
{
    (void) state;
    bool found = false;
    struct row_verification more[] = {verified, verified, verified};
    more[0].item = 2;
    more[1].item = 1;
    more[2].seq = 60;
    more[2].actor = SLICE("evaluator");
    record_all();
    record(22, ONE(verifications, more));
    commit();
    ok(store_list_verifications(pg, 20, &all, &out, &found, &err));
    assert_true(found);
    reads("{'items':[{'actor':'city-clerk','items':[0,1,2],'seq':22},{'actor':'evaluator','items':[0],'seq':60}],'next':"
          "null}");
}

#define PAYMENT_HEAD "{'amount':'100.00','cause_seq':22,'contract':'rikers-able','currency':'USD','due':"
#define PAYMENT_FROM ",'from':{'actor':'city-clerk','party':'city'},'instances':4294967295,'itemised_seq':24,'outstanding':"
#define PAYMENT_TAIL ",'to':{'actor':'rikers-backbone','party':'lender'},'triggered':'2026-01-01'}"

static void a_payment_reads_as_it_stood_after_an_entry(void **state)
{
    (void) state;
    bool found = false;
    struct row_payment settled = payment;
    settled.settled = SLICE("40.00");
    record_all();
    RECORD(30, payments, payment, settled);
    commit();
    ok(store_read_payment(pg, 25, STORE_NOW, &out, &found, &err));
    assert_true(found);
    reads(PAYMENT_HEAD "null" PAYMENT_FROM
                       "'60.00','owed_back':false,'rule':'repay','seq':25,'settled':'40.00'" PAYMENT_TAIL);
    ok(store_read_payment(pg, 25, 29, &out, &found, &err));
    assert_true(found);
    reads(PAYMENT_HEAD "null" PAYMENT_FROM
                       "'100.00','owed_back':false,'rule':'repay','seq':25,'settled':'0.00'" PAYMENT_TAIL);
    ok(store_read_payment(pg, 25, 24, &out, &found, &err));
    assert_false(found);
    ok(store_list_payments(pg, &(struct store_payment_filter){.as_of = 30}, &all, &out, &err));
    reads("{'items':[" PAYMENT_HEAD "null" PAYMENT_FROM
          "'60.00','owed_back':false,'rule':'repay','seq':25,'settled':'40.00'" PAYMENT_TAIL "],'next':null}");
    ok(store_list_payment_items(pg, 25, &all, &out, &found, &err));
    assert_true(found);
    reads("{'items':[{'difference':'-5.50','key':'a|b','stands':'94.50'}],'next':null}");
    ok(store_list_settlements(pg, 25, &all, &out, &found, &err));
    assert_true(found);
    reads("{'items':[{'amount':'40.00','paid_on':'2026-01-07','payment_seq':25,'recorded_by':'city-clerk',"
          "'reference':'wire \\\\ 7','seq':30}],'next':null}");
}

static int payments_listed(const char *contract, const char *party)
{
    ok(store_list_payments(
        pg, &(struct store_payment_filter){.contract = slice_str(contract), .party = slice_str(party), .as_of = STORE_NOW},
        &all, &out, &err));
    json_t *json = parsed();
    int count = (int) json_array_size(json_object_get(json, "items"));
    json_decref(json);
    return count;
}

static void payments_are_found_by_contract_and_by_who_pays_or_is_paid(void **state)
{
    (void) state;
    struct row_payment back = payment, other = payment, to_self = payment;
    back.seq = 26;
    back.from_actor = payment.to_actor;
    back.to_actor = payment.from_actor;
    other.seq = 27;
    other.contract = SLICE("other");
    other.to_actor = SLICE("somebody");
    to_self.seq = 28;
    to_self.to_actor = to_self.from_actor;
    RECORD(25, payments, payment, payment, back, other, to_self);
    commit();
    assert_int_equal(payments_listed("", ""), 4);
    assert_int_equal(payments_listed("rikers-able", ""), 3);
    assert_int_equal(payments_listed("", "city-clerk"), 4); /* each once, also the one to itself */
    assert_int_equal(payments_listed("", "somebody"), 1);
    assert_int_equal(payments_listed("rikers-able", "somebody"), 0);
    assert_int_equal(payments_listed("rikers-able", "lender"), 3);
    assert_int_equal(payments_listed("", "lender"), 0); /* a party's name says nothing without its contract */
}

static void what_does_not_exist_is_not_found(void **state)
{
    (void) state;
    bool found = true;
#define NOT_FOUND(call)                                                                                                    \
    found = true;                                                                                                          \
    ok(call);                                                                                                              \
    assert_false(found);                                                                                                   \
    assert_int_equal(out.len, 0)
    NOT_FOUND(store_read_actor(pg, SLICE("nobody"), &out, &found, &err));
    NOT_FOUND(store_read_actor(pg, SLICE("\xff"), &out, &found, &err));
    NOT_FOUND(store_list_keys(pg, SLICE("nobody"), &all, &out, &found, &err));
    NOT_FOUND(store_read_indicator(pg, SLICE("nothing"), &out, &found, &err));
    NOT_FOUND(store_read_contract(pg, SLICE("none"), STORE_NOW, &out, &found, &err));
    NOT_FOUND(store_read_terms(pg, SLICE("none"), &out, &found, &err));
    NOT_FOUND(store_list_signatures(pg, SLICE("none"), &all, &out, &found, &err));
    NOT_FOUND(store_read_result(pg, UINT64_MAX, &all, &out, &found, &err));
    NOT_FOUND(store_list_verifications(pg, 1, &all, &out, &found, &err));
    NOT_FOUND(store_read_payment(pg, 1, STORE_NOW, &out, &found, &err));
    NOT_FOUND(store_list_payment_items(pg, 1, &all, &out, &found, &err));
    NOT_FOUND(store_list_settlements(pg, UINT64_MAX, &all, &out, &found, &err));
    struct row_key key;
    struct row_actor actor;
    struct row_payment row;
    NOT_FOUND(store_lookup_key(pg, SLICE(KID_C), memory, &key, &actor, &found, &err));
    NOT_FOUND(store_lookup_key(pg, SLICE(""), memory, &key, &actor, &found, &err));
    NOT_FOUND(store_lookup_payment(pg, 1, memory, &row, &found, &err));
    uint64_t newest = 7;
    ok(store_newest_key_change(pg, &newest, &err));
    assert_int_equal(newest, 0);
}

static void the_edge_finds_a_key_with_its_actor_and_a_payment(void **state)
{
    (void) state;
    bool found = false;
    struct row_key key;
    struct row_actor actor;
    struct row_payment row;
    record_all();
    commit();
    ok(store_lookup_key(pg, SLICE(KID_A), memory, &key, &actor, &found, &err));
    assert_true(found);
    SAME(key, key_a, x);
    assert_true(key.revoked_seq == ROW_NO_SEQ);
    SAME(actor, backbone, id);
    SAME(actor, backbone, name);
    assert_true(actor.is_backbone);
    ok(store_lookup_payment(pg, 25, memory, &row, &found, &err));
    assert_true(found);
    SAME(row, payment, rule);
    SAME(row, payment, settled);
    EQUAL(row, payment, cause_seq);
}

/* ---- pages ---- */

enum list {
    ACTORS,
    KEYS,
    INDICATORS,
    CONTRACTS,
    PARTIES,
    RESULTS,
    ITEMS,
    VERIFICATIONS,
    PAYMENTS,
    PAYMENT_ITEMS,
    SETTLEMENTS
};

static enum tally_code list_page(enum list list, const struct store_page *page)
{
    bool found = false;
    switch (list) {
    case ACTORS:
        return store_list_actors(pg, page, &out, &err);
    case KEYS:
        return store_list_keys(pg, SLICE("a"), page, &out, &found, &err);
    case INDICATORS:
        return store_list_indicators(pg, page, &out, &err);
    case CONTRACTS:
        return store_list_contracts(pg, SLICE("a"), page, &out, &err);
    case PARTIES:
        return store_list_signatures(pg, SLICE("c-00"), page, &out, &found, &err);
    case RESULTS:
        return store_list_results(pg, &(struct store_result_filter){.indicator = SLICE("i")}, page, &out, &err);
    case ITEMS:
        return store_read_result(pg, 100, page, &out, &found, &err);
    case VERIFICATIONS:
        return store_list_verifications(pg, 100, page, &out, &found, &err);
    case PAYMENTS:
        return store_list_payments(pg, &(struct store_payment_filter){.as_of = STORE_NOW}, page, &out, &err);
    case PAYMENT_ITEMS:
        return store_list_payment_items(pg, 200, page, &out, &found, &err);
    case SETTLEMENTS:
        return store_list_settlements(pg, 200, page, &out, &found, &err);
    }
    return TALLY_E_BUG;
}

#define MANY 11

static struct slice numbered(const char *prefix, int i)
{
    return arena_printf(memory, "%s%02d", prefix, i);
}

/* Eleven of each, in an order that is not that of the list. */
static void record_many(void)
{
    for (int n = 0; n < MANY; n++) {
        int i = (n * 7) % MANY;
        uint64_t u = (uint64_t) i;
        struct row_actor actor = backbone;
        actor.id = numbered("a-", i);
        struct row_key key = key_a;
        key.actor = SLICE("a");
        key.kid = arena_printf(memory, "%043d", i);
        key.added_seq = 10 + u / 2; /* two at a time: the kid decides */
        struct row_indicator indicator = jail_days;
        indicator.slug = i < 5 ? SLICE("i") : SLICE("i.i");
        indicator.version = (uint32_t) i + 1;
        struct row_contract contract = rikers;
        contract.id = numbered("c-", i);
        struct row_party in_each = city, in_one = city;
        in_each.contract = contract.id;
        in_each.actor = SLICE("a");
        in_each.place = 100;
        in_one.contract = SLICE("c-00");
        in_one.party = numbered("p-", i);
        in_one.place = (uint32_t) i;
        struct row_result result = ninety_one;
        result.seq = 100;
        result.item = (uint32_t) i;
        result.indicator = SLICE("i");
        result.dimensions = arena_printf(memory, "{\"n\":\"%d\"}", i);
        struct row_verification verification = {.result_seq = 100, .item = 0, .actor = actor.id, .seq = 150 + u};
        struct row_payment pay = payment;
        pay.seq = 200 + u;
        struct row_payment_item part = {
            .payment_seq = 200, .key = numbered("k-", i), .difference = SLICE("1"), .stands = SLICE("1")};
        struct row_settlement settle = settlement;
        settle.seq = 300 + u;
        settle.payment_seq = 200;
        RECORD(1, actors, actor, actor);
        RECORD(1, keys, key, key);
        RECORD(1, indicators, indicator, indicator);
        RECORD(1, contracts, contract, contract);
        RECORD(1, parties, party, in_each, in_one);
        RECORD(1, results, result, result);
        RECORD(1, verifications, verification, verification);
        RECORD(1, payments, payment, pay);
        RECORD(1, payment_items, payment_item, part);
        RECORD(1, settlements, settlement, settle);
    }
    commit();
}

/* Walks a list page by page and compares it with the list in one page. */
static void walk(enum list list, uint32_t limit)
{
    ok(list_page(list, &all));
    json_t *whole = parsed(), *items = json_object_get(whole, "items");
    struct slice cursor = {NULL, 0};
    size_t seen = 0;
    assert_true(json_array_size(items) >= 5);
    assert_true(json_is_null(json_object_get(whole, "next")));
    do {
        ok(list_page(list, &(struct store_page){.cursor = cursor, .limit = limit}));
        json_t *page = parsed(), *next = json_object_get(page, "next"), *one;
        size_t i;
        assert_true(json_array_size(json_object_get(page, "items")) <= limit);
        json_array_foreach(json_object_get(page, "items"), i, one)
            assert_true(json_equal(one, json_array_get(items, seen + i)));
        seen += json_array_size(json_object_get(page, "items"));
        cursor = json_is_string(next) ? kept(slice_str(json_string_value(next))) : (struct slice){NULL, 0};
        json_decref(page);
    } while (cursor.len != 0);
    assert_int_equal(seen, json_array_size(items));
    json_decref(whole);
}

static void pages_follow_each_other_without_gap_or_double(void **state)
{
    (void) state;
    record_many();
    for (enum list list = ACTORS; list <= SETTLEMENTS; list++)
        for (uint32_t limit = 1; limit <= MANY + 1; limit += list == INDICATORS ? 1 : 5)
            walk(list, limit);
}

static void a_cursor_of_another_list_or_of_nobody_is_malformed(void **state)
{
    (void) state;
    record_many();
    static const struct slice bad[] = {SLICE("="),
                                       SLICE("!"),
                                       SLICE("YQ"),                  /* a */
                                       SLICE("eg"),                  /* z */
                                       SLICE("ejEuMQ"),              /* z1.1: no list has this letter */
                                       SLICE("ci0xLjA"),             /* r-1.0 */
                                       SLICE("cjEuOTk5OTk5OTk5OTk"), /* r1.99999999999 */
                                       SLICE("YXRw_w")};             /* atp and a byte that is no text */
    for (enum list list = ACTORS; list <= SETTLEMENTS; list++)
        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
            is_code(list_page(list, &(struct store_page){.cursor = bad[i], .limit = 10}), TALLY_E_MALFORMED);
    for (enum list from = ACTORS; from <= SETTLEMENTS; from++) {
        ok(list_page(from, &(struct store_page){.limit = 1}));
        json_t *page = parsed();
        struct slice cursor = slice_str(json_string_value(json_object_get(page, "next")));
        for (enum list to = ACTORS; to <= SETTLEMENTS; to++)
            if (to != from)
                is_code(list_page(to, &(struct store_page){.cursor = cursor, .limit = 1}), TALLY_E_MALFORMED);
        json_decref(page);
    }
    assert_int_equal(out.len, 0);
}

/* ---- what the database itself holds ---- */

static void the_service_may_change_only_what_is_replaced(void **state)
{
    (void) state;
    record_all();
    commit();
    static const char *const refused[] = {
        "UPDATE outcomes.payment SET amount = '1.00'",
        "UPDATE outcomes.result SET value = '1'",
        "UPDATE outcomes.contract SET text = ''",
        "UPDATE outcomes.party SET actor = 'city-clerk'",
        "UPDATE outcomes.actor_key SET x = x",
        "UPDATE outcomes.actor SET is_operator = true",
        "DELETE FROM outcomes.result",
        "DELETE FROM outcomes.payment",
        "TRUNCATE outcomes.settlement",
    };
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
        is_code(pg_exec_text(pg, refused[i], NULL, &err), TALLY_E_DENIED);
}

static void rows_that_cannot_be_are_refused_by_the_tables(void **state)
{
    (void) state;
    struct row_actor actor = backbone;
    actor.id = SLICE("No Id");
    RECORD(1, actors, actor, actor);
    is_code(try_commit(), TALLY_E_DATABASE);
    struct row_payment negative = payment;
    negative.amount = SLICE("-1.00");
    RECORD(1, payments, payment, negative);
    is_code(try_commit(), TALLY_E_DATABASE);
    struct row_key backwards = key_a;
    backwards.revoked_seq = backwards.added_seq;
    RECORD(1, keys, key, backwards);
    is_code(try_commit(), TALLY_E_DATABASE);
    struct row_contract unsigned_yet = rikers;
    unsigned_yet.state = CONTRACT_IN_FORCE;
    RECORD(1, contracts, contract, unsigned_yet);
    is_code(try_commit(), TALLY_E_DATABASE);
    struct row_result neither = ninety_one;
    neither.indicator = SLICE("");
    RECORD(1, results, result, neither);
    is_code(try_commit(), TALLY_E_DATABASE);
}

static void names_and_keys_too_long_for_an_index_are_no_obstacle(void **state)
{
    (void) state;
    char *random = arena_alloc(memory, 20001);
    assert_non_null(random);
    uint32_t x = 1; /* so that it does not compress below the size of an index row */
    for (int i = 0; i < 20000; i++) {
        x = x * 1664525u + 1013904223u;
        random[i] = (char) ('a' + (x >> 24) % 26);
    }
    struct slice name = slice_of(random, 20000);
    struct row_party party = city;
    party.party = name;
    struct row_metric metric = days;
    metric.metric = name;
    struct row_final final_row = final;
    final_row.metric = final_row.key = name;
    struct row_instance long_instance = instance;
    long_instance.rule = long_instance.key = name;
    struct row_payment pay = payment;
    pay.rule = pay.from_party = name;
    struct row_payment_item part = item;
    part.key = name;
    struct row_result result = figure;
    result.metric = result.dimensions = name;
    result.dimensions = arena_printf(memory, "{\"a\":\"%.*s\"}", SLICE_ARG(name));
    RECORD(7, contracts, contract, rikers);
    RECORD(7, parties, party, party);
    RECORD(7, metrics, metric, metric);
    RECORD(7, finals, final, final_row);
    RECORD(7, instances, instance, long_instance);
    RECORD(7, payments, payment, pay);
    RECORD(7, payment_items, payment_item, part);
    RECORD(7, results, result, result);
    commit();
    wanted(NEED_CONTRACT, "rikers-able", 0);
    load();
    SAME(model->instances[0], long_instance, key);
    SAME(model->finals[0], final_row, metric);
}

/* ---- plans ---- */

/* EXPLAIN of a statement with these arguments, as a plan for any parameters. */
static char *plan(const struct pg_statement *statement, const char *arguments)
{
    struct pg_rows *rows = NULL;
    struct buf sql;
    buf_init(&sql, 1u << 20);
    buf_printf(&sql, "PREPARE planned AS %s", statement->sql);
    ok(pg_exec_text(owner, sql.ptr, NULL, &err));
    buf_clear(&sql);
    buf_printf(&sql, "EXPLAIN (COSTS OFF) EXECUTE planned%s", arguments);
    ok(pg_exec_text(owner, sql.ptr, &rows, &err));
    buf_clear(&sql);
    for (int i = 0; i < pg_rows_count(rows); i++) {
        buf_add_slice(&sql, pg_get_bytes(rows, i, 0));
        buf_add_char(&sql, '\n');
    }
    pg_rows_free(rows);
    ok(pg_exec_text(owner, "DEALLOCATE planned", NULL, &err));
    char *text = arena_strdup(memory, buf_slice(&sql));
    assert_non_null(text);
    buf_release(&sql);
    return text;
}

static void fill(void)
{
    ok(pg_exec_text(
        owner,
        "INSERT INTO outcomes.result SELECT g, 0, 'ind-' || g % 200, 1, NULL, NULL, '{\"n\":\"' || g || '\"}', '1',"
        " 'author-' || g % 50, '2026-01-01Z', false, sha256(('k' || g)::bytea) FROM generate_series(1, 100000) AS g;"
        "INSERT INTO outcomes.verification SELECT g, 0, 'v', 200000 + g FROM generate_series(1, 100000) AS g;"
        "INSERT INTO outcomes.contract_metric SELECT 'c-' || g, 0, 'm', 'ind-' || g % 200, 1 FROM generate_series(1, 5000) "
        "AS g;"
        "INSERT INTO outcomes.indicator SELECT 'ind-' || g, 1, g, sha256('e'), '', '', '', 'output', false, 'a'"
        "  FROM generate_series(0, 9999) AS g;"
        "INSERT INTO outcomes.final SELECT 'c-' || g % 5000, 'm', g, 0, 'k', 300000 FROM generate_series(1, 100000) AS g;"
        "INSERT INTO outcomes.instance SELECT 'c-' || g % 5000, sha256(g::text::bytea), 'r', g::text, '1', 1, 'infinity'"
        "  FROM generate_series(1, 100000) AS g;"
        "INSERT INTO outcomes.payment SELECT g, 1, 1, 'c-' || g % 5000, 'r', 'a', 'b', 'from-' || g % 500, 'to-' || g % "
        "500,"
        "  'USD', '1', false, 1, '2026-01-01', '2026-01-01', '0' FROM generate_series(1, 100000) AS g;"
        "INSERT INTO outcomes.payment_item SELECT g, 0, 'k', '1', '1' FROM generate_series(1, 100000) AS g;"
        "INSERT INTO outcomes.settlement SELECT 200000 + g, g, '1', 'r', 'a', '2026-01-01' FROM generate_series(1, 100000) "
        "AS g;"
        "INSERT INTO outcomes.actor SELECT 'a-' || g, 'person', '', false, false, NULL, g FROM generate_series(1, 20000) "
        "AS g;"
        "INSERT INTO outcomes.actor_key SELECT lpad(g::text, 43, '0'), 'a-' || g, lpad(g::text, 43, '0'), g, NULL"
        "  FROM generate_series(1, 20000) AS g;"
        "INSERT INTO outcomes.contract SELECT 'c-' || g, 's', 't', 'text', 'a-1', 1, sha256('v'), sha256('t'), '{}', true, "
        "g, NULL,"
        "  NULL, 'proposed', CASE WHEN g % 100 = 0 THEN timestamptz '2026-01-01Z' + g * interval '1 hour' END, 1"
        "  FROM generate_series(1, 5000) AS g;"
        "INSERT INTO outcomes.party SELECT 'c-' || g, 0, 'p', 'investor', '', 'a-' || g % 2000, lpad('', 43, 'k'), NULL"
        "  FROM generate_series(1, 5000) AS g;"
        "ANALYZE",
        NULL, &err));
}

static void no_statement_that_must_be_quick_goes_through_a_whole_table(void **state)
{
    (void) state;
    static const struct {
        const struct pg_statement *statement;
        const char *arguments;
        const char *index;
    } quick[] = {
        {&sql_outcomes_load_keys, "(ARRAY['x'])", "actor_key_pkey"},
        {&sql_outcomes_load_actors, "(ARRAY['x'])", "actor_pkey"},
        {&sql_outcomes_load_indicators, "(ARRAY['x'])", "indicator_pkey"},
        {&sql_outcomes_load_users, "(ARRAY['x'], ARRAY[1])", "contract_metric_indicator"},
        {&sql_outcomes_load_contracts, "(ARRAY['x'])", "contract_pkey"},
        {&sql_outcomes_load_parties, "(ARRAY['x'])", "party_pkey"},
        {&sql_outcomes_load_metrics, "(ARRAY['x'])", "contract_metric_pkey"},
        {&sql_outcomes_load_instances, "(ARRAY['x'])", "instance_pkey"},
        {&sql_outcomes_load_finals, "(ARRAY['x'])", "final_result"},
        {&sql_outcomes_load_contract_results, "(ARRAY['x'])", "result_indicator"},
        {&sql_outcomes_load_contract_verifications, "(ARRAY['x'])", "verification_pkey"},
        {&sql_outcomes_load_results, "(ARRAY[1])", "result_pkey"},
        {&sql_outcomes_load_verifications, "(ARRAY[1])", "verification_pkey"},
        {&sql_outcomes_load_result_keys, "(ARRAY['x'])", "result_key"},
        {&sql_outcomes_load_payments, "(ARRAY[1])", "payment_pkey"},
        {&sql_outcomes_load_due_contracts, "('2026-01-01Z')", "contract_moment"},
        {&sql_outcomes_load_next_moment, "('2026-01-01Z')", "contract_moment"},
        {&sql_outcomes_newest_key_change, "", "actor_key_revoked"},
        {&sql_outcomes_read_actor, "('x')", "actor_pkey"},
        {&sql_outcomes_read_contract, "('x', 1)", "contract_pkey"},
        {&sql_outcomes_read_result, "(1)", "result_pkey"},
        {&sql_outcomes_read_payment, "(1, 1)", "settlement_payment"},
        {&sql_outcomes_list_actors, "('', 101)", "actor_pkey"},
        {&sql_outcomes_list_keys, "('x', -1, '', 101)", "actor_key_actor"},
        {&sql_outcomes_list_contracts, "('', 101, 'x')", "party_actor"},
        {&sql_outcomes_list_signatures, "('x', -1, 101)", "party_pkey"},
        {&sql_outcomes_list_results, "(-1, 0, 101, 'x', NULL, NULL, NULL)", "result_author"},
        {&sql_outcomes_list_result_items, "(1, -1, 101)", "final_result"},
        {&sql_outcomes_list_verifications, "(1, -1, 101)", "verification_pkey"},
        {&sql_outcomes_list_payments, "(-1, 101, 1, NULL, 'x')", "payment_from"},
        {&sql_outcomes_list_payment_items, "(1, -1, 101)", "payment_item_pkey"},
        {&sql_outcomes_list_settlements, "(1, -1, 101)", "settlement_payment"},
    };
    fill();
    ok(pg_exec_text(owner, "SET plan_cache_mode = force_generic_plan", NULL, &err));
    for (size_t i = 0; i < sizeof(quick) / sizeof(quick[0]); i++) {
        const char *text = plan(quick[i].statement, quick[i].arguments);
        if (strstr(text, "Seq Scan") != NULL || strstr(text, quick[i].index) == NULL)
            fail_msg("%s goes another way than by %s:\n%s", quick[i].statement->name, quick[i].index, text);
    }
    ok(pg_exec_text(owner, "RESET plan_cache_mode", NULL, &err));
}

static void a_plan_made_while_a_table_was_empty_uses_the_index_too(void **state)
{
    (void) state;
    ok(pg_exec_text(owner, "ANALYZE outcomes.result; SET plan_cache_mode = force_generic_plan; BEGIN", NULL, &err));
    ok(pg_exec_text(owner, sql_outcomes_load_with_indexes.sql, NULL, &err));
    const char *keys = plan(&sql_outcomes_load_result_keys, "(ARRAY['x'])");
    const char *results = plan(&sql_outcomes_load_contract_results, "(ARRAY['x'])");
    ok(pg_exec_text(owner, "COMMIT; RESET plan_cache_mode", NULL, &err));
    assert_null(strstr(keys, "Seq Scan"));
    assert_null(strstr(results, "Seq Scan"));
}

#define T(name) cmocka_unit_test_setup_teardown(name, before, after)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(an_actor_and_its_key_come_back_as_they_were),
        T(an_indicator_comes_back_with_all_its_versions),
        T(a_contract_comes_back_with_all_that_evaluation_needs),
        T(a_payment_comes_back_as_it_was),
        cmocka_unit_test_teardown(the_last_row_of_an_identity_counts_within_a_batch_and_after_it, after),
        T(what_is_recorded_does_not_borrow_from_the_decision),
        T(thousands_of_instances_in_one_batch_are_told_apart),
        T(a_dropped_batch_leaves_nothing_and_the_model_forgets),
        T(a_second_result_of_one_key_is_a_conflict_and_takes_the_batch_with_it),
        T(what_does_not_exist_is_looked_up_all_the_same),
        T(nothing_needed_is_nothing_asked),
        T(users_of_an_indicator_are_those_of_that_version),
        T(results_are_found_by_statement_with_their_verifications),
        T(keys_of_results_are_found_for_indicators_and_figures),
        T(contracts_that_are_due_are_found_and_the_next_moment),
        T(loading_goes_on_after_the_connection_broke),
        T(a_preview_loads_all_by_itself),
        T(actors_and_keys_read_as_said),
        T(indicators_read_as_said),
        T(a_contract_reads_as_it_stood_after_an_entry),
        T(contracts_are_listed_whole_or_by_party),
        T(results_read_as_said),
        T(filters_of_results_hold_alone_and_together),
        T(verifications_are_grouped_by_their_statement),
        T(a_payment_reads_as_it_stood_after_an_entry),
        T(payments_are_found_by_contract_and_by_who_pays_or_is_paid),
        T(what_does_not_exist_is_not_found),
        T(the_edge_finds_a_key_with_its_actor_and_a_payment),
        T(pages_follow_each_other_without_gap_or_double),
        T(a_cursor_of_another_list_or_of_nobody_is_malformed),
        T(the_service_may_change_only_what_is_replaced),
        T(rows_that_cannot_be_are_refused_by_the_tables),
        T(names_and_keys_too_long_for_an_index_are_no_obstacle),
        T(no_statement_that_must_be_quick_goes_through_a_whole_table),
        T(a_plan_made_while_a_table_was_empty_uses_the_index_too),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
