/* The hash table against a plain array, and memory that is counted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "../../../contracts/model/decide.h"
#include "../../../contracts/model/table.h"
#include "tally/mem.h"

#define ITEMS 500

struct item {
    struct ident id;
    char text[16];
    bool is_in;
};

static void a_table_finds_what_was_added_and_not_removed(void **state)
{
    struct hold hold = {0};
    struct table table;
    static struct item items[ITEMS];
    uint64_t random = 88172645463325252u;
    (void) state;
    table_init(&table, &hold);
    for (int i = 0; i < ITEMS; i++) {
        snprintf(items[i].text, sizeof(items[i].text), "name-%d", i / 3);
        items[i].id = (struct ident){(uint64_t) (i % 3), slice_str(items[i].text), {NULL, 0}};
    }
    for (int round = 0; round < 20000; round++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        struct item *item = &items[(random >> 33) % ITEMS];
        if (item->is_in)
            assert_ptr_equal(table_remove(&table, item->id), item);
        else
            assert_int_equal(table_add(&table, &item->id, NULL), TALLY_OK);
        item->is_in = !item->is_in;
        struct item *other = &items[(random >> 13) % ITEMS];
        assert_ptr_equal(table_find(&table, other->id), other->is_in ? other : NULL);
    }
    uint32_t at = 0, seen = 0, wanted = 0;
    for (const struct item *item; (item = table_next(&table, &at)) != NULL; seen++)
        assert_true(item->is_in);
    for (int i = 0; i < ITEMS; i++)
        wanted += items[i].is_in;
    assert_int_equal(seen, wanted);
    assert_int_equal(table.count, wanted);
    assert_null(table_remove(&table, (struct ident){9, SLICE("none"), {NULL, 0}}));
    table_release(&table);
    assert_int_equal(hold.bytes, 0);
}

static void a_part_of_an_identity_is_not_another(void **state)
{
    (void) state;
    assert_false(ident_equal((struct ident){0, SLICE("ab"), SLICE("c")}, (struct ident){0, SLICE("a"), SLICE("bc")}));
    assert_true(ident_hash(&state, (struct ident){0, SLICE("ab"), SLICE("c")}) !=
                ident_hash(&state, (struct ident){0, SLICE("a"), SLICE("bc")}));
}

static void without_memory_nothing_is_added_or_lost(void **state)
{
    struct hold hold = {0};
    struct table table;
    struct item first = {.id = {1, SLICE("a"), {NULL, 0}}};
    (void) state;
    table_init(&table, &hold);
    mem_fail_after(1);
    assert_int_equal(table_add(&table, &first.id, NULL), TALLY_E_NO_MEMORY);
    mem_fail_after(0);
    assert_null(table_find(&table, first.id));
    assert_int_equal(table_add(&table, &first.id, NULL), TALLY_OK);
    assert_ptr_equal(table_find(&table, first.id), &first);
    table_release(&table);
    assert_int_equal(hold.bytes, 0);
}

static void contracts_that_are_named_again_take_no_more_room(void **state)
{
    struct view_contract contracts[5];
    struct contract_list list = {0};
    struct deciding d = {.arena = arena_new(1u << 16)};
    (void) state;
    memset(contracts, 0, sizeof(contracts));
    for (uint64_t i = 0; i < 5; i++)
        contracts[i].row.seq = 10 - i;
    for (int i = 0; i < 100000; i++)
        assert_int_equal(contract_list_add(&d, &list, &contracts[i % 5]), TALLY_OK);
    contract_list_sort(&list);
    assert_int_equal(list.count, 5);
    assert_true(list.cap <= 16);
    for (uint32_t i = 0; i < 5; i++)
        assert_ptr_equal(list.items[i], &contracts[4 - i]);
    arena_free(d.arena);
}

static void sha256(const char *prefix, struct slice data, uint8_t out[32])
{
    (void) prefix;
    memset(out, (int) data.len, 32);
}

static void users_of_an_indicator_are_held_once_whatever_their_order(void **state)
{
    struct model *model = NULL;
    char id[16];
    (void) state;
    assert_int_equal(model_new(&(struct model_ports){sha256}, &model, NULL), TALLY_OK);
    struct row_metric row = {.metric = SLICE("m"), .indicator = SLICE("shared.units"), .indicator_version = 1};
    for (unsigned i = 0; i < 3000; i++) { /* 1,000 contracts, each three times, in no order */
        (void) snprintf(id, sizeof(id), "c%u", i * 389 % 1000);
        row.contract = slice_str(id);
        assert_int_equal(model_put_metric(model, &row, NULL), TALLY_OK);
    }
    const struct view_users *users = view_users(model, SLICE("shared.units"), 1);
    assert_int_equal(users->count, 1000);
    for (uint32_t i = 1; i < users->count; i++)
        assert_true(slice_compare(users->contracts[i - 1], users->contracts[i]) < 0);
    model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(users_of_an_indicator_are_held_once_whatever_their_order),
        cmocka_unit_test(contracts_that_are_named_again_take_no_more_room),
        cmocka_unit_test(a_table_finds_what_was_added_and_not_removed),
        cmocka_unit_test(a_part_of_an_identity_is_not_another),
        cmocka_unit_test(without_memory_nothing_is_added_or_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
