/* Erasing a body: by its author or the operator, once, and only bodies that nothing rests on. What the body was has been read at the edge:
 * an entry never changes but in this. */
#include "decide.h"
#include "tally/canon.h"

#define ERASURE (d->command->u.erase_body)

static enum tally_code check_right(struct deciding *d)
{
    if (slice_equal(d->command->actor, ERASURE.author) || d->actor->row.is_operator)
        return TALLY_OK;
    return REFUSE(d, REFUSE_NOT_ALLOWED, "entry %" PRIu64 " is by %.*s: its author and the operator may erase its body",
                  ERASURE.seq, SLICE_ARG(ERASURE.author));
}

static enum tally_code check_body(struct deciding *d)
{
    if (ERASURE.why_not.len > 0)
        return REFUSE(d, REFUSE_ERASURE_REFUSED, "entry %" PRIu64 " is a %.*s, whose body stays: %.*s", ERASURE.seq,
                      SLICE_ARG(ERASURE.type), SLICE_ARG(ERASURE.why_not));
    if (ERASURE.is_erased || view_is_erased(d->model, ERASURE.seq))
        return REFUSE(d, REFUSE_ERASURE_DONE, "the body of entry %" PRIu64 " has been erased already", ERASURE.seq);
    return TALLY_OK;
}

/* What include/tally/residue.h reads. */
static enum tally_code keep_residue(struct deciding *d)
{
    enum tally_code rc = TALLY_OK;
    struct buf body;
    struct canon json;
    uint64_t seq = 0;
    bool open = ERASURE.open && !ERASURE.is_of_results;
    buf_init(&body, EVENT_BODY_MAX);
    canon_init(&json, &body);
    canon_object(&json);
    canon_name(&json, "body");
    canon_raw(&json, ERASURE.residue);
    canon_name(&json, "cause");
    canon_i64(&json, (int64_t) d->place->seq);
    canon_name(&json, "entry");
    canon_i64(&json, (int64_t) ERASURE.seq);
    canon_name(&json, "head");
    canon_i64(&json, (int64_t) ERASURE.head_seq);
    canon_name(&json, "kid");
    canon_string(&json, ERASURE.kid);
    canon_name(&json, "target");
    canon_string(&json, ERASURE.target);
    canon_name(&json, "type");
    canon_string(&json, ERASURE.type);
    canon_close(&json);
    TRY(event_add(d, "residue.kept", open, SLICE(""), &body, &seq)); /* the tables know what the entry concerns */
done:
    buf_release(&body);
    return rc;
}

enum tally_code decide_erase_body(struct deciding *d)
{
    enum tally_code rc = TALLY_OK;
    STEP(HEAD_COVERS(d, ERASURE.seq, "the entry"));
    STEP(check_right(d));
    STEP(check_body(d));
    const struct row_erasure row = {ERASURE.seq, d->place->seq};
    STEP(change_erasure(d, &row));
    STEP(keep_residue(d));
done:
    return rc;
}
