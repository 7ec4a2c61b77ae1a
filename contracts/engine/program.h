/* A checked text in the form in which it is evaluated: every name resolved to a place, every expression typed. Private to the
 * engine; made by check_*.c, read by eval*.c, fit.c and explain.c, never changed once terms_compile has returned it. */
#ifndef TALLY_ENGINE_PROGRAM_H
#define TALLY_ENGINE_PROGRAM_H

#include <gmp.h>
#include <stdbool.h>
#include <stdint.h>

#include "cents.h"
#include "number.h"
#include "tally/engine.h"
#include "tally/exposure.h"
#include "tally/terms.h"
#include "unit.h"

#define DIMENSIONS_MAX 32      /* as many as a result may have; the richest contract tried has five */
#define BEST_MAX 100           /* of best(k, ...): the numbers of all that are evaluated inside one another fit the stack */
#define PLACES_MAX 12          /* of money: the ledger writes 12 digits behind the point */
#define MEMBERS_MAX 100000     /* of one closed dimension: two centuries of days, with room */
#define TABLE_CELLS_MAX 100000 /* a table is held with every cell filled in */
#define MONEY_MAX 999999999999999999u /* what one trigger can be: the ledger writes 18 digits before the point */
#define MEMBERS_ALL_MAX                                                                                                    \
    400000 /* of all closed dimensions together, TABLE_CELLS_ALL_MAX of all tables: half of what a text takes */
#define TABLE_CELLS_ALL_MAX 1000000
#define INSTANCES_MAX TERMS_INSTANCES_MAX /* K4 */
#define STEPS_MAX TERMS_STEPS_MAX         /* K4: for an evaluation from nothing */
#define FAN_OUT_MAX TERMS_FAN_OUT_MAX     /* K4: instances that one result can move */
#define NESTING_MAX 256 /* nodes inside one another, through what they name: a worker's stack has 512 KiB */
#define RULE_NESTING 2  /* how many nodes the way into another rule's amount counts for, by the stack that it takes */
#define PROGRAM_BYTES_MAX                                                                                                  \
    (128u << 20) /* of one compiled text: the tree takes 40 MiB at most, what is made of it less than twice that */

typedef uint64_t dimension_set; /* bit i: dimension i */

enum type_kind { TYPE_NUMBER, TYPE_DATE, TYPE_TRUTH, TYPE_WORD };
enum type_flavour { FLAVOUR_PLAIN, FLAVOUR_PERCENT, FLAVOUR_POINTS };

struct type {
    enum type_kind kind;
    enum type_flavour flavour; /* of a number without a unit */
    bool is_bare;              /* a number as written: becomes main currency beside money */
    bool is_zero;              /* fits every unit */
    uint32_t dimension;        /* of a word */
    struct unit unit;
};

/* What a figure varies by, and how its members make one number: the first dimension counts most. */
struct shape {
    uint32_t count;
    const uint32_t *dims;
    uint64_t cells;
};

/* Which field holds is known from the type. Numbers are borrowed: constants, memo, or the evaluation's stack. */
struct value {
    mpq_srcptr number;
    int32_t day;
    uint32_t word; /* a member, or 0/1 for false/true */
};

enum node_op {
    NODE_NUMBER,
    NODE_DAY,
    NODE_WORD,      /* constants; NODE_WORD of TYPE_TRUTH: true or false */
    NODE_DIMENSION, /* the bound member: a word, or the number of a range */
    NODE_ORDINAL,
    NODE_START,
    NODE_END,       /* number of, start of, end of a period */
    NODE_SUBMITTED, /* the day of a metric's result; it and those that follow have `ref` */
    NODE_METRIC,
    NODE_TABLE,
    NODE_DEFINE,
    NODE_RULE,
    NODE_NEGATE,
    NODE_NOT,
    NODE_ADD,
    NODE_SUBTRACT,
    NODE_MULTIPLY,
    NODE_DIVIDE,
    NODE_POWER,
    NODE_COMPARE,
    NODE_AND,
    NODE_OR,
    NODE_AMONG,
    NODE_IF,
    NODE_MOVE,
    NODE_DAYS_BETWEEN,
    NODE_MIN,
    NODE_MAX,
    NODE_ABS,
    NODE_CLAMP,
    NODE_ROUND,
    NODE_YEARS,
    NODE_FRACTION,
    NODE_CALENDAR_DAYS,
    NODE_RATE,
    NODE_STEP,
    NODE_LINEAR,
    NODE_BANDS, /* these three have rows */
    NODE_AGGREGATE,
    NODE_PORTION, /* b of it is the pot, a the weight */
    NODE_PRIOR
};

struct node;

struct node_index { /* [dimension: member or expr] */
    uint32_t dimension;
    uint32_t member;   /* when expr is NULL */
    struct node *expr; /* a word, a whole number of a range, or a date of a period */
    struct node_index *next;
};

struct node_row {
    enum ast_bound bound;
    struct node *at, *value;
    struct span span;
};

struct node_over {
    uint32_t dimension;
    bool is_up_to_bound; /* so far, last N of */
    uint32_t last;       /* 0: all of them */
};

struct node_list {
    struct node *node;
    struct node_list *next;
};

enum move_unit { MOVE_DAYS, MOVE_WEEKS, MOVE_MONTHS, MOVE_YEARS, MOVE_CALENDAR };

struct node {
    enum node_op op;
    struct type type;
    struct span span;
    dimension_set needs; /* dimensions that must be bound (D1); set by check_needs */
    uint32_t depth;      /* nodes evaluated inside one another, other declarations included */
    struct node *a, *b, *c;
    union {
        mpq_ptr number;
        int32_t day;
        uint32_t word;
        uint32_t dimension;
        struct {
            uint32_t target; /* metric, table, define or rule */
            struct node_index *indexes;
            dimension_set rebound; /* by the indexes */
        } ref;
        enum ast_op compare;
        struct {
            const uint32_t *words; /* rising */
            uint32_t count;
        } among;
        struct {
            enum move_unit unit;
            bool is_before;
            uint32_t calendar;
        } move;
        uint32_t calendar; /* days(d, e, CAL) */
        struct {
            struct node **args;
            uint32_t count;
        } list; /* min, max */
        enum ast_round_mode round;
        enum ast_daycount daycount;
        struct {
            mpq_ptr factor; /* money per unit; times 100 for a point */
        } rate;
        struct {
            struct node_row *rows;
            uint32_t count;
            bool is_upper, is_extended;
        } rows;
        struct {
            enum ast_aggregate what;
            uint32_t k;        /* best */
            uint32_t currency; /* portion */
            struct node_over *over;
            uint32_t over_count;
            dimension_set rebound; /* dimensions that it runs over */
            uint32_t memo;
            struct shape shape; /* of its memo: the dimensions that it needs */
            bool has_of;
            uint32_t of; /* metric */
            struct node_index *of_indexes;
            bool is_open; /* it runs over an open dimension of a metric whose set `until` closes (D3) */
            uint32_t open_memo;
            struct shape open_shape;     /* the metric's dimensions that it does not run over and that no index fixes */
            const struct key_walk *walk; /* is_open: how it goes through the metric's keys (K2) */
        } aggregate;
        struct {
            uint32_t dimension, memo;
            struct shape shape; /* of its memo: those that `a` needs, and the dimension */
        } prior;
    } u;
};

/* The place of the first of an `in (...)` that is not below the word. */
static inline uint32_t node_among_from(const struct node *n, uint32_t word)
{
    uint32_t low = 0, high = n->u.among.count;
    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        if (n->u.among.words[mid] < word)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static inline bool node_is_ref(const struct node *n)
{
    return n->op >= NODE_SUBMITTED && n->op <= NODE_RULE;
}

static inline bool node_has_rows(const struct node *n)
{
    return n->op >= NODE_STEP && n->op <= NODE_BANDS;
}

struct day_range {
    int32_t first, last;
};

struct dimension {
    struct terms_dimension shown;
    struct span span;
    int64_t from;                  /* the first number of a range */
    const struct day_range *spans; /* of a period's members */
    const struct slice *spellings; /* of members in the text: a period's by its first day */
    const uint32_t *by_bytes;      /* members in order of how results write them, to search in */
    uint32_t party;                /* that stands for its members, who are parties: its place, or TERMS_NONE */
    bool is_class;
};

struct exception {
    struct day_range days;
    int32_t before; /* days that earlier exceptions take out */
};

struct calendar {
    int first_weekday, last_weekday; /* 0 Monday; the last may lie before the first: round the end of the week */
    const struct exception *except;  /* rising, apart from one another */
    uint32_t except_count;
};

struct currency {
    struct slice code, smallest;
    mpq_ptr unit; /* the smallest amount */
    cents each;   /* the same, in cents */
    uint32_t places;
    enum ast_round_mode mode;
    uint16_t base; /* its base unit */
};

struct table {
    struct slice name;
    struct span span;
    struct type type;
    struct shape shape;
    dimension_set dims;
    const struct value *cells;
    bool is_used;
};

/* An order of a metric's keys in which those that an aggregate goes through lie together, as D2 has them (K2). Aggregates over the same
 * dimensions of one metric share it. */
struct key_walk {
    uint32_t number, metric;
    struct shape
        shape; /* the metric's dimensions: first those that are not run over, then the others as aggregates name them */
    uint32_t outer; /* so many are not run over: what they are bound to is a group of keys */
    struct key_walk *next;
};

struct metric {
    struct terms_metric shown;
    const struct ast_decl *decl;
    struct type type;
    struct shape shape;
    dimension_set dims;
    uint32_t depth; /* of `missing` */
    bool has_between;
    mpq_ptr low, high;         /* of numbers */
    int32_t low_day, high_day; /* of dates */
    struct slice between;      /* as written: "between 0 and 730" */
    struct node *missing;      /* if missing use, if late use */
    bool is_late;              /* it holds only when `until` has passed and nothing was submitted in time (M1) */
    struct node *until;        /* a day of the text alone; its value for each key is: */
    struct shape until_shape;
    const int32_t *until_days;
    struct node_list *sets; /* aggregates over open dimensions that `until` closes (D3) */
    struct key_walk *walks; /* ways in which these go through its keys */
    bool is_used;
};

enum define_state { DEFINE_UNSEEN, DEFINE_OPEN, DEFINE_DONE, DEFINE_WRONG };
struct define {
    struct slice name;
    const struct ast_decl *decl;
    enum define_state state;
    struct type type;
    struct node *value;
    dimension_set dims;
    struct shape shape;
    uint32_t depth;
    bool is_used;
};

struct rule {
    struct terms_rule shown;
    const struct ast_decl *decl;
    enum define_state state;
    uint32_t currency;
    dimension_set dims;
    struct shape shape;
    bool has_of;
    uint32_t of; /* metric */
    struct node_index *of_indexes;
    struct node *dated, *when, *amount, *not_before;
    bool is_either_way, is_never_back;
    uint32_t depth;
    bool is_assumed;       /* its currency was taken to be the main one while it was being checked */
    uint32_t due_calendar; /* of `due`, or TERMS_NONE */
    uint32_t group;        /* rules joined by caps; TERMS_NONE under no cap */
    uint32_t day_period;   /* its only period, or TERMS_NONE */
    const uint32_t *caps;
    uint32_t cap_count;
};

struct cap {
    struct span span;
    mpq_ptr money; /* the constant, or NULL: */
    uint32_t table;
    struct shape per;
    const uint32_t *rules;
    uint32_t rule_count;
    uint32_t currency;
};

struct signer {
    enum { SIGNER_ONE, SIGNER_COUNT, SIGNER_SHARE } kind;
    uint32_t needed, count;
    const uint32_t *parties;
    uint32_t party_class; /* SIGNER_SHARE: needed/count of it */
};

struct constant { /* so that GMP's memory can be given back */
    mpq_t number;
    struct constant *next;
};

enum symbol_kind {
    SYMBOL_NONE,
    SYMBOL_PARTY,
    SYMBOL_DIMENSION,
    SYMBOL_TABLE,
    SYMBOL_METRIC,
    SYMBOL_DEFINE,
    SYMBOL_RULE,
    SYMBOL_CALENDAR,
    SYMBOL_USE,
    SYMBOL_OTHER
};
struct symbol {
    struct slice name;
    enum symbol_kind kind;
    uint32_t at;
    struct span span;
};

struct symbols { /* open addressing, size a power of two */
    struct symbol *slots;
    uint32_t size;
};

struct terms {
    struct arena *arena;
    struct ast_text *ast;
    struct constant *constants;
    struct symbols symbols;
    struct unit_name *units;
    uint32_t unit_count;
    struct currency *currencies;
    uint32_t currency_count;
    struct terms_party *parties;
    uint32_t party_count, stand_in_count; /* behind the parties: those that stand for the members of a dimension */
    struct terms_class *classes;
    uint32_t class_count;
    struct terms_use *uses;
    uint32_t use_count;
    struct dimension *dimensions;
    uint32_t dimension_count;
    struct calendar *calendars;
    uint32_t calendar_count;
    struct table *tables;
    uint32_t table_count;
    struct metric *metrics;
    uint32_t metric_count;
    struct define *defines;
    uint32_t define_count;
    struct rule *rules;
    uint32_t rule_count;
    struct cap *caps;
    uint32_t cap_count;
    struct signer *signers; /* NULL: every party */
    uint32_t signer_count;
    struct signer *amenders; /* NULL: as signers */
    uint32_t amender_count;
    uint32_t walk_count;
    uint32_t memo_count;        /* metrics, then defines, then aggregates and priors */
    size_t number_bytes;        /* that GMP holds for the constants, about */
    uint64_t instances, steps;  /* K4 */
    uint64_t keys;              /* at which something may be remembered */
    uint64_t instances_at_once; /* that are there from the beginning: coming into force moves them all */
    uint64_t fan_out;           /* K4: instances that one result can move, at most */
};

/* ---- base units that every text has, in this order ---- */
enum { UNIT_DAY, UNIT_WEEK, UNIT_MONTH, UNIT_YEAR, UNIT_PERSON, UNIT_BUILTIN_COUNT };

/* ---- symbols.c ---- */
/* The symbol of that name, or NULL. */
const struct symbol *symbols_find(const struct symbols *symbols, struct slice name);
/* Takes room for count names. */
MUST_CHECK bool symbols_init(struct symbols *symbols, uint32_t count, struct arena *arena);
/* false: there is one of that name already; *earlier tells it. */
MUST_CHECK bool symbols_add(struct symbols *symbols, struct symbol symbol, const struct symbol **earlier);

/* ---- calendar.c ---- */
/* Counts the exceptions, which are the calendar's own. */
void calendar_prepare(const struct calendar *calendar, struct exception *except);
/* Days of the calendar after `from` up to and including `to`; below zero if `to` lies before. */
int32_t calendar_days(const struct calendar *calendar, int32_t from, int32_t to);
/* The count-th day of the calendar after `day` (before it, if count is below 0); DAY_NEVER outside the years 0001 to 9999. */
int32_t calendar_move(const struct calendar *calendar, int32_t day, int64_t count);

/* ---- eval_date.c: arithmetic of real days (N6) ---- */
#define DATE_MOVE_MAX 4000000 /* days and months beyond these leave the calendar from anywhere in it */
/* A day moved by `count` as a NODE_MOVE says. false: it leaves the years 0001 to 9999. */
MUST_CHECK bool date_move(const struct terms *t, const struct node *n, int64_t count, int32_t from, int32_t *out);
/* The value of a NODE_DAYS_BETWEEN, NODE_YEARS, NODE_FRACTION or NODE_CALENDAR_DAYS. */
void date_between(const struct terms *t, const struct node *n, int32_t a, int32_t b, mpq_ptr dest);

/* ---- dimension.c ---- */
/* The member as results write it; TERMS_NONE when there is none. */
uint32_t dimension_find(const struct dimension *dimension, struct slice member);
/* The member as the text writes it. */
uint32_t dimension_find_key(const struct dimension *dimension, const struct ast_key *key);
/* The member of a period in which a day lies; TERMS_NONE outside. */
uint32_t dimension_of_day(const struct dimension *dimension, int32_t day);
/* Makes the search index. */
MUST_CHECK bool dimension_index(struct dimension *dimension, struct arena *arena);
/* Is it 1 to 64 of A-Z a-z 0-9 . _ : -, and for persons at least 22, as only a pseudonym is? */
bool dimension_allows(const struct dimension *dimension, struct slice member);
static inline bool dimension_is_open(const struct dimension *dimension)
{
    return dimension->shown.kind == TERMS_OPEN || dimension->shown.kind == TERMS_PERSONS;
}
/* How many members there are; of an open one how many there may be. */
static inline uint32_t dimension_size(const struct dimension *dimension)
{
    return dimension_is_open(dimension) ? dimension->shown.at_most : dimension->shown.member_count;
}

/* A shape is read by dimensions: the text's, or an evaluation's, in which open ones have the members that results name. */
/* "pat|2016-01-01/2016-03-31" to a cell; false: not a key of that shape. */
MUST_CHECK bool shape_read(const struct dimension *dims, const struct shape *shape, struct slice key, uint64_t *cell);
/* The parts of a key, count of them. false: it has more or fewer. */
MUST_CHECK bool key_parts(struct slice key, uint32_t count, struct slice *parts);
/* The parts joined again; ptr NULL without memory. */
MUST_CHECK struct slice key_join(const struct slice *parts, uint32_t count, struct arena *arena);
/* The key as records and results write it (joined by "|"), or as the text does (joined by ", "). */
MUST_CHECK struct slice shape_key(const struct dimension *dims, const struct shape *shape, uint64_t cell,
                                  struct arena *arena);
MUST_CHECK struct slice shape_show(const struct dimension *dims, const struct shape *shape, uint64_t cell,
                                   struct arena *arena);
/* Has it open dimensions? */
static inline bool shape_is_open(const struct dimension *dims, const struct shape *shape)
{
    bool is_open = false;
    for (uint32_t i = 0; i < shape->count; i++)
        is_open = is_open || dimension_is_open(&dims[shape->dims[i]]);
    return is_open;
}
/* Members by dimension for a cell, and back; members[] is by dimension. */
void shape_bind(const struct dimension *dims, const struct shape *shape, uint64_t cell, uint32_t *members);
uint64_t shape_cell(const struct dimension *dims, const struct shape *shape, const uint32_t *members);

/* ---- value.c ---- */
enum value_problem { VALUE_FITS, VALUE_WRONG_TYPE, VALUE_OUTSIDE };
/* A result's text as a value of metric m (S1). number is initialised and holds the value of numbers. */
enum value_problem value_read(const struct terms *terms, const struct metric *m, struct slice text, mpq_ptr number,
                              struct value *out);
/* A fact as a value: a result's text, or of another contract's figure as engine_value writes it. */
enum value_problem value_read_fact(const struct terms *terms, const struct metric *m, struct slice text, mpq_ptr number,
                                   struct value *out);
/* Names the type: "USD per day", "percent", "a date", "a word of `arm`". Without memory "". */
struct slice type_text(const struct terms *terms, const struct type *type, struct arena *arena);

/* ---- until.c ---- */
/* The last day of submission at the bound members (by dimension) of a metric with `until`. */
int32_t metric_until(const struct dimension *dims, const struct metric *m, const uint32_t *members);

/* ---- values.c ---- */
const struct shape *figure_shape(const struct terms *terms, const struct engine_figure *figure);
struct type figure_type(const struct terms *terms, const struct engine_figure *figure);

/* ---- fit, accessors ---- */
static inline bool rule_is_open(const struct terms *terms, const struct rule *r)
{
    return shape_is_open(terms->dimensions, &r->shape);
}
static inline uint32_t rule_places(const struct terms *terms, uint32_t rule)
{
    return terms->currencies[terms->rules[rule].currency].places;
}
static inline const struct shape *metric_shape(const struct terms *terms, uint32_t m)
{
    return &terms->metrics[m].shape;
}

#endif
