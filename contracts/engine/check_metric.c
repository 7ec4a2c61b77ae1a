/* Metrics: who reports and verifies what, and what holds when it is missing (language.md section 4). */
#include "check.h"

#include "tally/instant.h"

/* "days per person", as the text has it */
MUST_CHECK static bool unit_as_written(struct checker *c, const struct ast_kindname *kind, struct slice *out)
{
    *out = kind->is_truth ? SLICE("true or false")
           : kind->per.text.len == 0
               ? (kind->is_number ? SLICE("number") : kind->unit.text)
               : arena_printf(c->arena, "%.*s per %.*s", SLICE_ARG(kind->unit.text), SLICE_ARG(kind->per.text));
    if (out->ptr == NULL)
        c->failed = true;
    return out->ptr != NULL;
}

/* U1: of a figure of another contract `where` names that contract's dimensions, which this text need not have. What they are is seen
 * when both are at hand (engine_link). */
MUST_CHECK static bool take_used_where(struct checker *c, const struct ast_decl *d, const struct metric *m)
{
    for (const struct ast_where *w = d->u.metric.where; w != NULL; w = w->next) {
        bool is_bound = false;
        for (uint32_t i = 0; i < m->shape.count; i++)
            is_bound = is_bound || slice_equal(c->t->dimensions[m->shape.dims[i]].shown.name, w->dimension.text);
        for (const struct ast_where *other = d->u.metric.where; other != w; other = other->next)
            is_bound = is_bound || slice_equal(other->dimension.text, w->dimension.text);
        if (!is_bound)
            continue;
        PROBLEM(c, "dimension.twice", w->dimension.span, NULL, "`%.*s` is bound twice", SLICE_ARG(w->dimension.text));
        return false;
    }
    return true;
}

MUST_CHECK static bool take_where(struct checker *c, const struct ast_decl *d, struct metric *m)
{
    uint32_t count = 0;
    if (d->u.metric.source == AST_SOURCE_USED)
        return take_used_where(c, d, m);
    dimension_set seen = m->dims;
    for (const struct ast_where *w = d->u.metric.where; w != NULL; w = w->next)
        count++;
    struct terms_where *out = check_alloc(c, count, sizeof *m->shown.where);
    if (out == NULL)
        return false;
    count = 0;
    for (const struct ast_where *w = d->u.metric.where; w != NULL; w = w->next) {
        const struct symbol *s = check_dimension_name(c, &w->dimension);
        uint32_t member = 0;
        if (s == NULL || !check_member(c, s->at, &w->key, &member))
            return false;
        if ((seen & dimension_bit(s->at)) != 0) {
            PROBLEM(c, "dimension.twice", w->dimension.span, NULL, "`%.*s` is bound twice", SLICE_ARG(s->name));
            return false;
        }
        seen |= dimension_bit(s->at);
        out[count].dimension = s->at;
        out[count++].member = c->t->dimensions[s->at].shown.members[member];
    }
    m->shown.where = out;
    m->shown.where_count = count;
    return true;
}

/* A party, or a class that the metric is by: then the member reports its own results (S1). */
MUST_CHECK static bool take_reporter(struct checker *c, const struct metric *m, const struct ast_name *name, uint32_t *out)
{
    const struct symbol *s = symbols_find(&c->t->symbols, name->text);
    bool is_class = s != NULL && s->kind == SYMBOL_DIMENSION && c->t->dimensions[s->at].is_class;
    if (!is_class) {
        s = check_symbol(c, name, SYMBOL_PARTY, "a party");
        *out = s == NULL ? TERMS_NONE : s->at;
        return s != NULL;
    }
    *out = check_dimension_party(c, s->at);
    if ((m->dims & dimension_bit(s->at)) != 0)
        return true;
    PROBLEM(c, "dimension.unbound", name->span, "name it after `by`",
            "which member of `%.*s` reports, a result does not say", SLICE_ARG(name->text));
    return false;
}

MUST_CHECK static bool take_people(struct checker *c, const struct ast_decl *d, struct metric *m)
{
    const struct ast_name *reporters[] = {&d->u.metric.reported_by, &d->u.metric.or_by};
    for (size_t i = 0; i < 2; i++) {
        if (reporters[i]->text.len == 0)
            continue;
        if (!take_reporter(c, m, reporters[i], &m->shown.reporters[m->shown.reporter_count++]))
            return false;
    }
    const struct ast_names *names = &d->u.metric.verifiers;
    uint32_t *verifiers = CHECK_NEW(c, names->count, uint32_t);
    if (verifiers == NULL)
        return false;
    for (uint32_t i = 0; i < names->count; i++) {
        const struct symbol *p = check_symbol(c, &names->items[i], SYMBOL_PARTY, "a party");
        if (p == NULL)
            return false;
        for (uint32_t j = 0; j < i; j++)
            if (verifiers[j] == p->at) {
                PROBLEM(c, "name.twice", names->items[i].span, NULL, "`%.*s` is named twice", SLICE_ARG(p->name));
                return false;
            }
        verifiers[i] = p->at;
    }
    m->shown.verifiers = verifiers;
    m->shown.verifier_count = names->count;
    m->shown.quorum = d->u.metric.quorum == 0 ? names->count : d->u.metric.quorum;
    if (m->shown.quorum <= names->count)
        return true;
    PROBLEM(c, "signers.count", names->items[0].span, NULL, "%u of %u parties cannot verify", m->shown.quorum,
            names->count);
    return false;
}

/* One end of `between`: a constant; a number as written takes the metric's unit, but a percentage has its sign. */
MUST_CHECK static bool take_end(struct checker *c, const struct ast_decl *d, const struct metric *m,
                                const struct ast_expr *e, mpq_ptr *number, int32_t *day)
{
    struct scope scope = {.what = "a range"};
    struct node *n = check_expr(c, &scope, e, NO_WORD);
    if (n == NULL)
        return false;
    if (m->type.kind == TYPE_DATE && n->op == NODE_DAY) {
        *day = n->u.day;
        return true;
    }
    mpq_ptr q = check_constant(c);
    if (q == NULL)
        return false;
    if (m->type.kind != TYPE_NUMBER || !check_fold(n, q)) {
        PROBLEM(c, "metric.between", e->span, NULL, "the ends of `between` are constants of the metric's kind");
        return false;
    }
    *number = q;
    if (n->type.is_bare && m->type.flavour == FLAVOUR_PLAIN)
        return true;
    if (n->type.is_bare && !n->type.is_zero && m->type.flavour == FLAVOUR_POINTS) {
        mpz_mul_ui(mpq_denref(q), mpq_denref(q), 100); /* as results in points: the number of points */
        mpq_canonicalize(q);
        return true;
    }
    return check_accepts(c, e->span, &d->name, &m->type, &n->type);
}

MUST_CHECK static bool take_between(struct checker *c, const struct ast_decl *d, struct metric *m)
{
    const struct ast_expr *low = d->u.metric.between_low, *high = d->u.metric.between_high;
    if (low == NULL)
        return true;
    if (!take_end(c, d, m, low, &m->low, &m->low_day) || !take_end(c, d, m, high, &m->high, &m->high_day))
        return false;
    bool rises = m->type.kind == TYPE_DATE ? m->low_day <= m->high_day : mpq_cmp(m->low, m->high) <= 0;
    if (!rises) {
        PROBLEM(c, "metric.between", low->span, NULL, "nothing lies between these: the first is the larger");
        return false;
    }
    m->has_between = true;
    m->between =
        slice_of(c->t->ast->source.ptr + low->span.offset, high->span.offset + high->span.length - low->span.offset);
    return true;
}

/* U1: what another contract says is nobody's to report, verify or dispute here; whether that contract has such a figure is seen when
 * both are at hand (engine_link). */
MUST_CHECK static bool take_used(struct checker *c, const struct ast_decl *d, struct metric *m)
{
    const struct symbol *s = check_symbol(c, &d->u.metric.used, SYMBOL_USE, "a contract that is used");
    if (s == NULL)
        return false;
    m->shown.use = s->at;
    if (d->u.metric.reported_by.text.len == 0 && d->u.metric.verifiers.count == 0 && !d->u.metric.has_dispute_days)
        return true;
    PROBLEM(c, "metric.used", d->name.span, "leave out `reported by`, `verified by` and `disputes within`",
            "`%.*s` comes from another contract: nobody reports, verifies or disputes it here", SLICE_ARG(d->name.text));
    return false;
}

/* Section 11: what was settled on a rule of this contract, by the bank's date: in money the sum, in dates the last day. It may vary by
 * a period, in whose member that date lies, and by nothing else. */
MUST_CHECK static bool take_settlements(struct checker *c, const struct ast_decl *d, struct metric *m)
{
    const struct symbol *s = check_symbol(c, &d->u.metric.of, SYMBOL_RULE, "a pay rule");
    uint32_t currency = 0;
    if (s == NULL)
        return false;
    bool is_by_date =
        m->shape.count == 0 || (m->shape.count == 1 && c->t->dimensions[m->shape.dims[0]].shown.kind == TERMS_PERIOD);
    if (!is_by_date || d->u.metric.where != NULL)
        PROBLEM(c, "metric.settlements", d->name.span, "sum them by a period, or not at all",
                "settlements of a rule vary by the bank's date alone, so by one period at most");
    else if (m->type.kind != TYPE_DATE && !type_is_money(c->t, &m->type, &currency))
        PROBLEM(c, "metric.settlements", d->u.metric.in.span, NULL,
                "settlements are money, or in `date` the day of the last one; this is %s", check_type_text(c, &m->type));
    else if (d->u.metric.reported_by.text.len > 0 || d->u.metric.verifiers.count > 0 || d->u.metric.has_dispute_days ||
             d->u.metric.until != NULL)
        PROBLEM(c, "metric.settlements", d->name.span, "leave out all that is said of results",
                "settlements are not reported as results are: `%.*s` has no reporter, verifier or last day",
                SLICE_ARG(d->name.text));
    else
        return true;
    return false;
}

MUST_CHECK static bool take_metric(struct checker *c, struct metric *m)
{
    const struct ast_decl *d = m->decl;
    if (!check_kind(c, &d->u.metric.in, &m->type) || !unit_as_written(c, &d->u.metric.in, &m->shown.unit))
        return false;
    m->shown.source = d->u.metric.source;
    m->shown.slug = d->u.metric.slug;
    m->shown.version = d->u.metric.version;
    m->shown.text = d->u.metric.text;
    m->shown.of = d->u.metric.of.text;
    m->shown.has_days = d->u.metric.has_silence || d->u.metric.final_days > 0;
    if (m->shown.source == AST_SOURCE_USED && !take_used(c, d, m))
        return false;
    if (!check_by(c, &d->u.metric.by, &m->shape, &m->dims))
        return false;
    m->shown.by = m->shape.dims;
    m->shown.by_count = m->shape.count;
    if (m->shown.source == AST_SOURCE_SETTLEMENTS)
        return take_settlements(c, d, m) && take_between(c, d, m);
    return take_where(c, d, m) && take_people(c, d, m) && take_between(c, d, m);
}

void check_metric_heads(struct checker *c)
{
    bool ok = true;
    for (uint32_t i = 0; i < c->t->metric_count && !c->failed; i++)
        ok = take_metric(c, &c->t->metrics[i]) && ok;
    (void) ok;
}

MUST_CHECK static bool check_metric_until(struct checker *c, struct metric *m)
{
    const struct ast_expr *e = m->decl->u.metric.until;
    struct scope scope = {.bound = m->dims, .what = "`until`"};
    if (e == NULL || m->until != NULL)
        return true;
    struct node *n = check_expr(c, &scope, e, NO_WORD);
    if (n == NULL || !check_is_kind(c, n, TYPE_DATE, "a date"))
        return false;
    m->until = n;
    return true;
}

bool check_metric_default(struct checker *c, uint32_t metric)
{
    struct metric *m = &c->t->metrics[metric];
    const struct ast_expr *e = m->decl->u.metric.missing, *late = m->decl->u.metric.late;
    if (!check_metric_until(c, m))
        return false;
    m->is_late = late != NULL;
    e = m->is_late ? late : e;
    if (e == NULL || m->missing != NULL)
        return true;
    struct scope scope = {.bound = m->dims, .what = "a default"};
    struct node *n = check_expr(c, &scope, e, m->type.kind == TYPE_WORD ? m->type.dimension : NO_WORD);
    if (n == NULL || !check_accepts(c, e->span, &m->decl->name, &m->type, &n->type))
        return false;
    m->missing = n;
    m->depth = n->depth;
    return true;
}
