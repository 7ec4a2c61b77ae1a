/* Which days of a calendar there are (language.md N6): counted from the beginning of time in a few steps, so that no figure of a
 * result, however large, makes an evaluation walk over years of days. */
#include "program.h"
#include "tally/instant.h"

/* Days of the week from first to last, which may go round the end of the week. */
static bool is_weekday_of(const struct calendar *calendar, int weekday)
{
    int length = (calendar->last_weekday - calendar->first_weekday + 7) % 7;
    return (weekday - calendar->first_weekday + 7) % 7 <= length;
}

/* Days of those weekdays from the first day there is up to and including `day`. */
static int32_t weekdays_until(const struct calendar *calendar, int32_t day)
{
    int32_t days = day - DAY_MIN + 1, a_week = (calendar->last_weekday - calendar->first_weekday + 7) % 7 + 1;
    int32_t count = days / 7 * a_week;
    for (int32_t i = 0; i < days % 7; i++)
        count += is_weekday_of(calendar, day_weekday(day - i)) ? 1 : 0;
    return count;
}

/* Days of the calendar up to and including `day`, which may be the one before the first. */
static int32_t days_until(const struct calendar *calendar, int32_t day)
{
    uint32_t low = 0, high = calendar->except_count; /* exceptions that begin on or before `day` */
    if (day < DAY_MIN)
        return 0;
    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        if (calendar->except[mid].days.first <= day)
            low = mid + 1;
        else
            high = mid;
    }
    int32_t count = weekdays_until(calendar, day);
    if (low == 0)
        return count;
    const struct exception *e = &calendar->except[low - 1];
    int32_t last = e->days.last < day ? e->days.last : day;
    return count - e->before - (weekdays_until(calendar, last) - weekdays_until(calendar, e->days.first - 1));
}

void calendar_prepare(const struct calendar *calendar, struct exception *except)
{
    int32_t before = 0;
    for (uint32_t i = 0; i < calendar->except_count; i++) {
        except[i].before = before;
        before += weekdays_until(calendar, except[i].days.last) - weekdays_until(calendar, except[i].days.first - 1);
    }
}

int32_t calendar_days(const struct calendar *calendar, int32_t from, int32_t to)
{
    return days_until(calendar, to) - days_until(calendar, from);
}

int32_t calendar_move(const struct calendar *calendar, int32_t day, int64_t count)
{
    int32_t low = DAY_MIN, high = DAY_MAX;
    if (count == 0)
        return day;
    /* the day of the calendar with that number, counting all of them from the first */
    int64_t number = count > 0 ? days_until(calendar, day) + count : days_until(calendar, day - 1) + count + 1;
    if (number < 1 || number > days_until(calendar, DAY_MAX))
        return DAY_NEVER;
    while (low < high) {
        int32_t mid = low + (high - low) / 2;
        if (days_until(calendar, mid) >= number)
            high = mid;
        else
            low = mid + 1;
    }
    return low;
}
