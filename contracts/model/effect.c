/* Building a decision: rows, events, refusals. */
#include "decide.h"

enum tally_code no_arena(struct deciding *d)
{
    return err_set(d->err, TALLY_E_LIMIT, "deciding takes more memory than was granted");
}

/* Room for one more row: lists grow by doubling, whenever their length is a power of two from 4 on. */
static void *row_room(struct deciding *d, void *rows, uint32_t count, size_t row_size)
{
    if (count != 0 && (count < 4 || (count & (count - 1)) != 0))
        return rows;
    void *grown = arena_alloc_array(d->arena, count == 0 ? 4 : (size_t) count * 2, row_size);
    if (grown != NULL && count > 0)
        memcpy(grown, rows, count * row_size);
    return grown;
}

#define X(type, list)                                                                                                      \
    enum tally_code change_##type(struct deciding *d, const struct row_##type *row)                                        \
    {                                                                                                                      \
        struct changes *changes = &d->out->changes;                                                                        \
        struct row_##type *rows = row_room(d, changes->list, changes->list##_count, sizeof(*rows));                        \
        if (rows == NULL)                                                                                                  \
            return no_arena(d);                                                                                            \
        changes->list = rows;                                                                                              \
        rows[changes->list##_count++] = *row;                                                                              \
        return TALLY_OK;                                                                                                   \
    }
CHANGES_LISTS(X)
#undef X

enum tally_code event_add(struct deciding *d, const char *type, bool open, struct slice contract, const struct buf *body,
                          uint64_t *seq)
{
    enum tally_code rc = TALLY_OK;
    struct model_event event = {.type = type, .open = open, .contract = contract};
    TRY(buf_check(body, d->err));
    TRY(keep(d, buf_slice(body), &event.body));
    struct model_event *events = row_room(d, d->out->events, d->out->event_count, sizeof(*events));
    if (events == NULL)
        return no_arena(d);
    d->out->events = events;
    events[d->out->event_count++] = event;
    *seq = d->next_seq++;
    if (!open && contract.len > 0)
        TRY(concerns(d, *seq, contract));
done:
    return rc;
}

enum tally_code keep(struct deciding *d, struct slice text, struct slice *out)
{
    return arena_copy(d->arena, text.ptr, text.len, out, d->err);
}

enum tally_code refused(struct deciding *d, struct refusal *refusal)
{
    if (refusal == NULL)
        return no_arena(d);
    d->refusal = refusal;
    return TALLY_OK;
}

enum tally_code refused_at(struct deciding *d, enum refusal_code code, struct slice pointer, struct slice detail)
{
    if (detail.ptr == NULL)
        return no_arena(d);
    if (d->refusal == NULL)
        d->refusal = refusal_new(d->arena, code, "%.*s", SLICE_ARG(detail));
    if (d->refusal == NULL || !refusal_add(d->arena, d->refusal, pointer, detail))
        return no_arena(d);
    return TALLY_OK;
}

bool refused_enough(const struct deciding *d)
{
    int count = 0;
    for (const struct refusal_at *at = d->refusal == NULL ? NULL : d->refusal->errors; at != NULL; at = at->next)
        count++;
    return count >= POINTERS_MAX;
}

enum tally_code refused_head(struct deciding *d, uint64_t seq, struct slice what)
{
    if (what.ptr == NULL)
        return no_arena(d);
    return REFUSE(d, REFUSE_STATEMENT_HEAD,
                  "%.*s is entry %" PRIu64 ", but the statement's head is entry %" PRIu64
                  ": sign again with a head that is not before what the statement names",
                  SLICE_ARG(what), seq, d->command->head_seq);
}

enum tally_code not_loaded(struct deciding *d, const char *what, struct slice name)
{
    return err_set(d->err, TALLY_E_BUG, "a decision needs %s %.*s, which was not loaded", what, SLICE_ARG(name));
}
