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
    HISTORY_VERIFIED,  /* what was pending is verified, by all or by one of those who have to (S3) */
    HISTORY_REJECTED,  /* what was pending is not taken */
    HISTORY_DISPUTED,
    HISTORY_STANDS,   /* decided: what was disputed stands */
    HISTORY_REPLACED, /* decided: by value */
    HISTORY_ANNULLED, /* decided: as if withdrawn */
    HISTORY_FINAL     /* final by the clock: the days of silence, or of `final ... later`, have passed (S3) */
};

/* A text by which results are read and instances computed. */
struct history_source {
    struct slice file; /* as the history names it in "texts" */
    struct slice hash; /* of its bytes, 64 hex digits; may be empty when there is one text alone */
    const struct terms *terms;
};

struct history_fit { /* an event by one of its contract's texts */
    bool fits;
    uint32_t metric; /* of that text */
    struct slice key;
};

struct history_event {
    enum history_deed deed;
    bool is_pending;
    bool is_lapse;             /* by the clock: decided by nobody (F3) */
    bool is_late;              /* first submitted after `until`: told, and not used (S1) */
    uint32_t contract;         /* in history.contracts */
    const struct terms *terms; /* the text that names it: */
    uint32_t metric;
    struct slice key;               /* as terms_fit gives it */
    const struct history_fit *fits; /* by text of the contract */
    struct slice value;
    struct slice reporter; /* whose result it is: a party */
    struct slice verifier; /* HISTORY_VERIFIED: by whom; empty: by all who have to */
    struct slice set;      /* the set in which it was submitted (S4), within its step; may be empty */
    int32_t submitted;     /* of HISTORY_RESULT: the day of submission (M2) */
    uint64_t seq;          /* its number in the file, from 1: what explanations show */
};

struct history_settlement { /* what was paid on a rule; below zero: paid back */
    uint32_t contract;
    struct slice rule, amount;
    int32_t paid_on;
};

struct history_step {
    int32_t day;
    struct slice title; /* what a trace says of it in place of its events; may be empty */
    struct history_event *events;
    size_t count;
    uint32_t amended; /* the contract of which a text comes into force on this day, TERMS_NONE: none; */
    uint32_t version; /* which of its texts, */
    uint32_t number;  /* and what number that gives itself */
    struct history_settlement *settled;
    size_t settled_count;
};

struct history_contract {
    struct slice slug;
    const struct history_source **texts; /* in the order of their versions; the first is in force from the beginning */
    uint32_t text_count;
    struct history_use {
        uint32_t contract, text; /* what that text uses (U2) */
    } * *uses;                   /* by text, then by use */
};

struct history {
    struct slice contract; /* the slug of the text that it belongs to */
    struct history_step *steps;
    size_t count, event_count;
    const struct history_contract *contracts; /* in the order of evaluation: what is used comes first (U5) */
    uint32_t contract_count, main;            /* main: the one that was asked for */
};

/* The files that the history names in "texts", for whoever reads files; none is fine. */
MUST_CHECK enum tally_code history_files(struct slice json, struct arena *arena, struct slice **out, size_t *count,
                                         struct err *err);
/* Reads the JSON text and checks it whole, with all texts that belong to it: sources[0] is the one asked for, the others are those
 * of "texts". Otherwise as history_read. */
MUST_CHECK enum tally_code history_read_texts(const struct history_source *sources, size_t source_count, struct slice json,
                                              struct arena *arena, struct history **out, struct err *err);
/* Reads the JSON text and checks it whole: names, keys and values against the terms, each deed against what was there before
 * it. TALLY_E_MALFORMED with what is wrong, where (a JSON pointer) and what to do; TALLY_E_LIMIT. Everything lies in the
 * arena; names and keys of it are copies. */
MUST_CHECK enum tally_code history_read(const struct terms *terms, struct slice json, struct arena *arena,
                                        struct history **out, struct err *err);

struct history_rule { /* a rule at its place (engine_rule_place), by the newest text in force that has it */
    const struct terms *terms;
    const struct terms_rule *rule;
};

/* How a contract stands after a moment. */
struct history_state {
    struct slice slug;
    const struct history_rule *rules; /* by place */
    uint32_t rule_count;
    const struct engine_output *output;
};

/* One evaluation: after a step, or on a day of the clock alone. */
struct history_moment {
    int32_t day;
    const struct history_step *step;    /* NULL: the day comes */
    const struct history_event *lapses; /* what the clock decided and made final, this day */
    size_t lapse_count;
    const struct engine_output *output; /* of the contract asked for, at this moment; until the next history_next */
    const struct history_state *states; /* of all contracts, in the order of evaluation */
    uint32_t state_count;
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
