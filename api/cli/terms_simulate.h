/* tally terms simulate: what its files share. */
#ifndef TALLY_TERMS_SIMULATE_H
#define TALLY_TERMS_SIMULATE_H

#include "cli.h"
#include "tally/canon.h"
#include "tally/engine.h"

#define SIMULATE_STEPS_MAX 10000u /* rows of the table: nobody reads more */
#define SIMULATE_JUMPS_MAX 200u   /* cliffs that are searched for: more are a slope */
#define SIMULATE_PLACES_MAX 12    /* behind the point, as a result may have (N1) */

MUST_CHECK enum tally_code cli_terms_simulate(struct cli *cli, struct err *err); /* the command */

/* One value of the figure that varies. */
struct simulated {
    int64_t at;            /* in units of 10^-places, or a day */
    struct slice *rules;   /* the sum of each rule's targets */
    struct slice *payers;  /* by simulation.payers */
    uint32_t waits, count; /* instances that wait or are faults; all */
    struct slice reason;   /* of the first of them: "p waits: x is missing" */
};

struct simulate_payer {
    uint32_t party;
    struct slice currency;
};

/* Where an amount jumps: it is `before` up to here, and `after` from the next unit on, or the other way round. */
struct simulate_jump {
    int64_t left, right; /* neighbours */
    uint32_t payer;
    struct slice before, after;
};

struct simulation {
    const struct terms *terms;
    uint32_t metric; /* that varies */
    bool is_percent, is_date;
    int places;
    int64_t from, to;
    struct slice label; /* "bed_days(programme, y2013)" */
    int32_t day;
    struct simulated *points;
    size_t count;
    struct simulate_payer *payers;
    uint32_t payer_count;
    struct simulate_jump *jumps;
    size_t jump_count;
};

/* A value as results write it: "12.5", "60%", "2016-01-31". In the arena. */
struct slice simulate_value(const struct simulation *s, int64_t at, struct arena *arena);

/* ---- terms_simulate_facts.c ---- */
struct simulate_facts {
    struct engine_fact *items;
    size_t count, cap;
    size_t *varied; /* places of those that vary */
    size_t varied_count;
};
/* METRIC, METRIC[KEY] or either with =VALUE, split at the sign: what stands before and behind it. */
MUST_CHECK enum tally_code simulate_split(struct cli *cli, const char *text, struct slice *name, struct slice *value,
                                          struct err *err);
/* Sets the metric's value at the key, or without one at every key of its closed dimensions. places: of those set, or NULL. */
MUST_CHECK enum tally_code simulate_set(struct cli *cli, const struct terms *terms, struct slice name, struct slice value,
                                        struct simulate_facts *facts, bool varies, struct err *err);

/* ---- terms_simulate_svg.c ---- */
/* The curve of each payer's total. TALLY_E_LIMIT. */
MUST_CHECK enum tally_code simulate_svg(const struct simulation *s, struct arena *arena, struct buf *out, struct err *err);

#endif
