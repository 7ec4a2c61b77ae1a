/* How much one entry may cause. What it makes final, triggers and hands on is one decision, in the memory of one batch; so it is counted,
 * and what finds no room is left over: the contract is due again at once, and goes on from there in an entry of its own, as often as it
 * takes. Nothing is refused for what it causes, and nothing stands still. */
#include "decide.h"

/* Bytes of the batch's memory that one of them takes at most: its rows in lists that grow by doubling, what of it stands in bodies, and the
 * parameters that commit it. `fixed`, and `times` the bytes of its key and what else it says. They say where an entry ends, and so what every
 * replay finds: a ledger that was begun keeps them. */
static const struct {
    uint32_t fixed, times;
} sizes[] = {
    [ROOM_FINAL] = {2816, 8},    /* of one text's metric, or the end of the chain whose place it takes */
    [ROOM_INSTANCE] = {1536, 7}, /* with its place in a list */
    [ROOM_PAYMENT] = {10240, 0}, /* two entries; the list and the explanation are counted apart */
    [ROOM_FIGURE] = {1536, 4},   /* of another contract, as one metric sees it at one key */
    [ROOM_TAKING] = {512, 0},    /* a metric that takes a figure */
    [ROOM_LAPSE] = {1536, 0},
};

size_t room_size(enum room_kind kind, size_t text_len)
{
    return sizes[kind].fixed + sizes[kind].times * text_len;
}

void room_take(struct deciding *d, size_t size)
{
    d->room_taken += size;
    d->has_written = d->has_written || size > 0;
}

void room_take_aside(struct deciding *d, size_t size)
{
    d->room_taken += size;
}

size_t room_left(const struct deciding *d)
{
    return d->room_taken >= d->model->entry_room ? 0 : d->model->entry_room - d->room_taken;
}

bool room_is_full(const struct deciding *d)
{
    return d->has_written && room_left(d) == 0;
}

void model_set_entry_room(struct model *model, size_t bytes)
{
    ENSURE(bytes > 0 && bytes <= MODEL_ENTRY_ROOM);
    model->entry_room = bytes;
}

/* ---- when what is left over comes ---- */
#define MINUTE_US (INT64_C(60) * 1000000) /* clocks are set by minutes: no day, and so no other moment, begins within one */

bool moment_is_left_over(struct instant moment)
{
    return moment.us % MINUTE_US != 0;
}

struct instant moment_left_over(struct instant now)
{
    return moment_is_left_over(now) ? now : (struct instant){now.us + 1};
}
