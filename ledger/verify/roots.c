#include "roots.h"

#define READ_AT_ONCE 256 /* leaves, 8 KiB */

void roots_release(struct roots *roots)
{
    spill_release(&roots->file);
    *roots = (struct roots){0};
}

void roots_begin(struct roots *roots, const struct merkle_frontier *from)
{
    roots->begin = roots->all = *from;
}

enum tally_code roots_add(struct roots *roots, const struct digest *leaf, struct err *err)
{
    merkle_frontier_add(&roots->all, leaf);
    uint64_t added = roots->all.size - roots->begin.size;
    if (added % ROOTS_STEP != 0)
        return TALLY_OK;
    return spill_write(&roots->file, (added / ROOTS_STEP - 1) * sizeof roots->all, &roots->all, sizeof roots->all, err);
}

/* The kept state that is nearest before this size. */
static enum tally_code state_before(const struct roots *roots, uint64_t size, struct merkle_frontier *out, struct err *err)
{
    uint64_t n = (size - roots->begin.size) / ROOTS_STEP;
    if (n == 0) {
        *out = roots->begin;
        return TALLY_OK;
    }
    return spill_read(&roots->file, (n - 1) * sizeof *out, out, sizeof *out, err);
}

enum tally_code roots_at(const struct roots *roots, const struct hash_list *leaves, uint64_t size, bool *is_known,
                         struct digest *out, struct err *err)
{
    struct merkle_frontier tree;
    struct digest read[READ_AT_ONCE];
    enum tally_code rc = TALLY_OK;
    *is_known = size >= roots->begin.size && size <= roots->all.size;
    if (!*is_known)
        return TALLY_OK;
    if (size == roots->all.size)
        tree = roots->all;
    else
        TRY(state_before(roots, size, &tree, err));
    while (tree.size < size) {
        size_t count = size - tree.size < READ_AT_ONCE ? (size_t) (size - tree.size) : READ_AT_ONCE;
        TRY(hash_list_get_many(leaves, tree.size, count, read, err));
        for (size_t i = 0; i < count; i++)
            merkle_frontier_add(&tree, &read[i]);
    }
    merkle_frontier_root(&tree, out);
done:
    return rc;
}
