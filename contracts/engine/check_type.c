/* What fits what: units, bare numbers, percent and points (language.md section 3). */
#include "check.h"

const char *check_type_text(struct checker *c, const struct type *type)
{
    if (type->kind == TYPE_NUMBER && type->is_bare)
        return "a number without a unit";
    struct slice text = type_text(c->t, type, c->diags->arena);
    return check_text(c, "%.*s", SLICE_ARG(text));
}

bool type_is_single(const struct type *type, uint16_t base)
{
    return type->kind == TYPE_NUMBER && type->unit.count == 1 && type->unit.factors[0].base == base &&
           type->unit.factors[0].power == 1;
}

bool type_is_money(const struct terms *t, const struct type *type, uint32_t *currency)
{
    for (uint32_t i = 0; i < t->currency_count; i++) {
        if (!type_is_single(type, t->currencies[i].base))
            continue;
        *currency = i;
        return true;
    }
    return false;
}

struct type type_number(void)
{
    return (struct type){.kind = TYPE_NUMBER};
}

struct type type_money(const struct terms *t, uint32_t currency)
{
    return (struct type){.kind = TYPE_NUMBER, .unit = unit_of(t->currencies[currency].base)};
}

/* Two numbers of the same unit. */
static bool flavours_join(const struct type *a, const struct type *b, struct type *out)
{
    if (a->flavour != b->flavour && (a->flavour == FLAVOUR_POINTS || b->flavour == FLAVOUR_POINTS))
        return false;
    struct type type = *a;
    type.flavour = a->flavour == b->flavour ? a->flavour : FLAVOUR_PLAIN;
    type.is_bare = a->is_bare && b->is_bare;
    type.is_zero = false;
    *out = type;
    return true;
}

bool type_join(const struct terms *t, const struct type *a, const struct type *b, struct type *out)
{
    if (a->kind != b->kind)
        return false;
    if (a->kind != TYPE_NUMBER) {
        *out = *a;
        return a->kind != TYPE_WORD || a->dimension == b->dimension;
    }
    if (a->is_zero || b->is_zero) {
        *out = a->is_zero ? *b : *a;
        return true;
    }
    if (unit_equal(&a->unit, &b->unit))
        return flavours_join(a, b, out);
    uint32_t currency = 0;
    const struct type *other = a->is_bare ? b : a;
    if ((!a->is_bare && !b->is_bare) || !type_is_money(t, other, &currency) || currency != 0)
        return false;
    *out = *other; /* beside money of the main currency a bare number is such money */
    return true;
}

static const char *join_hint(struct checker *c, const struct type *a, const struct type *b)
{
    uint32_t currency = 0;
    if (a->kind != TYPE_NUMBER || b->kind != TYPE_NUMBER)
        return NULL;
    if (a->flavour == FLAVOUR_POINTS || b->flavour == FLAVOUR_POINTS)
        return "for a difference of levels write `5 points` on both sides; for a relative change write `a / b - 1` and "
               "compare "
               "it with `5%`";
    if (!a->is_bare && !b->is_bare)
        return NULL;
    const struct type *other = a->is_bare ? b : a;
    if (type_is_money(c->t, other, &currency))
        return check_text(c, "a number without a currency is %.*s here; write `%.*s 5` for the other",
                          SLICE_ARG(c->t->currencies[0].code), SLICE_ARG(c->t->currencies[currency].code));
    if (other->unit.count == 1)
        return check_text(c, "write the unit: `5 %.*s`", SLICE_ARG(c->t->units[other->unit.factors[0].base].many));
    return "write the unit of the number";
}

bool check_join(struct checker *c, struct span span, const char *what, const struct type *a, const struct type *b,
                struct type *out)
{
    if (type_join(c->t, a, b, out))
        return true;
    bool are_numbers = a->kind == TYPE_NUMBER && b->kind == TYPE_NUMBER;
    bool has_points = are_numbers && unit_equal(&a->unit, &b->unit);
    PROBLEM(c,
            has_points    ? "units.points"
            : are_numbers ? "units.differ"
                          : "types.differ",
            span, join_hint(c, a, b), "%s %s %s", check_type_text(c, a), what, check_type_text(c, b));
    return false;
}

bool check_accepts(struct checker *c, struct span span, const struct ast_name *name, const struct type *want,
                   const struct type *have)
{
    struct type both;
    uint32_t currency = 0;
    bool fits = type_join(c->t, want, have, &both) &&
                (want->kind != TYPE_NUMBER || (unit_equal(&both.unit, &want->unit) && both.flavour == want->flavour));
    if (fits)
        return true;
    const char *hint =
        have->is_bare && want->kind == TYPE_NUMBER && want->flavour == FLAVOUR_PERCENT ? "write it with its sign: `60%`"
        : have->is_bare && type_is_money(c->t, want, &currency) ? "a number without a currency is the first declared one"
                                                                : join_hint(c, want, have);
    PROBLEM(c, want->kind == TYPE_NUMBER && have->kind == TYPE_NUMBER ? "units.differ" : "types.differ", span, hint,
            "`%.*s` is in %s, this is %s", SLICE_ARG(name->text), check_type_text(c, want), check_type_text(c, have));
    return false;
}

bool check_currency(struct checker *c, const struct ast_name *code, uint32_t *currency)
{
    for (uint32_t i = 0; i < c->t->currency_count; i++) {
        if (!slice_equal(c->t->currencies[i].code, code->text))
            continue;
        *currency = i;
        return true;
    }
    PROBLEM(c, "currency.unknown", code->span, "each currency has a line `currency ... rounded to ...` in the header",
            "`%.*s` is not a currency of this contract", SLICE_ARG(code->text));
    return false;
}

MUST_CHECK static bool find_unit(const struct terms *t, struct slice name, uint16_t *base)
{
    for (uint32_t i = 0; i < t->unit_count; i++) {
        if (!slice_equal(t->units[i].one, name) && !slice_equal(t->units[i].many, name))
            continue;
        *base = (uint16_t) i;
        return true;
    }
    return false;
}

/* The nearest of the units' names; an empty one: none is near. */
static struct slice nearest_unit(struct checker *c, struct slice name)
{
    size_t count = (size_t) c->t->unit_count * 2;
    struct slice *names = diags_is_full(c->diags) ? NULL : ARENA_ARRAY(c->diags->arena, count, struct slice);
    if (names == NULL)
        return SLICE("");
    for (uint32_t i = 0; i < c->t->unit_count; i++) {
        names[2 * i] = c->t->units[i].one;
        names[2 * i + 1] = c->t->units[i].many;
    }
    return ast_nearest(name, names, count);
}

bool check_unit(struct checker *c, const struct ast_name *name, uint16_t *base)
{
    if (find_unit(c->t, name->text, base))
        return true;
    struct slice nearest = nearest_unit(c, name->text);
    PROBLEM(c, "unit.unknown", name->span,
            nearest.len > 0 ? check_text(c, "did you mean `%.*s`?", SLICE_ARG(nearest))
                            : check_text(c, "declare it: `unit %.*s ...`", SLICE_ARG(name->text)),
            "`%.*s` is not a unit", SLICE_ARG(name->text));
    return false;
}

bool check_kind(struct checker *c, const struct ast_kindname *kind, struct type *out)
{
    struct type type = type_number();
    uint16_t base = 0, per = 0;
    bool has_per = kind->per.text.len > 0;
    if (kind->is_truth)
        type.kind = TYPE_TRUTH;
    if (kind->is_truth || (kind->is_number && !has_per)) {
        *out = type;
        return true;
    }
    if (!has_per && (slice_is(kind->unit.text, "percent") || slice_is(kind->unit.text, "points"))) {
        type.flavour = slice_is(kind->unit.text, "percent") ? FLAVOUR_PERCENT : FLAVOUR_POINTS;
        *out = type;
        return true;
    }
    if (!has_per && slice_is(kind->unit.text, "date")) {
        *out = (struct type){.kind = TYPE_DATE};
        return true;
    }
    const struct symbol *s = symbols_find(&c->t->symbols, kind->unit.text);
    if (!has_per && s != NULL && s->kind == SYMBOL_DIMENSION && !find_unit(c->t, kind->unit.text, &base)) {
        if (c->t->dimensions[s->at].shown.kind != TERMS_LIST) {
            PROBLEM(c, "kind.dimension", kind->unit.span, NULL,
                    "only a dimension given as a list has words, `%.*s` is none", SLICE_ARG(kind->unit.text));
            return false;
        }
        *out = (struct type){.kind = TYPE_WORD, .dimension = s->at};
        return true;
    }
    if (!check_unit(c, &kind->unit, &base))
        return false;
    type.unit = unit_of(base);
    if (has_per) {
        if (!check_unit(c, &kind->per, &per))
            return false;
        struct unit divisor = unit_of(per);
        bool fits = unit_multiply(&type.unit, &divisor, -1, &type.unit); /* two factors are not too many */
        ENSURE(fits);
    }
    *out = type;
    return true;
}

/* percent - percent is points, percent ± points is percent; everything else as its alternatives would be */
static bool sum_type(const struct terms *t, enum ast_op op, const struct type *a, const struct type *b, struct type *out)
{
    bool is_percent_first = a->flavour == FLAVOUR_PERCENT;
    if (is_percent_first && b->flavour == FLAVOUR_PERCENT && op == AST_OP_SUBTRACT) {
        *out = *a;
        out->flavour = FLAVOUR_POINTS;
        return true;
    }
    if (is_percent_first && b->flavour == FLAVOUR_POINTS) {
        *out = *a;
        return true;
    }
    if (a->flavour == FLAVOUR_POINTS && b->flavour == FLAVOUR_PERCENT && op == AST_OP_ADD) {
        *out = *b;
        return true;
    }
    return type_join(t, a, b, out);
}

bool check_arithmetic(struct checker *c, const struct ast_expr *e, const struct type *a, const struct type *b,
                      struct type *out)
{
    if (a->kind == TYPE_DATE && b->kind == TYPE_DATE && e->op == AST_OP_SUBTRACT) {
        *out = (struct type){.kind = TYPE_NUMBER, .unit = unit_of(UNIT_DAY)};
        return true;
    }
    if (a->kind != TYPE_NUMBER || b->kind != TYPE_NUMBER) {
        bool has_date = a->kind == TYPE_DATE || b->kind == TYPE_DATE;
        PROBLEM(c, "types.arithmetic", e->span,
                has_date ? "a date is moved by `30 days after d` and `30 days before d`" : NULL,
                "no arithmetic between %s and %s", check_type_text(c, a), check_type_text(c, b));
        return false;
    }
    if (e->op == AST_OP_ADD || e->op == AST_OP_SUBTRACT) {
        if (sum_type(c->t, e->op, a, b, out))
            return true;
        return check_join(c, e->span, e->op == AST_OP_ADD ? "is added to" : "has subtracted from it", a, b, out);
    }
    *out = type_number();
    if (unit_multiply(&a->unit, &b->unit, e->op == AST_OP_MULTIPLY ? 1 : -1, &out->unit))
        return true;
    PROBLEM(c, "units.many", e->span, NULL, "the unit of this has more than %d factors or too high a power",
            UNIT_FACTORS_MAX);
    return false;
}
