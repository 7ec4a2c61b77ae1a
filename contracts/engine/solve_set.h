/* Sets of equations: what the files of solve_*.c share. Formulas are kept as operations in the order of their computing (operands
 * first), so that neither ordering nor computing ever calls itself. */
#ifndef TALLY_ENGINE_SOLVE_SET_H
#define TALLY_ENGINE_SOLVE_SET_H

#include <gmp.h>

#include "tally/solve.h"

#define SOLVE_NONE UINT32_MAX

enum solve_code {
    SOLVE_OP_NUMBER, /* arg: place in constants */
    SOLVE_OP_TRUTH,  /* arg: 0 or 1 */
    SOLVE_OP_REF,    /* arg: equation */
    SOLVE_OP_NEGATE,
    SOLVE_OP_NOT,
    SOLVE_OP_ADD,
    SOLVE_OP_SUBTRACT,
    SOLVE_OP_MULTIPLY,
    SOLVE_OP_DIVIDE,
    SOLVE_OP_POWER,
    SOLVE_OP_EQ,
    SOLVE_OP_NE,
    SOLVE_OP_LT,
    SOLVE_OP_LE,
    SOLVE_OP_GT,
    SOLVE_OP_GE,
    SOLVE_OP_AND,      /* arg: the operation to go to when the left side decides */
    SOLVE_OP_OR,       /* the same */
    SOLVE_OP_IS_TRUTH, /* the right side of and, or */
    SOLVE_OP_UNLESS,   /* arg: the operation to go to when the condition does not hold */
    SOLVE_OP_GOTO,     /* arg: the operation to go to */
    SOLVE_OP_CALL      /* arg: how many operands */
};

enum solve_function {
    SOLVE_F_ABS,
    SOLVE_F_ACCESS,
    SOLVE_F_ARRAY,
    SOLVE_F_AVG,
    SOLVE_F_IF,
    SOLVE_F_MAX,
    SOLVE_F_MIN,
    SOLVE_F_ROUND,
    SOLVE_F_SAFE_DIV,
    SOLVE_F_SUM
};

struct solve_op {
    uint32_t at;  /* byte of the formula */
    uint32_t arg; /* places of operations count from the equation's first */
    uint8_t code, function;
};

/* Numbers, initialised up to `ready`; they move when it grows. */
struct solve_pool {
    mpq_t *items;
    uint32_t count, ready, cap;
};
/* One more; its value is anything. Over SOLVE_VALUES_MAX: TALLY_E_LIMIT. */
MUST_CHECK enum tally_code solve_pool_push(struct solve_pool *pool, struct err *err);
void solve_pool_release(struct solve_pool *pool);

struct solve_row {
    struct slice name, formula;
    uint64_t hash;
    uint32_t op_first, op_count;
    uint32_t value_first, value_count; /* in values */
    enum solve_kind kind;
    bool is_bad, is_solved;
};

struct solve {
    struct arena *arena;
    struct solve_row *rows;
    uint32_t count;
    uint32_t *slots; /* row + 1, 0: free; by hash */
    uint32_t slot_count;
    struct solve_op *ops;
    uint32_t op_count, op_cap;
    struct solve_pool constants, values;
    struct solve_error *errors;
    uint32_t error_count;
};

/* ---- solve.c ---- */
/* Room for `needed` items of `size` bytes. */
MUST_CHECK enum tally_code solve_grow(void **items, uint32_t *cap, uint32_t needed, size_t size, struct err *err);
/* Marks the row as bad and remembers why. at, length: bytes of the formula. hint may be empty. TALLY_E_MALFORMED, always. */
enum tally_code solve_problem(struct solve *set, uint32_t row, size_t at, size_t length, struct slice hint,
                              struct slice message);
enum tally_code solve_problemf(struct solve *set, uint32_t row, size_t at, size_t length, struct slice hint,
                               const char *fmt, ...) PRINTF_LIKE(6, 7);

/* ---- solve_name.c ---- */
bool solve_word_is(struct slice a, struct slice b); /* equal in any case of ASCII letters */
bool solve_name_is_good(struct slice name);
/* Puts all rows into the table. A name that comes twice, or that no formula could say, is a problem of its row. */
MUST_CHECK enum tally_code solve_names(struct solve *set, struct err *err);
uint32_t solve_find(const struct solve *set, struct slice name); /* SOLVE_NONE: there is none */
/* "did you mean `x`?", or an empty slice. */
struct slice solve_hint(struct solve *set, struct slice name);

/* ---- solve_parse.c, solve_call.c ---- */
/* Reads the formula of a row. TALLY_E_MALFORMED: a problem of the row. */
MUST_CHECK enum tally_code solve_parse(struct solve *set, uint32_t row, struct err *err);
struct solve_signature {
    const char *name;
    enum solve_function function;
    uint32_t least, most; /* operands; most 0: any number */
};
const struct solve_signature *solve_signature_of(struct slice name); /* NULL: no such function */
struct slice solve_signature_hint(struct solve *set, struct slice name);

/* ---- solve_order.c ---- */
/* All rows, each behind those that it names; each circle is a problem. out has set->count places. */
MUST_CHECK enum tally_code solve_order(struct solve *set, uint32_t *out, struct err *err);

/* ---- solve_eval.c, solve_call.c ---- */
struct solve_operand {
    enum solve_kind kind;
    uint32_t first; /* item on the stack; its items end where the next operand's begin */
};
struct solve_machine {
    struct solve *set;
    uint32_t row;
    const struct solve_op *op; /* that is computed */
    struct solve_pool stack;
    struct solve_operand *operands;
    uint32_t operand_count, operand_cap;
    uint32_t steps;
    mpq_t work;
};
MUST_CHECK enum tally_code solve_eval_all(struct solve *set, const uint32_t *order, struct err *err);
/* A problem of the row at the operation. */
enum tally_code solve_fault(struct solve_machine *m, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* SOLVE_OP_CALL: replaces its operands by its value. TALLY_E_MALFORMED: a problem of the row. */
MUST_CHECK enum tally_code solve_call(struct solve_machine *m);

#endif
