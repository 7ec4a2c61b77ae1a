#include "tally/instant.h"

#include <string.h>
#include <time.h>

#define US_A_SECOND INT64_C(1000000)
#define US_A_MINUTE (60 * US_A_SECOND)
#define US_A_DAY (1440 * US_A_MINUTE)
#define DAYS_IN_400_YEARS 146097 /* the Gregorian calendar repeats after these */
#define DAYS_IN_100_YEARS 36524  /* a century that does not end in a leap day */
#define DAYS_IN_4_YEARS 1461
#define DAY_OF_MARCH_0000 (-719468)     /* 0000-03-01: years that begin in March have their leap day last */
#define MONTHS_MAX (INT64_C(9999) * 12) /* no more months lie between two days of the calendar */

static struct timespec clock_read(clockid_t clock)
{
    struct timespec t;
    ENSURE(clock_gettime(clock, &t) == 0);
    return t;
}

struct instant instant_now(void)
{
    struct timespec t = clock_read(CLOCK_REALTIME);
    return (struct instant){(int64_t) t.tv_sec * US_A_SECOND + t.tv_nsec / 1000};
}

int64_t instant_monotonic_us(void)
{
    struct timespec t = clock_read(CLOCK_MONOTONIC);
    return (int64_t) t.tv_sec * US_A_SECOND + t.tv_nsec / 1000;
}

/* Division that rounds down, also for what lies before 1970. */
static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* ---- text ---- */

static char *put_number(char *out, int64_t value, int digits)
{
    for (int i = digits - 1; i >= 0; i--) {
        out[i] = (char) ('0' + value % 10);
        value /= 10;
    }
    return out + digits;
}

/* -1 where a character is no digit. */
static int number_at(struct slice s, size_t at, size_t digits)
{
    int value = 0;
    for (size_t i = at; i < at + digits; i++) {
        if (s.ptr[i] < '0' || s.ptr[i] > '9')
            return -1;
        value = value * 10 + (s.ptr[i] - '0');
    }
    return value;
}

void day_format(int32_t day, char *out)
{
    if (day == DAY_NEVER) {
        memcpy(out, "never", sizeof "never");
        return;
    }
    ENSURE(day >= DAY_MIN && day <= DAY_MAX);
    struct civil c = day_civil(day);
    out = put_number(out, c.year, 4);
    *out++ = '-';
    out = put_number(out, c.month, 2);
    *out++ = '-';
    out = put_number(out, c.day, 2);
    *out = '\0';
}

enum tally_code day_parse(struct slice s, int32_t *out)
{
    if (s.len != DAY_TEXT_LEN || s.ptr[4] != '-' || s.ptr[7] != '-')
        return TALLY_E_MALFORMED;
    struct civil c = {number_at(s, 0, 4), number_at(s, 5, 2), number_at(s, 8, 2)};
    if (!civil_exists(c))
        return TALLY_E_MALFORMED;
    *out = day_of_civil(c);
    return TALLY_OK;
}

void instant_format(struct instant t, char *out)
{
    int64_t day = floor_div(t.us, US_A_DAY);
    ENSURE(day >= DAY_MIN && day <= DAY_MAX);
    int64_t us = t.us - day * US_A_DAY;
    day_format((int32_t) day, out);
    out += DAY_TEXT_LEN;
    *out++ = 'T';
    out = put_number(out, us / (60 * US_A_MINUTE), 2);
    *out++ = ':';
    out = put_number(out, us / US_A_MINUTE % 60, 2);
    *out++ = ':';
    out = put_number(out, us / US_A_SECOND % 60, 2);
    *out++ = '.';
    out = put_number(out, us % US_A_SECOND, 6);
    *out++ = 'Z';
    *out = '\0';
}

enum tally_code instant_parse(struct slice s, struct instant *out)
{
    static const char form[] = "dddd-dd-ddTdd:dd:dd.ddddddZ";
    if (s.len != INSTANT_TEXT_LEN)
        return TALLY_E_MALFORMED;
    for (size_t i = 0; i < INSTANT_TEXT_LEN; i++)
        if (form[i] != 'd' && s.ptr[i] != form[i])
            return TALLY_E_MALFORMED;
    int32_t day;
    if (day_parse(slice_of(s.ptr, DAY_TEXT_LEN), &day) != TALLY_OK)
        return TALLY_E_MALFORMED;
    int hour = number_at(s, 11, 2), minute = number_at(s, 14, 2), second = number_at(s, 17, 2);
    int us = number_at(s, 20, 6);
    if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59 || us < 0)
        return TALLY_E_MALFORMED;
    out->us = day * US_A_DAY + (hour * 60 + minute) * US_A_MINUTE + second * US_A_SECOND + us;
    return TALLY_OK;
}

/* ---- calendar ---- */

int32_t instant_day(struct instant t, int offset_minutes)
{
    /* the offset is added to the time of day, where it cannot overflow */
    int64_t day = floor_div(t.us, US_A_DAY);
    int64_t us = t.us - day * US_A_DAY + offset_minutes * US_A_MINUTE;
    return (int32_t) (day + floor_div(us, US_A_DAY));
}

struct instant instant_of_day(int32_t day, int offset_minutes)
{
    return (struct instant){day * US_A_DAY - offset_minutes * US_A_MINUTE};
}

/* Months are counted from March, so that the leap day is the last of its year and month lengths
 * repeat as 31 30 31 30 31: day of year = (153 * month + 2) / 5. */
struct civil day_civil(int32_t day)
{
    ENSURE(day >= DAY_MIN && day <= DAY_MAX);
    int left = day - DAY_OF_MARCH_0000;
    int year = left / DAYS_IN_400_YEARS * 400;
    left %= DAYS_IN_400_YEARS;
    int centuries = left / DAYS_IN_100_YEARS;
    if (centuries > 3)
        centuries = 3; /* the leap day of the fourth century's last year */
    left -= centuries * DAYS_IN_100_YEARS;
    int fours = left / DAYS_IN_4_YEARS;
    left -= fours * DAYS_IN_4_YEARS;
    int ones = left / 365;
    if (ones > 3)
        ones = 3; /* the leap day of the fourth year */
    left -= ones * 365;
    year += centuries * 100 + fours * 4 + ones;
    int month = (5 * left + 2) / 153;
    left -= (153 * month + 2) / 5;
    return (struct civil){month < 10 ? year : year + 1, month < 10 ? month + 3 : month - 9, left + 1};
}

int32_t day_of_civil(struct civil c)
{
    ENSURE(civil_exists(c));
    int year = c.month > 2 ? c.year : c.year - 1;
    int month = c.month > 2 ? c.month - 3 : c.month + 9;
    int days = year * 365 + year / 4 - year / 100 + year / 400;
    return DAY_OF_MARCH_0000 + days + (153 * month + 2) / 5 + c.day - 1;
}

int civil_month_days(int year, int month)
{
    ENSURE(month >= 1 && month <= 12);
    if (month == 2)
        return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28;
    return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

bool civil_exists(struct civil c)
{
    return c.year >= 1 && c.year <= 9999 && c.month >= 1 && c.month <= 12 && c.day >= 1 &&
           c.day <= civil_month_days(c.year, c.month);
}

int day_weekday(int32_t day)
{
    int64_t from_monday = (int64_t) day + 3; /* 1970-01-01 was a Thursday */
    return (int) (from_monday - floor_div(from_monday, 7) * 7);
}

enum tally_code day_add_months(int32_t day, int64_t n, int32_t *out)
{
    if (day < DAY_MIN || day > DAY_MAX || n < -MONTHS_MAX || n > MONTHS_MAX)
        return TALLY_E_LIMIT;
    struct civil c = day_civil(day);
    int64_t months = (int64_t) c.year * 12 + c.month - 1 + n;
    if (months < 12 || months >= INT64_C(10000) * 12)
        return TALLY_E_LIMIT;
    c.year = (int) (months / 12);
    c.month = (int) (months % 12) + 1;
    int last = civil_month_days(c.year, c.month);
    if (c.day > last)
        c.day = last;
    *out = day_of_civil(c);
    return TALLY_OK;
}
