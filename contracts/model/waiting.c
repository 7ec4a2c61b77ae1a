/* Results that are not decided, in the order of their days. An entry's day is what the records say, or earlier: what may bring it nearer (a
 * verification, the end of a dispute) notes the fit, what moves it away (a dispute, a decision, a final of its key) is found when its turn
 * comes. What a decision on its way changes is asked beside this, and never kept here. */
#include <stdlib.h>

#include "decide.h"

#define OLD_MAX 64 /* and one of OLD_SHARE: then old entries are taken out */
#define OLD_SHARE 16
#define INSERTED_MAX 32 /* of more, all are sorted */

bool waiting_is_ordered(const struct view_contract *contract)
{
    return contract->text_count == 1 && contract->row.state == CONTRACT_IN_FORCE && finality_has_days(contract);
}

enum tally_code waiting_note(struct view_contract *contract, uint32_t place, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct waiting *w = &contract->waiting;
    if (!w->is_made || contract->text_count != 1)
        return TALLY_OK;
    TRY(hold_room(contract->finals.hold, (void **) &w->unplaced, sizeof(*w->unplaced), w->unplaced_count, &w->unplaced_cap,
                  err));
    w->unplaced[w->unplaced_count++] = place;
done:
    return rc;
}

enum tally_code waiting_note_statement(struct view_contract *contract, uint64_t seq, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    if (!contract->waiting.is_made)
        return TALLY_OK;
    for (const struct fit *fit = fit_first_of(contract, seq); fit != NULL; fit = fit_next_of(contract, fit))
        TRY(waiting_note(contract, (uint32_t) (fit - contract->fits), err));
done:
    return rc;
}

const struct fit *waiting_fit(const struct view_contract *contract, uint32_t at)
{
    ENSURE(at < contract->waiting.count);
    const struct waiting_entry *entry = &contract->waiting.items[at];
    const struct fit *fit = &contract->fits[entry->place];
    return fit->day == entry->day ? fit : NULL;
}

uint32_t waiting_from(const struct view_contract *contract, int32_t day)
{
    uint32_t low = 0, high = contract->waiting.count;
    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        if (contract->waiting.items[mid].day < day)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

/* Its entry, if it has one, is old from now on. */
static void leave(struct view_contract *contract, uint32_t place)
{
    contract->waiting.old += contract->fits[place].day != DAY_NEVER;
    contract->fits[place].day = DAY_NEVER;
}

/* As it is recorded. */
static enum tally_code day_of(struct deciding *d, const struct view_contract *contract, uint32_t place, int32_t *out)
{
    static const struct news nothing = {0};
    *out = DAY_NEVER;
    if (standing_is_decided(contract, &contract->fits[place]))
        return TALLY_OK;
    return finality_day(d, &nothing, contract, NULL, &contract->fits[place], out);
}

/* At the end, if it has a day and is not in its place already. */
static enum tally_code place_one(struct deciding *d, struct view_contract *contract, uint32_t place)
{
    enum tally_code rc = TALLY_OK;
    struct waiting *w = &contract->waiting;
    int32_t day = DAY_NEVER;
    TRY(day_of(d, contract, place, &day));
    if (day == contract->fits[place].day)
        return TALLY_OK;
    leave(contract, place);
    if (day == DAY_NEVER)
        return TALLY_OK;
    TRY(hold_room(contract->finals.hold, (void **) &w->items, sizeof(*w->items), w->count, &w->cap, d->err));
    w->items[w->count++] = (struct waiting_entry){day, place};
    contract->fits[place].day = day;
done:
    return rc;
}

static int by_day(const void *a, const void *b)
{
    const struct waiting_entry *x = a, *y = b;
    if (x->day != y->day)
        return x->day < y->day ? -1 : 1;
    return (x->place > y->place) - (x->place < y->place);
}

/* The first `sorted` are in order. Most come with a day that is the last. */
static void sort(struct waiting *w, uint32_t sorted)
{
    if (w->count - sorted > INSERTED_MAX) {
        qsort(w->items, w->count, sizeof(*w->items), by_day);
        return;
    }
    for (uint32_t i = sorted; i < w->count; i++) {
        struct waiting_entry moved = w->items[i];
        uint32_t at = i;
        for (; at > 0 && w->items[at - 1].day > moved.day; at--)
            w->items[at] = w->items[at - 1];
        w->items[at] = moved;
    }
}

static void take_old_out(struct view_contract *contract)
{
    struct waiting *w = &contract->waiting;
    uint32_t kept = 0;
    if (w->old <= OLD_MAX + w->count / OLD_SHARE)
        return;
    for (uint32_t i = 0; i < w->count; i++)
        if (waiting_fit(contract, i) != NULL)
            w->items[kept++] = w->items[i];
    w->count = kept;
    w->old = 0;
}

enum tally_code waiting_settle(struct deciding *d, struct view_contract *contract)
{
    enum tally_code rc = TALLY_OK;
    struct waiting *w = &contract->waiting;
    uint32_t sorted = w->count;
    if (!w->is_made) {
        standing_sweep(contract);
        for (uint32_t i = 0; i < contract->undecided_count; i++)
            TRY(place_one(d, contract, contract->undecided[i]));
        w->is_made = true;
    }
    for (; w->unplaced_count > 0; w->unplaced_count--)
        TRY(place_one(d, contract, w->unplaced[w->unplaced_count - 1]));
done:
    sort(w, sorted); /* also what there is when something has failed */
    take_old_out(contract);
    return rc;
}

enum tally_code waiting_look_again(struct deciding *d, struct view_contract *contract, uint32_t at)
{
    enum tally_code rc = TALLY_OK;
    uint32_t place = contract->waiting.items[at].place;
    int32_t day = DAY_NEVER;
    TRY(day_of(d, contract, place, &day));
    if (day == contract->fits[place].day)
        return TALLY_OK; /* by this decision alone */
    if (day != DAY_NEVER)
        TRY(waiting_note(contract, place, d->err));
    leave(contract, place);
done:
    return rc;
}
