/* A history: what happened to a contract, day by day, as a file says it (contracts/templates/README.md has the form), and the
 * evaluation after each step of it and on each day on which the clock alone changes something. Pure: needs no ledger and no
 * service. The facts follow language.md sections 7 S, M, F and B; what is carried from one evaluation to the next is what the
 * service records (I2, C4, P1). One thread. */
#ifndef TALLY_HISTORY_H
#define TALLY_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tally/arena.h"
#include "tally/engine.h"
#include "tally/err.h"
#include "tally/instant.h"
#include "tally/slice.h"
#include "tally/terms.h"

#define HISTORY_STEPS_MAX 100000   /* a file of 8 MiB holds no more that say anything */
#define HISTORY_EVENTS_MAX 1000000 /* of all steps: as many as one person may reasonably wait for */
#define HISTORY_MOMENTS_MAX 100000 /* days on which the clock alone evaluates: 270 years of every day */

enum history_deed {
    HISTORY_RESULT,    /* value; final on its day, or pending */
    HISTORY_RESTATED,  /* another value in place of a final one; final on its day, or pending */
    HISTORY_WITHDRAWN, /* as if nothing had been reported; final on its day, or pending */
    HISTORY_VERIFIED,  /* what was pending is final */
    HISTORY_DISPUTED,
    HISTORY_STANDS,   /* decided: what was disputed stands */
    HISTORY_REPLACED, /* decided: by value */
    HISTORY_ANNULLED  /* decided: as if withdrawn */
};

struct history_event {
    enum history_deed deed;
    bool is_pending;
    bool is_lapse; /* decided by nobody: the days for a decision have passed (F3) */
    uint32_t metric;
    struct slice key; /* as terms_fit gives it */
    struct slice value;
    int32_t submitted; /* of HISTORY_RESULT: the day of submission (M2) */
    uint64_t seq;      /* its number in the file, from 1: what explanations show */
};

struct history_step {
    int32_t day;
    struct slice title; /* what a trace says of it in place of its events; may be empty */
    struct history_event *events;
    size_t count;
};

struct history {
    struct slice contract; /* the slug of the text that it belongs to */
    struct history_step *steps;
    size_t count, event_count;
};

/* Reads the JSON text and checks it whole: names, keys and values against the terms, each deed against what was there before
 * it. TALLY_E_MALFORMED with what is wrong, where (a JSON pointer) and what to do; TALLY_E_LIMIT. Everything lies in the
 * arena; names and keys of it are copies. */
MUST_CHECK enum tally_code history_read(const struct terms *terms, struct slice json, struct arena *arena,
                                        struct history **out, struct err *err);

/* One evaluation: after a step, or on a day of the clock alone. */
struct history_moment {
    int32_t day;
    const struct history_step *step;    /* NULL: the day comes */
    const struct history_event *lapses; /* disputes that nobody decided in time, this day */
    size_t lapse_count;
    const struct engine_output *output; /* of this moment, until the next history_next */
};

struct history_run;
/* Begins at nothing. as_of: the last day that is looked at; DAY_NEVER: to the last moment of the clock. The terms and the
 * history outlive it. TALLY_E_LIMIT, TALLY_E_NO_MEMORY. */
MUST_CHECK enum tally_code history_begin(const struct terms *terms, const struct history *history, int32_t as_of,
                                         struct history_run **out, struct err *err);
void history_end(struct history_run *run); /* NULL is fine */
/* The next moment, in the order of days; those of the clock before the step of the same day (T3), and left out when they change
 * nothing. *has is false at the end. What is triggered is recorded: the next evaluation finds it standing. */
MUST_CHECK enum tally_code history_next(struct history_run *run, struct history_moment *out, bool *has, struct err *err);
/* What the engine would be given now, on the day of the last moment: for explanations, and to see that nothing is triggered
 * twice. Valid until the next history_next. */
MUST_CHECK enum tally_code history_input(struct history_run *run, struct engine_input *out, struct err *err);

/* A key for people: "c1, programme", periods by their first day; "one" for the only instance. `dims` are the key's dimensions. */
MUST_CHECK struct slice history_key_text(const struct terms *terms, const uint32_t *dims, uint32_t count, struct slice key,
                                         struct arena *arena);
/* "final: reoffences(c1, programme) = 1390", or the step's title; "the day comes". TALLY_E_LIMIT when the arena is too small. */
MUST_CHECK enum tally_code history_title(const struct terms *terms, const struct history_moment *moment,
                                         struct arena *arena, struct slice *out, struct err *err);

#endif
