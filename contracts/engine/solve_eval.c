/* Computes equations one after the other on a stack. An operand is a run of numbers: one, or an array's. */
#include <stdarg.h>
#include <stdio.h>

#include "number.h"
#include "solve_set.h"
#include "tally/mem.h"

#define MESSAGE_MAX 512 /* bytes: several lines on a screen */

enum tally_code solve_fault(struct solve_machine *m, const char *fmt, ...)
{
    char message[MESSAGE_MAX];
    va_list args;
    va_start(args, fmt);
    (void) vsnprintf(message, sizeof message, fmt, args);
    va_end(args);
    return solve_problemf(m->set, m->row, m->op->at, 1, SLICE(""), "%s", message);
}

/* One more operand of one item, whose value is anything. */
MUST_CHECK static enum tally_code push(struct solve_machine *m, enum solve_kind kind, struct err *err)
{
    m->operands[m->operand_count++] = (struct solve_operand){kind, m->stack.count};
    if (++m->steps > SOLVE_STEPS_MAX)
        return err_set(err, TALLY_E_LIMIT, "the equations take more than %d numbers in all; are arrays made of arrays?",
                       SOLVE_STEPS_MAX);
    return solve_pool_push(&m->stack, err);
}

static mpq_ptr top(struct solve_machine *m)
{
    return m->stack.items[m->stack.count - 1];
}

static enum solve_kind top_kind(const struct solve_machine *m)
{
    return m->operands[m->operand_count - 1].kind;
}

static void drop(struct solve_machine *m)
{
    m->stack.count = m->operands[--m->operand_count].first;
}

MUST_CHECK static enum tally_code push_truth(struct solve_machine *m, bool is_true, struct err *err)
{
    enum tally_code rc = push(m, SOLVE_TRUTH, err);
    if (rc == TALLY_OK)
        mpq_set_ui(top(m), is_true, 1);
    return rc;
}

/* The value of another equation. TALLY_E_MALFORMED: it has none, which was told there. */
MUST_CHECK static enum tally_code push_value(struct solve_machine *m, const struct solve_row *row, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    if (!row->is_solved)
        return TALLY_E_MALFORMED;
    for (uint32_t i = 0; i < row->value_count; i++) {
        TRY(push(m, row->kind, err));
        mpq_set(top(m), m->set->values.items[row->value_first + i]);
        if (i > 0)
            m->operand_count--; /* all items are one operand */
    }
done:
    return rc;
}

static const char *kind_text(enum solve_kind kind)
{
    static const char *const texts[] = {"a number", "true or false", "an array"};
    return texts[kind];
}

MUST_CHECK static enum tally_code needs(struct solve_machine *m, enum solve_kind kind, struct solve_operand operand)
{
    return operand.kind == kind ? TALLY_OK
                                : solve_fault(m, "this takes %s, not %s",
                                              kind == SOLVE_NUMBER ? "numbers" : "true or false", kind_text(operand.kind));
}

/* a ^ b, into work. */
MUST_CHECK static enum tally_code power(struct solve_machine *m, mpq_srcptr a, mpq_srcptr b)
{
    if (!number_is_whole(b))
        return solve_fault(m, "an exponent is a whole number");
    if (mpq_sgn(a) == 0 && mpq_sgn(b) < 0)
        return solve_fault(m, "this divides by zero: 0 to a power below 0");
    if (!mpz_fits_slong_p(mpq_numref(b)) || !number_power(m->work, a, mpz_get_si(mpq_numref(b))))
        return solve_fault(m, "this is larger than 4,096 bits");
    return TALLY_OK;
}

MUST_CHECK static enum tally_code arithmetic(struct solve_machine *m)
{
    enum tally_code rc = TALLY_OK;
    TRY(needs(m, SOLVE_NUMBER, m->operands[m->operand_count - 2]));
    TRY(needs(m, SOLVE_NUMBER, m->operands[m->operand_count - 1]));
    mpq_srcptr b = top(m);
    mpq_ptr a = m->stack.items[m->stack.count - 2];
    switch (m->op->code) {
    case SOLVE_OP_ADD:
        mpq_add(m->work, a, b);
        break;
    case SOLVE_OP_SUBTRACT:
        mpq_sub(m->work, a, b);
        break;
    case SOLVE_OP_MULTIPLY:
        mpq_mul(m->work, a, b);
        break;
    case SOLVE_OP_DIVIDE:
        if (mpq_sgn(b) == 0)
            TRY(solve_fault(m, "this divides by zero; safe_div(x, y) is 0 then"));
        mpq_div(m->work, a, b);
        break;
    default:
        TRY(power(m, a, b));
    }
    if (!number_fits(m->work))
        TRY(solve_fault(m, "this is larger than 4,096 bits"));
    mpq_swap(a, m->work);
    drop(m);
done:
    return rc;
}

MUST_CHECK static enum tally_code compare(struct solve_machine *m)
{
    enum tally_code rc = TALLY_OK;
    struct solve_operand *left = &m->operands[m->operand_count - 2];
    bool is_equality = m->op->code == SOLVE_OP_EQ || m->op->code == SOLVE_OP_NE;
    enum solve_kind kind = is_equality && left->kind == SOLVE_TRUTH ? SOLVE_TRUTH : SOLVE_NUMBER;
    TRY(needs(m, kind, *left));
    TRY(needs(m, kind, m->operands[m->operand_count - 1]));
    mpq_ptr a = m->stack.items[m->stack.count - 2];
    int order = mpq_cmp(a, top(m));
    bool holds = m->op->code == SOLVE_OP_EQ   ? order == 0
                 : m->op->code == SOLVE_OP_NE ? order != 0
                 : m->op->code == SOLVE_OP_LT ? order < 0
                 : m->op->code == SOLVE_OP_LE ? order <= 0
                 : m->op->code == SOLVE_OP_GT ? order > 0
                                              : order >= 0;
    mpq_set_ui(a, holds, 1);
    left->kind = SOLVE_TRUTH;
    drop(m);
done:
    return rc;
}

/* and, or, if: *next is where it goes on. */
MUST_CHECK static enum tally_code branch(struct solve_machine *m, uint32_t *next)
{
    enum tally_code rc = needs(m, SOLVE_TRUTH, m->operands[m->operand_count - 1]);
    if (rc != TALLY_OK)
        return rc;
    bool holds = mpq_sgn(top(m)) != 0;
    bool decides = m->op->code == SOLVE_OP_OR ? holds : !holds;
    if (decides)
        *next = m->op->arg;
    if (!decides || m->op->code == SOLVE_OP_UNLESS)
        drop(m);
    return TALLY_OK;
}

MUST_CHECK static enum tally_code step(struct solve_machine *m, uint32_t *next, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct solve *set = m->set;
    switch ((enum solve_code) m->op->code) {
    case SOLVE_OP_NUMBER:
        TRY(push(m, SOLVE_NUMBER, err));
        mpq_set(top(m), set->constants.items[m->op->arg]);
        break;
    case SOLVE_OP_TRUTH:
        return push_truth(m, m->op->arg != 0, err);
    case SOLVE_OP_REF:
        return push_value(m, &set->rows[m->op->arg], err);
    case SOLVE_OP_NEGATE:
        TRY(needs(m, SOLVE_NUMBER, m->operands[m->operand_count - 1]));
        mpq_neg(top(m), top(m));
        break;
    case SOLVE_OP_NOT:
        TRY(needs(m, SOLVE_TRUTH, m->operands[m->operand_count - 1]));
        mpq_set_ui(top(m), mpq_sgn(top(m)) == 0, 1);
        break;
    case SOLVE_OP_IS_TRUTH:
        return needs(m, SOLVE_TRUTH, m->operands[m->operand_count - 1]);
    case SOLVE_OP_AND:
    case SOLVE_OP_OR:
    case SOLVE_OP_UNLESS:
        return branch(m, next);
    case SOLVE_OP_GOTO:
        *next = m->op->arg;
        break;
    case SOLVE_OP_CALL:
        return solve_call(m);
    case SOLVE_OP_ADD:
    case SOLVE_OP_SUBTRACT:
    case SOLVE_OP_MULTIPLY:
    case SOLVE_OP_DIVIDE:
    case SOLVE_OP_POWER:
        return arithmetic(m);
    default:
        return compare(m);
    }
done:
    return rc;
}

/* The one operand that is left becomes the row's value. */
MUST_CHECK static enum tally_code keep(struct solve_machine *m, struct solve_row *row, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct solve_pool *values = &m->set->values;
    ENSURE(m->operand_count == 1);
    row->value_first = values->count;
    for (uint32_t i = 0; i < m->stack.count; i++) {
        TRY(solve_pool_push(values, err));
        mpq_swap(values->items[values->count - 1], m->stack.items[i]);
    }
    row->value_count = m->stack.count;
    row->kind = top_kind(m);
    row->is_solved = true;
done:
    return rc;
}

/* TALLY_E_MALFORMED: a problem of the row, or of one that it needs. */
MUST_CHECK static enum tally_code eval_row(struct solve_machine *m, uint32_t i, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct solve_row *row = &m->set->rows[i];
    void *operands = m->operands;
    /* each operation leaves at most one operand more */
    rc = solve_grow(&operands, &m->operand_cap, row->op_count + 1, sizeof *m->operands, err);
    m->operands = operands;
    if (rc != TALLY_OK)
        goto done;
    m->row = i;
    m->stack.count = 0;
    m->operand_count = 0;
    for (uint32_t next = 0; next < row->op_count;) {
        m->op = &m->set->ops[row->op_first + next++];
        TRY(step(m, &next, err));
    }
    TRY(keep(m, row, err));
done:
    return rc;
}

enum tally_code solve_eval_all(struct solve *set, const uint32_t *order, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct solve_machine m = {.set = set};
    mpq_init(m.work);
    for (uint32_t i = 0; i < set->count && rc == TALLY_OK; i++) {
        if (set->rows[order[i]].is_bad)
            continue;
        rc = eval_row(&m, order[i], err);
        if (rc == TALLY_E_MALFORMED)
            rc = TALLY_OK;
    }
    mpq_clear(m.work);
    solve_pool_release(&m.stack);
    mem_free(m.operands);
    return rc;
}
