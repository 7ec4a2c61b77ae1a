/* The functions of formulas. What the published solver (OpenRBF's) does with floating point is done here with exact numbers. */
#include "number.h"
#include "solve_set.h"
#include "tally/buf.h"

static const struct solve_signature functions[] = {
    {"abs", SOLVE_F_ABS, 1, 1}, {"access", SOLVE_F_ACCESS, 2, 0}, {"array", SOLVE_F_ARRAY, 1, 0},
    {"avg", SOLVE_F_AVG, 1, 0}, {"if", SOLVE_F_IF, 3, 3},         {"max", SOLVE_F_MAX, 1, 0},
    {"min", SOLVE_F_MIN, 1, 0}, {"round", SOLVE_F_ROUND, 1, 2},   {"safe_div", SOLVE_F_SAFE_DIV, 2, 2},
    {"sum", SOLVE_F_SUM, 1, 0},
};
#define FUNCTIONS (sizeof functions / sizeof functions[0])

const struct solve_signature *solve_signature_of(struct slice name)
{
    for (size_t i = 0; i < FUNCTIONS; i++)
        if (solve_word_is(name, slice_str(functions[i].name)))
            return &functions[i];
    return NULL;
}

struct slice solve_signature_hint(struct solve *set, struct slice name)
{
    struct slice names[FUNCTIONS];
    for (size_t i = 0; i < FUNCTIONS; i++)
        names[i] = slice_str(functions[i].name);
    struct slice nearest = ast_nearest(name, names, FUNCTIONS);
    if (nearest.len > 0)
        return arena_printf(set->arena, "did you mean `%.*s`?", SLICE_ARG(nearest));
    return SLICE("there are sum, min, max, avg, abs, round, if, safe_div, access and array");
}

/* Item i of the call's, from 0. */
static mpq_ptr item(struct solve_machine *m, uint32_t first, uint32_t i)
{
    return m->stack.items[first + i];
}

MUST_CHECK static enum tally_code fits(struct solve_machine *m, mpq_srcptr q)
{
    return number_fits(q) ? TALLY_OK : solve_fault(m, "this is larger than 4,096 bits");
}

/* Into the first item. */
MUST_CHECK static enum tally_code sum(struct solve_machine *m, uint32_t first, uint32_t count)
{
    mpq_ptr total = item(m, first, 0);
    enum tally_code rc = TALLY_OK;
    for (uint32_t i = 1; i < count && rc == TALLY_OK; i++) {
        mpq_add(total, total, item(m, first, i));
        rc = fits(m, total);
    }
    return rc;
}

MUST_CHECK static enum tally_code average(struct solve_machine *m, uint32_t first, uint32_t count)
{
    enum tally_code rc = sum(m, first, count);
    if (rc != TALLY_OK)
        return rc;
    mpq_set_ui(m->work, count, 1);
    mpq_div(item(m, first, 0), item(m, first, 0), m->work);
    return fits(m, item(m, first, 0));
}

static void extreme(struct solve_machine *m, uint32_t first, uint32_t count, bool is_most)
{
    uint32_t best = 0;
    for (uint32_t i = 1; i < count; i++) {
        int order = mpq_cmp(item(m, first, i), item(m, first, best));
        if (is_most ? order > 0 : order < 0)
            best = i;
    }
    if (best > 0)
        mpq_swap(item(m, first, 0), item(m, first, best));
}

/* To a multiple of 10^-places. */
MUST_CHECK static enum tally_code round_off(struct solve_machine *m, uint32_t first, uint32_t count)
{
    mpq_ptr x = item(m, first, 0);
    mpq_set_ui(m->work, 1, 1);
    if (count == 2) {
        mpq_srcptr places = item(m, first, 1);
        if (!number_is_whole(places) || mpz_cmpabs_ui(mpq_numref(places), SOLVE_ROUND_PLACES_MAX) > 0)
            return solve_fault(m, "round takes a whole number of places, from -%d to %d", SOLVE_ROUND_PLACES_MAX,
                               SOLVE_ROUND_PLACES_MAX);
        mpz_ui_pow_ui(mpq_denref(m->work), 10, mpz_get_ui(mpq_numref(places)));
        if (mpq_sgn(places) < 0)
            mpq_inv(m->work, m->work);
    }
    number_round(x, x, m->work, AST_HALF_UP);
    return fits(m, x);
}

MUST_CHECK static enum tally_code safe_divide(struct solve_machine *m, uint32_t first)
{
    mpq_ptr x = item(m, first, 0);
    if (mpq_sgn(item(m, first, 1)) == 0)
        mpq_set_ui(x, 0, 1);
    else
        mpq_div(x, x, item(m, first, 1));
    return fits(m, x);
}

/* The last item says which of those before it. */
MUST_CHECK static enum tally_code access_item(struct solve_machine *m, uint32_t first, uint32_t count)
{
    mpq_srcptr index = item(m, first, count - 1);
    if (!number_is_whole(index))
        return solve_fault(m, "access takes a whole number for its last argument");
    if (mpq_sgn(index) < 0 || mpq_cmp_ui(index, count - 1, 1) >= 0)
        return solve_fault(m, "access has %u item%s, counted from 0: there is none with that number", count - 1,
                           count == 2 ? "" : "s");
    uint32_t i = (uint32_t) mpz_get_ui(mpq_numref(index));
    if (i > 0)
        mpq_swap(item(m, first, 0), item(m, first, i));
    return TALLY_OK;
}

/* What each function makes of its items; the first item is its value. */
MUST_CHECK static enum tally_code apply(struct solve_machine *m, uint32_t first, uint32_t count)
{
    switch ((enum solve_function) m->op->function) {
    case SOLVE_F_SUM:
        return sum(m, first, count);
    case SOLVE_F_AVG:
        return average(m, first, count);
    case SOLVE_F_MIN:
    case SOLVE_F_MAX:
        extreme(m, first, count, m->op->function == SOLVE_F_MAX);
        return TALLY_OK;
    case SOLVE_F_ABS:
        mpq_abs(item(m, first, 0), item(m, first, 0));
        return TALLY_OK;
    case SOLVE_F_ROUND:
        return round_off(m, first, count);
    case SOLVE_F_SAFE_DIV:
        return safe_divide(m, first);
    case SOLVE_F_ACCESS:
        return access_item(m, first, count);
    default:
        return TALLY_OK; /* an array is its items; if is no call */
    }
}

enum tally_code solve_call(struct solve_machine *m)
{
    struct solve_operand *operands = &m->operands[m->operand_count - m->op->arg];
    uint32_t first = operands[0].first;
    uint32_t count = m->stack.count - first;
    bool is_array = m->op->function == SOLVE_F_ARRAY;
    for (uint32_t i = 0; i < m->op->arg; i++)
        if (operands[i].kind == SOLVE_TRUTH)
            return solve_fault(m, "argument %u is true or false: a function takes numbers", i + 1);
    /* those of a fixed number of arguments take no arrays for them */
    bool is_fixed =
        m->op->function == SOLVE_F_ABS || m->op->function == SOLVE_F_ROUND || m->op->function == SOLVE_F_SAFE_DIV;
    for (uint32_t i = 0; i < m->op->arg && is_fixed; i++)
        if (operands[i].kind != SOLVE_NUMBER)
            return solve_fault(m, "argument %u is an array: take an item of it with access(array, i)", i + 1);
    enum tally_code rc = apply(m, first, count);
    if (rc != TALLY_OK)
        return rc;
    operands[0].kind = is_array ? SOLVE_ARRAY : SOLVE_NUMBER;
    m->operand_count -= m->op->arg - 1;
    m->stack.count = is_array ? m->stack.count : first + 1;
    return TALLY_OK;
}
