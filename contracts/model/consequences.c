/* What follows from an entry: first what becomes final in every contract, then each contract's one evaluation (T4). */
#include "decide.h"
#include "states.h"

static bool is_same_row(const struct row_contract *a, const struct row_contract *b)
{
    return a->state == b->state && a->activated_seq == b->activated_seq && a->next_moment.us == b->next_moment.us &&
           a->next_first == b->next_first;
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
    if (news->activated != NULL) {
        work->row.state = contract_next(work->row.state, CONTRACT_DEED_ACTIVATE);
        work->row.activated_seq = d->place->seq + 1;
    }
    work->settled = news->settled;
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
    TRY(finality_next_moment(d, news, work, &next));
    if (next.us < work->row.next_moment.us)
        work->row.next_moment = next;
    if (close.us < work->row.next_moment.us)
        work->row.next_moment = close;
done:
    return rc;
}

static enum tally_code end(struct deciding *d, const struct news *news, struct work *work)
{
    enum tally_code rc = TALLY_OK;
    const struct terms *terms = NULL;
    TRY(terms_of(d->model, work->contract, &terms, d->err));
    if (closes_by(terms, work->today) && work->is_touched) {
        work->row.state = contract_next(work->row.state, CONTRACT_DEED_CLOSE);
        work->row.next_moment.us = INT64_MAX;
    } else {
        if (work->is_touched)
            TRY(evaluation(d, work, work->today));
        TRY(move_clock(d, news, work, terms));
    }
    if (!is_same_row(&work->row, &work->contract->row))
        TRY(change_contract(d, &work->row));
done:
    return rc;
}

enum tally_code consequences(struct deciding *d, const struct news *news, struct view_contract *const *contracts,
                             uint32_t count)
{
    enum tally_code rc = TALLY_OK;
    struct work *works = ARENA_ARRAY(d->arena, (size_t) count + 1, struct work);
    if (works == NULL)
        return no_arena(d);
    for (uint32_t i = 0; i < count; i++) {
        works[i].contract = contracts[i];
        TRY(begin(d, news, &works[i]));
    }
    for (uint32_t i = 0; i < count; i++)
        TRY(end(d, news, &works[i]));
done:
    return rc;
}
