/* Each allocation fails in turn: the failure is said, nothing leaks (the sanitizer looks), and after model_forget the same decision
 * is made as if nothing had happened. */
#include "tally/mem.h"
#include "texts.h"
#include "world.h"

static enum tally_code put_all(const struct world *w, struct model *model)
{
    enum tally_code rc = TALLY_OK;
#define X(type, list)                                                                                                      \
    for (uint32_t i = 0; i < w->base.list##_count; i++)                                                                    \
        TRY(model_put_##type(model, &w->base.list[i], NULL));
    CHANGES_LISTS(X)
#undef X
done:
    return rc;
}

static enum tally_code load_decide_evolve(const struct world *w, struct model *model, const struct command *command,
                                          struct arena *arena, struct buf *shown)
{
    enum tally_code rc = TALLY_OK;
    struct needs needs = {.arena = arena};
    struct decision decision = {0};
    const struct model_place place = {w->seq, w->time};
    const uint8_t hash[32] = {1};
    TRY(put_all(w, model));
    do {
        needs = (struct needs){.arena = arena};
        TRY(model_needs(model, command, &needs, NULL));
        for (uint32_t i = 0; i < needs.count; i++)
            TRY(model_loaded(model, &needs.items[i], NULL));
    } while (needs.count > 0);
    TRY(model_decide(model, command, &place, arena, &decision, NULL));
    if (decision.refusal != NULL) { /* too little memory is one */
        assert_int_equal(decision.refusal->code, REFUSE_EVALUATION_LIMIT);
        return TALLY_E_LIMIT;
    }
    show_whole_decision(shown, &decision);
    TRY(model_evolve(model, command, &decision, &place, hash, NULL));
done:
    return rc;
}

static void every_allocation_may_fail(struct world *w, const struct command *command)
{
    struct buf wanted, shown;
    uint64_t failures = 0;
    buf_init(&wanted, 1 << 20);
    buf_init(&shown, 1 << 20);
    struct model *model = w->models[2];
    struct arena *arena = arena_new(64u << 20);
    model_forget(model);
    assert_int_equal(load_decide_evolve(w, model, command, arena, &wanted), TALLY_OK);
    for (uint64_t n = 1;; n++) {
        model_free(model);
        assert_int_equal(model_new(&(struct model_ports){world_sha256}, &model, NULL), TALLY_OK);
        arena_free(arena);
        arena = arena_new(64u << 20);
        mem_fail_after(n);
        enum tally_code rc = load_decide_evolve(w, model, command, arena, &shown);
        mem_fail_after(0);
        if (rc == TALLY_OK) /* n is beyond the last allocation, or what failed was not needed */
            assert_string_equal(shown.ptr, wanted.ptr);
        else
            assert_true(rc == TALLY_E_NO_MEMORY || rc == TALLY_E_LIMIT);
        failures += rc != TALLY_OK;
        model_forget(model);
        buf_clear(&shown);
        assert_int_equal(load_decide_evolve(w, model, command, arena, &shown), TALLY_OK);
        assert_string_equal(shown.ptr, wanted.ptr);
        if (rc == TALLY_OK && n > failures + 20)
            break;
    }
    assert_true(failures > 20);
    w->models[2] = model;
    arena_free(arena);
    buf_release(&wanted);
    buf_release(&shown);
}

static void a_result_that_pays_survives_each_failure(void **state)
{
    struct world w;
    (void) state;
    world_init(&w);
    do_register(&w, "op", "hub", true);
    do_register(&w, "op", "buyer", false);
    do_register(&w, "op", "seller", false);
    do_define(&w, "hub", "shared.units", 1, "days");
    do_propose(&w, "buyer", "deal", UNITS("units"), UNITS_PARTIES);
    do_sign(&w, "buyer", "deal", "buyer");
    do_sign(&w, "seller", "deal", "seller");
    do_result(&w, "hub", "shared.units/1 place=south 4");
    ASSERT_DONE(&w);
    struct command_result result = read_result(&w, "shared.units/1 place=north 5");
    struct command command = {
        .kind = COMMAND_SUBMIT_RESULTS, .actor = SLICE("hub"), .kid = SLICE("k-hub"), .head_seq = w.seq - 1};
    command.u.submit_results.results = &result;
    command.u.submit_results.count = 1;
    every_allocation_may_fail(&w, &command);
    world_release(&w);
}

#define MANY                                                                                                               \
    "terms 1\ncontract many \"Many\"\ncurrency USD rounded to 0.01, half even\nclock UTC\n"                                \
    "runs 2012-01-01 to 2013-12-31\nparty buyer outcome payer \"Payer\"\nparty seller provider \"Maker\"\n"                \
    "in force when buyer and seller have signed\ndisputes decided by buyer within 60 days, otherwise stands\n"             \
    "dimension n 1 to 5_000\n"                                                                                             \
    "metric units is shared.units version 1 in days\n  by n\n  reported by seller\n"                                       \
    "pay each_one from buyer to seller\n  for each n\n  amount 0.333 per day of units\n"

static size_t arena_for(struct world *w, struct model *model, const struct command *command)
{
    struct arena *arena = arena_new(64u << 10);
    struct decision decision = {0};
    const struct model_place place = {w->seq, w->time};
    assert_non_null(arena);
    struct err err = {.code = TALLY_OK};
    if (model_decide(model, command, &place, arena, &decision, &err) != TALLY_OK)
        fail_msg("%s", err.detail);
    assert_null(decision.refusal);
    assert_int_equal(decision.changes.payments_count, 1);
    size_t used = arena_used(arena);
    arena_free(arena);
    return used;
}

/* The arena is the batch's: what a contract's other instances and results take must not refuse a statement for its neighbours. */
static void a_decision_takes_no_more_than_what_it_changes(void **state)
{
    struct world w;
    const char *texts[200];
    char text[200][40];
    (void) state;
    world_init(&w);
    do_register(&w, "op", "hub", true);
    do_register(&w, "op", "buyer", false);
    do_register(&w, "op", "seller", false);
    do_define(&w, "hub", "shared.units", 1, "days");
    do_propose(&w, "buyer", "many", MANY, UNITS_PARTIES);
    do_sign(&w, "buyer", "many", "buyer");
    do_sign(&w, "seller", "many", "seller");
    for (int i = 0; i < 200; i++) {
        (void) snprintf(text[i], sizeof(text[i]), "shared.units/1 n=%d 5",
                        4800 + i); /* of another's author: it does not fit */
        texts[i] = text[i];
    }
    do_results(&w, "hub", false, 200, texts);
    ASSERT_DONE(&w);
    struct command_result result = read_result(&w, "shared.units/1 n=7 5");
    struct command command = {
        .kind = COMMAND_SUBMIT_RESULTS, .actor = SLICE("seller"), .kid = SLICE("k-seller"), .head_seq = w.seq - 1};
    command.u.submit_results.results = &result;
    command.u.submit_results.count = 1;
    struct model *model = w.models[1];
    model_forget(model);
    world_fill(&w, model, &command);
    size_t cold = arena_for(&w, model, &command); /* looks at all 200 for the first time */
    assert_int_equal(arena_for(&w, model, &command), cold);
    world_release(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_result_that_pays_survives_each_failure),
        cmocka_unit_test(a_decision_takes_no_more_than_what_it_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
