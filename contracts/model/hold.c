#include "hold.h"

#include <string.h>

#include "tally/mem.h"

/* What stands before each block; its size keeps the block aligned for any type. */
union hold_header {
    size_t size;
    max_align_t align;
};

void *hold_alloc(struct hold *hold, size_t size)
{
    if (size > SIZE_MAX - sizeof(union hold_header))
        return NULL;
    union hold_header *header = mem_zero(sizeof(*header) + size);
    if (header == NULL)
        return NULL;
    header->size = sizeof(*header) + size;
    hold->bytes += header->size;
    return header + 1;
}

void hold_free(struct hold *hold, void *block)
{
    if (block == NULL)
        return;
    union hold_header *header = (union hold_header *) block - 1;
    ENSURE(hold->bytes >= header->size);
    hold->bytes -= header->size;
    mem_free(header);
}

enum tally_code hold_room(struct hold *hold, void **items, size_t item_size, uint32_t count, uint32_t *cap, struct err *err)
{
    if (count < *cap)
        return TALLY_OK;
    uint32_t wanted = *cap < 4 ? 4 : *cap * 2;
    if (wanted <= *cap || (size_t) wanted > SIZE_MAX / item_size)
        return err_set(err, TALLY_E_LIMIT, "a list of the view is over %u items", *cap);
    void *grown = hold_alloc(hold, (size_t) wanted * item_size);
    if (grown == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory for %u items of the view", wanted);
    if (count > 0)
        memcpy(grown, *items, (size_t) count * item_size);
    hold_free(hold, *items);
    *items = grown;
    *cap = wanted;
    return TALLY_OK;
}

void *hold_row(struct hold *hold, size_t size, size_t row_at, const void *row, size_t row_size, const size_t *strings,
               size_t string_count)
{
    size_t text = 0;
    for (size_t i = 0; i < string_count; i++)
        text += ((const struct slice *) (const void *) ((const char *) row + strings[i]))->len;
    char *block = hold_alloc(hold, size + text);
    if (block == NULL)
        return NULL;
    memcpy(block + row_at, row, row_size);
    char *at = block + size;
    for (size_t i = 0; i < string_count; i++) {
        struct slice *s = (struct slice *) (void *) (block + row_at + strings[i]);
        if (s->len > 0)
            memcpy(at, s->ptr, s->len);
        s->ptr = at;
        at += s->len;
    }
    return block;
}

enum tally_code hold_text(struct hold *hold, struct slice text, struct slice *out, struct err *err)
{
    char *copy = hold_alloc(hold, text.len + 1);
    if (copy == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory for %zu bytes of the view", text.len);
    if (text.len > 0)
        memcpy(copy, text.ptr, text.len);
    *out = slice_of(copy, text.len);
    return TALLY_OK;
}
