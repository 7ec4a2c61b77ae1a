/* What does not fit in memory is remembered exactly, in temporary files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "../../../ledger/verify/hash_list.h"
#include "../../../ledger/verify/jti_set.h"

static struct digest hash_of(uint64_t n)
{
    struct digest hash = {{0}};
    memcpy(hash.bytes, &n, sizeof n);
    hash.bytes[31] = 1;
    return hash;
}

static void the_list_of_hashes_gives_back_each_one(void **state)
{
    static const uint64_t SIZES[] = {
        1, 255, 256, 257, HASH_LIST_NEW - 1, HASH_LIST_NEW, HASH_LIST_NEW + 1, 5 * HASH_LIST_NEW / 2};
    struct hash_list list = {0};
    static struct digest many[3 * HASH_LIST_NEW];
    (void) state;
    hash_list_begin(&list, 17);
    for (size_t k = 0; k < sizeof SIZES / sizeof SIZES[0]; k++) {
        while (list.count - 17 < SIZES[k]) {
            struct digest hash = hash_of(list.count);
            assert_int_equal(hash_list_add(&list, &hash, NULL), TALLY_OK);
        }
        for (uint64_t i = 17; i < 17 + SIZES[k]; i++) {
            struct digest got, wanted = hash_of(i);
            assert_int_equal(hash_list_get(&list, i, &got, NULL), TALLY_OK);
            assert_true(digest_equal(&got, &wanted));
        }
        assert_int_equal(hash_list_get_many(&list, 17, (size_t) SIZES[k], many, NULL), TALLY_OK);
        for (uint64_t i = 0; i < SIZES[k]; i++) {
            struct digest wanted = hash_of(17 + i);
            assert_true(digest_equal(&many[i], &wanted));
        }
        assert_false(hash_list_has(&list, 16));
        assert_true(hash_list_has(&list, 16 + SIZES[k]));
        assert_false(hash_list_has(&list, 17 + SIZES[k]));
    }
    hash_list_release(&list);
}

/* Whatever has been written already: entry n is missing, and the next one says what its hash was. */
static void the_newest_hash_can_be_corrected_at_any_size(void **state)
{
    struct hash_list list = {0};
    (void) state;
    for (uint64_t i = 0; i < 2 * HASH_LIST_NEW + 3; i++) {
        struct digest wrong = hash_of(i + 1000000), right = hash_of(i), got;
        assert_int_equal(hash_list_add(&list, &wrong, NULL), TALLY_OK);
        hash_list_set_last(&list, &right);
        if (i > 0) {
            struct digest wanted = hash_of(i - 1);
            assert_int_equal(hash_list_get(&list, i - 1, &got, NULL), TALLY_OK);
            assert_true(digest_equal(&got, &wanted));
        }
    }
    hash_list_release(&list);
}

/* ---- statement ids ---- */

struct twice {
    uint64_t seq, before;
};
static struct twice found[5000];
static size_t found_count;

static void on_twice(void *ctx, uint64_t seq, uint64_t before)
{
    (void) ctx;
    if (found_count < sizeof found / sizeof found[0])
        found[found_count] = (struct twice){seq, before};
    found_count++;
}

static void add(struct jti_set *set, const struct digest_key *key, uint64_t n, uint64_t seq)
{
    char jti[32];
    struct jti_id id;
    bool was_there = false;
    uint64_t before = 0;
    (void) snprintf(jti, sizeof jti, "statement-%012llu", (unsigned long long) n);
    jti_id_make(key, SLICE("an-actor"), slice_str(jti), &id);
    assert_int_equal(jti_set_add(set, id, seq, &was_there, &before, NULL), TALLY_OK);
    if (was_there)
        on_twice(NULL, seq, before);
}

static const struct twice *find(uint64_t seq)
{
    for (size_t i = 0; i < found_count; i++)
        if (found[i].seq == seq)
            return &found[i];
    return NULL;
}

/* Each distance that matters: in one table, in two runs, at both ends; and three times the same. */
static void ids_that_occur_twice_are_found_at_any_distance(void **state)
{
    static const uint64_t ALL = 4 * JTI_TABLE_MAX;
    struct jti_set set = {0};
    struct digest_key key;
    (void) state;
    digest_key_make(&key);
    found_count = 0;
    for (uint64_t seq = 0; seq < ALL; seq++) {
        uint64_t n = seq;
        if (seq == 10 || seq == ALL - 1)
            n = 3; /* twice, near and far */
        else if (seq == JTI_TABLE_MAX)
            n = JTI_TABLE_MAX - 1;
        else if (seq == 3 * JTI_TABLE_MAX)
            n = JTI_TABLE_MAX / 2;
        add(&set, &key, n, seq);
    }
    assert_int_equal(jti_set_end(&set, on_twice, NULL, NULL), TALLY_OK);
    assert_int_equal(found_count, 4);
    assert_int_equal(find(10)->before, 3);
    assert_int_equal(find(ALL - 1)->before, 3);
    assert_int_equal(find(JTI_TABLE_MAX)->before, JTI_TABLE_MAX - 1);
    assert_int_equal(find(3 * JTI_TABLE_MAX)->before, JTI_TABLE_MAX / 2);
    jti_set_release(&set);
}

/* More runs than one level has: they are merged, and what two of them share is told of once, in order. */
static void ids_are_found_through_merged_runs(void **state)
{
    static struct jti_cell run[100];
    static struct jti_cell memory[JTI_MEMORY_MIN];
    struct jti_runs runs = {.memory = memory, .memory_cells = JTI_MEMORY_MIN};
    (void) state;
    found_count = 0;
    for (uint64_t n = 0; n < JTI_FANIN * JTI_FANIN + 7; n++) {
        for (uint64_t i = 0; i < 100; i++) /* numbers 100 n + i; value 5, 50 of every run is like that of the run before */
            run[i] = (struct jti_cell){i, i == 50 ? n / 2 : n, 100 * n + i + 1};
        assert_int_equal(jti_runs_add(&runs, run, 100, NULL), TALLY_OK);
    }
    assert_int_equal(jti_runs_end(&runs, on_twice, NULL, NULL), TALLY_OK);
    assert_int_equal(found_count, (JTI_FANIN * JTI_FANIN + 7) / 2);
    for (size_t i = 0; i < found_count; i++) {
        assert_int_equal(found[i].seq, found[i].before + 100);
        assert_int_equal(found[i].seq % 200, 150);
        assert_true(i == 0 || i % 1024 == 0 || found[i].seq > found[i - 1].seq);
    }
    jti_runs_release(&runs);
}

static void a_folder_that_takes_no_file_is_an_error_that_names_it(void **state)
{
    struct spill spill = {.dir = "/nowhere/at/all"};
    struct err err = {0};
    (void) state;
    assert_int_equal(spill_write(&spill, 0, "x", 1, &err), TALLY_E_IO);
    assert_non_null(strstr(err.detail, "/nowhere/at/all"));
    assert_non_null(strstr(err.detail, "TMPDIR"));
    spill_release(&spill);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_list_of_hashes_gives_back_each_one),
        cmocka_unit_test(the_newest_hash_can_be_corrected_at_any_size),
        cmocka_unit_test(ids_that_occur_twice_are_found_at_any_distance),
        cmocka_unit_test(ids_are_found_through_merged_runs),
        cmocka_unit_test(a_folder_that_takes_no_file_is_an_error_that_names_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
