/* What is allowed and still deserves a word (language.md section 8). */
#include "check.h"

/* ---- walking ---- */

void check_visit(struct checker *c, const struct node *n, node_visit *f, void *with)
{
    if (n == NULL)
        return;
    f(c, n, with);
    check_visit(c, n->a, f, with);
    check_visit(c, n->b, f, with);
    check_visit(c, n->c, f, with);
    if (n->op == NODE_MIN || n->op == NODE_MAX)
        for (uint32_t i = 0; i < n->u.list.count; i++)
            check_visit(c, n->u.list.args[i], f, with);
    if (node_has_rows(n))
        for (uint32_t i = 0; i < n->u.rows.count; i++) {
            check_visit(c, n->u.rows.rows[i].at, f, with);
            check_visit(c, n->u.rows.rows[i].value, f, with);
        }
    if (node_is_ref(n))
        for (const struct node_index *i = n->u.ref.indexes; i != NULL; i = i->next)
            check_visit(c, i->expr, f, with);
}

/* ---- the header and the parties ---- */

static void warn_header(struct checker *c)
{
    const struct terms *t = c->t;
    if (!t->ast->has_closes)
        WARNING(c, "warning.closes", t->ast->slug_span, "add `closes YYYY-MM-DD` after `runs`",
                "the contract never closes: amounts may change for ever");
    if (t->signers == NULL)
        WARNING(c, "warning.force", t->ast->slug_span, "add `in force when ... have signed`",
                "nothing says who must sign, so every party must");
}

static const struct ast_decl *declaration_of(const struct terms *t, enum ast_decl_kind kind, struct slice name)
{
    for (const struct ast_decl *d = t->ast->declarations; d != NULL; d = d->next)
        if (d->kind == kind && slice_equal(d->name.text, name))
            return d;
    return NULL; /* not covered: what is asked for is declared */
}

static bool has_a_part(const struct terms *t, uint32_t party)
{
    bool has = false;
    for (uint32_t i = 0; i < t->metric_count; i++) {
        const struct terms_metric *m = &t->metrics[i].shown;
        for (uint32_t j = 0; j < m->reporter_count; j++)
            has = has || m->reporters[j] == party;
        for (uint32_t j = 0; j < m->verifier_count; j++)
            has = has || m->verifiers[j] == party;
    }
    return has;
}

/* Is it that party, or a member of the dimension that stands in its place? */
static bool takes_part(const struct terms *t, uint32_t party, uint32_t dimension, uint32_t i)
{
    if (dimension == TERMS_NONE || dimension_is_open(&t->dimensions[dimension]))
        return party == i;
    return dimension_find(&t->dimensions[dimension], t->parties[i].name) != TERMS_NONE;
}

/* A party with an office (evaluator, auditor) or that reports or verifies need not be paid. */
static void warn_parties(struct checker *c)
{
    const struct terms *t = c->t;
    for (uint32_t i = 0; i < t->party_count; i++) {
        bool is_paid = t->parties[i].role == AST_EVALUATOR || t->parties[i].role == AST_AUDITOR || has_a_part(t, i);
        for (uint32_t j = 0; j < t->rule_count; j++)
            is_paid = is_paid || takes_part(t, t->rules[j].shown.payer, t->rules[j].shown.payer_dimension, i) ||
                      takes_part(t, t->rules[j].shown.payee, t->rules[j].shown.payee_dimension, i);
        const struct ast_decl *d = is_paid ? NULL : declaration_of(t, AST_PARTY, t->parties[i].name);
        if (d != NULL)
            WARNING(c, "warning.party", d->name.span, NULL, "`%.*s` never pays nor is paid", SLICE_ARG(t->parties[i].name));
    }
}

static void warn_arbiter(struct checker *c)
{
    const struct terms *t = c->t;
    for (const struct ast_decl *d = t->ast->declarations; d != NULL; d = d->next) {
        if (d->kind != AST_DISPUTES)
            continue;
        uint32_t arbiter = terms_find_party(t, d->u.disputes.by.text);
        for (uint32_t i = 0; i < t->rule_count; i++) {
            const struct terms_rule *r = &t->rules[i].shown;
            bool pays = takes_part(t, r->payer, r->payer_dimension, arbiter);
            if (!pays && !takes_part(t, r->payee, r->payee_dimension, arbiter))
                continue;
            WARNING(c, "warning.arbiter", d->u.disputes.by.span, NULL, "`%.*s` decides disputes and %s by `%.*s`",
                    SLICE_ARG(d->u.disputes.by.text), pays ? "pays" : "is paid", SLICE_ARG(r->name));
            return;
        }
    }
}

/* ---- metrics ---- */

static void warn_metrics(struct checker *c)
{
    const struct terms *t = c->t;
    for (uint32_t i = 0; i < t->metric_count; i++) {
        const struct metric *m = &t->metrics[i];
        if (m->is_used && m->shown.verifier_count > 0 && !m->decl->u.metric.has_silence)
            WARNING(c, "warning.silence", m->decl->name.span,
                    "say what holds then: `verified by ... or 30 days of silence`",
                    "`%.*s` waits for as long as %s not verified it", SLICE_ARG(m->shown.name),
                    m->shown.quorum > 1 ? "those who must have" : "its verifier has");
        if (!m->is_used)
            WARNING(c, "warning.unused", m->decl->name.span, NULL, "nothing uses `%.*s`", SLICE_ARG(m->shown.name));
        if (m->is_used && m->shown.reporter_count > 1)
            WARNING(c, "warning.reporters", m->decl->name.span, "let one report, or verify what both have reported",
                    "several report `%.*s`: the first result to be verified counts", SLICE_ARG(m->shown.name));
        if (m->is_used && m->shown.source < AST_SOURCE_USED && m->shown.verifier_count == 0 &&
            !m->decl->u.metric.has_dispute_days)
            WARNING(c, "warning.final", m->decl->name.span, "add `verified by ...` or `disputes within 30 days`",
                    "`%.*s` is final when submitted and cannot be disputed", SLICE_ARG(m->shown.name));
    }
}

static void percent_step(struct checker *c, const struct node *n, void *with)
{
    (void) with;
    const struct node *x = n->op == NODE_STEP ? n->a : NULL;
    while (x != NULL && x->op == NODE_DEFINE) /* another name for it */
        x = c->t->defines[x->u.ref.target].value;
    if (x != NULL && x->op == NODE_METRIC && x->type.flavour == FLAVOUR_PERCENT)
        WARNING(c, "warning.percent", n->a->span, "report the two figures and divide here: 8.46 rounded by hand is 8.5",
                "a metric in percent decides the row of a step");
}

static void warn_percents(struct checker *c)
{
    const struct terms *t = c->t;
    for (uint32_t i = 0; i < t->metric_count; i++)
        check_visit(c, t->metrics[i].missing, percent_step, NULL);
    for (uint32_t i = 0; i < t->define_count; i++)
        check_visit(c, t->defines[i].value, percent_step, NULL);
    for (uint32_t i = 0; i < t->rule_count; i++) {
        check_visit(c, t->rules[i].amount, percent_step, NULL);
        check_visit(c, t->rules[i].when, percent_step, NULL);
    }
}

/* ---- who is paid by what it reports ---- */

struct reached { /* metrics and defines that a rule's amount comes from */
    bool *metrics, *defines, *rules;
    bool *found;     /* metrics of which only counts whether, and when, there is a result */
    uint8_t *warned; /* by metric: of what, once is enough */
    bool *paid;      /* parties that the rule pays as members of a dimension */
};

enum { WARNED_ALONE = 1, WARNED_BACK = 2, WARNED_CARRY = 4, WARNED_SILENT = 8 };

static void mark(struct checker *c, const struct node *n, void *with);

static void mark_rule(struct checker *c, const struct rule *rule, struct reached *r)
{
    const struct node *clauses[] = {rule->amount, rule->when, rule->dated, rule->not_before};
    for (size_t i = 0; i < sizeof clauses / sizeof clauses[0]; i++)
        check_visit(c, clauses[i], mark, r);
    if (rule->has_of)
        r->found[rule->of] = true;
}

static void mark(struct checker *c, const struct node *n, void *with)
{
    struct reached *r = with;
    const struct terms *t = c->t;
    if (n->op == NODE_SUBMITTED)
        r->found[n->u.ref.target] = true;
    if ((n->op == NODE_AGGREGATE || n->op == NODE_PORTION) && n->u.aggregate.has_of)
        r->found[n->u.aggregate.of] = true;
    if (n->op == NODE_METRIC && !r->metrics[n->u.ref.target]) {
        r->metrics[n->u.ref.target] = true;
        check_visit(c, t->metrics[n->u.ref.target].missing, mark, r);
    }
    if (n->op == NODE_DEFINE && !r->defines[n->u.ref.target]) {
        r->defines[n->u.ref.target] = true;
        check_visit(c, t->defines[n->u.ref.target].value, mark, r);
    }
    if (n->op == NODE_RULE && !r->rules[n->u.ref.target]) {
        r->rules[n->u.ref.target] = true;
        mark_rule(c, &t->rules[n->u.ref.target], r);
    }
}

/* Nobody but the payee stands behind the figure. */
static bool alone_behind(const struct terms_metric *m, uint32_t payee)
{
    bool reports = m->reporter_count == 0;
    for (uint32_t i = 0; i < m->reporter_count; i++)
        reports = reports || m->reporters[i] == payee;
    bool verifies_alone = false; /* nobody else need verify it */
    for (uint32_t i = 0; m->quorum == 1 && i < m->verifier_count; i++)
        verifies_alone = verifies_alone || m->verifiers[i] == payee;
    return (reports && m->verifier_count == 0) || verifies_alone;
}

static bool is_reporter(const struct terms_metric *m, uint32_t party)
{
    bool reports = m->reporter_count == 0;
    for (uint32_t i = 0; i < m->reporter_count; i++)
        reports = reports || m->reporters[i] == party;
    return reports;
}

static void find_prior(struct checker *c, const struct node *n, void *with)
{
    (void) c;
    *(bool *) with = *(bool *) with || n->op == NODE_PRIOR;
}

/* What a payee of a rule can do with a metric that pays it. */
static unsigned payee_can(struct checker *c, const struct rule *rule, uint32_t payee, const struct metric *m,
                          bool has_value)
{
    bool is_alone = m->shown.source < AST_SOURCE_USED && alone_behind(&m->shown, payee), carries = false;
    unsigned of = (is_alone ? WARNED_ALONE : 0u) | (is_alone && rule->is_never_back ? WARNED_BACK : 0u);
    if (!has_value || m->shown.source >= AST_SOURCE_USED) /* what others say, and the bank, nobody stops reporting */
        return of;
    check_visit(c, m->missing, find_prior, &carries);
    return of | (carries && is_reporter(&m->shown, payee) ? WARNED_CARRY : 0u) |
           (m->missing == NULL && rule->is_either_way && m->shown.reporter_count > 0 && is_reporter(&m->shown, payee)
                ? WARNED_SILENT
                : 0u);
}

static void warn_payee(struct checker *c, const struct rule *rule, uint32_t party, const struct metric *m, unsigned of)
{
    struct slice payee = c->t->parties[party].name, name = m->shown.name;
    struct span at = m->decl->name.span;
    if ((of & WARNED_ALONE) != 0)
        WARNING(c, "warning.payee", at, "let somebody else verify it",
                "`%.*s` is paid by `%.*s` and stands alone behind `%.*s`", SLICE_ARG(payee), SLICE_ARG(rule->shown.name),
                SLICE_ARG(name));
    if ((of & WARNED_BACK) != 0)
        WARNING(c, "warning.back", rule->decl->name.span, "leave out `never back`, or let somebody else verify it",
                "what `%.*s` gets by `%.*s`, behind which it stands alone, never comes back", SLICE_ARG(payee),
                SLICE_ARG(name));
    if ((of & WARNED_CARRY) != 0)
        WARNING(c, "warning.carry", m->missing->span, "carry on a part of it, or use 0",
                "`%.*s` can stop reporting `%.*s` after its best time", SLICE_ARG(payee), SLICE_ARG(name));
    if ((of & WARNED_SILENT) != 0)
        WARNING(c, "warning.silent", at, "say what holds then: `if missing use ...`",
                "`%.*s` can stay silent about `%.*s`, and `%.*s`, which may be below zero, waits", SLICE_ARG(payee),
                SLICE_ARG(name), SLICE_ARG(rule->shown.name));
}

static void warn_of_payee(struct checker *c, const struct rule *rule, uint32_t payee, uint32_t m, struct reached *r)
{
    const struct metric *metric = &c->t->metrics[m];
    unsigned of = payee_can(c, rule, payee, metric, r->metrics[m]) & ~(unsigned) r->warned[m];
    r->warned[m] = (uint8_t) (r->warned[m] | of);
    warn_payee(c, rule, payee, metric, of);
}

/* Of many payees only those can do something that stand behind the figure; where nobody is named, any of them. */
static void warn_of_payees(struct checker *c, const struct rule *rule, uint32_t m, struct reached *r)
{
    const struct terms_metric *shown = &c->t->metrics[m].shown;
    uint32_t first = 0;
    while (shown->reporter_count == 0 && first < c->t->party_count && !r->paid[first])
        first++;
    if (shown->reporter_count == 0 && first < c->t->party_count)
        warn_of_payee(c, rule, first, m, r);
    for (uint32_t i = 0; i < shown->reporter_count; i++)
        if (shown->reporters[i] < c->t->party_count && r->paid[shown->reporters[i]])
            warn_of_payee(c, rule, shown->reporters[i], m, r);
    for (uint32_t i = 0; shown->quorum == 1 && i < shown->verifier_count; i++)
        if (r->paid[shown->verifiers[i]])
            warn_of_payee(c, rule, shown->verifiers[i], m, r);
}

static void warn_payees(struct checker *c)
{
    const struct terms *t = c->t;
    struct reached r = {CHECK_NEW(c, t->metric_count, bool),    CHECK_NEW(c, t->define_count, bool),
                        CHECK_NEW(c, t->rule_count, bool),      CHECK_NEW(c, t->metric_count, bool),
                        CHECK_NEW(c, t->metric_count, uint8_t), CHECK_NEW(c, t->party_count, bool)};
    if (c->failed)
        return;
    for (uint32_t i = 0; i < t->rule_count; i++) {
        const struct terms_rule *rule = &t->rules[i].shown;
        bool is_list = rule->payee_dimension != TERMS_NONE && !dimension_is_open(&t->dimensions[rule->payee_dimension]);
        memset(r.metrics, 0, t->metric_count * sizeof(bool));
        memset(r.found, 0, t->metric_count * sizeof(bool));
        memset(r.defines, 0, t->define_count * sizeof(bool));
        memset(r.rules, 0, t->rule_count * sizeof(bool));
        mark_rule(c, &t->rules[i], &r);
        for (uint32_t p = 0; is_list && p < t->party_count; p++)
            r.paid[p] = takes_part(t, rule->payee, rule->payee_dimension, p);
        for (uint32_t m = 0; m < t->metric_count; m++) {
            if (!r.metrics[m] && !r.found[m])
                continue;
            if (is_list)
                warn_of_payees(c, &t->rules[i], m, &r);
            else
                warn_of_payee(c, &t->rules[i], rule->payee, m, &r);
        }
    }
}

void check_warn(struct checker *c)
{
    check_warn_exposure(c);
    warn_header(c);
    warn_parties(c);
    warn_arbiter(c);
    warn_metrics(c);
    warn_percents(c);
    warn_payees(c);
    check_warn_rules(c);
}
