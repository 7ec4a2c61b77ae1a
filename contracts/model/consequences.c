/* What follows from an entry: first what becomes final in every contract, then each contract's one evaluation (T4). */
#include "states.h"
#include "uses.h"

static bool is_same_row(const struct row_contract *a, const struct row_contract *b)
{
    return a->state == b->state && a->activated_seq == b->activated_seq && a->next_moment.us == b->next_moment.us &&
           a->next_first == b->next_first && a->is_full == b->is_full;
}

/* After the long-stop day nothing is evaluated, and nothing becomes final (T5). */
static bool closes_by(const struct terms *terms, int32_t today)
{
    return today > terms_closes(terms);
}

static enum tally_code begin(struct deciding *d, const struct news *news, struct work *work)
{
    enum tally_code rc = TALLY_OK;
    const struct terms *terms = NULL;
    TRY(terms_of(d->model, work->contract, &terms, d->err));
    TRY(fits_update(d->model, work->contract, d->err));
    work->row = work->contract->row;
    work->now = news->reached != NULL ? news->moment : d->place->time;
    work->today = instant_day(work->now, terms_clock_minutes(terms));
    work->is_touched = work->is_asked && work->row.state == CONTRACT_IN_FORCE;
    if (!work->is_given)
        return TALLY_OK;
    if (news->activated != NULL) {
        work->row.state = contract_next(work->row.state, CONTRACT_DEED_ACTIVATE);
        work->row.activated_seq = d->place->seq + 1;
    }
    work->settled = news->settled;
    work->is_behind = news->has_more; /* together, as they lapsed */
    work->is_touched = news->activated != NULL || news->reached != NULL || news->settled != NULL || news->is_amended;
    if (!closes_by(terms, work->today))
        TRY(finality(d, news, work));
done:
    return rc;
}

/* The clock next wakes it for what its evaluation waits for, for what becomes final, and for its end. What was not evaluated waits for
 * the same as before. */
static enum tally_code move_clock(struct deciding *d, const struct news *news, struct work *work, const struct terms *terms)
{
    enum tally_code rc = TALLY_OK;
    struct instant next = {INT64_MAX}, close = moment_of_close(terms);
    bool is_due = !work->is_given && work->contract->row.next_moment.us <= work->now.us;
    TRY(finality_next_moment(d, news, work, &next));
    if (next.us < work->row.next_moment.us)
        work->row.next_moment = next;
    if (close.us < work->row.next_moment.us)
        work->row.next_moment = close;
    if (is_due) /* at the same moment as what it uses: what is final by then is so by its own, which comes next */
        work->row.next_moment = work->contract->row.next_moment;
done:
    return rc;
}

/* ---- what finds no room in this entry (room.c) ---- */
static bool uses_one(const struct deciding *d, const struct work *work, const struct work *used)
{
    const struct view_uses *uses = view_uses(d->model, work->contract->row.id);
    for (uint32_t i = 0; uses != NULL && i < uses->out_count; i++)
        if (use_counts(work->contract, uses->out[i]) && slice_equal(uses->out[i]->used, used->contract->row.id))
            return true;
    return false;
}

/* When all is there of what it uses, directly or not, that is left over; 0: it is. */
static struct instant rest_of_used(const struct deciding *d, const struct work *works, uint32_t count,
                                   const struct work *work)
{
    struct instant rest = {0};
    for (uint32_t i = 0; i < count; i++)
        if (works[i].rest.us > rest.us && &works[i] != work && uses_one(d, work, &works[i]))
            rest = works[i].rest;
    return rest;
}

/* It is due again at once, behind those that it uses. */
static enum tally_code leave_over(struct deciding *d, struct work *work)
{
    struct instant at = moment_left_over(work->now);
    if (work->rest.us >= at.us)
        at = moment_left_over((struct instant){work->rest.us + 1});
    followed_drop(d->model, work->contract); /* what it has been told is more than is recorded, or less */
    work->row.next_moment = at;
    work->rest = at;
    return is_same_row(&work->row, &work->contract->row) ? TALLY_OK : change_contract(d, &work->row);
}

/* What an earlier entry has left over of a contract comes when its turn does, and until then nothing is evaluated there. */
static bool waits_its_turn(const struct news *news, const struct work *work)
{
    const struct row_contract *row = &work->contract->row;
    return news->reached != work->contract && row->state == CONTRACT_IN_FORCE && row->next_moment.us != INT64_MAX &&
           moment_is_left_over(row->next_moment);
}

/* Is there room to evaluate it, and is everything there that it rests on? Whoever asks it for figures asks again. */
static bool can_go_on(const struct deciding *d, struct work *works, uint32_t count, struct work *work)
{
    if (!room_is_full(d))
        return !work->is_behind;
    if (!work->is_asked)
        work->is_behind = true;
    for (uint32_t i = 0; i < count && work->is_asked; i++)
        works[i].is_behind = works[i].is_behind || works[i].is_given;
    return false;
}

/* A contract that is in force, of which there is something to do. */
static enum tally_code go_on(struct deciding *d, const struct news *news, struct work *works, uint32_t count,
                             struct work *work)
{
    static const struct news nothing = {0};
    enum tally_code rc = TALLY_OK;
    const struct terms *terms = NULL;
    TRY(terms_of(d->model, work->contract, &terms, d->err));
    if (closes_by(terms, work->today) && work->is_touched) {
        work->row.state = contract_next(work->row.state, CONTRACT_DEED_CLOSE);
        work->row.next_moment.us = INT64_MAX;
    } else {
        work->is_behind = work->is_behind || work->rest.us > 0;
        if (work->is_touched && !can_go_on(d, works, count, work))
            return work->is_behind ? leave_over(d, work) : TALLY_OK;
        if (work->is_touched) {
            TRY(figures_ask(d, works, count, work));
            TRY(evaluation(d, work, work->today));
        }
        if (work->is_behind)
            return leave_over(d, work);
        TRY(terms_of(d->model, work->contract, &terms, d->err));
        TRY(move_clock(d, work->is_given ? news : &nothing, work, terms));
    }
    if (!is_same_row(&work->row, &work->contract->row))
        TRY(change_contract(d, &work->row));
done:
    return rc;
}

static enum tally_code end(struct deciding *d, const struct news *news, struct work *works, uint32_t count,
                           struct work *work)
{
    enum tally_code rc = TALLY_OK;
    bool is_closed = work->is_asked && work->row.state == CONTRACT_CLOSED;
    work->rest = rest_of_used(d, works, count, work);
    bool is_due = work->contract->row.next_moment.us <= work->rest.us; /* before what it uses is all there */
    if (waits_its_turn(news, work) && !is_due) {
        work->rest = work->contract->row.next_moment;
        return TALLY_OK; /* its row stays as it is */
    }
    if (is_closed && can_go_on(d, works, count, work)) {
        TRY(figures_ask(d, works, count, work));
        return evaluation_closed(d, work);
    }
    if (waits_its_turn(news, work))
        return leave_over(d, work);
    if (work->row.state == CONTRACT_IN_FORCE && (work->is_given || work->is_touched || work->is_behind || is_due))
        return go_on(d, news, works, count, work);
done:
    return rc;
}

/* ---- which contracts ---- */
static bool is_among(const struct contract_list *list, const struct view_contract *contract)
{
    for (uint32_t i = 0; i < list->count; i++) {
        if (slice_equal(list->items[i]->row.id, contract->row.id))
            return true;
    }
    return false;
}

/* What comes into force uses others, which are asked for their figures; and so is what is left over, of which some may be. */
static enum tally_code add_used(struct deciding *d, const struct view_contract *contract, struct contract_list *asked)
{
    enum tally_code rc = TALLY_OK;
    const struct view_uses *uses = view_uses(d->model, contract->row.id);
    for (uint32_t i = 0; uses != NULL && i < uses->out_count; i++) {
        struct view_contract *used = view_contract(d->model, uses->out[i]->used);
        if (!use_counts(contract, uses->out[i]))
            continue;
        if (used == NULL)
            return not_loaded(d, "contract", uses->out[i]->used);
        TRY(contract_list_add(d, asked, used));
    }
    contract_list_sort(asked);
done:
    return rc;
}

static enum tally_code works_make(struct deciding *d, const struct news *news, struct view_contract *const *contracts,
                                  uint32_t count, struct work **out, uint32_t *out_count)
{
    enum tally_code rc = TALLY_OK;
    struct contract_list given = {.items = (struct view_contract **) (uintptr_t) contracts, .count = count}, asked = {0},
                         users = {0};
    uint32_t made = 0;
    if (news->activated != NULL || news->is_amended || (news->reached != NULL && moment_is_left_over(news->moment)))
        TRY(add_used(d, contracts[0], &asked));
    for (uint32_t i = 0; i < count; i++)
        TRY(uses_add_users(d, contracts[i]->row.id, &users));
    contract_list_sort(&users);
    struct work *works = ARENA_ARRAY(d->arena, (size_t) count + asked.count + users.count + 1, struct work);
    if (works == NULL)
        return no_arena(d);
    for (uint32_t i = 0; i < count; i++)
        works[made++] = (struct work){.contract = contracts[i], .is_given = true};
    for (uint32_t i = 0; i < asked.count; i++)
        works[made++] = (struct work){.contract = asked.items[i], .is_asked = true};
    for (uint32_t i = 0; i < users.count; i++)
        if (!is_among(&given, users.items[i]))
            works[made++] = (struct work){.contract = users.items[i]};
    *out = works;
    *out_count = made;
done:
    return rc;
}

/* U5: does one use another of those that are not done yet? */
static bool waits(const struct deciding *d, const struct work *works, const bool *is_done, uint32_t count,
                  const struct work *work)
{
    const struct view_uses *uses = view_uses(d->model, work->contract->row.id);
    for (uint32_t i = 0; uses != NULL && i < uses->out_count; i++) {
        if (!use_counts(work->contract, uses->out[i]))
            continue;
        for (uint32_t k = 0; k < count; k++)
            if (!is_done[k] && slice_equal(works[k].contract->row.id, uses->out[i]->used))
                return true;
    }
    return false;
}

/* Those that are used before those that use them, and otherwise in the order of their proposals. */
static enum tally_code works_sort(struct deciding *d, struct work *works, uint32_t count, uint32_t given)
{
    struct work *sorted = ARENA_ARRAY(d->arena, (size_t) count + 1, struct work);
    bool *is_done = ARENA_ARRAY(d->arena, (size_t) count + 1, bool);
    if (sorted == NULL || is_done == NULL)
        return no_arena(d);
    bool has_any = count > given;
    for (uint32_t i = 0; i < count && !has_any; i++) {
        const struct view_uses *uses = view_uses(d->model, works[i].contract->row.id);
        has_any = uses != NULL && uses->out_count > 0;
    }
    for (uint32_t n = 0; n < count && has_any; n++) {
        uint32_t next = count;
        for (uint32_t i = 0; i < count; i++)
            if (!is_done[i] && (next == count || works[i].contract->row.seq < works[next].contract->row.seq) &&
                !waits(d, works, is_done, count, &works[i]))
                next = i;
        ENSURE(next < count); /* there are no circles */
        sorted[n] = works[next];
        is_done[next] = true;
    }
    if (has_any && count > 0)
        memcpy(works, sorted, count * sizeof(*works));
    return TALLY_OK;
}

enum tally_code consequences(struct deciding *d, const struct news *news, struct view_contract *const *contracts,
                             uint32_t count)
{
    enum tally_code rc = TALLY_OK;
    struct work *works = NULL;
    uint32_t work_count = 0;
    TRY(works_make(d, news, contracts, count, &works, &work_count));
    TRY(works_sort(d, works, work_count, count));
    for (uint32_t i = 0; i < work_count; i++)
        TRY(begin(d, news, &works[i]));
    for (uint32_t i = 0; i < work_count; i++)
        TRY(end(d, news, works, work_count, &works[i]));
done:
    return rc;
}
