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
    show_decision(shown, &decision);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_result_that_pays_survives_each_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
