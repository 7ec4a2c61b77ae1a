#include "tally/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include "tally/mem.h"

#define ARENA_BLOCK_FIRST 4096                 /* a small request needs one block and one page */
#define ARENA_BLOCK_MAX ((size_t) 1024 * 1024) /* beyond that, doubling only wastes */

struct block {
    struct block *previous;
    size_t used, size; /* of data */
    alignas(max_align_t) unsigned char data[];
};

struct arena {
    size_t cap;
    size_t used; /* handed out, with the padding before what is aligned */
    struct block *last;
};

MUST_CHECK static struct block *block_new(size_t size, struct block *previous)
{
    if (size > SIZE_MAX - sizeof(struct block))
        return NULL;
    struct block *block = mem_resize(NULL, sizeof(struct block) + size);
    if (block == NULL)
        return NULL;
    block->previous = previous;
    block->used = 0;
    block->size = size;
    return block;
}

struct arena *arena_new(size_t cap)
{
    struct arena *arena = mem_zero(sizeof *arena);
    if (arena == NULL)
        return NULL;
    arena->cap = cap;
    return arena;
}

void arena_free(struct arena *arena)
{
    if (arena == NULL)
        return;
    arena_clear(arena);
    mem_free(arena->last);
    mem_free(arena);
}

void arena_clear(struct arena *arena)
{
    while (arena->last != NULL && arena->last->previous != NULL) {
        struct block *block = arena->last;
        arena->last = block->previous;
        mem_free(block);
    }
    if (arena->last != NULL)
        arena->last->used = 0;
    arena->used = 0;
}

/* Puts a block that holds at least size on top. */
MUST_CHECK static bool arena_grow(struct arena *arena, size_t size)
{
    size_t want = ARENA_BLOCK_FIRST;
    if (arena->last != NULL)
        want = arena->last->size >= ARENA_BLOCK_MAX / 2 ? ARENA_BLOCK_MAX : arena->last->size * 2;
    struct block *block = block_new(want < size ? size : want, arena->last);
    if (block == NULL)
        return false;
    arena->last = block;
    return true;
}

/* What lies between used and the next multiple of align. */
static size_t padding(size_t used, size_t align)
{
    return (align - used % align) % align;
}

/* size bytes that are not cleared. *is_over_cap says which of the two failures it was. */
MUST_CHECK static void *take(struct arena *arena, size_t size, size_t align, bool *is_over_cap)
{
    size_t room = arena->cap - arena->used;
    size_t pad = arena->last == NULL ? 0 : padding(arena->last->used, align);
    bool fits_block = arena->last != NULL && pad <= arena->last->size - arena->last->used &&
                      size <= arena->last->size - arena->last->used - pad;
    if (!fits_block)
        pad = 0;
    *is_over_cap = pad > room || size > room - pad;
    if (*is_over_cap || !mem_grants_piece() || (!fits_block && !arena_grow(arena, size)))
        return NULL;
    struct block *block = arena->last;
    unsigned char *at = block->data + block->used + pad;
    block->used += pad + size;
    arena->used += pad + size;
    return at;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    bool is_over_cap;
    void *at = take(arena, size, alignof(max_align_t), &is_over_cap);
    if (at != NULL)
        memset(at, 0, size);
    return at;
}

void *arena_alloc_array(struct arena *arena, size_t count, size_t size)
{
    if (size != 0 && count > SIZE_MAX / size)
        return NULL;
    return arena_alloc(arena, count * size);
}

enum tally_code arena_copy(struct arena *arena, const void *ptr, size_t len, struct slice *out, struct err *err)
{
    bool is_over_cap = true;
    char *at = len == SIZE_MAX ? NULL : take(arena, len + 1, 1, &is_over_cap);
    if (at == NULL && is_over_cap)
        return err_set(err, TALLY_E_LIMIT, "%zu bytes more than the %zu that may be used here", len, arena->cap);
    if (at == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory for %zu bytes", len);
    if (len != 0)
        memcpy(at, ptr, len);
    at[len] = '\0';
    *out = slice_of(at, len);
    return TALLY_OK;
}

char *arena_strdup(struct arena *arena, struct slice s)
{
    struct slice copy = {NULL, 0};
    if (arena_copy(arena, s.ptr, s.len, &copy, NULL) != TALLY_OK)
        return NULL;
    /* the bytes are the arena's own; slices are const only for those who borrow */
    return (char *) (uintptr_t) copy.ptr;
}

struct slice arena_printf(struct arena *arena, const char *fmt, ...)
{
    const struct slice none = {NULL, 0};
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    struct slice out = none;
    int len = vsnprintf(NULL, 0, fmt, args);
    bool is_over_cap;
    char *at = len < 0 ? NULL : take(arena, (size_t) len + 1, 1, &is_over_cap);
    if (at != NULL) {
        (void) vsnprintf(at, (size_t) len + 1, fmt, again);
        out = slice_of(at, (size_t) len);
    }
    va_end(again);
    va_end(args);
    return out;
}

size_t arena_used(const struct arena *arena)
{
    return arena->used;
}
