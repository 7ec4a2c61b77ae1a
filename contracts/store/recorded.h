/* What decisions changed since the last settle, as rows to be written: one list for each table. Of a row that is replaced
 * the list holds one, in the place of its first change and as its last change left it. */
#ifndef STORE_RECORDED_H
#define STORE_RECORDED_H

#include <stddef.h>
#include <stdint.h>

#include "tally/arena.h"
#include "tally/err.h"
#include "tally/rows.h"

enum row_kind {
#define X(type, list) ROW_##type,
    CHANGES_LISTS(X)
#undef X
        ROW_KIND_COUNT
};

/* The list's element for contracts: the row does not say which entry closed it. */
struct recorded_contract {
    struct row_contract row;
    uint64_t closed_seq; /* ROW_NO_SEQ unless it was closed since the last settle */
};

struct recorded_list {
    void *rows; /* elements of recorded_size(kind) bytes, each beginning with its struct row_* */
    size_t count, cap;
    uint32_t *slots; /* of replaced rows: hash of the identity -> place in rows, plus 1; 0 is free */
    size_t slot_count;
};

/* A batch is at most 16 MiB of statements; what it changes in rows is some times that. */
#define RECORDED_BYTES_MAX ((size_t) 256 << 20)
#define RECORDED_KEPT_MAX 1024 /* rows of a list whose memory is kept for the next batch */

struct recorded {
    struct arena *arena; /* the rows' strings */
    struct recorded_list lists[ROW_KIND_COUNT];
};

MUST_CHECK enum tally_code recorded_init(struct recorded *recorded, struct err *err);
void recorded_release(struct recorded *recorded);
void recorded_clear(struct recorded *recorded);
/* Copies the rows in. When it fails, some of them may be in: then only recorded_clear makes sense. */
MUST_CHECK enum tally_code recorded_add(struct recorded *recorded, uint64_t seq, const struct changes *changes,
                                        struct err *err);
size_t recorded_size(enum row_kind kind); /* bytes from one element of a list to the next */

#endif
