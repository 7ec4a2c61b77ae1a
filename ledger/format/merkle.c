#include "tally/merkle.h"

void merkle_empty(struct digest *out)
{
    digest_of(SLICE(""), out);
}

void merkle_leaf(struct slice data, struct digest *out)
{
    const struct slice parts[] = {slice_of("\0", 1), data};
    digest_parts(parts, 2, out);
}

void merkle_node(const struct digest *left, const struct digest *right, struct digest *out)
{
    const struct slice parts[] = {slice_of("\1", 1), slice_of(left->bytes, DIGEST_LEN), slice_of(right->bytes, DIGEST_LEN)};
    digest_parts(parts, 3, out);
}

/* ---- the frontier: a binary counter whose digits are subtrees ---- */

void merkle_frontier_add(struct merkle_frontier *frontier, const struct digest *leaf)
{
    struct digest node = *leaf;
    int height = 0;
    for (uint64_t bits = frontier->size; (bits & 1) != 0; bits >>= 1, height++)
        merkle_node(&frontier->nodes[height], &node, &node);
    ENSURE(height < MERKLE_HEIGHTS);
    frontier->nodes[height] = node;
    frontier->size++;
}

void merkle_frontier_root(const struct merkle_frontier *frontier, struct digest *out)
{
    struct digest root;
    bool is_begun = false;
    for (int height = 0; height < MERKLE_HEIGHTS; height++) {
        if ((frontier->size >> height & 1) == 0)
            continue;
        if (is_begun)
            merkle_node(&frontier->nodes[height], &root, &root);
        else
            root = frontier->nodes[height];
        is_begun = true;
    }
    if (!is_begun)
        merkle_empty(&root);
    *out = root;
}

size_t merkle_frontier_count(uint64_t size)
{
    size_t count = 0;
    for (uint64_t bits = size; bits != 0; bits &= bits - 1)
        count++;
    return count;
}

void merkle_frontier_set(struct merkle_frontier *frontier, uint64_t size, const struct digest *nodes)
{
    ENSURE(size >> MERKLE_HEIGHTS == 0);
    frontier->size = size;
    for (int height = MERKLE_HEIGHTS - 1; height >= 0; height--)
        if ((size >> height & 1) != 0)
            frontier->nodes[height] = *nodes++;
}

/* ---- which hashes a proof is made of: formats.md's recursions, from the root down, then turned round ---- */

/* The largest power of two below size (> 1). */
static uint64_t split(uint64_t size)
{
    uint64_t k = 1;
    while (k < size - k)
        k <<= 1;
    return k;
}

static void turn_round(struct merkle_span *spans, size_t count)
{
    for (size_t i = 0; i < count / 2; i++) {
        struct merkle_span other = spans[i];
        spans[i] = spans[count - 1 - i];
        spans[count - 1 - i] = other;
    }
}

size_t merkle_inclusion_spans(uint64_t index, uint64_t size, struct merkle_span *out)
{
    uint64_t first = 0, end = size;
    size_t count = 0;
    ENSURE(index < size);
    while (end - first > 1) {
        uint64_t middle = first + split(end - first);
        if (index < middle) {
            out[count++] = (struct merkle_span){middle, end};
            end = middle;
        } else {
            out[count++] = (struct merkle_span){first, middle};
            first = middle;
        }
    }
    turn_round(out, count);
    return count;
}

size_t merkle_consistency_spans(uint64_t from, uint64_t to, struct merkle_span *out)
{
    uint64_t first = 0, end = to;
    size_t count = 0;
    ENSURE(from > 0 && from <= to);
    while (end != from) {
        uint64_t middle = first + split(end - first);
        if (from <= middle) {
            out[count++] = (struct merkle_span){middle, end};
            end = middle;
        } else {
            out[count++] = (struct merkle_span){first, middle};
            first = middle;
        }
    }
    if (first > 0) /* b false: the verifier does not have the hash of what is left */
        out[count++] = (struct merkle_span){first, end};
    turn_round(out, count);
    return count;
}
