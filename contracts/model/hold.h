/* Memory of the view: each block is counted, so that model_memory and model_trim know what is held. */
#ifndef MODEL_HOLD_H
#define MODEL_HOLD_H

#include <stddef.h>
#include <stdint.h>

#include "tally/err.h"
#include "tally/slice.h"

struct hold {
    size_t bytes; /* in blocks that are not freed, their headers included */
};

/* Zeroed; NULL without memory. */
MUST_CHECK void *hold_alloc(struct hold *hold, size_t size);
/* Grows an array of `count` used items to room for one more; TALLY_E_NO_MEMORY leaves it as it was. *items may be NULL. */
MUST_CHECK enum tally_code hold_room(struct hold *hold, void **items, size_t item_size, uint32_t count, uint32_t *cap,
                                     struct err *err);
void hold_free(struct hold *hold, void *block); /* NULL is fine */

/* A block of `size` bytes that begins with a copy of `row` (row_size bytes, placed at row_at), followed by copies of the strings
 * whose struct slice lie at the given offsets of the row; the copy's slices point to them. */
MUST_CHECK void *hold_row(struct hold *hold, size_t size, size_t row_at, const void *row, size_t row_size,
                          const size_t *strings, size_t string_count);
MUST_CHECK enum tally_code hold_text(struct hold *hold, struct slice text, struct slice *out, struct err *err);

#endif
