/* Each allocation fails in turn: an evaluation, a compilation and an explanation end in a clean error, and leave no memory behind
 * (the sanitizer build sees to that). */
#include "world.h"

#include "texts.h"

#define TRIES_MAX 20000 /* far more allocations than any of these makes */

static struct world *rikers_world(void)
{
    struct world *w = world_new(TEXT_RIKERS_ABLE);
    world_final(w, "bed_days", "programme|y2013", "91");
    world_final(w, "bed_days", "comparison|y2013", "100");
    world_final(w, "significant", "y2013", "true");
    w->today = day_of("2015-07-02");
    return w;
}

static void an_evaluation_without_memory_is_a_clean_error(void **state)
{
    (void) state;
    struct world *w = rikers_world();
    struct engine_input input = world_input(w);
    uint64_t n = 1;
    for (; n < TRIES_MAX; n++) {
        struct err err = {0};
        struct engine_output *out = NULL;
        struct arena *arena = arena_new(1 << 20);
        assert_non_null(arena);
        mem_fail_after(n);
        enum tally_code rc = engine_evaluate(&input, arena, &out, &err);
        mem_fail_after(0);
        assert_true(rc == TALLY_OK || rc == TALLY_E_NO_MEMORY || rc == TALLY_E_LIMIT);
        assert_int_equal(rc == TALLY_OK, out != NULL);
        if (rc != TALLY_OK)
            assert_true(strlen(err.detail) > 0);
        else
            expect_slice(out->instances[0].target, "4800000.00");
        arena_free(arena);
        if (rc == TALLY_OK)
            break;
    }
    assert_in_range(n, 3, TRIES_MAX - 1);
    world_free(w);
}

static void a_compilation_without_memory_is_a_clean_error(void **state)
{
    (void) state;
    uint64_t n = 1;
    for (; n < TRIES_MAX; n++) {
        struct err err = {0};
        struct diags diags;
        struct terms *terms = NULL;
        struct arena *arena = arena_new(1 << 20);
        assert_non_null(arena);
        diags_init(&diags, arena);
        mem_fail_after(n);
        enum tally_code rc = terms_compile(SLICE(TEXT_ROCA_WATERFALL), &diags, &terms, &err);
        uint64_t made = mem_allocations();
        mem_fail_after(0);
        assert_true(rc == TALLY_OK || rc == TALLY_E_NO_MEMORY || rc == TALLY_E_LIMIT);
        if (rc != TALLY_OK)
            assert_null(terms);
        bool is_done = rc == TALLY_OK && terms != NULL && made < n;
        terms_free(terms);
        arena_free(arena);
        if (is_done)
            break;
    }
    assert_in_range(n, 3, TRIES_MAX - 1);
}

static void an_explanation_without_memory_is_a_clean_error(void **state)
{
    (void) state;
    struct world *w = rikers_world();
    struct engine_input input = world_input(w);
    uint64_t n = 1;
    for (; n < TRIES_MAX; n++) {
        struct err err = {0};
        struct buf out;
        buf_init(&out, 1 << 20);
        mem_fail_after(n);
        enum tally_code rc = engine_explain(&input, 0, SLICE("y2013"), w->arena, &out, &err);
        uint64_t made = mem_allocations();
        mem_fail_after(0);
        assert_true(rc == TALLY_OK || rc == TALLY_E_NO_MEMORY || rc == TALLY_E_LIMIT);
        buf_release(&out);
        if (rc == TALLY_OK && made < n)
            break;
    }
    assert_in_range(n, 3, TRIES_MAX - 1);
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_evaluation_without_memory_is_a_clean_error),
        cmocka_unit_test(a_compilation_without_memory_is_a_clean_error),
        cmocka_unit_test(an_explanation_without_memory_is_a_clean_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
