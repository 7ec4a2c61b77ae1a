/* formats.md, Tree: verify_inclusion and verify_consistency, step by step. */
#include "tally/merkle.h"

static bool digest_take(struct slice bytes, struct digest *out)
{
    if (bytes.len != DIGEST_LEN)
        return false;
    memcpy(out->bytes, bytes.ptr, DIGEST_LEN);
    return true;
}

static bool is_digest(const struct digest *digest, struct slice bytes)
{
    return slice_equal(slice_of(digest->bytes, DIGEST_LEN), bytes);
}

/* Where the way from a leaf to the root stands: its number, and that of the last node, at this height. */
struct way {
    uint64_t at, last;
};

static void climb_left_edge(struct way *way)
{
    while (way->at != 0 && way->at % 2 == 0) {
        way->at >>= 1;
        way->last >>= 1;
    }
}

bool merkle_verify_inclusion(uint64_t index, uint64_t size, struct slice leaf, const struct slice *proof, size_t count,
                             struct slice root)
{
    struct digest hash, other;
    if (index >= size || !digest_take(leaf, &hash))
        return false;
    struct way way = {index, size - 1};
    for (size_t i = 0; i < count; i++) {
        if (way.last == 0 || !digest_take(proof[i], &other))
            return false;
        if (way.at % 2 == 1 || way.at == way.last) {
            merkle_node(&other, &hash, &hash);
            climb_left_edge(&way);
        } else {
            merkle_node(&hash, &other, &hash);
        }
        way.at >>= 1;
        way.last >>= 1;
    }
    return way.last == 0 && is_digest(&hash, root);
}

bool merkle_verify_consistency(uint64_t from, uint64_t to, struct slice from_root, struct slice to_root,
                               const struct slice *proof, size_t count)
{
    struct digest old, all, other;
    if (from == 0 || from > to)
        return false;
    if (from == to)
        return count == 0 && slice_equal(from_root, to_root);
    if (count == 0)
        return false;
    bool is_complete = (from & (from - 1)) == 0; /* then the old root itself is the first hash */
    if (!digest_take(is_complete ? from_root : proof[0], &old))
        return false;
    all = old;
    struct way way = {from - 1, to - 1};
    for (; way.at % 2 == 1; way.at >>= 1)
        way.last >>= 1;
    for (size_t i = is_complete ? 0 : 1; i < count; i++) {
        if (way.last == 0 || !digest_take(proof[i], &other))
            return false;
        if (way.at % 2 == 1 || way.at == way.last) {
            merkle_node(&other, &old, &old);
            merkle_node(&other, &all, &all);
            climb_left_edge(&way);
        } else {
            merkle_node(&all, &other, &all);
        }
        way.at >>= 1;
        way.last >>= 1;
    }
    return is_digest(&old, from_root) && is_digest(&all, to_root) && way.last == 0;
}
