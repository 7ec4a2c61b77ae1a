/* Exact evaluation of a compiled text (language.md section 7). Pure: everything that enters is an argument, nothing is kept
 * between calls, no clock, no I/O. Numbers cross this boundary as decimal text and are exact rationals inside. */
#ifndef TALLY_ENGINE_H
#define TALLY_ENGINE_H

#include <stdbool.h>
#include <stdint.h>

#include "tally/arena.h"
#include "tally/buf.h"
#include "tally/err.h"
#include "tally/instant.h"
#include "tally/terms.h"

/* How a result stands for its metric (S3, F1). Results that do not fit are not given at all. */
enum engine_standing {
    ENGINE_FINAL,    /* its value is the current value of its key */
    ENGINE_PENDING,  /* submitted, not final */
    ENGINE_DISPUTED, /* was final, is disputed: unknown */
    ENGINE_UNKNOWN   /* of another contract: unknown there, for `reason` (U1) */
};

struct engine_fact {
    uint32_t metric;
    int32_t submitted; /* the day of the first result of its chain */
    enum engine_standing standing;
    bool is_blocked;       /* ENGINE_UNKNOWN: for a dispute or a fault, so that no default holds (U6) */
    struct slice key;      /* as terms_fit gave it */
    struct slice value;    /* as the result writes it */
    uint64_t seq;          /* of the entry that reported it, shown in explanations */
    uint64_t became_final; /* the entry in which the first result of its key became final (S7); 0: taken to be seq */
    struct slice reason;   /* ENGINE_UNKNOWN: as engine_value has it */
};

/* ---- figures that other contracts use (U) ---- */
enum engine_figure_kind { ENGINE_METRIC, ENGINE_DEFINE, ENGINE_RULE };
struct engine_figure {
    enum engine_figure_kind kind;
    uint32_t at; /* its place among those of its kind, in the text */
    const struct terms
        *terms; /* as which text it is used (U2), one of those of the input; NULL: as amended, by the newest */
};
struct engine_value {
    uint32_t want;    /* which of input->wants */
    struct slice key; /* members joined by "|", in the order of engine_figure_dimensions */
    bool is_known;
    bool is_blocked;     /* unknown for a dispute or a fault */
    struct slice value;  /* exact: a decimal or p/q (a percentage without its sign, 0.09), a day, true or false, a word */
    struct slice reason; /* unknown: for what, in words */
};

/* What is recorded about an instance (I2, C4, P1). An instance without a record stands at 0. */
struct engine_record {
    uint32_t rule; /* its place: among the rules of the text, then those that only earlier texts have (engine_rule_place) */
    struct slice key;    /* members joined by "|" in the order of `for each`, "" for the only one */
    struct slice stands; /* money, "4800000.00", possibly negative */
    uint64_t first;      /* its place in the order of first amounts above zero; 0: none yet */
    int32_t day; /* its day when it was last computed, by `dated`; without it the day on which it was first computed;
                            DAY_NEVER: not yet. What it keeps while it waits stays in the budgets of that day */
};

/* An earlier text of the same contract, which goes on computing the instances whose days lie before the newer ones take effect (V2). */
struct engine_text {
    const struct terms *terms;
    const struct engine_fact *facts; /* that fit this text, by its own metrics; as engine_input.facts */
    size_t fact_count;
};

struct engine_input {
    const struct terms *terms; /* the newest that is in force */
    int32_t today;
    const struct engine_fact *facts; /* any order; at most one FINAL or DISPUTED for each metric and key */
    size_t fact_count;
    const struct engine_record *records; /* any order */
    size_t record_count;
    uint64_t next_first;               /* the next free place in that order, from 1 */
    const struct engine_text *earlier; /* texts that it amends, directly or not, the oldest first; usually none */
    size_t earlier_count;
    const struct engine_figure *wants; /* whose values at every key are asked for */
    size_t want_count;
};

enum engine_state { ENGINE_COMPUTED, ENGINE_WAITS, ENGINE_FAULT };

struct engine_instance {
    uint32_t rule; /* its place, as in engine_record */
    enum engine_state state : 8;
    bool has_difference;
    struct slice key;
    struct slice amount;     /* before caps, rounded; empty unless computed */
    struct slice target;     /* after caps; what stands unless computed */
    struct slice stands;     /* before this evaluation */
    struct slice difference; /* target less stands; "0.00" when there is none */
    struct slice reason;     /* waits, fault: for what, in words: "reoffences(c2, programme) is missing" */
    uint64_t first;          /* new or old place in the order of first amounts; 0: none */
    int32_t day;             /* to be recorded: as in engine_record, new or old; DAY_NEVER */
    int32_t wakes;           /* a day on which the clock alone may change it (`not before`); DAY_NEVER: none */
};

struct engine_output {
    struct engine_instance *instances; /* by place of the rule in the text, then key */
    size_t count;
    uint64_t next_first;
    bool is_full;        /* some open dimension has as many members as may count (S7) */
    int32_t next_moment; /* the first day after today on which the clock may change something; DAY_NEVER */
    uint64_t steps;      /* arithmetic nodes evaluated */
    struct engine_value
        *values; /* of input->wants, in their order, then by key; none after `closes`: the last ones hold (T5) */
    size_t value_count;
};

#define ENGINE_BITS_MAX 4096 /* of a numerator or denominator: more is a fault of the instance (M4) */

/* Everything from nothing. TALLY_E_LIMIT when the arena is too small; other failures are ours. */
MUST_CHECK enum tally_code engine_evaluate(const struct engine_input *input, struct arena *arena,
                                           struct engine_output **out, struct err *err);

/* ---- several texts (V) ---- */
/* Rules of all texts of the input have places: those of the newest text as there, then those that only earlier texts have, the newer
 * texts first. TERMS_NONE: no text has a rule of that name. */
uint32_t engine_rule_place(const struct engine_input *input, struct slice name);
/* The rule at a place, of the newest text that has it; *terms is that text. */
const struct terms_rule *engine_rule(const struct engine_input *input, uint32_t place, const struct terms **terms);
/* Can `next` amend `before`? Its rules of the same names pay in the same currency (V4), by the same dimensions with all their members.
 * Otherwise why says what does not fit. */
MUST_CHECK enum tally_code engine_amends(const struct terms *next, const struct terms *before, struct arena *arena,
                                         bool *fits, struct slice *why, struct err *err);

/* The metric, define or rule of that name; false: there is none. */
bool engine_figure_find(const struct terms *terms, struct slice name, struct engine_figure *out);
/* The dimensions of its key, count of them. */
const uint32_t *engine_figure_dimensions(const struct terms *terms, const struct engine_figure *figure, uint32_t *count);

/* Do all figures that `terms` takes of the contract that it uses as `use` (by index) exist in `used`, with the dimensions of `by` and
 * `where` and in the same kind (U1)? Otherwise why says what does not fit. */
MUST_CHECK enum tally_code engine_link(const struct terms *terms, uint32_t use, const struct terms *used,
                                       struct arena *arena, bool *fits, struct slice *why, struct err *err);
/* The facts of metric `metric`, whose source is a figure of `used`, from that figure's values (those of want `want`): for each key that
 * fits, FINAL or UNKNOWN. submitted is today. Texts and keys lie in the arena. */
MUST_CHECK enum tally_code engine_used_facts(const struct terms *terms, uint32_t metric, const struct terms *used,
                                             const struct engine_output *output, uint32_t want, int32_t today,
                                             struct arena *arena, struct engine_fact **out, size_t *count, struct err *err);

/* ---- a session: one contract's evaluation, kept from entry to entry ---- */

/* All that counts at a key of a metric from now on. */
struct engine_change {
    uint32_t metric;
    struct slice key;               /* as terms_fit gave it */
    const struct engine_fact *fact; /* final or disputed, of that metric and key; NULL: none */
    bool has_pending;               /* something that was submitted is neither final nor rejected */
};

struct engine_session;

/* Can it be followed? Several texts, figures at keys of open dimensions (its own that are asked for, and those of others that it uses),
 * and what is closed are evaluated from nothing. */
bool engine_session_can_follow(const struct engine_input *input);
/* Evaluates everything, as engine_evaluate does, and keeps it; nothing of the input is needed afterwards but its terms. One thread at a
 * time. *session NULL: it cannot be followed, or not from this entry on (a member has lost its place in a full dimension). */
MUST_CHECK enum tally_code engine_session_open(const struct engine_input *input, struct arena *arena,
                                               struct engine_output **out, struct engine_session **session,
                                               struct err *err);
void engine_session_free(struct engine_session *session); /* NULL is fine */
/* Are these the figures that the session was opened with? They are what it answers, in values, after each entry: each at every key. If
 * others are asked for, it is to be opened anew. */
bool engine_session_answers(const struct engine_session *session, const struct engine_figure *wants, size_t count);

/* The next entry: what stood is now what the last answer said (its targets, days and places of first amounts). The changes are in any
 * order; of two for one key the later counts; today never goes back. Computes what they affect: the same states, amounts, targets and
 * places as engine_evaluate would give, at a cost of what is affected (K1 to K3). *out has, in the order of engine_evaluate, the
 * instances that were computed again or given something, next_moment and next_first of all, and all values; an instance that is there
 * no more may be among them with a target of zero. A figure of another contract that is not known any more, or that U4 leaves out from
 * a day on, is a change like any other.
 *   *is_stale: this entry cannot be followed, and nothing was done: free the session, and open another with all that is known.
 * After any failure the session is stale. */
MUST_CHECK enum tally_code engine_session_apply(struct engine_session *session, int32_t today,
                                                const struct engine_change *changes, size_t count, struct arena *arena,
                                                bool *is_stale, struct engine_output **out, struct err *err);
size_t engine_session_memory(const struct engine_session *session); /* bytes, about */
/* It is stale because its budgets did not add up: never so, as far as anybody knows. What is evaluated from nothing then is right. */
bool engine_session_is_doubted(const struct engine_session *session);

/* ---- how amounts come about ---- */

/* An evaluation that can be asked for explanations. */
struct engine_kept;

/* engine_evaluate, kept. What the input points to stays until engine_kept_free. */
MUST_CHECK enum tally_code engine_evaluate_kept(const struct engine_input *input, struct arena *arena,
                                                struct engine_output **out, struct engine_kept **kept, struct err *err);
void engine_kept_free(struct engine_kept *kept); /* NULL is fine */
/* The session's evaluation, as of its last answer: borrowed, until the session is given its next entry or is freed. */
struct engine_kept *engine_session_kept(struct engine_session *session);

/* How an instance of that evaluation's answer came to its amount: canonical JSON {"rule","key","state","currency","amount","target",
 * "stands","steps":[...]}, a step being {"line","text","exact","decimal"} with the terms' own words, and {"line","result","seq",
 * "value"} for results used (members in JCS order). `exact` is a decimal or p/q; a number without finite decimal has `decimal` of 12
 * places ending in "...". The bytes depend on terms, results and records alone: a session gives the same as an evaluation from
 * nothing. Costs what is told:
 *   - each define, result and aggregate is told once, where it is first needed; `prior` goes back 64 members at most.
 *   - an aggregate or portion that runs over more than 64 keys (open dimensions count with their `at most`) is one step with "count",
 *     how many members it took.
 *   - the terms' words are cut at 400 bytes; after 2,000 steps or 64 KiB of texts and figures the rest is left out but for the amount
 *     and the caps, and "cut":true says so. */
MUST_CHECK enum tally_code engine_explain_kept(struct engine_kept *kept, const struct engine_instance *told,
                                               struct buf *out, struct err *err);
/* The same for one instance, by an evaluation of its own. TALLY_E_NOT_FOUND: there is no such instance. */
MUST_CHECK enum tally_code engine_explain(const struct engine_input *input, uint32_t rule, struct slice key,
                                          struct arena *arena, struct buf *out, struct err *err);

/* Exact arithmetic on money as text, for what is recorded: both in the form -?digits[.digits]. */
MUST_CHECK enum tally_code money_add(struct slice a, struct slice b, struct arena *arena, struct slice *sum,
                                     struct err *err);
MUST_CHECK enum tally_code money_negate(struct slice a, struct arena *arena, struct slice *out, struct err *err);
/* <0, 0, >0 */
MUST_CHECK enum tally_code money_compare(struct slice a, struct slice b, int *order, struct err *err);
int money_sign(struct slice a); /* of text that is well-formed: -1, 0, 1 */
/* Is it a whole number of `smallest`? */
MUST_CHECK enum tally_code money_fits(struct slice amount, struct slice smallest, bool *fits, struct err *err);

#endif
