/* Representative work of base/ with each of its allocations failing in turn: the failure is told, what was made is
 * freed (ASan looks), outputs stay as they were, and with nothing failing it succeeds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "tally/arena.h"
#include "tally/buf.h"
#include "tally/canon.h"
#include "tally/mem.h"
#include "tally/pg.h"
#include "tally/refusal.h"
#include "tally/text.h"

#define ALLOCATIONS_MAX 1000 /* no piece of work here makes more: a loop that does not end is noticed */

typedef enum tally_code (*work_fn)(struct err *err);

/* How many allocations failed before the work succeeded. */
static uint64_t torture(work_fn work)
{
    for (uint64_t n = 1; n < ALLOCATIONS_MAX; n++) {
        struct err err = {.code = TALLY_OK};
        mem_fail_after(n);
        enum tally_code rc = work(&err);
        uint64_t made = mem_allocations();
        mem_fail_after(0);
        if (rc == TALLY_OK) {
            assert_true(made < n); /* a failure that is swallowed would show here */
            return n - 1;
        }
        assert_int_equal(rc, TALLY_E_NO_MEMORY);
        assert_true(made >= n);
    }
    fail_msg("no success after %d failures", ALLOCATIONS_MAX);
    return 0;
}

static enum tally_code arena_work(struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct slice out = SLICE("before");
    struct arena *arena = arena_new(1 << 20);
    if (arena == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "no arena");
    for (int i = 0; i < 3; i++) { /* each needs a block of its own */
        if (arena_alloc(arena, 100000) == NULL)
            TRY(err_set(err, TALLY_E_NO_MEMORY, "no block"));
    }
    char bytes[9000] = "";
    TRY(arena_copy(arena, bytes, sizeof bytes, &out, err));
    assert_int_equal(out.len, sizeof bytes);
done:
    if (rc != TALLY_OK)
        assert_true(slice_is(out, "before"));
    arena_free(arena);
    return rc;
}

static enum tally_code canon_work(struct err *err)
{
    enum tally_code rc;
    struct buf buf;
    struct canon w;
    unsigned char bytes[5000] = {0};
    buf_init(&buf, 1 << 20);
    canon_init(&w, &buf);
    canon_object(&w);
    canon_name(&w, "base64");
    canon_base64(&w, bytes, sizeof bytes);
    canon_name(&w, "hex");
    canon_hex(&w, bytes, sizeof bytes);
    canon_name(&w, "list");
    canon_array(&w);
    for (int i = 0; i < 5000; i++)
        canon_i64(&w, i);
    canon_close(&w);
    canon_name(&w, "text");
    canon_str(&w, "text");
    canon_close(&w);
    buf_printf(&buf, "%*d", 70000, 1);
    rc = buf_check(&buf, err);
    if (rc == TALLY_OK)
        assert_true(buf.len > 100000);
    buf_release(&buf);
    return rc;
}

static enum tally_code refusal_work(struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct arena *arena = arena_new(1 << 20);
    struct refusal *refusal = NULL;
    if (arena == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "no arena");
    refusal = refusal_new(arena, REFUSE_BODY_SCHEMA, "%*d", 5000, 1);
    if (refusal == NULL)
        TRY(err_set(err, TALLY_E_NO_MEMORY, "no refusal"));
    for (int i = 0; i < 1000; i++)
        if (!refusal_add(arena, refusal, SLICE("/pointer"), SLICE("what is wrong there")))
            TRY(err_set(err, TALLY_E_NO_MEMORY, "no place %d", i));
done:
    arena_free(arena);
    return rc;
}

static enum tally_code connection_work(struct err *err)
{
    struct pg *pg = NULL;
    const struct pg_options options = {.conninfo = "host=/nonexistent", .application_name = "x", .set_role = "y"};
    enum tally_code rc = pg_new(&options, &pg, err);
    assert_int_equal(pg == NULL, rc != TALLY_OK);
    pg_free(pg);
    return rc;
}

static enum tally_code params_work(struct err *err)
{
    static int64_t numbers[2000];
    static struct slice texts[2000];
    struct pg_params params;
    struct arena *arena = arena_new(1 << 20);
    if (arena == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "no arena");
    pg_params_init(&params, arena);
    for (int i = 0; i < 5; i++) {
        pg_add_int8_array(&params, numbers, 2000);
        pg_add_text_array(&params, texts, 2000);
        pg_add_text(&params, SLICE("text"));
    }
    assert_int_equal(params.count, 15); /* the positions of the others hold */
    enum tally_code rc = params.failed;
    arena_free(arena);
    return rc;
}

static void an_arena_without_memory_says_so(void **state)
{
    (void) state;
    assert_true(torture(arena_work) >= 4);
}

static void a_buffer_without_memory_says_so_at_the_end(void **state)
{
    (void) state;
    assert_true(torture(canon_work) >= 5);
}

static void a_refusal_without_memory_is_none(void **state)
{
    (void) state;
    assert_true(torture(refusal_work) >= 3);
}

static void a_connection_without_memory_is_none(void **state)
{
    (void) state;
    assert_int_equal(torture(connection_work), 4);
}

static void parameters_without_memory_are_marked(void **state)
{
    (void) state;
    assert_true(torture(params_work) >= 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_arena_without_memory_says_so),
        cmocka_unit_test(a_buffer_without_memory_says_so_at_the_end),
        cmocka_unit_test(a_refusal_without_memory_is_none),
        cmocka_unit_test(a_connection_without_memory_is_none),
        cmocka_unit_test(parameters_without_memory_are_marked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
