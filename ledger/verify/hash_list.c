#include "hash_list.h"

#include <inttypes.h>

#include "tally/mem.h"

#define CAP_FIRST 256
#define WRITTEN_AT_ONCE (HASH_LIST_NEW / 2)

void hash_list_release(struct hash_list *list)
{
    spill_release(&list->file);
    mem_free(list->newest);
    *list = (struct hash_list){0};
}

void hash_list_begin(struct hash_list *list, uint64_t first)
{
    ENSURE(list->count == list->first);
    list->first = list->count = list->written = first;
}

static struct digest *place(const struct hash_list *list, uint64_t seq)
{
    return &list->newest[(seq - list->first) % list->cap];
}

/* Twice the room, as long as all of them are in memory. */
static enum tally_code grow(struct hash_list *list, struct err *err)
{
    size_t cap = list->cap == 0 ? CAP_FIRST : 2 * list->cap;
    struct digest *newest = mem_resize(list->newest, cap * sizeof *newest);
    if (newest == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory for the hashes of %zu entries", cap);
    list->newest = newest;
    list->cap = cap;
    return TALLY_OK;
}

/* The older half goes to the file: the last one stays, since it may be corrected. */
static enum tally_code write_half(struct hash_list *list, struct err *err)
{
    uint64_t at = list->written - list->first;
    enum tally_code rc =
        spill_write(&list->file, at * DIGEST_LEN, place(list, list->written), (size_t) WRITTEN_AT_ONCE * DIGEST_LEN, err);
    if (rc == TALLY_OK)
        list->written += WRITTEN_AT_ONCE;
    return rc;
}

enum tally_code hash_list_add(struct hash_list *list, const struct digest *hash, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    if (list->count - list->first == list->cap && list->cap < HASH_LIST_NEW)
        rc = grow(list, err);
    else if (list->count - list->written == list->cap)
        rc = write_half(list, err);
    if (rc == TALLY_OK)
        *place(list, list->count++) = *hash;
    return rc;
}

void hash_list_set_last(struct hash_list *list, const struct digest *hash)
{
    ENSURE(list->count > list->first);
    *place(list, list->count - 1) = *hash;
}

bool hash_list_has(const struct hash_list *list, uint64_t seq)
{
    return seq >= list->first && seq < list->count;
}

enum tally_code hash_list_get_many(const struct hash_list *list, uint64_t seq, size_t count, struct digest *out,
                                   struct err *err)
{
    ENSURE(seq >= list->first && seq <= list->count && count <= list->count - seq);
    if (count > 0 && seq < list->written) {
        size_t in_file = list->written - seq < count ? (size_t) (list->written - seq) : count;
        enum tally_code rc = spill_read(&list->file, (seq - list->first) * DIGEST_LEN, out, in_file * DIGEST_LEN, err);
        if (rc != TALLY_OK)
            return rc;
        seq += in_file;
        count -= in_file;
        out += in_file;
    }
    for (; count > 0; count--)
        *out++ = *place(list, seq++);
    return TALLY_OK;
}

enum tally_code hash_list_get(const struct hash_list *list, uint64_t seq, struct digest *out, struct err *err)
{
    return hash_list_get_many(list, seq, 1, out, err);
}

bool hash_list_is_unknown(const struct digest *hash)
{
    static const struct digest zeros;
    return digest_equal(hash, &zeros);
}
