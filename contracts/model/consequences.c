/* What follows from an entry: first what becomes final in every contract, then each contract's one evaluation (T4). */
#include "decide.h"
#include "states.h"

static bool is_same_row(const struct row_contract *a, const struct row_contract *b)
{
    return a->state == b->state && a->activated_seq == b->activated_seq && a->next_moment.us == b->next_moment.us &&
           a->next_first == b->next_first;
}

static int32_t day_of_news(const struct deciding *d, const struct news *news, const struct terms *terms)
{
    return instant_day(news->reached != NULL ? news->moment : d->place->time, terms_clock_minutes(terms));
}

static enum tally_code begin(struct deciding *d, const struct news *news, struct work *work)
{
    enum tally_code rc = TALLY_OK;
    const struct terms *terms = NULL;
    TRY(terms_of(d->model, work->contract, &terms, d->err));
    TRY(fits_update(d->model, work->contract, terms, d->err));
    work->row = work->contract->row;
    if (news->activated != NULL) {
        work->row.state = contract_next(work->row.state, CONTRACT_DEED_ACTIVATE);
        work->row.activated_seq = d->place->seq + 1;
        work->is_touched = true;
    }
    if (news->reached != NULL)
        work->is_touched = true;
    else
        TRY(finality(d, news, work, terms));
done:
    return rc;
}

/* After the long-stop day nothing is evaluated (T5). */
static bool closes_by(const struct terms *terms, int32_t today)
{
    return today > terms_closes(terms);
}

static enum tally_code end(struct deciding *d, const struct news *news, struct work *work)
{
    enum tally_code rc = TALLY_OK;
    const struct terms *terms = NULL;
    if (!work->is_touched)
        return TALLY_OK;
    TRY(terms_of(d->model, work->contract, &terms, d->err));
    int32_t today = day_of_news(d, news, terms);
    if (closes_by(terms, today)) {
        work->row.state = contract_next(work->row.state, CONTRACT_DEED_CLOSE);
        work->row.next_moment.us = INT64_MAX;
    } else {
        TRY(evaluation(d, work, terms, today));
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
