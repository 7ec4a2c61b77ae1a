/* Formulas to operations, by the precedence of their operators. It calls itself for each nesting, at most SOLVE_DEPTH_MAX deep. */
#include "number.h"
#include "solve_token.h"
#include "tally/text.h"

#define EXPONENT_MAX 400 /* of 1.0e-05: those of binary numbers, which is who writes so, end at 324 */
#define SHOWN_MAX 60     /* of a number in a message: the rest is seen in the formula */

struct parser {
    struct solve *set;
    uint32_t row;
    struct slice text;
    struct solve_token token; /* not yet taken */
    int depth;
};

enum power { POWER_OR = 1, POWER_AND, POWER_COMPARE, POWER_ADD, POWER_MULTIPLY, POWER_POWER };

static enum power power_of(int code)
{
    switch (code) {
    case SOLVE_OP_OR:
        return POWER_OR;
    case SOLVE_OP_AND:
        return POWER_AND;
    case SOLVE_OP_ADD:
    case SOLVE_OP_SUBTRACT:
        return POWER_ADD;
    case SOLVE_OP_MULTIPLY:
    case SOLVE_OP_DIVIDE:
        return POWER_MULTIPLY;
    case SOLVE_OP_POWER:    /* not covered: parse_factor has taken it */
        return POWER_POWER; /* not covered: as above */
    default:
        return POWER_COMPARE;
    }
}

static void take(struct parser *p)
{
    p->token = solve_token_at(p->text, p->token.at + p->token.len);
}

MUST_CHECK static enum tally_code emit(struct parser *p, enum solve_code code, uint32_t arg, size_t at, struct err *err)
{
    struct solve *set = p->set;
    void *ops = set->ops;
    enum tally_code rc = solve_grow(&ops, &set->op_cap, set->op_count + 1, sizeof *set->ops, err);
    set->ops = ops;
    if (rc == TALLY_OK)
        set->ops[set->op_count++] = (struct solve_op){(uint32_t) at, arg, (uint8_t) code, 0};
    return rc;
}

/* The place of the next operation, counted from the formula's first. */
static uint32_t here(const struct parser *p)
{
    return p->set->op_count - p->set->rows[p->row].op_first;
}

/* The operation at this place goes to the next one. */
static void goes_here(struct parser *p, uint32_t place)
{
    p->set->ops[p->set->rows[p->row].op_first + place].arg = here(p);
}

/* "`)`", or "the end" */
MUST_CHECK static enum tally_code unexpected(struct parser *p, const char *wanted)
{
    struct solve_token t = p->token;
    struct slice shown = slice_of(p->text.ptr + t.at, t.len < SHOWN_MAX ? t.len : SHOWN_MAX);
    if (t.kind == SOLVE_T_END)
        return solve_problemf(p->set, p->row, t.at, 1, SLICE(""), "the formula ends where %s should follow", wanted);
    if (t.kind == SOLVE_T_BAD)
        return solve_problemf(p->set, p->row, t.at, t.len, SLICE(""), "`%.*s` means nothing in a formula",
                              SLICE_ARG(shown));
    return solve_problemf(p->set, p->row, t.at, t.len, SLICE(""), "%s should stand here, not `%.*s`", wanted,
                          SLICE_ARG(shown));
}

MUST_CHECK static enum tally_code parse_expression(struct parser *p, enum power least, struct err *err);

/* 10^places, |places| <= EXPONENT_MAX, times the number. */
static void scale(mpq_t number, long places)
{
    mpz_t power;
    mpz_init(power);
    mpz_ui_pow_ui(power, 10, (unsigned long) (places < 0 ? -places : places));
    if (places < 0)
        mpz_mul(mpq_denref(number), mpq_denref(number), power);
    else
        mpz_mul(mpq_numref(number), mpq_numref(number), power);
    mpq_canonicalize(number);
    mpz_clear(power);
}

/* 12, 0.35, .35, 1.0e-05 */
static bool read_number(struct slice text, mpq_t out)
{
    char digits[NUMBER_DIGITS_MAX + 2];
    size_t end = 0;
    uint64_t exponent = 0;
    while (end < text.len && text.ptr[end] != 'e' && text.ptr[end] != 'E')
        end++;
    size_t lead = text.ptr[0] == '.';
    if (end == 0 || end + lead > NUMBER_DIGITS_MAX)
        return false;
    digits[0] = '0';
    memcpy(digits + lead, text.ptr, end);
    if (!number_parse(slice_of(digits, end + lead), out))
        return false;
    if (end == text.len)
        return number_fits(out);
    struct slice rest = slice_of(text.ptr + end + 1, text.len - end - 1);
    bool is_negative = rest.len > 0 && rest.ptr[0] == '-';
    if (rest.len > 0 && (rest.ptr[0] == '-' || rest.ptr[0] == '+'))
        rest = slice_of(rest.ptr + 1, rest.len - 1);
    while (rest.len > 1 && rest.ptr[0] == '0')
        rest = slice_of(rest.ptr + 1, rest.len - 1);
    if (text_u64(rest, EXPONENT_MAX, &exponent) != TALLY_OK)
        return false;
    scale(out, is_negative ? -(long) exponent : (long) exponent);
    return number_fits(out);
}

MUST_CHECK static enum tally_code parse_number(struct parser *p, struct err *err)
{
    struct solve_token t = p->token;
    struct solve_pool *constants = &p->set->constants;
    struct slice text = slice_of(p->text.ptr + t.at, t.len);
    enum tally_code rc = solve_pool_push(constants, err);
    if (rc != TALLY_OK)
        return rc;
    if (!read_number(text, constants->items[constants->count - 1])) {
        struct slice shown = slice_of(text.ptr, text.len < SHOWN_MAX ? text.len : SHOWN_MAX);
        return solve_problemf(p->set, p->row, t.at, t.len, SLICE("as in 12, 0.35 or 1.5e-05; at most 1,200 digits"),
                              "`%.*s` is no number", SLICE_ARG(shown));
    }
    take(p);
    return emit(p, SOLVE_OP_NUMBER, constants->count - 1, t.at, err);
}

/* Takes a comma or a closing parenthesis. */
MUST_CHECK static enum tally_code expect(struct parser *p, enum solve_token_kind kind, const char *wanted)
{
    if (p->token.kind != kind)
        return unexpected(p, wanted);
    take(p);
    return TALLY_OK;
}

/* Behind "if(": only one of the branches will be computed. */
MUST_CHECK static enum tally_code parse_if(struct parser *p, size_t at, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    TRY(parse_expression(p, POWER_OR, err));
    TRY(expect(p, SOLVE_T_COMMA, "`,` and what to take when the condition holds"));
    uint32_t unless = here(p);
    TRY(emit(p, SOLVE_OP_UNLESS, 0, at, err));
    TRY(parse_expression(p, POWER_OR, err));
    TRY(expect(p, SOLVE_T_COMMA, "`,` and what to take otherwise"));
    uint32_t out = here(p);
    TRY(emit(p, SOLVE_OP_GOTO, 0, at, err));
    goes_here(p, unless);
    TRY(parse_expression(p, POWER_OR, err));
    goes_here(p, out);
    TRY(expect(p, SOLVE_T_CLOSE, "`)`"));
done:
    return rc;
}

/* Behind the name and its parenthesis. */
MUST_CHECK static enum tally_code parse_call(struct parser *p, struct solve_token name, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    uint32_t count = 0;
    struct slice text = slice_of(p->text.ptr + name.at, name.len);
    const struct solve_signature *f = solve_signature_of(text);
    if (f == NULL)
        return solve_problemf(p->set, p->row, name.at, name.len, solve_signature_hint(p->set, text),
                              "there is no function `%.*s`", (int) (text.len < SHOWN_MAX ? text.len : SHOWN_MAX), text.ptr);
    if (f->function == SOLVE_F_IF)
        return parse_if(p, name.at, err);
    while (p->token.kind != SOLVE_T_CLOSE || count > 0) {
        TRY(parse_expression(p, POWER_OR, err));
        count++;
        if (p->token.kind != SOLVE_T_COMMA)
            break;
        take(p);
    }
    TRY(expect(p, SOLVE_T_CLOSE, "`,` or `)`"));
    if (count < f->least || (f->most > 0 && count > f->most)) {
        uint32_t bound = count < f->least ? f->least : f->most;
        const char *how = f->most == f->least ? "" : count < f->least ? "at least " : "at most ";
        TRY(solve_problemf(p->set, p->row, name.at, name.len, SLICE(""), "%s takes %s%u argument%s, not %u", f->name, how,
                           bound, bound == 1 ? "" : "s", count));
    }
    TRY(emit(p, SOLVE_OP_CALL, count, name.at, err));
    p->set->ops[p->set->op_count - 1].function = (uint8_t) f->function;
done:
    return rc;
}

/* A name that is not there is a problem, but the formula is read on: others may be missing as well. */
MUST_CHECK static enum tally_code parse_name(struct parser *p, struct err *err)
{
    struct solve_token name = p->token;
    struct slice text = slice_of(p->text.ptr + name.at, name.len);
    take(p);
    if (p->token.kind == SOLVE_T_OPEN) {
        take(p);
        return parse_call(p, name, err);
    }
    uint32_t row = solve_find(p->set, text);
    if (row != SOLVE_NONE)
        return emit(p, SOLVE_OP_REF, row, name.at, err);
    bool is_told = p->set->error_count < SOLVE_ERRORS_MAX;
    (void) solve_problemf(p->set, p->row, name.at, name.len, is_told ? solve_hint(p->set, text) : SLICE(""),
                          "no equation has the name `%.*s`", (int) (text.len < 300 ? text.len : 300), text.ptr);
    return emit(p, SOLVE_OP_TRUTH, 0, name.at, err);
}

MUST_CHECK static enum tally_code parse_primary(struct parser *p, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct solve_token t = p->token;
    switch (t.kind) {
    case SOLVE_T_NUMBER:
        return parse_number(p, err);
    case SOLVE_T_NAME:
        return parse_name(p, err);
    case SOLVE_T_TRUTH:
        take(p);
        return emit(p, SOLVE_OP_TRUTH, (uint32_t) t.code, t.at, err);
    case SOLVE_T_OPEN:
        take(p);
        TRY(parse_expression(p, POWER_OR, err));
        TRY(expect(p, SOLVE_T_CLOSE, "`)`"));
        break;
    default:
        return unexpected(p, "a number, a name or `(`");
    }
done:
    return rc;
}

/* What an operator takes: primaries with their signs and powers. */
MUST_CHECK static enum tally_code parse_factor(struct parser *p, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct solve_token t = p->token;
    if (++p->depth > SOLVE_DEPTH_MAX)
        TRY(solve_problemf(p->set, p->row, t.at, t.len, SLICE("give a part of it a name of its own"),
                           "this is nested more than %d deep", SOLVE_DEPTH_MAX));
    if (t.kind == SOLVE_T_BINARY && t.code == SOLVE_OP_SUBTRACT) {
        take(p);
        TRY(parse_factor(p, err));
        TRY(emit(p, SOLVE_OP_NEGATE, 0, t.at, err));
    } else if (t.kind == SOLVE_T_BANG) {
        take(p);
        TRY(parse_factor(p, err));
        TRY(emit(p, SOLVE_OP_NOT, 0, t.at, err));
    } else if (t.kind == SOLVE_T_NOT) {
        take(p);
        TRY(parse_expression(p, POWER_COMPARE, err));
        TRY(emit(p, SOLVE_OP_NOT, 0, t.at, err));
    } else {
        TRY(parse_primary(p, err));
        struct solve_token power = p->token;
        if (power.kind == SOLVE_T_BINARY && power.code == SOLVE_OP_POWER) {
            take(p);
            TRY(parse_factor(p, err));
            TRY(emit(p, SOLVE_OP_POWER, 0, power.at, err));
        }
    }
    p->depth--;
done:
    return rc;
}

MUST_CHECK static enum tally_code parse_logic(struct parser *p, struct solve_token t, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    uint32_t place = here(p);
    TRY(emit(p, (enum solve_code) t.code, 0, t.at, err));
    TRY(parse_expression(p, power_of(t.code) + 1, err));
    TRY(emit(p, SOLVE_OP_IS_TRUTH, 0, t.at, err));
    goes_here(p, place);
done:
    return rc;
}

static enum tally_code parse_expression(struct parser *p, enum power least, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    bool has_compared = false;
    TRY(parse_factor(p, err));
    while (p->token.kind == SOLVE_T_BINARY && power_of(p->token.code) >= least) {
        struct solve_token t = p->token;
        enum power power = power_of(t.code);
        if (power == POWER_COMPARE && has_compared)
            TRY(solve_problemf(p->set, p->row, t.at, t.len, SLICE("as in a < b and b < c"), "comparisons do not chain"));
        has_compared = power == POWER_COMPARE;
        take(p);
        if (power <= POWER_AND) {
            TRY(parse_logic(p, t, err));
            continue;
        }
        TRY(parse_expression(p, power + 1, err));
        TRY(emit(p, (enum solve_code) t.code, 0, t.at, err));
    }
done:
    return rc;
}

enum tally_code solve_parse(struct solve *set, uint32_t row, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct parser p = {.set = set, .row = row, .text = set->rows[row].formula};
    set->rows[row].op_first = set->op_count;
    p.token = solve_token_at(p.text, 0);
    TRY(parse_expression(&p, POWER_OR, err));
    if (p.token.kind != SOLVE_T_END)
        TRY(unexpected(&p, "an operator or the end"));
    set->rows[row].op_count = here(&p);
done:
    return rc;
}
