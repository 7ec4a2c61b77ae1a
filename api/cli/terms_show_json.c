/* The header and the declarations of the syntax tree as JSON. */
#include "tally/instant.h"
#include "terms_show.h"

#define PUT(name, value) show_tree_put(failed, json, (name), (value))

static json_t *kindname(bool *failed, const struct ast_kindname *kind)
{
    json_t *json = json_object();
    PUT("is_number", json_boolean(kind->is_number));
    PUT("is_truth", json_boolean(kind->is_truth));
    PUT("unit", show_tree_text(kind->unit.text));
    PUT("per", show_tree_text(kind->per.text));
    return json;
}

static json_t *literal(bool *failed, const struct ast_literal *l)
{
    static const char *const kinds[] = {"number", "percent", "date", "bool", "name"};
    json_t *json = json_object();
    PUT("kind", json_string(kinds[l->kind]));
    switch (l->kind) {
    case AST_LITERAL_NUMBER:
    case AST_LITERAL_PERCENT:
        PUT("is_negative", json_boolean(l->is_negative));
        PUT("number", show_tree_text(l->number.digits));
        break;
    case AST_LITERAL_DATE:
        PUT("day", show_tree_day(l->day));
        break;
    case AST_LITERAL_BOOL:
        PUT("truth", json_boolean(l->truth));
        break;
    case AST_LITERAL_NAME:
        PUT("name", show_tree_text(l->name));
        break;
    }
    return json;
}

static json_t *span_list(bool *failed, const struct ast_spans *spans)
{
    json_t *list = json_array();
    for (const struct ast_spans *s = spans; s != NULL; s = s->next) {
        json_t *json = json_object();
        PUT("from", show_tree_day(s->from));
        PUT("to", show_tree_day(s->to));
        show_tree_add(failed, list, json);
    }
    return list;
}

static void party(bool *failed, json_t *json, const struct ast_decl *d)
{
    PUT("role", json_string(terms_role_text(d->u.party.role)));
    PUT("label", show_tree_text(d->u.party.label));
    if (d->kind == AST_PARTIES) {
        PUT("at_most", json_integer(d->u.party.at_most));
        PUT("join_until", show_tree_day(d->u.party.join_until));
    }
}

static void signers(bool *failed, json_t *outer, const struct ast_decl *d)
{
    static const char *const kinds[] = {"one", "count", "share"};
    json_t *list = json_array();
    for (const struct ast_signer *s = d->u.signers; s != NULL; s = s->next) {
        json_t *json = json_object();
        PUT("kind", json_string(kinds[s->kind]));
        PUT("of", json_integer(s->of));
        PUT("in", json_integer(s->in));
        PUT("names", show_tree_names(failed, &s->names));
        show_tree_add(failed, list, json);
    }
    show_tree_put(failed, outer, "signers", list);
}

static void dimension(bool *failed, json_t *outer, const struct ast_decl *d)
{
    static const char *const kinds[] = {"list", "range", "persons", "open"};
    json_t *list = json_array();
    for (const struct ast_member *m = d->u.dimension.members; m != NULL; m = m->next) {
        json_t *json = json_object();
        PUT("name", show_tree_text(m->name.text));
        PUT("label", show_tree_text(m->label));
        show_tree_add(failed, list, json);
    }
    show_tree_put(failed, outer, "of", json_string(kinds[d->u.dimension.kind]));
    show_tree_put(failed, outer, "members", list);
    show_tree_put(failed, outer, "from", json_integer(d->u.dimension.from));
    show_tree_put(failed, outer, "to", json_integer(d->u.dimension.to));
    show_tree_put(failed, outer, "at_most", json_integer(d->u.dimension.at_most));
}

static void period(bool *failed, json_t *json, const struct ast_decl *d)
{
    static const char *const units[] = {"days", "weeks", "months", "years"};
    PUT("is_every", json_boolean(d->u.period.is_every));
    if (!d->u.period.is_every) {
        PUT("spans", span_list(failed, d->u.period.spans));
        return;
    }
    PUT("count", json_integer(d->u.period.count));
    PUT("unit", json_string(units[d->u.period.unit]));
    PUT("from", show_tree_day(d->u.period.from));
    PUT("to", show_tree_day(d->u.period.to));
}

static void table(bool *failed, json_t *outer, const struct ast_decl *d)
{
    json_t *list = json_array();
    for (const struct ast_table_row *row = d->u.table.rows; row != NULL; row = row->next) {
        json_t *json = json_object(), *keys = json_array();
        for (uint32_t i = 0; i < row->key_count; i++)
            show_tree_add(failed, keys, show_tree_key(failed, &row->keys[i]));
        PUT("keys", keys);
        PUT("value", literal(failed, &row->value));
        show_tree_add(failed, list, json);
    }
    show_tree_put(failed, outer, "of", kindname(failed, &d->u.table.of));
    show_tree_put(failed, outer, "by", show_tree_names(failed, &d->u.table.by));
    show_tree_put(failed, outer, "rows", list);
    show_tree_put(failed, outer, "otherwise",
                  d->u.table.has_otherwise ? literal(failed, &d->u.table.otherwise) : json_null());
}

static void metric_source(bool *failed, json_t *outer, const struct ast_decl *d)
{
    static const char *const sources[] = {"indicator", "text", "used", "settlements"};
    json_t *list = json_array();
    for (const struct ast_where *w = d->u.metric.where; w != NULL; w = w->next) {
        json_t *json = json_object();
        PUT("dimension", show_tree_text(w->dimension.text));
        PUT("key", show_tree_key(failed, &w->key));
        show_tree_add(failed, list, json);
    }
    show_tree_put(failed, outer, "where", list);
    show_tree_put(failed, outer, "source", json_string(sources[d->u.metric.source]));
    show_tree_put(failed, outer, "slug", show_tree_text(d->u.metric.slug));
    show_tree_put(failed, outer, "version", json_integer(d->u.metric.version));
    show_tree_put(failed, outer, "text", show_tree_text(d->u.metric.text));
    show_tree_put(failed, outer, "of", show_tree_text(d->u.metric.of.text));
    show_tree_put(failed, outer, "used", show_tree_text(d->u.metric.used.text));
}

static json_t *days_or_null(bool is_said, uint32_t days)
{
    return is_said ? json_integer(days) : json_null();
}

static void metric(bool *failed, json_t *json, const struct ast_decl *d)
{
    metric_source(failed, json, d);
    PUT("in", kindname(failed, &d->u.metric.in));
    PUT("between_low", show_tree_expr(failed, d->u.metric.between_low));
    PUT("between_high", show_tree_expr(failed, d->u.metric.between_high));
    PUT("by", show_tree_names(failed, &d->u.metric.by));
    PUT("reported_by", show_tree_text(d->u.metric.reported_by.text));
    PUT("or_by", show_tree_text(d->u.metric.or_by.text));
    PUT("until", show_tree_expr(failed, d->u.metric.until));
    PUT("verifiers", show_tree_names(failed, &d->u.metric.verifiers));
    PUT("quorum", json_integer(d->u.metric.quorum));
    PUT("silence_days", days_or_null(d->u.metric.has_silence, d->u.metric.silence_days));
    PUT("final_days", json_integer(d->u.metric.final_days));
    PUT("dispute_days", days_or_null(d->u.metric.has_dispute_days, d->u.metric.dispute_days));
    PUT("missing", show_tree_expr(failed, d->u.metric.missing));
    PUT("late", show_tree_expr(failed, d->u.metric.late));
}

static json_t *ref_as_expr(bool *failed, const struct ast_ref *ref)
{
    const struct ast_expr e = {.kind = AST_REF, .span = ref->name.span, .u.ref = *ref};
    return show_tree_expr(failed, &e);
}

static void pay(bool *failed, json_t *json, const struct ast_decl *d)
{
    PUT("payer", show_tree_text(d->u.pay.payer.text));
    PUT("payee", show_tree_text(d->u.pay.payee.text));
    PUT("each", show_tree_names(failed, &d->u.pay.each));
    PUT("of", d->u.pay.has_of ? ref_as_expr(failed, &d->u.pay.of) : json_null());
    PUT("dated", show_tree_expr(failed, d->u.pay.dated));
    PUT("when", show_tree_expr(failed, d->u.pay.when));
    PUT("amount", show_tree_expr(failed, d->u.pay.amount));
    PUT("not_before", show_tree_expr(failed, d->u.pay.not_before));
    PUT("either_way", json_boolean(d->u.pay.either_way));
    PUT("never_back", json_boolean(d->u.pay.never_back));
    PUT("due", days_or_null(d->u.pay.has_due, d->u.pay.due));
    PUT("due_calendar", show_tree_text(d->u.pay.due_calendar.text));
    PUT("due_in_months", json_boolean(d->u.pay.due_in_months));
}

static void cap(bool *failed, json_t *json, const struct ast_decl *d)
{
    PUT("table", show_tree_text(d->u.cap.table.text));
    PUT("code", show_tree_text(d->u.cap.code.text));
    PUT("number", show_tree_text(d->u.cap.number.digits));
    PUT("per", show_tree_names(failed, &d->u.cap.per));
    PUT("on", show_tree_names(failed, &d->u.cap.on));
}

static void calendar(bool *failed, json_t *json, const struct ast_decl *d)
{
    PUT("first_weekday", json_integer(d->u.calendar.first_weekday));
    PUT("last_weekday", json_integer(d->u.calendar.last_weekday));
    PUT("except", span_list(failed, d->u.calendar.except));
}

static void disputes(bool *failed, json_t *json, const struct ast_decl *d)
{
    PUT("by", show_tree_text(d->u.disputes.by.text));
    PUT("within_days", json_integer(d->u.disputes.within_days));
    PUT("otherwise_falls", json_boolean(d->u.disputes.otherwise_falls));
}

static void own_members(bool *failed, json_t *json, const struct ast_decl *d)
{
    switch (d->kind) {
    case AST_PARTY:
    case AST_PARTIES:
        party(failed, json, d);
        return;
    case AST_IN_FORCE:
    case AST_AMENDED:
        signers(failed, json, d);
        return;
    case AST_DISPUTES:
        disputes(failed, json, d);
        return;
    case AST_USES:
        PUT("hash", show_tree_text(d->u.uses.hash));
        PUT("as_amended", json_boolean(d->u.uses.as_amended));
        return;
    case AST_UNIT:
        PUT("unit_plural", show_tree_text(d->u.unit_plural.text));
        return;
    case AST_CALENDAR:
        calendar(failed, json, d);
        return;
    case AST_DIMENSION:
        dimension(failed, json, d);
        return;
    case AST_PERIOD:
        period(failed, json, d);
        return;
    case AST_TABLE:
        table(failed, json, d);
        return;
    case AST_METRIC:
        metric(failed, json, d);
        return;
    case AST_DEFINE:
        PUT("in", d->u.define.has_kind ? kindname(failed, &d->u.define.in) : json_null());
        PUT("value", show_tree_expr(failed, d->u.define.value));
        return;
    case AST_PAY:
        pay(failed, json, d);
        return;
    case AST_CAP:
        cap(failed, json, d);
        return;
    }
}

static json_t *declarations(bool *failed, const struct ast_text *text)
{
    static const char *const kinds[] = {"party", "parties", "in_force", "amended",   "disputes",
                                        "uses",  "unit",    "calendar", "dimension", "period",
                                        "table", "metric",  "define",   "pay",       "cap"};
    json_t *list = json_array();
    for (const struct ast_decl *d = text->declarations; d != NULL; d = d->next) {
        json_t *json = json_object();
        PUT("kind", json_string(kinds[d->kind]));
        PUT("name", show_tree_text(d->name.text));
        show_tree_place(failed, json, d->span);
        own_members(failed, json, d);
        show_tree_add(failed, list, json);
    }
    return list;
}

static json_t *currencies(bool *failed, const struct ast_text *text)
{
    json_t *list = json_array();
    for (const struct ast_currency *c = text->currencies; c != NULL; c = c->next) {
        json_t *json = json_object();
        PUT("code", show_tree_text(c->code.text));
        PUT("smallest", show_tree_text(c->smallest.digits));
        PUT("mode", json_string(show_mode(c->mode)));
        show_tree_add(failed, list, json);
    }
    return list;
}

json_t *show_tree(const struct ast_text *text)
{
    bool is_failed = false, *failed = &is_failed;
    json_t *json = json_object();
    PUT("slug", show_tree_text(text->slug));
    PUT("title", show_tree_text(text->title));
    PUT("is_amendment", json_boolean(text->is_amendment));
    PUT("version", json_integer(text->version));
    PUT("amends", show_tree_text(text->amends));
    PUT("effective", text->is_amendment ? show_tree_day(text->effective) : json_null());
    PUT("currencies", currencies(failed, text));
    PUT("clock_minutes", json_integer(text->clock_minutes));
    PUT("runs_from", show_tree_day(text->runs_from));
    PUT("runs_to", show_tree_day(text->runs_to));
    PUT("closes", text->has_closes ? show_tree_day(text->closes) : json_null());
    PUT("declarations", declarations(failed, text));
    PUT("layout", show_tree_layout(text));
    if (!is_failed)
        return json;
    json_decref(json);
    return NULL;
}
