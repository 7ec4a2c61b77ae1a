/* Tiles that were read, with the complete nodes above their hashes: a path through one takes eight of them, and hashing them again for
 * each proof would cost more than all the rest. A tile of a given width never changes, so nothing here is ever out of date. */
#include <pthread.h>

#include "read_internal.h"
#include "tally/mem.h"

#define TILES_SLOTS 4096 /* the tiles of a million entries, 64 MB; memory is taken as they are read */

struct tile {
    struct tile_name name;
    struct digest nodes[TILE_NODES];
};

struct read_tiles {
    pthread_mutex_t lock;
    struct tile *slots[TILES_SLOTS];
};

struct read_tiles *read_tiles_new(void)
{
    struct read_tiles *tiles = mem_zero(sizeof *tiles);
    if (tiles != NULL)
        ENSURE(pthread_mutex_init(&tiles->lock, NULL) == 0);
    return tiles;
}

void read_tiles_free(struct read_tiles *tiles)
{
    if (tiles == NULL)
        return;
    for (size_t i = 0; i < TILES_SLOTS; i++)
        mem_free(tiles->slots[i]);
    pthread_mutex_destroy(&tiles->lock);
    mem_free(tiles);
}

static bool is_same(const struct tile_name *a, const struct tile_name *b)
{
    return a->level == b->level && a->number == b->number && a->width == b->width;
}

/* Neighbours lie side by side, so that a ledger with fewer tiles than slots keeps them all. */
static struct tile **slot_of(struct read_tiles *tiles, const struct tile_name *name)
{
    return &tiles->slots[(name->number + (uint64_t) name->level * 1021) % TILES_SLOTS];
}

bool tiles_find(struct read_tiles *tiles, const struct tile_name *name, size_t node, struct digest *out)
{
    pthread_mutex_lock(&tiles->lock);
    const struct tile *tile = *slot_of(tiles, name);
    bool is_there = tile != NULL && is_same(&tile->name, name);
    if (is_there)
        *out = tile->nodes[node];
    pthread_mutex_unlock(&tiles->lock);
    return is_there;
}

void tiles_keep(struct read_tiles *tiles, const struct tile_name *name, const struct digest *nodes)
{
    pthread_mutex_lock(&tiles->lock);
    struct tile **slot = slot_of(tiles, name);
    if (*slot == NULL)
        *slot = mem_zero(sizeof **slot); /* without memory it is read again next time */
    if (*slot != NULL) {
        (*slot)->name = *name;
        memcpy((*slot)->nodes, nodes, sizeof(*slot)->nodes);
    }
    pthread_mutex_unlock(&tiles->lock);
}
