/* Declarations, from their JSON into the text; metrics and rules of payment are in terms_read_rule.c. */
#include "terms_read.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

void read_kind(struct read_tree *r, const json_t *object, const char *name)
{
    const json_t *kind = read_member(r, object, name);
    if (read_truth(r, kind, "is_number"))
        buf_add_str(&r->out, "number");
    else if (read_truth(r, kind, "is_truth"))
        buf_add_str(&r->out, "true or false");
    else
        read_put(r, "", kind, "unit", "");
    if (read_text(r, kind, "per")[0] != '\0')
        read_put(r, " per ", kind, "per", "");
}

void read_literal(struct read_tree *r, const json_t *l)
{
    static const char *const kinds[] = {"number", "percent", "date", "bool", "name"};
    read_mark(r, l);
    enum ast_literal_kind kind = (enum ast_literal_kind) read_choice(r, l, "kind", kinds, COUNT(kinds));
    switch (kind) {
    case AST_LITERAL_NUMBER:
    case AST_LITERAL_PERCENT:
        read_put(r, read_truth(r, l, "is_negative") ? "-" : "", l, "number", kind == AST_LITERAL_PERCENT ? "%" : "");
        return;
    case AST_LITERAL_DATE:
        read_put(r, "", l, "day", "");
        return;
    case AST_LITERAL_BOOL:
        buf_add_str(&r->out, read_truth(r, l, "truth") ? "true" : "false");
        return;
    case AST_LITERAL_NAME:
        read_put(r, "", l, "name", "");
        return;
    }
}

static void spans(struct read_tree *r, const char *before, const json_t *object, const char *name, bool is_range)
{
    const json_t *list = read_list(r, object, name);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *span = json_array_get(list, i);
        struct slice to = slice_str(read_text(r, span, "to"));
        read_put(r, i == 0 ? before : ", ", span, "from", "");
        if (is_range || !slice_equal(slice_str(read_text(r, span, "from")), to))
            read_put(r, " to ", span, "to", "");
    }
}

static void party(struct read_tree *r, const json_t *d)
{
    read_put(r, "party ", d, "name", " ");
    read_put(r, "", d, "role", "");
    read_put(r, " \"", d, "label", "\"");
}

static void parties(struct read_tree *r, const json_t *d)
{
    read_put(r, "parties ", d, "name", " ");
    read_put(r, "", d, "role", "");
    read_put(r, " \"", d, "label", "\"");
    read_put_whole(r, ", at most ", d, "at_most", "");
    if (!slice_is(slice_str(read_text(r, d, "join_until")), "never"))
        read_put(r, " join until ", d, "join_until", "");
}

static void signers(struct read_tree *r, const json_t *d)
{
    static const char *const kinds[] = {"one", "count", "share"};
    const json_t *list = read_list(r, d, "signers");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *s = json_array_get(list, i);
        size_t kind = read_choice(r, s, "kind", kinds, COUNT(kinds));
        buf_add_str(&r->out, i == 0 ? "" : i + 1 < json_array_size(list) ? ", " : " and ");
        if (kind == AST_SIGNER_SHARE)
            read_put_whole(r, "", s, "of", "/");
        if (kind == AST_SIGNER_SHARE)
            read_put_whole(r, "", s, "in", " of ");
        if (kind == AST_SIGNER_COUNT)
            read_put_whole(r, "", s, "of", " of (");
        read_put_names(r, "", s, "names", ", ");
        buf_add_str(&r->out, kind == AST_SIGNER_COUNT ? ")" : "");
    }
    buf_add_str(&r->out, " have signed");
}

static void in_force(struct read_tree *r, const json_t *d)
{
    buf_add_str(&r->out, "in force when ");
    signers(r, d);
}

static void amended(struct read_tree *r, const json_t *d)
{
    buf_add_str(&r->out, "amended when ");
    signers(r, d);
}

static void disputes(struct read_tree *r, const json_t *d)
{
    read_put(r, "disputes decided by ", d, "by", "");
    read_put_whole(r, " within ", d, "within_days", " days, otherwise ");
    buf_add_str(&r->out, read_truth(r, d, "otherwise_falls") ? "falls" : "stands");
}

static void uses(struct read_tree *r, const json_t *d)
{
    read_put(r, "uses ", d, "name", " is contract ");
    read_put(r, "", d, "hash", read_truth(r, d, "as_amended") ? " as amended" : "");
}

static void unit(struct read_tree *r, const json_t *d)
{
    read_put(r, "unit ", d, "name", " ");
    read_put(r, "", d, "unit_plural", "");
}

static const char *weekday(struct read_tree *r, const json_t *d, const char *name)
{
    static const char *const days[] = {"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"};
    json_int_t day = read_whole(r, d, name);
    if (day < (json_int_t) COUNT(days))
        return days[day];
    read_fail(r, d, name, "is not a day of the week, 0 (Monday) to 6");
    return "";
}

static void calendar(struct read_tree *r, const json_t *d)
{
    read_put(r, "calendar ", d, "name", " ");
    buf_printf(&r->out, "%s to %s", weekday(r, d, "first_weekday"), weekday(r, d, "last_weekday"));
    spans(r, " except ", d, "except", false);
}

static void members(struct read_tree *r, const json_t *d)
{
    const json_t *list = read_list(r, d, "members");
    buf_add_char(&r->out, '(');
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *m = json_array_get(list, i);
        read_put(r, i == 0 ? "" : ", ", m, "name", "");
        if (read_text(r, m, "label")[0] != '\0')
            read_put(r, " \"", m, "label", "\"");
    }
    buf_add_char(&r->out, ')');
}

static void dimension(struct read_tree *r, const json_t *d)
{
    static const char *const kinds[] = {"list", "range", "persons", "open"};
    read_put(r, "dimension ", d, "name", " ");
    switch ((enum ast_dimension_kind) read_choice(r, d, "of", kinds, COUNT(kinds))) {
    case AST_DIM_LIST:
        members(r, d);
        return;
    case AST_DIM_RANGE:
        read_put_whole(r, "", d, "from", " to ");
        read_put_whole(r, "", d, "to", "");
        return;
    case AST_DIM_PERSONS:
    case AST_DIM_OPEN:
        read_put(r, "", d, "of", ", at most ");
        read_put_whole(r, "", d, "at_most", "");
        return;
    }
}

static void period(struct read_tree *r, const json_t *d)
{
    read_put(r, "period ", d, "name", "");
    if (!read_truth(r, d, "is_every")) {
        spans(r, " is ", d, "spans", true);
        return;
    }
    read_put_whole(r, " every ", d, "count", " ");
    read_put(r, "", d, "unit", " from ");
    read_put(r, "", d, "from", " to ");
    read_put(r, "", d, "to", "");
}

static void table(struct read_tree *r, const json_t *d)
{
    const json_t *rows = read_list(r, d, "rows");
    read_put(r, "table ", d, "name", " in ");
    read_kind(r, d, "of");
    read_put_names(r, " by ", d, "by", ", ");
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        const json_t *keys = read_list(r, row, "keys");
        for (size_t k = 0; k < json_array_size(keys); k++) {
            buf_add_str(&r->out, k == 0 ? "\n" : ", ");
            read_key(r, json_array_get(keys, k));
        }
        buf_add_str(&r->out, ": ");
        read_literal(r, read_member(r, row, "value"));
    }
    if (read_is_null(r, d, "otherwise"))
        return;
    buf_add_str(&r->out, "\notherwise: ");
    read_literal(r, read_member(r, d, "otherwise"));
}

static void define(struct read_tree *r, const json_t *d)
{
    read_put(r, "define ", d, "name", "");
    if (!read_is_null(r, d, "in")) {
        buf_add_str(&r->out, " in ");
        read_kind(r, d, "in");
    }
    read_expr(r, " = ", d, "value");
}

static void cap(struct read_tree *r, const json_t *d)
{
    buf_add_str(&r->out, "cap ");
    if (read_text(r, d, "table")[0] == '\0' && read_text(r, d, "code")[0] != '\0')
        read_put(r, "", d, "code", " ");
    read_put(r, "", d, read_text(r, d, "table")[0] != '\0' ? "table" : "number", "");
    read_put_names(r, " per ", d, "per", ", ");
    read_put_names(r, " on ", d, "on", ", ");
}

void read_declaration(struct read_tree *r, const json_t *d)
{
    static const char *const kinds[] = {"party", "parties", "in_force", "amended",   "disputes",
                                        "uses",  "unit",    "calendar", "dimension", "period",
                                        "table", "metric",  "define",   "pay",       "cap"};
    static void (*const write[])(struct read_tree *, const json_t *) = {party, parties,     in_force, amended,   disputes,
                                                                        uses,  unit,        calendar, dimension, period,
                                                                        table, read_metric, define,   read_pay,  cap};
    read_mark(r, d);
    write[read_choice(r, d, "kind", kinds, COUNT(kinds))](r, d);
    buf_add_char(&r->out, '\n');
}
