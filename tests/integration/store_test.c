/* The write side of contracts/store, and what its tables hold and how they are reached. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "queries.h"
#include "store_fixture.h"
#include "tally/mem.h"

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
    ok(store_queue_load(store, pg, batch, commands, 1, AT(0), false, &any, &err));
    assert_true(any);
    ok(pg_pipeline_run(pg, &err));
    ok(store_take_load(store, &err));
    arena_clear(batch);
    for (int i = 0; i < model->wanted_count; i++)
        assert_true(model->is_loaded[i]);
}

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
        const struct row_actor *b = slice_equal(a->id, backbone.id) ? &backbone : &clerk;
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
    EQUAL(*a, *b, is_full);
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
    EQUAL(*a, *b, is_withdrawal);
    EQUAL(*a, *b, of_seq);
    EQUAL(*a, *b, of_item);
    EQUAL(*a, *b, first_seq);
    EQUAL(*a, *b, first_item);
    EQUAL(*a, *b, first_time.us);
    EQUAL(*a, *b, prev_seq);
}

static void a_contract_comes_back_with_all_that_evaluation_needs(void **state)
{
    (void) state;
    struct row_result other = ninety_one, other_version = ninety_one;
    other.seq = other.first_seq = 26;
    other.indicator = SLICE("other");
    other_version.seq = other_version.first_seq = 27;
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
    EQUAL(model->metrics[0], days, text_seq);
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
    EQUAL(model->verifications[0], verified, time.us);
    assert_int_equal(model->verifications[1].item, 2);
    assert_int_equal(model->finals_count, 1);
    SAME(model->finals[0], final, contract);
    SAME(model->finals[0], final, metric);
    SAME(model->finals[0], final, key);
    EQUAL(model->finals[0], final, result_seq);
    EQUAL(model->finals[0], final, item);
    EQUAL(model->finals[0], final, seq);
    EQUAL(model->finals[0], final, first_seq);
    EQUAL(model->finals[0], final, began_seq);
    EQUAL(model->finals[0], final, time.us);
    EQUAL(model->finals[0], final, is_none);
    assert_int_equal(model->finals[0].replaced.len, 0);
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
        contract.is_full = true;
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
    struct row_actor actor = clerk;
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

static void an_amendment_comes_back_with_its_signers(void **state)
{
    (void) state;
    struct row_amendment in_force = second_text;
    struct row_signer signed_city = new_city;
    struct row_metric amended = days;
    struct row_final second = final;
    in_force.in_force_seq = 45;
    signed_city.party.signed_seq = 41;
    amended.text_seq = 40;
    second.version = 2;
    second.seq = 46;
    record_all();
    RECORD(40, amendments, amendment, second_text);
    RECORD(40, signers, signer, new_city, old_city);
    RECORD(40, metrics, metric, amended);
    RECORD(41, signers, signer, signed_city); /* replaced within the batch, and below after it */
    commit();
    RECORD(44, amendments, amendment, in_force);
    RECORD(44, finals, final, second);
    commit();
    wanted(NEED_CONTRACT, "rikers-able", 0);
    load();
    assert_int_equal(model->amendments_count, 1);
    const struct row_amendment *row = &model->amendments[0];
    SAME(*row, in_force, contract);
    SAME(*row, in_force, title);
    SAME(*row, in_force, text);
    SAME(*row, in_force, manifest);
    SAME(*row, in_force, proposed_by);
    EQUAL(*row, in_force, seq);
    EQUAL(*row, in_force, version);
    EQUAL(*row, in_force, in_force_seq);
    assert_memory_equal(row->version_hash, in_force.version_hash, 32);
    assert_memory_equal(row->terms_hash, in_force.terms_hash, 32);
    assert_int_equal(model->signers_count, 2);
    SAME(model->signers[0].party, signed_city.party, actor);
    SAME(model->signers[0].party, signed_city.party, label);
    EQUAL(model->signers[0].party, signed_city.party, signed_seq);
    assert_false(model->signers[0].is_leaving);
    assert_true(model->signers[1].is_leaving);
    assert_int_equal(model->signers[1].amendment_seq, 40);
    assert_int_equal(model->signers[1].party.place, 1);
    assert_true(model->signers[1].party.signed_seq == ROW_NO_SEQ);
    assert_int_equal(model->metrics_count, 3);
    assert_int_equal(model->metrics[2].text_seq, 40);
    assert_int_equal(model->finals_count, 2);
    assert_int_equal(model->finals[1].version, 2);
}

static void what_contracts_take_of_each_other_comes_back(void **state)
{
    (void) state;
    const struct row_use use = {.contract = SLICE("rikers-able"),
                                .text_seq = 7,
                                .place = 1,
                                .used = SLICE("other"),
                                .used_version = 2,
                                .as_amended = true};
    struct row_figure taken = {.contract = SLICE("rikers-able"),
                               .metric = SLICE("days"),
                               .key = SLICE("a|b"),
                               .version = 1,
                               .standing = FIGURE_KNOWN,
                               .value = SLICE("1/3"),
                               .reason = SLICE(""),
                               .was_known = true};
    struct row_figure later = taken, blocked = taken;
    later.version = 2;
    blocked.standing = FIGURE_BLOCKED;
    blocked.value = SLICE("");
    blocked.reason = SLICE("days(a) is disputed");
    record_all();
    RECORD(7, uses, use, use);
    RECORD(22, figures, figure, taken, later, blocked); /* replaced within the batch */
    commit();
    later.standing = FIGURE_UNKNOWN;
    later.was_known = false;
    later.has_closed = true;
    RECORD(23, figures, figure, later); /* and after it */
    commit();
    wanted(NEED_CONTRACT, "rikers-able", 0);
    wanted(NEED_USES, "other", 0);
    wanted(NEED_VERSION, "ab01000000000000000000000000000000000000000000000000000000000000", 0);
    load();
    assert_int_equal(model->uses_count, 1);
    SAME(model->uses[0], use, contract);
    SAME(model->uses[0], use, used);
    EQUAL(model->uses[0], use, text_seq);
    EQUAL(model->uses[0], use, place);
    EQUAL(model->uses[0], use, used_version);
    EQUAL(model->uses[0], use, as_amended);
    assert_int_equal(model->figures_count, 2);
    const struct row_figure *first = &model->figures[model->figures[0].version == 1 ? 0 : 1];
    const struct row_figure *second = &model->figures[model->figures[0].version == 1 ? 1 : 0];
    SAME(*first, blocked, reason);
    SAME(*first, blocked, value);
    SAME(*first, blocked, key);
    EQUAL(*first, blocked, standing);
    assert_true(first->was_known);
    assert_false(first->has_closed);
    EQUAL(*second, later, standing);
    assert_false(second->was_known);
    assert_true(second->has_closed);
    assert_int_equal(model->version_count, 1);
    assert_true(slice_is(model->version_contract, "rikers-able"));
}

static void nothing_needed_is_nothing_asked(void **state)
{
    (void) state;
    bool any = true;
    ok(pg_pipeline_begin(pg, false, &err));
    ok(store_queue_load(store, pg, batch, NULL, 0, AT(0), false, &any, &err));
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
    assert_string_equal(model->result_keys[0], "jail-days|1|{\"arm\":\"programme\"}|rikers-backbone 20.0");
    assert_string_equal(model->result_keys[1], "|rikers-able|served|{}|city-clerk 21.2");
}

/* What restates and withdraws ninety_one: entries 40 and 41. */
static void record_chain(void)
{
    struct row_result restated = ninety_one, withdrawn = ninety_one;
    restated.seq = 40;
    restated.item = 1;
    restated.of_seq = restated.prev_seq = 20;
    restated.value = SLICE("95");
    withdrawn.seq = 41;
    withdrawn.of_seq = withdrawn.prev_seq = 40;
    withdrawn.of_item = 1;
    withdrawn.value = SLICE("95");
    withdrawn.is_withdrawal = true;
    RECORD(40, results, result, restated, withdrawn);
}

static void a_chain_comes_back_whole_and_by_its_newest(void **state)
{
    (void) state;
    record_all();
    record_chain();
    commit();
    wanted(NEED_RESULT, "", 20);
    wanted(NEED_RESULT_KEY, "jail-days|1|{\"arm\":\"programme\"}|rikers-backbone", 0);
    load();
    assert_int_equal(model->results_count, 2); /* itself, and what replaced it */
    same_result(&model->results[0], &ninety_one);
    assert_true(model->results[1].seq == 40 && model->results[1].of_seq == 20 && model->results[1].first_seq == 20);
    assert_true(model->results[1].first_time.us == ninety_one.time.us);
    assert_string_equal(model->result_keys[0], "jail-days|1|{\"arm\":\"programme\"}|rikers-backbone 41.0 withdrawn");
    struct row_result twice = ninety_one;
    twice.seq = 42;
    twice.of_seq = twice.prev_seq = 20;
    RECORD(42, results, result, twice);
    is_code(try_commit(), TALLY_E_CONFLICT); /* it is replaced already */
    struct row_result anew = ninety_one;
    anew.seq = anew.first_seq = 43;
    anew.prev_seq = 41;
    RECORD(43, results, result, anew);
    commit();
    /* who reports for it by an amendment restates it too: it follows nothing of its own key */
    struct row_result another = ninety_one;
    another.seq = another.first_seq = 44;
    another.author = SLICE("city-clerk");
    another.of_seq = 43;
    another.value = SLICE("96");
    RECORD(44, results, result, another);
    commit();
    wanted(NEED_RESULT, "", 44);
    load();
    assert_int_equal(model->results_count, 3);
    same_result(&model->results[2], &another);
}

static const struct row_dispute disputed = {.seq = 50,
                                            .contract = SLICE("rikers-able"),
                                            .result_seq = 20,
                                            .item = 0,
                                            .actor = SLICE("city-clerk"),
                                            .reason = SLICE("Counted \"twice\""),
                                            .time = {INT64_C(1767225600000005)},
                                            .lapses = {INT64_C(1772409600000000)}};
static const struct row_decision decided = {.dispute_seq = 50,
                                            .contract = SLICE("rikers-able"),
                                            .result_seq = 20,
                                            .item = 0,
                                            .kind = DECISION_REPLACED,
                                            .value = SLICE("93"),
                                            .seq = 51};

static void disputes_and_what_became_of_them_come_back_as_they_were(void **state)
{
    (void) state;
    struct row_dispute never = disputed;
    never.item = 1;
    never.lapses.us = INT64_MAX;
    never.reason = SLICE("");
    struct row_decision lapsed = decided;
    lapsed.item = 1;
    lapsed.kind = DECISION_ANNULLED;
    lapsed.value = SLICE("");
    lapsed.is_lapsed = true;
    struct row_final replaced = final, none = final;
    replaced.seq = 51;
    replaced.replaced = SLICE("93");
    none.seq = 52;
    none.is_none = true;
    record_all();
    RECORD(50, disputes, dispute, disputed, never);
    RECORD(51, decisions, decision, decided, lapsed);
    RECORD(51, finals, final, replaced, none);
    commit();
    wanted(NEED_CONTRACT, "rikers-able", 0);
    load();
    assert_int_equal(model->disputes_count, 2);
    SAME(model->disputes[0], disputed, contract);
    SAME(model->disputes[0], disputed, actor);
    SAME(model->disputes[0], disputed, reason);
    EQUAL(model->disputes[0], disputed, seq);
    EQUAL(model->disputes[0], disputed, result_seq);
    EQUAL(model->disputes[0], disputed, item);
    EQUAL(model->disputes[0], disputed, time.us);
    EQUAL(model->disputes[0], disputed, lapses.us);
    assert_true(model->disputes[1].lapses.us == INT64_MAX);
    assert_int_equal(model->decisions_count, 2);
    SAME(model->decisions[0], decided, contract);
    SAME(model->decisions[0], decided, value);
    EQUAL(model->decisions[0], decided, dispute_seq);
    EQUAL(model->decisions[0], decided, result_seq);
    EQUAL(model->decisions[0], decided, kind);
    EQUAL(model->decisions[0], decided, seq);
    assert_true(model->decisions[1].is_lapsed && model->decisions[1].kind == DECISION_ANNULLED);
    assert_int_equal(model->finals_count, 3);
    SAME(model->finals[1], replaced, replaced);
    assert_true(model->finals[2].is_none);
    model_anew();
    wanted(NEED_DISPUTE, "", 50);
    load();
    assert_int_equal(model->disputes_count, 2);
}

static void who_joined_and_what_was_settled_come_with_their_contract(void **state)
{
    (void) state;
    const struct row_accession north = {.contract = SLICE("rikers-able"),
                                        .class_name = SLICE("facility"),
                                        .actor = SLICE("north"),
                                        .kid = SLICE(KID_A),
                                        .seq = 30};
    struct row_accession south = north, other = north;
    south.actor = SLICE("south");
    south.seq = 31;
    other.contract = SLICE("other");
    record_all();
    RECORD(31, accessions, accession, north, south, other);
    commit();
    wanted(NEED_CONTRACT, "rikers-able", 0);
    load();
    assert_int_equal(model->accessions_count, 2);
    SAME(model->accessions[0], north, contract);
    SAME(model->accessions[0], north, class_name);
    SAME(model->accessions[0], north, actor);
    SAME(model->accessions[0], north, kid);
    EQUAL(model->accessions[0], north, seq);
    assert_int_equal(model->settlements_count, 1);
    SAME(model->settlements[0], settlement, amount);
    SAME(model->settlements[0], settlement, reference);
    SAME(model->settlements[0], settlement, recorded_by);
    EQUAL(model->settlements[0], settlement, seq);
    EQUAL(model->settlements[0], settlement, payment_seq);
    EQUAL(model->settlements[0], settlement, paid_on);
    SAME(model->settlements[0], payment, contract);
    SAME(model->settlements[0], payment, rule);
    EQUAL(model->settlements[0], payment, is_owed_back);
    model_anew();
    wanted(NEED_PARTIES, "rikers-able", 0);
    load();
    assert_int_equal(model->accessions_count, 2);
    assert_int_equal(model->settlements_count, 0);
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
    ok(store_queue_load(store, pg, batch, commands, 1, AT(0), false, &any, &err));
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

/* ---- memory ---- */

static enum tally_code record_and_commit(void)
{
    struct row_result results[] = {ninety_one, figure};
    struct row_contract contract = rikers;
    struct row_instance instances[] = {instance, instance};
    instances[1].key = SLICE("other");
    enum tally_code rc = store_record(store, 20,
                                      &(struct changes){.results = results,
                                                        .results_count = 2,
                                                        .contracts = &contract,
                                                        .contracts_count = 1,
                                                        .instances = instances,
                                                        .instances_count = 2},
                                      &err);
    if (rc == TALLY_OK)
        rc = try_commit();
    else
        store_settle(store, false);
    return rc;
}

static void every_allocation_may_fail_while_a_batch_is_written(void **state)
{
    (void) state;
    enum tally_code rc = TALLY_E_BUG;
    uint64_t n = 0;
    model_anew(); /* with nothing allocated yet */
    while (rc != TALLY_OK) {
        assert_true(++n < 200);
        mem_fail_after(n);
        rc = record_and_commit();
        mem_fail_after(0);
        if (rc != TALLY_OK && rc != TALLY_E_NO_MEMORY && rc != TALLY_E_LIMIT)
            fail_msg("allocation %d: %s: %s", (int) n, err_code_name(rc), err.detail);
    }
    assert_true(n > 3);
    wanted(NEED_CONTRACT, "rikers-able", 0);
    load();
    assert_int_equal(model->instances_count, 2);
    assert_int_equal(model->results_count, 1); /* the figure: there is no metric of the other */
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
        "INSERT INTO outcomes.verification SELECT g, 0, 'v', 200000 + g, '2026-01-01Z' FROM generate_series(1, 100000) AS "
        "g;"
        "INSERT INTO outcomes.contract_metric SELECT 'c-' || g, 0, 'm', 'ind-' || g % 200, 1, g FROM generate_series(1, "
        "5000) "
        "AS g;"
        "INSERT INTO outcomes.indicator SELECT 'ind-' || g, 1, g, sha256('e'), '', '', '', 'output', false, 'a'"
        "  FROM generate_series(0, 9999) AS g;"
        "INSERT INTO outcomes.final SELECT 'c-' || g % 5000, 'm', g, 0, 'k', 300000, g, 300000, '2026-01-01Z'"
        "  FROM generate_series(1, 100000) AS g;"
        "INSERT INTO outcomes.dispute SELECT 400000 + g, 0, 'c-' || g % 5000, g, 'a', 'r', '2026-01-01Z', NULL, g % 2 = 0"
        "  FROM generate_series(1, 100000) AS g;"
        "INSERT INTO outcomes.decision SELECT 400000 + g, 0, 'c-' || g % 5000, g, 'stands', false, NULL, 500000 + g"
        "  FROM generate_series(1, 100000) AS g;"
        "SELECT",
        NULL, &err));
    ok(pg_exec_text(
        owner,
        "INSERT INTO outcomes.instance SELECT 'c-' || g % 5000, sha256(g::text::bytea), 'r', g::text, '1', 1, 'infinity'"
        "  FROM generate_series(1, 100000) AS g;"
        "INSERT INTO outcomes.payment SELECT g, 1, 1, 'c-' || g % 5000, 'r', 'a', 'b', 'from-' || g % 500, 'to-' || g % "
        "500,"
        "  'USD', '1', false, 1, '2026-01-01', '2026-01-01', '0', g % 2 = 0 FROM generate_series(1, 100000) AS g;"
        "INSERT INTO outcomes.payment_item SELECT g, 0, 'k', '1', '1' FROM generate_series(1, 100000) AS g;"
        "INSERT INTO outcomes.explanation SELECT g, sha256('x'), '{}' FROM generate_series(1, 100000) AS g;"
        "INSERT INTO outcomes.settlement SELECT 200000 + g, g, '1', 'r', 'a', '2026-01-01' FROM generate_series(1, 100000) "
        "AS g;"
        "INSERT INTO outcomes.accession SELECT 'c-' || g % 5000, g, 'class', 'a-' || g, lpad('', 43, 'k')"
        "  FROM generate_series(1, 20000) AS g;"
        "INSERT INTO outcomes.actor SELECT 'a-' || g, 'person', '', false, false, NULL, g FROM generate_series(1, 20000) "
        "AS g;"
        "INSERT INTO outcomes.actor_key SELECT lpad(g::text, 43, '0'), 'a-' || g, lpad(g::text, 43, '0'), g, NULL"
        "  FROM generate_series(1, 20000) AS g;"
        "INSERT INTO outcomes.contract SELECT 'c-' || g, 's', 't', 'text', 'a-1', 1, sha256(('v' || g)::bytea), "
        "sha256(('t' || g)::bytea), '{}', true, "
        "g, NULL,"
        "  NULL, 'proposed', CASE WHEN g % 100 = 0 THEN timestamptz '2026-01-01Z' + g * interval '1 hour' END, 1"
        "  FROM generate_series(1, 5000) AS g;"
        "INSERT INTO outcomes.contract_use SELECT 'c-' || g, g, 0, 'c-' || g % 500, 1, false FROM generate_series(1, 5000) "
        "AS g;"
        "INSERT INTO outcomes.figure SELECT 'c-' || g % 5000, sha256(g::text::bytea), 1, 'm', g::text, 'known', '1', '', "
        "true"
        "  FROM generate_series(1, 100000) AS g;"
        "INSERT INTO outcomes.amendment SELECT 100000 + g, 'c-' || g, 2, 't', 'text', sha256(('v' || g)::bytea), "
        "sha256(('t' || g)::bytea), '{}', "
        "'a-1',"
        "  CASE WHEN g % 2 = 0 THEN 200000 + g END FROM generate_series(1, 5000) AS g;"
        "INSERT INTO outcomes.amendment_signer SELECT 100000 + g, 0, 'c-' || g, 'p', 'investor', '', 'a-' || g % 2000,"
        "  lpad('', 43, 'k'), false, NULL FROM generate_series(1, 5000) AS g;"
        "INSERT INTO outcomes.concern SELECT g, 'c-' || g % 5000, true FROM generate_series(1, 100000) AS g;"
        "INSERT INTO outcomes.erasure SELECT g, 100000 + g FROM generate_series(1, 10000) AS g;"
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
        {&sql_outcomes_load_uses, "(ARRAY['x'])", "contract_use_used"},
        {&sql_outcomes_load_uses, "(ARRAY['x'])", "contract_use_pkey"},
        {&sql_outcomes_load_figures, "(ARRAY['x'])", "figure_pkey"},
        {&sql_outcomes_load_versions, "(ARRAY['ab'])", "contract_version_hash"},
        {&sql_outcomes_load_versions, "(ARRAY['ab'])", "amendment_terms_hash"},
        {&sql_outcomes_load_amendments, "(ARRAY['x'])", "amendment_contract"},
        {&sql_outcomes_load_signers, "(ARRAY['x'])", "amendment_signer_contract"},
        {&sql_outcomes_list_amendments, "(-1, 101, 'x', NULL)", "amendment_contract"},
        {&sql_outcomes_read_terms, "('x', NULL, NULL)", "contract_pkey"},
        {&sql_outcomes_load_metrics, "(ARRAY['x'])", "contract_metric_pkey"},
        {&sql_outcomes_load_instances, "(ARRAY['x'])", "instance_pkey"},
        {&sql_outcomes_load_finals, "(ARRAY['x'])", "final_result"},
        {&sql_outcomes_load_contract_results, "(ARRAY['x'])", "result_indicator"},
        {&sql_outcomes_load_contract_verifications, "(ARRAY['x'])", "verification_pkey"},
        {&sql_outcomes_load_series, "(ARRAY['x'], ARRAY[1])", "result_indicator"},
        {&sql_outcomes_load_series_verifications, "(ARRAY['x'], ARRAY[1])", "result_indicator"},
        {&sql_outcomes_load_series_verifications, "(ARRAY['x'], ARRAY[1])", "verification_pkey"},
        {&sql_outcomes_load_results, "(ARRAY[1])", "result_pkey"},
        {&sql_outcomes_load_results, "(ARRAY[1])", "result_of"},
        {&sql_outcomes_load_contract_disputes, "(ARRAY['x'])", "dispute_"},
        {&sql_outcomes_load_contract_decisions, "(ARRAY['x'])", "decision_contract"},
        {&sql_outcomes_load_disputes, "(ARRAY[1])", "dispute_pkey"},
        {&sql_outcomes_read_dispute, "(1, NULL)", "dispute_pkey"},
        {&sql_outcomes_list_dispute_items, "(-1, 101, 1)", "decision_pkey"},
        {&sql_outcomes_list_disputes, "(-1, 101, 'x', NULL, NULL)", "dispute_contract"},
        {&sql_outcomes_list_disputes, "(-1, 101, NULL, 1, NULL)", "dispute_result"},
        {&sql_outcomes_load_verifications, "(ARRAY[1])", "verification_pkey"},
        {&sql_outcomes_load_result_keys, "(ARRAY['x'])", "result_key"},
        {&sql_outcomes_load_payments, "(ARRAY[1])", "payment_pkey"},
        {&sql_outcomes_load_erasures, "(ARRAY[1])", "erasure_pkey"},
        {&sql_outcomes_has_explanation, "(1, NULL)", "concern_result"},
        {&sql_outcomes_has_explanation, "(1, NULL)", "result_erased"},
        {&sql_outcomes_has_explanation, "(1, NULL)", "result_erased_figure"},
        {&sql_outcomes_load_due_contracts, "('2026-01-01Z')", "contract_moment"},
        {&sql_outcomes_load_next_moment, "('2026-01-01Z')", "contract_moment"},
        {&sql_outcomes_newest_key_change, "", "actor_key_revoked"},
        {&sql_outcomes_read_actor, "('x')", "actor_pkey"},
        {&sql_outcomes_read_contract, "('x', 1, NULL)", "contract_pkey"},
        {&sql_outcomes_read_result, "(1, NULL)", "result_pkey"},
        {&sql_outcomes_has_result, "(1, NULL)", "result_pkey"},
        {&sql_outcomes_has_payment, "(1, NULL)", "payment_pkey"},
        {&sql_outcomes_has_payment_items, "(1, NULL)", "payment_pkey"},
        {&sql_outcomes_has_actor, "('x')", "actor_pkey"},
        {&sql_outcomes_read_payment, "(1, 1, NULL)", "settlement_payment"},
        {&sql_outcomes_read_payment, "(1, 1, NULL)", "explanation_pkey"},
        {&sql_outcomes_read_explanation, "(1)", "explanation_pkey"},
        {&sql_outcomes_list_actors, "('', 101)", "actor_pkey"},
        {&sql_outcomes_list_indicators, "('', 0, 101)", "indicator_pkey"},
        {&sql_outcomes_read_indicator, "('x')", "indicator_pkey"},
        {&sql_outcomes_list_keys, "(-1, '', 101, 'x')", "actor_key_actor"},
        {&sql_outcomes_list_contracts, "('', 101, 101, NULL, 'r')", "contract_open"},
        {&sql_outcomes_list_contracts, "('', 101, 101, 'x', 'r')", "party_actor"},
        {&sql_outcomes_list_contracts, "('', 101, 101, 'x', 'r')", "party_actor_open"},
        {&sql_outcomes_list_contracts, "('', 101, 101, 'x', 'r')", "amendment_signer_actor"},
        {&sql_outcomes_list_contracts, "('', 101, 101, 'x', 'r')", "amendment_signer_open"},
        {&sql_outcomes_list_contracts, "('', 101, 101, 'x', 'r')", "accession_actor"},
        {&sql_outcomes_list_contracts, "('', 101, 101, 'x', 'r')", "accession_open"},
        {&sql_outcomes_list_accessions, "(-1, 101, 'x', NULL)", "accession_pkey"},
        {&sql_outcomes_load_accessions, "(ARRAY['x'])", "accession_"},
        {&sql_outcomes_load_settlements, "(ARRAY['x'])", "settlement_payment"},
        {&sql_outcomes_load_settlements, "(ARRAY['x'])", "payment_contract"},
        {&sql_outcomes_list_signatures, "(-1, 101, 'x', NULL)", "party_pkey"},
        {&sql_outcomes_list_results, "(-1, 0, 101, 101, NULL, NULL, NULL, NULL, 'r')", "result_open"},
        {&sql_outcomes_list_results, "(-1, 0, 101, 101, NULL, NULL, NULL, 'x', 'r')", "result_author"},
        {&sql_outcomes_list_results, "(-1, 0, 101, 101, 'x', NULL, NULL, NULL, 'r')", "result_indicator"},
        {&sql_outcomes_list_results, "(-1, 0, 101, 101, NULL, NULL, 'x', NULL, 'r')", "result_figure"},
        {&sql_outcomes_list_results, "(-1, 0, 101, 101, NULL, NULL, NULL, NULL, 'r')", "concern_result"},
        {&sql_outcomes_list_results, "(-1, 0, 101, 101, NULL, NULL, NULL, NULL, 'r')", "result_erased"},
        {&sql_outcomes_list_results, "(-1, 0, 101, 101, NULL, NULL, NULL, NULL, 'r')", "result_erased_figure"},
        {&sql_outcomes_list_result_items, "(-1, 101, 1, NULL)", "final_result"},
        {&sql_outcomes_list_result_items, "(-1, 101, 1, NULL)", "final_chain"},
        {&sql_outcomes_list_result_items, "(-1, 101, 1, NULL)", "dispute_"},
        {&sql_outcomes_list_verifications, "(-1, 101, 1, NULL)", "verification_pkey"},
        {&sql_outcomes_list_payments, "(-1, 101, 101, 1, NULL, NULL, 'r')", "payment_open"},
        {&sql_outcomes_list_payments, "(-1, 101, 101, 1, NULL, 'x', 'r')", "payment_from"},
        {&sql_outcomes_list_payments, "(-1, 101, 101, 1, NULL, 'x', 'r')", "payment_to"},
        {&sql_outcomes_list_payments, "(-1, 101, 101, 1, 'x', NULL, 'r')", "payment_contract"},
        {&sql_outcomes_list_payments, "(-1, 101, 101, 1, NULL, NULL, 'r')", "explanation_pkey"},
        {&sql_outcomes_list_payment_items, "(-1, 101, 1, NULL)", "payment_item_pkey"},
        {&sql_outcomes_list_settlements, "(-1, 101, 1, NULL)", "settlement_payment"},
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
    assert_non_null(strstr(keys, "result_key"));
    assert_null(strstr(keys, "result_pkey")); /* a primary key read backwards is as slow as the table */
    assert_null(strstr(keys, "Seq Scan"));
    assert_null(strstr(results, "Seq Scan"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(an_actor_and_its_key_come_back_as_they_were),
        T(an_indicator_comes_back_with_all_its_versions),
        T(a_contract_comes_back_with_all_that_evaluation_needs),
        T(a_payment_comes_back_as_it_was),
        cmocka_unit_test_teardown(the_last_row_of_an_identity_counts_within_a_batch_and_after_it, after),
        T(what_is_recorded_does_not_borrow_from_the_decision),
        T(who_joined_and_what_was_settled_come_with_their_contract),
        T(thousands_of_instances_in_one_batch_are_told_apart),
        T(a_dropped_batch_leaves_nothing_and_the_model_forgets),
        T(a_second_result_of_one_key_is_a_conflict_and_takes_the_batch_with_it),
        T(what_does_not_exist_is_looked_up_all_the_same),
        T(an_amendment_comes_back_with_its_signers),
        T(what_contracts_take_of_each_other_comes_back),
        T(nothing_needed_is_nothing_asked),
        T(users_of_an_indicator_are_those_of_that_version),
        T(results_are_found_by_statement_with_their_verifications),
        T(keys_of_results_are_found_for_indicators_and_figures),
        T(a_chain_comes_back_whole_and_by_its_newest),
        T(disputes_and_what_became_of_them_come_back_as_they_were),
        T(contracts_that_are_due_are_found_and_the_next_moment),
        T(loading_goes_on_after_the_connection_broke),
        T(a_preview_loads_all_by_itself),
        T(every_allocation_may_fail_while_a_batch_is_written),
        T(the_service_may_change_only_what_is_replaced),
        T(rows_that_cannot_be_are_refused_by_the_tables),
        T(an_amendment_comes_back_with_its_signers),
        T(names_and_keys_too_long_for_an_index_are_no_obstacle),
        T(no_statement_that_must_be_quick_goes_through_a_whole_table),
        T(a_plan_made_while_a_table_was_empty_uses_the_index_too),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
