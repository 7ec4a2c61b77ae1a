/* Memory that ends anywhere while a history with an amendment, a used contract, a class, sets and silence is read and evaluated: a clean
 * error each time, and nothing left behind (the sanitizer build sees to that). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "tally/history.h"
#include "tally/mem.h"

#define TRIES_MAX 20000 /* far more allocations than any of these makes */
#define HASH_1 "1111111111111111111111111111111111111111111111111111111111111111"
#define HASH_2 "2222222222222222222222222222222222222222222222222222222222222222"
#define HASH_3 "3333333333333333333333333333333333333333333333333333333333333333"
#define HEAD(slug, version)                                                                                                \
    "terms 1\ncontract " slug " \"T\" " version "\ncurrency GBP rounded to 0.01, half even\nclock UTC\n"                   \
    "runs 2016-01-01 to 2017-12-31\ncloses 2018-06-30\nparty city outcome payer \"City\"\nparty lender investor \"L\"\n"   \
    "party judge evaluator \"Judge\"\nin force when city and lender have signed\n"                                         \
    "disputes decided by judge within 10 days, otherwise stands\n"
#define DOWN                                                                                                               \
    "uses up is contract " HASH_3 "\nparties facility provider \"F\", at most 9\n"                                         \
    "period year every 1 year from 2016-01-01 to 2017-12-31\n"                                                             \
    "metric got is give of up in GBP\n  until 2017-01-31\n  if late use 1\n"                                               \
    "metric done is \"D\" in GBP\n  by facility, year\n  reported by lender until 60 days after end of year\n"             \
    "  verified by judge or 5 days of silence\n  disputes within 30 days\n  if late use 0\n"                               \
    "pay p from city to facility for each facility, year of done amount "

static const char *const texts[] = {
    HEAD("t", "") DOWN "done + got\ncap 900 on p\n",
    HEAD("t", "version 2 amends " HASH_1 " effective 2017-01-01") DOWN
    "2 * done + got * (done / all)\ndefine all = sum(done over facility, year of done)\n",
    HEAD("up", "") "metric y is \"Y\" in GBP\n  reported by lender\n  disputes within 90 days\n"
                   "pay give from city to lender amount 2 * y\n",
};
static const char *const hashes[] = {HASH_1, HASH_2, HASH_3}, *const files[] = {"", "two.terms", "up.terms"};

/* clang-format off */
#define DONE(facility, year, rest) "{\"metric\":\"done\",\"dimensions\":{\"facility\":\"" facility "\",\"year\":\"" year \
    "-01-01/" year "-12-31\"}," rest "}"
static const char JSON[] =
    "{\"contract\":\"t\",\"texts\":[\"two.terms\",\"up.terms\"],\"history\":["
    "{\"on\":\"2016-02-01\",\"joined\":{\"facility\":[\"north\",\"south\"]}},"
    "{\"on\":\"2016-03-01\",\"results\":[" DONE("north", "2016", "\"value\":\"5\",\"pending\":true,\"set\":\"s\"") ","
        DONE("south", "2016", "\"value\":\"7\",\"pending\":true,\"set\":\"s\"") ","
        "{\"contract\":\"up\",\"metric\":\"y\",\"value\":\"4\"}]},"
    "{\"on\":\"2016-03-04\",\"results\":[" DONE("south", "2016", "\"verified\":true,\"by\":\"judge\"") "]},"
    "{\"on\":\"2016-03-20\",\"results\":[" DONE("north", "2016", "\"disputed\":true") "]},"
    "{\"on\":\"2017-02-01\",\"amended\":\"two.terms\",\"results\":[" DONE("north", "2017", "\"value\":\"9\"") "]},"
    "{\"on\":\"2018-05-01\",\"results\":[" DONE("south", "2017", "\"value\":\"9\"") "]}]}";
/* clang-format on */

static struct history_source sources[3];

static int set_up(void **state)
{
    (void) state;
    struct arena *arena = arena_new((size_t) 1 << 22);
    for (size_t i = 0; i < 3; i++) {
        struct diags diags;
        struct terms *terms = NULL;
        diags_init(&diags, arena);
        if (terms_compile(slice_str(texts[i]), &diags, &terms, NULL) != TALLY_OK || terms == NULL) {
            print_error("%.*s\n", diags.first == NULL ? 0 : (int) diags.first->message.len, diags.first->message.ptr);
            return -1;
        }
        sources[i] = (struct history_source){slice_str(files[i]), slice_str(hashes[i]), terms};
    }
    arena_free(arena);
    return 0;
}

static int tear_down(void **state)
{
    (void) state;
    for (size_t i = 0; i < 3; i++)
        terms_free((struct terms *) (uintptr_t) sources[i].terms);
    return 0;
}

/* All of it; *moments counts them. */
static enum tally_code whole(struct arena *arena, size_t *moments, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct history *history = NULL;
    struct history_run *run = NULL;
    bool has = true;
    *moments = 0;
    TRY(history_read_texts(sources, 3, slice_str(JSON), arena, &history, err));
    TRY(history_begin(sources[0].terms, history, DAY_NEVER, &run, err));
    while (has) {
        struct history_moment moment;
        struct slice title = SLICE("");
        TRY(history_next(run, &moment, &has, err));
        if (has)
            TRY(history_title(sources[0].terms, &moment, arena, &title, err));
        *moments += has;
    }
done:
    history_end(run);
    return rc;
}

static bool is_clean(enum tally_code rc, const struct err *err)
{
    return rc == TALLY_OK ||
           ((rc == TALLY_E_NO_MEMORY || rc == TALLY_E_LIMIT || rc == TALLY_E_MALFORMED) && strlen(err->detail) > 0);
}

static void each_allocation_fails_in_turn(void **state)
{
    (void) state;
    uint64_t n = 1;
    for (; n < TRIES_MAX; n++) {
        struct err err = {0};
        size_t moments = 0;
        struct arena *arena = arena_new((size_t) 1 << 24);
        assert_non_null(arena);
        mem_fail_after(n);
        enum tally_code rc = whole(arena, &moments, &err);
        uint64_t made = mem_allocations();
        mem_fail_after(0);
        arena_free(arena);
        if (!is_clean(rc, &err))
            fail_msg("%d: %s", (int) rc, err.detail);
        if (rc == TALLY_OK && made < n)
            break;
    }
    assert_in_range(n, 20, TRIES_MAX - 1);
}

static void an_arena_of_any_size_is_enough_or_a_limit(void **state)
{
    (void) state;
    size_t most = 0;
    for (size_t size = 256; size < (size_t) 1 << 17; size += 61) {
        struct err err = {0};
        size_t moments = 0;
        struct arena *arena = arena_new(size);
        assert_non_null(arena);
        enum tally_code rc = whole(arena, &moments, &err);
        if (!is_clean(rc, &err))
            fail_msg("%d: %s", (int) rc, err.detail);
        most = rc == TALLY_OK && moments > most ? moments : most;
        arena_free(arena);
    }
    assert_true(most >= 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_allocation_fails_in_turn),
        cmocka_unit_test(an_arena_of_any_size_is_enough_or_a_limit),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
