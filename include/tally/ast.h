/* The syntax tree of a text in the terms language (language.md section 6): what the parser makes, the formatter prints and
 * the checker reads. Everything lies in the arena that the parser was given; nothing is changed after parsing.
 * Names are slices into the text. Lists are linked in the order of the text. */
#ifndef TALLY_AST_H
#define TALLY_AST_H

#include <stdbool.h>
#include <stdint.h>

#include "tally/arena.h"
#include "tally/diag.h"
#include "tally/err.h"
#include "tally/slice.h"

struct ast_name {
    struct slice text;
    struct span span;
};

struct ast_names {
    struct ast_name *items;
    uint32_t count;
};

/* A decimal as written: digits without underscores, "4800000", "15.12". */
struct ast_number {
    struct slice digits; /* [0-9]+(\.[0-9]+)?, in the arena */
    struct span span;
};

enum ast_round_mode { AST_HALF_EVEN, AST_HALF_UP, AST_UP, AST_DOWN };

/* ---- expressions ---- */
enum ast_kind {
    AST_NUMBER, /* [code] number ; number "%" ; number name ; number name days: see amount */
    AST_DATE,   /* day; DAY_NEVER for `never` */
    AST_BOOL,
    AST_RATE,   /* [code] number "per" unit "of" a */
    AST_DATEOF, /* start/end/number of name|contract */
    AST_REF,    /* name [ indexes ] : metric, table, define, rule, dimension, member, party */
    AST_UNARY,  /* - not */
    AST_BINARY, /* + - * / ^ = <> < <= > >= and or */
    AST_IN,     /* a in (names) */
    AST_MOVE,   /* a after|before b */
    AST_IF,     /* if a then b else c */
    AST_CALL,   /* min max abs clamp round years days fraction submitted */
    AST_STEP,
    AST_LINEAR,
    AST_BANDS,
    AST_AGGREGATE, /* sum mean min max first last share count best portion ... over ... */
    AST_PRIOR      /* prior(D, a, b) */
};

enum ast_op {
    AST_OP_NEGATE,
    AST_OP_NOT,
    AST_OP_ADD,
    AST_OP_SUBTRACT,
    AST_OP_MULTIPLY,
    AST_OP_DIVIDE,
    AST_OP_POWER,
    AST_OP_EQUAL,
    AST_OP_DIFFERS,
    AST_OP_LESS,
    AST_OP_AT_MOST,
    AST_OP_ABOVE,
    AST_OP_AT_LEAST,
    AST_OP_AND,
    AST_OP_OR
};

/* What follows a number. */
enum ast_amount_form {
    AST_AMOUNT_PLAIN,   /* 5, GBP 5 (code set) */
    AST_AMOUNT_PERCENT, /* 8.5% */
    AST_AMOUNT_UNIT,    /* 365 days: name is the unit (or `points`) */
    AST_AMOUNT_CALENDAR /* 15 working days: name is the calendar */
};

enum ast_dateof { AST_START_OF, AST_END_OF, AST_NUMBER_OF };
enum ast_function {
    AST_FN_MIN,
    AST_FN_MAX,
    AST_FN_ABS,
    AST_FN_CLAMP,
    AST_FN_ROUND,
    AST_FN_YEARS,
    AST_FN_DAYS,
    AST_FN_FRACTION,
    AST_FN_SUBMITTED
};
enum ast_daycount { AST_ACTUAL_365, AST_ACTUAL_360, AST_THIRTY_E_360, AST_ACTUAL_ACTUAL };
enum ast_aggregate {
    AST_AGG_SUM,
    AST_AGG_MEAN,
    AST_AGG_MIN,
    AST_AGG_MAX,
    AST_AGG_FIRST,
    AST_AGG_LAST,
    AST_AGG_SHARE,
    AST_AGG_COUNT,
    AST_AGG_BEST,
    AST_AGG_PORTION
};
enum ast_bound { AST_BOUND_AT_LEAST, AST_BOUND_ABOVE, AST_BOUND_AT_MOST, AST_BOUND_BELOW };

struct ast_expr;

/* Inside [name: index] and in table keys and `where`: a member by name, number or first day, or (expr). */
enum ast_key_kind { AST_KEY_NAME, AST_KEY_NUMBER, AST_KEY_DATE, AST_KEY_EXPR };
struct ast_key {
    enum ast_key_kind kind;
    struct slice name;
    int64_t number;
    int32_t day;
    struct ast_expr *expr;
    struct span span;
};

struct ast_index {
    struct ast_name dimension;
    struct ast_key key;
    struct ast_index *next;
};

struct ast_ref {
    struct ast_name name;
    struct ast_index *indexes;
};

struct ast_row {            /* of step, linear, bands */
    enum ast_bound bound;   /* step */
    struct ast_expr *at;    /* the bound, a sum */
    struct ast_expr *value; /* step: any expression; linear: a sum; bands: an AST_RATE whose `a` is NULL */
    struct span span;
    struct ast_row *next;
};

struct ast_over {
    struct ast_name dimension;
    bool so_far;
    uint32_t last; /* `last N of D`, or 0 */
    struct ast_over *next;
};

struct ast_expr {
    enum ast_kind kind;
    struct span span;
    uint32_t id;     /* 0, 1, 2, ... in the order of parsing: side tables of the checker are arrays by id */
    uint32_t height; /* 1 for a leaf, at most AST_DEPTH_MAX: the stack that a walk needs */
    enum ast_op op;
    struct ast_expr *a, *b, *c;
    union {
        struct {
            struct ast_number number;
            enum ast_amount_form form;
            struct ast_name code; /* currency, or empty */
            struct ast_name name; /* unit, or calendar */
        } amount;
        int32_t day;
        bool truth;
        struct {
            struct ast_number number;
            struct ast_name code;
            struct ast_name unit; /* per this unit (or `point`) */
        } rate;
        struct {
            enum ast_dateof what;
            struct ast_name name; /* empty: of contract */
        } dateof;
        struct ast_ref ref; /* AST_REF; AST_CALL submitted */
        struct ast_names in;
        bool is_before; /* AST_MOVE */
        struct {
            enum ast_function function;
            struct ast_expr **args; /* all but names and modes */
            uint32_t arg_count;
            enum ast_round_mode mode;
            enum ast_daycount daycount;
            struct ast_name calendar; /* days(a, b, CAL) */
            struct ast_ref ref;       /* submitted(ref) */
        } call;
        struct {
            struct ast_row *rows; /* a is the x; c the otherwise of a step */
            uint32_t row_count;
            bool is_extended; /* linear */
        } rows;
        struct {
            enum ast_aggregate what; /* a: the expression (pot for portion), b: the weight of portion, c: where */
            uint32_t k;              /* best */
            struct ast_over *over;
            bool has_of;
            struct ast_ref of;
        } aggregate;
        struct ast_name prior; /* the dimension; a: E, b: S */
    } u;
};

/* ---- declarations ---- */
enum ast_role {
    AST_OUTCOME_PAYER,
    AST_INVESTOR,
    AST_GUARANTOR,
    AST_INTERMEDIARY,
    AST_BACKBONE,
    AST_PROVIDER,
    AST_EVALUATOR,
    AST_AUDITOR
};

struct ast_signer { /* name | K of (names) | P/Q of name */
    enum { AST_SIGNER_ONE, AST_SIGNER_COUNT, AST_SIGNER_SHARE } kind;
    uint32_t of, in; /* K, or P and Q */
    struct ast_names names;
    struct ast_signer *next;
};

struct
    ast_kindname { /* kind = number | true or false | unit [per unit] ; percent, points, date, a list dimension are names */
    bool is_number, is_truth;
    struct ast_name unit, per;
    struct span span;
};

enum ast_literal_kind { AST_LITERAL_NUMBER, AST_LITERAL_PERCENT, AST_LITERAL_DATE, AST_LITERAL_BOOL, AST_LITERAL_NAME };
struct ast_literal {
    enum ast_literal_kind kind;
    bool is_negative;
    struct ast_number number;
    int32_t day;
    bool truth;
    struct slice name;
    struct span span;
};

struct ast_member {
    struct ast_name name;
    struct slice label; /* may be empty */
    struct ast_member *next;
};

struct ast_spans { /* days from .. to, both included */
    int32_t from, to;
    struct span span;
    struct ast_spans *next;
};

struct ast_table_row {
    struct ast_key *keys;
    uint32_t key_count;
    struct ast_literal value;
    struct span span;
    struct ast_table_row *next;
};

struct ast_where {
    struct ast_name dimension;
    struct ast_key key;
    struct ast_where *next;
};

enum ast_decl_kind {
    AST_PARTY,
    AST_PARTIES,
    AST_IN_FORCE,
    AST_AMENDED,
    AST_DISPUTES,
    AST_USES,
    AST_UNIT,
    AST_CALENDAR,
    AST_DIMENSION,
    AST_PERIOD,
    AST_TABLE,
    AST_METRIC,
    AST_DEFINE,
    AST_PAY,
    AST_CAP
};
enum ast_dimension_kind { AST_DIM_LIST, AST_DIM_RANGE, AST_DIM_PERSONS, AST_DIM_OPEN };
enum ast_source_kind { AST_SOURCE_INDICATOR, AST_SOURCE_TEXT, AST_SOURCE_USED, AST_SOURCE_SETTLEMENTS };
enum ast_calunit { AST_DAYS, AST_WEEKS, AST_MONTHS, AST_YEARS };

struct ast_decl {
    enum ast_decl_kind kind;
    struct ast_name name; /* empty for in force, amended, disputes, cap */
    struct span span;     /* of its first word to its last */
    struct ast_decl *next;
    union {
        struct {
            enum ast_role role;
            struct slice label;
            uint32_t at_most;   /* parties */
            int32_t join_until; /* parties; DAY_NEVER when absent */
        } party;
        struct ast_signer *signers;
        struct {
            struct ast_name by;
            uint32_t within_days;
            bool otherwise_falls;
        } disputes;
        struct {
            struct slice hash;
            bool as_amended;
        } uses;
        struct ast_name unit_plural; /* name is the singular */
        struct {
            uint8_t first_weekday, last_weekday; /* 0 Monday */
            struct ast_spans *except;
        } calendar;
        struct {
            enum ast_dimension_kind kind;
            struct ast_member *members;
            int64_t from, to;
            uint32_t at_most;
        } dimension;
        struct {
            bool is_every; /* otherwise the spans are listed */
            uint32_t count;
            enum ast_calunit unit;
            int32_t from, to;
            struct ast_spans *spans;
        } period;
        struct {
            struct ast_kindname of;
            struct ast_names by;
            struct ast_table_row *rows;
            bool has_otherwise;
            struct ast_literal otherwise;
        } table;
        struct {
            enum ast_source_kind source;
            struct slice slug; /* indicator, with version */
            uint32_t version;
            struct slice text;    /* AST_SOURCE_TEXT, without the quotes */
            struct ast_name of;   /* NAME of CONTRACT: NAME; settlements of RULE: RULE */
            struct ast_name used; /* CONTRACT */
            struct ast_where *where;
            struct ast_kindname in;
            struct ast_expr *between_low, *between_high; /* both or none */
            struct ast_names by;
            struct ast_name reported_by, or_by; /* may be empty */
            struct ast_expr *until;
            struct ast_names verifiers; /* empty: final when submitted */
            uint32_t quorum;            /* K of (...), or 0: all */
            bool has_silence;
            uint32_t silence_days;
            uint32_t final_days; /* final N days later, or 0 */
            bool has_dispute_days;
            uint32_t dispute_days;
            struct ast_expr *missing; /* if missing use */
            struct ast_expr *late;    /* if late use */
        } metric;
        struct {
            bool has_kind;
            struct ast_kindname in;
            struct ast_expr *value;
        } define;
        struct {
            struct ast_name payer, payee;
            struct ast_names each;
            bool has_of;
            struct ast_ref of;
            struct ast_expr *dated, *when, *amount, *not_before;
            bool either_way, never_back, has_due;
            uint32_t due;
            struct ast_name due_calendar; /* may be empty */
            bool due_in_months;
        } pay;
        struct {
            struct ast_name table; /* or empty: the constant */
            struct ast_name code;
            struct ast_number number;
            struct ast_names per, on;
        } cap;
    } u;
};

struct ast_currency {
    struct ast_name code;
    struct ast_number smallest; /* rounded to */
    enum ast_round_mode mode;
    struct ast_currency *next;
};

struct ast_layout; /* the tokens and where lines may break: of parser and formatter alone */

struct ast_text {
    const struct ast_layout *layout;
    struct slice source; /* the whole text, borrowed */
    struct slice slug;
    struct span slug_span;
    struct slice title;
    bool is_amendment;
    uint32_t version;    /* 1 without */
    struct slice amends; /* 64 hex */
    int32_t effective;
    struct ast_currency *currencies; /* at least one */
    int clock_minutes;               /* offset from UTC */
    int32_t runs_from, runs_to;
    bool has_closes;
    int32_t closes;
    struct ast_decl *declarations;
    uint32_t declaration_count, expr_count;
};

#define AST_TEXT_MAX 262144u /* bytes, 256 KiB: the longest contract tried has 4 KiB; a reader must get through it */
#define AST_DECLARATIONS_MAX 4096
#define AST_DEPTH_MAX                                                                                                      \
    64 /* nesting of expressions, brackets and the height of their trees: bounds the stack of every walk */
#define AST_EXPRS_MAX                                                                                                      \
    32768 /* parts of expressions in a text: bounds its memory; the longest contract tried has under 200 */
#define AST_DIGITS_MAX 1000       /* digits of a number: whatever stands in it is below the 4,096 bits of an exact number */
#define AST_ARENA_MAX (40u << 20) /* bytes of an arena that every text within these limits can be parsed in */

/* Parses. With errors *out may still be a tree of what could be read (declarations with an error are left out of it), or
 * NULL, good only for further diagnostics; check diags->errors. A return other than TALLY_OK is ours (memory). source must outlive the tree. */
MUST_CHECK enum tally_code ast_parse(struct slice source, struct arena *arena, struct diags *diags, struct ast_text **out,
                                     struct err *err);

/* The one canonical layout, comments kept. The text parsed without errors. fmt(fmt(x)) = fmt(x), and the tree is the same. */
MUST_CHECK enum tally_code ast_format(const struct ast_text *text, struct buf *out, struct err *err);

/* The nearest of the candidates to a misspelt name, or an empty slice: for "did you mean". */
struct slice ast_nearest(struct slice name, const struct slice *candidates, size_t count);

#endif
