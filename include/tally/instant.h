/* Moments and days. A moment is microseconds since 1970-01-01T00:00:00Z without leap seconds; a day is a
 * number of days since 1970-01-01 in the Gregorian calendar, years 0001 to 9999. No time zones, no locale. */
#ifndef TALLY_INSTANT_H
#define TALLY_INSTANT_H

#include <stdbool.h>
#include <stdint.h>

#include "tally/err.h"
#include "tally/slice.h"

struct instant {
    int64_t us; /* since 1970-01-01T00:00:00Z */
};

#define INSTANT_TEXT_LEN 27 /* YYYY-MM-DDThh:mm:ss.ffffffZ */
#define DAY_TEXT_LEN 10     /* YYYY-MM-DD */
#define DAY_MIN (-719162)   /* 0001-01-01 */
#define DAY_MAX 2932896     /* 9999-12-31 */
#define DAY_NEVER 2932897   /* the date after every other (language.md section 2) */

struct instant instant_now(void);   /* the wall clock; only edges and the sequencer call it */
int64_t instant_monotonic_us(void); /* for deadlines and measurements */

/* out gets INSTANT_TEXT_LEN characters and a NUL. t lies in the years 0001 to 9999 (ENSUREd). */
void instant_format(struct instant t, char *out);
/* Exactly the form above, a day that exists; otherwise TALLY_E_MALFORMED. */
MUST_CHECK enum tally_code instant_parse(struct slice s, struct instant *out);

/* The calendar day of a moment at a fixed offset from UTC in minutes (language.md T1). */
int32_t instant_day(struct instant t, int offset_minutes);
/* The first moment of a day at that offset. */
struct instant instant_of_day(int32_t day, int offset_minutes);

struct civil {
    int year, month, day; /* month 1..12, day 1..31 */
};

struct civil day_civil(int32_t day);
int32_t day_of_civil(struct civil c);      /* the date exists */
bool civil_exists(struct civil c);         /* 0001-01-01 .. 9999-12-31 */
int civil_month_days(int year, int month); /* 28..31 */
int day_weekday(int32_t day);              /* 0 Monday .. 6 Sunday */

/* out gets DAY_TEXT_LEN characters and a NUL; "never" for DAY_NEVER. */
void day_format(int32_t day, char *out);
/* YYYY-MM-DD of a day that exists; otherwise TALLY_E_MALFORMED. "never" is not accepted. */
MUST_CHECK enum tally_code day_parse(struct slice s, int32_t *out);

/* The same day of the month n months later (n may be negative); the month's last day if there is none (N6).
 * TALLY_E_LIMIT outside 0001..9999. */
MUST_CHECK enum tally_code day_add_months(int32_t day, int64_t n, int32_t *out);

#endif
