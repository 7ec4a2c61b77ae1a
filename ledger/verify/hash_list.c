#include "hash_list.h"

#include <inttypes.h>

#include "tally/mem.h"

void hash_list_release(struct hash_list *list)
{
    for (size_t i = 0; i < list->chunk_count; i++)
        mem_free(list->chunks[i].hashes);
    mem_free(list->chunks);
    *list = (struct hash_list){0};
}

static enum tally_code grow(struct hash_list *list, struct err *err)
{
    if (list->chunk_count == list->chunk_cap) {
        size_t cap = list->chunk_cap == 0 ? 16 : 2 * list->chunk_cap;
        struct hash_chunk *chunks = mem_resize(list->chunks, cap * sizeof *chunks);
        if (chunks == NULL)
            return err_set(err, TALLY_E_NO_MEMORY, "no memory for the hashes of %" PRIu64 " entries", list->count + 1);
        list->chunks = chunks;
        list->chunk_cap = cap;
    }
    struct digest *hashes = mem_zero_array(HASH_LIST_CHUNK, sizeof *hashes);
    if (hashes == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory for the hashes of %" PRIu64 " entries", list->count + 1);
    list->chunks[list->chunk_count++].hashes = hashes;
    return TALLY_OK;
}

enum tally_code hash_list_add(struct hash_list *list, const struct digest *hash, struct err *err)
{
    if (list->count == (uint64_t) list->chunk_count * HASH_LIST_CHUNK) {
        enum tally_code rc = grow(list, err);
        if (rc != TALLY_OK)
            return rc;
    }
    list->chunks[list->count / HASH_LIST_CHUNK].hashes[list->count % HASH_LIST_CHUNK] = *hash;
    list->count++;
    return TALLY_OK;
}

struct digest *hash_list_at(const struct hash_list *list, uint64_t seq)
{
    return seq < list->count ? &list->chunks[seq / HASH_LIST_CHUNK].hashes[seq % HASH_LIST_CHUNK] : NULL;
}

bool hash_list_is_unknown(const struct digest *hash)
{
    static const struct digest zeros;
    return digest_equal(hash, &zeros);
}
