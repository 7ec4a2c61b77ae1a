/* Metrics and rules of payment, from their JSON into the text. */
#include "terms_read.h"

static bool is_empty(struct read_tree *r, const json_t *object, const char *name)
{
    return read_text(r, object, name)[0] == '\0';
}

static void source(struct read_tree *r, const json_t *d)
{
    static const char *const sources[] = {"indicator", "text", "used", "settlements"};
    const json_t *where = read_list(r, d, "where");
    switch ((enum ast_source_kind) read_choice(r, d, "source", sources, sizeof sources / sizeof sources[0])) {
    case AST_SOURCE_INDICATOR:
        read_put(r, "", d, "slug", " version ");
        read_put_whole(r, "", d, "version", "");
        break;
    case AST_SOURCE_TEXT:
        read_put(r, "\"", d, "text", "\"");
        break;
    case AST_SOURCE_USED:
        read_put(r, "", d, "of", " of ");
        read_put(r, "", d, "used", "");
        break;
    case AST_SOURCE_SETTLEMENTS:
        read_put(r, "settlements of ", d, "of", "");
        break;
    }
    for (size_t i = 0; i < json_array_size(where); i++) {
        const json_t *w = json_array_get(where, i);
        read_put(r, i == 0 ? " where " : ", ", w, "dimension", " = ");
        read_key(r, read_member(r, w, "key"));
    }
}

static void verified(struct read_tree *r, const json_t *d)
{
    if (json_array_size(read_list(r, d, "verifiers")) == 0)
        return;
    buf_add_str(&r->out, "\nverified by ");
    if (read_whole(r, d, "quorum") > 0) {
        read_put_whole(r, "", d, "quorum", " of (");
        read_put_names(r, "", d, "verifiers", ", ");
        buf_add_char(&r->out, ')');
    } else {
        read_put_names(r, "", d, "verifiers", " and ");
    }
    if (!read_is_null(r, d, "silence_days"))
        read_put_whole(r, " or ", d, "silence_days", " days of silence");
    if (read_whole(r, d, "final_days") > 0)
        read_put_whole(r, " final ", d, "final_days", " days later");
}

void read_metric(struct read_tree *r, const json_t *d)
{
    read_put(r, "metric ", d, "name", " is ");
    source(r, d);
    buf_add_str(&r->out, " in ");
    read_kind(r, d, "in");
    if (!read_is_null(r, d, "between_low")) {
        read_bound(r, " between ", d, "between_low");
        read_bound(r, " and ", d, "between_high");
    }
    read_put_names(r, "\nby ", d, "by", ", ");
    if (!is_empty(r, d, "reported_by"))
        read_put(r, "\nreported by ", d, "reported_by", "");
    if (!is_empty(r, d, "or_by"))
        read_put(r, " or ", d, "or_by", "");
    if (!read_is_null(r, d, "until"))
        read_expr(r, " until ", d, "until");
    verified(r, d);
    if (!read_is_null(r, d, "dispute_days"))
        read_put_whole(r, "\ndisputes within ", d, "dispute_days", " days");
    if (!read_is_null(r, d, "missing"))
        read_expr(r, "\nif missing use ", d, "missing");
    if (!read_is_null(r, d, "late"))
        read_expr(r, "\nif late use ", d, "late");
}

static void due(struct read_tree *r, const json_t *d)
{
    if (read_is_null(r, d, "due"))
        return;
    read_put_whole(r, "\ndue ", d, "due", " ");
    if (!is_empty(r, d, "due_calendar"))
        read_put(r, "", d, "due_calendar", " ");
    buf_add_str(&r->out, read_truth(r, d, "due_in_months") ? "months after" : "days after");
}

void read_pay(struct read_tree *r, const json_t *d)
{
    read_put(r, "pay ", d, "name", " from ");
    read_put(r, "", d, "payer", " to ");
    read_put(r, "", d, "payee", "");
    read_put_names(r, "\nfor each ", d, "each", ", ");
    if (!read_is_null(r, d, "of"))
        read_expr(r, " of ", d, "of");
    if (!read_is_null(r, d, "dated"))
        read_expr(r, "\ndated ", d, "dated");
    if (!read_is_null(r, d, "when"))
        read_expr(r, "\nwhen ", d, "when");
    read_expr(r, "\namount ", d, "amount");
    if (read_truth(r, d, "either_way"))
        buf_add_str(&r->out, "\neither way");
    if (!read_is_null(r, d, "not_before"))
        read_expr(r, "\nnot before ", d, "not_before");
    due(r, d);
    if (read_truth(r, d, "never_back"))
        buf_add_str(&r->out, "\nnever back");
}
