/* What the files of the write side share. */
#ifndef STORE_INTERNAL_H
#define STORE_INTERNAL_H

#include "recorded.h"
#include "tally/store.h"

#define LOAD_STATEMENTS_MAX 40 /* rows of the table in load.c, with room */

struct store {
    struct model *model;
    struct recorded recorded;
    /* what was queued and not yet taken */
    struct needs asked; /* its items lie in the caller's arena */
    struct pg_rows *rows[LOAD_STATEMENTS_MAX];
};

/* Forgets what was queued. */
void load_drop(struct store *store);

#endif
