/* The nodes above the leaves of a batch, layer by layer. At each height they begin behind what was complete before, and
 * the one complete node that stands alone there (a bit of the size before) comes first; a node without a right neighbour
 * goes up as it is, which makes the unfinished right edge that of RFC 6962. */
#include "tally/merkle.h"

MUST_CHECK static enum tally_code layer_new(struct merkle_batch *batch, const struct merkle_frontier *before, int height,
                                            size_t fresh, struct arena *arena, struct err *err)
{
    struct merkle_layer *layer = &batch->layers[height];
    bool has_left = (before->size >> height & 1) != 0;
    ENSURE(height < MERKLE_HEIGHTS);
    layer->nodes = ARENA_ARRAY(arena, fresh + 1, struct digest);
    if (layer->nodes == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory for the tree over %zu entries", fresh);
    layer->first = (before->size >> height) - (has_left ? 1 : 0);
    if (has_left)
        layer->nodes[0] = before->nodes[height];
    layer->count = has_left ? 1 : 0;
    return TALLY_OK;
}

enum tally_code merkle_batch_make(const struct merkle_frontier *before, const struct digest *leaves, size_t count,
                                  struct arena *arena, struct merkle_batch *out, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct merkle_batch batch = {.before = before->size, .size = before->size + count};
    ENSURE(count > 0);
    TRY(layer_new(&batch, before, 0, count, arena, err));
    memcpy(batch.layers[0].nodes + batch.layers[0].count, leaves, count * sizeof *leaves);
    batch.layers[0].count += count;
    int height = 0;
    for (; batch.layers[height].first + batch.layers[height].count > 1; height++) {
        const struct merkle_layer *below = &batch.layers[height];
        ENSURE(below->first % 2 == 0);
        TRY(layer_new(&batch, before, height + 1, (below->count + 1) / 2, arena, err));
        struct merkle_layer *layer = &batch.layers[height + 1];
        for (size_t i = 0; i < below->count; i += 2) {
            if (i + 1 < below->count)
                merkle_node(&below->nodes[i], &below->nodes[i + 1], &layer->nodes[layer->count++]);
            else
                layer->nodes[layer->count++] = below->nodes[i];
        }
    }
    batch.heights = height + 1;
    *out = batch;
done:
    return rc;
}

void merkle_batch_root(const struct merkle_batch *batch, struct digest *out)
{
    *out = batch->layers[batch->heights - 1].nodes[0];
}

size_t merkle_batch_proof(const struct merkle_batch *batch, uint64_t index, struct digest *proof)
{
    size_t count = 0;
    ENSURE(index >= batch->before && index < batch->size);
    for (int height = 0; height + 1 < batch->heights; height++) {
        const struct merkle_layer *layer = &batch->layers[height];
        uint64_t neighbour = (index >> height) ^ 1;
        if (neighbour < layer->first + layer->count)
            proof[count++] = layer->nodes[neighbour - layer->first];
    }
    return count;
}

const struct digest *merkle_batch_node(const struct merkle_batch *batch, int height, uint64_t index)
{
    if (height >= batch->heights || index < batch->before >> height || index >= batch->size >> height)
        return NULL;
    return &batch->layers[height].nodes[index - batch->layers[height].first];
}

void merkle_batch_advance(const struct merkle_batch *batch, struct merkle_frontier *frontier)
{
    ENSURE(frontier->size == batch->before);
    for (int height = 0; height < batch->heights; height++) {
        const struct merkle_layer *layer = &batch->layers[height];
        if ((batch->size >> height & 1) != 0)
            frontier->nodes[height] = layer->nodes[(batch->size >> height) - 1 - layer->first];
    }
    frontier->size = batch->size;
}
