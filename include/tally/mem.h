/* The only door to malloc. Everything above base/ takes memory from an arena or a buf; long-lived
 * objects use mem_zero and mem_free. Tests make the n-th allocation fail (tests/fault). */
#ifndef TALLY_MEM_H
#define TALLY_MEM_H

#include <stddef.h>
#include <stdint.h>

#include "tally/err.h"

/* size zeroed bytes, or NULL. size 0 gives a pointer that may be freed. */
MUST_CHECK void *mem_zero(size_t size);
/* count * size zeroed bytes, or NULL, also when the product overflows. */
MUST_CHECK void *mem_zero_array(size_t count, size_t size);
/* Like realloc; on failure the old block stays as it was. */
MUST_CHECK void *mem_resize(void *block, size_t size);
void mem_free(void *block); /* NULL is fine */

/* Overwrites secrets in a way that the compiler keeps. */
void mem_wipe(void *block, size_t size);
/* Equal or not, in a time that depends on size alone. */
bool mem_equal_secret(const void *a, const void *b, size_t size);

/* For fault tests: the n-th allocation from now fails (1 = the next), once; 0 switches it off. Thread-local. */
void mem_fail_after(uint64_t n);
/* The same, and each piece that an arena hands out of a block counts as an allocation too: whoever asks an arena for memory is shown
 * what it does without, however small the piece. */
void mem_fail_after_piece(uint64_t n);
/* For arenas: may the next piece be handed out? */
MUST_CHECK bool mem_grants_piece(void);
/* How many allocations this thread has made since one of the two was last called. */
uint64_t mem_allocations(void);

#endif
