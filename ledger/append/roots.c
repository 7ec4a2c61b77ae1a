/* Is this the history that was published? A database that was restored from an old dump, or that lost what it had acknowledged, looks
 * like any other from inside. Each published root covers every entry before it, and those of one record were consistent when they
 * were recorded: where the newest is right, all are. The others are compared too, as far as that costs little. */
#include <inttypes.h>

#include "append_internal.h"
#include "queries.h"
#include "tally/cosignature.h"
#include "tally/log.h"

#define WITNESSED_MAX 8    /* files that vouch for a root: two, as it is */
#define TABLE_ROOTS_MAX 64 /* of the newest in the table: it was restored with the entries, and says less than the record */

/* What an operator can do; the same whatever does not agree. */
#define WAY_OUT                                                                                                            \
    "this service only reads until the database is brought back that has them (a newer backup, the other server). If it "  \
    "is "                                                                                                                  \
    "lost, this ledger ends here: begin a new one with `tallyd init`, and give its parties the last good checkpoint"

MUST_CHECK static enum tally_code forked(struct sequencer *s, struct err *err, const char *source, uint64_t size)
{
    s->is_forked = true;
    if (size > s->tree.frontier.size)
        return err_set(err, TALLY_E_MISMATCH,
                       "a checkpoint of %" PRIu64 " entries was published (%s), and the database has %" PRIu64
                       ": entries were lost; " WAY_OUT,
                       size, source, s->tree.frontier.size);
    return err_set(err, TALLY_E_MISMATCH,
                   "the first %" PRIu64
                   " entries of the database are not those that were published (%s): entries were lost "
                   "or changed; " WAY_OUT,
                   size, source);
}

MUST_CHECK static enum tally_code compare(struct sequencer *s, struct read_tiles *tiles, const struct append_root *root,
                                          const char *source, struct err *err)
{
    struct digest there;
    if (root->size == 0)
        return TALLY_OK;
    if (root->size > s->tree.frontier.size)
        return forked(s, err, source, root->size);
    enum tally_code rc = read_root(s->pg, tiles, root->size, s->tree.frontier.size, s->batch.arena, &there, err);
    if (rc != TALLY_OK)
        return rc;
    return digest_equal(&there, &root->root) ? TALLY_OK : forked(s, err, source, root->size);
}

MUST_CHECK static enum tally_code compare_table(struct sequencer *s, struct read_tiles *tiles, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct pg_rows *rows = NULL;
    struct pg_params params;
    pg_params_init(&params, s->batch.arena);
    pg_add_int4(&params, TABLE_ROOTS_MAX);
    TRY(pg_exec(s->pg, &sql_ledger_checkpoints, &params, &rows, err));
    for (int i = 0; i < pg_rows_count(rows); i++) {
        struct append_root root = {.size = (uint64_t) pg_get_int8(rows, i, 0)};
        struct slice bytes = pg_get_bytes(rows, i, 1);
        if (bytes.len != DIGEST_LEN)
            TRY(err_set(err, TALLY_E_INTEGRITY, "a root in the database has %zu bytes", bytes.len));
        memcpy(root.root.bytes, bytes.ptr, DIGEST_LEN);
        TRY(compare(s, tiles, &root, "ledger.checkpoint", err));
    }
done:
    pg_rows_free(rows);
    return rc;
}

/* What witnesses have cosigned, as far as the database says. */
MUST_CHECK static enum tally_code compare_cosigned(struct sequencer *s, struct read_tiles *tiles, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct cosignature *list = NULL;
    size_t count = 0;
    TRY(cosignatures_read(s->pg, s->batch.arena, &list, &count, err));
    for (size_t i = 0; i < count; i++)
        TRY(compare(s, tiles, &list[i].root, "ledger.cosignature", err));
done:
    return rc;
}

/* What they have cosigned, as far as it is known from elsewhere. */
MUST_CHECK static enum tally_code compare_witnessed(struct sequencer *s, struct read_tiles *tiles, size_t *count,
                                                    struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct append_root roots[WITNESSED_MAX];
    *count = s->options.witnessed == NULL ? 0 : s->options.witnessed(s->options.witnessed_ctx, roots, WITNESSED_MAX);
    for (size_t i = 0; i < *count; i++)
        TRY(compare(s, tiles, &roots[i], "cosigned by witnesses", err));
done:
    return rc;
}

/* A host without a record knows nothing about the ledger but what the database and witnesses say. */
MUST_CHECK static enum tally_code check_record(struct sequencer *s, const struct append_root **roots, size_t *count,
                                               size_t witnessed, bool *has_record, struct err *err)
{
    const struct append_keeper *keeper = s->options.keeper;
    *has_record = keeper->known(keeper->self, roots, count);
    if (!*has_record && !s->options.trusts_database && witnessed == 0) {
        s->is_forked = true;
        return err_set(
            err, TALLY_E_MISMATCH,
            "%s is not there, so that nothing on this host says whether this database is the newest copy of the "
            "ledger; this service only reads. Copy that file from the host that served it before; or start once with "
            "--witnessed and a checkpoint that witnesses have cosigned; or, if you know that nothing is missing, with "
            "--trust-database",
            keeper->place);
    }
    if (!*has_record)
        *count = 0;
    return TALLY_OK;
}

enum tally_code roots_check(struct sequencer *s, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    const struct append_root *roots = NULL;
    size_t count = 0, witnessed = 0;
    bool has_record = false;
    const struct append_keeper *keeper = s->options.keeper;
    struct read_tiles *tiles = read_tiles_new();
    s->is_forked = false;
    if (tiles == NULL)
        TRY(err_set(err, TALLY_E_NO_MEMORY, "no memory to compare what was published"));
    TRY(compare_witnessed(s, tiles, &witnessed, err));
    TRY(check_record(s, &roots, &count, witnessed, &has_record, err));
    for (size_t i = count; i > 0; i--)
        TRY(compare(s, tiles, &roots[i - 1], keeper->place, err));
    TRY(compare_table(s, tiles, err));
    TRY(compare_cosigned(s, tiles, err));
    if (!has_record) {
        LOG_WARN("checkpoint.record_begun", LOG_STR("place", keeper->place), LOG_I64("entries", s->tree.frontier.size));
        TRY(keeper->begin(keeper->self, err));
    }
done:
    read_tiles_free(tiles);
    return rc;
}

enum tally_code roots_begin(struct sequencer *s, struct err *err)
{
    const struct append_root *roots = NULL;
    struct append_root vouched[WITNESSED_MAX];
    size_t count = 0;
    const struct append_keeper *keeper = s->options.keeper;
    s->is_forked = false;
    s->tree.frontier.size = 0;
    if (keeper == NULL)
        return TALLY_OK;
    if (s->options.witnessed != NULL && s->options.witnessed(s->options.witnessed_ctx, vouched, WITNESSED_MAX) > 0)
        return forked(s, err, "cosigned by witnesses", vouched[0].size);
    if (!keeper->known(keeper->self, &roots, &count))
        return keeper->begin(keeper->self, err);
    return count == 0 ? TALLY_OK : forked(s, err, keeper->place, roots[count - 1].size);
}
