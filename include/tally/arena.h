/* Memory that lives and dies together: one arena for each request, each batch, each compiled text.
 * One thread at a time. Has a cap, so that no input can take more than it was granted. */
#ifndef TALLY_ARENA_H
#define TALLY_ARENA_H

#include <stddef.h>

#include "tally/err.h"
#include "tally/slice.h"

struct arena;

/* An arena that hands out at most cap bytes in all. NULL without memory. */
MUST_CHECK struct arena *arena_new(size_t cap);
void arena_free(struct arena *arena); /* NULL is fine */

/* Gives all memory back for reuse; every pointer from it is dead. Keeps the first block. */
void arena_clear(struct arena *arena);

/* size zeroed bytes, aligned for any type; NULL over the cap or without memory. */
MUST_CHECK void *arena_alloc(struct arena *arena, size_t size);
/* count * size zeroed bytes; NULL also on overflow. */
MUST_CHECK void *arena_alloc_array(struct arena *arena, size_t count, size_t size);
#define ARENA_NEW(arena, type) ((type *) arena_alloc((arena), sizeof(type)))
#define ARENA_ARRAY(arena, count, type) ((type *) arena_alloc_array((arena), (count), sizeof(type)))

/* A copy of the bytes with a NUL behind it (not counted). TALLY_E_LIMIT over the cap. */
MUST_CHECK enum tally_code arena_copy(struct arena *arena, const void *ptr, size_t len, struct slice *out, struct err *err);
/* A NUL-ended copy; NULL over the cap or without memory. */
MUST_CHECK char *arena_strdup(struct arena *arena, struct slice s);
/* Formatted text; an empty slice with ptr NULL over the cap or without memory. */
MUST_CHECK struct slice arena_printf(struct arena *arena, const char *fmt, ...) PRINTF_LIKE(2, 3);

size_t arena_used(const struct arena *arena); /* bytes handed out */

#endif
