/* Defines, pay rules and caps (language.md section 4). */
#include "check.h"

/* ---- defines ---- */

bool check_define(struct checker *c, uint32_t define, const struct ast_name *at)
{
    struct define *d = &c->t->defines[define];
    const struct ast_decl *decl = d->decl;
    struct scope scope = {.what = "a define"};
    if (d->state == DEFINE_DONE || d->state == DEFINE_WRONG)
        return d->state == DEFINE_DONE;
    if (d->state == DEFINE_OPEN) {
        if (!decl->u.define.has_kind)
            PROBLEM(c, "define.kind", at == NULL ? decl->name.span : at->span,
                    check_text(c, "say it where it is defined: `define %.*s in USD = ...`", SLICE_ARG(d->name)),
                    "`%.*s` refers to itself, so its kind must be said", SLICE_ARG(d->name));
        return decl->u.define.has_kind;
    }
    d->state = DEFINE_OPEN;
    if (decl->u.define.has_kind && !check_kind(c, &decl->u.define.in, &d->type)) {
        d->state = DEFINE_WRONG;
        return false;
    }
    uint32_t word = decl->u.define.has_kind && d->type.kind == TYPE_WORD ? d->type.dimension : NO_WORD;
    struct node *n = check_expr(c, &scope, decl->u.define.value, word);
    bool ok = n != NULL;
    if (ok && decl->u.define.has_kind)
        ok = check_accepts(c, decl->u.define.value->span, &decl->name, &d->type, &n->type);
    else if (ok)
        d->type = n->type;
    d->value = n;
    d->depth = n == NULL ? 0 : n->depth;
    d->state = ok ? DEFINE_DONE : DEFINE_WRONG;
    c->define_order[c->define_order_count++] = define;
    return ok;
}

/* ---- pay rules ---- */

MUST_CHECK static bool take_of(struct checker *c, const struct ast_decl *d, struct rule *r)
{
    const struct ast_ref *of = &d->u.pay.of;
    const struct symbol *s = check_symbol(c, &of->name, SYMBOL_METRIC, "a metric");
    dimension_set fixed = 0;
    struct scope scope = {.what = "the instances"};
    if (s == NULL)
        return false;
    struct metric *m = &c->t->metrics[s->at];
    if (!check_indexes(c, &scope, of->indexes, m->dims, true, s->name, &r->of_indexes, &fixed))
        return false;
    for (const struct node_index *i = r->of_indexes; i != NULL; i = i->next)
        if (i->expr != NULL) {
            PROBLEM(c, "rule.of", of->name.span, NULL, "the instances of a rule come from fixed members of a metric");
            return false;
        }
    if ((m->dims & ~fixed & ~r->dims) != 0) {
        PROBLEM(c, "dimension.unbound", of->name.span, "name all its dimensions after `for each`, or fix them by an index",
                "`%.*s` has dimensions that the rule has not", SLICE_ARG(s->name));
        return false;
    }
    for (uint32_t i = 0; i < r->shape.count; i++)
        if ((m->dims & dimension_bit(r->shape.dims[i])) == 0 && dimension_is_open(&c->t->dimensions[r->shape.dims[i]])) {
            PROBLEM(c, "dimension.open", d->u.pay.each.items[i].span, NULL,
                    "`%.*s` does not have `%.*s`, which is open and cannot be combined with everything", SLICE_ARG(s->name),
                    SLICE_ARG(c->t->dimensions[r->shape.dims[i]].shown.name));
            return false;
        }
    m->is_used = true;
    r->has_of = true;
    r->of = s->at;
    return true;
}

/* A party, or a dimension of the rule whose members are parties. */
MUST_CHECK static bool take_party(struct checker *c, const struct rule *r, const struct ast_name *name, uint32_t *party,
                                  uint32_t *dimension)
{
    const struct symbol *s = symbols_find(&c->t->symbols, name->text);
    *dimension = TERMS_NONE;
    if (s == NULL || s->kind != SYMBOL_DIMENSION) {
        s = check_symbol(c, name, SYMBOL_PARTY, "a party");
        *party = s == NULL ? TERMS_NONE : s->at;
        return s != NULL;
    }
    *party = check_dimension_party(c, s->at);
    *dimension = s->at;
    if (*party == TERMS_NONE)
        PROBLEM(c, "name.kind", name->span, NULL, "`%.*s` is not a party, nor are its members", SLICE_ARG(name->text));
    else if ((r->dims & dimension_bit(s->at)) == 0)
        PROBLEM(c, "dimension.unbound", name->span, check_text(c, "name it after `for each`"),
                "which member of `%.*s` it is, the instance does not say", SLICE_ARG(name->text));
    else
        return true;
    return false;
}

/* Could some instance pay itself? */
static bool pays_itself(const struct terms *t, const struct terms_rule *r)
{
    if (r->payer_dimension != TERMS_NONE && r->payee_dimension != TERMS_NONE)
        return r->payer_dimension == r->payee_dimension;
    uint32_t dim = r->payer_dimension == TERMS_NONE ? r->payee_dimension : r->payer_dimension;
    if (dim == TERMS_NONE)
        return r->payer == r->payee;
    struct slice party = t->parties[r->payer_dimension == TERMS_NONE ? r->payer : r->payee].name;
    return !dimension_is_open(&t->dimensions[dim]) && dimension_find(&t->dimensions[dim], party) != TERMS_NONE;
}

MUST_CHECK static bool take_rule(struct checker *c, struct rule *r)
{
    const struct ast_decl *d = r->decl;
    r->group = r->day_period = TERMS_NONE;
    r->shown.payer_dimension = r->shown.payee_dimension = TERMS_NONE;
    if (!check_by(c, &d->u.pay.each, &r->shape, &r->dims) ||
        !take_party(c, r, &d->u.pay.payer, &r->shown.payer, &r->shown.payer_dimension) ||
        !take_party(c, r, &d->u.pay.payee, &r->shown.payee, &r->shown.payee_dimension))
        return false;
    if (pays_itself(c->t, &r->shown)) {
        PROBLEM(c, "rule.parties", d->u.pay.payee.span, NULL, "`%.*s` would pay itself", SLICE_ARG(d->u.pay.payer.text));
        return false;
    }
    r->due_calendar = TERMS_NONE;
    if (d->u.pay.due_calendar.text.len > 0) {
        const struct symbol *calendar = check_symbol(c, &d->u.pay.due_calendar, SYMBOL_CALENDAR, "a calendar");
        if (calendar == NULL)
            return false;
        r->due_calendar = calendar->at;
        r->shown.due_calendar = calendar->name;
    }
    r->shown.each = r->shape.dims;
    r->shown.each_count = r->shape.count;
    r->shown.has_due = d->u.pay.has_due;
    r->shown.due = d->u.pay.due;
    r->shown.due_in_months = d->u.pay.due_in_months;
    r->shown.span = d->span;
    r->is_either_way = d->u.pay.either_way;
    r->is_never_back = d->u.pay.never_back;
    uint32_t periods = 0;
    for (uint32_t i = 0; i < r->shape.count; i++)
        if (c->t->dimensions[r->shape.dims[i]].shown.kind == TERMS_PERIOD) {
            r->day_period = r->shape.dims[i];
            periods++;
        }
    if (periods != 1)
        r->day_period = TERMS_NONE;
    return !d->u.pay.has_of || take_of(c, d, r);
}

void check_rule_heads(struct checker *c)
{
    bool ok = true;
    for (uint32_t i = 0; i < c->t->rule_count && !c->failed; i++) {
        ok = take_rule(c, &c->t->rules[i]) && ok;
        c->t->rules[i].shown.currency = c->t->currencies[0].code;
        c->t->rules[i].shown.smallest = c->t->currencies[0].smallest;
    }
    (void) ok;
}

MUST_CHECK static bool take_clause(struct checker *c, struct rule *r, const struct ast_expr *e, enum type_kind kind,
                                   const char *what, struct node **out)
{
    struct scope scope = {.bound = r->dims, .what = what};
    if (e == NULL)
        return true;
    struct node *n = check_expr(c, &scope, e, NO_WORD);
    if (n == NULL)
        return false;
    if (n->type.kind != kind) {
        PROBLEM(c, "types.wanted", e->span, NULL, "%s is %s, this is %s", what,
                kind == TYPE_DATE    ? "a date"
                : kind == TYPE_TRUTH ? "true or false"
                                     : "money",
                check_type_text(c, &n->type));
        return false;
    }
    r->depth = n->depth > r->depth ? n->depth : r->depth;
    *out = n;
    return true;
}

/* The currency of an amount: money of one, or a number as written, which is the main one's. */
MUST_CHECK static bool take_currency(struct checker *c, struct rule *r)
{
    const struct type *type = &r->amount->type;
    uint32_t currency = 0;
    if (!type->is_bare && !type->is_zero && !type_is_money(c->t, type, &currency)) {
        PROBLEM(c, "amount.money", r->amount->span,
                type->unit.count == 0
                    ? check_text(c, "say which factor is money: `%.*s 100 * ...`", SLICE_ARG(c->t->currencies[0].code))
                    : "multiply by an amount `per` that unit",
                "an amount is money, this is %s", check_type_text(c, type));
        return false;
    }
    if (r->is_assumed && currency != 0) {
        PROBLEM(c, "define.kind", r->amount->span,
                "say the kind of the define that refers to the rule: `define x in USD = ...`",
                "`%.*s` refers to itself and is not in the main currency", SLICE_ARG(r->shown.name));
        return false;
    }
    r->currency = currency;
    r->shown.currency = c->t->currencies[currency].code;
    r->shown.smallest = c->t->currencies[currency].smallest;
    return true;
}

bool check_rule(struct checker *c, uint32_t rule)
{
    struct rule *r = &c->t->rules[rule];
    const struct ast_decl *d = r->decl;
    if (r->state != DEFINE_UNSEEN)
        return r->state != DEFINE_WRONG;
    r->state = DEFINE_OPEN;
    bool ok = take_clause(c, r, d->u.pay.dated, TYPE_DATE, "the day of an instance", &r->dated);
    ok = take_clause(c, r, d->u.pay.when, TYPE_TRUTH, "a condition", &r->when) && ok;
    ok = take_clause(c, r, d->u.pay.amount, TYPE_NUMBER, "an amount", &r->amount) && ok;
    ok = take_clause(c, r, d->u.pay.not_before, TYPE_DATE, "`not before`", &r->not_before) && ok;
    ok = ok && take_currency(c, r);
    r->state = ok ? DEFINE_DONE : DEFINE_WRONG;
    return ok;
}

void check_settlements(struct checker *c)
{
    for (uint32_t i = 0; i < c->t->metric_count; i++) {
        const struct metric *m = &c->t->metrics[i];
        const struct symbol *s =
            m->shown.source == AST_SOURCE_SETTLEMENTS ? symbols_find(&c->t->symbols, m->shown.of) : NULL;
        uint32_t currency = 0;
        if (s == NULL || s->kind != SYMBOL_RULE || !type_is_money(c->t, &m->type, &currency) ||
            c->t->rules[s->at].state != DEFINE_DONE || c->t->rules[s->at].currency == currency)
            continue;
        PROBLEM(c, "units.differ", m->decl->u.metric.in.span, NULL, "`%.*s` pays in %.*s", SLICE_ARG(s->name),
                SLICE_ARG(c->t->rules[s->at].shown.currency));
    }
}

/* ---- caps ---- */

static bool is_whole(const struct currency *k, mpq_srcptr money)
{
    mpq_t ratio;
    mpq_init(ratio);
    mpq_div(ratio, money, k->unit);
    bool is_whole = number_is_whole(ratio) && mpq_sgn(money) >= 0;
    mpq_clear(ratio);
    return is_whole;
}

MUST_CHECK static bool take_whole(struct checker *c, const struct cap *cap, bool is_whole, struct span span)
{
    const struct currency *k = &c->t->currencies[cap->currency];
    if (!is_whole)
        PROBLEM(c, "cap.smallest", span, NULL, "a cap is a whole number of %.*s %.*s, not below zero", SLICE_ARG(k->code),
                SLICE_ARG(k->smallest));
    return is_whole;
}

/* Every cell is; a large table may stand in many caps, and is gone through for the first. */
static bool table_is_whole(struct checker *c, uint32_t table, const struct currency *k)
{
    const struct table *t = &c->t->tables[table];
    bool whole = c->table_amounts[table] != TABLE_BROKEN;
    for (uint64_t i = 0; c->table_amounts[table] == TABLE_UNSEEN && whole && i < t->shape.cells; i++)
        whole = is_whole(k, t->cells[i].number);
    c->table_amounts[table] = whole ? TABLE_WHOLE : TABLE_BROKEN;
    return whole;
}

MUST_CHECK static bool cap_table(struct checker *c, const struct ast_decl *d, struct cap *cap, dimension_set per)
{
    const struct symbol *s = check_symbol(c, &d->u.cap.table, SYMBOL_TABLE, "a table");
    if (s == NULL)
        return false;
    struct table *table = &c->t->tables[s->at];
    table->is_used = true;
    cap->table = s->at;
    if (table->cells == NULL) /* what is wrong with it has been reported */
        return false;
    if (table->dims != per || !type_is_money(c->t, &table->type, &cap->currency)) {
        PROBLEM(c, "cap.table", d->u.cap.table.span, NULL, "the table of a cap is in money, by the dimensions after `per`");
        return false;
    }
    cap->per = table->shape;
    return take_whole(c, cap, table_is_whole(c, s->at, &c->t->currencies[cap->currency]), d->u.cap.table.span);
}

MUST_CHECK static bool cap_money(struct checker *c, const struct ast_decl *d, struct cap *cap, dimension_set per)
{
    if (d->u.cap.table.text.len > 0)
        return cap_table(c, d, cap, per);
    cap->money = check_constant(c);
    if (cap->money == NULL || (d->u.cap.code.text.len > 0 && !check_currency(c, &d->u.cap.code, &cap->currency)))
        return false;
    bool is_read = number_parse(d->u.cap.number.digits, cap->money); /* the lexer takes no more digits than these take */
    ENSURE(is_read);
    return take_whole(c, cap, is_whole(&c->t->currencies[cap->currency], cap->money), d->u.cap.number.span);
}

MUST_CHECK static bool cap_rule(struct checker *c, const struct ast_name *name, const struct cap *cap, dimension_set per,
                                uint32_t *rule)
{
    const struct symbol *s = check_symbol(c, name, SYMBOL_RULE, "a pay rule");
    if (s == NULL)
        return false;
    struct rule *r = &c->t->rules[s->at];
    *rule = s->at;
    if (r->state != DEFINE_DONE)
        return false; /* reported where it went wrong */
    for (uint32_t i = 0; i < cap->per.count; i++) {
        uint32_t dim = cap->per.dims[i];
        if ((per & dimension_bit(dim) & ~r->dims) == 0 || c->t->dimensions[dim].shown.kind == TERMS_PERIOD)
            continue;
        PROBLEM(c, "dimension.unbound", name->span, "only a period may stand after `per` that the rule has not",
                "`%.*s` is not by `%.*s`", SLICE_ARG(s->name), SLICE_ARG(c->t->dimensions[dim].shown.name));
        return false;
    }
    if (r->currency == cap->currency)
        return true;
    PROBLEM(c, "units.differ", name->span, NULL, "the cap is in %.*s, `%.*s` pays in %.*s",
            SLICE_ARG(c->t->currencies[cap->currency].code), SLICE_ARG(s->name), SLICE_ARG(r->shown.currency));
    return false;
}

MUST_CHECK static bool take_cap(struct checker *c, const struct ast_decl *d, struct cap *cap)
{
    dimension_set per = 0;
    cap->span = d->span;
    if (!check_by(c, &d->u.cap.per, &cap->per, &per) || !cap_money(c, d, cap, per))
        return false;
    uint32_t *rules = CHECK_NEW(c, d->u.cap.on.count, uint32_t);
    if (rules == NULL)
        return false;
    for (uint32_t i = 0; i < d->u.cap.on.count; i++) {
        if (!cap_rule(c, &d->u.cap.on.items[i], cap, per, &rules[i]))
            return false;
        for (uint32_t j = 0; j < i; j++)
            if (rules[j] == rules[i]) {
                PROBLEM(c, "name.twice", d->u.cap.on.items[i].span, NULL, "this rule is named twice");
                return false;
            }
    }
    cap->rules = rules;
    cap->rule_count = d->u.cap.on.count;
    return true;
}

/* Rules joined by caps, directly or through others, form one group. */
static void join_groups(struct terms *t)
{
    bool changed = true;
    for (uint32_t i = 0; i < t->cap_count; i++)
        for (uint32_t j = 0; j < t->caps[i].rule_count; j++)
            t->rules[t->caps[i].rules[j]].group = t->caps[i].rules[j];
    while (changed) {
        changed = false;
        for (uint32_t i = 0; i < t->cap_count; i++)
            for (uint32_t j = 1; j < t->caps[i].rule_count; j++) {
                uint32_t *a = &t->rules[t->caps[i].rules[j - 1]].group, *b = &t->rules[t->caps[i].rules[j]].group;
                changed = changed || *a != *b;
                *a = *b = *a < *b ? *a : *b;
            }
    }
}

/* Each rule's own caps. */
MUST_CHECK static bool list_caps(struct checker *c)
{
    struct terms *t = c->t;
    uint32_t **lists = CHECK_NEW(c, t->rule_count, uint32_t *);
    if (lists == NULL)
        return false;
    for (uint32_t i = 0; i < t->cap_count; i++)
        for (uint32_t j = 0; j < t->caps[i].rule_count; j++)
            t->rules[t->caps[i].rules[j]].cap_count++;
    for (uint32_t r = 0; r < t->rule_count; r++) {
        lists[r] = CHECK_NEW(c, t->rules[r].cap_count, uint32_t);
        if (lists[r] == NULL)
            return false;
        t->rules[r].caps = lists[r];
        t->rules[r].cap_count = 0;
    }
    for (uint32_t i = 0; i < t->cap_count; i++)
        for (uint32_t j = 0; j < t->caps[i].rule_count; j++) {
            uint32_t r = t->caps[i].rules[j];
            lists[r][t->rules[r].cap_count++] = i;
        }
    return true;
}

void check_caps(struct checker *c)
{
    bool ok = true;
    c->table_amounts = check_alloc(c, c->t->table_count, sizeof *c->table_amounts);
    for (const struct ast_decl *d = c->t->ast->declarations; d != NULL && !c->failed; d = d->next)
        if (d->kind == AST_CAP)
            ok = take_cap(c, d, &c->t->caps[c->t->cap_count++]) && ok;
    if (ok && c->diags->errors == 0 && list_caps(c))
        join_groups(c->t);
}
