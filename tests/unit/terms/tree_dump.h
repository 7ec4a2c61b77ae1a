/* A tree as a small text, for tests: two trees are equal when their dumps are. Spans are left out. */
#ifndef TALLY_TESTS_TREE_DUMP_H
#define TALLY_TESTS_TREE_DUMP_H

#include "tally/ast.h"
#include "tally/instant.h"

static inline void dump_expr(struct buf *o, const struct ast_expr *e);

static inline void dump_day(struct buf *o, int32_t day)
{
    char text[DAY_TEXT_LEN + 1];
    day_format(day, text);
    buf_add_str(o, text);
}

static inline void dump_names(struct buf *o, const struct ast_names *names)
{
    buf_add_char(o, '{');
    for (uint32_t i = 0; i < names->count; i++)
        buf_printf(o, "%s%.*s", i > 0 ? " " : "", SLICE_ARG(names->items[i].text));
    buf_add_char(o, '}');
}

static inline void dump_key(struct buf *o, const struct ast_key *k)
{
    if (k->kind == AST_KEY_NAME)
        buf_add_slice(o, k->name);
    else if (k->kind == AST_KEY_NUMBER)
        buf_add_i64(o, k->number);
    else if (k->kind == AST_KEY_DATE)
        dump_day(o, k->day);
    else
        dump_expr(o, k->expr);
}

static inline void dump_ref(struct buf *o, const struct ast_ref *r)
{
    buf_add_slice(o, r->name.text);
    for (const struct ast_index *i = r->indexes; i != NULL; i = i->next) {
        buf_printf(o, "[%.*s:", SLICE_ARG(i->dimension.text));
        dump_key(o, &i->key);
        buf_add_char(o, ']');
    }
}

static inline void dump_amount(struct buf *o, const struct ast_expr *e)
{
    static const char *const forms[] = {"", "%", " unit ", " cal "};
    if (e->u.amount.code.text.len != 0)
        buf_printf(o, "%.*s ", SLICE_ARG(e->u.amount.code.text));
    buf_printf(o, "%.*s%s%.*s", SLICE_ARG(e->u.amount.number.digits), forms[e->u.amount.form],
               SLICE_ARG(e->u.amount.name.text));
}

static inline void dump_call(struct buf *o, const struct ast_expr *e)
{
    static const char *const names[] = {"min", "max", "abs", "clamp", "round", "years", "days", "fraction", "submitted"};
    static const char *const modes[] = {"half even", "half up", "up", "down"};
    static const char *const counts[] = {"actual_365", "actual_360", "thirty_e_360", "actual_actual"};
    buf_printf(o, "%s", names[e->u.call.function]);
    for (uint32_t i = 0; i < e->u.call.arg_count; i++) {
        buf_add_char(o, ' ');
        dump_expr(o, e->u.call.args[i]);
    }
    if (e->u.call.function == AST_FN_ROUND)
        buf_printf(o, " %s", modes[e->u.call.mode]);
    if (e->u.call.function == AST_FN_FRACTION)
        buf_printf(o, " %s", counts[e->u.call.daycount]);
    if (e->u.call.function == AST_FN_DAYS)
        buf_printf(o, " %.*s", SLICE_ARG(e->u.call.calendar.text));
    if (e->u.call.function == AST_FN_SUBMITTED) {
        buf_add_char(o, ' ');
        dump_ref(o, &e->u.call.ref);
    }
}

static inline void dump_rows(struct buf *o, const struct ast_expr *e)
{
    static const char *const bounds[] = {">=", ">", "<=", "<"};
    buf_printf(o, "%s%u ", e->kind == AST_STEP ? "step" : e->kind == AST_LINEAR ? "linear" : "bands", e->u.rows.row_count);
    dump_expr(o, e->a);
    for (const struct ast_row *r = e->u.rows.rows; r != NULL; r = r->next) {
        buf_printf(o, " %s", e->kind == AST_STEP ? bounds[r->bound] : "at");
        dump_expr(o, r->at);
        buf_add_str(o, ":");
        dump_expr(o, r->value);
    }
    if (e->kind == AST_STEP) {
        buf_add_str(o, " else:");
        dump_expr(o, e->c);
    }
    if (e->kind == AST_LINEAR)
        buf_add_str(o, e->u.rows.is_extended ? " extended" : " flat");
}

static inline void dump_aggregate(struct buf *o, const struct ast_expr *e)
{
    static const char *const names[] = {"sum", "mean", "min", "max", "first", "last", "share", "count", "best", "portion"};
    buf_printf(o, "%s-over", names[e->u.aggregate.what]);
    if (e->u.aggregate.what == AST_AGG_BEST)
        buf_printf(o, " %u", e->u.aggregate.k);
    if (e->a != NULL)
        buf_add_char(o, ' ');
    dump_expr(o, e->a);
    if (e->b != NULL)
        buf_add_str(o, " weight ");
    dump_expr(o, e->b);
    for (const struct ast_over *v = e->u.aggregate.over; v != NULL; v = v->next) {
        buf_printf(o, " /%.*s%s", SLICE_ARG(v->dimension.text), v->so_far ? "~" : "");
        if (v->last != 0)
            buf_printf(o, "-%u", v->last);
    }
    if (e->u.aggregate.has_of) {
        buf_add_str(o, " of ");
        dump_ref(o, &e->u.aggregate.of);
    }
    if (e->c != NULL)
        buf_add_str(o, " where ");
    dump_expr(o, e->c);
}

static inline void dump_operands(struct buf *o, const char *name, const struct ast_expr *a, const struct ast_expr *b,
                                 const struct ast_expr *c)
{
    buf_add_str(o, name);
    const struct ast_expr *parts[] = {a, b, c};
    for (int i = 0; i < 3; i++) {
        if (parts[i] != NULL)
            buf_add_char(o, ' ');
        dump_expr(o, parts[i]);
    }
}

static inline void dump_inside(struct buf *o, const struct ast_expr *e)
{
    static const char *const ops[] = {"neg", "not", "+", "-", "*", "/", "^", "=", "<>", "<", "<=", ">", ">=", "and", "or"};
    static const char *const whats[] = {"start", "end", "number"};
    switch (e->kind) {
    case AST_NUMBER:
        dump_amount(o, e);
        break;
    case AST_DATE:
        dump_day(o, e->u.day);
        break;
    case AST_BOOL:
        buf_add_str(o, e->u.truth ? "true" : "false");
        break;
    case AST_RATE:
        buf_printf(o, "rate %.*s%s%.*s per %.*s", SLICE_ARG(e->u.rate.code.text), e->u.rate.code.text.len > 0 ? " " : "",
                   SLICE_ARG(e->u.rate.number.digits), SLICE_ARG(e->u.rate.unit.text));
        dump_operands(o, "", e->a, NULL, NULL);
        break;
    case AST_DATEOF:
        buf_printf(o, "%s-of %.*s", whats[e->u.dateof.what],
                   SLICE_ARG(e->u.dateof.name.text.len > 0 ? e->u.dateof.name.text : SLICE("CONTRACT")));
        break;
    case AST_REF:
        dump_ref(o, &e->u.ref);
        break;
    case AST_UNARY:
    case AST_BINARY:
        dump_operands(o, ops[e->op], e->a, e->b, NULL);
        break;
    case AST_IN:
        dump_operands(o, "in", e->a, NULL, NULL);
        buf_add_char(o, ' ');
        dump_names(o, &e->u.in);
        break;
    case AST_MOVE:
        dump_operands(o, e->u.is_before ? "before" : "after", e->a, e->b, NULL);
        break;
    case AST_IF:
        dump_operands(o, "if", e->a, e->b, e->c);
        break;
    case AST_CALL:
        dump_call(o, e);
        break;
    case AST_STEP:
    case AST_LINEAR:
    case AST_BANDS:
        dump_rows(o, e);
        break;
    case AST_AGGREGATE:
        dump_aggregate(o, e);
        break;
    case AST_PRIOR:
        buf_printf(o, "prior %.*s", SLICE_ARG(e->u.prior.text));
        dump_operands(o, "", e->a, e->b, NULL);
        break;
    }
}

static inline void dump_expr(struct buf *o, const struct ast_expr *e)
{
    if (e == NULL)
        return;
    bool is_plain = e->kind == AST_REF || e->kind == AST_DATE || e->kind == AST_BOOL ||
                    (e->kind == AST_NUMBER && e->u.amount.form <= AST_AMOUNT_PERCENT);
    if (!is_plain)
        buf_add_char(o, '(');
    dump_inside(o, e);
    if (!is_plain)
        buf_add_char(o, ')');
}

/* " word expr", where there is one */
static inline void dump_clause(struct buf *o, const char *word, const struct ast_expr *e)
{
    if (e == NULL)
        return;
    buf_printf(o, " %s ", word);
    dump_expr(o, e);
}

static inline void dump_kind(struct buf *o, const struct ast_kindname *k)
{
    buf_printf(o, "%s%s%.*s%s%.*s", k->is_number ? "NUMBER" : "", k->is_truth ? "TRUTH" : "", SLICE_ARG(k->unit.text),
               k->per.text.len > 0 ? "/" : "", SLICE_ARG(k->per.text));
}

static inline void dump_literal(struct buf *o, const struct ast_literal *l)
{
    if (l->is_negative)
        buf_add_char(o, '-');
    if (l->kind == AST_LITERAL_DATE)
        dump_day(o, l->day);
    else if (l->kind == AST_LITERAL_BOOL)
        buf_add_str(o, l->truth ? "true" : "false");
    else if (l->kind == AST_LITERAL_NAME)
        buf_add_slice(o, l->name);
    else
        buf_printf(o, "%.*s%s", SLICE_ARG(l->number.digits), l->kind == AST_LITERAL_PERCENT ? "%" : "");
}

static inline void dump_spans(struct buf *o, const struct ast_spans *s)
{
    for (; s != NULL; s = s->next) {
        buf_add_char(o, ' ');
        dump_day(o, s->from);
        buf_add_str(o, "..");
        dump_day(o, s->to);
    }
}

static inline void dump_metric(struct buf *o, const struct ast_decl *d)
{
    static const char *const sources[] = {"indicator", "text", "used", "settlements"};
    buf_printf(o, " %s %.*s", sources[d->u.metric.source], SLICE_ARG(d->u.metric.slug));
    buf_printf(o, "%.*s%.*s", SLICE_ARG(d->u.metric.text), SLICE_ARG(d->u.metric.of.text));
    if (d->u.metric.source == AST_SOURCE_INDICATOR)
        buf_printf(o, " v%u", d->u.metric.version);
    if (d->u.metric.source == AST_SOURCE_USED)
        buf_printf(o, " of %.*s", SLICE_ARG(d->u.metric.used.text));
    for (const struct ast_where *w = d->u.metric.where; w != NULL; w = w->next) {
        buf_printf(o, " where %.*s=", SLICE_ARG(w->dimension.text));
        dump_key(o, &w->key);
    }
    buf_add_str(o, " in ");
    dump_kind(o, &d->u.metric.in);
    dump_clause(o, "between", d->u.metric.between_low);
    dump_clause(o, "and", d->u.metric.between_high);
    buf_add_str(o, " by ");
    dump_names(o, &d->u.metric.by);
    buf_printf(o, " reported %.*s|%.*s", SLICE_ARG(d->u.metric.reported_by.text), SLICE_ARG(d->u.metric.or_by.text));
    dump_clause(o, "until", d->u.metric.until);
    buf_printf(o, " verified %u of ", d->u.metric.quorum);
    dump_names(o, &d->u.metric.verifiers);
    if (d->u.metric.has_silence)
        buf_printf(o, " silence %u", d->u.metric.silence_days);
    buf_printf(o, " final %u", d->u.metric.final_days);
    if (d->u.metric.has_dispute_days)
        buf_printf(o, " disputes %u", d->u.metric.dispute_days);
    dump_clause(o, "missing", d->u.metric.missing);
    dump_clause(o, "late", d->u.metric.late);
}

static inline void dump_pay(struct buf *o, const struct ast_decl *d)
{
    buf_printf(o, " %.*s>%.*s each ", SLICE_ARG(d->u.pay.payer.text), SLICE_ARG(d->u.pay.payee.text));
    dump_names(o, &d->u.pay.each);
    if (d->u.pay.has_of) {
        buf_add_str(o, " of ");
        dump_ref(o, &d->u.pay.of);
    }
    dump_clause(o, "dated", d->u.pay.dated);
    dump_clause(o, "when", d->u.pay.when);
    dump_clause(o, "amount", d->u.pay.amount);
    if (d->u.pay.either_way)
        buf_add_str(o, " either-way");
    dump_clause(o, "not-before", d->u.pay.not_before);
    if (d->u.pay.has_due)
        buf_printf(o, " due %u %.*s%s", d->u.pay.due, SLICE_ARG(d->u.pay.due_calendar.text),
                   d->u.pay.due_in_months ? "months" : "days");
    if (d->u.pay.never_back)
        buf_add_str(o, " never-back");
}

static inline void dump_signers(struct buf *o, const struct ast_signer *s)
{
    for (; s != NULL; s = s->next) {
        buf_printf(o, " %u/%u", s->of, s->in);
        dump_names(o, &s->names);
    }
}

static inline void dump_dimension(struct buf *o, const struct ast_decl *d)
{
    static const char *const kinds[] = {"list", "range", "persons", "open"};
    buf_printf(o, " %s", kinds[d->u.dimension.kind]);
    for (const struct ast_member *m = d->u.dimension.members; m != NULL; m = m->next)
        buf_printf(o, " %.*s'%.*s'", SLICE_ARG(m->name.text), SLICE_ARG(m->label));
    buf_printf(o, " %d..%d most %u", (int) d->u.dimension.from, (int) d->u.dimension.to, d->u.dimension.at_most);
}

static inline void dump_period(struct buf *o, const struct ast_decl *d)
{
    static const char *const units[] = {"days", "weeks", "months", "years"};
    if (d->u.period.is_every) {
        buf_printf(o, " every %u %s ", d->u.period.count, units[d->u.period.unit]);
        dump_day(o, d->u.period.from);
        buf_add_str(o, "..");
        dump_day(o, d->u.period.to);
    }
    dump_spans(o, d->u.period.spans);
}

static inline void dump_table(struct buf *o, const struct ast_decl *d)
{
    buf_add_str(o, " in ");
    dump_kind(o, &d->u.table.of);
    buf_add_str(o, " by ");
    dump_names(o, &d->u.table.by);
    for (const struct ast_table_row *r = d->u.table.rows; r != NULL; r = r->next) {
        for (uint32_t i = 0; i < r->key_count; i++) {
            buf_add_char(o, i == 0 ? ' ' : ',');
            dump_key(o, &r->keys[i]);
        }
        buf_add_char(o, ':');
        dump_literal(o, &r->value);
    }
    if (d->u.table.has_otherwise) {
        buf_add_str(o, " otherwise:");
        dump_literal(o, &d->u.table.otherwise);
    }
}

static inline void dump_cap(struct buf *o, const struct ast_decl *d)
{
    buf_printf(o, " %.*s%.*s%.*s per ", SLICE_ARG(d->u.cap.table.text), SLICE_ARG(d->u.cap.code.text),
               SLICE_ARG(d->u.cap.number.digits));
    dump_names(o, &d->u.cap.per);
    buf_add_str(o, " on ");
    dump_names(o, &d->u.cap.on);
}

static inline void dump_declaration(struct buf *o, const struct ast_decl *d)
{
    static const char *const kinds[] = {"party",     "parties", "force", "amended", "disputes", "uses", "unit", "calendar",
                                        "dimension", "period",  "table", "metric",  "define",   "pay",  "cap"};
    buf_printf(o, "%s %.*s", kinds[d->kind], SLICE_ARG(d->name.text));
    switch (d->kind) {
    case AST_PARTY:
    case AST_PARTIES:
        buf_printf(o, " role %d '%.*s' most %u join ", (int) d->u.party.role, SLICE_ARG(d->u.party.label),
                   d->u.party.at_most);
        dump_day(o, d->u.party.join_until);
        break;
    case AST_IN_FORCE:
    case AST_AMENDED:
        dump_signers(o, d->u.signers);
        break;
    case AST_DISPUTES:
        buf_printf(o, "%.*s %u %s", SLICE_ARG(d->u.disputes.by.text), d->u.disputes.within_days,
                   d->u.disputes.otherwise_falls ? "falls" : "stands");
        break;
    case AST_USES:
        buf_printf(o, " %.*s%s", SLICE_ARG(d->u.uses.hash), d->u.uses.as_amended ? " amended" : "");
        break;
    case AST_UNIT:
        buf_printf(o, " %.*s", SLICE_ARG(d->u.unit_plural.text));
        break;
    case AST_CALENDAR:
        buf_printf(o, " %u..%u", d->u.calendar.first_weekday, d->u.calendar.last_weekday);
        dump_spans(o, d->u.calendar.except);
        break;
    case AST_DIMENSION:
        dump_dimension(o, d);
        break;
    case AST_PERIOD:
        dump_period(o, d);
        break;
    case AST_TABLE:
        dump_table(o, d);
        break;
    case AST_METRIC:
        dump_metric(o, d);
        break;
    case AST_DEFINE:
        if (d->u.define.has_kind) {
            buf_add_str(o, " in ");
            dump_kind(o, &d->u.define.in);
        }
        dump_clause(o, "=", d->u.define.value);
        break;
    case AST_PAY:
        dump_pay(o, d);
        break;
    case AST_CAP:
        dump_cap(o, d);
        break;
    }
    buf_add_char(o, '\n');
}

static inline void dump_header(struct buf *o, const struct ast_text *t)
{
    buf_printf(o, "contract %.*s '%.*s' %u ", SLICE_ARG(t->slug), SLICE_ARG(t->title), t->version);
    if (t->is_amendment) {
        buf_printf(o, "amends %.*s from ", SLICE_ARG(t->amends));
        dump_day(o, t->effective);
    }
    for (const struct ast_currency *c = t->currencies; c != NULL; c = c->next)
        buf_printf(o, " %.*s %.*s %d", SLICE_ARG(c->code.text), SLICE_ARG(c->smallest.digits), (int) c->mode);
    buf_printf(o, " clock %d ", t->clock_minutes);
    dump_day(o, t->runs_from);
    buf_add_str(o, "..");
    dump_day(o, t->runs_to);
    if (t->has_closes) {
        buf_add_str(o, " closes ");
        dump_day(o, t->closes);
    }
    buf_printf(o, " declarations %u expressions %u\n", t->declaration_count, t->expr_count);
}

static inline void dump_text(struct buf *o, const struct ast_text *t)
{
    dump_header(o, t);
    for (const struct ast_decl *d = t->declarations; d != NULL; d = d->next)
        dump_declaration(o, d);
}

#endif
