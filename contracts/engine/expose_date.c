/* Dates as ranges: moved by a range of days, and the days between two of them. Each of these rises or falls with each operand. */
#include "expose.h"
#include "tally/instant.h"

/* The end of a range of counts as a number that leads out of the calendar if it is larger. */
static int64_t count_of(const struct end *e, bool is_up)
{
    mpz_t whole;
    int64_t count = 0;
    if (e->infinite != 0)
        return e->infinite * (int64_t) DATE_MOVE_MAX;
    mpz_init(whole);
    if (is_up)
        mpz_cdiv_q(whole, mpq_numref(e->at), mpq_denref(e->at));
    else
        mpz_fdiv_q(whole, mpq_numref(e->at), mpq_denref(e->at));
    if (mpz_cmpabs_ui(whole, DATE_MOVE_MAX) > 0)
        count = mpz_sgn(whole) * (int64_t) DATE_MOVE_MAX;
    else
        count = mpz_get_si(whole);
    mpz_clear(whole);
    return count;
}

void expose_move(struct exposing *ex, const struct node *n, struct range *out)
{
    struct range by;
    int32_t first = 1, last = 0;
    range_init(&by);
    expose_node(ex, n->a, &by);
    expose_node(ex, n->b, out);
    bool is_none = by.is_none || out->is_none;
    if (!is_none && out->first <= out->last) {
        int64_t low = count_of(&by.low, false), high = count_of(&by.high, true);
        if (!date_move(ex->t, n, n->u.move.is_before ? high : low, out->first, &first))
            first = DAY_MIN;
        if (!date_move(ex->t, n, n->u.move.is_before ? low : high, out->last, &last))
            last = DAY_MAX;
    }
    if (is_none)
        range_set_none(out);
    else
        range_set_days(out, first, last, out->may_be_never);
    range_clear(&by);
}

/* d - e falls with e, all the others fall with their first date. */
void expose_between_days(struct exposing *ex, const struct node *n, struct range *out)
{
    struct range a, b;
    range_init(&a);
    range_init(&b);
    expose_node(ex, n->a, &a);
    expose_node(ex, n->b, &b);
    if (a.is_none || b.is_none || a.first > a.last || b.first > b.last) {
        range_set_none(out);
    } else {
        bool rises = n->op == NODE_DAYS_BETWEEN;
        range_set_whole(out, 0, 0);
        date_between(ex->t, n, rises ? a.first : a.last, rises ? b.last : b.first, out->low.at);
        date_between(ex->t, n, rises ? a.last : a.first, rises ? b.first : b.last, out->high.at);
    }
    range_clear(&a);
    range_clear(&b);
}
