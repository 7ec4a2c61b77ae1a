/* Checkpoints: those of the archive, and those that whoever asks has kept. */
#include <inttypes.h>

#include "state.h"
#include "tally/text.h"

/* ---- as the entries come ---- */

MUST_CHECK static enum tally_code check_next_anchors(struct verifier *v, struct job *job, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct digest root;
    bool is_known = false;
    for (; v->next_anchor < v->options.anchor_count; v->next_anchor++) {
        const struct verify_anchor *anchor = &v->options.anchors[v->next_anchor];
        if (anchor->size > v->roots.all.size)
            break;
        TRY(roots_at(&v->roots, &v->hashes, anchor->size, &is_known, &root, err));
        if (!is_known)
            v->report.checkpoints_unchecked++; /* it covers entries from before the archive */
        else if (!digest_equal(&root, &anchor->root))
            job_found(job, FINDING_LEDGER_FORKED, anchor->size - (anchor->size > 0),
                      "the first %" PRIu64 " entries are not those that %s was signed for", anchor->size, anchor->name);
        else {
            v->report.anchors++;
            v->is_anchor_right[v->next_anchor] = true;
            check_anchor_witnesses(v, anchor);
        }
    }
done:
    return rc;
}

enum tally_code check_range(struct verifier *v, struct job *job, const struct archive_head *head, struct err *err)
{
    struct merkle_frontier frontier = {0};
    struct digest nodes[MERKLE_HEIGHTS];
    /* ["<hex>","<hex>"]: the reader of lines has seen to its form */
    for (size_t i = 0; i < merkle_frontier_count(head->from); i++)
        ENSURE(text_unhex(slice_of(head->range.ptr + 2 + i * (2 * DIGEST_LEN + 3), 2 * (size_t) DIGEST_LEN), nodes[i].bytes,
                          DIGEST_LEN) == TALLY_OK);
    merkle_frontier_set(&frontier, head->from, nodes);
    roots_begin(&v->roots, &frontier);
    hash_list_begin(&v->hashes, head->from);
    time_list_begin(&v->times, head->from);
    return check_next_anchors(v, job, err);
}

enum tally_code check_leaf(struct verifier *v, struct job *job, const struct digest *leaf, struct err *err)
{
    if (!v->is_tree_known)
        return TALLY_OK;
    enum tally_code rc = roots_add(&v->roots, leaf, err);
    if (rc == TALLY_OK && v->options.policy != NULL)
        rc = time_list_add(&v->times, v->time, err);
    if (rc == TALLY_OK && v->next_anchor < v->options.anchor_count)
        rc = check_next_anchors(v, job, err);
    return rc;
}

/* ---- behind the entries ---- */

static bool open_note(struct verifier *v, struct job *job, struct slice bytes, struct checkpoint *out, struct note *note)
{
    struct err why = {0};
    if (!v->has_note_key) {
        job_found(job, FINDING_CHECKPOINT_SIGNATURE, v->line, "the first line names no verifier key of a ledger");
        return false;
    }
    enum tally_code rc = checkpoint_open(bytes, &v->note_key, out, note, &why);
    if (rc == TALLY_OK)
        return true;
    job_found(job, rc == TALLY_E_SIGNATURE ? FINDING_CHECKPOINT_SIGNATURE : FINDING_CHECKPOINT_FORM, v->line, "%s",
              why.detail);
    return false;
}

enum tally_code check_checkpoint(struct verifier *v, struct job *job, struct slice bytes, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct checkpoint checkpoint;
    struct note note;
    struct digest root;
    bool is_known = false;
    if (!open_note(v, job, bytes, &checkpoint, &note))
        return TALLY_OK;
    if (v->is_tree_known)
        TRY(roots_at(&v->roots, &v->hashes, checkpoint.size, &is_known, &root, err));
    if (checkpoint.size > v->next_seq || checkpoint.size == 0) {
        job_found(job, FINDING_CHECKPOINT_SIZE, v->line, "it covers %" PRIu64 " entries, the archive ends after %" PRIu64,
                  checkpoint.size, v->next_seq);
    } else if (!is_known) {
        v->report.checkpoints_unchecked++;
    } else if (!digest_equal(&root, &checkpoint.root)) {
        job_found(job, FINDING_CHECKPOINT_ROOT, v->line, "its root is not that of the first %" PRIu64 " entries",
                  checkpoint.size);
    } else {
        v->report.checkpoints++;
        if (checkpoint.size > v->report.signed_size)
            v->report.signed_size = checkpoint.size;
        v->report.is_anchored |= v->trusted.len > 0 && checkpoint.size == v->next_seq;
        TRY(check_cosignatures(v, job, checkpoint.size, &note, err));
    }
done:
    return rc;
}

enum tally_code check_anchors_end(struct verifier *v, struct job *job, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    for (size_t i = 0; i < v->next_anchor; i++)
        if (v->is_anchor_right[i])
            TRY(check_anchor_times(v, job, &v->options.anchors[i], err));
    for (; v->next_anchor < v->options.anchor_count; v->next_anchor++) {
        const struct verify_anchor *anchor = &v->options.anchors[v->next_anchor];
        if (v->is_tree_known)
            job_found(job, FINDING_LEDGER_FORKED, anchor->size - 1,
                      "%s was signed for %" PRIu64 " entries, the archive ends after %" PRIu64
                      ": it is older than that, or entries at its end were dropped; a newer archive tells",
                      anchor->name, anchor->size, v->next_seq);
        else
            v->report.checkpoints_unchecked++;
    }
done:
    return rc;
}
