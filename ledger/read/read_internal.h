/* Shared inside ledger/read only. */
#ifndef TALLY_READ_INTERNAL_H
#define TALLY_READ_INTERNAL_H

#include "tally/read.h"

/* The reader of read.h as a parameter: NULL for nobody in particular. */
void add_reader_param(struct pg_params *params, struct slice reader);
/* A row of ledger_entry, ledger_list*, ledger_bundle or ledger_archive. The slices are borrowed from rows and origin. */
MUST_CHECK enum tally_code read_row(const struct pg_rows *rows, int row, struct slice origin, struct read_entry *out,
                                    struct err *err);

/* ---- tiles that were read ---- */
#define TILE_NODES (2 * MERKLE_TILE_WIDTH) /* its hashes, and every complete node above them */
struct tile_name {
    int level;
    uint64_t number;
    uint32_t width;
};
bool tiles_find(struct read_tiles *tiles, const struct tile_name *name, size_t node, struct digest *out);
/* nodes: TILE_NODES of them. */
void tiles_keep(struct read_tiles *tiles, const struct tile_name *name, const struct digest *nodes);

#endif
