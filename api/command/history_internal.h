/* What the files of a history share: places by name and key, and the facts that the events leave. */
#ifndef TALLY_HISTORY_INTERNAL_H
#define TALLY_HISTORY_INTERNAL_H

#include "tally/history.h"

/* ---- history_place.c: a value for each (metric or rule, key), in the order of their first use ---- */
struct place {
    uint32_t group;
    struct slice key;
    void *value;
};
struct places {
    struct arena *arena;
    struct place *items;
    size_t count, cap;
    uint32_t *slots; /* 0 free, otherwise 1 + the item's number */
    size_t slot_count;
};
void *places_find(const struct places *places, uint32_t group, struct slice key); /* NULL: none */
/* A new place; the key is copied. size zeroed bytes of the arena are its value. */
MUST_CHECK enum tally_code places_add(struct places *places, uint32_t group, struct slice key, size_t size, void **out,
                                      struct err *err);

/* ---- history_fact.c: what the events leave ---- */
enum fact_standing { FACT_GONE, FACT_PENDING, FACT_FINAL, FACT_DISPUTED };
struct fact {
    enum fact_standing standing;
    bool is_held;  /* pending and disputed: it cannot become final */
    bool has_next; /* a restatement or withdrawal that is not final */
    bool next_withdraws;
    struct slice value, next;
    int32_t submitted;
    int32_t lapses; /* disputed: the last day for a decision */
    uint64_t seq, next_seq;
};
struct facts {
    const struct terms *terms;
    struct places places;
    int32_t decision_days; /* of `disputes decided`; -1: the text has none */
    bool falls;            /* otherwise falls */
    size_t disputed_count;
};
void facts_init(struct facts *facts, const struct terms *terms, struct arena *arena);
/* *why is empty, or says in words why the event cannot follow what was; then nothing is changed. */
MUST_CHECK enum tally_code facts_apply(struct facts *facts, const struct history_event *event, int32_t day,
                                       struct slice *why, struct err *err);
int32_t facts_next_lapse(const struct facts *facts); /* the first day on which a dispute is decided by nobody; DAY_NEVER */
/* Decides what nobody decided by `day`; the events that this is are in the arena. */
MUST_CHECK enum tally_code facts_lapse(struct facts *facts, int32_t day, struct arena *arena, struct history_event **events,
                                       size_t *count, struct err *err);
/* As the engine takes them. */
MUST_CHECK enum tally_code facts_list(const struct facts *facts, struct arena *arena, struct engine_fact **out,
                                      size_t *count, struct err *err);

/* ---- history_text.c ---- */
/* "reoffences(c1, programme)"; ptr NULL without memory. */
MUST_CHECK struct slice history_metric_text(const struct terms *terms, uint32_t metric, struct slice key,
                                            struct arena *arena);

#endif
