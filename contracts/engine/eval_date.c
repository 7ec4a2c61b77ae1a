/* Arithmetic of dates (language.md N6). */
#include "eval.h"
#include "tally/instant.h"

/* Days and months beyond these leave the calendar from anywhere in it. */
#define MOVE_MAX 4000000

enum known eval_move(struct eval *ev, const struct node *n, struct value *out)
{
    struct value by, from;
    enum known known = eval_node(ev, n->a, &by);
    if (known == KNOWN)
        known = eval_node(ev, n->b, &from);
    if (known != KNOWN)
        return known;
    if (!number_is_whole(by.number))
        return eval_fault(ev, n, "a date is moved by whole days, weeks, months or years, not by %.*s",
                          SLICE_ARG(eval_number_text(ev, by.number)));
    if (from.day == DAY_NEVER) { /* whatever is after or before what never comes never comes */
        out->day = DAY_NEVER;
        return KNOWN;
    }
    if (mpz_cmpabs_ui(mpq_numref(by.number), MOVE_MAX) > 0)
        return eval_fault(ev, n, "a day outside the years 0001 to 9999");
    int64_t count = mpz_get_si(mpq_numref(by.number)) * (n->u.move.is_before ? -1 : 1);
    if (n->u.move.unit == MOVE_CALENDAR) {
        out->day = calendar_move(&ev->t->calendars[n->u.move.calendar], from.day, count);
        if (out->day != DAY_NEVER)
            return KNOWN;
        return eval_fault(ev, n, "a day outside the years 0001 to 9999");
    }
    if (n->u.move.unit == MOVE_MONTHS || n->u.move.unit == MOVE_YEARS) {
        if (day_add_months(from.day, n->u.move.unit == MOVE_YEARS ? 12 * count : count, &out->day) == TALLY_OK)
            return KNOWN;
        return eval_fault(ev, n, "a day outside the years 0001 to 9999");
    }
    int64_t day = from.day + (n->u.move.unit == MOVE_WEEKS ? 7 * count : count);
    if (day < DAY_MIN || day > DAY_MAX)
        return eval_fault(ev, n, "a day outside the years 0001 to 9999");
    out->day = (int32_t) day;
    return KNOWN;
}

/* Completed years from d to e, e not before d. */
static long years_between(int32_t d, int32_t e)
{
    struct civil from = day_civil(d), to = day_civil(e);
    long years = to.year - from.year;
    int32_t anniversary = 0;
    if (day_add_months(d, 12 * years, &anniversary) != TALLY_OK || anniversary > e)
        years--;
    return years;
}

/* Each day over the length of its year; d not after e. */
static void actual_actual(int32_t d, int32_t e, mpq_ptr dest)
{
    mpq_t part;
    mpq_init(part);
    mpq_set_ui(dest, 0, 1);
    while (d < e) {
        struct civil c = day_civil(d);
        int32_t year_start = day_of_civil((struct civil){c.year, 1, 1});
        int32_t length = 337 + civil_month_days(c.year, 2);
        int32_t stop = year_start + length < e ? year_start + length : e;
        mpq_set_si(part, stop - d, (unsigned long) length);
        mpq_canonicalize(part);
        mpq_add(dest, dest, part);
        d = stop;
    }
    mpq_clear(part);
}

static long thirty_e(int32_t d, int32_t e)
{
    struct civil a = day_civil(d), b = day_civil(e);
    long first = a.day > 30 ? 30 : a.day, last = b.day > 30 ? 30 : b.day;
    return 360L * (b.year - a.year) + 30L * (b.month - a.month) + last - first;
}

static void fraction_between(enum ast_daycount daycount, int32_t d, int32_t e, mpq_ptr dest)
{
    switch (daycount) {
    case AST_ACTUAL_365:
        mpq_set_si(dest, (long) e - d, 365);
        break;
    case AST_ACTUAL_360:
        mpq_set_si(dest, (long) e - d, 360);
        break;
    case AST_THIRTY_E_360:
        mpq_set_si(dest, thirty_e(d, e), 360);
        break;
    case AST_ACTUAL_ACTUAL:
        actual_actual(d < e ? d : e, d < e ? e : d, dest);
        if (d > e)
            mpq_neg(dest, dest);
        break;
    }
    mpq_canonicalize(dest);
}

enum known eval_between_days(struct eval *ev, const struct node *n, mpq_ptr dest, struct value *out)
{
    struct value a, b;
    enum known known = eval_node(ev, n->a, &a);
    if (known == KNOWN)
        known = eval_node(ev, n->b, &b);
    if (known != KNOWN)
        return known;
    if (a.day == DAY_NEVER || b.day == DAY_NEVER)
        return eval_fault(ev, n, "no number of days leads to a date that never comes");
    if (n->op == NODE_DAYS_BETWEEN)
        mpq_set_si(dest, (long) a.day - b.day, 1); /* d - e: from e to d */
    else if (n->op == NODE_CALENDAR_DAYS)
        mpq_set_si(dest, calendar_days(&ev->t->calendars[n->u.calendar], a.day, b.day), 1);
    else if (n->op == NODE_YEARS)
        mpq_set_si(dest, a.day <= b.day ? years_between(a.day, b.day) : -years_between(b.day, a.day), 1);
    else
        fraction_between(n->u.daycount, a.day, b.day, dest);
    out->number = dest;
    return KNOWN;
}
