/* Every way to a root or a proof gives what formats.md's recursions give, for every pair of sizes up to some hundred. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tally/merkle.h"

#define LEAVES 140

static struct digest leaves[LEAVES];

static int make_leaves(void **state)
{
    (void) state;
    for (uint8_t i = 0; i < LEAVES; i++)
        merkle_leaf(slice_of(&i, 1), &leaves[i]);
    return 0;
}

/* MTH(D[first:end]), word for word */
static struct digest mth(uint64_t first, uint64_t end)
{
    struct digest out;
    if (end == first) {
        merkle_empty(&out);
        return out;
    }
    if (end - first == 1)
        return leaves[first];
    uint64_t k = 1;
    while (2 * k < end - first)
        k *= 2;
    struct digest left = mth(first, first + k), right = mth(first + k, end);
    merkle_node(&left, &right, &out);
    return out;
}

static void assert_same(const struct digest *a, struct digest b)
{
    assert_memory_equal(a->bytes, b.bytes, DIGEST_LEN);
}

static struct slice slice_of_digest(const struct digest *digest)
{
    return slice_of(digest->bytes, DIGEST_LEN);
}

static size_t hashes(const struct merkle_span *spans, size_t count, struct digest *held, struct slice *proof)
{
    for (size_t i = 0; i < count; i++) {
        held[i] = mth(spans[i].first, spans[i].end);
        proof[i] = slice_of_digest(&held[i]);
    }
    return count;
}

static void the_frontier_has_the_root_of_every_size(void **state)
{
    struct merkle_frontier frontier = {0};
    (void) state;
    for (uint64_t size = 0; size < LEAVES; size++) {
        struct digest root, nodes[MERKLE_HEIGHTS];
        struct merkle_frontier again = {0};
        size_t count = 0;
        merkle_frontier_root(&frontier, &root);
        assert_same(&root, mth(0, size));
        for (int height = MERKLE_HEIGHTS - 1; height >= 0; height--)
            if ((size >> height & 1) != 0)
                nodes[count++] = frontier.nodes[height];
        assert_int_equal(count, merkle_frontier_count(size));
        merkle_frontier_set(&again, size, nodes);
        merkle_frontier_root(&again, &root);
        assert_same(&root, mth(0, size));
        merkle_frontier_add(&frontier, &leaves[size]);
    }
}

static void every_inclusion_is_proven_and_no_other(void **state)
{
    struct merkle_span spans[MERKLE_HEIGHTS];
    struct digest held[MERKLE_HEIGHTS];
    struct slice proof[MERKLE_HEIGHTS];
    (void) state;
    for (uint64_t size = 1; size <= 70; size++) {
        struct digest root = mth(0, size);
        for (uint64_t index = 0; index < size; index++) {
            size_t count = hashes(spans, merkle_inclusion_spans(index, size, spans), held, proof);
            assert_true(merkle_verify_inclusion(index, size, slice_of_digest(&leaves[index]), proof, count,
                                                slice_of_digest(&root)));
            assert_false(merkle_verify_inclusion(index, size, slice_of_digest(&leaves[index + 1]), proof, count,
                                                 slice_of_digest(&root)));
            assert_false(merkle_verify_inclusion(index ^ 1, size, slice_of_digest(&leaves[index]), proof, count,
                                                 slice_of_digest(&root)) &&
                         size > 1);
            if (count > 0)
                assert_false(merkle_verify_inclusion(index, size, slice_of_digest(&leaves[index]), proof, count - 1,
                                                     slice_of_digest(&root)));
        }
    }
}

static void every_pair_of_sizes_is_proven_consistent_and_no_other(void **state)
{
    struct merkle_span spans[MERKLE_HEIGHTS];
    struct digest held[MERKLE_HEIGHTS];
    struct slice proof[MERKLE_HEIGHTS];
    (void) state;
    for (uint64_t to = 1; to <= 70; to++) {
        struct digest root = mth(0, to);
        for (uint64_t from = 1; from <= to; from++) {
            struct digest old = mth(0, from), other = mth(1, from + 1);
            size_t count = hashes(spans, merkle_consistency_spans(from, to, spans), held, proof);
            assert_true(merkle_verify_consistency(from, to, slice_of_digest(&old), slice_of_digest(&root), proof, count));
            assert_false(
                merkle_verify_consistency(from, to, slice_of_digest(&other), slice_of_digest(&root), proof, count));
            assert_false(merkle_verify_consistency(from, to, slice_of_digest(&old), slice_of_digest(&other), proof, count));
        }
        assert_false(merkle_verify_consistency(0, to, SLICE(""), slice_of_digest(&root), proof, 0));
        assert_false(merkle_verify_consistency(to + 1, to, slice_of_digest(&root), slice_of_digest(&root), proof, 0));
    }
}

/* Every batch on every tree: root, proofs, complete nodes and the frontier behind it. */
static void a_batch_has_the_root_and_the_proofs_of_its_leaves(void **state)
{
    struct arena *arena = arena_new(1u << 20);
    struct merkle_frontier before = {0};
    (void) state;
    for (uint64_t size = 0; size < 70; size++) {
        for (size_t count = 1; size + count <= 75; count++) {
            struct merkle_batch batch;
            struct digest root, proof[MERKLE_HEIGHTS];
            struct slice given[MERKLE_HEIGHTS];
            arena_clear(arena);
            assert_int_equal(merkle_batch_make(&before, leaves + size, count, arena, &batch, NULL), TALLY_OK);
            merkle_batch_root(&batch, &root);
            assert_same(&root, mth(0, size + count));
            for (uint64_t index = size; index < size + count; index++) {
                size_t len = merkle_batch_proof(&batch, index, proof);
                for (size_t i = 0; i < len; i++)
                    given[i] = slice_of_digest(&proof[i]);
                assert_true(merkle_verify_inclusion(index, size + count, slice_of_digest(&leaves[index]), given, len,
                                                    slice_of_digest(&root)));
            }
            for (int height = 0; height < 8; height++) {
                for (uint64_t index = 0; index <= (size + count) >> height; index++) {
                    const struct digest *node = merkle_batch_node(&batch, height, index);
                    bool is_new = index >= size >> height && index < (size + count) >> height;
                    assert_int_equal(node != NULL, is_new);
                    if (node != NULL)
                        assert_same(node, mth(index << height, (index + 1) << height));
                }
            }
            struct merkle_frontier after = before;
            merkle_batch_advance(&batch, &after);
            assert_int_equal(after.size, size + count);
            merkle_frontier_root(&after, &root);
            assert_same(&root, mth(0, size + count));
        }
        merkle_frontier_add(&before, &leaves[size]);
    }
    arena_free(arena);
}

static void a_batch_without_memory_says_so(void **state)
{
    struct arena *arena = arena_new(64);
    struct merkle_frontier before = {0};
    struct merkle_batch batch;
    struct err err = {0};
    (void) state;
    assert_int_equal(merkle_batch_make(&before, leaves, LEAVES, arena, &batch, &err), TALLY_E_NO_MEMORY);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_frontier_has_the_root_of_every_size),
        cmocka_unit_test(every_inclusion_is_proven_and_no_other),
        cmocka_unit_test(every_pair_of_sizes_is_proven_consistent_and_no_other),
        cmocka_unit_test(a_batch_has_the_root_and_the_proofs_of_its_leaves),
        cmocka_unit_test(a_batch_without_memory_says_so),
    };
    return cmocka_run_group_tests(tests, make_leaves, NULL);
}
