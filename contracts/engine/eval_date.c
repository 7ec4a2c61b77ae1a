/* Arithmetic of dates (language.md N6). */
#include "eval.h"
#include "tally/instant.h"

bool date_move(const struct terms *t, const struct node *n, int64_t count, int32_t from, int32_t *out)
{
    if (n->u.move.is_before)
        count = -count;
    if (n->u.move.unit == MOVE_CALENDAR) {
        *out = calendar_move(&t->calendars[n->u.move.calendar], from, count);
        return *out != DAY_NEVER;
    }
    if (n->u.move.unit == MOVE_MONTHS || n->u.move.unit == MOVE_YEARS)
        return day_add_months(from, n->u.move.unit == MOVE_YEARS ? 12 * count : count, out) == TALLY_OK;
    int64_t day = from + (n->u.move.unit == MOVE_WEEKS ? 7 * count : count);
    *out = (int32_t) day;
    return day >= DAY_MIN && day <= DAY_MAX;
}

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
    if (mpz_cmpabs_ui(mpq_numref(by.number), DATE_MOVE_MAX) <= 0 &&
        date_move(ev->t, n, mpz_get_si(mpq_numref(by.number)), from.day, &out->day))
        return KNOWN;
    return eval_fault(ev, n, "a day outside the years 0001 to 9999");
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

/* The part of its year that has passed before the day. */
static void part_of_year(int32_t day, mpq_ptr out)
{
    struct civil c = day_civil(day);
    mpq_set_si(out, day - day_of_civil((struct civil){c.year, 1, 1}), (unsigned long) (337 + civil_month_days(c.year, 2)));
    mpq_canonicalize(out);
}

/* Each day over the length of its year; all days of one are 1. */
static void actual_actual(int32_t d, int32_t e, mpq_ptr dest)
{
    mpq_t part;
    mpq_init(part);
    mpq_set_si(dest, (long) day_civil(e).year - day_civil(d).year, 1);
    part_of_year(e, part);
    mpq_add(dest, dest, part);
    part_of_year(d, part);
    mpq_sub(dest, dest, part);
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
        actual_actual(d, e, dest);
        break;
    }
    mpq_canonicalize(dest);
}

void date_between(const struct terms *t, const struct node *n, int32_t a, int32_t b, mpq_ptr dest)
{
    if (n->op == NODE_DAYS_BETWEEN)
        mpq_set_si(dest, (long) a - b, 1); /* d - e: from e to d */
    else if (n->op == NODE_CALENDAR_DAYS)
        mpq_set_si(dest, calendar_days(&t->calendars[n->u.calendar], a, b), 1);
    else if (n->op == NODE_YEARS)
        mpq_set_si(dest, a <= b ? years_between(a, b) : -years_between(b, a), 1);
    else
        fraction_between(n->u.daycount, a, b, dest);
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
    date_between(ev->t, n, a.day, b.day, dest);
    out->number = dest;
    return KNOWN;
}
