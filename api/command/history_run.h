/* A run of a history: what is carried from one moment to the next. Private to history.c and history_contract.c. */
#ifndef TALLY_HISTORY_RUN_H
#define TALLY_HISTORY_RUN_H

#include "history_internal.h"

struct record { /* place: the rule's number among rule_names, and key */
    char *stands;
    size_t len, cap;
    uint64_t first;
    int32_t day;
};

struct timely { /* a key of another contract's figure: was it known when its `until` passed? (U4) */
    bool is_known;
};

struct run_contract {
    const struct history_contract *of;
    uint32_t in_force;   /* how many of its texts are */
    struct facts *facts; /* by text */
    struct places records;
    struct places timely;     /* group: text and metric */
    struct slice *rule_names; /* of all its texts */
    uint32_t rule_name_count;
    struct history_rule *rules; /* by place, of the texts in force */
    uint32_t rule_count;
    uint32_t *names;             /* by place: its number among rule_names */
    struct engine_figure *wants; /* what others use of it */
    size_t want_count;
    const struct engine_output *output; /* of the last moment */
    struct engine_output last;          /* its values when it closed (T5) */
    uint64_t next_first;
    const struct history_settlement **settled; /* so far */
    size_t settled_count, settled_cap;
};

struct history_run {
    const struct history *history;
    int32_t as_of, day, next_moment;
    struct arena *arena;      /* facts and records */
    struct arena *scratch[2]; /* this moment, and the one before, with which it is compared */
    struct run_contract *contracts;
    struct history_state *states;
    bool has_output;
    size_t next_step, quiet;
    struct err *err;
};

/* ---- history_contract.c: one contract of a run ---- */
MUST_CHECK enum tally_code contract_begin(struct history_run *run, uint32_t contract, struct err *err);
/* Its next text comes into force: rules and wants are found anew. */
MUST_CHECK enum tally_code contract_in_force(struct history_run *run, uint32_t contract, uint32_t count, struct err *err);
MUST_CHECK enum tally_code contract_input(struct history_run *run, uint32_t contract, struct arena *arena,
                                          struct engine_input *out, struct err *err);
MUST_CHECK enum tally_code contract_evaluate(struct history_run *run, uint32_t contract, struct err *err);
/* Money came, or went back. */
MUST_CHECK enum tally_code contract_settle(struct history_run *run, const struct history_settlement *settled,
                                           struct err *err);
/* The newest of its texts that is in force. */
const struct terms *contract_terms(const struct run_contract *contract);

/* ---- history_settle.c: the facts of a metric whose source is settlements ---- */
MUST_CHECK enum tally_code settled_facts(const struct run_contract *c, uint32_t k, uint32_t metric, struct arena *arena,
                                         struct engine_fact **out, size_t *count, struct err *err);

#endif
