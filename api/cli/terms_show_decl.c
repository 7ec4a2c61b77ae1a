/* Each declaration but metrics and pay rules as a sentence or a list. */
#include "tally/instant.h"
#include "terms_show.h"

void show_names(struct buf *out, const struct ast_names *names, const char *last)
{
    for (uint32_t i = 0; i < names->count; i++) {
        if (i > 0 && i + 1 == names->count)
            buf_printf(out, " %s ", last);
        else if (i > 0)
            buf_add_str(out, ", ");
        buf_add_slice(out, names->items[i].text);
    }
}

void show_kind(struct buf *out, const struct ast_kindname *kind)
{
    if (kind->is_number)
        buf_add_str(out, "numbers");
    else if (kind->is_truth)
        buf_add_str(out, "true or false");
    else
        buf_add_slice(out, kind->unit.text);
    if (kind->per.text.len > 0)
        buf_printf(out, " per %.*s", SLICE_ARG(kind->per.text));
}

void show_expr_rows(struct buf *out, const struct ast_expr *e, const char *before)
{
    if (e->kind != AST_STEP && e->kind != AST_LINEAR && e->kind != AST_BANDS) {
        buf_add_str(out, before);
        show_expr(out, e);
        return;
    }
    buf_add_str(out, before);
    if (e->kind == AST_STEP) /* lower bounds: the last that holds; upper bounds: the first */
        buf_add_str(out, e->u.rows.rows->bound <= AST_BOUND_ABOVE ? "by the last row that holds for "
                                                                  : "by the first row that holds for ");
    else
        buf_add_str(out, e->kind == AST_LINEAR ? "on the straight line between the two points around "
                                               : "added up over the bands of ");
    show_expr(out, e->a);
    buf_add_char(out, ':');
    for (const struct ast_row *row = e->u.rows.rows; row != NULL; row = row->next) {
        buf_printf(out, "\n    %s ", e->kind == AST_STEP ? show_bound(row->bound) : e->kind == AST_LINEAR ? "at" : "from");
        show_expr(out, row->at);
        buf_add_str(out, ": ");
        show_expr(out, row->value);
    }
    if (e->kind == AST_STEP) {
        buf_add_str(out, "\n    otherwise: ");
        show_expr(out, e->c);
    } else if (e->kind == AST_LINEAR) {
        buf_add_str(out, e->u.rows.is_extended ? "\n    outside them the first and last line go on"
                                               : "\n    outside them the first and last value hold");
    }
}

static void signers(struct buf *out, const struct ast_decl *d)
{
    buf_add_str(out, d->kind == AST_IN_FORCE ? "The contract is in force when " : "An amendment is in force when ");
    for (const struct ast_signer *s = d->u.signers; s != NULL; s = s->next) {
        if (s != d->u.signers)
            buf_add_str(out, s->next == NULL ? " and " : ", ");
        if (s->kind == AST_SIGNER_COUNT)
            buf_printf(out, "%u of ", s->of);
        else if (s->kind == AST_SIGNER_SHARE)
            buf_printf(out, "%u/%u of ", s->of, s->in);
        show_names(out, &s->names, "and");
    }
    buf_add_str(out, d->u.signers != NULL && d->u.signers->next == NULL && d->u.signers->kind == AST_SIGNER_ONE
                         ? " has signed.\n"
                         : " have signed.\n");
}

static void dimension(struct buf *out, const struct ast_decl *d)
{
    buf_add_slice(out, d->name.text);
    switch (d->u.dimension.kind) {
    case AST_DIM_RANGE:
        buf_printf(out, " is a whole number from %lld to %lld.\n", (long long) d->u.dimension.from,
                   (long long) d->u.dimension.to);
        return;
    case AST_DIM_PERSONS:
        buf_printf(out, " is a person, named by a pseudonym that stays private; at most %u count.\n",
                   d->u.dimension.at_most);
        return;
    case AST_DIM_OPEN:
        buf_printf(out, " is whatever the results name; at most %u count.\n", d->u.dimension.at_most);
        return;
    case AST_DIM_LIST:
        break;
    }
    buf_add_str(out, " is one of:\n");
    for (const struct ast_member *m = d->u.dimension.members; m != NULL; m = m->next)
        buf_printf(out, "  %.*s%s%.*s\n", SLICE_ARG(m->name.text), m->label.len > 0 ? ": " : "", SLICE_ARG(m->label));
}

static void spans(struct buf *out, const struct ast_spans *list)
{
    for (const struct ast_spans *s = list; s != NULL; s = s->next) {
        buf_add_str(out, s == list ? "" : ", ");
        show_day(out, s->from);
        if (s->to != s->from) {
            buf_add_str(out, " to ");
            show_day(out, s->to);
        }
    }
}

static void period(struct buf *out, const struct ast_decl *d)
{
    static const char *const units[] = {"day", "week", "month", "year"};
    buf_add_slice(out, d->name.text);
    if (!d->u.period.is_every) {
        buf_add_str(out, " is one of these stretches of days: ");
        spans(out, d->u.period.spans);
        buf_add_str(out, ".\n");
        return;
    }
    buf_printf(out, " is a stretch of %u %s%s, one after the other from ", d->u.period.count, units[d->u.period.unit],
               d->u.period.count == 1 ? "" : "s");
    show_day(out, d->u.period.from);
    buf_add_str(out, " to ");
    show_day(out, d->u.period.to);
    buf_add_str(out, ".\n");
}

static void literal(struct buf *out, const struct ast_literal *l)
{
    buf_add_str(out, l->is_negative ? "-" : "");
    switch (l->kind) {
    case AST_LITERAL_NUMBER:
    case AST_LITERAL_PERCENT:
        show_number(out, &l->number);
        buf_add_str(out, l->kind == AST_LITERAL_PERCENT ? "%" : "");
        return;
    case AST_LITERAL_DATE:
        show_day(out, l->day);
        return;
    case AST_LITERAL_BOOL:
        buf_add_str(out, l->truth ? "true" : "false");
        return;
    case AST_LITERAL_NAME:
        buf_add_slice(out, l->name);
        return;
    }
}

static size_t row_head(struct buf *out, const struct ast_table_row *row)
{
    size_t before = out->len;
    for (uint32_t i = 0; i < row->key_count; i++) {
        buf_add_str(out, i > 0 ? ", " : "");
        show_key(out, &row->keys[i]);
    }
    return out->len - before;
}

static void table(struct buf *out, const struct ast_decl *d)
{
    struct buf head;
    size_t width = d->u.table.has_otherwise ? strlen("otherwise") : 0;
    buf_init(&head, CLI_FILE_MAX);
    for (const struct ast_table_row *row = d->u.table.rows; row != NULL; row = row->next) {
        size_t len = row_head(&head, row);
        width = len > width ? len : width;
    }
    buf_release(&head);
    buf_printf(out, "%.*s, in ", SLICE_ARG(d->name.text));
    show_kind(out, &d->u.table.of);
    buf_add_str(out, ", is fixed by ");
    show_names(out, &d->u.table.by, "and");
    buf_add_str(out, ":\n");
    for (const struct ast_table_row *row = d->u.table.rows; row != NULL; row = row->next) {
        buf_add_str(out, "  ");
        for (size_t len = row_head(out, row); len < width + 2; len++)
            buf_add_char(out, ' ');
        literal(out, &row->value);
        buf_add_char(out, '\n');
    }
    if (!d->u.table.has_otherwise)
        return;
    buf_printf(out, "  %-*s", (int) width + 2, "otherwise");
    literal(out, &d->u.table.otherwise);
    buf_add_char(out, '\n');
}

static void calendar(struct buf *out, const struct ast_decl *d)
{
    static const char *const days[] = {"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"};
    buf_printf(out, "The %.*s days are %s to %s", SLICE_ARG(d->name.text), days[d->u.calendar.first_weekday],
               days[d->u.calendar.last_weekday]);
    if (d->u.calendar.except != NULL) {
        buf_add_str(out, ", except ");
        spans(out, d->u.calendar.except);
    }
    buf_add_str(out, ".\n");
}

static void cap(struct buf *out, const struct ast_text *text, const struct ast_decl *d)
{
    show_names(out, &d->u.cap.on, "and");
    buf_add_str(out, d->u.cap.on.count > 1 ? " together pay at most " : " pays at most ");
    if (d->u.cap.table.text.len > 0) {
        buf_printf(out, "what the table %.*s says", SLICE_ARG(d->u.cap.table.text));
    } else {
        buf_printf(out, "%.*s ", SLICE_ARG(d->u.cap.code.text.len > 0 ? d->u.cap.code.text : text->currencies->code.text));
        show_number(out, &d->u.cap.number);
    }
    if (d->u.cap.per.count > 0) {
        buf_add_str(out, " for each ");
        show_names(out, &d->u.cap.per, "and");
    } else {
        buf_add_str(out, " in all");
    }
    buf_add_str(out, ".\n");
}

static void party(struct buf *out, const struct ast_decl *d)
{
    if (d->kind == AST_PARTY) {
        buf_printf(out, "%.*s: %.*s, %s\n", SLICE_ARG(d->name.text), SLICE_ARG(d->u.party.label),
                   terms_role_text(d->u.party.role));
        return;
    }
    buf_printf(out, "%.*s: %.*s, %s, at most %u who join", SLICE_ARG(d->name.text), SLICE_ARG(d->u.party.label),
               terms_role_text(d->u.party.role), d->u.party.at_most);
    if (d->u.party.join_until != DAY_NEVER) {
        buf_add_str(out, " until ");
        show_day(out, d->u.party.join_until);
    }
    buf_add_char(out, '\n');
}

static void define(struct buf *out, const struct ast_decl *d)
{
    buf_add_slice(out, d->name.text);
    if (d->u.define.has_kind) {
        buf_add_str(out, ", in ");
        show_kind(out, &d->u.define.in);
        buf_add_char(out, ',');
    }
    show_expr_rows(out, d->u.define.value, " is ");
    buf_add_char(out, '\n');
}

static void disputes(struct buf *out, const struct ast_decl *d)
{
    buf_printf(out, "%.*s decides a dispute within %u days; without a decision the disputed result %s.\n",
               SLICE_ARG(d->u.disputes.by.text), d->u.disputes.within_days,
               d->u.disputes.otherwise_falls ? "falls" : "stands");
}

void show_declaration(struct buf *out, const struct ast_text *text, const struct ast_decl *d)
{
    switch (d->kind) {
    case AST_PARTY:
    case AST_PARTIES:
        party(out, d);
        return;
    case AST_IN_FORCE:
    case AST_AMENDED:
        signers(out, d);
        return;
    case AST_DISPUTES:
        disputes(out, d);
        return;
    case AST_USES:
        buf_printf(out, "%.*s is the contract whose version, or text, has the hash %.*s%s.\n", SLICE_ARG(d->name.text),
                   SLICE_ARG(d->u.uses.hash), d->u.uses.as_amended ? ", as it is amended" : "");
        return;
    case AST_UNIT:
        buf_printf(out, "Figures may be counted in %.*s (one %.*s).\n", SLICE_ARG(d->u.unit_plural.text),
                   SLICE_ARG(d->name.text));
        return;
    case AST_CALENDAR:
        calendar(out, d);
        return;
    case AST_DIMENSION:
        dimension(out, d);
        return;
    case AST_PERIOD:
        period(out, d);
        return;
    case AST_TABLE:
        table(out, d);
        return;
    case AST_METRIC:
        show_metric(out, d);
        return;
    case AST_DEFINE:
        define(out, d);
        return;
    case AST_PAY:
        show_pay(out, d);
        return;
    case AST_CAP:
        cap(out, text, d);
        return;
    }
}
