/* Expressions of the syntax tree as JSON; members have the names of ast.h, alternatives those of its enums, in small letters. */
#include "tally/instant.h"
#include "terms_show.h"

void show_tree_put(bool *failed, json_t *object, const char *name, json_t *value)
{
    if (value == NULL || json_object_set_new(object, name, value) != 0)
        *failed = true;
}

void show_tree_add(bool *failed, json_t *array, json_t *value)
{
    if (value == NULL || json_array_append_new(array, value) != 0)
        *failed = true;
}

json_t *show_tree_text(struct slice text)
{
    return json_stringn(text.ptr == NULL ? "" : text.ptr, text.len);
}

json_t *show_tree_day(int32_t day)
{
    char text[DAY_TEXT_LEN + 1];
    day_format(day, text);
    return json_string(text);
}

void show_tree_place(bool *failed, json_t *object, struct span span)
{
    show_tree_put(failed, object, "line", json_integer(span.line));
    show_tree_put(failed, object, "column", json_integer(span.column));
}

json_t *show_tree_names(bool *failed, const struct ast_names *names)
{
    json_t *list = json_array();
    for (uint32_t i = 0; i < names->count; i++)
        show_tree_add(failed, list, show_tree_text(names->items[i].text));
    return list;
}

json_t *show_tree_key(bool *failed, const struct ast_key *key)
{
    json_t *json = json_object();
    switch (key->kind) {
    case AST_KEY_NAME:
        show_tree_put(failed, json, "name", show_tree_text(key->name));
        break;
    case AST_KEY_NUMBER:
        show_tree_put(failed, json, "number", json_integer(key->number));
        break;
    case AST_KEY_DATE:
        show_tree_put(failed, json, "day", show_tree_day(key->day));
        break;
    case AST_KEY_EXPR:
        show_tree_put(failed, json, "expr", show_tree_expr(failed, key->expr));
        break;
    }
    return json;
}

static json_t *ref(bool *failed, const struct ast_ref *r)
{
    json_t *json = json_object(), *indexes = json_array();
    for (const struct ast_index *i = r->indexes; i != NULL; i = i->next) {
        json_t *index = json_object();
        show_tree_put(failed, index, "dimension", show_tree_text(i->dimension.text));
        show_tree_put(failed, index, "key", show_tree_key(failed, &i->key));
        show_tree_add(failed, indexes, index);
    }
    show_tree_put(failed, json, "indexes", indexes);
    show_tree_put(failed, json, "name", show_tree_text(r->name.text));
    return json;
}

static void amount(bool *failed, json_t *json, const struct ast_expr *e)
{
    static const char *const forms[] = {"plain", "percent", "unit", "calendar"};
    show_tree_put(failed, json, "number", show_tree_text(e->u.amount.number.digits));
    show_tree_put(failed, json, "form", json_string(forms[e->u.amount.form]));
    show_tree_put(failed, json, "code", show_tree_text(e->u.amount.code.text));
    show_tree_put(failed, json, "name", show_tree_text(e->u.amount.name.text));
}

static void rows(bool *failed, json_t *json, const struct ast_expr *e)
{
    static const char *const bounds[] = {"at_least", "above", "at_most", "below"};
    json_t *list = json_array();
    for (const struct ast_row *r = e->u.rows.rows; r != NULL; r = r->next) {
        json_t *row = json_object();
        if (e->kind == AST_STEP)
            show_tree_put(failed, row, "bound", json_string(bounds[r->bound]));
        show_tree_put(failed, row, "at", show_tree_expr(failed, r->at));
        show_tree_put(failed, row, "value", show_tree_expr(failed, r->value));
        show_tree_add(failed, list, row);
    }
    show_tree_put(failed, json, "rows", list);
    if (e->kind == AST_LINEAR)
        show_tree_put(failed, json, "is_extended", json_boolean(e->u.rows.is_extended));
}

static void call(bool *failed, json_t *json, const struct ast_expr *e)
{
    static const char *const functions[] = {"min",   "max",  "abs",      "clamp",    "round",
                                            "years", "days", "fraction", "submitted"};
    static const char *const counts[] = {"actual_365", "actual_360", "thirty_e_360", "actual_actual"};
    json_t *args = json_array();
    for (uint32_t i = 0; i < e->u.call.arg_count; i++)
        show_tree_add(failed, args, show_tree_expr(failed, e->u.call.args[i]));
    show_tree_put(failed, json, "function", json_string(functions[e->u.call.function]));
    show_tree_put(failed, json, "args", args);
    if (e->u.call.function == AST_FN_ROUND)
        show_tree_put(failed, json, "mode", json_string(show_mode(e->u.call.mode)));
    if (e->u.call.function == AST_FN_FRACTION)
        show_tree_put(failed, json, "daycount", json_string(counts[e->u.call.daycount]));
    if (e->u.call.function == AST_FN_DAYS)
        show_tree_put(failed, json, "calendar", show_tree_text(e->u.call.calendar.text));
    if (e->u.call.function == AST_FN_SUBMITTED)
        show_tree_put(failed, json, "ref", ref(failed, &e->u.call.ref));
}

static void aggregate(bool *failed, json_t *json, const struct ast_expr *e)
{
    static const char *const names[] = {"sum", "mean", "min", "max", "first", "last", "share", "count", "best", "portion"};
    json_t *list = json_array();
    for (const struct ast_over *o = e->u.aggregate.over; o != NULL; o = o->next) {
        json_t *over = json_object();
        show_tree_put(failed, over, "dimension", show_tree_text(o->dimension.text));
        show_tree_put(failed, over, "last", json_integer(o->last));
        show_tree_put(failed, over, "so_far", json_boolean(o->so_far));
        show_tree_add(failed, list, over);
    }
    show_tree_put(failed, json, "what", json_string(names[e->u.aggregate.what]));
    show_tree_put(failed, json, "over", list);
    if (e->u.aggregate.what == AST_AGG_BEST)
        show_tree_put(failed, json, "k", json_integer(e->u.aggregate.k));
    if (e->u.aggregate.has_of)
        show_tree_put(failed, json, "of", ref(failed, &e->u.aggregate.of));
}

static void rate(bool *failed, json_t *json, const struct ast_expr *e)
{
    show_tree_put(failed, json, "number", show_tree_text(e->u.rate.number.digits));
    show_tree_put(failed, json, "code", show_tree_text(e->u.rate.code.text));
    show_tree_put(failed, json, "unit", show_tree_text(e->u.rate.unit.text));
}

static void own_members(bool *failed, json_t *json, const struct ast_expr *e)
{
    static const char *const ops[] = {"negate",  "not",  "add",     "subtract", "multiply", "divide", "power", "equal",
                                      "differs", "less", "at_most", "above",    "at_least", "and",    "or"};
    static const char *const parts[] = {"start_of", "end_of", "number_of"};
    switch (e->kind) {
    case AST_NUMBER:
        amount(failed, json, e);
        return;
    case AST_DATE:
        show_tree_put(failed, json, "day", show_tree_day(e->u.day));
        return;
    case AST_BOOL:
        show_tree_put(failed, json, "truth", json_boolean(e->u.truth));
        return;
    case AST_RATE:
        rate(failed, json, e);
        return;
    case AST_DATEOF:
        show_tree_put(failed, json, "what", json_string(parts[e->u.dateof.what]));
        show_tree_put(failed, json, "name", show_tree_text(e->u.dateof.name.text));
        return;
    case AST_REF:
        show_tree_put(failed, json, "ref", ref(failed, &e->u.ref));
        return;
    case AST_UNARY:
    case AST_BINARY:
        show_tree_put(failed, json, "op", json_string(ops[e->op]));
        return;
    case AST_IN:
        show_tree_put(failed, json, "in", show_tree_names(failed, &e->u.in));
        return;
    case AST_MOVE:
        show_tree_put(failed, json, "is_before", json_boolean(e->u.is_before));
        return;
    case AST_IF:
        return;
    case AST_CALL:
        call(failed, json, e);
        return;
    case AST_STEP:
    case AST_LINEAR:
    case AST_BANDS:
        rows(failed, json, e);
        return;
    case AST_AGGREGATE:
        aggregate(failed, json, e);
        return;
    case AST_PRIOR:
        show_tree_put(failed, json, "prior", show_tree_text(e->u.prior.text));
        return;
    }
}

json_t *show_tree_expr(bool *failed, const struct ast_expr *e)
{
    static const char *const kinds[] = {"number", "date", "bool", "rate", "dateof", "ref",   "unary",     "binary", "in",
                                        "move",   "if",   "call", "step", "linear", "bands", "aggregate", "prior"};
    if (e == NULL)
        return json_null();
    json_t *json = json_object();
    show_tree_put(failed, json, "kind", json_string(kinds[e->kind]));
    show_tree_place(failed, json, e->span);
    if (e->a != NULL)
        show_tree_put(failed, json, "a", show_tree_expr(failed, e->a));
    if (e->b != NULL)
        show_tree_put(failed, json, "b", show_tree_expr(failed, e->b));
    if (e->c != NULL)
        show_tree_put(failed, json, "c", show_tree_expr(failed, e->c));
    own_members(failed, json, e);
    return json;
}
