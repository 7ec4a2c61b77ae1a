/* One evaluation: facts in, values by binding, instances and their targets out (language.md section 7). Private to the engine. */
#ifndef TALLY_ENGINE_EVAL_H
#define TALLY_ENGINE_EVAL_H

#include "grow.h"
#include "program.h"
#include "tally/engine.h"

#define NUMBERS_IN_CHUNK GROW_CHUNK(64)
#define STACK_CHUNKS_MAX (65536 / NUMBERS_IN_CHUNK) /* 65,536 numbers at once: NESTING_MAX nodes with some operands each */
#define EVALUATION_BYTES_MAX (512u << 20) /* of one evaluation's own working memory: K4 allows ten million instances */
#define TEXTS_MAX 256                     /* versions of a contract: each is an evaluation of its own */

/* What one explanation tells at most: more would be read by nobody, and it is kept with the payment. */
#define TRACE_STEPS_MAX 2000
#define TRACE_BYTES_MAX (64u << 10) /* of the texts and figures of its steps, each with STEP_BYTES beside them */
#define TRACE_STEP_BYTES 64
#define TRACE_TEXT_MAX 400   /* bytes of the terms' words in one step */
#define TRACE_MEMBERS_MAX 64 /* an aggregate over more is one step; `prior` goes as many members back */

enum known {
    KNOWN,
    UNKNOWN, /* eval.cause says what is missing (M3) */
    FAULTY,  /* eval.cause says what is wrong and where (M4) */
    BROKEN   /* eval.rc and eval.err: memory, or an input that contradicts itself */
};

struct number_chunk {
    mpq_t numbers[NUMBERS_IN_CHUNK];
    uint32_t used; /* initialised */
    struct number_chunk *next;
};

enum slot_state { SLOT_EMPTY, SLOT_FACT, SLOT_BUSY, SLOT_DONE }; /* FACT: nothing computed yet */

struct small_number { /* in lowest terms: nearly all numbers are, and take no memory of their own */
    int64_t numerator;
    uint64_t denominator;
};

struct budget {
    cents room;                   /* what is left of it */
    struct cut_list *cut;         /* in a session: the instances that it keeps from more */
    struct budget *next_released; /* in a session, while a group is computed */
    bool is_released;
};

/* What is known at one key of one metric, define, aggregate or prior; also a budget. Stays where it is. */
struct slot {
    uint64_t cell;
    uint32_t memo;
    enum slot_state state : 8;
    enum known known : 8;
    bool has_pending : 1, is_large : 1;
    bool is_blocked : 1;     /* as eval.is_blocked, with its cause */
    bool is_wanted : 1;      /* of a session: a figure that is asked for, at one key; it is needed, whoever reads it */
    int32_t wakes;           /* as eval.wakes, of what was computed for it; while it is BUSY, of whoever needs it */
    uint32_t readers, stamp; /* of a session: track.c */
    const struct engine_fact *fact; /* final or disputed */
    union {
        struct small_number small;
        mpq_ptr large; /* is_large */
        int32_t day;
        uint32_t word;
        uintptr_t reader;   /* BUSY: whose need this is */
        struct slice cause; /* not KNOWN */
        struct budget *budget;
        uint64_t count;              /* trace_keep_count */
        struct partial *partial;     /* eval_partial.c */
        struct undecided *undecided; /* of an open set: what was submitted for members that are none yet */
        struct key_group *keys;      /* of a session: keys.c */
    } u;
};

#define SLOTS_IN_CHUNK GROW_CHUNK(128)

/* Has the key a result that is final, or was? What another contract does not know yet is none. */
static inline bool slot_is_found(const struct slot *slot)
{
    return slot != NULL && slot->fact != NULL && (slot->fact->standing != ENGINE_UNKNOWN || slot->fact->is_blocked);
}

static inline bool slot_is_disputed(const struct slot *slot)
{
    return slot->fact->standing == ENGINE_DISPUTED || slot->fact->standing == ENGINE_UNKNOWN;
}

struct undecided {
    const struct engine_fact *fact;
    const uint32_t *members; /* in the order of the metric's dimensions; TERMS_NONE: not a member yet */
    struct undecided *next;
};

enum phase { PHASE_NEW, PHASE_BUSY, PHASE_AMOUNT, PHASE_DONE };
struct instance {
    cents amount, stands, target;
    uint64_t cell;
    uint64_t first;
    struct slice reason;
    uint32_t rule;
    enum phase phase : 8;
    enum engine_state state : 8;
    bool has_record;
    bool is_blocked;           /* what it waits for */
    bool is_never_back;        /* by the text that computes it */
    uint16_t text;             /* which that is, of several */
    bool is_absent;            /* in a session: there is no such instance now */
    bool is_dirty, is_touched; /* of a session: to be computed; computed or given something for this entry */
    uint32_t readers, stamp;   /* of a session: track.c */
    struct budget *cut_by;     /* of a session: in whose list it is */
    int32_t record_day;        /* as recorded before this evaluation */
    int32_t own_day; /* I2; of one that is not computed that by which it was given what stands; DAY_NEVER: not known */
    int32_t day;     /* as it is recorded: `dated` when it was last computed, otherwise the first day on which it was */
    int32_t wakes;
};

struct rule_instances { /* by rising cell */
    struct instance *items;
    size_t count;
    bool is_dense; /* every cell has one */
};

struct trace_step {
    uint32_t line;
    struct slice text, exact, decimal;
    bool is_result, has_count;
    uint64_t seq;
    uint64_t count; /* members that an aggregate took, where they are not told one by one */
    struct trace_step *next;
};

struct trace_seen { /* what has been told, by memo and cell */
    uint64_t cell;
    uint32_t memo_after; /* memo + 1; 0: free */
};

/* While it is wanted, what is computed is not kept: each define, result, aggregate and prior is computed once more, aloud, where it is
 * first needed, and is what was kept of it afterwards. */
struct trace {
    struct trace_step *first, *last;
    uint32_t count;
    size_t bytes;
    bool is_cut;  /* it is as long as it may be */
    bool has_end; /* what comes now is told in any case: the amount, and what the caps leave */
    struct trace_seen *seen;
    size_t seen_count, seen_size;
    struct arena *quiet; /* the evaluation's own memory: eval.arena is the explanation's meanwhile */
};

struct text_eval { /* one of several texts of a contract */
    struct eval *ev;
    struct engine_input input; /* what it is given: the facts that fit it, the records of its rules */
    int32_t effective;
    uint32_t *places; /* by rule: its place among all rules; TERMS_NONE where a newer text has it too */
};

/* Of a member's place: only what stands holds it, by its results somebody else would have it; it has given its place up. */
#define SEAT_STANDS 1
#define SEAT_GIVEN_UP 2
struct seats {
    unsigned char *items; /* NULL: nobody waits for a place */
    uint32_t count;       /* of the members that were chosen; a session has more names */
};
/* A member of an open dimension that was left with nothing standing (S7): what it had before holds no place any more. If its results
 * give it none either, all that stood for it is taken back, and its results count for nothing. */
struct vacated {
    struct slice dimension, name; /* several texts number them each for itself */
    struct vacated *next;
};

struct texts { /* the oldest first */
    struct text_eval *items;
    size_t count;
};

struct key_list { /* of a walk: cells by its shape, those of one group together, as D2 has them */
    uint64_t *cells;
    size_t count;
    bool is_made;
};

struct eval {
    struct texts *texts; /* NULL: there is one text */
    size_t text;         /* which of them this evaluates */
    const struct engine_input *in;
    const struct terms *t;
    const struct dimension *dimensions; /* the text's; open ones with the members of this evaluation */
    const struct vacated *vacated;      /* found by an evaluation before this one of the same input */
    struct seats *seats;                /* by dimension: of a full one, what is said of the places of its members */
    struct arena *arena;                /* working memory for texts and what is soon forgotten */
    struct arena *store;                /* for what stays: the same, but in a session */
    struct err *err;
    enum tally_code rc;
    struct slice cause;
    bool is_blocked;                /* the cause is a dispute or a fault, not something that has not come yet */
    uint32_t bound[DIMENSIONS_MAX]; /* the bound member by dimension */
    struct number_chunk *stack[STACK_CHUNKS_MAX];
    size_t sp; /* numbers on the stack */
    struct number_chunk *kept;
    mpq_ptr *spare; /* kept numbers that may be used again */
    size_t spare_count, spare_cap;
    struct slot **slots;         /* chunks of SLOTS_IN_CHUNK */
    uint32_t slot_used, *places; /* by hash: the slot's place + 1 */
    size_t chunk_cap, place_count;
    struct slot *latest;        /* what was looked up last is looked up again at once */
    struct key_list *key_lists; /* by the walk's number */
    struct rule_instances *rules;
    bool *group_done;
    uint64_t steps;
    uint32_t depth;
    bool is_full; /* some open dimension has all its members (S7) */
    bool is_closed;
    int32_t wakes;  /* the first day after today on which the clock may change what is computed; DAY_NEVER */
    int32_t moment; /* the least of those of all instances; not of what was computed in vain */
    struct engine_session *session; /* NULL: from nothing */
    uintptr_t reader;               /* of a session: who needs what is looked at now; 0: nobody */
    struct trace *trace;            /* NULL: no explanation is wanted */
};

/* ---- eval_memo.c ---- */
/* The next number of the stack; NULL: ev->rc is set. Initialised, of any value. */
MUST_CHECK mpq_ptr eval_push(struct eval *ev);
/* The number at a place of the stack that is in use. */
static inline mpq_ptr eval_at(const struct eval *ev, size_t place)
{
    return ev->stack[place / NUMBERS_IN_CHUNK]->numbers[place % NUMBERS_IN_CHUNK];
}
/* A number that stays until the end, of any value. NULL: ev->rc is set. */
MUST_CHECK mpq_ptr eval_keep(struct eval *ev);
void eval_unkeep(struct eval *ev, mpq_ptr q); /* it is not needed any more */
void eval_release(struct eval *ev);           /* gives GMP's memory back */
MUST_CHECK void *eval_alloc(struct eval *ev, size_t count, size_t size);
#define EVAL_NEW(ev, count, type) ((type *) eval_alloc((ev), (count), sizeof(type)))
/* The same, of memory that a session takes back after each entry. */
MUST_CHECK void *eval_scratch(struct eval *ev, size_t count, size_t size);
#define EVAL_SCRATCH(ev, count, type) ((type *) eval_scratch((ev), (count), sizeof(type)))
/* The slot of that key, made if there is none; NULL: ev->rc is set. */
MUST_CHECK struct slot *eval_slot(struct eval *ev, uint32_t memo, uint64_t cell);
/* The slot of a metric's key, whose results are what counts; NULL: nothing was ever reported there. */
const struct slot *eval_fact(struct eval *ev, uint32_t metric, uint64_t cell);
/* The slot, or NULL. */
const struct slot *eval_find(const struct eval *ev, uint32_t memo, uint64_t cell);
/* The slot at a place below ev->slot_used. */
static inline struct slot *eval_slot_at(const struct eval *ev, uint32_t place)
{
    return &ev->slots[place / SLOTS_IN_CHUNK][place % SLOTS_IN_CHUNK];
}
/* Is it computed already? Then *known and *out are what it is; a number takes a place of the stack. */
bool eval_recall(struct eval *ev, uint32_t memo, uint64_t cell, enum type_kind kind, struct value *out, enum known *known);
/* Marks as being computed. A circle, which the checker should have refused, is a fault. */
MUST_CHECK enum known eval_begin(struct eval *ev, uint32_t memo, uint64_t cell, const struct node *n);
/* Keeps the outcome and gives it back; *out stays what it was. */
MUST_CHECK enum known eval_finish(struct eval *ev, uint32_t memo, uint64_t cell, enum type_kind kind, struct value *out,
                                  enum known known);
/* What is being computed may change when that day comes, by the clock alone. Called wherever a value depends on today. */
void eval_wakes(struct eval *ev, int32_t day);

/* ---- track.c: who needs what, in a session ---- */
static inline uintptr_t track_slot(const struct slot *slot)
{
    return (uintptr_t) slot;
}
static inline uintptr_t track_instance(const struct instance *instance)
{
    return (uintptr_t) instance | 1;
}
/* Whoever computes now needs that of which these are the readers. Without memory ev->rc is set. */
void track_read(struct eval *ev, uint32_t *readers);
/* Whoever computes now needs to know of the result at a metric's key. */
void track_read_result(struct eval *ev, struct slot *slot);
/* The slot was filled on the way to another, which is being computed: when that one is to be computed again, so is this. */
void track_beside(struct eval *ev, struct slot *slot);
/* Whoever computes now is to be computed again on that day. */
void track_wake(struct eval *ev, int32_t day);

/* ---- eval_set.c ---- */
/* D3: is the set of `of`, by `until`, complete? KNOWN, or UNKNOWN as long as it is not. fixed: as eval_indexes gave them. */
MUST_CHECK enum known eval_set_closed(struct eval *ev, const struct node *n, const uint32_t *fixed);
/* A pending result whose key names members that are none: keeps it for the sets that wait for it. false: ev->rc is set. */
MUST_CHECK bool eval_set_undecided(struct eval *ev, const struct engine_fact *fact);

/* ---- keys.c: the keys that an aggregate over open dimensions goes through (K2) ---- */
struct keys {
    const struct node *n;
    const uint64_t *cells; /* by the walk's shape */
    size_t at, count;
    uint32_t before[DIMENSIONS_MAX]; /* by place in `over`: what was bound */
};
/* Those at which `of` has a result, final or not yet, at the members that are bound and at the fixed ones (eval_indexes). In a session
 * whoever computes now is computed again when one comes or goes. false: ev->rc is set. */
MUST_CHECK bool keys_begin(struct eval *ev, const struct node *n, const uint32_t *fixed, struct keys *keys);
/* Binds the members of the next one, in the order of D2. false: there are no more. */
bool keys_next(struct eval *ev, struct keys *keys);
/* Binds again what was bound before. */
void keys_end(struct eval *ev, const struct keys *keys);
/* In a session: the metric has a key more or less at that cell of its shape. false: ev->rc is set. */
MUST_CHECK bool keys_change(struct eval *ev, uint32_t metric, uint64_t cell, bool is_there);

/* ---- eval_expr.c ---- */
MUST_CHECK enum known eval_node(struct eval *ev, const struct node *n, struct value *out);
/* Sets the cause with the place in the text; always FAULTY (or BROKEN without memory). */
enum known eval_fault(struct eval *ev, const struct node *n, const char *fmt, ...) PRINTF_LIKE(3, 4);
enum known eval_unknown(struct eval *ev, struct slice cause);
/* The same for a dispute, or for a fault elsewhere: no default of another contract may hold (U6). */
enum known eval_blocked(struct eval *ev, struct slice cause);
/* A number as text, for faults. */
struct slice eval_number_text(struct eval *ev, mpq_srcptr q);
MUST_CHECK enum known eval_checked(struct eval *ev, const struct node *n, mpq_srcptr q, struct value *out);

/* ---- eval_date.c, eval_rows.c, eval_ref.c, eval_aggregate.c: kinds of nodes; numbers go into dest ---- */
MUST_CHECK enum known eval_move(struct eval *ev, const struct node *n, struct value *out);
MUST_CHECK enum known eval_between_days(struct eval *ev, const struct node *n, mpq_ptr dest, struct value *out);
MUST_CHECK enum known eval_step(struct eval *ev, const struct node *n, struct value *out);
MUST_CHECK enum known eval_linear(struct eval *ev, const struct node *n, mpq_ptr dest, struct value *out);
MUST_CHECK enum known eval_bands(struct eval *ev, const struct node *n, mpq_ptr dest, struct value *out);
MUST_CHECK enum known eval_ref(struct eval *ev, const struct node *n, struct value *out);
MUST_CHECK enum known eval_aggregate(struct eval *ev, const struct node *n, struct value *out);
MUST_CHECK enum known eval_portion(struct eval *ev, const struct node *n, mpq_ptr dest, struct value *out);
/* D2: is there a final value of `of` at the bound members? KNOWN with *is_found, or UNKNOWN while it is disputed. */
MUST_CHECK enum known eval_is_member(struct eval *ev, const struct node *n, const uint32_t *fixed, bool *is_found);
/* ---- eval_aggregate.c, eval_partial.c ---- */
struct total {
    mpq_ptr sum;       /* of sum and mean */
    struct value kept; /* of min, max, first, last */
    mpq_ptr kept_number;
    size_t best;               /* place on the stack of the largest so far, falling, of best */
    unsigned long count, hits; /* members taken; those for which a share holds */
};
/* One combination of members, which is bound. */
MUST_CHECK enum known total_take(struct eval *ev, const struct node *n, const uint32_t *fixed, struct total *total);
bool total_is_better(const struct node *n, const struct value *v, const struct total *total);
/* In a session: all members, by parts that are kept. false: it has none, or they cannot tell, and all are to be walked. */
bool partial_take_all(struct eval *ev, const struct node *n, const uint32_t *fixed, struct total *total, enum known *known);
MUST_CHECK enum known eval_prior(struct eval *ev, const struct node *n, struct value *out);
/* Evaluates the indexes into members[] by dimension. */
MUST_CHECK enum known eval_indexes(struct eval *ev, const struct node *n, const struct node_index *list, uint32_t *members);
/* Always UNKNOWN (or BROKEN): what is found at that key is disputed, here or where it comes from. */
enum known eval_disputed(struct eval *ev, const struct metric *m, uint64_t cell, const struct engine_fact *fact);
/* "reoffences(c2, programme)" */
struct slice eval_name(struct eval *ev, struct slice name, const struct shape *shape, uint64_t cell);

/* ---- members.c ---- */
/* Sets ev->dimensions. false: ev->rc is set. */
MUST_CHECK bool members_find(struct eval *ev);
/* Who holds a place in a full dimension by what stands alone (others' results came before its own, or it has none), and is left with
 * nothing standing? Added to *vacated, in the arena, with *is_again: the input is to be evaluated once more, for others now have these
 * places. false: ev->rc is set. */
MUST_CHECK bool members_vacate(struct eval *ev, struct arena *arena, const struct vacated **vacated, bool *is_again);
/* Has one of these members (by dimension) of the shape's dimensions given up its place? It is none from now on: what stood is taken
 * back, and no result of it counts. */
bool members_have_gone(const struct eval *ev, const struct shape *shape, const uint32_t *members);
bool members_of_cell_have_gone(const struct eval *ev, const struct shape *shape, uint64_t cell);
/* Is it a key of that shape but for members of open dimensions that are none (S7)? */
bool members_are_strangers(const struct eval *ev, const struct shape *shape, struct slice key);

/* ---- instance.c, caps.c, evaluate.c ---- */
MUST_CHECK bool instances_make(struct eval *ev);
struct cells { /* in scratch memory */
    uint64_t *items;
    size_t count, cap;
};
/* The instances of a rule with `of` that one key of M gives: with it all combinations of the dimensions that M lacks. */
MUST_CHECK bool instance_cells(struct eval *ev, uint32_t rule, uint64_t fact_cell, struct cells *cells);
/* All combinations of members of a rule without `of`, or those with that member (dimension is not TERMS_NONE). */
MUST_CHECK bool instance_cells_of_member(struct eval *ev, uint32_t rule, uint32_t dimension, uint32_t member,
                                         struct cells *cells);
struct instance *instance_find(struct eval *ev, uint32_t rule, uint64_t cell);
/* The instance's day by this text (V2). KNOWN with DAY_NEVER: its key is not found, and it never had a day. */
enum known instance_text_day(struct eval *ev, const struct instance *instance, int32_t *day);
/* By this text alone, whatever it has come to before. false: ev->rc is set. */
MUST_CHECK bool instance_amount_here(struct eval *ev, struct instance *instance);
/* The amount by A1, before caps. false: ev->rc is set. */
MUST_CHECK bool instance_amount(struct eval *ev, struct instance *instance);
/* The target, with all that it depends on. false: ev->rc is set. */
MUST_CHECK bool instance_target(struct eval *ev, struct instance *instance);
MUST_CHECK bool caps_apply(struct eval *ev, uint32_t group);
/* Its budget under the i-th cap of its rule; NULL: its day lies in no period, or ev->rc is set. */
struct budget *caps_budget(struct eval *ev, const struct instance *instance, uint32_t i);
/* C1: an amount that no budget is there for is a fault. */
MUST_CHECK bool caps_require_budgets(struct eval *ev, struct instance *instance);
/* C3: what it keeps becomes its target, and is taken out of its budgets. */
MUST_CHECK bool caps_keep(struct eval *ev, struct instance *instance);
/* Is there something that it lacks? */
bool caps_lacks(const struct instance *instance);
/* C4: what it still lacks, or the least room of its budgets if that is smaller. */
MUST_CHECK bool caps_give(struct eval *ev, struct instance *instance);
/* How two instances without a place in the order of first amounts are ordered (C4). */
int instance_order(const struct instance *a, const struct instance *b);
/* An evaluation that can be asked how its amounts came about (explain.c). */
struct engine_kept {
    struct eval *ev;
    struct arena *aloud; /* of one explanation; made for the first */
};

/* All of it; what engine_evaluate does before it writes its answer down. */
MUST_CHECK bool evaluate_all(struct eval *ev);
/* C4: places for those that have an amount above zero for the first time. */
MUST_CHECK bool evaluate_first(struct eval *ev, uint64_t *next);
struct answer_writer { /* texts that many instances have are written once */
    struct arena *arena;
    struct slice **keys; /* by dimension: members that are keys by themselves; NULL: each key is written */
    struct slice zero;   /* "0.00" */
    uint32_t zero_places;
};
/* One instance's answer, in the writer's arena. */
MUST_CHECK enum tally_code evaluate_write(struct eval *ev, const struct instance *instance, struct answer_writer *w,
                                          struct engine_instance *out, struct err *err);
/* All of them, by place of the rule in the text, then key. */
MUST_CHECK enum tally_code evaluate_answer(struct eval *ev, struct arena *arena, struct engine_output **out,
                                           struct err *err);
/* Takes the input and makes the instances; ev has its arenas. false: ev->rc is set. */
MUST_CHECK bool evaluate_load(struct eval *ev, const struct engine_input *input, struct err *err);
/* ---- session*.c: what is asked of a session on the way ---- */
/* After members_find: room for more names, and those that are no members. false: ev->rc is set. */
MUST_CHECK bool session_names(struct eval *ev);
/* The instance at a key, made as one that is absent if there is none; NULL: ev->rc is set. */
MUST_CHECK struct instance *session_instance(struct eval *ev, uint32_t rule, uint64_t cell);
/* Are all its members of open dimensions members now (I1, S7)? If not it is absent, unless something stands. */
bool session_has_members(struct eval *ev, struct instance *instance);
/* Computes the group's instances of which something has changed, and shares its budgets out. */
MUST_CHECK bool session_group(struct eval *ev, uint32_t group);
/* The same text, kept as long as the session; ptr NULL: ev->rc is set. */
MUST_CHECK struct slice session_text(struct eval *ev, struct slice text);

/* What all texts together have asked of the clock, and how much they have computed. */
void evaluate_count(const struct eval *ev, struct engine_output *out);
MUST_CHECK enum tally_code evaluate_begin(struct eval *ev, const struct engine_input *input, struct err *err);
void evaluate_end(struct eval *ev);

/* ---- texts.c: several texts of one contract ---- */
/* Makes the evaluations of the earlier texts and takes over what of the input is the newest one's. false: ev->rc is set. */
MUST_CHECK bool texts_begin(struct eval *master, const struct engine_input *input);
void texts_end(struct eval *master);
/* Do the instances of this rule stand in this evaluation (is it the newest text that has the rule)? */
bool texts_owns(const struct eval *ev, uint32_t rule);
/* The rule's place among those of all texts. */
uint32_t texts_place(const struct eval *ev, uint32_t rule);
/* The instance at that cell where it stands; NULL: there is none. */
struct instance *texts_instance(struct eval *ev, uint32_t rule, uint64_t cell, struct eval **owner);
/* The same instance by another text; NULL: that text has no such rule or no such instance. */
struct instance *texts_same(struct eval *ev, uint32_t rule, uint64_t cell, struct eval *other);
/* Calls add for the cell of each instance that earlier texts have. false: it answered so, or ev->rc is set. */
MUST_CHECK bool texts_each_cell(struct eval *ev, uint32_t rule, bool (*add)(struct eval *ev, uint64_t cell, void *with),
                                void *with);
/* V2. true: an earlier text has computed the amount, and the instance has taken it over. false with KNOWN: this text is to compute
 * it; with anything else: nobody does. */
bool texts_amount(struct eval *ev, struct instance *instance, enum known *known);

/* ---- values.c ---- */
/* The figures that input->wants asks for, at every key. In a session those that nothing has changed are read from what it keeps. */
MUST_CHECK enum tally_code values_write(struct eval *ev, struct arena *arena, struct engine_output *out, struct err *err);

/* ---- trace.c ---- */
void trace_value(struct eval *ev, struct span span, struct slice text, const struct type *type, const struct value *value);
void trace_result(struct eval *ev, const struct node *n, struct slice name, const struct engine_fact *fact);
/* By which the members of open dimensions come (S7). */
static inline uint64_t fact_order(const struct engine_fact *fact)
{
    return fact->became_final == 0 ? fact->seq : fact->became_final;
}

/* The text of a node as written, on one line and without comments. */
struct slice trace_text(struct eval *ev, struct span span);
void trace_node(struct eval *ev, const struct node *n, const struct value *value);
/* Is it to be computed aloud here? false: it has been told, or the trace is as long as it may be. */
bool trace_enters(struct eval *ev, uint32_t memo, uint64_t cell);
/* Aloud where it has to be told, otherwise what was kept of it (or is, now). */
MUST_CHECK enum known trace_once(struct eval *ev, uint32_t memo, uint64_t cell, const struct node *n, struct value *out,
                                 enum known (*aloud)(struct eval *ev, const struct node *n, uint64_t cell,
                                                     struct value *out),
                                 enum known (*kept)(struct eval *ev, const struct node *n, struct value *out));
/* Are the aggregate's members told one by one? Never decided by what has been reported, nor by the way in which it is evaluated. */
bool trace_lists(const struct eval *ev, const struct node *n);
/* Keeps how many members it took, where they are not listed. false: ev->rc is set. */
MUST_CHECK bool trace_keep_count(struct eval *ev, const struct node *n, uint64_t count);
/* Computes in silence until it is resumed. */
struct trace *trace_pause(struct eval *ev);
void trace_resume(struct eval *ev, struct trace *trace);

#endif
