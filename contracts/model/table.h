/* A hash table of the view: finds items by identity. An item is any struct that begins with a struct ident; the table owns
 * none of them. Nothing that is decided may depend on the order of table_next. */
#ifndef MODEL_TABLE_H
#define MODEL_TABLE_H

#include <stdint.h>

#include "hold.h"
#include "tally/err.h"
#include "tally/slice.h"

struct ident {
    uint64_t number;
    struct slice a, b; /* borrowed from the item itself, or what lives as long */
};

struct table {
    struct hold *hold;
    struct table_slot {
        uint64_t hash;
        struct ident *item; /* NULL: free */
    } * slots;
    uint32_t cap, count; /* cap is 0 or a power of two */
};

void table_init(struct table *table, struct hold *hold);
void table_release(struct table *table);                         /* the slots, not the items */
void *table_find(const struct table *table, struct ident ident); /* or NULL */
/* The item's identity is not in the table yet. */
MUST_CHECK enum tally_code table_add(struct table *table, struct ident *item, struct err *err);
void *table_remove(struct table *table, struct ident ident); /* the item, or NULL */
/* Each item once, as long as nothing is added or removed: begin with *at = 0; NULL at the end. */
void *table_next(const struct table *table, uint32_t *at);

uint64_t ident_hash(const void *seed, struct ident ident);
bool ident_equal(struct ident a, struct ident b);

#endif
