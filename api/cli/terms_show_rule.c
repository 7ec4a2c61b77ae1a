/* Metrics and pay rules as English. */
#include "terms_show.h"

/* Of a rule's settlements the money, not the day of the last one. */
static bool is_settled_sum(const struct ast_decl *d)
{
    return d->u.metric.source == AST_SOURCE_SETTLEMENTS && !slice_is(d->u.metric.in.unit.text, "date");
}

static void source(struct buf *out, const struct ast_decl *d)
{
    switch (d->u.metric.source) {
    case AST_SOURCE_INDICATOR:
        buf_printf(out, "the indicator %.*s, version %u", SLICE_ARG(d->u.metric.slug), d->u.metric.version);
        break;
    case AST_SOURCE_TEXT:
        buf_printf(out, "\"%.*s\"", SLICE_ARG(d->u.metric.text));
        break;
    case AST_SOURCE_USED:
        buf_printf(out, "%.*s of the contract %.*s", SLICE_ARG(d->u.metric.of.text), SLICE_ARG(d->u.metric.used.text));
        break;
    case AST_SOURCE_SETTLEMENTS:
        buf_printf(out, "%s %.*s", is_settled_sum(d) ? "what was settled on" : "the day of the last settlement of",
                   SLICE_ARG(d->u.metric.of.text));
        break;
    }
    for (const struct ast_where *w = d->u.metric.where; w != NULL; w = w->next) {
        buf_printf(out, "%s%.*s is ", w == d->u.metric.where ? " where " : " and ", SLICE_ARG(w->dimension.text));
        show_key(out, &w->key);
    }
}

static void reporting(struct buf *out, const struct ast_decl *d)
{
    if (d->u.metric.reported_by.text.len > 0) {
        buf_printf(out, "  %.*s", SLICE_ARG(d->u.metric.reported_by.text));
        if (d->u.metric.or_by.text.len > 0)
            buf_printf(out, " or %.*s", SLICE_ARG(d->u.metric.or_by.text));
        buf_add_str(out, " reports it");
    } else if (d->u.metric.source == AST_SOURCE_INDICATOR || d->u.metric.source == AST_SOURCE_TEXT) {
        buf_add_str(out, "  Anybody may report it");
    } else {
        buf_add_str(out, "  Nobody reports it: it is taken from there");
    }
    if (d->u.metric.until != NULL) {
        buf_add_str(out, ", and what is first submitted after ");
        show_expr(out, d->u.metric.until);
        buf_add_str(out, " is not used");
    }
    buf_add_str(out, ".\n");
}

static void verification(struct buf *out, const struct ast_decl *d)
{
    if (d->u.metric.verifiers.count == 0 && d->u.metric.final_days == 0) {
        buf_add_str(out, "  It is final when submitted");
        if (d->u.metric.has_dispute_days)
            buf_printf(out, "; it may be disputed for %u days.\n", d->u.metric.dispute_days);
        else
            buf_add_str(out, " and cannot be disputed.\n");
        return;
    }
    if (d->u.metric.verifiers.count == 0) {
        buf_add_str(out, "  It is final when submitted");
    } else {
        buf_add_str(out, "  It is final once ");
        if (d->u.metric.quorum > 0)
            buf_printf(out, "%u of ", d->u.metric.quorum);
        show_names(out, &d->u.metric.verifiers, "and");
        buf_add_str(out, d->u.metric.verifiers.count == 1 ? " has verified it" : " have verified it");
        if (d->u.metric.has_silence)
            buf_printf(out, ", or %u days have passed without a dispute", d->u.metric.silence_days);
    }
    if (d->u.metric.final_days > 0)
        buf_printf(out, ", and %u days later", d->u.metric.final_days);
    if (d->u.metric.has_dispute_days)
        buf_printf(out, "; it may be disputed until then and for %u days afterwards.\n", d->u.metric.dispute_days);
    else
        buf_add_str(out, "; it may be disputed until then.\n");
}

static void absence(struct buf *out, const struct ast_decl *d)
{
    if (is_settled_sum(d)) { /* of no settlement, whatever is said of what is missing */
        buf_add_str(out, "  It is 0 until something is settled");
    } else if (d->u.metric.missing != NULL) {
        buf_add_str(out, "  While it is missing it counts as ");
        show_expr(out, d->u.metric.missing);
    } else if (d->u.metric.late != NULL) {
        buf_add_str(out, "  If nothing was submitted in time it counts as ");
        show_expr(out, d->u.metric.late);
        buf_add_str(out, " from then on; before, what needs it waits");
    } else {
        buf_add_str(out, "  While it is missing, what needs it waits");
    }
    buf_add_str(out, ".\n");
}

void show_metric(struct buf *out, const struct ast_decl *d)
{
    buf_printf(out, "%.*s is ", SLICE_ARG(d->name.text));
    source(out, d);
    buf_add_str(out, ", in ");
    show_kind(out, &d->u.metric.in);
    if (d->u.metric.between_low != NULL) {
        buf_add_str(out, ", between ");
        show_expr(out, d->u.metric.between_low);
        buf_add_str(out, " and ");
        show_expr(out, d->u.metric.between_high);
    }
    if (d->u.metric.by.count > 0) {
        buf_add_str(out, ", one figure for each ");
        show_names(out, &d->u.metric.by, "and");
    }
    buf_add_str(out, ".\n");
    reporting(out, d);
    if (d->u.metric.source == AST_SOURCE_INDICATOR || d->u.metric.source == AST_SOURCE_TEXT)
        verification(out, d);
    absence(out, d);
}

static void moments(struct buf *out, const struct ast_decl *d)
{
    if (d->u.pay.dated != NULL) {
        buf_add_str(out, "  Its day is ");
        show_expr(out, d->u.pay.dated);
        buf_add_str(out, ".\n");
    }
    if (d->u.pay.not_before != NULL) {
        buf_add_str(out, "  It is not triggered before ");
        show_expr(out, d->u.pay.not_before);
        buf_add_str(out, ".\n");
    }
    if (d->u.pay.has_due)
        buf_printf(out, "  It is due %u %.*s%s%s after it is triggered.\n", d->u.pay.due,
                   SLICE_ARG(d->u.pay.due_calendar.text), d->u.pay.due_calendar.text.len > 0 ? " " : "",
                   d->u.pay.due_in_months ? "months" : "days");
}

void show_pay(struct buf *out, const struct ast_decl *d)
{
    buf_printf(out, "%.*s: %.*s pays %.*s", SLICE_ARG(d->name.text), SLICE_ARG(d->u.pay.payer.text),
               SLICE_ARG(d->u.pay.payee.text));
    if (d->u.pay.each.count > 0) {
        buf_add_str(out, ", for each ");
        show_names(out, &d->u.pay.each, "and");
    }
    if (d->u.pay.has_of) {
        buf_add_str(out, " that has a result of ");
        show_ref(out, &d->u.pay.of);
    }
    if (d->u.pay.when != NULL) {
        buf_add_str(out, ",\n  when ");
        show_expr(out, d->u.pay.when);
        buf_add_str(out, " (otherwise nothing)");
    }
    show_expr_rows(out, d->u.pay.amount, ",\n  the amount ");
    buf_add_char(out, '\n');
    moments(out, d);
    if (d->u.pay.either_way)
        buf_printf(out, "  An amount below zero is owed by %.*s to %.*s.\n", SLICE_ARG(d->u.pay.payee.text),
                   SLICE_ARG(d->u.pay.payer.text));
    buf_add_str(
        out, d->u.pay.never_back ? "  What was triggered is never owed back; a difference is recorded as not paid.\n" : "");
}
