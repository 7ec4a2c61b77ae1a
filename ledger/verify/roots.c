#include "roots.h"

#include "tally/mem.h"

void roots_release(struct roots *roots)
{
    for (int i = 0; i < 2; i++)
        mem_free(roots->blocks[i].leaves);
    *roots = (struct roots){0};
}

void roots_begin(struct roots *roots, const struct merkle_frontier *from)
{
    roots->all = *from;
    roots->blocks[roots->current].before = *from;
}

enum tally_code roots_add(struct roots *roots, const struct digest *leaf, struct err *err)
{
    struct roots_block *block = &roots->blocks[roots->current];
    if (block->count == ROOTS_BLOCK) {
        roots->current ^= 1;
        block = &roots->blocks[roots->current];
        block->before = roots->all;
        block->count = 0;
    }
    if (block->leaves == NULL)
        block->leaves = mem_zero_array(ROOTS_BLOCK, sizeof *block->leaves);
    if (block->leaves == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory for the tree");
    block->leaves[block->count++] = *leaf;
    merkle_frontier_add(&roots->all, leaf);
    return TALLY_OK;
}

bool roots_at(const struct roots *roots, uint64_t size, struct digest *out)
{
    if (size == roots->all.size) {
        merkle_frontier_root(&roots->all, out);
        return true;
    }
    for (int i = 0; i < 2; i++) {
        const struct roots_block *block = &roots->blocks[i];
        if (block->leaves == NULL || size < block->before.size || size > block->before.size + block->count)
            continue;
        struct merkle_frontier frontier = block->before;
        for (size_t at = 0; frontier.size < size; at++)
            merkle_frontier_add(&frontier, &block->leaves[at]);
        merkle_frontier_root(&frontier, out);
        return true;
    }
    return false;
}
