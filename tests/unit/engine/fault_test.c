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

/* A contract in which members come and go, budgets cut, and days pass. */
static const char followed_text[] =
    SMALL("dimension village open, at most 40\nperiod year every 1 year from 2016-01-01 to 2018-12-31\n"
          "metric x is \"X\" in USD between -50 and 100\n  by village\n  reported by judge\n  disputes within 9 days\n"
          "metric d is \"D\" in date\n  by village\n  reported by judge\n  disputes within 9 days\n"
          "pay q from city to lender for each village of x dated d amount x not before 30 days after d\n"
          "pay s from city to lender for each village amount max(0, 2 * x)\n"
          "pay all from city to lender for each year amount portion(USD 100, number of year over year)\n"
          "cap 30 per year on q\ncap 90 on s\n");

struct follower {
    struct engine_session *session;
    struct arena *arena;
    struct engine_output *out;
    struct err err;
};

/* One change at a key; TALLY_OK also when a new session is wanted, which *is_stale says. */
static enum tally_code follow_one(struct follower *f, uint32_t metric, const char *key, const char *value, int32_t day,
                                  bool *is_stale)
{
    const struct engine_fact fact = {
        .metric = metric, .key = slice_str(key), .value = slice_str(value), .submitted = 16900, .seq = 9};
    const struct engine_change change = {metric, slice_str(key), &fact, false};
    return engine_session_apply(f->session, day, &change, 1, f->arena, is_stale, &f->out, &f->err);
}

static enum tally_code follow_story(const struct engine_input *input, struct follower *f)
{
    char key[8];
    bool is_stale = false;
    enum tally_code rc = engine_session_open(input, f->arena, &f->out, &f->session, &f->err);
    for (int i = 0; rc == TALLY_OK && !is_stale && i < 36; i++) {
        snprintf(key, sizeof key, "v%02d", i * 7 % 20);
        rc = follow_one(f, i % 3 == 0 ? 1 : 0, key, i % 3 == 0 ? "2016-05-05" : "20.5", 16900 + i * 10, &is_stale);
    }
    assert_true(rc != TALLY_OK || !is_stale);
    return rc;
}

static void a_session_without_memory_is_a_clean_error(void **state)
{
    (void) state;
    struct world *w = world_new(followed_text);
    struct engine_input input = world_input(w);
    uint64_t n = 1, made = 0;
    enum tally_code rc = TALLY_E_NO_MEMORY;
    for (; n < TRIES_MAX && (rc != TALLY_OK || made >= n); n++) {
        struct follower f = {.arena = arena_new(1 << 22)};
        assert_non_null(f.arena);
        mem_fail_after(n);
        rc = follow_story(&input, &f);
        made = mem_allocations();
        mem_fail_after(0);
        assert_true(rc == TALLY_OK || rc == TALLY_E_NO_MEMORY || rc == TALLY_E_LIMIT);
        if (rc != TALLY_OK && f.session != NULL) { /* it says itself that it cannot go on */
            bool is_stale = false;
            assert_true(strlen(f.err.detail) > 0);
            assert_int_equal(follow_one(&f, 0, "v01", "1", 17500, &is_stale), TALLY_OK);
            assert_true(is_stale);
        }
        engine_session_free(f.session);
        arena_free(f.arena);
    }
    assert_in_range(n, 20, TRIES_MAX - 1);
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_session_without_memory_is_a_clean_error),
        cmocka_unit_test(an_evaluation_without_memory_is_a_clean_error),
        cmocka_unit_test(a_compilation_without_memory_is_a_clean_error),
        cmocka_unit_test(an_explanation_without_memory_is_a_clean_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
