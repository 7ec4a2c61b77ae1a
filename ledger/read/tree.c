/* Roots and proofs of any size from the tiles: a node of height h is inside one tile of level h / 8. */
#include <inttypes.h>

#include "queries.h"
#include "read_internal.h"

/* ---- tiles ---- */

MUST_CHECK static enum tally_code tile_rows(struct pg *pg, const struct tile_name *name, struct arena *arena,
                                            struct pg_rows **rows, struct err *err)
{
    struct pg_params params;
    int64_t first = (int64_t) (name->number * MERKLE_TILE_WIDTH);
    pg_params_init(&params, arena);
    if (name->level > 0)
        pg_add_int4(&params, name->level - 1);
    pg_add_int8(&params, first);
    pg_add_int8(&params, first + (int64_t) name->width);
    return pg_exec(pg, name->level > 0 ? &sql_ledger_tile_roots : &sql_ledger_tile_entries, &params, rows, err);
}

enum tally_code read_tile(struct pg *pg, int level, uint64_t number, uint32_t width, struct arena *arena,
                          struct digest *out, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct pg_rows *rows = NULL;
    const struct tile_name name = {level, number, width};
    ENSURE(level >= 0 && level < MERKLE_TILE_LEVELS && width > 0 && width <= MERKLE_TILE_WIDTH &&
           number <= ENTRY_SEQ_MAX / 256);
    TRY(tile_rows(pg, &name, arena, &rows, err));
    if (pg_rows_count(rows) != (int) width)
        TRY(err_set(err, TALLY_E_INTEGRITY, "tile %d/%" PRIu64 " has %d of %u hashes", level, number, pg_rows_count(rows),
                    width));
    for (int i = 0; i < (int) width; i++) {
        struct slice hash = pg_get_bytes(rows, i, 0);
        if (hash.len != DIGEST_LEN)
            TRY(err_set(err, TALLY_E_INTEGRITY, "tile %d/%" PRIu64 " has a hash of %zu bytes", level, number, hash.len));
        memcpy(out[i].bytes, hash.ptr, DIGEST_LEN);
    }
done:
    pg_rows_free(rows);
    return rc;
}

/* Where the nodes of height k above a tile's hashes begin, with those of all heights one behind the other. */
static size_t node_place(int k, size_t index)
{
    return 2 * (size_t) MERKLE_TILE_WIDTH - (2 * (size_t) MERKLE_TILE_WIDTH >> k) + index;
}

static void nodes_make(uint32_t width, struct digest *nodes)
{
    for (int k = 1; width >> k > 0; k++)
        for (size_t i = 0; i < width >> k; i++)
            merkle_node(&nodes[node_place(k - 1, 2 * i)], &nodes[node_place(k - 1, 2 * i + 1)], &nodes[node_place(k, i)]);
}

/* ---- nodes and spans ---- */

/* The complete node with this number among those of 2^height entries, in a tree of this size. */
MUST_CHECK static enum tally_code node_read(struct pg *pg, struct read_tiles *tiles, int height, uint64_t index,
                                            uint64_t size, struct arena *arena, struct digest *out, struct err *err)
{
    struct digest nodes[TILE_NODES];
    int level = height / MERKLE_TILE_HEIGHT, k = height % MERKLE_TILE_HEIGHT;
    uint64_t number = index << k >> MERKLE_TILE_HEIGHT;
    uint64_t there = (size >> (MERKLE_TILE_HEIGHT * level)) - number * MERKLE_TILE_WIDTH;
    const struct tile_name name = {level, number, there < MERKLE_TILE_WIDTH ? (uint32_t) there : MERKLE_TILE_WIDTH};
    size_t node = node_place(k, index - (number << MERKLE_TILE_HEIGHT >> k));
    if (tiles != NULL && tiles_find(tiles, &name, node, out))
        return TALLY_OK;
    memset(nodes, 0, sizeof nodes);
    enum tally_code rc = read_tile(pg, level, number, name.width, arena, nodes, err);
    if (rc != TALLY_OK)
        return rc;
    nodes_make(name.width, nodes);
    if (tiles != NULL)
        tiles_keep(tiles, &name, nodes);
    *out = nodes[node];
    return TALLY_OK;
}

/* MTH of a span whose first entry is a multiple of the largest power of two in it: every span of a proof, and [0, size). */
MUST_CHECK static enum tally_code span_read(struct pg *pg, struct read_tiles *tiles, struct merkle_span span, uint64_t size,
                                            struct arena *arena, struct digest *out, struct err *err)
{
    struct merkle_frontier frontier = {.size = span.end - span.first};
    uint64_t at = span.first;
    for (int height = MERKLE_HEIGHTS - 1; height >= 0; height--) {
        if ((frontier.size >> height & 1) == 0)
            continue;
        enum tally_code rc = node_read(pg, tiles, height, at >> height, size, arena, &frontier.nodes[height], err);
        if (rc != TALLY_OK)
            return rc;
        at += UINT64_C(1) << height;
    }
    merkle_frontier_root(&frontier, out);
    return TALLY_OK;
}

MUST_CHECK static enum tally_code spans_read(struct pg *pg, struct read_tiles *tiles, const struct merkle_span *spans,
                                             size_t count, uint64_t size, struct arena *arena, struct digest *out,
                                             struct err *err)
{
    for (size_t i = 0; i < count; i++) {
        enum tally_code rc = span_read(pg, tiles, spans[i], size, arena, &out[i], err);
        if (rc != TALLY_OK)
            return rc;
    }
    return TALLY_OK;
}

enum tally_code read_root(struct pg *pg, struct read_tiles *tiles, uint64_t size, uint64_t there, struct arena *arena,
                          struct digest *out, struct err *err)
{
    ENSURE(size <= there);
    return span_read(pg, tiles, (struct merkle_span){0, size}, there, arena, out, err);
}

enum tally_code read_frontier(struct pg *pg, uint64_t size, struct arena *arena, struct merkle_frontier *out,
                              struct err *err)
{
    struct merkle_frontier frontier = {.size = size};
    struct digest nodes[TILE_NODES];
    for (int level = 0; level < MERKLE_TILE_LEVELS; level++) {
        uint64_t there = size >> (MERKLE_TILE_HEIGHT * level);
        uint32_t width = (uint32_t) (there % MERKLE_TILE_WIDTH);
        if (width == 0)
            continue;
        enum tally_code rc = read_tile(pg, level, there / MERKLE_TILE_WIDTH, width, arena, nodes, err);
        if (rc != TALLY_OK)
            return rc;
        nodes_make(width, nodes);
        for (int k = 0; k < MERKLE_TILE_HEIGHT; k++)
            if ((width >> k & 1) != 0)
                frontier.nodes[MERKLE_TILE_HEIGHT * level + k] = nodes[node_place(k, (width >> k) - 1)];
    }
    *out = frontier;
    return TALLY_OK;
}

enum tally_code read_inclusion(struct pg *pg, struct read_tiles *tiles, uint64_t index, uint64_t size, struct arena *arena,
                               struct digest *proof, size_t *count, struct err *err)
{
    struct merkle_span spans[MERKLE_HEIGHTS];
    *count = merkle_inclusion_spans(index, size, spans);
    return spans_read(pg, tiles, spans, *count, size, arena, proof, err);
}

enum tally_code read_consistency(struct pg *pg, struct read_tiles *tiles, uint64_t from, uint64_t to, struct arena *arena,
                                 struct digest *proof, size_t *count, struct err *err)
{
    struct merkle_span spans[MERKLE_HEIGHTS];
    *count = merkle_consistency_spans(from, to, spans);
    return spans_read(pg, tiles, spans, *count, to, arena, proof, err);
}

/* ---- entries as the tree knows them ---- */

enum tally_code read_bundle(struct pg *pg, struct slice origin, uint64_t number, uint32_t width, struct arena *arena,
                            struct buf *out, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct pg_rows *rows = NULL;
    struct pg_params params;
    struct buf header;
    struct read_entry entry;
    ENSURE(width > 0 && width <= MERKLE_TILE_WIDTH && number <= ENTRY_SEQ_MAX / 256);
    buf_init(&header, ENTRY_HEADER_MAX);
    pg_params_init(&params, arena);
    pg_add_int8(&params, (int64_t) (number * MERKLE_TILE_WIDTH));
    pg_add_int8(&params, (int64_t) (number * MERKLE_TILE_WIDTH + width));
    TRY(pg_exec(pg, &sql_ledger_bundle, &params, &rows, err));
    if (pg_rows_count(rows) != (int) width)
        TRY(err_set(err, TALLY_E_INTEGRITY, "entry bundle %" PRIu64 " has %d of %u entries", number, pg_rows_count(rows),
                    width));
    for (int i = 0; i < (int) width; i++) {
        TRY(read_row(rows, i, origin, &entry, err));
        buf_clear(&header);
        entry_header_write(&entry.header, &header);
        TRY(buf_check(&header, err));
        buf_add_u16be(out, (uint16_t) header.len);
        buf_add_slice(out, buf_slice(&header));
    }
    TRY(buf_check(out, err));
done:
    pg_rows_free(rows);
    buf_release(&header);
    return rc;
}

enum tally_code read_batch_end(struct pg *pg, uint64_t seq, struct arena *arena, uint64_t *end, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct pg_rows *rows = NULL;
    struct pg_params params;
    pg_params_init(&params, arena);
    pg_add_int8(&params, (int64_t) seq);
    TRY(pg_exec(pg, &sql_ledger_batch_end, &params, &rows, err));
    if (pg_rows_count(rows) == 0)
        TRY(err_set(err, TALLY_E_NOT_FOUND, "there is no entry %" PRIu64, seq));
    *end = (uint64_t) pg_get_int8(rows, 0, 0);
done:
    pg_rows_free(rows);
    return rc;
}
