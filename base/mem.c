#include "tally/mem.h"

#include <stdlib.h>
#include <string.h>

static _Thread_local uint64_t fail_at; /* 0: never */
static _Thread_local uint64_t made;
static _Thread_local bool counts_pieces;

static bool is_allowed(void)
{
    made++;
    if (fail_at == 0 || made != fail_at)
        return true;
    fail_at = 0;
    return false;
}

void *mem_zero(size_t size)
{
    return mem_zero_array(1, size);
}

void *mem_zero_array(size_t count, size_t size)
{
    if (!is_allowed())
        return NULL;
    /* calloc(0) may answer NULL, which would look like a failure */
    if (count == 0 || size == 0)
        return calloc(1, 1);
    if (count > SIZE_MAX / size)
        return NULL;
    return calloc(count, size);
}

void *mem_resize(void *block, size_t size)
{
    if (!is_allowed())
        return NULL;
    /* realloc(block, 0) frees, and is undefined from C23 on */
    return realloc(block, size == 0 ? 1 : size);
}

void mem_free(void *block)
{
    free(block);
}

void mem_wipe(void *block, size_t size)
{
    if (size != 0)
        explicit_bzero(block, size);
}

bool mem_equal_secret(const void *a, const void *b, size_t size)
{
    /* volatile: the compiler may not leave the loop at the first difference */
    const volatile unsigned char *left = a;
    const volatile unsigned char *right = b;
    unsigned char differs = 0;
    for (size_t i = 0; i < size; i++)
        differs = (unsigned char) (differs | (left[i] ^ right[i]));
    return differs == 0;
}

void mem_fail_after(uint64_t n)
{
    fail_at = n;
    made = 0;
    counts_pieces = false;
}

void mem_fail_after_piece(uint64_t n)
{
    mem_fail_after(n);
    counts_pieces = true;
}

bool mem_grants_piece(void)
{
    return !counts_pieces || is_allowed();
}

uint64_t mem_allocations(void)
{
    return made;
}
