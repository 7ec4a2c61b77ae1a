/* The RFC 6962 tree over entries (formats.md, Tree): node hashes, proofs, and the compact state from which it grows.
 * Pure; any thread. A span [first, end) stands for MTH(D[first:end]). */
#ifndef TALLY_MERKLE_H
#define TALLY_MERKLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tally/arena.h"
#include "tally/digest.h"
#include "tally/err.h"

#define MERKLE_HEIGHTS 54     /* a tree of 2^53 leaves, and its root */
#define MERKLE_PROOF_MAX 63   /* hashes in a proof that is read (C2SP tlog-witness) */
#define MERKLE_TILE_HEIGHT 8  /* a tile holds up to 256 hashes (C2SP tlog-tiles) */
#define MERKLE_TILE_WIDTH 256 /* 2^MERKLE_TILE_HEIGHT */
#define MERKLE_TILE_LEVELS 7  /* 256^7 > 2^53 */

/* MTH({}) = SHA-256(""); SHA-256(0x00 || data); SHA-256(0x01 || left || right). out may be left or right. */
void merkle_empty(struct digest *out);
void merkle_leaf(struct slice data, struct digest *out);
void merkle_node(const struct digest *left, const struct digest *right, struct digest *out);

/* ---- the compact state of a tree: the roots of its largest complete subtrees ---- */
struct merkle_frontier {
    uint64_t size;
    struct digest nodes[MERKLE_HEIGHTS]; /* nodes[h]: of 2^h leaves, valid where bit h of size is set */
};
void merkle_frontier_add(struct merkle_frontier *frontier, const struct digest *leaf);
void merkle_frontier_root(const struct merkle_frontier *frontier, struct digest *out);
/* How many nodes a tree of this size has in its frontier: the bits that are set. */
size_t merkle_frontier_count(uint64_t size);
/* From those nodes, left to right (the largest first). */
void merkle_frontier_set(struct merkle_frontier *frontier, uint64_t size, const struct digest *nodes);

/* ---- leaves that are appended together: their proofs, and the state behind them ---- */
struct merkle_batch {
    uint64_t before, size; /* of the tree, without and with these leaves */
    int heights;           /* layers; the last one holds the root alone */
    struct merkle_layer {
        uint64_t first; /* index of nodes[0] among all nodes of this height */
        size_t count;
        struct digest *nodes;
    } layers[MERKLE_HEIGHTS];
};
/* count > 0. In the arena; TALLY_E_NO_MEMORY. One hash for each leaf, and one for each height. */
MUST_CHECK enum tally_code merkle_batch_make(const struct merkle_frontier *before, const struct digest *leaves,
                                             size_t count, struct arena *arena, struct merkle_batch *out, struct err *err);
void merkle_batch_root(const struct merkle_batch *batch, struct digest *out);
/* PATH(index, D[size]) of one of its leaves, into proof (MERKLE_HEIGHTS); how many hashes. */
size_t merkle_batch_proof(const struct merkle_batch *batch, uint64_t index, struct digest *proof);
/* The root of the complete subtree with this number among all of 2^height leaves; NULL unless these leaves completed it. */
const struct digest *merkle_batch_node(const struct merkle_batch *batch, int height, uint64_t index);
/* frontier is what the batch was made from; it becomes that of the whole. */
void merkle_batch_advance(const struct merkle_batch *batch, struct merkle_frontier *frontier);

/* ---- which hashes a proof is made of, in its order; how many (at most MERKLE_HEIGHTS each) ---- */
struct merkle_span {
    uint64_t first, end;
};
/* index < size. */
size_t merkle_inclusion_spans(uint64_t index, uint64_t size, struct merkle_span *out);
/* 0 < from <= to. */
size_t merkle_consistency_spans(uint64_t from, uint64_t to, struct merkle_span *out);

/* ---- verifying; hashes are given as bytes of any length, since they come from outside ---- */
bool merkle_verify_inclusion(uint64_t index, uint64_t size, struct slice leaf, const struct slice *proof, size_t count,
                             struct slice root);
bool merkle_verify_consistency(uint64_t from, uint64_t to, struct slice from_root, struct slice to_root,
                               const struct slice *proof, size_t count);

#endif
