#include "append_internal.h"
#include "queries.h"
#include "tally/log.h"

/* ---- signing ---- */

/* Of what is committed, and only then: whoever gets it may hold it against us for ever. */
MUST_CHECK static enum tally_code sign_newest(struct sequencer *s, struct err *err)
{
    struct tree *tree = &s->tree;
    struct checkpoint checkpoint = {.origin = s->options.origin, .size = tree->frontier.size};
    struct buf note;
    if (s->options.key == NULL)
        return TALLY_OK;
    buf_init(&note, CHECKPOINT_MAX - 1);
    merkle_frontier_root(&tree->frontier, &checkpoint.root);
    enum tally_code rc = checkpoint_sign(&checkpoint, s->options.key, &note, err);
    if (rc == TALLY_OK) {
        tree->signed_root = (struct append_root){checkpoint.size, checkpoint.root};
        memcpy(tree->note, note.ptr, note.len + 1);
        tree->note_len = note.len;
    }
    buf_release(&note);
    return rc;
}

static void show(struct sequencer *s, const struct append_root *root, const char *note, size_t len)
{
    pthread_mutex_lock(&s->status_lock);
    s->status.checkpoint_size = root->size;
    s->status.checkpoint_root = root->root;
    memcpy(s->status.checkpoint, note, len);
    s->status.checkpoint[len] = '\0';
    pthread_mutex_unlock(&s->status_lock);
}

/* ---- publishing ---- */

static void publish_next(struct tree *tree)
{
    tree->publishing = tree->signed_root;
    memcpy(tree->publishing_note, tree->note, tree->note_len + 1);
    tree->publishing_len = tree->note_len;
}

MUST_CHECK static enum tally_code queue_checkpoint(struct sequencer *s, struct err *err)
{
    struct pg_params params;
    const struct tree *tree = &s->tree;
    pg_params_init(&params, s->batch.arena);
    pg_add_int8(&params, (int64_t) tree->publishing.size);
    pg_add_bytea(&params, slice_of(tree->publishing.root.bytes, DIGEST_LEN));
    pg_add_text(&params, slice_of(tree->publishing_note, tree->publishing_len));
    return pg_pipeline_add(s->pg, &sql_ledger_insert_checkpoint, &params, NULL, err);
}

int64_t tree_publish_in_us(const struct sequencer *s)
{
    const struct tree *tree = &s->tree;
    if (s->options.keeper == NULL || tree->signed_root.size <= tree->published_size)
        return INT64_MAX;
    int64_t left_us = tree->published_us + APPEND_PUBLISH_MS * INT64_C(1000) - instant_monotonic_us();
    return left_us < 0 ? 0 : left_us;
}

/* It is in the table. Where the record cannot be written nothing is shown either; the next one, a second later, stands for it. */
void tree_published(struct sequencer *s)
{
    struct tree *tree = &s->tree;
    const struct append_keeper *keeper = s->options.keeper;
    struct err err = {0};
    if (tree->publishing.size == 0)
        return;
    if (keeper->keep(keeper->self, &tree->publishing, slice_of(tree->publishing_note, tree->publishing_len), &err) !=
        TALLY_OK)
        log_err(LOG_LEVEL_ERROR, "checkpoint.not_recorded", &err);
    tree->published_size = tree->publishing.size;
    tree->published_us = instant_monotonic_us();
    tree->publishing.size = 0;
}

enum tally_code tree_publish(struct sequencer *s, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    publish_next(&s->tree);
    if (!sequencer_has_room(s))
        TRY(TALLY_E_LIMIT);
    TRY(pg_pipeline_begin(s->pg, true, err));
    TRY(queue_checkpoint(s, err));
    TRY(pg_pipeline_run(s->pg, err));
    tree_published(s);
done:
    if (rc != TALLY_OK)
        pg_rollback(s->pg);
    s->tree.publishing.size = 0;
    if (rc == TALLY_E_LIMIT) { /* a full disk costs no lead; there will be room again */
        s->tree.published_us = instant_monotonic_us();
        rc = TALLY_OK;
    }
    return rc;
}

/* ---- with a batch ---- */

enum tally_code tree_grow(struct sequencer *s, struct err *err)
{
    struct batch *batch = &s->batch;
    struct digest *leaves = ARENA_ARRAY(batch->arena, batch->entry_count, struct digest);
    if (leaves == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory for the tree over a batch");
    for (size_t i = 0; i < batch->entry_count; i++)
        leaves[i] = batch->entries[i].hash;
    enum tally_code rc =
        merkle_batch_make(&s->tree.frontier, leaves, batch->entry_count, batch->arena, &s->tree.batch, err);
    s->tree.has_batch = rc == TALLY_OK;
    return rc;
}

/* The tiles that these entries made full, the lowest first: one in 256 entries. */
MUST_CHECK static enum tally_code queue_tiles(struct sequencer *s, struct err *err)
{
    const struct merkle_batch *grown = &s->tree.batch;
    size_t room = (size_t) (grown->size / MERKLE_TILE_WIDTH - grown->before / MERKLE_TILE_WIDTH);
    size_t count = 0;
    if (room == 0)
        return TALLY_OK;
    room += MERKLE_TILE_LEVELS + room / MERKLE_TILE_WIDTH;
    int32_t *levels = ARENA_ARRAY(s->batch.arena, room, int32_t);
    int64_t *numbers = ARENA_ARRAY(s->batch.arena, room, int64_t);
    struct slice *roots = ARENA_ARRAY(s->batch.arena, room, struct slice);
    if (levels == NULL || numbers == NULL || roots == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory for the tiles of a batch");
    for (int level = 0; level < MERKLE_TILE_LEVELS; level++) {
        int height = (level + 1) * MERKLE_TILE_HEIGHT;
        for (uint64_t number = height < 64 ? grown->before >> height : 0;; number++) {
            const struct digest *root = height < MERKLE_HEIGHTS ? merkle_batch_node(grown, height, number) : NULL;
            if (root == NULL)
                break;
            ENSURE(count < room);
            levels[count] = level;
            numbers[count] = (int64_t) number;
            roots[count++] = slice_of(root->bytes, DIGEST_LEN);
        }
    }
    struct pg_params params;
    pg_params_init(&params, s->batch.arena);
    pg_add_int4_array(&params, levels, count);
    pg_add_int8_array(&params, numbers, count);
    pg_add_bytea_array(&params, roots, count);
    return pg_pipeline_add(s->pg, &sql_ledger_insert_tile, &params, NULL, err);
}

enum tally_code tree_queue(struct sequencer *s, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    TRY(tree_grow(s, err));
    TRY(queue_tiles(s, err));
    if (tree_publish_in_us(s) == 0) {
        publish_next(&s->tree);
        TRY(queue_checkpoint(s, err));
    }
done:
    return rc;
}

/* Each statement that this batch recorded, and each that was sent twice in it. */
static void give_receipts(struct sequencer *s)
{
    struct batch *batch = &s->batch;
    uint64_t first = batch->next_seq - batch->entry_count;
    struct append_receipt *receipts = ARENA_ARRAY(batch->arena, batch->count, struct append_receipt);
    if (receipts == NULL)
        return; /* the answer says where the receipt is */
    for (size_t i = 0; i < batch->count; i++) {
        struct append_answer *answer = &batch->outcomes[i].answer;
        if (answer->kind == APPEND_REFUSED || answer->seq < first)
            continue;
        const struct batch_entry *entry = &batch->entries[answer->seq - first];
        receipts[i] = (struct append_receipt){.header = entry->header,
                                              .nonce = entry->nonce,
                                              .tree = &s->tree.batch,
                                              .checkpoint = slice_of(s->tree.note, s->tree.note_len)};
        answer->receipt = &receipts[i];
    }
}

void tree_settle(struct sequencer *s, bool is_committed)
{
    struct tree *tree = &s->tree;
    struct err err = {0};
    if (is_committed && tree->has_batch && s->batch.entry_count > 0) {
        merkle_batch_advance(&tree->batch, &tree->frontier);
        if (sign_newest(s, &err) != TALLY_OK) {
            log_err(LOG_LEVEL_ERROR, "checkpoint.not_signed", &err);
        } else if (s->options.key != NULL) {
            const struct append_keeper *keeper = s->options.keeper;
            if (keeper != NULL)
                keeper->signed_now(keeper->self, &tree->signed_root, slice_of(tree->note, tree->note_len));
            show(s, &tree->signed_root, tree->note, tree->note_len);
            give_receipts(s);
        }
    }
    if (!is_committed)
        tree->publishing.size = 0;
    tree->has_batch = false;
}

/* ---- taking the lead, and following ---- */

MUST_CHECK static enum tally_code newest_row(struct sequencer *s, struct pg_rows **rows, struct err *err)
{
    struct pg_params params;
    pg_params_init(&params, s->batch.arena);
    pg_add_int4(&params, 1);
    return pg_exec(s->pg, &sql_ledger_checkpoints, &params, rows, err);
}

MUST_CHECK static enum tally_code row_open(struct sequencer *s, const struct pg_rows *rows, struct append_root *out,
                                           struct err *err)
{
    struct checkpoint checkpoint;
    enum tally_code rc = checkpoint_open(pg_get_bytes(rows, 0, 2), &s->ledger_key, &checkpoint, NULL, err);
    if (rc != TALLY_OK)
        return err_context(err, "the newest checkpoint in the database");
    *out = (struct append_root){checkpoint.size, checkpoint.root};
    return TALLY_OK;
}

/* What the table has of it, and when that was, is not known to this process: the newest is published anew when there is more. */
enum tally_code tree_load(struct sequencer *s, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct pg_rows *rows = NULL;
    struct append_root newest = {0};
    struct tree *tree = &s->tree;
    tree->has_batch = false;
    tree->publishing.size = 0;
    TRY(read_frontier(s->pg, s->head_seq + 1, s->batch.arena, &tree->frontier, err));
    if (s->options.keeper == NULL) {
        TRY(sign_newest(s, err));
        goto done;
    }
    TRY(roots_check(s, err));
    TRY(sign_newest(s, err));
    show(s, &tree->signed_root, tree->note, tree->note_len);
    TRY(newest_row(s, &rows, err));
    if (pg_rows_count(rows) > 0)
        TRY(row_open(s, rows, &newest, err));
    tree->published_size = newest.size;
    if (newest.size < tree->signed_root.size) {
        TRY(tree_publish(s, err));
    } else { /* it may have been committed and not have reached the record */
        publish_next(tree);
        tree_published(s);
    }
done:
    pg_rows_free(rows);
    return rc;
}

enum tally_code tree_follow(struct sequencer *s, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct pg_rows *rows = NULL;
    struct append_root newest = {0};
    struct tree *tree = &s->tree;
    const struct append_keeper *keeper = s->options.keeper;
    int64_t now_us = instant_monotonic_us();
    if (keeper == NULL || now_us - tree->published_us < APPEND_PUBLISH_MS * INT64_C(1000))
        return TALLY_OK;
    TRY(newest_row(s, &rows, err));
    tree->published_us = now_us;
    if (s->options.followed != NULL)
        TRY(s->options.followed(s->options.witnessed_ctx, s->pg, err));
    if (pg_rows_count(rows) == 0 || (uint64_t) pg_get_int8(rows, 0, 0) <= tree->published_size)
        goto done;
    TRY(row_open(s, rows, &newest, err));
    struct slice note = pg_get_bytes(rows, 0, 2);
    if (note.len >= CHECKPOINT_MAX)
        TRY(err_set(err, TALLY_E_INTEGRITY, "a checkpoint in the database has %zu bytes", note.len));
    TRY(keeper->keep(keeper->self, &newest, note, err));
    tree->published_size = newest.size;
    show(s, &newest, note.ptr, note.len);
done:
    pg_rows_free(rows);
    return rc;
}
