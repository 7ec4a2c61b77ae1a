/* Readings of the tree: checkpoint, tiles, proofs, receipts. */
#include <inttypes.h>

#include "tally/canon.h"
#include "tally/log.h"
#include "tally/read.h"
#include "tally/text.h"
#include "tree.h"

#define CACHE_FOR_EVER "public, max-age=31536000, immutable"
#define CACHE_A_WHILE "public, max-age=3600" /* a partial tile never changes, but nobody wants it when there is more */

MUST_CHECK static enum tally_code refuse(struct reading *r, const struct refusal *refusal, struct err *err)
{
    r->refusal = refusal;
    return refusal != NULL ? TALLY_OK : err_set(err, TALLY_E_NO_MEMORY, "no memory for a refusal");
}

void handle_checkpoint(struct tallyd *tallyd, struct http_request *request)
{
    struct append_root root;
    char note[CHECKPOINT_MAX];
    uint64_t size = 0;
    if (!keeper_newest(tallyd->keeper, &root, note)) {
        const struct refusal *refusal = tree_size(tallyd, request->arena, &size);
        static const struct refusal none = {.code = REFUSE_DATABASE_AWAY};
        http_refuse(request, refusal != NULL ? refusal : &none);
        return;
    }
    buf_add_str(&request->answer.text, note);
    cosigners_lines(tallyd->cosigners, root.size, &request->answer.text);
    answer_resource_for(request, "text/plain; charset=utf-8", "public, max-age=1");
}

void handle_cosigned(struct tallyd *tallyd, struct http_request *request)
{
    struct append_root root;
    if (cosigners_newest(tallyd->cosigners, &root, &request->answer.text)) {
        answer_resource_for(request, "text/plain; charset=utf-8", "public, max-age=1");
        return;
    }
    const struct refusal *refusal =
        refusal_new(request->arena, REFUSE_COSIGNATURE_NONE,
                    cosigners_policy(tallyd->cosigners)->witness_count == 0
                        ? "this service trusts no witness, so none has cosigned anything for it"
                        : "no checkpoint has been cosigned by as many witnesses as are asked for; try again later");
    static const struct refusal none = {.code = REFUSE_COSIGNATURE_NONE};
    http_refuse(request, refusal != NULL ? refusal : &none);
}

/* ---- cosignatures ---- */

/* The verdict as a refusal; what only an operator can mend is logged for one. */
static const struct refusal *refusal_of_verdict(struct arena *arena, enum cosigners_verdict verdict, const struct err *err)
{
    static const enum refusal_code codes[] = {
        [COSIGNERS_MALFORMED] = REFUSE_REQUEST_MALFORMED, [COSIGNERS_OTHER] = REFUSE_COSIGNATURE_LEDGER,
        [COSIGNERS_UNKNOWN] = REFUSE_COSIGNATURE_UNKNOWN, [COSIGNERS_NOT_SIGNED] = REFUSE_COSIGNATURE_INVALID,
        [COSIGNERS_WRONG_TIME] = REFUSE_COSIGNATURE_TIME, [COSIGNERS_NOT_OURS] = REFUSE_LEDGER_FORKED,
        [COSIGNERS_NOT_COVERED] = REFUSE_TREE_SIZE,
    };
    /* what anybody can send fills no log; a true witness's wrong clock, or the ledger's own signature elsewhere, is for people */
    log_err(verdict == COSIGNERS_NOT_OURS     ? LOG_LEVEL_ERROR
            : verdict == COSIGNERS_WRONG_TIME ? LOG_LEVEL_WARN
                                              : LOG_LEVEL_DEBUG,
            "cosignature.refused", err);
    return refusal_new(arena, codes[verdict], "%s", err->detail);
}

enum tally_code reading_cosignatures(struct reading *r, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    enum cosigners_verdict verdict = COSIGNERS_MALFORMED;
    struct arena *arena = r->request->arena;
    struct err why = {0};
    uint64_t most = 0;
    r->refusal = tree_size(r->tallyd, arena, &most);
    if (r->refusal != NULL)
        return TALLY_OK;
    rc = cosigners_take(r->tallyd->cosigners, r->pg, r->tallyd->tiles, r->request->body, most, arena, &verdict, &why);
    if (rc != TALLY_OK)
        return err_set(err, rc, "%s", why.detail);
    if (verdict != COSIGNERS_TAKEN)
        return refuse(r, refusal_of_verdict(arena, verdict, &why), err);
    r->content_type = "text/plain; charset=utf-8";
    buf_add_str(r->out, "taken\n");
    return TALLY_OK;
}

/* ---- proofs ---- */

static void proof_write(struct canon *w, const struct digest *proof, size_t count)
{
    canon_name(w, "proof");
    canon_array(w);
    for (size_t i = 0; i < count; i++)
        canon_base64(w, proof[i].bytes, DIGEST_LEN);
    canon_close(w);
}

/* *out is the parameter, or the newest published size. False: r->refusal says why. */
static bool size_of_query(struct reading *r, const char *name, bool is_needed, uint64_t *out)
{
    struct append_root newest;
    char note[CHECKPOINT_MAX];
    uint64_t most = 0;
    struct arena *arena = r->request->arena;
    r->refusal = tree_size(r->tallyd, arena, &most);
    if (r->refusal != NULL)
        return false;
    bool is_given = query_u64(&r->query, name, 0, ENTRY_SEQ_MAX, out, arena, &r->refusal);
    if (r->refusal != NULL)
        return false;
    if (!is_given && is_needed)
        r->refusal = refusal_new(arena, REFUSE_REQUEST_MALFORMED, "the parameter %s is missing", name);
    else if (!is_given)
        *out = keeper_newest(r->tallyd->keeper, &newest, note) ? newest.size : most;
    if (r->refusal == NULL && *out > most)
        r->refusal = refusal_new(arena, REFUSE_TREE_SIZE,
                                 "%s=%" PRIu64 ": the tree has %" PRIu64 " entries; a checkpoint of more was signed in no "
                                 "history that this database knows",
                                 name, *out, most);
    return r->refusal == NULL;
}

enum tally_code reading_inclusion(struct reading *r, struct err *err)
{
    struct digest proof[MERKLE_HEIGHTS];
    uint64_t seq = 0, size = 0;
    size_t count = 0;
    struct canon w;
    struct arena *arena = r->request->arena;
    if (!size_of_query(r, "size", false, &size))
        return refuse(r, r->refusal, err);
    if (!query_u64(&r->query, "seq", 0, ENTRY_SEQ_MAX, &seq, arena, &r->refusal) && r->refusal == NULL)
        r->refusal = refusal_new(arena, REFUSE_REQUEST_MALFORMED, "the parameter seq is missing");
    if (r->refusal == NULL && seq >= size)
        r->refusal = refusal_new(arena, REFUSE_TREE_SIZE, "entry %" PRIu64 " is not among the first %" PRIu64, seq, size);
    if (r->refusal != NULL)
        return TALLY_OK;
    enum tally_code rc = read_inclusion(r->pg, r->tallyd->tiles, seq, size, arena, proof, &count, err);
    if (rc != TALLY_OK)
        return rc;
    canon_init(&w, r->out);
    canon_object(&w);
    proof_write(&w, proof, count);
    canon_name(&w, "seq");
    canon_i64(&w, (int64_t) seq);
    canon_name(&w, "size");
    canon_i64(&w, (int64_t) size);
    canon_close(&w);
    return TALLY_OK;
}

enum tally_code reading_consistency(struct reading *r, struct err *err)
{
    struct digest proof[MERKLE_HEIGHTS];
    uint64_t from = 0, to = 0;
    size_t count = 0;
    struct canon w;
    struct arena *arena = r->request->arena;
    if (!size_of_query(r, "from", true, &from) || !size_of_query(r, "to", false, &to))
        return refuse(r, r->refusal, err);
    if (from == 0 || from > to)
        return refuse(r,
                      refusal_new(arena, REFUSE_REQUEST_MALFORMED,
                                  "from=%" PRIu64 " is to be at least 1 and at most to=%" PRIu64, from, to),
                      err);
    enum tally_code rc = read_consistency(r->pg, r->tallyd->tiles, from, to, arena, proof, &count, err);
    if (rc != TALLY_OK)
        return rc;
    canon_init(&w, r->out);
    canon_object(&w);
    canon_name(&w, "from");
    canon_i64(&w, (int64_t) from);
    proof_write(&w, proof, count);
    canon_name(&w, "to");
    canon_i64(&w, (int64_t) to);
    canon_close(&w);
    return TALLY_OK;
}

/* ---- tiles ---- */

MUST_CHECK static enum tally_code hashes_write(struct reading *r, const struct tile_path *path, struct err *err)
{
    struct digest hashes[MERKLE_TILE_WIDTH];
    enum tally_code rc = read_tile(r->pg, path->level, path->number, path->width, r->request->arena, hashes, err);
    if (rc == TALLY_OK)
        buf_add(r->out, hashes, path->width * sizeof hashes[0]);
    return rc;
}

enum tally_code reading_tile(struct reading *r, struct err *err)
{
    struct tile_path path;
    uint64_t size = 0;
    struct arena *arena = r->request->arena;
    struct slice name = r->request->params[0];
    if (tile_path_read(name, &path) != TALLY_OK)
        return refuse(
            r, refusal_new(arena, REFUSE_REQUEST_NOT_FOUND, "%.*s is no name of a tile (C2SP tlog-tiles)", SLICE_ARG(name)),
            err);
    r->refusal = tree_size(r->tallyd, arena, &size);
    if (r->refusal != NULL)
        return TALLY_OK;
    uint64_t there = path.level >= MERKLE_TILE_LEVELS ? 0 : size >> (MERKLE_TILE_HEIGHT * path.level);
    if (path.number > there / MERKLE_TILE_WIDTH || path.number * MERKLE_TILE_WIDTH + path.width > there)
        return refuse(r,
                      refusal_new(arena, REFUSE_TREE_SIZE, "there is no tile %.*s in a tree of %" PRIu64 " entries",
                                  SLICE_ARG(name), size),
                      err);
    r->content_type = "application/octet-stream";
    r->cache_control = path.width == MERKLE_TILE_WIDTH ? CACHE_FOR_EVER : CACHE_A_WHILE;
    if (path.is_entries)
        return read_bundle(r->pg, r->tallyd->identity.origin, path.number, path.width, arena, r->out, err);
    return hashes_write(r, &path, err);
}

/* ---- receipts ---- */

enum tally_code reading_receipt(struct reading *r, struct err *err)
{
    uint64_t seq = 0, size = 0;
    struct arena *arena = r->request->arena;
    struct slice number = r->request->params[0];
    r->refusal = tree_size(r->tallyd, arena, &size);
    if (r->refusal != NULL)
        return TALLY_OK;
    enum tally_code rc = text_u64(number, ENTRY_SEQ_MAX, &seq);
    if (rc == TALLY_OK)
        rc = cosigners_refresh(r->tallyd->cosigners, r->pg, err);
    if (rc == TALLY_OK)
        rc = tree_receipt(r->tallyd, r->pg, seq, r->reader, TREE_RECEIPT_COSIGNED, arena, r->out, err);
    else
        rc = err_set(err, TALLY_E_NOT_FOUND, "there is no entry %.*s", SLICE_ARG(number));
    if (rc == TALLY_E_NOT_FOUND)
        return refuse(r, refusal_new(arena, REFUSE_ENTRY_NOT_FOUND, "%s", err->detail), err);
    r->content_type = "text/plain; charset=utf-8";
    return rc;
}
