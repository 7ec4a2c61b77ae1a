/* What the files of a history share: places by name and key, and the facts that the events leave. */
#ifndef TALLY_HISTORY_INTERNAL_H
#define TALLY_HISTORY_INTERNAL_H

#include <jansson.h>

#include "tally/history.h"

/* ---- history_place.c: a value for each (group, key), in the order of their first use ---- */
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

/* ---- history_fact.c: what the events leave, by one text ---- */
enum fact_standing { FACT_GONE, FACT_FINAL, FACT_DISPUTED };

struct fact_set { /* results submitted together: final together (S4) */
    uint32_t count, ready;
    struct fact *members;
};

struct fact_next { /* a result, restatement or withdrawal that is not final */
    bool is_there, withdraws, is_held, is_ready;
    struct slice value;
    uint64_t seq, verifiers; /* bit i: verifier i of the metric has verified it */
    int32_t submitted, verified;
    struct fact_set *set;
    struct fact *in_set; /* the next member */
};

struct fact { /* a chain (S2) */
    enum fact_standing standing;
    struct slice reporter, value;
    int32_t submitted, final; /* the days of its first result, and on which it became final last */
    uint64_t seq, became_final;
    struct fact_next next;
    int32_t lapses; /* a dispute is open: the day on which nobody has decided it; DAY_NEVER */
    int32_t clock;  /* the day on which the clock changes it; DAY_NEVER */
    const struct place *place;
    struct fact *other; /* of another reporter */
};

struct fact_keys { /* of one metric and key */
    struct fact *first;
};

struct tick {
    int32_t day;
    struct fact *fact;
};

struct facts {
    const struct terms *terms;
    uint32_t contract; /* of events that the clock makes */
    struct places places;
    struct tick *ticks; /* a heap; what is no longer so is passed over */
    size_t tick_count, tick_cap;
    uint64_t moment;    /* counts what is applied together: the order of S7 */
    struct places sets; /* of this moment, by name */
};
void facts_init(struct facts *facts, const struct terms *terms, uint32_t contract, struct arena *arena);
/* What follows belongs to one entry. */
void facts_moment(struct facts *facts);
/* *why is empty, or says in words why the event cannot follow what was; then nothing is changed. metric and key are this text's. */
MUST_CHECK enum tally_code facts_apply(struct facts *facts, const struct history_event *event, uint32_t metric,
                                       struct slice key, int32_t day, struct slice *why, struct err *err);
/* The first day on which the clock changes something; DAY_NEVER. */
int32_t facts_next_tick(struct facts *facts);
/* Lets the clock do what it does up to `day`; the events that this is are in the arena. */
MUST_CHECK enum tally_code facts_tick(struct facts *facts, int32_t day, struct arena *arena, struct history_event **events,
                                      size_t *count, struct err *err);
/* As the engine takes them. */
MUST_CHECK enum tally_code facts_list(const struct facts *facts, struct arena *arena, struct engine_fact **out,
                                      size_t *count, struct err *err);
/* The chain of a reporter; an empty one: the only one, or the one that is used. NULL: there is none. */
const struct fact *facts_find(const struct facts *facts, uint32_t metric, struct slice key, struct slice reporter);

/* ---- history_world.c: the texts that belong together ---- */
MUST_CHECK enum tally_code world_make(const struct history_source *sources, size_t count, struct arena *arena,
                                      struct history *history, struct err *err);

/* ---- history_json.c, history_result.c, history_read.c ---- */
struct reading {
    struct arena *arena;
    struct history *history;
    const struct history_source *sources;
    size_t source_count;
    struct facts **facts; /* by contract, then text: what the deeds so far have left */
    struct places joined; /* group: the contract; "facility|a": a has joined */
    struct err *err;
    size_t step, result;
};
#define BAD(r, place, ...) take_bad((r), (place), arena_printf((r)->arena, __VA_ARGS__))
/* place: behind the pointer of the result. */
MUST_CHECK enum tally_code take_bad(const struct reading *r, const char *place, struct slice what);
MUST_CHECK enum tally_code take_no_memory(const struct reading *r);
/* Only these members; the first that is not known is named, with the nearest that is. */
MUST_CHECK enum tally_code take_members(const struct reading *r, const json_t *object, const char *pointer,
                                        const char *const *names);
MUST_CHECK enum tally_code take_text(const struct reading *r, const json_t *json, const char *pointer, struct slice *out);
MUST_CHECK enum tally_code take_day(const struct reading *r, const json_t *json, const char *pointer, int32_t *out);
MUST_CHECK enum tally_code take_pointer(const struct reading *r, const char *behind, const char **out);
/* A flag that is there is true; to say false is to leave it out. */
MUST_CHECK enum tally_code take_flag(const struct reading *r, const json_t *result, const char *name, bool *out);
/* One deed, and what it leaves. */
MUST_CHECK enum tally_code take_result(struct reading *r, const json_t *result, int32_t day, struct history_event *event);

/* ---- history_join.c ---- */
bool has_joined(const struct reading *r, uint32_t contract, struct slice class_name, struct slice member);
/* Who joins in this step; *out says so in words, "" when nobody does. */
MUST_CHECK enum tally_code take_joined(struct reading *r, const json_t *step, int32_t day, struct slice *out);

/* ---- history_settle.c ---- */
MUST_CHECK enum tally_code take_settled(struct reading *r, const json_t *step, struct history_step *out);

/* ---- history_text.c ---- */
/* "reoffences(c1, programme)"; ptr NULL without memory. */
MUST_CHECK struct slice history_metric_text(const struct terms *terms, uint32_t metric, struct slice key,
                                            struct arena *arena);

#endif
